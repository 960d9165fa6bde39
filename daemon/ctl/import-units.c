/* Where systemd keeps oomd.conf, rulesets and units, and which of several files counts: of files of
 * the same name the one in the more important folder, of all the rest each, sorted by file name. */
#include "daemon/ctl/import-systemd-oomd.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/report/cleanup.h"

#define SIZE_MOST (256 * 1024) /* of a unit file that is looked into */

/* The least important ones first. */
static const char *const conf_dirs[] = {
    "/usr/lib/systemd",
    "/usr/local/lib/systemd",
    "/run/systemd",
    "/etc/systemd",
};

static const char *const unit_dirs[] = {
    "/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/usr/local/lib/systemd/system",
    "/run/systemd/system",
    "/etc/systemd/system",
    "/run/systemd/system.control",
    "/etc/systemd/system.control",
    "/usr/lib/systemd/user",
    "/usr/local/lib/systemd/user",
    "/run/systemd/user",
    "/etc/systemd/user",
};

#define N(array) (sizeof(array) / sizeof((array)[0]))

struct found {
    const char *folder; /* "user@.service.d"; "" for files that stand alone */
    const char *name;
    const char *path;
    size_t rank; /* of the folder it stands in */
};

struct finds {
    struct found *items;
    size_t n;
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n > m && strcmp(text + n - m, end) == 0;
}

static void add(struct rl_import *import, struct finds *finds, const char *dir, const char *folder,
    const char *name, size_t rank)
{
    struct found *items = rl_import_grow(import, finds->items, finds->n, sizeof(*items));
    char path[PATH_MAX];

    if (!items)
        return;
    finds->items = items;
    if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, name) >= sizeof(path))
        return;
    items[finds->n++] = (struct found){.folder = rl_import_copy(import, folder),
        .name = rl_import_copy(import, name),
        .path = rl_import_copy(import, path),
        .rank = rank};
}

/* All files of a folder whose names end so. */
static void look(struct rl_import *import, struct finds *finds, const char *dir, const char *folder,
    const char *end, size_t rank)
{
    char full[PATH_MAX];

    if ((size_t)snprintf(full, sizeof(full), "%s%s", import->root, dir) >= sizeof(full))
        return;
    rl_auto_dir DIR *open = opendir(full);
    for (const struct dirent *entry; open && (entry = readdir(open));)
        if (ends_with(entry->d_name, end))
            add(import, finds, dir, folder, entry->d_name, rank);
}

/* By folder, then by name, the most important one of a name first. */
static int compare(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    int r = strcmp(x->folder, y->folder);

    if (r == 0)
        r = strcmp(x->name, y->name);
    if (r == 0)
        r = x->rank < y->rank ? 1 : x->rank > y->rank ? -1 : 0;
    return r;
}

/* Does a unit's file say anything of this at all? Most do not, and need not be read. */
static bool speaks_of_oom(const struct rl_import *import, const char *path)
{
    char full[PATH_MAX];

    if ((size_t)snprintf(full, sizeof(full), "%s%s", import->root, path) >= sizeof(full))
        return false;
    rl_auto_file FILE *file = fopen(full, "re");
    rl_auto_free char *text = file ? calloc(1, SIZE_MOST + 1) : NULL;
    if (!text || fread(text, 1, SIZE_MOST, file) == 0)
        return false;
    return strstr(text, "ManagedOOM") || strstr(text, "OOMRules");
}

/* Is it another name of a unit, a link? A link to /dev/null masks instead. */
static bool is_alias(const struct rl_import *import, const struct found *found)
{
    char full[PATH_MAX], target[PATH_MAX];
    ssize_t n;
    const char *slash;

    if ((size_t)snprintf(full, sizeof(full), "%s%s", import->root, found->path) >= sizeof(full))
        return false;
    n = readlink(full, target, sizeof(target) - 1);
    if (n < 0)
        return false;
    target[n] = '\0';
    slash = strrchr(target, '/');
    return strcmp(target, "/dev/null") != 0 && strcmp(slash ? slash + 1 : target, found->name) != 0;
}

/* Read those that count. */
static void read_finds(struct rl_import *import, struct finds *finds, bool units)
{
    if (finds->n > 0)
        qsort(finds->items, finds->n, sizeof(*finds->items), compare);
    for (size_t i = 0; i < finds->n; i++) {
        const struct found *found = &finds->items[i];

        if (i > 0 && strcmp(found->folder, found[-1].folder) == 0 &&
            strcmp(found->name, found[-1].name) == 0)
            continue;
        if (!units || (speaks_of_oom(import, found->path) && !is_alias(import, found)))
            rl_import_read(import, found->path, true);
    }
}

static void find_conf(struct rl_import *import)
{
    struct finds conf = {0}, rules = {0};
    char dir[PATH_MAX];

    for (size_t i = N(conf_dirs); i > 0; i--) {
        snprintf(dir, sizeof(dir), "%s/oomd.conf", conf_dirs[i - 1]);
        if (rl_import_read(import, dir, true))
            break;
    }
    for (size_t i = 0; i < N(conf_dirs); i++) {
        snprintf(dir, sizeof(dir), "%s/oomd.conf.d", conf_dirs[i]);
        look(import, &conf, dir, "", ".conf", i);
        snprintf(dir, sizeof(dir), "%s/oomd/rules.d", conf_dirs[i]);
        look(import, &rules, dir, "", ".oomrule", i);
    }
    read_finds(import, &conf, false);
    read_finds(import, &rules, false);
}

static void find_units(struct rl_import *import, const char *const *dirs, size_t n)
{
    static const char *const types[] = {
        ".slice", ".service", ".scope", ".socket", ".mount", ".swap"};
    struct finds units = {0}, folders = {0}, drop_ins = {0};

    for (size_t i = 0; i < n; i++) {
        for (size_t t = 0; t < N(types); t++)
            look(import, &units, dirs[i], "", types[t], i);
        look(import, &folders, dirs[i], "", ".d", i);
    }
    for (size_t i = 0; i < folders.n; i++)
        look(import, &drop_ins, folders.items[i].path, folders.items[i].name, ".conf",
            folders.items[i].rank);
    read_finds(import, &units, true);
    read_finds(import, &drop_ins, true);
}

void rl_managed_find(struct rl_import *import)
{
    const size_t n_system = 7; /* of unit_dirs; the rest are of users' managers */

    find_conf(import);
    find_units(import, unit_dirs, n_system);
    find_units(import, unit_dirs + n_system, N(unit_dirs) - n_system);
}
