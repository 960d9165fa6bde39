/* A tree of what reliefd looks at, taken along in a tar file: unpacked anywhere, --root shows there
 * what it shows here. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ctl/bundle.h"

/* What a snapshot is taken of. */
struct rl_snapshot_source {
    int proc_fd;
    const char *cgroup_root; /* "" where there is none */
    const char *node_root;   /* .../sys/devices/system/node */
    bool cmdline;            /* take command lines along */
};

struct rl_snapshot_count {
    size_t processes, cgroups, files;
    size_t denied;               /* files that may not be read */
    char first_denied[PATH_MAX]; /* the first of them, as it would stand in the tar file */
};

/**
 * rl_snapshot_take() - read it all and add it to the bundle
 *
 * In an order that depends on names alone. A process or cgroup that vanishes meanwhile is left out,
 * and so is a file that this kernel does not have. Return: 0, or -errno after saying which file it
 * is about (-ENOMEM is about none).
 */
int rl_snapshot_take(const struct rl_snapshot_source *source, struct rl_bundle *bundle,
    struct rl_snapshot_count *ret);
