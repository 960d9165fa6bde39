/* Loaded into a daemon before all else (LD_PRELOAD), it makes calls on the way of a kill fail.
 *
 *   FAULTS=FILE   what has failed is appended, a line each: "CALL ERRNO-NAME"
 *   FAULT_SIGNAL=ERRNO-NUMBER,COUNT  pidfd_send_signal fails that often
 *   FAULT_KILL=ERRNO-NUMBER,COUNT    the write of cgroup.kill does
 *
 * Without FAULTS nothing is done. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Each belongs to one thread: signals to the main one, cgroup.kill to the one that writes it. */
struct fault {
    const char *call;
    int error, left;
};

static int out = -1;
static struct fault signal_fault = {"pidfd_send_signal", 0, 0};
static struct fault kill_fault = {"cgroup.kill", 0, 0};

static void configure(struct fault *fault, const char *variable)
{
    const char *text = getenv(variable);

    if (text && sscanf(text, "%d,%d", &fault->error, &fault->left) != 2)
        abort();
}

/* A descriptor far from those that the daemon counts on. */
__attribute__((constructor)) static void begin(void)
{
    const char *file = getenv("FAULTS");
    int fd;

    if (!file)
        return;
    fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    out = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 900);
    close(fd);
    configure(&signal_fault, "FAULT_SIGNAL");
    configure(&kill_fault, "FAULT_KILL");
}

/* Return: whether this call is to fail, with errno set. */
static bool strikes(struct fault *fault)
{
    char line[96];
    int len;

    if (out < 0 || fault->left == 0)
        return false;
    fault->left--;
    len = snprintf(line, sizeof(line), "%s %s\n", fault->call, strerrorname_np(fault->error));
    syscall(SYS_write, out, line, (size_t)len);
    errno = fault->error;
    return true;
}

int pidfd_send_signal(int fd, int number, siginfo_t *info, unsigned flags)
{
    if (strikes(&signal_fault))
        return -1;
    return (int)syscall(SYS_pidfd_send_signal, fd, number, info, flags);
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

ssize_t write(int fd, const void *data, size_t size)
{
    int saved = errno;

    if (out >= 0 && size <= 2 && is_cgroup_kill(fd) && strikes(&kill_fault))
        return -1;
    errno = saved;
    return syscall(SYS_write, fd, data, size);
}
