#include "daemon/report/pod.h"

#include <stdio.h>
#include <string.h>

#include "daemon/report/json.h"

#define SHORT_ID 12 /* as runtimes print ids */

void rl_pod_place(const char *path, struct rl_pod *ret)
{
    struct rl_kube kube;

    *ret = (struct rl_pod){0};
    rl_kube_parse(path, &kube);
    if (!kube.pod[0])
        return;
    memcpy(ret->uid, kube.pod, sizeof(ret->uid));
    memcpy(ret->container_id, kube.container, sizeof(ret->container_id));
    ret->inner = kube.inner;
    ret->qos = kube.qos;
}

static void copy_name(char *to, size_t size, const char *from, size_t len)
{
    if (len >= size)
        return;
    memcpy(to, from, len);
    to[len] = '\0';
}

void rl_pod_set_name(struct rl_pod *pod, const char *name)
{
    const char *slash = strchr(name, '/');

    if (!slash)
        return;
    copy_name(pod->namespace, sizeof(pod->namespace), name, (size_t)(slash - name));
    copy_name(pod->name, sizeof(pod->name), slash + 1, strlen(slash + 1));
}

bool rl_pod_named(const struct rl_pod *pod)
{
    return pod->namespace[0] && pod->name[0];
}

json_t *rl_pod_json(const struct rl_pod *pod)
{
    if (!pod->uid[0])
        return json_null();
    return json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "namespace", rl_json_name(pod->namespace),
        "name", rl_json_name(pod->name), "uid", rl_json_name(pod->uid), "container",
        rl_json_name(pod->container), "container_id", rl_json_name(pod->container_id), "qos",
        rl_json_string(pod->qos));
}

static void read_text(const json_t *json, const char *key, char *to, size_t size)
{
    const char *text = json_string_value(json_object_get(json, key));

    if (text)
        copy_name(to, size, text, strlen(text));
}

void rl_pod_read(const json_t *json, struct rl_pod *ret)
{
    *ret = (struct rl_pod){0};
    read_text(json, "uid", ret->uid, sizeof(ret->uid));
    read_text(json, "container_id", ret->container_id, sizeof(ret->container_id));
    read_text(json, "namespace", ret->namespace, sizeof(ret->namespace));
    read_text(json, "name", ret->name, sizeof(ret->name));
    read_text(json, "container", ret->container, sizeof(ret->container));
    ret->qos = json_string_value(json_object_get(json, "qos"));
}

static bool is_pod(const struct rl_pod *pod, const struct rl_kube *kube)
{
    return rl_pod_named(pod) && strcmp(kube->pod, pod->uid) == 0 && !kube->inner &&
           (kube->level == RL_LEVEL_POD || kube->level == RL_LEVEL_CONTAINER);
}

bool rl_place_is_pod(const struct rl_pod *pod, const char *path)
{
    struct rl_kube kube;

    rl_kube_parse(path, &kube);
    return is_pod(pod, &kube);
}

void rl_say_place(struct rl_say *say, const struct rl_pod *pod, const char *path)
{
    struct rl_kube kube;

    rl_kube_parse(path, &kube);
    if (!is_pod(pod, &kube)) {
        rl_say_foreign(say, path);
        return;
    }
    if (kube.level == RL_LEVEL_CONTAINER) {
        bool named = pod->container[0] && strcmp(kube.container, pod->container_id) == 0;

        rl_say(say, "container ");
        if (named)
            rl_say_foreign(say, pod->container);
        else
            rl_say(say, "%.*s", SHORT_ID, kube.container); /* alphanumeric */
        rl_say(say, " of ");
    }
    rl_say(say, "pod ");
    rl_say_foreign(say, pod->namespace);
    rl_say(say, "/");
    rl_say_foreign(say, pod->name);
}
