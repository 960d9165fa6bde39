/* Connecting to a socket as another user. */
#pragma once

#include <sys/types.h>

/**
 * rl_connect_as() - connect to a stream socket with a user's rights and name
 * @path: of the socket, which must belong to the user
 *
 * Only the calling thread changes its effective user ID, and only while it connects; real and saved
 * IDs stay, so that the user can neither signal nor trace this process meanwhile. The path is
 * resolved once: a link in its last part is refused (-ELOOP), as is what is not the user's own
 * socket (-EACCES).
 *
 * Return: a non-blocking descriptor; -EPERM without CAP_SETUID, -EAGAIN where the listener is
 * busy, -ENOENT where there is none, or where a file system would have to be asked for it (the user
 * may have mounted one that does not answer); another -errno. Never blocks, from Linux 5.12 on.
 */
int rl_connect_as(uid_t user, const char *path);
