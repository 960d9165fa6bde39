/* Which policy is in force where. */
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/report/log.h"
#include "policy/kube.h"
#include "policy/match.h"

/* How long the name of a pod may be unknown before its cgroups get the policy that they have
 * without one. */
#define NAME_WAIT_S 5

bool rl_policy_timed(const struct rl_policy *policy)
{
    for (size_t i = 0; i < policy->n_triggers; i++)
        if (rl_trigger_timed(&policy->triggers[i]))
            return true;
    return false;
}

static bool is_limited(struct rl_engine *engine, const struct rl_cgroup *cgroup)
{
    int fd = rl_cgroup_open(rl_watch_tree(engine->watch), cgroup);
    bool limited;

    if (fd < 0)
        return false;
    limited = rl_limited_at(fd);
    close(fd);
    return limited;
}

static bool has_orders(const struct rl_guard *guard)
{
    return guard->high_share > 0 || guard->high_bytes > 0 || guard->oom_group != RL_EITHER ||
           guard->n_adj > 0;
}

static void apply_guard(struct rl_engine *engine, struct rl_cgroup *cgroup, const char *path)
{
    const struct rl_policy *policy = cgroup->policy;
    struct rl_guard_place place = {
        .id = cgroup->id, .path = path, .inherited = cgroup->subject != cgroup};
    int r;

    if (!engine->guardian || !engine->uses_guard || !cgroup->parent)
        return;
    place.fd = rl_cgroup_open(rl_watch_tree(engine->watch), cgroup);
    if (place.fd < 0)
        return;
    r = rl_guard_apply(engine->guardian, &place,
        policy && has_orders(&policy->guard) && !rl_engine_dry(engine, policy) ? &policy->guard
                                                                               : NULL);
    close(place.fd);
    if (r == RL_GUARD_MANAGED)
        rl_info("%s: [Guard] of policy %s is left out: kubelet manages that cgroup "
                "(Managed=override)",
            path, policy->name);
    else if (r < 0)
        rl_warning("%s: [Guard] cannot be kept: %s", path, strerror(-r));
}

void rl_attach_guard(struct rl_engine *engine, struct rl_cgroup *cgroup)
{
    char path[4096];

    rl_cgroup_path(cgroup, path, sizeof(path));
    apply_guard(engine, cgroup, path);
}

void rl_attach(struct rl_engine *engine, struct rl_cgroup *cgroup)
{
    const struct rl_policy_set *set = engine->policies;
    const struct rl_cgroup *parent = cgroup->parent;
    char path[4096], name[RL_POD_NAME_MAX];
    struct rl_place place = {.path = path};
    struct rl_kube kube;
    bool inherited;

    cgroup->policy = rl_tried_policy(engine, cgroup);
    if (cgroup->policy) {
        cgroup->subject = cgroup;
        return;
    }
    rl_cgroup_path(cgroup, path, sizeof(path));
    rl_past_follow(engine, cgroup->id, path);
    if (engine->uses_limited)
        place.limited = is_limited(engine, cgroup);
    if (engine->uses_pods) {
        rl_kube_parse(path, &kube);
        if (kube.pod[0] && engine->pods && rl_pods_name(engine->pods, kube.pod, name, sizeof(name)))
            place.pod_name = name;
    }
    cgroup->subject = NULL;
    if (engine->uses_pods && rl_now_us() / RL_US_PER_S - cgroup->born_s <= NAME_WAIT_S &&
        rl_match_undecided(set->policies, set->n, &place, true))
        return;
    cgroup->policy = rl_match_in_force(set->policies, set->n, &place,
        parent && parent->parent ? parent->policy : NULL, set->default_node_only, &inherited);
    if (cgroup->policy)
        cgroup->subject = inherited ? parent->subject : cgroup;
    if (cgroup->subject == cgroup && rl_policy_timed(cgroup->policy))
        engine->timed_pending = true;
    apply_guard(engine, cgroup, path);
}

/* What the policies ask for that costs something to know. */
static void find_uses(struct rl_engine *engine)
{
    const struct rl_policy_set *set = engine->policies;
    bool guarded = engine->uses_guard; /* what stands must be taken back once more */
    bool kin = false;

    engine->uses_limited = engine->uses_pods = engine->uses_node_origin = engine->uses_guard =
        false;
    for (size_t i = 0; i < set->n; i++) {
        const struct rl_policy *policy = &set->policies[i];

        engine->uses_limited |= policy->match.limited != RL_EITHER;
        engine->uses_pods |= policy->match.pods.n > 0;
        engine->uses_guard |= has_orders(&policy->guard);
        kin |= policy->victim.model->needs & RL_SCORE_NEEDS_CHILDREN;
        for (size_t t = 0; t < policy->n_triggers; t++)
            engine->uses_node_origin |= policy->triggers[t].origin != RL_WANT_OWN;
    }
    engine->uses_guard |= guarded;
    if (kin && rl_relations_grow(&engine->scratch.relations, engine->scratch.room.kin, true) < 0)
        rl_error("no memory for a table of children: score models that count them see none");
}

void rl_attach_all(struct rl_engine *engine)
{
    struct rl_cgroup *root = rl_tree_root(rl_watch_tree(engine->watch));

    find_uses(engine);
    for (struct rl_cgroup *c = root; c; c = rl_tree_next(root, c))
        rl_attach(engine, c);
}
