/* Cgroup paths as Kubernetes spells them. Input: a path. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "policy/kube.h"

#define PATH_MAX_LEN 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rl_kube kube;
    char *path;
    size_t pod, container;

    if (size > PATH_MAX_LEN || !(path = malloc(size + 1)))
        return 0;
    memcpy(path, data, size);
    path[size] = '\0';
    rl_kube_parse(path, &kube);
    pod = strlen(kube.pod);
    container = strlen(kube.container);
    if ((pod != 0 && pod != 32 && pod != 36) || container >= RL_KUBE_ID_MAX ||
        (container > 0) != (kube.level == RL_LEVEL_CONTAINER) ||
        (kube.inner && kube.level != RL_LEVEL_CONTAINER) ||
        (kube.qos != NULL) != (pod > 0 || kube.level == RL_LEVEL_QOS))
        abort();
    free(path);
    return 0;
}
