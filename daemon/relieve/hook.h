/* Hooks: programs of the operator that are run while an incident lasts.
 *
 * A hook is never on the path of the memory that it should save. The daemon neither forks nor execs
 * under pressure: a helper process, forked at start while the daemon is small, does it for each
 * hook. Where systemd answers, the hook runs as a transient service instead (options.units), after
 * the helper has looked at the file.
 *
 * What a hook gets: the path and arguments of the policy; PATH, LANG=C.UTF-8 and the variables of
 * the order, nothing else of the environment; the input as stdin, which may be read at any time or
 * not at all; "/" as working folder, umask 077, oom_score_adj 0, nice 0, a session of its own,
 * default signals, and no descriptor but 0, 1 and 2. What it writes goes to the log, line by line.
 *
 * What it may do: run for the limit, and no longer. When its first process ends or the limit is
 * reached, all that it has started is killed, also what has left its session. When the daemon ends,
 * however it ends, the helper and its hooks end as well; a service of systemd that the daemon could
 * not stop any more ends by its limit.
 *
 * Who may be a hook: a file as rl_open() trusts it (conf/open.h), looked at just before it is run.
 *
 * All functions belong to the thread of the event loop; none waits for anybody, but rl_hooks_free()
 * for RL_HOOK_JOIN_US at most. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#define RL_HOOKS_MAX         8                    /* at a time */
#define RL_HOOK_ARGS_MAX     32                   /* arguments, and as many variables */
#define RL_HOOK_INPUT_MAX    (1024 * 1024)        /* bytes of stdin */
#define RL_HOOK_LIMIT_MAX_US UINT64_C(3600000000) /* an hour */
#define RL_HOOK_LINE_MAX     512                  /* bytes of a line; the rest of it is cut off */
#define RL_HOOK_LINES_MAX    32                   /* lines of one hook; the rest is thrown away */
#define RL_HOOK_JOIN_US      UINT64_C(1000000)

/* Exit status by which a hook protects the victim. */
#define RL_HOOK_VETO_STATUS 10

struct rl_units;

struct rl_hooks_options {
    int cgroup_fd; /* reliefd's own cgroup if it may make cgroups there, else -1; borrowed */
    struct rl_units *units; /* systemd, to be asked first; NULL: the helper alone. Outlives hooks */
};

struct rl_hook_order {
    const char *path;               /* absolute */
    const char *const *args;        /* NULL-terminated, without the program; NULL: none */
    const char *const *environment; /* "RELIEFD_NAME=value", NULL-terminated; NULL: none */
    const char *input;              /* stdin: the incident as JSON */
    size_t input_size;
    uint64_t limit_us; /* 1 .. RL_HOOK_LIMIT_MAX_US */
};

enum rl_hook_outcome {
    RL_HOOK_GO_ON,   /* exit status 0 */
    RL_HOOK_VETO,    /* exit status RL_HOOK_VETO_STATUS */
    RL_HOOK_FAILED,  /* any other end; refused; could not be started */
    RL_HOOK_TIME_UP, /* ended by the limit */
};

struct rl_hook_result {
    enum rl_hook_outcome outcome;
    int status;       /* of the exit; -1 when it did not exit */
    uint64_t took_us; /* since the order */
    const char *why;  /* of FAILED, for people: "exit status 3"; "" else. Valid during the call */
};

/* It may give new orders and cancel others. It must not free the hooks. */
typedef void (*rl_hook_done)(void *userdata, const struct rl_hook_result *result);

struct rl_hooks;
struct rl_hook_run;

/**
 * rl_hooks_new() - fork the helper
 *
 * To be called before memory is locked and before it grows. Return: 0 or -errno.
 */
int rl_hooks_new(sd_event *event, const struct rl_hooks_options *options, struct rl_hooks **ret);

/* End the helper and all hooks; done is called no more. NULL is allowed. Always returns NULL. */
struct rl_hooks *rl_hooks_free(struct rl_hooks *hooks);

/**
 * rl_hook_run() - start a hook
 * @done:    called once from the event loop, unless cancelled; failures are logged before
 * @ret_run: valid until done is called; may be NULL
 *
 * Nothing of the order is kept. Return: 0; -EINVAL: a path that is not absolute, a variable not
 * named RELIEFD_..., a limit out of range; -E2BIG: too many or too long arguments, variables or
 * input; -EBUSY: RL_HOOKS_MAX are running; -ESRCH or -EPIPE: the helper has died, see
 * rl_hooks_mend(); -EAGAIN: it does not keep up; another -errno: no descriptors or memory.
 */
int rl_hook_run(struct rl_hooks *hooks, const struct rl_hook_order *order, rl_hook_done done,
    void *userdata, struct rl_hook_run **ret_run);

/* Kill it; done is not called. NULL is allowed. Always returns NULL. */
struct rl_hook_run *rl_hook_cancel(struct rl_hook_run *run);

/* Fork a new helper if the old one has died. For calm times only: the fork copies page tables as
 * large as the daemon has become. Return: 0 or -errno. */
int rl_hooks_mend(struct rl_hooks *hooks);

/* The helper, for status; 0: it has died. */
pid_t rl_hooks_helper(const struct rl_hooks *hooks);

/**
 * rl_hook_cgroup() - reliefd's own cgroup, where it may make cgroups of its own
 * @cgroup_root_fd: of the cgroup2 mount
 * @own:            path below it (struct rl_self)
 * @booted:         systemd manages this machine: a cgroup is ours only if it says so (Delegate=)
 *
 * Return: a descriptor, owned by the caller; -EPERM: it belongs to systemd; another -errno.
 */
int rl_hook_cgroup(int cgroup_root_fd, const char *own, bool booted);
