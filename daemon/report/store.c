#include "daemon/report/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/record.h"

#define FOLDER      "incidents"
#define SUFFIX      ".json"
#define TEMPORARY   ".tmp"
#define FILE_MODE   0640
#define FOLDER_MODE 0750
#define NAME_SIZE   (RL_RECORD_ID_MAX + sizeof(SUFFIX) + sizeof(TEMPORARY))

/* A record of ours has some 20 KB, and 20 KB for each cgroup whose samples it has; more than this
 * is none. */
#define RECORD_SIZE_MAX (1 << 20)
#define SAMPLES         "samples"

struct entry {
    char id[RL_RECORD_ID_MAX];
    struct timespec at;
    uint64_t bytes;
};

struct entries {
    struct entry *items;
    size_t n, size;
};

bool rl_store_id_valid(const char *id)
{
    static const char allowed[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    size_t length = strlen(id);

    return length > 0 && length < RL_RECORD_ID_MAX && id[0] != '.' && strspn(id, allowed) == length;
}

/* Return: a descriptor of the folder, or -errno. */
static int open_folder(const char *state_dir, bool make)
{
    rl_auto_fd int parent = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (parent < 0 && errno == ENOENT && make) {
        if (mkdir(state_dir, 0755) < 0 && errno != EEXIST)
            return -errno;
        parent = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    }
    if (parent < 0)
        return -errno;
    if (make && mkdirat(parent, FOLDER, FOLDER_MODE) < 0 && errno != EEXIST)
        return -errno;
    int folder = openat(parent, FOLDER, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return folder < 0 ? -errno : folder;
}

static int write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        text += n;
        size -= (size_t)n;
    }
    return 0;
}

static int write_file(int folder, const char *name, const char *text)
{
    unlinkat(folder, name, 0);
    rl_auto_fd int fd = openat(
        folder, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
    if (fd < 0)
        return -errno;
    int r = fchmod(fd, FILE_MODE) < 0 ? -errno : write_all(fd, text, strlen(text));
    return r < 0 ? r : write_all(fd, "\n", 1);
}

/* The record over many lines, and its samples on one: thousands of numbers. */
static char *file_text(const json_t *record, const char *samples)
{
    json_auto_t *rest = json_copy((json_t *)record);
    rl_auto_free char *own = NULL;
    rl_auto_free char *text = NULL;
    char *whole;

    if (!samples && json_is_object(json_object_get(record, SAMPLES)))
        samples = own = rl_json_text(json_object_get(record, SAMPLES));
    if (!samples)
        return rl_json_pretty(record);
    json_object_del(rest, SAMPLES);
    text = rest ? rl_json_pretty(rest) : NULL;
    if (!text || json_object_size(rest) == 0)
        return NULL;
    text[strlen(text) - 2] = '\0'; /* the line feed and brace that end it */
    return asprintf(&whole, "%s,\n  \"" SAMPLES "\": %s\n}", text, samples) < 0 ? NULL : whole;
}

/* Write it under another name first. */
static int replace_file(int folder, const char *name, const json_t *json, const char *samples)
{
    char temporary[NAME_SIZE + 1];
    rl_auto_free char *text = file_text(json, samples);

    if (!text)
        return -ENOMEM;
    snprintf(temporary, sizeof(temporary), ".%.*s" TEMPORARY,
        (int)(strlen(name) - (sizeof(SUFFIX) - 1)), name);
    int r = write_file(folder, temporary, text);
    if (r >= 0 && renameat(folder, temporary, folder, name) < 0)
        r = -errno;
    if (r < 0)
        unlinkat(folder, temporary, 0);
    return r;
}

int rl_store_write(const char *state_dir, const char *id, const json_t *record)
{
    return rl_store_write_samples(state_dir, id, record, NULL);
}

int rl_store_write_samples(
    const char *state_dir, const char *id, const json_t *record, const char *samples)
{
    char name[NAME_SIZE];

    if (!rl_store_id_valid(id))
        return -EINVAL;
    rl_auto_fd int folder = open_folder(state_dir, true);
    if (folder < 0)
        return folder;
    snprintf(name, sizeof(name), "%s" SUFFIX, id);
    return replace_file(folder, name, record, samples);
}

int rl_store_rewrite(const char *state_dir, const char *id, const json_t *record)
{
    char name[NAME_SIZE];
    struct stat st;

    if (!rl_store_id_valid(id))
        return -EINVAL;
    rl_auto_fd int folder = open_folder(state_dir, false);
    if (folder < 0)
        return folder;
    snprintf(name, sizeof(name), "%s" SUFFIX, id);
    if (fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    int r = replace_file(folder, name, record, NULL);
    if (r >= 0)
        (void)utimensat(folder, name, (const struct timespec[]){st.st_atim, st.st_mtim}, 0);
    return r;
}

int rl_store_write_file(const char *state_dir, const char *name, const json_t *json)
{
    if (mkdir(state_dir, 0755) < 0 && errno != EEXIST)
        return -errno;
    rl_auto_fd int folder = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? -errno : replace_file(folder, name, json, NULL);
}

/* Is this the name of a record? Its id is everything before the suffix. */
static bool record_name(const char *name, char id[RL_RECORD_ID_MAX])
{
    size_t length = strlen(name), suffix = sizeof(SUFFIX) - 1;

    if (length <= suffix || length - suffix >= RL_RECORD_ID_MAX ||
        strcmp(name + length - suffix, SUFFIX) != 0)
        return false;
    memcpy(id, name, length - suffix);
    id[length - suffix] = '\0';
    return rl_store_id_valid(id);
}

static bool temporary_name(const char *name)
{
    size_t length = strlen(name), suffix = sizeof(TEMPORARY) - 1;

    return name[0] == '.' && length > suffix && strcmp(name + length - suffix, TEMPORARY) == 0;
}

static int add_entry(struct entries *entries, const char *id, const struct stat *st)
{
    if (entries->n == entries->size) {
        size_t size = entries->size ? 2 * entries->size : 64;
        struct entry *items = reallocarray(entries->items, size, sizeof(*items));
        if (!items)
            return -ENOMEM;
        entries->items = items;
        entries->size = size;
    }
    struct entry *entry = &entries->items[entries->n++];
    *entry = (struct entry){.at = st->st_mtim, .bytes = (uint64_t)st->st_size};
    strcpy(entry->id, id);
    return 0;
}

/* Newest first; where the clock cannot tell, by name. */
static int compare_entries(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;

    if (a->at.tv_sec != b->at.tv_sec)
        return a->at.tv_sec > b->at.tv_sec ? -1 : 1;
    if (a->at.tv_nsec != b->at.tv_nsec)
        return a->at.tv_nsec > b->at.tv_nsec ? -1 : 1;
    return strcmp(b->id, a->id);
}

/* All records of a folder, newest first. The items are the caller's to free, also on failure. */
static int list_entries(int folder, bool clean, struct entries *entries)
{
    char id[RL_RECORD_ID_MAX];
    struct stat st;

    int own = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (own < 0)
        return -errno;
    rl_auto_dir DIR *dir = fdopendir(own);
    if (!dir) {
        int error = -errno;
        close(own);
        return error;
    }
    for (struct dirent *found; (found = readdir(dir));) {
        if (clean && temporary_name(found->d_name))
            unlinkat(folder, found->d_name, 0);
        if (!record_name(found->d_name, id))
            continue;
        if (fstatat(folder, found->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
            continue;
        int r = add_entry(entries, id, &st);
        if (r < 0)
            return r;
    }
    if (entries->n > 0)
        qsort(entries->items, entries->n, sizeof(*entries->items), compare_entries);
    return 0;
}

int rl_store_prune(const char *state_dir, unsigned keep, uint64_t keep_bytes)
{
    struct entries entries = {0};
    char name[NAME_SIZE];

    rl_auto_fd int folder = open_folder(state_dir, false);
    if (folder < 0)
        return folder == -ENOENT ? 0 : folder;
    int r = list_entries(folder, true, &entries);
    uint64_t bytes = 0;
    for (size_t i = 0; i < entries.n && r >= 0; i++) {
        bytes += entries.items[i].bytes;
        if (i == 0 || (i < keep && bytes <= keep_bytes))
            continue;
        snprintf(name, sizeof(name), "%s" SUFFIX, entries.items[i].id);
        if (unlinkat(folder, name, 0) < 0 && errno != ENOENT)
            r = -errno;
    }
    free(entries.items);
    return r;
}

static int read_file(int folder, const char *name, json_t **ret)
{
    struct stat st;

    rl_auto_fd int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_size > RECORD_SIZE_MAX)
        return -EBADMSG;
    json_t *json = json_loadfd(fd, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(json)) {
        json_decref(json);
        return -EBADMSG;
    }
    *ret = json;
    return 0;
}

static int read_record(int folder, const char *id, json_t **ret)
{
    char name[NAME_SIZE];

    snprintf(name, sizeof(name), "%s" SUFFIX, id);
    return read_file(folder, name, ret);
}

int rl_store_read_file(const char *state_dir, const char *name, json_t **ret)
{
    rl_auto_fd int folder = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return folder < 0 ? -errno : read_file(folder, name, ret);
}

int rl_store_read(const char *state_dir, const char *id, json_t **ret)
{
    if (!rl_store_id_valid(id))
        return -EINVAL;
    rl_auto_fd int folder = open_folder(state_dir, false);
    return folder < 0 ? folder : read_record(folder, id, ret);
}

int rl_store_list(const char *state_dir, unsigned max, json_t **ret)
{
    struct entries entries = {0};

    rl_auto_fd int folder = open_folder(state_dir, false);
    if (folder < 0)
        return folder;
    int r = list_entries(folder, false, &entries);
    json_t *records = r < 0 ? NULL : json_array();
    for (size_t i = 0; i < entries.n && records && json_array_size(records) < max; i++) {
        json_t *record;
        if (read_record(folder, entries.items[i].id, &record) < 0)
            continue;
        json_object_set_new(record, SAMPLES, json_null());
        json_array_append_new(records, record);
    }
    free(entries.items);
    if (r >= 0 && !records)
        r = -ENOMEM;
    if (r >= 0)
        *ret = records;
    return r;
}
