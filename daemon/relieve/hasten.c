/* lmkd raises the priority of what it kills for the same reason: a dying process has to run in
 * order to give its memory back. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemon/relieve/watch.h"

enum { FD_PIDFD, FD_TASKS };

/* The directory belongs to the process, not to its number: it is empty once that is gone, so that
 * nobody else's threads are listed. The first block of them is enough. */
static void boost(int tasks_fd)
{
    char buf[4096] __attribute__((aligned(__alignof__(struct dirent64))));
    ssize_t n = getdents64(tasks_fd, buf, sizeof(buf));

    for (ssize_t at = 0; at < n;) {
        const struct dirent64 *entry = (const struct dirent64 *)(buf + at);
        long tid = strtol(entry->d_name, NULL, 10);

        at += entry->d_reclen;
        if (tid > 0 && setpriority(PRIO_PROCESS, (id_t)tid, -20) < 0 && errno != ESRCH)
            return; /* not allowed */
    }
}

/* EINVAL (another process shares the memory), ESRCH (already detached) and EAGAIN (in part) are as
 * good as success: the process has its SIGKILL and goes on dying by itself. */
static int run_hasten(const struct rl_job *job)
{
    if (job->fds[FD_TASKS] >= 0)
        boost(job->fds[FD_TASKS]);
    return process_mrelease(job->fds[FD_PIDFD], 0) < 0 ? -errno : 0;
}

static void job_drop(const struct rl_job *job)
{
    close(job->fds[FD_PIDFD]);
    if (job->fds[FD_TASKS] >= 0)
        close(job->fds[FD_TASKS]);
}

int rl_hasten(struct rl_worker *worker, int proc_fd, pid_t pid, int pidfd)
{
    struct rl_job job = {.run = run_hasten};
    char name[32];
    int r;

    job.fds[FD_PIDFD] = fcntl(pidfd, F_DUPFD_CLOEXEC, 3);
    if (job.fds[FD_PIDFD] < 0)
        return -errno;
    snprintf(name, sizeof(name), "%d/task", (int)pid);
    job.fds[FD_TASKS] = openat(proc_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    /* Surely not exited by now: the number was still this process's when the directory was opened. */
    if (poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, 0) != 0) {
        job_drop(&job);
        return 0;
    }
    r = rl_worker_submit(worker, &job, NULL, NULL);
    if (r < 0)
        job_drop(&job);
    return r;
}
