/* The record as JSON. One function per object of the schema; all of them return a new reference or
 * NULL when memory is out, which json_pack() passes on. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/report/json.h"
#include "daemon/report/report.h"
#include "daemon/report/text.h"
#include "policy/score.h"

static json_t *reason_json(enum rl_reason reason)
{
    if (reason == RL_REASON_NONE)
        return json_null();
    return json_pack("{s:s, s:s}", "id", rl_reason_id(reason), "text", rl_reason_text(reason));
}

static json_t *reason_id_json(enum rl_reason reason)
{
    return reason == RL_REASON_NONE ? json_null() : json_string(rl_reason_id(reason));
}

/* Time from the start of the incident; null where it never came. */
static json_t *since_start_json(const struct rl_record *record, uint64_t at_us)
{
    return at_us < record->started_us || at_us == 0 ? json_null()
                                                    : rl_json_ms(at_us - record->started_us);
}

static json_t *amount_json(enum rl_unit unit, uint64_t value)
{
    return unit == RL_UNIT_SHARE ? rl_json_percent(value) : rl_json_number(value);
}

json_t *rl_record_line_json(const struct rl_line *line, const struct rl_reading *reading)
{
    char text[RL_TEXT_MAX];

    rl_line_text(line, text, sizeof(text));
    return json_pack("{s:s, s:s, s:i, s:b, s:b, s:o, s:o, s:o, s:s}", "key",
        rl_line_key(line->kind), "text", text, "line", (int)line->lineno, "holds", reading->holds,
        "known", reading->known, "reason", reason_id_json(reading->why), "value",
        reading->known ? amount_json(reading->unit, reading->value) : json_null(), "threshold",
        reading->known ? amount_json(reading->unit, reading->threshold) : json_null(), "unit",
        rl_unit_name(reading->unit));
}

json_t *rl_record_origin_json(const struct rl_evidence *origin)
{
    if (origin->verdict == RL_REASON_NONE)
        return json_null();
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "id",
        rl_reason_id(origin->verdict), "text", rl_reason_text(origin->verdict), "window_ms",
        rl_json_ms(origin->window_us), "local_events", rl_json_number(origin->local_events),
        "refaults", rl_json_number(origin->refaults), "used_bytes", rl_json_number(origin->used),
        "limit_bytes", rl_json_number(origin->limit), "allocstalls",
        rl_json_number(origin->allocstalls), "kswapd_pages", rl_json_number(origin->kswapd_taken),
        "limited_refaults", rl_json_number(origin->refaults_limited), "throttled",
        origin->throttled);
}

json_t *rl_record_candidate_json(const struct rl_process *process, const struct rl_score *score,
    enum rl_reason spared, const char *by, const char *cgroup, uint32_t page_size)
{
    enum rl_reason reason = spared != RL_REASON_NONE ? spared : score->reason;

    return json_pack("{s:i, s:o, s:I, s:o, s:o, s:{s:I, s:I, s:I}, s:o, s:o, s:i, s:b, s:o, s:o}",
        "pid", (int)process->pid, "comm", rl_json_string(process->comm), "uid",
        (json_int_t)process->uid, "cgroup", rl_json_name(cgroup), "score",
        score->eligible ? json_integer(score->points) : json_null(), "parts", "memory",
        (json_int_t)score->memory_points, "root", (json_int_t)score->root_points, "adj",
        (json_int_t)score->adj_points, "rss_bytes", rl_json_number(process->rss_pages * page_size),
        "swap_bytes", rl_json_number(process->swap_pages * page_size), "oom_score_adj",
        process->oom_score_adj, "eligible", spared == RL_REASON_NONE && score->eligible, "reason",
        reason_id_json(reason), "protected_by", rl_json_name(by));
}

static json_t *group_json(const struct rl_record_group *group)
{
    return json_pack("{s:o, s:I, s:o, s:o, s:o, s:o, s:I, s:b, s:o}", "cgroup",
        rl_json_string(group->cgroup), "score", (json_int_t)group->points, "anon_bytes",
        rl_json_number(group->anon), "swap_bytes", rl_json_number(group->swap), "kernel_bytes",
        rl_json_number(group->kernel), "shmem_bytes", rl_json_number(group->shmem), "processes",
        (json_int_t)group->processes, "eligible", group->spared == RL_REASON_NONE, "reason",
        reason_id_json(group->spared));
}

static json_t *error_json(int error)
{
    char both[96];
    const char *name = strerrorname_np(error), *text = strerrordesc_np(error);

    if (error == 0)
        return json_null();
    snprintf(both, sizeof(both), "%s (%s)", text ? text : "unknown error", name ? name : "?");
    return json_string(both);
}

static json_t *step_json(const struct rl_record *record, const struct rl_record_step *step)
{
    bool reclaims = step->kind == RL_STEP_RECLAIM && !record->dry_run && !step->skipped;
    char signal[RL_TEXT_MAX] = "";

    if (step->signal > 0)
        rl_signal_text(step->signal, signal, sizeof(signal));
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:I, s:b, s:b, s:b, s:o, s:o, s:o}", "step",
        rl_step_name(step->kind), "signal", rl_json_name(signal), "arguments",
        rl_json_name(step->args), "at_ms", since_start_json(record, step->at_us), "took_ms",
        rl_json_ms(step->took_us), "signalled", (json_int_t)step->signalled, "whole_cgroup",
        step->whole_cgroup, "skipped", step->skipped, "assuming_no_effect", step->assuming,
        "gained_bytes", reclaims ? rl_json_number(step->gained) : json_null(), "result",
        reason_id_json(step->result), "error", error_json(step->error));
}

/* A number of a sample, null where it was not read. */
static json_t *had_json(const struct rl_sample *sample, enum rl_have bit, uint64_t value)
{
    return sample->have & bit ? rl_json_number(value) : json_null();
}

static json_t *state_json(const struct rl_record_state *state)
{
    const struct rl_sample *sample = &state->sample;
    bool pressure = sample->have & RL_HAVE_PRESSURE;
    json_t *events = json_null();

    if (sample->at_us == 0 && sample->have == 0 && !state->room.known)
        return json_null();
    if (sample->have & RL_HAVE_EVENTS)
        events = json_pack("{s:o, s:o, s:o, s:o}", "high", rl_json_number(sample->events.high),
            "max", rl_json_number(sample->events.max), "oom", rl_json_number(sample->events.oom),
            "oom_kill", rl_json_number(sample->events.oom_kill));
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "some_percent",
        pressure ? rl_json_percent(state->some_share) : json_null(), "full_percent",
        pressure ? rl_json_percent(state->full_share) : json_null(), "window_ms",
        rl_json_ms(state->window_us), "current_bytes",
        had_json(sample, RL_HAVE_CURRENT, sample->current), "swap_bytes",
        had_json(sample, RL_HAVE_SWAP, sample->swap_current), "usage_percent",
        state->room.known ? rl_json_percent(state->room.usage) : json_null(), "headroom_bytes",
        state->room.known ? rl_json_number(state->room.headroom) : json_null(), "events", events);
}

static const char *scope_name(enum rl_kill scope)
{
    const char *name = rl_kill_name(scope);
    return name ? name : "process";
}

static json_t *person_json(const struct rl_record_person *person)
{
    if (person->pid == 0)
        return json_null();
    return json_pack("{s:i, s:o, s:I}", "pid", (int)person->pid, "comm",
        rl_json_string(person->comm), "score", (json_int_t)person->points);
}

static json_t *sharers_json(const struct rl_record *record)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < record->n_sharers && i < RL_RECORD_SHARERS; i++)
        json_array_append_new(all, person_json(&record->sharers[i]));
    return all;
}

/* What the scores are shares of: kernels' models do not take what ours calls available. */
static uint64_t scored_against(const struct rl_record *record)
{
    const struct rl_model *model = rl_model_find(record->model);
    const struct rl_room *room = &record->before.room;

    return model && model->total != RL_TOTAL_AVAILABLE ? room->totals[model->total]
                                                       : room->available;
}

/* The victim's score as such a kernel prints it; null where it had no such number. */
static json_t *oom_score_json(const struct rl_record *record)
{
    const struct rl_model *model = rl_model_find(record->model);
    const struct rl_scale scale = {
        .available = scored_against(record), .page_size = record->page_size};

    for (size_t i = 0; i < record->n_candidates && i < RL_RECORD_CANDIDATES; i++) {
        const struct rl_record_candidate *one = &record->candidates[i];

        if (model && model->proc_score && one->process.pid == record->victim_pid)
            return rl_json_number(model->proc_score(&one->score, &scale));
    }
    return json_null();
}

/* A number that is never 0 where it is known. */
static json_t *id_json(uint64_t id)
{
    return id > 0 ? rl_json_number(id) : json_null();
}

static json_t *victim_json(const struct rl_record *record)
{
    bool process = record->victim_pid > 0;

    if (!record->choice.found)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:o, s:o, s:o, s:I, s:o, s:b, s:b, s:b, s:o, s:I, s:o}",
        "scope", scope_name(record->choice.scope), "pid",
        process ? json_integer(record->victim_pid) : json_null(), "comm",
        process ? rl_json_string(record->victim_comm) : json_null(), "cgroup",
        rl_json_string(record->victim_cgroup), "cgroup_id", id_json(record->victim_cgroup_id),
        "start_ticks", id_json(record->victim_start_ticks), "score",
        (json_int_t)record->choice.points, "oom_score", oom_score_json(record), "widened",
        record->choice.widened, "one_by_one", record->choice.one_by_one, "fell_back",
        record->choice.fell_back, "instead_of", person_json(&record->instead_of), "sharers_count",
        (json_int_t)record->n_sharers, "sharers", sharers_json(record));
}

static json_t *trigger_json(const struct rl_record *record)
{
    json_t *lines = json_array();

    for (uint8_t i = 0; i < record->n_lines && i < RL_LINES_MAX; i++)
        json_array_append_new(lines, rl_record_line_json(&record->lines[i], &record->readings[i]));
    return json_pack("{s:o, s:o}", "name", rl_json_string(record->trigger), "lines", lines);
}

static json_t *candidates_json(const struct rl_record *record)
{
    uint32_t page_size = record->page_size ? record->page_size : (uint32_t)sysconf(_SC_PAGESIZE);
    json_t *all = json_array();

    for (uint32_t i = 0; i < record->n_candidates && i < RL_RECORD_CANDIDATES; i++) {
        const struct rl_record_candidate *one = &record->candidates[i];
        json_array_append_new(all, rl_record_candidate_json(&one->process, &one->score, one->spared,
                                       one->by, one->cgroup, page_size));
    }
    return all;
}

static json_t *groups_json(const struct rl_record *record)
{
    json_t *all = json_array();

    for (uint32_t i = 0; i < record->n_groups && i < RL_RECORD_GROUPS; i++)
        json_array_append_new(all, group_json(&record->groups[i]));
    return all;
}

static json_t *steps_json(const struct rl_record *record)
{
    json_t *all = json_array();

    for (uint8_t i = 0; i < record->n_steps && i < RL_RECORD_STEPS; i++)
        json_array_append_new(all, step_json(record, &record->steps[i]));
    return all;
}

/* Who asked for it, where no trigger did. */
static json_t *by_hand_json(const struct rl_record *record)
{
    return record->by_hand ? json_pack("{s:I}", "uid", (json_int_t)record->by_uid) : json_null();
}

static json_t *sentence_json(const struct rl_record *record)
{
    char text[RL_SENTENCE_MAX];

    rl_record_sentence(record, text, sizeof(text));
    return json_string(text);
}

json_t *rl_record_json(const struct rl_record *record)
{
    json_t *json = json_pack(
        "{s:i, s:o, s:s, s:b, s:b, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:o, s:o}", "version", 1, "id",
        rl_json_string(record->id), "kind", rl_kind_id(record->kind), "dry_run", record->dry_run,
        "open", record->open, "started", rl_json_time(record->started_wall_us), "ended",
        record->open ? json_null() : rl_json_time(record->ended_wall_us), "duration_ms",
        record->open ? json_null() : since_start_json(record, record->ended_us), "outcome",
        reason_json(record->outcome), "policy", "name", rl_json_string(record->policy), "source",
        rl_json_string(record->source), "subject", rl_json_string(record->subject), "offender",
        rl_json_string(record->offender));
    json_t *rest = json_pack("{s:o, s:{s:o, s:o}, s:o, s:s, s:o, s:o, s:o, s:o, s:I, s:o, s:o, "
                             "s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}",
        "origin", rl_record_origin_json(&record->origin), "available", "bytes",
        rl_json_number(scored_against(record)), "limited_by", rl_json_name(record->limited_by),
        "trigger", trigger_json(record), "kill", scope_name(record->kill), "model",
        rl_json_name(record->model), "victim", victim_json(record), "candidates",
        candidates_json(record), "groups", groups_json(record), "processes_seen",
        (json_int_t)record->n_seen, "by_hand", by_hand_json(record), "steps", steps_json(record),
        "before", state_json(&record->before), "after",
        record->open ? json_null() : state_json(&record->after), "freed_bytes",
        rl_json_number(record->freed_bytes), "time_to_signal_ms",
        since_start_json(record, record->first_signal_us), "time_to_gone_ms",
        since_start_json(record, record->gone_us), "waited_ms",
        record->waited_us ? rl_json_ms(record->waited_us) : json_null(), "waited_out",
        record->waited_out, "unit", rl_json_name(record->unit), "pod", rl_pod_json(&record->pod),
        "boot_id", rl_json_name(record->boot_id), "samples", json_null());

    if (!json || !rest || json_object_update_missing(json, rest) < 0) {
        json_decref(json);
        json = NULL;
    }
    json_decref(rest);
    /* What became of a dry run is known later, see rl_report_amend(). */
    json_object_set_new(json, "grade", json_null());
    json_object_set_new(json, "sentence", sentence_json(record));
    return json;
}
