#include "daemon/relieve/guard-state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/report/cleanup.h"

#define TEMPORARY "." RL_GUARD_STATE ".tmp"
#define LOCK      "guard.lock"

static const char *const files[RL_GUARD_VALUES] = {
    [RL_GUARD_HIGH] = "memory.high",
    [RL_GUARD_OOM_GROUP] = "memory.oom.group",
    [RL_GUARD_CPU_MAX] = "cpu.max",
    [RL_GUARD_FREEZE] = "cgroup.freeze",
    [RL_GUARD_ADJ] = "oom_score_adj",
};

const char *rl_guard_file(enum rl_guard_value value)
{
    return (unsigned)value < RL_GUARD_VALUES ? files[value] : NULL;
}

/* ---- values and lines ---- */

int rl_guard_value_parse(const char *text, int64_t *ret)
{
    size_t len = strcspn(text, "\n");
    char *end;
    int64_t value;

    if (len == 3 && memcmp(text, "max", 3) == 0) {
        *ret = RL_HOLD_MAX;
        return 0;
    }
    if (!(*text >= '0' && *text <= '9') && !(*text == '-' && text[1] >= '0' && text[1] <= '9'))
        return -EINVAL;
    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno != 0 || end != text + len)
        return -EINVAL;
    *ret = value;
    return 0;
}

const char *rl_guard_value_text(int64_t value, char *buf, size_t size)
{
    if (value == RL_HOLD_MAX)
        snprintf(buf, size, "max");
    else
        snprintf(buf, size, "%" PRId64, value);
    return buf;
}

static int parse_number(const char *text, uint64_t max, uint64_t *ret)
{
    char *end;

    if (!text || *text < '0' || *text > '9')
        return -EINVAL;
    errno = 0;
    *ret = strtoull(text, &end, 10);
    return errno != 0 || *end != '\0' || *ret > max ? -EINVAL : 0;
}

static int parse_file(const char *text, enum rl_guard_value *ret)
{
    for (unsigned i = 0; text && i < RL_GUARD_VALUES; i++)
        if (strcmp(text, files[i]) == 0) {
            *ret = (enum rl_guard_value)i;
            return 0;
        }
    return -EINVAL;
}

int rl_guard_line_parse(char *line, struct rl_guard_line *ret)
{
    const char *kind = strsep(&line, " ");
    bool process = strcmp(kind, "process") == 0;
    int64_t *const values[] = {&ret->old, &ret->ours, &ret->next};
    uint64_t pid = 0;

    *ret = (struct rl_guard_line){0};
    if (!process && strcmp(kind, "cgroup") != 0)
        return -EINVAL;
    if (process && (parse_number(strsep(&line, " "), INT32_MAX, &pid) < 0 || pid == 0))
        return -EINVAL;
    ret->pid = (pid_t)pid;
    if (parse_number(strsep(&line, " "), UINT64_MAX, &ret->id) < 0 ||
        parse_file(strsep(&line, " "), &ret->value) < 0 || process != (ret->value == RL_GUARD_ADJ))
        return -EINVAL;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        const char *text = strsep(&line, " ");

        if (!text || rl_guard_value_parse(text, values[i]) < 0)
            return -EINVAL;
    }
    ret->path = line; /* all that is left: names may hold blanks */
    return process ? (line ? -EINVAL : 0) : (line && *line == '/' ? 0 : -EINVAL);
}

void rl_guard_line_print(FILE *file, const struct rl_guard_line *line)
{
    char old[24], ours[24], next[24];

    if (line->pid > 0)
        fprintf(file, "process %d", (int)line->pid);
    else
        fputs("cgroup", file);
    fprintf(file, " %" PRIu64 " %s %s %s %s", line->id, files[line->value],
        rl_guard_value_text(line->old, old, sizeof(old)),
        rl_guard_value_text(line->ours, ours, sizeof(ours)),
        rl_guard_value_text(line->next, next, sizeof(next)));
    if (line->pid == 0)
        fprintf(file, " %s", line->path);
    fputc('\n', file);
}

int rl_guard_boot_id(int proc_fd, char *buf, size_t size)
{
    ssize_t n = rl_read_at(proc_fd, "sys/kernel/random/boot_id", buf, size);

    if (n < 0)
        return (int)n;
    buf[strcspn(buf, "\n")] = '\0';
    return *buf && !strchr(buf, ' ') ? 0 : -EBADMSG;
}

/* ---- the folder ---- */

static int open_folder(const char *runtime_dir)
{
    int fd = open(runtime_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd < 0 ? -errno : fd;
}

int rl_guard_lock(const char *runtime_dir)
{
    int fd;

    if (mkdir(runtime_dir, 0755) < 0 && errno != EEXIST)
        return -errno;
    rl_auto_fd int folder = open_folder(runtime_dir);
    if (folder < 0)
        return folder;
    fd = openat(folder, LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return -errno;
    if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        int r = errno == EWOULDBLOCK ? -EBUSY : -errno;

        close(fd);
        return r;
    }
    return fd;
}

static int write_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

static int write_temporary(int folder, const char *text, size_t len)
{
    unlinkat(folder, TEMPORARY, 0);
    rl_auto_fd int fd = openat(
        folder, TEMPORARY, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return fd < 0 ? -errno : write_all(fd, text, len);
}

int rl_guard_state_write(const char *runtime_dir, const char *text, size_t len)
{
    int r;

    rl_auto_fd int folder = open_folder(runtime_dir);
    if (folder < 0)
        return folder;
    if (len == 0)
        return unlinkat(folder, RL_GUARD_STATE, 0) < 0 && errno != ENOENT ? -errno : 0;
    r = write_temporary(folder, text, len);
    if (r >= 0 && renameat(folder, TEMPORARY, folder, RL_GUARD_STATE) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(folder, TEMPORARY, 0);
    return r;
}

static int read_all(int fd, char **ret_text)
{
    struct stat st;
    size_t have = 0;

    if (fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EBADMSG;
    if (st.st_size > RL_GUARD_STATE_MAX)
        return -EFBIG;
    rl_auto_free char *text = malloc((size_t)st.st_size + 1);
    if (!text)
        return -ENOMEM;
    while (have < (size_t)st.st_size) {
        ssize_t n = read(fd, text + have, (size_t)st.st_size - have);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        have += (size_t)n;
    }
    text[have] = '\0';
    *ret_text = text;
    text = NULL;
    return 0;
}

int rl_guard_state_read(const char *runtime_dir, char **ret_text)
{
    rl_auto_fd int folder = open_folder(runtime_dir);
    if (folder < 0)
        return folder;
    rl_auto_fd int fd = openat(
        folder, RL_GUARD_STATE, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : read_all(fd, ret_text);
}
