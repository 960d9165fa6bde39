/* Memory that is given back all at once: strings and arrays of one policy or of one reading.
 * Nothing in it is ever moved; blocks are aligned for any type. */
#pragma once

#include <stddef.h>

struct rl_arena_chunk;

struct rl_arena {
    struct rl_arena_chunk *chunks; /* the newest first */
};

/* Return: zeroed memory, NULL when memory is out. */
void *rl_arena_alloc(struct rl_arena *arena, size_t size);

/* Return: a copy, NULL when memory is out. */
char *rl_arena_strdup(struct rl_arena *arena, const char *text);
char *rl_arena_strndup(struct rl_arena *arena, const char *text, size_t n);

/**
 * rl_arena_grow() - room for one more item at the end of an array
 * @items: the array, NULL at first; must come from this function
 * @n:     items in use
 *
 * Return: the array (perhaps another one, the old one stays readable), NULL when memory is out.
 */
void *rl_arena_grow(struct rl_arena *arena, void *items, size_t n, size_t item_size);

void rl_arena_free(struct rl_arena *arena);
