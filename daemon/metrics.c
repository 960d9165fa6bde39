/* All metrics as one text: what is counted (daemon/report/metrics.h), what dry runs have proven,
 * and what is true just now; and the file for node_exporter. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/engine-private.h"
#include "daemon/report/gradebook.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/log.h"
#include "daemon/report/metrics.h"

/* Gauges are shown of so many hot cgroups at most, those that stall most. */
#define CGROUPS_MAX 32
/* The file is written so often at most; node_exporter is read every 15 s and more. */
#define FILE_EVERY_US (15 * RL_US_PER_S)
#define SHARE_US      (10 * RL_US_PER_S) /* what the pressure of a hot cgroup is averaged over */

static double ratio(uint64_t hundredths)
{
    return (double)hundredths / RL_WHOLE;
}

/* ---- what dry runs have proven ---- */

static double would_have(const struct rl_graded *g)
{
    return (double)g->counts.would_have;
}

static double unforeseen(const struct rl_graded *g)
{
    return (double)g->counts.unforeseen;
}

static double is_live(const struct rl_graded *g)
{
    return g->live;
}

static const struct {
    const char *name, *type, *help;
    double (*value)(const struct rl_graded *g);
} grade_numbers[] = {
    {"reliefd_dry_run_would_have_killed_total", "counter",
        "Kills that dry runs decided on and did not carry out; kept over restarts, begun anew when "
        "the policy changes.",
        would_have},
    {"reliefd_unforeseen_kernel_oom_kills_total", "counter",
        "Kernel OOM kills that the policy neither acted nor would have acted before; kept "
        "likewise.",
        unforeseen},
    {"reliefd_policy_went_live", "gauge", "1 once DryRun=until of the policy is over.", is_live},
};

static const struct {
    const char *name, *help;
    bool (*share)(const struct rl_grade_counts *counts, uint32_t *ret);
} grade_shares[] = {
    {"reliefd_dry_run_precision_ratio", "Confirmed among the graded that are not unknown.",
        rl_grade_precision},
    {"reliefd_dry_run_regret_ratio", "Self-resolved among the graded that are not unknown.",
        rl_grade_regret},
    {"reliefd_dry_run_recall_ratio",
        "Kernel OOM kills that a dry run came before, among these and the unforeseen.",
        rl_grade_recall},
};

static void print_verdicts(const struct rl_gradebook *book, FILE *out)
{
    static const char name[] = "reliefd_dry_run_graded_total";
    bool head = false;

    for (size_t i = 0; i < RL_GRADED_MAX; i++) {
        const struct rl_graded *g = &book->items[i];
        const uint64_t counts[RL_GRADES] = {
            [RL_GRADE_CONFIRMED] = g->counts.confirmed,
            [RL_GRADE_SELF_RESOLVED] = g->counts.self_resolved,
            [RL_GRADE_UNKNOWN] = g->counts.unknown,
        };

        if (g->used == 0)
            continue;
        if (!head)
            rl_metric_head(out, name, "counter", "Decisions of dry runs by their grade.");
        head = true;
        for (int grade = RL_GRADE_CONFIRMED; grade < RL_GRADES; grade++)
            rl_metric_sample(out, name,
                (struct rl_metric_label[]){
                    {"policy", g->policy}, {"verdict", rl_grade_name((enum rl_grade)grade)}},
                2, (double)counts[grade]);
    }
}

static void print_grades(const struct rl_gradebook *book, FILE *out)
{
    for (size_t n = 0; n < sizeof(grade_numbers) / sizeof(grade_numbers[0]); n++) {
        bool head = false;

        for (size_t i = 0; i < RL_GRADED_MAX; i++) {
            const struct rl_graded *g = &book->items[i];

            if (g->used == 0)
                continue;
            if (!head)
                rl_metric_head(
                    out, grade_numbers[n].name, grade_numbers[n].type, grade_numbers[n].help);
            head = true;
            rl_metric_sample(out, grade_numbers[n].name,
                &(struct rl_metric_label){"policy", g->policy}, 1, grade_numbers[n].value(g));
        }
    }
    print_verdicts(book, out);
    for (size_t n = 0; n < sizeof(grade_shares) / sizeof(grade_shares[0]); n++) {
        bool head = false;
        uint32_t share;

        for (size_t i = 0; i < RL_GRADED_MAX; i++) {
            const struct rl_graded *g = &book->items[i];

            if (g->used == 0 || !grade_shares[n].share(&g->counts, &share))
                continue;
            if (!head)
                rl_metric_head(out, grade_shares[n].name, "gauge", grade_shares[n].help);
            head = true;
            rl_metric_sample(out, grade_shares[n].name,
                &(struct rl_metric_label){"policy", g->policy}, 1, ratio(share));
        }
    }
}

/* ---- what is true now ---- */

struct shown {
    const struct rl_hot *hot;
    uint64_t some, full; /* microseconds within SHARE_US */
    char path[4096];
    struct rl_pod pod;
};

static double some_now(const struct shown *s)
{
    return (double)s->some / SHARE_US;
}

static double full_now(const struct shown *s)
{
    return (double)s->full / SHARE_US;
}

static double usage_now(const struct shown *s)
{
    return ratio(s->hot->room.usage);
}

static double headroom_now(const struct shown *s)
{
    return (double)s->hot->room.headroom;
}

static bool room_known(const struct shown *s)
{
    return s->hot->room.known;
}

static const struct {
    const char *name, *help;
    bool (*known)(const struct shown *s); /* NULL: always */
    double (*value)(const struct shown *s);
} hot_gauges[] = {
    {"reliefd_cgroup_pressure_some_ratio", "Some memory stall of the last 10 seconds.", NULL,
        some_now},
    {"reliefd_cgroup_pressure_full_ratio", "Full memory stall of the last 10 seconds.", NULL,
        full_now},
    {"reliefd_cgroup_usage_ratio", "Used memory against the tightest limit.", room_known,
        usage_now},
    {"reliefd_cgroup_headroom_bytes", "What is left up to the tightest limit.", room_known,
        headroom_now},
};

static int by_pressure(const void *left, const void *right)
{
    const struct shown *a = left, *b = right;

    if (a->some != b->some)
        return a->some > b->some ? -1 : 1;
    return strcmp(a->path, b->path);
}

static size_t find_hot(struct rl_engine *engine, struct shown *shown)
{
    uint64_t now = rl_now_us(), from = now > SHARE_US ? now - SHARE_US : 0;
    size_t n = 0;

    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h)) && n < RL_HOT_MAX;) {
        shown[n].hot = h;
        shown[n].some = rl_history_growth(&h->history, RL_COUNT_SOME, from, now, 0);
        shown[n].full = rl_history_growth(&h->history, RL_COUNT_FULL, from, now, 0);
        rl_cgroup_path(h->cgroup, shown[n].path, sizeof(shown[n].path));
        n++;
    }
    qsort(shown, n, sizeof(*shown), by_pressure);
    if (n > CGROUPS_MAX)
        n = CGROUPS_MAX;
    for (size_t i = 0; i < n; i++) {
        rl_pod_place(shown[i].path, &shown[i].pod);
        rl_pod_look_up(engine, &shown[i].pod);
    }
    return n;
}

#define HOT_LABELS_MAX 5

/* What is not known, or of no pod, is left out: to Prometheus that is the same as "". */
static size_t hot_labels(const struct shown *s, struct rl_metric_label labels[HOT_LABELS_MAX])
{
    const struct rl_metric_label pod[] = {
        {"namespace", s->pod.namespace},
        {"pod", s->pod.name},
        {"container", s->pod.container},
        {"qos", s->pod.qos ? s->pod.qos : ""},
    };
    size_t n = 0;

    labels[n++] = (struct rl_metric_label){"cgroup", s->path};
    for (size_t i = 0; i < sizeof(pod) / sizeof(pod[0]); i++)
        if (*pod[i].value)
            labels[n++] = pod[i];
    return n;
}

static void print_hot(struct rl_engine *engine, FILE *out)
{
    struct shown *shown = calloc(RL_HOT_MAX, sizeof(*shown));
    size_t n = shown ? find_hot(engine, shown) : 0;
    struct rl_metric_label labels[HOT_LABELS_MAX];

    for (size_t g = 0; g < sizeof(hot_gauges) / sizeof(hot_gauges[0]); g++) {
        bool head = false;

        for (size_t i = 0; i < n; i++) {
            if (hot_gauges[g].known && !hot_gauges[g].known(&shown[i]))
                continue;
            if (!head)
                rl_metric_head(out, hot_gauges[g].name, "gauge", hot_gauges[g].help);
            head = true;
            rl_metric_sample(out, hot_gauges[g].name, labels, hot_labels(&shown[i], labels),
                hot_gauges[g].value(&shown[i]));
        }
    }
    free(shown);
}

static void print_now(struct rl_engine *engine, FILE *out)
{
    const struct rl_watch_stats *s = rl_watch_stats(engine->watch);
    size_t running = 0;

    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++)
        running += engine->running[i]->used;
    const struct {
        const char *name, *type, *help;
        double value;
    } rows[] = {
        {"reliefd_wakeups_total", "counter", "Events of the kernel, and looks at hot cgroups.",
            (double)(s->gate_events + s->events_events + s->looks)},
        {"reliefd_walks_total", "counter", "Walks over the cgroup tree.", (double)s->walks},
        {"reliefd_looks_total", "counter", "Looks at hot cgroups.", (double)s->looks},
        {"reliefd_cgroups", "gauge", "Cgroups that are known.",
            (double)rl_tree_size(rl_watch_tree(engine->watch))},
        {"reliefd_hot_cgroups", "gauge", "Cgroups that are looked at closely.", (double)s->hot},
        {"reliefd_running_incidents", "gauge", "Incidents that have not ended.", (double)running},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        rl_metric_head(out, rows[i].name, rows[i].type, rows[i].help);
        rl_metric_sample(out, rows[i].name, NULL, 0, rows[i].value);
    }
    print_hot(engine, out);
}

/* ---- the text ---- */

static void print_life(struct rl_engine *engine, FILE *out)
{
    rl_metric_head(out, "reliefd_build_info", "gauge", "1, with the version as label.");
    rl_metric_sample(
        out, "reliefd_build_info", &(struct rl_metric_label){"version", RL_VERSION}, 1, 1);
    rl_metric_head(out, "reliefd_start_time_seconds", "gauge", "When reliefd started, since 1970.");
    rl_metric_sample(out, "reliefd_start_time_seconds", NULL, 0,
        (double)(engine->started_wall_us / RL_US_PER_S));
    rl_metric_head(out, "reliefd_policies", "gauge", "Policies in force.");
    rl_metric_sample(out, "reliefd_policies", NULL, 0, (double)engine->policies->n);
    rl_metric_head(out, "reliefd_dry_run", "gauge", "1 while all policies are dry.");
    rl_metric_sample(out, "reliefd_dry_run", NULL, 0, rl_engine_dry(engine, NULL));
}

char *rl_engine_metrics(struct rl_engine *engine, bool now)
{
    const struct rl_gradebook *book = rl_grades_book(engine);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool failed;

    if (!out)
        return NULL;
    print_life(engine, out);
    rl_metrics_print(engine->metrics, out);
    if (book)
        print_grades(book, out);
    if (now)
        print_now(engine, out);
    failed = ferror(out);
    if (fclose(out) != 0 || failed) {
        free(text);
        return NULL;
    }
    return text;
}

/* ---- the file ---- */

static int write_text(const char *path, const char *text)
{
    size_t left = strlen(text);
    ssize_t n;

    rl_auto_fd int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0)
        return -errno;
    for (; left > 0; text += n, left -= (size_t)n) {
        n = write(fd, text, left);
        if (n < 0)
            return -errno;
    }
    return 0;
}

/* node_exporter reads *.prom: the temporary name must not be one. */
static int replace_file(const char *path, const char *text)
{
    char temporary[4096];
    int r;

    if ((size_t)snprintf(temporary, sizeof(temporary), "%s.tmp", path) >= sizeof(temporary))
        return -ENAMETOOLONG;
    r = write_text(temporary, text);
    if (r >= 0 && rename(temporary, path) < 0)
        r = -errno;
    if (r < 0)
        unlink(temporary);
    return r;
}

static void write_file(struct rl_engine *engine)
{
    const char *path = engine->options.settings->metrics_file;
    char *text = rl_engine_metrics(engine, false);
    int r = text ? replace_file(path, text) : -ENOMEM;

    if (r < 0 && !engine->metrics_failed)
        rl_warning("MetricsFile=%s cannot be written: %s", path, strerror(-r));
    engine->metrics_failed = r < 0;
    free(text);
}

/* Something else has woken the daemon. */
static int on_awake(sd_event_source *source, void *userdata)
{
    struct rl_engine *engine = userdata;
    uint64_t changes = rl_metrics_changes(engine->metrics), now = rl_now_us();

    if (changes == engine->metrics_written ||
        (engine->metrics_written_us != 0 && now - engine->metrics_written_us < FILE_EVERY_US))
        return 0;
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++)
        if (engine->running[i]->used)
            return 0;
    engine->metrics_written = changes;
    engine->metrics_written_us = now;
    write_file(engine);
    return 0;
}

int rl_metrics_open(struct rl_engine *engine)
{
    int r;

    engine->metrics = rl_metrics_new();
    if (!engine->metrics)
        return -ENOMEM;
    if (!engine->options.settings->metrics_file)
        return 0;
    rl_metrics_touch(engine->metrics); /* it is there from the start */
    r = sd_event_add_post(engine->event, &engine->metrics_post, on_awake, engine);
    return r < 0 ? r : sd_event_source_set_priority(engine->metrics_post, SD_EVENT_PRIORITY_IDLE);
}

void rl_metrics_close(struct rl_engine *engine)
{
    engine->metrics_post = sd_event_source_disable_unref(engine->metrics_post);
    engine->metrics = rl_metrics_free(engine->metrics);
}
