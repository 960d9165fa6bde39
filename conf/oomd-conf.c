#include "conf/oomd-conf.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/ini.h"
#include "conf/standard.h"
#include "conf/suggest.h"

#define SECOND UINT64_C(1000000)
#define DAY    (86400 * SECOND)

/* ---- values ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Digits, and more of them behind a point, of which six count. Return: whether there were some. */
static bool take_number(const char **text, uint64_t *ret_whole, uint64_t *ret_millionths)
{
    uint64_t scale = 100000;
    const char *p = *text;

    *ret_whole = *ret_millionths = 0;
    if (!is_digit(*p))
        return false;
    for (; is_digit(*p); p++)
        if (__builtin_mul_overflow(*ret_whole, 10, ret_whole) ||
            __builtin_add_overflow(*ret_whole, (uint64_t)(*p - '0'), ret_whole))
            return false;
    if (*p == '.') {
        if (!is_digit(*++p))
            return false;
        for (; is_digit(*p); p++, scale /= 10)
            *ret_millionths += (uint64_t)(*p - '0') * scale;
    }
    *text = p;
    return true;
}

const char *rl_oomd_share(const char *text, uint64_t *ret)
{
    static const struct {
        const char *unit;
        uint64_t hundredths;
    } units[] = {{"%", 100}, {"\xe2\x80\xb0", 10}, {"\xe2\x80\xb1", 1}};
    uint64_t whole, millionths;

    if (!take_number(&text, &whole, &millionths))
        return "is no share";
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        uint64_t per = units[i].hundredths;

        if (strcmp(text, units[i].unit) != 0)
            continue;
        if (millionths * per % 1000000 != 0)
            return "is finer than 0.01%";
        if (whole > 10000 / per || whole * per + millionths * per / 1000000 > 10000)
            break;
        *ret = whole * per + millionths * per / 1000000;
        return NULL;
    }
    return "is not between 0% and 100%";
}

/* The microseconds of the unit in front of *text, which may be none; 0: not known. */
static uint64_t take_unit(const char **text)
{
    static const struct {
        const char *unit;
        uint64_t us;
    } units[] = {{"", SECOND}, {"us", 1}, {"usec", 1}, {"\xc2\xb5s", 1}, {"\xce\xbcs", 1},
        {"ms", 1000}, {"msec", 1000}, {"s", SECOND}, {"sec", SECOND}, {"second", SECOND},
        {"seconds", SECOND}, {"m", 60 * SECOND}, {"min", 60 * SECOND}, {"minute", 60 * SECOND},
        {"minutes", 60 * SECOND}, {"h", 3600 * SECOND}, {"hr", 3600 * SECOND},
        {"hour", 3600 * SECOND}, {"hours", 3600 * SECOND}, {"d", DAY}, {"day", DAY}, {"days", DAY},
        {"w", 7 * DAY}, {"week", 7 * DAY}, {"weeks", 7 * DAY}};
    size_t n = strcspn(*text, "0123456789. \t");

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strlen(units[i].unit) == n && strncmp(units[i].unit, *text, n) == 0) {
            *text += n;
            return units[i].us;
        }
    }
    return 0;
}

static const char *skip_blanks(const char *text)
{
    return text + strspn(text, " \t");
}

const char *rl_oomd_time(const char *text, uint64_t *ret)
{
    uint64_t sum = 0, whole, millionths, us, unit;

    text = skip_blanks(text);
    if (strncmp(text, "infinity", 8) == 0 && !*skip_blanks(text + 8)) {
        *ret = UINT64_MAX;
        return NULL;
    }
    if (!*text)
        return "is no time";
    for (; *text; text = skip_blanks(text)) {
        if (!take_number(&text, &whole, &millionths))
            return "is no time";
        text = skip_blanks(text);
        unit = take_unit(&text);
        if (unit == 0)
            return "has a unit that is not known";
        /* The millionths of a week fit. */
        if (__builtin_mul_overflow(whole, unit, &us) ||
            __builtin_add_overflow(us, millionths * unit / 1000000, &us) ||
            __builtin_add_overflow(sum, us, &sum) || sum == UINT64_MAX)
            return "is too long";
    }
    *ret = sum;
    return NULL;
}

static const struct {
    const char *name;
    const char *(*take)(const char *text, uint64_t *ret);
    const char *form;
} keys[RL_OOMD_KEYS] = {
    [RL_OOMD_SWAP_LIMIT] = {"SwapUsedLimit", rl_oomd_share, "a share such as 90%"},
    [RL_OOMD_LIMIT] = {"DefaultMemoryPressureLimit", rl_oomd_share, "a share such as 60%"},
    [RL_OOMD_DURATION] = {"DefaultMemoryPressureDurationSec", rl_oomd_time, "a time such as 30s"},
};

const char *rl_oomd_key_name(enum rl_oomd_key key)
{
    return keys[key].name;
}

const char *rl_oomd_value(
    enum rl_oomd_key key, const char *text, bool *ret_given, uint64_t *ret_number)
{
    uint64_t number;
    const char *wrong;

    if (!*text) {
        *ret_given = false;
        return NULL;
    }
    wrong = keys[key].take(text, &number);
    if (wrong)
        return wrong;
    if (key == RL_OOMD_DURATION && number != 0 && (number < SECOND || number == UINT64_MAX))
        return "is neither 0 nor at least 1s and less than infinity";
    *ret_given = key != RL_OOMD_DURATION || number != 0;
    *ret_number = number;
    return NULL;
}

/* ---- texts ---- */

struct reading {
    struct rl_oomd_conf *conf;
    const char *path;
    struct rl_findings *findings;
};

/* What systemd reads and this does not, and what anybody may write for himself. */
static bool is_passed_over(const char *name)
{
    return strncmp(name, "X-", 2) == 0 || strcmp(name, "PrekillHookTimeoutSec") == 0;
}

static int on_section(void *userdata, unsigned line, const char *section)
{
    const struct reading *r = userdata;

    if (strcmp(section, "OOM") == 0 || is_passed_over(section))
        return 0;
    return rl_findings_add(r->findings, r->path, line, RL_WARNING, "unknown-section",
        "[%s] is passed over; all settings of oomd.conf stand in [OOM]", section);
}

static int unknown(const struct reading *r, unsigned line, const char *key)
{
    struct rl_suggestion suggestion = {.word = key};
    char text[96];

    if (is_passed_over(key))
        return 0;
    for (size_t i = 0; i < RL_OOMD_KEYS; i++)
        rl_suggest(&suggestion, keys[i].name);
    return rl_findings_add(r->findings, r->path, line, RL_WARNING, "unknown-key",
        "unknown key '%s' in [OOM] is passed over%s", key,
        rl_suggestion_text(&suggestion, text, sizeof(text)));
}

static int store(const struct reading *r, unsigned line, enum rl_oomd_key key, const char *value)
{
    struct rl_oomd_setting *setting = &r->conf->of[key], to = {0};
    const char *wrong;
    bool given;

    wrong = rl_oomd_value(key, value, &given, &to.number);
    if (wrong)
        return rl_findings_add(r->findings, r->path, line, RL_WARNING, "bad-value",
            "%s=: '%s' %s, and is passed over; expected %s", keys[key].name, value, wrong,
            keys[key].form);
    if (given && asprintf(&to.from, "%s:%u", r->path, line) < 0)
        return -ENOMEM;
    free(setting->from);
    *setting = to;
    return 0;
}

static int on_value(
    void *userdata, unsigned line, const char *section, const char *key, const char *value)
{
    const struct reading *r = userdata;

    if (!*section)
        return rl_findings_add(r->findings, r->path, line, RL_WARNING, "no-section",
            "'%s=' stands before any section, and is passed over; it belongs below [OOM]", key);
    if (strcmp(section, "OOM") != 0)
        return 0;
    for (enum rl_oomd_key i = 0; i < RL_OOMD_KEYS; i++)
        if (strcmp(key, keys[i].name) == 0)
            return store(r, line, i, value);
    return unknown(r, line, key);
}

/* It is somebody else's file: nothing in it keeps reliefd from its work. */
static void soften(struct rl_findings *findings, size_t from)
{
    for (size_t i = from; i < findings->n; i++) {
        if (findings->items[i].severity == RL_ERROR)
            findings->errors--;
        findings->items[i].severity = RL_WARNING;
    }
}

int rl_oomd_conf_read(struct rl_oomd_conf *conf, const char *path, const char *text, size_t len,
    struct rl_findings *findings)
{
    static const struct rl_ini_calls calls = {on_section, on_value};
    struct reading r = {conf, path, findings};
    size_t before = findings->n;
    int error = rl_ini_read(path, text, len, &calls, &r, findings);

    soften(findings, before);
    return error;
}

/* ---- files ---- */

static int take_file(void *userdata, const char *path, const char *text, size_t len)
{
    const struct reading *r = userdata;

    return rl_oomd_conf_read(r->conf, path, text, len, r->findings);
}

int rl_oomd_conf_load(
    const char *const *dirs, struct rl_findings *findings, struct rl_oomd_conf *ret)
{
    static const char *const standard_dirs[] = {
        "/usr/lib/systemd", "/usr/local/lib/systemd", "/run/systemd", "/etc/systemd", NULL};
    struct rl_oomd_conf conf = {0};
    struct reading r = {.conf = &conf, .findings = findings};
    struct rl_standard standard = {
        .name = "oomd.conf",
        .dirs = dirs ? dirs : standard_dirs,
        .strict_owner = true,
        .take = take_file,
        .userdata = &r,
    };
    size_t before = findings->n;
    int error = rl_standard_read(&standard, findings);

    soften(findings, before);
    if (error < 0) {
        rl_oomd_conf_free(&conf);
        return error;
    }
    *ret = conf;
    return 0;
}

void rl_oomd_conf_free(struct rl_oomd_conf *conf)
{
    for (size_t i = 0; i < RL_OOMD_KEYS; i++)
        free(conf->of[i].from);
    *conf = (struct rl_oomd_conf){0};
}
