/* Lines put together to reports: which line belongs to the open report, and which begins the next.
 *
 * A report is what one call of out_of_memory() printed. Lines that only such a call prints open one
 * wherever the log begins; others, which also stand elsewhere (Mem-Info, the CPU line), are kept in
 * case such a line follows. After the outcome only the rest of it belongs to the report. */
#pragma once

#include "daemon/autopsy/grammar.h"

#define RL_OOM_TASKS (1u << 22) /* PID_MAX_LIMIT; further rows are bad ones */

enum rl_oom_state {
    RL_OOM_CLOSED,
    RL_OOM_WEAK, /* something was kept that is no report by itself */
    RL_OOM_OPEN,
};

struct rl_oom_assembly {
    void (*fn)(const struct rl_oom_report *report, void *userdata);
    void *userdata;
    enum rl_oom_state state;
    struct rl_oom_report report;
    struct rl_oom_context context;
    bool has_task_in, has_summary, has_select, has_mem_info;
    bool named_again;    /* the first victim: so the kernel goes through a group */
    uint64_t sysrq_line; /* 0: none */
};

void rl_oom_assembly_init(struct rl_oom_assembly *assembly,
    void (*fn)(const struct rl_oom_report *report, void *userdata), void *userdata);

/* The next line and what rl_oom_line_read() made of it. Return: 0, or -ENOMEM. */
int rl_oom_assembly_add(struct rl_oom_assembly *assembly, uint64_t number, struct rl_span line,
    const struct rl_oom_line *read);

/* Something was left out here. */
void rl_oom_assembly_elided(struct rl_oom_assembly *assembly);

/* Is it known how the report that is open ended? */
bool rl_oom_assembly_has_outcome(const struct rl_oom_assembly *assembly);

/* Hands over the open report, if there is one, and forgets what was kept. */
void rl_oom_assembly_close(struct rl_oom_assembly *assembly);
