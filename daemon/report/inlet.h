/* What a stranger sends, on its way to sd-bus through our hands.
 *
 * sd-bus would take in a message of 128 MB from anyone, into memory that is locked and belongs to
 * a process that nobody may kill. An inlet stands between: it hands on so many bytes and no more,
 * or, of what a message bus sends for ever, no message that is too large. What we send goes out on
 * the connection itself. */
#pragma once

#include <stddef.h>
#include <systemd/sd-event.h>

#include "daemon/report/frames.h"

struct rl_inlet {
    sd_event_source *source; /* NULL: closed */
    int fd;                  /* towards sd-bus */
    size_t left;             /* bytes that may still come; without meaning where there are frames */
    struct rl_frames *frames; /* NULL: bytes are counted. May be set after rl_inlet_open() */
    void (*on_end)(void *userdata);
    void *userdata;
};

/**
 * rl_inlet_open() - hand on what comes from a connection
 * @priority: that of sd-bus, which is called without end for a connection that has died
 * @fd:     a non-blocking stream socket; stays the caller's
 * @max:    bytes that are handed on
 * @on_end: called when the other side has closed, sends more than that, or sd-bus does not take it;
 *          nothing comes afterwards, and the inlet is still to be closed
 * @ret_fd: where sd-bus reads, owned by the caller
 * Return: 0, or -errno with nothing left open.
 */
int rl_inlet_open(struct rl_inlet *inlet, sd_event *event, int64_t priority, int fd, size_t max,
    void (*on_end)(void *userdata), void *userdata, int *ret_fd);

/* May be called twice, and on an inlet of zeroes. */
void rl_inlet_close(struct rl_inlet *inlet);
