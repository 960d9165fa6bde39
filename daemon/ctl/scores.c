/* Scores of all processes, read here and now: no daemon is asked. */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include "conf/suggest.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/maths.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/pager.h"
#include "daemon/ctl/scores.h"

#define TOP_MAX        10000000
#define INTERVAL_LEAST 0.1
#define INTERVAL_MOST  3600.0

enum own {
    OWN_CGROUP,
    OWN_SYSTEM,
    OWN_MODEL,
    OWN_TOP,
    OWN_WATCH,
    OWN_INTERVAL,
};

const struct rl_option rl_scores_options[] = {
    [OWN_CGROUP] = {"cgroup", "PATH", "processes of PATH and below, against its memory"},
    [OWN_SYSTEM] = {"system", NULL, "all processes against RAM + swap"},
    [OWN_MODEL] = {"model", "MODEL", "score model (percent-times-ten); help lists them"},
    [OWN_TOP] = {"top", "N", "the N highest only"},
    [OWN_WATCH] = {"watch", NULL, "look again and again, until ctrl-c or the end of PID"},
    [OWN_INTERVAL] = {"interval", "SECONDS", "between two looks of --watch, 0.1 to 3600 (1)"},
    {0},
};

/* ---- options ---- */

static json_t *aliases_json(const char *id)
{
    json_t *aliases = json_array();

    for (size_t i = 0; i < rl_model_aliases_n; i++) {
        if (strcmp(rl_model_aliases[i].id, id) == 0)
            json_array_append_new(aliases, json_string(rl_model_aliases[i].alias));
    }
    return aliases;
}

static int print_models_json(void)
{
    json_auto_t *models = json_array();

    for (size_t i = 0; i < rl_models_n; i++)
        json_array_append_new(
            models, json_pack("{s:s, s:s?, s:s, s:o}", "model", rl_models[i].id, "kernels",
                        rl_models[i].kernels, "help", rl_models[i].help, "aliases",
                        aliases_json(rl_models[i].id)));
    return rl_print_json(models);
}

static int print_models(void)
{
    static const struct rl_column columns[] = {
        {"MODEL", RL_COLUMN_LEFT},
        {"LINUX", RL_COLUMN_LEFT},
        {"WHAT IT IS", RL_COLUMN_LEFT},
    };
    struct rl_table *out = rl_table_new(columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < rl_models_n; i++) {
        rl_table_row(out, RL_STYLE_PLAIN);
        rl_table_cell(out, "%s", rl_models[i].id);
        rl_table_cell(out, "%s", rl_models[i].kernels ? rl_models[i].kernels : "-");
        rl_table_cell(out, "%s", rl_models[i].help);
    }
    rl_table_end(out, 0);
    putchar('\n');
    for (size_t i = 0; i < rl_model_aliases_n; i++)
        printf("%s is %s.\n", rl_model_aliases[i].alias, rl_model_aliases[i].id);
    puts("linux-A.B and linux-A.B.C are the model of that version of Linux.");
    return RL_EXIT_OK;
}

static const struct rl_model *find_model(const char *name)
{
    const struct rl_model *model = name ? rl_model_find(name) : rl_model_default();
    struct rl_suggestion suggestion = {.word = name};
    char text[128];

    if (model)
        return model;
    for (size_t i = 0; i < rl_models_n; i++)
        rl_suggest(&suggestion, rl_models[i].id);
    for (size_t i = 0; i < rl_model_aliases_n; i++)
        rl_suggest(&suggestion, rl_model_aliases[i].alias);
    fprintf(stderr, "reliefctl scores: there is no model '%s'%s --model help lists them\n", name,
        *rl_suggestion_text(&suggestion, text, sizeof(text)) ? text : ";");
    return NULL;
}

static int wrong(const char *what)
{
    fprintf(stderr, "reliefctl scores: %s\n", what);
    return -EINVAL;
}

static int check_options(const struct rl_args *args)
{
    const char *cgroup = args->own[OWN_CGROUP];

    if (cgroup && args->own[OWN_SYSTEM])
        return wrong("--cgroup and --system exclude each other");
    if (cgroup && !*cgroup)
        return wrong("--cgroup needs a path, such as /system.slice");
    if (args->own[OWN_INTERVAL] && !args->own[OWN_WATCH])
        return wrong("--interval is about --watch, which is missing");
    if (args->n_words > 0 && cgroup)
        return wrong("PID and --cgroup exclude each other: a process is scored against the memory "
                     "of its own cgroup");
    return 0;
}

static int parse_interval(const char *text, uint64_t *ret_us)
{
    char *end = NULL;

    *ret_us = RL_US_PER_S;
    if (!text)
        return 0;
    double value = strtod(text, &end);
    if (end == text || *end || !isfinite(value) || value < INTERVAL_LEAST ||
        value > INTERVAL_MOST) {
        fprintf(stderr,
            "reliefctl scores: --interval: '%s' is not a number of seconds from 0.1 to 3600\n",
            text);
        return -EINVAL;
    }
    *ret_us = (uint64_t)rl_round(value * 1e6);
    return 0;
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

static int parse(const struct rl_args *args, struct rl_scores *scores)
{
    unsigned long top = TOP_MAX, pid = 0;

    if (check_options(args) < 0 ||
        parse_interval(args->own[OWN_INTERVAL], &scores->interval_us) < 0)
        return -EINVAL;
    if (args->own[OWN_TOP] && rl_args_number("--top", args->own[OWN_TOP], TOP_MAX, &top) < 0)
        return -EINVAL;
    if (args->n_words > 0 && rl_args_number("PID", args->words[0], INT_MAX, &pid) < 0)
        return -EINVAL;
    if (args->n_words > 0 && pid == 0)
        return wrong("PID is a number from 1 on");
    scores->top = top;
    scores->options.pid = (pid_t)pid;
    scores->options.system = args->own[OWN_SYSTEM] != NULL;
    scores->json = args->common[RL_OPT_JSON] != NULL;
    return 0;
}

/* ---- where to look ---- */

static void find_nodes(struct rl_scores *scores)
{
    const char *root = scores->args->common[RL_OPT_ROOT];
    char folder[PATH_MAX];

    if (!root && !scores->probe.live)
        return;
    snprintf(folder, sizeof(folder), "%s/sys/devices/system/node", root ? root : "");
    rl_nodes_read(folder, &scores->nodes);
    scores->options.nodes = &scores->nodes;
}

static int open_machine(struct rl_scores *scores)
{
    const char *root = scores->args->common[RL_OPT_ROOT];
    struct rl_saved saved = {0};
    struct utsname name;

    int code = rl_table_probe(scores->args, scores->options.system, &scores->probe);
    if (code != RL_EXIT_OK)
        return code;
    if (root && !scores->probe.live && rl_saved_read(root, &saved) < 0) {
        rl_probe_close(&scores->probe);
        return RL_EXIT_FAILURE;
    }
    if (scores->probe.live && uname(&name) == 0)
        saved.kernel = rl_saved_kernel(name.release);
    scores->options.clk_tck = saved.clk_tck;
    scores->kernel = saved.kernel;
    find_nodes(scores);
    return RL_EXIT_OK;
}

/* ---- the command ---- */

static int print_json(const struct rl_scores *scores, const struct rl_process_table *table)
{
    json_auto_t *json = rl_scores_json(
        table, scores->options.model, scores->top, scores->probe.live);

    return rl_print_json(json);
}

/* Not of those that have exited meanwhile. */
static void warn_of_unreadable(const struct rl_process_table *table)
{
    if (table->unreadable > 0)
        fprintf(stderr,
            "reliefctl scores: the files of %zu process%s could not be read: left out\n",
            table->unreadable, table->unreadable == 1 ? "" : "es");
}

static int look_once(const struct rl_scores *scores)
{
    struct rl_process_table table = {0};

    int code = rl_process_table_read(&scores->probe, &scores->options, &table);
    if (code != RL_EXIT_OK)
        return code;
    warn_of_unreadable(&table);
    rl_pager_open(scores->args);
    if (scores->options.pid > 0 && table.n == 0) {
        if (table.unreadable == 0)
            fprintf(stderr, "reliefctl scores: there is no process %d\n", (int)scores->options.pid);
        code = RL_EXIT_FAILURE;
    } else if (scores->json) {
        code = print_json(scores, &table);
    } else if (scores->options.pid > 0) {
        rl_scores_tell(scores, &table);
    } else {
        rl_scores_print(scores, &table, scores->top);
    }
    rl_process_table_free(&table);
    return code;
}

int rl_ctl_scores(const struct rl_args *args)
{
    struct rl_scores scores = {.args = args};
    const char *model = args->own[OWN_MODEL];
    char path[PATH_MAX];

    if (model && strcmp(model, "help") == 0) {
        rl_pager_open(args);
        return args->common[RL_OPT_JSON] ? print_models_json() : print_models();
    }
    scores.options.model = find_model(model);
    if (!scores.options.model || parse(args, &scores) < 0)
        return RL_EXIT_USAGE;
    scores.options.cgroup = cgroup_path(args->own[OWN_CGROUP], path, sizeof(path));
    int code = open_machine(&scores);
    if (code != RL_EXIT_OK)
        return code;
    code = args->own[OWN_WATCH] ? rl_scores_watch(&scores) : look_once(&scores);
    rl_probe_close(&scores.probe);
    return code;
}
