/* The file in which a container may say why it ends (terminationMessagePath): what stands there is
 * the Message in `kubectl describe pod`. The kubelet makes one for each start of a container,
 * POD-UID/containers/NAME/8 HEX DIGITS below /var/lib/kubelet/pods, 0666, mounts it into the
 * container, and after the end reads its last 4096 bytes (kubelet: kuberuntime_container.go,
 * makeMounts and getTerminationMessage).
 *
 * The content is the container's to write, and whoever lives in a pod may try what he likes with
 * it. Guarantees
 * - Only a regular file with one name and no more than RL_TERMINATION_MAX bytes, in the very folder
 *   on the very file system: no link anywhere on the way is followed, nothing else is ever opened
 *   but for its place (O_PATH), nothing is made.
 * - It is only appended to, and never beyond RL_TERMINATION_MAX bytes in all: the owner's own words
 *   stay, and ours are left out where both do not fit.
 * - Of several starts the one that ran at the time counts: the newest file that is not younger.
 *
 * This may block for as long as the disk does: it belongs into a thread, after the signal. */
#pragma once

#include <stdint.h>

#define RL_TERMINATION_DIR  "/var/lib/kubelet/pods"
#define RL_TERMINATION_MAX  4096 /* as much as a kubelet reads */
#define RL_TERMINATION_TEXT 1024 /* of a message, with its NUL; longer ones are cut */

/* Whose file it is, and what is to be added. Nothing here points anywhere. */
struct rl_termination {
    char uid[81];                   /* of the pod */
    char container[64];             /* its name; "": the pod's only one */
    uint64_t wall_us;               /* when it ran, CLOCK_REALTIME */
    char text[RL_TERMINATION_TEXT]; /* without a line feed at the end */
};

enum rl_termination_answer {
    RL_TERMINATION_DONE,
    RL_TERMINATION_NO_FILE, /* no such pod or container, more than one that it could be, or no file
                             * that was there at the time */
    RL_TERMINATION_FULL,    /* there is no room */
    RL_TERMINATION_STRANGE, /* not what a kubelet makes: a link, a device, a file with two names */
};

/**
 * rl_termination_write() - append a line to the file
 * @pods_fd: the folder, opened by whatever way
 *
 * Takes a small stack and no memory. Return: enum rl_termination_answer; -errno, as -EROFS or
 * -ENOSPC.
 */
int rl_termination_write(int pods_fd, const struct rl_termination *what);
