#include "daemon/ctl/plot-scale.h"

#include <math.h>
#include <stdio.h>

#include "daemon/ctl/maths.h"

#define MINUS "\xe2\x88\x92" /* U+2212, as wide as a plus */

#define MINUTE 60.0
#define HOUR   3600.0
#define DAY    86400.0

/* The power of ten at or below; those below 1 as exact as can be. */
static double power_below(double value)
{
    double power = 1;

    if (value >= 1) {
        while (power * 10 <= value && power < 1e300)
            power *= 10;
        return power;
    }
    while (1 / power > value)
        power *= 10;
    return 1 / power;
}

double rl_scale_step(double span, unsigned most)
{
    static const double steps[] = {1, 2, 5};
    double power = power_below(span / most);

    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (span <= steps[i] * power * most * (1 + 1e-9))
            return steps[i] * power;
    }
    return 10 * power;
}

double rl_scale_time_step(double span, unsigned most)
{
    static const double steps[] = {1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE,
        15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY};

    if (span <= most * 0.5)
        return rl_scale_step(span, most);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
        if (span <= steps[i] * most * (1 + 1e-9))
            return steps[i];
    }
    return DAY * rl_scale_step(span / DAY, most);
}

struct rl_scale_unit rl_scale_unit(double top)
{
    static const char *const names[] = {"B", "KB", "MB", "GB", "TB", "PB"};
    size_t i = 0;
    double size = 1;

    for (; top >= size * 1024 && i + 1 < sizeof(names) / sizeof(names[0]); i++)
        size *= 1024;
    return (struct rl_scale_unit){size, names[i]};
}

static int digits_of(double step)
{
    int digits = 0;

    for (; digits < 6 && fabs(step - rl_round(step)) > 1e-6 * step; digits++)
        step *= 10;
    return digits;
}

const char *rl_scale_text(double value, double step, char *buf, size_t size)
{
    snprintf(buf, size, "%.*f", digits_of(step), value);
    return buf;
}

const char *rl_scale_bytes_text(double bytes, char *buf, size_t size)
{
    struct rl_scale_unit unit = rl_scale_unit(bytes);
    double value = bytes / unit.size;
    int digits = unit.size > 1 && value < 9.995 ? 2 : unit.size > 1 && value < 99.95 ? 1 : 0;
    double power = digits == 2 ? 100 : digits == 1 ? 10 : 1;

    value = rl_round(value * power) / power;
    while (digits > 0 && (int64_t)rl_round(value * power) % 10 == 0) {
        power /= 10;
        digits--;
    }
    snprintf(buf, size, "%.*f %s", digits, value, unit.name);
    return buf;
}

const char *rl_scale_time_text(double at, double step, char *buf, size_t size)
{
    static const struct {
        double size, part;
        const char *name, *part_name;
    } units[] = {
        {DAY, HOUR, "d", "h"},
        {HOUR, MINUTE, "h", "min"},
        {MINUTE, 1, "min", "s"},
    };
    const char *sign = at < 0 ? MINUS : "+";
    double t = fabs(at);

    if (t < 1e-9)
        sign = "";
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        double rounded = rl_round(t / units[i].part) * units[i].part;
        double whole = rl_floor(rounded / units[i].size + 1e-9);
        double part = rl_round((rounded - whole * units[i].size) / units[i].part);
        if (rounded < units[i].size)
            continue;
        if (part > 0)
            snprintf(buf, size, "%s%.0f %s %.0f %s", sign, whole, units[i].name, part,
                units[i].part_name);
        else
            snprintf(buf, size, "%s%.0f %s", sign, whole, units[i].name);
        return buf;
    }
    snprintf(buf, size, *sign ? "%s%.*f s" : "%s%.*f", sign, *sign ? digits_of(step) : 0, t);
    return buf;
}
