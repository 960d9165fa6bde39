/* What a cgroup path says about Kubernetes, in both spellings: that of the systemd cgroup driver
 * (kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<UID_>.slice/<runtime>-<id>.scope)
 * and that of the cgroupfs driver (kubepods/burstable/pod<UID>/<id>), also below a prefix of other
 * levels. Container scopes of Docker and podman outside any pod count as containers too.
 *
 * A pod is one only in or below a level that is called kubepods, and an id is hexadecimal where no
 * runtime's name stands before it. Of pods within pods the outer one counts and its container is
 * the unit; a container that holds a whole node is but a prefix. kubepods itself is no QoS level:
 * it holds all of them. */
#pragma once

#include "policy.h"

#define RL_KUBE_ID_MAX 80

struct rl_kube {
    /* ANY: nothing of the kind, or something else inside a pod (crio-conmon-ID.scope), which is
     * named then. Below a container: CONTAINER with inner */
    enum rl_level_kind level;
    bool inner;      /* below the container's own cgroup */
    bool sandbox;    /* a pod's pause container cannot be told by its path: always false */
    const char *qos; /* "guaranteed", "burstable", "besteffort"; NULL outside pods and QoS levels */
    char pod[RL_KUBE_ID_MAX];       /* UID with dashes, or 32 hex digits; "" outside pods */
    char container[RL_KUBE_ID_MAX]; /* id without the runtime's prefix and .scope; "" none */
};

/* Always fills *ret. Never fails: a path of any other kind has level ANY. */
void rl_kube_parse(const char *path, struct rl_kube *ret);
