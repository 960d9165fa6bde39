/* Lines of a trace: one JSON object each, of at most RL_TRACE_LINE_MAX bytes. The format is in
 * reliefd-trace(5). */
#pragma once

#include <jansson.h>

#include "daemon/trace/note.h"

#define RL_TRACE_LINE_MAX (16 * 1024 * 1024)

/* Where text goes: never more than `size` bytes before `flush` is called. */
struct rl_out {
    char *buf;
    size_t n, size;
    void (*flush)(struct rl_out *out); /* empties it */
    void *userdata;
};

void rl_out_bytes(struct rl_out *out, const char *bytes, size_t n);
void rl_out_text(struct rl_out *out, const char *text);

/* Which path a cgroup of a sample has; kept by who writes and who reads. */
typedef const char *(*rl_path_of_fn)(void *userdata, uint64_t id);

/* Write one note as a line. Allocates nothing. path_of: for samples; "" where it is not known. */
void rl_note_write(
    struct rl_out *out, const struct rl_note *note, rl_path_of_fn path_of, void *userdata);

/* Write a string as JSON. Bytes that are not UTF-8 become U+F700 and more (0xff: U+F7FF), and so do
 * the bytes of such characters, so that reading gives the same bytes again. */
void rl_note_string(struct rl_out *out, const char *text, size_t len);

/* What a line says. */
enum rl_trace_line {
    RL_TRACE_NOTE,  /* *ret_note */
    RL_TRACE_OTHER, /* *ret_json: "trace", "policies", "incident" and what is not known */
};

/**
 * rl_note_read() - read one line
 * @ret_note: malloc'ed; NULL where it is no note
 * @ret_json: a new reference, for what is no note
 * @ret_wrong: what is wrong with it; in a static buffer
 *
 * Return: enum rl_trace_line; -EBADMSG: it is no line of a trace; -ENOMEM.
 */
int rl_note_read(const char *line, size_t len, struct rl_note **ret_note, json_t **ret_json,
    const char **ret_wrong);

/* The same for a sample as it is written, quickly. Return: NULL for whatever else there is. */
struct rl_note *rl_note_read_sample(const char *line, size_t len);

/* A string as rl_note_string() has written it, back to bytes; in place. Return: its length. */
size_t rl_note_unescape(char *text);

/* ---- the parts of a note ---- */

/* What stands behind the fixed part. */
const void *rl_note_rest(const struct rl_note *note);
const struct rl_note_group *rl_note_groups(const struct rl_note_table *table);
const struct rl_note_process *rl_note_processes(const struct rl_note_table *table);
/* The paths, and after each its group's policy. */
const char *rl_note_paths(const struct rl_note_table *table);
