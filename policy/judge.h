/* Whether to act on one cgroup now, with every number that led to the answer. */
#pragma once

#include "origin.h"
#include "policy.h"

struct rl_verdict {
    bool holds;
    uint8_t trigger; /* the first one that holds */
    struct rl_evidence origin;
    struct rl_reading readings[RL_TRIGGERS_MAX][RL_LINES_MAX];
    uint64_t next_us; /* nothing can change before this instant */
};

struct rl_case {
    const struct rl_policy *policy;
    const struct rl_history *history;
    const struct rl_room *room;   /* NULL when unknown */
    const struct rl_level *level; /* the cgroup's own; NULL for the machine */
    const struct rl_node *node;
    uint32_t have;
    uint64_t now_us;
    uint64_t since_us; /* 0, or when the last step of its running incident ended */
};

/**
 * rl_judge() - hold a policy against one cgroup
 *
 * Holds when all lines of one trigger hold and the shortage is the cgroup's own (or the
 * machine's, for the root). A trigger without a Pressure= line speaks about limits only and
 * needs no attribution.
 */
void rl_judge(const struct rl_case *c, struct rl_verdict *ret);
