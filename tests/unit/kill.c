#include "tests/unit/unit.h"

#include <pthread.h>
#include <sys/capability.h>
#include <sys/syscall.h>

#include "daemon/relieve/watch.h"
#include "tests/unit/killer.h"

/* Stands in for libc's, to see that nothing is sent where nothing may be. */
static unsigned signals_sent;

int pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned int flags);
int pidfd_send_signal(int pidfd, int signal, siginfo_t *info, unsigned int flags)
{
    signals_sent++;
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, info, flags);
}

static void test_terminate(void **state)
{
    struct fixture *f = *state;
    pid_t pid = spawn(child_dies_of_term);
    struct rl_target target = target_of(pid);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    uint64_t before = now_us();

    assert_int_equal(send(f, &target, 1, SIGTERM, &wake, &watch, &result), 0);
    assert_result(&result, 1, 0, 0, 0);
    assert_non_null(watch);
    assert_int_equal(wake.calls, 0); /* never from within */
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(died_of(pid), SIGTERM);
    run_idle(f->event);
    assert_int_equal(wake.calls, 1);
    assert_int_equal(wake.error, 0);
    assert_true(wake.gone_us >= before && wake.gone_us <= now_us());
    assert_null(rl_victim_watch_free(watch));
}

/* Who ignores SIGTERM is killed through the pidfd that the first signal opened. */
static void test_terminate_then_kill(void **state)
{
    struct fixture *f = *state;

    for (int named = 0; named < 2; named++) {
        pid_t pid = spawn(child_ignores_term);
        struct rl_target target = target_of(pid);
        struct rl_victim_watch *watch = NULL, *first;
        struct rl_kill_result result;
        struct wake wake = {0}, second = {0};

        assert_int_equal(send(f, &target, 1, SIGTERM, &wake, &watch, &result), 0);
        first = watch;
        run_idle(f->event);
        assert_int_equal(wake.calls, 0);
        assert_true(is_alive(pid));

        assert_int_equal(
            send(f, named ? &target : NULL, (size_t)named, SIGKILL, &second, &watch, &result), 0);
        assert_ptr_equal(watch, first);
        assert_result(&result, 1, 0, 0, 0);
        assert_true(run_until(f->event, &second.gone));
        assert_int_equal(died_of(pid), SIGKILL);
        assert_int_equal(second.calls, 1);
        assert_int_equal(wake.calls, 0); /* the second call took over */
        rl_victim_watch_free(watch);
    }
}

/* A process that appeared between the two signals dies with the rest. */
static void test_kill_adds_members(void **state)
{
    struct fixture *f = *state;
    pid_t old = spawn(child_ignores_term), new = spawn(child_dies_of_term);
    struct rl_target targets[] = {target_of(old), target_of(new)};
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    assert_int_equal(send(f, targets, 1, SIGTERM, &wake, &watch, &result), 0);
    assert_int_equal(send(f, &targets[1], 1, SIGKILL, &wake, &watch, &result), 0);
    assert_result(&result, 2, 0, 0, 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(died_of(old), SIGKILL);
    assert_int_equal(died_of(new), SIGKILL);
    run_idle(f->event);
    assert_int_equal(wake.calls, 1);
    rl_victim_watch_free(watch);
}

/* The victim dies of the first signal before the second is sent: that one says so, and the wait of
 * the first goes on to its end. */
static void test_gone_before_kill(void **state)
{
    struct fixture *f = *state;
    pid_t pid = spawn(child_dies_of_term);
    struct rl_target target = target_of(pid);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0}, second = {0};
    siginfo_t info;

    assert_int_equal(send(f, &target, 1, SIGTERM, &wake, &watch, &result), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(send(f, &target, 1, SIGKILL, &second, &watch, &result), -ESRCH);
    assert_result(&result, 0, 1, 0, 0);
    assert_non_null(watch);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(second.calls, 0);
    assert_int_equal(died_of(pid), SIGTERM);

    /* and after that nothing is held any more */
    assert_int_equal(send(f, NULL, 0, SIGKILL, &second, &watch, &result), -ESRCH);
    assert_result(&result, 0, 0, 0, 0);
    run_idle(f->event);
    assert_int_equal(wake.calls + second.calls, 1);
    rl_victim_watch_free(watch);
}

static pid_t find_kernel_thread(void)
{
    DIR *dir = opendir("/proc");
    struct dirent *entry;
    pid_t found = 0;

    assert_non_null(dir);
    while (found == 0 && (entry = readdir(dir))) {
        struct rl_process process = {0};
        char name[300], text[2048], state;

        snprintf(name, sizeof(name), "%s/stat", entry->d_name);
        if (atoi(entry->d_name) > 1 && rl_read_at(dirfd(dir), name, text, sizeof(text)) > 0 &&
            rl_parse_stat(text, &process, &state) == 0 && process.flags & RL_PROCESS_KERNEL_THREAD)
            found = process.pid;
    }
    closedir(dir);
    return found;
}

/* Signal 0 would be the honest try here, but it is refused; SIGCONT harms nobody. */
static void test_never(void **state)
{
    struct fixture *f = *state;
    pid_t thread = find_kernel_thread();
    const struct {
        const char *what;
        pid_t pid;
        bool skip;
    } rows[] = {
        {"a process group", -getpid(), false},
        {"everybody", -1, false},
        {"the own group", 0, false},
        {"PID 1", 1, false},
        {"itself", getpid(), false},
        {"its parent", getppid(), getppid() == 0},
        {"a kernel thread", thread, thread == 0},
    };

    signals_sent = 0;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_target target = {.pid = rows[i].pid};
        struct rl_victim_watch *watch = NULL;
        struct rl_kill_result result;
        struct wake wake = {0};

        if (rows[i].skip)
            continue;
        if (rows[i].pid > 0)
            target.start_ticks = start_of(rows[i].pid);
        if (send(f, &target, 1, SIGCONT, &wake, &watch, &result) != -EPERM)
            fail_msg("%s was not refused", rows[i].what);
        assert_result(&result, 0, 0, 1, 0);
        assert_null(watch);
    }
    assert_int_equal(signals_sent, 0);
}

static int kill_grandparent(const struct rl_target *target)
{
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct rl_killer *killer;
    sd_event *event;
    int r;

    if (sd_event_new(&event) < 0)
        return 2;
    killer = new_killer(event, open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    r = rl_kill_processes(killer, target, 1, SIGCONT, on_gone, NULL, &watch, &result);
    return r == -EPERM && result.refused == 1 ? 0 : 1;
}

/* A grandparent, who is no getppid(). Forked while there is no worker thread. */
static void test_never_grandparent(void **state)
{
    struct rl_target target = target_of(getpid());
    int status;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        if (fork() == 0)
            _exit(kill_grandparent(&target));
        wait(&status);
        _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void own_cgroup(char *ret, size_t size)
{
    char text[16384];
    const char *path = NULL;
    int dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(dir >= 0);
    assert_true(rl_read_at(dir, "cgroup", text, sizeof(text)) > 0);
    close(dir);
    if (rl_parse_proc_cgroup(text, &path) < 0)
        path = "";
    snprintf(ret, size, "%s", path);
}

/* The number is right, the process is another one: its time is wrong (the number was used again),
 * or it is not in that cgroup any more. */
static void test_other_identity(void **state)
{
    struct fixture *f = *state;
    char own[4096], below[4200], shorter[4096];
    pid_t pid = spawn(child_dies_of_term);
    struct rl_target right = target_of(pid);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    own_cgroup(own, sizeof(own));
    if (own[0] == '\0') {
        put_down(pid);
        skip();
    }
    snprintf(below, sizeof(below), "%s/x", own);
    snprintf(shorter, sizeof(shorter), "%.*s", (int)strlen(own) - 1, own);

    const struct rl_target wrong[] = {
        {pid, right.start_ticks + 1, NULL, 0},
        {pid, right.start_ticks - 1, NULL, 0},
        {pid, 0, NULL, 0},
        {pid, right.start_ticks, "/no/such/cgroup", 0},
        {pid, right.start_ticks, below, 0},
        {pid, right.start_ticks, shorter, 0},
        {pid, right.start_ticks + 1, own, 0},
    };

    signals_sent = 0;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(send(f, &wrong[i], 1, SIGKILL, &wake, &watch, &result), -ESRCH);
        assert_result(&result, 0, 1, 0, 0);
        assert_null(watch);
    }
    assert_int_equal(signals_sent, 0);
    assert_true(is_alive(pid));

    right.cgroup = own;
    assert_int_equal(send(f, &right, 1, SIGKILL, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(died_of(pid), SIGKILL);
    rl_victim_watch_free(watch);
}

/* Who left the victim's cgroup between the two signals is let go, and not waited for. */
static void test_moved_between_signals(void **state)
{
    struct fixture *f = *state;
    pid_t pid = spawn(child_ignores_term);
    struct rl_target target = target_of(pid);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    assert_int_equal(send(f, &target, 1, SIGTERM, &wake, &watch, &result), 0);
    target.cgroup = "/no/such/cgroup";
    assert_int_equal(send(f, &target, 1, SIGKILL, &wake, &watch, &result), -ESRCH);
    assert_result(&result, 0, 1, 0, 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(wake.calls, 1);
    assert_true(is_alive(pid));
    rl_victim_watch_free(watch);
    put_down(pid);
}

static void test_dead_before(void **state)
{
    struct fixture *f = *state;
    pid_t zombie = spawn(child_dies_of_term), reaped = spawn(child_dies_of_term);
    struct rl_target targets[] = {target_of(zombie), target_of(reaped)};
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    siginfo_t info;

    put_down(reaped);
    assert_int_equal(kill(zombie, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)zombie, &info, WEXITED | WNOWAIT), 0);

    assert_int_equal(send(f, targets, 2, SIGKILL, &wake, &watch, &result), -ESRCH);
    assert_result(&result, 0, 2, 0, 0);
    assert_null(watch);
    assert_int_equal(send(f, NULL, 0, SIGKILL, &wake, &watch, &result), -ESRCH);
    assert_null(watch);
    assert_int_equal(waitpid(zombie, NULL, 0), zombie);
    run_idle(f->event);
    assert_int_equal(wake.calls, 0);
}

/* One of each kind, and one of them twice. */
static void test_mixture(void **state)
{
    struct fixture *f = *state;
    pid_t dead = spawn(child_dies_of_term), alive = spawn(child_dies_of_term);
    struct rl_target targets[] = {target_of(dead), target_of(getpid()), target_of(alive),
        target_of(alive), {.pid = alive, .start_ticks = 1}};
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};

    put_down(dead);
    assert_int_equal(send(f, targets, 5, SIGKILL, &wake, &watch, &result), 0);
    assert_result(&result, 1, 2, 1, 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(died_of(alive), SIGKILL);
    rl_victim_watch_free(watch);
}

static void test_bad_signals(void **state)
{
    static const int signals[] = {0, -1, -SIGKILL, 65, 1000};
    struct fixture *f = *state;
    pid_t pid = spawn(child_dies_of_term);
    struct rl_target target = target_of(pid);
    struct rl_kill_result result;
    struct wake wake = {0};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct rl_victim_watch *watch = NULL;

        assert_int_equal(send(f, &target, 1, signals[i], &wake, &watch, &result), -EINVAL);
        assert_null(watch);
    }
    assert_true(is_alive(pid));
    put_down(pid);
}

/* A /proc that is not ours, here none at all: the numbers mean nothing for kill(2). */
static void test_foreign_proc(void **state)
{
    struct fixture *f = *state;
    char dir[] = "/tmp/reliefd-kill-XXXXXX";
    pid_t pid = spawn(child_dies_of_term);
    struct rl_target target = target_of(pid);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct rl_killer *killer;
    int fd;

    assert_non_null(mkdtemp(dir));
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    killer = new_killer(f->event, fd);
    assert_int_equal(
        rl_kill_processes(killer, &target, 1, SIGKILL, on_gone, NULL, &watch, &result), -EXDEV);
    assert_null(watch);
    assert_true(rl_kill_spares(1, killer)); /* by number, whatever else is unknown */
    rl_killer_free(killer);
    close(fd);
    rmdir(dir);
    assert_true(is_alive(pid));
    put_down(pid);
}

static void become_nobody(void)
{
    if (setgid(65534) < 0 || setuid(65534) < 0)
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static void set_effective(cap_value_t cap, cap_flag_value_t value)
{
    cap_t caps = cap_get_proc();

    assert_non_null(caps);
    assert_int_equal(cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, value), 0);
    assert_int_equal(cap_set_proc(caps), 0);
    cap_free(caps);
}

static void test_not_permitted(void **state)
{
    struct fixture *f = *state;
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    struct rl_target target;
    pid_t pid;
    int r;

    if (geteuid() != 0)
        skip();
    pid = spawn(become_nobody);
    target = target_of(pid);
    set_effective(CAP_KILL, CAP_CLEAR);
    r = send(f, &target, 1, SIGKILL, &wake, &watch, &result);
    set_effective(CAP_KILL, CAP_SET);
    assert_int_equal(r, -EPERM);
    assert_result(&result, 0, 0, 0, EPERM);
    assert_null(watch);
    assert_true(is_alive(pid));
    put_down(pid);
}

/* From within gone: the watch is given back and the next victim killed. */
struct relay {
    struct fixture *f;
    struct rl_target next;
    struct rl_victim_watch *watch;
    struct wake wake;
};

static void on_relay(void *userdata, uint64_t gone_us, int error)
{
    struct relay *relay = userdata;
    struct rl_kill_result result;

    relay->watch = rl_victim_watch_free(relay->watch);
    assert_int_equal(
        send(relay->f, &relay->next, 1, SIGKILL, &relay->wake, &relay->watch, &result), 0);
}

static void test_kill_from_within_gone(void **state)
{
    pid_t first = spawn(child_dies_of_term), second = spawn(child_dies_of_term);
    struct relay relay = {.f = *state, .next = target_of(second)};
    struct rl_target target = target_of(first);
    struct rl_kill_result result;

    assert_int_equal(rl_kill_processes(relay.f->killer, &target, 1, SIGKILL, on_relay, &relay,
                         &relay.watch, &result),
        0);
    assert_true(run_until(relay.f->event, &relay.wake.gone));
    assert_int_equal(died_of(first), SIGKILL);
    assert_int_equal(died_of(second), SIGKILL);
    assert_int_equal(relay.wake.calls, 1);
    rl_victim_watch_free(relay.watch);
}

static void test_watch_free_ends_wait(void **state)
{
    struct fixture *f = *state;
    pid_t pid = spawn(child_dies_of_term);
    struct rl_target target = target_of(pid);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    size_t fds = count_fds();

    assert_int_equal(send(f, &target, 1, SIGTERM, &wake, &watch, &result), 0);
    watch = rl_victim_watch_free(watch);
    assert_int_equal(count_fds(), fds);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    run_idle(f->event);
    assert_int_equal(wake.calls, 0);
    assert_null(rl_victim_watch_free(NULL));
    assert_null(rl_killer_free(NULL));
}

/* The kernel had no memory to nest the pidfd: the timer looks at it. */
static void test_not_nested(void **state)
{
    struct fixture *f = *state;
    pid_t pid = spawn(child_ignores_term);
    struct rl_target target = target_of(pid);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    int epoll_fd, other;

    /* a descriptor on which epoll_ctl() fails stands in the epoll set's place */
    epoll_fd = dup(f->killer->watches[0].epoll_fd);
    other = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(epoll_fd >= 0 && other >= 0);
    assert_int_equal(dup2(other, f->killer->watches[0].epoll_fd), f->killer->watches[0].epoll_fd);
    assert_int_equal(send(f, &target, 1, SIGTERM, &wake, &watch, &result), 0);
    assert_int_equal(
        dup2(epoll_fd, f->killer->watches[0].epoll_fd), f->killer->watches[0].epoll_fd);
    close(epoll_fd);
    close(other);
    assert_ptr_equal(watch, &f->killer->watches[0]);
    assert_false(watch->held[0].nested);

    run_idle(f->event);
    assert_int_equal(wake.calls, 0);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(died_of(pid), SIGKILL);
    assert_int_equal(wake.calls, 1);
    rl_victim_watch_free(watch);
}

static void test_stopped(void **state)
{
    struct fixture *f = *state;
    pid_t pid = spawn(child_dies_of_term);
    struct rl_target target = target_of(pid);
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct wake wake = {0};
    siginfo_t info;

    assert_int_equal(kill(pid, SIGSTOP), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WSTOPPED), 0);
    assert_int_equal(send(f, &target, 1, SIGKILL, &wake, &watch, &result), 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(died_of(pid), SIGKILL);
    rl_victim_watch_free(watch);
}

/* The main thread has exited, another one lives on: a zombie by its looks. Run by exec, since
 * a forked copy of a program with threads may not start any under a sanitizer. */
static void *live_on(void *userdata)
{
    char text[512] = "";

    for (;;) {
        int dir = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        rl_read_at(dir, "stat", text, sizeof(text));
        close(dir);
        if (strstr(text, ") Z "))
            break;
        usleep(1000);
    }
    if (write(STDOUT_FILENO, "z", 1) != 1)
        _exit(1);
    for (;;)
        pause();
    return NULL;
}

static int dead_leader_main(void)
{
    pthread_t thread;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (pthread_create(&thread, NULL, live_on, NULL) != 0)
        return 1;
    pthread_exit(NULL);
}

static void test_dead_leader(void **state)
{
    struct fixture *f = *state;
    struct rl_victim_watch *watch = NULL;
    struct rl_kill_result result;
    struct rl_target target;
    struct wake wake = {0};
    int ready[2];
    char byte;
    pid_t pid;

    assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        dup2(ready[1], STDOUT_FILENO);
        execl("/proc/self/exe", "unit-kill", "dead-leader", (char *)NULL);
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    close(ready[0]);

    target = target_of(pid);
    assert_int_equal(send(f, &target, 1, SIGKILL, &wake, &watch, &result), 0);
    assert_result(&result, 1, 0, 0, 0);
    assert_true(run_until(f->event, &wake.gone));
    assert_int_equal(died_of(pid), SIGKILL);
    rl_victim_watch_free(watch);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_terminate, setup, teardown),
        cmocka_unit_test_setup_teardown(test_terminate_then_kill, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kill_adds_members, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone_before_kill, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never, setup, teardown),
        cmocka_unit_test(test_never_grandparent),
        cmocka_unit_test_setup_teardown(test_other_identity, setup, teardown),
        cmocka_unit_test_setup_teardown(test_moved_between_signals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dead_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_mixture, setup, teardown),
        cmocka_unit_test_setup_teardown(test_bad_signals, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_proc, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_permitted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kill_from_within_gone, setup, teardown),
        cmocka_unit_test_setup_teardown(test_watch_free_ends_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_nested, setup, teardown),
        cmocka_unit_test_setup_teardown(test_stopped, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dead_leader, setup, teardown),
    };

    if (argc == 2 && strcmp(argv[1], "dead-leader") == 0)
        return dead_leader_main();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
