#include "daemon/observe/cgroup-view.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/procs.h"
#include "daemon/observe/read.h"

#define DEPTH_MAX 64 /* levels that are looked into */

struct seek {
    bool found;
    char path[4096];
};

static void compare(pid_t pid, void *userdata)
{
    struct seek *seek = userdata;

    /* cgroup.procs speaks of the reader's pid namespace. */
    if (pid == getpid())
        seek->found = true;
}

static void seek_below(int fd, size_t len, unsigned depth, struct seek *seek);

/* One child, if it is a cgroup. */
static void seek_child(int fd, const char *name, size_t len, unsigned depth, struct seek *seek)
{
    size_t more = strlen(name) + 1;
    int child;

    if (len + more >= sizeof(seek->path))
        return;
    child = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (child < 0)
        return; /* gone meanwhile */
    seek->path[len] = '/';
    strcpy(seek->path + len + 1, name);
    seek_below(child, len + more, depth - 1, seek);
}

/* Takes fd. Where it was found, path is left as it is. */
static void seek_below(int fd, size_t len, unsigned depth, struct seek *seek)
{
    DIR *dir;

    rl_procs_of(fd, compare, seek, NULL);
    if (seek->found || depth == 0) {
        close(fd);
        return;
    }
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return;
    }
    for (struct dirent *entry; !seek->found && (entry = readdir(dir));) {
        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        seek_child(dirfd(dir), entry->d_name, len, depth, seek);
        if (!seek->found)
            seek->path[len] = '\0';
    }
    closedir(dir);
}

static bool lives_at(int root_fd, const char *path)
{
    struct seek seek = {0};
    int fd = openat(
        root_fd, path[1] ? path + 1 : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return false;
    rl_procs_of(fd, compare, &seek, NULL);
    close(fd);
    return seek.found;
}

/* The own cgroup lies at `path` below the mount, and the namespace shows it as `seen`. */
static void subtract(const char *path, const char *seen, struct rl_cgroup_view *view)
{
    size_t len = strlen(path), tail = strcmp(seen, "/") == 0 ? 0 : strlen(seen);

    if (tail > len || strcmp(path + len - tail, seen[1] ? seen : "") != 0)
        return;
    memcpy(view->root, path, len - tail);
    view->root[len - tail] = '\0';
}

int rl_cgroup_view_find(int proc_fd, int root_fd, struct rl_cgroup_view *ret)
{
    char text[16384];
    const char *seen;
    struct seek seek = {0};
    ssize_t n = rl_read_at(proc_fd, "self/cgroup", text, sizeof(text));
    int fd, r;

    ret->root[0] = '\0';
    r = n < 0 ? (int)n : rl_parse_proc_cgroup(text, &seen);
    if (r == -ENODATA || (r >= 0 && root_fd < 0))
        return 0; /* no cgroup2 hierarchy, or none to look at */
    if (r < 0)
        return r;
    if (lives_at(root_fd, seen))
        return 0;
    fd = openat(root_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    seek_below(fd, 0, DEPTH_MAX, &seek);
    if (seek.found)
        subtract(seek.path, seen, ret);
    return 0;
}

/* Does it begin with a level upwards? */
static bool climbs(const char *path)
{
    return strncmp(path, "/..", 3) == 0 && (path[3] == '/' || path[3] == '\0');
}

const char *rl_cgroup_view_path(
    const struct rl_cgroup_view *view, const char *seen, char *buf, size_t size)
{
    size_t len = strlen(view->root);

    if (len == 0)
        return climbs(seen) ? NULL : seen;
    for (; climbs(seen); seen += 3) {
        while (len > 0 && view->root[len - 1] != '/')
            len--;
        if (len == 0)
            return NULL;
        len--; /* the slash as well */
    }
    if (strcmp(seen, "/") == 0)
        seen = "";
    if (len + strlen(seen) + 2 > size)
        return NULL;
    memcpy(buf, view->root, len);
    strcpy(buf + len, seen);
    if (buf[0] == '\0')
        strcpy(buf, "/");
    return buf;
}
