#include "daemon/pause.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/report/json.h"

static bool is_same(const struct rl_pause *pause, const char *policy, const char *cgroup)
{
    return pause->used && strcmp(pause->policy, policy) == 0 && strcmp(pause->cgroup, cgroup) == 0;
}

/* Its place: that of one for the same, else a free one. */
static struct rl_pause *place_for(
    struct rl_pauses *pauses, const char *policy, const char *cgroup, uint64_t now_us)
{
    struct rl_pause *place = NULL;

    for (size_t i = 0; i < RL_PAUSES_MAX; i++) {
        struct rl_pause *one = &pauses->items[i];

        if (is_same(one, policy, cgroup))
            return one;
        if (!place && (!one->used || one->until_us <= now_us))
            place = one;
    }
    return place;
}

int rl_pause_add(struct rl_pauses *pauses, const char *policy, const char *cgroup, uid_t uid,
    uint64_t now_us, uint64_t length_us)
{
    struct rl_pause *place;

    if ((*policy && *cgroup) || (*cgroup && *cgroup != '/') ||
        strlen(policy) >= RL_PAUSE_NAME_MAX || strlen(cgroup) >= RL_PAUSE_PATH_MAX)
        return -EINVAL;
    if (length_us == 0 || length_us > RL_PAUSE_MOST_US)
        return -ERANGE;
    place = place_for(pauses, policy, cgroup, now_us);
    if (!place)
        return -ENOSPC;
    *place = (struct rl_pause){
        .used = true, .since_us = now_us, .until_us = now_us + length_us, .uid = uid};
    strcpy(place->policy, policy);
    strcpy(place->cgroup, cgroup);
    return 0;
}

size_t rl_pause_end(struct rl_pauses *pauses, const char *policy, const char *cgroup)
{
    bool all = !*policy && !*cgroup;
    size_t n = 0;

    for (size_t i = 0; i < RL_PAUSES_MAX; i++) {
        struct rl_pause *one = &pauses->items[i];

        if (!one->used || !(all || is_same(one, policy, cgroup)))
            continue;
        one->used = false;
        n++;
    }
    return n;
}

static bool is_at_or_below(const char *path, const char *top)
{
    size_t len = strlen(top);

    if (strcmp(top, "/") == 0)
        return true;
    return strncmp(path, top, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool covers(const struct rl_pause *pause, const char *policy, const char *cgroup)
{
    if (*pause->policy)
        return policy && strcmp(pause->policy, policy) == 0;
    return !*pause->cgroup || is_at_or_below(cgroup, pause->cgroup);
}

struct rl_pause *rl_pause_of(
    struct rl_pauses *pauses, const char *policy, const char *cgroup, uint64_t now_us)
{
    struct rl_pause *found = NULL;

    for (size_t i = 0; i < RL_PAUSES_MAX; i++) {
        struct rl_pause *one = &pauses->items[i];

        if (one->used && one->until_us > now_us && covers(one, policy, cgroup) &&
            (!found || one->until_us > found->until_us))
            found = one;
    }
    return found;
}

bool rl_pause_expire(struct rl_pauses *pauses, uint64_t now_us, struct rl_pause *ret)
{
    for (size_t i = 0; i < RL_PAUSES_MAX; i++) {
        struct rl_pause *one = &pauses->items[i];

        if (!one->used || one->until_us > now_us)
            continue;
        *ret = *one;
        one->used = false;
        return true;
    }
    return false;
}

uint64_t rl_pause_next(const struct rl_pauses *pauses)
{
    uint64_t next = 0;

    for (size_t i = 0; i < RL_PAUSES_MAX; i++) {
        const struct rl_pause *one = &pauses->items[i];

        if (one->used && (next == 0 || one->until_us < next))
            next = one->until_us;
    }
    return next;
}

json_t *rl_pause_json(const struct rl_pause *pause, uint64_t now_us, uint64_t wall_us)
{
    uint64_t left = pause->until_us > now_us ? pause->until_us - now_us : 0;
    uint64_t past = now_us > pause->since_us ? now_us - pause->since_us : 0;

    return json_pack("{s:o, s:o, s:I, s:o, s:o, s:o}", "policy", rl_json_name(pause->policy),
        "cgroup", rl_json_name(pause->cgroup), "uid", (json_int_t)pause->uid, "since",
        rl_json_time(wall_us - past), "until", rl_json_time(wall_us + left), "left_ms",
        rl_json_ms(left));
}

static int by_end(const void *a, const void *b)
{
    const struct rl_pause *const *x = a, *const *y = b;

    return (*x)->until_us < (*y)->until_us ? -1 : (*x)->until_us > (*y)->until_us;
}

json_t *rl_pauses_json(const struct rl_pauses *pauses, uint64_t now_us, uint64_t wall_us)
{
    const struct rl_pause *standing[RL_PAUSES_MAX];
    json_t *list = json_array();
    size_t n = 0;

    for (size_t i = 0; i < RL_PAUSES_MAX; i++)
        if (pauses->items[i].used && pauses->items[i].until_us > now_us)
            standing[n++] = &pauses->items[i];
    qsort(standing, n, sizeof(standing[0]), by_end);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, rl_pause_json(standing[i], now_us, wall_us));
    return list;
}

const char *rl_pause_text(const struct rl_pause *pause, char *buf, size_t size)
{
    if (*pause->policy)
        snprintf(buf, size, "policy %s", pause->policy);
    else if (*pause->cgroup)
        snprintf(buf, size, "%s and below", pause->cgroup);
    else
        snprintf(buf, size, "all policies");
    return buf;
}

int rl_pauses_save(const struct rl_pauses *pauses, const char *folder, const char *boot_id)
{
    char name[PATH_MAX], temporary[PATH_MAX];
    json_t *list = json_array();
    json_auto_t *json = NULL;

    for (size_t i = 0; i < RL_PAUSES_MAX; i++) {
        const struct rl_pause *one = &pauses->items[i];

        if (one->used)
            json_array_append_new(
                list, json_pack("{s:s, s:s, s:I, s:I, s:I}", "policy", one->policy, "cgroup",
                          one->cgroup, "uid", (json_int_t)one->uid, "since_us",
                          (json_int_t)one->since_us, "until_us", (json_int_t)one->until_us));
    }
    json = json_pack("{s:s, s:o}", "boot_id", boot_id, "pauses", list);
    snprintf(name, sizeof(name), "%s/" RL_PAUSE_FILE_NAME, folder);
    snprintf(temporary, sizeof(temporary), "%s/." RL_PAUSE_FILE_NAME, folder);
    if (!json)
        return -ENOMEM;
    errno = 0;
    if (json_dump_file(json, temporary, JSON_INDENT(1)) < 0)
        return errno ? -errno : -EIO;
    return rename(temporary, name) < 0 ? -errno : 0;
}

/* One entry of the file. What is not as we write it is left out. */
static void take(struct rl_pauses *pauses, const json_t *one, uint64_t now_us)
{
    const char *policy = json_string_value(json_object_get(one, "policy"));
    const char *cgroup = json_string_value(json_object_get(one, "cgroup"));
    json_int_t uid = json_integer_value(json_object_get(one, "uid"));
    json_int_t since = json_integer_value(json_object_get(one, "since_us"));
    json_int_t until = json_integer_value(json_object_get(one, "until_us"));

    if (!policy || !cgroup || uid < 0 || since < 0 || (uint64_t)since > now_us || until <= since ||
        (uint64_t)until <= now_us)
        return;
    rl_pause_add(
        pauses, policy, cgroup, (uid_t)uid, (uint64_t)since, (uint64_t)until - (uint64_t)since);
}

int rl_pauses_load(
    struct rl_pauses *pauses, const char *folder, const char *boot_id, uint64_t now_us)
{
    char name[PATH_MAX];
    json_auto_t *json = NULL;
    const char *boot;
    size_t i;
    json_t *one;

    snprintf(name, sizeof(name), "%s/" RL_PAUSE_FILE_NAME, folder);
    if (access(name, F_OK) < 0)
        return -errno;
    json = json_load_file(name, 0, NULL);
    boot = json_string_value(json_object_get(json, "boot_id"));
    if (!boot)
        return -EBADMSG;
    if (strcmp(boot, boot_id) != 0)
        return 0;
    json_array_foreach(json_object_get(json, "pauses"), i, one) take(pauses, one, now_us);
    return 0;
}
