/* Set oom_score_adj of the processes that a pattern means. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/magic.h>
#include <pwd.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "conf/pattern.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/out.h"
#include "daemon/ctl/pids.h"
#include "daemon/observe/cmdline.h"
#include "daemon/observe/procs.h"
#include "daemon/observe/read.h"
#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "daemon/report/say.h"
#include "policy/match.h"

#define ADJ_MAX    1000
#define PATH_LINES (PATH_MAX + 4096) /* /proc/PID/cgroup: also a line for each cgroup v1 */

enum own {
    OWN_CGROUP,
    OWN_DRY_RUN,
};

const struct rl_option rl_adj_options[] = {
    [OWN_CGROUP] = {"cgroup", "PATH", "only processes of PATH and below"},
    [OWN_DRY_RUN] = {"dry-run", NULL, "show what would be set, and set nothing"},
    {0},
};

enum result {
    RESULT_SET,
    RESULT_UNCHANGED, /* it has that value already */
    RESULT_WOULD,     /* dry run */
    RESULT_FAILED,
};

static const struct {
    const char *id, *text;
} results[] = {
    [RESULT_SET] = {"set", "set"},
    [RESULT_UNCHANGED] = {"unchanged", "unchanged"},
    [RESULT_WOULD] = {"would-be-set", "would be set"},
    [RESULT_FAILED] = {"failed", "not set"},
};

struct row {
    struct rl_process process; /* with the value as it was */
    char *cgroup;
    enum result result;
    const char *why; /* FAILED */
};

/* The oldest process of a cgroup. */
struct main_process {
    char *cgroup;
    pid_t pid;
    uint64_t start_ticks;
};

struct setting {
    const char *text; /* the pattern as it was given */
    struct rl_pattern pattern;
    int value;
    bool dry_run;
    const char *cgroup; /* as it was given; NULL: everywhere */
    bool need[RL_FACTS];

    struct rl_procs procs;
    bool live;  /* a kernel's /proc, and no copy of one */
    pid_t self; /* this program, 0 where it is not in that /proc */
    void *mains;
    struct row *rows;
    size_t n, size;
    size_t unknown[RL_FACTS]; /* processes of which that could not be read */
};

/* ---- arguments ---- */

/* Say what is wrong with the pattern. Return: 0 or -EINVAL. */
static int take_pattern(struct setting *setting, struct rl_arena *arena)
{
    struct rl_findings findings = {0};
    char text[1024];
    int r = rl_pattern_parse(setting->text, arena, &findings, &setting->pattern);

    for (size_t i = 0; i < findings.n; i++) {
        const char *message = strstr(findings.items[i].message, "=: ");
        message = message ? message + 3 : findings.items[i].message;
        fprintf(stderr, "reliefctl adj: %s%s\n",
            findings.items[i].severity == RL_ERROR ? "" : "warning: ",
            rl_escape(message, text, sizeof(text)));
    }
    rl_findings_free(&findings);
    if (r == -ENOMEM)
        fprintf(stderr, "reliefctl adj: %s\n", strerror(-r));
    for (size_t i = 0; r == 0 && i < setting->pattern.n; i++)
        setting->need[setting->pattern.terms[i].fact] = true;
    return r;
}

static int take_value(const char *text, int *ret)
{
    char *end;

    errno = 0;
    long value = strtol(text, &end, 10);
    if (errno != 0 || end == text || *end || value < -ADJ_MAX || value > ADJ_MAX) {
        fprintf(
            stderr, "reliefctl adj: '%s' is not a number from %d to %d\n", text, -ADJ_MAX, ADJ_MAX);
        return -EINVAL;
    }
    *ret = (int)value;
    return 0;
}

static int take_arguments(
    const struct rl_args *args, struct rl_arena *arena, struct setting *setting)
{
    if (args->n_words < 2) {
        fprintf(stderr, "reliefctl adj: a pattern and a number are needed, as in: "
                        "reliefctl adj comm:worker 300\n");
        return -EINVAL;
    }
    setting->text = args->words[0];
    setting->dry_run = args->own[OWN_DRY_RUN] != NULL;
    setting->cgroup = args->own[OWN_CGROUP];
    if (setting->cgroup && !*setting->cgroup) {
        fprintf(stderr, "reliefctl adj: --cgroup needs a path, such as /system.slice\n");
        return -EINVAL;
    }
    if (take_value(args->words[1], &setting->value) < 0)
        return -EINVAL;
    return take_pattern(setting, arena);
}

static int open_proc(const struct rl_args *args, struct setting *setting)
{
    const char *root = args->common[RL_OPT_ROOT], *proc = args->common[RL_OPT_PROC_ROOT];
    char path[PATH_MAX], self[16];
    struct statfs fs;

    snprintf(path, sizeof(path), "%s/proc", root ? root : "");
    proc = proc ? proc : path;
    setting->procs.proc_fd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (setting->procs.proc_fd < 0) {
        fprintf(stderr, "reliefctl adj: %s: %s\n", proc, strerror(errno));
        return -errno;
    }
    setting->procs.page_size = (uint32_t)sysconf(_SC_PAGESIZE);
    setting->live = fstatfs(setting->procs.proc_fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
    if (!setting->live && !setting->dry_run) {
        fprintf(stderr,
            "reliefctl adj: %s is no kernel's /proc, but a copy: there is only --dry-run\n", proc);
        return -EINVAL;
    }
    ssize_t n = readlinkat(setting->procs.proc_fd, "self", self, sizeof(self) - 1);
    self[n > 0 ? n : 0] = '\0';
    setting->self = (pid_t)atoi(self);
    return 0;
}

/* ---- whom the pattern means ---- */

/* "" where it cannot be told. */
static const char *read_cgroup(int dir, char *text, size_t size)
{
    const char *path = "";

    if (rl_read_at(dir, "cgroup", text, size) < 0 || rl_parse_proc_cgroup(text, &path) < 0)
        return "";
    return path;
}

/* Facts about a process to whom orders may be given. Return: 1, 0 when it is none of those, -errno.
 */
static int read_process(struct setting *setting, int dir, pid_t pid, struct rl_process *process)
{
    uint32_t need = setting->need[RL_FACT_EXE] ? RL_PROCS_EXE : 0;
    bool gone = false;

    int r = rl_procs_read_below(&setting->procs, dir, pid, need, process, &gone);
    return r < 0 ? r : !gone && !(process->flags & RL_PROCESS_KERNEL_THREAD);
}

static int compare_mains(const void *left, const void *right)
{
    return strcmp(
        ((const struct main_process *)left)->cgroup, ((const struct main_process *)right)->cgroup);
}

static void free_main(void *item)
{
    free(((struct main_process *)item)->cgroup);
    free(item);
}

/* First visit, for the word main: as with policies, the oldest process of a cgroup is the main one.
 * Return: 0 or -ENOMEM. */
static int note_main(struct setting *setting, int dir, pid_t pid)
{
    struct rl_process process;
    char text[PATH_LINES];

    if (read_process(setting, dir, pid, &process) <= 0)
        return 0;
    struct main_process wanted = {
        .cgroup = (char *)(uintptr_t)read_cgroup(dir, text, sizeof(text)),
        .pid = pid,
        .start_ticks = process.start_ticks,
    };
    if (!*wanted.cgroup)
        return 0;
    struct main_process **found = tfind(&wanted, &setting->mains, compare_mains);
    if (found) {
        if (wanted.start_ticks < (*found)->start_ticks) {
            (*found)->pid = pid;
            (*found)->start_ticks = wanted.start_ticks;
        }
        return 0;
    }
    struct main_process *item = malloc(sizeof(*item));
    if (!item)
        return -ENOMEM;
    *item = wanted;
    item->cgroup = strdup(wanted.cgroup);
    if (item->cgroup && tsearch(item, &setting->mains, compare_mains))
        return 0;
    free_main(item);
    return -ENOMEM;
}

static bool is_main(struct setting *setting, const struct rl_process *process, const char *cgroup)
{
    struct main_process wanted = {.cgroup = (char *)(uintptr_t)cgroup};
    struct main_process **found = tfind(&wanted, &setting->mains, compare_mains);

    return found && (*found)->pid == process->pid && (*found)->start_ticks == process->start_ticks;
}

/* The rest of what the pattern asks about. */
static void complete(
    struct setting *setting, int dir, struct rl_process *process, const char *cgroup)
{
    if (setting->need[RL_FACT_MAIN] && is_main(setting, process, cgroup))
        process->flags |= RL_PROCESS_MAIN;
    if (setting->need[RL_FACT_CMDLINE] && rl_cmdline_read_below(dir, process->cmdline) == 0)
        process->flags |= RL_PROCESS_CMDLINE_KNOWN;
    if (setting->need[RL_FACT_EXE] && !(process->flags & RL_PROCESS_EXE_KNOWN))
        setting->unknown[RL_FACT_EXE]++;
    if (setting->need[RL_FACT_CMDLINE] && !(process->flags & RL_PROCESS_CMDLINE_KNOWN))
        setting->unknown[RL_FACT_CMDLINE]++;
}

/* ---- setting it ---- */

/* Return: 0, -errno with what is wrong in words. */
static int write_value(int dir, int value, const char **ret_why)
{
    rl_auto_fd int fd = openat(dir, "oom_score_adj", O_WRONLY | O_CLOEXEC);
    char text[16];
    int length = snprintf(text, sizeof(text), "%d\n", value), error;

    if (fd >= 0 && write(fd, text, (size_t)length) == length)
        return 0;
    error = errno;
    if (error != EACCES && error != EPERM)
        *ret_why = strerrordesc_np(error);
    else if (fd < 0)
        *ret_why = "it belongs to another user";
    else
        *ret_why = "lowering it needs CAP_SYS_RESOURCE";
    return -error;
}

static int append(struct setting *setting, const struct row *row, const char *cgroup)
{
    if (setting->n == setting->size) {
        size_t size = setting->size ? 2 * setting->size : 64;
        struct row *larger = reallocarray(setting->rows, size, sizeof(*larger));
        if (!larger)
            return -ENOMEM;
        setting->rows = larger;
        setting->size = size;
    }
    setting->rows[setting->n] = *row;
    setting->rows[setting->n].cgroup = strdup(cgroup);
    return setting->rows[setting->n++].cgroup ? 0 : -ENOMEM;
}

/* Second visit. All of it happens below one descriptor, so that the process that was matched is the
 * one that is written to, whoever has its number by then. Return: 0 or -ENOMEM. */
static int set_one(struct setting *setting, int dir, pid_t pid)
{
    struct row row = {0};
    char text[PATH_LINES];
    int r = 0;

    if (read_process(setting, dir, pid, &row.process) <= 0)
        return 0;
    const char *cgroup = read_cgroup(dir, text, sizeof(text));
    if (setting->cgroup && !rl_path_within(setting->cgroup, cgroup))
        return 0;
    complete(setting, dir, &row.process, cgroup);
    if (!rl_match_process(&setting->pattern, &row.process, cgroup, false))
        return 0;
    if (row.process.oom_score_adj == setting->value)
        row.result = RESULT_UNCHANGED;
    else if (setting->dry_run)
        row.result = RESULT_WOULD;
    else
        r = write_value(dir, setting->value, &row.why);
    if (r == -ESRCH || r == -ENOENT)
        return 0; /* it has exited meanwhile */
    if (r < 0)
        row.result = RESULT_FAILED;
    return append(setting, &row, cgroup);
}

typedef int (*visit_fn)(struct setting *setting, int dir, pid_t pid);

/* Call fn for each process but PID 1 and this program. Return: 0 or -errno. */
static int visit_all(struct setting *setting, visit_fn fn)
{
    rl_auto_free pid_t *pids = NULL;
    size_t n = 0;
    int r = rl_pids_list(setting->procs.proc_fd, &pids, &n);

    for (size_t i = 0; i < n && r >= 0; i++) {
        char name[16];

        if (pids[i] == 1 || pids[i] == setting->self)
            continue;
        snprintf(name, sizeof(name), "%d", (int)pids[i]);
        rl_auto_fd int dir = openat(setting->procs.proc_fd, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (dir >= 0)
            r = fn(setting, dir, pids[i]);
    }
    return r;
}

/* ---- telling it ---- */

static size_t count(const struct setting *setting, enum result result)
{
    size_t n = 0;

    for (size_t i = 0; i < setting->n; i++)
        n += setting->rows[i].result == result;
    return n;
}

static int print_json(const struct setting *setting)
{
    json_t *processes = json_array();

    for (size_t i = 0; i < setting->n; i++) {
        const struct row *row = &setting->rows[i];
        bool changes = row->result == RESULT_SET || row->result == RESULT_WOULD;
        int now = changes ? setting->value : row->process.oom_score_adj;
        json_array_append_new(processes,
            json_pack("{s:i, s:i, s:o, s:o, s:i, s:i, s:s, s:s?}", "pid", (int)row->process.pid,
                "uid", (int)row->process.uid, "comm", rl_json_string(row->process.comm), "cgroup",
                rl_json_name(row->cgroup), "old", row->process.oom_score_adj, "new", now, "result",
                results[row->result].id, "error", row->why));
    }
    json_auto_t *json = json_pack("{s:o, s:i, s:b, s:o}", "pattern", rl_json_string(setting->text),
        "oom_score_adj", setting->value, "dry_run", setting->dry_run, "processes", processes);
    return rl_print_json(json);
}

static void print_row(struct rl_table *out, const struct setting *setting, const struct row *row)
{
    const struct passwd *user = setting->live ? getpwuid(row->process.uid) : NULL;

    rl_table_row(out, row->result == RESULT_UNCHANGED ? RL_STYLE_DIM : RL_STYLE_PLAIN);
    rl_table_cell(out, "%d", (int)row->process.pid);
    if (user)
        rl_table_text(out, user->pw_name);
    else
        rl_table_cell(out, "%u", (unsigned)row->process.uid);
    rl_table_text(out, row->process.comm);
    if (row->result == RESULT_UNCHANGED)
        rl_table_cell(out, "%d", setting->value);
    else
        rl_table_cell(out, "%d -> %d", row->process.oom_score_adj, setting->value);
    rl_table_cell(
        out, "%s%s%s", results[row->result].text, row->why ? ": " : "", row->why ? row->why : "");
}

static void print_table(const struct setting *setting)
{
    static const struct rl_column columns[] = {
        {"PID", RL_COLUMN_RIGHT},
        {"USER", RL_COLUMN_LEFT},
        {"COMM", RL_COLUMN_LEFT},
        {"OOM_SCORE_ADJ", RL_COLUMN_LEFT},
        {"RESULT", RL_COLUMN_LEFT},
    };
    struct rl_table *out = rl_table_new(columns, sizeof(columns) / sizeof(columns[0]));

    for (size_t i = 0; i < setting->n; i++)
        print_row(out, setting, &setting->rows[i]);
    rl_table_end(out, 0);
}

static int print_all(const struct rl_args *args, const struct setting *setting)
{
    size_t failed = count(setting, RESULT_FAILED);
    char text[1024];
    int code = RL_EXIT_OK;

    fflush(stdout);
    for (int fact = 0; fact < RL_FACTS; fact++) {
        if (setting->unknown[fact] > 0)
            fprintf(stderr,
                "reliefctl adj: the %s of %zu processes could not be read: they do not match\n",
                rl_fact_name((enum rl_fact)fact), setting->unknown[fact]);
    }
    if (args->common[RL_OPT_JSON])
        code = print_json(setting);
    else if (setting->n > 0)
        print_table(setting);
    if (setting->n == 0)
        fprintf(stderr,
            "reliefctl adj: no process matches %s%s%s (PID 1 and kernel threads never do)\n",
            rl_escape(setting->text, text, sizeof(text)), setting->cgroup ? " in " : "",
            setting->cgroup ? setting->cgroup : "");
    else if (failed > 0)
        fprintf(
            stderr, "reliefctl adj: %zu of %zu processes could not be set\n", failed, setting->n);
    return setting->n == 0 || failed > 0 ? RL_EXIT_FAILURE : code;
}

static void setting_free(struct setting *setting)
{
    for (size_t i = 0; i < setting->n; i++)
        free(setting->rows[i].cgroup);
    free(setting->rows);
    tdestroy(setting->mains, free_main);
    if (setting->procs.proc_fd >= 0)
        close(setting->procs.proc_fd);
}

int rl_ctl_adj(const struct rl_args *args)
{
    struct setting setting = {.procs = {.proc_fd = -1}};
    struct rl_arena arena = {0};
    int code = RL_EXIT_USAGE, r = take_arguments(args, &arena, &setting);

    if (r >= 0) {
        code = RL_EXIT_FAILURE;
        r = open_proc(args, &setting);
    }
    if (r >= 0) {
        r = setting.need[RL_FACT_MAIN] ? visit_all(&setting, note_main) : 0;
        if (r >= 0)
            r = visit_all(&setting, set_one);
        /* Also what was set before it failed. */
        code = print_all(args, &setting);
        if (r < 0)
            fprintf(stderr, "reliefctl adj: reading the processes: %s\n", strerror(-r));
    }
    setting_free(&setting);
    rl_arena_free(&arena);
    return r < 0 && code == RL_EXIT_OK ? RL_EXIT_FAILURE : code;
}
