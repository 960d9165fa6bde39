/* A tree of what reliefd looks at, taken along in a tar file: unpacked anywhere, --root shows there
 * what it shows here. */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/ctl/bundle.h"

/* The file at the root of such a tree that says what /proc does not. */
#define RL_SNAPSHOT_FACTS "reliefctl-snapshot.json"

struct rl_snapshot_facts {
    uint32_t page_size;
    uint32_t clk_tck; /* clock ticks of /proc/PID/stat in a second */
};

/**
 * rl_snapshot_facts_read() - what the tree says of the machine that it is from
 * @root: as of --root
 *
 * Return: 0; -ENOENT where there is no such file; -EINVAL where it is not understood, after saying
 * so.
 */
int rl_snapshot_facts_read(const char *root, struct rl_snapshot_facts *ret);

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
