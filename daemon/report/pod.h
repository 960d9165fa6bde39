/* Which pod something is about: in records, sentences and journal entries. */
#pragma once

#include <jansson.h>

#include "daemon/report/say.h"
#include "policy/kube.h"

#define RL_POD_NAMESPACE_MAX 64 /* a label of DNS with its NUL */
#define RL_POD_SHORT_MAX     254
#define RL_POD_CONTAINER_MAX 64

struct rl_pod {
    char uid[RL_KUBE_ID_MAX];          /* "": no pod */
    char container_id[RL_KUBE_ID_MAX]; /* "": the pod itself, or something else in it */
    bool inner;                        /* below the container's own cgroup */
    const char *qos; /* "guaranteed", "burstable", "besteffort": static; NULL with no pod */
    /* "": not known (yet) */
    char namespace[RL_POD_NAMESPACE_MAX];
    char name[RL_POD_SHORT_MAX];
    char container[RL_POD_CONTAINER_MAX];
};

/* What the path says, without any name; all empty where it leads to no pod. Allocates nothing. */
void rl_pod_place(const char *path, struct rl_pod *ret);

/* The name from "namespace/name"; longer ones than a kubelet makes are not taken. */
void rl_pod_set_name(struct rl_pod *pod, const char *name);

/* Is its name known? */
bool rl_pod_named(const struct rl_pod *pod);

/* {"namespace", "name", "uid", "container", "container_id", "qos"}, null: no pod. A new reference,
 * NULL when memory is out. */
json_t *rl_pod_json(const struct rl_pod *pod);

/* From such JSON; all empty where there is none. */
void rl_pod_read(const json_t *json, struct rl_pod *ret);

/* Is a cgroup that pod, known by name, or one of its containers as a whole? */
bool rl_place_is_pod(const struct rl_pod *pod, const char *path);

/* A cgroup in words: "container web of pod shop/web-1" or "pod shop/web-1" where it is that;
 * else its path. */
void rl_say_place(struct rl_say *say, const struct rl_pod *pod, const char *path);
