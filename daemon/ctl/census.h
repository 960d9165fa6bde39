/* Which cgroups fall under which policy now: the tree read once, without asking the daemon, and
 * shared out by the rules by which the daemon does it. Names of pods are not looked up: a Pod= line
 * goes by UIDs here. */
#pragma once

#include "conf/load.h"
#include "daemon/ctl/ctl.h"

#define RL_CENSUS_NOBODY SIZE_MAX

struct rl_census_cgroup {
    char *path; /* with leading /; "/" is the root */
    bool limited;
    size_t parent; /* index; the root's is 0 */

    /* Of the set that rl_census_share() was called for last: */
    size_t policy;  /* index of the policy it falls under, or RL_CENSUS_NOBODY */
    bool inherited; /* it falls under it by being below one that it names */
};

struct rl_census {
    struct rl_census_cgroup *cgroups; /* parents before children */
    size_t n, size;
};

/**
 * rl_census_read() - read the tree
 * @args: for --root and --cgroup-root
 *
 * Cgroups that vanish meanwhile are left out. Return: 0; -ENODATA when there is no tree of cgroup2
 * here; -EINVAL when one was asked for and is not there, after saying so; -ENOMEM.
 */
int rl_census_read(const struct rl_args *args, struct rl_census *ret);
void rl_census_free(struct rl_census *census);

/* Find the policy that each cgroup falls under: its own, else that of its nearest ancestor below
 * the root, else a default. */
void rl_census_share(struct rl_census *census, const struct rl_policy_set *set);

/* Would the policy name this cgroup if no other stood before it? */
bool rl_census_names(const struct rl_policy *policy, const struct rl_census_cgroup *cgroup);
