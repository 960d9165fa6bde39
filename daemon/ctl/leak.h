/* A leaker for reliefctl try: anonymous memory page by page up to just below its limit, then a
 * working set that does not fit: pages given back and taken again, and a file read at random. */
#pragma once

#include <stdint.h>

struct rl_leak {
    uint64_t size; /* bytes of the cgroup's limit; what is leaked stays below */
    uint64_t rate; /* bytes a second */
    uint64_t seed; /* of the noise that the pages are filled with */
    int file;      /* to read from; -1: none */
    uint64_t file_size;
    int start; /* a pipe: it begins when a byte comes, and ends when there is none to come */
};

/* Return: how much is leaked under a limit of so many bytes, and from where on the cgroup is to be
 * throttled (memory.high): that the kernel kills nobody, the rest is less than what is leaked. */
uint64_t rl_leak_most(uint64_t size);
uint64_t rl_leak_high(uint64_t size);

/* Noise: xorshift64star (Vigna 2016). */
uint64_t rl_leak_noise(uint64_t *state);

/* Leak until killed. For a child that has just been forked. */
_Noreturn void rl_leak_run(const struct rl_leak *leak);
