/* Victims that could not be killed: refused by the kernel, or still there when the time was up. For
 * a while others are chosen in their place. */
#include "daemon/engine-private.h"

static struct rl_failed *place_for(struct rl_engine *engine)
{
    struct rl_failed *oldest = &engine->failed[0];

    for (size_t i = 1; i < RL_FAILED_MAX; i++)
        if (engine->failed[i].until_us < oldest->until_us)
            oldest = &engine->failed[i];
    return oldest;
}

void rl_failed_note(struct rl_running *running, const struct rl_ending *ending, uint64_t now_us)
{
    struct rl_engine *engine = running->engine;
    uint64_t until = now_us + RL_FAILED_US;

    if (running->incident.dry || !rl_ending_failed(ending))
        return;
    if (running->whole) {
        *place_for(engine) = (struct rl_failed){.cgroup_id = running->cgroup_id, .until_us = until};
        return;
    }
    /* Of more than there is room for the first ones, which have the highest scores. */
    for (size_t i = 0; i < running->n_targets && i < RL_FAILED_MAX; i++)
        *place_for(engine) = (struct rl_failed){.pid = running->targets[i].pid,
            .start_ticks = running->targets[i].start_ticks,
            .until_us = until};
}

bool rl_failed_process(
    const struct rl_engine *engine, const struct rl_process *process, uint64_t now_us)
{
    for (size_t i = 0; i < RL_FAILED_MAX; i++) {
        const struct rl_failed *f = &engine->failed[i];

        if (f->pid == process->pid && f->start_ticks == process->start_ticks &&
            f->until_us > now_us)
            return true;
    }
    return false;
}

bool rl_failed_cgroup(const struct rl_engine *engine, uint64_t id, uint64_t now_us)
{
    for (size_t i = 0; i < RL_FAILED_MAX; i++)
        if (engine->failed[i].cgroup_id == id && id != 0 && engine->failed[i].until_us > now_us)
            return true;
    return false;
}
