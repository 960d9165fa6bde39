/* What this machine can do, found out once at start: each missing thing is named together with
 * what works worse without it, and what to do about it.
 *
 * Probing changes nothing: PSI triggers are set on descriptors that are closed at once, and no
 * cgroup is made or written to. What cannot be found out (there is no child cgroup whose files
 * could be looked at) counts as there: whoever uses a feature copes with its absence anyway. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_roots {
    const char *proc;   /* "/proc", or below --root; NULL: "/proc" */
    const char *cgroup; /* NULL: find the cgroup2 mount */
};

enum rl_feature {
    RL_FEATURE_CGROUP2,
    RL_FEATURE_MEMORY,  /* the memory controller is on cgroup2 */
    RL_FEATURE_SUBTREE, /* the root hands it on: memory in its cgroup.subtree_control */
    RL_FEATURE_PSI,
    RL_FEATURE_TRIGGER_FINE, /* PSI triggers with any window (CAP_SYS_RESOURCE) */
    RL_FEATURE_TRIGGER_2S,   /* windows of multiples of 2 s */
    RL_FEATURE_EVENTS_LOCAL,
    RL_FEATURE_EVENTS_PROPAGATE, /* not mounted with memory_localevents */
    RL_FEATURE_CGROUP_KILL,
    RL_FEATURE_PIDFD,
    RL_FEATURE_MRELEASE,
    RL_FEATURE_SWAP,
    RL_FEATURE_KILL_OTHERS, /* CAP_KILL */
    RL_FEATURE_WRITE_CGROUPS,
    RL_FEATURE_PTRACE,    /* CAP_SYS_PTRACE: stat field 52, exe of others */
    RL_FEATURE_HOST_PIDS, /* cgroup.procs shows no 0: same pid namespace */
    RL_FEATURES,
};

struct rl_finding_text {
    const char *id;   /* "no-psi" */
    const char *text; /* what is missing and what works worse */
    const char *remedy;
};

struct rl_probe {
    bool has[RL_FEATURES];
    char cgroup_root[4096];
    int cgroup_fd;           /* directory fd of the mount, owned */
    int proc_fd;             /* owned */
    uint32_t page_size;      /* 4096 in a fixture, so that it means the same everywhere */
    unsigned cpus;           /* possible CPUs; 1 in a fixture */
    bool live;               /* roots are the running system, not a fixture */
    bool local_events_mount; /* memory_localevents: events do not propagate */
    char fatal[512];         /* a sentence, when this machine cannot be served at all */
};

/**
 * rl_probe_run() - find out
 * @roots: where to look. A cgroup root that is no cgroup2 mount is taken for a fixture when it has
 *         a cgroup.controllers file; then what only a kernel can answer (triggers, system calls,
 *         capabilities) is not asked, counts as missing and is not reported
 * @ret:   to be closed by rl_probe_close(), which does no harm after a failure either
 *
 * libcgroup is used to find the mount, so this allocates and belongs before memory is locked.
 * Return: 0; -EOPNOTSUPP with ret->fatal set when nothing can be done here (no cgroup2, memory
 * controller bound to cgroup v1 ...); other -errno, with ret->fatal set too.
 */
int rl_probe_run(const struct rl_roots *roots, struct rl_probe *ret);
void rl_probe_close(struct rl_probe *probe);

/**
 * rl_probe_report() - say each missing thing, one line each
 * @say: gets a syslog level (LOG_ERR for the fatal sentence, LOG_WARNING, LOG_INFO) and a line that
 *       is valid during the call
 *
 * What follows from another missing thing is not said on its own.
 */
void rl_probe_report(const struct rl_probe *probe,
    void (*say)(int level, const char *line, void *userdata), void *userdata);

/* Text for a missing feature, NULL for one that needs no words (without it there is a fatal
 * sentence). */
const struct rl_finding_text *rl_probe_missing(enum rl_feature feature);
/* Stable name of a feature ("psi", "cgroup.kill"), NULL past the end. */
const char *rl_probe_name(enum rl_feature feature);
