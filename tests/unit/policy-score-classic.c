/* The models of Linux 2.4 to 2.6.35. */
#include "tests/unit/unit.h"

#include <string.h>

#include "policy/score-rows.h"
#include "tests/unit/policy.h"

/* The columns of the tables below, in their order. */
static const char *const ids[] = {"v24", "v2611", "v2616", "v2619", "v2622", "v2625", "v2632"};
#define IDS LENGTH(ids)
#define NIL (-1) /* the table does not say */

static const struct rl_model *model_of(const char *id)
{
    const struct rl_model *model = rl_model_find(id);

    if (!model)
        fail_msg("no model %s", id);
    return model;
}

static struct rl_score score_of(
    const char *id, const struct rl_process *process, const struct rl_scale *scale)
{
    struct rl_score score;

    memset(&score, 0xa5, sizeof(score));
    model_of(id)->rate(process, scale, &score);
    return score;
}

static void roots_of_both_eras(void **state)
{
    static const struct {
        uint32_t x, v24, v26;
    } rows[] = {{0, 1, 0}, {1, 1, 1}, {2, 1, 1}, {3, 1, 1}, {4, 2, 2}, {5, 2, 2}, {8, 2, 2},
        {9, 2, 3}, {15, 3, 3}, {16, 3, 4}, {17, 3, 4}, {63, 7, 7}, {64, 6, 8}, {100, 9, 10},
        {255, 15, 15}, {256, 12, 16}, {1000, 31, 31}};
    struct dice dice = {41};

    for (size_t i = 0; i < LENGTH(rows); i++) {
        assert_int_equal(rl_root_v24(rows[i].x), rows[i].v24);
        assert_int_equal(rl_root_v2616(rows[i].x), rows[i].v26);
    }
    for (int i = 0; i < 100000; i++) {
        uint64_t x = roll(&dice, UINT64_C(1) << 53) << roll(&dice, 12), root = rl_root_v2616(x);
        rl_wide above = (rl_wide)(root + 1) * (root + 1);

        assert_true((rl_wide)root * root <= x && x < above);
        assert_true(rl_root_v24((uint32_t)x) > 0);
    }
    assert_int_equal(rl_root_v2616(UINT64_MAX), UINT32_MAX);
    assert_int_equal(rl_root_v2616(UINT64_C(1) << 62), UINT64_C(1) << 31);
}

static void hz_and_its_power_of_two(void **state)
{
    static const struct {
        uint32_t hz;
        unsigned shift;
    } rows[] = {{12, 4}, {23, 4}, {24, 5}, {48, 6}, {95, 6}, {96, 7}, {100, 7}, {128, 7}, {191, 7},
        {192, 8}, {250, 8}, {300, 8}, {383, 8}, {384, 9}, {512, 9}, {767, 9}, {768, 10}, {1000, 10},
        {1024, 10}, {1535, 10}, {1536, 11}, {12287, 13}, {UINT32_MAX, 13}, {0, 4}};

    for (size_t i = 0; i < LENGTH(rows); i++)
        assert_int_equal(rl_shift_hz(rows[i].hz), rows[i].shift);
}

/* CPU time and age in seconds. */
struct golden {
    const char *what;
    uint32_t hz;
    uint64_t cpu, age;
    struct rl_process process;
    int64_t points[IDS];
};

#define USER(n)  .uid = n, .euid = n
#define PLAIN    USER(1000), .total_vm_pages = 25000
#define CHILDREN .children_pages = 10003, .children_half_pages = 10000 / 2 + 1 + 3 / 2 + 1

static const struct golden goldens[] = {
    {"HZ 100", 100, 300, 7200, {PLAIN}, {4166, NIL, NIL, NIL, NIL, NIL, NIL}},
    {"HZ 250", 250, 300, 7200, {PLAIN}, {NIL, 4166, 4166, 4166, 4166, 4166, 4166}},
    {"HZ 1000", 1000, 300, 7200, {PLAIN}, {NIL, 4166, 4166, 4166, 4166, 4166, 4166}},
    {"the HZ of the model", 0, 300, 7200, {PLAIN}, {4166, 4166, 4166, 4166, 4166, 4166, 4166}},
    {"long ago", 1000, 10000, 1000000, {PLAIN}, {NIL, 147, 147, 147, 147, 147, 147}},
    {"CPU time below its unit", 1000, 8, 0, {PLAIN},
        {25000, 25000, 25000, 25000, 25000, 25000, 25000}},
    {"one unit short of 4", 1000, 32, 0, {PLAIN}, {NIL, 25000, 25000, 25000, 25000, 25000, 25000}},
    {"4 units of CPU time", 1000, 33, 0, {PLAIN}, {NIL, 12500, 12500, 12500, 12500, 12500, 12500}},
    {"at HZ 300 a unit is 6.8 s", 300, 28, 0, {PLAIN},
        {NIL, 12500, 12500, 12500, 12500, 12500, 12500}},
    {"a second short of 16 * 1024", 1000, 0, 16383, {PLAIN},
        {NIL, 25000, 25000, 25000, 25000, 25000, 25000}},
    {"16 * 1024 seconds", 1000, 0, 16384, {PLAIN}, {NIL, 12500, 12500, 12500, 12500, 12500, 12500}},
    {"2.4 rounds the run time otherwise", 100, 0, 16 * 1310 + 16, {PLAIN},
        {25000, NIL, NIL, NIL, NIL, NIL, NIL}},
    {"fresh", 0, 0, 0, {PLAIN}, {25000, 25000, 25000, 25000, 25000, 25000, 25000}},
    {"children", 1000, 0, 0, {PLAIN, CHILDREN}, {25000, 35003, 30003, 30003, 30003, 30003, 30003}},
    {"nice", 0, 300, 7200, {PLAIN, .nice = 1}, {8332, 8332, 8332, 8332, 8332, 8332, 8332}},
    {"not nice", 0, 300, 7200, {PLAIN, .nice = -1}, {4166, 4166, 4166, 4166, 4166, 4166, 4166}},
    {"CAP_SYS_ADMIN", 0, 300, 7200, {PLAIN, .flags = RL_PROCESS_ROOT},
        {1041, 1041, 1041, 1041, 1041, 1041, 1041}},
    {"CAP_SYS_RAWIO", 0, 300, 7200, {PLAIN, .flags = RL_PROCESS_RAWIO},
        {1041, 1041, 1041, 1041, 1041, 1041, 1041}},
    {"both", 0, 300, 7200, {PLAIN, .flags = RL_PROCESS_ROOT | RL_PROCESS_RAWIO},
        {260, 260, 260, 260, 260, 260, 260}},
    {"uid 0 without capabilities, nice", 1000, 0, 0, {USER(0), .total_vm_pages = 25000, .nice = 19},
        {12500, 12500, 12500, 12500, 12500, 50000, 50000}},
    {"real uid 0 alone", 1000, 0, 0, {.uid = 0, .euid = 1000, .total_vm_pages = 25000},
        {6250, 6250, 6250, 6250, 6250, 25000, 25000}},
    {"effective uid 0 alone", 1000, 0, 0, {.uid = 1000, .euid = 0, .total_vm_pages = 25000},
        {6250, 6250, 6250, 6250, 6250, 25000, 25000}},
    {"CAP_SYS_RESOURCE", 1000, 0, 0, {PLAIN, .flags = RL_PROCESS_RESOURCE},
        {25000, 25000, 25000, 25000, 25000, 6250, 6250}},
    {"privileged twice counts once", 1000, 0, 0,
        {USER(0), .total_vm_pages = 25000, .flags = RL_PROCESS_RESOURCE | RL_PROCESS_ROOT},
        {6250, 6250, 6250, 6250, 6250, 6250, 6250}},
    {"both, and other nodes", 1000, 0, 0,
        {PLAIN, .flags = RL_PROCESS_ROOT | RL_PROCESS_RAWIO | RL_PROCESS_DISJOINT},
        {1562, 1562, 1562, 195, 195, 195, 195}},
    {"oom_adj 15", 1000, 0, 0, {PLAIN, .oom_adj = 15},
        {25000, 819200000, 819200000, 819200000, 819200000, 819200000, 819200000}},
    {"oom_adj beyond 15", 1000, 0, 0, {PLAIN, .oom_adj = 99},
        {25000, 819200000, 819200000, 819200000, 819200000, 819200000, 819200000}},
    {"oom_adj -16", 1000, 0, 0, {PLAIN, .oom_adj = -16}, {25000, 0, 0, 0, 0, 0, 0}},
    {"oom_adj -1", 1000, 0, 0, {PLAIN, .oom_adj = -1},
        {25000, 12500, 12500, 12500, 12500, 12500, 12500}},
    {"something of nothing", 1000, 0, 0,
        {USER(1000), .total_vm_pages = 3, .oom_adj = 3, .flags = RL_PROCESS_ROOT},
        {0, 0, 0, 0, 8, 8, 8}},
    {"nothing of nothing", 1000, 0, 0, {USER(1000), .total_vm_pages = 3, .flags = RL_PROCESS_ROOT},
        {0, 0, 0, 0, 0, 0, 0}},
    {"resident memory and oom_score_adj mean nothing", 1000, 0, 0,
        {PLAIN, .rss_pages = 1000000, .swap_pages = 1, .table_pages = 1, .oom_score_adj = 999},
        {25000, 25000, 25000, 25000, 25000, 25000, 25000}},
    {"an empty address space", 1000, 0, 0, {USER(1000), .rss_pages = 1}, {0, 0, 0, 0, 0, 0, 0}},
    {"2^48 pages", 1000, 0, 0, {USER(1000), .total_vm_pages = UINT64_C(1) << 48},
        {INT32_MAX, INT64_C(1) << 48, INT64_C(1) << 48, INT64_C(1) << 48, INT64_C(1) << 48,
            INT64_C(1) << 48, INT64_C(1) << 48}},
    {"2^48 pages, shifted to the most there is", 1000, 0, 0,
        {USER(1000), .total_vm_pages = UINT64_C(1) << 48, .oom_adj = 15, .nice = 1},
        {INT32_MAX, RL_POINTS_MOST, RL_POINTS_MOST, RL_POINTS_MOST, RL_POINTS_MOST, RL_POINTS_MOST,
            RL_POINTS_MOST}},
};

static void golden_vectors(void **state)
{
    const uint64_t uptime = 2000000;

    for (size_t i = 0; i < LENGTH(goldens); i++) {
        const struct golden *row = &goldens[i];
        struct rl_process process = row->process;
        struct rl_scale scale = {.available = GIB,
            .page_size = 4096,
            .hz = row->hz,
            .clk_tck = i % 2 ? 100 : 0,
            .uptime_ticks = uptime * 100};

        process.cpu_ticks = row->cpu * 100;
        process.start_ticks = (uptime - row->age) * 100;
        for (size_t k = 0; k < IDS; k++) {
            struct rl_score score = score_of(ids[k], &process, &scale);

            if (row->points[k] == NIL)
                continue;
            if (!score.eligible || score.points != row->points[k])
                fail_msg("%s, %s: eligible %d, %ld points, not %ld", row->what, ids[k],
                    score.eligible, (long)score.points, (long)row->points[k]);
            assert_int_equal(score.reason, RL_REASON_NONE);
            assert_int_equal(score.memory_points, score.points);
            assert_int_equal(score.root_points + score.adj_points, 0);
        }
    }
}

static void another_clock_tick_is_the_same_time(void **state)
{
    for (size_t k = 0; k < IDS; k++) {
        struct rl_process process = {PLAIN, .cpu_ticks = 300 * 1024, .start_ticks = 1024};
        struct rl_scale scale = {.clk_tck = 1024, .uptime_ticks = 7201 * 1024};

        assert_int_equal(score_of(ids[k], &process, &scale).points, 4166);
    }
}

static void a_start_in_the_future_is_now(void **state)
{
    for (size_t k = 0; k < IDS; k++) {
        struct rl_process process = {PLAIN, .start_ticks = UINT64_MAX};
        struct rl_scale scale = {.uptime_ticks = 100};

        assert_int_equal(score_of(ids[k], &process, &scale).points, 25000);
    }
}

static void who_is_not_eligible(void **state)
{
    static const struct {
        struct rl_process process;
        enum rl_reason v24, v26;
    } rows[] = {
        {{PLAIN, .oom_adj = -17}, RL_REASON_NONE, RL_SPARED_ADJ_MINUS_1000},
        {{PLAIN, .oom_adj = -18}, RL_REASON_NONE, RL_SPARED_ADJ_MINUS_1000},
        {{PLAIN, .oom_adj = -17, .flags = RL_PROCESS_OOM_ORIGIN}, RL_REASON_NONE,
            RL_SPARED_ADJ_MINUS_1000},
        {{PLAIN, .oom_adj = -16, .oom_score_adj = -1000}, RL_REASON_NONE, RL_REASON_NONE},
        {{.uid = 1}, RL_SPARED_NO_MEMORY, RL_SPARED_NO_MEMORY},
        {{.uid = 1, .flags = RL_PROCESS_OOM_ORIGIN}, RL_SPARED_NO_MEMORY, RL_SPARED_NO_MEMORY},
        {{.uid = 1, .children_pages = 1}, RL_SPARED_NO_MEMORY, RL_SPARED_NO_MEMORY},
        {{.total_vm_pages = 1}, RL_REASON_NONE, RL_REASON_NONE},
        {{.swap_pages = 1}, RL_REASON_NONE, RL_REASON_NONE},
        {{.table_pages = 1}, RL_REASON_NONE, RL_REASON_NONE},
        {{PLAIN, .flags = RL_PROCESS_DEAD_LEADER}, RL_SPARED_NO_MEMORY, RL_SPARED_NO_MEMORY},
    };
    const struct rl_scale scale = {.page_size = 4096};

    for (size_t i = 0; i < LENGTH(rows); i++)
        for (size_t k = 0; k < IDS; k++) {
            struct rl_score score = score_of(ids[k], &rows[i].process, &scale);
            enum rl_reason why = k == 0 ? rows[i].v24 : rows[i].v26;

            if (score.reason != why || score.eligible != (why == RL_REASON_NONE))
                fail_msg("row %zu, %s: %s", i, ids[k], rl_reason_id(score.reason));
            if (!score.eligible)
                assert_int_equal(score.points | score.memory_points, 0);
        }
}

/* Whoever is at swapoff comes first, but 2.4 did not know; badness itself knows since 2.6.19. */
static void swapoff_is_before_everybody(void **state)
{
    static const uint64_t files[IDS] = {
        0, 25000, 25000, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX};
    const struct rl_process process = {PLAIN, .flags = RL_PROCESS_OOM_ORIGIN};
    const struct rl_scale scale = {.page_size = 4096};

    assert_int_equal(score_of("v24", &process, &scale).points, 25000);
    for (size_t k = 1; k < IDS; k++) {
        struct rl_score score = score_of(ids[k], &process, &scale);

        assert_true(score.points == RL_POINTS_INFINITE);
        assert_true(model_of(ids[k])->proc_score(&score, &scale) == files[k]);
    }
}

static void the_file_shows_the_points(void **state)
{
    const struct rl_process process = {PLAIN, .nice = 1}, gone = {.pid = 1};
    const struct rl_scale scale = {.available = 0};

    assert_null(model_of("v24")->proc_score);
    for (size_t k = 1; k < IDS; k++) {
        struct rl_score score = score_of(ids[k], &process, &scale);

        score.points += 77; /* by Adjust= */
        assert_int_equal(model_of(ids[k])->proc_score(&score, &scale), 50000);
        score.eligible = false;
        assert_int_equal(model_of(ids[k])->proc_score(&score, &scale), 0);
        score = score_of(ids[k], &gone, &scale);
        assert_int_equal(model_of(ids[k])->proc_score(&score, &scale), 0);
    }
}

/* --- properties --- */

#define SEED 1204

static struct rl_process anybody(struct dice *dice)
{
    static const uint32_t flags[] = {
        0, 0, RL_PROCESS_ROOT, RL_PROCESS_RAWIO, RL_PROCESS_RESOURCE, RL_PROCESS_DISJOINT};

    return (struct rl_process){
        .uid = (uid_t)roll(dice, 3),
        .euid = (uid_t)roll(dice, 3),
        .flags = flags[roll(dice, LENGTH(flags))] | flags[roll(dice, LENGTH(flags))],
        .oom_adj = (int)roll(dice, 32) - 16,
        .nice = (int)roll(dice, 40) - 20,
        .total_vm_pages = 1 + roll(dice, UINT64_C(1) << roll(dice, 49)),
        .children_pages = roll(dice, UINT64_C(1) << roll(dice, 49)),
        .children_half_pages = roll(dice, UINT64_C(1) << roll(dice, 49)),
        .cpu_ticks = roll(dice, UINT64_C(1) << roll(dice, 40)),
        .start_ticks = roll(dice, UINT64_C(1) << roll(dice, 40)),
    };
}

static void more_of_it_never_scores_less(void **state)
{
    const struct rl_scale scale = {.uptime_ticks = UINT64_C(1) << 40};
    struct dice dice = {SEED};

    print_message("seed %d\n", SEED);
    for (int i = 0; i < 20000; i++) {
        const struct rl_process base = anybody(&dice);
        struct rl_process more[8];
        uint64_t step = roll(&dice, 1 << 20);

        for (size_t m = 0; m < LENGTH(more); m++)
            more[m] = base;
        more[0].total_vm_pages += step;
        more[1].nice = 1;
        more[2].flags = 0;
        more[2].uid = more[2].euid = 1000;
        /* from here on not of 2.4: its square root is not monotone, and it knows no oom_adj */
        more[3].children_pages += step;
        more[4].children_half_pages += step;
        more[5].cpu_ticks -= roll(&dice, base.cpu_ticks + 1);
        more[6].start_ticks += step;
        more[7].oom_adj += base.oom_adj < 15;
        for (size_t k = 0; k < IDS; k++)
            for (size_t m = 0; m < (k == 0 ? 3 : LENGTH(more)); m++) {
                int64_t was = score_of(ids[k], &base, &scale).points;
                int64_t is = score_of(ids[k], &more[m], &scale).points;

                if (is < was || was < 0)
                    fail_msg("round %d, %s, change %zu: %ld, then %ld", i, ids[k], m, (long)was,
                        (long)is);
            }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_of_both_eras),
        cmocka_unit_test(hz_and_its_power_of_two),
        cmocka_unit_test(golden_vectors),
        cmocka_unit_test(another_clock_tick_is_the_same_time),
        cmocka_unit_test(a_start_in_the_future_is_now),
        cmocka_unit_test(who_is_not_eligible),
        cmocka_unit_test(swapoff_is_before_everybody),
        cmocka_unit_test(the_file_shows_the_points),
        cmocka_unit_test(more_of_it_never_scores_less),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
