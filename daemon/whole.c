/* What a scratch with too little room does to "the whole cgroup dies". */
#include "daemon/engine-private.h"

struct rl_victim rl_whole_victim(const struct rl_scratch *s, const struct rl_policy *policy)
{
    struct rl_victim victim = policy->victim;

    if (s->homeless > 0 && victim.kill == RL_KILL_CGROUP)
        victim.kill = RL_KILL_PROCESS;
    return victim;
}
