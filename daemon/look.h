/* The engine for whoever only looks: reliefctl where no reliefd runs, and top.
 *
 * It reads, judges and chooses with the functions by which reliefd does it, so that what is shown
 * is what would happen. It opens no incident, signals nobody and writes nothing, and says nothing
 * to the journal. What it needs and may not have (another user's files) is missing in what it
 * shows. */
#pragma once

#include <systemd/sd-event.h>

#include "daemon/observe/probe.h"
#include "daemon/observe/tree.h"
#include "policy/room.h"
#include "policy/score.h"

struct rl_look;

struct rl_look_options {
    const struct rl_probe *probe;     /* outlives the look */
    const char *const *policy_dirs;   /* as in struct rl_load_options; outlive the look */
    const char *const *settings_dirs; /* as in struct rl_settings_options */
    const char *state_dir;            /* of the last incidents; NULL: none */
};

/* Return: 0, or -errno. */
int rl_look_new(const struct rl_look_options *options, struct rl_look **ret);
struct rl_look *rl_look_free(struct rl_look *look);

/* What rl_engine_api answers: malloc'ed JSON texts, NULL with the reason. */
char *rl_look_status(struct rl_look *look, const char **ret_error);
char *rl_look_explain(struct rl_look *look, const char *what, const char **ret_error);

/* Take in what has changed in the tree, and look at what is due, for so long (0: what is there).
 * A look at hot cgroups fills their windows. Return: 0, or -errno. */
int rl_look_run(struct rl_look *look, uint64_t us);

/* Valid until the look is freed; cgroups until the next rl_look_run(). */
struct rl_tree *rl_look_tree(struct rl_look *look);

/* Find the policy of a cgroup anew: its limits may have changed. */
void rl_look_policy(struct rl_look *look, struct rl_cgroup *cgroup);

/* Of the policy in force there: its name, NULL for none; valid until the look is freed. */
const char *rl_look_policy_name(const struct rl_cgroup *cgroup);

enum rl_look_scope {
    RL_LOOK_NOBODY,
    RL_LOOK_PROCESS,
    RL_LOOK_CGROUP, /* it and all below die */
};

struct rl_look_victim {
    enum rl_look_scope scope;
    pid_t pid;
    char comm[16];
    const struct rl_cgroup
        *cgroup; /* of the process, or the one that dies; NULL: not in the tree */
    int64_t score;
    const char *why_nobody; /* a sentence; NULL where there is a victim */
};

/* Who would be chosen if this cgroup were short now: by its policy (nobody, with the
 * reason, where it has none), with the score of another model where one is given. Reads all
 * processes in and below it. */
void rl_look_choose(struct rl_look *look, struct rl_cgroup *cgroup, const struct rl_room *room,
    const struct rl_model *model, struct rl_look_victim *ret);

/* The model of a cgroup's policy; NULL for none. */
const struct rl_model *rl_look_model(const struct rl_cgroup *cgroup);
