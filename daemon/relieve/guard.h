/* [Guard]: standing orders for cgroups of others, as long as a policy and reliefd stand:
 * memory.high kept below memory.max, memory.oom.group, oom_score_adj of certain processes. What a
 * step does to a cgroup for a time (measure.h) is carried out, kept and taken back here as well.
 *
 * Guarantees
 * - Only what is to change is written, by a thread of the guardian's own (a write to memory.high
 *   reclaims in the writer and can block for seconds), through a descriptor of the very cgroup or
 *   process: its id or start time was compared after the opening.
 * - Before any write the id, the boot id, the old and the new value are in RUNTIME/guard.state
 *   (guard-state.h); where that cannot be written, nothing is.
 * - What was written is taken back when the order goes, when the guardian is freed, and else by
 *   rl_guard_restore() at the next start or `reliefctl restore`: only where the file still holds
 *   what we wrote. Taking back never lowers a memory.high below what it is.
 * - Foreign writes are noticed (inotify, and at every rl_guard_apply()) and answered as hold.h
 * says.
 * - One guardian only per runtime folder; a lock sees to it.
 *
 * Never: a cgroup that kubelet manages (it would write its own values back), unless the order says
 * Managed=override; a kernel thread, PID 1, reliefd itself and its parents. What systemd manages
 * cannot be told apart: a MemoryHigh= of its own shows as an old value, which is never raised, and
 * when systemd writes it again that is a foreign write.
 *
 * Children of a guarded process inherit its oom_score_adj; they are recognised at the next
 * rl_guard_apply() while their parent lives, and get the parent's old value back.
 *
 * Nothing here belongs on the hot path (it allocates and writes a file) but
 * rl_guard_value_before(). All functions belong to the thread of the event loop. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/observe/cmdline.h"
#include "daemon/relieve/guard-state.h"
#include "daemon/relieve/self.h"
#include "policy/policy.h"

#define RL_GUARD_CGROUPS_MAX   1024
#define RL_GUARD_PROCESSES_MAX 4096

struct rl_guardian;

struct rl_guard_options {
    const char *runtime_dir; /* /run/reliefd; copied */
    int proc_fd;             /* kept, not owned, as the next one */
    int cgroup_root_fd;
    uint32_t page_size;
    const struct rl_self *self; /* outlives the guardian; NULL: nobody is oneself */
    struct rl_cmdline *cmdline; /* for patterns of that kind; outlives it; NULL: they never match */
};

/**
 * rl_guard_new() - take the lock, restore what a crashed guardian left, start the thread
 *
 * Return: 0; -EBUSY when another guardian works in this runtime folder; other -errno.
 */
int rl_guard_new(sd_event *event, const struct rl_guard_options *options, struct rl_guardian **ret);

/* Restore all that stands, wait for the thread a bounded time. NULL is allowed. Always returns
 * NULL. */
struct rl_guardian *rl_guard_free(struct rl_guardian *guardian);

/* A cgroup to be guarded. */
struct rl_guard_place {
    int fd;           /* its directory (duplicated) */
    uint64_t id;      /* its inode */
    const char *path; /* with leading / (copied) */
    bool inherited;   /* it is below the policy's subject: only OomScoreAdjust= reaches there */
};

enum rl_guard_answer {
    RL_GUARD_DONE,    /* nothing is ordered, or it is on its way */
    RL_GUARD_MANAGED, /* refused: kubelet manages it, and Managed=override was not said */
};

/**
 * rl_guard_apply() - the orders for a cgroup are these now
 * @orders: NULL or without any order: none, what was written is taken back. Nothing in it is kept
 *
 * May be called at any time and often: when a policy is attached, at a reload for every cgroup, and
 * now and then, so that new processes are found. Writes happen later, from the event loop.
 *
 * Return: enum rl_guard_answer; -ESTALE when fd is not that cgroup; -ENOSPC when too many are
 * guarded; -ENOMEM; other -errno.
 */
int rl_guard_apply(struct rl_guardian *guardian, const struct rl_guard_place *place,
    const struct rl_guard *orders);

/* The cgroup is gone: nothing is to be taken back any more. */
void rl_guard_forget(struct rl_guardian *guardian, uint64_t id);

/* Take all orders back, from the event loop; the guardian goes on. */
void rl_guard_restore_all(struct rl_guardian *guardian);

/**
 * rl_guard_value_before() - the value that would count without us
 * @value:  a file of the cgroup's own. Of RL_GUARD_FREEZE: true says that we keep it frozen
 * @ret:    in the file's unit, RL_NO_LIMIT for "max"; set only when true is returned
 *
 * Return: whether a write of ours stands there. Allocates nothing.
 */
bool rl_guard_value_before(
    const struct rl_guardian *guardian, uint64_t id, enum rl_guard_value value, uint64_t *ret);

/* What stands, for people who ask. */
struct rl_guard_entry {
    const char *path; /* of the cgroup, as the policy was attached */
    pid_t pid;        /* 0: the cgroup's own file */
    const char *file;
    int64_t old, ours; /* RL_HOLD_MAX: "max" */
    bool standing;     /* a write of ours stands */
    bool given_up;
};
void rl_guard_each(const struct rl_guardian *guardian,
    void (*fn)(const struct rl_guard_entry *entry, void *userdata), void *userdata);

/* ---- what a crashed guardian left ---- */

struct rl_guard_roots {
    const char *runtime_dir;
    int cgroup_root_fd, proc_fd;
};

struct rl_guard_restored {
    unsigned restored;
    unsigned untouched; /* hold another value by now, the old one or a foreign one */
    unsigned gone;
    unsigned failed; /* they stay in the state file */
    bool other_boot; /* all of it is about cgroups of another boot: dropped */
};

/**
 * rl_guard_restore() - take back what the state file tells of
 *
 * Each failure is logged. Writes in the calling thread: what is taken back lifts limits and cannot
 * block. Return: 0, also when there is nothing; -EBUSY when a guardian is at work; -EBADMSG when
 * the file is none of ours; other -errno.
 */
int rl_guard_restore(const struct rl_guard_roots *roots, struct rl_guard_restored *ret);

/* ---- rules, for themselves ---- */

/* Is that one of kubelet's cgroups (or below one)? */
bool rl_guard_managed(const char *path);

/* What HighBelowMax= makes of a memory.max. Return: false when there is nothing to be kept below,
 * or nothing would be left. */
bool rl_guard_high(
    const struct rl_guard *orders, uint64_t memory_max, uint32_t page_size, int64_t *ret);
