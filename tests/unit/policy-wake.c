#include "tests/unit/unit.h"

#include "policy/wake.h"
#include "tests/unit/policy.h"

#define RANDOM_CASES 10000

static void thresholds(void **state)
{
    static const struct {
        uint32_t share;
        uint64_t line_us, gate_us;
        unsigned cpus;
        uint64_t threshold_us;
    } rows[] = {
        {1000, SEC / 2, SEC, 2, 156},
        {1000, SEC / 2, SEC, 16, 5},
        {1000, SEC / 2, SEC, 64, 1},
        {1000, SEC / 2, SEC, 256, 1},
        {4000, SEC / 2, SEC, 2, 2500},
        {4000, SEC / 2, SEC, 16, 47},
        {4000, SEC / 2, SEC, 64, 5},
        {4000, SEC / 2, SEC, 256, 1},
        {1000, 10 * SEC, SEC, 2, 872},
        {1000, 10 * SEC, SEC, 16, 19},
        {1000, 10 * SEC, SEC, 64, 4},
        {1000, 10 * SEC, SEC, 256, 1},
        {4000, 10 * SEC, SEC, 2, 13961},
        {4000, 10 * SEC, SEC, 16, 267},
        {4000, 10 * SEC, SEC, 64, 19},
        {4000, 10 * SEC, SEC, 256, 4},
        /* One CPU dilutes nothing: half of the stall, in one of two or of eleven windows. */
        {1000, SEC / 2, SEC, 1, 12500},
        {1000, 10 * SEC, SEC, 1, 500000 / 11},
        {RL_WHOLE, 3600 * SEC, SEC, 1, 499861},
        {4000, 10 * SEC, 2 * SEC, 2, 18113},
        {4000, 10 * SEC, 2 * SEC, 64, 22},
        /* At the ends of what can be asked */
        {0, SEC, SEC, 4, 1},
        {1, SEC / 2, SEC, 256, 1},
        {RL_WHOLE, 3600 * SEC, 10 * SEC, 4096, 1},
        {RL_WHOLE, SEC, SEC, 0, 250000},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        uint64_t threshold = rl_wake_threshold_us(
            rows[i].share, rows[i].line_us, rows[i].gate_us, rows[i].cpus);

        if (threshold != rows[i].threshold_us)
            fail_msg("row %zu: %llu us", i, (unsigned long long)threshold);
    }
}

static void more_asked_is_never_a_lower_threshold(void **state)
{
    struct dice dice = {20};

    for (size_t i = 0; i < RANDOM_CASES; i++) {
        uint32_t share = (uint32_t)roll(&dice, RL_WHOLE);
        uint64_t line = SEC / 2 + roll(&dice, 600 * SEC), gate = (1 + roll(&dice, 10)) * SEC;
        unsigned cpus = (unsigned)(1 + roll(&dice, 1024));
        uint64_t threshold = rl_wake_threshold_us(share, line, gate, cpus);

        assert_in_range(threshold, 1, gate / 2);
        assert_true(rl_wake_threshold_us(share + 1, line, gate, cpus) >= threshold);
        assert_true(rl_wake_threshold_us(share, line, gate, cpus + 1) <= threshold);
    }
}

static void add_line(
    struct rl_policy *policy, size_t trigger, enum rl_line_kind kind, uint32_t share, uint64_t us)
{
    struct rl_trigger *t = &policy->triggers[trigger];

    if (policy->n_triggers <= trigger)
        policy->n_triggers = (uint8_t)(trigger + 1);
    t->lines[t->n++] = (struct rl_line){.kind = kind, .share = share, .window_us = us};
}

static void nothing_is_waited_for_without_pressure(void **state)
{
    struct rl_policy policies[2] = {{.name = "empty"}, {.name = "levels"}};

    add_line(&policies[1], 0, RL_LINE_USAGE, 1, 0);
    add_line(&policies[1], 1, RL_LINE_EVENTS, 1, SEC);
    assert_int_equal(rl_wake_threshold_of(NULL, 0, SEC, 4), 0);
    assert_int_equal(rl_wake_threshold_of(policies, 2, SEC, 4), 0);
    assert_int_equal(rl_wake_walk_us(NULL, 0), 2 * SEC);
    assert_int_equal(rl_wake_walk_us(policies, 2), 2 * SEC);
    assert_int_equal(rl_wake_heat_share(&policies[0]), 0);
    assert_int_equal(rl_wake_heat_share(&policies[1]), 0);
}

/* Wherever it stands: the first or the last of lines, triggers and policies. */
static void the_least_line_counts(void **state)
{
    static const struct {
        uint32_t share;
        uint64_t window_us, walk_us;
        uint32_t heat;
    } rows[] = {
        {2000, 10 * SEC, 1 * SEC, 250},
        {1000, 1 * SEC, 100 * MS, 125}, /* 50 ms are too often */
        {5000, SEC / 2, 125 * MS, 500}, /* a small share is of another line */
        {40, 600 * SEC, 1200 * MS, 5},
        {5, 60 * SEC, 100 * MS, 1},
        {0, 10 * SEC, 100 * MS, 1},
        {4000, 600 * SEC, 2 * SEC, 500},
    };

    const uint64_t other = rl_wake_threshold_us(4000, 600 * SEC, SEC, 2);

    for (size_t place = 0; place < 8; place++)
        for (size_t i = 0; i < LENGTH(rows); i++) {
            struct rl_policy policies[2] = {{.n_triggers = 0}, {.n_triggers = 0}};
            struct rl_policy *policy = &policies[place & 1];
            uint64_t threshold;

            add_line(policy, 0, RL_LINE_SWAP, 1, SEC / 2);
            if (place & 2)
                add_line(policy, 0, RL_LINE_PRESSURE, 4000, 600 * SEC);
            add_line(policy, place >> 2, RL_LINE_PRESSURE, rows[i].share, rows[i].window_us);
            add_line(policy, 1, RL_LINE_PRESSURE, 4000, 600 * SEC);
            threshold = rl_wake_threshold_us(rows[i].share, rows[i].window_us, SEC, 2);
            assert_int_equal(
                rl_wake_threshold_of(policies, 2, SEC, 2), threshold < other ? threshold : other);
            assert_int_equal(rl_wake_walk_us(policies, 2), rows[i].walk_us);
            assert_int_equal(rl_wake_heat_share(policy), rows[i].heat);
            assert_int_equal(rl_wake_heat_share(&policies[!(place & 1)]), 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(thresholds),
        cmocka_unit_test(more_asked_is_never_a_lower_threshold),
        cmocka_unit_test(nothing_is_waited_for_without_pressure),
        cmocka_unit_test(the_least_line_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
