#include "step.h"

/* The default waits: what only tells is no reason to wait, and the others get what they usually
 * need. */
static const struct rl_step_traits traits[RL_STEP_KINDS] = {
    [RL_STEP_WARN] = {.name = "warn", .tells = true},
    [RL_STEP_HOOK] =
        {
            .name = "hook",
            .victim = RL_VICTIM_ASKED,
            .vetoes = true,
            .timed = true,
            .wait_us = 5 * RL_US_PER_S,
        },
    [RL_STEP_RECLAIM] = {.name = "reclaim", .timed = true, .wait_us = 10 * RL_US_PER_S},
    [RL_STEP_THROTTLE] =
        {
            .name = "throttle",
            .trace = RL_TRACE_THROTTLED,
            .timed = true,
            .wait_us = 10 * RL_US_PER_S,
        },
    [RL_STEP_FREEZE] =
        {
            .name = "freeze",
            .trace = RL_TRACE_FROZEN,
            .timed = true,
            .wait_us = 10 * RL_US_PER_S,
        },
    [RL_STEP_TERMINATE] =
        {
            .name = "terminate",
            .victim = RL_VICTIM_NEEDED,
            .kills = true,
            .signals = true,
            .thaws = true,
            .wait_us = 5 * RL_US_PER_S,
        },
    [RL_STEP_KILL] =
        {
            .name = "kill",
            .victim = RL_VICTIM_NEEDED,
            .kills = true,
            .strikes = true,
            .signals = true,
        },
    [RL_STEP_RESTART] =
        {
            .name = "restart",
            .victim = RL_VICTIM_NEEDED,
            .kills = true,
            .thaws = true,
            .timed = true,
            .wait_us = 30 * RL_US_PER_S,
        },
    [RL_STEP_PANIC] = {.name = "panic", .kills = true},
};

const struct rl_step_traits *rl_step_traits(enum rl_step_kind kind)
{
    return &traits[(size_t)kind < RL_STEP_KINDS ? kind : RL_STEP_KILL];
}

const char *rl_step_name(enum rl_step_kind kind)
{
    return (size_t)kind < RL_STEP_KINDS ? traits[kind].name : NULL;
}

/* Without overflow for any number of bytes. */
static uint64_t part_of(uint64_t bytes, uint32_t share)
{
    return bytes / RL_WHOLE * share + bytes % RL_WHOLE * share / RL_WHOLE;
}

bool rl_step_fell(const struct rl_step *step, uint64_t before, uint64_t now)
{
    uint64_t amount = step->share < RL_WHOLE ? part_of(before, RL_WHOLE - step->share) : 0;

    return now <= before && before - now >= amount - amount / 16;
}

uint64_t rl_step_frozen_us(const struct rl_relief *relief, uint8_t rung)
{
    uint64_t sum = 0;

    for (uint8_t i = rung; i < relief->n; i++) {
        const struct rl_step_traits *t = rl_step_traits(relief->steps[i].kind);

        if (t->thaws || t->strikes)
            break;
        sum += relief->steps[i].wait_us;
        if (sum > RL_FREEZE_MAX_US)
            return RL_FREEZE_MAX_US;
    }
    return sum;
}

uint64_t rl_step_wanted(const struct rl_step *step, uint64_t in_use)
{
    return step->share > 0 ? part_of(in_use, step->share) : step->bytes;
}
