#include "daemon/observe/tree.h"

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

#include "daemon/report/log.h"
#include "policy/limits.h"

#define WD_BUCKETS 4096 /* a power of two; chains stay short up to some ten thousand cgroups */
#define WATCH_MASK (IN_CREATE | IN_DELETE | IN_ONLYDIR | IN_EXCL_UNLINK)

struct rl_tree {
    const char *root_path;
    int root_fd;
    int inotify_fd;
    sd_event_source *source;
    struct rl_tree_listener listener;
    struct rl_cgroup *root;
    size_t n;
    uint32_t mark;
    bool blind;
    bool overflow;
    bool too_deep;
    struct rl_cgroup *by_wd[WD_BUCKETS];
};

/* A directory's subdirectories, one at a time; the caller opens and closes the DIR. */
static const char *next_directory(DIR *dir)
{
    struct dirent *entry;

    while ((entry = readdir(dir)))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            return entry->d_name;
    return NULL;
}

static struct rl_cgroup *find_child(const struct rl_cgroup *parent, const char *name)
{
    for (struct rl_cgroup *c = parent->children; c; c = c->next)
        if (strcmp(c->name, name) == 0)
            return c;
    return NULL;
}

size_t rl_cgroup_path(const struct rl_cgroup *cgroup, char *buf, size_t size)
{
    size_t at = size - 1;

    buf[at] = '\0';
    for (; cgroup->parent; cgroup = cgroup->parent) {
        size_t len = strlen(cgroup->name);

        if (len + 1 + 3 > at) { /* three for the cut mark */
            at -= 3;
            memcpy(buf + at, "...", 3);
            break;
        }
        at -= len;
        memcpy(buf + at, cgroup->name, len);
        buf[--at] = '/';
    }
    if (at == size - 1)
        buf[--at] = '/';
    memmove(buf, buf + at, size - at);
    return size - at - 1;
}

int rl_cgroup_open(const struct rl_tree *tree, const struct rl_cgroup *cgroup)
{
    char path[PATH_MAX];
    struct stat st;
    int fd;

    rl_cgroup_path(cgroup, path, sizeof(path));
    fd = openat(tree->root_fd, path[1] ? path + 1 : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    if (fstat(fd, &st) < 0 || st.st_ino != cgroup->id) {
        close(fd);
        return -ESTALE;
    }
    return fd;
}

static struct rl_cgroup **bucket(struct rl_tree *tree, int wd)
{
    return &tree->by_wd[(unsigned)wd & (WD_BUCKETS - 1)];
}

static struct rl_cgroup *find_wd(struct rl_tree *tree, int wd)
{
    for (struct rl_cgroup *c = *bucket(tree, wd); c; c = c->same_wd)
        if (c->wd == wd)
            return c;
    return NULL;
}

static void forget_wd(struct rl_tree *tree, struct rl_cgroup *cgroup)
{
    struct rl_cgroup **at;

    if (cgroup->wd < 0)
        return;
    for (at = bucket(tree, cgroup->wd); *at; at = &(*at)->same_wd) {
        if (*at == cgroup) {
            *at = cgroup->same_wd;
            break;
        }
    }
    cgroup->wd = -1;
}

static void add_watch(struct rl_tree *tree, struct rl_cgroup *cgroup)
{
    char path[PATH_MAX], full[PATH_MAX + 64];
    int wd;

    rl_cgroup_path(cgroup, path, sizeof(path));
    if ((size_t)snprintf(full, sizeof(full), "%s%s", tree->root_path, path) >= sizeof(full))
        return;
    wd = inotify_add_watch(tree->inotify_fd, full, WATCH_MASK);
    if (wd < 0) {
        if (errno == ENOSPC && !tree->blind) {
            tree->blind = true;
            rl_warning("inotify watches ran out at %zu cgroups: new ones are found by listing the "
                       "tree while there is pressure; raise fs.inotify.max_user_watches",
                tree->n);
        }
        return;
    }
    cgroup->wd = wd;
    cgroup->same_wd = *bucket(tree, wd);
    *bucket(tree, wd) = cgroup;
}

static void remove_cgroup(struct rl_tree *tree, struct rl_cgroup *cgroup)
{
    while (cgroup->children)
        remove_cgroup(tree, cgroup->children);
    tree->listener.on_gone(tree->listener.userdata, cgroup);
    forget_wd(tree, cgroup);
    if (cgroup->parent) {
        struct rl_cgroup **at = &cgroup->parent->children;

        while (*at != cgroup)
            at = &(*at)->next;
        *at = cgroup->next;
    }
    tree->n--;
    free(cgroup);
}

/* Enter one cgroup. Return: it, NULL when memory is out. */
static struct rl_cgroup *add_cgroup(
    struct rl_tree *tree, struct rl_cgroup *parent, const char *name, uint64_t id)
{
    size_t len = strlen(name) + 1;
    struct rl_cgroup *c = calloc(1, sizeof(*c) + len);

    if (!c)
        return NULL;
    *c = (struct rl_cgroup){.id = id, .parent = parent, .wd = -1, .mark = tree->mark};
    memcpy(c->name, name, len);
    if (parent) {
        c->depth = (uint16_t)(parent->depth + 1);
        c->next = parent->children;
        parent->children = c;
    }
    tree->n++;
    add_watch(tree, c);
    tree->listener.on_new(tree->listener.userdata, c);
    return c;
}

static int scan(struct rl_tree *tree, struct rl_cgroup *cgroup);

/* A subdirectory was seen or announced: enter it unless it is known, replace it when the id is
 * another one, and look below. The watch stands before its children are listed, so that none is
 * missed between. */
static int see_child(struct rl_tree *tree, struct rl_cgroup *parent, int dir_fd, const char *name)
{
    struct rl_cgroup *child = find_child(parent, name);
    struct stat st;

    if (parent->depth >= RL_DEPTH_MAX) {
        if (!tree->too_deep)
            rl_warning("cgroups more than %d levels deep are not told apart", RL_DEPTH_MAX);
        tree->too_deep = true;
        return 0;
    }
    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0; /* gone again: its IN_DELETE follows */
    if (child && child->id != st.st_ino) {
        remove_cgroup(tree, child);
        child = NULL;
    }
    if (!child)
        child = add_cgroup(tree, parent, name, st.st_ino);
    if (!child)
        return -ENOMEM;
    child->mark = tree->mark;
    return scan(tree, child);
}

/* List a cgroup's children and enter them, recursively. */
static int scan(struct rl_tree *tree, struct rl_cgroup *cgroup)
{
    int fd = rl_cgroup_open(tree, cgroup), r = 0;
    const char *name;
    DIR *dir;

    if (fd < 0)
        return fd == -ENOENT || fd == -ESTALE || fd == -ENODEV ? 0 : fd;
    dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return -errno;
    }
    while (r == 0 && (name = next_directory(dir)))
        r = see_child(tree, cgroup, fd, name);
    closedir(dir);
    return r;
}

static void sweep(struct rl_tree *tree, struct rl_cgroup *cgroup)
{
    struct rl_cgroup *next;

    for (struct rl_cgroup *c = cgroup->children; c; c = next) {
        next = c->next;
        if (c->mark != tree->mark)
            remove_cgroup(tree, c);
        else
            sweep(tree, c);
    }
}

int rl_tree_rescan(struct rl_tree *tree)
{
    int r;

    tree->mark++;
    r = scan(tree, tree->root);
    if (r < 0)
        return r;
    sweep(tree, tree->root);
    return 0;
}

static void handle(struct rl_tree *tree, const struct inotify_event *event)
{
    struct rl_cgroup *parent = event->wd >= 0 ? find_wd(tree, event->wd) : NULL;
    struct rl_cgroup *child;
    int fd;

    if (event->mask & IN_Q_OVERFLOW) {
        tree->overflow = true;
        return;
    }
    if (!parent)
        return; /* an event of a cgroup that was removed before it was read */
    if (event->mask & IN_IGNORED) {
        forget_wd(tree, parent);
        return;
    }
    if (!(event->mask & IN_ISDIR) || event->len == 0)
        return;
    child = find_child(parent, event->name);
    if ((event->mask & IN_DELETE) && child) {
        /* A new one of the same name may stand there already: its IN_CREATE follows. */
        remove_cgroup(tree, child);
    } else if (event->mask & IN_CREATE) {
        fd = rl_cgroup_open(tree, parent);
        if (fd < 0)
            return;
        if (see_child(tree, parent, fd, event->name) < 0)
            rl_warning("out of memory: cgroup %s is not watched", event->name);
        close(fd);
    }
}

static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    _Alignas(struct inotify_event) char buf[16384];
    struct rl_tree *tree = userdata;
    ssize_t n;

    while ((n = read(fd, buf, sizeof(buf))) > 0) {
        for (char *at = buf; at < buf + n;) {
            const struct inotify_event *event = (const struct inotify_event *)at;

            handle(tree, event);
            at += sizeof(*event) + event->len;
        }
    }
    if (tree->overflow) {
        int r = rl_tree_rescan(tree);

        tree->overflow = false;
        if (r < 0)
            rl_warning("listing the cgroup tree failed: %s", strerror(-r));
    }
    return 0;
}

int rl_tree_new(sd_event *event, const char *root, int root_fd,
    const struct rl_tree_listener *listener, struct rl_tree **ret)
{
    struct rl_tree *tree = calloc(1, sizeof(*tree));
    struct stat st;
    int r;

    if (!tree)
        return -ENOMEM;
    tree->root_path = root;
    tree->root_fd = root_fd;
    tree->listener = *listener;
    tree->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (tree->inotify_fd < 0 || fstat(root_fd, &st) < 0) {
        r = -errno;
        goto fail;
    }
    tree->root = add_cgroup(tree, NULL, "", st.st_ino);
    if (!tree->root) {
        r = -ENOMEM;
        goto fail;
    }
    r = scan(tree, tree->root);
    if (r < 0)
        goto fail;
    r = sd_event_add_io(event, &tree->source, tree->inotify_fd, EPOLLIN, on_inotify, tree);
    if (r < 0)
        goto fail;
    *ret = tree;
    return 0;
fail:
    rl_tree_free(tree);
    return r;
}

struct rl_tree *rl_tree_free(struct rl_tree *tree)
{
    if (!tree)
        return NULL;
    if (tree->root)
        remove_cgroup(tree, tree->root);
    sd_event_source_disable_unref(tree->source);
    if (tree->inotify_fd >= 0)
        close(tree->inotify_fd);
    free(tree);
    return NULL;
}

struct rl_cgroup *rl_tree_root(struct rl_tree *tree)
{
    return tree->root;
}

size_t rl_tree_size(const struct rl_tree *tree)
{
    return tree->n;
}

bool rl_tree_blind(const struct rl_tree *tree)
{
    return tree->blind;
}

struct rl_cgroup *rl_tree_find(struct rl_tree *tree, const char *path)
{
    struct rl_cgroup *at = tree->root;
    char name[NAME_MAX + 1];

    while (at) {
        size_t len;

        while (*path == '/')
            path++;
        if (!*path)
            return at;
        len = strcspn(path, "/");
        if (len > NAME_MAX)
            return NULL;
        memcpy(name, path, len);
        name[len] = '\0';
        path += len;
        at = find_child(at, name);
    }
    return NULL;
}

struct rl_cgroup *rl_tree_next(const struct rl_cgroup *top, struct rl_cgroup *cgroup)
{
    if (cgroup->children)
        return cgroup->children;
    while (cgroup != top && !cgroup->next)
        cgroup = cgroup->parent;
    return cgroup == top ? NULL : cgroup->next;
}

bool rl_cgroup_holds(const struct rl_cgroup *a, const struct rl_cgroup *b)
{
    for (; b; b = b->parent)
        if (a == b)
            return true;
    return false;
}
