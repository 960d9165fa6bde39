#include "daemon/relieve/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/observe/thread.h"

struct slot {
    struct rl_job job;
    int result;       /* written by the thread before `finished` passes the slot */
    uint64_t took_us; /* likewise */
    rl_done_fn done;  /* never touched by the thread, as is the next one */
    void *userdata;
};

/* Who of the two came to its end first; the other one destroys the worker. */
enum { RUNNING, THREAD_ENDED, ABANDONED };

struct rl_worker {
    pthread_t thread;
    sd_event_source *source; /* completions */
    int kick_fd;             /* wakes the thread; blocking */
    int done_fd;             /* wakes the loop */
    atomic_int end;
    atomic_bool stop;

    /* reaped <= finished <= submitted, running numbers; a slot is its number modulo the size. */
    atomic_uint_least32_t submitted; /* written by the loop */
    atomic_uint_least32_t finished;  /* written by the thread */
    uint32_t reaped;                 /* the loop's own */
    struct slot slots[RL_WORKER_JOBS];
};

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static struct slot *slot_of(struct rl_worker *worker, uint32_t number)
{
    return &worker->slots[number % RL_WORKER_JOBS];
}

static void job_close(struct rl_job *job)
{
    for (size_t i = 0; i < sizeof(job->fds) / sizeof(job->fds[0]); i++)
        close_fd(&job->fds[i]);
}

/* An eventfd's counter cannot overflow by our counting, so that this write never blocks. */
static void eventfd_raise(int fd)
{
    ssize_t r;

    do
        r = write(fd, &(uint64_t){1}, sizeof(uint64_t));
    while (r < 0 && errno == EINTR);
}

static void eventfd_wait(int fd)
{
    uint64_t count;
    ssize_t r;

    do
        r = read(fd, &count, sizeof(count));
    while (r < 0 && errno == EINTR);
}

static void worker_destroy(struct rl_worker *worker)
{
    for (size_t i = 0; i < RL_WORKER_JOBS; i++)
        job_close(&worker->slots[i].job);
    close_fd(&worker->kick_fd);
    close_fd(&worker->done_fd);
    free(worker);
}

static void run_slot(struct rl_worker *worker, struct slot *slot)
{
    uint64_t begin = now_us();

    slot->result = slot->job.run(&slot->job);
    slot->took_us = now_us() - begin;
    job_close(&slot->job);
    atomic_fetch_add_explicit(&worker->finished, 1, memory_order_release);
    eventfd_raise(worker->done_fd);
}

static void *thread_main(void *userdata)
{
    struct rl_worker *worker = userdata;
    uint32_t next = 0;

    for (;;) {
        /* Read before the ring: all that was submitted before the stop is still carried out. */
        bool stop = atomic_load(&worker->stop);

        while (next != atomic_load_explicit(&worker->submitted, memory_order_acquire) &&
               atomic_load(&worker->end) != ABANDONED)
            run_slot(worker, slot_of(worker, next++));
        if (stop)
            break;
        eventfd_wait(worker->kick_fd);
    }

    if (atomic_exchange(&worker->end, THREAD_ENDED) == ABANDONED)
        worker_destroy(worker);
    else
        eventfd_raise(worker->done_fd); /* to wait_for_end() */
    return NULL;
}

static int on_done(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_worker *worker = userdata;
    uint32_t finished;

    eventfd_wait(worker->done_fd); /* non-blocking */
    finished = atomic_load_explicit(&worker->finished, memory_order_acquire);
    while (worker->reaped != finished) {
        struct slot *slot = slot_of(worker, worker->reaped);
        rl_done_fn done = slot->done;
        void *owner = slot->userdata;
        int result = slot->result;
        uint64_t took_us = slot->took_us;

        slot->done = NULL;
        worker->reaped++; /* the slot may be taken again from within done */
        if (done)
            done(owner, result, took_us);
    }
    return 0;
}

int rl_worker_new(sd_event *event, struct rl_worker **ret)
{
    struct rl_worker *worker = calloc(1, sizeof(*worker));
    int r;

    if (!worker)
        return -ENOMEM;
    for (size_t i = 0; i < RL_WORKER_JOBS; i++)
        worker->slots[i].job.fds[0] = worker->slots[i].job.fds[1] = -1;

    worker->kick_fd = eventfd(0, EFD_CLOEXEC);
    worker->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r = worker->kick_fd < 0 || worker->done_fd < 0 ? -errno : 0;
    if (r >= 0)
        r = sd_event_add_io(event, &worker->source, worker->done_fd, EPOLLIN, on_done, worker);
    if (r >= 0)
        r = rl_thread_start(&worker->thread, thread_main, worker);
    if (r < 0) {
        sd_event_source_disable_unref(worker->source);
        worker_destroy(worker);
        return r;
    }
    *ret = worker;
    return 0;
}

/* Jobs that end on the way wake us too. */
static void wait_for_end(struct rl_worker *worker)
{
    uint64_t now = now_us(), until = now + RL_WORKER_JOIN_US;

    while (now < until && atomic_load(&worker->end) != THREAD_ENDED) {
        poll(&(struct pollfd){.fd = worker->done_fd, .events = POLLIN}, 1,
            (int)((until - now) / 1000 + 1));
        eventfd_wait(worker->done_fd);
        now = now_us();
    }
}

struct rl_worker *rl_worker_free(struct rl_worker *worker)
{
    pthread_t thread;

    if (!worker)
        return NULL;
    worker->source = sd_event_source_disable_unref(worker->source);
    thread = worker->thread;
    atomic_store(&worker->stop, true);
    eventfd_raise(worker->kick_fd);

    wait_for_end(worker);
    if (atomic_exchange(&worker->end, ABANDONED) == THREAD_ENDED) {
        pthread_join(thread, NULL);
        worker_destroy(worker);
    } else {
        pthread_detach(thread); /* the worker is the thread's own from here */
    }
    return NULL;
}

int rl_worker_submit(
    struct rl_worker *worker, const struct rl_job *job, rl_done_fn done, void *userdata)
{
    uint32_t number = atomic_load_explicit(&worker->submitted, memory_order_relaxed);
    struct slot *slot = slot_of(worker, number);

    if (number - worker->reaped >= RL_WORKER_JOBS)
        return -EAGAIN;
    slot->job = *job;
    slot->done = done;
    slot->userdata = userdata;
    atomic_store_explicit(&worker->submitted, number + 1, memory_order_release);
    eventfd_raise(worker->kick_fd);
    return 0;
}

int rl_job_write(const struct rl_job *job)
{
    size_t length = strlen(job->text);
    int fd = openat(job->fds[0], job->name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n;
    int r;

    if (fd < 0)
        return -errno;
    n = write(fd, job->text, length);
    r = n < 0 ? -errno : (size_t)n < length ? -EIO : 0;
    close(fd);
    return r;
}

int rl_worker_write(struct rl_worker *worker, int dirfd, const char *name, const char *text,
    rl_done_fn done, void *userdata)
{
    struct rl_job job = {.run = rl_job_write, .fds = {-1, -1}};
    int r;

    if (strlen(name) >= sizeof(job.name))
        return -ENAMETOOLONG;
    if (strlen(text) >= sizeof(job.text))
        return -EMSGSIZE;
    strcpy(job.name, name);
    strcpy(job.text, text);
    job.fds[0] = fcntl(dirfd, F_DUPFD_CLOEXEC, 3);
    if (job.fds[0] < 0)
        return -errno;
    r = rl_worker_submit(worker, &job, done, userdata);
    if (r < 0)
        job_close(&job);
    return r;
}

void rl_worker_forget(struct rl_worker *worker, const void *userdata)
{
    uint32_t submitted = atomic_load_explicit(&worker->submitted, memory_order_relaxed);

    for (uint32_t number = worker->reaped; number != submitted; number++)
        if (slot_of(worker, number)->userdata == userdata)
            slot_of(worker, number)->done = NULL;
}
