#include "daemon/relieve/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>

#include "daemon/relieve/unit-private.h"
#include "daemon/report/log.h"
#include "daemon/report/text.h"

#define RETRY_US UINT64_C(60000000)

struct rl_unit_job {
    struct rl_units *units; /* NULL: the place is free */
    sd_bus_slot *call;      /* NULL once answered */
    sd_event_source *timer;
    rl_unit_done done;
    void *userdata;
    uint64_t limit_us;
    char path[64]; /* of the job; "" until it is known */
};

struct rl_units {
    sd_event *event;
    char *address;
    sd_bus *bus;
    sd_event_source *retry; /* on while there is no connection though one is wanted */
    sd_event_source *sweep; /* closes a connection outside of its own callbacks */
    struct rl_unit_job jobs[RL_UNIT_JOBS];
};

static void job_end(struct rl_unit_job *job)
{
    sd_bus_slot_unref(job->call);
    sd_event_source_disable_unref(job->timer);
    *job = (struct rl_unit_job){0};
}

/* The place is free before, for the next order. */
static void finish(struct rl_unit_job *job, enum rl_unit_result result, const char *why)
{
    rl_unit_done done = job->done;
    void *userdata = job->userdata;

    job_end(job);
    done(userdata, result, why);
}

static void finish_all(struct rl_units *units, enum rl_unit_result result, const char *why)
{
    for (size_t i = 0; i < RL_UNIT_JOBS; i++)
        if (units->jobs[i].units)
            finish(&units->jobs[i], result, why);
}

static void disconnect(struct rl_units *units)
{
    if (!units->bus)
        return;
    sd_bus_detach_event(units->bus);
    units->bus = sd_bus_close_unref(units->bus);
}

static int on_sweep(sd_event_source *source, void *userdata)
{
    struct rl_units *units = userdata;

    disconnect(units);
    finish_all(units, RL_UNIT_NO_SYSTEMD, "the bus is gone");
    sd_event_source_set_time_relative(units->retry, RETRY_US);
    sd_event_source_set_enabled(units->retry, SD_EVENT_ONESHOT);
    return 0;
}

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    struct rl_units *units = userdata;

    rl_warning("the connection to systemd is lost; it is made again within a minute");
    sd_event_source_set_enabled(units->sweep, SD_EVENT_ONESHOT);
    return 0;
}

static struct rl_unit_job *job_of_path(struct rl_units *units, const char *path)
{
    for (size_t i = 0; i < RL_UNIT_JOBS; i++)
        if (units->jobs[i].units && strcmp(units->jobs[i].path, path) == 0)
            return &units->jobs[i];
    return NULL;
}

static int on_job_removed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    const char *path, *unit, *result;
    char why[RL_TEXT_MAX];
    struct rl_unit_job *job;
    uint32_t id;

    if (sd_bus_message_read(message, "uoss", &id, &path, &unit, &result) < 0)
        return 0;
    job = job_of_path(userdata, path);
    if (!job)
        return 0; /* somebody else's */
    snprintf(why, sizeof(why), "systemd's job ended as \"%s\"", result);
    if (strcmp(result, "done") == 0)
        finish(job, RL_UNIT_DONE, "");
    else
        finish(job, RL_UNIT_FAILED, why);
    return 0;
}

/* Answered or refused, we hear of it in the first call that fails. */
static int ignore(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    return 0;
}

/* Signals that anybody else sends under systemd's name are kept from us by the bus, which knows who
 * owns the name. */
static int connect_bus(struct rl_units *units)
{
    sd_bus *bus;
    int r;

    if (units->address) {
        r = sd_bus_new(&units->bus);
        if (r < 0)
            return r;
        if ((r = sd_bus_set_address(units->bus, units->address)) < 0 ||
            (r = sd_bus_set_bus_client(units->bus, 1)) < 0 || (r = sd_bus_start(units->bus)) < 0)
            return r;
    } else {
        r = sd_bus_open_system(&units->bus);
        if (r < 0)
            return r;
    }
    bus = units->bus;
    if ((r = sd_bus_match_signal_async(bus, NULL, NULL, "/org/freedesktop/DBus/Local",
             "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, NULL, units)) < 0 ||
        (r = sd_bus_match_signal_async(bus, NULL, RL_SYSTEMD, RL_SYSTEMD_OBJECT, RL_SYSTEMD_MANAGER,
             "JobRemoved", on_job_removed, ignore, units)) < 0 ||
        (r = sd_bus_call_method_async(bus, NULL, RL_SYSTEMD, RL_SYSTEMD_OBJECT, RL_SYSTEMD_MANAGER,
             "Subscribe", ignore, NULL, "")) < 0)
        return r;
    return sd_bus_attach_event(bus, units->event, SD_EVENT_PRIORITY_NORMAL);
}

int rl_units_open(struct rl_units *units)
{
    int r;

    if (units->bus)
        return 0;
    if (!units->address && sd_booted() <= 0)
        return RL_UNIT_NO_SYSTEMD;
    r = connect_bus(units);
    if (r >= 0)
        return 0;
    disconnect(units);
    sd_event_source_set_time_relative(units->retry, RETRY_US);
    sd_event_source_set_enabled(units->retry, SD_EVENT_ONESHOT);
    return r == -ENOMEM ? r : RL_UNIT_NO_SYSTEMD;
}

static int on_retry(sd_event_source *source, uint64_t usec, void *userdata)
{
    rl_units_open(userdata);
    return 0;
}

int rl_units_new(sd_event *event, const struct rl_units_options *options, struct rl_units **ret)
{
    struct rl_units *units = calloc(1, sizeof(*units));
    int r = 0;

    if (!units)
        return -ENOMEM;
    units->event = sd_event_ref(event);
    if (options->address && !(units->address = strdup(options->address)))
        r = -ENOMEM;
    if (r >= 0)
        r = sd_event_add_time_relative(
            event, &units->retry, CLOCK_MONOTONIC, 0, 1000000, on_retry, units);
    if (r >= 0)
        r = sd_event_source_set_enabled(units->retry, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(event, &units->sweep, on_sweep, units);
    if (r >= 0)
        r = sd_event_source_set_enabled(units->sweep, SD_EVENT_OFF);
    if (r < 0) {
        rl_units_free(units);
        return r;
    }
    *ret = units;
    return 0;
}

struct rl_units *rl_units_free(struct rl_units *units)
{
    if (!units)
        return NULL;
    for (size_t i = 0; i < RL_UNIT_JOBS; i++)
        job_end(&units->jobs[i]);
    disconnect(units);
    sd_event_source_disable_unref(units->retry);
    sd_event_source_disable_unref(units->sweep);
    sd_event_unref(units->event);
    free(units->address);
    free(units);
    return NULL;
}

bool rl_units_ready(const struct rl_units *units)
{
    return units->bus && sd_bus_is_ready(units->bus) > 0;
}

sd_bus *rl_units_bus(struct rl_units *units)
{
    return units->bus;
}

/* What an error of the bus means to us; all others are failures. */
static enum rl_unit_result result_of(const sd_bus_error *error)
{
    static const struct {
        const char *name;
        enum rl_unit_result result;
    } errors[] = {
        {RL_SYSTEMD ".NoSuchUnit", RL_UNIT_NO_SUCH},
        {SD_BUS_ERROR_SERVICE_UNKNOWN, RL_UNIT_NO_SYSTEMD},
        {SD_BUS_ERROR_NAME_HAS_NO_OWNER, RL_UNIT_NO_SYSTEMD},
        {SD_BUS_ERROR_NO_REPLY, RL_UNIT_NO_SYSTEMD},
        {SD_BUS_ERROR_TIMEOUT, RL_UNIT_NO_SYSTEMD},
        {SD_BUS_ERROR_DISCONNECTED, RL_UNIT_NO_SYSTEMD},
    };

    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (sd_bus_error_has_name(error, errors[i].name))
            return errors[i].result;
    return RL_UNIT_FAILED;
}

static int on_reply(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    struct rl_unit_job *job = userdata;
    const sd_bus_error *error = sd_bus_message_get_error(reply);
    const char *path;

    job->call = sd_bus_slot_unref(job->call);
    if (error)
        finish(job, result_of(error), error->message ? error->message : error->name);
    else if (sd_bus_message_read(reply, "o", &path) < 0 || strlen(path) >= sizeof(job->path))
        finish(job, RL_UNIT_FAILED, "systemd's answer is not understood");
    else
        strcpy(job->path, path);
    return 0;
}

static int on_limit(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_unit_job *job = userdata;
    char limit[RL_TEXT_MAX], why[2 * RL_TEXT_MAX];

    rl_span_text(job->limit_us, limit, sizeof(limit));
    snprintf(why, sizeof(why), "systemd's job takes longer than %s", limit);
    finish(job, RL_UNIT_FAILED, why);
    return 0;
}

static struct rl_unit_job *free_place(struct rl_units *units)
{
    for (size_t i = 0; i < RL_UNIT_JOBS; i++)
        if (!units->jobs[i].units)
            return &units->jobs[i];
    return NULL;
}

int rl_unit_call(struct rl_units *units, sd_bus_message *call, uint64_t reply_us, uint64_t limit_us,
    rl_unit_done done, void *userdata, struct rl_unit_job **ret_job)
{
    struct rl_unit_job *job = free_place(units);
    int r;

    if (!job)
        return -EBUSY;
    *job = (struct rl_unit_job){
        .units = units,
        .done = done,
        .userdata = userdata,
        .limit_us = limit_us,
    };
    r = sd_event_add_time_relative(
        units->event, &job->timer, CLOCK_MONOTONIC, limit_us, 1000, on_limit, job);
    if (r >= 0)
        r = sd_bus_call_async(units->bus, &job->call, call, on_reply, job, reply_us);
    if (r < 0) {
        job_end(job);
        return r == -ENOTCONN || r == -ECONNRESET ? RL_UNIT_NO_SYSTEMD : r;
    }
    if (ret_job)
        *ret_job = job;
    return 0;
}

static bool is_unit_name(const char *unit)
{
    char name[RL_UNIT_NAME_MAX];

    return !strchr(unit, '/') && rl_unit_of_path(unit, name, sizeof(name)) == RL_UNIT_OURS;
}

static int order(struct rl_units *units, const char *method, const char *unit, uint64_t limit_us,
    rl_unit_done done, void *userdata, struct rl_unit_job **ret_job)
{
    sd_bus_message *call = NULL;
    int r;

    if (!is_unit_name(unit) || limit_us == 0)
        return -EINVAL;
    if (!units->bus)
        return RL_UNIT_NO_SYSTEMD;
    r = sd_bus_message_new_method_call(
        units->bus, &call, RL_SYSTEMD, RL_SYSTEMD_OBJECT, RL_SYSTEMD_MANAGER, method);
    if (r >= 0)
        r = sd_bus_message_append(call, "ss", unit, "replace");
    if (r >= 0)
        r = rl_unit_call(units, call, RL_SYSTEMD_REPLY_US, limit_us, done, userdata, ret_job);
    sd_bus_message_unref(call);
    return r;
}

int rl_unit_restart(struct rl_units *units, const char *unit, uint64_t limit_us, rl_unit_done done,
    void *userdata, struct rl_unit_job **ret_job)
{
    return order(units, "TryRestartUnit", unit, limit_us, done, userdata, ret_job);
}

int rl_unit_stop(struct rl_units *units, const char *unit, uint64_t limit_us, rl_unit_done done,
    void *userdata, struct rl_unit_job **ret_job)
{
    return order(units, "StopUnit", unit, limit_us, done, userdata, ret_job);
}

struct rl_unit_job *rl_unit_forget(struct rl_unit_job *job)
{
    if (job && job->units)
        job_end(job);
    return NULL;
}
