#include "daemon/autopsy/prefix.h"

#include <string.h>

#include "daemon/autopsy/cursor.h"

#define BRACKET_MAX 64 /* the longest stamp in brackets: a date in some language */
#define DATE_MAX    48

static bool is_quoting(char c)
{
    return rl_oom_is_blank(c) || c == '>' || c == '|' || c == ':';
}

size_t rl_oom_quoting(struct rl_span line)
{
    size_t n = 0;

    while (n < line.len && is_quoting(line.s[n]))
        n++;
    return n;
}

/* "12:34" somewhere, or "12:34:56" where seconds are asked for. Return: its offset, or -1. */
static ssize_t find_clock(struct rl_span span, bool seconds)
{
    static const char forms[2][9] = {"dd:dd", "dd:dd:dd"};
    const char *form = forms[seconds];
    size_t len = strlen(form), n;

    for (size_t at = 0; at + len <= span.len; at++) {
        for (n = 0; n < len; n++)
            if (form[n] == 'd' ? !rl_oom_is_digit(span.s[at + n]) : span.s[at + n] != form[n])
                break;
        if (n == len && (at == 0 || !rl_oom_is_digit(span.s[at - 1])))
            return (ssize_t)at;
    }
    return -1;
}

/* Seconds since boot: "609.929101", "+0.000003", "12.5 <    0.1>", and with digits blotted out. */
static bool is_seconds(struct rl_span text)
{
    size_t n = 0, dots = 0;

    rl_oom_eat(&text, "+");
    if (text.len == 0 || !(rl_oom_is_digit(text.s[0]) || strchr("xX*", text.s[0])))
        return false;
    for (; n < text.len && !rl_oom_is_blank(text.s[n]); n++) {
        if (text.s[n] == '.' && n > 0 && n + 1 < text.len)
            dots++;
        else if (!rl_oom_is_alnum(text.s[n]) && text.s[n] != '*')
            return false;
    }
    text = rl_oom_from(text, n);
    rl_oom_eat_blanks(&text);
    return dots == 1 && (text.len == 0 || text.s[0] == '<');
}

/* printk's caller: "T1778", "C1". */
static bool is_caller(struct rl_span text)
{
    uint64_t n;

    return (rl_oom_eat(&text, "T") || rl_oom_eat(&text, "C")) && rl_text_u64(text, &n) == 0;
}

static bool is_stamp(struct rl_span text)
{
    text = rl_oom_trim(text);
    return is_caller(text) || is_seconds(text) || find_clock(text, false) >= 0;
}

/* The bracket that closes just before `end`. Return: its offset, or -1 where it holds no stamp. */
static ssize_t stamp_before(struct rl_span line, size_t end)
{
    size_t least = end > BRACKET_MAX ? end - BRACKET_MAX : 0;

    for (size_t at = end - 1; at-- > least;) {
        if (line.s[at] == ']')
            return -1;
        if (line.s[at] != '[')
            continue;
        if (at > 0 && !strchr(" \t>|:;]-.", line.s[at - 1]))
            return -1;
        return is_stamp(rl_oom_part(line, at + 1, end - 1)) ? (ssize_t)at : -1;
    }
    return -1;
}

/* "kernel:", "kernel[0]:" before `end`, which is behind the colon. */
static bool is_tag(struct rl_span line, size_t end)
{
    static const char name[] = "kernel";
    size_t len = strlen(name), n = end - 1;

    if (n > 0 && line.s[n - 1] == ']') {
        for (n--; n > 0 && rl_oom_is_digit(line.s[n - 1]); n--)
            ;
        if (n == 0 || line.s[n - 1] != '[')
            return false;
        n--;
    }
    if (n < len || memcmp(line.s + n - len, name, len) != 0)
        return false;
    return n == len ||
           (!rl_oom_is_alnum(line.s[n - len - 1]) && !strchr("\"'=-_(\\", line.s[n - len - 1]));
}

/* dmesg -x without a time: "kern  :warn  :" */
static bool is_decoded(struct rl_span line, size_t end)
{
    struct rl_span rest = rl_oom_part(line, 0, end - 1);
    size_t n = 0;

    rest = rl_oom_from(rest, rl_oom_quoting(rest));
    if (!rl_oom_eat(&rest, "kern"))
        return false;
    rl_oom_eat_blanks(&rest);
    if (!rl_oom_eat(&rest, ":"))
        return false;
    rest = rl_oom_trim(rest);
    while (n < rest.len && rest.s[n] >= 'a' && rest.s[n] <= 'z')
        n++;
    return n > 0 && n == rest.len;
}

/* RFC 5424 has process, message id and data behind the name: "kernel - - -" */
static bool is_structured(struct rl_span line, size_t end)
{
    static const char name[] = " kernel";
    struct rl_span rest = rl_oom_part(line, 0, end);
    size_t len = strlen(name), fields = 0;

    while (rest.len > 1 && memcmp(rest.s + rest.len - 2, " -", 2) == 0) {
        rest.len -= 2;
        fields++;
    }
    return fields == 3 && rest.len > len && memcmp(rest.s + rest.len - len, name, len) == 0;
}

/* "<4>" */
static bool is_level(struct rl_span line, size_t end)
{
    size_t n = end - 1;

    while (n > 0 && rl_oom_is_digit(line.s[n - 1]))
        n--;
    return n > 0 && n < end - 1 && line.s[n - 1] == '<';
}

/* "6,30574067,3816544225424,-;", with more between the last comma and the semicolon */
static bool is_record(struct rl_span line, size_t end, struct rl_span *ret_usec)
{
    struct rl_span rest = rl_oom_part(line, 0, end);
    uint64_t n;
    const char *usec;

    rest = rl_oom_from(rest, rl_oom_quoting(rest));
    if (!rl_oom_eat_u64(&rest, &n) || !rl_oom_eat(&rest, ",") || !rl_oom_eat_u64(&rest, &n) ||
        !rl_oom_eat(&rest, ","))
        return false;
    usec = rest.s;
    if (!rl_oom_eat_u64(&rest, &n))
        return false;
    *ret_usec = (struct rl_span){usec, (size_t)(rest.s - usec)};
    return rl_oom_eat(&rest, ",") && memchr(rest.s, ';', rest.len) == line.s + end - 1;
}

static bool is_number(struct rl_span span)
{
    uint64_t n;

    return rl_text_u64(rl_oom_from(span, rl_oom_quoting(span)), &n) == 0;
}

bool rl_oom_marked_at(struct rl_span line, size_t at)
{
    struct rl_span usec;

    while (at > 0 && rl_oom_is_blank(line.s[at - 1]))
        at--;
    if (at == 0)
        return false;
    switch (line.s[at - 1]) {
    case ']':
        return stamp_before(line, at) >= 0;
    case ':':
        return is_tag(line, at) || is_decoded(line, at);
    case '>':
        return is_level(line, at);
    case ';':
        return is_record(line, at, &usec);
    case '-':
        return is_structured(line, at);
    default:
        return false;
    }
}

bool rl_oom_starts_at(struct rl_span line, size_t at)
{
    size_t end = at, begin;
    struct rl_span word;

    if (rl_oom_marked_at(line, at))
        return true;
    while (end > 0 && rl_oom_is_blank(line.s[end - 1]))
        end--;
    if (rl_oom_quoting(rl_oom_part(line, 0, end)) == end)
        return true;
    /* grep's "12:" and "12-", an editor's "12 " */
    if (strchr(":-", line.s[end - 1]))
        return is_number(rl_oom_part(line, 0, end - 1));
    for (begin = end; begin > 0 && !rl_oom_is_blank(line.s[begin - 1]);)
        begin--;
    word = rl_oom_part(line, begin, end);
    /* journalctl -o verbose and export; they print one field a line */
    if (rl_span_is(word, "MESSAGE=") && rl_oom_quoting(line) >= begin)
        return true;
    return end < at && (find_clock(word, true) >= 0 || is_number(rl_oom_part(line, 0, end)));
}

bool rl_oom_is_marked(struct rl_span line)
{
    for (size_t at = rl_oom_quoting(line); at < line.len; at++)
        if (strchr("]:>;-", line.s[at]) && rl_oom_marked_at(line, at + 1))
            return true;
    return false;
}

/* From the first letter of a date up to the end of its time of day. */
static struct rl_span date_of(struct rl_span before, size_t clock)
{
    size_t begin = rl_oom_quoting(before), end = clock, word;

    while (end < before.len && !rl_oom_is_blank(before.s[end]) && before.s[end] != ']')
        end++;
    for (word = clock; word > 0 && !rl_oom_is_blank(before.s[word - 1]);)
        word--;
    /* "<4>Apr 18 00:37:34", and RFC 5424's "<4>1 2026-...": syslog's priority and its version */
    if (begin < word && before.s[begin] == '<') {
        while (begin < word && before.s[begin++] != '>')
            ;
        if (word - begin > 1 && memcmp(before.s + begin, "1 ", 2) == 0)
            begin += 2;
    }
    /* "166233 Apr 18 00:37:34": an editor's line number */
    if (begin < word) {
        size_t n = begin;

        while (n < word && rl_oom_is_digit(before.s[n]))
            n++;
        if (n > begin + 2 && n + 1 < word && rl_oom_is_blank(before.s[n]) &&
            !rl_oom_is_digit(before.s[n + 1]))
            begin = n + 1;
    }
    if (clock - begin > DATE_MAX)
        begin = word;
    return rl_oom_part(before, begin, end);
}

struct rl_span rl_oom_stamp(struct rl_span line, size_t at)
{
    struct rl_span before = rl_oom_part(line, 0, at), seconds = {line.s, 0};
    ssize_t clock = find_clock(before, true), open;

    for (size_t end = before.len; end > 0; end--) {
        struct rl_span text;

        if (before.s[end - 1] == ';' && is_record(before, end, &seconds))
            continue;
        if (before.s[end - 1] != ']' || (open = stamp_before(before, end)) < 0)
            continue;
        text = rl_oom_trim(rl_oom_part(before, (size_t)open + 1, end - 1));
        if (find_clock(text, false) >= 0)
            return text;
        if (is_seconds(text))
            seconds = text;
    }
    return clock < 0 ? seconds : date_of(before, (size_t)clock);
}
