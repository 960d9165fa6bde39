#include "daemon/ctl/metrics.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/out.h"
#include "daemon/report/cleanup.h"

#define NAME_SIZE  128
#define VALUE_SIZE 8192

/* What is being read. */
struct reading {
    const char *at; /* the rest of the line */
    json_t *families, *family;
    char name[NAME_SIZE], type[16]; /* of the family */
    bool typed;
    json_t *seen; /* samples, by their text up to the value */
    /* of the histogram series that is being read */
    double bucket, bound;
    bool open, sum;
};

static bool is_name(char c, bool first)
{
    return isalpha((unsigned char)c) || c == '_' || (!first && isdigit((unsigned char)c));
}

static bool take(struct reading *r, const char *text)
{
    size_t len = strlen(text);

    if (strncmp(r->at, text, len) != 0)
        return false;
    r->at += len;
    return true;
}

static bool take_name(struct reading *r, char *buf)
{
    size_t n = 0;

    while (is_name(r->at[n], n == 0))
        n++;
    if (n == 0 || n >= NAME_SIZE)
        return false;
    memcpy(buf, r->at, n);
    buf[n] = '\0';
    r->at += n;
    return true;
}

/* A label's value up to the quote that ends it. */
static bool take_value(struct reading *r, char *buf)
{
    size_t n = 0;

    for (; *r->at && *r->at != '"'; r->at++) {
        char c = *r->at;

        if (c == '\\') {
            c = *++r->at == 'n' ? '\n' : *r->at;
            if (c != '\n' && c != '\\' && c != '"')
                return false;
        }
        if (n + 1 >= VALUE_SIZE)
            return false;
        buf[n++] = c;
    }
    buf[n] = '\0';
    return take(r, "\"");
}

static json_t *take_labels(struct reading *r)
{
    json_t *labels = json_object();
    char name[NAME_SIZE], value[VALUE_SIZE];

    if (!take(r, "{"))
        return labels;
    do {
        if (!take_name(r, name) || !take(r, "=\"") || !take_value(r, value) ||
            json_object_get(labels, name) ||
            json_object_set_new(labels, name, json_string(value))) {
            json_decref(labels);
            return NULL;
        }
    } while (take(r, ","));
    if (take(r, "}"))
        return labels;
    json_decref(labels);
    return NULL;
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);

    return len > n && strcmp(text + len - n, end) == 0;
}

static bool is_type(const char *type)
{
    return strcmp(type, "counter") == 0 || strcmp(type, "gauge") == 0 ||
           strcmp(type, "histogram") == 0;
}

static bool is_new(const json_t *families, const char *name)
{
    size_t i;
    json_t *one;

    json_array_foreach(families, i, one)
    {
        if (strcmp(json_string_value(json_object_get(one, "name")), name) == 0)
            return false;
    }
    return true;
}

static bool take_help(struct reading *r)
{
    char name[NAME_SIZE];

    if (r->open || !take_name(r, name) || !take(r, " ") || !*r->at || !is_new(r->families, name))
        return false;
    strcpy(r->name, name);
    r->typed = false;
    r->family = json_pack("{s:s, s:s, s:[]}", "name", name, "help", r->at, "samples");
    return json_array_append_new(r->families, r->family) == 0;
}

static bool take_type(struct reading *r)
{
    char name[NAME_SIZE];

    if (!take_name(r, name) || strcmp(name, r->name) != 0 || r->typed || !take(r, " ") ||
        !is_type(r->at) || (strcmp(r->at, "counter") == 0) != ends_in(name, "_total"))
        return false;
    r->typed = true;
    strcpy(r->type, r->at);
    return json_object_set_new(r->family, "type", json_string(r->at)) == 0;
}

/* The samples of one histogram: buckets, then _sum, then _count. */
static bool fits_histogram(struct reading *r, const char *name, const json_t *labels, double value)
{
    const char *part = name + strlen(r->name);
    const char *le = json_string_value(json_object_get(labels, "le"));

    if (strncmp(name, r->name, strlen(r->name)) != 0)
        return false;
    if (strcmp(part, "_sum") == 0) {
        bool well = r->open && !r->sum && isinf(r->bound);
        r->sum = true;
        return well && !le;
    }
    if (strcmp(part, "_count") == 0) {
        bool well = r->open && r->sum && value == r->bucket;
        r->open = r->sum = false;
        return well && !le;
    }
    if (strcmp(part, "_bucket") != 0 || !le || r->sum)
        return false;
    double bound = strtod(le, NULL);
    if (r->open && (bound <= r->bound || value < r->bucket))
        return false;
    r->open = true;
    r->bound = bound;
    r->bucket = value;
    return true;
}

static bool take_sample(struct reading *r)
{
    const char *line = r->at;
    char name[NAME_SIZE], *end;
    json_t *labels;
    double value;

    if (!r->typed || !take_name(r, name))
        return false;
    labels = take_labels(r);
    if (!labels)
        return false;
    rl_auto_free char *series = strndup(line, (size_t)(r->at - line));
    bool well = series && take(r, " ") && *r->at && !isspace((unsigned char)*r->at) &&
                !json_object_get(r->seen, series);
    value = well ? strtod(r->at, &end) : 0;
    well = well && *end == '\0' && isfinite(value) &&
           (strcmp(r->type, "histogram") == 0 ? fits_histogram(r, name, labels, value)
                                              : strcmp(name, r->name) == 0) &&
           (strcmp(r->type, "gauge") == 0 || value >= 0) &&
           json_object_set_new(r->seen, series, json_true()) == 0;
    if (!well) {
        json_decref(labels);
        return false;
    }
    return json_array_append_new(json_object_get(r->family, "samples"),
               json_pack("{s:s, s:o, s:f}", "name", name, "labels", labels, "value", value)) == 0;
}

static bool take_line(struct reading *r)
{
    if (take(r, "# HELP "))
        return take_help(r);
    if (take(r, "# TYPE "))
        return r->family && take_type(r);
    return take_sample(r);
}

json_t *rl_metrics_parse(const char *text, unsigned *ret_line)
{
    struct reading r = {.families = json_array(), .seen = json_object()};
    bool well = r.families && r.seen;

    *ret_line = 0;
    while (well && *text) {
        const char *end = strchr(text, '\n');
        rl_auto_free char *line = strndup(text, end ? (size_t)(end - text) : 0);

        ++*ret_line;
        r.at = line;
        well = end && line && take_line(&r);
        text = end ? end + 1 : text;
    }
    json_decref(r.seen);
    if (well && !r.open)
        return json_pack("{s:o}", "families", r.families);
    json_decref(r.families);
    return NULL;
}

int rl_ctl_metrics(const struct rl_args *args)
{
    rl_auto_free char *text = NULL;
    json_auto_t *json = NULL;
    unsigned line;
    int code = rl_client_text(args, &text, "Metrics");

    if (code != RL_EXIT_OK)
        return code;
    if (!args->common[RL_OPT_JSON]) {
        fputs(text, stdout);
        return RL_EXIT_OK;
    }
    json = rl_metrics_parse(text, &line);
    if (!json) {
        fprintf(stderr, "reliefctl: line %u of reliefd's metrics is not understood\n", line);
        return RL_EXIT_FAILURE;
    }
    return rl_print_json(json);
}
