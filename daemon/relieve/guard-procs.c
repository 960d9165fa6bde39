/* Which processes of a guarded cgroup get which oom_score_adj. */
#include <errno.h>
#include <stdlib.h>

#include "daemon/observe/procs.h"
#include "daemon/relieve/guard-private.h"
#include "daemon/report/log.h"
#include "policy/match.h"

#define OUT_OF_BOUNDS                                                                              \
    (RL_PROCESS_KERNEL_THREAD | RL_PROCESS_DYING | RL_PROCESS_SELF | RL_PROCESS_SELF_ANCESTOR)

/* What the visits below work on. */
struct listing {
    struct rl_guarded *guarded;
    const struct rl_guard *orders;
    struct rl_procs procs;
    uint32_t need;
    bool need_cmdline;
    pid_t main_pid; /* 0: unknown, or not asked for */
    uint64_t main_start;
    int error;
};

static bool has_fact(const struct rl_guard *orders, enum rl_fact fact)
{
    for (size_t i = 0; i < orders->n_adj; i++)
        for (size_t t = 0; t < orders->adj[i].pattern.n; t++)
            if (orders->adj[i].pattern.terms[t].fact == fact)
                return true;
    return false;
}

/* Return: 1, 0 when it is gone or nobody to be ordered about, -errno when it cannot be read. */
static int read_process(struct listing *l, pid_t pid, struct rl_process *process)
{
    bool gone = false;
    int r = pid > 1 ? rl_procs_read(&l->procs, pid, l->need, process, &gone) : 0;

    if (r < 0)
        return r;
    return pid > 1 && !gone && !(process->flags & OUT_OF_BOUNDS);
}

/* First visit: the oldest process is the main one, and command lines take a while. */
static void prepare(pid_t pid, void *userdata)
{
    struct listing *l = userdata;
    struct rl_process process;

    if (read_process(l, pid, &process) <= 0)
        return;
    if (l->main_pid == 0 || process.start_ticks < l->main_start ||
        (process.start_ticks == l->main_start && pid < l->main_pid)) {
        l->main_pid = pid;
        l->main_start = process.start_ticks;
    }
    if (l->need_cmdline)
        rl_cmdline_ask(l->guarded->guardian->options.cmdline, &process);
}

/* The first pattern that means it decides. */
static struct rl_hold_want wanted(struct listing *l, struct rl_process *process)
{
    if (process->pid == l->main_pid)
        process->flags |= RL_PROCESS_MAIN;
    if (l->need_cmdline)
        rl_cmdline_take(l->guarded->guardian->options.cmdline, process);
    for (size_t i = 0; i < l->orders->n_adj; i++) {
        const struct rl_guard_adj *adj = &l->orders->adj[i];

        if (rl_match_process(&adj->pattern, process, l->guarded->path, false))
            return (struct rl_hold_want){.any = true, .value = adj->oom_score_adj};
    }
    return (struct rl_hold_want){0};
}

static struct rl_guard_cell *find_cell(
    const struct rl_guarded *guarded, pid_t pid, const uint64_t *start_ticks)
{
    for (struct rl_guard_cell *c = guarded->processes; c; c = c->next)
        if (c->pid == pid && (!start_ticks || c->start_ticks == *start_ticks))
            return c;
    return NULL;
}

static struct rl_guard_cell *add_cell(struct listing *l, const struct rl_process *process)
{
    struct rl_guardian *guardian = l->guarded->guardian;
    struct rl_guard_cell *cell;

    if (guardian->n_processes == RL_GUARD_PROCESSES_MAX) {
        if (!guardian->said_full)
            rl_warning("more than %d processes are to get an oom_score_adj: the others keep theirs",
                RL_GUARD_PROCESSES_MAX);
        guardian->said_full = true;
        return NULL;
    }
    cell = calloc(1, sizeof(*cell));
    if (!cell) {
        l->error = -ENOMEM;
        return NULL;
    }
    cell->owner = l->guarded;
    cell->value = RL_GUARD_ADJ;
    cell->pid = process->pid;
    cell->start_ticks = process->start_ticks;
    cell->next = l->guarded->processes;
    l->guarded->processes = cell;
    guardian->n_processes++;
    return cell;
}

/* Did it get its adj from a parent of whom it is our doing? */
static const struct rl_guard_cell *inherited_from(
    const struct listing *l, const struct rl_process *process)
{
    const struct rl_guard_cell *parent = find_cell(l->guarded, process->ppid, NULL);

    return parent && parent->hold.held && parent->hold.ours == process->oom_score_adj ? parent
                                                                                      : NULL;
}

static void order(pid_t pid, void *userdata)
{
    struct listing *l = userdata;
    struct rl_guard_cell *cell;
    struct rl_hold_want want;
    struct rl_process process;
    int r = read_process(l, pid, &process);

    if (r <= 0) {
        /* Who cannot be read just now stays as he is. */
        cell = r < 0 ? find_cell(l->guarded, pid, NULL) : NULL;
        if (cell)
            cell->mark = l->guarded->guardian->mark;
        return;
    }
    want = wanted(l, &process);
    cell = find_cell(l->guarded, pid, &process.start_ticks);
    if (!cell) {
        const struct rl_guard_cell *parent = inherited_from(l, &process);

        if (!want.any && !parent)
            return;
        cell = add_cell(l, &process);
        if (!cell)
            return;
        if (parent)
            rl_hold_inherit(&cell->hold, &parent->hold);
    }
    cell->want = want;
    cell->mark = l->guarded->guardian->mark;
}

int rl_guard_list(struct rl_guarded *guarded, const struct rl_guard *orders)
{
    const struct rl_guard_options *o = &guarded->guardian->options;
    struct listing l = {
        .guarded = guarded,
        .orders = orders,
        .procs = {.proc_fd = o->proc_fd, .page_size = o->page_size, .self = o->self},
        .need = has_fact(orders, RL_FACT_EXE) ? RL_PROCS_EXE : 0,
        .need_cmdline = o->cmdline && has_fact(orders, RL_FACT_CMDLINE),
    };
    int r = 0;

    guarded->guardian->mark++;
    if (l.need_cmdline || has_fact(orders, RL_FACT_MAIN))
        r = rl_procs_of(guarded->fd, prepare, &l, NULL);
    if (l.need_cmdline)
        rl_cmdline_wait(o->cmdline);
    if (r >= 0)
        r = rl_procs_of(guarded->fd, order, &l, NULL);
    if (r < 0 && r != -ENOENT && r != -ENODEV)
        return r;
    /* Who was not met is gone, or lives elsewhere now. */
    for (struct rl_guard_cell *c = guarded->processes; c; c = c->next)
        if (c->mark != guarded->guardian->mark)
            c->want = (struct rl_hold_want){0};
    return l.error;
}
