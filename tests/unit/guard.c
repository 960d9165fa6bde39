#include "tests/unit/unit.h"

#include "tests/unit/guardian.h"

static const struct rl_guard below_5 = {.high_relative = true, .high_share = 500};
static const struct rl_guard group_on = {.oom_group = RL_YES};

/* ---- rules ---- */

static void test_high(void **state)
{
    static const struct {
        struct rl_guard orders;
        uint64_t max;
        int64_t high; /* -1: none */
    } rows[] = {
        {{.high_relative = true, .high_share = 500}, 100 * MIB, 99614720},
        {{.high_bytes = 10 * MIB}, 100 * MIB, 90 * MIB},
        {{.high_bytes = 1}, 100 * MIB, 100 * MIB - PAGE}, /* whole pages, as the kernel has it */
        {{.high_bytes = 10 * MIB}, RL_NO_LIMIT, -1},
        {{.high_relative = true, .high_share = 500}, RL_NO_LIMIT, -1},
        {{.high_bytes = 100 * MIB}, 100 * MIB, -1}, /* nothing would be left */
        {{.high_bytes = 200 * MIB}, 100 * MIB, -1},
        {{.high_bytes = 100 * MIB - 1}, 100 * MIB, -1},
        {{.high_relative = true, .high_share = 10000}, 100 * MIB, -1},
        {{.high_relative = true, .high_share = 500}, 0, -1},
        {{.oom_group = RL_YES}, 100 * MIB, -1},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int64_t high = -1;

        assert_int_equal(
            rl_guard_high(&rows[i].orders, rows[i].max, PAGE, &high), rows[i].high >= 0);
        assert_int_equal(high, rows[i].high);
    }
}

/* ... where pages are larger. */
static void test_high_of_larger_pages(void **state)
{
    const struct rl_guard one = {.high_bytes = 1}, most = {.high_bytes = 10 * MIB};
    int64_t high;

    assert_true(rl_guard_high(&one, 100 * MIB, 16384, &high));
    assert_int_equal(high, 100 * MIB - 16384);
    assert_true(rl_guard_high(&one, 100 * MIB, 65536, &high));
    assert_int_equal(high, 100 * MIB - 65536);
    assert_true(rl_guard_high(&most, 10 * MIB + 65535, 16384, &high));
    assert_int_equal(high, 3 * 16384);
    assert_false(rl_guard_high(&most, 10 * MIB + 65535, 65536, &high)); /* less than a page */
}

static void test_managed(void **state)
{
    static const struct {
        const char *path;
        bool managed;
    } rows[] = {
        {"/kubepods", true},
        {"/kubepods.slice", true},
        {"/kubepods/burstable/pod1/x", true},
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/a.scope", true},
        {"/kubelet.slice/kubelet-kubepods.slice/a", true},
        {"/docker/abc/kubepods.slice", true},
        {"/", false},
        {"", false},
        {"/system.slice/kubelet.service", false},
        {"/system.slice/mykubepods.service", false},
        {"/system.slice/kubepodsx", false},
        {"/kube/pods", false},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rl_guard_managed(rows[i].path) != rows[i].managed)
            fail_msg("%s", rows[i].path);
}

/* ---- cgroups ---- */

static void test_write_and_take_back(void **state)
{
    struct fixture *f = *state;
    uint64_t before = 0;

    make_cgroup(f, "a", "max\n", "104857600\n");
    assert_int_equal(apply(f, "a", &below_5), RL_GUARD_DONE);
    wait_for(f, &f->root, "a", "memory.high", "99614720");
    expect_text(&f->root, "a", "memory.oom.group", "0");
    assert_true(has_state(f));
    assert_true(rl_guard_value_before(f->guardian, id_of(f, "a"), RL_GUARD_HIGH, &before));
    assert_true(before == RL_NO_LIMIT);
    assert_false(rl_guard_value_before(f->guardian, id_of(f, "a"), RL_GUARD_OOM_GROUP, &before));
    assert_false(rl_guard_value_before(f->guardian, id_of(f, "a") + 1, RL_GUARD_HIGH, &before));

    assert_int_equal(apply(f, "a", NULL), RL_GUARD_DONE);
    wait_for(f, &f->root, "a", "memory.high", "max");
    assert_false(rl_guard_value_before(f->guardian, id_of(f, "a"), RL_GUARD_HIGH, &before));
    assert_false(has_state(f));
}

/* When memory.max moves, memory.high goes with it; a stricter one of its owner stays. */
static void test_follows_max(void **state)
{
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "104857600\n");
    make_cgroup(f, "b", "8192\n", "104857600\n");
    apply(f, "a", &below_5);
    apply(f, "b", &below_5);
    wait_for(f, &f->root, "a", "memory.high", "99614720");
    expect_text(&f->root, "b", "memory.high", "8192");
    put(&f->root, "a", "memory.max", "209715200\n"); /* noticed by itself */
    wait_for(f, &f->root, "a", "memory.high", "199229440");
    put(&f->root, "a", "memory.max", "max\n");
    wait_for(f, &f->root, "a", "memory.high", "max");
    assert_false(has_state(f));
}

static void test_oom_group(void **state)
{
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "max\n");
    make_cgroup(f, "b", "max\n", "max\n");
    put(&f->root, "b", "memory.oom.group", "1\n");
    apply(f, "a", &group_on);
    apply(f, "b", &(struct rl_guard){.oom_group = RL_NO});
    wait_for(f, &f->root, "a", "memory.oom.group", "1");
    wait_for(f, &f->root, "b", "memory.oom.group", "0");
    rl_guard_restore_all(f->guardian);
    wait_for(f, &f->root, "a", "memory.oom.group", "0");
    wait_for(f, &f->root, "b", "memory.oom.group", "1");
}

static void test_refused(void **state)
{
    struct rl_guard override = below_5;
    struct fixture *f = *state;
    int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    make_cgroup(f, "kubepods.slice", "max\n", "104857600\n");
    assert_int_equal(apply(f, "kubepods.slice", &below_5), RL_GUARD_MANAGED);
    run_idle(f->event);
    expect_text(&f->root, "kubepods.slice", "memory.high", "max");
    override.managed_override = true;
    assert_int_equal(apply(f, "kubepods.slice", &override), RL_GUARD_DONE);
    wait_for(f, &f->root, "kubepods.slice", "memory.high", "99614720");
    assert_int_equal(apply(f, "kubepods.slice", &below_5), RL_GUARD_MANAGED);
    wait_for(f, &f->root, "kubepods.slice", "memory.high", "max");

    assert_int_equal(rl_guard_apply(f->guardian,
                         &(struct rl_guard_place){.fd = fd, .id = 1, .path = "/x"}, &below_5),
        -ESTALE);
    close(fd);
    /* Below the subject only processes are ordered about. */
    make_cgroup(f, "inner", "max\n", "104857600\n");
    assert_int_equal(apply_as(f, "inner", true, &below_5), RL_GUARD_DONE);
    run_idle(f->event);
    expect_text(&f->root, "inner", "memory.high", "max");
}

/* What somebody else writes stands for a minute, and is what comes back in the end. */
static void test_foreign_write(void **state)
{
    struct fixture *f = *state;
    uint64_t before = 0;

    make_cgroup(f, "a", "max\n", "104857600\n");
    apply(f, "a", &below_5);
    wait_for(f, &f->root, "a", "memory.high", "99614720");
    put(&f->root, "a", "memory.high", "99999744\n");
    while (rl_guard_value_before(f->guardian, id_of(f, "a"), RL_GUARD_HIGH, &before))
        assert_true(sd_event_run(f->event, 20000) >= 0); /* until it is noticed */
    run_idle(f->event);
    expect_text(&f->root, "a", "memory.high", "99999744");
    f->guardian = rl_guard_free(f->guardian);
    expect_text(&f->root, "a", "memory.high", "99999744");
    assert_false(has_state(f));
}

static void test_end_restores(void **state)
{
    struct fixture *f = *state;
    char name[16];

    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        make_cgroup(f, name, "max\n", "104857600\n");
        assert_int_equal(apply(f, name, &below_5), 0);
    }
    for (int i = 0; i < 100; i++) { /* more than the worker takes at once */
        snprintf(name, sizeof(name), "c%d", i);
        wait_for(f, &f->root, name, "memory.high", "99614720");
        if (i > 3)
            i += 30;
    }
    f->guardian = rl_guard_free(f->guardian);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        expect_text(&f->root, name, "memory.high", "max");
    }
    assert_false(has_state(f));
}

/* Where the state cannot be kept nothing is written. */
static void test_unsaved(void **state)
{
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "104857600\n");
    assert_int_equal(unlinkat(f->top.fd, "run/guard.lock", 0), 0);
    assert_int_equal(unlinkat(f->top.fd, "run", AT_REMOVEDIR), 0);
    apply(f, "a", &below_5);
    run_idle(f->event);
    run_idle(f->event);
    expect_text(&f->root, "a", "memory.high", "max");
}

static void test_forget(void **state)
{
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "104857600\n");
    apply(f, "a", &below_5);
    wait_for(f, &f->root, "a", "memory.high", "99614720");
    rl_guard_forget(f->guardian, id_of(f, "a"));
    rl_guard_forget(f->guardian, 1);
    run_idle(f->event);
    run_idle(f->event);
    assert_false(has_state(f));
    expect_text(&f->root, "a", "memory.high", "99614720");
    /* and with a write on its way, or not even begun */
    make_cgroup(f, "b", "max\n", "104857600\n");
    apply(f, "b", &below_5);
    rl_guard_forget(f->guardian, id_of(f, "b"));
    run_idle(f->event);
}

static void count_entry(const struct rl_guard_entry *entry, void *userdata)
{
    size_t *n = userdata;

    assert_true(entry->standing);
    assert_string_equal(entry->path, "/a");
    assert_string_equal(entry->file, "memory.high");
    assert_true(entry->old == RL_HOLD_MAX && entry->ours == 99614720);
    (*n)++;
}

static void test_each(void **state)
{
    struct fixture *f = *state;
    size_t n = 0;

    make_cgroup(f, "a", "max\n", "104857600\n");
    apply(f, "a", &below_5);
    wait_for(f, &f->root, "a", "memory.high", "99614720");
    rl_guard_each(f->guardian, count_entry, &n);
    assert_int_equal(n, 1);
}

/* ---- processes ---- */

static void make_process(struct fixture *f, int pid, int ppid, const char *comm, const char *adj)
{
    char dir[16], text[512];

    snprintf(dir, sizeof(dir), "%d", pid);
    snprintf(text, sizeof(text),
        "%d (%s) S %d 1 1 0 -1 4194560 1 1 0 0 1 1 1 1 20 0 1 0 %d 1000000 200 "
        "18446744073709551615 1 1 1 1 1 1 0 0 0 0 0 0 17 0 0 0 0 0 0 1 1 1 1 1 1 1 0\n",
        pid, comm, ppid, 1000 + pid);
    put(&f->proc, dir, "stat", text);
    put(&f->proc, dir, "status",
        "Name:\tx\nUid:\t0\t0\t0\t0\nVmSize:\t100 kB\nVmRSS:\t50 kB\nRssAnon:\t50 kB\n"
        "VmPTE:\t4 kB\nVmSwap:\t0 kB\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"
        "CapEff:\t0000000000000000\n");
    put(&f->proc, dir, "oom_score_adj", adj);
}

static const struct rl_guard_adj adj_rows[] = {
    {.pattern = {.terms = {{RL_FACT_COMM, "db*"}}, .n = 1}, .oom_score_adj = -500},
    {.pattern = {.terms = {{RL_FACT_COMM, "*"}}, .n = 1}, .oom_score_adj = 300},
};

static void test_adj(void **state)
{
    const struct rl_guard first = {.adj = adj_rows, .n_adj = 1};
    const struct rl_guard both = {.adj = adj_rows, .n_adj = 2};
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "max\n");
    put(&f->root, "a", "cgroup.procs", "0\n1\n10\n11\n12\n13\n");
    make_process(f, 1, 0, "db", "0\n");
    make_process(f, 10, 1, "db", "0\n");
    make_process(f, 11, 1, "dbx", "-500\n"); /* has it already */
    make_process(f, 12, 1, "other", "7\n");
    apply(f, "a", &first);
    wait_for(f, &f->proc, "10", "oom_score_adj", "-500");
    expect_text(&f->proc, "1", "oom_score_adj", "0"); /* PID 1 is nobody's to change */
    expect_text(&f->proc, "12", "oom_score_adj", "7");
    apply(f, "a", &both);
    wait_for(f, &f->proc, "12", "oom_score_adj", "300");
    expect_text(&f->proc, "10", "oom_score_adj", "-500");

    /* One that cannot be read for a moment is left as it is. */
    put(&f->proc, "12", "status", "broken");
    apply(f, "a", &both);
    run_idle(f->event);
    expect_text(&f->proc, "12", "oom_score_adj", "300");
    make_process(f, 12, 1, "other", "300\n");

    /* A new one is met at the next call; one that has gone somewhere else gets its own back. */
    make_process(f, 14, 1, "late", "0\n");
    put(&f->root, "a", "cgroup.procs", "10\n11\n14\n");
    apply(f, "a", &both);
    wait_for(f, &f->proc, "14", "oom_score_adj", "300");
    wait_for(f, &f->proc, "12", "oom_score_adj", "7");
    f->guardian = rl_guard_free(f->guardian);
    expect_text(&f->proc, "10", "oom_score_adj", "0");
    expect_text(&f->proc, "11", "oom_score_adj", "-500");
    expect_text(&f->proc, "14", "oom_score_adj", "0");
}

/* Children have it from their parent, and have it no longer than that. */
static void test_adj_inherited(void **state)
{
    const struct rl_guard orders = {.adj = adj_rows, .n_adj = 1};
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "max\n");
    put(&f->root, "a", "cgroup.procs", "10\n");
    make_process(f, 10, 1, "db", "-17\n");
    apply_as(f, "a", true, &orders);
    wait_for(f, &f->proc, "10", "oom_score_adj", "-500");
    make_process(f, 20, 10, "db-child", "-500\n");
    make_process(f, 21, 10, "sh", "-500\n");
    make_process(f, 22, 1, "foreign", "-500\n");
    put(&f->root, "a", "cgroup.procs", "10\n20\n21\n22\n");
    apply_as(f, "a", true, &orders);
    wait_for(f, &f->proc, "21", "oom_score_adj", "-17");
    expect_text(&f->proc, "10", "oom_score_adj", "-500");
    expect_text(&f->proc, "20", "oom_score_adj", "-500");
    f->guardian = rl_guard_free(f->guardian);
    expect_text(&f->proc, "20", "oom_score_adj", "-17");
    expect_text(&f->proc, "22", "oom_score_adj", "-500");
}

/* Another process of the same number is another process. */
static void test_adj_reused(void **state)
{
    const struct rl_guard orders = {.adj = adj_rows, .n_adj = 1};
    struct fixture *f = *state;
    char text[] = "10 (db) S 1 1 1 0 -1 4194560 1 1 0 0 1 1 1 1 20 0 1 0 5 1000000 200 "
                  "1 1 1 1 1 1 1 0 0 0 0 0 0 17 0 0 0 0 0 0 1 1 1 1 1 1 1 0\n";

    make_cgroup(f, "a", "max\n", "max\n");
    put(&f->root, "a", "cgroup.procs", "10\n");
    make_process(f, 10, 1, "db", "0\n");
    apply(f, "a", &orders);
    wait_for(f, &f->proc, "10", "oom_score_adj", "-500");
    put(&f->proc, "10", "stat", text);
    apply(f, "a", NULL);
    run_idle(f->event);
    f->guardian = rl_guard_free(f->guardian);
    expect_text(&f->proc, "10", "oom_score_adj", "-500");
}

/* On a real process, whose file is the kernel's. */
static void test_adj_live(void **state)
{
    const struct rl_guard_adj row = {
        .pattern = {.terms = {{RL_FACT_COMM, "*"}}, .n = 1}, .oom_score_adj = 700};
    const struct rl_guard orders = {.adj = &row, .n_adj = 1};
    struct fixture *f = *state;
    pid_t pid = spawn(child_dies_of_term);
    char procs[32], dir[32];

    close(f->proc.fd);
    f->proc.fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->proc.fd >= 0);
    assert_int_equal(try_open(f, &f->guardian), 0);
    make_cgroup(f, "a", "max\n", "max\n");
    snprintf(procs, sizeof(procs), "%d\n", (int)pid);
    snprintf(dir, sizeof(dir), "%d", (int)pid);
    put(&f->root, "a", "cgroup.procs", procs);
    char before[64];
    strcpy(before, value(&f->proc, dir, "oom_score_adj"));
    apply(f, "a", &orders);
    wait_for(f, &f->proc, dir, "oom_score_adj", "700");
    assert_true(has_state(f));
    f->guardian = rl_guard_free(f->guardian);
    expect_text(&f->proc, dir, "oom_score_adj", before);
    put_down(pid);
}

/* ---- after a crash ---- */

/* A reliefd that wrote and then vanished. */
static void crash(struct fixture *f, const char *name, const char *high)
{
    pid_t pid = fork();
    int status = 0;

    assert_true(pid >= 0);
    if (pid == 0) {
        sd_event *event = NULL;

        if (sd_event_new(&event) < 0)
            _exit(1);
        f->event = event;
        if (try_open(f, &f->guardian) < 0 || apply(f, name, &below_5) < 0)
            _exit(2);
        for (int i = 0; i < 1000 && strcmp(value(&f->root, name, "memory.high"), high) != 0; i++)
            sd_event_run(event, 20000);
        sd_event_run(event, 20000);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    expect_text(&f->root, name, "memory.high", high);
    assert_true(has_state(f));
}

static struct rl_guard_roots roots_of(const struct fixture *f)
{
    return (struct rl_guard_roots){
        .runtime_dir = f->runtime, .cgroup_root_fd = f->root.fd, .proc_fd = f->proc.fd};
}

static void expect_restored(
    const struct fixture *f, unsigned restored, unsigned untouched, unsigned gone)
{
    struct rl_guard_roots roots = roots_of(f);
    struct rl_guard_restored result;

    assert_int_equal(rl_guard_restore(&roots, &result), 0);
    assert_int_equal(result.restored, restored);
    assert_int_equal(result.untouched, untouched);
    assert_int_equal(result.gone, gone);
    assert_int_equal(result.failed, 0);
    assert_false(has_state(f));
}

static void test_restore_nothing(void **state)
{
    struct fixture *f = *state;

    expect_restored(f, 0, 0, 0); /* not even a folder, and none is made */
    assert_int_equal(faccessat(f->top.fd, "run", F_OK, 0), -1);
}

static void test_restore_after_crash(void **state)
{
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "104857600\n");
    crash(f, "a", "99614720");
    expect_restored(f, 1, 0, 0);
    expect_text(&f->root, "a", "memory.high", "max");
    expect_restored(f, 0, 0, 0);
}

/* The next one does it by itself. */
static void test_restore_at_start(void **state)
{
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "104857600\n");
    crash(f, "a", "99614720");
    assert_int_equal(try_open(f, &f->guardian), 0);
    expect_text(&f->root, "a", "memory.high", "max");
    assert_false(has_state(f));
}

static void test_restore_foreign(void **state)
{
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "104857600\n");
    crash(f, "a", "99614720");
    put(&f->root, "a", "memory.high", "55555\n");
    expect_restored(f, 0, 1, 0);
    expect_text(&f->root, "a", "memory.high", "55555");
}

/* A cgroup of that name is another one by its inode. */
static void test_restore_other_cgroup(void **state)
{
    struct fixture *f = *state;

    make_cgroup(f, "a", "max\n", "104857600\n");
    crash(f, "a", "99614720");
    assert_int_equal(renameat(f->root.fd, "a", f->root.fd, "moved"), 0);
    make_cgroup(f, "a", "99614720\n", "104857600\n");
    expect_restored(f, 0, 0, 1);
    expect_text(&f->root, "a", "memory.high", "99614720");
}

static void test_restore_other_boot(void **state)
{
    struct fixture *f = *state;
    struct rl_guard_roots roots = roots_of(f);
    struct rl_guard_restored result;

    make_cgroup(f, "a", "max\n", "104857600\n");
    crash(f, "a", "99614720");
    folder_write(&f->proc, BOOT, "another\n");
    assert_int_equal(rl_guard_restore(&roots, &result), 0);
    assert_true(result.other_boot);
    assert_int_equal(result.restored, 0);
    expect_text(&f->root, "a", "memory.high", "99614720");
    assert_false(has_state(f));
}

/* Both the value that stands and the one that was about to be written are ours. */
static void test_restore_written_by_hand(void **state)
{
    static const struct {
        const char *high, *expected;
    } rows[] = {{"4096\n", "max"}, {"8192\n", "max"}, {"12288\n", "12288"}, {"max\n", "max"}};
    struct fixture *f = *state;
    char text[256];

    make_cgroup(f, "a b", "max\n", "104857600\n");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_guard_roots roots = roots_of(f);
        struct rl_guard_restored result;

        put(&f->root, "a b", "memory.high", rows[i].high);
        snprintf(text, sizeof(text),
            RL_GUARD_HEADER "\nboot 1234-5678\nnonsense\ncgroup %llu memory.high max 4096 8192 "
                            "/a b\nprocess 99 5 oom_score_adj 0 1 1\n",
            (unsigned long long)id_of(f, "a b"));
        folder_write(&f->top, "run/" RL_GUARD_STATE, text);
        assert_int_equal(rl_guard_restore(&roots, &result), 0);
        assert_int_equal(result.gone, 1);
        expect_text(&f->root, "a b", "memory.high", rows[i].expected);
        assert_false(has_state(f));
    }
}

static void test_restore_bad_file(void **state)
{
    static const char *const rows[] = {"", "x", "reliefd-guard 1", "reliefd-guard 1\n",
        "reliefd-guard 2\nboot 1234-5678\n", "reliefd-guard 1\nbot 1234-5678\n"};
    struct fixture *f = *state;
    struct rl_guard_roots roots = roots_of(f);
    struct rl_guard_restored result;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        folder_write(&f->top, "run/" RL_GUARD_STATE, rows[i]);
        assert_int_equal(rl_guard_restore(&roots, &result), -EBADMSG);
    }
    assert_int_equal(try_open(f, &f->guardian), 0); /* it does not keep the daemon from starting */
}

/* What cannot be restored is kept for the next time. */
static void test_restore_failed(void **state)
{
    struct fixture *f = *state;
    struct rl_guard_roots roots = roots_of(f);
    struct rl_guard_restored result;

    make_cgroup(f, "a", "max\n", "104857600\n");
    crash(f, "a", "99614720");
    roots.cgroup_root_fd = -1;
    assert_int_equal(rl_guard_restore(&roots, &result), 0);
    assert_int_equal(result.failed, 1);
    assert_true(has_state(f));
    expect_restored(f, 1, 0, 0);
    expect_text(&f->root, "a", "memory.high", "max");
}

static void test_one_only(void **state)
{
    struct fixture *f = *state;
    struct rl_guard_roots roots = roots_of(f);
    struct rl_guard_restored result;
    struct rl_guardian *second = NULL;

    assert_int_equal(try_open(f, &second), -EBUSY);
    assert_null(second);
    assert_int_equal(rl_guard_restore(&roots, &result), -EBUSY);
    f->guardian = rl_guard_free(f->guardian);
    assert_int_equal(try_open(f, &second), 0);
    assert_null(rl_guard_free(second));
    assert_null(rl_guard_free(NULL));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_high),
        cmocka_unit_test(test_high_of_larger_pages),
        cmocka_unit_test(test_managed),
        cmocka_unit_test_setup_teardown(test_write_and_take_back, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_follows_max, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_oom_group, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_refused, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_write, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_end_restores, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_unsaved, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_forget, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_each, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_adj, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_adj_inherited, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_adj_reused, setup_open, teardown),
        cmocka_unit_test_setup_teardown(test_adj_live, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restore_nothing, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restore_after_crash, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restore_at_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restore_foreign, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restore_other_cgroup, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restore_other_boot, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restore_written_by_hand, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restore_bad_file, setup, teardown),
        cmocka_unit_test_setup_teardown(test_restore_failed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_one_only, setup_open, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
