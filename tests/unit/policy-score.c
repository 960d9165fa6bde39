/* Our own models, and the folklore one. */
#include "tests/unit/unit.h"

#include "policy/score-rows.h"
#include "tests/unit/policy.h"

#define PAGES(bytes) ((bytes) / 4096)

static struct rl_score score_of(
    uint64_t rss, uint64_t swap, int adj, uint32_t flags, uint64_t avail)
{
    const struct rl_process process = {
        .pid = 100, .rss_pages = rss, .swap_pages = swap, .oom_score_adj = adj, .flags = flags};
    const struct rl_scale scale = {.available = avail, .page_size = 4096};
    struct rl_score score;

    rl_score_percent_times_ten(&process, &scale, &score);
    return score;
}

static void integers_are_exact(void **state)
{
    static const struct {
        uint64_t rss, swap; /* bytes */
        int adj;
        uint32_t flags;
        uint64_t available;
        int64_t points;
    } rows[] = {
        {45 * MIB, 0, 0, 0, 50 * MIB, 900}, {45 * MIB, 0, 0, 0, 500 * MIB, 90},
        {40 * MIB, 5 * MIB, 0, 0, 50 * MIB, 900}, {0, 45 * MIB, 0, 0, 50 * MIB, 900},
        {45 * MIB, 0, 0, RL_PROCESS_ROOT, 50 * MIB, 870}, {45 * MIB, 0, 100, 0, 50 * MIB, 1000},
        {45 * MIB, 0, 1000, 0, 50 * MIB, 1900}, /* no clamp above */
        {45 * MIB, 0, -999, RL_PROCESS_ROOT, 50 * MIB, 900 - 30 - 999},
        {4096, 0, 0, 0, 8 * GIB, 0}, /* truncated, not rounded up to 1 */
        {4096, 0, 0, RL_PROCESS_ROOT, 8 * GIB, -30},
        {4096 * 999, 0, 0, 0, UINT64_C(4096) * 1000 * 1000, 0},
        {4096 * 1000, 0, 0, 0, UINT64_C(4096) * 1000 * 1000, 1},
        {100 * MIB, 0, 0, 0, 50 * MIB, 2000}, /* over its limit */
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_score s = score_of(
            PAGES(rows[i].rss), PAGES(rows[i].swap), rows[i].adj, rows[i].flags, rows[i].available);

        assert_true(s.eligible);
        assert_int_equal(s.reason, RL_REASON_NONE);
        assert_int_equal(s.points, rows[i].points);
        assert_int_equal(s.points, s.memory_points + s.root_points + s.adj_points);
    }
}

static void who_is_not_eligible(void **state)
{
    static const struct {
        uint64_t rss, swap;
        int adj;
        enum rl_reason why;
    } rows[] = {
        {1000, 0, -1000, RL_SPARED_ADJ_MINUS_1000}, {1000, 0, -1001, RL_SPARED_ADJ_MINUS_1000},
        {0, 0, -1000, RL_SPARED_ADJ_MINUS_1000}, {0, 0, 1000, RL_SPARED_NO_MEMORY},
        {0, 1, -999, RL_REASON_NONE}, {1, 0, -999, RL_REASON_NONE},
        {UINT64_MAX, 1, 0, RL_REASON_NONE}, /* their sum is no 0 */
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_score s = score_of(rows[i].rss, rows[i].swap, rows[i].adj, 0, GIB);

        assert_int_equal(s.reason, rows[i].why);
        assert_int_equal(s.eligible, rows[i].why == RL_REASON_NONE);
        if (!s.eligible)
            assert_int_equal(s.points, 0);
    }
}

static void giant_values_stay_positive_and_ordered(void **state)
{
    static const uint64_t giants[] = {1, 1000, UINT64_MAX / 4096, UINT64_MAX - 1, UINT64_MAX};
    int64_t last = 0;

    for (size_t i = 0; i < LENGTH(giants); i++) {
        struct rl_score s = score_of(giants[i], giants[i], 0, 0, 1);

        assert_true(s.eligible);
        assert_true(s.points > 0 && s.points >= last);
        last = s.points;
    }
    assert_true(score_of(1, 0, 0, 0, 0).points > 0); /* a scale that broke its word */
    assert_int_equal(score_of(1, 0, 0, 0, UINT64_MAX).points, 0);
}

static void more_memory_more_adj_smaller_limit_never_score_less(void **state)
{
    struct dice dice = {17};

    for (int i = 0; i < 100000; i++) {
        uint64_t rss = 1 + roll(&dice, 1 << 20), swap = roll(&dice, 1 << 20);
        uint64_t available = MIB + roll(&dice, 16 * GIB);
        int adj = (int)roll(&dice, 1999) - 999;
        uint32_t flags = roll(&dice, 2) ? RL_PROCESS_ROOT : 0;
        int64_t points = score_of(rss, swap, adj, flags, available).points;

        assert_true(score_of(rss + roll(&dice, 99), swap, adj, flags, available).points >= points);
        assert_true(score_of(rss, swap + roll(&dice, 99), adj, flags, available).points >= points);
        assert_true(score_of(rss, swap, adj + 1, flags, available).points == points + 1);
        assert_true(score_of(rss, swap, adj, flags, available - roll(&dice, MIB)).points >= points);
        assert_true(score_of(rss, swap, adj, 0, available).points >= points);
    }
}

static void private_counts_what_dies_with_it(void **state)
{
    static const struct {
        uint64_t rss, anon, swap; /* bytes; no anon: it is not known */
        int adj;
        uint32_t flags;
        int64_t points;
    } rows[] = {
        {40 * MIB, 10 * MIB, 0, 0, 0, 200},
        {40 * MIB, 10 * MIB, 5 * MIB, 0, 0, 300},
        {40 * MIB, 0, 5 * MIB, 0, 0, 900},
        {40 * MIB, 10 * MIB, 5 * MIB, 100, RL_PROCESS_ROOT, 300 + 100 - 30},
        {40 * MIB, 10 * MIB, 5 * MIB, -999, 0, 300 - 999},
        {0, 0, 5 * MIB, 0, 0, 100},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_process process = {.rss_pages = PAGES(rows[i].rss),
            .anon_pages = PAGES(rows[i].anon),
            .swap_pages = PAGES(rows[i].swap),
            .oom_score_adj = rows[i].adj,
            .flags = rows[i].flags};
        const struct rl_scale scale = {.available = 50 * MIB, .page_size = 4096};
        struct rl_score s;

        rl_score_private(&process, &scale, &s);
        assert_true(s.eligible);
        assert_int_equal(s.points, rows[i].points);
        assert_int_equal(s.points, s.memory_points + s.root_points + s.adj_points);
    }
}

/* Live threads behind a dead leader are seen, and what is nobody's memory is nobody's. */
static void ours_agree_on_who_is_eligible(void **state)
{
    static const struct {
        struct rl_process process;
        enum rl_reason percent, private, total_vm;
    } rows[] = {
        {{.rss_pages = 1, .flags = RL_PROCESS_DEAD_LEADER | RL_PROCESS_OOM_ORIGIN}, RL_REASON_NONE,
            RL_REASON_NONE, RL_REASON_NONE},
        {{.rss_pages = 1, .oom_score_adj = -1000}, RL_SPARED_ADJ_MINUS_1000,
            RL_SPARED_ADJ_MINUS_1000, RL_SPARED_ADJ_MINUS_1000},
        {{.oom_score_adj = -1000}, RL_SPARED_ADJ_MINUS_1000, RL_SPARED_ADJ_MINUS_1000,
            RL_SPARED_ADJ_MINUS_1000},
        {{.pid = 1}, RL_SPARED_NO_MEMORY, RL_SPARED_NO_MEMORY, RL_SPARED_NO_MEMORY},
        {{.total_vm_pages = 1, .anon_pages = 1}, RL_SPARED_NO_MEMORY, RL_SPARED_NO_MEMORY,
            RL_REASON_NONE},
        {{.rss_pages = 1, .oom_adj = -17}, RL_REASON_NONE, RL_REASON_NONE, RL_REASON_NONE},
        {{.swap_pages = 1}, RL_REASON_NONE, RL_REASON_NONE, RL_REASON_NONE},
    };
    const struct rl_scale scale = {.available = GIB, .page_size = 4096};

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_score s;

        rl_score_percent_times_ten(&rows[i].process, &scale, &s);
        assert_int_equal(s.reason, rows[i].percent);
        rl_score_private(&rows[i].process, &scale, &s);
        assert_int_equal(s.reason, rows[i].private);
        rl_score_total_vm(&rows[i].process, &scale, &s);
        assert_int_equal(s.reason, rows[i].total_vm);
        assert_int_equal(s.eligible, rows[i].total_vm == RL_REASON_NONE);
    }
}

static void folklore_counts_address_space_and_weighs_swap(void **state)
{
    static const struct {
        uint64_t total_vm, rss, swap; /* pages */
        uint32_t swappiness;
        int adj;
        uint64_t total;
        int64_t points;
    } rows[] = {
        {25000, 0, 0, 60, 0, 1000000, 25000},
        {25000, 9000, 0, 60, 0, 1000000, 25000},
        {25000, 0, 100, 60, 0, 1000000, 31000},
        {25000, 0, 100, 0, 0, 1000000, 25000},
        {25000, 0, 100, 60, 100, 1000000, 131000},
        {25000, 0, 0, 60, -500, 1000000, -475000},
        {25000, 0, 0, 60, 1, 1999, 25001}, /* multiplied before it is divided */
        {25000, 0, 0, 60, 999, 999, 25998},
        {25000, 0, 0, 60, -1, 1999, 24999}, /* truncated towards 0 */
        {UINT64_C(1) << 48, 0, UINT64_C(1) << 40, 200, -999, UINT64_C(1) << 48, 220183800531911},
        {UINT64_MAX, 0, UINT64_MAX, 200, 0, 1000, RL_POINTS_MOST / 2},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_process process = {.total_vm_pages = rows[i].total_vm,
            .rss_pages = rows[i].rss,
            .swap_pages = rows[i].swap,
            .oom_score_adj = rows[i].adj,
            .flags = RL_PROCESS_ROOT};
        const struct rl_scale scale = {
            .available = rows[i].total * 4096, .page_size = 4096, .swappiness = rows[i].swappiness};
        struct rl_score s;

        rl_score_total_vm(&process, &scale, &s);
        assert_true(s.eligible);
        if (s.points != rows[i].points)
            fail_msg("row %zu: %ld", i, (long)s.points);
        assert_int_equal(s.root_points, 0);
        assert_int_equal(s.points, s.memory_points + s.adj_points);
    }
}

/* The same bytes on machines with other pages: what counts in thousandths is the same, what counts
 * in pages is the same share of them. */
static void the_size_of_a_page_changes_no_score(void **state)
{
    static const uint32_t sizes[] = {4096, 16384, 65536};

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        const struct rl_process process = {.pid = 100,
            .total_vm_pages = 60 * MIB / sizes[i],
            .rss_pages = 30 * MIB / sizes[i],
            .anon_pages = 20 * MIB / sizes[i],
            .swap_pages = 15 * MIB / sizes[i]};
        const struct rl_scale scale = {.available = 50 * MIB, .page_size = sizes[i]};
        struct rl_score s;

        rl_score_percent_times_ten(&process, &scale, &s);
        assert_int_equal(s.points, 900);
        rl_score_private(&process, &scale, &s);
        assert_int_equal(s.points, 700);
        assert_int_equal(rl_total_pages(&scale), 50 * MIB / sizes[i]);
        rl_score_v59(&process, &scale, &s);
        assert_int_equal(s.points, 45 * MIB / sizes[i]);
        rl_score_v2636(&process, &scale, &s);
        assert_int_equal(s.points, 900);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_exact),
        cmocka_unit_test(who_is_not_eligible),
        cmocka_unit_test(giant_values_stay_positive_and_ordered),
        cmocka_unit_test(more_memory_more_adj_smaller_limit_never_score_less),
        cmocka_unit_test(private_counts_what_dies_with_it),
        cmocka_unit_test(ours_agree_on_who_is_eligible),
        cmocka_unit_test(folklore_counts_address_space_and_weighs_swap),
        cmocka_unit_test(the_size_of_a_page_changes_no_score),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
