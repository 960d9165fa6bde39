#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "daemon/observe/procs.h"

/* Below rl_pool_sort items are a heap with the candidate that would go next at its root, so that
 * thousands of processes pass through a full pool without the pool being searched for each. */

int rl_pool_new(size_t size, struct rl_pool *ret)
{
    size_t bytes;
    void *items;

    if (size == 0 || __builtin_mul_overflow(size, sizeof(*ret->items), &bytes))
        return -EINVAL;
    items = mmap(
        NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    if (items == MAP_FAILED)
        return -ENOMEM;
    /* MAP_POPULATE may fail silently */
    memset(items, 0, bytes);
    *ret = (struct rl_pool){.items = items, .size = size};
    return 0;
}

void rl_pool_free(struct rl_pool *pool)
{
    if (pool->items)
        munmap(pool->items, pool->size * sizeof(*pool->items));
    *pool = (struct rl_pool){0};
}

void rl_pool_clear(struct rl_pool *pool, const struct rl_model *model)
{
    pool->model = model;
    pool->n = pool->seen = pool->dropped_spared = 0;
    pool->sorted = false;
}

typedef bool (*before_fn)(
    const struct rl_model *model, const struct rl_candidate *a, const struct rl_candidate *b);

static bool may_be_chosen(const struct rl_candidate *candidate)
{
    return candidate->spared == RL_REASON_NONE;
}

/* Does a stay in the pool rather than b? */
static bool stays_before(
    const struct rl_model *model, const struct rl_candidate *a, const struct rl_candidate *b)
{
    bool equal = a->tier == b->tier && a->score.points == b->score.points;

    if (equal && may_be_chosen(a) != may_be_chosen(b))
        return may_be_chosen(a);
    return rl_candidate_before(model, a, b);
}

/* Does a stand before b in the sorted pool? */
static bool sorts_before(
    const struct rl_model *model, const struct rl_candidate *a, const struct rl_candidate *b)
{
    if (may_be_chosen(a) != may_be_chosen(b))
        return may_be_chosen(a);
    return rl_candidate_before(model, a, b);
}

static void swap(struct rl_candidate *a, struct rl_candidate *b)
{
    struct rl_candidate c = *a;

    *a = *b;
    *b = c;
}

/* The last one of the order belongs at the root. */
static void sift_up(struct rl_pool *pool, size_t i, before_fn before)
{
    struct rl_candidate *items = pool->items;

    while (i > 0 && before(pool->model, &items[(i - 1) / 2], &items[i])) {
        swap(&items[(i - 1) / 2], &items[i]);
        i = (i - 1) / 2;
    }
}

static void sift_down(struct rl_pool *pool, size_t n, size_t i, before_fn before)
{
    struct rl_candidate *items = pool->items;

    for (;;) {
        size_t last = i;

        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < n; child++)
            if (before(pool->model, &items[last], &items[child]))
                last = child;
        if (last == i)
            return;
        swap(&items[last], &items[i]);
        i = last;
    }
}

static void make_heap(struct rl_pool *pool, before_fn before)
{
    for (size_t i = pool->n / 2; i-- > 0;)
        sift_down(pool, pool->n, i, before);
}

void rl_pool_add(struct rl_pool *pool, const struct rl_candidate *candidate)
{
    const struct rl_candidate *dropped = candidate;

    pool->seen++;
    if (pool->sorted) {
        make_heap(pool, stays_before);
        pool->sorted = false;
    }
    if (pool->n < pool->size) {
        pool->items[pool->n] = *candidate;
        sift_up(pool, pool->n++, stays_before);
        return;
    }

    if (stays_before(pool->model, candidate, &pool->items[0]))
        dropped = &pool->items[0];
    if (!may_be_chosen(dropped))
        pool->dropped_spared++;
    if (dropped != candidate) {
        pool->items[0] = *candidate;
        sift_down(pool, pool->n, 0, stays_before);
    }
}

/* Heapsort: qsort() may allocate. */
void rl_pool_sort(struct rl_pool *pool)
{
    make_heap(pool, sorts_before);
    for (size_t n = pool->n; n > 1; n--) {
        swap(&pool->items[0], &pool->items[n - 1]);
        sift_down(pool, n - 1, 0, sorts_before);
    }
    pool->sorted = true;
}
