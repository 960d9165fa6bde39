/* Why the kernel killed that, in one sentence. */
#include "daemon/autopsy/words.h"

#include <inttypes.h>
#include <string.h>

#include "daemon/report/text.h"

void rl_autopsy_name(struct rl_say *say, const char *comm, int64_t pid)
{
    if (*comm)
        rl_say_foreign(say, comm);
    if (pid >= 0)
        rl_say(say, *comm ? "[%" PRId64 "]" : "pid %" PRId64, pid);
    else if (!*comm)
        rl_say(say, "somebody");
}

void rl_autopsy_bytes(struct rl_say *say, uint64_t bytes)
{
    char text[RL_TEXT_MAX];

    rl_size_text(bytes, text, sizeof(text));
    rl_say(say, "%s", text);
}

void rl_autopsy_pages(struct rl_say *say, const struct rl_oom_finding *finding, uint64_t pages)
{
    uint64_t page = finding->report->page_size > 0 ? finding->report->page_size : 4096;

    rl_autopsy_bytes(say, pages < UINT64_MAX / page ? pages * page : UINT64_MAX - 1);
}

uint64_t rl_autopsy_held(const struct rl_oom_task *task)
{
    return task->swap < UINT64_MAX - task->rss ? task->rss + task->swap : UINT64_MAX;
}

uint64_t rl_autopsy_held_by_all(const struct rl_oom_report *report)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < report->n_tasks; i++) {
        uint64_t held = rl_autopsy_held(&report->tasks[i]);
        sum = held < UINT64_MAX - sum ? sum + held : UINT64_MAX;
    }
    return sum;
}

void rl_autopsy_domain(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;

    if (!report->is_memcg) {
        rl_say(say, "the machine");
    } else if (!*report->oom_memcg) {
        rl_say(say, "a cgroup");
    } else {
        rl_say(say, "the cgroup ");
        rl_say_foreign(say, report->oom_memcg);
    }
}

/* Plenty is free, but nothing of the kind that was asked for: a zone, a node, pages in a row. */
static bool wrong_kind(const struct rl_oom_report *report)
{
    return report->mem_info_known && (report->have & RL_OOM_RAM) &&
           report->free > report->ram_pages / 10;
}

/* Whoever holds more than half of the memory without being a task, in words; "" where none does. */
static const char *foremost(const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    bool cgroup = report->is_memcg && report->stat_known && finding->limit_known;
    uint64_t page = report->page_size > 0 ? report->page_size : 4096;
    uint64_t half = cgroup ? finding->limit_bytes / 2 : report->ram_pages / 2 * page;
    const struct {
        uint64_t bytes;
        const char *what;
    } parts[] = {
        {cgroup ? report->stat_kernel
                : (report->slab_reclaimable + report->slab_unreclaimable) * page,
            ", most of it held by the kernel itself,"},
        {cgroup ? report->stat_shmem : report->shmem * page,
            ", most of it as shared memory or files in tmpfs,"},
        {cgroup ? 0 : report->hugetlb_kb * 1024, ", most of it set aside as huge pages,"},
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if ((cgroup || !report->is_memcg) && half > 0 && parts[i].bytes > half)
            return parts[i].what;
    return "";
}

/* "the machine had run out of memory" */
static void say_shortage(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    const char *constraint = finding->constraint ? finding->constraint : "";

    if (report->is_memcg) {
        rl_autopsy_domain(say, finding);
        rl_say(say, " had reached its memory limit");
        if (finding->limit_known) {
            rl_say(say, " of ");
            rl_autopsy_bytes(say, finding->limit_bytes);
            rl_say(say, "%s", foremost(finding));
        }
    } else if (strcmp(constraint, "memory_policy") == 0) {
        rl_say(say, "the nodes to which a memory policy bound the task that asked were full");
    } else if (strcmp(constraint, "cpuset") == 0) {
        rl_say(say, "the memory nodes of the cpuset of the task that asked were full");
    } else if (!*constraint) {
        rl_say(say, "memory had run out");
    } else if (strcmp(constraint, "none") != 0) {
        rl_say(say, "memory was short (the kernel calls it ");
        rl_say_foreign(say, constraint);
        rl_say(say, ")");
    } else if (wrong_kind(report)) {
        rl_say(say, "the machine had no memory left of the kind that was asked for");
    } else {
        rl_say(say, "the machine had run out of memory%s", foremost(finding));
    }
}

/* Whoever holds most of all that the table shows, candidate or not, but for the victim. */
static const struct rl_oom_rated *largest_other(const struct rl_oom_finding *finding)
{
    const struct rl_oom_rated *largest = NULL;

    for (size_t i = 0; i < finding->n_rated; i++) {
        const struct rl_oom_rated *one = &finding->rated[i];

        if (one != finding->kernel_victim &&
            (!largest || rl_autopsy_held(one->task) > rl_autopsy_held(largest->task)))
            largest = one;
    }
    return largest;
}

static size_t sharers_of_rank(const struct rl_oom_finding *finding)
{
    size_t n = 0;

    for (size_t i = 0; i < finding->n_eligible; i++)
        n += &finding->rated[i] != finding->kernel_victim &&
             finding->rated[i].score.points == finding->kernel_victim->score.points;
    return n;
}

static void say_held(
    struct rl_say *say, const struct rl_oom_finding *finding, const struct rl_oom_task *task)
{
    uint64_t all = finding->available_used;

    rl_autopsy_pages(say, finding, rl_autopsy_held(task));
    if (task->swap > task->rss)
        rl_say(say, ", most of it in swap");
    else if (finding->available_known && all > rl_autopsy_held(task)) {
        rl_say(say, " of ");
        rl_autopsy_pages(say, finding, all);
    }
}

static void say_held_by(
    struct rl_say *say, const struct rl_oom_finding *finding, const struct rl_oom_task *task)
{
    rl_autopsy_name(say, task->comm, task->pid);
    rl_say(say, " held ");
    rl_autopsy_pages(say, finding, rl_autopsy_held(task));
}

/* It is first, and somebody else holds more. */
static void say_not_largest(
    struct rl_say *say, const struct rl_oom_finding *finding, const struct rl_oom_rated *other)
{
    const struct rl_oom_task *victim = finding->kernel_victim->task;
    int adj = victim->oom_score_adj;

    size_t sharers = sharers_of_rank(finding);

    if (adj > other->task->oom_score_adj && adj > 0)
        rl_say(say, "its oom_score_adj of %d put it before larger ones: it held ", adj);
    else if (adj > other->task->oom_score_adj)
        rl_say(say, "it came first of those that no oom_score_adj shields: it held ");
    else if (sharers > 0)
        rl_say(say, "its score was the highest, the same as that of %zu other%s: it held ", sharers,
            sharers == 1 ? "" : "s");
    else
        rl_say(say, "its score was the highest: it held ");
    rl_autopsy_pages(say, finding, rl_autopsy_held(victim));
    rl_say(say, ", and ");
    say_held_by(say, finding, other->task);
    if (adj > other->task->oom_score_adj && adj <= 0)
        rl_say(say, " with an oom_score_adj of %d", other->task->oom_score_adj);
}

/* The table of such a kernel does not show swap, but the score that it printed counts it. */
static bool swapped_out(const struct rl_oom_finding *finding)
{
    return (finding->missing & (1u << RL_OOM_MISSING_SWAP_COLUMN)) &&
           (finding->report->have & RL_OOM_SCORE) && finding->available_known &&
           finding->report->printed_score > finding->kernel_victim->printed;
}

static void say_reason(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_rated *victim = finding->kernel_victim;
    const struct rl_oom_rated *other = largest_other(finding);
    bool cut = finding->report->table_cut;
    bool largest = !other || rl_autopsy_held(victim->task) >= rl_autopsy_held(other->task);

    if (finding->kernel_victim_rank == 1 && finding->n_eligible == 1 && !cut) {
        rl_say_foreign(say, victim->task->comm);
        rl_say(say, " was the only task that may be killed: it held ");
        say_held(say, finding, victim->task);
    } else if (finding->kernel_victim_rank == 1 && largest) {
        rl_say_foreign(say, victim->task->comm);
        rl_say(say, " held more than %s: ", cut ? "any other that is shown" : "anything else");
        say_held(say, finding, victim->task);
    } else if (finding->kernel_victim_rank == 1) {
        say_not_largest(say, finding, other);
    } else if (swapped_out(finding)) {
        rl_say(say, "by the score that the kernel printed ");
        rl_say_foreign(say, victim->task->comm);
        rl_say(say, " held about ");
        rl_autopsy_pages(
            say, finding, finding->report->printed_score * (finding->available_pages / 1000));
        rl_say(say, ", most of it in swap, which the table of this kernel does not show");
    } else {
        rl_say(say, "chose it though by what the report shows ");
        if (finding->model_victim)
            rl_autopsy_name(
                say, finding->model_victim->task->comm, finding->model_victim->task->pid);
        rl_say(say, " had a higher score");
    }
}

/* "killed X", "killed Y, a child of X, for X", "killed all 5 tasks of the cgroup /a" */
static void say_killed(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    const struct rl_oom_kill *kill = report->n_kills > 0 ? &report->kills[0] : NULL;
    size_t n = report->n_kills + report->more_kills;

    rl_say(say, "The kernel ");
    if (!kill) {
        rl_say(say, "chose ");
    } else if (report->group_kill) {
        rl_say(
            say, "killed %s%zu task%s of the cgroup ", n > 1 ? "all " : "", n, n == 1 ? "" : "s");
        rl_say_foreign(say, *report->group ? report->group : report->task_memcg);
        rl_say(say, " (memory.oom.group is set there) for the sake of ");
    } else if (kill->who.pid != finding->victim.pid && kill->who.pid >= 0 &&
               finding->victim.pid >= 0) {
        rl_say(say, "chose ");
        rl_autopsy_name(say, finding->victim.comm, finding->victim.pid);
        rl_say(say, " and killed its child ");
        rl_autopsy_name(say, kill->who.comm, kill->who.pid);
        rl_say(say, " instead,");
        return;
    } else {
        rl_say(say, "killed ");
    }
    rl_autopsy_name(say, finding->victim.comm, finding->victim.pid);
}

static bool say_nobody(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;

    if (finding->victim.pid >= 0 || *finding->victim.comm)
        return false;
    if (report->no_victim)
        rl_say(say, "The kernel killed nobody: it found no task that it may kill%s.",
            report->panicked ? ", and stopped the machine" : "");
    else if (report->panicked)
        rl_say(say, "The kernel killed nobody: vm.panic_on_oom made it stop the machine instead.");
    else
        rl_say(say, "The report does not show whom the kernel killed.");
    return true;
}

void rl_autopsy_headline(struct rl_say *say, const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;

    if (say_nobody(say, finding))
        return;
    say_killed(say, finding);
    rl_say(say, " because ");
    if (report->by_sysrq)
        rl_say(say, "somebody asked for it by SysRq-F");
    else
        say_shortage(say, finding);
    if (report->kills_allocating)
        rl_say(say, ", and vm.oom_kill_allocating_task makes it kill whoever asks for memory then");
    else if (finding->kernel_victim && finding->kernel_victim_rank > 0) {
        rl_say(say, report->by_sysrq ? "; " : " and ");
        say_reason(say, finding);
    }
    rl_say(say, ".");
}
