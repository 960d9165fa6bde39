/* memory.pressure of cgroups that walks pass again and again, kept open while stall goes on:
 * opening and closing costs three times what reading does. There are RL_WARM_MAX of them at most,
 * since each costs 4.7 KB of kernel memory (its seq_file); when the walks have ended and nobody is
 * hot all are closed.
 *
 * Guarantees: nothing here allocates but rl_warm_new(); a cgroup that is gone, or that keeps its
 * files for another reason, must be dropped by the caller. */
#pragma once

#include "daemon/observe/tree.h"

#define RL_WARM_MAX 256

struct rl_warm;

/* Return: NULL without memory. */
struct rl_warm *rl_warm_new(void);
struct rl_warm *rl_warm_free(struct rl_warm *warm);

/* Return: the kept descriptor of a cgroup's memory.pressure, -1 for none. */
int rl_warm_find(struct rl_warm *warm, struct rl_cgroup *cgroup, uint32_t walk);

/**
 * rl_warm_keep() - take a descriptor that was just read
 * @walk: number of this walk below the root: who was not found in the last one before it gives way
 *
 * Return: whether it was taken; otherwise it stays the caller's.
 */
bool rl_warm_keep(struct rl_warm *warm, struct rl_cgroup *cgroup, uint32_t walk, int fd);

/* Close that of a cgroup, if it has one. */
void rl_warm_drop(struct rl_warm *warm, struct rl_cgroup *cgroup);

/* Close all. */
void rl_warm_clear(struct rl_warm *warm);
