#include "tests/unit/unit.h"

#include "tests/unit/measures.h"

static const struct rl_guard below_5 = {.high_relative = true, .high_share = 500};

/* ---- rules ---- */

static void test_high_of_share(void **state)
{
    static const struct {
        uint64_t current;
        uint32_t share;
        int64_t high;
    } rows[] = {
        {100 * MIB, 5000, 50 * MIB},
        {100 * MIB, 10000, 100 * MIB},
        {100 * MIB + 1, 10000, 100 * MIB},
        {100 * MIB, 1, 8192}, /* 10485 */
        {4096, 5000, 4096},   /* a page at least */
        {0, 5000, 4096},
        {UINT64_MAX, 10000, INT64_MAX / 4096 * 4096},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(rl_measure_high(rows[i].current, rows[i].share, PAGE), rows[i].high);
    /* whole pages, as the kernel has it, and one at least */
    assert_int_equal(rl_measure_high(100 * MIB + 65535, 10000, 16384), 100 * MIB + 3 * 16384);
    assert_int_equal(rl_measure_high(100 * MIB + 65535, 10000, 65536), 100 * MIB);
    assert_int_equal(rl_measure_high(40000, 5000, 16384), 16384);
    assert_int_equal(rl_measure_high(40000, 5000, 65536), 65536);
}

static void test_quota_of_share(void **state)
{
    static const struct {
        uint64_t period;
        uint32_t share;
        int64_t quota;
    } rows[] = {
        {100000, 5000, 50000},
        {100000, 20000, 200000}, /* two processors */
        {100000, 100, 1000},
        {100000, 1, 1000}, /* the kernel takes no less */
        {1000000, 1, 1000},
        {10000, 5000, 5000},
        {0, 5000, 1000},
        {UINT64_MAX, UINT32_MAX, INT64_MAX - 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(rl_measure_quota(rows[i].period, rows[i].share), rows[i].quota);
}

/* ---- throttle ---- */

static void test_throttle_and_release(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};
    uint64_t before = 0;

    assert_int_equal(throttle(b, "a", 5000, 2000, &news, &m), 0);
    assert_int_equal(news.n, 0); /* never from within */
    wait_in(b, "a", "memory.high", "52428800");
    wait_in(b, "a", "cpu.max", "20000");
    wait_news(b, &news, 1);
    assert_int_equal(news.list[0], RL_MEASURE_TAKEN);
    assert_true(has_state(b->f));
    assert_true(rl_guard_value_before(b->f->guardian, id_of(b->f, "a"), RL_GUARD_HIGH, &before));
    assert_true(before == RL_NO_LIMIT);

    assert_null(rl_measure_release(m));
    wait_in(b, "a", "memory.high", "max");
    wait_in(b, "a", "cpu.max", "max");
    expect_no_state(b);
    assert_false(rl_guard_value_before(b->f->guardian, id_of(b->f, "a"), RL_GUARD_HIGH, &before));
    assert_int_equal(news.n, 1);
    assert_null(rl_measure_release(NULL));
}

/* memory.high alone: the quota was not asked for, or cannot be had. */
static void test_throttle_memory_only(void **state)
{
    static const char *const quotas[] = {"max 100000\n", "10000 100000\n", "nonsense\n", NULL};
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(quotas) / sizeof(quotas[0]); i++) {
        struct rl_measure *m = NULL;
        struct news news = {0};

        if (quotas[i])
            put(&b->f->root, "a", "cpu.max", quotas[i]);
        else
            assert_int_equal(unlinkat(b->f->root.fd, "a/cpu.max", 0), 0);
        assert_int_equal(throttle(b, "a", 5000, i == 0 ? 0 : 2000, &news, &m), 0);
        wait_in(b, "a", "memory.high", "52428800");
        wait_news(b, &news, 1);
        assert_int_equal(news.list[0], RL_MEASURE_TAKEN);
        if (quotas[i]) {
            char text[64];

            strcpy(text, quotas[i]);
            text[strcspn(text, "\n")] = '\0';
            expect_in(b, "a", "cpu.max", text);
        }
        rl_measure_release(m);
        wait_in(b, "a", "memory.high", "max");
    }
}

/* What would lift something, or change nothing, is not done. */
static void test_never_above(void **state)
{
    static const struct {
        const char *high;
        uint32_t share;
        int result;
    } rows[] = {
        {"52428800\n", 5000, RL_MEASURE_NEEDLESS},
        {"52424704\n", 5000, RL_MEASURE_NEEDLESS},
        {"0\n", 5000, RL_MEASURE_NEEDLESS},
        {"52432896\n", 5000, 0},
        {"max\n", 10000, 0},
        {"max\n", 0, -EINVAL},
        {"max\n", 10001, -EINVAL},
    };
    struct bench *b = *state;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_measure *m = NULL;
        struct news news = {0};
        char high[64];

        strcpy(high, rows[i].high);
        high[strcspn(high, "\n")] = '\0';
        put(&b->f->root, "a", "memory.high", rows[i].high);
        assert_int_equal(throttle(b, "a", rows[i].share, 0, &news, &m), rows[i].result);
        assert_true((m != NULL) == (rows[i].result == 0));
        wait_news(b, &news, rows[i].result == 0);
        if (rows[i].result != 0)
            expect_in(b, "a", "memory.high", high);
        rl_measure_release(m);
        wait_in(b, "a", "memory.high", high);
        expect_no_state(b);
    }
}

static void test_throttle_refused(void **state)
{
    struct bench *b = *state;
    struct rl_guard_place place;
    struct rl_measure *m = NULL;
    struct news news = {0};
    char path[64], self[32];

    place = place_of(b, "a", path);
    place.id++;
    assert_int_equal(
        rl_measure_throttle(b->measures, &place, 5000, 0, on_news, &news, &m), -ESTALE);
    place.id--;
    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), 0);
    assert_int_equal(throttle(b, "a", 4000, 0, &news, &m), -EALREADY);
    rl_measure_release(m);
    wait_in(b, "a", "memory.high", "max");

    /* reliefd itself lives there, or its parent in something below */
    snprintf(self, sizeof(self), "%d\n", (int)getpid());
    put(&b->f->root, "a", "cgroup.procs", self);
    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), -EPERM);
    assert_int_equal(freeze(b, "a", 0, &news, &m), -EPERM);
    put(&b->f->root, "a", "cgroup.procs", "");
    snprintf(self, sizeof(self), "%d\n", (int)getppid());
    put(&b->f->root, "a/below", "cgroup.procs", self);
    assert_int_equal(freeze(b, "a", 0, &news, &m), -EPERM);
    put(&b->f->root, "a/below", "cgroup.procs", "");

    assert_int_equal(unlinkat(b->f->root.fd, "a/memory.high", 0), 0);
    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), -ENOENT);
    assert_int_equal(unlinkat(b->f->root.fd, "a/memory.current", 0), 0);
    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), -ENOENT);
    assert_int_equal(unlinkat(b->f->root.fd, "a/cgroup.freeze", 0), 0);
    assert_int_equal(freeze(b, "a", 0, &news, &m), -ENOENT);
    run_idle(b->f->event);
    expect_no_state(b);
    close(place.fd);
}

/* The file cannot be written to when the thread comes to it. */
static void test_write_fails(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    /* A link is read, but never written through. */
    put(&b->f->root, "b", "memory.high", "max\n");
    assert_int_equal(unlinkat(b->f->root.fd, "a/memory.high", 0), 0);
    folder_link(&b->f->root, "a/memory.high", "../b/memory.high");
    assert_int_equal(throttle(b, "a", 5000, 2000, &news, &m), 0);
    wait_news(b, &news, 1);
    assert_int_equal(news.list[0], -ELOOP);
    expect_in(b, "b", "memory.high", "max");
    wait_in(b, "a", "cpu.max", "max"); /* the other file goes back with it */
    rl_measure_release(m);
    run_idle(b->f->event);
    expect_no_state(b);
}

static void test_quota_fails(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    put(&b->f->root, "b", "cpu.max", "max 100000\n");
    assert_int_equal(unlinkat(b->f->root.fd, "a/cpu.max", 0), 0);
    folder_link(&b->f->root, "a/cpu.max", "../b/cpu.max");
    assert_int_equal(throttle(b, "a", 5000, 2000, &news, &m), 0);
    wait_in(b, "a", "memory.high", "52428800");
    wait_news(b, &news, 1);
    assert_int_equal(news.list[0], RL_MEASURE_TAKEN);
    expect_in(b, "b", "cpu.max", "max 100000");
    rl_measure_release(m);
    wait_in(b, "a", "memory.high", "max");
    expect_no_state(b);
}

/* ---- with a [Guard] order on the same file ---- */

static void test_over_an_order(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};
    uint64_t before = 0;

    assert_int_equal(apply(b->f, "a", &below_5), RL_GUARD_DONE);
    wait_in(b, "a", "memory.high", "199229440");
    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), 0);
    wait_in(b, "a", "memory.high", "52428800");
    assert_true(rl_guard_value_before(b->f->guardian, id_of(b->f, "a"), RL_GUARD_HIGH, &before));
    assert_true(before == RL_NO_LIMIT); /* not the order's */
    rl_measure_release(m);
    wait_in(b, "a", "memory.high", "199229440");
    apply(b->f, "a", NULL);
    wait_in(b, "a", "memory.high", "max");
    expect_no_state(b);
}

/* The order comes and goes while the measure stands. */
static void test_order_meanwhile(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), 0);
    wait_in(b, "a", "memory.high", "52428800");
    apply(b->f, "a", &below_5);
    run_idle(b->f->event);
    expect_in(b, "a", "memory.high", "52428800");
    put(&b->f->root, "a", "memory.max", "41943040\n"); /* now the order is the stricter one */
    wait_in(b, "a", "memory.high", "39845888");
    put(&b->f->root, "a", "memory.max", "209715200\n");
    wait_in(b, "a", "memory.high", "52428800");
    apply(b->f, "a", NULL);
    run_idle(b->f->event);
    expect_in(b, "a", "memory.high", "52428800");
    apply(b->f, "a", &below_5);
    rl_measure_release(m);
    wait_in(b, "a", "memory.high", "199229440");
    assert_int_equal(news.n, 1);
    b->measures = rl_measures_free(b->measures);
    b->f->guardian = rl_guard_free(b->f->guardian);
    expect_in(b, "a", "memory.high", "max");
}

/* The order keeps it lower than the measure would. */
static void test_order_is_lower(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    put(&b->f->root, "a", "memory.max", "41943040\n");
    apply(b->f, "a", &below_5);
    wait_in(b, "a", "memory.high", "39845888");
    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), RL_MEASURE_NEEDLESS);
    /* Also when its write is only due. */
    apply(b->f, "a", NULL);
    wait_in(b, "a", "memory.high", "max");
    apply(b->f, "a", &below_5);
    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), RL_MEASURE_NEEDLESS);
    wait_in(b, "a", "memory.high", "39845888");
}

/* ---- somebody else ---- */

static void test_foreign_write(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    assert_int_equal(throttle(b, "a", 5000, 2000, &news, &m), 0);
    wait_in(b, "a", "cpu.max", "20000");
    wait_in(b, "a", "memory.high", "52428800");
    wait_news(b, &news, 1);
    put(&b->f->root, "a", "memory.high", "99999744\n");
    wait_news(b, &news, 2);
    assert_int_equal(news.list[1], RL_MEASURE_FOREIGN);
    wait_in(b, "a", "cpu.max", "max"); /* ours alone: it goes back */
    expect_in(b, "a", "memory.high", "99999744");
    expect_no_state(b);
    rl_measure_release(m);
    run_idle(b->f->event);
    expect_in(b, "a", "memory.high", "99999744");
}

/* A foreign write while an order stands below: the measure is over, the order holds. */
static void test_foreign_over_an_order(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    apply(b->f, "a", &below_5);
    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), 0);
    wait_news(b, &news, 1);
    put(&b->f->root, "a", "memory.high", "199999488\n");
    wait_news(b, &news, 2);
    assert_int_equal(news.list[1], RL_MEASURE_FOREIGN);
    wait_in(b, "a", "memory.high", "199229440");
    rl_measure_release(m);
    apply(b->f, "a", NULL);
    wait_in(b, "a", "memory.high", "199999488"); /* what comes back is his */
}

static void test_foreign_quota(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    assert_int_equal(throttle(b, "a", 5000, 2000, &news, &m), 0);
    wait_in(b, "a", "cpu.max", "20000");
    wait_news(b, &news, 1);
    put(&b->f->root, "a", "cpu.max", "30000 100000\n");
    wait_news(b, &news, 2);
    assert_int_equal(news.list[1], RL_MEASURE_FOREIGN);
    wait_in(b, "a", "memory.high", "max");
    expect_in(b, "a", "cpu.max", "30000 100000");
    rl_measure_release(m);
}

static void test_cgroup_gone(void **state)
{
    struct bench *b = *state;
    struct rl_measure *m = NULL;
    struct news news = {0};

    assert_int_equal(throttle(b, "a", 5000, 0, &news, &m), 0);
    wait_news(b, &news, 1);
    rl_guard_forget(b->f->guardian, id_of(b->f, "a"));
    assert_int_equal(news.n, 1); /* never from within */
    wait_news(b, &news, 2);
    assert_int_equal(news.list[1], RL_MEASURE_GONE);
    rl_measure_release(m);
    run_idle(b->f->event);
    expect_no_state(b);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_high_of_share),
        cmocka_unit_test(test_quota_of_share),
        WITH_BENCH(test_throttle_and_release),
        WITH_BENCH(test_throttle_memory_only),
        WITH_BENCH(test_never_above),
        WITH_BENCH(test_throttle_refused),
        WITH_BENCH(test_write_fails),
        WITH_BENCH(test_quota_fails),
        WITH_BENCH(test_over_an_order),
        WITH_BENCH(test_order_meanwhile),
        WITH_BENCH(test_order_is_lower),
        WITH_BENCH(test_foreign_write),
        WITH_BENCH(test_foreign_over_an_order),
        WITH_BENCH(test_foreign_quota),
        WITH_BENCH(test_cgroup_gone),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
