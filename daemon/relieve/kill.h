/* Killing well: by pidfd with the identity checked just before the signal, whole cgroups through
 * cgroup.kill on a kept dirfd, and waiting for death in the event loop.
 *
 * Never signalled, whatever the caller says: PID 1, kernel threads, reliefd itself and its parent
 * processes; a cgroup that reliefd lives in is never killed as a whole.
 *
 * Between rl_kill_signal() and the first signal nothing is allocated; pidfds live in an array made
 * by rl_killer_new(). What can block (cgroup.kill waits for cgroup_mutex, process_mrelease unmaps
 * in the caller) is done by a worker thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#define RL_TARGETS_MAX 1024 /* processes of one victim that are waited for by pidfd */

/* One process to be signalled, as it was when it was chosen. */
struct rl_target {
    pid_t pid;
    uint64_t start_ticks;
    const char *cgroup; /* path that /proc/PID/cgroup must still show; NULL: any */
};

struct rl_killer;
struct rl_victim_watch; /* one victim that is being waited for */

struct rl_kill_result {
    uint32_t signalled;
    uint32_t gone;         /* dead or replaced before the signal: not an error */
    uint32_t refused;      /* out of bounds, see above */
    int error;             /* the first errno of a signal that failed; 0 */
};

/* The victim is gone, or gave an error later (error != 0: cgroup.kill failed in the worker). */
typedef void (*rl_gone_fn)(void *userdata, uint64_t gone_us, int error);

/**
 * rl_killer_new() - worker thread, preallocated pidfds, own identity
 * @proc_fd: directory fd of /proc (kept, not owned)
 */
int rl_killer_new(sd_event *event, int proc_fd, struct rl_killer **ret);
struct rl_killer *rl_killer_free(struct rl_killer *killer);

/**
 * rl_kill_processes() - signal processes one by one and wait until all are dead
 * @watch: the wait, to be freed by rl_victim_watch_free(); it may be given on to a later signal
 *         for the same victim (terminate, then kill), which uses the pidfds it holds
 *
 * After SIGKILL process_mrelease is tried in the worker. Return: 0, or -errno when no process
 * could be signalled at all (-ESRCH: all were gone already).
 */
int rl_kill_processes(struct rl_killer *killer, const struct rl_target *targets, size_t n,
    int signal, rl_gone_fn gone, void *userdata, struct rl_victim_watch **watch,
    struct rl_kill_result *ret);

/**
 * rl_kill_cgroup() - kill a whole cgroup with all below it
 * @cgroup_fd: directory fd of the cgroup (duplicated)
 * @cgroup_id: its inode, compared first: -ESTALE when it is another one now
 *
 * Writes cgroup.kill in the worker; where that file is missing: freeze, SIGKILL each member until
 * none is new, thaw. Waits on cgroup.events "populated 0".
 */
int rl_kill_cgroup(struct rl_killer *killer, int cgroup_fd, uint64_t cgroup_id, rl_gone_fn gone,
    void *userdata, struct rl_victim_watch **watch, struct rl_kill_result *ret);

/* Stop waiting; closes the pidfds. NULL is allowed. Always returns NULL. */
struct rl_victim_watch *rl_victim_watch_free(struct rl_victim_watch *watch);
