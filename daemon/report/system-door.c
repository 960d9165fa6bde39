#include "daemon/report/system-door.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/report/log.h"

#define DRIVER        "org.freedesktop.DBus"
#define DRIVER_OBJECT "/org/freedesktop/DBus"
#define POLKIT        "org.freedesktop.PolicyKit1"
#define POLKIT_OBJECT "/org/freedesktop/PolicyKit1/Authority"
#define AUTHORITY     POLKIT ".Authority"

/* Answers that wait for the bus to take them; beyond it nobody gets one. */
#define QUEUE_MAX 64

struct waiting {
    struct rl_system_door *owner;
    sd_bus_message *call; /* NULL: the place is free */
    sd_bus_slot *question;
    const struct rl_bus_deed *deed;
    uid_t user;
};

struct rl_system_door {
    struct rl_bus_door base; /* first */
    struct rl_bus_api api;
    sd_event *event;
    uint64_t since_us; /* calls are counted for a second from here */
    unsigned calls;
    struct waiting waiting[RL_DOOR_WAITING];
};

static bool may_ask(struct rl_bus_door *base, sd_bus_message *call)
{
    struct rl_system_door *door = (struct rl_system_door *)base;
    uint64_t now = 0, queued = 0;

    sd_event_now(door->event, CLOCK_MONOTONIC, &now);
    if (now - door->since_us >= 1000000) {
        door->since_us = now;
        door->calls = 0;
    }
    if (sd_bus_get_n_queued_write(sd_bus_message_get_bus(call), &queued) < 0 || queued > QUEUE_MAX)
        return false;
    if (door->calls++ < RL_DOOR_CALLS_PER_SECOND)
        return true;
    sd_bus_reply_method_errorf(call, SD_BUS_ERROR_LIMITS_EXCEEDED,
        "reliefd answers %u calls a second over the system bus, and no more",
        RL_DOOR_CALLS_PER_SECOND);
    return false;
}

static bool may_read_files(struct rl_bus_door *base)
{
    return false;
}

static void leave(struct waiting *waiting)
{
    sd_bus_slot_unref(waiting->question);
    sd_bus_message_unref(waiting->call);
    *waiting = (struct waiting){0};
}

static void refuse(struct waiting *waiting, const char *error, const char *why)
{
    sd_bus_reply_method_errorf(waiting->call, error, "%s%s", waiting->deed->refusal, why);
    leave(waiting);
}

/* The place is free before the deed is done, which may take long. */
static void run(struct waiting *waiting)
{
    struct waiting now = *waiting;

    *waiting = (struct waiting){0};
    int r = now.deed->run(&now.owner->base, now.call, now.user);
    if (r < 0)
        sd_bus_reply_method_errno(now.call, r, NULL);
    leave(&now);
}

/* What polkit says, or the bus of it: it may not know the action, or not be there. */
static void refuse_unanswered(struct waiting *waiting, sd_bus_message *answer)
{
    const sd_bus_error *error = sd_bus_message_get_error(answer);

    sd_bus_reply_method_errorf(waiting->call, SD_BUS_ERROR_ACCESS_DENIED,
        "%s (no decision of polkit: %s)", waiting->deed->refusal,
        error && error->message ? error->message : "its answer is not understood");
    leave(waiting);
}

static int on_decision(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    struct waiting *waiting = userdata;
    int authorized = 0, challenge = 0;

    if (sd_bus_message_is_method_error(answer, NULL) ||
        sd_bus_message_enter_container(answer, 'r', "bba{ss}") <= 0 ||
        sd_bus_message_read(answer, "bb", &authorized, &challenge) <= 0)
        refuse_unanswered(waiting, answer);
    else if (authorized)
        run(waiting);
    else if (challenge)
        refuse(
            waiting, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, ", or who polkit allows it");
    else
        refuse(waiting, SD_BUS_ERROR_ACCESS_DENIED, ", or who polkit allows it");
    return 1;
}

/* CheckAuthorization(subject, action, details, flags, cancellation id). */
static int ask_polkit(struct waiting *waiting)
{
    bool person = sd_bus_message_get_allow_interactive_authorization(waiting->call) > 0;
    sd_bus *bus = sd_bus_message_get_bus(waiting->call);
    sd_bus_message *question = NULL;
    int r = sd_bus_message_new_method_call(
        bus, &question, POLKIT, POLKIT_OBJECT, AUTHORITY, "CheckAuthorization");

    if (r >= 0)
        r = sd_bus_message_append(question, "(sa{sv})sa{ss}us", "system-bus-name", 1, "name", "s",
            sd_bus_message_get_sender(waiting->call), waiting->deed->action, 0,
            (uint32_t)(person ? 1 : 0), "");
    waiting->question = sd_bus_slot_unref(waiting->question);
    if (r >= 0)
        r = sd_bus_call_async(
            bus, &waiting->question, question, on_decision, waiting, person ? RL_DOOR_ASK_US : 0);
    sd_bus_message_unref(question);
    return r;
}

static int on_user(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    struct waiting *waiting = userdata;
    uint32_t user;

    if (sd_bus_message_is_method_error(answer, NULL) ||
        sd_bus_message_read(answer, "u", &user) <= 0) {
        refuse(waiting, SD_BUS_ERROR_ACCESS_DENIED, " (the bus does not say who asks)");
        return 1;
    }
    waiting->user = user;
    if (user == 0 || user == geteuid())
        run(waiting);
    else if (ask_polkit(waiting) < 0)
        refuse(waiting, SD_BUS_ERROR_ACCESS_DENIED, " (polkit cannot be asked)");
    return 1;
}

/* Return: NULL when this sender waits already, or too many do. */
static struct waiting *place_for(struct rl_system_door *door, const char *sender)
{
    struct waiting *place = NULL;

    for (size_t i = 0; i < RL_DOOR_WAITING; i++) {
        if (!door->waiting[i].call)
            place = &door->waiting[i];
        else if (strcmp(sd_bus_message_get_sender(door->waiting[i].call), sender) == 0)
            return NULL;
    }
    return place;
}

static int act(struct rl_bus_door *base, sd_bus_message *call, const struct rl_bus_deed *deed)
{
    struct rl_system_door *door = (struct rl_system_door *)base;
    const char *sender = sd_bus_message_get_sender(call);
    struct waiting *place;

    if (!may_ask(base, call))
        return 1;
    if (!deed->action || !sender)
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_NOT_SUPPORTED,
            "this goes over reliefd's own socket only: see reliefd(8)");
    place = place_for(door, sender);
    if (!place)
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_LIMITS_EXCEEDED,
            "you wait for a decision already, or too many others do");
    *place = (struct waiting){.owner = door, .call = sd_bus_message_ref(call), .deed = deed};
    int r = sd_bus_call_method_async(sd_bus_message_get_bus(call), &place->question, DRIVER,
        DRIVER_OBJECT, DRIVER, "GetConnectionUnixUser", on_user, place, "s", sender);
    if (r < 0)
        leave(place);
    return r < 0 ? r : 1;
}

int rl_system_door_new(sd_event *event, const struct rl_bus_api *api, struct rl_system_door **ret)
{
    struct rl_system_door *door = calloc(1, sizeof(*door));

    if (!door)
        return -ENOMEM;
    door->api = *api;
    door->base = (struct rl_bus_door){&door->api, may_ask, may_read_files, act};
    door->event = sd_event_ref(event);
    *ret = door;
    return 0;
}

struct rl_system_door *rl_system_door_free(struct rl_system_door *door)
{
    if (!door)
        return NULL;
    rl_system_door_forget(door);
    sd_event_unref(door->event);
    free(door);
    return NULL;
}

struct rl_bus_door *rl_system_door_base(struct rl_system_door *door)
{
    return &door->base;
}

void rl_system_door_forget(void *userdata)
{
    struct rl_system_door *door = userdata;

    for (size_t i = 0; i < RL_DOOR_WAITING; i++)
        leave(&door->waiting[i]);
}
