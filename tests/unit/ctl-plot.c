/* Pictures: what is read from records and traces, what is laid out where, what is written. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/plot-draw.h"
#include "daemon/ctl/plot-label.h"
#include "daemon/ctl/plot-read.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"

/* ---- records ---- */

#define COLUMNS                                                                                    \
    "\"columns\":[\"at_ms\",\"some_us\",\"full_us\",\"current_bytes\",\"used_bytes\","             \
    "\"swap_bytes\",\"high_bytes\",\"max_bytes\",\"refaults\"]"

#define STEPS                                                                                      \
    "\"steps\":[{\"step\":\"warn\",\"at_ms\":0},"                                                  \
    "{\"step\":\"reclaim\",\"arguments\":\"64M\",\"at_ms\":100,\"gained_bytes\":1048576},"         \
    "{\"step\":\"freeze\",\"at_ms\":200,\"skipped\":true},"                                        \
    "{\"step\":\"hook\",\"arguments\":\"/usr/x<&\\u001b[1m\",\"at_ms\":250,\"result\":\"error\"}," \
    "{\"step\":\"kill\",\"signal\":\"SIGKILL\",\"whole_cgroup\":true,\"at_ms\":1500}]"

#define LINES                                                                                      \
    "\"trigger\":{\"name\":\"stall\",\"lines\":["                                                  \
    "{\"key\":\"Pressure\",\"text\":\"full 20% over 2s\",\"threshold\":20},"                       \
    "{\"key\":\"Usage\",\"text\":\"90%\",\"threshold\":90},"                                       \
    "{\"key\":\"Headroom\",\"text\":\"below 5%\",\"threshold\":1048576},"                          \
    "{\"key\":\"Events\",\"text\":\"max 3 over 1min\",\"threshold\":3},"                           \
    "{\"key\":\"Pressure\",\"text\":\"some 10% over 1min\",\"threshold\":null}]}"

#define RECORD(samples)                                                                            \
    "{\"version\":1,\"id\":\"20240501T120000.000Z-7\",\"kind\":\"relief\",\"dry_run\":false,"      \
    "\"open\":false,\"started\":\"2024-05-01T12:00:00.000Z\",\"duration_ms\":4000,"                \
    "\"outcome\":{\"id\":\"not-relieved\",\"text\":\"it goes on\"},"                               \
    "\"sentence\":\"Killed leaker[1] in /a/b\",\"policy\":{\"name\":\"app\"},"                     \
    "\"offender\":\"/a/b\",\"available\":{\"bytes\":1,\"limited_by\":\"/a\"}," LINES "," STEPS     \
    ",\"freed_bytes\":33554432,\"time_to_gone_ms\":1900,\"samples\":" samples "}"

/* Half a minute before to the end, as four rows. */
#define ROWS(high, max)                                                                            \
    "[[-30000,0,0,10485760,9000000,0," high "," max ",0],"                                         \
    "[-1000,100000,50000,60000000,59000000,0," high "," max ",0],"                                 \
    "[1000,1900000,1250000,62914560,60000000,4096," high "," max ",5],"                            \
    "[4000,1950000,1260000,20971520,19000000,0," high "," max ",9]]"

#define CGROUPS                                                                                    \
    "{" COLUMNS ",\"cgroups\":["                                                                   \
    "{\"cgroup\":\"/a/b\",\"role\":\"offender\",\"rows\":" ROWS(                                   \
        "null", "null") "},"                                                                       \
                        "{\"cgroup\":\"/a\",\"role\":\"ancestor\",\"rows\":" ROWS("33554432",      \
                            "67108864") "},"                                                       \
                                        "{\"cgroup\":\"/\",\"role\":\"node\",\"rows\":" ROWS(      \
                                            "null", "1073741824") "}]}"

#define OWN_LIMITS                                                                                 \
    "{" COLUMNS ",\"cgroups\":[{\"cgroup\":\"/a/b\",\"role\":\"offender\",\"rows\":" ROWS(         \
        "50331648", "67108864") "}]}"

#define BOTH                                                                                       \
    "{" COLUMNS ",\"cgroups\":["                                                                   \
    "{\"cgroup\":\"/a/b\",\"role\":\"offender\",\"rows\":" ROWS(                                   \
        "50331648", "null") "},"                                                                   \
                            "{\"cgroup\":\"/a\",\"role\":\"ancestor\",\"rows\":" ROWS(             \
                                "33554432", "67108864") "}]}"

struct shown {
    json_t *record;
    struct rl_plot_source source;
    struct rl_plot plot;
    struct rl_figure figure;
};

static struct shown *show(const char *text, const char *cgroup)
{
    struct shown *shown = calloc(1, sizeof(*shown));
    json_error_t error;

    assert_non_null(shown);
    shown->record = json_loads(text, 0, &error);
    if (!shown->record)
        fail_msg("%d: %s", error.column, error.text);
    shown->source.name = "test";
    assert_int_equal(rl_plot_read_record(shown->record, &shown->source), 0);
    const struct rl_series *series = rl_plot_choose(&shown->source, cgroup);
    assert_non_null(series);
    rl_plot_of(&shown->source, series, &shown->plot);
    assert_int_equal(rl_figure_make(&shown->plot, &shown->figure), 0);
    return shown;
}

static void unshow(struct shown *shown)
{
    rl_figure_free(&shown->figure);
    rl_plot_source_free(&shown->source);
    json_decref(shown->record);
    free(shown);
}

static void expect_mark(const struct rl_plot *plot, size_t i, double at, const char *text)
{
    assert_true(i < plot->n_marks);
    assert_string_equal(plot->marks[i].text, text);
    assert_true(fabs(plot->marks[i].at - at) < 1e-6);
}

static void test_record(void **state)
{
    struct shown *shown = show(RECORD(OWN_LIMITS), NULL);
    const struct rl_plot *plot = &shown->plot;

    assert_string_equal(plot->title, "Killed leaker[1] in /a/b");
    assert_string_equal(plot->zero, "the incident began (2024-05-01 12:00:00 UTC)");
    assert_non_null(
        strstr(plot->about, "cgroup /a/b. Policy app, incident 20240501T120000.000Z-7."));
    assert_true(plot->begin == 0 && plot->end == 4 && plot->window[0] == 2);
    assert_null(plot->limits);
    assert_int_equal(plot->n_marks, 8);
    expect_mark(plot, 0, 0, "0 s trigger stall holds");
    expect_mark(plot, 1, 0, "0 s warn");
    expect_mark(plot, 2, 0.1, "+0.1 s reclaim 64M: 1 MB");
    expect_mark(plot, 3, 0.2, "+0.2 s skipped: freeze");
    expect_mark(plot, 4, 0.25, "+0.2 s hook x<&\\x1b[1m failed");
    expect_mark(plot, 5, 1.5, "+1.5 s SIGKILL to all");
    expect_mark(plot, 6, 1.9, "+1.9 s gone, 32 MB back");
    expect_mark(plot, 7, 4, "+4.0 s over: not relieved");
    assert_int_equal(plot->n_thresholds, 3);
    assert_true(plot->thresholds[0].pressure && plot->thresholds[0].value == 20);
    assert_string_equal(plot->thresholds[0].text, "full 20% over 2s");
    assert_false(plot->thresholds[1].pressure);
    assert_true(fabs(plot->thresholds[1].value - 0.9 * 50331648) < 1);
    assert_string_equal(plot->thresholds[1].text, "usage 90%");
    assert_true(plot->thresholds[2].value == 50331648 - 1048576);
    assert_string_equal(plot->thresholds[2].text, "headroom below 5%");
    unshow(shown);
}

static void test_choice(void **state)
{
    struct shown *shown = show(RECORD(CGROUPS), NULL);

    /* The limits of the one that limits it. */
    assert_string_equal(shown->plot.series->cgroup, "/a/b");
    assert_non_null(shown->plot.limits);
    assert_string_equal(shown->plot.limits_of, "/a");
    assert_int_equal(shown->plot.n_thresholds, 1); /* others are about what /a uses */
    assert_true(shown->plot.thresholds[0].pressure);
    unshow(shown);

    /* Its own limits count more. */
    shown = show(RECORD(BOTH), NULL);
    assert_null(shown->plot.limits);
    assert_true(shown->plot.thresholds[2].value == 50331648 - 1048576);
    unshow(shown);

    shown = show(RECORD(CGROUPS), "a");
    assert_string_equal(shown->plot.series->cgroup, "/a");
    assert_int_equal(shown->plot.n_thresholds, 0); /* they are another one's */
    assert_true(shown->plot.window[0] == 2);
    assert_null(rl_plot_choose(&shown->source, "/c"));
    unshow(shown);

    shown = show(RECORD(CGROUPS), "/");
    assert_string_equal(shown->plot.series->cgroup, "/");
    assert_non_null(strstr(shown->plot.about, "the whole machine"));
    unshow(shown);
}

/* What another reliefd, or nobody, has written. */
static void test_odd_records(void **state)
{
    static const struct {
        const char *text;
        size_t marks;
    } good[] = {
        {"{\"samples\":" OWN_LIMITS "}", 1},
        {"{\"offender\":\"/a/b\",\"open\":true,\"samples\":" OWN_LIMITS "}", 1},
        {"{\"kind\":\"kernel-oom\",\"duration_ms\":0,\"samples\":" OWN_LIMITS "}", 2},
        {"{\"by_hand\":{\"uid\":0},\"dry_run\":true,\"steps\":[{\"step\":\"kill\",\"at_ms\":5,"
         "\"signal\":\"SIGKILL\"},7,{}],\"samples\":" OWN_LIMITS "}",
            2},
        {"{\"samples\":{\"columns\":[\"at_ms\",\"new\",\"full_us\"],\"cgroups\":"
         "[{\"cgroup\":\"/a\",\"rows\":[[1,\"x\",5],[2],[],7,[\"y\"],[3,null,null,4]]}]}}",
            1},
    };
    static const char *const none[] = {
        "{}",
        "{\"samples\":null}",
        "{\"samples\":7}",
        "{\"samples\":{\"columns\":[],\"cgroups\":[]}}",
        "{\"samples\":{" COLUMNS ",\"cgroups\":[{\"cgroup\":\"/a\",\"rows\":[]}]}}",
        "{\"samples\":{\"cgroups\":[{\"cgroup\":\"/a\",\"rows\":[[1,2,3]]}]}}",
    };

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct shown *shown = show(good[i].text, NULL);
        assert_int_equal(shown->plot.n_marks, good[i].marks);
        unshow(shown);
    }
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        json_auto_t *record = json_loads(none[i], 0, NULL);
        struct rl_plot_source source = {.name = "test"};
        assert_non_null(record);
        assert_int_equal(rl_plot_read_record(record, &source), -ENODATA);
        rl_plot_source_free(&source);
    }
}

static void test_kinds(void **state)
{
    struct shown *shown = show("{\"kind\":\"kernel-oom\",\"samples\":" OWN_LIMITS "}", NULL);

    expect_mark(&shown->plot, 0, 0, "0 s the kernel kills");
    unshow(shown);
    shown = show(
        "{\"by_hand\":{\"uid\":0},\"dry_run\":true,\"time_to_gone_ms\":9,\"steps\":"
        "[{\"step\":\"kill\",\"at_ms\":700,\"signal\":\"SIGKILL\"}],\"samples\":" OWN_LIMITS "}",
        NULL);
    expect_mark(&shown->plot, 0, 0, "0 s asked by hand");
    expect_mark(&shown->plot, 1, 0.7, "+0.7 s would: SIGKILL");
    assert_int_equal(shown->plot.n_marks, 2); /* nobody is gone */
    assert_non_null(strstr(shown->plot.about, "nothing was done"));
    unshow(shown);
}

/* ---- traces ---- */

#define HEAD "{\"type\":\"trace\",\"version\":1}\n"
#define SAMPLE(cgroup, at, some, more)                                                             \
    "{\"type\":\"sample\",\"cgroup\":\"" cgroup "\",\"id\":1,\"at_us\":" at ",\"some_us\":" some   \
    ",\"full_us\":0,\"current\":100,\"file\":30,\"shmem\":10,\"slab_reclaimable\":5" more "}\n"

static int read_trace(const char *text, struct rl_plot_source *source)
{
    FILE *file = fmemopen((char *)(uintptr_t)text, strlen(text), "r");

    assert_non_null(file);
    *source = (struct rl_plot_source){.name = "test"};
    int r = rl_plot_read_trace(file, source);
    fclose(file);
    return r;
}

static void test_trace(void **state)
{
    struct rl_plot_source source;
    struct rl_plot *plot = calloc(1, sizeof(*plot));

    assert_non_null(plot);
    assert_int_equal(
        read_trace(HEAD SAMPLE("/a", "5000000", "0", "") SAMPLE("/b", "5000000", "0",
                       ",\"memory_max\":null") "{\"type\":\"later\"}\n\n" SAMPLE("/b", "6000000",
                       "900", ",\"memory_max\":4096,\"swap_current\":3") "{\"type\":\"sam",
            &source),
        0);
    const struct rl_series *series = rl_plot_choose(&source, NULL);
    assert_string_equal(series->cgroup, "/b"); /* it has waited */
    assert_int_equal(series->n, 2);
    assert_true(series->points[0].at == 0 && series->points[1].at == 1);
    assert_true(series->points[1].values[RL_VALUE_USED] == 75);
    assert_true(series->points[1].values[RL_VALUE_SWAP] == 3);
    assert_true(series->points[1].values[RL_VALUE_MAX] == 4096);
    assert_true(isnan(series->points[0].values[RL_VALUE_MAX]));
    rl_plot_of(&source, series, plot);
    assert_int_equal(plot->n_marks, 0);
    assert_string_equal(plot->title, "Trace test: cgroup /b");
    rl_plot_source_free(&source);

    assert_int_equal(read_trace(HEAD, &source), -ENODATA);
    rl_plot_source_free(&source);
    struct capture capture;
    capture_begin(&capture);
    int r = read_trace(HEAD "{\"type\":\n" SAMPLE("/a", "1", "1", ""), &source);
    const char *said = capture_end(&capture);
    assert_int_equal(r, -EBADMSG);
    assert_non_null(strstr(said, "test:2:"));
    rl_plot_source_free(&source);
    free(plot);
}

static void test_trace_node(void **state)
{
    static const char text[] = HEAD
        "{\"type\":\"node\",\"at_us\":1000000,\"mem_total\":1000,\"mem_available\":400,"
        "\"swap_total\":50,\"swap_free\":20}\n"
        "{\"type\":\"sample\",\"cgroup\":\"/\",\"at_us\":2000000,\"some_us\":7,\"full_us\":1}\n";
    struct rl_plot_source source;

    assert_int_equal(read_trace(text, &source), 0);
    const struct rl_series *root = rl_plot_choose(&source, "/");
    assert_non_null(root);
    assert_string_equal(root->cgroup, "/");
    assert_true(root->points[0].values[RL_VALUE_USED] == 600);
    assert_true(root->points[0].values[RL_VALUE_SWAP] == 30);
    assert_true(root->points[0].values[RL_VALUE_MAX] == 1000);
    assert_true(root->points[0].values[RL_VALUE_SOME] == 7);
    rl_plot_source_free(&source);

    /* Without samples of the root the machine's numbers stand alone. */
    assert_int_equal(read_trace("{\"type\":\"node\",\"at_us\":1,\"mem_total\":9,"
                                "\"mem_available\":4}\n",
                         &source),
        0);
    root = rl_plot_choose(&source, "/");
    assert_non_null(root);
    assert_true(root->points[0].values[RL_VALUE_USED] == 5);
    rl_plot_source_free(&source);
}

static void test_trace_incidents(void **state)
{
    static const char one[] = HEAD SAMPLE("/b", "1000000", "0", "") SAMPLE("/a", "11000000", "50",
        "") "{\"type\":\"incident\",\"record\":{\"open\":true}}\n"
            "{\"type\":\"incident\",\"record\":{\"id\":\"x\",\"offender\":\"/"
            "a\",\"duration_ms\":4000,"
            "\"outcome\":{\"id\":\"relieved\"},\"trigger\":{\"name\":\"t\",\"lines\":[]}}}\n";
    static const char two[] = HEAD SAMPLE("/a", "1000000", "0",
        "") "{\"type\":\"incident\",\"record\":{\"id\":\"x\",\"offender\":\"/a\",\"duration_ms\":0,"
            "\"outcome\":{\"id\":\"eased\"},\"trigger\":{\"name\":\"t\"}}}\n" SAMPLE("/a",
                "3000000", "0",
                "") "{\"type\":\"incident\",\"record\":{\"id\":\"y\",\"offender\":\"/"
                    "a\",\"duration_ms\":1000,"
                    "\"outcome\":{\"id\":\"relieved\"},\"trigger\":{\"name\":\"u\"},"
                    "\"victim\":{\"pid\":5,\"comm\":\"leaker\"}}}\n";
    struct rl_plot_source source;
    struct rl_plot *plot = calloc(1, sizeof(*plot));

    assert_non_null(plot);
    assert_int_equal(read_trace(one, &source), 0);
    assert_string_equal(rl_plot_choose(&source, NULL)->cgroup, "/a");
    rl_plot_of(&source, rl_plot_choose(&source, NULL), plot);
    assert_true(plot->begin == 0 && plot->end == 4);
    assert_true(plot->series->points[0].at == 4); /* it began 4 s before it was written down */
    expect_mark(plot, 0, 0, "0 s trigger t holds");
    rl_plot_source_free(&source);

    assert_int_equal(read_trace(two, &source), 0);
    rl_plot_of(&source, rl_plot_choose(&source, NULL), plot);
    assert_int_equal(plot->n_marks, 2);
    expect_mark(plot, 0, 0, "0 s t: eased");
    expect_mark(plot, 1, 1, "+1.0 s u: leaker[5], relieved");
    assert_string_equal(plot->title, "Trace test: cgroup /a, 2 incidents");
    rl_plot_source_free(&source);
    free(plot);
}

/* ---- the layout ---- */

struct box {
    double left, top, right, bottom;
};

static struct box box_of(const struct rl_figure *figure, const struct rl_shape *shape)
{
    const struct rl_place *place = &figure->places[shape->first];
    double width = rl_label_width(figure->texts + shape->text, shape->size, shape->bold);
    double left = place->x - (shape->anchor == RL_ANCHOR_END         ? width
                                 : shape->anchor == RL_ANCHOR_MIDDLE ? width / 2
                                                                     : 0);

    return (struct box){left, place->y - 0.75 * shape->size, left + width, place->y + 1};
}

static bool overlap(const struct box *a, const struct box *b)
{
    return a->left < b->right && b->left < a->right && a->top < b->bottom && b->top < a->bottom;
}

/* Nothing leaves the picture, and no text lies on another one. */
static void check_figure(const struct rl_figure *figure)
{
    for (size_t i = 0; i < figure->n_shapes; i++) {
        const struct rl_shape *a = &figure->shapes[i];
        for (size_t k = 0; k < a->n; k++) {
            const struct rl_place *place = &figure->places[a->first + k];
            if (!(place->x >= 0 && place->x <= figure->width && place->y >= 0 &&
                    place->y <= figure->height))
                fail_msg("%s at %g, %g is outside", a->role, place->x, place->y);
        }
        if (a->kind != RL_SHAPE_TEXT)
            continue;
        struct box one = box_of(figure, a);
        if (one.left < 0 || one.right > figure->width || one.bottom > figure->height)
            fail_msg("'%s' is cut off", figure->texts + a->text);
        for (size_t k = 0; k < i; k++) {
            const struct rl_shape *b = &figure->shapes[k];
            struct box other = b->kind == RL_SHAPE_TEXT ? box_of(figure, b) : (struct box){0};
            if (b->kind == RL_SHAPE_TEXT && overlap(&one, &other))
                fail_msg("'%s' lies on '%s'", figure->texts + a->text, figure->texts + b->text);
        }
    }
}

static size_t count(const struct rl_figure *figure, const char *role)
{
    size_t n = 0;

    for (size_t i = 0; i < figure->n_shapes; i++)
        n += strcmp(figure->shapes[i].role, role) == 0;
    return n;
}

static const struct rl_shape *shape_of(const struct rl_figure *figure, const char *role, size_t nth)
{
    for (size_t i = 0; i < figure->n_shapes; i++) {
        if (strcmp(figure->shapes[i].role, role) == 0 && nth-- == 0)
            return &figure->shapes[i];
    }
    fail_msg("there is no %s", role);
    return NULL;
}

static bool says(const struct rl_figure *figure, const char *text)
{
    for (size_t i = 0; i < figure->n_shapes; i++) {
        if (figure->shapes[i].kind == RL_SHAPE_TEXT &&
            strcmp(figure->texts + figure->shapes[i].text, text) == 0)
            return true;
    }
    return false;
}

static void test_figure(void **state)
{
    struct shown *shown = show(RECORD(OWN_LIMITS), NULL);
    const struct rl_figure *figure = &shown->figure;

    check_figure(figure);
    assert_int_equal(count(figure, "title"), 1);
    assert_int_equal(count(figure, "mark"), 8);
    assert_int_equal(count(figure, "markline"), 16);
    assert_int_equal(count(figure, "incident"), 2);
    assert_int_equal(count(figure, "limit max"), 1);
    assert_int_equal(count(figure, "limit high"), 1);
    assert_int_equal(count(figure, "threshold"), 3);
    assert_true(says(figure, "limit 64 MB"));
    assert_true(says(figure, "high 48 MB"));
    assert_true(says(figure, "in use at last: 20 MB"));
    assert_true(says(figure, "full 20% over 2s"));
    assert_true(says(figure, "usage 90%"));
    assert_true(says(figure, "headroom below 5%"));
    assert_true(says(figure, "Waiting for memory, share of the last 2 s"));
    assert_true(says(figure, "60 MB"));
    assert_true(says(figure, "\xe2\x88\x92"
                             "30 s"));

    /* The first row to the last: from the left border to the right one, and down where memory came
     * back. */
    const struct rl_shape *line = shape_of(figure, "series current", 0);
    const struct rl_place *places = &figure->places[line->first];
    const struct rl_shape *high = shape_of(figure, "limit high", 0);
    const struct rl_shape *max = shape_of(figure, "limit max", 0);
    assert_int_equal(line->n, 4);
    assert_true(places[0].x == figure->places[max->first].x);
    assert_true(places[3].x == figure->places[max->first + 1].x);
    assert_true(places[2].y < places[1].y && places[3].y > places[2].y);
    assert_true(places[2].y > figure->places[max->first].y);
    assert_true(figure->places[high->first].y > figure->places[max->first].y);
    assert_true(places[2].y < figure->places[high->first].y); /* over high, below max */
    /* What the trigger's mark stands at is the beginning of what is shaded. */
    assert_true(figure->places[shape_of(figure, "markline", 0)->first].x ==
                figure->places[shape_of(figure, "incident", 0)->first].x);
    assert_non_null(strstr(figure->description, "At most 60 MB were in use, in the end 20 MB."));
    assert_non_null(strstr(figure->description, "SIGKILL to all"));
    unshow(shown);
}

static void test_figure_others(void **state)
{
    struct shown *shown = show(RECORD(CGROUPS), NULL);

    check_figure(&shown->figure);
    assert_true(says(&shown->figure, "limit of /a"));
    assert_int_equal(count(&shown->figure, "limit max"), 1);
    unshow(shown);

    /* A limit far away is said, and does not press the rest flat. */
    shown = show(RECORD(CGROUPS), "/");
    check_figure(&shown->figure);
    assert_int_equal(count(&shown->figure, "limit max"), 0);
    assert_true(says(&shown->figure, "all memory 1 GB, far above"));
    assert_int_equal(count(&shown->figure, "series swap"), 1);
    for (size_t i = 0; i < shown->plot.series->n; i++)
        shown->plot.series->points[i].values[RL_VALUE_SWAP] = 0;
    rl_figure_free(&shown->figure);
    assert_int_equal(rl_figure_make(&shown->plot, &shown->figure), 0);
    assert_int_equal(count(&shown->figure, "series swap"), 0); /* none was used */
    assert_false(says(&shown->figure, "swap"));
    unshow(shown);
}

static void append(struct rl_series *series, double at, double current, double full_s)
{
    struct rl_plot_point point = rl_plot_point_at(at);

    point.values[RL_VALUE_CURRENT] = current;
    point.values[RL_VALUE_FULL] = full_s * 1e6;
    assert_int_equal(rl_series_add(series, &point), 0);
}

static struct rl_plot *plot_of(const struct rl_series *series)
{
    struct rl_plot *plot = calloc(1, sizeof(*plot));

    assert_non_null(plot);
    *plot = (struct rl_plot){
        .title = "test", .series = series, .window = {10, 10}, .begin = NAN, .end = NAN};
    return plot;
}

static void test_gaps(void **state)
{
    struct rl_series series = {.cgroup = strdup("/a")};
    struct rl_plot *plot = plot_of(&series);
    struct rl_figure figure;

    for (int i = 0; i < 60; i++)
        append(&series, i < 40 ? i : i + 100, i == 20 ? NAN : 1000 * i, 0.1 * i);
    assert_int_equal(rl_figure_make(plot, &figure), 0);
    check_figure(&figure);
    assert_int_equal(count(&figure, "series current"), 3); /* broken by a null and by a pause */
    assert_int_equal(count(&figure, "series full"), 2);
    assert_int_equal(shape_of(&figure, "series current", 0)->n, 20);
    assert_int_equal(shape_of(&figure, "series current", 1)->n, 19);
    assert_int_equal(shape_of(&figure, "series current", 2)->n, 20);
    assert_int_equal(count(&figure, "series used"), 0);
    assert_int_equal(count(&figure, "series some"), 0);
    rl_figure_free(&figure);
    rl_series_free(&series);
    free(plot);
}

static void test_one_sample(void **state)
{
    struct rl_series series = {.cgroup = strdup("/a")};
    struct rl_plot *plot = plot_of(&series);
    struct rl_figure figure;

    append(&series, 7, 1 << 20, 1);
    assert_int_equal(rl_figure_make(plot, &figure), 0);
    check_figure(&figure);
    assert_int_equal(count(&figure, "series current"), 1); /* a dot */
    assert_int_equal(count(&figure, "series full"), 0);
    assert_true(says(&figure, "Waiting for memory (not known: it takes two samples)"));
    rl_figure_free(&figure);
    series.points[0].values[RL_VALUE_CURRENT] = NAN;
    assert_int_equal(rl_figure_make(plot, &figure), 0);
    assert_true(says(&figure, "Memory (not known)"));
    rl_figure_free(&figure);
    rl_series_free(&series);
    free(plot);
}

/* A day of samples is no larger a picture than what can be seen of it, and spikes stay. */
static void test_hours(void **state)
{
    struct rl_series series = {.cgroup = strdup("/a")};
    struct rl_plot *plot = plot_of(&series);
    struct rl_figure figure;
    size_t spikes = 0, dips = 0;

    /* Up and down within one pixel, and down and up. */
    for (int i = 0; i < 86400; i++) {
        bool spike = i == 49990 || i == 60010, dip = i == 50000 || i == 60000;
        append(&series, i, spike ? 9e8 : dip ? 1e6 : 1e8 + i % 7, 0.01 * i);
    }
    assert_int_equal(rl_figure_make(plot, &figure), 0);
    const struct rl_shape *line = shape_of(&figure, "series current", 0);
    const struct rl_shape *area = shape_of(&figure, "area", 0);
    const struct rl_place *places = &figure.places[line->first];
    double bottom = figure.places[area->first].y;
    assert_in_range(line->n, 1000, 8000);
    for (size_t i = 0; i < line->n; i++) {
        const struct rl_place *place = &figure.places[line->first + i];
        spikes += bottom - place->y > 8.5 * (bottom - places->y);
        dips += bottom - place->y < 0.1 * (bottom - places->y);
        assert_true(i == 0 || place->x >= place[-1].x);
    }
    assert_int_equal(spikes, 2);
    assert_int_equal(dips, 2);
    check_figure(&figure);
    rl_figure_free(&figure);
    rl_series_free(&series);
    free(plot);
}

/* Whatever it is asked to draw. */
static void test_any_figure(void **state)
{
    srand(3);
    for (int round = 0; round < 300; round++) {
        struct rl_series series = {.cgroup = strdup("/a")};
        struct rl_plot *plot = plot_of(&series);
        struct rl_figure figure;
        double size = pow(2, rand() % 50), span = pow(10, rand() % 7 - 2);

        plot->two = rand() % 2;
        for (size_t k = 0; k < RL_PLOT_SIDES && plot->two; k++)
            memset(plot->names[k], 'M', (size_t)(rand() % (int)sizeof(plot->names[k])));
        for (int i = rand() % 30; i >= 0; i--) {
            struct rl_plot_point point = rl_plot_point_at(-span * i);
            for (size_t k = 0; k < RL_VALUES; k++)
                point.values[k] = rand() % 5 ? size * (rand() % 100) : NAN;
            assert_int_equal(rl_series_add(&series, &point), 0);
        }
        for (plot->n_marks = 0; plot->n_marks < (size_t)(rand() % 20); plot->n_marks++) {
            struct rl_plot_mark *mark = &plot->marks[plot->n_marks];
            mark->at = plot->n_marks > 0 ? mark[-1].at + (rand() % 3) * span / 9 : -span;
            mark->side = plot->two ? (unsigned)rand() % 2 : 0;
            snprintf(mark->text, sizeof(mark->text), "%.*s", 1 + rand() % 60,
                "a mark of any length that may be a little or much too long for it");
        }
        for (; plot->n_thresholds < (size_t)(rand() % 5); plot->n_thresholds++)
            plot->thresholds[plot->n_thresholds] = (struct rl_plot_threshold){rand() % 2,
                (rand() % 2 ? 1 : size) * (rand() % 100), "any threshold over 10min",
                plot->two ? (unsigned)rand() % 2 : 0};
        if (rand() % 2) {
            plot->limits = &series;
            memset(plot->limits_of, 'W', (size_t)(rand() % (int)sizeof(plot->limits_of)));
        }
        plot->machine = rand() % 4 == 0;
        memset(plot->title, 'a' + round % 26, (size_t)(rand() % 1000));
        assert_int_equal(rl_figure_make(plot, &figure), 0);
        check_figure(&figure);
        rl_figure_free(&figure);
        rl_series_free(&series);
        free(plot);
    }
}

/* ---- pictures ---- */

static char *svg_of(const struct rl_figure *figure)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    assert_int_equal(rl_plot_svg(figure, out), 0);
    fclose(out);
    return text;
}

static void test_svg(void **state)
{
    struct shown *shown = show(RECORD(OWN_LIMITS), NULL);
    char *text = svg_of(&shown->figure);

    assert_non_null(strstr(text, "<title id=\"title\">Killed leaker[1] in /a/b</title>"));
    assert_non_null(strstr(text, "<desc id=\"desc\">Memory and pressure of /a/b"));
    assert_non_null(strstr(text, ">+1.5 s SIGKILL to all</text>"));
    assert_non_null(strstr(text, "hook x&#60;&#38;\\x1b[1m failed</text>"));
    assert_null(strstr(text, "\x1b"));
    assert_non_null(strstr(text, "class=\"series current\""));
    assert_non_null(strstr(text, "stroke-dasharray=\""));
    assert_null(strstr(text, "nan"));
    assert_null(strstr(text, "inf\""));
    free(text);

    /* Bytes that XML may not hold. */
    snprintf(shown->plot.title, sizeof(shown->plot.title), "\x01\xff\"\xef\xbf\xbe\x7f");
    rl_figure_free(&shown->figure);
    assert_int_equal(rl_figure_make(&shown->plot, &shown->figure), 0);
    text = svg_of(&shown->figure);
#define BAD "\xef\xbf\xbd"
    assert_non_null(strstr(text, "<title id=\"title\">" BAD BAD "&#34;" BAD BAD "</title>"));
    free(text);
    unshow(shown);
}

static void test_svg_full(void **state)
{
    struct shown *shown = show(RECORD(OWN_LIMITS), NULL);
    FILE *full = fopen("/dev/full", "we");

    if (full) {
        assert_int_equal(rl_plot_svg(&shown->figure, full), -ENOSPC);
        fclose(full);
    }
    unshow(shown);
}

/* ---- the command ---- */

struct command {
    const char *words[6];
    int code;
    const char *says; /* a part of it */
    const char *file; /* that was written; NULL: none */
    const char *begins;
};

static struct folder folder;

static void write_text(const char *name, const char *text)
{
    FILE *file = fopen(name, "we");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void expect_file(const char *name, const char *begins)
{
    char text[64] = "";
    FILE *file = fopen(name, "re");

    if (!file)
        fail_msg("%s was not written", name);
    assert_true(fread(text, 1, sizeof(text) - 1, file) > strlen(begins));
    assert_memory_equal(text, begins, strlen(begins));
    fclose(file);
    unlink(name);
}

static void test_command(void **state)
{
#define ID  "20240501T120000.000Z-7"
#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<svg "
    static const struct command commands[] = {
        {{"plot", ID}, RL_EXIT_OK, ID ".svg\n", ID ".svg", XML},
        {{"plot", "last"}, RL_EXIT_OK, ID ".svg\n", ID ".svg", XML},
        {{"plot", "record.json", "-o", "x.SVG"}, RL_EXIT_OK, "x.SVG\n", "x.SVG", XML},
        {{"plot", "-o", "x.svg", "./record.json"}, RL_EXIT_OK, "x.svg\n", "x.svg", XML},
        {{"plot", "--output=x.svg", "record.json"}, RL_EXIT_OK, "x.svg\n", "x.svg", XML},
        {{"plot", "some.trace"}, RL_EXIT_OK, "some.svg\n", "some.svg", XML},
        {{"plot", "record.json", "-o", "-"}, RL_EXIT_OK, XML, NULL, NULL},
        {{"plot", "record.json", "--json"}, RL_EXIT_OK, "\"samples\": 4", ID ".svg", XML},
        {{"plot", "record.json", "--cgroup", "/c"}, RL_EXIT_FAILURE, "there are of:\n  /a/b\n",
            NULL, NULL},
        {{"plot"}, RL_EXIT_USAGE, "which one?", NULL, NULL},
        {{"plot", "nothing"}, RL_EXIT_FAILURE, "there is no incident 'nothing'", NULL, NULL},
        {{"plot", "./nothing"}, RL_EXIT_FAILURE, "./nothing: No such file", NULL, NULL},
        {{"plot", "a b"}, RL_EXIT_USAGE, "neither an incident", NULL, NULL},
        {{"plot", "bad.json"}, RL_EXIT_FAILURE, "bad.json:1:", NULL, NULL},
        {{"plot", "empty.json"}, RL_EXIT_FAILURE, "holds no samples", NULL, NULL},
        {{"plot", "record.json", "-o", "x.pdf"}, RL_EXIT_USAGE, "ends neither in .svg nor in .png",
            NULL, NULL},
        {{"plot", "record.json", "-o", "no/x.svg"}, RL_EXIT_FAILURE, "no/x.svg: No such file", NULL,
            NULL},
        {{"plot", "record.json", "-o", "/dev/full/x.svg"}, RL_EXIT_FAILURE, "Not a directory", NULL,
            NULL},
        {{"explain", "-o", "x.svg"}, RL_EXIT_USAGE, "-", NULL, NULL},
    };

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        const struct command *one = &commands[i];
        char *argv[12];
        static const char *const first[] = {
            "reliefctl", "--state-dir", "state", "--runtime-dir", "."};
        const struct rl_command *command;
        struct rl_args args;
        struct capture capture;
        int argc = 0, code = RL_EXIT_USAGE;

        for (; argc < 5; argc++)
            argv[argc] = (char *)(uintptr_t)first[argc];
        for (size_t k = 0; one->words[k]; k++)
            argv[argc++] = (char *)(uintptr_t)one->words[k];
        capture_begin(&capture);
        if (rl_args_parse(argc, argv, &command, &args) == 0)
            code = command->run(&args);
        const char *said = capture_end(&capture);
        if (code != one->code || !strstr(said, one->says))
            fail_msg("plot %s: %d, %s", one->words[1], code, said);
        if (one->file)
            expect_file(one->file, one->begins);
    }
}

/* fontconfig keeps what it has read of fonts for as long as the program runs. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libfontconfig";
}

static void test_png(void **state)
{
    struct shown *shown = show(RECORD(OWN_LIMITS), NULL);
    struct capture capture;
    char *data = NULL;
    size_t size;
    FILE *out = open_memstream(&data, &size);

    assert_non_null(out);
    capture_begin(&capture);
    int r = rl_plot_png(&shown->figure, out);
    const char *said = capture_end(&capture);
    fclose(out);
    if (r == 0) {
        assert_true(size > 10000);
        assert_memory_equal(data, "\x89PNG\r\n", 6);
        assert_string_equal(said, "");
    } else {
        assert_int_equal(r, -EOPNOTSUPP);
        assert_non_null(strstr(said, "cairo"));
        assert_non_null(strstr(said, ".svg"));
    }
    free(data);
    unshow(shown);
}

static int enter(void **state)
{
    folder_new(&folder);
    assert_int_equal(chdir(folder.path), 0);
    assert_int_equal(mkdir("state", 0755) | mkdir("state/incidents", 0755), 0);
    write_text("record.json", RECORD(OWN_LIMITS));
    write_text("state/incidents/" ID ".json", RECORD(OWN_LIMITS));
    write_text("some.trace", HEAD SAMPLE("/a", "1", "1", ""));
    write_text("bad.json", "{");
    write_text("empty.json", "{\"samples\": null}");
    return 0;
}

static int leave(void **state)
{
    assert_int_equal(chdir("/"), 0);
    folder_free(&folder);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_odd_records),
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_trace),
        cmocka_unit_test(test_trace_node),
        cmocka_unit_test(test_trace_incidents),
        cmocka_unit_test(test_figure),
        cmocka_unit_test(test_figure_others),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_one_sample),
        cmocka_unit_test(test_hours),
        cmocka_unit_test(test_any_figure),
        cmocka_unit_test(test_svg),
        cmocka_unit_test(test_svg_full),
        cmocka_unit_test(test_png),
        cmocka_unit_test_setup_teardown(test_command, enter, leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
