/* A notification on the desktops of those who sit at the machine (org.freedesktop.Notifications on
 * the session bus of each user with an active graphical session).
 *
 * A session bus serves its own user and nobody else, root neither: we connect as that user, in this
 * thread and for that one system call. That takes CAP_SETUID, and /run/user must be visible
 * (ProtectHome= of the unit hides it). Whatever is missing costs the notification and one line in
 * the log.
 *
 * The session bus is its user's and may do anything: nothing here waits for it, a notification has
 * RL_DESKTOP_US to be taken, and no more than RL_DESKTOP_BYTES are read. A user sees one
 * notification of ours, the newest. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <systemd/sd-event.h>

#define RL_DESKTOP_USERS 8 /* more are left out */
#define RL_DESKTOP_US    UINT64_C(10000000)
#define RL_DESKTOP_BYTES 65536

struct rl_desktop_options {
    const char *run_dir; /* the bus of user N is run_dir/N/bus; NULL: /run/user */
    /* Who sits at the machine: at most max of them into users. Return: how many. NULL: as logind
     * says. */
    size_t (*users)(uid_t *users, size_t max, void *userdata);
    void *userdata;
    uint64_t timeout_us; /* 0: RL_DESKTOP_US */
};

struct rl_desktop;

/* The options' text must outlive the result. Return: 0, -errno. */
int rl_desktop_new(
    sd_event *event, const struct rl_desktop_options *options, struct rl_desktop **ret);
struct rl_desktop *rl_desktop_free(struct rl_desktop *desktop);

/* Show a notification to all of them; never blocks. A user whose desktop has not taken the last one
 * yet is passed over. body is plain text (no markup), valid UTF-8 as the summary. */
void rl_desktop_notify(
    struct rl_desktop *desktop, bool urgent, const char *summary, const char *body);

/* Is a notification still on its way? */
bool rl_desktop_busy(const struct rl_desktop *desktop);
