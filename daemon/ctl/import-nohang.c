/* From nohang: nohang.conf, "key = value" lines and repeated "@KEY value /// pattern" lines. Their
 * meaning is that of nohang 0.2.0. */
#include "daemon/ctl/import.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/managed.h"
#include "conf/value.h"

#define POLICY    "50-nohang"
#define MIB_MOST  1e9
#define SEPARATOR "///"

/* A level that was given. */
struct threshold {
    struct rl_import_at at;
    struct rl_import_level level;
};

struct number {
    struct rl_import_at at; /* setting NULL: not given */
    uint64_t hundredths;
};

struct adjustment {
    struct rl_import_at at;
    const char *kind;
    long points;
    struct rl_import_globs *globs;
};

struct nohang {
    struct threshold soft_memory, soft_swap, hard_memory, hard_swap;
    struct number soft_psi, hard_psi, psi_duration, psi_delay, soft_exit, soft_delay;
    struct rl_import_at psi, metrics, gui, warnings;
    bool psi_on, gui_on, warnings_on;
    const char *psi_kind; /* "some", "full" */
    const char *psi_over; /* "10s" */
    struct adjustment *adjustments;
    size_t n_adjustments;
};

static struct nohang *state(struct rl_import *import)
{
    return import->state;
}

/* "5 %" or "100 M" (MiB). */
static bool take_level(
    struct rl_import *import, const struct rl_import_at *at, struct threshold *ret)
{
    struct rl_import_level level = {RL_IMPORT_NO_LEVEL, RL_IMPORT_NO_LEVEL};
    uint64_t hundredths;
    const char *rest;

    if (!rl_import_number(at->value, MIB_MOST, &hundredths, &rest))
        return rl_import_refuse(import, at, "'%s' is no number with %% or M", at->value);
    rest += strspn(rest, " \t");
    if (strcmp(rest, "%") == 0 && hundredths <= 10000)
        level.share = hundredths;
    else if (strcmp(rest, "M") == 0)
        level.kib = (uint64_t)((double)hundredths * 1024 / 100);
    else
        return rl_import_refuse(
            import, at, "'%s' is neither a number with M nor one from 0 to 100 with %%", at->value);
    *ret = (struct threshold){rl_import_keep(import, at), level};
    return true;
}

static bool take_number(
    struct rl_import *import, const struct rl_import_at *at, double most, struct number *ret)
{
    uint64_t hundredths;
    const char *rest;

    if (!rl_import_number(at->value, most, &hundredths, &rest) || *rest)
        return rl_import_refuse(import, at, "'%s' is no number from 0 to %.0f", at->value, most);
    *ret = (struct number){rl_import_keep(import, at), hundredths};
    return true;
}

static bool take_boolean(struct rl_import *import, const struct rl_import_at *at, bool *ret)
{
    if (strcmp(at->value, "True") != 0 && strcmp(at->value, "False") != 0)
        return rl_import_refuse(import, at, "'%s' is neither True nor False", at->value);
    *ret = *at->value == 'T';
    return true;
}

#define TAKE(name, call)                                                                           \
    static bool take_##name(                                                                       \
        struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)  \
    {                                                                                              \
        return call;                                                                               \
    }

TAKE(soft_memory, take_level(import, at, &state(import)->soft_memory))
TAKE(soft_swap, take_level(import, at, &state(import)->soft_swap))
TAKE(hard_memory, take_level(import, at, &state(import)->hard_memory))
TAKE(hard_swap, take_level(import, at, &state(import)->hard_swap))
TAKE(soft_psi, take_number(import, at, 100, &state(import)->soft_psi))
TAKE(hard_psi, take_number(import, at, 100, &state(import)->hard_psi))
TAKE(psi_duration, take_number(import, at, 3600, &state(import)->psi_duration))
TAKE(soft_exit, take_number(import, at, 600, &state(import)->soft_exit))
TAKE(soft_delay, take_number(import, at, 3600, &state(import)->soft_delay))

static bool take_psi(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct nohang *n = state(import);

    n->psi = rl_import_keep(import, at);
    if (!take_boolean(import, at, &n->psi_on))
        return false;
    return n->psi_on || rl_import_tell(import, at, RL_IMPORT_SAME, "it is off");
}

/* Does nothing come of a setting, since what it is about is off? Told then. */
static bool is_off(struct rl_import *import, const struct rl_import_at *at,
    const struct rl_import_at *what, bool on)
{
    bool off = what->setting && !on;

    if (off)
        rl_import_tell(import, at, RL_IMPORT_NEEDLESS, "%s is off", what->setting);
    return off;
}

static bool take_psi_delay(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct nohang *n = state(import);
    bool taken = take_number(import, at, 3600, &n->psi_delay);

    return taken && !is_off(import, at, &n->psi, n->psi_on);
}

static bool take_warning_level(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return !is_off(import, at, &state(import)->warnings, state(import)->warnings_on);
}

static bool take_gui(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    bool on = false;

    if (!take_boolean(import, at, &on))
        return false;
    if (!on)
        return rl_import_tell(import, at, RL_IMPORT_SAME, "nothing is notified without a step");
    state(import)->gui = rl_import_keep(import, at);
    state(import)->gui_on = true;
    return true;
}

static bool take_warnings(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    bool on = false;

    if (!take_boolean(import, at, &on))
        return false;
    state(import)->warnings = rl_import_keep(import, at);
    if (!on)
        return rl_import_tell(import, at, RL_IMPORT_SAME, "nothing warns without a step");
    state(import)->warnings_on = true;
    return true;
}

/* A boolean that has an equivalent only as long as it is False. */
static bool take_off(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    bool on = false;

    if (!take_boolean(import, at, &on))
        return false;
    if (!on)
        return rl_import_tell(import, at, RL_IMPORT_SAME, "it is off");
    return true;
}

/* A text that has an equivalent only as long as it is empty. */
static bool take_empty(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return *at->value || rl_import_tell(import, at, RL_IMPORT_SAME, "there is none");
}

static bool take_psi_path(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return strcmp(at->value, "/proc/pressure/memory") != 0 ||
           rl_import_tell(import, at, RL_IMPORT_SAME, "the policy is for the machine");
}

static bool take_metrics(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    static const struct {
        const char *name, *kind, *over;
    } known[] = {
        {"some_avg10", "some", "10s"},
        {"some_avg60", "some", "1min"},
        {"some_avg300", "some", "5min"},
        {"full_avg10", "full", "10s"},
        {"full_avg60", "full", "1min"},
        {"full_avg300", "full", "5min"},
    };

    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (strcmp(at->value, known[i].name) != 0)
            continue;
        state(import)->metrics = rl_import_keep(import, at);
        state(import)->psi_kind = known[i].kind;
        state(import)->psi_over = known[i].over;
        return !is_off(import, at, &state(import)->psi, state(import)->psi_on);
    }
    return rl_import_refuse(import, at, "'%s' is none of some_avg10 to full_avg300", at->value);
}

static bool take_badness(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct number badness;

    if (!take_number(import, at, 1000, &badness))
        return false;
    if (badness.hundredths <= 100)
        return rl_import_tell(
            import, at, RL_IMPORT_SAME, "whoever frees less than a byte is no victim either");
    return true;
}

static const struct {
    const char *setting, *kind, *star;
} properties[] = {
    {"@BADNESS_ADJ_RE_NAME", "comm", "*"},
    {"@BADNESS_ADJ_RE_REALPATH", "exe", "*"},
    {"@BADNESS_ADJ_RE_CMDLINE", "cmdline", "*"},
    {"@BADNESS_ADJ_RE_UID", "uid", "*"},
    {"@BADNESS_ADJ_RE_CGROUP_V2", "cgroup", "**"},
};

/* Are these globs patterns of that kind? */
static bool fit(struct rl_import *import, const char *kind, const struct rl_import_globs *globs,
    char *why, size_t why_size)
{
    for (size_t i = 0; i < globs->n; i++)
        if (!rl_import_accepts(
                import, "Victim", why, why_size, "Protect=\"%s:%s\"", kind, globs->items[i]))
            return false;
    return true;
}

/* nohang counts in points of oom_score, of which 2 are 3 thousandths of memory since Linux 5.9. */
static long scaled(long points)
{
    points = points * 3 / 2;
    return points > 1000 ? 1000 : points < -1000 ? -1000 : points;
}

/* "200 /// REGEX" */
static bool take_adjustment(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    struct nohang *n = state(import);
    char *text = rl_import_copy(import, at->value), *end, *regex = strstr(text, SEPARATOR);
    struct rl_import_globs *globs = rl_arena_alloc(&import->arena, sizeof(*globs));
    struct adjustment *grown, adjustment = {.globs = globs};
    const char *why = NULL, *star = "*";
    char buf[512];

    if (!regex)
        return rl_import_refuse(import, at, "expected NUMBER " SEPARATOR " REGEX");
    adjustment.points = strtol(text, &end, 10);
    if (end == text || end + strspn(end, " \t") != regex || labs(adjustment.points) > 100000)
        return rl_import_refuse(
            import, at, "expected a whole number in front of " SEPARATOR ", not '%s'", at->value);
    regex = rl_import_strip(regex + strlen(SEPARATOR));
    for (size_t i = 0; i < sizeof(properties) / sizeof(properties[0]); i++) {
        if (strcmp(properties[i].setting, at->setting) == 0) {
            adjustment.kind = properties[i].kind;
            star = properties[i].star;
        }
    }
    if (!globs || !adjustment.kind)
        return false;
    if (rl_import_globs(regex, star, globs, &why) &&
        !fit(import, adjustment.kind, globs, buf, sizeof(buf)))
        why = buf;
    if (why)
        return rl_import_tell(import, at, RL_IMPORT_NONE,
            "the regular expression cannot be written as globs: %s; write Adjust= by hand", why);
    grown = rl_import_grow(import, n->adjustments, n->n_adjustments, sizeof(*grown));
    if (!grown)
        return false;
    adjustment.at = rl_import_keep(import, at);
    n->adjustments = grown;
    n->adjustments[n->n_adjustments++] = adjustment;
    return true;
}

#define POLLS                                                                                      \
    "reliefd chooses by itself when to look: every 1 to 30 s where a trigger has only levels, "    \
    "the "                                                                                         \
    "more often the closer they are; a line Pressure= makes the kernel announce a shortage "       \
    "instead"
#define LOGS "what happens is in the journal and in 'reliefctl incidents', in one form"
#define LADDER                                                                                     \
    "one policy has one ladder: a threshold for warnings of its own would lead on to kills"
#define ONE_DEED "a ladder is the same for all victims; give the unit a policy with Step=restart"

static const struct rl_import_row rows[] = {
    {"@check_kmsg", RL_IMPORT_NEEDLESS, "reliefd counts the kernel's kills by itself", NULL},
    {"@debug_kmsg", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"zram_checking_enabled", RL_IMPORT_NONE,
        "zram has no threshold of its own: it counts as swap by its size and as memory by what it "
        "holds",
        take_off},
    {"psi_checking_enabled", RL_IMPORT_DIFFERS,
        "pressure counts only where the machine is short itself, not where a cgroup hit its own "
        "limit",
        take_psi},
    {"psi_path", RL_IMPORT_NONE,
        "the policy is for the machine; write one with Cgroup= for that cgroup", take_psi_path},
    {"psi_metrics", RL_IMPORT_DIFFERS,
        "a window of its own over the total stall time takes the place of the kernel's average",
        take_metrics},
    {"psi_excess_duration", RL_IMPORT_SAME, NULL, take_psi_duration},
    {"psi_post_action_delay", RL_IMPORT_DIFFERS,
        "one Cooldown= counts for pressure and for levels: the shorter one", take_psi_delay},
    {"fill_rate_mem", RL_IMPORT_DIFFERS, POLLS, NULL},
    {"fill_rate_swap", RL_IMPORT_DIFFERS, POLLS, NULL},
    {"fill_rate_zram", RL_IMPORT_DIFFERS, POLLS, NULL},
    {"max_sleep", RL_IMPORT_DIFFERS, POLLS, NULL},
    {"min_sleep", RL_IMPORT_DIFFERS, POLLS, NULL},
    {"post_action_gui_notifications", RL_IMPORT_DIFFERS,
        "the notification says that memory is short, before anybody is killed", take_gui},
    {"hide_corrective_action_type", RL_IMPORT_NEEDLESS, "a notification names no signal", NULL},
    {"low_memory_warnings_enabled", RL_IMPORT_DIFFERS,
        "warned is at the soft threshold, just before SIGTERM; " LADDER, take_warnings},
    {"warning_exe", RL_IMPORT_NONE, LADDER, take_empty},
    {"warning_threshold_min_mem", RL_IMPORT_NONE, LADDER, take_warning_level},
    {"warning_threshold_min_swap", RL_IMPORT_NONE, LADDER, take_warning_level},
    {"warning_threshold_max_zram", RL_IMPORT_NONE, LADDER, take_warning_level},
    {"warning_threshold_max_psi", RL_IMPORT_NONE, LADDER, take_warning_level},
    {"min_post_warning_delay", RL_IMPORT_NONE, LADDER, take_warning_level},
    {"env_cache_time", RL_IMPORT_NEEDLESS, "notifications need no environment of users", NULL},
    {"soft_threshold_min_mem", RL_IMPORT_SAME, NULL, take_soft_memory},
    {"soft_threshold_min_swap", RL_IMPORT_SAME, NULL, take_soft_swap},
    {"soft_threshold_max_zram", RL_IMPORT_NEEDLESS, "see zram_checking_enabled", NULL},
    {"soft_threshold_max_psi", RL_IMPORT_SAME, NULL, take_soft_psi},
    {"hard_threshold_min_mem", RL_IMPORT_SAME, NULL, take_hard_memory},
    {"hard_threshold_min_swap", RL_IMPORT_SAME, NULL, take_hard_swap},
    {"hard_threshold_max_zram", RL_IMPORT_NEEDLESS, "see zram_checking_enabled", NULL},
    {"hard_threshold_max_psi", RL_IMPORT_SAME, NULL, take_hard_psi},
    {"ignore_positive_oom_score_adj", RL_IMPORT_NONE,
        "oom_score_adj always counts; Adjust= with a negative number takes away from those who set "
        "a high one",
        take_off},
    {"@BADNESS_ADJ_RE_NAME", RL_IMPORT_SAME, NULL, take_adjustment},
    {"@BADNESS_ADJ_RE_REALPATH", RL_IMPORT_SAME, NULL, take_adjustment},
    {"@BADNESS_ADJ_RE_CMDLINE", RL_IMPORT_SAME, NULL, take_adjustment},
    {"@BADNESS_ADJ_RE_UID", RL_IMPORT_SAME, NULL, take_adjustment},
    {"@BADNESS_ADJ_RE_CGROUP_V2", RL_IMPORT_SAME, NULL, take_adjustment},
    {"@BADNESS_ADJ_RE_CGROUP_V1", RL_IMPORT_NONE, "there is no cgroup v1 here; use cgroup:", NULL},
    {"@BADNESS_ADJ_RE_CWD", RL_IMPORT_NONE, "working directories are not looked at", NULL},
    {"@BADNESS_ADJ_RE_ENVIRON", RL_IMPORT_NONE, "environments are not looked at", NULL},
    {"@SOFT_ACTION_RE_NAME", RL_IMPORT_NONE, ONE_DEED, NULL},
    {"@SOFT_ACTION_RE_CGROUP_V1", RL_IMPORT_NONE, ONE_DEED, NULL},
    {"@SOFT_ACTION_RE_CGROUP_V2", RL_IMPORT_NONE, ONE_DEED, NULL},
    {"max_soft_exit_time", RL_IMPORT_SAME, NULL, take_soft_exit},
    {"post_kill_exe", RL_IMPORT_NONE,
        "no step follows a kill that helped; listen to the signal IncidentEnded of org.reliefd1",
        take_empty},
    {"min_badness", RL_IMPORT_NONE, "MinSize= asks for bytes, not for points", take_badness},
    {"post_soft_action_delay", RL_IMPORT_SAME, NULL, take_soft_delay},
    {"post_zombie_delay", RL_IMPORT_NEEDLESS, "reliefd waits for the memory to come back", NULL},
    {"victim_cache_time", RL_IMPORT_NEEDLESS, "a victim that was signalled is kept until the end",
        NULL},
    {"exe_timeout", RL_IMPORT_NEEDLESS, "each hook has a time of its own", NULL},
    {"print_config_at_startup", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"print_mem_check_results", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"min_mem_report_interval", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"print_proc_table", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"extra_table_info", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"print_victim_status", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"print_victim_cmdline", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"max_victim_ancestry_depth", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"print_statistics", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"debug_psi", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"debug_gui_notifications", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"debug_sleep", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"debug_threading", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {"separate_log", RL_IMPORT_NEEDLESS, LOGS, NULL},
    {0},
};

/* What begins with #, a tab or a blank is a comment. */
static void nohang_read(struct rl_import *import, const char *path, char *text)
{
    struct rl_import_lines lines = {.rest = text};

    while (lines.rest) {
        bool comment = strchr("# \t\r\n", *lines.rest) != NULL;
        char *line = rl_import_line_next(&lines), *value;
        struct rl_import_at at = {.path = path, .line = lines.line, .value = ""};

        if (comment || !*line)
            continue;
        value = line + strcspn(line, *line == '@' ? " \t" : "=");
        if (*line != '@' && !*value) {
            rl_import_error(import, path, lines.line, "expected KEY = VALUE or @KEY VALUE");
            continue;
        }
        if (*value)
            *value++ = '\0';
        at.setting = rl_import_strip(line);
        at.value = rl_import_strip(value);
        rl_import_take(import, rows, &at);
    }
}

static void nohang_find(struct rl_import *import)
{
    if (!rl_import_read(import, "/etc/nohang/nohang.conf", true))
        rl_import_read(import, "/etc/nohang/nohang-desktop.conf", true);
}

/* What nohang.conf must say, and reliefd needs to know. */
static bool complete(struct rl_import *import)
{
    struct nohang *n = state(import);
    const struct {
        const struct rl_import_at *at;
        const char *name;
        bool needed;
    } needs[] = {
        {&n->soft_memory.at, "soft_threshold_min_mem", true},
        {&n->soft_swap.at, "soft_threshold_min_swap", true},
        {&n->hard_memory.at, "hard_threshold_min_mem", true},
        {&n->hard_swap.at, "hard_threshold_min_swap", true},
        {&n->soft_psi.at, "soft_threshold_max_psi", n->psi_on},
        {&n->hard_psi.at, "hard_threshold_max_psi", n->psi_on},
        {&n->metrics, "psi_metrics", n->psi_on},
        {&n->psi_duration.at, "psi_excess_duration", n->psi_on},
    };
    bool all = true;

    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        if (!needs[i].needed || needs[i].at->setting)
            continue;
        all = false;
        rl_import_error(import,
            json_string_value(json_array_get(import->read, json_array_size(import->read) - 1)), 0,
            "%s is missing; nohang does not start without it", needs[i].name);
    }
    return all;
}

static void write_psi(struct rl_import *import, struct rl_import_file *file, const char *section,
    const struct number *psi, const struct threshold *memory, bool kills)
{
    struct nohang *n = state(import);
    char share[32], time[64];

    if (!n->psi_on || psi->hundredths == 0)
        return;
    rl_import_section(file, section);
    rl_import_line(import, file, &psi->at, NULL, "Pressure=%s %s over %s", n->psi_kind,
        rl_managed_share(psi->hundredths, share, sizeof(share)), n->psi_over);
    if (memory->level.share != 0 && memory->level.kib != 0)
        rl_import_headroom(import, file, &memory->at, &memory->level);
    rl_import_line(import, file, &n->psi_duration.at, NULL, "For=%s",
        rl_managed_time(n->psi_duration.hundredths * 10000, time, sizeof(time)));
    if (kills)
        rl_import_line(import, file, &psi->at, NULL, "From=kill");
}

static void write_victim(struct rl_import *import, struct rl_import_file *file)
{
    struct nohang *n = state(import);

    rl_import_section(file, "Victim");
    rl_import_line(import, file, NULL, "nohang kills one process, the one with the most badness",
        "Kill=process");
    for (size_t i = 0; i < n->n_adjustments; i++) {
        const struct adjustment *a = &n->adjustments[i];
        char suffix[32];

        snprintf(suffix, sizeof(suffix), " %+ld", scaled(a->points));
        if (scaled(a->points) != 0)
            rl_import_patterns(import, file, &a->at, NULL, "Adjust=", a->kind, a->globs, suffix);
    }
}

static void write_relief(struct rl_import *import, struct rl_import_file *file)
{
    struct nohang *n = state(import);
    const struct number *delay = &n->soft_delay;
    char time[64];

    rl_import_section(file, "Relief");
    if (n->warnings_on)
        rl_import_line(import, file, &n->warnings, NULL, "Step=warn medium desktop");
    else if (n->gui_on)
        rl_import_line(import, file, &n->gui, NULL, "Step=warn critical desktop");
    rl_import_line(import, file, n->soft_exit.at.setting ? &n->soft_exit.at : NULL,
        n->soft_exit.at.setting ? NULL : "nohang waits 10 s", "Step=terminate wait %s",
        n->soft_exit.at.setting
            ? rl_managed_time(n->soft_exit.hundredths * 10000, time, sizeof(time))
            : "10s");
    rl_import_line(import, file, NULL, "nohang sends SIGKILL to whoever did not exit in that time",
        "Step=kill");
    if (!delay->at.setting ||
        (n->psi_delay.at.setting && n->psi_on && n->psi_delay.hundredths < delay->hundredths))
        delay = &n->psi_delay;
    if (delay->at.setting)
        rl_import_line(import, file, &delay->at, NULL, "Cooldown=%s",
            rl_managed_time(delay->hundredths * 10000, time, sizeof(time)));
}

static void nohang_write(struct rl_import *import)
{
    struct nohang *n = state(import);
    struct rl_import_file *file;

    if (!complete(import))
        return;
    file = rl_import_policy(import, POLICY);
    rl_import_section(file, "Match");
    rl_import_line(import, file, NULL, "nohang looks at the machine as a whole", "Cgroup=/");
    rl_import_levels(import, file, "Trigger soft", &n->soft_memory.at, &n->soft_memory.level,
        &n->soft_swap.at, &n->soft_swap.level);
    if (rl_import_levels(import, file, "Trigger hard", &n->hard_memory.at, &n->hard_memory.level,
            &n->hard_swap.at, &n->hard_swap.level))
        rl_import_line(import, file, &n->hard_memory.at, NULL, "From=kill");
    write_psi(import, file, "Trigger soft-psi", &n->soft_psi, &n->soft_memory, false);
    write_psi(import, file, "Trigger hard-psi", &n->hard_psi, &n->hard_memory, true);
    write_victim(import, file);
    write_relief(import, file);
}

const struct rl_import_tool rl_import_nohang = {
    .name = "nohang",
    .where = "/etc/nohang/nohang.conf, /etc/nohang/nohang-desktop.conf",
    .state_size = sizeof(struct nohang),
    .read = nohang_read,
    .find = nohang_find,
    .write = nohang_write,
};
