/* The members of a cgroup subtree, without allocation: walking it, and killing them one by one
 * where cgroup.kill cannot be used. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RL_WALK_DEPTH 64 /* levels below the first one; deeper is -E2BIG, never silence */

/* Return: 0 to go on, anything else to stop; -ENOENT and -ENODEV (gone meanwhile) do not stop. */
typedef int (*rl_visit_fn)(int cgroup_fd, void *userdata);

/**
 * rl_members_walk() - visit a cgroup and all below it, parents first
 *
 * What vanishes on the way is passed over. Return: what the visit stopped with, 0 at the end,
 * -errno.
 */
int rl_members_walk(int cgroup_fd, rl_visit_fn visit, void *userdata);

struct rl_sweep {
    /* Who must not be signalled. */
    bool (*spares)(pid_t pid, const void *userdata);
    const void *userdata;
    /* out */
    uint32_t seen, signalled, refused;
    uint32_t foreign; /* members of a foreign pid namespace: cannot be addressed */
    int error;        /* the first errno */
};

/**
 * rl_members_kill() - SIGKILL every process of a cgroup and below, once
 *
 * A pid counts only when it is still listed after its pidfd was opened: the pidfd then is that of
 * the member, even if the number has been used again. Members born meanwhile are for the next
 * sweep. Errors of single members are in sweep->error. Return: 0, or -errno of the walk.
 */
int rl_members_kill(int cgroup_fd, struct rl_sweep *sweep);
