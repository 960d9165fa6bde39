#include "daemon/ctl/table.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/snapshot.h"
#include "daemon/observe/levels.h"
#include "daemon/observe/procs.h"
#include "daemon/observe/read.h"
#include "daemon/observe/sample.h"
#include "daemon/report/cleanup.h"

/* What a cgroup may use; looked up once for all of its processes. */
struct domain {
    char *path;
    char limited_by[PATH_MAX];
    uint64_t available;
};

struct reading {
    const struct rl_probe *probe;
    const struct rl_table_options *options;
    struct rl_victim victim;
    struct rl_procs procs;
    struct rl_node node;
    struct domain *fixed; /* with cgroup or system: the same for all */
    void *domains;        /* tsearch tree */
    struct rl_process_table *table;
};

/* Against RAM + swap no cgroup is needed: that works on any machine. */
static int open_proc_only(const char *proc, struct rl_probe *ret)
{
    *ret = (struct rl_probe){.cgroup_fd = -1, .proc_fd = -1};
    ret->proc_fd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ret->page_size = (uint32_t)sysconf(_SC_PAGESIZE);
    ret->live = strcmp(proc, "/proc") == 0;
    return ret->proc_fd < 0 ? -errno : 0;
}

/* A tree that was taken from another machine says how large a page was there. */
static int take_facts(const char *root, struct rl_probe *probe)
{
    struct rl_snapshot_facts facts;
    int r = root && !probe->live ? rl_snapshot_facts_read(root, &facts) : -ENOENT;

    if (r == 0)
        probe->page_size = facts.page_size;
    return r == 0 || r == -ENOENT ? RL_EXIT_OK : RL_EXIT_FAILURE;
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
    if (rl_probe_run(&roots, ret) >= 0 || (system && open_proc_only(roots.proc, ret) >= 0)) {
        int code = take_facts(root, ret);
        if (code != RL_EXIT_OK)
            rl_probe_close(ret);
        return code;
    }
    fprintf(stderr, "reliefctl: %s\n", system ? strerror(errno) : ret->fatal);
    return RL_EXIT_FAILURE;
}

static int compare_domains(const void *left, const void *right)
{
    return strcmp(((const struct domain *)left)->path, ((const struct domain *)right)->path);
}

static void free_domain(void *domain)
{
    if (domain)
        free(((struct domain *)domain)->path);
    free(domain);
}

/* Find out what a cgroup may use; one that cannot be read counts as unlimited. */
static int domain_read(const struct reading *reading, const char *path, struct domain *ret)
{
    struct rl_level levels[RL_DEPTH_MAX];
    struct rl_room room;
    size_t n = 0;

    int r = strcmp(path, "/") == 0 ? 0
                                   : rl_levels_read(reading->probe->cgroup_fd, path, levels, &n);
    rl_room_of(levels, r < 0 ? 0 : n, &reading->node, &room);
    ret->available = room.available;
    rl_levels_path(path, n, room.limited_by, ret->limited_by, sizeof(ret->limited_by));
    return r;
}

static struct domain *domain_of(struct reading *reading, const char *path)
{
    if (reading->fixed)
        return reading->fixed;
    struct domain wanted = {.path = (char *)(uintptr_t)path};
    struct domain **found = tfind(&wanted, &reading->domains, compare_domains);
    if (found)
        return *found;
    struct domain *domain = calloc(1, sizeof(*domain));
    if (!domain || !(domain->path = strdup(path)) ||
        !tsearch(domain, &reading->domains, compare_domains)) {
        free_domain(domain);
        return NULL;
    }
    domain_read(reading, path, domain);
    return domain;
}

/* Does path lie in or below top? */
static bool within(const char *top, const char *path)
{
    size_t length = strlen(top);

    while (length > 0 && top[length - 1] == '/')
        length--;
    return strncmp(top, path, length) == 0 && (path[length] == '\0' || path[length] == '/');
}

static void read_kernel_score(int proc_fd, const char *pid, struct rl_table_row *row)
{
    char name[64], text[64], *end;

    snprintf(name, sizeof(name), "%.10s/oom_score", pid);
    if (rl_read_at(proc_fd, name, text, sizeof(text)) <= 0)
        return;
    row->kernel_score = strtol(text, &end, 10);
    row->kernel_score_known = end != text;
}

static int append(struct rl_process_table *table, const struct rl_table_row *row)
{
    if (table->n == table->size) {
        size_t size = table->size ? 2 * table->size : 256;
        struct rl_table_row *rows = reallocarray(table->rows, size, sizeof(*rows));
        if (!rows)
            return -ENOMEM;
        table->rows = rows;
        table->size = size;
    }
    table->rows[table->n++] = *row;
    return 0;
}

/* Rate one process and add it. Return: 0, also for one that is gone or not asked for; -errno. */
static int read_one(struct reading *reading, const char *pid)
{
    char name[64], text[PATH_MAX + 256];
    const char *path = "";
    struct rl_table_row row = {0};
    bool gone = false;

    int r = rl_procs_read(&reading->procs, (pid_t)atoi(pid), 0, &row.candidate.process, &gone);
    if (gone || r < 0)
        return 0;
    snprintf(name, sizeof(name), "%.10s/cgroup", pid);
    if (rl_read_at(reading->procs.proc_fd, name, text, sizeof(text)) < 0 ||
        rl_parse_proc_cgroup(text, &path) < 0)
        path = "";
    if (reading->options->cgroup && !within(reading->options->cgroup, path))
        return 0;
    const struct domain *domain = domain_of(reading, path);
    if (!domain)
        return -ENOMEM;

    struct rl_scale scale = {
        .available = domain->available, .page_size = reading->table->page_size};
    rl_candidate_rate(&reading->victim, &scale, path, &row.candidate);
    read_kernel_score(reading->procs.proc_fd, pid, &row);
    row.available = domain->available;
    row.cgroup = strdup(path);
    row.limited_by = strdup(domain->limited_by);
    r = row.cgroup && row.limited_by ? append(reading->table, &row) : -ENOMEM;
    if (r < 0) {
        free(row.cgroup);
        free(row.limited_by);
    }
    return r;
}

static int read_all(struct reading *reading)
{
    int fd = openat(reading->procs.proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    rl_auto_dir DIR *dir = fdopendir(fd);
    if (!dir) {
        int error = -errno;
        close(fd);
        return error;
    }
    int r = 0;
    for (struct dirent *entry; r >= 0 && (entry = readdir(dir));) {
        size_t digits = strspn(entry->d_name, "0123456789");
        if (digits > 0 && digits < 10 && entry->d_name[digits] == '\0')
            r = read_one(reading, entry->d_name);
    }
    return r;
}

static bool eligible(const struct rl_table_row *row)
{
    return row->candidate.spared == RL_REASON_NONE && row->candidate.score.eligible;
}

static int compare_rows(const void *left, const void *right)
{
    const struct rl_table_row *a = left, *b = right;
    int64_t x = a->candidate.score.points, y = b->candidate.score.points;

    if (eligible(a) != eligible(b))
        return eligible(a) ? -1 : 1;
    if (eligible(a) && x != y)
        return x > y ? -1 : 1;
    return a->candidate.process.pid < b->candidate.process.pid ? -1 : 1;
}

/* The one domain of --cgroup or --system. */
static int fix_domain(struct reading *reading, struct domain *domain)
{
    const char *path = reading->options->cgroup ? reading->options->cgroup : "/";

    int r = domain_read(reading, path, domain);
    if (r < 0) {
        fprintf(stderr, "reliefctl: cgroup %s: %s\n", path, strerror(-r));
        return RL_EXIT_FAILURE;
    }
    reading->fixed = domain;
    reading->table->available = domain->available;
    return RL_EXIT_OK;
}

static int read_node(const struct rl_probe *probe, struct rl_node *ret)
{
    struct rl_node_files files;

    int r = rl_node_files_open(&files, probe->proc_fd, probe->page_size);
    if (r < 0)
        return r;
    r = rl_node_files_read(&files);
    *ret = files.node;
    rl_node_files_close(&files);
    return r;
}

int rl_process_table_read(const struct rl_probe *probe, const struct rl_table_options *options,
    struct rl_process_table *ret)
{
    struct domain fixed = {0};
    struct rl_process_table table = {.page_size = probe->page_size};
    struct reading reading = {
        .probe = probe,
        .options = options,
        .victim = {.kill = RL_KILL_PROCESS, .model = options->model},
        .procs = {.proc_fd = probe->proc_fd, .page_size = probe->page_size},
        .table = &table,
    };
    int code = RL_EXIT_OK;

    int r = read_node(probe, &reading.node);
    if (r >= 0 && (options->cgroup || options->system))
        code = fix_domain(&reading, &fixed);
    if (r >= 0 && code == RL_EXIT_OK)
        r = read_all(&reading);
    tdestroy(reading.domains, free_domain);
    if (r < 0) {
        fprintf(stderr, "reliefctl: reading the processes: %s\n", strerror(-r));
        code = RL_EXIT_FAILURE;
    }
    if (code != RL_EXIT_OK) {
        rl_process_table_free(&table);
        return code;
    }
    if (table.n > 0)
        qsort(table.rows, table.n, sizeof(*table.rows), compare_rows);
    *ret = table;
    return code;
}

void rl_process_table_free(struct rl_process_table *table)
{
    for (size_t i = 0; i < table->n; i++) {
        free(table->rows[i].cgroup);
        free(table->rows[i].limited_by);
    }
    free(table->rows);
    *table = (struct rl_process_table){0};
}
