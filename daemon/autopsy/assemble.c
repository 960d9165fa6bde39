#include "daemon/autopsy/assemble.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/prefix.h"

#define SYSRQ_LINES 50 /* from the SysRq line to the report that it asked for */

typedef struct rl_oom_assembly assembly_t;

#define COPY(to, span) rl_oom_copy(to, sizeof(to), span)

void rl_oom_assembly_init(
    assembly_t *a, void (*fn)(const struct rl_oom_report *report, void *userdata), void *userdata)
{
    memset(a, 0, sizeof(*a));
    a->fn = fn;
    a->userdata = userdata;
    rl_oom_report_init(&a->report);
}

bool rl_oom_assembly_has_outcome(const assembly_t *a)
{
    const struct rl_oom_report *r = &a->report;

    return r->n_kills > 0 || r->no_victim || r->panicked || r->victim_was_exiting;
}

/* By how many kB the kernel took each of the victim's pages, where his row shows them. */
static void find_page_size(struct rl_oom_report *r)
{
    for (size_t k = 0; k < r->n_kills && !r->page_size_known; k++) {
        for (size_t i = 0; i < r->n_tasks && !r->page_size_known; i++) {
            uint64_t kb = r->kills[k].total_vm_kb, pages = r->tasks[i].total_vm;

            if (r->tasks[i].pid != r->kills[k].who.pid || kb == 0 || pages < 16)
                continue;
            /* he may have grown or shrunk meanwhile, but hardly to half or twice */
            for (uint64_t size = 4; size <= 256 && !r->page_size_known; size *= 2)
                if (kb / pages <= size + size / 4 && kb / pages >= size - size / 4) {
                    r->page_size = size * 1024;
                    r->page_size_known = true;
                }
        }
    }
}

void rl_oom_assembly_close(assembly_t *a)
{
    struct rl_oom_report *r = &a->report;
    bool table = r->n_tasks > 0 || r->bad_rows > 0;

    if (a->state == RL_OOM_OPEN &&
        (table || r->has_header || a->has_task_in || a->has_summary || a->has_select ||
            r->group_kill || rl_oom_assembly_has_outcome(a))) {
        find_page_size(r);
        r->table_cut = r->table_cut || r->bad_rows > 0;
        a->fn(r, a->userdata);
    }
    rl_oom_report_free(r);
    memset(&a->context, 0, sizeof(a->context));
    a->state = RL_OOM_CLOSED;
    a->has_task_in = a->has_summary = a->has_select = a->has_mem_info = a->named_again = false;
}

void rl_oom_assembly_elided(assembly_t *a)
{
    if (a->context.columns.n > 0)
        a->report.table_cut = true;
}

static void open_report(assembly_t *a, enum rl_oom_state state, uint64_t number,
    struct rl_span line, const struct rl_oom_line *read)
{
    if (a->state == RL_OOM_CLOSED) {
        a->report.first_line = number;
        COPY(a->report.stamp, rl_oom_stamp(line, read->at));
    }
    if (state > a->state)
        a->state = state;
}

/* --- what the lines say --------------------------------------------------------------------- */

static void name(struct rl_oom_named *who, int64_t pid, struct rl_span comm)
{
    who->pid = pid;
    COPY(who->comm, comm);
}

static int add_header(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;

    r->has_header = true;
    COPY(r->invoker.comm, line->header.comm);
    COPY(r->gfp_mask, line->header.gfp_mask);
    COPY(r->nodemask, line->header.nodemask);
    if (r->gfp_mask[0] != '\0')
        r->have |= RL_OOM_GFP;
    if (line->header.order_known) {
        r->order = line->header.order;
        r->have |= RL_OOM_ORDER;
        r->by_sysrq = r->order == -1;
    }
    if (line->header.adj_known) {
        r->invoker_adj = line->header.adj;
        r->have |= RL_OOM_INVOKER_ADJ;
    }
    if (a->sysrq_line > 0 && r->first_line - a->sysrq_line <= SYSRQ_LINES)
        r->by_sysrq = true;
    a->sysrq_line = 0;
    return 0;
}

static int add_cpuset(assembly_t *a, const struct rl_oom_line *line)
{
    COPY(a->report.cpuset, line->cpuset.name);
    COPY(a->report.mems_allowed, line->cpuset.mems);
    return 0;
}

/* The first of its kind; later ones are of other warnings that came between. */
static int add_cpu(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;

    if (r->invoker.pid >= 0 || line->cpu.comm.len == 0)
        return 0;
    COPY(r->kernel, line->cpu.version);
    r->invoker.pid = line->cpu.pid;
    if (r->has_header)
        COPY(r->invoker.comm, line->cpu.comm);
    return 0;
}

static int add_task_in(assembly_t *a, const struct rl_oom_line *line)
{
    a->has_task_in = true;
    a->report.is_memcg = true;
    COPY(a->report.task_memcg, line->task_in.task);
    COPY(a->report.oom_memcg, line->task_in.limit);
    return 0;
}

static int add_counter(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;
    struct rl_oom_counter *const counters[] = {
        [RL_OOM_OF_MEMORY] = &r->memory,
        [RL_OOM_OF_MEMORY_SWAP] = &r->memory_swap,
        [RL_OOM_OF_SWAP] = &r->swap,
        [RL_OOM_OF_KMEM] = &r->kmem,
    };
    struct rl_oom_counter *counter = counters[line->counter.of];

    r->is_memcg = true;
    if (!counter->known && line->counter.value.known)
        *counter = line->counter.value;
    return 0;
}

/* Up to 5.1 the groups below it follow, each with a line of its own. */
static int add_stats(assembly_t *a, const struct rl_oom_line *line)
{
    a->report.is_memcg = true;
    if (a->report.oom_memcg[0] == '\0')
        COPY(a->report.oom_memcg, line->stats.path);
    a->context.in_stats = line->stats.block;
    return 0;
}

static int add_stat(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;
    const struct {
        const char *name;
        uint64_t *value;
    } stats[] = {
        {"anon", &r->stat_anon},
        {"rss", &r->stat_anon}, /* of cgroup v1 */
        {"file", &r->stat_file},
        {"cache", &r->stat_file}, /* of cgroup v1 */
        {"shmem", &r->stat_shmem},
        {"kernel", &r->stat_kernel},
        {"slab", &r->stat_slab},
    };

    for (size_t i = 0; i < sizeof(stats) / sizeof(stats[0]); i++)
        if (rl_span_is(line->stat.name, stats[i].name)) {
            *stats[i].value = line->stat.value;
            r->stat_known = true;
        }
    return 0;
}

static int add_mem_info(assembly_t *a, const struct rl_oom_line *line)
{
    a->has_mem_info = true;
    return 0;
}

static int add_sums(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;
    const struct {
        const char *name;
        uint64_t *value;
    } sums[] = {
        {"active_anon", &r->active_anon},
        {"inactive_anon", &r->inactive_anon},
        {"active_file", &r->active_file},
        {"inactive_file", &r->inactive_file},
        {"unevictable", &r->unevictable},
        {"shmem", &r->shmem},
        {"slab_reclaimable", &r->slab_reclaimable},
        {"slab_unreclaimable", &r->slab_unreclaimable},
        {"pagetables", &r->pagetables},
        {"free", &r->free},
    };

    for (size_t i = 0; i < line->sums.n; i++)
        for (size_t k = 0; k < sizeof(sums) / sizeof(sums[0]); k++)
            if (rl_span_is(line->sums.name[i], sums[k].name)) {
                *sums[k].value = line->sums.value[i];
                r->mem_info_known = r->mem_info_known || k == 0;
            }
    return 0;
}

static int add_swap(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;

    if (line->swap.total) {
        r->total_swap_kb = line->swap.kb;
        r->have |= RL_OOM_TOTAL_SWAP;
    } else {
        r->free_swap_kb = line->swap.kb;
        r->have |= RL_OOM_FREE_SWAP;
    }
    return 0;
}

static int add_pages(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;

    switch (line->pages.of) {
    case RL_OOM_OF_RAM:
        r->ram_pages = line->pages.n;
        r->have |= RL_OOM_RAM;
        break;
    case RL_OOM_OF_HIGHMEM:
        r->highmem_pages = line->pages.n;
        break;
    case RL_OOM_OF_RESERVED:
        r->reserved_pages = line->pages.n;
        r->have |= RL_OOM_RESERVED;
        break;
    }
    return 0;
}

static int add_huge(assembly_t *a, const struct rl_oom_line *line)
{
    if (__builtin_add_overflow(a->report.hugetlb_kb, line->huge_kb, &a->report.hugetlb_kb))
        a->report.hugetlb_kb = UINT64_MAX;
    return 0;
}

static int add_buddy(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;

    if (!r->page_size_known || line->page_size < r->page_size)
        r->page_size = line->page_size;
    r->page_size_known = true;
    return 0;
}

static int add_commit(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;

    if (line->commit.limit)
        r->commit_limit_kb = line->commit.kb;
    else
        r->committed_kb = line->commit.kb;
    if (r->commit_limit_kb > 0 && r->committed_kb > 0)
        r->have |= RL_OOM_COMMIT;
    return 0;
}

static int add_table(assembly_t *a, const struct rl_oom_line *line)
{
    a->report.has_table = true;
    a->report.columns = line->table.have;
    a->context.columns = line->table;
    a->context.in_stats = false;
    return 0;
}

static int add_row(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;

    if (!line->whole && line->found < 2 * a->context.columns.n) {
        r->bad_rows++;
        return 0;
    }
    if (r->n_tasks == r->tasks_size) {
        size_t size = r->tasks_size > 0 ? 2 * r->tasks_size : 64;
        struct rl_oom_task *tasks;

        if (r->n_tasks == RL_OOM_TASKS) {
            r->bad_rows++;
            return 0;
        }
        tasks = reallocarray(r->tasks, size, sizeof(*tasks));
        if (!tasks)
            return -ENOMEM;
        r->tasks = tasks;
        r->tasks_size = size;
    }
    r->tasks[r->n_tasks++] = line->row;
    return 0;
}

static void set_constraint(struct rl_oom_report *r, struct rl_span constraint)
{
    COPY(r->constraint, constraint);
    for (char *c = r->constraint; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c - 'A' + 'a');
    if (r->constraint[0] != '\0')
        r->have |= RL_OOM_CONSTRAINT;
    if (strcmp(r->constraint, "memcg") == 0)
        r->is_memcg = true;
}

static int add_summary(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;

    a->has_summary = true;
    a->context.columns.n = 0;
    set_constraint(r, line->summary.constraint);
    if (line->summary.nodemask.len > 0)
        COPY(r->nodemask, line->summary.nodemask);
    if (line->summary.cpuset.len > 0)
        COPY(r->cpuset, line->summary.cpuset);
    if (line->summary.mems.len > 0)
        COPY(r->mems_allowed, line->summary.mems);
    if (line->summary.oom_memcg.len > 0) {
        COPY(r->oom_memcg, line->summary.oom_memcg);
        r->is_memcg = true;
    }
    if (line->summary.task_memcg.len > 0)
        COPY(r->task_memcg, line->summary.task_memcg);
    if (line->summary.comm.len > 0 || line->summary.pid >= 0) {
        name(&r->selected, line->summary.pid, line->summary.comm);
        r->have |= RL_OOM_SELECTED;
    }
    return 0;
}

static void add_message(assembly_t *a, const struct rl_oom_death *death)
{
    struct rl_oom_report *r = &a->report;

    a->context.columns.n = 0;
    r->is_memcg = r->is_memcg || death->is_memcg;
    r->kills_allocating = r->kills_allocating || death->allocating;
    if (death->constraint && !(r->have & RL_OOM_CONSTRAINT)) {
        COPY(r->constraint, ((struct rl_span){death->constraint, strlen(death->constraint)}));
        r->have |= RL_OOM_CONSTRAINT;
    }
}

static int add_select(assembly_t *a, const struct rl_oom_line *line)
{
    struct rl_oom_report *r = &a->report;

    a->has_select = true;
    add_message(a, &line->death);
    if (!line->death.named)
        return 0;
    name(&r->selected, line->death.pid, line->death.comm);
    r->have |= RL_OOM_SELECTED;
    if (line->whole) {
        r->printed_score = line->death.score;
        r->have |= RL_OOM_SCORE;
    }
    return 0;
}

static bool is_dead(const struct rl_oom_report *r, const struct rl_oom_death *death)
{
    for (size_t i = 0; i < r->n_kills; i++)
        if (r->kills[i].who.pid == death->pid)
            return true;
    return false;
}

static int add_killed(assembly_t *a, const struct rl_oom_line *line)
{
    const struct rl_oom_death *death = &line->death;
    struct rl_oom_report *r = &a->report;
    struct rl_oom_kill *kill;

    add_message(a, death);
    if (!death->named)
        return 0;
    if (is_dead(r, death)) {
        a->named_again = death->is_memcg && r->n_kills == 1;
        return 0;
    }
    if (r->n_kills == RL_OOM_KILLS) {
        r->more_kills++;
        return 0;
    }
    kill = &r->kills[r->n_kills++];
    memset(kill, 0, sizeof(*kill));
    name(&kill->who, death->pid, death->comm);
    kill->sizes_known = death->sizes_known;
    kill->total_vm_kb = death->total_vm_kb;
    kill->anon_kb = death->anon_kb;
    kill->file_kb = death->file_kb;
    kill->shmem_kb = death->shmem_kb;
    kill->tables_kb = death->tables_kb;
    /* the summary's pid was cut off; it is the same one by name */
    if ((r->have & RL_OOM_SELECTED) && r->selected.pid < 0 &&
        strcmp(r->selected.comm, kill->who.comm) == 0)
        r->selected.pid = death->pid;
    return 0;
}

static int add_group(assembly_t *a, const struct rl_oom_line *line)
{
    a->report.group_kill = true;
    COPY(a->report.group, line->group);
    return 0;
}

static int add_exiting(assembly_t *a, const struct rl_oom_line *line)
{
    add_message(a, &(struct rl_oom_death){0});
    a->report.victim_was_exiting = true;
    return 0;
}

static int add_reaped(assembly_t *a, const struct rl_oom_line *line)
{
    a->report.reaped++;
    return 0;
}

static int add_no_victim(assembly_t *a, const struct rl_oom_line *line)
{
    a->context.columns.n = 0;
    a->report.no_victim = true;
    return 0;
}

static int add_panic(assembly_t *a, const struct rl_oom_line *line)
{
    a->context.columns.n = 0;
    a->report.panicked = true;
    a->report.no_victim = a->report.no_victim || line->panic_no_victim;
    return 0;
}

/* --- which report they belong to ------------------------------------------------------------- */

static bool always(const assembly_t *a, const struct rl_oom_line *line)
{
    return true;
}

static bool behind_table(const assembly_t *a)
{
    return a->has_summary || a->has_select || rl_oom_assembly_has_outcome(a);
}

static bool is_other_cpu(const assembly_t *a, const struct rl_oom_line *line)
{
    return a->state == RL_OOM_WEAK;
}

static bool is_other_task_in(const assembly_t *a, const struct rl_oom_line *line)
{
    return a->has_task_in || a->has_mem_info || a->report.has_table || behind_table(a);
}

/* Memory again: another report whose beginning is lost. Not while a group's members are named. */
static bool is_other_memory(const assembly_t *a, const struct rl_oom_line *line)
{
    bool again = line->kind == RL_OOM_LINE_MEM_INFO
                     ? a->has_mem_info
                     : line->counter.of == RL_OOM_OF_MEMORY && a->report.memory.known;

    return !a->report.group_kill && (behind_table(a) || (again && a->state == RL_OOM_WEAK));
}

static bool is_other_table(const assembly_t *a, const struct rl_oom_line *line)
{
    return a->report.has_table || behind_table(a);
}

static bool is_other_summary(const assembly_t *a, const struct rl_oom_line *line)
{
    if (a->has_summary && !rl_oom_assembly_has_outcome(a) && line->summary.pid >= 0 &&
        line->summary.pid == a->report.selected.pid)
        return false; /* the same line twice */
    return behind_table(a);
}

static bool is_other_select(const assembly_t *a, const struct rl_oom_line *line)
{
    if (rl_oom_assembly_has_outcome(a))
        return true;
    if (!(a->report.have & RL_OOM_SELECTED) || a->report.selected.pid < 0 || !line->death.named)
        return false;
    return line->death.pid != a->report.selected.pid;
}

/* Kernels that print the summary kill whom it names, by the pid of his leader or of a thread that
 * is left; but the first that did so still killed a child in his place, and said so. */
static bool is_chosen(const struct rl_oom_report *r, const struct rl_oom_death *death)
{
    if (r->selected.pid < 0 || r->selected.pid == death->pid || death->comm.len == 0 ||
        rl_span_is(death->comm, r->selected.comm))
        return true;
    for (size_t i = 0; i < r->n_tasks; i++)
        if (r->tasks[i].pid == death->pid && r->tasks[i].tgid == r->selected.pid)
            return true;
    return false;
}

static bool is_other_kill(const assembly_t *a, const struct rl_oom_line *line)
{
    const struct rl_oom_report *r = &a->report;

    if (r->group_kill || !line->death.named || is_dead(r, &line->death))
        return false;
    if (a->named_again && line->death.is_memcg)
        return false;
    if (a->has_summary && !a->has_select && !is_chosen(r, &line->death))
        return true;
    return rl_oom_assembly_has_outcome(a) ||
           (r->is_memcg && line->death.message.len > 0 && !line->death.is_memcg);
}

static bool is_other_end(const assembly_t *a, const struct rl_oom_line *line)
{
    return a->report.n_kills > 0 && !a->report.group_kill;
}

/* What a kind of line does. opens: the report that it opens where none is open; a line that opens
 * none is dropped then. late: it also belongs to a report whose outcome is known. */
static const struct kind {
    enum rl_oom_state opens;
    bool late;
    bool (*is_other)(const assembly_t *a, const struct rl_oom_line *line);
    int (*add)(assembly_t *a, const struct rl_oom_line *line);
} kinds[RL_OOM_LINE_KINDS] = {
    [RL_OOM_LINE_HEADER] = {RL_OOM_OPEN, true, always, add_header},
    [RL_OOM_LINE_CPUSET] = {RL_OOM_CLOSED, false, NULL, add_cpuset},
    [RL_OOM_LINE_CPU] = {RL_OOM_WEAK, false, is_other_cpu, add_cpu},
    [RL_OOM_LINE_TASK_IN] = {RL_OOM_OPEN, true, is_other_task_in, add_task_in},
    [RL_OOM_LINE_COUNTER] = {RL_OOM_WEAK, false, is_other_memory, add_counter},
    [RL_OOM_LINE_STATS] = {RL_OOM_WEAK, false, NULL, add_stats},
    [RL_OOM_LINE_STAT] = {RL_OOM_CLOSED, false, NULL, add_stat},
    [RL_OOM_LINE_MEM_INFO] = {RL_OOM_WEAK, false, is_other_memory, add_mem_info},
    [RL_OOM_LINE_SUMS] = {RL_OOM_CLOSED, false, NULL, add_sums},
    [RL_OOM_LINE_SWAP_SIZE] = {RL_OOM_CLOSED, false, NULL, add_swap},
    [RL_OOM_LINE_PAGES] = {RL_OOM_WEAK, false, NULL, add_pages},
    [RL_OOM_LINE_HUGE] = {RL_OOM_CLOSED, false, NULL, add_huge},
    [RL_OOM_LINE_BUDDY] = {RL_OOM_CLOSED, false, NULL, add_buddy},
    [RL_OOM_LINE_COMMIT] = {RL_OOM_CLOSED, true, NULL, add_commit},
    [RL_OOM_LINE_TABLE] = {RL_OOM_OPEN, true, is_other_table, add_table},
    [RL_OOM_LINE_ROW] = {RL_OOM_CLOSED, false, NULL, add_row},
    [RL_OOM_LINE_SUMMARY] = {RL_OOM_OPEN, true, is_other_summary, add_summary},
    [RL_OOM_LINE_SELECT] = {RL_OOM_OPEN, true, is_other_select, add_select},
    [RL_OOM_LINE_KILLED] = {RL_OOM_OPEN, true, is_other_kill, add_killed},
    [RL_OOM_LINE_GROUP] = {RL_OOM_OPEN, true, NULL, add_group},
    [RL_OOM_LINE_EXITING] = {RL_OOM_OPEN, true, is_other_end, add_exiting},
    [RL_OOM_LINE_REAPED] = {RL_OOM_CLOSED, true, NULL, add_reaped},
    [RL_OOM_LINE_NO_VICTIM] = {RL_OOM_OPEN, true, is_other_end, add_no_victim},
    [RL_OOM_LINE_PANIC] = {RL_OOM_OPEN, true, is_other_end, add_panic},
};

/* A group is named once in a report, behind its first victim: a second time, the kill before it was
 * another report's. */
static void split_group(assembly_t *a)
{
    struct rl_oom_kill last;
    uint64_t line = a->report.last_line;

    if (!a->report.group_kill || a->report.n_kills < 2)
        return;
    last = a->report.kills[--a->report.n_kills];
    rl_oom_assembly_close(a);
    a->state = RL_OOM_OPEN;
    a->report.first_line = line;
    a->report.kills[a->report.n_kills++] = last;
}

int rl_oom_assembly_add(
    assembly_t *a, uint64_t number, struct rl_span line, const struct rl_oom_line *read)
{
    const struct kind *kind = &kinds[read->kind];
    int r;

    if (read->kind == RL_OOM_LINE_SYSRQ)
        a->sysrq_line = number;
    if (!kind->add)
        return 0;
    if (a->state != RL_OOM_CLOSED && kind->is_other && kind->is_other(a, read))
        rl_oom_assembly_close(a);
    if (read->kind == RL_OOM_LINE_GROUP)
        split_group(a);
    if (a->state == RL_OOM_CLOSED && kind->opens == RL_OOM_CLOSED)
        return 0;
    if (!kind->late && rl_oom_assembly_has_outcome(a))
        return 0;
    open_report(a, kind->opens, number, line, read);
    r = kind->add(a, read);
    a->report.last_line = number;
    return r;
}
