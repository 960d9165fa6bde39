#include "daemon/ctl/pager.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/ctl/out.h"

#define LESS_OPTIONS "FRSX"

static struct {
    pid_t pid;    /* 0: there is none */
    int out, err; /* where stdout and stderr went before; err -1: it was not changed */
} pager = {.out = -1, .err = -1};

static bool is_wanted(const struct rl_args *args)
{
    const char *name = getenv("PAGER"), *term = getenv("TERM");

    if (pager.pid > 0 || args->common[RL_OPT_NO_PAGER] || !isatty(STDOUT_FILENO))
        return false;
    if (!term || strcmp(term, "dumb") == 0)
        return false;
    return !name || (*name && strcmp(name, "cat") != 0);
}

/* Where no pager can be started nothing may be lost. */
static void copy_through(void)
{
    char buf[4096];

    for (ssize_t n; (n = read(STDIN_FILENO, buf, sizeof(buf))) > 0;) {
        for (ssize_t at = 0, written; at < n; at += written) {
            written = write(STDOUT_FILENO, buf + at, (size_t)(n - at));
            if (written <= 0)
                return;
        }
    }
}

_Noreturn static void run_pager(int from)
{
    const char *name = getenv("PAGER");

    signal(SIGINT, SIG_DFL);
    dup2(from, STDIN_FILENO);
    setenv("LESS", LESS_OPTIONS, 0);
    setenv("LESSSECURE", "1", 0);
    if (name) {
        execl("/bin/sh", "sh", "-c", name, NULL);
    } else {
        execlp("less", "less", NULL);
        execlp("more", "more", NULL);
    }
    copy_through();
    _exit(0);
}

static int start(void)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) < 0)
        return -errno;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        run_pager(ends[0]);
    close(ends[0]);
    if (pid < 0) {
        close(ends[1]);
        return -errno;
    }
    pager.pid = pid;
    return ends[1];
}

void rl_pager_open(const struct rl_args *args)
{
    if (!is_wanted(args))
        return;
    pager.out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
    if (pager.out < 0)
        return;
    rl_terminal_set(pager.out);
    /* Whoever leaves the pager early, or stops it with ctrl-c, has seen enough. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    int to = start();
    if (to < 0) {
        signal(SIGPIPE, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        return;
    }
    if (isatty(STDERR_FILENO)) { /* it would be written over what the pager shows */
        pager.err = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
        dup2(to, STDERR_FILENO);
    }
    dup2(to, STDOUT_FILENO);
    close(to);
}

bool rl_pager_close(void)
{
    if (pager.pid <= 0)
        return false;
    if (fflush(stdout) != 0)
        __fpurge(stdout); /* what nobody has read must not end up on the terminal */
    clearerr(stdout);
    dup2(pager.out, STDOUT_FILENO);
    if (pager.err >= 0)
        dup2(pager.err, STDERR_FILENO);
    while (waitpid(pager.pid, NULL, 0) < 0 && errno == EINTR)
        ;
    pager.pid = 0;
    return true;
}
