#include "daemon/option.h"

#include <stddef.h>

const struct rl_option rl_daemon_options[] = {
    [RL_DAEMON_CONFIG] = {"config", "FILE", "read FILE instead of reliefd.conf"},
    [RL_DAEMON_POLICY_DIR] = {"policy-dir", "DIR",
        "read policies from DIR instead of the standard folders; repeatable, a later one is more "
        "important"},
    [RL_DAEMON_ROOT] = {"root", "DIR", "use DIR/proc and DIR/sys/fs/cgroup"},
    [RL_DAEMON_PROC_ROOT] = {"proc-root", "DIR", "use DIR as /proc"},
    [RL_DAEMON_CGROUP_ROOT] = {"cgroup-root", "DIR", "use DIR as the cgroup2 mount"},
    [RL_DAEMON_STATE_DIR] = {"state-dir", "DIR",
        "keep incident files below DIR (/var/lib/reliefd)"},
    [RL_DAEMON_RUNTIME_DIR] = {"runtime-dir", "DIR",
        "make the socket for reliefctl in DIR (/run/reliefd)"},
    [RL_DAEMON_USER] = {"user", NULL,
        "watch your own part of the tree, with your own files, without privileges"},
    [RL_DAEMON_DRY_RUN] = {"dry-run", NULL, "decide and report, but signal nobody"},
    [RL_DAEMON_CHECK] = {"check", NULL,
        "say what this machine lacks and what is wrong with the policies, and exit"},
    [RL_DAEMON_TRACE] = {"trace", "FILE",
        "add all that is seen and decided to FILE, for reliefctl replay"},
    [RL_DAEMON_LOG_LEVEL] = {"log-level", "LEVEL", "err, warning, notice, info or debug"},
    [RL_DAEMON_LOG_FORMAT] = {"log-format", "FORMAT",
        "of lines on standard error: text, or json: one object a line"},
    [RL_DAEMON_VERSION] = {"version", NULL, "print the version and exit"},
    [RL_DAEMON_HELP] = {"help", NULL, "print this help and exit"},
    [RL_DAEMON_OPTIONS] = {0},
};
