/* What the end of an incident leaves behind, and whether the next one may kill. */
#include "tests/unit/unit.h"

#include "policy/ending.h"
#include "tests/unit/policy.h"

#define NOW (1000 * SEC)

static void cooldowns(void **state)
{
    static const struct {
        enum rl_reason outcome;
        bool refused;
        uint64_t cooldown_us, hold_us, cooled_us, until_us;
    } rows[] = {
        {RL_OUTCOME_RELIEVED, false, 30 * SEC, 0, 30 * SEC, 30 * SEC},
        {RL_OUTCOME_RELIEVED, false, 0, 0, 0, 0},
        {RL_OUTCOME_RELIEVED, true, 30 * SEC, 0, 30 * SEC, 30 * SEC},
        {RL_OUTCOME_STUCK, false, 30 * SEC, 0, 2 * SEC, 2 * SEC},
        {RL_OUTCOME_STUCK, false, SEC, 0, SEC, SEC},
        {RL_OUTCOME_FAILED, false, 30 * SEC, 0, 30 * SEC, 30 * SEC},
        {RL_OUTCOME_FAILED, true, 30 * SEC, 0, 2 * SEC, 2 * SEC},
        /* Limit= holds the offender alone */
        {RL_OUTCOME_HELD, false, 30 * SEC, 90 * SEC, 30 * SEC, 90 * SEC},
        {RL_OUTCOME_HELD, false, 30 * SEC, 9 * SEC, 30 * SEC, 30 * SEC},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_incident incident = {.outcome = rows[i].outcome};
        struct rl_relief relief = {.cooldown_us = rows[i].cooldown_us};
        struct rl_ending ending = {
            .incident = &incident,
            .relief = &relief,
            .refused = rows[i].refused,
            .hold_until_us = rows[i].hold_us ? NOW + rows[i].hold_us : 0,
        };

        if (rl_ending_cooldown(&ending, NOW) != NOW + rows[i].cooled_us ||
            rl_ending_until(&ending, NOW) != NOW + rows[i].until_us)
            fail_msg("row %zu", i);
        assert_true(rl_ending_failed(&ending) ==
                    (rows[i].outcome == RL_OUTCOME_STUCK ||
                        (rows[i].outcome == RL_OUTCOME_FAILED && rows[i].refused)));
    }
}

static void what_counts(void **state)
{
    static const struct {
        bool dry, killed, gone, counted, tried;
        bool counts, relieves;
    } rows[] = {
        {false, false, false, false, false, false, false},
        {false, true, false, false, false, false, false},
        {false, true, false, true, false, true, false},
        {false, true, true, true, false, true, true},
        {true, false, false, false, false, false, false},
        {true, true, false, false, false, true, true},
        {true, true, false, false, true, false, true},
        {false, true, true, false, true, false, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_incident incident = {
            .dry = rows[i].dry, .killed = rows[i].killed, .gone = rows[i].gone};
        struct rl_ending ending = {
            .incident = &incident, .counted = rows[i].counted, .tried = rows[i].tried};

        if (rl_ending_counts(&ending) != rows[i].counts ||
            rl_ending_relieves(&ending) != rows[i].relieves)
            fail_msg("row %zu", i);
    }
}

static void which_steps_count(void **state)
{
    static const struct {
        enum rl_step_kind kind;
        bool signalled, dry, counted, tried, counts;
    } rows[] = {
        {RL_STEP_KILL, true, false, false, false, true},
        {RL_STEP_TERMINATE, true, false, false, false, true},
        {RL_STEP_KILL, false, false, false, false, false},
        {RL_STEP_KILL, true, true, false, false, false},
        {RL_STEP_KILL, true, false, true, false, false},
        {RL_STEP_KILL, true, false, false, true, false},
        {RL_STEP_WARN, true, false, false, false, false},
        {RL_STEP_RESTART, false, false, false, false, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_incident incident = {.dry = rows[i].dry};
        struct rl_step step = {.kind = rows[i].kind};
        struct rl_ending ending = {
            .incident = &incident, .counted = rows[i].counted, .tried = rows[i].tried};

        if (rl_step_counts(&ending, &step, rows[i].signalled) != rows[i].counts)
            fail_msg("row %zu", i);
    }
}

/* Limit= has the first word, then what the last kill there has brought, then the budget of all. */
static void who_forbids_a_kill(void **state)
{
    static const struct {
        uint32_t kills, limit, all, budget;
        bool gone, futile;
        enum rl_reason why;
        uint64_t until_us;
    } rows[] = {
        {0, 0, 0, 0, false, false, RL_REASON_NONE, 0},
        {1, 1, 0, 0, false, false, RL_WAIT_LIMIT, NOW + 59 * SEC},
        {1, 2, 0, 0, false, false, RL_REASON_NONE, 0},
        {1, 1, 1, 1, false, true, RL_WAIT_LIMIT, NOW + 59 * SEC},
        {1, 2, 0, 0, false, true, RL_WAIT_FUTILE, NOW + RL_FUTILE_HOLD_US},
        {1, 2, 0, 0, true, true, RL_REASON_NONE, 0},
        {1, 2, 1, 1, false, true, RL_WAIT_FUTILE, NOW + RL_FUTILE_HOLD_US},
        {0, 1, 1, 1, false, false, RL_WAIT_BUDGET, NOW + 299 * SEC},
        {0, 1, 1, 1, true, true, RL_WAIT_BUDGET, NOW + 299 * SEC},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_kills kills = {.at_us = {NOW - SEC}, .n = rows[i].kills};
        struct rl_kills all = {.at_us = {NOW - SEC}, .n = rows[i].all};
        struct rl_relief relief = {
            .limit = rows[i].limit, .limit_us = 60 * SEC, .on_repeat = RL_REPEAT_HOLD};
        struct rl_effect effect = {
            .at_us = rows[i].futile, .counted = 20 * MIB, .shmem_before = 160 * MIB};
        struct rl_sample now = {
            .have = RL_HAVE_CURRENT | RL_HAVE_STAT, .current = 200 * MIB, .shmem = 160 * MIB};
        struct rl_asking asking = {
            .kills = &kills,
            .relief = &relief,
            .effect = &effect,
            .now = rows[i].gone ? NULL : &now,
            .budget = &all,
            .budget_kills = rows[i].budget,
            .budget_us = 300 * SEC,
        };
        struct rl_allowance is = rl_kill_allowed(&asking, NOW);

        if (is.why != rows[i].why || is.until_us != rows[i].until_us)
            fail_msg("row %zu: %s", i, rl_reason_id(is.why));
        if (is.why == RL_WAIT_FUTILE)
            assert_int_equal(is.kills, rows[i].kills);
    }
}

/* Stall of before the last step does not count. */
static void windows_count_from_the_last_step(void **state)
{
    struct rl_trigger trigger = {.lines = {{.kind = RL_LINE_PRESSURE,
                                     .counter = RL_COUNT_SOME,
                                     .share = 3000,
                                     .window_us = 10 * SEC}},
        .n = 1};
    struct rl_incident incident = {0};
    struct rl_history history = {0};

    for (uint64_t t = 0; t <= 10; t++)
        add_stall(&history, NOW - (10 - t) * SEC, t < 5 ? t * SEC : 5 * SEC, 0);
    assert_true(rl_still_holds(&incident, &trigger, &history, NULL, ALL, NOW));
    incident.since_us = NOW - 4 * SEC;
    assert_false(rl_still_holds(&incident, &trigger, &history, NULL, ALL, NOW));
    incident.since_us = 0;
    assert_false(rl_still_holds(&incident, &trigger, &history, NULL, 0, NOW));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cooldowns),
        cmocka_unit_test(what_counts),
        cmocka_unit_test(which_steps_count),
        cmocka_unit_test(who_forbids_a_kill),
        cmocka_unit_test(windows_count_from_the_last_step),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
