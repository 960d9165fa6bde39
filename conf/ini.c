#include "conf/ini.h"

#include <ini.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "conf/value.h"

struct reading {
    const char *path;
    const char *next, *end; /* what has not been read yet */
    unsigned line;          /* of what libinih has in hand */
    bool lost;              /* the last header was refused: nobody knows whose keys these are */
    const struct rl_ini_calls *calls;
    void *userdata;
    struct rl_findings *findings;
    int error;
};

/* One line without its end and without blanks around it. */
struct span {
    const char *text;
    size_t len;
};

#define FAIL(r, code, ...)                                                                         \
    do {                                                                                           \
        int fail_error = rl_findings_add(                                                          \
            (r)->findings, (r)->path, (r)->line, RL_ERROR, code, __VA_ARGS__);                     \
        if (fail_error < 0)                                                                        \
            (r)->error = fail_error;                                                               \
    } while (0)

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct span trim(struct span span)
{
    while (span.len && is_blank(span.text[0])) {
        span.text++;
        span.len--;
    }
    while (span.len && is_blank(span.text[span.len - 1]))
        span.len--;
    return span;
}

static struct span take_line(struct reading *r, size_t *ret_raw_len)
{
    const char *newline = memchr(r->next, '\n', (size_t)(r->end - r->next));
    const char *end = newline ? newline : r->end;
    struct span line = {r->next, (size_t)(end - r->next)};

    r->next = newline ? newline + 1 : r->end;
    r->line++;
    if (line.len && line.text[line.len - 1] == '\r')
        line.len--;
    *ret_raw_len = line.len;
    return trim(line);
}

/* Where the first of these characters stands, or the comment behind a blank, as libinih looks for
 * them; the length when neither is there. */
static size_t find(struct span span, const char *chars)
{
    for (size_t i = 0; i < span.len; i++) {
        if (strchr(chars, span.text[i]))
            return i;
        if (span.text[i] == ';' && i > 0 && is_blank(span.text[i - 1]))
            return i;
    }
    return span.len;
}

static bool header_is_sound(struct reading *r, struct span line)
{
    size_t close = find((struct span){line.text + 1, line.len - 1}, "]") + 1;
    struct span name, rest;

    if (close >= line.len || line.text[close] != ']') {
        FAIL(r, "bad-section", "'%.*s' has no closing ']'", (int)line.len, line.text);
        return false;
    }
    name = (struct span){line.text + 1, close - 1};
    rest = trim((struct span){line.text + close + 1, line.len - close - 1});
    if (memchr(name.text, '[', name.len)) {
        FAIL(r, "bad-section", "'%.*s' has a '[' inside", (int)line.len, line.text);
        return false;
    }
    if (name.len > RL_INI_NAME_MAX) {
        FAIL(r, "long-section", "the section name '%.*s' has %zu bytes; at most %d are possible",
            (int)name.len, name.text, name.len, RL_INI_NAME_MAX);
        return false;
    }
    if (rest.len && !(rest.text[0] == ';' && is_blank(rest.text[-1]))) {
        FAIL(r, "bad-section",
            "'%.*s' stands behind the section header; expected nothing, or a blank and a comment "
            "with ';'",
            (int)rest.len, rest.text);
        return false;
    }
    return true;
}

static bool assignment_is_sound(struct reading *r, struct span line)
{
    size_t at = find(line, "=:");
    struct span key = trim((struct span){line.text, at});

    if (at == line.len || !strchr("=:", line.text[at])) {
        FAIL(r, "no-assignment", "'%.*s' is neither a [section] nor key=value", (int)line.len,
            line.text);
        return false;
    }
    if (line.text[at] == ':') {
        FAIL(r, "colon", "'%.*s:' has ':' where '=' is expected", (int)key.len, key.text);
        return false;
    }
    if (key.len == 0) {
        FAIL(r, "no-key", "no key stands before '='");
        return false;
    }
    if (key.len > RL_INI_NAME_MAX) {
        FAIL(r, "long-key", "the key '%.*s' has %zu bytes; at most %d are possible", (int)key.len,
            key.text, key.len, RL_INI_NAME_MAX);
        return false;
    }
    if (line.text[line.len - 1] == '\\') {
        FAIL(r, "continuation",
            "lines are not continued by '\\'; a list goes on by giving its key again");
        return false;
    }
    return true;
}

static bool begins_with_bom(const char *text, size_t len)
{
    return len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
}

static bool bytes_are_sound(struct reading *r, struct span line)
{
    /* libinih would take one away from the first line, and see another line than was checked. */
    if (begins_with_bom(line.text, line.len)) {
        FAIL(r, "byte-order-mark", "a byte order mark can stand only at the very beginning, once");
        return false;
    }
    if (memchr(line.text, '\0', line.len)) {
        FAIL(r, "nul-byte", "the line holds a NUL byte");
        return false;
    }
    if (rl_text_has_control(line.text, line.len)) {
        FAIL(r, "control-character", "the line holds a control character");
        return false;
    }
    if (!rl_text_is_utf8(line.text, line.len)) {
        FAIL(r, "not-utf8", "the line is not valid UTF-8");
        return false;
    }
    return true;
}

static bool length_is_sound(struct reading *r, size_t len)
{
    if (len <= RL_INI_LINE_MAX)
        return true;
    FAIL(r, "long-line",
        "the line has %zu bytes; at most %d are possible; a list goes on by giving its key again",
        len, RL_INI_LINE_MAX);
    return false;
}

/* Whether libinih gets to see the line. */
static bool line_is_sound(struct reading *r, struct span line, size_t raw_len)
{
    bool header = line.len && line.text[0] == '[', sound;

    if (line.len == 0)
        return false;
    sound = bytes_are_sound(r, line);
    if (line.text[0] == ';' || line.text[0] == '#')
        return false; /* of any length */
    sound = sound && length_is_sound(r, raw_len);
    if (!header)
        return sound && assignment_is_sound(r, line);
    sound = sound && header_is_sound(r, line);
    r->lost = !sound;
    return sound;
}

static void tell_section(struct reading *r, const char *line)
{
    char name[RL_INI_NAME_MAX + 1];
    size_t len = strcspn(line + 1, "]");
    int error;

    memcpy(name, line + 1, len);
    name[len] = '\0';
    error = r->calls->section(r->userdata, r->line, name);
    if (error < 0)
        r->error = error;
}

/* What libinih calls for each line: fgets() over the text, with unsound lines left blank. */
static char *read_line(char *buf, int size, void *stream)
{
    struct reading *r = stream;
    struct span line;
    size_t raw_len;

    if (r->next == r->end || r->error < 0)
        return NULL;
    line = take_line(r, &raw_len);
    buf[0] = '\0';
    if (line_is_sound(r, line, raw_len) && line.len < (size_t)size) {
        memcpy(buf, line.text, line.len);
        buf[line.len] = '\0';
        if (buf[0] == '[')
            tell_section(r, buf);
    }
    return r->error < 0 ? NULL : buf;
}

static int take_value(void *userdata, const char *section, const char *key, const char *value)
{
    struct reading *r = userdata;
    int error;

    if (r->lost || r->error < 0)
        return 1;
    error = r->calls->value(r->userdata, r->line, section, key, value);
    if (error < 0)
        r->error = error;
    return 1;
}

int rl_ini_read(const char *path, const char *text, size_t len, const struct rl_ini_calls *calls,
    void *userdata, struct rl_findings *findings)
{
    struct reading r = {
        .path = path,
        .next = text,
        .end = text + len,
        .calls = calls,
        .userdata = userdata,
        .findings = findings,
    };
    int bad;

    if (begins_with_bom(text, len))
        r.next += 3;
    bad = ini_parse_stream(read_line, &r, take_value, &r);
    if (r.error < 0)
        return r.error;
    if (bad != 0) {
        r.line = bad > 0 ? (unsigned)bad : 0;
        FAIL(&r, "not-ini", "the line is not understood");
    }
    return r.error;
}
