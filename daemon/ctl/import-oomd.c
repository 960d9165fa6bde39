/* From oomd (Meta's): rulesets in JSON, with the plugins of its documents core_plugins.md and
 * auxiliary_plugins.md.
 *
 * A detector group becomes a trigger: its detectors must all hold, as the lines of a trigger must.
 * But the lines of a trigger are all about one cgroup, which is the subject of the policy; so each
 * list of cgroups that detectors look at gets a policy of its own, and a group whose detectors look
 * at different cgroups has no equivalent. Actions become victim and ladder of all policies of their
 * ruleset. */
#include "daemon/ctl/import-oomd.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "conf/managed.h"
#include "conf/value.h"
#include "policy/limits.h"

#define DELAY_S 15 /* post_action_delay where none is given */

static struct rl_oomd_rules *state(struct rl_import *import)
{
    return import->state;
}

/* The line of the next "WORD" in quotes behind the last one that was asked for. JSON is read in its
 * own order, so this finds the place itself; where it does not, the last line stays. */
static unsigned line_of(struct rl_oomd_rules *o, const char *word)
{
    size_t n = strlen(word);

    for (const char *c = o->at; *c; c++) {
        if (*c != '"' || strncmp(c + 1, word, n) != 0 || c[n + 1] != '"')
            continue;
        for (; o->at < c; o->at++)
            o->line += *o->at == '\n';
        break;
    }
    return o->line;
}

/* A value as a text; "" where it is neither text, number nor bool. */
static const char *value_text(struct rl_import *import, const json_t *value)
{
    char buf[64] = "";

    if (json_is_string(value))
        return rl_import_copy(import, json_string_value(value));
    if (json_is_integer(value))
        snprintf(buf, sizeof(buf), "%" JSON_INTEGER_FORMAT, json_integer_value(value));
    else if (json_is_real(value))
        snprintf(buf, sizeof(buf), "%g", json_real_value(value));
    else if (json_is_boolean(value))
        snprintf(buf, sizeof(buf), "%s", json_is_true(value) ? "true" : "false");
    return rl_import_copy(import, buf);
}

static struct rl_import_at place(
    struct rl_import *import, const char *word, const char *setting, const json_t *value)
{
    struct rl_oomd_rules *o = state(import);

    return (struct rl_import_at){
        .path = o->path,
        .line = line_of(o, word),
        .setting = rl_import_copy(import, setting),
        .value = value_text(import, value),
    };
}

static void read_args(
    struct rl_import *import, const struct rl_oomd_plugin *plugin, const json_t *args)
{
    const char *key;
    json_t *value;

    state(import)->args = args;
    json_object_foreach((json_t *)(uintptr_t)args, key, value)
    {
        struct rl_import_at at = place(import, key, key, value);

        if (plugin->rows && !rl_import_row_find(plugin->rows, key))
            rl_import_tell(
                import, &at, RL_IMPORT_NONE, "%s: reliefd knows no such argument", plugin->name);
        else if (plugin->rows)
            rl_import_take(import, plugin->rows, &at);
    }
}

/* The name of a plugin, and its place; NULL after saying that there is none. */
static const char *plugin_name(
    struct rl_import *import, const json_t *json, struct rl_import_at *ret)
{
    const char *name = json_string_value(json_object_get(json, "name"));

    if (!name) {
        rl_import_error(import, state(import)->path, state(import)->line,
            "a plugin after this line has no \"name\"");
        return NULL;
    }
    *ret = place(import, name, name, NULL);
    return name;
}

static void read_detector(struct rl_import *import, const json_t *json)
{
    struct rl_import_at at;
    const char *name = plugin_name(import, json, &at);
    const struct rl_oomd_plugin *plugin = name ? rl_oomd_plugin_of(name) : NULL;

    if (!name)
        return;
    if (!plugin || plugin->kind == RL_OOMD_KILL || plugin->kind == RL_OOMD_RESTART ||
        plugin->kind == RL_OOMD_NONE) {
        state(import)->trigger->lost = true;
        rl_import_tell(
            import, &at, RL_IMPORT_NONE, "as a detector it is not known; " RL_OOMD_ALONG);
        return;
    }
    if (plugin->kind == RL_OOMD_LOST)
        state(import)->trigger->lost = true;
    rl_import_tell(import, &at, plugin->fate, "%s", plugin->why ? plugin->why : "");
    if (plugin->rows)
        read_args(import, plugin, json_object_get(json, "args"));
}

static void read_action(
    struct rl_import *import, struct rl_oomd_actions *actions, const json_t *json)
{
    struct rl_oomd_actions ignored = {0}; /* of what is never done */
    struct rl_import_at at;
    const char *name = plugin_name(import, json, &at);
    const struct rl_oomd_plugin *plugin = name ? rl_oomd_plugin_of(name) : NULL;
    bool acts = plugin && (plugin->kind == RL_OOMD_KILL || plugin->kind == RL_OOMD_RESTART);

    if (!name)
        return;
    if (!plugin || plugin->kind == RL_OOMD_DETECTOR) {
        rl_import_tell(import, &at, RL_IMPORT_NONE, "as an action it is not known");
        return;
    }
    if (acts && actions->kills) {
        rl_import_tell(import, &at, RL_IMPORT_NONE,
            "oomd comes to it when the action before it found nobody; a ladder has one victim");
        state(import)->actions = &ignored;
    } else {
        rl_import_tell(import, &at, plugin->fate, "%s", plugin->why ? plugin->why : "");
        state(import)->actions = actions;
        if (acts) {
            actions->kills = true;
            actions->kill_at = at;
        }
    }
    if (!plugin->rows || state(import)->actions != actions)
        return;
    read_args(import, plugin, json_object_get(json, "args"));
    if (plugin->kind == RL_OOMD_RESTART && !actions->service)
        rl_import_refuse(import, &at, "it has no argument \"service\"");
    else if (plugin->kind == RL_OOMD_KILL && !actions->targets_at.setting)
        rl_import_refuse(import, &at, "it has no argument \"cgroup\"");
    else if (plugin->kind == RL_OOMD_KILL && actions->n_targets == 0)
        actions->lost = true; /* said of each of them */
}

/* Policies are one for each list of cgroups: the first one that matches a cgroup is all it gets. */
static struct rl_oomd_subject *subject_of(struct rl_import *import,
    const struct rl_oomd_trigger *trigger, const struct rl_oomd_actions *actions)
{
    struct rl_oomd_rules *o = state(import);
    const char *cgroups = trigger->cgroups;
    struct rl_oomd_subject *subjects;

    if (cgroups && strcmp(cgroups, "/") == 0)
        cgroups = NULL;
    for (size_t i = 0; i < o->n_subjects; i++) {
        const char *other = o->subjects[i].cgroups;

        if (cgroups == other || (cgroups && other && strcmp(cgroups, other) == 0))
            return &o->subjects[i];
    }
    subjects = rl_import_grow(import, o->subjects, o->n_subjects, sizeof(*subjects));
    if (!subjects)
        return NULL;
    o->subjects = subjects;
    subjects[o->n_subjects] = (struct rl_oomd_subject){
        .cgroups = cgroups, .at = trigger->cgroups_at, .actions = actions, .group = import->group};
    return &subjects[o->n_subjects++];
}

static void add_trigger(struct rl_import *import, const struct rl_oomd_trigger *trigger,
    const struct rl_import_at *at, const struct rl_oomd_actions *actions)
{
    struct rl_oomd_subject *subject = subject_of(import, trigger, actions);
    struct rl_oomd_trigger *triggers;

    if (!subject)
        return;
    if (subject->n_triggers == RL_TRIGGERS_MAX) {
        rl_import_tell(
            import, at, RL_IMPORT_NONE, "a policy has at most %d triggers", RL_TRIGGERS_MAX);
        return;
    }
    if (subject->actions != actions)
        rl_import_tell(import, at, RL_IMPORT_DIFFERS,
            "a cgroup has one policy, so what an earlier ruleset does about it is done");
    triggers = rl_import_grow(import, subject->triggers, subject->n_triggers, sizeof(*triggers));
    if (!triggers)
        return;
    subject->triggers = triggers;
    triggers[subject->n_triggers++] = *trigger;
}

static void read_group(
    struct rl_import *import, const json_t *group, const struct rl_oomd_actions *actions)
{
    struct rl_oomd_trigger trigger = {0};
    const char *name = json_string_value(json_array_get(group, 0));
    struct rl_import_at at = place(import, name ? name : "", name ? name : "detectors", NULL);
    size_t i;
    json_t *detector;

    state(import)->trigger = &trigger;
    json_array_foreach(group, i, detector)
    {
        if (json_is_object(detector))
            read_detector(import, detector);
    }
    if (trigger.lost)
        rl_import_tell(import, &at, RL_IMPORT_NONE,
            "a part of it has no equivalent, and without that it would hold too often");
    else if (!trigger.pressure && !trigger.swap && !trigger.usage)
        rl_import_tell(import, &at, RL_IMPORT_NEEDLESS, "it only prints, or never says when");
    else if (!actions->kills || actions->lost)
        rl_import_tell(import, &at, RL_IMPORT_NEEDLESS, "nothing is done about it");
    else
        add_trigger(import, &trigger, &at, actions);
}

/* What a ruleset says beside its plugins. */
static void read_settings(struct rl_import *import, const json_t *ruleset)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)ruleset, key, value)
    {
        struct rl_import_at at = {.path = state(import)->path, .line = state(import)->line};

        if (strcmp(key, "name") == 0 || json_is_array(value))
            continue;
        at.setting = rl_import_copy(import, key);
        at.value = value_text(import, value);
        if (rl_import_row_find(rl_oomd_ruleset_rows, key))
            rl_import_take(import, rl_oomd_ruleset_rows, &at);
        else
            rl_import_tell(
                import, &at, RL_IMPORT_NONE, "of a ruleset, reliefd knows no such setting");
    }
}

static void read_ruleset(struct rl_import *import, const json_t *ruleset)
{
    struct rl_oomd_rules *o = state(import);
    struct rl_oomd_actions *actions = rl_arena_alloc(&import->arena, sizeof(*actions));
    const char *name = json_string_value(json_object_get(ruleset, "name"));
    const json_t *detectors = json_object_get(ruleset, "detectors");
    const json_t *list = json_object_get(ruleset, "actions");
    const char *from;
    unsigned line;
    size_t i;
    json_t *item;

    import->group++;
    if (!actions || !name || !json_is_array(detectors) || !json_is_array(list)) {
        rl_import_error(import, o->path, o->line,
            "a ruleset after this line lacks \"name\", \"detectors\" or \"actions\"");
        return;
    }
    actions->delay_us = DELAY_S * UINT64_C(1000000);
    line_of(o, name);
    o->actions = actions;
    read_settings(import, ruleset);
    from = o->at;
    line = o->line;
    /* actions stand behind the detectors, as a rule, but count first: a group needs to know */
    for (line_of(o, "actions"), i = 0; i < json_array_size(list); i++)
        read_action(import, actions, json_array_get(list, i));
    const char *end = o->at;
    unsigned end_line = o->line;
    o->at = from;
    o->line = line;
    json_array_foreach(detectors, i, item)
    {
        read_group(import, item, actions);
    }
    if (o->at < end) {
        o->at = end;
        o->line = end_line;
    }
}

/* oomd's parser knows comments, jansson does not: they become blanks. */
static void blank_comments(char *text)
{
    for (char *c = text; *c;) {
        if (*c == '"') {
            for (c++; *c && *c != '"'; c++)
                if (*c == '\\' && c[1])
                    c++;
            c += *c != '\0';
        } else if (c[0] == '/' && c[1] == '/') {
            while (*c && *c != '\n')
                *c++ = ' ';
        } else if (c[0] == '/' && c[1] == '*') {
            for (char *end = strstr(c + 2, "*/"); *c && (!end || c < end + 2); c++)
                *c = *c == '\n' ? '\n' : ' ';
        } else {
            c++;
        }
    }
}

static void oomd_read(struct rl_import *import, const char *path, char *text)
{
    struct rl_oomd_rules *o = state(import);
    json_error_t error;
    size_t i;
    json_t *item;

    blank_comments(text);
    json_auto_t *root = json_loads(text, 0, &error);
    if (!root) {
        rl_import_error(import, path, error.line > 0 ? (unsigned)error.line : 0, "%s", error.text);
        return;
    }
    o->path = rl_import_copy(import, path);
    o->text = o->at = text;
    o->line = 1;
    if (!json_is_array(json_object_get(root, "rulesets"))) {
        rl_import_error(import, path, 0, "it has no list \"rulesets\"");
        return;
    }
    json_array_foreach(json_object_get(root, "rulesets"), i, item)
    {
        read_ruleset(import, item);
    }
    if (json_array_size(json_object_get(root, "prekill_hooks")) > 0) {
        struct rl_import_at at = place(import, "prekill_hooks", "prekill_hooks", NULL);

        rl_import_tell(import, &at, RL_IMPORT_NONE, "Step=hook runs a program before a kill");
    }
}

static void oomd_find(struct rl_import *import)
{
    if (!rl_import_read(import, "/etc/oomd/oomd.json", true))
        rl_import_read(import, "/etc/oomd.json", true);
}

const struct rl_import_tool rl_import_oomd = {
    .name = "oomd",
    .where = "/etc/oomd/oomd.json, /etc/oomd.json",
    .state_size = sizeof(struct rl_oomd_rules),
    .read = oomd_read,
    .find = oomd_find,
    .write = rl_oomd_write,
};
