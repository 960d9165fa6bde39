/* Where texts of a picture fit.
 *
 * Widths are those of DejaVu Sans, which is among the widest of common fonts: what fits by them
 * fits in another one, too. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Width of a text in pixels for a font of that many pixels. */
double rl_label_width(const char *text, double size, bool bold);

/* Cut a text at its end, marked by "...", so that it is not wider. */
void rl_label_cut(char *text, double width, double size, bool bold);

/**
 * rl_label_break() - take the next line from a text
 * @text:  moved behind what was taken, and the blanks there
 * @width: in pixels
 *
 * Lines are broken at blanks, and within words that are wider than a whole line.
 *
 * Return: length of the line in bytes; 0 at the end of the text.
 */
size_t rl_label_break(const char **text, double width, double size, bool bold);

#define RL_LABEL_GAP 4.0 /* pixels between a line and a text beside it */

/* A label right of a vertical line that goes down from it through all lanes below. */
struct rl_label_flag {
    double x;      /* of the line */
    double width;  /* of the text */
    unsigned lane; /* out: 0 is the lowest */
};

/**
 * rl_label_lanes() - stack labels so that neither texts nor the lines cross a text
 * @flags: in order of x; of those with the same x the first is on top
 *
 * Return: number of lanes.
 */
unsigned rl_label_lanes(struct rl_label_flag *flags, size_t n);

/**
 * rl_label_spread() - move labels of a column apart
 * @y:        where each should be, in ascending order; moved
 * @distance: between two of them
 *
 * They stay between top and bottom if there is room for all of them.
 */
void rl_label_spread(double *y, size_t n, double distance, double top, double bottom);
