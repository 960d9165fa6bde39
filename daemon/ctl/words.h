/* What kind of word an argument is: the names that stand in `args` of commands and `arg` of
 * options ("CGROUP", "[POLICY] T"). The name says it, so that help, manual page and completion
 * cannot differ. Words that stand for themselves ("last", "yes", "-") are in no table. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* A word that is to be completed. */
struct rl_typed {
    const char *text;   /* what has been typed of it */
    const char *prefix; /* stands in front of all that is offered: "--model=" */
    const char *root, *proc_root, *cgroup_root, *state_dir; /* as given before; NULL: not */
};

struct rl_word {
    const char *name;
    const char *meaning;
    void (*offer)(const struct rl_typed *typed); /* NULL: anything, so that nothing is offered */
};

/* Ended by a NULL name. */
extern const struct rl_word rl_words[];

const struct rl_word *rl_word_find(const char *name, size_t length);

/* Does a word stand for itself? Those are in small letters. */
bool rl_word_fixed(const char *name, size_t length);

/* Print one word that completes what was typed, with what it means (NULL: nothing to say); nothing
 * where it does not begin like that, or holds control characters. */
void rl_offer(const struct rl_typed *typed, const char *word, const char *help);
