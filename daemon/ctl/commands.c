#include <string.h>

#include "daemon/ctl/ctl.h"

const struct rl_command rl_commands[] = {
    {"status", "", "what reliefd watches, its policies, what is under pressure", 0,
        rl_status_options, rl_ctl_status},
    {"top", "", "the cgroup tree by pressure and headroom, live, and who would die", 0,
        rl_top_options, rl_ctl_top},
    {"incidents", "[N]", "the last N incidents (20), newest first, or those of a time or place", 1,
        rl_incidents_options, rl_ctl_incidents},
    {"explain", "[CGROUP|pid:N|INCIDENT|last]",
        "what would happen to a cgroup or process and why, or what happened in an incident", 1,
        rl_explain_options, rl_ctl_explain},
    {"report", "", "how right dry runs were, policy by policy; needs no daemon", 0,
        rl_report_options, rl_ctl_report},
    {"metrics", "", "what reliefd counts, as Prometheus reads it", 0, NULL, rl_ctl_metrics},
    {"plot", "INCIDENT|last|FILE|-", "a picture of an incident or a trace, as SVG or PNG", 1,
        rl_plot_options, rl_ctl_plot},
    {"scores", "[PID]",
        "processes with their scores, highest first, and what makes them; needs no daemon", 1,
        rl_scores_options, rl_ctl_scores},
    {"check", "[FILE|FOLDER ...]", "check policy files and say them back in English", 64,
        rl_check_options, rl_ctl_check},
    {"import", "TOOL [FILE ...]",
        "policies from the settings of systemd-oomd, earlyoom, oomd or nohang", 64,
        rl_import_options, rl_ctl_import},
    {"autopsy", "[FILE|-]", "why the kernel's OOM killer killed what it killed, from its own log",
        1, rl_autopsy_options, rl_ctl_autopsy},
    {"pause", "[POLICY] T", "let a policy, or all of them, take no step for a time", 2,
        rl_pause_options, rl_ctl_pause},
    {"resume", "[POLICY]", "end a pause, or all of them", 1, rl_pause_options, rl_ctl_resume},
    {"relieve", "CGROUP|pid:N", "let the policy of a cgroup act now, as if its trigger held", 1,
        rl_relieve_options, rl_ctl_relieve},
    {"try", "POLICY", "put a policy on trial: a leaker in a cgroup made for that, for real", 1,
        rl_try_options, rl_ctl_try},
    {"record", "", "write down what reliefd sees and decides, or what there is to see without it",
        0, rl_record_options, rl_ctl_record},
    {"replay", "TRACE|-",
        "what was decided in a recorded trace, or what other policies would have done", 1,
        rl_replay_options, rl_ctl_replay},
    {"reload", "", "make reliefd read its policies again", 0, NULL, rl_ctl_reload},
    {"restore", "", "take back what [Guard] orders of a reliefd that is gone have changed", 0, NULL,
        rl_ctl_restore},
    {"adj", "KIND:GLOB N", "set oom_score_adj of the processes that match", 2, rl_adj_options,
        rl_ctl_adj},
    {"snapshot", "OUT.tar|-",
        "take along what reliefd looks at, to look at it elsewhere with --root", 1,
        rl_snapshot_options, rl_ctl_snapshot},
    {0},
};

const struct rl_option rl_common_options[RL_COMMON_OPTIONS] = {
    [RL_OPT_JSON] = {"json", NULL, "print JSON"},
    [RL_OPT_USER] = {"user", NULL, "ask your own reliefd --user instead of the system's"},
    [RL_OPT_RUNTIME_DIR] = {"runtime-dir", "DIR", "where reliefd's socket is (/run/reliefd)"},
    [RL_OPT_STATE_DIR] = {"state-dir", "DIR", "where incidents are kept (/var/lib/reliefd)"},
    [RL_OPT_ROOT] = {"root", "DIR", "look at DIR/proc and DIR/sys/fs/cgroup"},
    [RL_OPT_PROC_ROOT] = {"proc-root", "DIR", "look at processes there instead of /proc"},
    [RL_OPT_CGROUP_ROOT] = {"cgroup-root", "DIR", "look at cgroups there (default: the mount)"},
    [RL_OPT_NO_PAGER] = {"no-pager", NULL, "do not show long output through a pager"},
    [RL_OPT_HELP] = {"help", NULL, "show this help"},
    [RL_OPT_VERSION] = {"version", NULL, "show the version"},
};

const char *const rl_exit_texts[RL_EXITS] = {
    [RL_EXIT_OK] = "done",
    [RL_EXIT_FAILURE] = "it did not work, or errors were found",
    [RL_EXIT_USAGE] = "wrong usage",
    [RL_EXIT_DOWN] = "reliefd is not running",
};

const struct rl_command *rl_command_find(const char *name)
{
    for (const struct rl_command *command = rl_commands; command->name; command++) {
        if (strcmp(command->name, name) == 0)
            return command;
    }
    return NULL;
}
