#include <string.h>

#include "daemon/relieve/unit.h"

/* A piece of a path between slashes. */
struct part {
    const char *s;
    size_t length;
};

/* Return: false at the end. */
static bool next_part(const char **path, struct part *ret)
{
    const char *at = *path + strspn(*path, "/");

    ret->s = at;
    ret->length = strcspn(at, "/");
    *path = at + ret->length;
    return ret->length > 0;
}

static bool ends_in(struct part part, const char *suffix)
{
    size_t length = strlen(suffix);

    return part.length > length && memcmp(part.s + part.length - length, suffix, length) == 0;
}

static bool is_slice(struct part part)
{
    return ends_in(part, ".slice");
}

static bool is_unit(struct part part)
{
    return ends_in(part, ".service") || ends_in(part, ".scope");
}

/* systemd puts a _ in front of names that the kernel could mistake for its own files
 * (cg_escape()). */
static struct part unescape(struct part part)
{
    if (part.s[0] == '_')
        return (struct part){part.s + 1, part.length - 1};
    return part;
}

enum rl_unit_owner rl_unit_of_path(const char *path, char *buf, size_t size)
{
    struct part unit, below;

    do
        if (!next_part(&path, &unit))
            return RL_UNIT_NONE;
    while (is_slice(unit));
    if (!is_unit(unit))
        return RL_UNIT_NONE;
    while (next_part(&path, &below))
        if (is_slice(below) || is_unit(below))
            return RL_UNIT_NOT_OURS;
    unit = unescape(unit);
    if (unit.length >= size || unit.length >= RL_UNIT_NAME_MAX)
        return RL_UNIT_NONE;
    memcpy(buf, unit.s, unit.length);
    buf[unit.length] = '\0';
    return RL_UNIT_OURS;
}
