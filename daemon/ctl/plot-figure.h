/* The figure: what is drawn where, as a list of shapes, before anything is drawn.
 *
 * Pure: it allocates, but reads nothing and knows no clock. From top to bottom: the title, what is
 * shown, marks with lines down through everything, memory, pressure (of each of two), time. Inks
 * differ in lightness and lines in their dashes, so that nothing depends on colour. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/ctl/plot-series.h"

#define RL_PLOT_MARKS_MAX      64
#define RL_PLOT_THRESHOLDS_MAX 16
#define RL_PLOT_TEXT_MAX       128
#define RL_PLOT_SIDES          2

/* Something that happened. */
struct rl_plot_mark {
    double at; /* seconds */
    char text[RL_PLOT_TEXT_MAX];
    unsigned side;
};

/* A line of the trigger. */
struct rl_plot_threshold {
    bool pressure; /* percent of time; else bytes of used memory */
    double value;
    char text[RL_PLOT_TEXT_MAX];
    unsigned side;
};

/* What is to be shown. Texts are escaped already. */
struct rl_plot {
    char title[1024];
    char about[1024]; /* a line in small print: cgroup, policy, id */
    char zero[128]; /* what happened at 0 s: "the incident began at ..."; "" for nothing special */
    const struct rl_series *series;
    const struct rl_series *limits;   /* whose limits are drawn; NULL: its own */
    char limits_of[RL_PLOT_TEXT_MAX]; /* their cgroup, where it is another one */
    bool machine;                     /* whose limit is all memory that there is */
    /* Two policies side by side share the panel of memory, and have one of pressure each: the
     * second one's marks are broken lines. */
    bool two;
    char names[RL_PLOT_SIDES][RL_PLOT_TEXT_MAX];  /* of both; else "" */
    double window[RL_PLOT_SIDES];                 /* of the pressure, seconds */
    struct rl_series_window known[RL_PLOT_SIDES]; /* pressure before the samples begin */
    double begin, end; /* of the incident, seconds; NAN: none, or not ended */
    struct rl_plot_mark marks[RL_PLOT_MARKS_MAX];
    size_t n_marks;
    struct rl_plot_threshold thresholds[RL_PLOT_THRESHOLDS_MAX];
    size_t n_thresholds;
};

enum rl_ink {
    RL_INK_TEXT,
    RL_INK_QUIET, /* small print, axes */
    RL_INK_GRID,
    RL_INK_MARK,
    RL_INK_INCIDENT,
    RL_INK_CURRENT,
    RL_INK_CURRENT_AREA,
    RL_INK_USED,
    RL_INK_SWAP,
    RL_INK_LIMIT,
    RL_INK_HIGH,
    RL_INK_THRESHOLD,
    RL_INK_SOME,
    RL_INK_FULL,
    RL_INKS,
};

enum rl_dash {
    RL_DASH_NONE,
    RL_DASH_LONG,
    RL_DASH_SHORT,
    RL_DASH_DOTS,
    RL_DASH_DASH_DOT,
    RL_DASHES,
};

struct rl_ink_colour {
    double red, green, blue; /* 0 to 1 */
};

struct rl_dash_lengths {
    size_t n;
    double lengths[4];
};

extern const struct rl_ink_colour rl_inks[RL_INKS];
extern const struct rl_dash_lengths rl_dashes[RL_DASHES];

enum rl_shape_kind {
    RL_SHAPE_LINE, /* through its points */
    RL_SHAPE_AREA, /* between its points, filled */
    RL_SHAPE_TEXT, /* at its only point, which is on the base line */
};

enum rl_anchor {
    RL_ANCHOR_START,
    RL_ANCHOR_MIDDLE,
    RL_ANCHOR_END,
};

struct rl_place {
    double x, y; /* from the upper left corner, in pixels */
};

struct rl_shape {
    enum rl_shape_kind kind;
    const char *role; /* "mark", "series current" ...: the class of the SVG element */
    enum rl_ink ink;
    enum rl_dash dash;
    double width;    /* of the line */
    size_t first, n; /* of rl_figure.places */
    size_t text;     /* in rl_figure.texts */
    double size;     /* of the text */
    bool bold;
    enum rl_anchor anchor;
};

struct rl_figure {
    double width, height;
    char *title, *description; /* for those who cannot see it; in texts */
    struct rl_shape *shapes;
    size_t n_shapes, shapes_room;
    struct rl_place *places;
    size_t n_places, places_room;
    char *texts; /* all texts, each terminated */
    size_t n_texts, texts_room;
    int error; /* -ENOMEM: something is missing */
};

/**
 * rl_figure_make() - lay out a picture
 * @plot: with one point at least
 *
 * Guarantee: texts overlap neither each other nor the border (by the widths of rl_label_width()).
 *
 * Return: 0, or -ENOMEM with nothing to free.
 */
int rl_figure_make(const struct rl_plot *plot, struct rl_figure *ret);

void rl_figure_free(struct rl_figure *figure);
