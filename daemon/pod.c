/* Names of the pods that incidents are about. */
#include "daemon/engine-private.h"

void rl_pod_look_up(struct rl_engine *engine, struct rl_pod *pod)
{
    char name[RL_POD_NAME_MAX] = "";

    if (!pod->uid[0])
        return;
    if (rl_pod_named(pod))
        snprintf(name, sizeof(name), "%s/%s", pod->namespace, pod->name);
    else if (engine->pods && rl_pods_name(engine->pods, pod->uid, name, sizeof(name)))
        rl_pod_set_name(pod, name);
    if (pod->container_id[0] && !pod->container[0] && engine->containers)
        rl_containers_name(engine->containers, name, pod->uid, pod->container_id, pod->container,
            sizeof(pod->container));
}
