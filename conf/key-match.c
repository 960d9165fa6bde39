/* [Match] */
#include "conf/sections.h"

#include <string.h>

/* What can never match a path below the cgroup2 mount, in words; NULL when nothing is wrong. */
static const char *never_matches(const char *glob)
{
    const char *p = glob;

    if (strncmp(glob, "/sys/fs/cgroup", 14) == 0)
        return "begins with the mount point; paths are relative to it";
    if (strcmp(glob, "/") == 0)
        return NULL;
    p += *p == '/';
    while (*p) {
        size_t len = strcspn(p, "/");

        if (len == 0)
            return "has an empty level";
        if ((len == 1 && p[0] == '.') || (len == 2 && p[0] == '.' && p[1] == '.'))
            return "has a level '.' or '..'";
        p += len;
        if (*p == '/' && !*++p)
            return "ends in '/'";
    }
    return NULL;
}

void rl_key_parse_cgroup(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    char *rest = rl_draft_copy(draft, value), *item;

    while (rest && (item = rl_take_item(draft, key, &rest))) {
        bool exclude = *item == '!';
        const char *glob = item + exclude, *wrong = *glob ? never_matches(glob) : "names nothing";

        if (wrong) {
            rl_draft_refuse(draft, key, "bad-glob", "'%s' %s", item, wrong);
            continue;
        }
        if (!rl_take_glob(draft, key, glob))
            continue;
        draft->cgroups = rl_draft_grow(
            draft, draft->cgroups, draft->n_cgroups, sizeof(*draft->cgroups));
        if (!draft->cgroups)
            return;
        draft->cgroups[draft->n_cgroups++] = (struct rl_cgroup_glob){glob, exclude};
    }
}

void rl_reset_cgroup(struct rl_draft *draft, const struct rl_key *key)
{
    draft->cgroups = NULL;
    draft->n_cgroups = 0;
}
