#include <cairo.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/library.h"
#include "daemon/ctl/plot-draw.h"

#define LIBRARY "libcairo.so.2"
#define FONT    "DejaVu Sans" /* or what fontconfig puts in its place */
#define SCALE   2.0

struct calls {
    RL_CALL(cairo_image_surface_create);
    RL_CALL(cairo_surface_destroy);
    RL_CALL(cairo_surface_write_to_png_stream);
    RL_CALL(cairo_create);
    RL_CALL(cairo_destroy);
    RL_CALL(cairo_status);
    RL_CALL(cairo_status_to_string);
    RL_CALL(cairo_scale);
    RL_CALL(cairo_set_source_rgb);
    RL_CALL(cairo_paint);
    RL_CALL(cairo_new_path);
    RL_CALL(cairo_move_to);
    RL_CALL(cairo_line_to);
    RL_CALL(cairo_close_path);
    RL_CALL(cairo_fill);
    RL_CALL(cairo_stroke);
    RL_CALL(cairo_set_line_width);
    RL_CALL(cairo_set_line_cap);
    RL_CALL(cairo_set_line_join);
    RL_CALL(cairo_set_dash);
    RL_CALL(cairo_select_font_face);
    RL_CALL(cairo_set_font_size);
    RL_CALL(cairo_text_extents);
    RL_CALL(cairo_show_text);
};

static const struct rl_symbol symbols[] = {
    RL_SYMBOL(struct calls, cairo_image_surface_create),
    RL_SYMBOL(struct calls, cairo_surface_destroy),
    RL_SYMBOL(struct calls, cairo_surface_write_to_png_stream),
    RL_SYMBOL(struct calls, cairo_create),
    RL_SYMBOL(struct calls, cairo_destroy),
    RL_SYMBOL(struct calls, cairo_status),
    RL_SYMBOL(struct calls, cairo_status_to_string),
    RL_SYMBOL(struct calls, cairo_scale),
    RL_SYMBOL(struct calls, cairo_set_source_rgb),
    RL_SYMBOL(struct calls, cairo_paint),
    RL_SYMBOL(struct calls, cairo_new_path),
    RL_SYMBOL(struct calls, cairo_move_to),
    RL_SYMBOL(struct calls, cairo_line_to),
    RL_SYMBOL(struct calls, cairo_close_path),
    RL_SYMBOL(struct calls, cairo_fill),
    RL_SYMBOL(struct calls, cairo_stroke),
    RL_SYMBOL(struct calls, cairo_set_line_width),
    RL_SYMBOL(struct calls, cairo_set_line_cap),
    RL_SYMBOL(struct calls, cairo_set_line_join),
    RL_SYMBOL(struct calls, cairo_set_dash),
    RL_SYMBOL(struct calls, cairo_select_font_face),
    RL_SYMBOL(struct calls, cairo_set_font_size),
    RL_SYMBOL(struct calls, cairo_text_extents),
    RL_SYMBOL(struct calls, cairo_show_text),
};
RL_SYMBOLS_COMPLETE(struct calls, symbols);

static int load(struct calls *calls)
{
    const char *wrong = rl_library_load(
        LIBRARY, symbols, sizeof(symbols) / sizeof(symbols[0]), calls);

    if (!wrong)
        return 0;
    fprintf(stderr, "reliefctl: cairo is needed to write PNG: %s; SVG needs nothing (-o X.svg)\n",
        wrong);
    return -EOPNOTSUPP;
}

static void draw_text(const struct calls *calls, cairo_t *cr, const struct rl_figure *figure,
    const struct rl_shape *shape)
{
    const struct rl_place *place = &figure->places[shape->first];
    const char *text = figure->texts + shape->text;
    cairo_text_extents_t extents;
    double before;

    calls->cairo_select_font_face(cr, FONT, CAIRO_FONT_SLANT_NORMAL,
        shape->bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    calls->cairo_set_font_size(cr, shape->size);
    calls->cairo_text_extents(cr, text, &extents);
    before = shape->anchor == RL_ANCHOR_END      ? extents.x_advance
             : shape->anchor == RL_ANCHOR_MIDDLE ? extents.x_advance / 2
                                                 : 0;
    calls->cairo_move_to(cr, place->x - before, place->y);
    calls->cairo_show_text(cr, text);
}

static void draw_path(const struct calls *calls, cairo_t *cr, const struct rl_figure *figure,
    const struct rl_shape *shape)
{
    const struct rl_dash_lengths *dash = &rl_dashes[shape->dash];

    calls->cairo_new_path(cr);
    for (size_t i = 0; i < shape->n; i++) {
        const struct rl_place *place = &figure->places[shape->first + i];
        calls->cairo_line_to(cr, place->x, place->y);
    }
    if (shape->kind == RL_SHAPE_AREA) {
        calls->cairo_close_path(cr);
        calls->cairo_fill(cr);
        return;
    }
    calls->cairo_set_line_width(cr, shape->width);
    calls->cairo_set_line_cap(cr, dash->n > 0 ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
    calls->cairo_set_dash(cr, dash->lengths, (int)dash->n, 0);
    calls->cairo_stroke(cr);
}

static void draw(const struct calls *calls, cairo_t *cr, const struct rl_figure *figure)
{
    calls->cairo_scale(cr, SCALE, SCALE);
    calls->cairo_set_source_rgb(cr, 1, 1, 1);
    calls->cairo_paint(cr);
    calls->cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    for (size_t i = 0; i < figure->n_shapes; i++) {
        const struct rl_shape *shape = &figure->shapes[i];
        const struct rl_ink_colour *ink = &rl_inks[shape->ink];

        calls->cairo_set_source_rgb(cr, ink->red, ink->green, ink->blue);
        if (shape->kind == RL_SHAPE_TEXT)
            draw_text(calls, cr, figure, shape);
        else
            draw_path(calls, cr, figure, shape);
    }
}

static cairo_status_t write_block(void *userdata, const unsigned char *block, unsigned size)
{
    return fwrite(block, 1, size, userdata) == size ? CAIRO_STATUS_SUCCESS
                                                    : CAIRO_STATUS_WRITE_ERROR;
}

int rl_plot_png(const struct rl_figure *figure, FILE *out)
{
    struct calls calls;
    cairo_status_t status;

    if (load(&calls) < 0)
        return -EOPNOTSUPP;
    cairo_surface_t *surface = calls.cairo_image_surface_create(
        CAIRO_FORMAT_RGB24, (int)(figure->width * SCALE), (int)(figure->height * SCALE));
    cairo_t *cr = calls.cairo_create(surface);
    draw(&calls, cr, figure);
    status = calls.cairo_status(cr);
    if (status == CAIRO_STATUS_SUCCESS)
        status = calls.cairo_surface_write_to_png_stream(surface, write_block, out);
    if (status != CAIRO_STATUS_SUCCESS)
        fprintf(stderr, "reliefctl: cairo: %s\n", calls.cairo_status_to_string(status));
    calls.cairo_destroy(cr);
    calls.cairo_surface_destroy(surface);
    return status == CAIRO_STATUS_SUCCESS ? 0 : status == CAIRO_STATUS_NO_MEMORY ? -ENOMEM : -EIO;
}
