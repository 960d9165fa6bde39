#include "daemon/ctl/leak.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "policy/sample.h"

#define PIECE (UINT64_C(256) * 1024) /* given back and taken again */
#define SLICE (UINT64_C(64) * 1024)  /* leaked between two looks at the clock */
#define READS 64                     /* of the file between two pieces */

uint64_t rl_leak_most(uint64_t size)
{
    return size - size / 32;
}

uint64_t rl_leak_high(uint64_t size)
{
    return size - size / 16;
}

uint64_t rl_leak_noise(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * UINT64_C(0x2545F4914F6CDD1D);
}

/* Zeros would vanish in zram, and equal pages in KSM. */
static void fill(char *memory, uint64_t size, uint64_t *noise)
{
    uint64_t *words = (uint64_t *)memory;

    for (uint64_t i = 0; i < size / sizeof(*words); i++)
        words[i] = rl_leak_noise(noise);
}

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * RL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

static void leak_all(const struct rl_leak *leak, char *memory, uint64_t *noise)
{
    uint64_t started = now_us();

    for (uint64_t at = 0; at + SLICE <= rl_leak_most(leak->size); at += SLICE) {
        uint64_t due = started + (at + SLICE) * RL_US_PER_S / leak->rate, now;

        fill(memory + at, SLICE, noise);
        now = now_us();
        if (due > now)
            usleep((useconds_t)(due - now));
    }
}

static _Noreturn void thrash(const struct rl_leak *leak, char *memory, uint64_t *noise)
{
    const volatile char *file = MAP_FAILED;
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    volatile char seen;

    if (leak->file >= 0)
        file = mmap(NULL, leak->file_size, PROT_READ, MAP_SHARED, leak->file, 0);
    if (file != MAP_FAILED)
        madvise((void *)file, leak->file_size, MADV_RANDOM); /* no read-ahead: each one counts */
    for (uint64_t at = 0;; at = (at + PIECE) % (rl_leak_most(leak->size) / PIECE * PIECE)) {
        madvise(memory + at, PIECE, MADV_DONTNEED);
        fill(memory + at, PIECE, noise);
        for (int i = 0; file != MAP_FAILED && i < READS; i++)
            seen = file[rl_leak_noise(noise) % (leak->file_size / page) * page];
    }
    (void)seen;
}

_Noreturn void rl_leak_run(const struct rl_leak *leak)
{
    uint64_t noise = leak->seed ? leak->seed : 1;
    char *memory, byte;

    prctl(PR_SET_NAME, "reliefd-leaker");
    if (read(leak->start, &byte, 1) != 1)
        _exit(0);
    memory = mmap(NULL, leak->size, PROT_READ | PROT_WRITE,
        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        _exit(1);
    madvise(
        memory, leak->size, MADV_NOHUGEPAGE); /* page by page, so that the limit is met exactly */
    leak_all(leak, memory, &noise);
    thrash(leak, memory, &noise);
}
