#include "conf/open.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define LINKS_MAX 40

struct walk {
    int at;               /* O_PATH of the folder reached */
    char where[PATH_MAX]; /* its path without links, for messages */
    char rest[PATH_MAX];  /* what is still to be walked */
    unsigned links;
    bool done; /* ret->fd is what was looked for */
    struct rl_open_result *ret;
};

/* The first reason stays. */
__attribute__((format(printf, 2, 3))) static void distrust(
    struct walk *walk, const char *format, ...)
{
    char *buf = walk->ret->distrust;
    va_list args;

    if (buf[0])
        return;
    va_start(args, format);
    vsnprintf(buf, sizeof(walk->ret->distrust), format, args);
    va_end(args);
}

/* Where nobody can write, as on a ConfigMap in a container. Under systemd it tells nothing: by
 * ProtectSystem= nearly every mount is read-only for us, and for us alone. */
static bool is_read_only(int fd)
{
    struct statvfs fs;

    return access("/run/systemd/system", F_OK) < 0 && fstatvfs(fd, &fs) == 0 &&
           (fs.f_flag & ST_RDONLY);
}

static void judge_owner(struct walk *walk, const char *what, const struct stat *st)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        distrust(walk, "%s%.300s belongs to uid %u, neither root nor the own user", what,
            walk->where, (unsigned)st->st_uid);
}

static void judge(struct walk *walk, int fd, const struct stat *st)
{
    bool sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX);

    if (S_ISCHR(st->st_mode))
        return; /* nothing is read from it */
    judge_owner(walk, "", st);
    if (!(st->st_mode & (S_IWGRP | S_IWOTH)) || sticky || is_read_only(fd))
        return;
    distrust(walk, "%.300s may be written by %s (mode %04o)", walk->where,
        st->st_mode & S_IWOTH ? "everybody" : "its group", st->st_mode & 07777u);
}

static void move_to(struct walk *walk, int fd)
{
    if (walk->at >= 0)
        close(walk->at);
    walk->at = fd;
}

static int start_at_root(struct walk *walk)
{
    struct stat st;
    int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    move_to(walk, fd);
    strcpy(walk->where, "/");
    if (fstat(fd, &st) < 0)
        return -errno;
    judge(walk, fd, &st);
    return 0;
}

static void append(char *where, size_t size, const char *name)
{
    size_t len = strlen(where);
    char *slash = strrchr(where, '/');

    if (strcmp(name, "..") == 0)
        slash[slash == where] = '\0';
    else
        snprintf(where + len, size - len, "%s%s", len > 1 ? "/" : "", name);
}

/* Put the link's target in front of what is left to walk. */
static int follow(struct walk *walk, int link_fd, const struct stat *st)
{
    char target[PATH_MAX], rest[PATH_MAX];
    ssize_t len = readlinkat(link_fd, "", target, sizeof(target) - 1);

    if (len < 0)
        return -errno;
    if (++walk->links > LINKS_MAX)
        return -ELOOP;
    target[len] = '\0';
    judge_owner(walk, "a link in ", st);
    if ((size_t)snprintf(rest, sizeof(rest), "%s/%s", target, walk->rest) >= sizeof(rest))
        return -ENAMETOOLONG;
    strcpy(walk->rest, rest);
    return target[0] == '/' ? start_at_root(walk) : 0;
}

static bool is_null_device(const struct stat *st)
{
    return S_ISCHR(st->st_mode) && st->st_rdev == makedev(1, 3);
}

/* The end of the way. Opening a device or a pipe may do something, so only what can be read is
 * opened; the rest is left as a name for the caller to refuse. */
static int arrive(struct walk *walk, const char *name, int path_fd, const struct stat *st)
{
    struct rl_open_result *ret = walk->ret;
    int fd;

    if (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode))
        fd = openat(walk->at, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    else
        fd = fcntl(path_fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0)
        return -errno;
    ret->fd = fd;
    walk->done = true;
    append(walk->where, sizeof(walk->where), name);
    if (fstat(fd, &ret->stat) < 0)
        return -errno;
    judge(walk, fd, &ret->stat);
    return 0;
}

static int step(struct walk *walk, const char *name)
{
    struct stat st;
    int fd = openat(walk->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), error = 0;

    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0)
        error = -errno;
    else if (S_ISLNK(st.st_mode))
        error = follow(walk, fd, &st);
    else if (walk->rest[strspn(walk->rest, "/")] == '\0')
        error = arrive(walk, name, fd, &st);
    else {
        append(walk->where, sizeof(walk->where), name);
        judge(walk, fd, &st);
        move_to(walk, fd);
        return 0;
    }
    close(fd);
    return error;
}

/* Cut the next level off the front of what is left. Return: false when there is none. */
static bool next_level(struct walk *walk, char *name, size_t size)
{
    const char *p = walk->rest + strspn(walk->rest, "/");
    size_t len = strcspn(p, "/");

    snprintf(name, size, "%.*s", (int)len, p);
    memmove(walk->rest, p + len, strlen(p + len) + 1);
    return len > 0;
}

static int walk_to_end(struct walk *walk)
{
    char name[PATH_MAX];
    int error = start_at_root(walk);

    while (error == 0 && !walk->done) {
        if (!next_level(walk, name, sizeof(name)))
            strcpy(name, "."); /* "/", or a link to it */
        error = step(walk, name);
    }
    return error;
}

int rl_open(const char *path, struct rl_open_result *ret)
{
    struct walk walk = {.at = -1, .ret = ret};
    char cwd[PATH_MAX] = "";
    int error;

    ret->fd = -1;
    ret->distrust[0] = '\0';
    if (path[0] != '/' && !getcwd(cwd, sizeof(cwd)))
        return -errno;
    if ((size_t)snprintf(walk.rest, sizeof(walk.rest), "%s/%s", cwd, path) >= sizeof(walk.rest))
        return -ENAMETOOLONG;
    error = walk_to_end(&walk);
    move_to(&walk, -1);
    if (error < 0 && ret->fd >= 0) {
        close(ret->fd);
        ret->fd = -1;
    }
    return error;
}

static int read_all(int fd, char **ret_text, size_t *ret_len)
{
    char *text = malloc(RL_CONF_SIZE_MAX + 1);
    size_t len = 0;

    if (!text)
        return -ENOMEM;
    while (len <= RL_CONF_SIZE_MAX) {
        ssize_t n = read(fd, text + len, RL_CONF_SIZE_MAX + 1 - len);
        int error = errno;

        if (n == 0)
            break;
        if (n < 0 && error != EINTR) {
            free(text);
            return -error;
        }
        len += n > 0 ? (size_t)n : 0;
    }
    *ret_text = text;
    *ret_len = len;
    return 0;
}

static int refuse(struct rl_findings *findings, const char *path, const char *code,
    const char *what, const char *why)
{
    int error = rl_findings_add(findings, path, 0, RL_ERROR, code, "%s%s", what, why);

    return error < 0 ? error : RL_CONF_REFUSED;
}

static int not_opened(struct rl_findings *findings, const char *path, int error)
{
    struct stat st;

    if (error == -ENOENT && lstat(path, &st) < 0 && errno == ENOENT)
        return RL_CONF_GONE;
    return refuse(findings, path, "unreadable",
        error == -ENOENT ? "the link leads to nothing: " : "cannot be read: ", strerror(-error));
}

static int read_opened(const char *path, struct rl_open_result *opened, bool strict,
    struct rl_findings *findings, char **ret_text, size_t *ret_len)
{
    int error;

    if (opened->distrust[0] && strict)
        return refuse(findings, path, "unsafe-owner", "refused: ", opened->distrust);
    if (opened->distrust[0] && rl_findings_add(findings, path, 0, RL_WARNING, "unsafe-owner",
                                   "the daemon refuses this file: %s", opened->distrust) < 0)
        return -ENOMEM;
    if (is_null_device(&opened->stat))
        return RL_CONF_MASK;
    if (!S_ISREG(opened->stat.st_mode))
        return refuse(findings, path, "not-a-file",
            S_ISDIR(opened->stat.st_mode) ? "is a folder; expected a file" : "is no regular file",
            "");
    error = read_all(opened->fd, ret_text, ret_len);
    if (error == -ENOMEM)
        return error;
    if (error < 0)
        return refuse(findings, path, "unreadable", "cannot be read: ", strerror(-error));
    if (*ret_len > 0 && *ret_len <= RL_CONF_SIZE_MAX)
        return RL_CONF_TEXT;
    free(*ret_text);
    return *ret_len ? refuse(findings, path, "too-large", "is larger than 1M", "") : RL_CONF_MASK;
}

int rl_read_conf(
    const char *path, bool strict, struct rl_findings *findings, char **ret_text, size_t *ret_len)
{
    struct rl_open_result opened;
    int result = rl_open(path, &opened);

    if (result < 0)
        return not_opened(findings, path, result);
    result = read_opened(path, &opened, strict, findings, ret_text, ret_len);
    close(opened.fd);
    return result;
}
