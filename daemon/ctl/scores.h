/* reliefctl scores: what its parts share. The command is in scores.c, the reading in table.c. */
#pragma once

#include <jansson.h>

#include "daemon/ctl/saved.h"
#include "daemon/ctl/table.h"

/* One call: where it looks and what it was asked for. */
struct rl_scores {
    const struct rl_args *args;
    struct rl_probe probe;
    struct rl_nodes nodes;
    struct rl_table_options options;
    size_t top;
    uint32_t kernel; /* RL_KERNEL of the machine looked at; 0: not known */
    bool json;
    uint64_t interval_us; /* between two looks of --watch */
};

/* Everything of a table but for its time, at most so many processes; names: users have names here,
 * since it is this machine. Return: a new reference, NULL when memory is out. */
json_t *rl_scores_json(
    const struct rl_process_table *table, const struct rl_model *model, size_t most, bool names);
/* One process of it. */
json_t *rl_scores_process_json(
    const struct rl_process_table *table, const struct rl_table_row *row, bool names);

/* The table for people, and below it what is to be said of all (rl_scores_summary()). */
void rl_scores_print(
    const struct rl_scores *scores, const struct rl_process_table *table, size_t most);

/**
 * rl_scores_summary() - how ours stand to the kernel's scores, in a sentence or two
 *
 * "" where the model knows no such file or the kernel's was not read. Return: buf.
 */
const char *rl_scores_summary(
    const struct rl_scores *scores, const struct rl_process_table *table, char *buf, size_t size);

/**
 * rl_scores_formula() - a score with all that makes it ("42 = 1000 x (rss 40.0M + swap 0) / ...")
 *
 * Of one that is not eligible: why. Return: buf.
 */
const char *rl_scores_formula(const struct rl_process_table *table, const struct rl_model *model,
    const struct rl_table_row *row, char *buf, size_t size);

/* "23.5G, the machine's RAM + swap": what a row is scored against, without a full stop. Return:
 * buf. */
const char *rl_scores_limit(const struct rl_table_row *row, char *buf, size_t size);

/* One process in words. */
void rl_scores_tell(const struct rl_scores *scores, const struct rl_process_table *table);

/* Repeat until it is interrupted or the one process that is watched is gone. Return: an exit code;
 * the reason is on stderr. */
int rl_scores_watch(struct rl_scores *scores);

/* The lines of a watch over one process: titles, and one look in the same columns. With file, what
 * a kernel of the model would show as oom_score stands beside the kernel's, in the place of the
 * available memory. wall_us: now, in CLOCK_REALTIME. Return: buf. */
const char *rl_watch_titles(bool file, char *buf, size_t size);
const char *rl_watch_line(const struct rl_process_table *table, const struct rl_table_row *row,
    uint64_t wall_us, char *buf, size_t size);

/* The newest incident among records (newest first) in which that process was the victim and that
 * was not over at since, ISO 8601. Return: borrowed, NULL where there is none. */
const json_t *rl_watch_incident(const json_t *records, pid_t pid, const char *since);

/* "worker[4711] is gone: ..." Return: buf. */
const char *rl_watch_farewell(
    const char *comm, pid_t pid, const json_t *incident, char *buf, size_t size);
