/* Prefer=, Avoid=, Adjust=, MinSize=, MaxProcesses=, and the marks of other tools. */
#include "tests/unit/unit.h"

#include "tests/unit/scene.h"

static const struct rl_pattern prefer[] = {
    {.terms = {{RL_FACT_COMM, "first*"}}, .n = 1},
    {.terms = {{RL_FACT_CMDLINE, "first"}}, .n = 1},
};
static const struct rl_pattern avoid[] = {
    {.terms = {{RL_FACT_COMM, "last*"}}, .n = 1},
    {.terms = {{RL_FACT_CMDLINE, "last"}, {RL_FACT_UID, "7"}}, .n = 2},
};
static const struct rl_adjust adjust[] = {
    {{.terms = {{RL_FACT_COMM, "*plus"}}, .n = 1}, 300},
    {{.terms = {{RL_FACT_COMM, "*minus"}}, .n = 1}, -300},
    {{.terms = {{RL_FACT_COMM, "*much*"}}, .n = 1}, 500},
    {{.terms = {{RL_FACT_CMDLINE, "x"}}, .n = 1}, 9000},
};

static struct scene tiers(enum rl_kill kill)
{
    struct scene s = a_scene(kill);

    s.victim.prefer = prefer;
    s.victim.n_prefer = LENGTH(prefer);
    s.victim.avoid = avoid;
    s.victim.n_avoid = LENGTH(avoid);
    s.victim.adjust = adjust;
    s.victim.n_adjust = LENGTH(adjust);
    return s;
}

/* --- one process --- */

static void a_process_has_a_tier_and_an_adjustment(void **state)
{
    static const struct {
        const char *what;
        struct rl_process process;
        enum rl_tier tier;
        int adjust;
    } rows[] = {
        {"plain", {.comm = "x", .flags = RL_PROCESS_CMDLINE_KNOWN}, RL_TIER_PLAIN, 0},
        {"preferred", {.comm = "first", .flags = RL_PROCESS_CMDLINE_KNOWN}, RL_TIER_PREFERRED, 0},
        {"avoided", {.comm = "last"}, RL_TIER_AVOIDED, 0},
        {"unknown is not preferred", {.comm = "x"}, RL_TIER_PLAIN, 0},
        {"unknown is avoided", {.comm = "x", .uid = 7}, RL_TIER_AVOIDED, 0},
        {"known", {.comm = "x", .uid = 7, .cmdline = "y", .flags = RL_PROCESS_CMDLINE_KNOWN},
            RL_TIER_PLAIN, 0},
        {"avoided wins", {.comm = "last", .cmdline = "first", .flags = RL_PROCESS_CMDLINE_KNOWN},
            RL_TIER_AVOIDED, 0},
        {"one", {.comm = "xplus"}, RL_TIER_PLAIN, 300},
        {"all that mean it", {.comm = "much plus"}, RL_TIER_PLAIN, 800},
        {"down", {.comm = "xminus"}, RL_TIER_PLAIN, -300},
        {"known cmdline", {.comm = "xplus", .cmdline = "x", .flags = RL_PROCESS_CMDLINE_KNOWN},
            RL_TIER_PLAIN, 9300},
        {"preferred and adjusted", {.comm = "firstplus"}, RL_TIER_PREFERRED, 300},
    };
    const struct rl_scale scale = {.available = 1000 * MIB, .page_size = 4096};
    const struct scene s = tiers(RL_KILL_PROCESS);

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_candidate k = {.process = rows[i].process, .adjust = 77};

        k.process.pid = 5;
        k.process.uid = k.process.uid ? k.process.uid : 1000;
        k.process.rss_pages = 100 * MIB / 4096;
        k.process.oom_score_adj = 10;
        rl_candidate_rate(&s.victim, &scale, "/", &k);
        if (k.tier != rows[i].tier || k.adjust != rows[i].adjust)
            fail_msg("%s: tier %d, adjust %d", rows[i].what, k.tier, k.adjust);
        assert_int_equal(k.score.points, 100 + 10 + rows[i].adjust);
        assert_int_equal(k.score.adj_points, 10); /* that of the kernel stays apart */
    }
}

static void adjustments_do_not_overflow(void **state)
{
    const struct rl_pattern all = {.terms = {{RL_FACT_COMM, "*"}}, .n = 1};
    struct rl_adjust lines[8];
    struct rl_victim victim = {.model = rl_model_default(), .adjust = lines};
    const struct rl_scale scale = {.available = GIB, .page_size = 4096};
    struct rl_candidate k = {.process = {.pid = 5, .rss_pages = 1, .comm = "x"}};

    for (size_t i = 0; i < LENGTH(lines); i++)
        lines[i] = (struct rl_adjust){all, INT32_MAX};
    victim.n_adjust = LENGTH(lines);
    rl_candidate_rate(&victim, &scale, "/", &k);
    assert_int_equal(k.adjust, 1000000);
    for (size_t i = 0; i < LENGTH(lines); i++)
        lines[i].points = INT32_MIN;
    rl_candidate_rate(&victim, &scale, "/", &k);
    assert_int_equal(k.adjust, -1000000);
    assert_int_equal(k.score.points, -1000000);
}

/* Nothing is added to what is before everybody. */
static void infinite_points_stay_infinite(void **state)
{
    static const int32_t all_points[] = {300, -300};
    const struct rl_scale scale = {.available = GIB, .page_size = 4096};

    for (size_t i = 0; i < LENGTH(all_points); i++) {
        const struct rl_adjust line = {{.terms = {{RL_FACT_COMM, "*"}}, .n = 1}, all_points[i]};
        const struct rl_victim victim = {
            .model = rl_model_find("v59"), .adjust = &line, .n_adjust = 1};
        struct rl_candidate k = {
            .process = {.pid = 5, .rss_pages = 9, .flags = RL_PROCESS_OOM_ORIGIN, .comm = "x"}};

        rl_candidate_rate(&victim, &scale, "/", &k);
        assert_true(k.score.points == RL_POINTS_INFINITE);
        rl_candidate_rate_own(&victim, "/", &k);
        assert_true(k.score.points == RL_POINTS_INFINITE);
    }
}

/* Also where they share what they hold, so that most of it is taken back. */
static void points_of_members_do_not_overflow(void **state)
{
    for (uint32_t mm = 0; mm < 2; mm++) {
        struct scene s = a_scene(RL_KILL_CGROUP);

        s.victim.model = rl_model_find("v2632");
        add_group(&s, "/a", -1);
        for (pid_t pid = 10; pid < 15; pid++) {
            struct rl_process *p = add_process(&s, pid, "x", 0, 100);
            p->total_vm_pages = UINT64_MAX;
            p->oom_adj = 15;
            p->mm = mm;
            p->flags = pid > 12 ? RL_PROCESS_OOM_ORIGIN : 0;
        }
        choose(&s);
        assert_int_equal(s.choice.scope, RL_KILL_CGROUP);
        assert_true(s.choice.points == RL_POINTS_MOST);
    }
}

/* ... and so that nothing is left of it. */
static void points_are_not_taken_back_below_0(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    s.victim.model = rl_model_find("v2625");
    add_group(&s, "/a", -1);
    for (pid_t pid = 10; pid < 14; pid++) {
        struct rl_process *p = add_process(&s, pid, "x", 0, 100);
        p->total_vm_pages = 100 * MIB / 4096;
        p->mm = 1;
        p->flags = RL_PROCESS_OOM_ORIGIN;
    }
    choose(&s);
    assert_true(s.choice.found);
    assert_int_equal(s.choice.points, 0);
}

static void its_own_policy_takes_the_place_of_the_acting_one(void **state)
{
    static const struct rl_pattern everybody = {.terms = {{RL_FACT_COMM, "*"}}, .n = 1};
    static const struct rl_adjust less = {{.terms = {{RL_FACT_COMM, "*"}}, .n = 1}, -50};
    const struct scene s = tiers(RL_KILL_PROCESS);
    const struct rl_victim plain = {.model = rl_model_default()};
    const struct rl_victim own = {
        .prefer = &everybody, .n_prefer = 1, .adjust = &less, .n_adjust = 1};
    const struct rl_victim shield = {.protect = &everybody, .n_protect = 1};
    const struct rl_scale scale = {.available = 1000 * MIB, .page_size = 4096};
    struct rl_candidate k = {
        .process = {.pid = 5, .uid = 9, .rss_pages = 100 * MIB / 4096, .comm = "lastplus"}};

    rl_candidate_rate(&s.victim, &scale, "/", &k);
    assert_int_equal(k.tier, RL_TIER_AVOIDED);
    assert_int_equal(k.score.points, 400);
    rl_candidate_rate_own(&own, "/", &k);
    assert_int_equal(k.tier, RL_TIER_PREFERRED);
    assert_int_equal(k.adjust, -50);
    assert_int_equal(k.score.points, 50);
    rl_candidate_rate_own(&shield, "/", &k);
    assert_int_equal(k.spared, RL_SPARED_PROTECTED);
    assert_ptr_equal(k.by, &everybody);

    strcpy(k.process.comm, "keep"); /* what the acting one protects stays so */
    rl_candidate_rate(&s.victim, &scale, "/", &k);
    rl_candidate_rate_own(&plain, "/", &k);
    assert_int_equal(k.spared, RL_SPARED_PROTECTED);
    assert_ptr_equal(k.by, &protect[0]);
}

static void small_and_shared_ones_are_passed_over(void **state)
{
    static const struct {
        const char *what;
        uint64_t rss, anon, swap, min_pages;
        const char *comm;
        enum rl_reason why;
    } rows[] = {
        {"large enough", 100, 100, 0, 100, "x", RL_REASON_NONE},
        {"a page too small", 100, 99, 0, 100, "x", RL_SPARED_TOO_SMALL},
        {"swap counts", 100, 60, 40, 100, "x", RL_REASON_NONE},
        {"not what is shared", 500, 99, 0, 100, "x", RL_SPARED_TOO_SMALL},
        {"unknown: the resident set", 100, 0, 0, 100, "x", RL_REASON_NONE},
        {"unknown and small", 99, 0, 0, 100, "x", RL_SPARED_TOO_SMALL},
        {"no such rule", 1, 1, 0, 0, "x", RL_REASON_NONE},
        {"a tenth is its own", 1000, 100, 0, 0, "x", RL_REASON_NONE},
        {"less than a tenth", 1000, 99, 0, 0, "x", RL_SPARED_FREES_LITTLE},
        {"swap is its own", 950, 50, 50, 0, "x", RL_REASON_NONE},
        {"nobody knows", 1000, 0, 0, 0, "x", RL_REASON_NONE},
        {"giant", UINT64_MAX, 1, 0, 0, "x", RL_SPARED_FREES_LITTLE},
        {"giant swap", 10, 10, UINT64_MAX, 100, "x", RL_REASON_NONE},
        {"protected is the better reason", 10, 1, 0, 100, "keep", RL_SPARED_PROTECTED},
    };
    const struct rl_scale scale = {.available = GIB, .page_size = 4096};

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = tiers(RL_KILL_PROCESS);
        struct rl_candidate k = {.process = {.pid = 5,
                                     .uid = 9,
                                     .rss_pages = rows[i].rss,
                                     .anon_pages = rows[i].anon,
                                     .swap_pages = rows[i].swap}};

        strcpy(k.process.comm, rows[i].comm);
        s.victim.min_bytes = rows[i].min_pages * 4096;
        rl_candidate_rate(&s.victim, &scale, "/", &k);
        if (k.spared != rows[i].why)
            fail_msg("%s: %s", rows[i].what, rl_reason_id(k.spared));
        assert_int_equal(rl_candidate_may_go(&k), k.spared != RL_SPARED_PROTECTED);
    }
}

/* --- Kill=process --- */

static void tiers_go_before_points(void **state)
{
    static const char *const comms[] = {"firstminus", "x", "last much plus"};

    for (size_t without = 0; without < 3; without++) {
        struct scene s = tiers(RL_KILL_PROCESS);

        add_group(&s, "/a", -1);
        for (size_t i = without; i < 3; i++)
            add_process(&s, (pid_t)(10 + i), comms[i], 0, 100 * (i + 1));
        choose(&s);
        assert_true(s.choice.found);
        assert_int_equal(victim_pid(&s), 10 + without);
        if (without < 2) /* and it is said why the last one was not */
            assert_int_equal(s.candidates[2 - without].spared, RL_SPARED_AVOIDED);
        else
            assert_int_equal(s.candidates[0].spared, RL_REASON_NONE);
    }
}

static void an_adjustment_can_turn_the_choice(void **state)
{
    struct scene s = tiers(RL_KILL_PROCESS);

    add_group(&s, "/a", -1);
    add_process(&s, 10, "x", 0, 500);
    add_process(&s, 11, "yplus", 0, 201);
    add_process(&s, 12, "zminus", 0, 700);
    choose(&s);
    assert_int_equal(victim_pid(&s), 11);
    assert_int_equal(s.choice.points, 501);
}

static void an_oom_group_with_an_avoided_member_comes_last(void **state)
{
    struct scene s = tiers(RL_KILL_PROCESS);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/g", 0)->oom_group = true;
    add_process(&s, 10, "first", 1, 900);
    add_process(&s, 11, "last", 1, 1);
    add_process(&s, 12, "x", 0, 5);
    choose(&s);
    assert_int_equal(victim_pid(&s), 12);
    assert_int_equal(s.candidates[0].spared, RL_SPARED_AVOIDED);

    s.candidates[2].process.oom_score_adj = -1000; /* nobody else is left */
    for (size_t g = 0; g < 2; g++)
        s.groups[g] = (struct rl_group){.path = s.groups[g].path,
            .parent = s.groups[g].parent,
            .oom_group = s.groups[g].oom_group};
    choose(&s);
    assert_int_equal(victim_pid(&s), 10);
    assert_true(s.choice.widened);
}

/* --- marks --- */

static void nothing_in_an_omitted_cgroup_is_chosen(void **state)
{
    for (int kill = RL_KILL_PROCESS; kill <= RL_KILL_TREE; kill++) {
        struct scene s = tiers(kill);

        add_group(&s, "/a", -1);
        add_group(&s, "/a/o", 0)->omit = true;
        add_group(&s, "/a/o/p", 1);
        add_group(&s, "/a/q", 0);
        s.groups[1].anon = s.groups[2].anon = 900 * MIB;
        add_process(&s, 10, "first", 2, 900);
        add_process(&s, 11, "x", 1, 0);
        add_process(&s, 12, "y", 0, 3);
        add_process(&s, 13, "last", 3, 3);
        choose(&s);
        assert_true(s.choice.found);
        assert_false(dies(&s, 0) || dies(&s, 1));
        assert_true(dies(&s, 2) || dies(&s, 3));
        assert_int_equal(s.candidates[0].spared, RL_SPARED_OMITTED);
        assert_int_equal(s.candidates[1].spared, RL_SPARED_OMITTED); /* though it holds nothing */
        assert_int_equal(s.groups[1].spared, RL_SPARED_OMITTED);
        assert_int_equal(s.groups[2].spared, RL_SPARED_OMITTED);
        assert_int_equal(s.groups[0].spared, RL_SPARED_GROUP_PROTECTED);
        assert_int_equal(s.choice.one_by_one, kill == RL_KILL_TREE);

        s = tiers(kill); /* the offender itself */
        add_group(&s, "/a", -1)->omit = true;
        add_process(&s, 10, "first", 0, 900);
        choose(&s);
        assert_false(s.choice.found);
    }
}

static void an_avoided_cgroup_comes_last(void **state)
{
    for (int kill = RL_KILL_PROCESS; kill <= RL_KILL_CGROUP; kill++) {
        struct scene s = tiers(kill);

        add_group(&s, "/a", -1);
        add_group(&s, "/a/b", 0)->avoid = true;
        add_group(&s, "/a/b/c", 1);
        add_group(&s, "/a/d", 0);
        add_process(&s, 10, "first", 2, 900);
        add_process(&s, 11, "x", 3, 3);
        choose(&s);
        assert_true(dies(&s, 1) && !dies(&s, 0));
        if (kill == RL_KILL_PROCESS)
            assert_int_equal(s.candidates[0].spared, RL_SPARED_AVOIDED);
        else
            assert_int_equal(s.groups[2].spared, RL_SPARED_AVOIDED);
    }
}

/* --- Kill=cgroup --- */

static void a_cgroup_has_the_tier_of_its_members(void **state)
{
    static const struct {
        const char *b, *c;
        enum rl_tier tier_b, tier_c;
        pid_t dies;
    } rows[] = {
        {"x", "y", RL_TIER_PLAIN, RL_TIER_PLAIN, 10},
        {"x", "first", RL_TIER_PLAIN, RL_TIER_PREFERRED, 20},
        {"last", "y", RL_TIER_AVOIDED, RL_TIER_PLAIN, 20},
        {"last", "last", RL_TIER_AVOIDED, RL_TIER_AVOIDED, 10},
        {"first", "last", RL_TIER_PREFERRED, RL_TIER_AVOIDED, 10},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = tiers(RL_KILL_CGROUP);

        add_group(&s, "/a", -1);
        add_group(&s, "/a/b", 0);
        add_group(&s, "/a/c", 0);
        add_process(&s, 10, "x", 1, 300);
        add_process(&s, 11, rows[i].b, 1, 100);
        add_process(&s, 20, "y", 2, 100);
        add_process(&s, 21, rows[i].c, 2, 100);
        choose(&s);
        assert_int_equal(s.groups[1].tier, rows[i].tier_b);
        assert_int_equal(s.groups[2].tier, rows[i].tier_c);
        assert_int_equal(s.choice.group, rows[i].dies / 10);
    }
}

/* One preferred process far below does not cost all above it their lives. */
static void a_preferred_cgroup_does_not_take_those_above_with_it(void **state)
{
    struct scene s = tiers(RL_KILL_CGROUP);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0);
    add_group(&s, "/a/c", 0);
    add_process(&s, 10, "x", 0, 300);
    add_process(&s, 11, "first", 1, 10);
    add_process(&s, 12, "y", 2, 500);
    choose(&s);
    assert_int_equal(s.choice.group, 1);

    s = tiers(RL_KILL_CGROUP); /* but an oom group is one */
    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->oom_group = true;
    add_group(&s, "/a/b/c", 1);
    add_group(&s, "/a/d", 0);
    add_process(&s, 11, "first", 2, 10);
    add_process(&s, 12, "y", 3, 500);
    choose(&s);
    assert_int_equal(s.choice.group, 1);
    assert_int_equal(s.groups[1].tier, RL_TIER_PREFERRED);
}

static void the_strongest_adjustment_of_its_members_counts(void **state)
{
    static const struct {
        const char *comms[3];
        int adjust;
    } rows[] = {
        {{"plus", "plus", "plus"}, 300}, /* not the sum */
        {{"plus", "minus", "x"}, -300},  /* equally far: the one that spares */
        {{"minus", "much", "x"}, 500},
        {{"x", "x", "x"}, 0},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = tiers(RL_KILL_CGROUP);

        add_group(&s, "/a", -1)->anon = 200 * MIB;
        for (size_t k = 0; k < 3; k++)
            add_process(&s, (pid_t)(10 + k), rows[i].comms[k], 0, 10);
        choose(&s);
        assert_int_equal(s.choice.points, 200 + rows[i].adjust);
    }
}

static void small_cgroups_are_passed_over_but_not_small_members(void **state)
{
    struct scene s = tiers(RL_KILL_CGROUP);

    s.victim.min_bytes = 100 * MIB;
    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = 99 * MIB; /* though it is preferred */
    add_group(&s, "/a/c", 0);                  /* no numbers of its own: its members' */
    add_process(&s, 10, "first", 1, 99);
    for (pid_t pid = 20; pid < 30; pid++)
        add_process(&s, pid, "x", 2, 10);
    choose(&s);
    assert_int_equal(s.choice.group, 2);
    assert_int_equal(s.candidates[1].spared, RL_SPARED_TOO_SMALL);
    assert_int_equal(s.groups[1].spared, RL_SPARED_TOO_SMALL);

    s.victim.kill = RL_KILL_TREE;
    s.groups[0] = (struct rl_group){.path = "/a", .parent = -1, .anon = 99 * MIB};
    s.choosing.n_groups = 1;
    s.choosing.n_candidates = 1;
    s.candidates[0].process.cgroup = 0;
    choose(&s);
    assert_false(s.choice.found);
    assert_int_equal(s.groups[0].spared, RL_SPARED_TOO_SMALL);
}

/* --- MaxProcesses= --- */

static struct scene crowd(enum rl_kill kill, uint32_t max, bool oom_group)
{
    struct scene s = tiers(kill);

    s.victim.max_processes = max;
    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->oom_group = oom_group;
    add_group(&s, "/a/c", 0);
    for (pid_t pid = 10; pid < 14; pid++)
        add_process(&s, pid, "x", 1, 100);
    add_process(&s, 14, "x", 1, 110);
    add_process(&s, 15, "x", 1, 900)->flags = RL_PROCESS_DYING; /* gone already */
    add_process(&s, 20, "y", 2, 300);
    choose(&s);
    return s;
}

static void too_many_die_one_at_a_time(void **state)
{
    static const struct {
        enum rl_kill kill;
        uint32_t max;
        bool oom_group;
        enum rl_kill scope;
        pid_t pid; /* 0: no process */
        int32_t group;
        bool fell_back;
    } rows[] = {
        {RL_KILL_CGROUP, 0, false, RL_KILL_CGROUP, 0, 1, false},
        {RL_KILL_CGROUP, 5, false, RL_KILL_CGROUP, 0, 1, false},
        {RL_KILL_CGROUP, 4, false, RL_KILL_PROCESS, 14, 1, true}, /* of that cgroup */
        {RL_KILL_CGROUP, 4, true, RL_KILL_CGROUP, 0, 2, false},   /* whole or not at all */
        {RL_KILL_TREE, 6, false, RL_KILL_TREE, 0, 0, false},
        {RL_KILL_TREE, 5, false, RL_KILL_PROCESS, 20, 2, true},
        {RL_KILL_TREE, 5, true, RL_KILL_PROCESS, 20, 2, true},
        {RL_KILL_PROCESS, 1, false, RL_KILL_PROCESS, 20, 2, false},
        {RL_KILL_PROCESS, 4, true, RL_KILL_PROCESS, 20, 2, false},
        {RL_KILL_PROCESS, 5, true, RL_KILL_PROCESS, 20, 2, false},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = crowd(rows[i].kill, rows[i].max, rows[i].oom_group);

        if (!s.choice.found || s.choice.scope != rows[i].scope || victim_pid(&s) != rows[i].pid ||
            s.choice.group != rows[i].group || s.choice.fell_back != rows[i].fell_back)
            fail_msg("row %zu: scope %d, pid %d, group %d, fell back %d", i, s.choice.scope,
                victim_pid(&s), s.choice.group, s.choice.fell_back);
        if (rows[i].oom_group && rows[i].max == 4)
            assert_int_equal(s.groups[1].spared, RL_SPARED_GROUP_PROTECTED);
    }
}

static void where_nobody_can_be_chosen_there_another_is(void **state)
{
    struct scene s = tiers(RL_KILL_CGROUP);

    s.victim.max_processes = 1;
    s.victim.min_bytes = 50 * MIB;
    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = 800 * MIB;
    add_group(&s, "/a/c", 0);
    add_process(&s, 10, "x", 1, 40);
    add_process(&s, 11, "x", 1, 40);
    add_process(&s, 20, "y", 2, 60);
    choose(&s);
    assert_int_equal(victim_pid(&s), 20);
    assert_true(s.choice.fell_back);
}

static void an_oom_group_that_is_too_large_is_not_torn_apart(void **state)
{
    struct scene s = tiers(RL_KILL_TREE);

    s.victim.max_processes = 1;
    add_group(&s, "/a", -1)->oom_group = true;
    add_process(&s, 10, "x", 0, 40);
    add_process(&s, 11, "x", 0, 40);
    choose(&s);
    assert_false(s.choice.found || s.choice.fell_back);
    assert_int_equal(s.choice.why, RL_OUTCOME_NO_VICTIM);
    assert_int_equal(s.candidates[0].spared, RL_SPARED_GROUP_PROTECTED);
}

/* --- over random scenes --- */

static void random_scene(struct scene *s, struct dice *dice)
{
    static const char *const comms[] = {
        "x", "y", "keep", "first", "last", "plus", "minus", "firstplus", "lastmuch"};
    size_t groups = 1 + roll(dice, 6), processes = 1 + roll(dice, 14);

    *s = tiers((enum rl_kill)roll(dice, 3));
    s->victim.max_processes = roll(dice, 3) ? 0 : 1 + (uint32_t)roll(dice, 5);
    s->victim.min_bytes = roll(dice, 3) ? 0 : roll(dice, 200) * MIB;
    for (size_t i = 0; i < groups; i++) {
        struct rl_group *g = add_group(s, "/a/x", i ? (int32_t)roll(dice, i) : -1);

        g->oom_group = roll(dice, 4) == 0;
        g->omit = roll(dice, 10) == 0;
        g->avoid = roll(dice, 8) == 0;
        g->holds_self = roll(dice, 20) == 0;
        g->anon = roll(dice, 2) * roll(dice, 900) * MIB;
    }
    for (size_t i = 0; i < processes; i++) {
        struct rl_process *p = add_process(s, (pid_t)(2 + i), comms[roll(dice, LENGTH(comms))],
            (uint32_t)roll(dice, groups), roll(dice, 5) * 100);

        p->anon_pages = roll(dice, 2) * roll(dice, p->rss_pages + 1);
        p->oom_score_adj = roll(dice, 10) ? (int)roll(dice, 900) - 450 : -1000;
        p->flags = roll(dice, 10) ? 0 : RL_PROCESS_DYING;
        p->flags |= roll(dice, 2) ? RL_PROCESS_CMDLINE_KNOWN : 0;
    }
}

static bool in_omitted(const struct scene *s, int32_t group)
{
    while (group >= 0 && !s->groups[group].omit)
        group = s->groups[group].parent;
    return group >= 0;
}

static bool must_live(const struct scene *s, size_t i)
{
    const struct rl_process *p = &s->candidates[i].process;

    if (p->flags & RL_PROCESS_DYING)
        return false;
    return p->oom_score_adj <= -1000 || strcmp(p->comm, "keep") == 0 ||
           in_omitted(s, (int32_t)p->cgroup);
}

/* Is somebody who could be chosen alone of a better tier than the one who was? */
static bool a_better_one_lives(const struct scene *s)
{
    const struct rl_candidate *chosen = &s->candidates[s->choice.candidate];

    for (size_t i = 0; i < s->choosing.n_candidates; i++)
        if (s->candidates[i].spared == RL_REASON_NONE &&
            rl_candidate_before(s->victim.model, &s->candidates[i], chosen))
            return true;
    return false;
}

static void check_oom_groups(const struct scene *s)
{
    for (size_t g = 0; g < s->choosing.n_groups; g++) {
        size_t members = 0, dead = 0;

        for (size_t i = 0; s->groups[g].oom_group && i < s->choosing.n_candidates; i++)
            if (below(s, (int32_t)s->candidates[i].process.cgroup, (int32_t)g)) {
                members++;
                dead += dies(s, i);
            }
        assert_true(dead == 0 || dead == members);
    }
}

static void nobody_dies_who_must_live_nor_too_many(void **state)
{
    struct dice dice = {57};
    size_t found[3] = {0}, fell_back = 0, last = 0;

    for (int round = 0; round < 60000; round++) {
        struct scene s;
        size_t dead = 0;

        random_scene(&s, &dice);
        choose(&s);
        for (size_t i = 0; i < s.choosing.n_candidates; i++) {
            if (!dies(&s, i))
                continue;
            if (must_live(&s, i))
                fail_msg("round %d: pid %d dies", round, s.candidates[i].process.pid);
            dead += !(s.candidates[i].process.flags & RL_PROCESS_DYING);
        }
        assert_int_equal(dead > 0, s.choice.found);
        if (s.victim.max_processes > 0)
            assert_true(dead <= s.victim.max_processes);
        if (!s.choice.found)
            continue;
        found[s.choice.scope]++;
        fell_back += s.choice.fell_back;
        assert_true(!s.choice.fell_back || s.victim.kill != RL_KILL_PROCESS);
        if (s.choice.scope != RL_KILL_TREE)
            check_oom_groups(&s);
        if (s.victim.kill == RL_KILL_PROCESS) {
            assert_false(a_better_one_lives(&s));
            last += s.candidates[s.choice.candidate].tier == RL_TIER_AVOIDED;
        }
    }
    for (size_t i = 0; i < LENGTH(found); i++)
        assert_true(found[i] > 1000);
    assert_true(fell_back > 500 && last > 500);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_process_has_a_tier_and_an_adjustment),
        cmocka_unit_test(adjustments_do_not_overflow),
        cmocka_unit_test(infinite_points_stay_infinite),
        cmocka_unit_test(points_of_members_do_not_overflow),
        cmocka_unit_test(points_are_not_taken_back_below_0),
        cmocka_unit_test(its_own_policy_takes_the_place_of_the_acting_one),
        cmocka_unit_test(small_and_shared_ones_are_passed_over),
        cmocka_unit_test(tiers_go_before_points),
        cmocka_unit_test(an_adjustment_can_turn_the_choice),
        cmocka_unit_test(an_oom_group_with_an_avoided_member_comes_last),
        cmocka_unit_test(nothing_in_an_omitted_cgroup_is_chosen),
        cmocka_unit_test(an_avoided_cgroup_comes_last),
        cmocka_unit_test(a_cgroup_has_the_tier_of_its_members),
        cmocka_unit_test(a_preferred_cgroup_does_not_take_those_above_with_it),
        cmocka_unit_test(the_strongest_adjustment_of_its_members_counts),
        cmocka_unit_test(small_cgroups_are_passed_over_but_not_small_members),
        cmocka_unit_test(too_many_die_one_at_a_time),
        cmocka_unit_test(where_nobody_can_be_chosen_there_another_is),
        cmocka_unit_test(an_oom_group_that_is_too_large_is_not_torn_apart),
        cmocka_unit_test(nobody_dies_who_must_live_nor_too_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
