#include <pwd.h>

#include "daemon/ctl/scores.h"
#include "daemon/report/json.h"

static json_t *number_or_null(bool known, int64_t value)
{
    return known ? json_integer(value) : json_null();
}

static json_t *reason_or_null(enum rl_reason reason)
{
    return reason == RL_REASON_NONE ? json_null() : json_string(rl_reason_id(reason));
}

static json_t *user_json(uid_t uid, bool names)
{
    const struct passwd *entry = names ? getpwuid(uid) : NULL;

    return entry ? rl_json_string(entry->pw_name) : json_null();
}

static json_t *agreement_json(const struct rl_process_table *table, const struct rl_table_row *row)
{
    enum rl_agreement agreement = rl_table_agreement(table, row);

    return agreement == RL_AGREES_UNKNOWN ? json_null() : json_boolean(agreement == RL_AGREES);
}

static json_t *parts_json(const struct rl_table_row *row)
{
    const struct rl_score *score = &row->candidate.score;

    if (!rl_table_eligible(row))
        return json_null();
    return json_pack("{s:I, s:I, s:I}", "memory", (json_int_t)score->memory_points, "root",
        (json_int_t)score->root_points, "adj", (json_int_t)score->adj_points);
}

/* What is not part of the table that every reader of the format may count on. */
static json_t *more_json(
    const struct rl_process_table *table, const struct rl_table_row *row, bool names)
{
    const struct rl_process *process = &row->candidate.process;

    return json_pack("{s:I, s:o, s:i, s:b, s:o, s:o, s:o, s:b, s:o}", "uid",
        (json_int_t)process->uid, "user", user_json(process->uid, names), "oom_adj",
        process->oom_adj, "root", !!(process->flags & RL_PROCESS_ROOT), "parts", parts_json(row),
        "passed_over", reason_or_null(row->passed_over), "agrees", agreement_json(table, row),
        "moving", row->moving, "headroom_bytes",
        row->headroom_known ? rl_json_number(row->headroom) : json_null());
}

json_t *rl_scores_process_json(
    const struct rl_process_table *table, const struct rl_table_row *row, bool names)
{
    const struct rl_process *process = &row->candidate.process;
    bool eligible = rl_table_eligible(row);
    uint64_t page = table->page_size;

    json_t *json = json_pack(
        "{s:i, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:o}", "pid",
        (int)process->pid, "comm", rl_json_string(process->comm), "cgroup",
        rl_json_name(row->cgroup), "score", number_or_null(eligible, row->candidate.score.points),
        "oom_score", number_or_null(row->oom_score_known, row->oom_score), "kernel_oom_score",
        number_or_null(row->kernel_score_known, row->kernel_score), "available_bytes",
        rl_json_number(row->available), "limited_by", rl_json_name(row->limited_by), "rss_bytes",
        rl_json_number(process->rss_pages * page), "swap_bytes",
        rl_json_number(process->swap_pages * page), "pagetables_bytes",
        rl_json_number(process->table_pages * page), "oom_score_adj", process->oom_score_adj,
        "eligible", eligible, "reason", reason_or_null(rl_table_reason(row)));
    json_auto_t *more = more_json(table, row, names);

    if (!json || !more || json_object_update(json, more) < 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

json_t *rl_scores_json(
    const struct rl_process_table *table, const struct rl_model *model, size_t most, bool names)
{
    json_t *processes = json_array();

    for (size_t i = 0; i < table->n && i < most; i++)
        if (json_array_append_new(
                processes, rl_scores_process_json(table, &table->rows[i], names)) < 0) {
            json_decref(processes);
            return NULL;
        }
    return json_pack("{s:s, s:o, s:o}", "model", model->id, "total_pages",
        table->available > 0 && table->page_size > 0
            ? rl_json_number(table->available / table->page_size)
            : json_null(),
        "processes", processes);
}
