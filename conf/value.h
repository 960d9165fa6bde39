/* Values as people write them: sizes, percentages, times, lists with quotes. Nothing here
 * overflows, and nothing is accepted that was not understood to its last byte. The rl_format_
 * functions write what the parsers read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why a value was not understood. */
enum rl_value {
    RL_VALUE_OK,
    RL_VALUE_EMPTY,
    RL_VALUE_NO_NUMBER,
    RL_VALUE_NO_UNIT,
    RL_VALUE_BAD_UNIT,
    RL_VALUE_TOO_FINE,
    RL_VALUE_TOO_LARGE,
};

/* Return: a phrase that follows the value in a sentence: "has no unit", never NULL. */
const char *rl_value_problem(enum rl_value value);

/* The units that each kind knows, for messages. */
#define RL_SIZE_UNITS "K, M, G, T (powers of 1024; none: bytes)"
#define RL_TIME_UNITS "us, ms, s, min, h"

/* Bytes: 4096, 500M, 1.5G. K M G T are powers of 1024, also written Ki or KiB. A fraction of a
 * byte is dropped where a unit stands. */
enum rl_value rl_value_size(const char *text, uint64_t *ret_bytes);

/* Hundredths of a percent: 30%, 2.25%; at most two decimals, at most ten thousand percent. */
enum rl_value rl_value_share(const char *text, uint32_t *ret_share);

/* Microseconds: 10s, 500ms, 0.5s, 1min 30s. A unit must stand, but for 0. */
enum rl_value rl_value_time(const char *text, uint64_t *ret_us);

/* A plain whole number in decimal digits. */
enum rl_value rl_value_count(const char *text, uint64_t *ret);

/* yes, no (also true, false, on, off, 1, 0). Return: whether it is one of them. */
bool rl_value_yes_no(const char *text, bool *ret);

/* "90 s" is "1min 30s", 104857600 is "100M"; exact. Return: buf. */
const char *rl_format_time(uint64_t us, char *buf, size_t size);
const char *rl_format_size(uint64_t bytes, char *buf, size_t size);
const char *rl_format_share(uint32_t share, char *buf, size_t size);

/* Next word of a text split at blanks; the text is cut up, and what is left of it begins with the
 * word after. Return: NULL at the end. */
char *rl_word(char **text);

enum rl_item {
    RL_ITEM_END,
    RL_ITEM,
    RL_ITEM_OPEN_QUOTE,  /* no closing quote */
    RL_ITEM_INNER_QUOTE, /* a quote that is not at the item's ends */
    RL_ITEM_EMPTY,       /* "" */
};

/**
 * rl_item() - next item of a list
 *
 * Items are split at blanks; an item with blanks stands in double quotes, as a whole. A backslash
 * keeps its meaning for globs and stays; behind it a quote is an ordinary character. The text is
 * cut up.
 */
enum rl_item rl_item(char **text, char **ret_item);

/* Return: a phrase for an rl_item() that is not RL_ITEM or RL_ITEM_END, never NULL. */
const char *rl_item_problem(enum rl_item item);

/* Is all of it UTF-8 as RFC 3629 has it (no surrogates, no overlong forms)? */
bool rl_text_is_utf8(const char *text, size_t len);

/* Does it hold a control character other than a tab? */
bool rl_text_has_control(const char *text, size_t len);
