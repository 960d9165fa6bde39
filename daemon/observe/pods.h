/* Names of pods without an API server: kubelet keeps a folder NAMESPACE_NAME_UID for each pod in
 * /var/log/pods, made before its containers start.
 *
 * The folder is read again only when it has changed, and only when a UID is asked for that is not
 * known; it may come into being, vanish or be replaced at any time. Reading allocates and belongs
 * off the hot path. At most RL_PODS_MAX pods are known, and no name that kubelet would not make. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define RL_PODS_DIR     "/var/log/pods"
#define RL_PODS_MAX     8192
#define RL_POD_NAME_MAX 320 /* "namespace/name" with its NUL: 63 + 1 + 253 at most */

struct rl_pods;

/* dir: the folder, RL_PODS_DIR or below another root; copied; it need not exist. NULL when memory
 * is out. */
struct rl_pods *rl_pods_new(const char *dir);
/* NULL is allowed. Always returns NULL. */
struct rl_pods *rl_pods_free(struct rl_pods *pods);

/**
 * rl_pods_name() - the name of a pod
 * @uid: as in struct rl_kube
 * @buf: gets "namespace/name"; RL_POD_NAME_MAX bytes are always enough
 *
 * Return: false when it is not known (yet), or buf is too small; buf is not touched then.
 */
bool rl_pods_name(struct rl_pods *pods, const char *uid, char *buf, size_t size);
