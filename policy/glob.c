#include "glob.h"

#include <stddef.h>

/* One [set]: *pattern stands behind the '['; on success behind the ']'. Return: matched; a set
 * without end is taken as a literal '[' by the caller (*pattern is left). */
static bool match_set(const char **pattern, unsigned char c, bool *ret_valid)
{
    const char *p = *pattern;
    bool negate = *p == '!' || *p == '^', found = false;

    if (negate)
        p++;
    for (const char *first = p; *p && (*p != ']' || p == first); p++) {
        unsigned char low, high;

        if (*p == '\\' && p[1])
            p++;
        low = high = (unsigned char)*p;
        if (p[1] == '-' && p[2] && p[2] != ']') {
            p += 2;
            if (*p == '\\' && p[1])
                p++;
            high = (unsigned char)*p;
        }
        if (low <= c && c <= high)
            found = true;
    }
    *ret_valid = *p == ']';
    if (*ret_valid)
        *pattern = p + 1;
    return found != negate;
}

/* Match one character of text against the front of the pattern; advances the pattern. */
static bool match_one(const char **pattern, char c, bool path)
{
    const char *p = *pattern;
    bool valid, matched;

    if (*p == '\0')
        return false;
    if (*p == '?') {
        *pattern = p + 1;
        return !(path && c == '/');
    }
    if (*p == '[') {
        p++;
        matched = match_set(&p, (unsigned char)c, &valid);
        if (valid) {
            *pattern = p;
            return matched && !(path && c == '/');
        }
        p = *pattern;
    }
    if (*p == '\\' && p[1])
        p++;
    *pattern = p + 1;
    return *p == c;
}

/* Where a star stands and what it has swallowed so far. Two of them are enough to come back to: a
 * later star makes earlier ones of its kind irrelevant, and a ** makes every earlier * so. */
struct star {
    const char *pattern; /* behind it; NULL: none yet */
    const char *text;    /* where the rest was last tried */
    bool levels;         /* it is a whole level, and the rest begins at a level */
};

/* Take the run of stars that the pattern begins with. */
static const char *take_star(const char *start, const char *pattern, const char *text, bool path,
    struct star *star, struct star *globstar)
{
    bool first = pattern == start || pattern[-1] == '/', two = pattern[1] == '*';
    bool levels;

    while (*pattern == '*')
        pattern++;
    levels = path && two && first && *pattern == '/';
    if (levels)
        pattern++;
    if (two || !path) {
        *globstar = (struct star){pattern, text, levels};
        *star = (struct star){NULL, NULL, false};
    } else {
        *star = (struct star){pattern, text, false};
    }
    return pattern;
}

/* Let the last star swallow more. Return: false when neither can. */
static bool retry(struct star *star, struct star *globstar, const char **pattern, const char **text)
{
    if (star->pattern && *star->text != '\0' && *star->text != '/') {
        *text = ++star->text;
        *pattern = star->pattern;
        return true;
    }
    star->pattern = NULL;
    if (!globstar->pattern)
        return false;
    do {
        if (*globstar->text == '\0')
            return false;
        globstar->text++;
    } while (globstar->levels && globstar->text[-1] != '/');
    *text = globstar->text;
    *pattern = globstar->pattern;
    return true;
}

static bool match(const char *glob, const char *text, bool path)
{
    struct star star = {NULL, NULL, false}, globstar = {NULL, NULL, false};
    const char *pattern = glob;

    for (;;) {
        if (*pattern == '*')
            pattern = take_star(glob, pattern, text, path, &star, &globstar);
        else if (*text == '\0' && *pattern == '\0')
            return true;
        else if (*text != '\0' && match_one(&pattern, *text, path))
            text++;
        else if (!retry(&star, &globstar, &pattern, &text))
            return false;
    }
}

bool rl_glob_text(const char *glob, const char *text)
{
    return match(glob, text, false);
}

bool rl_glob_path(const char *glob, const char *path)
{
    while (*glob == '/')
        glob++;
    while (*path == '/')
        path++;
    if (*path == '\0' || *glob == '\0')
        return *path == *glob;
    return match(glob, path, true);
}
