/* A figure becomes a picture. */
#pragma once

#include <stdio.h>

#include "daemon/ctl/plot-figure.h"

/**
 * rl_plot_svg() - write a figure as SVG
 *
 * The texts are texts, which can be searched, copied and read aloud; the picture has a title and a
 * description. Whatever the figure's texts hold, what is written is well-formed.
 *
 * Return: 0, or -errno of writing.
 */
int rl_plot_svg(const struct rl_figure *figure, FILE *out);

/**
 * rl_plot_png() - write a figure as PNG, two pixels for each of the figure's
 *
 * By cairo, which is loaded here and not before: it brings two dozen libraries along, of fonts and
 * of the X Window System, and reliefctl has to start quickly on a machine that is short of memory.
 * What is wrong is said on stderr.
 *
 * Return: 0; -EOPNOTSUPP when there is no cairo; other -errno.
 */
int rl_plot_png(const struct rl_figure *figure, FILE *out);
