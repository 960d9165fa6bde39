/* Lines put together to reports: where one begins and ends, whoever's log it stands in. */
#include "tests/unit/autopsy.h"

#define HEADER(comm) comm " invoked oom-killer: gfp_mask=0x201da, order=0, oom_score_adj=0\n"
#define TABLE        "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name\n"
#define ROW(pid)     "[" pid "] 0 " pid " 100 50 3 4 0 x\n"
#define SELECT(pid)  "Out of memory: Kill process " pid " (x) score 9 or sacrifice child\n"
#define SIZES        " total-vm:400kB, anon-rss:2kB, file-rss:3kB\n"
#define KILLED(pid)  "Killed process " pid " (x)" SIZES
#define OOM(pid)     "Out of memory: " KILLED(pid)
#define MEMCG(pid)   "Memory cgroup out of memory: " KILLED(pid)
#define OTHER(pid)   "Out of memory: Killed process " pid " (y)" SIZES
#define SUMMARY(pid)                                                                               \
    "oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,"      \
    "task_memcg=/,task=x,pid=" pid ",uid=0\n"
#define GROUP    "Tasks in /a are going to be killed due to memory.oom.group set\n"
#define MEM_INFO "Mem-Info:\nactive_anon:5 inactive_anon:6\n800 pages RAM\nTotal swap = 7kB\n"
#define LIMIT    "memory: usage 1kB, limit 1kB, failcnt 0\n"
#define FOREIGN  "Jan  1 00:00:00 h app[1]: something else\n"

static struct found found;

static void read_text(const char *text)
{
    read_log(text, strlen(text), 0, &found);
}

static char *repeat(const char *head, const char *line, size_t n, const char *tail)
{
    size_t len = strlen(line);
    char *text = malloc(strlen(head) + n * len + strlen(tail) + 1), *to = text;

    assert_non_null(text);
    to = stpcpy(to, head);
    for (size_t i = 0; i < n; i++)
        to = stpcpy(to, line);
    strcpy(to, tail);
    return text;
}

static int forget(void **state)
{
    found_free(&found);
    return 0;
}

/* How many reports, and how many die in all of them. */
static const struct {
    const char *name, *log;
    size_t reports, kills, tasks;
} logs[] = {
    {"nothing", "", 0, 0, 0},
    {"blank lines", "\n\n\n", 0, 0, 0},
    {"another program's", FOREIGN FOREIGN, 0, 0, 0},
    {"a whole one", HEADER("a") MEM_INFO TABLE ROW("1") ROW("2") SELECT("1") KILLED("1"), 1, 1, 2},
    {"without its header", TABLE ROW("1") SELECT("1") KILLED("1"), 1, 1, 1},
    {"only the table", TABLE ROW("1") ROW("2"), 1, 0, 2},
    {"only a table's header", TABLE, 0, 0, 0},
    {"only Mem-Info", MEM_INFO, 0, 0, 0},
    {"only the choice", SELECT("1"), 1, 0, 0},
    {"only the kill", KILLED("1"), 1, 1, 0},
    {"only kills", OOM("1") OOM("2") OOM("3"), 3, 3, 0},
    {"only summaries", SUMMARY("1") SUMMARY("2"), 2, 0, 0},
    {"summary and kill", SUMMARY("1") OOM("1"), 1, 1, 0},
    {"both, twice", SUMMARY("1") OOM("1") SUMMARY("2") OOM("2"), 2, 2, 0},
    {"choice and kill, twice", SELECT("1") KILLED("1") SELECT("2") KILLED("2"), 2, 2, 0},
    {"summary, choice and kill", SUMMARY("1") SELECT("1") KILLED("1"), 1, 1, 0},
    {"a child died instead", SELECT("1") KILLED("5"), 1, 1, 0},
    {"the same kill twice", OOM("1") OOM("1"), 1, 1, 0},
    {"the same choice twice", SELECT("1") SELECT("1") KILLED("1"), 1, 1, 0},
    {"the same summary twice", SUMMARY("1") SUMMARY("1") OOM("1"), 1, 1, 0},
    {"header ends the one before", HEADER("a") HEADER("b"), 2, 0, 0},
    {"table ends the one before", TABLE ROW("1") TABLE ROW("2"), 2, 0, 2},
    {"table behind an outcome", OOM("1") TABLE ROW("2") OOM("2"), 2, 2, 1},
    {"two, one after the other",
        HEADER("a") TABLE ROW("1") OOM("1") HEADER("b") TABLE ROW("2") OOM("2"), 2, 2, 2},
    {"a kill of its own behind a cgroup's", MEMCG("1") OOM("2"), 2, 2, 0},
    {"a cgroup's report without its kill", HEADER("a") LIMIT OOM("2"), 2, 1, 0},
    {"two cgroups' reports without headers and kills",
        LIMIT TABLE ROW("1") SUMMARY("1") LIMIT TABLE ROW("2") SUMMARY("2"), 2, 0, 2},
    {"a choice whose kill is lost, then another kill", SUMMARY("1") OTHER("2"), 2, 1, 0},
    {"a choice whose leader is gone", SUMMARY("1") OOM("2"), 1, 1, 0},
    {"a choice whose thread has another name",
        TABLE "[2] 0 1 100 50 3 4 0 x\n" SUMMARY("1") OTHER("2"), 1, 1, 1},
    {"a choice and the child that died instead", SUMMARY("1") SELECT("1") "Killed process 2 (y)\n",
        1, 1, 0},
    {"cut within the name", "Out of memory: Killed process 1 (x", 1, 1, 0},
    {"group", MEMCG("1") GROUP MEMCG("1") MEMCG("2") MEMCG("3"), 1, 3, 0},
    {"group, announced first", GROUP MEMCG("1") MEMCG("2"), 1, 2, 0},
    {"group, not announced", MEMCG("1") MEMCG("1") MEMCG("2") MEMCG("3"), 1, 3, 0},
    {"the same global kill twice, then another", OOM("1") OOM("1") OOM("2"), 2, 2, 0},
    {"two groups without headers",
        MEMCG("1") GROUP MEMCG("1") MEMCG("2") MEMCG("3") GROUP MEMCG("3") MEMCG("4"), 2, 4, 0},
    {"a group of one, then another", MEMCG("1") GROUP MEMCG("1") SUMMARY("2") OOM("2"), 2, 2, 0},
    {"exiting", "Memory cgroup out of memory: OOM victim 3 (x) is already exiting. Skip killing\n",
        1, 0, 0},
    {"nobody to kill",
        HEADER("a") "Out of memory and no killable processes...\n"
                    "Kernel panic - not syncing: System is deadlocked on memory\n",
        1, 0, 0},
    {"only a panic", "Kernel panic - not syncing: Out of memory and no killable processes...\n", 1,
        0, 0},
    {"another panic", "Kernel panic - not syncing: Attempted to kill init!\n", 0, 0, 0},
    {"the reaper alone", "oom_reaper: reaped process 1 (x), now anon-rss:0kB\n", 0, 0, 0},
    {"a kill that others quote",
        OOM("1") "h npd[1]: Message:Memory cgroup out of memory: " KILLED(
            "2") "h systemd[1]: x.scope: A process of this unit has been killed by the OOM "
                 "killer.\n"
                 "h containerd[1]: msg=\"Out of memory: Killed process 3 (x) total-vm:1kB\"\n",
        1, 1, 0},
    {"rows between other lines",
        HEADER("a") TABLE FOREIGN ROW("1") FOREIGN FOREIGN ROW("2") FOREIGN OOM("1"), 1, 1, 2},
    {"rows behind the outcome are another's", TABLE ROW("1") OOM("1") ROW("2"), 1, 1, 1},
    {"rows behind the choice too", TABLE ROW("1") SUMMARY("1") ROW("2"), 1, 0, 1},
    {"memory again within a group", MEMCG("1") GROUP MEM_INFO MEMCG("2"), 1, 2, 0},
    {"rows without a header", ROW("1") ROW("2"), 0, 0, 0},
};

static void test_how_many_reports_a_log_holds(void **state)
{
    size_t wrong = 0;

    for (size_t i = 0; i < sizeof(logs) / sizeof(logs[0]); i++) {
        read_text(logs[i].log);
        if (found.reports == logs[i].reports && found.kills == logs[i].kills &&
            found.tasks == logs[i].tasks)
            continue;
        wrong++;
        print_error("%s: %zu reports, %zu kills, %zu tasks\n%s", logs[i].name, found.reports,
            found.kills, found.tasks, found.text);
    }
    assert_int_equal(wrong, 0);
}

static void test_what_a_report_is_told(void **state)
{
    read_text("[ 1.000000] " HEADER(
        "a b") "[ 1.000000] a b cpuset=c mems_allowed=0-1\n"
               "[ 1.000000] CPU: 1 PID: 77 Comm: a b Not tainted 3.10.0 #1\n" MEM_INFO
               "Node 0 Normal: 1*64kB (U) 2*128kB (U) = 320kB\n"
               "Node 0 hugepages_total=3 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB\n"
               "Node 1 hugepages_total=1 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB\n"
               "Free swap  = 5kB\n20 pages HighMem\n30 pages reserved\n0 pages cma reserved\n" TABLE
                   ROW("9") SELECT("9") KILLED("9") "CommitLimit: 11 kB\nCommitted_AS: 12 kB\n");
    assert_int_equal(found.reports, 1);
    assert_string_equal(found.last.stamp, "1.000000");
    assert_int_equal(found.last.first_line, 1);
    assert_int_equal(found.last.last_line, 20);
    assert_string_equal(found.last.invoker.comm, "a b");
    assert_int_equal(found.last.invoker.pid, 77);
    assert_string_equal(found.last.kernel, "3.10.0");
    assert_string_equal(found.last.cpuset, "c");
    assert_string_equal(found.last.mems_allowed, "0-1");
    assert_int_equal(found.last.active_anon, 5);
    assert_int_equal(found.last.ram_pages, 800);
    assert_int_equal(found.last.highmem_pages, 20);
    assert_int_equal(found.last.reserved_pages, 30);
    assert_int_equal(found.last.total_swap_kb, 7);
    assert_int_equal(found.last.free_swap_kb, 5);
    assert_int_equal(found.last.hugetlb_kb, 8192);
    assert_int_equal(found.last.page_size, 65536);
    assert_true(found.last.page_size_known);
    assert_int_equal(found.last.commit_limit_kb, 11);
    assert_int_equal(found.last.committed_kb, 12);
    assert_int_equal(found.last.printed_score, 9);
    assert_int_equal(found.last.tasks[0].table_pages, 3);
    assert_int_equal(found.last.have,
        RL_OOM_RAM | RL_OOM_RESERVED | RL_OOM_TOTAL_SWAP | RL_OOM_FREE_SWAP | RL_OOM_SELECTED |
            RL_OOM_SCORE | RL_OOM_ORDER | RL_OOM_INVOKER_ADJ | RL_OOM_COMMIT | RL_OOM_GFP);
}

static void test_what_a_report_does_not_show_is_not_there(void **state)
{
    read_text(OOM("7"));
    assert_int_equal(found.last.have, 0);
    assert_int_equal(found.last.invoker.pid, -1);
    assert_int_equal(found.last.selected.pid, -1);
    assert_false(found.last.has_header);
    assert_false(found.last.page_size_known);
    assert_int_equal(found.last.page_size, 4096);
    assert_false(found.last.memory.known);
    assert_true(found.last.kills[0].sizes_known);
    read_text("Killed process 13186 (php5-cgi)\n");
    assert_false(found.last.kills[0].sizes_known);
}

static void test_the_size_of_a_page_from_kb_against_pages(void **state)
{
    read_text(TABLE "[5] 0 5 1000 50 3 4 0 x\n"
                    "Out of memory: Killed process 5 (x) total-vm:64000kB, anon-rss:2kB\n");
    assert_true(found.last.page_size_known);
    assert_int_equal(found.last.page_size, 65536);
    read_text(TABLE "[5] 0 5 1000 50 3 4 0 x\n"
                    "Out of memory: Killed process 5 (x) total-vm:5000kB, anon-rss:2kB\n");
    assert_int_equal(found.last.page_size, 4096);
    assert_true(found.last.page_size_known);
    read_text(TABLE "[5] 0 5 1000 50 3 4 0 x\n"
                    "Out of memory: Killed process 6 (x) total-vm:64000kB, anon-rss:2kB\n");
    assert_false(found.last.page_size_known);
}

static void test_memory_cgroups(void **state)
{
    read_text(
        "Task in /A/B killed as a result of limit of /A\n"
        "memory: usage 1kB, limit 2kB, failcnt 3\n"
        "memory+swap: usage 4kB, limit 9007199254740988kB, failcnt 5\n"
        "Memory cgroup stats for /A: cache:0KB\nMemory cgroup stats for /A/B: cache:0KB\n" TABLE
            ROW("1") "Memory cgroup out of memory: Kill process 1 (x) score 1 or sacrifice\n");
    assert_true(found.last.is_memcg);
    assert_string_equal(found.last.oom_memcg, "/A");
    assert_string_equal(found.last.task_memcg, "/A/B");
    assert_int_equal(found.last.memory.limit_kb, 2);
    assert_int_equal(found.last.memory.failcnt, 3);
    assert_true(found.last.memory_swap.unlimited);
    assert_false(found.last.swap.known);

    read_text("memory: usage 1kB, limit 2kB, failcnt 0\nswap: usage 1kB, limit 0kB, failcnt "
              "0\nMemory cgroup stats for /B:\nanon 11\nfile 12\n"
              "kernel 13\nshmem 14\nslab 15\ninactive_anon 16\nTasks state (memory values in "
              "pages):\n" TABLE ROW("1"));
    assert_true(found.last.stat_known);
    assert_int_equal(found.last.stat_anon, 11);
    assert_int_equal(found.last.stat_file, 12);
    assert_int_equal(found.last.stat_kernel, 13);
    assert_int_equal(found.last.stat_shmem, 14);
    assert_int_equal(found.last.stat_slab, 15);
    assert_true(found.last.swap.known);
    assert_false(found.last.swap.unlimited);
    assert_string_equal(found.last.oom_memcg, "/B");

    /* of a report behind one whose kill is lost */
    read_text(LIMIT TABLE ROW("1")
            SUMMARY("1") "memory: usage 1kB, limit 9kB, failcnt 0\n" TABLE ROW("2") SUMMARY("2"));
    assert_int_equal(found.last.memory.limit_kb, 9);

    /* the first counts; and the block ends with the table */
    read_text(HEADER("a") "memory: usage 1kB, limit 2kB, failcnt 3\n"
                          "memory: usage 4kB, limit 5kB, failcnt 6\n"
                          "Memory cgroup stats for /B:\nanon 11\n" TABLE ROW("1") "anon 12\n");
    assert_int_equal(found.last.memory.limit_kb, 2);
    assert_int_equal(found.last.stat_anon, 11);

    /* printed in three parts, each with a stamp of its own */
    read_text("[15447.035779] Task in /lxc/foo\n[15447.035785] killed as a result of limit of \n"
              "[15447.035789] /lxc\n");
    assert_string_equal(found.last.task_memcg, "/lxc/foo");
    assert_string_equal(found.last.oom_memcg, "/lxc");
    read_text(
        "Task in /docker/0123 killed as a result of limit of /docker/0\n123\n" TABLE ROW("1"));
    assert_string_equal(found.last.oom_memcg, "/docker/0123");
    read_text("Task in\n/docker/0123 killed as a result of limit of\n/docker\n");
    assert_string_equal(found.last.task_memcg, "/docker/0123");
    assert_string_equal(found.last.oom_memcg, "/docker");
    read_text("[15447.035779] Task in /lxc/foo\n[15447.035785] something\n");
    assert_string_equal(found.last.task_memcg, "/lxc/foo");
}

static void test_what_else_is_said_of_the_outcome(void **state)
{
    char *text;

    read_text("SysRq : Manual OOM execution\n" HEADER("kworker/0:1"));
    assert_true(found.last.by_sysrq);
    read_text(HEADER("a"));
    assert_false(found.last.by_sysrq);
    text = repeat("SysRq : Manual OOM execution\n", FOREIGN, 100, HEADER("a"));
    read_text(text);
    assert_false(found.last.by_sysrq);
    free(text);
    read_text("a invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=-1, oom_score_adj=0\n");
    assert_true(found.last.by_sysrq);
    read_text(
        "Out of memory (oom_kill_allocating_task): Kill process 1 (x) score 0 or sacrifice\n");
    assert_true(found.last.kills_allocating);
    read_text("No available memory (MPOL_BIND): kill process 1 (x) score 0 or a child\n");
    assert_string_equal(found.last.constraint, "memory_policy");
    read_text(SUMMARY("1") OOM("1") "oom_reaper: reaped process 1 (x), now anon-rss:0kB\n");
    assert_string_equal(found.last.constraint, "none");
    assert_int_equal(found.last.reaped, 1);
    read_text(MEMCG("1") GROUP MEMCG("1") MEMCG("2"));
    assert_true(found.last.group_kill);
    assert_string_equal(found.last.group, "/a");
    assert_int_equal(found.last.n_kills, 2);
    read_text(HEADER("a") "Kernel panic - not syncing: Out of memory: compulsory panic_on_oom\n");
    assert_true(found.last.panicked);
    assert_false(found.last.no_victim);
    read_text("Memory cgroup out of memory: OOM victim 3 (x) is already exiting. Skip killing\n");
    assert_true(found.last.victim_was_exiting);
}

/* The choice's pid was cut off, but who died by that name is known. */
static void test_a_summary_that_was_cut(void **state)
{
    read_text(
        "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a,task=x,pid=1\n" MEMCG(
            "116849"));
    assert_int_equal(found.last.selected.pid, 116849);
    read_text(
        "oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a,task=y,pid=1\n" MEMCG(
            "116849"));
    assert_int_equal(found.last.selected.pid, -1);
    assert_string_equal(found.last.selected.comm, "y");
    read_text("oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a,>\n");
    assert_int_equal(found.last.have & RL_OOM_SELECTED, 0);
    assert_string_equal(found.last.oom_memcg, "/a");
}

/* Lines that mailers and terminals broke. */
static void test_broken_lines_are_joined(void **state)
{
    read_text(
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_ad\nj name\n"
        "[    225]     0   225     3425     1294    24576\n0             0 systemd-journal\n"
        "[    226]     0   226     3425     1294    245\n76        0             0 second\n"
        "> [    227]     0   227     3425     1294    24576\n> 0             -5 third\n"
        "[    228]     0   228     3425     1294    24576   0  0\nfourth\n"
        "[  1.000000] [    229]     0   229     3425     1294    24576   0  0 fif\nth\n"
        "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom\n_memcg=/a/long/pa\nth,task_mem\n"
        "cg=/a,task=x,pid=22\n5,uid=0\n"
        "Memory cgroup out of memory: Killed process 225\n(systemd-journal) total-vm:13700kB,\n"
        "anon-rss:1kB, file-r\nss:2kB, shmem-rss:3kB, UID:0\npgtables:24kB oom_score_adj:0\n");
    assert_int_equal(found.reports, 1);
    assert_int_equal(found.last.n_tasks, 5);
    assert_int_equal(found.last.bad_rows, 0);
    assert_string_equal(found.last.tasks[0].comm, "systemd-journal");
    assert_int_equal(found.last.tasks[1].table_bytes, 24576);
    assert_string_equal(found.last.tasks[1].comm, "second");
    assert_int_equal(found.last.tasks[2].oom_score_adj, -5);
    assert_string_equal(found.last.tasks[3].comm, "fourth");
    assert_string_equal(found.last.tasks[4].comm, "fifth");
    assert_string_equal(found.last.oom_memcg, "/a/long/path");
    assert_int_equal(found.last.selected.pid, 225);
    assert_int_equal(found.last.n_kills, 1);
    assert_int_equal(found.last.kills[0].file_kb, 2);
    assert_int_equal(found.last.kills[0].tables_kb, 24);

    read_text("java invoked oom-killer: gfp_mask=0x1(A|\nB), order=2,\noom_score_adj=7\n"
              "CPU: 1 PID: 77 Comm: java Tainted: G        W\n3.10.0 #1\n"
              "[ 1.000000] Out of memory: Kill\nprocess 5 (x) score 9 or sacrifice child\n"
              "[ 1.000000] Out of\nmemory: Killed process 5 (x)" SIZES);
    assert_int_equal(found.reports, 1);
    assert_string_equal(found.last.gfp_mask, "0x1(A|B)");
    assert_int_equal(found.last.order, 2);
    assert_int_equal(found.last.invoker_adj, 7);
    assert_string_equal(found.last.kernel, "3.10.0");
    assert_int_equal(found.last.printed_score, 9);
    assert_int_equal(found.last.n_kills, 1);
}

static void test_names_and_numbers_that_a_line_s_end_cut(void **state)
{
    /* a name with a blank, behind a number cut in two */
    read_text(
        "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name\n"
        "[    226]     0   226     3425     1294    245\n76        0             0 tmux: server\n");
    assert_string_equal(found.last.tasks[0].comm, "tmux: server");
    assert_int_equal(found.last.tasks[0].table_bytes, 24576);

    /* no end of a name: too long, several words, left out by somebody, the kernel's own line */
    read_text(TABLE "[ 1.000000] [1] 0 1 100 50 3 4 0 alpha\nlongerthanallnames\n"
                    "[ 1.000000] [2] 0 2 100 50 3 4 0 beta\nof them\n"
                    "[ 1.000000] [3] 0 3 100 50 3 4 0 gamma\n[...]\n"
                    "[ 1.000000] [4] 0 4 100 50 3 4\n[ 1.000000] 0 delta\n"
                    "[ 1.000000] [5] 0 5 100 50 3 4 0 zeta\n");
    assert_int_equal(found.last.n_tasks, 4);
    assert_int_equal(found.last.bad_rows, 1);
    assert_string_equal(found.last.tasks[0].comm, "alpha");
    assert_string_equal(found.last.tasks[1].comm, "beta");
    assert_string_equal(found.last.tasks[2].comm, "gamma");
    assert_string_equal(found.last.tasks[3].comm, "zeta");

    read_text(HEADER("a") "active_anon:1 inactive_an\non:2 slab_unreclaimable:42\n360\n"
                          " free:12\n0 pages in swap cache\n");
    assert_int_equal(found.last.inactive_anon, 2);
    assert_int_equal(found.last.slab_unreclaimable, 42360);
    assert_int_equal(found.last.free, 12);

    read_text(
        "> oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom\n> _memcg=/a,task_memcg=/a\n"
        "> ,task=x,pid=5,uid=0\n");
    assert_string_equal(found.last.oom_memcg, "/a");
    assert_int_equal(found.last.selected.pid, 5);
}

static void test_what_only_looks_like_the_rest_of_a_line(void **state)
{
    read_text("java invoked oom-killer: gfp_mask=0xd0\nMem-info:\nfoo\n");
    assert_string_equal(found.last.gfp_mask, "0xd0");
    read_text("java invoked oom-killer: gfp_mask=0xd0\nWhatever\n");
    assert_string_equal(found.last.gfp_mask, "0xd0");
    read_text("java invoked oom-killer:\nWhatever\n");
    assert_int_equal(found.reports, 1);
    assert_string_equal(found.last.invoker.comm, "java");
    read_text("oom-kill:constraint=CONSTRAINT_MEMCG,oom_memcg=/a,task_memcg=/a.service,>\nfoo\n"
              "Memory cgroup out of memory: Killed process 5 (x)\n");
    assert_string_equal(found.last.oom_memcg, "/a");
    assert_int_equal(found.last.n_kills, 1);
}

static void test_what_cannot_be_joined_is_counted(void **state)
{
    read_text(TABLE ROW("1") "[2] 0 2 100\n" FOREIGN "[3] 0 3\n" ROW("4") "[5] 0 5 100 50 3 4");
    assert_int_equal(found.last.n_tasks, 2);
    assert_int_equal(found.last.bad_rows, 3);
    assert_true(found.last.table_cut);
    read_text(TABLE ROW("1") "[...]\n" ROW("4"));
    assert_int_equal(found.last.bad_rows, 0);
    assert_true(found.last.table_cut);
    read_text("[...]\n" HEADER("a") "[...]\n" TABLE ROW("1") ROW("4") OOM("1") "[...]\n");
    assert_false(found.last.table_cut);
}

static void test_how_others_wrote_it(void **state)
{
    /* quoted-printable, with its line breaks */
    read_text("java invoked oom-killer: gfp_mask=3D0x201da, order=3D0, oom_score=\r\n_adj=3D3\r\n");
    assert_int_equal(found.last.invoker_adj, 3);
    /* rsyslog's newlines */
    read_text(
        HEADER("a") "Mem-Info:\nactive_anon:1 inactive_anon:2#012 active_file:3#012 free:4\n");
    assert_int_equal(found.last.active_file, 3);
    assert_int_equal(found.last.free, 4);
    /* /dev/kmsg's newlines, and what it has for a backslash and for all that is not ASCII */
    read_text("4,1,2,-;" HEADER(
        "a") "4,2,2,-;Mem-Info:\n"
             "4,3,2,-;active_anon:1 inactive_anon:2\\x0a active_file:3\\x0a free:4\n"
             "3,4,2,-;Killed process 7 (a\\x5cx0a\\xc3\\xa4\\xc3\\xa4\\x0)" SIZES);
    assert_int_equal(found.last.active_file, 3);
    assert_int_equal(found.last.free, 4);
    assert_string_equal(found.last.kills[0].who.comm, "a\\x0a\xc3\xa4\xc3\xa4\\x0");
    read_text("Killed process 7 (a\\x5cb)\n");
    assert_string_equal(found.last.kills[0].who.comm, "a\\x5cb");
    /* blanks that are none */
    read_text("Killed\xc2\xa0process\xc2\xa0"
              "7\xc2\xa0(x)\n");
    assert_int_equal(found.last.kills[0].who.pid, 7);
    /* colours */
    read_text("\033[32m[    1.000000] \033[0m\033[33mKilled process 7 (x)\033[0m\n");
    assert_int_equal(found.kills, 1);
    read_text("\033[01;31m\033[KKilled process 7 (x)\033[m\033[K\n");
    assert_int_equal(found.kills, 1);
    /* no newline at the end */
    read_text("Killed process 7 (x)");
    assert_int_equal(found.kills, 1);
}

static void test_a_kill_long_behind_its_table(void **state)
{
    char *text = repeat(HEADER("a") TABLE ROW("1"), FOREIGN, 5000, OOM("1"));

    read_text(text);
    assert_int_equal(found.reports, 1);
    assert_int_equal(found.last.n_tasks, 1);
    assert_int_equal(found.last.n_kills, 1);
    free(text);

    /* but a group is not still being killed then, and old memory is not that of another report */
    text = repeat(MEMCG("1") GROUP MEMCG("1"), FOREIGN, 5000, MEMCG("2"));
    read_text(text);
    assert_int_equal(found.reports, 2);
    free(text);
    text = repeat(MEM_INFO, FOREIGN, 5000, OOM("1"));
    read_text(text);
    assert_int_equal(found.last.have, 0);
    free(text);
}

static void test_a_report_whose_beginning_is_lost_keeps_what_is_left(void **state)
{
    read_text("CPU: 1 PID: 77 Comm: a Not tainted 3.10.0 #1\n" MEM_INFO TABLE ROW("1") OOM("1"));
    assert_int_equal(found.reports, 1);
    assert_int_equal(found.last.ram_pages, 800);
    assert_string_equal(found.last.kernel, "3.10.0");
    assert_int_equal(found.last.first_line, 1);
    /* the last before it is its own, and nothing of those before */
    read_text("CPU: 1 PID: 77 Comm: a Not tainted 3.10.0 #1\n"
              "CPU: 1 PID: 78 Comm: a Not tainted 4.10.0 #1\n"
              "Mem-Info:\n20 pages HighMem\n" MEM_INFO OOM("1") "5 pages reserved\n");
    assert_string_equal(found.last.kernel, "");
    assert_int_equal(found.last.highmem_pages, 0);
    assert_int_equal(found.last.ram_pages, 800);
    assert_int_equal(found.last.have & RL_OOM_RESERVED, 0);
    read_text("CPU: 1 PID: 77 Comm: a Not tainted 3.10.0 #1\n"
              "CPU: 1 PID: 78 Comm: a Not tainted 4.10.0 #1\n" OOM("1"));
    assert_string_equal(found.last.kernel, "4.10.0");

    /* of two of them each has its own; and so has one behind a whole report */
    read_text(HEADER("a") MEM_INFO TABLE ROW("1")
            OOM("1") "Mem-Info:\n900 pages RAM\n" TABLE ROW("2") OOM("2"));
    assert_int_equal(found.reports, 2);
    assert_int_equal(found.last.ram_pages, 900);
    /* a warning that came in between does not change who asked */
    read_text(HEADER("a") "CPU: 1 PID: 77 Comm: a Not tainted 3.10.0 #1\n"
                          "CPU: 2 PID: 78 Comm: b Not tainted 4.10.0 #1\n" OOM(
                              "1") "CPU: 2 PID: 79 Comm: c Not tainted 4.11.0 #1\n");
    assert_int_equal(found.last.invoker.pid, 77);
    assert_string_equal(found.last.kernel, "3.10.0");
}

static void test_more_of_a_group_than_is_kept(void **state)
{
    char *text = malloc(1200 * 128), *to = text;

    assert_non_null(text);
    to += sprintf(to, GROUP);
    for (int i = 0; i < 1100; i++)
        to += sprintf(to, "Memory cgroup out of memory: Killed process %d (x)" SIZES, i + 1);
    read_text(text);
    assert_int_equal(found.reports, 1);
    assert_int_equal(found.last.n_kills, RL_OOM_KILLS);
    assert_int_equal(found.last.more_kills, 1100 - RL_OOM_KILLS);
    free(text);
}

static void test_a_very_long_line_counts_as_what_it_begins_with(void **state)
{
    char *text = repeat("oom-kill:constraint=CONSTRAINT_NONE,task_memcg=/", "abcdefgh", 20000,
        ",task=x,pid=1,uid=0\n" OOM("2"));

    read_text(text);
    assert_int_equal(found.reports, 1);
    assert_int_equal(found.last.have & RL_OOM_SELECTED, 0);
    assert_int_equal(found.last.n_kills, 1);
    free(text);
    /* a path of more than is kept */
    text = repeat("Task in /", "0123456789abcdef", 1000, " killed as a result of limit of /x\n");
    read_text(text);
    assert_int_equal(strlen(found.last.task_memcg), RL_OOM_PATH_MAX - 1);
    assert_string_equal(found.last.oom_memcg, "/x");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_how_many_reports_a_log_holds, forget),
        cmocka_unit_test_teardown(test_what_a_report_is_told, forget),
        cmocka_unit_test_teardown(test_what_a_report_does_not_show_is_not_there, forget),
        cmocka_unit_test_teardown(test_the_size_of_a_page_from_kb_against_pages, forget),
        cmocka_unit_test_teardown(test_memory_cgroups, forget),
        cmocka_unit_test_teardown(test_what_else_is_said_of_the_outcome, forget),
        cmocka_unit_test_teardown(test_a_summary_that_was_cut, forget),
        cmocka_unit_test_teardown(test_broken_lines_are_joined, forget),
        cmocka_unit_test_teardown(test_names_and_numbers_that_a_line_s_end_cut, forget),
        cmocka_unit_test_teardown(test_what_only_looks_like_the_rest_of_a_line, forget),
        cmocka_unit_test_teardown(test_what_cannot_be_joined_is_counted, forget),
        cmocka_unit_test_teardown(test_how_others_wrote_it, forget),
        cmocka_unit_test_teardown(test_a_kill_long_behind_its_table, forget),
        cmocka_unit_test_teardown(test_a_report_whose_beginning_is_lost_keeps_what_is_left, forget),
        cmocka_unit_test_teardown(test_more_of_a_group_than_is_kept, forget),
        cmocka_unit_test_teardown(test_a_very_long_line_counts_as_what_it_begins_with, forget),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
