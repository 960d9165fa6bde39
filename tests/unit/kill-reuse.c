/* The number of a victim is used again between the choice and the signal, over and over: nobody
 * else ever gets a signal. In a pid namespace of its own, where clone3() may choose the number:
 * needs root. */
#include "tests/unit/unit.h"

#include <linux/sched.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>

#include "tests/unit/victims.h"

#define TRIES 1200
#define BATCH 100 /* victims that are chosen at once */

/* The moments at which a number may change hands. */
enum moment {
    BEFORE_CALL,
    BEFORE_OPEN, /* of the pidfd */
    AFTER_OPEN,
    BEFORE_SIGNAL,
    MOMENTS,
};

static struct fixture {
    sd_event *event;
    struct rl_killer *killer;
    int proc_fd;
    int pipe_fds[2];     /* closed, it ends all who live */
    enum moment moment;  /* of the current try */
    pid_t pid;           /* whose number is used again then; 0: not any more */
    unsigned n[MOMENTS]; /* numbers that have changed hands */
} fixture;

/* Sleeps until it is signalled, or until the pipe is closed: then it says that it is well. */
static void live(void)
{
    char byte;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(fixture.pipe_fds[1]);
    while (read(fixture.pipe_fds[0], &byte, 1) < 0)
        continue;
    _exit(0);
}

/* pid: the number that it is to have; 0: any. */
static pid_t fork_as(pid_t pid)
{
    struct clone_args args = {
        .exit_signal = SIGCHLD, .set_tid = (uint64_t)(uintptr_t)&pid, .set_tid_size = pid != 0};
    long child;

    if (pid == 0)
        args.set_tid = 0;
    child = syscall(SYS_clone3, &args, sizeof(args));
    if (child == 0)
        live();
    assert_true(child > 0);
    return (pid_t)child;
}

/* The victim dies by itself, and somebody else gets its number. */
static void reuse_at(enum moment moment)
{
    pid_t pid = fixture.pid;

    if (moment != fixture.moment || pid == 0)
        return;
    fixture.pid = 0;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(fork_as(pid), pid);
    fixture.n[moment]++;
}

/* These two stand before the C library's, in the code under test too. */
int pidfd_open(pid_t pid, unsigned flags)
{
    int fd;

    reuse_at(BEFORE_OPEN);
    fd = (int)syscall(SYS_pidfd_open, pid, flags);
    reuse_at(AFTER_OPEN);
    return fd;
}

int pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned flags)
{
    reuse_at(BEFORE_SIGNAL);
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags);
}

static bool ended_well(pid_t pid)
{
    int status = -1;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void strike(const struct rl_target *target, int signal)
{
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    fixture.pid = target->pid;
    reuse_at(BEFORE_CALL);
    assert_int_equal(
        rl_kill_processes(fixture.killer, target, 1, signal, on_gone, &wake, &watch, &result),
        -ESRCH);
    assert_int_equal(fixture.pid, 0);
    assert_null(watch);
    assert_int_equal(result.signalled, 0);
    assert_int_equal(result.gone, 1);
}

static void try_batch(int signal)
{
    struct rl_target targets[BATCH];

    assert_int_equal(pipe2(fixture.pipe_fds, O_CLOEXEC), 0);
    for (size_t i = 0; i < BATCH; i++)
        targets[i] = target_of(fork_as(0));
    usleep(20000); /* start times are in ticks of 10 ms */
    for (size_t i = 0; i < BATCH; i++)
        strike(&targets[i], signal);
    close(fixture.pipe_fds[0]);
    close(fixture.pipe_fds[1]);
    for (size_t i = 0; i < BATCH; i++)
        assert_true(ended_well(targets[i].pid));
}

static void test_reused(void **state)
{
    for (fixture.moment = 0; fixture.moment < MOMENTS; fixture.moment++)
        for (size_t i = 0; i < TRIES / MOMENTS / BATCH; i++)
            try_batch(i % 2 ? SIGTERM : SIGKILL);
    printf("numbers in other hands before the call: %u, before the pidfd: %u, after it: %u, "
           "before the signal: %u\n",
        fixture.n[BEFORE_CALL], fixture.n[BEFORE_OPEN], fixture.n[AFTER_OPEN],
        fixture.n[BEFORE_SIGNAL]);
    for (size_t i = 0; i < MOMENTS; i++)
        assert_int_equal(fixture.n[i], TRIES / MOMENTS);
}

/* The test can tell: a victim whose number stays its own dies, and does not end well. */
static void test_not_reused(void **state)
{
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct rl_target target;
    struct wake wake = {0};

    assert_int_equal(pipe2(fixture.pipe_fds, O_CLOEXEC), 0);
    fixture.pid = 0;
    target = target_of(fork_as(0));
    assert_int_equal(
        rl_kill_processes(fixture.killer, &target, 1, SIGKILL, on_gone, &wake, &watch, &result), 0);
    assert_true(run_until(fixture.event, &wake.gone));
    assert_false(ended_well(target.pid));
    rl_victim_watch_free(watch);
    close(fixture.pipe_fds[0]);
    close(fixture.pipe_fds[1]);
}

static int start(void **state)
{
    struct rl_killer_options options = {.cgroup_root_fd = -1};

    fixture.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    options.proc_fd = fixture.proc_fd;
    return fixture.proc_fd < 0 || sd_event_new(&fixture.event) < 0 ||
           rl_killer_new(fixture.event, &options, &fixture.killer) < 0;
}

static int stop(void **state)
{
    fixture.killer = rl_killer_free(fixture.killer);
    sd_event_unref(fixture.event);
    close(fixture.proc_fd);
    return 0;
}

static int run_all(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_reused),
        cmocka_unit_test(test_reused),
    };

    return cmocka_run_group_tests(tests, start, stop);
}

/* PID 1 of the namespace has to be another one than the test: nobody may signal it. */
static void be_init(void)
{
    int status = 0;
    pid_t pid;

    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
        mount("proc", "/proc", "proc", 0, NULL) < 0)
        _exit(77);
    pid = fork();
    if (pid == 0) {
        status = run_all();
        fflush(NULL);
        _exit(status); /* no leak checker: that cannot work in this namespace */
    }
    while (waitpid(pid, &status, 0) != pid)
        continue;
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99);
}

int main(void)
{
    int status = 0;
    pid_t init;

    if (geteuid() != 0 || unshare(CLONE_NEWPID | CLONE_NEWNS) < 0) {
        fputs("skipped: no pid namespace of its own\n", stderr);
        return 77;
    }
    init = fork();
    if (init == 0)
        be_init();
    waitpid(init, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 99); /* nor here: nothing can be forked now */
}
