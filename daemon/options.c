#include "daemon/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/settings.h"
#include "conf/suggest.h"
#include "daemon/option.h"
#include "daemon/report/log.h"

#define EXIT_USAGE 2
#define CODE_FIRST 256 /* how getopt_long() tells options from what it says itself */

/* Return: NULL, or what is wrong with the argument. */
typedef const char *(*take_option)(struct rl_options *options, const char *value);

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
    enum { SIZE = 4096 };
    /* Kept until the program ends; static it would be locked, wanted or not. */
    char *proc = malloc(SIZE), *cgroup = malloc(SIZE);
    const char *wrong = proc && cgroup ? "the path is too long" : "no memory";

    if (!proc || !cgroup || snprintf(proc, SIZE, "%s/proc", value) >= SIZE ||
        snprintf(cgroup, SIZE, "%s/sys/fs/cgroup", value) >= SIZE) {
        free(proc);
        free(cgroup);
        return wrong;
    }
    o->root = value;
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

static const char *take_trace(struct rl_options *o, const char *value)
{
    o->trace = value;
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

static const take_option takes[RL_DAEMON_OPTIONS] = {
    [RL_DAEMON_CONFIG] = take_config,
    [RL_DAEMON_POLICY_DIR] = take_policy_dir,
    [RL_DAEMON_ROOT] = take_root,
    [RL_DAEMON_PROC_ROOT] = take_proc_root,
    [RL_DAEMON_CGROUP_ROOT] = take_cgroup_root,
    [RL_DAEMON_STATE_DIR] = take_state_dir,
    [RL_DAEMON_RUNTIME_DIR] = take_runtime_dir,
    [RL_DAEMON_USER] = rl_options_take_user,
    [RL_DAEMON_DRY_RUN] = take_dry_run,
    [RL_DAEMON_CHECK] = take_check,
    [RL_DAEMON_TRACE] = take_trace,
    [RL_DAEMON_LOG_LEVEL] = take_log_level,
    [RL_DAEMON_LOG_FORMAT] = take_log_format,
    [RL_DAEMON_VERSION] = show_version,
    [RL_DAEMON_HELP] = show_help,
};

static const char *show_help(struct rl_options *o, const char *value)
{
    puts("Usage: reliefd [OPTION ...]\n\n"
         "Watches memory pressure of cgroups and relieves it as the policies say.\n");
    for (const struct rl_option *option = rl_daemon_options; option->name; option++) {
        char left[64];

        snprintf(left, sizeof(left), "--%s%s%s", option->name, option->arg ? " " : "",
            option->arg ? option->arg : "");
        printf("  %-20s %s\n", left, option->help);
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
    for (int i = 0; i < RL_DAEMON_OPTIONS; i++)
        options[i] = (struct option){
            .name = rl_daemon_options[i].name,
            .has_arg = rl_daemon_options[i].arg ? required_argument : no_argument,
            .val = i + CODE_FIRST,
        };
    options[RL_DAEMON_OPTIONS] = (struct option){0};
}

/* Why getopt_long() has refused a text. */
static void say_refused(int code, const char *text)
{
    char word[64], hint[96];
    struct rl_suggestion suggestion = {0};

    if (optopt >= CODE_FIRST) {
        const struct rl_option *option = &rl_daemon_options[optopt - CODE_FIRST];
        if (code == ':')
            fprintf(stderr, "reliefd: --%s needs %s behind it: %s\n", option->name, option->arg,
                option->help);
        else
            fprintf(stderr, "reliefd: --%s takes no value\n", option->name);
        return;
    }
    snprintf(word, sizeof(word), "%.*s", (int)strcspn(text, "="), text);
    suggestion.word = word + strspn(word, "-");
    for (const struct rl_option *option = rl_daemon_options; option->name; option++)
        rl_suggest(&suggestion, option->name);
    if (suggestion.best)
        snprintf(hint, sizeof(hint), "did you mean '--%s'?", suggestion.best);
    else
        snprintf(hint, sizeof(hint), "'reliefd --help' lists them");
    fprintf(stderr, "reliefd: unknown option '%s'; %s\n", word, hint);
}

bool rl_options_parse(int argc, char **argv, struct rl_options *ret, int *ret_exit)
{
    struct option options[RL_DAEMON_OPTIONS + 1];
    int c;

    make_long_options(options);
    *ret = (struct rl_options){
        .log_level = -1,
        .log_format = -1,
        .state_dir = folder("STATE_DIRECTORY", "/var/lib/reliefd"),
        .runtime_dir = folder("RUNTIME_DIRECTORY", "/run/reliefd"),
    };
    *ret_exit = EXIT_USAGE;
    opterr = 0;
    for (;;) {
        const char *wrong, *text = optind < argc ? argv[optind] : "";

        c = getopt_long(argc, argv, "+:", options, NULL);
        if (c == -1)
            break;
        if (c < CODE_FIRST) {
            say_refused(c, text);
            return false;
        }
        c -= CODE_FIRST;
        wrong = takes[c](ret, optarg);
        if (wrong) {
            fprintf(stderr, "reliefd: --%s%s%s: %s\n", rl_daemon_options[c].name, optarg ? " " : "",
                optarg ? optarg : "", wrong);
            return false;
        }
        if (c == RL_DAEMON_HELP || c == RL_DAEMON_VERSION) {
            *ret_exit = EXIT_SUCCESS;
            return false;
        }
    }
    if (ret->user && ret->n_policy_dirs == 0)
        ret->policy_dirs[ret->n_policy_dirs++] = ret->user_policy_dir;
    if (optind < argc) {
        fprintf(stderr,
            "reliefd: unexpected argument '%s'; it takes options only: reliefd --help\n",
            argv[optind]);
        return false;
    }
    return true;
}
