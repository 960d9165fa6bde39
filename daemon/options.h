/* The command line of reliefd. */
#pragma once

#include <stdbool.h>

#define RL_POLICY_DIRS_MAX 16

struct rl_options {
    const char *config;
    const char *policy_dirs[RL_POLICY_DIRS_MAX + 1]; /* NULL-terminated, most important last */
    unsigned n_policy_dirs;
    const char *root;                    /* --root; NULL: none */
    const char *proc_root, *cgroup_root; /* NULL: the live ones */
    const char *state_dir, *runtime_dir;
    int log_level;  /* -1: as reliefd.conf says */
    int log_format; /* enum rl_log_format; -1: likewise */
    bool dry_run;
    const char *trace; /* NULL: none is written */
    bool check;
    bool user;                   /* --user: */
    const char *config_dir;      /* in place of the standard folders of reliefd.conf */
    const char *user_policy_dir; /* and of policies; both NULL without */
};

/* --user: folders by the XDG variables, and the tree of the own user@UID.service unless
 * --cgroup-root stands before it. Return: NULL, or what is wrong. */
const char *rl_options_take_user(struct rl_options *options, const char *value);

/**
 * rl_options_parse() - read argv and the environment
 * @ret_exit: the exit status when the program is to end at once (--help, --version, wrong usage)
 *
 * Return: true to go on.
 */
bool rl_options_parse(int argc, char **argv, struct rl_options *ret, int *ret_exit);
