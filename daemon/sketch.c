#include "daemon/sketch.h"

/* Does a stand before b in a sorted pool? */
static bool before(const struct rl_sketch *a, const struct rl_sketch *b)
{
    if (a->spared != b->spared)
        return b->spared;
    if (a->tier != b->tier)
        return a->tier < b->tier;
    if (a->points != b->points)
        return a->points > b->points;
    return a->pid < b->pid;
}

static struct rl_sketch sketch_of(const struct rl_candidate *candidate, uint32_t need)
{
    const struct rl_process *process = &candidate->process;

    return (struct rl_sketch){
        .start_ticks = process->start_ticks,
        .start_code = process->start_code,
        .points = candidate->score.points,
        .pid = process->pid,
        .group = process->cgroup,
        .need = need,
        .tier = (uint8_t)candidate->tier,
        .spared = candidate->spared != RL_REASON_NONE,
        .main = process->flags & RL_PROCESS_MAIN,
    };
}

void rl_sketches_clear(struct rl_sketches *sketches, size_t wanted)
{
    sketches->n = sketches->n_best = 0;
    sketches->wanted = wanted > RL_BEST_MOST ? RL_BEST_MOST : wanted;
}

bool rl_sketches_add(
    struct rl_sketches *sketches, const struct rl_candidate *candidate, uint32_t need)
{
    if (sketches->n == sketches->size)
        return false;
    sketches->items[sketches->n++] = sketch_of(candidate, need);
    return true;
}

void rl_sketches_read(struct rl_sketches *sketches, const struct rl_candidate *candidate)
{
    struct rl_sketch *best = sketches->best, one = sketch_of(candidate, 0);
    size_t i = sketches->n_best;

    if (i == sketches->wanted) {
        if (i == 0 || !before(&one, &best[i - 1]))
            return;
        i--;
    } else {
        sketches->n_best++;
    }
    for (; i > 0 && before(&one, &best[i - 1]); i--)
        best[i] = best[i - 1];
    best[i] = one;
}

/* The one at i may have to come later. */
static void sift_down(struct rl_sketches *sketches, size_t i)
{
    struct rl_sketch *items = sketches->items;

    for (;;) {
        size_t first = i;
        struct rl_sketch one = items[i];

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < sketches->n; child++)
            if (before(&items[child], &items[first]))
                first = child;
        if (first == i)
            return;
        items[i] = items[first];
        items[first] = one;
        i = first;
    }
}

void rl_sketches_order(struct rl_sketches *sketches)
{
    for (size_t i = sketches->n / 2; i-- > 0;)
        sift_down(sketches, i);
}

bool rl_sketches_next(struct rl_sketches *sketches, struct rl_sketch *ret)
{
    struct rl_sketch *items = sketches->items;

    if (sketches->n == 0 || (sketches->n_best == sketches->wanted && sketches->wanted > 0 &&
                                before(&sketches->best[sketches->wanted - 1], &items[0])))
        return false;
    *ret = items[0];
    items[0] = items[--sketches->n];
    sift_down(sketches, 0);
    return true;
}

/* By start_code alone, where stat told it: whoever shares has the same. */
bool rl_sketches_share(
    const struct rl_sketches *sketches, const struct rl_process *process, rl_mm_compare_fn compare)
{
    for (size_t i = 0; compare && i < sketches->n; i++)
        if ((sketches->items[i].start_code == 0 ||
                sketches->items[i].start_code == process->start_code) &&
            compare(process->pid, sketches->items[i].pid) == 0)
            return true;
    return false;
}
