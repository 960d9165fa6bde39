/* top --batch --json. */
#include <string.h>

#include "daemon/ctl/top-view.h"
#include "daemon/report/json.h"
#include "policy/limits.h"

static json_t *history_json(const uint16_t *history)
{
    json_t *list = json_array();

    for (size_t i = 0; i < RL_TOP_MINUTE; i++)
        json_array_append_new(
            list, history[i] == RL_TOP_NEVER ? json_null() : rl_json_percent(history[i]));
    return list;
}

static json_t *victim_json(const struct rl_top_model *model, const struct rl_top_row *row)
{
    size_t at = row->victim_id ? rl_top_row_of(model, row->victim_id) : RL_TOP_NOBODY;
    char path[4096];

    if (!row->victim_known || row->victim_id == 0 || row->elsewhere)
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:o, s:I}", "scope", row->victim_pid ? "process" : "cgroup",
        "pid", row->victim_pid ? json_integer(row->victim_pid) : json_null(), "comm",
        row->victim_pid ? rl_json_string(row->victim_comm) : json_null(), "cgroup",
        at == RL_TOP_NOBODY ? json_null()
                            : rl_json_string(rl_top_path(model, at, path, sizeof(path))),
        "score", (json_int_t)row->victim_score);
}

static json_t *bytes(bool known, uint64_t value)
{
    return known ? rl_json_number(value) : json_null();
}

static json_t *row_json(const struct rl_top_model *model, size_t index)
{
    const struct rl_top_row *row = &model->rows[index];
    char path[4096];

    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b, s:b, s:b, s:o, s:o}",
        "cgroup", rl_json_string(rl_top_path(model, index, path, sizeof(path))), "used_bytes",
        bytes(row->known, row->used), "swap_bytes", bytes(row->known, row->swap), "limit_bytes",
        bytes(row->known, row->limit), "usage_percent",
        row->room_known ? rl_json_percent(row->usage) : json_null(), "headroom_bytes",
        bytes(row->room_known, row->headroom), "some_percent",
        row->stall_known ? rl_json_percent(row->some) : json_null(), "full_percent",
        row->stall_known ? rl_json_percent(row->full) : json_null(), "policy",
        row->policy ? rl_json_string(row->policy) : json_null(), "hot", row->hot, "incident",
        row->incident, "frozen", row->frozen, "would_die", victim_json(model, row),
        "some_percent_history", history_json(row->history));
}

json_t *rl_top_json(const struct rl_top_frame *frame)
{
    const struct rl_top_model *model = frame->model;
    json_t *rows = json_array();

    for (size_t i = 0; i < model->n_order; i++)
        json_array_append_new(rows, row_json(model, model->order[i]));
    return json_pack("{s:o, s:I, s:I, s:b, s:s, s:o, s:o, s:o}", "time", rl_json_name(frame->clock),
        "cgroups", (json_int_t)model->n, "idle_left_out", (json_int_t)model->hidden, "running",
        frame->daemon->running, "sort", rl_top_sort_name(model->sort), "score",
        frame->score ? json_string(frame->score) : json_null(), "node", rl_signs_json(frame->signs),
        "rows", rows);
}
