#include "daemon/report/bus-methods.h"

#include <string.h>

#include "daemon/report/cleanup.h"

#define FAILED RL_BUS_INTERFACE ".Error.Failed"

/* Incidents that anyone may ask for at a time: RL_REPORT_RECENT. */
#define UNPRIVILEGED_INCIDENTS 32

/* Answer with a JSON text, or with the sentence that says why there is none. Takes json. */
static int reply(sd_bus_message *call, char *json, const char *error)
{
    rl_auto_free char *owned = json;

    if (!owned)
        return sd_bus_reply_method_errorf(call, FAILED, "%s", error ? error : "out of memory");
    return sd_bus_reply_method_return(call, "s", owned);
}

static int on_status(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct rl_bus_door *door = userdata;
    const char *error = NULL;

    if (!door->may_ask(door, call))
        return 1;
    char *text = door->api->status(door->api->userdata, &error);
    return reply(call, text, error);
}

static int on_policies(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct rl_bus_door *door = userdata;
    const char *error = NULL;

    if (!door->may_ask(door, call))
        return 1;
    char *text = door->api->policies(door->api->userdata, &error);
    return reply(call, text, error);
}

static int on_grades(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct rl_bus_door *door = userdata;
    const char *error = NULL;

    if (!door->may_ask(door, call))
        return 1;
    char *text = door->api->grades(door->api->userdata, &error);
    return reply(call, text, error);
}

static int on_metrics(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct rl_bus_door *door = userdata;
    const char *error = NULL;

    if (!door->may_ask(door, call))
        return 1;
    char *text = door->api->metrics(door->api->userdata, &error);
    return reply(call, text, error);
}

static int on_explain(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct rl_bus_door *door = userdata;
    const char *error = NULL, *what;
    int r = sd_bus_message_read(call, "s", &what);

    if (!door->may_ask(door, call))
        return 1;
    if (r < 0)
        return r;
    char *json = door->api->explain(door->api->userdata, what, &error);
    return reply(call, json, error);
}

static int on_incidents(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct rl_bus_door *door = userdata;
    const char *error = NULL;
    uint32_t max;
    int r = sd_bus_message_read(call, "u", &max);

    if (!door->may_ask(door, call))
        return 1;
    if (r < 0)
        return r;
    /* More than memory holds means reading files, which is not for everyone to ask for. */
    if (max > UNPRIVILEGED_INCIDENTS && !door->may_read_files(door))
        max = UNPRIVILEGED_INCIDENTS;
    char *json = door->api->incidents(door->api->userdata, max, &error);
    return reply(call, json, error);
}

static int run_reload(struct rl_bus_door *door, sd_bus_message *call, uid_t user)
{
    const char *error = NULL;
    int r = door->api->reload(door->api->userdata, &error);

    if (r < 0)
        return sd_bus_reply_method_errorf(call, FAILED, "%s", error ? error : strerror(-r));
    return sd_bus_reply_method_return(call, "");
}

static int run_pause(struct rl_bus_door *door, sd_bus_message *call, uid_t user)
{
    const struct rl_bus_api *api = door->api;
    const char *error = NULL, *policy, *cgroup;
    uint64_t length_us;

    int r = sd_bus_message_read(call, "sst", &policy, &cgroup, &length_us);
    if (r < 0)
        return r;
    char *json = api->hand->pause(api->userdata, user, policy, cgroup, length_us, &error);
    return reply(call, json, error);
}

static int run_resume(struct rl_bus_door *door, sd_bus_message *call, uid_t user)
{
    const struct rl_bus_api *api = door->api;
    const char *error = NULL, *policy, *cgroup;

    int r = sd_bus_message_read(call, "ss", &policy, &cgroup);
    if (r < 0)
        return r;
    char *json = api->hand->resume(api->userdata, user, policy, cgroup, &error);
    return reply(call, json, error);
}

static int run_relieve(struct rl_bus_door *door, sd_bus_message *call, uid_t user)
{
    const struct rl_bus_api *api = door->api;
    struct rl_bus_relief relief = {0};
    const char *error = NULL;
    int look_only = 1;

    int r = sd_bus_message_read(
        call, "sssb", &relief.cgroup, &relief.step, &relief.expected, &look_only);
    if (r < 0)
        return r;
    relief.look_only = look_only;
    char *json = api->hand->relieve(api->userdata, user, &relief, &error);
    return reply(call, json, error);
}

static int run_try(struct rl_bus_door *door, sd_bus_message *call, uid_t user)
{
    const struct rl_bus_api *api = door->api;
    const char *error = NULL, *policy, *cgroup;

    int r = sd_bus_message_read(call, "ss", &policy, &cgroup);
    if (r < 0)
        return r;
    char *json = api->hand->try_policy(api->userdata, user, policy, cgroup, &error);
    return reply(call, json, error);
}

static int run_record(struct rl_bus_door *door, sd_bus_message *call, uid_t user)
{
    const struct rl_bus_api *api = door->api;
    const char *error = NULL, *fifo;

    int r = sd_bus_message_read(call, "s", &fifo);
    if (r < 0)
        return r;
    char *json = api->hand->record(api->userdata, user, fifo, &error);
    return reply(call, json, error);
}

#define BY_HAND "only root may do this by hand, or the user that reliefd runs as"

/* What takes the same decision of an administrator has the same action. */
static const struct rl_bus_deed reload = {
    RL_BUS_INTERFACE ".reload", "only root may reload the policies", run_reload};
static const struct rl_bus_deed pause_deed = {RL_BUS_INTERFACE ".pause", BY_HAND, run_pause};
static const struct rl_bus_deed resume = {RL_BUS_INTERFACE ".pause", BY_HAND, run_resume};
static const struct rl_bus_deed relieve = {RL_BUS_INTERFACE ".relieve", BY_HAND, run_relieve};
static const struct rl_bus_deed try_deed = {RL_BUS_INTERFACE ".relieve", BY_HAND, run_try};
static const struct rl_bus_deed record = {NULL, BY_HAND, run_record};

static int act_by_hand(
    struct rl_bus_door *door, sd_bus_message *call, const struct rl_bus_deed *deed)
{
    if (door->api->hand)
        return door->act(door, call, deed);
    if (!door->may_ask(door, call))
        return 1;
    return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_ACCESS_DENIED, "%s", deed->refusal);
}

static int on_reload(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct rl_bus_door *door = userdata;

    return door->act(door, call, &reload);
}

static int on_pause(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return act_by_hand(userdata, call, &pause_deed);
}

static int on_resume(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return act_by_hand(userdata, call, &resume);
}

static int on_relieve(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return act_by_hand(userdata, call, &relieve);
}

static int on_try(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return act_by_hand(userdata, call, &try_deed);
}

static int on_record(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return act_by_hand(userdata, call, &record);
}

static int get_version(sd_bus *connection, const char *path, const char *interface,
    const char *property, sd_bus_message *reply_message, void *userdata, sd_bus_error *ret_error)
{
    return sd_bus_message_append(reply_message, "s", RL_VERSION);
}

/* Unprivileged: who may do what is decided by the door. The same stands, with words, in
 * contrib/dbus/org.reliefd1.xml. */
const sd_bus_vtable rl_bus_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD_WITH_ARGS(
        "Status", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), on_status, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Policies", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), on_policies,
        SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Explain", SD_BUS_ARGS("s", what), SD_BUS_RESULT("s", json), on_explain,
        SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Incidents", SD_BUS_ARGS("u", max), SD_BUS_RESULT("s", json),
        on_incidents, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS(
        "Grades", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", json), on_grades, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Metrics", SD_BUS_NO_ARGS, SD_BUS_RESULT("s", text), on_metrics,
        SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS(
        "Reload", SD_BUS_NO_ARGS, SD_BUS_NO_RESULT, on_reload, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Pause", SD_BUS_ARGS("s", policy, "s", cgroup, "t", length_us),
        SD_BUS_RESULT("s", json), on_pause, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Resume", SD_BUS_ARGS("s", policy, "s", cgroup),
        SD_BUS_RESULT("s", json), on_resume, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Relieve",
        SD_BUS_ARGS("s", cgroup, "s", step, "s", expected, "b", look_only),
        SD_BUS_RESULT("s", json), on_relieve, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Try", SD_BUS_ARGS("s", policy, "s", cgroup), SD_BUS_RESULT("s", json),
        on_try, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD_WITH_ARGS("Record", SD_BUS_ARGS("s", fifo), SD_BUS_RESULT("s", json), on_record,
        SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_PROPERTY("Version", "s", get_version, 0, SD_BUS_VTABLE_PROPERTY_CONST),
    SD_BUS_SIGNAL_WITH_ARGS("IncidentStarted", SD_BUS_ARGS("s", id, "s", json), 0),
    SD_BUS_SIGNAL_WITH_ARGS("IncidentEnded", SD_BUS_ARGS("s", id, "s", json), 0),
    SD_BUS_SIGNAL_WITH_ARGS("Warning", SD_BUS_ARGS("s", id, "s", json), 0),
    SD_BUS_VTABLE_END,
};
