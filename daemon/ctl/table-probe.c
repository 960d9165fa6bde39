/* Where reliefctl looks, by its options. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "daemon/ctl/saved.h"
#include "daemon/ctl/table.h"

#define SAVED_PAGE_SIZE 4096

/* Against RAM + swap no cgroup is needed: that works on any machine. */
static int open_proc_only(const char *proc, struct rl_probe *ret)
{
    struct statfs fs;

    *ret = (struct rl_probe){.cgroup_fd = -1, .proc_fd = -1};
    ret->proc_fd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ret->proc_fd < 0)
        return -errno;
    ret->live = fstatfs(ret->proc_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
    ret->page_size = ret->live ? (uint32_t)sysconf(_SC_PAGESIZE) : SAVED_PAGE_SIZE;
    return 0;
}

/* A saved tree may come from a machine with other pages. */
static int take_page_size(const char *root, struct rl_probe *probe)
{
    struct rl_saved saved = {0};

    if (!root || probe->live)
        return RL_EXIT_OK;
    if (rl_saved_read(root, &saved) < 0) {
        rl_probe_close(probe);
        return RL_EXIT_FAILURE;
    }
    if (saved.page_size > 0)
        probe->page_size = saved.page_size;
    return RL_EXIT_OK;
}

int rl_table_probe(const struct rl_args *args, bool system, struct rl_probe *ret)
{
    const char *root = args->common[RL_OPT_ROOT];
    char proc[PATH_MAX], cgroup[PATH_MAX];
    struct rl_roots roots = {.proc = "/proc"};

    if (root) {
        snprintf(proc, sizeof(proc), "%s/proc", root);
        snprintf(cgroup, sizeof(cgroup), "%s/sys/fs/cgroup", root);
        roots = (struct rl_roots){.proc = proc, .cgroup = cgroup};
    }
    if (args->common[RL_OPT_PROC_ROOT])
        roots.proc = args->common[RL_OPT_PROC_ROOT];
    if (args->common[RL_OPT_CGROUP_ROOT])
        roots.cgroup = args->common[RL_OPT_CGROUP_ROOT];
    if (rl_probe_run(&roots, ret) >= 0)
        return take_page_size(root, ret);
    if (system && open_proc_only(roots.proc, ret) >= 0)
        return take_page_size(root, ret);
    fprintf(stderr, "reliefctl: %s\n", system ? strerror(errno) : ret->fatal);
    return RL_EXIT_FAILURE;
}
