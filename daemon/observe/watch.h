/* The funnel of attention: what is looked at, and when.
 *
 *   gate  one PSI trigger on the root, with a threshold so small that no policy's threshold below
 *         it can be crossed unnoticed, and POLLPRI on memory.events of the top-level cgroups
 *   walk  on a wake-up descend only where memory.pressure's total= or memory.events moved
 *   look  what stirs and has a policy becomes hot: its files are kept open, and it is looked at
 *         again at the instant at which its policy could hold at the earliest
 *
 * With no pressure anywhere nothing is hot and no timer is armed: the daemon does not run.
 * The number of hot cgroups is bounded; between a wake-up and on_look() nothing is allocated. */
#pragma once

#include "daemon/observe/probe.h"
#include "daemon/observe/sample.h"
#include "daemon/observe/tree.h"
#include "policy/judge.h"

#define RL_HOT_MAX   128
#define RL_HOT_READY 32 /* of them in memory from the start; the others once they are needed */

struct rl_hot {
    struct rl_cgroup *cgroup; /* NULL: free */
    struct rl_history history;
    struct rl_level level; /* its own limits and use */
    struct rl_room room;
    struct rl_cgroup *limited_by, *tightest; /* NULL: the machine; valid until the next look */
    struct rl_memory memory;                 /* of the client's judgement */
    struct rl_verdict verdict;               /* the client's */
    uint64_t next_us;                        /* look again; set by the client in on_look() */
    uint64_t stirred_us;                     /* stall time or events moved last */
    uint64_t quiet_us;                       /* cold after so long without; set by the client */
    bool keep; /* never cold: an incident runs, or its policy is timed */
};

enum rl_want {
    RL_WANT_NOT,
    RL_WANT_IF_LIMITED, /* only with a memory.high or memory.max of its own */
    RL_WANT,
};

struct rl_watch_client {
    void (*on_new)(void *userdata, struct rl_cgroup *cgroup);
    void (*on_gone)(void *userdata, struct rl_cgroup *cgroup);
    enum rl_want (*wants)(void *userdata, struct rl_cgroup *cgroup);
    /* Correct what was read of a cgroup's limits, where a write of ours stands. */
    void (*on_level)(void *userdata, const struct rl_cgroup *cgroup, struct rl_level *level);
    /* A fresh sample of a hot cgroup is in its history. */
    void (*on_look)(void *userdata, struct rl_hot *hot, uint64_t now_us);
    void *userdata;
};

struct rl_watch_stats {
    const char *gate; /* "fine", "2s", "none": the kind of root trigger */
    uint64_t threshold_us, window_us;
    uint64_t gate_events, events_events, walks, looks;
    size_t hot;
    uint64_t refused; /* cgroups that stirred while RL_HOT_MAX others were hot */
};

struct rl_watch;

/* probe must outlive the watch. */
int rl_watch_new(sd_event *event, const struct rl_probe *probe,
    const struct rl_watch_client *client, struct rl_watch **ret);
struct rl_watch *rl_watch_free(struct rl_watch *watch);

/**
 * rl_watch_open_gate() - set the root trigger for the smallest Pressure= threshold
 * @share: hundredths of a percent; 0 closes the gate (no policy asks for pressure)
 *
 * The trigger's threshold is share^2 * window / CPUs, at least 1 us (PSI averages over CPUs,
 * weighted by their non-idle time: a child's share c shows as no less than c^2 / CPUs above).
 * Return: 0, or -errno when there is no trigger to be had; memory.events still serve then.
 */
int rl_watch_open_gate(struct rl_watch *watch, uint32_t share);

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
