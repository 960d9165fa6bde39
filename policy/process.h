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
    RL_PROCESS_RAWIO = 1u << 9,       /* CAP_SYS_RAWIO effective, likewise */
    RL_PROCESS_RESOURCE = 1u << 10,   /* CAP_SYS_RESOURCE effective, likewise */
    RL_PROCESS_DISJOINT = 1u << 11,   /* may use none of the memory nodes that are short */
    RL_PROCESS_OOM_ORIGIN = 1u << 12, /* PF_SWAPOFF, PF_OOM_ORIGIN, oom_flag_origin: no kernel shows
                                       * it, so that only tests set it */
};

/* Capabilities that some model looks at. */
#define RL_PROCESS_CAPS (RL_PROCESS_ROOT | RL_PROCESS_RAWIO | RL_PROCESS_RESOURCE)

struct rl_process {
    pid_t pid, ppid;
    pid_t session; /* field 6 of stat: pid of its leader; 0 or -1: unknown */
    uid_t uid, euid;
    uint64_t start_ticks; /* field 22 of stat: identity together with pid */
    char comm[RL_COMM_MAX];
    char exe[RL_EXE_MAX];
    char cmdline[RL_CMDLINE_MAX];
    uint32_t flags; /* enum rl_process_flag */
    int oom_score_adj;
    int oom_adj; /* -17..15, as rl_oom_adj_of() has it from oom_score_adj */
    int nice;
    uint64_t rss_pages;   /* field 24 of stat: the counter that the kernel's badness uses */
    uint64_t swap_pages;  /* VmSwap */
    uint64_t anon_pages;  /* RssAnon */
    uint64_t table_pages; /* VmPTE and, on kernels that tell it apart, VmPMD */
    uint64_t total_vm_pages;
    uint64_t cpu_ticks;  /* utime + stime of the whole group, in clock ticks */
    uint64_t start_code; /* address; 0 or 1 where it may not be read */
    uint32_t mm;         /* processes of the same number other than 0 share one address space */
    /* Sums over its children that have an address space of another mm than its own. Filled only
     * where the model needs them (RL_SCORE_NEEDS_CHILDREN, policy/family.h). */
    uint64_t children_pages;      /* of total_vm */
    uint64_t children_half_pages; /* of total_vm / 2 + 1 */
    uint32_t threads;
    uint32_t cgroup; /* index into the choice's cgroups (struct rl_group) */
};
