/* Counters, histograms and their text, read back by the strict reader of reliefctl. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/get.h"
#include "daemon/ctl/metrics.h"
#include "daemon/report/metrics.h"
#include "tests/unit/policy.h"

static struct rl_metrics *metrics;

static int setup(void **state)
{
    metrics = rl_metrics_new();
    return metrics ? 0 : -1;
}

static int teardown(void **state)
{
    rl_metrics_free(metrics);
    return 0;
}

static char *text_of(void)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    rl_metrics_print(metrics, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static json_t *parsed(void)
{
    char *text = text_of();
    unsigned line;
    json_t *json = rl_metrics_parse(text, &line);

    if (!json)
        fail_msg("line %u of:\n%s", line, text);
    free(text);
    return json;
}

static void expect_line(const char *line)
{
    char *text = text_of(), *at = strstr(text, line);

    if (!at || (at > text && at[-1] != '\n') || at[strlen(line)] != '\n')
        fail_msg("no line %s in:\n%s", line, text);
    free(text);
}

static void expect_no(const char *part)
{
    char *text = text_of();

    if (strstr(text, part))
        fail_msg("%s in:\n%s", part, text);
    free(text);
}

/* Killed 420 ms after the trigger held, relieved after 1.5 s. */
static struct rl_record *a_record(const char *policy)
{
    static struct rl_record record; /* too large for the stack */

    memset(&record, 0, sizeof(record));
    snprintf(record.policy, sizeof(record.policy), "%s", policy);
    record.started_us = 10 * SEC;
    record.first_signal_us = 10 * SEC + 420 * MS;
    record.gone_us = 11 * SEC;
    record.ended_us = 11 * SEC + 500 * MS;
    record.freed_bytes = 1000;
    record.outcome = RL_OUTCOME_RELIEVED;
    record.n_steps = 2;
    record.steps[0] = (struct rl_record_step){
        .kind = RL_STEP_RECLAIM, .skipped = true, .result = RL_SKIP_NO_FILE};
    record.steps[1] = (struct rl_record_step){.kind = RL_STEP_KILL, .result = RL_DONE_VICTIM_GONE};
    return &record;
}

static void test_incident(void **state)
{
    struct rl_record *record = a_record("web");

    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    record->outcome = RL_OUTCOME_NOT_RELIEVED;
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    expect_line("reliefd_incidents_total{policy=\"web\",kind=\"relief\",outcome=\"relieved\","
                "dry_run=\"false\"} 1");
    expect_line("reliefd_incidents_total{policy=\"web\",kind=\"relief\",outcome=\"not-relieved\","
                "dry_run=\"false\"} 2");
    expect_line("reliefd_steps_total{policy=\"web\",step=\"kill\",result=\"victim-gone\","
                "dry_run=\"false\"} 3");
    expect_line("reliefd_steps_total{policy=\"web\",step=\"reclaim\",result=\"no-file\","
                "dry_run=\"false\"} 3");
    expect_line("reliefd_kills_total{policy=\"web\"} 3");
    expect_line("reliefd_freed_bytes_total{policy=\"web\"} 3000");
    expect_line("reliefd_reaction_seconds_bucket{policy=\"web\",le=\"0.25\"} 0");
    expect_line("reliefd_reaction_seconds_bucket{policy=\"web\",le=\"0.5\"} 3");
    expect_line("reliefd_reaction_seconds_sum{policy=\"web\"} 1.26");
    expect_line("reliefd_reaction_seconds_count{policy=\"web\"} 3");
    /* Who was not relieved has no time to relief. */
    expect_line("reliefd_relief_seconds_bucket{policy=\"web\",le=\"1\"} 0");
    expect_line("reliefd_relief_seconds_bucket{policy=\"web\",le=\"2.5\"} 1");
    expect_line("reliefd_relief_seconds_count{policy=\"web\"} 1");
    expect_line("# TYPE reliefd_incidents_total counter");
    expect_line("# TYPE reliefd_relief_seconds histogram");
    json_decref(parsed());
}

static void test_dry_and_others(void **state)
{
    struct rl_record *record = a_record("web");

    record->dry_run = true;
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    record->dry_run = false;
    rl_metrics_incident(metrics, record, RL_METRICS_REFUSED);
    rl_metrics_incident(metrics, record, RL_METRICS_KERNEL_OOM);
    expect_line("reliefd_incidents_total{policy=\"web\",kind=\"relief\",outcome=\"relieved\","
                "dry_run=\"true\"} 1");
    expect_line("reliefd_incidents_total{policy=\"web\",kind=\"refused\",outcome=\"relieved\","
                "dry_run=\"false\"} 1");
    expect_line("reliefd_incidents_total{policy=\"web\",kind=\"kernel-oom\",outcome=\"relieved\","
                "dry_run=\"false\"} 1");
    expect_no("reliefd_kills_total");
    expect_no("reliefd_freed_bytes_total");
    expect_no("_seconds");
    json_decref(parsed());
}

/* Pods come and go without end: namespaces are counted, and these are bounded. */
static void test_pods(void **state)
{
    struct rl_record *record = a_record("web");
    char *text;

    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    expect_no("reliefd_pod_kills_total");
    rl_pod_place(
        "/kubepods/burstable/pod6d0b5c3e-1111-2222-3333-444455556666/0123456789ab", &record->pod);
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    rl_pod_set_name(&record->pod, "shop/web-1");
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    rl_pod_set_name(&record->pod, "shop/web-2");
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    record->gone_us = 0;
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    record->gone_us = 11 * SEC;
    record->dry_run = true;
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    record->dry_run = false;
    expect_line("reliefd_kills_total{policy=\"web\"} 4");
    expect_line("reliefd_pod_kills_total{policy=\"web\",namespace=\"shop\",qos=\"burstable\"} 2");
    expect_line(
        "reliefd_pod_kills_total{policy=\"web\",namespace=\"(unknown)\",qos=\"burstable\"} 1");
    expect_no("web-1");
    for (int i = 0; i < 100; i++) {
        char name[32];

        snprintf(name, sizeof(name), "n%d/x", i);
        rl_pod_set_name(&record->pod, name);
        rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    }
    expect_line("reliefd_pod_kills_total{policy=\"web\",namespace=\"n28\",qos=\"burstable\"} 1");
    expect_no("\"n29\"");
    text = text_of();
    assert_non_null(strstr(text, "namespace=\"(other)\",qos=\"burstable\"} 71\n"));
    free(text);
    json_decref(parsed());
}

static void test_kernel_kills(void **state)
{
    rl_metrics_kernel_kills(metrics, "web", true, 1);
    rl_metrics_kernel_kills(metrics, "web", false, 2);
    rl_metrics_kernel_kills(metrics, "", false, 3);
    expect_line("reliefd_kernel_oom_kills_total{policy=\"web\",foreseen=\"true\"} 1");
    expect_line("reliefd_kernel_oom_kills_total{policy=\"web\",foreseen=\"false\"} 2");
    expect_line("reliefd_kernel_oom_kills_total{policy=\"(none)\",foreseen=\"false\"} 3");
}

/* However many policies there are, series are bounded and nothing is lost. */
static void test_many_policies(void **state)
{
    char name[32];
    json_t *json, *family;
    double sum = 0;
    size_t i, k, series = 0;

    for (int p = 0; p < 200; p++) {
        snprintf(name, sizeof(name), "policy-%d", p);
        rl_metrics_kernel_kills(metrics, name, false, 1);
    }
    expect_line("reliefd_kernel_oom_kills_total{policy=\"policy-30\",foreseen=\"false\"} 1");
    expect_no("policy-31");
    expect_line("reliefd_kernel_oom_kills_total{policy=\"(other)\",foreseen=\"false\"} 169");
    json = parsed();
    json_array_foreach(json_object_get(json, "families"), i, family)
    {
        json_t *sample;

        if (strcmp(rl_get_text(family, "name"), "reliefd_kernel_oom_kills_total") != 0)
            continue;
        json_array_foreach(json_object_get(family, "samples"), k, sample)
        {
            sum += json_number_value(json_object_get(sample, "value"));
            series++;
        }
    }
    assert_true(sum == 200 && series == RL_METRICS_POLICIES);
    json_decref(json);
}

/* Room is bounded; what finds none is counted. */
static void test_no_room(void **state)
{
    struct rl_record *record = a_record("web");
    char name[64];

    record->n_steps = 0;
    record->dry_run = true;
    for (int p = 0; p < RL_METRICS_POLICIES - 1; p++)
        for (int outcome = 1; outcome <= 60; outcome++) {
            snprintf(name, sizeof(name), "p%d", p);
            strcpy(record->policy, name);
            record->outcome = (enum rl_reason)outcome;
            rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
        }
    snprintf(name, sizeof(name), "reliefd_metrics_dropped_total %d",
        (RL_METRICS_POLICIES - 1) * 60 - RL_METRICS_CELLS);
    expect_line(name);
    json_decref(parsed());
}

static void test_changes(void **state)
{
    uint64_t before = rl_metrics_changes(metrics);

    rl_metrics_touch(metrics);
    assert_int_equal(rl_metrics_changes(metrics), before + 1);
    rl_metrics_kernel_kills(metrics, "web", true, 1);
    assert_true(rl_metrics_changes(metrics) > before + 1);
    /* Without memory nothing is counted. */
    rl_metrics_touch(NULL);
    rl_metrics_kernel_kills(NULL, "web", true, 1);
    rl_metrics_incident(NULL, a_record("web"), RL_METRICS_RELIEF);
    assert_int_equal(rl_metrics_changes(NULL), 0);
}

static void test_histogram_edges(void **state)
{
    static const uint64_t items[] = {10, 20, 50};
    static const struct rl_bounds_us bounds = {items, LENGTH(items)};
    static const struct {
        uint64_t value;
        size_t bucket;
    } rows[] = {{0, 0}, {9, 0}, {10, 0}, {11, 1}, {20, 1}, {21, 2}, {50, 2}, {51, RL_BUCKETS_MAX},
        {UINT64_MAX / 2, RL_BUCKETS_MAX}};

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_histogram histogram = {0};

        rl_histogram_add(&histogram, &bounds, rows[i].value);
        assert_int_equal(histogram.buckets[rows[i].bucket], 1);
        assert_int_equal(rl_histogram_count(&histogram), 1);
        assert_int_equal(histogram.sum_us, rows[i].value);
    }
}

/* A signal in the same microsecond, and clocks that make no sense. */
static void test_times(void **state)
{
    struct rl_record *record = a_record("web");

    record->first_signal_us = record->started_us;
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    expect_line("reliefd_reaction_seconds_bucket{policy=\"web\",le=\"0.001\"} 1");
    record->first_signal_us = record->started_us - 1;
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    expect_line("reliefd_reaction_seconds_count{policy=\"web\"} 1");
    record->first_signal_us = 0; /* nobody was signalled */
    record->outcome = RL_OUTCOME_EASED;
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    expect_line("reliefd_reaction_seconds_count{policy=\"web\"} 1");
    expect_line("reliefd_relief_seconds_count{policy=\"web\"} 3");
    expect_line("reliefd_kills_total{policy=\"web\"} 2");
    /* Who did not die was not killed. */
    record = a_record("web");
    record->gone_us = 0;
    record->outcome = RL_OUTCOME_STUCK;
    rl_metrics_incident(metrics, record, RL_METRICS_RELIEF);
    expect_line("reliefd_kills_total{policy=\"web\"} 2");
}

static const struct {
    const char *name, *escaped, *read;
} labels[] = {
    {"plain", "plain", NULL},
    {"a\"b", "a\\\"b", NULL},
    {"a\\b", "a\\\\b", NULL},
    {"a\nb", "a\\nb", NULL},
    {"a\\nb", "a\\\\nb", NULL},
    {"\"\\\n", "\\\"\\\\\\n", NULL},
    {"{a=\"b\"} 1", "{a=\\\"b\\\"} 1", NULL},
    {"\xc3\xa4\t", "\xc3\xa4\t", NULL},
    {"a\xff"
     "b",
        "a\xef\xbf\xbd"
        "b",
        "a\xef\xbf\xbd"
        "b"},
};

static void test_label_escaping(void **state)
{
    for (size_t i = 0; i < LENGTH(labels); i++) {
        char expected[256], *text;
        size_t size;
        unsigned line;
        FILE *out = open_memstream(&text, &size);
        json_t *json;

        rl_metric_head(out, "x", "gauge", "h");
        rl_metric_sample(out, "x", &(struct rl_metric_label){"l", labels[i].name}, 1, 1.5);
        fclose(out);
        snprintf(expected, sizeof(expected), "# HELP x h\n# TYPE x gauge\nx{l=\"%s\"} 1.5\n",
            labels[i].escaped);
        assert_string_equal(text, expected);
        json = rl_metrics_parse(text, &line);
        assert_non_null(json);
        json_t *sample = json_array_get(
            json_object_get(json_array_get(json_object_get(json, "families"), 0), "samples"), 0);
        assert_string_equal(
            rl_get_text(sample, "labels.l"), labels[i].read ? labels[i].read : labels[i].name);
        json_decref(json);
        free(text);
    }
}

#define HEAD "# HELP x h\n# TYPE x gauge\n"
#define HIST "# HELP h h\n# TYPE h histogram\n"

/* The reader is strict, or it would prove nothing. */
static const struct {
    const char *text;
    unsigned line; /* that is wrong; 0: none */
} texts[] = {
    {"", 0},
    {HEAD, 0},
    {HEAD "x 1\n", 0},
    {HEAD "x{a=\"1\"} 1\nx{a=\"2\"} -1\n", 0},
    {HEAD "x 1", 3},
    {HEAD "x 1\nx 2\n", 4},
    {HEAD "y 1\n", 3},
    {HEAD "x  1\n", 3},
    {HEAD "x 1 \n", 3},
    {HEAD "x\n", 3},
    {HEAD "x one\n", 3},
    {HEAD "x nan\n", 3},
    {HEAD "x{a=1} 1\n", 3},
    {HEAD "x{a=\"1\" 1\n", 3},
    {HEAD "x{a=\"1\\x\"} 1\n", 3},
    {HEAD "x{a=\"1\",a=\"2\"} 1\n", 3},
    {HEAD "x{1=\"1\"} 1\n", 3},
    {HEAD HEAD, 3},
    {"x 1\n", 1},
    {"# TYPE x gauge\n", 1},
    {"# HELP x h\nx 1\n", 2},
    {"# HELP x h\n# TYPE y gauge\n", 2},
    {"# HELP x h\n# TYPE x thing\n", 2},
    {"# HELP x h\n# TYPE x counter\n", 2},
    {"# HELP x_total h\n# TYPE x_total gauge\n", 2},
    {"# HELP x_total h\n# TYPE x_total counter\nx_total -1\n", 3},
    {"# HELP x_total h\n# TYPE x_total counter\nx_total 1\n", 0},
    {HIST "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n", 0},
    {HIST "h_bucket{le=\"1\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 3\n", 6},
    {HIST "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\n", 4},
    {HIST "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n", 4},
    {HIST "h_bucket{le=\"1\"} 1\nh_sum 3\n", 4},
    {HIST "h_bucket 1\n", 3},
    {HIST "h 1\n", 3},
};

static void test_reader_is_strict(void **state)
{
    for (size_t i = 0; i < LENGTH(texts); i++) {
        unsigned line = 0;
        json_t *json = rl_metrics_parse(texts[i].text, &line);

        if (!json != (texts[i].line > 0) || (!json && line != texts[i].line))
            fail_msg("row %zu: %s at line %u", i, json ? "taken" : "refused", line);
        json_decref(json);
    }
    assert_null(rl_metrics_parse(HIST "h_bucket{le=\"1\"} 1\n", &(unsigned){0}));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_incident, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dry_and_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pods, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kernel_kills, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_policies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_room, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_times, setup, teardown),
        cmocka_unit_test(test_histogram_edges),
        cmocka_unit_test(test_label_escaping),
        cmocka_unit_test(test_reader_is_strict),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
