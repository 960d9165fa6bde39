/* The pool of candidates against the simplest thing that could work: keep all, sort, cut. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/observe/procs.h"
#include "tests/unit/counted-malloc.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX      300

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(random_state >> 33) % n;
}

static int compare(int64_t a, int64_t b)
{
    return a < b ? -1 : a > b;
}

static bool is_spared(const struct rl_candidate *candidate)
{
    return candidate->spared != RL_REASON_NONE;
}

static const struct rl_model *model; /* whose tie rule holds */

static int compare_kept(const void *first, const void *second)
{
    const struct rl_candidate *a = first, *b = second;
    int c = compare(b->score.points, a->score.points);

    if (c == 0)
        c = compare(is_spared(a), is_spared(b));
    if (c != 0)
        return c;
    return rl_score_before(model, &a->process, a->score.points, &b->process, b->score.points) ? -1
                                                                                              : 1;
}

static int compare_sorted(const void *first, const void *second)
{
    int c = compare(is_spared(first), is_spared(second));

    return c != 0 ? c : compare_kept(first, second);
}

/* Distinct pids, scores with many ties. */
static void make_candidates(struct rl_candidate *items, size_t n, uint32_t scores)
{
    for (size_t i = 0; i < n; i++) {
        items[i] = (struct rl_candidate){.process.pid = (pid_t)(i + 1)};
        items[i].score.points = (int64_t)random_below(scores) - 30;
        items[i].process.start_ticks = random_below(9);
        items[i].process.flags = random_below(4) ? 0 : RL_PROCESS_DEAD_LEADER;
        if (random_below(3) == 0)
            items[i].spared = RL_SPARED_PROTECTED;
    }
    for (size_t i = n; i > 1; i--) {
        size_t other = random_below((uint32_t)i);
        struct rl_candidate swap = items[i - 1];

        items[i - 1] = items[other];
        items[other] = swap;
    }
}

static void assert_same(const struct rl_candidate *a, const struct rl_candidate *b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(a[i].process.pid, b[i].process.pid);
        assert_int_equal(a[i].score.points, b[i].score.points);
        assert_int_equal(a[i].spared, b[i].spared);
    }
}

/* What the pool must hold after these candidates, in sorted order. Return: how many. */
static size_t expect(struct rl_candidate *items, size_t n, size_t size, size_t *ret_spared)
{
    size_t kept = n < size ? n : size;

    *ret_spared = 0;
    qsort(items, n, sizeof(*items), compare_kept);
    for (size_t i = kept; i < n; i++)
        *ret_spared += is_spared(&items[i]);
    qsort(items, kept, sizeof(*items), compare_sorted);
    return kept;
}

static void test_holds_the_top(void **state)
{
    static struct rl_candidate items[MAX];
    static const size_t sizes[] = {1, 2, 3, 7, 64, 100};
    static const uint32_t scores[] = {1, 2, 5, 60, 100000};
    static const struct rl_model by_pid = {.picking = {.tie = RL_TIE_PID}};
    static const struct rl_model first = {.picking = {.tie = RL_TIE_FIRST}};
    static const struct rl_model last = {.picking = {.tie = RL_TIE_LAST}};
    static const struct rl_model leader = {.picking = {.tie = RL_TIE_LEADER}};
    static const struct rl_model *const models[] = {
        &by_pid, &first, &last, &leader, &last, &first, &leader};

    for (size_t round = 0; round < 600; round++) {
        size_t size = sizes[round % COUNT(sizes)], n = random_below(MAX + 1), kept, spared;
        struct rl_pool pool;

        random_state += round;
        model = models[round % COUNT(models)];
        make_candidates(items, n, scores[round % COUNT(scores)]);
        assert_int_equal(rl_pool_new(size, &pool), 0);
        rl_pool_clear(&pool, model);
        for (size_t i = 0; i < n; i++)
            rl_pool_add(&pool, &items[i]);
        assert_int_equal(pool.seen, n);
        rl_pool_sort(&pool);

        kept = expect(items, n, size, &spared);
        assert_int_equal(pool.n, kept);
        assert_int_equal(pool.dropped_spared, spared);
        assert_same(pool.items, items, kept);
        rl_pool_free(&pool);
    }
}

/* Sorting in between changes nothing, and neither does sorting twice. */
static void test_sort_and_go_on(void **state)
{
    static struct rl_candidate items[MAX];
    struct rl_pool pool;
    size_t kept, spared;

    model = rl_model_default();
    assert_int_equal(rl_pool_new(20, &pool), 0);
    rl_pool_clear(&pool, model);
    for (size_t round = 0; round < 100; round++) {
        random_state += round;
        make_candidates(items, MAX, 40);
        rl_pool_clear(&pool, rl_model_default());
        assert_int_equal(pool.n + pool.seen + pool.dropped_spared, 0);
        for (size_t i = 0; i < MAX; i++) {
            rl_pool_add(&pool, &items[i]);
            if (random_below(10) == 0)
                rl_pool_sort(&pool);
        }
        rl_pool_sort(&pool);
        rl_pool_sort(&pool);
        kept = expect(items, MAX, 20, &spared);
        assert_int_equal(pool.n, kept);
        assert_int_equal(pool.seen, MAX);
        assert_same(pool.items, items, kept);
    }
    rl_pool_free(&pool);
}

/* The documented order, said once without any code. */
static void test_order(void **state)
{
    static const struct {
        pid_t pid;
        int64_t points;
        enum rl_reason spared;
    } rows[] = {
        /* as they come, and where they stand afterwards: 5 1 2 | 7 4, and 3 is dropped */
        {1, 50, RL_REASON_NONE},
        {2, 50, RL_REASON_NONE},
        {3, 50, RL_SPARED_PROTECTED},
        {4, 60, RL_SPARED_PROTECTED},
        {5, INT64_MAX, RL_REASON_NONE},
        {6, INT64_MIN, RL_REASON_NONE},
        {7, 1000, RL_SPARED_ADJ_MINUS_1000},
    };
    static const pid_t sorted[] = {5, 1, 2, 7, 4};
    struct rl_pool pool;

    assert_int_equal(rl_pool_new(COUNT(sorted), &pool), 0);
    rl_pool_clear(&pool, rl_model_default());
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_candidate candidate = {.process.pid = rows[i].pid, .spared = rows[i].spared};

        candidate.score.points = rows[i].points;
        rl_pool_add(&pool, &candidate);
    }
    rl_pool_sort(&pool);
    assert_int_equal(pool.n, COUNT(sorted));
    for (size_t i = 0; i < COUNT(sorted); i++)
        assert_int_equal(pool.items[i].process.pid, sorted[i]);
    assert_int_equal(pool.seen, COUNT(rows));
    assert_int_equal(pool.dropped_spared, 1);
    rl_pool_free(&pool);
}

static void test_edges(void **state)
{
    struct rl_pool pool = {0};

    assert_int_equal(rl_pool_new(0, &pool), -EINVAL);
    assert_int_equal(rl_pool_new(SIZE_MAX / 2, &pool), -EINVAL);
    assert_int_equal(rl_pool_new(SIZE_MAX / sizeof(struct rl_candidate), &pool), -ENOMEM);
    assert_null(pool.items);
    rl_pool_free(&pool);

    assert_int_equal(rl_pool_new(4, &pool), 0);
    rl_pool_sort(&pool);
    assert_int_equal(pool.n, 0);
    rl_pool_free(&pool);
    rl_pool_free(&pool);
    assert_null(pool.items);
}

static void test_no_allocation(void **state)
{
    static struct rl_candidate items[MAX];
    struct rl_pool pool;
    size_t before;

    make_candidates(items, MAX, 50);
    assert_int_equal(rl_pool_new(50, &pool), 0);
    rl_pool_clear(&pool, rl_model_default());
    before = counted_mallocs;
    for (size_t i = 0; i < MAX; i++)
        rl_pool_add(&pool, &items[i]);
    rl_pool_sort(&pool);
    rl_pool_add(&pool, &items[0]);
    assert_int_equal(counted_mallocs, before);
    rl_pool_free(&pool);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_holds_the_top),
        cmocka_unit_test(test_sort_and_go_on),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_edges),
        cmocka_unit_test(test_no_allocation),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
