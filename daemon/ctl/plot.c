/* An incident, or a trace, as a picture. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/find.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/plot-out.h"
#include "daemon/ctl/plot-read.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/store.h"

#define CHUNK 65536

enum own {
    OWN_OUTPUT,
    OWN_CGROUP,
};

const struct rl_option rl_plot_options[] = {
    [OWN_OUTPUT] = {"output", "FILE", "-o FILE, too: X.svg, X.png or - for SVG (ID.svg)"},
    [OWN_CGROUP] = {"cgroup", "PATH", "show that one (the one that was short of memory)"},
    {0},
};

static int fail(const char *name, const char *why)
{
    fprintf(stderr, "reliefctl plot: %s: %s\n", name, why);
    return RL_EXIT_FAILURE;
}

/* ---- what is shown ---- */

static int take_record(struct rl_plot_source *source, json_t *record)
{
    int r = rl_plot_read_record(record, source);

    if (r == -ENODATA)
        return fail(source->name,
            "this record holds no samples, so that there is nothing to draw: they are kept by "
            "reliefd in the incident's file (reliefctl explain tells what is known)");
    return r < 0 ? fail(source->name, strerror(-r)) : RL_EXIT_OK;
}

/* The record as the file has it: what the daemon tells may lack the samples. */
static int take_incident(
    const struct rl_args *args, const char *word, struct rl_plot_source *source)
{
    json_auto_t *record = NULL, *whole = NULL;
    int code = strcmp(word, "last") == 0 ? rl_find_last(args, &record)
                                         : rl_find_record(args, word, &record);

    if (code != RL_EXIT_OK)
        return code;
    if (rl_get(record, "samples") ||
        rl_store_read(rl_client_state_dir(args), rl_get_text(record, "id"), &whole) < 0)
        return take_record(source, record);
    return take_record(source, whole);
}

/* A stream that can be read twice. Return: NULL with errno set. */
static FILE *open_input(const char *word)
{
    bool standard = strcmp(word, "-") == 0;
    FILE *file = standard ? fdopen(dup(STDIN_FILENO), "r") : fopen(word, "re");
    char chunk[CHUNK];
    size_t n;

    if (!file || fseek(file, 0, SEEK_SET) == 0)
        return file;
    FILE *copy = tmpfile();
    while (copy && (n = fread(chunk, 1, sizeof(chunk), file)) > 0)
        fwrite(chunk, 1, n, copy);
    fclose(file);
    if (copy)
        rewind(copy);
    return copy;
}

/* A trace begins with a line that is a whole object and has a type. */
static bool is_trace(FILE *file)
{
    rl_auto_free char *line = NULL;
    size_t room = 0;
    ssize_t length = getline(&line, &room, file);
    json_auto_t *json = length > 0 ? json_loadb(line, (size_t)length, 0, NULL) : NULL;

    rewind(file);
    return rl_get(json, "type") != NULL;
}

static int take_file(const char *word, struct rl_plot_source *source)
{
    rl_auto_file FILE *file = open_input(word);
    json_auto_t *record = NULL;
    json_error_t error;

    if (!file)
        return fail(source->name, strerror(errno));
    if (is_trace(file)) {
        int r = rl_plot_read_trace(file, source);
        if (r == -EBADMSG)
            return RL_EXIT_FAILURE;
        return r == -ENODATA ? fail(source->name, "this trace holds no samples")
               : r < 0       ? fail(source->name, strerror(-r))
                             : RL_EXIT_OK;
    }
    record = json_loadf(file, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(record)) {
        fprintf(stderr, "reliefctl plot: %s:%d:%d: neither an incident's record nor a trace: %s\n",
            source->name, error.line, error.column, record ? "no object" : error.text);
        return RL_EXIT_FAILURE;
    }
    return take_record(source, record);
}

static int load(const struct rl_args *args, const char *word, struct rl_plot_source *source)
{
    bool file = strcmp(word, "-") == 0 || strchr(word, '/') || access(word, F_OK) == 0;

    source->name = strcmp(word, "-") == 0 ? "standard input" : word;
    if (file && strcmp(word, "last") != 0)
        return take_file(word, source);
    if (rl_store_id_valid(word))
        return take_incident(args, word, source);
    fprintf(stderr,
        "reliefctl plot: '%s' is neither an incident (reliefctl incidents lists them) "
        "nor a file\n",
        word);
    return RL_EXIT_USAGE;
}

/* ---- where it goes ---- */

/* ID.svg, or the name of what was read with another ending. */
static void name_output(
    const struct rl_plot_source *source, const char *word, char *buf, size_t size)
{
    const char *id = source->n_incidents == 1 ? rl_get_text(source->incidents[0].record, "id") : "";

    if (rl_store_id_valid(id))
        snprintf(buf, size, "%s.svg", id);
    else if (strcmp(word, "-") == 0)
        snprintf(buf, size, "plot.svg");
    else
        rl_plot_name(word, ".svg", buf, size);
}

int rl_ctl_plot(const struct rl_args *args)
{
    const char *output = args->own[OWN_OUTPUT];
    struct rl_plot_source source = {0};
    char path[PATH_MAX];
    int code;

    if (args->n_words == 0) {
        fprintf(stderr, "reliefctl plot: which one? Name an incident (reliefctl incidents lists "
                        "them), last, or a file\n");
        return RL_EXIT_USAGE;
    }
    if (output && !rl_plot_name_valid("plot", output))
        return RL_EXIT_USAGE;
    code = load(args, args->words[0], &source);
    if (code == RL_EXIT_OK) {
        name_output(&source, args->words[0], path, sizeof(path));
        code = rl_plot_write(args, "plot", &source, args->own[OWN_CGROUP], output ? output : path);
    }
    rl_plot_source_free(&source);
    return code;
}
