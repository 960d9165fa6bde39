#include "daemon/observe/name.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define RUN     '\x01' /* then how many hexadecimal digits, then these, 7 bits in a byte */
#define LITERAL '\x02' /* then one character below 0x20 */
#define WORD    '\x03' /* this and those after it: words[] */
#define CONTROL 0x20

#define RUN_LEAST 16

/* What names of containers and units are made of. Never longer than up to CONTROL. */
static const char *const words[] = {
    "cri-containerd-",
    "crio-",
    "docker-",
    "libpod-",
    "nerdctl-",
    "kubepods-",
    "burstable-",
    "besteffort-",
    ".scope",
    ".slice",
    ".service",
};

#define WORDS (sizeof(words) / sizeof(words[0]))

_Static_assert(WORD + WORDS <= CONTROL, "words are told by control characters");

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static size_t run_length(const char *name, size_t len)
{
    size_t n = 0;

    while (n < len && digit_of(name[n]) >= 0)
        n++;
    return n;
}

/* Return: which word the name begins with, WORDS for none. */
static size_t find_word(const char *name, size_t len)
{
    size_t i = 0;

    while (i < WORDS && (strlen(words[i]) > len || memcmp(name, words[i], strlen(words[i])) != 0))
        i++;
    return i;
}

static size_t pack_run(const char *digits, size_t n, char *ret)
{
    unsigned bits = 0, n_bits = 0;
    size_t at = 0;

    ret[at++] = RUN;
    ret[at++] = (char)n;
    for (size_t i = 0; i < n; i++) {
        bits = bits << 4 | (unsigned)digit_of(digits[i]);
        n_bits += 4;
        if (n_bits < 7)
            continue;
        n_bits -= 7;
        ret[at++] = (char)(0x80 | (bits >> n_bits & 0x7f));
    }
    if (n_bits > 0)
        ret[at++] = (char)(0x80 | (bits << (7 - n_bits) & 0x7f));
    return at;
}

size_t rl_name_pack(const char *name, size_t len, char ret[RL_NAME_PACKED_MAX])
{
    size_t at = 0;

    for (size_t i = 0; i < len;) {
        size_t run = run_length(name + i, len - i), word = find_word(name + i, len - i);

        if (run >= RUN_LEAST) {
            at += pack_run(name + i, run, ret + at);
            i += run;
        } else if (word < WORDS) {
            ret[at++] = (char)(WORD + (int)word);
            i += strlen(words[word]);
        } else {
            if ((unsigned char)name[i] < CONTROL)
                ret[at++] = LITERAL;
            ret[at++] = name[i++];
        }
    }
    ret[at] = '\0';
    return at;
}

/* Return: behind the run. */
static const char *unpack_run(const char *packed, char *ret, size_t n)
{
    unsigned bits = 0, n_bits = 0;

    for (size_t i = 0; i < n; i++) {
        if (n_bits < 4) {
            bits = bits << 7 | ((unsigned char)*packed++ & 0x7f);
            n_bits += 7;
        }
        n_bits -= 4;
        ret[i] = "0123456789abcdef"[bits >> n_bits & 0xf];
    }
    return packed;
}

size_t rl_name_unpack(const char *packed, char ret[NAME_MAX + 1])
{
    size_t at = 0;

    while (*packed) {
        char c = *packed++;

        if (c == RUN) {
            size_t n = (unsigned char)*packed++;

            packed = unpack_run(packed, ret + at, n);
            at += n;
        } else if (c == LITERAL) {
            ret[at++] = *packed++;
        } else if ((unsigned char)c < CONTROL) {
            const char *word = words[c - WORD];

            memcpy(ret + at, word, strlen(word));
            at += strlen(word);
        } else {
            ret[at++] = c;
        }
    }
    ret[at] = '\0';
    return at;
}
