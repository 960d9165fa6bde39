#include "reach.h"

#include <string.h>

#define HASH_START UINT64_C(0xcbf29ce484222325) /* FNV-1a, 64 bits */
#define HASH_TIMES UINT64_C(0x100000001b3)
/* Not that of any cgroup: those have a count of reused inodes there that grows from 0. And no more
 * than fits into a JSON number. */
#define HASH_MARK UINT64_C(0x4000000000000000)

static void copy(char *to, const char *from, size_t len)
{
    if (len > RL_REACH_PATH_MAX - 1)
        len = RL_REACH_PATH_MAX - 1;
    memcpy(to, from, len);
    to[len] = '\0';
}

static uint64_t hash(uint64_t sum, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        sum = (sum ^ (unsigned char)text[i]) * HASH_TIMES;
    return sum;
}

static uint64_t mark(uint64_t sum)
{
    return (sum & (HASH_MARK - 1)) | HASH_MARK;
}

/* The length of the path so many levels up. */
static size_t length_above(const char *path, uint32_t up)
{
    size_t len = strlen(path);

    for (; up > 0 && len > 1; up--)
        while (len > 1 && path[--len] != '/') {
        }
    return len;
}

/* What a glob means, and what is below that, lies below the levels in front of the first one that
 * is no plain name. */
static void place_of_glob(const char *glob, char *ret)
{
    size_t len = 0, plain;

    while (*glob == '/')
        glob++;
    plain = strcspn(glob, "*?[\\");
    if (glob[plain])
        while (plain > 0 && glob[plain - 1] != '/')
            plain--;
    while (plain > 0 && glob[plain - 1] == '/')
        plain--;
    ret[len++] = '/';
    copy(ret + len, glob, plain > RL_REACH_PATH_MAX - 2 ? RL_REACH_PATH_MAX - 2 : plain);
}

bool rl_reach_everywhere(const char *glob)
{
    size_t first;

    glob += strspn(glob, "/");
    first = strcspn(glob, "/");
    return strcspn(glob, "*?[\\") < first && glob[strspn(glob, "*/")] != '\0';
}

/* With the end of the name, which is no part of any. */
static uint64_t id_of_glob(const char *name, const char *glob)
{
    return mark(hash(hash(HASH_START, name, strlen(name) + 1), glob, strlen(glob)));
}

uint64_t rl_reach_subject(const struct rl_reacher *reacher)
{
    return mark(hash(HASH_START, reacher->path, length_above(reacher->path, reacher->subject_up)));
}

void rl_reach_of(const struct rl_reacher *reacher, struct rl_reach *ret)
{
    const struct rl_policy *policy = reacher->policy;
    enum rl_within within = policy && reacher->subject_id ? policy->victim.within
                                                          : RL_WITHIN_OFFENDER;

    ret->glob = within == RL_WITHIN_GLOB;
    ret->offender_id = ret->cooldown_id = reacher->id;
    copy(ret->offender, reacher->path, strlen(reacher->path));
    if (ret->glob) {
        place_of_glob(policy->victim.within_glob, ret->place);
        ret->cooldown_id = id_of_glob(policy->name, policy->victim.within_glob);
    } else if (within == RL_WITHIN_SUBJECT) {
        copy(ret->place, reacher->path, length_above(reacher->path, reacher->subject_up));
        ret->cooldown_id = reacher->subject_id;
    } else {
        copy(ret->place, ret->offender, strlen(ret->offender));
    }
}

bool rl_reach_beyond(const struct rl_reach *reach)
{
    return reach->glob || strcmp(reach->place, reach->offender) != 0;
}

bool rl_path_holds(const char *above, const char *path)
{
    size_t len = strlen(above);

    if (len == 1)
        return true;
    return strncmp(above, path, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool overlap(const char *a, const char *b)
{
    return rl_path_holds(a, b) || rl_path_holds(b, a);
}

/* Whose shortage it is lies within the place, but for a glob. */
bool rl_reaches_meet(const struct rl_reach *a, const struct rl_reach *b)
{
    return overlap(a->place, b->place) || overlap(a->offender, b->offender) ||
           overlap(a->offender, b->place) || overlap(a->place, b->offender);
}

static bool strictly_below(const char *path, const char *above)
{
    return rl_path_holds(above, path) && strcmp(above, path) != 0;
}

/* Where it is short and what is relieved with it. A glob may mean all of the machine: whoever
 * waited for all that is short there might wait for ever. */
static const char *home_of(const struct rl_reach *reach)
{
    return reach->glob ? reach->offender : reach->place;
}

bool rl_reach_first(const struct rl_reach *other, const struct rl_reach *than)
{
    if (strcmp(home_of(other), home_of(than)) == 0)
        return strictly_below(other->offender, than->offender);
    return strictly_below(home_of(other), home_of(than));
}

bool rl_reaches_share(const struct rl_reach *a, const struct rl_reach *b)
{
    return a->cooldown_id == b->cooldown_id;
}

enum rl_reason rl_opening_why(const struct rl_opening *opening)
{
    if (opening->cooling)
        return RL_WAIT_COOLDOWN;
    if (opening->busy)
        return RL_WAIT_BUSY_DOMAIN;
    if (opening->paused)
        return RL_WAIT_PAUSED;
    return opening->full ? RL_WAIT_BUSY_DOMAIN : RL_REASON_NONE;
}
