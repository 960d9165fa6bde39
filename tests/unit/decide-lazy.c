/* Choosing with most processes left unread: what comes out is the same as where all were read. On
 * made-up machines of all sorts, under policies of all sorts; and the parts of it by themselves. */
#include "tests/unit/unit.h"

#include <stdarg.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include "daemon/engine-private.h"
#include "tests/unit/counted-malloc.h"
#include "tests/unit/folder.h"
#include "tests/unit/policy.h"

#ifndef MACHINES
#define MACHINES 6
#endif
#define POLICIES  30 /* for each of them */
#define CGROUPS   9
#define FIRST_PID 100
#define AVAILABLE 100000 /* pages of the smallest machine */
#define CPUS      1
#define RSS_ERROR 96 /* with as many CPUs */

static const char *const comms[] = {"worker", "cache", "shell", "odd) Z 1 (", "idle"};

static const char *const cgroups[CGROUPS] = {
    "app", "app/a", "app/a/x", "app/b", "app/b/y", "app/c", "app/d", "app/d/z", "app/e"};

/* The facts of patterns, and globs that mean some. The last two are what a sketch
 * does not know. */
static const struct rl_term terms[] = {
    {RL_FACT_COMM, "worker"},
    {RL_FACT_COMM, "c*"},
    {RL_FACT_CGROUP, "app/a/**"},
    {RL_FACT_CGROUP, "app/b"},
    {RL_FACT_MAIN, ""},
    {RL_FACT_UID, "0"},
    {RL_FACT_EXE, "*/worker"},
};

#define LITTLE 5 /* terms that a sketch knows */

struct machine {
    struct folder folder;
    uint64_t seed;
    struct dice dice;
    uint64_t swapped; /* pages */
    bool swaps;
};

struct fixture {
    struct machine machine;
    void (*put)(struct machine *machine);
    sd_event *event;
    struct rl_probe probe;
    struct rl_settings settings;
    struct rl_engine engine;
    struct rl_hot hot;
    struct rl_policy acting, own[CGROUPS];
    struct rl_pattern patterns[64];
    struct rl_adjust adjusts[16];
    size_t n_patterns, n_adjusts;
};

/* What a decision leaves for whoever looks at it. */
struct outcome {
    struct rl_choice choice;
    size_t seen, n, unread;
    struct rl_candidate listed[RL_RECORD_CANDIDATES];
};

static bool chance(struct dice *dice, uint64_t percent)
{
    return roll(dice, 100) < percent;
}

/* ---- the machine ---- */

struct facts {
    int pid, adj;
    const char *comm;
    char state;
    unsigned flags, exit_code, uid, threads;
    uint64_t rss, anon, swap, tables;
    uint64_t sum;             /* what statm says is resident */
    unsigned long long start; /* 0: any */
    unsigned long long caps, pending;
};

static void put_files(const struct machine *m, const char *dir, const struct facts *f)
{
    char name[128], text[768];

    snprintf(name, sizeof(name), "%s/stat", dir);
    snprintf(text, sizeof(text),
        "%d (%s) %c 1 1 1 0 -1 %u 0 0 0 0 7 3 0 0 20 0 %u 0 %llu %llu %llu 18446744073709551615 %d "
        "0 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 0 0 0 0 0 0 0 %u\n",
        f->pid, f->comm, f->state, f->flags, f->threads,
        f->start > 0 ? f->start : 1000ULL - (unsigned)f->pid % 7, 8192ULL * f->rss,
        (unsigned long long)f->rss, f->pid % 3, f->exit_code);
    folder_write(&m->folder, name, text);
    snprintf(name, sizeof(name), "%s/statm", dir);
    snprintf(
        text, sizeof(text), "%llu %llu 1 1 0 1 0\n", 2ULL * f->sum, (unsigned long long)f->sum);
    folder_write(&m->folder, name, text);
    snprintf(name, sizeof(name), "%s/status", dir);
    snprintf(text, sizeof(text),
        "Name:\tx\nUid:\t%u\t%u\t%u\t%u\nVmSize:\t%llu kB\nRssAnon:\t%llu kB\nVmPTE:\t%llu kB\n"
        "VmSwap:\t%llu kB\nSigPnd:\t0000000000000000\nShdPnd:\t%016llx\nCapEff:\t%016llx\n",
        f->uid, f->uid, f->uid, f->uid, 8ULL * f->rss, 4ULL * f->anon, 4ULL * f->tables,
        4ULL * f->swap, f->pending, f->caps);
    folder_write(&m->folder, name, text);
}

/* What it holds shows in its other thread only. */
static void put_dead_leader(const struct machine *m, const struct facts *f)
{
    char dir[64];
    struct facts leader = *f;

    snprintf(dir, sizeof(dir), "proc/%d/task/%d", f->pid, f->pid + 5000);
    put_files(m, dir, f);
    leader.state = 'Z';
    leader.threads = 2;
    leader.flags |= 4;
    leader.rss = leader.anon = leader.swap = leader.tables = leader.sum = 0;
    snprintf(dir, sizeof(dir), "proc/%d", f->pid);
    put_files(m, dir, &leader);
}

static int an_adj(struct dice *dice)
{
    static const int adjs[] = {-1000, -999, -500, -1, 1, 300, 999, 1000};

    return chance(dice, 70) ? 0 : adjs[roll(dice, LENGTH(adjs))];
}

static struct facts roll_process(struct machine *m, int pid)
{
    struct dice *d = &m->dice;
    struct facts f = {
        .pid = pid,
        .adj = an_adj(d),
        .comm = comms[roll(d, LENGTH(comms))],
        .state = 'S',
        .flags = 4194304,
        .uid = chance(d, 30) ? 0 : 1000,
        .threads = 1,
        .rss = roll(d, 1 + (UINT64_C(1) << roll(d, 14))),
        .tables = roll(d, 100),
        .caps = chance(d, 30) ? 0x1ffffffffffULL : 0,
        .pending = chance(d, 3) ? 0x100 : 0,
    };

    f.anon = roll(d, f.rss + 1);
    if (f.rss > 0 && chance(d, 20)) /* the counter in stat lags behind */
        f.anon = f.rss + roll(d, RSS_ERROR);
    if (m->swapped > 0 && chance(d, 30))
        f.swap = chance(d, 10) ? m->swapped : roll(d, m->swapped + 1);
    if (chance(d, 2))
        f.exit_code = 9;
    if (chance(d, 2))
        f.flags |= 0x200000, f.rss = f.anon = f.swap = 0;
    if (chance(d, 3))
        f.state = 'Z';
    f.sum = f.rss > RSS_ERROR ? f.rss - RSS_ERROR : 1;
    f.sum += roll(d, f.rss - f.sum + RSS_ERROR + 1);
    if (f.sum < f.anon)
        f.sum = f.anon;
    if (f.state == 'Z' || f.flags & 0x200000)
        f.sum = 0;
    return f;
}

static void put_process(struct machine *m, int pid)
{
    struct facts f = roll_process(m, pid);
    char name[64], text[32];

    if (chance(&m->dice, 2))
        return; /* vanished */
    snprintf(name, sizeof(name), "proc/%d", pid);
    if (f.state != 'Z' && chance(&m->dice, 4))
        put_dead_leader(m, &f);
    else
        put_files(m, name, &f);
    snprintf(name, sizeof(name), "proc/%d/oom_score_adj", pid);
    snprintf(text, sizeof(text), "%d\n", f.adj);
    folder_write(&m->folder, name, text);
    snprintf(name, sizeof(name), "proc/%d/exe", pid);
    if (chance(&m->dice, 80))
        folder_link(&m->folder, name, chance(&m->dice, 20) ? "/bin/worker" : "/bin/other");
}

static void put_cgroup(struct machine *m, const char *path, int from, int to)
{
    char name[128], text[8192] = "";
    size_t len = 0;

    snprintf(name, sizeof(name), "cgroup/%s/cgroup.events", path);
    folder_write(&m->folder, name, "populated 1\nfrozen 0\n");
    for (int pid = from; pid < to; pid++) {
        int times = chance(&m->dice, 2) ? 2 : 1; /* the kernel may list one twice */

        while (times-- > 0)
            len += (size_t)snprintf(text + len, sizeof(text) - len, "%d\n", pid);
    }
    snprintf(name, sizeof(name), "cgroup/%s/cgroup.procs", path);
    folder_write(&m->folder, name, text);
    snprintf(name, sizeof(name), "%s/cgroup/%s", m->folder.path, path);
    if (chance(&m->dice, 5))
        (void)setxattr(
            name, chance(&m->dice, 50) ? "user.oomd_omit" : "user.oomd_avoid", "1", 1, 0);
}

static void put_machine(struct machine *m)
{
    char text[256];
    int pid = FIRST_PID;

    folder_new(&m->folder);
    m->swaps = chance(&m->dice, 50);
    m->swapped = m->swaps ? roll(&m->dice, AVAILABLE / 50) : 0;
    snprintf(text, sizeof(text),
        "MemTotal: 4096000 kB\nMemFree: 100 kB\nMemAvailable: 100 kB\nSwapTotal: %d kB\n"
        "SwapFree: %llu kB\n",
        m->swaps ? 4096000 : 0, m->swaps ? 4096000 - 4ULL * m->swapped : 0ULL);
    folder_write(&m->folder, "proc/meminfo", text);
    for (size_t i = 0; i < CGROUPS; i++) {
        int n = (int)roll(&m->dice, chance(&m->dice, 20) ? 200 : 30);

        put_cgroup(m, cgroups[i], pid, pid + n);
        for (int end = pid + n; pid < end; pid++)
            put_process(m, pid);
    }
}

/* ---- reliefd ---- */

static void ignore(void *userdata, struct rl_cgroup *cgroup)
{
}

static void start(struct fixture *f, uint64_t seed)
{
    struct rl_watch_client client = {.on_new = ignore, .on_gone = ignore};
    struct folder *folder = &f->machine.folder;

    f->machine.seed = f->machine.dice.state = seed;
    f->put(&f->machine);
    assert_int_equal(sd_event_new(&f->event), 0);
    f->probe = (struct rl_probe){.page_size = 4096, .cpus = CPUS};
    snprintf(f->probe.cgroup_root, sizeof(f->probe.cgroup_root), "%s/cgroup", folder->path);
    f->probe.cgroup_fd = openat(folder->fd, "cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->probe.proc_fd = openat(folder->fd, "proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    f->engine.options.probe = &f->probe;
    f->engine.options.settings = &f->settings;
    f->engine.procs = (struct rl_procs){
        .proc_fd = f->probe.proc_fd, .page_size = 4096, .self = &f->engine.self};
    f->engine.self.pid = FIRST_PID + 3;
    assert_int_equal(rl_watch_new(f->event, &f->probe, &client, &f->engine.watch), 0);
    f->hot.cgroup = rl_tree_find(rl_watch_tree(f->engine.watch), "/app");
    assert_non_null(f->hot.cgroup);
}

static void stop(struct fixture *f)
{
    rl_scratch_free(&f->engine.scratch);
    rl_watch_free(f->engine.watch);
    sd_event_unref(f->event);
    close(f->probe.cgroup_fd);
    close(f->probe.proc_fd);
    folder_free(&f->machine.folder);
}

/* ---- policies ---- */

static struct rl_pattern roll_pattern(struct dice *dice, bool little)
{
    struct rl_pattern pattern = {.text = "some", .n = (uint8_t)(1 + roll(dice, 2))};

    for (size_t t = 0; t < pattern.n; t++)
        pattern.terms[t] = terms[roll(dice, little ? LITTLE : LENGTH(terms))];
    return pattern;
}

static const struct rl_pattern *roll_patterns(
    struct fixture *f, uint64_t percent, bool little, size_t *ret_n)
{
    struct dice *dice = &f->machine.dice;
    const struct rl_pattern *first = &f->patterns[f->n_patterns];

    for (*ret_n = 0; *ret_n < 2 && f->n_patterns < LENGTH(f->patterns) && chance(dice, percent);)
        f->patterns[f->n_patterns++] = roll_pattern(dice, little), ++*ret_n;
    return first;
}

static void roll_policy(struct fixture *f, struct rl_policy *policy)
{
    static const char *const others[] = {"private", "v59", "total-vm", "total-vm"};
    struct dice *dice = &f->machine.dice;
    struct rl_victim *v = &policy->victim;
    bool little = chance(dice, 75);

    *policy = (struct rl_policy){.name = "some"};
    v->model = chance(dice, 85) ? rl_model_default()
                                : rl_model_find(others[roll(dice, LENGTH(others))]);
    v->kill = chance(dice, 96) ? RL_KILL_PROCESS : RL_KILL_CGROUP;
    v->protect = roll_patterns(f, 50, false, &v->n_protect);
    v->avoid = roll_patterns(f, 20, little, &v->n_avoid);
    v->prefer = roll_patterns(f, 20, little, &v->n_prefer);
    v->adjust = &f->adjusts[f->n_adjusts];
    while (f->n_adjusts < LENGTH(f->adjusts) && v->n_adjust < 2 && chance(dice, 20)) {
        f->adjusts[f->n_adjusts] = (struct rl_adjust){
            .pattern = roll_pattern(dice, little), .points = (int)roll(dice, 400) - 200};
        f->n_adjusts++;
        v->n_adjust++;
    }
    v->min_bytes = chance(dice, 40) ? roll(dice, 12000) * 4096 : 0;
}

static void roll_oom_groups(struct machine *m)
{
    bool any = chance(&m->dice, 40);

    for (size_t i = 0; i < CGROUPS; i++) {
        char name[64];

        snprintf(name, sizeof(name), "cgroup/%s/memory.oom.group", cgroups[i]);
        folder_write(&m->folder, name, any && chance(&m->dice, 20) ? "1\n" : "0\n");
    }
}

static void roll_policies(struct fixture *f)
{
    struct dice *dice = &f->machine.dice;
    uint64_t available = AVAILABLE << roll(dice, 5);

    f->n_patterns = f->n_adjusts = 0;
    roll_oom_groups(&f->machine);
    roll_policy(f, &f->acting);
    for (size_t i = 0; i < CGROUPS; i++) {
        char path[64];

        snprintf(path, sizeof(path), "/%s", cgroups[i]);
        if (chance(dice, 15))
            roll_policy(f, &f->own[i]);
        else
            f->own[i] = f->acting;
        rl_tree_find(rl_watch_tree(f->engine.watch), path)->policy =
            f->own[i].victim.protect == f->acting.victim.protect ? &f->acting : &f->own[i];
    }
    for (size_t i = 0; i < LENGTH(f->hot.room.totals); i++)
        f->hot.room.totals[i] = available * 4096;
}

/* ---- the comparison ---- */

static size_t peeks, lists; /* how often statm and cgroup.procs were opened */

static void decide(struct fixture *f, size_t listed, size_t groups, struct outcome *ret)
{
    struct rl_scratch *s = &f->engine.scratch;
    struct rl_extent extent = {
        .processes = 2048, .kin = 2048, .groups = groups, .path_bytes = RL_PATHS_LEAST};
    size_t mallocs;

    rl_scratch_free(s);
    s->listed = listed;
    assert_int_equal(rl_scratch_init(s, &extent), 0);
    mallocs = counted_mallocs;
    rl_decide(&f->engine, &f->hot, &f->acting, false);
    assert_int_equal(counted_mallocs, mallocs);
    *ret = (struct outcome){.choice = s->choice, .seen = s->pool.seen, .unread = s->sketches.n};
    ret->n = s->pool.n < RL_RECORD_CANDIDATES ? s->pool.n : RL_RECORD_CANDIDATES;
    memcpy(ret->listed, s->pool.items, ret->n * sizeof(ret->listed[0]));
}

static const char *difference_of(const struct rl_candidate *a, const struct rl_candidate *b)
{
    if (memcmp(&a->process, &b->process, sizeof(a->process)) != 0)
        return a->process.pid == b->process.pid ? "facts" : "another process";
    if (a->score.points != b->score.points || a->score.memory_points != b->score.memory_points ||
        a->score.root_points != b->score.root_points ||
        a->score.adj_points != b->score.adj_points || a->score.eligible != b->score.eligible ||
        a->score.reason != b->score.reason)
        return "score";
    if (a->spared != b->spared || a->by != b->by)
        return "spared";
    return a->tier != b->tier || a->adjust != b->adjust ? "tier" : NULL;
}

static void compare(const struct fixture *f, const struct outcome *all, const struct outcome *few)
{
    const struct rl_choice *a = &all->choice, *b = &few->choice;
    unsigned long long seed = f->machine.seed;

    if (a->found != b->found || a->scope != b->scope || a->candidate != b->candidate ||
        a->group != b->group || a->points != b->points || a->mm != b->mm || a->why != b->why ||
        a->fell_back != b->fell_back || a->widened != b->widened)
        fail_msg("seed %#llx: another choice", seed);
    if (all->seen != few->seen || all->n != few->n)
        fail_msg("seed %#llx: seen %zu, %zu; listed %zu, %zu", seed, all->seen, few->seen, all->n,
            few->n);
    for (size_t i = 0; i < all->n; i++) {
        const char *difference = difference_of(&all->listed[i], &few->listed[i]);

        if (difference)
            fail_msg("seed %#llx: candidate %zu (pid %d, %d): %s", seed, i,
                (int)all->listed[i].process.pid, (int)few->listed[i].process.pid, difference);
    }
}

static void test_same(void **state)
{
    static struct fixture f;
    size_t unread = 0, times = 0, seen = 0, peeked = 0;

    for (uint64_t machine = 1; machine <= MACHINES; machine++) {
        f = (struct fixture){.put = put_machine};
        start(&f, machine * UINT64_C(0x9e3779b97f4a7c15));
        for (int i = 0; i < POLICIES; i++) {
            static struct outcome all, few;
            size_t groups = chance(&f.machine.dice, 5) ? 1 + roll(&f.machine.dice, CGROUPS) : 64;

            roll_policies(&f);
            decide(&f, 0, groups, &all);
            assert_int_equal(all.unread, 0);
            peeks = 0;
            decide(&f, RL_RECORD_CANDIDATES, groups, &few);
            compare(&f, &all, &few);
            unread += few.unread;
            times += few.unread > 0;
            peeked += few.unread > 0 && peeks > 0;
            seen += few.seen;
        }
        stop(&f);
    }
    /* Or the test says nothing. */
    print_message("%zu of %d decisions left %zu of %zu processes unread, %zu after a peek\n", times,
        MACHINES * POLICIES, unread, seen, peeked);
    assert_true(times > MACHINES * POLICIES / 5);
    assert_in_range(peeked, MACHINES, times - MACHINES);
}

/* ---- a number that is another process's by then ---- */

#define CROWD 200
#define TAKEN 5 /* of the biggest */

/* When the biggest is looked at as a whole others have the numbers of some. */
static const struct taking {
    const char *name;
    bool peeked; /* statm was read before, stat otherwise */
    bool young;  /* they began later */
    bool listed; /* in the same cgroup */
    bool same;   /* nobody has taken any */
    bool are_rated;
    unsigned opened; /* how often the biggest's stat is by then */
} takings[] = {
    {"glance", .listed = true, .opened = 2},
    {"glance, young", .young = true, .opened = 2},
    {"peek", .peeked = true, .young = true, .opened = 1},
    {"peek, in the cgroup", .peeked = true, .young = true, .listed = true, .are_rated = true,
        .opened = 1},
    {"peek, as before", .peeked = true, .same = true, .are_rated = true, .opened = 1},
};

static const struct taking *taking;
static const struct machine *taken_in;
static unsigned looks;

/* Points of a page are as many as there are, but where peeking needs more of them. */
static uint64_t pages_of(int pid)
{
    return (uint64_t)pid * (taking->peeked ? 1000 : 1);
}

static void put_plain(const struct machine *m, int pid, uint64_t pages, uint64_t start)
{
    struct facts f = {
        .pid = pid, .comm = "x", .state = 'S', .threads = 1, .rss = pages, .start = start};
    char name[64];

    f.anon = f.sum = f.rss;
    snprintf(name, sizeof(name), "proc/%d", pid);
    put_files(m, name, &f);
    snprintf(name, sizeof(name), "proc/%d/oom_score_adj", pid);
    folder_write(&m->folder, name, "0\n");
}

static void list_crowd(const struct machine *m, int end)
{
    char text[8 * CROWD];
    size_t len = 0;

    for (int pid = FIRST_PID; pid < end; pid++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%d\n", pid);
    folder_write(&m->folder, "cgroup/app/cgroup.procs", text);
}

static void take_numbers(const struct machine *m)
{
    for (int pid = FIRST_PID + CROWD - TAKEN; pid < FIRST_PID + CROWD && !taking->same; pid++) {
        char to[64], from[64];

        snprintf(from, sizeof(from), "proc/%d/stat", pid + 1000);
        snprintf(to, sizeof(to), "proc/%d/stat", pid);
        assert_int_equal(renameat(m->folder.fd, from, m->folder.fd, to), 0);
    }
    if (!taking->listed && !taking->same)
        list_crowd(m, FIRST_PID + CROWD - TAKEN);
}

/* In place of the library's. */
int openat(int dir, const char *name, int flags, ...)
{
    char biggest[32];
    mode_t mode = 0;
    va_list args;

    snprintf(biggest, sizeof(biggest), "%d/stat", FIRST_PID + CROWD - 1);
    peeks += strstr(name, "/statm") && !(flags & O_CREAT);
    lists += strcmp(name, "cgroup.procs") == 0;
    if (taken_in && strcmp(name, biggest) == 0 && ++looks == taking->opened)
        take_numbers(taken_in);
    va_start(args, flags);
    if (flags & O_CREAT)
        mode = va_arg(args, mode_t);
    va_end(args);
    return (int)syscall(SYS_openat, dir, name, flags, mode);
}

static void put_crowd(struct machine *m)
{
    folder_new(&m->folder);
    folder_write(&m->folder, "proc/meminfo",
        "MemTotal: 4096000 kB\nMemFree: 1 kB\nMemAvailable: 1 kB\nSwapTotal: 0 kB\n"
        "SwapFree: 0 kB\n");
    for (int pid = FIRST_PID; pid < FIRST_PID + CROWD; pid++)
        put_plain(m, pid, pages_of(pid), 0);
    folder_write(&m->folder, "cgroup/app/cgroup.events", "populated 1\nfrozen 0\n");
    list_crowd(m, FIRST_PID + CROWD);
    for (int pid = FIRST_PID + CROWD - TAKEN; pid < FIRST_PID + CROWD; pid++)
        put_plain(m, pid + 1000, 2 * pages_of(pid), taking->young ? UINT64_MAX / 2 : 0);
}

/* None of them is rated, unless he is in the cgroup: whoever has the number now was not there when
 * it was listed. */
static void check_taken(void)
{
    static struct fixture f;
    struct outcome out;
    int last = FIRST_PID + CROWD - 1 - (taking->are_rated ? 0 : TAKEN);
    uint64_t points = (uint64_t)last * (taking->are_rated && !taking->same ? 2 : 1);

    f = (struct fixture){.put = put_crowd};
    start(&f, 1);
    f.acting.victim.model = rl_model_default();
    for (size_t i = 0; i < LENGTH(f.hot.room.totals); i++)
        f.hot.room.totals[i] = 1000 * 4096 * pages_of(1); /* a point for each page, or thousand */
    looks = 0;
    peeks = lists = 0;
    taken_in = &f.machine;
    decide(&f, RL_RECORD_CANDIDATES, 64, &out);
    taken_in = NULL;
    if (out.seen != (size_t)(last + 1 - FIRST_PID) || out.unread == 0 || looks != taking->opened ||
        (peeks > 0) != taking->peeked)
        fail_msg("%s: %zu seen, %zu unread, %u looks, %zu peeks", taking->name, out.seen,
            out.unread, looks, peeks);
    assert_true(out.choice.found);
    assert_int_equal(out.listed[out.choice.candidate].process.pid, last);
    assert_int_equal(out.choice.points, points);
    if (!taking->young) /* counted and read: nobody is looked for */
        assert_int_equal(lists, 2);
    stop(&f);
}

static void test_taken(void **state)
{
    for (size_t i = 0; i < LENGTH(takings); i++) {
        taking = &takings[i];
        check_taken();
    }
}

#define AHEAD 30

/* The last ones have a point more by stat, and none by the sum that statm tells. */
static void put_ahead(struct machine *m)
{
    put_crowd(m);
    for (int pid = FIRST_PID; pid < FIRST_PID + CROWD; pid++) {
        bool ahead = pid >= FIRST_PID + CROWD - AHEAD;
        struct facts f = {.pid = pid, .comm = "x", .state = 'S', .threads = 1};
        char name[64];

        f.rss = ahead ? 5000 : 4999;
        f.sum = f.anon = ahead ? f.rss - RSS_ERROR : f.rss;
        snprintf(name, sizeof(name), "proc/%d", pid);
        put_files(m, name, &f);
    }
}

static void test_ahead(void **state)
{
    static const struct taking none = {.peeked = true, .same = true};
    static struct fixture f;
    struct outcome out;

    taking = &none;
    f = (struct fixture){.put = put_ahead};
    start(&f, 1);
    f.acting.victim.model = rl_model_default();
    for (size_t i = 0; i < LENGTH(f.hot.room.totals); i++)
        f.hot.room.totals[i] = 1000 * 4096 * pages_of(1);
    peeks = 0;
    decide(&f, RL_RECORD_CANDIDATES, 64, &out);
    assert_true(peeks > 0);
    assert_true(out.choice.found);
    assert_int_equal(out.listed[out.choice.candidate].process.pid, FIRST_PID + CROWD - AHEAD);
    assert_int_equal(out.choice.points, 5);
    stop(&f);
}

/* ---- the parts ---- */

/* What sketches promise is in order, and what comes out is what sorting all would have told. */
static bool stands_before(const struct rl_candidate *a, const struct rl_candidate *b)
{
    bool may_a = a->spared == RL_REASON_NONE, may_b = b->spared == RL_REASON_NONE;

    return may_a != may_b ? may_a : rl_candidate_before(rl_model_default(), a, b);
}

static struct rl_candidate roll_exact(struct dice *dice, const struct rl_candidate *bound)
{
    struct rl_candidate exact = *bound;

    exact.score.points -= (int64_t)roll(dice, 4) * (int64_t)roll(dice, 3);
    if (roll(dice, 6) == 0)
        exact.spared = RL_SPARED_PROTECTED;
    if (roll(dice, 6) == 0)
        exact.tier = RL_TIER_AVOIDED;
    return exact;
}

static void check_order(struct dice *dice, size_t n, size_t wanted)
{
    static struct rl_candidate exact[60];
    struct rl_sketch items[60], next;
    struct rl_sketches sketches = {.items = items, .size = n};
    size_t left[60] = {0};

    rl_sketches_clear(&sketches, wanted);
    for (size_t i = 0; i < n; i++) {
        struct rl_candidate bound = {
            .process.pid = (pid_t)(1 + i * 37 % n),
            .score.points = (int64_t)roll(dice, 20) - 10,
            .tier = (enum rl_tier)roll(dice, 2),
            .spared = roll(dice, 5) == 0 ? RL_SPARED_SELF : RL_REASON_NONE,
        };

        exact[i] = roll_exact(dice, &bound);
        left[i] = true;
        if (roll(dice, 4) > 0) {
            assert_true(rl_sketches_add(&sketches, &bound, 0));
            continue;
        }
        rl_sketches_read(&sketches, &exact[i]);
        left[i] = false;
    }
    rl_sketches_order(&sketches);
    while (rl_sketches_next(&sketches, &next)) {
        for (size_t i = 0; i < n; i++) {
            if (exact[i].process.pid != next.pid)
                continue;
            rl_sketches_read(&sketches, &exact[i]);
            left[i] = false;
        }
    }
    for (size_t i = 0; i < n; i++) {
        size_t place = 0;

        for (size_t k = 0; k < n; k++)
            place += stands_before(&exact[k], &exact[i]);
        if (place >= wanted)
            continue;
        assert_false(left[i]);
        assert_true(place < sketches.n_best);
        assert_int_equal(sketches.best[place].pid, exact[i].process.pid);
    }
}

static void test_order(void **state)
{
    for (uint64_t seed = 1; seed <= 5000; seed++) {
        struct dice dice = {seed * UINT64_C(0x9e3779b97f4a7c15)};
        size_t n = 1 + roll(&dice, 60);

        check_order(&dice, n, 1 + roll(&dice, RL_BEST_MOST));
    }
}

static int same_ten(pid_t a, pid_t b)
{
    return a / 10 == b / 10 ? 0 : a < b ? 1 : 2;
}

static void test_share(void **state)
{
    static const struct {
        pid_t first, other;
        uint64_t first_code, other_code;
        uint32_t flags;
        bool shares;
    } rows[] = {
        {11, 12, 7, 7, 0, true}, {11, 12, 7, 8, 0, false}, /* not even compared */
        {11, 22, 7, 7, 0, false}, {11, 12, 7, 7, RL_PROCESS_DEAD_LEADER, false},
        {11, 11, 7, 7, 0, true}, /* listed twice */
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_candidate first = {.process.pid = rows[i].first,
            .process.start_code = rows[i].first_code,
            .process.flags = rows[i].flags};
        struct rl_candidate other = {
            .process.pid = rows[i].other, .process.start_code = rows[i].other_code};
        struct rl_candidate both[] = {first, other};
        struct rl_sketch item;
        struct rl_sketches left = {.items = &item, .size = 1};
        struct rl_pool read = {.items = both, .n = 2}, one = {.items = both, .n = 1}, none = {0};

        assert_int_equal(rl_relations_first_shares(&read, &left, same_ten), rows[i].shares);
        assert_false(rl_relations_first_shares(&one, &left, same_ten));
        assert_true(rl_sketches_add(&left, &other, 0));
        assert_false(rl_sketches_add(&left, &other, 0));
        assert_int_equal(rl_relations_first_shares(&one, &left, same_ten), rows[i].shares);
        left.items[0].start_code = 0; /* who was peeked at is always compared */
        assert_int_equal(rl_relations_first_shares(&one, &left, same_ten),
            rows[i].first / 10 == rows[i].other / 10 && rows[i].flags == 0);
        assert_false(rl_relations_first_shares(&read, &left, NULL));
        assert_false(rl_relations_first_shares(&none, &left, same_ten));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_share),
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_ahead),
        cmocka_unit_test(test_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
