#include "sharers.h"

#include "sort.h"

/* The i-th candidate in the order of address spaces. */
static struct rl_candidate *at(struct rl_choosing *c, size_t i)
{
    return &c->candidates[c->candidates[i].by_mm];
}

static bool before(void *things, size_t a, size_t b)
{
    struct rl_choosing *c = things;
    const struct rl_candidate *x = at(c, a), *y = at(c, b);

    if (x->process.mm != y->process.mm)
        return x->process.mm < y->process.mm;
    return rl_candidate_before(c->victim->model, x, y);
}

static void swap(void *things, size_t a, size_t b)
{
    struct rl_choosing *c = things;
    uint32_t one = c->candidates[a].by_mm;

    c->candidates[a].by_mm = c->candidates[b].by_mm;
    c->candidates[b].by_mm = one;
}

/* Put those that have a number in order. Return: how many. */
static size_t order_by_mm(struct rl_choosing *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_candidates; i++)
        if (c->candidates[i].process.mm != 0)
            c->candidates[n++].by_mm = (uint32_t)i;
    rl_sort(c, n, before, swap);
    return n;
}

/* Must it live, so that the address space does? */
static bool must_live(const struct rl_candidate *k)
{
    return k->spared != RL_SPARED_DYING && k->spared != RL_SPARED_NO_MEMORY &&
           !rl_candidate_may_go(k);
}

static int32_t oom_group(const struct rl_choosing *c, const struct rl_candidate *k)
{
    return rl_oom_group_of(c->groups, (int32_t)k->process.cgroup);
}

/* Its death frees nothing, alone or with its cgroup. */
static void spare(struct rl_choosing *c, struct rl_candidate *k)
{
    k->spared = RL_SPARED_SHARES_MEMORY;
    for (int32_t g = (int32_t)k->process.cgroup; g >= 0; g = c->groups[g].parent)
        c->groups[g].eligible--;
}

static void settle_fate(struct rl_choosing *c, size_t from, size_t to)
{
    bool barred = false, avoided = false;

    for (size_t i = from; i < to; i++) {
        const struct rl_candidate *k = at(c, i);

        barred = barred || must_live(k) || oom_group(c, k) != oom_group(c, at(c, from));
        avoided = avoided || k->tier == RL_TIER_AVOIDED;
    }
    for (size_t i = from; i < to; i++) {
        struct rl_candidate *k = at(c, i);

        if (barred && k->spared == RL_REASON_NONE)
            spare(c, k);
        if (avoided)
            k->tier = RL_TIER_AVOIDED;
    }
}

static void take_back(struct rl_group *group, const struct rl_candidate *k)
{
    uint64_t pages = rl_process_own_pages(&k->process);
    int64_t points = k->score.memory_points;

    group->members_points -= points < group->members_points ? points : group->members_points;
    group->members_pages -= pages < group->members_pages ? pages : group->members_pages;
}

/* The first one in or below a cgroup leaves its mark there; the next ones meet it. */
static void count_once(struct rl_choosing *c, const struct rl_candidate *k)
{
    if (k->spared == RL_SPARED_DYING)
        return; /* never was counted */
    for (int32_t g = (int32_t)k->process.cgroup; g >= 0; g = c->groups[g].parent) {
        if (c->groups[g].counted_mm == k->process.mm)
            take_back(&c->groups[g], k);
        c->groups[g].counted_mm = k->process.mm;
    }
}

void rl_sharers_settle(struct rl_choosing *choosing)
{
    size_t n = order_by_mm(choosing), to;

    for (size_t from = 0; from < n; from = to) {
        for (to = from; to < n && at(choosing, to)->process.mm == at(choosing, from)->process.mm;)
            count_once(choosing, at(choosing, to++));
        settle_fate(choosing, from, to);
    }
}
