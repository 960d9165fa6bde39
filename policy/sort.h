/* Sorting in place: a heapsort, since qsort() may allocate. What is sorted, and how two of them
 * compare and change places, is the caller's matter. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Does the thing at index a stand before that at b? A strict order; one that contradicts itself
 * sorts badly and does no other harm. */
typedef bool (*rl_before_fn)(void *things, size_t a, size_t b);
typedef void (*rl_swap_fn)(void *things, size_t a, size_t b);

/* At most 2 * n * log2(n) comparisons. Equals come in any order. */
void rl_sort(void *things, size_t n, rl_before_fn before, rl_swap_fn swap);
