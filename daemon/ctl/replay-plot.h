/* A trace as a picture, with the decisions that a replay takes. */
#pragma once

#include "daemon/ctl/plot-read.h"
#include "daemon/ctl/replay-record.h"

struct rl_replay_plot {
    struct rl_plot_source source;
    struct rl_plot_reader reader;
    struct rl_retold retold[RL_PLOT_SIDES];
};

/* Nothing was read so far. `name` is the caller's. */
void rl_replay_plot_begin(struct rl_replay_plot *plot, const char *name);

/* Take the samples of a line that the replay has understood; of the first replay alone. Return: 0,
 * -ENOMEM. */
int rl_replay_plot_line(struct rl_replay_plot *plot, const char *line, size_t length);

/**
 * rl_replay_plot_side() - a replay is over: what it told was told to retold[side]
 * @policy: the folder, the caller's; NULL: the trace's own
 *
 * Return: 0, -ENOMEM.
 */
int rl_replay_plot_side(struct rl_replay_plot *plot, unsigned side, const char *policy);

/* All is read. Return: 0; -ENODATA where there are no samples. */
int rl_replay_plot_end(struct rl_replay_plot *plot);

void rl_replay_plot_free(struct rl_replay_plot *plot);
