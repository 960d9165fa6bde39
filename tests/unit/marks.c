#include "tests/unit/unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "daemon/observe/marks.h"
#include "daemon/relieve/told.h"

#define NOBODY 65534

static char base[4096];

/* A folder where extended attributes of that kind work: a cgroup, else one of a file system. */
static bool prepare_in(const char *where)
{
    snprintf(base, sizeof(base), "%s/reliefd-marks-%d", where, (int)getpid());
    if (mkdir(base, 0755) < 0)
        return false;
    if (setxattr(base, "user.oomd_probe", "1", 1, 0) == 0)
        return removexattr(base, "user.oomd_probe") == 0;
    rmdir(base);
    return false;
}

static bool prepare(void)
{
    FILE *file = fopen("/proc/self/mountinfo", "re");
    char line[8192], point[4000];
    bool done = false;

    while (file && !done && fgets(line, sizeof(line), file))
        done = strstr(line, " - cgroup2 ") && sscanf(line, "%*s %*s %*s %*s %3999s", point) == 1 &&
               prepare_in(point);
    if (file)
        fclose(file);
    return done || prepare_in("/tmp") || prepare_in("/var/tmp");
}

static int open_base(void)
{
    int fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static void expect(uid_t ancestor, bool omit, bool avoid)
{
    bool is_omit = !omit, is_avoid = !avoid;
    int fd = open_base();

    assert_int_equal(rl_marks_read(fd, ancestor, &is_omit, &is_avoid), 0);
    close(fd);
    assert_int_equal(is_omit, omit);
    assert_int_equal(is_avoid, avoid);
}

static void mark(const char *name, const char *value, size_t len)
{
    assert_int_equal(setxattr(base, name, value, len, 0), 0);
}

static int clean(void **state)
{
    removexattr(base, "user.oomd_omit");
    removexattr(base, "user.oomd_avoid");
    removexattr(base, "trusted.oomd_omit");
    removexattr(base, "trusted.oomd_avoid");
    removexattr(base, RL_TOLD_OOMS);
    removexattr(base, RL_TOLD_KILL);
    return geteuid() == 0 ? chown(base, 0, 0) : 0;
}

static void test_names(void **state)
{
    expect(0, false, false);
    mark("user.oomd_omit", "1", 1);
    expect(0, true, false);
    mark("user.oomd_avoid", "1", 1);
    expect(0, true, true);
    assert_int_equal(removexattr(base, "user.oomd_omit"), 0);
    expect(0, false, true);
}

static void test_trusted(void **state)
{
    if (setxattr(base, "trusted.oomd_avoid", "1", 1, 0) < 0)
        skip();
    expect(0, false, true);
    mark("trusted.oomd_omit", "1", 1);
    expect(0, true, true);
}

static void test_values(void **state)
{
    static const struct {
        const char *value;
        size_t len;
        bool set;
    } rows[] = {
        {"1", 1, true},
        {"1\n", 2, true},
        {"1\0", 2, true},
        {"yes", 3, true},
        {"TRUE", 4, true},
        {"on", 2, true},
        {"0", 1, false},
        {"no", 2, false},
        {"", 0, false},
        {"11", 2, false},
        {"2", 1, false},
        {"1\0x", 3, false},
        {"1xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", 31, false},
        {"\0", 1, false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mark("user.oomd_avoid", rows[i].value, rows[i].len);
        expect(0, false, rows[i].set);
    }
}

/* Only the cgroup's owner counts, and only root or the owner of the ancestor. */
static void test_owner(void **state)
{
    if (geteuid() != 0)
        skip();
    mark("user.oomd_omit", "1", 1);
    mark("user.oomd_avoid", "1", 1);
    expect(NOBODY, true, true); /* root's, whoever the ancestor belongs to */
    assert_int_equal(chown(base, NOBODY, NOBODY), 0);
    expect(NOBODY, true, true);
    expect(0, false, false);
    expect(1000, false, false);
}

/* A file system without attributes has no marks; a descriptor that is none is an error. */
static void test_none(void **state)
{
    bool omit = true, avoid = true;
    int fd = open("/proc/self", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    assert_int_equal(rl_marks_read(fd, geteuid(), &omit, &avoid), 0);
    assert_false(omit || avoid);
    close(fd);
    omit = avoid = true;
    assert_int_equal(rl_marks_read(-1, 0, &omit, &avoid), -EBADF);
    assert_true(omit && avoid);
}

static void test_removed(void **state)
{
    bool omit = false, avoid = false;
    int fd = open_base(), r;

    mark("user.oomd_omit", "1", 1);
    assert_int_equal(rmdir(base), 0);
    r = rl_marks_read(fd, 0, &omit, &avoid); /* the kernel may answer for it or not */
    assert_true(r == 0 || r == -ENODEV || r == -ENOENT);
    close(fd);
    assert_int_equal(mkdir(base, 0755), 0);
}

static void expect_told(const char *ooms, const char *kill)
{
    char text[32];
    ssize_t n = getxattr(base, RL_TOLD_OOMS, text, sizeof(text));

    assert_int_equal(n, strlen(ooms));
    assert_memory_equal(text, ooms, (size_t)n);
    n = getxattr(base, RL_TOLD_KILL, text, sizeof(text));
    assert_int_equal(n, strlen(kill));
    assert_memory_equal(text, kill, (size_t)n);
}

/* What systemd is told only ever grows. */
static void test_told(void **state)
{
    static const struct {
        const char *ooms, *kill;
        const char *ret_ooms, *ret_kill;
    } rows[] = {
        {"7", "41", "8", "44"},
        {"9\n", "1", "10", "4"},
        {"", "x", "1", "3"},
        {"-1", "1x", "1", "3"},
        {"18446744073709551615", "18446744073709551614", "18446744073709551615",
            "18446744073709551615"},
        {"99999999999999999999999999", "18446744073709551616", "1", "3"},
    };
    int fd = open_base();

    assert_int_equal(rl_told_kill(fd, 0), 0);
    expect_told("1", "1");
    assert_int_equal(rl_told_kill(fd, 12), 0);
    expect_told("2", "13");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        mark(RL_TOLD_OOMS, rows[i].ooms, strlen(rows[i].ooms));
        mark(RL_TOLD_KILL, rows[i].kill, strlen(rows[i].kill));
        assert_int_equal(rl_told_kill(fd, 3), 0);
        expect_told(rows[i].ret_ooms, rows[i].ret_kill);
    }
    close(fd);
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(rl_told_kill(fd, 1) < 0);
    close(fd);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, clean, clean),
        cmocka_unit_test_setup_teardown(test_told, clean, clean),
        cmocka_unit_test_setup_teardown(test_trusted, clean, clean),
        cmocka_unit_test_setup_teardown(test_values, clean, clean),
        cmocka_unit_test_setup_teardown(test_owner, clean, clean),
        cmocka_unit_test_setup_teardown(test_none, clean, clean),
        cmocka_unit_test(test_removed),
    };
    int failed;

    if (!prepare()) {
        fputs("skipped: no file system with user.* attributes can be written to\n", stderr);
        return 77;
    }
    failed = cmocka_run_group_tests(tests, NULL, NULL);
    rmdir(base);
    return failed;
}
