/* Paths of /proc/PID/cgroup as paths below the cgroup2 mount.
 *
 * The kernel writes them as seen from the reader's cgroup namespace (cgroup_path_ns_locked() and
 * kernfs_path_from_node(), Linux 4.6 on): what is outside of it begins with one or more "/..". In a
 * container with a namespace of its own and the host's mount, no such path is one of the mount. The
 * namespace's root is found once, by looking for the own process in the whole tree.
 *
 * Finding allocates nothing and may read every cgroup.procs; translating touches no file. */
#pragma once

#include <stddef.h>

struct rl_cgroup_view {
    char root[4096]; /* the namespace's root below the mount; "" where they are the same, or where
                      * nothing is known: paths are taken as they are */
};

/**
 * rl_cgroup_view_find() - where this process's cgroup namespace is rooted
 * @proc_fd: of a /proc
 * @root_fd: of the cgroup2 mount, or -1: nothing is known then
 *
 * Return: 0, also where it is not to be found; -errno of reading /proc/self/cgroup.
 */
int rl_cgroup_view_find(int proc_fd, int root_fd, struct rl_cgroup_view *ret);

/**
 * rl_cgroup_view_path() - one path
 * @seen: as /proc/PID/cgroup has it, beginning with a slash
 *
 * Return: seen itself or the text in buf; NULL where it does not fit or climbs above the mount.
 */
const char *rl_cgroup_view_path(
    const struct rl_cgroup_view *view, const char *seen, char *buf, size_t size);
