#include "tests/unit/unit.h"

#include <string.h>

#include "policy/kube.h"
#include "tests/unit/policy.h"

#define DASHED "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
#define LOWBAR "0f1e2d3c_4b5a_6978_8796_a5b4c3d2e1f0"
#define STATIC "0123456789abcdef0123456789abcdef"
#define ID     "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

#define BURSTABLE  "/kubepods.slice/kubepods-burstable.slice"
#define BESTEFFORT "/kubepods.slice/kubepods-besteffort.slice"

static void both_spellings_are_understood(void **state)
{
    static const struct {
        const char *path;
        enum rl_level_kind level;
        bool inner;
        const char *qos, *pod, *container;
    } rows[] = {
        /* the systemd driver */
        {BURSTABLE "/kubepods-burstable-pod" LOWBAR ".slice/cri-containerd-" ID ".scope",
            RL_LEVEL_CONTAINER, false, "burstable", DASHED, ID},
        {BESTEFFORT "/kubepods-besteffort-pod" LOWBAR ".slice/crio-" ID ".scope",
            RL_LEVEL_CONTAINER, false, "besteffort", DASHED, ID},
        {"/kubepods.slice/kubepods-pod" LOWBAR ".slice/docker-" ID ".scope", RL_LEVEL_CONTAINER,
            false, "guaranteed", DASHED, ID},
        {BURSTABLE "/kubepods-burstable-pod" LOWBAR ".slice", RL_LEVEL_POD, false, "burstable",
            DASHED, ""},
        {"/kubepods.slice/kubepods-pod" STATIC ".slice", RL_LEVEL_POD, false, "guaranteed", STATIC,
            ""},
        {BURSTABLE "/kubepods-burstable-pod" STATIC ".slice/cri-containerd-" ID ".scope",
            RL_LEVEL_CONTAINER, false, "burstable", STATIC, ID},
        {BURSTABLE, RL_LEVEL_QOS, false, "burstable", "", ""},
        {BESTEFFORT, RL_LEVEL_QOS, false, "besteffort", "", ""},
        {"/kubepods.slice", RL_LEVEL_ANY, false, NULL, "", ""}, /* it holds all classes */
        /* the cgroupfs driver */
        {"/kubepods/burstable/pod" DASHED "/" ID, RL_LEVEL_CONTAINER, false, "burstable", DASHED,
            ID},
        {"/kubepods/besteffort/pod" DASHED "/crio-" ID, RL_LEVEL_CONTAINER, false, "besteffort",
            DASHED, ID},
        {"/kubepods/pod" DASHED "/" ID, RL_LEVEL_CONTAINER, false, "guaranteed", DASHED, ID},
        {"/kubepods/pod" STATIC, RL_LEVEL_POD, false, "guaranteed", STATIC, ""},
        {"/kubepods/burstable", RL_LEVEL_QOS, false, "burstable", "", ""},
        {"/kubepods", RL_LEVEL_ANY, false, NULL, "", ""},
        /* below a prefix */
        {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/"
         "kubelet-kubepods-burstable-pod" LOWBAR ".slice/cri-containerd-" ID ".scope",
            RL_LEVEL_CONTAINER, false, "burstable", DASHED, ID},
        {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice", RL_LEVEL_QOS,
            false, "besteffort", "", ""},
        {"/docker/" ID BURSTABLE "/kubepods-burstable-pod" LOWBAR ".slice", RL_LEVEL_POD, false,
            "burstable", DASHED, ""},
        {"/system.slice/docker-" ID ".scope/kubelet/kubepods/burstable/pod" DASHED "/" STATIC,
            RL_LEVEL_CONTAINER, false, "burstable", DASHED, STATIC},
        {"/system.slice/docker-" ID ".scope/kubelet/kubepods/burstable", RL_LEVEL_QOS, false,
            "burstable", "", ""},
        /* nested below a container */
        {"/kubepods/pod" DASHED "/" ID "/init.scope", RL_LEVEL_CONTAINER, true, "guaranteed",
            DASHED, ID},
        {"/kubepods/pod" DASHED "/" ID "/docker/" STATIC, RL_LEVEL_CONTAINER, true, "guaranteed",
            DASHED, ID},
        {"/kubepods/pod" DASHED "/" ID "/kubepods/burstable/pod" STATIC "/" ID, RL_LEVEL_CONTAINER,
            true, "guaranteed", DASHED, ID}, /* of pods within pods the outer one counts */
        /* inside a pod, but none of its containers */
        {BURSTABLE "/kubepods-burstable-pod" LOWBAR ".slice/crio-conmon-" ID ".scope", RL_LEVEL_ANY,
            false, "burstable", DASHED, ""},
        {BURSTABLE "/kubepods-burstable-pod" LOWBAR ".slice/crio-conmon-" ID ".scope/x",
            RL_LEVEL_ANY, false, "burstable", DASHED, ""},
        {"/kubepods/pod" DASHED "/something", RL_LEVEL_ANY, false, "guaranteed", DASHED, ""},
        /* containers outside of pods */
        {"/system.slice/docker-" ID ".scope", RL_LEVEL_CONTAINER, false, NULL, "", ID},
        {"/machine.slice/libpod-" ID ".scope", RL_LEVEL_CONTAINER, false, NULL, "", ID},
        {"/machine.slice/libpod-" ID ".scope/container", RL_LEVEL_CONTAINER, true, NULL, "", ID},
        {"/machine.slice/libpod-conmon-" ID ".scope", RL_LEVEL_ANY, false, NULL, "", ""},
        {"/system.slice/docker-proxy.scope", RL_LEVEL_ANY, false, NULL, "", ""},
        {"/system.slice/docker-" ID ".service", RL_LEVEL_ANY, false, NULL, "", ""},
        /* nothing of the kind */
        {"/", RL_LEVEL_ANY, false, NULL, "", ""},
        {"", RL_LEVEL_ANY, false, NULL, "", ""},
        {"/system.slice/web.service", RL_LEVEL_ANY, false, NULL, "", ""},
        {"/user.slice/pod" DASHED, RL_LEVEL_ANY, false, NULL, "", ""}, /* no kubepods above */
        {"/notkubepods/pod" DASHED, RL_LEVEL_ANY, false, NULL, "", ""},
        {"/burstable", RL_LEVEL_ANY, false, NULL, "", ""},
        {"/machine.slice/machine-libpod_pod_" ID ".slice", RL_LEVEL_ANY, false, NULL, "", ""},
        {"/kubepods/pod0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f", RL_LEVEL_ANY, false, NULL, "", ""},
        {"/kubepods/pod0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1fz", RL_LEVEL_ANY, false, NULL, "", ""},
        {"/kubepods/pod" STATIC "0", RL_LEVEL_ANY, false, NULL, "", ""},
        {"/kubepods/xpod" STATIC, RL_LEVEL_ANY, false, NULL, "", ""},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_kube kube;

        memset(&kube, 0xff, sizeof(kube));
        rl_kube_parse(rows[i].path, &kube);
        if (kube.level != rows[i].level || kube.inner != rows[i].inner ||
            strcmp(kube.qos ? kube.qos : "-", rows[i].qos ? rows[i].qos : "-") != 0 ||
            strcmp(kube.pod, rows[i].pod) != 0 || strcmp(kube.container, rows[i].container) != 0)
            fail_msg("%s: level %d, inner %d, %s, pod %s, container %s", rows[i].path, kube.level,
                kube.inner, kube.qos ? kube.qos : "-", kube.pod, kube.container);
        assert_false(kube.sandbox);
    }
}

static void an_id_of_any_length_is_safe(void **state)
{
    char path[400] = "/kubepods/pod" STATIC "/crio-";
    size_t start = strlen(path);
    struct rl_kube kube;

    for (size_t n = 1; n < 200; n++) {
        path[start + n - 1] = 'a';
        path[start + n] = '\0';
        rl_kube_parse(path, &kube);
        assert_int_equal(strlen(kube.container), n < RL_KUBE_ID_MAX ? n : 0);
        assert_int_equal(kube.level, n < RL_KUBE_ID_MAX ? RL_LEVEL_CONTAINER : RL_LEVEL_ANY);
    }
}

/* Any text: what is said is always in bounds and fits together. */
static void whatever_is_said_fits_together(void **state)
{
    static const char *const parts[] = {"/", "/", "kubepods", "pod", DASHED, LOWBAR, STATIC, ID,
        ".slice", ".scope", "-", "/kubepods", "/kubepods-", "/pod" STATIC, "/crio-" ID, "burstable",
        "besteffort", "crio-", "docker-", "conmon", "x", "_", "\xff"};
    struct dice dice = {99};
    size_t pods = 0, containers = 0;

    for (int i = 0; i < 200000; i++) {
        char path[1200] = "";
        struct rl_kube kube;

        for (size_t n = roll(&dice, 14); n > 0; n--)
            strcat(path, parts[roll(&dice, LENGTH(parts))]);
        rl_kube_parse(path, &kube);
        assert_true(strlen(kube.pod) == 0 || strlen(kube.pod) == 32 || strlen(kube.pod) == 36);
        assert_null(strchr(kube.pod, '_'));
        assert_true(strlen(kube.container) < RL_KUBE_ID_MAX);
        assert_int_equal(kube.container[0] != '\0', kube.level == RL_LEVEL_CONTAINER);
        assert_true(kube.level == RL_LEVEL_CONTAINER || !kube.inner);
        assert_int_equal(kube.qos != NULL, kube.pod[0] != '\0' || kube.level == RL_LEVEL_QOS);
        pods += kube.pod[0] != '\0';
        containers += kube.level == RL_LEVEL_CONTAINER;
    }
    assert_true(pods > 100 && containers > 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_spellings_are_understood),
        cmocka_unit_test(an_id_of_any_length_is_safe),
        cmocka_unit_test(whatever_is_said_fits_together),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
