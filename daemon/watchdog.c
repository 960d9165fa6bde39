#include "daemon/watchdog.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "daemon/report/log.h"

struct rl_watchdog {
    sd_event_source *timer;
    int fd;
    struct sockaddr_un address;
    socklen_t length;
    uint64_t patience_us; /* the manager's */
};

/* A path, or a name in the abstract space, which begins with @. */
static int find_address(struct rl_watchdog *watchdog)
{
    const char *path = getenv("NOTIFY_SOCKET");
    size_t len = path ? strlen(path) : 0;

    if (len < 2 || (path[0] != '/' && path[0] != '@'))
        return -EAFNOSUPPORT;
    if (len >= sizeof(watchdog->address.sun_path))
        return -ENAMETOOLONG;
    watchdog->address.sun_family = AF_UNIX;
    memcpy(watchdog->address.sun_path, path, len);
    watchdog->length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
    if (path[0] == '@')
        watchdog->address.sun_path[0] = '\0';
    else
        watchdog->length++;
    return 0;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    static const char ping[] = "WATCHDOG=1";
    struct rl_watchdog *watchdog = userdata;
    uint64_t next = watchdog->patience_us / 2;

    if (sendto(watchdog->fd, ping, sizeof(ping) - 1, MSG_DONTWAIT | MSG_NOSIGNAL,
            (const struct sockaddr *)&watchdog->address, watchdog->length) < 0) {
        if (errno != EAGAIN)
            rl_debug("no ping to the watchdog: %s", strerror(errno));
        next = watchdog->patience_us / 8;
    }
    sd_event_source_set_time_relative(source, next);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

int rl_watchdog_new(sd_event *event, struct rl_watchdog **ret)
{
    struct rl_watchdog *watchdog;
    uint64_t patience;
    int r = sd_watchdog_enabled(0, &patience);

    *ret = NULL;
    if (r <= 0)
        return r;
    watchdog = calloc(1, sizeof(*watchdog));
    if (!watchdog)
        return -ENOMEM;
    watchdog->patience_us = patience;
    watchdog->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    r = watchdog->fd < 0 ? -errno : find_address(watchdog);
    /* Late by an eighth is early enough: so it wakes together with others. */
    if (r >= 0)
        r = sd_event_add_time_relative(
            event, &watchdog->timer, CLOCK_MONOTONIC, 0, patience / 8, on_timer, watchdog);
    if (r < 0) {
        rl_watchdog_free(watchdog);
        return r;
    }
    *ret = watchdog;
    return 0;
}

struct rl_watchdog *rl_watchdog_free(struct rl_watchdog *watchdog)
{
    if (!watchdog)
        return NULL;
    sd_event_source_disable_unref(watchdog->timer);
    if (watchdog->fd >= 0)
        close(watchdog->fd);
    free(watchdog);
    return NULL;
}
