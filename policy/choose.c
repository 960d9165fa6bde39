#include "choose.h"

#include <string.h>

#include "match.h"
#include "wide.h"

#define ADJ_NEVER (-1000)

/* Facts that keep a process out, whatever its score; the first that applies is the reason. */
static const struct {
    uint32_t flag;
    enum rl_reason reason;
} never[] = {
    {RL_PROCESS_KERNEL_THREAD, RL_SPARED_KERNEL_THREAD},
    {RL_PROCESS_SELF, RL_SPARED_SELF},
    {RL_PROCESS_SELF_ANCESTOR, RL_SPARED_SELF_ANCESTOR},
    {RL_PROCESS_DYING, RL_SPARED_DYING},
};

void rl_candidate_rate(const struct rl_victim *victim, const struct rl_scale *scale,
    const char *path, struct rl_candidate *candidate)
{
    const struct rl_process *process = &candidate->process;

    candidate->spared = RL_REASON_NONE;
    candidate->by = NULL;
    victim->model->rate(process, scale, &candidate->score);
    if (process->pid == 1)
        candidate->spared = RL_SPARED_INIT;
    for (size_t i = 0; i < sizeof(never) / sizeof(never[0]); i++)
        if (candidate->spared == RL_REASON_NONE && (process->flags & never[i].flag))
            candidate->spared = never[i].reason;
    /* Whatever the model knows of oom_score_adj. */
    if (candidate->spared == RL_REASON_NONE && process->oom_score_adj <= ADJ_NEVER)
        candidate->spared = RL_SPARED_ADJ_MINUS_1000;
    if (candidate->spared == RL_REASON_NONE && !candidate->score.eligible)
        candidate->spared = candidate->score.reason;
    /* Nothing held now is no reason to die with a group: Protect= is the stronger one. */
    if (candidate->spared == RL_REASON_NONE || candidate->spared == RL_SPARED_NO_MEMORY) {
        candidate->by = rl_match_any(victim->protect, victim->n_protect, process, path, true);
        if (candidate->by)
            candidate->spared = RL_SPARED_PROTECTED;
    }
}

/* Does such a member forbid killing its cgroup as a whole? Those that are dying or hold nothing
 * lose nothing by it. */
static enum rl_reason forbids(enum rl_reason spared)
{
    switch ((int)spared) {
    case RL_REASON_NONE:
    case RL_SPARED_DYING:
    case RL_SPARED_NO_MEMORY:
        return RL_REASON_NONE;
    case RL_SPARED_SELF:
        return RL_SPARED_GROUP_HOLDS_SELF;
    default:
        return RL_SPARED_GROUP_PROTECTED;
    }
}

void rl_group_member(struct rl_group *groups, const struct rl_candidate *candidate)
{
    enum rl_reason reason = forbids(candidate->spared);

    groups[candidate->process.cgroup].processes++;
    for (int32_t g = (int32_t)candidate->process.cgroup; g >= 0; g = groups[g].parent) {
        groups[g].members_points += candidate->score.memory_points;
        if (candidate->spared == RL_REASON_NONE)
            groups[g].eligible++;
        if (groups[g].spared == RL_REASON_NONE)
            groups[g].spared = reason;
    }
}

static void rate_groups(struct rl_choosing *c)
{
    for (size_t i = 0; i < c->n_groups; i++) {
        struct rl_group *g = &c->groups[i];
        uint64_t frees = g->swap > UINT64_MAX - g->anon ? UINT64_MAX : g->anon + g->swap;
        uint64_t points = rl_mul_div(frees, 1000, c->scale.available);

        g->points = frees == 0           ? g->members_points
                    : points > INT64_MAX ? INT64_MAX
                                         : (int64_t)points;
        if (g->spared == RL_REASON_NONE && (g->holds_self || strcmp(g->path, "/") == 0))
            g->spared = RL_SPARED_GROUP_HOLDS_SELF;
    }
}

/* The topmost cgroup with memory.oom.group=1 from this one up to the offender; -1: none. */
static int32_t oom_group_of(const struct rl_choosing *c, int32_t group)
{
    int32_t top = -1;

    for (int32_t g = group; g >= 0; g = c->groups[g].parent)
        if (c->groups[g].oom_group)
            top = g;
    return top;
}

static bool better(const struct rl_candidate *a, const struct rl_candidate *b)
{
    if (!b)
        return true;
    if (a->score.points != b->score.points)
        return a->score.points > b->score.points;
    return a->process.pid < b->process.pid;
}

static void choose_process(struct rl_choosing *c, struct rl_choice *ret)
{
    const struct rl_candidate *best = NULL;

    for (size_t i = 0; i < c->n_candidates; i++) {
        struct rl_candidate *k = &c->candidates[i];
        int32_t group = oom_group_of(c, (int32_t)k->process.cgroup);

        if (k->spared != RL_REASON_NONE)
            continue;
        if (group >= 0 && c->groups[group].spared != RL_REASON_NONE) {
            k->spared = c->groups[group].spared;
            continue;
        }
        if (!better(k, best))
            continue;
        best = k;
        *ret = (struct rl_choice){
            .found = true,
            .scope = group >= 0 ? RL_KILL_CGROUP : RL_KILL_PROCESS,
            .candidate = (int32_t)i,
            .group = group >= 0 ? group : (int32_t)k->process.cgroup,
            .points = k->score.points,
            .widened = group >= 0,
        };
    }
}

static void choose_cgroup(struct rl_choosing *c, struct rl_choice *ret)
{
    for (size_t i = 0; i < c->n_groups; i++) {
        int32_t top = oom_group_of(c, (int32_t)i);
        const struct rl_group *g = &c->groups[top >= 0 ? top : (int32_t)i];

        if (c->groups[i].processes == 0 || g->eligible == 0 || g->spared != RL_REASON_NONE)
            continue;
        if (ret->found && g->points <= ret->points)
            continue;
        *ret = (struct rl_choice){
            .found = true,
            .scope = RL_KILL_CGROUP,
            .candidate = -1,
            .group = (int32_t)(g - c->groups),
            .points = g->points,
            .widened = top >= 0 && top != (int32_t)i,
        };
    }
}

static void choose_tree(struct rl_choosing *c, struct rl_choice *ret)
{
    const struct rl_group *offender = &c->groups[0];

    if (offender->eligible == 0)
        return;
    *ret = (struct rl_choice){
        .found = true,
        .scope = RL_KILL_TREE,
        .candidate = -1,
        .group = 0,
        .points = offender->points,
        .one_by_one = offender->spared != RL_REASON_NONE,
    };
}

void rl_choose(struct rl_choosing *choosing, struct rl_choice *ret)
{
    static void (*const by_scope[])(struct rl_choosing * c, struct rl_choice * ret) = {
        [RL_KILL_PROCESS] = choose_process,
        [RL_KILL_CGROUP] = choose_cgroup,
        [RL_KILL_TREE] = choose_tree,
    };

    *ret = (struct rl_choice){.candidate = -1, .group = -1, .why = RL_OUTCOME_NO_VICTIM};
    if (choosing->n_groups == 0)
        return;
    rate_groups(choosing);
    by_scope[choosing->victim->kill](choosing, ret);
}
