#include "daemon/ctl/pids.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/report/cleanup.h"

static int compare(const void *left, const void *right)
{
    pid_t a = *(const pid_t *)left, b = *(const pid_t *)right;

    return (a > b) - (a < b);
}

/* 0 for what is none. */
static pid_t number_of(const char *name)
{
    size_t digits = strspn(name, "0123456789");

    return digits > 0 && digits < 10 && name[digits] == '\0' ? (pid_t)atoi(name) : 0;
}

int rl_pids_list(int dir_fd, pid_t **ret, size_t *ret_n)
{
    rl_auto_free pid_t *pids = NULL;
    size_t n = 0, size = 0;
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rl_auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);

    if (!dir) {
        int error = -errno;
        if (fd >= 0)
            close(fd);
        return error;
    }
    for (struct dirent *entry; (entry = readdir(dir));) {
        pid_t pid = number_of(entry->d_name);
        if (pid == 0)
            continue;
        if (n == size) {
            size = size ? 2 * size : 256;
            pid_t *larger = reallocarray(pids, size, sizeof(*larger));
            if (!larger)
                return -ENOMEM;
            pids = larger;
        }
        pids[n++] = pid;
    }
    if (n > 0)
        qsort(pids, n, sizeof(*pids), compare);
    *ret = pids;
    *ret_n = n;
    pids = NULL;
    return 0;
}

bool rl_path_within(const char *top, const char *path)
{
    size_t length;

    top += strspn(top, "/");
    length = strlen(top);
    while (length > 0 && top[length - 1] == '/')
        length--;
    if (length == 0)
        return true;
    return *path == '/' && strncmp(path + 1, top, length) == 0 &&
           (path[1 + length] == '\0' || path[1 + length] == '/');
}
