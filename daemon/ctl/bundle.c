#include "daemon/ctl/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <dlfcn.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARY "libarchive.so.13" /* its name since version 3 */

#define CALL(name) __typeof__(name) *name

/* The functions by their own names and types, for the compiler to check the calls. */
struct calls {
    CALL(archive_write_new);
    CALL(archive_write_set_format_pax_restricted);
    CALL(archive_write_open);
    CALL(archive_write_header);
    CALL(archive_write_data);
    CALL(archive_write_close);
    CALL(archive_write_free);
    CALL(archive_error_string);
    CALL(archive_errno);
    CALL(archive_entry_new);
    CALL(archive_entry_free);
    CALL(archive_entry_copy_pathname);
    CALL(archive_entry_copy_symlink);
    CALL(archive_entry_set_filetype);
    CALL(archive_entry_set_perm);
    CALL(archive_entry_set_size);
    CALL(archive_entry_set_mtime);
};

#define SYMBOL(name)                                                                               \
    {                                                                                              \
#name, offsetof(struct calls, name)                                                        \
    }

static const struct {
    const char *name;
    size_t offset;
} symbols[] = {
    SYMBOL(archive_write_new),
    SYMBOL(archive_write_set_format_pax_restricted),
    SYMBOL(archive_write_open),
    SYMBOL(archive_write_header),
    SYMBOL(archive_write_data),
    SYMBOL(archive_write_close),
    SYMBOL(archive_write_free),
    SYMBOL(archive_error_string),
    SYMBOL(archive_errno),
    SYMBOL(archive_entry_new),
    SYMBOL(archive_entry_free),
    SYMBOL(archive_entry_copy_pathname),
    SYMBOL(archive_entry_copy_symlink),
    SYMBOL(archive_entry_set_filetype),
    SYMBOL(archive_entry_set_perm),
    SYMBOL(archive_entry_set_size),
    SYMBOL(archive_entry_set_mtime),
};
_Static_assert(sizeof(struct calls) == sizeof(symbols) / sizeof(symbols[0]) * sizeof(void *),
    "each call has its symbol");

struct rl_bundle {
    struct calls calls;
    struct archive *archive;
    int fd;
    int error; /* -errno of the first write that failed */
    time_t when;
    locale_t utf8, before;
};

/* The library stays loaded: some that it brings along cannot be unloaded. */
static int load(struct calls *calls)
{
    void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

    for (size_t i = 0; library && i < sizeof(symbols) / sizeof(symbols[0]); i++) {
        void *function = dlsym(library, symbols[i].name);
        if (!function)
            library = NULL;
        memcpy((char *)calls + symbols[i].offset, &function, sizeof(function));
    }
    if (library)
        return 0;
    fprintf(stderr, "reliefctl: libarchive is needed to write tar files: %s\n", dlerror());
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
