#include "daemon/autopsy/cursor.h"

#include <limits.h>
#include <string.h>

bool rl_oom_is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool rl_oom_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

bool rl_oom_is_alnum(char c)
{
    return rl_oom_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

struct rl_span rl_oom_trim(struct rl_span span)
{
    rl_oom_eat_blanks(&span);
    while (span.len > 0 && rl_oom_is_blank(span.s[span.len - 1]))
        span.len--;
    return span;
}

struct rl_span rl_oom_from(struct rl_span span, size_t begin)
{
    return (struct rl_span){span.s + begin, span.len - begin};
}

struct rl_span rl_oom_part(struct rl_span span, size_t begin, size_t end)
{
    return (struct rl_span){span.s + begin, end - begin};
}

ssize_t rl_oom_find(struct rl_span span, const char *text)
{
    const char *hit = NULL;

    if (span.len > 0) /* an empty span may point nowhere */
        hit = memmem(span.s, span.len, text, strlen(text));
    return hit ? hit - span.s : -1;
}

ssize_t rl_oom_find_last(struct rl_span span, const char *text)
{
    size_t len = strlen(text);

    if (span.len < len)
        return -1;
    for (size_t at = span.len - len + 1; at-- > 0;)
        if (memcmp(span.s + at, text, len) == 0)
            return (ssize_t)at;
    return -1;
}

bool rl_oom_eat(struct rl_span *rest, const char *text)
{
    if (!rl_span_starts(*rest, text))
        return false;
    *rest = rl_oom_from(*rest, strlen(text));
    return true;
}

void rl_oom_eat_blanks(struct rl_span *rest)
{
    size_t n = 0;

    while (n < rest->len && rl_oom_is_blank(rest->s[n]))
        n++;
    *rest = rl_oom_from(*rest, n);
}

bool rl_oom_eat_u64(struct rl_span *rest, uint64_t *ret)
{
    size_t n = 0;

    while (n < rest->len && rl_oom_is_digit(rest->s[n]))
        n++;
    if (rl_text_u64(rl_oom_part(*rest, 0, n), ret) < 0)
        return false;
    *rest = rl_oom_from(*rest, n);
    return true;
}

bool rl_oom_eat_i64(struct rl_span *rest, int64_t *ret)
{
    struct rl_span after = *rest;
    bool negative = rl_oom_eat(&after, "-");
    uint64_t n;

    if (!rl_oom_eat_u64(&after, &n) || n > INT64_MAX)
        return false;
    *ret = negative ? -(int64_t)n : (int64_t)n;
    *rest = after;
    return true;
}

bool rl_oom_eat_int(struct rl_span *rest, int *ret)
{
    struct rl_span after = *rest;
    int64_t n;

    if (!rl_oom_eat_i64(&after, &n) || n < INT_MIN || n > INT_MAX)
        return false;
    *ret = (int)n;
    *rest = after;
    return true;
}

bool rl_oom_eat_kb(struct rl_span *rest, uint64_t *ret)
{
    struct rl_span after = *rest;
    uint64_t n;

    if (!rl_oom_eat_u64(&after, &n) || !rl_oom_eat(&after, "kB"))
        return false;
    *ret = n;
    *rest = after;
    return true;
}

void rl_oom_copy(char *ret, size_t size, struct rl_span span)
{
    size_t n = span.len < size ? span.len : size - 1;

    if (n < span.len)
        while (n > 0 && ((unsigned char)span.s[n] & 0xc0) == 0x80)
            n--;
    if (n > 0) /* an empty span may point nowhere */
        memcpy(ret, span.s, n);
    ret[n] = '\0';
}
