/* The recent past of one cgroup: counters at a bounded number of instants, and windows over them.
 *
 * Invariants: points are in order of time; at most RL_HISTORY_MAX are kept, dense near now and
 * sparse further back, so that windows from half a second to ten minutes are served by the same
 * few points. Between two points a counter is taken to grow linearly. Over a gap
 * longer than half a window nothing is assumed: of stall it contributes what must have come within
 * the window, since it cannot grow faster than time, of other counters nothing; nor does a pair of
 * points of which one lacks the counter. What nobody looked at is never held against anyone,
 * unless it is certain: on a machine that thrashes reliefd itself may be kept from looking. */
#pragma once

#include <stddef.h>

#include "sample.h"

/* Which counter a window is over. */
enum rl_counter {
    RL_COUNT_SOME, /* microseconds of some stall */
    RL_COUNT_FULL, /* microseconds of full stall */
    RL_COUNT_HIGH, /* memory.events: high, hierarchical */
    RL_COUNT_MAX,
    RL_COUNT_OOM,
    RL_COUNT_OOM_KILL,
    RL_COUNT_LOCAL,                 /* memory.events.local: high + max + oom */
    RL_COUNT_REFAULTS,              /* pages: anonymous refaults and restored active file pages */
    RL_COUNT_THROTTLED,             /* microseconds throttled by cpu.max */
    RL_COUNT_CPU_PERIODS,           /* periods of cpu.max in which it ran or was held up */
    RL_COUNT_CPU_PERIODS_THROTTLED, /* those in which it was held up */
    RL_COUNT_ALLOCSTALL,            /* the machine only: direct reclaims, allocstall_* */
    RL_COUNT_KSWAPD_TAKEN,          /* the machine only: pages that kswapd took away */
    RL_COUNT_NODE_REFAULTS,         /* the machine only: as RL_COUNT_REFAULTS, of everybody */
    RL_COUNTERS,
};

struct rl_point {
    uint64_t at_us;
    uint32_t have; /* which counters were read: a private set of bits, as that of the sample */
    uint64_t used; /* bytes; of the machine MemTotal - MemAvailable */
    uint64_t count[RL_COUNTERS];
};

struct rl_history {
    struct rl_point points[RL_HISTORY_MAX];
    uint16_t n;
    uint64_t restart_us;     /* no window begins earlier: set by a kill of ours */
    uint64_t kernel_kill_us; /* no window over stall does: when the newest oom_kill was seen */
};

void rl_history_clear(struct rl_history *history);

/**
 * rl_history_add() - remember a sample
 *
 * A counter that went backwards (the cgroup was re-created under us) clears the history first. A
 * sample that is not later than the newest point is ignored. A new oom_kill restarts the windows
 * over stall: whoever killed, the next decision waits until its effect can be seen.
 */
void rl_history_add(
    struct rl_history *history, const struct rl_sample *sample, const struct rl_node *node);

/**
 * rl_history_growth() - how much a counter grew within [from_us, to_us]
 * @gap_us: of pairs of points further apart than this only what is certain counts (0: no such rule)
 *
 * Linear between points; nothing is assumed before the first or after the newest one.
 */
uint64_t rl_history_growth(const struct rl_history *history, enum rl_counter counter,
    uint64_t from_us, uint64_t to_us, uint64_t gap_us);

/* The instant before which no window over a counter may begin: the newest kill. */
uint64_t rl_history_restart(const struct rl_history *history, enum rl_counter counter);

/* Growth over the window that ends at now_us, cut at the newest kill, with half the window as gap.
 */
uint64_t rl_history_window(
    const struct rl_history *history, enum rl_counter counter, uint64_t now_us, uint64_t window_us);

/**
 * rl_history_events() - how many events were seen within (from_us, to_us]
 *
 * Events wake whoever looks, so growth between two points happened at the later one, however long
 * nothing happened before. Unlike stall it is counted whole, without a gap rule.
 */
uint64_t rl_history_events(
    const struct rl_history *history, enum rl_counter counter, uint64_t from_us, uint64_t to_us);

/**
 * rl_history_used_growth() - by how much `used` has grown since from_us
 * @ret_bytes: newest minus then, 0 when it fell; always set
 *
 * Linear between points; where none is as old as from_us, the oldest one counts. Points at which
 * it could not be read are left out.
 * Return: false when fewer than two points know it.
 */
bool rl_history_used_growth(
    const struct rl_history *history, uint64_t from_us, uint64_t *ret_bytes);

/* The newest point, NULL when there is none. */
const struct rl_point *rl_history_last(const struct rl_history *history);
