/* All processes with their scores, each against the memory that counts for it. */
#pragma once

#include "daemon/ctl/ctl.h"
#include "daemon/observe/nodes.h"
#include "daemon/observe/probe.h"
#include "policy/choose.h"

struct rl_table_row {
    struct rl_candidate candidate;
    /* The model rates it, but reliefd's choice would pass it over: RL_SPARED_FREES_LITTLE,
     * RL_SPARED_NO_POINTS, RL_SPARED_DYING; else RL_REASON_NONE. */
    enum rl_reason passed_over;
    char *cgroup;       /* "" where it cannot be told */
    char *limited_by;   /* a path, "node", "cpuset:0-1" or "mempolicy:0" */
    uint64_t available; /* bytes that the score is against */
    uint64_t headroom;  /* bytes that its cgroup has left, see policy/room.h */
    bool headroom_known;
    long oom_score; /* what a kernel of that model would show */
    bool oom_score_known;
    long kernel_score; /* /proc/PID/oom_score */
    bool kernel_score_known;
    /* The kernel's score never stood still while the process was read, or is 0 since it is a child
     * of vfork() that has not called execve() yet. */
    bool moving;
};

struct rl_process_table {
    /* Who comes first by the model's own rule (rl_score_before()) first, who may not be chosen
     * last. */
    struct rl_table_row *rows;
    size_t n, size;
    uint64_t available; /* of all rows; 0 where they have different ones */
    uint32_t page_size, clk_tck;
    uint64_t uptime_ticks;
    uint32_t swappiness;
    size_t unreadable; /* processes that are left out since their files say nothing that is known */
    bool compares;     /* oom_score and kernel_score are about the same: RAM + swap */
};

struct rl_table_options {
    const struct rl_model *model;
    const char *cgroup; /* only what is in or below it, against its memory; NULL: all */
    bool system;        /* against the machine's memory instead of each one's own cgroup's */
    pid_t pid;          /* only that one; 0: all */
    uint32_t clk_tck;   /* of that machine; 0: 100 in a saved tree, what this machine has */
    const struct rl_nodes *nodes; /* its memory nodes; NULL: one */
};

/* May the model's victim be this one? */
bool rl_table_eligible(const struct rl_table_row *row);

/* Why not; RL_REASON_NONE where it may. */
enum rl_reason rl_table_reason(const struct rl_table_row *row);

/* How our score stands to the kernel's own. */
enum rl_agreement {
    RL_AGREES_UNKNOWN, /* there is nothing to compare */
    RL_AGREES,
    RL_AGREES_MOVING, /* differs, but see rl_table_row.moving */
    RL_DIFFERS,
};
enum rl_agreement rl_table_agreement(
    const struct rl_process_table *table, const struct rl_table_row *row);

/* Look at the roots that the options name; where that fails and system says that cgroups do not
 * matter, at the processes alone. Sizes of pages are those of a saved tree. Return: an exit code;
 * the reason is on stderr. */
int rl_table_probe(const struct rl_args *args, bool system, struct rl_probe *ret);

/**
 * rl_process_table_read() - read and rate all processes
 *
 * A process that exits meanwhile is left out. On a running system the kernel's own score is read
 * before and after the rest of a process, a few times until it stands still (and agrees, where it
 * is to be compared), so that all numbers of a row are of one instant. In the order of rows age
 * decides as the model says. rl_process.children_* are sums over all processes of the machine.
 *
 * A process that may use fewer memory nodes than have memory is scored against these nodes' memory
 * + SwapTotal where that is less than its cgroup's; not with system, since the kernel's file knows
 * no nodes. RL_PROCESS_DISJOINT is never set: what may be used in a cgroup's cpuset includes what
 * any process below it may use, so that nobody there is disjoint from it.
 *
 * Return: an exit code; the reason is on stderr.
 */
int rl_process_table_read(const struct rl_probe *probe, const struct rl_table_options *options,
    struct rl_process_table *ret);
void rl_process_table_free(struct rl_process_table *table);
