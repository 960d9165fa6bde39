/* Names of a pod's containers, by their ids, without an API server: the runtime keeps the
 * configuration of each container that it runs (containerd: below /run/containerd, CRI-O: below
 * /run/containers), where it can be seen; and where a pod has had but one container, the folder of
 * its logs has that name.
 *
 * Both may come into being and vanish at any time. Reading allocates and belongs off the hot path.
 * No name that a kubelet would not allow. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RL_CONTAINER_NAME_MAX 64 /* a label of DNS with its NUL */

struct rl_containers;

/* root: what the runtimes' folders are looked for below, "" the system; NULL: nowhere. logs: see
 * rl_pods_new(). Both are copied. NULL when memory is out. */
struct rl_containers *rl_containers_new(const char *root, const char *logs);
/* NULL is allowed. Always returns NULL. */
struct rl_containers *rl_containers_free(struct rl_containers *containers);

/**
 * rl_containers_name() - the name of a container
 * @pod: "namespace/name", NULL or "" while it is not known
 * @uid: of the pod, as in struct rl_kube
 * @id:  of the container, likewise
 * @buf: RL_CONTAINER_NAME_MAX bytes are always enough
 *
 * Return: false when it is not known (yet), is a pod's sandbox, or buf is too small; buf is not
 * touched then.
 */
bool rl_containers_name(struct rl_containers *containers, const char *pod, const char *uid,
    const char *id, char *buf, size_t size);
