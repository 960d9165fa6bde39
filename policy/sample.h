/* What was read of one cgroup, or of the machine, at one instant.
 *
 * A sample is plain numbers. A number that could not be read is not zero: its bit is missing in
 * `have`, and whatever depends on it "cannot hold" and says why. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

/* Inputs: what a sample holds, and what a compiled policy needs (rl_policy.needs). */
enum rl_have {
    RL_HAVE_PRESSURE = 1u << 0,     /* memory.pressure */
    RL_HAVE_CURRENT = 1u << 1,      /* memory.current */
    RL_HAVE_STAT = 1u << 2,         /* memory.stat */
    RL_HAVE_EVENTS = 1u << 3,       /* memory.events */
    RL_HAVE_EVENTS_LOCAL = 1u << 4, /* memory.events.local */
    RL_HAVE_LIMITS = 1u << 5,       /* memory.high, memory.max */
    RL_HAVE_SWAP = 1u << 6,         /* memory.swap.current, memory.swap.max */
    RL_HAVE_CPU = 1u << 7,          /* cpu.stat: throttled_usec */
};

/* Counters of memory.events or memory.events.local (kernel: __memcg_memory_event). */
struct rl_events {
    uint64_t high, max, oom, oom_kill;
};

struct rl_sample {
    uint64_t at_us; /* CLOCK_MONOTONIC when memory.pressure was read */
    uint32_t have;  /* enum rl_have */

    uint64_t some_us, full_us; /* total= of memory.pressure, microseconds */

    uint64_t current; /* bytes, as all below */
    uint64_t anon, file, shmem, slab_reclaimable;
    uint64_t refault_anon; /* pages: workingset_refault_anon */
    uint64_t restore_file; /* pages: workingset_restore_file (active file pages come back) */
    uint64_t memory_high, memory_max;
    uint64_t swap_current, swap_max;

    struct rl_events events, events_local;
    uint64_t throttled_us; /* cpu.stat throttled_usec: added to when a throttle ends */
    uint64_t cpu_periods, cpu_periods_throttled; /* cpu.stat nr_periods, nr_throttled */
};

/* The machine: /proc/meminfo, /proc/vmstat, vm.swappiness. Bytes. */
struct rl_node {
    uint64_t mem_total, mem_available, mem_free; /* mem_free: 0 where it was not read */
    uint64_t swap_total, swap_free;
    uint64_t allocstall;   /* sum of allocstall_* of /proc/vmstat */
    uint64_t kswapd_taken; /* pages: pgsteal_kswapd; limits of cgroups are none of its business */
    uint64_t refaults;     /* pages: workingset_refault_anon + workingset_restore_file, whoever took
                            * them away: the machine or a cgroup's limit */
    uint32_t swappiness;
    uint32_t page_size;
};

/**
 * rl_sample_used() - what reclaim cannot cheaply drop
 *
 * memory.current - (file - shmem) - slab_reclaimable, never below 0 (the counters of memory.stat
 * lag behind memory.current by up to a per-CPU batch). Needs RL_HAVE_CURRENT and RL_HAVE_STAT.
 *
 * Return: bytes.
 */
uint64_t rl_sample_used(const struct rl_sample *sample);
