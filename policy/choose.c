#include "choose.h"

#include <stdlib.h>
#include <string.h>

#include "sacrifice.h"
#include "sharers.h"
#include "wide.h"

/* ---- what members mean for their cgroups ---- */

/* Does such a member forbid killing its cgroup as a whole? Those that are dying or hold nothing
 * lose nothing by it; those that free too little by themselves free it with the others. */
static enum rl_reason forbids(const struct rl_candidate *member)
{
    switch ((int)member->spared) {
    case RL_SPARED_DYING:
    case RL_SPARED_NO_MEMORY:
        return RL_REASON_NONE;
    case RL_SPARED_SELF:
        return RL_SPARED_GROUP_HOLDS_SELF;
    default:
        return rl_candidate_may_go(member) ? RL_REASON_NONE : RL_SPARED_GROUP_PROTECTED;
    }
}

static bool omitted(const struct rl_group *groups, int32_t group)
{
    while (group >= 0 && !groups[group].omit)
        group = groups[group].parent;
    return group >= 0;
}

static bool avoided(const struct rl_group *groups, int32_t group)
{
    while (group >= 0 && !groups[group].avoid)
        group = groups[group].parent;
    return group >= 0;
}

int32_t rl_oom_group_of(const struct rl_group *groups, int32_t group)
{
    int32_t top = -1;

    for (int32_t g = group; g >= 0; g = groups[g].parent)
        if (groups[g].oom_group)
            top = g;
    return top;
}

int32_t rl_unit_of(const struct rl_group *groups, int32_t group)
{
    int32_t top = group;

    for (int32_t g = group; g >= 0; g = groups[g].parent)
        if (groups[g].oom_group || groups[g].container)
            top = g;
    return top;
}

static uint64_t add(uint64_t a, uint64_t b)
{
    return b > UINT64_MAX - a ? UINT64_MAX : a + b;
}

/* Models may give as much as RL_POINTS_INFINITE: no sum of members means more. */
static int64_t add_points(int64_t a, int64_t b)
{
    int64_t sum;

    if (__builtin_add_overflow(a, b, &sum) || sum > RL_POINTS_MOST)
        return RL_POINTS_MOST;
    return sum;
}

static int further_from_0(int a, int b)
{
    if (abs(a) != abs(b))
        return abs(a) > abs(b) ? a : b;
    return a < b ? a : b;
}

/* What a member that is not dying adds to its cgroup or one above. */
static void take_member(struct rl_group *group, const struct rl_candidate *member)
{
    group->members++;
    if (rl_candidate_may_go(member)) {
        if (group->eligible++ == 0 || member->score.adj_points < group->adj_points)
            group->adj_points = member->score.adj_points;
    }
    group->members_points = add_points(group->members_points, member->score.memory_points);
    group->members_pages = add(group->members_pages, rl_process_own_pages(&member->process));
    group->adjust = further_from_0(group->adjust, member->adjust);
    if (member->tier == RL_TIER_AVOIDED)
        group->has_avoided = true;
}

/* What it holds will come back without anybody dying for it. Who holds nothing any more (a
 * zombie's address space is gone) is not worth waiting for. */
static bool is_exiting(const struct rl_process *process)
{
    bool holds = process->total_vm_pages > 0 || process->rss_pages > 0 || process->swap_pages > 0;

    return holds && (process->flags & RL_PROCESS_DYING) &&
           !(process->flags & RL_PROCESS_KERNEL_THREAD);
}

void rl_group_member(struct rl_group *groups, struct rl_candidate *candidate)
{
    int32_t own = (int32_t)candidate->process.cgroup, unit = rl_unit_of(groups, own);
    bool dying = candidate->spared == RL_SPARED_DYING;
    enum rl_reason reason;

    /* Nothing held now is no reason to die with the rest of the tree. */
    if (omitted(groups, own) &&
        (rl_candidate_may_go(candidate) || candidate->spared == RL_SPARED_NO_MEMORY))
        candidate->spared = RL_SPARED_OMITTED;
    if (avoided(groups, own))
        candidate->tier = RL_TIER_AVOIDED;
    reason = forbids(candidate);
    groups[own].processes++;
    for (int32_t g = own; g >= 0; g = groups[g].parent) {
        if (!dying)
            take_member(&groups[g], candidate);
        if (is_exiting(&candidate->process))
            groups[g].exiting++;
        if (!dying && candidate->tier == RL_TIER_PREFERRED && (g == own || g == unit))
            groups[g].has_preferred = true;
        if (groups[g].spared == RL_REASON_NONE)
            groups[g].spared = reason;
    }
}

/* ---- how much a cgroup weighs, and whether it may die whole ---- */

static bool beyond_max(const struct rl_choosing *c, const struct rl_group *group)
{
    return c->victim->max_processes > 0 && group->members > c->victim->max_processes;
}

/* 0: not known. */
static uint64_t group_frees(const struct rl_group *group)
{
    return add(add(group->anon, group->swap), group->kernel);
}

static int64_t group_points(const struct rl_choosing *c, const struct rl_group *g)
{
    uint64_t frees = group_frees(g);
    uint64_t points = rl_mul_div(frees, 1000, c->scale.available);
    int64_t memory = frees == 0               ? g->members_points
                     : points > INT64_MAX / 2 ? INT64_MAX / 2
                                              : (int64_t)points;

    return memory + g->adjust + (c->victim->model->by_request ? g->adj_points : 0);
}

/* Must it stay together, and be killed by nobody? */
static enum rl_reason group_spared(const struct rl_choosing *c, int32_t i)
{
    const struct rl_group *g = &c->groups[i];

    if (omitted(c->groups, i))
        return RL_SPARED_OMITTED;
    if (g->spared != RL_REASON_NONE)
        return g->spared;
    if (g->holds_self || strcmp(g->path, "/") == 0)
        return RL_SPARED_GROUP_HOLDS_SELF;
    /* An oom group dies whole or not at all: there is nothing to fall back to. */
    if (rl_oom_group_of(c->groups, i) == i && beyond_max(c, g))
        return RL_SPARED_GROUP_PROTECTED;
    return RL_REASON_NONE;
}

static void rate_groups(struct rl_choosing *c)
{
    for (size_t i = 0; i < c->n_groups; i++) {
        struct rl_group *g = &c->groups[i];

        g->points = group_points(c, g);
        g->spared = group_spared(c, (int32_t)i);
        if (g->has_avoided || avoided(c->groups, (int32_t)i))
            g->tier = RL_TIER_AVOIDED;
        else
            g->tier = g->has_preferred ? RL_TIER_PREFERRED : RL_TIER_PLAIN;
    }
}

/* Under MinSize=? What it holds is taken from its members where it has no numbers of its own. */
static bool too_small(const struct rl_choosing *c, const struct rl_group *g)
{
    rl_wide frees = group_frees(g);

    if (frees == 0)
        frees = (rl_wide)g->members_pages * c->scale.page_size;
    return frees < c->victim->min_bytes;
}

static bool is_below(const struct rl_group *groups, int32_t group, int32_t top)
{
    while (group >= 0 && group != top)
        group = groups[group].parent;
    return group == top;
}

/* ---- one process ---- */

/* A candidate stands for the group that would die with it. Return: may it be chosen? */
static bool take_group_of(struct rl_choosing *c, struct rl_candidate *k, int32_t group)
{
    if (k->spared != RL_REASON_NONE)
        return false;
    if (group < 0)
        return true;
    k->spared = c->groups[group].spared;
    if (c->groups[group].tier == RL_TIER_AVOIDED)
        k->tier = RL_TIER_AVOIDED;
    return k->spared == RL_REASON_NONE;
}

static const struct rl_choice nobody = {
    .candidate = -1, .group = -1, .instead_of = -1, .why = RL_OUTCOME_NO_VICTIM};

/* Of those in or below a cgroup. */
static void choose_process_below(struct rl_choosing *c, int32_t top, struct rl_choice *ret)
{
    const struct rl_candidate *best = NULL;

    for (size_t i = 0; i < c->n_candidates; i++) {
        struct rl_candidate *k = &c->candidates[i];
        int32_t own = (int32_t)k->process.cgroup, group = rl_oom_group_of(c->groups, own);

        if (!is_below(c->groups, own, top) || !take_group_of(c, k, group))
            continue;
        if (best && !rl_candidate_before(c->victim->model, k, best))
            continue;
        best = k;
        *ret = (struct rl_choice){
            .found = true,
            .scope = group >= 0 ? RL_KILL_CGROUP : RL_KILL_PROCESS,
            .candidate = (int32_t)i,
            .group = group >= 0 ? group : own,
            .points = k->score.points,
            .widened = group >= 0,
            .instead_of = -1,
        };
    }
    for (size_t i = 0; best && best->tier < RL_TIER_AVOIDED && i < c->n_candidates; i++)
        if (c->candidates[i].tier == RL_TIER_AVOIDED && c->candidates[i].spared == RL_REASON_NONE)
            c->candidates[i].spared = RL_SPARED_AVOIDED;
}

static void choose_process(struct rl_choosing *c, struct rl_choice *ret)
{
    choose_process_below(c, 0, ret);
    rl_sacrifice(c, ret);
}

/* The cgroup that was chosen has too many processes to die at once. */
static void fall_back(struct rl_choosing *c, int32_t group, struct rl_choice *ret)
{
    *ret = nobody;
    choose_process_below(c, group, ret);
    if (!ret->found && group != 0)
        choose_process_below(c, 0, ret);
    ret->fell_back = ret->found;
}

/* ---- a cgroup, a tree ---- */

static bool may_die_whole(const struct rl_choosing *c, struct rl_group *g)
{
    if (g->eligible == 0 || g->spared != RL_REASON_NONE)
        return false;
    if (too_small(c, g))
        g->spared = RL_SPARED_TOO_SMALL;
    return g->spared == RL_REASON_NONE;
}

static void mark_avoided_groups(struct rl_choosing *c)
{
    for (size_t i = 0; i < c->n_groups; i++) {
        struct rl_group *g = &c->groups[i];

        if (g->tier == RL_TIER_AVOIDED && g->spared == RL_REASON_NONE && g->processes > 0)
            g->spared = RL_SPARED_AVOIDED;
    }
}

static void choose_cgroup(struct rl_choosing *c, struct rl_choice *ret)
{
    const struct rl_group *best = NULL;

    for (size_t i = 0; i < c->n_groups; i++) {
        int32_t unit = rl_unit_of(c->groups, (int32_t)i);
        struct rl_group *g = &c->groups[unit];

        if (c->groups[i].processes == 0 || !may_die_whole(c, g))
            continue;
        if (best && (g->tier > best->tier || (g->tier == best->tier && g->points <= best->points)))
            continue;
        best = g;
        *ret = (struct rl_choice){
            .found = true,
            .scope = RL_KILL_CGROUP,
            .candidate = -1,
            .group = (int32_t)(g - c->groups),
            .points = g->points,
            .widened = g->oom_group && unit != (int32_t)i,
            .instead_of = -1,
        };
    }
    if (best && beyond_max(c, best))
        fall_back(c, ret->group, ret);
    else if (best && best->tier < RL_TIER_AVOIDED)
        mark_avoided_groups(c);
}

static void choose_tree(struct rl_choosing *c, struct rl_choice *ret)
{
    struct rl_group *offender = &c->groups[0];

    if (offender->eligible == 0)
        return;
    if (too_small(c, offender)) {
        offender->spared = RL_SPARED_TOO_SMALL;
        return;
    }
    if (beyond_max(c, offender)) {
        fall_back(c, 0, ret);
        return;
    }
    *ret = (struct rl_choice){
        .found = true,
        .scope = RL_KILL_TREE,
        .candidate = -1,
        .group = 0,
        .points = offender->points,
        .one_by_one = offender->spared != RL_REASON_NONE,
        .instead_of = -1,
    };
}

void rl_choose(struct rl_choosing *choosing, struct rl_choice *ret)
{
    static void (*const by_scope[])(struct rl_choosing * c, struct rl_choice * ret) = {
        [RL_KILL_PROCESS] = choose_process,
        [RL_KILL_CGROUP] = choose_cgroup,
        [RL_KILL_TREE] = choose_tree,
    };

    const struct rl_picking *picking = &choosing->victim->model->picking;

    *ret = nobody;
    if (choosing->n_groups == 0)
        return;
    if (picking->sharers)
        rl_sharers_settle(choosing);
    rate_groups(choosing);
    if (picking->waits && !choosing->waited_out && choosing->groups[0].exiting > 0) {
        ret->why = RL_WAIT_EXITING;
        return;
    }
    by_scope[choosing->victim->kill](choosing, ret);
    if (picking->sharers && ret->found && ret->scope == RL_KILL_PROCESS)
        ret->mm = choosing->candidates[ret->candidate].process.mm;
}
