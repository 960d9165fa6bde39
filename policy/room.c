#include "room.h"

#include "wide.h"

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t sum_not_0(uint64_t a, uint64_t b)
{
    uint64_t sum = b > UINT64_MAX - a ? UINT64_MAX : a + b;

    return sum > 0 ? sum : 1;
}

static void find_available(
    const struct rl_level *levels, size_t n, const struct rl_node *node, struct rl_room *ret)
{
    uint64_t memory = node->mem_total, swap = node->swap_total;

    ret->limited_by = RL_LEVEL_NODE;
    for (size_t i = 0; i < n; i++) {
        if (levels[i].memory_max < memory) {
            memory = levels[i].memory_max;
            ret->limited_by = (int)i;
        }
        swap = smaller(swap, levels[i].swap_max);
    }
    /* mem_cgroup_get_max counts swap only while the kernel may use it for cgroups; the machine's
     * own total always does (constrained_alloc without a constraint). */
    if (ret->limited_by != RL_LEVEL_NODE && node->swappiness == 0)
        swap = 0;
    ret->available = sum_not_0(memory, swap);
}

static void find_totals(
    const struct rl_level *levels, const struct rl_node *node, struct rl_room *ret)
{
    uint64_t memory = node->mem_total, swap = node->swap_total, swap_max = swap;

    if (ret->limited_by != RL_LEVEL_NODE) {
        memory = levels[ret->limited_by].memory_max;
        swap_max = smaller(swap, levels[ret->limited_by].swap_max);
        if (node->swappiness == 0)
            swap = swap_max = 0;
    }
    ret->totals[RL_TOTAL_AVAILABLE] = ret->available;
    ret->totals[RL_TOTAL_LIMIT_AND_SWAP] = sum_not_0(memory, swap);
    ret->totals[RL_TOTAL_LIMIT_AND_SWAP_MAX] = sum_not_0(memory, swap_max);
}

/* Hold one level's use against its limit, and keep it where it is the tightest so far. */
static void take_level(struct rl_room *room, int index, uint64_t used, uint64_t limit)
{
    uint64_t usage = limit > 0 ? rl_mul_div(used, RL_WHOLE, limit) : RL_WHOLE;
    uint64_t left = limit > used ? limit - used : 0;

    if (usage > room->usage)
        room->usage = usage;
    if (left < room->headroom) {
        room->headroom = left;
        room->limit = limit;
        room->tightest = index;
    }
}

static void find_swap(
    const struct rl_level *levels, size_t n, const struct rl_node *node, struct rl_room *ret)
{
    uint64_t total = node->swap_total;

    ret->has_swap = total > 0;
    ret->swap_known = true;
    for (size_t i = 0; i < n; i++)
        if (levels[i].swap_max == 0)
            ret->has_swap = false;
    if (!ret->has_swap)
        return;
    ret->swap_usage = rl_mul_div(total - smaller(node->swap_free, total), RL_WHOLE, total);
    for (size_t i = 0; i < n; i++) {
        uint64_t usage;

        if (levels[i].swap_max == RL_NO_LIMIT)
            continue;
        if (!levels[i].swap_known) {
            ret->swap_known = false;
            continue;
        }
        usage = rl_mul_div(levels[i].swap_used, RL_WHOLE, levels[i].swap_max);
        if (usage > ret->swap_usage)
            ret->swap_usage = usage;
    }
}

void rl_room_of(
    const struct rl_level *levels, size_t n, const struct rl_node *node, struct rl_room *ret)
{
    *ret = (struct rl_room){.headroom = RL_NO_LIMIT, .tightest = RL_LEVEL_NODE, .known = true};
    find_available(levels, n, node, ret);
    find_totals(levels, node, ret);
    find_swap(levels, n, node, ret);

    for (size_t i = 0; i < n; i++) {
        uint64_t limit = smaller(levels[i].memory_high, levels[i].memory_max);

        if (limit == RL_NO_LIMIT)
            continue;
        if (!levels[i].used_known) {
            ret->known = false;
            continue;
        }
        take_level(ret, (int)i, levels[i].used, limit);
    }
    take_level(ret, RL_LEVEL_NODE, node->mem_total - smaller(node->mem_available, node->mem_total),
        node->mem_total);
}
