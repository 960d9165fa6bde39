/* A tar file in the making, by libarchive: pax format, so that names may be of any length and hold
 * any bytes. Entries belong to root, have the time of the bundle and are readable by all.
 *
 * The library is loaded by rl_bundle_new() and not before: it brings a dozen others along, and
 * reliefctl has to start quickly on a machine that is short of memory. Without its headers at build
 * time rl_bundle_new() always fails.
 *
 * What the library finds wrong is said on stderr; an error of write(2) is only returned. Paths have
 * no leading slash. */
#pragma once

#include <stddef.h>
#include <time.h>

struct rl_bundle;

/* Begin to write to fd, which stays the caller's. Return: 0; -EOPNOTSUPP when there is no library;
 * -ENOMEM; other -errno. */
int rl_bundle_new(int fd, time_t when, struct rl_bundle **ret);

/* Each: 0, or -errno after which the bundle is of no use. */
int rl_bundle_folder(struct rl_bundle *bundle, const char *path);
int rl_bundle_file(struct rl_bundle *bundle, const char *path, const void *data, size_t size);
int rl_bundle_link(struct rl_bundle *bundle, const char *path, const char *target);

/* Write the end. Nothing may be added afterwards. */
int rl_bundle_finish(struct rl_bundle *bundle);

/* NULL is allowed. */
void rl_bundle_free(struct rl_bundle *bundle);
