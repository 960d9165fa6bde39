/* Globs against the slow reference. Input: one byte for the kind, the glob, a newline, the text. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "policy/glob.h"
#include "tests/unit/glob-reference.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A copy without NUL bytes, which no path holds. */
static void take(const uint8_t *data, size_t size, char *ret)
{
    size_t n = 0;

    for (size_t i = 0; i < size && n < TEXT_MAX; i++)
        if (data[i] != '\0')
            ret[n++] = (char)data[i];
    ret[n] = '\0';
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char glob[TEXT_MAX + 1], text[TEXT_MAX + 1];
    const uint8_t *newline;
    bool path, got;

    if (size < 2 || !(newline = memchr(data + 1, '\n', size - 1)))
        return 0;
    path = data[0] & 1;
    take(data + 1, (size_t)(newline - data) - 1, glob);
    take(newline + 1, size - (size_t)(newline - data) - 1, text);
    got = path ? rl_glob_path(glob, text) : rl_glob_text(glob, text);
    if (strlen(glob) > REFERENCE_MAX || strlen(text) > REFERENCE_MAX)
        return 0;
    if (got != reference_match(glob, text, path)) {
        fprintf(stderr, "'%s' against '%s', path %d: %d\n", glob, text, path, got);
        abort();
    }
    return 0;
}
