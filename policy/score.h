/* Scores: how a process is rated as a victim. One model is one pure function and one row in
 * score.c. */
#pragma once

#include "process.h"
#include "reason.h"

/* What all candidates of one choice are scored against. */
struct rl_scale {
    uint64_t available; /* bytes, never 0: struct rl_room.available of the offender */
    uint32_t page_size;
};

struct rl_score {
    bool eligible;
    enum rl_reason reason; /* why not, RL_REASON_NONE when eligible */
    int64_t points;
    int64_t memory_points, root_points, adj_points; /* the parts; they sum up to points, but for
                                                     * Adjust= (rl_candidate.adjust) */
};

struct rl_model {
    const char *id;   /* what Score= and --model take */
    const char *help; /* one line */
    /* Rate an eligible process; eligibility by adj and memory is the model's own matter. */
    void (*rate)(
        const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret);
};

extern const struct rl_model rl_models[];
extern const size_t rl_models_n;

/* Return: the model of that name, NULL when there is none. */
const struct rl_model *rl_model_find(const char *id);

/* The default model, percent-times-ten. */
const struct rl_model *rl_model_default(void);

/**
 * rl_score_percent_times_ten() - the score of the 2.6.36 rewrite, against a cgroup's memory
 *
 * 1000 * (rss + swap) / available, truncating, in 64 bits; then 30 less for a process with
 * CAP_SYS_ADMIN; then plus oom_score_adj; not clamped at either end, so that candidates stay
 * ordered. -1000 and a process without memory are ineligible.
 * Source: oom_badness of Linux 2.6.36 (a63d83f427f), without its page-table-free clamps.
 */
void rl_score_percent_times_ten(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret);
