/* When to act: the lines of a [Trigger] section and how each is held against the present.
 *
 * One kind of line is one row in trigger.c: its key, its unit, the inputs it needs, how it is
 * read, and when it could hold at the earliest. */
#pragma once

#include "history.h"
#include "reason.h"
#include "room.h"

enum rl_line_kind {
    RL_LINE_PRESSURE, /* Pressure=some|full N% over T */
    RL_LINE_USAGE,    /* Usage=N% */
    RL_LINE_HEADROOM, /* Headroom=below SIZE|N% [min SIZE] [max SIZE] */
    RL_LINE_EVENTS,   /* Events=high|max|oom|oom_kill N over T */
    RL_LINE_SWAP,     /* Swap=N%: of the swap that the cgroup may use */
    RL_LINE_GROWTH,   /* Growth=SIZE over T: of used */
    RL_LINE_REFAULTS, /* Refaults=N/s: anonymous and active file pages read back */
    RL_LINE_KINDS,
};

enum rl_unit {
    RL_UNIT_SHARE, /* hundredths of a percent */
    RL_UNIT_BYTES,
    RL_UNIT_COUNT,
    RL_UNIT_RATE, /* a second */
};

/* Whose shortage a trigger is about: [Trigger] Origin=. */
enum rl_origin_want {
    RL_WANT_OWN,  /* the subject's, or that of something below it */
    RL_WANT_NODE, /* the machine's */
    RL_WANT_ANY,
};

/* A further condition from another age: [Trigger] Gate=. */
enum rl_gate_kind {
    RL_GATE_NONE,
    RL_GATE_LINUX_24, /* see gate24.h */
};

struct rl_line {
    enum rl_line_kind kind;
    unsigned lineno;         /* in the policy file */
    enum rl_counter counter; /* PRESSURE: SOME or FULL; EVENTS: which */
    uint32_t share;          /* PRESSURE, USAGE, SWAP, relative HEADROOM: hundredths of a percent */
    uint64_t window_us;      /* PRESSURE, EVENTS, GROWTH; REFAULTS: the trigger's longest other
                              * window, 10 s where it has none (conf/ fills it in) */
    uint64_t count;          /* EVENTS; REFAULTS: a second */
    bool relative;           /* HEADROOM: share of the limit rather than bytes */
    uint64_t bytes;          /* absolute HEADROOM, GROWTH */
    uint64_t min_bytes;      /* HEADROOM: clamps of the threshold; 0 and RL_NO_LIMIT where unset */
    uint64_t max_bytes;
};

struct rl_trigger {
    const char *name; /* of the section */
    unsigned lineno;
    struct rl_line lines[RL_LINES_MAX]; /* all must hold */
    uint8_t n;
    uint8_t from;               /* index of the ladder's rung where this trigger enters */
    uint64_t for_us;            /* all lines must have held that long without a break; 0: at once */
    enum rl_origin_want origin; /* OWN where not said */
    enum rl_gate_kind gate;
};

/* A line's number now against its threshold. */
struct rl_reading {
    bool holds;
    bool known; /* false: cannot hold, `why` says what is missing */
    enum rl_reason why;
    enum rl_unit unit;
    uint64_t value, threshold;
};

/* What a line is held against. */
struct rl_present {
    const struct rl_history *history;
    const struct rl_room *room; /* NULL when it could not be computed */
    uint32_t have;              /* of the newest sample */
    uint64_t now_us;
    uint64_t since_us; /* 0, or: a step ended then, and windows count from there (at least 1 s) */
};

/* Return: the key of a kind ("Pressure"), never NULL. */
const char *rl_line_key(enum rl_line_kind kind);

/* Return: the inputs (enum rl_have) that a line needs. */
uint32_t rl_line_needs(const struct rl_line *line);

/* Hold one line against the present. A window that is not yet full counts the missing part as no
 * stall; a first sample never holds. Growth is counted from the oldest point then, and a cgroup
 * that uses less than before has grown by 0. */
void rl_line_read(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret);

/**
 * rl_trigger_read() - hold all lines of a trigger against the present
 * @ret: one reading per line (RL_LINES_MAX entries)
 * Return: whether all lines hold. A trigger without lines never holds.
 */
bool rl_trigger_read(
    const struct rl_trigger *trigger, const struct rl_present *present, struct rl_reading *ret);

/**
 * rl_trigger_earliest() - when the trigger could hold at the earliest
 *
 * Stall time grows at most one second per second and per window, so nothing need be looked at
 * before. The answer is never further away than a quarter of the shortest window (a longer gap
 * would not count) and never nearer than 25 ms. What nothing announces (rl_trigger_timed) is looked
 * at every second close to its threshold, stretched to 30 s far from it and to a quarter of the
 * shortest window at most.
 *
 * Return: CLOCK_MONOTONIC microseconds.
 */
uint64_t rl_trigger_earliest(const struct rl_trigger *trigger, const struct rl_present *present);

/* Has it neither a Pressure= nor an Events= line? Nothing in the kernel announces the others. */
bool rl_trigger_timed(const struct rl_trigger *trigger);

/* The shortest window of its lines, microseconds; 0 when none has one. */
uint64_t rl_trigger_shortest_window(const struct rl_trigger *trigger);
