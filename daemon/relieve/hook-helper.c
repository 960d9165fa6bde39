#include "daemon/relieve/hook-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Where the helper keeps what it was given. */
enum { REQUESTS = 3, CGROUP, FIRST_FREE };

/* What every hook finds in its environment. */
static const char *const fixed[] = {RL_HOOK_FIXED};
#define N_FIXED (sizeof(fixed) / sizeof(fixed[0]))

void rl_hook_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static void close_from(int first)
{
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0U) == 0)
        return;
    for (int fd = first, end = (int)sysconf(_SC_OPEN_MAX); fd < end; fd++) /* before Linux 5.9 */
        close(fd);
}

/* Nothing of the daemon's stays open here: neither a socket whose end somebody waits for, nor a
 * file of a cgroup that is to be removed. Return: whether there is a cgroup. */
static bool keep_only(int requests, int cgroup_fd)
{
    int high_requests = fcntl(requests, F_DUPFD_CLOEXEC, FIRST_FREE);
    int high_cgroup = cgroup_fd < 0 ? -1 : fcntl(cgroup_fd, F_DUPFD_CLOEXEC, FIRST_FREE);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    for (int fd = 0; null >= 0 && fd < REQUESTS; fd++)
        dup2(null, fd);
    if (high_requests < 0 || dup3(high_requests, REQUESTS, O_CLOEXEC) < 0)
        _exit(1);
    if (high_cgroup < 0 || dup3(high_cgroup, CGROUP, O_CLOEXEC) < 0) {
        close(CGROUP);
        high_cgroup = -1;
    }
    close_from(FIRST_FREE);
    return high_cgroup >= 0;
}

/* SIGTERM goes to all of a unit, Ctrl-C to all of a terminal: the daemon decides when to end.
 * Return: a descriptor that tells of children that have ended. */
static int take_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_SETMASK, &set, NULL);
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* As the daemon itself; where that is not allowed, it stays as it is. */
static void protect(void)
{
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    if (fd < 0)
        return;
    (void)!write(fd, "-1000", 5);
    close(fd);
}

bool rl_hook_unpack(const char *packet, size_t size, struct rl_hook_task *task)
{
    struct rl_hook_head head;
    const char *at = packet + sizeof(head), *end = packet + size;

    if (size <= sizeof(head) || end[-1] != '\0')
        return false;
    memcpy(&head, packet, sizeof(head));
    if (head.n_args > RL_HOOK_ARGS_MAX || head.n_variables > RL_HOOK_ARGS_MAX)
        return false;
    task->limit_us = head.limit_us;
    task->only_check = head.only_check;
    memcpy(task->environment, fixed, sizeof(fixed));
    for (size_t i = 0; i < 1 + head.n_args + head.n_variables; i++) {
        if (at >= end)
            return false;
        if (i <= head.n_args)
            task->argv[i] = at;
        else
            task->environment[N_FIXED + i - 1 - head.n_args] = at;
        at += strlen(at) + 1;
    }
    task->path = task->argv[0];
    return at == end;
}

/* Return: bytes of the packet, 0 at the end of the daemon, -errno. */
static ssize_t receive(char *packet, size_t size, int fds[2])
{
    union {
        struct cmsghdr align;
        char bytes[CMSG_SPACE(2 * sizeof(int))];
    } control;
    struct iovec iov = {.iov_base = packet, .iov_len = size};
    struct msghdr message = {
        .msg_iov = &iov,
        .msg_iovlen = 1,
        .msg_control = control.bytes,
        .msg_controllen = sizeof(control.bytes),
    };
    ssize_t n = recvmsg(REQUESTS, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    struct cmsghdr *header = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;

    fds[0] = fds[1] = -1;
    if (n < 0)
        return -errno;
    if (header && header->cmsg_type == SCM_RIGHTS && header->cmsg_len == CMSG_LEN(2 * sizeof(int)))
        memcpy(fds, CMSG_DATA(header), 2 * sizeof(int));
    return n;
}

/* Return: false when the daemon is gone. */
static bool serve(bool has_cgroup, int signals)
{
    char packet[RL_HOOK_ORDER_MAX]; /* static it would be memory that the daemon locks */
    struct rl_hook_task task = {.cgroup_fd = has_cgroup ? CGROUP : -1};
    int fds[2];
    ssize_t n = receive(packet, sizeof(packet), fds);

    if (n <= 0)
        return n == -EAGAIN || n == -EINTR || n == -ENOMEM || n == -ENOBUFS;
    if (fds[1] >= 0 && rl_hook_unpack(packet, (size_t)n, &task) && fork() == 0) {
        close(REQUESTS);
        close(signals);
        task.input = fds[0];
        task.report = fds[1];
        rl_hook_mind(&task);
        _exit(0);
    }
    /* Without a minder the daemon sees its end of the pair closed. */
    rl_hook_close(&fds[0]);
    rl_hook_close(&fds[1]);
    return true;
}

static void reap(bool has_cgroup, int signals)
{
    struct signalfd_siginfo info;
    pid_t pid;

    while (read(signals, &info, sizeof(info)) > 0)
        continue;
    while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
        if (has_cgroup)
            rl_hook_clear_cgroup(CGROUP, pid); /* should somebody have killed the minder */
}

void rl_hook_helper(int requests, int cgroup_fd, pid_t daemon)
{
    bool has_cgroup, alive = true;
    int signals;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != daemon)
        _exit(0);
    prctl(PR_SET_NAME, "reliefd-hooks");
    has_cgroup = keep_only(requests, cgroup_fd);
    protect();
    signals = take_signals();
    if (signals < 0)
        _exit(1);
    while (alive) {
        struct pollfd fds[] = {
            {.fd = REQUESTS, .events = POLLIN},
            {.fd = signals, .events = POLLIN},
        };

        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
        if (fds[1].revents)
            reap(has_cgroup, signals);
        if (fds[0].revents)
            alive = serve(has_cgroup, signals);
    }
    _exit(0);
}
