/* What is said of a process from little is never less than what is said of it from all: made-up
 * processes of all sorts, under policies of all sorts. */
#include "tests/unit/unit.h"

#include "policy/choose.h"
#include "tests/unit/policy.h"

#define ROUNDS 200000
#define PATH   "/app/a"

static bool chance(struct dice *dice, uint64_t percent)
{
    return roll(dice, 100) < percent;
}

static const struct rl_term little[] = {
    {RL_FACT_COMM, "a*"},
    {RL_FACT_COMM, "b"},
    {RL_FACT_CGROUP, "app/*"},
    {RL_FACT_CGROUP, "app/b"},
    {RL_FACT_UNIT, "x.service"},
    {RL_FACT_MAIN, ""},
};

static const struct rl_term much[] = {
    {RL_FACT_UID, "0"},
    {RL_FACT_EXE, "/bin/*"},
    {RL_FACT_CMDLINE, "*x*"},
};

struct lines {
    struct rl_pattern protect, avoid, prefer;
    struct rl_adjust adjust[2];
};

static struct rl_pattern roll_pattern(struct dice *dice)
{
    struct rl_pattern pattern = {.text = "some", .n = (uint8_t)(1 + roll(dice, 2))};

    for (size_t t = 0; t < pattern.n; t++)
        pattern.terms[t] = little[roll(dice, LENGTH(little))];
    return pattern;
}

static struct rl_victim roll_victim(struct dice *dice, struct lines *lines)
{
    struct rl_victim victim = {
        .model = rl_model_default(),
        .protect = &lines->protect,
        .avoid = &lines->avoid,
        .prefer = &lines->prefer,
        .adjust = lines->adjust,
        .n_protect = roll(dice, 2),
        .n_avoid = roll(dice, 2),
        .n_prefer = roll(dice, 2),
        .n_adjust = roll(dice, 3),
        .min_bytes = chance(dice, 50) ? roll(dice, 300) * 4096 : 0,
    };

    lines->protect = roll_pattern(dice);
    lines->avoid = roll_pattern(dice);
    lines->prefer = roll_pattern(dice);
    for (size_t i = 0; i < LENGTH(lines->adjust); i++)
        lines->adjust[i] = (struct rl_adjust){
            .pattern = roll_pattern(dice), .points = (int)roll(dice, 600) - 300};
    return victim;
}

/* Of all that sketches may be made of. */
static struct rl_process roll_process(struct dice *dice, const struct rl_bounds *bounds)
{
    static const int adjs[] = {-1000, -999, -300, -1, 0, 0, 0, 1, 300, 1000};
    struct rl_process p = {
        .pid = (pid_t)(1 + roll(dice, 20)),
        .uid = chance(dice, 50) ? 1000 : 0,
        .flags = chance(dice, 30) ? RL_PROCESS_ROOT : 0,
        .oom_score_adj = adjs[roll(dice, LENGTH(adjs))],
        .rss_pages = chance(dice, 20) ? 0 : roll(dice, 1000),
        .swap_pages = chance(dice, 50) ? roll(dice, bounds->swap_pages + 1) : 0,
    };

    p.comm[0] = (char)('a' + roll(dice, 3));
    p.anon_pages = roll(dice, p.rss_pages + bounds->rss_error + 1);
    if (chance(dice, 5))
        p.flags |= RL_PROCESS_KERNEL_THREAD;
    if (chance(dice, 5))
        p.flags |= RL_PROCESS_DYING;
    if (chance(dice, 5))
        p.flags |= RL_PROCESS_SELF;
    if (chance(dice, 20))
        p.flags |= RL_PROCESS_MAIN;
    return p;
}

/* The same before status has been read. */
static struct rl_process at_a_glance(struct dice *dice, const struct rl_process *process)
{
    struct rl_process p = *process;

    p.uid = 0;
    p.flags &= ~(uint32_t)RL_PROCESS_CAPS;
    p.swap_pages = p.anon_pages = 0;
    if (chance(dice, 50)) /* a signal that only status tells of */
        p.flags &= ~(uint32_t)RL_PROCESS_DYING;
    return p;
}

static void test_bound(void **state)
{
    size_t spared = 0, exact_ones = 0;

    for (uint64_t seed = 1; seed <= ROUNDS; seed++) {
        struct dice dice = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        struct lines lines, own_lines;
        struct rl_victim victim = roll_victim(&dice, &lines), own = roll_victim(&dice, &own_lines);
        struct rl_bounds bounds = {.swap_pages = chance(&dice, 50) ? roll(&dice, 200) : 0,
            .rss_error = chance(&dice, 50) ? roll(&dice, 100) : 0};
        struct rl_scale scale = {.available = (1 + roll(&dice, 2000)) * 4096, .page_size = 4096};
        struct rl_candidate exact = {.process = roll_process(&dice, &bounds)};
        struct rl_candidate bound = {.process = at_a_glance(&dice, &exact.process)};
        bool has_own = chance(&dice, 30);

        rl_candidate_rate(&victim, &scale, PATH, &exact);
        if (has_own)
            rl_candidate_rate_own(&own, PATH, &exact);
        rl_candidate_bound(&victim, has_own ? &own : NULL, &scale, &bounds, PATH, &bound);
        if (bound.tier > exact.tier)
            fail_msg("seed %#llx: a worse tier", (unsigned long long)seed);
        if (bound.spared != RL_REASON_NONE && exact.spared == RL_REASON_NONE)
            fail_msg("seed %#llx: spared for %d", (unsigned long long)seed, bound.spared);
        /* Of those that may be chosen before those that may not points do not matter. */
        if ((bound.spared != RL_REASON_NONE) == (exact.spared != RL_REASON_NONE) &&
            bound.score.points < exact.score.points)
            fail_msg("seed %#llx: %lld points rather than %lld", (unsigned long long)seed,
                (long long)bound.score.points, (long long)exact.score.points);
        spared += bound.spared != RL_REASON_NONE;
        exact_ones += bound.score.points == exact.score.points;
    }
    /* And it is of use. */
    assert_in_range(spared, ROUNDS / 10, ROUNDS * 3 / 4);
    assert_in_range(exact_ones, ROUNDS / 3, ROUNDS - 1);
}

/* What bounded models promise: other models are none of them. */
static void test_models(void **state)
{
    for (size_t i = 0; i < rl_models_n; i++) {
        const struct rl_model *model = &rl_models[i];

        assert_int_equal(model->bounded, model == rl_model_default());
        if (model->bounded)
            assert_int_equal(model->needs, 0);
    }
}

static void test_asks_little(void **state)
{
    for (size_t i = 0; i < 3 * LENGTH(little) * (LENGTH(much) + 1); i++) {
        size_t other = i / 3 % (LENGTH(much) + 1);
        struct rl_pattern pattern = {.text = "some", .n = 1};
        struct rl_adjust adjust;
        struct rl_victim victim = {.model = rl_model_default()};

        pattern.terms[0] = little[i / 3 / (LENGTH(much) + 1)];
        if (other < LENGTH(much))
            pattern.terms[pattern.n++] = much[other];
        adjust = (struct rl_adjust){.pattern = pattern, .points = 1};
        victim.protect = &pattern;
        victim.n_protect = 1;
        assert_true(rl_victim_asks_little(&victim)); /* Protect= may ask for anything */
        victim.avoid = victim.prefer = &pattern;
        victim.adjust = &adjust;
        victim.n_avoid = i % 3 == 0;
        victim.n_prefer = i % 3 == 1;
        victim.n_adjust = i % 3 == 2;
        assert_int_equal(rl_victim_asks_little(&victim), other == LENGTH(much));
    }
}

/* What stat tells is asked for in what makes an order, and only there. */
static void test_asks_stat(void **state)
{
    static const bool stat[RL_FACTS] = {[RL_FACT_COMM] = true, [RL_FACT_LEADER] = true};

    for (size_t i = 0; i < 4 * RL_FACTS; i++) {
        enum rl_fact fact = (enum rl_fact)(i / 4);
        struct rl_pattern pattern = {
            .text = "some", .terms = {{RL_FACT_CGROUP, "app/*"}, {fact, "x"}}, .n = 2};
        struct rl_adjust adjust = {.pattern = pattern, .points = 1};
        struct rl_victim victim = {
            .protect = &pattern, .avoid = &pattern, .prefer = &pattern, .adjust = &adjust};

        victim.n_avoid = i % 4 == 0;
        victim.n_prefer = i % 4 == 1;
        victim.n_adjust = i % 4 == 2;
        victim.n_protect = i % 4 == 3;
        assert_int_equal(rl_victim_asks_stat(&victim), stat[fact] && i % 4 != 3);
        assert_int_equal(rl_victim_asks_exe(&victim, PATH), fact == RL_FACT_EXE);
        assert_false(rl_victim_asks_exe(&victim, "/other/a"));
        for (size_t other = 0; other < RL_FACTS; other++)
            assert_int_equal(rl_victim_has_fact(&victim, (enum rl_fact)other),
                other == fact || other == RL_FACT_CGROUP);
    }
}

static void test_error(void **state)
{
    static const struct {
        unsigned cpus;
        uint64_t pages;
    } rows[] = {{1, 96}, {2, 192}, {16, 1536}, {17, 1734}, {128, 98304}};

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_bounds bounds = {.rss_error = rl_rss_error(rows[i].cpus)};
        struct rl_scale scale = {.page_size = 4096};

        assert_int_equal(bounds.rss_error, rows[i].pages);
        scale.available = rows[i].pages * 4096 * 8000;
        assert_true(rl_bounds_are_near(&bounds, &scale));
        scale.available--;
        assert_false(rl_bounds_are_near(&bounds, &scale));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_models),
        cmocka_unit_test(test_asks_little),
        cmocka_unit_test(test_asks_stat),
        cmocka_unit_test(test_error),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
