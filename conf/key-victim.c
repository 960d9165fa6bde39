/* [Victim] */
#include "conf/sections.h"

#include <errno.h>
#include <string.h>

#include "conf/pattern.h"

static const char *kill_at(size_t i)
{
    return rl_kill_name((enum rl_kill)i);
}

/* All names of models, for what was meant: linux-A.B is not among them. */
static const char *model_at(size_t i)
{
    if (i < rl_models_n)
        return rl_models[i].id;
    i -= rl_models_n;
    return i < rl_model_aliases_n ? rl_model_aliases[i].alias : NULL;
}

void rl_key_parse_kill(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    int i = rl_take_word(draft, key, "scope", value, kill_at);

    if (i >= 0)
        draft->policy->victim.kill = (enum rl_kill)i;
}

void rl_key_parse_score(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    const struct rl_model *model = rl_model_find(value);

    if (model)
        draft->policy->victim.model = model;
    else
        rl_take_word(draft, key, "model", value, model_at);
}

static const char *within_at(size_t i)
{
    static const char *const words[] = {[RL_WITHIN_OFFENDER] = "offender",
        [RL_WITHIN_SUBJECT] = "subject",
        [RL_WITHIN_GLOB] = NULL};

    return words[i];
}

void rl_key_parse_within(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    struct rl_victim *victim = &draft->policy->victim;
    char *rest = rl_draft_copy(draft, value), *item = rest ? rl_take_item(draft, key, &rest) : NULL;
    int word;

    if (!item || !rl_take_end(draft, key, rest))
        return;
    if (strpbrk(item, "/*")) {
        if (!rl_take_path_glob(draft, key, item, item))
            return;
        victim->within = RL_WITHIN_GLOB;
        victim->within_glob = item;
        return;
    }
    word = rl_take_word(draft, key, "reach", item, within_at);
    if (word >= 0) {
        victim->within = (enum rl_within)word;
        victim->within_glob = NULL;
    }
}

static void add_pattern(
    struct rl_draft *draft, const struct rl_key *key, const struct rl_pattern *pattern)
{
    struct rl_draft_patterns *list = &draft->patterns[key->kind];

    list->items = rl_draft_grow(draft, list->items, list->n, sizeof(*list->items));
    if (list->items)
        list->items[list->n++] = *pattern;
}

/* @NAME: all patterns of a built-in list, each with the list's name in front of its text. */
static void add_list(struct rl_draft *draft, const struct rl_key *key, const char *name)
{
    const struct rl_named_list *list = rl_take_list(draft, key, name);

    for (size_t i = 0; list && i < list->n && !draft->error; i++) {
        struct rl_pattern pattern;
        size_t head = strlen(name), len = head + 2 + strlen(list->items[i]) + 1;
        char *text = rl_arena_alloc(draft->arena, len);

        if (!text) {
            draft->error = -ENOMEM;
            return;
        }
        memcpy(text, name, head);
        memcpy(text + head, ": ", 2);
        memcpy(text + head + 2, list->items[i], len - head - 2);
        if (rl_take_pattern(draft, key, list->items[i], &pattern)) {
            pattern.text = text;
            add_pattern(draft, key, &pattern);
        }
    }
}

void rl_key_parse_patterns(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    char *rest = rl_draft_copy(draft, value), *item;

    while (rest && !draft->error && (item = rl_take_item(draft, key, &rest))) {
        struct rl_pattern pattern;

        if (*item == '@')
            add_list(draft, key, item);
        else if (rl_take_pattern(draft, key, item, &pattern))
            add_pattern(draft, key, &pattern);
    }
}

void rl_reset_patterns(struct rl_draft *draft, const struct rl_key *key)
{
    draft->patterns[key->kind] = (struct rl_draft_patterns){0};
}

/* A number with its sign: within key->min and key->max around zero. */
static bool take_points(
    struct rl_draft *draft, const struct rl_key *key, const char *text, int *ret_points)
{
    bool negative = *text == '-';
    uint64_t n;
    enum rl_value value = rl_value_count(text + (*text == '-' || *text == '+'), &n);

    if (value != RL_VALUE_OK) {
        rl_draft_refuse(draft, key, "bad-value", "'%s' %s", text, rl_value_problem(value));
        return false;
    }
    if (n > key->max) {
        rl_draft_refuse(draft, key, "out-of-range", "'%s' is not within -%ju and %ju", text,
            (uintmax_t)key->max, (uintmax_t)key->max);
        return false;
    }
    *ret_points = negative ? -(int)n : (int)n;
    return true;
}

/* Kinds of patterns begin with letters. */
static bool is_points(const char *item)
{
    return strchr("+-0123456789", *item) != NULL;
}

/* Give a number to the patterns of this value that have none yet, from the one at `from` on. */
static bool number_patterns(struct rl_draft *draft, const struct rl_key *key, const char *item,
    struct rl_draft_numbers *list, size_t from)
{
    int points;

    if (from == list->n) {
        rl_draft_refuse(draft, key, "bad-value", "no pattern stands before '%s'", item);
        return false;
    }
    if (key->min && *item != '+' && *item != '-') {
        rl_draft_refuse(draft, key, "bad-value", "'%s' has no sign", item);
        return false;
    }
    if (!take_points(draft, key, item, &points))
        return false;
    for (size_t i = from; i < list->n; i++)
        list->items[i].points = points;
    return true;
}

static bool add_numbered(struct rl_draft *draft, const struct rl_key *key, const char *item,
    struct rl_draft_numbers *list)
{
    struct rl_pattern pattern;

    if (!rl_take_pattern(draft, key, item, &pattern))
        return false;
    list->items = rl_draft_grow(draft, list->items, list->n, sizeof(*list->items));
    if (list->items)
        list->items[list->n++] = (struct rl_adjust){.pattern = pattern};
    return list->items != NULL;
}

/* PATTERN ... NUMBER, several times: the number is that of the patterns before it. */
void rl_key_parse_numbered(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    struct rl_draft_numbers list = draft->numbers[key->kind];
    char *rest = rl_draft_copy(draft, value), *item;
    size_t from = list.n, errors = draft->findings->errors;

    while (rest && !draft->error && (item = rl_take_item(draft, key, &rest))) {
        if (!is_points(item)) {
            if (!add_numbered(draft, key, item, &list))
                return;
        } else if (number_patterns(draft, key, item, &list, from)) {
            from = list.n;
        } else {
            return;
        }
    }
    if (from < list.n && draft->findings->errors == errors)
        rl_draft_refuse(
            draft, key, "bad-value", "no number follows '%s'", list.items[list.n - 1].pattern.text);
    else
        draft->numbers[key->kind] = list;
}

void rl_reset_numbered(struct rl_draft *draft, const struct rl_key *key)
{
    draft->numbers[key->kind] = (struct rl_draft_numbers){0};
}
