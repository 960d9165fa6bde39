#include "daemon/observe/text.h"

#include <errno.h>
#include <string.h>

bool rl_text_line(const char **text, struct rl_span *ret)
{
    const char *end = strchr(*text, '\n');

    if (!end)
        return false;
    *ret = (struct rl_span){*text, (size_t)(end - *text)};
    *text = end + 1;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool rl_text_word(struct rl_span *rest, struct rl_span *ret)
{
    size_t begin = 0, end;

    while (begin < rest->len && is_blank(rest->s[begin]))
        begin++;
    for (end = begin; end < rest->len && !is_blank(rest->s[end]);)
        end++;
    if (begin == end)
        return false;
    *ret = (struct rl_span){rest->s + begin, end - begin};
    *rest = (struct rl_span){rest->s + end, rest->len - end};
    return true;
}

bool rl_span_is(struct rl_span span, const char *word)
{
    return strlen(word) == span.len && memcmp(span.s, word, span.len) == 0;
}

bool rl_span_starts(struct rl_span span, const char *start)
{
    size_t len = strlen(start);

    return len <= span.len && memcmp(span.s, start, len) == 0;
}

int rl_text_u64(struct rl_span span, uint64_t *ret)
{
    uint64_t n = 0;

    if (span.len == 0)
        return -EINVAL;
    for (size_t i = 0; i < span.len; i++) {
        char c = span.s[i];

        if (c < '0' || c > '9')
            return -EINVAL;
        if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, (uint64_t)(c - '0'), &n))
            return -EINVAL;
    }
    *ret = n;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

int rl_text_hex(struct rl_span span, uint64_t *ret)
{
    uint64_t n = 0;

    if (span.len == 0)
        return -EINVAL;
    for (size_t i = 0; i < span.len; i++) {
        int digit = hex_digit(span.s[i]);

        if (digit < 0 || n >> 60 != 0)
            return -EINVAL;
        n = n << 4 | (uint64_t)digit;
    }
    *ret = n;
    return 0;
}

static int read_value(struct rl_span rest, enum rl_text_form form, uint64_t *ret)
{
    struct rl_span word, unit;
    uint64_t n;
    int r;

    if (!rl_text_word(&rest, &word))
        return -EINVAL;
    if (form == RL_TEXT_SECOND && !rl_text_word(&rest, &word))
        return -EINVAL;
    r = form == RL_TEXT_HEX ? rl_text_hex(word, &n) : rl_text_u64(word, &n);
    if (r < 0)
        return r;
    if (form == RL_TEXT_KB) {
        if (!rl_text_word(&rest, &unit) || !rl_span_is(unit, "kB"))
            return -EINVAL;
        if (__builtin_mul_overflow(n, 1024, &n))
            return -EINVAL;
    }
    if (form != RL_TEXT_FIRST && form != RL_TEXT_SECOND && rl_text_word(&rest, &word))
        return -EINVAL;
    *ret = n;
    return 0;
}

/* The first bytes of a name as one number: most lines of a file are nobody's and differ in them,
 * and tables are searched for each line. */
struct head {
    uint32_t bytes, mask; /* mask: of a name that is shorter */
};

static uint32_t head_bytes(const char *s, size_t len)
{
    uint32_t bytes = 0;

    if (len >= sizeof(bytes))
        memcpy(&bytes, s, sizeof(bytes)); /* one load */
    else
        memcpy(&bytes, s, len);
    return bytes;
}

static void make_heads(const struct rl_text_key *keys, size_t n, struct head *ret)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(keys[i].name);

        ret[i].bytes = head_bytes(keys[i].name, len);
        ret[i].mask = head_bytes("\xff\xff\xff\xff", len);
    }
}

static void skip_blanks(struct rl_span *line)
{
    while (line->len > 0 && is_blank(line->s[0])) {
        line->s++;
        line->len--;
    }
}

/* Hold one line against all keys. Return: 0 or -EINVAL. */
static int read_line(struct rl_span line, const struct rl_text_key *keys, const struct head *heads,
    size_t n, void *base, uint64_t *found)
{
    uint32_t bytes;

    skip_blanks(&line);
    bytes = head_bytes(line.s, line.len);
    for (size_t i = 0; i < n; i++) {
        struct rl_span rest = line, name;
        uint64_t value;
        int r;

        if ((bytes ^ heads[i].bytes) & heads[i].mask || !rl_text_word(&rest, &name) ||
            !rl_span_is(name, keys[i].name))
            continue;
        r = read_value(rest, keys[i].form, &value);
        if (r < 0)
            return r;
        memcpy((char *)base + keys[i].offset, &value, sizeof(value));
        *found |= UINT64_C(1) << i;
    }
    return 0;
}

int rl_text_keys(const char *text, const struct rl_text_key *keys, size_t n, void *base)
{
    struct head heads[RL_TEXT_KEYS_MAX];
    struct rl_span line;
    uint64_t found = 0;

    make_heads(keys, n, heads);
    while (rl_text_line(&text, &line)) {
        int r = read_line(line, keys, heads, n, base, &found);

        if (r < 0)
            return r;
    }
    for (size_t i = 0; i < n; i++)
        if (keys[i].needed && !(found & UINT64_C(1) << i))
            return -ENODATA;
    return 0;
}
