#include "tests/unit/unit.h"

#include "tests/unit/measures.h"

static const struct rl_guard below_5 = {.high_relative = true, .high_share = 500};

/* ---- freeze ---- */

static void test_freeze_and_release(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};
    uint64_t before;

    assert_int_equal(freeze(b, "a", LONG_US, &news, &m), 0);
    wait_in(b, "a", "cgroup.freeze", "1");
    wait_news(b, &news, 1);
    assert_int_equal(news.list[0], RL_MEASURE_TAKEN);
    assert_true(rl_guard_value_before(b->f->guardian, id_of(b->f, "a"), RL_GUARD_FREEZE, &before));
    assert_true(has_state(b->f));
    rl_measure_release(m);
    wait_in(b, "a", "cgroup.freeze", "0");
    assert_false(rl_guard_value_before(b->f->guardian, id_of(b->f, "a"), RL_GUARD_FREEZE, &before));
    expect_no_state(b);
    assert_int_equal(news.n, 1);

    put(&b->f->root, "a", "cgroup.freeze", "1\n"); /* somebody else's */
    assert_int_equal(freeze(b, "a", 0, &news, &m), RL_MEASURE_NEEDLESS);
    run_idle(b->f->event);
    expect_in(b, "a", "cgroup.freeze", "1");
}

/* Taken and released before the thread has come to it. */
static void test_released_at_once(void **state)
{
    struct bench *b = *state;
    struct news news = {0};

    for (int i = 0; i < 50; i++) {
        struct rl_measure *m = NULL;

        assert_int_equal(freeze(b, "a", LONG_US, &news, &m), 0);
        rl_measure_release(m);
    }
    expect_no_state(b);
    expect_in(b, "a", "cgroup.freeze", "0");
    assert_int_equal(news.n, 0);
}

/* What is told of the second one is not about the write of the first. */
struct second {
    struct bench *b;
    struct news news;
};

static void on_second(void *userdata, int what)
{
    struct second *second = userdata;

    on_news(&second->news, what);
    expect_in(second->b, "a", "memory.high", "41943040");
}

/* Released and wished for anew while the first write is under way. */
static void test_again_at_once(void **state)
{
    struct bench *b = *state;
    struct second early = {.b = b};
    struct rl_measure *m = NULL;
    struct news news = {0}, second = {0};
    char path[64];
    struct rl_guard_place place = place_of(b, "a", path);

    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), 0);
    rl_measure_release(m);
    assert_int_equal(rl_measure_throttle(b->measures, &place, 4000, 0, on_second, &early, &m), 0);
    wait_news(b, &early.news, 1);
    assert_int_equal(early.news.list[0], RL_MEASURE_TAKEN);
    rl_measure_release(m);
    wait_in(b, "a", "memory.high", "max");
    close(place.fd);
    assert_int_equal(throttle(b, "a", 4000, 0, &second, &m), 0);
    rl_measure_release(m);
    assert_int_equal(throttle(b, "a", 4000, 0, &second, &m), 0); /* the very same: no write more */
    wait_news(b, &second, 1);
    assert_int_equal(second.list[0], RL_MEASURE_TAKEN);
    wait_in(b, "a", "memory.high", "41943040");
    assert_int_equal(news.n, 0);
    rl_measure_release(m);
    wait_in(b, "a", "memory.high", "max");
}

static void test_time_up(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    assert_int_equal(freeze(b, "a", 300000, &news, &m), 0);
    while (news.n == 0 || news.list[news.n - 1] != RL_MEASURE_TIME_UP)
        assert_true(sd_event_run(b->f->event, 20000) >= 0);
    expect_no_state(b);
    expect_in(b, "a", "cgroup.freeze", "0");
    rl_measure_release(m);
    assert_int_equal(freeze(b, "a", LONG_US, &news, &m), 0); /* its place is free again */
    rl_measure_release(m);
}

/* The loop stands still; what it finds later is in order. */
static void test_loop_hangs(void **state)
{
    struct bench *b = *state;
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    struct rl_measure *m = NULL;
    struct news news = {0};

    assert_int_equal(freeze(b, "a", 3000000, &news, &m), 0);
    while (value(&b->f->root, "a", "cgroup.freeze")[0] != '1' && now_us() < deadline)
        usleep(1000);
    while (value(&b->f->root, "a", "cgroup.freeze")[0] != '0' && now_us() < deadline)
        usleep(1000);
    expect_in(b, "a", "cgroup.freeze", "0");
    assert_true(news.n == 0 && has_state(b->f));
    wait_news(b, &news, 1);
    assert_int_equal(news.list[0], RL_MEASURE_TIME_UP);
    run_idle(b->f->event);
    expect_no_state(b);
    rl_measure_release(m);
}

/* The thread thaws nothing that was released meanwhile. */
static void test_released_in_time(void **state)
{
    struct bench *b = *state;
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    struct rl_measure *later = NULL, *m = NULL;
    struct news news = {0};

    make_full(b->f, "b", "max\n");
    assert_int_equal(freeze(b, "b", 2000000, &news, &later), 0);
    assert_int_equal(freeze(b, "a", 1000000, &news, &m), 0);
    wait_news(b, &news, 2);
    rl_measure_release(m);
    wait_in(b, "a", "cgroup.freeze", "0");
    put(&b->f->root, "a", "cgroup.freeze", "1\n"); /* somebody else's */
    while (value(&b->f->root, "b", "cgroup.freeze")[0] != '0' && now_us() < deadline)
        usleep(1000);
    expect_in(b, "b", "cgroup.freeze", "0");
    expect_in(b, "a", "cgroup.freeze", "1");
    rl_measure_release(later);
}

static void test_foreign_thaw(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    assert_int_equal(freeze(b, "a", LONG_US, &news, &m), 0);
    wait_in(b, "a", "cgroup.freeze", "1");
    wait_news(b, &news, 1);
    put(&b->f->root, "a", "cgroup.freeze", "0\n");
    wait_news(b, &news, 2);
    assert_int_equal(news.list[1], RL_MEASURE_FOREIGN);
    expect_in(b, "a", "cgroup.freeze", "0");
    rl_measure_release(m);
}

/* Throttled and frozen at the same time: each has its own end. */
static void test_both(void **state)
{
    struct bench *b = *state;
    struct rl_measure *slow = NULL, *still = NULL;
    struct news news = {0};

    assert_int_equal(throttle(b, "a", 5000, 2000, &news, &slow), 0);
    assert_int_equal(freeze(b, "a", LONG_US, &news, &still), 0);
    wait_news(b, &news, 2);
    expect_in(b, "a", "memory.high", "52428800");
    expect_in(b, "a", "cgroup.freeze", "1");
    rl_measure_release(still);
    wait_in(b, "a", "cgroup.freeze", "0");
    expect_in(b, "a", "memory.high", "52428800");
    expect_in(b, "a", "cpu.max", "20000");
    assert_true(has_state(b->f));
    rl_measure_release(slow);
    wait_in(b, "a", "memory.high", "max");
    expect_no_state(b);
}

/* From within what is told. */
static struct rl_measure *in_hand;

static void on_news_release(void *userdata, int what)
{
    on_news(userdata, what);
    in_hand = rl_measure_release(in_hand);
}

static void test_release_within(void **state)
{
    struct bench *b = *state;
    char path[64];
    struct rl_guard_place place = place_of(b, "a", path);
    struct news news = {0};

    assert_int_equal(
        rl_measure_freeze(b->measures, &place, LONG_US, on_news_release, &news, &in_hand), 0);
    wait_news(b, &news, 1);
    wait_in(b, "a", "cgroup.freeze", "0");
    assert_null(in_hand);
    close(place.fd);
}

static void test_many(void **state)
{
    struct bench *b = *state;
    struct rl_measure *list[RL_MEASURES_MAX] = {0}, *more = NULL;
    struct news news[RL_MEASURES_MAX] = {0};
    char name[16];

    for (int round = 0; round < 2; round++) {
        for (unsigned i = 0; i < RL_MEASURES_MAX; i++) {
            snprintf(name, sizeof(name), "m%u", i);
            make_full(b->f, name, "max\n");
            news[i].n = 0;
            assert_int_equal(freeze(b, name, LONG_US, &news[i], &list[i]), 0);
        }
        assert_int_equal(throttle(b, "a", 5000, 0, &news[0], &more), -EBUSY);
        for (unsigned i = 0; i < RL_MEASURES_MAX; i++)
            while (news[i].n == 0) /* in no order; the rig has its own patience */
                assert_true(sd_event_run(b->f->event, 20000) >= 0);
        for (unsigned i = 0; i < RL_MEASURES_MAX; i++) {
            assert_int_equal(news[i].n, 1);
            rl_measure_release(list[i]);
        }
        wait_in(b, name, "cgroup.freeze", "0"); /* the last one */
        for (unsigned i = 0; i < RL_MEASURES_MAX; i++) {
            snprintf(name, sizeof(name), "m%u", i);
            expect_in(b, name, "cgroup.freeze", "0"); /* written in the order of releases */
        }
    }
    expect_no_state(b);
}

/* ---- the state file ---- */

static void test_unsaved(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL, *still = NULL;
    struct news news = {0};

    assert_int_equal(freeze(b, "a", LONG_US, &news, &still), 0);
    wait_news(b, &news, 1);
    assert_int_equal(renameat(b->f->top.fd, "run", b->f->top.fd, "away"), 0);
    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), -ENOENT);
    assert_null(m);
    run_idle(b->f->event);
    expect_in(b, "a", "memory.high", "max");
    expect_in(b, "a", "cgroup.freeze", "1");
    rl_measure_release(still); /* the way back is always open */
    wait_in(b, "a", "cgroup.freeze", "0");
    assert_int_equal(renameat(b->f->top.fd, "away", b->f->top.fd, "run"), 0);
}

static void test_end_takes_back(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    assert_int_equal(throttle(b, "a", 5000, 2000, &news, &m), 0);
    assert_int_equal(freeze(b, "a", LONG_US, &news, &m), 0);
    b->measures = rl_measures_free(b->measures);
    b->f->guardian = rl_guard_free(b->f->guardian);
    expect_in(b, "a", "memory.high", "max");
    expect_in(b, "a", "cpu.max", "max");
    expect_in(b, "a", "cgroup.freeze", "0");
    expect_no_state(b);
    assert_int_equal(news.n, 0);
}

/* A reliefd that held a cgroup down and was killed. */
static void crash(struct bench *b, bool ordered)
{
    pid_t pid;
    int status = 0;

    b->measures = rl_measures_free(b->measures);
    b->f->guardian = rl_guard_free(b->f->guardian);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct rl_measure *m = NULL;
        struct news news = {0};

        if (sd_event_new(&b->f->event) < 0)
            _exit(1);
        open_bench(b);
        if (ordered && apply(b->f, "a", &below_5) < 0)
            _exit(2);
        if (throttle(b, "a", 5000, 2000, &news, &m) != 0 || freeze(b, "a", LONG_US, &news, &m) != 0)
            _exit(3);
        for (int i = 0; i < 1000 && news.n < 2; i++)
            sd_event_run(b->f->event, 20000);
        kill(getpid(), SIGKILL);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    expect_in(b, "a", "memory.high", "52428800");
    expect_in(b, "a", "cpu.max", "20000");
    expect_in(b, "a", "cgroup.freeze", "1");
    assert_true(has_state(b->f));
}

static void test_crash_and_restore(void **state)
{
    struct bench *b = *state;
    struct rl_guard_roots roots = {
        .runtime_dir = b->f->runtime, .cgroup_root_fd = b->f->root.fd, .proc_fd = b->f->proc.fd};
    struct rl_guard_restored result;

    for (int ordered = 0; ordered < 2; ordered++) {
        crash(b, ordered);
        assert_int_equal(rl_guard_restore(&roots, &result), 0);
        assert_int_equal(result.restored, 3);
        assert_int_equal(result.failed + result.untouched + result.gone, 0);
        expect_in(b, "a", "memory.high", "max");
        expect_in(b, "a", "cpu.max", "max");
        expect_in(b, "a", "cgroup.freeze", "0");
        expect_no_state(b);
        put(&b->f->root, "a", "cpu.max", "max 100000\n");
    }
}

static void test_crash_and_start(void **state)
{
    struct bench *b = *state;

    crash(b, true);
    put(&b->f->root, "a", "cpu.max", "70000 100000\n"); /* somebody was there since */
    open_bench(b);
    expect_in(b, "a", "memory.high", "max");
    expect_in(b, "a", "cpu.max", "70000 100000");
    expect_in(b, "a", "cgroup.freeze", "0");
    expect_no_state(b);
}

/* The state file of a freeze that had not come to its file when reliefd ended. */
static void test_restore_pending_freeze(void **state)
{
    struct bench *b = *state;
    struct rl_guard_roots roots = {
        .runtime_dir = b->f->runtime, .cgroup_root_fd = b->f->root.fd, .proc_fd = b->f->proc.fd};
    struct rl_guard_restored result;
    char text[256];

    b->measures = rl_measures_free(b->measures);
    b->f->guardian = rl_guard_free(b->f->guardian);
    put(&b->f->root, "a", "cgroup.freeze", "0"); /* is written anew: a line feed more */
    snprintf(text, sizeof(text),
        RL_GUARD_HEADER "\nboot 1234-5678\ncgroup %llu cgroup.freeze 0 1 1 /a\n",
        (unsigned long long)id_of(b->f, "a"));
    folder_write(&b->f->top, "run/" RL_GUARD_STATE, text);
    assert_int_equal(rl_guard_restore(&roots, &result), 0);
    assert_int_equal(result.untouched, 1);
    struct stat st;
    assert_int_equal(fstatat(b->f->root.fd, "a/cgroup.freeze", &st, 0), 0);
    assert_int_equal(st.st_size, 2);
}

static void test_one_only(void **state)
{
    struct bench *b = *state;
    struct rl_measures *second = NULL;

    assert_int_equal(rl_measures_new(b->f->guardian, &second), -EBUSY);
    assert_null(second);
    assert_null(rl_measures_free(NULL));
    b->measures = rl_measures_free(b->measures);
    assert_int_equal(rl_measures_new(b->f->guardian, &b->measures), 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        WITH_BENCH(test_freeze_and_release),
        WITH_BENCH(test_released_at_once),
        WITH_BENCH(test_again_at_once),
        WITH_BENCH(test_time_up),
        WITH_BENCH(test_loop_hangs),
        WITH_BENCH(test_released_in_time),
        WITH_BENCH(test_foreign_thaw),
        WITH_BENCH(test_both),
        WITH_BENCH(test_release_within),
        WITH_BENCH(test_many),
        WITH_BENCH(test_unsaved),
        WITH_BENCH(test_end_takes_back),
        WITH_BENCH(test_crash_and_restore),
        WITH_BENCH(test_crash_and_start),
        WITH_BENCH(test_restore_pending_freeze),
        WITH_BENCH(test_one_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
