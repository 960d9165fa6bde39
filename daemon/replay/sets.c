/* The policies of a replay. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/replay/state.h"

static struct rl_replay_set *set_new(size_t n)
{
    struct rl_replay_set *set = calloc(1, sizeof(*set));

    if (!set)
        return NULL;
    set->compiled = calloc(n + 1, sizeof(struct rl_compiled *));
    set->policies = calloc(n + 1, sizeof(*set->policies));
    set->dry = calloc(n + 1, sizeof(*set->dry));
    if (set->compiled && set->policies && set->dry)
        return set;
    free(set->compiled);
    free(set->policies);
    free(set->dry);
    free(set);
    return NULL;
}

static void set_free(struct rl_replay_set *set)
{
    for (size_t i = 0; i < set->n; i++)
        rl_compiled_release(set->compiled[i]);
    free(set->compiled);
    free(set->policies);
    free(set->dry);
    free(set);
}

static void add(struct rl_replay_state *state, struct rl_replay_set *set)
{
    set->before = state->set;
    state->set = set;
}

#define SOURCES_MAX 256

static int compile(const json_t *json, struct rl_compiled **ret, char *ret_wrong, size_t size)
{
    const char *name = json_string_value(json_object_get(json, "name"));
    const json_t *list = json_object_get(json, "sources");
    struct rl_source sources[SOURCES_MAX];
    struct rl_findings findings = {0};
    size_t n = json_array_size(list);
    int r;

    snprintf(ret_wrong, size, "a policy has no name, or no text");
    if (!name || n == 0 || n > SOURCES_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < n; i++) {
        const json_t *one = json_array_get(list, i);
        const json_t *text = json_object_get(one, "text");
        const char *path = json_string_value(json_object_get(one, "path"));

        if (!path || !json_is_string(text))
            return -EBADMSG;
        sources[i] = (struct rl_source){path, json_string_value(text), json_string_length(text),
            json_is_true(json_object_get(one, "vendor"))};
    }
    r = rl_compile(name, sources, n, &findings, ret);
    if (r >= 0 && !*ret) {
        const struct rl_finding *f = findings.n > 0 ? &findings.items[findings.n - 1] : NULL;

        snprintf(ret_wrong, size, "policy '%s' is not understood: %s", name, f ? f->message : "?");
        r = -EBADMSG;
    }
    rl_findings_free(&findings);
    return r;
}

int rl_replay_policies(
    struct rl_replay_state *state, const json_t *line, char *ret_wrong, size_t size)
{
    const json_t *list = json_object_get(line, "policies");
    const json_t *settings = json_object_get(line, "settings");
    struct rl_replay_set *set = set_new(json_array_size(list));
    int r = 0;

    if (!set)
        return -ENOMEM;
    for (size_t i = 0; r >= 0 && i < json_array_size(list); i++) {
        const json_t *one = json_array_get(list, i);

        r = compile(one, &set->compiled[set->n], ret_wrong, size);
        if (r < 0)
            break;
        set->policies[set->n] = set->compiled[set->n]->policy;
        set->dry[set->n++] = json_is_true(json_object_get(one, "dry_run"));
    }
    if (r < 0) {
        set_free(set);
        return r;
    }
    set->default_node_only = json_is_true(json_object_get(line, "default_node_only"));
    set->budget_kills = (uint32_t)json_integer_value(json_object_get(settings, "budget_kills"));
    set->budget_us = (uint64_t)json_integer_value(json_object_get(settings, "budget_us"));
    add(state, set);
    return 0;
}

int rl_replay_use(struct rl_replay_state *state, const struct rl_policy_set *policies,
    uint32_t budget_kills, uint64_t budget_us)
{
    struct rl_replay_set *set = set_new(policies->n);

    if (!set)
        return -ENOMEM;
    memcpy(set->policies, policies->policies, policies->n * sizeof(*set->policies));
    for (size_t i = 0; i < policies->n; i++)
        set->dry[i] = policies->policies[i].relief.dry_run == RL_DRY_YES;
    set->n = policies->n;
    set->default_node_only = policies->default_node_only;
    set->budget_kills = budget_kills;
    set->budget_us = budget_us;
    add(state, set);
    return 0;
}

const struct rl_policy *rl_replay_policy(
    const struct rl_replay_state *state, const char *name, bool *ret_dry)
{
    for (size_t i = 0; state->set && i < state->set->n; i++) {
        if (strcmp(state->set->policies[i].name, name) != 0)
            continue;
        if (ret_dry)
            *ret_dry = state->set->dry[i];
        return &state->set->policies[i];
    }
    return NULL;
}

void rl_replay_free(struct rl_replay_state *state)
{
    struct rl_replay_set *before;

    rl_replay_clear(state);
    for (struct rl_replay_set *set = state->set; set; set = before) {
        before = set->before;
        set_free(set);
    }
    rl_pool_free(&state->pool);
    free(state->groups);
    free(state->paths);
    free(state->cgroups);
    free(state->pasts);
    free(state->suspects);
    *state = (struct rl_replay_state){0};
}
