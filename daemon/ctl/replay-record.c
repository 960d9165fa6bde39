#include "daemon/ctl/replay-record.h"

#include <stdio.h>
#include <string.h>

#include "daemon/report/json.h"
#include "daemon/report/report.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"
#include "policy/step.h"

/* ---- triggers ---- */

/* What is held against pressure is known before any pressure is. */
static json_t *line_json(const struct rl_line *line, const struct rl_reading *reading)
{
    json_t *json = rl_record_line_json(line, reading);

    if (json && !reading->known && line->kind == RL_LINE_PRESSURE)
        json_object_set_new(json, "threshold", rl_json_percent(line->share));
    return json;
}

static json_t *trigger_json(const struct rl_replay_cgroup *cgroup, size_t i)
{
    const struct rl_trigger *trigger = &cgroup->policy->triggers[i];
    json_t *lines = json_array();

    for (size_t k = 0; k < trigger->n; k++)
        json_array_append_new(
            lines, line_json(&trigger->lines[k], &cgroup->verdict.readings[i][k]));
    return json_pack("{s:o, s:o}", "name", rl_json_string(trigger->name), "lines", lines);
}

static bool asks_pressure(const struct rl_trigger *trigger)
{
    for (size_t i = 0; i < trigger->n; i++)
        if (trigger->lines[i].kind == RL_LINE_PRESSURE)
            return true;
    return false;
}

/* Where nothing ever happens, a picture can still show what was waited for. */
static void keep_watched(struct rl_retold *retold, const struct rl_replay_cgroup *cgroup)
{
    const struct rl_policy *policy = cgroup->policy;
    json_t *name = rl_json_string(cgroup->path), *watched;
    size_t i = 0;

    while (i < policy->n_triggers && !asks_pressure(&policy->triggers[i]))
        i++;
    if (i == policy->n_triggers)
        i = 0;
    watched = json_pack("{s:{s:o}, s:o}", "policy", "name", rl_json_string(policy->name), "trigger",
        policy->n_triggers > 0 ? trigger_json(cgroup, i) : json_null());
    if (!name || json_object_set_new(retold->watched, json_string_value(name), watched) < 0)
        retold->no_memory = true;
    json_decref(name);
}

/* ---- incidents ---- */

/* The pressure that the replay knew of: its samples may begin later. */
static json_t *before_json(const struct rl_replay_cgroup *cgroup, uint64_t now_us)
{
    uint64_t window = rl_policy_longest_window(cgroup->policy);
    struct rl_history copy = cgroup->history;

    copy.restart_us = copy.kernel_kill_us = 0;
    return json_pack("{s:o, s:o, s:o}", "window_ms", rl_json_ms(window), "some_percent",
        rl_json_percent(
            rl_history_window(&copy, RL_COUNT_SOME, now_us, window) * RL_WHOLE / window),
        "full_percent",
        rl_json_percent(
            rl_history_window(&copy, RL_COUNT_FULL, now_us, window) * RL_WHOLE / window));
}

static size_t trigger_of(const struct rl_policy *policy, const char *name)
{
    size_t i = 0;

    while (i + 1 < policy->n_triggers && policy->triggers[i].name != name)
        i++;
    return i;
}

static void keep_opened(struct rl_retold *retold, const struct rl_told *told)
{
    const struct rl_replay_cgroup *cgroup = told->looked;
    const struct rl_policy *policy = cgroup->policy;
    char number[32];
    json_t *record;

    snprintf(number, sizeof(number), "%llu", (unsigned long long)told->number);
    record = json_pack("{s:o, s:s, s:b, s:o, s:o, s:{s:o}, s:o, s:o, s:[]}", "id",
        rl_json_string(told->id ? told->id : number), "kind", "relief", "dry_run", told->dry,
        "by_hand", told->by_hand ? json_true() : json_null(), "offender",
        rl_json_string(told->cgroup), "policy", "name", rl_json_string(told->policy), "trigger",
        trigger_json(cgroup, trigger_of(policy, told->trigger)), "before",
        before_json(cgroup, told->at_us), "steps");
    if (!record ||
        json_array_append_new(retold->incidents,
            json_pack("{s:i, s:I, s:I, s:o}", "run", (int)retold->run, "number",
                (json_int_t)told->number, "at_us", (json_int_t)told->at_us, "record", record)) < 0)
        retold->no_memory = true;
}

static json_t *incident_of(const struct rl_retold *retold, uint64_t number)
{
    for (size_t i = json_array_size(retold->incidents); i-- > 0;) {
        json_t *one = json_array_get(retold->incidents, i);

        if (json_integer_value(json_object_get(one, "run")) == retold->run &&
            json_integer_value(json_object_get(one, "number")) == (json_int_t)number)
            return one;
    }
    return NULL;
}

static json_t *since(const json_t *incident, uint64_t at_us)
{
    uint64_t began = (uint64_t)json_integer_value(json_object_get(incident, "at_us"));

    return rl_json_ms(at_us > began ? at_us - began : 0);
}

static void keep_step(const struct rl_told *told, const json_t *incident, json_t *record)
{
    const struct rl_step_traits *traits = rl_step_traits(told->step->kind);
    char args[RL_TEXT_MAX];

    rl_step_text(told->step, args, sizeof(args));
    json_array_append_new(json_object_get(record, "steps"),
        json_pack("{s:o, s:s, s:o, s:b, s:b, s:o}", "at_ms", since(incident, told->at_us), "step",
            rl_step_name(told->step->kind), "arguments", *args ? json_string(args) : json_null(),
            "skipped", told->why != RL_REASON_NONE, "signals", traits->signals || traits->strikes,
            "reason",
            told->why == RL_REASON_NONE ? json_null() : json_string(rl_reason_id(told->why))));
}

static void keep_chosen(const struct rl_told *told, json_t *record)
{
    const struct rl_replay_state *s = told->state;
    const struct rl_choice *choice = told->choice;
    const struct rl_process *p = NULL;
    json_t *cgroup;

    if (!choice->found)
        return;
    cgroup = rl_json_string(s->groups[choice->group].path);
    if (choice->scope == RL_KILL_PROCESS)
        p = &s->pool.items[choice->candidate].process;
    json_object_set_new(record, "victim",
        json_pack("{s:o, s:o, s:o}", "pid", p ? json_integer(p->pid) : json_null(), "comm",
            p ? rl_json_string(p->comm) : json_null(), "cgroup", cgroup));
}

/* A step that is replayed is told before its victim, one that is tried behind it. */
static void name_victim(json_t *record, bool new)
{
    json_t *steps = json_object_get(record, "steps");
    const json_t *victim = json_object_get(record, "victim");
    const char *comm = json_string_value(json_object_get(victim, "comm"));
    const char *cgroup = json_string_value(json_object_get(victim, "cgroup"));
    char text[RL_NOTE_PATH_MAX + 32];
    size_t i;
    json_t *step;

    if (!victim || !cgroup)
        return;
    if (comm)
        snprintf(text, sizeof(text), "%s[%lld]", comm,
            (long long)json_integer_value(json_object_get(victim, "pid")));
    else
        snprintf(text, sizeof(text), "all of %s",
            strrchr(cgroup, '/') ? strrchr(cgroup, '/') + 1 : cgroup);
    json_array_foreach(steps, i, step)
    {
        if (json_is_true(json_object_get(step, "signals")) &&
            (!json_object_get(step, "whom") || (new &&i + 1 == json_array_size(steps))))
            json_object_set_new(step, "whom", rl_json_string(text));
    }
}

static void keep_ended(const struct rl_told *told, const json_t *incident, json_t *record)
{
    json_object_set_new(record, "outcome",
        json_pack("{s:s, s:s}", "id", rl_reason_id(told->why), "text", rl_reason_text(told->why)));
    json_object_set_new(record, "duration_ms", since(incident, told->at_us));
}

void rl_retold_tell(void *userdata, const struct rl_told *told)
{
    struct rl_retold *retold = userdata;
    json_t *incident, *record;

    if (!retold->incidents) {
        retold->incidents = json_array();
        retold->watched = json_object();
    }
    if (told->kind == RL_TOLD_RUN)
        retold->run++;
    if (told->kind == RL_TOLD_WATCHED)
        keep_watched(retold, told->looked);
    if (told->kind == RL_TOLD_OPENED)
        keep_opened(retold, told);
    incident = told->number > 0 ? incident_of(retold, told->number) : NULL;
    record = json_object_get(incident, "record");
    if (!record)
        return;
    if (told->kind == RL_TOLD_STEP)
        keep_step(told, incident, record);
    else if (told->kind == RL_TOLD_CHOSEN)
        keep_chosen(told, record);
    else if (told->kind == RL_TOLD_ENDED)
        keep_ended(told, incident, record);
    name_victim(record, told->kind == RL_TOLD_CHOSEN);
}

void rl_retold_free(struct rl_retold *retold)
{
    json_decref(retold->incidents);
    json_decref(retold->watched);
    retold->incidents = retold->watched = NULL;
}
