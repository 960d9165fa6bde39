#include "ending.h"

bool rl_ending_failed(const struct rl_ending *ending)
{
    enum rl_reason outcome = ending->incident->outcome;

    return outcome == RL_OUTCOME_STUCK || (outcome == RL_OUTCOME_FAILED && ending->refused);
}

uint64_t rl_ending_cooldown(const struct rl_ending *ending, uint64_t now_us)
{
    uint64_t cooldown = ending->relief->cooldown_us;

    if (rl_ending_failed(ending) && cooldown > RL_FAILED_AGAIN_US)
        cooldown = RL_FAILED_AGAIN_US;
    return now_us + cooldown;
}

uint64_t rl_ending_until(const struct rl_ending *ending, uint64_t now_us)
{
    uint64_t until = rl_ending_cooldown(ending, now_us);

    return ending->hold_until_us > until ? ending->hold_until_us : until;
}

bool rl_ending_counts(const struct rl_ending *ending)
{
    const struct rl_incident *incident = ending->incident;

    return ending->counted || (incident->dry && incident->killed && !ending->tried);
}

bool rl_ending_relieves(const struct rl_ending *ending)
{
    const struct rl_incident *incident = ending->incident;

    return incident->gone || (incident->dry && incident->killed);
}

bool rl_step_counts(const struct rl_ending *ending, const struct rl_step *step, bool signalled)
{
    const struct rl_step_traits *traits = rl_step_traits(step->kind);

    return !ending->counted && !ending->incident->dry && !ending->tried && traits->kills &&
           (!traits->signals || signalled);
}

struct rl_allowance rl_kill_allowed(const struct rl_asking *asking, uint64_t now_us)
{
    struct rl_allowance allowance = rl_limit_allows(asking->kills, asking->relief, now_us);

    if (allowance.why != RL_REASON_NONE)
        return allowance;
    if (asking->now && rl_futile(asking->effect, asking->now))
        return (struct rl_allowance){.why = RL_WAIT_FUTILE,
            .instead = RL_REPEAT_ALARM,
            .kills = asking->kills->n,
            .until_us = now_us + RL_FUTILE_HOLD_US};
    return rl_budget_allows(asking->budget, asking->budget_kills, asking->budget_us, now_us);
}

bool rl_still_holds(const struct rl_incident *incident, const struct rl_trigger *trigger,
    const struct rl_history *history, const struct rl_room *room, uint32_t have, uint64_t now_us)
{
    struct rl_reading readings[RL_LINES_MAX];
    struct rl_present present = {
        .history = history,
        .room = room,
        .have = have,
        .now_us = now_us,
        .since_us = incident->since_us,
    };

    return rl_trigger_read(trigger, &present, readings);
}
