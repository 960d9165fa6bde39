/* Nobody but the victim: cgroups that are made anew, threads elsewhere, members that do not die and
 * newcomers beside them. Needs a cgroup2 mount that can be written to. */
#include "tests/unit/unit.h"

#include <pthread.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

#include "daemon/relieve/members.h"
#include "daemon/relieve/watch.h"
#include "tests/unit/cgroups.h"

/* As /proc/PID/cgroup has it. */
static const char *path_of(const char *name, char *buf, size_t size)
{
    snprintf(buf, size, "%s/%s", strrchr(base, '/'), name);
    return buf;
}

static struct rl_target target_in(pid_t pid, const char *path, uint64_t id)
{
    return (struct rl_target){
        .pid = pid, .start_ticks = start_of(pid), .cgroup = path, .cgroup_id = id};
}

/* ---- made anew under the same path, between the choice and the kill ---- */

static void test_recreated_cgroup(void **state)
{
    struct fixture *f = *state;
    int chosen = make("a"), anew;
    uint64_t id = id_of(chosen);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    pid_t pid;

    assert_int_equal(unlinkat(base_fd, "a", AT_REMOVEDIR), 0);
    anew = make("a");
    pid = spawn_in(anew, child_dies_of_term);
    /* by the directory that was kept, and by one opened since */
    assert_int_equal(
        rl_kill_cgroup(f->killer, chosen, id, on_gone, &wake, &watch, &result), -ESRCH);
    assert_int_equal(rl_kill_cgroup(f->killer, anew, id, on_gone, &wake, &watch, &result), -ESTALE);
    run_idle(f->event);
    assert_null(watch);
    assert_int_equal(wake.calls, 0);
    assert_true(is_alive(pid));
    close(chosen);
    close(anew);
}

/* One that is killed, removed and made anew at once: the wait for the old one ends, and whoever
 * lives in the new one is left alone. */
static void test_recreated_during_wait(void **state)
{
    struct fixture *f = *state;
    int chosen = make("a"), anew;
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    pid_t pid = spawn_in(chosen, child_dies_of_term);

    assert_int_equal(strike(f, chosen, &wake, &watch, &result), 0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_int_equal(unlinkat(base_fd, "a", AT_REMOVEDIR), 0);
    anew = make("a");
    pid = spawn_in(anew, child_dies_of_term);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    run_idle(f->event);
    assert_true(is_alive(pid));
    rl_victim_watch_free(watch);
    close(chosen);
    close(anew);
}

/* The very process, in a cgroup of the same path that is another one. */
static void test_recreated_around_process(void **state)
{
    struct fixture *f = *state;
    int fd = make("a"), elsewhere = make("b");
    pid_t pid = spawn_in(fd, child_dies_of_term);
    char path[4200];
    struct rl_target target = target_in(pid, path_of("a", path, sizeof(path)), id_of(fd));
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    enter(elsewhere, pid);
    close(fd);
    assert_int_equal(unlinkat(base_fd, "a", AT_REMOVEDIR), 0);
    fd = make("a");
    enter(fd, pid);
    assert_int_equal(
        rl_kill_processes(f->killer, &target, 1, SIGKILL, on_gone, &wake, &watch, &result), -ESRCH);
    assert_int_equal(result.gone, 1);
    assert_true(is_alive(pid));

    target.cgroup_id = id_of(fd);
    assert_int_equal(
        rl_kill_processes(f->killer, &target, 1, SIGKILL, on_gone, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    rl_victim_watch_free(watch);
    close(fd);
    close(elsewhere);
}

/* ---- threads in cgroups of their own ---- */

static void *sleep_for_ever(void *userdata)
{
    (void)userdata;
    for (;;)
        pause();
    return NULL;
}

/* Started by exec: the main thread goes to the threaded cgroup, as another one stays. */
static int threads_main(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    pthread_t thread;
    char text[16];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    snprintf(text, sizeof(text), "%d", (int)getpid());
    if (pthread_create(&thread, NULL, sleep_for_ever, NULL) != 0 ||
        write_to(fd, "cgroup.threads", text) != 0 || write(STDOUT_FILENO, "t", 1) != 1)
        return 1;
    pthread_join(thread, NULL);
    return 1;
}

static pid_t spawn_threads(int domain_fd, const char *threaded)
{
    char path[8500], byte;
    int ready[2];
    pid_t pid;

    snprintf(path, sizeof(path), "%s/%s", base, threaded);
    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        enter(domain_fd, getpid());
        dup2(ready[1], STDOUT_FILENO);
        execl("/proc/self/exe", "unit-kill-exact", "threads", path, (char *)NULL);
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return pid;
}

/* /proc/PID/cgroup shows the threaded cgroup of the main thread; its domain was chosen. */
static void test_threaded_process(void **state)
{
    struct fixture *f = *state;
    int domain = make("d"), threads = make("d/t"), deeper = make("d/t/u"), plain = make("d2");
    char path[4200], other[4200];
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct rl_target target;
    struct wake wake = {0};
    pid_t pid;

    assert_int_equal(write_to(threads, "cgroup.type", "threaded"), 0);
    assert_int_equal(write_to(deeper, "cgroup.type", "threaded"), 0);
    pid = spawn_threads(domain, "d/t/u");
    target = target_in(pid, path_of("d2", other, sizeof(other)), id_of(plain));
    assert_int_equal(
        rl_kill_processes(f->killer, &target, 1, SIGKILL, on_gone, &wake, &watch, &result), -ESRCH);
    target = target_in(pid, strrchr(base, '/'), id_of(base_fd));
    assert_int_equal(
        rl_kill_processes(f->killer, &target, 1, SIGKILL, on_gone, &wake, &watch, &result), -ESRCH);
    target = target_in(pid, path_of("d", path, sizeof(path)), id_of(domain));
    assert_int_equal(
        rl_kill_processes(f->killer, &target, 1, SIGKILL, on_gone, &wake, &watch, &result), 0);
    assert_int_equal(result.signalled, 1);
    assert_true(run_until(f->event, &wake.gone));
    rl_victim_watch_free(watch);
    close(domain);
    close(threads);
    close(deeper);
    close(plain);
}

/* A process that has gone to a cgroup below, which is no threaded one, has left. */
static void test_moved_below(void **state)
{
    struct fixture *f = *state;
    int fd = make("a"), below = make("a/b");
    pid_t pid = spawn_in(fd, child_dies_of_term);
    char path[4200];
    struct rl_target target = target_in(pid, path_of("a", path, sizeof(path)), id_of(fd));
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    enter(below, pid);
    assert_int_equal(
        rl_kill_processes(f->killer, &target, 1, SIGKILL, on_gone, &wake, &watch, &result), -ESRCH);
    assert_true(is_alive(pid));
    close(fd);
    close(below);
}

static void threaded_within(void **state)
{
    struct fixture *f = *state;
    int top = make("v"), domain = make("v/d"), threads = make("v/d/t"), beside = make("v/d/z");
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    int other = make("other");
    pid_t pid, innocent = spawn_in(other, child_dies_of_term);

    assert_int_equal(write_to(threads, "cgroup.type", "threaded"), 0);
    pid = spawn_threads(domain, "v/d/t");
    spawn_in(top, child_ignores_term);
    assert_int_equal(strike(f, top, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    assert_int_equal(result.error, 0);
    assert_int_equal(died_of(pid), SIGKILL);
    assert_true(is_alive(innocent));
    rl_victim_watch_free(watch);
    close(other);
    close(top);
    close(domain);
    close(threads);
    close(beside);
}

static void test_threaded_within(void **state)
{
    threaded_within(state);
}

static void test_threaded_within_without_cgroup_kill(void **state)
{
    threaded_within(state);
}

/* Where we live is found out by a search, when the path does not tell: past threaded cgroups. */
static void test_threaded_search(void **state)
{
    struct fixture *f = *state;
    int top = make("v"), domain = make("v/d"), threads = make("v/d/t");

    assert_int_equal(write_to(threads, "cgroup.type", "threaded"), 0);
    rl_killer_free(f->killer);
    f->options.cgroup_root_fd = -1;
    f->killer = new_killer(f, &f->options);
    assert_int_equal(rl_lineage_lives_in(&f->killer->lineage, top, id_of(top)), 0);
    close(top);
    close(domain);
    close(threads);
}

/* ---- a member that does not die ---- */

static pid_t undying;

/* Stands for a process in an unkillable sleep: its tracer holds it at the end of its exit, where
 * from kernel 5.17 on no further SIGKILL reaches it. */
static pid_t spawn_undying(int cgroup_fd)
{
    undying = spawn_in(cgroup_fd, child_dies_of_term);
    assert_int_equal(ptrace(PTRACE_SEIZE, undying, NULL, PTRACE_O_TRACEEXIT), 0);
    return undying;
}

/* It has its SIGKILL. */
static void let_die(void)
{
    pid_t pid = undying;
    int status;

    undying = 0;
    assert_int_equal(waitpid(pid, &status, __WALL), pid);
    assert_true(WIFSTOPPED(status));
    assert_int_equal(ptrace(PTRACE_CONT, pid, NULL, 0), 0);
}

/* After a test that failed, too. */
static int teardown_undying(void **state)
{
    if (undying != 0) {
        kill(undying, SIGKILL);
        let_die();
    }
    return teardown(state);
}

static void run_for(sd_event *event, unsigned ms)
{
    uint64_t until = now_us() + ms * UINT64_C(1000);

    while (now_us() < until)
        assert_true(sd_event_run(event, 20000) >= 0);
}

/* Its manager starts the service again in the same cgroup, while one of the old ones hangs. */
static void newcomer_lives(void **state)
{
    struct fixture *f = *state;
    int fd = make("a");
    pid_t killed = spawn_in(fd, child_ignores_term), newcomer;
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    spawn_undying(fd);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    while ((watch->queued || watch->sweeping || watch->frozen) && now_us() < deadline)
        run_for(f->event, 20);
    assert_int_equal(died_of(killed), SIGKILL);
    newcomer = spawn_in(fd, child_ignores_term);
    assert_int_equal(first_of(fd, "cgroup.freeze"), '0');
    run_for(f->event, 1500);
    assert_int_equal(wake.calls, 0);
    assert_true(is_alive(newcomer));
    let_die();
    put_down(newcomer);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.error, 0);
    rl_victim_watch_free(watch);
    close(fd);
}

static void test_newcomer_lives(void **state)
{
    newcomer_lives(state);
}

/* Without cgroup.kill the freeze is given up first, which the hanging one never gets to. */
static void test_newcomer_lives_without_cgroup_kill(void **state)
{
    newcomer_lives(state);
}

/* One by one, and one of them hangs: the wait lasts until he is gone, and nothing else does. */
static void test_undying_process(void **state)
{
    struct fixture *f = *state;
    int fd = make("a");
    pid_t other = spawn_in(fd, child_ignores_term);
    struct rl_target targets[] = {target_of(spawn_undying(fd)), target_of(other)};
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    assert_int_equal(
        rl_kill_processes(f->killer, targets, 2, SIGKILL, on_gone, &wake, &watch, &result), 0);
    run_for(f->event, 300);
    assert_int_equal(died_of(other), SIGKILL);
    assert_int_equal(wake.calls, 0);
    let_die();
    assert_true(run_until(f->event, &wake.gone));
    rl_victim_watch_free(watch);
    close(fd);
}

/* What a later wait finds in the place of an earlier one that was given up. */
static void test_given_up(void **state)
{
    struct fixture *f = *state;
    int fd = make("a"), next = make("b");
    pid_t second = spawn_in(next, child_ignores_term);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0}, wake2 = {0};

    spawn_undying(fd);
    assert_int_equal(strike(f, fd, &wake, &watch, &result), 0);
    run_for(f->event, 200);
    watch = rl_victim_watch_free(watch);
    assert_int_equal(strike(f, next, &wake2, &watch, &result), 0);
    assert_true(run_until(f->event, &wake2.gone));
    assert_int_equal(died_of(second), SIGKILL);
    let_die();
    run_for(f->event, 200);
    assert_int_equal(wake.calls, 0);
    assert_int_equal(wake2.calls, 1);
    rl_victim_watch_free(watch);
    close(fd);
    close(next);
}

static int run_all(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_recreated_cgroup, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recreated_during_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_recreated_around_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threaded_process, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moved_below, setup, teardown),
        cmocka_unit_test_setup_teardown(test_threaded_within, setup, teardown),
        cmocka_unit_test_setup_teardown(
            test_threaded_within_without_cgroup_kill, setup_without_cgroup_kill, teardown),
        cmocka_unit_test_setup_teardown(test_threaded_search, setup, teardown),
        cmocka_unit_test_setup_teardown(test_newcomer_lives, setup, teardown_undying),
        cmocka_unit_test_setup_teardown(
            test_newcomer_lives_without_cgroup_kill, setup_without_cgroup_kill, teardown_undying),
        cmocka_unit_test_setup_teardown(test_undying_process, setup, teardown_undying),
        cmocka_unit_test_setup_teardown(test_given_up, setup, teardown_undying),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "threads") == 0)
        return threads_main(argv[2]);
    return run_in_cgroup(run_all);
}
