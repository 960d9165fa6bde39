/* Looking at guarded values, saving what we are about to write, and writing it. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/observe/sample.h"
#include "daemon/relieve/guard-private.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/log.h"
#include "policy/limits.h"

#define RETRY_US UINT64_C(60000000)

static bool is_gone(int r)
{
    return r == -ENOENT || r == -ESRCH || r == -ENODEV;
}

/* ---- what is to be done ---- */

static struct rl_hold_want want_high(const struct rl_guarded *guarded)
{
    struct rl_hold_want want = {.at_most = true};
    int64_t max;

    if (!guarded->orders.high_relative && guarded->orders.high_bytes == 0)
        return want;
    if (rl_guard_read(guarded->fd, "memory.max", &max) == 0 && max >= 0)
        want.any = rl_guard_high(&guarded->orders, max == RL_HOLD_MAX ? RL_NO_LIMIT : (uint64_t)max,
            guarded->guardian->options.page_size, &want.value);
    return want;
}

static struct rl_hold_want want_order(const struct rl_guarded *guarded, enum rl_guard_value value)
{
    enum rl_tristate group = guarded->orders.oom_group;

    if (!guarded->leaving && !guarded->inherited && value == RL_GUARD_HIGH)
        return want_high(guarded);
    if (!guarded->leaving && !guarded->inherited && value == RL_GUARD_OOM_GROUP)
        return (struct rl_hold_want){.any = group != RL_EITHER, .value = group == RL_YES};
    return (struct rl_hold_want){0};
}

/* A measure goes before the order, but lifts nothing that the order keeps down. */
static struct rl_hold_want want_own(const struct rl_guarded *guarded, enum rl_guard_value value)
{
    struct rl_hold_want order = want_order(guarded, value), want = guarded->temporary[value];

    if (!want.any)
        return order;
    if (want.at_most && order.any && order.value < want.value)
        want.value = order.value;
    return want;
}

int rl_guard_without(struct rl_guarded *guarded, enum rl_guard_value value, int64_t *ret)
{
    struct rl_hold_want order = want_order(guarded, value);
    const struct rl_hold *hold = &guarded->own[value].hold;
    int r = hold->writing ? 0 : rl_guard_read(guarded->fd, rl_guard_file(value), ret);

    if (r < 0)
        return r;
    if (hold->writing || hold->tried || (hold->held && *ret == hold->ours))
        *ret = hold->old;
    if (order.any && (!order.at_most || order.value < *ret))
        *ret = order.value;
    return 0;
}

/* Return: the folder of the file, or -errno; *ret_close is to be closed. */
static int open_cell(const struct rl_guard_cell *cell, int *ret_close)
{
    *ret_close = -1;
    if (cell->pid == 0)
        return cell->owner->fd;
    *ret_close = rl_guard_open_process(
        cell->owner->guardian->options.proc_fd, cell->pid, cell->start_ticks);
    return *ret_close;
}

static int read_cell(const struct rl_guard_cell *cell, int64_t *ret)
{
    rl_auto_fd int own = -1;
    int dir = open_cell(cell, &own);

    return dir < 0 ? dir : rl_guard_read(dir, rl_guard_file(cell->value), ret);
}

static void look_at_cell(struct rl_guard_cell *cell, uint64_t now_us)
{
    uint64_t at_us = 0;
    int64_t seen;
    char text[512];
    int r;

    cell->ordered = false;
    if (cell->hold.writing || (!cell->want.any && !rl_hold_stands(&cell->hold)))
        return;
    r = read_cell(cell, &seen);
    if (r < 0 && cell->pid == 0 && cell->owner->temporary[cell->value].any)
        rl_measure_written(cell, r);
    if (is_gone(r)) {
        cell->hold = (struct rl_hold){0};
        cell->want = (struct rl_hold_want){0};
        return;
    }
    if (r < 0) { /* what we know of it must not be lost */
        rl_guard_cell_text(cell, text, sizeof(text));
        rl_warning("%s cannot be read: %s", text, strerror(-r));
        cell->owner->dirty = true;
        rl_guard_wake(cell->owner->guardian, now_us + RETRY_US);
        return;
    }
    switch (rl_hold_next(&cell->hold, &cell->want, seen, now_us, &at_us)) {
    case RL_HOLD_REST:
        break;
    case RL_HOLD_WRITE:
        cell->ordered = true;
        break;
    case RL_HOLD_LATER:
        cell->owner->dirty = true;
        rl_guard_wake(cell->owner->guardian, at_us);
        break;
    case RL_HOLD_GIVE_UP:
        rl_guard_cell_text(cell, text, sizeof(text));
        rl_warning("%s: somebody else has written it %d times over; the [Guard] order is given up "
                   "here until the policy changes",
            text, RL_HOLD_STRIKES + 1);
        break;
    }
}

static void look_at(struct rl_guarded *guarded, uint64_t now_us)
{
    guarded->dirty = false;
    rl_measure_check(guarded);
    for (unsigned v = 0; v < RL_GUARD_OWN; v++) {
        guarded->own[v].want = want_own(guarded, (enum rl_guard_value)v);
        look_at_cell(&guarded->own[v], now_us);
    }
    for (struct rl_guard_cell *c = guarded->processes; c; c = c->next) {
        if (guarded->leaving)
            c->want = (struct rl_hold_want){0};
        look_at_cell(c, now_us);
    }
    rl_measure_looked(guarded);
}

/* ---- the state file ---- */

static unsigned print_cell(FILE *file, const struct rl_guard_cell *cell)
{
    const struct rl_hold *hold = &cell->hold;
    bool next = cell->ordered || hold->writing || hold->tried;

    if (!cell->ordered && !rl_hold_stands(hold))
        return 0;
    rl_guard_line_print(file, &(struct rl_guard_line){.value = cell->value,
                                  .id = cell->pid > 0 ? cell->start_ticks : cell->owner->id,
                                  .pid = cell->pid,
                                  .path = cell->owner->path,
                                  .old = hold->old,
                                  .ours = hold->held ? hold->ours : hold->next,
                                  .next = next ? hold->next : hold->ours});
    return 1;
}

static unsigned print_all(const struct rl_guardian *guardian, FILE *file)
{
    unsigned lines = 0;

    fprintf(file, RL_GUARD_HEADER "\nboot %s\n", guardian->boot_id);
    for (size_t b = 0; b < RL_GUARD_BUCKETS; b++)
        for (const struct rl_guarded *g = guardian->buckets[b]; g; g = g->next) {
            for (size_t v = 0; v < RL_GUARD_OWN; v++)
                lines += print_cell(file, &g->own[v]);
            for (const struct rl_guard_cell *c = g->processes; c; c = c->next)
                lines += print_cell(file, c);
        }
    return lines;
}

int rl_guard_save(struct rl_guardian *guardian)
{
    char *text = NULL;
    size_t len = 0;
    unsigned lines;
    FILE *file = open_memstream(&text, &len);
    int r;

    if (!file)
        return -ENOMEM;
    lines = print_all(guardian, file);
    if (fclose(file) != 0) {
        free(text);
        return -ENOMEM;
    }
    if (lines == 0)
        text[0] = '\0';
    if (guardian->saved && strcmp(guardian->saved, text) == 0) {
        free(text);
        return 0;
    }
    r = rl_guard_state_write(guardian->runtime_dir, text, strlen(text));
    if (r < 0) {
        free(text);
        return r;
    }
    free(guardian->saved);
    guardian->saved = text;
    return 0;
}

/* ---- writing ---- */

/* Not behind a memory.high that reclaims: a thaw least of all. */
static const bool hasty[RL_GUARD_VALUES] = {
    [RL_GUARD_CPU_MAX] = true,
    [RL_GUARD_FREEZE] = true,
};

static struct rl_worker *worker_of(const struct rl_guard_cell *cell)
{
    const struct rl_guardian *guardian = cell->owner->guardian;

    return hasty[cell->value] ? guardian->brisk : guardian->worker;
}

static void on_written(void *userdata, int result, uint64_t took_us)
{
    struct rl_guard_cell *cell = userdata;
    char text[512], value[24];

    rl_guard_cell_text(cell, text, sizeof(text));
    rl_guard_value_text(cell->hold.next, value, sizeof(value));
    if (result < 0 && !is_gone(result))
        rl_warning("%s cannot be set to %s: %s", text, value, strerror(-result));
    else if (result == 0)
        rl_info("%s is set to %s", text, value);
    rl_hold_end(&cell->hold, result);
    cell->owner->dirty = true;
    rl_guard_wake(cell->owner->guardian, rl_now_us());
    if (cell->for_measure)
        rl_measure_written(cell, result);
    cell->for_measure = false;
    /* A release that came meanwhile must not wait until the loop is idle. */
    if (cell->pid == 0 && hasty[cell->value])
        (void)rl_guard_look_now(cell->owner);
}

/* In the worker's thread. */
static int run_write(const struct rl_job *job)
{
    return rl_guard_write(job->fds[0], job->name, job->text);
}

/* Return: 0 when it is on its way; -EAGAIN: the worker is full; other -errno. */
static int submit(struct rl_guard_cell *cell)
{
    struct rl_job job = {.run = run_write, .fds = {-1, -1}};
    rl_auto_fd int own = -1;
    int dir = open_cell(cell, &own), r;

    if (dir < 0)
        return dir;
    job.fds[0] = fcntl(dir, F_DUPFD_CLOEXEC, 3);
    if (job.fds[0] < 0)
        return -errno;
    strcpy(job.name, rl_guard_file(cell->value));
    rl_guard_value_text(cell->hold.next, job.text, sizeof(job.text));
    r = rl_worker_submit(worker_of(cell), &job, on_written, cell);
    if (r < 0)
        close(job.fds[0]);
    return r;
}

static void write_cell(struct rl_guard_cell *cell, uint64_t now_us)
{
    struct rl_guardian *guardian = cell->owner->guardian;
    int r;

    if (!cell->ordered)
        return;
    cell->ordered = false;
    r = submit(cell);
    if (r == 0) {
        rl_hold_begin(&cell->hold, now_us);
        cell->for_measure = cell->pid == 0 && cell->owner->temporary[cell->value].any;
        return;
    }
    cell->owner->dirty = true;
    /* A full worker calls back soon, and that wakes us; the rest may need longer. */
    if (r != -EAGAIN)
        rl_guard_wake(guardian, is_gone(r) ? now_us : now_us + RETRY_US);
}

static void each_guarded(struct rl_guardian *guardian, void (*fn)(struct rl_guarded *, uint64_t))
{
    uint64_t now_us = rl_now_us();

    for (size_t b = 0; b < RL_GUARD_BUCKETS; b++)
        for (struct rl_guarded *g = guardian->buckets[b]; g; g = g->next)
            fn(g, now_us);
}

static void look_if_dirty(struct rl_guarded *guarded, uint64_t now_us)
{
    if (guarded->dirty)
        look_at(guarded, now_us);
}

static void write_guarded(struct rl_guarded *guarded, uint64_t now_us)
{
    for (size_t v = 0; v < RL_GUARD_OWN; v++)
        write_cell(&guarded->own[v], now_us);
    for (struct rl_guard_cell *c = guarded->processes; c; c = c->next)
        write_cell(c, now_us);
}

static void put_off_cell(struct rl_guard_cell *cell)
{
    /* The state file as it stands is good enough for taking back. */
    if (!cell->ordered || cell->hold.next == cell->hold.old)
        return;
    cell->ordered = false;
    cell->owner->dirty = true;
}

static void put_off(struct rl_guarded *guarded, uint64_t now_us)
{
    for (size_t v = 0; v < RL_GUARD_OWN; v++)
        put_off_cell(&guarded->own[v]);
    for (struct rl_guard_cell *c = guarded->processes; c; c = c->next)
        put_off_cell(c);
}

/* ---- tidying up ---- */

static bool is_idle(const struct rl_guard_cell *cell)
{
    return !cell->want.any && !cell->hold.writing && !cell->ordered &&
           (!rl_hold_stands(&cell->hold) || cell->hold.given_up);
}

static void drop_processes(struct rl_guarded *guarded)
{
    for (struct rl_guard_cell **at = &guarded->processes; *at;) {
        struct rl_guard_cell *cell = *at;

        if (is_idle(cell)) {
            *at = cell->next;
            guarded->guardian->n_processes--;
            free(cell);
        } else {
            at = &cell->next;
        }
    }
}

static bool own_idle(const struct rl_guarded *guarded)
{
    for (size_t v = 0; v < RL_GUARD_OWN; v++)
        if (!is_idle(&guarded->own[v]))
            return false;
    for (size_t k = 0; k < RL_MEASURE_KINDS; k++)
        if (guarded->measures[k])
            return false;
    return true;
}

static void drop_idle(struct rl_guardian *guardian)
{
    for (size_t b = 0; b < RL_GUARD_BUCKETS; b++)
        for (struct rl_guarded *g = guardian->buckets[b], *next; g; g = next) {
            next = g->next;
            drop_processes(g);
            if (g->leaving && !g->dirty && !g->processes && own_idle(g))
                rl_guard_forget(guardian, g->id);
        }
}

/* Return: 0 or -errno, said once. */
static int save(struct rl_guardian *guardian)
{
    int r = rl_guard_save(guardian);

    if (r < 0 && !guardian->said_unsaved)
        rl_error("%s/%s cannot be written (%s): meanwhile no [Guard] order is carried out, and "
                 "nothing is throttled or frozen",
            guardian->runtime_dir, RL_GUARD_STATE, strerror(-r));
    guardian->said_unsaved = r < 0;
    return r;
}

void rl_guard_look(struct rl_guardian *guardian)
{
    int r;

    each_guarded(guardian, look_if_dirty);
    r = save(guardian);
    if (r < 0) {
        each_guarded(guardian, put_off);
        rl_guard_wake(guardian, rl_now_us() + RETRY_US);
    }
    each_guarded(guardian, write_guarded);
    if (r < 0)
        return;
    drop_idle(guardian);
    if (guardian->measures)
        rl_measures_tidy(guardian->measures);
}

int rl_guard_look_now(struct rl_guarded *guarded)
{
    struct rl_guardian *guardian = guarded->guardian;
    uint64_t now_us = rl_now_us();
    int r;

    look_at(guarded, now_us);
    r = save(guardian);
    if (r < 0)
        put_off(guarded, now_us);
    write_guarded(guarded, now_us);
    /* For what can wait, and for the state file. */
    rl_guard_wake(guardian, r < 0 ? now_us + RETRY_US : now_us);
    return r;
}
