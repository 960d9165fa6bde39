/* A folder of its own for each test, with files put into it by name. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct sandbox {
    char root[64];
};

static inline int sandbox_setup(void **state)
{
    struct sandbox *box = calloc(1, sizeof(*box));

    assert_non_null(box);
    umask(022);
    strcpy(box->root, "/tmp/reliefd-conf-XXXXXX");
    assert_non_null(mkdtemp(box->root));
    *state = box;
    return 0;
}

static inline int sandbox_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
    return remove(path);
}

static inline int sandbox_teardown(void **state)
{
    struct sandbox *box = *state;

    nftw(box->root, sandbox_remove, 8, FTW_DEPTH | FTW_PHYS);
    free(box);
    return 0;
}

/* The path of a name in the sandbox. Four at a time. */
static inline const char *in(const struct sandbox *box, const char *name)
{
    static char paths[4][PATH_MAX];
    static unsigned next;

    next = (next + 1) % 4;
    snprintf(paths[next], PATH_MAX, "%s/%s", box->root, name);
    return paths[next];
}

/* Make the folders on the way to a path. */
static inline void make_way(const char *path)
{
    char part[PATH_MAX];

    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
        assert_true(mkdir(part, 0755) == 0 || errno == EEXIST);
    }
}

static inline void put(const struct sandbox *box, const char *name, const char *text)
{
    const char *path = in(box, name);
    FILE *file;

    make_way(path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static inline void put_link(const struct sandbox *box, const char *name, const char *target)
{
    const char *path = in(box, name);

    make_way(path);
    unlink(path);
    assert_int_equal(symlink(target, path), 0);
}
