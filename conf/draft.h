/* A policy or the settings while their files are being read: a main file, then its drop-ins, one
 * after the other into the same draft.
 *
 * How files add up: of a key that stands once, the last file's value counts. Lists (Cgroup=,
 * Protect=, Step=) go on in the next file; an empty value begins them anew. A [Trigger x] that
 * stands in several files is one trigger: a drop-in's lines replace the lines of the same key from
 * earlier files and leave those of other keys. A trigger whose lines a drop-in has all emptied is
 * gone. Within one file each section, and in it each key that is no list, stands once.
 *
 * Findings are added where a mistake is seen. Running out of memory is kept in `error`, and nothing
 * is read after it. */
#pragma once

#include "conf/arena.h"
#include "conf/findings.h"
#include "conf/ini.h"
#include "conf/keys.h"
#include "conf/settings.h"
#include "conf/value.h"
#include "policy/policy.h"

/* Where something was written. */
struct rl_written {
    const char *path;
    unsigned line;
    unsigned file; /* 1 for the main file; 0: nowhere yet */
    bool vendor;   /* in a file of the vendor's folder */
};

/* The lists of patterns, by the kind of their keys. */
enum rl_draft_list {
    RL_LIST_PROTECT,
    RL_LIST_AVOID,
    RL_LIST_PREFER,
    RL_LISTS,
};

struct rl_draft_patterns {
    struct rl_pattern *items;
    size_t n;
};

/* Lists of patterns with a number each: Adjust= and OomScoreAdjust=. */
enum rl_draft_numbers_list {
    RL_NUMBERS_ADJUST,
    RL_NUMBERS_OOM_SCORE_ADJ,
    RL_NUMBERS,
};

struct rl_draft_numbers {
    struct rl_adjust *items;
    size_t n;
};

struct rl_draft_trigger {
    char *name;
    struct rl_written place; /* its newest header */
    struct rl_line lines[RL_LINES_MAX];
    struct rl_written places[RL_LINES_MAX];
    uint8_t n;
    bool emptied; /* lines were taken away by a later file */
    bool faulty;  /* a line was not understood, so that none left is no news */
    char *from;
    struct rl_written from_place;
    uint64_t for_us;
    enum rl_origin_want origin;
    enum rl_gate_kind gate;
};

struct rl_draft {
    enum rl_file_kind kind;
    struct rl_arena *arena; /* holds what the result points to */
    struct rl_findings *findings;
    size_t errors_before; /* in the findings, of other files */
    int error;

    struct rl_policy *policy;     /* RL_POLICY_FILE; triggers and patterns come at the end */
    struct rl_settings *settings; /* RL_SETTINGS_FILE; its strings are in the arena */

    struct rl_written place;          /* what is being read */
    const struct rl_section *section; /* NULL: none, or one that is not known */
    char header[RL_INI_NAME_MAX + 3]; /* "[Trigger stall]" */
    struct rl_written sections[RL_SECTIONS_MAX];
    struct rl_written keys[RL_KEYS_MAX];  /* of the current section */
    struct rl_written given[RL_KEYS_MAX]; /* of all sections: where each key stood last */

    struct rl_draft_trigger triggers[RL_TRIGGERS_MAX];
    size_t n_triggers;
    struct rl_draft_trigger *trigger; /* whose section is being read */
    bool too_many_triggers;

    struct rl_written match_place; /* of the newest [Match] */

    struct rl_draft_patterns patterns[RL_LISTS];
    struct rl_draft_numbers numbers[RL_NUMBERS];

    struct rl_written step_places[RL_STEPS_MAX];
    bool steps_faulty;
};

/* Begin with what counts when nothing is given: each key's fallback. */
void rl_draft_defaults(struct rl_draft *draft);

/* Read one file's text into the draft; vendor: it is from the vendor's folder. */
void rl_draft_read(
    struct rl_draft *draft, const char *path, const char *text, size_t len, bool vendor);

/* Say what is wrong at a place, or where the reading stands. */
__attribute__((format(printf, 5, 6))) void rl_draft_say(struct rl_draft *draft,
    enum rl_severity severity, const struct rl_written *place, const char *code, const char *format,
    ...);

/* What is wrong with a value: "KEY=: <text>; expected <form>". The text names what was found. */
__attribute__((format(printf, 4, 5))) void rl_draft_refuse(
    struct rl_draft *draft, const struct rl_key *key, const char *code, const char *format, ...);

/* Copies into the arena; NULL when memory is out, which the draft keeps in mind. */
char *rl_draft_copy(struct rl_draft *draft, const char *text);

/* rl_arena_grow() that keeps failure in mind. */
void *rl_draft_grow(struct rl_draft *draft, void *items, size_t n, size_t item_size);

/* Where a key stood last; its file is 0 where it stood nowhere. */
const struct rl_written *rl_draft_given(
    const struct rl_draft *draft, const char *section, const char *name);

/* Resolve names, check the whole and finish draft->policy (name, source, match.attach and vendor
 * are set before). Nothing may be read afterwards. */
void rl_draft_finish_policy(struct rl_draft *draft);

/* Its part about [Match]: what contradicts itself, and what can never match. */
void rl_check_match(struct rl_draft *draft);

/* Its part about [Guard]. */
void rl_check_guard(struct rl_draft *draft);

/* Where a plain value goes: key->offset bytes into the policy or the settings. */
void *rl_key_store(struct rl_draft *draft, const struct rl_key *key);

/* Parsers of plain values, stored at key->offset with bounds key->min and key->max: uint64_t
 * microseconds, bytes or a number, bool; uint32_t; enum rl_tristate; enum rl_dry; one of
 * key->choices as an enum. */
void rl_key_parse_time(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_size(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_count(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_yes_no(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_count32(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_tristate(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_dry(struct rl_draft *draft, const struct rl_key *key, const char *value);
void rl_key_parse_choice(struct rl_draft *draft, const struct rl_key *key, const char *value);

/* Parts of values, for the parsers of the sections: on failure they say so and return false. */
bool rl_take_time(struct rl_draft *draft, const struct rl_key *key, const char *text, uint64_t min,
    uint64_t max, uint64_t *ret_us);
bool rl_take_size(
    struct rl_draft *draft, const struct rl_key *key, const char *text, uint64_t *ret_bytes);
/* 0 < N <= 100 */
bool rl_take_share(
    struct rl_draft *draft, const struct rl_key *key, const char *text, uint32_t *ret_share);
bool rl_take_count(struct rl_draft *draft, const struct rl_key *key, const char *text, uint64_t min,
    uint64_t max, uint64_t *ret);

/* "N per T", to the end of the text. */
bool rl_take_rate(struct rl_draft *draft, const struct rl_key *key, char *text, uint32_t *ret_n,
    uint64_t *ret_us);

/* The items of a list one by one; a broken one is said and ends it. Return: NULL at the end. */
char *rl_take_item(struct rl_draft *draft, const struct rl_key *key, char **rest);

/* The word of a list of words, by its index (NULL past the end). */
typedef const char *(*rl_word_at)(size_t index);

/* Return: the index, or -1 after saying that it is none of them and which one is near. */
int rl_take_word(struct rl_draft *draft, const struct rl_key *key, const char *what,
    const char *word, rl_word_at words);

/* One of key->choices. Return: whether it is one, after saying that it is none. */
bool rl_take_choice(
    struct rl_draft *draft, const struct rl_key *key, const char *word, int *ret_value);

/* "'X' is left over" when text has another word. Return: whether it has none. */
bool rl_take_end(struct rl_draft *draft, const struct rl_key *key, char *rest);

/* Is it sound as a glob? Otherwise says why. */
bool rl_take_glob(struct rl_draft *draft, const struct rl_key *key, const char *glob);

/* As above for paths below the cgroup2 mount, and can it match one at all? item is what the glob
 * stands in, for the message. */
bool rl_take_path_glob(
    struct rl_draft *draft, const struct rl_key *key, const char *item, const char *glob);
