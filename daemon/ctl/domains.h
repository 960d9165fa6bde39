/* What the cgroups of many processes may use: each cgroup is read once. */
#pragma once

#include <limits.h>

#include "daemon/observe/probe.h"
#include "policy/room.h"

struct rl_domain {
    char *path;
    char limited_by[PATH_MAX]; /* a path, or "node" */
    struct rl_room room;
};

struct rl_domains {
    const struct rl_probe *probe;
    struct rl_node node;
    void *tree; /* of tsearch() */
};

/* Return: 0, or -errno where the machine's own numbers cannot be read. */
int rl_domains_open(const struct rl_probe *probe, struct rl_domains *ret);
void rl_domains_close(struct rl_domains *domains);

/* Read one that is not kept; path stays NULL. Return: 0, or -errno with *ret by what could be read
 * above it, as if it had no limits of its own. */
int rl_domain_read(const struct rl_domains *domains, const char *path, struct rl_domain *ret);

/* The domain of a path; what cannot be read counts as unlimited. Valid until the domains
 * are closed. Return: NULL when memory is out. */
const struct rl_domain *rl_domains_of(struct rl_domains *domains, const char *path);
