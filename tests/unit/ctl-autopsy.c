/* reliefctl autopsy: where it reads, what it prints, and its exit codes. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/autopsy.h"
#include "daemon/ctl/ctl.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define FIXTURES RL_SOURCE_ROOT "/tests/fixtures/oom-reports/"
#define RULES    "[Trigger t]\nPressure=full 30% over 10s\n[Relief]\nStep=kill\n"

/* The table of two tasks and what belongs to it, for logs made by hand. */
#define HEAD_4_4                                                                                   \
    "[ 1.0] sh invoked oom-killer: gfp_mask=0x200da, order=0, oom_score_adj=0\n"                   \
    "[ 1.0] CPU: 1 PID: 901 Comm: sh Not tainted 4.4.0 #1\n"
#define TABLE_4_4                                                                                  \
    "[ 1.0] [ pid ]   uid  tgid total_vm      rss nr_ptes nr_pmds swapents oom_score_adj name\n"   \
    "[ 1.0] [  900]    33   900    20000    10000      40       3        0             0 hog\n"    \
    "[ 1.0] [  901]    33   901     2000       90       4       3        0             0 sh\n"
#define MACHINE                                                                                    \
    "[ 1.0] Mem-Info:\n"                                                                           \
    "[ 1.0] active_anon:11000 inactive_anon:100 isolated_anon:0\n"                                 \
    "[ 1.0]  active_file:10 inactive_file:20 isolated_file:0\n"                                    \
    "[ 1.0]  unevictable:0 dirty:0 writeback:0 unstable:0\n"                                       \
    "[ 1.0]  slab_reclaimable:300 slab_unreclaimable:80000\n"                                      \
    "[ 1.0]  mapped:300 shmem:80 pagetables:200 bounce:0\n"                                        \
    "[ 1.0]  free:1000 free_pcp:0 free_cma:0\n"                                                    \
    "[ 1.0] Free swap  = 0kB\n"                                                                    \
    "[ 1.0] Total swap = 0kB\n"                                                                    \
    "[ 1.0] 120000 pages RAM\n"                                                                    \
    "[ 1.0] 0 pages HighMem/MovableOnly\n"                                                         \
    "[ 1.0] 1000 pages reserved\n"

static int run(const char *file, const char *policy, bool json, const char **ret_output)
{
    char *words[] = {(char *)(uintptr_t)file, NULL};
    struct rl_args args = {.words = words, .n_words = file ? 1 : 0, .own = {policy}};
    struct capture capture;
    int code;

    args.common[RL_OPT_JSON] = json ? "" : NULL;
    capture_begin(&capture);
    code = rl_ctl_autopsy(&args);
    *ret_output = capture_end(&capture);
    return code;
}

/* Lines are broken to fit: blanks and line feeds are the same. */
static const char *unbroken(const char *text)
{
    static char copy[1 << 16];
    size_t n = 0;

    for (; *text && n + 1 < sizeof(copy); text++) {
        char c = *text == '\n' ? ' ' : *text;
        if (c != ' ' || n == 0 || copy[n - 1] != ' ')
            copy[n++] = c;
    }
    copy[n] = '\0';
    return copy;
}

static void expect_text(const char *output, const char *text)
{
    const char *line = unbroken(output);

    if (!strstr(line, text))
        fail_msg("\"%s\" is not in: %s", text, line);
}

/* Why did it kill that? One sentence each. */
static void test_headlines(void **state)
{
    static const struct {
        const char *file, *sentence;
    } rows[] = {
        {"001", "The kernel killed mysqld[40738] because the machine had run out of memory and by "
                "the score that the kernel printed mysqld held about 545M, most of it in swap, "
                "which the table of this kernel does not show."},
        {"010", "The kernel chose apache2[1046] because the cgroup /1066 had reached its memory "
                "limit and its score was the highest"},
        {"016", "The kernel killed mal-80[2704] because the cgroup /A had reached its memory limit "
                "of 100M and mal-80 held more than anything else: 69M of 100M."},
        {"025", "crash held more than any other that is shown: 3.6G of 4G."},
        {"034", "The kernel killed mysqld[2293] because the machine had run out of memory and "
                "mysqld held more than anything else: 120M of 987M."},
        {"037", "init was the only task that may be killed: it held 954M of 987M."},
        {"040", "The report does not show whom the kernel killed."},
        {"058", "stress held more than anything else: 220M, most of it in swap."},
        {"061", "because somebody asked for it by SysRq-F; gnome-shell held more"},
        {"064", "because the nodes to which a memory policy bound the task that asked were full "
                "and bench_stream held more"},
        {"070", "because the machine had no memory left of the kind that was asked for and polkitd "
                "held more"},
        {"085", "The kernel killed nobody: vm.panic_on_oom made it stop the machine instead."},
        {"100", "because the machine had run out of memory, most of it held by the kernel itself, "
                "and its oom_score_adj of 250 put it before larger ones: it held 3.9M"},
    };

    for (size_t i = 0; i < N(rows); i++) {
        char path[256];
        const char *output;

        snprintf(path, sizeof(path), FIXTURES "%s.log", rows[i].file);
        assert_int_equal(run(path, NULL, false, &output), RL_EXIT_OK);
        expect_text(output, rows[i].sentence);
        assert_null(strchr(output, '\033'));
    }
}

/* The other parts of the story. */
static void test_story(void **state)
{
    static const struct {
        const char *file, *text;
    } rows[] = {
        {"016", "It was itself the one that asked for memory."},
        {"016", "The task that hit the limit lived further below, in B/D."},
        {"016", "it rates like Linux 3.6 to 3.13 (v36). It scored against 100M, the limit."},
        {"016", "had 17132 points: 17882 for its memory in pages - 750 as root's. The kernel "
                "printed a score of 669, which is what the table gives. So it had CAP_SYS_ADMIN. "
                "By the formula of that kernel it comes first, too."},
        {"016", "Next would have come mal-30[2695] with 7013 points. percent-times-ten against "
                "that limit chooses the same one (score 666)."},
        {"019", "and the machine's swap, which the report does not show; here it makes no "
                "difference."},
        {"043", "So it had no CAP_SYS_ADMIN, though it ran as root."},
        {"043", "It scored against 600M, the limit with the swap that goes with it."},
        {"007", "The kernel printed a score of 442; the table gives 441"},
        {"025", "whether that is so cannot be told."},
        {"025", "Missing from the report: rows of the table of tasks."},
        {"055", "The victim lived further below, in crio-"},
        {"100", "2.9G was in the kernel's own caches (slab), which belong to nobody."},
        {"064", "17G is in none of the report's counters"},
        {"109", "by the score that it printed it was about 298M."},
        {"112", "57G was free. "},
    };

    for (size_t i = 0; i < N(rows); i++) {
        char path[256];
        const char *output;

        snprintf(path, sizeof(path), FIXTURES "%s.log", rows[i].file);
        assert_int_equal(run(path, NULL, false, &output), RL_EXIT_OK);
        expect_text(output, rows[i].text);
    }
}

static void test_made_by_hand(void **state)
{
    static const struct {
        const char *log, *text;
    } rows[] = {
        {HEAD_4_4 MACHINE TABLE_4_4
            "[ 1.0] Out of memory: Kill process 900 (hog) score 84 or sacrifice child\n"
            "[ 1.0] Killed process 901 (sh) total-vm:80kB, anon-rss:36kB, file-rss:0kB\n",
            "The kernel chose hog[900] and killed its child sh[901] instead, because"},
        {HEAD_4_4 MACHINE TABLE_4_4
            "[ 1.0] Out of memory (oom_kill_allocating_task): Kill process 901 (sh) score 0 or "
            "sacrifice child\n"
            "[ 1.0] Killed process 901 (sh) total-vm:80kB, anon-rss:36kB, file-rss:0kB\n",
            "and vm.oom_kill_allocating_task makes it kill whoever asks for memory then."},
        {HEAD_4_4 MACHINE TABLE_4_4
            "[ 1.0] Out of memory: Kill process 901 (sh) score 84 or sacrifice child\n"
            "[ 1.0] Killed process 901 (sh) total-vm:80kB, anon-rss:36kB, file-rss:0kB\n",
            "and chose it though by what the report shows hog[900] had a higher score."},
        {HEAD_4_4 MACHINE TABLE_4_4
            "[ 1.0] Out of memory and no killable processes...\n"
            "[ 1.0] Kernel panic - not syncing: System is deadlocked on memory\n",
            "it found no task that it may kill, and stopped the machine."},
        {"Out of memory: Killed process 77 (a\001b) total-vm:80kB, anon-rss:36kB, "
         "file-rss:0kB\n",
            "The kernel killed a\\x01b[77] because memory had run out."},
    };
    struct folder folder;

    folder_new(&folder);
    for (size_t i = 0; i < N(rows); i++) {
        char path[512];
        const char *output;

        folder_write(&folder, "log", rows[i].log);
        snprintf(path, sizeof(path), "%s/log", folder.path);
        assert_int_equal(run(path, NULL, false, &output), RL_EXIT_OK);
        expect_text(output, rows[i].text);
        assert_null(strchr(output, '\001'));
    }
    folder_free(&folder);
}

static json_t *report_of(const char *file, const char *policy)
{
    char path[256];
    const char *output;
    json_t *json, *report;

    snprintf(path, sizeof(path), FIXTURES "%s.log", file);
    assert_int_equal(run(path, policy, true, &output), RL_EXIT_OK);
    json = json_loads(output, 0, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "source")), path);
    assert_int_equal(json_array_size(json_object_get(json, "reports")), 1);
    report = json_incref(json_array_get(json_object_get(json, "reports"), 0));
    json_decref(json);
    return report;
}

static void expect_json(const char *file, const char *wanted)
{
    json_t *report = report_of(file, NULL), *expected = json_loads(wanted, 0, NULL), *value;
    const char *key;

    assert_non_null(expected);
    json_object_foreach(expected, key, value)
    {
        if (!json_equal(value, json_object_get(report, key)))
            fail_msg("%s: %s is %s", file, key,
                json_dumps(json_object_get(report, key), JSON_ENCODE_ANY));
    }
    json_decref(expected);
    json_decref(report);
}

static void test_json(void **state)
{
    expect_json("016",
        "{\"kernel\": \"3.7.0+\", \"constraint\": \"memcg\", \"limit_bytes\": 104857600,"
        " \"available_pages\": 25600, \"model\": \"v36\", \"kernel_victim_rank\": 1,"
        " \"kernel_victim\": {\"pid\": 2704, \"comm\": \"mal-80\", \"printed_score\": 669,"
        " \"computed_score\": 669},"
        " \"model_victim\": {\"pid\": 2704, \"comm\": \"mal-80\", \"score\": 17132},"
        " \"agrees\": true, \"killed\": [{\"pid\": 2704, \"comm\": \"mal-80\"}],"
        " \"complete\": true, \"missing\": [], \"cgroup\": \"/A\"}");
    /* what is not known is null */
    expect_json("040",
        "{\"kernel\": null, \"constraint\": null, \"limit_bytes\": null, \"available_pages\": null,"
        " \"kernel_victim\": null, \"kernel_victim_rank\": null, \"agrees\": null, \"killed\": [],"
        " \"complete\": false,"
        " \"missing\": [\"kernel\", \"ram\", \"constraint\", \"victim\", \"kill\"]}");
    /* points that hang on a total which is not known are none */
    expect_json("019",
        "{\"available_pages\": null, \"limit_bytes\": 3221225472, \"agrees\": true,"
        " \"model_victim\": {\"pid\": 12417, \"comm\": \"python\", \"score\": null}}");
    expect_json("001", "{\"agrees\": null, \"complete\": true,"
                       " \"missing\": [\"swap-column\", \"page-tables-column\"]}");
}

static void test_policy(void **state)
{
    struct folder folder;
    const char *output;
    json_t *report, *policy;

    folder_new(&folder);
    folder_write(&folder, "50-docker.conf",
        "[Match]\nCgroup=docker/**\n[Victim]\nPrefer=comm:java\nAvoid=cmdline:*jar*\n" RULES);
    report = report_of("019", folder.path);
    policy = json_object_get(report, "policy");
    assert_string_equal(json_string_value(json_object_get(policy, "name")), "50-docker");
    assert_string_equal(json_string_value(json_object_get(policy, "comm")), "java");
    assert_string_equal(json_string_value(json_object_get(policy, "scope")), "process");
    assert_true(json_is_true(json_object_get(policy, "unsure")));
    json_decref(report);

    /* nobody's own: below a cgroup that has one, or a default */
    folder_write(
        &folder, "50-docker.conf", "[Match]\nCgroup=docker\n[Victim]\nKill=cgroup\n" RULES);
    report = report_of("019", folder.path);
    policy = json_object_get(report, "policy");
    assert_string_equal(json_string_value(json_object_get(policy, "name")), "50-docker");
    assert_string_equal(json_string_value(json_object_get(policy, "scope")), "cgroup");
    assert_true(json_is_null(json_object_get(policy, "pid")));
    assert_false(json_is_true(json_object_get(policy, "unsure")));
    json_decref(report);
    report = report_of("106", folder.path);
    policy = json_object_get(report, "policy");
    assert_string_equal(json_string_value(json_object_get(policy, "name")), "default");
    json_decref(report);
    report = report_of("034", folder.path);
    policy = json_object_get(report, "policy");
    assert_string_equal(json_string_value(json_object_get(policy, "name")), "default-node");
    assert_string_equal(json_string_value(json_object_get(policy, "comm")), "mysqld");
    json_decref(report);

    assert_int_equal(run(FIXTURES "034.log", folder.path, false, &output), RL_EXIT_OK);
    expect_text(output, "The policy default-node would choose the same: mysqld[2293] (score 121)");

    /* a broken file is said, and stops nothing; the default acts on the machine only then */
    folder_write(&folder, "50-docker.conf", "broken");
    assert_int_equal(run(FIXTURES "019.log", folder.path, false, &output), RL_EXIT_OK);
    expect_text(output, "50-docker.conf:1:");
    expect_text(output, "No policy is in force for the cgroup that was short.");

    assert_int_equal(run(FIXTURES "019.log", "/nonexistent", false, &output), RL_EXIT_USAGE);
    expect_text(output, "/nonexistent is no folder of policies");
    folder_free(&folder);
}

/* A table whose columns nobody knows and no version: it is read, and nothing is claimed. */
static void test_no_model(void **state)
{
    struct folder folder;
    const char *output;
    char path[512];

    folder_new(&folder);
    folder_write(&folder, "log",
        "[ 1.0] [ pid ]   uid  tgid total_vm      rss name\n"
        "[ 1.0] [  900]    33   900    20000    10000 hog\n"
        "[ 1.0] Killed process 900 (hog) total-vm:80kB, anon-rss:36kB, file-rss:0kB\n");
    snprintf(path, sizeof(path), "%s/log", folder.path);
    assert_int_equal(run(path, NULL, false, &output), RL_EXIT_OK);
    expect_text(output, "The kernel killed hog[900] because memory had run out.");
    assert_int_equal(run(path, folder.path, true, &output), RL_EXIT_OK);
    expect_text(output, "\"model\": null");
    folder_free(&folder);
}

/* stdin becomes that file while fn is at it. */
static int run_with_input(const char *path, const char *word, const char **ret_output)
{
    int old = dup(STDIN_FILENO), fd = open(path, O_RDONLY | O_CLOEXEC), code;

    assert_true(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO);
    close(fd);
    code = run(word, NULL, false, ret_output);
    dup2(old, STDIN_FILENO);
    close(old);
    return code;
}

static void test_input(void **state)
{
    const char *output;

    assert_int_equal(run_with_input(FIXTURES "034.log", NULL, &output), RL_EXIT_OK);
    expect_text(output, "mysqld[2293]");
    assert_int_equal(run_with_input(FIXTURES "034.log", "-", &output), RL_EXIT_OK);
    expect_text(output, "mysqld[2293]");
    assert_int_equal(run_with_input("/dev/null", NULL, &output), RL_EXIT_FAILURE);
    expect_text(output, "no report of the kernel's OOM killer in standard input");
    assert_int_equal(run_with_input("/dev/null", FIXTURES "034.log", &output), RL_EXIT_OK);

    assert_int_equal(run("/dev/null", NULL, true, &output), RL_EXIT_FAILURE);
    expect_text(output, "\"reports\": []");
    assert_int_equal(run("/nonexistent", NULL, false, &output), RL_EXIT_FAILURE);
    expect_text(output, "/nonexistent: No such file or directory");
    assert_int_equal(run("/", NULL, false, &output), RL_EXIT_FAILURE);
    expect_text(output, "Is a directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headlines),
        cmocka_unit_test(test_story),
        cmocka_unit_test(test_made_by_hand),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_policy),
        cmocka_unit_test(test_no_model),
        cmocka_unit_test(test_input),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
