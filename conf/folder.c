#include "conf/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/open.h"
#include "conf/value.h"

static void entry_free(struct rl_entry *entry)
{
    free(entry->name);
    free(entry->path);
    free(entry->parent);
}

void rl_entries_free(struct rl_entries *entries)
{
    for (size_t i = 0; i < entries->n; i++)
        entry_free(&entries->items[i]);
    free(entries->items);
    *entries = (struct rl_entries){0};
}

static int add(struct rl_entries *entries, const char *folder, const char *name, unsigned rank,
    const char *parent)
{
    struct rl_entry entry = {.rank = rank};

    if (entries->n == entries->size) {
        size_t size = entries->size ? 2 * entries->size : 16;
        struct rl_entry *items = reallocarray(entries->items, size, sizeof(*items));

        if (!items)
            return -ENOMEM;
        entries->items = items;
        entries->size = size;
    }
    entry.name = strdup(name);
    entry.parent = parent ? strdup(parent) : NULL;
    if (asprintf(&entry.path, "%s/%s", folder, name) < 0)
        entry.path = NULL;
    if (!entry.name || !entry.path || (parent && !entry.parent)) {
        entry_free(&entry);
        return -ENOMEM;
    }
    entries->items[entries->n++] = entry;
    return 0;
}

static int add_unknown(
    struct rl_entries *entries, const char *folder, unsigned rank, const char *parent)
{
    int error = add(entries, folder, "", rank, parent);

    if (!error)
        entries->items[entries->n - 1].unknown = true;
    return error;
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);

    return len > n && strcmp(text + len - n, end) == 0;
}

static bool name_is_sound(const char *name)
{
    size_t len = strlen(name);

    return rl_text_is_utf8(name, len) && !rl_text_has_control(name, len);
}

static int add_drop_ins(const char *folder, const char *name, unsigned rank,
    struct rl_findings *findings, struct rl_entries *entries)
{
    char *path, *parent = strdup(name);
    int result = -ENOMEM;

    if (!parent)
        return -ENOMEM;
    parent[strlen(parent) - 2] = '\0';
    if (asprintf(&path, "%s/%s", folder, name) >= 0) {
        result = rl_folder_list(path, rank, parent, findings, entries);
        if (result == RL_FOLDER_UNREADABLE)
            result = add_unknown(entries, path, rank, parent);
        free(path);
    }
    free(parent);
    return result;
}

static int take_name(const char *folder, const char *name, unsigned rank, const char *parent,
    struct rl_findings *findings, struct rl_entries *entries)
{
    bool file = ends_with(name, ".conf"), drop_ins = !parent && ends_with(name, ".conf.d");

    if (name[0] == '.' || (!file && !drop_ins))
        return 0;
    if (!name_is_sound(name))
        return rl_findings_add(findings, folder, 0, RL_ERROR, "bad-file-name",
            "a file's name holds control characters or is not UTF-8; it is passed over");
    if (drop_ins)
        return add_drop_ins(folder, name, rank, findings, entries);
    return add(entries, folder, name, rank, parent);
}

static int unreadable(struct rl_findings *findings, const char *path, int error)
{
    if (rl_findings_add(findings, path, 0, RL_ERROR, "unreadable-folder",
            "the folder cannot be read: %s", strerror(-error)) < 0)
        return -ENOMEM;
    return RL_FOLDER_UNREADABLE;
}

static int list(DIR *dir, const char *path, unsigned rank, const char *parent,
    struct rl_findings *findings, struct rl_entries *entries)
{
    int error = 0;

    while (!error) {
        struct dirent *found;

        errno = 0;
        found = readdir(dir);
        if (!found)
            return errno ? unreadable(findings, path, -errno) : 0;
        error = take_name(path, found->d_name, rank, parent, findings, entries);
    }
    return error;
}

int rl_folder_list(const char *path, unsigned rank, const char *parent,
    struct rl_findings *findings, struct rl_entries *entries)
{
    struct rl_open_result opened;
    int result = rl_open(path, &opened);
    DIR *dir;

    if (result == -ENOENT)
        return 0;
    if (result < 0)
        return unreadable(findings, path, result);
    if (!S_ISDIR(opened.stat.st_mode)) {
        close(opened.fd);
        return unreadable(findings, path, -ENOTDIR);
    }
    dir = fdopendir(opened.fd);
    if (!dir) {
        result = -errno;
        close(opened.fd);
        return result == -ENOMEM ? result : unreadable(findings, path, result);
    }
    result = list(dir, path, rank, parent, findings, entries);
    closedir(dir);
    return result;
}

static int by_place(const struct rl_entry *a, const struct rl_entry *b)
{
    int order;

    if (!a->parent != !b->parent)
        return a->parent ? 1 : -1;
    order = a->parent ? strcmp(a->parent, b->parent) : 0;
    return order ? order : strcmp(a->name, b->name);
}

static int compare(const void *x, const void *y)
{
    const struct rl_entry *a = x, *b = y;
    int order = by_place(a, b);

    return order ? order : (a->rank > b->rank) - (a->rank < b->rank);
}

void rl_entries_settle(struct rl_entries *entries)
{
    size_t kept = 0;

    if (entries->n)
        qsort(entries->items, entries->n, sizeof(*entries->items), compare);
    for (size_t i = 0; i < entries->n; i++) {
        if (i + 1 < entries->n && by_place(&entries->items[i], &entries->items[i + 1]) == 0)
            entry_free(&entries->items[i]);
        else
            entries->items[kept++] = entries->items[i];
    }
    entries->n = kept;
}
