/* Reading lines of a trace. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/trace/fields.h"
#include "daemon/trace/line.h"

static const char *say(const char *what, const char *name)
{
    static char text[256];

    snprintf(text, sizeof(text), what, name);
    return text;
}

/* U+F780 to U+F7FF are three bytes: EF 9E 80 to EF 9F BF. */
size_t rl_note_unescape(char *text)
{
    const unsigned char *from = (const unsigned char *)text;
    char *to = text;

    while (*from) {
        if (from[0] == 0xef && (from[1] == 0x9e || from[1] == 0x9f) && from[2] >= 0x80) {
            *to++ = (char)(((from[1] & 1) << 6) | (from[2] & 0x3f) | 0x80);
            from += 3;
        } else {
            *to++ = (char)*from++;
        }
    }
    *to = '\0';
    return (size_t)(to - text);
}

/* A note that is being put together. */
struct draft {
    struct rl_note *note;
    size_t used, size;
    bool no_memory;
};

/* Room at the end, zeroed; NULL when memory is out. What was returned before has moved. */
static void *add(struct draft *d, size_t size)
{
    void *at;

    if (d->used + size > d->size) {
        size_t more = 2 * (d->used + size);
        void *bigger = realloc(d->note, more);

        if (!bigger) {
            d->no_memory = true;
            return NULL;
        }
        d->note = bigger;
        d->size = more;
    }
    at = (char *)d->note + d->used;
    memset(at, 0, size);
    d->used += size;
    return at;
}

static void *fixed_of(const struct draft *d)
{
    return d->note + 1;
}

/* Bytes of a string, without a NUL. Return: how many; -1 when it is none. */
static ssize_t add_string(struct draft *d, const json_t *value)
{
    char *text, *to;
    size_t len;

    if (!json_is_string(value) || json_string_length(value) > 4 * RL_NOTE_PATH_MAX)
        return -1;
    text = strdup(json_string_value(value));
    if (!text) {
        d->no_memory = true;
        return -1;
    }
    len = rl_note_unescape(text);
    to = add(d, len);
    if (to)
        memcpy(to, text, len);
    free(text);
    return to ? (ssize_t)len : -1;
}

/* Return: how many, or -1 with *ret_wrong set. */
static ssize_t add_objects(struct draft *d, const json_t *array, const struct rl_field *fields,
    size_t size, const char **ret_wrong)
{
    size_t n = json_array_size(array);

    for (size_t i = 0; i < n; i++) {
        void *at = add(d, size);

        if (!at || !json_is_object(json_array_get(array, i)) ||
            rl_fields_read(json_array_get(array, i), fields, at, ret_wrong) < 0)
            return -1;
    }
    return (ssize_t)n;
}

static int read_hot(struct draft *d, const json_t *json, const char **ret_wrong)
{
    const json_t *points = json_object_get(json, "points");
    ssize_t n = add_objects(d, points, rl_fields_point, sizeof(struct rl_point), ret_wrong), len;

    if (n < 0 || n > RL_HISTORY_MAX)
        return -EINVAL;
    *ret_wrong = "cgroup";
    len = add_string(d, json_object_get(json, "cgroup"));
    if (len < 0)
        return -EINVAL;
    ((struct rl_note_hot *)fixed_of(d))->n = (uint32_t)n;
    ((struct rl_note_hot *)fixed_of(d))->path_len = (uint32_t)len;
    return 0;
}

static int read_sample(struct draft *d, const json_t *json, const char **ret_wrong)
{
    const json_t *levels = json_object_get(json, "levels");
    ssize_t n = add_objects(d, levels, rl_fields_level, sizeof(struct rl_level), ret_wrong);
    struct rl_note_sample *sample = fixed_of(d);

    if (n < 0 || n > RL_DEPTH_MAX + 1)
        return -EINVAL;
    sample->n = (uint32_t)n;
    sample->sample.have = rl_fields_have(json, rl_fields_of(RL_NOTE_SAMPLE));
    return 0;
}

static int read_look(struct draft *d, const json_t *json, const char **ret_wrong)
{
    const json_t *why = json_object_get(json, "why");
    struct rl_note_look *look = fixed_of(d);

    *ret_wrong = "why";
    if (json_array_size(why) > RL_TRIGGERS_MAX)
        return -EINVAL;
    look->n = (uint8_t)json_array_size(why);
    for (size_t i = 0; i < look->n; i++) {
        const char *id = json_string_value(json_array_get(why, i));

        for (uint32_t reason = 1; id && reason < RL_REASONS; reason++)
            if (strcmp(rl_reason_id(reason), id) == 0)
                look->why[i] = reason;
        if (id && look->why[i] == RL_REASON_NONE)
            return -EINVAL;
    }
    return 0;
}

static int read_group_names(struct draft *d, const json_t *groups)
{
    size_t n = json_array_size(groups);

    for (size_t i = 0; i < n; i++) {
        const json_t *policy = json_object_get(json_array_get(groups, i), "policy");
        ssize_t path = add_string(d, json_object_get(json_array_get(groups, i), "path"));
        ssize_t name = policy ? add_string(d, policy) : 0;
        struct rl_note_group *group;

        if (path < 0 || name < 0)
            return -EINVAL;
        group = (struct rl_note_group *)((struct rl_note_table *)fixed_of(d) + 1) + i;
        group->path_len = (uint32_t)path;
        group->policy_len = (uint32_t)name;
    }
    return 0;
}

/* Do all indices of groups lie within the table, and parents before their children? */
static bool groups_are_sound(const struct rl_note_table *table)
{
    const struct rl_note_group *groups = rl_note_groups(table);
    const struct rl_note_process *processes = rl_note_processes(table);

    for (size_t i = 0; i < table->n_groups; i++)
        if (groups[i].group.parent >= (int32_t)i || groups[i].group.parent < -1 ||
            (i > 0 && groups[i].group.parent < 0) || groups[i].group.subject > (int32_t)i ||
            groups[i].group.subject < -1 || groups[i].group.tier > RL_TIER_AVOIDED)
            return false;
    for (size_t i = 0; i < table->n_processes; i++)
        if (processes[i].process.cgroup >= table->n_groups)
            return false;
    return true;
}

static int read_table(struct draft *d, const json_t *json, const char **ret_wrong)
{
    const json_t *groups = json_object_get(json, "groups");
    const json_t *processes = json_object_get(json, "processes");
    ssize_t n_groups, n_processes = -1;
    struct rl_note_table *table;

    *ret_wrong = "groups";
    n_groups = add_objects(d, groups, rl_fields_group, sizeof(struct rl_note_group), ret_wrong);
    if (n_groups >= 0)
        n_processes = add_objects(
            d, processes, rl_fields_process, sizeof(struct rl_note_process), ret_wrong);
    if (n_processes < 0)
        return -EINVAL;
    table = fixed_of(d);
    table->n_groups = (uint32_t)n_groups;
    table->n_processes = (uint32_t)n_processes;
    *ret_wrong = "groups";
    if (!groups_are_sound(table))
        return -EINVAL;
    return read_group_names(d, groups);
}

static int read_past(struct draft *d, const json_t *json, const char **ret_wrong)
{
    const json_t *kills = json_object_get(json, "kills_us");
    const json_t *path = json_object_get(json, "cgroup");
    size_t n = json_array_size(kills);
    uint64_t *at = add(d, n * sizeof(*at));
    ssize_t len;

    *ret_wrong = "kills_us";
    if (!at || n > RL_KILLS_MAX)
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        if (json_integer_value(json_array_get(kills, i)) <= 0)
            return -EINVAL;
        at[i] = (uint64_t)json_integer_value(json_array_get(kills, i));
    }
    *ret_wrong = "cgroup";
    len = path ? add_string(d, path) : 0;
    if (len < 0)
        return -EINVAL;
    ((struct rl_note_past *)fixed_of(d))->n = (uint32_t)n;
    ((struct rl_note_past *)fixed_of(d))->path_len = (uint32_t)len;
    return 0;
}

/* What no number of a line may be. */
static int check_open(struct draft *d, const json_t *json, const char **ret_wrong)
{
    const struct rl_note_open *open = fixed_of(d);

    *ret_wrong = "step";
    return open->step.kind < RL_STEP_KINDS && open->rungs <= RL_STEPS_MAX ? 0 : -EINVAL;
}

static int (*const read_rest[RL_NOTES])(
    struct draft *d, const json_t *json, const char **ret_wrong) = {
    [RL_NOTE_HOT] = read_hot,
    [RL_NOTE_SAMPLE] = read_sample,
    [RL_NOTE_LOOK] = read_look,
    [RL_NOTE_OPEN] = check_open,
    [RL_NOTE_TABLE] = read_table,
    [RL_NOTE_PAST] = read_past,
};

static enum rl_note_kind kind_of(const char *type)
{
    for (int kind = 0; kind < RL_NOTES; kind++)
        if (rl_note_name(kind) && strcmp(rl_note_name(kind), type) == 0)
            return kind;
    return RL_NOTES;
}

static int read_note(
    enum rl_note_kind kind, const json_t *json, struct rl_note **ret, const char **ret_wrong)
{
    struct draft d = {0};
    const char *wrong = NULL;
    int r = -EINVAL;

    if (add(&d, sizeof(*d.note) + rl_note_size(kind))) {
        r = rl_fields_read(json, rl_fields_of(kind), fixed_of(&d), &wrong);
        if (r >= 0 && read_rest[kind])
            r = read_rest[kind](&d, json, &wrong);
    }
    if (r >= 0 && !d.no_memory)
        (void)add(&d, -d.used & 7);
    if (r < 0 || d.no_memory) {
        free(d.note);
        *ret_wrong = say("'%s' is not what it should be", wrong ? wrong : rl_note_name(kind));
        return d.no_memory || r == -ENOMEM ? -ENOMEM : -EBADMSG;
    }
    d.note->kind = kind;
    d.note->size = (uint32_t)(d.used - sizeof(*d.note));
    *ret = d.note;
    return RL_TRACE_NOTE;
}

int rl_note_read(const char *line, size_t len, struct rl_note **ret_note, json_t **ret_json,
    const char **ret_wrong)
{
    enum rl_note_kind kind;
    json_error_t error;
    const char *type;
    json_t *json;
    int r;

    *ret_json = NULL;
    *ret_note = rl_note_read_sample(line, len);
    if (*ret_note)
        return RL_TRACE_NOTE;
    json = json_loadb(line, len, 0, &error);
    type = json_string_value(json_object_get(json, "type"));
    kind = type ? kind_of(type) : RL_NOTES;
    if (!type) {
        *ret_wrong = json ? "it has no type" : say("%s", error.text);
        json_decref(json);
        return -EBADMSG;
    }
    if (kind == RL_NOTES) {
        *ret_json = json;
        return RL_TRACE_OTHER;
    }
    r = read_note(kind, json, ret_note, ret_wrong);
    json_decref(json);
    return r;
}
