#include "daemon/autopsy/judge.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/judge-private.h"

#define NOWHERE SIZE_MAX

static void miss(struct rl_oom_finding *finding, enum rl_oom_missing missing)
{
    finding->missing |= 1u << missing;
}

/* The constraint that kernels before 4.20 do not print, and that one of 5.2 printed wrongly. */
static const char *constraint_of(const struct rl_oom_report *report)
{
    if (report->is_memcg)
        return "memcg";
    if (report->have & RL_OOM_CONSTRAINT)
        return report->constraint;
    return report->mem_info_known || (report->have & RL_OOM_RAM) ? "none" : NULL;
}

static size_t row_of(const struct rl_oom_report *report, int64_t pid)
{
    for (size_t i = 0; i < report->n_tasks && pid > 0; i++)
        if (report->tasks[i].pid == pid)
            return i;
    for (size_t i = 0; i < report->n_tasks && pid > 0; i++)
        if (report->tasks[i].tgid == pid)
            return i;
    return NOWHERE;
}

/* The one task of that name. Return: its row, or NOWHERE. */
static size_t row_named(const struct rl_oom_report *report, const char *comm)
{
    size_t row = NOWHERE;

    for (size_t i = 0; i < report->n_tasks; i++) {
        if (strcmp(report->tasks[i].comm, comm) != 0)
            continue;
        if (row != NOWHERE)
            return NOWHERE;
        row = i;
    }
    return report->table_cut ? NOWHERE : row;
}

/* Whom the kernel selected. Where only the line of the kill tells, it is who died; and where the
 * pid of the choice is no task's, a line that was cut, while the one of the same name who died
 * is one. Where the pid was cut off, a name that only one task has tells it. */
static void find_victim(const struct rl_oom_report *report, struct rl_oom_finding *finding)
{
    const struct rl_oom_named *killed = report->n_kills > 0 ? &report->kills[0].who : NULL;

    finding->victim = (struct rl_oom_named){.pid = -1};
    if (report->have & RL_OOM_SELECTED)
        finding->victim = report->selected;
    else if (killed)
        finding->victim = *killed;
    if (killed && row_of(report, finding->victim.pid) == NOWHERE &&
        row_of(report, killed->pid) != NOWHERE && strcmp(killed->comm, finding->victim.comm) == 0)
        finding->victim = *killed;
    if (finding->victim.pid < 0 && *finding->victim.comm) {
        size_t row = row_named(report, finding->victim.comm);

        finding->victim.pid = row != NOWHERE ? report->tasks[row].pid : -1;
    }
}

static void find_limit(const struct rl_oom_report *report, struct rl_oom_finding *finding)
{
    const struct rl_oom_counter *memory = &report->memory;

    finding->limit_known = report->is_memcg && memory->known && !memory->unlimited &&
                           memory->limit_kb < UINT64_MAX / 1024;
    if (finding->limit_known)
        finding->limit_bytes = memory->limit_kb * 1024;
}

/* What anybody can see that it is not there. */
static void find_gaps(const struct rl_oom_report *report, struct rl_oom_finding *finding)
{
    bool nobody = report->no_victim || report->panicked;
    const struct {
        bool missing;
        enum rl_oom_missing what;
    } gaps[] = {
        {!report->has_header, RL_OOM_MISSING_HEADER},
        {rl_oom_version(report->kernel) == 0, RL_OOM_MISSING_KERNEL},
        {!report->has_table, RL_OOM_MISSING_TABLE},
        {report->has_table && report->table_cut, RL_OOM_MISSING_TABLE_REST},
        {report->is_memcg && !finding->limit_known, RL_OOM_MISSING_LIMIT},
        {!report->is_memcg && !(report->have & RL_OOM_RAM), RL_OOM_MISSING_RAM},
        {!finding->constraint, RL_OOM_MISSING_CONSTRAINT},
        {finding->victim.pid < 0 && !nobody, RL_OOM_MISSING_VICTIM},
        {report->n_kills == 0 && !nobody, RL_OOM_MISSING_KILL},
    };

    for (size_t i = 0; i < sizeof(gaps) / sizeof(gaps[0]); i++)
        if (gaps[i].missing)
            miss(finding, gaps[i].what);
    finding->complete = report->has_table && !report->table_cut && report->n_tasks > 0 &&
                        report->n_kills > 0 &&
                        (report->is_memcg ? finding->limit_known
                                          : (report->have & RL_OOM_RAM) != 0);
}

/* Pages that the kernel counted for somebody and that the table has no column for. */
static uint64_t hidden_pages(const struct rl_oom_report *report, bool *ret_tables)
{
    uint64_t page = rl_oom_page_size(report), pages = 0;
    uint64_t swap_kb = report->total_swap_kb;

    if (!(report->columns & RL_OOM_COL_SWAP)) {
        if (report->have & RL_OOM_FREE_SWAP)
            swap_kb -= report->free_swap_kb < swap_kb ? report->free_swap_kb : swap_kb;
        if (report->have & RL_OOM_TOTAL_SWAP)
            pages = swap_kb * 1024 / page;
        else
            pages = UINT32_MAX;
    }
    *ret_tables = !(report->columns & (RL_OOM_COL_PTES | RL_OOM_COL_TABLES));
    if (*ret_tables)
        pages += report->pagetables;
    return pages;
}

/* Could the victim be first with all that the table does not show? */
static bool hidden_decides(const struct rl_oom_report *report, const struct rl_oom_way *way,
    struct rl_oom_finding *finding, size_t victim)
{
    struct rl_oom_rated *row = &finding->rated[victim];
    uint64_t swap = row->process.swap_pages;
    bool tables, first;

    row->process.swap_pages += hidden_pages(report, &tables);
    first = rl_oom_rank(report, way, finding, victim) == 1;
    row->process.swap_pages = swap;
    if (!first)
        return false;
    if (!(report->columns & RL_OOM_COL_SWAP))
        miss(finding, RL_OOM_MISSING_SWAP_COLUMN);
    if (tables)
        miss(finding, RL_OOM_MISSING_TABLES_COLUMN);
    return true;
}

/* Somebody else has more points: is it sure that the kernel saw it so, too? */
static bool is_sure(const struct rl_oom_report *report, const struct rl_oom_way *way,
    struct rl_oom_finding *finding, size_t victim)
{
    bool nodes = finding->constraint && strcmp(finding->constraint, "none") != 0 &&
                 strcmp(finding->constraint, "memcg") != 0;

    if (report->kills_allocating)
        miss(finding, RL_OOM_MISSING_SCORING);
    if (nodes) /* whoever may not use them is no candidate */
        miss(finding, RL_OOM_MISSING_ALLOWED_NODES);
    /* It may be the child that died instead of whom it selected. */
    if (!(report->have & RL_OOM_SELECTED) && way->model->picking.sacrifice != RL_SACRIFICE_NONE)
        miss(finding, RL_OOM_MISSING_VICTIM);
    return !report->kills_allocating && !nodes &&
           !(finding->missing & (1u << RL_OOM_MISSING_VICTIM)) &&
           !hidden_decides(report, way, finding, victim);
}

static void agree(const struct rl_oom_report *report, const struct rl_oom_total *total,
    const struct rl_oom_ways *ways, size_t victim, struct rl_oom_finding *finding, size_t *ret_way)
{
    struct rl_oom_answer answer;
    struct rl_oom_way way;

    rl_oom_ways_ask(report, ways, finding, victim, &answer);
    *ret_way = answer.best_way;
    way = ways->ways[answer.best_way];
    way.total = ways->best > 0 ? ways->best : ways->hi;
    if (way.model->needs & RL_SCORE_NEEDS_UPTIME) {
        miss(finding, RL_OOM_MISSING_RUN_TIME);
    } else if (answer.agrees) {
        /* Whoever is first among some need not be first among all. */
        finding->agrees = report->table_cut ? -1 : 1;
    } else if (!answer.possible) {
        finding->agrees = is_sure(report, &way, finding, victim) ? 0 : -1;
    } else {
        miss(finding, answer.by_total ? total->why : RL_OOM_MISSING_CAPS);
    }
}

static enum rl_oom_printed compare_printed(
    const struct rl_oom_report *report, const struct rl_oom_finding *finding)
{
    uint64_t ours, theirs = report->printed_score, apart;

    if (!(report->have & RL_OOM_SCORE) || !finding->kernel_victim)
        return RL_OOM_PRINTED_NONE;
    if (finding->model->needs & RL_SCORE_NEEDS_UPTIME)
        return RL_OOM_PRINTED_NONE;
    ours = finding->kernel_victim->printed;
    apart = ours > theirs ? ours - theirs : theirs - ours;
    if (apart == 0)
        return RL_OOM_PRINTED_EXACT;
    if (!finding->available_known)
        return RL_OOM_PRINTED_NONE;
    return apart <= 1 || apart <= theirs / 100 ? RL_OOM_PRINTED_NEAR : RL_OOM_PRINTED_OTHER;
}

/* Only now is the way known: rate for good, and find the victim again, whose row has moved. */
static void settle(const struct rl_oom_report *report, const struct rl_oom_way *way,
    const struct rl_oom_task *victim, struct rl_oom_finding *finding)
{
    rl_oom_settle(report, way, finding);
    for (size_t i = 0; i < finding->n_rated; i++)
        if (finding->rated[i].task == victim)
            finding->kernel_victim = &finding->rated[i];
    if (way->model->needs & RL_SCORE_NEEDS_UPTIME)
        finding->model_victim = NULL; /* points without CPU time and age mean nothing */
    else if (finding->kernel_victim)
        finding->kernel_victim_rank = rl_oom_rank(
            report, way, finding, (size_t)(finding->kernel_victim - finding->rated));
}

/* Would any total between the bounds give whom the model chooses the same points? */
static bool points_known(const struct rl_oom_report *report, struct rl_oom_way way,
    const struct rl_oom_total *total, const struct rl_oom_finding *finding)
{
    struct rl_oom_rated row;
    struct rl_score low, high;

    if (!finding->model_victim)
        return false;
    row = *finding->model_victim;
    way.total = total->lo;
    rl_oom_rate(report, &way, &row, &low);
    way.total = total->hi;
    rl_oom_rate(report, &way, &row, &high);
    return low.points == high.points;
}

static void rate_all(const struct rl_oom_report *report, const struct rl_oom_models *models,
    const struct rl_oom_total *total, struct rl_oom_finding *finding)
{
    size_t victim = row_of(report, finding->victim.pid), used = 0;
    bool classic = models->models[0]->needs & RL_SCORE_NEEDS_UPTIME;
    bool has_score = victim != NOWHERE && (report->have & RL_OOM_SCORE) && !classic;
    struct rl_oom_ways ways;
    struct rl_oom_way way;

    rl_oom_ways_of(models, total, !report->is_memcg, &ways);
    if (has_score) {
        rl_oom_ways_fit(report, &finding->rated[victim], &ways);
        rl_oom_ways_narrow(report, &finding->rated[victim], &ways);
    }
    if (victim != NOWHERE)
        agree(report, total, &ways, victim, finding, &used);
    else if (finding->victim.pid >= 0)
        miss(finding, RL_OOM_MISSING_VICTIM_ROW);
    way = ways.ways[used];
    way.total = ways.best > 0 ? ways.best : ways.hi;
    finding->model = way.model;
    finding->root_bonus = way.root && way.model->since < RL_KERNEL(4, 17, 0);
    finding->root_bonus_known = has_score && finding->rated[victim].task->uid == 0 && ways.n == 1;
    finding->available_used = ways.best;
    finding->total_by_score = ways.narrowed && ways.best != total->best;
    settle(report, &way, victim == NOWHERE ? NULL : &report->tasks[victim], finding);
    finding->points_known = points_known(report, way, total, finding);
}

int rl_oom_judge(const struct rl_oom_report *report, struct rl_oom_finding *ret)
{
    struct rl_oom_finding finding = {.report = report, .agrees = -1};
    struct rl_oom_models models;
    struct rl_oom_total total;
    int r;

    finding.constraint = constraint_of(report);
    find_victim(report, &finding);
    find_limit(report, &finding);
    find_gaps(report, &finding);
    rl_oom_models_of(report, &models);
    rl_oom_total_of(report, finding.constraint, &total);
    finding.model = models.n > 0 ? models.models[0] : NULL;
    finding.model_guessed = models.guessed;
    finding.available_known = total.lo == total.hi;
    finding.available_pages = finding.available_known ? total.lo : 0;
    finding.available_used = total.best;
    r = rl_oom_rows(report, &finding);
    if (r < 0)
        return r;
    if (models.n > 0 && finding.n_rated > 0)
        rate_all(report, &models, &total, &finding);
    finding.printed = compare_printed(report, &finding);
    *ret = finding;
    return 0;
}

void rl_oom_finding_free(struct rl_oom_finding *finding)
{
    free(finding->rated);
    *finding = (struct rl_oom_finding){0};
}
