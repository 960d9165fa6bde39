#include "daemon/report/report.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/entry.h"
#include "daemon/report/interrupted.h"
#include "daemon/report/json.h"
#include "daemon/report/log.h"
#include "daemon/report/store.h"

/* A record as JSON text: far smaller than the tree that it is parsed into. */
struct kept {
    char id[RL_RECORD_ID_MAX];
    char *text;
};

struct rl_report {
    char *state_dir; /* NULL: no files */
    unsigned keep;
    uint64_t keep_bytes;
    struct rl_bus *bus;
    bool store_failed;                    /* said already */
    struct kept recent[RL_REPORT_RECENT]; /* of incidents that ended, newest first */
    size_t n_recent;
};

/* Put a record first; the last one falls off where there is no place. Takes text. */
static void remember(struct rl_report *report, const char *id, char *text)
{
    if (report->n_recent == RL_REPORT_RECENT)
        free(report->recent[--report->n_recent].text);
    memmove(report->recent + 1, report->recent, report->n_recent * sizeof(*report->recent));
    report->recent[0] = (struct kept){.text = text};
    snprintf(report->recent[0].id, sizeof(report->recent[0].id), "%s", id);
    report->n_recent++;
}

/* Records of earlier runs. One that never ended is left out, see rl_report_complete(). */
static void remember_files(struct rl_report *report)
{
    json_auto_t *records = NULL;

    if (!report->state_dir || rl_store_list(report->state_dir, RL_REPORT_RECENT, &records) < 0)
        return;
    for (size_t i = json_array_size(records); i-- > 0;) {
        const json_t *record = json_array_get(records, i);
        const char *id = json_string_value(json_object_get(record, "id"));
        if (!id || json_is_true(json_object_get(record, "open")))
            continue;
        char *text = rl_json_text(record);
        if (text)
            remember(report, id, text);
    }
}

int rl_report_new(const struct rl_report_options *options, struct rl_report **ret)
{
    struct rl_report *report = calloc(1, sizeof(*report));
    if (!report)
        return -ENOMEM;
    report->keep = options->keep;
    report->keep_bytes = options->keep_bytes;
    if (options->state_dir && !(report->state_dir = strdup(options->state_dir)))
        report = rl_report_free(report);
    if (!report)
        return -ENOMEM;
    remember_files(report);
    *ret = report;
    return 0;
}

struct rl_report *rl_report_free(struct rl_report *report)
{
    if (!report)
        return NULL;
    for (size_t i = 0; i < report->n_recent; i++)
        free(report->recent[i].text);
    free(report->state_dir);
    free(report);
    return NULL;
}

void rl_report_set_bus(struct rl_report *report, struct rl_bus *bus)
{
    report->bus = bus;
}

/* Write the file; a failure is said when it begins and when it is over. */
static void store(struct rl_report *report, const char *id, const json_t *json, const char *samples)
{
    if (!report->state_dir)
        return;
    int r = rl_store_write_samples(report->state_dir, id, json, samples);
    if (r >= 0)
        r = rl_store_prune(report->state_dir, report->keep, report->keep_bytes);
    if (r < 0 && !report->store_failed)
        rl_warning("Incidents cannot be kept in %s/incidents (%s): journal and bus still have them",
            report->state_dir, strerror(-r));
    if (r >= 0 && report->store_failed)
        rl_notice("Incidents are kept in %s/incidents again", report->state_dir);
    report->store_failed = r < 0;
}

/* To all sinks but the journal. Takes json, which may be NULL. */
static void hand_out(struct rl_report *report, const struct rl_record *record, json_t *json,
    const char *samples, void (*emit)(struct rl_bus *bus, const char *id, const char *json))
{
    rl_auto_free char *text = json ? rl_json_text(json) : NULL;

    if (!text) {
        rl_error("No memory for the record of incident %s: it is in the journal only", record->id);
        json_decref(json);
        return;
    }
    store(report, record->id, json, samples);
    json_decref(json);
    if (report->bus)
        emit(report->bus, record->id, text);
    if (!record->open) {
        remember(report, record->id, text);
        text = NULL;
    }
}

void rl_report_started(
    struct rl_report *report, const struct rl_record *record, const char *samples)
{
    rl_entry_log(record);
    hand_out(report, record, rl_record_json(record), samples, rl_bus_incident_started);
}

void rl_report_updated(
    struct rl_report *report, const struct rl_record *record, const char *samples)
{
    json_auto_t *json = report->state_dir ? rl_record_json(record) : NULL;

    if (json)
        store(report, record->id, json, samples);
}

void rl_report_ended(struct rl_report *report, const struct rl_record *record, const char *samples)
{
    rl_entry_log(record);
    hand_out(report, record, rl_record_json(record), samples, rl_bus_incident_ended);
}

void rl_report_kernel_oom(
    struct rl_report *report, const struct rl_record *record, json_t *kernel, const char *samples)
{
    json_t *json = rl_record_json(record);

    if (json)
        json_object_set(json, "kernel", kernel);
    rl_entry_kernel_oom(record, kernel);
    hand_out(report, record, json, samples, rl_bus_incident_ended);
}

/* One record that was left open: completed, written and told. */
static void complete(struct rl_report *report, const char *id, int proc_fd, int cgroup_fd)
{
    json_auto_t *record = NULL;

    if (rl_store_read(report->state_dir, id, &record) < 0 ||
        rl_interrupted_complete(record, proc_fd, cgroup_fd) < 0)
        return;
    rl_entry_interrupted(record);
    store(report, id, record, NULL);
    json_object_set_new(record, "samples", json_null());
    rl_auto_free char *text = rl_json_text(record);
    if (!text)
        return;
    if (report->bus)
        rl_bus_incident_ended(report->bus, id, text);
    remember(report, id, text);
    text = NULL;
}

void rl_report_complete(struct rl_report *report, int proc_fd, int cgroup_fd)
{
    json_auto_t *records = NULL;

    if (!report->state_dir || rl_store_list(report->state_dir, RL_REPORT_RECENT, &records) < 0)
        return;
    for (size_t i = json_array_size(records); i-- > 0;) {
        const json_t *record = json_array_get(records, i);
        const char *id = json_string_value(json_object_get(record, "id"));

        if (id && json_is_true(json_object_get(record, "open")))
            complete(report, id, proc_fd, cgroup_fd);
    }
}

/* The record in memory; NULL when it is not there any more. */
static struct kept *find_recent(struct rl_report *report, const char *id)
{
    for (size_t i = 0; i < report->n_recent; i++)
        if (strcmp(report->recent[i].id, id) == 0)
            return &report->recent[i];
    return NULL;
}

void rl_report_amend(struct rl_report *report, const char *id, const char *key, json_t *value)
{
    struct kept *kept = find_recent(report, id);
    json_auto_t *recent = kept ? json_loads(kept->text, 0, NULL) : NULL;
    json_auto_t *stored = NULL;
    int r = 0;

    json_object_set(recent, key, value);
    char *text = recent ? rl_json_text(recent) : NULL;
    if (text) {
        free(kept->text);
        kept->text = text;
    }
    /* The file has what memory has not: the samples. */
    if (report->state_dir)
        r = rl_store_read(report->state_dir, id, &stored);
    if (stored && json_object_set(stored, key, value) == 0)
        r = rl_store_rewrite(report->state_dir, id, stored);
    json_decref(value);
    if (r < 0 && r != -ENOENT && !report->store_failed)
        rl_warning("The record of incident %s cannot be written anew: %s", id, strerror(-r));
}

static bool is_recent(const struct rl_report *report, const char *id)
{
    for (size_t i = 0; i < report->n_recent; i++) {
        if (strcmp(report->recent[i].id, id) == 0)
            return true;
    }
    return false;
}

/* More than memory holds: what is older comes from the files. */
static void append_files(const struct rl_report *report, unsigned max, json_t *all)
{
    json_auto_t *records = NULL;
    size_t i;
    json_t *record;

    if (!report->state_dir || rl_store_list(report->state_dir, max, &records) < 0)
        return;
    json_array_foreach(records, i, record)
    {
        const char *id = json_string_value(json_object_get(record, "id"));
        if (id && !is_recent(report, id) && !json_is_true(json_object_get(record, "open")) &&
            json_array_size(all) < max)
            json_array_append(all, record);
    }
}

json_t *rl_report_last(const struct rl_report *report, unsigned max)
{
    json_t *all = json_array();

    for (size_t i = 0; all && i < report->n_recent && i < max; i++)
        json_array_append_new(all, json_loads(report->recent[i].text, 0, NULL));
    if (all && max > RL_REPORT_RECENT && report->n_recent == RL_REPORT_RECENT)
        append_files(report, max, all);
    return all;
}
