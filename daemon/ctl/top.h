/* top: what its parts share. */
#pragma once

#include "daemon/ctl/top-daemon.h"
#include "daemon/ctl/top-read.h"
#include "daemon/ctl/top-view.h"

#define RL_TOP_SHOWN 512 /* rows that a screen has at most */

struct rl_top {
    struct rl_observer observer;
    struct rl_top_reader *reader;
    struct rl_top_model model;
    struct rl_top_asker *asker; /* NULL: reliefd is not asked */
    struct rl_top_daemon daemon;
    struct rl_sign_counters before;
    struct rl_signs signs;
    const struct rl_model *score; /* NULL: each policy's own */
    uint64_t selected;            /* id; 0: none */
    uint64_t shown[RL_TOP_SHOWN]; /* ids that are on the screen */
    size_t n_shown;
    uint64_t interval_us;
    bool utf8, frozen;
    char clock[16];
};

/* Look once more, and find out who would die where there is time for it: budget_us. Return: 0 or
 * -errno. */
int rl_top_look(struct rl_top *top, uint64_t budget_us);

/* The present as a frame of that width. */
void rl_top_frame(const struct rl_top *top, size_t width, struct rl_top_frame *ret);

/* On a terminal, until the user has enough. Return: an exit code. */
int rl_top_screen(struct rl_top *top);

/* Was it built with ncurses? */
extern const bool rl_top_has_screen;
