/* reliefctl: one table of subcommands, one file for each of them.
 *
 * The table makes --help and completion (daemon/ctl/complete.h), and a test holds the manual page
 * against it. What kind of word an argument is stands in its name, in words.c. A subcommand
 * gets its arguments parsed; it prints to stdout what was asked for, to stderr what went wrong,
 * and returns an exit code. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/option.h"

enum rl_exit {
    RL_EXIT_OK = 0,
    RL_EXIT_FAILURE = 1, /* it did not work, or errors were found */
    RL_EXIT_USAGE = 2,
    RL_EXIT_DOWN = 3, /* reliefd is not running */
    RL_EXITS,
};

/* What each means, for help and manual page. */
extern const char *const rl_exit_texts[RL_EXITS];

/* Options that every subcommand knows, in the order of rl_common_options. */
enum rl_common {
    RL_OPT_JSON,
    RL_OPT_USER,
    RL_OPT_RUNTIME_DIR,
    RL_OPT_STATE_DIR,
    RL_OPT_ROOT,
    RL_OPT_PROC_ROOT,
    RL_OPT_CGROUP_ROOT,
    RL_OPT_NO_PAGER,
    RL_OPT_HELP,
    RL_OPT_VERSION,
    RL_COMMON_OPTIONS,
};

extern const struct rl_option rl_common_options[RL_COMMON_OPTIONS];

#define RL_OWN_OPTIONS_MAX 8

/* Arguments of one call. A switch that was given has the value "". */
struct rl_args {
    const char *common[RL_COMMON_OPTIONS]; /* NULL: not given */
    const char *own[RL_OWN_OPTIONS_MAX];   /* in the order of the command's options */
    char **words;                          /* the rest, NULL-terminated */
    size_t n_words;
};

struct rl_command {
    const char *name;
    const char *args; /* for the help: "[CGROUP|pid:N|INCIDENT]" */
    const char *help; /* one line */
    size_t max_words;
    const struct rl_option *options; /* own ones, ended by a NULL name; NULL: none */
    int (*run)(const struct rl_args *args);
};

/* Ended by a NULL name. */
extern const struct rl_command rl_commands[];

/* Return: the command of that name, NULL when there is none. */
const struct rl_command *rl_command_find(const char *name);

/**
 * rl_args_parse() - parse a whole command line
 * @argv: of the program; reordered
 * @ret_command: NULL where only --help or --version was asked for
 *
 * Common options may stand before and behind the subcommand. What is a minus and a digit is a word.
 * What is wrong is said on stderr. Return: 0, or -EINVAL.
 */
int rl_args_parse(
    int argc, char **argv, const struct rl_command **ret_command, struct rl_args *ret);

/* The help text: of the program, or of one command. */
void rl_help_print(const struct rl_command *command);

/* A number of an option or argument within [0, max]. Return: 0, or -EINVAL after saying what is
 * wrong with it. */
int rl_args_number(const char *what, const char *text, unsigned long max, unsigned long *ret);

int rl_ctl_status(const struct rl_args *args);
int rl_ctl_incidents(const struct rl_args *args);
int rl_ctl_explain(const struct rl_args *args);
int rl_ctl_top(const struct rl_args *args);
int rl_ctl_plot(const struct rl_args *args);
int rl_ctl_scores(const struct rl_args *args);
int rl_ctl_check(const struct rl_args *args);
int rl_ctl_reload(const struct rl_args *args);
int rl_ctl_restore(const struct rl_args *args);
int rl_ctl_autopsy(const struct rl_args *args);
int rl_ctl_adj(const struct rl_args *args);
int rl_ctl_snapshot(const struct rl_args *args);
int rl_ctl_pause(const struct rl_args *args);
int rl_ctl_resume(const struct rl_args *args);
int rl_ctl_relieve(const struct rl_args *args);
int rl_ctl_try(const struct rl_args *args);
int rl_ctl_report(const struct rl_args *args);
int rl_ctl_metrics(const struct rl_args *args);
int rl_ctl_import(const struct rl_args *args);
int rl_ctl_record(const struct rl_args *args);
int rl_ctl_replay(const struct rl_args *args);

extern const struct rl_option rl_incidents_options[];
extern const struct rl_option rl_status_options[];
extern const struct rl_option rl_explain_options[];
extern const struct rl_option rl_top_options[];
extern const struct rl_option rl_plot_options[];
extern const struct rl_option rl_scores_options[];
extern const struct rl_option rl_check_options[];
extern const struct rl_option rl_adj_options[];
extern const struct rl_option rl_snapshot_options[];
extern const struct rl_option rl_autopsy_options[];
extern const struct rl_option rl_pause_options[];
extern const struct rl_option rl_relieve_options[];
extern const struct rl_option rl_try_options[];
extern const struct rl_option rl_report_options[];
extern const struct rl_option rl_import_options[];
extern const struct rl_option rl_record_options[];
extern const struct rl_option rl_replay_options[];
