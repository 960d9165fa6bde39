/* Whole cgroups where the straight way is barred: the writer hangs, its ring is full, a file may
 * not be written. Needs a cgroup2 mount that can be written to. */
#include "tests/unit/unit.h"

#include <sys/capability.h>

#include "daemon/relieve/watch.h"
#include "tests/unit/cgroups.h"

/* A job on which the thread waits until the pipe is read. */
static int block_writer(struct fixture *f, char *dir)
{
    int fd;

    assert_non_null(mkdtemp(dir));
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(mkfifoat(fd, "fifo", 0600), 0);
    assert_int_equal(rl_worker_write(f->killer->writer, fd, "fifo", "x", NULL, NULL), 0);
    return fd;
}

static void release_writer(int fd, const char *dir)
{
    int pipe_fd = openat(fd, "fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    assert_true(pipe_fd >= 0);
    /* Wait for the writer, so that it does not meet a pipe without readers. */
    while (read(pipe_fd, &(char){0}, 1) != 1)
        usleep(1000);
    close(pipe_fd);
    unlinkat(fd, "fifo", 0);
    close(fd);
    rmdir(dir);
}

static void fill_writer(struct fixture *f, int fd)
{
    while (rl_worker_write(f->killer->writer, fd, "missing", "x", NULL, NULL) == 0)
        continue;
}

/* The write of cgroup.kill hangs behind another job: the members are signalled one by one. */
static void test_writer_hangs(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/reliefd-kill-XXXXXX";
    int fd = make("a"), blocked = block_writer(f, dir);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    spawn_in(fd, child_ignores_term);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    rl_victim_watch_free(watch);
    release_writer(blocked, dir);
    run_idle(f->event);
    assert_int_equal(wake.calls, 1);
    close(fd);
}

/* No room in the ring: likewise, at once. */
static void test_writer_full(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/reliefd-kill-XXXXXX";
    int fd = make("a"), blocked = block_writer(f, dir);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    spawn_in(fd, child_ignores_term);
    fill_writer(f, blocked);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_int_equal(result.signalled, 1);
    assert_true(run_until(f->event, &wake.gone));
    rl_victim_watch_free(watch);
    release_writer(blocked, dir);
    close(fd);
}

/* The freeze is queued, the thaw finds no room: it is made up for after the caller has let go, and
 * the wait is nobody else's until then. */
static void test_thaw_is_owed(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/reliefd-kill-XXXXXX";
    int fd = make("a"), blocked = block_writer(f, dir);
    struct rl_victim_watch *watch = NULL, *owing;
    struct rl_kill_result result;
    struct wake wake = {0};
    uint64_t deadline;

    spawn_in(fd, child_ignores_term);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    fill_writer(f, blocked);
    owing = watch;
    watch = rl_victim_watch_free(watch);
    assert_true(owing->frozen);
    assert_ptr_not_equal(rl_watch_find(f->killer), owing);
    release_writer(blocked, dir);

    deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    while (owing->frozen && now_us() < deadline)
        assert_true(sd_event_run(f->event, 100000) >= 0);
    assert_false(owing->frozen);
    assert_int_equal(owing->cgroup_fd, -1);
    assert_ptr_equal(rl_watch_find(f->killer), owing);
    f->killer = rl_killer_free(f->killer);
    assert_int_equal(first_of(fd, "cgroup.freeze"), '0');
    assert_int_equal(wake.calls, 0);
    close(fd);
}

/* The daemon stops in the middle: what it froze is thawed. */
static void test_killer_free_thaws(void **state)
{
    struct fixture *f = *state;
    int fd = make("a");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    spawn_in(fd, child_ignores_term);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    f->killer = rl_killer_free(f->killer);
    assert_int_equal(first_of(fd, "cgroup.freeze"), '0');
    assert_int_equal(wake.calls, 0);
    close(fd);
}

static void set_effective(cap_value_t cap, cap_flag_value_t value)
{
    cap_t caps = cap_get_proc();

    assert_non_null(caps);
    assert_int_equal(cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, value), 0);
    assert_int_equal(cap_set_proc(caps), 0);
    cap_free(caps);
}

/* cgroup.kill may not be written: the members are signalled one by one. */
static void test_kill_file_not_writable(void **state)
{
    struct fixture *f = *state;
    int fd = make("a");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    if (geteuid() != 0) {
        close(fd);
        skip();
    }
    rl_killer_free(f->killer);
    set_effective(CAP_DAC_OVERRIDE, CAP_CLEAR);
    f->killer = new_killer(f, &f->options); /* its threads are without it, too */
    assert_int_equal(fchmodat(fd, "cgroup.kill", 0444, 0), 0);
    spawn_in(fd, child_ignores_term);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    set_effective(CAP_DAC_OVERRIDE, CAP_SET);
    assert_int_equal(wake.error, 0);
    assert_int_equal(fchmodat(fd, "cgroup.kill", 0644, 0), 0);
    rl_victim_watch_free(watch);
    close(fd);
}

static void become_nobody(void)
{
    if (setgid(65534) < 0 || setuid(65534) < 0)
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* Nobody may be signalled, and cgroup.kill is no way: that is said, once, and the wait is over. */
static void test_hopeless(void **state)
{
    struct fixture *f = *state;
    int fd = make("a");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    pid_t pid;

    if (geteuid() != 0) {
        close(fd);
        skip();
    }
    pid = spawn_in(fd, become_nobody);
    set_effective(CAP_KILL, CAP_CLEAR);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_int_equal(result.signalled, 0);
    assert_int_equal(result.error, EPERM);
    assert_true(run_until(f->event, &wake.gone));
    run_idle(f->event);
    set_effective(CAP_KILL, CAP_SET);
    assert_int_equal(wake.calls, 1);
    assert_int_equal(wake.error, EPERM);
    assert_true(is_alive(pid));
    rl_victim_watch_free(watch);
    f->killer = rl_killer_free(f->killer);
    assert_int_equal(first_of(fd, "cgroup.freeze"), '0');
    close(fd);
}

static int run_all(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_writer_hangs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_writer_full, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thaw_is_owed, setup_without_cgroup_kill, teardown),
        cmocka_unit_test_setup_teardown(
            test_killer_free_thaws, setup_without_cgroup_kill, teardown),
        cmocka_unit_test_setup_teardown(test_kill_file_not_writable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hopeless, setup_without_cgroup_kill, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(void)
{
    return run_in_cgroup(run_all);
}
