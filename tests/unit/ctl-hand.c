/* reliefctl pause, resume, relieve and try: their words against a daemon that only writes down what
 * it is asked, in a child; and what they do by themselves. */
#include "tests/unit/unit.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/leak.h"
#include "daemon/ctl/relieve.h"
#include "daemon/ctl/scratch-cgroup.h"
#include "daemon/report/bus.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"

#define OUTLOOK(rest)                                                                              \
    "{\"cgroup\":\"/a\",\"policy\":{\"name\":\"app\"},\"steps\":[{\"step\":\"terminate\","         \
    "\"signal\":\"SIGTERM\",\"wait_ms\":5000},{\"step\":\"kill\",\"signal\":\"SIGKILL\","          \
    "\"wait_ms\":0}],"                                                                             \
    "\"choice\":{\"scope\":\"process\",\"pid\":42,\"comm\":\"hog\",\"cgroup\":\"/"                 \
    "a\",\"score\":7}" rest "}"

struct server {
    struct folder folder;
    char bus[128];
    pid_t pid;
    struct rl_bus *serving; /* in the child */
    sd_event *event;
};

static struct server server;

/* ---- the daemon's side, in the child ---- */

static void note(const char *format, ...)
{
    char path[160];
    va_list arguments;

    snprintf(path, sizeof(path), "%s/asked", server.folder.path);
    FILE *file = fopen(path, "ae");
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    fclose(file);
}

static char *api_pause(void *userdata, uid_t uid, const char *policy, const char *cgroup,
    uint64_t length_us, const char **ret_error)
{
    note("pause '%s' '%s' %llu\n", policy, cgroup, (unsigned long long)length_us);
    return strdup(
        "{\"ended\":0,\"pauses\":[{\"policy\":\"a\\u001bpp\",\"cgroup\":null,\"uid\":1000,"
        "\"until\":\"2024-05-01T12:00:00.123Z\",\"left_ms\":90000},"
        "{\"policy\":null,\"cgroup\":\"/a\",\"uid\":0,\"left_ms\":1000},"
        "{\"policy\":null,\"cgroup\":null,\"uid\":0,\"left_ms\":1000}]}");
}

static char *api_resume(
    void *userdata, uid_t uid, const char *policy, const char *cgroup, const char **ret_error)
{
    note("resume '%s' '%s'\n", policy, cgroup);
    if (strcmp(policy, "other") == 0) {
        *ret_error = "there is no such pause";
        return NULL;
    }
    return strdup("{\"ended\":1,\"pauses\":[]}");
}

static int say_ended(sd_event_source *source, void *userdata)
{
    const char *outcome = userdata;
    char text[256];

    rl_bus_incident_ended(server.serving, "i0", "{\"id\":\"i0\",\"outcome\":{\"id\":\"stuck\"}}");
    rl_bus_incident_started(server.serving, "i1", "{\"id\":\"i1\",\"open\":true}");
    snprintf(text, sizeof(text), "{\"id\":\"i1\",\"outcome\":{\"id\":\"%s\"}}", outcome);
    rl_bus_incident_ended(server.serving, "i1", text);
    return 0;
}

static char *api_relieve(
    void *userdata, uid_t uid, const struct rl_bus_relief *relief, const char **ret_error)
{
    note("relieve '%s' '%s' '%s' %d\n", relief->cgroup, relief->step, relief->expected,
        relief->look_only);
    if (strcmp(relief->cgroup, "/refused") == 0) {
        *ret_error = "no policy is in force there";
        return NULL;
    }
    if (relief->look_only && strcmp(relief->cgroup, "/nobody") == 0)
        return strdup("{\"cgroup\":\"/nobody\",\"choice\":null,\"no_choice\":\"no-victim\"}");
    if (relief->look_only)
        return strdup(OUTLOOK(",\"cooldown_ms\":9000,\"paused\":{\"uid\":0},\"dry_run\":true,"
                              "\"limit\":{\"most\":1,\"per_ms\":60000,\"kills\":2,"
                              "\"used_up\":true},\"budget\":{\"used_up\":false}"));
    if (strcmp(relief->cgroup, "/vanish") == 0)
        _exit(0);
    sd_event_add_defer(server.event, NULL, say_ended,
        strcmp(relief->cgroup, "/stuck") == 0 ? (char *)"stuck" : (char *)"relieved");
    return strdup("{\"id\":\"i1\"}");
}

static char *api_try(
    void *userdata, uid_t uid, const char *policy, const char *cgroup, const char **ret_error)
{
    *ret_error = "it cannot be tried";
    return NULL;
}

static void serve(void)
{
    static const struct rl_bus_hand hand = {api_pause, api_resume, api_relieve, api_try, NULL};
    const struct rl_bus_api api = {.hand = &hand};

    if (sd_event_new(&server.event) < 0 ||
        rl_bus_new(server.event, server.bus, &api, &server.serving) < 0)
        _exit(1);
    alarm(60);
    sd_event_loop(server.event);
    _exit(0);
}

static int set_up(void **state)
{
    struct stat st;

    folder_new(&server.folder);
    snprintf(server.bus, sizeof(server.bus), "%s/bus", server.folder.path);
    server.pid = fork();
    if (server.pid == 0)
        serve();
    while (stat(server.bus, &st) < 0 || !S_ISSOCK(st.st_mode) || !(st.st_mode & S_IWOTH))
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    return 0;
}

static int tear_down(void **state)
{
    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
    folder_free(&server.folder);
    return 0;
}

/* ---- reliefctl's side ---- */

/* Call it with words split at blanks. Return: what it printed. */
static const char *call(const char *line, int *ret_code)
{
    static char words[512];
    const struct rl_command *command = NULL;
    struct rl_args args;
    struct capture capture;
    char *argv[24], *save = NULL;
    int argc = 0;

    argv[argc++] = (char *)"reliefctl";
    snprintf(words, sizeof(words), "--runtime-dir %s %s", server.folder.path, line);
    for (char *word = strtok_r(words, " ", &save); word; word = strtok_r(NULL, " ", &save))
        argv[argc++] = word;
    argv[argc] = NULL;
    capture_begin(&capture);
    *ret_code = rl_args_parse(argc, argv, &command, &args) < 0 ? RL_EXIT_USAGE
                                                               : command->run(&args);
    return capture_end(&capture);
}

static const char *asked(void)
{
    static char text[4096];
    int fd = openat(server.folder.fd, "asked", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : 0;

    if (fd >= 0)
        close(fd);
    unlinkat(server.folder.fd, "asked", 0);
    text[n > 0 ? n : 0] = '\0';
    return text;
}

struct row {
    const char *line;
    int code;
    const char *asked; /* of the daemon */
    const char *says;  /* somewhere in it; NULL: whatever */
};

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int code;
        const char *text = call(rows[i].line, &code);
        const char *found = asked();

        if (code != rows[i].code || strcmp(found, rows[i].asked) != 0 ||
            (rows[i].says && !strstr(text, rows[i].says)))
            fail_msg("%s: code %d, asked:\n%sprinted:\n%s", rows[i].line, code, found, text);
    }
}

#define CHECK(rows) check(rows, sizeof(rows) / sizeof(rows[0]))

static void test_pause(void **state)
{
    static const struct row rows[] = {
        {"pause 30min", 0, "pause '' '' 1800000000\n",
            "Policy a\\x1bpp is paused until 2024-05-01T12:00:00Z, for another 1min 30s, by uid "
            "1000.\nEvery policy is paused in and below /a until"},
        {"pause app 1.5s", 0, "pause 'app' '' 1500000\n", "Every policy is paused until"},
        {"pause --cgroup /a/b 24h", 0, "pause '' '/a/b' 86400000000\n", NULL},
        {"pause app 1s --json", 0, "pause 'app' '' 1000000\n", "\"uid\": 1000"},
        {"pause", 2, "", "for how long?"},
        {"pause app", 2, "", "'app' "},
        {"pause 30", 2, "", "for instance 30min"},
        {"pause 0s", 2, "", "24h at most"},
        {"pause 1441min", 2, "", "24h at most"},
        {"pause --cgroup /a app 1s", 2, "", "not both"},
        {"pause --cgroup a 1s", 2, "", "leading /"},
        {"resume", 0, "resume '' ''\n", "Nothing is paused."},
        {"resume app", 0, "resume 'app' ''\n", NULL},
        {"resume --cgroup /a", 0, "resume '' '/a'\n", NULL},
        {"resume other", 1, "resume 'other' ''\n", "reliefd: there is no such pause"},
        {"resume --cgroup /a app", 2, "", "not both"},
    };

    CHECK(rows);
}

static void test_relieve(void **state)
{
    static const struct row rows[] = {
        {"relieve", 2, "", "which cgroup?"},
        {"relieve a", 2, "", "leading /"},
        {"relieve /refused --yes", 1, "relieve '/refused' '' '' 1\n", "no policy is in force"},
        {"relieve /a --dry-run", 0, "relieve '/a' '' '' 1\n",
            "Chosen: hog[42] in /a (score 7).\nSteps: terminate (SIGTERM) and wait for 5s, then "
            "kill (SIGKILL).\n"},
        {"relieve /a --dry-run --step kill", 0, "relieve '/a' 'kill' '' 1\n",
            "Limit= is used up: 2 kills, and 1 per 1min are allowed"},
        {"relieve /a --dry-run --json", 0, "relieve '/a' '' '' 1\n", "\"pid\": 42"},
        {"relieve /a --json", 2, "relieve '/a' '' '' 1\n", "give --yes"},
        {"relieve /a", 2, "relieve '/a' '' '' 1\n", "give --yes"},
        {"relieve /nobody --yes", 1, "relieve '/nobody' '' '' 1\n", "nobody there may be chosen"},
        {"relieve /a --yes --json", 0, "relieve '/a' '' '' 1\nrelieve '/a' '' '' 0\n",
            "\"relieved\""},
        {"relieve pid:7 --yes --step kill --json", 0,
            "relieve 'pid:7' 'kill' '' 1\nrelieve 'pid:7' 'kill' '' 0\n", "\"relieved\""},
        {"relieve /stuck --yes --json", 1, "relieve '/stuck' '' '' 1\nrelieve '/stuck' '' '' 0\n",
            "\"stuck\""},
        {"relieve /vanish --yes --json", 1,
            "relieve '/vanish' '' '' 1\nrelieve '/vanish' '' '' 0\n", "closed the connection"},
    };
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC), old = dup(STDIN_FILENO);

    assert_true(dup2(null, STDIN_FILENO) >= 0);
    CHECK(rows);
    dup2(old, STDIN_FILENO);
    close(old);
    close(null);
}

/* On a terminal it is asked, and the daemon told whom the person has agreed to. */
static void test_terminal(void **state)
{
    static const struct {
        const char *typed;
        struct row row;
    } rows[] = {
        {"n\n", {"relieve /a", 1, "relieve '/a' '' '' 1\n", "nothing was done"}},
        {"y\n", {"relieve /a --step kill", 0,
                    "relieve '/a' 'kill' '' 1\nrelieve '/a' 'kill' 'pid:42' 0\n", "Do it?"}},
        {"", {"relieve /a --json", 2, "relieve '/a' '' '' 1\n", "give --yes"}},
    };
    int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC), old = dup(STDIN_FILENO), slave;

    assert_true(master >= 0 && grantpt(master) == 0 && unlockpt(master) == 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    assert_true(slave >= 0 && dup2(slave, STDIN_FILENO) >= 0);
    clearerr(stdin);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(
            write(master, rows[i].typed, strlen(rows[i].typed)), (ssize_t)strlen(rows[i].typed));
        check(&rows[i].row, 1);
    }
    dup2(old, STDIN_FILENO);
    close(old);
    close(slave);
    close(master);
}

static void test_no_daemon(void **state)
{
    static const struct row rows[] = {
        {"pause 1s", 3, "", "not running"},
        {"resume", 3, "", "not running"},
        {"relieve /a --yes", 3, "", "not running"},
        {"try app", 3, "", "not running"},
    };

    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
    server.pid = fork(); /* for the end of the test */
    if (server.pid == 0)
        _exit(0);
    CHECK(rows);
}

static void test_hindrances_are_shown(void **state)
{
    static const char *const parts[] = {
        "The policy is paused.",
        "The cooldown after the last kill has 9s left.",
        "Limit= is used up",
        "Dry run: reliefd only pretends",
    };
    int code;
    const char *text = call("relieve /a --dry-run", &code);

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (!strstr(text, parts[i]))
            fail_msg("'%s' is missing in\n%s", parts[i], text);
    assert_null(strstr(text, "budget of all kills"));
}

static void test_try_usage(void **state)
{
    static const struct row rows[] = {
        {"try", 2, "", "which policy?"},
        {"try app --size 64", 2, "", "at least 8M"},
        {"try app --size much", 2, "", "--size: 'much'"},
        {"try app --rate 1K", 2, "", "at least 64K"},
        {"try app --for 5", 2, "", "--for: '5'"},
        {"try app --for 0", 2, "", "longer than no time"},
        {"try app --seed x", 2, "", "'x' is not a number"},
        {"try app --cgroup a", 2, "", "does not begin with /"},
    };

    CHECK(rows);
}

static void test_answers(void **state)
{
    static const struct {
        const char *answer;
        bool yes;
    } rows[] = {{"y\n", true}, {"yes\n", true}, {"n\n", false}, {"\n", false}, {"", false},
        {"yellow\n", false}, {"y", false}};
    struct capture capture;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        FILE *from = tmpfile();
        fputs(rows[i].answer, from);
        rewind(from);
        capture_begin(&capture);
        bool yes = rl_confirmed(from, "Do it?");
        capture_end(&capture);
        fclose(from);
        if (yes != rows[i].yes)
            fail_msg("row %zu", i);
    }
}

/* Whom the person has seen is whom the daemon is told to expect. */
static void test_expected(void **state)
{
    static const struct {
        const char *outlook, *expected;
    } rows[] = {
        {"{\"choice\":{\"scope\":\"process\",\"pid\":42,\"cgroup\":\"/a\"}}", "pid:42"},
        {"{\"choice\":{\"scope\":\"cgroup\",\"pid\":null,\"cgroup\":\"/a/b\"}}", "/a/b"},
        {"{\"choice\":{\"scope\":\"tree\",\"cgroup\":\"/a\"}}", "/a"},
        {"{\"choice\":null}", ""},
    };
    char text[256];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_auto_t *json = json_loads(rows[i].outlook, 0, NULL);
        rl_expected_text(json, text, sizeof(text));
        assert_string_equal(text, rows[i].expected);
    }
}

static void test_exit(void **state)
{
    static const struct {
        const char *outcome;
        int code;
    } rows[] = {{"relieved", 0}, {"eased", 0}, {"dry-run", 0}, {"not-relieved", 1}, {"stuck", 1},
        {"no-victim", 1}, {"paused", 1}, {"", 1}};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        json_auto_t *json = json_pack("{s:{s:s}}", "outcome", "id", rows[i].outcome);
        assert_int_equal(rl_relief_exit(json), rows[i].code);
    }
}

/* What is leaked stays below the limit, and above memory.high: throttled, and not killed. */
static void test_leak_fits(void **state)
{
    for (uint64_t size = UINT64_C(8) << 20; size <= UINT64_C(1) << 40; size *= 2) {
        assert_true(rl_leak_high(size) < rl_leak_most(size));
        assert_true(rl_leak_most(size) < size);
        assert_true(rl_leak_high(size) > size / 100 * 90);
    }
    uint64_t a = 7, b = 7, c = 8;
    for (int i = 0; i < 100; i++)
        assert_true(rl_leak_noise(&a) == rl_leak_noise(&b));
    assert_true(rl_leak_noise(&a) != rl_leak_noise(&c));
}

/* The leaker ends with whoever started it, before it has begun. */
static void test_leaker_waits(void **state)
{
    int both[2], status = 0;

    assert_int_equal(pipe2(both, O_CLOEXEC), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(both[1]);
        rl_leak_run(
            &(struct rl_leak){.size = 8 << 20, .rate = 1 << 20, .file = -1, .start = both[0]});
    }
    close(both[0]);
    close(both[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* On a folder that is no cgroup: what was made is removed, and the reason is told. */
static void test_scratch_fails_cleanly(void **state)
{
    struct rl_scratch_cgroup scratch;

    folder_parents(&server.folder, "place/x");
    assert_int_equal(
        rl_scratch_cgroup_make(server.folder.path, "/place", 4711, 1 << 24, 1 << 23, &scratch),
        -EOPNOTSUPP);
    assert_non_null(strstr(scratch.error, "/place does not hand the memory controller on"));
    assert_int_equal(faccessat(server.folder.fd, "place/" RL_SCRATCH_PREFIX "4711", F_OK, 0), -1);
    assert_int_equal(rl_scratch_cgroup_remove(&scratch), 0);
    assert_int_equal(
        rl_scratch_cgroup_make(server.folder.path, "/none", 4711, 1 << 24, 1 << 23, &scratch),
        -ENOENT);
    assert_non_null(strstr(scratch.error, "cannot be made"));
    assert_int_equal(rl_scratch_cgroup_remove(&scratch), 0);
}

#define SERVED(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SERVED(test_pause),
        SERVED(test_relieve),
        SERVED(test_terminal),
        SERVED(test_no_daemon),
        SERVED(test_hindrances_are_shown),
        SERVED(test_try_usage),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_exit),
        cmocka_unit_test(test_leak_fits),
        cmocka_unit_test(test_leaker_waits),
        SERVED(test_scratch_fails_cleanly),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
