/* What a score model says beyond points: ties, no points, waiting, sacrifice. */
#include "tests/unit/unit.h"

#include "tests/unit/scene.h"

/* A point per MiB, and what oom_score_adj adds. */
static void rate(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    rl_model_default()->rate(process, scale, ret);
}

static const struct rl_model plain = {.id = "plain", .rate = rate};
static const struct rl_model from_zero = {
    .id = "from-zero", .rate = rate, .picking = {.from_zero = true}};
static const struct rl_model waiting = {.id = "waiting", .rate = rate, .picking = {.waits = true}};
static const struct rl_model first_child = {
    .id = "first-child", .rate = rate, .picking = {.sacrifice = RL_SACRIFICE_FIRST_CHILD}};
static const struct rl_model worst_child = {.id = "worst-child",
    .rate = rate,
    .picking = {.sacrifice = RL_SACRIFICE_WORST_CHILD, .sharers = true}};

/* --- ties --- */

static void a_tie_is_the_model_s_matter(void **state)
{
    static const enum rl_tie ties[] = {RL_TIE_PID, RL_TIE_FIRST, RL_TIE_LAST, RL_TIE_LEADER};

    for (size_t t = 0; t < LENGTH(ties); t++) {
        const struct rl_model model = {.id = "tie", .rate = rate, .picking = {.tie = ties[t]}};

        for (int dead_leader = 0; dead_leader < 2; dead_leader++) {
            struct scene s = a_scene(RL_KILL_PROCESS);
            struct rl_candidate *a = &s.candidates[0], *b = &s.candidates[1];

            s.victim.model = &model;
            add_group(&s, "/a", -1);
            add_process(&s, 10, "x", 0, 50)->start_ticks = 200;
            add_process(&s, 11, "x", 0, 50)->start_ticks = 100;
            if (dead_leader)
                b->process.flags = RL_PROCESS_DEAD_LEADER;
            choose(&s);
            assert_int_equal(rl_candidate_before(&model, a, b),
                rl_score_before(&model, &a->process, 50, &b->process, 50));
            assert_int_equal(rl_candidate_before(&model, b, a),
                rl_score_before(&model, &b->process, 50, &a->process, 50));
            assert_int_equal(victim_pid(&s),
                rl_score_before(&model, &a->process, 50, &b->process, 50) ? 10 : 11);
        }
    }
}

static void tiers_and_points_come_before_ties(void **state)
{
    struct rl_candidate a = {.process.pid = 9}, b = {.process.pid = 5};

    assert_false(rl_candidate_before(&plain, &a, &b));
    a.score.points = 1;
    assert_true(rl_candidate_before(&plain, &a, &b));
    a.tier = RL_TIER_AVOIDED;
    assert_false(rl_candidate_before(&plain, &a, &b));
    assert_true(rl_candidate_before(&plain, &b, &a));
}

/* --- from zero --- */

static void no_points_is_no_victim(void **state)
{
    static const struct {
        int adj, adjust;
        const char *comm;
        enum rl_reason why;
    } rows[] = {
        {0, 0, "x", RL_REASON_NONE},
        {-49, 0, "x", RL_REASON_NONE}, /* one point */
        {-50, 0, "x", RL_SPARED_NO_POINTS},
        {-51, 0, "x", RL_SPARED_NO_POINTS},
        {-51, 300, "x", RL_SPARED_NO_POINTS}, /* Adjust= is not the model's */
        {-49, -300, "x", RL_REASON_NONE},
        {-51, 0, "keep", RL_SPARED_PROTECTED},
        {-1000, 0, "x", RL_SPARED_ADJ_MINUS_1000},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_adjust adjust = {
            .pattern = {.text = "comm:x", .terms = {{RL_FACT_COMM, "x"}}, .n = 1},
            .points = rows[i].adjust};
        struct scene s = a_scene(RL_KILL_PROCESS);

        s.victim.adjust = &adjust;
        s.victim.n_adjust = 1;
        add_group(&s, "/a", -1);
        add_process(&s, 10, rows[i].comm, 0, 50)->oom_score_adj = rows[i].adj;
        for (int zero = 0; zero < 2; zero++) {
            enum rl_reason why = rows[i].why;

            if (!zero && why == RL_SPARED_NO_POINTS)
                why = RL_REASON_NONE;
            s.victim.model = zero ? &from_zero : &plain;
            choose(&s);
            assert_int_equal(s.candidates[0].spared, why);
            assert_int_equal(s.choice.found, why == RL_REASON_NONE);
        }
    }
}

/* It is no reason to spare the cgroup it lives in. */
static void who_has_no_points_may_die_with_others(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    s.victim.model = &from_zero;
    add_group(&s, "/a", -1)->anon = 60 * MIB;
    add_process(&s, 10, "x", 0, 50);
    add_process(&s, 11, "x", 0, 10)->oom_score_adj = -500;
    choose(&s);
    assert_int_equal(s.candidates[1].spared, RL_SPARED_NO_POINTS);
    assert_true(s.choice.found);
    assert_int_equal(s.choice.group, 0);
}

/* --- waiting --- */

static void nobody_is_chosen_while_somebody_goes(void **state)
{
    static const struct {
        const char *what;
        const struct rl_model *model;
        enum rl_kill kill;
        uint32_t flags;
        uint64_t mib;
        bool waited_out, waits;
    } rows[] = {
        {"process", &waiting, RL_KILL_PROCESS, RL_PROCESS_DYING, 5, false, true},
        {"cgroup", &waiting, RL_KILL_CGROUP, RL_PROCESS_DYING, 5, false, true},
        {"tree", &waiting, RL_KILL_TREE, RL_PROCESS_DYING, 5, false, true},
        {"another model", &plain, RL_KILL_PROCESS, RL_PROCESS_DYING, 5, false, false},
        {"for too long", &waiting, RL_KILL_PROCESS, RL_PROCESS_DYING, 5, true, false},
        {"nobody is dying", &waiting, RL_KILL_PROCESS, 0, 5, false, false},
        {"its memory is gone", &waiting, RL_KILL_PROCESS, RL_PROCESS_DYING, 0, false, false},
        {"a kernel thread", &waiting, RL_KILL_PROCESS, RL_PROCESS_DYING | RL_PROCESS_KERNEL_THREAD,
            5, false, false},
        {"protected as well", &waiting, RL_KILL_PROCESS,
            RL_PROCESS_DYING | RL_PROCESS_SELF_ANCESTOR, 5, false, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = a_scene(rows[i].kill);

        s.victim.model = rows[i].model;
        s.choosing.waited_out = rows[i].waited_out;
        add_group(&s, "/a", -1);
        add_group(&s, "/a/b", 0);
        add_process(&s, 10, "x", 0, 50);
        add_process(&s, 11, "x", 1, rows[i].mib)->flags = rows[i].flags;
        choose(&s);
        if (s.choice.found == rows[i].waits)
            fail_msg("%s", rows[i].what);
        if (!rows[i].waits)
            continue;
        assert_int_equal(s.choice.why, RL_WAIT_EXITING);
        assert_int_equal(s.choice.candidate, -1);
        assert_int_equal(s.choice.group, -1);
        assert_int_equal(s.choice.instead_of, -1);
    }
}

static void swap_and_address_space_are_worth_waiting_for(void **state)
{
    for (int what = 0; what < 2; what++) {
        struct scene s = a_scene(RL_KILL_PROCESS);
        struct rl_process *p;

        s.victim.model = &waiting;
        add_group(&s, "/a", -1);
        add_process(&s, 10, "x", 0, 50);
        p = add_process(&s, 11, "x", 0, 0);
        p->flags = RL_PROCESS_DYING;
        *(what ? &p->swap_pages : &p->total_vm_pages) = 1;
        choose(&s);
        assert_int_equal(s.choice.why, RL_WAIT_EXITING);
    }
}

/* --- sacrifice --- */

/* One family: 10 has the most points; its children are 11 to 16. */
static struct scene a_family(const struct rl_model *model)
{
    struct scene s = a_scene(RL_KILL_PROCESS);

    s.victim.model = model;
    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0);
    add_process(&s, 10, "parent", 0, 500)->mm = 1;
    for (pid_t pid = 11; pid <= 16; pid++) {
        struct rl_process *p = add_process(&s, pid, "child", 1, 20);

        p->ppid = 10;
        p->start_ticks = 1000 - (uint64_t)pid; /* 16 is the oldest */
    }
    s.candidates[1].process.rss_pages += 5 * MIB / 4096; /* 11 is the biggest, then 15 */
    s.candidates[5].process.rss_pages += 3 * MIB / 4096;
    add_process(&s, 17, "grandchild", 0, 300)->ppid = 11;
    s.candidates[7].process.start_ticks = 1;
    add_process(&s, 9, "stranger", 0, 400)->ppid = 1;
    return s;
}

#define CHILD(s, pid) ((s).candidates[(pid)-10])

static void a_child_dies_for_its_parent(void **state)
{
    struct scene s = a_family(&first_child);

    choose(&s);
    assert_true(s.choice.found);
    assert_int_equal(victim_pid(&s), 16);
    assert_int_equal(s.choice.instead_of, 0);
    assert_int_equal(s.choice.scope, RL_KILL_PROCESS);
    assert_int_equal(s.choice.group, 1);
    assert_int_equal(s.choice.points, 20);
    assert_false(s.choice.widened);

    s = a_family(&worst_child);
    choose(&s);
    assert_int_equal(victim_pid(&s), 11);
    assert_int_equal(s.choice.instead_of, 0);
    assert_int_equal(s.choice.points, 25);

    s.candidates[0].process.mm = 0; /* nobody knows of any sharing */
    choose(&s);
    assert_int_equal(victim_pid(&s), 11);

    s = a_family(&plain);
    choose(&s);
    assert_int_equal(victim_pid(&s), 10);
    assert_int_equal(s.choice.instead_of, -1);
}

static void among_equals_the_older_child(void **state)
{
    struct scene s = a_family(&worst_child);

    CHILD(s, 15).process.rss_pages = CHILD(s, 11).process.rss_pages;
    choose(&s);
    assert_int_equal(victim_pid(&s), 15);

    s = a_family(&first_child);
    CHILD(s, 14).process.start_ticks = CHILD(s, 16).process.start_ticks;
    choose(&s);
    assert_int_equal(victim_pid(&s), 14); /* started in the same tick: the lower pid */
}

/* Each change makes one child useless; then the next one is taken: by age 16, 15, ... */
static void only_a_child_that_may_be_chosen(void **state)
{
    static const struct rl_pattern avoid[] = {
        {.text = "comm:late", .terms = {{RL_FACT_COMM, "late"}}, .n = 1}};

    for (int what = 0; what < 8; what++) {
        struct scene s = a_family(&first_child);
        struct rl_process *p = &CHILD(s, 16).process;
        pid_t want = 15;

        s.victim.avoid = avoid;
        s.victim.n_avoid = 1;
        switch (what) {
        case 0:
            strcpy(p->comm, "keep");
            break;
        case 1:
            p->oom_score_adj = -1000;
            break;
        case 2:
            p->flags = RL_PROCESS_DYING;
            break;
        case 3:
            p->rss_pages = 0;
            break;
        case 4:
            p->mm = 1; /* the parent's own */
            break;
        case 5:
            p->mm = 2; /* another one: that is fine */
            want = 16;
            break;
        case 6:
            strcpy(p->comm, "late");
            break;
        case 7:
            add_group(&s, "/a/g", 0)->oom_group = true;
            p->cgroup = 2;
            break;
        }
        choose(&s);
        if (victim_pid(&s) != want)
            fail_msg("case %d: %d dies", what, (int)victim_pid(&s));
        assert_int_equal(s.choice.instead_of, 0);
    }
}

static void the_worst_child_has_points(void **state)
{
    for (int none = 0; none < 2; none++) {
        struct scene s = a_family(&worst_child);

        for (pid_t pid = 11; pid <= 16; pid++)
            CHILD(s, pid).process.oom_score_adj = -25 + (pid == 15 && !none ? 3 : 0);
        choose(&s); /* 11 has exactly none, 15 one */
        assert_int_equal(victim_pid(&s), none ? 10 : 15);
        assert_int_equal(s.choice.instead_of, none ? -1 : 0);
    }
}

static void whole_groups_are_not_traded_for_a_child(void **state)
{
    struct scene s = a_family(&first_child);

    s.victim.kill = RL_KILL_CGROUP;
    choose(&s);
    assert_int_equal(s.choice.instead_of, -1);
    assert_int_equal(s.choice.candidate, -1);

    s = a_family(&first_child);
    s.victim.kill = RL_KILL_TREE;
    s.victim.max_processes = 1; /* falls back to a process: that one */
    choose(&s);
    assert_true(s.choice.fell_back);
    assert_int_equal(victim_pid(&s), 10);
    assert_int_equal(s.choice.instead_of, -1);

    s = a_family(&first_child);
    s.groups[0].oom_group = true;
    choose(&s);
    assert_true(s.choice.widened);
    assert_int_equal(victim_pid(&s), 10);
    assert_int_equal(s.choice.instead_of, -1);

    s = a_family(&first_child);
    add_group(&s, "/a/g", 0)->oom_group = true; /* of the parent alone */
    s.candidates[0].process.cgroup = 2;
    choose(&s);
    assert_true(s.choice.widened);
    assert_int_equal(s.choice.group, 2);
    assert_int_equal(s.choice.instead_of, -1);
}

static void the_avoided_die_for_the_avoided(void **state)
{
    static const struct rl_pattern avoid[] = {
        {.text = "comm:*", .terms = {{RL_FACT_COMM, "*"}}, .n = 1}};
    struct scene s = a_family(&first_child);

    s.victim.avoid = avoid;
    s.victim.n_avoid = 1;
    choose(&s);
    assert_int_equal(victim_pid(&s), 16);
}

/* Whoever shares the child's address space goes with it, the parent's sharers do not. */
static void sharers_of_the_child_die_with_it(void **state)
{
    struct scene s = a_family(&worst_child);

    CHILD(s, 11).process.mm = 4;
    CHILD(s, 12).process.mm = 4;
    CHILD(s, 13).process.mm = 1;
    choose(&s);
    assert_int_equal(victim_pid(&s), 11);
    assert_int_equal(s.choice.mm, 4);
    assert_true(dies(&s, 1) && dies(&s, 2));
    assert_false(dies(&s, 0) || dies(&s, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tie_is_the_model_s_matter),
        cmocka_unit_test(tiers_and_points_come_before_ties),
        cmocka_unit_test(no_points_is_no_victim),
        cmocka_unit_test(who_has_no_points_may_die_with_others),
        cmocka_unit_test(nobody_is_chosen_while_somebody_goes),
        cmocka_unit_test(swap_and_address_space_are_worth_waiting_for),
        cmocka_unit_test(a_child_dies_for_its_parent),
        cmocka_unit_test(among_equals_the_older_child),
        cmocka_unit_test(only_a_child_that_may_be_chosen),
        cmocka_unit_test(the_worst_child_has_points),
        cmocka_unit_test(whole_groups_are_not_traded_for_a_child),
        cmocka_unit_test(the_avoided_die_for_the_avoided),
        cmocka_unit_test(sharers_of_the_child_die_with_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
