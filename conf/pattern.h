/* KIND:GLOB, several joined by &, the word main; and the built-in lists that an item @NAME of
 * Protect= stands for. */
#pragma once

#include "conf/draft.h"

/* A list of patterns with a name, as they would be written. */
struct rl_named_list {
    const char *name; /* "@system" */
    const char *help;
    const char *const *items;
    size_t n;
};

extern const struct rl_named_list rl_named_lists[];
extern const size_t rl_named_lists_n;

/* Return: the list, NULL when there is none of that name. */
const struct rl_named_list *rl_named_list_find(const char *name);

/* As above for a value: says what is wrong. */
const struct rl_named_list *rl_take_list(
    struct rl_draft *draft, const struct rl_key *key, const char *name);

/* Compile one item. Return: false after saying what is wrong. */
bool rl_take_pattern(
    struct rl_draft *draft, const struct rl_key *key, const char *item, struct rl_pattern *ret);

/**
 * rl_pattern_parse() - one item on its own, as a command line has it
 * @item:     KIND:GLOB[&KIND:GLOB...] or main; lists such as @system are none
 * @arena:    holds what the pattern points to
 * @findings: gets what is wrong; texts begin with "KIND:GLOB=: ", where a key's name stands in
 * files
 *
 * Return: 0; -EINVAL when it is not understood; -ENOMEM.
 */
int rl_pattern_parse(
    const char *item, struct rl_arena *arena, struct rl_findings *findings, struct rl_pattern *ret);
