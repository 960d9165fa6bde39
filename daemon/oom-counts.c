#include "daemon/oom-counts.h"

#include <string.h>

static struct rl_oom_count *find(const struct rl_oom_counts *counts, uint64_t id)
{
    for (size_t i = 0; i < counts->n; i++)
        if (counts->items[i].id == id)
            return (struct rl_oom_count *)&counts->items[i];
    return NULL;
}

uint64_t rl_oom_counts_take(struct rl_oom_counts *counts, uint64_t id, uint64_t kills)
{
    struct rl_oom_count *item = find(counts, id);
    uint64_t before = item ? item->kills : 0;

    if (!item && kills == 0)
        return 0;
    if (!item && counts->n == RL_OOM_COUNTS_MAX)
        return 0;
    if (!item) {
        item = &counts->items[counts->n++];
        item->id = id;
    }
    item->kills = kills;
    return kills > before ? kills - before : 0;
}

uint64_t rl_oom_counts_get(const struct rl_oom_counts *counts, uint64_t id)
{
    const struct rl_oom_count *item = find(counts, id);

    return item ? item->kills : 0;
}

void rl_oom_counts_forget(struct rl_oom_counts *counts, uint64_t id)
{
    struct rl_oom_count *item = find(counts, id);

    if (item)
        *item = counts->items[--counts->n];
}

bool rl_oom_path_matches(const char *kernel, const char *ours)
{
    size_t a = strlen(kernel), b = strlen(ours);

    if (strcmp(kernel, ours) == 0)
        return true;
    return b > 1 && a > b && *ours == '/' && strcmp(kernel + a - b, ours) == 0;
}

bool rl_oom_path_below(const char *kernel, const char *ours, const char **ret_rest)
{
    size_t length = strlen(ours);
    const char *at = kernel;

    if (strcmp(ours, "/") == 0) {
        *ret_rest = kernel;
        return *kernel == '/' && kernel[1] != '\0';
    }
    while ((at = strstr(at, ours))) {
        if (at[length] == '/') {
            *ret_rest = at + length;
            return true;
        }
        at++;
    }
    return false;
}
