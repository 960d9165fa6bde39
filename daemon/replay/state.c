/* What was seen, as it stands at one instant of a trace. */
#include "daemon/replay/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Room for one more. Return: false when memory is out. */
static bool grow(void **items, size_t n, size_t *size, size_t one)
{
    size_t more = *size > 0 ? 2 * *size : 64;
    void *bigger;

    if (n < *size)
        return true;
    bigger = realloc(*items, more * one);
    if (!bigger)
        return false;
    *items = bigger;
    *size = more;
    return true;
}

struct rl_replay_cgroup *rl_replay_cgroup_of(const struct rl_replay_state *state, uint64_t id)
{
    for (size_t i = 0; i < state->n_cgroups; i++)
        if (state->cgroups[i]->id == id)
            return state->cgroups[i];
    return NULL;
}

const struct rl_replay_cgroup *rl_replay_sampled(
    const struct rl_replay_state *state, const char *path)
{
    for (size_t i = 0; i < state->n_cgroups; i++)
        if (state->cgroups[i]->sampled_us > 0 && strcmp(state->cgroups[i]->path, path) == 0)
            return state->cgroups[i];
    return NULL;
}

struct rl_replay_past *rl_replay_past_of(struct rl_replay_state *state, uint64_t id)
{
    for (size_t i = 0; i < state->n_pasts; i++)
        if (state->pasts[i].id == id)
            return &state->pasts[i];
    if (!grow((void **)&state->pasts, state->n_pasts, &state->size_pasts, sizeof(*state->pasts)))
        return NULL;
    state->pasts[state->n_pasts] = (struct rl_replay_past){.id = id};
    return &state->pasts[state->n_pasts++];
}

struct rl_replay_running *rl_replay_running_of(struct rl_replay_state *state, uint64_t number)
{
    for (size_t i = 0; number != 0 && i < RL_REPLAY_RUNNING_MAX; i++)
        if (state->running[i].number == number)
            return &state->running[i];
    return NULL;
}

int rl_replay_hot(struct rl_replay_state *state, const struct rl_note_hot *note)
{
    const struct rl_point *points = (const struct rl_point *)(note + 1);
    struct rl_replay_cgroup *cgroup;

    rl_replay_cold(state, note->id);
    if (!grow((void **)&state->cgroups, state->n_cgroups, &state->size_cgroups,
            sizeof(struct rl_replay_cgroup *)) ||
        !grow((void **)&state->suspects, state->n_cgroups, &state->size_suspects,
            sizeof(*state->suspects)))
        return -ENOMEM;
    cgroup = calloc(1, sizeof(*cgroup));
    if (!cgroup)
        return -ENOMEM;
    cgroup->id = note->id;
    cgroup->path = strndup((const char *)(points + note->n), note->path_len);
    if (!cgroup->path) {
        free(cgroup);
        return -ENOMEM;
    }
    cgroup->history.n = (uint16_t)note->n;
    memcpy(cgroup->history.points, points, note->n * sizeof(*points));
    cgroup->history.restart_us = note->restart_us;
    cgroup->history.kernel_kill_us = note->kernel_kill_us;
    cgroup->memory = note->memory;
    cgroup->verdict.holds = note->held;
    cgroup->subject = note->subject;
    cgroup->subject_up = note->subject_up;
    state->cgroups[state->n_cgroups++] = cgroup;
    return 0;
}

static void cgroup_free(struct rl_replay_cgroup *cgroup)
{
    free(cgroup->path);
    free(cgroup);
}

void rl_replay_cold(struct rl_replay_state *state, uint64_t id)
{
    for (size_t i = 0; i < state->n_cgroups; i++) {
        if (state->cgroups[i]->id != id)
            continue;
        cgroup_free(state->cgroups[i]);
        state->cgroups[i] = state->cgroups[--state->n_cgroups];
        return;
    }
}

static bool is_root(const struct rl_replay_cgroup *cgroup)
{
    return cgroup->path[0] == '/' && !cgroup->path[1];
}

void rl_replay_sample(struct rl_replay_state *state, const struct rl_note_sample *note)
{
    struct rl_replay_cgroup *cgroup = rl_replay_cgroup_of(state, note->id);
    struct rl_level levels[RL_DEPTH_MAX + 1] = {0};

    if (!cgroup)
        return;
    memcpy(levels, note + 1, note->n * sizeof(levels[0]));
    rl_room_of(levels, note->n, &state->node, &cgroup->room);
    cgroup->level = levels[0];
    cgroup->limited = note->n > 0 &&
                      (levels[0].memory_high != RL_NO_LIMIT || levels[0].memory_max != RL_NO_LIMIT);
    cgroup->sample = note->sample;
    cgroup->sampled_us = note->now_us;
    rl_history_add(&cgroup->history, &note->sample, is_root(cgroup) ? &state->node : NULL);
}

int rl_replay_past(struct rl_replay_state *state, const struct rl_note_past *note)
{
    const uint64_t *times = (const uint64_t *)(note + 1);
    struct rl_kills kills = {.n = note->n, .stopped = note->stopped};
    struct rl_replay_past *past;

    memcpy(kills.at_us, times, note->n * sizeof(*times));
    if (note->id == 0) {
        state->budget = kills;
        return 0;
    }
    past = rl_replay_past_of(state, note->id);
    if (!past)
        return -ENOMEM;
    past->kills = kills;
    past->until_us = note->until_us;
    past->effect = note->effect;
    return 0;
}

void rl_replay_follow(struct rl_replay_state *state, const struct rl_note_follow *note)
{
    struct rl_replay_past *past = rl_replay_past_of(state, note->from), *newer = NULL;

    if (!past)
        return;
    for (size_t i = 0; i < state->n_pasts; i++)
        if (state->pasts[i].id == note->to)
            newer = &state->pasts[i];
    past->id = note->to;
    if (!newer)
        return;
    rl_limit_merge(&past->kills, &newer->kills);
    if (newer->until_us > past->until_us)
        past->until_us = newer->until_us;
    *newer = state->pasts[--state->n_pasts];
}

void rl_replay_clear(struct rl_replay_state *state)
{
    for (size_t i = 0; i < state->n_cgroups; i++)
        cgroup_free(state->cgroups[i]);
    state->n_cgroups = state->n_pasts = 0;
    state->budget = (struct rl_kills){0};
    memset(state->running, 0, sizeof(state->running));
}
