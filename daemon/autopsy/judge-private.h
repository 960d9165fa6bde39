/* The parts of judging a report; see judge.h for what comes out of it. */
#pragma once

#include "daemon/autopsy/judge.h"

/* Generations that may have written a report, the likeliest first. */
struct rl_oom_models {
    const struct rl_model *models[2];
    size_t n;
    bool guessed;
};

/* Columns win over the version, since vendors backport; the version tells apart what looks alike.
 */
void rl_oom_models_of(const struct rl_oom_report *report, struct rl_oom_models *ret);

/* The report's page size, bytes; 4096 where it makes no sense. */
uint32_t rl_oom_page_size(const struct rl_oom_report *report);

/* totalpages of the kernel's choice: known to the page where lo == hi, else somewhere between. */
struct rl_oom_total {
    uint64_t lo, hi;         /* pages, never 0 */
    uint64_t best;           /* the best guess; 0: none */
    enum rl_oom_missing why; /* what would tell it; of no meaning where it is known */
};

/**
 * rl_oom_total_of() - what the kernel scored against
 * @constraint: as rl_oom_finding.constraint
 *
 * Of a machine totalram_pages + total_swap_pages. Of a memory cgroup
 * min(limit + min(swap limit, total_swap_pages), memsw limit) (mem_cgroup_get_limit() of 2.6.36 to
 * 4.19, mem_cgroup_get_max() since), where kernels before 2.6.37 add pages of swap to bytes of
 * limit. The usage of swap is the least that its total can be.
 */
void rl_oom_total_of(
    const struct rl_oom_report *report, const char *constraint, struct rl_oom_total *ret);

/* One way in which a report may be read. */
struct rl_oom_way {
    const struct rl_model *model;
    bool root;      /* uid 0 has CAP_SYS_ADMIN */
    uint64_t total; /* pages */
};

/* The rows of the table as processes, none rated yet. Return: 0, or -ENOMEM. */
int rl_oom_rows(const struct rl_oom_report *report, struct rl_oom_finding *finding);

/* Rate one row; the process's flags become those of that way. */
void rl_oom_rate(const struct rl_oom_report *report, const struct rl_oom_way *way,
    struct rl_oom_rated *rated, struct rl_score *ret);

/* The number behind "score" in the kernel's message, which since 3.6 is in thousandths of the
 * total. */
uint64_t rl_oom_print(const struct rl_oom_way *way, const struct rl_score *score);

/* How many candidates have more points than that row, plus one; 0 where it is no candidate. */
uint32_t rl_oom_rank(const struct rl_oom_report *report, const struct rl_oom_way *way,
    struct rl_oom_finding *finding, size_t row);

/* Rate all rows in that way, for good: scores, ours, the order, model_victim. */
void rl_oom_settle(
    const struct rl_oom_report *report, const struct rl_oom_way *way, struct rl_oom_finding *ret);

/* All ways in which a report may be read, the likeliest first, and the totals between which the
 * true one lies. */
struct rl_oom_ways {
    struct rl_oom_way ways[4];
    size_t n;
    uint64_t lo, hi, best; /* pages; as rl_oom_total */
    bool narrowed;         /* lo and hi come from the printed score */
};

void rl_oom_ways_of(const struct rl_oom_models *models, const struct rl_oom_total *total,
    bool whole_machine, struct rl_oom_ways *ret);

/* Keep those that explain the score that the kernel printed for its victim best. */
void rl_oom_ways_fit(
    const struct rl_oom_report *report, struct rl_oom_rated *victim, struct rl_oom_ways *ways);

/* A total that is not known must be one that explains that score. */
void rl_oom_ways_narrow(
    const struct rl_oom_report *report, struct rl_oom_rated *victim, struct rl_oom_ways *ways);

struct rl_oom_answer {
    bool agrees;     /* the victim has the most points in every way */
    bool possible;   /* in some way */
    bool by_total;   /* it depends on the total, */
    bool by_way;     /* or on the way only */
    size_t best_way; /* the first one in which it agrees; 0 where none does */
};

/* Scores are straight lines over the total, so that what holds at both ends holds between. */
void rl_oom_ways_ask(const struct rl_oom_report *report, const struct rl_oom_ways *ways,
    struct rl_oom_finding *finding, size_t victim, struct rl_oom_answer *ret);
