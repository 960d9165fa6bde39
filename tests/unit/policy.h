/* What several tests of policy/ share. Everything is deterministic: the same numbers each run. */
#pragma once

#include "policy/policy.h"

#define MS  RL_US_PER_MS
#define SEC RL_US_PER_S
#define MIB (UINT64_C(1) << 20)
#define GIB (UINT64_C(1) << 30)
#define ALL 0xffu /* every enum rl_have bit */

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* xorshift64*: enough to wander through cases, and repeatable. */
struct dice {
    uint64_t state;
};

static inline uint64_t roll(struct dice *dice, uint64_t sides)
{
    dice->state ^= dice->state >> 12;
    dice->state ^= dice->state << 25;
    dice->state ^= dice->state >> 27;
    return (dice->state * UINT64_C(0x2545f4914f6cdd1d) >> 11) % sides;
}

/* A machine with 8 GiB of memory and 2 GiB of swap, half of both free. */
static inline struct rl_node a_node(void)
{
    return (struct rl_node){
        .mem_total = 8 * GIB,
        .mem_available = 4 * GIB,
        .swap_total = 2 * GIB,
        .swap_free = 1 * GIB,
        .swappiness = 60,
        .page_size = 4096,
    };
}

/* A level that nothing limits. */
static inline struct rl_level a_level(uint64_t used)
{
    return (struct rl_level){
        .memory_high = RL_NO_LIMIT,
        .memory_max = RL_NO_LIMIT,
        .swap_max = RL_NO_LIMIT,
        .used = used,
        .used_known = true,
    };
}

/* Add a sample of which only some and full stall count. */
static inline void add_stall(
    struct rl_history *history, uint64_t at_us, uint64_t some_us, uint64_t full_us)
{
    struct rl_sample sample = {.at_us = at_us, .have = ALL, .some_us = some_us, .full_us = full_us};

    rl_history_add(history, &sample, NULL);
}
