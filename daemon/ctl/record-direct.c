/* Recording without a daemon, by what the daemon itself looks and reads with. Nobody decides: such
 * a trace has samples and processes, but neither policies nor choices of theirs. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "daemon/ctl/record.h"
#include "daemon/engine-private.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "policy/glob.h"

#define LOOK_US   (250 * RL_US_PER_MS)
#define TABLES_US (2 * RL_US_PER_S)

struct recorder {
    const struct rl_record_order *order;
    struct rl_probe probe;
    struct rl_settings settings;
    struct rl_tracer tracer;
    struct rl_engine engine; /* as much of it as a choice needs */
    sd_event_source *looks;
    uint64_t tables_us; /* when processes were read last */
};

static bool is_wanted(const struct recorder *r, const struct rl_cgroup *cgroup)
{
    char path[RL_NOTE_PATH_MAX];

    if (!r->order->glob)
        return true;
    rl_cgroup_path(cgroup, path, sizeof(path));
    return rl_glob_path(r->order->glob, path);
}

/* ---- what the watch tells ---- */

static void on_cgroup(void *userdata, struct rl_cgroup *cgroup)
{
}

static void wants(void *userdata, struct rl_cgroup *cgroup, struct rl_wish *ret)
{
    *ret = (struct rl_wish){.want = is_wanted(userdata, cgroup) ? RL_WANT : RL_WANT_NOT};
}

static void on_level(void *userdata, const struct rl_cgroup *cgroup, struct rl_level *level)
{
}

static void on_hot(void *userdata, const struct rl_hot *hot)
{
    struct recorder *r = userdata;

    rl_trace_hot(&r->tracer, hot);
}

static void on_cold(void *userdata, const struct rl_hot *hot)
{
    struct recorder *r = userdata;

    rl_trace_cold(&r->tracer, hot);
}

static void on_sample(void *userdata, const struct rl_hot *hot, const struct rl_level *levels,
    size_t n, uint64_t now_us)
{
    struct recorder *r = userdata;

    rl_trace_node(&r->tracer, rl_watch_node(r->engine.watch, false), now_us);
    rl_trace_sample(&r->tracer, hot, levels, n, now_us);
}

static void on_look(void *userdata, struct rl_hot *hot, uint64_t now_us)
{
    hot->keep = true;
    hot->next_us = now_us + LOOK_US;
}

/* ---- looking ---- */

static bool is_topmost(const struct rl_cgroup *cgroup)
{
    for (const struct rl_cgroup *c = cgroup->parent; c; c = c->parent)
        if (c->hot)
            return false;
    return true;
}

static void write_tables(struct recorder *r, uint64_t now_us)
{
    struct rl_policy policy = {.name = "", .victim = {.model = rl_model_default()}};

    r->tables_us = now_us;
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(r->engine.watch, h));)
        if (is_topmost(h->cgroup))
            rl_decide(&r->engine, h, &policy, true);
}

/* Cgroups come and go: those that are not looked at yet are, from now on. */
static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct recorder *r = userdata;
    struct rl_cgroup *root = rl_tree_root(rl_watch_tree(r->engine.watch));
    sd_event *event = sd_event_source_get_event(source);
    uint64_t now = rl_now_us();

    if (*r->order->stopped || now >= r->order->until_us || rl_ring_failed(r->tracer.ring) < 0)
        return sd_event_exit(event, 0);
    for (struct rl_cgroup *c = root; c; c = rl_tree_next(root, c))
        if (!c->hot && is_wanted(r, c))
            rl_watch_heat(r->engine.watch, c);
    rl_watch_rearm(r->engine.watch);
    if (now - r->tables_us >= TABLES_US)
        write_tables(r, now);
    rl_ring_kick(r->tracer.ring);
    sd_event_source_set_time(source, now + LOOK_US);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* ---- life ---- */

static uint64_t wall_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * RL_US_PER_S + (uint64_t)ts.tv_nsec / 1000;
}

static void write_header(struct recorder *r)
{
    json_auto_t *json = json_pack("{s:s, s:i, s:s, s:o, s:I, s:i, s:i, s:o}", "type", "trace",
        "version", RL_TRACE_VERSION, "program", "reliefctl " RL_VERSION, "time",
        rl_json_time(wall_us()), "at_us", (json_int_t)rl_now_us(), "page_size",
        (int)r->probe.page_size, "cpus", (int)r->probe.cpus, "cgroups",
        rl_json_string(r->order->glob));
    rl_auto_free char *text = json ? rl_json_text(json) : NULL;

    if (text)
        rl_ring_text(r->tracer.ring, text);
}

static int open_all(struct recorder *r, int fd, sd_event *event)
{
    struct rl_watch_client client = {.on_new = on_cgroup,
        .on_gone = on_cgroup,
        .wants = wants,
        .on_level = on_level,
        .on_hot = on_hot,
        .on_cold = on_cold,
        .on_sample = on_sample,
        .on_look = on_look,
        .userdata = r};
    struct rl_extent extent = {
        .processes = RL_POOL_MOST, .kin = RL_KIN_MOST, .groups = 1024, .path_bytes = 256 * 1024};
    int result = rl_ring_new(fd, &r->tracer.ring);

    if (result < 0)
        return result;
    write_header(r);
    result = rl_self_find(r->probe.proc_fd, &r->engine.self);
    if (result >= 0)
        result = rl_scratch_init(&r->engine.scratch, &extent);
    if (result >= 0)
        result = rl_watch_new(event, &r->probe, &client, &r->engine.watch);
    if (result >= 0)
        result = sd_event_add_time(event, &r->looks, CLOCK_MONOTONIC, 0, 1000, on_time, r);
    return result;
}

static void close_all(struct recorder *r)
{
    sd_event_source_disable_unref(r->looks);
    r->engine.watch = rl_watch_free(r->engine.watch);
    rl_scratch_free(&r->engine.scratch);
    rl_ring_free(r->tracer.ring);
    rl_probe_close(&r->probe);
    free(r);
}

static int run(struct recorder *r, int fd)
{
    sd_event *event = NULL;
    int result = sd_event_new(&event);

    if (result < 0) {
        close(fd);
        return result;
    }
    result = open_all(r, fd, event);
    while (result >= 0 && sd_event_get_state(event) != SD_EVENT_FINISHED) {
        result = sd_event_run(event, UINT64_MAX);
        if (result == -EINTR)
            result = 0;
    }
    if (result >= 0 && rl_ring_failed(r->tracer.ring) < 0)
        result = rl_ring_failed(r->tracer.ring);
    close_all(r);
    sd_event_unref(event);
    return result;
}

int rl_record_directly(const struct rl_args *args, const struct rl_record_order *order, int fd)
{
    struct rl_roots roots = {
        .proc = args->common[RL_OPT_PROC_ROOT], .cgroup = args->common[RL_OPT_CGROUP_ROOT]};
    struct recorder *r = calloc(1, sizeof(*r));
    char proc[4096], cgroup[4096];
    int result;

    if (!r) {
        close(fd);
        return RL_EXIT_FAILURE;
    }
    if (args->common[RL_OPT_ROOT]) {
        snprintf(proc, sizeof(proc), "%s/proc", args->common[RL_OPT_ROOT]);
        snprintf(cgroup, sizeof(cgroup), "%s/sys/fs/cgroup", args->common[RL_OPT_ROOT]);
        roots = (struct rl_roots){.proc = proc, .cgroup = cgroup};
    }
    r->order = order;
    result = rl_probe_run(&roots, &r->probe);
    if (result < 0) {
        fprintf(stderr, "reliefctl record: %s\n",
            r->probe.fatal[0] ? r->probe.fatal : strerror(-result));
        rl_probe_close(&r->probe);
        close(fd);
        free(r);
        return RL_EXIT_FAILURE;
    }
    r->engine.options = (struct rl_engine_options){.probe = &r->probe, .settings = &r->settings};
    r->engine.procs = (struct rl_procs){
        .proc_fd = r->probe.proc_fd, .page_size = r->probe.page_size, .self = &r->engine.self};
    r->engine.trace = &r->tracer;
    result = run(r, fd);
    if (result < 0 && result != -EPIPE)
        fprintf(stderr, "reliefctl record: %s\n", strerror(-result));
    return result < 0 && result != -EPIPE ? RL_EXIT_FAILURE : RL_EXIT_OK;
}
