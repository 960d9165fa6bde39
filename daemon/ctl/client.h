/* Asking the daemon, over its private socket. */
#pragma once

#include <jansson.h>
#include <systemd/sd-bus.h>

#include "daemon/ctl/ctl.h"

/**
 * rl_client_open() - connect
 * Return: 0, -ENOENT when nobody listens there, other -errno. Nothing is printed.
 */
int rl_client_open(const struct rl_args *args, sd_bus **ret);

/* Say on stderr why rl_client_open() failed and what to do. Return: the exit code. */
int rl_client_say(const struct rl_args *args, int error);

/**
 * rl_client_ask() - connect, call a method that answers in JSON, parse the answer
 * @types: of the arguments, as for sd_bus_call_method(); "" for none
 *
 * What goes wrong is said on stderr. Return: RL_EXIT_OK with *ret a new reference, else the exit
 * code.
 */
int rl_client_ask(
    const struct rl_args *args, json_t **ret, const char *method, const char *types, ...);

/* As rl_client_ask(), for a method without arguments whose answer is a text and no JSON; *ret is
 * malloc'ed. */
int rl_client_text(const struct rl_args *args, char **ret, const char *method);

/**
 * rl_client_call() - as rl_client_ask(), over a connection that stays open
 */
int rl_client_call(sd_bus *bus, json_t **ret, const char *method, const char *types, ...);

/* A record that the daemon has sent: when its first step was taken (open), and when it has ended.
 * Valid during the call only. */
typedef void (*rl_client_record)(void *userdata, const json_t *record);

/* Hear of incidents from now on, while the connection is processed. Return: 0 or -errno. */
int rl_client_listen(sd_bus *bus, rl_client_record on_record, void *userdata);

/**
 * rl_client_wait() - process a connection until something happened, for at most so long
 * Return: 0; -EINTR: a signal came; -ENOTCONN: the daemon is gone; other -errno.
 */
int rl_client_wait(sd_bus *bus, uint64_t most_us);

/* The folder of the daemon's socket. */
const char *rl_client_runtime_dir(const struct rl_args *args);

/* The folder of incident files. */
const char *rl_client_state_dir(const struct rl_args *args);
