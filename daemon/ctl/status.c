#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/get.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/pager.h"
#include "daemon/ctl/present.h"
#include "daemon/ctl/show.h"
#include "daemon/report/text.h"

#define NAME_MAX_SHOWN 1024

enum {
    OPT_POLICY_DIR,
};

const struct rl_option rl_status_options[] = {
    [OPT_POLICY_DIR] = RL_POLICY_DIR_OPTION,
    {0},
};

static void show_head_of_files(const json_t *status)
{
    char root[NAME_MAX_SHOWN];

    printf("From files: %" PRIu64
           " cgroups below %s, and the policies as reliefd would take them\n",
        rl_get_count(status, "cgroups"), rl_get_name(status, "roots.cgroup", root, sizeof(root)));
}

static void show_head(const json_t *status)
{
    char version[64], root[NAME_MAX_SHOWN], started[64];

    rl_print(RL_STYLE_GOOD, "reliefd %s is running",
        rl_get_name(status, "version", version, sizeof(version)));
    printf(" since %s (pid %" PRIu64 ") and watches %" PRIu64 " cgroups below %s\n",
        rl_get_time(status, "started", started, sizeof(started)), rl_get_count(status, "pid"),
        rl_get_count(status, "cgroups"), rl_get_name(status, "roots.cgroup", root, sizeof(root)));
    if (rl_get_true(status, "dry_run"))
        rl_print(RL_STYLE_WARN, "Dry run: it decides and reports, but sends no signal.\n");
}

static void show_broken(const json_t *status)
{
    if (rl_get_true(status, "default_node_only"))
        rl_print(RL_STYLE_BAD,
            "A policy file is broken and never was good: until it is mended, the "
            "default policy acts on the machine as a whole only.\n");
}

static void show_degraded(const json_t *degraded)
{
    char text[2 * NAME_MAX_SHOWN];
    size_t i;
    json_t *one;

    if (json_array_size(degraded) == 0)
        return;
    rl_print_heading("Works worse than it could");
    json_array_foreach(degraded, i, one)
    {
        struct rl_say say;
        rl_say_begin(&say, text, sizeof(text));
        rl_say(&say, "- ");
        rl_say_foreign(&say, rl_get_text(one, "text"));
        rl_say(&say, " [");
        rl_say_foreign(&say, rl_get_text(one, "id"));
        rl_say(&say, "]");
        rl_print_paragraph(2, text);
        if (!rl_get(one, "remedy"))
            continue;
        rl_say_begin(&say, text, sizeof(text));
        rl_say(&say, "To mend it: ");
        rl_say_foreign(&say, rl_get_text(one, "remedy"));
        rl_print_paragraph(4, text);
    }
}

static void show_findings(const json_t *policy)
{
    char message[2 * NAME_MAX_SHOWN], source[NAME_MAX_SHOWN];
    size_t i;
    json_t *one;

    json_array_foreach(rl_get(policy, "findings"), i, one)
    {
        bool error = strcmp(rl_get_text(one, "severity"), "error") == 0;
        printf("  %s:%" PRIu64 ": ", rl_get_name(policy, "source", source, sizeof(source)),
            rl_get_count(one, "line"));
        rl_print(error ? RL_STYLE_BAD : RL_STYLE_WARN, "%s", error ? "error" : "warning");
        printf(": %s\n", rl_get_name(one, "message", message, sizeof(message)));
    }
}

/* How far DryRun=until is from its end. */
static void show_until(const json_t *policy)
{
    char name[NAME_MAX_SHOWN], since[64], limit[64];

    if (!rl_get(policy, "dry_run_until"))
        return;
    rl_get_name(policy, "name", name, sizeof(name));
    if (rl_get_true(policy, "grades.live"))
        printf("  %s went live by itself at %s: %" PRIu64 " of its dry runs were confirmed.\n",
            name, rl_get_time(policy, "grades.live_since", since, sizeof(since)),
            rl_get_count(policy, "grades.confirmed"));
    else
        printf("  %s is dry until %" PRIu64
               " kills are confirmed and fewer than %s in vain: %" PRIu64 " and %" PRIu64
               " so far.\n",
            name, rl_get_count(policy, "dry_run_until.confirmed"),
            rl_get_percent(policy, "dry_run_until.regret_percent", limit, sizeof(limit)),
            rl_get_count(policy, "grades.confirmed"), rl_get_count(policy, "grades.self_resolved"));
}

static void show_policies(const json_t *policies)
{
    static const struct rl_column columns[] = {
        {"POLICY", RL_COLUMN_LEFT},
        {"STATE", RL_COLUMN_LEFT},
        {"ACTS", RL_COLUMN_LEFT},
        {"SUBJECTS", RL_COLUMN_RIGHT},
        {"SOURCE", RL_COLUMN_PATH},
    };
    char buf[RL_TEXT_MAX];
    size_t i;
    json_t *one;

    rl_print_heading("Policies");
    struct rl_table *table = rl_table_new(columns, sizeof(columns) / sizeof(columns[0]));
    json_array_foreach(policies, i, one)
    {
        const char *state = rl_get_text(one, "state");
        bool good = strcmp(state, "loaded") == 0;
        rl_table_row(table, good                           ? RL_STYLE_PLAIN
                            : strcmp(state, "masked") == 0 ? RL_STYLE_DIM
                                                           : RL_STYLE_BAD);
        rl_table_text(table, rl_get_text(one, "name"));
        rl_table_text(table, state);
        rl_table_text(table, rl_get_true(one, "dry_run") ? "dry"
                             : rl_get(one, "dry_run")    ? "live"
                                                         : "-");
        rl_table_cell(table, "%s", rl_get_int(one, "subjects", buf, sizeof(buf)));
        rl_table_text(table, rl_get_text(one, "source"));
    }
    rl_table_end(table, 2);
    json_array_foreach(policies, i, one) show_until(one);
    json_array_foreach(policies, i, one) show_findings(one);
}

/* age: say when it was looked at last. */
static void show_hot(const char *title, const json_t *hot, bool age)
{
    static const struct rl_column columns[] = {
        {"CGROUP", RL_COLUMN_PATH},
        {"POLICY", RL_COLUMN_LEFT},
        {"SOME", RL_COLUMN_RIGHT},
        {"FULL", RL_COLUMN_RIGHT},
        {"OVER", RL_COLUMN_RIGHT},
        {"USAGE", RL_COLUMN_RIGHT},
        {"HEADROOM", RL_COLUMN_RIGHT},
        {"SEEN", RL_COLUMN_RIGHT},
    };
    size_t n = sizeof(columns) / sizeof(columns[0]) - !age;
    char buf[RL_TEXT_MAX], place[NAME_MAX_SHOWN];
    struct rl_say say;
    size_t i;
    json_t *one;

    rl_print_heading(title);
    if (json_array_size(hot) == 0) {
        puts("  nothing");
        return;
    }
    struct rl_table *table = rl_table_new(columns, n);
    json_array_foreach(hot, i, one)
    {
        rl_table_row(table, RL_STYLE_PLAIN);
        rl_say_begin(&say, place, sizeof(place));
        rl_show_place(&say, rl_get(one, "pod"), rl_get_text(one, "cgroup"));
        rl_table_cell(table, "%s", place);
        rl_table_text(table, rl_get(one, "policy") ? rl_get_text(one, "policy") : "-");
        rl_table_cell(table, "%s", rl_get_percent(one, "some_percent", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_percent(one, "full_percent", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_ms(one, "window_ms", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_percent(one, "usage_percent", buf, sizeof(buf)));
        rl_table_cell(table, "%s", rl_get_size(one, "headroom_bytes", buf, sizeof(buf)));
        if (age)
            rl_table_cell(table, "%s ago", rl_get_ms(one, "age_ms", buf, sizeof(buf)));
    }
    rl_table_end(table, 2);
}

/* How reliefd is woken, and how often it was. */
static void show_gate(const json_t *gate)
{
    char threshold[RL_TEXT_MAX], window[RL_TEXT_MAX], kind[RL_TEXT_MAX];

    if (!gate)
        return;
    rl_print_heading("Wake-ups");
    rl_span_text(rl_get_count(gate, "threshold_us"), threshold, sizeof(threshold));
    rl_span_text(rl_get_count(gate, "window_us"), window, sizeof(window));
    printf("  %" PRIu64 " so far, %" PRIu64 " of them by the kernel", rl_get_count(gate, "wakeups"),
        rl_get_count(gate, "events"));
    if (rl_get_count(gate, "window_us") > 0)
        printf("; the gate (%s) opens at %s of stall within %s",
            rl_get_name(gate, "kind", kind, sizeof(kind)), threshold, window);
    printf("\n");
}

static void show_records(const char *title, const json_t *records)
{
    if (json_array_size(records) == 0)
        return;
    rl_print_heading(title);
    rl_show_incidents(records, 2);
}

static void show(const json_t *status, const struct rl_present_json *present)
{
    if (present->from_files)
        show_head_of_files(status);
    else
        show_head(status);
    show_broken(status);
    rl_show_pauses(rl_get(status, "pauses"), 0);
    show_degraded(rl_get(status, "degraded"));
    show_policies(rl_get(status, "policies"));
    if (present->from_files)
        show_hot("Stalling, by the kernel's means of 10 s", rl_get(status, "stalling"), false);
    else
        show_hot("Under pressure now", rl_get(status, "hot"), true);
    show_records("Running incidents", rl_get(status, "open_incidents"));
    show_records("Last incidents", rl_get(status, "last_incidents"));
}

int rl_ctl_status(const struct rl_args *args)
{
    struct rl_present_json present;
    struct rl_signs signs;
    int code = rl_present_status(args, args->own[OPT_POLICY_DIR], &present, &signs);

    if (code != RL_EXIT_OK)
        return code;
    json_auto_t *status = present.json;
    rl_pager_open(args);
    if (args->common[RL_OPT_JSON]) {
        code = rl_print_json(status);
        return code == RL_EXIT_OK ? rl_present_exit(&present) : code;
    }
    show(status, &present);
    if (rl_get(status, "signs"))
        rl_signs_print(&signs);
    show_gate(rl_get(status, "gate"));
    return rl_present_exit(&present);
}
