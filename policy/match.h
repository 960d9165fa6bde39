/* Which policy a cgroup falls under, and which processes a pattern means. */
#pragma once

#include "policy.h"

/* What a cgroup is matched by. */
struct rl_place {
    const char *path;     /* "/" for the root */
    bool limited;         /* memory.high or memory.max is set on it */
    const char *pod_name; /* "namespace/name", NULL while it is not known */
};

/**
 * rl_match_policy() - the policy that names a cgroup itself
 * @policies: in order of precedence: files named after units, then [Match] files by file name,
 *            then the defaults
 * @place:    the cgroup
 * @defaults: whether the defaults are looked at too
 *
 * Return: the first one that matches, NULL when none does.
 */
const struct rl_policy *rl_match_policy(
    const struct rl_policy *policies, size_t n, const struct rl_place *place, bool defaults);

/* Does this policy's own [Match], unit name or default rule name the cgroup? Its conditions must
 * all hold. A Pod= line never matches a pod whose name is not known yet, unless the UID does. */
bool rl_match_cgroup(const struct rl_match *match, const struct rl_place *place);

/* A cgroup path's unit: the last path element that is a systemd unit (.service, .scope, .slice,
 * .socket, .mount, .swap); NULL when there is none. *ret_len is its length. */
const char *rl_match_unit(const char *path, size_t *ret_len);

/**
 * rl_match_process() - does a pattern mean this process
 * @path:    the path of its cgroup
 * @unknown: what a fact that could not be read counts as (true for Protect=)
 */
bool rl_match_process(const struct rl_pattern *pattern, const struct rl_process *process,
    const char *path, bool unknown);

/* The first pattern that means the process, NULL when none does. */
const struct rl_pattern *rl_match_any(const struct rl_pattern *patterns, size_t n,
    const struct rl_process *process, const char *path, bool unknown);
