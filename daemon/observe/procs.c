#include "daemon/observe/procs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/observe/text.h"
#include "policy/score.h"

/* The initial user namespace has had this inode since namespaces have inodes; PID 1 may live in
 * another one (a container) or not let itself be looked at. */
#define USER_NS_INITIAL "user:[4026531837]"

#define STAT_SIZE       2048 /* 52 numbers of at most 20 digits, and comm */
#define STATUS_SIZE     4096
#define STATUS_LINE_MAX 127

struct fd {
    int fd;
};

/* Where the files of one process or thread are: below dir, with a prefix such as "1234/", or none.
 * Opening below /proc itself spares two system calls for each process. */
struct place {
    int dir;
    char prefix[16];
};

#define NAME_SIZE 40 /* prefix, and the longest name that is opened here */

static void close_fd(struct fd *fd)
{
    if (fd->fd >= 0)
        close(fd->fd);
}

#define CLEANUP_FD __attribute__((cleanup(close_fd))) struct fd

static bool is_gone(int r)
{
    return r == -ENOENT || r == -ESRCH;
}

static const char *name_of(const struct place *place, const char *name, char buf[NAME_SIZE])
{
    size_t len = strlen(place->prefix), rest = strlen(name) + 1;

    if (len == 0)
        return name;
    if (len + rest > NAME_SIZE)
        rest = NAME_SIZE - len; /* never: names are constants */
    memcpy(buf, place->prefix, len);
    memcpy(buf + len, name, rest);
    return buf;
}

static int read_stat(const struct place *place, struct rl_process *ret, char *ret_state)
{
    char name[NAME_SIZE], stat[STAT_SIZE];
    ssize_t n = rl_read_at(place->dir, name_of(place, "stat", name), stat, sizeof(stat));

    return n < 0 ? (int)n : rl_parse_stat(stat, ret, ret_state);
}

/* stat and status of one thread. Return: 0 or -errno. */
static int read_thread(
    const struct place *place, uint32_t page_size, struct rl_process *ret, char *ret_state)
{
    char name[NAME_SIZE], status[STATUS_SIZE];
    ssize_t n;
    int r;

    r = read_stat(place, ret, ret_state);
    if (r < 0)
        return r;
    n = rl_read_short_lines_at(
        place->dir, name_of(place, "status", name), STATUS_LINE_MAX, status, sizeof(status));
    if (n < 0)
        return (int)n;
    return rl_parse_status(status, page_size, ret);
}

/* Fill in what the exited leader no longer has. Return: 1, 0 when this thread has exited too, or
 * -errno. */
static int take_from_thread(
    int task_fd, const char *tid, uint32_t page_size, struct rl_process *process)
{
    CLEANUP_FD dir = {openat(task_fd, tid, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    struct place place = {.dir = dir.fd};
    struct rl_process thread = {0};
    char state;
    int r;

    r = dir.fd < 0 ? -errno : read_thread(&place, page_size, &thread, &state);
    if (is_gone(r))
        return 0;
    if (r < 0)
        return r;
    if (thread.flags & RL_PROCESS_DEAD_LEADER || state == 'Z' || state == 'X')
        return 0;

    process->uid = thread.uid;
    process->rss_pages = thread.rss_pages;
    process->swap_pages = thread.swap_pages;
    process->anon_pages = thread.anon_pages;
    process->table_pages = thread.table_pages;
    process->total_vm_pages = thread.total_vm_pages;
    process->euid = thread.euid;
    process->start_code = thread.start_code;
    process->flags &= ~(uint32_t)RL_PROCESS_CAPS;
    process->flags |= thread.flags & (RL_PROCESS_CAPS | RL_PROCESS_DYING);
    return 1;
}

/* The leader of this process has exited: the numbers of any live thread are the process's. Return:
 * 1 when there was one, 0 when there is none any more, or -errno. */
static int read_live_thread(
    const struct place *place, uint32_t page_size, struct rl_process *process)
{
    char name[NAME_SIZE], leader[16];
    CLEANUP_FD task = {
        openat(place->dir, name_of(place, "task", name), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
    _Alignas(struct dirent64) char block[2048];
    ssize_t n;

    if (task.fd < 0)
        return is_gone(-errno) ? 0 : -errno;
    snprintf(leader, sizeof(leader), "%d", (int)process->pid);

    while ((n = getdents64(task.fd, block, sizeof(block))) > 0) {
        const struct dirent64 *entry;

        for (ssize_t at = 0; at < n; at += entry->d_reclen) {
            int r;

            entry = (const struct dirent64 *)(block + at);
            if (entry->d_name[0] == '.' || strcmp(entry->d_name, leader) == 0)
                continue;
            r = take_from_thread(task.fd, entry->d_name, page_size, process);
            if (r != 0)
                return r;
        }
    }
    return n == 0 || is_gone(-errno) ? 0 : -errno;
}

/* Does uid_map say that all ids are what they are? Namespaces that map so are as good as the
 * initial one for whoever reads from there; a map that is not there tells nothing. */
static bool maps_all_ids(const struct place *place)
{
    static const char *const words[] = {"0", "0", "4294967295"};
    char name[NAME_SIZE], text[256];
    const char *rest = text;
    struct rl_span line, word;

    if (rl_read_at(place->dir, name_of(place, "uid_map", name), text, sizeof(text)) < 0)
        return true;
    if (!rl_text_line(&rest, &line))
        return false; /* no map was written yet: nobody is anybody there */
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (!rl_text_word(&line, &word) || !rl_span_is(word, words[i]))
            return false;
    return !rl_text_word(&line, &word) && !rl_text_line(&rest, &line);
}

/* Capabilities of another user namespace have no say over the machine. ns/user may be read of one's
 * own processes only, uid_map by anybody. */
static bool in_initial_user_ns(const struct place *place)
{
    char name[NAME_SIZE], link[64];
    ssize_t n;

    n = readlinkat(place->dir, name_of(place, "ns/user", name), link, sizeof(link));
    if (n < 0)
        return maps_all_ids(place);
    return (size_t)n == strlen(USER_NS_INITIAL) && memcmp(link, USER_NS_INITIAL, (size_t)n) == 0;
}

static void read_exe(const struct place *place, struct rl_process *process)
{
    static const char deleted[] = " (deleted)";
    const size_t suffix = sizeof(deleted) - 1;
    char name[NAME_SIZE], path[PATH_MAX];
    const char *begin = path;
    ssize_t n;
    size_t len;

    n = readlinkat(place->dir, name_of(place, "exe", name), path, sizeof(path));
    if (n < 0)
        return;
    len = (size_t)n;
    if (len > suffix && memcmp(path + len - suffix, deleted, suffix) == 0)
        len -= suffix;
    if (len > RL_EXE_MAX - 1) {
        begin += len - (RL_EXE_MAX - 1);
        len = RL_EXE_MAX - 1;
    }
    memcpy(process->exe, begin, len);
    process->exe[len] = '\0';
    process->flags |= RL_PROCESS_EXE_KNOWN;
}

static uint32_t self_flags(const struct rl_self *self, pid_t pid)
{
    if (!self)
        return 0;
    if (self->pid == pid)
        return RL_PROCESS_SELF;
    for (size_t i = 0; i < self->n_ancestors; i++)
        if (self->ancestors[i] == pid)
            return RL_PROCESS_SELF_ANCESTOR;
    return 0;
}

typedef int read_fn(const struct rl_procs *procs, const struct place *place, uint32_t need,
    struct rl_process *process);

static bool has_exited(const struct rl_process *process, char state)
{
    return !(process->flags & RL_PROCESS_DEAD_LEADER) && (state == 'Z' || state == 'X');
}

/* What stat says. Return: 1, 0 when it is gone, or -errno. */
static int read_little(const struct rl_procs *procs, const struct place *place, uint32_t need,
    struct rl_process *process)
{
    char state;
    int r = read_stat(place, process, &state);

    (void)procs, (void)need;
    return r < 0 ? r : !has_exited(process, state);
}

/* What statm says, where it says that anything is resident: who has nothing there is a kernel
 * thread, or has exited, and stat tells which. Return: as read_little(). */
static int read_least(const struct rl_procs *procs, const struct place *place, uint32_t need,
    struct rl_process *process)
{
    char name[NAME_SIZE], statm[256];
    ssize_t n = rl_read_at(place->dir, name_of(place, "statm", name), statm, sizeof(statm));

    if (n > 0 && rl_parse_statm(statm, process) == 0 && process->rss_pages > 0)
        return 1;
    process->total_vm_pages = 0; /* which stat does not tell */
    return read_little(procs, place, need, process);
}

/* What files other than oom_score_adj say. Return: 1, 0 when it is gone, or -errno. */
static int read_facts(const struct rl_procs *procs, const struct place *place, uint32_t need,
    struct rl_process *process)
{
    char state;
    int r;

    r = read_thread(place, procs->page_size, process, &state);
    if (r < 0)
        return r;
    if (process->flags & RL_PROCESS_DEAD_LEADER) {
        r = read_live_thread(place, procs->page_size, process);
        if (r < 0)
            return r;
        if (r == 0) /* all threads are on their way out */
            process->flags |= RL_PROCESS_DYING;
    } else if (has_exited(process, state)) {
        if (!(need & RL_PROCS_ZOMBIES))
            return 0;
        process->flags &= ~(uint32_t)RL_PROCESS_DYING; /* it has done that already */
    }
    if (process->flags & RL_PROCESS_CAPS && !in_initial_user_ns(place))
        process->flags &= ~(uint32_t)RL_PROCESS_CAPS;
    if (need & RL_PROCS_EXE && !(process->flags & RL_PROCESS_KERNEL_THREAD))
        read_exe(place, process);
    return 1;
}

/* oom_score_adj is opened first and read last. A descriptor of it never leads to another process,
 * and it can be read until the process has been reaped: if it can, the number has been this
 * process's all the time, and every file in between was its own. Return: 1 when the process was
 * read, 0 when it is gone, or -errno. */
static int read_process(const struct rl_procs *procs, const struct place *place, read_fn *read,
    uint32_t need, struct rl_process *process)
{
    char name[NAME_SIZE], adj[32];
    CLEANUP_FD first = {rl_open_at(place->dir, name_of(place, "oom_score_adj", name))};
    ssize_t n;
    int r;

    if (first.fd < 0)
        return first.fd;
    r = read(procs, place, need, process);
    if (r <= 0)
        return r;
    n = rl_read_fd(first.fd, adj, sizeof(adj));
    if (n < 0)
        return (int)n;
    r = rl_parse_adj(adj, &process->oom_score_adj);
    if (r < 0)
        return r;
    process->oom_adj = rl_oom_adj_of(process->oom_score_adj);
    return 1;
}

static int read_at(const struct rl_procs *procs, const struct place *place, pid_t pid,
    read_fn *read, uint32_t need, struct rl_process *ret, bool *ret_gone)
{
    struct rl_process process = {0};
    int r = read_process(procs, place, read, need, &process);

    if (r < 0 && !is_gone(r))
        return r;
    *ret_gone = r <= 0;
    if (*ret_gone)
        return 0;
    process.pid = pid;
    process.flags |= self_flags(procs->self, pid);
    *ret = process;
    return 0;
}

/* Without printf(), since this is done for each of thousands. */
static struct place place_of(const struct rl_procs *procs, pid_t pid)
{
    struct place place = {.dir = procs->proc_fd};
    char digits[sizeof(place.prefix)], *at = digits + sizeof(digits);
    unsigned rest = (unsigned)pid;

    *--at = '\0';
    *--at = '/';
    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10) > 0);
    memcpy(place.prefix, at, (size_t)(digits + sizeof(digits) - at));
    return place;
}

int rl_procs_read_below(const struct rl_procs *procs, int dir_fd, pid_t pid, uint32_t need,
    struct rl_process *ret, bool *ret_gone)
{
    return read_at(procs, &(struct place){.dir = dir_fd}, pid, read_facts, need, ret, ret_gone);
}

int rl_procs_read(
    const struct rl_procs *procs, pid_t pid, uint32_t need, struct rl_process *ret, bool *ret_gone)
{
    struct place place = place_of(procs, pid);

    return read_at(procs, &place, pid, read_facts, need, ret, ret_gone);
}

int rl_procs_glance(const struct rl_procs *procs, pid_t pid, struct rl_process *ret, bool *ret_gone)
{
    struct place place = place_of(procs, pid);

    return read_at(procs, &place, pid, read_little, 0, ret, ret_gone);
}

int rl_procs_peek(const struct rl_procs *procs, pid_t pid, struct rl_process *ret, bool *ret_gone)
{
    struct place place = place_of(procs, pid);

    return read_at(procs, &place, pid, read_least, 0, ret, ret_gone);
}

/* Numbers in the making while cgroup.procs is read block by block. */
struct pid_reader {
    void (*fn)(pid_t pid, void *userdata);
    void *userdata;
    size_t foreign;
    int64_t number;
    bool digits;
};

static void pid_reader_end_line(struct pid_reader *reader)
{
    if (reader->digits && reader->number == 0)
        reader->foreign++;
    else if (reader->digits)
        reader->fn((pid_t)reader->number, reader->userdata);
    reader->number = 0;
    reader->digits = false;
}

static int pid_reader_block(struct pid_reader *reader, const char *block, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (block[i] == '\n') {
            pid_reader_end_line(reader);
            continue;
        }
        if (block[i] < '0' || block[i] > '9')
            return -EINVAL;
        reader->number = reader->number * 10 + (block[i] - '0');
        reader->digits = true;
        if (reader->number > INT_MAX)
            return -EINVAL;
    }
    return 0;
}

int rl_procs_of(
    int cgroup_fd, void (*fn)(pid_t pid, void *userdata), void *userdata, size_t *ret_foreign)
{
    struct pid_reader reader = {.fn = fn, .userdata = userdata};
    CLEANUP_FD fd = {rl_open_at(cgroup_fd, "cgroup.procs")};
    char block[4096];
    int r = fd.fd < 0 ? fd.fd : 0;

    while (r == 0) {
        ssize_t n = read(fd.fd, block, sizeof(block));

        if (n == 0)
            break;
        if (n > 0)
            r = pid_reader_block(&reader, block, (size_t)n);
        else if (errno != EINTR)
            r = -errno;
    }
    if (r < 0 && r != -EOPNOTSUPP)
        return r;
    pid_reader_end_line(&reader);
    if (ret_foreign)
        *ret_foreign = reader.foreign;
    return 0;
}
