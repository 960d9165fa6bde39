/* A formula that is handed down in tutorials. */
#include "score-rows.h"

/* total_vm + swappiness * swap + oom_score_adj * totalpages / 1000. No kernel ever did this: the
 * size of the address space was dropped in 2.6.36, when oom_score_adj came, and swappiness was
 * never in it. */
void rl_score_total_vm(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rl_wide size = process->total_vm_pages + (rl_wide)scale->swappiness * process->swap_pages;
    rl_wide most = RL_POINTS_MOST / 2;

    *ret = (struct rl_score){.reason = rl_refused_since_2636(process)};
    if (ret->reason != RL_REASON_NONE)
        return;
    ret->eligible = true;
    ret->memory_points = (int64_t)(size > most ? most : size);
    ret->adj_points = rl_adj_of(process) * (int64_t)rl_total_pages(scale) / 1000;
    ret->points = ret->memory_points + ret->adj_points;
}
