/* Every call on the way of the order for a whole cgroup fails once, with each errno that it can
 * give. Needs a cgroup2 mount that can be written to. */
#include "tests/unit/unit.h"

#include "daemon/relieve/watch.h"
#include "tests/unit/cgroups.h"
#include "tests/unit/faults.h"

enum outcome {
    DEAD,   /* all of them, all the same */
    FAILED, /* nothing was done, and the errno is the answer */
    ABSENT, /* the cgroup is said to be gone or empty before anything is done */
    LATER,  /* the errno ends the wait */
    BLIND,  /* the cgroup is said to be gone while it is waited for */
    REFUSED /* reliefd or a parent of it lives there */
};

enum variant {
    WHOLE,    /* cgroup.kill */
    SEARCHED, /* the same; where reliefd lives is not known by path */
    SWEPT,    /* freeze, and one by one */
    THAWED,   /* the same; they are slow to die, and thawed before they do */
    PARENT,   /* a parent of reliefd is in it */
    PARENT_SEARCHED,
};

/* The parent of this program, which only waits for it. */
static void release_parent(void)
{
    char text[16];

    snprintf(text, sizeof(text), "%d", (int)getppid());
    assert_int_equal(write_to(AT_FDCWD, home, text), 0);
}

struct scene {
    struct fixture f;
    int top, below, other;
    pid_t innocent;
    struct rl_victim_watch *watch;
    struct rl_kill_result result;
    struct wake wake;
    enum variant variant;
    uint64_t id;
    size_t fds, fds_ready;
};

static void scene_open(struct scene *s, enum variant variant)
{
    *s = (struct scene){.variant = variant, .fds = count_fds()};
    s->top = make("top");
    s->below = make("top/below");
    s->other = make("other");
    s->id = id_of(s->top);
    s->innocent = spawn_in(s->other, child_dies_of_term);
    spawn_in(s->top, child_dies_of_term);
    spawn_in(s->top, child_dies_of_term);
    spawn_in(s->below, child_dies_of_term);
    assert_int_equal(sd_event_new(&s->f.event), 0);
    s->f.options = (struct rl_killer_options){
        .proc_fd = proc_fd,
        .cgroup_root_fd = variant == SEARCHED ? -1 : root_fd,
        .no_cgroup_kill = variant == SWEPT || variant == THAWED,
    };
    s->f.killer = new_killer(&s->f, &s->f.options);
    assert_true(fault_wait_idle());
    s->fds_ready = count_fds();
    fault.hurry = variant == THAWED;
    fault.hold_signals = variant == THAWED;
}

static int scene_strike(struct scene *s)
{
    return rl_kill_cgroup(s->f.killer, s->top, s->id, on_gone, &s->wake, &s->watch, &s->result);
}

static void scene_close(struct scene *s)
{
    atomic_store(&fault.armed[LOOP], false);
    s->f.killer = rl_killer_free(s->f.killer);
    fault_arm(false);
    sd_event_unref(s->f.event);
    assert_int_equal(first_of(s->top, "cgroup.freeze"), '0');
    assert_int_equal(first_of(s->below, "cgroup.freeze"), '0');
    assert_true(is_alive(s->innocent));
    close(s->top);
    close(s->below);
    close(s->other);
    assert_int_equal(count_fds(), s->fds);
    clear();
}

/* The test's own look at it is not counted. */
static bool still_populated(const struct scene *s)
{
    bool armed = atomic_exchange(&fault.armed[LOOP], false), yes = populated(s->top);

    atomic_store(&fault.armed[LOOP], armed);
    return yes;
}

/* What does not need the loop has happened. Where a fault has struck already, that may be never. */
static void settle(struct scene *s)
{
    uint64_t begin = now_us();
    bool waits = s->variant == WHOLE || s->variant == SEARCHED || s->variant == SWEPT;

    assert_true(fault_wait_idle());
    while (waits && still_populated(s) &&
           now_us() < begin + (atomic_load(&fault.struck) ? 5000 : PATIENCE_S * UINT64_C(1000000)))
        usleep(100);
}

/* Of those who are slow to die: turn the loop until they are thawed, then let them die. */
static void turn_until_thawed(struct scene *s)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (fault.counts[WRITER][WRITE] < 2 && !atomic_load(&fault.struck) && now_us() < deadline) {
        assert_true(sd_event_run(s->f.event, 100000) >= 0);
        assert_true(fault_wait_idle());
    }
    fault_let_go();
    while (!atomic_load(&fault.struck) && still_populated(s) && now_us() < deadline)
        usleep(100);
}

static void wait_gone(struct scene *s, const struct fault_row *expected, int error)
{
    if (s->variant == THAWED)
        turn_until_thawed(s);
    assert_true(run_until(s->f.event, &s->wake.gone));
    assert_int_equal(s->wake.error, expected->outcome == LATER ? error : 0);
    assert_true(sd_event_run(s->f.event, 0) >= 0);
    assert_int_equal(s->wake.calls, 1);
}

/* The next call does it, without a fault. */
static void finish_spared(struct scene *s, const struct fault_row *expected)
{
    int r;

    atomic_store(&fault.armed[LOOP], false);
    fault_let_go();
    if (expected->outcome == DEAD) {
        assert_false(populated(s->top));
        return;
    }
    s->wake.gone = false;
    r = scene_strike(s);
    if (expected->outcome == BLIND && r == -ESRCH)
        return;
    assert_int_equal(r, 0);
    assert_true(run_until(s->f.event, &s->wake.gone));
    assert_int_equal(s->wake.error, 0);
    assert_false(populated(s->top));
}

static void play(const struct fault_scenario *scenario, const struct fault_row *expected, int error)
{
    struct scene s;
    int answer;

    scene_open(&s, (enum variant)scenario->variant);
    fault_arm(true);
    answer = scene_strike(&s);
    assert_int_equal(s.wake.calls, 0);
    assert_int_equal(s.result.refused, 0);
    if (expected->outcome == FAILED)
        assert_int_equal(answer, -error);
    else
        assert_int_equal(answer, expected->outcome == ABSENT ? -ESRCH : 0);
    assert_true((answer == 0) == (s.watch != NULL));
    if (answer == 0) {
        settle(&s);
        wait_gone(&s, expected, error);
        assert_true(fault_wait_idle());
    } else {
        assert_int_equal(s.result.signalled, 0);
        assert_true(still_populated(&s));
    }
    finish_spared(&s, expected);
    rl_victim_watch_free(s.watch);
    if (fault.call != WAKE) { /* a job that nobody was woken for keeps its descriptors */
        assert_true(fault_wait_idle());
        assert_int_equal(count_fds(), s.fds_ready);
    }
    scene_close(&s);
}

/* clang-format off */

/* Up to the order: may it be killed, and is anybody there? */
#define EXAMINE_ROWS                                       \
    {LOOP, FSTATFS, NULL, 0, 0, FAILED, 0},                \
    {LOOP, FSTAT, NULL, 0, 0, FAILED, 0},                  \
    AFTER_EXAMINE_ROWS

#define AFTER_EXAMINE_ROWS                                 \
    {LOOP, OPENAT, "cgroup.events", 0, EINTR, DEAD, 0},    \
    {LOOP, OPENAT, "cgroup.events", 0, ENOENT, ABSENT, 0}, \
    {LOOP, OPENAT, "cgroup.events", 0, ENODEV, ABSENT, 0}, \
    {LOOP, OPENAT, "cgroup.events", 0, 0, FAILED, 0},      \
    {LOOP, PREAD, "cgroup.events", 0, EINTR, DEAD, 0},     \
    {LOOP, PREAD, "cgroup.events", 1, ENODEV, ABSENT, 0},  \
    {LOOP, PREAD, "cgroup.events", 1, 0, FAILED, 0},       \
    {LOOP, PREAD, "cgroup.events", 0, ENODEV, BLIND, 0},   \
    {LOOP, DUP, NULL, 1, 0, FAILED, 0}

/* A threaded cgroup, whose members are not its own. */
#define THREADED_ROW {WRITER, WRITE, "cgroup.kill", 0, EOPNOTSUPP, LATER, 0}

/* All else: there is another way, or the timer looks once more. */
#define OTHER_ROWS                          \
    {LOOP, ANY_CALL, NULL, 0, 0, DEAD, 0},  \
    {WRITER, ANY_CALL, NULL, 0, 0, DEAD, 0}, \
    {REAPER, ANY_CALL, NULL, 0, 0, DEAD, 0}

static const struct fault_row whole_rows[] = {
    EXAMINE_ROWS,
    THREADED_ROW,
    OTHER_ROWS,
};

static const struct fault_row swept_rows[] = {
    AFTER_EXAMINE_ROWS,
    OTHER_ROWS,
};

static const struct fault_row searched_rows[] = {
    EXAMINE_ROWS,
    THREADED_ROW,
    {LOOP, OPENAT, ".", 1, ENOENT, ABSENT, 0},
    {LOOP, OPENAT, ".", 1, ENODEV, ABSENT, 0},
    {LOOP, OPENAT, ".", 1, 0, FAILED, 0},
    {LOOP, OPENAT, "below", 1, ENOENT, DEAD, 0},
    {LOOP, OPENAT, "below", 1, ENODEV, DEAD, 0},
    {LOOP, OPENAT, "below", 1, 0, FAILED, 0},
    {LOOP, OPENAT, "cgroup.procs", 0, EINTR, DEAD, 0},
    {LOOP, OPENAT, "cgroup.procs", 0, ENOENT, DEAD, 0},
    {LOOP, OPENAT, "cgroup.procs", 0, ENODEV, DEAD, 0},
    {LOOP, OPENAT, "cgroup.procs", 0, 0, FAILED, 0},
    {LOOP, READ, "cgroup.procs", 0, EINTR, DEAD, 0},
    {LOOP, READ, "cgroup.procs", 0, ENODEV, DEAD, 0},
    {LOOP, READ, "cgroup.procs", 0, 0, FAILED, 0},
    {LOOP, GETDENTS, NULL, 0, ENOENT, DEAD, 0},
    {LOOP, GETDENTS, NULL, 0, ENODEV, DEAD, 0},
    {LOOP, GETDENTS, NULL, 0, 0, FAILED, 0},
    OTHER_ROWS,
};
/* clang-format on */

/* It is never killed, whatever cannot be read. */
static void play_parent(
    const struct fault_scenario *scenario, const struct fault_row *expected, int error)
{
    struct scene s;
    int answer;

    scene_open(&s, scenario->variant == PARENT ? WHOLE : SEARCHED);
    enter(s.below, getppid());
    fault_arm(true);
    answer = scene_strike(&s);
    fault_arm(false);
    assert_true(answer < 0);
    if (error == 0)
        assert_int_equal(s.result.refused, 1);
    assert_null(s.watch);
    assert_true(sd_event_run(s.f.event, 0) >= 0);
    assert_true(fault_wait_idle());
    assert_true(populated(s.top));
    release_parent();
    scene_close(&s);
}

static const struct fault_row parent_rows[] = {
    {LOOP, ANY_CALL, NULL, 0, 0, REFUSED, 0},
};

static const struct fault_row parent_searched_rows[] = {
    {LOOP, OPENAT, NULL, 0, ENOENT, FAULT_NEVER, 0},
    {LOOP, OPENAT, NULL, 0, ENODEV, FAULT_NEVER, 0},
    {LOOP, READ, NULL, 0, ENODEV, FAULT_NEVER, 0},
    {LOOP, GETDENTS, NULL, 0, ENOENT, FAULT_NEVER, 0},
    {LOOP, GETDENTS, NULL, 0, ENODEV, FAULT_NEVER, 0},
    {LOOP, ANY_CALL, NULL, 0, 0, REFUSED, 0},
};

/* The completions of the worker and the news of the cgroup come in either order, and what comes
 * last is not read any more. */
#define UNSURE (1u << EPOLL_WAIT | 1u << DRAIN)

static const struct fault_scenario scenarios[] = {
    {"cgroup.kill", FAULT_ROWS(whole_rows), DEAD, play, WHOLE, NULL, UNSURE},
    {"cgroup.kill, members searched", FAULT_ROWS(searched_rows), DEAD, play, SEARCHED, NULL,
        UNSURE},
    {"one by one", FAULT_ROWS(swept_rows), DEAD, play, SWEPT, "cgroup.events", UNSURE},
    {"one by one, slow to die", FAULT_ROWS(swept_rows), DEAD, play, THAWED, "cgroup.events",
        UNSURE},
    {"a parent inside", FAULT_ROWS(parent_rows), REFUSED, play_parent, PARENT, NULL, 0},
    {"a parent inside, members searched", FAULT_ROWS(parent_searched_rows), REFUSED, play_parent,
        PARENT_SEARCHED, NULL, 0},
};

static void test_scenario(void **state)
{
    const struct fault_scenario *scenario = *state;

    assert_true(fault_play_all(scenario) > 30);
}

static int teardown_faults(void **state)
{
    fault_print_case();
    fault_let_go();
    fault_reset();
    release_parent();
    clear();
    return 0;
}

#define FAULT_TEST(variant)                                                                        \
    {                                                                                              \
        "test_" #variant, test_scenario, NULL, teardown_faults, (void *)&scenarios[variant]        \
    }

static int run_all(void)
{
    static const struct CMUnitTest tests[] = {
        FAULT_TEST(WHOLE),
        FAULT_TEST(SEARCHED),
        FAULT_TEST(SWEPT),
        FAULT_TEST(THAWED),
        FAULT_TEST(PARENT),
        FAULT_TEST(PARENT_SEARCHED),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The tests run in a child, so that they have a parent whose death can be seen. */
int main(void)
{
    pid_t pid = fork();
    int status;

    if (pid < 0)
        return 99;
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        return run_in_cgroup(run_all);
    }
    if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
        return 99;
    return WEXITSTATUS(status);
}
