#include "daemon/ctl/table.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/ctl/domains.h"
#include "daemon/ctl/pids.h"
#include "daemon/observe/procs.h"
#include "daemon/observe/read.h"
#include "daemon/report/cleanup.h"
#include "policy/family.h"

#define PAUSES_MOST     50
#define TRIES           6   /* to read a process whose numbers move */
#define FIXTURE_CLK_TCK 100 /* where a saved tree does not say it */

struct reading {
    const struct rl_probe *probe;
    const struct rl_table_options *options;
    struct rl_victim victim;
    struct rl_procs procs;
    struct rl_domains domains;
    const struct rl_domain *fixed; /* with cgroup or system: the same for all */
    struct rl_process_table *table;
    unsigned pauses; /* made for rows that differ from the kernel's */
};

bool rl_table_eligible(const struct rl_table_row *row)
{
    return row->candidate.spared == RL_REASON_NONE && row->candidate.score.eligible;
}

enum rl_reason rl_table_reason(const struct rl_table_row *row)
{
    return row->candidate.spared != RL_REASON_NONE ? row->candidate.spared
           : row->candidate.score.eligible         ? RL_REASON_NONE
                                                   : row->candidate.score.reason;
}

enum rl_agreement rl_table_agreement(
    const struct rl_process_table *table, const struct rl_table_row *row)
{
    if (!table->compares || !row->oom_score_known || !row->kernel_score_known)
        return RL_AGREES_UNKNOWN;
    if (row->oom_score == row->kernel_score)
        return RL_AGREES;
    return row->moving ? RL_AGREES_MOVING : RL_DIFFERS;
}

static bool read_kernel_score(int dir, long *ret)
{
    char text[64], *end;

    if (rl_read_at(dir, "oom_score", text, sizeof(text)) <= 0)
        return false;
    *ret = strtol(text, &end, 10);
    return end != text;
}

static void free_row(struct rl_table_row *row)
{
    free(row->cgroup);
    free(row->limited_by);
    row->cgroup = row->limited_by = NULL;
}

static int append(struct rl_process_table *table, const struct rl_table_row *row)
{
    if (table->n == table->size) {
        size_t size = table->size ? 2 * table->size : 256;
        struct rl_table_row *rows = reallocarray(table->rows, size, sizeof(*rows));
        if (!rows)
            return -ENOMEM;
        table->rows = rows;
        table->size = size;
    }
    table->rows[table->n++] = *row;
    return 0;
}

/* What one process is scored against. */
static int find_scale(struct reading *reading, int dir, struct rl_table_row *row)
{
    const struct rl_table_options *options = reading->options;
    const struct rl_domain *domain = reading->fixed ? reading->fixed
                                                    : rl_domains_of(&reading->domains, row->cgroup);
    struct rl_binding binding = {.kind = RL_BINDING_NONE};
    char text[RL_LIST_MAX + 16];
    const char *limited_by;

    if (!domain)
        return -ENOMEM;
    row->available = domain->room.totals[options->model->total];
    row->headroom = domain->room.headroom;
    row->headroom_known = domain->room.known;
    limited_by = domain->limited_by;
    if (options->nodes && !options->system)
        rl_binding_read(options->nodes, dir, &binding);
    if (binding.kind != RL_BINDING_NONE) {
        uint64_t swap = reading->domains.node.swap_total;
        uint64_t total = swap > UINT64_MAX - binding.total ? UINT64_MAX : binding.total + swap;

        if (total < row->available) {
            row->available = total > 0 ? total : 1;
            limited_by = rl_binding_text(&binding, text, sizeof(text));
        }
    }
    row->limited_by = strdup(limited_by);
    return row->limited_by ? 0 : -ENOMEM;
}

/* The process itself and the kernel's score of one instant. Return: 1, 0 when it is gone or may not
 * be read, -errno. */
static int read_steady(const struct reading *reading, int dir, struct rl_table_row *row)
{
    pid_t pid = row->candidate.process.pid;
    /* Whoever asks for one of them wants to know that it has ended. */
    uint32_t need = reading->options->pid == 0 ? RL_PROCS_ZOMBIES : 0;
    long before = 0;
    bool gone = false;

    for (int i = 0; i < TRIES; i++) {
        bool known = read_kernel_score(dir, &before);
        int r = rl_procs_read(&reading->procs, pid, need, &row->candidate.process, &gone);
        if (r < 0)
            reading->table->unreadable++;
        if (r < 0 || gone)
            return 0;
        row->kernel_score_known = read_kernel_score(dir, &row->kernel_score) && known;
        row->moving = row->kernel_score_known && row->kernel_score != before;
        if (!row->moving)
            break;
    }
    return 1;
}

static void rate(const struct reading *reading, struct rl_table_row *row)
{
    const struct rl_process_table *table = reading->table;
    const struct rl_model *model = reading->options->model;
    struct rl_candidate *candidate = &row->candidate;
    uint32_t dying = candidate->process.flags & RL_PROCESS_DYING;
    struct rl_scale scale = {
        .available = row->available,
        .page_size = table->page_size,
        .clk_tck = table->clk_tck,
        .uptime_ticks = table->uptime_ticks,
        .swappiness = table->swappiness,
    };

    /* Kernels rate who is dying like anybody; that nobody is chosen then is another matter. */
    if (model->kernels)
        candidate->process.flags &= ~dying;
    rl_candidate_rate(&reading->victim, &scale, row->cgroup, candidate);
    candidate->process.flags |= dying;

    row->passed_over = RL_REASON_NONE;
    if (candidate->spared == RL_SPARED_FREES_LITTLE || candidate->spared == RL_SPARED_NO_POINTS) {
        row->passed_over = candidate->spared;
        candidate->spared = RL_REASON_NONE;
    }
    if (dying && rl_table_eligible(row))
        row->passed_over = RL_SPARED_DYING;

    row->oom_score_known = model->proc_score != NULL;
    row->oom_score = 0;
    if (model->proc_score && rl_table_eligible(row))
        row->oom_score = (long)model->proc_score(&candidate->score, &scale);
}

/* The tables of one look while they grow. */
struct kinship {
    struct rl_kin *kin;
    size_t n, size;
};

static int add_kin(struct kinship *all, const struct rl_process *process)
{
    if (all->n == all->size) {
        size_t size = all->size ? 2 * all->size : 512;
        struct rl_kin *kin = reallocarray(all->kin, size, sizeof(*kin));
        if (!kin)
            return -ENOMEM;
        all->kin = kin;
        all->size = size;
    }
    all->kin[all->n++] = rl_kin_of(process);
    return 0;
}

static bool needs_children(const struct reading *reading)
{
    return reading->options->model->needs & RL_SCORE_NEEDS_CHILDREN;
}

/* Is the row asked for? */
static bool wanted(const struct rl_table_options *options, const struct rl_table_row *row)
{
    return (options->pid == 0 || options->pid == row->candidate.process.pid) &&
           (!options->cgroup || rl_path_within(options->cgroup, row->cgroup));
}

static int read_row(struct reading *reading, int dir, struct rl_table_row *row)
{
    char text[2 * PATH_MAX]; /* lines of cgroup v1 stand before the one of v2 */
    const char *path = "";

    int r = read_steady(reading, dir, row);
    if (r <= 0)
        return r;
    if (rl_read_at(dir, "cgroup", text, sizeof(text)) < 0 || rl_parse_proc_cgroup(text, &path) < 0)
        path = "";
    row->cgroup = strdup(path);
    return row->cgroup ? 1 : -ENOMEM;
}

/* Read one process and add it where it is asked for. Return: 0, also for one that is gone. */
static int read_one(struct reading *reading, struct kinship *all, pid_t pid)
{
    struct rl_table_row row = {.candidate.process.pid = pid};
    char name[16];

    snprintf(name, sizeof(name), "%d", (int)pid);
    rl_auto_fd int dir = openat(reading->procs.proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return 0;
    int r = read_row(reading, dir, &row);
    if (r > 0 && needs_children(reading) && add_kin(all, &row.candidate.process) < 0)
        r = -ENOMEM;
    if (r > 0 && wanted(reading->options, &row)) {
        r = find_scale(reading, dir, &row);
        r = r < 0 ? r : append(reading->table, &row);
        if (r == 0)
            return 0;
    }
    free_row(&row);
    return r < 0 ? r : 0;
}

static int read_all(struct reading *reading, struct kinship *all)
{
    rl_auto_free pid_t *pids = NULL;
    size_t n = 0;
    int r = rl_pids_list(reading->procs.proc_fd, &pids, &n);

    for (size_t i = 0; r >= 0 && i < n; i++)
        r = read_one(reading, all, pids[i]);
    return r;
}

/* Wait a moment, but not for each of many that differ by nature. */
static void pause_before_another(struct reading *reading)
{
    const struct timespec moment = {.tv_nsec = 2000000};

    if (reading->pauses < PAUSES_MOST)
        nanosleep(&moment, NULL);
    reading->pauses++;
}

/* The kernel shows 0 for a child of vfork() until it has called execve() (in_vfork() in oom_badness
 * of 4.19 to 6.18). No file tells of it, but it still has its parent's address space. */
static bool may_be_in_vfork(const struct reading *reading, const struct rl_table_row *row)
{
    const struct rl_process *process = &row->candidate.process;
    struct rl_process parent;
    bool gone = true;

    if (row->kernel_score != 0 || process->ppid <= 0 ||
        rl_procs_read(&reading->procs, process->ppid, 0, &parent, &gone) < 0 || gone)
        return false;
    return parent.total_vm_pages == process->total_vm_pages &&
           parent.start_code == process->start_code;
}

/* Where ours and the kernel's differ, one of them may be a moment older. */
static void settle(struct reading *reading, struct rl_table_row *row)
{
    long first = row->kernel_score;
    bool moved = false;
    char name[16];

    snprintf(name, sizeof(name), "%d", (int)row->candidate.process.pid);
    for (int i = 0; i < TRIES; i++) {
        if (rl_table_agreement(reading->table, row) < RL_AGREES_MOVING)
            return;
        if (i > 0)
            pause_before_another(reading);
        rl_auto_fd int dir = openat(reading->procs.proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dir < 0 || read_steady(reading, dir, row) <= 0) {
            row->candidate.process.pid = 0;
            return;
        }
        rate(reading, row);
        moved = moved || row->moving || row->kernel_score != first;
    }
    row->moving = moved || may_be_in_vfork(reading, row);
}

static void rate_all(struct reading *reading, const struct kinship *all)
{
    struct rl_process_table *table = reading->table;
    bool settles = reading->probe->live && table->compares && !needs_children(reading);
    size_t kept = 0;

    for (size_t i = 0; i < table->n; i++) {
        struct rl_table_row *row = &table->rows[i];

        if (needs_children(reading))
            (void)rl_family_give(all->kin, all->n, &row->candidate.process);
        rate(reading, row);
        if (settles)
            settle(reading, row);
        if (row->candidate.process.pid > 0)
            table->rows[kept++] = *row;
        else
            free_row(row);
    }
    table->n = kept;
}

static int compare_rows(const void *left, const void *right, void *model)
{
    const struct rl_table_row *a = left, *b = right;
    const struct rl_process *p = &a->candidate.process, *q = &b->candidate.process;
    int64_t x = a->candidate.score.points, y = b->candidate.score.points;

    if (p->pid == q->pid)
        return 0;
    if (rl_table_eligible(a) != rl_table_eligible(b))
        return rl_table_eligible(a) ? -1 : 1;
    if (rl_table_eligible(a))
        return rl_score_before(model, p, x, q, y) ? -1 : 1;
    return p->pid < q->pid ? -1 : 1;
}

/* The one domain of --cgroup or --system. */
static int fix_domain(struct reading *reading, struct rl_domain *domain)
{
    const char *path = reading->options->cgroup ? reading->options->cgroup : "/";

    int r = rl_domain_read(&reading->domains, path, domain);
    if (r < 0) {
        fprintf(stderr, "reliefctl: cgroup %s: %s\n", path, strerror(-r));
        return RL_EXIT_FAILURE;
    }
    reading->fixed = domain;
    return RL_EXIT_OK;
}

/* "12345.67 23456.78": seconds since boot, with hundredths. Return: clock ticks, 0 where it cannot
 * be read. */
static uint64_t read_uptime(int proc_fd, uint32_t clk_tck)
{
    char text[128];
    unsigned long long seconds;
    unsigned hundredths;

    if (rl_read_at(proc_fd, "uptime", text, sizeof(text)) <= 0 ||
        sscanf(text, "%12llu.%2u", &seconds, &hundredths) != 2)
        return 0;
    return seconds * clk_tck + (uint64_t)hundredths * clk_tck / 100;
}

/* The one total of all rows; 0 where they have different ones, or one by chance. */
static uint64_t common_total(const struct reading *reading)
{
    const struct rl_process_table *table = reading->table;

    if (table->n == 0)
        return reading->fixed ? reading->fixed->room.totals[reading->options->model->total] : 0;
    for (size_t i = 1; i < table->n; i++)
        if (table->rows[i].available != table->rows[0].available ||
            strcmp(table->rows[i].limited_by, table->rows[0].limited_by) != 0)
            return 0;
    return table->rows[0].available;
}

static int read_table(struct reading *reading)
{
    struct rl_process_table *table = reading->table;
    struct kinship all = {0};
    int r;

    table->swappiness = reading->domains.node.swappiness;
    table->uptime_ticks = read_uptime(reading->probe->proc_fd, table->clk_tck);
    if (reading->options->pid && !needs_children(reading))
        r = read_one(reading, &all, reading->options->pid);
    else
        r = read_all(reading, &all);
    if (r >= 0) {
        rl_family_sum(all.kin, all.n);
        rate_all(reading, &all);
        if (table->n > 0)
            qsort_r(table->rows, table->n, sizeof(*table->rows), compare_rows,
                (void *)(uintptr_t)reading->options->model);
        table->available = common_total(reading);
    }
    free(all.kin);
    return r;
}

static uint32_t clock_ticks(const struct rl_probe *probe, const struct rl_table_options *options)
{
    if (options->clk_tck > 0)
        return options->clk_tck;
    return probe->live ? (uint32_t)sysconf(_SC_CLK_TCK) : FIXTURE_CLK_TCK;
}

int rl_process_table_read(const struct rl_probe *probe, const struct rl_table_options *options,
    struct rl_process_table *ret)
{
    rl_auto_free struct rl_domain *fixed = calloc(1, sizeof(*fixed));
    struct rl_process_table table = {
        .page_size = probe->page_size,
        .clk_tck = clock_ticks(probe, options),
        .compares = options->system && options->model->proc_score,
    };
    struct reading reading = {
        .probe = probe,
        .options = options,
        .victim = {.kill = RL_KILL_PROCESS, .model = options->model},
        .procs = {.proc_fd = probe->proc_fd, .page_size = probe->page_size},
        .table = &table,
    };
    int code = RL_EXIT_OK;

    int r = fixed ? rl_domains_open(probe, &reading.domains) : -ENOMEM;
    if (r >= 0 && (options->cgroup || options->system))
        code = fix_domain(&reading, fixed);
    if (r >= 0 && code == RL_EXIT_OK)
        r = read_table(&reading);
    rl_domains_close(&reading.domains);
    if (r < 0) {
        fprintf(stderr, "reliefctl: reading the processes: %s\n", strerror(-r));
        code = RL_EXIT_FAILURE;
    }
    if (code != RL_EXIT_OK) {
        rl_process_table_free(&table);
        return code;
    }
    *ret = table;
    return code;
}

void rl_process_table_free(struct rl_process_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        free_row(&table->rows[i]);
    free(table->rows);
    *table = (struct rl_process_table){0};
}
