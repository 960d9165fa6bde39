/* throttle: memory.high and cpu.max of the offender, until the incident ends. */
#include <unistd.h>

#include "daemon/step/step.h"

/* A kubelet writes its own values back, sooner or later. */
static enum rl_reason refuse(struct rl_running *running, const struct rl_step *step)
{
    char path[4096];

    if (running->hot && !running->managed_override) {
        rl_cgroup_path(running->hot->cgroup, path, sizeof(path));
        if (rl_guard_managed(path))
            return RL_SKIP_MANAGED;
    }
    return rl_measure_refuse(running, step);
}

static enum rl_reason take(
    struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry)
{
    char path[RL_PATH_MAX];
    struct rl_guard_place place;
    int r = rl_measure_place(running, path, &place);

    if (r < 0)
        return RL_OUTCOME_GONE;
    r = rl_measure_throttle(running->engine->measures, &place, step->share, step->cpu_share,
        rl_throttle_told, running, &running->throttle);
    close(place.fd);
    return rl_measure_answer(r, entry);
}

static void undo(struct rl_running *running)
{
    running->throttle = rl_measure_release(running->throttle);
}

const struct rl_step_ops rl_step_throttle = {.refuse = refuse, .take = take, .undo = undo};
