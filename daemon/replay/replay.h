/* Replaying a trace: the decisions that were taken are taken once more, or others' in their place,
 * by the functions that took them. */
#pragma once

#include "daemon/replay/state.h"

enum rl_told_kind {
    RL_TOLD_RUN,       /* another run of the daemon begins */
    RL_TOLD_WATCHED,   /* a policy was held against a cgroup for the first time, or another one */
    RL_TOLD_HELD_BACK, /* a trigger holds, but no incident was opened; once until that changes */
    RL_TOLD_OPENED,
    RL_TOLD_STEP,   /* taken, or passed over (why) */
    RL_TOLD_CHOSEN, /* somebody, or nobody (why) */
    RL_TOLD_ENDED,
    RL_TOLD_DIFFERENT, /* from what stands in the trace */
};

/* One thing that a replay tells. Pointers last as long as the call. */
struct rl_told {
    enum rl_told_kind kind;
    uint64_t at_us;  /* CLOCK_MONOTONIC of the trace */
    uint64_t line;   /* of the trace */
    uint64_t number; /* of the incident, 0: none */
    const char *id;  /* of the incident in the trace; NULL: it has none there */
    const char *cgroup, *policy, *trigger;
    const struct rl_replay_cgroup *looked; /* WATCHED, OPENED: as it was judged just now */
    const struct rl_step *step;
    enum rl_reason why;
    bool dry, by_hand, assuming;
    const struct rl_choice *choice; /* CHOSEN: indices into the state's pool and groups */
    const struct rl_replay_state *state;
    uint64_t age_us;             /* CHOSEN: how old the table of processes was */
    const char *what, *was, *is; /* DIFFERENT */
};

struct rl_replay_options {
    /* Try these policies instead of those in the trace; NULL: as it was. */
    const struct rl_policy_set *policies;
    /* With policies: [Budget] of reliefd.conf; 0 us: that of the trace. */
    uint32_t budget_kills;
    uint64_t budget_us;
    void (*tell)(void *userdata, const struct rl_told *told);
    void *userdata;
};

struct rl_replay_counts {
    uint64_t lines, samples, looks, choices, incidents, unknown;
    uint64_t lost;        /* notes that the daemon had no room for */
    uint64_t unheld;      /* choices among processes that are not all in the trace */
    uint64_t differences; /* from what stands in the trace */
    bool partial;         /* it is about some cgroups only: decisions cannot be compared */
    bool cut;             /* the last line is not whole */
    uint64_t first_us, last_us;
    /* With policies, for what a trace does not tell of: */
    bool budget_known; /* there was a budget, in the options or the trace: the last one */
    uint32_t budget_kills;
    uint64_t budget_us;
    uint64_t pod_policies; /* have Pod=: names are not in the trace, so that UIDs alone match */
    uint64_t
        limits_unknown; /* candidates' cgroups held against Limited= as if they had no limits */
};

struct rl_replay;

int rl_replay_new(const struct rl_replay_options *options, struct rl_replay **ret);
struct rl_replay *rl_replay_end(struct rl_replay *replay);

/**
 * rl_replay_line() - take in the next line, without its newline
 * @last: nothing follows; a line that is cut is no error then
 *
 * Return: 0; -EBADMSG with *ret_wrong (in a static buffer) for what is no line of a trace, or of a
 * version that is not known; -ENOMEM.
 */
int rl_replay_line(
    struct rl_replay *replay, const char *line, size_t len, bool last, const char **ret_wrong);

const struct rl_replay_counts *rl_replay_counts(const struct rl_replay *replay);
