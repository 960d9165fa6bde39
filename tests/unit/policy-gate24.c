#include "tests/unit/unit.h"

#include "policy/gate24.h"
#include "tests/unit/policy.h"

/* Fail every step_us from from_us to to_us. Return: how many kills were due. */
static size_t fail_steadily(
    struct rl_gate24 *gate, uint64_t from_us, uint64_t to_us, uint64_t step_us)
{
    size_t due = 0;

    for (uint64_t t = from_us; t <= to_us; t += step_us)
        due += rl_gate24_fail(gate, 0, t);
    return due;
}

static void ten_failures_after_a_second(void **state)
{
    struct rl_gate24 gate = {0};

    assert_false(rl_gate24_fail(&gate, 0, 100 * SEC)); /* the first for long: a new burst */
    for (int i = 0; i < 50; i++)                       /* within the first second none counts */
        assert_false(rl_gate24_fail(&gate, 0, 100 * SEC + 999999));
    for (int i = 1; i < 10; i++)
        assert_false(rl_gate24_fail(&gate, 0, 101 * SEC));
    assert_true(rl_gate24_fail(&gate, 0, 101 * SEC));
    assert_false(rl_gate24_fail(&gate, 0, 101 * SEC)); /* and the burst begins anew */
}

static void swap_left_is_no_failure(void **state)
{
    struct rl_gate24 gate = {0}, before;

    fail_steadily(&gate, 100 * SEC, 101 * SEC, 100 * MS);
    before = gate;
    assert_false(rl_gate24_fail(&gate, 1, 150 * SEC));
    assert_memory_equal(&gate, &before, sizeof(gate)); /* it asks nothing further */
}

static void a_calm_begins_anew(void **state)
{
    struct rl_gate24 gate = {0};

    assert_int_equal(fail_steadily(&gate, 100 * SEC, 101 * SEC + 800 * MS, 100 * MS), 0);
    assert_int_equal(gate.count, 9);
    assert_false(rl_gate24_fail(&gate, 0, 106 * SEC + 800 * MS + 1)); /* 5 s and a bit later */
    assert_int_equal(gate.count, 0);

    gate = (struct rl_gate24){0};
    fail_steadily(&gate, 100 * SEC, 101 * SEC + 800 * MS, 100 * MS);
    assert_true(rl_gate24_fail(&gate, 0, 106 * SEC + 800 * MS)); /* just 5 s */
}

static void a_victim_has_five_seconds(void **state)
{
    struct rl_gate24 gate = {0};
    uint64_t first = 0, second = 0;

    for (uint64_t t = 100 * SEC; t < 200 * SEC && !second; t += 50 * MS)
        if (rl_gate24_fail(&gate, 0, t))
            *(first ? &second : &first) = t;
    assert_int_equal(first, 101 * SEC + 450 * MS);
    assert_int_equal(second, first + 5 * SEC);
}

/* Bit for bit: the function of 2.4.22 said again over its four statics. */
static struct {
    uint64_t first, last, count, lastkill;
} kernel;

static bool out_of_memory(uint64_t swap, uint64_t now)
{
    uint64_t since;
    bool kill = false;

    if (swap > 0)
        return false;
    since = now - kernel.last;
    kernel.last = now;
    if (since > 5 * SEC)
        goto reset;
    since = now - kernel.first;
    if (since < 1 * SEC)
        return false;
    if (++kernel.count < 10)
        return false;
    since = now - kernel.lastkill;
    if (since < 5 * SEC)
        return false;
    kernel.lastkill = now;
    kill = true;
reset:
    kernel.first = now;
    kernel.count = 0;
    return kill;
}

static void it_is_the_kernels(void **state)
{
    struct dice dice = {24};
    struct rl_gate24 gate = {0};
    uint64_t now = 0;
    size_t due = 0;

    for (int i = 0; i < 100000; i++) {
        uint64_t swap = roll(&dice, 40) == 0;
        bool kill;

        now += roll(&dice, roll(&dice, 60) ? 400 * MS : 8 * SEC);
        kill = rl_gate24_fail(&gate, swap, now);
        assert_int_equal(kill, out_of_memory(swap, now));
        due += kill;
    }
    assert_true(due > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_failures_after_a_second),
        cmocka_unit_test(swap_left_is_no_failure),
        cmocka_unit_test(a_calm_begins_anew),
        cmocka_unit_test(a_victim_has_five_seconds),
        cmocka_unit_test(it_is_the_kernels),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
