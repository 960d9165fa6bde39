#include "daemon/report/desktop.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-login.h>
#include <unistd.h>

#include "daemon/report/as-user.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/inlet.h"
#include "daemon/report/log.h"

#define NOTIFICATIONS        "org.freedesktop.Notifications"
#define NOTIFICATIONS_OBJECT "/org/freedesktop/Notifications"

#define PRIORITY 100
#define BODY_MAX 1024

/* One user's desktop. */
struct talk {
    struct rl_desktop *owner;
    uid_t user;
    uint32_t shown; /* the server's number of the notification that is shown; 0: none */
    bool known;     /* this place belongs to the user */
    bool over;      /* to be ended by the sweep */
    sd_bus *bus;    /* NULL: nothing is on its way */
    sd_event_source *deadline;
    struct rl_inlet inlet;
};

struct rl_desktop {
    sd_event *event;
    sd_event_source *sweep;
    struct rl_desktop_options options;
    int said; /* the errno that was last told of */
    struct talk talks[RL_DESKTOP_USERS];
};

/* A connection must not be ended in its own callbacks. */
static void end(struct talk *talk)
{
    talk->over = true;
    sd_event_source_set_enabled(talk->owner->sweep, SD_EVENT_ONESHOT);
}

static void hang_up(struct talk *talk)
{
    talk->over = false;
    talk->deadline = sd_event_source_disable_unref(talk->deadline);
    rl_inlet_close(&talk->inlet);
    if (talk->bus) {
        sd_bus_detach_event(talk->bus);
        talk->bus = sd_bus_close_unref(talk->bus);
    }
}

static int on_sweep(sd_event_source *source, void *userdata)
{
    struct rl_desktop *desktop = userdata;

    for (size_t i = 0; i < RL_DESKTOP_USERS; i++) {
        if (desktop->talks[i].over)
            hang_up(&desktop->talks[i]);
    }
    return 0;
}

static void on_end(void *userdata)
{
    end(userdata);
}

static int on_deadline(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct talk *talk = userdata;

    rl_debug("The desktop of user %u did not take a notification", talk->user);
    end(talk);
    return 0;
}

static int on_message(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    if (sd_bus_message_is_signal(message, "org.freedesktop.DBus.Local", "Disconnected"))
        end(userdata);
    return 0;
}

static int on_shown(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    struct talk *talk = userdata;

    talk->shown = 0;
    if (sd_bus_message_is_method_error(answer, NULL))
        rl_debug("The desktop of user %u refused a notification: %s", talk->user,
            sd_bus_message_get_error(answer)->name);
    else
        sd_bus_message_read(answer, "u", &talk->shown);
    end(talk);
    return 1;
}

/* Takes the descriptor. */
static int start(struct talk *talk, int fd)
{
    sd_event *event = talk->owner->event;
    int in = -1, r;

    r = rl_inlet_open(&talk->inlet, event, PRIORITY, fd, RL_DESKTOP_BYTES, on_end, talk, &in);
    if (r < 0 || (r = sd_bus_new(&talk->bus)) < 0 || (r = sd_bus_set_fd(talk->bus, in, fd)) < 0) {
        close(fd);
        if (in >= 0)
            close(in);
        return r;
    }
    if ((r = sd_bus_set_bus_client(talk->bus, 1)) < 0 ||
        (r = sd_bus_set_close_on_exit(talk->bus, 0)) < 0 ||
        (r = sd_bus_negotiate_fds(talk->bus, 0)) < 0 ||
        (r = sd_bus_add_filter(talk->bus, NULL, on_message, talk)) < 0 ||
        (r = sd_bus_start(talk->bus)) < 0 ||
        (r = sd_bus_attach_event(talk->bus, event, PRIORITY)) < 0 ||
        (r = sd_event_add_time_relative(event, &talk->deadline, CLOCK_MONOTONIC,
             talk->owner->options.timeout_us, 0, on_deadline, talk)) < 0)
        return r;
    return sd_event_source_set_priority(talk->deadline, PRIORITY);
}

static int call_notify(struct talk *talk, bool urgent, const char *summary, const char *body)
{
    sd_bus_message *call = NULL;
    int r = sd_bus_message_new_method_call(
        talk->bus, &call, NOTIFICATIONS, NOTIFICATIONS_OBJECT, NOTIFICATIONS, "Notify");

    /* Name, what it replaces, icon, texts, no actions, hints, the server's own time to show it. */
    if (r >= 0)
        r = sd_bus_message_append(call, "susssasa{sv}i", "reliefd", talk->shown, "dialog-warning",
            summary, body, 0, 1, "urgency", "y", urgent ? 2 : 1, -1);
    if (r >= 0)
        r = sd_bus_call_async(
            talk->bus, NULL, call, on_shown, talk, talk->owner->options.timeout_us);
    sd_bus_message_unref(call);
    return r;
}

/* Servers take the body for markup where they know some. */
static void to_markup(const char *text, char *buf, size_t size)
{
    size_t n = 0;

    for (; *text; text++) {
        char one[2] = {*text, '\0'};
        const char *put = *text == '&'   ? "&amp;"
                          : *text == '<' ? "&lt;"
                          : *text == '>' ? "&gt;"
                                         : one;
        size_t len = strlen(put);
        if (n + len >= size)
            break;
        memcpy(buf + n, put, len);
        n += len;
    }
    /* Not in the middle of a character: the bus refuses what is not UTF-8. */
    if (*text) {
        while (n > 0 && ((unsigned char)*text & 0xc0) == 0x80) {
            text--;
            n--;
        }
    }
    buf[n] = '\0';
}

/* The user's own place, else one of somebody to whom nothing is on its way. */
static struct talk *place_for(struct rl_desktop *desktop, uid_t user)
{
    struct talk *place = NULL;

    for (size_t i = 0; i < RL_DESKTOP_USERS; i++) {
        struct talk *talk = &desktop->talks[i];
        if (talk->known && talk->user == user)
            return talk;
        if (!talk->bus && (!place || (place->known && !talk->known)))
            place = talk;
    }
    if (place)
        *place = (struct talk){.owner = desktop, .user = user, .known = true};
    return place;
}

static void say_failed(struct rl_desktop *desktop, uid_t user, int error)
{
    const char *hint = error == -EPERM    ? ": reliefd needs CAP_SETUID for it"
                       : error == -ENOENT ? ": there is none, or ProtectHome= hides it"
                                          : "";

    if (desktop->said != error)
        rl_info("No notification on the desktop of user %u (connecting to its session bus: %s%s)",
            user, strerror(-error), hint);
    desktop->said = error;
}

static void notify_user(
    struct rl_desktop *desktop, uid_t user, bool urgent, const char *summary, const char *body)
{
    const char *run_dir = desktop->options.run_dir ? desktop->options.run_dir : "/run/user";
    struct talk *talk = place_for(desktop, user);
    char path[4096];
    int r;

    if (!talk || talk->bus)
        return;
    snprintf(path, sizeof(path), "%s/%u/bus", run_dir, user);
    r = rl_connect_as(user, path);
    if (r >= 0)
        r = start(talk, r);
    if (r >= 0)
        r = call_notify(talk, urgent, summary, body);
    if (r < 0) {
        hang_up(talk);
        say_failed(desktop, user, r);
        return;
    }
}

/* Is this a session that somebody has before his eyes? */
static bool is_seen(const char *session)
{
    static const char *const types[] = {"x11", "wayland", "mir"};
    rl_auto_free char *type = NULL, *class = NULL;
    bool graphical = false;

    if (sd_session_is_active(session) <= 0 || sd_session_get_type(session, &type) < 0 ||
        sd_session_get_class(session, &class) < 0)
        return false;
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
        graphical = graphical || strcmp(type, types[i]) == 0;
    return graphical && strcmp(class, "user") == 0;
}

/* logind's files below /run, which are read without asking it. */
static size_t logind_users(uid_t *users, size_t max, void *userdata)
{
    char **sessions = NULL;
    int n = sd_get_sessions(&sessions);
    size_t found = 0;

    for (int i = 0; i < n; i++) {
        uid_t user;
        bool twice = false;
        if (found < max && is_seen(sessions[i]) && sd_session_get_uid(sessions[i], &user) >= 0) {
            for (size_t j = 0; j < found; j++)
                twice = twice || users[j] == user;
            if (!twice)
                users[found++] = user;
        }
        free(sessions[i]);
    }
    free(sessions);
    return found;
}

int rl_desktop_new(
    sd_event *event, const struct rl_desktop_options *options, struct rl_desktop **ret)
{
    struct rl_desktop *desktop = calloc(1, sizeof(*desktop));
    int r;

    if (!desktop)
        return -ENOMEM;
    desktop->event = sd_event_ref(event);
    desktop->options = *options;
    if (!desktop->options.users)
        desktop->options.users = logind_users;
    if (desktop->options.timeout_us == 0)
        desktop->options.timeout_us = RL_DESKTOP_US;
    if ((r = sd_event_add_defer(event, &desktop->sweep, on_sweep, desktop)) < 0 ||
        (r = sd_event_source_set_priority(desktop->sweep, PRIORITY - 2)) < 0 ||
        (r = sd_event_source_set_enabled(desktop->sweep, SD_EVENT_OFF)) < 0) {
        rl_desktop_free(desktop);
        return r;
    }
    *ret = desktop;
    return 0;
}

struct rl_desktop *rl_desktop_free(struct rl_desktop *desktop)
{
    if (!desktop)
        return NULL;
    for (size_t i = 0; i < RL_DESKTOP_USERS; i++)
        hang_up(&desktop->talks[i]);
    sd_event_source_disable_unref(desktop->sweep);
    sd_event_unref(desktop->event);
    free(desktop);
    return NULL;
}

void rl_desktop_notify(
    struct rl_desktop *desktop, bool urgent, const char *summary, const char *body)
{
    uid_t users[RL_DESKTOP_USERS];
    size_t n = desktop->options.users(users, RL_DESKTOP_USERS, desktop->options.userdata);
    char markup[BODY_MAX];

    to_markup(body, markup, sizeof(markup));
    for (size_t i = 0; i < n; i++)
        notify_user(desktop, users[i], urgent, summary, markup);
}

bool rl_desktop_busy(const struct rl_desktop *desktop)
{
    for (size_t i = 0; i < RL_DESKTOP_USERS; i++) {
        if (desktop->talks[i].bus)
            return true;
    }
    return false;
}
