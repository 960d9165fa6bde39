#include "conf/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_SIZE  4000
#define FIRST_ITEMS 4

struct rl_arena_chunk {
    struct rl_arena_chunk *next;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

void *rl_arena_alloc(struct rl_arena *arena, size_t size)
{
    struct rl_arena_chunk *chunk = arena->chunks;
    void *block;

    if (size > SIZE_MAX / 2)
        return NULL;
    size = (size + alignof(max_align_t) - 1) / alignof(max_align_t) * alignof(max_align_t);
    if (!chunk || chunk->size - chunk->used < size) {
        size_t room = size > CHUNK_SIZE ? size : CHUNK_SIZE;

        chunk = calloc(1, sizeof(*chunk) + room);
        if (!chunk)
            return NULL;
        chunk->size = room;
        chunk->next = arena->chunks;
        arena->chunks = chunk;
    }
    block = chunk->bytes + chunk->used;
    chunk->used += size;
    return block;
}

char *rl_arena_strndup(struct rl_arena *arena, const char *text, size_t n)
{
    size_t len = strnlen(text, n);
    char *copy = rl_arena_alloc(arena, len + 1);

    if (copy)
        memcpy(copy, text, len);
    return copy;
}

char *rl_arena_strdup(struct rl_arena *arena, const char *text)
{
    return rl_arena_strndup(arena, text, SIZE_MAX);
}

/* The size follows from n alone: full at 4, 8, 16 ... */
static int is_full(size_t n)
{
    return n == 0 || (n >= FIRST_ITEMS && (n & (n - 1)) == 0);
}

void *rl_arena_grow(struct rl_arena *arena, void *items, size_t n, size_t item_size)
{
    size_t size = n ? 2 * n : FIRST_ITEMS;
    void *larger;

    if (!is_full(n))
        return items;
    if (size > SIZE_MAX / 2 / item_size)
        return NULL;
    larger = rl_arena_alloc(arena, size * item_size);
    if (larger && n)
        memcpy(larger, items, n * item_size);
    return larger;
}

void rl_arena_free(struct rl_arena *arena)
{
    while (arena->chunks) {
        struct rl_arena_chunk *chunk = arena->chunks;

        arena->chunks = chunk->next;
        free(chunk);
    }
}
