#include "trigger.h"

#include "wide.h"

#define LOOK_FLOOR_US  (25 * RL_US_PER_MS)
#define LEVEL_LOOK_US  (100 * RL_US_PER_MS) /* a level can move at any speed while tasks stall */
#define TIMED_LEAST_US RL_US_PER_S          /* how often levels alone are looked at: close to the */
#define TIMED_MOST_US  (30 * RL_US_PER_S)   /* threshold, and far from it */
#define SINCE_LEAST_US RL_US_PER_S

static uint64_t bigger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* How much of a window lies behind the step, or the kill, that restarted it. */
static uint64_t restarted_us(
    enum rl_counter counter, const struct rl_present *present, uint64_t window_us)
{
    uint64_t begin = bigger(present->since_us, rl_history_restart(present->history, counter));
    uint64_t passed = present->now_us > begin ? present->now_us - begin : 0;

    return passed < window_us ? passed : window_us;
}

/* What the stall of a line is a share of: the window, or what has passed since a step ended, at
 * least a second. */
static uint64_t stall_span(const struct rl_line *line, const struct rl_present *present)
{
    uint64_t window = bigger(line->window_us, SINCE_LEAST_US);

    if (present->since_us == 0)
        return line->window_us;
    return bigger(restarted_us(line->counter, present, window), SINCE_LEAST_US);
}

static uint64_t stall_growth(const struct rl_line *line, const struct rl_present *present)
{
    uint64_t window = bigger(line->window_us, SINCE_LEAST_US), now = present->now_us;

    if (present->since_us == 0)
        return rl_history_window(present->history, line->counter, now, line->window_us);
    return rl_history_growth(present->history, line->counter,
        now - restarted_us(line->counter, present, window), now, 0);
}

/* The read functions set value, threshold and holds and return what is missing, if anything is. */

static enum rl_reason read_pressure(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret)
{
    ret->threshold = line->share;
    if (!(present->have & RL_HAVE_PRESSURE))
        return RL_READ_NO_PRESSURE;
    if (present->history->n < 2)
        return RL_READ_FIRST_SAMPLE;
    ret->value = rl_mul_div(stall_growth(line, present), RL_WHOLE, stall_span(line, present));
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
    uint64_t now = present->now_us;

    ret->threshold = line->count;
    if (!(present->have & RL_HAVE_EVENTS))
        return RL_READ_NO_EVENTS;
    if (present->history->n < 2)
        return RL_READ_FIRST_SAMPLE;
    ret->value = rl_history_events(present->history, line->counter,
        now - restarted_us(line->counter, present, line->window_us), now);
    ret->holds = ret->value >= ret->threshold;
    return RL_REASON_NONE;
}

static enum rl_reason read_swap(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret)
{
    const struct rl_room *room = present->room;

    ret->threshold = line->share;
    if (!room)
        return RL_READ_NO_MEMORY_FILES;
    if (!room->has_swap)
        return RL_READ_NO_SWAP;
    if (!room->swap_known)
        return RL_READ_NO_MEMORY_FILES;
    ret->value = room->swap_usage;
    ret->holds = ret->value >= ret->threshold;
    return RL_REASON_NONE;
}

static enum rl_reason read_growth(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret)
{
    /* As with stall, also the kernel's own kill restarts it. */
    uint64_t span = restarted_us(RL_COUNT_FULL, present, line->window_us);

    ret->threshold = line->bytes;
    if (present->history->n < 2)
        return RL_READ_FIRST_SAMPLE;
    if (!rl_history_used_growth(present->history, present->now_us - span, &ret->value))
        return RL_READ_NO_MEMORY_FILES;
    ret->holds = ret->value >= ret->threshold;
    return RL_REASON_NONE;
}

static enum rl_reason read_refaults(
    const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret)
{
    uint64_t window = bigger(line->window_us, SINCE_LEAST_US), now = present->now_us;
    uint64_t behind = restarted_us(RL_COUNT_REFAULTS, present, window);
    uint64_t span = present->since_us > 0 ? bigger(behind, SINCE_LEAST_US) : window;
    uint64_t pages;

    ret->threshold = line->count;
    if (!(present->have & RL_HAVE_STAT))
        return RL_READ_NO_MEMORY_FILES;
    if (present->history->n < 2)
        return RL_READ_FIRST_SAMPLE;
    pages = rl_history_growth(present->history, RL_COUNT_REFAULTS, now - behind, now, 0);
    ret->value = rl_mul_div(pages, RL_US_PER_S, span);
    ret->holds = ret->value >= ret->threshold;
    return RL_REASON_NONE;
}

/* Stall time grows at most one second per second. What is cut off the share in hundredths may be
 * stall as well, so that one of them less is certain to be missing. */
static uint64_t pressure_in(
    const struct rl_line *line, const struct rl_present *present, const struct rl_reading *reading)
{
    uint64_t missing = reading->threshold > reading->value ? reading->threshold - reading->value - 1
                                                           : 0;

    return rl_mul_div(missing, stall_span(line, present), RL_WHOLE);
}

static uint64_t level_in(
    const struct rl_line *line, const struct rl_present *present, const struct rl_reading *reading)
{
    return reading->holds ? 0 : LEVEL_LOOK_US;
}

/* A new event wakes the daemon by itself (POLLPRI on memory.events). */
static uint64_t events_in(
    const struct rl_line *line, const struct rl_present *present, const struct rl_reading *reading)
{
    return reading->holds ? 0 : line->window_us / 4;
}

static const struct {
    const char *key;
    enum rl_unit unit;
    uint32_t needs;
    enum rl_reason (*read)(
        const struct rl_line *line, const struct rl_present *present, struct rl_reading *ret);
    uint64_t (*in)(const struct rl_line *line, const struct rl_present *present,
        const struct rl_reading *reading);
} kinds[RL_LINE_KINDS] = {
    [RL_LINE_PRESSURE] = {"Pressure", RL_UNIT_SHARE, RL_HAVE_PRESSURE, read_pressure, pressure_in},
    [RL_LINE_USAGE] = {"Usage", RL_UNIT_SHARE, RL_HAVE_CURRENT | RL_HAVE_STAT | RL_HAVE_LIMITS,
        read_usage, level_in},
    [RL_LINE_HEADROOM] = {"Headroom", RL_UNIT_BYTES,
        RL_HAVE_CURRENT | RL_HAVE_STAT | RL_HAVE_LIMITS, read_headroom, level_in},
    [RL_LINE_EVENTS] = {"Events", RL_UNIT_COUNT, RL_HAVE_EVENTS, read_events, events_in},
    [RL_LINE_SWAP] = {"Swap", RL_UNIT_SHARE, RL_HAVE_SWAP, read_swap, level_in},
    [RL_LINE_GROWTH] = {"Growth", RL_UNIT_BYTES, RL_HAVE_CURRENT | RL_HAVE_STAT, read_growth,
        level_in},
    [RL_LINE_REFAULTS] = {"Refaults", RL_UNIT_RATE, RL_HAVE_STAT, read_refaults, level_in},
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

/* The share of the way that a level still has to go to its threshold, in hundredths of a percent.
 */
static uint64_t distance(const struct rl_reading *reading)
{
    uint64_t a = reading->value, b = reading->threshold;
    uint64_t far = a > b ? a : b, near = a > b ? b : a;

    return reading->holds || far == 0 ? 0 : rl_mul_div(far - near, RL_WHOLE, far);
}

/* Nothing in the kernel tells when its lines move. */
static uint64_t timed_in(const struct rl_trigger *trigger, const struct rl_present *present)
{
    uint64_t most = 0, window = rl_trigger_shortest_window(trigger), wait;

    for (size_t i = 0; i < trigger->n; i++) {
        struct rl_reading reading;
        uint64_t way;

        rl_line_read(&trigger->lines[i], present, &reading);
        way = distance(&reading);
        if (way > most)
            most = way;
    }
    wait = TIMED_LEAST_US + rl_mul_div(TIMED_MOST_US - TIMED_LEAST_US, most, RL_WHOLE);
    /* Growth between two looks is spread evenly over the time between them. */
    if (window > 0 && wait > window / 4)
        wait = bigger(window / 4, TIMED_LEAST_US);
    return wait;
}

bool rl_trigger_timed(const struct rl_trigger *trigger)
{
    for (size_t i = 0; i < trigger->n; i++)
        if (trigger->lines[i].kind == RL_LINE_PRESSURE || trigger->lines[i].kind == RL_LINE_EVENTS)
            return false;
    return trigger->n > 0;
}

uint64_t rl_trigger_shortest_window(const struct rl_trigger *trigger)
{
    uint64_t shortest = 0;

    for (size_t i = 0; i < trigger->n; i++) {
        uint64_t window = trigger->lines[i].window_us;

        if (window > 0 && (shortest == 0 || window < shortest))
            shortest = window;
    }
    return shortest;
}

/* The latest of what its lines name, but no gap that would not count. */
static uint64_t windowed_in(const struct rl_trigger *trigger, const struct rl_present *present)
{
    uint64_t wait = LOOK_FLOOR_US, window = rl_trigger_shortest_window(trigger);

    for (size_t i = 0; i < trigger->n; i++) {
        const struct rl_line *line = &trigger->lines[i];
        struct rl_reading reading;
        uint64_t in;

        rl_line_read(line, present, &reading);
        in = kinds[line->kind].in(line, present, &reading);
        if (in > wait)
            wait = in;
    }
    return window > 0 && wait > window / 4 ? window / 4 : wait;
}

uint64_t rl_trigger_earliest(const struct rl_trigger *trigger, const struct rl_present *present)
{
    uint64_t wait = rl_trigger_timed(trigger) ? timed_in(trigger, present)
                                              : windowed_in(trigger, present);

    return present->now_us + (wait < LOOK_FLOOR_US ? LOOK_FLOOR_US : wait);
}
