#include "daemon/observe/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/observe/tree-table.h"
#include "daemon/report/log.h"
#include "policy/limits.h"

#define WATCH_MASK (IN_CREATE | IN_DELETE | IN_ONLYDIR | IN_EXCL_UNLINK)
#define TRIM_LEAST 1000 /* cgroups gone, before their memory is given back to the kernel */

_Static_assert(RL_DEPTH_MAX < 64, "struct rl_cgroup has six bits for its depth");

struct rl_tree {
    const char *root_path;
    int root_fd;
    int inotify_fd;
    sd_event_source *source;
    struct rl_tree_listener listener;
    struct rl_cgroup *root;
    struct rl_tree_table table;
    size_t n;
    size_t n_peak;  /* the most since memory was given back */
    size_t n_most;  /* ... since the last rescan */
    uint64_t at_id; /* at_fd is the directory of this cgroup, while events are handled */
    int at_fd;
    bool mark;
    bool blind;     /* some cgroup has no watch since they ran out */
    bool exhausted; /* ... and none is to be had for the moment */
    bool stale;     /* changes were lost */
    bool too_deep;
};

size_t rl_cgroup_path(const struct rl_cgroup *cgroup, char *buf, size_t size)
{
    size_t at = size - 1;

    buf[at] = '\0';
    for (; cgroup->parent; cgroup = cgroup->parent) {
        char name[NAME_MAX + 1];
        size_t len = rl_name_unpack(cgroup->name, name);

        if (len + 1 + 3 > at) { /* three for the cut mark */
            at -= 3;
            memcpy(buf + at, "...", 3);
            break;
        }
        at -= len;
        memcpy(buf + at, name, len);
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

/* ---- watches ---- */

static void add_watch(struct rl_tree *tree, struct rl_cgroup *cgroup)
{
    char path[PATH_MAX], full[2 * PATH_MAX];
    int wd;

    if (tree->exhausted)
        return;
    rl_cgroup_path(cgroup, path, sizeof(path));
    snprintf(full, sizeof(full), "%s%s", tree->root_path, path);
    wd = inotify_add_watch(tree->inotify_fd, full, WATCH_MASK);
    if (wd >= 0) {
        rl_table_watch(&tree->table, cgroup, wd);
        return;
    }
    if (errno == ENOENT || errno == ENOTDIR)
        return; /* gone again: its IN_DELETE follows */
    if (!tree->blind)
        rl_warning("inotify watches ran out at %zu cgroups (%s): new ones are found by listing the "
                   "tree while there is pressure; raise fs.inotify.max_user_watches",
            tree->n, strerror(errno));
    tree->blind = tree->exhausted = true;
}

/* A cgroup's directory keeps its watch when it is removed: the kernel would hold both for ever. */
static void drop_watch(struct rl_tree *tree, struct rl_cgroup *cgroup)
{
    if (cgroup->wd < 0)
        return;
    inotify_rm_watch(tree->inotify_fd, cgroup->wd); /* EINVAL: another file system took it away */
    rl_table_unwatch(&tree->table, cgroup);
}

/* ---- entering and removing ---- */

static void remove_one(struct rl_tree *tree, struct rl_cgroup *cgroup)
{
    tree->listener.on_gone(tree->listener.userdata, cgroup);
    drop_watch(tree, cgroup);
    if (cgroup->parent)
        rl_table_unlink(&tree->table, cgroup);
    tree->n--;
    free(cgroup);
}

/* With all that is below it. */
static void remove_cgroup(struct rl_tree *tree, struct rl_cgroup *top)
{
    struct rl_cgroup *c = top, *parent;
    bool last;

    do {
        while (c->children)
            c = c->children;
        parent = c->parent;
        last = c == top;
        remove_one(tree, c);
        c = parent;
    } while (!last);
}

/* Enter one cgroup. Return: it, NULL when memory is out. */
static struct rl_cgroup *add_cgroup(
    struct rl_tree *tree, struct rl_cgroup *parent, const char *name, uint64_t id)
{
    char packed[RL_NAME_PACKED_MAX];
    size_t len = rl_name_pack(name, strlen(name), packed) + 1;
    size_t size = offsetof(struct rl_cgroup, name) + len;
    struct rl_cgroup *c = calloc(1, size > sizeof(*c) ? size : sizeof(*c));

    if (!c)
        return NULL;
    c->id = id;
    c->wd = -1;
    c->mark = tree->mark;
    memcpy(c->name, packed, len);
    if (parent) {
        c->depth = parent->depth + 1;
        if (rl_table_link(&tree->table, parent, c) < 0) {
            free(c);
            return NULL;
        }
    }
    if (++tree->n > tree->n_peak)
        tree->n_peak = tree->n;
    if (tree->n > tree->n_most)
        tree->n_most = tree->n;
    add_watch(tree, c);
    tree->listener.on_new(tree->listener.userdata, c);
    return c;
}

/* After a storm its memory lies free in the heap: give it back. */
static void trim(struct rl_tree *tree)
{
    if (tree->n_peak - tree->n < TRIM_LEAST || tree->n_peak - tree->n < tree->n)
        return;
    tree->n_peak = tree->n;
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

/* ---- listing ---- */

/* Can a child be told apart from its parent, and named to the kernel? */
static bool is_reachable(struct rl_tree *tree, const struct rl_cgroup *parent, const char *name)
{
    size_t len = strlen(tree->root_path) + 1 + strlen(name);
    char above[NAME_MAX + 1];

    for (const struct rl_cgroup *c = parent; c->parent; c = c->parent)
        len += 1 + rl_name_unpack(c->name, above);
    if (parent->depth < RL_DEPTH_MAX && len < PATH_MAX)
        return true;
    if (!tree->too_deep)
        rl_warning("cgroups more than %d levels deep are not told apart", RL_DEPTH_MAX);
    tree->too_deep = true;
    return false;
}

/* A subdirectory was seen or announced: enter it unless it is known, replace it when the id is
 * another one. Return: 1 and the cgroup when it is to be listed, else 0 or -errno. */
static int see_child(struct rl_tree *tree, struct rl_cgroup *parent, int dir_fd, const char *name,
    struct rl_cgroup **ret)
{
    struct rl_cgroup *child;
    struct stat st;

    if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return 0; /* gone again: its IN_DELETE follows */
    child = rl_table_child(&tree->table, parent, name, strlen(name));
    if (child && child->id == st.st_ino) {
        child->mark = tree->mark;
        /* It lost its watch, as one does that was removed and made anew with the same number. */
        if (child->wd >= 0 || tree->blind)
            return 0;
        add_watch(tree, child);
        *ret = child;
        return 1;
    }
    if (child)
        remove_cgroup(tree, child);
    if (!is_reachable(tree, parent, name))
        return 0;
    *ret = add_cgroup(tree, parent, name, st.st_ino);
    return *ret ? 1 : -ENOMEM;
}

/* A directory's subdirectories, one at a time; the caller opens and closes the DIR. */
static const char *next_directory(DIR *dir)
{
    struct dirent *entry;

    while ((entry = readdir(dir)))
        if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
            return entry->d_name;
    return NULL;
}

/* Enter a cgroup's children. Its watch stands before they are listed, so that none is missed
 * between. */
static int list(struct rl_tree *tree, struct rl_cgroup *cgroup)
{
    int fd = rl_cgroup_open(tree, cgroup), r = 0;
    struct rl_cgroup *child;
    const char *name;
    DIR *dir;

    if (fd < 0)
        return fd == -ENOENT || fd == -ESTALE || fd == -ENODEV ? 0 : fd;
    dir = fdopendir(fd);
    if (!dir) {
        r = -errno;
        close(fd);
        return r;
    }
    while (r >= 0 && (name = next_directory(dir)))
        r = see_child(tree, cgroup, fd, name, &child);
    closedir(dir);
    return r < 0 ? r : 0;
}

/* List a cgroup, and all that is found below it. */
static int scan(struct rl_tree *tree, struct rl_cgroup *top)
{
    int r = 0;

    for (struct rl_cgroup *c = top; c && r == 0; c = rl_tree_next(top, c)) {
        if (c->wd < 0)
            add_watch(tree, c);
        r = list(tree, c);
    }
    return r;
}

/* The next cgroup in depth-first order that is not below this one. */
static struct rl_cgroup *beside(const struct rl_cgroup *top, struct rl_cgroup *cgroup)
{
    while (cgroup != top && !cgroup->next)
        cgroup = cgroup->parent;
    return cgroup == top ? NULL : cgroup->next;
}

static void sweep(struct rl_tree *tree)
{
    struct rl_cgroup *next;

    for (struct rl_cgroup *c = tree->root; c; c = next) {
        if (c->mark == tree->mark) {
            next = rl_tree_next(tree->root, c);
        } else {
            next = beside(tree->root, c);
            remove_cgroup(tree, c);
        }
    }
}

int rl_tree_rescan(struct rl_tree *tree)
{
    int r;

    tree->mark = !tree->mark;
    tree->root->mark = tree->mark;
    tree->exhausted = tree->stale = false;
    r = scan(tree, tree->root);
    if (r < 0) {
        for (struct rl_cgroup *c = tree->root; c; c = rl_tree_next(tree->root, c))
            c->mark = tree->mark;
        tree->stale = true;
        return r;
    }
    sweep(tree);
    trim(tree);
    tree->n_most = tree->n;
    if (tree->blind && !tree->exhausted) {
        tree->blind = false;
        rl_notice("inotify watches suffice again, for %zu cgroups", tree->n);
    }
    return 0;
}

/* ---- events ---- */

/* The parent's directory: bursts come from few parents, so it is kept from one event to the next.
 */
static int open_parent(struct rl_tree *tree, const struct rl_cgroup *parent)
{
    if (tree->at_fd >= 0 && tree->at_id == parent->id)
        return tree->at_fd;
    if (tree->at_fd >= 0)
        close(tree->at_fd);
    tree->at_fd = rl_cgroup_open(tree, parent);
    tree->at_id = parent->id;
    return tree->at_fd;
}

static void on_create(struct rl_tree *tree, struct rl_cgroup *parent, const char *name)
{
    int fd = open_parent(tree, parent), r = fd;
    struct rl_cgroup *child;

    if (fd >= 0)
        r = see_child(tree, parent, fd, name, &child);
    if (r > 0)
        r = scan(tree, child);
    if (r == 0 || r == -ENOENT || r == -ESTALE || r == -ENODEV)
        return;
    rl_warning("cgroup %s cannot be read: %s", name, strerror(-r));
    tree->stale = true;
}

/* One that stands there all the same was made anew before the event was read, and is known. */
static void on_delete(struct rl_tree *tree, struct rl_cgroup *parent, const char *name)
{
    struct rl_cgroup *child = rl_table_child(&tree->table, parent, name, strlen(name));
    struct stat st;
    int fd;

    if (!child)
        return;
    fd = open_parent(tree, parent);
    if (fd >= 0 && fstatat(fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_ino == child->id)
        return;
    remove_cgroup(tree, child);
}

static void handle(struct rl_tree *tree, const struct inotify_event *event)
{
    struct rl_cgroup *parent = event->wd >= 0 ? rl_table_watched(&tree->table, event->wd) : NULL;

    if (event->mask & IN_Q_OVERFLOW)
        tree->stale = true;
    else if (!parent)
        return; /* an event of a cgroup that was removed before it was read */
    else if (event->mask & IN_IGNORED)
        rl_table_unwatch(&tree->table, parent);
    else if (!(event->mask & IN_ISDIR) || event->len == 0)
        return;
    else if (event->mask & IN_DELETE)
        on_delete(tree, parent, event->name);
    else if (event->mask & IN_CREATE)
        on_create(tree, parent, event->name);
}

/* What stands in the queue now; what comes meanwhile waits for the next turn, so that a storm does
 * not keep the daemon from its work. */
static void handle_queue(struct rl_tree *tree)
{
    _Alignas(struct inotify_event) char buf[16384];
    int pending = 0;
    ssize_t n;

    if (ioctl(tree->inotify_fd, FIONREAD, &pending) < 0)
        pending = sizeof(buf);
    for (; pending > 0; pending -= (int)n) {
        n = read(tree->inotify_fd, buf, sizeof(buf));
        if (n <= 0)
            break;
        for (char *at = buf; at < buf + n;) {
            const struct inotify_event *event = (const struct inotify_event *)at;

            handle(tree, event);
            at += sizeof(*event) + event->len;
        }
    }
    if (tree->at_fd >= 0)
        close(tree->at_fd);
    tree->at_fd = -1;
}

static int on_inotify(sd_event_source *source, int fd, uint32_t revents, void *userdata)
{
    struct rl_tree *tree = userdata;

    tree->exhausted = false;
    handle_queue(tree);
    /* Where an eighth is gone there are watches again. */
    if (tree->stale || (tree->blind && tree->n < tree->n_most - tree->n_most / 8)) {
        int r = rl_tree_rescan(tree);

        if (r < 0)
            rl_warning("listing the cgroup tree failed: %s", strerror(-r));
    }
    trim(tree);
    return 0;
}

/* ---- the whole ---- */

int rl_tree_new(sd_event *event, const char *root, int root_fd,
    const struct rl_tree_listener *listener, struct rl_tree **ret)
{
    struct rl_tree *tree = calloc(1, sizeof(*tree));
    struct stat st;
    int r;

    if (!tree)
        return -ENOMEM;
    *tree = (struct rl_tree){.root_path = root,
        .root_fd = root_fd,
        .listener = *listener,
        .inotify_fd = -1,
        .at_fd = -1};
    r = rl_table_open(&tree->table);
    if (r < 0)
        goto fail;
    tree->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    if (tree->inotify_fd < 0 || fstat(root_fd, &st) < 0) {
        r = -errno;
        goto fail;
    }
    tree->root = add_cgroup(tree, NULL, "", st.st_ino);
    r = tree->root ? scan(tree, tree->root) : -ENOMEM;
    if (r < 0)
        goto fail;
    r = sd_event_add_io(event, &tree->source, tree->inotify_fd, EPOLLIN, on_inotify, tree);
    if (r >= 0)
        r = sd_event_source_set_ratelimit(tree->source, RL_TREE_QUIET_US, 1);
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
    rl_table_close(&tree->table);
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
    return tree->blind || tree->stale;
}

struct rl_cgroup *rl_tree_find(struct rl_tree *tree, const char *path)
{
    struct rl_cgroup *at = tree->root;

    while (at) {
        size_t len;

        path += strspn(path, "/");
        if (!*path)
            return at;
        len = strcspn(path, "/");
        at = rl_table_child(&tree->table, at, path, len);
        path += len;
    }
    return NULL;
}

struct rl_cgroup *rl_tree_next(const struct rl_cgroup *top, struct rl_cgroup *cgroup)
{
    return cgroup->children ? cgroup->children : beside(top, cgroup);
}

bool rl_cgroup_holds(const struct rl_cgroup *a, const struct rl_cgroup *b)
{
    for (; b; b = b->parent)
        if (a == b)
            return true;
    return false;
}
