/* What the files of the watch share. Nobody else includes this. */
#pragma once

#include "daemon/observe/warm.h"
#include "daemon/observe/watch.h"

#define RL_HOT_CHUNK   8  /* hot cgroups are made room for in steps of so many */
#define RL_FILES_CHUNK 48 /* and sets of kept files: a hot cgroup and those above it */

/* Kept files that nobody uses wait in a list. */
struct rl_files_slot {
    struct rl_files files; /* first: a slot is found by its files */
    struct rl_files_slot *next;
};

struct rl_watch {
    sd_event *event;
    const struct rl_probe *probe;
    struct rl_watch_client client;
    struct rl_tree *tree;
    struct rl_node_files node;
    uint64_t node_at_us;
    sd_event_source *pressure, *timer, *later, *swaps;
    struct rl_watch_stats stats;

    struct rl_hot *hot[RL_HOT_MAX / RL_HOT_CHUNK];                /* chunks; NULL: not made yet */
    struct rl_files_slot *files[3 * RL_HOT_MAX / RL_FILES_CHUNK]; /* chunks */
    struct rl_files_slot *free_files;
    size_t n_free_files;
    uint32_t drops; /* kept files that were closed */
    struct rl_warm *warm; /* of those that are not hot */

    /* of the policies in force */
    uint64_t walk_us;       /* walks are at least so far apart */
    uint64_t half_us;       /* half of the stall that crosses the least line */
    uint64_t below_most_us; /* a walk goes below the root at least so often while stall goes on */
    uint64_t descend_us;    /* stall of a cgroup in a second from which on to look below it */
    uint32_t least_share;   /* no policy wants what stalls less, see struct rl_wish */
    bool wants_pressure;    /* some policy has a Pressure= line */
    bool wants_events;      /* or an Events= line */
    bool reads_events;      /* what memory.events tell matters below those that are listened to */
    uint64_t jiffy_us;

    uint64_t moved_us;  /* the root's pressure was seen to move, or its trigger said so; 0: never */
    uint64_t walked_us; /* the last glance at the root; 0: none */
    uint64_t below_us;  /* the last time that this led below it; 0: never */
    uint64_t grown_us;  /* stall of the root since then */
    uint64_t span_us;   /* what a walk finds came within so long */
    bool owed;          /* the next walk goes below the root in any case */
    uint64_t walk_at_us;                        /* one is put off until then; 0: none */
    bool to_prime, to_listen, to_grow, to_tell; /* for when nothing is urgent */
    bool short_of_room;                         /* somebody who stirred found none: walk again */
    size_t gates;
    bool said_gates;
    uint64_t told_memory, told_swap; /* of the machine, as the journal was told last */
};

/* ---- watch.c ---- */
/* Do what must not be done between a wake-up and a signal when there is time. */
void rl_watch_later(struct rl_watch *watch);

/* ---- machine.c ---- */
/* Have the kernel tell of swap that comes or goes, where it can. */
void rl_machine_listen(struct rl_watch *watch);
/* The machine has changed: read what it has, and look at all that is hot. */
void rl_machine_look(struct rl_watch *watch);
/* /proc/meminfo was read: has the machine other memory or swap than was told? */
void rl_machine_was_read(struct rl_watch *watch);
/* Tell it. When nothing is urgent. */
void rl_machine_tell(struct rl_watch *watch);

/* ---- hot.c ---- */
int rl_hot_init(struct rl_watch *watch);
void rl_hot_free(struct rl_watch *watch);
/* Make more room while it is nearly used up. Allocates. Return: is there more now? */
bool rl_hot_grow(struct rl_watch *watch);
/* Make a cgroup hot that was seen before, as it was seen. Return: it, or NULL. */
struct rl_hot *rl_hot_heat(struct rl_watch *watch, struct rl_cgroup *cgroup,
    const struct rl_wish *wish, const struct rl_sample *before);
void rl_hot_cool(struct rl_watch *watch, struct rl_hot *hot);
/* Close what walks keep open, unless walks go on, or will soon: stall that comes and goes raises the
 * gate again while somebody is still hot. */
void rl_hot_calm(struct rl_watch *watch);
/* Look at all whose time has come, and at those whose time is close. */
void rl_hot_look_due(struct rl_watch *watch, uint64_t now_us);

/* ---- walk.c ---- */
int rl_walk_open_gate(struct rl_watch *watch, const struct rl_policy *policies, size_t n);
/* Walk anew at once: there is room for more to be hot. */
void rl_walk_again(struct rl_watch *watch);
/* The walk that was put off, if its time has come or is close. */
void rl_walk_due(struct rl_watch *watch, uint64_t now_us);
/* Listen to memory.events of a cgroup if it is one that is listened to. */
void rl_walk_listen(struct rl_watch *watch, struct rl_cgroup *cgroup);
void rl_walk_listen_all(struct rl_watch *watch);
/* Forget a cgroup that is gone. */
void rl_walk_forget(struct rl_watch *watch, struct rl_cgroup *cgroup);
/* See everything once, so that the first wake-up finds what has moved since. */
void rl_walk_prime(struct rl_watch *watch);
