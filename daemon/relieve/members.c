#include "daemon/relieve/members.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "daemon/observe/procs.h"

#define BATCH 128

/* Members of one cgroup whose pidfds are open, before they are confirmed and signalled. */
struct batch {
    struct rl_sweep *sweep;
    int cgroup_fd;
    size_t n;
    pid_t pids[BATCH];
    int fds[BATCH];
    bool listed[BATCH];
};

static bool vanished(int r)
{
    return r == -ENOENT || r == -ENODEV;
}

static int walk(int fd, unsigned depth, rl_visit_fn visit, void *userdata);

static int walk_child(int fd, const char *name, unsigned depth, rl_visit_fn visit, void *userdata)
{
    int child, r;

    if (depth == RL_WALK_DEPTH)
        return -E2BIG;
    child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (child < 0)
        return -errno;
    r = walk(child, depth + 1, visit, userdata);
    close(child);
    return r;
}

/* fd: the walk's own, for its file offset. getdents64 since opendir() allocates. */
static int walk(int fd, unsigned depth, rl_visit_fn visit, void *userdata)
{
    char buf[2048] __attribute__((aligned(__alignof__(struct dirent64))));
    int r = visit(fd, userdata);

    if (r != 0 && !vanished(r))
        return r;
    for (;;) {
        ssize_t n = getdents64(fd, buf, sizeof(buf));

        if (n <= 0)
            return n < 0 && !vanished(-errno) ? -errno : 0;
        for (ssize_t at = 0; at < n;) {
            const struct dirent64 *entry = (const struct dirent64 *)(buf + at);

            at += entry->d_reclen;
            if (entry->d_type != DT_DIR || strcmp(entry->d_name, ".") == 0 ||
                strcmp(entry->d_name, "..") == 0)
                continue;
            r = walk_child(fd, entry->d_name, depth, visit, userdata);
            if (r != 0 && !vanished(r))
                return r;
        }
    }
}

int rl_members_walk(int cgroup_fd, rl_visit_fn visit, void *userdata)
{
    int fd = openat(cgroup_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r;

    if (fd < 0)
        return -errno;
    r = walk(fd, 0, visit, userdata);
    close(fd);
    return r;
}

static void note_error(struct rl_sweep *sweep, int error)
{
    if (sweep->error == 0)
        sweep->error = error;
}

static void confirm(pid_t pid, void *userdata)
{
    struct batch *batch = userdata;

    for (size_t i = 0; i < batch->n; i++)
        if (batch->pids[i] == pid)
            batch->listed[i] = true;
}

static void flush(struct batch *batch)
{
    struct rl_sweep *sweep = batch->sweep;
    size_t foreign;
    int r = batch->n > 0 ? rl_procs_of(batch->cgroup_fd, confirm, batch, &foreign) : 0;

    if (r < 0 && !vanished(r))
        note_error(sweep, -r);
    for (size_t i = 0; i < batch->n; i++) {
        if (batch->listed[i] && pidfd_send_signal(batch->fds[i], SIGKILL, NULL, 0) == 0)
            sweep->signalled++;
        else if (batch->listed[i] && errno != ESRCH)
            note_error(sweep, errno);
        close(batch->fds[i]);
    }
    batch->n = 0;
}

static void collect(pid_t pid, void *userdata)
{
    struct batch *batch = userdata;
    struct rl_sweep *sweep = batch->sweep;
    int fd;

    if (sweep->spares(pid, sweep->userdata)) {
        sweep->refused++;
        return;
    }
    sweep->seen++;
    fd = pidfd_open(pid, 0);
    if (fd < 0 && errno == EMFILE && batch->n > 0) {
        close(batch->fds[--batch->n]); /* room to read the list again; the next sweep has it */
        flush(batch);
        fd = pidfd_open(pid, 0);
    }
    if (fd < 0) {
        if (errno != ESRCH)
            note_error(sweep, errno);
        return;
    }
    batch->pids[batch->n] = pid;
    batch->fds[batch->n] = fd;
    batch->listed[batch->n++] = false;
    if (batch->n == BATCH)
        flush(batch);
}

static int kill_direct(int cgroup_fd, void *userdata)
{
    struct batch batch = {.sweep = userdata, .cgroup_fd = cgroup_fd};
    size_t foreign = 0;
    int r = rl_procs_of(cgroup_fd, collect, &batch, &foreign);

    flush(&batch);
    batch.sweep->foreign += (uint32_t)foreign;
    return r;
}

int rl_members_kill(int cgroup_fd, struct rl_sweep *sweep)
{
    return rl_members_walk(cgroup_fd, kill_direct, sweep);
}
