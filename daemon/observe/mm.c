#include "daemon/observe/mm.h"

#include <errno.h>
#include <linux/kcmp.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "policy/sort.h"

/* So many are taken one by one before all are sorted out, which costs as much as some ten of them.
 */
#define FIRST_MOST 8

/* Those of one bucket, while they are sorted. */
struct bucket {
    struct rl_mm_user *users;
    rl_mm_compare_fn compare;
};

int rl_mm_compare(pid_t a, pid_t b)
{
    long r = syscall(SYS_kcmp, a, b, KCMP_VM, 0, 0);

    return r < 0 ? -errno : (int)r;
}

struct rl_mm_user rl_mm_user_of(const struct rl_process *process, uint32_t index)
{
    return (struct rl_mm_user){
        .index = index,
        .pid = process->pid,
        .headless = process->flags & RL_PROCESS_DEAD_LEADER,
        .total_vm_pages = process->total_vm_pages,
        .start_code = process->start_code,
    };
}

static int order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Those that may share side by side. */
static int by_bucket(const struct rl_mm_user *a, const struct rl_mm_user *b)
{
    int o = order(a->total_vm_pages, b->total_vm_pages);

    if (o == 0)
        o = order(a->start_code, b->start_code);
    return o != 0 ? o : a->headless - b->headless;
}

static bool stands_before(void *things, size_t a, size_t b)
{
    const struct rl_mm_user *x = &((struct rl_mm_user *)things)[a];
    const struct rl_mm_user *y = &((struct rl_mm_user *)things)[b];
    int o = by_bucket(x, y);

    return (o != 0 ? o : x->pid - y->pid) < 0;
}

static void exchange(void *things, size_t a, size_t b)
{
    struct rl_mm_user *users = things, one = users[a];

    users[a] = users[b];
    users[b] = one;
}

static bool compares_before(void *things, size_t a, size_t b)
{
    const struct bucket *bucket = things;
    const struct rl_mm_user *x = &bucket->users[a], *y = &bucket->users[b];
    int r = bucket->compare(x->pid, y->pid);

    return r < 0 ? x->pid < y->pid : r == 1;
}

static void exchange_in_bucket(void *things, size_t a, size_t b)
{
    exchange(((struct bucket *)things)->users, a, b);
}

/* Number those of one bucket. Return: the last number given. */
static uint32_t number(struct rl_mm_user *users, size_t n, rl_mm_compare_fn compare, uint32_t last)
{
    size_t first = 0;

    if (n > 1)
        rl_sort(&(struct bucket){users, compare}, n, compares_before, exchange_in_bucket);
    for (size_t i = 1; i < n; i++) {
        if (compare(users[first].pid, users[i].pid) != 0) {
            first = i;
            continue;
        }
        if (users[first].mm == 0)
            users[first].mm = ++last;
        users[i].mm = users[first].mm;
    }
    return last;
}

uint32_t rl_mm_find(struct rl_mm_user *users, size_t n, rl_mm_compare_fn compare)
{
    uint32_t last = 0;
    size_t to;

    for (size_t i = 0; i < n; i++)
        users[i].mm = 0;
    if (!compare)
        return 0;
    rl_sort(users, n, stands_before, exchange);
    for (size_t from = 0; from < n; from = to) {
        for (to = from + 1; to < n && by_bucket(&users[from], &users[to]) == 0;)
            to++;
        if (users[from].total_vm_pages > 0 && !users[from].headless)
            last = number(users + from, to - from, compare, last);
    }
    return last;
}

/* Number those that share with one of them. Return: the last number given. */
static uint32_t number_with(
    struct rl_mm_user *users, size_t n, size_t one, rl_mm_compare_fn compare, uint32_t last)
{
    struct rl_mm_user *user = &users[one];

    if (user->total_vm_pages == 0 || user->headless)
        return last;
    for (size_t i = 0; i < n; i++) {
        if (i == one || users[i].mm != 0 || by_bucket(user, &users[i]) != 0 ||
            compare(user->pid, users[i].pid) != 0)
            continue;
        if (user->mm == 0)
            user->mm = ++last;
        users[i].mm = user->mm;
    }
    return last;
}

uint32_t rl_mm_find_first(struct rl_mm_user *users, size_t n, rl_mm_compare_fn compare)
{
    uint32_t last = 0;

    for (size_t i = 0; i < n; i++)
        users[i].mm = 0;
    for (size_t i = 0; compare && i < n; i++) {
        if (users[i].mm != 0)
            continue;
        if (i >= FIRST_MOST)
            return rl_mm_find(users, n, compare);
        last = number_with(users, n, i, compare, last);
        if (users[i].mm == 0)
            break;
    }
    return last;
}
