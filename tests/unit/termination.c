/* The terminationMessagePath file of a container: which one it is, and what is never touched. */
#include "tests/unit/unit.h"

#include <stdbool.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "daemon/relieve/termination.h"
#include "tests/unit/folder.h"

#define UID    "6d0b5c3e-1111-2222-3333-444455556666"
#define WEB    UID "/containers/web"
#define FILE_A WEB "/0123abcd"
#define FILE_B WEB "/9876fedc"
#define TEXT   "reliefd: killed"

static struct folder folder;

static int setup(void **state)
{
    (void)state;
    folder_new(&folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    folder_free(&folder);
    return 0;
}

static uint64_t now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_REALTIME, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static int tell_of(const char *uid, const char *container, uint64_t wall_us, const char *text)
{
    struct rl_termination what = {.wall_us = wall_us};

    snprintf(what.uid, sizeof(what.uid), "%s", uid);
    snprintf(what.container, sizeof(what.container), "%s", container);
    snprintf(what.text, sizeof(what.text), "%s", text);
    return rl_termination_write(folder.fd, &what);
}

static int tell(void)
{
    return tell_of(UID, "web", now_us() + 1000000, TEXT);
}

static void expect_text(const char *file, const char *expected)
{
    char text[8192];
    int fd = openat(folder.fd, file, O_RDONLY | O_CLOEXEC);
    ssize_t n;

    assert_true(fd >= 0);
    n = read(fd, text, sizeof(text) - 1);
    assert_true(n >= 0);
    text[n] = '\0';
    close(fd);
    assert_string_equal(text, expected);
}

static void test_appends(void **state)
{
    folder_write(&folder, FILE_A, "");
    assert_int_equal(tell(), RL_TERMINATION_DONE);
    expect_text(FILE_A, TEXT "\n");
    folder_write(&folder, FILE_A, "its own words");
    assert_int_equal(tell(), RL_TERMINATION_DONE);
    expect_text(FILE_A, "its own words\n" TEXT "\n");
}

static void test_which_container(void **state)
{
    static const char *const wrong[] = {"db", "", "..", ".", "web/../web", "WEB", "/", "web/"};
    static const char *const wrong_uids[] = {"", ".", "..", "x", UID "/.", "../" UID, "/" UID};

    assert_int_equal(tell(), RL_TERMINATION_NO_FILE);
    folder_write(&folder, FILE_A, "");
    folder_write(&folder, UID "/containers/side/01234567", "");
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(tell_of(UID, wrong[i], now_us() + 1000000, TEXT), RL_TERMINATION_NO_FILE);
    for (size_t i = 0; i < sizeof(wrong_uids) / sizeof(wrong_uids[0]); i++)
        assert_int_equal(
            tell_of(wrong_uids[i], "web", now_us() + 1000000, TEXT), RL_TERMINATION_NO_FILE);
    expect_text(FILE_A, "");
    expect_text(UID "/containers/side/01234567", "");
}

/* The pod's only container needs no name. */
static void test_only_container(void **state)
{
    folder_write(&folder, FILE_A, "");
    assert_int_equal(tell_of(UID, "", now_us() + 1000000, TEXT), RL_TERMINATION_DONE);
    expect_text(FILE_A, TEXT "\n");
}

/* Each start has a file of its own. */
static void test_which_start(void **state)
{
    uint64_t between;

    folder_write(&folder, FILE_B, "");
    usleep(50000); /* times of files tick coarsely */
    between = now_us();
    usleep(50000);
    folder_write(&folder, FILE_A, "");
    assert_int_equal(tell_of(UID, "web", between, "first"), RL_TERMINATION_DONE);
    expect_text(FILE_A, "");
    expect_text(FILE_B, "first\n");
    assert_int_equal(tell(), RL_TERMINATION_DONE);
    expect_text(FILE_A, TEXT "\n");
    expect_text(FILE_B, "first\n");
    assert_int_equal(tell_of(UID, "web", 1, TEXT), RL_TERMINATION_NO_FILE);
}

/* In whatever order the folder lists them. */
static void test_newest_of_many(void **state)
{
    char path[256], text[32], others[32];

    for (int i = 0; i < 8; i++) {
        snprintf(path, sizeof(path), WEB "/%08x", (unsigned)i * 2654435761u);
        folder_write(&folder, path, "");
        snprintf(text, sizeof(text), "start %d", i);
        assert_int_equal(tell_of(UID, "web", now_us() + 1000000, text), RL_TERMINATION_DONE);
        snprintf(others, sizeof(others), "start %d\n", i);
        expect_text(path, others);
        usleep(20000); /* times of files tick coarsely */
    }
}

static void test_other_files(void **state)
{
    static const char *const names[] = {
        "0123abc", "0123abcde", "0123abcg", "0123ABCD", ".123abcd", "sock"};
    char path[256];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), WEB "/%s", names[i]);
        folder_write(&folder, path, "");
    }
    assert_int_equal(tell(), RL_TERMINATION_NO_FILE);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), WEB "/%s", names[i]);
        expect_text(path, "");
    }
}

/* Never more than a kubelet reads, whatever stands there. */
static void test_full(void **state)
{
    static const size_t sizes[] = {0, 1, 4000, 4078, 4079, 4080, 4096, 4097};
    char text[8192], after[8192];
    int fd;

    memset(text, 'x', sizeof(text));
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        /* A line feed before, if there is anything, and one behind. */
        size_t line = sizeof(TEXT) - 1 + 1 + (sizes[i] > 0);
        bool fits = sizes[i] + line <= RL_TERMINATION_MAX;

        folder_write_bytes(&folder, FILE_A, text, sizes[i]);
        assert_int_equal(tell(), fits ? RL_TERMINATION_DONE : RL_TERMINATION_FULL);
        snprintf(after, sizeof(after), "%.*s%s", (int)sizes[i], text,
            !fits          ? ""
            : sizes[i] > 0 ? "\n" TEXT "\n"
                           : TEXT "\n");
        expect_text(FILE_A, after);
    }
    fd = openat(folder.fd, FILE_A, O_WRONLY | O_TRUNC | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, (off_t)1 << 40), 0); /* as large as can be, and empty */
    close(fd);
    assert_int_equal(tell(), RL_TERMINATION_FULL);
}

static void test_fills_up(void **state)
{
    struct stat st;
    int r, n = 0;

    folder_write(&folder, FILE_A, "");
    while ((r = tell()) == RL_TERMINATION_DONE)
        n++;
    assert_int_equal(r, RL_TERMINATION_FULL);
    assert_true(n > 100);
    assert_int_equal(fstatat(folder.fd, FILE_A, &st, 0), 0);
    assert_true(st.st_size <= RL_TERMINATION_MAX);
}

/* ---- attacks ---- */

static void test_symlink(void **state)
{
    folder_write(&folder, "secret", "");
    folder_link(&folder, FILE_A, "../../../secret");
    assert_int_equal(tell(), RL_TERMINATION_STRANGE);
    expect_text("secret", "");
}

static void test_absolute_symlink(void **state)
{
    char target[128];

    folder_write(&folder, "secret", "");
    snprintf(target, sizeof(target), "%s/secret", folder.path);
    folder_link(&folder, FILE_A, target);
    assert_int_equal(tell(), RL_TERMINATION_STRANGE);
    expect_text("secret", "");
}

/* Anywhere on the way. */
static void test_symlinked_folders(void **state)
{
    static const struct {
        const char *link, *target;
    } rows[] = {
        {UID, "real"},
        {UID "/containers", "../real/containers"},
        {WEB, "../../real/containers/web"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        folder_write(&folder, "real/containers/web/0123abcd", "");
        folder_link(&folder, rows[i].link, rows[i].target);
        assert_int_equal(tell(), RL_TERMINATION_STRANGE);
        expect_text("real/containers/web/0123abcd", "");
        assert_int_equal(unlinkat(folder.fd, rows[i].link, 0), 0);
    }
}

static void test_hard_link(void **state)
{
    folder_write(&folder, "secret", "");
    folder_parents(&folder, FILE_A);
    assert_int_equal(linkat(folder.fd, "secret", folder.fd, FILE_A, 0), 0);
    assert_int_equal(tell(), RL_TERMINATION_STRANGE);
    expect_text("secret", "");
}

/* Nobody reads, and nobody must wait for that; with a reader nothing arrives. */
static void test_fifo(void **state)
{
    char byte;
    int fd;

    folder_parents(&folder, FILE_A);
    assert_int_equal(mkfifoat(folder.fd, FILE_A, 0666), 0);
    assert_int_equal(tell(), RL_TERMINATION_STRANGE);
    fd = openat(folder.fd, FILE_A, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(tell(), RL_TERMINATION_STRANGE);
    assert_int_equal(read(fd, &byte, 1), 0);
    close(fd);
}

static void test_device(void **state)
{
    folder_parents(&folder, FILE_A);
    if (mknodat(folder.fd, FILE_A, S_IFCHR | 0666, makedev(1, 7)) < 0) /* /dev/full */
        skip();
    assert_int_equal(tell(), RL_TERMINATION_STRANGE);
}

static void test_folder_instead(void **state)
{
    folder_parents(&folder, FILE_A "/x");
    assert_int_equal(tell(), RL_TERMINATION_STRANGE);
    folder_write(&folder, "x", "");
    assert_int_equal(tell_of("", "web", now_us(), TEXT), RL_TERMINATION_NO_FILE);
}

/* One strange entry does not hide the true one. */
static void test_beside_strange_ones(void **state)
{
    folder_write(&folder, "secret", "");
    folder_link(&folder, FILE_B, "../../../secret");
    folder_write(&folder, FILE_A, "");
    assert_int_equal(tell(), RL_TERMINATION_DONE);
    expect_text(FILE_A, TEXT "\n");
    expect_text("secret", "");
}

int main(void)
{
#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    static const struct CMUnitTest tests[] = {
        TEST(test_appends),
        TEST(test_which_container),
        TEST(test_only_container),
        TEST(test_which_start),
        TEST(test_newest_of_many),
        TEST(test_other_files),
        TEST(test_full),
        TEST(test_fills_up),
        TEST(test_symlink),
        TEST(test_absolute_symlink),
        TEST(test_symlinked_folders),
        TEST(test_hard_link),
        TEST(test_fifo),
        TEST(test_device),
        TEST(test_folder_instead),
        TEST(test_beside_strange_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
