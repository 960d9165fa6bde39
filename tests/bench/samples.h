/* What observer writes and reaction reads: a text file with one word first on each line.
 *
 *   load NS PID COMM                       the load began
 *   signal NS NUMBER CODE SENDER PID COMM  SIGTERM or SIGKILL was sent: by SENDER, to PID; code 128
 *                                          is the kernel
 *   dead NS PID                            the load's first process has ended
 *   empty NS                               nobody is left in the load's cgroup
 *   end NS over|timeout                    the load went by itself or was killed; or time was up
 *   sample NS NUMBER ...                   in the order of sample_columns
 *
 * NS is CLOCK_MONOTONIC in nanoseconds. Command names have blanks replaced by '_'. */
#ifndef RELIEFD_TESTS_BENCH_SAMPLES_H
#define RELIEFD_TESTS_BENCH_SAMPLES_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define NS_PER_MS 1000000ULL
#define NS_PER_S  1000000000ULL

/* Stall of a cgroup, or of the machine. */
struct stall {
    uint64_t some_us; /* total= */
    uint64_t full_us;
    uint64_t some_avg10; /* in hundredths of a percent */
    uint64_t full_avg10;
};

struct sample {
    uint64_t ns;
    struct stall cgroup;
    struct stall node;
    uint64_t current; /* bytes */
    uint64_t swap;
    uint64_t high; /* counters of memory.events */
    uint64_t max;
    uint64_t oom_kill;
    uint64_t available_kb; /* of /proc/meminfo */
    uint64_t anon_kb;
    uint64_t total_kb;
    uint64_t swap_free_kb;
    uint64_t swap_total_kb;
};

static const size_t sample_columns[] = {
    offsetof(struct sample, cgroup.some_us),
    offsetof(struct sample, cgroup.full_us),
    offsetof(struct sample, cgroup.some_avg10),
    offsetof(struct sample, cgroup.full_avg10),
    offsetof(struct sample, node.some_us),
    offsetof(struct sample, node.full_us),
    offsetof(struct sample, node.some_avg10),
    offsetof(struct sample, node.full_avg10),
    offsetof(struct sample, current),
    offsetof(struct sample, swap),
    offsetof(struct sample, high),
    offsetof(struct sample, max),
    offsetof(struct sample, oom_kill),
    offsetof(struct sample, available_kb),
    offsetof(struct sample, anon_kb),
    offsetof(struct sample, total_kb),
    offsetof(struct sample, swap_free_kb),
    offsetof(struct sample, swap_total_kb),
};

#define SAMPLE_COLUMNS (sizeof(sample_columns) / sizeof(sample_columns[0]))

static inline uint64_t *sample_column(struct sample *sample, size_t column)
{
    return (uint64_t *)((char *)sample + sample_columns[column]);
}

#endif
