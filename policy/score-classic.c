/* Linux 2.6.11 to 2.6.35: the size of the address space and of the children's, less for those that
 * ran long, shifted by oom_adj. */
#include "score-rows.h"

#define OOM_DISABLE  (-17)
#define OOM_ADJ_MOST 15

/* How the versions differ. */
struct classic {
    bool whole_children; /* they count in full, later by half and 1 */
    bool by_uid;         /* uid 0 is privileged, later CAP_SYS_RESOURCE is */
    bool origin;         /* badness itself knows PF_SWAPOFF, later named PF_OOM_ORIGIN */
    bool disjoint;       /* an eighth for who has none of the memory nodes that are short */
    bool from_one;       /* 0 becomes 1 before it is shifted up */
};

/* p = total_vm and what its children bring along. */
static rl_wide size_of(const struct classic *rules, const struct rl_process *process)
{
    uint64_t children = rules->whole_children ? process->children_pages
                                              : process->children_half_pages;

    return (rl_wide)process->total_vm_pages + children;
}

/* The same divided by sqrt(cpu_time) and sqrt(sqrt(run_time)). Before 2.6.32 the CPU time was that
 * of the main thread alone; it is that of all threads here. */
static rl_wide by_time(
    rl_wide points, const struct rl_process *process, const struct rl_scale *scale)
{
    uint32_t hz = rl_hz(scale, RL_HZ_V26), tck = rl_clk_tck(scale);
    uint64_t now = scale->uptime_ticks / tck, start = process->start_ticks / tck;
    uint64_t cpu_time = rl_jiffies(process->cpu_ticks, scale, hz) >> (rl_shift_hz(hz) + 3);
    uint64_t run_time = now > start ? (now - start) >> 10 : 0;

    if (cpu_time)
        points /= rl_root_v2616(cpu_time);
    if (run_time)
        points /= rl_root_v2616(rl_root_v2616(run_time));
    return points;
}

static bool privileged(const struct classic *rules, const struct rl_process *process)
{
    if (process->flags & RL_PROCESS_ROOT)
        return true;
    if (rules->by_uid)
        return process->uid == 0 || process->euid == 0;
    return process->flags & RL_PROCESS_RESOURCE;
}

static rl_wide by_oom_adj(const struct classic *rules, rl_wide points, int oom_adj)
{
    if (oom_adj < 0)
        return points >> -oom_adj;
    if (oom_adj > 0 && points == 0 && rules->from_one)
        points = 1;
    return points << (oom_adj > OOM_ADJ_MOST ? OOM_ADJ_MOST : oom_adj);
}

/* mm/oom_kill.c of 2.6.12, 2.6.16, 2.6.24, 2.6.32 and 2.6.35, badness: in unsigned long. What does
 * not fit wraps there; it is computed in 128 bits here, and RL_POINTS_MOST is the most. */
static int64_t badness(
    const struct classic *rules, const struct rl_process *process, const struct rl_scale *scale)
{
    rl_wide points = by_time(size_of(rules, process), process, scale);

    if (process->nice > 0)
        points *= 2;
    if (privileged(rules, process))
        points /= 4;
    if (process->flags & RL_PROCESS_RAWIO)
        points /= 4;
    if (rules->disjoint && process->flags & RL_PROCESS_DISJOINT)
        points /= 8;
    points = by_oom_adj(rules, points, process->oom_adj);
    return points > RL_POINTS_MOST ? RL_POINTS_MOST : (int64_t)points;
}

/* oom_adj -17 is refused by select_bad_process, from 2.6.32 on by badness as well. */
static enum rl_reason refused(const struct rl_process *process)
{
    if (process->oom_adj <= OOM_DISABLE)
        return RL_SPARED_ADJ_MINUS_1000;
    /* badness of an exited main thread is 0. Up to 2.6.31 its other threads were rated one by one,
     * by times of their own that are not known here: they are left out, as from 2.6.32 on. */
    if (rl_has_no_mm(process) || process->flags & RL_PROCESS_DEAD_LEADER)
        return RL_SPARED_NO_MEMORY;
    return RL_REASON_NONE;
}

static void rate(const struct classic *rules, const struct rl_process *process,
    const struct rl_scale *scale, struct rl_score *ret)
{
    bool origin = process->flags & RL_PROCESS_OOM_ORIGIN;

    *ret = (struct rl_score){.reason = refused(process)};
    if (ret->reason != RL_REASON_NONE)
        return;
    ret->eligible = true;
    ret->memory_points = origin && rules->origin ? RL_POINTS_INFINITE
                                                 : badness(rules, process, scale);
    /* Up to 2.6.18 select_bad_process returns who is at swapoff at once, whatever his badness. */
    ret->points = origin ? RL_POINTS_INFINITE : ret->memory_points;
}

void rl_score_v2611(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate(&(struct classic){.whole_children = true, .by_uid = true}, process, scale, ret);
}

void rl_score_v2616(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate(&(struct classic){.by_uid = true}, process, scale, ret);
}

void rl_score_v2619(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate(&(struct classic){.by_uid = true, .origin = true, .disjoint = true}, process, scale, ret);
}

void rl_score_v2622(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate(&(struct classic){.by_uid = true, .origin = true, .disjoint = true, .from_one = true},
        process, scale, ret);
}

/* Of 2.6.32 too: what it does otherwise (CPU time of all threads, oom_adj of the process) is how
 * the inputs are read here for all. */
void rl_score_v2625(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rate(
        &(struct classic){.origin = true, .disjoint = true, .from_one = true}, process, scale, ret);
}

/* fs/proc/base.c of 2.6.12 to 2.6.35, proc_oom_score: badness as it is, ULONG_MAX included. */
uint64_t rl_proc_classic(const struct rl_score *score, const struct rl_scale *scale)
{
    if (!score->eligible)
        return 0;
    return score->memory_points == RL_POINTS_INFINITE ? UINT64_MAX : (uint64_t)score->memory_points;
}
