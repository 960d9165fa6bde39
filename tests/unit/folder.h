/* A folder for one test: files are written by path, and all of it is removed at the end. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef FOLDER_TEMPLATE
#define FOLDER_TEMPLATE "/tmp/reliefd-unit-XXXXXX"
#endif

struct folder {
    char path[sizeof(FOLDER_TEMPLATE)];
    int fd;
};

static inline void folder_new(struct folder *folder)
{
    strcpy(folder->path, FOLDER_TEMPLATE);
    assert_non_null(mkdtemp(folder->path));
    folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(folder->fd >= 0);
}

static inline int folder_remove_one(
    const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void folder_free(struct folder *folder)
{
    close(folder->fd);
    assert_int_equal(nftw(folder->path, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* Make the folders on the way to a file. */
static inline void folder_parents(const struct folder *folder, const char *file)
{
    char path[4096];

    assert_true(strlen(file) < sizeof(path));
    strcpy(path, file);
    for (char *slash = path; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        if (mkdirat(folder->fd, path, 0755) < 0)
            assert_int_equal(errno, EEXIST);
        *slash = '/';
    }
}

static inline void folder_write_bytes(
    const struct folder *folder, const char *file, const char *text, size_t len)
{
    int fd;

    folder_parents(folder, file);
    fd = openat(folder->fd, file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, len), (ssize_t)len);
    close(fd);
}

static inline void folder_write(const struct folder *folder, const char *file, const char *text)
{
    folder_write_bytes(folder, file, text, strlen(text));
}

static inline void folder_link(const struct folder *folder, const char *file, const char *target)
{
    folder_parents(folder, file);
    assert_int_equal(symlinkat(target, folder->fd, file), 0);
}
