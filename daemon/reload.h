/* Notices that policy files have changed.
 *
 * Watches the policy folders and their NAME.conf.d by inotify, and for a folder that is not there
 * the nearest one above it that is. What counts: files and links that end in .conf, folders that
 * end in .conf.d, the ..data link of a mounted ConfigMap, and the folders themselves; editors'
 * temporary files do not. The file behind a link outside of the folders is not watched.
 *
 * Changes are told once, RL_RELOAD_QUIET_US after the last one, and after RL_RELOAD_MOST_US at the
 * latest when they do not stop. The watches are set anew before that, so that nothing which the
 * reader of the files does not see goes unnoticed. Idle, it costs no wake-up. */
#pragma once

#include <stdint.h>
#include <systemd/sd-event.h>

#define RL_RELOAD_QUIET_US    UINT64_C(500000)
#define RL_RELOAD_MOST_US     UINT64_C(5000000)
#define RL_RELOAD_WATCHES_MAX 256 /* folders; what is beyond is not watched, and that is said */

struct rl_reload;

/**
 * rl_reload_new() - begin to watch
 * @dirs:    policy folders, absolute paths, NULL-terminated; copied. They need not exist
 * @changed: called from the event loop; must not free the watch
 *
 * A folder that cannot be watched is said in the log and left out. Return: 0 or -errno.
 */
int rl_reload_new(sd_event *event, const char *const *dirs, void (*changed)(void *userdata),
    void *userdata, struct rl_reload **ret);
/* NULL is allowed. Always returns NULL. */
struct rl_reload *rl_reload_free(struct rl_reload *reload);
