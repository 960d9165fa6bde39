/* Loaded into a daemon before all else (LD_PRELOAD), it counts what the main thread allocates
 * between a wake-up and a signal, and can refuse memory.
 *
 *   ALLOCATIONS=FILE        one line for each signal: "HOW allocations N"
 *   ALLOCATIONS_REFUSE=FILE while that file is there, pieces of LARGE bytes and more are refused
 *
 * HOW is pidfd_send_signal, kill or cgroup.kill. N is the number of calls of malloc, calloc,
 * realloc, reallocarray, aligned_alloc, posix_memalign and mmap since epoll_wait last returned; for
 * cgroup.kill, which another thread writes, up to the moment at which that thread was woken.
 * Without ALLOCATIONS nothing is done. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LARGE (100 * 1024)

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *old, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static int out = -1;
static const char *refuse;
static atomic_size_t count, count_at_kick;

static bool is_main(void)
{
    return out >= 0 && syscall(SYS_gettid) == getpid();
}

/* A descriptor far from those that the daemon counts on. */
__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("ALLOCATIONS");
    int fd;

    if (!file)
        return;
    fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    out = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 900);
    close(fd);
    refuse = getenv("ALLOCATIONS_REFUSE");
}

/* A system call by number, so as not to meet ourselves. */
static void say(const char *how, size_t n)
{
    char line[96];
    int len = snprintf(line, sizeof(line), "%s allocations %zu\n", how, n);
    int saved = errno;

    if (out >= 0)
        syscall(SYS_write, out, line, (size_t)len);
    errno = saved;
}

/* Return: whether this one is to fail. */
static bool note(size_t size)
{
    int saved = errno;
    bool refused;

    if (!is_main())
        return false;
    count++;
    refused = size >= LARGE && refuse && syscall(SYS_faccessat, AT_FDCWD, refuse, F_OK) == 0;
    errno = refused ? ENOMEM : saved;
    return refused;
}

/* ---- what allocates ---- */

void *malloc(size_t size)
{
    return note(size) ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return note(n * size) ? NULL : __libc_calloc(n, size);
}

void *realloc(void *old, size_t size)
{
    return note(size) ? NULL : __libc_realloc(old, size);
}

void *reallocarray(void *old, size_t n, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(n, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(old, bytes);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return note(size) ? NULL : __libc_memalign(alignment, size);
}

int posix_memalign(void **ret, size_t alignment, size_t size)
{
    *ret = aligned_alloc(alignment, size);
    return *ret ? 0 : ENOMEM;
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset)
{
    if (note(size))
        return MAP_FAILED;
    return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

/* ---- wake-ups ---- */

static int woken(long r)
{
    if (is_main())
        count = 0;
    return (int)r;
}

int epoll_wait(int fd, struct epoll_event *events, int n, int timeout)
{
    return woken(syscall(SYS_epoll_pwait, fd, events, n, timeout, NULL, 0));
}

int epoll_pwait(int fd, struct epoll_event *events, int n, int timeout, const sigset_t *mask)
{
    return woken(syscall(SYS_epoll_pwait, fd, events, n, timeout, mask, 8));
}

int epoll_pwait2(
    int fd, struct epoll_event *events, int n, const struct timespec *timeout, const sigset_t *mask)
{
    return woken(syscall(SYS_epoll_pwait2, fd, events, n, timeout, mask, 8));
}

/* ---- signals ---- */

int pidfd_send_signal(int fd, int number, siginfo_t *info, unsigned flags)
{
    if (is_main())
        say("pidfd_send_signal", count);
    return (int)syscall(SYS_pidfd_send_signal, fd, number, info, flags);
}

int kill(pid_t pid, int number)
{
    if (is_main())
        say("kill", count);
    return (int)syscall(SYS_kill, pid, number);
}

static bool is_cgroup_kill(int fd)
{
    static const char name[] = "/cgroup.kill";
    char link[64], path[4096];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path));
    return n >= (ssize_t)strlen(name) && memcmp(path + n - strlen(name), name, strlen(name)) == 0;
}

/* Eight bytes by the main thread wake another one through its eventfd. */
ssize_t write(int fd, const void *data, size_t size)
{
    int saved = errno;

    if (is_main() && size == sizeof(uint64_t))
        count_at_kick = count;
    else if (out >= 0 && size <= 2 && is_cgroup_kill(fd))
        say("cgroup.kill", is_main() ? count : count_at_kick);
    errno = saved;
    return syscall(SYS_write, fd, data, size);
}
