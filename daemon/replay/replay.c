#include "daemon/replay/replay.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/replay/private.h"

void rl_replay_tell(struct rl_replay *replay, struct rl_told *told)
{
    if (!replay->options.tell)
        return;
    told->at_us = replay->now_us;
    told->line = replay->counts.lines;
    told->state = &replay->state;
    replay->options.tell(replay->options.userdata, told);
}

void rl_replay_tell_watched(struct rl_replay *replay, const struct rl_replay_cgroup *cgroup)
{
    struct rl_told told = {.kind = RL_TOLD_WATCHED,
        .cgroup = cgroup->path,
        .policy = cgroup->policy->name,
        .looked = cgroup};

    rl_replay_tell(replay, &told);
}

void rl_replay_differ(
    struct rl_replay *replay, uint64_t number, const char *what, const char *was, const char *is)
{
    struct rl_told told = {
        .kind = RL_TOLD_DIFFERENT, .number = number, .what = what, .was = was, .is = is};

    if (replay->partial)
        return;
    replay->counts.differences++;
    rl_replay_tell(replay, &told);
}

static void tell_budget(struct rl_replay *replay, uint32_t kills, uint64_t us)
{
    replay->counts.budget_known = true;
    replay->counts.budget_kills = kills;
    replay->counts.budget_us = us;
}

int rl_replay_new(const struct rl_replay_options *options, struct rl_replay **ret)
{
    struct rl_replay *replay = calloc(1, sizeof(*replay));
    int r = 0;

    if (!replay)
        return -ENOMEM;
    replay->options = *options;
    replay->recorded = !options->policies;
    if (options->policies)
        r = rl_replay_use(
            &replay->state, options->policies, options->budget_kills, options->budget_us);
    if (r < 0) {
        rl_replay_end(replay);
        return r;
    }
    for (size_t i = 0; options->policies && i < options->policies->n; i++)
        replay->counts.pod_policies += options->policies->policies[i].match.pods.n > 0;
    if (options->policies && options->budget_us > 0)
        tell_budget(replay, options->budget_kills, options->budget_us);
    *ret = replay;
    return r;
}

static void forget_tables(struct rl_replay *replay)
{
    for (size_t i = 0; i < replay->n_tables; i++)
        free(replay->tables[i].note);
    replay->n_tables = 0;
    free(replay->table);
    replay->table = NULL;
}

struct rl_replay *rl_replay_end(struct rl_replay *replay)
{
    if (!replay)
        return NULL;
    forget_tables(replay);
    free(replay->tables);
    rl_replay_free(&replay->state);
    free(replay);
    return NULL;
}

const struct rl_replay_counts *rl_replay_counts(const struct rl_replay *replay)
{
    return &replay->counts;
}

/* ---- lines that are no notes ---- */

static int begin(struct rl_replay *replay, const json_t *json, const char **ret_wrong)
{
    static char text[128];
    json_int_t version = json_integer_value(json_object_get(json, "version"));
    struct rl_told told = {.kind = RL_TOLD_RUN};

    if (version != RL_TRACE_VERSION) {
        snprintf(text, sizeof(text),
            "it is of version %lld, and this program knows version %d only", (long long)version,
            RL_TRACE_VERSION);
        *ret_wrong = text;
        return -EBADMSG;
    }
    rl_replay_clear(&replay->state);
    forget_tables(replay);
    replay->begun = true;
    replay->partial = json_is_string(json_object_get(json, "cgroups"));
    replay->counts.partial = replay->counts.partial || replay->partial;
    replay->now_us = (uint64_t)json_integer_value(json_object_get(json, "at_us"));
    if (replay->counts.first_us == 0)
        replay->counts.first_us = replay->now_us;
    rl_replay_tell(replay, &told);
    return 0;
}

/* Verdicts of the policies before speak of triggers that may be gone. */
static void reload(struct rl_replay *replay)
{
    struct rl_replay_state *s = &replay->state;

    for (size_t i = 0; i < s->n_cgroups; i++) {
        s->cgroups[i]->verdict = (struct rl_verdict){0};
        rl_memory_clear(&s->cgroups[i]->memory);
        s->cgroups[i]->policy = NULL;
    }
    for (size_t i = 0; i < s->n_pasts; i++) {
        rl_limit_restart(&s->pasts[i].kills);
        if (s->pasts[i].until_us == UINT64_MAX)
            s->pasts[i].until_us = 0;
    }
}

/* Of the trace's policies only their budget counts, where others are tried and bring none. */
static void take_budget(struct rl_replay *replay, const json_t *json)
{
    const json_t *settings = json_object_get(json, "settings");
    struct rl_replay_set *set = replay->state.set;

    if (replay->options.budget_us > 0 || !json_object_get(settings, "budget_us"))
        return;
    set->budget_kills = (uint32_t)json_integer_value(json_object_get(settings, "budget_kills"));
    set->budget_us = (uint64_t)json_integer_value(json_object_get(settings, "budget_us"));
    tell_budget(replay, set->budget_kills, set->budget_us);
}

static int take_other(struct rl_replay *replay, const json_t *json, const char **ret_wrong)
{
    static char wrong[512];
    const char *type = json_string_value(json_object_get(json, "type"));
    int r = 0;

    if (strcmp(type, "trace") == 0)
        return begin(replay, json, ret_wrong);
    if (!replay->begun) {
        *ret_wrong = "the first line is not that of a trace";
        return -EBADMSG;
    }
    if (strcmp(type, "policies") == 0 && replay->recorded) {
        *ret_wrong = wrong;
        r = rl_replay_policies(&replay->state, json, wrong, sizeof(wrong));
        if (r >= 0 && json_is_true(json_object_get(json, "reload")))
            reload(replay);
    } else if (strcmp(type, "policies") == 0) {
        take_budget(replay, json);
    } else if (strcmp(type, "incident") != 0) {
        replay->counts.unknown++;
    }
    return r;
}

/* ---- notes ---- */

/* Of one that a trigger holds of already it counts whose victims it would share. */
static int take_hot(struct rl_replay *replay, const struct rl_note_hot *note)
{
    int r = rl_replay_hot(&replay->state, note);

    if (r >= 0 && replay->recorded && note->held)
        rl_replay_cgroup_of(&replay->state, note->id)->policy = rl_replay_policy(
            &replay->state, note->policy, NULL);
    return r;
}

static int take_seen(struct rl_replay *replay, const struct rl_note *note)
{
    const void *fixed = note + 1;
    struct rl_replay_state *s = &replay->state;
    const struct rl_note_restart *restart = fixed;
    struct rl_replay_cgroup *cgroup;

    switch (note->kind) {
    case RL_NOTE_LOST:
        replay->counts.lost += ((const struct rl_note_lost *)fixed)->n;
        return 0;
    case RL_NOTE_HOT:
        return take_hot(replay, fixed);
    case RL_NOTE_COLD:
        rl_replay_cold(s, ((const struct rl_note_cold *)fixed)->id);
        return 0;
    case RL_NOTE_NODE:
        s->node = ((const struct rl_note_node *)fixed)->node;
        replay->now_us = ((const struct rl_note_node *)fixed)->at_us;
        return 0;
    case RL_NOTE_SAMPLE:
        replay->counts.samples++;
        replay->now_us = ((const struct rl_note_sample *)fixed)->now_us;
        rl_replay_sample(s, fixed);
        return 0;
    case RL_NOTE_RESTART:
        cgroup = rl_replay_cgroup_of(s, restart->id);
        if (cgroup) {
            cgroup->history.restart_us = restart->now_us;
            rl_memory_clear(&cgroup->memory);
        }
        return 0;
    case RL_NOTE_FOLLOW:
        rl_replay_follow(s, fixed);
        return 0;
    case RL_NOTE_PAST:
        return rl_replay_past(s, fixed);
    default:
        return 0;
    }
}

static int take_note(struct rl_replay *replay, struct rl_note **note, const char **ret_wrong)
{
    int r;

    if (!replay->begun) {
        *ret_wrong = "the first line is not that of a trace";
        return -EBADMSG;
    }
    r = take_seen(replay, *note);
    if (r >= 0)
        r = replay->recorded ? rl_replay_follow_note(replay, note)
                             : rl_replay_try_note(replay, note);
    return r;
}

int rl_replay_line(
    struct rl_replay *replay, const char *line, size_t len, bool last, const char **ret_wrong)
{
    struct rl_note *note;
    json_t *json;
    int r;

    replay->counts.lines++;
    if (len == 0)
        return 0; /* between two runs */
    r = rl_note_read(line, len, &note, &json, ret_wrong);
    if (r == -EBADMSG && last) {
        replay->counts.cut = true;
        return 0;
    }
    if (r < 0)
        return r;
    if (r == RL_TRACE_OTHER)
        r = take_other(replay, json, ret_wrong);
    else
        r = take_note(replay, &note, ret_wrong);
    replay->counts.last_us = replay->now_us;
    json_decref(json);
    free(note);
    return r < 0 ? r : 0;
}
