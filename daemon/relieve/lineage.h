/* Which cgroups must not be killed as a whole: those in which reliefd or one of its parent
 * processes lives, and all above them.
 *
 * Decided by inode, never by path alone: cgroup namespaces and bind mounts make the paths of
 * /proc/PID/cgroup differ from those of the mount. Paths count only when reliefd's own pid stands
 * in the cgroup.procs to which its own path leads; where it does not, the members of the cgroup in
 * question are searched. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "daemon/observe/cgroup-view.h"
#include "daemon/relieve/self.h"

struct rl_lineage {
    int proc_fd, root_fd;       /* not owned; root_fd: of the cgroup2 mount, or -1 */
    const struct rl_self *self; /* its parents; not owned */
    struct rl_cgroup_view view; /* what paths of this /proc are on this mount */
    bool proven;                /* paths of this /proc are paths of this mount */
    char path[4096];            /* the own path for which that was tried */
};

/* self has been found. Return: 0 or -errno. */
int rl_lineage_init(
    struct rl_lineage *lineage, int proc_fd, int root_fd, const struct rl_self *self);

/**
 * rl_lineage_lives_in() - does reliefd or a parent of it live in this cgroup or below
 *
 * Reads where they live now: processes are moved. Return: 1, 0, or -errno when it cannot be known.
 * Of a cgroup that was removed: 0, nobody lives there.
 */
int rl_lineage_lives_in(struct rl_lineage *lineage, int cgroup_fd, uint64_t cgroup_id);
