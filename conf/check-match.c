/* What can be said of [Match], and of [Guard], once all of a policy's files are read. */
#include "conf/draft.h"

#include <errno.h>
#include <string.h>

#include "policy/match.h"
#include "policy/reach.h"

/* The lists of [Match]. */
static const struct {
    const char *key;
    size_t offset;
} lists[] = {
    {"Cgroup", offsetof(struct rl_match, cgroups)},
    {"Unit", offsetof(struct rl_match, units)},
    {"Pod", offsetof(struct rl_match, pods)},
    {"QoS", offsetof(struct rl_match, qos)},
    {"Container", offsetof(struct rl_match, containers)},
};
#define LISTS      (sizeof(lists) / sizeof(lists[0]))
#define FIRST_KUBE 2 /* from here on: even an exclusion matches nothing but pods */

static const struct rl_globs *list_at(const struct rl_match *match, size_t i)
{
    return (const struct rl_globs *)((const char *)match + lists[i].offset);
}

/* Those that name something, rather than exclude it. */
static size_t count_named(const struct rl_globs *globs)
{
    size_t n = 0;

    for (size_t i = 0; i < globs->n; i++)
        n += !globs->items[i].exclude;
    return n;
}

static bool is_root(const char *glob)
{
    return glob[strspn(glob, "/")] == '\0';
}

static bool names_only_root(const struct rl_match *match)
{
    for (size_t i = 0; i < match->cgroups.n; i++)
        if (!match->cgroups.items[i].exclude && !is_root(match->cgroups.items[i].glob))
            return false;
    return match->attach != RL_ATTACH_UNIT && count_named(&match->cgroups) > 0;
}

static bool is_said(const struct rl_match *match)
{
    for (size_t i = 0; i < LISTS; i++)
        if (list_at(match, i)->n)
            return true;
    return match->limited != RL_EITHER || match->level != RL_LEVEL_ANY;
}

/* The first list, where all lists together name nothing but exceptions. */
static const char *only_exclusions(const struct rl_match *match)
{
    const char *first = NULL;

    if (match->limited != RL_EITHER || match->level != RL_LEVEL_ANY)
        return NULL;
    for (size_t i = 0; i < LISTS; i++) {
        if (count_named(list_at(match, i)) || (i >= FIRST_KUBE && list_at(match, i)->n))
            return NULL;
        if (!first && list_at(match, i)->n)
            first = lists[i].key;
    }
    return first;
}

/* Say that a key can never match beside another. */
static void never(struct rl_draft *draft, bool set, const char *key, const char *beside)
{
    if (set)
        rl_draft_say(draft, RL_ERROR, rl_draft_given(draft, "Match", key), "contradiction",
            "%s=: nothing matches both this and %s", key, beside);
}

static bool names_only(const struct rl_globs *globs, const char *text)
{
    for (size_t i = 0; i < globs->n; i++)
        if (!globs->items[i].exclude && strcmp(globs->items[i].glob, text) != 0)
            return false;
    return count_named(globs) > 0;
}

static void check_root(struct rl_draft *draft)
{
    static const char root[] = "Cgroup=/, which is the root";
    const struct rl_match *match = &draft->policy->match;

    never(draft, count_named(&match->units), "Unit", root);
    never(draft, match->limited == RL_YES, "Limited", root);
    never(draft, match->level != RL_LEVEL_ANY, "Level", root);
    for (size_t i = FIRST_KUBE; i < LISTS; i++)
        never(draft, list_at(match, i)->n, lists[i].key, root);
}

static void check_level(struct rl_draft *draft)
{
    const struct rl_match *match = &draft->policy->match;
    bool qos = match->level == RL_LEVEL_QOS, pod = match->level == RL_LEVEL_POD;

    never(draft, qos && match->pods.n, "Pod", "Level=qos, which is above pods");
    never(draft, qos && match->containers.n, "Container", "Level=qos, which is above containers");
    never(draft, pod && match->containers.n, "Container", "Level=pod, which is above containers");
    never(draft, qos && names_only(&match->qos, "guaranteed"), "QoS",
        "Level=qos: guaranteed pods have no such level");
}

/* Kill=tree where the tree is the machine. */
static void check_tree(struct rl_draft *draft)
{
    const struct rl_policy *policy = draft->policy;
    const struct rl_written *place = rl_draft_given(draft, "Victim", "Kill");
    struct rl_place root = {.path = "/"};

    if (policy->victim.kill == RL_KILL_TREE && rl_match_cgroup(&policy->match, &root))
        rl_draft_say(draft, RL_ERROR, place, "tree-of-root",
            "Kill=tree would kill everything on the machine, since %s; expected process or cgroup",
            names_only_root(&policy->match) ? "Cgroup=/ is the root"
                                            : "[Match] names the root, too");
}

/* What is short of the machine's memory meets every other incident anyway. */
static void check_within(struct rl_draft *draft)
{
    const struct rl_policy *policy = draft->policy;
    const char *glob = policy->victim.within_glob;

    if (policy->victim.within == RL_WITHIN_GLOB && !names_only_root(&policy->match) &&
        rl_reach_everywhere(glob))
        rl_draft_say(draft, RL_WARNING, rl_draft_given(draft, "Victim", "Within"),
            "within-everywhere",
            "Within=%s: its first level has a wildcard and may mean any cgroup, so that while an "
            "incident of this policy runs no other one begins anywhere; write that level out, as "
            "in Within=system.slice/**",
            glob);
}

static void check_unit(struct rl_draft *draft, const struct rl_written *file)
{
    const struct rl_match *match = &draft->policy->match;

    if (draft->match_place.file)
        rl_draft_say(draft, RL_ERROR, &draft->match_place, "match-and-unit",
            "[Match] contradicts the file's name, by which it is for %s", match->unit);
    if (strcmp(match->unit, "-.slice") == 0)
        rl_draft_say(draft, RL_WARNING, file, "root-slice",
            "no cgroup is called -.slice, so this never counts; the root is Cgroup=/ in [Match] of "
            "a file of another name");
}

void rl_check_match(struct rl_draft *draft)
{
    const struct rl_match *match = &draft->policy->match;
    struct rl_written file = {.path = draft->policy->source};
    const char *list;

    check_within(draft);
    if (match->attach == RL_ATTACH_UNIT) {
        check_unit(draft, &file);
        return;
    }
    if (match->attach == RL_ATTACH_MATCH && !is_said(match)) {
        rl_draft_say(draft, RL_ERROR, draft->match_place.file ? &draft->match_place : &file,
            "no-match",
            "nothing says which cgroups this is for; expected [Match] with Cgroup= or the like, or "
            "a file named after a unit");
        return;
    }
    list = only_exclusions(match);
    if (list)
        rl_draft_say(draft, RL_WARNING, &draft->match_place, "only-exclusions",
            "%s= has exclusions only, so the policy is for every other cgroup", list);
    if (names_only_root(match))
        check_root(draft);
    check_level(draft);
    check_tree(draft);
}

static void take_guard_list(struct rl_draft *draft)
{
    const struct rl_draft_numbers *list = &draft->numbers[RL_NUMBERS_OOM_SCORE_ADJ];
    struct rl_guard *guard = &draft->policy->guard;
    struct rl_guard_adj *adj = rl_arena_alloc(draft->arena, list->n * sizeof(*adj));

    if (!adj) {
        draft->error = -ENOMEM;
        return;
    }
    for (size_t i = 0; i < list->n; i++)
        adj[i] = (struct rl_guard_adj){list->items[i].pattern, list->items[i].points};
    guard->adj = adj;
    guard->n_adj = list->n;
}

static bool has_throttle(const struct rl_relief *relief)
{
    for (uint8_t i = 0; i < relief->n; i++)
        if (relief->steps[i].kind == RL_STEP_THROTTLE)
            return true;
    return false;
}

/* Is it for nothing but cgroups that a kubelet has made? */
static bool is_kube_only(const struct rl_match *match)
{
    return match->level == RL_LEVEL_POD || match->level == RL_LEVEL_QOS || match->pods.n > 0 ||
           match->qos.n > 0;
}

/* What is left out in cgroups of a kubelet; orders: [Guard] has any. */
static void check_managed(struct rl_draft *draft, bool orders)
{
    const struct rl_written *managed = rl_draft_given(draft, "Guard", "Managed");
    const struct rl_policy *policy = draft->policy;
    bool throttles = has_throttle(&policy->relief);

    if (policy->guard.managed_override) {
        if (managed->file && !orders && !throttles)
            rl_draft_say(draft, RL_WARNING, managed, "no-effect",
                "Managed= has no effect without an order beside it, or Step=throttle");
        return;
    }
    if (throttles && is_kube_only(&policy->match))
        rl_draft_say(draft, RL_WARNING, rl_draft_given(draft, "Relief", "Step"), "managed",
            "Step=throttle is passed over in cgroups of the kubelet, which writes its own limits "
            "back; [Guard] Managed=override takes it all the same");
    if (orders && is_kube_only(&policy->match))
        rl_draft_say(draft, RL_WARNING,
            &draft->sections[rl_section_find(RL_POLICY_FILE, "Guard") - rl_sections], "managed",
            "[Guard] is left out in cgroups of the kubelet, which writes its own values back; "
            "Managed=override keeps it all the same");
}

void rl_check_guard(struct rl_draft *draft)
{
    struct rl_guard *guard = &draft->policy->guard;
    const struct rl_match *match = &draft->policy->match;
    const struct rl_written *high = rl_draft_given(draft, "Guard", "HighBelowMax");
    const struct rl_written *group = rl_draft_given(draft, "Guard", "OomGroup");
    const struct rl_written *section =
        &draft->sections[rl_section_find(RL_POLICY_FILE, "Guard") - rl_sections];
    bool sets_high = guard->high_share || guard->high_bytes;

    take_guard_list(draft);
    if (section->file && match->attach == RL_ATTACH_DEFAULT)
        rl_draft_say(draft, RL_ERROR, section, "guard-in-default",
            "[Guard] gives orders to cgroups that somebody chose; a default is for all others");
    if (sets_high && names_only_root(match))
        rl_draft_say(draft, RL_ERROR, high, "contradiction",
            "HighBelowMax=: Cgroup=/, which is the root, has no memory.max");
    if (guard->oom_group != RL_EITHER && names_only_root(match))
        rl_draft_say(draft, RL_ERROR, group, "contradiction",
            "OomGroup=: Cgroup=/, which is the root, has no memory.oom.group");
    if (sets_high)
        rl_draft_say(draft, RL_WARNING, high, "throttles-cache",
            "HighBelowMax= throttles page cache, too: who reads many files is slowed down there");
    check_managed(draft, sets_high || guard->oom_group != RL_EITHER || guard->n_adj > 0);
}
