/* What a cgroup's own policy, and a scratch with too little room, do to "the whole cgroup dies". */
#include "daemon/engine-private.h"

static int32_t index_of(const struct rl_scratch *scratch, const struct rl_cgroup *cgroup)
{
    for (size_t i = 0; i < scratch->n_groups; i++)
        if (scratch->seats[i].cgroup == cgroup)
            return (int32_t)i;
    return -1;
}

/* Does somebody elsewhere hold on to the address space of the chosen process? */
static bool shared_outside(const struct rl_scratch *s, int32_t top)
{
    for (size_t i = 0; s->choice.mm != 0 && i < s->pool.n; i++) {
        const struct rl_process *p = &s->pool.items[i].process;
        int32_t group = (int32_t)p->cgroup;

        while (group >= 0 && group != top)
            group = s->groups[group].parent;
        if (p->mm == s->choice.mm && group < 0)
            return true;
    }
    return false;
}

void rl_whole_own(struct rl_scratch *s, const struct rl_policy *acting)
{
    struct rl_choice *choice = &s->choice;
    const struct rl_cgroup *cgroup;
    int32_t group;

    if (!choice->found || choice->scope != RL_KILL_PROCESS || choice->fell_back || s->homeless > 0)
        return;
    cgroup = s->seats[choice->group].cgroup;
    if (!cgroup->policy || cgroup->policy == acting ||
        cgroup->policy->victim.kill == RL_KILL_PROCESS)
        return;
    if (cgroup->policy->victim.kill == RL_KILL_TREE && cgroup->subject)
        cgroup = cgroup->subject;
    group = index_of(s, cgroup);
    if (group >= 0 && cgroup->policy->victim.kill == RL_KILL_CGROUP)
        group = rl_unit_of(s->groups, group);
    if (group < 0 || s->groups[group].spared != RL_REASON_NONE || shared_outside(s, group))
        return;
    choice->scope = RL_KILL_CGROUP;
    choice->group = group;
    choice->mm = 0;
}

struct rl_victim rl_whole_victim(const struct rl_scratch *s, const struct rl_policy *policy)
{
    struct rl_victim victim = policy->victim;

    if (s->homeless > 0 && victim.kill == RL_KILL_CGROUP)
        victim.kill = RL_KILL_PROCESS;
    return victim;
}
