#include "daemon/ctl/plot-read.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/get.h"
#include "daemon/ctl/maths.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/text.h"

#define COLUMNS_MAX 32

/* The series of a cgroup, a new one where there is none. `more`: keep it apart from the last one of
 * that name. */
static struct rl_series *series_of(struct rl_plot_source *source, const char *cgroup, bool more)
{
    for (size_t i = 0; i < source->n && !more; i++) {
        if (strcmp(source->series[i].cgroup, cgroup) == 0)
            return &source->series[i];
    }
    if (source->n == source->room) {
        size_t room = source->room ? 2 * source->room : 8;
        struct rl_series *series = reallocarray(source->series, room, sizeof(*series));
        if (!series)
            return NULL;
        source->series = series;
        source->room = room;
    }
    struct rl_series *new = &source->series[source->n];
    *new = (struct rl_series){.cgroup = strdup(cgroup)};
    source->n += new->cgroup ? 1 : 0;
    return new->cgroup ? new : NULL;
}

static int keep_record(struct rl_plot_source *source, json_t *record, double start, unsigned side)
{
    struct rl_plot_incident *incidents = reallocarray(
        source->incidents, source->n_incidents + 1, sizeof(*incidents));

    if (!incidents)
        return -ENOMEM;
    source->incidents = incidents;
    incidents[source->n_incidents++] = (struct rl_plot_incident){json_incref(record), start, side};
    return 0;
}

void rl_plot_source_free(struct rl_plot_source *source)
{
    for (size_t i = 0; i < source->n; i++)
        rl_series_free(&source->series[i]);
    for (size_t i = 0; i < source->n_incidents; i++)
        json_decref(source->incidents[i].record);
    free(source->series);
    free(source->incidents);
    *source = (struct rl_plot_source){0};
}

/* ---- records ---- */

/* Which value a column holds; RL_VALUES: none that is drawn; -1: the time. */
static int column_of(const char *name)
{
    static const char *const names[RL_VALUES] = {
        [RL_VALUE_SOME] = "some_us",
        [RL_VALUE_FULL] = "full_us",
        [RL_VALUE_CURRENT] = "current_bytes",
        [RL_VALUE_USED] = "used_bytes",
        [RL_VALUE_SWAP] = "swap_bytes",
        [RL_VALUE_HIGH] = "high_bytes",
        [RL_VALUE_MAX] = "max_bytes",
    };
    int i = 0;

    if (strcmp(name, "at_ms") == 0)
        return -1;
    while (i < RL_VALUES && strcmp(name, names[i]) != 0)
        i++;
    return i;
}

static int take_rows(const json_t *rows, const int *columns, struct rl_series *series)
{
    size_t i, k;
    json_t *row, *value;
    int r = 0;

    json_array_foreach(rows, i, row)
    {
        struct rl_plot_point point = rl_plot_point_at(NAN);

        json_array_foreach(row, k, value)
        {
            if (k >= COLUMNS_MAX || !json_is_number(value))
                continue;
            if (columns[k] < 0)
                point.at = json_number_value(value) / 1000;
            else if (columns[k] < RL_VALUES)
                point.values[columns[k]] = json_number_value(value);
        }
        if (!isnan(point.at))
            r = rl_series_add(series, &point);
        if (r < 0)
            return r;
    }
    return 0;
}

int rl_plot_read_record(json_t *record, struct rl_plot_source *ret)
{
    int columns[COLUMNS_MAX];
    size_t i, points = 0;
    json_t *value;

    for (i = 0; i < COLUMNS_MAX; i++)
        columns[i] = RL_VALUES;
    json_array_foreach(rl_get(record, "samples.columns"), i, value)
    {
        const char *name = json_string_value(value);
        if (i < COLUMNS_MAX && name)
            columns[i] = column_of(name);
    }
    json_array_foreach(rl_get(record, "samples.cgroups"), i, value)
    {
        struct rl_series *series = series_of(ret, rl_get_text(value, "cgroup"), true);
        int r = series ? take_rows(rl_get(value, "rows"), columns, series) : -ENOMEM;
        if (r < 0)
            return r;
        points += series->n;
    }
    return points > 0 ? keep_record(ret, record, 0, 0) : -ENODATA;
}

/* ---- traces ---- */

static double number_of(const json_t *json, const char *key)
{
    double value;

    return rl_get_number(json, key, &value) ? value : NAN;
}

static bool take_time(struct rl_plot_reader *reader, const json_t *json)
{
    double at_us = number_of(json, "at_us");

    if (isnan(at_us))
        return false;
    if (isnan(reader->base))
        reader->base = at_us;
    reader->now = (at_us - reader->base) / 1e6;
    return true;
}

/* As rl_sample_used() has it. */
static double used_of(const json_t *json)
{
    double files = rl_max(number_of(json, "file") - number_of(json, "shmem"), 0);

    return isnan(number_of(json, "file")) || isnan(number_of(json, "shmem"))
               ? NAN
               : rl_max(
                     number_of(json, "current") - files - number_of(json, "slab_reclaimable"), 0);
}

static int take_sample(struct rl_plot_reader *reader, const json_t *json)
{
    static const char *const keys[RL_VALUES] = {
        [RL_VALUE_SOME] = "some_us",
        [RL_VALUE_FULL] = "full_us",
        [RL_VALUE_CURRENT] = "current",
        [RL_VALUE_SWAP] = "swap_current",
        [RL_VALUE_HIGH] = "memory_high",
        [RL_VALUE_MAX] = "memory_max",
    };
    const char *cgroup = rl_get_text(json, "cgroup");
    struct rl_plot_point point = rl_plot_point_at(0);

    if (!*cgroup || !take_time(reader, json))
        return 0;
    point.at = reader->now;
    for (size_t i = 0; i < RL_VALUES; i++) {
        if (keys[i])
            point.values[i] = number_of(json, keys[i]);
    }
    point.values[RL_VALUE_USED] = used_of(json);
    /* The root has no files of memory in use: the machine's numbers stand for it. */
    for (size_t i = 0; i < RL_VALUES && strcmp(cgroup, "/") == 0; i++) {
        if (isnan(point.values[i]))
            point.values[i] = reader->node.values[i];
    }
    struct rl_series *series = series_of(reader->source, cgroup, false);
    return series ? rl_series_add(series, &point) : -ENOMEM;
}

static int take_node(struct rl_plot_reader *reader, const json_t *json)
{
    struct rl_plot_point *node = &reader->node;

    if (!take_time(reader, json))
        return 0;
    node->at = reader->now;
    node->values[RL_VALUE_USED] = number_of(json, "mem_total") - number_of(json, "mem_available");
    node->values[RL_VALUE_SWAP] = number_of(json, "swap_total") - number_of(json, "swap_free");
    node->values[RL_VALUE_MAX] = number_of(json, "mem_total");
    struct rl_series *series = series_of(reader->source, RL_PLOT_MACHINE, false);
    return series ? rl_series_add(series, node) : -ENOMEM;
}

static int take_incident(struct rl_plot_reader *reader, const json_t *json)
{
    json_t *record = json_object_get(json, "record");

    take_time(reader, json);
    if (reader->replayed || !json_is_object(record) || rl_get_true(record, "open"))
        return 0;
    return keep_record(reader->source, record,
        reader->now - (double)rl_get_count(record, "duration_ms") / 1000, 0);
}

static int take_trace(struct rl_plot_reader *reader, const json_t *json)
{
    double before = reader->base;

    if (take_time(reader, json) && isnan(before) &&
        rl_time_read(rl_get_text(json, "time"), &reader->zero_us) < 0)
        reader->zero_us = 0;
    return 0;
}

static int take_line(struct rl_plot_reader *reader, const json_t *json)
{
    static const struct {
        const char *type;
        int (*take)(struct rl_plot_reader *reader, const json_t *json);
    } types[] = {
        {"sample", take_sample},
        {"node", take_node},
        {"incident", take_incident},
        {"trace", take_trace},
    };
    const char *type = rl_get_text(json, "type");

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(type, types[i].type) == 0)
            return types[i].take(reader, json);
    }
    return 0;
}

/* Zero is where the first incident began. */
static void shift(struct rl_plot_source *source)
{
    double zero = source->n_incidents > 0 ? source->incidents[0].start : 0;

    for (size_t i = 1; i < source->n_incidents; i++)
        zero = rl_min(zero, source->incidents[i].start);
    for (size_t i = 0; i < source->n; i++) {
        for (size_t k = 0; k < source->series[i].n; k++)
            source->series[i].points[k].at -= zero;
    }
    for (size_t i = 0; i < source->n_incidents; i++)
        source->incidents[i].start -= zero;
}

void rl_plot_reader_begin(struct rl_plot_reader *reader, struct rl_plot_source *source)
{
    reader->source = source;
    reader->base = NAN;
    reader->node = rl_plot_point_at(0);
}

int rl_plot_read_line(
    struct rl_plot_reader *reader, const char *line, size_t length, json_error_t *ret_error)
{
    json_auto_t *json = NULL;

    if (strspn(line, " \t\r\n") >= length)
        return 0;
    json = json_loadb(line, length, 0, ret_error);
    return json ? take_line(reader, json) : -EBADMSG;
}

int rl_plot_read_replayed(
    struct rl_plot_reader *reader, json_t *record, uint64_t at_us, unsigned side)
{
    double start = ((double)at_us - reader->base) / 1e6;
    char text[64];

    if (isnan(start) || start < 0)
        return 0; /* the machine was started anew meanwhile */
    if (reader->zero_us > 0) {
        rl_time_text(reader->zero_us + (uint64_t)(start * 1e6), text, sizeof(text));
        json_object_set_new(record, "started", json_string(text));
    }
    return keep_record(reader->source, record, start, side);
}

int rl_plot_read_end(struct rl_plot_reader *reader)
{
    shift(reader->source);
    return reader->source->n > 0 ? 0 : -ENODATA;
}

int rl_plot_read_trace(FILE *file, struct rl_plot_source *ret)
{
    struct rl_plot_reader reader = {0};
    rl_auto_free char *line = NULL;
    size_t room = 0, number = 0;
    ssize_t length;
    int r = 0;

    rl_plot_reader_begin(&reader, ret);
    while (r == 0 && (length = getline(&line, &room, file)) > 0) {
        json_error_t error = {0};

        number++;
        r = rl_plot_read_line(&reader, line, (size_t)length, &error);
        if (r == -EBADMSG && line[length - 1] != '\n')
            r = 0;
        if (r == -EBADMSG)
            fprintf(
                stderr, "reliefctl: %s:%zu:%d: %s\n", ret->name, number, error.column, error.text);
    }
    if (r == 0 && ferror(file))
        r = -errno;
    return r < 0 ? r : rl_plot_read_end(&reader);
}

/* ---- the choice ---- */

static const struct rl_series *find(const struct rl_plot_source *source, const char *cgroup)
{
    if (*cgroup == '/')
        cgroup++;
    for (size_t i = 0; i < source->n; i++) {
        const char *name = source->series[i].cgroup;
        if (source->series[i].n > 0 && strcmp(name + (*name == '/'), cgroup) == 0)
            return &source->series[i];
    }
    return *cgroup ? NULL : find(source, RL_PLOT_MACHINE);
}

/* How long somebody waited for memory; below 0: not known. */
static double stall_of(const struct rl_series *series)
{
    double last = rl_series_last(series, RL_VALUE_SOME), first = NAN;

    for (size_t i = series->n; i > 0; i--) {
        if (!isnan(series->points[i - 1].values[RL_VALUE_SOME]))
            first = series->points[i - 1].values[RL_VALUE_SOME];
    }
    return isnan(last) ? -1 : last - first;
}

const struct rl_series *rl_plot_choose(const struct rl_plot_source *source, const char *cgroup)
{
    const struct rl_series *best = NULL;

    if (cgroup)
        return find(source, cgroup);
    for (size_t i = 0; i < source->n_incidents && !best; i++)
        best = find(source, rl_get_text(source->incidents[i].record, "offender"));
    if (best)
        return best;
    for (size_t i = 0; i < source->n; i++) {
        const struct rl_series *one = &source->series[i];
        if (one->n > 0 && (!best || stall_of(one) > stall_of(best)))
            best = one;
    }
    return best;
}
