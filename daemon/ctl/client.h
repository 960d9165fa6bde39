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

/* The folder of incident files. */
const char *rl_client_state_dir(const struct rl_args *args);
