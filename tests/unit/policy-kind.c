/* What a record is about, when a refusal is news, and whether a kill of the kernel's was foreseen.
 */
#include "tests/unit/unit.h"

#include <string.h>

#include "policy/kind.h"
#include "tests/unit/policy.h"

static void test_ids(void **state)
{
    assert_string_equal(rl_kind_id(RL_KIND_RELIEF), "relief");
    assert_string_equal(rl_kind_id(RL_KIND_REFUSED), "refused");
    assert_string_equal(rl_kind_id(RL_KIND_KERNEL_OOM), "kernel-oom");
    assert_string_equal(rl_kind_id((enum rl_kind)77), "relief");
}

static void test_kinds(void **state)
{
    static const struct {
        enum rl_reason outcome;
        bool taken, acted, killed;
        enum rl_kind kind;
    } rows[] = {
        {RL_OUTCOME_RELIEVED, true, true, true, RL_KIND_RELIEF},
        {RL_OUTCOME_EASED, true, false, false, RL_KIND_RELIEF},
        {RL_OUTCOME_DRY_RUN, true, true, true, RL_KIND_RELIEF},
        {RL_OUTCOME_INTERRUPTED, false, false, false, RL_KIND_RELIEF},
        {RL_OUTCOME_GONE, false, false, false, RL_KIND_RELIEF},
        {RL_OUTCOME_STUCK, true, true, true, RL_KIND_RELIEF},
        {RL_OUTCOME_NO_VICTIM, false, false, false, RL_KIND_REFUSED},
        {RL_OUTCOME_NO_VICTIM, true, false, false, RL_KIND_REFUSED}, /* a warning */
        {RL_OUTCOME_NO_VICTIM, true, true, false, RL_KIND_RELIEF},   /* reclaim */
        {RL_OUTCOME_ALARM, false, false, false, RL_KIND_REFUSED},
        {RL_OUTCOME_ALARM, true, true, false, RL_KIND_RELIEF},
        {RL_OUTCOME_HELD, false, false, false, RL_KIND_REFUSED},
        {RL_OUTCOME_FUTILE, false, false, false, RL_KIND_REFUSED},
        {RL_OUTCOME_FAILED, false, false, false, RL_KIND_REFUSED},
        {RL_OUTCOME_FAILED, true, true, true, RL_KIND_RELIEF},
        {RL_OUTCOME_NOTHING_DONE, false, false, false, RL_KIND_REFUSED},
        {RL_WAIT_EXITING, false, false, false, RL_KIND_REFUSED},
        {RL_OUTCOME_VETOED, true, true, false, RL_KIND_REFUSED}, /* the hook that said no */
        {RL_OUTCOME_VETOED, true, true, true, RL_KIND_RELIEF},
        {RL_WAIT_PAUSED, false, false, false, RL_KIND_RELIEF},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_incident incident = {.outcome = rows[i].outcome,
            .taken = rows[i].taken,
            .acted = rows[i].acted,
            .killed = rows[i].killed};

        if (rl_incident_kind(&incident) != rows[i].kind)
            fail_msg("row %zu: %s", i, rl_kind_id(rl_incident_kind(&incident)));
    }
}

static bool again(struct rl_refusal *refusal, enum rl_reason outcome, uint64_t now, uint64_t next)
{
    struct rl_incident incident = {.outcome = outcome};

    return rl_refusal_again(refusal, &incident, now, next);
}

static void test_episodes(void **state)
{
    struct rl_refusal refusal = {0};
    uint64_t now = 1000 * SEC;

    assert_false(again(&refusal, RL_OUTCOME_NO_VICTIM, now, now + 10 * SEC));
    for (int i = 0; i < 100; i++) {
        now += 69 * SEC;
        assert_true(again(&refusal, RL_OUTCOME_NO_VICTIM, now, now + 10 * SEC));
    }
    assert_int_equal(refusal.repeats, 100);
    /* Another reason is news, and so is the first one again. */
    assert_false(again(&refusal, RL_OUTCOME_ALARM, now + SEC, now));
    assert_false(again(&refusal, RL_OUTCOME_NO_VICTIM, now + 2 * SEC, now));
    assert_int_equal(refusal.repeats, 0);
    /* Somebody was killed. */
    assert_false(again(&refusal, RL_OUTCOME_RELIEVED, now + 3 * SEC, now));
    assert_false(again(&refusal, RL_OUTCOME_NO_VICTIM, now + 4 * SEC, now));
    /* A quiet time. */
    assert_false(again(&refusal, RL_OUTCOME_NO_VICTIM, now + 64 * SEC, now));
    /* Held until the policies are read anew. */
    assert_false(again(&refusal, RL_OUTCOME_HELD, now + 65 * SEC, UINT64_MAX));
    assert_true(again(&refusal, RL_OUTCOME_HELD, now + 100000 * SEC, UINT64_MAX));
}

static struct rl_policy a_policy(void)
{
    struct rl_policy policy = {.n_triggers = 2};

    policy.triggers[0].n = 2;
    policy.triggers[0].lines[0] = (struct rl_line){.kind = RL_LINE_PRESSURE};
    policy.triggers[0].lines[1] = (struct rl_line){.kind = RL_LINE_HEADROOM};
    policy.triggers[1].n = 1;
    policy.triggers[1].lines[0] = (struct rl_line){.kind = RL_LINE_USAGE};
    return policy;
}

static struct rl_reading reading(uint64_t value, uint64_t threshold, bool known, bool holds)
{
    return (struct rl_reading){
        .known = known, .holds = holds, .value = value, .threshold = threshold};
}

static void test_foreseen(void **state)
{
    static const struct {
        uint64_t pressure, headroom, usage;
        bool known, holds;
        enum rl_reason expected;
    } rows[] = {
        {75, 100, 0, true, false, RL_FORESEEN_NEAR},
        {75, 133, 0, true, false, RL_FORESEEN_NEAR},
        {75, 135, 0, true, false, RL_FORESEEN_NOT},
        {74, 100, 0, true, false, RL_FORESEEN_NOT},
        {75, 100, 0, false, false, RL_FORESEEN_NOT},
        {0, 500, 75, true, false, RL_FORESEEN_NEAR},
        {0, 500, 74, true, false, RL_FORESEEN_NOT},
        {0, 500, 0, true, true, RL_FORESEEN_HELD},
    };
    struct rl_policy policy = a_policy();
    struct rl_verdict verdict = {0};

    for (size_t i = 0; i < LENGTH(rows); i++) {
        verdict.holds = rows[i].holds;
        verdict.readings[0][0] = reading(rows[i].pressure, 100, rows[i].known, false);
        verdict.readings[0][1] = reading(rows[i].headroom, 100, true, false);
        verdict.readings[1][0] = reading(rows[i].usage, 100, true, false);
        if (rl_foreseen(&policy, &verdict, false) != rows[i].expected)
            fail_msg("row %zu: %s", i, rl_reason_id(rl_foreseen(&policy, &verdict, false)));
    }
    /* A line that holds is near, whatever its numbers. */
    verdict = (struct rl_verdict){0};
    verdict.readings[1][0] = reading(0, 100, true, true);
    assert_int_equal(rl_foreseen(&policy, &verdict, false), RL_FORESEEN_NEAR);
    assert_int_equal(rl_foreseen(&policy, &verdict, true), RL_FORESEEN_ACTING);
    assert_int_equal(rl_foreseen(&policy, NULL, true), RL_FORESEEN_ACTING);
    assert_int_equal(rl_foreseen(&policy, NULL, false), RL_FORESEEN_UNSEEN);
    assert_int_equal(rl_foreseen(NULL, &verdict, true), RL_FORESEEN_NO_POLICY);
    policy.triggers[0].n = policy.triggers[1].n = 0;
    assert_int_equal(rl_foreseen(&policy, &verdict, false), RL_FORESEEN_NOT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ids),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_episodes),
        cmocka_unit_test(test_foreseen),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
