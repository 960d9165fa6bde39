/* What a machine can do: fixtures of every kind of machine, and this one. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <syslog.h>
#include <unistd.h>

#include "daemon/observe/cg.h"
#include "daemon/observe/features.h"
#include "daemon/observe/mounts.h"
#include "daemon/observe/probe.h"
#include "daemon/observe/read.h"
#include "tests/unit/folder.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FIXTURE  RL_SOURCE_ROOT "/tests/fixtures/"

#define REMEDY_UNIFIED                                                                             \
    "boot with systemd.unified_cgroup_hierarchy=1 on the kernel command line, or with "            \
    "cgroup_no_v1=all where systemd does not run; in a container, ask whoever runs the host"

#define MEMINFO                                                                                    \
    "MemTotal: 4096000 kB\nMemAvailable: 1024000 kB\nSwapTotal: 1024 kB\nSwapFree: 1024 kB\n"
#define PRESSURE "some total=1\nfull total=1\n"
#define MOUNT(options)                                                                             \
    "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n41 31 0:38 / /sys/fs/cgroup rw - cgroup2 "               \
    "cgroup2 " options "\n"

/* What was reported, as "<LEVEL>id " per line. */
struct report {
    char ids[1024];
    size_t lines;
};

static void note(int level, const char *line, void *userdata)
{
    struct report *report = userdata;
    size_t len = strlen(report->ids);

    assert_true(strlen(line) > 20);
    assert_null(strchr(line, '\n'));
    assert_int_equal(line[strlen(line) - 1], '.');
    snprintf(report->ids + len, sizeof(report->ids) - len, "<%d>%.*s ", level,
        (int)strcspn(line, ":"), line);
    report->lines++;
}

static bool is_open(int fd)
{
    return fd >= 0 && fcntl(fd, F_GETFD) >= 0;
}

static int probe_folder(const struct folder *folder, struct rl_probe *probe)
{
    char proc[128], cgroup[128];
    struct rl_roots roots = {proc, cgroup};

    snprintf(proc, sizeof(proc), "%s/proc", folder->path);
    snprintf(cgroup, sizeof(cgroup), "%s/cgroup", folder->path);
    return rl_probe_run(&roots, probe);
}

/* Files of a machine that has everything a fixture can have. */
static const char *const complete[][2] = {
    {"proc/meminfo", MEMINFO},
    {"proc/pressure/memory", PRESSURE},
    {"proc/self/mountinfo", MOUNT("rw,nsdelegate")},
    {"cgroup/cgroup.controllers", "cpu memory pids\n"},
    {"cgroup/cgroup.subtree_control", "memory\n"},
    {"cgroup/cgroup.procs", "1\n2\n"},
    {"cgroup/a.slice/memory.events", "low 0\n"},
    {"cgroup/a.slice/memory.events.local", "low 0\n"},
};

/* One file of it changed, or not there at all. */
static const struct {
    const char *file, *text, *report;
    enum rl_feature missing;
} changes[] = {
    {"proc/meminfo", "MemTotal: 1 kB\nMemAvailable: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
        "<6>no-swap ", RL_FEATURE_SWAP},
    {"proc/pressure/memory", NULL, "<4>no-psi ", RL_FEATURE_PSI},
    {"proc/pressure/memory", "", "<4>no-psi ", RL_FEATURE_PSI},
    {"proc/self/mountinfo", NULL, "", RL_FEATURES},
    {"proc/self/mountinfo", MOUNT("rw,memory_localevents"), "<6>local-events-mount ",
        RL_FEATURE_EVENTS_PROPAGATE},
    {"cgroup/cgroup.controllers", "memory", "", RL_FEATURES},
    {"cgroup/cgroup.subtree_control", "cpu memoryless\n", "<4>no-memory-subtree ",
        RL_FEATURE_SUBTREE},
    {"cgroup/cgroup.subtree_control", NULL, "<4>no-memory-subtree ", RL_FEATURE_SUBTREE},
    {"cgroup/cgroup.procs", "1\n0\n2\n", "<4>foreign-pids ", RL_FEATURE_HOST_PIDS},
    {"cgroup/a.slice/memory.events.local", NULL, "<4>no-events-local ", RL_FEATURE_EVENTS_LOCAL},
    {"cgroup/a.slice/memory.events", NULL, "", RL_FEATURES},
};

static void write_complete(const struct folder *folder)
{
    for (size_t i = 0; i < COUNT(complete); i++)
        folder_write(folder, complete[i][0], complete[i][1]);
}

static void test_complete_fixture(void **state)
{
    struct report report = {.lines = 0};
    struct rl_probe probe;
    struct folder folder;

    folder_new(&folder);
    write_complete(&folder);
    assert_int_equal(probe_folder(&folder, &probe), 0);
    assert_string_equal(probe.fatal, "");
    assert_false(probe.live);
    assert_int_equal(probe.page_size, 4096);
    assert_int_equal(probe.cpus, 1);
    assert_true(is_open(probe.proc_fd));
    assert_true(is_open(probe.cgroup_fd));
    assert_memory_equal(probe.cgroup_root, folder.path, strlen(folder.path));
    assert_string_equal(probe.cgroup_root + strlen(folder.path), "/cgroup");
    rl_probe_report(&probe, note, &report);
    assert_string_equal(report.ids, "");

    /* what only a kernel can answer is not claimed */
    assert_false(probe.has[RL_FEATURE_TRIGGER_FINE]);
    assert_false(probe.has[RL_FEATURE_TRIGGER_2S]);
    assert_false(probe.has[RL_FEATURE_CGROUP_KILL]);
    assert_false(probe.has[RL_FEATURE_PIDFD]);
    assert_false(probe.has[RL_FEATURE_WRITE_CGROUPS]);
    rl_probe_close(&probe);
    rl_probe_close(&probe);
    assert_int_equal(probe.proc_fd, -1);
    folder_free(&folder);
}

static void test_each_missing(void **state)
{
    for (size_t i = 0; i < COUNT(changes); i++) {
        struct report report = {.lines = 0};
        struct rl_probe probe;
        struct folder folder;

        folder_new(&folder);
        write_complete(&folder);
        if (changes[i].text)
            folder_write(&folder, changes[i].file, changes[i].text);
        else
            assert_int_equal(unlinkat(folder.fd, changes[i].file, 0), 0);
        assert_int_equal(probe_folder(&folder, &probe), 0);
        rl_probe_report(&probe, note, &report);
        assert_string_equal(report.ids, changes[i].report);
        if (changes[i].missing < RL_FEATURES)
            assert_false(probe.has[changes[i].missing]);
        assert_int_equal(
            probe.local_events_mount, changes[i].missing == RL_FEATURE_EVENTS_PROPAGATE);
        rl_probe_close(&probe);
        folder_free(&folder);
    }
}

#define CGROUPS(hierarchy, enabled)                                                                \
    "#subsys_name\thierarchy\tnum_cgroups\tenabled\ncpu\t0\t1\t1\nmemory\t" hierarchy              \
    "\t12\t" enabled "\n"

/* Machines that cannot be served, each with its own way out. */
static void test_fatal(void **state)
{
    static const struct {
        const char *file, *text;
        const char *other, *other_text;
        int r;
        const char *must[3];
    } rows[] = {
        {"proc/meminfo", NULL, NULL, NULL, -ENOENT, {"as /proc", "--proc-root"}},
        {"cgroup/cgroup.controllers", NULL, NULL, NULL, -EOPNOTSUPP,
            {"is no cgroup2 mount", "--cgroup-root"}},
        {"cgroup/cgroup.controllers", "cpu\n", "proc/cgroups", CGROUPS("4", "1"), -EOPNOTSUPP,
            {"bound to cgroup v1, so", "systemd.unified_cgroup_hierarchy=1", "cgroup_no_v1=all"}},
        {"cgroup/cgroup.controllers", "cpu\n", "proc/cgroups", CGROUPS("0", "0"), -EOPNOTSUPP,
            {"switched off", "cgroup_disable=memory", "cgroup_enable=memory"}},
        {"cgroup/cgroup.controllers", "cpu\n", "proc/cgroups", CGROUPS("0", "1"), -EOPNOTSUPP,
            {"not handed down", "+memory", "cgroup.subtree_control"}},
        {"cgroup/cgroup.controllers", "cpu\n", "proc/cgroups", "memory\n", -EOPNOTSUPP,
            {"has no memory controller:", "+memory"}},
        {"cgroup/cgroup.controllers", "", NULL, NULL, -EOPNOTSUPP,
            {"has no memory controller:", "+memory"}},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct report report = {.lines = 0};
        struct rl_probe probe;
        struct folder folder;

        folder_new(&folder);
        write_complete(&folder);
        if (rows[i].text)
            folder_write(&folder, rows[i].file, rows[i].text);
        else
            assert_int_equal(unlinkat(folder.fd, rows[i].file, 0), 0);
        if (rows[i].other)
            folder_write(&folder, rows[i].other, rows[i].other_text);
        assert_int_equal(probe_folder(&folder, &probe), rows[i].r);
        for (size_t m = 0; m < COUNT(rows[i].must) && rows[i].must[m]; m++)
            assert_non_null(strstr(probe.fatal, rows[i].must[m]));
        assert_int_equal(probe.proc_fd, -1);
        assert_int_equal(probe.cgroup_fd, -1);
        rl_probe_report(&probe, note, &report);
        assert_int_equal(report.lines, 1);
        assert_memory_equal(report.ids, "<3>", 3);
        rl_probe_close(&probe);
        folder_free(&folder);
    }
}

/* Long paths do not cost the sentence its end. */
static void test_fatal_fits(void **state)
{
    char path[4200];
    struct rl_roots roots = {"/proc", path};
    struct rl_probe probe;

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[sizeof(path) - 1] = '\0';
    assert_int_equal(rl_probe_run(&roots, &probe), -ENAMETOOLONG);
    assert_non_null(strstr(probe.fatal, "too long"));
    path[4000] = '\0';
    assert_true(rl_probe_run(&roots, &probe) < 0);
    assert_non_null(strstr(probe.fatal, "--cgroup-root."));
    assert_int_equal(probe.proc_fd, -1);
}

static void test_shipped_fixtures(void **state)
{
    struct rl_roots basic = {FIXTURE "node-basic/proc", FIXTURE "node-basic/sys/fs/cgroup/"};
    struct rl_roots hybrid = {
        FIXTURE "node-hybrid/proc", FIXTURE "node-hybrid/sys/fs/cgroup/unified"};
    struct report report = {.lines = 0};
    struct rl_probe probe;
    char expected[512];

    assert_int_equal(rl_probe_run(&basic, &probe), 0);
    assert_string_equal(probe.cgroup_root, FIXTURE "node-basic/sys/fs/cgroup");
    rl_probe_report(&probe, note, &report);
    assert_string_equal(report.ids, "");
    rl_probe_close(&probe);

    assert_int_equal(rl_probe_run(&hybrid, &probe), -EOPNOTSUPP);
    snprintf(expected, sizeof(expected),
        "The memory controller is bound to cgroup v1 on /sys/fs/cgroup/memory, so the cgroup2 "
        "mount on %.100s has no memory limits to watch: " REMEDY_UNIFIED ".",
        hybrid.cgroup);
    assert_string_equal(probe.fatal, expected);
}

static void test_words(void **state)
{
    for (unsigned i = 0; i < RL_FEATURES; i++) {
        const struct rl_finding_text *text = rl_probe_missing(i);

        assert_non_null(rl_probe_name(i));
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(rl_probe_name(i), rl_probe_name(j));
        if (i == RL_FEATURE_CGROUP2 || i == RL_FEATURE_MEMORY) {
            assert_null(text);
            continue;
        }
        assert_non_null(text);
        assert_true(strlen(text->id) > 3);
        assert_true(strlen(text->text) > 20);
        assert_true(strlen(text->remedy) > 10);
        assert_true(strlen(text->id) + strlen(text->text) + strlen(text->remedy) < 1000);
    }
    assert_null(rl_probe_missing(RL_FEATURES));
    assert_null(rl_probe_name(RL_FEATURES));
}

/* One missing thing is said once, whatever else follows from it. */
static void test_consequences_are_not_said(void **state)
{
    static const struct {
        bool psi, trigger_2s, trigger_fine;
        const char *report;
    } rows[] = {
        {true, true, true, ""},
        {true, true, false, "<4>no-fine-triggers "},
        {true, false, false, "<4>no-triggers "},
        {false, false, false, "<4>no-psi "},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_probe probe = {.live = true};
        struct report report = {.lines = 0};

        for (unsigned f = 0; f < RL_FEATURES; f++)
            probe.has[f] = true;
        probe.has[RL_FEATURE_PSI] = rows[i].psi;
        probe.has[RL_FEATURE_TRIGGER_2S] = rows[i].trigger_2s;
        probe.has[RL_FEATURE_TRIGGER_FINE] = rows[i].trigger_fine;
        rl_probe_report(&probe, note, &report);
        assert_string_equal(report.ids, rows[i].report);
    }
}

/* Live, against what can be seen without the code under test. */

static int first_of_type(const struct rl_mount *mount, void *userdata)
{
    struct rl_mount *ret = userdata;

    if (!rl_span_is(mount->type, "cgroup2"))
        return 0;
    strcpy(ret->path, mount->path);
    return 1;
}

static bool file_contains(const char *folder, const char *file, const char *word)
{
    char path[4200], text[4096];

    snprintf(path, sizeof(path), "%s/%s", folder, file);
    return rl_read_at(AT_FDCWD, path, text, sizeof(text)) >= 0 && strstr(text, word);
}

static void test_live_machine(void **state)
{
    struct rl_roots roots = {NULL, NULL};
    struct rl_mount mount = {.path = ""};
    struct report report = {.lines = 0};
    struct rl_probe probe;
    int proc_fd, r;

    proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(rl_mounts_each(proc_fd, first_of_type, &mount), 0);
    close(proc_fd);

    r = rl_probe_run(&roots, &probe);
    rl_probe_report(&probe, note, &report);
    if (!mount.path[0]) {
        assert_int_equal(r, -EOPNOTSUPP);
        assert_non_null(strstr(probe.fatal, "No cgroup2 file system is mounted"));
    } else if (!file_contains(mount.path, "cgroup.controllers", "memory")) {
        assert_int_equal(r, -EOPNOTSUPP);
        assert_int_equal(report.lines, 1);
        assert_string_equal(probe.cgroup_root, mount.path);
        if (access("/sys/fs/cgroup/memory/memory.limit_in_bytes", F_OK) == 0) {
            char expected[512];

            snprintf(expected, sizeof(expected),
                "The memory controller is bound to cgroup v1 on /sys/fs/cgroup/memory, so the "
                "cgroup2 mount on %.100s has no memory limits to watch: " REMEDY_UNIFIED ".",
                mount.path);
            assert_string_equal(probe.fatal, expected);
        }
    } else {
        assert_int_equal(r, 0);
        assert_true(probe.live);
        assert_true(probe.cpus >= 1);
        assert_int_equal(probe.page_size, sysconf(_SC_PAGESIZE));
    }
    rl_probe_close(&probe);
}

static uint64_t own_capabilities(void)
{
    char text[4096], *line;

    assert_true(rl_read_at(AT_FDCWD, "/proc/self/status", text, sizeof(text)) > 0);
    line = strstr(text, "\nCapEff:");
    assert_non_null(line);
    return strtoull(line + strlen("\nCapEff:"), NULL, 16);
}

static int lowest_free_fd(void)
{
    int fd = open("/", O_PATH | O_CLOEXEC);

    assert_true(fd >= 0);
    close(fd);
    return fd;
}

/* The kernel's answers, wherever there is a cgroup2 at all, with or without the memory controller.
 * Nothing may be left behind. */
static void test_live_features(void **state)
{
    struct rl_probe probe = {.live = true};
    struct rl_mount mount = {.path = ""};
    uint64_t caps = own_capabilities();
    bool privileged = caps >> 24 & 1, psi;
    int fd;

    probe.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_int_equal(rl_mounts_each(probe.proc_fd, first_of_type, &mount), 0);
    if (!mount.path[0])
        strcpy(mount.path, "/");
    probe.cgroup_fd = open(mount.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(probe.cgroup_fd >= 0);
    fd = lowest_free_fd();
    rl_features_check(&probe);
    assert_int_equal(lowest_free_fd(), fd);

    psi = file_contains("/proc/pressure", "memory", "some");
    assert_int_equal(probe.has[RL_FEATURE_PSI], psi);
    if (psi && access("/proc/pressure/memory", W_OK) == 0) {
        assert_true(probe.has[RL_FEATURE_TRIGGER_2S]);
        assert_int_equal(probe.has[RL_FEATURE_TRIGGER_FINE], privileged);
    }
    assert_int_equal(probe.has[RL_FEATURE_KILL_OTHERS], caps >> 5 & 1);
    assert_int_equal(probe.has[RL_FEATURE_PTRACE], caps >> 19 & 1);
    assert_int_equal(
        probe.has[RL_FEATURE_SWAP], !file_contains("/proc", "meminfo", "SwapTotal:             0"));
    rl_probe_close(&probe);
}

/* The real /proc with a copy of a cgroup root is a fixture, not the running system. */
static void test_half_live(void **state)
{
    struct rl_roots roots = {"/proc", FIXTURE "node-basic/sys/fs/cgroup"};
    struct rl_probe probe;

    assert_int_equal(rl_probe_run(&roots, &probe), 0);
    assert_false(probe.live);
    rl_probe_close(&probe);
}

static int count_mount(const char *path, void *userdata)
{
    assert_int_equal(path[0], '/');
    (*(size_t *)userdata)++;
    return 0;
}

/* libcgroup says nothing on stdout, and its failures come out as words. */
static void test_libcgroup(void **state)
{
    const char *why = NULL;
    size_t n = 0;
    int r;

    r = rl_cg_mounts("no-such-controller", count_mount, &n, &why);
    assert_true(r == -ENODATA || r == -EIO);
    assert_int_equal(n, 0);
    assert_non_null(why);
    assert_true(strlen(why) > 5);

    r = rl_cg_mounts("memory", count_mount, &n, &why);
    assert_int_equal(r == 0, n > 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_complete_fixture),
        cmocka_unit_test(test_each_missing),
        cmocka_unit_test(test_fatal),
        cmocka_unit_test(test_fatal_fits),
        cmocka_unit_test(test_shipped_fixtures),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_consequences_are_not_said),
        cmocka_unit_test(test_live_machine),
        cmocka_unit_test(test_live_features),
        cmocka_unit_test(test_half_live),
        cmocka_unit_test(test_libcgroup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
