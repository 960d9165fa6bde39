/* cairo could write SVG, too, but turns all letters into outlines: nothing could be searched or
 * read aloud, and a picture would need a library. */
#include <errno.h>

#include "daemon/ctl/maths.h"
#include "daemon/ctl/plot-draw.h"
#include "daemon/report/say.h"

/* Fonts of about the same widths first: the layout counts on those of DejaVu Sans. */
#define FONTS "'DejaVu Sans', Verdana, 'Bitstream Vera Sans', Helvetica, Arial, sans-serif"

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* May it stand in an XML text at all? */
static bool is_allowed(unsigned c)
{
    return c >= 0x20 && c != 0x7f && c != 0xfffe && c != 0xffff;
}

static void put_text(FILE *out, const char *text)
{
    while (*text) {
        unsigned c;
        size_t length = rl_utf8_take(text, &c);

        if (length == 0 || !is_allowed(c))
            fputs(REPLACEMENT, out);
        else if (c == '<' || c == '>' || c == '&' || c == '"')
            fprintf(out, "&#%u;", c);
        else
            fwrite(text, 1, length, out);
        text += length > 0 ? length : 1;
    }
}

static void put_colour(FILE *out, const char *attribute, enum rl_ink ink)
{
    const struct rl_ink_colour *c = &rl_inks[ink];

    fprintf(out, " %s=\"#%02lx%02lx%02lx\"", attribute, (long)rl_round(c->red * 255),
        (long)rl_round(c->green * 255), (long)rl_round(c->blue * 255));
}

static void put_shape(FILE *out, const struct rl_figure *figure, const struct rl_shape *shape)
{
    static const char *const anchors[] = {
        [RL_ANCHOR_MIDDLE] = " text-anchor=\"middle\"", [RL_ANCHOR_END] = " text-anchor=\"end\""};
    const struct rl_place *places = &figure->places[shape->first];
    const struct rl_dash_lengths *dash = &rl_dashes[shape->dash];

    if (shape->kind == RL_SHAPE_TEXT) {
        fprintf(out, "<text class=\"%s\" x=\"%.1f\" y=\"%.1f\" font-size=\"%g\"%s%s", shape->role,
            places->x, places->y, shape->size, shape->bold ? " font-weight=\"bold\"" : "",
            anchors[shape->anchor] ? anchors[shape->anchor] : "");
        put_colour(out, "fill", shape->ink);
        fputc('>', out);
        put_text(out, figure->texts + shape->text);
        fputs("</text>\n", out);
        return;
    }
    fprintf(out, "<%s class=\"%s\"", shape->kind == RL_SHAPE_AREA ? "polygon" : "polyline",
        shape->role);
    put_colour(out, shape->kind == RL_SHAPE_AREA ? "fill" : "stroke", shape->ink);
    if (shape->kind == RL_SHAPE_LINE)
        fprintf(out, " fill=\"none\" stroke-width=\"%g\"%s", shape->width,
            dash->n > 0 ? "" : " stroke-linecap=\"round\"");
    for (size_t i = 0; shape->kind == RL_SHAPE_LINE && i < dash->n; i++)
        fprintf(out, "%s%g", i == 0 ? " stroke-dasharray=\"" : " ", dash->lengths[i]);
    fputs(dash->n > 0 && shape->kind == RL_SHAPE_LINE ? "\" points=\"" : " points=\"", out);
    for (size_t i = 0; i < shape->n; i++)
        fprintf(out, "%s%.2f,%.2f", i > 0 ? " " : "", places[i].x, places[i].y);
    fputs("\"/>\n", out);
}

int rl_plot_svg(const struct rl_figure *figure, FILE *out)
{
    fprintf(out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" "
        "viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-labelledby=\"title desc\" "
        "font-family=\"" FONTS "\" stroke-linejoin=\"round\">\n<title id=\"title\">",
        figure->width, figure->height, figure->width, figure->height);
    put_text(out, figure->title);
    fputs("</title>\n<desc id=\"desc\">", out);
    put_text(out, figure->description);
    fputs("</desc>\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n", out);
    for (size_t i = 0; i < figure->n_shapes; i++)
        put_shape(out, figure, &figure->shapes[i]);
    fputs("</svg>\n", out);
    return fflush(out) != 0 || ferror(out) ? -(errno ? errno : EIO) : 0;
}
