/* Measures: what a step does to a cgroup for the time of an incident, and takes back after it.
 *
 * - Throttle: memory.high is lowered to a share of what the cgroup holds just now. Its tasks are
 *   slowed down and reclaim from themselves (kernel 6.12: mem_cgroup_handle_over_high, up to 2 s at
 *   each return to user space); it never leads to an OOM kill. Along with it, when asked for, the
 *   quota of cpu.max; its period stays. A task held back by cpu.max in the midst of reclaim counts
 *   as stalled: pressure alone tells little about such a cgroup.
 * - Freeze: cgroup.freeze. Nothing in the cgroup runs, so nothing grows; nothing is given back
 *   either, and a signal that has a handler waits for the thaw. SIGKILL works.
 *
 * Guarantees
 * - What the file held, and what is to be written, is in RUNTIME/guard.state before the write
 *   (guard-state.h): that file, on a tmpfs, is the one thing for which something is allocated
 *   between a decision and its write. Where it cannot be written, nothing is.
 * - What was written is taken back when it is released, when all is freed, by rl_guard_restore() at
 *   the next start and by `reliefctl restore`; only where the file still holds what we wrote.
 * - A measure never lifts anything: it is never above what the file, or a [Guard] order for it,
 *   says already. With an order on the same file the order's own old value stays the one to go
 *   back to, and the order holds again after the measure.
 * - A freeze ends in time: by a timer, RL_MEASURE_GRACE_US later by a thread of its own (thaw.h)
 *   should the loop hang, and after a crash as above.
 * - Writes are done by threads: that of memory.high reclaims in the writer and can take long, the
 *   others wait for a lock of the kernel's at most, and never behind memory.high.
 *
 * Never: a cgroup that reliefd or one of its parents lives in, or the root; anything in a cgroup
 * that has been frozen by somebody else already.
 *
 * All functions belong to the thread of the event loop. */
#pragma once

#include <stdint.h>

#include "daemon/relieve/guard.h"

#define RL_MEASURES_MAX          16
#define RL_MEASURE_FREEZE_US     UINT64_C(10000000)  /* a freeze's limit where none is said */
#define RL_MEASURE_FREEZE_MAX_US UINT64_C(600000000) /* a longer one is cut */
#define RL_MEASURE_GRACE_US      UINT64_C(1000000)

enum rl_measure_kind {
    RL_MEASURE_THROTTLE,
    RL_MEASURE_FREEZE,
    RL_MEASURE_KINDS,
};

/* What becomes of a measure; failures are negative. */
enum rl_measure_news {
    RL_MEASURE_TAKEN,    /* the value is in force */
    RL_MEASURE_NEEDLESS, /* the file holds as much already, and not by a measure of ours */
    RL_MEASURE_FOREIGN,  /* somebody else has written the file: it is his */
    RL_MEASURE_TIME_UP,  /* a freeze has come to its limit and is undone */
    RL_MEASURE_GONE,     /* the cgroup is */
};

/* Called from the event loop, never from within a function below, with RL_MEASURE_TAKEN at first
 * and with anything else once at the end; when the end comes at once, it alone is told. -errno: it
 * could not be written (-EACCES, -ENOENT, -EROFS, ...). After an end nothing of the measure stands
 * any more; it is still to be released, which may be done from in here.
 *
 * memory.high counts from the beginning of its write, but RL_MEASURE_TAKEN comes at the end of it:
 * nobody should wait for it. */
typedef void (*rl_measure_fn)(void *userdata, int news);

struct rl_measures;
struct rl_measure;

/* Room for RL_MEASURES_MAX measures, and the threads they need. The guardian outlives it and
 * carries out, keeps and restores. Return: 0, -EBUSY when it has one already, other -errno. */
int rl_measures_new(struct rl_guardian *guardian, struct rl_measures **ret);

/* Release all that is left, without a word. NULL is allowed. Always returns NULL. */
struct rl_measures *rl_measures_free(struct rl_measures *measures);

/**
 * rl_measure_throttle() - hold a cgroup down
 * @place:     its directory (duplicated), inode and path (copied)
 * @share:     hundredths of a percent of memory.current as it is now, 1 to 10000; rounded down to
 *             whole pages, one at least
 * @cpu_share: hundredths of a percent of one processor for the quota of cpu.max (one of 1 ms at
 *             least); 0 leaves it alone. Where it cannot be written that is logged, and memory.high
 *             alone decides what becomes of the measure
 * @told:      may be NULL
 * @ret:       the measure, on 0 only; to be released
 *
 * Return: 0, it is on its way; RL_MEASURE_NEEDLESS; -EINVAL: a share out of range; -EPERM: reliefd
 * lives in there; -EALREADY: it is throttled, release that first; -EBUSY: RL_MEASURES_MAX stand;
 * -ESTALE: fd is another cgroup; -ENOENT: no such file, as in the root or without the memory
 * controller; -errno of reading, or of the state file.
 */
int rl_measure_throttle(struct rl_measures *measures, const struct rl_guard_place *place,
    uint32_t share, uint32_t cpu_share, rl_measure_fn told, void *userdata,
    struct rl_measure **ret);

/**
 * rl_measure_freeze() - let nothing in a cgroup run for a while
 * @limit_us: for how long at most; 0 is RL_MEASURE_FREEZE_US
 *
 * RL_MEASURE_TAKEN says that the kernel has been told; "frozen 1" of cgroup.events follows when all
 * tasks have come to rest. The rest is as for rl_measure_throttle().
 */
int rl_measure_freeze(struct rl_measures *measures, const struct rl_guard_place *place,
    uint64_t limit_us, rl_measure_fn told, void *userdata, struct rl_measure **ret);

/* Take it back, at once; nothing is told any more. NULL is allowed. Always returns NULL. */
struct rl_measure *rl_measure_release(struct rl_measure *measure);

/* ---- rules, for themselves ---- */

/* memory.high for a share of what is held. Return: whole pages, one at least. */
int64_t rl_measure_high(uint64_t current, uint32_t share, uint32_t page_size);

/* The quota for a share of one processor, microseconds; never below the 1 ms that the kernel takes
 * at least (6.12: kernel/sched/core.c, min_cfs_quota_period). */
int64_t rl_measure_quota(uint64_t period_us, uint32_t cpu_share);
