#include "daemon/reload.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <time.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/log.h"

/* ATTRIB: a file that was refused for its mode or owner is repaired by chmod alone. */
#define CHANGES                                                                                    \
    (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB |            \
        IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)
#define ARRIVALS (IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR)

struct watch {
    struct rl_reload *reload;
    struct watch *next;
    sd_event_source *source;
    bool parts;  /* a NAME.conf.d: has no folders of its own */
    char name[]; /* not "": the only one that is waited for here */
};

struct rl_reload {
    sd_event *event;
    sd_event_source *timer;
    char **dirs;
    void (*changed)(void *userdata);
    void *userdata;
    uint64_t first_us; /* the first change that was not told; 0: none */
    uint64_t at_us;    /* of the timer */
    struct watch *watches;
    size_t n; /* of these */
    bool said_full;
};

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static bool ends_in(const char *text, const char *end)
{
    size_t len = strlen(text), n = strlen(end);

    return len > n && strcmp(text + len - n, end) == 0;
}

/* ---- what counts ---- */

static bool counts(const struct watch *watch, const struct inotify_event *event)
{
    if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_Q_OVERFLOW | IN_UNMOUNT))
        return true;
    if (event->mask & IN_IGNORED)
        return false; /* follows one of those */
    if (event->len == 0)
        return !watch->name[0]; /* its own owner or mode */
    if (watch->name[0])
        return strcmp(event->name, watch->name) == 0;
    if (strcmp(event->name, "..data") == 0)
        return true;
    return event->name[0] != '.' &&
           (ends_in(event->name, ".conf") || (!watch->parts && ends_in(event->name, ".conf.d")));
}

static int on_inotify(sd_event_source *source, const struct inotify_event *event, void *userdata)
{
    const struct watch *watch = userdata;
    struct rl_reload *reload = watch->reload;
    uint64_t now, at;

    if (!counts(watch, event))
        return 0;
    now = now_us();
    if (reload->first_us == 0)
        reload->first_us = now;
    at = now + RL_RELOAD_QUIET_US;
    if (at > reload->first_us + RL_RELOAD_MOST_US)
        at = reload->first_us + RL_RELOAD_MOST_US;
    if (at == reload->at_us)
        return 0; /* setting a timer that is due would put it behind the events once more */
    reload->at_us = at;
    sd_event_source_set_time(reload->timer, at);
    sd_event_source_set_enabled(reload->timer, SD_EVENT_ONESHOT);
    return 0;
}

/* ---- watches ---- */

static void drop_all(struct rl_reload *reload)
{
    for (struct watch *watch = reload->watches, *next; watch; watch = next) {
        next = watch->next;
        sd_event_source_disable_unref(watch->source);
        free(watch);
    }
    reload->watches = NULL;
    reload->n = 0;
}

/* Return: the watch, NULL with *ret_error set. */
static struct watch *add(
    struct rl_reload *reload, const char *path, uint32_t mask, const char *name, int *ret_error)
{
    size_t size = strlen(name) + 1;
    struct watch *watch;

    if (reload->n == RL_RELOAD_WATCHES_MAX) {
        if (!reload->said_full)
            rl_warning("more than %d policy folders: changes below %s need 'reliefctl reload'",
                RL_RELOAD_WATCHES_MAX, path);
        reload->said_full = true;
        *ret_error = -ENOSPC;
        return NULL;
    }
    watch = malloc(sizeof(*watch) + size);
    if (!watch) {
        *ret_error = -ENOMEM;
        return NULL;
    }
    *watch = (struct watch){.reload = reload};
    memcpy(watch->name, name, size);
    *ret_error = sd_event_add_inotify(reload->event, &watch->source, path, mask, on_inotify, watch);
    if (*ret_error < 0) {
        free(watch);
        return NULL;
    }
    watch->next = reload->watches;
    reload->watches = watch;
    reload->n++;
    return watch;
}

static void add_parts(struct rl_reload *reload, const char *dir)
{
    rl_auto_dir DIR *d = opendir(dir);
    const struct dirent *entry;
    char path[PATH_MAX];
    int r;

    while (d && (entry = readdir(d))) {
        struct watch *watch;

        if (entry->d_name[0] == '.' || !ends_in(entry->d_name, ".conf.d") ||
            snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name) >= (int)sizeof(path))
            continue;
        watch = add(reload, path, CHANGES, "", &r);
        if (watch)
            watch->parts = true;
        else if (r != -ENOENT && r != -ENOTDIR && r != -ENOSPC)
            rl_warning("%s is not watched for changes: %s", path, strerror(-r));
    }
}

/* The nearest folder above that is there tells of the next one on the way. Return: 0, -ENOENT: a
 * level came into being or vanished while we looked; other -errno. */
static int add_above(struct rl_reload *reload, const char *dir)
{
    char path[PATH_MAX], name[NAME_MAX + 1];
    int r = -ENOENT;

    if (snprintf(path, sizeof(path), "%s", dir) >= (int)sizeof(path))
        return -ENAMETOOLONG;
    while (r == -ENOENT || r == -ENOTDIR) {
        char *slash = strrchr(path, '/');

        if (!slash || !slash[1])
            return r;
        if (strlen(slash + 1) >= sizeof(name))
            return -ENAMETOOLONG;
        strcpy(name, slash + 1);
        slash[slash == path] = '\0';
        add(reload, path, ARRIVALS, name, &r);
    }
    if (r >= 0) {
        /* Did it arrive before the watch was there? */
        size_t len = strlen(path);

        snprintf(path + len, sizeof(path) - len, "%s%s", len > 1 ? "/" : "", name);
        rl_auto_dir DIR *d = opendir(path);
        if (d)
            return -ENOENT;
    }
    return r < 0 ? r : 0;
}

static void add_dir(struct rl_reload *reload, const char *dir)
{
    int r = -ENOENT;

    /* Levels come and go only so often. */
    for (int i = 0; i < 8 && (r == -ENOENT || r == -ENOTDIR); i++) {
        add(reload, dir, CHANGES, "", &r);
        if (r >= 0) {
            add_parts(reload, dir);
            return;
        }
        if (r != -ENOENT && r != -ENOTDIR)
            break;
        r = add_above(reload, dir);
    }
    if (r < 0)
        rl_warning("%s is not watched for changes (%s): use 'reliefctl reload'", dir, strerror(-r));
}

static void add_all(struct rl_reload *reload)
{
    drop_all(reload);
    for (char **dir = reload->dirs; *dir; dir++)
        add_dir(reload, *dir);
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_reload *reload = userdata;

    reload->first_us = reload->at_us = 0;
    add_all(reload); /* first: a change while the files are read is a change again */
    reload->changed(reload->userdata);
    return 0;
}

/* ---- life ---- */

static int copy_dirs(struct rl_reload *reload, const char *const *dirs)
{
    size_t n = 0;

    while (dirs[n])
        n++;
    reload->dirs = calloc(n + 1, sizeof(*reload->dirs));
    if (!reload->dirs)
        return -ENOMEM;
    for (size_t i = 0; i < n; i++) {
        size_t len = strlen(dirs[i]);

        while (len > 1 && dirs[i][len - 1] == '/')
            len--;
        reload->dirs[i] = strndup(dirs[i], len);
        if (!reload->dirs[i])
            return -ENOMEM;
    }
    return 0;
}

int rl_reload_new(sd_event *event, const char *const *dirs, void (*changed)(void *userdata),
    void *userdata, struct rl_reload **ret)
{
    struct rl_reload *reload = calloc(1, sizeof(*reload));
    int r;

    if (!reload)
        return -ENOMEM;
    reload->event = sd_event_ref(event);
    reload->changed = changed;
    reload->userdata = userdata;
    r = copy_dirs(reload, dirs);
    if (r >= 0)
        r = sd_event_add_time(event, &reload->timer, CLOCK_MONOTONIC, 0, 1000, on_timer, reload);
    if (r >= 0)
        r = sd_event_source_set_enabled(reload->timer, SD_EVENT_OFF);
    if (r < 0) {
        rl_reload_free(reload);
        return r;
    }
    add_all(reload);
    *ret = reload;
    return 0;
}

struct rl_reload *rl_reload_free(struct rl_reload *reload)
{
    if (!reload)
        return NULL;
    drop_all(reload);
    sd_event_source_disable_unref(reload->timer);
    for (char **dir = reload->dirs; dir && *dir; dir++)
        free(*dir);
    free(reload->dirs);
    sd_event_unref(reload->event);
    free(reload);
    return NULL;
}
