/* Decisions of a replay: what the daemon's engine asks policy/, asked of a trace. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/replay/state.h"
#include "policy/match.h"

static bool is_root(const struct rl_replay_cgroup *cgroup)
{
    return cgroup->path[0] == '/' && !cgroup->path[1];
}

static struct rl_replay_cgroup *root_of(const struct rl_replay_state *state)
{
    for (size_t i = 0; i < state->n_cgroups; i++)
        if (is_root(state->cgroups[i]))
            return state->cgroups[i];
    return NULL;
}

/* ---- whose shortage it is ---- */

/* The index of the nearest one above among the suspects, which are all but the root. */
static int32_t nearest_above(const struct rl_replay_state *state, const char *path)
{
    int32_t index = -1, n = 0;
    size_t best = 0;

    for (size_t i = 0; i < state->n_cgroups; i++) {
        const char *above = state->cgroups[i]->path;

        if (is_root(state->cgroups[i]))
            continue;
        if (strlen(above) > best && strcmp(above, path) != 0 && rl_path_holds(above, path)) {
            best = strlen(above);
            index = n;
        }
        n++;
    }
    return index;
}

static size_t find_suspects(const struct rl_replay_state *state)
{
    size_t n = 0;

    for (size_t i = 0; i < state->n_cgroups; i++) {
        const struct rl_replay_cgroup *c = state->cgroups[i];

        if (!is_root(c))
            state->suspects[n++] = (struct rl_suspect){.history = &c->history,
                .level = &c->level,
                .have = c->sample.have,
                .above = nearest_above(state, c->path)};
    }
    return n;
}

static uint64_t blame_node(const struct rl_replay_state *state, const struct rl_replay_cgroup *root,
    uint64_t now_us, uint64_t window_us, struct rl_evidence *ret)
{
    uint64_t limited;

    rl_origin_node(&root->history, &state->node, 0, now_us, window_us, ret);
    if (!rl_origin_asks_limited(ret))
        return 0;
    limited = rl_origin_limited(state->suspects, find_suspects(state), now_us, window_us);
    rl_origin_node(&root->history, &state->node, limited, now_us, window_us, ret);
    return limited;
}

void rl_replay_judge(
    struct rl_replay_state *state, struct rl_replay_cgroup *cgroup, bool asked, uint64_t now_us)
{
    const struct rl_replay_cgroup *root = asked ? root_of(state) : NULL;
    struct rl_evidence node, own;
    struct rl_case c = {
        .policy = cgroup->policy,
        .history = &cgroup->history,
        .room = &cgroup->room,
        .level = is_root(cgroup) ? NULL : &cgroup->level,
        .node = &state->node,
        .memory = &cgroup->memory,
        .node_origin = root ? &node : NULL,
        .have = cgroup->sample.have,
        .now_us = now_us,
    };

    if (root)
        blame_node(state, root, now_us, RL_ORIGIN_NODE_WINDOW_US, &node);
    if (is_root(cgroup))
        c.refaults_limited = blame_node(
            state, cgroup, now_us, rl_policy_longest_window(cgroup->policy), &own);
    rl_judge(&c, &cgroup->verdict);
}

/* ---- incidents ---- */

static uint64_t cooldown_until(const struct rl_replay_state *state, uint64_t id)
{
    for (size_t i = 0; i < state->n_pasts; i++)
        if (state->pasts[i].id == id)
            return state->pasts[i].until_us;
    return 0;
}

static void reach_of(const struct rl_replay_cgroup *cgroup, struct rl_reach *ret)
{
    struct rl_reacher reacher = {
        .policy = cgroup->policy,
        .path = cgroup->path,
        .id = cgroup->id,
        .subject_id = cgroup->subject,
        .subject_up = cgroup->subject_up,
    };

    rl_reach_of(&reacher, ret);
}

static uint64_t until_of(const struct rl_replay_state *state, const struct rl_reach *reach)
{
    uint64_t own = cooldown_until(state, reach->offender_id);
    uint64_t shared = cooldown_until(state, reach->cooldown_id);

    return own > shared ? own : shared;
}

uint64_t rl_replay_cooldown(
    const struct rl_replay_state *state, const struct rl_replay_cgroup *cgroup)
{
    struct rl_reach reach;

    reach_of(cgroup, &reach);
    return until_of(state, &reach);
}

static bool is_busy(const struct rl_replay_state *state, const struct rl_replay_cgroup *cgroup,
    const struct rl_reach *reach, uint64_t now_us)
{
    struct rl_reach other;

    for (size_t i = 0; i < RL_REPLAY_RUNNING_MAX; i++)
        if (state->running[i].number != 0 && rl_reaches_meet(&state->running[i].reach, reach))
            return true;
    for (size_t i = 0; i < state->n_cgroups; i++) {
        const struct rl_replay_cgroup *c = state->cgroups[i];

        if (c == cgroup || !c->verdict.holds || c->paused)
            continue;
        reach_of(c, &other);
        if (rl_reach_first(&other, reach) && until_of(state, &other) <= now_us)
            return true;
    }
    return false;
}

void rl_replay_opening(struct rl_replay_state *state, const struct rl_replay_cgroup *cgroup,
    uint64_t now_us, struct rl_opening *ret)
{
    struct rl_reach reach;

    reach_of(cgroup, &reach);
    *ret = (struct rl_opening){
        .cooling = until_of(state, &reach) > now_us,
        .busy = is_busy(state, cgroup, &reach, now_us),
    };
}

struct rl_replay_running *rl_replay_open(struct rl_replay_state *state, uint64_t number,
    const struct rl_replay_cgroup *cgroup, const struct rl_trigger *trigger, bool dry,
    uint64_t now_us)
{
    struct rl_replay_running *running = NULL;

    for (size_t i = 0; i < RL_REPLAY_RUNNING_MAX && !running; i++)
        if (state->running[i].number == 0)
            running = &state->running[i];
    if (!running)
        return NULL;
    memset(running, 0, sizeof(*running));
    running->number = number;
    running->id = cgroup->id;
    running->there = true;
    running->trigger = *trigger;
    running->relief = cgroup->policy->relief;
    reach_of(cgroup, &running->reach);
    rl_incident_open(&running->incident, &running->trigger, dry, now_us);
    running->incident.beyond = rl_reach_beyond(&running->reach);
    return running;
}

bool rl_replay_still_holds(
    const struct rl_replay_state *state, const struct rl_replay_running *running, uint64_t now_us)
{
    const struct rl_replay_cgroup *cgroup = running->there ? rl_replay_cgroup_of(state, running->id)
                                                           : NULL;

    return cgroup && cgroup->sampled_us == now_us &&
           rl_still_holds(&running->incident, &running->trigger, &cgroup->history, &cgroup->room,
               cgroup->sample.have, now_us);
}

struct rl_allowance rl_replay_allowance(struct rl_replay_state *state,
    const struct rl_replay_running *running, const struct rl_sample *now, uint64_t now_us)
{
    struct rl_replay_past none = {0}, *past = rl_replay_past_of(state, running->id);
    struct rl_asking asking = {
        .kills = past ? &past->kills : &none.kills,
        .relief = &running->relief,
        .effect = past ? &past->effect : &none.effect,
        .now = now,
        .budget = &state->budget,
        .budget_kills = state->set->budget_kills,
        .budget_us = state->set->budget_us,
    };

    return rl_kill_allowed(&asking, now_us);
}

struct rl_ending rl_replay_ending(const struct rl_replay_running *running)
{
    return (struct rl_ending){
        .incident = &running->incident,
        .relief = &running->relief,
        .refused = running->refused,
        .counted = running->counted,
        .tried = running->tried,
        .hold_until_us = running->hold_until_us,
    };
}

static void begin_anew(struct rl_replay_cgroup *cgroup, uint64_t now_us)
{
    cgroup->history.restart_us = now_us;
    rl_memory_clear(&cgroup->memory);
    cgroup->verdict.holds = false;
}

/* The shortage that others saw before may be over with it. */
static void begin_others_anew(
    struct rl_replay_state *state, const struct rl_replay_running *running, uint64_t now_us)
{
    struct rl_reach other;

    for (size_t i = 0; i < state->n_cgroups; i++) {
        reach_of(state->cgroups[i], &other);
        if (state->cgroups[i]->id != running->id && rl_reaches_share(&other, &running->reach))
            begin_anew(state->cgroups[i], now_us);
    }
}

static void end_shared(struct rl_replay_state *state, const struct rl_replay_running *running,
    const struct rl_ending *ending, uint64_t now_us)
{
    struct rl_replay_past *past = rl_replay_past_of(state, running->reach.cooldown_id);
    uint64_t until = rl_ending_cooldown(ending, now_us);

    if (past && until > past->until_us)
        past->until_us = until;
    if (rl_ending_relieves(ending))
        begin_others_anew(state, running, now_us);
}

uint64_t rl_replay_finish(
    struct rl_replay_state *state, struct rl_replay_running *running, uint64_t now_us)
{
    struct rl_replay_cgroup *cgroup = running->there ? rl_replay_cgroup_of(state, running->id)
                                                     : NULL;
    struct rl_replay_past *past = rl_replay_past_of(state, running->id);
    struct rl_ending ending = rl_replay_ending(running);
    uint64_t until = rl_ending_until(&ending, now_us);

    if (past) {
        past->until_us = until;
        if (rl_ending_counts(&ending))
            rl_limit_note(&past->kills, now_us);
    }
    if (running->reach.cooldown_id != running->id)
        end_shared(state, running, &ending, now_us);
    if (cgroup)
        begin_anew(cgroup, now_us);
    running->number = 0;
    return until;
}

/* ---- choices: as in daemon/decide.c ---- */

const struct rl_policy *rl_replay_match(
    const struct rl_replay_state *state, const char *path, bool limited, uint32_t *ret_up)
{
    const struct rl_replay_set *set = state->set;
    const struct rl_policy *policy = NULL;
    char part[RL_NOTE_PATH_MAX];
    uint32_t up = 0;

    for (const char *end = path; *end;) {
        struct rl_place place = {.path = part};
        bool inherited;

        end += 1 + strcspn(end + 1, "/");
        snprintf(part, sizeof(part), "%.*s", (int)(end - path), path);
        place.limited = !*end && limited; /* of those above it is not known */
        policy = rl_match_in_force(
            set->policies, set->n, &place, policy, set->default_node_only, &inherited);
        up = inherited ? up + 1 : 0;
    }
    if (ret_up)
        *ret_up = up;
    return policy;
}

/* Room for the table's groups, their paths and its processes. */
static int make_room(struct rl_replay_state *state, const struct rl_note_table *table)
{
    const struct rl_note_group *groups = rl_note_groups(table);
    size_t paths = 0;

    for (size_t i = 0; i < table->n_groups; i++)
        paths += groups[i].path_len + groups[i].policy_len + 2;
    if (table->n_groups > state->size_groups) {
        free(state->groups);
        state->groups = calloc(table->n_groups, sizeof(*state->groups));
        state->size_groups = state->groups ? table->n_groups : 0;
    }
    if (paths > state->size_paths) {
        free(state->paths);
        state->paths = malloc(paths);
        state->size_paths = state->paths ? paths : 0;
    }
    if (table->n_processes > state->pool.size || !state->pool.items) {
        rl_pool_free(&state->pool);
        if (rl_pool_new(table->n_processes + 256, &state->pool) < 0)
            return -ENOMEM;
    }
    return state->size_groups < table->n_groups || state->size_paths < paths ? -ENOMEM : 0;
}

static char *take_text(char **to, const char **from, size_t len)
{
    char *text = *to;

    memcpy(text, *from, len);
    text[len] = '\0';
    *to += len + 1;
    *from += len;
    return text;
}

static const struct rl_policy *match_own(const struct rl_replay_state *state, const char *path)
{
    const struct rl_replay_cgroup *cgroup = rl_replay_sampled(state, path);

    return rl_replay_match(state, path, cgroup && cgroup->limited, NULL);
}

/* sums: those of members, too. */
static void fill_groups(struct rl_replay_state *state, const struct rl_note_table *table,
    enum rl_replay_own own, bool sums)
{
    const struct rl_note_group *groups = rl_note_groups(table);
    const char *from = rl_note_paths(table);
    char *to = state->paths;

    state->n_groups = table->n_groups;
    for (size_t i = 0; i < table->n_groups; i++) {
        struct rl_group *group = &state->groups[i];
        const struct rl_group *was = &groups[i].group;
        const char *path = take_text(&to, &from, groups[i].path_len);
        const char *policy = take_text(&to, &from, groups[i].policy_len);

        *group = *was;
        if (!sums)
            *group = (struct rl_group){.id = was->id,
                .parent = was->parent,
                .subject = was->subject,
                .omit = was->omit,
                .avoid = was->avoid,
                .oom_group = was->oom_group,
                .container = was->container,
                .holds_self = was->holds_self,
                .anon = was->anon,
                .swap = was->swap,
                .kernel = was->kernel,
                .shmem = was->shmem,
                .spared = was->spared == RL_SPARED_FAILED ? RL_SPARED_FAILED : RL_REASON_NONE};
        group->path = path;
        group->own = own == RL_REPLAY_MATCHED ? match_own(state, path)
                     : *policy                ? rl_replay_policy(state, policy, NULL)
                                              : NULL;
    }
}

static void rate(struct rl_replay_state *state, const struct rl_note_table *table,
    const struct rl_policy *policy)
{
    const struct rl_note_process *processes = rl_note_processes(table);

    rl_pool_clear(&state->pool, policy->victim.model);
    for (size_t i = 0; i < table->n_processes; i++) {
        struct rl_candidate candidate = {.process = processes[i].process};
        const struct rl_group *group = &state->groups[candidate.process.cgroup];

        rl_candidate_rate(&policy->victim, &table->scale, group->path, &candidate);
        if (group->own && group->own != policy)
            rl_candidate_rate_own(&group->own->victim, group->path, &candidate);
        if (rl_candidate_may_go(&candidate) && processes[i].vetoed)
            candidate.spared = RL_SPARED_VETOED;
        if (candidate.spared == RL_REASON_NONE && processes[i].failed)
            candidate.spared = RL_SPARED_FAILED;
        rl_group_member(state->groups, &candidate);
        rl_pool_add(&state->pool, &candidate);
    }
    rl_pool_sort(&state->pool);
}

int rl_replay_choose(struct rl_replay_state *state, const struct rl_note_table *table,
    const struct rl_policy *policy, enum rl_replay_own own, struct rl_choice *ret)
{
    struct rl_victim victim = policy->victim;
    struct rl_choosing choosing = {
        .victim = &victim,
        .waited_out = table->waited_out,
        .scale = table->scale,
    };
    int r = make_room(state, table);

    if (r < 0)
        return r;
    fill_groups(state, table, own, false);
    rate(state, table, policy);
    /* Of those that are not in the table only the sums are known. */
    if (table->seen > table->n_processes)
        fill_groups(state, table, own, true);
    choosing.candidates = state->pool.items;
    choosing.n_candidates = state->pool.n;
    choosing.groups = state->groups;
    choosing.n_groups = state->n_groups;
    rl_choose(&choosing, ret);
    rl_choice_own(&choosing, policy, ret);
    return 0;
}
