#include "sacrifice.h"

static bool is_child(const struct rl_candidate *child, const struct rl_candidate *parent)
{
    return child->process.ppid == parent->process.pid && child != parent &&
           (child->process.mm == 0 || child->process.mm != parent->process.mm);
}

/* Lists of children go by age. */
static bool is_older(const struct rl_process *a, const struct rl_process *b)
{
    return a->start_ticks != b->start_ticks ? a->start_ticks < b->start_ticks : a->pid < b->pid;
}

/* oom_kill_process of 2.6.12 to 2.6.35 (the first one), of 2.6.36 to 5.2 (the worst one; among
 * equals the first one it met). */
static bool goes_before(
    enum rl_sacrifice rule, const struct rl_candidate *a, const struct rl_candidate *b)
{
    if (rule == RL_SACRIFICE_WORST_CHILD && a->score.points != b->score.points)
        return a->score.points > b->score.points;
    return is_older(&a->process, &b->process);
}

void rl_sacrifice(const struct rl_choosing *choosing, struct rl_choice *choice)
{
    enum rl_sacrifice rule = choosing->victim->model->picking.sacrifice;
    const struct rl_candidate *parent, *best = NULL;

    if (rule == RL_SACRIFICE_NONE || !choice->found || choice->scope != RL_KILL_PROCESS)
        return;
    parent = &choosing->candidates[choice->candidate];
    for (size_t i = 0; i < choosing->n_candidates; i++) {
        const struct rl_candidate *k = &choosing->candidates[i];

        if (!is_child(k, parent) || k->spared != RL_REASON_NONE ||
            rl_oom_group_of(choosing->groups, (int32_t)k->process.cgroup) >= 0)
            continue;
        if (rule == RL_SACRIFICE_WORST_CHILD && k->score.points <= 0)
            continue;
        if (!best || goes_before(rule, k, best))
            best = k;
    }
    if (!best)
        return;
    choice->instead_of = choice->candidate;
    choice->candidate = (int32_t)(best - choosing->candidates);
    choice->group = (int32_t)best->process.cgroup;
    choice->points = best->score.points;
}
