#include "daemon/report/bus.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "daemon/report/bus-methods.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/inlet.h"
#include "daemon/report/log.h"
#include "daemon/report/lowmem.h"
#include "daemon/report/system-door.h"

/* Whoever is not root shares what root leaves: root can always get through. */
#define PEERS_FOR_ROOT 4
#define PEERS_PER_USER 4

/* Messages that wait for a peer to read; it is dropped beyond. */
#define QUEUE_MAX 64

/* What somebody who is not root may ask. */
#define CALLS_PER_SECOND 50

/* A call of ours has some hundred bytes, at most a path more. */
#define BYTES_PER_CALL 65536

/* Whatever peers ask comes after what the machine's pressure asks. */
#define PRIORITY 100

enum { NAME_RELIEFD, NAME_LOWMEM, NAMES };

struct peer {
    struct rl_bus_door door; /* first: the methods know nothing else of a peer */
    struct rl_bus *owner;
    sd_bus *bus; /* NULL: the place is free */
    uid_t uid;
    bool dead;         /* to be freed outside of its own callbacks */
    uint64_t since_us; /* its calls are counted for a second from here */
    unsigned calls;
    struct rl_inlet inlet; /* for what may come up to the end of the next call */
};

struct rl_bus {
    sd_event *event;
    sd_event_source *listening;
    sd_event_source *sweep;
    struct rl_bus_api api;
    struct sockaddr_un address;
    bool bound;
    struct peer peers[RL_BUS_PEERS];
    struct rl_system_bus *system; /* NULL: not wanted */
    struct rl_system_door *door;  /* for what comes over it */
    struct rl_system_name names[NAMES];
};

/* A peer must not be freed while it is being dispatched: the sweep runs in the next turn. */
static void drop(struct peer *peer)
{
    peer->dead = true;
    sd_event_source_set_enabled(peer->owner->sweep, SD_EVENT_ONESHOT);
}

static void peer_free(struct peer *peer)
{
    rl_inlet_close(&peer->inlet);
    if (peer->bus) {
        sd_bus_detach_event(peer->bus);
        sd_bus_close_unref(peer->bus);
    }
    *peer = (struct peer){0};
}

static int on_sweep(sd_event_source *source, void *userdata)
{
    struct rl_bus *bus = userdata;

    for (size_t i = 0; i < RL_BUS_PEERS; i++) {
        if (bus->peers[i].dead)
            peer_free(&bus->peers[i]);
    }
    return 0;
}

static bool is_privileged(const struct peer *peer)
{
    return peer->uid == 0 || peer->uid == geteuid();
}

/* Does this peer read what it is sent? */
static bool keeps_up(struct peer *peer)
{
    uint64_t waiting = 0;

    return sd_bus_get_n_queued_write(peer->bus, &waiting) >= 0 && waiting <= QUEUE_MAX;
}

/* May this peer have an answer? One that does not read what it asked for, or that asks without end
 * and is not root, is dropped: answers cost the daemon time. */
static bool may_ask(struct rl_bus_door *door, sd_bus_message *call)
{
    struct peer *peer = (struct peer *)door;
    uint64_t now = 0;

    sd_event_now(peer->owner->event, CLOCK_MONOTONIC, &now);
    if (now - peer->since_us >= 1000000) {
        peer->since_us = now;
        peer->calls = 0;
    }
    peer->calls++;
    peer->inlet.left = BYTES_PER_CALL;
    if (!peer->dead && keeps_up(peer) && (is_privileged(peer) || peer->calls <= CALLS_PER_SECOND))
        return true;
    drop(peer);
    return false;
}

static bool may_read_files(struct rl_bus_door *door)
{
    return is_privileged((struct peer *)door);
}

static int act(struct rl_bus_door *door, sd_bus_message *call, const struct rl_bus_deed *deed)
{
    struct peer *peer = (struct peer *)door;

    if (!may_ask(door, call))
        return 1;
    if (is_privileged(peer))
        return deed->run(door, call, peer->uid);
    return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_ACCESS_DENIED, "%s", deed->refusal);
}

/* Clients made for a message bus (busctl) begin with these calls to the bus itself. */
static int on_hello(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return sd_bus_reply_method_return(call, "s", ":1.1");
}

static int on_match(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    return sd_bus_reply_method_return(call, "");
}

static const sd_bus_vtable driver_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Hello", "", "s", on_hello, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("AddMatch", "s", "", on_match, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_METHOD("RemoveMatch", "s", "", on_match, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    drop(userdata);
    return 0;
}

static void on_inlet_end(void *userdata)
{
    drop(userdata);
}

/* Set a connection up as the server's end. Takes the descriptor. Who the peer is was asked of the
 * kernel, so that what it says about itself does not matter (anonymous). */
static int peer_start(struct peer *peer, int client)
{
    sd_bus *bus = peer->bus;
    sd_id128_t id;
    int fd = -1, r;

    r = rl_inlet_open(&peer->inlet, peer->owner->event, PRIORITY, client, BYTES_PER_CALL,
        on_inlet_end, peer, &fd);
    if (r < 0) {
        close(client);
        return r;
    }
    if ((r = sd_bus_set_fd(bus, fd, client)) < 0) {
        close(fd);
        close(client);
        return r;
    }
    if ((r = sd_id128_randomize(&id)) < 0 || (r = sd_bus_set_server(bus, 1, id)) < 0 ||
        (r = sd_bus_set_anonymous(bus, 1)) < 0 || (r = sd_bus_negotiate_fds(bus, 0)) < 0 ||
        /* At the end of the daemon sd-bus would wait until the peer has read everything. */
        (r = sd_bus_set_close_on_exit(bus, 0)) < 0 ||
        (r = sd_bus_add_object_vtable(
             bus, NULL, RL_BUS_OBJECT, RL_BUS_INTERFACE, rl_bus_vtable, peer)) < 0 ||
        (r = sd_bus_add_object_vtable(bus, NULL, "/org/freedesktop/DBus", "org.freedesktop.DBus",
             driver_vtable, peer)) < 0 ||
        (r = sd_bus_match_signal_async(bus, NULL, NULL, "/org/freedesktop/DBus/Local",
             "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, NULL, peer)) < 0 ||
        (r = sd_bus_start(bus)) < 0)
        return r;
    return sd_bus_attach_event(bus, peer->owner->event, PRIORITY);
}

/* A place for one more connection of this user, NULL when there is none. */
static struct peer *free_place(struct rl_bus *bus, uid_t uid)
{
    struct peer *place = NULL;
    size_t same = 0, free_places = 0;

    for (size_t i = 0; i < RL_BUS_PEERS; i++) {
        if (!bus->peers[i].bus) {
            place = &bus->peers[i];
            free_places++;
        } else if (bus->peers[i].uid == uid) {
            same++;
        }
    }
    if (uid != 0 && (same >= PEERS_PER_USER || free_places <= PEERS_FOR_ROOT))
        return NULL;
    return place;
}

static int on_connection(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_bus *bus = userdata;
    struct ucred creds;
    socklen_t size = sizeof(creds);

    int client = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (client < 0)
        return 0; /* gone again, or no descriptor left: the rate limit keeps this from spinning */
    struct peer *peer = NULL;
    if (getsockopt(client, SOL_SOCKET, SO_PEERCRED, &creds, &size) == 0)
        peer = free_place(bus, creds.uid);
    if (!peer || sd_bus_new(&peer->bus) < 0) {
        close(client);
        return 0;
    }
    peer->door = (struct rl_bus_door){&bus->api, may_ask, may_read_files, act};
    peer->owner = bus;
    peer->uid = creds.uid;
    int r = peer_start(peer, client);
    if (r < 0) {
        rl_debug("A connection to the bus failed: %s", strerror(-r));
        peer_free(peer);
    }
    return 0;
}

/* Folders on the way to the socket, 0755. */
static int make_parents(const char *path)
{
    char folder[sizeof(((struct sockaddr_un *)NULL)->sun_path)];

    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        memcpy(folder, path, (size_t)(slash - path));
        folder[slash - path] = '\0';
        if (mkdir(folder, 0755) < 0 && errno != EEXIST)
            return -errno;
    }
    return 0;
}

/* Remove a socket file that nobody listens on any more. */
static int remove_old(const struct sockaddr_un *address)
{
    struct stat st;

    if (lstat(address->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode))
        return -EEXIST;
    rl_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)address, sizeof(*address)) == 0 || errno == EAGAIN)
        return -EADDRINUSE; /* another reliefd is alive */
    return unlink(address->sun_path) < 0 && errno != ENOENT ? -errno : 0;
}

static int listen_at(struct rl_bus *bus)
{
    const struct sockaddr_un *address = &bus->address;
    int r = make_parents(address->sun_path);
    if (r >= 0)
        r = remove_old(address);
    if (r < 0)
        return r;

    rl_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
        return -errno;
    bus->bound = true;
    if (chmod(address->sun_path, 0666) < 0 || listen(fd, RL_BUS_PEERS) < 0)
        return -errno;
    r = sd_event_add_io(bus->event, &bus->listening, fd, EPOLLIN, on_connection, bus);
    if (r < 0)
        return r;
    sd_event_source_set_io_fd_own(bus->listening, 1);
    fd = -1;
    sd_event_source_set_priority(bus->listening, PRIORITY);
    return sd_event_source_set_ratelimit(bus->listening, 1000000, 4 * RL_BUS_PEERS);
}

int rl_bus_new(sd_event *event, const char *path, const struct rl_bus_api *api, struct rl_bus **ret)
{
    struct rl_bus *bus = calloc(1, sizeof(*bus));
    int r;

    if (!bus)
        return -ENOMEM;
    bus->event = sd_event_ref(event);
    bus->api = *api;
    bus->address.sun_family = AF_UNIX;
    if (strlen(path) >= sizeof(bus->address.sun_path))
        r = -ENAMETOOLONG;
    else if ((r = sd_event_add_defer(event, &bus->sweep, on_sweep, bus)) >= 0 &&
             (r = sd_event_source_set_priority(bus->sweep, PRIORITY - 2)) >= 0 &&
             (r = sd_event_source_set_enabled(bus->sweep, SD_EVENT_OFF)) >= 0) {
        strcpy(bus->address.sun_path, path);
        r = listen_at(bus);
    }
    if (r < 0) {
        rl_bus_free(bus);
        return r;
    }
    *ret = bus;
    return 0;
}

struct rl_bus *rl_bus_free(struct rl_bus *bus)
{
    if (!bus)
        return NULL;
    for (size_t i = 0; i < RL_BUS_PEERS; i++)
        peer_free(&bus->peers[i]);
    rl_system_bus_free(bus->system);
    rl_system_door_free(bus->door);
    sd_event_source_disable_unref(bus->listening);
    sd_event_source_disable_unref(bus->sweep);
    if (bus->bound)
        unlink(bus->address.sun_path);
    sd_event_unref(bus->event);
    free(bus);
    return NULL;
}

static const sd_bus_vtable lowmem_vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_SIGNAL_WITH_ARGS("LowMemoryWarning", SD_BUS_ARGS("y", level), 0),
    SD_BUS_VTABLE_END,
};

int rl_bus_open_system(struct rl_bus *bus, const struct rl_system_bus_options *options)
{
    int r = rl_system_door_new(bus->event, &bus->api, &bus->door);

    if (r < 0)
        return r;
    bus->names[NAME_RELIEFD] = (struct rl_system_name){
        .name = RL_BUS_INTERFACE,
        .object = RL_BUS_OBJECT,
        .interface = RL_BUS_INTERFACE,
        .vtable = rl_bus_vtable,
        .userdata = rl_system_door_base(bus->door),
        .on_gone = rl_system_door_forget,
    };
    bus->names[NAME_LOWMEM] = (struct rl_system_name){
        .name = RL_LOWMEM_NAME,
        .object = RL_LOWMEM_OBJECT,
        .interface = RL_LOWMEM_INTERFACE,
        .vtable = lowmem_vtable,
        .yields = true,
        .later = true,
    };
    r = rl_system_bus_new(bus->event, options, bus->names, NAMES, &bus->system);
    if (r < 0)
        bus->door = rl_system_door_free(bus->door);
    return r;
}

void rl_bus_warn_programs(struct rl_bus *bus, bool wanted)
{
    if (bus->system)
        rl_system_bus_want(bus->system, NAME_LOWMEM, wanted);
}

void rl_bus_low_memory(struct rl_bus *bus, uint8_t level)
{
    if (bus->system)
        rl_system_bus_signal(bus->system, NAME_LOWMEM, "LowMemoryWarning", "y", level);
}

void rl_bus_calm(struct rl_bus *bus)
{
    if (bus->system)
        rl_system_bus_calm(bus->system);
}

static void emit(struct rl_bus *bus, const char *signal, const char *id, const char *json)
{
    for (size_t i = 0; i < RL_BUS_PEERS; i++) {
        struct peer *peer = &bus->peers[i];
        if (!peer->bus || peer->dead || sd_bus_is_ready(peer->bus) <= 0)
            continue;
        if (!keeps_up(peer) || sd_bus_emit_signal(peer->bus, RL_BUS_OBJECT, RL_BUS_INTERFACE,
                                   signal, "ss", id, json) < 0)
            drop(peer);
    }
    if (bus->system && rl_system_bus_owns(bus->system, NAME_RELIEFD))
        rl_system_bus_signal(bus->system, NAME_RELIEFD, signal, "ss", id, json);
}

void rl_bus_incident_started(struct rl_bus *bus, const char *id, const char *json)
{
    emit(bus, "IncidentStarted", id, json);
}

void rl_bus_incident_ended(struct rl_bus *bus, const char *id, const char *json)
{
    emit(bus, "IncidentEnded", id, json);
}

void rl_bus_warning(struct rl_bus *bus, const char *id, const char *json)
{
    emit(bus, "Warning", id, json);
}
