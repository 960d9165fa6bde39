#include "daemon/report/inlet.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/report/cleanup.h"

#define BYTES_AT_ONCE 4096

/* Return: was all handed on? */
static bool hand_on(struct rl_inlet *inlet, const char *bytes, size_t n)
{
    char passed[BYTES_AT_ONCE + RL_FRAMES_HEAD];

    if (inlet->frames) {
        int64_t r = rl_frames_pass(inlet->frames, bytes, n, passed);
        if (r <= 0)
            return r == 0;
        bytes = passed;
        n = (size_t)r;
    } else if (n > inlet->left) {
        return false;
    } else {
        inlet->left -= n;
    }
    return send(inlet->fd, bytes, n, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)n;
}

/* Has sd-bus read what it got? A message bus that sends without end would fill the way there. Our
 * turn comes again at once, and so does that of sd-bus. */
static bool is_drained(const struct rl_inlet *inlet)
{
    int waiting = 0;

    return ioctl(inlet->fd, SIOCOUTQ, &waiting) < 0 || waiting == 0;
}

static int on_bytes(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_inlet *inlet = userdata;
    char bytes[BYTES_AT_ONCE];

    if (inlet->frames && !is_drained(inlet))
        return 0;
    ssize_t n = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n > 0 && hand_on(inlet, bytes, (size_t)n))
        return 0;
    sd_event_source_set_enabled(source, SD_EVENT_OFF);
    inlet->on_end(inlet->userdata);
    return 0;
}

int rl_inlet_open(struct rl_inlet *inlet, sd_event *event, int64_t priority, int fd, size_t max,
    void (*on_end)(void *userdata), void *userdata, int *ret_fd)
{
    int pair[2], r;

    *inlet = (struct rl_inlet){.fd = -1, .left = max, .on_end = on_end, .userdata = userdata};
    /* A descriptor of its own, since sd-bus puts the connection's into the event loop, too. */
    rl_auto_fd int own = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    if (own < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    r = sd_event_add_io(event, &inlet->source, own, EPOLLIN, on_bytes, inlet);
    if (r < 0) {
        close(pair[0]);
        close(pair[1]);
        return r;
    }
    sd_event_source_set_io_fd_own(inlet->source, 1);
    own = -1;
    sd_event_source_set_priority(inlet->source, priority);
    inlet->fd = pair[0];
    *ret_fd = pair[1];
    return 0;
}

void rl_inlet_close(struct rl_inlet *inlet)
{
    if (!inlet->source)
        return;
    inlet->source = sd_event_source_disable_unref(inlet->source);
    close(inlet->fd);
    inlet->fd = -1;
}
