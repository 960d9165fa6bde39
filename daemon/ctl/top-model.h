/* What top shows, apart from where it is shown: rows of the cgroup tree, which of them are to be
 * seen, in which order, and bars and sparklines as text. Nothing here reads a file or a clock. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define RL_TOP_MINUTE 60         /* slots of a history, one a second, the newest one last */
#define RL_TOP_NEVER  UINT16_MAX /* of a slot: nobody looked */
#define RL_TOP_NOBODY SIZE_MAX

struct rl_top_row {
    uint64_t id;
    size_t parent; /* index, always a smaller one; the root's is 0 */
    unsigned depth;
    char *name; /* last element of the path, as it is; "/" for the root; the reader's */

    bool known;        /* its files could be read */
    uint64_t used;     /* bytes that reclaim cannot cheaply drop */
    uint64_t swap;     /* bytes */
    uint64_t share;    /* used of that limit, or of the machine's memory: hundredths of a percent */
    uint64_t limit;    /* its own memory.high or memory.max, the smaller; RL_NO_LIMIT */
    bool room_known;   /* the next two, over all levels up to the machine */
    uint64_t usage;    /* hundredths of a percent */
    uint64_t headroom; /* bytes */
    bool stall_known;
    uint32_t some, full;             /* of the last 10 s, hundredths of a percent */
    uint16_t history[RL_TOP_MINUTE]; /* some, hundredths of a percent */
    bool frozen;

    const char *policy; /* name; NULL: none */
    bool elsewhere;     /* reliefd has that policy, we have not: who would die is not known */
    bool hot;           /* reliefd says that it watches it closely */
    bool incident;      /* reliefd says that one runs */

    bool victim_known;    /* was chosen, or nobody was */
    pid_t victim_pid;     /* 0: nobody, or the whole of victim_id */
    uint64_t victim_id;   /* the cgroup of the victim, or that dies; 0: nobody */
    char victim_comm[16]; /* of a process; as it is */
    int64_t victim_score;
    const char *no_victim; /* why nobody; NULL else */
};

enum rl_top_sort {
    RL_TOP_BY_PRESSURE, /* some, then full, then usage, then used */
    RL_TOP_BY_HEADROOM, /* least first */
    RL_TOP_BY_USED,
    RL_TOP_BY_SWAP,
    RL_TOP_BY_NAME,
    RL_TOP_SORTS,
};

/* "pressure", "headroom" ...; NULL past the end. */
const char *rl_top_sort_name(enum rl_top_sort sort);

struct rl_top_model {
    struct rl_top_row *rows; /* parents before children; the caller's */
    size_t n;
    uint64_t mem_total; /* what is small is small against this */

    /* What is to be seen. */
    enum rl_top_sort sort;
    bool flat;        /* no tree */
    bool show_idle;   /* also leaves where nothing happens */
    char filter[128]; /* only paths with this in them, and what is above; "": all */
    uint64_t *folded; /* ids; owned */
    size_t n_folded, folded_size;

    /* Set by rl_top_arrange(); owned. */
    size_t *order; /* indexes of rows, as they are to be shown */
    size_t n_order, order_size;
    size_t hidden; /* idle ones that are left out */
};

/* Free what is owned. */
void rl_top_model_free(struct rl_top_model *model);

/**
 * rl_top_arrange() - find out what is to be seen, in order
 *
 * In a tree siblings are in order, and whoever is above somebody who is seen is seen, too; what is
 * below a folded row is not. Without a filter idle rows are left out: no stall in the last minute,
 * less than a hundredth of the machine's memory used, less than half of the limits above, neither
 * hot nor in an incident. The root is always seen. Return: 0, or -ENOMEM with nothing to be seen.
 */
int rl_top_arrange(struct rl_top_model *model);

/* Fold a row with something below it, or unfold it. Return: 0, or -ENOMEM. */
int rl_top_toggle_fold(struct rl_top_model *model, uint64_t id);
bool rl_top_is_folded(const struct rl_top_model *model, uint64_t id);
bool rl_top_has_children(const struct rl_top_model *model, size_t row);

bool rl_top_is_idle(const struct rl_top_model *model, size_t row);

/* The path of a row with leading /, as it is. Return: buf. */
const char *rl_top_path(const struct rl_top_model *model, size_t row, char *buf, size_t size);

/* The row of an id, RL_TOP_NOBODY for none; its place in the order. */
size_t rl_top_row_of(const struct rl_top_model *model, uint64_t id);
size_t rl_top_place_of(const struct rl_top_model *model, uint64_t id);

/* The row that most needs to be looked at: the most stall, the deepest of equals; the root when
 * nothing stalls. */
size_t rl_top_worst(const struct rl_top_model *model);

/**
 * rl_top_spark() - a minute of stall as a text of so many columns
 * @utf8: blocks; else one of " .:-=+*#%@"
 *
 * Each column is the worst second of its part of the minute, on a scale on which small stalls can
 * be seen: from one level to the next it doubles, roughly. A second in which nobody looked is a
 * blank. Return: buf.
 */
const char *rl_top_spark(
    const uint16_t history[RL_TOP_MINUTE], size_t columns, bool utf8, char *buf, size_t size);

/* A bar of so many columns, filled to share hundredths of a percent; utf8 has eighths of a column.
 * Return: buf. */
const char *rl_top_bar(uint64_t share, size_t columns, bool utf8, char *buf, size_t size);

/* Put a second into a history: newest_s is the second of its last slot and moves on to now_s;
 * seconds between the two have had the same share. Within the same second the larger one stays. */
void rl_top_history_add(
    uint16_t history[RL_TOP_MINUTE], uint64_t *newest_s, uint64_t now_s, uint16_t share);

/* Mean of the last n slots. Return: false where one of them is RL_TOP_NEVER. */
bool rl_top_history_mean(const uint16_t history[RL_TOP_MINUTE], size_t n, uint32_t *ret);
