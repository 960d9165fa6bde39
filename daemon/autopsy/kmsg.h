/* The kernel's own reports of its OOM kills, read from /dev/kmsg when there is reason to.
 *
 * Nobody waits for the kernel to speak: that would be a wake-up for each of its lines. The file is
 * opened once, at its end, and read on when memory.events says that somebody was killed; the
 * kernel's ring holds what came meanwhile. Only what the kernel itself has printed counts: whoever
 * may write to /dev/kmsg could tell stories. */
#pragma once

#include <jansson.h>
#include <stddef.h>

#define RL_KMSG             "/dev/kmsg"
#define RL_KMSG_REPORTS_MAX 16
#define RL_KMSG_LOG_MAX     (48 * 1024) /* bytes of a report's own lines that are kept */

struct rl_kmsg_report {
    char *cgroup; /* where the victim lived, as the kernel prints it; "" unknown; owned */
    char *domain; /* whose limit was hit; "" the machine's, or unknown; owned */
    /* {"headline": one sentence, "autopsy": as reliefctl autopsy --json has it, "log": its lines,
     * "log_cut": lines are missing in the middle}; owned */
    json_t *json;
};

struct rl_kmsg_reports {
    struct rl_kmsg_report items[RL_KMSG_REPORTS_MAX]; /* in the order of the log */
    size_t n;
    size_t more; /* that there was no room or memory for */
};

/* From now on: what the log holds already is passed over. Return: a non-blocking descriptor, or
 * -errno (-EPERM without CAP_SYSLOG where kernel.dmesg_restrict is 1). */
int rl_kmsg_open(const char *path);

/**
 * rl_kmsg_read() - all reports since the last call
 * @ret: to be freed with rl_kmsg_free() in any case
 *
 * A report that was cut off by the end of the log is told as far as it goes. Reads 8 MB at most.
 * May be called from any thread. Return: 0, -ENOMEM, another -errno of reading.
 */
int rl_kmsg_read(int fd, struct rl_kmsg_reports *ret);
void rl_kmsg_free(struct rl_kmsg_reports *reports);
