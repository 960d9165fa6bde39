/* What a kill brought back, remembered of its offender: see policy/futile.h. */
#include "daemon/engine-private.h"

/* Resident and swapped, what is shared counted once. */
static uint64_t counted_of_processes(const struct rl_engine *engine)
{
    const struct rl_scratch *s = &engine->scratch;
    const struct rl_process *p = &s->pool.items[s->choice.candidate].process;

    return (p->rss_pages + p->swap_pages) * engine->procs.page_size;
}

void rl_effect_begin(struct rl_running *running)
{
    const struct rl_engine *engine = running->engine;
    const struct rl_choice *choice = &engine->scratch.choice;
    const struct rl_group *group = &engine->scratch.groups[choice->group];

    running->effect = (struct rl_effect){
        .counted = choice->scope == RL_KILL_PROCESS ? counted_of_processes(engine)
                                                    : group->anon + group->swap + group->kernel,
        .shmem_before = running->record.before.sample.shmem,
    };
}

void rl_effect_end(struct rl_running *running, uint64_t now_us)
{
    const struct rl_record *record = &running->record;
    struct rl_effect *effect = &running->effect;

    if (!running->incident.gone || running->incident.dry || !running->hot)
        return;
    effect->at_us = now_us;
    effect->freed = record->freed_bytes;
    effect->anon_after = running->hot->cgroup->files->sample.anon;
    effect->relieved = running->incident.outcome == RL_OUTCOME_RELIEVED;
    rl_past_of(running->engine, record->offender_id)->effect = *effect;
}
