#include <cairo.h>
#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "daemon/ctl/plot-draw.h"

#define LIBRARY "libcairo.so.2"
#define FONT    "DejaVu Sans" /* or what fontconfig puts in its place */
#define SCALE   2.0

#define CALL(name) __typeof__(name) *name

/* The functions by their own names and types, for the compiler to check the calls. */
struct calls {
    CALL(cairo_image_surface_create);
    CALL(cairo_surface_destroy);
    CALL(cairo_surface_write_to_png_stream);
    CALL(cairo_create);
    CALL(cairo_destroy);
    CALL(cairo_status);
    CALL(cairo_status_to_string);
    CALL(cairo_scale);
    CALL(cairo_set_source_rgb);
    CALL(cairo_paint);
    CALL(cairo_new_path);
    CALL(cairo_move_to);
    CALL(cairo_line_to);
    CALL(cairo_close_path);
    CALL(cairo_fill);
    CALL(cairo_stroke);
    CALL(cairo_set_line_width);
    CALL(cairo_set_line_cap);
    CALL(cairo_set_line_join);
    CALL(cairo_set_dash);
    CALL(cairo_select_font_face);
    CALL(cairo_set_font_size);
    CALL(cairo_text_extents);
    CALL(cairo_show_text);
};

#define SYMBOL(name)                                                                               \
    {                                                                                              \
#name, offsetof(struct calls, name)                                                        \
    }

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
    SYMBOL(cairo_image_surface_create),
    SYMBOL(cairo_surface_destroy),
    SYMBOL(cairo_surface_write_to_png_stream),
    SYMBOL(cairo_create),
    SYMBOL(cairo_destroy),
    SYMBOL(cairo_status),
    SYMBOL(cairo_status_to_string),
    SYMBOL(cairo_scale),
    SYMBOL(cairo_set_source_rgb),
    SYMBOL(cairo_paint),
    SYMBOL(cairo_new_path),
    SYMBOL(cairo_move_to),
    SYMBOL(cairo_line_to),
    SYMBOL(cairo_close_path),
    SYMBOL(cairo_fill),
    SYMBOL(cairo_stroke),
    SYMBOL(cairo_set_line_width),
    SYMBOL(cairo_set_line_cap),
    SYMBOL(cairo_set_line_join),
    SYMBOL(cairo_set_dash),
    SYMBOL(cairo_select_font_face),
    SYMBOL(cairo_set_font_size),
    SYMBOL(cairo_text_extents),
    SYMBOL(cairo_show_text),
};
_Static_assert(sizeof(struct calls) == sizeof(symbols) / sizeof(symbols[0]) * sizeof(void *),
    "each call has its symbol");

/* The library stays loaded: some that it brings along cannot be unloaded. */
static int load(struct calls *calls)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; library && i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *function = dlsym(library, symbols[i].name);
        if (!function)
            library = NULL;
        memcpy((char *)calls + symbols[i].offset, &function, sizeof(function));
    }
    if (library)
        return 0;
    fprintf(stderr, "reliefctl: cairo is needed to write PNG: %s; SVG needs nothing (-o X.svg)\n",
        dlerror());
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
