#include "daemon/samples.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"

static const char columns[] =
    "[\"at_ms\",\"some_us\",\"full_us\",\"current_bytes\",\"used_bytes\",\"swap_bytes\","
    "\"high_bytes\",\"max_bytes\",\"refaults\"]";

static void put_number(FILE *out, uint64_t value)
{
    if (value == RL_FLIGHT_NONE)
        fputs(",null", out);
    else
        fprintf(out, ",%" PRIu64, value);
}

static void put_row(FILE *out, const struct rl_flight_row *row, uint64_t started_us)
{
    const uint64_t values[] = {row->some_us, row->full_us, row->current, row->used, row->swap,
        row->high, row->max, row->refaults};

    fprintf(out, "[%" PRId64, ((int64_t)row->at_us - (int64_t)started_us) / 1000);
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
        put_number(out, values[i]);
    fputc(']', out);
}

/* Return: how many there were. */
static size_t put_rows(
    FILE *out, const struct rl_flight *flight, uint64_t id, uint64_t started_us, uint64_t until_us)
{
    uint64_t from_us = started_us > RL_FLIGHT_BEFORE_US ? started_us - RL_FLIGHT_BEFORE_US : 0;
    struct rl_flight_row row;
    size_t n = 0;

    for (size_t i = 0; rl_flight_row(flight, id, i, &row); i++) {
        if (row.at_us < from_us || row.at_us > until_us)
            continue;
        if (n++ > 0)
            fputc(',', out);
        put_row(out, &row, started_us);
    }
    return n;
}

/* A foreign name, with its quotes. */
static void put_name(FILE *out, const char *name)
{
    json_auto_t *json = rl_json_string(name);
    rl_auto_free char *text = json ? rl_json_text(json) : NULL;

    fputs(text ? text : "null", out);
}

/* The path of the cgroup so many levels above; false where it cannot be told. */
static bool path_above(const char *path, size_t levels, char *buf, size_t size)
{
    char *slash;

    if ((size_t)snprintf(buf, size, "%s", path) >= size || (levels > 0 && *path != '/'))
        return false;
    while (levels-- > 0) {
        slash = strrchr(buf, '/');
        if (!slash || slash == buf)
            return false;
        *slash = '\0';
    }
    return true;
}

static bool has_rows(
    const struct rl_flight *flight, uint64_t id, uint64_t started_us, uint64_t until_us)
{
    struct rl_flight_row row;

    for (size_t i = 0; id != 0 && rl_flight_row(flight, id, i, &row); i++)
        if (row.at_us + RL_FLIGHT_BEFORE_US >= started_us && row.at_us <= until_us)
            return true;
    return false;
}

static size_t put_cgroups(FILE *out, const struct rl_flight *flight,
    const struct rl_sampled *sampled, const char *path, uint64_t started_us, uint64_t until_us)
{
    char name[4096];
    size_t n = 0;

    for (size_t i = 0; i < sampled->n; i++) {
        bool node = i + 1 == sampled->n;
        const char *role = i == 0 ? "offender" : node ? "node" : "ancestor";

        if (!has_rows(flight, sampled->ids[i], started_us, until_us))
            continue;
        if (node)
            strcpy(name, "/");
        else if (!path_above(path, i, name, sizeof(name)))
            continue;
        fputs(n++ > 0 ? ",{\"cgroup\":" : "{\"cgroup\":", out);
        put_name(out, name);
        fprintf(out, ",\"role\":\"%s\",\"rows\":[", role);
        put_rows(out, flight, sampled->ids[i], started_us, until_us);
        fputs("]}", out);
    }
    return n;
}

char *rl_samples_text(const struct rl_flight *flight, const struct rl_sampled *sampled,
    const char *path, uint64_t started_us, uint64_t until_us)
{
    char *text = NULL;
    size_t size = 0, n;
    FILE *out = open_memstream(&text, &size);

    if (!out)
        return NULL;
    fprintf(out, "{\"columns\":%s,\"cgroups\":[", columns);
    n = put_cgroups(out, flight, sampled, path, started_us, until_us);
    fputs("]}", out);
    if (fclose(out) == 0 && n > 0)
        return text;
    free(text);
    return NULL;
}
