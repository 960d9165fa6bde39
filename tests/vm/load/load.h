/* What the load programs share: arguments, noise, memory of a known size, the line that says "ready". */
#ifndef RELIEFD_TESTS_VM_LOAD_H
#define RELIEFD_TESTS_VM_LOAD_H

#include <err.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#define PAGE ((size_t) 4096)
#define MB ((size_t) 1024 * 1024)

/* xorshift64*: the same seed gives the same load on every run. */
struct noise {
        uint64_t state;
};

static inline struct noise noise_from_seed(uint64_t seed) {
        return (struct noise) { .state = seed * 2685821657736338717ULL + 88172645463325252ULL };
}

static inline uint64_t noise_next(struct noise *n) {
        n->state ^= n->state >> 12;
        n->state ^= n->state << 25;
        n->state ^= n->state >> 27;
        return n->state * 2685821657736338717ULL;
}

/* Half of the page is noise: zram cannot swallow it, and an emulated processor is not kept busy for long. */
static inline void noise_fill_page(struct noise *n, void *page) {
        uint64_t *word = page;

        for (size_t i = 0; i < PAGE / sizeof(*word) / 2; i++)
                word[i] = noise_next(n);
}

/* Address space only: MAP_NORESERVE lets a load map more than the machine has. */
static inline void *map_memory(size_t size, int sharing) {
        void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (memory == MAP_FAILED)
                err(1, "cannot map %zu MB", size / MB);
        /* Page by page: a huge page would charge 2 MB for one touched byte. (EINVAL: a kernel without huge pages.) */
        if (madvise(memory, size, MADV_NOHUGEPAGE) < 0 && errno != EINVAL)
                err(1, "madvise");
        return memory;
}

static inline void fill_memory(void *memory, size_t size, struct noise *n) {
        for (size_t at = 0; at < size; at += PAGE)
                noise_fill_page(n, (char *) memory + at);
}

/* Reads and writes one word of a page, so that it is needed and dirty again. */
static inline void touch_page(void *page) {
        (*(volatile uint64_t *) page)++;
}

static inline double seconds_now(void) {
        struct timespec now;

        clock_gettime(CLOCK_MONOTONIC, &now);
        return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

static inline void sleep_seconds(double seconds) {
        struct timespec left = {
                .tv_sec = (time_t) seconds,
                .tv_nsec = (long) ((seconds - (double) (time_t) seconds) * 1e9),
        };

        while (nanosleep(&left, &left) < 0 && errno == EINTR)
                ;
}

static inline void say_ready(void) {
        printf("ready %d\n", (int) getpid());
        fflush(stdout);
}

/* A whole number of at least `low`; `name` is the option it belongs to. */
static inline unsigned long parse_number(const char *name, const char *text, unsigned long low) {
        char *end;
        unsigned long value;

        errno = 0;
        value = strtoul(text, &end, 10);
        if (errno || end == text || *end || *text == '-' || value < low)
                errx(2, "%s: '%s' is not a whole number of at least %lu", name, text, low);
        return value;
}

/* RELIEFD_TEST_SEED is passed on to the guest as VM_SEED. */
static inline uint64_t seed_from_environment(void) {
        const char *text = getenv("VM_SEED");

        return text ? parse_number("VM_SEED", text, 0) : 1;
}

#endif
