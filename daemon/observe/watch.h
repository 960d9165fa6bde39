/* The funnel of attention: what is looked at, and when.
 *
 *   gate  one PSI trigger on the root, with a threshold so small that no policy's threshold below
 *         it can be crossed unnoticed, and POLLPRI on memory.events of the top-level cgroups
 *   walk  on a wake-up descend only where memory.pressure's total= or memory.events moved; one
 *         short file is read for each child of what moved, and a second one where events moved
 *         that those whose files are kept have not raised
 *   look  what stalls for a part of its policy's share becomes hot: its files are kept open, and
 *         it is looked at again at the instant at which its policy could hold at the earliest
 *
 * With no pressure anywhere nothing is hot and no timer is armed: the daemon does not run. While
 * stall goes on walks are at least rl_wake_walk_us() apart; what is found by a later one is not
 * found too late, since its stall up to then is known from the glance before (policy/seen.h).
 *
 * The number of hot cgroups is bounded; where more stir, those farthest from their thresholds give
 * way. Between a wake-up and on_look() nothing is allocated: room is made when there is time. No
 * trigger of its own is set on a hot cgroup: each costs a kernel thread that wakes ten times a
 * window, and its timer is exact without. */
#pragma once

#include "daemon/observe/probe.h"
#include "daemon/observe/sample.h"
#include "daemon/observe/tree.h"
#include "policy/judge.h"

#define RL_HOT_MAX   128
#define RL_GATES_MAX 256 /* cgroups whose memory.events are listened to */

enum rl_want {
    RL_WANT_NOT,
    RL_WANT_IF_LIMITED, /* only with a memory.high or memory.max of its own */
    RL_WANT,
};

/* What a client wants to know of a cgroup. */
struct rl_wish {
    enum rl_want want;
    uint32_t share; /* of stall between two glances, hundredths of a percent, from which on it is to
                     * be watched closely; 0: whenever anything moves */
    bool events;    /* also when memory.events move */
};

struct rl_hot {
    struct rl_cgroup *cgroup; /* NULL: free */
    uint16_t index;           /* private: its place */
    struct rl_wish wish;
    struct rl_history history;
    struct rl_level level; /* its own limits and use */
    struct rl_room room;
    struct rl_cgroup *limited_by, *tightest; /* NULL: the machine; valid until the next look */
    struct rl_memory memory;                 /* of the client's judgement */
    struct rl_verdict verdict;               /* the client's */
    bool paused;                             /* likewise: it holds, but was paused by a person */
    uint64_t looked_us;
    uint64_t next_us;    /* look again; set by the client in on_look() */
    uint64_t stirred_us; /* at least half of what the wish says happened last */
    uint64_t quiet_us;   /* cold after so long without; set by the client */
    bool keep;           /* never cold: an incident runs, or its policy is timed */
};

struct rl_watch_client {
    void (*on_new)(void *userdata, struct rl_cgroup *cgroup);
    void (*on_gone)(void *userdata, struct rl_cgroup *cgroup);
    void (*wants)(void *userdata, struct rl_cgroup *cgroup, struct rl_wish *ret);
    /* Correct what was read of a cgroup's limits, where a write of ours stands. */
    void (*on_level)(void *userdata, const struct rl_cgroup *cgroup, struct rl_level *level);
    /* The kernel's OOM killer has struck somewhere; NULL: nobody asks. */
    void (*on_kernel_kill)(void *userdata);
    /* For whoever writes down what was seen; each may be NULL. A cgroup became hot and was not
     * looked at yet; it is hot no more; a fresh sample of it was read, with the levels of which
     * its room was computed. */
    void (*on_hot)(void *userdata, const struct rl_hot *hot);
    void (*on_cold)(void *userdata, const struct rl_hot *hot);
    void (*on_sample)(void *userdata, const struct rl_hot *hot, const struct rl_level *levels,
        size_t n, uint64_t now_us);
    /* memory.events of a cgroup that is listened to moved; what came of it has been looked at.
     * NULL: not asked. */
    void (*on_events)(void *userdata, struct rl_cgroup *cgroup);
    /* A fresh sample of a hot cgroup is in its history. */
    void (*on_look)(void *userdata, struct rl_hot *hot, uint64_t now_us);
    void *userdata;
};

struct rl_watch_stats {
    const char *gate; /* "fine", "2s", "none": the kind of root trigger */
    uint64_t threshold_us, window_us;
    uint64_t gate_events, events_events;
    uint64_t walks, descents; /* descents: walks that went below the root */
    uint64_t glances, looks;
    size_t hot;
    uint64_t evicted; /* hot cgroups that gave way to others */
    uint64_t refused; /* cgroups that stirred while all RL_HOT_MAX others were closer to acting */
};

struct rl_watch;

/* probe must outlive the watch. */
int rl_watch_new(sd_event *event, const struct rl_probe *probe,
    const struct rl_watch_client *client, struct rl_watch **ret);
struct rl_watch *rl_watch_free(struct rl_watch *watch);

/**
 * rl_watch_open_gate() - set the root trigger, and how often to walk, for these policies
 * @policies: n of them; read here only. Without any Pressure= line the trigger is taken away
 *
 * The threshold is what rl_wake_threshold_of() proves to be sound, but at most 2 ms a second: then
 * it fires with the first jiffy of stall after a quiet time, and no stall is missed before the
 * first look. What it costs more is one walk in rl_wake_walk_us().
 *
 * Return: 0, or -errno when there is no trigger to be had; then the tree is walked once a second,
 * and memory.events still serve.
 */
int rl_watch_open_gate(struct rl_watch *watch, const struct rl_policy *policies, size_t n);

struct rl_tree *rl_watch_tree(struct rl_watch *watch);
/* The machine as of the newest look; read again with refresh. */
const struct rl_node *rl_watch_node(struct rl_watch *watch, bool refresh);
const struct rl_watch_stats *rl_watch_stats(struct rl_watch *watch);

/* Make a cgroup hot and look at it at once. Return: NULL when it is gone or too many are hot. */
struct rl_hot *rl_watch_heat(struct rl_watch *watch, struct rl_cgroup *cgroup);

/* Take one sample now without on_look(), for people who ask. Return: 0, -ENODEV: gone. */
int rl_watch_sample(struct rl_watch *watch, struct rl_hot *hot, uint64_t now_us);

/* Call after changing next_us outside of on_look(). */
void rl_watch_rearm(struct rl_watch *watch);

/* The next hot cgroup; start with NULL. */
struct rl_hot *rl_watch_next_hot(struct rl_watch *watch, struct rl_hot *after);
