#include "policy.h"

static const char *const kill_names[] = {
    [RL_KILL_PROCESS] = "process",
    [RL_KILL_CGROUP] = "cgroup",
    [RL_KILL_TREE] = "tree",
};

static const char *const fact_names[RL_FACTS] = {
    [RL_FACT_COMM] = "comm",
    [RL_FACT_EXE] = "exe",
    [RL_FACT_CMDLINE] = "cmdline",
    [RL_FACT_UID] = "uid",
    [RL_FACT_UNIT] = "unit",
    [RL_FACT_CGROUP] = "cgroup",
    [RL_FACT_MAIN] = "main",
    [RL_FACT_LEADER] = "leader",
};

#define NAME_OF(table, i)                                                                          \
    ((size_t)(i) < sizeof(table) / sizeof((table)[0]) ? (table)[(size_t)(i)] : NULL)

const char *rl_kill_name(enum rl_kill kill)
{
    return NAME_OF(kill_names, kill);
}

const char *rl_fact_name(enum rl_fact fact)
{
    return NAME_OF(fact_names, fact);
}

uint64_t rl_policy_longest_window(const struct rl_policy *policy)
{
    uint64_t longest = RL_US_PER_S;

    for (size_t t = 0; t < policy->n_triggers; t++) {
        const struct rl_trigger *trigger = &policy->triggers[t];

        for (size_t i = 0; i < trigger->n; i++)
            if (trigger->lines[i].window_us > longest)
                longest = trigger->lines[i].window_us;
    }
    return longest;
}

bool rl_policy_has_line(const struct rl_policy *policy, enum rl_line_kind kind)
{
    for (size_t t = 0; t < policy->n_triggers; t++)
        for (size_t i = 0; i < policy->triggers[t].n; i++)
            if (policy->triggers[t].lines[i].kind == kind)
                return true;
    return false;
}
