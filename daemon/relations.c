/* Who is related to whom among the processes of one choice: shared address spaces, and children. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/engine-private.h"

/* Touched now rather than when memory is short: calloc() hands out the zero page. */
static void *new_table(size_t n, size_t size)
{
    void *table = calloc(n, size);

    if (table)
        memset(table, 0xff, n * size);
    return table;
}

int rl_relations_init(struct rl_relations *relations)
{
    relations->users = new_table(RL_POOL_SIZE, sizeof(*relations->users));
    return relations->users ? 0 : -ENOMEM;
}

void rl_relations_free(struct rl_relations *relations)
{
    free(relations->users);
    free(relations->kin);
    *relations = (struct rl_relations){0};
}

int rl_relations_want_kin(struct rl_relations *relations)
{
    struct rl_mm_user *users;
    struct rl_kin *kin;

    if (relations->kin)
        return 0;
    users = new_table(RL_KIN_MAX, sizeof(*users));
    kin = new_table(RL_KIN_MAX, sizeof(*kin));
    if (!users || !kin) {
        free(users);
        free(kin);
        return -ENOMEM;
    }
    free(relations->users);
    relations->users = users;
    relations->kin = kin;
    return 0;
}

static rl_mm_compare_fn compare_of(const struct rl_self *self)
{
    return self->own_pids ? rl_mm_compare : NULL;
}

void rl_relations_add(struct rl_relations *relations, const struct rl_process *process)
{
    size_t i = relations->n_kin;

    if (!relations->kin || i == RL_KIN_MAX)
        return;
    relations->kin[i] = rl_kin_of(process);
    relations->users[i] = rl_mm_user_of(process, (uint32_t)i);
    relations->n_kin++;
}

void rl_relations_sum(struct rl_relations *relations, const struct rl_self *self)
{
    rl_mm_find(relations->users, relations->n_kin, compare_of(self));
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
        rl_mm_find_first(relations->users, pool->n, compare_of(self));
    else
        rl_mm_find(relations->users, pool->n, compare_of(self));
    for (size_t i = 0; i < pool->n; i++)
        pool->items[relations->users[i].index].process.mm = relations->users[i].mm;
}
