#include "daemon/observe/container.h"

#include <dirent.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/kube.h"

#define CONFIG_MAX   (1 << 20) /* bytes; they are some tens of thousands */
#define KNOWN_MAX    128       /* names that are kept: a container never changes its own */
#define PATH_SIZE    1024
#define KIND_SANDBOX "sandbox"

/* Where runtimes keep the configuration (OCI) of what they run, and which annotations tell. */
static const struct runtime {
    const char *dir, *file, *name, *kind;
} runtimes[] = {
    {"/run/containerd/io.containerd.runtime.v2.task/k8s.io", "config.json",
        "io.kubernetes.cri.container-name", "io.kubernetes.cri.container-type"},
    {"/run/containers/storage/overlay-containers", "userdata/config.json",
        "io.kubernetes.container.name", "io.kubernetes.cri-o.ContainerType"},
};

struct known {
    char id[RL_KUBE_ID_MAX], name[RL_CONTAINER_NAME_MAX];
};

struct rl_containers {
    char *root; /* NULL: no runtime is looked for */
    char *logs;
    struct known known[KNOWN_MAX];
    size_t next;
};

struct rl_containers *rl_containers_new(const char *root, const char *logs)
{
    struct rl_containers *containers = calloc(1, sizeof(*containers));

    if (!containers)
        return NULL;
    containers->root = root ? strdup(root) : NULL;
    containers->logs = strdup(logs);
    if ((root && !containers->root) || !containers->logs)
        return rl_containers_free(containers);
    return containers;
}

struct rl_containers *rl_containers_free(struct rl_containers *containers)
{
    if (!containers)
        return NULL;
    free(containers->root);
    free(containers->logs);
    free(containers);
    return NULL;
}

static bool is_label(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t len = strspn(name, allowed);

    return len > 0 && name[len] == '\0' && len < RL_CONTAINER_NAME_MAX;
}

/* Neither "." nor "/" nor an end too soon: it becomes a part of paths. */
static bool is_id(const char *id)
{
    size_t len = strspn(id, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    return len > 0 && id[len] == '\0' && len < RL_KUBE_ID_MAX;
}

/* What a runtime says of a container. Return: a new reference, NULL: nothing. */
static json_t *read_config(
    const struct rl_containers *containers, const struct runtime *runtime, const char *id)
{
    char path[PATH_SIZE];
    struct stat st;
    json_t *json = NULL;
    int fd;

    if (snprintf(path, sizeof(path), "%s%s/%s/%s", containers->root, runtime->dir, id,
            runtime->file) >= (int)sizeof(path))
        return NULL;
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size <= CONFIG_MAX)
        json = json_loadfd(fd, 0, NULL);
    close(fd);
    return json;
}

enum found {
    NOT_FOUND,
    FOUND,
    SANDBOX,
};

static enum found ask_runtime(const struct rl_containers *containers, const struct runtime *runtime,
    const char *id, char *name)
{
    json_t *config = read_config(containers, runtime, id);
    const json_t *notes = json_object_get(config, "annotations");
    const char *said = json_string_value(json_object_get(notes, runtime->name));
    const char *kind = json_string_value(json_object_get(notes, runtime->kind));
    enum found found = NOT_FOUND;

    if (kind && strcmp(kind, KIND_SANDBOX) == 0) {
        found = SANDBOX;
    } else if (said && is_label(said)) {
        strcpy(name, said);
        found = FOUND;
    }
    json_decref(config);
    return found;
}

/* The one folder in that of a pod's logs; with more it cannot be told whose this container is. */
static bool find_only(
    const struct rl_containers *containers, const char *pod, const char *uid, char *name)
{
    const char *slash = pod ? strchr(pod, '/') : NULL;
    const struct dirent *entry;
    char path[PATH_SIZE];
    size_t n = 0;
    DIR *dir;

    if (!slash || snprintf(path, sizeof(path), "%s/%.*s_%s_%s", containers->logs,
                      (int)(slash - pod), pod, slash + 1, uid) >= (int)sizeof(path))
        return false;
    dir = opendir(path);
    if (!dir)
        return false;
    while ((entry = readdir(dir))) {
        if (!is_label(entry->d_name) || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN))
            continue;
        if (n++ == 0)
            strcpy(name, entry->d_name);
    }
    closedir(dir);
    return n == 1;
}

static const char *find_known(const struct rl_containers *containers, const char *id)
{
    for (size_t i = 0; i < KNOWN_MAX; i++)
        if (strcmp(containers->known[i].id, id) == 0)
            return containers->known[i].name;
    return NULL;
}

/* Return: false when it is not known. What a runtime says is certain, and kept. */
static bool find(
    struct rl_containers *containers, const char *pod, const char *uid, const char *id, char *name)
{
    const char *known = find_known(containers, id);
    enum found found = NOT_FOUND;

    if (known) {
        strcpy(name, known);
        return true;
    }
    for (size_t i = 0;
         containers->root && found == NOT_FOUND && i < sizeof(runtimes) / sizeof(runtimes[0]); i++)
        found = ask_runtime(containers, &runtimes[i], id, name);
    if (found == FOUND) {
        struct known *place = &containers->known[containers->next++ % KNOWN_MAX];

        strcpy(place->id, id);
        strcpy(place->name, name);
    }
    return found == FOUND || (found == NOT_FOUND && find_only(containers, pod, uid, name));
}

bool rl_containers_name(struct rl_containers *containers, const char *pod, const char *uid,
    const char *id, char *buf, size_t size)
{
    char name[RL_CONTAINER_NAME_MAX];

    if (!is_id(id) || !find(containers, pod, uid, id, name) || strlen(name) >= size)
        return false;
    strcpy(buf, name);
    return true;
}
