#include "daemon/report/bus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/log.h"

#define OBJECT    "/org/reliefd1"
#define INTERFACE "org.reliefd1"
#define FAILED    INTERFACE ".Error.Failed"

/* Whoever is not root shares what root leaves: root can always get through. */
#define PEERS_FOR_ROOT 4
#define PEERS_PER_USER 4

/* Incidents that anyone may ask for at a time: RL_REPORT_RECENT. */
#define UNPRIVILEGED_INCIDENTS 32

/* Messages that wait for a peer to read; it is dropped beyond. */
#define QUEUE_MAX 64

/* What somebody who is not root may ask. */
#define CALLS_PER_SECOND 50

/* A call of ours has some hundred bytes, at most a path more. */
#define BYTES_PER_CALL 65536

/* Whatever peers ask comes after what the machine's pressure asks. */
#define PRIORITY 100

struct peer {
    struct rl_bus *owner;
    sd_bus *bus; /* NULL: the place is free */
    uid_t uid;
    bool dead;         /* to be freed outside of its own callbacks */
    uint64_t since_us; /* its calls are counted for a second from here */
    unsigned calls;
    sd_event_source *intake; /* what the peer sends, on its way to inlet */
    int inlet;               /* where sd-bus reads it; -1 without */
    size_t bytes;            /* that came since the last whole call */
};

struct rl_bus {
    sd_event *event;
    sd_event_source *listening;
    sd_event_source *sweep;
    struct rl_bus_api api;
    struct sockaddr_un address;
    bool bound;
    struct peer peers[RL_BUS_PEERS];
};

/* A peer must not be freed while it is being dispatched: the sweep runs in the next turn. */
static void drop(struct peer *peer)
{
    peer->dead = true;
    sd_event_source_set_enabled(peer->owner->sweep, SD_EVENT_ONESHOT);
}

static void peer_free(struct peer *peer)
{
    sd_event_source_disable_unref(peer->intake);
    if (peer->bus) {
        sd_bus_detach_event(peer->bus);
        sd_bus_close_unref(peer->bus);
        if (peer->inlet >= 0)
            close(peer->inlet);
    }
    *peer = (struct peer){.inlet = -1};
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
static bool may_ask(struct peer *peer)
{
    uint64_t now = 0;

    sd_event_now(peer->owner->event, CLOCK_MONOTONIC, &now);
    if (now - peer->since_us >= 1000000) {
        peer->since_us = now;
        peer->calls = 0;
    }
    peer->calls++;
    peer->bytes = 0;
    if (!peer->dead && keeps_up(peer) && (is_privileged(peer) || peer->calls <= CALLS_PER_SECOND))
        return true;
    drop(peer);
    return false;
}

/* Answer with a JSON text, or with the sentence that says why there is none. Takes json. */
static int reply(struct peer *peer, sd_bus_message *call, char *json, const char *error)
{
    rl_auto_free char *owned = json;

    if (!owned)
        return sd_bus_reply_method_errorf(call, FAILED, "%s", error ? error : "out of memory");
    return sd_bus_reply_method_return(call, "s", owned);
}

static int on_status(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL;

    if (!may_ask(peer))
        return 1;
    char *json = api->status(api->userdata, &error);
    return reply(peer, call, json, error);
}

static int on_policies(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL;

    if (!may_ask(peer))
        return 1;
    char *json = api->policies(api->userdata, &error);
    return reply(peer, call, json, error);
}

static int on_grades(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL;

    if (!may_ask(peer))
        return 1;
    char *json = api->grades(api->userdata, &error);
    return reply(peer, call, json, error);
}

static int on_metrics(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL;

    if (!may_ask(peer))
        return 1;
    char *text = api->metrics(api->userdata, &error);
    return reply(peer, call, text, error);
}

static int on_explain(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL, *what;
    int r = sd_bus_message_read(call, "s", &what);

    if (!may_ask(peer))
        return 1;
    if (r < 0)
        return r;
    char *json = api->explain(api->userdata, what, &error);
    return reply(peer, call, json, error);
}

static int on_incidents(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL;
    uint32_t max;
    int r = sd_bus_message_read(call, "u", &max);

    if (!may_ask(peer))
        return 1;
    if (r < 0)
        return r;
    /* More than memory holds means reading files, which is not for everyone to ask for. */
    if (!is_privileged(peer) && max > UNPRIVILEGED_INCIDENTS)
        max = UNPRIVILEGED_INCIDENTS;
    char *json = api->incidents(api->userdata, max, &error);
    return reply(peer, call, json, error);
}

static int on_reload(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL;

    if (!may_ask(peer))
        return 1;
    if (!is_privileged(peer))
        return sd_bus_reply_method_errorf(
            call, SD_BUS_ERROR_ACCESS_DENIED, "only root may reload the policies");
    int r = api->reload(api->userdata, &error);
    if (r < 0)
        return sd_bus_reply_method_errorf(call, FAILED, "%s", error ? error : strerror(-r));
    return sd_bus_reply_method_return(call, "");
}

/* May this peer act by hand? Return: 1; 0 when it got another answer; -errno. */
static int may_act(struct peer *peer, sd_bus_message *call)
{
    if (!may_ask(peer))
        return 0;
    if (is_privileged(peer) && peer->owner->api.hand)
        return 1;
    int r = sd_bus_reply_method_errorf(call, SD_BUS_ERROR_ACCESS_DENIED,
        "only root may do this by hand, or the user that reliefd runs as");
    return r < 0 ? r : 0;
}

static int on_pause(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL, *policy, *cgroup;
    uint64_t length_us;

    int r = sd_bus_message_read(call, "sst", &policy, &cgroup, &length_us);
    if (r < 0 || (r = may_act(peer, call)) <= 0)
        return r < 0 ? r : 1;
    char *json = api->hand->pause(api->userdata, peer->uid, policy, cgroup, length_us, &error);
    return reply(peer, call, json, error);
}

static int on_resume(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL, *policy, *cgroup;

    int r = sd_bus_message_read(call, "ss", &policy, &cgroup);
    if (r < 0 || (r = may_act(peer, call)) <= 0)
        return r < 0 ? r : 1;
    char *json = api->hand->resume(api->userdata, peer->uid, policy, cgroup, &error);
    return reply(peer, call, json, error);
}

static int on_relieve(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    struct rl_bus_relief relief = {0};
    const char *error = NULL;
    int look_only = 1;

    int r = sd_bus_message_read(
        call, "sssb", &relief.cgroup, &relief.step, &relief.expected, &look_only);
    if (r < 0 || (r = may_act(peer, call)) <= 0)
        return r < 0 ? r : 1;
    relief.look_only = look_only;
    char *json = api->hand->relieve(api->userdata, peer->uid, &relief, &error);
    return reply(peer, call, json, error);
}

static int on_try(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL, *policy, *cgroup;

    int r = sd_bus_message_read(call, "ss", &policy, &cgroup);
    if (r < 0 || (r = may_act(peer, call)) <= 0)
        return r < 0 ? r : 1;
    char *json = api->hand->try_policy(api->userdata, peer->uid, policy, cgroup, &error);
    return reply(peer, call, json, error);
}

static int on_record(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct peer *peer = userdata;
    const struct rl_bus_api *api = &peer->owner->api;
    const char *error = NULL, *fifo;

    int r = sd_bus_message_read(call, "s", &fifo);
    if (r < 0 || (r = may_act(peer, call)) <= 0)
        return r < 0 ? r : 1;
    char *json = api->hand->record(api->userdata, peer->uid, fifo, &error);
    return reply(peer, call, json, error);
}

static int get_version(sd_bus *connection, const char *path, const char *interface,
    const char *property, sd_bus_message *reply_message, void *userdata, sd_bus_error *ret_error)
{
    return sd_bus_message_append(reply_message, "s", RL_VERSION);
}

/* Unprivileged: who may do what is decided by the peer's uid in the handlers. */
static const sd_bus_vtable vtable[] = {
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

static int on_intake(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct peer *peer = userdata;
    char bytes[4096];
    ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n > 0)
        peer->bytes += (size_t)n;
    if (n <= 0 || peer->bytes > BYTES_PER_CALL ||
        send(peer->inlet, bytes, (size_t)n, MSG_DONTWAIT | MSG_NOSIGNAL) != n)
        drop(peer);
    return 0;
}

/**
 * peer_intake() - let what a peer sends pass through our hands
 * @ret_fd: where sd-bus reads it, owned by the caller
 *
 * sd-bus would take in a message of 128 MB from anyone, into memory that is locked and belongs to
 * a process that nobody may kill. Answers go out on the connection itself.
 */
static int peer_intake(struct peer *peer, int client, int *ret_fd)
{
    int pair[2];

    /* A descriptor of its own, since sd-bus puts the client's into the event loop, too. */
    rl_auto_fd int own = fcntl(client, F_DUPFD_CLOEXEC, 3);
    if (own < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    peer->inlet = pair[0];
    int r = sd_event_add_io(peer->owner->event, &peer->intake, own, EPOLLIN, on_intake, peer);
    if (r < 0) {
        close(pair[1]);
        return r;
    }
    sd_event_source_set_io_fd_own(peer->intake, 1);
    own = -1;
    sd_event_source_set_priority(peer->intake, PRIORITY);
    *ret_fd = pair[1];
    return 0;
}

/* Set a connection up as the server's end. Takes the descriptor. Who the peer is was asked of the
 * kernel, so that what it says about itself does not matter (anonymous). */
static int peer_start(struct peer *peer, int client)
{
    sd_bus *bus = peer->bus;
    sd_id128_t id;
    int fd = -1, r;

    if ((r = peer_intake(peer, client, &fd)) < 0) {
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
        (r = sd_bus_add_object_vtable(bus, NULL, OBJECT, INTERFACE, vtable, peer)) < 0 ||
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
    peer->owner = bus;
    peer->inlet = -1;
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
    sd_event_source_disable_unref(bus->listening);
    sd_event_source_disable_unref(bus->sweep);
    if (bus->bound)
        unlink(bus->address.sun_path);
    sd_event_unref(bus->event);
    free(bus);
    return NULL;
}

static void emit(struct rl_bus *bus, const char *signal, const char *id, const char *json)
{
    for (size_t i = 0; i < RL_BUS_PEERS; i++) {
        struct peer *peer = &bus->peers[i];
        if (!peer->bus || peer->dead || sd_bus_is_ready(peer->bus) <= 0)
            continue;
        if (!keeps_up(peer) ||
            sd_bus_emit_signal(peer->bus, OBJECT, INTERFACE, signal, "ss", id, json) < 0)
            drop(peer);
    }
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
