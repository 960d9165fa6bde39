/* The lines of a report, each by itself: what it says, told from what the kernel prints and not
 * from what stands before it. Nothing is kept from line to line but what the caller hands in. Spans
 * point into the line. */
#pragma once

#include "daemon/autopsy/cursor.h"
#include "daemon/autopsy/report.h"

#define RL_OOM_COLUMNS 24 /* of the task table; more are not read */
#define RL_OOM_PAIRS   16 /* "name:number" of one line */

enum rl_oom_kind {
    RL_OOM_LINE_NOTHING,   /* no line of a report */
    RL_OOM_LINE_HEADER,    /* "x invoked oom-killer: ..." */
    RL_OOM_LINE_CPUSET,    /* "x cpuset=/ mems_allowed=0" */
    RL_OOM_LINE_CPU,       /* "CPU: 4 PID: 1 Comm: x Not tainted 3.10.0 #1" */
    RL_OOM_LINE_TASK_IN,   /* "Task in /a killed as a result of limit of /b" */
    RL_OOM_LINE_COUNTER,   /* "memory: usage 1kB, limit 1kB, failcnt 0" */
    RL_OOM_LINE_STATS,     /* "Memory cgroup stats for /a:" */
    RL_OOM_LINE_STAT,      /* a line of memory.stat */
    RL_OOM_LINE_MEM_INFO,  /* "Mem-Info:" */
    RL_OOM_LINE_SUMS,      /* "active_anon:1 inactive_anon:2 ..." in pages */
    RL_OOM_LINE_SWAP_SIZE, /* "Total swap = 1kB" */
    RL_OOM_LINE_PAGES,     /* "1 pages RAM" */
    RL_OOM_LINE_HUGE,      /* "... hugepages_total=0 ... hugepages_size=2048kB" */
    RL_OOM_LINE_BUDDY,     /* "Node 0 DMA: 1*4kB ..." */
    RL_OOM_LINE_COMMIT,    /* "CommitLimit: 1 kB" */
    RL_OOM_LINE_TABLE,     /* "[ pid ] uid tgid ... name" */
    RL_OOM_LINE_ROW,
    RL_OOM_LINE_SUMMARY, /* "oom-kill:constraint=..." */
    RL_OOM_LINE_SELECT,  /* "Out of memory: Kill process 1 (x) score 2 or ..." */
    RL_OOM_LINE_KILLED,  /* "Killed process 1 (x) ..." */
    RL_OOM_LINE_GROUP,   /* "Tasks in /a are going to be killed due to memory.oom.group set" */
    RL_OOM_LINE_EXITING, /* "OOM victim 1 (x) is already exiting. Skip killing the task" */
    RL_OOM_LINE_REAPED,  /* "oom_reaper: reaped process ..." */
    RL_OOM_LINE_NO_VICTIM,
    RL_OOM_LINE_PANIC,
    RL_OOM_LINE_SYSRQ,  /* "SysRq : Manual OOM execution" */
    RL_OOM_LINE_BROKEN, /* the first words of one of them, and nothing more */
    RL_OOM_LINE_KINDS,
};

/* The columns of a table, in their order, without the bracket's pid. */
struct rl_oom_columns {
    uint32_t have; /* enum rl_oom_column */
    size_t n;      /* 0: no table yet */
    uint8_t index[RL_OOM_COLUMNS];
};

/* What earlier lines say of this one. */
struct rl_oom_context {
    struct rl_oom_columns columns;
    bool in_stats; /* a block of memory.stat is being read */
};

enum rl_oom_counter_of {
    RL_OOM_OF_MEMORY,
    RL_OOM_OF_MEMORY_SWAP,
    RL_OOM_OF_SWAP,
    RL_OOM_OF_KMEM,
};

enum rl_oom_pages_of { RL_OOM_OF_RAM, RL_OOM_OF_HIGHMEM, RL_OOM_OF_RESERVED };

/* "Kill process" and "Killed process" */
struct rl_oom_death {
    int64_t pid;
    struct rl_span comm;
    struct rl_span message; /* "Out of memory"; empty where the line begins with Kill */
    bool named;             /* the pid is there; else the line ended before. comm is empty, and
                               points nowhere, where the line ended within it */
    bool is_memcg, allocating, sizes_known;
    const char *constraint; /* of the message; NULL: it tells none */
    uint64_t score, total_vm_kb, anon_kb, file_kb, shmem_kb, tables_kb;
};

struct rl_oom_line {
    enum rl_oom_kind kind;
    size_t at;    /* where the message begins */
    bool whole;   /* nothing seems to be missing at its end */
    size_t found; /* how much of it could be read; to compare with other ways to join lines */
    union {
        struct {
            struct rl_span comm, gfp_mask, nodemask;
            bool order_known, adj_known, mask_is_open; /* its bracket is */
            int order, adj;
        } header;
        struct {
            struct rl_span mems;
            struct rl_span name;
        } cpuset;
        struct {
            int64_t pid;
            struct rl_span comm, version;
        } cpu;
        struct {
            struct rl_span task, limit;
        } task_in;
        struct {
            enum rl_oom_counter_of of;
            struct rl_oom_counter value;
        } counter;
        struct {
            struct rl_span path;
            bool block; /* memory.stat follows */
        } stats;
        struct {
            struct rl_span name;
            uint64_t value;
        } stat;
        struct {
            struct rl_span name[RL_OOM_PAIRS];
            uint64_t value[RL_OOM_PAIRS];
            size_t n;
        } sums;
        struct {
            bool total; /* else free */
            uint64_t kb;
        } swap;
        struct {
            enum rl_oom_pages_of of;
            uint64_t n;
        } pages;
        uint64_t huge_kb;
        uint64_t page_size; /* RL_OOM_LINE_BUDDY */
        struct {
            bool limit; /* else committed */
            uint64_t kb;
        } commit;
        struct rl_oom_columns table;
        struct rl_oom_task row;
        struct {
            struct rl_span constraint, nodemask, cpuset, mems, oom_memcg, task_memcg, comm;
            bool global;
            int64_t pid; /* -1: cut off */
        } summary;
        struct rl_oom_death death; /* RL_OOM_LINE_SELECT, RL_OOM_LINE_KILLED */
        struct rl_span group;
        bool panic_no_victim;
    };
};

/* Reads one line, or two joined ones. *ret is set in any case; its kind is RL_OOM_LINE_NOTHING for
 * what is no line of a report. */
void rl_oom_line_read(
    const struct rl_oom_context *context, struct rl_span line, struct rl_oom_line *ret);

/* Something was left out here by a person or a pager: "[...]", "--", "(snipped)". */
bool rl_oom_line_is_elision(struct rl_span line);

/* The readers that it chooses among. at: where the words stand by which the line was noticed.
 * Return: false when the line is another one after all; *ret is then undefined. */
typedef bool rl_oom_line_fn(struct rl_span line, size_t at, struct rl_oom_line *ret);

/* grammar-head.c */
rl_oom_line_fn rl_oom_read_header, rl_oom_read_cpuset, rl_oom_read_cpu, rl_oom_read_task_in,
    rl_oom_read_sysrq;
/* grammar-memory.c */
rl_oom_line_fn rl_oom_read_counter, rl_oom_read_stats, rl_oom_read_mem_info, rl_oom_read_sums,
    rl_oom_read_swap, rl_oom_read_pages, rl_oom_read_huge, rl_oom_read_buddy, rl_oom_read_commit;
bool rl_oom_read_stat(struct rl_span line, struct rl_oom_line *ret);
/* grammar-table.c */
rl_oom_line_fn rl_oom_read_table;
bool rl_oom_read_row(
    const struct rl_oom_columns *columns, struct rl_span line, struct rl_oom_line *ret);
/* grammar-outcome.c */
rl_oom_line_fn rl_oom_read_summary, rl_oom_read_select, rl_oom_read_killed, rl_oom_read_group,
    rl_oom_read_exiting, rl_oom_read_reaped, rl_oom_read_no_victim, rl_oom_read_panic;
