/* org.reliefd1 on a private unix socket: sd-bus peer to peer, so that it works without a system
 * bus and inside a container. Where there is a system bus, the same goes over that, too.
 *
 * The bus knows nothing of the engine: it is given functions that answer in JSON. At most
 * RL_BUS_PEERS connections at a time; a peer that does not read is dropped. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "daemon/report/system-bus.h"

#define RL_BUS_PEERS 16

/* What Relieve is called with; "" where nothing is said. */
struct rl_bus_relief {
    const char *cgroup;   /* a path, or "pid:N" */
    const char *step;     /* this one only, by its name */
    const char *expected; /* "pid:N" or a cgroup: refuse when another one would be chosen */
    bool look_only;       /* answer what would be done, and do nothing */
};

/* What only root, or the user that the daemon runs as, may do. uid is the caller's; answers as
 * below. */
struct rl_bus_hand {
    char *(*pause)(void *userdata, uid_t uid, const char *policy, const char *cgroup,
        uint64_t length_us, const char **ret_error);
    /* both "": all pauses */
    char *(*resume)(
        void *userdata, uid_t uid, const char *policy, const char *cgroup, const char **ret_error);
    char *(*relieve)(
        void *userdata, uid_t uid, const struct rl_bus_relief *relief, const char **ret_error);
    char *(*try_policy)(
        void *userdata, uid_t uid, const char *policy, const char *cgroup, const char **ret_error);
    /* Write a trace to a FIFO in the folder of the socket, which the caller has opened for reading,
     * until he is gone. */
    char *(*record)(void *userdata, uid_t uid, const char *fifo, const char **ret_error);
};

/* Each returns a malloc'ed JSON text (ownership goes to the caller) or NULL with *ret_error set to
 * a static sentence. */
struct rl_bus_api {
    char *(*status)(void *userdata, const char **ret_error);
    char *(*policies)(void *userdata, const char **ret_error);
    /* what: a cgroup path, "pid:N", or "" for every subject */
    char *(*explain)(void *userdata, const char *what, const char **ret_error);
    /* newest first, at most max */
    char *(*incidents)(void *userdata, unsigned max, const char **ret_error);
    /* Return: 0 or -errno; *ret_error as above */
    int (*reload)(void *userdata, const char **ret_error);
    void *userdata;
    const struct rl_bus_hand *hand; /* outlives the bus */
    /* what became of dry runs, as STATE_DIR/grades.json */
    char *(*grades)(void *userdata, const char **ret_error);
    /* not JSON: Prometheus' text format */
    char *(*metrics)(void *userdata, const char **ret_error);
};

struct rl_bus;

/**
 * rl_bus_new() - listen on PATH (an old socket file of ours is replaced, folders are made 0755)
 * Return: 0, or -errno with nothing left behind.
 */
int rl_bus_new(
    sd_event *event, const char *path, const struct rl_bus_api *api, struct rl_bus **ret);
struct rl_bus *rl_bus_free(struct rl_bus *bus);

/**
 * rl_bus_open_system() - serve on the system bus, too, as org.reliefd1; once
 * @options: its address must outlive the bus
 *
 * Never waits for that bus, nor does anything else here: it may be absent, hang, or go and come
 * back. Who is not root asks polkit there before he acts: daemon/report/system-door.h.
 * Return: 0, also where there is none; -errno when memory or descriptors are out.
 */
int rl_bus_open_system(struct rl_bus *bus, const struct rl_system_bus_options *options);

/* For programs that listen to org.freedesktop.LowMemoryMonitor on the system bus: take that name,
 * or give it up; tell them; a calm moment to see to what failed. Nothing without a system bus. */
void rl_bus_warn_programs(struct rl_bus *bus, bool wanted);
void rl_bus_low_memory(struct rl_bus *bus, uint8_t level);
void rl_bus_calm(struct rl_bus *bus);

/* Signals to all peers and over the system bus; json is the incident record. Never blocks. */
void rl_bus_incident_started(struct rl_bus *bus, const char *id, const char *json);
void rl_bus_incident_ended(struct rl_bus *bus, const char *id, const char *json);

/* The same for a step that warns; id of the incident, json as in reliefd(8). */
void rl_bus_warning(struct rl_bus *bus, const char *id, const char *json);
