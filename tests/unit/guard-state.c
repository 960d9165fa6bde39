#include "tests/unit/unit.h"

#include <errno.h>
#include <inttypes.h>

#include "daemon/relieve/guard-state.h"
#include "tests/unit/folder.h"

static void test_values(void **state)
{
    static const struct {
        const char *text;
        int result;
        int64_t value;
    } rows[] = {
        {"max", 0, RL_HOLD_MAX},
        {"max\n", 0, RL_HOLD_MAX},
        {"0\n", 0, 0},
        {"-1000\n", 0, -1000},
        {"104857600", 0, 104857600},
        {"9223372036854775806", 0, INT64_MAX - 1},
        {"9223372036854775808", -EINVAL, 0},
        {"", -EINVAL, 0},
        {"\n", -EINVAL, 0},
        {"-", -EINVAL, 0},
        {"+1", -EINVAL, 0},
        {" 1", -EINVAL, 0},
        {"1 ", -EINVAL, 0},
        {"maximum", -EINVAL, 0},
        {"ma", -EINVAL, 0},
        {"1x\n", -EINVAL, 0},
        {"0x10", -EINVAL, 0},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t value = -77;
        char text[24], expected[24];

        assert_int_equal(rl_guard_value_parse(rows[i].text, &value), rows[i].result);
        if (rows[i].result < 0) {
            assert_int_equal(value, -77);
            continue;
        }
        assert_true(value == rows[i].value);
        snprintf(
            expected, sizeof(expected), "%.*s", (int)strcspn(rows[i].text, "\n"), rows[i].text);
        assert_string_equal(rl_guard_value_text(value, text, sizeof(text)), expected);
    }
}

static void print(const struct rl_guard_line *line, char *buf, size_t size)
{
    FILE *file = fmemopen(buf, size, "w");

    assert_non_null(file);
    rl_guard_line_print(file, line);
    assert_int_equal(fclose(file), 0);
}

static void test_lines_round(void **state)
{
    static const struct rl_guard_line rows[] = {
        {RL_GUARD_HIGH, 17, 0, "/a", RL_HOLD_MAX, 4096, 8192},
        {RL_GUARD_OOM_GROUP, UINT64_MAX, 0, "/a b/ c.service ", 0, 1, 1},
        {RL_GUARD_HIGH, 1, 0, "/", RL_HOLD_MAX - 1, 0, 0},
        {RL_GUARD_CPU_MAX, 9, 0, "/a", RL_HOLD_MAX, 50000, 1000},
        {RL_GUARD_FREEZE, 9, 0, "/a", 0, 1, 1},
        {RL_GUARD_ADJ, 12345, 1, NULL, -1000, 1000, 0},
        {RL_GUARD_ADJ, 0, INT32_MAX, NULL, 0, -1, 5},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_guard_line line;
        char text[256], again[256];

        print(&rows[i], text, sizeof(text));
        strcpy(again, text);
        assert_int_equal(again[strlen(again) - 1], '\n');
        again[strlen(again) - 1] = '\0';
        assert_int_equal(rl_guard_line_parse(again, &line), 0);
        assert_int_equal(line.value, rows[i].value);
        assert_true(line.id == rows[i].id && line.pid == rows[i].pid);
        assert_true(line.old == rows[i].old && line.ours == rows[i].ours);
        assert_true(line.next == rows[i].next);
        if (rows[i].path)
            assert_string_equal(line.path, rows[i].path);
        else
            assert_null(line.path);
    }
}

static void test_bad_lines(void **state)
{
    static const char *const rows[] = {
        "",
        " ",
        "cgroup",
        "cgroup 1",
        "cgroup 1 memory.high",
        "cgroup 1 memory.high 1 2 3",
        "cgroup 1 memory.high 1 2 /a",
        "cgroup 1 memory.high 1 2 3 ",
        "cgroup 1 memory.high 1 2 3 a",
        "cgroup 1 memory.max 1 2 3 /a", /* nothing else is ever written to */
        "cgroup 1 ../memory.high 1 2 3 /a",
        "cgroup 1 oom_score_adj 1 2 3 /a",
        "cgroup -1 memory.high 1 2 3 /a",
        "cgroup x memory.high 1 2 3 /a",
        "cgroup 18446744073709551616 memory.high 1 2 3 /a",
        "cgroup 1 memory.high 1 2 x /a",
        "cgroup  1 memory.high 1 2 3 /a",
        "process 1 2 oom_score_adj 1 2",
        "process 1 2 oom_score_adj 1 2 3 /a",
        "process 1 2 memory.high 1 2 3",
        "process 1 2 cgroup.freeze 0 1 1",
        "cgroup 1 cpu.max max 100000 1 1 /a", /* the period is none of ours */
        "cgroup 1 cgroup.frozen 0 1 1 /a",
        "cgroup 1 cpu.weight 1 2 3 /a",
        "process 0 2 oom_score_adj 1 2 3",
        "process -1 2 oom_score_adj 1 2 3",
        "process 2147483648 2 oom_score_adj 1 2 3",
        "thread 1 2 oom_score_adj 1 2 3",
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_guard_line line;
        char text[256];

        strcpy(text, rows[i]);
        if (rl_guard_line_parse(text, &line) != -EINVAL)
            fail_msg("'%s' is taken for a line", rows[i]);
    }
}

/* A file of before there were steps that hold memory down. */
static void test_old_lines(void **state)
{
    static const struct {
        const char *text;
        struct rl_guard_line line;
    } rows[] = {
        {"cgroup 17 memory.high max 4096 8192 /a b",
            {RL_GUARD_HIGH, 17, 0, "/a b", RL_HOLD_MAX, 4096, 8192}},
        {"cgroup 18 memory.oom.group 0 1 1 /", {RL_GUARD_OOM_GROUP, 18, 0, "/", 0, 1, 1}},
        {"process 5 99 oom_score_adj -5 100 100", {RL_GUARD_ADJ, 99, 5, NULL, -5, 100, 100}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct rl_guard_line *want = &rows[i].line;
        struct rl_guard_line line;
        char text[256];

        strcpy(text, rows[i].text);
        assert_int_equal(rl_guard_line_parse(text, &line), 0);
        assert_int_equal(line.value, want->value);
        assert_true(line.id == want->id && line.pid == want->pid);
        assert_true(line.old == want->old && line.ours == want->ours && line.next == want->next);
        if (want->path)
            assert_string_equal(line.path, want->path);
    }
}

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* Whatever is taken for a line says the same when it is written again. */
static void test_mutated_lines(void **state)
{
    static const char *const lines[] = {
        "cgroup 17 memory.high max 4096 8192 /a b",
        "cgroup 18446744073709551615 cpu.max max 50000 1000 /x",
        "cgroup 3 cgroup.freeze 0 1 1 /a/b",
        "process 5 99 oom_score_adj -5 100 100",
    };
    static const char bytes[] = "0123456789 -/maxcgroup.\xff\t";
    uint64_t seed = 0x9e3779b97f4a7c15;
    unsigned taken = 0;

    for (unsigned round = 0; round < 200000; round++) {
        const char *from = lines[round % (sizeof(lines) / sizeof(lines[0]))];
        char text[128], first[256], second[256], third[256];
        struct rl_guard_line line;
        size_t len = strlen(from);

        strcpy(text, from);
        for (unsigned n = next_random(&seed) % 3; n < 3; n++)
            text[next_random(&seed) % len] = bytes[next_random(&seed) % (sizeof(bytes) - 1)];
        if (next_random(&seed) % 8 == 0)
            text[next_random(&seed) % len] = '\0';
        if (rl_guard_line_parse(text, &line) < 0)
            continue;
        taken++;
        assert_true(line.value < RL_GUARD_VALUES);
        print(&line, first, sizeof(first));
        strcpy(second, first);
        second[strlen(second) - 1] = '\0';
        assert_int_equal(rl_guard_line_parse(second, &line), 0);
        print(&line, third, sizeof(third));
        assert_string_equal(first, third);
    }
    assert_true(taken > 1000);
}

static void test_file(void **state)
{
    struct folder folder;
    char *text = NULL;

    folder_new(&folder);
    assert_int_equal(rl_guard_state_read(folder.path, &text), -ENOENT);
    assert_int_equal(rl_guard_state_write(folder.path, "", 0), 0);
    assert_int_equal(rl_guard_state_write(folder.path, "abc\n", 4), 0);
    assert_int_equal(rl_guard_state_write(folder.path, "de\n", 3), 0);
    assert_int_equal(rl_guard_state_read(folder.path, &text), 0);
    assert_string_equal(text, "de\n");
    free(text);
    /* Nothing half-made stays behind, and nobody else reads it. */
    assert_int_equal(faccessat(folder.fd, "." RL_GUARD_STATE ".tmp", F_OK, 0), -1);
    struct stat st;
    assert_int_equal(fstatat(folder.fd, RL_GUARD_STATE, &st, 0), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(rl_guard_state_write(folder.path, "", 0), 0);
    assert_int_equal(rl_guard_state_read(folder.path, &text), -ENOENT);

    folder_link(&folder, RL_GUARD_STATE, "/etc/passwd");
    assert_int_equal(rl_guard_state_read(folder.path, &text), -ELOOP);
    assert_int_equal(unlinkat(folder.fd, RL_GUARD_STATE, 0), 0);
    assert_int_equal(mkdirat(folder.fd, RL_GUARD_STATE, 0755), 0);
    assert_int_equal(rl_guard_state_read(folder.path, &text), -EBADMSG);
    folder_free(&folder);
    assert_int_equal(rl_guard_state_write(folder.path, "abc\n", 4), -ENOENT);
}

static void test_too_large(void **state)
{
    struct folder folder;
    char *text = NULL;

    folder_new(&folder);
    folder_write(&folder, RL_GUARD_STATE, "");
    int fd = openat(folder.fd, RL_GUARD_STATE, O_WRONLY | O_CLOEXEC);
    assert_int_equal(ftruncate(fd, RL_GUARD_STATE_MAX + 1), 0);
    close(fd);
    assert_int_equal(rl_guard_state_read(folder.path, &text), -EFBIG);
    folder_free(&folder);
}

static void test_lock(void **state)
{
    struct folder folder;
    char path[128];
    int lock, again;

    folder_new(&folder);
    snprintf(path, sizeof(path), "%s/run", folder.path);
    lock = rl_guard_lock(path); /* makes it */
    assert_true(lock >= 0);
    assert_int_equal(rl_guard_lock(path), -EBUSY);
    close(lock);
    again = rl_guard_lock(path);
    assert_true(again >= 0);
    close(again);
    folder_free(&folder);
}

static void test_boot_id(void **state)
{
    static const struct {
        const char *text;
        int result;
    } rows[] = {{"6d0b-5\n", 0}, {"", -EBADMSG}, {"\n", -EBADMSG}, {"a b\n", -EBADMSG}};
    struct folder folder;
    char id[RL_BOOT_ID_MAX];

    folder_new(&folder);
    assert_int_equal(rl_guard_boot_id(folder.fd, id, sizeof(id)), -ENOENT);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        folder_write(&folder, "sys/kernel/random/boot_id", rows[i].text);
        assert_int_equal(rl_guard_boot_id(folder.fd, id, sizeof(id)), rows[i].result);
    }
    folder_free(&folder);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_lines_round),
        cmocka_unit_test(test_bad_lines),
        cmocka_unit_test(test_old_lines),
        cmocka_unit_test(test_mutated_lines),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_too_large),
        cmocka_unit_test(test_lock),
        cmocka_unit_test(test_boot_id),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
