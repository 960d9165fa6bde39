#include "tests/unit/unit.h"

#include "policy/family.h"
#include "policy/sort.h"
#include "tests/unit/policy.h"

static const struct {
    pid_t pid, ppid;
    uint32_t mm;
    uint64_t total_vm, children, half;
} table[] = {
    {1, 0, 0, 50, 1000 + 7, 501 + 4},               /* 10 and 30 */
    {10, 1, 0, 1000, 300 + 401 + 1, 151 + 201 + 1}, /* 20, 21 and 24, not 22 and 23 */
    {20, 10, 0, 300, 0, 0},                         /* childless */
    {21, 10, 3, 401, 60, 31},                       /* 40, which shares with another one */
    {22, 10, 0, 0, 0, 0},                           /* a kernel thread, or exited */
    {24, 10, 0, 1, 0, 0},                           /* the smallest there is */
    {30, 1, 5, 7, 90, 46},                          /* 32, but not 31, which shares */
    {31, 30, 5, 7, 0, 0},                           /* a child of the same address space */
    {32, 30, 0, 90, 0, 0},                          /* number 0 is a number of its own */
    {40, 21, 5, 60, 0, 0},                          /* the parent's mm is 3 */
    {50, 999, 0, 5000, 0, 0},                       /* its parent is not in the table */
    {60, 60, 0, 5, 5, 3},                           /* nonsense, and no endless loop */
    {INT32_MAX, 70, 0, UINT64_MAX, 0, 0},           /* two that are too much together */
    {INT32_MAX - 1, 70, 0, UINT64_MAX, 0, 0},
    {70, 0, 0, 5, UINT64_MAX, UINT64_MAX},
};

#define N LENGTH(table)

static struct rl_kin kin_of_row(size_t row)
{
    return (struct rl_kin){
        .pid = table[row].pid,
        .ppid = table[row].ppid,
        .mm = table[row].mm,
        .total_vm_pages = table[row].total_vm,
        .children_pages = 77, /* of the last time */
        .children_half_pages = 77,
    };
}

static void children_of_one_generation_are_added_up(void **state)
{
    struct dice dice = {1};

    for (size_t round = 0; round < 200; round++) {
        struct rl_kin kin[N + 1];

        for (size_t i = 0; i < N; i++)
            kin[i] = kin_of_row(i);
        for (size_t i = N; i-- > 1;) {
            size_t other = roll(&dice, i + 1);
            struct rl_kin one = kin[i];

            kin[i] = kin[other];
            kin[other] = one;
        }
        rl_family_sum(kin, N);
        for (size_t i = 1; i < N; i++)
            assert_true(kin[i - 1].pid < kin[i].pid);
        for (size_t row = 0; row < N; row++) {
            const struct rl_kin *own = rl_family_find(kin, N, table[row].pid);

            assert_non_null(own);
            assert_int_equal(own->pid, table[row].pid);
            assert_true(own->children_pages == table[row].children);
            assert_true(own->children_half_pages == table[row].half);
        }
    }
}

static void nobody_is_found_who_is_not_there(void **state)
{
    struct rl_kin kin[N];
    struct rl_process process = {.pid = 23, .mm = 9, .children_pages = 8};

    for (size_t i = 0; i < N; i++)
        kin[i] = kin_of_row(i);
    rl_family_sum(kin, N);
    assert_null(rl_family_find(kin, N, 0));
    assert_null(rl_family_find(kin, N, 23));
    assert_null(rl_family_find(kin, N, 61));
    assert_null(rl_family_find(NULL, 0, 1));
    assert_false(rl_family_give(kin, N, &process));
    assert_int_equal(process.mm, 9);
    assert_int_equal(process.children_pages, 8);
    rl_family_sum(NULL, 0);
}

static void a_process_gets_its_sums(void **state)
{
    struct rl_kin kin[N];
    struct rl_process process = {.pid = 21, .ppid = 10, .total_vm_pages = 12};

    for (size_t i = 0; i < N; i++)
        kin[i] = kin_of_row(i);
    rl_family_sum(kin, N);
    assert_true(rl_family_give(kin, N, &process));
    assert_int_equal(process.mm, 3);
    assert_int_equal(process.children_pages, 60);
    assert_int_equal(process.children_half_pages, 31);
    assert_int_equal(process.total_vm_pages, 12);
}

/* cgroup.procs may list a process twice. */
static void whoever_is_there_twice_counts_once(void **state)
{
    struct rl_kin kin[] = {
        {.pid = 2, .ppid = 1, .total_vm_pages = 10},
        {.pid = 1, .total_vm_pages = 1},
        {.pid = 2, .ppid = 1, .total_vm_pages = 10},
        {.pid = 1, .total_vm_pages = 1},
        {.pid = 2, .ppid = 1, .total_vm_pages = 10},
    };

    rl_family_sum(kin, LENGTH(kin));
    assert_int_equal(rl_family_find(kin, LENGTH(kin), 1)->children_pages, 10);
    assert_int_equal(rl_family_find(kin, LENGTH(kin), 1)->children_half_pages, 6);
}

static void who_has_no_address_space_of_his_own_to_show(void **state)
{
    static const struct {
        uint32_t flags;
        uint64_t total_vm;
    } cases[] = {
        {0, 500},
        {RL_PROCESS_ROOT | RL_PROCESS_DYING | RL_PROCESS_MAIN, 500},
        {RL_PROCESS_KERNEL_THREAD, 0},
        {RL_PROCESS_DEAD_LEADER, 0},
        {RL_PROCESS_DEAD_LEADER | RL_PROCESS_ROOT, 0},
    };

    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct rl_process p = {
            .pid = 5, .ppid = 4, .mm = 3, .flags = cases[i].flags, .total_vm_pages = 500};
        struct rl_kin kin = rl_kin_of(&p);

        assert_int_equal(kin.pid, 5);
        assert_int_equal(kin.ppid, 4);
        assert_int_equal(kin.mm, 3);
        assert_int_equal(kin.total_vm_pages, cases[i].total_vm);
    }
}

static bool smaller(void *things, size_t a, size_t b)
{
    const uint32_t *numbers = things;

    return numbers[a] < numbers[b];
}

static void exchange(void *things, size_t a, size_t b)
{
    uint32_t *numbers = things, one = numbers[a];

    numbers[a] = numbers[b];
    numbers[b] = one;
}

static void any_number_of_things_is_sorted(void **state)
{
    struct dice dice = {7};

    for (size_t n = 0; n < 70; n++) {
        uint32_t numbers[70], sum = 0;

        for (size_t i = 0; i < n; i++)
            sum += numbers[i] = (uint32_t)roll(&dice, n % 2 ? 5 : 1000);
        rl_sort(numbers, n, smaller, exchange);
        for (size_t i = 0; i < n; i++) {
            sum -= numbers[i];
            assert_true(i == 0 || numbers[i - 1] <= numbers[i]);
        }
        assert_int_equal(sum, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(children_of_one_generation_are_added_up),
        cmocka_unit_test(nobody_is_found_who_is_not_there),
        cmocka_unit_test(a_process_gets_its_sums),
        cmocka_unit_test(whoever_is_there_twice_counts_once),
        cmocka_unit_test(who_has_no_address_space_of_his_own_to_show),
        cmocka_unit_test(any_number_of_things_is_sorted),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
