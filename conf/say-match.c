#include "conf/say.h"

#include <string.h>

static bool is_root(const char *glob)
{
    return glob[strspn(glob, "/")] == '\0';
}

static size_t count(const struct rl_globs *globs, bool exclude)
{
    size_t n = 0;

    for (size_t i = 0; i < globs->n; i++)
        n += globs->items[i].exclude == exclude;
    return n;
}

/* "a", "a or b", "a, b or c" over the globs of one sort. */
static void say_globs(FILE *out, const struct rl_globs *globs, bool exclude)
{
    size_t left = count(globs, exclude);

    for (size_t i = 0; i < globs->n; i++) {
        const struct rl_cgroup_glob *glob = &globs->items[i];

        if (glob->exclude != exclude)
            continue;
        left--;
        fprintf(out, "%s%s", is_root(glob->glob) ? "the root (the machine itself)" : glob->glob,
            left > 1    ? ", "
            : left == 1 ? " or "
                        : "");
    }
}

/* What is said before the globs that are named, before those excluded, and where nothing is named:
 * a list of pods, even of exclusions, is for nothing but pods. */
static const struct {
    size_t offset;
    const char *named, *excluded, *any;
} lists[] = {
    {offsetof(struct rl_match, cgroups), "match ", "on ", NULL},
    {offsetof(struct rl_match, units), "are called ", "on those called ", NULL},
    {offsetof(struct rl_match, pods), "belong to pods ", "on those of pods ", "belong to pods"},
    {offsetof(struct rl_match, qos), "belong to pods of class ", "on those of pods of class ",
        "belong to pods"},
    {offsetof(struct rl_match, containers), "belong to containers ", "on those of containers ",
        "belong to containers"},
};
#define LISTS (sizeof(lists) / sizeof(lists[0]))

static const struct rl_globs *list_at(const struct rl_match *match, size_t i)
{
    return (const struct rl_globs *)((const char *)match + lists[i].offset);
}

static const char *joint(size_t *n)
{
    return (*n)++ ? " and that " : " that ";
}

static void say_conditions(FILE *out, const struct rl_match *match)
{
    static const char *const limited[] = {
        [RL_NO] = "have no memory.high or memory.max of their own",
        [RL_YES] = "have a memory.high or memory.max of their own",
    };
    size_t n = 0;

    if (match->attach == RL_ATTACH_DEFAULT)
        fprintf(out, "%sno other policy names", joint(&n));
    for (size_t i = 0; i < LISTS; i++) {
        if (count(list_at(match, i), false)) {
            fprintf(out, "%s%s", joint(&n), lists[i].named);
            say_globs(out, list_at(match, i), false);
        } else if (list_at(match, i)->n && lists[i].any) {
            fprintf(out, "%s%s", joint(&n), lists[i].any);
        }
    }
    if (match->limited != RL_EITHER)
        fprintf(out, "%s%s", joint(&n), limited[match->limited]);
    n = 0;
    for (size_t i = 0; i < LISTS; i++)
        if (count(list_at(match, i), true)) {
            fprintf(out, "%s%s", n++ ? ", nor " : ", but not ", lists[i].excluded);
            say_globs(out, list_at(match, i), true);
        }
}

static bool is_narrowed(const struct rl_match *match)
{
    for (size_t i = 0; i < LISTS; i++)
        if (count(list_at(match, i), false) || (list_at(match, i)->n && lists[i].any))
            return true;
    return match->limited != RL_EITHER;
}

void rl_say_match(FILE *out, const struct rl_match *match)
{
    static const char *const levels[] = {
        [RL_LEVEL_ANY] = "cgroups",
        [RL_LEVEL_CONTAINER] = "containers",
        [RL_LEVEL_POD] = "pods",
        [RL_LEVEL_QOS] = "quality-of-service classes of pods",
    };
    const struct rl_globs *cgroups = &match->cgroups;

    if (match->attach == RL_ATTACH_UNIT) {
        const char *at = strstr(match->unit, "@.");

        fprintf(out, at ? "Acts on every instance of %s" : "Acts on %s", match->unit);
        return;
    }
    if (cgroups->n == 1 && !cgroups->items[0].exclude && is_root(cgroups->items[0].glob)) {
        fputs("Acts on the machine itself", out);
        return;
    }
    fprintf(out, "Acts on %s",
        match->level == RL_LEVEL_ANY && !is_narrowed(match) ? "every cgroup"
                                                            : levels[match->level]);
    say_conditions(out, match);
}
