/* Inside of kill.h: the killer, and the waits of its victims.
 *
 * Each wait has an epoll set of its own, in which all its pidfds (or the cgroup.events) nest, and
 * which is one source of the event loop, made together with the killer. So waiting for a thousand
 * processes allocates nothing and costs the loop one source.
 *
 * Invariants of a wait:
 * - it is taken (by a caller) or free; a free one may still owe a thaw, and is not taken until
 *   that is paid;
 * - `waiting` is true from a successful rl_kill_*() until `gone` was called or the caller let go;
 * - it waits for processes (held) or for a cgroup (events_fd >= 0), never for both. */
#pragma once

#include "daemon/relieve/kill.h"
#include "daemon/relieve/lineage.h"
#include "daemon/relieve/self.h"
#include "daemon/relieve/worker.h"

#define RL_LOOK_US     UINT64_C(100000) /* between two looks at what wakes nobody */
#define RL_NEST_CGROUP UINT32_MAX       /* index of events_fd in the epoll set */

/* One process of the victim. */
struct rl_held {
    uint64_t start_ticks;
    pid_t pid;
    int fd;         /* pidfd; -1: not held any more */
    uint32_t round; /* of the last call that dealt with it */
    bool nested;    /* in the epoll set; else looked at by the timer */
};

struct rl_victim_watch {
    struct rl_killer *killer;
    bool taken, waiting;
    rl_gone_fn gone;
    void *userdata;

    int epoll_fd;
    sd_event_source *ready; /* epoll_fd */
    sd_event_source *timer; /* off, unless there is something to look at */

    struct rl_held held[RL_TARGETS_MAX];
    size_t n_held; /* slots in use, some of them with fd -1 */
    size_t alive;  /* slots with a pidfd */
    uint32_t round;

    /* A whole cgroup: see kill-cgroup.c. */
    int cgroup_fd, events_fd;
    bool queued;     /* the write of cgroup.kill is in the worker */
    bool struck;     /* cgroup.kill was written: whoever was there has his SIGKILL */
    bool sweeping;   /* members are signalled one by one, at the looks from next_sweep on */
    bool frozen;     /* we asked for a freeze, and owe a thaw */
    bool held_still; /* that freeze has been carried out, and not been undone yet */
    unsigned looks, next_sweep;
    unsigned blind;  /* looks in a row at which cgroup.events could not be read */
    unsigned barred; /* sweeps in a row after which nothing more could be done */
};

struct rl_killer {
    sd_event *event;
    int proc_fd;
    bool no_cgroup_kill;
    void (*struck)(void *userdata); /* may be NULL */
    void *userdata;
    struct rl_self self;
    struct rl_lineage lineage;
    /* Two, so that no unmapping of a huge process delays a cgroup.kill. */
    struct rl_worker *writer, *reaper;
    char buf[16384]; /* for files of /proc */
    struct rl_victim_watch watches[RL_VICTIMS_MAX];
    size_t ready; /* how many of these have been touched */
};

uint64_t rl_kill_now_us(void);

/* Out of bounds by number alone. */
bool rl_kill_spares(pid_t pid, const void *killer);

int rl_watch_init(struct rl_victim_watch *watch, struct rl_killer *killer);
/* Touch every page of what it may hold. */
void rl_watch_touch(struct rl_victim_watch *watch);
void rl_watch_deinit(struct rl_victim_watch *watch);

/* A free wait, not marked as taken yet; NULL when there is none. */
struct rl_victim_watch *rl_watch_find(struct rl_killer *killer);

/* From now on gone() is owed. */
void rl_watch_start(struct rl_victim_watch *watch, rl_gone_fn gone, void *userdata);

/* The wait is over: end it and call gone(). The watch may be another's when this returns. */
void rl_watch_finish(struct rl_victim_watch *watch, int error);

/* Nest a descriptor. index: of its slot, or RL_NEST_CGROUP. Return: 0 or -errno. */
int rl_watch_nest(struct rl_victim_watch *watch, int fd, uint32_t events, uint32_t index);

/* Let one process go, or all. */
void rl_watch_drop(struct rl_victim_watch *watch, struct rl_held *held);
void rl_watch_drop_all(struct rl_victim_watch *watch);

/* Look again in RL_LOOK_US, or at once. */
void rl_watch_look_later(struct rl_victim_watch *watch);
void rl_watch_look_now(struct rl_victim_watch *watch);

/* kill-cgroup.c: the wait for a cgroup has something to look at; stop waiting for the cgroup. */
void rl_watch_cgroup_look(struct rl_victim_watch *watch, bool timer);
void rl_watch_cgroup_leave(struct rl_victim_watch *watch);
/* Pay the thaw that is owed, if any, as soon as the worker takes it. */
void rl_watch_cgroup_thaw(struct rl_victim_watch *watch);

/* hasten.c: help a process that got SIGKILL to die: raise the priority of its threads, then
 * process_mrelease, both in the worker. Best effort. Return: 0, -EAGAIN: the worker is busy. */
int rl_hasten(struct rl_worker *worker, int proc_fd, pid_t pid, int pidfd);
