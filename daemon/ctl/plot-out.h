/* Where a picture goes, and what is said of it. */
#pragma once

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/plot-read.h"

/* Can a picture have that name: X.svg, X.png, or - for SVG on stdout? Says so where not; command
 * is the subcommand's name, here and below. */
bool rl_plot_name_valid(const char *command, const char *path);

/* The name of a picture of a file: its own without its folders, with `end` in place of what stands
 * behind the last point of it ("x.trace", "-replay.svg": "x-replay.svg"). */
void rl_plot_name(const char *file, const char *end, char *buf, size_t size);

/**
 * rl_plot_write() - draw what is to be shown, and say where it is
 * @cgroup: of rl_plot_choose()
 *
 * Nothing is written unless the picture is whole. Return: an exit code.
 */
int rl_plot_write(const struct rl_args *args, const char *command,
    const struct rl_plot_source *source, const char *cgroup, const char *path);
