/* Decisions of a replay: what the daemon's engine asks policy/, asked of a trace. */
#include <errno.h>
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

/* ---- whose shortage it is: as in daemon/blame.c ---- */

static bool is_origin(const struct rl_replay_cgroup *cgroup, uint64_t now_us, uint64_t window_us,
    struct rl_evidence *ret)
{
    if (is_root(cgroup))
        return false;
    rl_origin_cgroup(&cgroup->history, &cgroup->level, cgroup->sample.have, now_us, window_us, ret);
    return ret->verdict == RL_ORIGIN_OWN;
}

static bool below_origin(const struct rl_replay_state *state, const struct rl_replay_cgroup *cgroup,
    uint64_t now_us, uint64_t window_us)
{
    struct rl_evidence e;

    for (size_t i = 0; i < state->n_cgroups; i++)
        if (state->cgroups[i] != cgroup && rl_replay_holds(state->cgroups[i]->path, cgroup->path) &&
            is_origin(state->cgroups[i], now_us, window_us, &e))
            return true;
    return false;
}

static uint64_t blame_node(const struct rl_replay_state *state, const struct rl_replay_cgroup *root,
    uint64_t now_us, uint64_t window_us, struct rl_evidence *ret)
{
    struct rl_evidence e;
    uint64_t sum = 0;

    rl_origin_node(&root->history, &state->node, 0, now_us, window_us, ret);
    if (ret->verdict != RL_ORIGIN_NODE || ret->allocstalls > 0)
        return 0;
    for (size_t i = 0; i < state->n_cgroups; i++)
        if (is_origin(state->cgroups[i], now_us, window_us, &e) &&
            !below_origin(state, state->cgroups[i], now_us, window_us))
            sum += e.refaults;
    rl_origin_node(&root->history, &state->node, sum, now_us, window_us, ret);
    return sum;
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

/* ---- incidents: as in daemon/course.c ---- */

static uint64_t cooldown_left(const struct rl_replay_state *state, uint64_t id, uint64_t now_us)
{
    for (size_t i = 0; i < state->n_pasts; i++)
        if (state->pasts[i].id == id && state->pasts[i].until_us > now_us)
            return state->pasts[i].until_us - now_us;
    return 0;
}

static bool domain_busy(
    const struct rl_replay_state *state, const struct rl_replay_cgroup *cgroup, uint64_t now_us)
{
    for (size_t i = 0; i < RL_REPLAY_RUNNING_MAX; i++) {
        const struct rl_replay_running *running = &state->running[i];
        const struct rl_replay_cgroup *other = running->number != 0 && running->there
                                                   ? rl_replay_cgroup_of(state, running->id)
                                                   : NULL;

        if (other && (rl_replay_holds(other->path, cgroup->path) ||
                         rl_replay_holds(cgroup->path, other->path)))
            return true;
    }
    for (size_t i = 0; i < state->n_cgroups; i++) {
        const struct rl_replay_cgroup *other = state->cgroups[i];

        if (other != cgroup && other->verdict.holds && rl_replay_holds(cgroup->path, other->path) &&
            cooldown_left(state, other->id, now_us) == 0 && !other->paused)
            return true;
    }
    return false;
}

enum rl_reason rl_replay_may_open(
    struct rl_replay_state *state, const struct rl_replay_cgroup *cgroup, uint64_t now_us)
{
    if (cooldown_left(state, cgroup->id, now_us) > 0)
        return RL_WAIT_COOLDOWN;
    return domain_busy(state, cgroup, now_us) ? RL_WAIT_BUSY_DOMAIN : RL_REASON_NONE;
}

bool rl_replay_still_holds(
    const struct rl_replay_state *state, const struct rl_replay_running *running, uint64_t now_us)
{
    const struct rl_replay_cgroup *cgroup = running->there ? rl_replay_cgroup_of(state, running->id)
                                                           : NULL;
    struct rl_reading readings[RL_LINES_MAX];
    struct rl_present present;

    if (!cgroup || cgroup->sampled_us != now_us)
        return false;
    present = (struct rl_present){
        .history = &cgroup->history,
        .room = &cgroup->room,
        .have = cgroup->sample.have,
        .now_us = now_us,
        .since_us = running->incident.since_us,
    };
    return rl_trigger_read(&running->trigger, &present, readings);
}

struct rl_allowance rl_replay_allowance(struct rl_replay_state *state,
    const struct rl_replay_running *running, const struct rl_sample *now, uint64_t now_us)
{
    struct rl_replay_past *past = rl_replay_past_of(state, running->id);
    struct rl_allowance allowance = {.why = RL_REASON_NONE};

    if (past)
        allowance = rl_limit_allows(&past->kills, &running->relief, now_us);
    if (past && allowance.why == RL_REASON_NONE && rl_futile(&past->effect, now))
        allowance = (struct rl_allowance){.why = RL_WAIT_FUTILE,
            .instead = RL_REPEAT_ALARM,
            .kills = past->kills.n,
            .until_us = now_us + RL_FUTILE_HOLD_US};
    if (allowance.why != RL_REASON_NONE)
        return allowance;
    return rl_budget_allows(
        &state->budget, state->set->budget_kills, state->set->budget_us, now_us);
}

static bool failed_to_kill(const struct rl_replay_running *running)
{
    return running->incident.outcome == RL_OUTCOME_STUCK ||
           (running->incident.outcome == RL_OUTCOME_FAILED && running->refused);
}

uint64_t rl_replay_finish(
    struct rl_replay_state *state, struct rl_replay_running *running, uint64_t now_us)
{
    struct rl_replay_cgroup *cgroup = running->there ? rl_replay_cgroup_of(state, running->id)
                                                     : NULL;
    struct rl_replay_past *past = rl_replay_past_of(state, running->id);
    uint64_t cooldown = running->relief.cooldown_us, until;

    if (failed_to_kill(running) && cooldown > RL_FAILED_AGAIN_US)
        cooldown = RL_FAILED_AGAIN_US;
    until = now_us + cooldown;
    if (running->hold_until_us > until)
        until = running->hold_until_us;
    if (past) {
        past->until_us = until;
        if (running->counted ||
            (running->incident.dry && running->incident.killed && !running->tried))
            rl_limit_note(&past->kills, now_us);
    }
    if (cgroup) {
        cgroup->history.restart_us = now_us;
        rl_memory_clear(&cgroup->memory);
        cgroup->verdict.holds = false;
    }
    running->number = 0;
    return until;
}

/* ---- choices: as in daemon/decide.c ---- */

const struct rl_policy *rl_replay_match(
    const struct rl_replay_state *state, const char *path, bool limited)
{
    const struct rl_replay_set *set = state->set;
    struct rl_place place = {.path = path, .limited = limited};
    const struct rl_policy *policy = rl_match_policy(set->policies, set->n, &place, false);
    char above[RL_NOTE_PATH_MAX];
    size_t len = strlen(path);

    if (policy || len >= sizeof(above))
        return policy;
    memcpy(above, path, len + 1);
    for (char *slash; !policy && (slash = strrchr(above, '/')) && slash != above;) {
        *slash = '\0';
        place = (struct rl_place){.path = above};
        policy = rl_match_policy(set->policies, set->n, &place, false);
    }
    place = (struct rl_place){.path = path, .limited = limited};
    if (!policy && (!set->default_node_only || strcmp(path, "/") == 0))
        policy = rl_match_policy(set->policies, set->n, &place, true);
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

    return rl_replay_match(state, path, cgroup && cgroup->limited);
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
