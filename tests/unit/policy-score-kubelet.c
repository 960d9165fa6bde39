/* Score=kubelet chooses whom a kubelet would evict first, by nothing but what /proc tells. */
#include "tests/unit/unit.h"

#include "tests/unit/scene.h"

#define PODS     6
#define CAPACITY 1000 /* MiB: of the scene */

struct pod {
    uint64_t request, limit, usage; /* MiB; limit 0: none */
    int processes;
};

/* pkg/kubelet/qos/policy.go, GetContainerOOMScoreAdjust(), of Kubernetes 1.30 */
static int adj_of(const struct pod *pod)
{
    int64_t adj;

    if (pod->request > 0 && pod->request == pod->limit)
        return -997; /* Guaranteed */
    if (pod->request == 0 && pod->limit == 0)
        return 1000; /* BestEffort */
    adj = 1000 - (int64_t)(1000 * pod->request / CAPACITY);
    return adj < 1000 - 997 ? 1000 - 997 : adj == 1000 ? 999 : (int)adj;
}

/* pkg/kubelet/eviction/helpers.go, rankMemoryPressure(), with equal priorities: whoever exceeds its
 * request, then by how much. */
static int64_t rank_of(const struct pod *pod)
{
    return (int64_t)pod->usage - (int64_t)pod->request;
}

static void put(struct scene *s, const struct pod *pods)
{
    static const char *const paths[] = {"/p/0", "/p/1", "/p/2", "/p/3", "/p/4", "/p/5"};
    pid_t pid = 100;

    add_group(s, "/p", -1);
    for (size_t i = 0; i < PODS; i++) {
        struct rl_group *group = add_group(s, paths[i], 0);

        group->anon = pods[i].usage * MIB;
        group->container = true;
        for (int k = 0; k < pods[i].processes; k++)
            add_process(s, pid++, "x", (uint32_t)i + 1, pods[i].usage / (uint64_t)pods[i].processes)
                ->oom_score_adj = adj_of(&pods[i]);
    }
}

static void test_table(void **state)
{
    static const struct {
        struct pod pods[PODS];
        size_t first;
    } rows[] = {
        /* The largest has asked for it. */
        {{{500, 0, 400, 1}, {10, 0, 60, 1}, {100, 0, 90, 1}, {0, 0, 20, 1}, {100, 100, 99, 1},
             {50, 0, 50, 1}},
            1},
        /* Without a request any use is beyond it. */
        {{{500, 0, 510, 1}, {10, 0, 15, 1}, {100, 0, 90, 1}, {0, 0, 20, 1}, {100, 100, 99, 1},
             {50, 0, 50, 1}},
            3},
        /* The container counts, not its largest process, and what it asked for counts once. */
        {{{100, 0, 300, 8}, {0, 0, 150, 1}, {100, 0, 90, 1}, {0, 0, 20, 1}, {100, 100, 99, 1},
             {50, 0, 50, 1}},
            0},
        /* Guaranteed ones last, whatever they hold. */
        {{{400, 400, 400, 1}, {300, 0, 290, 1}, {100, 0, 90, 1}, {40, 0, 20, 1}, {100, 100, 99, 1},
             {80, 0, 50, 1}},
            1},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = a_scene(RL_KILL_CGROUP);

        s.victim.model = rl_model_find("kubelet");
        put(&s, rows[i].pods);
        choose(&s);
        assert_true(s.choice.found);
        assert_int_equal(s.choice.group, (int)rows[i].first + 1);
    }
}

/* Whatever pods there are: nobody that a kubelet ranks clearly higher is passed over. Permille of
 * the node are rounded, so that two of them may come between equals. */
static void test_ranks(void **state)
{
    uint32_t dice = 7;

    for (int round = 0; round < 5000; round++) {
        struct scene s = a_scene(RL_KILL_CGROUP);
        struct pod pods[PODS];
        int64_t chosen, most = INT64_MIN;

        for (size_t i = 0; i < PODS; i++) {
            dice = dice * 1664525 + 1013904223;
            pods[i] = (struct pod){.request = (dice >> 8) % 400,
                .usage = 1 + (dice >> 18) % 500,
                .processes = 1 + (int)(dice >> 28) % 3};
            pods[i].limit = (dice >> 30) == 0 ? pods[i].request : 0;
            if (pods[i].limit > 0 && pods[i].usage > pods[i].limit)
                pods[i].usage = pods[i].limit; /* the kernel sees to it */
        }
        s.victim.model = rl_model_find("kubelet");
        put(&s, pods);
        choose(&s);
        assert_true(s.choice.found);
        chosen = rank_of(&pods[s.choice.group - 1]);
        for (size_t i = 0; i < PODS; i++)
            if (adj_of(&pods[i]) > 0 && rank_of(&pods[i]) > most)
                most = rank_of(&pods[i]);
        if (most > INT64_MIN && chosen < most - 2)
            fail_msg("round %d: %lld MiB beyond its request was chosen, not %lld", round,
                (long long)chosen, (long long)most);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_ranks),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
