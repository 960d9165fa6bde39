#include "daemon/relieve/watch.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

uint64_t rl_kill_now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static bool exited(int pidfd)
{
    return poll(&(struct pollfd){.fd = pidfd, .events = POLLIN}, 1, 0) == 1;
}

/* A pidfd that the reaper holds a duplicate of would stay in the set after close(). */
void rl_watch_drop(struct rl_victim_watch *watch, struct rl_held *held)
{
    if (held->fd < 0)
        return;
    if (held->nested)
        epoll_ctl(watch->epoll_fd, EPOLL_CTL_DEL, held->fd, NULL);
    close(held->fd);
    held->fd = -1;
    held->nested = false;
    watch->alive--;
}

void rl_watch_drop_all(struct rl_victim_watch *watch)
{
    for (size_t i = 0; i < watch->n_held; i++)
        rl_watch_drop(watch, &watch->held[i]);
    watch->n_held = 0;
}

int rl_watch_nest(struct rl_victim_watch *watch, int fd, uint32_t events, uint32_t index)
{
    struct epoll_event event = {.events = events, .data.u32 = index};

    return epoll_ctl(watch->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno : 0;
}

static void look_at(struct rl_victim_watch *watch, uint64_t at_us)
{
    sd_event_source_set_time(watch->timer, at_us);
    sd_event_source_set_enabled(watch->timer, SD_EVENT_ONESHOT);
}

void rl_watch_look_later(struct rl_victim_watch *watch)
{
    look_at(watch, rl_kill_now_us() + RL_LOOK_US);
}

void rl_watch_look_now(struct rl_victim_watch *watch)
{
    look_at(watch, 0);
}

/* The processes that could not be nested. */
static void look_at_unnested(struct rl_victim_watch *watch)
{
    bool left = false;

    for (size_t i = 0; i < watch->n_held; i++) {
        struct rl_held *held = &watch->held[i];

        if (held->fd < 0 || held->nested)
            continue;
        if (exited(held->fd))
            rl_watch_drop(watch, held);
        else
            left = true;
    }
    if (left)
        rl_watch_look_later(watch);
}

static int on_ready(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_victim_watch *watch = userdata;
    struct epoll_event events[64];
    int n = epoll_wait(watch->epoll_fd, events, 64, 0);

    for (int i = 0; i < n; i++) {
        if (events[i].data.u32 == RL_NEST_CGROUP) {
            rl_watch_cgroup_look(watch, false); /* nothing else is nested then */
            return 0;
        }
        rl_watch_drop(watch, &watch->held[events[i].data.u32]);
    }
    if (watch->waiting && watch->alive == 0 && watch->events_fd < 0)
        rl_watch_finish(watch, 0);
    return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_victim_watch *watch = userdata;

    if (watch->events_fd >= 0) {
        rl_watch_cgroup_look(watch, true);
        return 0;
    }
    rl_watch_cgroup_thaw(watch);
    look_at_unnested(watch);
    if (watch->waiting && watch->alive == 0)
        rl_watch_finish(watch, 0);
    return 0;
}

int rl_watch_init(struct rl_victim_watch *watch, struct rl_killer *killer)
{
    int r;

    watch->killer = killer;
    watch->cgroup_fd = watch->events_fd = -1;
    watch->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (watch->epoll_fd < 0)
        return -errno;
    r = sd_event_add_io(killer->event, &watch->ready, watch->epoll_fd, EPOLLIN, on_ready, watch);
    if (r < 0)
        return r;
    r = sd_event_add_time(
        killer->event, &watch->timer, CLOCK_MONOTONIC, 0, RL_LOOK_US / 10, on_timer, watch);
    if (r < 0)
        return r;
    return sd_event_source_set_enabled(watch->timer, SD_EVENT_OFF);
}

/* Also for one that was made in part or not at all. */
void rl_watch_deinit(struct rl_victim_watch *watch)
{
    if (!watch->killer)
        return;
    rl_victim_watch_free(watch);
    rl_watch_cgroup_thaw(watch); /* of a wait that was let go before */
    watch->ready = sd_event_source_disable_unref(watch->ready);
    watch->timer = sd_event_source_disable_unref(watch->timer);
    if (watch->cgroup_fd >= 0)
        close(watch->cgroup_fd);
    if (watch->epoll_fd >= 0)
        close(watch->epoll_fd);
}

void rl_watch_touch(struct rl_victim_watch *watch)
{
    for (size_t i = watch->n_held; i < RL_TARGETS_MAX; i++)
        watch->held[i].fd = -1;
}

struct rl_victim_watch *rl_watch_find(struct rl_killer *killer)
{
    for (size_t i = 0; i < RL_VICTIMS_MAX; i++)
        if (!killer->watches[i].taken && !killer->watches[i].frozen)
            return &killer->watches[i];
    return NULL;
}

void rl_watch_start(struct rl_victim_watch *watch, rl_gone_fn gone, void *userdata)
{
    watch->taken = watch->waiting = true;
    watch->gone = gone;
    watch->userdata = userdata;
}

void rl_watch_finish(struct rl_victim_watch *watch, int error)
{
    rl_gone_fn gone = watch->gone;

    rl_watch_drop_all(watch);
    rl_watch_cgroup_leave(watch);
    watch->waiting = false;
    if (gone)
        gone(watch->userdata, rl_kill_now_us(), error);
}

struct rl_victim_watch *rl_victim_watch_free(struct rl_victim_watch *watch)
{
    if (!watch)
        return NULL;
    rl_watch_drop_all(watch);
    rl_watch_cgroup_leave(watch);
    watch->taken = watch->waiting = false;
    watch->gone = NULL;
    return NULL;
}
