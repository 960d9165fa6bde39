/* Reports made by hand: which generation wrote them, what it scored against, whom it should have
 * chosen, and what cannot be told. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/judge.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define V318     RL_OOM_COL_PTES | RL_OOM_COL_SWAP | RL_OOM_COL_ADJ
#define V417     RL_OOM_COL_TABLES | RL_OOM_COL_SWAP | RL_OOM_COL_ADJ
#define EL6      RL_OOM_COL_CPU | RL_OOM_COL_OOM_ADJ | RL_OOM_COL_ADJ
#define BIT(x)   (1u << RL_OOM_MISSING_##x)

/* A report of a machine of 1000000 pages without swap, that names and kills the first row. */
static void make(struct rl_oom_report *report, const char *kernel, uint32_t columns,
    const struct rl_oom_task *tasks, size_t n)
{
    *report = (struct rl_oom_report){
        .have = RL_OOM_RAM | RL_OOM_RESERVED | RL_OOM_TOTAL_SWAP | RL_OOM_FREE_SWAP,
        .page_size = 4096,
        .page_size_known = true,
        .has_header = true,
        .mem_info_known = true,
        .ram_pages = 1000100,
        .reserved_pages = 100,
        .has_table = true,
        .columns = columns,
        .tasks = (struct rl_oom_task *)(uintptr_t)tasks,
        .n_tasks = n,
        .n_kills = 1,
    };
    snprintf(report->kernel, sizeof(report->kernel), "%s", kernel);
    report->selected = (struct rl_oom_named){.pid = n > 0 ? tasks[0].pid : -1};
    if (n > 0)
        memcpy(report->selected.comm, tasks[0].comm, sizeof(report->selected.comm));
    report->kills[0].who = report->selected;
    report->have |= RL_OOM_SELECTED;
}

static void score(struct rl_oom_report *report, uint64_t printed)
{
    report->have |= RL_OOM_SCORE;
    report->printed_score = printed;
}

/* A memory cgroup's report, which says nothing of the machine. */
static void limit(struct rl_oom_report *report, uint64_t pages)
{
    report->have &= ~(
        uint32_t)(RL_OOM_RAM | RL_OOM_RESERVED | RL_OOM_TOTAL_SWAP | RL_OOM_FREE_SWAP);
    report->mem_info_known = false;
    report->is_memcg = true;
    report->memory = (struct rl_oom_counter){
        .known = true, .usage_kb = pages * 4, .limit_kb = pages * 4};
}

static void judge(const struct rl_oom_report *report, struct rl_oom_finding *ret)
{
    assert_int_equal(rl_oom_judge(report, ret), 0);
}

static void test_version(void **state)
{
    static const struct {
        const char *text;
        uint32_t version;
    } rows[] = {
        {"2.6.32-642.11.1.el6.x86_64", RL_KERNEL(2, 6, 32)},
        {"3.7.0+", RL_KERNEL(3, 7, 0)},
        {"4.4.0-rc8-next-20160106+", RL_KERNEL(4, 4, 0)},
        {"5.15", RL_KERNEL(5, 15, 0)},
        {"6.6.300", RL_KERNEL(6, 6, 255)},
        {"3.2.x", RL_KERNEL(3, 2, 0)},
        {"5", 0},
        {"", 0},
        {"v5.1", 0},
    };

    for (size_t i = 0; i < N(rows); i++)
        if (rl_oom_version(rows[i].text) != rows[i].version)
            fail_msg("%s: %x", rows[i].text, (unsigned)rl_oom_version(rows[i].text));
}

/* The columns of the table, and the version where columns look alike. */
static void test_model(void **state)
{
    static const struct {
        uint32_t columns;
        const char *kernel, *id;
        bool guessed, scored;
    } rows[] = {
        {EL6, "2.6.32-642.el6", "v2636", false, true},
        {EL6, "2.6.37-rc", "v2636", false, true},
        {EL6, "2.6.39", "v2639", false, true},
        {EL6, "3.2.48-grsec", "v2639", false, true},
        {EL6, "3.6.1", "v36", false, true},
        {EL6, "", "v2639", true, true},
        {RL_OOM_COL_CPU | RL_OOM_COL_OOM_ADJ, "2.6.26", "v2625", false, true},
        {RL_OOM_COL_CPU | RL_OOM_COL_OOM_ADJ, "2.6.35", "v2632", false, true},
        {RL_OOM_COL_CPU | RL_OOM_COL_OOM_ADJ, "", "v2632", true, true},
        {RL_OOM_COL_CPU | RL_OOM_COL_OOM_ADJ, "4.4.0", "v2632", true, true},
        {V318, "3.7.0+", "v36", false, true},
        {V318, "3.10.0-514.el7.x86_64", "v318", false, true},
        {V318, "3.13.0-27-generic", "v318", false, true},
        {V318, "3.16.0", "v318", false, true},
        {V318, "2.6.32", "v318", true, true},
        {V318, "", "v318", true, true},
        {V318 | RL_OOM_COL_PMDS, "4.4.0", "v318", false, true},
        {V318 | RL_OOM_COL_PMDS, "", "v318", true, true},
        {V417, "4.15.0", "v415", false, true},
        {V417, "4.18.0-240.el8", "v417", false, false},
        {V417, "5.8.0", "v417", false, false},
        {V417, "5.9.0", "v59", false, false},
        {V417, "4.14.100-vendor", "v417", true, true},
        {V417, "", "v417", true, true},
        {V417, "", "v59", true, false},
        {V417 | RL_OOM_COL_RSS_PARTS, "6.12.0", "v59", false, false},
        {V417 | RL_OOM_COL_RSS_PARTS, "", "v59", true, false},
        {V417 | RL_OOM_COL_RSS_PARTS, "5.4.0", "v59", false, false},
    };
    static const struct rl_oom_task task = {
        .pid = 7, .tgid = 7, .uid = 1, .total_vm = 10, .rss = 5};

    for (size_t i = 0; i < N(rows); i++) {
        struct rl_oom_report report;
        struct rl_oom_finding finding;

        make(&report, rows[i].kernel, rows[i].columns, &task, 1);
        report.have |= rows[i].scored ? RL_OOM_SCORE : 0;
        judge(&report, &finding);
        if (!finding.model || strcmp(finding.model->id, rows[i].id) != 0)
            fail_msg("row %zu: %s", i, finding.model ? finding.model->id : "none");
        if (finding.model_guessed != rows[i].guessed)
            fail_msg("row %zu: guessed", i);
        assert_int_equal(!(finding.missing & BIT(KERNEL)), *rows[i].kernel != '\0');
        rl_oom_finding_free(&finding);
    }
}

static void test_no_table(void **state)
{
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    make(&report, "5.4.0", 0, NULL, 0);
    report.has_table = false;
    report.kills[0].who = report.selected = (struct rl_oom_named){.pid = 9, .comm = "x"};
    judge(&report, &finding);
    assert_string_equal(finding.model->id, "v417");
    assert_true(finding.model_guessed);
    assert_int_equal(finding.victim.pid, 9);
    assert_null(finding.kernel_victim);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(TABLE));
    assert_false(finding.complete);
    rl_oom_finding_free(&finding);

    snprintf(report.kernel, sizeof(report.kernel), "?");
    judge(&report, &finding);
    assert_null(finding.model);
    assert_int_equal(finding.missing, BIT(TABLE) | BIT(KERNEL));
    rl_oom_finding_free(&finding);
}

struct total {
    const char *kernel;
    struct rl_oom_counter memory, memory_swap, swap;
    uint32_t have;
    uint64_t swap_kb, pages; /* 0: it cannot be told */
};

#define LIMIT(kb)                                                                                  \
    {                                                                                              \
        .known = true, .usage_kb = (kb), .limit_kb = (kb)                                          \
    }
#define NO_LIMIT                                                                                   \
    {                                                                                              \
        .known = true, .unlimited = true                                                           \
    }
#define USED(u, l)                                                                                 \
    {                                                                                              \
        .known = true, .usage_kb = (u), .limit_kb = (l)                                            \
    }

static void test_total_of_cgroup(void **state)
{
    static const struct total rows[] = {
        {"4.4.0", LIMIT(4000), LIMIT(4000), {0}, 0, 0, 1000},
        {"4.4.0", LIMIT(4000), NO_LIMIT, {0}, 0, 0, 0},
        {"4.4.0", LIMIT(4000), NO_LIMIT, {0}, RL_OOM_TOTAL_SWAP, 8000, 3000},
        {"4.4.0", LIMIT(4000), LIMIT(8000), {0}, RL_OOM_TOTAL_SWAP, 8000, 2000},
        /* all that it may use is in use, so that there is as much swap */
        {"4.8.0", USED(4000, 4000), USED(8000, 8000), {0}, 0, 0, 2000},
        {"4.8.0", USED(4000, 4000), USED(6000, 8000), {0}, 0, 0, 0},
        {"6.1.0", LIMIT(4000), {0}, USED(0, 0), 0, 0, 1000},
        {"6.1.0", LIMIT(4000), {0}, USED(400, 400), 0, 0, 1100},
        {"6.1.0", LIMIT(4000), {0}, USED(0, 400), 0, 0, 0},
        {"6.1.0", LIMIT(4000), {0}, NO_LIMIT, 0, 0, 0},
        {"6.1.0", LIMIT(4000), {0}, {0}, 0, 0, 0},
        {"6.1.0", LIMIT(4000), {0}, NO_LIMIT, RL_OOM_TOTAL_SWAP, 0, 1000},
        {"6.1.0", NO_LIMIT, {0}, {0}, 0, 0, 0},
        {"6.1.0", {0}, {0}, {0}, 0, 0, 0},
        /* pages of swap were added to bytes of limit */
        {"2.6.32-642.el6", LIMIT(4000), NO_LIMIT, {0}, RL_OOM_TOTAL_SWAP, 8000, 1000},
        {"2.6.36", LIMIT(4000), NO_LIMIT, {0}, RL_OOM_TOTAL_SWAP, 65536000, 5000},
        {"2.6.37", LIMIT(4000), NO_LIMIT, {0}, RL_OOM_TOTAL_SWAP, 65536000, 16385000},
    };
    static const struct rl_oom_task task = {
        .pid = 7, .tgid = 7, .uid = 1, .total_vm = 10, .rss = 5};

    for (size_t i = 0; i < N(rows); i++) {
        struct rl_oom_report report;
        struct rl_oom_finding finding;
        bool limited = rows[i].memory.known && !rows[i].memory.unlimited;

        make(&report, rows[i].kernel, V318, &task, 1);
        limit(&report, 0);
        report.memory = rows[i].memory;
        report.memory_swap = rows[i].memory_swap;
        report.swap = rows[i].swap;
        report.have |= rows[i].have;
        report.total_swap_kb = rows[i].swap_kb;
        judge(&report, &finding);
        assert_string_equal(finding.constraint, "memcg");
        assert_int_equal(finding.limit_known, limited);
        assert_int_equal(finding.limit_bytes, limited ? 4000 * 1024 : 0);
        if (finding.available_known != (rows[i].pages > 0) ||
            finding.available_pages != rows[i].pages)
            fail_msg("row %zu: %d, %llu", i, finding.available_known,
                (unsigned long long)finding.available_pages);
        assert_int_equal(finding.complete, limited);
        assert_int_equal(!(finding.missing & BIT(LIMIT)), limited);
        assert_int_equal(finding.agrees, 1); /* there is nobody else */
        assert_false(finding.missing & BIT(TOTAL_SWAP));
        rl_oom_finding_free(&finding);
    }
}

static void test_total_of_machine(void **state)
{
    static const struct rl_oom_task task = {
        .pid = 7, .tgid = 7, .uid = 1, .total_vm = 10, .rss = 5};
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    make(&report, "5.4.0", V417, &task, 1);
    report.total_swap_kb = 4000;
    judge(&report, &finding);
    assert_string_equal(finding.constraint, "none");
    assert_true(finding.available_known && finding.complete);
    assert_int_equal(finding.available_pages, 1001000);
    assert_int_equal(finding.missing, 0);
    rl_oom_finding_free(&finding);

    report.page_size = 65536;
    judge(&report, &finding);
    assert_int_equal(finding.available_pages, 1000062);
    rl_oom_finding_free(&finding);

    report.have &= ~(uint32_t)RL_OOM_TOTAL_SWAP;
    judge(&report, &finding);
    assert_false(finding.available_known);
    assert_true(finding.complete);
    rl_oom_finding_free(&finding);

    report.have &= ~(uint32_t)RL_OOM_RAM;
    report.mem_info_known = false;
    judge(&report, &finding);
    assert_null(finding.constraint);
    assert_false(finding.available_known || finding.complete);
    assert_int_equal(finding.missing, BIT(RAM) | BIT(CONSTRAINT));
    rl_oom_finding_free(&finding);
}

/* The first task is the victim. */
struct choice {
    const char *kernel;
    uint32_t columns;
    struct rl_oom_task tasks[3];
    uint64_t printed; /* 0: none */
    uint64_t limit;   /* 0: the machine */
    int agrees;
    uint32_t rank, missing;
    int64_t first; /* pid that the model chooses */
    int bonus;     /* 1, 0: told by the score; -1: not */
};

#define TASK(p, u, r, s, t, a)                                                                     \
    {                                                                                              \
        .pid = (p), .tgid = (p), .uid = (u), .total_vm = 2 * (r) + 1, .rss = (r), .swap = (s),     \
        .table_pages = (t), .oom_score_adj = (a)                                                   \
    }
#define BYTES(p, u, r, s, t, a)                                                                    \
    {                                                                                              \
        .pid = (p), .tgid = (p), .uid = (u), .total_vm = 2 * (r) + 1, .rss = (r), .swap = (s),     \
        .table_bytes = (t)*UINT64_C(4096), .oom_score_adj = (a)                                    \
    }
#define NOBODY                                                                                     \
    {                                                                                              \
        0                                                                                          \
    }

static const struct choice choices[] = {
    /* plain */
    {"4.4.0", V318, {TASK(5, 9, 500, 0, 0, 0), TASK(6, 9, 400, 0, 0, 0)}, 0, 0, 1, 1, 0, 5, -1},
    {"4.4.0", V318, {TASK(5, 9, 400, 0, 0, 0), TASK(6, 9, 500, 0, 0, 0)}, 0, 0, 0, 2, 0, 6, -1},
    /* swap and page tables count */
    {"4.4.0", V318, {TASK(5, 9, 400, 101, 0, 0), TASK(6, 9, 500, 0, 0, 0)}, 0, 0, 1, 1, 0, 5, -1},
    {"4.4.0", V318, {TASK(5, 9, 400, 0, 101, 0), TASK(6, 9, 500, 0, 0, 0)}, 0, 0, 1, 1, 0, 5, -1},
    {"5.4.0", V417, {BYTES(5, 9, 400, 0, 101, 0), BYTES(6, 9, 500, 0, 0, 0)}, 0, 0, 1, 1, 0, 5, -1},
    /* adj: a thousandth of the machine is 1000 pages */
    {"5.4.0", V417, {BYTES(5, 9, 10, 0, 0, 1), BYTES(6, 9, 1009, 0, 0, 0)}, 0, 0, 1, 1, 0, 5, -1},
    {"5.4.0", V417, {BYTES(5, 9, 10, 0, 0, 1), BYTES(6, 9, 1011, 0, 0, 0)}, 0, 0, 0, 2, 0, 6, -1},
    /* who may not die does not count, nor does init */
    {"5.4.0", V417,
        {BYTES(5, 9, 10, 0, 0, 0), BYTES(6, 9, 99, 0, 0, -1000), BYTES(1, 0, 99, 0, 0, 0)}, 0, 0, 1,
        1, 0, 5, -1},
    /* ties share the rank; the rule chooses the last one since 5.9, before it the first */
    {"5.4.0", V417, {BYTES(5, 9, 50, 0, 0, 0), BYTES(6, 9, 50, 0, 0, 0)}, 0, 0, 1, 1, 0, 5, -1},
    {"6.1.0", V417, {BYTES(5, 9, 50, 0, 0, 0), BYTES(6, 9, 50, 0, 0, 0)}, 0, 0, 1, 1, 0, 6, -1},
    {"6.1.0", V417, {BYTES(5, 9, 40, 0, 0, 0), BYTES(6, 9, 50, 0, 0, 0), BYTES(7, 9, 50, 0, 0, 0)},
        0, 0, 0, 3, 0, 7, -1},
    /* below 1 everybody is 1 until 5.8 */
    {"5.4.0", V417, {BYTES(5, 9, 40, 0, 0, -9), BYTES(6, 9, 50, 0, 0, -9)}, 0, 0, 1, 1, 0, 5, -1},
    {"6.1.0", V417, {BYTES(5, 9, 40, 0, 0, -9), BYTES(6, 9, 50, 0, 0, -9)}, 0, 0, 0, 2, 0, 6, -1},
    /* a thousandth of a share is a bucket */
    {"2.6.32.el6", EL6, {TASK(5, 9, 5001, 0, 0, 0), TASK(6, 9, 5900, 0, 0, 0)}, 5, 0, 1, 1, 0, 5,
        -1},
    /* CAP_SYS_ADMIN: the printed score says whether uid 0 had it */
    {"4.4.0", V318, {TASK(5, 0, 100000, 0, 0, 0), TASK(6, 9, 98000, 0, 0, 0)}, 100, 0, 1, 1, 0, 5,
        0},
    {"4.4.0", V318, {TASK(5, 0, 100000, 0, 0, 0), TASK(6, 9, 98000, 0, 0, 0)}, 97, 0, 0, 2, 0, 6,
        1},
    /* a little off, since memory moved */
    {"4.4.0", V318, {TASK(5, 0, 100000, 0, 0, 0), TASK(6, 9, 98000, 0, 0, 0)}, 101, 0, 1, 1, 0, 5,
        0},
    {"4.4.0", V318, {TASK(5, 0, 100000, 0, 0, 0), TASK(6, 9, 96000, 0, 0, 0)}, 97, 0, 1, 1, 0, 5,
        1},
    {"3.7.0", V318, {TASK(5, 0, 100000, 0, 0, 0), TASK(6, 9, 60000, 0, 0, 0)}, 70, 0, 1, 1, 0, 5,
        1},
    /* nothing says it, and it decides, or does not */
    {"4.4.0", V318, {TASK(5, 0, 100000, 0, 0, 0), TASK(6, 9, 98000, 0, 0, 0)}, 0, 0, -1, 1,
        BIT(CAPS), 5, -1},
    {"4.4.0", V318, {TASK(5, 9, 98000, 0, 0, 0), TASK(6, 0, 100000, 0, 0, 0)}, 98, 0, -1, 1,
        BIT(CAPS), 5, -1},
    {"4.4.0", V318, {TASK(5, 0, 100000, 0, 0, 0), TASK(6, 9, 90000, 0, 0, 0)}, 0, 0, 1, 1, 0, 5,
        -1},
    {"4.4.0", V318, {TASK(5, 0, 90000, 0, 0, 0), TASK(6, 9, 98000, 0, 0, 0)}, 0, 0, 0, 2, 0, 6, -1},
    {"4.18.0", V417, {BYTES(5, 9, 98, 0, 0, 0), BYTES(6, 0, 100, 0, 0, 0)}, 0, 0, 0, 2, 0, 6, -1},
    /* the score fits one of them better, but not so much better that the other is ruled out */
    {"4.4.0", V318, {TASK(5, 0, 100000, 0, 0, 0), TASK(6, 9, 98000, 0, 0, 0)}, 98, 0, -1, 1,
        BIT(CAPS), 5, -1},
    /* the 3 % of a stable tree */
    {"3.8.0", V318, {TASK(5, 0, 100000, 0, 0, 0), TASK(6, 9, 98000, 0, 0, 0)}, 97, 0, 0, 2, 0, 6,
        1},
    /* a total that is not known cannot say who had the capability */
    {"4.4.0", V318, {TASK(5, 0, 1000, 0, 0, 0), TASK(6, 9, 980, 0, 0, 0)}, 965, 1000, -1, 1,
        BIT(CAPS), 5, -1},
    /* a cgroup of 1000 pages: adj 1 is worth more with every 4 MiB of swap */
    {"6.1.0", V417, {BYTES(5, 9, 500, 0, 0, 9), BYTES(6, 9, 400, 0, 0, 9)}, 0, 1000, 1, 1, 0, 5,
        -1},
    {"6.1.0", V417, {BYTES(5, 9, 500, 0, 0, 0), BYTES(6, 9, 400, 0, 0, 9)}, 0, 1000, -1, 1,
        BIT(TOTAL_SWAP), 5, -1},
    {"6.1.0", V417, {BYTES(5, 9, 500, 0, 0, 9), BYTES(6, 9, 400, 0, 0, 0)}, 0, 1000, 1, 1, 0, 5,
        -1},
    {"6.1.0", V417, {BYTES(5, 9, 300, 0, 0, 0), BYTES(6, 9, 400, 0, 0, 9)}, 0, 1000, 0, 2, 0, 6,
        -1},
    /* the printed score leaves no room for swap */
    {"4.19.0", V417, {BYTES(5, 9, 500, 0, 0, 0), BYTES(6, 9, 400, 0, 0, 9)}, 500, 1000, 1, 1, 0, 5,
        -1},
    /* a score of 250 means 1000 pages of swap, and adj 9 is worth 18 pages more */
    {"4.19.0", V417, {BYTES(5, 9, 500, 0, 0, 0), BYTES(6, 9, 450, 0, 0, 9)}, 250, 1000, 1, 1, 0, 5,
        -1},
};

static void test_choice(void **state)
{
    for (size_t i = 0; i < N(choices); i++) {
        const struct choice *c = &choices[i];
        struct rl_oom_report report;
        struct rl_oom_finding finding;
        size_t n = 1;

        while (n < N(c->tasks) && c->tasks[n].pid > 0)
            n++;
        make(&report, c->kernel, c->columns, c->tasks, n);
        if (c->printed > 0)
            score(&report, c->printed);
        if (c->limit > 0)
            limit(&report, c->limit);
        judge(&report, &finding);
        if (finding.agrees != c->agrees || finding.kernel_victim_rank != c->rank ||
            finding.missing != c->missing || finding.model_victim->task->pid != c->first)
            fail_msg("choice %zu: agrees %d, rank %u, missing %x, first %d", i, finding.agrees,
                finding.kernel_victim_rank, finding.missing, (int)finding.model_victim->task->pid);
        if (finding.root_bonus_known != (c->bonus >= 0) ||
            (c->bonus >= 0 && finding.root_bonus != (c->bonus > 0)))
            fail_msg(
                "choice %zu: bonus %d, known %d", i, finding.root_bonus, finding.root_bonus_known);
        assert_true(finding.kernel_victim->task->pid == c->tasks[0].pid);
        assert_true(finding.complete);
        rl_oom_finding_free(&finding);
    }
}

/* Candidates first; without a score, root of the machine is taken to have the capability and root
 * of a cgroup not. */
static void test_order(void **state)
{
    static const struct rl_oom_task tasks[] = {TASK(1, 0, 99, 0, 0, 0), TASK(5, 0, 10000, 0, 0, 0),
        TASK(6, 9, 99, 0, 0, -1000), TASK(7, 9, 50, 0, 0, 0)};
    static const int64_t order[] = {5, 7, 1, 6};
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    make(&report, "4.4.0", V318, tasks, N(tasks));
    report.selected.pid = report.kills[0].who.pid = 5;
    judge(&report, &finding);
    assert_int_equal(finding.n_eligible, 2);
    for (size_t i = 0; i < N(order); i++)
        assert_int_equal(finding.rated[i].task->pid, order[i]);
    assert_true(finding.root_bonus);
    assert_int_equal(finding.model_victim->score.points, 9700);
    assert_int_equal(finding.model_victim->ours.points, 10 - 30);
    assert_int_equal(finding.ours->task->pid, 7);
    rl_oom_finding_free(&finding);

    limit(&report, 20000);
    judge(&report, &finding);
    assert_false(finding.root_bonus);
    assert_int_equal(finding.model_victim->score.points, 10000);
    assert_int_equal(finding.ours->ours.points, 500);
    rl_oom_finding_free(&finding);
}

static void test_printed(void **state)
{
    static const struct {
        uint64_t printed;
        enum rl_oom_printed result;
    } rows[] = {
        {500, RL_OOM_PRINTED_EXACT},
        {501, RL_OOM_PRINTED_NEAR},
        {496, RL_OOM_PRINTED_NEAR},
        {480, RL_OOM_PRINTED_OTHER},
        {0, RL_OOM_PRINTED_OTHER},
    };
    static const struct rl_oom_task task = TASK(5, 9, 500000, 0, 0, 0);

    for (size_t i = 0; i < N(rows); i++) {
        struct rl_oom_report report;
        struct rl_oom_finding finding;

        make(&report, "4.4.0", V318, &task, 1);
        score(&report, rows[i].printed);
        judge(&report, &finding);
        assert_int_equal(finding.printed, rows[i].result);
        assert_int_equal(finding.kernel_victim->printed, 500);
        rl_oom_finding_free(&finding);
    }
}

/* What el6 counts and does not list could make anybody the first. */
static void test_hidden(void **state)
{
    static const struct rl_oom_task tasks[] = {
        TASK(5, 9, 3000, 0, 0, 0), TASK(6, 9, 60000, 0, 0, 0)};
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    make(&report, "2.6.32.el6", EL6, tasks, 2);
    report.total_swap_kb = 400000;
    report.free_swap_kb = 0;
    judge(&report, &finding);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(SWAP_COLUMN) | BIT(TABLES_COLUMN));
    assert_int_equal(finding.kernel_victim_rank, 2);
    rl_oom_finding_free(&finding);

    report.free_swap_kb = 390000; /* too little of it is in use */
    judge(&report, &finding);
    assert_int_equal(finding.agrees, 0);
    assert_int_equal(finding.missing, 0);
    rl_oom_finding_free(&finding);
}

/* Rows that are gone may hold whoever should have been first, but not make somebody first who is
 * not. */
static void test_cut(void **state)
{
    static const struct rl_oom_task tasks[] = {TASK(5, 9, 500, 0, 0, 0), TASK(6, 9, 400, 0, 0, 0)};
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    make(&report, "4.4.0", V318, tasks, 2);
    report.table_cut = true;
    judge(&report, &finding);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.kernel_victim_rank, 1);
    assert_int_equal(finding.missing, BIT(TABLE_REST));
    assert_false(finding.complete);
    rl_oom_finding_free(&finding);

    report.selected.pid = report.kills[0].who.pid = 6;
    judge(&report, &finding);
    assert_int_equal(finding.agrees, 0);
    rl_oom_finding_free(&finding);
}

/* Who may not use the nodes that are short is no candidate, and adj is a share of theirs. */
static void test_nodes(void **state)
{
    static const struct rl_oom_task tasks[] = {
        TASK(5, 9, 500, 0, 0, 0), TASK(6, 9, 400, 0, 0, 0), TASK(7, 9, 300, 0, 0, 1)};
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    make(&report, "4.4.0", V318, tasks, 2);
    report.have |= RL_OOM_CONSTRAINT;
    snprintf(report.constraint, sizeof(report.constraint), "memory_policy");
    judge(&report, &finding);
    assert_string_equal(finding.constraint, "memory_policy");
    assert_int_equal(finding.agrees, 1);
    assert_false(finding.available_known);
    assert_true(finding.complete);
    assert_int_equal(finding.missing, 0);
    rl_oom_finding_free(&finding);

    report.n_tasks = 3;
    judge(&report, &finding);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(ALLOWED_NODES));
    rl_oom_finding_free(&finding);

    report.n_tasks = 2;
    report.selected.pid = report.kills[0].who.pid = 6;
    judge(&report, &finding);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(ALLOWED_NODES));
    rl_oom_finding_free(&finding);
}

static void test_victim(void **state)
{
    static const struct rl_oom_task tasks[] = {
        {.pid = 5, .tgid = 4, .uid = 9, .total_vm = 9, .rss = 5, .comm = "a"},
        TASK(8, 9, 3, 0, 0, 0)};
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    /* the number of the process, where the row has that of a thread */
    make(&report, "4.4.0", V318, tasks, 2);
    report.selected.pid = report.kills[0].who.pid = 4;
    judge(&report, &finding);
    assert_int_equal(finding.kernel_victim->task->pid, 5);
    assert_int_equal(finding.victim.pid, 4);
    rl_oom_finding_free(&finding);

    /* a number that was cut */
    make(&report, "6.5.0", V318, tasks, 2);
    report.selected.pid = 55;
    judge(&report, &finding);
    assert_int_equal(finding.victim.pid, 5);
    rl_oom_finding_free(&finding);
    memcpy(report.selected.comm, "b", 2);
    judge(&report, &finding);
    assert_int_equal(finding.victim.pid, 55);
    assert_null(finding.kernel_victim);
    assert_int_equal(finding.kernel_victim_rank, 0);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(VICTIM_ROW));
    assert_int_equal(finding.model_victim->task->pid, 5);
    rl_oom_finding_free(&finding);

    /* one that was cut off, behind a name that only one task has */
    make(&report, "6.5.0", V318, tasks, 2);
    report.n_kills = 0;
    report.selected.pid = -1;
    memcpy(report.selected.comm, "a", 2);
    judge(&report, &finding);
    assert_int_equal(finding.victim.pid, 5);
    assert_int_equal(finding.missing, BIT(KILL));
    rl_oom_finding_free(&finding);
    report.table_cut = true;
    judge(&report, &finding);
    assert_int_equal(finding.victim.pid, -1);
    rl_oom_finding_free(&finding);

    /* only who died is told, and it may be a child of whom the kernel chose */
    make(&report, "4.4.0", V318, tasks, 2);
    report.have &= ~(uint32_t)RL_OOM_SELECTED;
    judge(&report, &finding);
    assert_int_equal(finding.victim.pid, 5);
    assert_int_equal(finding.agrees, 1);
    rl_oom_finding_free(&finding);
    report.kills[0].who.pid = 8;
    judge(&report, &finding);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(VICTIM));
    rl_oom_finding_free(&finding);

    /* nobody */
    make(&report, "4.4.0", V318, tasks, 2);
    report.have &= ~(uint32_t)RL_OOM_SELECTED;
    report.n_kills = 0;
    judge(&report, &finding);
    assert_int_equal(finding.victim.pid, -1);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(VICTIM) | BIT(KILL));
    assert_false(finding.complete);
    rl_oom_finding_free(&finding);
    report.panicked = true;
    judge(&report, &finding);
    assert_int_equal(finding.missing, 0);
    rl_oom_finding_free(&finding);
}

/* The kernel rated nobody, or rated what no table shows. */
static void test_unrated(void **state)
{
    static const struct rl_oom_task tasks[] = {TASK(5, 9, 3, 0, 0, 0), TASK(6, 9, 400, 0, 0, 0)};
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    make(&report, "4.4.0", V318, tasks, 2);
    report.kills_allocating = true;
    judge(&report, &finding);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(SCORING));
    rl_oom_finding_free(&finding);

    make(&report, "2.6.30", RL_OOM_COL_CPU | RL_OOM_COL_OOM_ADJ, tasks, 2);
    score(&report, 7);
    judge(&report, &finding);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(RUN_TIME));
    assert_null(finding.model_victim);
    assert_int_equal(finding.kernel_victim_rank, 0);
    assert_int_equal(finding.printed, RL_OOM_PRINTED_NONE);
    rl_oom_finding_free(&finding);
}

/* One kernel printed NONE for a cgroup's report. */
static void test_constraint(void **state)
{
    static const struct rl_oom_task task = TASK(5, 9, 3, 0, 0, 0);
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    make(&report, "5.2.0", V417, &task, 1);
    report.have |= RL_OOM_CONSTRAINT;
    snprintf(report.constraint, sizeof(report.constraint), "none");
    limit(&report, 1000);
    judge(&report, &finding);
    assert_string_equal(finding.constraint, "memcg");
    rl_oom_finding_free(&finding);
}

/* Where the limit is not shown, the printed score tells the total well enough. */
static void test_by_score(void **state)
{
    static const struct rl_oom_task tasks[] = {
        TASK(5, 9, 50000, 0, 0, 0), TASK(6, 9, 400, 0, 0, 10)};
    struct rl_oom_report report;
    struct rl_oom_finding finding;

    make(&report, "4.4.0", V318, tasks, 2);
    limit(&report, 0);
    report.memory.known = false;
    judge(&report, &finding);
    assert_int_equal(finding.agrees, -1);
    assert_int_equal(finding.missing, BIT(LIMIT));
    rl_oom_finding_free(&finding);

    score(&report, 500);
    judge(&report, &finding);
    assert_int_equal(finding.agrees, 1);
    assert_int_equal(finding.missing, BIT(LIMIT));
    assert_false(finding.available_known);
    assert_in_range(finding.available_used, 99000, 101000);
    rl_oom_finding_free(&finding);
}

static void test_texts(void **state)
{
    for (unsigned i = 0; i < RL_OOM_MISSINGS; i++) {
        assert_non_null(rl_oom_missing_id(i));
        assert_true(strlen(rl_oom_missing_text(i)) > 10);
        for (unsigned j = 0; j < i; j++)
            assert_string_not_equal(rl_oom_missing_id(i), rl_oom_missing_id(j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_version),
        cmocka_unit_test(test_model),
        cmocka_unit_test(test_no_table),
        cmocka_unit_test(test_total_of_cgroup),
        cmocka_unit_test(test_total_of_machine),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_printed),
        cmocka_unit_test(test_hidden),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_nodes),
        cmocka_unit_test(test_victim),
        cmocka_unit_test(test_unrated),
        cmocka_unit_test(test_constraint),
        cmocka_unit_test(test_by_score),
        cmocka_unit_test(test_texts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
