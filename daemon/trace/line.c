/* Writing lines of a trace: by hand, so that it allocates nothing. */
#include "daemon/trace/line.h"

#include <stdio.h>
#include <string.h>

#include "daemon/report/say.h"
#include "daemon/trace/fields.h"

#define PRIVATE_FIRST 0xf780u /* U+F780 to U+F7FF stand for the bytes 0x80 to 0xff */
#define PRIVATE_LAST  0xf7ffu

void rl_out_bytes(struct rl_out *out, const char *bytes, size_t n)
{
    while (n > 0) {
        size_t part = out->size - out->n;

        if (part > n)
            part = n;
        memcpy(out->buf + out->n, bytes, part);
        out->n += part;
        bytes += part;
        n -= part;
        if (out->n == out->size)
            out->flush(out);
    }
}

void rl_out_text(struct rl_out *out, const char *text)
{
    rl_out_bytes(out, text, strlen(text));
}

/* ---- values ---- */

static void put_unsigned(struct rl_out *out, uint64_t value)
{
    char text[24], *p = text + sizeof(text);

    if (value > INT64_MAX) {
        rl_out_text(out, "null");
        return;
    }
    do {
        *--p = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    rl_out_bytes(out, p, (size_t)(text + sizeof(text) - p));
}

static void put_signed(struct rl_out *out, int64_t value)
{
    if (value == INT64_MIN)
        value++;
    if (value < 0)
        rl_out_text(out, "-");
    put_unsigned(out, (uint64_t)(value < 0 ? -value : value));
}

static void put_byte(struct rl_out *out, unsigned char byte)
{
    unsigned c = 0xf700u + byte;
    char utf8[3] = {
        (char)(0xe0 | (c >> 12)), (char)(0x80 | ((c >> 6) & 0x3f)), (char)(0x80 | (c & 0x3f))};

    rl_out_bytes(out, utf8, sizeof(utf8));
}

static void put_ascii(struct rl_out *out, unsigned char c)
{
    char text[8];

    if (c == '"' || c == '\\') {
        char pair[2] = {'\\', (char)c};

        rl_out_bytes(out, pair, 2);
    } else if (c < 0x20 || c == 0x7f) {
        snprintf(text, sizeof(text), "\\u%04x", c);
        rl_out_bytes(out, text, 6);
    } else {
        rl_out_bytes(out, (const char *)&c, 1);
    }
}

void rl_note_string(struct rl_out *out, const char *text, size_t len)
{
    const char *end = text + len;

    rl_out_text(out, "\"");
    while (text < end) {
        char four[5] = {0};
        unsigned c;
        size_t n;

        /* The text need not end in NUL. */
        memcpy(four, text, (size_t)(end - text) < 4 ? (size_t)(end - text) : 4);
        n = rl_utf8_take(four, &c);
        if (n == 1)
            put_ascii(out, (unsigned char)*text);
        else if (n == 0 || (c >= PRIVATE_FIRST && c <= PRIVATE_LAST))
            put_byte(out, (unsigned char)*text);
        else
            rl_out_bytes(out, text, n);
        text += n > 1 && !(c >= PRIVATE_FIRST && c <= PRIVATE_LAST) ? n : 1;
    }
    rl_out_text(out, "\"");
}

static void put_string(struct rl_out *out, const char *text, size_t size)
{
    rl_note_string(out, text, strnlen(text, size));
}

static void put_reason(struct rl_out *out, uint32_t reason)
{
    if (reason == RL_REASON_NONE || reason >= RL_REASONS)
        rl_out_text(out, "null");
    else
        put_string(out, rl_reason_id(reason), RL_NOTE_PATH_MAX);
}

/* ---- fields ---- */

static uint64_t number_of(const struct rl_field *f, const void *at)
{
    uint64_t u64;

    switch (f->kind) {
    case RL_FIELD_U64:
    case RL_FIELD_I64:
        memcpy(&u64, at, sizeof(u64));
        return u64;
    case RL_FIELD_I32:
        return (uint64_t)(int64_t) * (const int32_t *)at;
    case RL_FIELD_U16:
        return *(const uint16_t *)at;
    case RL_FIELD_U8:
        return *(const uint8_t *)at;
    case RL_FIELD_BOOL:
        return *(const bool *)at;
    case RL_FIELD_TEXT:
        return *(const char *)at != '\0';
    default:
        return *(const uint32_t *)at;
    }
}

static bool numbers_are_0(const uint64_t *numbers, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (numbers[i] != 0)
            return false;
    return true;
}

static bool is_left_out(const struct rl_field *f, const char *at, uint32_t have)
{
    if (f->have != 0)
        return !(have & f->have);
    if (f->always || f->kind == RL_FIELD_OBJECT || f->kind == RL_FIELD_INLINE)
        return false;
    if (f->kind == RL_FIELD_U64S)
        return numbers_are_0((const uint64_t *)at, f->size);
    return number_of(f, at) == 0;
}

static void put_fields(
    struct rl_out *out, const struct rl_field *fields, const void *from, bool first, uint32_t have);

static void put_numbers(struct rl_out *out, const uint64_t *numbers, size_t n)
{
    rl_out_text(out, "[");
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            rl_out_text(out, ",");
        put_unsigned(out, numbers[i]);
    }
    rl_out_text(out, "]");
}

static void put_value(struct rl_out *out, const struct rl_field *f, const char *at)
{
    switch (f->kind) {
    case RL_FIELD_I64:
    case RL_FIELD_I32:
        put_signed(out, (int64_t)number_of(f, at));
        break;
    case RL_FIELD_BOOL:
        rl_out_text(out, *(const bool *)at ? "true" : "false");
        break;
    case RL_FIELD_TEXT:
        put_string(out, at, f->size);
        break;
    case RL_FIELD_REASON:
        put_reason(out, *(const uint32_t *)at);
        break;
    case RL_FIELD_NAME: {
        uint32_t i = *(const uint32_t *)at;

        put_string(out, f->names[i < f->size ? i : 0], RL_NOTE_PATH_MAX);
        break;
    }
    case RL_FIELD_U64S:
        put_numbers(out, (const uint64_t *)at, f->size);
        break;
    case RL_FIELD_OBJECT:
        rl_out_text(out, "{");
        put_fields(out, f->fields, at, true, 0);
        rl_out_text(out, "}");
        break;
    default:
        put_unsigned(out, number_of(f, at));
    }
}

static void put_key(struct rl_out *out, const char *key, bool first)
{
    rl_out_text(out, first ? "\"" : ",\"");
    rl_out_text(out, key);
    rl_out_text(out, "\":");
}

/* first: nothing stands before them in this object. */
static void put_fields(
    struct rl_out *out, const struct rl_field *fields, const void *from, bool first, uint32_t have)
{
    for (const struct rl_field *f = fields; f->name; f++) {
        const char *at = (const char *)from + f->offset;

        if (is_left_out(f, at, have))
            continue;
        if (f->kind == RL_FIELD_INLINE) {
            put_fields(out, f->fields, at, first, have);
            first = false;
            continue;
        }
        put_key(out, f->name, first);
        put_value(out, f, at);
        first = false;
    }
}

/* ---- what stands behind the fixed part ---- */

static void put_objects(struct rl_out *out, const char *key, const struct rl_field *fields,
    const void *items, size_t n, size_t size)
{
    put_key(out, key, false);
    rl_out_text(out, "[");
    for (size_t i = 0; i < n; i++) {
        rl_out_text(out, i > 0 ? ",{" : "{");
        put_fields(out, fields, (const char *)items + i * size, true, 0);
        rl_out_text(out, "}");
    }
    rl_out_text(out, "]");
}

const void *rl_note_rest(const struct rl_note *note)
{
    return (const char *)(note + 1) + rl_note_size(note->kind);
}

const struct rl_note_group *rl_note_groups(const struct rl_note_table *table)
{
    return (const void *)(table + 1);
}

const struct rl_note_process *rl_note_processes(const struct rl_note_table *table)
{
    return (const void *)(rl_note_groups(table) + table->n_groups);
}

const char *rl_note_paths(const struct rl_note_table *table)
{
    return (const char *)(rl_note_processes(table) + table->n_processes);
}

static void put_groups(struct rl_out *out, const struct rl_note_table *table)
{
    const struct rl_note_group *groups = rl_note_groups(table);
    const char *text = rl_note_paths(table);

    put_key(out, "groups", false);
    rl_out_text(out, "[");
    for (size_t i = 0; i < table->n_groups; i++) {
        rl_out_text(out, i > 0 ? ",{\"path\":" : "{\"path\":");
        rl_note_string(out, text, groups[i].path_len);
        text += groups[i].path_len;
        if (groups[i].policy_len > 0) {
            put_key(out, "policy", false);
            rl_note_string(out, text, groups[i].policy_len);
            text += groups[i].policy_len;
        }
        put_fields(out, rl_fields_group, &groups[i], false, 0);
        rl_out_text(out, "}");
    }
    rl_out_text(out, "]");
}

static void put_table(struct rl_out *out, const void *fixed)
{
    const struct rl_note_table *table = fixed;

    put_groups(out, table);
    put_objects(out, "processes", rl_fields_process, rl_note_processes(table), table->n_processes,
        sizeof(struct rl_note_process));
}

static void put_hot(struct rl_out *out, const void *fixed)
{
    const struct rl_note_hot *hot = fixed;
    const struct rl_point *points = (const void *)(hot + 1);

    put_key(out, "cgroup", false);
    rl_note_string(out, (const char *)(points + hot->n), hot->path_len);
    put_objects(out, "points", rl_fields_point, points, hot->n, sizeof(*points));
}

static void put_sample(struct rl_out *out, const void *fixed)
{
    const struct rl_note_sample *sample = fixed;

    put_objects(out, "levels", rl_fields_level, sample + 1, sample->n, sizeof(struct rl_level));
}

static void put_look(struct rl_out *out, const void *fixed)
{
    const struct rl_note_look *look = fixed;

    put_key(out, "why", false);
    rl_out_text(out, "[");
    for (size_t i = 0; i < look->n && i < RL_TRIGGERS_MAX; i++) {
        if (i > 0)
            rl_out_text(out, ",");
        put_reason(out, look->why[i]);
    }
    rl_out_text(out, "]");
}

static void put_past(struct rl_out *out, const void *fixed)
{
    const struct rl_note_past *past = fixed;
    const uint64_t *kills = (const void *)(past + 1);

    put_key(out, "kills_us", false);
    put_numbers(out, kills, past->n);
    if (past->path_len > 0) {
        put_key(out, "cgroup", false);
        rl_note_string(out, (const char *)(kills + past->n), past->path_len);
    }
}

static void (*const put_rest[RL_NOTES])(struct rl_out *out, const void *fixed) = {
    [RL_NOTE_HOT] = put_hot,
    [RL_NOTE_SAMPLE] = put_sample,
    [RL_NOTE_LOOK] = put_look,
    [RL_NOTE_TABLE] = put_table,
    [RL_NOTE_PAST] = put_past,
};

/* Notes whose cgroup is named for those who read. */
static uint64_t cgroup_of(const struct rl_note *note)
{
    const void *fixed = note + 1;

    switch (note->kind) {
    case RL_NOTE_SAMPLE:
        return ((const struct rl_note_sample *)fixed)->id;
    case RL_NOTE_LOOK:
        return ((const struct rl_note_look *)fixed)->id;
    case RL_NOTE_OPEN:
        return ((const struct rl_note_open *)fixed)->id;
    case RL_NOTE_TABLE:
        return ((const struct rl_note_table *)fixed)->id;
    default:
        return 0;
    }
}

void rl_note_write(
    struct rl_out *out, const struct rl_note *note, rl_path_of_fn path_of, void *userdata)
{
    const void *fixed = note + 1;
    uint32_t have = 0;

    if (note->kind == RL_NOTE_TEXT) {
        rl_out_bytes(out, fixed, strnlen(fixed, note->size));
        rl_out_text(out, "\n");
        return;
    }
    if (note->kind == RL_NOTE_SAMPLE)
        have = ((const struct rl_note_sample *)fixed)->sample.have;
    rl_out_text(out, "{\"type\":\"");
    rl_out_text(out, rl_note_name(note->kind));
    rl_out_text(out, "\"");
    if (cgroup_of(note) != 0) {
        const char *path = path_of(userdata, cgroup_of(note));

        put_key(out, "cgroup", false);
        put_string(out, path, RL_NOTE_PATH_MAX);
    }
    put_fields(out, rl_fields_of(note->kind), fixed, false, have);
    if (put_rest[note->kind])
        put_rest[note->kind](out, fixed);
    rl_out_text(out, "}\n");
}
