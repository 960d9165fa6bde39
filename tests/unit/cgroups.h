/* Cgroups on the running kernel, for the tests of killing them whole: one of our own, in which each
 * test makes what it needs and from which everything is removed after it. */
#pragma once

#include <sys/stat.h>

#include "tests/unit/victims.h"

/* Of the whole program. */
static char base[4096]; /* a cgroup of our own */
static int base_fd, root_fd, proc_fd;
static char home[4200]; /* cgroup.procs of the cgroup that the test began in */

struct fixture {
    sd_event *event;
    struct rl_killer *killer;
    struct rl_killer_options options;
    size_t fds;
};

static inline int make(const char *name)
{
    int fd;

    assert_true(mkdirat(base_fd, name, 0755) == 0 || errno == EEXIST);
    fd = openat(base_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    return fd;
}

static inline uint64_t id_of(int fd)
{
    struct stat st;

    assert_int_equal(fstat(fd, &st), 0);
    return st.st_ino;
}

static inline int write_to(int dir, const char *name, const char *text)
{
    int fd = openat(dir, name, O_WRONLY | O_CLOEXEC), r = 0;

    if (fd < 0)
        return -errno;
    if (write(fd, text, strlen(text)) < 0)
        r = -errno;
    close(fd);
    return r;
}

static inline void enter(int cgroup_fd, pid_t pid)
{
    char text[16];

    snprintf(text, sizeof(text), "%d", (int)pid);
    assert_int_equal(write_to(cgroup_fd, "cgroup.procs", text), 0);
}

static inline void go_home(void)
{
    assert_int_equal(write_to(AT_FDCWD, home, "0"), 0);
}

static inline char first_of(int cgroup_fd, const char *name)
{
    char text[64];

    assert_true(rl_read_at(cgroup_fd, name, text, sizeof(text)) > 0);
    return text[0];
}

static inline bool populated(int cgroup_fd)
{
    char text[256];
    bool yes;

    assert_true(rl_read_at(cgroup_fd, "cgroup.events", text, sizeof(text)) > 0);
    assert_int_equal(rl_parse_populated(text, &yes), 0);
    return yes;
}

/* The deepest first; the cgroup itself stays. */
static inline void remove_below(int fd)
{
    DIR *dir = fdopendir(openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct dirent *entry;

    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        int child;

        if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
            continue;
        child = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        remove_below(child);
        close(child);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    closedir(dir);
}

static inline void reap_all(void)
{
    while (waitpid(-1, NULL, 0) > 0)
        continue;
}

/* Whatever a test left behind, dead or alive: by means that are not those under test. */
static inline void clear(void)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    go_home();
    write_to(base_fd, "cgroup.freeze", "0");
    write_to(base_fd, "cgroup.kill", "1");
    while (populated(base_fd) && now_us() < deadline)
        usleep(1000);
    reap_all();
    remove_below(base_fd);
}

static inline struct rl_killer *new_killer(
    const struct fixture *f, const struct rl_killer_options *options)
{
    struct rl_killer *killer = NULL;

    assert_int_equal(rl_killer_new(f->event, options, &killer), 0);
    return killer;
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->fds = count_fds();
    assert_int_equal(sd_event_new(&f->event), 0);
    f->options = (struct rl_killer_options){.proc_fd = proc_fd, .cgroup_root_fd = root_fd};
    f->killer = new_killer(f, &f->options);
    *state = f;
    return 0;
}

static inline int setup_without_cgroup_kill(void **state)
{
    struct fixture *f;

    setup(state);
    f = *state;
    rl_killer_free(f->killer);
    f->options.no_cgroup_kill = true;
    f->killer = new_killer(f, &f->options);
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    f->killer = rl_killer_free(f->killer);
    sd_event_unref(f->event);
    clear();
    assert_int_equal(count_fds(), f->fds);
    free(f);
    return 0;
}

static inline int strike(struct fixture *f, int fd, struct wake *wake,
    struct rl_victim_watch **watch, struct rl_kill_result *result)
{
    return rl_kill_cgroup(f->killer, fd, id_of(fd), on_gone, wake, watch, result);
}

static inline pid_t spawn_in(int cgroup_fd, child_fn prepare)
{
    pid_t pid = spawn(prepare);

    enter(cgroup_fd, pid);
    return pid;
}

/* Where cgroup2 is mounted, and where we are in it. */
static inline bool find_mount(char *ret, size_t size)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char line[8192], point[4096];
    bool found = false;

    while (file && !found && fgets(line, sizeof(line), file))
        found = strstr(line, " - cgroup2 ") && sscanf(line, "%*s %*s %*s %*s %4095s", point) == 1;
    if (file)
        fclose(file);
    if (found)
        snprintf(ret, size, "%s", point);
    return found;
}

static inline bool prepare(void)
{
    char mount[4096], text[16384], path[4200];
    const char *own;

    if (!find_mount(mount, sizeof(mount)))
        return false;
    proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    root_fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (proc_fd < 0 || root_fd < 0 || rl_read_at(proc_fd, "self/cgroup", text, sizeof(text)) < 0 ||
        rl_parse_proc_cgroup(text, &own) < 0)
        return false;
    if (snprintf(home, sizeof(home), "%s%s/cgroup.procs", mount, own) >= (int)sizeof(home) ||
        snprintf(base, sizeof(base), "%s/reliefd-test-%d", mount, (int)getpid()) >=
            (int)sizeof(base) ||
        mkdir(base, 0755) < 0)
        return false;
    base_fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    snprintf(path, sizeof(path), "%s/cgroup.kill", base);
    if (base_fd < 0 || access(path, W_OK) < 0 || access(home, W_OK) < 0) {
        rmdir(base);
        return false;
    }
    return true;
}

/* Run the tests in a cgroup of our own; 77 where there can be none. */
static inline int run_in_cgroup(int (*run_all)(void))
{
    int failed;

    if (!prepare()) {
        fputs("skipped: no cgroup2 mount with cgroup.kill that can be written to\n", stderr);
        return 77;
    }
    failed = run_all();
    clear();
    if (rmdir(base) < 0)
        perror(base);
    return failed;
}
