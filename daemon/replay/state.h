/* What a replay knows at one instant of a trace, and the decisions that follow from it: pure, but
 * for memory. Everything is decided by the functions of policy/ that the daemon calls, too. */
#pragma once

#include <jansson.h>

#include "conf/compile.h"
#include "conf/load.h"
#include "daemon/observe/procs.h"
#include "daemon/trace/line.h"
#include "policy/ending.h"
#include "policy/reach.h"

#define RL_REPLAY_RUNNING_MAX 8

/* Policies that were in force together, or are tried instead. */
struct rl_replay_set {
    struct rl_replay_set *before; /* kept: incidents outlive a reload */
    struct rl_compiled **compiled;
    struct rl_policy *policies; /* in order of precedence */
    bool *dry;                  /* of each: it pretends only */
    size_t n;
    bool default_node_only;
    uint32_t budget_kills;
    uint64_t budget_us;
};

/* A cgroup that is looked at. */
struct rl_replay_cgroup {
    uint64_t id;
    char *path;
    struct rl_history history;
    struct rl_memory memory;
    struct rl_sample sample; /* the newest */
    uint64_t sampled_us;     /* 0: never */
    struct rl_level level;
    struct rl_room room;
    bool limited; /* has a memory.high or memory.max of its own */
    const struct rl_policy *policy;
    uint64_t subject; /* of struct rl_reacher */
    uint32_t subject_up;
    struct rl_verdict verdict;
    bool paused;
};

struct rl_replay_past {
    uint64_t id;
    uint64_t until_us;
    struct rl_kills kills;
    struct rl_effect effect;
};

/* An incident that runs. */
struct rl_replay_running {
    uint64_t number; /* 0: free */
    uint64_t id;     /* the offender */
    bool there;      /* its cgroup is */
    struct rl_reach reach;
    struct rl_incident incident;
    struct rl_trigger trigger;
    struct rl_relief relief;
    bool by_hand, tried, allowed, counted, refused, chosen;
    uint64_t hold_until_us;
    bool held;                /* as it was asked last */
    struct rl_order order;    /* the newest */
    enum rl_reason allowance; /* how it must end, when no kill is allowed; else NONE */
    enum rl_reason choice;    /* why nobody was chosen; NONE: somebody was, or nobody asked */
    enum rl_reason step;      /* what the newest order came to, news for the next one */
    bool asked_allowance, asked_choice; /* since that order */
};

struct rl_replay_state {
    struct rl_replay_set *set; /* in force */
    struct rl_node node;
    struct rl_replay_cgroup **cgroups;
    size_t n_cgroups, size_cgroups;
    struct rl_suspect *suspects; /* as many as there are cgroups */
    size_t size_suspects;
    struct rl_replay_past *pasts;
    size_t n_pasts, size_pasts;
    struct rl_kills budget;
    struct rl_replay_running running[RL_REPLAY_RUNNING_MAX];
    struct rl_pool pool; /* of the newest choice, with */
    struct rl_group *groups;
    char *paths;
    size_t n_groups, size_groups, size_paths;
};

void rl_replay_free(struct rl_replay_state *state);
/* Forget all but the policies: another run of the daemon begins. */
void rl_replay_clear(struct rl_replay_state *state);

/* ---- sets.c ---- */

/* Put the policies of a "policies" line in force. Return: 0; -EBADMSG with what is wrong in
 * ret_wrong; -ENOMEM. */
int rl_replay_policies(
    struct rl_replay_state *state, const json_t *line, char *ret_wrong, size_t size);
/* Take over compiled policies from files instead; they are not owned and outlive the state. */
int rl_replay_use(struct rl_replay_state *state, const struct rl_policy_set *set,
    uint32_t budget_kills, uint64_t budget_us);
/* Return: the policy of that name in force, NULL when there is none. */
const struct rl_policy *rl_replay_policy(
    const struct rl_replay_state *state, const char *name, bool *ret_dry);

/* ---- state.c ---- */

struct rl_replay_cgroup *rl_replay_cgroup_of(const struct rl_replay_state *state, uint64_t id);
/* The one of that path that is looked at and was read; NULL: there is none. */
const struct rl_replay_cgroup *rl_replay_sampled(
    const struct rl_replay_state *state, const char *path);
/* Return: NULL when memory is out. */
struct rl_replay_past *rl_replay_past_of(struct rl_replay_state *state, uint64_t id);
struct rl_replay_running *rl_replay_running_of(struct rl_replay_state *state, uint64_t number);

/* Take in what was seen. Return: 0, -ENOMEM. */
int rl_replay_hot(struct rl_replay_state *state, const struct rl_note_hot *note);
void rl_replay_cold(struct rl_replay_state *state, uint64_t id);
void rl_replay_sample(struct rl_replay_state *state, const struct rl_note_sample *note);
int rl_replay_past(struct rl_replay_state *state, const struct rl_note_past *note);
void rl_replay_follow(struct rl_replay_state *state, const struct rl_note_follow *note);

/* ---- decide.c ---- */

/* Hold its policy against a cgroup, into its verdict. asked: whether the machine is short. */
void rl_replay_judge(
    struct rl_replay_state *state, struct rl_replay_cgroup *cgroup, bool asked, uint64_t now_us);

/* What stands in the way of an incident; pauses and room are the caller's matter. */
void rl_replay_opening(struct rl_replay_state *state, const struct rl_replay_cgroup *cgroup,
    uint64_t now_us, struct rl_opening *ret);

/* Open one in a free place, in the first moment of its course: what is said of it is the caller's
 * matter. Return: NULL where there is no place. */
struct rl_replay_running *rl_replay_open(struct rl_replay_state *state, uint64_t number,
    const struct rl_replay_cgroup *cgroup, const struct rl_trigger *trigger, bool dry,
    uint64_t now_us);

/* The end of the cooldown that a cgroup has, or shares. */
uint64_t rl_replay_cooldown(
    const struct rl_replay_state *state, const struct rl_replay_cgroup *cgroup);

/* Is there still a reason to act: with the windows since its last step? */
bool rl_replay_still_holds(
    const struct rl_replay_state *state, const struct rl_replay_running *running, uint64_t now_us);

/* May it kill? now: the offender. */
struct rl_allowance rl_replay_allowance(struct rl_replay_state *state,
    const struct rl_replay_running *running, const struct rl_sample *now, uint64_t now_us);

/**
 * rl_replay_choose() - choose from a table
 * @policy: the acting one
 * @own:    the policies of the table's groups: as the trace names them, or found by path among
 *          those in force
 *
 * Indices in *ret are those of state->pool and state->groups. Return: 0; -ENOMEM.
 */
enum rl_replay_own { RL_REPLAY_NAMED, RL_REPLAY_MATCHED };
int rl_replay_choose(struct rl_replay_state *state, const struct rl_note_table *table,
    const struct rl_policy *policy, enum rl_replay_own own, struct rl_choice *ret);

/* The policy for a path: its own file, else its nearest ancestor's, else the default. up: so many
 * levels up is the cgroup that it is for; may be NULL. */
const struct rl_policy *rl_replay_match(
    const struct rl_replay_state *state, const char *path, bool limited, uint32_t *ret_up);

/* What its end depends on. */
struct rl_ending rl_replay_ending(const struct rl_replay_running *running);
/* An incident is over: cooldown, kills, windows. Return: the end of its cooldown. */
uint64_t rl_replay_finish(
    struct rl_replay_state *state, struct rl_replay_running *running, uint64_t now_us);
