#include "daemon/ctl/get.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/maths.h"
#include "daemon/report/say.h"
#include "daemon/report/text.h"

#define KEY_MAX 64

const json_t *rl_get(const json_t *json, const char *path)
{
    while (json && *path) {
        char key[KEY_MAX];
        size_t length = strcspn(path, ".");
        if (length >= sizeof(key))
            return NULL;
        memcpy(key, path, length);
        key[length] = '\0';
        json = json_object_get(json, key);
        path += length + (path[length] == '.');
    }
    return json_is_null(json) ? NULL : json;
}

const char *rl_get_text(const json_t *json, const char *path)
{
    const char *text = json_string_value(rl_get(json, path));

    return text ? text : "";
}

bool rl_get_true(const json_t *json, const char *path)
{
    return json_is_true(rl_get(json, path));
}

bool rl_get_number(const json_t *json, const char *path, double *ret)
{
    const json_t *value = rl_get(json, path);

    if (!json_is_number(value))
        return false;
    *ret = json_number_value(value);
    return true;
}

uint64_t rl_get_count(const json_t *json, const char *path)
{
    double value;

    if (!rl_get_number(json, path, &value) || !(value > 0))
        return 0;
    return value < 1e18 ? (uint64_t)value : UINT64_C(1000000000000000000);
}

static const char *none(char *buf, size_t size)
{
    snprintf(buf, size, "-");
    return buf;
}

const char *rl_get_size(const json_t *json, const char *path, char *buf, size_t size)
{
    if (!json_is_number(rl_get(json, path)))
        return none(buf, size);
    rl_size_text(rl_get_count(json, path), buf, size);
    return buf;
}

const char *rl_get_percent(const json_t *json, const char *path, char *buf, size_t size)
{
    double value;

    if (!rl_get_number(json, path, &value) || !(value >= 0 && value < 1e15))
        return none(buf, size);
    /* One digit behind the point reads well; below 1 % two make a difference. */
    double rounded = value < 1 ? rl_round(value * 100) : rl_round(value * 10) * 10;
    rl_share_text((uint64_t)rounded, buf, size);
    return buf;
}

const char *rl_get_ms(const json_t *json, const char *path, char *buf, size_t size)
{
    if (!json_is_number(rl_get(json, path)))
        return none(buf, size);
    rl_duration_text(rl_get_count(json, path) % UINT64_C(1000000000000) * RL_US_PER_MS, buf, size);
    return buf;
}

const char *rl_get_int(const json_t *json, const char *path, char *buf, size_t size)
{
    const json_t *value = rl_get(json, path);

    if (!json_is_integer(value))
        return none(buf, size);
    snprintf(buf, size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    return buf;
}

const char *rl_get_time(const json_t *json, const char *path, char *buf, size_t size)
{
    rl_get_name(json, path, buf, size);

    /* "2024-05-01T12:00:00.123Z" */
    char *point = strchr(buf, '.');
    if (point && strspn(point + 1, "0123456789") == 3 && strcmp(point + 4, "Z") == 0)
        strcpy(point, "Z");
    return buf;
}

const char *rl_get_name(const json_t *json, const char *path, char *buf, size_t size)
{
    const char *text = rl_get_text(json, path);

    return *text ? rl_escape(text, buf, size) : none(buf, size);
}
