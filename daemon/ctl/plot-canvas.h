/* Adding shapes to a figure. Where memory is out, nothing is added and figure->error is set. */
#pragma once

#include "daemon/ctl/plot-figure.h"

/* Begin a line or an area, without points so far. */
void rl_canvas_line(
    struct rl_figure *figure, const char *role, enum rl_ink ink, enum rl_dash dash, double width);
void rl_canvas_area(struct rl_figure *figure, const char *role, enum rl_ink ink);

/* Add a point to the shape that was begun last. */
void rl_canvas_to(struct rl_figure *figure, double x, double y);

/* A straight line; a rectangle. */
void rl_canvas_straight(struct rl_figure *figure, const char *role, enum rl_ink ink,
    enum rl_dash dash, double width, double x1, double y1, double x2, double y2);
void rl_canvas_box(struct rl_figure *figure, const char *role, enum rl_ink ink, double left,
    double top, double right, double bottom);

struct rl_canvas_font {
    enum rl_ink ink;
    double size;
    bool bold;
    enum rl_anchor anchor;
};

void rl_canvas_text(struct rl_figure *figure, const char *role, const struct rl_canvas_font *font,
    double x, double y, const char *text);
/* The same, of a text that is not terminated. */
void rl_canvas_text_part(struct rl_figure *figure, const char *role,
    const struct rl_canvas_font *font, double x, double y, const char *text, size_t length);
