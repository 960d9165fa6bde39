/* The processes of a cgroup subtree, read when a victim is to be chosen. */
#pragma once

#include "daemon/relieve/self.h"
#include "policy/choose.h"

/* Which optional facts a choice needs. */
enum rl_procs_need {
    RL_PROCS_EXE = 1u << 0,
};

/* Candidates of one choice. Made once at start; when it is full the highest scores are kept, and
 * no process is ever dropped unscored. */
struct rl_pool {
    struct rl_candidate *items;
    size_t n, size;
    size_t seen; /* processes looked at, kept or not */
};

int rl_pool_new(size_t size, struct rl_pool *ret); /* touched, so that no page faults later */
void rl_pool_free(struct rl_pool *pool);
void rl_pool_clear(struct rl_pool *pool);

/* Put one rated candidate in. A full pool drops its lowest score, unless this one is lower.
 * Among equals those that may be chosen stay before those that may not. */
void rl_pool_add(struct rl_pool *pool, const struct rl_candidate *candidate);

/* Highest score first; ineligible ones last. */
void rl_pool_sort(struct rl_pool *pool);

struct rl_procs {
    int proc_fd;
    uint32_t page_size;
    const struct rl_self *self;
};

/**
 * rl_procs_read() - facts about one process
 * @ret_gone: set when it has exited meanwhile (not an error)
 *
 * Handles a dead leader with live threads (numbers come from another thread), kernel threads and
 * comm with any characters. Nothing is read that takes mmap_lock (no cmdline, no smaps).
 * Return: 0, or -errno.
 */
int rl_procs_read(const struct rl_procs *procs, pid_t pid, uint32_t need, struct rl_process *ret,
    bool *ret_gone);

/**
 * rl_procs_of() - call fn for every pid in a cgroup.procs text
 * @cgroup_fd: directory fd of the cgroup
 *
 * Reads in blocks, so that any number of members fits. A "0" line (a process of a foreign pid
 * namespace) is counted in *ret_foreign. A threaded cgroup (EOPNOTSUPP) has no members of its own.
 * Return: 0, or -errno (-ENODEV, -ENOENT: the cgroup is gone).
 */
int rl_procs_of(int cgroup_fd, void (*fn)(pid_t pid, void *userdata), void *userdata,
    size_t *ret_foreign);
