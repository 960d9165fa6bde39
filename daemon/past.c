/* What is remembered of offenders: cooldowns, kills per time, and the budget of all kills. An entry
 * is found by the cgroup's id; where a cgroup of the same path is made after it, it goes on there.
 * All is written down so that a restart of reliefd does not give anybody a second helping. Times
 * are CLOCK_MONOTONIC and cgroup ids are inodes: both mean something within one boot only, so the
 * boot id stands beside them. */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/report/json.h"
#include "daemon/report/log.h"

uint64_t rl_cooldown_left(const struct rl_engine *engine, uint64_t id, uint64_t now_us)
{
    for (size_t i = 0; i < RL_PASTS_MAX; i++)
        if (engine->pasts[i].id == id && engine->pasts[i].until_us > now_us)
            return engine->pasts[i].until_us - now_us;
    return 0;
}

struct rl_past *rl_past_of(struct rl_engine *engine, uint64_t id)
{
    struct rl_past *oldest = &engine->pasts[0];

    for (size_t i = 0; i < RL_PASTS_MAX; i++) {
        struct rl_past *past = &engine->pasts[i];

        if (past->id == id)
            return past;
        if (past->id == 0 || (oldest->id != 0 && past->until_us < oldest->until_us))
            oldest = past;
    }
    free(oldest->path);
    *oldest = (struct rl_past){.id = id};
    return oldest;
}

static struct rl_past *find(struct rl_engine *engine, uint64_t id)
{
    for (size_t i = 0; i < RL_PASTS_MAX; i++)
        if (engine->pasts[i].id == id)
            return &engine->pasts[i];
    return NULL;
}

/* The cgroup of both is the same one by its path. The older entry goes. */
static void merge(struct rl_past *past, struct rl_past *older)
{
    rl_limit_merge(&past->kills, &older->kills);
    if (older->until_us > past->until_us)
        past->until_us = older->until_us;
    free(older->path);
    *older = (struct rl_past){0};
}

void rl_past_follow(struct rl_engine *engine, uint64_t id, const char *path)
{
    for (size_t i = 0; i < RL_PASTS_MAX; i++) {
        struct rl_past *past = &engine->pasts[i], *newer;

        if (past->id == 0 || past->id == id || !past->path || strcmp(past->path, path) != 0)
            continue;
        newer = find(engine, id);
        if (engine->trace)
            rl_trace_follow(engine->trace, past->id, id);
        past->id = id;
        if (newer)
            merge(past, newer);
    }
}

void rl_past_name(struct rl_engine *engine, uint64_t id, const char *path)
{
    struct rl_past *past = find(engine, id);
    const struct rl_cgroup *now;

    if (!past)
        return;
    if (!past->path)
        past->path = strdup(path);
    /* Made anew while the incident was not over. */
    now = engine->watch ? rl_tree_find(rl_watch_tree(engine->watch), path) : NULL;
    if (now)
        rl_past_follow(engine, now->id, path);
}

void rl_past_free(struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_PASTS_MAX; i++) {
        free(engine->pasts[i].path);
        engine->pasts[i] = (struct rl_past){0};
    }
}

static bool boot_id(char *buf)
{
    sd_id128_t id;

    return sd_id128_get_boot(&id) >= 0 && sd_id128_to_string(id, buf) != NULL;
}

static void file_name(const struct rl_engine *engine, const char *name, char *buf, size_t size)
{
    snprintf(buf, size, "%s/%s", engine->options.runtime_dir, name);
}

static json_t *kills_json(const struct rl_kills *kills)
{
    json_t *times = json_array();

    for (uint32_t i = 0; i < kills->n; i++)
        json_array_append_new(times, json_integer((json_int_t)kills->at_us[i]));
    return json_pack("{s:o, s:b}", "at_us", times, "stopped", kills->stopped);
}

static void kills_from(const json_t *json, uint64_t now_us, struct rl_kills *ret)
{
    const json_t *times = json_object_get(json, "at_us");
    size_t i;
    json_t *time;

    *ret = (struct rl_kills){.stopped = json_is_true(json_object_get(json, "stopped"))};
    json_array_foreach(times, i, time)
    {
        uint64_t at = (uint64_t)json_integer_value(time);

        if (json_integer_value(time) > 0 && at <= now_us)
            rl_limit_note(ret, at);
    }
}

void rl_past_save(const struct rl_engine *engine)
{
    char boot[SD_ID128_STRING_MAX], name[4096], temporary[4096];
    json_t *json, *list;

    if (!engine->options.runtime_dir || !boot_id(boot))
        return;
    list = json_array();
    for (size_t i = 0; i < RL_PASTS_MAX; i++)
        if (engine->pasts[i].id != 0)
            json_array_append_new(list,
                json_pack("{s:I, s:o, s:I, s:o}", "cgroup_id", (json_int_t)engine->pasts[i].id,
                    "path", rl_json_string(engine->pasts[i].path), "until_us",
                    (json_int_t)(engine->pasts[i].until_us > INT64_MAX ? INT64_MAX
                                                                       : engine->pasts[i].until_us),
                    "kills", kills_json(&engine->pasts[i].kills)));
    json = json_pack("{s:s, s:o, s:o}", "boot_id", boot, "budget", kills_json(&engine->budget),
        "offenders", list);
    file_name(engine, "past.json", name, sizeof(name));
    file_name(engine, ".past.json", temporary, sizeof(temporary));
    if (json &&
        (json_dump_file(json, temporary, JSON_INDENT(1)) < 0 || rename(temporary, name) < 0))
        rl_info("%s: %s; cooldowns are forgotten at a restart", name, strerror(errno));
    json_decref(json);
}

void rl_past_load(struct rl_engine *engine)
{
    char boot[SD_ID128_STRING_MAX], name[4096];
    uint64_t now = rl_now_us();
    json_t *json, *one;
    size_t i;

    if (!engine->options.runtime_dir || !boot_id(boot))
        return;
    file_name(engine, "past.json", name, sizeof(name));
    json = json_load_file(name, 0, NULL);
    if (json && json_is_string(json_object_get(json, "boot_id")) &&
        strcmp(json_string_value(json_object_get(json, "boot_id")), boot) == 0) {
        kills_from(json_object_get(json, "budget"), now, &engine->budget);
        json_array_foreach(json_object_get(json, "offenders"), i, one)
        {
            json_int_t id = json_integer_value(json_object_get(one, "cgroup_id"));
            struct rl_past *past = id > 0 ? rl_past_of(engine, (uint64_t)id) : NULL;

            if (!past)
                continue;
            if (json_is_string(json_object_get(one, "path")))
                rl_past_name(engine, past->id, json_string_value(json_object_get(one, "path")));
            past->until_us = (uint64_t)json_integer_value(json_object_get(one, "until_us"));
            kills_from(json_object_get(one, "kills"), now, &past->kills);
            /* A restart is what OnRepeat=stop waits for. */
            rl_limit_restart(&past->kills);
            if (past->until_us == INT64_MAX)
                past->until_us = 0;
        }
    }
    json_decref(json);
}
