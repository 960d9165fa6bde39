/* The plugins of oomd's rulesets and their arguments: what each becomes. A new one is a row of
 * plugins[], and one for each of its arguments. */
#include "daemon/ctl/import-oomd.h"

#include <string.h>

#include "conf/managed.h"
#include "conf/value.h"

#define DURATION_MOST 3600.0

static struct rl_oomd_rules *state(struct rl_import *import)
{
    return import->state;
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
    trigger->swap = format(
        import, "Swap=%s", rl_managed_share((10000 - share), text, sizeof(text)));
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
#define NO_DELAY  "one Cooldown= of the policy"
#define SIZE_ONLY "there is only one rule: the cgroup whose death frees most"

static const struct rl_import_row pressure_above_rows[] = {
    {"cgroup", RL_IMPORT_SAME, NULL, take_cgroup},
    {"resource", RL_IMPORT_NONE, "only memory is watched; " RL_OOMD_ALONG, take_resource},
    {"threshold", RL_IMPORT_DIFFERS,
        "a window of its own over the total stall time takes the place of the kernel's average",
        take_above},
    {"duration", RL_IMPORT_SAME, NULL, take_duration},
    {0},
};

static const struct rl_import_row pressure_rising_rows[] = {
    {"cgroup", RL_IMPORT_SAME, NULL, take_cgroup},
    {"resource", RL_IMPORT_NONE, "only memory is watched; " RL_OOMD_ALONG, take_resource},
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
        "size; " RL_OOMD_ALONG,
        take_memory},
    {"threshold_anon", RL_IMPORT_NONE,
        "Usage= is a share of the cgroup's own limit, not of the machine's memory, nor a "
        "size; " RL_OOMD_ALONG,
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

const struct rl_import_row rl_oomd_ruleset_rows[] = {
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

/* Plugins, with the rows of their arguments. */
static const struct rl_oomd_plugin plugins[] = {
    {"pressure_above", RL_OOMD_DETECTOR, RL_IMPORT_SAME, NULL, pressure_above_rows},
    {"pressure_rising_beyond", RL_OOMD_DETECTOR, RL_IMPORT_SAME, NULL, pressure_rising_rows},
    {"memory_above", RL_OOMD_DETECTOR, RL_IMPORT_SAME, NULL, memory_above_rows},
    {"memory_reclaim", RL_OOMD_DETECTOR, RL_IMPORT_NEEDLESS,
        "a trigger with Pressure= acts only where memory is short by the kernel's own counts",
        memory_reclaim_rows},
    {"swap_free", RL_OOMD_DETECTOR, RL_IMPORT_SAME, NULL, swap_free_rows},
    {"exists", RL_OOMD_LOST, RL_IMPORT_NONE,
        "whether another cgroup is there is not asked; " RL_OOMD_ALONG, NULL},
    {"nr_dying_descendants", RL_OOMD_LOST, RL_IMPORT_NONE,
        "dying cgroups are not counted; " RL_OOMD_ALONG, NULL},
    {"dump_cgroup_overview", RL_OOMD_NOTHING, RL_IMPORT_NEEDLESS,
        "'reliefctl status' and the record of an incident show it", NULL},
    {"continue", RL_OOMD_NOTHING, RL_IMPORT_NEEDLESS, "it does nothing", NULL},
    {"stop", RL_OOMD_LOST, RL_IMPORT_NEEDLESS, "it never holds", NULL},
    {"kill_by_memory_size_or_growth", RL_OOMD_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"kill_by_swap_usage", RL_OOMD_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"kill_by_pressure", RL_OOMD_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"kill_by_io_cost", RL_OOMD_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"kill_by_pg_scan", RL_OOMD_KILL, RL_IMPORT_DIFFERS, BY_SIZE, kill_rows},
    {"systemd_restart", RL_OOMD_RESTART, RL_IMPORT_SAME, NULL, restart_rows},
    {"senpai", RL_OOMD_NONE, RL_IMPORT_NONE,
        "reliefd reclaims when memory is short (Step=reclaim), not ahead of it", NULL},
};

const struct rl_oomd_plugin *rl_oomd_plugin_of(const char *name)
{
    for (size_t i = 0; i < sizeof(plugins) / sizeof(plugins[0]); i++)
        if (strcmp(plugins[i].name, name) == 0)
            return &plugins[i];
    return NULL;
}
