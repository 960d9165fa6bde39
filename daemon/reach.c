/* What stands in the way of an incident, among the hot cgroups and incidents of the engine: as
 * policy/reach.h has it. */
#include "daemon/engine-private.h"

/* Locked memory, and too much for the stack below all that follows: in turns those of whoever is
 * asked about, and of each other one. */
static struct rl_reach mine, other;

void rl_reach_of_hot(const struct rl_hot *hot, struct rl_reach *ret)
{
    static char path[RL_REACH_PATH_MAX];
    struct rl_reacher reacher = {
        .policy = hot->cgroup->policy, .path = path, .id = hot->cgroup->id};

    rl_trace_subject(hot->cgroup, &reacher.subject_id, &reacher.subject_up);
    rl_cgroup_path(hot->cgroup, path, sizeof(path));
    rl_reach_of(&reacher, ret);
}

static uint64_t left_of(
    const struct rl_engine *engine, const struct rl_reach *reach, uint64_t now_us)
{
    uint64_t own = rl_cooldown_left(engine, reach->offender_id, now_us);
    uint64_t shared = rl_cooldown_left(engine, reach->cooldown_id, now_us);

    return own > shared ? own : shared;
}

uint64_t rl_reach_left(struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us)
{
    rl_reach_of_hot(hot, &mine);
    return left_of(engine, &mine, now_us);
}

static bool runs(const struct rl_running *running)
{
    return running->used && running->incident.phase != RL_PHASE_ENDED;
}

enum rl_busy rl_reach_busy(struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us)
{
    rl_reach_of_hot(hot, &mine);
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++)
        if (runs(engine->running[i]) && rl_reaches_meet(&engine->running[i]->reach, &mine))
            return RL_BUSY_RUNS;
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));) {
        if (h == hot || !h->verdict.holds || h->paused)
            continue;
        rl_reach_of_hot(h, &other);
        if (!rl_reach_first(&other, &mine) || left_of(engine, &other, now_us) > 0)
            continue;
        if (h->verdict.next_us < h->next_us)
            h->next_us = h->verdict.next_us; /* it may hold no more */
        return RL_BUSY_FIRST;
    }
    return RL_BUSY_NOT;
}

void rl_reach_stir(struct rl_engine *engine, uint64_t now_us)
{
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));)
        if (h->verdict.holds && h->next_us > now_us)
            h->next_us = now_us;
    rl_watch_rearm(engine->watch);
}

/* The shortage that others saw before may be over with it. */
static void begin_anew(struct rl_running *running, uint64_t now_us)
{
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(running->engine->watch, h));) {
        if (h == running->hot)
            continue;
        rl_reach_of_hot(h, &other);
        if (!rl_reaches_share(&other, &running->reach))
            continue;
        h->history.restart_us = now_us;
        rl_memory_clear(&h->memory);
        h->verdict.holds = false;
    }
}

void rl_reach_end(struct rl_running *running, const struct rl_ending *ending, uint64_t now_us)
{
    const struct rl_reach *reach = &running->reach;
    uint64_t until = rl_ending_cooldown(ending, now_us);
    struct rl_past *past = rl_past_of(running->engine, reach->offender_id);

    rl_reach_stir(running->engine, now_us);
    past->until_us = rl_ending_until(ending, now_us);
    if (rl_ending_counts(ending))
        rl_limit_note(&past->kills, now_us);
    if (reach->cooldown_id == reach->offender_id)
        return;
    past = rl_past_of(running->engine, reach->cooldown_id);
    if (until > past->until_us)
        past->until_us = until;
    if (rl_ending_relieves(ending))
        begin_anew(running, now_us);
}
