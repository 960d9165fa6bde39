/* The present as JSON, from reliefd or, where it does not run or other files are meant, from our
 * own look: both are made by the same functions. */
#pragma once

#include <jansson.h>

#include "daemon/ctl/observer.h"
#include "daemon/ctl/signs.h"

struct rl_present_json {
    json_t *json;    /* owned by the caller */
    bool from_files; /* and not from a running reliefd */
    bool down;       /* reliefd was looked for and does not run */
};

/**
 * rl_present_status() - what Status answers; with "running", and "signs" of the machine
 * @ret: also what rl_signs_print() wants
 *
 * From files there is "stalling" too: cgroups with pressure, worst first, as in top. Return:
 * RL_EXIT_OK, else an exit code after saying why. That reliefd does not run is said on stderr.
 */
int rl_present_status(const struct rl_args *args, const char *policy_dir,
    struct rl_present_json *ret, struct rl_signs *ret_signs);

/**
 * rl_present_explain() - what Explain answers
 * @what: a path, "pid:N"; "" for all that are under pressure
 * @for_us: from files: look for so long before, so that windows fill
 */
int rl_present_explain(const struct rl_args *args, const char *policy_dir, const char *what,
    uint64_t for_us, struct rl_present_json *ret);

/* RL_EXIT_DOWN where reliefd was looked for and does not run. */
int rl_present_exit(const struct rl_present_json *present);
