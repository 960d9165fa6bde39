/* From earlyoom: the options in EARLYOOM_ARGS of /etc/default/earlyoom. Their meaning is that of
 * earlyoom(1), versions 1.7 to 1.9. */
#include "daemon/ctl/import.h"

#include <inttypes.h>
#include <string.h>

#include "conf/managed.h"
#include "conf/value.h"

#define POLICY    "50-earlyoom"
#define VARIABLE  "EARLYOOM_ARGS"
#define WORDS_MAX 128
#define KIB_MOST  1e12

/* SIZE[,KILL_SIZE] of one option. */
struct pair {
    struct rl_import_at at;
    uint64_t term, kill;
};

struct pattern {
    struct rl_import_at at;
    struct rl_import_globs *globs;
    const char *key, *suffix;
};

struct earlyoom {
    bool seen; /* EARLYOOM_ARGS stood somewhere */
    bool by_rss;
    struct pair memory_share, memory_kib, swap_share, swap_kib; /* setting NULL: not given */
    struct pattern *patterns;
    size_t n_patterns;
    struct rl_import_at dry_run, root_user, notify, before, wait, debug;
    uint64_t wait_us;
};

static struct earlyoom *state(struct rl_import *import)
{
    return import->state;
}

/* N[,M]; M is half of N where it is not given. */
static bool take_pair(
    struct rl_import *import, const struct rl_import_at *at, double most, struct pair *ret)
{
    uint64_t term, kill;
    const char *rest;

    if (!rl_import_number(at->value, most, &term, &rest))
        return rl_import_refuse(import, at, "'%s' is no number from 0 to %.0f", at->value, most);
    kill = term / 2;
    if (*rest == ',' && !rl_import_number(rest + 1, most, &kill, &rest))
        return rl_import_refuse(import, at,
            "'%s': what follows the comma is no number from 0 to %.0f", at->value, most);
    if (*rest)
        return rl_import_refuse(import, at, "'%s' goes on where it should end", at->value);
    *ret = (struct pair){
        .at = rl_import_keep(import, at), .term = term > kill ? term : kill, .kill = kill};
    return true;
}

static bool take_share(struct rl_import *import, const struct rl_import_at *at, struct pair *pair)
{
    return take_pair(import, at, 100, pair);
}

/* What is kept is KiB, not hundredths of them. */
static bool take_kib(struct rl_import *import, const struct rl_import_at *at, struct pair *pair)
{
    if (!take_pair(import, at, KIB_MOST, pair))
        return false;
    pair->term /= 100;
    pair->kill /= 100;
    return true;
}

static bool take_memory_share(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_share(import, at, &state(import)->memory_share);
}

static bool take_memory_kib(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_kib(import, at, &state(import)->memory_kib);
}

static bool take_swap_share(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_share(import, at, &state(import)->swap_share);
}

static bool take_swap_kib(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_kib(import, at, &state(import)->swap_kib);
}

/* A regular expression over comm. */
static bool take_regex(
    struct rl_import *import, const struct rl_import_at *at, const char *key, const char *suffix)
{
    struct earlyoom *e = state(import);
    struct rl_import_globs *globs = rl_arena_alloc(&import->arena, sizeof(*globs));
    struct pattern *patterns;
    const char *why;

    for (size_t i = 0; i < e->n_patterns; i++) { /* the last one counts */
        if (strcmp(e->patterns[i].at.setting, at->setting) != 0)
            continue;
        rl_import_tell(
            import, &e->patterns[i].at, RL_IMPORT_NEEDLESS, "a later one takes its place");
        e->patterns[i] = e->patterns[--e->n_patterns];
    }
    if (globs && !rl_import_globs(at->value, "*", globs, &why))
        return rl_import_tell(import, at, RL_IMPORT_NONE,
            "the regular expression cannot be written as globs: %s; write %s by hand", why, key);
    patterns = globs ? rl_import_grow(import, e->patterns, e->n_patterns, sizeof(*patterns)) : NULL;
    if (!patterns)
        return false;
    e->patterns = patterns;
    patterns[e->n_patterns++] = (struct pattern){rl_import_keep(import, at), globs, key, suffix};
    return true;
}

static bool take_prefer(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_regex(import, at, "Adjust=", " +450");
}

static bool take_avoid(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_regex(import, at, "Adjust=", " -450");
}

static bool take_ignore(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    return take_regex(import, at, "Protect=", "");
}

static bool take_dry_run(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    state(import)->dry_run = rl_import_keep(import, at);
    return true;
}

static bool take_root_user(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    state(import)->root_user = rl_import_keep(import, at);
    return true;
}

static bool take_notify(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    state(import)->notify = rl_import_keep(import, at);
    return true;
}

static bool take_debug(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    state(import)->debug = rl_import_keep(import, at);
    return true;
}

static bool take_before(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    char why[512];

    if (*at->value != '/')
        return rl_import_refuse(import, at, "'%s' is no absolute path", at->value);
    if (!rl_import_writable(at->value) || !rl_import_accepts(import, "Relief", why, sizeof(why),
                                              "Step=hook \"%s\" wait 200ms", at->value))
        return rl_import_tell(
            import, at, RL_IMPORT_NONE, "the path holds what a line of a policy cannot");
    state(import)->before = rl_import_keep(import, at);
    return true;
}

static bool take_wait(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    uint64_t seconds;
    const char *rest;

    if (!rl_import_number(at->value, 600, &seconds, &rest) || *rest)
        return rl_import_refuse(
            import, at, "'%s' is no number of seconds from 0 to 600", at->value);
    state(import)->wait = rl_import_keep(import, at);
    state(import)->wait_us = seconds * 10000;
    return true;
}

static bool take_by_rss(
    struct rl_import *import, const struct rl_import_row *row, const struct rl_import_at *at)
{
    state(import)->by_rss = true;
    return true;
}

/* Options that take no value have a name with a blank behind it in no row: which ones take one is
 * the second table. */
static const struct rl_import_row rows[] = {
    {"-m", RL_IMPORT_DIFFERS,
        "a share of MemTotal here; earlyoom from version 1.8 on takes it of MemAvailable + "
        "AnonPages, which is less when tmpfs is full",
        take_memory_share},
    {"-M", RL_IMPORT_SAME, NULL, take_memory_kib},
    {"-s", RL_IMPORT_SAME, NULL, take_swap_share},
    {"-S", RL_IMPORT_SAME, NULL, take_swap_kib},
    {"--prefer", RL_IMPORT_DIFFERS,
        "300 points of oom_score are 450 thousandths of memory and swap since Linux 5.9; a "
        "negative oom_score_adj still counts",
        take_prefer},
    {"--avoid", RL_IMPORT_SAME, NULL, take_avoid},
    {"--ignore", RL_IMPORT_SAME, NULL, take_ignore},
    {"--ignore-root-user", RL_IMPORT_SAME, NULL, take_root_user},
    {"--sort-by-rss", RL_IMPORT_DIFFERS,
        "no model counts the resident set alone: the score is resident set and swap, with "
        "oom_score_adj",
        take_by_rss},
    {"-n", RL_IMPORT_DIFFERS,
        "the notification says that memory is short, before anybody is killed; who was killed is "
        "in the journal and in 'reliefctl incidents'",
        take_notify},
    {"-P", RL_IMPORT_DIFFERS,
        "the script runs before SIGTERM, not where SIGKILL comes at once; what it is told is in "
        "policy.d(5), Step=hook, and exit status 10 spares the victim; it must belong to root",
        take_before},
    {"-N", RL_IMPORT_NONE,
        "no step follows a kill that helped; listen to the signal IncidentEnded of org.reliefd1 "
        "or to the journal instead",
        NULL},
    {"-g", RL_IMPORT_NONE,
        "process groups are not looked at; Kill=cgroup ends an application whole where it has a "
        "cgroup of its own",
        NULL},
    {"-w", RL_IMPORT_SAME, NULL, take_wait},
    {"-d", RL_IMPORT_SAME, NULL, take_debug},
    {"--debug", RL_IMPORT_SAME, NULL, take_debug},
    {"--dryrun", RL_IMPORT_SAME, NULL, take_dry_run},
    {"-p", RL_IMPORT_NEEDLESS, "reliefd's unit sets its priority and oom_score_adj", NULL},
    {"-r", RL_IMPORT_NEEDLESS,
        "nothing is printed while nothing happens; 'reliefctl status' tells how things stand",
        NULL},
    {"--syslog", RL_IMPORT_NEEDLESS, "reliefd logs to the journal, or to standard error", NULL},
    {"--kernel-oom", RL_IMPORT_NONE, "no step asks the kernel to kill", NULL},
    {"-k", RL_IMPORT_NEEDLESS, "earlyoom ignores it, too", NULL},
    {"-i", RL_IMPORT_NEEDLESS, "earlyoom ignores it, too", NULL},
    {"-v", RL_IMPORT_NEEDLESS, "it only prints the version", NULL},
    {"-h", RL_IMPORT_NEEDLESS, "it only prints help", NULL},
    {"--help", RL_IMPORT_NEEDLESS, "it only prints help", NULL},
    {0},
};

static const char *const with_value[] = {
    "-m", "-M", "-s", "-S", "-r", "-N", "-P", "-w", "--prefer", "--avoid", "--ignore"};

static bool takes_value(const char *option)
{
    for (size_t i = 0; i < sizeof(with_value) / sizeof(with_value[0]); i++)
        if (strcmp(with_value[i], option) == 0)
            return true;
    return false;
}

/* One word as a shell or systemd splits them. Return: NULL at the end, or where a quote is open. */
static char *next_word(char **rest, bool *ret_open)
{
    char *from = *rest + strspn(*rest, " \t"), *to = from, *word = from, quote = '\0';

    *ret_open = false;
    if (!*from)
        return NULL;
    for (; *from && (quote || !strchr(" \t", *from)); from++) {
        if (quote ? *from == quote : *from == '\'' || *from == '"')
            quote = quote ? '\0' : *from;
        else if (*from == '\\' && quote != '\'' && from[1])
            *to++ = *++from;
        else
            *to++ = *from;
    }
    *ret_open = quote != '\0';
    *rest = *from ? from + 1 : from;
    *to = '\0';
    return *ret_open ? NULL : word;
}

/* The options one by one, as getopt_long() takes them: -m5 and -m 5, --avoid=X and --avoid X, -np.
 */
static void read_options(
    struct rl_import *import, struct rl_import_at at, char **words, size_t n_words)
{
    for (size_t i = 0; i < n_words; i++) {
        char *word = words[i], *value = NULL, option[64];

        if (*word != '-' || !word[1]) {
            rl_import_error(import, at.path, at.line, "'%s' is no option of earlyoom", word);
            continue;
        }
        if (word[1] == '-') {
            value = strchr(word, '=');
            snprintf(option, sizeof(option), "%.*s", (int)(value ? value - word : 63), word);
            value = value ? value + 1 : NULL;
        } else {
            snprintf(option, sizeof(option), "-%c", word[1]);
            value = word[2] ? word + 2 : NULL;
        }
        at.setting = option;
        if (value && word[1] != '-' && !takes_value(option)) {
            value[-1] = '-'; /* the next letter is an option of its own */
            words[i--] = value - 1;
            value = NULL;
        } else if (!value && takes_value(option) && i + 1 < n_words) {
            value = words[++i];
        } else if (!value && takes_value(option)) {
            rl_import_refuse(import, &at, "its value is missing");
            continue;
        }
        at.value = value ? value : "";
        rl_import_take(import, rows, &at);
    }
}

static void read_value(struct rl_import *import, const struct rl_import_at *at, char *value)
{
    char *words[WORDS_MAX], *rest = value, *word;
    size_t n_words = 0;
    bool open;

    state(import)->seen = true;
    while ((word = next_word(&rest, &open)) && n_words < WORDS_MAX)
        words[n_words++] = word;
    if (open)
        rl_import_refuse(import, at, "a quote is not closed");
    else if (word)
        rl_import_refuse(import, at, "it has more than %d words", WORDS_MAX);
    else
        read_options(import, *at, words, n_words);
}

/* The value of a variable: the outer quotes go. Return: false where they do not match. */
static bool unquote(char **value)
{
    size_t n = strlen(*value);
    char quote = **value;

    if (quote != '"' && quote != '\'')
        return true;
    if (n < 2 || (*value)[n - 1] != quote)
        return false;
    (*value)[n - 1] = '\0';
    (*value)++;
    return true;
}

static void earlyoom_read(struct rl_import *import, const char *path, char *text)
{
    struct rl_import_lines lines = {.rest = text, .joins = true};
    char *line;

    while ((line = rl_import_line_next(&lines))) {
        struct rl_import_at at = {
            .path = path, .line = lines.line, .setting = VARIABLE "=", .value = ""};
        char *value;

        if (strncmp(line, "export ", 7) == 0)
            line += 7;
        if (!*line || strchr("#;", *line))
            continue;
        value = strchr(line, '=');
        if (!value) {
            rl_import_error(import, path, lines.line, "expected " VARIABLE "=\"OPTIONS\"");
            continue;
        }
        *value++ = '\0';
        if (strcmp(line, VARIABLE) != 0)
            continue; /* other variables of the file are the init script's */
        if (!unquote(&value))
            rl_import_refuse(import, &at, "a quote is not closed");
        else
            read_value(import, &at, value);
    }
    if (!state(import)->seen && import->errors == 0)
        rl_import_error(import, path, 0, "it does not say " VARIABLE "=");
}

static void earlyoom_find(struct rl_import *import)
{
    if (!rl_import_read(import, "/etc/default/earlyoom", true))
        rl_import_read(import, "/etc/sysconfig/earlyoom", true);
}

static struct rl_import_level level(const struct pair *share, const struct pair *kib, bool kill)
{
    return (struct rl_import_level){
        .share = !share->at.setting ? RL_IMPORT_NO_LEVEL
                 : kill             ? share->kill
                                    : share->term,
        .kib = !kib->at.setting ? RL_IMPORT_NO_LEVEL
               : kill           ? kib->kill
                                : kib->term,
    };
}

static bool same_level(const struct rl_import_level *a, const struct rl_import_level *b)
{
    return a->share == b->share && a->kib == b->kib;
}

/* Where a level came from: one option, or both. */
static struct rl_import_at pair_at(
    struct rl_import *import, const struct pair *share, const struct pair *kib)
{
    struct rl_import_at at = share->at.setting ? share->at : kib->at;
    char both[128];

    if (share->at.setting && kib->at.setting) {
        snprintf(both, sizeof(both), "%s %s %s", share->at.value, kib->at.setting, kib->at.value);
        at.value = rl_import_copy(import, both);
    }
    return at;
}

/* Both triggers. Return: whether there is one for SIGTERM. */
static bool write_triggers(struct rl_import *import, struct rl_import_file *file)
{
    struct earlyoom *e = state(import);
    struct rl_import_at memory_at = pair_at(import, &e->memory_share, &e->memory_kib);
    struct rl_import_at swap_at = pair_at(import, &e->swap_share, &e->swap_kib);
    struct rl_import_level term = level(&e->memory_share, &e->memory_kib, false);
    struct rl_import_level kill = level(&e->memory_share, &e->memory_kib, true);
    struct rl_import_level swap_term = level(&e->swap_share, &e->swap_kib, false);
    struct rl_import_level swap_kill = level(&e->swap_share, &e->swap_kib, true);
    rl_import_tell(import, &memory_at, RL_IMPORT_DIFFERS,
        "memory and swap are looked at every 1 to 30 s, the more often the closer they are; "
        "earlyoom "
        "looks up to ten times a second. A line Pressure= makes the kernel announce a shortage "
        "instead");
    bool terminates = !same_level(&term, &kill) || !same_level(&swap_term, &swap_kill);

    if (terminates)
        terminates = rl_import_levels(
            import, file, "Trigger term", &memory_at, &term, &swap_at, &swap_term);
    if (rl_import_levels(import, file, "Trigger kill", &memory_at, &kill, &swap_at, &swap_kill) &&
        terminates)
        rl_import_line(import, file, &memory_at, NULL, "From=kill");
    return terminates;
}

static void write_victim(struct rl_import *import, struct rl_import_file *file)
{
    struct earlyoom *e = state(import);

    rl_import_section(file, "Victim");
    rl_import_line(import, file, NULL, "earlyoom kills one process, the one with the most points",
        "Kill=process");
    for (size_t i = 0; i < e->n_patterns; i++)
        rl_import_patterns(import, file, &e->patterns[i].at, NULL, e->patterns[i].key, "comm",
            e->patterns[i].globs, e->patterns[i].suffix);
    if (e->root_user.setting)
        rl_import_line(import, file, &e->root_user, NULL, "Protect=uid:0");
}

static void write_relief(struct rl_import *import, struct rl_import_file *file, bool terminates)
{
    struct earlyoom *e = state(import);
    char wait[64];

    rl_import_section(file, "Relief");
    if (e->notify.setting)
        rl_import_line(import, file, &e->notify, NULL, "Step=warn critical desktop");
    if (e->before.setting)
        rl_import_line(import, file, &e->before, NULL, "Step=hook %s%s%s wait 200ms",
            strchr(e->before.value, ' ') ? "\"" : "", e->before.value,
            strchr(e->before.value, ' ') ? "\"" : "");
    rl_managed_time(e->wait.setting ? e->wait_us : 10000000, wait, sizeof(wait));
    if (terminates)
        rl_import_line(import, file, e->wait.setting ? &e->wait : NULL,
            e->wait.setting ? NULL : "earlyoom waits up to 10 s for a process to exit",
            "Step=terminate wait %s", wait);
    rl_import_line(import, file, NULL,
        terminates
            ? "comes sooner than with earlyoom: also for a victim that did not follow SIGTERM"
            : "earlyoom sends SIGKILL at once",
        "Step=kill");
    rl_import_line(import, file, NULL,
        "earlyoom goes on at once; [Budget] of reliefd.conf(5) bounds kills all the same",
        "Cooldown=0");
    if (e->dry_run.setting)
        rl_import_line(import, file, &e->dry_run, NULL, "DryRun=yes");
}

static void earlyoom_write(struct rl_import *import)
{
    static const struct rl_import_at memory = {.setting = "-m", .value = "10,5"};
    static const struct rl_import_at swap = {.setting = "-s", .value = "10,5"};
    struct earlyoom *e = state(import);
    struct rl_import_file *file;

    if (!e->memory_share.at.setting && !e->memory_kib.at.setting)
        e->memory_share = (struct pair){memory, 1000, 500};
    if (!e->swap_share.at.setting && !e->swap_kib.at.setting)
        e->swap_share = (struct pair){swap, 1000, 500};
    if (e->memory_share.term == 0 && e->memory_share.at.setting) {
        rl_import_refuse(import, &e->memory_share.at, "earlyoom never acts with 0");
        return;
    }
    if (e->memory_kib.term == 0 && e->memory_kib.at.setting) {
        rl_import_refuse(import, &e->memory_kib.at, "earlyoom never acts with 0");
        return;
    }
    file = rl_import_policy(import, POLICY);
    rl_import_section(file, "Match");
    rl_import_line(import, file, NULL, "earlyoom looks at the machine as a whole", "Cgroup=/");
    bool terminates = write_triggers(import, file);
    write_victim(import, file);
    write_relief(import, file, terminates);
    if (e->debug.setting) {
        file = rl_import_settings(import);
        rl_import_section(file, "Daemon");
        rl_import_line(import, file, &e->debug, NULL, "LogLevel=debug");
    }
}

const struct rl_import_tool rl_import_earlyoom = {
    .name = "earlyoom",
    .where = "/etc/default/earlyoom, /etc/sysconfig/earlyoom",
    .state_size = sizeof(struct earlyoom),
    .read = earlyoom_read,
    .find = earlyoom_find,
    .write = earlyoom_write,
};
