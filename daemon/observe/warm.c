#include "daemon/observe/warm.h"

#include <stdlib.h>
#include <unistd.h>

/* A cgroup's place is one of WAYS in the set that its id chooses: found without a search, and
 * without a table to be kept tidy. */
#define WAYS 8
#define SETS (RL_WARM_MAX / WAYS)

struct place {
    struct rl_cgroup *cgroup; /* NULL: free */
    int fd;
    uint32_t walk; /* in which it was read last */
};

struct rl_warm {
    struct place places[SETS][WAYS];
};

/* Fibonacci hashing: ids of cgroups made one after the other are neighbours. */
static struct place *set_of(struct rl_warm *warm, const struct rl_cgroup *cgroup)
{
    return warm->places[(cgroup->id * UINT64_C(0x9e3779b97f4a7c15) >> 32) % SETS];
}

static struct place *find(struct rl_warm *warm, const struct rl_cgroup *cgroup)
{
    struct place *set = set_of(warm, cgroup);

    for (size_t i = 0; i < WAYS; i++)
        if (set[i].cgroup == cgroup)
            return &set[i];
    return NULL;
}

static void empty(struct place *place)
{
    close(place->fd);
    place->cgroup->warm = 0;
    place->cgroup = NULL;
}

struct rl_warm *rl_warm_new(void)
{
    struct rl_warm *warm = malloc(sizeof(*warm));

    /* Written to now, rather than when memory is short. */
    for (size_t i = 0; warm && i < RL_WARM_MAX; i++)
        warm->places[i / WAYS][i % WAYS] = (struct place){.fd = -1};
    return warm;
}

struct rl_warm *rl_warm_free(struct rl_warm *warm)
{
    if (warm)
        rl_warm_clear(warm);
    free(warm);
    return NULL;
}

int rl_warm_find(struct rl_warm *warm, struct rl_cgroup *cgroup, uint32_t walk)
{
    struct place *place = cgroup->warm ? find(warm, cgroup) : NULL;

    if (!place)
        return -1;
    place->walk = walk;
    return place->fd;
}

bool rl_warm_keep(struct rl_warm *warm, struct rl_cgroup *cgroup, uint32_t walk, int fd)
{
    struct place *set = set_of(warm, cgroup), *at = NULL;

    for (size_t i = 0; i < WAYS && !at; i++)
        if (!set[i].cgroup)
            at = &set[i];
    for (size_t i = 0; i < WAYS && !at; i++)
        if (set[i].walk + 1 < walk)
            at = &set[i];
    if (!at)
        return false;
    if (at->cgroup)
        empty(at);
    *at = (struct place){cgroup, fd, walk};
    cgroup->warm = 1;
    return true;
}

void rl_warm_drop(struct rl_warm *warm, struct rl_cgroup *cgroup)
{
    struct place *place = cgroup->warm ? find(warm, cgroup) : NULL;

    if (place)
        empty(place);
}

void rl_warm_clear(struct rl_warm *warm)
{
    for (size_t i = 0; i < RL_WARM_MAX; i++)
        if (warm->places[i / WAYS][i % WAYS].cgroup)
            empty(&warm->places[i / WAYS][i % WAYS]);
}
