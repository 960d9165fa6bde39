/* Finding the record of an incident, wherever it is. */
#pragma once

#include <jansson.h>

#include "daemon/ctl/ctl.h"

/* The newest record: the daemon's, or that of the files when it is down. What is wrong is said on
 * stderr. Return: RL_EXIT_OK with *ret a new reference, else the exit code. */
int rl_find_last(const struct rl_args *args, json_t **ret);

/* A record by its id: the file where it may be read, else what the daemon tells to anyone. As
 * above. */
int rl_find_record(const struct rl_args *args, const char *id, json_t **ret);
