/* Linux 3.6 to this day: what it holds in pages, plus oom_score_adj thousandths of the total. */
#include "score-rows.h"

#define ROOT_ADJ     (-30)
#define ROOT_PERCENT 3

enum root_bonus {
    NO_BONUS,
    BONUS_IN_ADJ,     /* adj -= 30 before it is scaled */
    BONUS_OF_ITS_OWN, /* points -= points * 3 / 100 */
};

static int64_t memory_of(const struct rl_process *process)
{
    rl_wide pages = (rl_wide)process->rss_pages + process->swap_pages + process->table_pages;

    return (int64_t)(pages > RL_PAGES_MOST ? RL_PAGES_MOST : pages);
}

/* What oom_badness has computed where 3.6 to 5.8 put a floor of 1 under it. */
static int64_t sum_of(const struct rl_score *score)
{
    return score->memory_points + score->root_points + score->adj_points;
}

static int64_t at_least_1(int64_t points)
{
    return points > 0 ? points : 1;
}

/* totalpages / 1000 truncates first: below 1000 pages oom_score_adj has no effect. Whoever is
 * marked as the origin is taken by the scan before its badness is asked for (oom_task_origin in
 * oom_scan_process_thread, later oom_evaluate_task). The scan of 3.18 keeps points in 32 bits,
 * which are too few from 16 TiB on; not so here. */
static void rate(const struct rl_process *process, const struct rl_scale *scale,
    enum root_bonus bonus, struct rl_score *ret)
{
    int64_t thousandth = (int64_t)(rl_total_pages(scale) / 1000);
    bool root = process->flags & RL_PROCESS_ROOT;

    *ret = (struct rl_score){.reason = rl_refused_since_2636(process)};
    if (ret->reason != RL_REASON_NONE)
        return;
    ret->eligible = true;
    ret->memory_points = memory_of(process);
    if (root && bonus == BONUS_IN_ADJ)
        ret->root_points = ROOT_ADJ * thousandth;
    if (root && bonus == BONUS_OF_ITS_OWN)
        ret->root_points = -(ret->memory_points * ROOT_PERCENT / 100);
    ret->adj_points = rl_adj_of(process) * thousandth;
    ret->points = process->flags & RL_PROCESS_OOM_ORIGIN ? RL_POINTS_INFINITE : sum_of(ret);
}

static void rate_from_1(const struct rl_process *process, const struct rl_scale *scale,
    enum root_bonus bonus, struct rl_score *ret)
{
    rate(process, scale, bonus, ret);
    if (ret->eligible)
        ret->points = at_least_1(ret->points);
}

/* mm/oom_kill.c of 3.6 to 3.13, oom_badness */
void rl_score_v36(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate_from_1(process, scale, BONUS_IN_ADJ, ret);
}

/* mm/oom_kill.c of 3.18 and 4.15, oom_badness: nr_ptes (from 4.0 on nr_pmds as well), and then
 * mm_pgtables_bytes() / PAGE_SIZE are the same number here. */
void rl_score_v318(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate_from_1(process, scale, BONUS_OF_ITS_OWN, ret);
}

/* mm/oom_kill.c of 4.19, oom_badness */
void rl_score_v417(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate_from_1(process, scale, NO_BONUS, ret);
}

/* mm/oom_kill.c of 5.10, 6.1, 6.12 and 6.18, oom_badness: may be negative. */
void rl_score_v59(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate(process, scale, NO_BONUS, ret);
}

/* fs/proc/base.c of 3.18 and 4.19, proc_oom_score */
uint64_t rl_proc_pages(const struct rl_score *score, const struct rl_scale *scale)
{
    if (!score->eligible)
        return 0;
    return (uint64_t)at_least_1(sum_of(score)) * 1000 / rl_total_pages(scale);
}

/* fs/proc/base.c of 5.10 to 6.18, proc_oom_score. RL_PAGES_MOST keeps the product in 64 bits. */
uint64_t rl_proc_v59(const struct rl_score *score, const struct rl_scale *scale)
{
    int64_t total = (int64_t)rl_total_pages(scale);
    int64_t points = score->eligible ? (1000 + sum_of(score) * 1000 / total) * 2 / 3 : 0;

    return points > 0 ? (uint64_t)points : 0; /* negative only by another scale than it was rated */
}
