#include "daemon/observe/levels.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/sample.h"

/* The next name of a path. Return: its length, 0 at the end. */
static size_t next_name(const char **path)
{
    *path += strspn(*path, "/");
    return strcspn(*path, "/");
}

/* Open the directory of a name below dir_fd. Return: an fd or -errno. */
static int open_level(int dir_fd, const char *path, size_t length)
{
    char name[NAME_MAX + 1];

    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, path, length);
    name[length] = '\0';
    if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return -EINVAL;
    int fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Read one level; its descriptor stays the caller's. */
static int read_level(int dir_fd, struct rl_level *ret)
{
    struct rl_files files = {0};

    int own = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    if (own < 0)
        return -errno;
    rl_files_open(&files, own, -1);
    int r = rl_files_read(
        &files, RL_HAVE_LIMITS | RL_HAVE_CURRENT | RL_HAVE_STAT | RL_HAVE_SWAP, rl_now_us());
    if (r >= 0)
        rl_level_of(&files.sample, ret);
    rl_files_close(&files);
    return r;
}

static void reverse(struct rl_level *levels, size_t n)
{
    for (size_t i = 0; i < n / 2; i++) {
        struct rl_level level = levels[i];
        levels[i] = levels[n - 1 - i];
        levels[n - 1 - i] = level;
    }
}

int rl_levels_read(int root_fd, const char *path, struct rl_level *levels, size_t *ret_n)
{
    int dir_fd = fcntl(root_fd, F_DUPFD_CLOEXEC, 0);
    size_t n = 0, length;
    int r = dir_fd < 0 ? -errno : 0;

    while (r >= 0 && n < RL_DEPTH_MAX && (length = next_name(&path)) > 0) {
        int below = open_level(dir_fd, path, length);
        close(dir_fd);
        dir_fd = below;
        path += length;
        r = below < 0 ? below : read_level(below, &levels[n]);
        n += r >= 0;
    }
    if (dir_fd >= 0)
        close(dir_fd);
    reverse(levels, n);
    *ret_n = n;
    return r < 0 ? r : 0;
}

const char *rl_levels_path(const char *path, size_t n, int index, char *buf, size_t size)
{
    const char *end = path;
    size_t length;

    if (index < 0 || (size_t)index >= n) {
        snprintf(buf, size, "node");
        return buf;
    }
    for (size_t i = 0; i < n - (size_t)index && (length = next_name(&end)) > 0; i++)
        end += length;
    snprintf(buf, size, "%.*s", (int)(end - path), path);
    return buf;
}
