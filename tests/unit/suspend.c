#include "tests/unit/unit.h"

#include <time.h>

#include "daemon/suspend.h"

#define S UINT64_C(1000000)

static void test_sleep(void **state)
{
    struct rl_suspend suspend = {.asleep_us = 100 * S};

    assert_false(rl_suspend_look(&suspend, 100 * S, 1000 * S));
    assert_true(rl_suspend_look(&suspend, 105 * S, 1001 * S));
    assert_true(rl_suspend_look(&suspend, 105 * S, 1001 * S + RL_RESUME_US - 1));
    assert_false(rl_suspend_look(&suspend, 105 * S, 1001 * S + RL_RESUME_US));
    assert_false(rl_suspend_look(&suspend, 105 * S, 2000 * S));
}

/* One sleep after the other begins the time anew. */
static void test_again(void **state)
{
    struct rl_suspend suspend = {0};

    assert_true(rl_suspend_look(&suspend, 10 * S, 1000 * S));
    assert_true(rl_suspend_look(&suspend, 20 * S, 1010 * S));
    assert_true(rl_suspend_look(&suspend, 20 * S, 1010 * S + RL_RESUME_US - 1));
    assert_false(rl_suspend_look(&suspend, 20 * S, 1010 * S + RL_RESUME_US));
}

/* Clocks that are read one after the other differ a little, in both directions, for ever. */
static void test_jitter(void **state)
{
    struct rl_suspend suspend = {.asleep_us = 100 * S};

    for (uint64_t i = 0; i < 100000; i++)
        assert_false(rl_suspend_look(&suspend, 100 * S - 50000 + i * 7919 % 100000, i * S));
}

static void test_live(void **state)
{
    struct rl_suspend suspend;
    struct timespec ts;

    rl_suspend_init(&suspend);
    clock_gettime(CLOCK_MONOTONIC, &ts);
    for (int i = 0; i < 1000; i++)
        assert_false(rl_resumed_recently(&suspend, (uint64_t)ts.tv_sec * S));
    assert_int_equal(suspend.resumed_us, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sleep),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_jitter),
        cmocka_unit_test(test_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
