/* Between hook.c in the daemon, the helper, and the minder that the helper forks for each hook.
 *
 * Daemon to helper, one packet for an order: struct rl_hook_head, then path, arguments and
 * variables, each with its NUL; with it go stdin and the minder's end of a pair of sockets.
 * Minder to daemon, over that pair: struct rl_hook_report, any number of lines and one end. If
 * either closes its end, the other one knows that it is alone.
 *
 * Helper and minders run in a fork, perhaps of a process with threads: no malloc, no stdio but
 * snprintf, no log. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/relieve/hook.h"

#define RL_HOOK_ORDER_MAX 32768 /* bytes of a packet */

/* What every hook finds in its environment, whoever runs it. */
#define RL_HOOK_FIXED                                                                              \
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8"

struct rl_hook_head {
    uint64_t limit_us;
    uint32_t n_args, n_variables;
    uint32_t only_check; /* whether it may be run */
};

enum rl_hook_word {
    RL_HOOK_SAYS,    /* text: a line of output; lost: how many were thrown away before the end */
    RL_HOOK_MAY_RUN, /* the end, where no more was asked */
    RL_HOOK_REFUSED, /* text: why the file is not trusted */
    RL_HOOK_NOT_STARTED, /* value: errno */
    RL_HOOK_EXITED,      /* value: exit status */
    RL_HOOK_SIGNALLED,   /* value: signal */
    RL_HOOK_LATE,        /* the limit was reached */
};

struct rl_hook_report {
    uint32_t word;
    int32_t value;
    uint32_t lost; /* with the end: lines thrown away */
    char text[RL_HOOK_LINE_MAX + 1];
};

/* An order on its way. */
struct rl_hook_packet {
    char *bytes; /* RL_HOOK_ORDER_MAX of them; NULL: none */
    size_t size;
    int input; /* stdin; -1: none */
};

/* An order as the minder has it: all of it points into the packet. */
struct rl_hook_task {
    const char *path;
    const char *argv[RL_HOOK_ARGS_MAX + 2];
    const char *environment[RL_HOOK_ARGS_MAX + 3];
    uint64_t limit_us;
    bool only_check;
    int input;     /* becomes stdin */
    int report;    /* to the daemon */
    int cgroup_fd; /* in which a cgroup is made for the hook; -1: none */
};

/* Put the strings of a packet into their places. Return: false when it is not whole. */
bool rl_hook_unpack(const char *packet, size_t size, struct rl_hook_task *ret);

/* The helper itself. requests: its end of the socket to the daemon, whose pid is given. */
_Noreturn void rl_hook_helper(int requests, int cgroup_fd, pid_t daemon);

/* Run one hook to its end; then all that is left of it is dead. */
void rl_hook_mind(const struct rl_hook_task *task);

/* Kill what is in the cgroup of the minder with this pid, and remove it. Waits, but not for long.
 */
void rl_hook_clear_cgroup(int cgroup_fd, pid_t minder);

/* Close it, if it is open; then it is -1. */
void rl_hook_close(int *fd);

/* A hook as a transient service of systemd. */
struct rl_hook_service;

#define RL_HOOK_NO_SERVICE 1

/* The end: EXITED, SIGNALLED, LATE, REFUSED; or NOT_STARTED: another way is to be taken. text: of
 * REFUSED and NOT_STARTED, for people. Valid during the call. */
typedef void (*rl_hook_service_done)(
    void *userdata, enum rl_hook_word word, int value, const char *text);

/**
 * rl_hook_service_new() - have systemd run a hook
 * @task: without report and cgroup_fd; not kept
 *
 * Return: 0: done will be called, once; RL_HOOK_NO_SERVICE: systemd is not there; -errno.
 */
int rl_hook_service_new(struct rl_units *units, const struct rl_hook_task *task,
    rl_hook_service_done done, void *userdata, struct rl_hook_service **ret);

/* Stop the service if it still runs; done is not called. NULL is allowed. Always returns NULL. */
struct rl_hook_service *rl_hook_service_free(struct rl_hook_service *service);
