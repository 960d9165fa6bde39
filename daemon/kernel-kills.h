/* Where the kernel's OOM killer has struck, told by oom_kill of memory.events.
 *
 * The counter of a cgroup includes what was killed below it, and stays after what was below is
 * removed. So a look goes down only where it grew, and the deepest cgroup whose growth nothing
 * below it explains is where the victim was, or was until its cgroup was removed. Only counters
 * that are not 0 are remembered, which few are.
 *
 * Not between a wake-up and a signal: a look opens files and may allocate. Without memory, or where
 * a file cannot be read, a kill may be told of later or not at all, never twice. */
#pragma once

#include "daemon/observe/tree.h"

struct rl_kernel_count {
    uint64_t id;          /* of the cgroup */
    uint64_t kills, ooms; /* oom_kill and oom of memory.events when it was looked at last */
};

struct rl_kernel_kills {
    struct rl_kernel_count *items;
    size_t n, size;
    bool begun; /* a first look has been taken, which tells of nothing */
};

struct rl_kernel_kill {
    uint64_t n;     /* since the last look */
    uint64_t total; /* what the counter says: with all before, and those below */
    bool limited;   /* some limit was hit (oom grew there or above); else the machine itself had run
                     * out */
};

typedef void (*rl_kernel_kill_fn)(
    void *userdata, struct rl_cgroup *cgroup, const struct rl_kernel_kill *kill);

/**
 * rl_kernel_kills_look() - tell of all kills since the last look
 * @root_fd: of the cgroup2 mount
 * @local:   it is mounted with memory_localevents: a counter is about its own cgroup only
 */
void rl_kernel_kills_look(struct rl_kernel_kills *kills, struct rl_tree *tree, int root_fd,
    bool local, rl_kernel_kill_fn fn, void *userdata);

/* A cgroup is gone. */
void rl_kernel_kills_forget(struct rl_kernel_kills *kills, uint64_t id);
void rl_kernel_kills_free(struct rl_kernel_kills *kills);
