/* The table of models: names, versions, how each picks; and what holds for all of them. */
#include "tests/unit/unit.h"

#include <limits.h>
#include <string.h>

#include "policy/score.h"
#include "tests/unit/policy.h"

/* Every row but for its functions. */
struct want {
    const char *id, *kernels;
    uint32_t since, hz;
    enum rl_points_in points_in;
    enum rl_total total;
    uint32_t needs;
    struct rl_picking picking;
    bool file; /* there is a proc_score */
};

#define CLASSIC    RL_SCORE_NEEDS_CHILDREN | RL_SCORE_NEEDS_UPTIME
#define OLD_CGROUP RL_TOTAL_LIMIT_AND_SWAP
#define NEW_CGROUP RL_TOTAL_LIMIT_AND_SWAP_MAX
#define OURS                                                                                       \
    {                                                                                              \
        RL_TIE_PID, RL_SACRIFICE_NONE, false, false, true                                          \
    }
#define FIRST(sharers)                                                                             \
    {                                                                                              \
        RL_TIE_FIRST, RL_SACRIFICE_FIRST_CHILD, true, true, sharers                                \
    }
#define WORST(sharers)                                                                             \
    {                                                                                              \
        RL_TIE_FIRST, RL_SACRIFICE_WORST_CHILD, true, false, sharers                               \
    }
#define LEADER(waits)                                                                              \
    {                                                                                              \
        RL_TIE_LEADER, RL_SACRIFICE_WORST_CHILD, waits, false, true                                \
    }

static const struct want wants[] = {
    {"percent-times-ten", NULL, 0, 0, RL_IN_PERMILLE, RL_TOTAL_AVAILABLE, 0, OURS, false},
    {"private", NULL, 0, 0, RL_IN_PERMILLE, RL_TOTAL_AVAILABLE, 0, OURS, false},
    {"total-vm", NULL, 0, 0, RL_IN_PAGES, RL_TOTAL_AVAILABLE, 0, OURS, false},
    {"kubelet", NULL, 0, 0, RL_IN_PERMILLE, RL_TOTAL_AVAILABLE, 0, OURS, false},
    {"v24", "2.4", RL_KERNEL(2, 4, 0), 100, RL_IN_PAGES, OLD_CGROUP, RL_SCORE_NEEDS_UPTIME,
        {RL_TIE_FIRST, RL_SACRIFICE_NONE, false, true, true}, false},
    {"v2611", "2.6.11 to 2.6.15", RL_KERNEL(2, 6, 11), 250, RL_IN_PAGES, OLD_CGROUP, CLASSIC,
        FIRST(true), true},
    {"v2616", "2.6.16 to 2.6.18", RL_KERNEL(2, 6, 16), 250, RL_IN_PAGES, OLD_CGROUP, CLASSIC,
        FIRST(true), true},
    {"v2619", "2.6.19 to 2.6.21", RL_KERNEL(2, 6, 19), 250, RL_IN_PAGES, OLD_CGROUP, CLASSIC,
        FIRST(true), true},
    {"v2622", "2.6.22 to 2.6.24", RL_KERNEL(2, 6, 22), 250, RL_IN_PAGES, OLD_CGROUP, CLASSIC,
        FIRST(true), true},
    {"v2625", "2.6.25 to 2.6.31", RL_KERNEL(2, 6, 25), 250, RL_IN_PAGES, OLD_CGROUP, CLASSIC,
        FIRST(true), true},
    {"v2632", "2.6.32 to 2.6.35", RL_KERNEL(2, 6, 32), 250, RL_IN_PAGES, OLD_CGROUP, CLASSIC,
        FIRST(false), true},
    {"v2636", "2.6.36 to 2.6.38", RL_KERNEL(2, 6, 36), 0, RL_IN_PERMILLE, OLD_CGROUP, 0,
        WORST(false), true},
    {"v2639", "2.6.39 to 3.5", RL_KERNEL(2, 6, 39), 0, RL_IN_PERMILLE, OLD_CGROUP, 0, WORST(true),
        true},
    {"v36", "3.6 to 3.13", RL_KERNEL(3, 6, 0), 0, RL_IN_PAGES, OLD_CGROUP, 0, WORST(true), true},
    {"v318", "3.14 to 4.14", RL_KERNEL(3, 14, 0), 0, RL_IN_PAGES, OLD_CGROUP, 0, LEADER(true),
        true},
    {"v415", "4.15 and 4.16", RL_KERNEL(4, 15, 0), 0, RL_IN_PAGES, NEW_CGROUP, 0, LEADER(false),
        true},
    {"v417", "4.17 to 5.8", RL_KERNEL(4, 17, 0), 0, RL_IN_PAGES, NEW_CGROUP, 0, LEADER(false),
        true},
    {"v59", "5.9 and later", RL_KERNEL(5, 9, 0), 0, RL_IN_PAGES, NEW_CGROUP, 0,
        {RL_TIE_LAST, RL_SACRIFICE_NONE, false, false, true}, true},
};

static bool same_picking(const struct rl_picking *a, const struct rl_picking *b)
{
    return a->tie == b->tie && a->sacrifice == b->sacrifice && a->waits == b->waits &&
           a->from_zero == b->from_zero && a->sharers == b->sharers;
}

static void rows_say_what_kernels_did(void **state)
{
    assert_int_equal(rl_models_n, LENGTH(wants));
    assert_ptr_equal(rl_model_default(), &rl_models[0]);
    for (size_t i = 0; i < LENGTH(wants); i++) {
        const struct rl_model *model = &rl_models[i];
        const struct want *want = &wants[i];

        assert_string_equal(model->id, want->id);
        if (model->since != want->since || model->hz != want->hz ||
            model->points_in != want->points_in || model->total != want->total ||
            model->needs != want->needs || !same_picking(&model->picking, &want->picking) ||
            !model->proc_score == want->file)
            fail_msg("%s is not as it was", want->id);
        assert_non_null(model->rate);
        assert_true(strlen(model->help) > 20);
        assert_true(!model->kernels == !want->kernels && !model->kernels == !model->since);
        if (want->kernels)
            assert_string_equal(model->kernels, want->kernels);
    }
}

static void names_are_unique(void **state)
{
    for (size_t i = 0; i < rl_models_n; i++) {
        assert_ptr_equal(rl_model_find(rl_models[i].id), &rl_models[i]);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(rl_models[i].id, rl_models[k].id);
            assert_string_not_equal(rl_models[i].help, rl_models[k].help);
            assert_true(rl_models[k].since <= rl_models[i].since); /* oldest first */
        }
    }
    for (size_t i = 0; i < rl_model_aliases_n; i++) {
        for (size_t k = 0; k < rl_models_n; k++)
            assert_string_not_equal(rl_model_aliases[i].alias, rl_models[k].id);
        assert_string_equal(rl_model_find(rl_model_aliases[i].alias)->id, rl_model_aliases[i].id);
    }
}

static void models_are_found_by_name_and_version(void **state)
{
    static const struct {
        const char *name, *id; /* NULL: there is none */
    } rows[] = {
        {"linux", "v59"},
        {"linux-2.4", "v24"},
        {"linux-2.6", "v2632"},
        {"linux-2.4.0", "v24"},
        {"linux-2.4.22", "v24"},
        {"linux-2.5.70", "v24"},
        {"linux-2.6.0", "v24"},
        {"linux-2.6.10", "v24"},
        {"linux-2.6.11", "v2611"},
        {"linux-2.6.15", "v2611"},
        {"linux-2.6.16", "v2616"},
        {"linux-2.6.18", "v2616"},
        {"linux-2.6.19", "v2619"},
        {"linux-2.6.21", "v2619"},
        {"linux-2.6.22", "v2622"},
        {"linux-2.6.24", "v2622"},
        {"linux-2.6.25", "v2625"},
        {"linux-2.6.31", "v2625"},
        {"linux-2.6.32", "v2632"},
        {"linux-2.6.35", "v2632"},
        {"linux-2.6.36", "v2636"},
        {"linux-2.6.38", "v2636"},
        {"linux-2.6.39", "v2639"},
        {"linux-3.0", "v2639"},
        {"linux-3.4", "v2639"},
        {"linux-3.5.7", "v2639"},
        {"linux-3.6", "v36"},
        {"linux-3.10", "v36"},
        {"linux-3.13.11", "v36"},
        {"linux-3.14", "v318"},
        {"linux-3.18", "v318"},
        {"linux-3.18.140", "v318"},
        {"linux-4.9", "v318"},
        {"linux-4.9.337", "v318"},
        {"linux-4.14.336", "v318"}, /* beyond 255, and still not 4.15 */
        {"linux-4.15", "v415"},
        {"linux-4.16.18", "v415"},
        {"linux-4.17", "v417"},
        {"linux-4.19", "v417"},
        {"linux-5.4", "v417"},
        {"linux-5.8.65535", "v417"},
        {"linux-5.9", "v59"},
        {"linux-6.18", "v59"},
        {"linux-6.18.0", "v59"},
        {"linux-99.1", "v59"},
        {"percent", NULL},
        {"", NULL},
        {"V59", NULL},
        {"v", NULL},
        {"v5", NULL},
        {"v590", NULL},
        {"2.6.36", NULL},
        {"Linux-4.19", NULL},
        {"linux-", NULL},
        {"linux4.19", NULL},
        {"linux-4", NULL},
        {"linux-4.", NULL},
        {"linux-.4", NULL},
        {"linux-4..1", NULL},
        {"linux-4.19.", NULL},
        {"linux-4.19.1.2", NULL},
        {"linux-4.19 ", NULL},
        {"linux- 4.19", NULL},
        {"linux-+4.19", NULL},
        {"linux-4.-19", NULL},
        {"linux-04.19", NULL},
        {"linux-4.019", NULL},
        {"linux-4.256", NULL},
        {"linux-65536.1", NULL},
        {"linux-4294967300.19", NULL},
        {"linux-4.19.4294967296", NULL},
        {"linux-3.10.0-514.el7", NULL},
        {"linux-6.1.0-18-amd64", NULL},
        {"linux-6.9-rc1", NULL},
        {"linux-2.3.99", NULL},
        {"linux-0.1", NULL},
        {"linux-1.255.255", NULL},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_model *model = rl_model_find(rows[i].name);

        if (!model != !rows[i].id || (model && strcmp(model->id, rows[i].id) != 0))
            fail_msg("%s is %s", rows[i].name, model ? model->id : "none");
    }
}

static void the_newest_that_is_not_newer(void **state)
{
    assert_null(rl_model_of_version(0));
    assert_null(rl_model_of_version(RL_KERNEL(2, 3, 255)));
    assert_string_equal(rl_model_of_version(RL_KERNEL(2, 4, 0))->id, "v24");
    assert_string_equal(rl_model_of_version(UINT32_MAX)->id, "v59");
    for (size_t i = 0; i < rl_models_n; i++)
        if (rl_models[i].kernels) {
            assert_ptr_equal(rl_model_of_version(rl_models[i].since), &rl_models[i]);
            assert_ptr_not_equal(rl_model_of_version(rl_models[i].since - 1), &rl_models[i]);
        }
    assert_int_equal(RL_KERNEL(4, 14, 336), RL_KERNEL(4, 14, 255));
    assert_true(RL_KERNEL(4, 14, 255) < RL_KERNEL(4, 15, 0));
}

/* --- who of two --- */

#define DEAD RL_PROCESS_DEAD_LEADER

static void equals_are_told_apart(void **state)
{
    static const struct {
        const char *what;
        struct rl_process a, b;
        int64_t a_points, b_points;
        bool pid, first, last, leader; /* is a before b, by the tie rule? */
    } rows[] = {
        {"points before all", {.pid = 9, .start_ticks = 9, .flags = DEAD},
            {.pid = 1, .start_ticks = 1}, 2, 1, true, true, true, true},
        {"below 0 too", {.pid = 9, .start_ticks = 9, .flags = DEAD}, {.pid = 1, .start_ticks = 1},
            -1, -2, true, true, true, true},
        {"infinite", {.pid = 9}, {.pid = 1}, RL_POINTS_INFINITE, RL_POINTS_MOST, true, true, true,
            true},
        {"older, lower", {.pid = 1, .start_ticks = 1}, {.pid = 2, .start_ticks = 2}, 5, 5, true,
            true, false, true},
        {"older, after pids began anew", {.pid = 2, .start_ticks = 1}, {.pid = 1, .start_ticks = 2},
            5, 5, false, true, false, true},
        {"of one tick", {.pid = 1, .start_ticks = 7}, {.pid = 2, .start_ticks = 7}, 0, 0, true,
            true, false, true},
        {"older without a main thread", {.pid = 1, .start_ticks = 1, .flags = DEAD},
            {.pid = 2, .start_ticks = 2}, 5, 5, true, true, false, false},
        {"younger without a main thread", {.pid = 1, .start_ticks = 1},
            {.pid = 2, .start_ticks = 2, .flags = DEAD}, 5, 5, true, true, false, true},
        {"both without", {.pid = 1, .start_ticks = 1, .flags = DEAD},
            {.pid = 2, .start_ticks = 2, .flags = DEAD}, 5, 5, true, true, false, false},
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        for (size_t k = 0; k < rl_models_n; k++) {
            const bool wanted[] = {[RL_TIE_PID] = rows[i].pid,
                [RL_TIE_FIRST] = rows[i].first,
                [RL_TIE_LAST] = rows[i].last,
                [RL_TIE_LEADER] = rows[i].leader};
            bool want = wanted[rl_models[k].picking.tie];

            if (rl_score_before(&rl_models[k], &rows[i].a, rows[i].a_points, &rows[i].b,
                    rows[i].b_points) != want ||
                rl_score_before(&rl_models[k], &rows[i].b, rows[i].b_points, &rows[i].a,
                    rows[i].a_points) == want)
                fail_msg("%s, %s", rows[i].what, rl_models[k].id);
        }
}

/* Whom the scan of 3.18 and 4.19 holds in the end: an equal replaces the chosen one unless that one
 * is a leader. */
static void the_best_is_whom_the_scan_keeps(void **state)
{
    const struct rl_model *v417 = rl_model_find("v417"), *v59 = rl_model_find("v59");
    struct dice dice = {1804};

    print_message("seed 1804\n");
    for (int i = 0; i < 20000; i++) {
        struct rl_process all[6];
        int64_t points[6];
        size_t n = 1 + roll(&dice, 6), old = 0, new = 0, best_old = 0, best_new = 0;

        for (size_t k = 0; k < n; k++) { /* in the order of the scan: by age */
            all[k] = (struct rl_process){
                .pid = 10 + (pid_t)k, .start_ticks = 5 + k / 2, .flags = roll(&dice, 2) ? DEAD : 0};
            points[k] = 1 + (int64_t)roll(&dice, 3);
            if (k > 0 && !(points[k] < points[old] ||
                             (points[k] == points[old] && !(all[old].flags & DEAD))))
                old = k;
            if (points[k] >= points[new])
                new = k;
        }
        for (size_t k = 0; k < n; k++) {
            if (rl_score_before(v417, &all[k], points[k], &all[best_old], points[best_old]))
                best_old = k;
            if (rl_score_before(v59, &all[k], points[k], &all[best_new], points[best_new]))
                best_new = k;
        }
        assert_int_equal(best_old, old);
        assert_int_equal(best_new, new);
    }
}

/* Sorting relies on it. */
static void before_is_a_total_order(void **state)
{
    struct dice dice = {7};

    print_message("seed 7\n");
    for (int i = 0; i < 20000; i++) {
        const struct rl_model *model = &rl_models[roll(&dice, rl_models_n)];
        struct rl_process p[3];
        int64_t n[3];
        bool ab, bc, ac;

        for (size_t k = 0; k < 3; k++) {
            p[k] = (struct rl_process){.pid = 1 + (pid_t)(roll(&dice, 100) * 3 + k),
                .start_ticks = roll(&dice, 3),
                .flags = roll(&dice, 2) ? DEAD : 0};
            n[k] = (int64_t)roll(&dice, 2);
        }
        ab = rl_score_before(model, &p[0], n[0], &p[1], n[1]);
        bc = rl_score_before(model, &p[1], n[1], &p[2], n[2]);
        ac = rl_score_before(model, &p[0], n[0], &p[2], n[2]);
        if (ab == bc)
            assert_true(ac == ab);
        assert_true(ab != rl_score_before(model, &p[1], n[1], &p[0], n[0]));
        assert_false(rl_score_before(model, &p[0], n[0], &p[0], n[0]));
    }
}

/* --- oom_adj --- */

static void oom_adj_as_the_file_has_it(void **state)
{
    static const struct {
        int adj, score;
    } to_score[] = {{-17, -1000}, {-16, -941}, {-8, -470}, {-1, -58}, {0, 0}, {1, 58}, {7, 411},
        {8, 470}, {14, 823}, {15, 1000}, {16, 1000}, {-18, -1000}, {INT_MAX, 1000},
        {INT_MIN, -1000}};
    static const struct {
        int from, to, adj;
    } to_adj[] = {{-1000, -1000, -17}, {-999, -942, -16}, {-941, -883, -15}, {-117, -59, -1},
        {-58, 58, 0}, {59, 117, 1}, {824, 882, 14}, {883, 1000, 15}, {1001, 1010, 15},
        {-1010, -1001, -17}, {INT_MAX - 1, INT_MAX - 1, 15}, {INT_MIN, INT_MIN, -17}};

    for (size_t i = 0; i < LENGTH(to_score); i++)
        assert_int_equal(rl_oom_score_adj_of(to_score[i].adj), to_score[i].score);
    for (size_t i = 0; i < LENGTH(to_adj); i++)
        for (int score = to_adj[i].from; score <= to_adj[i].to; score++)
            assert_int_equal(rl_oom_adj_of(score), to_adj[i].adj);
    for (int score = -1000; score < 1000; score++)
        assert_true(rl_oom_adj_of(score) <= rl_oom_adj_of(score + 1));
}

/* --- all models --- */

#define SEED 48

static uint64_t giant(struct dice *dice)
{
    static const uint64_t edges[] = {0, 1, 999, 1000, UINT64_C(1) << 31, UINT64_C(1) << 48,
        UINT64_C(1) << 52, UINT64_C(1) << 62, UINT64_C(1) << 63, UINT64_MAX / 1000, UINT64_MAX};

    return edges[roll(dice, LENGTH(edges))] - roll(dice, 2) + roll(dice, 2);
}

static int giant_int(struct dice *dice)
{
    static const int edges[] = {
        INT_MIN, -1001, -1000, -999, -18, -17, -16, -1, 0, 1, 15, 16, 1000, 1001, INT_MAX};

    return edges[roll(dice, LENGTH(edges))];
}

static void no_number_is_too_much(void **state)
{
    struct dice dice = {SEED};

    print_message("seed %d\n", SEED);
    for (int i = 0; i < 50000; i++) {
        const struct rl_model *model = &rl_models[i % (int)rl_models_n];
        const struct rl_process process = {
            .uid = (uid_t)roll(&dice, 2),
            .euid = (uid_t)roll(&dice, 2),
            .flags = (uint32_t)roll(&dice, 1 << 13) & ~(uint32_t)RL_PROCESS_DEAD_LEADER,
            .oom_score_adj = giant_int(&dice),
            .oom_adj = giant_int(&dice),
            .nice = giant_int(&dice),
            .rss_pages = giant(&dice),
            .swap_pages = giant(&dice),
            .anon_pages = giant(&dice),
            .table_pages = giant(&dice),
            .total_vm_pages = giant(&dice),
            .children_pages = giant(&dice),
            .children_half_pages = giant(&dice),
            .cpu_ticks = giant(&dice),
            .start_ticks = giant(&dice),
        };
        const struct rl_scale scale = {
            .available = giant(&dice),
            .page_size = (uint32_t)giant(&dice),
            .clk_tck = (uint32_t)giant(&dice),
            .hz = (uint32_t)giant(&dice),
            .uptime_ticks = giant(&dice),
            .swappiness = (uint32_t)giant(&dice),
        };
        struct rl_score score, again;

        model->rate(&process, &scale, &score);
        model->rate(&process, &scale, &again);
        assert_true(score.points == again.points && score.reason == again.reason);
        assert_int_equal(score.eligible, score.reason == RL_REASON_NONE);
        if (score.points == RL_POINTS_INFINITE)
            assert_true(process.flags & RL_PROCESS_OOM_ORIGIN);
        else if (score.points > RL_POINTS_MOST || score.points < -RL_POINTS_MOST)
            fail_msg("round %d, %s: %ld", i, model->id, (long)score.points);
        if (model->proc_score && !score.eligible)
            assert_int_equal(model->proc_score(&score, &scale), 0);
        else if (model->proc_score && model->needs == 0) /* no more than all of 2^52 of one page */
            assert_true(model->proc_score(&score, &scale) <= UINT64_C(1000) << 53);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_say_what_kernels_did),
        cmocka_unit_test(names_are_unique),
        cmocka_unit_test(models_are_found_by_name_and_version),
        cmocka_unit_test(the_newest_that_is_not_newer),
        cmocka_unit_test(equals_are_told_apart),
        cmocka_unit_test(the_best_is_whom_the_scan_keeps),
        cmocka_unit_test(before_is_a_total_order),
        cmocka_unit_test(oom_adj_as_the_file_has_it),
        cmocka_unit_test(no_number_is_too_much),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
