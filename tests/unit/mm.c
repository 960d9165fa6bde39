/* Who shares an address space: by made-up comparisons, and for real. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/observe/mm.h"
#include "tests/unit/policy.h"

#define USERS_MAX 40

/* --- a made-up world --- */

static unsigned spaces[1000]; /* by pid; 0: gone */
static size_t compared;

static int compare_spaces(pid_t a, pid_t b)
{
    compared++;
    if (spaces[a] == 0 || spaces[b] == 0)
        return -ESRCH;
    return spaces[a] == spaces[b] ? 0 : spaces[a] < spaces[b] ? 1 : 2;
}

static int no_such_call(pid_t a, pid_t b)
{
    return -ENOSYS;
}

static int not_permitted(pid_t a, pid_t b)
{
    return -EPERM;
}

static struct rl_mm_user user_of(pid_t pid)
{
    return (struct rl_mm_user){
        .index = (uint32_t)pid + 100,
        .pid = pid,
        .total_vm_pages = 5000,
        .start_code = 0x400000,
        .mm = 77,
    };
}

static const struct rl_mm_user *find(const struct rl_mm_user *users, size_t n, pid_t pid)
{
    for (size_t i = 0; i < n; i++)
        if (users[i].pid == pid)
            return &users[i];
    fail_msg("%d is lost", (int)pid);
    return NULL;
}

/* Random spaces, in few buckets: numbers are equal exactly where spaces are. */
static void the_same_number_means_the_same_space(void **state)
{
    struct dice dice = {3};
    size_t shared = 0;

    for (int round = 0; round < 20000; round++) {
        struct rl_mm_user users[USERS_MAX];
        size_t n = roll(&dice, USERS_MAX + 1);
        uint64_t sides = 1 + roll(&dice, 60);
        uint32_t last, most = 0;

        for (size_t i = 0; i < n; i++) {
            users[i] = user_of((pid_t)i + 1);
            spaces[i + 1] = 1 + (unsigned)roll(&dice, sides);
            /* A space is in one bucket. */
            users[i].total_vm_pages += spaces[i + 1] % 3;
            users[i].start_code += spaces[i + 1] % 5;
        }
        last = rl_mm_find(users, n, compare_spaces);
        for (size_t i = 0; i < n; i++) {
            const struct rl_mm_user *a = find(users, n, (pid_t)i + 1);
            bool alone = true;

            assert_int_equal(a->index, i + 101);
            assert_true(a->mm <= last);
            most = a->mm > most ? a->mm : most;
            for (size_t k = 0; k < n; k++) {
                const struct rl_mm_user *b = &users[k];

                if (a->pid == b->pid)
                    continue;
                alone = alone && spaces[a->pid] != spaces[b->pid];
                assert_int_equal(a->mm != 0 && a->mm == b->mm, spaces[a->pid] == spaces[b->pid]);
            }
            assert_int_equal(a->mm == 0, alone);
            shared += !alone;
        }
        assert_int_equal(most, last);
    }
    assert_true(shared > 1000);
}

static uint32_t mm_of(const struct rl_mm_user *users, size_t n, pid_t pid)
{
    return find(users, n, pid)->mm;
}

/* Up to the first one who shares with nobody, numbers are those that all would get: equal where
 * spaces are. */
static void the_first_are_told_as_all_would_be(void **state)
{
    struct dice dice = {5};
    size_t sharing_first = 0, sorted_out = 0;

    for (int round = 0; round < 20000; round++) {
        struct rl_mm_user users[USERS_MAX];
        size_t n = roll(&dice, USERS_MAX + 1), first = 0;
        uint64_t sides = 1 + roll(&dice, 60);

        for (size_t i = 0; i < n; i++) {
            users[i] = user_of((pid_t)i + 1);
            spaces[i + 1] = 1 + (unsigned)roll(&dice, sides);
            users[i].total_vm_pages += spaces[i + 1] % 3;
        }
        rl_mm_find_first(users, n, compare_spaces);
        for (bool alone = false; !alone && first < n; first++) {
            uint32_t mm = mm_of(users, n, (pid_t)first + 1);

            alone = true;
            for (size_t k = 0; k < n; k++) {
                bool same = k != first && spaces[k + 1] == spaces[first + 1];

                alone = alone && !same;
                if (k != first)
                    assert_int_equal(mm != 0 && mm_of(users, n, (pid_t)k + 1) == mm, same);
            }
            assert_int_equal(mm == 0, alone);
        }
        sharing_first += first > 1;
        sorted_out += first > 8;
    }
    assert_true(sharing_first > 1000);
    assert_true(sorted_out > 100);
}

/* What is told of others is true, as far as it goes: same number, same space. */
static void where_the_first_is_alone_the_rest_is_not_asked(void **state)
{
    static struct rl_mm_user users[999];

    for (size_t i = 0; i < LENGTH(users); i++) {
        users[i] = user_of((pid_t)i + 1);
        spaces[i + 1] = i == 0 ? 1 : 2;
    }
    compared = 0;
    assert_int_equal(rl_mm_find_first(users, LENGTH(users), compare_spaces), 0);
    assert_int_equal(compared, 998);
    for (size_t i = 0; i < LENGTH(users); i++) {
        assert_int_equal(users[i].pid, i + 1);
        assert_int_equal(users[i].mm, 0);
    }
}

/* Pairs that share, all of them: the end is the same as with all sorted out at once. */
static void many_that_share_are_sorted_out_at_once(void **state)
{
    static struct rl_mm_user users[998];

    for (size_t i = 0; i < LENGTH(users); i++) {
        users[i] = user_of((pid_t)i + 1);
        spaces[i + 1] = 1 + (unsigned)(i / 2);
    }
    compared = 0;
    assert_int_equal(rl_mm_find_first(users, LENGTH(users), compare_spaces), 499);
    assert_in_range(compared, 997, 8 * 998 + 20000);
    for (pid_t pid = 1; pid < 998; pid += 2)
        assert_int_equal(mm_of(users, 998, pid), mm_of(users, 998, pid + 1));
    assert_int_equal(rl_mm_find_first(NULL, 0, compare_spaces), 0);
}

static void only_the_suspicious_are_compared(void **state)
{
    struct rl_mm_user users[4];

    for (size_t i = 0; i < LENGTH(users); i++) {
        users[i] = user_of((pid_t)i + 1);
        spaces[i + 1] = 1; /* even if they were the same */
    }
    users[0].total_vm_pages++;
    users[1].start_code++;
    users[2].total_vm_pages = users[3].total_vm_pages = 0;
    compared = 0;
    assert_int_equal(rl_mm_find(users, LENGTH(users), compare_spaces), 0);
    assert_int_equal(rl_mm_find_first(users, LENGTH(users), compare_spaces), 0);
    assert_int_equal(compared, 0);
    assert_int_equal(rl_mm_find(NULL, 0, compare_spaces), 0);
}

static void a_thousand_twins_are_not_compared_each_with_each(void **state)
{
    static struct rl_mm_user users[999];

    for (size_t i = 0; i < LENGTH(users); i++) {
        users[i] = user_of((pid_t)i + 1);
        spaces[i + 1] = 1 + (unsigned)(i * 7919 % 999);
    }
    compared = 0;
    assert_int_equal(rl_mm_find(users, LENGTH(users), compare_spaces), 0);
    assert_in_range(compared, 998, 13000);
}

static void who_is_gone_shares_with_nobody(void **state)
{
    struct rl_mm_user users[] = {user_of(1), user_of(2), user_of(3)};

    spaces[1] = spaces[3] = 4;
    spaces[2] = 0;
    assert_true(rl_mm_find(users, LENGTH(users), compare_spaces) <= 1);
    assert_int_equal(find(users, LENGTH(users), 2)->mm, 0);
}

/* --- where nobody may compare --- */

/* Forked workers look the same, too: without proof they are left apart. */
static void numbers_alone_prove_nothing(void **state)
{
    static const rl_mm_compare_fn blind[] = {NULL, no_such_call, not_permitted};

    for (size_t b = 0; b < LENGTH(blind); b++) {
        struct rl_mm_user users[] = {user_of(1), user_of(2), user_of(3)};

        assert_int_equal(rl_mm_find(users, LENGTH(users), blind[b]), 0);
        for (size_t i = 0; i < LENGTH(users); i++)
            assert_int_equal(users[i].mm, 0);
        assert_int_equal(rl_mm_find_first(users, LENGTH(users), blind[b]), 0);
        for (size_t i = 0; i < LENGTH(users); i++)
            assert_int_equal(users[i].mm, 0);
    }
}

/* kcmp sees no address space behind an exited main thread: two such would always be the same. */
static void without_a_main_thread_kcmp_is_not_asked(void **state)
{
    struct rl_mm_user users[] = {user_of(1), user_of(2), user_of(3), user_of(4)};

    users[0].headless = users[1].headless = users[2].headless = true;
    for (pid_t pid = 1; pid <= 4; pid++)
        spaces[pid] = 1;
    compared = 0;
    assert_int_equal(rl_mm_find(users, LENGTH(users), compare_spaces), 0);
    assert_int_equal(compared, 0);
    for (size_t i = 0; i < LENGTH(users); i++) { /* now the first one may be compared */
        users[i] = user_of((pid_t)i + 1);
        users[i].headless = i > 0;
    }
    assert_int_equal(rl_mm_find_first(users, LENGTH(users), compare_spaces), 0);
    assert_int_equal(compared, 0);
    for (pid_t pid = 1; pid <= 4; pid++)
        assert_int_equal(find(users, LENGTH(users), pid)->mm, 0);
}

static void a_user_is_taken_from_a_process(void **state)
{
    const struct rl_process p = {
        .pid = 5, .flags = RL_PROCESS_DEAD_LEADER, .total_vm_pages = 1, .start_code = 2};
    struct rl_mm_user user = rl_mm_user_of(&p, 8);

    assert_int_equal(user.index, 8);
    assert_int_equal(user.pid, 5);
    assert_true(user.headless);
    assert_int_equal(user.total_vm_pages, 1);
    assert_int_equal(user.start_code, 2);
}

/* --- for real --- */

static int wait_for_the_end(void *unused)
{
    for (;;)
        pause();
    return 0;
}

static void kcmp_tells_a_sharer_from_a_fork(void **state)
{
    const size_t stack_size = 64 * 1024;
    char *stack = mmap(
        NULL, stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pid_t sharer, forked;
    int with_sharer, with_forked, back;

    assert_ptr_not_equal(stack, MAP_FAILED);
    sharer = clone(wait_for_the_end, stack + stack_size, CLONE_VM | SIGCHLD, NULL);
    assert_true(sharer > 0);
    forked = fork();
    if (forked == 0)
        wait_for_the_end(NULL);
    assert_true(forked > 0);
    with_sharer = rl_mm_compare(getpid(), sharer);
    with_forked = rl_mm_compare(getpid(), forked);
    back = rl_mm_compare(forked, getpid());
    kill(sharer, SIGKILL);
    kill(forked, SIGKILL);
    waitpid(sharer, NULL, 0);
    waitpid(forked, NULL, 0);
    munmap(stack, stack_size);
    if (with_sharer == -EPERM || with_sharer == -ENOSYS)
        skip(); /* a container's filter */
    assert_int_equal(with_sharer, 0);
    assert_in_range(with_forked, 1, 2);
    assert_int_equal(back, 3 - with_forked);
    assert_int_equal(rl_mm_compare(getpid(), forked), -ESRCH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_number_means_the_same_space),
        cmocka_unit_test(the_first_are_told_as_all_would_be),
        cmocka_unit_test(where_the_first_is_alone_the_rest_is_not_asked),
        cmocka_unit_test(many_that_share_are_sorted_out_at_once),
        cmocka_unit_test(only_the_suspicious_are_compared),
        cmocka_unit_test(a_thousand_twins_are_not_compared_each_with_each),
        cmocka_unit_test(who_is_gone_shares_with_nobody),
        cmocka_unit_test(numbers_alone_prove_nothing),
        cmocka_unit_test(without_a_main_thread_kcmp_is_not_asked),
        cmocka_unit_test(a_user_is_taken_from_a_process),
        cmocka_unit_test(kcmp_tells_a_sharer_from_a_fork),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
