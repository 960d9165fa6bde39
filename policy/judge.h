/* Whether to act on one cgroup now, with every number that led to the answer. */
#pragma once

#include "gate24.h"
#include "origin.h"
#include "policy.h"

/* What judging one cgroup remembers from look to look. Zero at the start; forgotten with
 * rl_memory_clear() when windows restart (a policy was reloaded, an incident ended, the machine
 * slept). */
struct rl_memory {
    uint64_t held_since_us[RL_TRIGGERS_MAX]; /* all lines hold since then; 0: they do not */
    uint64_t held_seen_us[RL_TRIGGERS_MAX];  /* when that was last seen */
    struct rl_gate24 gate[RL_TRIGGERS_MAX];
};

void rl_memory_clear(struct rl_memory *memory);

struct rl_verdict {
    bool holds;
    uint8_t trigger; /* the first one that holds */
    struct rl_evidence origin;
    struct rl_reading readings[RL_TRIGGERS_MAX][RL_LINES_MAX];
    enum rl_reason why[RL_TRIGGERS_MAX]; /* why each trigger does not hold: RL_READ_BELOW (a line),
                                          * RL_ORIGIN_* (whose shortage it is instead),
                                          * RL_WAIT_FOR, RL_WAIT_GATE; else RL_READ_HOLDS */
    uint64_t held_us[RL_TRIGGERS_MAX];   /* how long all its lines have held */
    uint64_t next_us;                    /* nothing can change before this instant */
    uint64_t calm_us; /* where it must not act yet: before this instant no window is ill-founded,
                       * and nothing is missed that For= or Gate= remember; for rl_judge_again() */
};

struct rl_case {
    const struct rl_policy *policy;
    const struct rl_history *history;
    const struct rl_room *room;   /* NULL when unknown */
    const struct rl_level *level; /* the cgroup's own; NULL for the machine */
    const struct rl_node *node;
    struct rl_memory *memory;              /* of this cgroup; changed. NULL: nothing is remembered,
                                            * and no For= or Gate= is ever fulfilled */
    const struct rl_evidence *node_origin; /* is the machine short: for Origin=node and any; NULL
                                            * when it was not looked at */
    uint64_t refaults_limited; /* the machine only: for rl_origin_node(), over the policy's longest
                                * window */
    uint32_t have;
    uint64_t now_us;
    uint64_t since_us; /* 0, or when the last step of its running incident ended */
};

/**
 * rl_judge() - hold a policy against one cgroup
 *
 * Holds when all lines of one trigger have held for its For=, its Gate= is passed, and the shortage
 * is the one that Origin= asks for: the cgroup's own (the machine's, for the root), the machine's,
 * or any of them. A trigger of level lines alone (Usage, Headroom, Swap, Growth) speaks about
 * limits and needs no attribution unless it says Origin=node. Events= without Pressure= or
 * Refaults= needs no more than events of the cgroup's own limit, and oom_kill not even these: it
 * names the cgroup by itself. verdict.origin is the evidence of the trigger that holds.
 *
 * For= counts from the first look that saw all lines hold to the newest one, whoever is to blame,
 * and begins anew when a line fails or when looks or samples are so far apart that it could have
 * failed unseen (half the shortest window, two seconds where there is none, and half of For= at
 * most). The gate is asked last, so that what it lets pass is never lost. While an incident runs
 * (since_us) neither counts any more, and the memory is left alone.
 */
void rl_judge(const struct rl_case *c, struct rl_verdict *ret);

/**
 * rl_judge_again() - when to look again at what holds, but must not act yet
 * @verdict:  of now_us
 * @until_us: from then on it may act: later than now_us; UINT64_MAX where nobody knows, and the
 *            end will be told
 *
 * What happens before until_us decides nothing, so that looks at the floor of rl_trigger_earliest()
 * would be for nothing. Looks are a quarter of the shortest window apart, as while For= runs, and a
 * second at most: records and people want to see what goes on. One more comes at the beginning of
 * each window that will end with until_us. What is judged then is what would be judged if it had
 * been looked at all the time.
 *
 * Return: CLOCK_MONOTONIC microseconds, later than now_us, until_us at the latest.
 */
uint64_t rl_judge_again(const struct rl_policy *policy, const struct rl_verdict *verdict,
    uint64_t now_us, uint64_t until_us);
