#include "daemon/trace/record.h"

#include <stdio.h>
#include <string.h>

void rl_trace_subject(const struct rl_cgroup *cgroup, uint64_t *ret, uint32_t *ret_up)
{
    const struct rl_cgroup *subject = cgroup->subject ? cgroup->subject : cgroup;

    *ret = subject->id;
    *ret_up = (uint32_t)(cgroup->depth - subject->depth);
}

void rl_trace_hot(struct rl_tracer *tracer, const struct rl_hot *hot)
{
    const struct rl_history *history = &hot->history;
    char path[RL_NOTE_PATH_MAX];
    size_t len = rl_cgroup_path(hot->cgroup, path, sizeof(path));
    struct rl_note_hot *note = rl_ring_take(
        tracer->ring, RL_NOTE_HOT, sizeof(*note) + history->n * sizeof(history->points[0]) + len);
    struct rl_point *points;

    if (!note)
        return;
    *note = (struct rl_note_hot){
        .id = hot->cgroup->id,
        .at_us = rl_now_us(),
        .restart_us = history->restart_us,
        .kernel_kill_us = history->kernel_kill_us,
        .memory = hot->memory,
        .held = hot->verdict.holds,
        .n = history->n,
        .path_len = (uint32_t)len,
    };
    if (hot->cgroup->policy)
        snprintf(note->policy, sizeof(note->policy), "%s", hot->cgroup->policy->name);
    rl_trace_subject(hot->cgroup, &note->subject, &note->subject_up);
    points = (struct rl_point *)(note + 1);
    memcpy(points, history->points, history->n * sizeof(history->points[0]));
    memcpy(points + history->n, path, len);
    rl_ring_put(tracer->ring);
}

void rl_trace_cold(struct rl_tracer *tracer, const struct rl_hot *hot)
{
    struct rl_note_cold *note = rl_ring_take(tracer->ring, RL_NOTE_COLD, sizeof(*note));

    if (!note)
        return;
    note->id = hot->cgroup->id;
    rl_ring_put(tracer->ring);
}

void rl_trace_node(struct rl_tracer *tracer, const struct rl_node *node, uint64_t now_us)
{
    struct rl_note_node *note;

    if (memcmp(node, &tracer->node, sizeof(*node)) == 0)
        return;
    tracer->node = *node;
    note = rl_ring_take(tracer->ring, RL_NOTE_NODE, sizeof(*note));
    if (!note)
        return;
    note->at_us = now_us;
    note->node = *node;
    rl_ring_put(tracer->ring);
}

void rl_trace_sample(struct rl_tracer *tracer, const struct rl_hot *hot,
    const struct rl_level *levels, size_t n, uint64_t now_us)
{
    struct rl_note_sample *note = rl_ring_take(
        tracer->ring, RL_NOTE_SAMPLE, sizeof(*note) + n * sizeof(*levels));

    if (!note)
        return;
    note->id = hot->cgroup->id;
    note->now_us = now_us;
    note->sample = hot->cgroup->files->sample;
    note->n = (uint32_t)n;
    memcpy(note + 1, levels, n * sizeof(*levels));
    rl_ring_put(tracer->ring);
}

void rl_trace_look(
    struct rl_tracer *tracer, const struct rl_hot *hot, bool asked, bool paused, uint64_t now_us)
{
    const struct rl_policy *policy = hot->cgroup->policy;
    const struct rl_verdict *verdict = &hot->verdict;
    struct rl_note_look *note = rl_ring_take(tracer->ring, RL_NOTE_LOOK, sizeof(*note));

    if (!note)
        return;
    note->id = hot->cgroup->id;
    note->now_us = now_us;
    snprintf(note->policy, sizeof(note->policy), "%s", policy->name);
    rl_trace_subject(hot->cgroup, &note->subject, &note->subject_up);
    note->have = hot->cgroup->files->sample.have;
    note->asked = asked;
    note->paused = paused;
    note->holds = verdict->holds;
    note->trigger = verdict->trigger;
    note->n = policy->n_triggers;
    for (size_t i = 0; i < note->n; i++)
        note->why[i] = verdict->why[i];
    note->origin = verdict->origin.verdict;
    note->next_us = verdict->next_us;
    rl_ring_put(tracer->ring);
}

void rl_trace_restart(struct rl_tracer *tracer, const struct rl_hot *hot, uint64_t now_us)
{
    struct rl_note_restart *note = rl_ring_take(tracer->ring, RL_NOTE_RESTART, sizeof(*note));

    if (!note)
        return;
    note->id = hot->cgroup->id;
    note->now_us = now_us;
    rl_ring_put(tracer->ring);
}

/* ---- choices ---- */

static size_t text_size(const struct rl_choosing *choosing)
{
    size_t size = 0;

    for (size_t i = 0; i < choosing->n_groups; i++) {
        const struct rl_group *group = &choosing->groups[i];

        size += strlen(group->path) + (group->own ? strlen(group->own->name) : 0);
    }
    return size;
}

/* Their sums as they are: what rl_group_member() has made of everybody. */
static void put_groups(const struct rl_choosing *choosing, struct rl_note_group *to, char *text)
{
    for (size_t i = 0; i < choosing->n_groups; i++) {
        const struct rl_group *group = &choosing->groups[i];

        to[i] = (struct rl_note_group){
            .group = *group,
            .path_len = (uint32_t)strlen(group->path),
            .policy_len = group->own ? (uint32_t)strlen(group->own->name) : 0,
        };
        to[i].group.path = NULL;
        to[i].group.own = NULL;
        memcpy(text, group->path, to[i].path_len);
        text += to[i].path_len;
        if (to[i].policy_len > 0)
            memcpy(text, group->own->name, to[i].policy_len);
        text += to[i].policy_len;
    }
}

static void put_processes(const struct rl_choosing *choosing, struct rl_note_process *to)
{
    for (size_t i = 0; i < choosing->n_candidates; i++)
        to[i] = (struct rl_note_process){
            .process = choosing->candidates[i].process,
            .vetoed = choosing->candidates[i].spared == RL_SPARED_VETOED,
            .failed = choosing->candidates[i].spared == RL_SPARED_FAILED,
        };
}

void rl_trace_table(struct rl_tracer *tracer, const struct rl_policy *policy,
    const struct rl_choosing *choosing, const struct rl_scratch *scratch, uint64_t id)
{
    size_t groups = choosing->n_groups * sizeof(struct rl_note_group);
    size_t processes = choosing->n_candidates * sizeof(struct rl_note_process);
    struct rl_note_table *note = rl_ring_take(
        tracer->ring, RL_NOTE_TABLE, sizeof(*note) + groups + processes + text_size(choosing));

    if (!note)
        return;
    note->incident = tracer->incident;
    note->id = id;
    note->at_us = rl_now_us();
    note->scale = choosing->scale;
    snprintf(note->policy, sizeof(note->policy), "%s", policy->name);
    note->kill = choosing->victim->kill;
    note->waited_out = choosing->waited_out;
    note->seen = scratch->pool.seen;
    note->foreign = scratch->foreign;
    note->homeless = scratch->homeless;
    note->n_groups = (uint32_t)choosing->n_groups;
    note->n_processes = (uint32_t)choosing->n_candidates;
    put_groups(
        choosing, (struct rl_note_group *)(note + 1), (char *)(note + 1) + groups + processes);
    put_processes(choosing, (struct rl_note_process *)((char *)(note + 1) + groups));
    rl_ring_put(tracer->ring);
}

void rl_trace_choice(struct rl_tracer *tracer, const struct rl_scratch *scratch)
{
    const struct rl_choice *choice = &scratch->choice;
    const struct rl_candidate *items = scratch->pool.items;
    struct rl_note_choice *note = rl_ring_take(tracer->ring, RL_NOTE_CHOICE, sizeof(*note));

    if (!note)
        return;
    note->incident = tracer->incident;
    note->found = choice->found;
    note->why = choice->why;
    if (choice->found) {
        note->scope = choice->scope;
        note->points = choice->points;
        note->widened = choice->widened;
        note->one_by_one = choice->one_by_one;
        note->fell_back = choice->fell_back;
        note->mm = choice->mm;
        snprintf(note->cgroup, sizeof(note->cgroup), "%s", scratch->groups[choice->group].path);
        if (choice->scope == RL_KILL_PROCESS) {
            note->pid = items[choice->candidate].process.pid;
            memcpy(note->comm, items[choice->candidate].process.comm, sizeof(note->comm));
        }
        if (choice->instead_of >= 0)
            note->instead_of = items[choice->instead_of].process.pid;
    }
    rl_ring_put(tracer->ring);
}

void rl_trace_follow(struct rl_tracer *tracer, uint64_t from, uint64_t to)
{
    struct rl_note_follow *note = rl_ring_take(tracer->ring, RL_NOTE_FOLLOW, sizeof(*note));

    if (!note)
        return;
    note->from = from;
    note->to = to;
    rl_ring_put(tracer->ring);
}
