/* The language: every section and every key, once. Parsing, messages, "did you mean",
 * `reliefctl check --keys` and the manual page's list come from these tables. A new key is one row
 * in keys.c, and a parser function in the file of its section where no plain one serves. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rl_draft;
struct rl_key;

enum rl_file_kind {
    RL_POLICY_FILE,   /* policy.d/ *.conf */
    RL_SETTINGS_FILE, /* reliefd.conf */
};

struct rl_section {
    enum rl_file_kind file;
    const char *name;
    bool named; /* stands as [Trigger NAME], and may stand once for each name */
    const char *help;
};

/* Reads a value that is not empty into the draft, or says in a finding why it cannot. */
typedef void (*rl_key_parser)(struct rl_draft *draft, const struct rl_key *key, const char *value);

/* What an empty value does: forgets what the list holds so far. */
typedef void (*rl_key_reset)(struct rl_draft *draft, const struct rl_key *key);

/* A word and what it stands for. */
struct rl_key_word {
    const char *word;
    int value;
};

struct rl_key {
    const char *section, *name;
    enum rl_file_kind file;
    const char *form;     /* of the value: "some|full N% over T" */
    const char *unit;     /* of its numbers, in words; NULL: it has none */
    const char *range;    /* in words; NULL: any */
    const char *fallback; /* the value that counts when none is given; NULL: none */
    const char *absent;   /* or, in words, what happens then */
    const char *example;  /* a value that is well */
    const char *help;     /* one line */

    rl_key_parser parse;
    rl_key_reset reset; /* set for lists: the key may stand several times, each adds */
    size_t offset;      /* where a plain value goes: into struct rl_policy or rl_settings */
    int kind;           /* [Trigger]: enum rl_line_kind; patterns: which list of the draft */
    const struct rl_key_word *choices; /* of a word, ended by NULL */
    uint64_t min, max;                 /* of a plain value, in its base unit */
};

#define RL_KEYS_MAX     64
#define RL_SECTIONS_MAX 16

extern const struct rl_section rl_sections[];
extern const size_t rl_sections_n;
extern const struct rl_key rl_keys[];
extern const size_t rl_keys_n;

/* Return: the row, NULL when there is none. Names are compared exactly. */
const struct rl_section *rl_section_find(enum rl_file_kind file, const char *name);
const struct rl_key *rl_key_find(enum rl_file_kind file, const char *section, const char *name);

/* May the key stand several times? */
static inline bool rl_key_repeats(const struct rl_key *key)
{
    return key->reset != NULL;
}
