/* The processes of a cgroup subtree, read when a victim is to be chosen.
 *
 * Nothing here allocates, and nothing is read that takes mmap_lock or pages the process in: a
 * thrashing victim never holds up the one who looks at it. */
#pragma once

#include "daemon/relieve/self.h"
#include "policy/choose.h"

/* Which optional facts a choice needs. */
enum rl_procs_need {
    RL_PROCS_EXE = 1u << 0,
    RL_PROCS_ZOMBIES = 1u << 1, /* zombies are not gone but processes without memory */
};

/* Candidates of one choice. Made once at start; when it is full the highest scores are kept, and
 * no process is ever dropped unscored.
 *
 * What is kept does not depend on the order in which candidates come: better tiers first, and more
 * points before fewer; among equals those that may be chosen (spared is RL_REASON_NONE) before
 * those that may not, then whoever comes first by the model's tie rule. */
struct rl_pool {
    struct rl_candidate *items;
    const struct rl_model *model; /* that rated them; lasts as long as they are looked at */
    size_t n, size;
    size_t seen;           /* processes looked at, kept or not */
    size_t dropped_spared; /* of those not kept: may not be chosen. Unless 0 no cgroup may die
                              whole, since one of them may be a member */
    bool sorted;           /* private: items are in the order of rl_pool_sort, not a heap */
};

/* Memory for size (at least 1) candidates, touched, so that no page faults later. Return: 0,
 * -EINVAL, or -ENOMEM. */
int rl_pool_new(size_t size, struct rl_pool *ret);
void rl_pool_free(struct rl_pool *pool);

/* Empty it, for candidates of this model. Before the first one is put in. */
void rl_pool_clear(struct rl_pool *pool, const struct rl_model *model);

/* Put one rated candidate in. A full pool drops its lowest, unless this one is lower. Logarithmic
 * in the size; after rl_pool_sort the first call puts the pool back in working order. */
void rl_pool_add(struct rl_pool *pool, const struct rl_candidate *candidate);

/* Those that may be chosen first; either part as rl_candidate_before() has it. In place. */
void rl_pool_sort(struct rl_pool *pool);

struct rl_procs {
    int proc_fd;
    uint32_t page_size;
    const struct rl_self *self; /* NULL: nobody is oneself (fixtures) */
};

/**
 * rl_procs_read() - facts about one process
 * @need:     enum rl_procs_need
 * @ret:      set only when 0 is returned and the process is not gone; cgroup is 0 and MAIN never
 *            set, both are the caller's matter
 * @ret_gone: set when it has exited meanwhile, zombies included unless asked for (not an error)
 *
 * All files are read below one descriptor of /proc/PID, so that they are about the same process
 * even when its number is taken by a new one meanwhile. Handles a dead leader with live threads
 * (numbers, uid and capabilities come from another thread), kernel threads and comm with any
 * characters. RL_PROCESS_ROOT, RAWIO and RESOURCE are left only to processes of the initial user
 * namespace, told by ns/user, where that may not be read by uid_map; where neither is there, it
 * counts as the initial one. exe is not known of kernel threads and where it
 * may not be read; " (deleted)" of a replaced binary is cut off, so that an upgraded service is
 * still the same to a pattern. Nothing is read that takes mmap_lock (no cmdline, no smaps).
 * Return: 0, or -errno.
 */
int rl_procs_read(
    const struct rl_procs *procs, pid_t pid, uint32_t need, struct rl_process *ret, bool *ret_gone);

/* The same below a descriptor of /proc/PID that the caller holds: what it does there afterwards is
 * done to the process that was read, for a descriptor never leads to another one. procs->proc_fd is
 * not used. */
int rl_procs_read_below(const struct rl_procs *procs, int dir_fd, pid_t pid, uint32_t need,
    struct rl_process *ret, bool *ret_gone);

/**
 * rl_procs_glance() - what /proc/PID/stat and oom_score_adj say of a process, and no more
 *
 * At less than half the price. ret has comm, ppid, start_ticks, rss_pages, start_code, cpu_ticks,
 * nice, threads, oom_score_adj and the flags that these tell; DYING may be missing. Of a dead
 * leader with live threads the memory is not known: see RL_PROCESS_DEAD_LEADER. Otherwise, and in
 * what it returns, as rl_procs_read() without any need.
 */
int rl_procs_glance(
    const struct rl_procs *procs, pid_t pid, struct rl_process *ret, bool *ret_gone);

/**
 * rl_procs_peek() - what /proc/PID/statm and oom_score_adj say of a process, and no more
 *
 * At three quarters of the price of a glance. ret has rss_pages, total_vm_pages and oom_score_adj;
 * start_ticks is 0, that is not known, and so is all else but SELF and SELF_ANCESTOR. rss_pages is
 * the exact sum on newer kernels (6.12-stable, 6.18: fs/proc/task_mmu.c, task_statm), and may be
 * less than what rl_procs_read() tells by the error of that counter, see struct rl_bounds. Where
 * nothing is resident all is as rl_procs_glance() has it.
 */
int rl_procs_peek(const struct rl_procs *procs, pid_t pid, struct rl_process *ret, bool *ret_gone);

/**
 * rl_procs_of() - call fn for every pid in a cgroup.procs text
 * @cgroup_fd:   directory fd of the cgroup
 * @ret_foreign: number of "0" lines, processes of a foreign pid namespace; NULL is allowed
 *
 * Reads in blocks, so that any number of members fits. The kernel may list a pid twice. A threaded
 * cgroup (EOPNOTSUPP) has no members of its own.
 * Return: 0, or -errno (-ENODEV, -ENOENT: the cgroup is gone), possibly after some calls of fn.
 */
int rl_procs_of(
    int cgroup_fd, void (*fn)(pid_t pid, void *userdata), void *userdata, size_t *ret_foreign);
