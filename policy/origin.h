/* Who is to blame: is the shortage that a cgroup's pressure shows its own?
 *
 * A cgroup thrashing at its own limit raises the pressure of all its ancestors up to the machine;
 * pressure alone cannot tell that from a machine that is short. So evidence comes first: nothing
 * is decided about a cgroup that has none. */
#pragma once

#include "history.h"
#include "reason.h"
#include "room.h"

/* The window over which it is looked at whether the machine is short, for Origin= of others. */
#define RL_ORIGIN_NODE_WINDOW_US (10 * RL_US_PER_S)

struct rl_evidence {
    enum rl_reason verdict;    /* RL_ORIGIN_* */
    uint64_t window_us;        /* the numbers below moved within this window */
    uint64_t local_events;     /* memory.events.local: high + max + oom */
    uint64_t refaults;         /* pages; of the machine: those of everybody */
    uint64_t used, limit;      /* bytes, of the cgroup's own limit (or the machine) */
    uint64_t allocstalls;      /* the machine only */
    uint64_t kswapd_taken;     /* pages, the machine only */
    uint64_t refaults_limited; /* pages, the machine only: of refaults, those of cgroups that hit
                                * their own limits; 0 where it did not matter */
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
 * @refaults_limited: pages that came back, within the window, to cgroups that are origins of their
 *                    own: RL_COUNT_REFAULTS of the topmost of them. May be 0 as long as the answer
 *                    with 0 is not RL_ORIGIN_NODE without direct reclaims.
 *
 * RL_ORIGIN_NODE when, within the window, either
 *
 * - somebody entered direct reclaim (allocstall_*). That MemAvailable is low is the policy's own
 *   line; or
 * - kswapd keeps up, so that nobody has to, but what it takes away is what the machine works with.
 *   One process whose working set is larger than the memory spends 40 % of its time waiting for
 *   swap that way, for minutes, and allocstall_* stands still. All of these must hold:
 *   - less than a tenth of the machine is available: else there was something better to take;
 *   - anonymous or active file pages came back, at least 10 a second: a backup that streams files
 *     keeps kswapd busy, too, but nobody asks for what it leaves behind;
 *   - kswapd took at least half as many as came back: else they come back from an old squeeze, or
 *     limits of cgroups took them. pgsteal_kswapd counts kswapd alone, and that looks after the
 *     machine only (mm/vmscan.c, 6.1 and 6.12: reclaim for a limit runs in tasks and kworkers, and
 *     is left out by cgroup_reclaim());
 *   - at least half of them came back to somebody who does not hit a limit of his own: a cgroup
 *     that thrashes at its limit while a backup runs on a well-filled machine would prove all the
 *     rest.
 *
 * Whoever may still be blamed wrongly: on a machine that is filled to nine tenths, with kswapd
 * busy, those that fetch back as many pages as kswapd takes, for a reason that has passed. The
 * policy's lines about pressure and MemAvailable stand before them.
 */
void rl_origin_node(const struct rl_history *history, const struct rl_node *node,
    uint64_t refaults_limited, uint64_t now_us, uint64_t window_us, struct rl_evidence *ret);

/* Does it depend on the refaults of cgroups at their own limits? Then ask once more with them. */
bool rl_origin_asks_limited(const struct rl_evidence *node);

/* A cgroup that is looked at, but the root. */
struct rl_suspect {
    const struct rl_history *history;
    const struct rl_level *level;
    uint32_t have;
    int32_t above; /* index of the nearest one above it, -1: none is */
    /* filled by rl_origin_limited() */
    bool own;
    uint64_t refaults;
};

/* How many pages came back to those that have a shortage of their own, for rl_origin_node(). What
 * is below such a one is counted there as well, and so once only. */
uint64_t rl_origin_limited(
    struct rl_suspect *suspects, size_t n, uint64_t now_us, uint64_t window_us);
