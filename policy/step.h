/* What kinds of steps a ladder may have, and what is true of each: one table, asked by everybody
 * who has to tell them apart. A new step is one row here, one parser of its arguments in
 * conf/key-relief.c and one file in daemon/step/. */
#pragma once

#include "policy.h"

/* Does it act on a chosen victim, or on the offender as a whole? */
enum rl_step_victim {
    RL_VICTIM_NONE,   /* on the offender */
    RL_VICTIM_ASKED,  /* it is told of the victim where somebody can be chosen, and does without */
    RL_VICTIM_NEEDED, /* without a victim there is nothing that it could do */
};

/* What a step leaves behind that the question "does the trigger still hold" has to allow for. */
enum rl_step_trace {
    RL_TRACE_NONE,
    RL_TRACE_THROTTLED, /* pressure is of our own making from here: memory has to fall instead */
    RL_TRACE_FROZEN,    /* nobody stalls who is frozen: it holds until the thaw */
};

struct rl_step_traits {
    const char *name; /* as the language spells it */
    enum rl_step_victim victim;
    enum rl_step_trace trace;
    bool tells;       /* it only tells: all that may be done right after a resume from suspend */
    bool kills;       /* it may end processes: it counts for Limit= and [Budget] */
    bool strikes;     /* it is SIGKILL: no signal is sent after it */
    bool signals;     /* it is a signal to the victim */
    bool thaws;       /* whom it means has to run to follow it: what is frozen is thawed first */
    bool vetoes;      /* it may say that this victim must live */
    bool timed;       /* its wait is the time that it may take, and cannot be 0 */
    uint64_t wait_us; /* where none is given */
};

/* Frozen cgroups are never left alone for longer. */
#define RL_FREEZE_MAX_US (600 * RL_US_PER_S)

/* Return: the traits of a kind, those of kill for what is none; never NULL. */
const struct rl_step_traits *rl_step_traits(enum rl_step_kind kind);

/**
 * rl_step_fell() - has a throttle had its effect?
 * @step:   throttle N%
 * @before: bytes in use (rl_level.used) when it was taken
 * @now:    and now
 *
 * memory.high was set to N % of what was in use, so the rest has to go: before * (100 % - N). A
 * sixteenth of that may be missing, since the kernel charges in batches and throttles only what is
 * above memory.high by then. The formula is our own.
 */
bool rl_step_fell(const struct rl_step *step, uint64_t before, uint64_t now);

/* How long a freeze on that rung may last: its own wait and those of the rungs behind it, up to
 * one that thaws or strikes; at most RL_FREEZE_MAX_US. */
uint64_t rl_step_frozen_us(const struct rl_relief *relief, uint8_t rung);

/* What `reclaim` on that rung is to bring: SIZE, or N% of what is in use now. */
uint64_t rl_step_wanted(const struct rl_step *step, uint64_t in_use);
