#include "daemon/ctl/plot-panel.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/maths.h"
#include "daemon/ctl/plot-label.h"
#include "daemon/ctl/plot-scale.h"

#define SAMPLE       26.0 /* of a line, in the legend */
#define SAMPLE_GAP   5.0
#define ENTRY_GAP    18.0
#define NOTE_GAP     12.0 /* between frame and words */
#define NOTE_HEIGHT  14.0
#define TICK         4.0
#define BASE         4.0 /* of small print below its middle */
#define HEADING_SIZE 12.0

double rl_panel_x(const struct rl_panel *panel, double at)
{
    return panel->left +
           (at - panel->from) / (panel->to - panel->from) * (panel->right - panel->left);
}

double rl_panel_y(const struct rl_panel *panel, double value)
{
    return panel->bottom - value / panel->most * (panel->bottom - panel->top);
}

void rl_panel_heading(struct rl_panel *panel, double y, const char *text)
{
    const struct rl_canvas_font font = {.ink = RL_INK_TEXT, .size = HEADING_SIZE, .bold = true};

    rl_canvas_text(panel->figure, "heading", &font, panel->left, y, text);
    panel->pen_x = panel->left + rl_label_width(text, HEADING_SIZE, true) + ENTRY_GAP;
    panel->pen_y = y;
}

void rl_panel_entry(struct rl_panel *panel, const struct rl_panel_line *line)
{
    const struct rl_canvas_font font = {.ink = RL_INK_TEXT, .size = RL_PANEL_FONT};
    double width = SAMPLE + SAMPLE_GAP + rl_label_width(line->words, RL_PANEL_FONT, false);
    double y = panel->pen_y;

    if (panel->pen_x > panel->left && panel->pen_x + width > panel->edge) {
        panel->pen_x = panel->left;
        panel->pen_y = y += RL_PANEL_LEGEND;
    }
    rl_canvas_straight(panel->figure, "legend", line->ink, line->dash, line->width, panel->pen_x,
        y - BASE, panel->pen_x + SAMPLE, y - BASE);
    rl_canvas_text(
        panel->figure, "legend", &font, panel->pen_x + SAMPLE + SAMPLE_GAP, y, line->words);
    panel->pen_x += width + ENTRY_GAP;
}

void rl_panel_axis(struct rl_panel *panel, double step, double unit, const char *name)
{
    const struct rl_canvas_font font = {
        .ink = RL_INK_QUIET, .size = RL_PANEL_FONT, .anchor = RL_ANCHOR_END};
    char number[RL_SCALE_TEXT_MAX], text[2 * RL_SCALE_TEXT_MAX];

    for (unsigned i = 0; i * step <= panel->most * (1 + 1e-9); i++) {
        double y = rl_panel_y(panel, i * step);

        rl_canvas_straight(panel->figure, i == 0 ? "axis" : "grid",
            i == 0 ? RL_INK_QUIET : RL_INK_GRID, RL_DASH_NONE, 1, panel->left, y, panel->right, y);
        snprintf(text, sizeof(text), "%s %s",
            rl_scale_text(i * step / unit, step / unit, number, sizeof(number)), name);
        rl_canvas_text(
            panel->figure, "tick", &font, panel->left - TICK - 3, y + BASE, i == 0 ? "0" : text);
    }
    rl_canvas_straight(panel->figure, "axis", RL_INK_QUIET, RL_DASH_NONE, 1, panel->left,
        panel->top, panel->left, panel->bottom);
}

/* ---- lines over time ---- */

/* Those points of one pixel column that can be seen, by their time. */
struct column {
    long x; /* in half pixels */
    struct rl_place first, low, high, last;
    bool any;
};

static void put(struct rl_figure *figure, const struct rl_place *place, struct rl_place *last)
{
    if (place->x < last->x || (place->x == last->x && place->y == last->y))
        return; /* it was put already */
    rl_canvas_to(figure, place->x, place->y);
    *last = *place;
}

static void flush(struct rl_figure *figure, struct column *column, struct rl_place *last)
{
    bool low_first = column->low.x <= column->high.x;

    if (!column->any)
        return;
    put(figure, &column->first, last);
    put(figure, low_first ? &column->low : &column->high, last);
    put(figure, low_first ? &column->high : &column->low, last);
    put(figure, &column->last, last);
    column->any = false;
}

static void gather(struct rl_figure *figure, struct column *column, const struct rl_place *place,
    struct rl_place *last)
{
    long x = (long)rl_round(place->x * 2);

    if (column->any && column->x != x)
        flush(figure, column, last);
    if (!column->any)
        *column = (struct column){x, *place, *place, *place, *place, true};
    if (place->y > column->low.y)
        column->low = *place;
    if (place->y < column->high.y)
        column->high = *place;
    column->last = *place;
}

/* One run of points that belong together. */
static void draw_run(struct rl_panel *panel, const struct rl_panel_line *line, bool area,
    const struct rl_series *series, const char *values, size_t stride, size_t from, size_t to)
{
    struct rl_figure *figure = panel->figure;
    struct column column = {0};
    struct rl_place last = {-1, -1};
    double begin = rl_panel_x(panel, series->points[from].at);
    double end = rl_panel_x(panel, series->points[to - 1].at);

    if (area) {
        rl_canvas_area(figure, line->role, line->ink);
        rl_canvas_to(figure, begin, panel->bottom);
    } else {
        rl_canvas_line(figure, line->role, line->ink, to - from > 1 ? line->dash : RL_DASH_NONE,
            to - from > 1 ? line->width : 2 * line->width);
    }
    for (size_t i = from; i < to; i++) {
        double value = *(const double *)(values + i * stride);
        struct rl_place place = {
            rl_panel_x(panel, series->points[i].at), rl_panel_y(panel, rl_min(value, panel->most))};
        gather(figure, &column, &place, &last);
    }
    flush(figure, &column, &last);
    if (area)
        rl_canvas_to(figure, end, panel->bottom);
    else if (to - from == 1)
        rl_canvas_to(figure, last.x + 0.01, last.y); /* a dot, by the round end of the line */
}

void rl_panel_series(struct rl_panel *panel, const struct rl_panel_line *line, bool area,
    const struct rl_series *series, const double *values, size_t stride, double gap)
{
    const char *bytes = (const char *)values;
    size_t from = 0;

    for (size_t i = 0; i <= series->n; i++) {
        bool known = i < series->n && !isnan(*(const double *)(bytes + i * stride));
        bool apart = i > from && i < series->n &&
                     series->points[i].at - series->points[i - 1].at > gap;

        if ((!known || apart) && i > from)
            draw_run(panel, line, area, series, bytes, stride, from, i);
        if (!known)
            from = i + 1;
        else if (apart)
            from = i;
    }
}

void rl_panel_level(struct rl_panel *panel, const struct rl_panel_line *line, double value)
{
    double y = rl_panel_y(panel, value);

    rl_canvas_straight(panel->figure, line->role, line->ink, line->dash, line->width, panel->left,
        y, panel->right, y);
}

/* ---- words at the right ---- */

void rl_panel_note(struct rl_panel *panel, enum rl_ink ink, double value, const char *text)
{
    struct rl_panel_note *note = &panel->notes[panel->n_notes];

    if (panel->n_notes == RL_PANEL_NOTES_MAX)
        return;
    panel->n_notes++;
    note->y = rl_max(rl_panel_y(panel, value), panel->top);
    note->ink = ink;
    snprintf(note->text, sizeof(note->text), "%s", text);
    rl_label_cut(note->text, panel->edge - panel->right - NOTE_GAP, RL_PANEL_FONT, false);
}

static int compare_notes(const void *a, const void *b)
{
    double x = ((const struct rl_panel_note *)a)->y, y = ((const struct rl_panel_note *)b)->y;

    return (x > y) - (x < y);
}

void rl_panel_notes(struct rl_panel *panel)
{
    double y[RL_PANEL_NOTES_MAX];

    qsort(panel->notes, panel->n_notes, sizeof(panel->notes[0]), compare_notes);
    for (size_t i = 0; i < panel->n_notes; i++)
        y[i] = panel->notes[i].y;
    rl_label_spread(y, panel->n_notes, NOTE_HEIGHT, panel->top, panel->bottom);
    for (size_t i = 0; i < panel->n_notes; i++) {
        const struct rl_panel_note *note = &panel->notes[i];
        const struct rl_canvas_font font = {.ink = note->ink, .size = RL_PANEL_FONT};

        rl_canvas_straight(panel->figure, "note", note->ink, RL_DASH_NONE, 0.8, panel->right,
            note->y, panel->right + NOTE_GAP - 3, y[i]);
        rl_canvas_text(
            panel->figure, "note", &font, panel->right + NOTE_GAP, y[i] + BASE, note->text);
    }
}
