/* The words for what is missing. */
#include <stdio.h>
#include <syslog.h>

#include "daemon/observe/probe.h"

struct row {
    const char *name;
    struct rl_finding_text missing; /* without id: needs no words */
    int level;
    enum rl_feature unless; /* not said when this one is missing too: it follows from that */
    bool live;              /* a fixture cannot tell */
};

/* clang-format off */
static const struct row rows[RL_FEATURES] = {
    [RL_FEATURE_CGROUP2] = {.name = "cgroup2"},
    [RL_FEATURE_MEMORY] = {.name = "memory-controller"},
    [RL_FEATURE_SUBTREE] = {"memory-subtree",
        {"no-memory-subtree",
            "memory is not in cgroup.subtree_control of the root cgroup: no cgroup has memory "
            "files, so limits, usage and memory events cannot be seen, and only the machine as a "
            "whole can be served",
            "write +memory to cgroup.subtree_control of the root cgroup; systemd does it for "
            "units with MemoryAccounting=yes"},
        LOG_WARNING, RL_FEATURES, false},
    [RL_FEATURE_PSI] = {"psi",
        {"no-psi",
            "the kernel gives no pressure information (PSI): Pressure= lines cannot hold, and "
            "only Usage=, Headroom= and Events= lines are left to act upon",
            "boot with psi=1 on the kernel command line (the kernel must be built with "
            "CONFIG_PSI)"},
        LOG_WARNING, RL_FEATURES, false},
    [RL_FEATURE_TRIGGER_FINE] = {"psi-trigger",
        {"no-fine-triggers",
            "PSI triggers are accepted only with windows of multiples of 2 s: the begin of a "
            "stall is noticed up to 2 s late, and later still while others read the same "
            "pressure files",
            "run reliefd with CAP_SYS_RESOURCE"},
        LOG_WARNING, RL_FEATURE_TRIGGER_2S, true},
    [RL_FEATURE_TRIGGER_2S] = {"psi-trigger-2s",
        {"no-triggers",
            "no PSI trigger is accepted at all: nothing wakes reliefd when a stall begins, unless "
            "a memory.max or memory.high is hit",
            "run reliefd with CAP_SYS_RESOURCE, on a kernel of at least 5.2, and let it write to "
            "/proc/pressure/memory"},
        LOG_WARNING, RL_FEATURE_PSI, true},
    [RL_FEATURE_EVENTS_LOCAL] = {"memory.events.local",
        {"no-events-local",
            "there is no memory.events.local: whose limit was hit is concluded from "
            "memory.events, which counts the cgroups below as well, so a shortage can be put down "
            "to a cgroup above the one that has it",
            "use a kernel of at least 5.2"},
        LOG_WARNING, RL_FEATURES, false},
    [RL_FEATURE_EVENTS_PROPAGATE] = {"memory.events propagation",
        {"local-events-mount",
            "cgroup2 is mounted with memory_localevents: memory.events says nothing about the "
            "cgroups below, so each cgroup under a policy must be watched by itself, which takes "
            "a descriptor each",
            "mount cgroup2 without memory_localevents"},
        LOG_INFO, RL_FEATURES, false},
    [RL_FEATURE_CGROUP_KILL] = {"cgroup.kill",
        {"no-cgroup-kill",
            "there is no cgroup.kill: to kill a whole cgroup it is frozen and its processes are "
            "signalled one by one, which takes longer",
            "use a kernel of at least 5.14"},
        LOG_INFO, RL_FEATURES, true},
    [RL_FEATURE_PIDFD] = {"pidfd",
        {"no-pidfd",
            "pidfd_open is refused: a process cannot be held on to while it is signalled, so "
            "single processes are not killed",
            "use a kernel of at least 5.3, and a seccomp filter that allows pidfd_open and "
            "pidfd_send_signal"},
        LOG_WARNING, RL_FEATURES, true},
    [RL_FEATURE_MRELEASE] = {"process_mrelease",
        {"no-process-mrelease",
            "process_mrelease is refused: the memory of a victim that is slow to die comes back "
            "only with its death",
            "use a kernel of at least 5.15, and a seccomp filter that allows process_mrelease"},
        LOG_INFO, RL_FEATURES, true},
    [RL_FEATURE_SWAP] = {"swap",
        {"no-swap",
            "there is no swap: only page cache can be reclaimed, so pressure rises late and "
            "leaves little time to act",
            "add swap space; zram will do"},
        LOG_INFO, RL_FEATURES, false},
    [RL_FEATURE_KILL_OTHERS] = {"kill-others",
        {"no-cap-kill",
            "CAP_KILL is missing: processes of other users cannot be signalled, and die only with "
            "their whole cgroup where it has cgroup.kill",
            "run reliefd with CAP_KILL"},
        LOG_WARNING, RL_FEATURES, true},
    [RL_FEATURE_WRITE_CGROUPS] = {"write-cgroups",
        {"cgroups-read-only",
            "the cgroup files cannot be written to: no cgroup can be killed as a whole",
            "run reliefd as root or with CAP_DAC_OVERRIDE, and in a container mount the host's "
            "cgroup file system read-write"},
        LOG_WARNING, RL_FEATURES, true},
    [RL_FEATURE_PTRACE] = {"ptrace",
        {"no-cap-sys-ptrace",
            "CAP_SYS_PTRACE is missing: the executables of other users' processes are unknown, so "
            "that exe: patterns of Protect= spare them all, and a SIGKILL that is already queued "
            "may be overlooked",
            "run reliefd with CAP_SYS_PTRACE"},
        LOG_WARNING, RL_FEATURES, true},
    [RL_FEATURE_HOST_PIDS] = {"host-pids",
        {"foreign-pids",
            "reliefd lives in a pid namespace of its own: processes outside of it can be neither "
            "scored nor signalled, and die only with their whole cgroup",
            "run reliefd in the host's pid namespace (hostPID: true, --pid=host)"},
        LOG_WARNING, RL_FEATURES, false},
};
/* clang-format on */

const struct rl_finding_text *rl_probe_missing(enum rl_feature feature)
{
    if ((unsigned)feature >= RL_FEATURES || !rows[feature].missing.id)
        return NULL;
    return &rows[feature].missing;
}

const char *rl_probe_name(enum rl_feature feature)
{
    return (unsigned)feature < RL_FEATURES ? rows[feature].name : NULL;
}

void rl_probe_report(const struct rl_probe *probe,
    void (*say)(int level, const char *line, void *userdata), void *userdata)
{
    char line[1024];

    if (probe->fatal[0] != '\0') {
        say(LOG_ERR, probe->fatal, userdata);
        return;
    }
    for (size_t i = 0; i < RL_FEATURES; i++) {
        const struct row *row = &rows[i];
        bool follows = row->unless < RL_FEATURES && !probe->has[row->unless];

        if (probe->has[i] || !row->missing.id || (row->live && !probe->live) || follows)
            continue;
        snprintf(line, sizeof(line), "%s: %s. Remedy: %s.", row->missing.id, row->missing.text,
            row->missing.remedy);
        say(row->level, line, userdata);
    }
}
