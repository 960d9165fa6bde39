#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/autopsy/judge-private.h"

#define PAGES_SANE  (UINT64_C(1) << 50) /* digits run together are no size of a process */
#define POINTS_SANE (INT64_MAX / 1000)

static uint64_t sane(uint64_t pages)
{
    return pages < PAGES_SANE ? pages : PAGES_SANE;
}

/* The row as models take it. Its place stands for its age: the kernel lists, as it scans, the
 * oldest first. */
static void row_process(const struct rl_oom_report *report, size_t row, struct rl_process *ret)
{
    const struct rl_oom_task *task = &report->tasks[row];
    uint64_t table_bytes = task->table_bytes / rl_oom_page_size(report);
    bool old_adj = report->columns & RL_OOM_COL_OOM_ADJ, adj = report->columns & RL_OOM_COL_ADJ;

    *ret = (struct rl_process){
        .pid = task->tgid > 0 && task->tgid <= INT_MAX ? (pid_t)task->tgid : -1,
        .uid = (uid_t)task->uid,
        .euid = (uid_t)task->uid,
        .start_ticks = row + 1,
        .rss_pages = sane(task->rss),
        .swap_pages = sane(task->swap),
        .anon_pages = sane(task->rss_anon),
        .table_pages = sane(task->table_pages + table_bytes),
        .total_vm_pages = sane(task->total_vm),
        .oom_score_adj = adj ? task->oom_score_adj : rl_oom_score_adj_of(task->oom_adj),
        .oom_adj = old_adj ? task->oom_adj : rl_oom_adj_of(task->oom_score_adj),
    };
    if (task->pid != task->tgid)
        ret->flags |= RL_PROCESS_DEAD_LEADER;
    snprintf(ret->comm, sizeof(ret->comm), "%.*s", RL_COMM_MAX - 1, task->comm);
}

int rl_oom_rows(const struct rl_oom_report *report, struct rl_oom_finding *finding)
{
    if (report->n_tasks == 0)
        return 0;
    finding->rated = calloc(report->n_tasks, sizeof(*finding->rated));
    if (!finding->rated)
        return -ENOMEM;
    finding->n_rated = report->n_tasks;
    for (size_t i = 0; i < report->n_tasks; i++) {
        finding->rated[i].task = &report->tasks[i];
        row_process(report, i, &finding->rated[i].process);
    }
    return 0;
}

static struct rl_scale scale_of(const struct rl_oom_report *report, uint64_t total)
{
    uint32_t page_size = rl_oom_page_size(report);

    return (struct rl_scale){
        .available = (total > 0 ? total : 1) * page_size, .page_size = page_size};
}

static void rate(const struct rl_model *model, const struct rl_scale *scale, bool root,
    struct rl_oom_rated *rated, struct rl_score *ret)
{
    struct rl_process *process = &rated->process;

    process->flags &= ~(uint32_t)RL_PROCESS_CAPS;
    if (root && rated->task->uid == 0)
        process->flags |= RL_PROCESS_CAPS;
    if (process->pid == 1)
        *ret = (struct rl_score){.reason = RL_SPARED_INIT};
    else
        model->rate(process, scale, ret);
}

void rl_oom_rate(const struct rl_oom_report *report, const struct rl_oom_way *way,
    struct rl_oom_rated *rated, struct rl_score *ret)
{
    struct rl_scale scale = scale_of(report, way->total);

    rate(way->model, &scale, way->root, rated, ret);
}

uint64_t rl_oom_print(const struct rl_oom_way *way, const struct rl_score *score)
{
    uint64_t points;
    bool raw = way->model->points_in == RL_IN_PERMILLE || way->model->since < RL_KERNEL(2, 6, 36);

    if (!score->eligible || score->points <= 0)
        return 0;
    if (raw)
        return (uint64_t)score->points;
    points = score->points < POINTS_SANE ? (uint64_t)score->points : POINTS_SANE;
    return points * 1000 / (way->total > 0 ? way->total : 1);
}

uint32_t rl_oom_rank(const struct rl_oom_report *report, const struct rl_oom_way *way,
    struct rl_oom_finding *finding, size_t row)
{
    struct rl_score own, other;
    uint32_t rank = 1;

    rl_oom_rate(report, way, &finding->rated[row], &own);
    if (!own.eligible)
        return 0;
    for (size_t i = 0; i < finding->n_rated; i++) {
        rl_oom_rate(report, way, &finding->rated[i], &other);
        rank += other.eligible && other.points > own.points;
    }
    return rank;
}

/* Candidates first; by the model that is given, and in the order of the table at last. */
static int compare(const void *a_arg, const void *b_arg, void *arg)
{
    const struct rl_oom_rated *a = a_arg, *b = b_arg;

    if (a->score.eligible != b->score.eligible)
        return a->score.eligible ? -1 : 1;
    if (a->score.eligible &&
        rl_score_before(arg, &a->process, a->score.points, &b->process, b->score.points))
        return -1;
    if (a->score.eligible &&
        rl_score_before(arg, &b->process, b->score.points, &a->process, a->score.points))
        return 1;
    return a->process.start_ticks < b->process.start_ticks ? -1 : 1;
}

static const struct rl_oom_rated *first_of_ours(const struct rl_oom_finding *finding)
{
    const struct rl_model *model = rl_model_default();
    const struct rl_oom_rated *best = NULL;

    for (size_t i = 0; i < finding->n_rated; i++) {
        const struct rl_oom_rated *one = &finding->rated[i];

        if (one->ours.eligible && (!best || rl_score_before(model, &one->process, one->ours.points,
                                                &best->process, best->ours.points)))
            best = one;
    }
    return best;
}

void rl_oom_settle(
    const struct rl_oom_report *report, const struct rl_oom_way *way, struct rl_oom_finding *ret)
{
    struct rl_scale scale = scale_of(report, way->total);

    for (size_t i = 0; i < ret->n_rated; i++) {
        struct rl_oom_rated *one = &ret->rated[i];

        rate(rl_model_default(), &scale, way->root, one, &one->ours);
        rate(way->model, &scale, way->root, one, &one->score);
        one->printed = rl_oom_print(way, &one->score);
        ret->n_eligible += one->score.eligible;
    }
    if (ret->n_rated > 0)
        qsort_r(
            ret->rated, ret->n_rated, sizeof(*ret->rated), compare, (void *)(uintptr_t)way->model);
    if (ret->n_eligible > 0)
        ret->model_victim = &ret->rated[0];
    ret->ours = first_of_ours(ret);
}
