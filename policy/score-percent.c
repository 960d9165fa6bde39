/* Ours: what it holds as a share of what its cgroup may use. */
#include "choose.h"
#include "score-rows.h"

#define ROOT_BONUS (-30)

/* Like oom_badness of 2.6.36, without its clamp to 1..1000: those that would get 1 differ. */
static void rate(rl_wide pages, const struct rl_process *process, const struct rl_scale *scale,
    struct rl_score *ret)
{
    /* 128 bits: pages come from text and may be anything, and the page size multiplies them. */
    rl_wide product = pages * scale->page_size * 1000;
    rl_wide points = product / (scale->available > 0 ? scale->available : 1);

    *ret = (struct rl_score){.eligible = true};
    if (process->oom_score_adj <= RL_ADJ_NEVER) {
        *ret = (struct rl_score){.reason = RL_SPARED_ADJ_MINUS_1000};
        return;
    }
    if (process->rss_pages == 0 && process->swap_pages == 0) {
        *ret = (struct rl_score){.reason = RL_SPARED_NO_MEMORY};
        return;
    }
    /* More than a million times the available memory is a broken number, not a bigger victim. */
    ret->memory_points = points > 1000000000 ? 1000000000 : (int64_t)points;
    ret->root_points = (process->flags & RL_PROCESS_ROOT) ? ROOT_BONUS : 0;
    ret->adj_points = process->oom_score_adj;
    ret->points = ret->memory_points + ret->root_points + ret->adj_points;
}

void rl_score_percent_times_ten(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate((rl_wide)process->rss_pages + process->swap_pages, process, scale, ret);
}

/* The same of what its death frees for certain: file pages and shared memory outlive it. */
void rl_score_private(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate(rl_process_own_pages(process), process, scale, ret);
}
