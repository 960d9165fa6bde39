/* Counters and histograms of what reliefd does, as Prometheus text.
 *
 * All room is there from the start: counting allocates nothing and takes no system call, so it may
 * stand anywhere. The number of series is bounded: RL_METRICS_POLICIES policies, those beyond count
 * as policy="(other)", and likewise RL_METRICS_NAMESPACES namespaces of pods, which alone tell of
 * pods here: pods come and go without end; RL_METRICS_CELLS combinations of labels, those beyond are left out and
 * counted in reliefd_metrics_dropped_total. Counters begin at 0 when reliefd starts.
 *
 * Names and units follow Prometheus' conventions; every name here is listed in reliefctl(1). */
#pragma once

#include <stdio.h>

#include "daemon/report/record.h"

#define RL_METRICS_POLICIES 32 /* the last one is all others */
#define RL_METRICS_NAMESPACES 32 /* likewise */
#define RL_METRICS_CELLS    1024
#define RL_METRICS_OTHER    "(other)"
#define RL_METRICS_UNKNOWN  "(unknown)" /* a namespace whose name is not */
#define RL_METRICS_NONE     "(none)" /* no policy is in force there */

/* What a record is about: "kind" of its JSON. */
enum rl_metrics_kind {
    RL_METRICS_RELIEF,
    RL_METRICS_REFUSED,
    RL_METRICS_KERNEL_OOM,
    RL_METRICS_KINDS,
};

struct rl_metrics;

/* Return: NULL when memory is out; all calls below take that. */
struct rl_metrics *rl_metrics_new(void);
struct rl_metrics *rl_metrics_free(struct rl_metrics *metrics);

/* Count an incident that has ended: its outcome, steps, times and bytes. */
void rl_metrics_incident(
    struct rl_metrics *metrics, const struct rl_record *record, enum rl_metrics_kind kind);

/* Count n kills by the kernel's OOM killer; policy "": none is in force there. */
void rl_metrics_kernel_kills(
    struct rl_metrics *metrics, const char *policy, bool foreseen, uint64_t n);

/* Something else that is shown beside has changed. */
void rl_metrics_touch(struct rl_metrics *metrics);

/* How often anything has changed: for whoever writes it somewhere. */
uint64_t rl_metrics_changes(const struct rl_metrics *metrics);

/* Write all families as text. Nothing fails but the stream. */
void rl_metrics_print(const struct rl_metrics *metrics, FILE *out);

/* ---- the text format, for families that others add ---- */

struct rl_metric_label {
    const char *name;
    const char *value; /* any bytes: escaped here; what is not UTF-8 becomes U+FFFD */
};

/* The head of a family; each stands once, before its samples. type: "counter", "gauge",
 * "histogram". */
void rl_metric_head(FILE *out, const char *name, const char *type, const char *help);
void rl_metric_sample(
    FILE *out, const char *name, const struct rl_metric_label *labels, size_t n, double value);

/* ---- histograms ---- */

#define RL_BUCKETS_MAX 14

struct rl_histogram {
    uint64_t buckets[RL_BUCKETS_MAX + 1]; /* by bound, not added up; the last one has no bound */
    uint64_t sum_us;
};

/* Upper bounds in microseconds, ascending; a value that is equal is within. */
struct rl_bounds_us {
    const uint64_t *items;
    size_t n; /* RL_BUCKETS_MAX at most */
};

void rl_histogram_add(
    struct rl_histogram *histogram, const struct rl_bounds_us *bounds, uint64_t value_us);
uint64_t rl_histogram_count(const struct rl_histogram *histogram);
