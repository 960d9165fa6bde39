/* Parsers of kernel text: what they read, what they refuse, and what cut and hostile text does. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/observe/read.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char stat_tail[] =
    " S 1 7 7 0 -1 4194304 0 0 0 0 3 2 0 0 20 0 4 0 105844 3133440 388 18446744073709551615 1 1 0 "
    "0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 1 1 1 1 1 1 1 0\n";

static const char status_text[] =
    "Name:\tcat\nUmask:\t0022\nState:\tR (running)\nUid:\t1000\t1001\t0\t0\nGid:\t0\t0\t0\t0\n"
    "Groups:\t \nNSpid:\t7\t1\nVmPeak:\t    9999 kB\nVmSize:\t    4096 kB\nVmRSS:\t    1644 kB\n"
    "RssAnon:\t     400 kB\nVmPTE:\t      44 kB\nVmSwap:\t     800 kB\nThreads:\t1\n"
    "SigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\nCapEff:\t0000000000200000\n";

/* All that any parser can set. */
struct out {
    uint64_t some, full, number;
    bool flag;
    int adj;
    unsigned cpus;
    struct rl_events events;
    struct rl_sample sample;
    struct rl_node node;
    struct rl_process process;
    char state, path[64];
};

static int run_pressure(const char *text, struct out *out)
{
    return rl_parse_pressure(text, &out->some, &out->full);
}

static int run_events(const char *text, struct out *out)
{
    return rl_parse_events(text, &out->events);
}

static int run_memory_stat(const char *text, struct out *out)
{
    return rl_parse_memory_stat(text, &out->sample);
}

static int run_cpu_stat(const char *text, struct out *out)
{
    return rl_parse_cpu_stat(text, &out->number);
}

static int run_populated(const char *text, struct out *out)
{
    return rl_parse_populated(text, &out->flag);
}

static int run_meminfo(const char *text, struct out *out)
{
    return rl_parse_meminfo(text, &out->node);
}

static int run_vmstat(const char *text, struct out *out)
{
    return rl_parse_vmstat(text, &out->node);
}

static int run_cpus(const char *text, struct out *out)
{
    return rl_parse_cpus(text, &out->cpus);
}

static int run_cpu_masks(const char *text, struct out *out)
{
    return rl_parse_cpu_masks(text, &out->cpus);
}

static int run_stat(const char *text, struct out *out)
{
    return rl_parse_stat(text, &out->process, &out->state);
}

static int run_status(const char *text, struct out *out)
{
    return rl_parse_status(text, 4096, &out->process);
}

static int run_adj(const char *text, struct out *out)
{
    return rl_parse_adj(text, &out->adj);
}

static int run_proc_cgroup(const char *text, struct out *out)
{
    char *copy = strdup(text);
    const char *path;
    int r;

    assert_non_null(copy);
    r = rl_parse_proc_cgroup(copy, &path);
    if (r == 0) {
        assert_true(path >= copy && path <= copy + strlen(text));
        snprintf(out->path, sizeof(out->path), "%s", path);
    }
    free(copy);
    return r;
}

/* One whole file of each kind. */
static const struct sample_file {
    const char *name;
    int (*run)(const char *text, struct out *out);
    bool lenient; /* lines may be missing */
    const char *text;
} files[] = {
    {"pressure", run_pressure, false,
        "some avg10=1.53 avg60=0.87 avg300=0.73 total=12345678\n"
        "full avg10=0.00 avg60=0.00 avg300=0.00 total=234567\n"},
    {"events", run_events, false,
        "low 0\nhigh 15\nmax 27\noom 3\noom_kill 21\noom_group_kill 0\nsock_throttled 5\n"},
    {"memory.stat", run_memory_stat, true,
        "anon 1048576\nfile 2097152\nkernel 12\nshmem 4096\nslab_reclaimable 819200\n"
        "workingset_refault_anon 77\nworkingset_refault_file 88\nworkingset_restore_anon 99\n"
        "workingset_restore_file 111\n"},
    {"cpu.stat", run_cpu_stat, false, "usage_usec 12\nnr_throttled 3\nthrottled_usec 4567\n"},
    {"cgroup.events", run_populated, false, "populated 1\nfrozen 0\n"},
    {"meminfo", run_meminfo, false,
        "MemTotal:       24682416 kB\nMemFree:        24301052 kB\nMemAvailable:   24345576 kB\n"
        "SwapTotal:       1024000 kB\nSwapFree:         512000 kB\nHugePages_Total:       0\n"},
    {"vmstat", run_vmstat, true,
        "nr_free_pages 5\nallocstall_dma 1\nallocstall_normal 20\nallocstall_movable 300\n"},
    {"cpus", run_cpus, false, "0-3,8,10-11\n"},
    {"cpu masks", run_cpu_masks, false, "Cpus_allowed:\tff,ffffffff\n"},
    {"stat", run_stat, false,
        "4711 (a) S (b) S 1 7 7 0 -1 4194304 0 0 0 0 3 2 0 0 20 0 4 0 105844 3133440 388 "
        "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0 1 1 1 1 1 1 1 15\n"},
    {"status", run_status, true, status_text},
    {"oom_score_adj", run_adj, false, "-917\n"},
    {"cgroup", run_proc_cgroup, false, "1:name=systemd:/x\n0::/a.slice/b.service\n"},
};

/* A text that is cut anywhere is refused, and leaves the result alone, or what it gives is the
 * truth. */
static void test_cut_at_every_byte(void **state)
{
    for (size_t i = 0; i < COUNT(files); i++) {
        size_t len = strlen(files[i].text), refused = 0;
        struct out untouched, whole, out;

        memset(&untouched, 0xa5, sizeof(untouched));
        whole = untouched;
        assert_int_equal(files[i].run(files[i].text, &whole), 0);
        assert_memory_not_equal(&whole, &untouched, sizeof(whole));

        for (size_t n = 0; n < len; n++) {
            char *cut = strndup(files[i].text, n);

            assert_non_null(cut);
            memcpy(&out, &untouched, sizeof(out));
            if (files[i].run(cut, &out) < 0) {
                assert_memory_equal(&out, &untouched, sizeof(out));
                refused++;
            } else if (memcmp(&out, &whole, sizeof(out)) != 0 && !files[i].lenient) {
                fail_msg("%s cut at %zu reads otherwise", files[i].name, n);
            }
            free(cut);
        }
        assert_true(refused > 0);
    }
}

/* Every byte replaced by every kind of mischief: refused and untouched, or read; never a crash. */
static void test_every_byte_replaced(void **state)
{
    static const char mischief[] = "\n\t 09-x)(\xff\x01";

    for (size_t i = 0; i < COUNT(files); i++) {
        char *text = strdup(files[i].text);
        struct out untouched, out;

        assert_non_null(text);
        memset(&untouched, 0xa5, sizeof(untouched));
        for (size_t n = 0; files[i].text[n] != '\0'; n++) {
            for (size_t m = 0; m < sizeof(mischief) - 1; m++) {
                text[n] = mischief[m];
                memcpy(&out, &untouched, sizeof(out));
                if (files[i].run(text, &out) < 0)
                    assert_memory_equal(&out, &untouched, sizeof(out));
            }
            text[n] = files[i].text[n];
        }
        free(text);
    }
}

static void test_pressure(void **state)
{
    static const struct {
        const char *text;
        int r;
        uint64_t some, full;
    } rows[] = {
        {"some avg10=0.00 total=7\nfull avg10=0.00 total=5\n", 0, 7, 5},
        {"full total=5\nsome total=7\n", 0, 7, 5},
        {"some total=7 more=1\nnew total=x\nfull avg10=9 total=5\n", 0, 7, 5},
        {"some total=18446744073709551615\nfull total=0\n", 0, UINT64_MAX, 0},
        {"some total=18446744073709551616\nfull total=0\n", -EINVAL, 0, 0},
        {"some total=\nfull total=0\n", -EINVAL, 0, 0},
        {"some total=-1\nfull total=0\n", -EINVAL, 0, 0},
        {"some total=1x\nfull total=0\n", -EINVAL, 0, 0},
        {"some avg10=0.00\nfull total=0\n", -EINVAL, 0, 0},
        {"some total=1\n", -ENODATA, 0, 0},
        {"full total=1\n", -ENODATA, 0, 0},
        {"something total=1\nfull total=2\n", -ENODATA, 0, 0},
        {"some total=1\nfull total=2", -ENODATA, 0, 0},
        {"", -ENODATA, 0, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t some = 1, full = 2;

        assert_int_equal(rl_parse_pressure(rows[i].text, &some, &full), rows[i].r);
        assert_true(some == (rows[i].r < 0 ? 1 : rows[i].some));
        assert_true(full == (rows[i].r < 0 ? 2 : rows[i].full));
    }
}

static void test_events(void **state)
{
    static const struct {
        const char *text;
        int r;
    } rows[] = {
        {"oom_kill 4\nhigh 1\nfuture -3.5 x\nmax 2\noom 3\n", 0},
        {"high 9\nmax 2\noom 3\noom_kill 4\nhigh 1\n", 0},
        {"  high 1\n\tmax 2\noom  3\n \n\noom_kill 4\n", 0},
        {"high 1\nmax 2\noom 3\noom_kill 4 5\n", -EINVAL},
        {"high 1\nmax\noom 3\noom_kill 4\n", -EINVAL},
        {"high 1\nmax 0x2\noom 3\noom_kill 4\n", -EINVAL},
        {"high 1\nmax 2\noom_kill 4\n", -ENODATA},
        {"high 1\nmax 2\noom_group_kill 3\noom 3\n", -ENODATA},
        {"not a file of this kind\n", -ENODATA},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_events events = {0};

        assert_int_equal(rl_parse_events(rows[i].text, &events), rows[i].r);
        if (rows[i].r == 0) {
            assert_int_equal(events.high, 1);
            assert_int_equal(events.max, 2);
            assert_int_equal(events.oom, 3);
            assert_int_equal(events.oom_kill, 4);
        }
    }
}

static void test_memory_stat(void **state)
{
    struct rl_sample sample = {.current = 42, .have = RL_HAVE_CURRENT, .refault_anon = 9};

    assert_int_equal(run_memory_stat(files[2].text, &(struct out){0}), 0);
    assert_int_equal(rl_parse_memory_stat(files[2].text, &sample), 0);
    assert_int_equal(sample.anon, 1048576);
    assert_int_equal(sample.file, 2097152);
    assert_int_equal(sample.shmem, 4096);
    assert_int_equal(sample.slab_reclaimable, 819200);
    assert_int_equal(sample.refault_anon, 77);
    assert_int_equal(sample.restore_file, 111);
    assert_int_equal(sample.current, 42);
    assert_int_equal(sample.have, RL_HAVE_CURRENT);

    /* before 5.9, and without kernel memory accounting */
    assert_int_equal(
        rl_parse_memory_stat("anon 1\nfile 2\nshmem 3\nworkingset_restore 4\n", &sample), 0);
    assert_int_equal(sample.restore_file, 4);
    assert_int_equal(sample.refault_anon, 0);
    assert_int_equal(sample.slab_reclaimable, 0);
    assert_int_equal(rl_parse_memory_stat("anon 1\nfile 2\n", &sample), -ENODATA);
    assert_int_equal(sample.shmem, 3);
}

static void test_memory_held(void **state)
{
    struct rl_memory_held held = {.anon = 99, .sock = 99};

    assert_int_equal(
        rl_parse_memory_held("anon 1048576\nfile 2097152\nkernel 999\nkernel_stack 65536\n"
                             "pagetables 8192\nsec_pagetables 4096\npercpu 777\nsock 512\n"
                             "vmalloc 888\nshmem 3072\nzswap 5\nslab 666\n",
            &held),
        0);
    assert_int_equal(held.anon, 1048576);
    assert_int_equal(held.kernel_stack, 65536);
    assert_int_equal(held.pagetables, 8192);
    assert_int_equal(held.sec_pagetables, 4096);
    assert_int_equal(held.sock, 512);
    assert_int_equal(held.shmem, 3072);

    /* before sec_pagetables, and without kernel memory accounting */
    assert_int_equal(rl_parse_memory_held("anon 1\nshmem 3\n", &held), 0);
    assert_int_equal(held.anon, 1);
    assert_int_equal(held.shmem, 3);
    assert_int_equal(held.kernel_stack + held.pagetables + held.sec_pagetables + held.sock, 0);
    assert_int_equal(rl_parse_memory_held("anon 5\nsock 1\n", &held), -ENODATA);
    assert_int_equal(rl_parse_memory_held("anon 5\nshmem x\n", &held), -EINVAL);
    assert_int_equal(held.anon, 1);
}

static void test_limit(void **state)
{
    static const struct {
        const char *text;
        int r;
        uint64_t value;
    } rows[] = {
        {"max\n", 0, RL_NO_LIMIT},
        {"max", 0, RL_NO_LIMIT},
        {"0\n", 0, 0},
        {"52428800\n", 0, 52428800},
        {"9223372036854771712\n", 0, UINT64_C(9223372036854771712)},
        {"18446744073709551615\n", 0, UINT64_MAX},
        {"18446744073709551616\n", -EINVAL, 0},
        {"99999999999999999999999999999999999999999999\n", -EINVAL, 0},
        {"maximum\n", -EINVAL, 0},
        {"ma", -EINVAL, 0},
        {"-1\n", -EINVAL, 0},
        {"+1\n", -EINVAL, 0},
        {" 1\n", -EINVAL, 0},
        {"1 \n", -EINVAL, 0},
        {"1k\n", -EINVAL, 0},
        {"1\n2\n", -EINVAL, 0},
        {"\n", -EINVAL, 0},
        {"", -EINVAL, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t value = 12345;

        assert_int_equal(rl_parse_limit(rows[i].text, &value), rows[i].r);
        assert_true(value == (rows[i].r < 0 ? 12345 : rows[i].value));
    }
}

static void test_small_files(void **state)
{
    uint64_t throttled = 0;
    bool populated = true;

    assert_int_equal(rl_parse_cpu_stat("usage_usec 1\nthrottled_usec 4567\n", &throttled), 0);
    assert_int_equal(throttled, 4567);
    /* the cpu controller is off */
    assert_int_equal(rl_parse_cpu_stat("usage_usec 1\nuser_usec 1\n", &throttled), -ENODATA);

    uint64_t periods = 7;
    assert_int_equal(
        rl_parse_cpu_periods("nr_periods 12\nnr_throttled 9\n", &periods, &throttled), 0);
    assert_int_equal(periods, 12);
    assert_int_equal(throttled, 9);
    assert_int_equal(rl_parse_cpu_periods("nr_periods 13\n", &periods, &throttled), -ENODATA);
    assert_int_equal(periods, 12);

    assert_int_equal(rl_parse_populated("frozen 1\npopulated 0\n", &populated), 0);
    assert_false(populated);
    assert_int_equal(rl_parse_populated("populated 1\nfrozen 0\n", &populated), 0);
    assert_true(populated);
    assert_int_equal(rl_parse_frozen("populated 0\nfrozen 1\n", &populated), 0);
    assert_true(populated);
    assert_int_equal(rl_parse_frozen("populated 1\nfrozen 0\n", &populated), 0);
    assert_false(populated);
    assert_int_equal(rl_parse_frozen("populated 1\n", &populated), -ENODATA);
    assert_int_equal(rl_parse_populated("populated 2\n", &populated), -EINVAL);
    assert_int_equal(rl_parse_populated("populated\n", &populated), -EINVAL);
    assert_int_equal(rl_parse_populated("frozen 0\n", &populated), -ENODATA);
}

static void test_meminfo(void **state)
{
    struct rl_node node = {.swappiness = 60, .allocstall = 7};

    assert_int_equal(run_meminfo(files[5].text, &(struct out){0}), 0);
    assert_int_equal(rl_parse_meminfo(files[5].text, &node), 0);
    assert_int_equal(node.mem_total, UINT64_C(24682416) * 1024);
    assert_int_equal(node.mem_available, UINT64_C(24345576) * 1024);
    assert_int_equal(node.swap_total, UINT64_C(1024000) * 1024);
    assert_int_equal(node.swap_free, UINT64_C(512000) * 1024);
    assert_int_equal(node.swappiness, 60);
    assert_int_equal(node.allocstall, 7);

    assert_int_equal(rl_parse_meminfo("MemTotal: 1\nMemAvailable: 1 kB\nSwapTotal: 0 kB\n"
                                      "SwapFree: 0 kB\n",
                         &node),
        -EINVAL);
    assert_int_equal(
        rl_parse_meminfo("MemTotal: 18014398509481984 kB\nMemAvailable: 1 kB\nSwapTotal: 0 kB\n"
                         "SwapFree: 0 kB\n",
            &node),
        -EINVAL);
    assert_int_equal(
        rl_parse_meminfo("MemTotal: 1 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n", &node), -ENODATA);
    assert_int_equal(node.mem_total, UINT64_C(24682416) * 1024);
}

static void test_vmstat(void **state)
{
    struct rl_node node = {.mem_total = 5};

    assert_int_equal(rl_parse_vmstat("nr_free_pages 5\nallocstall_dma 1\nallocstall_normal 20\n"
                                     "allocstall_movable 300\nallocstallx 9\npgfault 4\n",
                         &node),
        0);
    assert_int_equal(node.allocstall, 321);
    assert_int_equal(rl_parse_vmstat("allocstall 17\n", &node), 0);
    assert_int_equal(node.allocstall, 17);
    assert_int_equal(rl_parse_vmstat("pgfault 4\n", &node), -ENODATA);
    assert_int_equal(rl_parse_vmstat("allocstall_dma 1 2\n", &node), -EINVAL);
    assert_int_equal(rl_parse_vmstat("allocstall_dma\n", &node), -EINVAL);
    assert_int_equal(
        rl_parse_vmstat("allocstall_a 18446744073709551615\nallocstall_b 1\n", &node), -EINVAL);
    assert_int_equal(node.allocstall, 17);
    assert_int_equal(node.mem_total, 5);
}

/* Kernels count under different names; what one of them lacks is 0. */
static void test_vmstat_of_kswapd(void **state)
{
    static const struct {
        const char *text;
        uint64_t taken, back;
    } rows[] = {
        {"workingset_refault_anon 100\nworkingset_refault_file 2000\nworkingset_activate_anon 9\n"
         "workingset_restore_anon 30000\nworkingset_restore_file 7\nworkingset_nodereclaim 5\n"
         "allocstall_dma 1\npgsteal_kswapd 12\npgsteal_direct 900\npgsteal_kswapd_anon 40\n"
         "pgscan_kswapd 3000\n",
            12, 107},
        {"workingset_refault 2000\nworkingset_restore 7\nallocstall_dma 1\npgsteal_kswapd 3\n", 3,
            7},
        {"allocstall_dma 1\n", 0, 0},
    };
    struct rl_node node = {0};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(rl_parse_vmstat(rows[i].text, &node), 0);
        assert_int_equal(node.kswapd_taken, rows[i].taken);
        assert_int_equal(node.refaults, rows[i].back);
        assert_int_equal(node.allocstall, 1);
    }
    assert_int_equal(
        rl_parse_vmstat("pgsteal_kswapd 5\nworkingset_restore_file 5\n", &node), -ENODATA);
    assert_int_equal(rl_parse_vmstat("allocstall 5\npgsteal_kswapd -5\n", &node), -EINVAL);
    assert_int_equal(rl_parse_vmstat("allocstall 5\nworkingset_refault_anon 18446744073709551615\n"
                                     "workingset_restore_file 1\n",
                         &node),
        -EINVAL);
    assert_int_equal(node.allocstall, 1);
}

static void test_cpus(void **state)
{
    static const struct {
        const char *text;
        int r;
        unsigned cpus;
    } rows[] = {
        {"0\n", 0, 1},
        {"0-1\n", 0, 2},
        {"0-3,8,10-11\n", 0, 7},
        {"0-8191\n", 0, 8192},
        {"", -ENODATA, 0},
        {"\n", -EINVAL, 0},
        {"3-1\n", -EINVAL, 0},
        {"0-\n", -EINVAL, 0},
        {"-1\n", -EINVAL, 0},
        {"0,\n", -EINVAL, 0},
        {"0-4294967295\n", -EINVAL, 0},
        {"0-2000000000,0-2000000000\n", -EINVAL, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned cpus = 0;

        assert_int_equal(rl_parse_cpus(rows[i].text, &cpus), rows[i].r);
        assert_int_equal(cpus, rows[i].cpus);
    }
}

static void test_cpu_masks(void **state)
{
    static const struct {
        const char *text;
        int r;
        unsigned cpus;
    } rows[] = {
        {"Cpus_allowed:\t3\n", 0, 4},
        {"Cpus_allowed:\t01\n", 0, 8},
        {"Threads:\t1\nCpus_allowed:\t00,00000001\nCpus_allowed_list:\t0\n", 0, 40},
        {"Cpus_allowed_list:\t0-63\n", -ENODATA, 0},
        {"Cpus_allowed:\n", -EINVAL, 0},
        {"Cpus_allowed:\t,\n", -EINVAL, 0},
        {"Cpus_allowed:\t3-\n", -EINVAL, 0},
        {"", -ENODATA, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        unsigned cpus = 0;

        assert_int_equal(rl_parse_cpu_masks(rows[i].text, &cpus), rows[i].r);
        assert_int_equal(cpus, rows[i].cpus);
    }
}

/* comm can hold anything but NUL, also what looks like the rest of the line. */
static void test_stat_hostile_comm(void **state)
{
    static const char *const comms[] = {
        "",
        "cat",
        "foo) Z ",
        "foo)\nZ\n",
        ": - )",
        "()()()())))(((()))()()",
        "()()()())))(((",
        "   \n\n    ",
        "\n",
        ")",
        "(",
        ") R 1 2 3 4 5 6",
        "1 (x) Z 1 (y",
        "\xc3",
        "\xe2\x82",
        "abcdefghijklm\xc3\xa9",
        "\xf0\x9f\x92\xa9",
        "\xff\xfe\x01\x7f",
        "kworker/u16:3-events_unbound-and-a-lot-more",
    };

    for (size_t i = 0; i < COUNT(comms); i++) {
        struct rl_process process;
        char text[1024], letter = 0;
        size_t len = strlen(comms[i]);

        memset(&process, 0xa5, sizeof(process));
        snprintf(text, sizeof(text), "4711 (%s)%s", comms[i], stat_tail);
        assert_int_equal(rl_parse_stat(text, &process, &letter), 0);
        assert_int_equal(process.pid, 4711);
        assert_int_equal(process.ppid, 1);
        assert_int_equal(process.session, 7);
        assert_int_equal(process.start_ticks, 105844);
        assert_int_equal(process.rss_pages, 388);
        assert_int_equal(process.threads, 4);
        assert_int_equal(process.flags, 0);
        assert_int_equal(letter, 'S');
        if (len > RL_COMM_MAX - 1)
            len = RL_COMM_MAX - 1;
        assert_int_equal(strlen(process.comm), len);
        assert_memory_equal(process.comm, comms[i], len);
        assert_int_equal(rl_parse_stat(text, &process, NULL), 0);

        /* without the closing bracket nothing can be told */
        for (size_t n = 0; n <= strlen("4711 (") + strlen(comms[i]); n++) {
            char cut[1024];

            snprintf(cut, sizeof(cut), "%.*s", (int)n, text);
            assert_true(rl_parse_stat(cut, &process, &letter) < 0);
        }
    }
}

static void stat_with(
    char *buf, size_t size, char state, unsigned flags, unsigned threads, const char *exit_code)
{
    snprintf(buf, size,
        "7 (x) %c 1 7 7 0 -1 %u 0 0 0 0 3 2 0 0 20 0 %u 0 105844 3133440 388 1 1 1 0 0 0 0 0 0 0 0 "
        "0 0 17 1 0 0 0 0 0 1 1 1 1 1 1 1 %s\n",
        state, flags, threads, exit_code);
}

static void test_stat_flags(void **state)
{
    static const struct {
        char state;
        unsigned kernel_flags, threads;
        const char *exit_code;
        uint32_t flags;
    } rows[] = {
        {'S', 0x400000, 1, "0", 0},
        {'S', 0x400000, 9, "0", 0},
        {'I', 0x208040, 1, "0", RL_PROCESS_KERNEL_THREAD},
        {'D', 0x400000, 1, "9", RL_PROCESS_DYING},
        {'D', 0x400000, 4, "137", RL_PROCESS_DYING}, /* 9 with the core dump bit */
        {'T', 0x400000, 1, "19", 0},                 /* stopped */
        {'R', 0x400000, 1, "2304", 0},               /* exit(9) of a thread */
        {'R', 0x400004, 1, "0", RL_PROCESS_DYING},
        {'R', 0x400004, 2, "0", RL_PROCESS_DEAD_LEADER},
        {'Z', 0x40000c, 2, "0", RL_PROCESS_DEAD_LEADER},
        {'Z', 0x400000, 2, "0", RL_PROCESS_DEAD_LEADER},
        {'Z', 0x40000c, 2, "9", RL_PROCESS_DEAD_LEADER | RL_PROCESS_DYING},
        {'Z', 0x40000c, 1, "0", RL_PROCESS_DYING},
        {'X', 0x40000c, 0, "0", RL_PROCESS_DYING},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_process process;
        char text[512], letter;

        stat_with(text, sizeof(text), rows[i].state, rows[i].kernel_flags, rows[i].threads,
            rows[i].exit_code);
        memset(&process, 0xa5, sizeof(process));
        assert_int_equal(rl_parse_stat(text, &process, &letter), 0);
        assert_int_equal(process.flags, rows[i].flags);
        assert_int_equal(letter, rows[i].state);
        assert_int_equal(process.threads, rows[i].threads);
    }
}

static void test_stat_refused(void **state)
{
    static const char *const heads[] = {
        "(x)",
        "x (x)",
        "7(x)",
        "-7 (x)",
        "99999999999 (x)",
        "7 x",
        "7 )x(",
        " 7 (x)",
    };
    struct rl_process process = {0};
    char text[1024];

    for (size_t i = 0; i < COUNT(heads); i++) {
        snprintf(text, sizeof(text), "%s%s", heads[i], stat_tail);
        assert_int_equal(rl_parse_stat(text, &process, NULL), -EINVAL);
    }
    stat_with(text, sizeof(text), 'S', 0, 1, "x");
    assert_int_equal(rl_parse_stat(text, &process, NULL), -EINVAL);
    stat_with(text, sizeof(text), 'S', 0, 1, "0 0 0"); /* fields to come */
    assert_int_equal(rl_parse_stat(text, &process, NULL), 0);
    /* a state of two letters, and 51 fields */
    assert_int_equal(rl_parse_stat("7 (x) SS 1 7\n", &process, NULL), -EINVAL);
    assert_int_equal(rl_parse_stat("7 (x) S 1 7\n", &process, NULL), -ENODATA);
}

/* Whom a signal reaches. */
static void test_reaction(void **state)
{
    static const struct {
        const char *text;
        bool init;
        uint64_t caught;
    } rows[] = {
        {"NSpid:\t7\nSigCgt:\t0000000000004002\n", false, 0x4002},
        {"NSpid:\t1\nSigCgt:\t0000000000000000\n", false, 0}, /* our own namespace's */
        {"NSpid:\t7\t1\nSigCgt:\t0000000000000000\n", true, 0},
        {"SigCgt:\t00000001800004ec\nNSpid:\t4711\t12\t1\n", true, 0x1800004ec},
        {"NSpid:\t4711\t1\t12\nSigCgt:\t1\n", false, 1}, {"NSpid:\t7\t11\nSigCgt:\t1\n", false, 1},
        {"NSpid:\t7\tx\t1\nSigCgt:\t1\n", false, 1}, {"NSpid:\nSigCgt:\t1\n", false, 1},
        {"SigCgt:\t1\nNSpid:\t7\t1", false, 1}, /* cut off */
        {"Name:\tNSpid: 7 1\nSigCgt:\t1\n", false, 1},
        {"SigCgt:\tffffffffffffffff\n", false, UINT64_MAX}, /* before Linux 4.1 */
    };
    struct rl_reaction reaction;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(rl_parse_reaction(rows[i].text, &reaction), 0);
        assert_int_equal(reaction.container_init, rows[i].init);
        assert_true(reaction.caught == rows[i].caught);
    }
    assert_int_equal(rl_parse_reaction("NSpid:\t7\t1\n", &reaction), -ENODATA);
    assert_int_equal(rl_parse_reaction("SigCgt:\tx\n", &reaction), -EINVAL);
    assert_true(reaction.caught == UINT64_MAX); /* untouched */
}

static void test_status(void **state)
{
    struct rl_process process = {.flags = RL_PROCESS_KERNEL_THREAD};

    assert_int_equal(rl_parse_status(status_text, 4096, &process), 0);
    assert_int_equal(process.uid, 1000);
    assert_int_equal(process.total_vm_pages, 1024);
    assert_int_equal(process.swap_pages, 200);
    assert_int_equal(process.anon_pages, 100);
    assert_int_equal(process.table_pages, 11);
    assert_int_equal(process.euid, 1001);
    assert_int_equal(process.flags, RL_PROCESS_KERNEL_THREAD | RL_PROCESS_ROOT);

    assert_int_equal(rl_parse_status(status_text, 65536, &process), 0);
    assert_int_equal(process.swap_pages, 12);
    assert_int_equal(rl_parse_status(status_text, 16384, &process), 0);
    assert_int_equal(process.total_vm_pages, 256);
    assert_int_equal(process.swap_pages, 50);
    assert_int_equal(process.anon_pages, 25);
    assert_int_equal(rl_parse_status(status_text, 0, &process), -EINVAL);

    /* no memory, no capability; SIGKILL waits in one of the two sets */
    assert_int_equal(rl_parse_status("Name:\tx\nUid:\t5\t5\t5\t5\nSigPnd:\t0000000000000100\n"
                                     "CapEff:\tfffffffffeddffff\n",
                         4096, &process),
        0);
    assert_int_equal(process.uid, 5);
    assert_int_equal(process.swap_pages | process.anon_pages | process.table_pages, 0);
    assert_int_equal(process.total_vm_pages, 0);
    assert_int_equal(process.flags, RL_PROCESS_KERNEL_THREAD | RL_PROCESS_DYING);
    process.flags = 0;
    assert_int_equal(
        rl_parse_status("Uid:\t5\t5\nShdPnd:\t0000000000000100\nCapEff:\t0\n", 4096, &process), 0);
    assert_int_equal(process.flags, RL_PROCESS_DYING);
    process.flags = 0;
    assert_int_equal(
        rl_parse_status("Uid:\t5\t5\nShdPnd:\t0000000000004000\nCapEff:\t0\n", 4096, &process), 0);
    assert_int_equal(process.flags, 0);
}

static void test_status_refused(void **state)
{
    static const struct {
        const char *text;
        int r;
    } rows[] = {
        {"Uid:\t5\t5\n", -ENODATA},
        {"CapEff:\t0\n", -ENODATA},
        {"Name:\tUid:\t0\nCapEff:\t0\n", -ENODATA}, /* only the begin of a line counts */
        {"Uid:\t-1\nCapEff:\t0\n", -EINVAL},
        {"Uid:\t4294967296\t5\nCapEff:\t0\n", -EINVAL},
        {"Uid:\t5\t4294967296\nCapEff:\t0\n", -EINVAL},
        {"Uid:\t5\nCapEff:\t0\n", -EINVAL},
        {"Uid:\t\nCapEff:\t0\n", -EINVAL},
        {"Uid:\t5\t5\nCapEff:\t0x1\n", -EINVAL},
        {"Uid:\t5\t5\nCapEff:\t00000000000000000\n", 0}, /* 17 digits, but no 65th bit */
        {"Uid:\t5\t5\nCapEff:\t1ffffffffffffffff\n", -EINVAL},
        {"Uid:\t5\t5\nCapEff:\t0\nVmSwap:\t5 MB\n", -EINVAL},
        {"Uid:\t5\t5\nCapEff:\t0\nVmSwap:\t5\n", -EINVAL},
        {"Uid:\t5\t5\nCapEff:\t0\nVmSwap:\t5 kB 6\n", -EINVAL},
        {"Uid:\t5\t5\nCapEff:\t0\nVmSwap:\t18446744073709551615 kB\n", -EINVAL},
        {"Uid:\t5\t5\nCapEff:\t0\nVmFuture:\t? kB\n", 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_process process = {0};

        assert_int_equal(rl_parse_status(rows[i].text, 4096, &process), rows[i].r);
    }
}

static void test_adj(void **state)
{
    static const struct {
        const char *text;
        int r, adj;
    } rows[] = {
        {"0\n", 0, 0},
        {"-1000\n", 0, -1000},
        {"1000\n", 0, 1000},
        {"-7\n", 0, -7},
        {"1001\n", -EINVAL, 5},
        {"-1001\n", -EINVAL, 5},
        {"--1\n", -EINVAL, 5},
        {"-\n", -EINVAL, 5},
        {"\n", -EINVAL, 5},
        {"10", -ENODATA, 5},
        {"", -ENODATA, 5},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        int adj = 5;

        assert_int_equal(rl_parse_adj(rows[i].text, &adj), rows[i].r);
        assert_int_equal(adj, rows[i].adj);
    }
}

static void test_statm(void **state)
{
    static const struct {
        const char *text;
        int r;
        uint64_t size, rss;
    } rows[] = {
        {"2611 415 372 5 0 156 0\n", 0, 2611, 415},
        {"0 0 0 0 0 0 0\n", 0, 0, 0},
        {"3 9223372036854775807\n", 0, 3, INT64_MAX},
        {"3 9223372036854775808 0\n", -EINVAL, 7, 7},
        {"18446744073709551616 1 0\n", -EINVAL, 7, 7},
        {"-3 1 0\n", -EINVAL, 7, 7},
        {"3 1k 0\n", -EINVAL, 7, 7},
        {"3\n", -ENODATA, 7, 7},
        {"\n", -ENODATA, 7, 7},
        {"3 1", -ENODATA, 7, 7}, /* cut off */
        {"", -ENODATA, 7, 7},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_process process = {.total_vm_pages = 7, .rss_pages = 7};

        assert_int_equal(rl_parse_statm(rows[i].text, &process), rows[i].r);
        assert_int_equal(process.total_vm_pages, rows[i].size);
        assert_int_equal(process.rss_pages, rows[i].rss);
    }
}

static void test_proc_cgroup(void **state)
{
    static const struct {
        const char *text;
        int r;
        const char *path;
    } rows[] = {
        {"0::/\n", 0, "/"},
        {"0::/a/b\n", 0, "/a/b"},
        {"4:memory:/x\n1:name=systemd:/y\n0::/z\n", 0, "/z"},
        {"0::/a/b (deleted)\n", 0, "/a/b"},
        {"0::/a (deleted)/b\n", 0, "/a (deleted)/b"},
        {"0:: (deleted)\n", -EINVAL, NULL},
        {"0::/../../x\n", 0, "/../../x"},
        {"0::/a:b c\xff\n", 0, "/a:b c\xff"},
        {"0::\n", -EINVAL, NULL},
        {"0::relative\n", -EINVAL, NULL},
        {"10::/a\n", -ENODATA, NULL},
        {"0:x:/a\n", -ENODATA, NULL},
        {"0::/cut", -ENODATA, NULL},
        {"", -ENODATA, NULL},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char text[128];
        const char *path = NULL;

        snprintf(text, sizeof(text), "%s", rows[i].text);
        assert_int_equal(rl_parse_proc_cgroup(text, &path), rows[i].r);
        if (rows[i].path)
            assert_string_equal(path, rows[i].path);
        else
            assert_null(path);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cut_at_every_byte),
        cmocka_unit_test(test_every_byte_replaced),
        cmocka_unit_test(test_pressure),
        cmocka_unit_test(test_events),
        cmocka_unit_test(test_memory_stat),
        cmocka_unit_test(test_memory_held),
        cmocka_unit_test(test_limit),
        cmocka_unit_test(test_small_files),
        cmocka_unit_test(test_meminfo),
        cmocka_unit_test(test_vmstat),
        cmocka_unit_test(test_vmstat_of_kswapd),
        cmocka_unit_test(test_cpus),
        cmocka_unit_test(test_cpu_masks),
        cmocka_unit_test(test_stat_hostile_comm),
        cmocka_unit_test(test_stat_flags),
        cmocka_unit_test(test_stat_refused),
        cmocka_unit_test(test_reaction),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_status_refused),
        cmocka_unit_test(test_statm),
        cmocka_unit_test(test_adj),
        cmocka_unit_test(test_proc_cgroup),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
