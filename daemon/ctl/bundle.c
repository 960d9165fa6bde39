#include "daemon/ctl/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ctl/library.h"

#define LIBRARY "libarchive.so.13" /* its name since version 3 */

struct calls {
    RL_CALL(archive_write_new);
    RL_CALL(archive_write_set_format_pax_restricted);
    RL_CALL(archive_write_open);
    RL_CALL(archive_write_header);
    RL_CALL(archive_write_data);
    RL_CALL(archive_write_close);
    RL_CALL(archive_write_free);
    RL_CALL(archive_error_string);
    RL_CALL(archive_errno);
    RL_CALL(archive_entry_new);
    RL_CALL(archive_entry_free);
    RL_CALL(archive_entry_copy_pathname);
    RL_CALL(archive_entry_copy_symlink);
    RL_CALL(archive_entry_set_filetype);
    RL_CALL(archive_entry_set_perm);
    RL_CALL(archive_entry_set_size);
    RL_CALL(archive_entry_set_mtime);
};

static const struct rl_symbol symbols[] = {
    RL_SYMBOL(struct calls, archive_write_new),
    RL_SYMBOL(struct calls, archive_write_set_format_pax_restricted),
    RL_SYMBOL(struct calls, archive_write_open),
    RL_SYMBOL(struct calls, archive_write_header),
    RL_SYMBOL(struct calls, archive_write_data),
    RL_SYMBOL(struct calls, archive_write_close),
    RL_SYMBOL(struct calls, archive_write_free),
    RL_SYMBOL(struct calls, archive_error_string),
    RL_SYMBOL(struct calls, archive_errno),
    RL_SYMBOL(struct calls, archive_entry_new),
    RL_SYMBOL(struct calls, archive_entry_free),
    RL_SYMBOL(struct calls, archive_entry_copy_pathname),
    RL_SYMBOL(struct calls, archive_entry_copy_symlink),
    RL_SYMBOL(struct calls, archive_entry_set_filetype),
    RL_SYMBOL(struct calls, archive_entry_set_perm),
    RL_SYMBOL(struct calls, archive_entry_set_size),
    RL_SYMBOL(struct calls, archive_entry_set_mtime),
};
RL_SYMBOLS_COMPLETE(struct calls, symbols);

struct rl_bundle {
    struct calls calls;
    struct archive *archive;
    int fd;
    int error; /* -errno of the first write that failed */
    time_t when;
    locale_t utf8, before;
};

static int load(struct calls *calls)
{
    const char *wrong = rl_library_load(
        LIBRARY, symbols, sizeof(symbols) / sizeof(symbols[0]), calls);

    if (!wrong)
        return 0;
    fprintf(stderr, "reliefctl: libarchive is needed to write tar files: %s\n", wrong);
    return -EOPNOTSUPP;
}

/* Errors are kept, and the library is told that all is well: it leaks its buffer after a write that
 * failed, and knows less about the reason than errno. */
static la_ssize_t write_block(
    struct archive *archive, void *userdata, const void *block, size_t size)
{
    struct rl_bundle *bundle = userdata;

    for (size_t done = 0; done < size && bundle->error == 0;) {
        ssize_t n = write(bundle->fd, (const char *)block + done, size - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            bundle->error = -errno;
    }
    return (la_ssize_t)size;
}

/* Say what the library says. Return: -errno. */
static int failed(const struct rl_bundle *bundle, const char *path)
{
    const char *text = bundle->calls.archive_error_string(bundle->archive);
    int error = bundle->calls.archive_errno(bundle->archive);

    if (bundle->error < 0)
        return bundle->error;
    fprintf(stderr, "reliefctl: writing the tar file%s%s: %s\n", path ? ": " : "", path ? path : "",
        text ? text : strerror(error));
    return error > 0 ? -error : -EIO;
}

/* Names go through the locale's encoding on their way into pax headers. Under UTF-8 those that are
 * UTF-8 stay as they are, and all others are stored as bytes. */
static void use_utf8(struct rl_bundle *bundle)
{
    bundle->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL);
    if (bundle->utf8)
        bundle->before = uselocale(bundle->utf8);
}

int rl_bundle_new(int fd, time_t when, struct rl_bundle **ret)
{
    struct rl_bundle *bundle = calloc(1, sizeof(*bundle));
    int r = bundle ? load(&bundle->calls) : -ENOMEM;

    if (r < 0) {
        free(bundle);
        return r;
    }
    bundle->fd = fd;
    bundle->when = when;
    use_utf8(bundle);
    bundle->archive = bundle->calls.archive_write_new();
    if (!bundle->archive)
        r = -ENOMEM;
    else if (bundle->calls.archive_write_set_format_pax_restricted(bundle->archive) != ARCHIVE_OK ||
             bundle->calls.archive_write_open(bundle->archive, bundle, NULL, write_block, NULL) !=
                 ARCHIVE_OK)
        r = failed(bundle, NULL);
    if (r < 0) {
        rl_bundle_free(bundle);
        return r;
    }
    *ret = bundle;
    return 0;
}

struct entry {
    const char *path;
    mode_t type, mode;
    const char *target; /* of a link */
    const void *data;
    size_t size;
};

static int add(struct rl_bundle *bundle, const struct entry *entry)
{
    const struct calls *calls = &bundle->calls;
    struct archive_entry *header = calls->archive_entry_new();
    int r = 0;

    if (!header)
        return -ENOMEM;
    calls->archive_entry_copy_pathname(header, entry->path);
    calls->archive_entry_set_filetype(header, entry->type);
    calls->archive_entry_set_perm(header, entry->mode);
    calls->archive_entry_set_mtime(header, bundle->when, 0);
    calls->archive_entry_set_size(header, (la_int64_t)entry->size);
    if (entry->target)
        calls->archive_entry_copy_symlink(header, entry->target);
    /* A warning is about a name that is not UTF-8, and has been dealt with. */
    if (calls->archive_write_header(bundle->archive, header) < ARCHIVE_WARN)
        r = failed(bundle, entry->path);
    else if (entry->size > 0 && calls->archive_write_data(bundle->archive, entry->data,
                                    entry->size) != (la_ssize_t)entry->size)
        r = failed(bundle, entry->path);
    calls->archive_entry_free(header);
    return r < 0 ? r : bundle->error;
}

int rl_bundle_folder(struct rl_bundle *bundle, const char *path)
{
    const struct entry entry = {.path = path, .type = S_IFDIR, .mode = 0755};

    return add(bundle, &entry);
}

int rl_bundle_file(struct rl_bundle *bundle, const char *path, const void *data, size_t size)
{
    const struct entry entry = {
        .path = path, .type = S_IFREG, .mode = 0644, .data = data, .size = size};

    return add(bundle, &entry);
}

int rl_bundle_link(struct rl_bundle *bundle, const char *path, const char *target)
{
    const struct entry entry = {.path = path, .type = S_IFLNK, .mode = 0777, .target = target};

    return add(bundle, &entry);
}

int rl_bundle_finish(struct rl_bundle *bundle)
{
    if (bundle->calls.archive_write_close(bundle->archive) != ARCHIVE_OK)
        return failed(bundle, NULL);
    return bundle->error;
}

void rl_bundle_free(struct rl_bundle *bundle)
{
    if (!bundle)
        return;
    /* The library would end what was not finished, and make half a snapshot look whole. */
    bundle->error = -ECANCELED;
    if (bundle->archive)
        bundle->calls.archive_write_free(bundle->archive);
    if (bundle->utf8) {
        uselocale(bundle->before);
        freelocale(bundle->utf8);
    }
    free(bundle);
}
