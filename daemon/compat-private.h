/* What the files of compat.h share. */
#pragma once

#include <systemd/sd-bus.h>

#include "conf/oomd-conf.h"
#include "daemon/compat.h"

#define RL_COMPAT_WATCHES                                                                          \
    256 /* units beyond it are asked only when systemd has read its files again */

struct rl_compat_asked {
    char *name, *path; /* of the unit, and of its object on the bus */
};

struct rl_compat {
    sd_event *event;
    struct rl_compat_options options;
    char *address, *folder;
    const char *const *control;
    struct rl_oomd_conf conf;
    struct rl_findings said; /* what is wrong in it */
    sd_bus *bus;
    sd_bus_slot *call;      /* the question that is waited for */
    sd_event_source *timer; /* next questions; without a bus: connect */
    sd_event_source *sweep;
    sd_event_source *watches[RL_COMPAT_WATCHES];
    size_t n_watches;
    struct rl_compat_asked *queue; /* units to be asked for, from `next` on */
    size_t n_queue, next;
    int property; /* asked for next, of queue[next] */
    struct rl_compat_unit answer;
    bool all;     /* all units are to be listed and asked for */
    bool whole;   /* they are: who is not seen has gone */
    bool more;    /* something has changed meanwhile */
    bool arrived; /* a folder of set-property, with what is in it by now */
    bool listing; /* the queue is being filled */
    bool listens; /* to what systemd tells of units */
    bool known;   /* all units have been asked for once: the folder holds what they ask for */
    bool said_full, said_files;
    struct rl_compat_left left;
};

/* ---- compat.c ---- */
void rl_compat_connect(struct rl_compat *compat);
void rl_compat_lost(struct rl_compat *compat);
/* Ask for all units, soon. */
void rl_compat_all(struct rl_compat *compat);
/* Ask soon, also for this unit unless it is NULL. */
void rl_compat_changed(struct rl_compat *compat, const char *unit);

/* ---- compat-files.c ---- */
/* Make the folder hold the policies of what is known, and touch only what differs. */
void rl_compat_files(struct rl_compat *compat);
/* Read oomd.conf. What is wrong in it is said. */
void rl_compat_read_conf(struct rl_compat *compat);
/* Watch the folders of set-property anew. */
void rl_compat_watch(struct rl_compat *compat);
void rl_compat_unwatch(struct rl_compat *compat);
