/* One panel of a picture: a frame with an axis upwards from 0, lines over time in it, a line of
 * words above (what is shown and by which line) and a column of words right of it. */
#pragma once

#include "daemon/ctl/plot-canvas.h"

#define RL_PANEL_FONT   11.0
#define RL_PANEL_LEGEND 17.0 /* height of one row of the legend */

#define RL_PANEL_NOTES_MAX (RL_PLOT_THRESHOLDS_MAX + 4)

/* A word at the right border, beside the height that it is about. */
struct rl_panel_note {
    double y;
    enum rl_ink ink;
    char text[RL_PLOT_TEXT_MAX];
};

struct rl_panel {
    struct rl_figure *figure;
    double left, right, top, bottom; /* of the frame */
    double edge;                     /* right of which nothing may be */
    double from, to;                 /* seconds */
    double most;                     /* of the axis upwards, above 0 */
    struct rl_panel_note notes[RL_PANEL_NOTES_MAX];
    size_t n_notes;
    double pen_x, pen_y; /* where the next entry of the legend begins */
};

/* How one line is drawn, and what it is called. */
struct rl_panel_line {
    const char *role;
    enum rl_ink ink;
    enum rl_dash dash;
    double width;
    const char *words; /* in the legend */
};

double rl_panel_x(const struct rl_panel *panel, double at);
double rl_panel_y(const struct rl_panel *panel, double value);

/* The legend, above the frame: a heading, then entries, from the left, in as many rows as it
 * takes. `y` is the base line of the first row. */
void rl_panel_heading(struct rl_panel *panel, double y, const char *text);
void rl_panel_entry(struct rl_panel *panel, const struct rl_panel_line *line);

/* Lines across the frame, and their words left of it. */
void rl_panel_axis(struct rl_panel *panel, double step, double unit, const char *name);

/**
 * rl_panel_series() - one line over time
 * @values: `stride` bytes apart; NAN breaks the line, as do points further apart than `gap`
 * @area:   what is below it is filled instead
 *
 * Where many points fall on one pixel, only what can be seen of them is kept: the first, lowest,
 * highest and last.
 */
void rl_panel_series(struct rl_panel *panel, const struct rl_panel_line *line, bool area,
    const struct rl_series *series, const double *values, size_t stride, double gap);

/* A line across the whole frame. */
void rl_panel_level(struct rl_panel *panel, const struct rl_panel_line *line, double value);

/* Say something beside a height; drawn by rl_panel_notes(), moved apart where they would overlap.
 */
void rl_panel_note(struct rl_panel *panel, enum rl_ink ink, double value, const char *text);
void rl_panel_notes(struct rl_panel *panel);
