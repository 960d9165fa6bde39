#include "tests/unit/unit.h"

#include <string.h>

#include "tests/unit/scene.h"

/* --- who may be chosen --- */

static void rate_all_points(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    *ret = (struct rl_score){.eligible = true, .points = 1, .memory_points = 1};
}

static void who_is_spared_and_why(void **state)
{
    static const struct {
        const char *what;
        struct rl_process process;
        enum rl_reason why;
    } rows[] = {
        {"plain", {.pid = 5, .rss_pages = 9, .comm = "a"}, RL_SPARED_PROTECTED}, /* exe unknown */
        {"plain", {.pid = 5, .uid = 7, .rss_pages = 9, .comm = "a"}, RL_REASON_NONE},
        {"init", {.pid = 1, .uid = 7, .rss_pages = 9, .comm = "keep"}, RL_SPARED_INIT},
        {"kthread", {.pid = 5, .flags = RL_PROCESS_KERNEL_THREAD}, RL_SPARED_KERNEL_THREAD},
        {"self", {.pid = 5, .rss_pages = 9, .flags = RL_PROCESS_SELF | RL_PROCESS_DYING},
            RL_SPARED_SELF},
        {"ancestor", {.pid = 5, .rss_pages = 9, .flags = RL_PROCESS_SELF_ANCESTOR},
            RL_SPARED_SELF_ANCESTOR},
        {"dying", {.pid = 5, .rss_pages = 9, .flags = RL_PROCESS_DYING, .comm = "keep"},
            RL_SPARED_DYING},
        {"adj", {.pid = 5, .uid = 7, .rss_pages = 9, .oom_score_adj = -1000},
            RL_SPARED_ADJ_MINUS_1000},
        {"empty", {.pid = 5, .uid = 7}, RL_SPARED_NO_MEMORY},
        {"protected", {.pid = 5, .uid = 7, .rss_pages = 9, .comm = "keep"}, RL_SPARED_PROTECTED},
        {"protected, empty now", {.pid = 5, .uid = 7, .comm = "keep"}, RL_SPARED_PROTECTED},
        {"other exe", {.pid = 5, .rss_pages = 9, .exe = "/y", .flags = RL_PROCESS_EXE_KNOWN},
            RL_REASON_NONE},
        {"by exe", {.pid = 5, .rss_pages = 9, .exe = "/x", .flags = RL_PROCESS_EXE_KNOWN},
            RL_SPARED_PROTECTED},
    };
    const struct rl_scale scale = {.available = GIB, .page_size = 4096};
    const struct scene s = a_scene(RL_KILL_PROCESS);

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_candidate k = {.process = rows[i].process};

        rl_candidate_rate(&s.victim, &scale, "/", &k);
        if (k.spared != rows[i].why)
            fail_msg("%s: %s", rows[i].what, rl_reason_id(k.spared));
        assert_int_equal(k.by != NULL, rows[i].why == RL_SPARED_PROTECTED);
    }
}

/* Old kernels' models know nothing of oom_score_adj; -1000 is a promise all the same. */
static void minus_1000_holds_for_every_model(void **state)
{
    const struct rl_model blind = {.id = "blind", .rate = rate_all_points};
    const struct rl_victim victim = {.model = &blind};
    const struct rl_scale scale = {.available = GIB, .page_size = 4096};
    struct rl_candidate k = {.process = {.pid = 5, .oom_score_adj = -1000}};

    rl_candidate_rate(&victim, &scale, "/", &k);
    assert_int_equal(k.spared, RL_SPARED_ADJ_MINUS_1000);
}

/* --- Kill=process --- */

static void the_highest_score_wins(void **state)
{
    struct scene s = a_scene(RL_KILL_PROCESS);

    add_group(&s, "/a", -1);
    add_process(&s, 10, "small", 0, 100);
    add_process(&s, 30, "big", 0, 300);
    add_process(&s, 20, "big", 0, 300); /* the same score: the lower pid */
    add_process(&s, 5, "keep", 0, 900);
    choose(&s);
    assert_true(s.choice.found);
    assert_int_equal(victim_pid(&s), 20);
    assert_int_equal(s.choice.scope, RL_KILL_PROCESS);
    assert_int_equal(s.choice.points, 300);
    assert_int_equal(s.choice.group, 0);
    assert_int_equal(s.choice.why, RL_REASON_NONE);
    assert_false(s.choice.widened);
    assert_ptr_equal(s.candidates[3].by, &protect[0]);
}

static void a_negative_score_can_win(void **state)
{
    struct scene s = a_scene(RL_KILL_PROCESS);

    add_group(&s, "/a", -1);
    add_process(&s, 10, "x", 0, 10)->oom_score_adj = -999;
    add_process(&s, 11, "y", 0, 20)->oom_score_adj = -999;
    choose(&s);
    assert_int_equal(victim_pid(&s), 11);
    assert_int_equal(s.choice.points, 20 - 999);
}

static void nobody_left_is_no_victim(void **state)
{
    for (int kill = RL_KILL_PROCESS; kill <= RL_KILL_TREE; kill++) {
        struct scene s = a_scene(kill);

        choose(&s); /* no groups at all */
        assert_false(s.choice.found);
        assert_int_equal(s.choice.why, RL_OUTCOME_NO_VICTIM);

        add_group(&s, "/a", -1);
        add_process(&s, 10, "keep", 0, 10);
        add_process(&s, 11, "x", 0, 10)->oom_score_adj = -1000;
        add_process(&s, 12, "x", 0, 0);
        choose(&s);
        assert_false(s.choice.found);
        assert_int_equal(s.choice.why, RL_OUTCOME_NO_VICTIM);
        assert_int_equal(s.choice.candidate, -1);
        assert_int_equal(s.choice.group, -1);
    }
}

static void oom_group_widens_to_the_topmost(void **state)
{
    struct scene s = a_scene(RL_KILL_PROCESS);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->oom_group = true;
    add_group(&s, "/a/b/c", 1)->oom_group = true;
    add_group(&s, "/a/b/c/d", 2);
    add_process(&s, 10, "x", 3, 50);
    add_process(&s, 11, "y", 1, 10);
    choose(&s);
    assert_true(s.choice.widened);
    assert_int_equal(s.choice.scope, RL_KILL_CGROUP);
    assert_int_equal(s.choice.group, 1);
    assert_int_equal(victim_pid(&s), 10);
}

static void a_group_with_a_member_that_must_live_is_passed_over(void **state)
{
    static const struct {
        const char *comm;
        int adj;
        uint32_t flags;
        enum rl_reason why; /* NONE: the group dies */
    } rows[] = {
        {"keep", 0, 0, RL_SPARED_GROUP_PROTECTED},
        {"x", -1000, 0, RL_SPARED_GROUP_PROTECTED},
        {"x", 0, RL_PROCESS_SELF, RL_SPARED_GROUP_HOLDS_SELF},
        {"x", 0, RL_PROCESS_SELF_ANCESTOR, RL_SPARED_GROUP_PROTECTED},
        {"x", 0, RL_PROCESS_DYING, RL_REASON_NONE},
        {"x", 0, 0, RL_REASON_NONE},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = a_scene(RL_KILL_PROCESS);
        struct rl_process *member;

        add_group(&s, "/a", -1);
        add_group(&s, "/a/g", 0)->oom_group = true;
        add_group(&s, "/a/g/h", 1);
        add_process(&s, 10, "hog", 1, 500);
        add_process(&s, 11, "other", 0, 5);
        member = add_process(&s, 12, rows[i].comm, 2, 1);
        member->oom_score_adj = rows[i].adj;
        member->flags = rows[i].flags;
        choose(&s);
        assert_true(s.choice.found);
        assert_int_equal(victim_pid(&s), rows[i].why == RL_REASON_NONE ? 10 : 11);
        assert_int_equal(s.candidates[0].spared, rows[i].why);
    }
}

/* --- Kill=cgroup --- */

static void the_cgroup_that_frees_most_dies(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = 300 * MIB;
    add_group(&s, "/a/c", 0)->anon = 200 * MIB;
    s.groups[2].swap = 200 * MIB;
    add_group(&s, "/a/d", 0)->anon = 400 * MIB; /* the same: the earlier one */
    add_group(&s, "/a/empty", 0)->anon = 900 * MIB;
    add_process(&s, 10, "x", 1, 300);
    add_process(&s, 11, "y", 2, 1); /* swapped out: the process alone would not tell */
    add_process(&s, 12, "z", 3, 1);
    choose(&s);
    assert_true(s.choice.found);
    assert_int_equal(s.choice.group, 2);
    assert_int_equal(s.choice.points, 400);
    assert_int_equal(s.choice.candidate, -1);
    assert_int_equal(s.choice.scope, RL_KILL_CGROUP);
}

static void a_nested_cgroup_counts_and_dies_with_its_parent(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = 500 * MIB; /* 400 of these are its child's */
    add_group(&s, "/a/b/c", 1)->anon = 400 * MIB;
    add_process(&s, 10, "x", 1, 100);
    add_process(&s, 11, "y", 2, 400);
    choose(&s);
    assert_int_equal(s.choice.group, 1);

    s = a_scene(RL_KILL_CGROUP); /* the same, but nobody lives in b itself */
    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = 500 * MIB;
    add_group(&s, "/a/b/c", 1)->anon = 400 * MIB;
    add_process(&s, 11, "y", 2, 400);
    choose(&s);
    assert_int_equal(s.choice.group, 2);

    s = a_scene(RL_KILL_CGROUP); /* the outer one has a member that must live */
    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = 500 * MIB;
    add_group(&s, "/a/b/c", 1)->anon = 400 * MIB;
    add_process(&s, 10, "keep", 1, 100);
    add_process(&s, 11, "y", 2, 400);
    choose(&s);
    assert_int_equal(s.choice.group, 2);

    s = a_scene(RL_KILL_CGROUP); /* the inner one has */
    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = 500 * MIB;
    add_group(&s, "/a/b/c", 1)->anon = 400 * MIB;
    add_process(&s, 10, "x", 1, 100);
    add_process(&s, 11, "keep", 2, 400);
    choose(&s);
    assert_false(s.choice.found);
}

static void an_oom_group_stands_for_its_cgroups(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = 300 * MIB;
    s.groups[1].oom_group = true;
    add_group(&s, "/a/b/c", 1)->anon = 10 * MIB;
    add_group(&s, "/a/d", 0)->anon = 200 * MIB;
    add_process(&s, 10, "x", 2, 10);
    add_process(&s, 11, "y", 3, 200);
    choose(&s);
    assert_int_equal(s.choice.group, 1);
    assert_true(s.choice.widened);
}

/* What a container has nested dies with it: as part of a larger oom group, too, and only where a
 * cgroup is to die. */
static void a_container_dies_whole(void **state)
{
    static const struct {
        enum rl_kill kill;
        bool container, inner_group, outer_group, protects, prefers;
        uint32_t max;
        int32_t group; /* -1: nobody */
        bool widened, fell_back;
    } rows[] = {
        {RL_KILL_CGROUP, true, false, false, false, false, 0, 2, false, false},
        {RL_KILL_CGROUP, false, false, false, false, false, 0, 4, false, false},
        {RL_KILL_CGROUP, true, true, false, false, false, 0, 2, false, false},
        {RL_KILL_CGROUP, true, false, true, false, false, 0, 1, true, false},
        {RL_KILL_CGROUP, true, false, false, true, false, 0, 5, false, false},
        {RL_KILL_CGROUP, false, false, false, true, false, 0, 4, false, false},
        {RL_KILL_CGROUP, true, false, false, false, true, 0, 2, false, false},
        {RL_KILL_CGROUP, true, false, false, false, false, 1, 4, false, true},
        {RL_KILL_PROCESS, true, false, false, false, false, 0, 4, false, false},
        {RL_KILL_PROCESS, true, true, false, false, false, 0, 4, true, false},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = a_scene(rows[i].kill);
        const struct rl_pattern prefer = {
            .text = "comm:init", .terms = {{RL_FACT_COMM, "init"}}, .n = 1};

        add_group(&s, "/a", -1);
        add_group(&s, "/a/pod", 0)->oom_group = rows[i].outer_group;
        add_group(&s, "/a/pod/box", 1)->container = rows[i].container;
        add_group(&s, "/a/pod/box/init", 2);
        add_group(&s, "/a/pod/box/app", 2)->oom_group = rows[i].inner_group;
        add_group(&s, "/a/other", 0);
        add_process(&s, 10, rows[i].protects ? "keep" : "init", 3, 10);
        add_process(&s, 11, "y", 4, 200);
        add_process(&s, 12, "z", 5, rows[i].prefers ? 900 : 150);
        s.victim.max_processes = rows[i].max;
        s.victim.prefer = &prefer;
        s.victim.n_prefer = rows[i].prefers;
        choose(&s);
        if (s.choice.group != rows[i].group || s.choice.widened != rows[i].widened ||
            s.choice.fell_back != rows[i].fell_back)
            fail_msg("row %zu: group %d, widened %d, fell back %d", i, s.choice.group,
                s.choice.widened, s.choice.fell_back);
    }
}

static void members_speak_where_the_cgroup_has_no_numbers(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0);
    add_group(&s, "/a/c", 0);
    add_process(&s, 10, "x", 1, 300);
    add_process(&s, 11, "y", 2, 200);
    add_process(&s, 12, "y", 2, 200);
    choose(&s);
    assert_int_equal(s.choice.group, 2);
    assert_int_equal(s.choice.points, 400);
}

/* Four workers of one cgroup map the same 300 MiB: its own numbers tell it, a sum over processes
 * says 1200. */
static void shared_memory_counts_once_where_the_cgroup_has_numbers(void **state)
{
    for (int numbers = 0; numbers < 2; numbers++) {
        struct scene s = a_scene(RL_KILL_CGROUP);

        add_group(&s, "/a", -1);
        add_group(&s, "/a/workers", 0);
        add_group(&s, "/a/hog", 0);
        for (pid_t pid = 10; pid < 14; pid++)
            add_process(&s, pid, "worker", 1, 310)->anon_pages = 310 * MIB / 4096;
        add_process(&s, 20, "hog", 2, 700)->anon_pages = 700 * MIB / 4096;
        if (numbers) {
            s.groups[1].anon = 40 * MIB;
            s.groups[1].shmem = 300 * MIB;
            s.groups[2].anon = 700 * MIB;
        }
        choose(&s);
        assert_int_equal(s.choice.group, numbers ? 2 : 1);
        assert_int_equal(s.groups[1].points, numbers ? 40 : 1240);
        assert_int_equal(s.groups[2].points, 700);
    }
}

/* What the kernel holds for its processes goes with them, tmpfs stays. */
static void kernel_memory_dies_with_a_cgroup_and_shmem_does_not(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = 300 * MIB;
    s.groups[1].shmem = 900 * MIB;
    add_group(&s, "/a/c", 0)->anon = 100 * MIB;
    s.groups[2].swap = 100 * MIB;
    s.groups[2].kernel = 150 * MIB;
    add_process(&s, 10, "x", 1, 300);
    add_process(&s, 11, "y", 2, 1);
    choose(&s);
    assert_int_equal(s.choice.group, 2);
    assert_int_equal(s.groups[1].points, 300);
    assert_int_equal(s.groups[2].points, 350);

    s = a_scene(RL_KILL_CGROUP); /* and it counts for MinSize= */
    s.victim.min_bytes = 250 * MIB;
    add_group(&s, "/a", -1)->anon = 150 * MIB;
    s.groups[0].kernel = 100 * MIB;
    add_process(&s, 10, "x", 0, 300);
    choose(&s);
    assert_true(s.choice.found);
    s.victim.min_bytes++;
    s.groups[0] = (struct rl_group){
        .path = "/a", .parent = -1, .anon = 150 * MIB, .kernel = 100 * MIB, .shmem = GIB};
    choose(&s);
    assert_false(s.choice.found);
    assert_int_equal(s.groups[0].spared, RL_SPARED_TOO_SMALL);
}

static void giant_cgroups_do_not_overflow(void **state)
{
    struct scene s = a_scene(RL_KILL_CGROUP);

    add_group(&s, "/a", -1);
    add_group(&s, "/a/b", 0)->anon = MIB;
    add_group(&s, "/a/c", 0)->anon = UINT64_MAX;
    s.groups[2].swap = UINT64_MAX;
    s.groups[2].kernel = UINT64_MAX;
    add_process(&s, 10, "x", 1, 1);
    add_process(&s, 11, "y", 2, 1);
    choose(&s);
    assert_int_equal(s.choice.group, 2);
    assert_true(s.choice.points > 0);
}

static void the_root_and_what_holds_reliefd_never_die_whole(void **state)
{
    static const struct {
        const char *path;
        bool holds_self;
    } rows[] = {{"/", false}, {"/a", true}};

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct scene s = a_scene(RL_KILL_CGROUP);

        add_group(&s, rows[i].path, -1)->holds_self = rows[i].holds_self;
        add_process(&s, 10, "x", 0, 300);
        choose(&s);
        assert_false(s.choice.found);
        assert_int_equal(s.groups[0].spared, RL_SPARED_GROUP_HOLDS_SELF);

        s = a_scene(RL_KILL_TREE);
        add_group(&s, rows[i].path, -1)->holds_self = rows[i].holds_self;
        add_process(&s, 10, "x", 0, 300);
        choose(&s);
        assert_true(s.choice.found && s.choice.one_by_one);
    }
}

/* --- Kill=tree --- */

static void a_tree_dies_whole_or_one_by_one(void **state)
{
    for (int keeps = 0; keeps < 2; keeps++) {
        struct scene s = a_scene(RL_KILL_TREE);

        add_group(&s, "/a", -1)->anon = 700 * MIB;
        add_group(&s, "/a/b", 0);
        add_process(&s, 10, "x", 0, 300);
        add_process(&s, 11, keeps ? "keep" : "y", 1, 400);
        choose(&s);
        assert_true(s.choice.found);
        assert_int_equal(s.choice.scope, RL_KILL_TREE);
        assert_int_equal(s.choice.group, 0);
        assert_int_equal(s.choice.points, 700);
        assert_int_equal(s.choice.one_by_one, keeps);
    }
}

/* --- whatever is chosen, nobody dies who must live --- */

/* Said again, without the core's tables; whoever is dying loses nothing. */
static bool must_live(const struct rl_process *p)
{
    if (p->pid == 1 ||
        (p->flags & (RL_PROCESS_KERNEL_THREAD | RL_PROCESS_SELF | RL_PROCESS_SELF_ANCESTOR)))
        return true;
    if (p->flags & RL_PROCESS_DYING)
        return false;
    return p->oom_score_adj <= -1000 || strcmp(p->comm, "keep") == 0;
}

static void random_scene(struct scene *s, struct dice *dice)
{
    static const char *const paths[] = {"/a", "/"};
    size_t groups = 1 + roll(dice, 6), processes = 1 + roll(dice, 12);
    int32_t self = roll(dice, 3) ? -1 : (int32_t)roll(dice, groups);

    *s = a_scene((enum rl_kill)roll(dice, 3));
    for (size_t i = 0; i < groups; i++) {
        struct rl_group *g = add_group(
            s, i ? "/a/x" : paths[roll(dice, 10) == 0], i ? (int32_t)roll(dice, i) : -1);

        g->oom_group = roll(dice, 4) == 0;
        g->anon = roll(dice, 2) * roll(dice, 900) * MIB;
    }
    for (size_t i = 0; i < processes; i++) {
        struct rl_process *p = add_process(s, (pid_t)(2 + i), roll(dice, 8) ? "x" : "keep",
            (uint32_t)roll(dice, groups), roll(dice, 5) * 100);

        p->oom_score_adj = roll(dice, 10) ? (int)roll(dice, 900) - 450 : -1000;
        p->flags = roll(dice, 10) ? 0 : RL_PROCESS_DYING;
        p->mm = roll(dice, 3) ? 0 : 1 + (uint32_t)roll(dice, 3);
        if (roll(dice, 30) == 0)
            p->flags |= RL_PROCESS_KERNEL_THREAD;
        if (roll(dice, 60) == 0)
            p->pid = 1;
    }
    if (self >= 0)
        add_process(s, 99, "reliefd", (uint32_t)self, 500)->flags = RL_PROCESS_SELF;
    for (int32_t g = self; g >= 0; g = s->groups[g].parent)
        s->groups[g].holds_self = true;
}

static void check_oom_groups(const struct scene *s)
{
    if (s->choice.scope == RL_KILL_TREE) /* its members may die one by one */
        return;
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

static void nobody_dies_who_must_live(void **state)
{
    struct dice dice = {23};
    size_t found[3] = {0};

    for (int round = 0; round < 60000; round++) {
        struct scene s;
        size_t dead = 0;

        random_scene(&s, &dice);
        choose(&s);
        found[s.choice.scope] += s.choice.found;
        for (size_t i = 0; i < s.choosing.n_candidates; i++) {
            if (dies(&s, i) && must_live(&s.candidates[i].process))
                fail_msg("round %d: pid %d dies", round, s.candidates[i].process.pid);
            dead += dies(&s, i) && s.candidates[i].spared == RL_REASON_NONE;
            if (!s.choice.found && s.victim.kill == RL_KILL_PROCESS)
                assert_int_not_equal(s.candidates[i].spared, RL_REASON_NONE);
            if (s.choice.found && s.choice.scope == RL_KILL_PROCESS &&
                s.candidates[i].spared == RL_REASON_NONE)
                assert_true(s.choice.points >= s.candidates[i].score.points);
        }
        assert_int_equal(dead > 0, s.choice.found); /* a choice kills somebody who may die */
        check_oom_groups(&s);
        if (s.choice.found && s.choice.scope != RL_KILL_PROCESS && !s.choice.one_by_one) {
            assert_false(s.groups[s.choice.group].holds_self);
            assert_string_not_equal(s.groups[s.choice.group].path, "/");
        }
    }
    for (size_t i = 0; i < LENGTH(found); i++)
        assert_true(found[i] > 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_is_spared_and_why),
        cmocka_unit_test(minus_1000_holds_for_every_model),
        cmocka_unit_test(the_highest_score_wins),
        cmocka_unit_test(a_negative_score_can_win),
        cmocka_unit_test(nobody_left_is_no_victim),
        cmocka_unit_test(oom_group_widens_to_the_topmost),
        cmocka_unit_test(a_group_with_a_member_that_must_live_is_passed_over),
        cmocka_unit_test(the_cgroup_that_frees_most_dies),
        cmocka_unit_test(a_nested_cgroup_counts_and_dies_with_its_parent),
        cmocka_unit_test(an_oom_group_stands_for_its_cgroups),
        cmocka_unit_test(a_container_dies_whole),
        cmocka_unit_test(members_speak_where_the_cgroup_has_no_numbers),
        cmocka_unit_test(shared_memory_counts_once_where_the_cgroup_has_numbers),
        cmocka_unit_test(kernel_memory_dies_with_a_cgroup_and_shmem_does_not),
        cmocka_unit_test(giant_cgroups_do_not_overflow),
        cmocka_unit_test(the_root_and_what_holds_reliefd_never_die_whole),
        cmocka_unit_test(a_tree_dies_whole_or_one_by_one),
        cmocka_unit_test(nobody_dies_who_must_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
