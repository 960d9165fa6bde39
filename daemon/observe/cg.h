/* libcgroup, fenced in: the only module that calls it.
 *
 * It serves for finding hierarchies at start. It allocates, prints to stdout when nobody stops it,
 * and its own error texts crash for some codes: so it is silenced, is never called after start,
 * and its codes are turned into words here. To be called by the main thread only. */
#pragma once

/* path: of a mount, valid during the call. Return: not 0 to stop. */
typedef int (*rl_cg_mount_fn)(const char *path, void *userdata);

/**
 * rl_cg_mounts() - call fn for each mount of a controller's hierarchy, cgroup v1 or v2
 * @ret_why: when not 0 is returned: what libcgroup had to say, a static text
 *
 * libcgroup knows cgroup2 only by the controllers that are there; it fails altogether when one
 * cgroup2 line of /proc/mounts leads nowhere, and without /proc/cgroups.
 * Return: 0, also when fn stopped it; -ENODATA when no such controller is mounted; -EIO when
 * libcgroup failed.
 */
int rl_cg_mounts(const char *controller, rl_cg_mount_fn fn, void *userdata, const char **ret_why);
