#include "daemon/ctl/user.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* "$VARIABLE/reliefdREST", or "$HOME/otherwise/reliefdREST", as reliefd --user has it. */
static const char *folder(
    const char *variable, const char *otherwise, const char *rest, char *buf, size_t size)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    int n;

    if (base && *base == '/')
        n = snprintf(buf, size, "%s/reliefd%s", base, rest);
    else if (otherwise && home && *home == '/')
        n = snprintf(buf, size, "%s/%s/reliefd%s", home, otherwise, rest);
    else
        return NULL;
    return n >= 0 && (size_t)n < size ? buf : NULL;
}

const char *rl_user_config(const char *rest, char *buf, size_t size)
{
    return folder("XDG_CONFIG_HOME", ".config", rest, buf, size);
}

static const char *find_tree(char *buf, size_t size)
{
    static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    unsigned user = getuid();

    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        snprintf(buf, size, "%s/user.slice/user-%u.slice/user@%u.service", mounts[i], user, user);
        if (access(buf, R_OK | X_OK) == 0)
            return buf;
    }
    return NULL;
}

int rl_user_take(struct rl_args *args)
{
    static char runtime[PATH_MAX], state[PATH_MAX], tree[PATH_MAX];
    const char **common = args->common;

    if (!common[RL_OPT_RUNTIME_DIR]) {
        common[RL_OPT_RUNTIME_DIR] = folder("XDG_RUNTIME_DIR", NULL, "", runtime, sizeof(runtime));
        if (!common[RL_OPT_RUNTIME_DIR]) {
            fprintf(stderr,
                "reliefctl: --user: XDG_RUNTIME_DIR is not set; say where the socket is "
                "with --runtime-dir\n");
            return -EINVAL;
        }
    }
    if (!common[RL_OPT_STATE_DIR]) {
        common[RL_OPT_STATE_DIR] = folder(
            "XDG_STATE_HOME", ".local/state", "", state, sizeof(state));
        if (!common[RL_OPT_STATE_DIR]) {
            fprintf(stderr, "reliefctl: --user: HOME is not set; say where incidents are with "
                            "--state-dir\n");
            return -EINVAL;
        }
    }
    if (!common[RL_OPT_CGROUP_ROOT] && !common[RL_OPT_ROOT])
        common[RL_OPT_CGROUP_ROOT] = find_tree(tree, sizeof(tree));
    return 0;
}
