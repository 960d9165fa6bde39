#include "daemon/report/text.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "conf/value.h"
#include "daemon/report/say.h"
#include "policy/warn.h"

void rl_share_text(uint64_t hundredths, char *buf, size_t size)
{
    uint64_t whole = hundredths / 100, rest = hundredths % 100;

    if (rest == 0)
        snprintf(buf, size, "%" PRIu64 "%%", whole);
    else if (rest % 10 == 0)
        snprintf(buf, size, "%" PRIu64 ".%" PRIu64 "%%", whole, rest / 10);
    else
        snprintf(buf, size, "%" PRIu64 ".%02" PRIu64 "%%", whole, rest);
}

static const char units[] = "\0KMGTPE";

void rl_size_text(uint64_t bytes, char *buf, size_t size)
{
    unsigned unit = 0;

    if (bytes == RL_NO_LIMIT) {
        snprintf(buf, size, "max");
        return;
    }
    while (bytes >> (10 * unit) >= 1000)
        unit++;
    uint64_t whole = bytes >> (10 * unit);
    uint64_t tenths = unit > 0 ? ((bytes >> (10 * (unit - 1))) & 1023) * 10 / 1024 : 0;
    if (unit > 0 && whole < 10 && tenths > 0)
        snprintf(buf, size, "%" PRIu64 ".%" PRIu64 "%c", whole, tenths, units[unit]);
    else if (unit > 0)
        snprintf(buf, size, "%" PRIu64 "%c", whole, units[unit]);
    else
        snprintf(buf, size, "%" PRIu64, whole);
}

void rl_span_text(uint64_t us, char *buf, size_t size)
{
    static const struct {
        uint64_t us;
        const char *name;
    } spans[] = {
        {3600 * RL_US_PER_S, "h"},
        {60 * RL_US_PER_S, "min"},
        {RL_US_PER_S, "s"},
        {RL_US_PER_MS, "ms"},
        {1, "us"},
    };

    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        if (us > 0 && us % spans[i].us == 0) {
            snprintf(buf, size, "%" PRIu64 "%s", us / spans[i].us, spans[i].name);
            return;
        }
    }
    snprintf(buf, size, "0s");
}

void rl_duration_text(uint64_t us, char *buf, size_t size)
{
    static const struct {
        uint64_t s, small;
        const char *large_name, *small_name;
    } spans[] = {
        {86400, 3600, "d", "h"},
        {3600, 60, "h", "min"},
        {60, 1, "min", "s"},
    };
    uint64_t s = us / RL_US_PER_S;

    for (size_t i = 0; i < sizeof(spans) / sizeof(spans[0]); i++) {
        if (s < spans[i].s)
            continue;
        uint64_t rest = s % spans[i].s / spans[i].small;
        if (rest > 0)
            snprintf(buf, size, "%" PRIu64 "%s %" PRIu64 "%s", s / spans[i].s, spans[i].large_name,
                rest, spans[i].small_name);
        else
            snprintf(buf, size, "%" PRIu64 "%s", s / spans[i].s, spans[i].large_name);
        return;
    }
    if (s == 0)
        snprintf(buf, size, "%" PRIu64 "ms", us / RL_US_PER_MS);
    else if (s < 10 && us % RL_US_PER_S >= RL_US_PER_S / 10)
        snprintf(buf, size, "%" PRIu64 ".%" PRIu64 "s", s, us % RL_US_PER_S * 10 / RL_US_PER_S);
    else
        snprintf(buf, size, "%" PRIu64 "s", s);
}

void rl_time_text(uint64_t wall_us, char *buf, size_t size)
{
    time_t s = (time_t)(wall_us / RL_US_PER_S);
    struct tm tm;
    char date[64];

    if (!gmtime_r(&s, &tm) || strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm) == 0) {
        snprintf(buf, size, "unknown");
        return;
    }
    snprintf(buf, size, "%s.%03uZ", date, (unsigned)(wall_us % RL_US_PER_S / RL_US_PER_MS));
}

/* The milliseconds behind a time: ".123". */
static const char *read_fraction(const char *text, uint64_t *ret_us)
{
    uint64_t unit = RL_US_PER_S;

    if (*text != '.')
        return text;
    for (text++; *text >= '0' && *text <= '9'; text++) {
        unit /= 10;
        *ret_us += (uint64_t)(*text - '0') * unit;
    }
    return text;
}

int rl_time_read(const char *text, uint64_t *ret_wall_us)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"};

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm tm = {0};
        uint64_t fraction = 0;
        const char *end = strptime(text, forms[i], &tm);
        time_t s;

        if (!end)
            continue;
        if (i == 0)
            end = read_fraction(end, &fraction);
        if (i < 2 && *end == 'Z')
            end++;
        s = timegm(&tm);
        if (*end || s < 0)
            continue;
        *ret_wall_us = (uint64_t)s * RL_US_PER_S + fraction;
        return 0;
    }
    return -EINVAL;
}

void rl_signal_text(int signal, char *buf, size_t size)
{
    const char *name = sigabbrev_np(signal);

    if (name)
        snprintf(buf, size, "SIG%s", name);
    else if (signal == SIGRTMIN)
        snprintf(buf, size, "SIGRTMIN");
    else if (signal > SIGRTMIN && signal <= SIGRTMAX)
        snprintf(buf, size, "SIGRTMIN+%d", signal - SIGRTMIN);
    else
        snprintf(buf, size, "signal %d", signal);
}

const char *rl_unit_name(enum rl_unit unit)
{
    static const char *const names[] = {
        [RL_UNIT_SHARE] = "percent",
        [RL_UNIT_BYTES] = "bytes",
        [RL_UNIT_COUNT] = "count",
    };
    return unit < sizeof(names) / sizeof(names[0]) ? names[unit] : "count";
}

void rl_amount_text(enum rl_unit unit, uint64_t value, char *buf, size_t size)
{
    if (unit == RL_UNIT_SHARE)
        rl_share_text(value, buf, size);
    else if (unit == RL_UNIT_BYTES)
        rl_size_text(value, buf, size);
    else
        snprintf(buf, size, "%" PRIu64, value);
}

static const char *counter_name(enum rl_counter counter)
{
    static const char *const names[RL_COUNTERS] = {
        [RL_COUNT_SOME] = "some",
        [RL_COUNT_FULL] = "full",
        [RL_COUNT_HIGH] = "high",
        [RL_COUNT_MAX] = "max",
        [RL_COUNT_OOM] = "oom",
        [RL_COUNT_OOM_KILL] = "oom_kill",
    };
    return counter < RL_COUNTERS && names[counter] ? names[counter] : "?";
}

const char *rl_line_noun(enum rl_line_kind kind)
{
    static const char *const nouns[RL_LINE_KINDS] = {
        [RL_LINE_PRESSURE] = "pressure",
        [RL_LINE_USAGE] = "usage",
        [RL_LINE_HEADROOM] = "headroom",
        [RL_LINE_EVENTS] = "events",
        [RL_LINE_SWAP] = "swap",
        [RL_LINE_GROWTH] = "growth",
        [RL_LINE_REFAULTS] = "refaults",
    };
    return kind < RL_LINE_KINDS ? nouns[kind] : "value";
}

static void say_headroom(const struct rl_line *line, struct rl_say *say)
{
    char amount[RL_TEXT_MAX];

    if (line->relative)
        rl_share_text(line->share, amount, sizeof(amount));
    else
        rl_format_size(line->bytes, amount, sizeof(amount));
    rl_say(say, "below %s", amount);
    if (line->min_bytes > 0) {
        rl_format_size(line->min_bytes, amount, sizeof(amount));
        rl_say(say, " min %s", amount);
    }
    if (line->max_bytes != RL_NO_LIMIT && line->max_bytes > 0) {
        rl_format_size(line->max_bytes, amount, sizeof(amount));
        rl_say(say, " max %s", amount);
    }
}

void rl_line_text(const struct rl_line *line, char *buf, size_t size)
{
    char share[RL_TEXT_MAX], window[RL_TEXT_MAX], size_text[RL_TEXT_MAX];
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    rl_format_size(line->bytes, size_text, sizeof(size_text));
    rl_share_text(line->share, share, sizeof(share));
    rl_span_text(line->window_us, window, sizeof(window));
    if (line->kind == RL_LINE_PRESSURE)
        rl_say(&say, "%s %s over %s", counter_name(line->counter), share, window);
    else if (line->kind == RL_LINE_USAGE || line->kind == RL_LINE_SWAP)
        rl_say(&say, "%s", share);
    else if (line->kind == RL_LINE_REFAULTS)
        rl_say(&say, "%" PRIu64 "/s", line->count);
    else if (line->kind == RL_LINE_GROWTH)
        rl_say(&say, "%s over %s", size_text, window);
    else if (line->kind == RL_LINE_EVENTS)
        rl_say(&say, "%s %" PRIu64 " over %s", counter_name(line->counter), line->count, window);
    else if (line->kind == RL_LINE_HEADROOM)
        say_headroom(line, &say);
}

void rl_reading_text(const struct rl_reading *reading, char *buf, size_t size)
{
    char value[RL_TEXT_MAX], threshold[RL_TEXT_MAX];

    if (!reading->known) {
        snprintf(buf, size, "%s", rl_reason_text(reading->why));
        return;
    }
    rl_amount_text(reading->unit, reading->value, value, sizeof(value));
    rl_amount_text(reading->unit, reading->threshold, threshold, sizeof(threshold));
    snprintf(buf, size, "%s, threshold %s", value, threshold);
}

static void say_hook(struct rl_say *say, const struct rl_step *step)
{
    rl_say_foreign(say, step->command);
    for (const char *const *arg = step->args; *arg; arg++) {
        bool quoted = !**arg || strpbrk(*arg, " \t");

        rl_say(say, quoted ? " \"" : " ");
        rl_say_foreign(say, *arg);
        rl_say(say, quoted ? "\"" : "");
    }
}

void rl_step_text(const struct rl_step *step, char *buf, size_t size)
{
    char number[RL_TEXT_MAX];
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    if (step->bytes > 0)
        rl_say(&say, "%s", rl_format_size(step->bytes, number, sizeof(number)));
    if (step->share > 0) {
        rl_share_text(step->share, number, sizeof(number));
        rl_say(&say, "%s", number);
    }
    if (step->cpu_share > 0) {
        rl_share_text(step->cpu_share, number, sizeof(number));
        rl_say(&say, " cpu %s", number);
    }
    if (step->command)
        say_hook(&say, step);
    if (step->level != RL_WARN_NONE)
        rl_say(&say, step->desktop ? "%s " : "%s", rl_warn_level_name(step->level));
    if (step->stop || step->desktop)
        rl_say(&say, step->stop ? "stop" : "desktop");
}
