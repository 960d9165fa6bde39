/* Who is related to whom among the processes of one choice: shared address spaces, and children. */
#include <errno.h>
#include <stdlib.h>

#include "daemon/scratch.h"

void rl_relations_free(struct rl_relations *relations)
{
    free(relations->users);
    free(relations->kin);
    *relations = (struct rl_relations){0};
}

int rl_relations_grow(struct rl_relations *relations, size_t size, bool kin)
{
    struct rl_relations more = {0};

    kin = kin || relations->kin;
    more.size = size > relations->size ? size : relations->size;
    if (more.size == relations->size && kin == (relations->kin != NULL))
        return 0;
    more.users = rl_touched_new(more.size, sizeof(*more.users));
    more.kin = kin ? rl_touched_new(more.size, sizeof(*more.kin)) : NULL;
    if (!more.users || (kin && !more.kin)) {
        rl_relations_free(&more);
        return -ENOMEM;
    }
    rl_relations_free(relations);
    *relations = more;
    return 0;
}

rl_mm_compare_fn rl_relations_compare(const struct rl_self *self)
{
    return self->own_pids ? rl_mm_compare : NULL;
}

void rl_relations_add(struct rl_relations *relations, const struct rl_process *process)
{
    size_t i = relations->n_kin;

    if (!relations->kin || i == relations->size)
        return;
    relations->kin[i] = rl_kin_of(process);
    relations->users[i] = rl_mm_user_of(process, (uint32_t)i);
    relations->n_kin++;
}

void rl_relations_sum(struct rl_relations *relations, const struct rl_self *self)
{
    rl_mm_find(relations->users, relations->n_kin, rl_relations_compare(self));
    for (size_t i = 0; i < relations->n_kin; i++)
        relations->kin[relations->users[i].index].mm = relations->users[i].mm;
    rl_family_sum(relations->kin, relations->n_kin);
}

void rl_relations_of_pool(
    struct rl_relations *relations, struct rl_pool *pool, const struct rl_self *self, bool first)
{
    for (size_t i = 0; i < pool->n; i++)
        relations->users[i] = rl_mm_user_of(&pool->items[i].process, (uint32_t)i);
    if (first && pool->n > RL_SHARERS_ALL)
        rl_mm_find_first(relations->users, pool->n, rl_relations_compare(self));
    else
        rl_mm_find(relations->users, pool->n, rl_relations_compare(self));
    for (size_t i = 0; i < pool->n; i++)
        pool->items[relations->users[i].index].process.mm = relations->users[i].mm;
}

bool rl_relations_first_shares(
    const struct rl_pool *pool, const struct rl_sketches *left, rl_mm_compare_fn compare)
{
    const struct rl_process *first = pool->n > 0 ? &pool->items[0].process : NULL;

    if (!first || first->flags & RL_PROCESS_DEAD_LEADER)
        return false;
    for (size_t i = 1; compare && i < pool->n; i++)
        if (pool->items[i].process.start_code == first->start_code &&
            compare(first->pid, pool->items[i].process.pid) == 0)
            return true;
    return rl_sketches_share(left, first, compare);
}
