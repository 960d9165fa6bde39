/* What the files of compat.h share. */
#pragma once

#include <systemd/sd-bus.h>

#include "conf/oomd-conf.h"
#include "daemon/compat.h"

/* Folders of units that are watched: inotify's watches are for others, too. What set-property does
 * to units beyond them is noticed only when systemd has read its files again. */
#define RL_COMPAT_WATCHES_MAX 4096

#define RL_COMPAT_CONTROL_MAX 3

struct rl_compat_asked {
    char *name, *path; /* of the unit, and of its object on the bus */
};

struct rl_compat {
    sd_event *event;
    struct rl_compat_options options;
    char *address, *oomd_address, *folder;
    char *control[RL_COMPAT_CONTROL_MAX + 1]; /* folders of set-property, NULL-terminated */
    struct rl_oomd_conf conf;
    struct rl_findings said; /* what is wrong in it */
    sd_bus *bus;
    sd_bus *oomd;      /* where systemd-oomd has its name; the same one but for a user's instance */
    sd_bus_slot *call; /* the question that is waited for */
    sd_event_source *timer; /* next questions; without a bus: connect */
    sd_event_source *sweep;
    sd_event_source **watches;
    size_t n_watches, size_watches;
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
    bool stale;   /* folders of set-property have come or gone since they were watched */
    bool said_full, said_files, said_watches;
    struct rl_compat_left left;
};

/* ---- compat.c ---- */
void rl_compat_connect(struct rl_compat *compat);
void rl_compat_lost(struct rl_compat *compat);
/* Ask for all units, soon. */
void rl_compat_all(struct rl_compat *compat);
/* Ask soon, also for this unit unless it is NULL. */
void rl_compat_changed(struct rl_compat *compat, const char *unit);

/* ---- compat-bus.c ---- */
/* Both buses. Return: 0; -errno. */
int rl_compat_open(struct rl_compat *compat);
void rl_compat_close(struct rl_compat *compat);

/* ---- compat-files.c ---- */
/* Make the folder hold the policies of what is known, and touch only what differs. */
void rl_compat_files(struct rl_compat *compat);
/* Read oomd.conf. What is wrong in it is said. */
void rl_compat_read_conf(struct rl_compat *compat);
/* Find the folders of set-property. Return: 0; -ENOMEM. */
int rl_compat_find_control(struct rl_compat *compat);
/* Watch them anew. */
void rl_compat_watch(struct rl_compat *compat);
void rl_compat_unwatch(struct rl_compat *compat);
