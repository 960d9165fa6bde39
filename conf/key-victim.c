/* [Victim] */
#include "conf/sections.h"

#include <errno.h>
#include <string.h>

#include "conf/pattern.h"

static const char *kill_at(size_t i)
{
    return rl_kill_name((enum rl_kill)i);
}

static const char *model_at(size_t i)
{
    return i < rl_models_n ? rl_models[i].id : NULL;
}

void rl_key_parse_kill(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    int i = rl_take_word(draft, key, "scope", value, kill_at);

    if (i >= 0)
        draft->policy->victim.kill = (enum rl_kill)i;
}

void rl_key_parse_score(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    int i = rl_take_word(draft, key, "model", value, model_at);

    if (i >= 0)
        draft->policy->victim.model = &rl_models[i];
}

static void add_pattern(struct rl_draft *draft, const struct rl_pattern *pattern)
{
    draft->protect = rl_draft_grow(
        draft, draft->protect, draft->n_protect, sizeof(*draft->protect));
    if (draft->protect)
        draft->protect[draft->n_protect++] = *pattern;
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
            add_pattern(draft, &pattern);
        }
    }
}

void rl_key_parse_protect(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    char *rest = rl_draft_copy(draft, value), *item;

    while (rest && !draft->error && (item = rl_take_item(draft, key, &rest))) {
        struct rl_pattern pattern;

        if (*item == '@')
            add_list(draft, key, item);
        else if (rl_take_pattern(draft, key, item, &pattern))
            add_pattern(draft, &pattern);
    }
}

void rl_reset_protect(struct rl_draft *draft, const struct rl_key *key)
{
    draft->protect = NULL;
    draft->n_protect = 0;
}
