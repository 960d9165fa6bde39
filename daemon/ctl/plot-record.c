/* What a picture says of an incident: title, marks, thresholds. */
#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/get.h"
#include "daemon/ctl/maths.h"
#include "daemon/ctl/plot-read.h"
#include "daemon/ctl/plot-scale.h"
#include "daemon/report/say.h"

#define TENTH    0.1
#define WINDOW_S 10.0 /* where no line of a trigger says another one */

static bool is_machine(const char *cgroup)
{
    return strcmp(cgroup, "/") == 0 || strcmp(cgroup, RL_PLOT_MACHINE) == 0;
}

static bool same_cgroup(const char *a, const char *b)
{
    return strcmp(a + (*a == '/'), b + (*b == '/')) == 0;
}

/* ---- marks ---- */

static size_t marks_max(const struct rl_plot *plot)
{
    return plot->two ? RL_PLOT_MARKS_MAX / 2 : RL_PLOT_MARKS_MAX;
}

static size_t marks_of(const struct rl_plot *plot, unsigned side)
{
    size_t n = 0;

    for (size_t i = 0; i < plot->n_marks; i++)
        n += plot->marks[i].side == side;
    return n;
}

/* Begin a mark; NULL where there are too many already. */
static struct rl_plot_mark *mark(struct rl_plot *plot, unsigned side, double at, struct rl_say *say)
{
    struct rl_plot_mark *one = &plot->marks[plot->n_marks];
    char time[RL_SCALE_TEXT_MAX];

    if (marks_of(plot, side) == marks_max(plot))
        return NULL;
    plot->n_marks++;
    one->at = at;
    one->side = side;
    rl_say_begin(say, one->text, sizeof(one->text));
    if (plot->two)
        rl_say(say, "%u: ", side + 1);
    if (at >= -TENTH / 2 && at < TENTH / 2)
        rl_say(say, "0 s ");
    else
        rl_say(say, "%s ", rl_scale_time_text(at, TENTH, time, sizeof(time)));
    return one;
}

static void mark_beginning(struct rl_plot *plot, const struct rl_plot_incident *incident)
{
    const json_t *record = incident->record;
    const char *kind = rl_get_text(record, "kind");
    struct rl_say say;

    if (!mark(plot, incident->side, incident->start, &say))
        return;
    if (strcmp(kind, "kernel-oom") == 0) {
        rl_say(&say, "the kernel kills");
    } else if (rl_get(record, "by_hand")) {
        rl_say(&say, "asked by hand");
    } else {
        rl_say(&say, "trigger ");
        rl_say_foreign(&say, rl_get_text(record, "trigger.name"));
        rl_say(&say, " holds");
    }
}

/* A cgroup without those above it: labels are short. */
static const char *last_of(const char *cgroup)
{
    const char *slash = strrchr(cgroup, '/');

    return slash && slash[1] ? slash + 1 : cgroup;
}

/* A hook's program without its folders. */
static const char *short_of(const char *arguments)
{
    const char *end = arguments + strcspn(arguments, " ");

    while (*arguments == '/' && end > arguments && end[-1] != '/')
        end--;
    return *arguments == '/' && *end ? end : arguments;
}

static void say_step(struct rl_say *say, const json_t *step)
{
    rl_say_foreign(say, rl_get_text(step, rl_get(step, "signal") ? "signal" : "step"));
    if (rl_get_true(step, "whole_cgroup"))
        rl_say(say, " to all");
    if (rl_get(step, "whom")) {
        rl_say(say, " ");
        rl_say_foreign(say, rl_get_text(step, "whom"));
    } else if (rl_get(step, "arguments")) {
        rl_say(say, " ");
        rl_say_foreign(say, short_of(rl_get_text(step, "arguments")));
    }
}

static void mark_steps(struct rl_plot *plot, const struct rl_plot_incident *incident)
{
    const json_t *record = incident->record;
    char size[RL_SCALE_TEXT_MAX];
    size_t i;
    json_t *step;
    struct rl_say say;

    json_array_foreach(rl_get(record, "steps"), i, step)
    {
        double at = incident->start + (double)rl_get_count(step, "at_ms") / 1000;
        if (!rl_get(step, "at_ms") || !mark(plot, incident->side, at, &say))
            continue;
        if (rl_get_true(step, "skipped"))
            rl_say(&say, "skipped: ");
        else if (rl_get_true(record, "dry_run"))
            rl_say(&say, "would: ");
        say_step(&say, step);
        if (rl_get_count(step, "gained_bytes") > 0)
            rl_say(&say, ": %s",
                rl_scale_bytes_text(
                    (double)rl_get_count(step, "gained_bytes"), size, sizeof(size)));
        if (strcmp(rl_get_text(step, "result"), "error") == 0)
            rl_say(&say, " failed");
    }
}

/* The id of a reason as words. */
static const char *outcome_of(const json_t *record, char *buf, size_t size)
{
    rl_get_name(record, "outcome.id", buf, size);
    for (char *c = buf; *c; c++)
        *c = *c == '-' ? ' ' : *c;
    return buf;
}

static double end_of(const struct rl_plot_incident *incident)
{
    double ms;

    return rl_get_number(incident->record, "duration_ms", &ms) ? incident->start + ms / 1000 : NAN;
}

static void mark_end(struct rl_plot *plot, const struct rl_plot_incident *incident)
{
    const json_t *record = incident->record;
    char size[RL_SCALE_TEXT_MAX], outcome[RL_PLOT_TEXT_MAX];
    uint64_t freed = rl_get_count(record, "freed_bytes");
    struct rl_say say;

    if (rl_get(record, "time_to_gone_ms") && !rl_get_true(record, "dry_run") &&
        mark(plot, incident->side,
            incident->start + (double)rl_get_count(record, "time_to_gone_ms") / 1000, &say)) {
        rl_say(&say, "gone");
        if (freed > 0)
            rl_say(&say, ", %s back", rl_scale_bytes_text((double)freed, size, sizeof(size)));
    }
    if (isnan(end_of(incident)) || !mark(plot, incident->side, end_of(incident), &say))
        return;
    rl_say(&say, "over: %s", outcome_of(record, outcome, sizeof(outcome)));
}

static void say_victim(struct rl_say *say, const json_t *record)
{
    if (rl_get(record, "victim.pid")) {
        rl_say_foreign(say, rl_get_text(record, "victim.comm"));
        rl_say(say, "[%" PRIu64 "]", rl_get_count(record, "victim.pid"));
    } else {
        rl_say(say, "all of ");
        rl_say_foreign(say, last_of(rl_get_text(record, "victim.cgroup")));
    }
}

/* One word for one of many incidents. */
static void mark_whole(struct rl_plot *plot, const struct rl_plot_incident *incident)
{
    const json_t *record = incident->record;
    const char *offender = rl_get_text(record, "offender");
    bool dry = strcmp(rl_get_text(record, "outcome.id"), "dry-run") == 0;
    char outcome[RL_PLOT_TEXT_MAX];
    struct rl_say say;

    if (!mark(plot, incident->side, incident->start, &say))
        return;
    rl_say_foreign(&say, rl_get_text(record, "trigger.name"));
    if (!same_cgroup(offender, plot->series->cgroup)) {
        rl_say(&say, " in ");
        rl_say_foreign(&say, last_of(offender));
    }
    rl_say(&say, ": ");
    if (rl_get(record, "victim")) {
        rl_say(&say, dry ? "would kill " : "");
        say_victim(&say, record);
        rl_say(&say, dry ? "" : ", ");
        if (dry)
            return;
    }
    if (rl_get(record, "outcome"))
        rl_say(&say, "%s", outcome_of(record, outcome, sizeof(outcome)));
    else
        rl_say(&say, "not over");
}

static int compare_marks(const void *a, const void *b)
{
    double x = ((const struct rl_plot_mark *)a)->at, y = ((const struct rl_plot_mark *)b)->at;

    return (x > y) - (x < y);
}

/* ---- thresholds ---- */

/* "full 30% over 10s": the seconds. Return: NAN where the text says none. */
static double window_of(const char *text)
{
    static const struct {
        const char *name;
        double seconds;
    } units[] = {{"us", 1e-6}, {"ms", 1e-3}, {"min", 60}, {"s", 1}, {"h", 3600}, {"d", 86400}};
    const char *over = strstr(text, " over ");
    char *end;
    double value;

    if (!over)
        return NAN;
    value = strtod(over + strlen(" over "), &end);
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(end, units[i].name) == 0 && value > 0)
            return value * units[i].seconds;
    }
    return NAN;
}

/* What a line is against: the smaller one of its own limits. A line that is about another one's
 * limit is about all that the other uses, which is not drawn. */
static double limit_of(const struct rl_plot *plot)
{
    return plot->limits ? NAN
                        : rl_min(rl_series_last(plot->series, RL_VALUE_HIGH),
                              rl_series_last(plot->series, RL_VALUE_MAX));
}

static void take_threshold(struct rl_plot *plot, const json_t *line, unsigned side)
{
    struct rl_plot_threshold *one = &plot->thresholds[plot->n_thresholds];
    const char *key = rl_get_text(line, "key");
    char text[RL_PLOT_TEXT_MAX], noun[RL_PLOT_TEXT_MAX];
    double threshold;

    if (plot->n_thresholds == RL_PLOT_THRESHOLDS_MAX ||
        !rl_get_number(line, "threshold", &threshold))
        return;
    rl_get_name(line, "text", text, sizeof(text));
    rl_get_name(line, "key", noun, sizeof(noun));
    noun[0] = (char)tolower((unsigned char)noun[0]);
    *one = (struct rl_plot_threshold){.pressure = strcmp(key, "Pressure") == 0, .side = side};
    if (one->pressure)
        one->value = threshold;
    else if (strcmp(key, "Usage") == 0)
        one->value = limit_of(plot) * threshold / 100;
    else if (strcmp(key, "Headroom") == 0)
        one->value = limit_of(plot) - threshold;
    else
        return;
    if (isnan(one->value) || one->value < 0)
        return;
    if (one->pressure)
        snprintf(one->text, sizeof(one->text), "%s", text);
    else
        snprintf(one->text, sizeof(one->text), "%s%.40s %.80s",
            plot->two ? (side ? "2: " : "1: ") : "", noun, text);
    plot->n_thresholds++;
}

/* The pressure that the daemon saw: its memory goes further back than the samples may. */
static void take_known(struct rl_plot *plot, const struct rl_plot_incident *incident)
{
    const json_t *record = incident->record;
    double window = (double)rl_get_count(record, "before.window_ms") / 1000, some, full;

    if (!rl_get_number(record, "before.some_percent", &some) ||
        !rl_get_number(record, "before.full_percent", &full))
        return;
    plot->known[incident->side] = (struct rl_series_window){.end = incident->start,
        .length = window,
        .some = some / 100 * window * 1e6,
        .full = full / 100 * window * 1e6};
}

static void take_lines(struct rl_plot *plot, const json_t *record, bool shown, unsigned side)
{
    double window = NAN;
    size_t i;
    json_t *line;

    json_array_foreach(rl_get(record, "trigger.lines"), i, line)
    {
        if (isnan(window) && strcmp(rl_get_text(line, "key"), "Pressure") == 0)
            window = window_of(rl_get_text(line, "text"));
        if (shown)
            take_threshold(plot, line, side);
    }
    if (isnan(window) && rl_get_count(record, "before.window_ms") > 0)
        window = (double)rl_get_count(record, "before.window_ms") / 1000;
    if (!isnan(window))
        plot->window[side] = window;
}

/* ---- the rest ---- */

static bool has_limit(const struct rl_series *series)
{
    return !isnan(rl_series_last(series, RL_VALUE_HIGH)) ||
           !isnan(rl_series_last(series, RL_VALUE_MAX));
}

/* A cgroup without limits of its own is held against the one that limits it. */
static void find_limits(
    struct rl_plot *plot, const struct rl_plot_source *source, const json_t *record)
{
    const char *by = rl_get_text(record, "available.limited_by");
    const char *whose = strcmp(by, "node") == 0 ? "/" : by;
    const struct rl_series *other = *by ? rl_plot_choose(source, whose) : NULL;

    if (has_limit(plot->series) || !other || other == plot->series || !has_limit(other))
        return;
    plot->limits = other;
    rl_escape(other->cgroup, plot->limits_of, sizeof(plot->limits_of));
}

static void tell_title(struct rl_plot *plot, const json_t *record)
{
    char text[sizeof(plot->title)];

    rl_get_name(record, "sentence", plot->title, sizeof(plot->title));
    if (rl_get(record, "sentence"))
        return;
    snprintf(plot->title, sizeof(plot->title), "Incident in %.500s: %.400s",
        rl_get_name(record, "offender", text, sizeof(text) / 2),
        rl_get_true(record, "open")
            ? "not over yet"
            : rl_get_name(record, "outcome.text", text + sizeof(text) / 2, sizeof(text) / 2));
}

static void say_cgroup(struct rl_say *say, const char *cgroup)
{
    if (is_machine(cgroup)) {
        rl_say(say, "the whole machine");
    } else {
        rl_say(say, "cgroup ");
        rl_say_foreign(say, cgroup);
    }
}

static void tell_about(struct rl_plot *plot, const json_t *record)
{
    char text[256];
    struct rl_say say;

    rl_say_begin(&say, plot->about, sizeof(plot->about));
    rl_say(&say, "Shown: ");
    say_cgroup(&say, plot->series->cgroup);
    rl_say(&say, ". Policy %s, incident ", rl_get_name(record, "policy.name", text, sizeof(text)));
    rl_say(&say, "%s", rl_get_name(record, "id", text, sizeof(text)));
    rl_say(&say, rl_get_true(record, "dry_run") ? " (dry run: nothing was done)." : ".");
}

/* How many there were, and whether all can be marked. */
static void say_incidents(struct rl_say *say, const struct rl_plot *plot, size_t n)
{
    if (n == 0)
        rl_say(say, "no incident");
    else
        rl_say(say, "%zu incident%s", n, n == 1 ? "" : "s");
    if (n > marks_max(plot))
        rl_say(say, " (the first %zu are marked)", marks_max(plot));
}

static void say_side(struct rl_say *say, const struct rl_plot_side *side)
{
    if (!side->name) {
        rl_say(say, "its own policies");
    } else {
        rl_say(say, "the policies of ");
        rl_say_foreign(say, side->name);
    }
}

static size_t count(const struct rl_plot_source *source, unsigned side)
{
    size_t n = 0;

    for (size_t i = 0; i < source->n_incidents; i++)
        n += source->incidents[i].side == side;
    return n;
}

static void tell_trace(struct rl_plot *plot, const struct rl_plot_source *source)
{
    const char *base = strrchr(source->name, '/');
    char text[256];
    struct rl_say say;

    rl_say_begin(&say, plot->title, sizeof(plot->title));
    rl_say(&say, "Trace %s",
        rl_escape(base && source->n_sides > 0 ? base + 1 : source->name, text, sizeof(text)));
    for (unsigned i = 0; i < source->n_sides; i++) {
        rl_say(&say, i == 0 ? " replayed with " : " and with ");
        say_side(&say, &source->sides[i]);
    }
    rl_say(&say, ": ");
    say_cgroup(&say, plot->series->cgroup);
    if (source->n_sides == 1 || (source->n_sides == 0 && source->n_incidents > 0)) {
        rl_say(&say, ", ");
        say_incidents(&say, plot, source->n_incidents);
    }
}

/* What a replay is not: what happened. */
static void tell_replay(struct rl_plot *plot, const struct rl_plot_source *source)
{
    bool tried = false;
    struct rl_say say, name;

    rl_say_begin(&say, plot->about, sizeof(plot->about));
    for (unsigned i = 0; i < source->n_sides; i++) {
        tried |= source->sides[i].name != NULL;
        if (source->n_sides == 1)
            continue;
        rl_say(&say, i == 0 ? "1, unbroken lines down: " : "2, broken lines down: ");
        say_side(&say, &source->sides[i]);
        rl_say(&say, ", ");
        say_incidents(&say, plot, count(source, i));
        rl_say(&say, ". ");
        rl_say_begin(&name, plot->names[i], sizeof(plot->names[i]));
        rl_say(&name, "%u, ", i + 1);
        say_side(&name, &source->sides[i]);
    }
    if (tried)
        rl_say(&say, "Memory and pressure are as recorded: what the policies tried would have "
                     "done to them is not known.");
    else
        rl_say(&say, "Decided once more, as it was recorded.");
}

/* "2024-05-01 12:00:00 UTC" */
static const char *time_of(const json_t *record, char *buf, size_t size)
{
    char text[64];

    rl_get_time(record, "started", text, sizeof(text));
    size_t length = strlen(text);
    if (length != strlen("2024-05-01T12:00:00Z") || text[10] != 'T' || text[length - 1] != 'Z')
        snprintf(buf, size, "%s", text);
    else
        snprintf(buf, size, "%.10s %.8s UTC", text, text + 11);
    return buf;
}

/* ---- all of it ---- */

static const struct rl_plot_incident *first_of(const struct rl_plot_source *source, unsigned side)
{
    const struct rl_plot_incident *first = NULL;

    for (size_t i = 0; i < source->n_incidents; i++)
        if (source->incidents[i].side == side &&
            (!first || source->incidents[i].start < first->start))
            first = &source->incidents[i];
    return first;
}

/* The first incident's trigger; without one, what the cgroup's policy waits for. */
static void take_side(struct rl_plot *plot, const struct rl_plot_source *source, unsigned side)
{
    const struct rl_plot_incident *first = first_of(source, side);
    const json_t *watched = json_object_get(source->sides[side].watched, plot->series->cgroup);
    bool shown = first && same_cgroup(rl_get_text(first->record, "offender"), plot->series->cgroup);

    plot->window[side] = WINDOW_S;
    if (shown || !watched)
        watched = NULL;
    if (first && !watched)
        take_lines(plot, first->record, shown, side);
    if (watched)
        take_lines(plot, watched, true, side);
    if (shown)
        take_known(plot, first);
}

static void tell_zero(
    struct rl_plot *plot, const struct rl_plot_source *source, const struct rl_plot_incident *first)
{
    bool many = source->n_incidents > 1;
    char text[64];

    if (!rl_get(first->record, "started"))
        snprintf(plot->zero, sizeof(plot->zero), "the %sincident began", many ? "first " : "");
    else
        snprintf(plot->zero, sizeof(plot->zero), "the %sincident began (%s)", many ? "first " : "",
            time_of(first->record, text, sizeof(text)));
}

/* Every part of an incident that is the only one of its policies. */
static void mark_side(struct rl_plot *plot, const struct rl_plot_source *source, unsigned side)
{
    bool whole = count(source, side) > 1;

    for (size_t i = 0; i < source->n_incidents; i++) {
        const struct rl_plot_incident *one = &source->incidents[i];

        if (one->side != side)
            continue;
        if (whole) {
            mark_whole(plot, one);
            continue;
        }
        mark_beginning(plot, one);
        mark_steps(plot, one);
        mark_end(plot, one);
    }
}

void rl_plot_of(
    const struct rl_plot_source *source, const struct rl_series *series, struct rl_plot *ret)
{
    const struct rl_plot_incident *first = first_of(source, 0), *other = first_of(source, 1);

    *ret = (struct rl_plot){.series = series, .two = source->n_sides > 1, .begin = NAN, .end = NAN};
    if (first || other)
        find_limits(ret, source, first ? first->record : other->record);
    for (unsigned side = 0; side < (ret->two ? 2 : 1); side++) {
        take_side(ret, source, side);
        mark_side(ret, source, side);
    }
    if (other && (!first || other->start < first->start))
        first = other;
    if (first)
        tell_zero(ret, source, first);
    ret->machine = is_machine(ret->limits ? ret->limits->cgroup : series->cgroup);
    if (source->n_incidents == 1 && !ret->two) {
        ret->begin = first->start;
        ret->end = end_of(first);
    }
    if (source->n_incidents == 1 && source->n_sides == 0) {
        tell_title(ret, first->record);
        tell_about(ret, first->record);
    } else {
        tell_trace(ret, source);
    }
    if (source->n_sides > 0)
        tell_replay(ret, source);
    qsort(ret->marks, ret->n_marks, sizeof(ret->marks[0]), compare_marks);
}
