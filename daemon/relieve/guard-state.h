/* What we wrote to files of others, kept where it outlives us: RUNTIME/guard.state.
 *
 * Text, a header and then one line for each value:
 *
 *     reliefd-guard 1
 *     boot BOOT-ID
 *     cgroup ID FILE OLD OURS NEXT PATH
 *     process PID START FILE OLD OURS NEXT
 *
 * ID is the inode of the cgroup's directory, PATH begins with / (cgroup names hold no line feed),
 * values are decimal or "max". OURS is what was written, NEXT what is about to be written (the same
 * where nothing is): either may be found in the file after a crash. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#include "daemon/relieve/hold.h"

#define RL_GUARD_STATE     "guard.state"
#define RL_GUARD_HEADER    "reliefd-guard 1"
#define RL_GUARD_STATE_MAX (4 * 1024 * 1024) /* a larger one is none of ours */
#define RL_BOOT_ID_MAX     64

/* Files that may be guarded; nothing else is ever written to. */
enum rl_guard_value {
    RL_GUARD_HIGH,      /* memory.high */
    RL_GUARD_OOM_GROUP, /* memory.oom.group */
    RL_GUARD_CPU_MAX,   /* cpu.max: its quota; the period is never written and stays what it is */
    RL_GUARD_FREEZE,    /* cgroup.freeze */
    RL_GUARD_ADJ,       /* oom_score_adj, of a process */
    RL_GUARD_VALUES,
};

#define RL_GUARD_OWN RL_GUARD_ADJ /* those before it are files of the cgroup itself */

/* The file's name; NULL past the end. */
const char *rl_guard_file(enum rl_guard_value value);

struct rl_guard_line {
    enum rl_guard_value value;
    uint64_t id;      /* of the cgroup; start time of a process */
    pid_t pid;        /* 0: a cgroup */
    const char *path; /* of the cgroup, with leading / */
    int64_t old, ours, next;
};

/* One value as its file holds it. Return: 0 or -EINVAL. */
int rl_guard_value_parse(const char *text, int64_t *ret);
/* buf has at least 24 bytes. Return: buf. */
const char *rl_guard_value_text(int64_t value, char *buf, size_t size);

/* One line, without its line feed; path points into it. Return: 0 or -EINVAL. */
int rl_guard_line_parse(char *line, struct rl_guard_line *ret);
void rl_guard_line_print(FILE *file, const struct rl_guard_line *line);

/* Return: 0 or -errno. */
int rl_guard_boot_id(int proc_fd, char *buf, size_t size);

/**
 * rl_guard_lock() - be the only one who deals with the state below a folder
 *
 * Makes the folder where it is missing. Return: an fd, to be closed; -EBUSY when somebody else is
 * at it; other -errno.
 */
int rl_guard_lock(const char *runtime_dir);

/* Replace the file, never leaving half of one; an empty text removes it. Return: 0 or -errno. */
int rl_guard_state_write(const char *runtime_dir, const char *text, size_t len);

/* The whole file, to be freed. Return: 0, -ENOENT, -EFBIG, other -errno. */
int rl_guard_state_read(const char *runtime_dir, char **ret_text);
