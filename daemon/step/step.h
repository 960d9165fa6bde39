/* The rungs of the ladder as the engine takes them: one file a kind, one row in step.c. Only the
 * engine includes this.
 *
 * Everything here runs in the event loop and never blocks it; between a wake-up and a signal
 * nothing is allocated. A step that goes on after take() tells its end by rl_course_step_done() or
 * rl_course_vetoed(), from the event loop and never from within take(). */
#pragma once

#include "daemon/engine-private.h"

struct rl_step_ops {
    /* Why it cannot be taken here (RL_SKIP_*), RL_REASON_NONE when it can. Looks only: a dry run
     * asks, too. NULL: it always can. */
    enum rl_reason (*refuse)(struct rl_running *running, const struct rl_step *step);
    /* Take it; entry is its place in the record, with all but the result filled in. Return:
     * RL_REASON_NONE; RL_SKIP_* after all; RL_OUTCOME_FAILED with entry->error set. */
    enum rl_reason (*take)(
        struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry);
    /* Its time is up, or the incident is over: what still goes on of it ends, and is not told any
     * more. NULL: nothing does. */
    void (*stop)(struct rl_running *running);
    /* The incident is over, or somebody has to run again who was frozen: what it has changed is as
     * before. Called for every kind, taken or not. NULL: nothing is changed. */
    void (*undo)(struct rl_running *running);
};

extern const struct rl_step_ops rl_step_warn, rl_step_hook, rl_step_reclaim, rl_step_throttle,
    rl_step_freeze, rl_step_terminate, rl_step_kill, rl_step_restart, rl_step_panic;

/* ---- measure.c: what throttle and freeze do to the offender ---- */

enum rl_reason rl_measure_refuse(struct rl_running *running, const struct rl_step *step);
/* The offender's place; path has RL_PATH_MAX bytes and ret->fd is the caller's. Return: the fd, or
 * -errno: it is gone. */
int rl_measure_place(struct rl_running *running, char *path, struct rl_guard_place *ret);
/* What take() answers for an answer of rl_measure_throttle() or rl_measure_freeze(). */
enum rl_reason rl_measure_answer(int r, struct rl_record_step *entry);
/* rl_measure_fn, with the incident as userdata. */
void rl_throttle_told(void *userdata, int news);
void rl_freeze_told(void *userdata, int news);

/* ---- victim.c: whom terminate and kill mean ---- */

/* Signal the victim, as a whole where it is SIGKILL and can be. As take() of struct rl_step_ops. */
enum rl_reason rl_victim_signal(
    struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry);
