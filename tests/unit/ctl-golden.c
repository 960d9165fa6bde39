/* What status, explain and top --batch say of the fixtures, compared whole with the texts below
 * tests/fixtures/golden. With --update these are written anew: look at the difference before it is
 * committed. */
#include "tests/unit/unit.h"

#include <locale.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"
#include "tests/unit/capture.h"

#define FOLDER "tests/fixtures/golden"

static bool update;

static const struct golden {
    const char *name; /* of the file, without .txt */
    const char *line; /* of reliefctl */
    const char *locale;
    int exit;
} goldens[] = {
    {"status-basic", "status --root tests/fixtures/node-basic", "C.UTF-8", RL_EXIT_OK},
    {"status-pressed", "status --root tests/fixtures/node-pressed", "C.UTF-8", RL_EXIT_OK},
    {"status-policies",
        "status --root tests/fixtures/node-pressed --policy-dir tests/fixtures/golden/policy.d",
        "C.UTF-8", RL_EXIT_OK},
    {"status-hybrid", "status --root tests/fixtures/node-hybrid", "C.UTF-8", RL_EXIT_FAILURE},
    {"explain-node", "explain / --root tests/fixtures/node-pressed", "C.UTF-8", RL_EXIT_OK},
    {"explain-limited", "explain /system.slice/small.service --root tests/fixtures/node-basic",
        "C.UTF-8", RL_EXIT_OK},
    {"explain-pid", "explain pid:520 --root tests/fixtures/node-basic", "C.UTF-8", RL_EXIT_OK},
    {"explain-policy",
        "explain /system.slice/postgresql.service --root tests/fixtures/node-pressed --policy-dir "
        "tests/fixtures/golden/policy.d",
        "C.UTF-8", RL_EXIT_OK},
    {"explain-json",
        "explain /system.slice/postgresql.service --json --root tests/fixtures/node-pressed "
        "--policy-dir tests/fixtures/golden/policy.d",
        "C.UTF-8", RL_EXIT_OK},
    {"explain-nothing", "explain --root tests/fixtures/node-pressed", "C.UTF-8", RL_EXIT_OK},
    {"explain-unknown", "explain /nowhere --root tests/fixtures/node-pressed", "C.UTF-8",
        RL_EXIT_FAILURE},
    {"top-basic", "top --batch --root tests/fixtures/node-basic", "C.UTF-8", RL_EXIT_OK},
    {"top-pressed", "top --batch --root tests/fixtures/node-pressed", "C.UTF-8", RL_EXIT_OK},
    {"top-ascii", "top --batch --root tests/fixtures/node-pressed", "C", RL_EXIT_OK},
    {"top-headroom", "top --batch --all --sort headroom --root tests/fixtures/node-pressed",
        "C.UTF-8", RL_EXIT_OK},
    {"top-filter", "top --batch -n 1 --filter user-1000 --root tests/fixtures/node-pressed",
        "C.UTF-8", RL_EXIT_OK},
    {"top-model", "top --batch --model total-vm --root tests/fixtures/node-pressed", "C.UTF-8",
        RL_EXIT_OK},
    {"top-policies",
        "top --batch --root tests/fixtures/node-pressed --policy-dir "
        "tests/fixtures/golden/policy.d",
        "C.UTF-8", RL_EXIT_OK},
    {"top-json", "top --batch --json --filter postgres --root tests/fixtures/node-pressed",
        "C.UTF-8", RL_EXIT_OK},
};

/* Run a command line. Return: its exit code, with what it said in *ret. */
static int run(const char *line, const char **ret)
{
    const struct rl_command *command;
    char copy[512], *argv[32] = {(char *)(uintptr_t) "reliefctl"}, *rest = copy;
    struct rl_args args;
    struct capture capture;
    int argc = 1;

    snprintf(copy, sizeof(copy), "%s", line);
    for (char *word; (word = strsep(&rest, " "));)
        argv[argc++] = word;
    capture_begin(&capture);
    int code = rl_args_parse(argc, argv, &command, &args) < 0 ? RL_EXIT_USAGE : command->run(&args);
    *ret = capture_end(&capture);
    return code;
}

static void write_golden(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* Inodes of a work tree are its own. */
static const char *masked(const char *text)
{
    static const char key[] = "\"cgroup_id\": ";
    static char copy[1 << 18];
    char *to = copy;

    assert_true(strlen(text) < sizeof(copy));
    while (*text) {
        bool at_key = strncmp(text, key, sizeof(key) - 1) == 0;

        *to++ = *text++;
        if (!at_key)
            continue;
        for (size_t i = 0; i < sizeof(key) - 2; i++)
            *to++ = *text++;
        *to++ = '0';
        text += strspn(text, "0123456789");
    }
    *to = '\0';
    return copy;
}

/* cmocka cuts long texts: so where they part. */
static void assert_same(const char *name, const char *found, const char *wanted)
{
    size_t at = 0, line = 1, from = 0;

    while (found[at] && found[at] == wanted[at])
        if (found[at++] == '\n') {
            line++;
            from = at;
        }
    if (found[at] != wanted[at])
        fail_msg("%s.txt:%zu: found\n%.*s\nwanted\n%.*s", name, line,
            (int)strcspn(found + from, "\n"), found + from, (int)strcspn(wanted + from, "\n"),
            wanted + from);
}

static void test_golden(void **state)
{
    const struct golden *golden = *state;
    static char wanted[1 << 18];
    char path[256];
    const char *found;

    assert_non_null(setlocale(LC_CTYPE, golden->locale));
    int code = run(golden->line, &found);
    found = masked(found);
    snprintf(path, sizeof(path), FOLDER "/%s.txt", golden->name);
    assert_int_equal(code, golden->exit);
    if (update) {
        write_golden(path, found);
        return;
    }
    FILE *file = fopen(path, "re");
    if (!file)
        fail_msg("%s is missing: make it by 'unit-ctl-golden --update'", path);
    wanted[fread(wanted, 1, sizeof(wanted) - 1, file)] = '\0';
    fclose(file);
    assert_same(golden->name, found, wanted);
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[sizeof(goldens) / sizeof(goldens[0])] = {0};

    update = argc > 1 && strcmp(argv[1], "--update") == 0;
    if (chdir(RL_SOURCE_ROOT) < 0) /* paths in the texts are those of the tree */
        return 1;
    unsetenv("NO_COLOR");
    for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++)
        tests[i] = (struct CMUnitTest){.name = goldens[i].name,
            .test_func = test_golden,
            .initial_state = (void *)(uintptr_t)&goldens[i]};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
