#include "tests/unit/unit.h"

#include <string.h>

#include "policy/step.h"
#include "tests/unit/policy.h"

/* The table itself, once more and by hand: a change there has to be meant. */
static void every_kind(void **state)
{
    static const struct {
        enum rl_step_kind kind;
        const char *name;
        enum rl_step_victim victim;
        enum rl_step_trace trace;
        bool tells, kills, strikes, signals, thaws, vetoes, timed;
    } rows[] = {
        {RL_STEP_WARN, "warn", RL_VICTIM_NONE, RL_TRACE_NONE, 1, 0, 0, 0, 0, 0, 0},
        {RL_STEP_HOOK, "hook", RL_VICTIM_ASKED, RL_TRACE_NONE, 0, 0, 0, 0, 0, 1, 1},
        {RL_STEP_RECLAIM, "reclaim", RL_VICTIM_NONE, RL_TRACE_NONE, 0, 0, 0, 0, 0, 0, 1},
        {RL_STEP_THROTTLE, "throttle", RL_VICTIM_NONE, RL_TRACE_THROTTLED, 0, 0, 0, 0, 0, 0, 1},
        {RL_STEP_FREEZE, "freeze", RL_VICTIM_NONE, RL_TRACE_FROZEN, 0, 0, 0, 0, 0, 0, 1},
        {RL_STEP_TERMINATE, "terminate", RL_VICTIM_NEEDED, RL_TRACE_NONE, 0, 1, 0, 1, 1, 0, 0},
        {RL_STEP_KILL, "kill", RL_VICTIM_NEEDED, RL_TRACE_NONE, 0, 1, 1, 1, 0, 0, 0},
        {RL_STEP_RESTART, "restart", RL_VICTIM_NEEDED, RL_TRACE_NONE, 0, 1, 0, 0, 1, 0, 1},
        {RL_STEP_PANIC, "panic", RL_VICTIM_NONE, RL_TRACE_NONE, 0, 1, 0, 0, 0, 0, 0},
    };

    assert_int_equal(LENGTH(rows), RL_STEP_KINDS);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_step_traits *t = rl_step_traits(rows[i].kind);

        assert_int_equal(rows[i].kind, i);
        assert_string_equal(t->name, rows[i].name);
        assert_string_equal(rl_step_name(rows[i].kind), rows[i].name);
        assert_int_equal(t->victim, rows[i].victim);
        assert_int_equal(t->trace, rows[i].trace);
        assert_int_equal(t->tells, rows[i].tells);
        assert_int_equal(t->kills, rows[i].kills);
        assert_int_equal(t->strikes, rows[i].strikes);
        assert_int_equal(t->signals, rows[i].signals);
        assert_int_equal(t->thaws, rows[i].thaws);
        assert_int_equal(t->vetoes, rows[i].vetoes);
        assert_int_equal(t->timed, rows[i].timed);
        assert_true(!t->timed || t->wait_us > 0);
        assert_true(t->wait_us <= RL_FREEZE_MAX_US);
    }
    assert_null(rl_step_name(RL_STEP_KINDS));
    assert_string_equal(rl_step_traits(RL_STEP_KINDS)->name, "kill");
}

static void memory_has_to_fall(void **state)
{
    static const struct {
        uint32_t share;
        uint64_t before, now;
        bool fell;
    } rows[] = {
        {5000, 1000, 1000, false},
        {5000, 1000, 500, true},
        {5000, 1000, 531, true}, /* a sixteenth of 500 */
        {5000, 1000, 532, false},
        {5000, 1000, 1001, false},
        {5000, 1000, 0, true},
        {9900, 16 * 1000 * 1000, 16 * 1000 * 1000 - 149999, false},
        {9900, 16 * 1000 * 1000, 16 * 1000 * 1000 - 150000, true},
        {100, 1600, 115, true},
        {100, 1600, 116, false},
        {10000, 1000, 1000, true}, /* not to grow is all that was asked */
        {10000, 1000, 1001, false},
        {20000, 1000, 1000, true}, /* more than conf/ lets pass */
        {5000, UINT64_MAX, UINT64_MAX, false},
        {5000, UINT64_MAX, UINT64_MAX / 2, true},
        {5000, 0, 0, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_step step = {.kind = RL_STEP_THROTTLE, .share = rows[i].share};

        if (rl_step_fell(&step, rows[i].before, rows[i].now) != rows[i].fell)
            fail_msg("row %zu", i);
    }
}

static void a_freeze_has_a_limit(void **state)
{
    static const struct rl_relief relief = {
        .n = 6,
        .steps = {{.kind = RL_STEP_FREEZE, .wait_us = 2 * SEC},
            {.kind = RL_STEP_HOOK, .wait_us = 30 * SEC},
            {.kind = RL_STEP_TERMINATE, .wait_us = SEC},
            {.kind = RL_STEP_FREEZE, .wait_us = 4 * SEC}, {.kind = RL_STEP_KILL, .wait_us = SEC},
            {.kind = RL_STEP_FREEZE, .wait_us = 5 * SEC}},
    };
    static const struct rl_relief endless = {
        .n = 3,
        .steps = {{.kind = RL_STEP_FREEZE, .wait_us = 600 * SEC},
            {.kind = RL_STEP_HOOK, .wait_us = 600 * SEC}, {.kind = RL_STEP_RESTART}},
    };

    assert_int_equal(rl_step_frozen_us(&relief, 0), 32 * SEC);
    assert_int_equal(rl_step_frozen_us(&relief, 3), 4 * SEC);
    assert_int_equal(rl_step_frozen_us(&relief, 5), 5 * SEC);
    assert_int_equal(rl_step_frozen_us(&relief, 6), 0);
    assert_int_equal(rl_step_frozen_us(&endless, 0), RL_FREEZE_MAX_US);
    assert_int_equal(rl_step_frozen_us(&endless, 1), 600 * SEC);
}

static void what_reclaim_wants(void **state)
{
    const struct rl_step size = {.kind = RL_STEP_RECLAIM, .bytes = 4096};
    const struct rl_step share = {.kind = RL_STEP_RECLAIM, .share = 2500};
    const struct rl_step whole = {.kind = RL_STEP_RECLAIM, .share = RL_WHOLE};

    assert_int_equal(rl_step_wanted(&size, 1), 4096);
    assert_int_equal(rl_step_wanted(&share, 1000), 250);
    assert_int_equal(rl_step_wanted(&share, 3), 0);
    assert_true(rl_step_wanted(&whole, UINT64_MAX) == UINT64_MAX);
    assert_true(rl_step_wanted(&share, UINT64_MAX) == UINT64_MAX / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind),
        cmocka_unit_test(memory_has_to_fall),
        cmocka_unit_test(a_freeze_has_a_limit),
        cmocka_unit_test(what_reclaim_wants),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
