/* A hook as a transient service: in a cgroup, with limits and a log that systemd keeps for it. */
#include "daemon/relieve/hook-private.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/relieve/unit-private.h"

/* When systemd has not even taken the order by then, the helper does it. */
#define REPLY_US UINT64_C(200000)

/* The daemon's own clock ends the hook; systemd's is there should the daemon not live. */
#define SLACK_US UINT64_C(1000000)

#define UNIT_OBJECTS RL_SYSTEMD_OBJECT "/unit"
#define SERVICE      RL_SYSTEMD ".Service"

struct rl_hook_service {
    struct rl_units *units;
    struct rl_unit_job *job; /* NULL: it has ended */
    sd_bus *bus;             /* referenced */
    sd_bus_slot *changes;
    rl_hook_service_done done;
    void *userdata;
    char name[64];
    bool over;            /* nothing of it runs any more */
    int32_t code, status; /* of the main process, as waitid() has them */
};

/* systemd replaces $NAME in arguments of a service by its environment; $$ stands for one $. What a
 * cgroup is called would else become text of a shell. */
static int append_literally(sd_bus_message *call, const char *arg)
{
    char *text = malloc(2 * strlen(arg) + 1);
    size_t n = 0;
    int r;

    if (!text)
        return -ENOMEM;
    for (; *arg; arg++) {
        if (*arg == '$')
            text[n++] = '$';
        text[n++] = *arg;
    }
    text[n] = '\0';
    r = sd_bus_message_append(call, "s", text);
    free(text);
    return r;
}

static int append_exec(sd_bus_message *call, const struct rl_hook_task *task)
{
    int r;

    if ((r = sd_bus_message_open_container(call, 'r', "sv")) < 0 ||
        (r = sd_bus_message_append(call, "s", "ExecStart")) < 0 ||
        (r = sd_bus_message_open_container(call, 'v', "a(sasb)")) < 0 ||
        (r = sd_bus_message_open_container(call, 'a', "(sasb)")) < 0 ||
        (r = sd_bus_message_open_container(call, 'r', "sasb")) < 0 ||
        (r = sd_bus_message_append(call, "s", task->path)) < 0 ||
        (r = sd_bus_message_open_container(call, 'a', "s")) < 0)
        return r;
    for (const char *const *arg = task->argv; *arg; arg++)
        if ((r = append_literally(call, *arg)) < 0)
            return r;
    if ((r = sd_bus_message_close_container(call)) < 0 ||
        (r = sd_bus_message_append(call, "b", 0)) < 0)
        return r;
    for (int depth = 0; depth < 4; depth++)
        if ((r = sd_bus_message_close_container(call)) < 0)
            return r;
    return 0;
}

static int append_environment(sd_bus_message *call, const struct rl_hook_task *task)
{
    int r;

    if ((r = sd_bus_message_open_container(call, 'r', "sv")) < 0 ||
        (r = sd_bus_message_append(call, "s", "Environment")) < 0 ||
        (r = sd_bus_message_open_container(call, 'v', "as")) < 0 ||
        (r = sd_bus_message_open_container(call, 'a', "s")) < 0)
        return r;
    for (const char *const *v = task->environment; *v; v++)
        if ((r = sd_bus_message_append(call, "s", *v)) < 0)
            return r;
    for (int depth = 0; depth < 3; depth++)
        if ((r = sd_bus_message_close_container(call)) < 0)
            return r;
    return 0;
}

/* Oneshot: the job ends when the hook does. One that fails is forgotten by systemd at once, and has
 * told its status before. */
static int append_properties(sd_bus_message *call, const struct rl_hook_task *task)
{
    int r = sd_bus_message_append(call, "(sv)(sv)(sv)(sv)(sv)(sv)(sv)(sv)", "Description", "s",
        "Hook of reliefd", "Type", "s", "oneshot", "CollectMode", "s", "inactive-or-failed",
        "StandardInputFileDescriptor", "h", task->input, "TimeoutStartUSec", "t",
        task->limit_us + SLACK_US, "TimeoutStopUSec", "t", SLACK_US, "KillSignal", "i",
        (int32_t)SIGKILL, "UMask", "u", (uint32_t)077);

    if (r >= 0)
        r = append_exec(call, task);
    return r < 0 ? r : append_environment(call, task);
}

static int make_call(
    const struct rl_hook_service *service, const struct rl_hook_task *task, sd_bus_message **ret)
{
    sd_bus_message *call = NULL;
    int r = sd_bus_message_new_method_call(service->bus, &call, RL_SYSTEMD, RL_SYSTEMD_OBJECT,
        RL_SYSTEMD_MANAGER, "StartTransientUnit");

    if (r >= 0)
        r = sd_bus_message_append(call, "ss", service->name, "fail");
    if (r >= 0)
        r = sd_bus_message_open_container(call, 'a', "(sv)");
    if (r >= 0)
        r = append_properties(call, task);
    if (r >= 0)
        r = sd_bus_message_close_container(call);
    if (r >= 0)
        r = sd_bus_message_append(call, "a(sa(sv))", 0);
    if (r < 0) {
        sd_bus_message_unref(call);
        return r;
    }
    *ret = call;
    return 0;
}

/* One property of {sv}: an int32 that is looked for, or something else. */
static int take_property(sd_bus_message *message, struct rl_hook_service *service)
{
    const char *name;
    int r = sd_bus_message_read(message, "s", &name);

    if (r < 0)
        return r;
    if (strcmp(name, "ExecMainCode") == 0)
        return sd_bus_message_read(message, "v", "i", &service->code);
    if (strcmp(name, "ExecMainStatus") == 0)
        return sd_bus_message_read(message, "v", "i", &service->status);
    return sd_bus_message_skip(message, "v");
}

static int on_changes(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    struct rl_hook_service *service = userdata;
    const char *interface;

    if (sd_bus_message_read(message, "s", &interface) < 0 || strcmp(interface, SERVICE) != 0 ||
        sd_bus_message_enter_container(message, 'a', "{sv}") < 0)
        return 0;
    while (sd_bus_message_enter_container(message, 'e', "sv") > 0)
        if (take_property(message, service) < 0 || sd_bus_message_exit_container(message) < 0)
            break;
    return 0;
}

static void on_job(void *userdata, enum rl_unit_result result, const char *why)
{
    struct rl_hook_service *service = userdata;

    service->job = NULL;
    service->over = result == RL_UNIT_DONE || service->code != 0;
    if (result == RL_UNIT_DONE)
        service->done(service->userdata, RL_HOOK_EXITED, 0, "");
    else if (result == RL_UNIT_FAILED && service->code == CLD_EXITED)
        service->done(service->userdata, RL_HOOK_EXITED, service->status, "");
    else if (result == RL_UNIT_FAILED && service->code != 0)
        service->done(service->userdata, RL_HOOK_SIGNALLED, service->status, "");
    else
        service->done(service->userdata, RL_HOOK_NOT_STARTED, 0, why);
}

static int watch_changes(struct rl_hook_service *service)
{
    char *path = NULL;
    int r = sd_bus_path_encode(UNIT_OBJECTS, service->name, &path);

    if (r >= 0)
        r = sd_bus_match_signal_async(service->bus, &service->changes, RL_SYSTEMD, path,
            "org.freedesktop.DBus.Properties", "PropertiesChanged", on_changes, NULL, service);
    free(path);
    return r;
}

int rl_hook_service_new(struct rl_units *units, const struct rl_hook_task *task,
    rl_hook_service_done done, void *userdata, struct rl_hook_service **ret)
{
    static unsigned counter;
    struct rl_hook_service *service;
    sd_bus_message *call = NULL;
    int r;

    if (!rl_units_ready(units))
        return RL_HOOK_NO_SERVICE;
    service = calloc(1, sizeof(*service));
    if (!service)
        return -ENOMEM;
    service->units = units;
    service->bus = sd_bus_ref(rl_units_bus(units));
    service->done = done;
    service->userdata = userdata;
    snprintf(service->name, sizeof(service->name), "reliefd-hook-%d-%u.service", (int)getpid(),
        counter++);
    r = watch_changes(service);
    if (r >= 0)
        r = make_call(service, task, &call);
    if (r >= 0)
        r = rl_unit_call(
            units, call, REPLY_US, task->limit_us + 2 * SLACK_US, on_job, service, &service->job);
    sd_bus_message_unref(call);
    if (r != 0) {
        rl_hook_service_free(service);
        return r > 0 ? RL_HOOK_NO_SERVICE : r;
    }
    *ret = service;
    return 0;
}

/* Also when systemd did not answer in time: should it wake up yet, it stops what it has started. */
struct rl_hook_service *rl_hook_service_free(struct rl_hook_service *service)
{
    if (!service)
        return NULL;
    rl_unit_forget(service->job);
    if (!service->over)
        sd_bus_call_method_async(service->bus, NULL, RL_SYSTEMD, RL_SYSTEMD_OBJECT,
            RL_SYSTEMD_MANAGER, "StopUnit", NULL, NULL, "ss", service->name, "replace");
    sd_bus_slot_unref(service->changes);
    sd_bus_unref(service->bus);
    free(service);
    return NULL;
}
