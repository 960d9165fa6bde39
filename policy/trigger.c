#include "trigger.h"

#include "wide.h"

#define LOOK_FLOOR_US  (25 * RL_US_PER_MS)
#define LEVEL_LOOK_US  (100 * RL_US_PER_MS) /* a level can move at any speed while tasks stall */
#define SINCE_LEAST_US RL_US_PER_S

/* The span a line's window covers now: the window itself, or what has passed since a step. */
static void window_span(const struct rl_line *line, const struct rl_present *present,
    uint64_t *ret_from_us, uint64_t *ret_span_us)
{
    uint64_t now = present->now_us, span = line->window_us;

    if (present->since_us == 0) {
        *ret_from_us = now > span ? now - span : 0;
        *ret_span_us = span;
        return;
    }
    if (now - present->since_us < span)
        span = now - present->since_us;
    *ret_from_us = now - span;
    *ret_span_us = span < SINCE_LEAST_US ? SINCE_LEAST_US : span;
}

static uint64_t window_growth(
    const struct rl_line *line, const struct rl_present *present, uint64_t *ret_span_us)
{
    uint64_t from;

    window_span(line, present, &from, ret_span_us);
    if (present->since_us == 0)
        return rl_history_window(present->history, line->counter, present->now_us, line->window_us);
    return rl_history_growth(present->history, line->counter, from, present->now_us, 0);
}

/* The read functions set value, threshold and holds and return what is missing, if anything is. */

static enum rl_reason read_pressure(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret)
{
    uint64_t span;

    ret->threshold = line->share;
    if (!(present->have & RL_HAVE_PRESSURE))
        return RL_READ_NO_PRESSURE;
    if (present->history->n < 2)
        return RL_READ_FIRST_SAMPLE;
    ret->value = window_growth(line, present, &span);
    ret->value = rl_mul_div(ret->value, RL_WHOLE, span);
    ret->holds = ret->value >= ret->threshold;
    return RL_REASON_NONE;
}

static enum rl_reason read_usage(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret)
{
    ret->threshold = line->share;
    if (!present->room || !present->room->known)
        return RL_READ_NO_MEMORY_FILES;
    ret->value = present->room->usage;
    ret->holds = ret->value >= ret->threshold;
    return RL_REASON_NONE;
}

static enum rl_reason read_headroom(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret)
{
    uint64_t threshold = line->bytes;

    if (!present->room || !present->room->known)
        return RL_READ_NO_MEMORY_FILES;
    if (line->relative)
        threshold = rl_mul_div(present->room->limit, line->share, RL_WHOLE);
    if (threshold < line->min_bytes)
        threshold = line->min_bytes;
    if (threshold > line->max_bytes)
        threshold = line->max_bytes;
    ret->threshold = threshold;
    ret->value = present->room->headroom;
    ret->holds = ret->value < threshold;
    return RL_REASON_NONE;
}

static enum rl_reason read_events(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret)
{
    uint64_t span;

    ret->threshold = line->count;
    if (!(present->have & RL_HAVE_EVENTS))
        return RL_READ_NO_EVENTS;
    if (present->history->n < 2)
        return RL_READ_FIRST_SAMPLE;
    ret->value = window_growth(line, present, &span);
    ret->holds = ret->value >= ret->threshold;
    return RL_REASON_NONE;
}

/* Stall time grows at most one second per second. */
static uint64_t pressure_in(const struct rl_line *line, const struct rl_reading *reading)
{
    uint64_t missing = reading->threshold > reading->value ? reading->threshold - reading->value
                                                           : 0;

    return rl_mul_div(missing, line->window_us, RL_WHOLE);
}

static uint64_t level_in(const struct rl_line *line, const struct rl_reading *reading)
{
    (void)line;
    return reading->holds ? 0 : LEVEL_LOOK_US;
}

/* A new event wakes the daemon by itself (POLLPRI on memory.events). */
static uint64_t events_in(const struct rl_line *line, const struct rl_reading *reading)
{
    return reading->holds ? 0 : line->window_us / 4;
}

static const struct {
    const char *key;
    enum rl_unit unit;
    uint32_t needs;
    enum rl_reason (*read)(
        const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret);
    uint64_t (*in)(const struct rl_line *line, const struct rl_reading *reading);
} kinds[RL_LINE_KINDS] = {
    [RL_LINE_PRESSURE] = {"Pressure", RL_UNIT_SHARE, RL_HAVE_PRESSURE, read_pressure, pressure_in},
    [RL_LINE_USAGE] = {"Usage", RL_UNIT_SHARE, RL_HAVE_CURRENT | RL_HAVE_STAT | RL_HAVE_LIMITS,
        read_usage, level_in},
    [RL_LINE_HEADROOM] = {"Headroom", RL_UNIT_BYTES,
        RL_HAVE_CURRENT | RL_HAVE_STAT | RL_HAVE_LIMITS, read_headroom, level_in},
    [RL_LINE_EVENTS] = {"Events", RL_UNIT_COUNT, RL_HAVE_EVENTS, read_events, events_in},
};

const char *rl_line_key(enum rl_line_kind kind)
{
    return (unsigned)kind < RL_LINE_KINDS ? kinds[kind].key : "?";
}

uint32_t rl_line_needs(const struct rl_line *line)
{
    return kinds[line->kind].needs;
}

void rl_line_read(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret)
{
    *ret = (struct rl_reading){.unit = kinds[line->kind].unit};
    ret->why = kinds[line->kind].read(line, present, ret);
    ret->known = ret->why == RL_REASON_NONE;
    if (ret->known)
        ret->why = ret->holds ? RL_READ_HOLDS : RL_READ_BELOW;
}

bool rl_trigger_read(
    const struct rl_trigger *trigger, const struct rl_present *present, struct rl_reading *ret)
{
    bool all = trigger->n > 0;

    for (size_t i = 0; i < trigger->n; i++) {
        rl_line_read(&trigger->lines[i], present, &ret[i]);
        all = all && ret[i].holds;
    }
    return all;
}

uint64_t rl_trigger_earliest(const struct rl_trigger *trigger, const struct rl_present *present)
{
    uint64_t wait = LOOK_FLOOR_US, most = RL_US_PER_S;
    bool windows = false;

    for (size_t i = 0; i < trigger->n; i++) {
        const struct rl_line *line = &trigger->lines[i];
        struct rl_reading reading;
        uint64_t in;

        rl_line_read(line, present, &reading);
        in = kinds[line->kind].in(line, &reading);
        if (in > wait)
            wait = in;
        if (line->window_us > 0 && (!windows || line->window_us / 4 < most))
            most = line->window_us / 4;
        windows = windows || line->window_us > 0;
    }
    if (wait > most)
        wait = most;
    if (wait < LOOK_FLOOR_US)
        wait = LOOK_FLOOR_US;
    return present->now_us + wait;
}
