/* One report of the kernel's OOM killer, as far as a log shows it: plain facts, nothing judged and
 * nothing guessed. A number that the log does not show is not zero: its bit is missing in `have`,
 * or its field says so. Sizes are as printed (pages or kB); what they mean in bytes is told by
 * page_size. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RL_OOM_NAME_MAX 64   /* comm, with room for what is no comm */
#define RL_OOM_TEXT_MAX 256  /* version strings, node masks, stamps */
#define RL_OOM_PATH_MAX 4096 /* cgroup paths */
#define RL_OOM_KILLS    1024 /* members of a group kill; more are counted, not kept */

enum rl_oom_have {
    RL_OOM_RAM = 1u << 0,         /* ram_pages */
    RL_OOM_RESERVED = 1u << 1,    /* reserved_pages */
    RL_OOM_TOTAL_SWAP = 1u << 2,  /* total_swap_kb */
    RL_OOM_FREE_SWAP = 1u << 3,   /* free_swap_kb */
    RL_OOM_SELECTED = 1u << 4,    /* selected: whom the kernel named as its choice; pid -1 where
                                     the line was cut before it */
    RL_OOM_SCORE = 1u << 5,       /* printed_score */
    RL_OOM_CONSTRAINT = 1u << 6,  /* constraint, as printed */
    RL_OOM_ORDER = 1u << 7,       /* order */
    RL_OOM_INVOKER_ADJ = 1u << 8, /* invoker_adj: oom_score_adj, or oom_adj where only that is */
    RL_OOM_COMMIT = 1u << 9,      /* commit_limit_kb, committed_kb */
    RL_OOM_GFP = 1u << 10,        /* gfp_mask */
};

/* Columns of the task table beyond pid, uid, tgid, total_vm, rss and name. */
enum rl_oom_column {
    RL_OOM_COL_CPU = 1u << 0,
    RL_OOM_COL_OOM_ADJ = 1u << 1,
    RL_OOM_COL_ADJ = 1u << 2,
    RL_OOM_COL_PTES = 1u << 3,
    RL_OOM_COL_PMDS = 1u << 4,
    RL_OOM_COL_PUDS = 1u << 5,
    RL_OOM_COL_TABLES = 1u << 6, /* pgtables_bytes */
    RL_OOM_COL_SWAP = 1u << 7,
    RL_OOM_COL_RSS_PARTS = 1u << 8, /* rss_anon rss_file rss_shmem */
};

struct rl_oom_task {
    int64_t pid, tgid;
    uint64_t uid;
    uint64_t total_vm, rss, swap;           /* pages */
    uint64_t rss_anon, rss_file, rss_shmem; /* pages */
    uint64_t table_pages;                   /* nr_ptes + nr_pmds + nr_puds */
    uint64_t table_bytes;                   /* pgtables_bytes */
    int oom_adj, oom_score_adj;
    char comm[RL_OOM_NAME_MAX];
};

/* A use and its limit, in kB. */
struct rl_oom_counter {
    bool known, unlimited; /* unlimited: one of the ways in which kernels print "no limit" */
    uint64_t usage_kb, limit_kb, failcnt;
};

/* Somebody whom a log line names. */
struct rl_oom_named {
    int64_t pid; /* -1: not printed */
    char comm[RL_OOM_NAME_MAX];
};

/* One "Killed process" line. */
struct rl_oom_kill {
    struct rl_oom_named who;
    bool sizes_known;
    uint64_t total_vm_kb, anon_kb, file_kb, shmem_kb, tables_kb;
};

struct rl_oom_report {
    uint64_t first_line, last_line; /* in the input, from 1; not all between need be its own */
    char stamp[RL_OOM_TEXT_MAX];    /* the time before its first line, as written; may be "" */
    uint32_t have;                  /* enum rl_oom_have */
    char kernel[RL_OOM_TEXT_MAX];   /* version string; "" where none is shown */
    uint64_t page_size;             /* as told by the buddy lists or by kB against pages; else
                                       4096 with page_size_known false */
    bool page_size_known;

    /* who asked */
    struct rl_oom_named invoker; /* comm "" where the kernel printed none; pid from the CPU line */
    char gfp_mask[RL_OOM_TEXT_MAX];
    int order, invoker_adj;
    bool has_header;       /* "invoked oom-killer", or 2.6's "oom-killer:" */
    bool by_sysrq;         /* order=-1, or the SysRq line */
    bool kills_allocating; /* (oom_kill_allocating_task) */

    /* whose shortage */
    char constraint[RL_OOM_TEXT_MAX]; /* after CONSTRAINT_, lower case */
    bool is_memcg;                    /* a memory cgroup's limit, by whatever line told it */
    char cpuset[RL_OOM_PATH_MAX], mems_allowed[RL_OOM_TEXT_MAX], nodemask[RL_OOM_TEXT_MAX];
    char oom_memcg[RL_OOM_PATH_MAX];  /* whose limit was hit; "" unknown */
    char task_memcg[RL_OOM_PATH_MAX]; /* where the victim lived (before 4.19: where the task lived
                                         that hit the limit) */
    struct rl_oom_counter memory, memory_swap, swap, kmem; /* of oom_memcg */
    bool stat_known;                                       /* memory.stat of 5.2 and later, bytes;
                                                              of cgroup v1 rss and cache count as
                                                              anon and file */
    uint64_t stat_anon, stat_file, stat_shmem, stat_kernel, stat_slab;

    /* the machine */
    uint64_t ram_pages, highmem_pages, reserved_pages;
    uint64_t total_swap_kb, free_swap_kb;
    bool mem_info_known; /* the sum line of Mem-Info, pages */
    uint64_t active_anon, inactive_anon, active_file, inactive_file, unevictable, shmem,
        slab_reclaimable, slab_unreclaimable, pagetables, free;
    uint64_t hugetlb_kb; /* hugepages_total * hugepages_size of all nodes */
    uint64_t commit_limit_kb, committed_kb;

    /* the task table */
    bool has_table;
    uint32_t columns; /* enum rl_oom_column */
    bool table_cut;   /* elided, or rows that could not be read: see bad_rows. A table whose end was
                         lost with what followed is not told from a whole one */
    size_t bad_rows;
    struct rl_oom_task *tasks; /* in the order of the log */
    size_t n_tasks, tasks_size;

    /* the outcome */
    struct rl_oom_named selected; /* of "oom-kill:...task=", or of "Kill process N (comm) score" */
    uint64_t printed_score;
    struct rl_oom_kill kills[RL_OOM_KILLS]; /* who died, each once, in the order of the log */
    size_t n_kills, more_kills;
    bool group_kill; /* memory.oom.group, by its own line; without it there may be several kills all
                        the same, since the first victim of a group is named twice */
    char group[RL_OOM_PATH_MAX];
    bool no_victim; /* "no killable processes" */
    bool panicked;
    bool victim_was_exiting; /* "is already exiting. Skip killing the task" */
    size_t reaped;           /* oom_reaper lines */
};

void rl_oom_report_init(struct rl_oom_report *report);
void rl_oom_report_free(struct rl_oom_report *report);

/* Reads a log line by line and hands over each report that it finds. */
struct rl_oom_reader;

/* fn: called with each report once it is complete, or as complete as it gets; the report is the
 * reader's and lives until fn returns. Return: 0 and *ret, or -ENOMEM. */
int rl_oom_reader_new(void (*fn)(const struct rl_oom_report *report, void *userdata),
    void *userdata, struct rl_oom_reader **ret);
void rl_oom_reader_free(struct rl_oom_reader *reader);

/**
 * rl_oom_reader_feed() - the next piece of the log, cut anywhere
 *
 * Any bytes are taken; a line longer than 64 KiB is cut and counts as what it begins with. Memory
 * is bounded by the largest task table, not by the log. Return: 0, -ENOMEM.
 */
int rl_oom_reader_feed(struct rl_oom_reader *reader, const char *text, size_t n);

/* The log has ended: a last line without newline counts, and a report that is still open is handed
 * over as it is. Return: 0, -ENOMEM. */
int rl_oom_reader_end(struct rl_oom_reader *reader);
