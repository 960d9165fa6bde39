/* Who uses most beyond its request: the order in which a kubelet evicts pods when memory is short
 * (pkg/kubelet/eviction/helpers.go, rankMemoryPressure: exceedMemoryRequests, priority, memory). */
#include "score-rows.h"

/* A kubelet writes 1000 - 1000 * request / capacity into oom_score_adj of whoever may use more than
 * it asked for, 1000 where nothing was asked for, and -997 or less where request and limit are the
 * same or the node needs the pod (pkg/kubelet/qos/policy.go). Read backwards: */
static int64_t request_permille(int oom_score_adj)
{
    return 1000 - (int64_t)oom_score_adj;
}

void rl_score_kubelet(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rl_score_percent_times_ten(process, scale, ret);
    if (!ret->eligible)
        return;
    /* Beyond what it asked for is above 0. Priorities of pods do not show but for those of node
     * critical ones. */
    ret->root_points = 0;
    ret->adj_points = -request_permille(rl_adj_of(process));
    ret->points = ret->memory_points + ret->adj_points;
}
