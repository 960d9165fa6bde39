/* The functions of the rows of score.c, each beside its formula in score-*.c, and what several
 * formulas need. */
#pragma once

#include "score.h"
#include "wide.h"

rl_rate rl_score_percent_times_ten, rl_score_private; /* score-percent.c */
rl_rate rl_score_total_vm;                            /* score-folklore.c */
rl_rate rl_score_kubelet;                             /* score-kubelet.c */
rl_rate rl_score_v24;                                 /* score-v24.c */
rl_rate rl_score_v2611, rl_score_v2616, rl_score_v2619, rl_score_v2622,
    rl_score_v2625;                                                          /* score-classic.c */
rl_rate rl_score_v2636, rl_score_v2639;                                      /* score-permille.c */
rl_rate rl_score_v36, rl_score_v318, rl_score_v417, rl_score_v59;            /* score-pages.c */
rl_proc_score rl_proc_classic, rl_proc_permille, rl_proc_pages, rl_proc_v59; /* likewise */

/* Square roots of both eras (score-time.c). */
uint32_t rl_root_v24(uint32_t x);   /* mm/oom_kill.c of 2.4.22, int_sqrt: rough, never 0 */
uint64_t rl_root_v2616(uint64_t x); /* lib/int_sqrt.c of 2.6.16 on: exact, truncated */

/* log2 of HZ rounded as SHIFT_HZ does (include/linux/timex.h, later jiffies.h); hz from 12 on. */
unsigned rl_shift_hz(uint32_t hz);

/* HZ of the kernels that are imitated, where rl_scale.hz is 0: of i386. 1000, which was the default
 * up to 2.6.12, has the same unit of CPU time as 250: 8.192 s. */
#define RL_HZ_V24 100
#define RL_HZ_V26 250

static inline uint32_t rl_hz(const struct rl_scale *scale, uint32_t own)
{
    return scale->hz > 0 ? scale->hz : own;
}

static inline uint32_t rl_clk_tck(const struct rl_scale *scale)
{
    return scale->clk_tck > 0 ? scale->clk_tck : 100;
}

/* Clock ticks in jiffies of that HZ; never more than INT64_MAX. */
uint64_t rl_jiffies(uint64_t ticks, const struct rl_scale *scale, uint32_t hz);

/* A machine of 64-bit byte addresses has no more pages of 4096 bytes: more is a broken number. */
#define RL_PAGES_MOST (UINT64_C(1) << 52)

/* The total in pages: what a kernel calls totalpages. From 1 to RL_PAGES_MOST. */
static inline uint64_t rl_total_pages(const struct rl_scale *scale)
{
    uint64_t pages = scale->available / (scale->page_size > 0 ? scale->page_size : 1);

    return pages == 0 ? 1 : pages > RL_PAGES_MOST ? RL_PAGES_MOST : pages;
}

/* Has it no address space? One of which nothing is resident has one, and kernels rate it. */
static inline bool rl_has_no_mm(const struct rl_process *process)
{
    return !process->total_vm_pages && !process->rss_pages && !process->swap_pages &&
           !process->table_pages;
}

#define RL_ADJ_NEVER (-1000)
#define RL_ADJ_MOST  1000

/* Why kernels since 2.6.36 do not rate it; RL_REASON_NONE where they do. */
static inline enum rl_reason rl_refused_since_2636(const struct rl_process *process)
{
    if (process->oom_score_adj <= RL_ADJ_NEVER)
        return RL_SPARED_ADJ_MINUS_1000;
    return rl_has_no_mm(process) ? RL_SPARED_NO_MEMORY : RL_REASON_NONE;
}

/* oom_score_adj of somebody who is not refused. */
static inline int rl_adj_of(const struct rl_process *process)
{
    return process->oom_score_adj > RL_ADJ_MOST ? RL_ADJ_MOST : process->oom_score_adj;
}
