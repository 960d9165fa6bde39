#include "daemon/ctl/story.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/show.h"
#include "daemon/report/pod.h"
#include "daemon/report/text.h"

#define PARAGRAPH_MAX 4096
#define NAMES_MAX     1024
#define SPARED_SHOWN  4
#define SHARERS_SHOWN 2

/* A paragraph in the making. */
struct paragraph {
    char text[PARAGRAPH_MAX];
    struct rl_say say;
};

static struct rl_say *begin(struct paragraph *paragraph)
{
    rl_say_begin(&paragraph->say, paragraph->text, sizeof(paragraph->text));
    return &paragraph->say;
}

static void end(struct paragraph *paragraph)
{
    if (paragraph->say.n > 0)
        rl_print_paragraph(0, paragraph->text);
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static bool is_node(const char *cgroup)
{
    return strcmp(cgroup, "/") == 0;
}

static void say_place(struct rl_say *say, const json_t *record, const char *cgroup)
{
    struct rl_pod pod;

    if (is_node(cgroup)) {
        rl_say(say, "the machine");
        return;
    }
    rl_pod_read(rl_get(record, "pod"), &pod);
    if (!rl_place_is_pod(&pod, cgroup))
        rl_say(say, "the cgroup ");
    rl_say_place(say, &pod, cgroup);
}

/* Somebody had to reclaim, or kswapd did it for them and took what they need. */
static void say_node(struct rl_say *say, const json_t *origin, const char *window)
{
    uint64_t stalls = rl_get_count(origin, "allocstalls");
    uint64_t taken = rl_get_count(origin, "kswapd_pages");
    uint64_t back = rl_get_count(origin, "refaults");
    uint64_t limited = rl_get_count(origin, "limited_refaults");

    rl_say(say, "The shortage is the machine's: within %s ", window);
    if (stalls > 0) {
        rl_say(
            say, "allocations had to wait for reclaim %" PRIu64 " time%s", stalls, plural(stalls));
        return;
    }
    rl_say(say,
        "the kernel took %" PRIu64 " page%s away in the background, and %" PRIu64
        " that were still needed had to be read back in",
        taken, plural(taken), back);
    if (limited > 0)
        rl_say(say, ", %" PRIu64 " of them by cgroups at their own limits", limited);
}

void rl_story_origin(const json_t *origin, char *buf, size_t size)
{
    char window[RL_TEXT_MAX], used[RL_TEXT_MAX], limit[RL_TEXT_MAX];
    const char *id = rl_get_text(origin, "id");
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    if (!*id)
        return;
    rl_get_ms(origin, "window_ms", window, sizeof(window));
    rl_get_size(origin, "used_bytes", used, sizeof(used));
    rl_get_size(origin, "limit_bytes", limit, sizeof(limit));
    if (strcmp(id, "own") == 0) {
        uint64_t events = rl_get_count(origin, "local_events");
        uint64_t refaults = rl_get_count(origin, "refaults");
        rl_say(&say,
            "The shortage is its own: within %s it hit its own limit %" PRIu64 " time%s and had to "
            "read %" PRIu64 " page%s back in that reclaim had taken away; it used %s of %s.",
            window, events, plural(events), refaults, plural(refaults), used, limit);
    } else if (strcmp(id, "node") == 0) {
        say_node(&say, origin, window);
        rl_say(&say, "; %s of %s were in use.", used, limit);
    } else {
        rl_say_foreign(&say, rl_get_text(origin, "text"));
        rl_say(&say, ".");
        if (buf[0] >= 'a' && buf[0] <= 'z')
            buf[0] = (char)(buf[0] - 'a' + 'A');
    }
    if (rl_get_true(origin, "throttled"))
        rl_say(&say, " It is throttled by cpu.max, so pressure alone proves nothing.");
}

static void tell_beginning(const json_t *record)
{
    const char *offender = rl_get_text(record, "offender");
    char time[64], origin[PARAGRAPH_MAX / 2];
    struct paragraph p;
    struct rl_say *say = begin(&p);

    rl_say(say, "At %s ", rl_get_time(record, "started", time, sizeof(time)));
    if (rl_get(record, "by_hand")) {
        rl_say(say, "uid %" PRIu64 " asked by hand for relief of ",
            rl_get_count(record, "by_hand.uid"));
        say_place(say, record, offender);
        rl_say(say, ", whether its trigger held or not. ");
    } else {
        say_place(say, record, offender);
        rl_say(say, " ran short of memory. ");
    }
    rl_story_origin(rl_get(record, "origin"), origin, sizeof(origin));
    rl_say(say, "%s", origin);
    end(&p);
}

static void say_line(struct rl_say *say, const json_t *line)
{
    char value[RL_TEXT_MAX], noun[RL_TEXT_MAX];
    const char *unit = rl_get_text(line, "unit");

    /* "Pressure" in the middle of a sentence. */
    snprintf(noun, sizeof(noun), "%s", rl_get_text(line, "key"));
    noun[0] = (char)tolower((unsigned char)noun[0]);
    rl_say_foreign(say, noun);
    if (!rl_get_true(line, "known")) {
        rl_say(say, " unknown");
        return;
    }
    if (strcmp(unit, "percent") == 0)
        rl_get_percent(line, "value", value, sizeof(value));
    else if (strcmp(unit, "bytes") == 0)
        rl_get_size(line, "value", value, sizeof(value));
    else
        rl_get_int(line, "value", value, sizeof(value));
    size_t length = strlen(noun);
    bool many = length > 1 && noun[length - 1] == 's' && noun[length - 2] != 's';
    rl_say(say, many ? " were %s (asked: " : " was %s (asked: ", value);
    rl_say_foreign(say, rl_get_text(line, "text"));
    rl_say(say, ")");
}

static void tell_trigger(const json_t *record)
{
    const json_t *lines = rl_get(record, "trigger.lines");
    const char *subject = rl_get_text(record, "subject");
    size_t i;
    json_t *line;
    struct paragraph p;
    struct rl_say *say = begin(&p);

    rl_say(say, "The policy ");
    rl_say_foreign(say, rl_get_text(record, "policy.name"));
    rl_say(say, " watches ");
    if (strcmp(subject, rl_get_text(record, "offender")) == 0)
        rl_say(say, "it");
    else
        say_place(say, record, subject);
    rl_say(say, ", and its trigger ");
    rl_say_foreign(say, rl_get_text(record, "trigger.name"));
    rl_say(say, rl_get(record, "by_hand") ? " stood like this: " : " held: ");
    json_array_foreach(lines, i, line)
    {
        rl_say(say, "%s", i == 0 ? "" : i + 1 < json_array_size(lines) ? ", " : " and ");
        say_line(say, line);
    }
    rl_say(say, ".");
    end(&p);
}

/* Somebody with his score. */
static void say_candidate(struct rl_say *say, const json_t *one)
{
    char score[RL_TEXT_MAX];

    rl_say_foreign(say, rl_get_text(one, "comm"));
    rl_say(say, "[%" PRIu64 "] with %s", rl_get_count(one, "pid"),
        rl_get_int(one, "score", score, sizeof(score)));
}

/* Does it die with the victim, or does the victim die for it? */
static bool is_relative(const json_t *victim, uint64_t pid)
{
    size_t i;
    json_t *one;

    json_array_foreach(rl_get(victim, "sharers"), i, one)
    {
        if (rl_get_count(one, "pid") == pid)
            return true;
    }
    return rl_get(victim, "instead_of") && rl_get_count(victim, "instead_of.pid") == pid;
}

/* The candidate that died, and the one that would have been next. */
static const json_t *find_chosen(const json_t *record, const json_t **ret_next)
{
    const json_t *chosen = NULL;
    const json_t *victim = rl_get(record, "victim");
    uint64_t pid = rl_get_count(victim, "pid");
    size_t i;
    json_t *one;

    *ret_next = NULL;
    json_array_foreach(rl_get(record, "candidates"), i, one)
    {
        if (!rl_get_true(one, "eligible"))
            continue;
        if (pid > 0 && rl_get_count(one, "pid") == pid)
            chosen = one;
        else if (!*ret_next && !is_relative(victim, rl_get_count(one, "pid")))
            *ret_next = one;
    }
    return chosen;
}

static void say_scale(struct rl_say *say, const json_t *record)
{
    char available[RL_TEXT_MAX];
    const char *limited_by = rl_get_text(record, "available.limited_by");
    const char *model = rl_get_text(record, "model");

    uint64_t seen = rl_get_count(record, "processes_seen");

    rl_say(say, seen == 1 ? "%" PRIu64 " process was scored" : "%" PRIu64 " processes were scored",
        seen);
    if (*model) {
        rl_say(say, " by ");
        rl_say_foreign(say, model);
    }
    rl_say(say, " against the %s that ",
        rl_get_size(record, "available.bytes", available, sizeof(available)));
    if (!*limited_by || strcmp(limited_by, "node") == 0) {
        rl_say(say, "the machine has");
    } else if (strcmp(limited_by, rl_get_text(record, "offender")) == 0) {
        rl_say(say, "it may use");
    } else {
        rl_say_foreign(say, limited_by);
        rl_say(say, " may use");
    }
    rl_say(say, ", swap included.");
}

static void say_parts(struct rl_say *say, const json_t *victim, const json_t *chosen)
{
    char memory[RL_TEXT_MAX], root[RL_TEXT_MAX], adj[RL_TEXT_MAX], printed[RL_TEXT_MAX];

    rl_say(say, " (%s for its memory", rl_get_int(chosen, "parts.memory", memory, sizeof(memory)));
    if (strcmp(rl_get_int(chosen, "parts.root", root, sizeof(root)), "0") != 0)
        rl_say(say, ", %s for being root", root);
    if (strcmp(rl_get_int(chosen, "parts.adj", adj, sizeof(adj)), "0") != 0)
        rl_say(say, ", %s by oom_score_adj", adj);
    if (rl_get(victim, "oom_score"))
        rl_say(say, "; such a kernel's oom_score: %s",
            rl_get_int(victim, "oom_score", printed, sizeof(printed)));
    rl_say(say, ")");
}

static void say_sharers(struct rl_say *say, const json_t *victim)
{
    uint64_t n = rl_get_count(victim, "sharers_count"), named = 0;
    size_t i;
    json_t *one;

    if (n == 0)
        return;
    json_array_foreach(rl_get(victim, "sharers"), i, one)
    {
        if (named++ == SHARERS_SHOWN)
            break;
        rl_say(say, "%s", i == 0 ? "; " : n == 2 ? " and " : ", ");
        rl_say_foreign(say, rl_get_text(one, "comm"));
        rl_say(say, "[%" PRIu64 "]", rl_get_count(one, "pid"));
    }
    if (n > SHARERS_SHOWN)
        rl_say(say, " and %" PRIu64 " more", n - SHARERS_SHOWN);
    rl_say(say, " share%s its memory and had to die with it", n == 1 ? "s" : "");
}

/* Those whom the choice brought in besides the victim. */
static void say_relatives(struct rl_say *say, const json_t *victim)
{
    const json_t *parent = rl_get(victim, "instead_of");

    if (parent) {
        rl_say(say, ", in place of its parent ");
        say_candidate(say, parent);
    }
    say_sharers(say, victim);
}

static void say_waiting(struct rl_say *say, const json_t *record)
{
    char waited[RL_TEXT_MAX];

    if (!rl_get(record, "waited_ms"))
        return;
    rl_say(say, " It was put off for %s while somebody was on his way out%s.",
        rl_get_ms(record, "waited_ms", waited, sizeof(waited)),
        rl_get_true(record, "waited_out") ? ", who did not go" : "");
}

/* The victim, without the name of the cgroup that is short: that has been said. */
static void say_chosen(struct rl_say *say, const json_t *record, const json_t *victim)
{
    const char *scope = rl_get_text(victim, "scope"), *cgroup = rl_get_text(victim, "cgroup");

    if (is_node(cgroup) || strcmp(cgroup, rl_get_text(record, "offender")) != 0) {
        rl_show_victim(say, victim, rl_get(record, "pod"));
    } else if (strcmp(scope, "process") == 0) {
        rl_say_foreign(say, rl_get_text(victim, "comm"));
        rl_say(say, "[%" PRIu64 "]", rl_get_count(victim, "pid"));
    } else if (strcmp(scope, "tree") == 0) {
        rl_say(say, rl_get_true(victim, "one_by_one")
                        ? "all that may die in and below it, one by one,"
                        : "everything in and below it,");
    } else {
        rl_say(say, "all of it");
    }
}

static void tell_choice(const json_t *record)
{
    const json_t *victim = rl_get(record, "victim"), *next;
    const json_t *chosen = find_chosen(record, &next);
    char score[RL_TEXT_MAX];
    struct paragraph p;
    struct rl_say *say = begin(&p);

    say_scale(say, record);
    if (!victim) {
        rl_say(say, " Nobody was chosen.");
        say_waiting(say, record);
        end(&p);
        return;
    }
    rl_say(say, rl_get_true(record, "dry_run") ? " The choice would have fallen on "
                                               : " The choice fell on ");
    say_chosen(say, record, victim);
    rl_say(say, " with a score of %s", rl_get_int(victim, "score", score, sizeof(score)));
    if (chosen)
        say_parts(say, victim, chosen);
    say_relatives(say, victim);
    if (rl_get_true(victim, "widened"))
        rl_say(say, "; memory.oom.group=1 lets that cgroup die only as a whole");
    if (rl_get_true(victim, "one_by_one"))
        rl_say(say, "; somebody in it may not die, so that it could not be killed as a whole");
    if (rl_get_true(victim, "fell_back"))
        rl_say(say, "; MaxProcesses= kept it from being more");
    if (next && rl_get(victim, "pid")) {
        rl_say(say, "; next would have been ");
        say_candidate(say, next);
    }
    rl_say(say, ".");
    say_waiting(say, record);
    end(&p);
}

static void tell_spared(const json_t *record)
{
    uint64_t spared = 0;
    size_t i;
    json_t *one;
    struct paragraph p;
    struct rl_say *say = begin(&p);

    json_array_foreach(rl_get(record, "candidates"), i, one)
    {
        if (rl_get_true(one, "eligible") || spared++ >= SPARED_SHOWN)
            continue;
        rl_say(say, "%s", spared == 1 ? "Spared: " : "; ");
        rl_say_foreign(say, rl_get_text(one, "comm"));
        rl_say(say, "[%" PRIu64 "] (", rl_get_count(one, "pid"));
        if (rl_get(one, "protected_by")) {
            rl_say(say, "Protect=");
            rl_say_foreign(say, rl_get_text(one, "protected_by"));
        } else {
            rl_say(say, "%s", rl_show_reason(rl_get_text(one, "reason")));
        }
        rl_say(say, ")");
    }
    if (spared > SPARED_SHOWN)
        rl_say(say, "; and %" PRIu64 " more", spared - SPARED_SHOWN);
    if (spared > 0)
        rl_say(say, ".");
    end(&p);
}

/* "reclaim 64M", "terminate SIGINT": a step as a policy has it. */
static void say_step(struct rl_say *say, const json_t *step)
{
    rl_say_foreign(say, rl_get_text(step, "step"));
    if (rl_get(step, "arguments")) {
        rl_say(say, " ");
        rl_say_foreign(say, rl_get_text(step, "arguments"));
    }
}

static void say_signalled(struct rl_say *say, const json_t *step, bool dry)
{
    uint64_t n = rl_get_count(step, "signalled");

    rl_say_foreign(say, rl_get_text(step, "signal"));
    rl_say(say, dry ? " would have gone to " : " went to ");
    if (rl_get_true(step, "whole_cgroup"))
        rl_say(say, "the whole cgroup");
    else if (n > 0)
        rl_say(say, "%" PRIu64 " process%s", n, n == 1 ? "" : "es");
    else
        rl_say(say, "it");
}

static void tell_step(struct rl_say *say, const json_t *step, bool dry)
{
    const char *result = rl_get_text(step, "result");
    bool skipped = rl_get_true(step, "skipped");
    char buf[NAMES_MAX];

    rl_say(say, "After %s ", rl_get_ms(step, "at_ms", buf, sizeof(buf)));
    if (rl_get(step, "signal") && !skipped) {
        say_signalled(say, step, dry);
    } else {
        say_step(say, step);
        rl_say(say, skipped ? " was passed over" : dry ? " would have been taken" : " was taken");
    }
    if (rl_get(step, "gained_bytes"))
        rl_say(say, " and brought %s", rl_get_size(step, "gained_bytes", buf, sizeof(buf)));
    if (rl_get_true(step, "assuming_no_effect"))
        rl_say(say, ", assuming that the steps before had no effect");
    if (*result && (!dry || skipped))
        rl_say(say, ": %s", rl_show_reason(result));
    if (rl_get(step, "error"))
        rl_say(say, ": %s", rl_get_name(step, "error", buf, sizeof(buf)));
    rl_say(say, ".");
}

static void tell_steps(const json_t *record)
{
    size_t i;
    json_t *step;
    struct paragraph p;
    struct rl_say *say = begin(&p);

    json_array_foreach(rl_get(record, "steps"), i, step)
    {
        rl_say(say, "%s", i > 0 ? " " : "");
        tell_step(say, step, rl_get_true(record, "dry_run"));
    }
    end(&p);
}

/* "from A to B" for one number of before and after. */
static void say_change(struct rl_say *say, const json_t *record, const char *what,
    const char *before_path, const char *after_path,
    const char *(*get)(const json_t *, const char *, char *, size_t))
{
    char before[RL_TEXT_MAX], after[RL_TEXT_MAX];

    if (!rl_get(record, before_path) || !rl_get(record, after_path))
        return;
    get(record, before_path, before, sizeof(before));
    get(record, after_path, after, sizeof(after));
    if (strcmp(before, after) == 0)
        rl_say(say, " %s stayed at %s.", what, before);
    else
        rl_say(say, " %s went from %s to %s.", what, before, after);
}

static void tell_end(const json_t *record)
{
    char gone[RL_TEXT_MAX], freed[RL_TEXT_MAX], outcome[NAMES_MAX];
    bool dry = rl_get_true(record, "dry_run");
    struct paragraph p;
    struct rl_say *say = begin(&p);

    if (rl_get_true(record, "open")) {
        rl_say(say, "The incident is not over yet.");
        end(&p);
        return;
    }
    if (rl_get(record, "time_to_gone_ms") && !dry)
        rl_say(say, "%s after the beginning the victim was gone and %s had come back.",
            rl_get_ms(record, "time_to_gone_ms", gone, sizeof(gone)),
            rl_get_size(record, "freed_bytes", freed, sizeof(freed)));
    say_change(
        say, record, "Full pressure", "before.full_percent", "after.full_percent", rl_get_percent);
    say_change(
        say, record, "Headroom", "before.headroom_bytes", "after.headroom_bytes", rl_get_size);
    rl_say(say, " Outcome: %s.", rl_show_outcome(record, outcome, sizeof(outcome)));
    end(&p);
}

/* What became of a dry run. */
static void tell_grade(const json_t *record)
{
    char verdict[RL_TEXT_MAX], after[RL_TEXT_MAX];
    struct paragraph p;
    struct rl_say *say;

    if (!rl_get(record, "grade"))
        return;
    say = begin(&p);
    rl_say(say, "What followed graded it %s, %s later: %s.",
        rl_get_name(record, "grade.verdict", verdict, sizeof(verdict)),
        rl_get_ms(record, "grade.after_ms", after, sizeof(after)),
        rl_show_reason(rl_get_text(record, "grade.evidence")));
    if (rl_get_true(record, "grade.went_live"))
        rl_say(say, " With that DryRun=until was over, and the policy went live.");
    end(&p);
}

static void show_steps(const json_t *record)
{
    static const struct rl_column columns[] = {
        {"STEP", RL_COLUMN_LEFT},
        {"SIGNAL", RL_COLUMN_LEFT},
        {"AT", RL_COLUMN_RIGHT},
        {"TOOK", RL_COLUMN_RIGHT},
        {"PROCESSES", RL_COLUMN_RIGHT},
        {"RESULT", RL_COLUMN_LEFT},
    };
    const json_t *steps = rl_get(record, "steps");
    char buf[RL_TEXT_MAX], step[NAMES_MAX];
    struct rl_say say;
    size_t i;
    json_t *one;

    if (json_array_size(steps) == 0)
        return;
    rl_print_heading("Steps");
    struct rl_table *table = rl_table_new(columns, sizeof(columns) / sizeof(columns[0]));
    json_array_foreach(steps, i, one)
    {
        rl_table_row(table, RL_STYLE_PLAIN);
        rl_say_begin(&say, step, sizeof(step));
        say_step(&say, one);
        rl_table_text(table, step);
        rl_table_text(table, rl_get_text(one, "signal"));
        rl_table_cell(table, "%s", rl_get_ms(one, "at_ms", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_ms(one, "took_ms", buf, sizeof(buf)));
        if (rl_get_true(one, "whole_cgroup"))
            rl_table_cell(table, "all");
        else if (!rl_get(one, "signal"))
            rl_table_cell(table, "%s", "");
        else
            rl_table_cell(table, "%s", rl_get_int(one, "signalled", buf, sizeof(buf)));
        if (rl_get(one, "error"))
            rl_table_text(table, rl_get_text(one, "error"));
        else
            rl_table_cell(table, "%s", rl_show_reason(rl_get_text(one, "result")));
    }
    rl_table_end(table, 2);
}

static void tell_incident(const json_t *record)
{
    tell_beginning(record);
    tell_trigger(record);
    tell_choice(record);
    tell_spared(record);
    tell_steps(record);
    tell_end(record);
    tell_grade(record);
    rl_story_interrupted(record);
}

void rl_story_print(const json_t *record)
{
    const char *kind = rl_get_text(record, "kind");
    char id[NAMES_MAX], source[NAMES_MAX], trigger[NAMES_MAX], name[NAMES_MAX];

    rl_print(RL_STYLE_BOLD, "Incident %s", rl_get_name(record, "id", id, sizeof(id)));
    if (rl_get_true(record, "dry_run"))
        rl_print(RL_STYLE_WARN, "  (dry run: nothing was done)");
    puts("\n");
    if (strcmp(kind, "kernel-oom") == 0)
        rl_story_kernel(record);
    else
        tell_incident(record);
    if (json_array_size(rl_get(record, "trigger.lines")) == 0 && strcmp(kind, "kernel-oom") == 0)
        return;

    putchar('\n');
    rl_print(
        RL_STYLE_BOLD, "Trigger %s", rl_get_name(record, "trigger.name", trigger, sizeof(trigger)));
    rl_get_name(record, "policy.source", source, sizeof(source));
    if (*source == '/') /* else "(built in)" */
        printf(" of %s\n", source);
    else
        printf(" of %s %s\n", rl_get_name(record, "policy.name", name, sizeof(name)), source);
    rl_show_lines(rl_get(record, "trigger.lines"), 2);
    rl_show_candidates(rl_get(record, "candidates"));
    rl_show_groups(rl_get(record, "groups"));
    show_steps(record);
}
