/* Cleanup attributes for local variables: what a function holds is given back on every way out. */
#pragma once

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void rl_cleanup_free(void *pointer)
{
    free(*(void **)pointer);
}

static inline void rl_cleanup_fd(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

static inline void rl_cleanup_dir(DIR *const *dir)
{
    if (*dir)
        closedir(*dir);
}

static inline void rl_cleanup_file(FILE *const *file)
{
    if (*file)
        fclose(*file);
}

#define rl_auto_free __attribute__((cleanup(rl_cleanup_free)))
#define rl_auto_fd   __attribute__((cleanup(rl_cleanup_fd)))
#define rl_auto_dir  __attribute__((cleanup(rl_cleanup_dir)))
#define rl_auto_file __attribute__((cleanup(rl_cleanup_file)))
