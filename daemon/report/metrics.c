#include "daemon/report/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/say.h"
#include "policy/step.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* ---- families ---- */

enum family {
    INCIDENTS,
    STEPS,
    KILLS,
    POD_KILLS,
    FREED,
    KERNEL_KILLS,
    FAMILIES,
};

/* What the number of a label stands for. */
typedef const char *(*value_fn)(const struct rl_metrics *metrics, unsigned number);

static const char *kind_value(const struct rl_metrics *metrics, unsigned number)
{
    static const char *const names[RL_METRICS_KINDS] = {
        [RL_METRICS_RELIEF] = "relief",
        [RL_METRICS_REFUSED] = "refused",
        [RL_METRICS_KERNEL_OOM] = "kernel-oom",
    };

    return number < RL_METRICS_KINDS ? names[number] : "unknown";
}

static const char *reason_value(const struct rl_metrics *metrics, unsigned number)
{
    return rl_reason_id((enum rl_reason)number);
}

static const char *step_value(const struct rl_metrics *metrics, unsigned number)
{
    const char *name = rl_step_name((enum rl_step_kind)number);

    return name ? name : "unknown";
}

static const char *bool_value(const struct rl_metrics *metrics, unsigned number)
{
    return number ? "true" : "false";
}

static const char *namespace_value(const struct rl_metrics *metrics, unsigned number);

static const char *const classes[] = {"guaranteed", "burstable", "besteffort"};

static const char *qos_value(const struct rl_metrics *metrics, unsigned number)
{
    return number < COUNT(classes) ? classes[number] : "unknown";
}

#define LABELS_MAX 3 /* beside the policy */

static const struct {
    const char *name, *help;
    struct {
        const char *name;
        value_fn value;
    } labels[LABELS_MAX]; /* NULL past the last one */
} families[FAMILIES] = {
    [INCIDENTS] = {"reliefd_incidents_total", "Incidents that have ended, by outcome.",
        {{"kind", kind_value}, {"outcome", reason_value}, {"dry_run", bool_value}}},
    [STEPS] = {"reliefd_steps_total", "Steps of relief ladders, by what became of them.",
        {{"step", step_value}, {"result", reason_value}, {"dry_run", bool_value}}},
    [KILLS] = {"reliefd_kills_total", "Incidents in which a victim was signalled and died.", {{0}}},
    [POD_KILLS] = {"reliefd_pod_kills_total",
        "Those of them in pods, by namespace and quality-of-service class.",
        {{"namespace", namespace_value}, {"qos", qos_value}}},
    [FREED] = {"reliefd_freed_bytes_total",
        "Memory and swap that came back in incidents, as far as it showed.", {{0}}},
    [KERNEL_KILLS] = {"reliefd_kernel_oom_kills_total",
        "Kills by the kernel's OOM killer; foreseen: a policy acted, or would have, within the two "
        "minutes before.",
        {{"foreseen", bool_value}}},
};

enum {
    REACTION,
    RELIEF,
    HISTOGRAMS,
};

/* A reaction is milliseconds where all is well, seconds on a machine that thrashes. */
static const uint64_t reaction_bounds[] = {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
    500000, 1000000, 2500000, 5000000, 10000000};
/* Relief waits for steps of seconds, up to the ladder's minutes. */
static const uint64_t relief_bounds[] = {100000, 250000, 500000, 1000000, 2500000, 5000000,
    10000000, 30000000, 60000000, 120000000, 300000000};

_Static_assert(
    COUNT(reaction_bounds) <= RL_BUCKETS_MAX && COUNT(relief_bounds) <= RL_BUCKETS_MAX, "buckets");

static const struct {
    const char *name, *help;
    struct rl_bounds_us bounds;
} histograms[HISTOGRAMS] = {
    [REACTION] = {"reliefd_reaction_seconds",
        "From the instant at which a trigger was seen to hold to the first signal.",
        {reaction_bounds, COUNT(reaction_bounds)}},
    [RELIEF] = {"reliefd_relief_seconds",
        "From the instant at which a trigger was seen to hold to the end of the pressure.",
        {relief_bounds, COUNT(relief_bounds)}},
};

/* ---- counting ---- */

/* Family, policy and labels in one number; 0: free. */
struct cell {
    uint64_t key, value;
};

struct rl_metrics {
    char policies[RL_METRICS_POLICIES][RL_NAME_MAX];              /* "": not taken */
    char namespaces[RL_METRICS_NAMESPACES][RL_POD_NAMESPACE_MAX]; /* likewise */
    struct cell cells[RL_METRICS_CELLS];                          /* open addressing */
    struct rl_histogram histograms[RL_METRICS_POLICIES][HISTOGRAMS];
    uint64_t dropped, changes;
};

struct rl_metrics *rl_metrics_new(void)
{
    return calloc(1, sizeof(struct rl_metrics));
}

struct rl_metrics *rl_metrics_free(struct rl_metrics *metrics)
{
    free(metrics);
    return NULL;
}

static unsigned policy_of(struct rl_metrics *metrics, const char *name)
{
    const unsigned last = RL_METRICS_POLICIES - 1;

    if (!*name)
        name = RL_METRICS_NONE;
    for (unsigned i = 0; i < last; i++) {
        char *taken = metrics->policies[i];

        if (!*taken)
            snprintf(taken, RL_NAME_MAX, "%s", name);
        if (strncmp(taken, name, RL_NAME_MAX - 1) == 0)
            return i;
    }
    strcpy(metrics->policies[last], RL_METRICS_OTHER);
    return last;
}

static unsigned namespace_of(struct rl_metrics *metrics, const char *name)
{
    const unsigned last = RL_METRICS_NAMESPACES - 1;

    if (!*name)
        name = RL_METRICS_UNKNOWN;
    for (unsigned i = 0; i < last; i++) {
        char *taken = metrics->namespaces[i];

        if (!*taken)
            snprintf(taken, RL_POD_NAMESPACE_MAX, "%s", name);
        if (strcmp(taken, name) == 0)
            return i;
    }
    strcpy(metrics->namespaces[last], RL_METRICS_OTHER);
    return last;
}

static const char *namespace_value(const struct rl_metrics *metrics, unsigned number)
{
    return metrics->namespaces[number < RL_METRICS_NAMESPACES ? number : 0];
}

static unsigned qos_of(const char *qos)
{
    unsigned i = 0;

    while (i < COUNT(classes) && (!qos || strcmp(classes[i], qos) != 0))
        i++;
    return i;
}

static uint64_t key_of(enum family family, unsigned policy, const unsigned labels[LABELS_MAX])
{
    uint64_t key = ((uint64_t)family + 1) << 56 | (uint64_t)policy << 48;

    for (size_t i = 0; i < LABELS_MAX; i++)
        key |= (uint64_t)(labels[i] & 0xffff) << (16 * (LABELS_MAX - 1 - i));
    return key;
}

static void count(struct rl_metrics *metrics, enum family family, unsigned policy,
    const unsigned labels[LABELS_MAX], uint64_t n)
{
    uint64_t key = key_of(family, policy, labels);
    size_t at = (size_t)(key * UINT64_C(0x9e3779b97f4a7c15) >> 32) % RL_METRICS_CELLS;

    metrics->changes++;
    for (size_t i = 0; i < RL_METRICS_CELLS; i++) {
        struct cell *cell = &metrics->cells[(at + i) % RL_METRICS_CELLS];

        if (cell->key == 0)
            cell->key = key;
        if (cell->key == key) {
            cell->value += n;
            return;
        }
    }
    metrics->dropped++;
}

void rl_histogram_add(
    struct rl_histogram *histogram, const struct rl_bounds_us *bounds, uint64_t value_us)
{
    size_t i = 0;

    while (i < bounds->n && value_us > bounds->items[i])
        i++;
    histogram->buckets[i < bounds->n ? i : RL_BUCKETS_MAX]++;
    histogram->sum_us += value_us;
}

uint64_t rl_histogram_count(const struct rl_histogram *histogram)
{
    uint64_t sum = 0;

    for (size_t i = 0; i <= RL_BUCKETS_MAX; i++)
        sum += histogram->buckets[i];
    return sum;
}

static void observe(
    struct rl_metrics *metrics, unsigned policy, int which, uint64_t from_us, uint64_t to_us)
{
    if (from_us != 0 && to_us >= from_us)
        rl_histogram_add(
            &metrics->histograms[policy][which], &histograms[which].bounds, to_us - from_us);
}

void rl_metrics_incident(
    struct rl_metrics *metrics, const struct rl_record *record, enum rl_metrics_kind kind)
{
    bool dry = record->dry_run;
    unsigned policy;

    if (!metrics)
        return;
    policy = policy_of(metrics, record->policy);
    count(metrics, INCIDENTS, policy, (unsigned[]){kind, record->outcome, dry}, 1);
    for (size_t i = 0; i < record->n_steps && i < RL_RECORD_STEPS; i++)
        count(metrics, STEPS, policy,
            (unsigned[]){record->steps[i].kind, record->steps[i].result, dry}, 1);
    if (kind != RL_METRICS_RELIEF || dry)
        return;
    if (record->first_signal_us != 0) {
        observe(metrics, policy, REACTION, record->started_us, record->first_signal_us);
        if (record->gone_us != 0) {
            count(metrics, KILLS, policy, (unsigned[]){0, 0, 0}, 1);
            if (record->pod.uid[0])
                count(metrics, POD_KILLS, policy,
                    (unsigned[]){
                        namespace_of(metrics, record->pod.namespace), qos_of(record->pod.qos), 0},
                    1);
        }
    }
    if (record->freed_bytes > 0)
        count(metrics, FREED, policy, (unsigned[]){0, 0, 0}, record->freed_bytes);
    if (record->outcome == RL_OUTCOME_RELIEVED || record->outcome == RL_OUTCOME_EASED)
        observe(metrics, policy, RELIEF, record->started_us, record->ended_us);
}

void rl_metrics_kernel_kills(
    struct rl_metrics *metrics, const char *policy, bool foreseen, uint64_t n)
{
    if (metrics)
        count(metrics, KERNEL_KILLS, policy_of(metrics, policy), (unsigned[]){foreseen, 0, 0}, n);
}

void rl_metrics_touch(struct rl_metrics *metrics)
{
    if (metrics)
        metrics->changes++;
}

uint64_t rl_metrics_changes(const struct rl_metrics *metrics)
{
    return metrics ? metrics->changes : 0;
}

/* ---- text ---- */

void rl_metric_head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Backslash, quote and line feed, as the format asks. */
static void print_value(FILE *out, const char *text)
{
    while (*text) {
        unsigned c;
        size_t length = rl_utf8_take(text, &c);

        if (length == 0)
            fputs("\xef\xbf\xbd", out); /* U+FFFD */
        else if (*text == '\n')
            fputs("\\n", out);
        else if (*text == '\\' || *text == '"')
            fprintf(out, "\\%c", *text);
        else
            fwrite(text, 1, length, out);
        text += length ? length : 1;
    }
}

void rl_metric_sample(
    FILE *out, const char *name, const struct rl_metric_label *labels, size_t n, double value)
{
    fputs(name, out);
    for (size_t i = 0; i < n; i++) {
        fprintf(out, "%s%s=\"", i ? "," : "{", labels[i].name);
        print_value(out, labels[i].value);
        fputc('"', out);
    }
    fprintf(out, "%s %.15g\n", n ? "}" : "", value);
}

static int by_key(const void *left, const void *right)
{
    const struct cell *a = left, *b = right;

    return a->key < b->key ? -1 : a->key > b->key;
}

static void print_cell(const struct rl_metrics *metrics, const struct cell *cell, FILE *out)
{
    enum family family = (enum family)((cell->key >> 56) - 1);
    struct rl_metric_label labels[LABELS_MAX + 1] = {
        {"policy", metrics->policies[cell->key >> 48 & 0xff]}};
    size_t n = 1;

    for (size_t i = 0; i < LABELS_MAX && families[family].labels[i].name; i++)
        labels[n++] = (struct rl_metric_label){families[family].labels[i].name,
            families[family].labels[i].value(
                metrics, cell->key >> (16 * (LABELS_MAX - 1 - i)) & 0xffff)};
    rl_metric_sample(out, families[family].name, labels, n, (double)cell->value);
}

/* Sorted, so that each family stands together and two texts can be compared. */
static void print_cells(const struct rl_metrics *metrics, FILE *out)
{
    struct cell *cells = malloc(sizeof(metrics->cells));
    unsigned last = 0;

    if (!cells)
        return;
    memcpy(cells, metrics->cells, sizeof(metrics->cells));
    qsort(cells, RL_METRICS_CELLS, sizeof(*cells), by_key);
    for (size_t i = 0; i < RL_METRICS_CELLS; i++) {
        unsigned family = (unsigned)(cells[i].key >> 56);

        if (family == 0)
            continue;
        if (family != last)
            rl_metric_head(out, families[family - 1].name, "counter", families[family - 1].help);
        last = family;
        print_cell(metrics, &cells[i], out);
    }
    free(cells);
}

static void print_histogram(const struct rl_metrics *metrics, unsigned policy, int which, FILE *out)
{
    const struct rl_histogram *histogram = &metrics->histograms[policy][which];
    const struct rl_bounds_us *bounds = &histograms[which].bounds;
    char name[64], bound[32];
    struct rl_metric_label labels[] = {{"policy", metrics->policies[policy]}, {"le", bound}};
    uint64_t sum = 0;

    snprintf(name, sizeof(name), "%s_bucket", histograms[which].name);
    for (size_t i = 0; i < bounds->n; i++) {
        sum += histogram->buckets[i];
        snprintf(bound, sizeof(bound), "%g", (double)bounds->items[i] / 1e6);
        rl_metric_sample(out, name, labels, 2, (double)sum);
    }
    sum = rl_histogram_count(histogram);
    strcpy(bound, "+Inf");
    rl_metric_sample(out, name, labels, 2, (double)sum);
    snprintf(name, sizeof(name), "%s_sum", histograms[which].name);
    rl_metric_sample(out, name, labels, 1, (double)histogram->sum_us / 1e6);
    snprintf(name, sizeof(name), "%s_count", histograms[which].name);
    rl_metric_sample(out, name, labels, 1, (double)sum);
}

void rl_metrics_print(const struct rl_metrics *metrics, FILE *out)
{
    if (!metrics)
        return;
    print_cells(metrics, out);
    for (int which = 0; which < HISTOGRAMS; which++) {
        bool head = false;

        for (unsigned i = 0; i < RL_METRICS_POLICIES; i++) {
            if (rl_histogram_count(&metrics->histograms[i][which]) == 0)
                continue;
            if (!head)
                rl_metric_head(out, histograms[which].name, "histogram", histograms[which].help);
            head = true;
            print_histogram(metrics, i, which, out);
        }
    }
    rl_metric_head(
        out, "reliefd_metrics_dropped_total", "counter", "Increments that no room was left for.");
    rl_metric_sample(out, "reliefd_metrics_dropped_total", NULL, 0, (double)metrics->dropped);
}
