/* Which processes share one address space (clone with CLONE_VM and without CLONE_THREAD; a vfork()
 * child until it executes something). No file of /proc says so: equal numbers make a suspicion, and
 * only kcmp(2) proves it.
 *
 * Nothing here allocates or takes mmap_lock. */
#pragma once

#include "policy/process.h"

/* One process in question. */
struct rl_mm_user {
    uint32_t index; /* the caller's own: which process it is */
    pid_t pid;
    bool headless; /* its main thread has exited: kcmp would compare nothing with nothing */
    uint64_t total_vm_pages, start_code;
    uint32_t mm; /* filled by rl_mm_find(): see struct rl_process */
};

/* Compare two processes' address spaces. Return: 0 the same, 1 the first one comes first in some
 * order that does not change, 2 the second one does, or -errno. */
typedef int (*rl_mm_compare_fn)(pid_t a, pid_t b);

/* By kcmp(2), which asks for the right to look into both (PTRACE_MODE_READ). */
int rl_mm_compare(pid_t a, pid_t b);

struct rl_mm_user rl_mm_user_of(const struct rl_process *process, uint32_t index);

/**
 * rl_mm_find() - number the address spaces that have several users
 * @users:   reordered; mm is set in each: 1, 2 ... and 0 for who shares with nobody here
 * @compare: rl_mm_compare; NULL where these pids are not what kcmp would understand by them
 *
 * Only those with the same total_vm and start_code are compared, so that one whose mappings change
 * between two reads is missed.
 *
 * Only kcmp's word counts. Where it has none (no right to, not in this kernel, forbidden by a
 * filter; a process without its main thread) nobody shares: workers that were forked and idle since
 * have the same numbers in every file of /proc, and to take them for one would kill them all where
 * one was chosen. The price: of processes that do share one dies at a time, and frees nothing until
 * the last.
 *
 * At most about 2 * n * log2(n) comparisons.
 *
 * Return: how many address spaces were numbered.
 */
uint32_t rl_mm_find(struct rl_mm_user *users, size_t n, rl_mm_compare_fn compare);

/**
 * rl_mm_find_first() - the same, only as far as it takes to know of one that he shares with nobody
 * @users: the one that would be chosen first stands first; may be reordered
 *
 * What sharing does is to put some further back or rule them out. So whoever is first and shares
 * with nobody stays first, and those behind him need not be known: they may have mm 0 though they
 * share. Those before him have the right numbers.
 *
 * At most n - 1 comparisons where the first one shares with nobody, about 8 * n + 2 * n * log2(n)
 * at worst.
 */
uint32_t rl_mm_find_first(struct rl_mm_user *users, size_t n, rl_mm_compare_fn compare);
