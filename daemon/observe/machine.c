/* What the machine itself has changes under a running daemon: swap is added and taken away, blocks
 * of memory come and go, a balloon breathes. Every look reads it anew, so that no decision rests on
 * what was. Here the kernel tells of swap, without which a calm daemon would not look, and whatever
 * has changed is told once, when nothing is urgent.
 *
 * Processors need nothing of the kind: the root's threshold counts all that the kernel has room for
 * (probe.h), which no processor that is switched on or off changes. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/watch-private.h"
#include "daemon/report/log.h"

#define MB              (UINT64_C(1) << 20)
#define NOTEWORTHY_PART 64 /* a balloon moves MemTotal by little, and often */

static bool is_noteworthy(uint64_t told, uint64_t now)
{
    uint64_t change = now > told ? now - told : told - now;

    return change > told / NOTEWORTHY_PART;
}

void rl_machine_was_read(struct rl_watch *watch)
{
    const struct rl_node *node = &watch->node.node;

    if (node->swap_total == watch->told_swap && !is_noteworthy(watch->told_memory, node->mem_total))
        return;
    watch->to_tell = true;
    rl_watch_later(watch);
}

void rl_machine_tell(struct rl_watch *watch)
{
    const struct rl_node *node = &watch->node.node;

    if (node->swap_total != watch->told_swap)
        rl_info("the machine's swap has changed from %llu MiB to %llu MiB",
            (unsigned long long)(watch->told_swap / MB),
            (unsigned long long)(node->swap_total / MB));
    if (is_noteworthy(watch->told_memory, node->mem_total)) {
        rl_info("the machine's memory has changed from %llu MiB to %llu MiB",
            (unsigned long long)(watch->told_memory / MB),
            (unsigned long long)(node->mem_total / MB));
        watch->told_memory = node->mem_total;
    }
    watch->told_swap = node->swap_total;
}

void rl_machine_look(struct rl_watch *watch)
{
    uint64_t now = rl_now_us();
    int r = rl_node_files_read(&watch->node);

    if (r < 0)
        rl_debug("/proc/meminfo: %s", strerror(-r));
    rl_machine_was_read(watch);
    /* When they were to be looked at next was reckoned from the swap that there was. */
    for (struct rl_hot *h = NULL; (h = rl_watch_next_hot(watch, h));)
        h->next_us = now;
    rl_hot_look_due(watch, now);
    rl_watch_rearm(watch);
}

/* Polled, the file forgets that it had something to tell: nothing must be read. */
static int on_swaps(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    rl_machine_look(userdata);
    return 0;
}

void rl_machine_listen(struct rl_watch *watch)
{
    int fd, r;

    watch->told_memory = watch->node.node.mem_total;
    watch->told_swap = watch->node.node.swap_total;
    if (!watch->probe->live)
        return; /* a saved tree */
    fd = openat(watch->probe->proc_fd, "swaps", O_RDONLY | O_CLOEXEC);
    r = fd < 0 ? -errno
               : sd_event_add_io(watch->event, &watch->swaps, fd, EPOLLPRI, on_swaps, watch);
    if (r >= 0)
        r = sd_event_source_set_io_fd_own(watch->swaps, 1);
    else if (fd >= 0)
        close(fd);
    if (r < 0) /* a kernel without swap */
        rl_debug("/proc/swaps: %s; swap that is added is seen with the next look", strerror(-r));
}
