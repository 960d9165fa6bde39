/* What a cgroup path says about Kubernetes, in both spellings: that of the systemd cgroup driver
 * (kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<UID_>.slice/<runtime>-<id>.scope)
 * and that of the cgroupfs driver (kubepods/burstable/pod<UID>/<id>), also below a prefix of other
 * levels. Container scopes of Docker and podman outside any pod count as containers too. */
#pragma once

#include "policy.h"

#define RL_KUBE_ID_MAX 80

struct rl_kube {
    enum rl_level_kind
        level;       /* ANY: nothing of the kind. Below a container: CONTAINER with inner */
    bool inner;      /* below the container's own cgroup */
    bool sandbox;    /* a pod's pause container cannot be told by its path: always false */
    const char *qos; /* "guaranteed", "burstable", "besteffort"; NULL outside pods */
    char pod[RL_KUBE_ID_MAX];       /* UID with dashes, or 32 hex digits; "" outside pods */
    char container[RL_KUBE_ID_MAX]; /* id without the runtime's prefix and .scope; "" none */
};

/* Always fills *ret. Never fails: a path of any other kind has level ANY. */
void rl_kube_parse(const char *path, struct rl_kube *ret);
