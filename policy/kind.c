#include "kind.h"

#include "wide.h"

const char *rl_kind_id(enum rl_kind kind)
{
    static const char *const ids[RL_KINDS] = {
        [RL_KIND_RELIEF] = "relief",
        [RL_KIND_REFUSED] = "refused",
        [RL_KIND_KERNEL_OOM] = "kernel-oom",
    };

    return (unsigned)kind < RL_KINDS ? ids[kind] : ids[RL_KIND_RELIEF];
}

static bool refuses(enum rl_reason outcome)
{
    static const enum rl_reason outcomes[] = {
        RL_OUTCOME_NO_VICTIM,
        RL_OUTCOME_VETOED,
        RL_OUTCOME_ALARM,
        RL_OUTCOME_HELD,
        RL_OUTCOME_FUTILE,
        RL_OUTCOME_NOTHING_DONE,
        RL_OUTCOME_FAILED,
        RL_WAIT_EXITING,
    };

    for (unsigned i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (outcomes[i] == outcome)
            return true;
    return false;
}

enum rl_kind rl_incident_kind(const struct rl_incident *incident)
{
    /* Asking the hooks that said no is all that was done. */
    bool acted = incident->outcome == RL_OUTCOME_VETOED ? incident->killed : incident->acted;

    return !acted && refuses(incident->outcome) ? RL_KIND_REFUSED : RL_KIND_RELIEF;
}

bool rl_refusal_again(struct rl_refusal *refusal, const struct rl_incident *incident,
    uint64_t now_us, uint64_t again_us)
{
    bool again = refusal->outcome == incident->outcome && now_us < refusal->until_us;
    uint64_t from_us = again_us > now_us ? again_us : now_us;

    if (rl_incident_kind(incident) != RL_KIND_REFUSED) {
        *refusal = (struct rl_refusal){0};
        return false;
    }
    *refusal = (struct rl_refusal){
        .outcome = incident->outcome,
        .until_us = from_us < UINT64_MAX - RL_REFUSAL_US ? from_us + RL_REFUSAL_US : UINT64_MAX,
        .repeats = again ? refusal->repeats + 1 : 0,
    };
    return again;
}

static bool is_near(const struct rl_line *line, const struct rl_reading *reading)
{
    if (!reading->known)
        return false;
    if (reading->holds)
        return true;
    if (line->kind == RL_LINE_HEADROOM)
        return rl_mul_div(reading->value, 3, 4) <= reading->threshold;
    return reading->value >= rl_mul_div(reading->threshold, 3, 4);
}

static bool trigger_near(const struct rl_trigger *trigger, const struct rl_reading *readings)
{
    for (unsigned i = 0; i < trigger->n; i++)
        if (!is_near(&trigger->lines[i], &readings[i]))
            return false;
    return trigger->n > 0;
}

enum rl_reason rl_foreseen(
    const struct rl_policy *policy, const struct rl_verdict *verdict, bool acting)
{
    if (!policy)
        return RL_FORESEEN_NO_POLICY;
    if (acting)
        return RL_FORESEEN_ACTING;
    if (!verdict)
        return RL_FORESEEN_UNSEEN;
    if (verdict->holds)
        return RL_FORESEEN_HELD;
    for (unsigned i = 0; i < policy->n_triggers; i++)
        if (trigger_near(&policy->triggers[i], verdict->readings[i]))
            return RL_FORESEEN_NEAR;
    return RL_FORESEEN_NOT;
}
