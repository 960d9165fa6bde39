#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "conf/value.h"
#include "daemon/ctl/client.h"
#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/gradebook.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"
#include "daemon/report/store.h"
#include "daemon/report/text.h"

#define MOST 10000 /* records that are read for --since */

/* Where a record begins to mean something. Twenty decisions without one in vain still leave it open
 * whether one in seven is (the rule of three: 3 / 20); fewer say nothing at all. */
#define ENOUGH 20u
/* What DryRun=until asks for where nothing else is said. */
#define REGRET_PERCENT 5.0
/* Where the kernel comes first so often that policies might as well not be there. */
#define RECALL_PERCENT 50.0

enum {
    OPT_SINCE,
};

const struct rl_option rl_report_options[] = {
    [OPT_SINCE] = {"since", "T", "only incidents of the last T (24h), or from a date on"},
    {0},
};

/* ---- --since: from the incidents themselves ---- */

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * RL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

static int parse_since(const char *text, uint64_t *ret)
{
    uint64_t us, now = now_us();
    enum rl_value value;

    if (rl_time_read(text, ret) >= 0)
        return RL_EXIT_OK;
    value = rl_value_time(text, &us);
    if (value != RL_VALUE_OK || us > now) {
        fprintf(stderr,
            "reliefctl report: '%s' is neither a length of time such as 24h (with " RL_TIME_UNITS
            ") nor a date such as 2024-05-01 or 2024-05-01T12:00, in UTC\n",
            text);
        return RL_EXIT_USAGE;
    }
    *ret = now - us;
    return RL_EXIT_OK;
}

static bool is_kill(const char *step)
{
    for (int kind = 0; kind < RL_STEP_KINDS; kind++)
        if (strcmp(rl_step_name((enum rl_step_kind)kind), step) == 0)
            return rl_step_traits((enum rl_step_kind)kind)->kills;
    return false;
}

/* Would somebody have been killed in it? */
static bool would_have_killed(const json_t *record)
{
    size_t i;
    json_t *step;

    if (!rl_get_true(record, "dry_run") || rl_get(record, "by_hand"))
        return false;
    json_array_foreach(rl_get(record, "steps"), i, step)
    {
        if (is_kill(rl_get_text(step, "step")) &&
            strcmp(rl_get_text(step, "result"), "would-have") == 0)
            return true;
    }
    return false;
}

static void count_record(struct rl_gradebook *book, const json_t *record, uint64_t since_us)
{
    const char *verdict = rl_get_text(record, "grade.verdict");
    struct rl_grading grading = {0};
    struct rl_graded *graded;
    uint64_t started;

    if (!would_have_killed(record) || rl_time_read(rl_get_text(record, "started"), &started) < 0 ||
        started < since_us)
        return;
    for (int grade = RL_GRADE_CONFIRMED; grade < RL_GRADES; grade++)
        if (strcmp(rl_grade_name((enum rl_grade)grade), verdict) == 0)
            grading.grade = (enum rl_grade)grade;
    if (strcmp(rl_get_text(record, "grade.evidence"), rl_reason_id(RL_GRADED_KERNEL_KILL)) == 0)
        grading.evidence = RL_GRADED_KERNEL_KILL;
    graded = rl_gradebook_of(book, rl_get_text(record, "policy.name"), 0, since_us);
    graded->counts.would_have++;
    rl_grade_count(&graded->counts, &grading);
}

static void count_miss(struct rl_gradebook *book, const json_t *miss, uint64_t since_us)
{
    uint64_t at;

    if (rl_time_read(rl_get_text(miss, "at"), &at) < 0 || at < since_us)
        return;
    rl_gradebook_miss(book, rl_get(miss, "policy") ? rl_get_text(miss, "policy") : NULL, 0,
        rl_get_text(miss, "cgroup"), rl_get_count(miss, "kills"), at);
}

static json_t *count_since(const json_t *records, const json_t *all, uint64_t since_us)
{
    rl_auto_free struct rl_gradebook *book = calloc(1, sizeof(*book));
    size_t i;
    json_t *one;

    if (!book)
        return NULL;
    json_array_foreach(records, i, one) count_record(book, one, since_us);
    json_array_foreach(rl_get(all, "misses"), i, one) count_miss(book, one, since_us);
    return rl_gradebook_json(book);
}

/* ---- reading ---- */

static int say_unread(const char *dir, const char *name, int error)
{
    fprintf(stderr, "reliefctl: %s/%s: %s\n", dir, name, strerror(-error));
    return RL_EXIT_FAILURE;
}

/* What a reliefd that is down has left. */
static int from_files(const struct rl_args *args, json_t **ret_all, json_t **ret_records)
{
    rl_auto_free struct rl_gradebook *book = calloc(1, sizeof(*book));
    const char *dir = rl_client_state_dir(args);
    int r = book ? rl_gradebook_load(book, dir) : -ENOMEM;

    if (r < 0 && r != -ENOENT)
        return say_unread(dir, "grades.json", r);
    *ret_all = rl_gradebook_json(book);
    r = rl_store_list(dir, MOST, ret_records);
    if (r < 0 && r != -ENOENT)
        return say_unread(dir, "incidents", r);
    if (r == -ENOENT)
        *ret_records = json_array();
    return RL_EXIT_OK;
}

static int read_all(
    const struct rl_args *args, bool *ret_down, json_t **ret_all, json_t **ret_records)
{
    sd_bus *bus = NULL;
    int r = rl_client_open(args, &bus), code;

    sd_bus_close_unref(bus);
    *ret_down = r == -ENOENT;
    if (*ret_down)
        return from_files(args, ret_all, ret_records);
    code = rl_client_ask(args, ret_all, "Grades", "");
    if (code == RL_EXIT_OK && args->own[OPT_SINCE])
        code = rl_client_ask(args, ret_records, "Incidents", "u", (unsigned)MOST);
    return code;
}

/* ---- in words ---- */

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

/* What the record of a policy means for going live. */
static void say_advice(struct rl_say *say, const json_t *policy)
{
    uint64_t confirmed = rl_get_count(policy, "confirmed");
    uint64_t vain = rl_get_count(policy, "self_resolved"), graded = confirmed + vain;
    uint64_t missed = rl_get_count(policy, "unforeseen");
    double regret = 0, recall = 100;
    bool late = rl_get_number(policy, "recall_percent", &recall) && recall < RECALL_PERCENT;

    rl_get_number(policy, "regret_percent", &regret);
    if (rl_get_true(policy, "live"))
        rl_say(say, "It acts: its dry run has proven right and is over. ");
    else if (rl_get_count(policy, "would_have_killed") == 0)
        rl_say(say, "No dry run of it would have killed anybody. ");
    else if (graded == 0)
        rl_say(say, "Nothing is proven: what became of its decisions could not be told. ");
    else if (regret >= REGRET_PERCENT)
        rl_say(say,
            "Not ready to go live: %" PRIu64 " of %" PRIu64 " kills would have been in vain, since "
            "the pressure ended by itself. Raise its thresholds or lengthen its windows. ",
            vain, graded);
    else if (graded < ENOUGH)
        rl_say(say,
            "Promising, but %" PRIu64 " decision%s with a grade say%s little: wait for %u, or let "
            "it go live by itself (DryRun=until %u confirmed regret<5%%). ",
            graded, plural(graded), graded == 1 ? "s" : "", ENOUGH, ENOUGH);
    else
        rl_say(say, "Ready to go live: of %" PRIu64 " kills %" PRIu64 " would have been in vain. ",
            graded, vain);
    if (late)
        rl_say(say,
            "It comes too late: %" PRIu64 " kill%s by the kernel came before any decision of it. "
            "Lower its thresholds, or keep a distance with [Guard] HighBelowMax=. ",
            missed, plural(missed));
}

static void show_table(const json_t *policies)
{
    static const struct rl_column columns[] = {
        {"POLICY", RL_COLUMN_LEFT},
        {"WOULD HAVE", RL_COLUMN_RIGHT},
        {"CONFIRMED", RL_COLUMN_RIGHT},
        {"SELF-RESOLVED", RL_COLUMN_RIGHT},
        {"UNKNOWN", RL_COLUMN_RIGHT},
        {"PENDING", RL_COLUMN_RIGHT},
        {"UNFORESEEN", RL_COLUMN_RIGHT},
        {"PRECISION", RL_COLUMN_RIGHT},
        {"RECALL", RL_COLUMN_RIGHT},
    };
    static const char *const counts[] = {
        "would_have_killed", "confirmed", "self_resolved", "unknown", "pending", "unforeseen"};
    static const char *const shares[] = {"precision_percent", "recall_percent"};
    struct rl_table *table = rl_table_new(columns, sizeof(columns) / sizeof(columns[0]));
    char buf[RL_TEXT_MAX];
    size_t i;
    json_t *one;

    json_array_foreach(policies, i, one)
    {
        rl_table_row(table, RL_STYLE_PLAIN);
        rl_table_text(table, rl_get_text(one, "policy"));
        for (size_t k = 0; k < sizeof(counts) / sizeof(counts[0]); k++)
            rl_table_cell(table, "%s", rl_get_int(one, counts[k], buf, sizeof(buf)));
        for (size_t k = 0; k < sizeof(shares) / sizeof(shares[0]); k++)
            rl_table_cell(table, "%s", rl_get_percent(one, shares[k], buf, sizeof(buf)));
    }
    rl_table_end(table, 0);
}

static void show_advice(const json_t *policies)
{
    char text[2048];
    size_t i;
    json_t *one;

    json_array_foreach(policies, i, one)
    {
        struct rl_say say;

        rl_say_begin(&say, text, sizeof(text));
        rl_say_foreign(&say, rl_get_text(one, "policy"));
        rl_say(&say, ": ");
        say_advice(&say, one);
        rl_print_paragraph(0, text);
    }
}

static void show(const json_t *report, const char *since)
{
    const json_t *policies = rl_get(report, "policies");
    uint64_t unwatched = rl_get_count(report, "unwatched_kills");

    if (since)
        printf("Incidents since %s:\n", since);
    if (json_array_size(policies) == 0)
        puts(
            "No dry run has decided to kill anybody, and the kernel has killed nobody unforeseen.");
    else
        show_table(policies);
    if (json_array_size(policies) > 0) {
        puts("");
        show_advice(policies);
    }
    if (unwatched > 0)
        printf("The kernel's OOM killer struck %" PRIu64 " time%s where no policy is in force.\n",
            unwatched, plural(unwatched));
}

int rl_ctl_report(const struct rl_args *args)
{
    json_auto_t *all = NULL, *records = NULL, *counted = NULL;
    char since[RL_TEXT_MAX] = "";
    uint64_t since_us = 0;
    bool down;
    int code = args->own[OPT_SINCE] ? parse_since(args->own[OPT_SINCE], &since_us) : RL_EXIT_OK;

    if (code == RL_EXIT_OK)
        code = read_all(args, &down, &all, &records);
    if (code != RL_EXIT_OK)
        return code;
    if (args->own[OPT_SINCE]) {
        counted = count_since(records, all, since_us);
        rl_time_text(since_us, since, sizeof(since));
        json_object_set_new(counted, "since", json_string(since));
    }
    if (args->common[RL_OPT_JSON])
        return rl_print_json(counted ? counted : all);
    if (down)
        fprintf(stderr, "reliefd is not running; these are the grades kept in %s\n",
            rl_client_state_dir(args));
    show(counted ? counted : all, counted ? since : NULL);
    return RL_EXIT_OK;
}
