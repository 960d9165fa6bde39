/* Choosing among the processes of made-up cgroups, with less room than they ask for. */
#include "tests/unit/unit.h"

#include <sys/xattr.h>

#include "daemon/engine-private.h"
#include "tests/unit/counted-malloc.h"
#include "tests/unit/folder.h"
#include "tests/unit/policy.h"

#define CHILDREN  60
#define PROCESSES 600
#define EMPTY     40
#define FIRST_PID 1000
#define CONTAINER "app/libpod-0123456789abcdef0123456789abcdef.scope"

/* The machine, made once: so many files take their time. */
static struct folder folder;

struct fixture {
    sd_event *event;
    struct rl_probe probe;
    struct rl_policy policy;
    struct rl_engine engine;
    struct rl_hot hot;
};

/* ---- the machine ---- */

static void put_process(int pid, int ppid, const char *comm, int pages)
{
    char name[64], text[512];

    snprintf(name, sizeof(name), "proc/%d/stat", pid);
    snprintf(text, sizeof(text),
        "%d (%s) S %d 1 1 0 -1 4194304 0 0 0 0 0 0 0 0 20 0 1 0 %d %lld %d 18446744073709551615 0 "
        "0 "
        "0 "
        "0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n",
        pid, comm, ppid, pid, pages * 4096LL, pages);
    folder_write(&folder, name, text);
    snprintf(name, sizeof(name), "proc/%d/status", pid);
    snprintf(text, sizeof(text),
        "Name:\t%s\nPPid:\t%d\nUid:\t1000\t1000\t1000\t1000\nVmSize:\t%d kB\nVmRSS:\t%d kB\n"
        "RssAnon:\t%d kB\nVmPTE:\t4 kB\nVmSwap:\t0 kB\nThreads:\t1\nSigPnd:\t0000000000000000\n"
        "ShdPnd:\t0000000000000000\nCapEff:\t0000000000000000\n",
        comm, ppid, pages * 4, pages * 4, pages * 4);
    folder_write(&folder, name, text);
    snprintf(name, sizeof(name), "proc/%d/oom_score_adj", pid);
    folder_write(&folder, name, "0\n");
}

static void put_cgroup(const char *path, bool populated)
{
    char name[128];

    snprintf(name, sizeof(name), "cgroup/%s/cgroup.events", path);
    folder_write(&folder, name, populated ? "populated 1\nfrozen 0\n" : "populated 0\nfrozen 0\n");
    snprintf(name, sizeof(name), "cgroup/%s/cgroup.procs", path);
    folder_write(&folder, name, "");
}

/* Each tenth cgroup is one level deeper; the last one is nested in a container. */
static const char *child_path(int i, char *buf, size_t size)
{
    if (i >= CHILDREN - 2)
        snprintf(buf, size, CONTAINER "%s", i == CHILDREN - 1 ? "/deep" : "");
    else if (i % 10 == 9)
        snprintf(buf, size, "app/c%d/deep", i - 1);
    else
        snprintf(buf, size, "app/c%d", i);
    return buf;
}

static void put_member(const char *path, int pid)
{
    char name[128], text[32];
    int fd;

    snprintf(name, sizeof(name), "cgroup/%s/cgroup.procs", path);
    fd = openat(folder.fd, name, O_WRONLY | O_APPEND | O_CLOEXEC);
    assert_true(fd >= 0);
    snprintf(text, sizeof(text), "%d\n", pid);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
}

/* Sizes in an order of their own: no two have the same. */
static int pages_of(int i)
{
    return 100 + i * 7919 % PROCESSES;
}

static int put_machine(void **state)
{
    char path[64];

    folder_new(&folder);
    folder_write(&folder, "proc/meminfo",
        "MemTotal: 4096000 kB\nMemFree: 100 kB\nMemAvailable: 100 kB\nSwapTotal: 0 kB\n"
        "SwapFree: 0 kB\n");
    put_cgroup("app", true);
    for (int i = 0; i < CHILDREN; i++)
        put_cgroup(child_path(i, path, sizeof(path)), true);
    for (int i = 0; i < PROCESSES; i++) {
        put_process(FIRST_PID + i, 1, "worker", pages_of(i));
        put_member(child_path(i % CHILDREN, path, sizeof(path)), FIRST_PID + i);
    }
    /* Who stands in one of these has left it: it is not even opened. */
    put_process(10, 1, "ghost", 1000000);
    for (int i = 0; i < EMPTY; i++) {
        snprintf(path, sizeof(path), "app/empty%d/below", i);
        put_cgroup(path, false);
        put_member(path, 10);
        *strrchr(path, '/') = '\0';
        put_cgroup(path, false);
    }
    return 0;
}

static int remove_machine(void **state)
{
    folder_free(&folder);
    return 0;
}

/* ---- reliefd ---- */

static void ignore(void *userdata, struct rl_cgroup *cgroup)
{
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct rl_watch_client client = {.on_new = ignore, .on_gone = ignore};
    static struct rl_settings settings;

    assert_non_null(f);
    assert_int_equal(sd_event_new(&f->event), 0);
    f->probe = (struct rl_probe){.page_size = 4096, .cpus = 1};
    snprintf(f->probe.cgroup_root, sizeof(f->probe.cgroup_root), "%s/cgroup", folder.path);
    f->probe.cgroup_fd = openat(folder.fd, "cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->probe.proc_fd = openat(folder.fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->policy.victim.model = rl_model_default();
    f->engine.options.probe = &f->probe;
    f->engine.options.settings = &settings;
    f->engine.procs = (struct rl_procs){
        .proc_fd = f->probe.proc_fd, .page_size = 4096, .self = &f->engine.self};
    assert_int_equal(rl_watch_new(f->event, &f->probe, &client, &f->engine.watch), 0);
    f->hot.cgroup = rl_tree_find(rl_watch_tree(f->engine.watch), "/app");
    assert_non_null(f->hot.cgroup);
    for (size_t i = 0; i < LENGTH(f->hot.room.totals); i++)
        f->hot.room.totals[i] = 1000 * 4096; /* a point for each page */
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    rl_scratch_free(&f->engine.scratch);
    rl_watch_free(f->engine.watch);
    sd_event_unref(f->event);
    close(f->probe.cgroup_fd);
    close(f->probe.proc_fd);
    free(f);
    return 0;
}

static struct rl_cgroup *child(const struct fixture *f, int i)
{
    char path[64] = "/";
    struct rl_cgroup *cgroup;

    child_path(i, path + 1, sizeof(path) - 1);
    cgroup = rl_tree_find(rl_watch_tree(f->engine.watch), path);
    assert_non_null(cgroup);
    return cgroup;
}

static void make_room(struct fixture *f, size_t processes, size_t groups)
{
    struct rl_extent extent = {
        .processes = processes, .kin = RL_KIN_MOST, .groups = groups, .path_bytes = RL_PATHS_LEAST};

    assert_int_equal(rl_scratch_init(&f->engine.scratch, &extent), 0);
}

/* Choose, and see to it that it costs no memory. */
static const struct rl_choice *decide(struct fixture *f)
{
    size_t before = counted_mallocs;

    rl_decide(&f->engine, &f->hot, &f->policy, false);
    assert_int_equal(counted_mallocs, before);
    return &f->engine.scratch.choice;
}

static const struct rl_candidate *chosen(const struct fixture *f)
{
    const struct rl_scratch *s = &f->engine.scratch;

    assert_true(s->choice.found);
    assert_true(s->choice.candidate >= 0);
    return &s->pool.items[s->choice.candidate];
}

/* The pid of the n-th biggest. */
static int pid_of_rank(int n)
{
    for (int i = 0; i < PROCESSES; i++)
        if (pages_of(i) == 100 + PROCESSES - 1 - n)
            return FIRST_PID + i;
    fail();
    return 0;
}

static int child_of(int pid)
{
    return (pid - FIRST_PID) % CHILDREN;
}

/* ---- a full pool ---- */

static void test_pool(void **state)
{
    static const size_t sizes[] = {1, 2, 30, 256, PROCESSES - 1, PROCESSES, 4096};
    struct fixture *f = *state;

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        const struct rl_pool *pool = &f->engine.scratch.pool;

        rl_scratch_free(&f->engine.scratch);
        make_room(f, sizes[i], 200);
        decide(f);
        assert_int_equal(chosen(f)->process.pid, pid_of_rank(0));
        assert_int_equal(pool->n, sizes[i] < PROCESSES ? sizes[i] : PROCESSES);
        for (size_t n = 0; n < pool->n; n++)
            assert_int_equal(pool->items[n].process.pid, pid_of_rank((int)n));
        assert_int_equal(f->engine.scratch.groups[0].members, PROCESSES);
        assert_int_equal(f->engine.scratch.homeless, 0);
    }
}

/* Thousands: each of them is in the list ten times more. */
static void test_thousands(void **state)
{
    struct fixture *f = *state;

    for (int i = 0; i < 10 * PROCESSES; i++)
        put_member("app", FIRST_PID + i % PROCESSES);
    make_room(f, 100, 200);
    decide(f);
    assert_int_equal(f->engine.scratch.pool.seen, 11 * PROCESSES);
    assert_int_equal(f->engine.scratch.groups[0].members, 11 * PROCESSES);
    assert_int_equal(f->engine.scratch.pool.n, 100);
    for (size_t n = 0; n < 100; n++)
        assert_int_equal(f->engine.scratch.pool.items[n].process.pid, pid_of_rank((int)n / 11));
    folder_write(&folder, "cgroup/app/cgroup.procs", "");
}

/* A table of children that is too small, and one that is not. */
static void test_kin(void **state)
{
    static const size_t sizes[] = {300, 2 * PROCESSES};
    struct fixture *f = *state;

    f->policy.victim.model = rl_model_find("v2616");
    assert_non_null(f->policy.victim.model);
    assert_true(f->policy.victim.model->needs & RL_SCORE_NEEDS_CHILDREN);
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        struct rl_relations *relations = &f->engine.scratch.relations;

        rl_scratch_free(&f->engine.scratch);
        make_room(f, 256, 200);
        assert_int_equal(rl_relations_grow(relations, sizes[i], true), 0);
        decide(f);
        assert_int_equal(relations->n_kin, sizes[i] < PROCESSES ? sizes[i] : PROCESSES);
        assert_true(f->engine.scratch.choice.found);
    }
}

/* ---- too few groups ---- */

static void expect_counted(const struct fixture *f)
{
    const struct rl_scratch *s = &f->engine.scratch;
    size_t direct = 0;

    for (size_t i = 0; i < s->n_groups; i++) {
        int32_t parent = s->groups[i].parent;

        if (i == 0)
            assert_int_equal(parent, -1);
        else
            assert_ptr_equal(s->seats[parent].cgroup, s->seats[i].cgroup->parent);
        assert_int_equal(s->groups[i].id, s->seats[i].cgroup->id);
        direct += s->groups[i].processes;
    }
    assert_int_equal(direct, PROCESSES);
    assert_int_equal(s->pool.seen, PROCESSES);
    assert_int_equal(s->needed.processes, PROCESSES);
    assert_int_equal(s->needed.kin, PROCESSES);
    assert_int_equal(s->groups[0].members, PROCESSES);
    assert_int_equal(s->needed.groups, 1 + CHILDREN);
}

/* However few there are: everybody is rated, and the biggest is found wherever it lives. */
static void test_groups(void **state)
{
    static const size_t sizes[] = {1, 2, 7, 30, CHILDREN, CHILDREN + 1};
    struct fixture *f = *state;

    for (size_t i = 0; i < LENGTH(sizes); i++) {
        struct rl_scratch *s = &f->engine.scratch;
        bool shared = false;

        rl_scratch_free(s);
        make_room(f, 256, sizes[i]);
        decide(f);
        assert_int_equal(chosen(f)->process.pid, pid_of_rank(0));
        assert_int_equal(s->n_groups, sizes[i]);
        assert_int_equal(s->homeless, (1 + CHILDREN - sizes[i]) * (PROCESSES / CHILDREN));
        /* Whose, depends on the order in which the file system names the cgroups. */
        for (size_t seat = 0; seat < s->n_groups; seat++)
            shared |= s->seats[seat].shared;
        assert_int_equal(shared, sizes[i] < 1 + CHILDREN);
        expect_counted(f);
    }
}

/* Paths that fill their room end the groups, too. */
static void test_paths(void **state)
{
    struct fixture *f = *state;
    struct rl_scratch *s = &f->engine.scratch;
    struct rl_extent extent = {.processes = 256, .groups = 200, .path_bytes = 60};

    assert_int_equal(rl_scratch_init(s, &extent), 0);
    decide(f);
    assert_int_equal(chosen(f)->process.pid, pid_of_rank(0));
    assert_true(s->n_groups > 1 && s->n_groups < 1 + CHILDREN);
    assert_true(s->paths_used <= 60);
    expect_counted(f);
    for (size_t i = 0; i < s->n_groups; i++)
        assert_true(s->groups[i].path >= s->paths &&
                    s->groups[i].path + strlen(s->groups[i].path) < s->paths + s->paths_used);
    /* What was needed is enough the next time. */
    extent = s->needed;
    assert_int_equal(rl_scratch_grow(s, &extent), 0);
    decide(f);
    assert_int_equal(s->homeless, 0);
    assert_int_equal(s->n_groups, 1 + CHILDREN);
    expect_counted(f);
}

/* The cgroup to die as a whole cannot be told from those that stand for it: one process dies. */
static void test_kill_cgroup(void **state)
{
    struct fixture *f = *state;
    const struct rl_choice *choice;

    f->policy.victim.kill = RL_KILL_CGROUP;
    make_room(f, 256, CHILDREN + 1);
    choice = decide(f);
    assert_int_equal(choice->scope, RL_KILL_CGROUP);
    assert_false(choice->fell_back);
    rl_scratch_free(&f->engine.scratch);
    make_room(f, 256, CHILDREN);
    choice = decide(f);
    assert_int_equal(choice->scope, RL_KILL_PROCESS);
    assert_true(choice->fell_back);
    assert_int_equal(chosen(f)->process.pid, pid_of_rank(0));
}

/* Whom a hook has spared is left out, and so are all who would die with him. */
static void test_vetoed(void **state)
{
    struct fixture *f = *state;
    struct rl_scratch *s = &f->engine.scratch;
    int first = pid_of_rank(0), second = pid_of_rank(1);
    const struct rl_vetoed vetoed[] = {
        {.pid = first, .start_ticks = (uint64_t)first},
        {.pid = second, .start_ticks = (uint64_t)second + 1}, /* another one of that number */
        {.group_id = child(f, child_of(second))->id},
    };

    for (size_t groups = 1; groups <= 1 + CHILDREN; groups += CHILDREN) {
        rl_scratch_free(s);
        make_room(f, 256, groups);
        s->vetoed = vetoed;
        s->n_vetoed = 2;
        decide(f);
        assert_int_equal(chosen(f)->process.pid, second);
        for (size_t n = 0; n < s->pool.n; n++)
            assert_int_equal(
                s->pool.items[n].spared == RL_SPARED_VETOED, s->pool.items[n].process.pid == first);
        s->n_vetoed = 3;
        decide(f);
        assert_int_not_equal(child_of(chosen(f)->process.pid), child_of(second));
        assert_int_equal(chosen(f)->process.pid, pid_of_rank(2));
    }
    f->policy.victim.kill = RL_KILL_TREE;
    decide(f);
    assert_true(s->choice.one_by_one);
    /* The cgroup that is chosen for the offender stands for all below. */
    const struct rl_vetoed all = {.group_id = f->hot.cgroup->id};

    s->vetoed = &all;
    s->n_vetoed = 1;
    decide(f);
    assert_false(s->choice.found);
    f->policy.victim.kill = RL_KILL_CGROUP;
    s->vetoed = &vetoed[2];
    decide(f);
    assert_true(s->choice.found);
    assert_ptr_not_equal(s->seats[s->choice.group].cgroup, child(f, child_of(second)));
}

/* A tree dies as it would have. */
static void test_kill_tree(void **state)
{
    struct fixture *f = *state;
    const struct rl_choice *choice;

    f->policy.victim.kill = RL_KILL_TREE;
    make_room(f, 256, 3);
    choice = decide(f);
    assert_int_equal(choice->scope, RL_KILL_TREE);
    assert_int_equal(choice->group, 0);
    assert_false(choice->one_by_one);
}

/* Patterns mean the cgroup that a process lives in, whichever it is counted for. */
static void test_patterns(void **state)
{
    struct fixture *f = *state;
    char path[64], glob[80] = "/";
    struct rl_pattern protect = {.text = "cgroup:", .terms = {{RL_FACT_CGROUP, glob}}, .n = 1};

    child_path(child_of(pid_of_rank(0)), path, sizeof(path));
    strcat(glob, path);
    f->policy.victim.protect = &protect;
    f->policy.victim.n_protect = 1;
    for (size_t groups = 1; groups <= 1 + CHILDREN; groups += CHILDREN) {
        rl_scratch_free(&f->engine.scratch);
        make_room(f, 256, groups);
        decide(f);
        assert_int_equal(chosen(f)->process.pid, pid_of_rank(1));
    }
    assert_int_not_equal(child_of(pid_of_rank(0)), child_of(pid_of_rank(1)));
}

/* The cgroup's own policy has its say, but kills no cgroup above it. */
static void test_own_policy(void **state)
{
    struct fixture *f = *state;
    int biggest = pid_of_rank(0), second = pid_of_rank(1);
    struct rl_pattern all = {.text = "comm:*", .terms = {{RL_FACT_COMM, "*"}}, .n = 1};
    struct rl_policy spares = {
        .victim = {.model = rl_model_default(), .protect = &all, .n_protect = 1}};
    struct rl_policy whole = {.victim = {.model = rl_model_default(), .kill = RL_KILL_CGROUP}};

    /* Its policy is that of the cgroup above, for which nobody has asked. */
    f->hot.cgroup->policy = &whole;
    make_room(f, 256, 1);
    decide(f);
    assert_int_equal(chosen(f)->process.pid, biggest);
    assert_int_equal(f->engine.scratch.choice.scope, RL_KILL_PROCESS);
    rl_scratch_free(&f->engine.scratch);
    child(f, child_of(biggest))->policy = &spares;
    child(f, child_of(second))->policy = &whole;
    make_room(f, 256, 1);
    decide(f);
    assert_int_equal(chosen(f)->process.pid, second);
    assert_int_equal(f->engine.scratch.choice.scope, RL_KILL_PROCESS);
    rl_scratch_free(&f->engine.scratch);
    make_room(f, 256, 1 + CHILDREN);
    decide(f);
    assert_int_equal(f->engine.scratch.choice.scope, RL_KILL_CGROUP);
    assert_ptr_equal(
        f->engine.scratch.seats[f->engine.scratch.choice.group].cgroup, child(f, child_of(second)));
}

/* Whoever's policy it is that says that a cgroup dies: of a container it is the container's own. */
static void test_container(void **state)
{
    struct fixture *f = *state;
    struct rl_pattern nested = {.text = "cgroup:" CONTAINER "/deep",
        .terms = {{RL_FACT_CGROUP, CONTAINER "/deep"}},
        .n = 1};
    struct rl_policy whole = {.victim = {.model = rl_model_default(), .kill = RL_KILL_CGROUP}};
    const struct rl_scratch *s = &f->engine.scratch;

    f->policy.victim.prefer = &nested;
    f->policy.victim.n_prefer = 1;
    make_room(f, PROCESSES, 1 + CHILDREN);
    decide(f);
    assert_int_equal(s->choice.scope, RL_KILL_PROCESS);
    assert_ptr_equal(s->seats[s->choice.group].cgroup, child(f, CHILDREN - 1));
    child(f, CHILDREN - 1)->policy = &whole;
    whole.victim.prefer = &nested;
    whole.victim.n_prefer = 1;
    decide(f);
    assert_int_equal(s->choice.scope, RL_KILL_CGROUP);
    assert_ptr_equal(s->seats[s->choice.group].cgroup, child(f, CHILDREN - 2));
    child(f, CHILDREN - 1)->policy = NULL;
    f->policy.victim.kill = RL_KILL_CGROUP;
    decide(f);
    assert_int_equal(s->choice.scope, RL_KILL_CGROUP);
    assert_ptr_equal(s->seats[s->choice.group].cgroup, child(f, CHILDREN - 2));
    assert_false(s->choice.widened);
    assert_false(s->groups[0].container);
    /* The shortage is that of a part of it. */
    f->hot.cgroup = child(f, CHILDREN - 1);
    decide(f);
    assert_int_equal(s->n_groups, 1);
    assert_true(s->groups[0].container);
}

/* memory.oom.group of a cgroup without a group, or of one above it that has none either: who lives
 * there dies with all the others or not at all. */
static void test_oom_group(void **state)
{
    struct fixture *f = *state;
    char path[64], name[128];
    int i = child_of(pid_of_rank(0));

    child_path(i, path, sizeof(path));
    if (strstr(path, "/deep"))
        *strrchr(path, '/') = '\0';
    snprintf(name, sizeof(name), "cgroup/%s/memory.oom.group", path);
    folder_write(&folder, name, "1\n");
    make_room(f, 256, 1);
    decide(f);
    assert_int_equal(chosen(f)->process.pid, pid_of_rank(1));
    assert_int_equal(f->engine.scratch.groups[0].spared, RL_REASON_NONE);
    rl_scratch_free(&f->engine.scratch);
    make_room(f, 256, 1 + CHILDREN);
    decide(f);
    assert_true(f->engine.scratch.choice.widened);
    assert_int_equal(unlinkat(folder.fd, name, 0), 0);
}

static const struct rl_candidate *candidate_of(const struct fixture *f, int pid)
{
    const struct rl_pool *pool = &f->engine.scratch.pool;

    for (size_t i = 0; i < pool->n; i++)
        if (pool->items[i].process.pid == pid)
            return &pool->items[i];
    fail();
    return NULL;
}

/* One who lives deeper, where it is the cgroup above him that says so. */
static void test_oom_group_above(void **state)
{
    struct fixture *f = *state;
    char path[64], name[128];
    int rank = 0;

    while (child_of(pid_of_rank(rank)) % 10 != 9)
        rank++;
    child_path(child_of(pid_of_rank(rank)), path, sizeof(path));
    *strrchr(path, '/') = '\0';
    snprintf(name, sizeof(name), "cgroup/%s/memory.oom.group", path);
    folder_write(&folder, name, "1\n");
    make_room(f, PROCESSES, 1);
    decide(f);
    assert_int_equal(candidate_of(f, pid_of_rank(rank))->spared, RL_SPARED_GROUP_PROTECTED);
    assert_int_equal(unlinkat(folder.fd, name, 0), 0);
    decide(f);
    assert_int_equal(candidate_of(f, pid_of_rank(rank))->spared, RL_REASON_NONE);
}

/* What systemd's ManagedOOMPreference= says of a cgroup holds without a group, too. */
static void test_marks(void **state)
{
    struct fixture *f = *state;
    char path[64], full[256];
    int biggest = pid_of_rank(0);

    child_path(child_of(biggest), path, sizeof(path));
    snprintf(full, sizeof(full), "%s/cgroup/%s", folder.path, path);
    if (setxattr(full, "user.oomd_omit", "1", 1, 0) < 0)
        skip(); /* a file system without such attributes */
    for (size_t groups = 1; groups <= 1 + CHILDREN; groups += CHILDREN) {
        rl_scratch_free(&f->engine.scratch);
        make_room(f, PROCESSES, groups);
        decide(f);
        assert_int_equal(candidate_of(f, biggest)->spared, RL_SPARED_OMITTED);
        assert_int_equal(f->engine.scratch.groups[0].spared, RL_SPARED_GROUP_PROTECTED);
    }
    assert_int_equal(removexattr(full, "user.oomd_omit"), 0);
    assert_int_equal(setxattr(full, "user.oomd_avoid", "1", 1, 0), 0);
    for (size_t groups = 1; groups <= 1 + CHILDREN; groups += CHILDREN) {
        rl_scratch_free(&f->engine.scratch);
        make_room(f, PROCESSES, groups);
        decide(f);
        assert_int_equal(candidate_of(f, biggest)->tier, RL_TIER_AVOIDED);
        assert_int_equal(chosen(f)->process.pid, pid_of_rank(1));
    }
    assert_int_equal(removexattr(full, "user.oomd_avoid"), 0);
}

/* What systemd-oomd manages is spared as if it were marked, while it runs; with and without a
 * group.
 */
static void test_left_to_oomd(void **state)
{
    static struct rl_compat_unit unit;
    static struct rl_compat_unit *units[] = {&unit};
    static struct rl_compat_left left = {.units = units, .n = 1};
    struct fixture *f = *state;
    char path[64], *slash;
    int biggest = pid_of_rank(0);

    child_path(child_of(biggest), path, sizeof(path));
    slash = strrchr(path, '/');
    snprintf(unit.name, sizeof(unit.name), "%s", slash ? slash + 1 : path);
    f->engine.left = &left;
    for (size_t groups = 1; groups <= 1 + CHILDREN; groups += CHILDREN) {
        rl_scratch_free(&f->engine.scratch);
        make_room(f, PROCESSES, groups);
        left.held = true;
        decide(f);
        assert_int_equal(candidate_of(f, biggest)->spared, RL_SPARED_OMITTED);
        assert_int_not_equal(chosen(f)->process.pid, biggest);
        left.held = false;
        decide(f);
        assert_int_equal(chosen(f)->process.pid, biggest);
    }
    f->engine.left = NULL;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pool, setup, teardown),
        cmocka_unit_test_setup_teardown(test_thousands, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kin, setup, teardown),
        cmocka_unit_test_setup_teardown(test_groups, setup, teardown),
        cmocka_unit_test_setup_teardown(test_paths, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kill_cgroup, setup, teardown),
        cmocka_unit_test_setup_teardown(test_vetoed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_kill_tree, setup, teardown),
        cmocka_unit_test_setup_teardown(test_patterns, setup, teardown),
        cmocka_unit_test_setup_teardown(test_own_policy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_container, setup, teardown),
        cmocka_unit_test_setup_teardown(test_oom_group, setup, teardown),
        cmocka_unit_test_setup_teardown(test_oom_group_above, setup, teardown),
        cmocka_unit_test_setup_teardown(test_marks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_left_to_oomd, setup, teardown),
    };

    return cmocka_run_group_tests(tests, put_machine, remove_machine);
}
