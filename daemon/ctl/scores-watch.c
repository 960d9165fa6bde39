/* reliefctl scores --watch: look again and again. */
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/ctl/client.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/scores.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"
#include "daemon/report/store.h"
#include "daemon/report/text.h"

#define INCIDENTS_MOST    200
#define INCIDENT_PAUSE    (RL_US_PER_S / 2)
#define INCIDENT_PATIENCE 8  /* looks for an incident after the end of the process */
#define INCIDENT_OPEN     20 /* looks for its end, once it is there */
#define LINES_AROUND      6  /* time, titles, what stands below, the cursor */

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = stop}; /* no SA_RESTART: sleep ends at once */

    stopped = 0;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static uint64_t wall_us(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * RL_US_PER_S + (uint64_t)now.tv_nsec / 1000;
}

static void pause_us(uint64_t us)
{
    struct timespec span = {
        .tv_sec = (time_t)(us / RL_US_PER_S), .tv_nsec = (long)(us % RL_US_PER_S * 1000)};

    nanosleep(&span, NULL); /* an interruption is seen in stopped */
}

/* With tenths of a second: looks may be that close together. */
static void time_words(uint64_t us, char *buf, size_t size)
{
    rl_time_text(us, buf, size);

    char *point = strchr(buf, '.');
    if (point && strlen(point) == strlen(".123Z"))
        strcpy(point + 2, "Z");
}

#define LINE_FORMAT "%-22s %7s %7s %9s %9s %9s %7s"

const char *rl_watch_titles(bool file, char *buf, size_t size)
{
    if (file)
        snprintf(
            buf, size, LINE_FORMAT, "TIME", "RSS", "SWAP", "SCORE", "OOM_SCORE", "KERNEL", "LEFT");
    else
        snprintf(
            buf, size, LINE_FORMAT, "TIME", "RSS", "SWAP", "SCORE", "KERNEL", "AVAILABLE", "LEFT");
    return buf;
}

static void size_or_none(bool known, uint64_t bytes, char *buf, size_t size)
{
    if (known)
        rl_size_text(bytes, buf, size);
    else
        snprintf(buf, size, "-");
}

static void number_or_none(bool known, int64_t value, char *buf, size_t size)
{
    if (known)
        snprintf(buf, size, "%" PRId64, value);
    else
        snprintf(buf, size, "-");
}

const char *rl_watch_line(const struct rl_process_table *table, const struct rl_table_row *row,
    uint64_t wall_us, char *buf, size_t size)
{
    const struct rl_process *process = &row->candidate.process;
    char time[RL_TEXT_MAX], rss[RL_TEXT_MAX], swap[RL_TEXT_MAX], score[RL_TEXT_MAX];
    char ours[RL_TEXT_MAX], kernel[RL_TEXT_MAX], available[RL_TEXT_MAX], left[RL_TEXT_MAX];
    bool file = row->oom_score_known;

    time_words(wall_us, time, sizeof(time));
    rl_size_text(process->rss_pages * table->page_size, rss, sizeof(rss));
    rl_size_text(process->swap_pages * table->page_size, swap, sizeof(swap));
    number_or_none(rl_table_eligible(row), row->candidate.score.points, score, sizeof(score));
    number_or_none(file, row->oom_score, ours, sizeof(ours));
    number_or_none(row->kernel_score_known, row->kernel_score, kernel, sizeof(kernel));
    rl_size_text(row->available, available, sizeof(available));
    size_or_none(row->headroom_known, row->headroom, left, sizeof(left));
    snprintf(buf, size, LINE_FORMAT, time, rss, swap, score, file ? ours : kernel,
        file ? kernel : available, left);
    return buf;
}

const json_t *rl_watch_incident(const json_t *records, pid_t pid, const char *since)
{
    size_t i;
    const json_t *record;

    json_array_foreach(records, i, record)
    {
        const json_t *victim = rl_get(record, "victim.pid");
        const char *ended = rl_get_text(record, "ended");

        if (json_is_integer(victim) && json_integer_value(victim) == pid &&
            (!*ended || strcmp(ended, since) >= 0))
            return record;
    }
    return NULL;
}

const char *rl_watch_farewell(
    const char *comm, pid_t pid, const json_t *incident, char *buf, size_t size)
{
    char id[RL_TEXT_MAX], policy[RL_TEXT_MAX], outcome[512];
    struct rl_say say;

    rl_say_begin(&say, buf, size);
    rl_say_foreign(&say, comm);
    rl_say(&say, "[%d] is gone", (int)pid);
    if (!incident)
        rl_say(&say, "; no incident of reliefd tells of it.");
    else
        rl_say(&say,
            ": it was the victim of incident %s by the policy %s%s. Outcome: %s. Its "
            "story: reliefctl explain %s",
            rl_get_name(incident, "id", id, sizeof(id)),
            rl_get_name(incident, "policy.name", policy, sizeof(policy)),
            rl_get_true(incident, "dry_run") ? " (dry run: nothing was done)" : "",
            rl_get_true(incident, "open")
                ? "not known yet"
                : rl_get_name(incident, "outcome.text", outcome, sizeof(outcome)),
            id);
    return buf;
}

/* The record of an incident is written when it begins and again when it has ended, which is a
 * moment after the victim's end. Return: a new reference, NULL where there is none. */
static json_t *find_incident(const struct rl_scores *scores, pid_t pid, const char *since)
{
    const char *state_dir = rl_client_state_dir(scores->args);
    json_t *found = NULL;

    /* The folder of incidents comes with the first one, so that its absence means nothing yet. */
    if (access(state_dir, F_OK) < 0)
        return NULL; /* no reliefd has ever run */
    for (unsigned looks = 0; !stopped; looks++) {
        json_auto_t *records = NULL;
        const json_t *record = NULL;

        if (rl_store_list(state_dir, INCIDENTS_MOST, &records) >= 0)
            record = rl_watch_incident(records, pid, since);
        if (record) {
            json_decref(found);
            found = json_incref((json_t *)(uintptr_t)record);
        }
        if (looks >= (found ? INCIDENT_OPEN : INCIDENT_PATIENCE) ||
            (found && !rl_get_true(found, "open")))
            break;
        fflush(stdout);
        pause_us(INCIDENT_PAUSE);
    }
    return found;
}

/* One object on a line of its own. Takes the reference. */
static int print_line(json_t *json)
{
    rl_auto_free char *text = json ? rl_json_text(json) : NULL;

    json_decref(json);
    if (!text) {
        fprintf(stderr, "reliefctl: out of memory\n");
        return RL_EXIT_FAILURE;
    }
    puts(text);
    return RL_EXIT_OK;
}

static json_t *with_time(json_t *json, uint64_t now)
{
    if (json && json_object_set_new(json, "time", rl_json_time(now)) < 0) {
        json_decref(json);
        return NULL;
    }
    return json;
}

/* ---- one process ---- */

struct watched {
    pid_t pid;
    uint64_t start_ticks;
    char comm[RL_COMM_MAX];
    char since[RL_TEXT_MAX];
};

static int say_farewell(const struct rl_scores *scores, const struct watched *watched)
{
    json_auto_t *incident = find_incident(scores, watched->pid, watched->since);
    char text[1024];

    if (scores->json)
        return print_line(with_time(json_pack("{s:i, s:b, s:O?}", "pid", (int)watched->pid, "gone",
                                        1, "incident", incident),
            wall_us()));
    rl_print_paragraph(
        0, rl_watch_farewell(watched->comm, watched->pid, incident, text, sizeof(text)));
    return RL_EXIT_OK;
}

static int print_look(const struct rl_scores *scores, const struct rl_process_table *table)
{
    const struct rl_table_row *row = &table->rows[0];
    char line[1024];

    if (scores->json) {
        json_t *json = rl_scores_process_json(table, row, scores->probe.live);
        if (json)
            json_object_set_new(json, "model", json_string(scores->options.model->id));
        return print_line(with_time(json, wall_us()));
    }
    puts(rl_watch_line(table, row, wall_us(), line, sizeof(line)));
    return RL_EXIT_OK;
}

/* Remember whom the first look has found. */
static void begin(
    const struct rl_scores *scores, const struct rl_table_row *row, struct watched *ret)
{
    const struct rl_process *process = &row->candidate.process;
    char text[2048], limit[1024], name[RL_COMM_MAX * 4];

    ret->pid = process->pid;
    ret->start_ticks = process->start_ticks;
    rl_time_text(wall_us(), ret->since, sizeof(ret->since));
    if (scores->json)
        return;
    snprintf(text, sizeof(text), "%s[%d], scored by %s against %s",
        rl_escape(process->comm, name, sizeof(name)), (int)ret->pid, scores->options.model->id,
        rl_scores_limit(row, limit, sizeof(limit)));
    rl_print_paragraph(0, text);
    rl_print(RL_STYLE_DIM, "%s", rl_watch_titles(row->oom_score_known, text, sizeof(text)));
    putchar('\n');
}

/* Is that the process which the first look has found, and not another one of its number? */
static bool is_same(const struct watched *watched, const struct rl_process_table *table)
{
    return table->n > 0 && (watched->pid == 0 || table->rows[0].candidate.process.start_ticks ==
                                                     watched->start_ticks);
}

static int watch_one(const struct rl_scores *scores)
{
    struct watched watched = {0};
    int code = RL_EXIT_OK;

    while (!stopped && code == RL_EXIT_OK) {
        struct rl_process_table table = {0};

        code = rl_process_table_read(&scores->probe, &scores->options, &table);
        if (code != RL_EXIT_OK)
            return code;
        bool there = is_same(&watched, &table);
        if (there && watched.pid == 0)
            begin(scores, &table.rows[0], &watched);
        if (there) {
            memcpy(watched.comm, table.rows[0].candidate.process.comm, sizeof(watched.comm));
            code = print_look(scores, &table);
        }
        rl_process_table_free(&table);
        if (!there && watched.pid == 0) {
            fprintf(stderr, "reliefctl scores: there is no process %d\n", (int)scores->options.pid);
            return RL_EXIT_FAILURE;
        }
        if (!there)
            return say_farewell(scores, &watched);
        fflush(stdout);
        pause_us(scores->interval_us);
    }
    return code;
}

/* ---- all processes ---- */

/* As many as fit on the screen, so that the highest ones stay in sight. */
static size_t fitting(size_t top)
{
    size_t lines = rl_terminal_lines();

    if (lines == 0)
        return top;
    size_t room = lines > LINES_AROUND ? lines - LINES_AROUND : 1;
    return room < top ? room : top;
}

static int print_all(const struct rl_scores *scores, const struct rl_process_table *table)
{
    char text[RL_TEXT_MAX];

    if (scores->json)
        return print_line(
            with_time(rl_scores_json(table, scores->options.model, scores->top, scores->probe.live),
                wall_us()));
    rl_terminal_clear();
    time_words(wall_us(), text, sizeof(text));
    rl_print(RL_STYLE_BOLD, "%s, by %s", text, scores->options.model->id);
    putchar('\n');
    rl_scores_print(scores, table, fitting(scores->top));
    if (rl_terminal_lines() == 0)
        putchar('\n');
    return RL_EXIT_OK;
}

static int watch_all(const struct rl_scores *scores)
{
    int code = RL_EXIT_OK;

    while (!stopped && code == RL_EXIT_OK) {
        struct rl_process_table table = {0};

        code = rl_process_table_read(&scores->probe, &scores->options, &table);
        if (code == RL_EXIT_OK)
            code = print_all(scores, &table);
        rl_process_table_free(&table);
        fflush(stdout);
        if (code == RL_EXIT_OK)
            pause_us(scores->interval_us);
    }
    return code;
}

int rl_scores_watch(struct rl_scores *scores)
{
    catch_signals();
    return scores->options.pid > 0 ? watch_one(scores) : watch_all(scores);
}
