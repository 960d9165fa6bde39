#include "tests/unit/unit.h"

#include <time.h>

#include "daemon/observe/pods.h"
#include "tests/unit/folder.h"

#define UID_A "6d0b5c3e-1111-2222-3333-444455556666"
#define UID_B "7d0b5c3e-1111-2222-3333-444455556666"
#define UID_C "0123456789abcdef0123456789abcdef"

struct fixture {
    struct folder folder;
    char logs[128];
    struct rl_pods *pods;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    folder_new(&f->folder);
    snprintf(f->logs, sizeof(f->logs), "%s/pods", f->folder.path);
    f->pods = rl_pods_new(f->logs);
    assert_non_null(f->pods);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_null(rl_pods_free(f->pods));
    folder_free(&f->folder);
    free(f);
    return 0;
}

static void add(const struct fixture *f, const char *name)
{
    char path[1024];

    snprintf(path, sizeof(path), "pods/%s", name);
    folder_parents(&f->folder, "pods/x");
    assert_int_equal(mkdirat(f->folder.fd, path, 0755), 0);
}

/* As if it had last changed long ago. */
static void settle(const struct fixture *f, time_t when)
{
    struct timespec times[2] = {{.tv_sec = when}, {.tv_sec = when}};

    assert_int_equal(utimensat(f->folder.fd, "pods", times, 0), 0);
}

static void expect(const struct fixture *f, const char *uid, const char *name)
{
    char buf[RL_POD_NAME_MAX] = "untouched";

    assert_int_equal(rl_pods_name(f->pods, uid, buf, sizeof(buf)), name != NULL);
    assert_string_equal(buf, name ? name : "untouched");
}

static void test_names(void **state)
{
    const struct fixture *f = *state;

    expect(f, UID_A, NULL); /* no folder yet */
    add(f, "kube-system_etcd-node.1_" UID_C);
    add(f, "default_web-0_" UID_A);
    expect(f, UID_A, "default/web-0");
    expect(f, UID_C, "kube-system/etcd-node.1");
    expect(f, UID_B, NULL);
    add(f, "default_web-1_" UID_B); /* within the same tick of the clock, perhaps */
    expect(f, UID_B, "default/web-1");
    expect(f, "", NULL);
}

static void test_strange_names(void **state)
{
    static const char *const names[] = {"x", "a_b", "_b_" UID_A, "a__" UID_A, "a_b_", "A_b_" UID_A,
        "a_B_" UID_A, "a_b_c_" UID_A, "a b_c_" UID_A, "a_b_" UID_A "\n", "a_b_x" UID_A,
        "a.b_c_" UID_A};
    const struct fixture *f = *state;
    char name[256], label[65];

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        add(f, names[i]);
    memset(label, 'n', 64);
    label[64] = '\0';
    snprintf(name, sizeof(name), "%s_b_" UID_A, label); /* one too long */
    add(f, name);
    expect(f, UID_A, NULL);
    snprintf(name, sizeof(name), "%s_b_" UID_A, label + 1);
    add(f, name);
    snprintf(name, sizeof(name), "%s/b", label + 1);
    expect(f, UID_A, name);
}

static void test_small_buffer(void **state)
{
    const struct fixture *f = *state;
    char buf[8] = "kept";

    add(f, "ns_pod-1_" UID_A); /* "ns/pod-1" has 8 bytes */
    assert_false(rl_pods_name(f->pods, UID_A, buf, sizeof(buf)));
    assert_string_equal(buf, "kept");
}

/* While the folder has not changed it is not read again; once it has, it is. */
static void test_reread(void **state)
{
    const struct fixture *f = *state;
    time_t long_ago = time(NULL) - 1000;

    add(f, "a_a_" UID_A);
    settle(f, long_ago);
    expect(f, UID_A, "a/a");
    add(f, "a_b_" UID_B);
    settle(f, long_ago); /* hidden */
    expect(f, UID_B, NULL);
    settle(f, long_ago + 1);
    expect(f, UID_B, "a/b");
}

/* A folder that goes takes its names along; a new one has its own. */
static void test_replaced(void **state)
{
    const struct fixture *f = *state;

    add(f, "a_a_" UID_A);
    expect(f, UID_A, "a/a");
    assert_int_equal(unlinkat(f->folder.fd, "pods/a_a_" UID_A, AT_REMOVEDIR), 0);
    assert_int_equal(unlinkat(f->folder.fd, "pods", AT_REMOVEDIR), 0);
    expect(f, UID_B, NULL);
    expect(f, UID_A, NULL);
    folder_write(&f->folder, "pods", "a file");
    expect(f, UID_A, NULL);
}

static void test_many(void **state)
{
    const struct fixture *f = *state;
    char name[64];

    for (int i = 0; i < 700; i++) {
        snprintf(name, sizeof(name), "ns_pod-%d_%08x", i, (unsigned)i * 2654435761u);
        add(f, name);
    }
    for (int i = 0; i < 700; i++) {
        char uid[16];

        snprintf(uid, sizeof(uid), "%08x", (unsigned)i * 2654435761u);
        snprintf(name, sizeof(name), "ns/pod-%d", i);
        expect(f, uid, name);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strange_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_small_buffer, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reread, setup, teardown),
        cmocka_unit_test_setup_teardown(test_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
