/* What reliefctl asks for, as JSON. The schemas are in reliefctl(1). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/observe/cgroup-view.h"
#include "daemon/observe/read.h"
#include "daemon/report/json.h"
#include "daemon/report/text.h"

#define LAST_INCIDENTS 10

static const char no_memory[] = "out of memory";

static json_t *cgroup_json(const struct rl_cgroup *cgroup)
{
    char path[4096];

    if (!cgroup)
        return json_string("node");
    rl_cgroup_path(cgroup, path, sizeof(path));
    return rl_json_string(path);
}

/* Swap comes and goes while all else stays as it was found at the start. */
static bool is_there(const struct rl_engine *engine, int feature)
{
    if (feature == RL_FEATURE_SWAP)
        return rl_watch_node(engine->watch, true)->swap_total > 0;
    return engine->options.probe->has[feature];
}

static json_t *degraded_json(const struct rl_engine *engine)
{
    const struct rl_probe *probe = engine->options.probe;
    json_t *list = json_array();

    if (probe->live && !rl_ooms_have_log(engine->ooms))
        json_array_append_new(list,
            json_pack("{s:s, s:s, s:s}", "id", "no-kernel-log", "text",
                "/dev/kmsg cannot be read: records of the kernel's OOM "
                "kills do without its own report",
                "remedy", "give reliefd CAP_SYSLOG and /dev/kmsg, or OpenFile= of systemd 253"));
    if (engine->left && engine->left->held)
        json_array_append_new(
            list, json_pack("{s:s, s:s, s:s}", "id", "systemd-oomd", "text",
                      "systemd-oomd runs: what it manages is left to it, and SystemdOomd= of "
                      "reliefd.conf is held off",
                      "remedy", "systemctl mask --now systemd-oomd.service systemd-oomd.socket"));

    for (int f = 0; f < RL_FEATURES; f++) {
        const struct rl_finding_text *text = rl_probe_missing((enum rl_feature)f);

        if (!probe->live || !text || is_there(engine, f))
            continue;
        json_array_append_new(list, json_pack("{s:s, s:s, s:s*}", "id", text->id, "text",
                                        text->text, "remedy", text->remedy));
    }
    return list;
}

static json_t *pod_json(struct rl_engine *engine, const struct rl_cgroup *cgroup)
{
    char path[4096];
    struct rl_pod pod;

    rl_cgroup_path(cgroup, path, sizeof(path));
    rl_pod_place(path, &pod);
    rl_pod_look_up(engine, &pod);
    return rl_pod_json(&pod);
}

/* Why each trigger does not hold, in a word; all about it is in explain. */
static json_t *reasons_json(const struct rl_hot *hot)
{
    const struct rl_policy *policy = hot->cgroup->policy;
    json_t *list = json_array();

    for (size_t t = 0; policy && t < policy->n_triggers; t++)
        json_array_append_new(
            list, json_pack("{s:o, s:s}", "name", rl_json_string(policy->triggers[t].name),
                      "reason", rl_reason_id(hot->verdict.why[t])));
    return list;
}

static json_t *hot_json(struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us)
{
    uint64_t window = hot->cgroup->policy ? rl_policy_longest_window(hot->cgroup->policy)
                                          : RL_US_PER_S;
    const struct rl_point *last = rl_history_last(&hot->history);
    struct rl_history copy = hot->history;

    copy.restart_us = copy.kernel_kill_us = 0;
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "cgroup",
        cgroup_json(hot->cgroup), "pod", pod_json(engine, hot->cgroup), "triggers",
        reasons_json(hot), "policy",
        hot->cgroup->policy ? rl_json_string(hot->cgroup->policy->name) : json_null(),
        "some_percent",
        rl_json_percent(
            rl_history_window(&copy, RL_COUNT_SOME, now_us, window) * RL_WHOLE / window),
        "full_percent",
        rl_json_percent(
            rl_history_window(&copy, RL_COUNT_FULL, now_us, window) * RL_WHOLE / window),
        "window_ms", rl_json_ms(window), "usage_percent",
        hot->room.known ? rl_json_percent(hot->room.usage) : json_null(), "headroom_bytes",
        hot->room.known ? rl_json_number(hot->room.headroom) : json_null(), "age_ms",
        rl_json_ms(last && now_us > last->at_us ? now_us - last->at_us : 0));
}

static size_t count_subjects(struct rl_engine *engine, const struct rl_policy *policy)
{
    struct rl_cgroup *root = rl_tree_root(rl_watch_tree(engine->watch));
    size_t n = 0;

    for (struct rl_cgroup *c = root; c; c = rl_tree_next(root, c))
        if (c->policy == policy && c->subject == c)
            n++;
    return n;
}

static json_t *findings_json(const struct rl_findings *findings, const char *path)
{
    json_t *list = json_array();

    for (size_t i = 0; i < findings->n; i++) {
        const struct rl_finding *f = &findings->items[i];

        if (strcmp(f->path, path) != 0)
            continue;
        json_array_append_new(list, json_pack("{s:i, s:s, s:s, s:o}", "line", (int)f->line,
                                        "severity", f->severity == RL_ERROR ? "error" : "warning",
                                        "code", f->code, "message", rl_json_string(f->message)));
    }
    return list;
}

/* Whether it is dry, and what its dry runs have proven; until: what they have to. */
static void add_dry(struct rl_engine *engine, json_t *json, const struct rl_policy *policy)
{
    const struct rl_dry_until *until = &policy->relief.dry_until;

    json_object_set_new(json, "dry_run", json_boolean(rl_engine_dry(engine, policy)));
    json_object_set_new(json, "grades", rl_grades_policy_json(engine, policy));
    json_object_set_new(json, "dry_run_until",
        policy->relief.dry_run == RL_DRY_UNTIL
            ? json_pack("{s:I, s:o}", "confirmed", (json_int_t)until->confirmed, "regret_percent",
                  rl_json_percent(until->regret))
            : json_null());
}

static json_t *policies_json(struct rl_engine *engine, bool sentences)
{
    static const char *const states[] = {
        [RL_FILE_LOADED] = "loaded",
        [RL_FILE_LAST_GOOD] = "last-good",
        [RL_FILE_BROKEN] = "broken",
        [RL_FILE_MASKED] = "masked",
    };
    const struct rl_policy_set *set = engine->policies;
    json_t *list = json_array();

    for (size_t i = 0; i < set->n_files; i++) {
        const struct rl_policy_file *file = &set->files[i];
        json_t *one = json_pack("{s:o, s:o, s:s, s:I, s:o}", "name", rl_json_string(file->name),
            "source", rl_json_string(file->path), "state", states[file->state], "subjects",
            (json_int_t)(file->policy ? count_subjects(engine, file->policy) : 0), "findings",
            findings_json(&set->findings, file->path));
        char *sentence = sentences && file->policy ? rl_policy_sentence(file->policy) : NULL;

        if (sentence)
            json_object_set_new(one, "sentence", rl_json_string(sentence));
        free(sentence);
        if (file->policy)
            add_dry(engine, one, file->policy);
        json_array_append_new(list, one);
    }
    return list;
}

static json_t *open_json(struct rl_engine *engine)
{
    json_t *list = json_array();

    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++)
        if (engine->running[i]->used) {
            rl_pod_look_up(engine, &engine->running[i]->record.pod);
            json_array_append_new(list, rl_record_json(&engine->running[i]->record));
        }
    return list;
}

static json_t *gate_json(struct rl_engine *engine)
{
    const struct rl_watch_stats *s = rl_watch_stats(engine->watch);

    return json_pack("{s:s, s:o, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "kind", s->gate,
        "threshold_us", rl_json_number(s->threshold_us), "window_us", rl_json_number(s->window_us),
        "events", (json_int_t)(s->gate_events + s->events_events), "wakeups",
        (json_int_t)(s->gate_events + s->events_events + s->looks), "walks", (json_int_t)s->walks,
        "descents", (json_int_t)s->descents, "glances", (json_int_t)s->glances, "looks",
        (json_int_t)s->looks, "evicted", (json_int_t)s->evicted, "refused", (json_int_t)s->refused);
}

static char *text_of(json_t *json, const char **ret_error)
{
    char *text = rl_json_text(json);

    json_decref(json);
    if (!text)
        *ret_error = no_memory;
    return text;
}

static char *api_status(void *userdata, const char **ret_error)
{
    struct rl_engine *engine = userdata;
    const struct rl_probe *probe = engine->options.probe;
    uint64_t now = rl_now_us();
    json_t *hot = json_array();

    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));)
        json_array_append_new(hot, hot_json(engine, h, now));
    return text_of(
        json_pack("{s:s, s:i, s:b, s:o, s:{s:s}, s:I, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}",
            "version", RL_VERSION, "pid", (int)getpid(), "dry_run", rl_engine_dry(engine, NULL),
            "started", rl_json_time(engine->started_wall_us), "roots", "cgroup", probe->cgroup_root,
            "cgroups", (json_int_t)rl_tree_size(rl_watch_tree(engine->watch)), "hot", hot,
            "policies", policies_json(engine, false), "degraded", degraded_json(engine),
            "default_node_only", engine->policies->default_node_only, "pauses",
            rl_pauses_json(&engine->pauses, now, rl_wall_us()), "open_incidents", open_json(engine),
            "last_incidents", rl_report_last(engine->options.report, LAST_INCIDENTS), "gate",
            gate_json(engine)),
        ret_error);
}

static char *api_policies(void *userdata, const char **ret_error)
{
    return text_of(policies_json(userdata, true), ret_error);
}

static char *api_incidents(void *userdata, unsigned max, const char **ret_error)
{
    struct rl_engine *engine = userdata;

    return text_of(rl_report_last(engine->options.report, max), ret_error);
}

static char *api_grades(void *userdata, const char **ret_error)
{
    return text_of(rl_grades_json(userdata), ret_error);
}

static char *api_metrics(void *userdata, const char **ret_error)
{
    char *text = rl_engine_metrics(userdata, true);

    if (!text)
        *ret_error = no_memory;
    return text;
}

static int api_reload(void *userdata, const char **ret_error)
{
    int r = rl_engine_reload(userdata);

    if (r < 0)
        *ret_error = no_memory;
    return r;
}

/* ---- explain ---- */

static json_t *triggers_json(const struct rl_policy *policy, const struct rl_verdict *verdict)
{
    json_t *list = json_array();

    for (size_t t = 0; t < policy->n_triggers; t++) {
        const struct rl_trigger *trigger = &policy->triggers[t];
        enum rl_reason why = verdict->why[t];
        json_t *lines = json_array();

        for (size_t i = 0; i < trigger->n; i++)
            json_array_append_new(
                lines, rl_record_line_json(&trigger->lines[i], &verdict->readings[t][i]));
        json_array_append_new(list,
            json_pack("{s:o, s:b, s:s, s:s, s:o, s:o}", "name", rl_json_string(trigger->name),
                "holds", why == RL_READ_HOLDS, "reason", rl_reason_id(why), "text",
                rl_reason_text(why), "held_ms", rl_json_ms(verdict->held_us[t]), "lines", lines));
    }
    return list;
}

/* Who would be chosen now: the very same decision, written into a record and taken from there. */
static void add_choice(struct rl_engine *engine, json_t *json, const struct rl_hot *hot,
    const struct rl_policy *policy)
{
    struct rl_record *record = calloc(1, sizeof(*record));
    json_t *full;

    if (!record)
        return;
    rl_decide(engine, hot, policy, false);
    rl_fill_open(engine, record, hot, policy, &policy->triggers[0], rl_now_us());
    engine->incidents--; /* it took a number for nothing */
    rl_fill_choice(engine, record, policy);
    full = rl_record_json(record);
    json_object_set(json, "choice", json_object_get(full, "victim"));
    json_object_set_new(json, "no_choice",
        record->choice.found ? json_null() : json_string(rl_reason_id(record->choice.why)));
    json_object_set(json, "candidates", json_object_get(full, "candidates"));
    json_object_set(json, "groups", json_object_get(full, "groups"));
    json_decref(full);
    free(record);
}

/* What made it this policy. */
static json_t *policy_json(const struct rl_cgroup *cgroup)
{
    static const char *const because[] = {
        [RL_ATTACH_UNIT] = "unit",
        [RL_ATTACH_MATCH] = "match",
        [RL_ATTACH_DEFAULT] = "default",
    };
    const struct rl_policy *policy = cgroup->policy;

    if (!policy)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:s}", "name", rl_json_string(policy->name), "source",
        rl_json_string(policy->source), "attached_at",
        cgroup_json(cgroup->subject ? cgroup->subject : cgroup), "because",
        because[policy->match.attach]);
}

/* While an incident runs, looks do not judge. */
void rl_state_judge(struct rl_engine *engine, struct rl_hot *hot, struct rl_verdict *ret)
{
    struct rl_memory copy = hot->memory; /* asking changes nothing */
    uint64_t now = rl_now_us();

    *ret = hot->verdict;
    if (!hot->cgroup->policy || rl_watch_sample(engine->watch, hot, now) < 0)
        return;
    rl_engine_judge(engine, hot, &copy, now, ret);
}

static json_t *pause_json(struct rl_engine *engine, const struct rl_cgroup *cgroup)
{
    const struct rl_pause *pause = rl_pause_for(engine, cgroup);

    return pause ? rl_pause_json(pause, rl_now_us(), rl_wall_us()) : json_null();
}

json_t *rl_state_explain(struct rl_engine *engine, struct rl_hot *hot, bool was_hot)
{
    struct rl_cgroup *cgroup = hot->cgroup;
    const struct rl_policy *policy = cgroup->policy;
    struct rl_verdict verdict;

    rl_state_judge(engine, hot, &verdict);
    json_t *json = json_pack("{s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o, s:b, s:o}", "cgroup",
        cgroup_json(cgroup), "pod", pod_json(engine, cgroup), "policy", policy_json(cgroup),
        "available", "bytes", rl_json_number(hot->room.available), "limited_by",
        cgroup_json(hot->limited_by), "usage_percent",
        hot->room.known ? rl_json_percent(hot->room.usage) : json_null(), "headroom_bytes",
        hot->room.known ? rl_json_number(hot->room.headroom) : json_null(), "hot", was_hot,
        "cooldown_ms", rl_json_ms(rl_reach_left(engine, hot, rl_now_us())));

    if (!json || !policy)
        return json;
    json_object_set_new(json, "origin", rl_record_origin_json(&verdict.origin));
    json_object_set_new(json, "triggers", triggers_json(policy, &verdict));
    json_object_set_new(json, "paused", pause_json(engine, cgroup));
    add_choice(engine, json, hot, policy);
    return json;
}

/* The cgroup that "pid:N" lives in. */
static struct rl_cgroup *cgroup_of_pid(struct rl_engine *engine, const char *pid)
{
    char name[64], text[8192], buf[4096];
    struct rl_cgroup_view view;
    const char *path;

    for (const char *c = pid; *c; c++)
        if (*c < '0' || *c > '9' || c - pid > 12)
            return NULL;
    snprintf(name, sizeof(name), "%s/cgroup", pid);
    if (rl_read_at(engine->options.probe->proc_fd, name, text, sizeof(text)) < 0 ||
        rl_parse_proc_cgroup(text, &path) < 0)
        return NULL;
    /* A saved tree has no word about us: there paths are what they are. */
    if (rl_cgroup_view_find(
            engine->options.probe->proc_fd, engine->options.probe->cgroup_fd, &view) < 0)
        view = (struct rl_cgroup_view){0};
    path = rl_cgroup_view_path(&view, path, buf, sizeof(buf));
    if (!path)
        return NULL;
    return rl_tree_find(rl_watch_tree(engine->watch), path);
}

static json_t *explain_all(struct rl_engine *engine)
{
    json_t *list = json_array();

    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));)
        json_array_append_new(list, rl_state_explain(engine, h, true));
    return list;
}

struct rl_hot *rl_state_heat(
    struct rl_engine *engine, const char *what, bool *ret_was_hot, const char **ret_error)
{
    bool process = strncmp(what, "pid:", 4) == 0;
    struct rl_cgroup *cgroup = process ? cgroup_of_pid(engine, what + 4)
                                       : rl_tree_find(rl_watch_tree(engine->watch), what);
    struct rl_hot *hot;

    if (!cgroup) {
        *ret_error = process ? "no such process, or its cgroup is not known" : "no such cgroup";
        return NULL;
    }
    *ret_was_hot = cgroup->hot;
    hot = rl_watch_heat(engine->watch, cgroup);
    rl_watch_rearm(engine->watch);
    if (!hot)
        *ret_error = "the cgroup cannot be looked at: it is gone, or too many are under pressure";
    return hot;
}

static char *api_explain(void *userdata, const char *what, const char **ret_error)
{
    struct rl_engine *engine = userdata;
    struct rl_hot *hot;
    bool was_hot;

    if (!*what)
        return text_of(explain_all(engine), ret_error);
    hot = rl_state_heat(engine, what, &was_hot, ret_error);
    return hot ? text_of(rl_state_explain(engine, hot, was_hot), ret_error) : NULL;
}

const struct rl_bus_api rl_engine_api = {
    .status = api_status,
    .policies = api_policies,
    .explain = api_explain,
    .incidents = api_incidents,
    .grades = api_grades,
    .metrics = api_metrics,
    .reload = api_reload,
};
