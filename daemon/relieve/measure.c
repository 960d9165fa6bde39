#include "daemon/relieve/measure.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/observe/read.h"
#include "daemon/observe/sample.h"
#include "daemon/relieve/guard-private.h"
#include "daemon/relieve/lineage.h"
#include "daemon/relieve/thaw.h"
#include "daemon/report/log.h"
#include "policy/limits.h"
#include "policy/wide.h"

#define MIN_QUOTA_US 1000

struct rl_measure {
    struct rl_measures *measures;
    struct rl_guarded *guarded; /* NULL: over */
    enum rl_measure_kind kind;
    bool used;
    bool taken;
    uint64_t until_us; /* of a freeze */
    int news;
    rl_measure_fn told;
    void *userdata;
    sd_event_source *post;  /* delivers the news */
    sd_event_source *timer; /* of a freeze */
};

struct rl_measures {
    struct rl_guardian *guardian;
    struct rl_self self;
    struct rl_lineage lineage;
    struct rl_thaw *thaw;
    struct rl_measure items[RL_MEASURES_MAX];
    struct rl_guarded *blanks[RL_MEASURES_MAX];
};

/* The file that decides what becomes of a measure, and those that it may write besides. */
static const struct {
    enum rl_guard_value main;
    unsigned files; /* bits */
} traits[RL_MEASURE_KINDS] = {
    [RL_MEASURE_THROTTLE] = {RL_GUARD_HIGH, 1u << RL_GUARD_HIGH | 1u << RL_GUARD_CPU_MAX},
    [RL_MEASURE_FREEZE] = {RL_GUARD_FREEZE, 1u << RL_GUARD_FREEZE},
};

/* ---- rules ---- */

int64_t rl_measure_high(uint64_t current, uint32_t share, uint32_t page_size)
{
    uint64_t high = rl_mul_div(current, share, RL_WHOLE) / page_size * page_size;

    if (high > INT64_MAX - 1)
        high = INT64_MAX / page_size * page_size;
    return high > 0 ? (int64_t)high : (int64_t)page_size;
}

int64_t rl_measure_quota(uint64_t period_us, uint32_t cpu_share)
{
    uint64_t quota = rl_mul_div(period_us, cpu_share, RL_WHOLE);

    if (quota > INT64_MAX - 1)
        return INT64_MAX - 1;
    return quota > MIN_QUOTA_US ? (int64_t)quota : MIN_QUOTA_US;
}

/* ---- what becomes of them ---- */

static size_t slot_of(const struct rl_measure *measure)
{
    return (size_t)(measure - measure->measures->items);
}

static bool has_file(const struct rl_measure *measure, unsigned value)
{
    return traits[measure->kind].files & 1u << value;
}

static int on_post(sd_event_source *source, void *userdata)
{
    struct rl_measure *measure = userdata;

    if (measure->told)
        measure->told(measure->userdata, measure->news);
    return 0;
}

static void tell(struct rl_measure *measure, int news)
{
    measure->news = news;
    sd_event_source_set_enabled(measure->post, SD_EVENT_ONESHOT);
}

/* From here on the guardian wants what it wants without it. */
static void detach(struct rl_measure *measure)
{
    struct rl_guarded *guarded = measure->guarded;

    if (!guarded)
        return;
    for (unsigned v = 0; v < RL_GUARD_OWN; v++)
        if (has_file(measure, v)) {
            guarded->temporary[v] = (struct rl_hold_want){0};
            guarded->own[v].for_measure = false;
        }
    guarded->measures[measure->kind] = NULL;
    guarded->dirty = true;
    rl_guard_wake(guarded->guardian, rl_now_us());
    measure->guarded = NULL;
    sd_event_source_set_enabled(measure->timer, SD_EVENT_OFF);
    if (measure->kind == RL_MEASURE_FREEZE)
        rl_thaw_cancel(measure->measures->thaw, slot_of(measure));
}

static void end(struct rl_measure *measure, int news)
{
    detach(measure);
    tell(measure, news);
}

static int on_time_up(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_measure *measure = userdata;
    struct rl_guarded *guarded = measure->guarded;

    if (!guarded)
        return 0;
    end(measure, RL_MEASURE_TIME_UP);
    (void)rl_guard_look_now(guarded); /* taking back needs no new state */
    return 0;
}

static bool is_foreign(const struct rl_guarded *guarded, enum rl_guard_value value)
{
    const struct rl_hold *hold = &guarded->own[value].hold;
    int64_t seen;

    return guarded->temporary[value].any && hold->held && !hold->writing && !hold->tried &&
           rl_guard_read(guarded->fd, rl_guard_file(value), &seen) == 0 && seen != hold->ours;
}

static void check(struct rl_measure *measure)
{
    struct rl_guarded *guarded = measure->guarded;
    unsigned v = 0;

    while (
        v < RL_GUARD_OWN && !(has_file(measure, v) && is_foreign(guarded, (enum rl_guard_value)v)))
        v++;
    if (v == RL_GUARD_OWN)
        return;
    /* It was the thread, since the loop has been late. */
    if (measure->kind == RL_MEASURE_FREEZE && rl_now_us() >= measure->until_us) {
        end(measure, RL_MEASURE_TIME_UP);
        return;
    }
    rl_notice("%s of %s: somebody else has written it; what a step wrote there is over",
        rl_guard_file((enum rl_guard_value)v), guarded->path);
    end(measure, RL_MEASURE_FOREIGN);
}

void rl_measure_check(struct rl_guarded *guarded)
{
    for (size_t k = 0; k < RL_MEASURE_KINDS; k++)
        if (guarded->measures[k] && guarded->measures[k]->taken)
            check(guarded->measures[k]);
}

static void take(struct rl_measure *measure)
{
    measure->taken = true;
    tell(measure, RL_MEASURE_TAKEN);
}

void rl_measure_looked(struct rl_guarded *guarded)
{
    for (size_t k = 0; k < RL_MEASURE_KINDS; k++) {
        struct rl_measure *measure = guarded->measures[k];
        const struct rl_guard_cell *cell = &guarded->own[traits[k].main];

        /* Another write of ours has left just that value there. */
        if (measure && !measure->taken && !cell->ordered && !cell->hold.writing && cell->hold.held)
            take(measure);
    }
}

void rl_measure_written(struct rl_guard_cell *cell, int result)
{
    for (size_t k = 0; k < RL_MEASURE_KINDS; k++) {
        struct rl_measure *measure = cell->owner->measures[k];

        if (!measure || cell->value != traits[k].main)
            continue;
        if (result < 0)
            end(measure, result);
        else if (!measure->taken)
            take(measure);
    }
}

void rl_measure_gone(struct rl_guarded *guarded)
{
    for (size_t k = 0; k < RL_MEASURE_KINDS; k++)
        if (guarded->measures[k])
            end(guarded->measures[k], RL_MEASURE_GONE);
}

/* ---- taking one ---- */

/* May this cgroup be held down at all? Return: 0 or -errno. */
static int examine(struct rl_measures *measures, const struct rl_guard_place *place)
{
    int r = rl_lineage_lives_in(&measures->lineage, place->fd, place->id);

    return r > 0 ? -EPERM : r;
}

static struct rl_measure *find_free(struct rl_measures *measures)
{
    for (size_t i = 0; i < RL_MEASURES_MAX; i++)
        if (!measures->items[i].used)
            return &measures->items[i];
    return NULL;
}

/* The guardian's entry of the cgroup, made where there is none. */
static int find_guarded(
    struct rl_measures *measures, const struct rl_guard_place *place, struct rl_guarded **ret)
{
    int r = -EBUSY;

    *ret = rl_guard_find(measures->guardian, place->id);
    for (size_t i = 0; !*ret && r == -EBUSY && i < RL_MEASURES_MAX; i++) {
        if (!measures->blanks[i])
            continue;
        r = rl_guard_seat(measures->guardian, place, measures->blanks[i]);
        if (r < 0)
            return r;
        *ret = measures->blanks[i];
        measures->blanks[i] = NULL;
    }
    return *ret ? 0 : r;
}

/* Return: 0 with a measure that has no wish yet, or -errno. */
static int prepare(struct rl_measures *measures, const struct rl_guard_place *place,
    enum rl_measure_kind kind, struct rl_measure **ret)
{
    struct rl_measure *measure = find_free(measures);
    struct rl_guarded *guarded;
    int r = measure ? examine(measures, place) : -EBUSY;

    if (r >= 0)
        r = find_guarded(measures, place, &guarded);
    if (r < 0)
        return r;
    if (guarded->measures[kind])
        return -EALREADY;
    measure->guarded = guarded;
    measure->kind = kind;
    measure->taken = false;
    measure->told = NULL;
    *ret = measure;
    return 0;
}

/* Wish for a value. Return: 0, RL_MEASURE_NEEDLESS or -errno. */
static int wish(struct rl_guarded *guarded, enum rl_guard_value value, struct rl_hold_want want)
{
    int64_t without;
    int r = rl_guard_without(guarded, value, &without);

    if (r < 0)
        return r;
    if (without == want.value || (want.at_most && without < want.value))
        return RL_MEASURE_NEEDLESS;
    want.any = true;
    guarded->temporary[value] = want;
    return 0;
}

/* Let it happen. Return: 0 or -errno. */
static int begin(struct rl_measure *measure, rl_measure_fn told, void *userdata)
{
    struct rl_guarded *guarded = measure->guarded;
    const struct rl_guard_cell *cell = &guarded->own[traits[measure->kind].main];
    int r;

    guarded->measures[measure->kind] = measure;
    r = rl_guard_look_now(guarded);
    if (r >= 0 && !measure->guarded)
        r = measure->news; /* the reading has failed meanwhile */
    else if (r >= 0 && !measure->taken && !cell->hold.writing)
        r = -EBUSY; /* the thread's ring is full */
    if (r < 0)
        return r;
    measure->used = true;
    measure->told = told;
    measure->userdata = userdata;
    return 0;
}

/* It came to nothing: leave nothing behind. */
static int drop(struct rl_measure *measure, int r)
{
    struct rl_guarded *guarded = measure->guarded;

    detach(measure);
    sd_event_source_set_enabled(measure->post, SD_EVENT_OFF);
    if (r < 0 && guarded)
        (void)rl_guard_look_now(guarded);
    return r;
}

/* What is to be told of cpu.max is told here: it alone is no reason to let memory go on. */
static void wish_quota(struct rl_guarded *guarded, uint32_t cpu_share)
{
    unsigned long long period = 0;
    char text[64];
    int r = (int)rl_read_at(guarded->fd, "cpu.max", text, sizeof(text));

    if (r >= 0 && sscanf(text, "%*s %llu", &period) != 1)
        r = -EINVAL;
    if (r >= 0)
        r = wish(guarded, RL_GUARD_CPU_MAX,
            (struct rl_hold_want){.at_most = true, .value = rl_measure_quota(period, cpu_share)});
    if (r < 0)
        rl_warning(
            "cpu.max of %s cannot be read (%s): it stays as it is", guarded->path, strerror(-r));
}

int rl_measure_throttle(struct rl_measures *measures, const struct rl_guard_place *place,
    uint32_t share, uint32_t cpu_share, rl_measure_fn told, void *userdata, struct rl_measure **ret)
{
    struct rl_hold_want want = {.at_most = true};
    struct rl_measure *measure;
    int64_t current = 0;
    int r;

    if (share < 1 || share > RL_WHOLE)
        return -EINVAL;
    r = prepare(measures, place, RL_MEASURE_THROTTLE, &measure);
    if (r < 0)
        return r;
    r = rl_guard_read(measure->guarded->fd, "memory.current", &current);
    want.value = rl_measure_high(
        current > 0 ? (uint64_t)current : 0, share, measures->guardian->options.page_size);
    if (r == 0)
        r = wish(measure->guarded, RL_GUARD_HIGH, want);
    if (r == 0 && cpu_share > 0)
        wish_quota(measure->guarded, cpu_share);
    if (r == 0)
        r = begin(measure, told, userdata);
    if (r != 0)
        return drop(measure, r);
    *ret = measure;
    return 0;
}

static int set_limit(struct rl_measure *measure, uint64_t limit_us)
{
    int r;

    if (limit_us == 0)
        limit_us = RL_MEASURE_FREEZE_US;
    if (limit_us > RL_MEASURE_FREEZE_MAX_US)
        limit_us = RL_MEASURE_FREEZE_MAX_US;
    measure->until_us = rl_now_us() + limit_us;
    r = sd_event_source_set_time(measure->timer, measure->until_us);
    if (r >= 0)
        r = sd_event_source_set_enabled(measure->timer, SD_EVENT_ONESHOT);
    return r < 0 ? r
                 : rl_thaw_at(measure->measures->thaw, slot_of(measure), measure->guarded->fd,
                       measure->until_us + RL_MEASURE_GRACE_US);
}

int rl_measure_freeze(struct rl_measures *measures, const struct rl_guard_place *place,
    uint64_t limit_us, rl_measure_fn told, void *userdata, struct rl_measure **ret)
{
    struct rl_measure *measure;
    int r = prepare(measures, place, RL_MEASURE_FREEZE, &measure);

    if (r < 0)
        return r;
    r = wish(measure->guarded, RL_GUARD_FREEZE, (struct rl_hold_want){.value = 1});
    if (r == 0) /* the way out is made before the way in */
        r = set_limit(measure, limit_us);
    if (r == 0)
        r = begin(measure, told, userdata);
    if (r != 0)
        return drop(measure, r);
    *ret = measure;
    return 0;
}

struct rl_measure *rl_measure_release(struct rl_measure *measure)
{
    struct rl_guarded *guarded = measure ? measure->guarded : NULL;

    if (!measure)
        return NULL;
    detach(measure);
    sd_event_source_set_enabled(measure->post, SD_EVENT_OFF);
    measure->told = NULL;
    measure->used = false;
    if (guarded)
        (void)rl_guard_look_now(guarded);
    return NULL;
}

/* ---- life ---- */

void rl_measures_tidy(struct rl_measures *measures)
{
    for (size_t i = 0; i < RL_MEASURES_MAX; i++) {
        struct rl_measure *measure = &measures->items[i];

        if (!measures->blanks[i])
            measures->blanks[i] = rl_guard_blank(PATH_MAX); /* else at the next look */
        for (unsigned v = 0; measure->guarded && v < RL_GUARD_OWN; v++)
            if (measure->guarded->temporary[v].any && has_file(measure, v))
                rl_guard_watch(measure->guarded, v, rl_guard_file((enum rl_guard_value)v));
    }
}

static int open_item(struct rl_measures *measures, struct rl_measure *measure)
{
    sd_event *event = measures->guardian->event;
    int r = sd_event_add_defer(event, &measure->post, on_post, measure);

    if (r >= 0)
        r = sd_event_source_set_enabled(measure->post, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_time(
            event, &measure->timer, CLOCK_MONOTONIC, 0, 1000, on_time_up, measure);
    if (r >= 0)
        r = sd_event_source_set_enabled(measure->timer, SD_EVENT_OFF);
    measure->measures = measures;
    return r;
}

static int open_parts(struct rl_measures *measures)
{
    struct rl_guardian *guardian = measures->guardian;
    int r = rl_self_find(guardian->options.proc_fd, &measures->self);

    if (r >= 0)
        r = rl_lineage_init(&measures->lineage, guardian->options.proc_fd,
            guardian->options.cgroup_root_fd, &measures->self);
    for (size_t i = 0; i < RL_MEASURES_MAX && r >= 0; i++)
        r = open_item(measures, &measures->items[i]);
    if (r >= 0)
        r = rl_thaw_new(&measures->thaw);
    if (r >= 0 && !guardian->brisk)
        r = rl_worker_new(guardian->event, &guardian->brisk);
    if (r >= 0)
        rl_measures_tidy(measures);
    return r;
}

int rl_measures_new(struct rl_guardian *guardian, struct rl_measures **ret)
{
    struct rl_measures *measures;
    int r;

    if (guardian->measures)
        return -EBUSY;
    measures = calloc(1, sizeof(*measures));
    if (!measures)
        return -ENOMEM;
    measures->guardian = guardian;
    guardian->measures = measures;
    r = open_parts(measures);
    if (r < 0)
        rl_measures_free(measures);
    else
        *ret = measures;
    return r;
}

struct rl_measures *rl_measures_free(struct rl_measures *measures)
{
    if (!measures)
        return NULL;
    for (size_t i = 0; i < RL_MEASURES_MAX; i++) {
        if (measures->items[i].used)
            rl_measure_release(&measures->items[i]);
        sd_event_source_disable_unref(measures->items[i].post);
        sd_event_source_disable_unref(measures->items[i].timer);
        rl_guard_blank_free(measures->blanks[i]);
    }
    rl_thaw_free(measures->thaw);
    measures->guardian->measures = NULL;
    free(measures);
    return NULL;
}
