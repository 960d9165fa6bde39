/* Where the rows of top come from: the cgroup tree, read by the daemon's own functions.
 *
 * What a look costs does not grow with the tree. Of every cgroup only a note is kept; stall is
 * looked for as reliefd does it, only below what moved; memory is read of the rows that are on the
 * screen, of those that stall, and of some of the others in turn. Only the first look reads all. */
#pragma once

#include "daemon/ctl/observer.h"
#include "daemon/ctl/top-model.h"

struct rl_top_reader;

/* Return: NULL when memory is out. */
struct rl_top_reader *rl_top_reader_new(struct rl_observer *observer);
struct rl_top_reader *rl_top_reader_free(struct rl_top_reader *reader);

/**
 * rl_top_reader_look() - look once more
 * @shown: ids of the rows that are on the screen, which are read in full
 * @model: rows, n and mem_total are set; the rows are the reader's, until the next look
 * Return: 0 or -errno.
 */
int rl_top_reader_look(struct rl_top_reader *reader, const uint64_t *shown, size_t n_shown,
    struct rl_top_model *model);

/* Find out who would die if the row were short, with another model than its policy's where one is
 * given; kept for the looks to come. force: also when that was done a short time ago. */
void rl_top_reader_choose(struct rl_top_reader *reader, struct rl_top_model *model, size_t row,
    const struct rl_model *score, bool force);

/* Forget all victims: the model was switched. */
void rl_top_reader_forget_victims(struct rl_top_reader *reader, struct rl_top_model *model);
