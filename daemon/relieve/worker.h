/* One thread for the few calls that may block: writes to somebody's cgroup (cgroup.kill waits for
 * cgroup_mutex, memory.high reclaims in the writer) and process_mrelease (unmaps in the caller).
 *
 * Guarantees: submitting a job allocates nothing, takes no lock and never waits; jobs are carried
 * out one after another in the order in which they were given; completions arrive in the event
 * loop, in the same order. The ring has one producer (the loop's thread) and one consumer.
 *
 * Never: a job that hangs in the kernel does not hang the end of the program. rl_worker_free()
 * waits RL_WORKER_JOIN_US at most and then leaves the thread to itself; it cleans up alone when
 * the kernel lets go of it.
 *
 * All functions belong to the thread of the event loop. */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#define RL_WORKER_JOBS    64 /* jobs waiting, running or with their completion not yet delivered */
#define RL_WORKER_JOIN_US UINT64_C(1000000)
#define RL_JOB_NAME_MAX   32 /* with the final NUL, as the next one */
#define RL_JOB_TEXT_MAX   32

/* What the thread gets: nothing here points anywhere, so that it outlives whoever asked. */
struct rl_job {
    /* Carried out in the thread, which has a small stack: no malloc, no logging.
     * Return: 0 or -errno. */
    int (*run)(const struct rl_job *job);
    int fds[2]; /* closed after run; -1 for none */
    char name[RL_JOB_NAME_MAX];
    char text[RL_JOB_TEXT_MAX];
};

/* In the event loop. result: 0 or -errno of the job; took_us: how long run() took. It must not
 * free the worker. */
typedef void (*rl_done_fn)(void *userdata, int result, uint64_t took_us);

struct rl_worker;

/* Start the thread, all signals blocked. Return: 0 or -errno. */
int rl_worker_new(sd_event *event, struct rl_worker **ret);

/* Carry out what was submitted, end the thread and drop what has no completion yet: done is
 * called no more. NULL is allowed. Always returns NULL. */
struct rl_worker *rl_worker_free(struct rl_worker *worker);

/**
 * rl_worker_submit() - queue a job
 * @job:  copied; its fds belong to the worker on success only
 * @done: may be NULL
 *
 * Return: 0, -EAGAIN when the ring is full.
 */
int rl_worker_submit(
    struct rl_worker *worker, const struct rl_job *job, rl_done_fn done, void *userdata);

/**
 * rl_worker_write() - queue the write of a short text to a file below a directory
 * @dirfd: duplicated
 *
 * The file is opened by the thread, never created. Return: 0; -EAGAIN when the ring is full;
 * -ENAMETOOLONG, -EMSGSIZE; another -errno when dirfd cannot be duplicated.
 */
int rl_worker_write(struct rl_worker *worker, int dirfd, const char *name, const char *text,
    rl_done_fn done, void *userdata);

/* What rl_worker_write() queues, for a job that does more: writes text to the file name below
 * fds[0]. Return: 0 or -errno. */
int rl_job_write(const struct rl_job *job);

/* Call no done function for this userdata any more. The jobs themselves are still carried out. */
void rl_worker_forget(struct rl_worker *worker, const void *userdata);
