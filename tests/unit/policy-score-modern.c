/* The models of Linux 2.6.36 to this day. */
#include "tests/unit/unit.h"

#include <limits.h>
#include <string.h>

#include "policy/score-rows.h"
#include "tests/unit/policy.h"

#define TOTAL   UINT64_C(2097152) /* pages: 8 GiB */
#define QUARTER 524288

static const char *const ids[] = {"v2636", "v2639", "v36", "v318", "v415", "v417", "v59"};

static const struct rl_model *model_of(const char *id)
{
    const struct rl_model *model = rl_model_find(id);

    if (!model)
        fail_msg("no model %s", id);
    return model;
}

static struct rl_scale scale_of(uint64_t pages)
{
    return (struct rl_scale){.available = pages * 4096, .page_size = 4096};
}

static struct rl_score score_of(
    const char *id, const struct rl_process *process, const struct rl_scale *scale)
{
    struct rl_score score;

    memset(&score, 0xa5, sizeof(score));
    model_of(id)->rate(process, scale, &score);
    return score;
}

/* Points and what /proc/PID/oom_score says. */
struct golden {
    const char *id;
    uint64_t total; /* pages */
    struct rl_process process;
    int64_t points;
    uint64_t file;
};

#define USES(...)                                                                                  \
    {                                                                                              \
        .total_vm_pages = 1, __VA_ARGS__                                                           \
    }
#define RSS    .rss_pages
#define SWAP   .swap_pages
#define TABLES .table_pages
#define ADJ    .oom_score_adj
#define ROOT   .flags = RL_PROCESS_ROOT
#define ORIGIN .flags = RL_PROCESS_OOM_ORIGIN
#define BIG    (INT64_C(1) << 48)

static const struct golden goldens[] = {
    {"v2636", TOTAL, USES(RSS = QUARTER), 250, 250},
    {"v2636", TOTAL, USES(RSS = QUARTER, SWAP = QUARTER, ROOT), 470, 470},
    {"v2636", TOTAL, USES(RSS = QUARTER, TABLES = 1000000), 250, 250},
    {"v2636", TOTAL, USES(RSS = 1000), 1, 1},
    {"v2636", TOTAL, USES(RSS = TOTAL, ADJ = 500), 1000, 1000},
    {"v2636", TOTAL, USES(RSS = QUARTER, ADJ = -300), 1, 1},
    {"v2636", TOTAL, USES(RSS = QUARTER, ADJ = -249), 1, 1},
    {"v2636", TOTAL, USES(RSS = QUARTER, ADJ = -248), 2, 2},
    {"v2636", TOTAL, USES(RSS = QUARTER, ADJ = 749), 999, 999},
    {"v2636", TOTAL, USES(RSS = QUARTER, ADJ = 5000), 1000, 1000},
    {"v2636", 0, USES(RSS = 10), 1000, 1000},
    {"v2636", TOTAL, USES(RSS = 10, ADJ = -999, ORIGIN), 1000, 1000},
    {"v2636", BIG, USES(RSS = BIG / 2), 500, 500},
    {"v2636", 0, USES(RSS = UINT64_MAX, SWAP = UINT64_MAX), 1000, 1000},
    {"v2636", BIG, USES(RSS = UINT64_MAX, SWAP = 1), 1000, 1000},

    {"v2639", TOTAL, USES(RSS = QUARTER), 250, 250},
    {"v2639", TOTAL, USES(RSS = QUARTER, TABLES = QUARTER), 500, 500},
    {"v2639", TOTAL, USES(RSS = QUARTER, SWAP = QUARTER, TABLES = QUARTER, ROOT), 720, 720},
    {"v2639", TOTAL, USES(TABLES = 2097), 1, 1},
    {"v2639", TOTAL, USES(RSS = 1024, SWAP = 1024, TABLES = 2 * 1024 + 98), 1, 1},
    {"v2639", TOTAL, USES(RSS = 1024, SWAP = 1024, TABLES = 2 * 1024 + 98, ADJ = 1), 2, 2},
    {"v2639", TOTAL, USES(RSS = 10, ADJ = -999, ORIGIN), 1000, 1000},

    /* the 30 of root are scaled as oom_score_adj is: 30 * 2097 pages */
    {"v36", TOTAL, USES(RSS = QUARTER, TABLES = 1024), 525312, 250},
    {"v36", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ROOT), 525312 - 62910, 220},
    {"v36", TOTAL, USES(RSS = 1000, TABLES = 5, ROOT), 1, 0},
    {"v36", TOTAL, USES(RSS = 1000, TABLES = 5, ADJ = 30, ROOT), 1005, 0},
    {"v36", 999, USES(RSS = 10, TABLES = 1, ADJ = 1000, ROOT), 11, 11},

    {"v318", TOTAL, USES(RSS = QUARTER, TABLES = 1024), 525312, 250},
    {"v318", TOTAL, USES(RSS = QUARTER, TABLES = 1024, SWAP = QUARTER, ROOT), 1018112, 485},
    {"v318", TOTAL, USES(RSS = 1000, TABLES = 5, ROOT), 975, 0},
    {"v318", TOTAL, USES(RSS = 33, ROOT), 33, 0},
    {"v318", TOTAL, USES(RSS = 34, ROOT), 33, 0},
    {"v318", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = -300), 1, 0},
    {"v318", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = 500), 1573812, 750},
    {"v318", TOTAL, USES(RSS = TOTAL, ADJ = 1000), 4194152, 1999},
    {"v318", 999, USES(RSS = 10, TABLES = 1, ADJ = 1000), 11, 11},
    {"v318", 1000, USES(RSS = 10, TABLES = 1, ADJ = 1000), 1011, 1011},
    {"v318", TOTAL, USES(RSS = 7, ADJ = -999, ORIGIN), RL_POINTS_INFINITE, 0},
    {"v318", BIG, USES(RSS = BIG, ROOT), BIG - BIG * 3 / 100, 970},

    {"v415", TOTAL, USES(RSS = QUARTER, TABLES = 1024, SWAP = QUARTER, ROOT), 1018112, 485},

    {"v417", TOTAL, USES(RSS = QUARTER, TABLES = 1024), 525312, 250},
    {"v417", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ROOT), 525312, 250},
    {"v417", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = 500), 1573812, 750},
    {"v417", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = 1000), 2622312, 1250},
    {"v417", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = -300), 1, 0},
    {"v417", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = -999), 1, 0},
    {"v417", TOTAL, USES(RSS = 7, ORIGIN), RL_POINTS_INFINITE, 0},

    {"v59", TOTAL, USES(RSS = QUARTER, TABLES = 1024), 525312, 833},
    {"v59", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ROOT), 525312, 833},
    {"v59", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = 500), 1573812, 1166},
    {"v59", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = 1000), 2622312, 1500},
    {"v59", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = 1001), 2622312, 1500},
    {"v59", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = -300), -103788, 634},
    {"v59", TOTAL, USES(RSS = QUARTER, TABLES = 1024, ADJ = -999), -1569591, 168},
    {"v59", TOTAL, USES(RSS = 0), 0, 666},
    {"v59", TOTAL, USES(ADJ = -999), -999 * 2097, 1},
    {"v59", TOTAL, USES(RSS = TOTAL, ADJ = 1000), 4194152, 1999},
    {"v59", 999, USES(RSS = 10, ADJ = -999), 10, 673},
    {"v59", 0, USES(RSS = 10, ADJ = -999), 10, 7333},
    {"v59", TOTAL, USES(SWAP = TOTAL), TOTAL, 1333},
    {"v59", TOTAL, USES(RSS = 7, ADJ = 1, ORIGIN), RL_POINTS_INFINITE, 667},
    {"v59", BIG, USES(RSS = BIG, ADJ = -999), 281474976710656 - 999 * 281474976710, 667},
    {"v59", BIG, USES(RSS = BIG, ADJ = 1000), 281474976710656 + 1000 * 281474976710, 1999},
};

static void golden_vectors(void **state)
{
    for (size_t i = 0; i < LENGTH(goldens); i++) {
        const struct golden *row = &goldens[i];
        const struct rl_scale scale = scale_of(row->total);
        struct rl_score score = score_of(row->id, &row->process, &scale);
        uint64_t file = model_of(row->id)->proc_score(&score, &scale);

        if (!score.eligible || score.points != row->points || file != row->file)
            fail_msg("row %zu, %s: eligible %d, %ld points, not %ld; file %lu, not %lu", i, row->id,
                score.eligible, (long)score.points, (long)row->points, (unsigned long)file,
                (unsigned long)row->file);
        assert_int_equal(score.reason, RL_REASON_NONE);
    }
}

static void who_is_not_eligible(void **state)
{
    static const struct {
        struct rl_process process;
        enum rl_reason why;
    } rows[] = {
        {{RSS = 1000, ADJ = -1000}, RL_SPARED_ADJ_MINUS_1000},
        {{RSS = 1000, ADJ = -1001}, RL_SPARED_ADJ_MINUS_1000},
        {{RSS = 1000, ADJ = INT_MIN, ORIGIN}, RL_SPARED_ADJ_MINUS_1000},
        {{ADJ = -1000}, RL_SPARED_ADJ_MINUS_1000},
        {{ADJ = 1000}, RL_SPARED_NO_MEMORY},
        {{ORIGIN}, RL_SPARED_NO_MEMORY},
        {{.total_vm_pages = 1}, RL_REASON_NONE},
        {{RSS = 1, ADJ = -999}, RL_REASON_NONE},
        {{SWAP = 1}, RL_REASON_NONE},
        {{TABLES = 1}, RL_REASON_NONE},
        {{RSS = 1, .oom_adj = -17}, RL_REASON_NONE},
        {{RSS = 1, .flags = RL_PROCESS_DEAD_LEADER}, RL_REASON_NONE},
    };
    const struct rl_scale scale = scale_of(TOTAL);

    for (size_t i = 0; i < LENGTH(rows); i++)
        for (size_t k = 0; k < LENGTH(ids); k++) {
            struct rl_score score = score_of(ids[k], &rows[i].process, &scale);

            if (score.reason != rows[i].why || score.eligible != (score.reason == RL_REASON_NONE))
                fail_msg("row %zu, %s: %s", i, ids[k], rl_reason_id(score.reason));
            if (score.eligible)
                continue;
            assert_int_equal(score.points, 0);
            assert_int_equal(model_of(ids[k])->proc_score(&score, &scale), 0);
        }
}

static void the_file_knows_no_adjust_line(void **state)
{
    const struct rl_process process = USES(RSS = QUARTER, ADJ = 100, ROOT);
    const struct rl_scale scale = scale_of(TOTAL);

    for (size_t k = 0; k < LENGTH(ids); k++) {
        struct rl_score score = score_of(ids[k], &process, &scale);
        uint64_t file = model_of(ids[k])->proc_score(&score, &scale);

        assert_true(file > 300);
        score.points += 500;
        assert_int_equal(model_of(ids[k])->proc_score(&score, &scale), file);
        score.eligible = false;
        assert_int_equal(model_of(ids[k])->proc_score(&score, &scale), 0);
    }
}

static void by_a_smaller_scale_than_its_own_it_is_0_at_least(void **state)
{
    const struct rl_process process = USES(RSS = 1, ADJ = -999);
    const struct rl_scale own = scale_of(TOTAL), smaller = scale_of(1000);
    struct rl_score score = score_of("v59", &process, &own);

    assert_int_equal(rl_proc_v59(&score, &smaller), 0);
}

/* --- properties --- */

#define SEED 2636

static struct rl_process anybody(struct dice *dice)
{
    return (struct rl_process){
        .flags = roll(dice, 2) ? RL_PROCESS_ROOT : 0,
        .oom_score_adj = (int)roll(dice, 1999) - 999,
        .total_vm_pages = 1,
        .rss_pages = roll(dice, UINT64_C(1) << roll(dice, 49)),
        .swap_pages = roll(dice, UINT64_C(1) << roll(dice, 49)),
        .table_pages = roll(dice, UINT64_C(1) << roll(dice, 49)),
    };
}

static void more_of_it_never_scores_less(void **state)
{
    struct dice dice = {SEED};

    print_message("seed %d\n", SEED);
    for (int i = 0; i < 20000; i++) {
        const struct rl_process base = anybody(&dice);
        const struct rl_scale scale = scale_of(1 + roll(&dice, UINT64_C(1) << roll(&dice, 49)));
        struct rl_process more[5];
        uint64_t step = roll(&dice, 1 << 20);

        for (size_t m = 0; m < LENGTH(more); m++)
            more[m] = base;
        more[0].rss_pages += step;
        more[1].swap_pages += step;
        more[2].table_pages += step;
        more[3].oom_score_adj++;
        more[4].flags = 0;
        for (size_t k = 0; k < LENGTH(ids); k++)
            for (size_t m = 0; m < LENGTH(more); m++) {
                struct rl_score was = score_of(ids[k], &base, &scale);
                struct rl_score is = score_of(ids[k], &more[m], &scale);

                if (is.points < was.points || model_of(ids[k])->proc_score(&is, &scale) <
                                                  model_of(ids[k])->proc_score(&was, &scale))
                    fail_msg("round %d, %s, change %zu: %ld, then %ld", i, ids[k], m,
                        (long)was.points, (long)is.points);
            }
    }
}

static int64_t clamped(const char *id, int64_t points)
{
    bool permille = strcmp(id, "v2636") == 0 || strcmp(id, "v2639") == 0;

    if (strcmp(id, "v59") != 0 && points < 1)
        points = 1;
    return permille && points > 1000 ? 1000 : points;
}

static void parts_sum_up_but_for_clamps(void **state)
{
    struct dice dice = {SEED + 1};

    print_message("seed %d\n", SEED + 1);
    for (int i = 0; i < 20000; i++) {
        const struct rl_process process = anybody(&dice);
        const struct rl_scale scale = scale_of(1 + roll(&dice, UINT64_C(1) << roll(&dice, 49)));

        for (size_t k = 0; k < LENGTH(ids); k++) {
            struct rl_score score = score_of(ids[k], &process, &scale);
            int64_t sum = score.memory_points + score.root_points + score.adj_points;

            assert_true(score.memory_points >= 0 && score.root_points <= 0);
            assert_true(score.points == clamped(ids[k], sum));
            assert_true((score.adj_points > 0) <= (process.oom_score_adj > 0));
            assert_true((score.adj_points < 0) <= (process.oom_score_adj < 0));
        }
    }
}

/* The generations differ by exactly this. */
static void what_changed_between_generations(void **state)
{
    struct dice dice = {SEED + 2};

    print_message("seed %d\n", SEED + 2);
    for (int i = 0; i < 20000; i++) {
        struct rl_process process = anybody(&dice);
        const struct rl_scale scale = scale_of(1 + roll(&dice, UINT64_C(1) << roll(&dice, 49)));
        int64_t v59 = score_of("v59", &process, &scale).points, v417, v318;

        v417 = score_of("v417", &process, &scale).points;
        v318 = score_of("v318", &process, &scale).points;
        assert_true(v417 == (v59 > 1 ? v59 : 1));
        assert_true(score_of("v415", &process, &scale).points == v318);
        assert_true(v318 <= v417);
        process.flags = 0;
        assert_true(score_of("v318", &process, &scale).points == v417);
        assert_true(score_of("v36", &process, &scale).points == v417);
        process.table_pages = 0;
        assert_true(score_of("v2636", &process, &scale).points ==
                    score_of("v2639", &process, &scale).points);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_vectors),
        cmocka_unit_test(who_is_not_eligible),
        cmocka_unit_test(the_file_knows_no_adjust_line),
        cmocka_unit_test(by_a_smaller_scale_than_its_own_it_is_0_at_least),
        cmocka_unit_test(more_of_it_never_scores_less),
        cmocka_unit_test(parts_sum_up_but_for_clamps),
        cmocka_unit_test(what_changed_between_generations),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
