#include "match.h"

#include <stdio.h>
#include <string.h>

#include "glob.h"
#include "kube.h"

static const char *last_element(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static bool is_unit(const char *name, size_t len)
{
    static const char *const types[] = {
        ".service", ".scope", ".slice", ".socket", ".mount", ".swap"};

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        size_t n = strlen(types[i]);

        if (len > n && memcmp(name + len - n, types[i], n) == 0)
            return true;
    }
    return false;
}

/* "x@.service" stands for x@anything.service. */
static bool unit_matches(const char *unit, const char *name)
{
    const char *at = strstr(unit, "@.");
    size_t head, tail, len = strlen(name);

    if (!at)
        return strcmp(unit, name) == 0;
    head = (size_t)(at - unit) + 1;
    tail = strlen(at + 1);
    return len > head + tail && strncmp(unit, name, head) == 0 &&
           strcmp(at + 1, name + len - tail) == 0;
}

/* Does a list name a text? An exclusion wins wherever it stands; only exclusions mean everything
 * else. */
static bool globs_match(const struct rl_globs *globs, const char *text,
    bool (*glob_match)(const char *glob, const char *text))
{
    bool found = false, positive = false;

    for (size_t i = 0; i < globs->n; i++) {
        const struct rl_cgroup_glob *g = &globs->items[i];
        bool hit = glob_match(g->glob, text);

        if (g->exclude && hit)
            return false;
        positive = positive || !g->exclude;
        found = found || hit;
    }
    return found || !positive;
}

/* Could it be about a name, rather than a UID? */
static bool about_names(const char *glob)
{
    return glob[strspn(glob, "0123456789abcdef-")] != '\0';
}

/* As globs_match, over the UID and the name. While the name is not known, an exclusion that is
 * about names excludes every pod, and nothing but the UID includes one. */
static bool pod_matches(const struct rl_globs *globs, const char *uid, const char *name)
{
    bool found = false, positive = false;

    for (size_t i = 0; i < globs->n; i++) {
        const struct rl_cgroup_glob *g = &globs->items[i];
        bool hit = rl_glob_text(g->glob, uid) || (name && rl_glob_text(g->glob, name));

        if (g->exclude && (hit || (!name && about_names(g->glob))))
            return false;
        positive = positive || !g->exclude;
        found = found || hit;
    }
    return found || !positive;
}

/* Conditions about a pod hold for nothing outside of one. */
static bool kube_matches(const struct rl_match *match, const struct rl_place *place)
{
    struct rl_kube kube;

    if (!match->pods.n && !match->qos.n && !match->containers.n && match->level == RL_LEVEL_ANY)
        return true;
    rl_kube_parse(place->path, &kube);
    if (match->level != RL_LEVEL_ANY && (kube.level != match->level || kube.inner))
        return false;
    if (match->pods.n && (!kube.pod[0] || !pod_matches(&match->pods, kube.pod, place->pod_name)))
        return false;
    if (match->qos.n && (!kube.qos || !globs_match(&match->qos, kube.qos, rl_glob_text)))
        return false;
    return !match->containers.n ||
           (kube.container[0] && globs_match(&match->containers, kube.container, rl_glob_text));
}

bool rl_match_cgroup(const struct rl_match *match, const struct rl_place *place)
{
    if (match->attach == RL_ATTACH_UNIT)
        return unit_matches(match->unit, last_element(place->path));
    if (match->limited != RL_EITHER && place->limited != (match->limited == RL_YES))
        return false;
    return globs_match(&match->cgroups, place->path, rl_glob_path) &&
           globs_match(&match->units, last_element(place->path), rl_glob_text) &&
           kube_matches(match, place);
}

const struct rl_policy *rl_match_policy(
    const struct rl_policy *policies, size_t n, const struct rl_place *place, bool defaults)
{
    for (size_t i = 0; i < n; i++) {
        if (policies[i].match.attach == RL_ATTACH_DEFAULT && !defaults)
            continue;
        if (rl_match_cgroup(&policies[i].match, place))
            return &policies[i];
    }
    return NULL;
}

const struct rl_policy *rl_match_in_force(const struct rl_policy *policies, size_t n,
    const struct rl_place *place, const struct rl_policy *above, bool node_only,
    bool *ret_inherited)
{
    const struct rl_policy *policy = rl_match_policy(policies, n, place, false);
    bool is_root = strcmp(place->path, "/") == 0;

    *ret_inherited = !policy && above && above->match.attach != RL_ATTACH_DEFAULT;
    if (*ret_inherited)
        return above;
    return policy || (node_only && !is_root) ? policy : rl_match_policy(policies, n, place, true);
}

bool rl_match_undecided(
    const struct rl_policy *policies, size_t n, const struct rl_place *place, bool defaults)
{
    struct rl_kube kube;

    rl_kube_parse(place->path, &kube);
    if (place->pod_name || !kube.pod[0])
        return false;
    for (size_t i = 0; i < n; i++) {
        struct rl_match match = policies[i].match;

        if (match.attach == RL_ATTACH_DEFAULT && !defaults)
            continue;
        if (rl_match_cgroup(&match, place))
            return false;
        match.pods.n = 0;
        if (policies[i].match.pods.n && rl_match_cgroup(&match, place))
            return true;
    }
    return false;
}

const char *rl_match_unit(const char *path, size_t *ret_len)
{
    const char *end = path + strlen(path);

    while (end > path) {
        const char *start = end;

        while (start > path && start[-1] != '/')
            start--;
        if (is_unit(start, (size_t)(end - start))) {
            *ret_len = (size_t)(end - start);
            return start;
        }
        end = start > path ? start - 1 : path;
    }
    return NULL;
}

static bool match_comm(const char *glob, const struct rl_process *p, const char *path, bool unknown)
{
    return rl_glob_text(glob, p->comm);
}

static bool match_exe(const char *glob, const struct rl_process *p, const char *path, bool unknown)
{
    /* One that was cut in front is known at its end only. */
    bool whole = (p->flags & RL_PROCESS_EXE_KNOWN) && strlen(p->exe) < RL_EXE_MAX - 1;

    if ((p->flags & RL_PROCESS_EXE_KNOWN) && rl_glob_text(glob, p->exe))
        return true;
    return whole ? false : unknown;
}

static bool match_cmdline(
    const char *glob, const struct rl_process *p, const char *path, bool unknown)
{
    bool whole = strlen(p->cmdline) < RL_CMDLINE_MAX - 1, hit;
    size_t len = strlen(glob);

    if (!(p->flags & RL_PROCESS_CMDLINE_KNOWN))
        return unknown;
    hit = rl_glob_text(glob, p->cmdline);
    if (whole)
        return hit;
    /* One that was cut at its end proves only what does not depend on the rest. */
    return unknown ||
           (hit && len > 0 && glob[len - 1] == '*' && (len < 2 || glob[len - 2] != '\\'));
}

static bool match_uid(const char *glob, const struct rl_process *p, const char *path, bool unknown)
{
    char uid[16];

    snprintf(uid, sizeof(uid), "%u", (unsigned)p->uid);
    return rl_glob_text(glob, uid);
}

static bool match_unit(const char *glob, const struct rl_process *p, const char *path, bool unknown)
{
    char name[256];
    size_t len;
    const char *unit = rl_match_unit(path, &len);

    if (!unit)
        return false;
    if (len >= sizeof(name))
        return unknown;
    memcpy(name, unit, len);
    name[len] = '\0';
    return rl_glob_text(glob, name);
}

static bool match_path(const char *glob, const struct rl_process *p, const char *path, bool unknown)
{
    return rl_glob_path(glob, path);
}

static bool match_main(const char *glob, const struct rl_process *p, const char *path, bool unknown)
{
    return p->flags & RL_PROCESS_MAIN;
}

/* A process that is known from a kernel's report only has no start time. */
static bool match_leader(
    const char *glob, const struct rl_process *p, const char *path, bool unknown)
{
    return p->session == p->pid || (unknown && p->start_ticks == 0);
}

static bool (*const facts[RL_FACTS])(
    const char *glob, const struct rl_process *p, const char *path, bool unknown) = {
    [RL_FACT_COMM] = match_comm,
    [RL_FACT_EXE] = match_exe,
    [RL_FACT_CMDLINE] = match_cmdline,
    [RL_FACT_UID] = match_uid,
    [RL_FACT_UNIT] = match_unit,
    [RL_FACT_CGROUP] = match_path,
    [RL_FACT_MAIN] = match_main,
    [RL_FACT_LEADER] = match_leader,
};

/* Facts of the cgroup, which all its processes have in common. */
static bool about_cgroup(const struct rl_term *term)
{
    return term->fact == RL_FACT_CGROUP || term->fact == RL_FACT_UNIT;
}

static bool match_terms(const struct rl_pattern *pattern, bool cgroup,
    const struct rl_process *process, const char *path, bool unknown)
{
    for (size_t i = 0; i < pattern->n; i++) {
        const struct rl_term *term = &pattern->terms[i];

        if (about_cgroup(term) == cgroup && !facts[term->fact](term->glob, process, path, unknown))
            return false;
    }
    return true;
}

/* What is about the cgroup first: it is cheap, and mostly there is no more to ask. */
bool rl_match_process(const struct rl_pattern *pattern, const struct rl_process *process,
    const char *path, bool unknown)
{
    return pattern->n > 0 && match_terms(pattern, true, process, path, unknown) &&
           match_terms(pattern, false, process, path, unknown);
}

static bool has_fact(const struct rl_pattern *pattern, enum rl_fact fact)
{
    for (size_t i = 0; i < pattern->n; i++)
        if (pattern->terms[i].fact == fact)
            return true;
    return false;
}

bool rl_match_asks(const struct rl_pattern *patterns, size_t n, enum rl_fact fact, const char *path)
{
    for (size_t i = 0; i < n; i++)
        if (has_fact(&patterns[i], fact) && match_terms(&patterns[i], true, NULL, path, true))
            return true;
    return false;
}

const struct rl_pattern *rl_match_any(const struct rl_pattern *patterns, size_t n,
    const struct rl_process *process, const char *path, bool unknown)
{
    for (size_t i = 0; i < n; i++)
        if (rl_match_process(&patterns[i], process, path, unknown))
            return &patterns[i];
    return NULL;
}
