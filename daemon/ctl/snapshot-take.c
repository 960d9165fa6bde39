#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/ctl/pids.h"
#include "daemon/ctl/snapshot.h"
#include "daemon/observe/mounts.h"
#include "daemon/observe/read.h"
#include "daemon/report/cleanup.h"

#define FILE_MOST  (64u << 20) /* far more than any of these files is long */
#define NODES_MOST 1024        /* that a kernel can be built for */
#define COUNT(a)   (sizeof(a) / sizeof((a)[0]))

/* What was read last; the memory serves for all files. */
struct text {
    char *data; /* terminated */
    size_t n, size;
};

struct taking {
    const struct rl_snapshot_source *source;
    struct rl_bundle *bundle;
    struct rl_snapshot_count *count;
    struct text text;
    bool nodes; /* several have memory */
};

/* ---- reading ---- */

static int make_room(struct text *text)
{
    size_t size = text->size ? 2 * text->size : 16384;
    char *larger;

    if (text->size - text->n > 4096)
        return 0;
    if (size > FILE_MOST)
        return -EFBIG;
    larger = realloc(text->data, size);
    if (!larger)
        return -ENOMEM;
    text->data = larger;
    text->size = size;
    return 0;
}

/* Read to the end, or to that of the first line: files of /proc do not say how long they are.
 * Return: 0 or -errno. */
static int read_text(struct text *text, int dir, const char *name, bool first_line)
{
    rl_auto_fd int fd = rl_open_at(dir, name);
    int r = fd < 0 ? fd : 0;

    text->n = 0;
    while (r == 0) {
        r = make_room(text);
        if (r < 0)
            break;
        ssize_t n = read(fd, text->data + text->n, text->size - text->n - 1);
        if (n < 0 && errno != EINTR)
            r = -errno;
        if (n > 0)
            text->n += (size_t)n;
        if (n == 0 || (n > 0 && first_line && memchr(text->data, '\n', text->n)))
            break;
    }
    if (r < 0)
        return r;
    text->data[text->n] = '\0';
    char *end = first_line ? memchr(text->data, '\n', text->n) : NULL;
    if (end)
        text->n = (size_t)(end + 1 - text->data);
    text->data[text->n] = '\0';
    return 0;
}

/* Where a link leads. Return: 0 or -errno. */
static int read_link(struct text *text, int dir, const char *name)
{
    int r;

    text->n = 0;
    r = make_room(text);
    if (r < 0)
        return r;
    ssize_t n = readlinkat(dir, name, text->data, text->size - 1);
    if (n < 0)
        return -errno;
    text->n = (size_t)n;
    text->data[n] = '\0';
    return 0;
}

/* What could not be read is left out where it is not there, may not be read (which is counted), or
 * where the kernel has no answer. Return: 0, -errno after saying why. */
static int leave_out(struct taking *taking, const char *path, int error)
{
    static const int passed[] = {ENOENT, ENOTDIR, ESRCH, ENODEV, EOPNOTSUPP, EINVAL, EISDIR, ENXIO};

    if (error == -EACCES || error == -EPERM) {
        if (taking->count->denied++ == 0)
            snprintf(taking->count->first_denied, sizeof(taking->count->first_denied), "%s", path);
        return 0;
    }
    for (size_t i = 0; i < COUNT(passed); i++)
        if (error == -passed[i])
            return 0;
    fprintf(stderr, "reliefctl snapshot: reading %s: %s\n", path, strerror(-error));
    return error;
}

static int add_text(struct taking *taking, const char *path)
{
    int r = rl_bundle_file(taking->bundle, path, taking->text.data, taking->text.n);

    taking->count->files += r >= 0;
    return r;
}

static int take_file(struct taking *taking, int dir, const char *name, const char *path)
{
    int r = read_text(&taking->text, dir, name, false);

    return r < 0 ? leave_out(taking, path, r) : add_text(taking, path);
}

/* ---- the machine ---- */

/* Of the mounts only those of cgroups: the others tell of servers and users. */
static int keep_cgroup_mounts(struct text *text)
{
    struct rl_mount *mount = malloc(sizeof(*mount));
    const char *rest = text->data;
    struct rl_span line;
    size_t kept = 0;

    if (!mount)
        return -ENOMEM;
    while (rl_text_line(&rest, &line)) {
        if (rl_mount_parse(line, mount) < 0 ||
            !(rl_span_is(mount->type, "cgroup") || rl_span_is(mount->type, "cgroup2")))
            continue;
        memmove(text->data + kept, line.s, line.len);
        kept += line.len;
        text->data[kept++] = '\n';
    }
    free(mount);
    text->data[kept] = '\0';
    text->n = kept;
    return 0;
}

static int take_mounts(struct taking *taking)
{
    static const char path[] = "proc/self/mountinfo";
    int r = read_text(&taking->text, taking->source->proc_fd, "self/mountinfo", false);

    if (r < 0)
        return leave_out(taking, path, r);
    r = keep_cgroup_mounts(&taking->text);
    return r < 0 ? leave_out(taking, path, r) : add_text(taking, path);
}

static int take_machine(struct taking *taking)
{
    static const char *const files[] = {
        "cgroups",
        "loadavg",
        "meminfo",
        "pressure/cpu",
        "pressure/io",
        "pressure/irq",
        "pressure/memory",
        "stat",
        "sys/vm/oom_dump_tasks",
        "sys/vm/oom_kill_allocating_task",
        "sys/vm/overcommit_kbytes",
        "sys/vm/overcommit_memory",
        "sys/vm/overcommit_ratio",
        "sys/vm/panic_on_oom",
        "sys/vm/swappiness",
        "uptime",
        "version",
        "vmstat",
    };
    char path[64];
    int r = 0;

    for (size_t i = 0; i < COUNT(files) && r >= 0; i++) {
        snprintf(path, sizeof(path), "proc/%s", files[i]);
        r = take_file(taking, taking->source->proc_fd, files[i], path);
    }
    return r < 0 ? r : take_mounts(taking);
}

/* ---- memory nodes ---- */

static int take_nodes(struct taking *taking)
{
    static const char top[] = "sys/devices/system/node";
    static const char *const files[] = {"has_memory", "online", "possible"};
    rl_auto_fd int dir = open(taking->source->node_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    unsigned with_memory = 0;
    char name[32], path[64];
    int r = 0;

    if (dir < 0)
        return leave_out(taking, top, -errno);
    for (size_t i = 0; i < COUNT(files) && r >= 0; i++) {
        snprintf(path, sizeof(path), "%s/%s", top, files[i]);
        r = take_file(taking, dir, files[i], path);
    }
    for (unsigned n = 0; n < NODES_MOST && r >= 0; n++) {
        snprintf(name, sizeof(name), "node%u/meminfo", n);
        snprintf(path, sizeof(path), "%s/%s", top, name);
        r = take_file(taking, dir, name, path);
    }
    /* A list of nodes is written like one of CPUs. */
    if (r >= 0 && read_text(&taking->text, dir, "has_memory", false) == 0)
        (void)rl_parse_cpus(taking->text.data, &with_memory);
    taking->nodes = with_memory > 1;
    return r;
}

/* ---- processes ---- */

/* What was read of one process, kept until it is sure that the process was there all the time. */
struct piece {
    char path[64];
    char *data; /* of a link, where it leads */
    size_t n;
    bool link;
};

struct pieces {
    struct piece *items;
    size_t n, size;
};

static void pieces_free(struct pieces *pieces)
{
    for (size_t i = 0; i < pieces->n; i++)
        free(pieces->items[i].data);
    free(pieces->items);
    *pieces = (struct pieces){0};
}

/* Keep a copy of what was read last. */
static int keep(struct taking *taking, struct pieces *pieces, const char *path, bool link)
{
    struct piece piece = {.n = taking->text.n, .link = link};

    if (pieces->n == pieces->size) {
        size_t size = pieces->size ? 2 * pieces->size : 16;
        struct piece *larger = reallocarray(pieces->items, size, sizeof(*larger));
        if (!larger)
            return -ENOMEM;
        pieces->items = larger;
        pieces->size = size;
    }
    piece.data = malloc(piece.n + 1);
    if (!piece.data)
        return -ENOMEM;
    memcpy(piece.data, taking->text.data, piece.n + 1);
    snprintf(piece.path, sizeof(piece.path), "%s", path);
    pieces->items[pieces->n++] = piece;
    return 0;
}

enum how {
    WHOLE,
    LINK,
    FIRST_LINE,
};

static int keep_file(struct taking *taking, struct pieces *pieces, int dir, pid_t pid,
    const char *name, enum how how)
{
    char path[64];
    int r = how == LINK ? read_link(&taking->text, dir, name)
                        : read_text(&taking->text, dir, name, how == FIRST_LINE);

    snprintf(path, sizeof(path), "proc/%d/%s", (int)pid, name);
    return r < 0 ? leave_out(taking, path, r) : keep(taking, pieces, path, how == LINK);
}

/* Has this thread exited, while others of its process live? state: of any. */
static bool read_state(struct taking *taking, int dir, const char *name, bool *ret_dead_leader)
{
    struct rl_process process = {0};
    char state = 'X';

    *ret_dead_leader = false;
    if (read_text(&taking->text, dir, name, false) < 0 ||
        rl_parse_stat(taking->text.data, &process, &state) < 0)
        return false;
    *ret_dead_leader = process.flags & RL_PROCESS_DEAD_LEADER;
    return state != 'Z' && state != 'X';
}

/* The leader has exited: what is known of the process stands with its other threads. */
static int keep_threads(struct taking *taking, struct pieces *pieces, int dir, pid_t pid)
{
    rl_auto_fd int task = openat(dir, "task", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    rl_auto_free pid_t *tids = NULL;
    char path[64], name[64];
    bool dead;
    size_t n = 0;

    snprintf(path, sizeof(path), "proc/%d/task", (int)pid);
    int r = task < 0 ? -errno : rl_pids_list(task, &tids, &n);
    if (r < 0)
        return leave_out(taking, path, r);
    for (size_t i = 0; i < n && r >= 0; i++) {
        snprintf(name, sizeof(name), "task/%d/stat", (int)tids[i]);
        if (tids[i] == pid || !read_state(taking, dir, name, &dead) || dead)
            continue;
        r = keep_file(taking, pieces, dir, pid, name, WHOLE);
        snprintf(name, sizeof(name), "task/%d/status", (int)tids[i]);
        if (r >= 0)
            r = keep_file(taking, pieces, dir, pid, name, WHOLE);
    }
    return r;
}

static int keep_process(struct taking *taking, struct pieces *pieces, int dir, pid_t pid)
{
    static const struct {
        const char *name;
        enum how how;
    } files[] = {
        {"stat", WHOLE},
        {"status", WHOLE},
        {"cgroup", WHOLE},
        {"oom_score", WHOLE},
        {"oom_score_adj", WHOLE},
        {"oom_adj", WHOLE},
        {"uid_map", WHOLE},
        {"ns/user", LINK},
        {"exe", LINK},
    };
    bool dead_leader;
    int r = 0;

    for (size_t i = 0; i < COUNT(files) && r >= 0; i++)
        r = keep_file(taking, pieces, dir, pid, files[i].name, files[i].how);
    if (r >= 0 && taking->source->cmdline)
        r = keep_file(taking, pieces, dir, pid, "cmdline", WHOLE);
    if (r >= 0 && taking->nodes)
        r = keep_file(taking, pieces, dir, pid, "numa_maps", FIRST_LINE);
    (void)read_state(taking, dir, "stat", &dead_leader);
    return r >= 0 && dead_leader ? keep_threads(taking, pieces, dir, pid) : r;
}

static int add_pieces(struct taking *taking, const struct pieces *pieces)
{
    int r = 0;

    for (size_t i = 0; i < pieces->n && r >= 0; i++) {
        const struct piece *piece = &pieces->items[i];
        r = piece->link ? rl_bundle_link(taking->bundle, piece->path, piece->data)
                        : rl_bundle_file(taking->bundle, piece->path, piece->data, piece->n);
        taking->count->files += r >= 0;
    }
    taking->count->processes++;
    return r;
}

static int take_process(struct taking *taking, pid_t pid)
{
    struct pieces pieces = {0};
    char name[16];

    snprintf(name, sizeof(name), "%d", (int)pid);
    rl_auto_fd int dir = openat(taking->source->proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (dir < 0)
        return 0;
    int r = keep_process(taking, &pieces, dir, pid);
    /* The descriptor is of this process alone: when it still leads somewhere, nothing above was
     * missed because the process went away. */
    if (r >= 0 && read_text(&taking->text, dir, "stat", false) == 0)
        r = add_pieces(taking, &pieces);
    pieces_free(&pieces);
    return r;
}

static int take_processes(struct taking *taking)
{
    rl_auto_free pid_t *pids = NULL;
    size_t n = 0;
    int r = rl_pids_list(taking->source->proc_fd, &pids, &n);

    if (r < 0)
        return leave_out(taking, "proc", r);
    for (size_t i = 0; i < n && r >= 0; i++)
        r = take_process(taking, pids[i]);
    return r;
}

/* ---- cgroups ---- */

static bool is_wanted(const char *name)
{
    static const char *const globs[] = {
        "memory.*",
        "cgroup.controllers",
        "cgroup.events",
        "cgroup.procs",
        "cgroup.stat",
        "cgroup.subtree_control",
        "cgroup.type",
        "cpu.stat",
        "cpuset.mems*",
    };

    for (size_t i = 0; i < COUNT(globs); i++)
        if (fnmatch(globs[i], name, 0) == 0)
            return true;
    return false;
}

static int take_entry(struct taking *taking, const FTSENT *entry, const char *path)
{
    int r = 0;

    switch (entry->fts_info) {
    case FTS_D:
        taking->count->cgroups++;
        r = rl_bundle_folder(taking->bundle, path);
        break;
    case FTS_F:
        /* memory.reclaim and the like can only be written. */
        if (is_wanted(entry->fts_name) && entry->fts_statp->st_mode & 0444)
            r = take_file(taking, AT_FDCWD, entry->fts_accpath, path);
        break;
    case FTS_DNR:
    case FTS_ERR:
        r = leave_out(taking, path, -entry->fts_errno);
        break;
    }
    return r;
}

static int by_name(const FTSENT **left, const FTSENT **right)
{
    return strcmp((*left)->fts_name, (*right)->fts_name);
}

static int take_cgroups(struct taking *taking)
{
    static const char top[] = "sys/fs/cgroup";
    char *const roots[] = {(char *)(uintptr_t)taking->source->cgroup_root, NULL};
    size_t length = strlen(roots[0]);
    int r = 0;

    if (length == 0)
        return 0;
    FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR | FTS_XDEV, by_name);
    if (!fts)
        return leave_out(taking, top, -errno);
    for (FTSENT *entry; r >= 0 && (errno = 0, entry = fts_read(fts));) {
        rl_auto_free char *path = NULL;

        if (asprintf(&path, "%s%s", top, entry->fts_path + length) < 0)
            r = -ENOMEM;
        else
            r = take_entry(taking, entry, path);
    }
    if (r >= 0 && errno != 0)
        r = leave_out(taking, top, -errno);
    fts_close(fts);
    return r;
}

int rl_snapshot_take(const struct rl_snapshot_source *source, struct rl_bundle *bundle,
    struct rl_snapshot_count *ret)
{
    struct taking taking = {.source = source, .bundle = bundle, .count = ret};
    int r;

    *ret = (struct rl_snapshot_count){0};
    r = take_machine(&taking);
    if (r >= 0)
        r = take_nodes(&taking);
    if (r >= 0)
        r = take_processes(&taking);
    if (r >= 0)
        r = take_cgroups(&taking);
    free(taking.text.data);
    return r;
}
