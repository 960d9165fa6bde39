#include "daemon/observe/gate.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/read.h"
#include "daemon/report/log.h"

#define MUTE_US UINT64_C(250000)

struct rl_gate {
    sd_event_source *source;
    int fd;
    rl_gate_fn fn;
    void *userdata;
    struct rl_cgroup *cgroup;
    uint64_t oom_kills; /* as of the last reading */
    bool killed;        /* they were fewer before it */
};

/* Reading from the start re-arms the notification. */
static void rearm(struct rl_gate *gate)
{
    struct rl_events events;
    char text[256];
    ssize_t n = rl_read_fd(gate->fd, text, sizeof(text));

    gate->killed = false;
    if (n < 0 && n != -ENODEV)
        rl_debug("memory.events: %s", strerror((int)-n));
    if (n < 0 || rl_parse_events(text, &events) < 0)
        return;
    gate->killed = events.oom_kill > gate->oom_kills;
    gate->oom_kills = events.oom_kill;
}

static int on_events(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_gate *gate = userdata;

    rearm(gate);
    gate->fn(gate->userdata, gate->cgroup);
    return 0;
}

int rl_gate_listen(sd_event *event, const struct rl_tree *tree, struct rl_cgroup *cgroup,
    rl_gate_fn fn, void *userdata)
{
    struct rl_gate *gate;
    int dir_fd, fd, r;

    dir_fd = rl_cgroup_open(tree, cgroup);
    if (dir_fd < 0)
        return dir_fd;
    fd = openat(dir_fd, "memory.events", O_RDONLY | O_CLOEXEC);
    r = -errno;
    close(dir_fd);
    if (fd < 0)
        return r;
    gate = calloc(1, sizeof(*gate));
    if (!gate) {
        close(fd);
        return -ENOMEM;
    }
    *gate = (struct rl_gate){.fd = fd, .fn = fn, .userdata = userdata, .cgroup = cgroup};
    cgroup->gate = gate;
    rearm(gate); /* a fresh descriptor reports an event before its first read */
    r = sd_event_add_io(event, &gate->source, fd, EPOLLPRI, on_events, gate);
    if (r >= 0)
        r = sd_event_source_set_ratelimit(gate->source, MUTE_US, 1);
    if (r < 0)
        rl_gate_forget(cgroup);
    return r < 0 ? r : 0;
}

bool rl_gate_killed(const struct rl_cgroup *cgroup)
{
    return cgroup->gate && cgroup->gate->killed;
}

void rl_gate_mute(struct rl_cgroup *cgroup, bool mute)
{
    if (cgroup->gate)
        sd_event_source_set_enabled(cgroup->gate->source, mute ? SD_EVENT_OFF : SD_EVENT_ON);
}

void rl_gate_forget(struct rl_cgroup *cgroup)
{
    struct rl_gate *gate = cgroup->gate;

    if (!gate)
        return;
    cgroup->gate = NULL;
    sd_event_source_disable_unref(gate->source);
    close(gate->fd);
    free(gate);
}

int rl_gate_pressure(sd_event *event, int fd, uint64_t threshold_us, uint64_t window_us,
    sd_event_io_handler_t fn, void *userdata, sd_event_source **ret)
{
    char trigger[64];
    int n = snprintf(trigger, sizeof(trigger), "some %llu %llu", (unsigned long long)threshold_us,
        (unsigned long long)window_us);
    int r;

    /* With its NUL: /proc/pressure overwrites the last byte written. */
    if (write(fd, trigger, (size_t)n + 1) < 0) {
        r = -errno;
        close(fd);
        return r;
    }
    r = sd_event_add_io(event, ret, fd, EPOLLPRI, fn, userdata);
    if (r < 0) {
        close(fd);
        return r;
    }
    sd_event_source_set_io_fd_own(*ret, 1);
    return 0;
}
