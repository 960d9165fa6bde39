#include "daemon/report/as-user.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/log.h"

#define ATTEMPTS 8

/* Where the plain call has 16 bits. */
#ifdef SYS_setresuid32
#define SETRESUID SYS_setresuid32
#else
#define SETRESUID SYS_setresuid
#endif

/* The system call itself: the library's would change all threads. */
static int set_effective(uid_t user)
{
    return syscall(SETRESUID, (uid_t)-1, user, (uid_t)-1) < 0 ? -errno : 0;
}

/* Only what the kernel knows without asking a file system: what a user has mounted in his folder
 * may be served by a process of his that never answers. Folders of tmpfs are always known. */
static int open_known(const char *path)
{
    const struct open_how how = {
        .flags = O_PATH | O_NOFOLLOW | O_CLOEXEC,
        .resolve = RESOLVE_CACHED,
    };
    int fd = -1;

    /* It gives up, too, when another processor renames or mounts something meanwhile. */
    for (int i = 0; i < ATTEMPTS; i++) {
        fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));
        if (fd >= 0 || errno != EAGAIN)
            break;
    }
    if (fd < 0 && (errno == ENOSYS || errno == EINVAL)) /* Linux before 5.12 */
        fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && errno == EAGAIN)
        return -ENOENT; /* not that it knows: a socket that somebody listens at is known */
    return fd < 0 ? -errno : fd;
}

static int open_socket(uid_t user, const char *path, struct sockaddr_un *ret)
{
    struct statx st;
    rl_auto_fd int fd = open_known(path);

    if (fd < 0)
        return fd;
    if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_UID, &st) < 0)
        return -errno;
    if (S_ISLNK(st.stx_mode))
        return -ELOOP;
    if (!S_ISSOCK(st.stx_mode) || st.stx_uid != user)
        return -EACCES;
    *ret = (struct sockaddr_un){.sun_family = AF_UNIX};
    snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d", fd);
    int kept = fd;
    fd = -1;
    return kept;
}

int rl_connect_as(uid_t user, const char *path)
{
    uid_t own = geteuid();
    int dumpable = prctl(PR_GET_DUMPABLE);
    struct sockaddr_un address;
    rl_auto_fd int held = open_socket(user, path, &address);
    int r = 0;

    if (held < 0)
        return held;
    rl_auto_fd int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    if (user != own && (r = set_effective(user)) < 0)
        return r;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
        r = -errno;
    if (user != own) {
        if (set_effective(own) < 0) {
            rl_error("cannot become user %u again", own);
            abort(); /* the real user ID is ours: the kernel always allows it */
        }
        if (dumpable == 1)
            prctl(PR_SET_DUMPABLE, 1); /* taken away with each change */
    }
    if (r < 0)
        return r;
    int connected = fd;
    fd = -1;
    return connected;
}
