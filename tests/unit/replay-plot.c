/* A replay as a picture: whose decisions are marked, in which panel, and against which thresholds.
 */
#include "tests/unit/unit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/plot-figure.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"

#define TRACE RL_SOURCE_ROOT "/tests/fixtures/traces/decisions.jsonl"

#define HEAD(name) "[Match]\nCgroup=user.slice\n[Trigger " name "]\n"

/* Kills browser[510] after SIGTERM, and once only. */
#define ONCE                                                                                       \
    HEAD("full")                                                                                   \
    "Headroom=below 90%\nFor=100ms\n[Relief]\nStep=terminate wait 500ms\nStep=kill\n"              \
    "Cooldown=1h\n"
/* Kills another one, again and again. */
#define OFTEN                                                                                      \
    HEAD("often")                                                                                  \
    "Headroom=below 90%\nFor=100ms\n[Victim]\nProtect=comm:browser\n[Relief]\nStep=kill\n"         \
    "Cooldown=1s\n"
/* Waits for what never comes. */
#define NEVER HEAD("never") "Pressure=some 35% over 4s\nUsage=95%\n[Relief]\nStep=kill\n"
/* Kills whole cgroups, one that is not shown. */
#define OTHER                                                                                      \
    "[Match]\nCgroup=system.slice/small.service\n[Trigger other]\nUsage=80%\n[Victim]\n"           \
    "Kill=cgroup\n[Relief]\nStep=kill\nCooldown=1s\n"

static struct folder folder;

static void write_policies(const char *name, const char *text)
{
    char path[64];

    snprintf(path, sizeof(path), "%s/default.conf", name);
    folder_write(&folder, path, "");
    snprintf(path, sizeof(path), "%s/app.conf", name);
    folder_write(&folder, path, text);
}

static int enter(void **state)
{
    folder_new(&folder);
    assert_int_equal(chdir(folder.path), 0);
    write_policies("once", ONCE);
    write_policies("often", OFTEN);
    write_policies("never", NEVER);
    write_policies("other", OTHER);
    folder_write(&folder, "one.conf", "[Budget]\nKills=1 per 10min\n");
    folder_write(&folder, "bad.conf", "[Budget]\nKills=many\n");
    folder_write(&folder, "empty.trace",
        "{\"type\":\"trace\",\"version\":1,\"at_us\":1,\"time\":\"2024-05-01T12:00:00.000Z\"}\n");
    return 0;
}

static int leave(void **state)
{
    assert_int_equal(chdir("/"), 0);
    folder_free(&folder);
    return 0;
}

/* Return: the exit code; what was said is in *ret_said until the next one. */
static int run(const char *const *words, const char **ret_said)
{
    static struct capture capture;
    const struct rl_command *command;
    struct rl_args args;
    char *argv[16] = {(char *)(uintptr_t) "reliefctl", (char *)(uintptr_t) "replay"};
    int argc = 2, code = RL_EXIT_USAGE;

    for (size_t i = 0; words[i]; i++)
        argv[argc++] = (char *)(uintptr_t)words[i];
    capture_begin(&capture);
    if (rl_args_parse(argc, argv, &command, &args) == 0)
        code = command->run(&args);
    *ret_said = capture_end(&capture);
    return code;
}

static char *draw(const char *const *words)
{
    static char svg[1024 * 1024];
    const char *said;
    FILE *file;
    size_t n;

    assert_int_equal(run(words, &said), RL_EXIT_OK);
    assert_string_equal(said, "x.svg\n");
    file = fopen("x.svg", "re");
    assert_non_null(file);
    n = fread(svg, 1, sizeof(svg) - 1, file);
    svg[n] = '\0';
    fclose(file);
    unlink("x.svg");
    return svg;
}

static size_t count(const char *text, const char *what)
{
    size_t n = 0;

    while ((text = strstr(text, what)) != NULL) {
        n++;
        text += strlen(what);
    }
    return n;
}

#define DRAW(...) draw((const char *const[]){TRACE, "--plot", "-o", "x.svg", __VA_ARGS__, NULL})

static void expect(const char *svg, const char *text)
{
    if (!strstr(svg, text))
        fail_msg("no '%s' in:\n%s", text, svg);
}

/* Lines down to a mark: how many there are, and how many of them are broken. */
static void expect_lines(const char *svg, size_t all, size_t broken)
{
    size_t n = 0, dashed = 0;

    for (const char *at = svg; (at = strstr(at, "class=\"markline\"")); at++) {
        const char *end = strchr(at, '>');
        const char *dash = strstr(at, "stroke-dasharray");

        n++;
        dashed += dash && dash < end;
    }
    if (n != all || dashed != broken)
        fail_msg("%zu lines, %zu broken, in:\n%s", n, dashed, svg);
}

/* Of each mark one line is in the panel of that heading, and none in the one above it. */
static void expect_below(const char *svg, const char *heading)
{
    const char *text = strstr(svg, heading), *y = NULL;
    size_t n = 0, below = 0;

    assert_non_null(text);
    for (const char *at = svg; at < text && (at = strstr(at, " y=\"")) && at < text; at++)
        y = at + strlen(" y=\"");
    assert_non_null(y);
    for (const char *at = svg; (at = strstr(at, "class=\"markline\"")); at++) {
        const char *comma = strchr(strstr(at, "points=\""), ',');

        n++;
        below += strtod(comma + 1, NULL) > strtod(y, NULL);
    }
    if (n != 2 * below)
        fail_msg("%zu of %zu lines are below '%s' in:\n%s", below, n, heading, svg);
}

/* A single incident is told with all its steps. */
static void test_one(void **state)
{
    const char *svg = DRAW("--policy", "once");

    expect(svg, ">Trace decisions.jsonl replayed with the policies of once: cgroup /user.slice, 1 "
                "incident<");
    expect(svg, "as recorded: what the policies tried would have done");
    expect(svg, " trigger full holds<");
    expect(svg, " would: terminate browser[510]<");
    expect(svg, " would: kill browser[510]<");
    expect(svg, " over: dry run<");
    expect(svg, "the incident began (2026-11-22 22:02:");
    assert_int_equal(count(svg, "class=\"incident\""), 2);
    assert_null(strstr(svg, "small.service")); /* what was recorded there is not shown */
    expect_lines(svg, 2 * 4, 0);
}

/* What was recorded is decided once more, each incident with its outcome. */
static void test_recorded(void **state)
{
    const char *svg = DRAW("--cgroup", "/system.slice/small.service");

    expect(
        svg, " replayed with its own policies: cgroup /system.slice/small.service, 4 incidents<");
    expect(svg, ">Decided once more, as it was recorded.<");
    expect(svg, ">0 s t in user.slice: would kill browser[510]<");
    expect(svg, " t: would kill all of small.service<");
    expect(svg, " t: alarm<");
    expect_lines(svg, 2 * 4, 0);
}

/* Where nothing happens the thresholds are there, of the cgroup that is shown. */
static void test_none(void **state)
{
    const char *svg = DRAW("--policy", "never", "--cgroup", "/user.slice");

    expect(svg, ": cgroup /user.slice, no incident<");
    expect(svg, ">some 35% over 4s<");
    expect(svg, "share of the last 4 s<");
    expect(svg, "time since the first sample");
    expect_lines(svg, 0, 0);
    svg = DRAW("--policy", "never", "--cgroup", "/system.slice/small.service");
    assert_null(strstr(svg, "some 35%"));
    /* An incident elsewhere does not hide them. */
    svg = DRAW("--policy", "other", "--cgroup", "/user.slice");
    assert_null(strstr(svg, "usage 80%"));
    svg = DRAW("--policy", "other");
    expect(svg, "cgroup /system.slice/small.service");
    expect(svg, ">usage 80%<");
}

static void test_both(void **state)
{
    const char *svg = DRAW("--policy", "once", "--against", "often");
    size_t often = count(svg, ">2: ");

    expect(
        svg, "replayed with the policies of once and with the policies of often: cgroup /user.s");
    expect(svg,
        "1, unbroken lines down: the policies of once, 1 incident. 2, broken lines down: the "
        "policies of often, ");
    expect(svg, ">1, the policies of once: waiting for memory, share of the last ");
    expect(svg, ">2, the policies of often: waiting for memory, share of the last ");
    expect(svg, ">1: 0 s trigger full holds<");
    expect(svg, " would: kill browser[510]<");
    expect(svg, " often: would kill idle[530]<");
    assert_true(often >= 2);
    assert_int_equal(count(svg, ">1: "), 4);
    expect_lines(svg, 2 * (4 + often), 2 * often);
    assert_int_equal(count(svg, "class=\"incident\""), 0);

    /* Each has its own window and thresholds, whatever the other one waits for. */
    svg = DRAW("--policy", "never", "--against", "once");
    expect(svg, ">1, the policies of never: waiting for memory, share of the last 4 s<");
    expect(svg, "no incident. 2, broken");
    expect(svg, ">some 35% over 4s<");
    expect(svg, ">2: 0 s trigger full holds<");
    /* Gaps are not filled by the line of another mark there. */
    expect_lines(svg, 2 * 2, 2 * 2);
    assert_int_equal(count(svg, "class=\"threshold\""), 1);

    expect_below(svg, ">2, the policies of once");

    /* Time begins with the first incident of either. */
    svg = DRAW("--policy", "once", "--against", "other");
    expect(svg, ">2: 0 s ");
    assert_null(strstr(svg, ">1: 0 s "));

    /* The first one may be those of the trace. */
    svg = DRAW("--against", "never");
    expect(svg, "replayed with its own policies and with the policies of never");
    expect(svg, "1, unbroken lines down: its own policies, 4 incidents.");
}

static void test_budget(void **state)
{
    const char *svg = DRAW("--policy", "often", "--config", "one.conf");

    expect(svg, " often: would kill idle[530]<");
    expect(svg, " often: alarm<");
    assert_int_equal(count(svg, "would kill idle[530]<"), 1);
}

static void test_words(void **state)
{
    static const struct {
        const char *words[8];
        int code;
        const char *says;
    } rows[] = {
        {{TRACE, "--plot"}, RL_EXIT_OK, "decisions-replay.svg\n"},
        {{TRACE, "--plot", "-o", "-"}, RL_EXIT_OK, "<?xml "},
        {{TRACE, "--plot", "--json", "-o", "x.svg"}, RL_EXIT_OK, "\"marks\": ["},
        {{TRACE, "--plot", "-o", "x.pdf"}, RL_EXIT_USAGE, "ends neither in .svg nor in .png"},
        {{TRACE, "-o", "x.svg"}, RL_EXIT_USAGE, "add --plot"},
        {{TRACE, "--cgroup", "/user.slice"}, RL_EXIT_USAGE, "add --plot"},
        {{TRACE, "--plot", "--cgroup", "/no"}, RL_EXIT_FAILURE, "there are of:\n  the machine\n"},
        {{TRACE, "--plot", "--verify"}, RL_EXIT_USAGE, "give one of them"},
        {{TRACE, "--config", "one.conf"}, RL_EXIT_USAGE, "--config is about --policy"},
        {{TRACE, "--policy", "once", "--config", "one.conf"}, RL_EXIT_OK,
            "budget of all policies: 1 kill per 10min\n"},
        {{TRACE, "--policy", "once", "--config", "bad.conf"}, RL_EXIT_FAILURE, "bad.conf:2: error"},
        {{TRACE, "--policy", "once", "--config", "no.conf"}, RL_EXIT_FAILURE, "no.conf"},
        {{TRACE, "--policy", "once", "--json"}, RL_EXIT_OK, "\"per_ms\": 600000"},
        {{"empty.trace", "--plot"}, RL_EXIT_FAILURE, "this trace holds no samples"},
        {{"empty.trace", "--policy", "once"}, RL_EXIT_OK, "the trace does not tell of one"},
        {{"no.trace", "--plot"}, RL_EXIT_FAILURE, "no.trace: No such file"},
    };
    const char *said;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int code = run(rows[i].words, &said);

        if (code != rows[i].code || !strstr(said, rows[i].says))
            fail_msg("%zu: %d, %.2000s", i, code, said);
    }
    assert_int_equal(access("decisions-replay.svg", F_OK), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one),
        cmocka_unit_test(test_recorded),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_both),
        cmocka_unit_test(test_budget),
        cmocka_unit_test(test_words),
    };

    return cmocka_run_group_tests(tests, enter, leave);
}
