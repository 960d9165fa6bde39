#include "daemon/relieve/thaw.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "daemon/observe/thread.h"

struct appointment {
    int fd; /* cgroup.freeze; -1: none */
    uint64_t at_us;
};

/* All of it under the lock, which nobody holds while he writes to a cgroup. */
struct rl_thaw {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed; /* for the thread: appointments, stop */
    pthread_cond_t idle;    /* for rl_thaw_free(): the thread writes no more */
    bool stop, writing;
    bool abandoned; /* the thread destroys it */
    struct appointment slots[RL_THAW_SLOTS];
};

static struct timespec time_of(uint64_t us)
{
    return (struct timespec){
        .tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000};
}

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static void drop(struct appointment *appointment)
{
    if (appointment->fd >= 0)
        close(appointment->fd);
    appointment->fd = -1;
}

static void thaw_destroy(struct rl_thaw *thaw)
{
    for (size_t i = 0; i < RL_THAW_SLOTS; i++)
        drop(&thaw->slots[i]);
    pthread_cond_destroy(&thaw->changed);
    pthread_cond_destroy(&thaw->idle);
    pthread_mutex_destroy(&thaw->lock);
    free(thaw);
}

static struct appointment *earliest(struct rl_thaw *thaw)
{
    struct appointment *first = NULL;

    for (size_t i = 0; i < RL_THAW_SLOTS; i++)
        if (thaw->slots[i].fd >= 0 && (!first || thaw->slots[i].at_us < first->at_us))
            first = &thaw->slots[i];
    return first;
}

/* Whoever has thawed it meanwhile is not disturbed. A removed cgroup answers ENODEV. */
static void write_thaw(int fd)
{
    char state = '0';

    if (pread(fd, &state, 1, 0) != 1 || state != '1')
        return;
    while (pwrite(fd, "0", 1, 0) < 0 && errno == EINTR)
        continue;
}

static void keep(struct rl_thaw *thaw, struct appointment *due)
{
    int fd = due->fd;

    due->fd = -1;
    thaw->writing = true;
    pthread_mutex_unlock(&thaw->lock);
    write_thaw(fd);
    close(fd);
    pthread_mutex_lock(&thaw->lock);
    thaw->writing = false;
    pthread_cond_signal(&thaw->idle);
}

static void *thread_main(void *userdata)
{
    struct rl_thaw *thaw = userdata;
    bool abandoned;

    pthread_mutex_lock(&thaw->lock);
    while (!thaw->stop) {
        struct appointment *next = earliest(thaw);

        if (!next) {
            pthread_cond_wait(&thaw->changed, &thaw->lock);
        } else if (next->at_us <= now_us()) {
            keep(thaw, next);
        } else {
            struct timespec until = time_of(next->at_us);

            pthread_cond_timedwait(&thaw->changed, &thaw->lock, &until);
        }
    }
    abandoned = thaw->abandoned;
    pthread_mutex_unlock(&thaw->lock);
    if (abandoned)
        thaw_destroy(thaw);
    return NULL;
}

int rl_thaw_new(struct rl_thaw **ret)
{
    struct rl_thaw *thaw = calloc(1, sizeof(*thaw));
    pthread_condattr_t attr;
    int r;

    if (!thaw)
        return -ENOMEM;
    for (size_t i = 0; i < RL_THAW_SLOTS; i++)
        thaw->slots[i].fd = -1;
    pthread_mutex_init(&thaw->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&thaw->changed, &attr);
    pthread_cond_init(&thaw->idle, &attr);
    pthread_condattr_destroy(&attr);
    r = rl_thread_start(&thaw->thread, thread_main, thaw);
    if (r < 0)
        thaw_destroy(thaw);
    else
        *ret = thaw;
    return r;
}

struct rl_thaw *rl_thaw_free(struct rl_thaw *thaw)
{
    struct timespec until = time_of(now_us() + RL_THAW_JOIN_US);
    pthread_t thread;
    int r = 0;

    if (!thaw)
        return NULL;
    thread = thaw->thread;
    pthread_mutex_lock(&thaw->lock);
    thaw->stop = true;
    pthread_cond_signal(&thaw->changed);
    while (thaw->writing && r != ETIMEDOUT)
        r = pthread_cond_timedwait(&thaw->idle, &thaw->lock, &until);
    if (thaw->writing) {
        thaw->abandoned = true;
        pthread_detach(thread);
        pthread_mutex_unlock(&thaw->lock);
        return NULL;
    }
    pthread_mutex_unlock(&thaw->lock);
    pthread_join(thread, NULL);
    thaw_destroy(thaw);
    return NULL;
}

int rl_thaw_at(struct rl_thaw *thaw, size_t slot, int cgroup_fd, uint64_t at_us)
{
    int fd = openat(cgroup_fd, "cgroup.freeze", O_RDWR | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return -errno;
    pthread_mutex_lock(&thaw->lock);
    drop(&thaw->slots[slot]);
    thaw->slots[slot] = (struct appointment){.fd = fd, .at_us = at_us};
    pthread_cond_signal(&thaw->changed);
    pthread_mutex_unlock(&thaw->lock);
    return 0;
}

void rl_thaw_cancel(struct rl_thaw *thaw, size_t slot)
{
    pthread_mutex_lock(&thaw->lock);
    drop(&thaw->slots[slot]);
    pthread_mutex_unlock(&thaw->lock);
}
