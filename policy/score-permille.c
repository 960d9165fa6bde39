/* Linux 2.6.36 to 3.5: what it holds as a share of the total, from 1 to 1000. */
#include "score-rows.h"

#define ROOT_BONUS (-30)
#define MOST       1000
#define BROKEN     1000000000 /* more is a broken number; the clamp makes 1000 of it anyway */

static int64_t clamped(int64_t points)
{
    return points <= 0 ? 1 : points < MOST ? points : MOST;
}

/* mm/oom_kill.c of 2.6.36 and 3.2, oom_badness. Before 3.2 int held the sum or even the product,
 * which overflowed; it is always wide enough here, as later. */
static void rate(const struct rl_process *process, const struct rl_scale *scale, bool tables,
    struct rl_score *ret)
{
    rl_wide pages = (rl_wide)process->rss_pages + process->swap_pages;
    rl_wide share = (pages + (tables ? process->table_pages : 0)) * 1000 / rl_total_pages(scale);

    *ret = (struct rl_score){.reason = rl_refused_since_2636(process)};
    if (ret->reason != RL_REASON_NONE)
        return;
    ret->eligible = true;
    if (process->flags & RL_PROCESS_OOM_ORIGIN) {
        ret->memory_points = ret->points = MOST;
        return;
    }
    ret->memory_points = share > BROKEN ? BROKEN : (int64_t)share;
    ret->root_points = process->flags & RL_PROCESS_ROOT ? ROOT_BONUS : 0;
    ret->adj_points = rl_adj_of(process);
    ret->points = clamped(ret->memory_points + ret->root_points + ret->adj_points);
}

/* (rss + swapents) * 1000 / totalpages - 30 for CAP_SYS_ADMIN + oom_score_adj */
void rl_score_v2636(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate(process, scale, false, ret);
}

/* (rss + nr_ptes + swapents) * 1000 / totalpages - 30 for CAP_SYS_ADMIN + oom_score_adj */
void rl_score_v2639(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate(process, scale, true, ret);
}

/* fs/proc/base.c of 2.6.36 to 3.5, proc_oom_score: oom_badness as it is. */
uint64_t rl_proc_permille(const struct rl_score *score, const struct rl_scale *scale)
{
    if (!score->eligible)
        return 0;
    return (uint64_t)clamped(score->memory_points + score->root_points + score->adj_points);
}
