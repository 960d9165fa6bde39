/* The engine: what observe/ sees is judged and chosen by policy/, relieved by relieve/, and told
 * by report/. A sample or a decision goes that way once; nothing is asked back.
 *
 * At most RL_RUNNING_MAX incidents run at a time, and one only in any line of the tree: a second
 * one above or below waits until the first has ended. */
#pragma once

#include <systemd/sd-event.h>

#include "conf/load.h"
#include "daemon/observe/probe.h"
#include "daemon/report/bus.h"
#include "daemon/report/report.h"

#define RL_RUNNING_MAX 8

struct rl_engine;

struct rl_engine_options {
    const struct rl_probe *probe;       /* outlives the engine */
    struct rl_load_options policies;    /* pointers in it outlive the engine */
    struct rl_report *report;           /* not owned */
    const struct rl_settings *settings; /* outlives the engine */
    const char *state_dir;              /* grades of dry runs are kept there; NULL: nowhere */
    const char *runtime_dir;            /* NULL: nothing is remembered over a restart */
    const char *host_root; /* what /var/log/pods and other folders of the node are below, "" the
                            * system; NULL: they are not looked at */
    bool dry_run;          /* the command line says so */
    bool look_only;    /* no incident is ever opened, and nothing prepared for one: see look.h */
    const char *trace; /* file to write a trace to; NULL: none */
    void (*reloading)(void *userdata); /* policies are about to be read again; NULL: nobody asks */
    void *userdata;
};

/**
 * rl_engine_new() - load the policies, read the tree, open the gate
 * Return: 0, or -errno with the reason logged.
 */
int rl_engine_new(sd_event *event, const struct rl_engine_options *options, struct rl_engine **ret);
struct rl_engine *rl_engine_free(struct rl_engine *engine);

/* Where warnings are told, too; NULL: nowhere. Not owned, to be taken away before it is freed. */
void rl_engine_set_bus(struct rl_engine *engine, struct rl_bus *bus);

/* What is left to systemd-oomd; NULL: nothing. Not owned, to be taken away before it is freed. */
struct rl_compat_left;
void rl_engine_set_left(struct rl_engine *engine, const struct rl_compat_left *left);

/* Does an incident run? */
bool rl_engine_busy(const struct rl_engine *engine);

/* Read the policies again. A running incident keeps those it began with. Return: 0 or -errno; the
 * policies in force stay as they are then. */
int rl_engine_reload(struct rl_engine *engine);

/* How many policies are in force, for the status line. */
size_t rl_engine_policies(const struct rl_engine *engine);

/* What reliefctl asks for; userdata is the engine. See struct rl_bus_api. */
extern const struct rl_bus_api rl_engine_api;
extern const struct rl_bus_hand rl_engine_hand;
