/* The lines of a report one by one: which it is, what it says, and whether it is all there. */
#include "tests/unit/autopsy.h"

#include "daemon/autopsy/grammar.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What a line says, in words: kind, whole or not, and its fields. */
static void say(const struct rl_oom_line *l, char *out, size_t size)
{
#define S(span) (int)(span).len, (span).s ? (span).s : ""
    switch (l->kind) {
    case RL_OOM_LINE_NOTHING:
        snprintf(out, size, "nothing");
        return;
    case RL_OOM_LINE_HEADER:
        snprintf(out, size, "header '%.*s' gfp %.*s nodes %.*s order %d/%d adj %d/%d",
            S(l->header.comm), S(l->header.gfp_mask), S(l->header.nodemask), l->header.order_known,
            l->header.order, l->header.adj_known, l->header.adj);
        break;
    case RL_OOM_LINE_CPUSET:
        snprintf(out, size, "cpuset %.*s %.*s", S(l->cpuset.name), S(l->cpuset.mems));
        break;
    case RL_OOM_LINE_CPU:
        snprintf(out, size, "cpu %ld '%.*s' %.*s", l->cpu.pid, S(l->cpu.comm), S(l->cpu.version));
        break;
    case RL_OOM_LINE_TASK_IN:
        snprintf(out, size, "task in '%.*s' of '%.*s'", S(l->task_in.task), S(l->task_in.limit));
        break;
    case RL_OOM_LINE_COUNTER:
        snprintf(out, size, "counter %d %lu %lu %s %lu", l->counter.of, l->counter.value.usage_kb,
            l->counter.value.limit_kb, l->counter.value.unlimited ? "none" : "limit",
            l->counter.value.failcnt);
        break;
    case RL_OOM_LINE_STATS:
        snprintf(out, size, "stats %.*s %d", S(l->stats.path), l->stats.block);
        break;
    case RL_OOM_LINE_STAT:
        snprintf(out, size, "stat %.*s %lu", S(l->stat.name), l->stat.value);
        break;
    case RL_OOM_LINE_MEM_INFO:
        snprintf(out, size, "mem-info");
        break;
    case RL_OOM_LINE_SUMS:
        snprintf(out, size, "sums %zu %.*s %lu", l->sums.n, S(l->sums.name[0]), l->sums.value[0]);
        return;
    case RL_OOM_LINE_SWAP_SIZE:
        snprintf(out, size, "swap %d %lu", l->swap.total, l->swap.kb);
        break;
    case RL_OOM_LINE_PAGES:
        snprintf(out, size, "pages %d %lu", l->pages.of, l->pages.n);
        break;
    case RL_OOM_LINE_HUGE:
        snprintf(out, size, "huge %lu", l->huge_kb);
        break;
    case RL_OOM_LINE_BUDDY:
        snprintf(out, size, "buddy %lu", l->page_size);
        break;
    case RL_OOM_LINE_COMMIT:
        snprintf(out, size, "commit %d %lu", l->commit.limit, l->commit.kb);
        break;
    case RL_OOM_LINE_TABLE:
        snprintf(out, size, "table %zu %x", l->table.n, l->table.have);
        break;
    case RL_OOM_LINE_ROW:
        snprintf(out, size, "row %ld %lu %ld %lu %lu %lu %lu %lu %d %d '%s'", l->row.pid,
            l->row.uid, l->row.tgid, l->row.total_vm, l->row.rss, l->row.swap, l->row.table_pages,
            l->row.table_bytes, l->row.oom_adj, l->row.oom_score_adj, l->row.comm);
        break;
    case RL_OOM_LINE_SUMMARY:
        snprintf(out, size,
            "summary %.*s nodes %.*s cpuset %.*s mems %.*s oom %.*s task %.*s global %d %ld '%.*s'",
            S(l->summary.constraint), S(l->summary.nodemask), S(l->summary.cpuset),
            S(l->summary.mems), S(l->summary.oom_memcg), S(l->summary.task_memcg),
            l->summary.global, l->summary.pid, S(l->summary.comm));
        break;
    case RL_OOM_LINE_SELECT:
        snprintf(out, size, "select %ld '%.*s' score %lu%s%s%s", l->death.pid, S(l->death.comm),
            l->death.score, l->death.is_memcg ? " memcg" : "",
            l->death.allocating ? " allocating" : "",
            l->death.constraint ? l->death.constraint : "");
        break;
    case RL_OOM_LINE_KILLED:
        snprintf(out, size, "killed %ld '%.*s' %d %lu %lu %lu %lu %lu%s", l->death.pid,
            S(l->death.comm), l->death.sizes_known, l->death.total_vm_kb, l->death.anon_kb,
            l->death.file_kb, l->death.shmem_kb, l->death.tables_kb,
            l->death.is_memcg ? " memcg" : "");
        break;
    case RL_OOM_LINE_GROUP:
        snprintf(out, size, "group %.*s", S(l->group));
        break;
    case RL_OOM_LINE_EXITING:
        snprintf(out, size, "exiting");
        break;
    case RL_OOM_LINE_REAPED:
        snprintf(out, size, "reaped");
        break;
    case RL_OOM_LINE_NO_VICTIM:
        snprintf(out, size, "no victim");
        break;
    case RL_OOM_LINE_PANIC:
        snprintf(out, size, "panic %d", l->panic_no_victim);
        break;
    case RL_OOM_LINE_SYSRQ:
        snprintf(out, size, "sysrq");
        break;
    case RL_OOM_LINE_BROKEN:
        snprintf(out, size, "broken");
        return;
    case RL_OOM_LINE_KINDS:
        fail();
    }
    if (!l->whole)
        strncat(out, " ...", size - strlen(out) - 1);
#undef S
}

static const struct line {
    const char *text, *says;
} lines[] = {
    /* who asked */
    {"oom-killer: gfp_mask=0xd0", "header '' gfp 0xd0 nodes  order 0/0 adj 0/0 ..."},
    {"SABnzbd.py invoked oom-killer: gfp_mask=0x1201d2, order=0, oomkilladj=0",
        "header 'SABnzbd.py' gfp 0x1201d2 nodes  order 1/0 adj 1/0"},
    {"Jan 1 00:00:00 h kernel: rs:main Q:Reg invoked oom-killer: gfp_mask=0x201da, order=0, "
     "oom_adj=-3",
        "header 'rs:main Q:Reg' gfp 0x201da nodes  order 1/0 adj 1/-3"},
    {"[    1.000000] java invoked oom-killer: gfp_mask=0x1, order=0, oom_adj=-17, "
     "oom_score_adj=-1000",
        "header 'java' gfp 0x1 nodes  order 1/0 adj 1/-1000"},
    {"mal-80 invoked oom-killer:gfp_mask=0xd0",
        "header 'mal-80' gfp 0xd0 nodes  order 0/0 adj 0/0 ..."},
    {"init invoked oom-killer: order=0, oom_score_adj=0, "
     "gfp_mask=0x24280ca(GFP_HIGHUSER_MOVABLE|GFP_ZERO)",
        "header 'init' gfp 0x24280ca(GFP_HIGHUSER_MOVABLE|GFP_ZERO) nodes  order 1/0 adj 1/0"},
    {"a invoked oom-killer: gfp_mask=0x1(A|B), nodemask=(null),  order=0, oom_score_adj=0",
        "header 'a' gfp 0x1(A|B) nodes (null) order 1/0 adj 1/0"},
    {"a invoked oom-killer: gfp_mask=0x1(A), nodemask=0-1,3, order=-1, oom_score_adj=5",
        "header 'a' gfp 0x1(A) nodes 0-1,3 order 1/-1 adj 1/5"},
    {"a invoked oom-killer: gfp_mask=0x0(), order=0, oom_score_adj=1000",
        "header 'a' gfp 0x0() nodes  order 1/0 adj 1/1000"},
    {"lots of prose about it without any mark x invoked oom-killer: gfp_mask=0x1, order=0, "
     "oom_score_adj=0",
        "header 'x' gfp 0x1 nodes  order 1/0 adj 1/0"},
    {"a invoked oom-killer: gfp_mask=0x1(A|", "header 'a' gfp 0x1(A| nodes  order 0/0 adj 0/0 ..."},
    {"a invoked oom-killer: gfp_mask=0x1, order=0, oom_score_adj=-1000, oom_adj=-17",
        "header 'a' gfp 0x1 nodes  order 1/0 adj 1/-1000"},
    {"a invoked oom-killer: order=0, oom_score_adj=0,",
        "header 'a' gfp  nodes  order 1/0 adj 1/0 ..."},
    {"a invoked oom-killer: hello", "nothing"},
    {"somebody who says \"java invoked oom-killer: gfp_mask=0x1, order=0, oom_score_adj=0",
        "nothing"},
    {"mkfs -t ext4 invoked oom-killer on i386 kernel running on", "nothing"},
    {"npd[12]: msg=\"java invoked oom-killer: gfp_mask=0x1, order=0, oom_score_adj=0\"", "nothing"},
    {"host app[12]: java invoked oom-killer: gfp_mask=0x1, order=0, oom_score_adj=0", "nothing"},
    {"what is the oom-killer: a primer", "nothing"},
    {"java cpuset=/ mems_allowed=0", "cpuset / 0"},
    {"java cpuset=6c6f mems_allowed=0-1,3", "cpuset 6c6f 0-1,3"},
    {"Pid: 3794, comm: java Not tainted 2.6.32-642.11.1.el6.x86_64 #1",
        "cpu 3794 'java' 2.6.32-642.11.1.el6.x86_64"},
    {"CPU: 4 PID: 29481 Comm: sed Not tainted 3.10.0-514.el7.x86_64 #1",
        "cpu 29481 'sed' 3.10.0-514.el7.x86_64"},
    {"CPU: 2 PID: 15307 Comm: syz executor Kdump: loaded Not tainted 5.15.0-rc4+ #55",
        "cpu 15307 'syz executor' 5.15.0-rc4+"},
    {"CPU: 64 UID: 1000 PID: 5646 Comm: cc1 Tainted: G S 6.11.0-rc6+ #34",
        "cpu 5646 'cc1' 6.11.0-rc6+"},
    {"CPU: 0 PID: 1 Comm: a Tainted: G                 ------------ T 3.10.0-957.el7 #1",
        "cpu 1 'a' 3.10.0-957.el7"},
    {"Pid: 1, comm: a Not tainted (2.6.28 #1)", "cpu 1 'a' 2.6.28"},
    {"CPU: 0 PID: 1 Comm: a Not tainted #1 5.10.0", "cpu 1 'a'  ..."},
    {"CPU: 0 PID: 1 Comm: a Tainted: G        W", "cpu 1 'a'  ..."},
    {"CPU: 0 PID: 1 Comm: a Not tainted Hardware name: QEMU, BIOS 1.15.0-1", "cpu 1 'a'  ..."},
    {"CPU: 0 PID: 1 Comm: a", "cpu 1 ''  ..."},
    {"SysRq : Manual OOM execution", "sysrq"},
    {"[77541.813863] sysrq: Manual OOM execution", "sysrq"},
    {"the Manual OOM execution", "nothing"},

    /* whose shortage */
    {"Task in /A/B killed as a result of limit of /A", "task in '/A/B' of '/A'"},
    {"[ 1.000000] Task in /lxc/foo", "task in '/lxc/foo' of '' ..."},
    {"Task in /lxc/foo killed as a result of limit of ", "task in '/lxc/foo' of '' ..."},
    {"Task in /a/b killed as a result of limit of /", "task in '/a/b' of '/'"},
    {"Task in /abc killed as a result of limit of /ab", "task in '/abc' of '/ab' ..."},
    {"Task in /abc killed as a result of limit of /d", "task in '/abc' of '/d' ..."},
    {"quoting: Task in /A/B killed as a result of limit of /A", "nothing"},
    {"memory: usage 307112kB, limit 307200kB, failcnt 35982",
        "counter 0 307112 307200 limit 35982"},
    {"memory+swap: usage 0kB, limit 9007199254740988kB, failcnt 0",
        "counter 1 0 9007199254740988 none 0"},
    {"swap: usage 0kB, limit 9007199254740992kB, failcnt 0", "counter 2 0 9007199254740992 none 0"},
    {"kmem: usage 0kB, limit 18014398509481983kB, failcnt 1",
        "counter 3 0 18014398509481983 none 1"},
    {"memory: usage 0kB, limit 9007199254740928kB, failcnt 0",
        "counter 0 0 9007199254740928 none 0"},
    {"memory: usage 0kB, limit 8589934588kB, failcnt 0", "counter 0 0 8589934588 none 0"},
    {"memory: usage 0kB, limit 8589934592kB, failcnt 0", "counter 0 0 8589934592 limit 0"},
    {"memory: usage 1kB,", "counter 0 1 0 limit 0 ..."},
    {"foo memory: usage 1kB, limit 2kB, failcnt 0", "nothing"},
    {"memory: usage 99999999999999999999kB, limit 2kB, failcnt 0", "nothing"},
    {"Memory cgroup stats for /A/C: cache:0KB rss:0KB", "stats /A/C 0"},
    {"Memory cgroup stats for /test512mb:", "stats /test512mb 1"},

    /* the machine */
    {"Mem-Info:", "mem-info"},
    {" active_file:0 inactive_file:1 isolated_file:0", "sums 3 active_file 0"},
    {"free:1924 free_pcp:304 free_cma:0", "sums 3 free 1924"},
    {"Node 0 DMA free:15744kB min:28kB", "nothing"},
    {"active_file:16696kB inactive_file:850072kB", "nothing"},
    {"Total swap = 2097148kB", "swap 1 2097148"},
    {"Free swap  = 0kB", "swap 0 0"},
    {"Free swap:            0kB", "swap 0 0"},
    {"Total swap = 12", "nothing"},
    {"8296855 pages RAM", "pages 0 8296855"},
    {"524272 pages of RAM", "pages 0 524272"},
    {"0 pages HighMem/MovableOnly", "pages 1 0"},
    {"16549378 pages HighMem", "pages 1 16549378"},
    {"294896 pages of HIGHMEM", "pages 1 294896"},
    {"165473 pages reserved", "pages 2 165473"},
    {"5542 reserved pages", "pages 2 5542"},
    {"0 pages cma reserved", "nothing"},
    {"0 pages hwpoisoned", "nothing"},
    {"612 total pagecache pages", "nothing"},
    {"0 pages in swap cache", "nothing"},
    {"x8296855 pages RAM", "nothing"},
    {"99999999999999999999 pages RAM", "nothing"},
    {"Node 0 hugepages_total=4 hugepages_free=0 hugepages_surp=0 hugepages_size=2048kB",
        "huge 8192"},
    {"Node 0 hugepages_total=18446744073709551615 hugepages_free=0 hugepages_size=2048kB",
        "nothing"},
    {"Node 0 DMA: 81*4kB 84*8kB 36*16kB = 5700kB", "buddy 4096"},
    {"Node 0 Normal: 0*64kB (U) 3*128kB (M) = 1kB", "buddy 65536"},
    {"Node 0 DMA: 81*3kB 84*8kB", "nothing"},
    {"Node 0 DMA: 81*2048kB 84*4096kB", "nothing"},
    {"and then 81*4kB", "nothing"},
    {"CommitLimit:     8139660 kB", "commit 1 8139660"},
    {"Committed_AS:   12 kB", "commit 0 12"},

    /* the table */
    {"[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name", "table 7 7"},
    {"[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name",
        "table 8 9c"},
    {"[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds nr_puds swapents oom_score_adj name",
        "table 9 bc"},
    {"[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name",
        "table 7 c4"},
    {"[15447.035836] [pid] uid tgid total_vm rss nr_ptes swapents oom_score_adj name",
        "table 7 8c"},
    {"[ pid ]   uid  tgid total_vm      rss oom_score_ad", "table 5 0 ..."},
    {"the total_vm of [ a process ]", "nothing"},

    /* the outcome */
    {"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0-1,3,global_oom,"
     "task_memcg=/a b,task=x y,pid=348,uid=998",
        "summary NONE nodes (null) cpuset / mems 0-1,3 oom  task /a b global 1 348 'x y'"},
    {"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/leaker,task_memcg=/leaker,"
     "task=leaker,pid=5,uid=0",
        "summary MEMCG nodes (null) cpuset  mems  oom /leaker task /leaker global 0 5 'leaker'"},
    {"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task=sh,pid=7991,uid=0",
        "summary NONE nodes (null) cpuset  mems  oom  task  global 0 7991 'sh'"},
    {"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=0,1,cpuset=cri:1:k,mems_allowed=0,"
     "oom_memcg=/k:a,task=/x,task_memcg=/k:a,task=/x,task=a,pid=1,uid=0",
        "summary MEMCG nodes 0,1 cpuset cri:1:k mems 0 oom /k:a,task=/x task /k:a global 0 1 "
        "'/x,task=a'"},
    {"oom-kill:constraint=CONSTRAINT_BPF_PSI_MEM,task=a,pid=1,uid=0",
        "summary BPF_PSI_MEM nodes  cpuset  mems  oom  task  global 0 1 'a'"},
    {"oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),oom_memcg=/a,task_memcg=/"
     "a,task=x,pid=10",
        "summary MEMCG nodes (null) cpuset  mems  oom /a task /a global 0 -1 'x' ..."},
    {"oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task_memcg=/system.slice/f.service,>",
        "summary NONE nodes (null) cpuset  mems  oom  task  global 0 -1 '' ..."},
    {"say oom-kill:constraint=CONSTRAINT_NONE,task=a,pid=1,uid=0", "nothing"},
    {"Out of memory: kill process 4847 (php5-cgi) score 114926 or a child",
        "select 4847 'php5-cgi' score 114926"},
    {"Out of Memory: Kill process 1 (init) score 0 and children.", "select 1 'init' score 0"},
    {"Memory cgroup out of memory: Kill process 5 (x) score 957 or sacrifice child",
        "select 5 'x' score 957 memcg"},
    {"Out of memory (oom_kill_allocating_task): Kill process 6344 (sh) score 0 or sacrifice child",
        "select 6344 'sh' score 0 allocating"},
    {"No available memory (MPOL_BIND): kill process 9 (a) score 0 or a child",
        "select 9 'a' score 0memory_policy"},
    {"Out of memory: Kill process 9 (a) score 12", "select 9 'a' score 12 ..."},
    {"Out of memory: Kill process 9 (a) score 18446744073709551616 or", "select 9 'a' score 0 ..."},
    {"Kill process 1 (init) sharing same memory", "nothing"},
    {"Out of memory: Kill process 1 (init) sharing same memory", "nothing"},
    {"oom_kill_process: would have killed process 749 (systemd-journal), but", "nothing"},
    {"Killed process 13186 (php5-cgi)", "killed 13186 'php5-cgi' 0 0 0 0 0 0 ..."},
    {"Killed process 1917 (php-cgi) vsz:467184kB, anon-rss:101196kB, file-rss:204kB",
        "killed 1917 'php-cgi' 1 467184 101196 204 0 0"},
    {"Killed process 31995, UID 500, (java) total-vm:7977568kB, anon-rss:3558396kB, file-rss:104kB",
        "killed 31995 'java' 1 7977568 3558396 104 0 0"},
    {"Killed process 16711 (stress), UID 0, total-vm:826516kB, anon-rss:1kB, file-rss:2kB, "
     "shmem-rss:3kB",
        "killed 16711 'stress' 1 826516 1 2 3 0"},
    {"[1.000000] Out of memory: Killed process 517 (clamd) total-vm:2361456kB, anon-rss:1kB, "
     "file-rss:2kB, shmem-rss:0kB, UID:111 pgtables:4292kB oom_score_adj:-5",
        "killed 517 'clamd' 1 2361456 1 2 0 4292"},
    {"Memory cgroup out of memory: Killed process 6 ((sd-pam)) total-vm:1kB, anon-rss:2kB, "
     "file-rss:3kB, shmem-rss:4kB",
        "killed 6 '(sd-pam)' 1 1 2 3 4 0 memcg"},
    {"Killed process 6 (a) b) total-vm:1kB, anon-rss:2kB, file-rss:3kB",
        "killed 6 'a) b' 1 1 2 3 0 0"},
    {"[  1.000000] bpf psi mem: Killed process 6 (a) total-vm:1kB, anon-rss:2kB, file-rss:3kB",
        "killed 6 'a' 1 1 2 3 0 0"},
    {"Killed process 6 (a) total-vm:1kB, anon-rss:2kB, file-r", "killed 6 'a' 1 1 2 0 0 0 ..."},
    {"Killed process 6 (a) total-vm:1kB, anon-rss:2", "killed 6 'a' 1 1 0 0 0 0 ..."},
    {"Killed process 12", "killed 12 '' 0 0 0 0 0 0 ..."},
    {"Killed process 12 (nam", "killed 12 '' 0 0 0 0 0 0 ..."},
    {"Killed process 12 (nam and much else", "nothing"},
    {"Killed process 9223372036854775808 (a)", "nothing"},
    {"Killed process 6 (abc) and then much later (x) total-vm:1kB",
        "killed 6 'abc' 0 0 0 0 0 0 ..."},
    {"[ 1.000000] msg=\"x: Killed process 6 (a) total-vm:1kB", "nothing"},
    {"Killed process -3 (a)", "nothing"},
    {"Killed process 99999999999999999999 (a)", "nothing"},
    {"h npd[1]: I1 Message:Memory cgroup out of memory: Killed process 6 (a) total-vm:1kB",
        "nothing"},
    {"h containerd[1]: msg=\"Memory cgroup out of memory: Killed process 6 (a)\"", "nothing"},
    {"Apr 1 00:00:00 h app: Out of memory: Killed process 6 (a) total-vm:1kB", "nothing"},
    {"x.scope: A process of this unit has been killed by the OOM killer.", "nothing"},
    {"Tasks in /kubepods/a are going to be killed due to memory.oom.group set",
        "group /kubepods/a"},
    {"Memory cgroup out of memory: OOM victim 38 (stress) is already exiting. Skip killing the "
     "task",
        "exiting"},
    {"oom_reaper: reaped process 517 (clamd), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        "reaped"},
    {"Out of memory and no killable processes...", "no victim"},
    {"Kernel panic - not syncing: Out of memory and no killable processes...", "panic 1"},
    {"Kernel panic - not syncing: System is deadlocked on memory", "panic 1"},
    {"Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled", "panic 0"},
    {"Kernel panic - not syncing: out of memory. panic_on_oom is selected", "panic 0"},
    {"Kernel panic - not syncing: Attempted to kill init!", "nothing"},
    {"---[ end Kernel panic - not syncing: Out of memory: x", "nothing"},
    {"[ 1.000000] Memory cgroup out of", "broken"},
    {"[ 1.000000] Task in", "broken"},
    {"Out of memory:", "broken"},
    {"Memory cgroup is a fine thing", "nothing"},
    {"", "nothing"},
    {"     ", "nothing"},
};

/* Said of each line that is wrong, so that all of a table are seen at once. */
static size_t compare(const char *text, const struct rl_oom_line *line, const char *expected)
{
    char says[1024];

    say(line, says, sizeof(says));
    if (strcmp(says, expected) == 0)
        return 0;
    print_error("'%s'\n  says '%s'\n  not  '%s'\n", text, says, expected);
    return 1;
}

static void test_each_line_says_what_it_says(void **state)
{
    const struct rl_oom_context context = {0};
    size_t wrong = 0;

    for (size_t i = 0; i < COUNT(lines); i++) {
        struct rl_oom_line line;
        size_t len = strlen(lines[i].text);
        /* of exactly this size, so that a look behind the end is seen */
        char *text = malloc(len + (len == 0));

        assert_non_null(text);
        memcpy(text, lines[i].text, len);
        rl_oom_line_read(&context, (struct rl_span){text, len}, &line);
        wrong += compare(lines[i].text, &line, lines[i].says);
        free(text);
    }
    assert_int_equal(wrong, 0);
}

static void read_row(const char *header, const char *row, struct rl_oom_line *ret)
{
    struct rl_oom_context context = {0};
    struct rl_oom_line table;

    rl_oom_line_read(&context, (struct rl_span){header, strlen(header)}, &table);
    assert_int_equal(table.kind, RL_OOM_LINE_TABLE);
    context.columns = table.table;
    rl_oom_line_read(&context, (struct rl_span){row, strlen(row)}, ret);
}

#define HEADER_EL6 "[ pid ]   uid  tgid total_vm      rss cpu oom_adj oom_score_adj name"
#define HEADER_3   "[ pid ]   uid  tgid total_vm      rss nr_ptes swapents oom_score_adj name"
#define HEADER_4   "[ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name"
#define HEADER_4_15P                                                                               \
    "[ pid ] uid tgid total_vm rss nr_ptes nr_pmds nr_puds swapents oom_score_adj name"
#define HEADER_5                                                                                   \
    "[  pid  ]   uid  tgid total_vm      rss pgtables_bytes swapents oom_score_adj name"
#define HEADER_6_8                                                                                 \
    "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file rss_shmem pgtables_bytes swapents " \
    "oom_score_adj name"
#define HEADER_2_6 "[ pid ]   uid  tgid total_vm      rss cpu oom_adj name"
#define HEADER_NEW "[  pid  ] name_of_later rss swapents total_vm tgid uid oom_score_adj name"

static const struct {
    const char *header, *row, *says;
} rows[] = {
    {HEADER_EL6,
        "May 17 17:00:28 h kernel: [  549]     0   549     2662      118   1     -17         -1000 "
        "udevd",
        "row 549 0 549 2662 118 0 0 0 -17 -1000 'udevd' ..."},
    {HEADER_2_6, "[  549]     0   549     2662      118   1     -17 a b",
        "row 549 0 549 2662 118 0 0 0 -17 0 'a b'"},
    {HEADER_3,
        "[  609.929101] [ 2693]     7  2694     6005     1324      18        3           250 god",
        "row 2693 7 2694 6005 1324 3 18 0 0 250 'god' ..."},
    {HEADER_4,
        "[18624]  1000 18624   750863    43368     520       6        9           500 (sd-pam)",
        "row 18624 1000 18624 750863 43368 9 526 0 0 500 '(sd-pam)'"},
    {HEADER_4_15P, "[1] 0 1 10 9 1 2 3 4 0 x", "row 1 0 1 10 9 4 6 0 0 0 'x'"},
    {HEADER_5, "[2276312] 65535 2276312     3059     1722    53248     1024             0 531",
        "row 2276312 65535 2276312 3059 1722 1024 0 53248 0 0 '531'"},
    {HEADER_5, "[1703345] 1001050000 1703294 1 2 4096 0 999 agent:amservice",
        "row 1703345 1001050000 1703294 1 2 0 0 4096 0 999 'agent:amservice'"},
    {HEADER_5, "[ 7] -1 7 1 2 4096 0 0 wb[INANNA]",
        "row 7 4294967295 7 1 2 0 0 4096 0 0 'wb[INANNA]'"},
    {HEADER_5, ": [   6569]     0  6562     9427        1    53248        0             0 #TT Down",
        "row 6569 0 6562 9427 1 0 0 53248 0 0 '#TT Down'"},
    {HEADER_6_8,
        "[   6911]     0  6911    55506      640 256      384         0    73728        0    0 "
        "next-build (v16",
        "row 6911 0 6911 55506 640 0 0 73728 0 0 'next-build (v16'"},
    {HEADER_NEW, "[1] 77 5 6 7 8 9 -3 x", "row 1 9 8 7 5 6 0 0 0 -3 'x'"},
    /* not all there, or no numbers */
    {HEADER_5, "[    225]     0   225     3425     1294    24576",
        "row 225 0 225 3425 1294 0 0 24576 0 0 '' ..."},
    {HEADER_5, "[    225]     0   225     3425     1294    24576  0   0",
        "row 225 0 225 3425 1294 0 0 24576 0 0 '' ..."},
    {HEADER_5, "[    225]     0   225     -425     1294    24576  0   0 x",
        "row 225 0 225 0 0 0 0 0 0 0 '' ..."},
    {HEADER_5, "[    225] 0 225 99999999999999999999 1 1 0 0 x",
        "row 225 0 225 0 0 0 0 0 0 0 '' ..."},
    {HEADER_5, "[    225] 0 225 1 1 1 0 2147483648 x", "row 225 0 225 1 1 0 0 1 0 0 '' ..."},
    {HEADER_5, "[    225] 0 225 1x 1 1 0 0 x", "row 225 0 225 0 0 0 0 0 0 0 '' ..."},
    /* no rows */
    {HEADER_5, "[    225]", "nothing"},
    {HEADER_5, "[    1.225] 0 225 1 1 1 0 0 x", "nothing"},
    {HEADER_5, "h systemd-journald[648]: Compressed data object 720 -> 393 using ZSTD", "nothing"},
    {HEADER_5, "h x[648] 0 225 1 1 1 0 0 x", "nothing"},
    {HEADER_5, "h x: [648] 0 225 foo", "nothing"},
    {HEADER_5, "[UFW BLOCK] IN=eth0 OUT=", "nothing"},
};

static void test_rows_have_the_columns_of_their_header(void **state)
{
    size_t wrong = 0;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_oom_line line;

        read_row(rows[i].header, rows[i].row, &line);
        wrong += compare(rows[i].row, &line, rows[i].says);
    }
    assert_int_equal(wrong, 0);
}

static void test_the_parts_of_rss_have_columns(void **state)
{
    struct rl_oom_line line;

    read_row(HEADER_6_8, "[1] 0 1 100 60 10 20 30 4096 5 -7 x", &line);
    assert_int_equal(line.row.rss, 60);
    assert_int_equal(line.row.rss_anon, 10);
    assert_int_equal(line.row.rss_file, 20);
    assert_int_equal(line.row.rss_shmem, 30);
    assert_int_equal(line.row.table_bytes, 4096);
    assert_int_equal(line.row.swap, 5);
    assert_int_equal(line.row.oom_score_adj, -7);
}

static void test_the_sums_of_a_line(void **state)
{
    static const char text[] = " unevictable:7 dirty:0 writeback:3";
    const struct rl_oom_context context = {0};
    struct rl_oom_line line;

    rl_oom_line_read(&context, (struct rl_span){text, strlen(text)}, &line);
    assert_int_equal(line.sums.n, 3);
    assert_int_equal(line.sums.value[0], 7);
    assert_true(rl_span_is(line.sums.name[2], "writeback"));
    assert_int_equal(line.sums.value[2], 3);
}

static void test_memory_stat_counts_within_its_block_only(void **state)
{
    static const char text[] = "[ 1974.205896] kernel 106496";
    struct rl_oom_context context = {0};
    struct rl_oom_line line;

    rl_oom_line_read(&context, (struct rl_span){text, strlen(text)}, &line);
    assert_int_equal(line.kind, RL_OOM_LINE_NOTHING);
    context.in_stats = true;
    rl_oom_line_read(&context, (struct rl_span){text, strlen(text)}, &line);
    assert_int_equal(line.kind, RL_OOM_LINE_STAT);
    assert_true(rl_span_is(line.stat.name, "kernel"));
    assert_int_equal(line.stat.value, 106496);
    rl_oom_line_read(&context, (struct rl_span){"so the kernel 5", 15}, &line);
    assert_int_equal(line.kind, RL_OOM_LINE_NOTHING);
}

static void test_what_people_left_out(void **state)
{
    static const char *const yes[] = {"[...]", "...", "(...snipped...)", "   :", "--",
        "[ 1.000000] [...]", "> [...]", "<snip>", "[snip]", "…", "Jan 1 00:00:00 h kernel: ...",
        "12:[...]", ": ..."};
    static const char *const no[] = {"", " ", "---", "[UFW BLOCK] IN=", "-- mail", "snapd",
        "[ 1.000000] systemd[1]: starting ...", "a: b"};

    for (size_t i = 0; i < COUNT(yes); i++)
        if (!rl_oom_line_is_elision((struct rl_span){yes[i], strlen(yes[i])}))
            fail_msg("'%s'", yes[i]);
    for (size_t i = 0; i < COUNT(no); i++)
        if (rl_oom_line_is_elision((struct rl_span){no[i], strlen(no[i])}))
            fail_msg("not '%s'", no[i]);
}

static void test_a_name_is_cut_at_a_whole_character(void **state)
{
    char name[4];

    rl_oom_copy(name, sizeof(name), (struct rl_span){"aä…", 6});
    assert_string_equal(name, "aä");
    rl_oom_copy(name, 3, (struct rl_span){"aä…", 6});
    assert_string_equal(name, "a");
    rl_oom_copy(name, sizeof(name), (struct rl_span){"abc", 3});
    assert_string_equal(name, "abc");
    rl_oom_copy(name, sizeof(name), (struct rl_span){NULL, 0});
    assert_string_equal(name, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_line_says_what_it_says),
        cmocka_unit_test(test_rows_have_the_columns_of_their_header),
        cmocka_unit_test(test_the_parts_of_rss_have_columns),
        cmocka_unit_test(test_the_sums_of_a_line),
        cmocka_unit_test(test_memory_stat_counts_within_its_block_only),
        cmocka_unit_test(test_what_people_left_out),
        cmocka_unit_test(test_a_name_is_cut_at_a_whole_character),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
