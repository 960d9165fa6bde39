/* Text in fixed buffers, safe to show to anyone.
 *
 * Names of processes and cgroups are chosen by strangers: a comm may hold line feeds, terminal
 * escapes, half a UTF-8 character or an arrow that turns the text around. Whatever goes through
 * rl_say_foreign() comes out as harmless text on one line. Nothing here allocates; what does not
 * fit ends in "...", never in the middle of a character. */
#pragma once

#include <stdarg.h>
#include <stddef.h>

struct rl_say {
    char *buf;
    size_t size; /* of buf, at least 4 */
    size_t n;    /* bytes used, the terminator not counted */
    int cut;     /* something did not fit */
};

/* Begin an empty text in buf; it is terminated at any time. */
void rl_say_begin(struct rl_say *say, char *buf, size_t size);

/* Add our own words. Arguments must not be foreign text. */
__attribute__((format(printf, 2, 3))) void rl_say(struct rl_say *say, const char *format, ...);

__attribute__((format(printf, 2, 0))) void rl_say_list(
    struct rl_say *say, const char *format, va_list args);

/* Add foreign text: control bytes (C0, DEL, C1), characters that reorder or break lines, and
 * bytes that are not UTF-8 become \xNN. A backslash stays as it is: unit names hold them. */
void rl_say_foreign(struct rl_say *say, const char *text);

/* The same into a buffer of its own. Return: buf. */
const char *rl_escape(const char *text, char *buf, size_t size);

/**
 * rl_utf8_take() - look at the character at the start of a text
 * @text:     terminated
 * @ret_char: its code point; set only on success
 * Return: its length in bytes (1..4), 0 when the text does not begin with well-formed UTF-8
 * (overlong forms, surrogates and what is beyond U+10FFFF are not) or is at its end.
 */
size_t rl_utf8_take(const char *text, unsigned *ret_char);
