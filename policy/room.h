/* How much memory a cgroup may use, how much of that it uses, and whose limit it is.
 *
 * A cgroup lives under the limits of all its ancestors. Levels are given from the cgroup itself
 * upwards; the machine is the last level and is given as struct rl_node. */
#pragma once

#include <stddef.h>

#include "sample.h"

#define RL_LEVEL_NODE (-1) /* the machine itself limits */

/* One level: the limits of a cgroup and what it uses. RL_NO_LIMIT where the file says max or is
 * missing; used_known is false where memory.current or memory.stat could not be read. */
struct rl_level {
    uint64_t memory_high, memory_max, swap_max;
    uint64_t used;
    bool used_known;
    uint64_t swap_used; /* memory.swap.current */
    bool swap_known;
};

/* What a score is a share of; a model says which one is its own. */
enum rl_total {
    RL_TOTAL_AVAILABLE, /* rl_room.available */
    /* What the kernels took as totalpages of a memory cgroup's OOM, in the terms of cgroup v2; for
     * the machine itself all are MemTotal + SwapTotal. */
    RL_TOTAL_LIMIT_AND_SWAP,     /* its memory.max + SwapTotal: 2.6.36 to 4.14 */
    RL_TOTAL_LIMIT_AND_SWAP_MAX, /* its memory.max + min(its memory.swap.max, SwapTotal): 4.15 on */
    RL_TOTALS,
};

struct rl_room {
    uint64_t available;         /* bytes: the denominator of the score (see rl_room_of) */
    uint64_t totals[RL_TOTALS]; /* bytes, never 0; [RL_TOTAL_AVAILABLE] is the same as available */
    int limited_by;             /* index of the level whose memory.max is that, or RL_LEVEL_NODE */
    uint64_t usage;      /* hundredths of a percent: the largest used / limit of all levels */
    uint64_t headroom;   /* bytes: the smallest limit - used of all levels, 0 when over it */
    uint64_t limit;      /* bytes: the limit that headroom is measured against */
    int tightest;        /* index of the level that headroom is about, or RL_LEVEL_NODE */
    bool known;          /* usage and headroom could be computed for every limited level */
    uint64_t swap_usage; /* hundredths of a percent: the largest part in use of the swap that any
                          * level may use, the machine's own among them */
    bool has_swap;       /* there is swap that the cgroup may use at all */
    bool swap_known;     /* swap_usage could be computed for every level that limits swap */
};

/**
 * rl_room_of() - available memory, usage and headroom of the cgroup at levels[0]
 * @levels:  from the cgroup to the topmost one below the root; may be empty for the root
 * @n:       number of levels
 * @node:    the machine
 * @ret:     result
 *
 * available = min(smallest memory.max, MemTotal) + min(smallest memory.swap.max, SwapTotal). The
 * swap part is left out for a limited cgroup where vm.swappiness is 0 (the kernel's
 * mem_cgroup_get_max of 5.10..6.18 does the same). Never above MemTotal + SwapTotal, never 0.
 * limited_by is the nearest cgroup with that smallest memory.max, RL_LEVEL_NODE when none is
 * below MemTotal.
 *
 * The kernels' totals are those of the cgroup that limits (limited_by): its own memory.max and
 * memory.swap.max alone, without swap where vm.swappiness is 0 (mem_cgroup_get_limit of 3.18 and
 * 4.19, mem_cgroup_get_max of 5.10 to 6.18; that of 2.6.36 counts swap then too, which is not
 * imitated). Where several limits are equal the nearest counts, though another may be hit first.
 *
 * usage and headroom look at every level with a memory.high or memory.max (the smaller counts)
 * and at the machine (MemTotal - MemAvailable against MemTotal) as the last one.
 *
 * swap_usage looks at every level with a memory.swap.max, and at the machine (SwapTotal - SwapFree
 * against SwapTotal) as the last one; has_swap is false, and swap_usage 0, where SwapTotal or one
 * of these limits is 0.
 */
void rl_room_of(
    const struct rl_level *levels, size_t n, const struct rl_node *node, struct rl_room *ret);
