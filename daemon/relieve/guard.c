#include "daemon/relieve/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/observe/sample.h"
#include "daemon/relieve/guard-private.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/log.h"
#include "policy/limits.h"

/* Writers write several files in a row, and our own writes are noticed too. */
#define COALESCE_US UINT64_C(100000)

void rl_guard_cell_text(const struct rl_guard_cell *cell, char *buf, size_t size)
{
    if (cell->pid > 0)
        snprintf(buf, size, "oom_score_adj of process %d in %s", (int)cell->pid, cell->owner->path);
    else
        snprintf(buf, size, "%s of %s", rl_guard_file(cell->value), cell->owner->path);
}

/* ---- when to look ---- */

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_guardian *guardian = userdata;

    guardian->due_us = 0;
    rl_guard_look(guardian);
    return 0;
}

void rl_guard_wake(struct rl_guardian *guardian, uint64_t at_us)
{
    if (guardian->due_us != 0 && guardian->due_us <= at_us)
        return;
    guardian->due_us = at_us;
    sd_event_source_set_time(guardian->timer, at_us);
    sd_event_source_set_enabled(guardian->timer, SD_EVENT_ONESHOT);
}

static int on_modified(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
    struct rl_guarded *guarded = userdata;

    guarded->dirty = true;
    rl_guard_wake(guarded->guardian, rl_now_us() + COALESCE_US);
    return 0;
}

/* Where it cannot be (watches ran out), foreign writes are seen at the next rl_guard_apply(). */
void rl_guard_watch(struct rl_guarded *guarded, size_t i, const char *file)
{
    char path[128];
    int r;

    if (guarded->watched[i])
        return;
    snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", guarded->fd, file);
    r = sd_event_add_inotify(
        guarded->guardian->event, &guarded->watched[i], path, IN_MODIFY, on_modified, guarded);
    if (r < 0)
        rl_debug("%s of %s is not watched: %s", file, guarded->path, strerror(-r));
    else /* somebody who writes without end must not keep us busy */
        sd_event_source_set_ratelimit(guarded->watched[i], RL_US_PER_S, 10);
}

static void watch_files(struct rl_guarded *guarded)
{
    if (guarded->inherited)
        return;
    if (guarded->orders.high_relative || guarded->orders.high_bytes > 0) {
        rl_guard_watch(guarded, RL_GUARD_HIGH, rl_guard_file(RL_GUARD_HIGH));
        rl_guard_watch(guarded, RL_GUARD_WATCH_MAX, "memory.max");
    }
    if (guarded->orders.oom_group != RL_EITHER)
        rl_guard_watch(guarded, RL_GUARD_OOM_GROUP, rl_guard_file(RL_GUARD_OOM_GROUP));
}

/* ---- the table ---- */

static struct rl_guarded **bucket(const struct rl_guardian *guardian, uint64_t id)
{
    return (struct rl_guarded **)&guardian->buckets[id % RL_GUARD_BUCKETS];
}

struct rl_guarded *rl_guard_find(const struct rl_guardian *guardian, uint64_t id)
{
    struct rl_guarded *g = *bucket(guardian, id);

    while (g && g->id != id)
        g = g->next;
    return g;
}

struct rl_guarded *rl_guard_blank(size_t path_size)
{
    struct rl_guarded *blank = calloc(1, sizeof(*blank));

    if (!blank)
        return NULL;
    blank->path = malloc(path_size);
    if (!blank->path) {
        free(blank);
        return NULL;
    }
    memset(blank->path, 0, path_size);
    blank->path_size = path_size;
    blank->fd = -1;
    return blank;
}

void rl_guard_blank_free(struct rl_guarded *blank)
{
    if (!blank)
        return;
    free(blank->path);
    free(blank);
}

static void forget_write(struct rl_guardian *guardian, const struct rl_guard_cell *cell)
{
    if (guardian->worker)
        rl_worker_forget(guardian->worker, cell);
    if (guardian->brisk)
        rl_worker_forget(guardian->brisk, cell);
}

static void guarded_free(struct rl_guarded *guarded)
{
    struct rl_guardian *guardian = guarded->guardian;

    rl_measure_gone(guarded);
    for (size_t i = 0; i < RL_GUARD_WATCHED; i++)
        sd_event_source_disable_unref(guarded->watched[i]);
    for (size_t v = 0; v < RL_GUARD_OWN; v++)
        forget_write(guardian, &guarded->own[v]);
    for (struct rl_guard_cell *c = guarded->processes, *next; c; c = next) {
        next = c->next;
        forget_write(guardian, c);
        guardian->n_processes--;
        free(c);
    }
    close(guarded->fd);
    rl_guard_blank_free(guarded);
}

int rl_guard_seat(
    struct rl_guardian *guardian, const struct rl_guard_place *place, struct rl_guarded *blank)
{
    struct stat st;
    int fd;

    if (fstat(place->fd, &st) < 0)
        return -errno;
    if (st.st_ino != place->id)
        return -ESTALE;
    if (guardian->n_cgroups == RL_GUARD_CGROUPS_MAX)
        return -ENOSPC;
    if (strlen(place->path) >= blank->path_size)
        return -ENAMETOOLONG;
    fd = fcntl(place->fd, F_DUPFD_CLOEXEC, 3);
    if (fd < 0)
        return -errno;
    strcpy(blank->path, place->path);
    blank->guardian = guardian;
    blank->id = place->id;
    blank->fd = fd;
    blank->leaving = true;
    for (unsigned v = 0; v < RL_GUARD_OWN; v++) {
        blank->own[v].owner = blank;
        blank->own[v].value = (enum rl_guard_value)v;
    }
    blank->next = *bucket(guardian, place->id);
    *bucket(guardian, place->id) = blank;
    guardian->n_cgroups++;
    return 0;
}

static int guarded_new(
    struct rl_guardian *guardian, const struct rl_guard_place *place, struct rl_guarded **ret)
{
    struct rl_guarded *blank = rl_guard_blank(strlen(place->path) + 1);
    int r = blank ? rl_guard_seat(guardian, place, blank) : -ENOMEM;

    if (r < 0)
        rl_guard_blank_free(blank);
    else
        *ret = blank;
    return r;
}

/* ---- orders ---- */

static bool orders_any(const struct rl_guard *orders, bool inherited)
{
    if (!orders)
        return false;
    return orders->n_adj > 0 || (!inherited && (orders->high_relative || orders->high_bytes > 0 ||
                                                   orders->oom_group != RL_EITHER));
}

static void leave(struct rl_guardian *guardian, struct rl_guarded *guarded)
{
    guarded->leaving = true;
    guarded->dirty = true;
    guarded->orders = (struct rl_guard){0};
    rl_guard_wake(guardian, rl_now_us());
}

int rl_guard_apply(
    struct rl_guardian *guardian, const struct rl_guard_place *place, const struct rl_guard *orders)
{
    struct rl_guarded *guarded = rl_guard_find(guardian, place->id);
    bool any = orders_any(orders, place->inherited);
    bool managed = any && !orders->managed_override && rl_guard_managed(place->path);
    int r = 0;

    if (!any || managed) {
        if (guarded)
            leave(guardian, guarded);
        return managed ? RL_GUARD_MANAGED : RL_GUARD_DONE;
    }
    if (!guarded)
        r = guarded_new(guardian, place, &guarded);
    if (r < 0)
        return r;
    guarded->orders = *orders;
    guarded->orders.adj = NULL;
    guarded->inherited = place->inherited;
    guarded->leaving = false;
    guarded->dirty = true;
    watch_files(guarded);
    if (orders->n_adj > 0 || guarded->processes)
        r = rl_guard_list(guarded, orders);
    rl_guard_wake(guardian, rl_now_us());
    return r;
}

void rl_guard_forget(struct rl_guardian *guardian, uint64_t id)
{
    for (struct rl_guarded **at = bucket(guardian, id); *at; at = &(*at)->next) {
        struct rl_guarded *guarded = *at;

        if (guarded->id != id)
            continue;
        *at = guarded->next;
        guardian->n_cgroups--;
        guarded_free(guarded);
        /* The state file is put right at the next look. */
        rl_guard_wake(guardian, rl_now_us() + COALESCE_US);
        return;
    }
}

void rl_guard_restore_all(struct rl_guardian *guardian)
{
    for (size_t b = 0; b < RL_GUARD_BUCKETS; b++)
        for (struct rl_guarded *g = guardian->buckets[b]; g; g = g->next)
            leave(guardian, g);
}

/* ---- what people and judges ask ---- */

bool rl_guard_value_before(
    const struct rl_guardian *guardian, uint64_t id, enum rl_guard_value value, uint64_t *ret)
{
    const struct rl_guarded *guarded = rl_guard_find(guardian, id);
    const struct rl_hold *hold;

    if (!guarded || (unsigned)value >= RL_GUARD_OWN)
        return false;
    hold = &guarded->own[value].hold;
    if (!rl_hold_stands(hold) || hold->old < 0)
        return false;
    *ret = hold->old == RL_HOLD_MAX ? RL_NO_LIMIT : (uint64_t)hold->old;
    return true;
}

static void tell(const struct rl_guard_cell *cell,
    void (*fn)(const struct rl_guard_entry *entry, void *userdata), void *userdata)
{
    const struct rl_guard_entry entry = {
        .path = cell->owner->path,
        .pid = cell->pid,
        .file = rl_guard_file(cell->value),
        .old = cell->hold.old,
        .ours = cell->hold.held ? cell->hold.ours : cell->hold.next,
        .standing = rl_hold_stands(&cell->hold),
        .given_up = cell->hold.given_up,
    };

    if (entry.standing || entry.given_up)
        fn(&entry, userdata);
}

void rl_guard_each(const struct rl_guardian *guardian,
    void (*fn)(const struct rl_guard_entry *entry, void *userdata), void *userdata)
{
    for (size_t b = 0; b < RL_GUARD_BUCKETS; b++)
        for (const struct rl_guarded *g = guardian->buckets[b]; g; g = g->next) {
            for (size_t v = 0; v < RL_GUARD_OWN; v++)
                tell(&g->own[v], fn, userdata);
            for (const struct rl_guard_cell *c = g->processes; c; c = c->next)
                tell(c, fn, userdata);
        }
}

/* ---- life ---- */

/* Return: 0 or -errno of something without which nothing can be written. */
static int restore_left(const struct rl_guardian *guardian)
{
    struct rl_guard_roots roots = {.runtime_dir = guardian->runtime_dir,
        .cgroup_root_fd = guardian->options.cgroup_root_fd,
        .proc_fd = guardian->options.proc_fd};
    struct rl_guard_restored restored;
    int r = rl_guard_restore_locked(&roots, &restored);

    if (restored.restored > 0)
        rl_notice(
            "%u values that [Guard] orders or steps had changed are restored", restored.restored);
    if (r == -EBADMSG || r == -EFBIG) {
        rl_error("%s/%s is none of ours: what it may tell of is not restored",
            guardian->runtime_dir, RL_GUARD_STATE);
        r = 0;
    }
    return r;
}

static int open_parts(struct rl_guardian *guardian)
{
    int r = rl_guard_boot_id(
        guardian->options.proc_fd, guardian->boot_id, sizeof(guardian->boot_id));

    if (r < 0)
        return r;
    guardian->lock_fd = rl_guard_lock(guardian->runtime_dir);
    if (guardian->lock_fd < 0)
        return guardian->lock_fd;
    r = restore_left(guardian);
    if (r >= 0)
        r = sd_event_add_time(
            guardian->event, &guardian->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, guardian);
    if (r >= 0)
        r = sd_event_source_set_enabled(guardian->timer, SD_EVENT_OFF);
    if (r >= 0) /* behind everything that is urgent */
        r = sd_event_source_set_priority(guardian->timer, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = rl_worker_new(guardian->event, &guardian->worker);
    return r;
}

int rl_guard_new(sd_event *event, const struct rl_guard_options *options, struct rl_guardian **ret)
{
    struct rl_guardian *guardian = calloc(1, sizeof(*guardian));
    int r;

    if (!guardian)
        return -ENOMEM;
    guardian->lock_fd = -1;
    guardian->event = sd_event_ref(event);
    guardian->options = *options;
    guardian->runtime_dir = strdup(options->runtime_dir);
    r = guardian->runtime_dir ? open_parts(guardian) : -ENOMEM;
    if (r < 0) {
        rl_guard_free(guardian);
        return r;
    }
    *ret = guardian;
    return 0;
}

struct rl_guardian *rl_guard_free(struct rl_guardian *guardian)
{
    bool open;

    if (!guardian)
        return NULL;
    open = guardian->worker;
    /* What is on its way arrives before it is taken back. */
    guardian->worker = rl_worker_free(guardian->worker);
    guardian->brisk = rl_worker_free(guardian->brisk);
    guardian->timer = sd_event_source_disable_unref(guardian->timer);
    /* The file knows of all that stands: one way back for the end, a crash and reliefctl. */
    if (open && guardian->n_cgroups > 0) {
        int r = rl_guard_save(guardian);

        if (r >= 0 || guardian->saved)
            r = restore_left(guardian);
        if (r < 0)
            rl_error("values that [Guard] orders or steps have changed are not restored: %s",
                strerror(-r));
    }
    for (size_t b = 0; b < RL_GUARD_BUCKETS; b++)
        for (struct rl_guarded *g = guardian->buckets[b], *next; g; g = next) {
            next = g->next;
            guarded_free(g);
        }
    if (guardian->lock_fd >= 0)
        close(guardian->lock_fd);
    sd_event_unref(guardian->event);
    free(guardian->runtime_dir);
    free(guardian->saved);
    free(guardian);
    return NULL;
}
