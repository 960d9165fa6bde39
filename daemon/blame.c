/* Is the machine short, or do cgroups at their own limits only make it look so? */
#include "daemon/engine-private.h"
#include "policy/origin.h"

/* Has this hot cgroup a shortage of its own? */
static bool is_origin(
    const struct rl_hot *hot, uint64_t now_us, uint64_t window_us, struct rl_evidence *ret)
{
    if (!hot->cgroup->parent)
        return false;
    rl_origin_cgroup(
        &hot->history, &hot->level, hot->cgroup->files->sample.have, now_us, window_us, ret);
    return ret->verdict == RL_ORIGIN_OWN;
}

/* Their refaults are counted above them as well. */
static bool below_origin(const struct rl_hot *hot, uint64_t now_us, uint64_t window_us)
{
    struct rl_evidence e;

    for (const struct rl_cgroup *c = hot->cgroup->parent; c; c = c->parent)
        if (c->hot && is_origin(c->hot, now_us, window_us, &e))
            return true;
    return false;
}

/* How many pages came back to cgroups that hit their own limits, as of now. */
static uint64_t refaults_limited(struct rl_engine *engine, uint64_t now_us, uint64_t window_us)
{
    struct rl_evidence e;
    uint64_t sum = 0;

    /* Some of them were looked at long ago: nothing of their policies could have held since. */
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));)
        if (h->cgroup->parent)
            (void)rl_watch_sample(engine->watch, h, now_us); /* gone: what was seen still counts */
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));)
        if (is_origin(h, now_us, window_us, &e) && !below_origin(h, now_us, window_us))
            sum += e.refaults;
    return sum;
}

uint64_t rl_blame_node(
    struct rl_engine *engine, uint64_t now_us, uint64_t window_us, struct rl_evidence *ret)
{
    const struct rl_history *history = &rl_tree_root(rl_watch_tree(engine->watch))->hot->history;
    const struct rl_node *node = rl_watch_node(engine->watch, false);
    uint64_t limited;

    rl_origin_node(history, node, 0, now_us, window_us, ret);
    if (ret->verdict != RL_ORIGIN_NODE || ret->allocstalls > 0)
        return 0;
    limited = refaults_limited(engine, now_us, window_us);
    rl_origin_node(history, node, limited, now_us, window_us, ret);
    return limited;
}
