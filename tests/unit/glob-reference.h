/* What globs mean, written as plainly as possible: every choice is tried, and a table remembers
 * the positions from which all choices have failed. Slow, and independent of policy/glob.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#define REFERENCE_MAX 128 /* bytes of glob and of text */

struct reference {
    const char *glob, *text;
    bool path;
    bool failed[REFERENCE_MAX + 1][REFERENCE_MAX + 1];
};

/* One element that stands for one character. Return: its length in the glob; *ret_match is set. */
static size_t reference_element(const char *glob, char c, bool path, bool *ret_match)
{
    unsigned char first, last;
    bool in = false, negate;
    size_t i = 1, begin;

    *ret_match = *glob == '?' ? !(path && c == '/') : *glob == c;
    if (*glob == '\\' && glob[1] != '\0') {
        *ret_match = glob[1] == c;
        return 2;
    }
    if (*glob != '[')
        return 1;
    negate = glob[i] == '!' || glob[i] == '^';
    begin = i += negate;
    while (glob[i] != '\0' && (glob[i] != ']' || i == begin)) {
        i += glob[i] == '\\' && glob[i + 1] != '\0';
        first = last = (unsigned char)glob[i++];
        if (glob[i] == '-' && glob[i + 1] != '\0' && glob[i + 1] != ']') {
            i++;
            i += glob[i] == '\\' && glob[i + 1] != '\0';
            last = (unsigned char)glob[i++];
        }
        in = in || ((unsigned char)c >= first && (unsigned char)c <= last);
    }
    if (glob[i] != ']') /* never closed: the bracket means itself */
        return 1;
    *ret_match = in != negate && !(path && c == '/');
    return i + 1;
}

static bool reference_from(struct reference *r, size_t g, size_t t);

static bool reference_stars(struct reference *r, size_t g, size_t t)
{
    size_t run = strspn(r->glob + g, "*"), rest = g + run;
    bool across = !r->path || run > 1;
    bool levels = r->path && run > 1 && (g == 0 || r->glob[g - 1] == '/') && r->glob[rest] == '/';

    for (size_t end = t;; end++) {
        if ((!levels || end == t || r->text[end - 1] == '/') &&
            reference_from(r, rest + levels, end))
            return true;
        if (r->text[end] == '\0' || (!across && r->text[end] == '/'))
            return false;
    }
}

static bool reference_from(struct reference *r, size_t g, size_t t)
{
    bool match = false;

    if (r->failed[g][t])
        return false;
    if (r->glob[g] == '\0') {
        match = r->text[t] == '\0';
    } else if (r->glob[g] == '*') {
        match = reference_stars(r, g, t);
    } else if (r->text[t] != '\0') {
        size_t length = reference_element(r->glob + g, r->text[t], r->path, &match);

        match = match && reference_from(r, g + length, t + 1);
    }
    r->failed[g][t] = !match;
    return match;
}

/* Both at most REFERENCE_MAX bytes long. */
static bool reference_match(const char *glob, const char *text, bool path)
{
    struct reference r = {.path = path};

    if (path) {
        glob += strspn(glob, "/");
        text += strspn(text, "/");
        if (*glob == '\0' || *text == '\0') /* the root matches itself and nothing else */
            return *glob == *text;
    }
    r.glob = glob;
    r.text = text;
    return reference_from(&r, 0, 0);
}
