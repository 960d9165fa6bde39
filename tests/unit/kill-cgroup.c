/* Whole cgroups, on the running kernel: needs a cgroup2 mount that can be written to. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "daemon/relieve/members.h"
#include "daemon/relieve/told.h"
#include "daemon/relieve/watch.h"
#include "tests/unit/cgroups.h"

/* Forks a successor and exits, over and over: no list of pids is right for long. It ends by
 * itself should the test fail to end it. */
static void child_runs_ahead(void)
{
    uint64_t until = now_us() + PATIENCE_S * UINT64_C(1000000);

    if (fork() != 0)
        return;
    prctl(PR_SET_PDEATHSIG, 0);
    while (now_us() < until) {
        if (fork() > 0)
            _exit(0);
        usleep(200);
    }
    _exit(0);
}

static void spawn_chains(int cgroup_fd, int n)
{
    for (int i = 0; i < n; i++) {
        enter(cgroup_fd, getpid()); /* so that no generation is born outside */
        spawn(child_runs_ahead);
        go_home();
    }
}

/* A tree of cgroups full of processes that keep forking, and some that ignore SIGTERM. */
static void nested(void **state)
{
    struct fixture *f = *state;
    int top = make("top"), middle = make("top/middle"), leaf = make("top/middle/leaf");
    int other = make("other");
    pid_t innocent = spawn_in(other, child_dies_of_term);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    spawn_in(top, child_ignores_term);
    spawn_in(leaf, child_dies_of_term);
    spawn_chains(middle, 3);
    spawn_chains(leaf, 3);

    assert_int_equal(strike(f, top, &wake, &watch, &result), 0);
    rl_kill_tell(f->killer, top, 5);
    assert_int_equal(result.refused, 0);
    assert_int_equal(result.error, 0);
    assert_int_equal(wake.calls, 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    assert_false(populated(top));
    run_idle(f->event);
    char told[8] = "";
    for (int i = 0; i < 1000 && fgetxattr(top, RL_TOLD_OOMS, told, sizeof(told)) < 0; i++)
        usleep(10000);
    assert_memory_equal(told, "1", 2);
    assert_int_equal(fgetxattr(top, RL_TOLD_KILL, told, sizeof(told)), 1);
    assert_memory_equal(told, "5", 2);
    assert_int_equal(wake.calls, 1);
    assert_true(is_alive(innocent));
    rl_victim_watch_free(watch);

    f->killer = rl_killer_free(f->killer);
    assert_int_equal(first_of(top, "cgroup.freeze"), '0');
    close(top);
    close(middle);
    close(leaf);
    close(other);
}

static void test_nested(void **state)
{
    nested(state);
}

static void test_nested_without_cgroup_kill(void **state)
{
    nested(state);
}

/* Through cgroup.kill nobody is signalled by us; without it the first sweep is in the call. */
static void test_signalled_counts(void **state)
{
    struct fixture *f = *state;
    int fd = make("a");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    for (int i = 0; i < 3; i++)
        spawn_in(fd, child_dies_of_term);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_int_equal(result.signalled, f->options.no_cgroup_kill ? 3 : 0);
    assert_true(run_until(f->event, &wake.gone));
    rl_victim_watch_free(watch);
    close(fd);
}

/* More than one batch of members, in the sweep. */
static void test_sweep_of_many(void **state)
{
    struct fixture *f = *state;
    int fd = make("many");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    for (int i = 0; i < 300; i++)
        spawn_in(fd, child_ignores_term);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_int_equal(result.signalled, 300);
    assert_int_equal(result.error, 0);
    assert_true(run_until(f->event, &wake.gone));
    rl_victim_watch_free(watch);
    close(fd);
}

/* Frozen by somebody else: they die all the same, and the freeze is not ours to undo. */
static void test_foreign_freeze(void **state)
{
    struct fixture *f = *state;
    int fd = make("frozen");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    spawn_in(fd, child_ignores_term);
    assert_int_equal(write_to(fd, "cgroup.freeze", "1"), 0);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    rl_victim_watch_free(watch);
    f->killer = rl_killer_free(f->killer);
    assert_int_equal(first_of(fd, "cgroup.freeze"), '1');
    close(fd);
}

static void test_wrong_cgroups(void **state)
{
    struct fixture *f = *state;
    int empty = make("empty"), removed = make("removed"), full = make("full");
    int plain = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pid_t pid = spawn_in(full, child_dies_of_term);
    const struct {
        int fd;
        uint64_t id;
        int result;
    } rows[] = {
        {full, id_of(full) + 1, -ESTALE},
        {full, id_of(empty), -ESTALE},
        {full, 0, -ESTALE},
        {empty, id_of(empty), -ESRCH},
        {removed, id_of(removed), -ESRCH},
        {plain, id_of(plain), -EINVAL},
        {-1, 1, -EBADF},
    };

    assert_int_equal(unlinkat(base_fd, "removed", AT_REMOVEDIR), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_victim_watch *watch = NULL;
        struct rl_kill_result result;
        struct wake wake = {0};

        assert_int_equal(
            rl_kill_cgroup(f->killer, rows[i].fd, rows[i].id, on_gone, &wake, &watch, &result),
            rows[i].result);
        assert_null(watch);
        assert_int_equal(result.signalled, 0);
    }
    run_idle(f->event);
    assert_true(is_alive(pid));
    close(empty);
    close(removed);
    close(full);
    close(plain);
}

/* Below our own cgroup the same path once more, as a wrong root would lead to. */
static void make_decoy(const char *path)
{
    char name[512];
    size_t length = (size_t)snprintf(name, sizeof(name), "%s/%s", strrchr(base, '/') + 1, path);

    for (size_t i = 0; i <= length; i++) {
        if (name[i] != '/' && name[i] != '\0')
            continue;
        name[i] = '\0';
        close(make(name));
        name[i] = i < length ? '/' : '\0';
    }
}

/* The ways to know where reliefd lives: by path, by searching, and by a root that is not the one
 * that the paths of /proc are relative to (a cgroup namespace, a bind mount). */
static void test_never_with_self(void **state)
{
    struct fixture *f = *state;
    static const char *const holding[] = {"a", "a/self", "a/self/deep"};
    int top = make("a"), self = make("a/self"), deep = make("a/self/deep");
    int beside = make("a/self/deepest");
    const int roots[] = {root_fd, -1, base_fd};

    make_decoy("a/self/deep");
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        struct rl_victim_watch *watch = NULL;
        struct rl_kill_result result;
        struct wake wake = {0};

        rl_killer_free(f->killer);
        f->options.cgroup_root_fd = roots[i];
        f->killer = new_killer(f, &f->options);
        assert_int_equal(rl_lineage_lives_in(&f->killer->lineage, top, id_of(top)), 0);
        enter(deep, getpid()); /* moved by somebody: what was right is wrong now */
        for (size_t j = 0; j < sizeof(holding) / sizeof(holding[0]); j++) {
            int fd = make(holding[j]);

            /* asked before, so that a wrong answer does not kill the test */
            assert_int_equal(rl_lineage_lives_in(&f->killer->lineage, fd, id_of(fd)), 1);
            assert_int_equal(strike(f, fd, &wake, &watch, &result), -EPERM);
            assert_int_equal(result.refused, 1);
            assert_null(watch);
            close(fd);
        }
        /* the root is asked about only: a wrong answer must not kill the machine */
        assert_int_equal(rl_lineage_lives_in(&f->killer->lineage, root_fd, id_of(root_fd)), 1);

        spawn_in(beside, child_dies_of_term);
        assert_int_equal(strike(f, beside, &wake, &watch, &result), 0);
        assert_true(run_until(f->event, &wake.gone));
        rl_victim_watch_free(watch);
        reap_all();
        go_home();
    }
    close(top);
    close(self);
    close(deep);
    close(beside);
}

static int kill_parents_cgroup(int root, int fd)
{
    struct rl_killer_options options = {.proc_fd = proc_fd, .cgroup_root_fd = root};
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct rl_killer *killer = NULL;
    sd_event *event = NULL;
    int r;

    go_home();
    if (sd_event_new(&event) < 0 || rl_killer_new(event, &options, &killer) < 0)
        return 2;
    r = rl_kill_cgroup(killer, fd, id_of(fd), on_gone, NULL, &watch, &result);
    return r == -EPERM && result.refused == 1 ? 0 : 1;
}

/* reliefd lives elsewhere, but its parent there. Forked while there is no worker thread. */
static void test_never_with_parent(void **state)
{
    const int roots[] = {root_fd, -1};
    int fd = make("parent");

    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        int status;
        pid_t pid = fork();

        assert_true(pid >= 0);
        if (pid == 0) {
            enter(fd, getpid());
            /* between them one more, so that it is no getppid() */
            if (fork() == 0) {
                go_home();
                if (fork() == 0)
                    _exit(kill_parents_cgroup(roots[i], fd));
                wait(&status);
                _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
            }
            wait(&status);
            _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 4);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_int_equal(status, 0);
    }
    close(fd);
    clear();
}

/* The cgroup is removed before we could read that it is empty. */
static void test_removed_during_wait(void **state)
{
    struct fixture *f = *state;
    int fd = make("removed");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    pid_t pid = spawn_in(fd, child_dies_of_term);

    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(unlinkat(base_fd, "removed", AT_REMOVEDIR), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    run_idle(f->event);
    assert_int_equal(wake.calls, 1);
    rl_victim_watch_free(watch);
    close(fd);
}

/* As above, with no wake-up at all: only the timer can see it. */
static void test_removed_without_wakeup(void **state)
{
    struct fixture *f = *state;
    int fd = make("removed");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    pid_t pid = spawn_in(fd, child_dies_of_term);

    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    sd_event_source_set_enabled(watch->ready, SD_EVENT_OFF);
    rl_worker_forget(f->killer->writer, watch);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(unlinkat(base_fd, "removed", AT_REMOVEDIR), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    sd_event_source_set_enabled(watch->ready, SD_EVENT_ON);
    rl_victim_watch_free(watch);
    close(fd);
}

static void *sleep_in(void *userdata)
{
    char text[16];

    snprintf(text, sizeof(text), "%d", (int)syscall(SYS_gettid));
    if (write_to(*(int *)userdata, "cgroup.threads", text) != 0 ||
        write(STDOUT_FILENO, "t", 1) != 1)
        _exit(1);
    for (;;)
        pause();
    return NULL;
}

/* Started by exec, as a program of its own. */
static int threads_main(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pthread_t thread;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pthread_create(&thread, NULL, sleep_in, &fd) != 0)
        return 1;
    pthread_join(thread, NULL);
    return 1;
}

static pid_t spawn_threads(int domain_fd, const char *path)
{
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        enter(domain_fd, getpid());
        dup2(ready[1], STDOUT_FILENO);
        execl("/proc/self/exe", "unit-kill-cgroup", "threads", path, (char *)NULL);
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

/* A threaded cgroup has no processes of its own to be killed; its domain has. */
static void test_threaded(void **state)
{
    struct fixture *f = *state;
    int domain = make("domain"), threads = make("domain/threads");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    char path[4200];
    pid_t pid;

    assert_int_equal(write_to(threads, "cgroup.type", "threaded"), 0);
    snprintf(path, sizeof(path), "%s/domain/threads", base);
    pid = spawn_threads(domain, path);

    assert_int_equal(strike(f, threads, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, EOPNOTSUPP);
    assert_true(is_alive(pid));

    wake = (struct wake){0};
    assert_int_equal(strike(f, domain, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    rl_victim_watch_free(watch);
    close(domain);
    close(threads);
}

/* Whom the sweep looks at leaves the cgroup at that moment. */
static bool spares_none_but_moves(pid_t pid, const void *userdata)
{
    enter(*(const int *)userdata, pid);
    return false;
}

/* A number that is not listed any more once its pidfd is open may belong to anybody. */
static void test_sweep_confirms(void **state)
{
    int fd = make("a"), elsewhere = make("b");
    pid_t pid = spawn_in(fd, child_dies_of_term);
    struct rl_sweep sweep = {.spares = spares_none_but_moves, .userdata = &elsewhere};

    assert_int_equal(rl_members_kill(fd, &sweep), 0);
    assert_int_equal(sweep.seen, 1);
    assert_int_equal(sweep.signalled, 0);
    assert_int_equal(sweep.error, 0);
    assert_true(is_alive(pid));
    close(fd);
    close(elsewhere);
}

static int count_visit(int cgroup_fd, void *userdata)
{
    ++*(unsigned *)userdata;
    return 0;
}

static int stop_visit(int cgroup_fd, void *userdata)
{
    return ++*(unsigned *)userdata == 3 ? 42 : 0;
}

/* First terminate each, then the cgroup whole: one wait. Whoever left it is let go. */
static void test_terminate_then_kill_cgroup(void **state)
{
    struct fixture *f = *state;
    int fd = make("a"), elsewhere = make("b");
    pid_t stays = spawn_in(fd, child_ignores_term), leaves = spawn_in(fd, child_ignores_term);
    struct rl_target targets[] = {target_of(stays), target_of(leaves)};
    struct rl_victim_watch *watch = NULL, *first;
    struct rl_kill_result result;
    struct wake wake = {0}, second = {0};

    assert_int_equal(
        rl_kill_processes(f->killer, targets, 2, SIGTERM, on_gone, &wake, &watch, &result), 0);
    first = watch;
    enter(elsewhere, leaves);
    assert_int_equal(strike(f, fd, &second, &watch, &result), 0);
    assert_ptr_equal(watch, first);
    assert_true(run_until(f->event, &second.gone));
    assert_int_equal(died_of(stays), SIGKILL);
    assert_true(is_alive(leaves));
    assert_int_equal(wake.calls, 0);

    /* and back: the same wait serves the other one */
    second = (struct wake){0};
    assert_int_equal(
        rl_kill_processes(f->killer, &targets[1], 1, SIGKILL, on_gone, &second, &watch, &result),
        0);
    assert_true(run_until(f->event, &second.gone));
    assert_int_equal(died_of(leaves), SIGKILL);
    rl_victim_watch_free(watch);
    close(fd);
    close(elsewhere);
}

static void test_walk(void **state)
{
    char path[2 * (RL_WALK_DEPTH + 2)] = "w";
    unsigned visited = 0;
    int fd = make(path);

    for (int depth = 1; depth <= RL_WALK_DEPTH; depth++) {
        strcat(path, "/w");
        close(make(path));
    }
    assert_int_equal(rl_members_walk(fd, count_visit, &visited), 0);
    assert_int_equal(visited, RL_WALK_DEPTH + 1);
    visited = 0;
    assert_int_equal(rl_members_walk(fd, stop_visit, &visited), 42);
    assert_int_equal(visited, 3);
    strcat(path, "/w");
    close(make(path));
    assert_int_equal(rl_members_walk(fd, count_visit, &visited), -E2BIG);
    remove_below(base_fd);
    visited = 0;
    assert_int_equal(rl_members_walk(fd, count_visit, &visited), 0); /* removed: nobody below */
    assert_int_equal(visited, 1);
    close(fd);
}

static int run_all(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_never_with_parent),
        cmocka_unit_test(test_walk),
        cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_nested_without_cgroup_kill, setup_without_cgroup_kill, teardown),
        cmocka_unit_test_setup_teardown(test_signalled_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signalled_counts, setup_without_cgroup_kill, teardown),
        cmocka_unit_test_setup_teardown(test_sweep_of_many, setup_without_cgroup_kill, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_freeze, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_freeze, setup_without_cgroup_kill, teardown),
        cmocka_unit_test_setup_teardown(test_wrong_cgroups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_with_self, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_with_self, setup_without_cgroup_kill, teardown),
        cmocka_unit_test_setup_teardown(test_removed_during_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_removed_during_wait, setup_without_cgroup_kill, teardown),
        cmocka_unit_test_setup_teardown(test_removed_without_wakeup, setup, teardown),
        cmocka_unit_test_setup_teardown(test_sweep_confirms, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threaded, setup, teardown),
        cmocka_unit_test_setup_teardown(test_terminate_then_kill_cgroup, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "threads") == 0)
        return threads_main(argv[2]);
    return run_in_cgroup(run_all);
}
