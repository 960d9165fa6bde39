#include "tests/unit/unit.h"

#include "daemon/relieve/measure.h"
#include "tests/unit/guardian.h"

#define LONG_US (600 * UINT64_C(1000000))

static const struct rl_guard below_5 = {.high_relative = true, .high_share = 500};

/* A guardian with measures, and a cgroup "a" that holds 100 MiB. */
struct bench {
    struct fixture *f;
    struct rl_measures *measures;
};

static void make_full(struct fixture *f, const char *name, const char *high)
{
    make_cgroup(f, name, high, "209715200\n");
    put(&f->root, name, "memory.current", "104857600\n");
    put(&f->root, name, "cpu.max", "max 100000\n");
    put(&f->root, name, "cgroup.freeze", "0\n");
}

static void open_bench(struct bench *b)
{
    assert_int_equal(try_open(b->f, &b->f->guardian), 0);
    assert_int_equal(rl_measures_new(b->f->guardian, &b->measures), 0);
}

static int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    setup((void **)&b->f);
    make_full(b->f, "a", "max\n");
    open_bench(b);
    *state = b;
    return 0;
}

static int bench_teardown(void **state)
{
    struct bench *b = *state;

    b->measures = rl_measures_free(b->measures);
    teardown((void **)&b->f);
    free(b);
    return 0;
}

/* What was told, in its order. */
struct news {
    int list[8];
    unsigned n;
};

static void on_news(void *userdata, int what)
{
    struct news *news = userdata;

    assert_true(news->n < 8);
    news->list[news->n++] = what;
}

static void wait_news(struct bench *b, const struct news *news, unsigned n)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (news->n < n && now_us() < deadline)
        assert_true(sd_event_run(b->f->event, 20000) >= 0);
    run_idle(b->f->event);
    assert_int_equal(news->n, n);
}

static struct rl_guard_place place_of(const struct bench *b, const char *name, char *path)
{
    snprintf(path, 64, "/%s", name);
    return (struct rl_guard_place){
        .fd = openat(b->f->root.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .id = id_of(b->f, name),
        .path = path,
    };
}

static int throttle(struct bench *b, const char *name, uint32_t share, uint32_t cpu_share,
    struct news *news, struct rl_measure **ret)
{
    char path[64];
    struct rl_guard_place place = place_of(b, name, path);
    int r = rl_measure_throttle(b->measures, &place, share, cpu_share, on_news, news, ret);

    close(place.fd);
    return r;
}

static int freeze(struct bench *b, const char *name, uint64_t limit_us, struct news *news,
    struct rl_measure **ret)
{
    char path[64];
    struct rl_guard_place place = place_of(b, name, path);
    int r = rl_measure_freeze(b->measures, &place, limit_us, on_news, news, ret);

    close(place.fd);
    return r;
}

static void wait_in(struct bench *b, const char *name, const char *file, const char *text)
{
    wait_for(b->f, &b->f->root, name, file, text);
}

static void expect_in(struct bench *b, const char *name, const char *file, const char *text)
{
    expect_text(&b->f->root, name, file, text);
}

/* The file goes when the loop is idle. */
static void expect_no_state(struct bench *b)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (has_state(b->f) && b->f->guardian && now_us() < deadline)
        assert_true(sd_event_run(b->f->event, 20000) >= 0);
    assert_false(has_state(b->f));
}

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
    wait_in(b, "a", "cgroup.freeze", "1");
    wait_in(b, "a", "cgroup.freeze", "0");
    wait_news(b, &news, 2);
    assert_int_equal(news.list[0], RL_MEASURE_TAKEN);
    assert_int_equal(news.list[1], RL_MEASURE_TIME_UP);
    expect_no_state(b);
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

    assert_int_equal(freeze(b, "a", 100000, &news, &m), 0);
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

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)

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
        WITH_BENCH(test_freeze_and_release),
        WITH_BENCH(test_released_at_once),
        WITH_BENCH(test_again_at_once),
        WITH_BENCH(test_time_up),
        WITH_BENCH(test_loop_hangs),
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
