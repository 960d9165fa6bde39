#include "family.h"

#include "sort.h"

struct rl_kin rl_kin_of(const struct rl_process *process)
{
    bool has_mm = !(process->flags & (RL_PROCESS_KERNEL_THREAD | RL_PROCESS_DEAD_LEADER));

    return (struct rl_kin){
        .pid = process->pid,
        .ppid = process->ppid,
        .mm = process->mm,
        .total_vm_pages = has_mm ? process->total_vm_pages : 0,
    };
}

static bool before(void *things, size_t a, size_t b)
{
    const struct rl_kin *kin = things;

    return kin[a].pid < kin[b].pid;
}

static void swap(void *things, size_t a, size_t b)
{
    struct rl_kin *kin = things, one = kin[a];

    kin[a] = kin[b];
    kin[b] = one;
}

static size_t index_of(const struct rl_kin *kin, size_t n, pid_t pid)
{
    size_t low = 0, high = n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;

        if (kin[mid].pid < pid)
            low = mid + 1;
        else
            high = mid;
    }
    return low < n && kin[low].pid == pid ? low : n;
}

static void add(uint64_t *sum, uint64_t more)
{
    *sum = more > UINT64_MAX - *sum ? UINT64_MAX : *sum + more;
}

static void add_child(struct rl_kin *parent, const struct rl_kin *child)
{
    if (child->total_vm_pages == 0 || (child->mm != 0 && child->mm == parent->mm))
        return;
    add(&parent->children_pages, child->total_vm_pages);
    add(&parent->children_half_pages, child->total_vm_pages / 2 + 1);
}

void rl_family_sum(struct rl_kin *kin, size_t n)
{
    for (size_t i = 0; i < n; i++)
        kin[i].children_pages = kin[i].children_half_pages = 0;
    rl_sort(kin, n, before, swap);
    for (size_t i = 0; i < n; i++) {
        bool twice = i > 0 && kin[i - 1].pid == kin[i].pid;
        size_t parent = index_of(kin, n, kin[i].ppid);

        if (!twice && parent < n)
            add_child(&kin[parent], &kin[i]);
    }
}

const struct rl_kin *rl_family_find(const struct rl_kin *kin, size_t n, pid_t pid)
{
    size_t i = index_of(kin, n, pid);

    return i < n ? &kin[i] : NULL;
}

bool rl_family_give(const struct rl_kin *kin, size_t n, struct rl_process *process)
{
    const struct rl_kin *own = rl_family_find(kin, n, process->pid);

    if (!own)
        return false;
    process->mm = own->mm;
    process->children_pages = own->children_pages;
    process->children_half_pages = own->children_half_pages;
    return true;
}
