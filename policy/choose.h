/* Whom to choose. The caller gives all processes of the offender's subtree (or the best scored
 * of them, see rl_pool in daemon/observe) and all its cgroups; nothing is read here. */
#pragma once

#include "policy.h"

/* A cgroup of the offender's subtree. groups[0] is the offender; a parent stands before its
 * children. */
struct rl_group {
    uint64_t id;         /* cgroup id (inode of the directory) */
    const char *path;    /* absolute, leading / */
    int32_t parent;      /* index, -1 for the offender */
    bool omit;           /* user.oomd_omit, by systemd's ownership rule */
    bool avoid;          /* user.oomd_avoid */
    bool oom_group;      /* memory.oom.group=1 */
    bool holds_self;     /* reliefd lives in it or below */
    uint64_t anon, swap; /* bytes: what killing all of it would free */
    /* filled by rl_group_member() and rl_choose(); zero before */
    uint32_t processes;     /* direct members */
    uint32_t eligible;      /* of them and of all below, those that may be chosen */
    int64_t members_points; /* what all members hold, where anon and swap are not known */
    enum rl_reason spared;  /* why it may not die as a whole */
    int64_t points;
};

/* Tiers are emptied in this order. */
enum rl_tier {
    RL_TIER_PREFERRED,
    RL_TIER_PLAIN,
    RL_TIER_AVOIDED,
};

struct rl_candidate {
    struct rl_process process;
    enum rl_tier tier;
    int adjust; /* points of Adjust= lines, part of score.points */
    struct rl_score score;
    enum rl_reason spared;       /* RL_REASON_NONE: may be chosen */
    const struct rl_pattern *by; /* the Protect= pattern that spared it, or NULL */
};

struct rl_choice {
    bool found;
    enum rl_reason why; /* RL_OUTCOME_NO_VICTIM when nothing was found */
    enum rl_kill scope; /* what dies: one process, a cgroup whole, or the tree */
    int32_t candidate;  /* index of the chosen process; -1 where a cgroup was chosen as such */
    int32_t group;      /* index of the cgroup that dies, or of the process's own */
    int64_t points;
    bool widened;    /* memory.oom.group=1 made one process into its group */
    bool one_by_one; /* Kill=tree around members that must live: the others by pidfd */
};

struct rl_choosing {
    const struct rl_victim *victim;
    struct rl_scale scale;
    struct rl_candidate *candidates;
    size_t n_candidates;
    struct rl_group *groups;
    size_t n_groups;
};

/* Rate one process and say whether it may be chosen at all; fills score, spared and by. */
void rl_candidate_rate(const struct rl_victim *victim, const struct rl_scale *scale,
    const char *path, struct rl_candidate *candidate);

/* Enter a rated process into its cgroup and all above: members that may not die forbid killing
 * these as a whole. Call it for every process, also for those that a full pool drops. */
void rl_group_member(struct rl_group *groups, const struct rl_candidate *candidate);

/**
 * rl_choose() - pick the victim
 *
 * Kill=process takes the highest score; where memory.oom.group=1 holds between it and the
 * offender, the topmost such group dies whole, and a group with a member that may not be chosen
 * is passed over as a whole. Kill=cgroup takes the cgroup whose death frees most among those
 * that hold processes themselves; one under memory.oom.group=1 stands for its group. Kill=tree
 * takes the offender with all below; where a member must live (or the offender is the root) it
 * is one_by_one. Equal scores: the lower pid, the earlier cgroup.
 *
 * Marks candidates that only their group spares with that group's reason
 * (RL_SPARED_GROUP_PROTECTED, RL_SPARED_GROUP_HOLDS_SELF).
 */
void rl_choose(struct rl_choosing *choosing, struct rl_choice *ret);
