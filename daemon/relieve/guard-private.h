/* What the files of guard.h share. */
#pragma once

#include "daemon/relieve/guard.h"
#include "daemon/relieve/measure.h"
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
    bool for_measure;           /* what is being written is a measure's */
};

#define RL_GUARD_WATCH_MAX RL_GUARD_OWN /* memory.max; the others are watched by their number */
#define RL_GUARD_WATCHED   (RL_GUARD_OWN + 1)

struct rl_guarded {
    struct rl_guardian *guardian;
    struct rl_guarded *next; /* of the bucket */
    uint64_t id;
    int fd;
    char *path;
    size_t path_size;
    struct rl_guard orders; /* without the patterns, which belong to a policy set */
    bool inherited;
    bool dirty;   /* to be looked at */
    bool leaving; /* nothing is ordered any more: dropped when nothing stands */
    struct rl_guard_cell own[RL_GUARD_OWN];
    struct rl_guard_cell *processes;
    /* What measures want, and whose that is: measure.c. */
    struct rl_hold_want temporary[RL_GUARD_OWN];
    struct rl_measure *measures[RL_MEASURE_KINDS];
    sd_event_source *watched[RL_GUARD_WATCHED];
};

struct rl_guardian {
    sd_event *event;
    struct rl_guard_options options;
    char *runtime_dir, *saved; /* saved: text of the state file */
    char boot_id[RL_BOOT_ID_MAX];
    int lock_fd;
    struct rl_worker *worker;
    struct rl_worker
        *brisk; /* for what must not wait behind reclaim; NULL: there are no measures */
    struct rl_measures *measures; /* NULL: there are none */
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

/* Room for one more cgroup whose path fits, touched; to be freed by rl_guard_blank_free() where it
 * is not used. Return: NULL when there is no memory. */
struct rl_guarded *rl_guard_blank(size_t path_size);
void rl_guard_blank_free(struct rl_guarded *blank);
struct rl_guarded *rl_guard_find(const struct rl_guardian *guardian, uint64_t id);
/* Make a blank that of a cgroup, without any orders. Return: 0; -ESTALE, -ENOSPC, -ENAMETOOLONG or
 * another -errno, the blank still being the caller's. */
int rl_guard_seat(
    struct rl_guardian *guardian, const struct rl_guard_place *place, struct rl_guarded *blank);
/* Notice foreign writes to a file, by its place in `watched`. */
void rl_guard_watch(struct rl_guarded *guarded, size_t i, const char *file);

/* ---- guard-look.c: look at all that is dirty, save, write ---- */
void rl_guard_look(struct rl_guardian *guardian);
/* Do that for one cgroup at once. Return: 0, or -errno of saving: then only what takes values back
 * is written. */
int rl_guard_look_now(struct rl_guarded *guarded);
/* What a file of the cgroup's own would hold if there were no measures. Return: 0 or -errno. */
int rl_guard_without(struct rl_guarded *guarded, enum rl_guard_value value, int64_t *ret);
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

/* ---- measure.c ---- */
/* End those whose file somebody else has written. */
void rl_measure_check(struct rl_guarded *guarded);
/* A look is over: what a measure wants may stand without a write. */
void rl_measure_looked(struct rl_guarded *guarded);
/* A write for a measure, or the reading before it, came to an end: 0 or -errno. */
void rl_measure_written(struct rl_guard_cell *cell, int result);
/* The cgroup is gone, or nobody guards it any more. */
void rl_measure_gone(struct rl_guarded *guarded);
/* What may allocate. */
void rl_measures_tidy(struct rl_measures *measures);

/* Read one of the guarded files; of cpu.max the quota. Return: 0 or -errno. */
int rl_guard_read(int dir_fd, const char *file, int64_t *ret);
/* Write one of them; it is never made. Return: 0 or -errno. */
int rl_guard_write(int dir_fd, const char *file, const char *text);
