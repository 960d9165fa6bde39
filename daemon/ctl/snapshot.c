/* Take along what reliefd looks at, for somebody to look at it elsewhere. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/saved.h"
#include "daemon/ctl/snapshot.h"
#include "daemon/observe/probe.h"
#include "daemon/observe/read.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"

#define FIXTURE_PAGE_SIZE 4096
#define FIXTURE_CLK_TCK   100

enum own {
    OWN_CMDLINE,
    OWN_FORCE,
};

const struct rl_option rl_snapshot_options[] = {
    [OWN_CMDLINE] = {"cmdline", NULL, "take command lines along; they may hold secrets"},
    [OWN_FORCE] = {"force", NULL, "replace a file that is there"},
    {0},
};

/* ---- the file ---- */

struct output {
    const char *path; /* "-": stdout */
    char temporary[PATH_MAX];
    int fd;
    bool force;
};

static bool is_stdout(const struct output *output)
{
    return strcmp(output->path, "-") == 0;
}

static int refuse(const struct output *output, const char *why, int code)
{
    fprintf(stderr, "reliefctl snapshot: %s: %s\n", output->path, why);
    return code;
}

/* Open what is written to. Return: an exit code. */
static int open_output(struct output *output)
{
    struct stat st;

    if (is_stdout(output)) {
        if (isatty(STDOUT_FILENO))
            return refuse(
                output, "stdout is a terminal; name a file, or a pipe behind it", RL_EXIT_USAGE);
        output->fd = STDOUT_FILENO;
        return RL_EXIT_OK;
    }
    if (lstat(output->path, &st) == 0) {
        if (!S_ISREG(st.st_mode))
            return refuse(output, "this is no plain file; name another one", RL_EXIT_FAILURE);
        if (!output->force)
            return refuse(output, "there is one already; --force replaces it", RL_EXIT_FAILURE);
    }
    int length = snprintf(
        output->temporary, sizeof(output->temporary), "%s.tmpXXXXXX", output->path);
    if (length >= (int)sizeof(output->temporary))
        return refuse(output, strerror(ENAMETOOLONG), RL_EXIT_FAILURE);
    output->fd = mkostemp(output->temporary, O_CLOEXEC); /* mode 0600 */
    return output->fd < 0 ? refuse(output, strerror(errno), RL_EXIT_FAILURE) : RL_EXIT_OK;
}

/* Give the file its name. Return: 0 or -errno. */
static int put_in_place(const struct output *output)
{
    unsigned flags = output->force ? 0 : RENAME_NOREPLACE;

    if (renameat2(AT_FDCWD, output->temporary, AT_FDCWD, output->path, flags) == 0)
        return 0;
    /* Not every file system can refuse to replace. */
    if (flags != 0 && (errno == EINVAL || errno == ENOSYS) &&
        rename(output->temporary, output->path) == 0)
        return 0;
    return -errno;
}

/* Finish, or with an error in r throw away. Return: 0 or -errno, r first. */
static int close_output(struct output *output, int r)
{
    if (is_stdout(output))
        return r;
    if (close(output->fd) < 0 && r >= 0)
        r = -errno;
    if (r >= 0)
        r = put_in_place(output);
    if (r < 0)
        unlink(output->temporary);
    return r;
}

/* ---- the roots ---- */

struct roots {
    char proc[PATH_MAX], cgroup[PATH_MAX], node[PATH_MAX];
    int proc_fd;
    bool live;
    struct rl_saved facts;
};

/* What /proc does not say: the machine's own, or a snapshot's. Return: 0, or -EBADMSG. */
static int find_facts(const char *root, struct roots *roots)
{
    struct rl_saved here = {.page_size = FIXTURE_PAGE_SIZE, .clk_tck = FIXTURE_CLK_TCK};
    struct rl_saved saved = {0};
    int r = root ? rl_saved_read(root, &saved) : 0;

    if (roots->live)
        here = (struct rl_saved){.page_size = (uint32_t)sysconf(_SC_PAGESIZE),
            .clk_tck = (uint32_t)sysconf(_SC_CLK_TCK)};
    roots->facts = (struct rl_saved){
        .page_size = saved.page_size > 0 ? saved.page_size : here.page_size,
        .clk_tck = saved.clk_tck > 0 ? saved.clk_tck : here.clk_tck,
    };
    return r;
}

/* Find the roots as the other commands do. Without a cgroup2 the processes are taken alone. Return:
 * 0, or -errno after saying why. */
static int find_roots(const struct rl_args *args, struct roots *ret)
{
    const char *root = args->common[RL_OPT_ROOT], *proc = args->common[RL_OPT_PROC_ROOT];
    const char *cgroup = args->common[RL_OPT_CGROUP_ROOT];
    struct rl_probe probe;

    snprintf(ret->proc, sizeof(ret->proc), "%s/proc", root ? root : "");
    snprintf(ret->cgroup, sizeof(ret->cgroup), "%s/sys/fs/cgroup", root ? root : "");
    snprintf(ret->node, sizeof(ret->node), "%s/sys/devices/system/node", root ? root : "");
    if (proc)
        snprintf(ret->proc, sizeof(ret->proc), "%s", proc);
    const struct rl_roots wanted = {
        .proc = ret->proc, .cgroup = cgroup || !root ? cgroup : ret->cgroup};
    ret->proc_fd = open(ret->proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = ret->proc_fd < 0 ? -errno : 0;
    if (r >= 0 && faccessat(ret->proc_fd, "meminfo", R_OK, AT_EACCESS) < 0)
        r = -errno;
    if (r < 0) {
        fprintf(stderr, "reliefctl snapshot: %s cannot be read as /proc: %s\n", ret->proc,
            strerror(-r));
        return r;
    }
    r = rl_probe_run(&wanted, &probe);
    if (r < 0)
        fprintf(stderr, "reliefctl snapshot: warning: %s%s\n", probe.fatal,
            probe.has[RL_FEATURE_CGROUP2] ? "" : " Only the processes are taken.");
    snprintf(ret->cgroup, sizeof(ret->cgroup), "%s",
        probe.has[RL_FEATURE_CGROUP2] ? probe.cgroup_root : "");
    ret->live = r < 0 ? !root && !proc : probe.live;
    rl_probe_close(&probe);
    return find_facts(root, ret);
}

/* ---- what is said about it ---- */

/* "6.1.0-18-amd64" of "Linux version 6.1.0-18-amd64 (...) ...". */
static json_t *kernel_json(int proc_fd)
{
    char text[1024], release[256];

    if (rl_read_at(proc_fd, "version", text, sizeof(text)) > 0 &&
        sscanf(text, "Linux version %255s", release) == 1)
        return rl_json_string(release);
    return json_null();
}

static int add_facts(struct rl_bundle *bundle, const struct roots *roots, time_t now)
{
    json_auto_t *json = json_pack("{s:i, s:i, s:o, s:o, s:s}", "page_size",
        (int)roots->facts.page_size, "clk_tck", (int)roots->facts.clk_tck, "kernel",
        kernel_json(roots->proc_fd), "time", rl_json_time((uint64_t)now * 1000000), "reliefctl",
        RL_VERSION);
    rl_auto_free char *text = json ? rl_json_pretty(json) : NULL, *line = NULL;

    if (!text || asprintf(&line, "%s\n", text) < 0)
        return -ENOMEM;
    return rl_bundle_file(bundle, RL_SAVED_FILE, line, strlen(line));
}

static int print(
    const struct rl_args *args, const struct output *output, const struct rl_snapshot_count *count)
{
    char path[PATH_MAX];

    if (count->denied > 0)
        fprintf(stderr,
            "reliefctl snapshot: warning: %zu files may not be read and are left out, the first "
            "is %s; it takes root with CAP_SYS_PTRACE\n",
            count->denied, rl_escape(count->first_denied, path, sizeof(path)));
    if (is_stdout(output))
        return RL_EXIT_OK;
    if (args->common[RL_OPT_JSON]) {
        json_auto_t *json = json_pack("{s:o, s:o, s:o, s:o, s:o}", "file",
            rl_json_string(output->path), "processes", rl_json_number(count->processes), "cgroups",
            rl_json_number(count->cgroups), "files", rl_json_number(count->files), "denied",
            rl_json_number(count->denied));
        return rl_print_json(json);
    }
    printf("%s: %zu processes, %zu cgroups, %zu files\n",
        rl_escape(output->path, path, sizeof(path)), count->processes, count->cgroups,
        count->files);
    return RL_EXIT_OK;
}

static int write_all(
    int fd, const struct roots *roots, bool cmdline, struct rl_snapshot_count *count)
{
    const struct rl_snapshot_source source = {
        .proc_fd = roots->proc_fd,
        .cgroup_root = roots->cgroup,
        .node_root = roots->node,
        .cmdline = cmdline,
    };
    struct rl_bundle *bundle = NULL;
    time_t now = time(NULL);

    int r = rl_bundle_new(fd, now, &bundle);
    if (r >= 0)
        r = add_facts(bundle, roots, now);
    if (r >= 0)
        r = rl_snapshot_take(&source, bundle, count);
    if (r >= 0)
        r = rl_bundle_finish(bundle);
    rl_bundle_free(bundle);
    return r;
}

int rl_ctl_snapshot(const struct rl_args *args)
{
    struct output output = {.force = args->own[OWN_FORCE] != NULL, .fd = -1};
    struct roots roots = {.proc_fd = -1};
    struct rl_snapshot_count count = {0};

    if (args->n_words < 1) {
        fprintf(stderr, "reliefctl snapshot: a file to write is needed, or - for stdout\n");
        return RL_EXIT_USAGE;
    }
    output.path = args->words[0];
    if (is_stdout(&output) && args->common[RL_OPT_JSON]) {
        fprintf(stderr, "reliefctl snapshot: --json and a snapshot cannot both go to stdout\n");
        return RL_EXIT_USAGE;
    }
    int code = open_output(&output);
    if (code != RL_EXIT_OK)
        return code;
    int r = find_roots(args, &roots);
    if (r >= 0)
        r = write_all(output.fd, &roots, args->own[OWN_CMDLINE] != NULL, &count);
    r = close_output(&output, r);
    if (roots.proc_fd >= 0)
        close(roots.proc_fd);
    if (r < 0) {
        fprintf(stderr, "reliefctl snapshot: %s was not written: %s\n", output.path, strerror(-r));
        return RL_EXIT_FAILURE;
    }
    return print(args, &output, &count);
}
