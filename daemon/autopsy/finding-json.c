#include "daemon/autopsy/words.h"

#include <string.h>

#include "daemon/report/json.h"

static json_t *pid_json(int64_t pid)
{
    return pid >= 0 ? json_integer(pid) : json_null();
}

static json_t *named_json(const struct rl_oom_named *who)
{
    return json_pack("{s:o, s:o}", "pid", pid_json(who->pid), "comm", rl_json_name(who->comm));
}

static json_t *kernel_victim_json(const struct rl_oom_finding *finding)
{
    const struct rl_oom_rated *row = finding->kernel_victim;
    bool printed = finding->report->have & RL_OOM_SCORE;
    bool computed = row && printed && finding->printed != RL_OOM_PRINTED_NONE;

    if (finding->victim.pid < 0 && !*finding->victim.comm)
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o}", "pid", pid_json(finding->victim.pid), "comm",
        rl_json_name(finding->victim.comm), "printed_score",
        printed ? rl_json_number(finding->report->printed_score) : json_null(), "computed_score",
        computed ? rl_json_number(row->printed) : json_null());
}

static json_t *model_victim_json(const struct rl_oom_finding *finding)
{
    const struct rl_oom_rated *row = finding->model_victim;

    if (!row)
        return json_null();
    return json_pack("{s:I, s:o, s:o}", "pid", (json_int_t)row->task->pid, "comm",
        rl_json_string(row->task->comm), "score",
        finding->points_known ? json_integer(row->score.points) : json_null());
}

static json_t *ours_json(const struct rl_oom_finding *finding)
{
    const struct rl_oom_rated *row = finding->ours;

    if (!row)
        return json_null();
    return json_pack("{s:I, s:o, s:o}", "pid", (json_int_t)row->task->pid, "comm",
        rl_json_string(row->task->comm), "score",
        finding->available_known ? json_integer(row->ours.points) : json_null());
}

static json_t *killed_json(const struct rl_oom_report *report)
{
    json_t *killed = json_array();

    for (size_t i = 0; i < report->n_kills; i++)
        json_array_append_new(killed, named_json(&report->kills[i].who));
    return killed;
}

static json_t *missing_json(const struct rl_oom_finding *finding)
{
    json_t *missing = json_array();

    for (unsigned i = 0; i < RL_OOM_MISSINGS; i++)
        if (finding->missing & (1u << i))
            json_array_append_new(missing, json_string(rl_oom_missing_id(i)));
    return missing;
}

json_t *rl_autopsy_finding_json(const struct rl_oom_finding *finding)
{
    const struct rl_oom_report *report = finding->report;
    json_t *agrees = finding->agrees < 0 ? json_null() : json_boolean(finding->agrees);
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:o, s:o, s:o, s:o}",
        "kernel", rl_json_name(report->kernel), "constraint", rl_json_string(finding->constraint),
        "limit_bytes", finding->limit_known ? rl_json_number(finding->limit_bytes) : json_null(),
        "available_pages",
        finding->available_known ? rl_json_number(finding->available_pages) : json_null(), "model",
        rl_json_string(finding->model ? finding->model->id : NULL), "kernel_victim",
        kernel_victim_json(finding), "model_victim", model_victim_json(finding),
        "kernel_victim_rank",
        finding->kernel_victim_rank > 0 ? json_integer(finding->kernel_victim_rank) : json_null(),
        "agrees", agrees, "killed", killed_json(report), "complete", finding->complete, "missing",
        missing_json(finding), "percent_times_ten", ours_json(finding), "stamp",
        rl_json_name(report->stamp), "cgroup", rl_json_name(report->oom_memcg));
}
