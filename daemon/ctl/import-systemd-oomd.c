/* From systemd-oomd: [OOM] of oomd.conf, the ManagedOOM properties of units, and rulesets
 * (*.oomrule, from systemd 261 on). Their meaning is that of oomd.conf(5), systemd-oomd.service(8)
 * and systemd.resource-control(5).
 *
 * The policy of a unit is named after it. What counts for several units (slice.d, a-.service.d)
 * becomes a policy with [Match]. */
#include "daemon/ctl/import-systemd-oomd.h"

#include <inttypes.h>
#include <string.h>

#include "conf/managed.h"
#include "conf/oomd-conf.h"
#include "conf/value.h"
#include "policy/limits.h"

#define SECOND UINT64_C(1000000)

static bool take_share(
    struct rl_import *import, const struct rl_import_at *at, struct rl_managed_value *ret)
{
    uint64_t share;
    const char *wrong = rl_oomd_share(at->value, &share);

    if (wrong)
        return rl_import_refuse(import, at, "'%s' %s", at->value, wrong);
    *ret = (struct rl_managed_value){rl_import_keep(import, at), share};
    return true;
}

static bool keep_time(struct rl_import *import, const struct rl_import_at *at, uint64_t us,
    struct rl_managed_value *ret)
{
    if (us > 3600 * SECOND)
        return rl_import_refuse(
            import, at, "'%s' is more than For= takes, which is 1 h", at->value);
    *ret = (struct rl_managed_value){rl_import_keep(import, at), us};
    return true;
}

static bool take_time(
    struct rl_import *import, const struct rl_import_at *at, struct rl_managed_value *ret)
{
    uint64_t us;
    const char *wrong = rl_oomd_time(at->value, &us);

    if (wrong)
        return rl_import_refuse(import, at, "'%s' %s", at->value, wrong);
    return keep_time(import, at, us, ret);
}

/* One of oomd.conf. */
static bool take_default(struct rl_import *import, const struct rl_import_at *at,
    enum rl_oomd_key key, struct rl_managed_value *ret)
{
    uint64_t number;
    bool given;
    const char *wrong = rl_oomd_value(key, at->value, &given, &number);

    *ret = (struct rl_managed_value){0};
    if (wrong)
        return rl_import_refuse(import, at, "'%s' %s", at->value, wrong);
    if (given && key == RL_OOMD_DURATION)
        return keep_time(import, at, number, ret);
    if (given)
        *ret = (struct rl_managed_value){rl_import_keep(import, at), number};
    return true;
}

static bool take_swap_limit(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_default(import, at, RL_OOMD_SWAP_LIMIT, &rl_managed_state(import)->swap_limit);
}

static bool take_default_limit(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_default(import, at, RL_OOMD_LIMIT, &rl_managed_state(import)->pressure_limit);
}

static bool take_default_duration(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_default(import, at, RL_OOMD_DURATION, &rl_managed_state(import)->duration);
}

static bool take_hook(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return *at->value && strcmp(at->value, "0") != 0;
}

static const struct rl_import_row oom_rows[] = {
    {"SwapUsedLimit=", RL_IMPORT_SAME, NULL, take_swap_limit},
    {"DefaultMemoryPressureLimit=", RL_IMPORT_SAME, NULL, take_default_limit},
    {"DefaultMemoryPressureDurationSec=", RL_IMPORT_SAME, NULL, take_default_duration},
    {"PrekillHookTimeoutSec=", RL_IMPORT_NONE,
        "nobody is told over varlink; Step=hook runs a program before a kill", take_hook},
    {0},
};

/* "kill" or "auto"; "" is auto, too. */
static bool take_mode(
    struct rl_import *import, const struct rl_import_at *at, struct rl_managed_value *ret)
{
    bool kill = strcmp(at->value, "kill") == 0;

    if (!kill && *at->value && strcmp(at->value, "auto") != 0)
        return rl_import_refuse(import, at, "'%s' is neither auto nor kill", at->value);
    *ret = (struct rl_managed_value){rl_import_keep(import, at), kill};
    return kill || rl_import_tell(import, at, RL_IMPORT_SAME, "%s", "");
}

static bool take_swap(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_mode(import, at, &rl_managed_state(import)->unit->swap);
}

static bool take_pressure(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_mode(import, at, &rl_managed_state(import)->unit->pressure);
}

static bool take_limit(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct rl_managed_value *value = &rl_managed_state(import)->unit->limit;

    *value = (struct rl_managed_value){0};
    if (!*at->value || !take_share(import, at, value))
        return !*at->value;
    if (value->number == 0) /* 0 stands for the default */
        *value = (struct rl_managed_value){0};
    return true;
}

static bool take_duration(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct rl_managed_value *value = &rl_managed_state(import)->unit->duration;

    *value = (struct rl_managed_value){0};
    if (!*at->value || strcmp(at->value, "infinity") == 0)
        return true;
    if (take_time(import, at, value) && value->number < SECOND)
        return rl_import_refuse(import, at, "'%s' is less than 1s", at->value);
    return value->at.setting != NULL;
}

static bool take_preference(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    static const char *const known[] = {"none", "avoid", "omit", ""};

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp(at->value, known[i]) == 0)
            return true;
    return rl_import_refuse(import, at, "'%s' is none of none, avoid, omit", at->value);
}

static bool take_rules(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct rl_managed_unit *unit = rl_managed_state(import)->unit;
    char *rest = rl_import_copy(import, at->value), *name;

    if (!*at->value)
        unit->n_rules = 0;
    while ((name = rl_word(&rest))) {
        if (unit->n_rules == RL_MANAGED_RULES_MAX)
            return rl_import_refuse(import, at, "more than %d rulesets", RL_MANAGED_RULES_MAX);
        unit->rules[unit->n_rules].at = rl_import_keep(import, at);
        unit->rules[unit->n_rules++].name = name;
    }
    return true;
}

#define BY_RECLAIM                                                                                 \
    "the victim is the cgroup whose death frees most, not the one that is reclaimed from most; "   \
    "a unit without cgroups of its own may die itself"

static const struct rl_import_row unit_rows[] = {
    {"ManagedOOMSwap=", RL_IMPORT_DIFFERS,
        "the victim is the cgroup whose death frees most, swap being a part of it, also with less "
        "than 5 % of all swap",
        take_swap},
    {"ManagedOOMMemoryPressure=", RL_IMPORT_DIFFERS, BY_RECLAIM, take_pressure},
    {"ManagedOOMMemoryPressureLimit=", RL_IMPORT_SAME, NULL, take_limit},
    {"ManagedOOMMemoryPressureDurationSec=", RL_IMPORT_SAME, NULL, take_duration},
    {"ManagedOOMPreference=", RL_IMPORT_NEEDLESS,
        "systemd keeps it at the cgroup (user.oomd_avoid, user.oomd_omit), where reliefd reads it",
        take_preference},
    {"OOMRules=", RL_IMPORT_SAME, NULL, take_rules},
    {0},
};

static bool take_rule_pressure(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_share(import, at, &rl_managed_state(import)->rule->pressure);
}

static bool take_rule_swap(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_share(import, at, &rl_managed_state(import)->rule->swap);
}

static bool take_rule_lasting(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_time(import, at, &rl_managed_state(import)->rule->lasting);
}

static bool take_rule_action(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct rl_managed_value *action = &rl_managed_state(import)->rule->action;
    bool all = strcmp(at->value, "kill-all") == 0;

    if (!all && strcmp(at->value, "kill-by-pgscan") != 0 && strcmp(at->value, "kill-by-swap") != 0)
        return rl_import_refuse(
            import, at, "'%s' is none of kill-all, kill-by-pgscan, kill-by-swap", at->value);
    *action = (struct rl_managed_value){rl_import_keep(import, at), all};
    return !all || rl_import_tell(import, at, RL_IMPORT_SAME, "%s", "");
}

static const struct rl_import_row rule_rows[] = {
    {"MemoryPressureAbove=", RL_IMPORT_SAME, NULL, take_rule_pressure},
    {"SwapUsageMax=", RL_IMPORT_SAME, NULL, take_rule_swap},
    {"LastingSec=", RL_IMPORT_SAME, NULL, take_rule_lasting},
    {"Action=", RL_IMPORT_DIFFERS, BY_RECLAIM, take_rule_action},
    {0},
};

/* --- reading --- */

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n > m && strcmp(text + n - m, end) == 0;
}

/* "/x/a.slice.d/50-b.conf" is about a.slice, "/x/a.slice" too. Return: NULL where a path names no
 * unit. */
static const char *unit_of(struct rl_import *import, const char *path)
{
    static const char *const types[] = {
        ".slice", ".service", ".scope", ".socket", ".mount", ".swap"};
    char *name = rl_import_copy(import, path), *slash = strrchr(name, '/');

    if (slash && ends_with(name, ".conf")) {
        *slash = '\0';
        slash = strrchr(name, '/');
        name = slash ? slash + 1 : name;
        if (!ends_with(name, ".d"))
            return NULL;
        name[strlen(name) - 2] = '\0';
    } else {
        name = slash ? slash + 1 : name;
    }
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        if (ends_with(name, types[i]) || strcmp(name, types[i] + 1) == 0)
            return name;
    return NULL;
}

/* The root slice of a user's manager is that manager's own cgroup. */
static const char *system_name(const char *path, const char *name)
{
    return strcmp(name, "-.slice") == 0 && strstr(path, "/systemd/user/") ? "user@.service" : name;
}

struct rl_managed_unit *rl_managed_unit(struct rl_import *import, const char *name)
{
    struct rl_managed *o = rl_managed_state(import);
    static struct rl_managed_unit nowhere; /* out of memory */
    struct rl_managed_unit *units;

    for (size_t i = 0; i < o->n_units; i++)
        if (strcmp(o->units[i].name, name) == 0)
            return &o->units[i];
    units = rl_import_grow(import, o->units, o->n_units, sizeof(*units));
    if (!units) {
        nowhere = (struct rl_managed_unit){.name = ""};
        return &nowhere;
    }
    o->units = units;
    units[o->n_units] = (struct rl_managed_unit){
        .name = rl_import_copy(import, name), .group = ++o->groups};
    return &units[o->n_units++];
}

static struct rl_managed_rule *rule_of(struct rl_import *import, const char *path)
{
    struct rl_managed *o = rl_managed_state(import);
    static struct rl_managed_rule nowhere; /* out of memory */
    const char *slash = strrchr(path, '/');
    char *name = rl_import_copy(import, slash ? slash + 1 : path);
    struct rl_managed_rule *rules;

    if (ends_with(name, ".oomrule"))
        name[strlen(name) - strlen(".oomrule")] = '\0';
    rules = rl_import_grow(import, o->rules, o->n_rules, sizeof(*rules));
    if (!rules)
        return &nowhere;
    o->rules = rules;
    rules[o->n_rules] = (struct rl_managed_rule){
        .name = name, .path = rl_import_copy(import, path)};
    return &rules[o->n_rules++];
}

/* Whose rows are those of a section; NULL: not ours. */
static const struct rl_import_row *rows_of(const char *section)
{
    static const char *const unit_sections[] = {
        "Slice", "Service", "Scope", "Socket", "Mount", "Swap"};

    if (strcmp(section, "OOM") == 0)
        return oom_rows;
    if (strcmp(section, "Rule") == 0)
        return rule_rows;
    for (size_t i = 0; i < sizeof(unit_sections) / sizeof(unit_sections[0]); i++)
        if (strcmp(section, unit_sections[i]) == 0)
            return unit_rows;
    return NULL;
}

/* A section has begun. Return: its rows, NULL where it is left out. */
static const struct rl_import_row *begin_section(
    struct rl_import *import, const char *path, unsigned line, const char *section)
{
    struct rl_managed *o = rl_managed_state(import);
    const struct rl_import_row *rows = rows_of(section);
    const char *name;

    import->group = 0;
    if (rows == rule_rows)
        o->rule = rule_of(import, path);
    if (rows != unit_rows)
        return rows;
    name = unit_of(import, path);
    if (!name) {
        rl_import_error(import, path, line,
            "whose [%s] is it? The file's name must be that of a unit, or UNIT.d/NAME.conf",
            section);
        return NULL;
    }
    o->unit = rl_managed_unit(import, system_name(path, name));
    import->group = o->unit->group;
    return rows;
}

static void take_line(struct rl_import *import, const char *path, unsigned line,
    const struct rl_import_row *rows, char *text)
{
    char *value = strchr(text, '='), name[96];
    struct rl_import_at at = {.path = path, .line = line, .setting = name};

    if (!value) {
        rl_import_error(import, path, line, "expected KEY=VALUE");
        return;
    }
    *value++ = '\0';
    snprintf(name, sizeof(name), "%s=", rl_import_strip(text));
    at.value = rl_import_strip(value);
    /* a unit file says much else */
    if (rows != unit_rows || rl_import_row_find(rows, name))
        rl_import_take(import, rows, &at);
}

static void systemd_oomd_read(struct rl_import *import, const char *path, char *text)
{
    struct rl_import_lines lines = {.rest = text, .joins = true};
    const struct rl_import_row *rows = NULL;
    bool any = false;
    char *line;

    while ((line = rl_import_line_next(&lines))) {
        size_t n = strlen(line);

        if (n == 0 || strchr("#;", *line))
            continue;
        if (*line == '[') {
            if (line[n - 1] != ']') {
                rl_import_error(import, path, lines.line, "a section's name is not closed");
                return;
            }
            line[n - 1] = '\0';
            rows = begin_section(import, path, lines.line, line + 1);
            any = true;
        } else if (!any) {
            rl_import_error(import, path, lines.line, "expected a section such as [OOM] first");
            return;
        } else if (rows) {
            take_line(import, path, lines.line, rows, line);
        }
    }
    import->group = 0;
}

/* --- writing --- */

static void write_match(
    struct rl_import *import, struct rl_import_file *file, const struct rl_managed_unit *unit)
{
    const char *dot = strrchr(unit->name, '.');

    if (strcmp(unit->name, "-.slice") == 0) {
        rl_import_section(file, "Match");
        rl_import_line(import, file, NULL, "the root slice is the machine", "Cgroup=/");
    } else if (!dot) { /* slice.d */
        rl_import_section(file, "Match");
        rl_import_line(import, file, NULL, "all units of the type", "Unit=*.%s", unit->name);
    } else if (dot > unit->name && dot[-1] == '-') { /* a-.slice.d */
        rl_import_section(file, "Match");
        rl_import_line(import, file, NULL, "all units whose names begin so", "Unit=%.*s*%s",
            (int)(dot - unit->name), unit->name, dot);
    } else if (unit->by_match) {
        rl_import_section(file, "Match");
        rl_import_line(import, file, NULL, NULL, "Unit=%s", unit->name);
    }
}

static void write_share(struct rl_import *import, struct rl_import_file *file,
    const struct rl_import_at *at, const char *format_, uint64_t share)
{
    char text[32];

    /* 0 % is over it at any time; less than the least share there is none */
    rl_managed_share(share, text, sizeof(text));
    if (strcmp(format_, "Pressure") == 0)
        rl_import_line(import, file, at, NULL, "Pressure=full %s over 10s", text);
    else
        rl_import_line(import, file, at, NULL, "%s=%s", format_, text);
}

/* Where the lines of a policy go, and which setting each came from. */
struct target {
    struct rl_import *import;
    struct rl_import_file *file;
    const struct rl_import_at *at[RL_MANAGED_MODE + 1];
};

static void put_section(void *userdata, const char *name)
{
    struct target *target = userdata;

    rl_import_section(target->file, name);
}

static void put_line(void *userdata, enum rl_managed_of of, const char *why, const char *line)
{
    struct target *target = userdata;

    rl_import_line(target->import, target->file, target->at[of], why, "%s", line);
}

static bool is_root(const struct rl_managed_unit *unit)
{
    return strcmp(unit->name, "-.slice") == 0;
}

static void write_pressure(
    struct rl_import *import, struct rl_import_file *file, const struct rl_managed_unit *unit)
{
    static const struct rl_import_at limit_at = {
        .setting = "DefaultMemoryPressureLimit=", .value = "60%"};
    static const struct rl_import_at duration_at = {
        .setting = "DefaultMemoryPressureDurationSec=", .value = "30s"};
    const struct rl_managed *o = rl_managed_state(import);
    struct rl_managed_value limit = {limit_at, RL_MANAGED_LIMIT_DEFAULT};
    struct rl_managed_value duration = {duration_at, RL_MANAGED_DURATION_DEFAULT};

    if (o->pressure_limit.at.setting)
        limit = o->pressure_limit;
    if (unit->limit.at.setting)
        limit = unit->limit;
    if (o->duration.at.setting)
        duration = o->duration;
    if (unit->duration.at.setting)
        duration = unit->duration;
    struct target target = {
        import, file, {[RL_MANAGED_LIMIT] = &limit.at, [RL_MANAGED_DURATION] = &duration.at}};
    struct rl_managed_out out = {put_section, put_line, &target};
    rl_managed_pressure(&out, limit.number, duration.number, is_root(unit));
}

static void write_swap(struct rl_import *import, struct rl_import_file *file)
{
    static const struct rl_import_at at = {.setting = "SwapUsedLimit=", .value = "90%"};
    const struct rl_managed *o = rl_managed_state(import);
    struct rl_managed_value limit = {at, RL_MANAGED_SWAP_DEFAULT};

    if (o->swap_limit.at.setting)
        limit = o->swap_limit;
    struct target target = {import, file, {[RL_MANAGED_SWAP_LIMIT] = &limit.at}};
    struct rl_managed_out out = {put_section, put_line, &target};
    rl_managed_swap(&out, limit.number);
}

static const struct rl_managed_rule *find_rule(const struct rl_managed *o, const char *name)
{
    for (size_t i = 0; i < o->n_rules; i++)
        if (strcmp(o->rules[i].name, name) == 0)
            return &o->rules[i];
    return NULL;
}

/* Why a ruleset counts for nothing; NULL when it counts. */
static const char *unfit(const struct rl_managed_rule *rule)
{
    if (!rule)
        return "no such ruleset was read";
    if (!rule->action.at.setting)
        return "the ruleset has no Action=, and systemd-oomd ignores it, too";
    if (!rule->pressure.at.setting && !rule->swap.at.setting)
        return "the ruleset has no condition, and systemd-oomd ignores it, too";
    return NULL;
}

/* The rules that count. Return: how many of them. */
static size_t usable_rules(struct rl_import *import, const struct rl_managed_unit *unit,
    const struct rl_managed_rule **ret)
{
    const struct rl_managed *o = rl_managed_state(import);
    size_t n = 0, taken = unit->pressure.number + unit->swap.number;

    for (size_t i = 0; i < unit->n_rules; i++) {
        const struct rl_managed_rule *rule = find_rule(o, unit->rules[i].name);
        const char *why = unfit(rule);

        if (!why && taken + n == RL_TRIGGERS_MAX)
            why = "a policy has at most 8 triggers";
        if (why)
            rl_import_tell(
                import, &unit->rules[i].at, RL_IMPORT_NONE, "%s: %s", unit->rules[i].name, why);
        else
            ret[n++] = rule;
    }
    return n;
}

static void write_rule(struct rl_import *import, struct rl_import_file *file,
    const struct rl_managed_unit *unit, const struct rl_managed_rule *rule, size_t i)
{
    char section[64], time[64];

    snprintf(section, sizeof(section), "Trigger rule-%zu", i + 1);
    rl_import_section(file, section);
    if (rule->pressure.at.setting)
        write_share(import, file, &rule->pressure.at, "Pressure", rule->pressure.number);
    if (rule->swap.at.setting)
        write_share(import, file, &rule->swap.at, "Swap", rule->swap.number);
    if (rule->lasting.number > 0)
        rl_import_line(import, file, &rule->lasting.at, NULL, "For=%s",
            rl_managed_time(rule->lasting.number, time, sizeof(time)));
    if (rule->pressure.at.setting) {
        struct target target = {.import = import, .file = file};
        struct rl_managed_out out = {put_section, put_line, &target};

        rl_managed_origin(&out, is_root(unit));
    }
}

/* kill-all ends all below the unit; where another trigger of it kills one cgroup, so do all. */
static void write_victim(struct rl_import *import, struct rl_import_file *file,
    const struct rl_managed_unit *unit, const struct rl_managed_rule **rules, size_t n)
{
    bool tree = n > 0 && unit->pressure.number == 0 && unit->swap.number == 0;
    const struct rl_import_at *at = unit->pressure.number ? &unit->pressure.at : &unit->swap.at;

    for (size_t i = 0; i < n; i++)
        tree = tree && rules[i]->action.number == 1;
    for (size_t i = 0; i < n && !tree; i++)
        if (rules[i]->action.number == 1)
            rl_import_tell(import, &rules[i]->action.at, RL_IMPORT_DIFFERS,
                "one cgroup dies, as with the other conditions of %s: a policy has one Kill=",
                unit->name);
    if (n > 0 && !unit->pressure.number && !unit->swap.number)
        at = &rules[0]->action.at;
    struct target target = {import, file, {[RL_MANAGED_MODE] = at}};
    struct rl_managed_out out = {put_section, put_line, &target};
    rl_managed_victim(&out, tree);
}

static void write_unit(struct rl_import *import, struct rl_managed_unit *unit)
{
    const struct rl_managed_rule *rules[RL_MANAGED_RULES_MAX];
    struct rl_import_file *file;
    char name[128];
    size_t n;

    import->group = unit->group;
    n = usable_rules(import, unit, rules);
    if (!unit->pressure.number && !unit->swap.number && n == 0)
        return;
    const char *dot = strrchr(unit->name, '.');
    bool own = dot && dot > unit->name && dot[-1] != '-' &&
               (strcmp(dot, ".slice") == 0 || strcmp(dot, ".service") == 0 ||
                   strcmp(dot, ".scope") == 0);
    unit->by_match = !own;
    if (strcmp(unit->name, "-.slice") == 0)
        snprintf(name, sizeof(name), "50-systemd-oomd");
    else
        snprintf(name, sizeof(name), own ? "%s" : "50-systemd-oomd-%s", unit->name);
    for (char *c = name; *c && !own; c++)
        if (*c == '.' || *c == '@')
            *c = '-';
    file = rl_import_policy(import, name);
    write_match(import, file, unit);
    if (unit->pressure.number)
        write_pressure(import, file, unit);
    if (unit->swap.number)
        write_swap(import, file);
    for (size_t i = 0; i < n; i++)
        write_rule(import, file, unit, rules[i], i);
    write_victim(import, file, unit, rules, n);
    struct target target = {.import = import, .file = file};
    struct rl_managed_out out = {put_section, put_line, &target};
    rl_managed_relief(&out);
}

static void systemd_oomd_write(struct rl_import *import)
{
    struct rl_managed *o = rl_managed_state(import);
    bool unused;

    for (size_t i = 0; i < o->n_units; i++)
        write_unit(import, &o->units[i]);
    import->group = 0;
    if (import->n_files == 0)
        fprintf(stderr,
            "reliefctl import: no unit says ManagedOOMSwap=kill, ManagedOOMMemoryPressure=kill or "
            "OOMRules=: systemd-oomd acts on nothing, and there is nothing to write\n");
    for (size_t i = 0; i < o->n_rules; i++) {
        unused = true;
        for (size_t u = 0; u < o->n_units; u++)
            for (size_t r = 0; r < o->units[u].n_rules; r++)
                unused = unused && strcmp(o->units[u].rules[r].name, o->rules[i].name) != 0;
        if (unused)
            rl_import_tell(import,
                &(struct rl_import_at){
                    .path = o->rules[i].path, .setting = o->rules[i].name, .value = ""},
                RL_IMPORT_NEEDLESS, "no unit names the ruleset in OOMRules=");
    }
}

const struct rl_import_tool rl_import_systemd_oomd = {
    .name = "systemd-oomd",
    .where = "oomd.conf and units below /etc/systemd, /run/systemd, /usr/lib/systemd",
    .state_size = sizeof(struct rl_managed),
    .read = systemd_oomd_read,
    .find = rl_managed_find,
    .write = systemd_oomd_write,
};
