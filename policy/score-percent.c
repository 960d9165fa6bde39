#include "score.h"

#include "wide.h"

#define ROOT_BONUS (-30)
#define ADJ_NEVER  (-1000)

void rl_score_percent_times_ten(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    /* 128 bits: pages come from text and may be anything, and the page size multiplies them. */
    rl_wide pages = (rl_wide)process->rss_pages + process->swap_pages;
    rl_wide product = pages * scale->page_size * 1000;
    rl_wide points = product / (scale->available > 0 ? scale->available : 1);

    *ret = (struct rl_score){.eligible = true};
    if (process->oom_score_adj <= ADJ_NEVER) {
        *ret = (struct rl_score){.reason = RL_SPARED_ADJ_MINUS_1000};
        return;
    }
    if (pages == 0) {
        *ret = (struct rl_score){.reason = RL_SPARED_NO_MEMORY};
        return;
    }
    /* More than a million times the available memory is a broken number, not a bigger victim. */
    ret->memory_points = points > 1000000000 ? 1000000000 : (int64_t)points;
    ret->root_points = (process->flags & RL_PROCESS_ROOT) ? ROOT_BONUS : 0;
    ret->adj_points = process->oom_score_adj;
    ret->points = ret->memory_points + ret->root_points + ret->adj_points;
}
