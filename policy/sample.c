#include "sample.h"

uint64_t rl_sample_used(const struct rl_sample *sample)
{
    uint64_t cache = sample->file > sample->shmem ? sample->file - sample->shmem : 0;
    uint64_t rest = sample->current > cache ? sample->current - cache : 0;

    return rest > sample->slab_reclaimable ? rest - sample->slab_reclaimable : 0;
}
