#include "daemon/scratch.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/observe/tree.h"

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t most(size_t a, size_t b)
{
    return a > b ? a : b;
}

struct rl_extent rl_extent_of(const struct rl_census *census)
{
    size_t twice = least(2 * census->processes, RL_KIN_MOST);
    size_t cgroups = census->cgroups + census->cgroups / 4;
    size_t used = census->populated + census->populated / 2 + RL_GROUPS_LEAST;
    size_t groups = most(least(used, cgroups), RL_GROUPS_LEAST);
    size_t path = census->populated > 0 ? census->path_bytes / census->populated + 1 : 1;

    return (struct rl_extent){
        .processes = most(least(twice, RL_POOL_MOST), RL_POOL_LEAST),
        .kin = most(twice, RL_POOL_LEAST),
        .groups = groups,
        .path_bytes = RL_PATHS_LEAST + groups * (path + path / 4),
    };
}

bool rl_extent_short(const struct rl_extent *a, const struct rl_extent *b)
{
    return a->processes < b->processes || a->kin < b->kin || a->groups < b->groups ||
           a->path_bytes < b->path_bytes;
}

void *rl_touched_new(size_t n, size_t size)
{
    void *table = reallocarray(NULL, n, size);

    if (table)
        memset(table, 0xff, n * size);
    return table;
}

static int grow_pool(struct rl_scratch *scratch, size_t size)
{
    struct rl_sketch *sketches;
    struct rl_pool pool;
    int r;

    if (size <= scratch->room.processes)
        return 0;
    r = rl_pool_new(size, &pool);
    if (r < 0)
        return r;
    sketches = rl_touched_new(size, sizeof(*sketches));
    if (!sketches) {
        rl_pool_free(&pool);
        return -ENOMEM;
    }
    rl_pool_free(&scratch->pool);
    free(scratch->sketches.items);
    scratch->pool = pool;
    scratch->sketches = (struct rl_sketches){.items = sketches, .size = size};
    scratch->room.processes = size;
    return 0;
}

static int grow_groups(struct rl_scratch *scratch, size_t size)
{
    struct rl_group *groups;
    struct rl_seat *seats;

    if (size <= scratch->room.groups)
        return 0;
    groups = rl_touched_new(size, sizeof(*groups));
    seats = rl_touched_new(size, sizeof(*seats));
    if (!groups || !seats) {
        free(groups);
        free(seats);
        return -ENOMEM;
    }
    free(scratch->groups);
    free(scratch->seats);
    scratch->groups = groups;
    scratch->seats = seats;
    scratch->room.groups = size;
    return 0;
}

static int grow_paths(struct rl_scratch *scratch, size_t size)
{
    char *paths;

    if (size <= scratch->room.path_bytes)
        return 0;
    paths = rl_touched_new(size, 1);
    if (!paths)
        return -ENOMEM;
    free(scratch->paths);
    scratch->paths = paths;
    scratch->room.path_bytes = size;
    return 0;
}

static int grow_relations(struct rl_scratch *scratch, const struct rl_extent *extent)
{
    size_t size = scratch->relations.kin ? most(extent->kin, extent->processes) : extent->processes;
    int r = rl_relations_grow(&scratch->relations, size, false);

    if (r >= 0)
        scratch->room.kin = most(scratch->room.kin, extent->kin);
    return r;
}

int rl_scratch_grow(struct rl_scratch *scratch, const struct rl_extent *extent)
{
    int relations, pool = -ENOMEM, groups, paths;

    if (!rl_extent_short(&scratch->room, extent))
        return 0;
    rl_scratch_clear(scratch, scratch->pool.model);
    scratch->choice = (struct rl_choice){0};
    /* Their tables are for all of a full pool: they grow first. */
    relations = grow_relations(scratch, extent);
    if (relations >= 0)
        pool = grow_pool(scratch, extent->processes);
    groups = grow_groups(scratch, extent->groups);
    paths = grow_paths(scratch, extent->path_bytes);
    return relations < 0 || pool < 0 || groups < 0 || paths < 0 ? -ENOMEM : 0;
}

int rl_scratch_init(struct rl_scratch *scratch, const struct rl_extent *extent)
{
    return rl_scratch_grow(scratch, extent);
}

void rl_scratch_free(struct rl_scratch *scratch)
{
    rl_pool_free(&scratch->pool);
    rl_relations_free(&scratch->relations);
    free(scratch->sketches.items);
    free(scratch->groups);
    free(scratch->seats);
    free(scratch->paths);
    *scratch = (struct rl_scratch){0};
}

void rl_scratch_clear(struct rl_scratch *scratch, const struct rl_model *model)
{
    rl_pool_clear(&scratch->pool, model);
    rl_sketches_clear(&scratch->sketches, scratch->listed);
    scratch->n_groups = scratch->paths_used = 0;
    scratch->foreign = scratch->homeless = 0;
    scratch->relations.n_kin = 0;
    scratch->needed = (struct rl_extent){0};
}

int32_t rl_scratch_seat(
    struct rl_scratch *scratch, struct rl_cgroup *cgroup, const char *path, int32_t above)
{
    size_t len = strlen(path) + 1, i = scratch->n_groups;
    char *kept = scratch->paths + scratch->paths_used;

    scratch->needed.groups++;
    scratch->needed.path_bytes += len;
    /* The first one that has no room ends it, so that none stands below one that has none. */
    if (scratch->needed.groups > i + 1 || i == scratch->room.groups ||
        len > scratch->room.path_bytes - scratch->paths_used)
        return -1;
    memcpy(kept, path, len);
    scratch->paths_used += len;
    scratch->groups[i] = (struct rl_group){.path = kept, .parent = above};
    scratch->seats[i] = (struct rl_seat){.cgroup = cgroup};
    scratch->n_groups++;
    return (int32_t)i;
}

static bool is_below(const struct rl_cgroup *cgroup, uint64_t id)
{
    for (; cgroup; cgroup = cgroup->parent)
        if (cgroup->id == id)
            return true;
    return false;
}

bool rl_scratch_vetoed(const struct rl_scratch *scratch, const struct rl_process *process,
    const struct rl_cgroup *cgroup)
{
    for (size_t i = 0; i < scratch->n_vetoed; i++) {
        const struct rl_vetoed *v = &scratch->vetoed[i];

        if (v->pid == 0 ? is_below(cgroup, v->group_id)
                        : v->pid == process->pid && v->start_ticks == process->start_ticks)
            return true;
    }
    return false;
}
