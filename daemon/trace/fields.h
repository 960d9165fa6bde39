/* The fields of notes as JSON: one table, from which they are written and read. */
#pragma once

#include <jansson.h>

#include "daemon/trace/note.h"

enum rl_field_kind {
    RL_FIELD_U64, /* UINT64_MAX is null: no limit, never */
    RL_FIELD_I64,
    RL_FIELD_U32,
    RL_FIELD_I32,
    RL_FIELD_U16,
    RL_FIELD_U8,
    RL_FIELD_BOOL,
    RL_FIELD_TEXT,   /* an array of char, NUL-terminated */
    RL_FIELD_REASON, /* uint32_t: enum rl_reason, by its id; RL_REASON_NONE is null */
    RL_FIELD_NAME,   /* uint32_t: one of a list of names */
    RL_FIELD_OBJECT,
    RL_FIELD_INLINE, /* an object whose fields stand among those around it */
    RL_FIELD_U64S,   /* an array of `size` numbers */
};

struct rl_field {
    const char *name; /* NULL: the end of a table */
    uint16_t offset;
    uint16_t size; /* TEXT: bytes; U64S: numbers; NAME: names */
    uint8_t kind;
    bool always;   /* also written when it is 0; a field that is missing is 0 */
    uint32_t have; /* of a sample: written only where this bit of its have is set; 0: always */
    const char *const *names;
    const struct rl_field *fields; /* OBJECT, INLINE */
};

extern const struct rl_field rl_fields_point[], rl_fields_level[], rl_fields_group[],
    rl_fields_process[];

/* Of the fixed part of a kind; NULL for RL_NOTE_TEXT. */
const struct rl_field *rl_fields_of(enum rl_note_kind kind);
/* The word of a line's "type"; NULL for RL_NOTE_TEXT. */
const char *rl_note_name(enum rl_note_kind kind);

/**
 * rl_fields_read() - fill a struct from an object
 * @to:    zeroed; fields that are missing stay as they are
 * @ret_wrong: name of the field that is not what it should be
 *
 * Keys that are not known are passed over: later versions may add some. Return: 0, -EINVAL.
 */
int rl_fields_read(
    const json_t *object, const struct rl_field *fields, void *to, const char **ret_wrong);

/* Which bits of rl_sample.have an object shows. */
uint32_t rl_fields_have(const json_t *object, const struct rl_field *fields);
