#include "daemon/autopsy/grammar.h"

#include <string.h>

#include "daemon/autopsy/prefix.h"

/* By which words a line is noticed, and who reads it then. The first that can read it has it. */
static const struct rule {
    const char *words;
    enum rl_oom_kind kind;
    rl_oom_line_fn *read;
} rules[] = {
    {"oom-killer:", RL_OOM_LINE_HEADER, rl_oom_read_header},
    {"oom-kill:constraint=", RL_OOM_LINE_SUMMARY, rl_oom_read_summary},
    {"Killed", RL_OOM_LINE_KILLED, rl_oom_read_killed},
    {"ill", RL_OOM_LINE_SELECT, rl_oom_read_select},
    {"total_vm", RL_OOM_LINE_TABLE, rl_oom_read_table},
    {" cpuset=", RL_OOM_LINE_CPUSET, rl_oom_read_cpuset},
    {"omm: ", RL_OOM_LINE_CPU, rl_oom_read_cpu},
    {"Task in /", RL_OOM_LINE_TASK_IN, rl_oom_read_task_in},
    {": usage ", RL_OOM_LINE_COUNTER, rl_oom_read_counter},
    {"Memory cgroup stats for ", RL_OOM_LINE_STATS, rl_oom_read_stats},
    {"Mem-Info:", RL_OOM_LINE_MEM_INFO, rl_oom_read_mem_info},
    {"Mem-info:", RL_OOM_LINE_MEM_INFO, rl_oom_read_mem_info}, /* 2.6 */
    {"active_anon:", RL_OOM_LINE_SUMS, rl_oom_read_sums},
    {"active_file:", RL_OOM_LINE_SUMS, rl_oom_read_sums},
    {"unevictable:", RL_OOM_LINE_SUMS, rl_oom_read_sums},
    {"slab_reclaimable:", RL_OOM_LINE_SUMS, rl_oom_read_sums},
    {"mapped:", RL_OOM_LINE_SUMS, rl_oom_read_sums},
    {"free:", RL_OOM_LINE_SUMS, rl_oom_read_sums},
    {"Total swap", RL_OOM_LINE_SWAP_SIZE, rl_oom_read_swap},
    {"Free swap", RL_OOM_LINE_SWAP_SIZE, rl_oom_read_swap},
    {" pages ", RL_OOM_LINE_PAGES, rl_oom_read_pages},
    {" reserved pages", RL_OOM_LINE_PAGES, rl_oom_read_pages},
    {"hugepages_total=", RL_OOM_LINE_HUGE, rl_oom_read_huge},
    {"*", RL_OOM_LINE_BUDDY, rl_oom_read_buddy},
    {"Tasks in /", RL_OOM_LINE_GROUP, rl_oom_read_group},
    {"OOM victim ", RL_OOM_LINE_EXITING, rl_oom_read_exiting},
    {"oom_reaper: reaped process ", RL_OOM_LINE_REAPED, rl_oom_read_reaped},
    {"no killable process", RL_OOM_LINE_NO_VICTIM, rl_oom_read_no_victim},
    {"Kernel panic - not syncing: ", RL_OOM_LINE_PANIC, rl_oom_read_panic},
    {"Manual OOM execution", RL_OOM_LINE_SYSRQ, rl_oom_read_sysrq},
    {"CommitLimit:", RL_OOM_LINE_COMMIT, rl_oom_read_commit},
    {"Committed_AS:", RL_OOM_LINE_COMMIT, rl_oom_read_commit},
};

static bool read_by(const struct rule *rule, struct rl_span line, struct rl_oom_line *ret)
{
    struct rl_span rest = line;
    ssize_t hit;

    while ((hit = rl_oom_find(rest, rule->words)) >= 0) {
        size_t at = (size_t)(rest.s - line.s) + (size_t)hit;

        *ret = (struct rl_oom_line){.kind = rule->kind, .at = at, .whole = true, .found = 1};
        if (rule->read(line, at, ret))
            return true;
        rest = rl_oom_from(rest, (size_t)hit + 1);
    }
    return false;
}

/* Only the first words of a message: the rest of the line was broken off. */
static bool read_broken(struct rl_span line, struct rl_oom_line *ret)
{
    static const char *const messages[] = {
        "Memory cgroup out of memory: Killed",
        "Out of memory: Killed",
        "Out of memory (oom_kill_allocating_task): Kill",
        "oom-kill:constraint=",
        "Task in ",
    };
    struct rl_span text = rl_oom_trim(line);
    size_t least = text.len > 48 ? text.len - 48 : 0;

    *ret = (struct rl_oom_line){.kind = RL_OOM_LINE_BROKEN, .found = 0};
    for (size_t at = text.len; at-- > least;) {
        struct rl_span rest = rl_oom_from(text, at);

        if (rest.len < 6 || !strchr("MOoT", rest.s[0]))
            continue;
        for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
            if (strncmp(messages[i], rest.s, rest.len) == 0 && rl_oom_starts_at(text, at)) {
                ret->at = (size_t)(rest.s - line.s);
                return true;
            }
    }
    return false;
}

void rl_oom_line_read(
    const struct rl_oom_context *context, struct rl_span line, struct rl_oom_line *ret)
{
    if (context->columns.n > 0 && rl_oom_read_row(&context->columns, line, ret))
        return;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
        if (read_by(&rules[i], line, ret))
            return;
    if (context->in_stats && rl_oom_read_stat(line, ret))
        return;
    if (read_broken(line, ret))
        return;
    *ret = (struct rl_oom_line){.kind = RL_OOM_LINE_NOTHING, .whole = true};
}

bool rl_oom_line_is_elision(struct rl_span line)
{
    static const char *const words[] = {"...", "\xe2\x80\xa6", "snip", "SNIP"};
    struct rl_span text = rl_oom_trim(line);

    /* these two mean it only when they are alone */
    if (rl_span_is(text, "--") || rl_span_is(text, ":"))
        return true;
    for (size_t at = 0; at < text.len; at++) {
        struct rl_span rest = rl_oom_from(text, at);

        if (!strchr("[(<-.\xe2sS", text.s[at]) || !rl_oom_starts_at(text, at))
            continue;
        while (rest.len > 0 && strchr("[(<- ", rest.s[0]))
            rest = rl_oom_from(rest, 1);
        for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
            if (rl_span_starts(rest, words[i]))
                return true;
    }
    return false;
}
