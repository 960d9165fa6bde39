/* Real processes to be killed, and an event loop to wait in: for the tests of daemon/relieve. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/relieve/kill.h"
#include "daemon/relieve/worker.h"

/* Far longer than anything here takes: only a defect waits that long. */
#define PATIENCE_S 30

static inline uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static inline size_t count_fds(void)
{
    DIR *dir = opendir("/proc/self/fd");
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n;
}

/* Turn the loop until *flag is set; false when it never is. */
static inline bool run_until(sd_event *event, const bool *flag)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (!*flag && now_us() < deadline)
        assert_true(sd_event_run(event, 100000) >= 0);
    return *flag;
}

/* Turn the loop for a while, to see that nothing happens. */
static inline void run_idle(sd_event *event)
{
    for (int i = 0; i < 5; i++)
        assert_true(sd_event_run(event, 20000) >= 0);
}

/* What became of a wait. */
struct wake {
    bool gone;
    unsigned calls;
    uint64_t gone_us;
    int error;
};

static inline void on_gone(void *userdata, uint64_t gone_us, int error)
{
    struct wake *wake = userdata;

    wake->gone = true;
    wake->calls++;
    wake->gone_us = gone_us;
    wake->error = error;
}

typedef void (*child_fn)(void);

static inline void child_dies_of_term(void)
{
}

static inline void child_ignores_term(void)
{
    signal(SIGTERM, SIG_IGN);
}

/* A child that has done its preparation, and sleeps; it does not outlive the test. */
static inline pid_t spawn(child_fn prepare)
{
    int ready[2];
    char byte = 0;
    pid_t pid, parent = getpid();

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        prepare();
        if (write(ready[1], &byte, 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static inline uint64_t start_of(pid_t pid)
{
    struct rl_process process = {0};
    char path[64], text[2048], state;
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    n = rl_read_fd(fd, text, sizeof(text));
    close(fd);
    assert_true(n > 0);
    assert_int_equal(rl_parse_stat(text, &process, &state), 0);
    return process.start_ticks;
}

static inline struct rl_target target_of(pid_t pid)
{
    return (struct rl_target){.pid = pid, .start_ticks = start_of(pid)};
}

/* Not even a zombie. */
static inline bool is_alive(pid_t pid)
{
    siginfo_t info = {0};

    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
    return info.si_pid == 0;
}

/* The signal that it died of; it has to be dead already. A cgroup is empty a moment before its last
 * process can be waited for: it leaves the one (cgroup_exit) before it tells of the other
 * (exit_notify). */
static inline int died_of(pid_t pid)
{
    int status = 0;
    pid_t got = 0;

    for (int ms = 0; ms < 1000 && got == 0; ms++) {
        got = waitpid(pid, &status, WNOHANG);
        if (got == 0)
            usleep(1000);
    }
    assert_int_equal(got, pid);
    assert_true(WIFSIGNALED(status));
    return WTERMSIG(status);
}

/* Remove one that the test left alive, by a way other than the tested one. */
static inline void put_down(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* A job on which the thread waits until release_worker(); dir is a template for mkdtemp(). */
static inline int block_worker(struct rl_worker *worker, char *dir)
{
    int fd;

    assert_non_null(mkdtemp(dir));
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(mkfifoat(fd, "fifo", 0600), 0);
    assert_int_equal(rl_worker_write(worker, fd, "fifo", "x", NULL, NULL), 0);
    return fd;
}

static inline void release_worker(int fd, const char *dir)
{
    int pipe_fd = openat(fd, "fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    assert_true(pipe_fd >= 0);
    /* Wait for the thread, so that it does not meet a pipe without readers. */
    while (read(pipe_fd, &(char){0}, 1) != 1)
        usleep(1000);
    close(pipe_fd);
    unlinkat(fd, "fifo", 0);
    close(fd);
    rmdir(dir);
}
