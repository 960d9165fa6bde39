/* The classic signs of a machine that is short of memory, as people watch them in free and vmstat:
 * free memory, swap in and out, block in and out, waiting time, and how much is promised; and in
 * words when they mean shortage. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/ctl/overcommit.h"
#include "daemon/report/say.h"

/* One look at the counters. */
struct rl_sign_counters {
    uint64_t at_us;                                                     /* CLOCK_MONOTONIC */
    uint64_t mem_total, mem_free, mem_available, swap_total, swap_free; /* bytes */
    uint64_t swap_in, swap_out;   /* pages: pswpin, pswpout of /proc/vmstat */
    uint64_t block_in, block_out; /* KiB: pgpgin, pgpgout */
    uint64_t cpu, waiting;        /* ticks of /proc/stat: all, and iowait */
    uint64_t blocked;             /* procs_blocked: tasks that wait for a device now */
    uint64_t some_us, full_us;    /* /proc/pressure/memory, total= */
    bool vmstat, stat, pressure;  /* could be read */
    bool promised_known;
    struct rl_overcommit promised;
};

/* A sign between two looks. Rates are known only if `rates`. */
struct rl_signs {
    struct rl_sign_counters now;
    bool rates;
    uint64_t span_us;
    uint64_t swap_in, swap_out;   /* bytes a second */
    uint64_t block_in, block_out; /* bytes a second */
    uint64_t waiting;             /* hundredths of a percent of all processors' time */
    uint64_t some, full;          /* hundredths of a percent of the time */
};

/* Return: 0, or -errno when /proc/meminfo cannot be read. Other files may be missing. */
int rl_signs_read(int proc_fd, struct rl_sign_counters *ret);

/* before: an earlier look, NULL or one without a later instant: no rates. */
void rl_signs_between(const struct rl_sign_counters *before, const struct rl_sign_counters *now,
    uint32_t page_size, struct rl_signs *ret);

/* One thing that the signs mean. */
struct rl_sign_row {
    const char *id;
    bool shortage; /* else a remark that it is none */
    bool (*shows)(const struct rl_signs *signs);
    const char *text;   /* what it means, a sentence without its full stop */
    const char *reason; /* why the threshold is what it is */
};

/* The i-th row that shows, most important first; NULL at the end. */
const struct rl_sign_row *rl_signs_meaning(const struct rl_signs *signs, size_t i);

/* All rows; ended by a NULL id. For the documents and their test. */
extern const struct rl_sign_row rl_sign_rows[];

/* Two lines for people: memory and swap; rates. "-" where nothing is known. */
void rl_signs_say_memory(struct rl_say *say, const struct rl_signs *signs);
void rl_signs_say_rates(struct rl_say *say, const struct rl_signs *signs);
/* What is promised against its limit; nothing where it is not known. */
void rl_signs_say_promised(struct rl_say *say, const struct rl_signs *signs);

/* Schema in reliefctl(1). */
json_t *rl_signs_json(const struct rl_signs *signs);

/* Print all of it under a heading. */
void rl_signs_print(const struct rl_signs *signs);
