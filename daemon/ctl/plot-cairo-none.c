/* In place of plot-cairo.c where cairo's headers are missing. */
#include <errno.h>

#include "daemon/ctl/plot-draw.h"

int rl_plot_png(const struct rl_figure *figure, FILE *out)
{
    fprintf(stderr, "reliefctl: this one was built without cairo and cannot write PNG: write SVG "
                    "(-o X.svg), or install libcairo2-dev and build it again\n");
    return -EOPNOTSUPP;
}
