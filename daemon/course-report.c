/* What incidents hand over to report/ when nothing is urgent. */
#include <stdlib.h>

#include "daemon/engine-private.h"

/* An incident that goes on. Writing it down costs the processor that the thread with the order
 * waits for. */
static void report_running(struct rl_running *running)
{
    struct rl_report *report = running->engine->options.report;
    char *samples;

    if ((!running->to_announce && !running->to_update) || rl_kill_on_way(running->watch))
        return;
    rl_pod_look_up(running->engine, &running->record.pod);
    samples = rl_recorder_text(running);
    if (running->to_announce)
        rl_report_started(report, &running->record, samples);
    else
        rl_report_updated(report, &running->record, samples);
    free(samples);
    rl_owner_tell(running);
    running->told = true;
    running->to_announce = running->to_update = false;
}

static void report_end(struct rl_running *running)
{
    struct rl_engine *engine = running->engine;
    char *samples = running->stale ? NULL : rl_recorder_text(running);

    rl_pod_look_up(engine, &running->record.pod);
    rl_recorder_end(running);
    running->to_announce = running->to_update = running->to_end = false;
    if (!running->stale)
        rl_report_ended(engine->options.report, &running->record, samples);
    free(samples);
    rl_owner_tell(running);
    rl_tracing_record(engine, &running->record);
    if (!running->stale)
        rl_metrics_incident(engine->metrics, &running->record,
            running->record.kind == RL_KIND_REFUSED ? RL_METRICS_REFUSED : RL_METRICS_RELIEF);
    rl_grades_note(engine, running); /* it looks: the place must not be taken meanwhile */
    running->used = false;
    rl_past_name(engine, running->reach.offender_id, running->reach.offender);
    if (!running->reach.glob)
        rl_past_name(engine, running->reach.cooldown_id, running->reach.place);
    rl_past_save(engine);
}

void rl_course_report(struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++) {
        if (engine->running[i]->to_end)
            report_end(engine->running[i]);
        else
            report_running(engine->running[i]);
    }
}
