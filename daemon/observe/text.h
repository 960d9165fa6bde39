/* Kernel text taken apart: lines, words, numbers, and tables of keys.
 *
 * Everything here is pure and looks only at bytes up to the NUL. A line counts only with its
 * newline: the kernel always writes it, so a last line without one was cut off somewhere, and half
 * a number is worse than none. Numbers are strict: digits only, overflow is an error. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A piece of a text that somebody else owns; not NUL-terminated. */
struct rl_span {
    const char *s;
    size_t len;
};

/* The next whole line, without its newline. *text moves behind it. Return: false at the end. */
bool rl_text_line(const char **text, struct rl_span *ret);

/* The next word of a line (words stand between blanks and tabs). *rest moves behind it. Return:
 * false when there is none. */
bool rl_text_word(struct rl_span *rest, struct rl_span *ret);

bool rl_span_is(struct rl_span span, const char *word);
bool rl_span_starts(struct rl_span span, const char *start);

/* The whole span is one number. Return: 0, or -EINVAL with *ret untouched. */
int rl_text_u64(struct rl_span span, uint64_t *ret);
int rl_text_hex(struct rl_span span, uint64_t *ret);

/* How the value of a key is written. */
enum rl_text_form {
    RL_TEXT_NUMBER, /* one number */
    RL_TEXT_KB,     /* "N kB": stored in bytes */
    RL_TEXT_HEX,    /* hexadecimal digits without 0x */
    RL_TEXT_FIRST,  /* the first of several numbers */
    RL_TEXT_SECOND, /* the second of at least two */
};

#define RL_TEXT_KEYS_MAX 64 /* in one table */

/* One line that is looked for: "NAME VALUE". name is spelled as in the file, colon included. */
struct rl_text_key {
    const char *name;
    size_t offset; /* of an uint64_t in the caller's struct */
    enum rl_text_form form;
    bool needed;
};

/**
 * rl_text_keys() - read the lines of a text that a table names
 * @n:    at most RL_TEXT_KEYS_MAX
 * @base: the struct that the offsets count from; written to also on failure
 *
 * Unknown lines are ignored whatever they hold; a name may have several rows; of a key that stands
 * twice the last line counts; values of missing keys are left as they are. Return: 0, -EINVAL when
 * a value of a known key is not of its form, -ENODATA when a needed key is missing.
 */
int rl_text_keys(const char *text, const struct rl_text_key *keys, size_t n, void *base);
