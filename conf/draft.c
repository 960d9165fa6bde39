#include "conf/draft.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/suggest.h"

void rl_draft_say(struct rl_draft *draft, enum rl_severity severity, const struct rl_written *place,
    const char *code, const char *format, ...)
{
    char *text;
    va_list args;
    int written;

    va_start(args, format);
    written = vasprintf(&text, format, args);
    va_end(args);
    if (written < 0) {
        draft->error = -ENOMEM;
        return;
    }
    if (rl_findings_add(draft->findings, place->path, place->line, severity, code, "%s", text) < 0)
        draft->error = -ENOMEM;
    free(text);
}

void rl_draft_refuse(
    struct rl_draft *draft, const struct rl_key *key, const char *code, const char *format, ...)
{
    char *found;
    va_list args;
    int written;

    va_start(args, format);
    written = vasprintf(&found, format, args);
    va_end(args);
    if (written < 0) {
        draft->error = -ENOMEM;
        return;
    }
    rl_draft_say(draft, RL_ERROR, &draft->place, code, "%s=: %s; expected %s%s%s%s", key->name,
        found, key->form, key->range ? " (" : "", key->range ? key->range : "",
        key->range ? ")" : "");
    free(found);
}

char *rl_draft_copy(struct rl_draft *draft, const char *text)
{
    char *copy = rl_arena_strdup(draft->arena, text);

    if (!copy)
        draft->error = -ENOMEM;
    return copy;
}

void *rl_draft_grow(struct rl_draft *draft, void *items, size_t n, size_t item_size)
{
    void *larger = rl_arena_grow(draft->arena, items, n, item_size);

    if (!larger)
        draft->error = -ENOMEM;
    return larger;
}

static bool too_many_triggers(struct rl_draft *draft)
{
    if (!draft->too_many_triggers)
        rl_draft_say(draft, RL_ERROR, &draft->place, "too-many-triggers",
            "%s is one trigger too many; at most %d are possible", draft->header, RL_TRIGGERS_MAX);
    draft->too_many_triggers = true;
    return true;
}

/* The trigger of that name, made when it is new; NULL when it may not be. */
static struct rl_draft_trigger *open_trigger(struct rl_draft *draft, const char *name)
{
    struct rl_draft_trigger *trigger;

    for (size_t i = 0; i < draft->n_triggers; i++)
        if (strcmp(draft->triggers[i].name, name) == 0)
            return &draft->triggers[i];
    if (draft->n_triggers == RL_TRIGGERS_MAX && too_many_triggers(draft))
        return NULL;
    trigger = &draft->triggers[draft->n_triggers];
    trigger->name = rl_draft_copy(draft, name);
    if (!trigger->name)
        return NULL;
    draft->n_triggers++;
    return trigger;
}

static bool stands_twice(struct rl_draft *draft, struct rl_written *place)
{
    if (place->file == draft->place.file) {
        rl_draft_say(draft, RL_ERROR, &draft->place, "duplicate-section",
            "%s stands already in line %u", draft->header, place->line);
        return true;
    }
    *place = draft->place;
    return false;
}

static bool name_is_sound(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "0123456789-_.";

    return *name && name[strspn(name, allowed)] == '\0';
}

static void begin_trigger(
    struct rl_draft *draft, const struct rl_section *section, const char *name)
{
    struct rl_draft_trigger *trigger;

    if (!name_is_sound(name)) {
        rl_draft_say(draft, RL_ERROR, &draft->place, "bad-section-name",
            "%s needs a name of letters, digits, '-', '_' and '.', as in [%s stall]", draft->header,
            section->name);
        return;
    }
    trigger = open_trigger(draft, name);
    if (!trigger || stands_twice(draft, &trigger->place))
        return;
    draft->trigger = trigger;
    draft->section = section;
}

static void unknown_section(struct rl_draft *draft, const char *kind)
{
    struct rl_suggestion near = {.word = kind};

    for (size_t i = 0; i < rl_sections_n; i++)
        if (rl_sections[i].file == draft->kind)
            rl_suggest(&near, rl_sections[i].name);
    if (near.best)
        rl_draft_say(draft, RL_ERROR, &draft->place, "unknown-section",
            "unknown section %s; did you mean [%s%s]?", draft->header, near.best,
            rl_section_find(draft->kind, near.best)->named ? " NAME" : "");
    else
        rl_draft_say(
            draft, RL_ERROR, &draft->place, "unknown-section", "unknown section %s", draft->header);
}

static int begin_section(void *userdata, unsigned line, const char *text)
{
    struct rl_draft *draft = userdata;
    const struct rl_section *section;
    char kind[RL_INI_NAME_MAX + 1];
    size_t len = strcspn(text, " \t");
    const char *name = text + len + strspn(text + len, " \t");

    draft->place.line = line;
    draft->section = NULL;
    draft->trigger = NULL;
    memset(draft->keys, 0, sizeof(draft->keys));
    snprintf(draft->header, sizeof(draft->header), "[%s]", text);
    snprintf(kind, sizeof(kind), "%.*s", (int)len, text);
    section = rl_section_find(draft->kind, kind);
    if (!section) {
        unknown_section(draft, kind);
    } else if (section->named) {
        begin_trigger(draft, section, name);
    } else if (*name) {
        rl_draft_say(draft, RL_ERROR, &draft->place, "bad-section-name",
            "%s: this section has no name; expected [%s]", draft->header, section->name);
    } else if (!stands_twice(draft, &draft->sections[section - rl_sections])) {
        draft->section = section;
        if (strcmp(section->name, "Match") == 0)
            draft->match_place = draft->place;
    }
    return draft->error;
}

static void unknown_key(struct rl_draft *draft, const char *name)
{
    struct rl_suggestion near = {.word = name};
    char buf[RL_INI_NAME_MAX + 32];

    for (size_t i = 0; i < rl_keys_n; i++) {
        const struct rl_key *key = &rl_keys[i];

        if (key->file != draft->kind)
            continue;
        if (strcmp(key->section, draft->section->name) == 0) {
            rl_suggest(&near, key->name);
        } else if (strcmp(key->name, name) == 0) {
            rl_draft_say(draft, RL_ERROR, &draft->place, "misplaced-key",
                "key '%s' does not belong in %s, but in [%s%s]", name, draft->header, key->section,
                rl_section_find(key->file, key->section)->named ? " NAME" : "");
            return;
        }
    }
    rl_draft_say(draft, RL_ERROR, &draft->place, "unknown-key", "unknown key '%s' in %s%s", name,
        draft->header, rl_suggestion_text(&near, buf, sizeof(buf)));
}

static bool key_stands_twice(struct rl_draft *draft, const struct rl_key *key)
{
    struct rl_written *place = &draft->keys[key - rl_keys];

    if (!rl_key_repeats(key) && place->line) {
        rl_draft_say(draft, RL_ERROR, &draft->place, "duplicate-key",
            "%s= stands already in line %u", key->name, place->line);
        return true;
    }
    *place = draft->place;
    draft->given[key - rl_keys] = draft->place;
    return false;
}

static int take_key(
    void *userdata, unsigned line, const char *section, const char *name, const char *value)
{
    struct rl_draft *draft = userdata;
    const struct rl_key *key;

    draft->place.line = line;
    if (!*section) {
        rl_draft_say(draft, RL_ERROR, &draft->place, "no-section",
            "key '%s' stands before any [section]", name);
        return draft->error;
    }
    if (!draft->section)
        return 0; /* its header was refused, and that was said */
    key = rl_key_find(draft->kind, draft->section->name, name);
    if (!key)
        unknown_key(draft, name);
    else if (key_stands_twice(draft, key))
        return draft->error;
    else if (*value)
        key->parse(draft, key, value);
    else if (key->reset)
        key->reset(draft, key);
    else
        rl_draft_refuse(draft, key, "no-value", "no value");
    return draft->error;
}

const struct rl_written *rl_draft_given(
    const struct rl_draft *draft, const char *section, const char *name)
{
    return &draft->given[rl_key_find(draft->kind, section, name) - rl_keys];
}

void rl_draft_read(
    struct rl_draft *draft, const char *path, const char *text, size_t len, bool vendor)
{
    static const struct rl_ini_calls calls = {.section = begin_section, .value = take_key};
    int error;

    draft->place = (struct rl_written){
        .path = path, .file = draft->place.file + 1, .vendor = vendor};
    draft->section = NULL;
    draft->trigger = NULL;
    error = rl_ini_read(path, text, len, &calls, draft, draft->findings);
    if (error < 0)
        draft->error = error;
}

void rl_draft_defaults(struct rl_draft *draft)
{
    draft->place = (struct rl_written){.path = "(built in)"};
    for (size_t i = 0; i < rl_keys_n; i++)
        if (rl_keys[i].file == draft->kind && rl_keys[i].fallback)
            rl_keys[i].parse(draft, &rl_keys[i], rl_keys[i].fallback);
}
