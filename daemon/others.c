#include "daemon/others.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/observe/procs.h"
#include "daemon/report/cleanup.h"

static const char *const names[RL_OTHERS_MAX] = {"systemd-oomd", "earlyoom", "oomd", "nohang"};

/* Programs that run scripts of that name. */
static const char *const interpreters[] = {"python", "bash", "dash", "sh", "perl"};

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static int index_of(const char *name)
{
    for (int i = 0; i < RL_OTHERS_MAX; i++)
        if (strcmp(name, names[i]) == 0)
            return i;
    return -1;
}

static bool is_interpreter(const char *name)
{
    for (size_t i = 0; i < sizeof(interpreters) / sizeof(interpreters[0]); i++) {
        size_t n = strlen(interpreters[i]);

        /* python3.11 */
        if (strncmp(name, interpreters[i], n) == 0 &&
            strspn(name + n, "0123456789.") == strlen(name + n))
            return true;
    }
    return false;
}

/* The script among the first words: options of the interpreter may stand before it. */
static int index_of_script(const char *cmdline)
{
    char copy[RL_CMDLINE_MAX], *rest = copy;

    snprintf(copy, sizeof(copy), "%s", cmdline);
    strsep(&rest, " ");
    for (const char *word; (word = strsep(&rest, " "));)
        if (*word && *word != '-')
            return index_of(base(word));
    return -1;
}

/* Does its executable belong to somebody but root? */
static bool is_foreign(int proc_fd, pid_t pid)
{
    char name[32];
    struct stat st;

    snprintf(name, sizeof(name), "%d/exe", (int)pid);
    return fstatat(proc_fd, name, &st, 0) == 0 && st.st_uid != 0;
}

struct search {
    struct rl_procs procs;
    struct rl_cmdline *cmdline;
    bool asked, answered;       /* command lines of interpreters */
    pid_t found[RL_OTHERS_MAX]; /* 0: not met */
};

static int index_of_process(struct search *s, struct rl_process *process)
{
    const char *exe = base(process->exe);
    int i = index_of(process->comm);

    if (i < 0 && process->flags & RL_PROCESS_EXE_KNOWN)
        i = index_of(exe);
    if (i >= 0)
        return is_foreign(s->procs.proc_fd, process->pid) ? -1 : i;
    if (!s->cmdline || process->uid != 0 ||
        !is_interpreter(process->flags & RL_PROCESS_EXE_KNOWN ? exe : process->comm))
        return -1;
    if (!s->answered) {
        s->asked = true;
        rl_cmdline_ask(s->cmdline, process);
        return -1;
    }
    return rl_cmdline_take(s->cmdline, process) ? index_of_script(process->cmdline) : -1;
}

static void look_at(struct search *s, pid_t pid)
{
    struct rl_process process;
    bool gone = false;
    int i;

    if (rl_procs_read(&s->procs, pid, RL_PROCS_EXE, &process, &gone) < 0 || gone ||
        process.flags & RL_PROCESS_KERNEL_THREAD)
        return;
    i = index_of_process(s, &process);
    if (i >= 0 && (s->found[i] == 0 || pid < s->found[i]))
        s->found[i] = pid;
}

static int look_at_all(struct search *s)
{
    const struct dirent *entry;
    int fd = openat(s->procs.proc_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    rl_auto_dir DIR *dir = fdopendir(fd);
    if (!dir) {
        int r = -errno;

        close(fd);
        return r;
    }
    while ((entry = readdir(dir))) {
        long pid = entry->d_name[0] >= '1' && entry->d_name[0] <= '9' ? atol(entry->d_name) : 0;

        if (pid > 0 && pid <= INT32_MAX)
            look_at(s, (pid_t)pid);
    }
    return 0;
}

int rl_others_find(int proc_fd, struct rl_cmdline *cmdline, struct rl_others *ret)
{
    struct search s = {.procs = {.proc_fd = proc_fd, .page_size = (uint32_t)sysconf(_SC_PAGESIZE)},
        .cmdline = cmdline};
    int r = look_at_all(&s);

    if (r >= 0 && s.asked) { /* one wait for all, and then once more */
        rl_cmdline_wait(cmdline);
        s.answered = true;
        r = look_at_all(&s);
    }
    if (r < 0)
        return r;
    *ret = (struct rl_others){0};
    for (int i = 0; i < RL_OTHERS_MAX; i++)
        if (s.found[i] > 0)
            ret->items[ret->n++] = (struct rl_other){names[i], s.found[i]};
    return 0;
}

const char *rl_others_text(const struct rl_others *others, char *buf, size_t size)
{
    size_t n = 0;

    buf[0] = '\0';
    for (size_t i = 0; i < others->n && n < size; i++)
        n += (size_t)snprintf(buf + n, size - n, "%s%s (pid %d)",
            i == 0               ? ""
            : i == others->n - 1 ? " and "
                                 : ", ",
            others->items[i].name, (int)others->items[i].pid);
    return buf;
}
