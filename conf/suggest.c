#include "conf/suggest.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LENGTH_MAX 63

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned ab = a < b ? a : b;

    return ab < c ? ab : c;
}

unsigned rl_distance(const char *a, const char *b)
{
    unsigned rows[3][LENGTH_MAX + 1];
    unsigned *before = rows[0], *above = rows[1], *row = rows[2];
    size_t len_a = strlen(a), len_b = strlen(b);

    if (len_a > LENGTH_MAX || len_b > LENGTH_MAX)
        return RL_SUGGEST_DISTANCE + 1;
    for (size_t j = 0; j <= len_b; j++)
        above[j] = (unsigned)j;
    for (size_t i = 1; i <= len_a; i++) {
        unsigned *oldest = before;

        row[0] = (unsigned)i;
        for (size_t j = 1; j <= len_b; j++) {
            int x = tolower((unsigned char)a[i - 1]), y = tolower((unsigned char)b[j - 1]);

            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y));
            if (i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                tolower((unsigned char)a[i - 2]) == y && before[j - 2] + 1 < row[j])
                row[j] = before[j - 2] + 1;
        }
        before = above;
        above = row;
        row = oldest;
    }
    return above[len_b];
}

void rl_suggest(struct rl_suggestion *suggestion, const char *known)
{
    unsigned distance = rl_distance(suggestion->word, known);

    if (distance > RL_SUGGEST_DISTANCE || 2 * distance > strlen(known))
        return;
    if (!suggestion->best || distance < suggestion->distance) {
        suggestion->best = known;
        suggestion->distance = distance;
    }
}

const char *rl_suggestion_text(const struct rl_suggestion *suggestion, char *buf, size_t size)
{
    buf[0] = '\0';
    if (suggestion->best)
        snprintf(buf, size, "; did you mean '%s'?", suggestion->best);
    return buf;
}
