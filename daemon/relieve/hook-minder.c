/* One hook from its check to its last descendant's death, in a process of its own. */
#include "daemon/relieve/hook-private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conf/open.h"

/* For the dead to be gone after SIGKILL: one that hangs in the kernel is left to itself. */
#define CLEAR_MS 10000

/* What programs expect where the daemon raised its own limit. */
#define NOFILE 1024

struct minder {
    const struct rl_hook_task *task;
    uint64_t until_us;
    int signals; /* children that ended */
    int output;  /* of the hook; -1: closed */
    int started; /* its errno, if it cannot be executed; -1: it runs */
    int cgroup;  /* of the hook; -1: none */
    pid_t hook;
    char line[RL_HOOK_LINE_MAX];
    size_t length;
    uint32_t lines, lost;
};

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* A daemon that does not read misses lines; the end has room, since lines are few. */
static void tell(
    const struct minder *m, enum rl_hook_word word, int value, const char *text, size_t length)
{
    struct rl_hook_report report = {.word = word, .value = value, .lost = m->lost};

    memcpy(report.text, text, length < RL_HOOK_LINE_MAX ? length : RL_HOOK_LINE_MAX);
    (void)!send(m->task->report, &report, sizeof(report), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Its own cgroup, named after the minder: so the helper finds it should the minder be killed. */
static void cgroup_name(pid_t minder, char *buf, size_t size)
{
    snprintf(buf, size, "%d", (int)minder);
}

static int make_cgroup(int parent)
{
    char name[16];

    if (parent < 0)
        return -1;
    cgroup_name(getpid(), name, sizeof(name));
    if (mkdirat(parent, name, 0755) < 0 && errno != EEXIST)
        return -1;
    return openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int write_at(int dirfd, const char *name, const char *text)
{
    int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC);
    ssize_t n;

    if (fd < 0)
        return -errno;
    n = write(fd, text, strlen(text));
    n = n < 0 ? -errno : 0;
    close(fd);
    return (int)n;
}

void rl_hook_clear_cgroup(int parent, pid_t minder)
{
    char name[16];
    int fd;

    cgroup_name(minder, name, sizeof(name));
    fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    write_at(fd, "cgroup.kill", "1");
    close(fd);
    for (int ms = 0; unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno == EBUSY && ms < 1000; ms++)
        poll(NULL, 0, 1);
}

/* The hook must not be spared where the daemon is, nor run before everybody else. */
static int become_ordinary(void)
{
    struct rlimit nofile;
    sigset_t none;
    int r = write_at(AT_FDCWD, "/proc/self/oom_score_adj", "0");

    if (r < 0 && r != -EACCES) /* refused: it is above 0 */
        return r;
    setpriority(PRIO_PROCESS, 0, 0);
    if (getrlimit(RLIMIT_NOFILE, &nofile) == 0 && nofile.rlim_cur > NOFILE) {
        nofile.rlim_cur = NOFILE;
        setrlimit(RLIMIT_NOFILE, &nofile);
    }
    umask(077);
    for (int number = 1; number < NSIG; number++)
        signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    return chdir("/") < 0 ? -errno : 0;
}

/* In the child: never returns. */
_Noreturn static void become_hook(const struct minder *m, int output, int failed, pid_t minder)
{
    const struct rl_hook_task *task = m->task;
    int r, error;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != minder)
        _exit(127);
    setsid();
    if (m->cgroup >= 0)
        write_at(m->cgroup, "cgroup.procs", "0");
    r = become_ordinary();
    if (r >= 0 && (dup2(task->input, 0) < 0 || dup2(output, 1) < 0 || dup2(output, 2) < 0))
        r = -errno;
    if (r >= 0) {
        execve(task->path, (char *const *)task->argv, (char *const *)task->environment);
        r = -errno;
    }
    error = -r;
    (void)!write(failed, &error, sizeof(error));
    _exit(127);
}

static int take_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Return: 0 or -errno. */
static int start(struct minder *m)
{
    int output[2], started[2];
    pid_t self = getpid();

    m->signals = take_signals();
    if (m->signals < 0 || pipe2(output, O_CLOEXEC) < 0)
        return -errno;
    m->output = output[0];
    if (pipe2(started, O_CLOEXEC) < 0)
        return -errno;
    m->started = started[0];
    fcntl(m->output, F_SETFL, O_NONBLOCK);
    fcntl(m->started, F_SETFL, O_NONBLOCK);
    m->cgroup = make_cgroup(m->task->cgroup_fd);
    m->hook = fork();
    if (m->hook < 0)
        return -errno;
    if (m->hook == 0)
        become_hook(m, output[1], started[1], self);
    close(output[1]);
    close(started[1]);
    return 0;
}

static void end_line(struct minder *m)
{
    if (m->length == 0)
        return;
    if (m->lines++ < RL_HOOK_LINES_MAX)
        tell(m, RL_HOOK_SAYS, 0, m->line, m->length);
    else
        m->lost++;
    m->length = 0;
}

/* Empty lines say nothing. What is longer than a line may be is cut, not continued. */
static void take_output(struct minder *m, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (bytes[i] == '\n')
            end_line(m);
        else if (m->length < sizeof(m->line))
            m->line[m->length++] = bytes[i] ? bytes[i] : '?';
    }
}

/* Return: whether there may be more. */
static bool read_output(struct minder *m)
{
    char bytes[4096];
    ssize_t n = m->output < 0 ? 0 : read(m->output, bytes, sizeof(bytes));

    if (n > 0)
        take_output(m, bytes, (size_t)n);
    else if (n == 0)
        rl_hook_close(&m->output);
    return n > 0;
}

/* Has the hook ended? It stays a zombie: as long as it does, no group of that number is another's.
 * Others that it left to us are buried. */
static bool has_ended(const struct minder *m, siginfo_t *info)
{
    for (;;) {
        info->si_pid = 0;
        if (waitid(P_ALL, 0, info, WEXITED | WNOHANG | WNOWAIT) < 0 || info->si_pid == 0)
            return false;
        if (info->si_pid == m->hook)
            return true;
        waitpid(info->si_pid, NULL, 0);
    }
}

/* Kill the children that /proc lists. Return: false when it cannot list them. */
static bool kill_children(void)
{
    char text[4096], *at = text;
    int fd = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    rl_hook_close(&fd);
    if (n < 0)
        return false;
    text[n] = '\0';
    /* A number at the end of a full buffer may be half of one. */
    for (char *end; (end = strchr(at, ' ')); at = end + 1)
        kill((pid_t)atoi(at), SIGKILL);
    return true;
}

/* All that came from the hook is ours in the end, since we are its reaper. Nobody else can have
 * buried a child of ours, so that no number here can be another's. */
static void kill_all(struct minder *m)
{
    uint64_t until_us = now_us() + CLEAR_MS * UINT64_C(1000);

    if (m->cgroup >= 0)
        write_at(m->cgroup, "cgroup.kill", "1");
    kill(-m->hook, SIGKILL);
    kill(m->hook, SIGKILL); /* it may not have come to setsid() yet */
    while (now_us() < until_us) {
        bool listed = kill_children();
        pid_t pid;

        while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
            if (pid == m->hook)
                m->hook = 0;
        if (pid < 0 || (!listed && m->hook == 0))
            break;
        poll(NULL, 0, 1);
    }
    if (m->cgroup >= 0)
        rl_hook_clear_cgroup(m->task->cgroup_fd, getpid());
}

static void tell_end(struct minder *m, const siginfo_t *info)
{
    int error = 0;

    if (m->started >= 0 && read(m->started, &error, sizeof(error)) == sizeof(error))
        tell(m, RL_HOOK_NOT_STARTED, error, "", 0);
    else if (info->si_code == CLD_EXITED)
        tell(m, RL_HOOK_EXITED, info->si_status, "", 0);
    else
        tell(m, RL_HOOK_SIGNALLED, info->si_status, "", 0);
}

/* What is in the pipe now; what others write there for ever is theirs. */
static void drain(struct minder *m)
{
    for (int i = 0; i < 32 && read_output(m); i++)
        continue;
    end_line(m);
}

/* Return: false when it is over, and the daemon knows. */
static bool turn(struct minder *m)
{
    struct pollfd fds[] = {
        {.fd = m->signals, .events = POLLIN}, {.fd = m->output, .events = POLLIN},
        {.fd = m->task->report}, /* the daemon's end was closed */
    };
    struct signalfd_siginfo signal_info;
    siginfo_t info;
    uint64_t now = now_us();

    if (now >= m->until_us) {
        drain(m);
        tell(m, RL_HOOK_LATE, 0, "", 0);
        return false;
    }
    poll(fds, 3, (int)((m->until_us - now) / 1000 + 1));
    if (fds[2].revents)
        return false;
    if (fds[1].revents)
        read_output(m);
    while (read(m->signals, &signal_info, sizeof(signal_info)) > 0)
        continue;
    if (!has_ended(m, &info))
        return true;
    drain(m);
    tell_end(m, &info);
    return false;
}

/* Return: whether the file may be run; the daemon knows why not. */
static bool may_run(const struct minder *m)
{
    struct rl_open_result opened;
    int r = rl_open(m->task->path, &opened);

    if (r < 0) {
        tell(m, RL_HOOK_NOT_STARTED, -r, "", 0);
        return false;
    }
    close(opened.fd);
    if (opened.distrust[0])
        tell(m, RL_HOOK_REFUSED, 0, opened.distrust, strlen(opened.distrust));
    return !opened.distrust[0];
}

void rl_hook_mind(const struct rl_hook_task *task)
{
    struct minder m = {
        .task = task,
        .until_us = now_us() + task->limit_us,
        .signals = -1,
        .output = -1,
        .started = -1,
        .cgroup = -1,
    };
    int r;

    prctl(PR_SET_PDEATHSIG, 0);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_NAME, "reliefd-hook");
    if (!may_run(&m))
        return;
    if (task->only_check) {
        tell(&m, RL_HOOK_MAY_RUN, 0, "", 0);
        return;
    }
    r = start(&m);
    if (r < 0) {
        tell(&m, RL_HOOK_NOT_STARTED, -r, "", 0);
        if (m.cgroup >= 0)
            rl_hook_clear_cgroup(task->cgroup_fd, getpid());
        return;
    }
    while (turn(&m))
        continue;
    kill_all(&m);
}
