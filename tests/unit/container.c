/* Names of containers: what runtimes say, and what the folders of logs tell. */
#include "tests/unit/unit.h"

#include "daemon/observe/container.h"
#include "tests/unit/folder.h"

#define CONTAINERD "run/containerd/io.containerd.runtime.v2.task/k8s.io/"
#define CRIO       "run/containers/storage/overlay-containers/"
#define UID        "6d0b5c3e-1111-2222-3333-444455556666"
#define POD        "shop/web-1"
#define LOGS       "var/log/pods/shop_web-1_" UID "/"
#define LONG       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" /* 64 */
#define ID_A       "00000000000000000000000000000000000000000000000000000000000000aa"
#define ID_B       "00000000000000000000000000000000000000000000000000000000000000bb"

struct fixture {
    struct folder folder;
    char logs[128];
    struct rl_containers *containers;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    folder_new(&f->folder);
    snprintf(f->logs, sizeof(f->logs), "%s/var/log/pods", f->folder.path);
    f->containers = rl_containers_new(f->folder.path, f->logs);
    assert_non_null(f->containers);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    assert_null(rl_containers_free(f->containers));
    folder_free(&f->folder);
    free(f);
    return 0;
}

static void expect(const struct fixture *f, const char *pod, const char *id, const char *name)
{
    char buf[RL_CONTAINER_NAME_MAX] = "untouched";

    assert_int_equal(
        rl_containers_name(f->containers, pod, UID, id, buf, sizeof(buf)), name != NULL);
    assert_string_equal(buf, name ? name : "untouched");
}

static void log_folder(const struct fixture *f, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), LOGS "%s/0.log", name);
    folder_write(&f->folder, path, "");
}

static void test_containerd(void **state)
{
    const struct fixture *f = *state;

    expect(f, POD, ID_A, NULL);
    folder_write(&f->folder, CONTAINERD ID_A "/config.json",
        "{\"ociVersion\":\"1.0\",\"annotations\":{\"io.kubernetes.cri.container-name\":\"web\","
        "\"io.kubernetes.cri.container-type\":\"container\"}}");
    expect(f, POD, ID_A, "web");
    expect(f, NULL, ID_A, "web");
    expect(f, POD, ID_B, NULL);
}

static void test_crio(void **state)
{
    const struct fixture *f = *state;

    folder_write(&f->folder, CRIO ID_A "/userdata/config.json",
        "{\"annotations\":{\"io.kubernetes.container.name\":\"web\","
        "\"io.kubernetes.cri-o.ContainerType\":\"container\"}}");
    folder_write(&f->folder, CRIO ID_B "/userdata/config.json",
        "{\"annotations\":{\"io.kubernetes.container.name\":\"POD\","
        "\"io.kubernetes.cri-o.ContainerType\":\"sandbox\"}}");
    expect(f, POD, ID_A, "web");
    expect(f, POD, ID_B, NULL);
}

/* With the runtime's word no folder is counted, and it is kept when the container is gone. */
static void test_runtime_first(void **state)
{
    const struct fixture *f = *state;

    log_folder(f, "setup");
    folder_write(&f->folder, CONTAINERD ID_A "/config.json",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"web\"}}");
    expect(f, POD, ID_A, "web");
    assert_int_equal(unlinkat(f->folder.fd, CONTAINERD ID_A "/config.json", 0), 0);
    expect(f, POD, ID_A, "web");
    expect(f, POD, ID_B, "setup");
    /* The pause container is none that has logs. */
    folder_write(&f->folder, CONTAINERD ID_B "/config.json",
        "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\"}}");
    expect(f, POD, ID_B, NULL);
}

static void test_logs(void **state)
{
    const struct fixture *f = *state;

    folder_write(&f->folder, LOGS "not-a-folder", "");
    expect(f, POD, ID_A, NULL);
    log_folder(f, "web");
    expect(f, POD, ID_A, "web");
    expect(f, NULL, ID_A, NULL);
    expect(f, "", ID_A, NULL);
    expect(f, "shop", ID_A, NULL);
    expect(f, "shop/web-2", ID_A, NULL);
    log_folder(f, "Strange"); /* no name that a kubelet makes */
    expect(f, POD, ID_A, "web");
    log_folder(f, "sidecar"); /* whose is it? */
    expect(f, POD, ID_A, NULL);
}

static void test_strange(void **state)
{
    static const char *const texts[] = {"", "{", "[]", "{}", "{\"annotations\":[]}",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":7}}",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"\"}}",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"../x\"}}",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"a\\nb\"}}",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"" LONG "\"}}"};
    static const char *const ids[] = {
        "", ".", "..", "a/b", "../" ID_A, "a b", ID_A ID_B /* too long */};
    const struct fixture *f = *state;
    char buf[4] = "abc";

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        folder_write(&f->folder, CONTAINERD ID_A "/config.json", texts[i]);
        expect(f, POD, ID_A, NULL);
    }
    folder_write(&f->folder, CONTAINERD "config.json",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"web\"}}");
    folder_write(&f->folder, CONTAINERD ID_B "/config.json",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"long\"}}");
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        expect(f, POD, ids[i], NULL);
    assert_false(rl_containers_name(f->containers, POD, UID, ID_B, buf, sizeof(buf)));
    assert_string_equal(buf, "abc");
}

/* A pipe must not hold the reader, nor a link lead him. */
static void test_not_a_file(void **state)
{
    const struct fixture *f = *state;

    folder_parents(&f->folder, CONTAINERD ID_A "/x");
    assert_int_equal(mkfifoat(f->folder.fd, CONTAINERD ID_A "/config.json", 0644), 0);
    expect(f, POD, ID_A, NULL);
    folder_write(&f->folder, "elsewhere",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"web\"}}");
    folder_link(&f->folder, CONTAINERD ID_B "/config.json", "../../../../../elsewhere");
    expect(f, POD, ID_B, NULL);
}

static void test_no_root(void **state)
{
    struct fixture *f = *state;

    folder_write(&f->folder, CONTAINERD ID_A "/config.json",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"web\"}}");
    f->containers = rl_containers_free(f->containers);
    f->containers = rl_containers_new(NULL, f->logs);
    expect(f, POD, ID_A, NULL);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_containerd, setup, teardown),
        cmocka_unit_test_setup_teardown(test_crio, setup, teardown),
        cmocka_unit_test_setup_teardown(test_runtime_first, setup, teardown),
        cmocka_unit_test_setup_teardown(test_logs, setup, teardown),
        cmocka_unit_test_setup_teardown(test_strange, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_a_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_root, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
