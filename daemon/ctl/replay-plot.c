#include "daemon/ctl/replay-plot.h"

#include <errno.h>

void rl_replay_plot_begin(struct rl_replay_plot *plot, const char *name)
{
    *plot = (struct rl_replay_plot){.source.name = name, .reader.replayed = true};
    rl_plot_reader_begin(&plot->reader, &plot->source);
}

int rl_replay_plot_line(struct rl_replay_plot *plot, const char *line, size_t length)
{
    json_error_t error;
    int r = rl_plot_read_line(&plot->reader, line, length, &error);

    return r == -EBADMSG ? 0 : r; /* the last line, cut */
}

int rl_replay_plot_side(struct rl_replay_plot *plot, unsigned side, const char *policy)
{
    const struct rl_retold *retold = &plot->retold[side];
    size_t i;
    json_t *one;
    int r = retold->no_memory ? -ENOMEM : 0;

    plot->source.sides[side] = (struct rl_plot_side){policy, retold->watched};
    plot->source.n_sides = side + 1;
    json_array_foreach(retold->incidents, i, one)
    {
        uint64_t at_us = (uint64_t)json_integer_value(json_object_get(one, "at_us"));

        if (r == 0)
            r = rl_plot_read_replayed(&plot->reader, json_object_get(one, "record"), at_us, side);
    }
    return r;
}

int rl_replay_plot_end(struct rl_replay_plot *plot)
{
    return rl_plot_read_end(&plot->reader);
}

void rl_replay_plot_free(struct rl_replay_plot *plot)
{
    rl_plot_source_free(&plot->source);
    for (size_t i = 0; i < RL_PLOT_SIDES; i++)
        rl_retold_free(&plot->retold[i]);
}
