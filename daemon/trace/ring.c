#include "daemon/trace/ring.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/observe/thread.h"
#include "daemon/trace/line.h"

#define OUT_SIZE   (64 * 1024)
#define PATHS_MAX  256        /* of hot cgroups, for the lines of their samples */
#define PATIENCE_S 2          /* with a reader that does not read, at the end */
#define WRAP       UINT32_MAX /* a kind: go on at the beginning */

struct named {
    uint64_t id; /* 0: free */
    char path[RL_NOTE_PATH_MAX];
};

struct rl_ring {
    char *buf;
    /* Bytes ever put in and taken out. */
    atomic_uint_fast64_t head, tail;
    uint64_t taken; /* of the note that is being filled: its end */
    uint64_t lost;
    atomic_bool stop;
    atomic_int failed;
    int fd, kick_fd;
    bool is_pipe;
    pthread_t thread;
    /* of the thread */
    struct rl_out out;
    struct named *names;
    char text[OUT_SIZE];
};

/* ---- the thread ---- */

static const char *path_of(void *userdata, uint64_t id)
{
    const struct rl_ring *ring = userdata;

    for (size_t i = 0; i < PATHS_MAX; i++)
        if (ring->names[i].id == id)
            return ring->names[i].path;
    return "";
}

/* The latest one counts; of too many the first is forgotten. */
static void keep_path(struct rl_ring *ring, const struct rl_note_hot *hot)
{
    const char *path = (const char *)((const struct rl_point *)(hot + 1) + hot->n);
    struct named *place = &ring->names[0];
    size_t len = hot->path_len < RL_NOTE_PATH_MAX ? hot->path_len : RL_NOTE_PATH_MAX - 1;

    for (size_t i = PATHS_MAX; i-- > 0;)
        if (ring->names[i].id == hot->id || (ring->names[i].id == 0 && place->id != hot->id))
            place = &ring->names[i];
    place->id = hot->id;
    memcpy(place->path, path, len);
    place->path[len] = '\0';
}

static void drop_path(struct rl_ring *ring, uint64_t id)
{
    for (size_t i = 0; i < PATHS_MAX; i++)
        if (ring->names[i].id == id)
            ring->names[i].id = 0;
}

static uint64_t seconds(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec;
}

/* A pipe takes so many bytes without blocking once it says that it takes some. */
static bool wait_for_pipe(struct rl_ring *ring)
{
    struct pollfd poll_fd = {.fd = ring->fd, .events = POLLOUT};
    uint64_t since = 0;

    for (;;) {
        int r = poll(&poll_fd, 1, 200);

        if (r > 0 || (r < 0 && errno != EINTR))
            return true; /* write() says what is wrong */
        if (!atomic_load(&ring->stop))
            continue;
        if (since == 0)
            since = seconds();
        else if (seconds() - since >= PATIENCE_S)
            return false;
    }
}

static void flush(struct rl_out *out)
{
    struct rl_ring *ring = out->userdata;
    size_t done = 0;

    while (done < out->n && atomic_load(&ring->failed) == 0) {
        size_t part = out->n - done;
        ssize_t n;

        if (ring->is_pipe && part > 4096)
            part = 4096;
        if (ring->is_pipe && !wait_for_pipe(ring)) {
            atomic_store(&ring->failed, ETIMEDOUT);
            break;
        }
        n = write(ring->fd, out->buf + done, part);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR && errno != EAGAIN)
            atomic_store(&ring->failed, errno);
    }
    out->n = 0;
}

static void write_note(struct rl_ring *ring, const struct rl_note *note)
{
    const void *fixed = note + 1;

    if (note->kind == RL_NOTE_HOT)
        keep_path(ring, fixed);
    rl_note_write(&ring->out, note, path_of, ring);
    if (note->kind == RL_NOTE_COLD)
        drop_path(ring, ((const struct rl_note_cold *)fixed)->id);
}

static void drain(struct rl_ring *ring)
{
    uint64_t tail = atomic_load(&ring->tail);

    while (tail != atomic_load_explicit(&ring->head, memory_order_acquire)) {
        const struct rl_note *note = (const void *)(ring->buf + tail % RL_RING_SIZE);

        if (note->kind != WRAP)
            write_note(ring, note);
        tail += sizeof(*note) + note->size;
        atomic_store_explicit(&ring->tail, tail, memory_order_release);
    }
    if (ring->out.n > 0)
        flush(&ring->out);
}

static void *work(void *userdata)
{
    struct rl_ring *ring = userdata;
    struct pollfd fds[2] = {{.fd = ring->kick_fd, .events = POLLIN}, {.fd = ring->fd}};
    uint64_t value;

    while (!atomic_load(&ring->stop)) {
        drain(ring);
        if (poll(fds, ring->is_pipe ? 2 : 1, -1) < 0)
            continue;
        if (ring->is_pipe && (fds[1].revents & (POLLERR | POLLHUP | POLLNVAL))) {
            atomic_store(&ring->failed, EPIPE);
            break;
        }
        (void)!read(ring->kick_fd, &value, sizeof(value));
    }
    drain(ring);
    return NULL;
}

/* ---- the loop ---- */

static bool fits(const struct rl_ring *ring, uint64_t end)
{
    return end - atomic_load_explicit(&ring->tail, memory_order_acquire) <= RL_RING_SIZE;
}

/* Notes lie in one piece: what is left at the end may be too little. Return: where the next one
 * begins, which is entered only with it. */
static uint64_t place_for(struct rl_ring *ring, size_t whole)
{
    uint64_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    uint64_t left = RL_RING_SIZE - head % RL_RING_SIZE;
    struct rl_note *wrap = (void *)(ring->buf + head % RL_RING_SIZE);

    if (left >= whole)
        return head;
    if (fits(ring, head + left)) {
        wrap->kind = WRAP;
        wrap->size = (uint32_t)(left - sizeof(*wrap));
    }
    return head + left;
}

static void *take(struct rl_ring *ring, enum rl_note_kind kind, size_t size)
{
    size_t whole = sizeof(struct rl_note) + ((size + 7) & ~(size_t)7);
    uint64_t at = place_for(ring, whole);
    struct rl_note *note = (void *)(ring->buf + at % RL_RING_SIZE);

    if (whole > RL_RING_SIZE / 2 || !fits(ring, at + whole))
        return NULL;
    ring->taken = at + whole;
    note->kind = kind;
    note->size = (uint32_t)(whole - sizeof(*note));
    memset(note + 1, 0, rl_note_size(kind));
    return note + 1;
}

/* Nothing is put behind a gap that is not told of. */
static void tell_lost(struct rl_ring *ring)
{
    struct rl_note_lost *lost = ring->lost > 0 ? take(ring, RL_NOTE_LOST, sizeof(*lost)) : NULL;

    if (!lost)
        return;
    lost->n = ring->lost;
    ring->lost = 0;
    rl_ring_put(ring);
}

void *rl_ring_take(struct rl_ring *ring, enum rl_note_kind kind, size_t size)
{
    void *note;

    tell_lost(ring);
    note = ring->lost == 0 ? take(ring, kind, size) : NULL;
    ring->lost += !note;
    return note;
}

void rl_ring_put(struct rl_ring *ring)
{
    atomic_store_explicit(&ring->head, ring->taken, memory_order_release);
    if (!fits(ring, ring->taken + RL_RING_SIZE / 2))
        rl_ring_kick(ring);
}

void rl_ring_text(struct rl_ring *ring, const char *json)
{
    size_t size = strlen(json) + 1;
    char *text = rl_ring_take(ring, RL_NOTE_TEXT, size);

    if (!text)
        return;
    memcpy(text, json, size);
    rl_ring_put(ring);
}

void rl_ring_kick(struct rl_ring *ring)
{
    uint64_t one = 1;

    (void)!write(ring->kick_fd, &one, sizeof(one));
}

int rl_ring_failed(const struct rl_ring *ring)
{
    return -atomic_load(&ring->failed);
}

static struct rl_ring *ring_free(struct rl_ring *ring)
{
    if (ring->buf)
        munmap(ring->buf, RL_RING_SIZE);
    if (ring->kick_fd >= 0)
        close(ring->kick_fd);
    close(ring->fd);
    free(ring->names);
    free(ring);
    return NULL;
}

static int open_ring(struct rl_ring *ring)
{
    struct stat st;
    void *buf = mmap(NULL, RL_RING_SIZE, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

    if (buf == MAP_FAILED)
        return -ENOMEM;
    memset(buf, 0, RL_RING_SIZE); /* MAP_POPULATE may fail silently */
    ring->buf = buf;
    ring->names = calloc(PATHS_MAX, sizeof(*ring->names));
    if (!ring->names)
        return -ENOMEM;
    ring->kick_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (ring->kick_fd < 0 || fstat(ring->fd, &st) < 0)
        return -errno;
    ring->is_pipe = !S_ISREG(st.st_mode);
    ring->out = (struct rl_out){
        .buf = ring->text, .size = sizeof(ring->text), .flush = flush, .userdata = ring};
    return rl_thread_start(&ring->thread, work, ring);
}

int rl_ring_new(int fd, struct rl_ring **ret)
{
    struct rl_ring *ring = calloc(1, sizeof(*ring));
    int r;

    if (!ring) {
        close(fd);
        return -ENOMEM;
    }
    ring->fd = fd;
    ring->kick_fd = -1;
    r = open_ring(ring);
    if (r < 0)
        ring_free(ring);
    else
        *ret = ring;
    return r;
}

struct rl_ring *rl_ring_free(struct rl_ring *ring)
{
    if (!ring)
        return NULL;
    tell_lost(ring);
    atomic_store(&ring->stop, true);
    rl_ring_kick(ring);
    pthread_join(ring->thread, NULL);
    return ring_free(ring);
}
