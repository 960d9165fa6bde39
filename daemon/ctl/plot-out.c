#include "daemon/ctl/plot-out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/ctl/out.h"
#include "daemon/ctl/plot-draw.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"

static bool ends_in(const char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);

    return length > n && strcasecmp(text + length - n, end) == 0;
}

bool rl_plot_name_valid(const char *command, const char *path)
{
    if (strcmp(path, "-") == 0 || ends_in(path, ".svg") || ends_in(path, ".png"))
        return true;
    fprintf(stderr, "reliefctl %s: '%s' ends neither in .svg nor in .png\n", command, path);
    return false;
}

void rl_plot_name(const char *file, const char *end, char *buf, size_t size)
{
    const char *base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
    const char *point = strrchr(base, '.');
    int length = point && point > base ? (int)(point - base) : (int)strlen(base);

    snprintf(buf, size, "%.*s%s", length, base, end);
}

static int fail(const char *command, const char *name, const char *why)
{
    fprintf(stderr, "reliefctl %s: %s: %s\n", command, name, why);
    return RL_EXIT_FAILURE;
}

static const struct rl_series *choose(
    const char *command, const struct rl_plot_source *source, const char *cgroup)
{
    const struct rl_series *series = rl_plot_choose(source, cgroup);
    char name[1024];

    if (series)
        return series;
    fprintf(stderr, "reliefctl %s: there are no samples of '%s'; there are of:\n", command, cgroup);
    for (size_t i = 0; i < source->n; i++)
        fprintf(stderr, "  %s\n", rl_escape(source->series[i].cgroup, name, sizeof(name)));
    return NULL;
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

static int write_picture(const char *command, const char *path, const struct rl_figure *figure)
{
    bool standard = strcmp(path, "-") == 0;
    rl_auto_free char *data = NULL;
    size_t size = 0;
    int r = draw(figure, ends_in(path, ".png"), &data, &size);

    if (r == -EOPNOTSUPP)
        return RL_EXIT_FAILURE; /* it was said why */
    if (r < 0)
        return fail(command, path, strerror(-r));
    rl_auto_fd int fd = standard
                            ? dup(STDOUT_FILENO)
                            : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOCTTY, 0666);
    r = fd < 0 ? -errno : write_all(fd, data, size);
    return r < 0 ? fail(command, path, strerror(-r)) : RL_EXIT_OK;
}

static int say_done(
    const struct rl_args *args, const char *command, const char *path, const struct rl_plot *plot)
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
    return json ? rl_print_json(json) : fail(command, path, strerror(ENOMEM));
}

int rl_plot_write(const struct rl_args *args, const char *command,
    const struct rl_plot_source *source, const char *cgroup, const char *path)
{
    const struct rl_series *series = choose(command, source, cgroup);
    rl_auto_free struct rl_plot *what = calloc(1, sizeof(*what));
    struct rl_figure figure;
    int r, code;

    if (!series)
        return RL_EXIT_FAILURE;
    if (!what)
        return fail(command, path, strerror(ENOMEM));
    rl_plot_of(source, series, what);
    r = rl_figure_make(what, &figure);
    if (r < 0)
        return fail(command, path, strerror(-r));
    code = write_picture(command, path, &figure);
    rl_figure_free(&figure);
    return code == RL_EXIT_OK ? say_done(args, command, path, what) : code;
}
