/* Pods in records and words, in the trees of both cgroup drivers. */
#include "tests/unit/unit.h"

#include "daemon/observe/container.h"
#include "daemon/observe/pods.h"
#include "daemon/report/json.h"
#include "daemon/report/pod.h"
#include "daemon/report/report.h"
#include "tests/unit/folder.h"
#include "tests/unit/report-sample.h"

#define UID_A   "6d0b5c3e-1111-2222-3333-44445555666"
#define UID_A_  "6d0b5c3e_1111_2222_3333_44445555666"
#define ID      "00000000000000000000000000000000000000000000000000000000000000a"
#define SYSTEMD "kubepods.slice/"
#define BURST   SYSTEMD "kubepods-burstable.slice/"
#define BEST    SYSTEMD "kubepods-besteffort.slice/"
#define CGROUPS "sys/fs/cgroup/"

/* What a kubelet and its runtime make of three pods; the third has two containers. */
static const struct {
    const char *path, *driver;
    const char *uid, *container_id, *qos, *name, *container;
    bool inner;
} tree[] = {
    {SYSTEMD "kubepods-pod" UID_A_ "1.slice", "systemd", UID_A "1", "", "guaranteed", "shop/db-0",
        "", false},
    {SYSTEMD "kubepods-pod" UID_A_ "1.slice/cri-containerd-" ID "1.scope", "systemd", UID_A "1",
        ID "1", "guaranteed", "shop/db-0", "postgres", false},
    {BURST "kubepods-burstable-pod" UID_A_ "2.slice/crio-" ID "2.scope", "systemd", UID_A "2",
        ID "2", "burstable", "shop/web-1", "web", false},
    {BURST "kubepods-burstable-pod" UID_A_ "2.slice/crio-" ID "2.scope/init.scope", "systemd",
        UID_A "2", ID "2", "burstable", "shop/web-1", "web", true},
    {BEST "kubepods-besteffort-pod" UID_A_ "3.slice/cri-containerd-" ID "3.scope", "systemd",
        UID_A "3", ID "3", "besteffort", "batch/job-x", "side", false},
    {BEST "kubepods-besteffort-pod" UID_A_ "3.slice/cri-containerd-" ID "4.scope", "systemd",
        UID_A "3", ID "4", "besteffort", "batch/job-x", "", false},
    {"kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_A_ "1.slice/cri-containerd-" ID
     "1.scope",
        "systemd", UID_A "1", ID "1", "guaranteed", "shop/db-0", "postgres", false},
    {"kubepods/pod" UID_A "1", "cgroupfs", UID_A "1", "", "guaranteed", "shop/db-0", "", false},
    {"kubepods/pod" UID_A "1/" ID "1", "cgroupfs", UID_A "1", ID "1", "guaranteed", "shop/db-0",
        "postgres", false},
    {"kubepods/burstable/pod" UID_A "2/crio-" ID "2", "cgroupfs", UID_A "2", ID "2", "burstable",
        "shop/web-1", "web", false},
    {"kubepods/besteffort/pod" UID_A "3/" ID "3", "cgroupfs", UID_A "3", ID "3", "besteffort",
        "batch/job-x", "side", false},
    {"kubepods/besteffort/pod" UID_A "9/" ID "9", "cgroupfs", UID_A "9", ID "9", "besteffort", "",
        "", false},
    {"kubepods/besteffort", "cgroupfs", "", "", NULL, "", "", false},
    {"system.slice/docker-" ID "1.scope", "systemd", "", "", NULL, "", "", false},
};
#define TREE (sizeof(tree) / sizeof(tree[0]))

static struct folder folder;
static struct rl_pods *pods;
static struct rl_containers *containers;
static struct rl_record record;

static void make_tree(void)
{
    static const char *const files[] = {
        "var/log/pods/shop_db-0_" UID_A "1/postgres/0.log",
        "var/log/pods/shop_web-1_" UID_A "2/web/0.log",
        "var/log/pods/batch_job-x_" UID_A "3/main/0.log",
        "var/log/pods/batch_job-x_" UID_A "3/side/0.log",
    };
    char path[1024];

    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        folder_write(&folder, files[i], "");
    folder_write(&folder, "run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "3/config.json",
        "{\"annotations\":{\"io.kubernetes.cri.container-name\":\"side\"}}");
    for (size_t i = 0; i < TREE; i++) {
        snprintf(path, sizeof(path), CGROUPS "%s/cgroup.procs", tree[i].path);
        folder_write(&folder, path, "");
    }
}

static int setup(void **state)
{
    char logs[128];

    (void)state;
    folder_new(&folder);
    make_tree();
    snprintf(logs, sizeof(logs), "%s/var/log/pods", folder.path);
    pods = rl_pods_new(logs);
    containers = rl_containers_new(folder.path, logs);
    return pods && containers ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    pods = rl_pods_free(pods);
    containers = rl_containers_free(containers);
    folder_free(&folder);
    return 0;
}

/* As the engine does. */
static void look_up(const char *path, struct rl_pod *ret)
{
    char name[RL_POD_NAME_MAX] = "";

    rl_pod_place(path, ret);
    if (rl_pods_name(pods, ret->uid, name, sizeof(name)))
        rl_pod_set_name(ret, name);
    if (ret->container_id[0])
        rl_containers_name(
            containers, name, ret->uid, ret->container_id, ret->container, sizeof(ret->container));
}

/* Every cgroup that is really there, with a slash in front as the tree has it. */
static void test_trees(void **state)
{
    (void)state;
    for (size_t i = 0; i < TREE; i++) {
        char path[1024], name[RL_POD_NAME_MAX];
        struct rl_pod pod;

        snprintf(path, sizeof(path), CGROUPS "%s", tree[i].path);
        assert_int_equal(faccessat(folder.fd, path, F_OK, 0), 0);
        look_up(path + sizeof(CGROUPS) - 2, &pod);
        snprintf(
            name, sizeof(name), "%s%s%s", pod.namespace, rl_pod_named(&pod) ? "/" : "", pod.name);
        if (strcmp(pod.uid, tree[i].uid) != 0 ||
            strcmp(pod.container_id, tree[i].container_id) != 0 ||
            strcmp(name, tree[i].name) != 0 || strcmp(pod.container, tree[i].container) != 0 ||
            pod.inner != tree[i].inner || (pod.qos == NULL) != (tree[i].qos == NULL) ||
            (pod.qos && strcmp(pod.qos, tree[i].qos) != 0))
            fail_msg("%s (%s): %s %s %s %s %s", tree[i].path, tree[i].driver, pod.uid,
                pod.container_id, pod.qos ? pod.qos : "-", name, pod.container);
    }
}

static void test_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < TREE; i++) {
        struct rl_pod pod, again;
        json_t *json;

        look_up(tree[i].path, &pod);
        json = rl_pod_json(&pod);
        rl_pod_read(json, &again);
        assert_string_equal(again.uid, pod.uid);
        assert_string_equal(again.namespace, pod.namespace);
        assert_string_equal(again.name, pod.name);
        assert_string_equal(again.container, pod.container);
        assert_string_equal(again.container_id, pod.container_id);
        assert_string_equal(again.qos ? again.qos : "-", pod.qos ? pod.qos : "-");
        assert_int_equal(json_is_null(json), !tree[i].uid[0]);
        json_decref(json);
    }
}

/* In the record: of the pod, and of what the names are not known of. */
static void test_record(void **state)
{
    static const struct {
        const char *path, *json;
    } rows[] = {
        {"/kubepods/burstable/pod" UID_A "2/" ID "2",
            "{\"namespace\":\"shop\",\"name\":\"web-1\",\"uid\":\"" UID_A
            "2\",\"container\":\"web\",\"container_id\":\"" ID "2\",\"qos\":\"burstable\"}"},
        {"/kubepods/pod" UID_A "8", "{\"namespace\":null,\"name\":null,\"uid\":\"" UID_A
                                    "8\",\"container\":null,\"container_id\":null,\"qos\":"
                                    "\"guaranteed\"}"},
        {"/system.slice/db.service", "null"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_t *json;
        char *text;

        sample_record(&record);
        look_up(rows[i].path, &record.pod);
        json = rl_record_json(&record);
        assert_non_null(json);
        text = rl_json_text(json_object_get(json, "pod"));
        assert_string_equal(text, rows[i].json);
        free(text);
        json_decref(json);
    }
}

/* A name that a kubelet would not make comes from a stranger's record. */
static void test_hostile_json(void **state)
{
    char long_name[400], said[512];
    struct rl_pod pod;
    struct rl_say say;
    json_t *json;

    (void)state;
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    json = json_pack("{s:s, s:s, s:s, s:i}", "uid", UID_A "2", "namespace", long_name, "name", "x",
        "container", 7);
    rl_pod_read(json, &pod);
    assert_false(rl_pod_named(&pod));
    json_decref(json);
    json = json_pack("{s:s, s:s, s:s}", "uid", UID_A "2", "namespace", "a\x1b[31m", "name", "x\n");
    rl_pod_read(json, &pod);
    rl_say_begin(&say, said, sizeof(said));
    rl_say_place(&say, &pod, "/kubepods/pod" UID_A "2");
    assert_string_equal(said, "pod a\\x1b[31m/x\\x0a");
    json_decref(json);
    rl_pod_read(NULL, &pod);
    assert_string_equal(pod.uid, "");
}

#define CONTAINER "/kubepods/burstable/pod" UID_A "2/" ID "2"
#define THE_POD   "/kubepods/burstable/pod" UID_A "2"

static void test_sentences(void **state)
{
    static const struct {
        const char *offender, *victim;
        enum rl_kill scope;
        const char *begins;
    } rows[] = {
        {CONTAINER, CONTAINER, RL_KILL_PROCESS,
            "Killed worker[4711] in container web of pod shop/web-1 (score 812) because that "
            "cgroup was short"},
        {THE_POD, CONTAINER, RL_KILL_CGROUP,
            "Killed the whole container web of pod shop/web-1 (score 812) because pod shop/web-1 "
            "was short"},
        {"/", THE_POD, RL_KILL_TREE,
            "Killed everything in and below pod shop/web-1 (score 812) because the machine was"},
        {"/", CONTAINER "/inner", RL_KILL_CGROUP,
            "Killed the whole cgroup " CONTAINER "/inner (score 812) because the machine"},
        {"/kubepods/pod" UID_A "1", CONTAINER, RL_KILL_CGROUP,
            "Killed the whole container web of pod shop/web-1 (score 812) because "
            "/kubepods/pod" UID_A "1 was short"},
        {"/", "/kubepods/besteffort/pod" UID_A "3/" ID "4", RL_KILL_CGROUP,
            "Killed the whole container 000000000000 of pod batch/job-x (score"},
        {"/", "/kubepods/besteffort/pod" UID_A "9/" ID "9", RL_KILL_CGROUP,
            "Killed the whole cgroup /kubepods/besteffort/pod" UID_A "9/" ID "9 (score"},
    };
    char sentence[RL_SENTENCE_MAX];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sample_record(&record);
        strcpy(record.offender, rows[i].offender);
        strcpy(record.victim_cgroup, rows[i].victim);
        record.choice.scope = rows[i].scope;
        look_up(rows[i].victim, &record.pod);
        rl_record_sentence(&record, sentence, sizeof(sentence));
        if (strncmp(sentence, rows[i].begins, strlen(rows[i].begins)) != 0)
            fail_msg("%s", sentence);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trees),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_record),
        cmocka_unit_test(test_hostile_json),
        cmocka_unit_test(test_sentences),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
