/* Memory that no task of the table holds: why killing the largest task may have helped little. */
#include <inttypes.h>

#include "daemon/ctl/autopsy.h"

/* Parts smaller than that are no news. */
#define SHARE_PERCENT  10
#define TABLES_PERCENT 3

static uint64_t page_of(const struct rl_oom_report *report)
{
    return report->page_size > 0 ? report->page_size : 4096;
}

static bool worth(uint64_t part, uint64_t whole, unsigned percent)
{
    return part > 0 && whole > 0 && part >= whole / 100 * percent;
}

/* "X of it was ...", if it is worth a word. */
static void say_part(struct rl_say *say, const struct rl_oom_finding *finding, uint64_t pages,
    uint64_t whole, const char *what)
{
    if (!worth(pages, whole, SHARE_PERCENT))
        return;
    rl_say(say, " ");
    rl_autopsy_pages(say, finding, pages);
    rl_say(say, " %s.", what);
}

static uint64_t minus(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

static void machine(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    uint64_t ram = minus(report->ram_pages, report->reserved_pages);
    uint64_t slab = report->slab_reclaimable + report->slab_unreclaimable;
    uint64_t huge = report->hugetlb_kb * 1024 / page_of(report);
    uint64_t lru = report->active_anon + report->inactive_anon + report->active_file +
                   report->inactive_file + report->unevictable;
    uint64_t held = rl_autopsy_held_by_all(report);
    uint64_t counted = lru + slab + report->pagetables + huge + report->free;

    if (!report->mem_info_known || ram == 0)
        return;
    if (report->has_table && !report->table_cut && held < ram / 2) {
        rl_say(say, " its tasks hold ");
        rl_autopsy_pages(say, finding, held);
        rl_say(say, " in all.");
    }
    say_part(say, finding, slab, ram,
        "was in the kernel's own caches (slab), which belong to "
        "nobody");
    say_part(say, finding, report->shmem, ram,
        "was shared memory or files in tmpfs, which stay when a task dies");
    say_part(say, finding, huge, ram, "was set aside as huge pages, whoever uses them");
    if (worth(report->pagetables, ram, TABLES_PERCENT)) {
        rl_say(say, " ");
        rl_autopsy_pages(say, finding, report->pagetables);
        rl_say(say, " went into page tables.");
    }
    say_part(
        say, finding, report->active_file + report->inactive_file, ram, "was page cache of files");
    say_part(say, finding, minus(ram, counted), ram,
        "is in none of the report's counters: drivers such as a GPU's, or vmalloc");
    say_part(say, finding, report->free, ram,
        report->by_sysrq
            ? "was free"
            : "was free, but in zones or nodes, or in pieces, that were of no use to who asked");
}

static void cgroup(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    uint64_t page = page_of(report), limit = finding->limit_bytes / page;
    uint64_t held = rl_autopsy_held_by_all(report);

    if (!finding->limit_known)
        return;
    if (report->stat_known) {
        say_part(say, finding, report->stat_shmem / page, limit,
            "was shared memory or files in tmpfs, charged to the cgroup until they are deleted");
        say_part(say, finding, minus(report->stat_file, report->stat_shmem) / page, limit,
            "was page cache of files");
        say_part(say, finding,
            (report->stat_kernel > report->stat_slab ? report->stat_kernel : report->stat_slab) /
                page,
            limit, "was memory of the kernel, charged to the cgroup");
    } else if (report->has_table && !report->table_cut && held < limit / 2) {
        rl_say(say, " its tasks hold ");
        rl_autopsy_pages(say, finding, held);
        rl_say(say, " in all; the rest was page cache, files in tmpfs or memory of the kernel, "
                    "charged to the cgroup.");
    }
    if (report->swap.known && !report->swap.unlimited && report->swap.limit_kb == 0)
        rl_say(say, " The cgroup may not use swap.");
    else if (report->swap.known && report->swap.usage_kb > 0)
        rl_say(say, " It had "), rl_autopsy_bytes(say, report->swap.usage_kb * 1024),
            rl_say(say, " in swap.");
}

void rl_autopsy_elsewhere(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;

    if (report->is_memcg)
        cgroup(say, finding);
    else
        machine(say, finding);
    if (!(report->have & RL_OOM_COMMIT))
        return;
    rl_say(say, " Tasks had been promised ");
    rl_autopsy_bytes(say, report->committed_kb * 1024);
    rl_say(say, " (Committed_AS) with a limit of ");
    rl_autopsy_bytes(say, report->commit_limit_kb * 1024);
    rl_say(say, " (CommitLimit): %s.",
        report->committed_kb > report->commit_limit_kb
            ? "more than the limit, which counts only with vm.overcommit_memory=2; in the other "
              "modes the kernel promises more than it can keep, and kills when it is called in"
            : "all that was promised was within it");
}
