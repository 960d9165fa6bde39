/* What this machine can do, found out once at start: each missing thing is named together with
 * what works worse without it, and what to do about it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_roots {
    const char *proc;   /* "/proc", or below --root */
    const char *cgroup; /* NULL: find the cgroup2 mount */
};

enum rl_feature {
    RL_FEATURE_CGROUP2,
    RL_FEATURE_MEMORY,       /* the memory controller is on cgroup2 */
    RL_FEATURE_PSI,
    RL_FEATURE_TRIGGER_FINE, /* PSI triggers with any window (CAP_SYS_RESOURCE) */
    RL_FEATURE_TRIGGER_2S,   /* windows of multiples of 2 s */
    RL_FEATURE_EVENTS_LOCAL,
    RL_FEATURE_CGROUP_KILL,
    RL_FEATURE_PIDFD,
    RL_FEATURE_MRELEASE,
    RL_FEATURE_SWAP,
    RL_FEATURE_KILL_OTHERS,  /* CAP_KILL */
    RL_FEATURE_WRITE_CGROUPS,
    RL_FEATURE_PTRACE,       /* stat field 52, exe of others */
    RL_FEATURE_HOST_PIDS,    /* cgroup.procs shows no 0: same pid namespace */
    RL_FEATURES,
};

struct rl_finding_text {
    const char *id;    /* "no-psi" */
    const char *text;  /* what is missing and what works worse */
    const char *remedy;
};

struct rl_probe {
    bool has[RL_FEATURES];
    char cgroup_root[4096];
    int cgroup_fd;      /* directory fd of the mount, owned */
    int proc_fd;        /* owned */
    uint32_t page_size;
    unsigned cpus;      /* possible CPUs */
    bool live;          /* roots are the running system, not a fixture */
    bool local_events_mount; /* memory_localevents: events do not propagate */
    char fatal[512];    /* a sentence, when this machine cannot be served at all */
};

/* Return: 0; -EOPNOTSUPP with ret->fatal set when nothing can be done here (no cgroup2, memory
 * controller bound to cgroup v1 ...); other -errno. */
int rl_probe_run(const struct rl_roots *roots, struct rl_probe *ret);
void rl_probe_close(struct rl_probe *probe);

/* Text for a missing feature, NULL for one that needs no words. */
const struct rl_finding_text *rl_probe_missing(enum rl_feature feature);
/* Stable name of a feature ("psi", "cgroup.kill"). */
const char *rl_probe_name(enum rl_feature feature);
