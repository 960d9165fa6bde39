/* After a step that holds memory down instead of freeing it: has it helped?
 *
 * Such a step makes the trigger worthless as an answer: while memory.high is lowered the cgroup
 * stalls because of us, and a frozen one stalls not at all. So what counts is whether the memory
 * in use has come down as far as the step was to bring it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct rl_ease {
    uint64_t used_before; /* bytes: rl_sample_used() when the step was taken */
    uint64_t amount;      /* bytes by which it was to fall: rl_ease_amount(); 0: not to grow */
    uint64_t slack;       /* bytes of which no notice is taken: rl_ease_slack(); never more than
                           * half of an amount */
    bool frozen;          /* nothing runs in there */
};

/* By how much a throttle to a share of what is held is to bring memory down. current: bytes of
 * memory.current when the step was taken; share: hundredths of a percent. Return: bytes. */
uint64_t rl_ease_amount(uint64_t current, uint32_t share);

/* How far a cgroup may be above a memory.high that it is held down to: tasks are stopped when they
 * return to user space, having charged a batch (kernel 6.12: try_charge_memcg, MEMCG_CHARGE_BATCH
 * is 64 pages), which is kept in stock for each processor. Return: bytes. */
uint64_t rl_ease_slack(uint32_t page_size, uint32_t processors);

/**
 * rl_eased() - need the next rung not be taken?
 * @used_now: bytes, of the same kind as used_before
 *
 * Never while it is frozen: nothing has changed by itself, it all goes on at the thaw. An amount
 * beyond what was in use asks for all of it.
 */
bool rl_eased(const struct rl_ease *ease, uint64_t used_now);
