/* Which policy a cgroup falls under, and which processes a pattern means. */
#pragma once

#include "policy.h"

/**
 * rl_match_policy() - the policy that names a cgroup itself
 * @policies: in order of precedence: files named after units, then [Match] files by file name,
 *            then the defaults
 * @path:     of the cgroup, "/" for the root
 * @defaults: whether the defaults are looked at too
 *
 * Return: the first one that matches, NULL when none does.
 */
const struct rl_policy *rl_match_policy(
    const struct rl_policy *policies, size_t n, const char *path, bool defaults);

/* Does this policy's own [Match], unit name or default rule name the cgroup at path? */
bool rl_match_cgroup(const struct rl_match *match, const char *path);

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
