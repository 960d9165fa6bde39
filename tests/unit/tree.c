/* The tree against folders that are made and removed: inotify does not care what a folder is. Some
 * calls into libraries are ours, to let watches run out, listings fail, things happen at the worst
 * moment, and the test be done soon. */
#include "tests/unit/unit.h"

#include <dlfcn.h>
#include <limits.h>
#include <malloc.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "daemon/observe/tree.h"
#include "daemon/report/log.h"
#include "policy/limits.h"

/* Tens of thousands of folders: in memory. */
#define FOLDER_TEMPLATE "/dev/shm/reliefd-unit-XXXXXX"

#include "tests/unit/capture.h"
#include "tests/unit/counted-malloc.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

#define DEEP (RL_DEPTH_MAX + 8)

struct fixture {
    struct folder folder;
    sd_event *event;
    struct rl_tree *tree;
    size_t news, gones, fds;
};

/* ---- the C library ---- */

static struct {
    int watches_left; /* -1: no bound */
    unsigned watches; /* asked for */
    int inotify_fd;
    int lists_left; /* -1: no bound */
    unsigned lists, turns;
    void (*on_watch)(const char *path); /* before the watch stands */
    void (*on_list)(int fd);
    uint64_t quiet_us; /* instead of RL_TREE_QUIET_US */
} libc;

int inotify_add_watch(int fd, const char *path, uint32_t mask)
{
    int wd;

    libc.watches++;
    libc.inotify_fd = fd;
    if (libc.on_watch)
        libc.on_watch(path);
    if (libc.watches_left == 0) {
        errno = ENOSPC;
        return -1;
    }
    wd = (int)syscall(SYS_inotify_add_watch, fd, path, mask);
    if (wd >= 0 && libc.watches_left > 0)
        libc.watches_left--;
    return wd;
}

DIR *fdopendir(int fd)
{
    static DIR *(*real)(int);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "fdopendir");
    libc.lists++;
    if (libc.on_list)
        libc.on_list(fd);
    if (libc.lists_left == 0) {
        errno = ENFILE;
        return NULL;
    }
    if (libc.lists_left > 0)
        libc.lists_left--;
    return real(fd);
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list list;
    void *argument;

    va_start(list, request);
    argument = va_arg(list, void *);
    va_end(list);
    libc.turns += request == FIONREAD;
    return (int)syscall(SYS_ioctl, fd, request, argument);
}

int sd_event_source_set_ratelimit(sd_event_source *source, uint64_t interval_us, unsigned burst)
{
    static int (*real)(sd_event_source *, uint64_t, unsigned);

    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "sd_event_source_set_ratelimit");
    assert_int_equal(interval_us, RL_TREE_QUIET_US);
    return real(source, libc.quiet_us, burst);
}

/* ---- the tree's listener ---- */

static const char known; /* what `policy` points to from on_new to on_gone */

static void tree_on_new(void *userdata, struct rl_cgroup *cgroup)
{
    struct fixture *f = userdata;

    assert_null(cgroup->policy);
    assert_null(cgroup->children);
    assert_int_equal(cgroup->seen.at_ms, 0);
    if (cgroup->parent)
        assert_ptr_equal(cgroup->parent->policy, &known);
    cgroup->policy = (const void *)&known;
    f->news++;
}

static void tree_on_gone(void *userdata, struct rl_cgroup *cgroup)
{
    struct fixture *f = userdata;

    assert_ptr_equal(cgroup->policy, &known);
    assert_null(cgroup->children);
    if (cgroup->parent)
        assert_ptr_equal(cgroup->parent->policy, &known);
    cgroup->policy = NULL;
    f->gones++;
}

/* ---- fixture ---- */

static struct fixture *of_test;

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->fds = count_fds();
    folder_new(&f->folder);
    assert_int_equal(sd_event_new(&f->event), 0);
    memset(&libc, 0, sizeof(libc));
    libc.watches_left = libc.lists_left = -1;
    libc.quiet_us = 10000;
    *state = of_test = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->tree = rl_tree_free(f->tree);
    assert_int_equal(f->news, f->gones);
    sd_event_unref(f->event);
    libc.on_list = NULL;
    libc.lists_left = -1;
    folder_free(&f->folder);
    assert_int_equal(count_fds(), f->fds);
    free(f);
    return 0;
}

static void start(struct fixture *f)
{
    struct rl_tree_listener listener = {
        .on_new = tree_on_new, .on_gone = tree_on_gone, .userdata = f};

    assert_int_equal(rl_tree_new(f->event, f->folder.path, f->folder.fd, &listener, &f->tree), 0);
    assert_int_equal(f->news, rl_tree_size(f->tree));
}

static void make(const struct fixture *f, const char *path)
{
    char full[PATH_MAX];

    snprintf(full, sizeof(full), "%s/", path);
    folder_parents(&f->folder, full);
}

static void drop(const struct fixture *f, const char *path)
{
    assert_int_equal(unlinkat(f->folder.fd, path, AT_REMOVEDIR), 0);
}

static uint64_t id_at(const struct fixture *f, const char *path)
{
    struct stat st;

    assert_int_equal(fstatat(f->folder.fd, path, &st, 0), 0);
    return st.st_ino;
}

/* Turn the loop until nothing has changed for so long that nothing is to come. */
static void settle(struct fixture *f)
{
    uint64_t since = now_us();
    size_t seen = f->news + f->gones, turns = 0;

    while (turns < 8 || now_us() - since < 4 * libc.quiet_us) {
        assert_true(sd_event_run(f->event, libc.quiet_us) >= 0);
        turns++;
        if (f->news + f->gones == seen)
            continue;
        seen = f->news + f->gones;
        since = now_us();
        turns = 0;
    }
}

/* ---- comparing with a fresh listing ---- */

static size_t n_listed;

static int compare_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    struct fixture *f = of_test;
    struct rl_cgroup *c;
    const char *name = path + strlen(f->folder.path);
    char again[PATH_MAX];

    if (type != FTW_D && type != FTW_DP)
        return 0;
    if (ftw->level > RL_DEPTH_MAX)
        return 0;
    n_listed++;
    name = *name ? name : "/";
    c = rl_tree_find(f->tree, name);
    if (!c)
        fail_msg("%s is not in the tree", name);
    if (c->id != st->st_ino)
        fail_msg("%s is known as another one", name);
    assert_int_equal(rl_cgroup_path(c, again, sizeof(again)), strlen(name));
    assert_string_equal(again, name);
    assert_int_equal(c->depth, ftw->level);
    return 0;
}

/* All that is listed is known, and nothing else is; each way to a cgroup leads to the same one. */
static void compare(struct fixture *f)
{
    struct rl_cgroup *root = rl_tree_root(f->tree);
    char path[PATH_MAX];
    size_t n = 0;

    n_listed = 0;
    assert_int_equal(nftw(f->folder.path, compare_one, 16, FTW_PHYS), 0);
    assert_int_equal(rl_tree_size(f->tree), n_listed);
    assert_int_equal(f->news - f->gones, n_listed);
    for (struct rl_cgroup *c = root; c; c = rl_tree_next(root, c)) {
        n++;
        rl_cgroup_path(c, path, sizeof(path));
        assert_ptr_equal(rl_tree_find(f->tree, path), c);
        for (struct rl_cgroup *child = c->children; child; child = child->next)
            assert_ptr_equal(child->parent, c);
    }
    assert_int_equal(n, n_listed);
}

static void settle_and_compare(struct fixture *f)
{
    settle(f);
    compare(f);
    assert_false(rl_tree_blind(f->tree));
}

/* ---- looking ---- */

static void test_look(void **state)
{
    struct fixture *f = *state;
    struct rl_cgroup *root, *a, *b, *c;
    char path[32];

    make(f, "a/b/c");
    make(f, "a/bc");
    make(f, "ab");
    make(f, ".hidden/d");
    folder_write(&f->folder, "a/file", "");
    start(f);
    root = rl_tree_root(f->tree);
    a = rl_tree_find(f->tree, "/a");
    b = rl_tree_find(f->tree, "/a/b");
    c = rl_tree_find(f->tree, "//a//b/c/");
    assert_int_equal(rl_tree_size(f->tree), 6);
    assert_ptr_equal(rl_tree_find(f->tree, "/"), root);
    assert_ptr_equal(rl_tree_find(f->tree, ""), root);
    assert_string_equal(c->name, "c");
    assert_int_equal(c->depth, 3);
    assert_ptr_equal(c->parent, b);
    for (size_t i = 0; i < 6; i++)
        assert_null(rl_tree_find(
            f->tree, (const char *[]){"/b", "/a/b/c/d", "/a/file", "/.hidden", "/abc", "/a/c"}[i]));
    assert_true(rl_cgroup_holds(root, c) && rl_cgroup_holds(a, c) && rl_cgroup_holds(c, c));
    assert_false(rl_cgroup_holds(c, a) || rl_cgroup_holds(b, rl_tree_find(f->tree, "/a/bc")));
    assert_ptr_equal(rl_tree_next(b, b), c);
    assert_null(rl_tree_next(b, c));
    assert_null(rl_tree_next(c, c));
    assert_int_equal(rl_cgroup_path(c, path, sizeof(path)), 6);
    assert_string_equal(path, "/a/b/c");
    assert_int_equal(rl_cgroup_path(c, path, 7), 5);
    assert_string_equal(path, ".../c");
    assert_int_equal(rl_cgroup_path(root, path, sizeof(path)), 1);
    assert_string_equal(path, "/");
}

static void test_open(void **state)
{
    struct fixture *f = *state;
    struct rl_cgroup *a;
    int fd;

    make(f, "a");
    start(f);
    a = rl_tree_find(f->tree, "/a");
    fd = rl_cgroup_open(f->tree, a);
    assert_true(fd >= 0);
    close(fd);
    fd = rl_cgroup_open(f->tree, rl_tree_root(f->tree));
    assert_true(fd >= 0);
    close(fd);
    drop(f, "a");
    assert_int_equal(rl_cgroup_open(f->tree, a), -ENOENT);
    make(f, "spacer"); /* takes the inode that has come free */
    make(f, "a");
    assert_int_not_equal(id_at(f, "a"), a->id);
    assert_int_equal(rl_cgroup_open(f->tree, a), -ESTALE);
}

/* ---- changes one by one ---- */

static void test_changes(void **state)
{
    struct fixture *f = *state;
    uint64_t id;

    start(f);
    make(f, "a");
    settle_and_compare(f);
    make(f, "a/b");
    settle_and_compare(f);
    make(f, "a/b/c/d/e"); /* all but the first are made before there is a watch */
    settle_and_compare(f);
    folder_write(&f->folder, "a/file", "");
    settle_and_compare(f);
    unlinkat(f->folder.fd, "a/file", 0);
    drop(f, "a/b/c/d/e");
    settle_and_compare(f);
    assert_int_equal(f->gones, 1);
    id = id_at(f, "a/b/c/d");
    drop(f, "a/b/c/d");
    make(f, "spacer");
    make(f, "a/b/c/d/new");
    assert_int_not_equal(id_at(f, "a/b/c/d"), id);
    settle_and_compare(f);
    assert_int_equal(f->gones, 2);
    drop(f, "spacer");
    drop(f, "a/b/c/d/new");
    drop(f, "a/b/c/d");
    drop(f, "a/b/c");
    drop(f, "a/b");
    drop(f, "a");
    settle_and_compare(f);
    assert_int_equal(rl_tree_size(f->tree), 1);
}

/* Removed and made anew with the same number, as some file systems do at once. */
static void test_same_number(void **state)
{
    struct fixture *f = *state;

    make(f, "a/b");
    start(f);
    for (int i = 0; i < 3; i++) {
        drop(f, "a/b");
        make(f, "a/b");
        settle_and_compare(f);
        make(f, "a/b/c");
        settle_and_compare(f);
        drop(f, "a/b/c");
    }
}

/* A rescan sees that another one stands there before the events tell. */
static void test_replaced(void **state)
{
    struct fixture *f = *state;

    make(f, "a/b/c");
    start(f);
    drop(f, "a/b/c");
    drop(f, "a/b");
    make(f, "spacer"); /* takes the inode that has come free */
    make(f, "a/b/c/d");
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    compare(f);
    assert_int_equal(f->gones, 2);
    settle_and_compare(f);
    assert_int_equal(f->gones, 2);
}

static size_t count_watches(void)
{
    char path[64], line[256];
    size_t n = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", libc.inotify_fd);
    file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof(line), file))
        n += strncmp(line, "inotify ", 8) == 0;
    fclose(file);
    return n;
}

/* A removed cgroup's watch stays until it is taken away, as that of any directory in use does. */
static void test_no_watch_left(void **state)
{
    struct fixture *f = *state;
    int fds[2];

    make(f, "a/b/c");
    make(f, "d");
    start(f);
    assert_int_equal(count_watches(), 5);
    fds[0] = openat(f->folder.fd, "a/b/c", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    fds[1] = openat(f->folder.fd, "d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    drop(f, "a/b/c");
    drop(f, "d");
    settle_and_compare(f);
    assert_int_equal(count_watches(), 3);
    close(fds[0]);
    close(fds[1]);
}

/* What was known before its event was read is neither entered again nor listed again. */
static void test_known_already(void **state)
{
    struct fixture *f = *state;
    size_t news;
    unsigned lists;

    make(f, "a");
    start(f);
    make(f, "a/b/c/d");
    make(f, "e/f");
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    compare(f);
    news = f->news;
    lists = libc.lists;
    settle_and_compare(f);
    assert_int_equal(f->news, news);
    assert_int_equal(f->gones, 0);
    assert_int_equal(libc.lists, lists);
}

/* An event that is older than what stands there takes nothing away. */
static void test_old_removal(void **state)
{
    struct fixture *f = *state;

    start(f);
    make(f, "a");
    drop(f, "a");
    make(f, "a/b");
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    assert_int_equal(f->news, 3);
    settle_and_compare(f);
    assert_int_equal(f->news, 3);
    assert_int_equal(f->gones, 0);
}

/* Only what is new is listed. */
static void test_lists_no_more(void **state)
{
    struct fixture *f = *state;
    char path[64];
    unsigned lists;

    for (int i = 0; i < 50; i++) {
        snprintf(path, sizeof(path), "a/%d/x", i);
        make(f, path);
    }
    start(f);
    assert_int_equal(libc.lists, 102);
    lists = libc.lists;
    make(f, "a/new/one");
    settle_and_compare(f);
    assert_int_equal(libc.lists - lists, 2);
}

/* ---- the worst moment ---- */

static const char *moment_path;
static const char *moment_drop, *moment_make;

static void at_the_moment(void)
{
    struct fixture *f = of_test;

    moment_path = NULL;
    if (moment_drop)
        drop(f, moment_drop);
    if (moment_drop && moment_make) {
        make(f, "spacer"); /* takes the inode that has come free */
    }
    if (moment_make)
        make(f, moment_make);
}

static void moment_of_watch(const char *path)
{
    if (moment_path && strcmp(path + strlen(of_test->folder.path), moment_path) == 0)
        at_the_moment();
}

static void moment_of_list(int fd)
{
    char link[64], path[PATH_MAX];
    ssize_t n;

    snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof(path) - 1);
    assert_true(n > 0);
    path[n] = '\0';
    if (moment_path && strcmp(path + strlen(of_test->folder.path), moment_path) == 0)
        at_the_moment();
}

static void test_moments(void **state)
{
    static const struct {
        bool list; /* else: watch */
        const char *path, *drop, *make;
    } cases[] = {
        {false, "/a/b", "a/b", NULL},
        {false, "/a/b", "a/b", "a/b"},
        {false, "/a/b", NULL, "a/b/c/d"},
        {true, "/a/b", "a/b", NULL},
        {true, "/a/b", "a/b", "a/b"},
        {true, "/a/b", "a/b", "a/b/c"},
        {true, "/a/b", NULL, "a/b/c/d"},
        {true, "/a", "a/b", NULL},
        {true, "/a", NULL, "a/x/y"},
    };

    for (int early = 0; early < 2; early++)
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
            struct fixture *f;

            if (early + i > 0) {
                teardown(state);
                setup(state);
            }
            f = *state;
            libc.on_watch = cases[i].list ? NULL : moment_of_watch;
            libc.on_list = cases[i].list ? moment_of_list : NULL;
            moment_drop = cases[i].drop;
            moment_make = cases[i].make;
            moment_path = cases[i].path;
            if (early) {
                make(f, "a/b");
                start(f);
            } else {
                start(f);
                make(f, "a/b");
            }
            settle_and_compare(f);
            assert_null(moment_path);
        }
}

/* A watch that was taken away is set again by a rescan, before the listing. */
static void test_lost_watch(void **state)
{
    struct fixture *f = *state;

    make(f, "a/b");
    start(f);
    make(f, "c/d");
    settle_and_compare(f);
    assert_int_equal(inotify_rm_watch(libc.inotify_fd, rl_tree_find(f->tree, "/a/b")->wd), 0);
    settle(f);
    assert_int_equal(rl_tree_find(f->tree, "/a/b")->wd, -1);
    make(f, "a/b/unseen");
    libc.on_watch = moment_of_watch;
    moment_path = "/a/b";
    moment_drop = NULL;
    moment_make = "a/b/between";
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    make(f, "a/b/seen");
    settle_and_compare(f);
}

/* While each one that is entered brings another one, the loop goes on with other things. */
static unsigned endless;

static void make_another(const char *path)
{
    char name[64];

    if (endless == 3000)
        return;
    snprintf(name, sizeof(name), "another-%u", endless++);
    assert_int_equal(mkdirat(of_test->folder.fd, name, 0755), 0);
}

static void test_endless(void **state)
{
    struct fixture *f = *state;

    start(f);
    endless = 0;
    libc.on_watch = make_another;
    make(f, "first");
    while (endless == 0)
        assert_true(sd_event_run(f->event, 50000) >= 0);
    assert_true(rl_tree_size(f->tree) < 1000);
    libc.on_watch = NULL;
    settle_and_compare(f);
}

/* A steady trickle is taken in a few turns, however long it lasts. */
static void test_trickle(void **state)
{
    struct fixture *f = *state;
    uint64_t begin, took;
    char name[64];

    libc.quiet_us = RL_TREE_QUIET_US;
    start(f);
    begin = now_us();
    for (int i = 0; i < 60; i++) {
        snprintf(name, sizeof(name), "%d", i);
        make(f, name);
        for (uint64_t until = now_us() + 20000; now_us() < until;)
            assert_true(sd_event_run(f->event, 5000) >= 0);
    }
    took = now_us() - begin;
    assert_in_range(libc.turns, 1, took / RL_TREE_QUIET_US + 2);
    settle_and_compare(f);
}

/* ---- bounds ---- */

static void test_depth(void **state)
{
    struct fixture *f = *state;
    char path[4 * DEEP] = "d";
    struct capture capture;

    capture_begin(&capture);
    start(f);
    for (int i = 1; i < DEEP; i++)
        strcat(path, "/d");
    make(f, path);
    make(f, "d/e");
    settle(f);
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    assert_non_null(strstr(capture_end(&capture), "levels deep"));
    compare(f);
    assert_int_equal(rl_tree_size(f->tree), 1 + RL_DEPTH_MAX + 1);
    for (char *end = path + strlen(path) - 2; end > path; end -= 2) {
        drop(f, path);
        *end = '\0';
    }
    settle_and_compare(f);
}

/* A path that no system call takes: what cannot be named is not entered, nor is anything below. */
static void test_long_path(void **state)
{
    struct fixture *f = *state;
    int fds[20], n = sizeof(fds) / sizeof(fds[0]);
    char name[NAME_MAX + 1];
    struct capture capture;

    memset(name, 'n', NAME_MAX);
    name[NAME_MAX] = '\0';
    start(f);
    fds[0] = f->folder.fd;
    for (int i = 1; i < n; i++) {
        assert_int_equal(mkdirat(fds[i - 1], name, 0755), 0);
        fds[i] = openat(fds[i - 1], name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(fds[i] >= 0);
    }
    capture_begin(&capture);
    settle(f);
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    assert_non_null(strstr(capture_end(&capture), "levels deep"));
    assert_int_equal(
        rl_tree_size(f->tree), 1 + (PATH_MAX - 1 - strlen(f->folder.path)) / (NAME_MAX + 1));
    assert_false(rl_tree_blind(f->tree));
    for (int i = n - 1; i > 0; i--) {
        close(fds[i]);
        assert_int_equal(unlinkat(fds[i - 1], name, AT_REMOVEDIR), 0);
    }
    settle_and_compare(f);
}

static unsigned long inotify_limit(const char *name)
{
    char path[64], text[32];
    FILE *file;

    snprintf(path, sizeof(path), "/proc/sys/fs/inotify/%s", name);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    fclose(file);
    return strtoul(text, NULL, 10);
}

static void test_overflow(void **state)
{
    struct fixture *f = *state;
    char name[64];
    unsigned long queue = inotify_limit("max_queued_events");

    /* A machine with little memory may not watch as many as it takes. */
    if (queue > 20000 || inotify_limit("max_user_watches") < 2 * queue)
        skip();
    make(f, "old/below");
    make(f, "stays/below");
    start(f);
    for (unsigned long i = 0; i <= queue; i++) {
        snprintf(name, sizeof(name), "stays/%lu", i);
        assert_int_equal(mkdirat(f->folder.fd, name, 0755), 0);
    }
    drop(f, "old/below");
    drop(f, "old");
    make(f, "new/below");
    settle_and_compare(f);
    assert_int_equal(rl_tree_size(f->tree), queue + 1 + 5);
    make(f, "new/below/more");
    settle_and_compare(f);
}

/* ---- watches run out ---- */

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

static void test_blind(void **state)
{
    struct fixture *f = *state;
    struct capture capture;
    const char *said;
    unsigned watches;

    for (int i = 0; i < 20; i++) {
        char path[64];

        snprintf(path, sizeof(path), "a/%d/x/y", i);
        make(f, path);
    }
    capture_begin(&capture);
    rl_log_open_to(LOG_NOTICE, "/nonexistent", STDERR_FILENO);
    libc.watches_left = 10;
    start(f);
    assert_int_equal(rl_tree_size(f->tree), 62);
    assert_true(rl_tree_blind(f->tree));
    for (int i = 0; i < 3; i++) { /* still none: the tree is whole all the same */
        make(f, (const char *[]){"a/1/x/y/z", "a/2/x/y/z", "new/one"}[i]);
        settle(f);
        watches = libc.watches;
        assert_int_equal(rl_tree_rescan(f->tree), 0);
        assert_true(libc.watches - watches <= 1); /* it does not ask sixty times */
        compare(f);
        assert_true(rl_tree_blind(f->tree));
    }
    libc.watches_left = 30; /* some: not enough */
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    assert_true(rl_tree_blind(f->tree));
    libc.watches_left = -1;
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    assert_false(rl_tree_blind(f->tree));
    said = capture_end(&capture);
    rl_log_close();
    assert_int_equal(count(said, "ran out"), 1);
    assert_int_equal(count(said, "suffice again"), 1);
    for (int i = 0; i < 20; i++) {
        char path[64];

        snprintf(path, sizeof(path), "a/%d/x/y/w", i);
        make(f, path);
    }
    make(f, "new/one/two");
    settle_and_compare(f);
    watches = libc.watches;
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    assert_int_equal(libc.watches, watches); /* none is set twice */
}

/* When many are gone, nobody has to walk for the rest to be watched again. */
static void test_blind_ends(void **state)
{
    struct fixture *f = *state;
    struct capture capture;
    char path[64];

    capture_begin(&capture);
    for (int i = 0; i < 40; i++) {
        snprintf(path, sizeof(path), "%d/x", i);
        make(f, path);
    }
    libc.watches_left = 30;
    start(f);
    assert_true(rl_tree_blind(f->tree));
    for (int i = 0; i < 40; i++) {
        snprintf(path, sizeof(path), "%d/x", i);
        drop(f, path);
        if (i == 5) {
            settle(f);
            assert_true(rl_tree_blind(f->tree));
            libc.watches_left = -1;
        }
    }
    settle(f);
    capture_end(&capture);
    assert_false(rl_tree_blind(f->tree));
    make(f, "0/y");
    make(f, "39/y");
    settle_and_compare(f);
}

/* A listing that fails halfway takes nothing away, and is made good by the next one. */
static void test_failed_listing(void **state)
{
    struct fixture *f = *state;

    make(f, "a/b/c");
    make(f, "d/e/f");
    make(f, "g/h/i");
    start(f);
    make(f, "a/b/new");
    drop(f, "g/h/i");
    for (int i = 1; i < 4; i++) {
        libc.lists_left = i;
        assert_int_equal(rl_tree_rescan(f->tree), -ENFILE);
        assert_true(rl_tree_blind(f->tree));
        assert_int_equal(f->gones, 0);
    }
    libc.lists_left = -1;
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    compare(f);
    assert_false(rl_tree_blind(f->tree));
    settle_and_compare(f);
}

/* ... and so is an event that could not be followed. */
static void test_failed_event(void **state)
{
    struct fixture *f = *state;
    struct capture capture;

    start(f);
    make(f, "a/b");
    libc.lists_left = 0;
    capture_begin(&capture);
    settle(f);
    assert_non_null(strstr(capture_end(&capture), "listing the cgroup tree failed"));
    assert_true(rl_tree_blind(f->tree));
    libc.lists_left = -1;
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    settle_and_compare(f);
}

/* ---- storms ---- */

struct storm {
    uint64_t random;
    char (*paths)[192]; /* of all folders that stand */
    size_t n, max;
};

static size_t pick(struct storm *storm, size_t n)
{
    storm->random ^= storm->random >> 12;
    storm->random ^= storm->random << 25;
    storm->random ^= storm->random >> 27;
    return (size_t)(storm->random * UINT64_C(2685821657736338717) >> 33) % n;
}

static void storm_make(struct fixture *f, struct storm *storm)
{
    char path[512];
    size_t len;

    if (storm->n == storm->max)
        return;
    /* Few names: many are made again. Often at the top, so that there are many siblings. */
    len = (size_t)snprintf(path, sizeof(path), "%s%s%zx",
        storm->n > 0 && pick(storm, 3) > 0 ? storm->paths[pick(storm, storm->n)] : "", "/",
        pick(storm, 4) > 0 ? pick(storm, 2000) : pick(storm, 3));
    if (len >= sizeof(storm->paths[0]) || mkdirat(f->folder.fd, path + 1, 0755) < 0)
        return;
    memcpy(storm->paths[storm->n++], path, len + 1);
}

static void storm_drop(struct fixture *f, struct storm *storm)
{
    size_t i;

    if (storm->n == 0)
        return;
    i = pick(storm, storm->n);
    if (unlinkat(f->folder.fd, storm->paths[i] + 1, AT_REMOVEDIR) < 0)
        return; /* not empty */
    memcpy(storm->paths[i], storm->paths[--storm->n], sizeof(storm->paths[i]));
}

static void test_storm(void **state)
{
    struct storm storm = {.max = 3000};

    storm.paths = calloc(storm.max, sizeof(*storm.paths));
    assert_non_null(storm.paths);
    for (uint64_t seed = 1; seed <= 2; seed++) {
        struct fixture *f;

        if (seed > 1) {
            teardown(state);
            setup(state);
        }
        f = *state;
        storm.random = seed;
        storm.n = 0;
        start(f);
        for (int round = 0; round < 5; round++) {
            /* It grows, shrinks, and in the end is almost gone. */
            size_t removals = (const size_t[]){2, 6, 3, 8, 19}[round];

            for (int i = 0; i < 3000; i++) {
                if (pick(&storm, 20) < removals)
                    storm_drop(f, &storm);
                else
                    storm_make(f, &storm);
                if (pick(&storm, 50) == 0)
                    assert_true(sd_event_run(f->event, 0) >= 0);
                if (pick(&storm, 2000) == 0)
                    assert_int_equal(rl_tree_rescan(f->tree), 0);
            }
            settle_and_compare(f);
        }
    }
    free(storm.paths);
}

/* ---- memory ---- */

static size_t allocated(void)
{
    struct mallinfo2 info = mallinfo2();

    return info.uordblks + info.hblkhd;
}

static void make_many(const struct fixture *f, int from, int to, bool remove)
{
    for (int i = from; i < to; i++) {
        char name[64];

        /* 30 characters */
        snprintf(name, sizeof(name), "app-org.example.Thing-%02d%06d", i % 100, i);
        if (remove)
            drop(f, name);
        else
            assert_int_equal(mkdirat(f->folder.fd, name, 0755), 0);
    }
}

static void test_memory(void **state)
{
    struct fixture *f = *state;
    size_t before, most = 0;
    uint64_t begin;

    start(f);
    before = allocated();
    for (int n = 1000; n <= 10000; n += 1000) {
        size_t each;

        make_many(f, n - 1000, n, false);
        assert_int_equal(rl_tree_rescan(f->tree), 0);
        each = (allocated() - before) / (size_t)n;
        most = each > most ? each : most;
    }
    print_message("a cgroup takes at most %zu bytes, %zu at %zu\n", most,
        (allocated() - before) / rl_tree_size(f->tree), rl_tree_size(f->tree));
    begin = now_us();
    assert_int_equal(rl_tree_rescan(f->tree), 0);
    print_message(
        "listing them again took %llu ms\n", (unsigned long long)(now_us() - begin) / 1000);
    if (MALLOC_IS_COUNTED)
        assert_in_range(most, 64, 160);
    counted_mallocs = 0;
    assert_non_null(rl_tree_find(f->tree, "/app-org.example.Thing-77000077"));
    assert_null(rl_tree_find(f->tree, "/app-org.example.Thing-77000078"));
    assert_int_equal(counted_mallocs, 0);
    make_many(f, 0, 9990, true);
    settle_and_compare(f);
    if (MALLOC_IS_COUNTED)
        assert_true(allocated() < before + 16384);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_look, setup, teardown),
        cmocka_unit_test_setup_teardown(test_open, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_same_number, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lost_watch, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_watch_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_known_already, setup, teardown),
        cmocka_unit_test_setup_teardown(test_old_removal, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lists_no_more, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moments, setup, teardown),
        cmocka_unit_test_setup_teardown(test_endless, setup, teardown),
        cmocka_unit_test_setup_teardown(test_trickle, setup, teardown),
        cmocka_unit_test_setup_teardown(test_depth, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_path, setup, teardown),
        cmocka_unit_test_setup_teardown(test_overflow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blind, setup, teardown),
        cmocka_unit_test_setup_teardown(test_blind_ends, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_listing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_failed_event, setup, teardown),
        cmocka_unit_test_setup_teardown(test_storm, setup, teardown),
        cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
