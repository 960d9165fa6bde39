/* A report held against the model of the kernel that wrote it: did the formula choose whom the
 * kernel chose, and why? Pure: a report goes in, a finding comes out. */
#pragma once

#include "daemon/autopsy/report.h"
#include "policy/choose.h"

/* What a report does not show, or does not allow to be told; ids for JSON and words for people in
 * one table. */
enum rl_oom_missing {
    RL_OOM_MISSING_HEADER,
    RL_OOM_MISSING_KERNEL,
    RL_OOM_MISSING_TABLE,
    RL_OOM_MISSING_TABLE_REST, /* rows were elided or cannot be read */
    RL_OOM_MISSING_SWAP_COLUMN,
    RL_OOM_MISSING_TABLES_COLUMN,
    RL_OOM_MISSING_LIMIT,
    RL_OOM_MISSING_RAM,
    RL_OOM_MISSING_TOTAL_SWAP,
    RL_OOM_MISSING_ALLOWED_NODES, /* the memory of the cpuset's or policy's nodes */
    RL_OOM_MISSING_CONSTRAINT,
    RL_OOM_MISSING_VICTIM,     /* whom the kernel selected */
    RL_OOM_MISSING_VICTIM_ROW, /* he is not in the table */
    RL_OOM_MISSING_KILL,       /* no line says that somebody died */
    RL_OOM_MISSING_CAPS,       /* who had CAP_SYS_ADMIN: it decides */
    RL_OOM_MISSINGS,
};

const char *rl_oom_missing_id(enum rl_oom_missing missing);
const char *rl_oom_missing_text(enum rl_oom_missing missing);

/* One task of the table, rated. */
struct rl_oom_rated {
    const struct rl_oom_task *task;
    struct rl_score score; /* by the kernel's model */
    struct rl_score ours;  /* by percent-times-ten against the domain's memory */
    uint64_t printed;      /* as that kernel would print the score */
};

struct rl_oom_finding {
    const struct rl_oom_report *report;
    const struct rl_model *model; /* of the kernel, NULL: cannot be told */
    bool model_guessed;           /* from the columns alone, or from the version alone */
    bool limit_known;             /* limit_bytes, of a memcg report */
    uint64_t limit_bytes;
    bool available_known; /* available_pages: totalpages as that kernel computed it */
    uint64_t available_pages;
    uint64_t available_used;    /* pages that were scored against in the end: where the true
                                   number is not known, the best that can be had */
    struct rl_oom_rated *rated; /* highest first by the kernel's model and its tie rule; those
                                   that were no candidates last */
    size_t n_rated;
    const struct rl_oom_rated *model_victim, *kernel_victim, *ours; /* NULL: none or not in it */
    uint32_t kernel_victim_rank; /* from 1, ties share; 0: not in the table */
    int agrees;                  /* 1, 0, or -1 where it cannot be told (missing says why) */
    bool complete;               /* table, victim and total are all there */
    uint32_t missing;            /* bits 1 << enum rl_oom_missing */
};

/* Return: 0, or -ENOMEM. The finding points into the report. */
int rl_oom_judge(const struct rl_oom_report *report, struct rl_oom_finding *ret);
void rl_oom_finding_free(struct rl_oom_finding *finding);
