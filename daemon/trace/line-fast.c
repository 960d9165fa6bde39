/* Reading the line that there are most of, a sample, without making a tree of it first. It knows
 * only what rl_note_write() writes; whatever else stands there is left to the thorough way. */
#include <stdlib.h>
#include <string.h>

#include "daemon/trace/fields.h"
#include "daemon/trace/line.h"

struct scan {
    const char *at, *end;
};

static bool take(struct scan *s, char c)
{
    if (s->at == s->end || *s->at != c)
        return false;
    s->at++;
    return true;
}

static bool take_word(struct scan *s, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(s->end - s->at) < len || memcmp(s->at, word, len) != 0)
        return false;
    s->at += len;
    return true;
}

/* A string without anything escaped in it. */
static bool take_string(struct scan *s, const char **ret, size_t *ret_len)
{
    const char *start, *p;

    if (!take(s, '"'))
        return false;
    start = s->at;
    for (p = start; p < s->end && *p != '"'; p++)
        if (*p == '\\' || (unsigned char)*p < 0x20 || (unsigned char)*p >= 0x7f)
            return false;
    if (p == s->end)
        return false;
    *ret = start;
    *ret_len = (size_t)(p - start);
    s->at = p + 1;
    return true;
}

/* Digits as JSON has them, below 10^18; null is UINT64_MAX. */
static bool take_number(struct scan *s, uint64_t *ret)
{
    const char *start = s->at;
    uint64_t value = 0;

    if (take_word(s, "null")) {
        *ret = UINT64_MAX;
        return true;
    }
    while (s->at < s->end && *s->at >= '0' && *s->at <= '9')
        value = 10 * value + (uint64_t)(*s->at++ - '0');
    *ret = value;
    return s->at > start && s->at - start <= 18 && (*start != '0' || s->at - start == 1) &&
           s->at < s->end && (*s->at == ',' || *s->at == '}');
}

/* The field of a name, and where it is in the struct. */
static const struct rl_field *find(
    const struct rl_field *fields, const char *name, size_t len, size_t *offset)
{
    for (const struct rl_field *f = fields; f->name; f++) {
        size_t inner = 0;
        const struct rl_field *found = f->kind == RL_FIELD_INLINE
                                           ? find(f->fields, name, len, &inner)
                                           : NULL;

        if (found) {
            *offset = f->offset + inner;
            return found;
        }
        if (f->kind != RL_FIELD_INLINE && strncmp(f->name, name, len) == 0 && !f->name[len]) {
            *offset = f->offset;
            return f;
        }
    }
    return NULL;
}

static bool take_object(struct scan *s, const struct rl_field *fields, char *to, uint32_t *have);

static bool take_value(struct scan *s, const struct rl_field *f, char *at, uint32_t *have)
{
    uint64_t number;

    *have |= f->have;
    switch (f->kind) {
    case RL_FIELD_OBJECT:
        return take(s, '{') && take_object(s, f->fields, at, have);
    case RL_FIELD_BOOL:
        *(bool *)at = take_word(s, "true");
        return *(bool *)at || take_word(s, "false");
    case RL_FIELD_U64:
        if (!take_number(s, &number))
            return false;
        memcpy(at, &number, sizeof(number));
        return true;
    default:
        return false;
    }
}

/* Behind its brace. Keys of which nothing is known must be strings. */
static bool take_object(struct scan *s, const struct rl_field *fields, char *to, uint32_t *have)
{
    if (take(s, '}'))
        return true;
    do {
        const struct rl_field *f;
        const char *name;
        size_t len, offset;

        if (!take_string(s, &name, &len) || !take(s, ':'))
            return false;
        if (len == 6 && memcmp(name, "levels", 6) == 0)
            return true; /* the caller's */
        f = find(fields, name, len, &offset);
        if (f ? !take_value(s, f, to + offset, have) : !take_string(s, &name, &len))
            return false;
    } while (take(s, ','));
    return take(s, '}');
}

static bool take_levels(struct scan *s, struct rl_note_sample *sample)
{
    struct rl_level *levels = (struct rl_level *)(sample + 1);
    uint32_t have = 0;

    if (!take(s, '['))
        return false;
    if (take(s, ']'))
        return true;
    do {
        if (sample->n > RL_DEPTH_MAX || !take(s, '{') ||
            !take_object(s, rl_fields_level, (char *)&levels[sample->n++], &have))
            return false;
    } while (take(s, ','));
    return take(s, ']');
}

struct rl_note *rl_note_read_sample(const char *line, size_t len)
{
    struct {
        struct rl_note note;
        struct rl_note_sample sample;
        struct rl_level levels[RL_DEPTH_MAX + 1];
    } draft = {0};
    struct scan s = {line, line + len};
    struct rl_note *note;

    if (!take_word(&s, "{\"type\":\"sample\",") ||
        !take_object(
            &s, rl_fields_of(RL_NOTE_SAMPLE), (char *)&draft.sample, &draft.sample.sample.have) ||
        !take_levels(&s, &draft.sample) || !take(&s, '}') || s.at != s.end)
        return NULL;
    draft.note.kind = RL_NOTE_SAMPLE;
    draft.note.size = (uint32_t)(sizeof(draft.sample) + draft.sample.n * sizeof(draft.levels[0]));
    note = malloc(sizeof(draft.note) + draft.note.size);
    if (note)
        memcpy(note, &draft, sizeof(draft.note) + draft.note.size);
    return note;
}
