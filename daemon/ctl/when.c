#include "daemon/ctl/when.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define US_PER_S   UINT64_C(1000000)
#define MINUTE_US  (60 * US_PER_S)
#define HOUR_US    (60 * MINUTE_US)
#define DAY_US     (24 * HOUR_US)
#define YEAR_FIRST 1970
#define YEAR_LAST  9999
#define WHEN_MAX   (UINT64_C(253402300800) * US_PER_S) /* the end of YEAR_LAST, UTC */

/* What is a zone at the end of a time, in seconds east of UTC. */
struct zone {
    bool given;
    long east;
};

static const char *skip_blanks(const char *at)
{
    return at + strspn(at, " ");
}

/* So many digits, no more and no fewer, within a range. */
static bool take_digits(const char **at, int digits, int least, int most, int *ret)
{
    int value = 0;

    for (int i = 0; i < digits; i++) {
        if (!isdigit((unsigned char)(*at)[i]))
            return false;
        value = 10 * value + (*at)[i] - '0';
    }
    if (isdigit((unsigned char)(*at)[digits]) || value < least || value > most)
        return false;
    *at += digits;
    *ret = value;
    return true;
}

static bool take_char(const char **at, char c)
{
    if (**at != c)
        return false;
    ++*at;
    return true;
}

/* Digits behind a decimal point, in millionths; more than six are dropped. */
static bool take_fraction(const char **at, uint64_t *ret)
{
    uint64_t unit = US_PER_S / 10, value = 0;

    if (!isdigit((unsigned char)**at))
        return false;
    for (; isdigit((unsigned char)**at); ++*at, unit /= 10)
        value += unit * (uint64_t)(**at - '0');
    *ret = value;
    return true;
}

static int days_of(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

    return days[month - 1] + (month == 2 && leap);
}

/* "2026-01-02" */
static bool take_day(const char **at, struct tm *tm)
{
    int year, month, day;

    if (!take_digits(at, 4, YEAR_FIRST, YEAR_LAST, &year) || !take_char(at, '-') ||
        !take_digits(at, 2, 1, 12, &month) || !take_char(at, '-') ||
        !take_digits(at, 2, 1, days_of(year, month), &day))
        return false;
    tm->tm_year = year - 1900;
    tm->tm_mon = month - 1;
    tm->tm_mday = day;
    return true;
}

/* "03:04", "03:04:05", "03:04:05.123" */
static bool take_clock(const char **at, struct tm *tm, uint64_t *ret_fraction)
{
    *ret_fraction = 0;
    if (!take_digits(at, 2, 0, 23, &tm->tm_hour) || !take_char(at, ':') ||
        !take_digits(at, 2, 0, 59, &tm->tm_min))
        return false;
    tm->tm_sec = 0;
    if (!take_char(at, ':'))
        return true;
    return take_digits(at, 2, 0, 59, &tm->tm_sec) &&
           (!take_char(at, '.') || take_fraction(at, ret_fraction));
}

/* "", "Z", "+01:00", "-0330"; " UTC" and the like with a blank. */
static bool take_zone(const char **at, struct zone *ret)
{
    int hours, minutes;

    *ret = (struct zone){0};
    *at = skip_blanks(*at);
    if (!**at)
        return true;
    ret->given = true;
    if (strcasecmp(*at, "Z") == 0 || strcasecmp(*at, "UTC") == 0) {
        *at += strlen(*at);
        return true;
    }
    bool west = **at == '-';
    if (!west && **at != '+')
        return false;
    ++*at;
    bool colon = strlen(*at) > 2 && (*at)[2] == ':';
    if (colon ? !take_digits(at, 2, 0, 23, &hours) || !take_char(at, ':') ||
                    !take_digits(at, 2, 0, 59, &minutes)
              : !take_digits(at, 4, 0, 2359, &hours))
        return false;
    if (!colon) {
        minutes = hours % 100;
        hours /= 100;
    }
    ret->east = (west ? -1 : 1) * (hours * 3600L + minutes * 60L);
    return minutes < 60 && !**at;
}

static int seconds_of(struct tm *tm, const struct zone *zone, uint64_t fraction, uint64_t *ret_us)
{
    tm->tm_isdst = -1;
    time_t seconds = zone->given ? timegm(tm) - zone->east : mktime(tm);
    if (seconds < 0 || (uint64_t)seconds >= WHEN_MAX / US_PER_S)
        return -EINVAL;
    *ret_us = (uint64_t)seconds * US_PER_S + fraction;
    return 0;
}

/* 00:00 of today or a neighbour. */
static int parse_word(const char *text, uint64_t now_us, uint64_t *ret_us)
{
    static const struct {
        const char *name;
        int days;
    } words[] = {{"today", 0}, {"yesterday", -1}, {"tomorrow", 1}};
    time_t now = (time_t)(now_us / US_PER_S);
    struct tm tm;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcasecmp(text, words[i].name) != 0)
            continue;
        localtime_r(&now, &tm);
        tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
        tm.tm_mday += words[i].days;
        return seconds_of(&tm, &(struct zone){0}, 0, ret_us);
    }
    return -EINVAL;
}

static int parse_date(const char *text, uint64_t now_us, uint64_t *ret_us)
{
    time_t now = (time_t)(now_us / US_PER_S);
    const char *at = text;
    uint64_t fraction = 0;
    struct zone zone;
    struct tm tm;

    localtime_r(&now, &tm);
    if (text[strcspn(text, "-:")] == ':') { /* the time alone */
        if (!take_clock(&at, &tm, &fraction) || *at)
            return -EINVAL;
        return seconds_of(&tm, &(struct zone){0}, fraction, ret_us);
    }
    if (!take_day(&at, &tm))
        return -EINVAL;
    tm.tm_hour = tm.tm_min = tm.tm_sec = 0;
    bool clock = *at == 'T' || *at == 't' ||
                 (*at == ' ' && isdigit((unsigned char)*skip_blanks(at)));
    if (clock) {
        at = skip_blanks(at + 1);
        if (!take_clock(&at, &tm, &fraction))
            return -EINVAL;
    }
    if ((*at && !clock && *at != ' ') || !take_zone(&at, &zone))
        return -EINVAL;
    return seconds_of(&tm, &zone, fraction, ret_us);
}

/* The unit of a span; without one it is seconds. Return: its microseconds, 0 for none. */
static uint64_t take_unit(const char **at)
{
    static const struct {
        const char *names; /* between blanks */
        uint64_t us;
    } units[] = {
        {" us usec ", 1},
        {" ms msec ", 1000},
        {" s sec second seconds ", US_PER_S},
        {" m min minute minutes ", MINUTE_US},
        {" h hr hour hours ", HOUR_US},
        {" d day days ", DAY_US},
        {" w week weeks ", 7 * DAY_US},
        {" M month months ", UINT64_C(2629800) * US_PER_S},
        {" y year years ", UINT64_C(31557600) * US_PER_S},
    };
    char name[16];
    size_t length = 0;

    while (isalpha((unsigned char)(*at)[length]))
        length++;
    if (length == 0)
        return US_PER_S;
    if (length > sizeof(name) - 3)
        return 0;
    snprintf(name, sizeof(name), " %.*s ", (int)length, *at);
    *at += length;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strstr(units[i].names, name))
            return units[i].us;
    }
    return 0;
}

/* "1d 12h", "1.5h" up to the end or to the word behind it, which is left. */
static int take_span(const char **at, uint64_t *ret)
{
    uint64_t total = 0;

    do {
        uint64_t whole = 0, fraction = 0;
        const char *begin = *at;
        for (; isdigit((unsigned char)**at) && whole <= WHEN_MAX / 10; ++*at)
            whole = 10 * whole + (uint64_t)(**at - '0');
        if (*at == begin || isdigit((unsigned char)**at))
            return -EINVAL;
        if (take_char(at, '.') && !take_fraction(at, &fraction))
            return -EINVAL;
        *at = skip_blanks(*at);
        const char *word = *at;
        bool last = strcmp(word, "ago") == 0 || strcmp(word, "left") == 0;
        uint64_t unit = last ? US_PER_S : take_unit(at);
        if (unit == 0 || whole > WHEN_MAX / unit)
            return -EINVAL;
        total += whole * unit + (uint64_t)((double)fraction / US_PER_S * (double)unit);
        if (total > WHEN_MAX)
            return -EINVAL;
        *at = skip_blanks(*at);
    } while (isdigit((unsigned char)**at));
    *ret = total;
    return 0;
}

static int parse_relative(const char *text, uint64_t now_us, uint64_t *ret_us)
{
    bool back = *text == '-', sign = back || *text == '+';
    const char *at = skip_blanks(text + sign);
    uint64_t span;

    if (take_span(&at, &span) < 0)
        return -EINVAL;
    if (sign && *at)
        return -EINVAL;
    if (!sign && strcmp(at, "ago") == 0)
        back = true;
    else if (!sign && strcmp(at, "left") != 0)
        return -EINVAL;
    if (back ? span > now_us : span >= WHEN_MAX - now_us)
        return -EINVAL;
    *ret_us = back ? now_us - span : now_us + span;
    return 0;
}

static int parse_stamp(const char *text, uint64_t *ret_us)
{
    const char *at = text + 1;
    uint64_t us;

    if (take_span(&at, &us) < 0 || *at || text[1 + strspn(text + 1, "0123456789.")] ||
        us >= WHEN_MAX)
        return -EINVAL;
    *ret_us = us;
    return 0;
}

int rl_when_parse(const char *text, uint64_t now_us, uint64_t *ret_us)
{
    text = skip_blanks(text);
    if (strcasecmp(text, "now") == 0) {
        *ret_us = now_us;
        return 0;
    }
    if (*text == '@')
        return parse_stamp(text, ret_us);
    if (parse_word(text, now_us, ret_us) == 0 || parse_date(text, now_us, ret_us) == 0)
        return 0;
    return parse_relative(text, now_us, ret_us);
}

int rl_args_when(const char *what, const char *text, uint64_t *ret_us)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t now_us = (uint64_t)now.tv_sec * US_PER_S + (uint64_t)now.tv_nsec / 1000;
    if (rl_when_parse(text, now_us, ret_us) == 0)
        return 0;
    fprintf(stderr, "%s: '%s' is no time; " RL_WHEN_FORMS "\n", what, text);
    return -EINVAL;
}
