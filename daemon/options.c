#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/settings.h"
#include "daemon/report/log.h"

#define EXIT_USAGE 2

/* One row per option: adding one is a row and a function. */
struct option_row {
    const char *name;
    const char *argument; /* NULL: takes none */
    const char *help;
    /* Return: NULL, or what is wrong with the argument. */
    const char *(*take)(struct rl_options *options, const char *value);
};

static const char *take_config(struct rl_options *o, const char *value)
{
    o->config = value;
    return NULL;
}

static const char *take_policy_dir(struct rl_options *o, const char *value)
{
    if (o->n_policy_dirs == RL_POLICY_DIRS_MAX)
        return "too many folders";
    o->policy_dirs[o->n_policy_dirs++] = value;
    return NULL;
}

static const char *take_root(struct rl_options *o, const char *value)
{
    static char proc[4096], cgroup[4096];

    if ((size_t)snprintf(proc, sizeof(proc), "%s/proc", value) >= sizeof(proc) ||
        (size_t)snprintf(cgroup, sizeof(cgroup), "%s/sys/fs/cgroup", value) >= sizeof(cgroup))
        return "the path is too long";
    o->proc_root = proc;
    o->cgroup_root = cgroup;
    return NULL;
}

static const char *take_proc_root(struct rl_options *o, const char *value)
{
    o->proc_root = value;
    return NULL;
}

static const char *take_cgroup_root(struct rl_options *o, const char *value)
{
    o->cgroup_root = value;
    return NULL;
}

static const char *take_state_dir(struct rl_options *o, const char *value)
{
    o->state_dir = value;
    return NULL;
}

static const char *take_runtime_dir(struct rl_options *o, const char *value)
{
    o->runtime_dir = value;
    return NULL;
}

static const char *take_dry_run(struct rl_options *o, const char *value)
{
    o->dry_run = true;
    return NULL;
}

static const char *take_check(struct rl_options *o, const char *value)
{
    o->check = true;
    return NULL;
}

static const char *take_log_level(struct rl_options *o, const char *value)
{
    o->log_level = rl_log_level_from_name(value);
    return o->log_level < 0 ? "expected err, warning, notice, info or debug" : NULL;
}

static const char *take_log_format(struct rl_options *o, const char *value)
{
    if (strcmp(value, "text") != 0 && strcmp(value, "json") != 0)
        return "expected text or json";
    o->log_format = strcmp(value, "json") == 0 ? RL_LOG_JSON : RL_LOG_TEXT;
    return NULL;
}

static const char *show_help(struct rl_options *o, const char *value);
static const char *show_version(struct rl_options *o, const char *value);

static const struct option_row rows[] = {
    {"config", "FILE", "read FILE instead of reliefd.conf", take_config},
    {"policy-dir", "DIR",
        "read policies from DIR instead of the standard folders; repeatable, a "
        "later one is more important",
        take_policy_dir},
    {"root", "DIR", "use DIR/proc and DIR/sys/fs/cgroup", take_root},
    {"proc-root", "DIR", "use DIR as /proc", take_proc_root},
    {"cgroup-root", "DIR", "use DIR as the cgroup2 mount", take_cgroup_root},
    {"state-dir", "DIR", "keep incident files below DIR (/var/lib/reliefd)", take_state_dir},
    {"runtime-dir", "DIR", "make the socket for reliefctl in DIR (/run/reliefd)", take_runtime_dir},
    {"dry-run", NULL, "decide and report, but signal nobody", take_dry_run},
    {"check", NULL, "say what this machine lacks and what is wrong with the policies, and exit",
        take_check},
    {"log-level", "LEVEL", "err, warning, notice, info or debug", take_log_level},
    {"log-format", "FORMAT", "of lines on standard error: text, or json: one object a line",
        take_log_format},
    {"version", NULL, "print the version and exit", show_version},
    {"help", NULL, "print this help and exit", show_help},
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

static const char *show_help(struct rl_options *o, const char *value)
{
    puts("Usage: reliefd [OPTION ...]\n\n"
         "Watches memory pressure of cgroups and relieves it as the policies say.\n");
    for (size_t i = 0; i < N_ROWS; i++) {
        char left[40];

        snprintf(left, sizeof(left), "--%s%s%s", rows[i].name, rows[i].argument ? " " : "",
            rows[i].argument ? rows[i].argument : "");
        printf("  %-20s %s\n", left, rows[i].help);
    }
    puts("\nSIGHUP reads the policies again; SIGTERM and SIGINT end it.\n"
         "See reliefd(8), policy.d(5), reliefctl(1).");
    return NULL;
}

static const char *show_version(struct rl_options *o, const char *value)
{
    puts("reliefd " RL_VERSION);
    return NULL;
}

/* systemd names the folders that it has made. */
static const char *folder(const char *variable, const char *otherwise)
{
    const char *value = getenv(variable);

    return value && *value == '/' && !strchr(value, ':') ? value : otherwise;
}

static void make_long_options(struct option *options)
{
    for (size_t i = 0; i < N_ROWS; i++)
        options[i] = (struct option){
            .name = rows[i].name,
            .has_arg = rows[i].argument ? required_argument : no_argument,
            .val = (int)i + 256,
        };
    options[N_ROWS] = (struct option){0};
}

bool rl_options_parse(int argc, char **argv, struct rl_options *ret, int *ret_exit)
{
    struct option options[N_ROWS + 1];
    int c;

    make_long_options(options);
    *ret = (struct rl_options){
        .log_level = -1,
        .log_format = -1,
        .state_dir = folder("STATE_DIRECTORY", "/var/lib/reliefd"),
        .runtime_dir = folder("RUNTIME_DIRECTORY", "/run/reliefd"),
    };
    *ret_exit = EXIT_USAGE;
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        const struct option_row *row = c >= 256 ? &rows[c - 256] : NULL;
        const char *wrong;

        if (!row) {
            fprintf(stderr, "Try 'reliefd --help'.\n");
            return false;
        }
        wrong = row->take(ret, optarg);
        if (wrong) {
            fprintf(stderr, "reliefd: --%s %s: %s\n", row->name, optarg, wrong);
            return false;
        }
        if (row->take == show_help || row->take == show_version) {
            *ret_exit = EXIT_SUCCESS;
            return false;
        }
    }
    if (optind < argc) {
        fprintf(stderr, "reliefd: unexpected argument '%s'\nTry 'reliefd --help'.\n", argv[optind]);
        return false;
    }
    return true;
}
