/* Scores of all processes, read here and now: no daemon is asked. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/table.h"
#include "daemon/report/json.h"
#include "daemon/report/text.h"

#define TOP_MAX 10000000

enum own {
    OWN_CGROUP,
    OWN_SYSTEM,
    OWN_MODEL,
    OWN_TOP,
};

const struct rl_option rl_scores_options[] = {
    [OWN_CGROUP] = {"cgroup", "PATH", "processes of PATH and below, against its memory"},
    [OWN_SYSTEM] = {"system", NULL, "all processes against RAM + swap"},
    [OWN_MODEL] = {"model", "MODEL", "score model (percent-times-ten)"},
    [OWN_TOP] = {"top", "N", "the N highest only"},
    {0},
};

static json_t *process_json(const struct rl_table_row *row, uint32_t page_size)
{
    const struct rl_process *process = &row->candidate.process;
    const struct rl_score *score = &row->candidate.score;
    bool eligible = row->candidate.spared == RL_REASON_NONE && score->eligible;
    enum rl_reason reason = row->candidate.spared != RL_REASON_NONE ? row->candidate.spared
                                                                    : score->reason;

    return json_pack("{s:i, s:o, s:o, s:o, s:n, s:o, s:o, s:o, s:o, s:o, s:o, s:i, s:b, s:o}",
        "pid", (int)process->pid, "comm", rl_json_string(process->comm), "cgroup",
        rl_json_name(row->cgroup), "score", eligible ? json_integer(score->points) : json_null(),
        "oom_score", "kernel_oom_score",
        row->kernel_score_known ? json_integer(row->kernel_score) : json_null(), "available_bytes",
        rl_json_number(row->available), "limited_by", rl_json_name(row->limited_by), "rss_bytes",
        rl_json_number(process->rss_pages * page_size), "swap_bytes",
        rl_json_number(process->swap_pages * page_size), "pagetables_bytes",
        rl_json_number(process->table_pages * page_size), "oom_score_adj", process->oom_score_adj,
        "eligible", eligible, "reason", eligible ? json_null() : json_string(rl_reason_id(reason)));
}

static int print_json(const struct rl_process_table *table, const struct rl_model *model,
    size_t most, bool one_domain)
{
    json_auto_t *json = NULL;
    json_t *processes = json_array();

    for (size_t i = 0; i < table->n && i < most; i++)
        json_array_append_new(processes, process_json(&table->rows[i], table->page_size));
    json = json_pack("{s:s, s:o, s:o}", "model", model->id, "total_pages",
        one_domain && table->page_size ? rl_json_number(table->available / table->page_size)
                                       : json_null(),
        "processes", processes);
    return rl_print_json(json);
}

/* Whose account it is; numbers only where another machine's processes are shown. */
static void user_cell(struct rl_table *out, uid_t uid, bool names)
{
    const struct passwd *entry = names ? getpwuid(uid) : NULL;

    if (entry)
        rl_table_text(out, entry->pw_name);
    else
        rl_table_cell(out, "%u", (unsigned)uid);
}

static void size_cell(struct rl_table *out, uint64_t bytes)
{
    char text[RL_TEXT_MAX];

    rl_size_text(bytes, text, sizeof(text));
    rl_table_cell(out, "%s", text);
}

static void print_row(
    struct rl_table *out, const struct rl_table_row *row, uint32_t page_size, bool names)
{
    const struct rl_process *process = &row->candidate.process;
    bool eligible = row->candidate.spared == RL_REASON_NONE && row->candidate.score.eligible;

    rl_table_row(out, eligible ? RL_STYLE_PLAIN : RL_STYLE_DIM);
    rl_table_cell(out, "%d", (int)process->pid);
    user_cell(out, process->uid, names);
    rl_table_text(out, process->comm);
    if (eligible)
        rl_table_cell(out, "%" PRId64, row->candidate.score.points);
    else
        rl_table_cell(out, "-");
    size_cell(out, process->rss_pages * page_size);
    size_cell(out, process->swap_pages * page_size);
    rl_table_cell(out, "%d", process->oom_score_adj);
    rl_table_cell(out, "%s", process->flags & RL_PROCESS_ROOT ? "yes" : "no");
    rl_table_text(out, row->cgroup);
    size_cell(out, row->available);
    rl_table_text(out, row->limited_by);
}

static void print_table(const struct rl_process_table *table, size_t most, bool names)
{
    static const struct rl_column columns[] = {
        {"PID", RL_COLUMN_RIGHT},
        {"USER", RL_COLUMN_LEFT},
        {"COMM", RL_COLUMN_LEFT},
        {"SCORE", RL_COLUMN_RIGHT},
        {"RSS", RL_COLUMN_RIGHT},
        {"SWAP", RL_COLUMN_RIGHT},
        {"ADJ", RL_COLUMN_RIGHT},
        {"ROOT", RL_COLUMN_LEFT},
        {"CGROUP", RL_COLUMN_PATH},
        {"AVAILABLE", RL_COLUMN_RIGHT},
        {"LIMITED BY", RL_COLUMN_PATH},
    };
    struct rl_table *out = rl_table_new(columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < table->n && i < most; i++)
        print_row(out, &table->rows[i], table->page_size, names);
    rl_table_end(out, 0);
}

static const struct rl_model *find_model(const char *name)
{
    const struct rl_model *model = name ? rl_model_find(name) : rl_model_default();

    if (model)
        return model;
    fprintf(stderr, "reliefctl scores: there is no model '%s'; there is:", name);
    for (size_t i = 0; i < rl_models_n; i++)
        fprintf(stderr, "%s %s", i > 0 ? "," : "", rl_models[i].id);
    fputc('\n', stderr);
    return NULL;
}

static int check_options(const struct rl_args *args, unsigned long *ret_top)
{
    const char *cgroup = args->own[OWN_CGROUP];

    if (cgroup && args->own[OWN_SYSTEM]) {
        fprintf(stderr, "reliefctl scores: --cgroup and --system exclude each other\n");
        return -EINVAL;
    }
    if (cgroup && !*cgroup) {
        fprintf(stderr, "reliefctl scores: --cgroup needs a path, such as /system.slice\n");
        return -EINVAL;
    }
    *ret_top = TOP_MAX;
    return args->own[OWN_TOP] ? rl_args_number("--top", args->own[OWN_TOP], TOP_MAX, ret_top) : 0;
}

/* A path as it is meant: with its leading slash. Return: buf, NULL where nothing was given. */
static const char *cgroup_path(const char *given, char *buf, size_t size)
{
    if (!given)
        return NULL;
    snprintf(buf, size, "%s%s", *given == '/' ? "" : "/", given);
    for (size_t n = strlen(buf); n > 1 && buf[n - 1] == '/'; n--)
        buf[n - 1] = '\0';
    return buf;
}

int rl_ctl_scores(const struct rl_args *args)
{
    struct rl_process_table table = {0};
    struct rl_probe probe;
    char path[PATH_MAX];
    unsigned long top;

    const struct rl_model *model = find_model(args->own[OWN_MODEL]);
    if (!model || check_options(args, &top) < 0)
        return RL_EXIT_USAGE;
    struct rl_table_options options = {
        .model = model,
        .cgroup = cgroup_path(args->own[OWN_CGROUP], path, sizeof(path)),
        .system = args->own[OWN_SYSTEM] != NULL,
    };
    int code = rl_table_probe(args, options.system, &probe);
    if (code != RL_EXIT_OK)
        return code;
    code = rl_process_table_read(&probe, &options, &table);
    if (code == RL_EXIT_OK && args->common[RL_OPT_JSON])
        code = print_json(&table, model, top, options.cgroup || options.system);
    else if (code == RL_EXIT_OK)
        print_table(&table, top, probe.live);
    rl_process_table_free(&table);
    rl_probe_close(&probe);
    return code;
}
