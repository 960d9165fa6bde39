/* Has the machine just woken from sleep? Right after a resume everything stalls for a while without
 * anybody being short of memory.
 *
 * Nobody is told of a resume; but CLOCK_BOOTTIME goes on during sleep and CLOCK_MONOTONIC does not,
 * so their difference has grown. It is looked at whenever somebody asks, which is before anything
 * is acted on: no timer, no bus. A sleep long past counts from the first question after it: too
 * careful by at most RL_RESUME_US, never too bold. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RL_RESUME_US UINT64_C(15000000)

struct rl_suspend {
    uint64_t asleep_us;  /* time asleep since boot, at the last look */
    uint64_t resumed_us; /* CLOCK_MONOTONIC of the look that found a resume; 0: none */
};

/* Call at start. */
void rl_suspend_init(struct rl_suspend *suspend);

/* Did the machine resume within the last RL_RESUME_US? now_us: CLOCK_MONOTONIC. */
bool rl_resumed_recently(struct rl_suspend *suspend, uint64_t now_us);

/* The same for a given time asleep (CLOCK_BOOTTIME - CLOCK_MONOTONIC). Pure. */
bool rl_suspend_look(struct rl_suspend *suspend, uint64_t asleep_us, uint64_t now_us);
