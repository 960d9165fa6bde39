/* Killing well: by pidfd with the identity checked just before the signal, whole cgroups through
 * cgroup.kill on a kept dirfd, and waiting for death in the event loop.
 *
 * Never signalled, whatever the caller says: PID 1, kernel threads, reliefd itself and its parent
 * processes; a cgroup that reliefd lives in is never killed as a whole.
 *
 * Between the call and the first signal nothing is allocated; pidfds live in arrays made by
 * rl_killer_new(). What can block (writes to cgroup files wait for cgroup_mutex, process_mrelease
 * unmaps in the caller) is done by worker threads. Nothing here sleeps or blocks the loop.
 *
 * All functions belong to the thread of the event loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#define RL_TARGETS_MAX   1024 /* processes of one victim that are waited for by pidfd */
#define RL_VICTIMS_MAX   8    /* victims that are waited for at once */
#define RL_VICTIMS_READY 2    /* of these, for so many all memory is there from the start */

/* One process to be signalled, as it was when it was chosen. */
struct rl_target {
    pid_t pid;
    uint64_t start_ticks;
    /* The path that it must still live in, also by a threaded cgroup below; NULL: anywhere. */
    const char *cgroup;
    uint64_t cgroup_id; /* inode of that path, which may have been made anew; 0: any */
};

struct rl_killer;
struct rl_victim_watch; /* one victim that is being waited for */

struct rl_kill_result {
    uint32_t signalled;
    uint32_t unwatched; /* of these, not waited for: beyond RL_TARGETS_MAX or no descriptor left */
    uint32_t gone;      /* dead, replaced or moved away before the signal: not an error */
    uint32_t refused;   /* out of bounds, see above */
    int error;          /* the first errno of a signal that failed; 0 */
};

/* The victim is gone, its memory given back (error 0), or cannot be killed (error: an errno; the
 * wait is over). gone_us: CLOCK_MONOTONIC. Called from the event loop, once for each wait, never
 * from within rl_kill_*(). It may free the watch and kill again, but not free the killer. */
typedef void (*rl_gone_fn)(void *userdata, uint64_t gone_us, int error);

struct rl_killer_options {
    int proc_fd;         /* directory fd of /proc (kept, not owned) */
    int cgroup_root_fd;  /* directory fd of the cgroup2 mount (kept, not owned); -1: unknown */
    bool no_cgroup_kill; /* do without cgroup.kill, as on kernels before 5.14 */
    /* An order that was on its way (rl_kill_on_way()) has been carried out, or is late. NULL:
     * nobody asks. */
    void (*struck)(void *userdata);
    void *userdata;
};

/**
 * rl_killer_new() - worker threads, preallocated pidfds, own identity
 *
 * Return: 0 or -errno, with nothing left behind.
 */
int rl_killer_new(sd_event *event, const struct rl_killer_options *options, struct rl_killer **ret);

/* So many victims may have to be waited for at once: touch the memory for that, so that no page is
 * missing under pressure. For when nothing is urgent. */
void rl_killer_ready(struct rl_killer *killer, size_t victims);

/* Ends all waits; their watches must not be used any more. Cgroups frozen by us are thawed. Waits
 * for the worker threads a bounded time. NULL is allowed. Always returns NULL. */
struct rl_killer *rl_killer_free(struct rl_killer *killer);

/**
 * rl_kill_processes() - signal processes one by one and wait until all are dead
 * @targets: the biggest first: after SIGKILL process_mrelease is tried for as many of the first
 *           ones as the worker takes. The same process twice is signalled once
 * @watch: in: NULL, or the watch of an earlier signal to the same victim (terminate, then kill).
 *         That call then signals all that the watch still holds, by the pidfds it holds, and
 *         those targets that are new; whoever has left his target's cgroup meanwhile is let go.
 *         out, on success: the wait, to be freed by rl_victim_watch_free(). On failure it is as
 *         it was, and an earlier wait goes on
 *
 * Targets beyond RL_TARGETS_MAX are signalled all the same, only not waited for.
 *
 * Return: 0, or -errno when no process could be signalled at all: -ESRCH (all were gone already),
 * -EPERM (refused), -EBUSY (RL_VICTIMS_MAX victims are waited for), -EXDEV (proc_fd numbers
 * processes differently from kill(2)), -EINVAL (no such signal), or the first error of a signal.
 */
int rl_kill_processes(struct rl_killer *killer, const struct rl_target *targets, size_t n,
    int signal, rl_gone_fn gone, void *userdata, struct rl_victim_watch **watch,
    struct rl_kill_result *ret);

/**
 * rl_kill_cgroup() - kill a whole cgroup with all below it
 * @cgroup_fd: directory fd of the cgroup (duplicated)
 * @cgroup_id: its inode, compared first: -ESTALE when it is another one now
 * @watch: as above; a watch given in waits for the cgroup from now on, no longer for processes
 *
 * Writes cgroup.kill in the worker. Where that cannot be (no such file, not writable, the worker
 * hangs): freeze, SIGKILL each member until nobody can have been passed over, thaw;
 * `ret->signalled` counts those that were signalled before the return. Whoever enters the cgroup
 * after that lives, even while a member hangs in the kernel and the wait goes on. Waits on
 * cgroup.events "populated 0", and looks at it every 100 ms meanwhile, since the removal of a
 * cgroup wakes nobody.
 *
 * Return: 0, or -errno when nothing was set in motion: -ESTALE; -ESRCH (removed or without
 * processes); -EPERM with ret->refused (reliefd lives in it); -EBUSY; -EINVAL (not on cgroup2); or
 * -errno of finding out.
 */
int rl_kill_cgroup(struct rl_killer *killer, int cgroup_fd, uint64_t cgroup_id, rl_gone_fn gone,
    void *userdata, struct rl_victim_watch **watch, struct rl_kill_result *ret);

/* Have the thread that gives the order leave on the cgroup, right after it, what tells systemd that a
 * unit was killed for memory (told.h). Call it after rl_kill_cgroup(); nobody waits for it, and where
 * it fails the unit's result is what its main process died of. cgroup_fd: duplicated. */
void rl_kill_tell(struct rl_killer *killer, int cgroup_fd, uint32_t processes);

/* Is the order for a whole cgroup still on its way to the thread that gives it? What costs time and
 * can wait should wait for that. NULL is allowed. */
bool rl_kill_on_way(const struct rl_victim_watch *watch);

/* Stop waiting; closes the pidfds, thaws. Signals and writes on their way are not called back.
 * NULL is allowed. Always returns NULL. */
struct rl_victim_watch *rl_victim_watch_free(struct rl_victim_watch *watch);
