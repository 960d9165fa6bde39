/* --user: the folders of a user, and the part of the cgroup tree that is his. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/options.h"

#define PATH_SIZE 4096

/* Where the options point to until the program ends. Static it would be memory that is locked for
 * those, too, who have no use for it. */
struct paths {
    char root[PATH_SIZE], state[PATH_SIZE], runtime[PATH_SIZE], config[PATH_SIZE],
        policies[PATH_SIZE];
};

/* "$VARIABLE/rest", or "$HOME/otherwise/rest". */
static const char *folder(char *buf, const char *variable, const char *otherwise, const char *rest)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    int n;

    if (base && *base == '/')
        n = snprintf(buf, PATH_SIZE, "%s/%s", base, rest);
    else if (otherwise && home && *home == '/')
        n = snprintf(buf, PATH_SIZE, "%s/%s/%s", home, otherwise, rest);
    else
        return NULL;
    return n < PATH_SIZE ? buf : NULL;
}

/* A system has the folders above its own; a new user may not. Whoever needs the folder says what is
 * wrong with it. */
static void make_parents(const char *path)
{
    char above[PATH_SIZE];

    for (const char *end = strchr(path + 1, '/'); end; end = strchr(end + 1, '/')) {
        memcpy(above, path, (size_t)(end - path));
        above[end - path] = '\0';
        mkdir(above, 0700);
    }
}

/* The path of the own user@UID.service below the cgroup2 mount, in place. */
static bool cut_to_manager(char *path)
{
    char unit[64];
    size_t len = (size_t)snprintf(unit, sizeof(unit), "/user@%u.service", (unsigned)getuid());
    char *found = strstr(path, unit);

    if (!found || (found[len] != '/' && found[len] != '\0'))
        return false;
    found[len] = '\0';
    return true;
}

static const char *find_root(char *buf)
{
    static const char *const mounts[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
    char text[16384];
    const char *path;

    if (rl_read_at(-1, "/proc/self/cgroup", text, sizeof(text)) < 0 ||
        rl_parse_proc_cgroup(text, &path) < 0 || !cut_to_manager((char *)path))
        return "it has to run below user@UID.service: start it by systemctl --user, or name your "
               "part of the tree with --cgroup-root";
    for (size_t i = 0; i < sizeof(mounts) / sizeof(mounts[0]); i++) {
        if (snprintf(buf, PATH_SIZE, "%s%s", mounts[i], path) < PATH_SIZE &&
            access(buf, R_OK | X_OK) == 0)
            return NULL;
    }
    return "the cgroup of user@UID.service is not to be found below /sys/fs/cgroup";
}

static const char *find_folders(struct paths *paths)
{
    if (!folder(paths->config, "XDG_CONFIG_HOME", ".config", "reliefd") ||
        !folder(paths->policies, "XDG_CONFIG_HOME", ".config", "reliefd/policy.d") ||
        !folder(paths->state, "XDG_STATE_HOME", ".local/state", "reliefd"))
        return "HOME is not set";
    if (!folder(paths->runtime, "XDG_RUNTIME_DIR", NULL, "reliefd"))
        return "XDG_RUNTIME_DIR is not set";
    return NULL;
}

const char *rl_options_take_user(struct rl_options *o, const char *value)
{
    struct paths *paths = malloc(sizeof(*paths));
    const char *wrong = paths ? find_folders(paths) : "no memory";

    o->user = true;
    if (wrong) {
        free(paths);
        return wrong;
    }
    make_parents(paths->state);
    o->config_dir = paths->config;
    o->user_policy_dir = paths->policies;
    o->state_dir = paths->state;
    o->runtime_dir = paths->runtime;
    if (o->cgroup_root)
        return NULL;
    o->cgroup_root = paths->root;
    return find_root(paths->root);
}
