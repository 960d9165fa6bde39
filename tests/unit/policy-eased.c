#include "tests/unit/unit.h"

#include "policy/eased.h"
#include "tests/unit/policy.h"

static void test_amount(void **state)
{
    static const struct {
        uint64_t current;
        uint32_t share;
        uint64_t amount;
    } rows[] = {
        {GIB, 5000, GIB / 2},
        {GIB, 9900, GIB - GIB * 99 / 100},
        {GIB, 10000, 0},
        {GIB, 20000, 0},
        {GIB, 1, GIB - GIB / 10000},
        {GIB, 0, GIB},
        {0, 5000, 0},
        {3, 5000, 2},
        {UINT64_MAX, 5000, UINT64_MAX / 2 + 1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rl_ease_amount(rows[i].current, rows[i].share) != rows[i].amount)
            fail_msg("row %zu: %llu", i,
                (unsigned long long)rl_ease_amount(rows[i].current, rows[i].share));
}

static void test_slack(void **state)
{
    assert_true(rl_ease_slack(4096, 1) == 256 * 1024);
    assert_true(rl_ease_slack(4096, 8) == 2 * MIB);
    assert_true(rl_ease_slack(65536, 1024) == 4 * GIB);
}

static void test_eased(void **state)
{
    static const struct {
        const char *what;
        struct rl_ease ease;
        uint64_t now;
        bool eased;
    } rows[] = {
        {"as far as asked for", {.used_before = GIB, .amount = MIB}, GIB - MIB, true},
        {"further", {.used_before = GIB, .amount = MIB}, 0, true},
        {"a byte short", {.used_before = GIB, .amount = MIB}, GIB - MIB + 1, false},
        {"not at all", {.used_before = GIB, .amount = MIB}, GIB, false},
        {"grown", {.used_before = GIB, .amount = MIB}, 2 * GIB, false},
        {"within the slack", {.used_before = GIB, .amount = 64 * MIB, .slack = MIB}, GIB - 63 * MIB,
            true},
        {"beyond the slack", {.used_before = GIB, .amount = 64 * MIB, .slack = MIB},
            GIB - 63 * MIB + 1, false},
        {"the slack never swallows the step", {.used_before = GIB, .amount = MIB, .slack = GIB},
            GIB, false},
        {"half of the step at most", {.used_before = GIB, .amount = MIB, .slack = GIB},
            GIB - MIB / 2, true},
        {"less than half", {.used_before = GIB, .amount = MIB, .slack = GIB}, GIB - MIB / 2 + 1,
            false},
        {"not to grow", {.used_before = GIB}, GIB, true},
        {"not to grow, and it did", {.used_before = GIB}, GIB + 1, false},
        {"not to grow but by the slack", {.used_before = GIB, .slack = MIB}, GIB + MIB, true},
        {"more was asked for than was in use", {.used_before = MIB, .amount = GIB}, 1, false},
        {"and all of it is gone", {.used_before = MIB, .amount = GIB}, 0, true},
        {"frozen", {.used_before = GIB, .amount = MIB, .frozen = true}, 0, false},
        {"giants", {.used_before = UINT64_MAX, .amount = 1, .slack = UINT64_MAX}, UINT64_MAX,
            false},
        {"giants, eased", {.used_before = UINT64_MAX, .slack = UINT64_MAX}, UINT64_MAX, true},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rl_eased(&rows[i].ease, rows[i].now) != rows[i].eased)
            fail_msg("%s: %s", rows[i].what, rows[i].eased ? "not eased" : "eased");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_amount),
        cmocka_unit_test(test_slack),
        cmocka_unit_test(test_eased),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
