#include "daemon/ctl/observer.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/table.h"
#include "daemon/ctl/user.h"

bool rl_observer_wanted(const struct rl_args *args, const char *policy_dir)
{
    return !args->common[RL_OPT_RUNTIME_DIR] &&
           (policy_dir || args->common[RL_OPT_ROOT] || args->common[RL_OPT_PROC_ROOT] ||
               args->common[RL_OPT_CGROUP_ROOT]);
}

static int split_folders(const char *policy_dir, struct rl_observer *ret)
{
    char *rest;
    size_t n = 0;

    ret->folders = strdup(policy_dir);
    if (!ret->folders)
        return -ENOMEM;
    rest = ret->folders;
    for (char *one; (one = strsep(&rest, ":"));) {
        if (!*one)
            continue;
        if (n == RL_OBSERVER_DIRS_MAX) {
            fprintf(stderr, "reliefctl: --policy-dir: at most %d folders\n", RL_OBSERVER_DIRS_MAX);
            return -EINVAL;
        }
        ret->policy_dirs[n++] = one;
    }
    return 0;
}

/* What reliefd --user would go by. */
static void take_user(struct rl_look_options *options, struct rl_observer *ret)
{
    static char config[PATH_MAX], policies[PATH_MAX];
    static const char *settings_dirs[] = {NULL, NULL};

    settings_dirs[0] = rl_user_config("", config, sizeof(config));
    ret->policy_dirs[0] = rl_user_config("/policy.d", policies, sizeof(policies));
    if (!settings_dirs[0] || !ret->policy_dirs[0])
        return;
    options->settings_dirs = settings_dirs;
    options->policy_dirs = ret->policy_dirs;
}

int rl_observer_open(const struct rl_args *args, const char *policy_dir, struct rl_observer *ret)
{
    static const char *const nowhere[] = {NULL};
    struct rl_look_options options = {.probe = &ret->probe, .state_dir = rl_client_state_dir(args)};
    bool elsewhere = args->common[RL_OPT_ROOT];
    int r = 0;

    *ret = (struct rl_observer){.probe = {.cgroup_fd = -1, .proc_fd = -1}};
    if (policy_dir && (r = split_folders(policy_dir, ret)) == 0)
        options.policy_dirs = ret->policy_dirs;
    else if (!policy_dir && args->common[RL_OPT_USER])
        take_user(&options, ret);
    else if (elsewhere)
        options.policy_dirs = nowhere;
    if (elsewhere) {
        options.settings_dirs = nowhere;
        options.state_dir = args->common[RL_OPT_STATE_DIR];
    }
    int code = r < 0 ? RL_EXIT_USAGE : rl_table_probe(args, false, &ret->probe);
    if (code == RL_EXIT_OK) {
        r = rl_look_new(&options, &ret->look);
        if (r >= 0)
            return RL_EXIT_OK;
        fprintf(stderr, "reliefctl: %s cannot be looked at: %s\n", ret->probe.cgroup_root,
            strerror(-r));
        rl_probe_close(&ret->probe);
        code = RL_EXIT_FAILURE;
    }
    free(ret->folders);
    return code;
}

void rl_observer_close(struct rl_observer *observer)
{
    rl_look_free(observer->look);
    rl_probe_close(&observer->probe);
    free(observer->folders);
}
