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

/**
 * rl_match_in_force() - the policy that is in force in a cgroup
 * @above:         the one in force one level up; NULL: none, or there is the root, whose policy is
 *                 about the machine and covers nobody below
 * @node_only:     the defaults are for the root alone
 * @ret_inherited: it is that of above, and for whatever cgroup it is for there
 *
 * Return: the one that names the cgroup itself, else the one of above unless that is a default,
 * else a default; NULL when there is none.
 */
const struct rl_policy *rl_match_in_force(const struct rl_policy *policies, size_t n,
    const struct rl_place *place, const struct rl_policy *above, bool node_only,
    bool *ret_inherited);

/* Does this policy's own [Match], unit name or default rule name the cgroup? Its conditions must
 * all hold; one that is not given always does.
 *
 * Within one condition an exclusion wins wherever it stands, and only exclusions mean everything
 * else: with Pod=, QoS= and Container= everything else that is a pod, has a class, is (or is below)
 * a container. A pod whose name is not known yet is matched by its UID alone, and never where an
 * exclusion is about names. Level= means the cgroup of that level, not what is below it. */
bool rl_match_cgroup(const struct rl_match *match, const struct rl_place *place);

/**
 * rl_match_undecided() - could a name that is not known yet lead to another policy
 *
 * Return: whether the cgroup belongs to a pod, place->pod_name is NULL, and a policy with Pod=
 * lines, which may match once the name is known, stands before the first one that matches now.
 */
bool rl_match_undecided(
    const struct rl_policy *policies, size_t n, const struct rl_place *place, bool defaults);

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

/* Does some pattern depend on that fact of the processes in this cgroup? Not where what it says of
 * the cgroup itself means another one: then the fact need not be read. */
bool rl_match_asks(
    const struct rl_pattern *patterns, size_t n, enum rl_fact fact, const char *path);

/* The first pattern that means the process, NULL when none does. */
const struct rl_pattern *rl_match_any(const struct rl_pattern *patterns, size_t n,
    const struct rl_process *process, const char *path, bool unknown);
