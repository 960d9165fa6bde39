/* Taking back what the state file tells of; and the rules that need no guardian. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/relieve/guard-private.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/log.h"
#include "policy/limits.h"
#include "policy/wide.h"

/* ---- rules ---- */

/* kubepods and kubepods.slice, what they are called below a root of kubelet's own
 * (kubelet-kubepods.slice), and their parts (kubepods-burstable.slice). */
static bool is_kubepods(const char *name, size_t len)
{
    static const char word[] = "kubepods";
    const size_t n = sizeof(word) - 1;

    for (size_t at = 0; at + n <= len; at++)
        if (memcmp(name + at, word, n) == 0 && (at == 0 || name[at - 1] == '-') &&
            (at + n == len || name[at + n] == '-' || name[at + n] == '.'))
            return true;
    return false;
}

bool rl_guard_managed(const char *path)
{
    while (*path) {
        size_t len = strcspn(path, "/");

        if (is_kubepods(path, len))
            return true;
        path += len;
        path += *path == '/';
    }
    return false;
}

bool rl_guard_high(
    const struct rl_guard *orders, uint64_t memory_max, uint32_t page_size, int64_t *ret)
{
    uint64_t below = orders->high_bytes, high;

    if (orders->high_relative)
        below = rl_mul_div(memory_max, orders->high_share, RL_WHOLE);
    if (memory_max == RL_NO_LIMIT || memory_max > INT64_MAX || below == 0 || below >= memory_max)
        return false;
    /* As the kernel rounds it, so that we know our own value again. */
    high = (memory_max - below) / page_size * page_size;
    if (high == 0)
        return false;
    *ret = (int64_t)high;
    return true;
}

int rl_guard_read(int dir_fd, const char *file, int64_t *ret)
{
    char text[64];
    ssize_t n = rl_read_at(dir_fd, file, text, sizeof(text));

    if (n < 0)
        return (int)n;
    if (strcmp(file, rl_guard_file(RL_GUARD_CPU_MAX)) == 0)
        text[strcspn(text, " ")] = '\0'; /* the period follows */
    return rl_guard_value_parse(text, ret);
}

int rl_guard_write(int dir_fd, const char *file, const char *text)
{
    char line[32];
    size_t len;
    ssize_t n;

    len = (size_t)snprintf(line, sizeof(line), "%s\n", text);
    if (len >= sizeof(line))
        return -EMSGSIZE;
    /* The kernel's files do not mind O_TRUNC; others would keep the end of a longer value. */
    rl_auto_fd int fd = openat(dir_fd, file, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return -errno;
    n = write(fd, line, len);
    return n < 0 ? -errno : (size_t)n < len ? -EIO : 0;
}

int rl_guard_open_process(int proc_fd, pid_t pid, uint64_t start_ticks)
{
    struct rl_process process = {0};
    char name[16], text[2048], state;
    int fd, r;

    snprintf(name, sizeof(name), "%d", (int)pid);
    fd = openat(proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? -ESRCH : -errno;
    r = (int)rl_read_at(fd, "stat", text, sizeof(text));
    if (r > 0)
        r = rl_parse_stat(text, &process, &state);
    if (r == 0 && process.start_ticks != start_ticks)
        r = -ESRCH;
    if (r < 0) {
        close(fd);
        return r == -ENOENT ? -ESRCH : r;
    }
    return fd;
}

/* ---- the state file ---- */

static int open_line(const struct rl_guard_roots *roots, const struct rl_guard_line *line)
{
    struct stat st;
    int fd;

    if (line->pid > 0)
        return rl_guard_open_process(roots->proc_fd, line->pid, line->id);
    fd = openat(roots->cgroup_root_fd, line->path[1] ? line->path + 1 : ".",
        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || st.st_ino != line->id) {
        close(fd);
        return -ESTALE;
    }
    return fd;
}

static bool is_gone(int r)
{
    return r == -ENOENT || r == -ESRCH || r == -ENODEV || r == -ESTALE || r == -ENOTDIR;
}

/* Return: 1 restored, 0 it holds another value by now, or -errno. */
static int restore_line(const struct rl_guard_roots *roots, const struct rl_guard_line *line)
{
    const char *file = rl_guard_file(line->value);
    char text[24];
    int64_t seen;
    int r;

    rl_auto_fd int fd = open_line(roots, line);
    if (fd < 0)
        return fd;
    r = rl_guard_read(fd, file, &seen);
    if (r < 0)
        return r;
    /* A freeze can still wait for the kernel's cgroup_mutex; a thaw queues up behind it. */
    if (seen == line->old && line->value == RL_GUARD_FREEZE)
        return rl_guard_write(fd, file, rl_guard_value_text(line->old, text, sizeof(text)));
    if (seen == line->old || (seen != line->ours && seen != line->next))
        return 0;
    r = rl_guard_write(fd, file, rl_guard_value_text(line->old, text, sizeof(text)));
    return r < 0 ? r : 1;
}

static void restore_text(
    const struct rl_guard_roots *roots, char *text, FILE *left, struct rl_guard_restored *ret)
{
    for (char *at; (at = strsep(&text, "\n"));) {
        struct rl_guard_line line;
        int r;

        if (!*at)
            continue;
        if (rl_guard_line_parse(at, &line) < 0) {
            rl_warning("%s/%s: a line that is none of ours is dropped", roots->runtime_dir,
                RL_GUARD_STATE);
            continue;
        }
        r = restore_line(roots, &line);
        ret->restored += r == 1;
        ret->untouched += r == 0;
        ret->gone += is_gone(r);
        if (r >= 0 || is_gone(r))
            continue;
        ret->failed++;
        rl_guard_line_print(left, &line);
        if (line.pid > 0)
            rl_error(
                "oom_score_adj of process %d cannot be restored: %s", (int)line.pid, strerror(-r));
        else
            rl_error("%s of %s cannot be restored: %s", rl_guard_file(line.value), line.path,
                strerror(-r));
    }
}

/* Take the header off. Return: 0 with *text behind it; 1: of another boot; -EBADMSG. */
static int take_header(char **text, const char *boot_id)
{
    const char *header = strsep(text, "\n"), *boot = *text ? strsep(text, "\n") : NULL;

    if (strcmp(header, RL_GUARD_HEADER) != 0 || !boot || strncmp(boot, "boot ", 5) != 0)
        return -EBADMSG;
    return strcmp(boot + 5, boot_id) != 0;
}

int rl_guard_restore_locked(const struct rl_guard_roots *roots, struct rl_guard_restored *ret)
{
    char boot_id[RL_BOOT_ID_MAX], *at;
    rl_auto_free char *text = NULL, *left_text = NULL;
    size_t left_len = 0;
    FILE *left;
    int r = rl_guard_state_read(roots->runtime_dir, &text);

    *ret = (struct rl_guard_restored){0};
    if (r < 0)
        return r == -ENOENT ? 0 : r;
    r = rl_guard_boot_id(roots->proc_fd, boot_id, sizeof(boot_id));
    if (r < 0)
        return r;
    at = text;
    r = take_header(&at, boot_id);
    if (r < 0)
        return r;
    ret->other_boot = r == 1;
    if (r == 1)
        return rl_guard_state_write(roots->runtime_dir, "", 0);

    left = open_memstream(&left_text, &left_len);
    if (!left)
        return -ENOMEM;
    fprintf(left, RL_GUARD_HEADER "\nboot %s\n", boot_id);
    restore_text(roots, at, left, ret);
    if (fclose(left) != 0)
        return -ENOMEM;
    return rl_guard_state_write(roots->runtime_dir, left_text, ret->failed > 0 ? left_len : 0);
}

int rl_guard_restore(const struct rl_guard_roots *roots, struct rl_guard_restored *ret)
{
    struct stat st;

    *ret = (struct rl_guard_restored){0};
    if (stat(roots->runtime_dir, &st) < 0)
        return errno == ENOENT ? 0 : -errno; /* no folder is made for nothing */
    rl_auto_fd int lock = rl_guard_lock(roots->runtime_dir);
    return lock < 0 ? lock : rl_guard_restore_locked(roots, ret);
}
