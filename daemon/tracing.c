/* The daemon's trace: when it begins, what stands at its beginning, and what incidents add to it.
 * The notes are those of daemon/trace/note.h. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "conf/compile.h"
#include "daemon/engine-private.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/log.h"

#define TABLES_US    (2 * RL_US_PER_S)
#define TABLES_SHARE 20 /* reading them takes no more than a twentieth of the time */

/* ---- lines that are made while nothing is urgent ---- */

static void put_json(struct rl_engine *engine, json_t *json)
{
    rl_auto_free char *text = json ? rl_json_text(json) : NULL;

    if (text)
        rl_ring_text(engine->trace->ring, text);
    else
        rl_error("no memory for a line of the trace: it cannot be replayed from here on");
    json_decref(json);
}

static json_t *features_json(const struct rl_probe *probe)
{
    json_t *features = json_array();

    for (int i = 0; i < RL_FEATURES; i++)
        if (probe->has[i] && rl_probe_name(i))
            json_array_append_new(features, json_string(rl_probe_name(i)));
    return features;
}

/* What machine this is, and what version wrote it. */
static void put_header(struct rl_engine *engine)
{
    const struct rl_probe *probe = engine->options.probe;
    char boot[SD_ID128_STRING_MAX] = "";
    struct utsname name = {0};
    sd_id128_t id;

    uname(&name);
    if (sd_id128_get_boot(&id) >= 0)
        sd_id128_to_string(id, boot);
    engine->trace->at_us = rl_now_us();
    put_json(engine,
        json_pack("{s:s, s:i, s:s, s:o, s:I, s:s, s:o, s:i, s:i, s:I, s:b, s:o}", "type", "trace",
            "version", RL_TRACE_VERSION, "program", "reliefd " RL_VERSION, "time",
            rl_json_time(rl_wall_us()), "at_us", (json_int_t)engine->trace->at_us, "boot_id", boot,
            "kernel", rl_json_string(name.release), "page_size", (int)probe->page_size, "cpus",
            (int)probe->cpus, "clk_tck", (json_int_t)sysconf(_SC_CLK_TCK), "dry_run",
            engine->options.dry_run, "features", features_json(probe)));
}

static json_t *sources_json(const struct rl_policy_set *set, size_t file)
{
    const struct rl_source *sources;
    size_t n = rl_policy_set_texts(set, file, &sources);
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:o, s:o, s:b}", "path", rl_json_string(sources[i].path), "text",
                      rl_json_string(sources[i].text), "vendor", sources[i].vendor));
    return list;
}

static json_t *settings_json(const struct rl_settings *settings)
{
    json_t *within = json_array();

    for (size_t i = 0; i < settings->n_allow_within; i++)
        json_array_append_new(within, rl_json_string(settings->allow_within[i]));
    return json_pack("{s:i, s:I, s:b, s:o}", "budget_kills", (int)settings->budget_kills,
        "budget_us", (json_int_t)settings->budget_us, "allow_panic", settings->allow_panic,
        "allow_within", within);
}

static void put_policies(struct rl_engine *engine, bool reload)
{
    const struct rl_policy_set *set = engine->policies;
    json_t *list = json_array();

    for (size_t i = 0; i < set->n_files; i++)
        if (set->files[i].policy)
            json_array_append_new(list,
                json_pack("{s:o, s:b, s:o}", "name", rl_json_string(set->files[i].name), "dry_run",
                    rl_engine_dry(engine, set->files[i].policy), "sources", sources_json(set, i)));
    put_json(engine,
        json_pack("{s:s, s:I, s:b, s:b, s:o, s:o}", "type", "policies", "at_us",
            (json_int_t)rl_now_us(), "reload", reload, "default_node_only", set->default_node_only,
            "settings", settings_json(engine->options.settings), "policies", list));
}

/* ---- what is remembered ---- */

static void put_kills(struct rl_engine *engine, const struct rl_past *past)
{
    size_t len = past->path ? strlen(past->path) : 0;
    struct rl_note_past *note = rl_ring_take(
        engine->trace->ring, RL_NOTE_PAST, sizeof(*note) + past->kills.n * sizeof(uint64_t) + len);
    uint64_t *times;

    if (!note)
        return;
    *note = (struct rl_note_past){
        .id = past->id,
        .until_us = past->until_us,
        .stopped = past->kills.stopped,
        .effect = past->effect,
        .n = past->kills.n,
        .path_len = (uint32_t)len,
    };
    times = (uint64_t *)(note + 1);
    memcpy(times, past->kills.at_us, past->kills.n * sizeof(*times));
    if (len > 0)
        memcpy(times + past->kills.n, past->path, len);
    rl_ring_put(engine->trace->ring);
}

static void put_pasts(struct rl_engine *engine)
{
    struct rl_past budget = {.kills = engine->budget};

    put_kills(engine, &budget);
    for (size_t i = 0; i < RL_PASTS_MAX; i++)
        if (engine->pasts[i].id != 0)
            put_kills(engine, &engine->pasts[i]);
}

/* ---- the processes of hot cgroups ---- */

/* Those of one that lies below another hot cgroup are written down with that one's. */
static bool is_topmost(const struct rl_hot *hot)
{
    for (const struct rl_cgroup *c = hot->cgroup->parent; c; c = c->parent)
        if (c->hot && c->policy)
            return false;
    return true;
}

static int on_tables(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_engine *engine = userdata;
    uint64_t began = rl_now_us(), took;

    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));) {
        rl_trace_node(engine->trace, rl_watch_node(engine->watch, false), began);
        if (h->cgroup->policy && h->looked_us > 0 && is_topmost(h))
            rl_decide(engine, h, h->cgroup->policy, true);
    }
    rl_ring_kick(engine->trace->ring);
    took = TABLES_SHARE * (rl_now_us() - began);
    sd_event_source_set_time(source, began + (took > TABLES_US ? took : TABLES_US));
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int open_tables(struct rl_engine *engine)
{
    int r = sd_event_add_time(engine->event, &engine->trace->tables, CLOCK_MONOTONIC,
        rl_now_us() + TABLES_US, 100 * RL_US_PER_MS, on_tables, engine);

    if (r >= 0)
        r = sd_event_source_set_priority(engine->trace->tables, SD_EVENT_PRIORITY_IDLE);
    return r;
}

/* ---- life ---- */

static bool incident_runs(const struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++)
        if (engine->running[i]->used)
            return true;
    return false;
}

int rl_tracing_begin(struct rl_engine *engine, int fd)
{
    struct rl_tracer *tracer;
    int r;

    if (engine->trace || incident_runs(engine)) {
        close(fd);
        return engine->trace ? -EBUSY : -EAGAIN;
    }
    tracer = calloc(1, sizeof(*tracer));
    if (!tracer) {
        close(fd);
        return -ENOMEM;
    }
    r = rl_ring_new(fd, &tracer->ring);
    if (r < 0) {
        free(tracer);
        return r;
    }
    engine->trace = tracer;
    put_header(engine);
    put_policies(engine, false);
    put_pasts(engine);
    rl_trace_node(tracer, rl_watch_node(engine->watch, false), rl_now_us());
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(engine->watch, h));)
        rl_trace_hot(tracer, h);
    rl_ring_kick(tracer->ring);
    r = open_tables(engine);
    if (r < 0)
        rl_tracing_end(engine);
    return r;
}

/* A file that is there is gone on with: its last line may have been cut. */
int rl_tracing_open(struct rl_engine *engine, const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0640);
    int r = fd < 0 ? -errno : 0;

    if (r >= 0 && lseek(fd, 0, SEEK_END) > 0 && write(fd, "\n", 1) < 0)
        r = -errno;
    if (r < 0 && fd >= 0)
        close(fd);
    return r < 0 ? r : rl_tracing_begin(engine, fd);
}

void rl_tracing_end(struct rl_engine *engine)
{
    struct rl_tracer *tracer = engine->trace;

    if (!tracer)
        return;
    engine->trace = NULL;
    sd_event_source_disable_unref(tracer->tables);
    rl_ring_free(tracer->ring);
    free(tracer);
}

void rl_tracing_reloaded(struct rl_engine *engine)
{
    if (engine->trace)
        put_policies(engine, true);
}

void rl_tracing_calm(struct rl_engine *engine)
{
    int r;

    if (!engine->trace)
        return;
    rl_ring_kick(engine->trace->ring);
    r = rl_ring_failed(engine->trace->ring);
    if (r == 0)
        return;
    rl_log(r == -EPIPE ? LOG_INFO : LOG_ERR, "the trace ends: %s",
        r == -EPIPE ? "nobody reads it any more" : strerror(-r));
    rl_tracing_end(engine);
}

/* ---- incidents ---- */

void rl_tracing_record(struct rl_engine *engine, const struct rl_record *record)
{
    if (engine->trace)
        put_json(
            engine, json_pack("{s:s, s:o}", "type", "incident", "record", rl_record_json(record)));
}

static bool has_room(const struct rl_engine *engine)
{
    for (size_t i = 0; i < RL_RUNNING_MAX && engine->running[i]; i++)
        if (!engine->running[i]->used)
            return true;
    return false;
}

void rl_tracing_opened(struct rl_engine *engine, const struct rl_hot *hot,
    const struct rl_running *running, enum rl_reason why, uint64_t now_us)
{
    const struct rl_policy *policy = hot->cgroup->policy;
    struct rl_note_open *note;

    if (!engine->trace)
        return;
    note = rl_ring_take(engine->trace->ring, RL_NOTE_OPEN, sizeof(*note));
    if (!note)
        return;
    note->id = hot->cgroup->id;
    note->now_us = now_us;
    note->why = why;
    note->no_room = !running && why == RL_WAIT_BUSY_DOMAIN && !has_room(engine);
    note->trigger = hot->verdict.trigger;
    snprintf(note->policy, sizeof(note->policy), "%s", policy->name);
    rl_trace_subject(hot->cgroup, &note->subject, &note->subject_up);
    if (running) {
        note->incident = running->number;
        note->dry = running->incident.dry;
        note->by_hand = running->record.by_hand;
        note->tried = rl_tried(engine, hot->cgroup->id);
        note->rungs = running->relief.n;
        note->step = running->relief.steps[0];
        note->step.command = NULL;
        note->step.args = NULL;
        snprintf(note->name, sizeof(note->name), "%s", running->record.id);
    }
    rl_ring_put(engine->trace->ring);
}

void rl_tracing_next(
    const struct rl_running *running, const struct rl_news *news, const struct rl_order *order)
{
    struct rl_ring *ring = running->engine->trace ? running->engine->trace->ring : NULL;
    struct rl_note_next *note = ring ? rl_ring_take(ring, RL_NOTE_NEXT, sizeof(*note)) : NULL;

    if (!note)
        return;
    note->incident = running->number;
    note->news = *news;
    note->order = *order;
    rl_ring_put(ring);
}

void rl_tracing_allowance(
    const struct rl_running *running, const struct rl_allowance *allowance, uint64_t now_us)
{
    struct rl_ring *ring = running->engine->trace ? running->engine->trace->ring : NULL;
    struct rl_note_allow *note = ring ? rl_ring_take(ring, RL_NOTE_ALLOW, sizeof(*note)) : NULL;

    if (!note)
        return;
    note->incident = running->number;
    note->now_us = now_us;
    if (running->hot) {
        const struct rl_sample *now = &running->hot->cgroup->files->sample;

        note->now.have = now->have;
        note->now.current = now->current;
        note->now.shmem = now->shmem;
        note->now.anon = now->anon;
    }
    note->why = allowance->why;
    note->until_us = allowance->until_us;
    rl_ring_put(ring);
}

void rl_tracing_step(const struct rl_running *running, uint8_t rung, enum rl_reason why,
    bool counted, uint64_t now_us)
{
    struct rl_ring *ring = running->engine->trace ? running->engine->trace->ring : NULL;
    struct rl_note_step *note = ring ? rl_ring_take(ring, RL_NOTE_STEP, sizeof(*note)) : NULL;

    if (!note)
        return;
    note->incident = running->number;
    note->now_us = now_us;
    note->rung = rung;
    note->why = why;
    note->signalled = running->record.first_signal_us != 0;
    note->refused = running->refused;
    note->counted = counted;
    rl_ring_put(ring);
}

void rl_tracing_eased(const struct rl_running *running, bool thawed, bool unthrottled)
{
    struct rl_ring *ring = running->engine->trace ? running->engine->trace->ring : NULL;
    struct rl_note_ease *note = ring ? rl_ring_take(ring, RL_NOTE_EASE, sizeof(*note)) : NULL;

    if (!note)
        return;
    note->incident = running->number;
    note->thawed = thawed;
    note->unthrottled = unthrottled;
    rl_ring_put(ring);
}

void rl_tracing_ended(const struct rl_running *running, const struct rl_past *past, uint64_t now_us)
{
    struct rl_ring *ring = running->engine->trace ? running->engine->trace->ring : NULL;
    struct rl_note_end *note = ring ? rl_ring_take(ring, RL_NOTE_END, sizeof(*note)) : NULL;

    if (!note)
        return;
    note->incident = running->number;
    note->id = running->record.offender_id;
    note->now_us = now_us;
    note->outcome = running->incident.outcome;
    note->until_us = past->until_us;
    note->known = past->effect.at_us == now_us;
    if (note->known)
        note->effect = past->effect;
    rl_ring_put(ring);
}
