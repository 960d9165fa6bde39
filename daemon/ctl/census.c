#include "daemon/ctl/census.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/observe/probe.h"
#include "daemon/observe/read.h"
#include "daemon/report/cleanup.h"
#include "policy/match.h"

/* Does the file hold a number, and not "max"? */
static bool has_limit(int dir_fd, const char *name)
{
    char text[64];
    uint64_t limit;

    return rl_read_at(dir_fd, name, text, sizeof(text)) > 0 && rl_parse_limit(text, &limit) == 0 &&
           limit != RL_NO_LIMIT;
}

static bool is_limited(const char *folder)
{
    rl_auto_fd int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    return fd >= 0 && (has_limit(fd, "memory.max") || has_limit(fd, "memory.high"));
}

static int add(struct rl_census *census, const char *path, const char *folder, size_t parent)
{
    if (census->n == census->size) {
        size_t size = census->size ? 2 * census->size : 64;
        struct rl_census_cgroup *larger = reallocarray(census->cgroups, size, sizeof(*larger));

        if (!larger)
            return -ENOMEM;
        census->cgroups = larger;
        census->size = size;
    }
    census->cgroups[census->n] = (struct rl_census_cgroup){
        .path = strdup(*path ? path : "/"),
        .limited = *path && is_limited(folder),
        .parent = parent,
        .policy = RL_CENSUS_NOBODY,
    };
    return census->cgroups[census->n++].path ? 0 : -ENOMEM;
}

static int walk(struct rl_census *census, const char *root)
{
    char *const roots[] = {(char *)(uintptr_t)root, NULL};
    size_t length = strlen(root);
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_XDEV, NULL);
    int error = fts ? 0 : -ENOMEM;

    for (FTSENT *entry; !error && (entry = fts_read(fts));) {
        size_t parent = entry->fts_level > 0 ? (size_t)entry->fts_parent->fts_number : 0;

        if (entry->fts_info != FTS_D)
            continue; /* files, the way back, and what cannot be read or has vanished */
        entry->fts_number = (long)census->n;
        error = add(census, entry->fts_path + length, entry->fts_path, parent);
    }
    if (fts)
        fts_close(fts);
    return error;
}

int rl_census_read(const struct rl_args *args, struct rl_census *ret)
{
    const char *root = args->common[RL_OPT_ROOT], *given = args->common[RL_OPT_CGROUP_ROOT];
    struct rl_roots roots = {.proc = args->common[RL_OPT_PROC_ROOT], .cgroup = given};
    char proc[PATH_MAX], cgroup[PATH_MAX];
    struct rl_probe probe;
    size_t length;
    int error;

    *ret = (struct rl_census){0};
    snprintf(proc, sizeof(proc), "%s/proc", root ? root : "");
    snprintf(cgroup, sizeof(cgroup), "%s/sys/fs/cgroup", root ? root : "");
    roots.proc = roots.proc ? roots.proc : proc;
    roots.cgroup = roots.cgroup || !root ? roots.cgroup : cgroup;
    if (rl_probe_run(&roots, &probe) < 0) {
        if (root || given)
            fprintf(stderr, "reliefctl check: %s\n", probe.fatal);
        rl_probe_close(&probe);
        return root || given ? -EINVAL : -ENODATA;
    }
    length = strlen(probe.cgroup_root);
    while (length > 1 && probe.cgroup_root[length - 1] == '/')
        probe.cgroup_root[--length] = '\0';
    error = walk(ret, probe.cgroup_root);
    rl_probe_close(&probe);
    if (error)
        rl_census_free(ret);
    return error;
}

void rl_census_free(struct rl_census *census)
{
    for (size_t i = 0; i < census->n; i++)
        free(census->cgroups[i].path);
    free(census->cgroups);
    *census = (struct rl_census){0};
}

static struct rl_place place_of(const struct rl_census_cgroup *cgroup)
{
    return (struct rl_place){.path = cgroup->path, .limited = cgroup->limited};
}

/* A file for the root is about the machine and covers nobody below; a default nobody at all. */
static bool covers_below(
    const struct rl_census *census, const struct rl_policy_set *set, size_t parent)
{
    size_t policy = census->cgroups[parent].policy;

    return parent > 0 && policy != RL_CENSUS_NOBODY &&
           set->policies[policy].match.attach != RL_ATTACH_DEFAULT;
}

static void share(struct rl_census *census, const struct rl_policy_set *set, size_t at)
{
    struct rl_census_cgroup *cgroup = &census->cgroups[at];
    struct rl_place place = place_of(cgroup);
    const struct rl_policy *policy = rl_match_policy(set->policies, set->n, &place, false);

    cgroup->inherited = !policy && at > 0 && covers_below(census, set, cgroup->parent);
    if (!policy && !cgroup->inherited && (!set->default_node_only || at == 0))
        policy = rl_match_policy(set->policies, set->n, &place, true);
    if (cgroup->inherited)
        cgroup->policy = census->cgroups[cgroup->parent].policy;
    else
        cgroup->policy = policy ? (size_t)(policy - set->policies) : RL_CENSUS_NOBODY;
}

void rl_census_share(struct rl_census *census, const struct rl_policy_set *set)
{
    for (size_t i = 0; i < census->n; i++)
        share(census, set, i);
}

bool rl_census_names(const struct rl_policy *policy, const struct rl_census_cgroup *cgroup)
{
    struct rl_place place = place_of(cgroup);

    return rl_match_cgroup(&policy->match, &place);
}
