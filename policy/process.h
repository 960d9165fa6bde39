/* What is known of one process when a victim is chosen: plain facts, read by daemon/observe. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RL_COMM_MAX    16
#define RL_CMDLINE_MAX 256 /* NULs are blanks; longer ones are cut at the end */
#define RL_EXE_MAX     128 /* longer ones are cut in front: the end of a path tells more */

enum rl_process_flag {
    RL_PROCESS_KERNEL_THREAD = 1u << 0,
    RL_PROCESS_ROOT = 1u << 1,        /* CAP_SYS_ADMIN effective in the initial user namespace */
    RL_PROCESS_DYING = 1u << 2,       /* a fatal signal is queued or the group is exiting */
    RL_PROCESS_DEAD_LEADER = 1u << 3, /* numbers are those of another live thread */
    RL_PROCESS_SELF = 1u << 4,        /* reliefd itself */
    RL_PROCESS_SELF_ANCESTOR = 1u << 5,
    RL_PROCESS_MAIN = 1u << 6,      /* the unit's main process */
    RL_PROCESS_EXE_KNOWN = 1u << 7, /* exe was read (it may be empty) */
    RL_PROCESS_CMDLINE_KNOWN = 1u << 8,
};

struct rl_process {
    pid_t pid, ppid;
    uid_t uid;
    uint64_t start_ticks; /* field 22 of stat: identity together with pid */
    char comm[RL_COMM_MAX];
    char exe[RL_EXE_MAX];
    char cmdline[RL_CMDLINE_MAX];
    uint32_t flags; /* enum rl_process_flag */
    int oom_score_adj;
    uint64_t rss_pages;   /* field 24 of stat: the counter that the kernel's badness uses */
    uint64_t swap_pages;  /* VmSwap */
    uint64_t anon_pages;  /* RssAnon */
    uint64_t table_pages; /* VmPTE */
    uint64_t total_vm_pages;
    uint32_t threads;
    uint32_t cgroup; /* index into the choice's cgroups (struct rl_group) */
};
