#include "warn.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

/* Highest first. */
static const struct {
    enum rl_warn_level level;
    const char *name;
} levels[] = {
    {RL_WARN_CRITICAL, "critical"},
    {RL_WARN_MEDIUM, "medium"},
    {RL_WARN_LOW, "low"},
};

#define N_LEVELS (sizeof(levels) / sizeof(levels[0]))

enum rl_warn_level rl_warn_level(enum rl_warn_level asked, const struct rl_warn_place *place)
{
    if (asked != RL_WARN_NONE)
        return asked;
    if (!place->machine)
        return RL_WARN_NONE;
    if (place->last_call)
        return RL_WARN_CRITICAL;
    return place->warned == 0 ? RL_WARN_LOW : RL_WARN_MEDIUM;
}

const char *rl_warn_level_name(unsigned level)
{
    for (size_t i = 0; i < N_LEVELS; i++) {
        if (level >= levels[i].level)
            return levels[i].name;
    }
    return "none";
}

int rl_warn_level_from_name(const char *name)
{
    for (size_t i = 0; i < N_LEVELS; i++) {
        if (strcmp(name, levels[i].name) == 0)
            return (int)levels[i].level;
    }
    return -EINVAL;
}
