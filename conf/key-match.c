/* [Match] */
#include "conf/sections.h"

#include <string.h>

/* Is the glob well as one of this key's? Otherwise says why. */
typedef bool (*glob_check)(
    struct rl_draft *draft, const struct rl_key *key, const char *item, const char *glob);

static void parse_globs(
    struct rl_draft *draft, const struct rl_key *key, const char *value, glob_check check)
{
    struct rl_globs *list = rl_key_store(draft, key);
    char *rest = rl_draft_copy(draft, value), *item;

    while (rest && (item = rl_take_item(draft, key, &rest))) {
        bool exclude = *item == '!';
        struct rl_cgroup_glob *items;

        if (!check(draft, key, item, item + exclude))
            continue;
        items = rl_draft_grow(draft, (void *)list->items, list->n, sizeof(*items));
        if (!items)
            return;
        items[list->n++] = (struct rl_cgroup_glob){item + exclude, exclude};
        list->items = items;
    }
}

void rl_reset_globs(struct rl_draft *draft, const struct rl_key *key)
{
    *(struct rl_globs *)rl_key_store(draft, key) = (struct rl_globs){0};
}

void rl_key_parse_cgroup(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_globs(draft, key, value, rl_take_path_glob);
}

/* A glob that must not be empty nor hold a '/'. */
static bool check_name(
    struct rl_draft *draft, const struct rl_key *key, const char *item, const char *glob)
{
    if (*glob && !strchr(glob, '/'))
        return rl_take_glob(draft, key, glob);
    rl_draft_refuse(draft, key, "bad-glob",
        *glob ? "'%s' has a '/', which no name has" : "'%s' names nothing", item);
    return false;
}

void rl_key_parse_names(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_globs(draft, key, value, check_name);
}

/* Could it be the UID of a pod: hexadecimal digits and dashes? */
static bool is_uid_glob(const char *glob)
{
    return glob[strspn(glob, "0123456789abcdefABCDEF-*?[]!^")] == '\0';
}

static bool check_pod(
    struct rl_draft *draft, const struct rl_key *key, const char *item, const char *glob)
{
    const char *slash = strchr(glob, '/');

    if (!*glob)
        rl_draft_refuse(draft, key, "bad-glob", "'%s' names nothing", item);
    else if (slash ? slash == glob || !slash[1] || strchr(slash + 1, '/') : !is_uid_glob(glob))
        rl_draft_refuse(
            draft, key, "bad-glob", "'%s' is neither NAMESPACE/NAME nor the UID of a pod", item);
    else
        return rl_take_glob(draft, key, glob);
    return false;
}

void rl_key_parse_pod(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_globs(draft, key, value, check_pod);
}

static const char *qos_at(size_t i)
{
    static const char *const classes[] = {"guaranteed", "burstable", "besteffort", NULL};

    return classes[i];
}

static bool check_qos(
    struct rl_draft *draft, const struct rl_key *key, const char *item, const char *glob)
{
    return rl_take_word(draft, key, "class", glob, qos_at) >= 0;
}

void rl_key_parse_qos(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    parse_globs(draft, key, value, check_qos);
}
