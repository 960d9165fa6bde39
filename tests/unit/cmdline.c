#include "tests/unit/unit.h"

#include "daemon/observe/cmdline.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

/* A /proc of files. A pipe as cmdline holds its reader up for as long as nobody writes to it. */
struct fixture {
    struct folder proc;
    struct rl_cmdline *cmdline;
    size_t fds;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    folder_new(&f->proc);
    f->fds = count_fds();
    assert_int_equal(rl_cmdline_new(f->proc.fd, 0, &f->cmdline), 0);
    *state = f;
    return 0;
}

static void wait_for_fds(size_t n)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (count_fds() != n && now_us() < deadline)
        usleep(1000);
    assert_int_equal(count_fds(), n);
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    f->cmdline = rl_cmdline_free(f->cmdline);
    wait_for_fds(f->fds); /* the threads clean up by themselves */
    folder_free(&f->proc);
    free(f);
    return 0;
}

static void put_stat(const struct fixture *f, int pid, uint64_t start, char process_state)
{
    char name[32], text[512];

    snprintf(name, sizeof(name), "%d/stat", pid);
    snprintf(text, sizeof(text),
        "%d (c) %c 1 1 1 0 -1 4194560 1 1 0 0 1 1 1 1 20 0 1 0 %llu 1000000 200 "
        "18446744073709551615 1 1 1 1 1 1 0 0 0 0 0 0 17 0 0 0 0 0 0 1 1 1 1 1 1 1 0\n",
        pid, process_state, (unsigned long long)start);
    folder_write(&f->proc, name, text);
}

static void put_bytes(
    const struct fixture *f, int pid, uint64_t start, const char *text, size_t len)
{
    char name[32];

    put_stat(f, pid, start, 'S');
    snprintf(name, sizeof(name), "%d/cmdline", pid);
    folder_write_bytes(&f->proc, name, text, len);
}

static void put(const struct fixture *f, int pid, uint64_t start, const char *text)
{
    put_bytes(f, pid, start, text, strlen(text));
}

/* From here on whoever reads it waits. */
static void put_pipe(const struct fixture *f, int pid, uint64_t start)
{
    char name[32];

    put_stat(f, pid, start, 'S');
    snprintf(name, sizeof(name), "%d/cmdline", pid);
    assert_int_equal(mkfifoat(f->proc.fd, name, 0600), 0);
}

/* Let the reader of a pipe go on, with this answer. */
static void answer(const struct fixture *f, int pid, const char *text)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    char name[32];
    int fd;

    snprintf(name, sizeof(name), "%d/cmdline", pid);
    do {
        fd = openat(f->proc.fd, name, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) {
            assert_int_equal(errno, ENXIO); /* nobody reads yet */
            usleep(1000);
        }
    } while (fd < 0 && now_us() < deadline);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

static struct rl_process process_of(int pid, uint64_t start)
{
    return (struct rl_process){.pid = pid, .start_ticks = start, .comm = "c"};
}

/* Ask for one until it is known: how long a thread takes is not ours to say. */
static bool ask_until_known(struct rl_cmdline *cmdline, struct rl_process *process)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    bool known = false;

    while (!known && now_us() < deadline) {
        rl_cmdline_ask(cmdline, process);
        rl_cmdline_wait(cmdline);
        known = rl_cmdline_take(cmdline, process);
    }
    return known;
}

static void expect(struct fixture *f, int pid, uint64_t start, const char *text)
{
    struct rl_process process = process_of(pid, start);

    assert_true(ask_until_known(f->cmdline, &process));
    assert_string_equal(process.cmdline, text);
    assert_true(process.flags & RL_PROCESS_CMDLINE_KNOWN);
}

/* Ask a few times: it must not become known. */
static void expect_unknown(struct fixture *f, struct rl_process process)
{
    for (int i = 0; i < 3; i++) {
        strcpy(process.cmdline, "old");
        process.flags |= RL_PROCESS_CMDLINE_KNOWN;
        rl_cmdline_ask(f->cmdline, &process);
        rl_cmdline_wait(f->cmdline);
        assert_false(rl_cmdline_take(f->cmdline, &process));
        assert_string_equal(process.cmdline, "");
        assert_false(process.flags & RL_PROCESS_CMDLINE_KNOWN);
    }
}

static void test_texts(void **state)
{
    struct fixture *f = *state;
    char longer[600], cut[RL_CMDLINE_MAX];

    memset(longer, 'x', sizeof(longer));
    memset(cut, 'x', sizeof(cut));
    cut[RL_CMDLINE_MAX - 1] = '\0';
    put_bytes(f, 10, 1, "/bin/a\0-b\0c d\0", 14);
    put_bytes(f, 11, 1, "postgres: checkpointer \0\0\0\0\0", 28);
    put_bytes(f, 12, 1, "", 0);
    put_bytes(f, 13, 1, "\0\0\0", 3);
    put_bytes(f, 14, 1, longer, sizeof(longer));
    put_bytes(f, 15, 1, "\0a\0\0b\n\x1b[0m", 10);
    put_bytes(f, 16, 1, longer, RL_CMDLINE_MAX - 1);
    expect(f, 10, 1, "/bin/a -b c d");
    expect(f, 11, 1, "postgres: checkpointer");
    expect(f, 12, 1, "");
    expect(f, 13, 1, "");
    expect(f, 14, 1, cut);
    expect(f, 15, 1, " a  b\n\x1b[0m");
    expect(f, 16, 1, cut);
}

static void test_live(void **state)
{
    struct rl_process process = process_of(getpid(), start_of(getpid()));
    int proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct rl_cmdline *cmdline = NULL;

    assert_true(proc >= 0);
    assert_int_equal(rl_cmdline_new(proc, 0, &cmdline), 0);
    close(proc); /* it has its own */
    assert_true(ask_until_known(cmdline, &process));
    assert_non_null(strstr(process.cmdline, "cmdline"));
    rl_cmdline_free(cmdline);
}

static void test_kernel_thread(void **state)
{
    struct fixture *f = *state;
    struct rl_process process = process_of(2, 1);

    process.flags = RL_PROCESS_KERNEL_THREAD;
    assert_true(rl_cmdline_take(f->cmdline, &process));
    assert_string_equal(process.cmdline, "");
    assert_true(process.flags & RL_PROCESS_CMDLINE_KNOWN);
}

/* Another process of that number, a zombie, nobody. */
static void test_not_the_one(void **state)
{
    struct fixture *f = *state;

    put(f, 10, 5, "right");
    put_stat(f, 11, 5, 'Z');
    folder_write(&f->proc, "11/cmdline", "dead");
    folder_write(&f->proc, "12/cmdline", "no stat");
    expect_unknown(f, process_of(10, 4));
    expect_unknown(f, process_of(11, 5));
    expect_unknown(f, process_of(12, 5));
    expect_unknown(f, process_of(13, 5));
    expect_unknown(f, process_of(0, 5));
    expect(f, 10, 5, "right");
}

/* The comm tells that it has executed another program: what was known then is of no use. */
static void test_exec(void **state)
{
    struct fixture *f = *state;
    struct rl_process process = process_of(10, 1);

    put(f, 10, 1, "before");
    expect(f, 10, 1, "before");
    strcpy(process.comm, "other");
    assert_false(rl_cmdline_take(f->cmdline, &process));
    put(f, 10, 1, "after");
    assert_true(ask_until_known(f->cmdline, &process));
    assert_string_equal(process.cmdline, "after");
}

/* What was answered stays known while the process cannot be asked again. */
static void test_cache(void **state)
{
    struct fixture *f = *state;
    struct rl_process process = process_of(10, 1);

    put(f, 10, 1, "kept");
    expect(f, 10, 1, "kept");
    assert_int_equal(unlinkat(f->proc.fd, "10/cmdline", 0), 0);
    rl_cmdline_ask(f->cmdline, &process);
    rl_cmdline_wait(f->cmdline);
    assert_true(rl_cmdline_take(f->cmdline, &process));
    assert_string_equal(process.cmdline, "kept");
}

/* One who hangs holds nobody else up, is asked once only, and his answer is not lost. */
static void test_one_hangs(void **state)
{
    struct fixture *f = *state;

    put_pipe(f, 10, 1);
    for (int pid = 20; pid < 40; pid++)
        put(f, pid, 1, "well");
    expect_unknown(f, process_of(10, 1));
    for (int pid = 20; pid < 40; pid++)
        expect(f, pid, 1, "well");
    expect_unknown(f, process_of(10, 1));
    answer(f, 10, "late");
    struct rl_process process = process_of(10, 1);
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);
    while (!rl_cmdline_take(f->cmdline, &process) && now_us() < deadline)
        usleep(1000);
    assert_string_equal(process.cmdline, "late"); /* without asking again */
}

/* When all threads hang, nothing is known, and the end is not held up either: teardown lets them go
 * after the free. */
static void test_all_hang(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < RL_CMDLINE_THREADS; i++) {
        put_pipe(f, 10 + i, 1);
        expect_unknown(f, process_of(10 + i, 1));
    }
    put(f, 50, 1, "nobody asks");
    expect_unknown(f, process_of(50, 1));
    f->cmdline = rl_cmdline_free(f->cmdline);
    assert_true(count_fds() > f->fds); /* they still hold theirs */
    for (int i = 0; i < RL_CMDLINE_THREADS; i++)
        answer(f, 10 + i, "late");
}

/* More than fit: everyone may be asked for, nothing is mixed up. */
static void test_many(void **state)
{
    struct fixture *f = *state;
    const int n = RL_CMDLINE_LEAST + 500;
    struct rl_candidate *candidates = calloc((size_t)n, sizeof(*candidates));
    int known = 0;

    assert_non_null(candidates);
    for (int i = 0; i < n; i++) {
        char text[32];

        snprintf(text, sizeof(text), "process %d", 100 + i);
        put(f, 100 + i, (uint64_t)i, text);
        candidates[i].process = process_of(100 + i, (uint64_t)i);
    }
    for (int round = 0; round < 5; round++) {
        rl_cmdline_fill(f->cmdline, candidates, (size_t)n);
        known = 0;
        for (int i = 0; i < n; i++) {
            char text[32];

            snprintf(text, sizeof(text), "process %d", 100 + i);
            if (candidates[i].process.flags & RL_PROCESS_CMDLINE_KNOWN) {
                assert_string_equal(candidates[i].process.cmdline, text);
                known++;
            }
        }
    }
    assert_true(known > 0);
    free(candidates);
}

static size_t known_of(struct fixture *f, struct rl_candidate *candidates, size_t n)
{
    size_t known = 0;

    rl_cmdline_fill(f->cmdline, candidates, n);
    for (size_t i = 0; i < n; i++)
        known += (candidates[i].process.flags & RL_PROCESS_CMDLINE_KNOWN) != 0;
    return known;
}

/* A larger cache knows more of them at once; and it begins empty. */
static void test_grow(void **state)
{
    struct fixture *f = *state;
    const size_t n = 4 * RL_CMDLINE_LEAST;
    struct rl_candidate *candidates = calloc(n, sizeof(*candidates));

    assert_non_null(candidates);
    for (size_t i = 0; i < n; i++) {
        put(f, 100 + (int)i, i, "some process");
        candidates[i].process = process_of(100 + (int)i, i);
    }
    for (int round = 0; round < 5; round++)
        assert_true(known_of(f, candidates, n) <= RL_CMDLINE_LEAST);
    assert_int_equal(rl_cmdline_grow(f->cmdline, 1), 0); /* nothing to do: nothing is forgotten */
    assert_true(rl_cmdline_take(f->cmdline, &candidates[n - 1].process) ||
                known_of(f, candidates + n - 1, 1) == 1);
    while (rl_cmdline_grow(f->cmdline, RL_CMDLINE_MOST) == -EBUSY)
        usleep(1000);
    assert_false(rl_cmdline_take(f->cmdline, &candidates[n - 1].process));
    /* Each round asks for more; how many it takes depends on the machine. */
    for (int round = 0; round < 10000 && known_of(f, candidates, n) < n / 2; round++)
        usleep(1000);
    assert_true(known_of(f, candidates, n) >= n / 2);
    free(candidates);
}

/* A reader that hangs holds on to its entry: the cache under it stays. */
static void test_grow_while_reading(void **state)
{
    struct fixture *f = *state;
    struct rl_candidate one = {.process = process_of(10, 1)};

    put_pipe(f, 10, 1);
    rl_cmdline_fill(f->cmdline, &one, 1);
    assert_int_equal(rl_cmdline_grow(f->cmdline, RL_CMDLINE_MOST), -EBUSY);
    answer(f, 10, "late");
}

static void test_null(void **state)
{
    struct rl_cmdline *cmdline = NULL;

    assert_null(rl_cmdline_free(NULL));
    assert_int_equal(rl_cmdline_new(-1, 0, &cmdline), -EBADF);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kernel_thread, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_the_one, setup, teardown),
        cmocka_unit_test_setup_teardown(test_exec, setup, teardown),
        cmocka_unit_test_setup_teardown(test_cache, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_hangs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_all_hang, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_grow, setup, teardown),
        cmocka_unit_test_setup_teardown(test_grow_while_reading, setup, teardown),
        cmocka_unit_test(test_live),
        cmocka_unit_test(test_null),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
