#include "daemon/report/json.h"

#include <string.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

/* 42.17 is written as such, not as 42.170000000000002. */
#define FLAGS (JSON_REAL_PRECISION(12) | JSON_ENCODE_ANY)

json_t *rl_json_string(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */

    if (!text)
        return json_null();
    rl_auto_free char *clean = malloc(strlen(text) * (sizeof(replacement) - 1) + 1);
    if (!clean)
        return NULL;
    char *end = clean;
    while (*text) {
        unsigned c;
        size_t length = rl_utf8_take(text, &c);
        end = mempcpy(end, length ? text : replacement, length ? length : sizeof(replacement) - 1);
        text += length ? length : 1;
    }
    *end = '\0';
    return json_string(clean);
}

json_t *rl_json_name(const char *text)
{
    return text && *text ? rl_json_string(text) : json_null();
}

json_t *rl_json_number(uint64_t value)
{
    return value <= INT64_MAX ? json_integer((json_int_t)value) : json_null();
}

json_t *rl_json_ms(uint64_t us)
{
    return rl_json_number(us / RL_US_PER_MS);
}

json_t *rl_json_percent(uint64_t hundredths)
{
    return json_real((double)hundredths / 100);
}

json_t *rl_json_time(uint64_t wall_us)
{
    char text[RL_TEXT_MAX];

    if (wall_us == 0)
        return json_null();
    rl_time_text(wall_us, text, sizeof(text));
    return json_string(text);
}

char *rl_json_text(const json_t *json)
{
    return json_dumps(json, FLAGS | JSON_COMPACT);
}

char *rl_json_pretty(const json_t *json)
{
    return json_dumps(json, FLAGS | JSON_INDENT(2));
}
