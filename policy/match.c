#include "match.h"

#include <stdio.h>
#include <string.h>

#include "glob.h"

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

static bool globs_match(const struct rl_match *match, const char *path)
{
    bool found = false, positive = false;

    for (size_t i = 0; i < match->n_cgroups; i++) {
        const struct rl_cgroup_glob *g = &match->cgroups[i];

        if (g->exclude) {
            if (rl_glob_path(g->glob, path))
                return false;
            continue;
        }
        positive = true;
        found = found || rl_glob_path(g->glob, path);
    }
    return found || !positive; /* only exclusions: everything else */
}

bool rl_match_cgroup(const struct rl_match *match, const char *path)
{
    if (match->attach == RL_ATTACH_UNIT)
        return unit_matches(match->unit, last_element(path));
    return globs_match(match, path);
}

const struct rl_policy *rl_match_policy(
    const struct rl_policy *policies, size_t n, const char *path, bool defaults)
{
    for (size_t i = 0; i < n; i++) {
        if (policies[i].match.attach == RL_ATTACH_DEFAULT && !defaults)
            continue;
        if (rl_match_cgroup(&policies[i].match, path))
            return &policies[i];
    }
    return NULL;
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

static bool (*const facts[RL_FACTS])(
    const char *glob, const struct rl_process *p, const char *path, bool unknown) = {
    [RL_FACT_COMM] = match_comm,
    [RL_FACT_EXE] = match_exe,
    [RL_FACT_UID] = match_uid,
    [RL_FACT_UNIT] = match_unit,
    [RL_FACT_CGROUP] = match_path,
    [RL_FACT_MAIN] = match_main,
};

bool rl_match_process(const struct rl_pattern *pattern, const struct rl_process *process,
    const char *path, bool unknown)
{
    for (size_t i = 0; i < pattern->n; i++) {
        const struct rl_term *term = &pattern->terms[i];

        if (!facts[term->fact](term->glob, process, path, unknown))
            return false;
    }
    return pattern->n > 0;
}

const struct rl_pattern *rl_match_any(const struct rl_pattern *patterns, size_t n,
    const struct rl_process *process, const char *path, bool unknown)
{
    for (size_t i = 0; i < n; i++)
        if (rl_match_process(&patterns[i], process, path, unknown))
            return &patterns[i];
    return NULL;
}
