/* One compiled policy, as conf/ builds it and everything in policy/ reads it.
 *
 * All strings and arrays belong to the policy set that holds the policy (struct rl_policy_set in
 * conf/load.h) and live as long as that set. Nothing in policy/ ever changes a policy. */
#pragma once

#include <signal.h>

#include "score.h"
#include "trigger.h"

/* One item of Cgroup=. */
struct rl_cgroup_glob {
    const char *glob;
    bool exclude; /* it began with ! */
};

enum rl_attach {
    RL_ATTACH_UNIT,    /* the file is named after a unit */
    RL_ATTACH_MATCH,   /* it has a [Match] section */
    RL_ATTACH_DEFAULT, /* default.conf and default-*.conf: always tried last */
};

struct rl_match {
    enum rl_attach attach;
    const char *unit; /* UNIT: the unit's name; "x@.service" stands for every instance */
    const struct rl_cgroup_glob *cgroups;
    size_t n_cgroups; /* 0 in a default: everything */
};

/* KIND:GLOB. One pattern is one or several of them joined by & ("exe:/usr/sbin/sshd&uid:0"). */
enum rl_fact {
    RL_FACT_COMM,
    RL_FACT_EXE,
    RL_FACT_UID,
    RL_FACT_UNIT,
    RL_FACT_CGROUP,
    RL_FACT_MAIN,
    RL_FACTS,
};

struct rl_term {
    enum rl_fact fact;
    const char *glob;
};

#define RL_TERMS_MAX 4

struct rl_pattern {
    const char *text; /* as written, for explanations */
    struct rl_term terms[RL_TERMS_MAX];
    uint8_t n;
    unsigned lineno;
};

enum rl_kill {
    RL_KILL_PROCESS,
    RL_KILL_CGROUP,
    RL_KILL_TREE,
};

struct rl_victim {
    enum rl_kill kill;
    const struct rl_model *model;
    const struct rl_pattern *protect;
    size_t n_protect;
};

enum rl_step_kind {
    RL_STEP_TERMINATE, /* SIGTERM, or the signal named */
    RL_STEP_KILL,      /* SIGKILL */
    RL_STEP_KINDS,
};

struct rl_step {
    enum rl_step_kind kind;
    int signal;
    uint64_t wait_us; /* before the next rung is considered */
    unsigned lineno;
};

struct rl_relief {
    struct rl_step steps[RL_STEPS_MAX];
    uint8_t n;
    uint64_t cooldown_us; /* per offender, from the end of its last kill */
};

struct rl_policy {
    const char *name;   /* file name without .conf */
    const char *source; /* path of the file, or "(built in)" */
    struct rl_match match;
    struct rl_trigger triggers[RL_TRIGGERS_MAX]; /* alternatives */
    uint8_t n_triggers;
    struct rl_victim victim;
    struct rl_relief relief;
    uint32_t needs; /* enum rl_have: inputs that its triggers read */
};

/* Names as the language spells them; NULL past the end. */
const char *rl_kill_name(enum rl_kill kill);
const char *rl_step_name(enum rl_step_kind kind);
const char *rl_fact_name(enum rl_fact fact);

/* Return: the longest window of all triggers, microseconds; at least one second. */
uint64_t rl_policy_longest_window(const struct rl_policy *policy);
