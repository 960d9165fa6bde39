/* The limits above one cgroup, read once: for whoever looks at a cgroup without keeping the tree
 * (reliefctl). Everything is opened below the root's descriptor, level by level, so that a path
 * cannot lead out of it. */
#pragma once

#include <stddef.h>

#include "policy/room.h"

/**
 * rl_levels_read() - limits and use of a cgroup and of all above it
 * @root_fd: directory fd of the cgroup2 mount
 * @path:    with leading /; "/" has no level
 * @levels:  RL_DEPTH_MAX entries, from the cgroup upwards, as rl_room_of() takes them
 *
 * A cgroup deeper than RL_DEPTH_MAX counts as part of the one at that depth. Return: 0; -ENOENT or
 * -ENODEV when it is gone; -EINVAL for a path that leads upwards; other -errno. Levels above the
 * one where it failed are there also then.
 */
int rl_levels_read(int root_fd, const char *path, struct rl_level *levels, size_t *ret_n);

/**
 * rl_levels_path() - the path of one level
 * @path:  as above
 * @n:     as rl_levels_read() returned it
 * @index: of the level, or RL_LEVEL_NODE
 *
 * Writes "node" for the machine. Return: buf, cut off where it is too small.
 */
const char *rl_levels_path(const char *path, size_t n, int index, char *buf, size_t size);
