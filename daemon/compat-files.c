/* The policies that units ask for, as files; and the folders where set-property leaves its word. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "conf/managed.h"
#include "daemon/compat-private.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/log.h"

#define CHANGES (IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_ONLYDIR)
#define END     ".conf"
/* A file named after the root slice would be named after no cgroup. */
#define ROOT       "50-systemd-units"
#define ROOT_SLICE "-.slice"

/* ---- files ---- */

static void name_of(const struct rl_compat_unit *unit, char *buf, size_t size)
{
    snprintf(buf, size, "%s" END, strcmp(unit->name, ROOT_SLICE) == 0 ? ROOT : unit->name);
}

/* Return: the text, to be freed; NULL: it asks for nothing, or there is no memory. */
static char *text_of(const struct rl_compat *compat, const struct rl_compat_unit *unit)
{
    struct rl_managed_properties p = {.unit = unit->name,
        .swap = unit->swap,
        .pressure = unit->pressure,
        .limit = unit->limit,
        .duration_us = unit->duration_us,
        .defaults = &compat->conf};
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    if (!file)
        return NULL;
    if (!rl_managed_write(&p, file) || ferror(file)) {
        fclose(file);
        free(text);
        return NULL;
    }
    fclose(file);
    return text;
}

static bool holds(int dir_fd, const char *name, const char *text)
{
    size_t len = strlen(text);
    rl_auto_free char *buf = malloc(len + 1);
    rl_auto_fd int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    ssize_t n = fd < 0 || !buf ? -1 : read(fd, buf, len + 1);

    return n >= 0 && (size_t)n == len && memcmp(buf, text, len) == 0;
}

static int replace(int dir_fd, const char *name, const char *text)
{
    static const char temporary[] = ".new";
    int fd = openat(dir_fd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    size_t len = strlen(text);
    int r;

    if (fd < 0)
        return -errno;
    r = write(fd, text, len) == (ssize_t)len && fchmod(fd, 0644) == 0 ? 0 : -EIO;
    close(fd);
    if (r >= 0 && renameat(dir_fd, temporary, dir_fd, name) < 0)
        r = -errno;
    if (r < 0)
        (void)unlinkat(dir_fd, temporary, 0);
    return r;
}

static bool is_wanted(const struct rl_compat *compat, const char *file)
{
    const char *unit = strcmp(file, ROOT END) == 0 ? ROOT_SLICE END : file;
    char name[RL_COMPAT_NAME_MAX + sizeof(END)];
    size_t len = strlen(unit), end = sizeof(END) - 1;
    const struct rl_compat_unit *found;

    if (compat->left.held || len <= end)
        return false;
    found = rl_compat_find(&compat->left, unit, len - end, NULL);
    if (found)
        name_of(found, name, sizeof(name));
    return found && strcmp(name, file) == 0;
}

static void remove_others(const struct rl_compat *compat, int dir_fd)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rl_auto_dir DIR *dir = fd < 0 ? NULL : fdopendir(fd);
    const struct dirent *entry;

    if (!dir && fd >= 0)
        close(fd);
    while (dir && (entry = readdir(dir)))
        if (entry->d_name[0] != '.' && !is_wanted(compat, entry->d_name))
            (void)unlinkat(dir_fd, entry->d_name, 0);
}

void rl_compat_files(struct rl_compat *compat)
{
    char name[RL_COMPAT_NAME_MAX + sizeof(END)];
    int r = 0;

    if (!compat->folder)
        return;
    rl_auto_fd int dir_fd = open(compat->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (dir_fd < 0)
        r = -errno;
    for (size_t i = 0; i < compat->left.n && !compat->left.held && r >= 0; i++) {
        rl_auto_free char *text = text_of(compat, compat->left.units[i]);

        name_of(compat->left.units[i], name, sizeof(name));
        if (text && !holds(dir_fd, name, text))
            r = replace(dir_fd, name, text);
    }
    if (dir_fd >= 0)
        remove_others(compat, dir_fd);
    if (r < 0 && !compat->said_files)
        rl_warning("%s: policies of units cannot be written: %s", compat->folder, strerror(-r));
    compat->said_files = r < 0;
}

static bool is_said(const struct rl_findings *said, const struct rl_findings *findings)
{
    bool same = said->n == findings->n;

    for (size_t i = 0; same && i < said->n; i++)
        same = said->items[i].line == findings->items[i].line &&
               strcmp(said->items[i].path, findings->items[i].path) == 0 &&
               strcmp(said->items[i].message, findings->items[i].message) == 0;
    return same;
}

/* What was said already is not said again: each unit that comes leads to a reload. */
static void say(struct rl_compat *compat, struct rl_findings *findings)
{
    bool news = !is_said(&compat->said, findings);

    for (size_t i = 0; i < findings->n && news; i++) {
        const struct rl_finding *f = &findings->items[i];

        if (f->line > 0)
            rl_warning("%s:%u: %s", f->path, f->line, f->message);
        else
            rl_warning("%s: %s", f->path, f->message);
    }
    rl_findings_free(&compat->said);
    compat->said = *findings;
}

void rl_compat_read_conf(struct rl_compat *compat)
{
    struct rl_findings findings = {0};
    struct rl_oomd_conf conf;
    int r = rl_oomd_conf_load(compat->options.oomd_conf, &findings, &conf);

    say(compat, &findings);
    if (r < 0) {
        rl_warning("oomd.conf: %s; what was read before counts", strerror(-r));
        return;
    }
    rl_oomd_conf_free(&compat->conf);
    compat->conf = conf;
}

/* ---- folders of set-property ---- */

/* "UNIT.d", as the folder of a unit's properties is named. */
static void ask_owner(struct rl_compat *compat, const char *folder)
{
    char unit[RL_COMPAT_NAME_MAX];
    size_t len = strlen(folder);

    if (len < 3 || len - 2 >= sizeof(unit) || strcmp(folder + len - 2, ".d") != 0)
        return;
    memcpy(unit, folder, len - 2);
    unit[len - 2] = '\0';
    rl_compat_changed(compat, unit);
}

/* In a unit's folder, after which the source is called. */
static int on_change(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
    const char *folder = NULL;

    if (event->mask & IN_Q_OVERFLOW || sd_event_source_get_description(source, &folder) < 0)
        rl_compat_all(userdata);
    else
        ask_owner(userdata, folder);
    return 0;
}

/* In the folder of all of them. */
static int on_unit(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
    struct rl_compat *compat = userdata;

    compat->stale = compat->stale || event->mask & (IN_ISDIR | IN_IGNORED);
    if (event->mask & IN_Q_OVERFLOW)
        rl_compat_all(compat);
    else if (event->len > 0)
        ask_owner(compat, event->name);
    return 0;
}

/* Is it the folder that was waited for, or one on the way to it? */
static bool leads_to(const char *path, const char *folder, const char *name)
{
    size_t len = strlen(folder), n = strlen(name);

    return strncmp(path, folder, len) == 0 && path[len] == '/' &&
           strncmp(path + len + 1, name, n) == 0 &&
           (path[len + 1 + n] == '/' || path[len + 1 + n] == '\0');
}

/* In the nearest one above that. What comes into the new folder before it is watched is read from
 * it. */
static int on_arrival(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
    struct rl_compat *compat = userdata;
    const char *folder;

    if (event->mask & IN_Q_OVERFLOW || sd_event_source_get_description(source, &folder) < 0) {
        rl_compat_all(compat);
        return 0;
    }
    for (char *const *path = compat->control; *path; path++) {
        if (event->len > 0 && leads_to(*path, folder, event->name)) {
            compat->arrived = compat->stale = true;
            rl_compat_changed(compat, NULL);
        }
    }
    return 0;
}

/* Said once. */
static void say_unwatched(struct rl_compat *compat, const char *path, const char *why)
{
    if (!compat->said_watches)
        rl_warning("%s and others are not watched (%s): what 'systemctl set-property' changes "
                   "there counts only after 'systemctl daemon-reload'",
            path, why);
    compat->said_watches = true;
}

/* Return: whether there is room for another one; else it is said. */
static bool room_for(struct rl_compat *compat, const char *path)
{
    size_t size = compat->size_watches > 0 ? 2 * compat->size_watches : 16;
    sd_event_source **watches;

    if (compat->n_watches < compat->size_watches)
        return true;
    watches = compat->n_watches < RL_COMPAT_WATCHES_MAX
                  ? reallocarray(compat->watches, size, sizeof(sd_event_source *))
                  : NULL;
    if (watches) {
        compat->watches = watches;
        compat->size_watches = size;
        return true;
    }
    say_unwatched(compat, path, "there are too many");
    return false;
}

/* Return: 0; -errno. */
static int watch(struct rl_compat *compat, const char *path, const char *name,
    sd_event_inotify_handler_t handler)
{
    int r;

    if (!room_for(compat, path))
        return -ENOSPC;
    r = sd_event_add_inotify(
        compat->event, &compat->watches[compat->n_watches], path, CHANGES, handler, compat);
    if (r == -ENOSPC)
        say_unwatched(compat, path, "raise the sysctl fs.inotify.max_user_watches");
    if (r < 0)
        return r;
    (void)sd_event_source_set_description(compat->watches[compat->n_watches], name);
    compat->n_watches++;
    return 0;
}

static void watch_below(struct rl_compat *compat, const char *path)
{
    rl_auto_dir DIR *dir = opendir(path);
    const struct dirent *entry;
    char below[PATH_MAX];

    while (dir && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.' || (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) ||
            snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) >= (int)sizeof(below))
            continue;
        if (watch(compat, below, entry->d_name, on_change) >= 0 && compat->arrived)
            ask_owner(compat, entry->d_name);
    }
}

/* The nearest folder above that is there. */
static void watch_above(struct rl_compat *compat, const char *path)
{
    char above[PATH_MAX], *slash;
    int r = -ENOENT;

    snprintf(above, sizeof(above), "%s", path);
    while (r == -ENOENT && (slash = strrchr(above, '/')) && slash > above) {
        *slash = '\0';
        r = watch(compat, above, above, on_arrival);
    }
}

void rl_compat_watch(struct rl_compat *compat)
{
    rl_compat_unwatch(compat);
    for (char *const *path = compat->control; *path; path++) {
        if (watch(compat, *path, *path, on_unit) >= 0)
            watch_below(compat, *path);
        else
            watch_above(compat, *path);
    }
    compat->arrived = compat->stale = false;
}

void rl_compat_unwatch(struct rl_compat *compat)
{
    for (size_t i = 0; i < compat->n_watches; i++)
        sd_event_source_disable_unref(compat->watches[i]);
    compat->n_watches = 0;
}

/* "BASE/rest"; without a base "HOME/otherwise/rest", or NULL. To be freed. */
static char *place(const char *variable, const char *otherwise, const char *rest)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    char *path = NULL;
    int r = -1;

    if (base && *base == '/')
        r = asprintf(&path, "%s/%s", base, rest);
    else if (otherwise && home && *home == '/')
        r = asprintf(&path, "%s/%s/%s", home, otherwise, rest);
    return r < 0 ? NULL : path;
}

/* set-property's, with --runtime and without, and that of units that are made at run time. */
int rl_compat_find_control(struct rl_compat *compat)
{
    static const char *const standard[] = {"/run/systemd/system.control",
        "/etc/systemd/system.control", "/run/systemd/transient", NULL};
    const char *const *from = compat->options.control ? compat->options.control : standard;
    size_t n = 0;

    if (compat->options.user && !compat->options.control) {
        char *const places[] = {place("XDG_RUNTIME_DIR", NULL, "systemd/user.control"),
            place("XDG_CONFIG_HOME", ".config", "systemd/user.control"),
            place("XDG_RUNTIME_DIR", NULL, "systemd/transient")};

        for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
            if (places[i])
                compat->control[n++] = places[i];
        return 0;
    }
    for (; from[n] && n < RL_COMPAT_CONTROL_MAX; n++)
        if (!(compat->control[n] = strdup(from[n])))
            return -ENOMEM;
    return 0;
}
