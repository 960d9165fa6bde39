/* Counts allocations, to hold code to its promise that it makes none. To be included by one file of
 * a program. Sanitizers bring their own malloc: under them nothing is counted. */
#pragma once

#include <stddef.h>

static size_t counted_mallocs;

#if defined(__has_feature)
#define COUNTED_FEATURE(x) __has_feature(x)
#else
#define COUNTED_FEATURE(x) 0
#endif

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&                             \
    !COUNTED_FEATURE(address_sanitizer) && !COUNTED_FEATURE(thread_sanitizer) &&                   \
    !COUNTED_FEATURE(memory_sanitizer) && defined(__GLIBC__)

#define MALLOC_IS_COUNTED 1

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);

void *malloc(size_t size)
{
    counted_mallocs++;
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    counted_mallocs++;
    return __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    counted_mallocs++;
    return __libc_realloc(old, size);
}

#else
#define MALLOC_IS_COUNTED 0
#endif
