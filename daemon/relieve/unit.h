/* The system's service manager, over D-Bus: units restarted, stopped and started.
 *
 * Connecting, asking and waiting are all asynchronous, and every question has a time limit: a bus
 * that hangs costs an answer, never time. Nothing is asked that the caller did not order. Where
 * there is no systemd, or it does not answer, that is a result and no error: the next step of the
 * ladder follows.
 *
 * The connection is made by rl_units_open(), at start or when a policy first needs it, not when
 * memory is short. One that is lost is made again by itself, once a minute.
 *
 * Managers of users are none of our business: they are asked for nothing. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#define RL_UNIT_JOBS     16  /* at a time */
#define RL_UNIT_NAME_MAX 256 /* with its NUL */

struct rl_units_options {
    const char *address; /* of the bus; NULL: the system bus, if systemd manages this machine.
                          * Copied */
};

enum rl_unit_result {
    RL_UNIT_DONE = 0,
    RL_UNIT_NO_SYSTEMD, /* there is none, or it does not answer */
    RL_UNIT_NO_SUCH,    /* it knows no such unit */
    RL_UNIT_FAILED,     /* refused, failed, or not done within the limit */
};

/* why: of anything but DONE, for people; "" else. Valid during the call, which may give new orders.
 * It must not free the units. */
typedef void (*rl_unit_done)(void *userdata, enum rl_unit_result result, const char *why);

struct rl_units;
struct rl_unit_job;

/* No connection yet. Return: 0 or -errno. */
int rl_units_new(sd_event *event, const struct rl_units_options *options, struct rl_units **ret);

/* done is called no more; what systemd was asked to do it does. NULL is allowed. Always returns
 * NULL. */
struct rl_units *rl_units_free(struct rl_units *units);

/* Connect, or do nothing if that is done. What fails is tried again, once a minute. Return: 0: on
 * its way; RL_UNIT_NO_SYSTEMD: nobody is there now; -errno. */
int rl_units_open(struct rl_units *units);

/* Is somebody there who is likely to answer? */
bool rl_units_ready(const struct rl_units *units);

/**
 * rl_unit_restart() - restart a unit, if it runs
 * @unit:     its name, as rl_unit_of_path() gives it
 * @limit_us: from now until the end of the job; above 0
 * @done:     called once from the event loop
 * @ret_job:  valid until done is called; may be NULL
 *
 * One that has stopped meanwhile is left alone: it may have been stopped on purpose. Return: 0;
 * RL_UNIT_NO_SYSTEMD: nobody to ask, done is not called; -EINVAL: no name of a unit, no limit;
 * -EBUSY: RL_UNIT_JOBS are waited for; another -errno.
 */
int rl_unit_restart(struct rl_units *units, const char *unit, uint64_t limit_us, rl_unit_done done,
    void *userdata, struct rl_unit_job **ret_job);

/* Likewise: stop it. */
int rl_unit_stop(struct rl_units *units, const char *unit, uint64_t limit_us, rl_unit_done done,
    void *userdata, struct rl_unit_job **ret_job);

/* Do not call done. NULL is allowed. Always returns NULL. */
struct rl_unit_job *rl_unit_forget(struct rl_unit_job *job);

enum rl_unit_owner {
    RL_UNIT_OURS = 0, /* a unit of the system's manager */
    RL_UNIT_NONE,     /* in no service or scope: a slice, or a tree that systemd does not manage */
    RL_UNIT_NOT_OURS, /* of a manager further down: a user's, or one inside a container */
};

/**
 * rl_unit_of_path() - the service or scope that a cgroup belongs to
 * @path: below the cgroup2 mount, with or without a leading /
 * @buf:  gets the name for OURS; RL_UNIT_NAME_MAX bytes are always enough
 *
 * As systemd v252 finds it (cg_path_get_unit() in src/basic/cgroup-util.c): the first component
 * that is no slice. A cgroup that the unit has made for itself belongs to it; one that looks like a
 * unit again belongs to another manager, whose units ours does not know.
 */
enum rl_unit_owner rl_unit_of_path(const char *path, char *buf, size_t size);
