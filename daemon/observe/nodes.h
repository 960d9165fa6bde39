/* Memory nodes (NUMA): which have memory and how much, and which of them a process may use.
 *
 * For whoever looks at processes at leisure (reliefctl), never for the daemon: numa_maps takes the
 * mmap_lock of the process, behind which a thrashing one lets its readers wait. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RL_NODES_MAX 1024 /* MAX_NUMNODES of the largest configuration */
#define RL_LIST_MAX  256  /* longer lists are cut off at the end where they are shown */

struct rl_node_set {
    uint64_t bits[RL_NODES_MAX / 64];
};

struct rl_nodes {
    size_t n;                     /* nodes that have memory */
    struct rl_node_set set;       /* of these */
    uint64_t total[RL_NODES_MAX]; /* MemTotal of each, bytes */
};

/* A list as the kernel writes it ("0-3,8"); at its end may stand a newline. Return: 0, or -EINVAL,
 * also for numbers from RL_NODES_MAX on. An empty list is an empty set. */
int rl_nodes_parse(const char *list, struct rl_node_set *ret);

/* The nodes below a folder like /sys/devices/system/node. Where has_memory is missing, or the
 * memory of one of the nodes cannot be told, there is nothing to compare: n is 0. */
void rl_nodes_read(const char *folder, struct rl_nodes *ret);

/* Memory of those of the set that have some; *ret_n (NULL is allowed) is their number. */
uint64_t rl_nodes_total(const struct rl_nodes *nodes, const struct rl_node_set *set, size_t *ret_n);

/* Why a process may use fewer nodes than have memory. */
enum rl_binding_kind {
    RL_BINDING_NONE,
    RL_BINDING_CPUSET,
    RL_BINDING_MEMPOLICY,
};

struct rl_binding {
    enum rl_binding_kind kind;
    uint64_t total;         /* bytes that its nodes have */
    char list[RL_LIST_MAX]; /* the nodes as the kernel names them */
};

/**
 * rl_binding_read() - what binds a process to few nodes
 * @nodes: of this machine; with fewer than two of them nothing is read
 * @dir:   directory fd of /proc/PID
 *
 * The cpuset comes from Mems_allowed_list of status. The policy is that of the first mapping in
 * numa_maps, which is the task's own unless the mapping has another; only "bind" keeps the kernel
 * within its nodes. Of both the one that leaves less counts, the cpuset where they are equal. What
 * cannot be read binds nobody.
 */
void rl_binding_read(const struct rl_nodes *nodes, int dir, struct rl_binding *ret);

/* "cpuset:0-1" or "mempolicy:0". Return: buf. */
const char *rl_binding_text(const struct rl_binding *binding, char *buf, size_t size);
