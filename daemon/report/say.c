#include "daemon/report/say.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

size_t rl_utf8_take(const char *text, unsigned *ret_char)
{
    static const struct {
        unsigned char mask, lead;
        unsigned least;
    } forms[] = {
        {0x80, 0x00, 0x1},
        {0xe0, 0xc0, 0x80},
        {0xf0, 0xe0, 0x800},
        {0xf8, 0xf0, 0x10000},
    };
    const unsigned char *bytes = (const unsigned char *)text;

    for (size_t length = 1; length <= 4; length++) {
        if ((bytes[0] & forms[length - 1].mask) != forms[length - 1].lead)
            continue;
        unsigned c = bytes[0] & (unsigned char)~forms[length - 1].mask;
        for (size_t i = 1; i < length; i++) {
            if ((bytes[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (bytes[i] & 0x3f);
        }
        if (c < forms[length - 1].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return 0;
        *ret_char = c;
        return length;
    }
    return 0;
}

/* Characters that act on the terminal or on the order of the text instead of being seen. */
static bool is_unsafe(unsigned c)
{
    static const struct {
        unsigned from, to;
    } ranges[] = {
        {0x00, 0x1f},
        {0x7f, 0x9f},
        {0x61c, 0x61c}, /* Arabic letter mark */
        {0x200b, 0x200f},
        {0x2028, 0x202e}, /* invisible, line breaks, directions */
        {0x2066, 0x2069},
        {0xfeff, 0xfeff},
    };

    for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (c >= ranges[i].from && c <= ranges[i].to)
            return true;
    }
    return false;
}

void rl_say_begin(struct rl_say *say, char *buf, size_t size)
{
    *say = (struct rl_say){.buf = buf, .size = size};
    if (size > 0)
        buf[0] = '\0';
}

/* End the text in "..." after the last whole character that leaves room for it. */
static void say_cut(struct rl_say *say)
{
    static const char mark[] = "...";

    if (say->cut)
        return;
    say->cut = 1;
    if (say->size < sizeof(mark))
        return;
    if (say->n > say->size - sizeof(mark)) {
        say->n = say->size - sizeof(mark);
        while (say->n > 0 && ((unsigned char)say->buf[say->n] & 0xc0) == 0x80)
            say->n--;
    }
    memcpy(say->buf + say->n, mark, sizeof(mark));
    say->n += sizeof(mark) - 1;
}

/* Add bytes that belong together: all of them or none. */
static void say_bytes(struct rl_say *say, const char *bytes, size_t n)
{
    if (say->cut)
        return;
    if (say->size == 0 || n >= say->size - say->n) {
        say_cut(say);
        return;
    }
    memcpy(say->buf + say->n, bytes, n);
    say->n += n;
    say->buf[say->n] = '\0';
}

void rl_say_list(struct rl_say *say, const char *format, va_list args)
{
    if (say->cut || say->size == 0)
        return;
    size_t left = say->size - say->n;
    int n = vsnprintf(say->buf + say->n, left, format, args);

    if (n < 0) {
        say->buf[say->n] = '\0';
    } else if ((size_t)n < left) {
        say->n += (size_t)n;
    } else {
        say->n = say->size - 1;
        say_cut(say);
    }
}

void rl_say(struct rl_say *say, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    rl_say_list(say, format, args);
    va_end(args);
}

void rl_say_foreign(struct rl_say *say, const char *text)
{
    while (*text && !say->cut) {
        unsigned c = 0;
        size_t length = rl_utf8_take(text, &c);
        size_t unsafe = length == 0 ? 1 : is_unsafe(c) ? length : 0;

        for (size_t i = 0; i < unsafe; i++) {
            char hex[5];
            snprintf(hex, sizeof(hex), "\\x%02x", (unsigned)(unsigned char)text[i]);
            say_bytes(say, hex, 4);
        }
        if (unsafe == 0)
            say_bytes(say, text, length);
        text += unsafe ? unsafe : length;
    }
}

const char *rl_escape(const char *text, char *buf, size_t size)
{
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    rl_say_foreign(&say, text);
    return buf;
}
