/* Processes that share an address space: who dies, and what counts. */
#include "tests/unit/unit.h"

#include "policy/sharers.h"
#include "tests/unit/scene.h"

static void rate_by_rss(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rl_model_default()->rate(process, scale, ret);
}

static const struct rl_model alone = {.id = "alone", .rate = rate_by_rss};

static struct rl_process *add_sharer(
    struct scene *s, pid_t pid, const char *comm, uint32_t group, uint64_t mib, uint32_t mm)
{
    struct rl_process *p = add_process(s, pid, comm, group, mib);

    p->mm = mm;
    return p;
}

static size_t dead(const struct scene *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->choosing.n_candidates; i++)
        n += dies(s, i);
    return n;
}

static void sharers_die_together(void **state)
{
    struct scene s = a_scene(RL_KILL_PROCESS);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0);
    add_sharer(&s, 10, "other", 0, 400, 0);
    add_sharer(&s, 12, "two", 1, 500, 7);
    add_sharer(&s, 11, "one", 0, 500, 7);
    add_sharer(&s, 13, "pair", 0, 450, 8);
    add_sharer(&s, 14, "pair", 0, 450, 8);
    choose(&s);
    assert_true(s.choice.found);
    assert_int_equal(victim_pid(&s), 11);
    assert_int_equal(s.choice.scope, RL_KILL_PROCESS);
    assert_int_equal(s.choice.mm, 7);
    assert_int_equal(dead(&s), 2);
    assert_true(dies(&s, 1) && dies(&s, 2));

    s.victim.model = &alone; /* as kernels did it that killed one of them */
    choose(&s);
    assert_int_equal(victim_pid(&s), 11);
    assert_int_equal(s.choice.mm, 0);
    assert_int_equal(dead(&s), 1);
}

static void who_shares_with_nobody_dies_alone(void **state)
{
    struct scene s = a_scene(RL_KILL_PROCESS);

    add_group(&s, "/a", -1);
    add_process(&s, 10, "x", 0, 400);
    add_process(&s, 11, "y", 0, 300);
    choose(&s);
    assert_int_equal(victim_pid(&s), 10);
    assert_int_equal(s.choice.mm, 0);
    assert_int_equal(dead(&s), 1);
}

/* One that must live keeps the memory: the others would die for nothing. */
static void one_that_must_live_spares_them_all(void **state)
{
    static const struct {
        const char *what, *comm;
        int adj;
        uint32_t flags;
        pid_t pid;
        bool omit;
        bool spares;
    } rows[] = {
        {"protected", "keep", 0, 0, 20, false, true},
        {"-1000", "x", -1000, 0, 20, false, true},
        {"self", "x", 0, RL_PROCESS_SELF, 20, false, true},
        {"ancestor", "x", 0, RL_PROCESS_SELF_ANCESTOR, 20, false, true},
        {"init", "x", 0, 0, 1, false, true},
        {"kernel thread", "x", 0, RL_PROCESS_KERNEL_THREAD, 20, false, true},
        {"omitted", "x", 0, 0, 20, true, true},
        {"dying", "x", 0, RL_PROCESS_DYING, 20, false, false},
        {"dying, and protected as well", "keep", 0, RL_PROCESS_DYING, 20, false, false},
        {"low", "x", -900, 0, 20, false, false},
        {"nothing about it", "x", 0, 0, 20, false, false},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = a_scene(RL_KILL_PROCESS);
        struct rl_process *p;

        add_group(&s, "/a", -1);
        add_group(&s, "/a/b", 0)->omit = rows[i].omit;
        add_sharer(&s, 10, "hog", 0, 500, 3);
        add_sharer(&s, 11, "hog", 0, 500, 3);
        add_sharer(&s, 12, "next", 0, 400, 0);
        p = add_sharer(&s, rows[i].pid, rows[i].comm, 1, 500, 3);
        p->oom_score_adj = rows[i].adj;
        p->flags = rows[i].flags;
        choose(&s);
        if (!s.choice.found || victim_pid(&s) != (rows[i].spares ? 12 : 10))
            fail_msg("%s: %d dies", rows[i].what, (int)victim_pid(&s));
        assert_int_equal(dead(&s), rows[i].spares ? 1 : 3);
        for (size_t k = 0; k < 2; k++)
            assert_int_equal(
                s.candidates[k].spared, rows[i].spares ? RL_SPARED_SHARES_MEMORY : RL_REASON_NONE);
        assert_int_not_equal(s.candidates[3].spared, RL_SPARED_SHARES_MEMORY);
    }
}

/* It is no reason to live on when all around him die. */
static void who_shares_with_the_protected_dies_with_a_tree(void **state)
{
    struct scene s = a_scene(RL_KILL_TREE);

    add_group(&s, "/a", -1);
    add_sharer(&s, 10, "hog", 0, 500, 3);
    add_sharer(&s, 11, "keep", 0, 500, 3);
    add_sharer(&s, 12, "other", 0, 5, 0);
    choose(&s);
    assert_true(s.choice.one_by_one);
    assert_int_equal(s.candidates[0].spared, RL_SPARED_SHARES_MEMORY);
    assert_true(dies(&s, 0) && dies(&s, 2));
    assert_false(dies(&s, 1));

    s.choosing.n_candidates = 2; /* nobody whose death frees anything */
    s.groups[0] = (struct rl_group){.path = "/a", .parent = -1};
    choose(&s);
    assert_false(s.choice.found);
}

/* A model that lets one die alone spares nobody for it. */
static void without_the_rule_nobody_is_spared(void **state)
{
    struct scene s = a_scene(RL_KILL_PROCESS);

    s.victim.model = &alone;
    add_group(&s, "/a", -1);
    add_sharer(&s, 10, "hog", 0, 500, 3);
    add_sharer(&s, 11, "keep", 0, 500, 3);
    choose(&s);
    assert_int_equal(victim_pid(&s), 10);
    assert_int_equal(dead(&s), 1);
}

/* Who frees too little alone, or is a bit too small, dies with the others all the same. */
static void what_they_hold_forbids_nothing(void **state)
{
    struct scene s = a_scene(RL_KILL_PROCESS);

    s.victim.min_bytes = 450 * MIB;
    add_group(&s, "/a", -1);
    add_sharer(&s, 10, "hog", 0, 500, 3);
    add_sharer(&s, 11, "hog", 0, 449, 3); /* read a moment earlier */
    choose(&s);
    assert_int_equal(victim_pid(&s), 10);
    assert_int_equal(s.candidates[1].spared, RL_SPARED_TOO_SMALL);
    assert_int_equal(dead(&s), 2);
}

static void an_avoided_one_makes_all_come_last(void **state)
{
    static const struct rl_pattern avoid[] = {
        {.text = "comm:late", .terms = {{RL_FACT_COMM, "late"}}, .n = 1}};
    struct scene s = a_scene(RL_KILL_PROCESS);

    s.victim.avoid = avoid;
    s.victim.n_avoid = 1;
    add_group(&s, "/a", -1);
    add_sharer(&s, 10, "hog", 0, 500, 3);
    add_sharer(&s, 11, "late", 0, 500, 3);
    add_sharer(&s, 12, "next", 0, 5, 0);
    choose(&s);
    assert_int_equal(victim_pid(&s), 12);
    assert_int_equal(s.candidates[0].spared, RL_SPARED_AVOIDED);

    s.choosing.n_candidates = 2; /* nobody else */
    choose(&s);
    assert_true(s.choice.found);
    assert_int_equal(dead(&s), 2);
}

/* A cgroup that dies whole or not at all cannot lose one member. */
static void under_oom_groups_all_are_in_the_same_one(void **state)
{
    static const struct {
        uint32_t first, second;
        bool spared;
    } rows[] = {
        {0, 1, true}, {0, 2, true}, {1, 3, true}, {1, 2, false}, /* 2 is below 1 */
        {3, 3, false}, {0, 4, false},                            /* 4 is an ordinary one */
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = a_scene(RL_KILL_PROCESS);

        add_group(&s, "/a", -1);
        add_group(&s, "/a/g", 0)->oom_group = true;
        add_group(&s, "/a/g/h", 1);
        add_group(&s, "/a/i", 0)->oom_group = true;
        add_group(&s, "/a/j", 0);
        add_sharer(&s, 10, "hog", rows[i].first, 500, 3);
        add_sharer(&s, 11, "hog", rows[i].second, 500, 3);
        add_sharer(&s, 12, "next", 0, 5, 0);
        choose(&s);
        assert_int_equal(victim_pid(&s), rows[i].spared ? 12 : 10);
        if (!rows[i].spared)
            assert_int_equal(dead(&s), 2);
        assert_int_equal(
            s.candidates[0].spared, rows[i].spared ? RL_SPARED_SHARES_MEMORY : RL_REASON_NONE);
        if (s.choice.scope == RL_KILL_CGROUP)
            assert_int_equal(s.choice.mm, 0);
    }
}

/* --- sums --- */

static void their_memory_counts_once_in_each_cgroup(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0);
    add_group(&s, "/a/b/c", 1);
    add_group(&s, "/a/d", 0);
    add_sharer(&s, 10, "x", 1, 100, 3);
    add_sharer(&s, 11, "x", 2, 100, 3);
    add_sharer(&s, 12, "x", 2, 100, 3);
    add_sharer(&s, 13, "x", 3, 100, 3);
    add_sharer(&s, 14, "y", 3, 10, 4);
    add_sharer(&s, 15, "y", 3, 10, 4);
    add_sharer(&s, 16, "z", 2, 1, 0);
    add_sharer(&s, 17, "z", 2, 1, 0);
    add_sharer(&s, 18, "x", 3, 100, 3)->flags = RL_PROCESS_DYING; /* was never added */
    choose(&s);
    assert_int_equal(s.groups[0].members_points, 100 + 10 + 2);
    assert_int_equal(s.groups[1].members_points, 100 + 2);
    assert_int_equal(s.groups[2].members_points, 100 + 2);
    assert_int_equal(s.groups[3].members_points, 100 + 10);
    for (size_t g = 0; g < 4; g++)
        assert_int_equal(
            s.groups[g].members_pages, (uint64_t)s.groups[g].members_points * MIB / 4096);
    assert_int_equal(s.groups[0].members, 8); /* processes are as many as before */
    assert_int_equal(s.groups[2].members, 4);
}

static void whoever_comes_first_stands_for_all(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    add_group(&s, "/a", -1);
    add_sharer(&s, 10, "x", 0, 99, 3);
    add_sharer(&s, 11, "x", 0, 101, 3); /* they were not read at the same instant */
    add_sharer(&s, 12, "x", 0, 100, 3);
    choose(&s);
    assert_int_equal(s.groups[0].members_points, 101);
    assert_int_equal(s.choice.points, 101);
}

static void without_the_rule_each_counts(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    s.victim.model = &alone;
    add_group(&s, "/a", -1);
    add_sharer(&s, 10, "x", 0, 100, 3);
    add_sharer(&s, 11, "x", 0, 100, 3);
    choose(&s);
    assert_int_equal(s.groups[0].members_points, 200);
}

/* MaxProcesses= makes one process of a cgroup, and then its sharers go with it. */
static void a_fall_back_takes_sharers_along(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    s.victim.max_processes = 2;
    add_group(&s, "/a", -1)->anon = 600 * MIB;
    add_sharer(&s, 10, "x", 0, 100, 0);
    add_sharer(&s, 11, "x", 0, 200, 3);
    add_sharer(&s, 12, "x", 0, 200, 3);
    choose(&s);
    assert_true(s.choice.fell_back);
    assert_int_equal(s.choice.mm, 3);
    assert_int_equal(dead(&s), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sharers_die_together),
        cmocka_unit_test(who_shares_with_nobody_dies_alone),
        cmocka_unit_test(one_that_must_live_spares_them_all),
        cmocka_unit_test(who_shares_with_the_protected_dies_with_a_tree),
        cmocka_unit_test(without_the_rule_nobody_is_spared),
        cmocka_unit_test(what_they_hold_forbids_nothing),
        cmocka_unit_test(an_avoided_one_makes_all_come_last),
        cmocka_unit_test(under_oom_groups_all_are_in_the_same_one),
        cmocka_unit_test(their_memory_counts_once_in_each_cgroup),
        cmocka_unit_test(whoever_comes_first_stands_for_all),
        cmocka_unit_test(without_the_rule_each_counts),
        cmocka_unit_test(a_fall_back_takes_sharers_along),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
