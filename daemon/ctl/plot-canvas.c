#include "daemon/ctl/plot-canvas.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Okabe and Ito's colours, told apart by the colour-blind, darkened for contrast on white. */
const struct rl_ink_colour rl_inks[RL_INKS] = {
    [RL_INK_TEXT] = {0.07, 0.07, 0.07},
    [RL_INK_QUIET] = {0.30, 0.30, 0.30},
    [RL_INK_GRID] = {0.86, 0.86, 0.86},
    [RL_INK_MARK] = {0.25, 0.25, 0.25},
    [RL_INK_INCIDENT] = {0.945, 0.945, 0.945},
    [RL_INK_CURRENT] = {0.00, 0.30, 0.52},
    [RL_INK_CURRENT_AREA] = {0.80, 0.88, 0.94},
    [RL_INK_USED] = {0.00, 0.42, 0.34},
    [RL_INK_SWAP] = {0.58, 0.22, 0.45},
    [RL_INK_LIMIT] = {0.72, 0.18, 0.00},
    [RL_INK_HIGH] = {0.60, 0.38, 0.00},
    [RL_INK_THRESHOLD] = {0.10, 0.10, 0.10},
    [RL_INK_SOME] = {0.00, 0.47, 0.70},
    [RL_INK_FULL] = {0.72, 0.18, 0.00},
};

const struct rl_dash_lengths rl_dashes[RL_DASHES] = {
    [RL_DASH_NONE] = {0},
    [RL_DASH_LONG] = {2, {9, 4}},
    [RL_DASH_SHORT] = {2, {5, 3}},
    [RL_DASH_DOTS] = {2, {1.5, 3}},
    [RL_DASH_DASH_DOT] = {4, {9, 3, 2, 3}},
};

/* Room for `more` items behind n. Return: the items, NULL when memory is out. */
static void *grow(
    struct rl_figure *figure, void *items, size_t size, size_t n, size_t more, size_t *room)
{
    size_t wanted = 2 * *room > n + more ? 2 * *room : n + more;

    if (n + more <= *room)
        return items;
    void *larger = reallocarray(items, wanted, size);
    if (!larger)
        figure->error = -ENOMEM;
    else
        *room = wanted;
    return larger;
}

static struct rl_shape *add(struct rl_figure *figure, const struct rl_shape *shape)
{
    struct rl_shape *shapes = grow(
        figure, figure->shapes, sizeof(*shapes), figure->n_shapes, 1, &figure->shapes_room);

    if (!shapes || figure->error < 0)
        return NULL;
    figure->shapes = shapes;
    shapes[figure->n_shapes] = *shape;
    shapes[figure->n_shapes].first = figure->n_places;
    return &shapes[figure->n_shapes++];
}

void rl_canvas_line(
    struct rl_figure *figure, const char *role, enum rl_ink ink, enum rl_dash dash, double width)
{
    add(figure, &(struct rl_shape){
                    .kind = RL_SHAPE_LINE, .role = role, .ink = ink, .dash = dash, .width = width});
}

void rl_canvas_area(struct rl_figure *figure, const char *role, enum rl_ink ink)
{
    add(figure, &(struct rl_shape){.kind = RL_SHAPE_AREA, .role = role, .ink = ink});
}

void rl_canvas_to(struct rl_figure *figure, double x, double y)
{
    struct rl_place *places = grow(
        figure, figure->places, sizeof(*places), figure->n_places, 1, &figure->places_room);

    if (!places || figure->error < 0)
        return;
    figure->places = places;
    places[figure->n_places++] = (struct rl_place){x, y};
    figure->shapes[figure->n_shapes - 1].n++;
}

void rl_canvas_straight(struct rl_figure *figure, const char *role, enum rl_ink ink,
    enum rl_dash dash, double width, double x1, double y1, double x2, double y2)
{
    rl_canvas_line(figure, role, ink, dash, width);
    rl_canvas_to(figure, x1, y1);
    rl_canvas_to(figure, x2, y2);
}

void rl_canvas_box(struct rl_figure *figure, const char *role, enum rl_ink ink, double left,
    double top, double right, double bottom)
{
    rl_canvas_area(figure, role, ink);
    rl_canvas_to(figure, left, top);
    rl_canvas_to(figure, right, top);
    rl_canvas_to(figure, right, bottom);
    rl_canvas_to(figure, left, bottom);
}

void rl_canvas_text_part(struct rl_figure *figure, const char *role,
    const struct rl_canvas_font *font, double x, double y, const char *text, size_t length)
{
    char *texts = grow(figure, figure->texts, 1, figure->n_texts, length + 1, &figure->texts_room);

    if (!texts || figure->error < 0)
        return;
    figure->texts = texts;
    memcpy(texts + figure->n_texts, text, length);
    texts[figure->n_texts + length] = '\0';
    add(figure, &(struct rl_shape){.kind = RL_SHAPE_TEXT,
                    .role = role,
                    .ink = font->ink,
                    .text = figure->n_texts,
                    .size = font->size,
                    .bold = font->bold,
                    .anchor = font->anchor});
    figure->n_texts += length + 1;
    rl_canvas_to(figure, x, y);
}

void rl_canvas_text(struct rl_figure *figure, const char *role, const struct rl_canvas_font *font,
    double x, double y, const char *text)
{
    rl_canvas_text_part(figure, role, font, x, y, text, strlen(text));
}

void rl_figure_free(struct rl_figure *figure)
{
    free(figure->title);
    free(figure->description);
    free(figure->shapes);
    free(figure->places);
    free(figure->texts);
    *figure = (struct rl_figure){0};
}
