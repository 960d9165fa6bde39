/* What it costs to decide who is to die: sketch the processes of one cgroup where the model lets
 * most of them be left unread, read, rate, keep and sort them, find who shares memory, choose. The
 * same calls in the same order as in daemon/decide.c.
 *
 * usage: decision crowd N FOLDER              N sleeping processes, listed in FOLDER/cgroup.procs;
 *                                             ends when its standard input does
 *        decision live MODEL FOLDER REPEAT    those, read from /proc
 *        decision pure MODEL N REPEAT         N that were made up: nothing is read
 *
 * The last two print one line of JSON: processor time of the fastest repetition and of the middle
 * one, and what each phase took at least, in repetitions of their own since to ask for the time
 * takes time. The files under /proc cost more when they are
 * opened for the first time, so there is one repetition more than asked for, that does not count.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "conf/load.h"
#include "daemon/observe/mm.h"
#include "daemon/observe/procs.h"
#include "daemon/scratch.h"
#include "policy/family.h"
#include "policy/match.h"
#include "tests/unit/counted-malloc.h"

#define LISTED      20 /* candidates of a report */
#define REPEAT_MAX  1000
#define SHARES_PAGE 16 /* pages that one process of the crowd may have at most */
#define NOBODY      65534

#define MADE_UP_SWAP 255 /* pages that one of those that were made up may have in swap */

#define CROWD_CGROUP "/system.slice/crowd.service" /* in policies' eyes */

enum phase {
    PHASE_KIN,
    PHASE_SKETCH,
    PHASE_READ,
    PHASE_RATE,
    PHASE_ADD,
    PHASE_SORT,
    PHASE_SHARERS,
    PHASE_CHOOSE,
    PHASES,
};

static const char *const phase_names[PHASES] = {
    "kin", "sketch", "read", "rate", "add", "sort", "sharers", "choose"};

struct outcome {
    uint64_t cpu_ns, phase_ns[PHASES];
    size_t mallocs;
};

/* All that one decision works on. */
struct deciding {
    struct rl_procs procs;
    struct rl_policy_set *policies;
    struct rl_victim victim; /* of one of these */
    struct rl_scale scale;
    uint32_t need;
    struct rl_pool pool;
    struct rl_sketches sketches;
    struct rl_group group;
    struct rl_mm_user *users;
    struct rl_kin *kin;
    size_t n_kin;
    uint64_t rss_error;
    bool peeking; /* as daemon/decide.c has it */
    rl_mm_compare_fn compare;
    struct rl_choice choice;
    int folder;                 /* of the crowd; -1 where nothing is read */
    struct rl_process *made_up; /* then these */
    size_t n_made_up;
    bool phases; /* measure these, rather than the whole */
    struct outcome outcome;
};

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec ts;

    clock_gettime(clock, &ts);
    return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static uint64_t phase_clock(const struct deciding *d)
{
    return d->phases ? clock_ns(CLOCK_THREAD_CPUTIME_ID) : 0;
}

/* Add the time since *mark to a phase, and begin the next one. */
static void pass(struct deciding *d, enum phase phase, uint64_t *mark)
{
    uint64_t now = phase_clock(d);

    d->outcome.phase_ns[phase] += now - *mark;
    *mark = now;
}

/* ---- the crowd ---- */

/* Every tenth one is root with all capabilities, which costs a look at its user namespace; the
 * others are nobody. All have the same mappings, as workers forked by one server have, so that
 * nothing but kcmp tells who shares memory. */
static void live_in_crowd(unsigned i, char *memory, pid_t parent)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (i % 10 != 0 && setresuid(NOBODY, NOBODY, NOBODY) < 0)
        _exit(1);
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a change of the uid takes it away */
    if (getppid() != parent)
        _exit(0);
    for (size_t p = 0; p < 1 + i * 7919 % SHARES_PAGE; p++)
        memory[p * page] = (char)(i + p);
    for (;;)
        pause();
}

static int crowd(unsigned n, const char *folder)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    pid_t *pids = calloc(n, sizeof(*pids)), self = getpid();
    char path[4096], byte, *memory;
    FILE *list;

    memory = mmap(
        NULL, SHARES_PAGE * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || !pids)
        err(2, "no memory");
    snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
    list = fopen(path, "we");
    if (!list)
        err(2, "%s", path);
    for (unsigned i = 0; i < n; i++) {
        pids[i] = fork();
        if (pids[i] < 0)
            err(2, "fork of process %u (see pids.max, kernel.pid_max and ulimit -u)", i);
        if (pids[i] == 0)
            live_in_crowd(i, memory, self);
        fprintf(list, "%d\n", (int)pids[i]);
    }
    if (fclose(list) != 0)
        err(2, "%s", path);
    puts("ready");
    fflush(stdout);
    while (read(STDIN_FILENO, &byte, 1) > 0)
        ;
    for (unsigned i = 0; i < n; i++)
        kill(pids[i], SIGKILL);
    while (wait(NULL) > 0)
        ;
    free(pids);
    return 0;
}

/* ---- a decision ---- */

/* Where the time goes is to be seen in profiles, too: a function for each phase. */

static __attribute__((noinline)) bool phase_read(
    struct deciding *d, pid_t pid, uint32_t need, struct rl_process *ret)
{
    bool gone = false;

    if (d->folder < 0) {
        *ret = d->made_up[pid - 1];
        return true;
    }
    return rl_procs_read(&d->procs, pid, need, ret, &gone) >= 0 && !gone;
}

static __attribute__((noinline)) bool phase_sketch(struct deciding *d, pid_t pid)
{
    struct rl_bounds bounds = {.swap_pages = d->folder < 0 ? MADE_UP_SWAP : 0,
        .rss_error = d->folder < 0 ? 0 : d->rss_error};
    struct rl_process *process;
    struct rl_candidate candidate;
    bool gone = false;

    process = &candidate.process;
    if (d->folder < 0)
        *process = d->made_up[pid - 1];
    else if ((d->peeking ? rl_procs_peek : rl_procs_glance)(&d->procs, pid, process, &gone) < 0 ||
             gone)
        return true;
    else if (d->peeking && process->start_ticks == 0)
        process->rss_pages += d->rss_error;
    rl_candidate_bound(&d->victim, NULL, &d->scale, &bounds, d->group.path, &candidate);
    return !(candidate.process.flags & RL_PROCESS_DEAD_LEADER) &&
           rl_sketches_add(&d->sketches, &candidate, d->need);
}

static __attribute__((noinline)) void phase_rate(struct deciding *d, struct rl_candidate *candidate)
{
    rl_family_give(d->kin, d->n_kin, &candidate->process);
    rl_candidate_rate(&d->victim, &d->scale, d->group.path, candidate);
    rl_group_member(&d->group, candidate);
}

static __attribute__((noinline)) void phase_add(
    struct deciding *d, const struct rl_candidate *candidate)
{
    rl_pool_add(&d->pool, candidate);
    rl_sketches_read(&d->sketches, candidate);
}

static __attribute__((noinline)) void phase_sort(struct deciding *d)
{
    rl_pool_sort(&d->pool);
}

static __attribute__((noinline)) void phase_sharers(struct deciding *d)
{
    const struct rl_picking *picking = &d->victim.model->picking;
    struct rl_candidate *items = d->pool.items;

    if (d->sketches.n > 0) {
        if (rl_relations_first_shares(&d->pool, &d->sketches, d->compare))
            errx(2, "the first one shares his memory: all would have to be read");
        return;
    }
    if (d->n_kin > 0 || (!picking->sharers && picking->sacrifice == RL_SACRIFICE_NONE))
        return;
    for (size_t i = 0; i < d->pool.n; i++)
        d->users[i] = rl_mm_user_of(&items[i].process, (uint32_t)i);
    if (picking->sacrifice == RL_SACRIFICE_NONE && d->pool.n > RL_SHARERS_ALL)
        rl_mm_find_first(d->users, d->pool.n, d->compare);
    else
        rl_mm_find(d->users, d->pool.n, d->compare);
    for (size_t i = 0; i < d->pool.n; i++)
        items[d->users[i].index].process.mm = d->users[i].mm;
}

static __attribute__((noinline)) void phase_choose(struct deciding *d)
{
    struct rl_choosing choosing = {
        .victim = &d->victim,
        .scale = d->scale,
        .candidates = d->pool.items,
        .n_candidates = d->pool.n,
        .groups = &d->group,
        .n_groups = 1,
    };

    rl_choose(&choosing, &d->choice);
}

static void add_kin(pid_t pid, void *userdata)
{
    struct deciding *d = userdata;
    struct rl_process process;

    if (d->n_kin == RL_KIN_MOST || !phase_read(d, pid, 0, &process))
        return;
    d->kin[d->n_kin] = rl_kin_of(&process);
    d->users[d->n_kin] = rl_mm_user_of(&process, (uint32_t)d->n_kin);
    d->n_kin++;
}

static void rate_process(pid_t pid, void *userdata)
{
    struct deciding *d = userdata;
    struct rl_candidate candidate = {0};
    uint64_t mark = phase_clock(d);

    if (!phase_read(d, pid, d->need, &candidate.process))
        return;
    pass(d, PHASE_READ, &mark);
    phase_rate(d, &candidate);
    pass(d, PHASE_RATE, &mark);
    phase_add(d, &candidate);
    pass(d, PHASE_ADD, &mark);
}

static void sketch_process(pid_t pid, void *userdata)
{
    struct deciding *d = userdata;
    uint64_t mark = phase_clock(d);
    bool sketched = phase_sketch(d, pid);

    pass(d, PHASE_SKETCH, &mark);
    if (!sketched)
        rate_process(pid, d);
}

static void count_process(pid_t pid, void *userdata)
{
    *(size_t *)userdata += pid > 0;
}

static bool is_crowd(const struct deciding *d)
{
    size_t n = d->n_made_up;

    if (d->folder >= 0)
        rl_procs_of(d->folder, count_process, &n, NULL);
    return n > RL_SHARERS_ALL;
}

static void rate_sketched(struct deciding *d)
{
    struct rl_sketch next;

    rl_sketches_order(&d->sketches);
    while (rl_sketches_next(&d->sketches, &next))
        rate_process(next.pid, d);
    d->pool.seen += d->sketches.n;
}

static void for_each(struct deciding *d, void (*fn)(pid_t pid, void *userdata))
{
    if (d->folder >= 0) {
        if (rl_procs_of(d->folder, fn, d, NULL) < 0)
            errx(2, "the crowd's cgroup.procs cannot be read");
        return;
    }
    for (size_t i = 0; i < d->n_made_up; i++)
        fn((pid_t)i + 1, d);
}

static void sum_kin(struct deciding *d)
{
    for_each(d, add_kin);
    rl_mm_find(d->users, d->n_kin, d->compare);
    for (size_t i = 0; i < d->n_kin; i++)
        d->kin[d->users[i].index].mm = d->users[i].mm;
    rl_family_sum(d->kin, d->n_kin);
}

static void decide(struct deciding *d)
{
    uint64_t begin = clock_ns(CLOCK_THREAD_CPUTIME_ID), mark = phase_clock(d);

    d->outcome = (struct outcome){.mallocs = counted_mallocs};
    d->n_kin = 0;
    d->group = (struct rl_group){.path = CROWD_CGROUP, .parent = -1};
    rl_pool_clear(&d->pool, d->victim.model);
    rl_sketches_clear(&d->sketches, LISTED);
    if (d->victim.model->needs & RL_SCORE_NEEDS_CHILDREN)
        sum_kin(d);
    pass(d, PHASE_KIN, &mark);
    if (d->victim.model->bounded && is_crowd(d)) {
        for_each(d, sketch_process);
        rate_sketched(d);
    } else {
        for_each(d, rate_process);
    }
    mark = phase_clock(d);
    phase_sort(d);
    pass(d, PHASE_SORT, &mark);
    phase_sharers(d);
    pass(d, PHASE_SHARERS, &mark);
    phase_choose(d);
    pass(d, PHASE_CHOOSE, &mark);
    d->outcome.cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID) - begin;
    d->outcome.mallocs = counted_mallocs - d->outcome.mallocs;
}

/* ---- what is decided on ---- */

/* [Victim] of the built-in default.conf, with another model. */
static struct rl_victim the_victim(const struct rl_policy_set *set, const char *model)
{
    struct rl_victim victim;

    for (size_t i = 0; i < set->n; i++) {
        if (strcmp(set->policies[i].name, "default") != 0)
            continue;
        victim = set->policies[i].victim;
        victim.model = rl_model_find(model);
        if (!victim.model)
            errx(2, "there is no model %s; see reliefd-scores(7)", model);
        return victim;
    }
    errx(2, "there is no policy named default");
}

static void *room(size_t n, size_t size)
{
    void *memory = calloc(n, size);

    if (!memory)
        err(2, "calloc");
    memset(memory, 0xff, n * size);
    return memory;
}

static void prepare(struct deciding *d, const char *model)
{
    static const char *const nowhere[] = {NULL};
    struct rl_load_options options = {.dirs = nowhere};
    long ticks = sysconf(_SC_CLK_TCK);

    if (rl_policy_set_load(&options, NULL, &d->policies) < 0)
        errx(2, "the built-in policies cannot be loaded");
    d->procs.page_size = (uint32_t)sysconf(_SC_PAGESIZE);
    d->procs.proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (d->procs.proc_fd < 0)
        err(2, "/proc");
    d->victim = the_victim(d->policies, model);
    if (rl_match_asks(d->victim.protect, d->victim.n_protect, RL_FACT_EXE, CROWD_CGROUP))
        d->need = RL_PROCS_EXE;
    d->scale = (struct rl_scale){
        .available = UINT64_C(8) << 30,
        .page_size = d->procs.page_size,
        .clk_tck = (uint32_t)ticks,
        .uptime_ticks = clock_ns(CLOCK_BOOTTIME) / 1000000000 * (uint64_t)ticks,
        .swappiness = 60,
    };
    d->rss_error = rl_rss_error((unsigned)sysconf(_SC_NPROCESSORS_CONF));
    d->peeking = rl_bounds_are_near(&(struct rl_bounds){.rss_error = d->rss_error}, &d->scale) &&
                 !rl_victim_asks_stat(&d->victim);
    d->users = room(RL_KIN_MOST, sizeof(*d->users));
    d->kin = room(RL_KIN_MOST, sizeof(*d->kin));
    if (rl_pool_new(RL_POOL_MOST, &d->pool) < 0)
        errx(2, "no memory for the pool");
    d->sketches.items = room(RL_POOL_MOST, sizeof(*d->sketches.items));
    d->sketches.size = RL_POOL_MOST;
}

static int compare_made_up(pid_t a, pid_t b)
{
    return a == b ? 0 : a < b ? 1 : 2;
}

/* The same numbers each time: sizes as they are on servers, many small and few large. */
static void make_up(struct deciding *d, size_t n)
{
    struct rl_process *all = room(n, sizeof(*all));
    uint64_t state = 1;

    for (size_t i = 0; i < n; i++) {
        struct rl_process *p = &all[i];

        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        *p = (struct rl_process){
            .pid = (pid_t)i + 1,
            .ppid = (pid_t)(i / 16),
            .uid = state >> 40 & 1 ? 1000 : 0,
            .start_ticks = i * 10,
            .flags = state >> 41 & 1 ? RL_PROCESS_CAPS : 0,
            .rss_pages = 1 + (state >> 44) % (1u << (state >> 60)),
            .swap_pages = (state >> 42) % (MADE_UP_SWAP + 1),
            .table_pages = 16,
            .start_code = 4096,
            .cpu_ticks = state >> 50,
            .threads = 1,
        };
        p->anon_pages = p->rss_pages;
        p->total_vm_pages = 4 * p->rss_pages;
        snprintf(p->comm, sizeof(p->comm), "worker/%zu", i % 7);
        snprintf(p->exe, sizeof(p->exe), "/usr/bin/worker-%zu", i % 7);
        p->flags |= RL_PROCESS_EXE_KNOWN;
    }
    d->made_up = all;
    d->n_made_up = n;
    d->compare = compare_made_up;
}

/* ---- the result ---- */

static int by_cpu(const void *a, const void *b)
{
    const struct outcome *x = a, *y = b;

    return x->cpu_ns < y->cpu_ns ? -1 : x->cpu_ns > y->cpu_ns;
}

static void print(const struct deciding *d, const char *mode, struct outcome *outcomes, size_t n,
    const struct outcome *phases)
{
    size_t mallocs = phases->mallocs;

    qsort(outcomes, n, sizeof(*outcomes), by_cpu);
    for (size_t i = 0; i < n; i++)
        mallocs += outcomes[i].mallocs;
    printf("{\"mode\":\"%s\",\"model\":\"%s\",\"processes\":%zu,\"repetitions\":%zu,"
           "\"cpu_us\":%.1f,\"cpu_us_median\":%.1f,",
        mode, d->victim.model->id, d->pool.seen, n, (double)outcomes[0].cpu_ns / 1e3,
        (double)outcomes[n / 2].cpu_ns / 1e3);
    for (size_t i = 0; i < PHASES; i++)
        printf("\"%s_us\":%.1f,", phase_names[i], (double)phases->phase_ns[i] / 1e3);
    if (MALLOC_IS_COUNTED)
        printf("\"mallocs\":%zu,", mallocs);
    printf("\"found\":%s}\n", d->choice.found ? "true" : "false");
}

/* What each phase took at least. */
static struct outcome measure_phases(struct deciding *d, size_t repeat)
{
    struct outcome least;

    d->phases = true;
    decide(d);
    least = d->outcome;
    for (size_t n = 1; n < repeat; n++) {
        decide(d);
        least.mallocs += d->outcome.mallocs;
        for (size_t i = 0; i < PHASES; i++)
            if (d->outcome.phase_ns[i] < least.phase_ns[i])
                least.phase_ns[i] = d->outcome.phase_ns[i];
    }
    d->phases = false;
    return least;
}

static void measure(struct deciding *d, const char *mode, size_t repeat)
{
    struct outcome *outcomes = room(repeat, sizeof(*outcomes)), phases;

    decide(d);
    for (size_t i = 0; i < repeat; i++) {
        decide(d);
        outcomes[i] = d->outcome;
    }
    phases = measure_phases(d, (repeat + 3) / 4);
    print(d, mode, outcomes, repeat, &phases);
    free(outcomes);
}

static size_t number(const char *text, size_t most)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || n < 1 || n > most)
        errx(2, "%s is not a number from 1 to %zu", text, most);
    return n;
}

int main(int argc, char **argv)
{
    struct deciding d = {.folder = -1};

    if (argc == 4 && strcmp(argv[1], "crowd") == 0)
        return crowd((unsigned)number(argv[2], RL_KIN_MOST), argv[3]);
    if (argc != 5 || (strcmp(argv[1], "live") != 0 && strcmp(argv[1], "pure") != 0))
        errx(2, "usage: decision crowd N FOLDER | live MODEL FOLDER REPEAT | pure MODEL N REPEAT");
    prepare(&d, argv[2]);
    if (strcmp(argv[1], "pure") == 0) {
        make_up(&d, number(argv[3], RL_KIN_MOST));
    } else {
        d.compare = rl_mm_compare;
        d.folder = open(argv[3], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (d.folder < 0)
            err(2, "%s", argv[3]);
    }
    measure(&d, argv[1], number(argv[4], REPEAT_MAX));
    rl_policy_set_free(d.policies);
    rl_pool_free(&d.pool);
    free(d.sketches.items);
    free(d.made_up);
    free(d.users);
    free(d.kin);
    return 0;
}
