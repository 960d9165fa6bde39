/* Choosing without reading everybody: of each process a sketch, the best that it can come to (see
 * rl_candidate_bound()), and then the processes themselves in falling order, until those that are
 * asked for stand before all that are left.
 *
 * The order is that of a sorted pool: those that may be chosen first, then as rl_candidate_before()
 * has it for models whose equals are told apart by pid (RL_TIE_PID). Nothing here allocates. */
#pragma once

#include "daemon/observe/mm.h"
#include "policy/choose.h"

#define RL_BEST_MOST 32

struct rl_sketch {
    uint64_t start_ticks; /* 0: not known */
    uint64_t start_code;  /* 0: not known */
    int64_t points;
    pid_t pid;
    uint32_t group;
    uint32_t need; /* enum rl_procs_need of its cgroup */
    uint8_t tier;  /* enum rl_tier */
    bool spared;   /* may not be chosen, for certain */
    bool main;     /* RL_PROCESS_MAIN */
};

struct rl_sketches {
    struct rl_sketch *items; /* a heap of those not read yet, once rl_sketches_order() was called */
    size_t n, size;
    struct rl_sketch best[RL_BEST_MOST]; /* of the processes read, in order */
    size_t n_best, wanted;               /* wanted: from 1 to RL_BEST_MOST */
};

/* Forget all. */
void rl_sketches_clear(struct rl_sketches *sketches, size_t wanted);

/* Keep one. candidate: as rl_candidate_bound() left it. Return: false when there is no room. */
bool rl_sketches_add(
    struct rl_sketches *sketches, const struct rl_candidate *candidate, uint32_t need);

/* A process was read and rated in full: it may be one of the best. */
void rl_sketches_read(struct rl_sketches *sketches, const struct rl_candidate *candidate);

/* No more of them are to come. */
void rl_sketches_order(struct rl_sketches *sketches);

/* Take out the one that is to be read next. Return: false when nobody is left who can still come
 * before the last one of the best, or nobody at all. */
bool rl_sketches_next(struct rl_sketches *sketches, struct rl_sketch *ret);

/* Does a process share its address space with somebody who was not read? compare: as for
 * rl_mm_find(). */
bool rl_sketches_share(
    const struct rl_sketches *sketches, const struct rl_process *process, rl_mm_compare_fn compare);
