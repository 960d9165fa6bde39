/* A model of what the kernel does with stall: two groups that are sampled at instants of their own,
 * a child whose total= is read and the root whose trigger must notice; psimon, and the trigger's
 * window (6.1 to 6.12, kernel/sched/psi.c, as policy/wake.h says it in words).
 *
 * Cgroups between the two change nothing: the root counts the tasks themselves. Nanoseconds. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PSI_CPUS_MAX   256
#define PSI_SLICES_MAX 65536
#define PSI_RUNS_MAX   4096
#define PSI_EVENTS_MAX 512
#define PSI_MS         UINT64_C(1000000)
#define PSI_S          UINT64_C(1000000000)
#define PSI_BEGIN      (100 * PSI_S) /* sched_clock() when a scene begins */
#define PSI_NEVER      UINT64_MAX

/* For so long the child is on `width` CPUs from `cpu` on, stalled or running. Width 0: idle. */
struct psi_slice {
    uint64_t len;
    uint16_t cpu, width;
    bool stall;
};

/* What happens, and where it is looked at. The window of the line is [from, to]. */
struct psi_scene {
    unsigned cpus, hz;
    uint64_t from, to, end;
    uint64_t window;         /* of the trigger */
    bool plain;              /* set without CAP_SYS_RESOURCE */
    bool busy[PSI_CPUS_MAX]; /* others run there throughout */
    uint64_t read_every;     /* the child's file, within the window; 0: only at its ends */
    uint64_t late;           /* psimon after its timer */
    uint64_t phase;          /* plain: when the averages are due first */
    struct psi_slice slices[PSI_SLICES_MAX];
    size_t n_slices;
};

struct psi_run {
    uint64_t at, total;
    bool changed; /* something stalled in this sample */
    bool start;   /* its growth was dropped */
};

struct psi_result {
    uint64_t child;  /* growth of the child's total within the window */
    uint64_t unseen; /* of the stall that its samples are made of: what cannot show at the root */
    struct psi_run runs[PSI_RUNS_MAX];
    size_t n_runs;
};

/* ---- collect_percpu_times() ---- */

struct psi_group {
    uint64_t stall[PSI_CPUS_MAX], nonidle[PSI_CPUS_MAX];
};

static inline uint64_t psi_collect(struct psi_group *group, unsigned cpus, uint64_t jiffy)
{
    uint64_t sum = 0, weights = 0;

    for (unsigned i = 0; i < cpus; i++) {
        uint64_t weight = group->nonidle[i] / jiffy;

        weights += weight;
        sum += group->stall[i] * weight;
        group->stall[i] = group->nonidle[i] = 0;
    }
    return weights > 0 ? sum / weights : 0;
}

/* ---- the scene runs ---- */

struct psi_state {
    const struct psi_scene *scene;
    struct psi_result *result;
    uint64_t now, jiffy;
    struct psi_group child, root;
    /* Stall within the window and the child's present sample: in the root's present one, and what
     * its earlier ones did not count. Then that of the child's earlier samples, of the one CPU that
     * stalled most, in the root's present one. */
    uint64_t open[PSI_CPUS_MAX], lost[PSI_CPUS_MAX], waiting[PSI_CPUS_MAX];
    uint64_t sampled, total, until, run_at, read_at, due;
    bool scheduled;
};

/* The timer wheel: never early, and the coarser the further away. */
static inline uint64_t psi_timer(const struct psi_state *s, uint64_t jiffies)
{
    uint64_t at = s->now / s->jiffy + jiffies;
    unsigned coarse = jiffies < 64 ? 0 : jiffies < 512 ? 3 : 6;

    return (((at >> coarse) + 1) << coarse) * s->jiffy + s->scene->late;
}

/* The root's sample ends: it counts a CPU or not. */
static inline void psi_settle(struct psi_state *s, bool drop)
{
    for (unsigned i = 0; i < s->scene->cpus; i++) {
        if (drop || s->root.nonidle[i] < s->jiffy) {
            s->lost[i] += s->open[i];
            s->result->unseen += s->waiting[i];
        }
        s->open[i] = s->waiting[i] = 0;
    }
}

/* The child's sample ends: it is a mean, so one CPU that it counts stalled for as long or more. */
static inline void psi_witness(struct psi_state *s)
{
    unsigned most = 0;
    uint64_t stall = 0;

    for (unsigned i = 0; i < s->scene->cpus; i++)
        if (s->child.nonidle[i] >= s->jiffy && s->child.stall[i] > stall) {
            stall = s->child.stall[i];
            most = i;
        }
    if (stall > 0) {
        s->result->unseen += s->lost[most];
        s->waiting[most] += s->open[most];
    }
    memset(s->open, 0, sizeof(s->open));
    memset(s->lost, 0, sizeof(s->lost));
}

static inline bool psi_sample_root(struct psi_state *s, bool drop)
{
    const struct psi_scene *scene = s->scene;
    bool changed = false;

    for (unsigned i = 0; i < scene->cpus; i++) {
        if (scene->busy[i])
            s->root.nonidle[i] = s->now - s->sampled;
        changed |= s->root.stall[i] > 0;
    }
    psi_settle(s, drop);
    s->total += psi_collect(&s->root, scene->cpus, s->jiffy);
    s->sampled = s->now;
    return changed;
}

static inline void psi_record(struct psi_state *s, bool changed, bool start)
{
    if (s->result->n_runs < PSI_RUNS_MAX)
        s->result->runs[s->result->n_runs++] = (struct psi_run){s->now, s->total, changed, start};
}

static inline bool psi_any_stall(const struct psi_state *s)
{
    for (unsigned i = 0; i < s->scene->cpus; i++)
        if (s->root.stall[i] > 0)
            return true;
    return false;
}

/* psi_rtpoll_work() */
static inline void psi_monitor(struct psi_state *s)
{
    uint64_t period = s->scene->window / 10;
    bool resting = s->now > s->until, start = resting && psi_any_stall(s), changed;

    if (resting)
        s->scheduled = false;
    changed = psi_sample_root(s, start);
    if (changed)
        s->until = s->now + 10 * period;
    if (s->now > s->until) {
        s->run_at = PSI_NEVER;
        return;
    }
    psi_record(s, changed, start);
    s->scheduled = true;
    s->run_at = psi_timer(s, period / s->jiffy + 1);
}

/* psi_avgs_work(): with somebody running all the time, read by nobody else. */
static inline void psi_averages(struct psi_state *s)
{
    uint64_t period = (2 * s->scene->hz + 1) * s->jiffy;

    if (s->now >= s->due) {
        psi_record(s, psi_sample_root(s, false), false);
        s->due += (1 + (s->now - s->due) / period) * period;
    }
    s->run_at = psi_timer(s, (s->due - s->now) / s->jiffy + 1);
}

static inline void psi_read_child(struct psi_state *s)
{
    const struct psi_scene *scene = s->scene;
    uint64_t growth;

    psi_witness(s);
    growth = psi_collect(&s->child, scene->cpus, s->jiffy);
    if (s->now > scene->from)
        s->result->child += growth;
    s->read_at = scene->read_every > 0 ? s->now + scene->read_every : scene->to;
    if (s->now < scene->to && s->read_at > scene->to)
        s->read_at = scene->to;
    else if (s->now >= scene->to)
        s->read_at = PSI_NEVER;
}

/* Let time pass until `to` with the child as the slice says. */
static inline void psi_pass(struct psi_state *s, const struct psi_slice *slice, uint64_t to)
{
    uint64_t len = to - s->now;
    bool within = s->now >= s->scene->from && to <= s->scene->to;

    for (unsigned k = 0; k < slice->width; k++) {
        unsigned i = (slice->cpu + k) % s->scene->cpus;

        s->child.nonidle[i] += len;
        s->root.nonidle[i] += len;
        if (!slice->stall)
            continue;
        s->child.stall[i] += len;
        s->root.stall[i] += len;
        if (within)
            s->open[i] += len;
    }
    s->now = to;
}

static inline void psi_slice_run(struct psi_state *s, const struct psi_slice *slice)
{
    uint64_t end = s->now + slice->len;

    /* psi_group_change() */
    if (!s->scene->plain && slice->stall && slice->width > 0 && !s->scheduled) {
        s->scheduled = true;
        s->run_at = psi_timer(s, 1);
    }
    for (;;) {
        uint64_t to = s->run_at < s->read_at ? s->run_at : s->read_at;

        psi_pass(s, slice, to < end ? to : end);
        if (s->now == s->read_at)
            psi_read_child(s);
        if (s->now == s->run_at) {
            if (s->scene->plain)
                psi_averages(s);
            else
                psi_monitor(s);
        }
        if (s->now >= end)
            return;
    }
}

/* Let the scene happen. Its slices are followed by quiet up to its end. */
static inline void psi_happen(const struct psi_scene *scene, struct psi_result *result)
{
    static struct psi_state state;
    struct psi_state *s = &state;

    memset(s, 0, sizeof(*s));
    result->child = result->unseen = 0;
    result->n_runs = 0;
    s->scene = scene;
    s->result = result;
    s->jiffy = PSI_S / scene->hz;
    s->now = s->sampled = PSI_BEGIN;
    s->read_at = scene->from;
    s->run_at = scene->plain ? PSI_BEGIN + scene->phase : PSI_NEVER;
    s->due = s->run_at;
    for (size_t i = 0; i < scene->n_slices && s->now < scene->end; i++)
        psi_slice_run(s, &scene->slices[i]);
    if (s->now < scene->end)
        psi_slice_run(s, &(struct psi_slice){.len = scene->end - s->now});
}

/* ---- the trigger ---- */

struct psi_heard {
    uint64_t growth; /* the most that the trigger took for its growth from `from` to `until` */
    size_t n_in;     /* events within [from, until]; up to a window later where not quiet */
    size_t n_before; /* events less than a window before `from` */
};

struct psi_window {
    uint64_t size, start, value, before;
};

/* window_update() */
static inline uint64_t psi_window_update(struct psi_window *w, uint64_t now, uint64_t value)
{
    uint64_t elapsed = now - w->start, growth = value - w->value;

    if (elapsed <= w->size)
        return growth + (uint64_t)((__extension__(unsigned __int128) w->before) *
                                   (w->size - elapsed) / w->size);
    *w = (struct psi_window){w->size, now, value, growth};
    return growth;
}

/**
 * psi_listen() - what a trigger over the root makes of the runs: update_triggers()
 * @quiet: as from 6.7 on, a run at which nothing stalled tells nothing
 */
static inline struct psi_heard psi_listen(const struct psi_scene *scene,
    const struct psi_result *result, uint64_t threshold, bool quiet, uint64_t until)
{
    struct psi_window window = {.size = scene->window, .start = PSI_BEGIN};
    struct psi_heard heard = {0};
    uint64_t polled = 0, told = 0;
    uint64_t last = until + (quiet ? 0 : scene->window);
    bool pending = false;

    for (size_t i = 0; i < result->n_runs && result->runs[i].at <= last; i++) {
        const struct psi_run *run = &result->runs[i];
        bool grew = run->total != polled;

        polled = run->total;
        if (run->start)
            window = (struct psi_window){scene->window, run->at, run->total, 0};
        if (run->start || (quiet && !run->changed) || (!grew && !pending))
            continue;
        if (grew) {
            uint64_t growth = psi_window_update(&window, run->at, run->total);

            if (run->at >= scene->from && run->at <= until && growth > heard.growth)
                heard.growth = growth;
            pending |= growth >= threshold;
        }
        if (!pending || run->at < told + scene->window)
            continue;
        told = run->at;
        pending = false;
        heard.n_in += run->at >= scene->from;
        heard.n_before += run->at < scene->from && run->at + scene->window > scene->from;
    }
    return heard;
}
