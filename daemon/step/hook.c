/* hook: a program of the operator's, which may spare the victim. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/json.h"
#include "daemon/step/step.h"

#define VARIABLE_MAX (RL_PATH_MAX + 32)

static enum rl_reason refuse(struct rl_running *running, const struct rl_step *step)
{
    return running->engine->hooks || running->incident.dry ? RL_REASON_NONE : RL_SKIP_NOT_AVAILABLE;
}

static struct rl_record_step *entry_of(struct rl_running *running)
{
    return &running->record.steps[running->record.n_steps - 1];
}

static void on_done(void *userdata, const struct rl_hook_result *result)
{
    static const enum rl_reason results[] = {
        [RL_HOOK_GO_ON] = RL_DONE_DONE,
        [RL_HOOK_FAILED] = RL_DONE_FAILED,
        [RL_HOOK_TIME_UP] = RL_DONE_CUT_SHORT,
    };
    struct rl_running *running = userdata;

    running->hook = NULL;
    if (result->outcome == RL_HOOK_VETO) {
        rl_course_vetoed(running);
        return;
    }
    entry_of(running)->result = results[result->outcome];
    rl_course_step_done(running, 0);
}

struct variables {
    char texts[8][VARIABLE_MAX];
    const char *list[9];
    size_t n;
};

__attribute__((format(printf, 2, 3))) static void add(
    struct variables *variables, const char *format, ...)
{
    char *text = variables->texts[variables->n];
    va_list args;

    va_start(args, format);
    vsnprintf(text, VARIABLE_MAX, format, args);
    va_end(args);
    variables->list[variables->n++] = text;
}

static void describe(const struct rl_record *record, struct variables *variables)
{
    add(variables, "RELIEFD_INCIDENT=%s", record->id);
    add(variables, "RELIEFD_POLICY=%s", record->policy);
    add(variables, "RELIEFD_CGROUP=%s", record->offender);
    add(variables, "RELIEFD_TRIGGER=%s", record->trigger);
    if (!record->choice.found)
        return;
    add(variables, "RELIEFD_VICTIM_CGROUP=%s", record->victim_cgroup);
    if (record->victim_pid > 0)
        add(variables, "RELIEFD_PID=%d", (int)record->victim_pid);
    add(variables, "RELIEFD_SCORE=%" PRId64, record->choice.points);
}

/* A step of its own, with nobody's death waiting for it: here something may be allocated. */
static int run(struct rl_running *running, const struct rl_step *step)
{
    struct variables variables = {0};
    json_t *json = rl_record_json(&running->record);
    char *text = json ? rl_json_text(json) : NULL;
    int r = -ENOMEM;

    describe(&running->record, &variables);
    if (text)
        r = rl_hook_run(running->engine->hooks,
            &(struct rl_hook_order){
                .path = step->command,
                .args = step->args,
                .environment = variables.list,
                .input = text,
                .input_size = strlen(text),
                .limit_us = step->wait_us,
            },
            on_done, running, &running->hook);
    free(text);
    json_decref(json);
    return r;
}

static enum rl_reason take(
    struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry)
{
    int r = run(running, step);

    if (r >= 0)
        return RL_REASON_NONE;
    if (r == -EBUSY || r == -EAGAIN)
        return RL_SKIP_BUSY;
    entry->error = -r;
    return RL_OUTCOME_FAILED;
}

static void stop(struct rl_running *running)
{
    running->hook = rl_hook_cancel(running->hook);
}

const struct rl_step_ops rl_step_hook = {.refuse = refuse, .take = take, .stop = stop};
