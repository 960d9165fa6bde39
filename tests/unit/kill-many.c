/* Many processes, many victims, and what happens when something runs out. */
#include "tests/unit/unit.h"

#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "daemon/relieve/watch.h"
#include "tests/unit/killer.h"

#include "tests/unit/counted-malloc.h"

/* Stands in for libc's, to see the state of things at each signal. */
static unsigned signals_sent;
static size_t mallocs_at_first_signal;

int pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned int flags);
int pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned int flags)
{
    if (signals_sent++ == 0)
        mallocs_at_first_signal = counted_mallocs;
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags);
}

/* n children at once: gone is said once, when the last of them is dead. The callback looks. */
struct crowd {
    pid_t *pids;
    size_t n, dead;
    struct wake wake;
};

static void on_crowd_gone(void *userdata, uint64_t gone_us, int error)
{
    struct crowd *crowd = userdata;

    for (size_t i = 0; i < crowd->n; i++)
        crowd->dead += !is_alive(crowd->pids[i]);
    on_gone(&crowd->wake, gone_us, error);
}

static struct rl_target *crowd_make(struct crowd *crowd, size_t n)
{
    struct rl_target *targets = calloc(n, sizeof(*targets));

    crowd->pids = calloc(n, sizeof(*crowd->pids));
    crowd->n = n;
    assert_non_null(targets);
    assert_non_null(crowd->pids);
    for (size_t i = 0; i < n; i++) {
        crowd->pids[i] = spawn(child_dies_of_term);
        targets[i] = target_of(crowd->pids[i]);
    }
    return targets;
}

/* Wait for those whose death is not reported, too. */
static void crowd_reap(struct crowd *crowd)
{
    for (size_t i = 0; i < crowd->n; i++) {
        int status;

        assert_int_equal(waitpid(crowd->pids[i], &status, 0), crowd->pids[i]);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    }
    free(crowd->pids);
}

static void test_crowd(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = {0};
    struct rl_target *targets = crowd_make(&crowd, 200);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;

    assert_int_equal(
        rl_kill_processes(f->killer, targets, 200, SIGKILL, on_crowd_gone, &crowd, &watch, &result),
        0);
    assert_result(&result, 200, 0, 0, 0);
    assert_int_equal(result.unwatched, 0);
    assert_true(run_until(f->event, &crowd.wake.gone));
    run_idle(f->event);
    assert_int_equal(crowd.wake.calls, 1);
    assert_int_equal(crowd.dead, 200);
    rl_victim_watch_free(watch);
    crowd_reap(&crowd);
    free(targets);
}

/* More than are waited for: all die, the rest is counted. */
static void test_beyond_targets_max(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = {0};
    const size_t n = RL_TARGETS_MAX + 30;
    struct rl_target *targets = crowd_make(&crowd, n);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct rlimit old, high;

    /* As the daemon does: a shell's limit is as low as RL_TARGETS_MAX. */
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    high = old;
    high.rlim_cur = high.rlim_max;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &high), 0);
    assert_int_equal(
        rl_kill_processes(f->killer, targets, n, SIGKILL, on_crowd_gone, &crowd, &watch, &result),
        0);
    assert_result(&result, (uint32_t)n, 0, 0, 0);
    assert_int_equal(result.unwatched, 30);
    assert_true(run_until(f->event, &crowd.wake.gone));
    assert_true(crowd.dead >= RL_TARGETS_MAX);
    rl_victim_watch_free(watch);
    crowd_reap(&crowd);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    free(targets);
}

/* Descriptors run out in the middle: everybody gets the signal, some are not waited for, and the
 * daemon keeps some descriptors to go on with. */
static void test_out_of_descriptors(void **state)
{
    struct fixture *f = *state;
    struct crowd crowd = {0};
    struct rl_target *targets = crowd_make(&crowd, 100);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct rlimit old, low;
    int spare[8];

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    low = old;
    low.rlim_cur = count_fds() + 30;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    assert_int_equal(
        rl_kill_processes(f->killer, targets, 100, SIGTERM, on_gone, &crowd.wake, &watch, &result),
        0);
    for (size_t i = 0; i < 8; i++)
        spare[i] = open("/", O_RDONLY | O_CLOEXEC);
    for (size_t i = 0; i < 8; i++) {
        assert_true(spare[i] >= 0);
        close(spare[i]);
    }
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);

    assert_result(&result, 100, 0, 0, 0);
    assert_true(result.unwatched > 50 && result.unwatched < 100);
    assert_true(run_until(f->event, &crowd.wake.gone));
    assert_int_equal(crowd.wake.calls, 1);
    for (size_t i = 0; i < 100; i++)
        assert_int_equal(waitpid(crowd.pids[i], NULL, 0), crowd.pids[i]);
    rl_victim_watch_free(watch);
    free(crowd.pids);
    free(targets);
}

/* Not even one descriptor: an error, no signal, no wait. */
static void test_no_descriptor(void **state)
{
    struct fixture *f = *state;
    pid_t pid = spawn(child_dies_of_term);
    struct rl_target target = target_of(pid);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    struct rlimit old, none;
    int r;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    none = (struct rlimit){0, old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
    r = send(f, &target, 1, SIGKILL, &wake, &watch, &result);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_int_equal(r, -EMFILE);
    assert_result(&result, 0, 0, 0, EMFILE);
    assert_null(watch);
    assert_true(is_alive(pid));
    put_down(pid);
}

static void test_pool_exhausted(void **state)
{
    struct fixture *f = *state;
    pid_t pids[RL_VICTIMS_MAX + 1];
    struct rl_victim_watch *watches[RL_VICTIMS_MAX + 1] = {0};
    struct rl_kill_result result;
    struct wake wakes[RL_VICTIMS_MAX + 1] = {0};
    struct rl_target last;

    for (size_t i = 0; i <= RL_VICTIMS_MAX; i++)
        pids[i] = spawn(child_ignores_term);
    for (size_t i = 0; i < RL_VICTIMS_MAX; i++) {
        struct rl_target target = target_of(pids[i]);

        assert_int_equal(send(f, &target, 1, SIGTERM, &wakes[i], &watches[i], &result), 0);
    }
    last = target_of(pids[RL_VICTIMS_MAX]);
    assert_int_equal(
        send(f, &last, 1, SIGKILL, &wakes[RL_VICTIMS_MAX], &watches[RL_VICTIMS_MAX], &result),
        -EBUSY);
    assert_result(&result, 0, 0, 0, 0);
    assert_true(is_alive(pids[RL_VICTIMS_MAX]));

    /* One that is let go makes room. */
    watches[3] = rl_victim_watch_free(watches[3]);
    assert_int_equal(
        send(f, &last, 1, SIGKILL, &wakes[RL_VICTIMS_MAX], &watches[RL_VICTIMS_MAX], &result), 0);
    assert_true(run_until(f->event, &wakes[RL_VICTIMS_MAX].gone));
    for (size_t i = 0; i < RL_VICTIMS_MAX; i++) {
        assert_int_equal(wakes[i].calls, 0);
        put_down(pids[i]);
    }
    assert_int_equal(waitpid(pids[RL_VICTIMS_MAX], NULL, 0), pids[RL_VICTIMS_MAX]);
    for (size_t i = 0; i < RL_VICTIMS_MAX; i++)
        assert_true(i == 3 || run_until(f->event, &wakes[i].gone));
    for (size_t i = 0; i < RL_VICTIMS_MAX; i++)
        assert_int_equal(wakes[i].calls, i == 3 ? 0 : 1);
    /* The rest is for rl_killer_free(). */
}

/* Between the call and the first signal nobody allocates, this code or a library. */
static void test_no_allocation(void **state)
{
    static const int signals[] = {SIGCONT, SIGKILL}; /* open and hold, then use what is held */
    struct fixture *f = *state;
    struct crowd crowd = {0};
    struct rl_target *targets;
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;

    if (!MALLOC_IS_COUNTED)
        skip();
    free(malloc(1));
    assert_true(counted_mallocs > 0); /* it does count */

    targets = crowd_make(&crowd, 20);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        size_t before = counted_mallocs;

        signals_sent = 0;
        assert_int_equal(send(f, targets, 20, signals[i], &crowd.wake, &watch, &result), 0);
        assert_int_equal(signals_sent, 20);
        assert_int_equal(mallocs_at_first_signal - before, 0);
        assert_int_equal(counted_mallocs - before, 0); /* nor after it */
    }
    assert_true(run_until(f->event, &crowd.wake.gone));
    rl_victim_watch_free(watch);
    for (size_t i = 0; i < crowd.n; i++)
        assert_int_equal(waitpid(crowd.pids[i], NULL, 0), crowd.pids[i]);
    free(crowd.pids);
    free(targets);
}

/* The reaper still holds a pidfd of the last victim when the wait is given to the next one: that
 * one is not taken for dead. */
static void test_reaper_lags(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/reliefd-kill-XXXXXX";
    int blocked = block_worker(f->killer->reaper, dir);
    pid_t first = spawn(child_ignores_term), second = spawn(child_ignores_term);
    struct rl_target targets[] = {target_of(first), target_of(second)};
    struct rl_victim_watch *watch = NULL, *place;
    struct rl_kill_result result;
    struct wake wake = {0}, next = {0};

    /* handed over by us, since a victim that dies at once is not */
    assert_int_equal(send(f, targets, 1, SIGTERM, &wake, &watch, &result), 0);
    assert_int_equal(rl_hasten(f->killer->reaper, f->proc_fd, first, watch->held[0].fd), 0);
    assert_int_equal(send(f, targets, 1, SIGKILL, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    place = watch;
    watch = rl_victim_watch_free(watch);
    assert_int_equal(send(f, &targets[1], 1, SIGTERM, &next, &watch, &result), 0);
    assert_ptr_equal(watch, place);
    run_idle(f->event);
    assert_int_equal(next.calls, 0);
    rl_victim_watch_free(watch);
    release_worker(blocked, dir);
    assert_int_equal(waitpid(first, NULL, 0), first);
    put_down(second);
}

/* What helps a process to die: here one that lives, to see it. */
static void test_hasten(void **state)
{
    struct fixture *f = *state;
    pid_t pid = spawn(child_dies_of_term);
    int pidfd = pidfd_open(pid, 0);
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    size_t fds = count_fds();
    int own = getpriority(PRIO_PROCESS, 0);

    assert_true(pidfd >= 0);
    if (setpriority(PRIO_PROCESS, (id_t)pid, -1) < 0) {
        close(pidfd);
        put_down(pid);
        skip();
    }
    assert_int_equal(rl_hasten(f->killer->reaper, f->proc_fd, pid, pidfd), 0);
    while (getpriority(PRIO_PROCESS, (id_t)pid) != -20 && now_us() < deadline)
        usleep(1000);
    assert_int_equal(getpriority(PRIO_PROCESS, (id_t)pid), -20);
    assert_true(is_alive(pid)); /* process_mrelease refuses one without SIGKILL */
    while (count_fds() != fds && now_us() < deadline)
        usleep(1000);

    /* gone already: its number may be another's by now, nothing is done */
    put_down(pid);
    assert_int_equal(rl_hasten(f->killer->reaper, f->proc_fd, getpid(), pidfd), 0);
    assert_int_equal(count_fds(), fds);
    f->killer->reaper = rl_worker_free(f->killer->reaper);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), own);
    close(pidfd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_crowd, setup, teardown),
        cmocka_unit_test_setup_teardown(test_beyond_targets_max, setup, teardown),
        cmocka_unit_test_setup_teardown(test_out_of_descriptors, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_descriptor, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pool_exhausted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_allocation, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reaper_lags, setup, teardown),
        cmocka_unit_test_setup_teardown(test_hasten, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
