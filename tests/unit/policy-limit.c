#include "tests/unit/unit.h"

#include "policy/limit.h"
#include "tests/unit/policy.h"

static struct rl_relief rule(uint32_t n, uint64_t per_us, enum rl_on_repeat instead)
{
    return (struct rl_relief){.limit = n, .limit_us = per_us, .on_repeat = instead};
}

static void so_many_kills_are_enough(void **state)
{
    static const enum rl_on_repeat instead[] = {RL_REPEAT_ALARM, RL_REPEAT_HOLD, RL_REPEAT_STOP};

    for (size_t i = 0; i < LENGTH(instead); i++) {
        const struct rl_relief relief = rule(3, 60 * SEC, instead[i]);
        struct rl_kills kills = {0};
        struct rl_allowance a;

        for (uint64_t k = 0; k < 3; k++) {
            a = rl_limit_allows(&kills, &relief, (100 + k) * SEC);
            assert_int_equal(a.why, RL_REASON_NONE);
            assert_int_equal(a.kills, k);
            assert_int_equal(a.until_us, 0);
            rl_limit_note(&kills, (100 + k) * SEC);
        }
        a = rl_limit_allows(&kills, &relief, 159 * SEC);
        assert_int_equal(a.why, RL_WAIT_LIMIT);
        assert_int_equal(a.instead, instead[i]);
        assert_int_equal(a.kills, 3);
        if (instead[i] == RL_REPEAT_STOP)
            assert_true(a.until_us == UINT64_MAX);
        else
            assert_int_equal(a.until_us, 160 * SEC);
        /* When the first one leaves the window; but a stop is for good. */
        a = rl_limit_allows(&kills, &relief, 160 * SEC);
        assert_int_equal(a.why, instead[i] == RL_REPEAT_STOP ? RL_WAIT_LIMIT : RL_REASON_NONE);
        assert_int_equal(a.kills, 2);
    }
}

static void a_stop_ends_with_a_restart_or_another_rule(void **state)
{
    const struct rl_relief stop = rule(1, SEC, RL_REPEAT_STOP);
    const struct rl_relief hold = rule(1, SEC, RL_REPEAT_HOLD), none = rule(0, 0, RL_REPEAT_STOP);
    struct rl_kills kills = {0};

    rl_limit_note(&kills, 100 * SEC);
    /* Nobody asked while it was used up: nothing was stopped. */
    assert_int_equal(rl_limit_allows(&kills, &stop, 200 * SEC).why, RL_REASON_NONE);
    rl_limit_note(&kills, 200 * SEC);
    assert_int_equal(rl_limit_allows(&kills, &stop, 200 * SEC).why, RL_WAIT_LIMIT);
    assert_int_equal(rl_limit_allows(&kills, &stop, 900 * SEC).why, RL_WAIT_LIMIT);
    rl_limit_restart(&kills);
    assert_int_equal(kills.n, 2);
    assert_int_equal(rl_limit_allows(&kills, &stop, 900 * SEC).why, RL_REASON_NONE);

    rl_limit_note(&kills, 900 * SEC);
    assert_int_equal(rl_limit_allows(&kills, &stop, 900 * SEC).why, RL_WAIT_LIMIT);
    assert_int_equal(rl_limit_allows(&kills, &hold, 901 * SEC).why, RL_REASON_NONE);
    assert_int_equal(rl_limit_allows(&kills, &stop, 901 * SEC).why, RL_REASON_NONE);
    rl_limit_note(&kills, 901 * SEC);
    assert_int_equal(rl_limit_allows(&kills, &stop, 901 * SEC).why, RL_WAIT_LIMIT);
    assert_int_equal(rl_limit_allows(&kills, &none, 901 * SEC).why, RL_REASON_NONE);
}

static void the_budget_counts_the_same_way(void **state)
{
    struct rl_kills kills = {0};
    struct rl_allowance a;

    assert_int_equal(rl_budget_allows(&kills, 0, 0, SEC).why, RL_REASON_NONE);
    rl_limit_note(&kills, 10 * SEC);
    rl_limit_note(&kills, 30 * SEC);
    assert_int_equal(rl_budget_allows(&kills, 3, 60 * SEC, 31 * SEC).why, RL_REASON_NONE);
    a = rl_budget_allows(&kills, 2, 60 * SEC, 31 * SEC);
    assert_int_equal(a.why, RL_WAIT_BUDGET);
    assert_int_equal(a.until_us, 70 * SEC);
    a = rl_budget_allows(&kills, 1, 60 * SEC, 31 * SEC);
    assert_int_equal(a.until_us, 90 * SEC); /* both have to leave */
    assert_int_equal(rl_budget_allows(&kills, 1, 60 * SEC, 90 * SEC).why, RL_REASON_NONE);
    assert_int_equal(rl_budget_allows(&kills, 0, 60 * SEC, 31 * SEC).why, RL_REASON_NONE);
    assert_true(rl_budget_allows(&kills, 1, UINT64_MAX, 31 * SEC).until_us == UINT64_MAX);
}

static void the_ring_is_never_more_generous(void **state)
{
    const struct rl_relief many = rule(1000, 3600 * SEC, RL_REPEAT_ALARM);
    struct rl_kills kills = {0};

    for (uint64_t k = 0; k < 3 * RL_KILLS_MAX; k++)
        rl_limit_note(&kills, (100 + k) * SEC);
    assert_int_equal(kills.n, RL_KILLS_MAX);
    assert_int_equal(kills.at_us[RL_KILLS_MAX - 1], (99 + 3 * RL_KILLS_MAX) * SEC);
    assert_int_equal(rl_limit_allows(&kills, &many, 300 * SEC).why, RL_WAIT_LIMIT);
}

static void a_clock_that_goes_back_keeps_the_order(void **state)
{
    struct rl_kills kills = {0};

    rl_limit_note(&kills, 50 * SEC);
    rl_limit_note(&kills, 20 * SEC);
    rl_limit_note(&kills, 30 * SEC);
    assert_int_equal(kills.at_us[0], 20 * SEC);
    assert_int_equal(kills.at_us[1], 30 * SEC);
    assert_int_equal(kills.at_us[2], 50 * SEC);
    assert_int_equal(rl_budget_allows(&kills, 3, 25 * SEC, 40 * SEC).kills, 3);
    assert_int_equal(
        rl_budget_allows(&kills, 3, 15 * SEC, 40 * SEC).kills, 2); /* also the future */
}

/* Whoever asks before each kill never has more than N of them in any T. */
static void no_window_ever_holds_more_than_the_limit(void **state)
{
    struct dice dice = {41};
    size_t allowed = 0, refused = 0;

    for (int round = 0; round < 300; round++) {
        const uint32_t n = 1 + (uint32_t)roll(&dice, 8);
        const uint64_t per = SEC + roll(&dice, 100 * SEC);
        const struct rl_relief relief = rule(n, per, RL_REPEAT_HOLD);
        struct rl_kills kills = {0};
        uint64_t now = 1000 * SEC, times[200];
        size_t taken = 0;

        for (int i = 0; i < 200; i++) {
            struct rl_allowance a;

            now += roll(&dice, 10 * SEC);
            a = rl_limit_allows(&kills, &relief, now);
            if (a.why != RL_REASON_NONE) {
                assert_true(a.until_us > now);
                assert_int_equal(
                    rl_limit_allows(&kills, &relief, a.until_us - 1).why, RL_WAIT_LIMIT);
                assert_int_equal(rl_limit_allows(&kills, &relief, a.until_us).why, RL_REASON_NONE);
                refused++;
                continue;
            }
            rl_limit_note(&kills, now);
            times[taken++] = now;
            if (taken > n)
                assert_true(times[taken - 1] - times[taken - 1 - n] >= per);
            allowed++;
        }
    }
    assert_true(allowed > 1000 && refused > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(so_many_kills_are_enough),
        cmocka_unit_test(a_stop_ends_with_a_restart_or_another_rule),
        cmocka_unit_test(the_budget_counts_the_same_way),
        cmocka_unit_test(the_ring_is_never_more_generous),
        cmocka_unit_test(a_clock_that_goes_back_keeps_the_order),
        cmocka_unit_test(no_window_ever_holds_more_than_the_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
