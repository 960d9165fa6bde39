/* Taking the rungs of a ladder, whatever their kind. */
#include "daemon/step/step.h"

#include <stdio.h>
#include <string.h>

#include "daemon/report/log.h"
#include "daemon/report/text.h"

static const struct rl_step_ops *const ops[RL_STEP_KINDS] = {
    [RL_STEP_WARN] = &rl_step_warn,
    [RL_STEP_HOOK] = &rl_step_hook,
    [RL_STEP_RECLAIM] = &rl_step_reclaim,
    [RL_STEP_THROTTLE] = &rl_step_throttle,
    [RL_STEP_FREEZE] = &rl_step_freeze,
    [RL_STEP_TERMINATE] = &rl_step_terminate,
    [RL_STEP_KILL] = &rl_step_kill,
    [RL_STEP_RESTART] = &rl_step_restart,
    [RL_STEP_PANIC] = &rl_step_panic,
};

/* A place in the record; the last one again where there are more than it holds. */
static struct rl_record_step *new_entry(
    struct rl_running *running, const struct rl_step *step, uint64_t now_us)
{
    struct rl_record *record = &running->record;
    struct rl_record_step *entry;

    if (record->n_steps < RL_RECORD_STEPS)
        record->n_steps++;
    entry = &record->steps[record->n_steps - 1];
    *entry = (struct rl_record_step){
        .kind = step->kind, .signal = step->signal, .at_us = now_us, .result = RL_DONE_SENT};
    rl_step_text(step, entry->args, sizeof(entry->args));
    return entry;
}

static void note_skipped(struct rl_record_step *entry, enum rl_reason why)
{
    entry->result = why;
    entry->skipped = true;
}

static enum rl_reason fail(struct rl_running *running, struct rl_record_step *entry)
{
    entry->result = RL_DONE_ERROR;
    rl_error("incident %s: Step=%s could not be taken: %s", running->record.id,
        rl_step_name(entry->kind), strerror(entry->error));
    return RL_OUTCOME_FAILED;
}

static enum rl_reason refuse(struct rl_running *running, const struct rl_step *step)
{
    return ops[step->kind]->refuse ? ops[step->kind]->refuse(running, step) : RL_REASON_NONE;
}

enum rl_reason rl_step_take(
    struct rl_running *running, const struct rl_order *order, uint64_t now_us)
{
    const struct rl_step *step = &running->relief.steps[order->step];
    struct rl_record_step *entry = new_entry(running, step, now_us);
    enum rl_reason why = refuse(running, step);

    entry->assuming = order->assuming;
    if (why == RL_REASON_NONE && running->incident.dry) {
        entry->result = RL_DONE_WOULD_HAVE;
        entry->whole_cgroup = step->kind == RL_STEP_KILL && running->whole;
        return RL_REASON_NONE;
    }
    if (why == RL_REASON_NONE && rl_step_traits(step->kind)->thaws)
        rl_steps_thaw(running);
    if (why == RL_REASON_NONE) {
        running->going_on = (uint8_t)(order->step + 1);
        why = ops[step->kind]->take(running, step, entry);
    }
    if (rl_reason_skips(why))
        note_skipped(entry, why);
    else if (why == RL_OUTCOME_FAILED)
        return fail(running, entry);
    return why;
}

void rl_step_skip(struct rl_running *running, const struct rl_order *order, uint64_t now_us)
{
    note_skipped(new_entry(running, &running->relief.steps[order->step], now_us), order->why);
}

void rl_step_stop(struct rl_running *running)
{
    const struct rl_step_ops *last;

    if (running->going_on == 0)
        return;
    last = ops[running->relief.steps[running->going_on - 1].kind];
    running->going_on = 0;
    if (last->stop)
        last->stop(running);
}

void rl_steps_thaw(struct rl_running *running)
{
    if (!running->incident.frozen || running->incident.dry)
        return;
    rl_step_freeze.undo(running);
    rl_incident_thawed(&running->incident);
    rl_tracing_eased(running, true, false);
}

void rl_steps_undo(struct rl_running *running)
{
    rl_step_stop(running);
    for (size_t i = RL_STEP_KINDS; i-- > 0;)
        if (ops[i]->undo)
            ops[i]->undo(running);
}

/* A reload frees the texts of hooks. */
void rl_steps_keep(struct rl_running *running)
{
    struct rl_relief *relief = &running->relief;
    size_t used = 0;

    for (uint8_t i = 0; i < relief->n; i++) {
        struct rl_step *step = &relief->steps[i];
        const char **args = running->args[i];
        size_t n = 0;

        if (step->kind != RL_STEP_HOOK)
            continue;
        for (const char *text = step->command; text && n <= RL_ARGS_MAX + 1;
             text = step->args[n - 1]) {
            size_t len = strlen(text) + 1;

            if (len > sizeof(running->words) - used)
                break;
            args[n++] = memcpy(running->words + used, text, len);
            used += len;
        }
        args[n] = NULL;
        step->command = args[0];
        step->args = args + 1;
    }
}
