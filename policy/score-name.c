/* Models by their names, and by kernels' versions. */
#include "score.h"

#include <string.h>

#define PREFIX    "linux-"
#define PART_MOST 65535

const struct rl_model_alias rl_model_aliases[] = {
    {"linux", "v59"},
    {"linux-2.4", "v24"},
    {"linux-2.6", "v2632"},
};

const size_t rl_model_aliases_n = sizeof(rl_model_aliases) / sizeof(rl_model_aliases[0]);

/* Take a number in plain digits, without leading zeros, from the text. */
static bool take_part(const char **text, uint32_t *ret)
{
    const char *digit = *text;

    *ret = 0;
    for (; *digit >= '0' && *digit <= '9'; digit++) {
        if (digit > *text && *ret == 0)
            return false;
        *ret = *ret * 10 + (uint32_t)(*digit - '0');
        if (*ret > PART_MOST)
            return false;
    }
    if (digit == *text)
        return false;
    *text = digit;
    return true;
}

/* A.B or A.B.C, and nothing behind it. */
static bool parse_version(const char *text, uint32_t *ret)
{
    uint32_t parts[3] = {0};
    size_t n = 0;

    do {
        if (n == 3 || !take_part(&text, &parts[n++]))
            return false;
    } while (*text++ == '.');
    if (n < 2 || text[-1] != '\0' || parts[1] > 255)
        return false;
    *ret = RL_KERNEL(parts[0], parts[1], parts[2]);
    return true;
}

static const struct rl_model *by_id(const char *id)
{
    for (size_t i = 0; i < rl_models_n; i++)
        if (strcmp(rl_models[i].id, id) == 0)
            return &rl_models[i];
    return NULL;
}

const struct rl_model *rl_model_find(const char *id)
{
    const struct rl_model *model = by_id(id);
    uint32_t version;

    /* Before versions: linux-2.6 is no 2.6.0. */
    for (size_t i = 0; !model && i < rl_model_aliases_n; i++)
        if (strcmp(rl_model_aliases[i].alias, id) == 0)
            model = by_id(rl_model_aliases[i].id);
    if (!model && strncmp(id, PREFIX, strlen(PREFIX)) == 0 &&
        parse_version(id + strlen(PREFIX), &version))
        model = rl_model_of_version(version);
    return model;
}

const struct rl_model *rl_model_of_version(uint32_t version)
{
    const struct rl_model *newest = NULL;

    for (size_t i = 0; i < rl_models_n; i++)
        if (rl_models[i].kernels && rl_models[i].since <= version)
            newest = &rl_models[i];
    return newest;
}
