/* Decisions that other policies would have taken. Each sample is a look. Steps have no effect here,
 * as in a dry run: what the samples show is what the recorded daemon, and everybody else, has done.
 * Whoever would have been chosen is chosen from the newest table of processes before. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/replay/private.h"
#include "policy/step.h"

/* ---- tables of processes ---- */

/* Keep the newest one of each cgroup. Takes *note. */
static int keep_table(struct rl_replay *replay, struct rl_note **note)
{
    uint64_t id = ((const struct rl_note_table *)(*note + 1))->id;
    struct rl_replay_table *tables;

    for (size_t i = 0; i < replay->n_tables; i++) {
        if (replay->tables[i].id != id)
            continue;
        free(replay->tables[i].note);
        replay->tables[i].note = *note;
        *note = NULL;
        return 0;
    }
    if (replay->n_tables == replay->size_tables) {
        replay->size_tables = replay->size_tables > 0 ? 2 * replay->size_tables : 16;
        tables = realloc(replay->tables, replay->size_tables * sizeof(*tables));
        if (!tables)
            return -ENOMEM;
        replay->tables = tables;
    }
    replay->tables[replay->n_tables++] = (struct rl_replay_table){id, *note};
    *note = NULL;
    return 0;
}

/* The index of a cgroup among the groups of a table, -1 when it is none of them. */
static int32_t group_at(const struct rl_note_table *table, const char *path)
{
    const struct rl_note_group *groups = rl_note_groups(table);
    const char *text = rl_note_paths(table);
    size_t len = strlen(path);

    for (uint32_t i = 0; i < table->n_groups; i++) {
        if (groups[i].path_len == len && memcmp(text, path, len) == 0)
            return (int32_t)i;
        text += groups[i].path_len + groups[i].policy_len;
    }
    return -1;
}

static const struct rl_note_table *newest_table(
    const struct rl_replay *replay, const char *path, int32_t *ret_top)
{
    const struct rl_note_table *best = NULL;

    for (size_t i = 0; i < replay->n_tables; i++) {
        const struct rl_note_table *table = (const void *)(replay->tables[i].note + 1);
        int32_t top = table->homeless == 0 ? group_at(table, path) : -1;

        if (top >= 0 && (!best || table->at_us > best->at_us)) {
            best = table;
            *ret_top = top;
        }
    }
    return best;
}

/* Is a group at or below another one? */
static bool is_below(const struct rl_note_group *groups, int32_t group, int32_t top)
{
    while (group > top)
        group = groups[group].group.parent;
    return group == top;
}

/* What of a table lies in one cgroup and below. malloc'ed; NULL when memory is out. */
static struct rl_note_table *cut(const struct rl_note_table *table, int32_t top, size_t size)
{
    const struct rl_note_group *groups = rl_note_groups(table);
    const struct rl_note_process *processes = rl_note_processes(table);
    int32_t *index = calloc(table->n_groups, sizeof(*index));
    struct rl_note_table *part = index ? calloc(1, size) : NULL;
    struct rl_note_group *to_group;
    struct rl_note_process *to_process;
    const char *text = rl_note_paths(table);
    char *to_text;
    uint32_t n = 0;

    if (!part) {
        free(index);
        return NULL;
    }
    *part = *table;
    to_group = (struct rl_note_group *)(part + 1);
    for (uint32_t i = 0; i < table->n_groups; i++) {
        if (!is_below(groups, (int32_t)i, top))
            continue;
        index[i] = (int32_t)n;
        to_group[n] = groups[i];
        to_group[n].group.parent = (int32_t)i == top ? -1 : index[groups[i].group.parent];
        to_group[n].group.subject = groups[i].group.subject >= top ? index[groups[i].group.subject]
                                                                   : -1;
        n++;
    }
    part->n_groups = n;
    to_process = (struct rl_note_process *)(to_group + n);
    part->n_processes = 0;
    for (uint32_t i = 0; i < table->n_processes; i++) {
        if (!is_below(groups, (int32_t)processes[i].process.cgroup, top))
            continue;
        to_process[part->n_processes] = processes[i];
        to_process[part->n_processes++].process.cgroup = (uint32_t)
            index[processes[i].process.cgroup];
    }
    to_text = (char *)(to_process + part->n_processes);
    for (uint32_t i = 0; i < table->n_groups; i++) {
        size_t len = groups[i].path_len + groups[i].policy_len;

        if (is_below(groups, (int32_t)i, top))
            to_text = (char *)memcpy(to_text, text, len) + len;
        text += len;
    }
    if (top > 0)
        part->seen = part->n_processes; /* of the others it is not known where they were */
    free(index);
    return part;
}

static size_t size_of(const struct rl_note_table *table)
{
    const struct rl_note_group *groups = rl_note_groups(table);
    size_t size = (size_t)(rl_note_paths(table) - (const char *)table);

    for (uint32_t i = 0; i < table->n_groups; i++)
        size += groups[i].path_len + groups[i].policy_len;
    return size;
}

/* Where victims are sought. What a glob means beside the offender is not in its tables. */
static const char *top_of(
    const struct rl_replay_running *running, const struct rl_replay_cgroup *cgroup)
{
    return running->reach.glob ? cgroup->path : running->reach.place;
}

static bool asks_limited(const struct rl_replay_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        if (set->policies[i].match.limited != RL_EITHER)
            return true;
    return false;
}

/* A table does not tell which of its cgroups have limits: samples do, of those that are hot. */
static void count_unknown(struct rl_replay *replay, const struct rl_note_table *table)
{
    const struct rl_note_group *groups = rl_note_groups(table);
    const char *text = rl_note_paths(table);
    char path[RL_NOTE_PATH_MAX];

    if (!asks_limited(replay->state.set))
        return;
    for (uint32_t i = 0; i < table->n_groups; i++) {
        snprintf(path, sizeof(path), "%.*s", (int)groups[i].path_len, text);
        text += groups[i].path_len + groups[i].policy_len;
        if (!rl_replay_sampled(&replay->state, path))
            replay->counts.limits_unknown++;
    }
}

/* Return: 0 with *ret_why, -ENOMEM. */
static int choose(struct rl_replay *replay, struct rl_replay_running *running,
    const struct rl_replay_cgroup *cgroup, enum rl_reason *ret_why)
{
    int32_t top = 0;
    const struct rl_note_table *table = newest_table(replay, top_of(running, cgroup), &top);
    struct rl_told told = {.kind = RL_TOLD_CHOSEN, .number = running->number};
    struct rl_note_table *part;
    int r;

    *ret_why = RL_OUTCOME_NO_VICTIM; /* nobody is known there */
    if (!table)
        return 0;
    part = cut(table, top, size_of(table));
    if (!part)
        return -ENOMEM;
    part->scale.available = cgroup->room.totals[cgroup->policy->victim.model->total];
    part->waited_out = true;
    count_unknown(replay, part);
    r = rl_replay_choose(&replay->state, part, cgroup->policy, RL_REPLAY_MATCHED, &replay->choice);
    told.age_us = replay->now_us > table->at_us ? replay->now_us - table->at_us : 0;
    free(part);
    if (r < 0)
        return r;
    replay->counts.choices++;
    *ret_why = replay->choice.found ? RL_REASON_NONE : replay->choice.why;
    told.choice = &replay->choice;
    told.why = *ret_why;
    rl_replay_tell(replay, &told);
    return 0;
}

/* ---- incidents ---- */

static int take_step(struct rl_replay *replay, struct rl_replay_running *running,
    const struct rl_replay_cgroup *cgroup, struct rl_news *news)
{
    const struct rl_order *order = &running->order;
    const struct rl_step_traits *traits = rl_step_traits(running->relief.steps[order->step].kind);
    enum rl_reason why = RL_REASON_NONE;
    struct rl_told told = {.kind = RL_TOLD_STEP,
        .number = running->number,
        .cgroup = cgroup->path,
        .step = &running->relief.steps[order->step],
        .dry = true,
        .assuming = order->assuming};
    int r = 0;

    if (!running->allowed && traits->kills) {
        struct rl_allowance allowance = rl_replay_allowance(
            &replay->state, running, &cgroup->sample, replay->now_us);

        running->allowed = allowance.why == RL_REASON_NONE;
        running->hold_until_us = allowance.until_us;
        why = running->allowed ? RL_REASON_NONE : rl_allowance_outcome(&allowance);
    }
    if (why == RL_REASON_NONE && traits->victim != RL_VICTIM_NONE && !running->chosen) {
        r = choose(replay, running, cgroup, &why);
        running->chosen = why == RL_REASON_NONE;
        if (traits->victim == RL_VICTIM_ASKED)
            why = RL_REASON_NONE;
    }
    /* Of kills that would have been the budget is spent, too: it is what bounds them. */
    if (why == RL_REASON_NONE && traits->kills && !running->counted) {
        running->counted = true;
        rl_limit_note(&replay->state.budget, replay->now_us);
    }
    news->failed = why;
    told.why = why;
    rl_replay_tell(replay, &told);
    return r;
}

static void finish(struct rl_replay *replay, struct rl_replay_running *running)
{
    struct rl_told told = {
        .kind = RL_TOLD_ENDED, .number = running->number, .why = running->incident.outcome};

    rl_replay_tell(replay, &told);
    rl_replay_finish(&replay->state, running, replay->now_us);
}

static int advance(struct rl_replay *replay, struct rl_replay_running *running,
    const struct rl_replay_cgroup *cgroup)
{
    struct rl_news news = {.now_us = replay->now_us, .offender_gone = !running->there};
    bool step;
    int r = 0;

    do {
        news.holds = rl_replay_still_holds(&replay->state, running, replay->now_us);
        running->order = rl_incident_next(&running->incident, &running->relief, &news);
        news.failed = news.skipped = RL_REASON_NONE;
        step = running->order.what == RL_DO_STEP;
        if (step)
            r = take_step(replay, running, cgroup, &news);
        else if (running->order.what == RL_DO_SKIP)
            news.skipped = running->order.why;
    } while (r >= 0 &&
             (step || running->order.what == RL_DO_SKIP ||
                 (running->order.what == RL_DO_WAIT && running->order.wake_us <= replay->now_us)));
    if (running->order.what == RL_DO_END)
        finish(replay, running);
    return r;
}

static struct rl_replay_running *running_at(struct rl_replay_state *s, uint64_t id)
{
    for (size_t i = 0; i < RL_REPLAY_RUNNING_MAX; i++)
        if (s->running[i].number != 0 && s->running[i].id == id)
            return &s->running[i];
    return NULL;
}

static int open_incident(struct rl_replay *replay, struct rl_replay_cgroup *cgroup)
{
    struct rl_replay_state *s = &replay->state;
    const struct rl_policy *policy = cgroup->policy;
    struct rl_replay_running *running;
    struct rl_told told = {.kind = RL_TOLD_OPENED,
        .number = ++replay->numbers,
        .cgroup = cgroup->path,
        .policy = policy->name,
        .trigger = policy->triggers[cgroup->verdict.trigger].name,
        .looked = cgroup,
        .dry = true};

    running = rl_replay_open(s, replay->numbers, cgroup, &policy->triggers[cgroup->verdict.trigger],
        true, replay->now_us);
    if (!running)
        return 0;
    replay->counts.incidents++;
    rl_replay_tell(replay, &told);
    return advance(replay, running, cgroup);
}

/* ---- looks ---- */

static bool uses_node_origin(const struct rl_policy *policy)
{
    for (size_t i = 0; i < policy->n_triggers; i++)
        if (policy->triggers[i].origin != RL_WANT_OWN)
            return true;
    return false;
}

/* The policy, with what it is for. Of cgroups that nobody looked at the trace has no id: one that
 * is made from the path serves for all of them. */
static const struct rl_policy *match(
    const struct rl_replay_state *state, struct rl_replay_cgroup *cgroup)
{
    const struct rl_policy *policy = rl_replay_match(
        state, cgroup->path, cgroup->limited, &cgroup->subject_up);
    struct rl_reacher reacher = {
        .path = cgroup->path, .subject_up = cgroup->subject_up, .id = cgroup->id};

    cgroup->subject = rl_reach_subject(&reacher);
    return policy;
}

static int look(struct rl_replay *replay, struct rl_replay_cgroup *cgroup)
{
    struct rl_replay_running *running = running_at(&replay->state, cgroup->id);
    const struct rl_policy *policy;
    struct rl_opening opening;
    bool new;

    if (running)
        return replay->now_us >= running->order.wake_us ? advance(replay, running, cgroup) : 0;
    policy = match(&replay->state, cgroup);
    new = policy != cgroup->policy;
    if (new)
        rl_memory_clear(&cgroup->memory);
    cgroup->policy = policy;
    if (!policy)
        return 0;
    replay->counts.looks++;
    rl_replay_judge(&replay->state, cgroup, uses_node_origin(policy), replay->now_us);
    if (new)
        rl_replay_tell_watched(replay, cgroup);
    if (!cgroup->verdict.holds)
        return 0;
    rl_replay_opening(&replay->state, cgroup, replay->now_us, &opening);
    if (rl_opening_why(&opening) != RL_REASON_NONE)
        return 0;
    return open_incident(replay, cgroup);
}

/* It is gone, or nobody looks at it any more, since nothing happens there. */
static int lose(struct rl_replay *replay, uint64_t id)
{
    struct rl_replay_running *running = running_at(&replay->state, id);

    if (!running)
        return 0;
    running->there = false;
    return advance(replay, running, NULL);
}

int rl_replay_try_note(struct rl_replay *replay, struct rl_note **note)
{
    const void *fixed = *note + 1;
    struct rl_replay_cgroup *cgroup;

    switch ((*note)->kind) {
    case RL_NOTE_SAMPLE:
        cgroup = rl_replay_cgroup_of(&replay->state, ((const struct rl_note_sample *)fixed)->id);
        return cgroup ? look(replay, cgroup) : 0;
    case RL_NOTE_COLD:
        return lose(replay, ((const struct rl_note_cold *)fixed)->id);
    case RL_NOTE_TABLE:
        return keep_table(replay, note);
    default:
        return 0;
    }
}
