/* terminate: a signal that the victim can follow, if it can follow any. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/step/step.h"

#define STATUS_SIZE  4096
#define LONGEST_LINE 256

/* Is the cgroup frozen, by itself or by one above it? */
static bool frozen_at(int dir_fd)
{
    char text[256];
    bool frozen = false;

    if (rl_read_at(dir_fd, "cgroup.events", text, sizeof(text)) < 0)
        return false;
    return rl_parse_frozen(text, &frozen) >= 0 && frozen;
}

/* Of several victims one may react where another one cannot: then it is tried. */
static bool is_frozen(const struct rl_running *running)
{
    const char *path = running->n_targets > 0 ? running->targets[0].cgroup : NULL;
    int fd;
    bool frozen;

    if (running->whole)
        return frozen_at(running->cgroup_fd);
    if (running->record.choice.scope != RL_KILL_PROCESS || !path)
        return false;
    fd = openat(running->engine->options.probe->cgroup_fd, path[1] ? path + 1 : ".",
        O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return false;
    frozen = frozen_at(fd);
    close(fd);
    return frozen;
}

/* The kernel drops a signal to the first process of a pid namespace that it has no handler for, as
 * long as it comes from outside and is not SIGKILL or SIGSTOP (kernel/signal.c,
 * sig_task_ignored()). */
static bool is_deaf(const struct rl_running *running, int signal)
{
    struct rl_reaction reaction;
    char name[32], text[STATUS_SIZE];

    if (running->n_targets != 1)
        return false;
    snprintf(name, sizeof(name), "%d/status", (int)running->targets[0].pid);
    if (rl_read_short_lines_at(
            running->engine->options.probe->proc_fd, name, LONGEST_LINE, text, sizeof(text)) < 0 ||
        rl_parse_reaction(text, &reaction) < 0)
        return false;
    return reaction.container_init && !(reaction.caught >> (signal - 1) & 1);
}

static enum rl_reason refuse(struct rl_running *running, const struct rl_step *step)
{
    /* What we have frozen is thawed for it. */
    if (!running->incident.frozen && is_frozen(running))
        return RL_SKIP_FROZEN;
    if (is_deaf(running, step->signal))
        return RL_SKIP_CONTAINER_INIT;
    return RL_REASON_NONE;
}

const struct rl_step_ops rl_step_terminate = {.refuse = refuse, .take = rl_victim_signal};
