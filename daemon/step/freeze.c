/* freeze: cgroup.freeze of the offender, until the incident ends, or terminate or restart is taken.
 */
#include <unistd.h>

#include "daemon/step/step.h"
#include "policy/step.h"

/* The course undoes it in time; the measure's own limit must not be quicker, or the pressure of a
 * frozen cgroup, which is none, would be taken for relief. A rung begins a little late, and a
 * choice can be put off. */
#define SLACK_US (RL_YIELD_LIMIT_US + 5 * RL_US_PER_S)

static enum rl_reason take(
    struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry)
{
    uint64_t limit = rl_step_frozen_us(&running->relief, (uint8_t)(running->going_on - 1)) +
                     SLACK_US;
    char path[RL_PATH_MAX];
    struct rl_guard_place place;
    int r = rl_measure_place(running, path, &place);

    if (r < 0)
        return RL_OUTCOME_GONE;
    r = rl_measure_freeze(
        running->engine->measures, &place, limit, rl_freeze_told, running, &running->freeze);
    close(place.fd);
    return rl_measure_answer(r, entry);
}

static void undo(struct rl_running *running)
{
    running->freeze = rl_measure_release(running->freeze);
}

const struct rl_step_ops rl_step_freeze = {.refuse = rl_measure_refuse, .take = take, .undo = undo};
