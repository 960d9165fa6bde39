/* The command line. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/user.h"
#include "tests/unit/capture.h"

static char words[4096];
static const char *said;

static int parse(const char *line, const struct rl_command **command, struct rl_args *args)
{
    static char *argv[32];
    char *rest = words;
    struct capture capture;
    int argc = 0;

    snprintf(words, sizeof(words), "%s", line);
    for (char *word; argc < 31 && (word = strsep(&rest, " "));)
        argv[argc++] = word;
    argv[argc] = NULL;
    memset(args, 0, sizeof(*args));
    *command = NULL;
    capture_begin(&capture);
    int r = rl_args_parse(argc, argv, command, args);
    said = capture_end(&capture);
    assert_int_equal(r < 0, *said != '\0'); /* what is wrong is said, and nothing else */
    return r;
}

static void test_good(void **state)
{
    const struct rl_command *command;
    struct rl_args args;

    assert_int_equal(parse("reliefctl status", &command, &args), 0);
    assert_string_equal(command->name, "status");
    assert_int_equal(args.n_words, 0);

    assert_int_equal(parse("reliefctl --json explain /a --root /x", &command, &args), 0);
    assert_string_equal(command->name, "explain");
    assert_non_null(args.common[RL_OPT_JSON]);
    assert_string_equal(args.common[RL_OPT_ROOT], "/x");
    assert_int_equal(args.n_words, 1);
    assert_string_equal(args.words[0], "/a");
    assert_null(args.words[1]);

    assert_int_equal(parse("reliefctl scores --top 5 --system --model=m", &command, &args), 0);
    assert_null(args.own[0]);
    assert_string_equal(args.own[1], "");
    assert_string_equal(args.own[2], "m");
    assert_string_equal(args.own[3], "5");

    assert_int_equal(parse("reliefctl --root a check x --keys -- --y", &command, &args), 0);
    assert_int_equal(args.n_words, 2);
    assert_string_equal(args.words[1], "--y");

    /* Negative numbers are words, also before and between options. */
    assert_int_equal(parse("reliefctl adj -7 --dry-run -5 --cgroup -3", &command, &args), 0);
    assert_int_equal(args.n_words, 2);
    assert_string_equal(args.words[0], "-7");
    assert_string_equal(args.words[1], "-5");
    assert_null(args.words[2]);
    assert_string_equal(args.own[0], "-3");
    assert_string_equal(args.own[1], "");
    assert_int_equal(parse("reliefctl adj --json a -- --dry-run -h", &command, &args), -EINVAL);
    assert_int_equal(parse("reliefctl adj a -- --dry-run", &command, &args), 0);
    assert_string_equal(args.words[1], "--dry-run");
    assert_null(args.own[1]);
    assert_int_equal(parse("reliefctl --json -- adj a -1", &command, &args), 0);
    assert_string_equal(command->name, "adj");
    assert_string_equal(args.words[1], "-1");

    assert_int_equal(parse("reliefctl --help", &command, &args), 0);
    assert_null(command);
    assert_non_null(args.common[RL_OPT_HELP]);
    assert_int_equal(parse("reliefctl explain -h", &command, &args), 0);
    assert_string_equal(command->name, "explain");
    assert_non_null(args.common[RL_OPT_HELP]);
    assert_int_equal(parse("reliefctl", &command, &args), 0);
    assert_null(command);
}

static void test_wrong(void **state)
{
    static const char *const lines[] = {
        "reliefctl frobnicate", "reliefctl --frobnicate",
        "reliefctl status --top 5", /* another command's */
        "reliefctl --top 5 scores", /* not a common one */
        "reliefctl status x", "reliefctl explain a b", "reliefctl scores --top", "reliefctl --root",
        "reliefctl -x status", "reliefctl -5", "reliefctl adj a b -x", "reliefctl adj a 1 -2",
        "reliefctl  status", /* an empty word */
    };
    const struct rl_command *command;
    struct rl_args args;

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        if (parse(lines[i], &command, &args) >= 0)
            fail_msg("'%s' was taken", lines[i]);
    }
}

/* What to do is said, too. */
static void test_hints(void **state)
{
    static const struct {
        const char *line, *hint;
    } rows[] = {
        {"reliefctl stauts", "unknown command 'stauts'; did you mean 'status'?"},
        {"reliefctl frobnicate", "unknown command 'frobnicate'; 'reliefctl --help' lists them"},
        {"reliefctl --jsn", "reliefctl: unknown option '--jsn'; did you mean '--json'?"},
        {"reliefctl --top 5 scores", "'--top'; it belongs to 'scores' and stands behind it"},
        {"reliefctl scores --topp=5",
            "reliefctl scores: unknown option '--topp'; did you mean '--top'?"},
        {"reliefctl scores -x", "unknown option '-x'; 'reliefctl scores --help' lists them"},
        {"reliefctl scores --top", "reliefctl scores: --top needs N behind it: the N highest"},
        {"reliefctl scores --root", "reliefctl scores: --root needs DIR behind it"},
        {"reliefctl scores --json=x", "reliefctl scores: --json takes no value"},
        {"reliefctl scores --system=x", "reliefctl scores: --system takes no value"},
        {"reliefctl status x", "too many arguments at 'x'; it takes none"},
        {"reliefctl explain a b", "at 'b'; it takes [CGROUP|pid:N|INCIDENT|last]"},
    };
    const struct rl_command *command;
    struct rl_args args;

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(parse(rows[i].line, &command, &args), -EINVAL);
        if (!strstr(said, rows[i].hint))
            fail_msg("%s: %s", rows[i].line, said);
    }
}

static void test_numbers(void **state)
{
    static const struct {
        const char *text;
        bool good;
        unsigned long value;
    } rows[] = {
        {"0", true, 0},
        {"20", true, 20},
        {"100", true, 100},
        {"101", false, 0},
        {"-1", false, 0},
        {"", false, 0},
        {"5x", false, 0},
        {"99999999999999999999", false, 0},
        {" 5", true, 5},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        unsigned long value = 77;
        struct capture capture;
        capture_begin(&capture);
        int r = rl_args_number("n", rows[i].text, 100, &value);
        said = capture_end(&capture);
        assert_int_equal(r == 0, rows[i].good);
        assert_int_equal(value, rows[i].good ? rows[i].value : 77);
        assert_int_equal(*said == '\0', rows[i].good);
    }
}

/* Own options must fit, and not hide common ones. */
static void test_table(void **state)
{
    for (const struct rl_command *c = rl_commands; c->name; c++) {
        size_t n = 0;
        assert_ptr_equal(rl_command_find(c->name), c);
        for (const struct rl_option *o = c->options; o && o->name; o++, n++) {
            assert_non_null(o->help);
            for (size_t i = 0; i < RL_COMMON_OPTIONS; i++)
                assert_string_not_equal(o->name, rl_common_options[i].name);
        }
        assert_true(n <= RL_OWN_OPTIONS_MAX);
        struct capture capture;
        capture_begin(&capture);
        rl_help_print(c);
        const char *help = capture_end(&capture);
        assert_non_null(strstr(help, c->help));
    }
}

/* --user: where reliefd --user has its folders; what is named stays. */
static void test_user(void **state)
{
    static const struct {
        const char *line;
        const char *home, *runtime, *data, *config;
        const char *expected[3]; /* socket, incidents, policies; NULL in front: refused */
    } rows[] = {
        {"reliefctl --user status", "/h", "/r", NULL, NULL,
            {"/r/reliefd", "/h/.local/state/reliefd", "/h/.config/reliefd/policy.d"}},
        {"reliefctl status --user", "/h", "/r", "/s", "/c",
            {"/r/reliefd", "/s/reliefd", "/c/reliefd/policy.d"}},
        {"reliefctl status --user", "/h", "/r", "relative", "",
            {"/r/reliefd", "/h/.local/state/reliefd", "/h/.config/reliefd/policy.d"}},
        {"reliefctl --user --state-dir /x --runtime-dir /y status", NULL, NULL, NULL, "/c",
            {"/y", "/x", "/c/reliefd/policy.d"}},
        {"reliefctl --user status", "/h", NULL, NULL, NULL, {NULL}},
        {"reliefctl --user status", NULL, "/r", NULL, NULL, {NULL}},
    };
    static const char *const names[] = {
        "HOME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const char *values[] = {rows[i].home, rows[i].runtime, rows[i].data, rows[i].config};
        const struct rl_command *command;
        struct capture capture;
        struct rl_args args;
        char buf[4096];

        assert_int_equal(parse(rows[i].line, &command, &args), 0);
        for (size_t v = 0; v < sizeof(names) / sizeof(names[0]); v++) {
            if (values[v])
                setenv(names[v], values[v], 1);
            else
                unsetenv(names[v]);
        }
        capture_begin(&capture);
        int r = rl_user_take(&args);
        const char *told = capture_end(&capture);
        assert_int_equal(r, rows[i].expected[0] ? 0 : -EINVAL);
        assert_int_equal(*told != '\0', r < 0);
        if (r < 0)
            continue;
        assert_string_equal(args.common[RL_OPT_RUNTIME_DIR], rows[i].expected[0]);
        assert_string_equal(args.common[RL_OPT_STATE_DIR], rows[i].expected[1]);
        assert_string_equal(rl_user_config("/policy.d", buf, sizeof(buf)), rows[i].expected[2]);
        assert_null(rl_user_config("/policy.d", buf, 8));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_user),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
