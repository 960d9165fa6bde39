/* An incident, or a trace, as a picture. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/find.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/plot-draw.h"
#include "daemon/ctl/plot-read.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"
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

static const struct rl_series *choose(const struct rl_plot_source *source, const char *cgroup)
{
    const struct rl_series *series = rl_plot_choose(source, cgroup);
    char name[1024];

    if (series)
        return series;
    fprintf(stderr, "reliefctl plot: there are no samples of '%s'; there are of:\n", cgroup);
    for (size_t i = 0; i < source->n; i++)
        fprintf(stderr, "  %s\n", rl_escape(source->series[i].cgroup, name, sizeof(name)));
    return NULL;
}

/* ---- where it goes ---- */

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);

    return length > n && strcasecmp(text + length - n, end) == 0;
}

/* ID.svg, or the name of what was read with another ending. */
static void name_output(
    const struct rl_plot_source *source, const char *word, char *buf, size_t size)
{
    const char *id = source->n_records == 1 ? rl_get_text(source->records[0], "id") : "";
    const char *base = strrchr(word, '/') ? strrchr(word, '/') + 1 : word;
    const char *point = strrchr(base, '.');
    int length = point && point > base ? (int)(point - base) : (int)strlen(base);

    if (rl_store_id_valid(id))
        snprintf(buf, size, "%s.svg", id);
    else if (strcmp(word, "-") == 0)
        snprintf(buf, size, "plot.svg");
    else
        snprintf(buf, size, "%.*s.svg", length, base);
}

/* The picture as a file in memory, so that a library that fails leaves no half file behind. */
static int draw(const struct rl_figure *figure, bool png, char **ret, size_t *ret_size)
{
    FILE *out = open_memstream(ret, ret_size);
    int r;

    if (!out)
        return -errno;
    r = png ? rl_plot_png(figure, out) : rl_plot_svg(figure, out);
    if (fclose(out) != 0 && r == 0)
        r = -ENOMEM;
    return r;
}

static int write_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, data, size);
        if (n < 0 && errno != EINTR)
            return -errno;
        data += n > 0 ? n : 0;
        size -= n > 0 ? (size_t)n : 0;
    }
    return 0;
}

static int write_picture(const char *path, const struct rl_figure *figure)
{
    bool standard = strcmp(path, "-") == 0;
    rl_auto_free char *data = NULL;
    size_t size = 0;
    int r = draw(figure, ends_in(path, ".png"), &data, &size);

    if (r == -EOPNOTSUPP)
        return RL_EXIT_FAILURE; /* it was said why */
    if (r < 0)
        return fail(path, strerror(-r));
    rl_auto_fd int fd = standard
                            ? dup(STDOUT_FILENO)
                            : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    r = fd < 0 ? -errno : write_all(fd, data, size);
    return r < 0 ? fail(path, strerror(-r)) : RL_EXIT_OK;
}

static int say_done(const struct rl_args *args, const char *path, const struct rl_plot *plot)
{
    json_auto_t *json = NULL;
    json_t *marks;

    if (strcmp(path, "-") == 0)
        return RL_EXIT_OK;
    if (!args->common[RL_OPT_JSON]) {
        printf("%s\n", path);
        return RL_EXIT_OK;
    }
    marks = json_array();
    for (size_t i = 0; i < plot->n_marks; i++)
        json_array_append_new(
            marks, json_pack("{s:I, s:o}", "at_ms", (json_int_t)(plot->marks[i].at * 1000), "text",
                       rl_json_string(plot->marks[i].text)));
    json = json_pack("{s:o, s:o, s:o, s:I, s:o}", "file", rl_json_string(path), "title",
        rl_json_string(plot->title), "cgroup", rl_json_string(plot->series->cgroup), "samples",
        (json_int_t)plot->series->n, "marks", marks);
    return json ? rl_print_json(json) : fail(path, strerror(ENOMEM));
}

static int plot(const struct rl_args *args, const struct rl_plot_source *source, const char *path)
{
    const struct rl_series *series = choose(source, args->own[OWN_CGROUP]);
    rl_auto_free struct rl_plot *what = calloc(1, sizeof(*what));
    struct rl_figure figure;
    int r, code;

    if (!series)
        return RL_EXIT_FAILURE;
    if (!what)
        return fail(path, strerror(ENOMEM));
    rl_plot_of(source, series, what);
    r = rl_figure_make(what, &figure);
    if (r < 0)
        return fail(path, strerror(-r));
    code = write_picture(path, &figure);
    rl_figure_free(&figure);
    return code == RL_EXIT_OK ? say_done(args, path, what) : code;
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
    if (output && strcmp(output, "-") != 0 && !ends_in(output, ".svg") &&
        !ends_in(output, ".png")) {
        fprintf(stderr, "reliefctl plot: '%s' ends neither in .svg nor in .png\n", output);
        return RL_EXIT_USAGE;
    }
    code = load(args, args->words[0], &source);
    if (code == RL_EXIT_OK) {
        name_output(&source, args->words[0], path, sizeof(path));
        code = plot(args, &source, output ? output : path);
    }
    rl_plot_source_free(&source);
    return code;
}
