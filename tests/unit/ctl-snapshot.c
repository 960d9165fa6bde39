/* reliefctl snapshot: what is unpacked elsewhere shows there what the source shows here. */
#include "tests/unit/unit.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/stat.h>

#include "daemon/ctl/census.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/saved.h"
#include "daemon/ctl/snapshot.h"
#include "daemon/ctl/table.h"
#include "daemon/observe/procs.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FIXTURE  RL_SOURCE_ROOT "/tests/fixtures/node-basic"
#define NOBODY   65534

static const char *said; /* by the last take(), on stdout and stderr */

__attribute__((format(printf, 1, 2))) static void shell(const char *format, ...)
{
    char line[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    if (system(line) != 0)
        fail_msg("failed: %s", line);
}

/* Options of one call, "" for a switch; all NULL: none. */
struct options {
    const char *root, *cmdline, *force, *json;
};

static int take(const char *out, struct options options)
{
    const struct rl_command *command = rl_command_find("snapshot");
    char *words[] = {(char *)(uintptr_t)out, NULL};
    const struct rl_args args = {
        .common = {[RL_OPT_ROOT] = options.root, [RL_OPT_JSON] = options.json},
        .own = {options.cmdline, options.force},
        .words = words,
        .n_words = out ? 1 : 0,
    };
    struct capture capture;

    assert_string_equal(command->options[0].name, "cmdline");
    assert_string_equal(command->options[1].name, "force");
    capture_begin(&capture);
    int code = command->run(&args);
    said = capture_end(&capture);
    return code;
}

static void expect_said(const char *text)
{
    if (!strstr(said, text))
        fail_msg("'%s' is not in: %s", text, said);
}

/* A folder with root/, a snapshot of it, and what comes out of that in copy/. */
struct place {
    struct folder folder;
    char root[64], out[64], copy[64];
};

static void place_new(struct place *place, const char *root)
{
    folder_new(&place->folder);
    snprintf(place->root, sizeof(place->root), "%s/root", place->folder.path);
    snprintf(place->out, sizeof(place->out), "%s/out.tar", place->folder.path);
    snprintf(place->copy, sizeof(place->copy), "%s/copy", place->folder.path);
    shell("mkdir %s", place->copy);
    if (root)
        shell("cp -a %s %s", root, place->root);
}

static void place_take(struct place *place, struct options options)
{
    if (take(place->out, options) != RL_EXIT_OK)
        fail_msg("no snapshot: %s", said);
    /* GNU tar does not know the header that says that a name is not UTF-8, but takes the name. */
    shell("tar --warning=no-unknown-keyword -x -f %s -C %s", place->out, place->copy);
}

/* The text of a file of the copy, NULL where there is none. */
static const char *copied(const struct place *place, const char *path)
{
    static char text[65536];
    char name[4096];

    snprintf(name, sizeof(name), "copy/%s", path);
    return rl_read_at(place->folder.fd, name, text, sizeof(text)) < 0 ? NULL : text;
}

static void read_table(const char *root, const char *cgroup, bool system,
    struct rl_process_table *table, uint32_t *page_size)
{
    const struct rl_args args = {.common = {[RL_OPT_ROOT] = root}};
    struct rl_table_options options = {
        .model = rl_model_default(), .cgroup = cgroup, .system = system};
    struct rl_probe probe;

    assert_int_equal(rl_table_probe(&args, system, &probe), RL_EXIT_OK);
    assert_int_equal(rl_process_table_read(&probe, &options, table), RL_EXIT_OK);
    *page_size = probe.page_size;
    rl_probe_close(&probe);
}

static void expect_same_tables(
    const char *root, const char *copy, const char *cgroup, bool system, size_t n)
{
    struct rl_process_table a, b;
    uint32_t page_a, page_b;

    read_table(root, cgroup, system, &a, &page_a);
    read_table(copy, cgroup, system, &b, &page_b);
    assert_int_equal(page_a, page_b);
    assert_int_equal(a.n, n);
    assert_int_equal(b.n, n);
    for (size_t i = 0; i < a.n; i++) {
        assert_memory_equal(
            &a.rows[i].candidate.process, &b.rows[i].candidate.process, sizeof(struct rl_process));
        assert_int_equal(a.rows[i].candidate.score.points, b.rows[i].candidate.score.points);
        assert_int_equal(a.rows[i].candidate.score.eligible, b.rows[i].candidate.score.eligible);
        assert_int_equal(a.rows[i].candidate.spared, b.rows[i].candidate.spared);
        assert_int_equal(a.rows[i].kernel_score_known, b.rows[i].kernel_score_known);
        assert_int_equal(a.rows[i].kernel_score, b.rows[i].kernel_score);
        assert_int_equal(a.rows[i].available, b.rows[i].available);
        assert_string_equal(a.rows[i].cgroup, b.rows[i].cgroup);
        assert_string_equal(a.rows[i].limited_by, b.rows[i].limited_by);
    }
    rl_process_table_free(&a);
    rl_process_table_free(&b);
}

static int compare_places(const void *left, const void *right)
{
    return strcmp(((const struct rl_census_cgroup *)left)->path,
        ((const struct rl_census_cgroup *)right)->path);
}

/* What check asks of the tree. */
static void expect_same_census(const char *root, const char *copy)
{
    const char *const roots[] = {root, copy};
    struct rl_census census[2];

    for (size_t i = 0; i < 2; i++) {
        const struct rl_args args = {.common = {[RL_OPT_ROOT] = roots[i]}};
        assert_int_equal(rl_census_read(&args, &census[i]), 0);
        qsort(census[i].cgroups, census[i].n, sizeof(*census[i].cgroups), compare_places);
    }
    assert_int_equal(census[0].n, 10);
    assert_int_equal(census[1].n, 10);
    for (size_t i = 0; i < census[0].n; i++) {
        assert_string_equal(census[0].cgroups[i].path, census[1].cgroups[i].path);
        assert_int_equal(census[0].cgroups[i].limited, census[1].cgroups[i].limited);
    }
    rl_census_free(&census[0]);
    rl_census_free(&census[1]);
}

static void test_same(void **state)
{
    struct place place;

    place_new(&place, NULL);
    place_take(&place, (struct options){.root = FIXTURE});
    expect_said(": 11 processes, 10 cgroups, ");
    expect_same_tables(FIXTURE, place.copy, NULL, false, 11);
    expect_same_tables(FIXTURE, place.copy, NULL, true, 11);
    expect_same_tables(FIXTURE, place.copy, "/user.slice", false, 4);
    expect_same_tables(FIXTURE, place.copy, "/system.slice/small.service", false, 1);
    expect_same_census(FIXTURE, place.copy);
    folder_free(&place.folder);
}

/* Also the reason why nothing can be shown. */
static void test_without_memory(void **state)
{
    struct place place;
    struct rl_roots roots;
    struct rl_probe probe;
    char proc[128], cgroup[128];

    place_new(&place, NULL);
    shell("cp -a " RL_SOURCE_ROOT "/tests/fixtures/node-hybrid %s", place.root);
    shell("mv %s/sys/fs/cgroup/unified %s/sys/fs/c", place.root, place.root);
    shell("rm -r %s/sys/fs/cgroup && mv %s/sys/fs/c %s/sys/fs/cgroup", place.root, place.root,
        place.root);
    place_take(&place, (struct options){.root = place.root});
    expect_said("cgroup v1");
    snprintf(proc, sizeof(proc), "%s/proc", place.copy);
    snprintf(cgroup, sizeof(cgroup), "%s/sys/fs/cgroup", place.copy);
    roots = (struct rl_roots){.proc = proc, .cgroup = cgroup};
    assert_int_equal(rl_probe_run(&roots, &probe), -EOPNOTSUPP);
    assert_non_null(strstr(probe.fatal, "bound to cgroup v1 on /sys/fs/cgroup/memory"));

    /* No cgroups at all. */
    shell("rm -r %s && cp -a " FIXTURE " %s && rm -r %s/sys", place.root, place.root, place.root);
    place_take(&place, (struct options){.root = place.root, .force = ""});
    expect_said("Only the processes are taken.");
    expect_said(": 11 processes, 0 cgroups, ");
    folder_free(&place.folder);
}

/* ---- what is in it ---- */

static void test_contents(void **state)
{
    static const struct {
        const char *path, *text;
        const char *copy; /* NULL: left out */
    } rows[] = {
        {"proc/200/cmdline", "worker\n", NULL}, {"proc/200/environ", "A=b\n", NULL},
        {"proc/200/comm", "worker\n", NULL}, {"proc/200/oom_score", "12\n", "12\n"},
        {"proc/200/oom_adj", "-3\n", "-3\n"},
        {"proc/200/uid_map", "0 100000 65536\n", "0 100000 65536\n"},
        {"proc/200/numa_maps", "one bind:0\ntwo\n", "one bind:0\n"},
        {"proc/300/numa_maps", "no newline", "no newline"},
        {"proc/500/task/502/stat",
            "502 (java) Z 1 501 501 0 -1 4194372 0 0 0 0 0 0 0 0 20 0 2 0 5001 0 0 "
            "18446744073709551615 "
            "0 0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
            NULL},
        {"proc/self/mountinfo",
            "1 0 0:1 / / rw - nfs4 server:/secret rw\n2 1 0:2 / /sys/fs/cgroup rw - cgroup2 c rw\n"
            "3 1 0:3 / /sys/fs/cgroup/x rw - cgroup c rw,memory\n4 1 0:4 / /proc rw - proc p rw\n",
            "2 1 0:2 / /sys/fs/cgroup rw - cgroup2 c rw\n"
            "3 1 0:3 / /sys/fs/cgroup/x rw - cgroup c rw,memory\n"},
        {"proc/uptime", "1.00 2.00\n", "1.00 2.00\n"}, {"proc/kmsg", "secret\n", NULL},
        {"proc/sys/vm/overcommit_ratio", "50\n", "50\n"}, {"proc/pressure/cpu", "some\n", "some\n"},
        {"proc/9/status", "Name:\tvanished\n", NULL}, /* without stat */
        {"sys/devices/system/node/has_memory", "0-1\n", "0-1\n"},
        {"sys/devices/system/node/node0/meminfo", "a\n", "a\n"},
        {"sys/devices/system/node/node11/meminfo", "b\n", "b\n"},
        {"sys/devices/system/node/node0/distance", "10 20\n", NULL},
        {"sys/fs/cgroup/a.slice/memory.zswap.max", "max\n", "max\n"},
        {"sys/fs/cgroup/a.slice/cpuset.mems.effective", "0\n", "0\n"},
        {"sys/fs/cgroup/a.slice/cpuset.cpus", "0\n", NULL},
        {"sys/fs/cgroup/a.slice/cgroup.type", "domain\n", "domain\n"},
        {"sys/fs/cgroup/a.slice/cgroup.subtree_control", "", ""},
        {"sys/fs/cgroup/a.slice/cgroup.freeze", "0\n", NULL},
        {"sys/fs/cgroup/a.slice/io.stat", "0\n", NULL},
        {"sys/fs/cgroup/memory.events/memory.max", "7\n", "7\n"}, /* a cgroup of that name */
    };
    struct place place;
    char path[1024];

    place_new(&place, FIXTURE);
    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(path, sizeof(path), "root/%s", rows[i].path);
        folder_write(&place.folder, path, rows[i].text);
    }
    folder_link(&place.folder, "root/proc/200/ns/user", "user:[4026532000]");
    folder_write(&place.folder, "root/sys/fs/cgroup/a.slice/memory.reclaim", "");
    shell("chmod 0200 %s/sys/fs/cgroup/a.slice/memory.reclaim", place.root);
    place_take(&place, (struct options){.root = place.root});
    expect_said(": 11 processes, 12 cgroups, ");
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *copy = copied(&place, rows[i].path);
        if ((copy == NULL) != (rows[i].copy == NULL) || (copy && strcmp(copy, rows[i].copy) != 0))
            fail_msg("%s: %s", rows[i].path, copy ? copy : "is not there");
    }
    assert_null(copied(&place, "sys/fs/cgroup/a.slice/memory.reclaim"));
    assert_non_null(copied(&place, "proc/500/task/501/status"));
    assert_null(copied(&place, "proc/500/task/500/stat"));
    ssize_t n = readlinkat(place.folder.fd, "copy/proc/200/ns/user", path, sizeof(path) - 1);
    assert_int_equal(n, strlen("user:[4026532000]"));
    n = readlinkat(place.folder.fd, "copy/proc/100/exe", path, sizeof(path) - 1);
    assert_int_equal(n, strlen("/usr/sbin/sshd"));
    expect_same_tables(place.root, place.copy, NULL, false, 11);

    folder_write(&place.folder, "root/sys/devices/system/node/has_memory", "0\n");
    shell("rm -r %s && mkdir %s", place.copy, place.copy);
    place_take(&place, (struct options){.root = place.root, .cmdline = "", .force = ""});
    assert_string_equal(copied(&place, "proc/200/cmdline"), "worker\n");
    assert_null(copied(&place, "proc/200/numa_maps"));
    assert_null(copied(&place, "proc/200/environ"));
    folder_free(&place.folder);
}

#define FIFTY "0123456789012345678901234567890123456789abcdefghij"
#define LONG  FIFTY FIFTY FIFTY FIFTY FIFTY

/* Names are bytes. */
static void test_names(void **state)
{
    static const char *const names[] = {
        "a b",
        "a\\x2db",
        "-a",
        "*?[",
        "b\xc3\xbc",
        "bu\xcc\x88",
        "b\xfc",
        "\xff\xfe",
        "line\nfeed",
        "tab\t",
        "..a",
        "'\"$(x)",
        LONG,
        LONG "/" LONG "/" LONG "/" LONG "/" LONG,
        "\xfc/" LONG "/" LONG,
    };
    struct place place;
    char path[2048], text[32];

    place_new(&place, FIXTURE);
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof(path), "root/sys/fs/cgroup/%s/memory.max", names[i]);
        snprintf(text, sizeof(text), "%zu\n", 4096 * (i + 1));
        folder_write(&place.folder, path, text);
    }
    snprintf(path, sizeof(path), "/%s/%s/%s/b\xfc (deleted)", LONG, LONG, LONG);
    shell("rm %s/proc/200/exe", place.root);
    folder_link(&place.folder, "root/proc/200/exe", path);
    place_take(&place, (struct options){.root = place.root});
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(path, sizeof(path), "sys/fs/cgroup/%s/memory.max", names[i]);
        snprintf(text, sizeof(text), "%zu\n", 4096 * (i + 1));
        const char *copy = copied(&place, path);
        if (!copy || strcmp(copy, text) != 0)
            fail_msg("%s: %s", names[i], copy ? copy : "is not there");
    }
    char target[2048] = "";
    assert_true(readlinkat(place.folder.fd, "copy/proc/200/exe", target, sizeof(target) - 1) > 0);
    snprintf(path, sizeof(path), "/%s/%s/%s/b\xfc (deleted)", LONG, LONG, LONG);
    assert_string_equal(target, path);
    folder_free(&place.folder);
}

/* By number and by name, not as the file system has them. */
static void test_order(void **state)
{
    struct place place;
    char text[4096];

    place_new(&place, FIXTURE);
    for (int i = 12; i-- > 0;) {
        snprintf(text, sizeof(text), "root/sys/fs/cgroup/order/%c/memory.max", 'a' + i * 5 % 12);
        folder_write(&place.folder, text, "max\n");
    }
    place_take(&place, (struct options){.root = place.root});
    shell("tar -t -f %s | grep '^proc/[0-9]*/stat$' | cut -d / -f 2 >%s/pids", place.out,
        place.folder.path);
    assert_true(rl_read_at(place.folder.fd, "pids", text, sizeof(text)) > 0);
    assert_string_equal(text, "1\n2\n100\n110\n200\n300\n400\n500\n510\n520\n530\n");
    shell("tar -t -f %s | grep '/order/.*max$' >%s/cgroups && LC_ALL=C sort -c %s/cgroups",
        place.out, place.folder.path, place.folder.path);
    folder_free(&place.folder);
}

/* Who may not read a file is told, and gets the rest. */
static void test_denied(void **state)
{
    struct place place;

    if (geteuid() != 0)
        skip();
    place_new(&place, FIXTURE);
    shell("chmod 0600 %s/proc/400/status && chmod 0777 %s", place.root, place.folder.path);
    shell("chmod 0700 %s/sys/fs/cgroup/system.slice/large.service", place.root);
    assert_int_equal(seteuid(NOBODY), 0);
    int code = take(place.out, (struct options){.root = place.root});
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(code, RL_EXIT_OK);
    expect_said("2 files may not be read and are left out, the first is proc/400/status");
    shell("tar -x -f %s -C %s", place.out, place.copy);
    assert_non_null(copied(&place, "proc/400/stat"));
    assert_null(copied(&place, "proc/400/status"));
    assert_null(copied(&place, "sys/fs/cgroup/system.slice/large.service/memory.max"));
    assert_non_null(copied(&place, "sys/fs/cgroup/system.slice/small.service/memory.max"));
    folder_free(&place.folder);
}

/* ---- page sizes ---- */

static void test_facts(void **state)
{
    static const struct {
        const char *text;
        bool good;
    } rows[] = {
        {"{\"page_size\": 16384, \"clk_tck\": 250}", true},
        {"{\"page_size\": 65536, \"clk_tck\": 100, \"more\": []}", true},
        {"{\"page_size\": 5000, \"clk_tck\": 100}", false},
        {"{\"page_size\": 0, \"clk_tck\": 100}", false},
        {"{\"page_size\": 4096, \"clk_tck\": 0}", false},
        {"{\"page_size\": 9007199254740992, \"clk_tck\": 100}", false},
        {"{\"page_size\": -4096, \"clk_tck\": 100}", false},
        {"[]", false},
        {"", false},
        {"{", false},
    };
    struct place place;

    place_new(&place, FIXTURE);
    const struct rl_args args = {.common = {[RL_OPT_ROOT] = place.root}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_saved facts = {0};
        struct capture capture;
        struct rl_probe probe;

        folder_write(&place.folder, "root/" RL_SAVED_FILE, rows[i].text);
        capture_begin(&capture);
        int r = rl_saved_read(place.root, &facts);
        int code = rl_table_probe(&args, false, &probe);
        said = capture_end(&capture);
        assert_int_equal(r, rows[i].good ? 0 : -EBADMSG);
        assert_int_equal(code, rows[i].good ? RL_EXIT_OK : RL_EXIT_FAILURE);
        if (!rows[i].good) {
            expect_said(RL_SAVED_FILE);
            continue;
        }
        assert_int_equal(probe.page_size, facts.page_size);
        rl_probe_close(&probe);
    }

    /* They survive being taken again. */
    folder_write(&place.folder, "root/" RL_SAVED_FILE, rows[0].text);
    folder_write(&place.folder, "root/proc/version", "Linux version 5.4.0-x (b@c) #1\n");
    place_take(&place, (struct options){.root = place.root});
    struct rl_saved facts;
    assert_int_equal(rl_saved_read(place.copy, &facts), 0);
    assert_int_equal(facts.page_size, 16384);
    assert_int_equal(facts.clk_tck, 250);
    assert_non_null(strstr(copied(&place, RL_SAVED_FILE), "\"kernel\": \"5.4.0-x\""));
    expect_same_tables(place.root, place.copy, NULL, false, 11);

    folder_write(&place.folder, "root/" RL_SAVED_FILE, rows[2].text);
    assert_int_equal(
        take(place.out, (struct options){.root = place.root, .force = ""}), RL_EXIT_FAILURE);
    assert_int_equal(rl_saved_read("/nonexistent", &facts), 0);
    folder_free(&place.folder);
}

/* ---- the file ---- */

static size_t entries(const struct folder *folder)
{
    DIR *dir = opendir(folder->path);
    size_t n = 0;

    assert_non_null(dir);
    while (readdir(dir))
        n++;
    closedir(dir);
    return n - 2;
}

static void test_file(void **state)
{
    const struct options plain = {.root = FIXTURE}, force = {.root = FIXTURE, .force = ""};
    struct folder folder;
    struct stat st;
    char out[64], text[16];

    folder_new(&folder);
    snprintf(out, sizeof(out), "%s/out.tar", folder.path);
    folder_write(&folder, "out.tar", "mine");
    assert_int_equal(take(out, plain), RL_EXIT_FAILURE);
    expect_said("there is one already; --force replaces it");
    assert_int_equal(rl_read_at(folder.fd, "out.tar", text, sizeof(text)), 4);
    assert_int_equal(entries(&folder), 1);

    mode_t before = umask(0);
    assert_int_equal(take(out, force), RL_EXIT_OK);
    umask(before);
    assert_int_equal(stat(out, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_true(st.st_size > 4096);
    assert_int_equal(entries(&folder), 1);

    /* What fails leaves nothing, and what is there alone. */
    assert_int_equal(take(out, (struct options){.root = "/nonexistent", .force = ""}), 1);
    expect_said("/nonexistent/proc");
    expect_said("was not written");
    assert_int_equal(entries(&folder), 1);
    assert_int_equal(stat(out, &st), 0);

    assert_int_equal(take(folder.path, force), RL_EXIT_FAILURE);
    expect_said("no plain file");
    folder_link(&folder, "link", "out.tar");
    snprintf(out, sizeof(out), "%s/link", folder.path);
    assert_int_equal(take(out, force), RL_EXIT_FAILURE);
    expect_said("no plain file");
    snprintf(out, sizeof(out), "%s/none/out.tar", folder.path);
    assert_int_equal(take(out, plain), RL_EXIT_FAILURE);
    assert_int_equal(take(NULL, plain), RL_EXIT_USAGE);

    snprintf(out, sizeof(out), "%s/json.tar", folder.path);
    assert_int_equal(take(out, (struct options){.root = FIXTURE, .json = ""}), RL_EXIT_OK);
    expect_said("\"processes\": 11");
    expect_said("\"denied\": 0");
    folder_free(&folder);
}

/* Run with something else as stdout. */
static int take_to(int fd)
{
    const struct rl_command *command = rl_command_find("snapshot");
    char *words[] = {(char *)(uintptr_t) "-", NULL};
    const struct rl_args args = {.common = {[RL_OPT_ROOT] = FIXTURE}, .words = words, .n_words = 1};
    int before = dup(STDOUT_FILENO);

    fflush(stdout);
    assert_true(dup2(fd, STDOUT_FILENO) >= 0);
    int code = command->run(&args);
    fflush(stdout);
    assert_true(dup2(before, STDOUT_FILENO) >= 0);
    close(before);
    close(fd);
    return code;
}

static void test_stdout(void **state)
{
    struct place place;
    char path[128];

    place_new(&place, NULL);
    snprintf(path, sizeof(path), "%s/stdout", place.folder.path);
    assert_int_equal(take_to(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)), RL_EXIT_OK);
    shell("tar -x -f %s -C %s", path, place.copy);
    expect_same_tables(FIXTURE, place.copy, NULL, false, 11);

    int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(terminal >= 0);
    assert_int_equal(grantpt(terminal), 0);
    assert_int_equal(unlockpt(terminal), 0);
    assert_int_equal(
        take_to(open(ptsname(terminal), O_RDWR | O_NOCTTY | O_CLOEXEC)), RL_EXIT_USAGE);
    close(terminal);

    /* A full disk is a failure. */
    assert_int_equal(take_to(open("/dev/full", O_WRONLY | O_CLOEXEC)), RL_EXIT_FAILURE);
    assert_int_equal(take("-", (struct options){.root = FIXTURE, .json = ""}), RL_EXIT_USAGE);
    expect_said("cannot both go to stdout");
    folder_free(&place.folder);
}

/* ---- the running machine ---- */

static void *sleep_on(void *userdata)
{
    assert_int_equal(write(*(int *)userdata, "x", 1), 1);
    for (;;)
        pause();
    return NULL;
}

/* The leader exits, another thread lives on. */
static pid_t spawn_headless(void)
{
    static int ready[2];
    pthread_t thread;
    char byte;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (pthread_create(&thread, NULL, sleep_on, &ready[1]) != 0)
            _exit(1);
        pthread_exit(NULL);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

static void read_facts(const char *proc, pid_t pid, struct rl_process *process)
{
    int fd = open(proc, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct rl_procs procs = {.proc_fd = fd, .page_size = (uint32_t)sysconf(_SC_PAGESIZE)};
    bool gone = true;

    assert_true(fd >= 0);
    assert_int_equal(rl_procs_read(&procs, pid, RL_PROCS_EXE, process, &gone), 0);
    assert_false(gone);
    close(fd);
}

static void test_live(void **state)
{
    pid_t pids[] = {spawn(child_dies_of_term), spawn_headless()};
    struct rl_process live, copy;
    struct place place;
    char proc[128];

    place_new(&place, NULL);
    for (;;) { /* until the leader has exited */
        read_facts("/proc", pids[1], &live);
        if (live.flags & RL_PROCESS_DEAD_LEADER)
            break;
        usleep(1000);
    }
    place_take(&place, (struct options){0});
    snprintf(proc, sizeof(proc), "%s/proc", place.copy);
    for (size_t i = 0; i < COUNT(pids); i++) {
        read_facts("/proc", pids[i], &live);
        read_facts(proc, pids[i], &copy);
        assert_true(live.rss_pages > 0);
        assert_memory_equal(&live, &copy, sizeof(live));
        put_down(pids[i]);
    }
    struct rl_saved facts;
    assert_int_equal(rl_saved_read(place.copy, &facts), 0);
    assert_int_equal(facts.page_size, sysconf(_SC_PAGESIZE));
    assert_int_equal(facts.clk_tck, sysconf(_SC_CLK_TCK));
    assert_non_null(copied(&place, "proc/meminfo"));
    assert_null(copied(&place, "proc/self/environ"));
    folder_free(&place.folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same),
        cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_contents),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_denied),
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_stdout),
        cmocka_unit_test(test_live),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
