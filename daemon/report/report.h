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

/* Announce an incident after its first step was taken, and when it has ended; in between its file
 * alone is brought up to date. A sink that fails (disk full, no journal) costs its own output only
 * and is said once. samples: what rl_samples_text() returns, for the file alone; may be NULL. Never
 * between a wake-up and a signal: all of them allocate. */
void rl_report_started(
    struct rl_report *report, const struct rl_record *record, const char *samples);
void rl_report_updated(
    struct rl_report *report, const struct rl_record *record, const char *samples);
void rl_report_ended(struct rl_report *report, const struct rl_record *record, const char *samples);

/* The kernel killed somebody: a record of that kind, which has ended; kernel: its "kernel", see
 * reliefctl(1), not taken. */
void rl_report_kernel_oom(
    struct rl_report *report, const struct rl_record *record, json_t *kernel, const char *samples);

/**
 * rl_report_complete() - end what an earlier run has left open
 * @proc_fd, @cgroup_fd: directories, where it is looked up what became of the victims
 *
 * A reliefd that was killed, or a machine that went down, leaves the record of an incident as it
 * was at its last step. It is completed as interrupted, with what can still be known, and told.
 */
void rl_report_complete(struct rl_report *report, int proc_fd, int cgroup_fd);

/* Set one more key in the record of an incident that has ended, in memory and in its file; takes
 * value. A record that is in neither any more is passed over. */
void rl_report_amend(struct rl_report *report, const char *id, const char *key, json_t *value);

/* So many records are held in memory; asking for no more than these reads no file. */
#define RL_REPORT_RECENT 32

/* Return: the newest records that have ended, newest first, at most max; from memory, so that a
 * full or read-only disk does not hide them; older ones, and those of an earlier run, come from
 * the files. A new array, NULL when memory is out. */
json_t *rl_report_last(const struct rl_report *report, unsigned max);

/* The record as JSON, schema in reliefctl(1); NULL when memory is out. */
json_t *rl_record_json(const struct rl_record *record);

/* Its parts, for whoever shows the present in the same words (Explain): one trigger line with its
 * reading, the evidence (null where none was sought), one candidate. by and cgroup may be NULL. */
json_t *rl_record_line_json(const struct rl_line *line, const struct rl_reading *reading);
json_t *rl_record_origin_json(const struct rl_evidence *origin);
json_t *rl_record_candidate_json(const struct rl_process *process, const struct rl_score *score,
    enum rl_reason spared, const char *by, const char *cgroup, uint32_t page_size);

/* One sentence: who died where, of what, and what it freed. Always terminated, foreign names
 * escaped, no line feed. */
void rl_record_sentence(const struct rl_record *record, char *buf, size_t size);

#define RL_SENTENCE_MAX 1536
