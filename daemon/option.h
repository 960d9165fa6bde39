/* One option of a command line, for parsing, help, completion and tests. */
#pragma once

struct rl_option {
    const char *name; /* without -- */
    const char *arg; /* what stands after it in the help, a word of daemon/ctl/words.c or fixed ones
                      * ("yes|no"); NULL: it is a switch */
    const char *help;
};

/* Those of reliefd, in the order of enum rl_daemon_option; ended by a NULL name. */
enum rl_daemon_option {
    RL_DAEMON_CONFIG,
    RL_DAEMON_POLICY_DIR,
    RL_DAEMON_ROOT,
    RL_DAEMON_PROC_ROOT,
    RL_DAEMON_CGROUP_ROOT,
    RL_DAEMON_STATE_DIR,
    RL_DAEMON_RUNTIME_DIR,
    RL_DAEMON_USER,
    RL_DAEMON_DRY_RUN,
    RL_DAEMON_CHECK,
    RL_DAEMON_TRACE,
    RL_DAEMON_LOG_LEVEL,
    RL_DAEMON_LOG_FORMAT,
    RL_DAEMON_VERSION,
    RL_DAEMON_HELP,
    RL_DAEMON_OPTIONS,
};

extern const struct rl_option rl_daemon_options[RL_DAEMON_OPTIONS + 1];
