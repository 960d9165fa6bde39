/* restart: systemd stops or restarts the unit of the victim. */
#include <errno.h>

#include "daemon/report/log.h"
#include "daemon/step/step.h"

static enum rl_reason refuse(struct rl_running *running, const struct rl_step *step)
{
    char unit[RL_UNIT_NAME_MAX];

    /* While it still connects the order waits, for the step's time at most. */
    if (!running->incident.dry && !running->engine->units)
        return RL_SKIP_NO_UNIT;
    return rl_unit_of_path(running->record.victim_cgroup, unit, sizeof(unit)) == RL_UNIT_OURS
               ? RL_REASON_NONE
               : RL_SKIP_NO_UNIT;
}

static void on_done(void *userdata, enum rl_unit_result result, const char *why)
{
    struct rl_running *running = userdata;
    struct rl_record_step *entry = &running->record.steps[running->record.n_steps - 1];

    running->unit = NULL;
    if (result == RL_UNIT_DONE) {
        rl_course_victim_gone(running, rl_now_us(), 0);
        return;
    }
    rl_warning("incident %s: the unit was not restarted: %s", running->record.id, why);
    entry->result = RL_DONE_FAILED;
    rl_course_step_done(running, 0);
}

static enum rl_reason take(
    struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry)
{
    char unit[RL_UNIT_NAME_MAX];
    int r;

    rl_unit_of_path(running->record.victim_cgroup, unit, sizeof(unit));
    r = (step->stop ? rl_unit_stop : rl_unit_restart)(
        running->engine->units, unit, step->wait_us, on_done, running, &running->unit);
    if (r == 0)
        return RL_REASON_NONE;
    if (r == RL_UNIT_NO_SYSTEMD || r == -EINVAL)
        return RL_SKIP_NO_UNIT;
    if (r == -EBUSY)
        return RL_SKIP_BUSY;
    entry->error = -r;
    return RL_OUTCOME_FAILED;
}

static void stop(struct rl_running *running)
{
    running->unit = rl_unit_forget(running->unit);
}

const struct rl_step_ops rl_step_restart = {.refuse = refuse, .take = take, .stop = stop};
