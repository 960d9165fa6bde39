#include "conf/value.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "policy/limits.h"
#include "policy/wide.h"

#define DECIMALS_MAX 9

static const char *const problems[] = {
    [RL_VALUE_OK] = "is well",
    [RL_VALUE_EMPTY] = "is empty",
    [RL_VALUE_NO_NUMBER] = "is no number",
    [RL_VALUE_NO_UNIT] = "has no unit",
    [RL_VALUE_BAD_UNIT] = "has an unknown unit",
    [RL_VALUE_TOO_FINE] = "has too many decimals",
    [RL_VALUE_TOO_LARGE] = "is too large",
};

const char *rl_value_problem(enum rl_value value)
{
    return problems[value];
}

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit sizes[] = {
    {"T", UINT64_C(1) << 40},
    {"G", UINT64_C(1) << 30},
    {"M", UINT64_C(1) << 20},
    {"K", UINT64_C(1) << 10},
    {"Ti", UINT64_C(1) << 40},
    {"Gi", UINT64_C(1) << 30},
    {"Mi", UINT64_C(1) << 20},
    {"Ki", UINT64_C(1) << 10},
    {"TiB", UINT64_C(1) << 40},
    {"GiB", UINT64_C(1) << 30},
    {"MiB", UINT64_C(1) << 20},
    {"KiB", UINT64_C(1) << 10},
    {"B", 1},
    {NULL, 0},
};

static const struct unit times[] = {
    {"h", 3600 * RL_US_PER_S},
    {"min", 60 * RL_US_PER_S},
    {"s", RL_US_PER_S},
    {"ms", RL_US_PER_MS},
    {"us", 1},
    {NULL, 0},
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* digits[.digits]: whole + part / scale */
struct number {
    uint64_t whole, part, scale;
};

static enum rl_value take_number(const char **text, struct number *ret)
{
    const char *p = *text;
    unsigned decimals = 0;

    *ret = (struct number){.scale = 1};
    if (!is_digit(*p))
        return RL_VALUE_NO_NUMBER;
    for (; is_digit(*p); p++)
        if (__builtin_mul_overflow(ret->whole, 10, &ret->whole) ||
            __builtin_add_overflow(ret->whole, (uint64_t)(*p - '0'), &ret->whole))
            return RL_VALUE_TOO_LARGE;
    if (*p == '.') {
        if (!is_digit(*++p))
            return RL_VALUE_NO_NUMBER;
        for (; is_digit(*p); p++) {
            if (++decimals > DECIMALS_MAX)
                return RL_VALUE_TOO_FINE;
            ret->part = 10 * ret->part + (uint64_t)(*p - '0');
            ret->scale *= 10;
        }
    }
    *text = p;
    return RL_VALUE_OK;
}

/* number * factor, which must come out even unless what is left over may be dropped. */
static enum rl_value scaled(const struct number *number, uint64_t factor, bool exact, uint64_t *ret)
{
    uint64_t part = rl_mul_div(number->part, factor, number->scale), whole;

    if (__builtin_mul_overflow(number->whole, factor, &whole) ||
        __builtin_add_overflow(whole, part, ret))
        return RL_VALUE_TOO_LARGE;
    if (exact && rl_mul_div(part, number->scale, factor) != number->part)
        return RL_VALUE_TOO_FINE;
    return RL_VALUE_OK;
}

/* The unit's letters in front of *text; factor 0 when they are none that is known. */
static uint64_t take_unit(const char **text, const struct unit *units)
{
    size_t len = 0;

    while (is_letter((*text)[len]))
        len++;
    for (; units->name; units++) {
        if (strlen(units->name) == len && strncmp(units->name, *text, len) == 0) {
            *text += len;
            return units->factor;
        }
    }
    return 0;
}

enum rl_value rl_value_size(const char *text, uint64_t *ret_bytes)
{
    struct number number;
    uint64_t factor = 1, bytes;
    enum rl_value value;

    if (!*text)
        return RL_VALUE_EMPTY;
    value = take_number(&text, &number);
    if (value != RL_VALUE_OK)
        return value;
    if (*text)
        factor = take_unit(&text, sizes);
    if (!factor || *text)
        return RL_VALUE_BAD_UNIT;
    value = scaled(&number, factor, factor == 1, &bytes);
    if (value == RL_VALUE_OK)
        *ret_bytes = bytes;
    return value;
}

enum rl_value rl_value_share(const char *text, uint32_t *ret_share)
{
    struct number number;
    uint64_t share;
    enum rl_value value;

    if (!*text)
        return RL_VALUE_EMPTY;
    value = take_number(&text, &number);
    if (value != RL_VALUE_OK)
        return value;
    if (!*text)
        return RL_VALUE_NO_UNIT;
    if (strcmp(text, "%") != 0)
        return RL_VALUE_BAD_UNIT;
    value = scaled(&number, RL_WHOLE / 100, true, &share);
    if (value != RL_VALUE_OK)
        return value;
    if (share > 100 * RL_WHOLE)
        return RL_VALUE_TOO_LARGE;
    *ret_share = (uint32_t)share;
    return RL_VALUE_OK;
}

enum rl_value rl_value_time(const char *text, uint64_t *ret_us)
{
    uint64_t sum = 0;

    if (!*text)
        return RL_VALUE_EMPTY;
    if (strcmp(text, "0") == 0) {
        *ret_us = 0;
        return RL_VALUE_OK;
    }
    while (*text) {
        struct number number;
        uint64_t factor, us;
        enum rl_value value = take_number(&text, &number);

        if (value != RL_VALUE_OK)
            return value;
        while (is_blank(*text))
            text++;
        if (!is_letter(*text))
            return *text && !is_digit(*text) ? RL_VALUE_BAD_UNIT : RL_VALUE_NO_UNIT;
        factor = take_unit(&text, times);
        if (!factor)
            return RL_VALUE_BAD_UNIT;
        value = scaled(&number, factor, true, &us);
        if (value != RL_VALUE_OK)
            return value;
        if (__builtin_add_overflow(sum, us, &sum))
            return RL_VALUE_TOO_LARGE;
        while (is_blank(*text))
            text++;
    }
    *ret_us = sum;
    return RL_VALUE_OK;
}

enum rl_value rl_value_count(const char *text, uint64_t *ret)
{
    struct number number;
    enum rl_value value;

    if (!*text)
        return RL_VALUE_EMPTY;
    value = take_number(&text, &number);
    if (value != RL_VALUE_OK)
        return value;
    if (number.scale != 1)
        return RL_VALUE_TOO_FINE;
    if (*text)
        return RL_VALUE_NO_NUMBER;
    *ret = number.whole;
    return RL_VALUE_OK;
}

bool rl_value_yes_no(const char *text, bool *ret)
{
    static const char *const words[][2] = {
        {"no", "yes"}, {"false", "true"}, {"off", "on"}, {"0", "1"}};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        for (int answer = 0; answer < 2; answer++) {
            if (strcasecmp(text, words[i][answer]) == 0) {
                *ret = answer;
                return true;
            }
        }
    }
    return false;
}

const char *rl_format_time(uint64_t us, char *buf, size_t size)
{
    size_t used = 0;

    if (us == 0)
        snprintf(buf, size, "0 s");
    for (const struct unit *unit = times; unit->name; unit++) {
        uint64_t count = us / unit->factor;
        int written;

        if (count == 0)
            continue;
        us %= unit->factor;
        written = snprintf(
            buf + used, size - used, "%s%ju %s", used ? " " : "", (uintmax_t)count, unit->name);
        if (written < 0 || (size_t)written >= size - used)
            break;
        used += (size_t)written;
    }
    return buf;
}

const char *rl_format_size(uint64_t bytes, char *buf, size_t size)
{
    static const char letters[] = {'\0', 'K', 'M', 'G', 'T'};
    size_t i = 0;

    while (bytes && bytes % 1024 == 0 && i + 1 < sizeof(letters)) {
        bytes /= 1024;
        i++;
    }
    snprintf(buf, size, letters[i] ? "%ju%c" : "%ju", (uintmax_t)bytes, letters[i]);
    return buf;
}

const char *rl_format_share(uint32_t share, char *buf, size_t size)
{
    uint32_t whole = share / 100, rest = share % 100;

    if (rest == 0)
        snprintf(buf, size, "%u %%", whole);
    else if (rest % 10 == 0)
        snprintf(buf, size, "%u.%u %%", whole, rest / 10);
    else
        snprintf(buf, size, "%u.%02u %%", whole, rest);
    return buf;
}

char *rl_word(char **text)
{
    char *start = *text;

    while (is_blank(*start))
        start++;
    if (!*start)
        return NULL;
    *text = start;
    while (**text && !is_blank(**text))
        (*text)++;
    if (**text)
        *(*text)++ = '\0';
    while (is_blank(**text))
        (*text)++;
    return start;
}

static enum rl_item quoted_item(char **text, char **ret_item)
{
    char *p = *text + 1;

    *ret_item = p;
    while (*p && *p != '"')
        p += p[0] == '\\' && p[1] ? 2 : 1;
    if (!*p)
        return RL_ITEM_OPEN_QUOTE;
    if (p[1] && !is_blank(p[1]))
        return RL_ITEM_INNER_QUOTE;
    *text = p + 1;
    *p = '\0';
    return p == *ret_item ? RL_ITEM_EMPTY : RL_ITEM;
}

enum rl_item rl_item(char **text, char **ret_item)
{
    char *p = *text;

    while (is_blank(*p))
        p++;
    *text = p;
    if (!*p)
        return RL_ITEM_END;
    if (*p == '"')
        return quoted_item(text, ret_item);
    *ret_item = p;
    while (*p && !is_blank(*p)) {
        if (*p == '"')
            return RL_ITEM_INNER_QUOTE;
        p += p[0] == '\\' && p[1] && !is_blank(p[1]) ? 2 : 1;
    }
    *text = p;
    if (*p) {
        *text = p + 1;
        *p = '\0';
    }
    return RL_ITEM;
}

const char *rl_item_problem(enum rl_item item)
{
    static const char *const phrases[] = {
        [RL_ITEM_END] = "ends",
        [RL_ITEM] = "is well",
        [RL_ITEM_OPEN_QUOTE] = "has no closing quote (a blank and ';' begin a comment even within "
                               "quotes)",
        [RL_ITEM_INNER_QUOTE] = "has a quote inside; quotes stand around a whole item, \\\" is the "
                                "character itself",
        [RL_ITEM_EMPTY] = "is empty",
    };

    return phrases[item];
}

/* The bytes that follow a first byte of UTF-8, and the bounds of the second one; 0 when it is none.
 */
static unsigned utf8_rest(unsigned char first, unsigned char *ret_low, unsigned char *ret_high)
{
    static const struct {
        unsigned char from, to, rest, low, high;
    } rows[] = {
        {0xc2, 0xdf, 1, 0x80, 0xbf},
        {0xe0, 0xe0, 2, 0xa0, 0xbf},
        {0xe1, 0xec, 2, 0x80, 0xbf},
        {0xed, 0xed, 2, 0x80, 0x9f},
        {0xee, 0xef, 2, 0x80, 0xbf},
        {0xf0, 0xf0, 3, 0x90, 0xbf},
        {0xf1, 0xf3, 3, 0x80, 0xbf},
        {0xf4, 0xf4, 3, 0x80, 0x8f},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (first >= rows[i].from && first <= rows[i].to) {
            *ret_low = rows[i].low;
            *ret_high = rows[i].high;
            return rows[i].rest;
        }
    }
    return 0;
}

bool rl_text_is_utf8(const char *text, size_t len)
{
    const unsigned char *p = (const unsigned char *)text, *end = p + len;

    while (p < end) {
        unsigned char low, high;
        unsigned rest;

        if (*p < 0x80) {
            p++;
            continue;
        }
        rest = utf8_rest(*p++, &low, &high);
        if (rest == 0 || (size_t)(end - p) < rest)
            return false;
        for (; rest > 0; rest--, p++) {
            if (*p < low || *p > high)
                return false;
            low = 0x80;
            high = 0xbf;
        }
    }
    return true;
}

bool rl_text_has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if ((c < 0x20 && c != '\t') || c == 0x7f)
            return true;
    }
    return false;
}
