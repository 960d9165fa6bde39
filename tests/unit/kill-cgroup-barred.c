/* Whole cgroups where the straight way is barred: the writer hangs, its ring is full, a file may
 * not be written. Needs a cgroup2 mount that can be written to. */
#include "tests/unit/unit.h"

#include <sys/capability.h>

#include "daemon/relieve/watch.h"
#include "tests/unit/cgroups.h"

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
    int fd = make("a"), blocked = block_worker(f->killer->writer, dir);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    spawn_in(fd, child_ignores_term);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    rl_victim_watch_free(watch);
    release_worker(blocked, dir);
    run_idle(f->event);
    assert_int_equal(wake.calls, 1);
    close(fd);
}

/* No room in the ring: likewise, at once. */
static void test_writer_full(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/reliefd-kill-XXXXXX";
    int fd = make("a"), blocked = block_worker(f->killer->writer, dir);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    spawn_in(fd, child_ignores_term);
    fill_writer(f, blocked);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_int_equal(result.signalled, 1);
    assert_true(run_until(f->event, &wake.gone));
    rl_victim_watch_free(watch);
    release_worker(blocked, dir);
    close(fd);
}

/* The caller lets go while the write is on its way, and another victim takes the place: that one
 * does not hear of it. */
static void test_write_outlives_wait(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/reliefd-kill-XXXXXX";
    int fd = make("a"), blocked = block_worker(f->killer->writer, dir);
    pid_t first = spawn_in(fd, child_ignores_term), second = spawn(child_ignores_term);
    struct rl_target target = target_of(second);
    struct rl_victim_watch *watch = NULL, *place;
    struct rl_kill_result result;
    struct wake wake = {0};

    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    place = watch;
    watch = rl_victim_watch_free(watch);
    assert_int_equal(
        rl_kill_processes(f->killer, &target, 1, SIGTERM, on_gone, &wake, &watch, &result), 0);
    assert_ptr_equal(watch, place);
    release_worker(blocked, dir);
    assert_int_equal(waitpid(first, NULL, 0), first); /* carried out all the same */
    run_idle(f->event);
    assert_int_equal(wake.calls, 0);
    rl_victim_watch_free(watch);
    put_down(second);
    close(fd);
}

/* The freeze is queued, the thaw finds no room: it is made up for after the caller has let go, and
 * the wait is nobody else's until then. */
static void test_thaw_is_owed(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/reliefd-kill-XXXXXX";
    int fd = make("a"), blocked = block_worker(f->killer->writer, dir);
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
    release_worker(blocked, dir);

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
        cmocka_unit_test_setup_teardown(test_write_outlives_wait, setup, teardown),
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
