/* What is remembered of a cgroup that nobody looks at closely, and what a glance at it tells.
 *
 * A glance is memory.pressure, and memory.events where these are known to have moved somewhere. It
 * costs one open, read and close, so it tells only two things: whether to look below the cgroup,
 * and whether to watch the cgroup itself closely. Numbers are kept modulo 2^32 (71 minutes of
 * stall in microseconds, 49 days in milliseconds): differences are right as long as less passes
 * between two glances, and what is older than RL_SEEN_OLD_MS is treated as unknown. */
#pragma once

#include "sample.h"

#define RL_SEEN_OLD_MS (60u * 60 * 1000)

struct rl_seen {
    uint32_t some, full;  /* total= of memory.pressure, microseconds */
    uint32_t events : 31; /* memory.events: high + max + oom */
    uint32_t below : 1;   /* at_ms all that is below was still as it had been seen */
    uint32_t at_ms;       /* when these were read; 0: never */
};

struct rl_glance {
    uint64_t now_us; /* CLOCK_MONOTONIC */
    bool pressure;   /* some_us and full_us could be read (cgroup.pressure=0: not) */
    bool events;     /* so could events_sum */
    uint64_t some_us, full_us;
    uint64_t events_sum; /* high + max + oom */
};

/* What happened between two glances. */
struct rl_stir {
    bool blind;        /* memory.pressure cannot be read: anything may have happened */
    bool events;       /* memory.events moved */
    uint64_t grown_us; /* some, since the glance before; since it was made, for the first one */
    uint64_t over_us;  /* it grew within the last so many; 0: nobody knows when */
};

/* The first glance at a new cgroup is known before it happens: nothing has stalled yet. */
void rl_seen_born(struct rl_seen *seen, uint64_t now_us);

/**
 * rl_seen_take() - hold a glance against the one before, and remember it
 * @above_ms: rl_seen_above() of the parent, before its own glance of this walk
 *
 * A parent whose total= stands still has no child that stalls (psi_group_change: a stalled task
 * counts in all groups above it), so the child was last seen when the parent was found unmoved,
 * even though nobody read it then.
 */
void rl_seen_take(
    struct rl_seen *seen, uint32_t above_ms, const struct rl_glance *glance, struct rl_stir *ret);

/* How often memory.events moved since the glance before. It must have been seen before, and the
 * glance have its events. */
uint32_t rl_seen_events(const struct rl_seen *seen, const struct rl_glance *glance);

/* Is a glance newer than what is remembered? */
bool rl_seen_older(const struct rl_seen *seen, uint64_t now_us);

/* All below has been looked at, too, since the glance just taken. */
void rl_seen_below(struct rl_seen *seen);

/* Until when all below was as it had been seen, milliseconds; 0: not known. */
uint32_t rl_seen_above(const struct rl_seen *seen);

/**
 * rl_seen_sample() - the glance before, as a sample for a history that begins now
 * @glance: of now: the upper half of the counters
 *
 * Only stall is known of it. Return: false when it was never seen, or too long ago.
 */
bool rl_seen_sample(const struct rl_seen *seen, uint32_t above_ms, const struct rl_glance *glance,
    struct rl_sample *ret);

/**
 * rl_stir_share() - the growth as a share of the time between two walks
 * @span_us: that time. Growth within a longer one counts as if it had come within this one; and so
 *           does that within a shorter one: a burst that was seen early is no more than that, and
 *           what goes on is there at the next walk
 *
 * Return: hundredths of a percent; RL_WHOLE at most.
 */
uint32_t rl_stir_share(const struct rl_stir *stir, uint64_t span_us);

/* Has anything moved at all? */
bool rl_stir_any(const struct rl_stir *stir);
