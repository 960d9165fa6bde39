/* Is the machine short, or do cgroups at their own limits only make it look so? */
#include "daemon/engine-private.h"
#include "policy/origin.h"

static int32_t index_of(const struct rl_hot *const *hots, size_t n, const struct rl_hot *hot)
{
    for (size_t i = 0; i < n; i++)
        if (hots[i] == hot)
            return (int32_t)i;
    return -1;
}

static const struct rl_hot *nearest_above(const struct rl_cgroup *cgroup)
{
    do {
        cgroup = cgroup->parent;
    } while (cgroup && !cgroup->hot);
    return cgroup ? cgroup->hot : NULL;
}

/* All that are looked at, but the root. Some of them were long ago: nothing of their policies could
 * have held since. */
static size_t find_suspects(struct rl_engine *engine, struct rl_suspect *ret, uint64_t now_us)
{
    static const struct rl_hot *hots[RL_HOT_MAX];
    size_t n = 0;

    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h)) && n < RL_HOT_MAX;) {
        if (!h->cgroup->parent)
            continue;
        (void)rl_watch_sample(engine->watch, h, now_us); /* gone: what was seen still counts */
        hots[n] = h;
        ret[n++] = (struct rl_suspect){
            .history = &h->history, .level = &h->level, .have = h->cgroup->files->sample.have};
    }
    for (size_t i = 0; i < n; i++)
        ret[i].above = index_of(hots, n, nearest_above(hots[i]->cgroup));
    return n;
}

uint64_t rl_blame_node(
    struct rl_engine *engine, uint64_t now_us, uint64_t window_us, struct rl_evidence *ret)
{
    static struct rl_suspect suspects[RL_HOT_MAX];
    const struct rl_history *history = &rl_tree_root(rl_watch_tree(engine->watch))->hot->history;
    const struct rl_node *node = rl_watch_node(engine->watch, false);
    uint64_t limited;

    rl_origin_node(history, node, 0, now_us, window_us, ret);
    if (!rl_origin_asks_limited(ret))
        return 0;
    limited = rl_origin_limited(
        suspects, find_suspects(engine, suspects, now_us), now_us, window_us);
    rl_origin_node(history, node, limited, now_us, window_us, ret);
    return limited;
}
