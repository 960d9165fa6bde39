/* A report held against the model of the kernel that wrote it: did the formula choose whom the
 * kernel chose, and why? Pure: a report goes in, a finding comes out.
 *
 * What a report leaves open (which of two generations wrote it, who had CAP_SYS_ADMIN, how much
 * swap there was) is tried in every way that the report allows. Where all ways lead to the same
 * answer the answer is told, else it is not, and `missing` says what would decide it. */
#pragma once

#include "daemon/autopsy/report.h"
#include "policy/choose.h"

/* What a report does not show, or does not allow to be told; ids for JSON and words for people in
 * one table. */
enum rl_oom_missing {
    RL_OOM_MISSING_HEADER,
    RL_OOM_MISSING_KERNEL,
    RL_OOM_MISSING_TABLE,
    RL_OOM_MISSING_TABLE_REST,    /* rows were elided or cannot be read */
    RL_OOM_MISSING_SWAP_COLUMN,   /* it decides */
    RL_OOM_MISSING_TABLES_COLUMN, /* it decides */
    RL_OOM_MISSING_LIMIT,
    RL_OOM_MISSING_RAM,
    RL_OOM_MISSING_TOTAL_SWAP,    /* it decides */
    RL_OOM_MISSING_ALLOWED_NODES, /* the memory of the cpuset's or policy's nodes: it decides */
    RL_OOM_MISSING_CONSTRAINT,
    RL_OOM_MISSING_VICTIM,     /* whom the kernel selected */
    RL_OOM_MISSING_VICTIM_ROW, /* its row in the table */
    RL_OOM_MISSING_KILL,       /* no line says that somebody died */
    RL_OOM_MISSING_CAPS,       /* who had CAP_SYS_ADMIN: it decides */
    RL_OOM_MISSING_RUN_TIME,   /* CPU time, age, nice, children: what kernels before 2.6.36 rated */
    RL_OOM_MISSING_SCORING,    /* the kernel killed the task that asked, and rated nobody */
    RL_OOM_MISSINGS,
};

const char *rl_oom_missing_id(enum rl_oom_missing missing);
/* A clause that follows "missing: ", without a full stop. */
const char *rl_oom_missing_text(enum rl_oom_missing missing);

/* One task of the table, rated. */
struct rl_oom_rated {
    const struct rl_oom_task *task;
    struct rl_process process; /* the task as models take it; start_ticks is its place */
    struct rl_score score;     /* by the kernel's model */
    struct rl_score ours;      /* by percent-times-ten against the domain's memory */
    uint64_t printed;          /* as that kernel would print the score; 0 for who is no candidate */
};

/* Did the numbers of the table give the score that the kernel printed? */
enum rl_oom_printed {
    RL_OOM_PRINTED_NONE,  /* the kernel printed none, or it cannot be computed */
    RL_OOM_PRINTED_EXACT, /* yes, to the point */
    RL_OOM_PRINTED_NEAR,  /* within 1 %, or one point: memory moved between choice and table */
    RL_OOM_PRINTED_OTHER,
};

struct rl_oom_finding {
    const struct rl_oom_report *report;
    const struct rl_model *model; /* of the kernel, NULL: cannot be told */
    bool model_guessed;           /* from the columns alone, or from the version alone */
    const char *constraint;       /* lower case; NULL: cannot be told */
    bool limit_known;             /* limit_bytes, of a memcg report */
    uint64_t limit_bytes;
    bool available_known; /* available_pages: totalpages as that kernel computed it */
    uint64_t available_pages;
    uint64_t available_used; /* pages that were scored against in the end: where the true number is
                                not known, the best that can be had; 0: nothing is known */
    bool total_by_score;     /* that the printed score tells */
    bool root_bonus;         /* uid 0 was taken to have CAP_SYS_ADMIN */
    bool root_bonus_known;   /* because the printed score says so */
    struct rl_oom_rated *rated; /* highest first by the kernel's model and its tie rule; those
                                   that were no candidates last */
    size_t n_rated, n_eligible;
    /* NULL: not in the table, or nobody; model_victim also where the points cannot be known */
    const struct rl_oom_rated *model_victim, *kernel_victim, *ours;
    bool points_known; /* model_victim's points do not hang on a total that is only guessed */
    struct rl_oom_named victim;  /* whom the kernel selected; pid -1 and comm "": not shown */
    uint32_t kernel_victim_rank; /* from 1, ties share; 0: not in the table, or not rated */
    enum rl_oom_printed printed;
    int agrees;       /* 1, 0, or -1 where it cannot be told (missing says why) */
    bool complete;    /* table, kill line and what the total needs are all there */
    uint32_t missing; /* bits 1 << enum rl_oom_missing */
};

/* Return: 0, or -ENOMEM. The finding points into the report. */
int rl_oom_judge(const struct rl_oom_report *report, struct rl_oom_finding *ret);
void rl_oom_finding_free(struct rl_oom_finding *finding);

/* Version "2.6.32-642.11.1.el6.x86_64" as RL_KERNEL; 0 where the text begins with no version. */
uint32_t rl_oom_version(const char *kernel);
