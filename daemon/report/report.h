/* Where finished and running incidents go: the journal, a file each, the bus. */
#pragma once

#include <jansson.h>

#include "daemon/report/bus.h"
#include "daemon/report/record.h"

struct rl_report;

struct rl_report_options {
    const char *state_dir; /* incident files go to state_dir/incidents; NULL: no files */
    unsigned keep;         /* newest files kept */
    uint64_t keep_bytes;   /* and their total size */
};

int rl_report_new(const struct rl_report_options *options, struct rl_report **ret);
struct rl_report *rl_report_free(struct rl_report *report);

/* Where signals go; may be NULL. */
void rl_report_set_bus(struct rl_report *report, struct rl_bus *bus);

/* Announce an incident after its first step was taken, and when it has ended. A sink that fails
 * (disk full, no journal) costs its own output only and is said once. Never between a wake-up
 * and a signal: both allocate. */
void rl_report_started(struct rl_report *report, const struct rl_record *record);
void rl_report_ended(struct rl_report *report, const struct rl_record *record);

/* The record as JSON, schema in reliefctl(1); NULL when memory is out. */
json_t *rl_record_json(const struct rl_record *record);

/* One sentence: who died where, of what, and what it freed. Always terminated. */
void rl_record_sentence(const struct rl_record *record, char *buf, size_t size);
