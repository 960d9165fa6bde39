#include <string.h>

#include "daemon/autopsy/judge-private.h"

#define KB         1024
#define PAGE_MOST  (1 << 24)
#define SWAP_MOST  (UINT64_C(64) << 30) /* bytes: more swap is hardly ever given to containers */
#define PAGES_MOST (UINT64_C(1) << 34)
#define KB_MOST    (UINT64_MAX / KB)
#define TOTAL_MOST (UINT64_C(1) << 39) /* pages: their bytes are still a number */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

uint32_t rl_oom_page_size(const struct rl_oom_report *report)
{
    bool sane = report->page_size >= 512 && report->page_size <= PAGE_MOST;

    return sane ? (uint32_t)report->page_size : 4096;
}

static uint64_t pages_of_kb(const struct rl_oom_report *report, uint64_t kb)
{
    return least(kb, KB_MOST) * KB / rl_oom_page_size(report);
}

/* What the tasks of the table hold: all that is known of a domain whose size is not. */
static uint64_t held(const struct rl_oom_report *report)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < report->n_tasks; i++)
        sum += least(report->tasks[i].rss, PAGES_MOST) + least(report->tasks[i].swap, PAGES_MOST);
    return least(sum, PAGES_MOST);
}

static void machine(const struct rl_oom_report *report, struct rl_oom_total *ret)
{
    uint64_t ram = report->ram_pages, swap = pages_of_kb(report, report->total_swap_kb);
    bool swap_known = report->have & RL_OOM_TOTAL_SWAP;

    if (!(report->have & RL_OOM_RAM)) {
        *ret = (struct rl_oom_total){1, PAGES_MOST, held(report), RL_OOM_MISSING_RAM};
        return;
    }
    ram = least(ram, PAGES_MOST);
    if (report->have & RL_OOM_RESERVED)
        ram -= least(report->reserved_pages, ram);
    ret->lo = ret->best = ram + (swap_known ? swap : 0);
    ret->hi = swap_known ? ret->lo : ram + SWAP_MOST / rl_oom_page_size(report);
    ret->why = RL_OOM_MISSING_TOTAL_SWAP;
    if (!(report->have & RL_OOM_RESERVED)) {
        ret->lo -= ram / 4; /* what kernel and firmware keep is hardly ever more */
        ret->why = RL_OOM_MISSING_RAM;
    }
}

static bool limits(const struct rl_oom_counter *counter)
{
    return counter->known && !counter->unlimited;
}

/* The least swap that the machine can have, kB. */
static uint64_t swap_used_kb(const struct rl_oom_report *report)
{
    uint64_t used = 0;

    if (report->memory_swap.known && report->memory.known)
        used = report->memory_swap.usage_kb -
               least(report->memory.usage_kb, report->memory_swap.usage_kb);
    if (report->swap.known)
        used = most(used, report->swap.usage_kb);
    return used;
}

/* min(limit + min(swap limit, swap), memsw limit), pages */
static uint64_t memcg_with(const struct rl_oom_report *report, uint64_t swap)
{
    uint64_t limit = pages_of_kb(report, report->memory.limit_kb);
    uint32_t version = rl_oom_version(report->kernel);

    if (limits(&report->swap))
        swap = least(swap, pages_of_kb(report, report->swap.limit_kb));
    if (version != 0 && version < RL_KERNEL(2, 6, 37))
        swap /= rl_oom_page_size(report); /* pages were added to bytes */
    if (limits(&report->memory_swap))
        return least(limit + swap, pages_of_kb(report, report->memory_swap.limit_kb));
    return limit + swap;
}

static void memcg(const struct rl_oom_report *report, struct rl_oom_total *ret)
{
    uint64_t swap = pages_of_kb(report, report->total_swap_kb);

    if (!limits(&report->memory)) {
        *ret = (struct rl_oom_total){1, PAGES_MOST, held(report), RL_OOM_MISSING_LIMIT};
        return;
    }
    ret->why = RL_OOM_MISSING_TOTAL_SWAP;
    if (report->have & RL_OOM_TOTAL_SWAP) {
        ret->lo = ret->hi = ret->best = memcg_with(report, swap);
        return;
    }
    ret->lo = memcg_with(report, pages_of_kb(report, swap_used_kb(report)));
    ret->hi = memcg_with(report, SWAP_MOST / rl_oom_page_size(report));
    ret->hi = most(ret->hi, ret->lo);
    ret->best = ret->lo;
}

void rl_oom_total_of(
    const struct rl_oom_report *report, const char *constraint, struct rl_oom_total *ret)
{
    *ret = (struct rl_oom_total){0};
    if (report->is_memcg) {
        memcg(report, ret);
    } else {
        machine(report, ret);
        if (constraint && strcmp(constraint, "none") != 0) {
            ret->why = RL_OOM_MISSING_ALLOWED_NODES;
            ret->lo = 1;
        }
    }
    ret->lo = least(most(ret->lo, 1), TOTAL_MOST);
    ret->hi = least(most(ret->hi, 1), TOTAL_MOST);
    ret->best = least(ret->best, TOTAL_MOST);
}
