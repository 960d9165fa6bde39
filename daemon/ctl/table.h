/* All processes with their scores, each against the memory that counts for it. */
#pragma once

#include "daemon/ctl/ctl.h"
#include "daemon/observe/probe.h"
#include "policy/choose.h"

struct rl_table_row {
    struct rl_candidate candidate;
    char *cgroup;       /* "" where it cannot be told */
    char *limited_by;   /* a path, or "node" */
    uint64_t available; /* bytes that the score is against */
    long kernel_score;  /* /proc/PID/oom_score */
    bool kernel_score_known;
};

struct rl_process_table {
    struct rl_table_row *rows; /* highest score first, who may not be chosen last */
    size_t n, size;
    uint64_t available; /* of the one domain, with cgroup or system */
    uint32_t page_size;
};

struct rl_table_options {
    const struct rl_model *model;
    const char *cgroup; /* only what is in or below it, against its memory; NULL: all */
    bool system;        /* against the machine's memory instead of each one's own cgroup's */
};

/* Look at the roots that the options name; where that fails and system says that cgroups do not
 * matter, at the processes alone. Return: an exit code; the reason is on stderr. */
int rl_table_probe(const struct rl_args *args, bool system, struct rl_probe *ret);

/* Read and rate all processes. A process that exits meanwhile is left out. Return: an exit code;
 * the reason is on stderr. */
int rl_process_table_read(const struct rl_probe *probe, const struct rl_table_options *options,
    struct rl_process_table *ret);
void rl_process_table_free(struct rl_process_table *table);
