/* What the flight recorder notes of a look, and which of its rings an incident wants. */
#include <string.h>

#include "daemon/engine-private.h"

/* What else is read of those above a hot cgroup, when a row of theirs is due. */
#define ABOVE_NEEDS RL_HAVE_PRESSURE

static uint64_t had(const struct rl_sample *sample, uint32_t bits, uint64_t value)
{
    return (sample->have & bits) == bits ? value : RL_FLIGHT_NONE;
}

static struct rl_flight_row row_of(const struct rl_sample *s, uint64_t now_us)
{
    return (struct rl_flight_row){
        .at_us = now_us,
        .some_us = had(s, RL_HAVE_PRESSURE, s->some_us),
        .full_us = had(s, RL_HAVE_PRESSURE, s->full_us),
        .current = had(s, RL_HAVE_CURRENT, s->current),
        .used = had(s, RL_HAVE_CURRENT | RL_HAVE_STAT, rl_sample_used(s)),
        .swap = had(s, RL_HAVE_SWAP, s->swap_current),
        .high = had(s, RL_HAVE_LIMITS, s->memory_high),
        .max = had(s, RL_HAVE_LIMITS, s->memory_max),
        .refaults = had(s, RL_HAVE_STAT, s->refault_anon + s->restore_file),
    };
}

static uint64_t less(uint64_t all, uint64_t part)
{
    return all > part ? all - part : 0;
}

/* The machine; its stall is the root's. */
static struct rl_flight_row node_row(
    const struct rl_node *node, const struct rl_sample *root, uint64_t now_us)
{
    struct rl_flight_row row = row_of(root, now_us);

    row.current = node->mem_free > 0 ? less(node->mem_total, node->mem_free) : RL_FLIGHT_NONE;
    row.used = less(node->mem_total, node->mem_available);
    row.swap = less(node->swap_total, node->swap_free);
    row.high = RL_FLIGHT_NONE;
    row.max = node->mem_total;
    row.refaults = node->refaults;
    return row;
}

static void note(struct rl_engine *engine, const struct rl_cgroup *cgroup, uint64_t now_us)
{
    const struct rl_node *node = rl_watch_node(engine->watch, false);
    const struct rl_sample *sample = &cgroup->files->sample;
    struct rl_flight_row row = cgroup->parent ? row_of(sample, now_us)
                                              : node_row(node, sample, now_us);

    rl_flight_add(engine->flight, cgroup->id, &row);
}

void rl_recorder_look(struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us)
{
    for (struct rl_cgroup *c = hot->cgroup; c && c->files; c = c->parent) {
        if (!rl_flight_due(engine->flight, c->id, now_us))
            continue;
        /* Gone, and the tree will say so. */
        if (c != hot->cgroup && rl_files_read(c->files, ABOVE_NEEDS, now_us) < 0)
            continue;
        note(engine, c, now_us);
    }
    if (rl_flight_scarce(engine->flight))
        rl_engine_later(engine);
}

static void note_all(struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us)
{
    for (struct rl_cgroup *c = hot->cgroup; c && c->files; c = c->parent)
        if (c == hot->cgroup || rl_files_read(c->files, ABOVE_NEEDS, now_us) >= 0)
            note(engine, c, now_us);
}

void rl_recorder_line(const struct rl_cgroup *cgroup, struct rl_sampled *ret)
{
    *ret = (struct rl_sampled){0};
    for (const struct rl_cgroup *c = cgroup; c; c = c->parent) {
        bool node = !c->parent;

        if (node || ret->n < RL_SAMPLED_MAX - 1)
            ret->ids[ret->n++] = c->id;
    }
}

void rl_recorder_begin(struct rl_running *running, uint64_t now_us)
{
    struct rl_sampled *sampled = &running->sampled;

    rl_recorder_line(running->hot->cgroup, sampled);
    for (size_t i = 0; i < sampled->n; i++)
        if (!rl_flight_hold(running->engine->flight, sampled->ids[i], now_us))
            sampled->ids[i] = 0;
    note(running->engine, running->hot->cgroup, now_us);
}

void rl_recorder_last(struct rl_running *running, uint64_t now_us)
{
    if (running->hot)
        note_all(running->engine, running->hot, now_us);
}

void rl_recorder_end(struct rl_running *running)
{
    for (size_t i = 0; i < running->sampled.n; i++)
        rl_flight_release(running->engine->flight, running->sampled.ids[i]);
    running->sampled.n = 0;
}

char *rl_recorder_text(const struct rl_running *running)
{
    const struct rl_record *record = &running->record;

    return rl_samples_text(running->engine->flight, &running->sampled, record->offender,
        record->started_us, record->open ? UINT64_MAX : record->ended_us);
}
