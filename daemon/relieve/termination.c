#include "daemon/relieve/termination.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/report/cleanup.h"

#define FILE_NAME_LEN 8 /* hexadecimal digits */
#define ENTRIES_MAX   1024

/* Below a directory, on the same file system, by no link. O_PATH opens nothing in earnest: no
 * device notices, no pipe waits. Return: a descriptor or -errno. */
static int open_place(int dir_fd, const char *path, uint64_t flags)
{
    const struct open_how how = {
        .flags = O_PATH | O_CLOEXEC | O_NOFOLLOW | flags,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV,
    };
    long fd = syscall(SYS_openat2, dir_fd, path, &how, sizeof(how));

    return fd < 0 ? -errno : (int)fd;
}

/* What O_PATH found, opened in earnest. The link is the kernel's own and leads nowhere else. */
static int reopen(int place_fd, int flags)
{
    char path[64];
    int fd;

    snprintf(path, sizeof(path), "/proc/self/fd/%d", place_fd);
    fd = open(path, flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    return fd < 0 ? -errno : fd;
}

struct linux_dirent {
    uint64_t ino;
    int64_t off;
    unsigned short len;
    unsigned char type;
    char name[];
};

/* readdir() would allocate. Return: 0, what fn returned when that was not 0, or -errno. */
static int each_entry(
    int dir_fd, int (*fn)(void *userdata, int dir_fd, const char *name), void *userdata)
{
    char buf[4096] __attribute__((aligned(8)));
    unsigned seen = 0;

    for (;;) {
        long n = syscall(SYS_getdents64, dir_fd, buf, sizeof(buf));

        if (n <= 0)
            return n < 0 ? -errno : 0;
        for (long at = 0; at < n;) {
            const struct linux_dirent *entry = (const struct linux_dirent *)(const void *)(buf +
                                                                                           at);
            int r = strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0
                        ? 0
                        : fn(userdata, dir_fd, entry->name);

            if (r != 0)
                return r;
            if (++seen > ENTRIES_MAX)
                return 0;
            at += entry->len;
        }
    }
}

static bool is_part(const char *name, const char *allowed)
{
    size_t len = strspn(name, allowed);

    return len > 0 && name[len] == '\0' && name[0] != '.';
}

/* ---- which container ---- */

struct only {
    char name[64];
    unsigned n;
};

static int note_container(void *userdata, int dir_fd, const char *name)
{
    struct only *only = userdata;

    if (strlen(name) < sizeof(only->name) && only->n++ == 0)
        strcpy(only->name, name);
    return 0;
}

/* Return: the folder with its files, -ENOENT where it cannot be told, another -errno. */
static int open_container(int pods_fd, const struct rl_termination *what)
{
    char path[sizeof(what->uid) + sizeof(what->container) + 32];
    struct only only = {0};
    int r;

    if (!is_part(what->uid, "0123456789abcdefABCDEF-"))
        return -ENOENT;
    snprintf(path, sizeof(path), "%s/containers", what->uid);
    rl_auto_fd int place_fd = open_place(pods_fd, path, O_DIRECTORY);
    if (place_fd < 0)
        return place_fd;
    snprintf(only.name, sizeof(only.name), "%s", what->container);
    if (!only.name[0]) {
        rl_auto_fd int dir_fd = reopen(place_fd, O_RDONLY | O_DIRECTORY);

        r = dir_fd < 0 ? dir_fd : each_entry(dir_fd, note_container, &only);
        if (r < 0 || only.n != 1)
            return r < 0 ? r : -ENOENT;
    }
    if (!is_part(only.name, "abcdefghijklmnopqrstuvwxyz0123456789-"))
        return -ENOENT;
    return open_place(place_fd, only.name, O_DIRECTORY);
}

/* ---- which file ---- */

struct newest {
    uint64_t not_after_us, born_us;
    int fd; /* O_PATH; -1: none */
    int strange;
};

static uint64_t us_of(const struct statx_timestamp *time)
{
    return (uint64_t)time->tv_sec * 1000000 + time->tv_nsec / 1000;
}

/* When it was made; where the file system does not know, when anything about it changed last. */
static uint64_t birth_of(const struct statx *st)
{
    return us_of(st->stx_mask & STATX_BTIME ? &st->stx_btime : &st->stx_ctime);
}

static int note_file(void *userdata, int dir_fd, const char *name)
{
    struct newest *newest = userdata;
    struct statx st;
    uint64_t born;
    int fd;

    if (strlen(name) != FILE_NAME_LEN || strspn(name, "0123456789abcdef") != FILE_NAME_LEN)
        return 0;
    fd = open_place(dir_fd, name, 0);
    if (fd < 0 || statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS | STATX_BTIME, &st) < 0) {
        newest->strange += fd == -ELOOP || fd == -EXDEV;
        if (fd >= 0)
            close(fd);
        return 0;
    }
    born = birth_of(&st);
    if (!S_ISREG(st.stx_mode) || st.stx_nlink != 1 || born > newest->not_after_us ||
        born < newest->born_us) {
        newest->strange += !S_ISREG(st.stx_mode) || st.stx_nlink != 1;
        close(fd);
        return 0;
    }
    if (newest->fd >= 0)
        close(newest->fd);
    newest->fd = fd;
    newest->born_us = born;
    return 0;
}

/* ---- writing ---- */

static int append(int place_fd, const char *text)
{
    char line[RL_TERMINATION_TEXT + 2];
    struct stat st;
    size_t len;
    ssize_t n;

    rl_auto_fd int fd = reopen(place_fd, O_WRONLY | O_APPEND);
    if (fd < 0)
        return fd;
    if (fstat(fd, &st) < 0)
        return -errno;
    len = (size_t)snprintf(line, sizeof(line), "%s%s\n", st.st_size > 0 ? "\n" : "", text);
    if (st.st_size > RL_TERMINATION_MAX || (size_t)st.st_size + len > RL_TERMINATION_MAX)
        return RL_TERMINATION_FULL;
    n = write(fd, line, len);
    if (n < 0)
        return -errno;
    return (size_t)n < len ? -EIO : RL_TERMINATION_DONE;
}

int rl_termination_write(int pods_fd, const struct rl_termination *what)
{
    struct newest newest = {.not_after_us = what->wall_us, .fd = -1};
    int r;

    rl_auto_fd int place_fd = open_container(pods_fd, what);
    if (place_fd == -ELOOP || place_fd == -EXDEV || place_fd == -ENOTDIR)
        return RL_TERMINATION_STRANGE;
    if (place_fd < 0)
        return place_fd == -ENOENT ? RL_TERMINATION_NO_FILE : place_fd;
    rl_auto_fd int dir_fd = reopen(place_fd, O_RDONLY | O_DIRECTORY);
    r = dir_fd < 0 ? dir_fd : each_entry(dir_fd, note_file, &newest);
    if (r >= 0 && newest.fd < 0)
        r = newest.strange > 0 ? RL_TERMINATION_STRANGE : RL_TERMINATION_NO_FILE;
    else if (r >= 0)
        r = append(newest.fd, what->text);
    if (newest.fd >= 0)
        close(newest.fd);
    return r;
}
