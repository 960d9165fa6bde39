/* What the children of a process add to its score in models before 2.6.36, which blamed a parent
 * for what it had forked (mm/oom_kill.c, badness of 2.6.12 to 2.6.35). */
#pragma once

#include "process.h"

/* One process of the table from which the sums are made. */
struct rl_kin {
    pid_t pid, ppid;
    uint32_t mm;             /* as in struct rl_process; 0: shares with nobody */
    uint64_t total_vm_pages; /* 0: has no address space, and adds nothing to its parent */
    /* filled by rl_family_sum() */
    uint64_t children_pages, children_half_pages;
};

/* The entry of a process. Kernel threads have no address space; neither, for the kernels that made
 * such sums, have processes whose main thread has exited. Copies mm, which may be filled later,
 * up to rl_family_sum(). */
struct rl_kin rl_kin_of(const struct rl_process *process);

/**
 * rl_family_sum() - add up each one's children
 * @kin: all processes that are known, in any order; sorted by pid afterwards
 *
 * Children are those whose ppid it is, one generation, with an address space of their own: of
 * another mm than the parent, or of mm 0. To children_pages each adds its total_vm (2.6.11 to
 * 2.6.15), to children_half_pages total_vm / 2 + 1 (2.6.16 to 2.6.35); neither overflows. A pid
 * that is there twice counts once. Children that are not in the table add nothing.
 */
void rl_family_sum(struct rl_kin *kin, size_t n);

/* The entry of that pid in a table that rl_family_sum() has sorted; NULL: there is none. */
const struct rl_kin *rl_family_find(const struct rl_kin *kin, size_t n, pid_t pid);

/* Give a process mm and the sums of its entry in a summed table. Return: false when it has none;
 * then nothing is set. */
bool rl_family_give(const struct rl_kin *kin, size_t n, struct rl_process *process);
