#include "daemon/ctl/plot-figure.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/maths.h"
#include "daemon/ctl/plot-label.h"
#include "daemon/ctl/plot-panel.h"
#include "daemon/ctl/plot-scale.h"
#include "daemon/report/cleanup.h"

#define WIDTH           960.0
#define MARGIN          16.0
#define LEFT            82.0
#define RIGHT           764.0
#define TITLE_SIZE      14.0
#define TITLE_LINE      19.0
#define ABOUT_SIZE      11.0
#define ABOUT_LINE      16.0
#define PARAGRAPH_LINES 5
#define LANE            16.0
#define MEMORY_HEIGHT   230.0
#define PRESSURE_HEIGHT 150.0
#define MARK_CUT        260.0
#define MARK_APART      0.5
#define ENTRY_CUT       300.0

#define TICKS_UP     7
#define TICKS_ACROSS 9

#define OFF_SCALE 3.0 /* a limit so many times above everything else would press it flat */

/* What a picture is made of while it is laid out. */
struct layout {
    const struct rl_plot *plot;
    struct rl_figure *figure;
    struct rl_panel memory, pressure[RL_PLOT_SIDES];
    unsigned sides; /* panels of pressure */
    struct rl_label_flag flags[RL_PLOT_MARKS_MAX];
    unsigned lanes;
    double gap;                       /* seconds */
    double *shares[RL_PLOT_SIDES][2]; /* some, full */
    double y;                         /* where what comes next begins */
};

static const struct rl_panel_line line_current = {
    "series current", RL_INK_CURRENT, RL_DASH_NONE, 2.2, "in use"};
static const struct rl_panel_line line_area = {"area", RL_INK_CURRENT_AREA, RL_DASH_NONE, 0, NULL};
static const struct rl_panel_line line_used = {
    "series used", RL_INK_USED, RL_DASH_SHORT, 1.8, "in use without caches"};
static const struct rl_panel_line line_swap = {
    "series swap", RL_INK_SWAP, RL_DASH_DOTS, 2.2, "swap"};
static const struct rl_panel_line line_max = {
    "limit max", RL_INK_LIMIT, RL_DASH_NONE, 1.4, "limit"};
static const struct rl_panel_line line_high = {
    "limit high", RL_INK_HIGH, RL_DASH_DASH_DOT, 1.6, "slowed down above (high)"};
static const struct rl_panel_line line_threshold = {
    "threshold", RL_INK_THRESHOLD, RL_DASH_LONG, 1.1, "trigger's threshold"};
static const struct rl_panel_line line_some = {
    "series some", RL_INK_SOME, RL_DASH_SHORT, 1.8, "some tasks wait (some)"};
static const struct rl_panel_line line_full = {
    "series full", RL_INK_FULL, RL_DASH_NONE, 2.2, "all tasks wait (full)"};

/* ---- time ---- */

static void find_times(struct layout *layout)
{
    const struct rl_plot *plot = layout->plot;
    const struct rl_series *series = plot->series;
    double from = series->points[0].at, to = series->points[series->n - 1].at;

    from = rl_min(from, plot->begin);
    to = rl_max(to, rl_max(plot->begin, plot->end));
    for (size_t i = 0; i < plot->n_marks; i++) {
        from = rl_min(from, plot->marks[i].at);
        to = rl_max(to, plot->marks[i].at);
    }
    if (to - from < 1) {
        from -= 2;
        to += 2;
    }
    layout->memory.from = from;
    layout->memory.to = to;
    for (unsigned i = 0; i < layout->sides; i++) {
        layout->pressure[i].from = from;
        layout->pressure[i].to = to;
    }
}

static void draw_times(struct layout *layout)
{
    const struct rl_canvas_font font = {
        .ink = RL_INK_QUIET, .size = RL_PANEL_FONT, .anchor = RL_ANCHOR_MIDDLE};
    const struct rl_panel *all[] = {&layout->memory, &layout->pressure[0], &layout->pressure[1]};
    double from = layout->memory.from, to = layout->memory.to;
    double step = rl_scale_time_step(to - from, TICKS_ACROSS),
           bottom = layout->pressure[layout->sides - 1].bottom;
    char text[RL_SCALE_TEXT_MAX], words[sizeof(layout->plot->zero) + 64];

    for (double i = rl_ceil(from / step - 1e-9); i * step <= to + 1e-9 * step; i++) {
        double x = rl_panel_x(&layout->memory, i * step);

        for (size_t k = 0; k < 1 + layout->sides; k++)
            rl_canvas_straight(layout->figure, "grid", RL_INK_GRID, RL_DASH_NONE, 1, x, all[k]->top,
                x, all[k]->bottom);
        rl_canvas_straight(
            layout->figure, "axis", RL_INK_QUIET, RL_DASH_NONE, 1, x, bottom, x, bottom + 4);
        rl_canvas_text(layout->figure, "tick", &font, x, bottom + 17,
            rl_scale_time_text(i * step, step, text, sizeof(text)));
    }
    snprintf(words, sizeof(words), "%s%s",
        *layout->plot->zero ? "time before and after " : "time since the first sample",
        layout->plot->zero);
    rl_canvas_text(layout->figure, "tick", &font, (LEFT + RIGHT) / 2, bottom + 35, words);
    layout->y = bottom + 35 + MARGIN;
}

/* ---- what stands above ---- */

static void draw_paragraph(struct layout *layout, const char *role, const char *text,
    const struct rl_canvas_font *font, double height)
{
    char last[1024];

    for (unsigned i = 0; *text && i < PARAGRAPH_LINES; i++) {
        const char *begin = text;
        size_t length = rl_label_break(&text, WIDTH - 2 * MARGIN, font->size, font->bold);

        layout->y += height;
        if (i + 1 == PARAGRAPH_LINES && *text) {
            snprintf(last, sizeof(last), "%s", begin);
            rl_label_cut(last, WIDTH - 2 * MARGIN, font->size, font->bold);
            rl_canvas_text(layout->figure, role, font, MARGIN, layout->y, last);
        } else {
            rl_canvas_text_part(layout->figure, role, font, MARGIN, layout->y, begin, length);
        }
    }
}

static void draw_head(struct layout *layout)
{
    const struct rl_canvas_font title = {.ink = RL_INK_TEXT, .size = TITLE_SIZE, .bold = true};
    const struct rl_canvas_font about = {.ink = RL_INK_QUIET, .size = ABOUT_SIZE};

    layout->y = 6;
    draw_paragraph(layout, "title", layout->plot->title, &title, TITLE_LINE);
    layout->y += 3;
    draw_paragraph(layout, "about", layout->plot->about, &about, ABOUT_LINE);
}

/* ---- marks ---- */

static const struct rl_canvas_font mark_font = {.ink = RL_INK_TEXT, .size = RL_PANEL_FONT};

/* A mark's text, cut to the room that it has right of its line. */
static void mark_text(const struct rl_plot_mark *mark, double x, char *buf, size_t size)
{
    double room = WIDTH - MARGIN / 2 - x - RL_LABEL_GAP;

    snprintf(buf, size, "%s", mark->text);
    rl_label_cut(buf, rl_min(room, MARK_CUT), mark_font.size, mark_font.bold);
}

/* Find a lane for each, before it is known how high the panels stand. */
static void place_marks(struct layout *layout)
{
    const struct rl_plot *plot = layout->plot;
    char text[RL_PLOT_TEXT_MAX];

    for (size_t i = 0; i < plot->n_marks; i++) {
        struct rl_label_flag *flag = &layout->flags[i];
        flag->x = rl_panel_x(&layout->memory, plot->marks[i].at);
        mark_text(&plot->marks[i], flag->x, text, sizeof(text));
        flag->width = rl_label_width(text, mark_font.size, mark_font.bold);
    }
    layout->lanes = rl_label_lanes(layout->flags, plot->n_marks);
}

/* Does another mark's line stand there, as high at least? Broken lines would fill each other's
 * gaps.
 */
static bool has_line(const struct layout *layout, size_t i)
{
    const struct rl_label_flag *flags = layout->flags;

    for (size_t k = 0; k < layout->plot->n_marks; k++)
        if (k != i && layout->plot->marks[k].side == layout->plot->marks[i].side &&
            fabs(flags[k].x - flags[i].x) < MARK_APART &&
            (flags[k].lane > flags[i].lane || (flags[k].lane == flags[i].lane && k < i)))
            return true;
    return false;
}

static void draw_mark_line(struct layout *layout, const struct rl_label_flag *flag, unsigned side)
{
    const struct rl_panel *memory = &layout->memory, *pressure = &layout->pressure[side];
    enum rl_dash dash = side == 0 ? RL_DASH_NONE : RL_DASH_LONG;
    double y = memory->top - 10 - LANE * flag->lane;

    rl_canvas_straight(layout->figure, "markline", RL_INK_MARK, dash, 0.9, flag->x, y - 9, flag->x,
        memory->bottom);
    rl_canvas_straight(layout->figure, "markline", RL_INK_MARK, dash, 0.9, flag->x, pressure->top,
        flag->x, pressure->bottom);
}

static void draw_marks(struct layout *layout)
{
    const struct rl_plot *plot = layout->plot;
    char text[RL_PLOT_TEXT_MAX];

    for (size_t i = 0; i < plot->n_marks; i++) {
        const struct rl_label_flag *flag = &layout->flags[i];
        if (plot->marks[i].side == 0 || !has_line(layout, i))
            draw_mark_line(layout, flag, plot->marks[i].side);
        mark_text(&plot->marks[i], flag->x, text, sizeof(text));
        rl_canvas_text(layout->figure, "mark", &mark_font, flag->x + RL_LABEL_GAP,
            layout->memory.top - 10 - LANE * flag->lane, text);
    }
}

/* From the beginning of the incident to its end. */
static void shade(struct layout *layout, const struct rl_panel *panel)
{
    const struct rl_plot *plot = layout->plot;
    double end = isnan(plot->end) ? panel->to : plot->end;

    if (!isnan(plot->begin))
        rl_canvas_box(layout->figure, "incident", RL_INK_INCIDENT, rl_panel_x(panel, plot->begin),
            panel->top, rl_panel_x(panel, end), panel->bottom);
}

/* ---- memory ---- */

static const struct rl_series *limits_of(const struct rl_plot *plot)
{
    return plot->limits ? plot->limits : plot->series;
}

/* The height of the axis: all that was in use, and what it is held against unless that is far away.
 */
static double memory_top(const struct rl_plot *plot)
{
    static const enum rl_value limits[] = {RL_VALUE_HIGH, RL_VALUE_MAX};
    double data = rl_max(rl_series_most(plot->series, RL_VALUE_CURRENT),
        rl_max(rl_series_most(plot->series, RL_VALUE_USED),
            rl_series_most(plot->series, RL_VALUE_SWAP)));
    double top = data = isnan(data) || data < 1024 ? 1024 : data;

    for (size_t i = 0; i < 2; i++) {
        double limit = rl_series_most(limits_of(plot), limits[i]);
        if (limit <= OFF_SCALE * data)
            top = rl_max(top, limit);
    }
    for (size_t i = 0; i < plot->n_thresholds; i++) {
        if (!plot->thresholds[i].pressure && plot->thresholds[i].value <= OFF_SCALE * data)
            top = rl_max(top, plot->thresholds[i].value);
    }
    return top * 1.04;
}

static void draw_value(struct layout *layout, const struct rl_panel_line *line, enum rl_value which)
{
    const struct rl_series *series = layout->plot->series;

    rl_panel_series(&layout->memory, line, line == &line_area, series,
        &series->points[0].values[which], sizeof(series->points[0]), layout->gap);
}

static void draw_limit(
    struct layout *layout, const struct rl_panel_line *line, enum rl_value which, const char *what)
{
    const struct rl_series *series = limits_of(layout->plot);
    struct rl_panel *panel = &layout->memory;
    double last = rl_series_last(series, which);
    char text[RL_PLOT_TEXT_MAX], size[RL_SCALE_TEXT_MAX];

    if (isnan(last))
        return;
    snprintf(text, sizeof(text), "%s %s%s", what, rl_scale_bytes_text(last, size, sizeof(size)),
        last > panel->most ? ", far above" : "");
    rl_panel_note(panel, line->ink, last, text);
    if (rl_series_most(series, which) > panel->most)
        return;
    if (rl_series_least(series, which) == rl_series_most(series, which))
        rl_panel_level(panel, line, last);
    else
        rl_panel_series(panel, line, false, series, &series->points[0].values[which],
            sizeof(series->points[0]), layout->gap);
}

static void draw_thresholds(struct layout *layout, struct rl_panel *panel, int side)
{
    bool pressure = side >= 0;

    for (size_t i = 0; i < layout->plot->n_thresholds; i++) {
        const struct rl_plot_threshold *one = &layout->plot->thresholds[i];
        if (one->pressure != pressure || one->value > panel->most ||
            (pressure && (int)one->side != side))
            continue;
        rl_panel_level(panel, &line_threshold, one->value);
        rl_panel_note(panel, RL_INK_THRESHOLD, one->value, one->text);
    }
}

/* Side -1: of memory. */
static bool has_threshold(const struct rl_plot *plot, int side)
{
    for (size_t i = 0; i < plot->n_thresholds; i++) {
        const struct rl_plot_threshold *one = &plot->thresholds[i];
        if (side < 0 ? !one->pressure : one->pressure && (int)one->side == side)
            return true;
    }
    return false;
}

static void memory_legend(struct layout *layout)
{
    const struct rl_plot *plot = layout->plot;
    const struct rl_series *limits = limits_of(plot);
    struct rl_panel *panel = &layout->memory;
    char words[RL_PLOT_TEXT_MAX + 16];
    struct rl_panel_line max = line_max, used = line_used;
    bool is_machine = plot->machine && !plot->limits;

    rl_panel_heading(panel, layout->y,
        isnan(rl_series_most(plot->series, RL_VALUE_CURRENT)) &&
                isnan(rl_series_most(plot->series, RL_VALUE_USED))
            ? "Memory (not known)"
            : "Memory");
    if (!isnan(rl_series_most(plot->series, RL_VALUE_CURRENT)))
        rl_panel_entry(panel, &line_current);
    if (is_machine)
        used.words = "not available";
    if (!isnan(rl_series_most(plot->series, RL_VALUE_USED)))
        rl_panel_entry(panel, &used);
    if (rl_series_most(plot->series, RL_VALUE_SWAP) > 0)
        rl_panel_entry(panel, &line_swap);
    snprintf(words, sizeof(words), "limit of %s", plot->limits_of);
    rl_label_cut(words, ENTRY_CUT, RL_PANEL_FONT, false);
    if (plot->machine)
        max.words = "all memory";
    else if (plot->limits)
        max.words = words;
    if (rl_series_most(limits, RL_VALUE_MAX) <= panel->most)
        rl_panel_entry(panel, &max);
    if (rl_series_most(limits, RL_VALUE_HIGH) <= panel->most)
        rl_panel_entry(panel, &line_high);
    if (has_threshold(plot, -1))
        rl_panel_entry(panel, &line_threshold);
    layout->y = panel->pen_y;
}

static void draw_memory(struct layout *layout)
{
    struct rl_panel *panel = &layout->memory;
    struct rl_scale_unit unit = rl_scale_unit(panel->most);
    double step = unit.size * rl_scale_step(panel->most / unit.size, TICKS_UP);
    double last = rl_series_last(layout->plot->series, RL_VALUE_CURRENT);
    char text[RL_PLOT_TEXT_MAX], size[RL_SCALE_TEXT_MAX];

    rl_panel_axis(panel, step, unit.size, unit.name);
    draw_limit(layout, &line_max, RL_VALUE_MAX, layout->plot->machine ? "all memory" : "limit");
    draw_limit(layout, &line_high, RL_VALUE_HIGH, "high");
    draw_thresholds(layout, panel, -1);
    if (rl_series_most(layout->plot->series, RL_VALUE_SWAP) > 0)
        draw_value(layout, &line_swap, RL_VALUE_SWAP);
    draw_value(layout, &line_current, RL_VALUE_CURRENT);
    draw_value(layout, &line_used, RL_VALUE_USED);
    if (!isnan(last)) {
        snprintf(text, sizeof(text), "in use at last: %s",
            rl_scale_bytes_text(last, size, sizeof(size)));
        rl_panel_note(panel, RL_INK_CURRENT, last, text);
    }
    rl_panel_notes(panel);
}

/* ---- pressure ---- */

static double most_share(const struct layout *layout, unsigned side, size_t which)
{
    double most = NAN;

    for (size_t i = 0; i < layout->plot->series->n; i++)
        most = rl_max(most, layout->shares[side][which][i]);
    return most;
}

/* The same for both sides, so that their heights compare. */
static double pressure_top(const struct layout *layout)
{
    double top = 10;

    for (unsigned side = 0; side < layout->sides; side++)
        top = rl_max(top, rl_max(most_share(layout, side, 0), most_share(layout, side, 1)));
    for (size_t i = 0; i < layout->plot->n_thresholds; i++) {
        if (layout->plot->thresholds[i].pressure)
            top = rl_max(top, layout->plot->thresholds[i].value);
    }
    return rl_min(top * 1.04, 100);
}

static void pressure_heading(struct layout *layout, unsigned side, bool known)
{
    double window = layout->plot->window[side];
    bool minutes = window >= 60;
    char name[RL_PLOT_TEXT_MAX], text[2 * RL_PLOT_TEXT_MAX];

    snprintf(name, sizeof(name), "%s", layout->plot->names[side]);
    rl_label_cut(name, ENTRY_CUT, RL_PANEL_FONT, true);
    snprintf(text, sizeof(text), "%s%saiting for memory", name, *name ? ": w" : "W");
    if (known)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), ", share of the last %g %s",
            minutes ? window / 60 : window, minutes ? "min" : "s");
    else
        snprintf(
            text + strlen(text), sizeof(text) - strlen(text), " (not known: it takes two samples)");
    rl_panel_heading(&layout->pressure[side], layout->y, text);
}

static void pressure_legend(struct layout *layout, unsigned side)
{
    struct rl_panel *panel = &layout->pressure[side];
    bool some = !isnan(most_share(layout, side, 0)), full = !isnan(most_share(layout, side, 1));

    pressure_heading(layout, side, some || full);
    if (some)
        rl_panel_entry(panel, &line_some);
    if (full)
        rl_panel_entry(panel, &line_full);
    if (has_threshold(layout->plot, (int)side))
        rl_panel_entry(panel, &line_threshold);
    layout->y = panel->pen_y;
}

static void draw_pressure(struct layout *layout, unsigned side)
{
    const struct rl_series *series = layout->plot->series;
    struct rl_panel *panel = &layout->pressure[side];

    rl_panel_axis(panel, rl_scale_step(panel->most, TICKS_UP), 1, "%");
    draw_thresholds(layout, panel, (int)side);
    /* Dashes last: where all wait, they are the same, and both can be seen. */
    rl_panel_series(
        panel, &line_full, false, series, layout->shares[side][1], sizeof(double), layout->gap);
    rl_panel_series(
        panel, &line_some, false, series, layout->shares[side][0], sizeof(double), layout->gap);
    rl_panel_notes(panel);
}

/* ---- in words ---- */

static void describe(struct layout *layout)
{
    const struct rl_plot *plot = layout->plot;
    struct rl_figure *figure = layout->figure;
    double current = rl_series_most(plot->series, RL_VALUE_CURRENT),
           full = most_share(layout, 0, 1);
    double last = rl_series_last(plot->series, RL_VALUE_CURRENT);
    char *text = NULL, a[RL_SCALE_TEXT_MAX], b[RL_SCALE_TEXT_MAX];
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (!out) {
        figure->error = -ENOMEM;
        return;
    }
    fprintf(out, "Memory and pressure of %s over time, from %s to %s.", plot->series->cgroup,
        rl_scale_time_text(layout->memory.from, 0.1, a, sizeof(a)),
        rl_scale_time_text(layout->memory.to, 0.1, b, sizeof(b)));
    if (!isnan(current))
        fprintf(out, " At most %s were in use, in the end %s.",
            rl_scale_bytes_text(current, a, sizeof(a)), rl_scale_bytes_text(last, b, sizeof(b)));
    if (!isnan(full))
        fprintf(out, " All tasks waited for memory up to %.0f %% of the time.", full);
    for (size_t i = 0; i < plot->n_marks; i++)
        fprintf(out, "%s %s (%s)", i == 0 ? " Marks:" : ",", plot->marks[i].text,
            rl_scale_time_text(plot->marks[i].at, 0.01, a, sizeof(a)));
    fprintf(out, "%s", plot->n_marks > 0 ? "." : "");
    if (fclose(out) != 0)
        figure->error = -ENOMEM;
    figure->description = text;
    figure->title = strdup(plot->title);
    if (!figure->title)
        figure->error = -ENOMEM;
}

static struct rl_panel panel_of(const struct layout *layout)
{
    return (struct rl_panel){
        .figure = layout->figure, .left = LEFT, .right = RIGHT, .edge = WIDTH - MARGIN / 2};
}

static void lay_out(struct layout *layout)
{
    struct rl_panel *memory = &layout->memory, *pressure = layout->pressure;

    *memory = pressure[0] = pressure[1] = panel_of(layout);
    find_times(layout);
    memory->most = memory_top(layout->plot);

    draw_head(layout);
    layout->y += 28;
    memory_legend(layout);
    place_marks(layout);
    memory->top = layout->y + 16 + LANE * layout->lanes;
    memory->bottom = memory->top + MEMORY_HEIGHT;
    layout->y = memory->bottom;
    for (unsigned i = 0; i < layout->sides; i++) {
        layout->y += 28;
        pressure[i].most = pressure_top(layout);
        pressure_legend(layout, i);
        pressure[i].top = layout->y + 12;
        pressure[i].bottom = layout->y = pressure[i].top + PRESSURE_HEIGHT;
    }

    shade(layout, memory);
    if (layout->sides == 1)
        shade(layout, pressure);
    draw_value(layout, &line_area, RL_VALUE_CURRENT);
    draw_times(layout);
    draw_marks(layout);
    draw_memory(layout);
    for (unsigned i = 0; i < layout->sides; i++)
        draw_pressure(layout, i);
    describe(layout);
    layout->figure->width = WIDTH;
    layout->figure->height = layout->y;
}

static int find_shares(struct layout *layout, double *room)
{
    const struct rl_plot *plot = layout->plot;
    int r = rl_series_gap(plot->series, &layout->gap);

    for (unsigned i = 0; i < 2 * layout->sides && r == 0; i++) {
        unsigned side = i / 2;
        layout->shares[side][i % 2] = room + i * plot->series->n;
        r = rl_series_share(plot->series, i % 2 ? RL_VALUE_FULL : RL_VALUE_SOME, plot->window[side],
            layout->gap, &plot->known[side], layout->shares[side][i % 2]);
    }
    return r;
}

int rl_figure_make(const struct rl_plot *plot, struct rl_figure *ret)
{
    rl_auto_free double *shares = calloc(plot->series->n, 2 * RL_PLOT_SIDES * sizeof(*shares));
    rl_auto_free struct layout *layout = calloc(1, sizeof(*layout));
    int r;

    if (!shares || !layout)
        return -ENOMEM;
    *ret = (struct rl_figure){0};
    *layout = (struct layout){.plot = plot, .figure = ret, .sides = plot->two ? 2 : 1};
    r = find_shares(layout, shares);
    if (r == 0)
        lay_out(layout);
    r = r < 0 ? r : ret->error;
    if (r < 0)
        rl_figure_free(ret);
    return r;
}
