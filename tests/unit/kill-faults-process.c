/* Every call on the way of a signal to a process fails once, with each errno that it can give. */
#include "tests/unit/unit.h"

#include "daemon/relieve/watch.h"
#include "tests/unit/faults.h"

/* What becomes of the processes that the table's row is about; all others die. */
enum outcome {
    DEAD,      /* whoever is meant, all the same */
    FAILED,    /* not signalled, and the errno is reported */
    VANISHED,  /* not signalled, and reported as gone */
    LET_GO,    /* likewise, and not waited for any more */
    UNTOUCHED, /* never to be signalled: not the process that was meant */
    EITHER,    /* nothing is left behind, whether it succeeds or not */
};

/* How they are signalled. */
enum variant { FRESH, HELD, REPLACED, MOVED };

#define VICTIMS_MAX 2

static int proc_fd;

struct scene {
    sd_event *event;
    struct rl_killer *killer;
    pid_t pids[VICTIMS_MAX], innocent;
    struct rl_target targets[VICTIMS_MAX];
    size_t n;
    char cgroup[4096];
    struct rl_victim_watch *watch;
    struct rl_kill_result result;
    struct wake wake;
    size_t fds, fds_ready;
};

static void scene_open(struct scene *s, const struct fault_scenario *scenario, size_t n)
{
    struct rl_killer_options options = {.proc_fd = proc_fd, .cgroup_root_fd = -1};
    char text[16384];
    const char *path;

    *s = (struct scene){.n = n, .fds = count_fds()};
    assert_true(rl_read_at(proc_fd, "self/cgroup", text, sizeof(text)) > 0);
    assert_int_equal(rl_parse_proc_cgroup(text, &path), 0);
    snprintf(s->cgroup, sizeof(s->cgroup), "%s%s", path, scenario->variant == MOVED ? "/x" : "");
    s->innocent = spawn(child_dies_of_term);
    for (size_t i = 0; i < n; i++) {
        s->pids[i] = spawn(scenario->variant == HELD ? child_ignores_term : child_dies_of_term);
        s->targets[i] = target_of(s->pids[i]);
        s->targets[i].cgroup = s->cgroup;
        s->targets[i].start_ticks += scenario->variant == REPLACED;
    }
    assert_int_equal(sd_event_new(&s->event), 0);
    assert_int_equal(rl_killer_new(s->event, &options, &s->killer), 0);
    assert_true(fault_wait_idle());
    s->fds_ready = count_fds();
}

static int strike(struct scene *s, int signal)
{
    return rl_kill_processes(
        s->killer, s->targets, s->n, signal, on_gone, &s->wake, &s->watch, &s->result);
}

/* Dead but not yet reaped, so that the loop finds them all at once. */
static void wait_dead(pid_t pid)
{
    siginfo_t info;

    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
}

static void scene_close(struct scene *s)
{
    s->killer = rl_killer_free(s->killer);
    fault_arm(false);
    sd_event_unref(s->event);
    assert_true(is_alive(s->innocent));
    put_down(s->innocent);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(count_fds(), s->fds);
}

/* The answer of rl_kill_processes(). */
static void check_answer(
    const struct scene *s, const struct fault_row *expected, int error, int answer)
{
    uint32_t spared = expected->outcome != DEAD;

    assert_int_equal(s->result.signalled, s->n - spared);
    assert_int_equal(s->result.gone, expected->outcome == VANISHED || expected->outcome == LET_GO);
    assert_int_equal(s->result.error, expected->outcome == FAILED ? error : 0);
    assert_int_equal(s->result.refused, 0);
    assert_int_equal(s->result.unwatched, 0);
    if (s->n > spared)
        assert_int_equal(answer, 0);
    else
        assert_int_equal(answer, expected->outcome == FAILED ? -error : -ESRCH);
    assert_int_equal(s->wake.calls, 0);
}

/* Those who were spared can be killed yet: by the next call, with the same watch. */
static void finish_spared(struct scene *s, const struct fault_row *expected)
{
    if (expected->outcome == DEAD)
        return;
    assert_true(is_alive(s->pids[expected->who]));
    if (expected->outcome == LET_GO) {
        assert_true(run_until(s->event, &s->wake.gone));
        assert_int_equal(kill(s->pids[expected->who], SIGKILL), 0);
        wait_dead(s->pids[expected->who]);
        return;
    }
    s->wake.gone = false;
    assert_int_equal(strike(s, SIGKILL), 0);
    assert_int_equal(s->result.signalled, 1);
    assert_true(run_until(s->event, &s->wake.gone));
    assert_int_equal(s->wake.error, 0);
}

static void play(const struct fault_scenario *scenario, const struct fault_row *expected, int error)
{
    struct scene s;
    int answer;

    scene_open(&s, scenario, scenario->variant == HELD ? 1 : VICTIMS_MAX);
    if (scenario->variant == HELD)
        assert_int_equal(strike(&s, SIGTERM), 0);
    fault.hold_signals = true;
    fault_arm(true);
    answer = strike(&s, SIGKILL);
    fault_let_go();
    check_answer(&s, expected, error, answer);
    for (size_t i = 0; i < s.n; i++)
        if (expected->outcome == DEAD || (int)i != expected->who)
            wait_dead(s.pids[i]);
    assert_true(fault_wait_idle());
    if (answer == 0) {
        assert_true(run_until(s.event, &s.wake.gone));
        assert_int_equal(s.wake.error, 0);
        for (int i = 0; i < 20 && sd_event_run(s.event, 0) > 0; i++)
            continue;
        assert_int_equal(s.wake.calls, 1);
    }
    assert_true(fault_wait_idle());
    atomic_store(&fault.armed[LOOP], false);

    finish_spared(&s, expected);
    for (size_t i = 0; i < s.n; i++)
        assert_int_equal(died_of(s.pids[i]), SIGKILL);
    rl_victim_watch_free(s.watch);
    if (fault.call != WAKE) { /* a job that nobody was woken for keeps its descriptors */
        assert_true(fault_wait_idle());
        assert_int_equal(count_fds(), s.fds_ready);
    }
    scene_close(&s);
}

/* Nobody is signalled, whatever fails. */
static void play_other(
    const struct fault_scenario *scenario, const struct fault_row *expected, int error)
{
    struct scene s;

    scene_open(&s, scenario, 1);
    fault_arm(true);
    assert_true(strike(&s, SIGKILL) < 0);
    assert_int_equal(s.result.signalled, 0);
    assert_int_equal(s.result.gone + (s.result.error != 0), 1);
    assert_null(s.watch);
    fault_arm(false);
    usleep(1000);
    assert_true(is_alive(s.pids[0]));
    put_down(s.pids[0]);
    scene_close(&s);
}

/* Two processes: pidfd_open, poll, then stat and cgroup (openat, pread, close each) and the signal
 * for each of them; after that what is not urgent. */
/* clang-format off */
static const struct fault_row fresh_rows[] = {
    {LOOP, PIDFD_OPEN, NULL, 1, ESRCH, VANISHED, 0},
    {LOOP, PIDFD_OPEN, NULL, 2, ESRCH, VANISHED, 1},
    {LOOP, PIDFD_OPEN, NULL, 1, 0, FAILED, 0},
    {LOOP, PIDFD_OPEN, NULL, 2, 0, FAILED, 1},
    {LOOP, OPENAT, NULL, 0, EINTR, DEAD, 0},
    {LOOP, OPENAT, "stat", 1, ENOENT, VANISHED, 0},
    {LOOP, OPENAT, "stat", 2, ENOENT, VANISHED, 1},
    {LOOP, OPENAT, "stat", 1, ESRCH, VANISHED, 0},
    {LOOP, OPENAT, "stat", 2, ESRCH, VANISHED, 1},
    {LOOP, OPENAT, "stat", 1, 0, FAILED, 0},
    {LOOP, OPENAT, "stat", 2, 0, FAILED, 1},
    {LOOP, OPENAT, "cgroup", 1, ENOENT, VANISHED, 0},
    {LOOP, OPENAT, "cgroup", 2, ENOENT, VANISHED, 1},
    {LOOP, OPENAT, "cgroup", 1, ESRCH, VANISHED, 0},
    {LOOP, OPENAT, "cgroup", 2, ESRCH, VANISHED, 1},
    {LOOP, OPENAT, "cgroup", 1, 0, FAILED, 0},
    {LOOP, OPENAT, "cgroup", 2, 0, FAILED, 1},
    {LOOP, PREAD, NULL, 0, EINTR, DEAD, 0},
    {LOOP, PREAD, "stat", 1, ESRCH, VANISHED, 0},
    {LOOP, PREAD, "stat", 2, ESRCH, VANISHED, 1},
    {LOOP, PREAD, "stat", 1, 0, FAILED, 0},
    {LOOP, PREAD, "stat", 2, 0, FAILED, 1},
    {LOOP, PREAD, "cgroup", 1, ESRCH, VANISHED, 0},
    {LOOP, PREAD, "cgroup", 2, ESRCH, VANISHED, 1},
    {LOOP, PREAD, "cgroup", 1, 0, FAILED, 0},
    {LOOP, PREAD, "cgroup", 2, 0, FAILED, 1},
    {LOOP, PIDFD_SEND, NULL, 1, ESRCH, VANISHED, 0},
    {LOOP, PIDFD_SEND, NULL, 2, ESRCH, VANISHED, 1},
    {LOOP, PIDFD_SEND, NULL, 1, 0, FAILED, 0},
    {LOOP, PIDFD_SEND, NULL, 2, 0, FAILED, 1},
    /* The start time tells whether it has exited, too; afterwards it is about haste only. */
    {LOOP, POLL, NULL, 0, 0, DEAD, 0},
    {LOOP, OPENAT, "task", 0, 0, DEAD, 0},
    {LOOP, DUP, NULL, 0, 0, DEAD, 0},
    {LOOP, WAKE, NULL, 0, 0, DEAD, 0},
    /* The wait: without the epoll set the timer looks. */
    {LOOP, EPOLL_ADD, NULL, 0, 0, DEAD, 0},
    {LOOP, EPOLL_WAIT, NULL, 0, 0, DEAD, 0},
    {LOOP, DRAIN, NULL, 0, 0, DEAD, 0},
    {LOOP, CLOSE, NULL, 0, 0, DEAD, 0},
    {REAPER, ANY_CALL, NULL, 0, 0, DEAD, 0},
    {WRITER, ANY_CALL, NULL, 0, 0, DEAD, 0}, /* only its end */
};
/* clang-format on */

/* One process that got SIGTERM, by the pidfd that is held. */
/* clang-format off */
static const struct fault_row held_rows[] = {
    {LOOP, OPENAT, NULL, 0, EINTR, DEAD, 0},
    {LOOP, OPENAT, "cgroup", 1, ENOENT, LET_GO, 0},
    {LOOP, OPENAT, "cgroup", 1, ESRCH, LET_GO, 0},
    {LOOP, OPENAT, "cgroup", 1, 0, FAILED, 0},
    {LOOP, PREAD, NULL, 0, EINTR, DEAD, 0},
    {LOOP, PREAD, NULL, 0, ESRCH, LET_GO, 0},
    {LOOP, PREAD, NULL, 0, 0, FAILED, 0},
    {LOOP, PIDFD_SEND, NULL, 0, ESRCH, VANISHED, 0},
    {LOOP, PIDFD_SEND, NULL, 0, 0, FAILED, 0},
    {LOOP, ANY_CALL, NULL, 0, 0, DEAD, 0},
    {REAPER, ANY_CALL, NULL, 0, 0, DEAD, 0},
    {WRITER, ANY_CALL, NULL, 0, 0, DEAD, 0}, /* only its end */
};
/* clang-format on */

/* The number is another process's by now, or the process has gone to another cgroup. */
/* clang-format off */
static const struct fault_row other_rows[] = {
    {LOOP, ANY_CALL, NULL, 0, 0, UNTOUCHED, 0},
};
/* clang-format on */

static void test_fresh(void **state)
{
    static const struct fault_scenario scenario = {.name = "two processes",
        .success = DEAD,
        FAULT_ROWS(fresh_rows),
        .play = play,
        .variant = FRESH};

    assert_true(fault_play_all(&scenario) > 150);
}

static void test_held(void **state)
{
    static const struct fault_scenario scenario = {
        .name = "after SIGTERM", FAULT_ROWS(held_rows), .play = play, .variant = HELD};

    assert_true(fault_play_all(&scenario) > 50);
}

static void test_replaced(void **state)
{
    static const struct fault_scenario scenario = {.name = "a number used again",
        FAULT_ROWS(other_rows),
        .play = play_other,
        .variant = REPLACED,
        .success = UNTOUCHED};

    assert_true(fault_play_all(&scenario) > 25);
}

static void test_moved(void **state)
{
    static const struct fault_scenario scenario = {.name = "gone to another cgroup",
        FAULT_ROWS(other_rows),
        .play = play_other,
        .variant = MOVED,
        .success = UNTOUCHED};

    assert_true(fault_play_all(&scenario) > 40);
}

/* The number of a dead process is another's by now, and it cannot be seen that it is dead: that
 * other one is not made urgent. */
static void test_hasten_blind(void **state)
{
    sd_event *event;
    struct rl_worker *worker;
    pid_t dead = spawn(child_dies_of_term), other = spawn(child_dies_of_term);
    int pidfd = pidfd_open(dead, 0), own = getpriority(PRIO_PROCESS, (id_t)other);

    put_down(dead);
    for (size_t i = 0; i < FAULT_ERRORS_MAX && fault_calls[POLL].errors[i] != 0; i++) {
        fault_reset();
        assert_int_equal(sd_event_new(&event), 0);
        assert_int_equal(rl_worker_new(event, &worker), 0);
        fault.call = POLL;
        fault.nth = 1;
        fault.error = fault_calls[POLL].errors[i];
        fault_arm(true);
        rl_hasten(worker, proc_fd, other, pidfd);
        fault_arm(false);
        assert_true(atomic_load(&fault.struck));
        rl_worker_free(worker); /* when it has done its work */
        sd_event_unref(event);
        assert_int_equal(getpriority(PRIO_PROCESS, (id_t)other), own);
    }
    close(pidfd);
    put_down(other);
}

/* A killer that cannot be made leaves nothing behind. */
static void play_making(
    const struct fault_scenario *scenario, const struct fault_row *expected, int error)
{
    struct rl_killer_options options = {.proc_fd = proc_fd, .cgroup_root_fd = -1};
    struct rl_killer *killer = NULL;
    size_t fds = count_fds();
    sd_event *event;
    int r;

    assert_int_equal(sd_event_new(&event), 0);
    atomic_store(&fault.armed[LOOP], true);
    r = rl_killer_new(event, &options, &killer);
    fault_arm(false);
    if (expected->outcome == FAILED)
        assert_int_equal(r, -error);
    else if (expected->outcome == DEAD)
        assert_int_equal(r, 0);
    assert_true((r == 0) == (killer != NULL));
    rl_killer_free(killer);
    sd_event_unref(event);
    assert_int_equal(count_fds(), fds);
}

/* clang-format off */
static const struct fault_row making_rows[] = {
    {LOOP, EVENTFD, NULL, 0, 0, FAILED, 0},
    {LOOP, EPOLL_CREATE, NULL, 0, 0, FAILED, 0},
    {LOOP, EVENT_IO, NULL, 0, 0, FAILED, 0},
    {LOOP, EVENT_TIME, NULL, 0, 0, FAILED, 0},
    {LOOP, THREAD, NULL, 0, 0, FAILED, 0},
    {LOOP, ANY_CALL, NULL, 0, 0, EITHER, 0}, /* what it finds out about itself: unit test self */
};
/* clang-format on */

static void test_making(void **state)
{
    static const struct fault_scenario scenario = {
        .name = "making a killer", FAULT_ROWS(making_rows), .play = play_making};

    assert_true(fault_play_all(&scenario) > 50);
}

static int teardown(void **state)
{
    fault_print_case();
    fault_arm(false);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_fresh, teardown),
        cmocka_unit_test_teardown(test_held, teardown),
        cmocka_unit_test_teardown(test_replaced, teardown),
        cmocka_unit_test_teardown(test_moved, teardown),
        cmocka_unit_test_teardown(test_hasten_blind, teardown),
        cmocka_unit_test_teardown(test_making, teardown),
    };

    proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc_fd < 0)
        return 77;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
