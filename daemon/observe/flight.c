#include "daemon/observe/flight.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIZE_SHIFT  12 /* no kernel has smaller pages */
#define STALL_UNIT  10 /* microseconds */
#define NONE        UINT32_MAX
#define DENSE_TIMES 4

struct row {
    uint32_t at_ms; /* since the ring's base */
    uint32_t some, full;
    uint32_t current, used, swap, high, max;
    uint32_t refaults;
};

struct ring {
    uint64_t id; /* 0: free */
    unsigned holders;
    uint64_t start_us;                    /* of the earliest incident that holds it */
    uint64_t at_us, some, full, refaults; /* bases: of the row that the ring began with */
    uint64_t newest_us;
    size_t n;
    struct row rows[RL_FLIGHT_ROWS];
};

struct rl_flight {
    struct ring *chunks[RL_FLIGHT_RINGS / RL_FLIGHT_CHUNK]; /* NULL from the first not made yet */
    size_t n;                                               /* rings there are */
};

static struct ring *ring_at(const struct rl_flight *flight, size_t i)
{
    return &flight->chunks[i / RL_FLIGHT_CHUNK][i % RL_FLIGHT_CHUNK];
}

static int add_chunk(struct rl_flight *flight)
{
    struct ring *chunk = malloc(RL_FLIGHT_CHUNK * sizeof(*chunk));

    if (!chunk)
        return -ENOMEM;
    /* Touched now rather than when memory is short: calloc() alone hands out the zero page. */
    for (size_t i = 0; i < RL_FLIGHT_CHUNK; i++) {
        memset(&chunk[i], 0xff, sizeof(chunk[i]));
        __asm__ volatile("" ::"r"(&chunk[i]) : "memory");
        chunk[i].id = 0;
        chunk[i].holders = 0;
        chunk[i].n = 0;
    }
    flight->chunks[flight->n / RL_FLIGHT_CHUNK] = chunk;
    flight->n += RL_FLIGHT_CHUNK;
    return 0;
}

struct rl_flight *rl_flight_new(void)
{
    struct rl_flight *flight = calloc(1, sizeof(*flight));

    if (flight && add_chunk(flight) < 0)
        return rl_flight_free(flight);
    return flight;
}

struct rl_flight *rl_flight_free(struct rl_flight *flight)
{
    for (size_t i = 0; flight && i < flight->n; i += RL_FLIGHT_CHUNK)
        free(flight->chunks[i / RL_FLIGHT_CHUNK]);
    free(flight);
    return NULL;
}

bool rl_flight_scarce(const struct rl_flight *flight)
{
    uint64_t now_us = 0;
    size_t n = 0;

    for (size_t i = 0; i < flight->n; i++)
        if (ring_at(flight, i)->id != 0 && ring_at(flight, i)->newest_us > now_us)
            now_us = ring_at(flight, i)->newest_us;
    for (size_t i = 0; i < flight->n; i++) {
        const struct ring *ring = ring_at(flight, i);

        n += ring->id == 0 ||
             (ring->holders == 0 && ring->newest_us + RL_FLIGHT_BEFORE_US < now_us);
    }
    return n < RL_FLIGHT_CHUNK / 2 && flight->n < RL_FLIGHT_RINGS;
}

int rl_flight_grow(struct rl_flight *flight)
{
    return rl_flight_scarce(flight) ? add_chunk(flight) : 0;
}

static const struct ring *find(const struct rl_flight *flight, uint64_t id)
{
    for (size_t i = 0; id != 0 && i < flight->n; i++)
        if (ring_at(flight, i)->id == id)
            return ring_at(flight, i);
    return NULL;
}

/* The ring of a cgroup, taken from somebody else if need be. NULL: all are held. */
static struct ring *ring_of(struct rl_flight *flight, uint64_t id)
{
    struct ring *oldest = NULL;

    for (size_t i = 0; i < flight->n; i++) {
        struct ring *ring = ring_at(flight, i);

        if (ring->id == id)
            return ring;
        if (ring->holders == 0 &&
            (!oldest || ring->id == 0 || (oldest->id != 0 && ring->newest_us < oldest->newest_us)))
            oldest = ring;
    }
    if (oldest) {
        oldest->id = id;
        oldest->n = 0;
        oldest->newest_us = 0;
    }
    return oldest;
}

bool rl_flight_due(const struct rl_flight *flight, uint64_t id, uint64_t now_us)
{
    const struct ring *ring = find(flight, id);

    return !ring || ring->n == 0 || now_us >= ring->newest_us + RL_FLIGHT_STEP_US;
}

/* ---- packing ---- */

static uint32_t pack_size(uint64_t bytes)
{
    uint64_t units = bytes >> SIZE_SHIFT;

    if (bytes == RL_FLIGHT_NONE)
        return NONE;
    return units < NONE ? (uint32_t)units : NONE - 1;
}

static uint64_t unpack_size(uint32_t units)
{
    return units == NONE ? RL_FLIGHT_NONE : (uint64_t)units << SIZE_SHIFT;
}

/* A counter that was not read when the ring began has its base at 0. */
static uint64_t base_of(uint64_t value)
{
    return value == RL_FLIGHT_NONE ? 0 : value;
}

/* Return: false where the number does not fit: it went back, or too far ahead. */
static bool pack_count(uint64_t value, uint64_t base, unsigned unit, uint32_t *ret)
{
    *ret = NONE;
    if (value == RL_FLIGHT_NONE)
        return true;
    if (value < base || (value - base) / unit >= NONE)
        return false;
    *ret = (uint32_t)((value - base) / unit);
    return true;
}

static uint64_t unpack_count(uint32_t count, uint64_t base, unsigned unit)
{
    return count == NONE ? RL_FLIGHT_NONE : base + (uint64_t)count * unit;
}

static bool pack(const struct ring *ring, const struct rl_flight_row *row, struct row *ret)
{
    *ret = (struct row){
        .at_ms = (uint32_t)((row->at_us - ring->at_us) / RL_US_PER_MS),
        .current = pack_size(row->current),
        .used = pack_size(row->used),
        .swap = pack_size(row->swap),
        .high = pack_size(row->high),
        .max = pack_size(row->max),
    };
    return (row->at_us - ring->at_us) / RL_US_PER_MS < UINT32_MAX &&
           pack_count(row->some_us, ring->some, STALL_UNIT, &ret->some) &&
           pack_count(row->full_us, ring->full, STALL_UNIT, &ret->full) &&
           pack_count(row->refaults, ring->refaults, 1, &ret->refaults);
}

static uint64_t at_of(const struct ring *ring, size_t i)
{
    return ring->at_us + ring->rows[i].at_ms * RL_US_PER_MS;
}

/* ---- what goes ---- */

static void drop(struct ring *ring, size_t at, size_t n)
{
    memmove(&ring->rows[at], &ring->rows[at + n], (ring->n - at - n) * sizeof(ring->rows[0]));
    ring->n -= n;
}

static void drop_old(struct ring *ring, uint64_t now_us)
{
    uint64_t from = ring->holders > 0 && ring->start_us < now_us ? ring->start_us : now_us;
    size_t n = 0;

    while (n < ring->n && at_of(ring, n) + RL_FLIGHT_BEFORE_US < from)
        n++;
    drop(ring, 0, n);
}

/* One goes that is missed least: neither the first nor the newest. */
static void thin_out(struct ring *ring)
{
    uint64_t dense_until = ring->start_us + RL_FLIGHT_DENSE_US, least = UINT64_MAX;
    size_t which = 1;

    for (size_t i = 1; i + 1 < ring->n; i++) {
        uint64_t gap = ring->rows[i + 1].at_ms - ring->rows[i - 1].at_ms;

        if (at_of(ring, i) < dense_until)
            gap *= DENSE_TIMES;
        if (gap < least) {
            least = gap;
            which = i;
        }
    }
    drop(ring, which, 1);
}

static void begin(struct ring *ring, const struct rl_flight_row *row)
{
    ring->n = 0;
    ring->at_us = row->at_us;
    ring->some = base_of(row->some_us);
    ring->full = base_of(row->full_us);
    ring->refaults = base_of(row->refaults);
}

void rl_flight_add(struct rl_flight *flight, uint64_t id, const struct rl_flight_row *row)
{
    struct ring *ring = id != 0 ? ring_of(flight, id) : NULL;
    struct row packed;

    if (!ring || (ring->n > 0 && row->at_us <= ring->newest_us))
        return;
    drop_old(ring, row->at_us);
    if (ring->n == 0 || !pack(ring, row, &packed)) {
        begin(ring, row);
        pack(ring, row, &packed);
    }
    if (ring->n == RL_FLIGHT_ROWS && ring->holders > 0)
        thin_out(ring);
    else if (ring->n == RL_FLIGHT_ROWS)
        drop(ring, 0, 1);
    ring->rows[ring->n++] = packed;
    ring->newest_us = row->at_us;
}

bool rl_flight_hold(struct rl_flight *flight, uint64_t id, uint64_t start_us)
{
    struct ring *ring = id != 0 ? ring_of(flight, id) : NULL;

    if (!ring)
        return false;
    if (ring->holders++ == 0)
        ring->start_us = start_us;
    return true;
}

void rl_flight_release(struct rl_flight *flight, uint64_t id)
{
    struct ring *ring = (struct ring *)find(flight, id);

    if (ring && ring->holders > 0)
        ring->holders--;
}

size_t rl_flight_rows(const struct rl_flight *flight, uint64_t id)
{
    const struct ring *ring = find(flight, id);

    return ring ? ring->n : 0;
}

bool rl_flight_row(const struct rl_flight *flight, uint64_t id, size_t i, struct rl_flight_row *ret)
{
    const struct ring *ring = find(flight, id);
    const struct row *row;

    if (!ring || i >= ring->n)
        return false;
    row = &ring->rows[i];
    *ret = (struct rl_flight_row){
        .at_us = at_of(ring, i),
        .some_us = unpack_count(row->some, ring->some, STALL_UNIT),
        .full_us = unpack_count(row->full, ring->full, STALL_UNIT),
        .current = unpack_size(row->current),
        .used = unpack_size(row->used),
        .swap = unpack_size(row->swap),
        .high = unpack_size(row->high),
        .max = unpack_size(row->max),
        .refaults = unpack_count(row->refaults, ring->refaults, 1),
    };
    return true;
}
