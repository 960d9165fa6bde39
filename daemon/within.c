/* Where victims are sought: which cgroups a choice looks into. */
#include <limits.h>
#include <string.h>

#include "daemon/engine-private.h"
#include "daemon/observe/read.h"
#include "policy/glob.h"

struct rl_cgroup *rl_within_top(
    struct rl_engine *engine, const struct rl_hot *hot, const struct rl_policy *policy)
{
    if (policy->victim.within == RL_WITHIN_GLOB)
        return rl_tree_root(rl_watch_tree(engine->watch));
    if (policy->victim.within == RL_WITHIN_SUBJECT && hot->cgroup->subject)
        return hot->cgroup->subject;
    return hot->cgroup;
}

/* Does a path, or one above it, match? Globs of Within= mean what is below, too. */
static bool below_glob(const char *glob, const struct rl_cgroup *cgroup)
{
    char path[4096];

    for (; cgroup; cgroup = cgroup->parent) {
        rl_cgroup_path(cgroup, path, sizeof(path));
        if (rl_glob_path(glob, path))
            return true;
    }
    return false;
}

/* A vendor's file reaches outside its own subject only where reliefd.conf allows it. */
static bool vendor_may(const struct rl_settings *settings, const struct rl_cgroup *subject,
    const struct rl_cgroup *cgroup)
{
    if (rl_cgroup_holds(subject, cgroup))
        return true;
    for (size_t i = 0; i < settings->n_allow_within; i++)
        if (below_glob(settings->allow_within[i], cgroup))
            return true;
    return false;
}

bool rl_within(const struct rl_engine *engine, const struct rl_policy *policy,
    const struct rl_cgroup *subject, const struct rl_cgroup *cgroup)
{
    if (policy->victim.within != RL_WITHIN_GLOB)
        return true;
    return below_glob(policy->victim.within_glob, cgroup) &&
           (!policy->vendor || vendor_may(engine->options.settings, subject, cgroup));
}

/* Has it processes, in it or below it? Whoever does not say so is looked into: the root, a fixture,
 * and one whose path is too long. */
static bool is_populated(const struct rl_engine *engine, const struct rl_cgroup *cgroup)
{
    static const char file[] = "/cgroup.events";
    char path[PATH_MAX + sizeof(file)], text[256];
    size_t len = rl_cgroup_path(cgroup, path, PATH_MAX);
    bool populated;

    if (!cgroup->parent)
        return true;
    strcpy(path + len, file);
    return rl_read_at(engine->options.probe->cgroup_fd, path + 1, text, sizeof(text)) < 0 ||
           rl_parse_populated(text, &populated) < 0 || populated;
}

/* Of ten thousand cgroups most are empty: nothing in or below them is opened. */
struct rl_cgroup *rl_next_populated(
    const struct rl_engine *engine, const struct rl_cgroup *top, struct rl_cgroup *cgroup)
{
    cgroup = rl_tree_next(top, cgroup);
    while (cgroup && !is_populated(engine, cgroup)) {
        const struct rl_cgroup *empty = cgroup;

        while (cgroup && rl_cgroup_holds(empty, cgroup))
            cgroup = rl_tree_next(top, cgroup);
    }
    return cgroup;
}
