/* What the patterns of a policy ask to know of processes. */
#include "choose.h"

#include "match.h"

#define BIT(fact) (1u << (fact))

static bool asks(const struct rl_pattern *pattern, uint32_t facts)
{
    for (size_t i = 0; i < pattern->n; i++)
        if (BIT(pattern->terms[i].fact) & facts)
            return true;
    return false;
}

/* What is asked in order to tell processes apart that may all be chosen. */
static bool order_asks(const struct rl_victim *victim, uint32_t facts)
{
    bool any = false;

    for (size_t i = 0; i < victim->n_avoid; i++)
        any = any || asks(&victim->avoid[i], facts);
    for (size_t i = 0; i < victim->n_prefer; i++)
        any = any || asks(&victim->prefer[i], facts);
    for (size_t i = 0; i < victim->n_adjust; i++)
        any = any || asks(&victim->adjust[i].pattern, facts);
    return any;
}

bool rl_victim_asks_little(const struct rl_victim *victim)
{
    return !order_asks(victim, BIT(RL_FACT_EXE) | BIT(RL_FACT_CMDLINE) | BIT(RL_FACT_UID));
}

bool rl_victim_asks_stat(const struct rl_victim *victim)
{
    return order_asks(victim, BIT(RL_FACT_COMM) | BIT(RL_FACT_LEADER));
}

bool rl_victim_has_fact(const struct rl_victim *victim, enum rl_fact fact)
{
    bool any = order_asks(victim, BIT(fact));

    for (size_t i = 0; i < victim->n_protect; i++)
        any = any || asks(&victim->protect[i], BIT(fact));
    return any;
}

bool rl_victim_asks_exe(const struct rl_victim *victim, const char *path)
{
    for (size_t i = 0; i < victim->n_adjust; i++)
        if (rl_match_asks(&victim->adjust[i].pattern, 1, RL_FACT_EXE, path))
            return true;
    return rl_match_asks(victim->protect, victim->n_protect, RL_FACT_EXE, path) ||
           rl_match_asks(victim->avoid, victim->n_avoid, RL_FACT_EXE, path) ||
           rl_match_asks(victim->prefer, victim->n_prefer, RL_FACT_EXE, path);
}
