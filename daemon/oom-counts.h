/* How many of each cgroup's processes the kernel's OOM killer had killed when it was looked last
 * (oom_kill of memory.events, which counts those below as well). Only cgroups where anybody ever
 * was are kept: most have 0. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RL_OOM_COUNTS_MAX 1024

struct rl_oom_counts {
    struct rl_oom_count {
        uint64_t id, kills;
    } items[RL_OOM_COUNTS_MAX];
    size_t n;
};

/**
 * rl_oom_counts_take() - note how many there are now
 *
 * Where there is no room the cgroup counts as never seen again: its kills are told as those of the
 * cgroup above. Return: by how many it has grown since; the number itself where it is new.
 */
uint64_t rl_oom_counts_take(struct rl_oom_counts *counts, uint64_t id, uint64_t kills);

/* What was noted; 0 for a cgroup that is not there. */
uint64_t rl_oom_counts_get(const struct rl_oom_counts *counts, uint64_t id);

void rl_oom_counts_forget(struct rl_oom_counts *counts, uint64_t id);

/**
 * rl_oom_path_matches() - does the kernel mean this cgroup?
 * @kernel: a path as the kernel's report has it, from the root of its hierarchy
 * @ours:   from the root of the mount, which may lie deeper (in a container)
 */
bool rl_oom_path_matches(const char *kernel, const char *ours);

/* Is the one that the kernel means below this one? Then *ret_rest is what follows, with its slash.
 */
bool rl_oom_path_below(const char *kernel, const char *ours, const char **ret_rest);
