#include "daemon/kernel-oom.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

#include "daemon/autopsy/kmsg.h"
#include "daemon/engine-private.h"
#include "daemon/kernel-kills.h"
#include "daemon/observe/thread.h"
#include "daemon/oom-path.h"
#include "daemon/report/json.h"
#include "daemon/report/log.h"

#define PENDING_MAX 16
#define RECENT_MAX  64
#define REPORT_US   (1 * RL_US_PER_S)  /* until the kernel has printed all of it */
#define AGAIN_US    (60 * RL_US_PER_S) /* records of one cgroup are so far apart */

/* Somebody was killed: what was known then. */
struct pending {
    struct rl_record *record; /* NULL: free */
    struct rl_sampled sampled;
    uint64_t kills, total;
    uint64_t due_us; /* when it is told */
    enum rl_reason foreseen;
    char incident[RL_RECORD_ID_MAX]; /* that ran there; "" none */
};

/* A cgroup that was told of. */
struct recent {
    uint64_t id, until_us;
};

/* What the thread has read; its own until `done` is signalled. */
struct reading {
    pthread_t thread;
    int fd, done_fd;
    int error;
    struct rl_kmsg_reports reports;
};

struct rl_ooms {
    struct rl_engine *engine;
    struct rl_kernel_kills kills;
    struct pending pending[PENDING_MAX];
    struct recent recent[RECENT_MAX];
    size_t next_recent;
    bool stirred; /* something moved since the last look */
    sd_event_source *timer, *done;
    int kmsg_fd;      /* -1: there is none, */
    const char *lack; /* for this reason, which stands in records */
    bool reading;
    struct reading read;
};

/* ---- telling ---- */

static json_t *reason_json(enum rl_reason reason)
{
    return json_pack("{s:s, s:s}", "id", rl_reason_id(reason), "text", rl_reason_text(reason));
}

/* The report that is about this cgroup, or one below it that is gone; taken out. */
static json_t *take_report(struct rl_kmsg_reports *reports, struct rl_record *record)
{
    for (size_t i = 0; i < reports->n; i++) {
        struct rl_kmsg_report *one = &reports->items[i];
        const char *rest = "";
        json_t *json = one->json;

        if (!json || (!rl_oom_path_matches(one->cgroup, record->offender) &&
                         !rl_oom_path_below(one->cgroup, record->offender, &rest)))
            continue;
        if (strcmp(record->offender, "/") == 0)
            record->offender[0] = '\0';
        strncat(record->offender, rest, sizeof(record->offender) - strlen(record->offender) - 1);
        one->json = NULL;
        return json;
    }
    return NULL;
}

static const char *why_no_report(const struct rl_ooms *ooms)
{
    if (ooms->lack)
        return ooms->lack;
    if (ooms->read.error < 0)
        return "the kernel's log could not be read";
    return "the kernel's log has no report about that cgroup";
}

static void tell(struct rl_ooms *ooms, struct pending *one)
{
    struct rl_engine *engine = ooms->engine;
    struct rl_record *record = one->record;
    json_t *report = take_report(&ooms->read.reports, record), *kernel;
    char *samples = rl_samples_text(
        engine->flight, &one->sampled, record->offender, record->started_us, record->ended_us);

    kernel = json_pack("{s:I, s:I, s:o, s:o, s:o, s:o}", "kills", (json_int_t)one->kills, "total",
        (json_int_t)one->total, "foreseen", reason_json(one->foreseen), "incident",
        rl_json_name(one->incident), "report_missing",
        report ? json_null() : json_string(why_no_report(ooms)), "report",
        report ? report : json_null());
    /* Perhaps it is about a container that is gone; a path that was cut tells nothing new. */
    if (record->offender[0] == '/')
        rl_pod_place(record->offender, &record->pod);
    rl_pod_look_up(engine, &record->pod);
    if (kernel)
        rl_report_kernel_oom(engine->options.report, record, kernel, samples);
    rl_metrics_incident(engine->metrics, record, RL_METRICS_KERNEL_OOM);
    json_decref(kernel);
    free(samples);
    free(record);
    *one = (struct pending){0};
}

static void arm(struct rl_ooms *ooms)
{
    uint64_t next = UINT64_MAX;

    for (size_t i = 0; i < PENDING_MAX; i++)
        if (ooms->pending[i].record && ooms->pending[i].due_us < next)
            next = ooms->pending[i].due_us;
    if (next == UINT64_MAX || ooms->reading) {
        sd_event_source_set_enabled(ooms->timer, SD_EVENT_OFF);
        return;
    }
    sd_event_source_set_time(ooms->timer, next);
    sd_event_source_set_enabled(ooms->timer, SD_EVENT_ONESHOT);
}

static void tell_due(struct rl_ooms *ooms)
{
    uint64_t now = rl_now_us();

    for (size_t i = 0; i < PENDING_MAX; i++)
        if (ooms->pending[i].record && ooms->pending[i].due_us <= now)
            tell(ooms, &ooms->pending[i]);
    rl_kmsg_free(&ooms->read.reports);
    arm(ooms);
}

/* ---- the kernel's log ---- */

static void *read_log(void *userdata)
{
    struct reading *read = userdata;

    read->error = rl_kmsg_read(read->fd, &read->reports);
    eventfd_write(read->done_fd, 1);
    return NULL;
}

static int on_done(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_ooms *ooms = userdata;
    eventfd_t value;

    eventfd_read(fd, &value);
    pthread_join(ooms->read.thread, NULL);
    ooms->reading = false;
    if (ooms->read.error < 0)
        rl_warning("%s: %s", RL_KMSG, strerror(-ooms->read.error));
    tell_due(ooms);
    return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_ooms *ooms = userdata;
    int r;

    ooms->read.error = 0;
    if (ooms->kmsg_fd < 0) {
        tell_due(ooms);
        return 0;
    }
    ooms->read.fd = ooms->kmsg_fd;
    r = rl_thread_start(&ooms->read.thread, read_log, &ooms->read);
    ooms->reading = r >= 0;
    if (r < 0) {
        ooms->read.error = r;
        tell_due(ooms);
    }
    return 0;
}

/* ---- what was known then ---- */

static struct rl_running *running_near(struct rl_engine *engine, const struct rl_cgroup *cgroup)
{
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++) {
        struct rl_running *running = engine->running[i];

        if (running->used && running->hot && rl_cgroup_holds(running->hot->cgroup, cgroup))
            return running;
    }
    return NULL;
}

/* Its own look, or that of the nearest one above which the same policy is for. */
static const struct rl_hot *looked_at(
    const struct rl_cgroup *cgroup, const struct rl_policy *policy)
{
    for (const struct rl_cgroup *c = cgroup; c; c = c->parent)
        if (c->hot && c->policy == policy)
            return c->hot;
    return NULL;
}

static void note_readings(
    struct rl_record *record, const struct rl_policy *policy, const struct rl_verdict *verdict)
{
    const struct rl_trigger *trigger = &policy->triggers[verdict->holds ? verdict->trigger : 0];
    size_t index = (size_t)(trigger - policy->triggers);

    if (policy->n_triggers == 0)
        return;
    snprintf(record->trigger, sizeof(record->trigger), "%s", trigger->name ? trigger->name : "");
    record->n_lines = trigger->n;
    memcpy(record->lines, trigger->lines, sizeof(record->lines));
    memcpy(record->readings, verdict->readings[index], sizeof(record->readings));
    record->origin = verdict->origin;
}

static void fill(struct rl_ooms *ooms, struct pending *one, const struct rl_cgroup *cgroup)
{
    struct rl_engine *engine = ooms->engine;
    const struct rl_cgroup *root = rl_tree_root(rl_watch_tree(engine->watch));
    const struct rl_policy *policy = cgroup->policy ? cgroup->policy : root->policy;
    const struct rl_hot *hot = looked_at(cgroup, policy);
    struct rl_running *running = running_near(engine, cgroup);
    uint64_t now = rl_now_us();

    rl_fill_begin(engine, one->record, cgroup, policy, now);
    one->record->kind = RL_KIND_KERNEL_OOM;
    one->record->outcome = RL_OUTCOME_KERNEL_KILLED;
    one->record->ended_us = now;
    one->record->ended_wall_us = one->record->started_wall_us;
    one->foreseen = rl_foreseen(policy, hot ? &hot->verdict : NULL, running != NULL);
    if (running)
        memcpy(one->incident, running->record.id, sizeof(one->incident));
    if (policy && hot) {
        note_readings(one->record, policy, &hot->verdict);
        rl_fill_state(&one->record->before, hot, &policy->triggers[0], now, 0);
    }
    rl_recorder_line(cgroup, &one->sampled);
}

/* ---- what grew ---- */

static struct recent *recent_of(struct rl_ooms *ooms, uint64_t id)
{
    for (size_t i = 0; i < RECENT_MAX; i++)
        if (ooms->recent[i].id == id)
            return &ooms->recent[i];
    ooms->recent[ooms->next_recent] = (struct recent){.id = id};
    return &ooms->recent[ooms->next_recent++ % RECENT_MAX];
}

static void note(
    struct rl_ooms *ooms, const struct rl_cgroup *cgroup, uint64_t kills, uint64_t total)
{
    struct pending *one = NULL;
    struct recent *recent;
    uint64_t now = rl_now_us();

    for (size_t i = 0; i < PENDING_MAX; i++) {
        struct pending *p = &ooms->pending[i];

        if (p->record && p->record->offender_id == cgroup->id) {
            p->kills += kills;
            p->total = total;
            return;
        }
        if (!p->record && !one)
            one = p;
    }
    if (one)
        one->record = malloc(sizeof(*one->record));
    if (!one || !one->record) {
        rl_warning(
            "The kernel's OOM killer has killed %llu processes in a cgroup; there is no room "
            "for a record of it",
            (unsigned long long)kills);
        return;
    }
    fill(ooms, one, cgroup);
    recent = recent_of(ooms, cgroup->id);
    one->kills = kills;
    one->total = total;
    one->due_us = recent->until_us > now + REPORT_US ? recent->until_us : now + REPORT_US;
    recent->until_us = one->due_us + AGAIN_US;
    arm(ooms);
}

static bool is_watched(const struct rl_ooms *ooms, const struct rl_cgroup *cgroup)
{
    return cgroup->policy || rl_tree_root(rl_watch_tree(ooms->engine->watch))->policy;
}

static void on_kill(void *userdata, struct rl_cgroup *cgroup, const struct rl_kernel_kill *kill)
{
    struct rl_ooms *ooms = userdata;

    if (is_watched(ooms, cgroup))
        note(ooms, cgroup, kill->n, kill->total);
}

void rl_ooms_look(struct rl_ooms *ooms)
{
    const struct rl_probe *probe = ooms->engine->options.probe;

    if (ooms->kills.begun && !ooms->stirred)
        return;
    ooms->stirred = false;
    rl_kernel_kills_look(&ooms->kills, rl_watch_tree(ooms->engine->watch), probe->cgroup_fd,
        probe->local_events_mount, on_kill, ooms);
}

void rl_ooms_stir(struct rl_ooms *ooms, const struct rl_cgroup *top)
{
    if (!ooms)
        return;
    ooms->stirred = true;
    rl_engine_later(ooms->engine);
}

void rl_ooms_forget(struct rl_ooms *ooms, uint64_t id)
{
    if (ooms)
        rl_kernel_kills_forget(&ooms->kills, id);
}

/* ---- life ---- */

bool rl_ooms_have_log(const struct rl_ooms *ooms)
{
    return ooms && ooms->kmsg_fd >= 0;
}

/* What the service manager has opened for us (OpenFile=), at the log's end. Return: -1 for nothing.
 */
static int passed_log(void)
{
    char **names = NULL;
    int n = sd_listen_fds_with_names(false, &names), fd = -1;

    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], "kmsg") == 0)
            fd = SD_LISTEN_FDS_START + i;
        free(names[i]);
    }
    free(names);
    if (fd < 0 || fcntl(fd, F_SETFL, O_NONBLOCK) < 0 || lseek(fd, 0, SEEK_END) < 0)
        return -1;
    return fd;
}

static void open_log(struct rl_ooms *ooms, const char *path)
{
    ooms->kmsg_fd = path ? passed_log() : -1;
    if (path && ooms->kmsg_fd < 0)
        ooms->kmsg_fd = rl_kmsg_open(path);
    if (ooms->kmsg_fd >= 0 || !path)
        return;
    ooms->lack = "/dev/kmsg cannot be read";
    rl_notice("%s: %s: records of the kernel's OOM kills do without its own report (needs "
              "CAP_SYSLOG, or OpenFile= of systemd 253)",
        path, strerror(-ooms->kmsg_fd));
    ooms->kmsg_fd = -1;
}

int rl_ooms_new(struct rl_engine *engine, const char *kmsg, struct rl_ooms **ret)
{
    struct rl_ooms *ooms = calloc(1, sizeof(*ooms));
    int r;

    if (!ooms)
        return -ENOMEM;
    ooms->engine = engine;
    ooms->lack = kmsg ? NULL : "no log of the kernel's was looked at";
    open_log(ooms, kmsg);
    ooms->read.done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    r = ooms->read.done_fd < 0 ? -errno : 0;
    if (r >= 0)
        r = sd_event_add_time(engine->event, &ooms->timer, CLOCK_MONOTONIC, 0, 0, on_timer, ooms);
    if (r >= 0)
        r = sd_event_source_set_enabled(ooms->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_io(engine->event, &ooms->done, ooms->read.done_fd, EPOLLIN, on_done, ooms);
    if (r >= 0)
        r = sd_event_source_set_priority(ooms->timer, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0)
        r = sd_event_source_set_priority(ooms->done, SD_EVENT_PRIORITY_IDLE);
    if (r < 0)
        ooms = rl_ooms_free(ooms);
    *ret = ooms;
    return r;
}

/* What was not told yet is told now. */
static void tell_all(struct rl_ooms *ooms)
{
    bool read = ooms->reading || ooms->kmsg_fd < 0;

    if (ooms->reading)
        pthread_join(ooms->read.thread, NULL);
    for (size_t i = 0; i < PENDING_MAX; i++) {
        if (!ooms->pending[i].record)
            continue;
        if (!read)
            ooms->read.error = rl_kmsg_read(ooms->kmsg_fd, &ooms->read.reports);
        read = true;
        tell(ooms, &ooms->pending[i]);
    }
}

struct rl_ooms *rl_ooms_free(struct rl_ooms *ooms)
{
    if (!ooms)
        return NULL;
    /* While walks go on nobody hears of events. */
    ooms->stirred = true;
    if (ooms->kills.begun)
        rl_ooms_look(ooms);
    tell_all(ooms);
    rl_kernel_kills_free(&ooms->kills);
    rl_kmsg_free(&ooms->read.reports);
    sd_event_source_disable_unref(ooms->timer);
    sd_event_source_disable_unref(ooms->done);
    if (ooms->read.done_fd >= 0)
        close(ooms->read.done_fd);
    if (ooms->kmsg_fd >= 0)
        close(ooms->kmsg_fd);
    free(ooms);
    return NULL;
}
