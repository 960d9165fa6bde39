/* The cgroup tree, kept by inotify.
 *
 * Invariants: a cgroup is known by its id (the inode of its directory), so one that is removed
 * and made again is another one; a parent is always in the tree while a child is; on_gone is
 * called exactly once for each cgroup that on_new was called for, children before parents. A
 * struct rl_cgroup never moves.
 *
 * Every cgroup has a watch, leaves too: a container that is made inside an unwatched leaf would
 * not be known until the next pressure. One fanotify mark could serve the whole tree, but needs
 * CAP_SYS_ADMIN, which the service gives away.
 *
 * Changes are taken in one go, at most once in RL_TREE_QUIET_US: a new cgroup is known that much
 * later at worst, plus the time that reading takes; a steady trickle costs four wake-ups a second.
 *
 * When watches run out, or changes were lost and could not be read again at once, the tree is
 * `blind`: whoever walks it calls rl_tree_rescan() first. Having run out is said once, and so is
 * its end: a rescan, which is also made once an eighth of the cgroups is gone, watches again what
 * it can. A queue overflow means one rescan.
 *
 * Tree changes allocate; looking does not. Finding a child, entering and removing one take
 * constant time, whatever the number of siblings. A cgroup costs at most 160 bytes with its share
 * of the tables when its name has up to 30 characters (glibc, 64 bits), 16 more for each 16
 * characters above; the kernel's watches come on top.
 *
 * Cgroups deeper than RL_DEPTH_MAX, or with a path that no system call takes, are not entered
 * (this is said once): they count as part of the one above them. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "daemon/observe/name.h"
#include "policy/seen.h"

struct rl_policy;
struct rl_hot;
struct rl_gate;
struct rl_files;

#define RL_TREE_QUIET_US UINT64_C(250000)

struct rl_cgroup {
    uint64_t id;
    struct rl_cgroup *parent, *children, *next; /* next: sibling */
    struct rl_cgroup *same_wd;                  /* chain of the watch table */
    const struct rl_policy *policy;             /* the one in force here, NULL for none */
    struct rl_cgroup *subject; /* the cgroup that policy names: itself or an ancestor */
    struct rl_hot *hot;        /* NULL while cold */
    struct rl_files *files;    /* kept fds: while hot, or above something hot */
    struct rl_gate *gate;      /* memory.events is listened to here */
    struct rl_seen seen;       /* for the walk */
    uint32_t born_s;           /* for the client: when it was first seen, monotonic seconds */
    int wd;                    /* inotify watch, -1 without */
    uint8_t depth : 6;         /* 0 for the root */
    uint8_t mark : 1;          /* of the last rescan that found it */
    uint8_t warm : 1;          /* its memory.pressure is kept open, see warm.h */
    char name[];               /* packed, see name.h; "" for the root */
};

struct rl_tree;

struct rl_tree_listener {
    void (*on_new)(void *userdata, struct rl_cgroup *cgroup);
    void (*on_gone)(void *userdata, struct rl_cgroup *cgroup); /* freed afterwards */
    void *userdata;
};

/**
 * rl_tree_new() - read the whole tree and keep it
 * @root:    path of the cgroup2 mount (or fixture)
 * @root_fd: directory fd of it; kept, not owned
 */
int rl_tree_new(sd_event *event, const char *root, int root_fd,
    const struct rl_tree_listener *listener, struct rl_tree **ret);
struct rl_tree *rl_tree_free(struct rl_tree *tree);

struct rl_cgroup *rl_tree_root(struct rl_tree *tree);
size_t rl_tree_size(const struct rl_tree *tree);
/* Creations may be missed between rescans. */
bool rl_tree_blind(const struct rl_tree *tree);

/* Read everything again; on_new and on_gone tell the difference. Return: 0; -errno: what was not
 * reached is as it was. */
int rl_tree_rescan(struct rl_tree *tree);

/* Return: the cgroup at a path with leading /, NULL when there is none. */
struct rl_cgroup *rl_tree_find(struct rl_tree *tree, const char *path);

/* The next cgroup in depth-first order within the subtree of top; NULL at the end. */
struct rl_cgroup *rl_tree_next(const struct rl_cgroup *top, struct rl_cgroup *cgroup);

/* Is a the same as b, or above it? */
bool rl_cgroup_holds(const struct rl_cgroup *a, const struct rl_cgroup *b);

/* Write the path with leading / ("/" for the root). A path that does not fit is cut in front and
 * begins with "...". Return: its length. */
size_t rl_cgroup_path(const struct rl_cgroup *cgroup, char *buf, size_t size);

/* Open its directory and compare the id. Return: an fd, -ENOENT when it is gone, -ESTALE when
 * another cgroup stands there now, other -errno. */
int rl_cgroup_open(const struct rl_tree *tree, const struct rl_cgroup *cgroup);
