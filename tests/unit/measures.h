/* Measures in cgroups made of files: for the tests of them. */
#pragma once

#include "daemon/relieve/measure.h"
#include "tests/unit/guardian.h"

#define LONG_US (600 * UINT64_C(1000000))

/* A guardian with measures, and a cgroup "a" that holds 100 MiB. */
struct bench {
    struct fixture *f;
    struct rl_measures *measures;
};

static inline void make_full(struct fixture *f, const char *name, const char *high)
{
    make_cgroup(f, name, high, "209715200\n");
    put(&f->root, name, "memory.current", "104857600\n");
    put(&f->root, name, "cpu.max", "max 100000\n");
    put(&f->root, name, "cgroup.freeze", "0\n");
}

static inline void open_bench(struct bench *b)
{
    assert_int_equal(try_open(b->f, &b->f->guardian), 0);
    assert_int_equal(rl_measures_new(b->f->guardian, &b->measures), 0);
}

static inline int bench_setup(void **state)
{
    struct bench *b = calloc(1, sizeof(*b));

    assert_non_null(b);
    setup((void **)&b->f);
    make_full(b->f, "a", "max\n");
    open_bench(b);
    *state = b;
    return 0;
}

static inline int bench_teardown(void **state)
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

static inline void on_news(void *userdata, int what)
{
    struct news *news = userdata;

    assert_true(news->n < 8);
    news->list[news->n++] = what;
}

static inline void wait_news(struct bench *b, const struct news *news, unsigned n)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (news->n < n && now_us() < deadline)
        assert_true(sd_event_run(b->f->event, 20000) >= 0);
    run_idle(b->f->event);
    assert_int_equal(news->n, n);
}

static inline struct rl_guard_place place_of(const struct bench *b, const char *name, char *path)
{
    snprintf(path, 64, "/%s", name);
    return (struct rl_guard_place){
        .fd = openat(b->f->root.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
        .id = id_of(b->f, name),
        .path = path,
    };
}

static inline int throttle(struct bench *b, const char *name, uint32_t share, uint32_t cpu_share,
    struct news *news, struct rl_measure **ret)
{
    char path[64];
    struct rl_guard_place place = place_of(b, name, path);
    int r = rl_measure_throttle(b->measures, &place, share, cpu_share, on_news, news, ret);

    close(place.fd);
    return r;
}

static inline int freeze(struct bench *b, const char *name, uint64_t limit_us, struct news *news,
    struct rl_measure **ret)
{
    char path[64];
    struct rl_guard_place place = place_of(b, name, path);
    int r = rl_measure_freeze(b->measures, &place, limit_us, on_news, news, ret);

    close(place.fd);
    return r;
}

static inline void wait_in(struct bench *b, const char *name, const char *file, const char *text)
{
    wait_for(b->f, &b->f->root, name, file, text);
}

static inline void expect_in(struct bench *b, const char *name, const char *file, const char *text)
{
    expect_text(&b->f->root, name, file, text);
}

/* The file goes when the loop is idle. */
static inline void expect_no_state(struct bench *b)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (has_state(b->f) && b->f->guardian && now_us() < deadline)
        assert_true(sd_event_run(b->f->event, 20000) >= 0);
    assert_false(has_state(b->f));
}

#define WITH_BENCH(test) cmocka_unit_test_setup_teardown(test, bench_setup, bench_teardown)
