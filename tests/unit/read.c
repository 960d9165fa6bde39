/* Reading files of any length into buffers of fixed size, and the mount table. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/observe/mounts.h"
#include "daemon/observe/read.h"
#include "tests/unit/folder.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void test_mount(void **state)
{
    static const struct {
        const char *line;
        int r;
        const char *path, *type;
        bool local;
    } rows[] = {
        {"41 31 0:38 / /sys/fs/cgroup rw,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate", 0,
            "/sys/fs/cgroup", "cgroup2", false},
        {"41 31 0:38 / /c rw - cgroup2 none memory_localevents", 0, "/c", "cgroup2", true},
        {"41 31 0:38 / /c rw a:1 b:2 - cgroup2 none rw,memory_localevents,x", 0, "/c", "cgroup2",
            true},
        {"41 31 0:38 / /c rw - cgroup2 none rw,no_memory_localevents", 0, "/c", "cgroup2", false},
        {"41 31 0:38 / /a\\040b\\134c\\011d rw - cgroup2 none rw", 0, "/a b\\c\td", "cgroup2",
            false},
        {"41 31 0:38 / /a\\04 rw - t none rw", 0, "/a\\04", "t", false},
        {"41 31 0:38 / /a\\048b\\ rw - t none rw", 0, "/a\\048b\\", "t", false},
        {"41 31 0:38 / /a\\000b rw - t none rw", -EINVAL, NULL, NULL, false},
        {"41 31 0:38 / /c rw shared:4 cgroup2 cgroup2 rw", -EINVAL, NULL, NULL, false},
        {"41 31 0:38 / /c rw - cgroup2 none", -EINVAL, NULL, NULL, false},
        {"41 31 0:38 /", -EINVAL, NULL, NULL, false},
        {"", -EINVAL, NULL, NULL, false},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_mount mount;
        struct rl_span line = {rows[i].line, strlen(rows[i].line)};

        assert_int_equal(rl_mount_parse(line, &mount), rows[i].r);
        if (rows[i].r < 0)
            continue;
        assert_string_equal(mount.path, rows[i].path);
        assert_true(rl_span_is(mount.type, rows[i].type));
        assert_int_equal(rl_mount_has_option(&mount, "memory_localevents"), rows[i].local);
    }
}

static void test_read_fd(void **state)
{
    struct folder folder;
    char buf[16];

    folder_new(&folder);
    folder_write(&folder, "short", "one\ntwo\n");
    folder_write(&folder, "fits", "one\ntwo\nthree!\n");
    folder_write(&folder, "long", "one\ntwo\nthree!\n4\n");
    folder_write(&folder, "line", "one line that does not fit\n");
    folder_write(&folder, "empty", "");

    assert_int_equal(rl_read_at(folder.fd, "short", buf, sizeof(buf)), 8);
    assert_string_equal(buf, "one\ntwo\n");
    assert_int_equal(rl_read_at(folder.fd, "fits", buf, sizeof(buf)), 15);
    assert_string_equal(buf, "one\ntwo\nthree!\n");
    assert_int_equal(rl_read_at(folder.fd, "long", buf, sizeof(buf)), 15);
    assert_string_equal(buf, "one\ntwo\nthree!\n");
    assert_int_equal(rl_read_at(folder.fd, "long", buf, 15), 8);
    assert_string_equal(buf, "one\ntwo\n");
    assert_int_equal(rl_read_at(folder.fd, "line", buf, sizeof(buf)), -EFBIG);
    assert_int_equal(rl_read_at(folder.fd, "empty", buf, sizeof(buf)), 0);
    assert_string_equal(buf, "");
    assert_int_equal(rl_read_at(folder.fd, "none", buf, sizeof(buf)), -ENOENT);
    assert_int_equal(rl_read_at(folder.fd, ".", buf, sizeof(buf)), -EISDIR);
    assert_int_equal(rl_read_at(folder.fd, "short", buf, 1), -EINVAL);
    folder_free(&folder);
}

/* Larger than the page after which the kernel makes a pause, here as a file and from the kernel. */
static void test_read_long(void **state)
{
    static char text[100000], buf[200000];
    const size_t pages = 1000, size = (size_t)sysconf(_SC_PAGESIZE);
    struct folder folder;
    size_t len = 0;
    char *map;

    folder_new(&folder);
    for (int i = 0; len < sizeof(text) - 32; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "key_%d %d\n", i, i * i % 977);
    folder_write(&folder, "f", text);
    assert_int_equal(rl_read_at(folder.fd, "f", buf, sizeof(buf)), (ssize_t)len);
    assert_string_equal(buf, text);
    folder_free(&folder);

    /* pages with different rights do not merge: one line each */
    map = mmap(NULL, 2 * pages * size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(map != MAP_FAILED);
    for (size_t i = 0; i < pages; i++)
        assert_int_equal(mprotect(map + 2 * i * size, size, PROT_NONE), 0);
    for (len = 0; len < 5; len++) {
        ssize_t n = rl_read_at(AT_FDCWD, "/proc/self/maps", buf, sizeof(buf));

        assert_true(n > 4 * 4096);
        assert_int_equal(strlen(buf), n);
        assert_int_equal(buf[n - 1], '\n');
        assert_non_null(strstr(buf, "[stack]"));
    }
    munmap(map, 2 * pages * size);
}

/* Lines of any length are passed over; the ones around them are kept whole. */
static void test_read_short_lines(void **state)
{
    static char text[20000], expected[20000], buf[64];
    static const size_t lengths[] = {0, 1, 9, 10, 11, 12, 500, 4094, 4095, 4096, 4097, 9000};
    struct folder folder;
    ssize_t n;

    folder_new(&folder);
    for (size_t i = 0; i < COUNT(lengths); i++) {
        size_t len = lengths[i];

        memset(text, 'x', len);
        strcpy(text + len, "\nb 2\n");
        memmove(text + 4, text, strlen(text) + 1);
        memcpy(text, "a 1\n", 4);
        if (len <= 10)
            strcpy(expected, text);
        else
            strcpy(expected, "a 1\nb 2\n");
        folder_write(&folder, "f", text);
        n = rl_read_short_lines_at(folder.fd, "f", 10, buf, sizeof(buf));
        assert_int_equal(n, (ssize_t)strlen(expected));
        assert_string_equal(buf, expected);
    }

    /* no room: later lines that still fit are taken; a line without an end is not */
    folder_write(&folder, "f", "first\nsecond line\n3\nno end");
    assert_int_equal(rl_read_short_lines_at(folder.fd, "f", 100, buf, 9), 8);
    assert_string_equal(buf, "first\n3\n");
    assert_int_equal(rl_read_short_lines_at(folder.fd, "none", 9, buf, sizeof(buf)), -ENOENT);
    folder_free(&folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mount),
        cmocka_unit_test(test_read_fd),
        cmocka_unit_test(test_read_long),
        cmocka_unit_test(test_read_short_lines),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
