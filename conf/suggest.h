/* "Did you mean": the nearest of a list of known words. Compares without regard to case. */
#pragma once

#include <stddef.h>

#define RL_SUGGEST_DISTANCE 2

/**
 * rl_distance() - Damerau-Levenshtein distance (optimal string alignment)
 *
 * Return: insertions, deletions, replacements and swaps of neighbours that make a into b; a number
 * over RL_SUGGEST_DISTANCE when there are more, or when either is longer than 63 bytes.
 */
unsigned rl_distance(const char *a, const char *b);

/* The best word so far for one misspelled word. */
struct rl_suggestion {
    const char *word; /* what was found */
    const char *best; /* NULL: nothing is near enough */
    unsigned distance;
};

/* Offer one known word; the first of equally near ones stays. A word more than half of which would
 * be wrong is never suggested. */
void rl_suggest(struct rl_suggestion *suggestion, const char *known);

/* "; did you mean 'X'?" in buf, or an empty string. Return: buf. */
const char *rl_suggestion_text(const struct rl_suggestion *suggestion, char *buf, size_t size);
