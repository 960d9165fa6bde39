/* One compiled policy, as conf/ builds it and everything in policy/ reads it.
 *
 * All strings and arrays belong to the policy set that holds the policy (struct rl_policy_set in
 * conf/load.h) and live as long as that set. Nothing in policy/ ever changes a policy. */
#pragma once

#include <signal.h>

#include "score.h"
#include "trigger.h"

/* One item of Cgroup=, Unit=, Pod=, QoS=, Container=. */
struct rl_cgroup_glob {
    const char *glob;
    bool exclude; /* it began with ! */
};

struct rl_globs {
    const struct rl_cgroup_glob *items;
    size_t n; /* 0: everything */
};

enum rl_tristate {
    RL_EITHER,
    RL_NO,
    RL_YES,
};

enum rl_attach {
    RL_ATTACH_UNIT,    /* the file is named after a unit */
    RL_ATTACH_MATCH,   /* it has a [Match] section */
    RL_ATTACH_DEFAULT, /* default.conf and default-*.conf: always tried last */
};

/* [Match] Level=: which level of a Kubernetes pod, see kube.h. */
enum rl_level_kind {
    RL_LEVEL_ANY,
    RL_LEVEL_CONTAINER,
    RL_LEVEL_POD,
    RL_LEVEL_QOS,
};

struct rl_match {
    enum rl_attach attach;
    const char *unit;           /* UNIT: the unit's name; "x@.service" stands for every instance */
    struct rl_globs cgroups;    /* paths */
    struct rl_globs units;      /* last path element */
    struct rl_globs pods;       /* "namespace/name" where it is known, and the pod's UID */
    struct rl_globs qos;        /* guaranteed, burstable, besteffort */
    struct rl_globs containers; /* the container's id */
    enum rl_tristate limited;   /* has a memory.high or memory.max of its own */
    enum rl_level_kind level;   /* ANY where not said */
};

/* KIND:GLOB. One pattern is one or several of them joined by & ("exe:/usr/sbin/sshd&uid:0"). */
enum rl_fact {
    RL_FACT_COMM,
    RL_FACT_EXE,
    RL_FACT_CMDLINE,
    RL_FACT_UID,
    RL_FACT_UNIT,
    RL_FACT_CGROUP,
    RL_FACT_MAIN,
    RL_FACT_LEADER, /* of its session: a login shell, what a terminal was opened for, a daemon */
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

enum rl_within {
    RL_WITHIN_OFFENDER,
    RL_WITHIN_SUBJECT,
    RL_WITHIN_GLOB,
};

/* Adjust=KIND:GLOB +N */
struct rl_adjust {
    struct rl_pattern pattern;
    int points;
};

struct rl_victim {
    enum rl_kill kill;
    const struct rl_model *model;
    enum rl_within within;
    const char *within_glob; /* GLOB: cgroup paths */
    const struct rl_pattern *protect;
    size_t n_protect;
    const struct rl_pattern *avoid; /* chosen only when nobody else can be */
    size_t n_avoid;
    const struct rl_pattern *prefer; /* chosen before all others */
    size_t n_prefer;
    const struct rl_adjust *adjust;
    size_t n_adjust;
    uint64_t min_bytes;     /* smaller ones are passed over; 0: no such rule */
    uint32_t max_processes; /* more die only one at a time; 0: no such rule */
};

/* From the mildest to the hardest; what is true of each is in step.h. */
enum rl_step_kind {
    RL_STEP_WARN,      /* tells those who can help themselves */
    RL_STEP_HOOK,      /* runs a program, which may veto the victim */
    RL_STEP_RECLAIM,   /* memory.reclaim of the offender */
    RL_STEP_THROTTLE,  /* memory.high and cpu.max of the offender, until the incident ends */
    RL_STEP_FREEZE,    /* cgroup.freeze of the offender, until the incident ends */
    RL_STEP_TERMINATE, /* SIGTERM, or the signal named */
    RL_STEP_KILL,      /* SIGKILL */
    RL_STEP_RESTART,   /* by systemd: the victim's unit */
    RL_STEP_PANIC,     /* of the kernel */
    RL_STEP_KINDS,
};

struct rl_step {
    enum rl_step_kind kind;
    int signal;          /* TERMINATE, KILL */
    uint64_t wait_us;    /* before the next rung is considered */
    uint64_t bytes;      /* RECLAIM SIZE */
    uint32_t share;      /* RECLAIM N%: of what is in use; THROTTLE N%: that may stay; hundredths of
                          * a percent, 0: not given */
    uint32_t cpu_share;  /* THROTTLE ... cpu M%: of one processor; 0: cpu.max is left alone */
    const char *command; /* HOOK: an absolute path */
    const char *const *args; /* HOOK: what follows the path; ends in NULL */
    bool stop;               /* RESTART stop: it is not started again */
    bool desktop;            /* WARN desktop: by a notification, too */
    uint8_t level;           /* WARN: enum rl_warn_level; RL_WARN_NONE: by its place */
    unsigned lineno;
};

/* What to do instead of a kill when Limit= is used up. */
enum rl_on_repeat {
    RL_REPEAT_ALARM, /* say it loudly, and do nothing */
    RL_REPEAT_HOLD,  /* leave it alone until the time of Limit= is over */
    RL_REPEAT_STOP,  /* leave this cgroup alone until reliefd or the policy is restarted */
};

enum rl_on_no_victim {
    RL_NO_VICTIM_LOG,
    RL_NO_VICTIM_PANIC, /* needs AllowPanic=yes in reliefd.conf */
};

enum rl_dry {
    RL_DRY_NO,
    RL_DRY_YES,
    RL_DRY_AUTO,  /* while another such daemon runs */
    RL_DRY_UNTIL, /* until its dry runs have proven right: dry_until */
};

/* DryRun=until N confirmed [regret<N%], see grade.h */
struct rl_dry_until {
    uint32_t confirmed; /* at least */
    uint32_t regret;    /* below; hundredths of a percent */
};

struct rl_relief {
    struct rl_step steps[RL_STEPS_MAX];
    uint8_t n;
    uint64_t cooldown_us; /* per offender, from the end of its last incident */
    uint32_t limit;       /* kills per offender within limit_us; 0: no such rule */
    uint64_t limit_us;
    enum rl_on_repeat on_repeat;
    enum rl_on_no_victim on_no_victim;
    enum rl_dry dry_run;
    struct rl_dry_until dry_until;
};

/* [Guard]: standing orders for matched cgroups, undone when reliefd stops. */
struct rl_guard_adj {
    struct rl_pattern pattern;
    int oom_score_adj;
};

struct rl_guard {
    bool high_relative;         /* HighBelowMax=N% rather than SIZE */
    uint32_t high_share;        /* hundredths of a percent of memory.max; */
    uint64_t high_bytes;        /* 0 and 0: no such order */
    enum rl_tristate oom_group; /* memory.oom.group */
    const struct rl_guard_adj *adj;
    size_t n_adj;
    bool managed_override; /* Managed=override: also where the kubelet manages it; throttle, too */
};

struct rl_policy {
    const char *name;   /* file name without .conf */
    const char *source; /* path of the file, or "(built in)" */
    struct rl_match match;
    struct rl_trigger triggers[RL_TRIGGERS_MAX]; /* alternatives */
    uint8_t n_triggers;
    struct rl_victim victim;
    struct rl_relief relief;
    struct rl_guard guard;
    bool vendor;    /* from the vendor's folder: reaches outside its subject only by AllowWithin= */
    uint32_t needs; /* enum rl_have: inputs that its triggers read */
    uint64_t text;  /* of all its files' text: another one where anything was changed */
};

/* Names as the language spells them; NULL past the end. */
const char *rl_kill_name(enum rl_kill kill);
const char *rl_step_name(enum rl_step_kind kind);
const char *rl_fact_name(enum rl_fact fact);

/* Does any of its triggers have a line of this kind? */
bool rl_policy_has_line(const struct rl_policy *policy, enum rl_line_kind kind);

/* Return: the longest window of all triggers, microseconds; at least one second. */
uint64_t rl_policy_longest_window(const struct rl_policy *policy);
