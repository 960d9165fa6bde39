/* Who is to blame: is the shortage that a cgroup's pressure shows its own?
 *
 * A cgroup thrashing at its own limit raises the pressure of all its ancestors up to the machine;
 * pressure alone cannot tell that from a machine that is short. So evidence comes first: nothing
 * is decided about a cgroup that has none. */
#pragma once

#include "history.h"
#include "reason.h"
#include "room.h"

struct rl_evidence {
    enum rl_reason verdict; /* RL_ORIGIN_* */
    uint64_t window_us;     /* the numbers below moved within this window */
    uint64_t local_events;  /* memory.events.local: high + max + oom */
    uint64_t refaults;      /* pages */
    uint64_t used, limit;   /* bytes, of the cgroup's own limit (or the machine) */
    uint64_t allocstalls;   /* the machine only */
    bool throttled; /* by cpu.max: for over 20 % of the window since the first look, or at the end
                     * of nearly every period */
};

/**
 * rl_origin_cgroup() - has this cgroup a shortage of its own
 * @level:  its own limits and use
 * @have:   inputs of its newest sample; without RL_HAVE_EVENTS_LOCAL the hierarchical counters
 *          serve (attribution is degraded: the caller says so)
 *
 * RL_ORIGIN_OWN when its own limit was hit within the window and it either uses at least 90 % of
 * that limit or takes refaults of anonymous or active file pages: page cache alone moves the
 * event counters without harm. Else RL_ORIGIN_UNATTRIBUTED. `throttled` is told apart: a task
 * throttled inside reclaim stays in memstall, so that pressure alone proves nothing then.
 */
void rl_origin_cgroup(const struct rl_history *history, const struct rl_level *level, uint32_t have,
    uint64_t now_us, uint64_t window_us, struct rl_evidence *ret);

/**
 * rl_origin_node() - is the machine itself short
 *
 * RL_ORIGIN_NODE when somebody entered direct reclaim (allocstall_*) within the window; that
 * MemAvailable is low is the policy's own line. kswapd alone is never evidence: a backup that
 * streams files keeps it busy.
 */
void rl_origin_node(const struct rl_history *history, const struct rl_node *node, uint64_t now_us,
    uint64_t window_us, struct rl_evidence *ret);
