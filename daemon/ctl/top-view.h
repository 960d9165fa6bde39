/* The lines of top, as pieces of text in styles: for a terminal and for --batch alike. */
#pragma once

#include "daemon/ctl/out.h"
#include "daemon/ctl/signs.h"
#include "daemon/ctl/top-model.h"

#define RL_TOP_INCIDENTS 4
#define RL_TOP_TEXT      512

/* What reliefd says; zero: nothing is known. */
struct rl_top_daemon {
    bool running, asked;
    bool dry_run;
    char version[32];
    size_t hot;      /* cgroups that it watches closely */
    size_t degraded; /* what works worse than it could */
    size_t n_incidents;
    char incidents[RL_TOP_INCIDENTS][RL_TOP_TEXT]; /* running ones, in words; escaped */
};

struct rl_top_frame {
    const struct rl_top_model *model;
    const struct rl_signs *signs;
    const struct rl_top_daemon *daemon;
    const char *clock; /* the time, as text */
    const char *score; /* of the model that was selected; NULL: each policy's own */
    uint64_t selected; /* id; 0: none */
    size_t width;      /* columns; 0: as wide as needed */
    bool utf8;
    bool frozen;
};

/* Where pieces go, from left to right; end() ends a line. */
struct rl_top_out {
    void (*put)(void *userdata, enum rl_style style, const char *text);
    void (*end)(void *userdata);
    void *userdata;
};

/* Lines about the machine and reliefd. most: how many lines there is room for, at least 1; the more
 * important ones come. Return: how many there were. */
size_t rl_top_draw_head(
    const struct rl_top_frame *frame, size_t most, const struct rl_top_out *out);

/* Titles of the columns. */
void rl_top_draw_titles(const struct rl_top_frame *frame, const struct rl_top_out *out);

/* The place-th row of the order. */
void rl_top_draw_row(const struct rl_top_frame *frame, size_t place, const struct rl_top_out *out);

/* One line: all about the selected row that no column has room for. */
void rl_top_draw_selected(const struct rl_top_frame *frame, const struct rl_top_out *out);

/* One line: what is not to be seen, in which order it stands, and how to get help. */
void rl_top_draw_foot(const struct rl_top_frame *frame, const struct rl_top_out *out);

/* All of it as JSON, one object. */
json_t *rl_top_json(const struct rl_top_frame *frame);
