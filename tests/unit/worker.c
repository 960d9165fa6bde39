#include "tests/unit/unit.h"

#include <pthread.h>
#include <sys/stat.h>

#include "daemon/relieve/worker.h"
#include "tests/unit/victims.h"

struct fixture {
    sd_event *event;
    struct rl_worker *worker;
    char dir[64];
    int dir_fd;
    size_t fds;       /* open before all */
    size_t no_worker; /* open before the worker */
};

/* Completions as they came. */
struct log {
    size_t n;
    struct entry {
        size_t number;
        int result;
    } entries[4 * RL_WORKER_JOBS];
    size_t wanted;
    bool complete;
};

struct order {
    struct log *log;
    size_t number;
};

static void on_order(void *userdata, int result, uint64_t took_us)
{
    struct order *order = userdata;
    struct log *log = order->log;

    assert_true(log->n < sizeof(log->entries) / sizeof(log->entries[0]));
    assert_true(took_us < PATIENCE_S * UINT64_C(1000000));
    log->entries[log->n++] = (struct entry){order->number, result};
    log->complete = log->n >= log->wanted;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->fds = count_fds();
    strcpy(f->dir, "/tmp/reliefd-worker-XXXXXX");
    assert_non_null(mkdtemp(f->dir));
    f->dir_fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->dir_fd >= 0);
    assert_int_equal(mkfifoat(f->dir_fd, "fifo", 0600), 0);
    assert_int_equal(sd_event_new(&f->event), 0);
    f->no_worker = count_fds();
    assert_int_equal(rl_worker_new(f->event, &f->worker), 0);
    *state = f;
    return 0;
}

/* Nothing may be left open, also not by a job that nobody waited for. */
static int teardown(void **state)
{
    static const char *const files[] = {"fifo", "a", "b"};
    struct fixture *f = *state;

    f->worker = rl_worker_free(f->worker);
    sd_event_unref(f->event);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        unlinkat(f->dir_fd, files[i], 0);
    close(f->dir_fd);
    assert_int_equal(rmdir(f->dir), 0);
    assert_int_equal(count_fds(), f->fds);
    free(f);
    return 0;
}

static void make_file(const struct fixture *f, const char *name)
{
    int fd = openat(f->dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    assert_true(fd >= 0);
    close(fd);
}

static void assert_text(const struct fixture *f, const char *name, const char *expected)
{
    char text[256];

    assert_true(rl_read_at(f->dir_fd, name, text, sizeof(text)) >= 0);
    assert_string_equal(text, expected);
}

/* The thread waits in open() until somebody reads from the pipe. */
static void block(struct fixture *f, rl_done_fn done, void *userdata)
{
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "fifo", "x", done, userdata), 0);
}

static int release(const struct fixture *f)
{
    int fd = openat(f->dir_fd, "fifo", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void test_write_arrives(void **state)
{
    struct fixture *f = *state;
    struct log log = {.wanted = 1};
    struct order order = {&log, 7};

    make_file(f, "a");
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "a", "max", on_order, &order), 0);
    assert_true(run_until(f->event, &log.complete));
    run_idle(f->event);
    assert_int_equal(log.n, 1);
    assert_int_equal(log.entries[0].number, 7);
    assert_int_equal(log.entries[0].result, 0);
    assert_text(f, "a", "max");
}

/* Errors of the job come back as they are; nothing is created, no link is followed. */
static void test_write_fails(void **state)
{
    struct fixture *f = *state;
    static const struct {
        const char *name;
        int result;
    } rows[] = {{"missing", -ENOENT}, {"b", -ELOOP}, {".", -EISDIR}, {"a/b", -ENOTDIR}};
    struct stat st;

    make_file(f, "a");
    assert_int_equal(symlinkat("a", f->dir_fd, "b"), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct log log = {.wanted = 1};
        struct order order = {&log, i};

        assert_int_equal(
            rl_worker_write(f->worker, f->dir_fd, rows[i].name, "1", on_order, &order), 0);
        assert_true(run_until(f->event, &log.complete));
        assert_int_equal(log.entries[0].result, rows[i].result);
    }
    assert_text(f, "a", "");
    assert_int_equal(fstatat(f->dir_fd, "missing", &st, 0), -1);
}

static void test_write_too_long(void **state)
{
    struct fixture *f = *state;
    char name[RL_JOB_NAME_MAX + 1], text[RL_JOB_TEXT_MAX + 1];

    memset(name, 'n', sizeof(name));
    memset(text, 't', sizeof(text));
    name[RL_JOB_NAME_MAX] = text[RL_JOB_TEXT_MAX] = '\0';
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, name, "1", NULL, NULL), -ENAMETOOLONG);
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "a", text, NULL, NULL), -EMSGSIZE);
    assert_int_equal(rl_worker_write(f->worker, -1, "a", "1", NULL, NULL), -EBADF);

    /* One less fits. */
    make_file(f, "a");
    text[RL_JOB_TEXT_MAX - 1] = '\0';
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "a", text, NULL, NULL), 0);
    f->worker = rl_worker_free(f->worker);
    assert_text(f, "a", text);
}

static void test_full_ring(void **state)
{
    struct fixture *f = *state;
    struct log log = {.wanted = RL_WORKER_JOBS};
    struct order orders[RL_WORKER_JOBS];
    size_t fds;
    int fd;

    make_file(f, "a");
    for (size_t i = 0; i < RL_WORKER_JOBS; i++)
        orders[i] = (struct order){&log, i};
    block(f, on_order, &orders[0]);
    for (size_t i = 1; i < RL_WORKER_JOBS; i++)
        assert_int_equal(rl_worker_write(f->worker, f->dir_fd, i % 2 ? "a" : "missing", "1",
                             on_order, &orders[i]),
            0);
    fds = count_fds();
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "a", "1", on_order, orders), -EAGAIN);
    assert_int_equal(count_fds(), fds);
    run_idle(f->event);
    assert_int_equal(log.n, 0);

    fd = release(f);
    assert_true(run_until(f->event, &log.complete));
    close(fd);
    for (size_t i = 0; i < RL_WORKER_JOBS; i++) {
        assert_int_equal(log.entries[i].number, i);
        assert_int_equal(log.entries[i].result, i % 2 || i == 0 ? 0 : -ENOENT);
    }
    log.complete = false;
    log.wanted++;
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "a", "1", on_order, orders), 0);
    assert_true(run_until(f->event, &log.complete));
}

/* A job that submits the next one, until the ring has gone round many times. */
struct chain {
    struct fixture *f;
    unsigned left;
    bool complete;
    int unexpected;
};

static int run_nothing(const struct rl_job *job)
{
    return -(int)job->text[0];
}

static void on_chain(void *userdata, int result, uint64_t took_us)
{
    struct chain *chain = userdata;
    struct rl_job job = {.run = run_nothing, .fds = {-1, -1}};

    chain->unexpected += result != -(int)(chain->left % 100);
    if (--chain->left == 0) {
        chain->complete = true;
        return;
    }
    job.text[0] = (char)(chain->left % 100);
    assert_int_equal(rl_worker_submit(chain->f->worker, &job, on_chain, chain), 0);
}

static void test_many_jobs(void **state)
{
    struct chain chain = {.f = *state, .left = 100 * RL_WORKER_JOBS};
    struct rl_job job = {.run = run_nothing, .fds = {-1, -1}};

    job.text[0] = (char)(chain.left % 100);
    assert_int_equal(rl_worker_submit(chain.f->worker, &job, on_chain, &chain), 0);
    assert_true(run_until(chain.f->event, &chain.complete));
    assert_int_equal(chain.unexpected, 0);
}

static void test_forget(void **state)
{
    struct fixture *f = *state;
    struct log dropped = {.wanted = 1}, kept = {.wanted = 2};
    struct order drop = {&dropped, 0}, keep = {&kept, 1};
    int fd;

    make_file(f, "a");
    make_file(f, "b");
    block(f, on_order, &drop);
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "a", "kept", on_order, &keep), 0);
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "b", "dropped", on_order, &drop), 0);
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "missing", "", on_order, &keep), 0);
    rl_worker_forget(f->worker, &drop);
    fd = release(f);
    assert_true(run_until(f->event, &kept.complete));
    close(fd);
    assert_int_equal(dropped.n, 0);
    assert_text(f, "a", "kept");
    assert_text(f, "b", "dropped"); /* carried out all the same */
}

/* What was submitted is done before the end, without callbacks. */
static void test_free_drains(void **state)
{
    struct fixture *f = *state;
    struct log log = {.wanted = 1};
    struct order order = {&log, 0};

    make_file(f, "a");
    make_file(f, "b");
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "a", "first", on_order, &order), 0);
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "b", "second", on_order, &order), 0);
    f->worker = rl_worker_free(f->worker);
    assert_text(f, "a", "first");
    assert_text(f, "b", "second");
    run_idle(f->event);
    assert_int_equal(log.n, 0);
}

/* A thread that hangs does not hang us; when it comes back it cleans up, and does no more jobs. */
static void test_free_leaves_hanging_thread(void **state)
{
    struct fixture *f = *state;
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    int fd;

    make_file(f, "a");
    block(f, NULL, NULL);
    assert_int_equal(rl_worker_write(f->worker, f->dir_fd, "a", "late", NULL, NULL), 0);
    f->worker = rl_worker_free(f->worker);
    assert_true(count_fds() > f->no_worker); /* it still holds its own */

    fd = release(f);
    while (count_fds() > f->no_worker + 1 && now_us() < deadline)
        usleep(1000);
    assert_int_equal(count_fds(), f->no_worker + 1); /* fd */
    close(fd);
    assert_text(f, "a", "");
}

static sigset_t thread_mask;

static int run_mask(const struct rl_job *job)
{
    return -pthread_sigmask(SIG_SETMASK, NULL, &thread_mask);
}

static void test_signals_are_blocked(void **state)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP, SIGCHLD, SIGUSR1, SIGPIPE, SIGALRM};
    struct fixture *f = *state;
    struct rl_job job = {.run = run_mask, .fds = {-1, -1}};
    sigset_t own;

    assert_int_equal(rl_worker_submit(f->worker, &job, NULL, NULL), 0);
    f->worker = rl_worker_free(f->worker);
    assert_int_equal(pthread_sigmask(SIG_SETMASK, NULL, &own), 0);
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        assert_int_equal(sigismember(&thread_mask, signals[i]), 1);
        assert_int_equal(sigismember(&own, signals[i]), 0); /* and ours are as they were */
    }
}

static void test_free_null(void **state)
{
    assert_null(rl_worker_free(NULL));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_write_arrives, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(test_write_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(test_full_ring, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many_jobs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_forget, setup, teardown),
        cmocka_unit_test_setup_teardown(test_free_drains, setup, teardown),
        cmocka_unit_test_setup_teardown(test_free_leaves_hanging_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(test_signals_are_blocked, setup, teardown),
        cmocka_unit_test(test_free_null),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
