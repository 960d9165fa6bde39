#include "daemon/observe/cmdline.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/observe/thread.h"

#define WAYS      8
#define STAT_SIZE 2048

/* Of an entry: nobody is at it, it waits in the queue, a thread is reading it. */
enum { IDLE, QUEUED, READING };

struct entry {
    pid_t pid; /* 0: free */
    uint64_t start_ticks;
    char comm[RL_COMM_MAX]; /* as it was when it was asked for */
    uint8_t state;
    bool known;
    uint64_t read_us; /* when the text came */
    uint32_t round;   /* that asked for it last */
    char text[RL_CMDLINE_MAX];
};

/* The processes that are known. */
struct cache {
    size_t size;     /* a multiple of WAYS */
    uint32_t *queue; /* each entry is in it once at most, so it never overflows */
    struct entry *entries;
};

/* Everything below `lock` is guarded by it. It is never held across a system call that may block
 * on a process. */
struct rl_cmdline {
    int proc_fd;
    pthread_mutex_t lock;
    pthread_cond_t asked, answered;
    unsigned holders; /* the owner and the threads; the last one destroys */
    bool stop;
    uint32_t round;
    size_t pending; /* entries of this round that are queued or being read */
    uint32_t queue_from, queue_n;
    struct cache cache;
};

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * RL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

/* ---- the cache ---- */

static struct entry *set_of(struct rl_cmdline *cmdline, pid_t pid, uint64_t start_ticks)
{
    uint64_t hash = ((uint64_t)pid * UINT64_C(0x9e3779b97f4a7c15)) ^
                    (start_ticks * UINT64_C(0xc2b2ae3d27d4eb4f));

    return &cmdline->cache.entries[(hash >> 40) % (cmdline->cache.size / WAYS) * WAYS];
}

static struct entry *find(struct rl_cmdline *cmdline, const struct rl_process *process)
{
    struct entry *set = set_of(cmdline, process->pid, process->start_ticks);

    for (size_t i = 0; i < WAYS; i++)
        if (set[i].pid == process->pid && set[i].start_ticks == process->start_ticks)
            return &set[i];
    return NULL;
}

/* A place for a new process: the one that was asked for longest ago, but nobody of this round, and
 * nothing that is just being read. NULL when there is none. */
static struct entry *make_room(struct rl_cmdline *cmdline, const struct rl_process *process)
{
    struct entry *set = set_of(cmdline, process->pid, process->start_ticks), *best = NULL;

    for (size_t i = 0; i < WAYS; i++) {
        struct entry *entry = &set[i];

        if (entry->pid == 0)
            return entry;
        if (entry->state == READING || entry->round == cmdline->round)
            continue;
        /* Rounds wrap around: count how many ago it was. */
        if (!best || cmdline->round - entry->round > cmdline->round - best->round)
            best = entry;
    }
    return best;
}

/* ---- the threads ---- */

/* NULs, of which there may be any number at the end, as blanks. */
static void tidy(char *text, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    while (n > 0 && text[n - 1] == ' ')
        n--;
    text[n] = '\0';
}

int rl_cmdline_read_below(int dir, char text[RL_CMDLINE_MAX])
{
    int fd = rl_open_at(dir, "cmdline");
    size_t have = 0;
    ssize_t n = 0;

    if (fd < 0)
        return fd;
    while (have < RL_CMDLINE_MAX - 1) {
        n = read(fd, text + have, RL_CMDLINE_MAX - 1 - have);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        have += (size_t)n;
    }
    if (n < 0)
        n = -errno;
    close(fd);
    if (n < 0)
        return (int)n;
    tidy(text, have);
    return 0;
}

/* Both files are read below one descriptor, so that they are about the same process. */
static bool read_cmdline(int proc_fd, pid_t pid, uint64_t start_ticks, char text[RL_CMDLINE_MAX])
{
    struct rl_process process = {0};
    char name[16], stat[STAT_SIZE], state;
    bool good;
    int dir;

    snprintf(name, sizeof(name), "%d", (int)pid);
    dir = openat(proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return false;
    good = rl_read_at(dir, "stat", stat, sizeof(stat)) > 0 &&
           rl_parse_stat(stat, &process, &state) == 0 && process.start_ticks == start_ticks &&
           state != 'Z' && state != 'X' && rl_cmdline_read_below(dir, text) == 0;
    close(dir);
    return good;
}

/* Read the first one of the queue. The lock is held on entry and on return, not between. */
static void serve(struct rl_cmdline *cmdline)
{
    struct entry *entry = &cmdline->cache.entries[cmdline->cache.queue[cmdline->queue_from]];
    uint64_t start_ticks = entry->start_ticks;
    pid_t pid = entry->pid;
    char text[RL_CMDLINE_MAX];
    bool known;

    cmdline->queue_from = (cmdline->queue_from + 1) % (uint32_t)cmdline->cache.size;
    cmdline->queue_n--;
    entry->state = READING; /* from here on it is nobody else's */
    pthread_mutex_unlock(&cmdline->lock);
    known = read_cmdline(cmdline->proc_fd, pid, start_ticks, text);
    pthread_mutex_lock(&cmdline->lock);

    entry->state = IDLE;
    if (known) {
        entry->known = true;
        entry->read_us = now_us();
        strcpy(entry->text, text);
    }
    if (entry->round == cmdline->round && cmdline->pending > 0 && --cmdline->pending == 0)
        pthread_cond_signal(&cmdline->answered);
}

static void cache_free(struct cache *cache)
{
    free(cache->queue);
    free(cache->entries);
    *cache = (struct cache){0};
}

/* Empty, and touched now rather than when memory is short: calloc() would hand out the zero
 * page. */
static int cache_new(size_t size, struct cache *ret)
{
    struct cache cache;

    if (size < RL_CMDLINE_LEAST)
        size = RL_CMDLINE_LEAST;
    if (size > RL_CMDLINE_MOST)
        size = RL_CMDLINE_MOST;
    cache.size = (size + WAYS - 1) / WAYS * WAYS;
    cache.queue = reallocarray(NULL, cache.size, sizeof(*cache.queue));
    cache.entries = reallocarray(NULL, cache.size, sizeof(*cache.entries));
    if (!cache.queue || !cache.entries) {
        cache_free(&cache);
        return -ENOMEM;
    }
    memset(cache.queue, 0xff, cache.size * sizeof(*cache.queue));
    memset(cache.entries, 0xff, cache.size * sizeof(*cache.entries));
    __asm__ volatile("" ::: "memory"); /* or the compiler makes one of these and malloc() */
    memset(cache.entries, 0, cache.size * sizeof(*cache.entries));
    *ret = cache;
    return 0;
}

static void destroy(struct rl_cmdline *cmdline)
{
    cache_free(&cmdline->cache);
    pthread_cond_destroy(&cmdline->asked);
    pthread_cond_destroy(&cmdline->answered);
    pthread_mutex_destroy(&cmdline->lock);
    close(cmdline->proc_fd);
    free(cmdline);
}

/* The lock is held on entry, not on return. */
static void let_go(struct rl_cmdline *cmdline)
{
    bool last = --cmdline->holders == 0;

    pthread_mutex_unlock(&cmdline->lock);
    if (last)
        destroy(cmdline);
}

static void *thread_main(void *userdata)
{
    struct rl_cmdline *cmdline = userdata;

    pthread_mutex_lock(&cmdline->lock);
    while (!cmdline->stop) {
        if (cmdline->queue_n > 0)
            serve(cmdline);
        else
            pthread_cond_wait(&cmdline->asked, &cmdline->lock);
    }
    let_go(cmdline);
    return NULL;
}

/* ---- life ---- */

static int start_threads(struct rl_cmdline *cmdline)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < RL_CMDLINE_THREADS; i++) {
        pthread_t thread;

        pthread_mutex_lock(&cmdline->lock);
        r = rl_thread_start(&thread, thread_main, cmdline);
        if (r == 0) {
            pthread_detach(thread);
            cmdline->holders++;
        }
        pthread_mutex_unlock(&cmdline->lock);
    }
    /* With fewer threads than wished it works all the same. */
    return cmdline->holders > 1 ? 0 : r;
}

int rl_cmdline_new(int proc_fd, size_t size, struct rl_cmdline **ret)
{
    struct rl_cmdline *cmdline = calloc(1, sizeof(*cmdline));
    pthread_condattr_t attr;
    int r;

    if (!cmdline)
        return -ENOMEM;
    r = cache_new(size, &cmdline->cache);
    if (r < 0) {
        free(cmdline);
        return r;
    }
    cmdline->holders = 1;
    cmdline->proc_fd = fcntl(proc_fd, F_DUPFD_CLOEXEC, 3);
    if (cmdline->proc_fd < 0) {
        r = -errno;
        cache_free(&cmdline->cache);
        free(cmdline);
        return r;
    }
    pthread_mutex_init(&cmdline->lock, NULL);
    pthread_cond_init(&cmdline->asked, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&cmdline->answered, &attr);
    pthread_condattr_destroy(&attr);
    r = start_threads(cmdline);
    if (r < 0) {
        rl_cmdline_free(cmdline);
        return r;
    }
    *ret = cmdline;
    return 0;
}

struct rl_cmdline *rl_cmdline_free(struct rl_cmdline *cmdline)
{
    if (!cmdline)
        return NULL;
    pthread_mutex_lock(&cmdline->lock);
    cmdline->stop = true;
    pthread_cond_broadcast(&cmdline->asked);
    let_go(cmdline);
    return NULL;
}

/* A thread that reads holds on to its entry without the lock. */
static bool is_reading(const struct rl_cmdline *cmdline)
{
    for (size_t i = 0; i < cmdline->cache.size; i++)
        if (cmdline->cache.entries[i].state != IDLE)
            return true;
    return false;
}

int rl_cmdline_grow(struct rl_cmdline *cmdline, size_t size)
{
    struct cache more;
    int r;

    if (size > RL_CMDLINE_MOST)
        size = RL_CMDLINE_MOST;
    if (size <= cmdline->cache.size)
        return 0;
    r = cache_new(size, &more);
    if (r < 0)
        return r;
    pthread_mutex_lock(&cmdline->lock);
    if (is_reading(cmdline)) {
        r = -EBUSY;
    } else {
        struct cache old = cmdline->cache;

        cmdline->cache = more;
        cmdline->queue_from = 0;
        more = old;
    }
    pthread_mutex_unlock(&cmdline->lock);
    cache_free(&more);
    return r;
}

size_t rl_cmdline_size(const struct rl_cmdline *cmdline)
{
    return cmdline->cache.size;
}

/* ---- asking ---- */

static void ask(struct rl_cmdline *cmdline, const struct rl_process *process)
{
    struct entry *entry = find(cmdline, process);

    if (entry && entry->known && strcmp(entry->comm, process->comm) == 0 &&
        now_us() - entry->read_us < RL_CMDLINE_FRESH_US)
        return;
    if (!entry) {
        uint8_t state;

        entry = make_room(cmdline, process);
        if (!entry)
            return;
        state = entry->state; /* queued for another: then for this one */
        *entry = (struct entry){.pid = process->pid,
            .start_ticks = process->start_ticks,
            .state = state,
            .round = cmdline->round - 1};
    }
    if (strcmp(entry->comm, process->comm) != 0) {
        memcpy(entry->comm, process->comm, sizeof(entry->comm));
        entry->known = false;
    }
    /* Asked twice in this round; or it has kept its thread busy since an earlier one, and waiting
     * for it again would be in vain. */
    if (entry->round == cmdline->round || entry->state == READING)
        return;
    entry->round = cmdline->round;
    cmdline->pending++;
    if (entry->state == QUEUED)
        return;
    entry->state = QUEUED;
    cmdline->cache.queue[(cmdline->queue_from + cmdline->queue_n++) % cmdline->cache.size] =
        (uint32_t)(entry - cmdline->cache.entries);
    pthread_cond_signal(&cmdline->asked);
}

void rl_cmdline_ask(struct rl_cmdline *cmdline, const struct rl_process *process)
{
    if (process->pid <= 0 || process->flags & RL_PROCESS_KERNEL_THREAD)
        return;
    pthread_mutex_lock(&cmdline->lock);
    ask(cmdline, process);
    pthread_mutex_unlock(&cmdline->lock);
}

void rl_cmdline_wait(struct rl_cmdline *cmdline)
{
    uint64_t until = now_us() + RL_CMDLINE_WAIT_US;
    struct timespec ts = {
        .tv_sec = (time_t)(until / RL_US_PER_S), .tv_nsec = (long)(until % RL_US_PER_S * 1000)};
    int r = 0;

    pthread_mutex_lock(&cmdline->lock);
    while (cmdline->pending > 0 && r == 0)
        r = pthread_cond_timedwait(&cmdline->answered, &cmdline->lock, &ts);
    cmdline->pending = 0;
    cmdline->round++;
    pthread_mutex_unlock(&cmdline->lock);
}

bool rl_cmdline_take(struct rl_cmdline *cmdline, struct rl_process *process)
{
    bool known = process->flags & RL_PROCESS_KERNEL_THREAD;
    const struct entry *entry;

    process->cmdline[0] = '\0';
    process->flags &= ~(uint32_t)RL_PROCESS_CMDLINE_KNOWN;
    if (!known) {
        pthread_mutex_lock(&cmdline->lock);
        entry = find(cmdline, process);
        known = entry && entry->known && strcmp(entry->comm, process->comm) == 0;
        if (known)
            strcpy(process->cmdline, entry->text);
        pthread_mutex_unlock(&cmdline->lock);
    }
    if (known)
        process->flags |= RL_PROCESS_CMDLINE_KNOWN;
    return known;
}

void rl_cmdline_fill(struct rl_cmdline *cmdline, struct rl_candidate *candidates, size_t n)
{
    for (size_t i = 0; i < n; i++)
        rl_cmdline_ask(cmdline, &candidates[i].process);
    rl_cmdline_wait(cmdline);
    for (size_t i = 0; i < n; i++)
        rl_cmdline_take(cmdline, &candidates[i].process);
}
