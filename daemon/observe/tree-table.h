/* How a tree finds a child by its name and a cgroup by its watch, in constant time at any size.
 *
 * Names: one open-addressed table for all parents. A slot holds the link that leads to a cgroup
 * (its parent's `children` or the `next` of the sibling before it), so a sibling is taken out
 * without a walk and without a pointer back in each cgroup. Names are chosen by whoever may make
 * cgroups: the hash is a polynomial modulo a prime at a secret random point (Carter and Wegman),
 * so nobody can choose names that collide.
 *
 * Watches: chains through `same_wd`, over a power of two of buckets. The kernel counts watch
 * descriptors up, hence no hash.
 *
 * For each cgroup this costs 10 to 12.5 bytes of slots and 1.3 to 2.7 of buckets while a tree
 * grows; a tree that has shrunk may hold twice that. Cgroups never move. Looking allocates
 * nothing. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "daemon/observe/tree.h"

struct rl_slot {
    struct rl_cgroup **link; /* NULL: free */
};

struct rl_tree_table {
    struct rl_slot *slots;
    size_t n, n_slots;
    struct rl_cgroup **buckets;
    size_t n_watches, n_buckets; /* n_buckets: a power of two */
    uint32_t secret;
};

/* Return: 0 or -ENOMEM, then there is nothing to close. */
int rl_table_open(struct rl_tree_table *table);
/* The cgroups are the caller's. All zeroes are a closed one. */
void rl_table_close(struct rl_tree_table *table);

/* Make cgroup, whose name is set, the first child of parent. Return: 0; -ENOMEM: nothing was
 * changed. */
int rl_table_link(struct rl_tree_table *table, struct rl_cgroup *parent, struct rl_cgroup *cgroup);
/* Take one that was linked, and has no children any more, out of its parent's list and the table.
 * Its watch stays. */
void rl_table_unlink(struct rl_tree_table *table, struct rl_cgroup *cgroup);

/* Return: the child of that name (len bytes, NUL not needed), NULL when there is none. */
struct rl_cgroup *rl_table_child(const struct rl_tree_table *table, const struct rl_cgroup *parent,
    const char *name, size_t len);

/* Remember wd, 0 or more, as cgroup's, which has none; another one's that had the same number
 * loses it. */
void rl_table_watch(struct rl_tree_table *table, struct rl_cgroup *cgroup, int wd);
/* Its wd is -1 afterwards; nothing happens without one. */
void rl_table_unwatch(struct rl_tree_table *table, struct rl_cgroup *cgroup);
struct rl_cgroup *rl_table_watched(const struct rl_tree_table *table, int wd);
