/* Pauses by hand: while one stands, a policy judges as ever and takes no step. Plain data, apart
 * from the engine; times are CLOCK_MONOTONIC, so that a pause means something within one boot only
 * and the boot id stands beside it in the file. */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RL_PAUSES_MAX      32
#define RL_PAUSE_NAME_MAX  256
#define RL_PAUSE_PATH_MAX  4096
#define RL_PAUSE_MOST_US   (UINT64_C(24) * 3600 * 1000000)
#define RL_PAUSE_FILE_NAME "pauses.json"

/* What is paused: one policy wherever it is in force, every policy for a cgroup and what is below
 * it, or all. */
struct rl_pause {
    bool used;
    char policy[RL_PAUSE_NAME_MAX]; /* "": every one */
    char cgroup[RL_PAUSE_PATH_MAX]; /* with leading /; "": everywhere */
    uint64_t since_us, until_us;
    uid_t uid; /* who asked for it */
    bool said; /* that it has kept a policy from acting */
};

/* Zero at the start. */
struct rl_pauses {
    struct rl_pause items[RL_PAUSES_MAX];
};

/* Let a pause stand. One for the same policy and cgroup is replaced. Return: 0; -EINVAL: both a
 * policy and a cgroup, or a name too long; -ERANGE: it would last no time, or more than
 * RL_PAUSE_MOST_US; -ENOSPC. */
int rl_pause_add(struct rl_pauses *pauses, const char *policy, const char *cgroup, uid_t uid,
    uint64_t now_us, uint64_t length_us);

/* End the pauses for exactly that policy and cgroup; all there are where both are "". Return: how
 * many. */
size_t rl_pause_end(struct rl_pauses *pauses, const char *policy, const char *cgroup);

/* Return: the pause that keeps a policy from acting in a cgroup (policy NULL: none in force), the
 * one that lasts longest; NULL for none. */
struct rl_pause *rl_pause_of(
    struct rl_pauses *pauses, const char *policy, const char *cgroup, uint64_t now_us);

/* Take away one whose time is over. Return: false when there is none. */
bool rl_pause_expire(struct rl_pauses *pauses, uint64_t now_us, struct rl_pause *ret);

/* Return: when the next one ends, 0 where none stands. */
uint64_t rl_pause_next(const struct rl_pauses *pauses);

/* For people and programs: {policy, cgroup, uid, since, until, left_ms}. wall_us: CLOCK_REALTIME at
 * now_us. Return: a new reference, NULL when memory is out. */
json_t *rl_pause_json(const struct rl_pause *pause, uint64_t now_us, uint64_t wall_us);
/* All that stand, the one that ends first in front. */
json_t *rl_pauses_json(const struct rl_pauses *pauses, uint64_t now_us, uint64_t wall_us);

/* "policy app", "/a/b and below", "all policies". Names are not escaped. Return: buf. */
const char *rl_pause_text(const struct rl_pause *pause, char *buf, size_t size);

/* Write FOLDER/pauses.json and read it; pauses of another boot, or that are over, are left out.
 * Return: 0, or -errno; -ENOENT: there is no file; -EBADMSG: it is none of ours. */
int rl_pauses_save(const struct rl_pauses *pauses, const char *folder, const char *boot_id);
int rl_pauses_load(
    struct rl_pauses *pauses, const char *folder, const char *boot_id, uint64_t now_us);
