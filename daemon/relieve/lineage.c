#include "daemon/relieve/lineage.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/observe/procs.h"
#include "daemon/observe/read.h"
#include "daemon/relieve/members.h"

int rl_lineage_init(
    struct rl_lineage *lineage, int proc_fd, int root_fd, const struct rl_self *self)
{
    *lineage = (struct rl_lineage){.proc_fd = proc_fd, .root_fd = root_fd, .self = self};
    /* A /proc in which we do not appear has no word about our namespace. */
    return self->pid == 0 ? 0 : rl_cgroup_view_find(proc_fd, root_fd, &lineage->view);
}

struct search {
    const struct rl_self *parents; /* NULL: for reliefd itself only */
    bool found;
};

/* cgroup.procs speaks of the reader's pid namespace, so that getpid() is right whatever /proc is
 * in use; the parents' numbers are right only where that /proc's are. */
static void search_pid(pid_t pid, void *userdata)
{
    struct search *search = userdata;

    if (pid == getpid())
        search->found = true;
    if (!search->parents)
        return;
    if (pid == getppid())
        search->found = true;
    for (size_t i = 0; search->parents->own_pids && i < search->parents->n_ancestors; i++)
        if (pid == search->parents->ancestors[i])
            search->found = true;
}

/* Return: 1 when one of those is a direct member, 0, -errno. */
static int lists(int cgroup_fd, void *userdata)
{
    struct search search = {.parents = userdata};
    size_t foreign;
    int r = rl_procs_of(cgroup_fd, search_pid, &search, &foreign);

    return r < 0 ? r : search.found;
}

/* The path is copied out, since the text of a hybrid hierarchy is long. Return: 0 or -errno. */
static int read_path(const struct rl_lineage *lineage, const char *name, char *ret, size_t size)
{
    char text[16384];
    const char *seen, *path;
    ssize_t n = rl_read_at(lineage->proc_fd, name, text, sizeof(text));
    int r = n < 0 ? (int)n : rl_parse_proc_cgroup(text, &seen);

    if (r < 0)
        return r;
    path = rl_cgroup_view_path(&lineage->view, seen, ret, size);
    if (!path)
        path = seen; /* outside of what can be seen; it is told by its "/.." */
    if (path[0] != '/')
        return -EINVAL;
    if (strlen(path) >= size)
        return -ENAMETOOLONG;
    if (path != ret)
        strcpy(ret, path);
    return 0;
}

static void refresh(struct rl_lineage *lineage)
{
    char path[sizeof(lineage->path)];
    int fd;

    if (lineage->root_fd < 0 || read_path(lineage, "self/cgroup", path, sizeof(path)) < 0) {
        lineage->proven = false; /* no error: the members are searched instead */
        return;
    }
    if (lineage->proven && strcmp(path, lineage->path) == 0)
        return;
    strcpy(lineage->path, path);
    fd = openat(lineage->root_fd, path[1] ? path + 1 : ".",
        O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    lineage->proven = fd >= 0 && lists(fd, NULL) == 1;
    if (fd >= 0)
        close(fd);
}

static int has_id(int root_fd, const char *name, uint64_t id)
{
    struct stat st;

    if (fstatat(root_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    return st.st_ino == id;
}

/* Is the cgroup with this inode the one at path or above it? */
static int path_meets(int root_fd, char *path, uint64_t id)
{
    int r = has_id(root_fd, ".", id);

    for (char *end = path; r == 0 && path[1] != '\0' && end;) {
        end = strchr(end + 1, '/');
        if (end)
            *end = '\0';
        r = has_id(root_fd, path + 1, id);
        if (end)
            *end = '/';
    }
    return r;
}

/* Its files are hidden from us, or it has exited. */
static bool has_exited(const struct rl_self *self, pid_t pid, int r)
{
    if (r != -ENOENT && r != -ESRCH)
        return false;
    return !self->own_pids || (kill(pid, 0) < 0 && errno == ESRCH);
}

static bool is_outside(const char *path)
{
    return strncmp(path, "/..", 3) == 0 && (path[3] == '/' || path[3] == '\0');
}

/* Does this parent live there? Return: 1, 0, -errno. */
static int parent_meets(struct rl_lineage *lineage, pid_t pid, uint64_t cgroup_id)
{
    char path[sizeof(lineage->path)], name[32];
    int r;

    snprintf(name, sizeof(name), "%d/cgroup", (int)pid);
    r = read_path(lineage, name, path, sizeof(path));
    if (r < 0)
        return has_exited(lineage->self, pid, r) ? 0 : r;
    return is_outside(path) ? 0 : path_meets(lineage->root_fd, path, cgroup_id);
}

/* Going by paths. */
static int somebody_meets(struct rl_lineage *lineage, uint64_t cgroup_id)
{
    const struct rl_self *self = lineage->self;
    char path[sizeof(lineage->path)];
    int r;

    strcpy(path, lineage->path);
    r = path_meets(lineage->root_fd, path, cgroup_id);
    for (size_t i = 0; r == 0 && i < self->n_ancestors; i++)
        r = parent_meets(lineage, self->ancestors[i], cgroup_id);
    return r;
}

int rl_lineage_lives_in(struct rl_lineage *lineage, int cgroup_fd, uint64_t cgroup_id)
{
    int r = -ENODATA;

    refresh(lineage);
    if (lineage->proven)
        r = somebody_meets(lineage, cgroup_id);
    /* What cannot be read is no proof that nobody lives there. */
    return r < 0 ? rl_members_walk(cgroup_fd, lists, (void *)lineage->self) : r;
}
