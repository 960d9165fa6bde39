/* The mount table, /proc/self/mountinfo. Read at start only: it may be long, and reading it
 * allocates. */
#pragma once

#include <limits.h>

#include "daemon/observe/text.h"

struct rl_mount {
    char path[PATH_MAX];    /* mount point, escapes undone */
    struct rl_span type;    /* "cgroup2" */
    struct rl_span options; /* of the super block, "rw,nsdelegate"; point into the line */
};

/* One line. Return: 0, -EINVAL with *ret undefined. */
int rl_mount_parse(struct rl_span line, struct rl_mount *ret);

/* Is option one of the comma-separated ones? */
bool rl_mount_has_option(const struct rl_mount *mount, const char *option);

/* Call fn for each mount until it returns not 0; lines that cannot be parsed are passed over.
 * Return: 0 or -errno. */
int rl_mounts_each(
    int proc_fd, int (*fn)(const struct rl_mount *mount, void *userdata), void *userdata);
