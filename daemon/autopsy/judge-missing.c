#include "daemon/autopsy/judge.h"

static const struct {
    const char *id, *text;
} missings[RL_OOM_MISSINGS] = {
    [RL_OOM_MISSING_HEADER] = {"header", "the first line, which says who asked for memory"},
    [RL_OOM_MISSING_KERNEL] = {"kernel", "the kernel's version"},
    [RL_OOM_MISSING_TABLE] = {"table", "the table of tasks"},
    [RL_OOM_MISSING_TABLE_REST] = {"table-rest", "rows of the table of tasks"},
    [RL_OOM_MISSING_SWAP_COLUMN] = {"swap-column",
        "how much of each task was in swap: this kernel counts it, and its table does not show it"},
    [RL_OOM_MISSING_TABLES_COLUMN] = {"page-tables-column",
        "the page tables of each task: this kernel counts them, and its table does not show them"},
    [RL_OOM_MISSING_LIMIT] = {"limit", "the limit of the cgroup"},
    [RL_OOM_MISSING_RAM] = {"ram", "how much memory the machine has"},
    [RL_OOM_MISSING_TOTAL_SWAP] = {"total-swap",
        "how much swap the machine has: it is part of what oom_score_adj is a share of, and here "
        "it decides"},
    [RL_OOM_MISSING_ALLOWED_NODES] = {"allowed-nodes",
        "the memory of the nodes that were short and which tasks may use them: it decides"},
    [RL_OOM_MISSING_CONSTRAINT] = {"constraint",
        "whether the machine was short, or a cgroup, or some nodes"},
    [RL_OOM_MISSING_VICTIM] = {"victim", "whom the kernel selected"},
    [RL_OOM_MISSING_VICTIM_ROW] = {"victim-row", "the victim's row in the table of tasks"},
    [RL_OOM_MISSING_KILL] = {"kill", "the line that says who died"},
    [RL_OOM_MISSING_CAPS] = {"caps",
        "who had CAP_SYS_ADMIN, which this kernel rates lower: here it decides"},
    [RL_OOM_MISSING_RUN_TIME] = {"run-time",
        "CPU time, age, nice value and children of each task, which this kernel's score is made "
        "of"},
    [RL_OOM_MISSING_SCORING] = {"scoring", "a choice by score: vm.oom_kill_allocating_task makes "
                                           "the kernel kill whoever asks, and rate "
                                           "nobody"},
};

const char *rl_oom_missing_id(enum rl_oom_missing missing)
{
    return missings[missing].id;
}

const char *rl_oom_missing_text(enum rl_oom_missing missing)
{
    return missings[missing].text;
}
