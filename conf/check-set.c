#include "conf/check-set.h"

#include <stdio.h>
#include <string.h>

#include "conf/ini.h"
#include "policy/glob.h"

static const char *without_slash(const char *glob)
{
    return glob + strspn(glob, "/");
}

static bool is_literal(const char *glob)
{
    return glob[strcspn(glob, "*?[\\")] == '\0';
}

/* PATH/ ** with nothing special in PATH: the length of "PATH/"; else 0. */
static size_t subtree_length(const char *glob)
{
    size_t len = strlen(glob), special = strcspn(glob, "*?[\\");

    return len > 3 && special == len - 2 && strcmp(glob + len - 3, "/**") == 0 ? len - 2 : 0;
}

bool rl_glob_covers(const char *wide, const char *narrow)
{
    size_t below;

    wide = without_slash(wide);
    narrow = without_slash(narrow);
    if (strcmp(wide, narrow) == 0)
        return true;
    if (!*wide || !*narrow)
        return false;
    if (is_literal(narrow))
        return rl_glob_path(wide, narrow);
    if (strcmp(wide, "**") == 0)
        return true;
    below = subtree_length(wide);
    return below && strncmp(narrow, wide, below) == 0 && narrow[below];
}

/* Of names: a star alone, or one name for which it can be tried. */
static bool name_covers(const char *wide, const char *narrow)
{
    return strcmp(wide, narrow) == 0 || strcmp(wide, "*") == 0 ||
           (is_literal(narrow) && rl_glob_text(wide, narrow));
}

static bool same_text(const char *wide, const char *narrow)
{
    return strcmp(wide, narrow) == 0;
}

typedef bool (*cover_fn)(const char *wide, const char *narrow);

static bool has_exclusion(const struct rl_globs *globs, const char *glob)
{
    for (size_t i = 0; i < globs->n; i++)
        if (globs->items[i].exclude && strcmp(globs->items[i].glob, glob) == 0)
            return true;
    return false;
}

static bool some_covers(const struct rl_globs *wide, const char *narrow, cover_fn covers)
{
    bool named = false;

    for (size_t i = 0; i < wide->n; i++) {
        if (wide->items[i].exclude)
            continue;
        named = true;
        if (covers(wide->items[i].glob, narrow))
            return true;
    }
    return !named; /* everything but its exclusions */
}

static bool list_covers(const struct rl_globs *wide, const struct rl_globs *narrow, cover_fn covers)
{
    bool named = false, wide_named = false;

    for (size_t i = 0; i < wide->n; i++) {
        if (wide->items[i].exclude && !has_exclusion(narrow, wide->items[i].glob))
            return false;
        wide_named = wide_named || !wide->items[i].exclude;
    }
    for (size_t i = 0; i < narrow->n; i++) {
        if (narrow->items[i].exclude)
            continue;
        named = true;
        if (!some_covers(wide, narrow->items[i].glob, covers))
            return false;
    }
    return named || !wide_named;
}

/* "**" alone: everything but the root. */
static bool is_all_below(const struct rl_globs *globs)
{
    return globs->n == 1 && !globs->items[0].exclude &&
           strcmp(without_slash(globs->items[0].glob), "**") == 0;
}

static bool never_root(const struct rl_match *match)
{
    return match->level != RL_LEVEL_ANY || match->limited == RL_YES || match->pods.n ||
           match->qos.n || match->containers.n;
}

static bool file_covers(const struct rl_match *wide, const struct rl_match *narrow)
{
    if (wide->limited != RL_EITHER && wide->limited != narrow->limited)
        return false;
    if (wide->level != RL_LEVEL_ANY && wide->level != narrow->level)
        return false;
    return (list_covers(&wide->cgroups, &narrow->cgroups, rl_glob_covers) ||
               (is_all_below(&wide->cgroups) && never_root(narrow))) &&
           list_covers(&wide->units, &narrow->units, name_covers) &&
           list_covers(&wide->pods, &narrow->pods, same_text) &&
           list_covers(&wide->qos, &narrow->qos, same_text) &&
           list_covers(&wide->containers, &narrow->containers, name_covers);
}

/* A file named after one unit has all cgroups of that name. */
static bool unit_covers(const struct rl_match *wide, const struct rl_match *narrow)
{
    size_t named = 0;

    if (strstr(wide->unit, "@."))
        return false;
    for (size_t i = 0; i < narrow->units.n; i++) {
        const struct rl_cgroup_glob *glob = &narrow->units.items[i];

        if (glob->exclude)
            continue;
        if (!is_literal(glob->glob) || strcmp(glob->glob, wide->unit) != 0)
            return false;
        named++;
    }
    return named > 0;
}

bool rl_match_covers(const struct rl_match *wide, const struct rl_match *narrow)
{
    if (narrow->attach == RL_ATTACH_UNIT)
        return false; /* each has a name of its own */
    return wide->attach == RL_ATTACH_UNIT ? unit_covers(wide, narrow) : file_covers(wide, narrow);
}

/* A default is there for what nobody names, so that being taken by others is no news; and what the
 * vendor ships is nobody's mistake. */
static bool is_news(const struct rl_policy *taken, const struct rl_policy *by)
{
    return taken->match.attach == RL_ATTACH_DEFAULT
               ? by->match.attach == RL_ATTACH_DEFAULT && !taken->vendor
               : true;
}

static int check_shadows(
    const struct rl_compiled *const *compiled, size_t at, struct rl_findings *findings)
{
    const struct rl_policy *policy = &compiled[at]->policy;
    const struct rl_spot *spot = &compiled[at]->match;

    for (size_t i = 0; i < at; i++) {
        const struct rl_policy *earlier = &compiled[i]->policy;

        if (!is_news(policy, earlier) || !rl_match_covers(&earlier->match, &policy->match))
            continue;
        return rl_findings_add(findings, spot->path ? spot->path : policy->source, spot->line,
            RL_WARNING, "shadowed",
            "this never counts: %s (%s) comes first and takes all of its "
            "cgroups",
            earlier->name, earlier->source);
    }
    return 0;
}

/* Globs of Within= and AllowWithin= mean what is below, too. */
static bool covers_below(const char *wide, const char *narrow)
{
    char below[RL_INI_LINE_MAX + 4];

    snprintf(below, sizeof(below), "%s/**", wide);
    return !*without_slash(wide) || rl_glob_covers(wide, narrow) || rl_glob_covers(below, narrow);
}

static bool is_allowed(const struct rl_settings *settings, const char *glob)
{
    for (size_t i = 0; i < settings->n_allow_within; i++)
        if (covers_below(settings->allow_within[i], glob))
            return true;
    return false;
}

static int check_allowed(const struct rl_compiled *compiled, const struct rl_settings *settings,
    struct rl_findings *findings)
{
    const struct rl_policy *policy = &compiled->policy;
    const struct rl_spot *within = &compiled->within, *panic = &compiled->on_no_victim;
    int error = 0;

    if (policy->vendor && policy->victim.within == RL_WITHIN_GLOB && within->path &&
        !is_allowed(settings, policy->victim.within_glob))
        error = rl_findings_add(findings, within->path, within->line, RL_WARNING,
            "within-not-allowed",
            "Within=%s: a vendor's file reaches outside its subject only where AllowWithin= of "
            "reliefd.conf says so",
            policy->victim.within_glob);
    if (!error && policy->relief.on_no_victim == RL_NO_VICTIM_PANIC && panic->path &&
        !settings->allow_panic)
        error = rl_findings_add(findings, panic->path, panic->line, RL_WARNING, "panic-not-allowed",
            "OnNoVictim=panic counts as log without AllowPanic=yes in reliefd.conf");
    return error;
}

static int check_panic_steps(const struct rl_compiled *compiled, struct rl_findings *findings)
{
    const struct rl_relief *relief = &compiled->policy.relief;
    int error = 0;

    for (size_t i = 0; i < relief->n && !error; i++)
        if (relief->steps[i].kind == RL_STEP_PANIC && compiled->steps[i].path)
            error = rl_findings_add(findings, compiled->steps[i].path, compiled->steps[i].line,
                RL_WARNING, "panic-not-allowed",
                "Step=panic is passed over without AllowPanic=yes in reliefd.conf");
    return error;
}

int rl_check_set(const struct rl_compiled *const *compiled, size_t n,
    const struct rl_settings *settings, struct rl_findings *findings)
{
    int error = 0;

    for (size_t i = 0; i < n && !error; i++) {
        error = check_shadows(compiled, i, findings);
        if (!error && settings)
            error = check_allowed(compiled[i], settings, findings);
        if (!error && settings && !settings->allow_panic)
            error = check_panic_steps(compiled[i], findings);
    }
    return error;
}
