/* A cgroup of its own for one process, limited, and gone afterwards: a transient scope where
 * systemd is in charge and no place was named, else a folder below the place. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* What the daemon lets a policy be tried in. */
#define RL_SCRATCH_PREFIX "reliefd-try-"

struct rl_scratch_cgroup {
    char path[PATH_MAX];   /* from the mount, with leading / */
    char folder[PATH_MAX]; /* to be removed in the end; "": the service manager's */
    char error[PATH_MAX + 256];
};

/**
 * rl_scratch_cgroup_make() - make it and put a process into it
 * @mount: of cgroup2
 * @parent: path below it to make it in; NULL: by the service manager where there is one, else the
 *          root
 * @max, @high: limits in bytes; it has no swap
 *
 * Return: 0, or -errno with a sentence in ret->error and nothing left behind.
 */
int rl_scratch_cgroup_make(const char *mount, const char *parent, pid_t pid, uint64_t max,
    uint64_t high, struct rl_scratch_cgroup *ret);

/* Remove it. Its process must be dead; one that the kernel has not quite let go of is waited for.
 * Return: 0, or -errno. */
int rl_scratch_cgroup_remove(const struct rl_scratch_cgroup *scratch);
