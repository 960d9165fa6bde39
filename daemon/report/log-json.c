#include "daemon/report/log-json.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>

#include "daemon/report/say.h"
#include "daemon/report/text.h"

#define END_SIZE 3 /* quote, brace and NUL */

struct out {
    char *buf;
    size_t size, n;
};

/* Return: whether there was room. */
static bool put(struct out *out, const char *text, size_t length)
{
    if (out->n + length + END_SIZE > out->size)
        return false;
    memcpy(out->buf + out->n, text, length);
    out->n += length;
    return true;
}

/* One character of a string. What is no UTF-8 does not come here, but must not break a line either.
 */
static bool put_char(struct out *out, const char *text, size_t length)
{
    char escaped[8];

    if (length == 0)
        return put(out, "?", 1);
    if (*text == '"' || *text == '\\') {
        escaped[0] = '\\';
        escaped[1] = *text;
        return put(out, escaped, 2);
    }
    if ((unsigned char)*text < 0x20) {
        snprintf(escaped, sizeof(escaped), "\\u%04x", (unsigned)*text);
        return put(out, escaped, 6);
    }
    return put(out, text, length);
}

/* Return: whether all of it had room. */
static bool put_string(struct out *out, const char *text)
{
    while (*text) {
        unsigned c;
        size_t length = rl_utf8_take(text, &c);

        if (!put_char(out, text, length))
            return false;
        text += length > 0 ? length : 1;
    }
    return true;
}

static const char *level_name(int level)
{
    static const char *const names[] = {
        "emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"};

    return names[level & LOG_PRIMASK];
}

/* ,"name":"value" or nothing. */
static void put_field(struct out *out, const struct rl_field *field)
{
    static const char prefix[] = "RELIEFD_";
    const char *name = field->name;
    size_t before = out->n;
    bool well = put(out, ",\"", 2);

    if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
        name += sizeof(prefix) - 1;
    for (; *name; name++) {
        char small = (char)tolower((unsigned char)*name);

        well = well && put(out, &small, 1);
    }
    well = well && put(out, "\":\"", 3) && put_string(out, field->value) && put(out, "\"", 1);
    if (!well)
        out->n = before;
}

size_t rl_log_json(char *buf, size_t size, int level, const char *message,
    const struct rl_field *fields, size_t n, uint64_t wall_us)
{
    struct out out = {.buf = buf, .size = size};
    char time[RL_TEXT_MAX];

    rl_time_text(wall_us, time, sizeof(time));
    out.n = (size_t)snprintf(
        buf, size, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":\"", time, level_name(level));
    put_string(&out, message);
    out.buf[out.n++] = '"'; /* there is room for it and for the brace */
    for (size_t i = 0; i < n; i++)
        put_field(&out, &fields[i]);
    out.buf[out.n++] = '}';
    out.buf[out.n] = '\0';
    return out.n;
}
