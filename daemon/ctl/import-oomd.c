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

#define DELAY_S       15 /* post_action_delay where none is given */
#define DURATION_MOST 3600.0

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

static bool is_set(const struct rl_import_at *at)
{
    return strcmp(at->value, "true") == 0 || strcmp(at->value, "1") == 0 ||
           strcmp(at->value, "True") == 0;
}

static const char *format(struct rl_import *import, const char *format, const char *text)
{
    char line[256];

    snprintf(line, sizeof(line), format, text);
    return rl_import_copy(import, line);
}

/* --- arguments of detectors --- */

/* Which plugin's threshold it is decides what becomes of it: "60", of pressure_above. */
static bool take_pressure(struct rl_import *import, const struct rl_import_at *at, const char *over)
{
    struct rl_oomd_trigger *trigger = state(import)->trigger;
    uint64_t share;
    const char *rest;
    char text[32], line[64];

    if (!rl_import_number(at->value, 100, &share, &rest) || *rest)
        return rl_import_refuse(import, at, "'%s' is no number from 0 to 100", at->value);
    if (trigger->pressure) {
        trigger->lost = true;
        return rl_import_tell(
            import, at, RL_IMPORT_NONE, "a trigger has one Pressure= line, and the group has two");
    }
    snprintf(line, sizeof(line), "%s over %s", rl_managed_share(share, text, sizeof(text)), over);
    trigger->pressure = format(import, "Pressure=full %s", line);
    trigger->pressure_at = *at;
    return true;
}

static bool take_above(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_pressure(import, at, "10s");
}

static bool take_rising(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_pressure(import, at, "1min");
}

static bool take_duration(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct rl_oomd_trigger *trigger = state(import)->trigger;
    uint64_t seconds;
    const char *rest;

    if (!rl_import_number(at->value, DURATION_MOST, &seconds, &rest) || *rest)
        return rl_import_refuse(
            import, at, "'%s' is no number of seconds from 0 to 3600", at->value);
    if (!trigger->for_at.setting || seconds * 10000 > trigger->for_us) {
        trigger->for_us = seconds * 10000;
        trigger->for_at = *at;
    }
    return true;
}

static bool take_cgroup(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct rl_oomd_trigger *trigger = state(import)->trigger;

    if (!*at->value)
        return rl_import_refuse(import, at, "it names no cgroup");
    if (trigger->cgroups && strcmp(trigger->cgroups, at->value) != 0) {
        trigger->lost = true;
        return rl_import_tell(import, at, RL_IMPORT_NONE,
            "the lines of a trigger are about one cgroup, and the group looks at several");
    }
    if (!trigger->cgroups) {
        trigger->cgroups = at->value;
        trigger->cgroups_at = *at;
    }
    return true;
}

static bool take_resource(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    if (strcmp(at->value, "memory") == 0)
        return rl_import_tell(import, at, RL_IMPORT_SAME, "%s", "");
    state(import)->trigger->lost = true;
    return true;
}

/* Only of the machine's memory a share can be asked for; that of a cgroup is of its own limit. */
static bool take_memory(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct rl_oomd_trigger *trigger = state(import)->trigger;
    const char *cgroup = json_string_value(json_object_get(state(import)->args, "cgroup")), *rest;
    uint64_t share;
    char text[32];

    if (cgroup && strcmp(cgroup, "/") == 0 && rl_import_number(at->value, 100, &share, &rest) &&
        strcmp(rest, "%") == 0 && share > 0) {
        trigger->usage = format(import, "Usage=%s", rl_managed_share(share, text, sizeof(text)));
        trigger->usage_at = *at;
        return rl_import_tell(import, at, RL_IMPORT_DIFFERS, "page cache does not count as used");
    }
    trigger->lost = true;
    return true;
}

static bool take_swap_free(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct rl_oomd_trigger *trigger = state(import)->trigger;
    uint64_t share;
    const char *rest;
    char text[32];

    if (!rl_import_number(at->value, 100, &share, &rest) || *rest)
        return rl_import_refuse(import, at, "'%s' is no number from 0 to 100", at->value);
    if (share == 10000)
        return rl_import_tell(import, at, RL_IMPORT_SAME, "it holds at any time");
    trigger->swap = format(import, "Swap=%s", rl_managed_share((10000 - share), text, sizeof(text)));
    trigger->swap_at = *at;
    return true;
}

/* --- arguments of actions --- */

/* A target is a cgroup that dies, with all below it. */
static void add_target(struct rl_import *import, const struct rl_import_at *at, const char *text)
{
    struct rl_oomd_actions *actions = state(import)->actions;
    size_t n = strlen(text);
    char why[512];

    if (n > 0 && text[n - 1] == '/')
        n--;
    if (!rl_import_writable(text) || strchr(text, '&') ||
        !rl_import_accepts(import, "Victim", why, sizeof(why), "Within=\"/%.*s\"",
            (int)n - (*text == '/'), text + (*text == '/'))) {
        rl_import_tell(import, at, RL_IMPORT_NONE, "'%s' cannot be written as a glob", text);
    } else if (actions->n_targets == RL_OOMD_TARGETS_MAX) {
        rl_import_tell(import, at, RL_IMPORT_NONE, "more than %d cgroups", RL_OOMD_TARGETS_MAX);
    } else {
        char *target = rl_import_copy(import, text + (*text == '/'));

        n = strlen(target);
        if (n > 0 && target[n - 1] == '/')
            target[n - 1] = '\0';
        actions->targets[actions->n_targets++] = target;
    }
}

static bool take_targets(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    char *rest = rl_import_copy(import, at->value), *item;

    state(import)->actions->targets_at = *at;
    while ((item = strsep(&rest, ",")))
        add_target(import, at, item);
    return true;
}

static bool take_recursive(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    state(import)->actions->recursive = is_set(at);
    return is_set(at) || rl_import_tell(import, at, RL_IMPORT_SAME, "%s", "");
}

static bool take_delay(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct rl_oomd_actions *actions = state(import)->actions;
    uint64_t seconds;
    const char *rest;

    if (!rl_import_number(at->value, 3600, &seconds, &rest) || *rest)
        return rl_import_refuse(
            import, at, "'%s' is no number of seconds from 0 to 3600", at->value);
    actions->delay_at = *at;
    actions->delay_us = seconds * 10000;
    return true;
}

static bool take_dry(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    state(import)->actions->dry = is_set(at);
    state(import)->actions->dry_at = *at;
    return true;
}

static bool take_filter(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    state(import)->actions->lost = true;
    return true;
}

static bool take_continue(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return is_set(at) || rl_import_tell(import, at, RL_IMPORT_SAME, "%s", "");
}

static bool take_service(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    char why[512];

    if (!rl_import_writable(at->value) || strpbrk(at->value, " /\"\\*?[!&") ||
        !rl_import_accepts(import, "Victim", why, sizeof(why), "Within=/**/%s", at->value))
        return rl_import_refuse(import, at, "'%s' is no name of a unit", at->value);
    state(import)->actions->service = at->value;
    state(import)->actions->service_at = *at;
    return true;
}

#define BY_SIZE   "the victim is the cgroup whose death frees most, by its own numbers"
#define AND_ALL   "what has no equivalent takes its whole detector group along"
#define NO_DELAY  "one Cooldown= of the policy"
#define SIZE_ONLY "there is only one rule: the cgroup whose death frees most"

static const struct rl_import_row pressure_above_rows[] = {
    {"cgroup", RL_IMPORT_SAME, NULL, take_cgroup},
    {"resource", RL_IMPORT_NONE, "only memory is watched; " AND_ALL, take_resource},
    {"threshold", RL_IMPORT_DIFFERS,
        "a window of its own over the total stall time takes the place of the kernel's average",
        take_above},
    {"duration", RL_IMPORT_SAME, NULL, take_duration},
    {0},
};

static const struct rl_import_row pressure_rising_rows[] = {
    {"cgroup", RL_IMPORT_SAME, NULL, take_cgroup},
    {"resource", RL_IMPORT_NONE, "only memory is watched; " AND_ALL, take_resource},
    {"threshold", RL_IMPORT_DIFFERS,
        "the window is a minute; that the last ten seconds are over it, too, is not asked",
        take_rising},
    {"duration", RL_IMPORT_SAME, NULL, take_duration},
    {"fast_fall_ratio", RL_IMPORT_NONE, "how fast pressure falls is not asked", NULL},
    {0},
};

static const struct rl_import_row memory_above_rows[] = {
    {"cgroup", RL_IMPORT_SAME, NULL, take_cgroup},
    {"threshold", RL_IMPORT_NONE,
        "Usage= is a share of the cgroup's own limit, not of the machine's memory, nor a "
        "size; " AND_ALL,
        take_memory},
    {"threshold_anon", RL_IMPORT_NONE,
        "Usage= is a share of the cgroup's own limit, not of the machine's memory, nor a "
        "size; " AND_ALL,
        take_memory},
    {"duration", RL_IMPORT_SAME, NULL, take_duration},
    {0},
};

static const struct rl_import_row memory_reclaim_rows[] = {
    {"cgroup", RL_IMPORT_SAME, NULL, take_cgroup},
    {"duration", RL_IMPORT_NEEDLESS,
        "a trigger with Pressure= acts only where memory is short by the kernel's own counts",
        NULL},
    {0},
};

static const struct rl_import_row swap_free_rows[] = {
    {"threshold_pct", RL_IMPORT_SAME, NULL, take_swap_free},
    {"swapout_bps_threshold", RL_IMPORT_NONE, "how fast pages are swapped out is not asked", NULL},
    {0},
};

static const struct rl_import_row kill_rows[] = {
    {"cgroup", RL_IMPORT_DIFFERS,
        "one cgroup that holds processes dies, not the whole of one that was named; where "
        "memory.oom.group is 1, that whole group",
        take_targets},
    {"recursive", RL_IMPORT_DIFFERS, "reliefd compares all cgroups below at once", take_recursive},
    {"post_action_delay", RL_IMPORT_SAME, NULL, take_delay},
    {"dry", RL_IMPORT_SAME, NULL, take_dry},
    {"always_continue", RL_IMPORT_NONE, "a ladder ends with the kill", take_continue},
    {"resource", RL_IMPORT_NONE, SIZE_ONLY, NULL},
    {"threshold", RL_IMPORT_NONE, SIZE_ONLY, NULL},
    {"size_threshold", RL_IMPORT_NONE, SIZE_ONLY, NULL},
    {"min_growth_ratio", RL_IMPORT_NONE, SIZE_ONLY, NULL},
    {"growing_size_percentile", RL_IMPORT_NONE, SIZE_ONLY, NULL},
    {"reap_memory", RL_IMPORT_NEEDLESS, "memory of the dying is always reaped", NULL},
    {"kernelkill", RL_IMPORT_NEEDLESS, "cgroup.kill is used where there is one", NULL},
    {"debug", RL_IMPORT_NEEDLESS, "every decision is recorded", NULL},
    {0},
};

static const struct rl_import_row restart_rows[] = {
    {"service", RL_IMPORT_DIFFERS,
        "the unit is restarted only where a process of it can be chosen as the victim",
        take_service},
    {"post_action_delay", RL_IMPORT_SAME, NULL, take_delay},
    {"dry", RL_IMPORT_SAME, NULL, take_dry},
    {0},
};

enum kind {
    KIND_DETECTOR,
    KIND_KILL,
    KIND_RESTART,
    KIND_NOTHING, /* it changes nothing in what is decided */
    KIND_LOST,    /* a detector that has no equivalent */
    KIND_NONE,    /* an action that has none */
};

/* Plugins, with the rows of their arguments. */
static const struct plugin {
    const char *name;
    enum kind kind;
    enum rl_import_fate fate;
    const char *why;
    const struct rl_import_row *rows; /* NULL: any arguments */
} plugins[] = {
    {"pressure_above", KIND_DETECTOR, RL_IMPORT_SAME, NULL, pressure_above_rows},
    {"pressure_rising_beyond", KIND_DETECTOR, RL_IMPORT_SAME, NULL, pressure_rising_rows},
    {"memory_above", KIND_DETECTOR, RL_IMPORT_SAME, NULL, memory_above_rows},
    {"memory_reclaim", KIND_DETECTOR, RL_IMPORT_NEEDLESS,
        "a trigger with Pressure= acts only where memory is short by the kernel's own counts",
        memory_reclaim_rows},
    {"swap_free", KIND_DETECTOR, RL_IMPORT_SAME, NULL, swap_free_rows},
    {"exists", KIND_LOST, RL_IMPORT_NONE, "whether another cgroup is there is not asked; " AND_ALL,
        NULL},
    {"nr_dying_descendants", KIND_LOST, RL_IMPORT_NONE, "dying cgroups are not counted; " AND_ALL,
        NULL},
    {"dump_cgroup_overview", KIND_NOTHING, RL_IMPORT_NEEDLESS,
        "'reliefctl status' and the record of an incident show it", NULL},
    {"continue", KIND_NOTHING, RL_IMPORT_NEEDLESS, "it does nothing", NULL},
    {"stop", KIND_LOST, RL_IMPORT_NEEDLESS, "it never holds", NULL},
    {"kill_by_memory_size_or_growth", KIND_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"kill_by_swap_usage", KIND_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"kill_by_pressure", KIND_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"kill_by_io_cost", KIND_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"kill_by_pg_scan", KIND_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"systemd_restart", KIND_RESTART, RL_IMPORT_SAME, NULL, restart_rows},
    {"senpai", KIND_NONE, RL_IMPORT_NONE,
        "reliefd reclaims when memory is short (Step=reclaim), not ahead of it", NULL},
};

static const struct plugin *plugin_of(const char *name)
{
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
        if (strcmp(plugins[i].name, name) == 0)
            return &plugins[i];
    return NULL;
}

static void read_args(struct rl_import *import, const struct plugin *plugin, const json_t *args)
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
    const struct plugin *plugin = name ? plugin_of(name) : NULL;

    if (!name)
        return;
    if (!plugin || plugin->kind == KIND_KILL || plugin->kind == KIND_RESTART ||
        plugin->kind == KIND_NONE) {
        state(import)->trigger->lost = true;
        rl_import_tell(import, &at, RL_IMPORT_NONE, "as a detector it is not known; " AND_ALL);
        return;
    }
    if (plugin->kind == KIND_LOST)
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
    const struct plugin *plugin = name ? plugin_of(name) : NULL;
    bool acts = plugin && (plugin->kind == KIND_KILL || plugin->kind == KIND_RESTART);

    if (!name)
        return;
    if (!plugin || plugin->kind == KIND_DETECTOR) {
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
    if (plugin->kind == KIND_RESTART && !actions->service)
        rl_import_refuse(import, &at, "it has no argument \"service\"");
    else if (plugin->kind == KIND_KILL && !actions->targets_at.setting)
        rl_import_refuse(import, &at, "it has no argument \"cgroup\"");
    else if (plugin->kind == KIND_KILL && actions->n_targets == 0)
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

static const struct rl_import_row ruleset_rows[] = {
    {"silence-logs", RL_IMPORT_NEEDLESS, "LogLevel= of reliefd.conf(5)", NULL},
    {"disable-on-drop-in", RL_IMPORT_NEEDLESS, "NAME.conf.d/*.conf adds to NAME.conf", NULL},
    {"detectors", RL_IMPORT_NEEDLESS, "NAME.conf.d/*.conf adds to NAME.conf", NULL},
    {"actions", RL_IMPORT_NEEDLESS, "NAME.conf.d/*.conf adds to NAME.conf", NULL},
    {"drop-in", RL_IMPORT_NEEDLESS, "NAME.conf.d/*.conf adds to NAME.conf", NULL},
    {"post_action_delay", RL_IMPORT_SAME, NULL, take_delay},
    {"xattr_filter", RL_IMPORT_NONE,
        "a policy cannot ask for an attribute of a cgroup; the ruleset is left out", take_filter},
    {"cgroup", RL_IMPORT_NONE,
        "a ruleset for each cgroup of a list is a policy with Cgroup=; the ruleset is left out",
        take_filter},
    {"prekill_hook_timeout", RL_IMPORT_NONE, "Step=hook runs a program, with a time of its own",
        NULL},
    {0},
};

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
        if (rl_import_row_find(ruleset_rows, key))
            rl_import_take(import, ruleset_rows, &at);
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
