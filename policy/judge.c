#include "judge.h"

#include <string.h>

/* How often it is looked at again what waits for a gate, or for evidence that it is this cgroup's.
 */
#define AGAIN_US (250 * RL_US_PER_MS)

#define HELD_LOOK_US                                                                               \
    (1 * RL_US_PER_S)                           /* while For= runs: lines without a window; while  \
                                                 * it must not act yet: at the most */
#define HELD_LOOK_FLOOR_US (25 * RL_US_PER_MS)  /* and with a short one */
#define HELD_GAP_FLOOR_US  (250 * RL_US_PER_MS) /* being late by that much hides nothing */

void rl_memory_clear(struct rl_memory *memory)
{
    memset(memory, 0, sizeof(*memory));
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static uint64_t bigger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* ---- whose shortage it is ---- */

enum proof {
    PROOF_NONE,   /* the lines speak for themselves */
    PROOF_EVENTS, /* of the cgroup's own limit */
    PROOF_ORIGIN, /* the cgroup, or the machine, is the origin */
};

/* What a line leaves open about whose shortage it shows. */
static enum proof line_proof(const struct rl_line *line)
{
    static const enum proof proofs[RL_LINE_KINDS] = {
        [RL_LINE_PRESSURE] = PROOF_ORIGIN,
        [RL_LINE_REFAULTS] = PROOF_ORIGIN,
        [RL_LINE_EVENTS] = PROOF_EVENTS,
    };

    if (line->kind == RL_LINE_EVENTS && line->counter == RL_COUNT_OOM_KILL)
        return PROOF_NONE;
    return proofs[line->kind];
}

static enum proof needed_proof(const struct rl_trigger *trigger)
{
    enum proof most = PROOF_NONE;

    for (size_t i = 0; i < trigger->n; i++)
        if (line_proof(&trigger->lines[i]) > most)
            most = line_proof(&trigger->lines[i]);
    return most;
}

static bool pressure_alone(const struct rl_trigger *trigger)
{
    for (size_t i = 0; i < trigger->n; i++)
        if (trigger->lines[i].kind != RL_LINE_PRESSURE)
            return false;
    return true;
}

static bool node_short(const struct rl_case *c)
{
    return c->node_origin && c->node_origin->verdict == RL_ORIGIN_NODE;
}

static void find_origin(const struct rl_case *c, struct rl_evidence *ret)
{
    uint64_t window = rl_policy_longest_window(c->policy);

    if (c->level)
        rl_origin_cgroup(c->history, c->level, c->have, c->now_us, window, ret);
    else
        rl_origin_node(c->history, c->node, c->refaults_limited, c->now_us, window, ret);
}

/* Is it the cgroup's own shortage (the machine's, for the root), as far as this trigger asks? */
static bool is_own(const struct rl_trigger *trigger, const struct rl_evidence *own)
{
    enum proof proof = needed_proof(trigger);

    if (proof == PROOF_NONE)
        return true;
    if (own->verdict == RL_ORIGIN_OWN || own->verdict == RL_ORIGIN_NODE)
        return true;
    return proof == PROOF_EVENTS && own->local_events > 0;
}

/* Why this trigger's shortage is not the one that it asks for; RL_READ_HOLDS when it is. Of the
 * machine there is but one. *ret_evidence is set to what proved it. */
static enum rl_reason blame(const struct rl_case *c, const struct rl_trigger *trigger,
    const struct rl_evidence *own, const struct rl_evidence **ret_evidence)
{
    *ret_evidence = own;
    if (own->throttled && pressure_alone(trigger))
        return RL_ORIGIN_CPU_THROTTLED;
    if (!c->level && trigger->origin == RL_WANT_NODE)
        return own->verdict == RL_ORIGIN_NODE ? RL_READ_HOLDS : RL_ORIGIN_UNATTRIBUTED;
    if (trigger->origin != RL_WANT_NODE && is_own(trigger, own))
        return RL_READ_HOLDS;
    if (c->level && trigger->origin != RL_WANT_OWN && node_short(c)) {
        *ret_evidence = c->node_origin;
        return RL_READ_HOLDS;
    }
    if (trigger->origin == RL_WANT_OWN && c->level && node_short(c))
        return RL_ORIGIN_NODE;
    return own->verdict;
}

/* ---- for how long, and past which gate ---- */

/* How often lines that hold are looked at while For= runs. */
static uint64_t held_look(const struct rl_trigger *trigger)
{
    uint64_t window = rl_trigger_shortest_window(trigger);
    uint64_t look = window > 0 ? window / 4 : HELD_LOOK_US;

    if (trigger->for_us > 0)
        look = smaller(look, trigger->for_us / 4);
    return bigger(look, HELD_LOOK_FLOOR_US);
}

/* When to ask again what was refused, without losing sight of the lines. */
static uint64_t again(const struct rl_trigger *trigger)
{
    return trigger->for_us > 0 ? smaller(AGAIN_US, held_look(trigger)) : AGAIN_US;
}

/* Did nobody look for so long that the lines may have failed meanwhile? */
static bool hidden(const struct rl_case *c, const struct rl_trigger *trigger, uint64_t seen_us)
{
    const struct rl_point *last = rl_history_last(c->history);
    uint64_t gap = bigger(2 * held_look(trigger), HELD_GAP_FLOOR_US);

    if (!last || c->now_us < seen_us || c->now_us - seen_us > gap)
        return true;
    return c->now_us > last->at_us && c->now_us - last->at_us > gap;
}

/* Keep in mind since when all lines of a trigger hold. Return: for how long. */
static uint64_t remember(
    const struct rl_case *c, const struct rl_trigger *trigger, size_t t, bool lines)
{
    uint64_t *since, *seen;

    if (!c->memory)
        return 0;
    since = &c->memory->held_since_us[t];
    seen = &c->memory->held_seen_us[t];
    if (c->since_us > 0)
        return lines && *since > 0 && *since < c->now_us ? c->now_us - *since : 0;
    if (!lines)
        *since = 0;
    else if (*since == 0 || hidden(c, trigger, *seen))
        *since = c->now_us;
    *seen = c->now_us;
    return lines ? c->now_us - *since : 0;
}

static bool passes_gate(const struct rl_case *c, const struct rl_trigger *trigger, size_t t)
{
    if (trigger->gate == RL_GATE_NONE)
        return true;
    return c->memory && rl_gate24_fail(&c->memory->gate[t], c->node->swap_free, c->now_us);
}

/* ---- one trigger ---- */

/* Its lines hold: does it? Sets *ret_next to when that could change. */
static enum rl_reason ask_further(const struct rl_case *c, const struct rl_verdict *verdict,
    size_t t, const struct rl_evidence **ret_evidence, uint64_t *ret_next)
{
    const struct rl_trigger *trigger = &c->policy->triggers[t];
    enum rl_reason why = blame(c, trigger, &verdict->origin, ret_evidence);
    uint64_t held = verdict->held_us[t];

    if (why != RL_READ_HOLDS) {
        *ret_next = c->now_us + again(trigger);
        return why;
    }
    if (c->since_us > 0)
        return RL_READ_HOLDS;
    if (held < trigger->for_us) {
        *ret_next = c->now_us + smaller(held_look(trigger), trigger->for_us - held);
        return RL_WAIT_FOR;
    }
    if (!passes_gate(c, trigger, t)) {
        *ret_next = c->now_us + again(trigger);
        return RL_WAIT_GATE;
    }
    return RL_READ_HOLDS;
}

/* The same where the policy must not act yet. A gate counts how often it is asked, and For= begins
 * with the first look that sees all lines hold: for these nothing changes. */
static uint64_t calm(
    const struct rl_trigger *trigger, enum rl_reason why, uint64_t now_us, uint64_t next_us)
{
    if (trigger->gate != RL_GATE_NONE || (trigger->for_us > 0 && why != RL_READ_HOLDS))
        return next_us;
    return bigger(next_us, now_us + smaller(held_look(trigger), HELD_LOOK_US));
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
    const struct rl_evidence *proof = NULL;

    *ret = (struct rl_verdict){.next_us = UINT64_MAX, .calm_us = UINT64_MAX};
    find_origin(c, &ret->origin);
    for (size_t t = 0; t < c->policy->n_triggers; t++) {
        const struct rl_trigger *trigger = &c->policy->triggers[t];
        bool lines = rl_trigger_read(trigger, &present, ret->readings[t]);
        uint64_t next = rl_trigger_earliest(trigger, &present);
        const struct rl_evidence *evidence = NULL;

        ret->held_us[t] = remember(c, trigger, t, lines);
        ret->why[t] = lines ? ask_further(c, ret, t, &evidence, &next) : RL_READ_BELOW;
        if (ret->why[t] == RL_READ_HOLDS && !ret->holds) {
            ret->holds = true;
            ret->trigger = (uint8_t)t;
            proof = evidence;
        }
        ret->next_us = smaller(next, ret->next_us);
        ret->calm_us = smaller(calm(trigger, ret->why[t], c->now_us, next), ret->calm_us);
    }
    if (proof == c->node_origin && proof)
        ret->origin = *proof;
    if (!ret->holds && ret->origin.throttled && ret->origin.verdict == RL_ORIGIN_OWN)
        ret->origin.verdict = RL_ORIGIN_CPU_THROTTLED;
}

uint64_t rl_judge_again(const struct rl_policy *policy, const struct rl_verdict *verdict,
    uint64_t now_us, uint64_t until_us)
{
    uint64_t next = smaller(verdict->calm_us, until_us);

    for (size_t t = 0; t < policy->n_triggers; t++)
        for (size_t i = 0; i < policy->triggers[t].n; i++) {
            uint64_t begin = until_us - smaller(policy->triggers[t].lines[i].window_us, until_us);

            if (begin > now_us && begin < next)
                next = begin;
        }
    return next;
}
