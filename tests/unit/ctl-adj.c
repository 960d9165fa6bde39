/* reliefctl adj: on the fixture's processes, whom a pattern means; on children of this test, what
 * is set. Each child has a name that nothing else on the machine has. */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <sys/capability.h>

#include "daemon/ctl/ctl.h"
#include "daemon/observe/procs.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define FIXTURE  RL_SOURCE_ROOT "/tests/fixtures/node-basic"
#define NOBODY   65534

static const char *said; /* by the last run(), on stdout and stderr */

/* Words of a command line, separated by blanks; %s in it is the name of the children. */
static int run(const char *line)
{
    static char name[16], words[1024];
    static char *argv[32];
    const struct rl_command *command = NULL;
    struct capture capture;
    struct rl_args args;
    char *rest = words;
    int argc = 0, code = RL_EXIT_USAGE;

    snprintf(name, sizeof(name), "rl%d", (int)getpid());
    size_t n = 0;
    for (const char *p = line; *p && n < sizeof(words) - sizeof(name); p++) {
        if (p[0] == '%' && p[1] == 's' && p++)
            n += (size_t)snprintf(words + n, sizeof(words) - n, "%s", name);
        else
            words[n++] = *p;
    }
    words[n] = '\0';
    for (char *word; argc < 31 && (word = strsep(&rest, " "));)
        argv[argc++] = word;
    argv[argc] = NULL;
    capture_begin(&capture);
    if (rl_args_parse(argc, argv, &command, &args) == 0)
        code = command->run(&args);
    said = capture_end(&capture);
    return code;
}

static void expect_said(const char *text)
{
    if (!strstr(said, text))
        fail_msg("'%s' is not in: %s", text, said);
}

static void take_name(void)
{
    char name[16];

    snprintf(name, sizeof(name), "rl%d", (int)getppid());
    prctl(PR_SET_NAME, name);
}

static int adj_of(pid_t pid)
{
    char path[64], text[32];
    int adj = 7777;

    snprintf(path, sizeof(path), "/proc/%d/oom_score_adj", (int)pid);
    assert_true(rl_read_at(AT_FDCWD, path, text, sizeof(text)) > 0);
    assert_int_equal(rl_parse_adj(text, &adj), 0);
    return adj;
}

/* A copy of the fixture, so that code that writes by mistake spoils nothing. */
static void copy_fixture(struct folder *folder)
{
    char line[512];

    folder_new(folder);
    snprintf(line, sizeof(line), "cp -a %s/proc %s/", FIXTURE, folder->path);
    assert_int_equal(system(line), 0);
}

/* ---- whom a pattern means ---- */

static void test_matching(void **state)
{
    static const struct {
        const char *arguments;
        const char *pids; /* of the processes with another value, "" for none at all */
    } rows[] = {
        {"comm:* 7", "100 110 200 300 400 500 510 520 530"}, /* not init, no kernel thread */
        {"comm:worker 7", "200 300"}, {"comm:kthreadd 7", ""}, {"comm:systemd 7", ""},
        {"uid:1000&comm:*r 7", "200 300 510"}, {"unit:small.service 7", "200"},
        {"cgroup:/user.slice/** 7", "500 510 520 530"}, {"exe:/usr/sbin/sshd 7", "100 110"},
        {"main 7", "100 200 300 400 500"}, {"main&comm:sshd 7", "100"},
        {"comm:* 7 --cgroup /system.slice", "100 110 200 300 400"},
        {"comm:* 7 --cgroup system.slice/small.service/", "200"},
        {"comm:* 7 --cgroup /system.slice/sm", ""},
        {"comm:* 7 --cgroup /", "100 110 200 300 400 500 510 520 530"},
        {"cmdline:* 7", ""}, /* none is known */
    };
    struct folder folder;
    char line[512];

    copy_fixture(&folder);
    for (size_t i = 0; i < COUNT(rows); i++) {
        char found[256] = "";
        size_t j;
        json_t *process;

        snprintf(line, sizeof(line), "reliefctl adj --root %s --dry-run --json %s", folder.path,
            rows[i].arguments);
        int code = run(line);
        json_error_t error;
        const char *begin = strchr(said, '{');
        json_t *json = begin ? json_loads(begin, JSON_DISABLE_EOF_CHECK, &error) : NULL;
        assert_non_null(json);
        json_array_foreach(json_object_get(json, "processes"), j, process)
        {
            snprintf(found + strlen(found), sizeof(found) - strlen(found), "%s%d", j ? " " : "",
                (int)json_integer_value(json_object_get(process, "pid")));
        }
        if (strcmp(found, rows[i].pids) != 0)
            fail_msg("%s: %s instead of %s", rows[i].arguments, found, rows[i].pids);
        assert_int_equal(code, *found ? RL_EXIT_OK : RL_EXIT_FAILURE);
        assert_int_equal(strstr(said, "no process matches") != NULL, *found == '\0');
        json_decref(json);
    }
    folder_free(&folder);
}

static void test_unreadable(void **state)
{
    assert_int_equal(
        run("reliefctl adj --root " FIXTURE " --dry-run cmdline:* 7"), RL_EXIT_FAILURE);
    expect_said("the cmdline of 9 processes could not be read");
}

/* A copy of a /proc is nothing to be written to. */
static void test_copy(void **state)
{
    struct folder folder;
    char line[256], text[32];

    copy_fixture(&folder);
    snprintf(line, sizeof(line), "reliefctl adj comm:worker 5 --root %s", folder.path);
    assert_int_equal(run(line), RL_EXIT_FAILURE);
    expect_said("--dry-run");
    assert_true(rl_read_at(folder.fd, "proc/200/oom_score_adj", text, sizeof(text)) > 0);
    assert_string_equal(text, "0\n");
    strcat(line, " --dry-run");
    assert_int_equal(run(line), RL_EXIT_OK);
    folder_free(&folder);
}

/* ---- what is set ---- */

static void test_set(void **state)
{
    pid_t a = spawn(take_name), b = spawn(take_name);
    char text[64];

    assert_int_equal(run("reliefctl adj comm:%s 321 --dry-run"), RL_EXIT_OK);
    expect_said("0 -> 321");
    expect_said("would be set");
    assert_int_equal(adj_of(a), 0);
    assert_int_equal(adj_of(b), 0);

    assert_int_equal(run("reliefctl adj comm:%s 321"), RL_EXIT_OK);
    snprintf(text, sizeof(text), "%d ", (int)a);
    expect_said(text);
    snprintf(text, sizeof(text), "%d ", (int)b);
    expect_said(text);
    assert_null(strstr(said, "would"));
    assert_int_equal(adj_of(a), 321);
    assert_int_equal(adj_of(b), 321);
    assert_int_equal(adj_of(getpid()), 0);

    put_down(b);
    assert_int_equal(run("reliefctl adj comm:%s 321"), RL_EXIT_OK);
    expect_said("unchanged");
    assert_null(strstr(said, "->"));
    assert_int_equal(run("reliefctl adj exe:*/unit-ctl-adj&comm:%s +400"), RL_EXIT_OK);
    assert_int_equal(adj_of(a), 400);
    assert_int_equal(run("reliefctl adj cmdline:*unit-ctl-adj*&comm:%s 1000"), RL_EXIT_OK);
    assert_int_equal(adj_of(a), 1000);
    put_down(a);
}

static void test_json(void **state)
{
    pid_t pid = spawn(take_name);
    int got_pid, uid, old, new, asked, dry_run;
    const char *pattern, *comm, *result;
    json_error_t error;
    json_t *why;

    assert_int_equal(run("reliefctl --json adj comm:%s 12"), RL_EXIT_OK);
    json_t *json = json_loads(said, 0, &error);
    assert_non_null(json);
    assert_int_equal(
        json_unpack(json, "{s:s, s:i, s:b, s:[{s:i, s:i, s:s, s:i, s:i, s:s, s:o}!]}", "pattern",
            &pattern, "oom_score_adj", &asked, "dry_run", &dry_run, "processes", "pid", &got_pid,
            "uid", &uid, "comm", &comm, "old", &old, "new", &new, "result", &result, "error", &why),
        0);
    assert_int_equal(got_pid, pid);
    assert_int_equal(uid, getuid());
    assert_int_equal(asked, 12);
    assert_int_equal(old, 0);
    assert_int_equal(new, 12);
    assert_false(dry_run);
    assert_string_equal(result, "set");
    assert_string_equal(pattern + strlen("comm:"), comm);
    assert_true(json_is_null(why));
    json_decref(json);
    put_down(pid);
}

/* Take a capability away, or give it back. */
static void have_resource(cap_flag_value_t value)
{
    const cap_value_t resource = CAP_SYS_RESOURCE;
    cap_t caps = cap_get_proc();

    assert_non_null(caps);
    assert_int_equal(cap_set_flag(caps, CAP_EFFECTIVE, 1, &resource, value), 0);
    assert_int_equal(cap_set_proc(caps), 0);
    cap_free(caps);
}

static void test_lowering(void **state)
{
    cap_t caps = cap_get_proc();
    cap_flag_value_t had = CAP_CLEAR;
    pid_t pid = spawn(take_name);

    assert_non_null(caps);
    assert_int_equal(cap_get_flag(caps, CAP_SYS_RESOURCE, CAP_EFFECTIVE, &had), 0);
    cap_free(caps);
    if (had == CAP_SET)
        have_resource(CAP_CLEAR);
    assert_int_equal(run("reliefctl adj comm:%s -5"), RL_EXIT_FAILURE);
    expect_said("0 -> -5");
    expect_said("not set: lowering it needs CAP_SYS_RESOURCE");
    expect_said("1 of 1 processes could not be set");
    assert_int_equal(adj_of(pid), 0);
    assert_int_equal(run("reliefctl adj --json comm:%s -5"), RL_EXIT_FAILURE);
    expect_said("\"new\": 0");
    expect_said("\"failed\"");
    if (had == CAP_SET) {
        have_resource(CAP_SET);
        assert_int_equal(run("reliefctl adj comm:%s -5"), RL_EXIT_OK);
        assert_int_equal(adj_of(pid), -5);
    }
    put_down(pid);
}

static void become_nobody(void)
{
    take_name();
    if (setresuid(NOBODY, NOBODY, NOBODY) < 0)
        _exit(1);
    prctl(PR_SET_DUMPABLE, 1);        /* its /proc files are root's without */
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* another user begins without */
}

/* Some can be set and some not: those are done, and that is a failure. */
static void test_other_user(void **state)
{
    if (geteuid() != 0)
        skip();
    pid_t own = spawn(become_nobody), other = spawn(take_name);

    assert_int_equal(seteuid(NOBODY), 0);
    int code = run("reliefctl adj comm:%s 9");
    assert_int_equal(seteuid(0), 0);
    assert_int_equal(code, RL_EXIT_FAILURE);
    expect_said("not set: it belongs to another user");
    expect_said("1 of 2 processes could not be set");
    assert_int_equal(adj_of(own), 9);
    assert_int_equal(adj_of(other), 0);
    put_down(own);
    put_down(other);
}

static void test_nobody(void **state)
{
    char name[16], before[16];
    pid_t pid;

    assert_int_equal(run("reliefctl adj comm:%s 5"), RL_EXIT_FAILURE);
    expect_said("no process matches comm:rl");

    /* The one who asks is not meant. */
    snprintf(name, sizeof(name), "rl%d", (int)getpid());
    prctl(PR_GET_NAME, before);
    prctl(PR_SET_NAME, name);
    assert_int_equal(run("reliefctl adj comm:%s 5"), RL_EXIT_FAILURE);
    prctl(PR_SET_NAME, before);
    assert_int_equal(adj_of(getpid()), 0);

    /* Nor is one that has exited. */
    pid = spawn(take_name);
    siginfo_t info;
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(run("reliefctl adj comm:%s 5"), RL_EXIT_FAILURE);
    expect_said("no process matches");
    assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void test_refused(void **state)
{
    static const struct {
        const char *arguments, *text;
    } rows[] = {
        {"comm:%s", "a pattern and a number are needed"},
        {"comm:%s 1001", "'1001' is not a number from -1000 to 1000"},
        {"comm:%s -1001", "'-1001' is not a number"},
        {"comm:%s x", "'x' is not a number"},
        {"comm:%s 5x", "'5x' is not a number"},
        {"comm:%s 99999999999999999999", "is not a number"},
        {"com:%s 5", "unknown kind 'com'; did you mean 'comm'?"},
        {"comm:%s&uid:root 5", "user names are not looked up"},
        {"comm:[%s 5", "'['"},
        {"comm: 5", "nothing follows 'comm:'"},
        {"@system 5", "unknown kind '@system'"},
        {"comm:%s 5 --cgroup=", "--cgroup needs a path"},
        {"comm:%s 5 6", "too many arguments"},
    };
    pid_t pid = spawn(take_name);
    char line[256];

    for (size_t i = 0; i < COUNT(rows); i++) {
        snprintf(line, sizeof(line), "reliefctl adj %s", rows[i].arguments);
        assert_int_equal(run(line), RL_EXIT_USAGE);
        expect_said(rows[i].text);
        assert_null(strstr(said, "=:"));
        assert_int_equal(adj_of(pid), 0);
    }
    assert_int_equal(run("reliefctl adj comm:%s 5 --proc-root /nonexistent"), RL_EXIT_FAILURE);
    expect_said("/nonexistent");
    assert_int_equal(run("reliefctl adj comm:much-too-long-name 5"), RL_EXIT_FAILURE);
    expect_said("warning: 'comm:much-too-long-name' never matches");
    put_down(pid);
}

/* A kept descriptor never leads to the process that has the number later. */
static void test_identity(void **state)
{
    const struct rl_procs procs = {.proc_fd = -1, .page_size = 4096};
    pid_t pid = spawn(take_name);
    struct rl_process process;
    bool gone = true;
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d", (int)pid);
    int dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    assert_int_equal(rl_procs_read_below(&procs, dir, pid, 0, &process, &gone), 0);
    assert_false(gone);
    assert_int_equal(process.pid, pid);
    assert_int_equal(process.start_ticks, start_of(pid));
    put_down(pid);
    assert_int_equal(rl_procs_read_below(&procs, dir, pid, 0, &process, &gone), 0);
    assert_true(gone);
    assert_true(openat(dir, "oom_score_adj", O_WRONLY | O_CLOEXEC) < 0);
    close(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matching),
        cmocka_unit_test(test_unreadable),
        cmocka_unit_test(test_copy),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_lowering),
        cmocka_unit_test(test_other_user),
        cmocka_unit_test(test_nobody),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
