/* What dry runs have proven, policy by policy, over restarts: STATE_DIR/grades.json.
 *
 * An entry belongs to a policy of a name and a text: where the files of the policy have changed,
 * its record begins anew, and so does DryRun=until. At most RL_GRADED_MAX policies are kept; those
 * that were of interest longest ago make place. The file is written whole or not at all, without
 * fsync (daemon/report/store.h says why). */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/report/record.h"
#include "policy/grade.h"

#define RL_GRADED_MAX 64
#define RL_MISSES_MAX 32 /* newest kernel kills that nobody foresaw, for reports of a time */

struct rl_graded {
    char policy[RL_NAME_MAX]; /* "" is a free place, or (by rl_gradebook_unwatched) no policy */
    uint64_t text;            /* rl_policy.text */
    struct rl_grade_counts counts;
    bool live;                            /* DryRun=until is over */
    uint64_t since_wall_us, live_wall_us; /* the first entry; when it went live, 0: never */
    uint64_t used;                        /* the higher the later */
};

struct rl_miss {
    uint64_t wall_us; /* 0: free */
    char policy[RL_NAME_MAX], cgroup[RL_PATH_MAX];
    uint64_t kills;
};

struct rl_gradebook {
    struct rl_graded items[RL_GRADED_MAX];
    uint64_t uses;
    struct rl_miss misses[RL_MISSES_MAX]; /* a ring */
    uint64_t n_misses;                    /* ever */
    uint64_t unwatched;                   /* kernel kills where no policy is in force */
    bool changed;                         /* since it was written */
};

/* The entry of a policy; NULL when there is none of this text. */
struct rl_graded *rl_gradebook_find(struct rl_gradebook *book, const char *policy, uint64_t text);

/* The same, begun anew where there is none. Never NULL. */
struct rl_graded *rl_gradebook_of(
    struct rl_gradebook *book, const char *policy, uint64_t text, uint64_t wall_us);

/* Kernel kills that nothing came before; policy NULL: none is in force there. */
void rl_gradebook_miss(struct rl_gradebook *book, const char *policy, uint64_t text,
    const char *cgroup, uint64_t kills, uint64_t wall_us);

/* Counts and shares of an entry as JSON: an item of "policies", see reliefctl(1). A new reference,
 * NULL when memory is out. */
json_t *rl_graded_json(const struct rl_graded *graded);

/* All of it: what the file holds and the bus answers. */
json_t *rl_gradebook_json(const struct rl_gradebook *book);

/* Read what an earlier reliefd has left. What was being followed then is unknown now. Return: 0,
 * -ENOENT, -EBADMSG for a file that is none of ours, other -errno; the book is empty then. */
int rl_gradebook_load(struct rl_gradebook *book, const char *state_dir);

/* Return: 0 or -errno. */
int rl_gradebook_save(struct rl_gradebook *book, const char *state_dir);
