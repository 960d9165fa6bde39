#include "judge.h"

/* How often pressure is looked at that is over its threshold, but not this cgroup's own. */
#define UNBLAMED_LOOK_US (250 * RL_US_PER_MS)

/* Which of its lines speak about pressure, and whether others speak as well. */
static bool has_pressure(const struct rl_trigger *trigger, bool *ret_alone)
{
    bool pressure = false;

    *ret_alone = true;
    for (size_t i = 0; i < trigger->n; i++) {
        if (trigger->lines[i].kind == RL_LINE_PRESSURE)
            pressure = true;
        else
            *ret_alone = false;
    }
    return pressure;
}

static void find_origin(const struct rl_case *c, struct rl_evidence *ret)
{
    uint64_t window = rl_policy_longest_window(c->policy);

    if (c->level)
        rl_origin_cgroup(c->history, c->level, c->have, c->now_us, window, ret);
    else
        rl_origin_node(c->history, c->node, c->now_us, window, ret);
}

/* Is it this cgroup's own shortage, as far as this trigger asks? */
static bool to_blame(const struct rl_trigger *trigger, const struct rl_evidence *origin)
{
    bool alone;

    if (!has_pressure(trigger, &alone))
        return true;
    if (alone && origin->throttled)
        return false;
    return origin->verdict == RL_ORIGIN_OWN || origin->verdict == RL_ORIGIN_NODE;
}

void rl_judge(const struct rl_case *c, struct rl_verdict *ret)
{
    struct rl_present present = {
        .history = c->history,
        .room = c->room,
        .have = c->have,
        .now_us = c->now_us,
        .since_us = c->since_us,
    };

    *ret = (struct rl_verdict){.next_us = UINT64_MAX};
    find_origin(c, &ret->origin);
    for (size_t t = 0; t < c->policy->n_triggers; t++) {
        const struct rl_trigger *trigger = &c->policy->triggers[t];
        bool lines = rl_trigger_read(trigger, &present, ret->readings[t]);
        uint64_t next = rl_trigger_earliest(trigger, &present);

        if (lines && !to_blame(trigger, &ret->origin)) {
            next = c->now_us + UNBLAMED_LOOK_US;
        } else if (lines && !ret->holds) {
            ret->holds = true;
            ret->trigger = (uint8_t)t;
        }
        if (next < ret->next_us)
            ret->next_us = next;
    }
    if (!ret->holds && ret->origin.throttled && ret->origin.verdict == RL_ORIGIN_OWN)
        ret->origin.verdict = RL_ORIGIN_CPU_THROTTLED;
}
