/* How many kills are enough: Limit= for one offender, [Budget] of reliefd.conf for all of them.
 *
 * Kills are remembered by their times; a rule "N per T" looks back over the last T. Plain data
 * without pointers, so that it can be written down and survive a restart. Nothing here is ever more
 * generous than the rule: more than RL_KILLS_MAX kills are not told apart, so that a larger N
 * counts as RL_KILLS_MAX. */
#pragma once

#include "policy.h"

/* Zero at the start. */
struct rl_kills {
    uint64_t at_us[RL_KILLS_MAX]; /* CLOCK_MONOTONIC, oldest first */
    uint32_t n;
    bool stopped; /* OnRepeat=stop has taken effect; cleared with rl_limit_restart() */
};

struct rl_allowance {
    enum rl_reason why; /* RL_REASON_NONE: a kill is allowed; RL_WAIT_LIMIT, RL_WAIT_BUDGET: not */
    enum rl_on_repeat instead; /* with RL_WAIT_LIMIT */
    uint32_t kills;            /* within the last T */
    uint64_t until_us;         /* when one is allowed again; UINT64_MAX: not before a restart. 0
                                * when it is allowed */
};

/**
 * rl_limit_allows() - may one more be killed in this offender
 * @kills: of the offender; changed only where OnRepeat=stop takes effect
 *
 * Ask only when a kill is due: with OnRepeat=stop the first refusal is the last word.
 */
struct rl_allowance rl_limit_allows(
    struct rl_kills *kills, const struct rl_relief *relief, uint64_t now_us);

/* May one more be killed at all, with max kills per per_us microseconds; max 0: no such rule. */
struct rl_allowance rl_budget_allows(
    const struct rl_kills *kills, uint32_t max, uint64_t per_us, uint64_t now_us);

/* How an incident ends that is one kill too many: RL_OUTCOME_*. Only of what is not allowed. */
enum rl_reason rl_allowance_outcome(const struct rl_allowance *allowance);

/* Remember a kill. One that is earlier than the newest (a clock that went back) counts as being
 * of its time. */
void rl_limit_note(struct rl_kills *kills, uint64_t now_us);

/* Two that turn out to be of one offender: all kills of the older one enter the newer one. */
void rl_limit_merge(struct rl_kills *kills, const struct rl_kills *older);

/* The policy was restarted: what OnRepeat=stop holds back may go on. Kills stay counted. */
void rl_limit_restart(struct rl_kills *kills);
