#include "choose.h"

/* Does somebody elsewhere hold on to the address space of the chosen process? */
static bool shared_outside(const struct rl_choosing *c, uint32_t mm, int32_t top)
{
    for (size_t i = 0; mm != 0 && i < c->n_candidates; i++) {
        const struct rl_process *p = &c->candidates[i].process;
        int32_t group = (int32_t)p->cgroup;

        while (group >= 0 && group != top)
            group = c->groups[group].parent;
        if (p->mm == mm && group < 0)
            return true;
    }
    return false;
}

void rl_choice_own(
    const struct rl_choosing *choosing, const struct rl_policy *acting, struct rl_choice *choice)
{
    const struct rl_group *groups = choosing->groups;
    const struct rl_policy *own;
    int32_t group;

    if (!choice->found || choice->scope != RL_KILL_PROCESS || choice->fell_back)
        return;
    group = choice->group;
    own = groups[group].own;
    if (!own || own == acting || own->victim.kill == RL_KILL_PROCESS)
        return;
    if (own->victim.kill == RL_KILL_TREE)
        group = groups[group].subject;
    else
        group = rl_unit_of(groups, group);
    if (group < 0 || groups[group].spared != RL_REASON_NONE ||
        shared_outside(choosing, choice->mm, group))
        return;
    choice->scope = RL_KILL_CGROUP;
    choice->group = group;
    choice->mm = 0;
}
