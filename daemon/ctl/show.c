#include "daemon/ctl/show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/report/pod.h"
#include "daemon/report/text.h"
#include "policy/reason.h"

#define NAME_MAX_SHOWN 1024

void rl_show_place(struct rl_say *say, const json_t *pod, const char *cgroup)
{
    struct rl_pod known;

    rl_pod_read(pod, &known);
    rl_say_place(say, &known, cgroup);
}

void rl_show_victim(struct rl_say *say, const json_t *victim, const json_t *pod)
{
    const char *scope = rl_get_text(victim, "scope");

    if (!victim) {
        rl_say(say, "nobody");
        return;
    }
    if (strcmp(scope, "process") == 0) {
        rl_say_foreign(say, rl_get_text(victim, "comm"));
        rl_say(say, "[%" PRIu64 "] in ", rl_get_count(victim, "pid"));
    } else {
        const char *tree = rl_get_true(victim, "one_by_one")
                               ? "one by one all that may die in and below "
                               : "everything in and below ";

        rl_say(say, "%s", strcmp(scope, "tree") == 0 ? tree : "all of ");
    }
    rl_show_place(say, pod, rl_get_text(victim, "cgroup"));
}

const char *rl_show_outcome(const json_t *record, char *buf, size_t size)
{
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    if (rl_get_true(record, "open"))
        rl_say(&say, "not over yet");
    else
        rl_say_foreign(&say, rl_get_text(record, "outcome.text"));
    return buf;
}

const char *rl_show_reason(const char *id)
{
    for (int reason = 0; reason < RL_REASONS; reason++) {
        if (strcmp(rl_reason_id((enum rl_reason)reason), id) == 0)
            return rl_reason_text((enum rl_reason)reason);
    }
    return "for a reason that this reliefctl does not know";
}

static void show_pause(const json_t *pause, unsigned indent)
{
    char what[NAME_MAX_SHOWN], until[64], left[RL_TEXT_MAX];

    printf("%*s", (int)indent, "");
    if (rl_get(pause, "policy"))
        rl_print(
            RL_STYLE_WARN, "Policy %s is paused", rl_get_name(pause, "policy", what, sizeof(what)));
    else if (rl_get(pause, "cgroup"))
        rl_print(RL_STYLE_WARN, "Every policy is paused in and below %s",
            rl_get_name(pause, "cgroup", what, sizeof(what)));
    else
        rl_print(RL_STYLE_WARN, "Every policy is paused");
    printf(" until %s, for another %s, by uid %" PRIu64 ".\n",
        rl_get_time(pause, "until", until, sizeof(until)),
        rl_get_ms(pause, "left_ms", left, sizeof(left)), rl_get_count(pause, "uid"));
}

void rl_show_pauses(const json_t *pauses, unsigned indent)
{
    size_t i;
    json_t *one;

    json_array_foreach(pauses, i, one) show_pause(one, indent);
}

/* A number of a line in its unit. */
static const char *amount(const json_t *line, const char *key, char *buf, size_t size)
{
    const char *unit = rl_get_text(line, "unit");

    if (strcmp(unit, "percent") == 0)
        return rl_get_percent(line, key, buf, size);
    if (strcmp(unit, "bytes") == 0)
        return rl_get_size(line, key, buf, size);
    return rl_get_int(line, key, buf, size);
}

static void line_cell(struct rl_table *table, const json_t *line)
{
    char text[NAME_MAX_SHOWN];
    struct rl_say say;

    rl_say_begin(&say, text, sizeof(text));
    rl_say_foreign(&say, rl_get_text(line, "key"));
    rl_say(&say, "=");
    rl_say_foreign(&say, rl_get_text(line, "text"));
    rl_table_cell(table, "%s", text);
}

/* How far the number is from its threshold; "" for a line that holds. */
static void distance_cell(struct rl_table *table, const json_t *line)
{
    char buf[RL_TEXT_MAX];
    double value, threshold;

    if (rl_get_true(line, "holds") || !rl_get_true(line, "known") ||
        !rl_get_number(line, "value", &value) || !rl_get_number(line, "threshold", &threshold)) {
        rl_table_cell(table, "%s", "");
        return;
    }
    double distance = value > threshold ? value - threshold : threshold - value;
    bool bytes = strcmp(rl_get_text(line, "unit"), "bytes") == 0;
    json_auto_t *away = json_pack("{s:s, s:o}", "unit", rl_get_text(line, "unit"), "away",
        bytes ? json_integer((json_int_t)distance) : json_real(distance));

    if (strcmp(rl_get_text(line, "unit"), "count") == 0)
        rl_table_cell(table, "%.0f", distance);
    else
        rl_table_cell(table, "%s", amount(away, "away", buf, sizeof(buf)));
}

static void show_lines(const json_t *lines, unsigned indent, bool away)
{
    static const struct rl_column columns[] = {
        {"LINE", RL_COLUMN_LEFT},
        {"NOW", RL_COLUMN_RIGHT},
        {"THRESHOLD", RL_COLUMN_RIGHT},
        {"HOLDS", RL_COLUMN_LEFT},
    };
    static const struct rl_column columns_away[] = {
        {"LINE", RL_COLUMN_LEFT},
        {"NOW", RL_COLUMN_RIGHT},
        {"THRESHOLD", RL_COLUMN_RIGHT},
        {"AWAY", RL_COLUMN_RIGHT},
        {"HOLDS", RL_COLUMN_LEFT},
    };
    size_t n = sizeof(columns) / sizeof(columns[0]);
    char buf[RL_TEXT_MAX];
    size_t i;
    json_t *line;

    if (json_array_size(lines) == 0)
        return;
    struct rl_table *table = rl_table_new(away ? columns_away : columns, n + away);
    json_array_foreach(lines, i, line)
    {
        bool holds = rl_get_true(line, "holds"), known = rl_get_true(line, "known");
        rl_table_row(table, holds ? RL_STYLE_WARN : RL_STYLE_PLAIN);
        line_cell(table, line);
        rl_table_cell(table, "%s", amount(line, "value", buf, sizeof(buf)));
        rl_table_cell(table, "%s", amount(line, "threshold", buf, sizeof(buf)));
        if (away)
            distance_cell(table, line);
        if (known)
            rl_table_cell(table, "%s", holds ? "yes" : "no");
        else if (!rl_get(line, "reason"))
            rl_table_cell(table, "not looked at");
        else
            rl_table_cell(table, "cannot: %s", rl_show_reason(rl_get_text(line, "reason")));
    }
    rl_table_end(table, indent);
}

void rl_show_lines(const json_t *lines, unsigned indent)
{
    show_lines(lines, indent, false);
}

void rl_show_distances(const json_t *lines, unsigned indent)
{
    show_lines(lines, indent, true);
}

/* Why somebody may not be chosen; "" for those who may. */
static void candidate_note(struct rl_table *table, const json_t *candidate)
{
    char by[NAME_MAX_SHOWN];

    if (rl_get_true(candidate, "eligible"))
        rl_table_cell(table, "%s", "");
    else if (rl_get(candidate, "protected_by"))
        rl_table_cell(
            table, "spared by Protect=%s", rl_get_name(candidate, "protected_by", by, sizeof(by)));
    else
        rl_table_cell(table, "spared: %s", rl_show_reason(rl_get_text(candidate, "reason")));
}

void rl_show_candidates(const json_t *candidates)
{
    static const struct rl_column columns[] = {
        {"PID", RL_COLUMN_RIGHT},
        {"COMM", RL_COLUMN_LEFT},
        {"SCORE", RL_COLUMN_RIGHT},
        {"= MEMORY", RL_COLUMN_RIGHT},
        {"+ ROOT", RL_COLUMN_RIGHT},
        {"+ ADJ", RL_COLUMN_RIGHT},
        {"RSS", RL_COLUMN_RIGHT},
        {"SWAP", RL_COLUMN_RIGHT},
        {"CGROUP", RL_COLUMN_PATH},
        {"", RL_COLUMN_LEFT},
    };
    char buf[RL_TEXT_MAX];
    size_t i;
    json_t *one;

    if (json_array_size(candidates) == 0)
        return;
    rl_print_heading("Candidates");
    struct rl_table *table = rl_table_new(columns, sizeof(columns) / sizeof(columns[0]));
    json_array_foreach(candidates, i, one)
    {
        bool eligible = rl_get_true(one, "eligible");
        rl_table_row(table, eligible ? RL_STYLE_PLAIN : RL_STYLE_DIM);
        rl_table_cell(table, "%s", rl_get_int(one, "pid", buf, sizeof(buf)));
        rl_table_text(table, rl_get_text(one, "comm"));
        rl_table_cell(table, "%s", rl_get_int(one, "score", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_int(one, "parts.memory", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_int(one, "parts.root", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_int(one, "parts.adj", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_size(one, "rss_bytes", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_size(one, "swap_bytes", buf, sizeof(buf)));
        rl_table_text(table, rl_get_text(one, "cgroup"));
        candidate_note(table, one);
    }
    rl_table_end(table, 2);
}

void rl_show_groups(const json_t *groups)
{
    static const struct rl_column columns[] = {
        {"SCORE", RL_COLUMN_RIGHT},
        {"ANON", RL_COLUMN_RIGHT},
        {"SWAP", RL_COLUMN_RIGHT},
        {"KERNEL", RL_COLUMN_RIGHT},
        {"SHMEM", RL_COLUMN_RIGHT}, /* no part of the score: it may stay */
        {"PROCESSES", RL_COLUMN_RIGHT},
        {"CGROUP", RL_COLUMN_PATH},
        {"", RL_COLUMN_LEFT},
    };
    char buf[RL_TEXT_MAX];
    size_t i;
    json_t *one;

    if (json_array_size(groups) == 0)
        return;
    rl_print_heading("Cgroups that could die whole");
    struct rl_table *table = rl_table_new(columns, sizeof(columns) / sizeof(columns[0]));
    json_array_foreach(groups, i, one)
    {
        bool eligible = rl_get_true(one, "eligible");
        rl_table_row(table, eligible ? RL_STYLE_PLAIN : RL_STYLE_DIM);
        rl_table_cell(table, "%s", rl_get_int(one, "score", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_size(one, "anon_bytes", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_size(one, "swap_bytes", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_size(one, "kernel_bytes", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_size(one, "shmem_bytes", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_int(one, "processes", buf, sizeof(buf)));
        rl_table_text(table, rl_get_text(one, "cgroup"));
        if (!eligible)
            rl_table_cell(table, "spared: %s", rl_show_reason(rl_get_text(one, "reason")));
    }
    rl_table_end(table, 2);
}

static enum rl_style outcome_style(const json_t *record)
{
    static const struct {
        const char *id;
        enum rl_style style;
    } styles[] = {
        {"relieved", RL_STYLE_GOOD},
        {"eased", RL_STYLE_GOOD},
        {"no-victim", RL_STYLE_BAD},
        {"failed", RL_STYLE_BAD},
        {"stuck", RL_STYLE_BAD},
        {"not-relieved", RL_STYLE_WARN},
        {"ladder-end", RL_STYLE_WARN},
        {"dry-run", RL_STYLE_DIM},
    };
    const char *id = rl_get_text(record, "outcome.id");

    if (rl_get_true(record, "open"))
        return RL_STYLE_WARN;
    for (size_t i = 0; i < sizeof(styles) / sizeof(styles[0]); i++) {
        if (strcmp(styles[i].id, id) == 0)
            return styles[i].style;
    }
    return RL_STYLE_PLAIN;
}

/* The victim without what the OFFENDER column says already. */
static void victim_cell(struct rl_table *table, const json_t *record)
{
    const json_t *victim = rl_get(record, "victim");
    char text[NAME_MAX_SHOWN];
    struct rl_say say;

    rl_say_begin(&say, text, sizeof(text));
    if (victim && rl_get(victim, "pid")) {
        rl_say_foreign(&say, rl_get_text(victim, "comm"));
        rl_say(&say, "[%" PRIu64 "]", rl_get_count(victim, "pid"));
    } else {
        rl_show_victim(&say, victim, rl_get(record, "pod"));
    }
    rl_table_cell(table, "%s", text);
}

void rl_show_incidents(const json_t *records, unsigned indent)
{
    static const struct rl_column columns[] = {
        {"TIME", RL_COLUMN_LEFT},
        {"INCIDENT", RL_COLUMN_LEFT},
        {"POLICY", RL_COLUMN_LEFT},
        {"OFFENDER", RL_COLUMN_PATH},
        {"VICTIM", RL_COLUMN_PATH},
        {"SCORE", RL_COLUMN_RIGHT},
        {"FREED", RL_COLUMN_RIGHT},
        {"OUTCOME", RL_COLUMN_LEFT},
    };
    char buf[NAME_MAX_SHOWN];
    struct rl_say say;
    size_t i;
    json_t *one;

    struct rl_table *table = rl_table_new(columns, sizeof(columns) / sizeof(columns[0]));
    json_array_foreach(records, i, one)
    {
        rl_table_row(table, outcome_style(one));
        rl_table_cell(table, "%s", rl_get_time(one, "started", buf, sizeof(buf)));
        rl_table_text(table, rl_get_text(one, "id"));
        rl_table_text(table, rl_get_text(one, "policy.name"));
        rl_say_begin(&say, buf, sizeof(buf));
        rl_show_place(&say, rl_get(one, "pod"), rl_get_text(one, "offender"));
        rl_table_cell(table, "%s", buf);
        victim_cell(table, one);
        rl_table_cell(table, "%s", rl_get_int(one, "victim.score", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_size(one, "freed_bytes", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_show_outcome(one, buf, sizeof(buf)));
    }
    rl_table_end(table, indent);
}
