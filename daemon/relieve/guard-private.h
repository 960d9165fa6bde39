/* What the files of guard.h share. */
#pragma once

#include "daemon/relieve/guard.h"
#include "daemon/relieve/worker.h"

#define RL_GUARD_BUCKETS 256

/* One value of one file. Its address is what the worker calls back with. */
struct rl_guard_cell {
    struct rl_guarded *owner;
    enum rl_guard_value value;
    struct rl_hold hold;
    struct rl_hold_want want;
    pid_t pid; /* 0: the cgroup's own */
    uint64_t start_ticks;
    struct rl_guard_cell *next; /* of the owner's processes */
    uint32_t mark;              /* of the last listing that found it */
    bool ordered;               /* its hold says: write */
};

#define RL_GUARD_WATCHED 3 /* memory.high, memory.max, memory.oom.group */

struct rl_guarded {
    struct rl_guardian *guardian;
    struct rl_guarded *next; /* of the bucket */
    uint64_t id;
    int fd;
    char *path;
    struct rl_guard orders; /* without the patterns, which belong to a policy set */
    bool inherited;
    bool dirty;   /* to be looked at */
    bool leaving; /* nothing is ordered any more: dropped when nothing stands */
    struct rl_guard_cell high, group;
    struct rl_guard_cell *processes;
    sd_event_source *watched[RL_GUARD_WATCHED];
};

struct rl_guardian {
    sd_event *event;
    struct rl_guard_options options;
    char *runtime_dir, *saved; /* saved: text of the state file */
    char boot_id[RL_BOOT_ID_MAX];
    int lock_fd;
    struct rl_worker *worker;
    sd_event_source *timer;
    uint64_t due_us; /* of the timer; 0: off */
    struct rl_guarded *buckets[RL_GUARD_BUCKETS];
    size_t n_cgroups, n_processes;
    uint32_t mark;
    bool said_full, said_unsaved;
};

/* ---- guard.c ---- */
void rl_guard_wake(struct rl_guardian *guardian, uint64_t at_us);
void rl_guard_cell_free(struct rl_guard_cell *cell);
/* "memory.high of /a/b" or "oom_score_adj of process 5 in /a/b". */
void rl_guard_cell_text(const struct rl_guard_cell *cell, char *buf, size_t size);

/* ---- guard-look.c: look at all that is dirty, save, write ---- */
void rl_guard_look(struct rl_guardian *guardian);
/* Write the state file anew where it has changed. Return: 0 or -errno. */
int rl_guard_save(struct rl_guardian *guardian);

/* ---- guard-procs.c ---- */
/* Find the processes that the patterns mean, and whose adj was ours and shall be no more. Return: 0
 * or -errno. */
int rl_guard_list(struct rl_guarded *guarded, const struct rl_guard *orders);
/* Folder of the process below /proc, its start time compared. Return: an fd, -ESRCH: gone; other
 * -errno. */
int rl_guard_open_process(int proc_fd, pid_t pid, uint64_t start_ticks);

/* rl_guard_restore() for the one who has the lock. */
int rl_guard_restore_locked(const struct rl_guard_roots *roots, struct rl_guard_restored *ret);

/* Read one of the guarded files. Return: 0 or -errno. */
int rl_guard_read(int dir_fd, const char *file, int64_t *ret);
/* Write one of them; it is never made. Return: 0 or -errno. */
int rl_guard_write(int dir_fd, const char *file, const char *text);
