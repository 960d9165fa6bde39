/* reliefctl import: what the settings of other tools become, compared whole; what comes out is
 * accepted by reliefctl check; what is malformed is told with its place; nothing that is cut or
 * broken anywhere makes more of it than an error. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/import.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define FIXTURES RL_SOURCE_ROOT "/tests/fixtures/import"
#define SWAP     RL_SOURCE_ROOT "/tests/fixtures/node-basic/proc" /* 1000M of it */

static const struct fixture {
    const char *tool, *name;
    const char *main_file; /* is cut and broken */
    bool own_proc;
} fixtures[] = {
    {"earlyoom", "earlyoom-debian", "etc/default/earlyoom", false},
    {"earlyoom", "earlyoom-documents", "etc/default/earlyoom", false},
    {"earlyoom", "earlyoom-no-swap", "etc/default/earlyoom", true},
    {"earlyoom", "earlyoom-all", "etc/default/earlyoom", false},
    {"earlyoom", "earlyoom-kill", "etc/default/earlyoom", false},
    {"systemd-oomd", "systemd-oomd-debian",
        "usr/lib/systemd/system/user@.service.d/10-oomd-user-service-defaults.conf", false},
    {"systemd-oomd", "systemd-oomd-rules", "etc/systemd/oomd.conf", false},
    {"systemd-oomd", "systemd-oomd-rules", "usr/lib/systemd/system/workload.slice", false},
    {"oomd", "oomd-debian", "etc/oomd/oomd.json", false},
    {"oomd", "oomd-documents", "etc/oomd.json", false},
    {"oomd", "oomd-plugins", "etc/oomd/oomd.json", false},
    {"nohang", "nohang-debian", "etc/nohang/nohang.conf", false},
    {"nohang", "nohang-desktop-debian", "etc/nohang/nohang-desktop.conf", false},
    {"nohang", "nohang-all", "etc/nohang/nohang.conf", false},
};

static const struct rl_import_tool *tool_of(const char *name)
{
    static const struct rl_import_tool *const tools[] = {
        &rl_import_systemd_oomd, &rl_import_earlyoom, &rl_import_oomd, &rl_import_nohang};

    for (size_t i = 0; i < N(tools); i++)
        if (strcmp(tools[i]->name, name) == 0)
            return tools[i];
    fail_msg("no tool %s", name);
    return NULL;
}

/* Run the command. Return: its exit code; *ret_text: all it printed, standard error first. */
static int run(const char *tool, const char *root, const char *proc, char *file, const char *out,
    bool force, bool json, const char **ret_text)
{
    char *words[] = {(char *)(uintptr_t)tool, file, NULL};
    struct rl_args args = {.words = words, .n_words = file ? 2 : 1};
    struct capture capture;
    int code;

    args.common[RL_OPT_ROOT] = root;
    args.common[RL_OPT_PROC_ROOT] = proc;
    args.common[RL_OPT_JSON] = json ? "" : NULL;
    args.own[0] = out;
    args.own[1] = force ? "" : NULL;
    capture_begin(&capture);
    code = rl_ctl_import(&args);
    *ret_text = capture_end(&capture);
    return code;
}

static int run_fixture(const struct fixture *fixture, const char *out, const char **ret_text)
{
    char root[4096], proc[4200];

    snprintf(root, sizeof(root), "%s/%s", FIXTURES, fixture->name);
    snprintf(proc, sizeof(proc), "%s/proc", root);
    return run(
        fixture->tool, root, fixture->own_proc ? proc : SWAP, NULL, out, false, false, ret_text);
}

static char *read_file(const char *path, size_t *ret_n)
{
    static char text[1 << 18];
    FILE *file = fopen(path, "re");

    if (!file)
        fail_msg("%s: %s", path, strerror(errno));
    *ret_n = fread(text, 1, sizeof(text) - 1, file);
    text[*ret_n] = '\0';
    fclose(file);
    return text;
}

static void update(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_int_equal(fputs(text, file) >= 0, 1);
    fclose(file);
}

static void test_expected(void **state)
{
    for (size_t i = 0; i < N(fixtures); i++) {
        char path[4096];
        const char *text;
        size_t n;

        assert_int_equal(run_fixture(&fixtures[i], NULL, &text), RL_EXIT_OK);
        snprintf(path, sizeof(path), "%s/%s/expected", FIXTURES, fixtures[i].name);
        if (getenv("RL_IMPORT_UPDATE"))
            update(path, text);
        if (strcmp(read_file(path, &n), text) != 0)
            fail_msg("%s is not what is printed now:\n%s", path, text);
    }
}

/* reliefctl check on a folder or file. Return: its exit code. */
static int check(char *path, const char **ret_text)
{
    char *words[] = {path, NULL};
    struct rl_args args = {.words = words, .n_words = 1};
    struct capture capture;
    int code;

    args.common[RL_OPT_ROOT] = RL_SOURCE_ROOT "/tests/fixtures/node-basic";
    capture_begin(&capture);
    code = rl_ctl_check(&args);
    *ret_text = capture_end(&capture);
    return code;
}

/* What -o writes: accepted, what is printed, and not written over. */
static void test_written(void **state)
{
    for (size_t i = 0; i < N(fixtures); i++) {
        char out[4096], path[8192];
        struct folder folder;
        struct stat st;
        const char *text;

        folder_new(&folder);
        snprintf(out, sizeof(out), "%s/etc", folder.path);
        assert_int_equal(run_fixture(&fixtures[i], out, &text), RL_EXIT_OK);
        snprintf(path, sizeof(path), "%s/policy.d", out);
        if (check(path, &text) != RL_EXIT_OK || strstr(text, ": error: ") != NULL)
            fail_msg("%s: %s", fixtures[i].name, text);
        snprintf(path, sizeof(path), "%s/reliefd.conf.d/earlyoom.conf", out);
        if (stat(path, &st) == 0 && check(path, &text) != RL_EXIT_OK)
            fail_msg("%s: %s", fixtures[i].name, text);
        assert_int_equal(run_fixture(&fixtures[i], out, &text), RL_EXIT_FAILURE);
        assert_non_null(strstr(text, "--force"));
        folder_free(&folder);
    }
}

static void test_force(void **state)
{
    char out[4096], path[8192];
    struct folder folder;
    const char *text;
    size_t n;

    folder_new(&folder);
    folder_write(&folder, "etc/policy.d/50-earlyoom.conf", "mine, and longer than nothing");
    snprintf(out, sizeof(out), "%s/etc", folder.path);
    snprintf(path, sizeof(path), "%s/policy.d/50-earlyoom.conf", out);
    assert_int_equal(
        run("earlyoom", FIXTURES "/earlyoom-all", SWAP, NULL, out, false, false, &text),
        RL_EXIT_FAILURE);
    assert_string_equal(read_file(path, &n), "mine, and longer than nothing");
    /* nothing else was written, either */
    assert_int_not_equal(faccessat(folder.fd, "etc/reliefd.conf.d", F_OK, 0), 0);
    assert_int_equal(
        run("earlyoom", FIXTURES "/earlyoom-all", SWAP, NULL, out, true, false, &text), RL_EXIT_OK);
    assert_non_null(strstr(text, "/etc/policy.d/50-earlyoom.conf\n"));
    assert_memory_equal(read_file(path, &n), "; From the settings", 19);
    assert_null(strstr(read_file(path, &n), "mine"));
    folder_free(&folder);
}

static void test_json(void **state)
{
    json_error_t error;
    const char *text;
    size_t i, same = 0;
    json_t *json, *row;

    assert_int_equal(
        run("earlyoom", FIXTURES "/earlyoom-all", SWAP, NULL, NULL, false, true, &text),
        RL_EXIT_OK);
    json = json_loads(strchr(text, '{'), 0, &error);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "tool")), "earlyoom");
    assert_int_equal(json_array_size(json_object_get(json, "files")), 2);
    json_array_foreach(json_object_get(json, "settings"), i, row)
    {
        assert_null(json_object_get(row, "group"));
        same += strcmp(json_string_value(json_object_get(row, "fate")), "same") == 0;
    }
    assert_int_equal(same, 9);
    row = json_array_get(json_object_get(json, "lines"), 1);
    assert_string_equal(json_string_value(json_object_get(row, "file")), "50-earlyoom");
    assert_string_equal(json_string_value(json_object_get(row, "section")), "Trigger term");
    assert_string_equal(
        json_string_value(json_object_get(row, "line")), "Headroom=below 10% max 1048576K");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(row, "from"), "line")), 2);
    json_decref(json);
}

/* A file of a name, its text, and what is said of it. */
static const struct {
    const char *tool, *file, *text, *said;
} malformed[] = {
    {"earlyoom", "e", "", "/e: it does not say EARLYOOM_ARGS="},
    {"earlyoom", "e", "\nnonsense\n", "/e:2: expected EARLYOOM_ARGS="},
    {"earlyoom", "e", "EARLYOOM_ARGS=\"-m 5", "/e:1: EARLYOOM_ARGS=: a quote is not closed"},
    {"earlyoom", "e", "EARLYOOM_ARGS=\"--avoid 'x\"", "a quote is not closed"},
    {"earlyoom", "e", "#\nEARLYOOM_ARGS=-m x", "/e:2: -m: 'x' is no number from 0 to 100"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-m 101", "-m: '101' is no number"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-m 5,", "what follows the comma"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-m 5,4,3", "goes on where it should end"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-m 0", "earlyoom never acts with 0"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-M 0", "earlyoom never acts with 0"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-m -5", "-m: '-5' is no number"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-m nan", "-m: 'nan' is no number"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-m 0x5", "-m: '0x5' is no number"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-s", "-s: its value is missing"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-x", "-x: earlyoom has no such setting"},
    {"earlyoom", "e", "EARLYOOM_ARGS=word", "'word' is no option of earlyoom"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-P hook", "'hook' is no absolute path"},
    {"earlyoom", "e", "EARLYOOM_ARGS=-w 601", "no number of seconds from 0 to 600"},
    {"systemd-oomd", "oomd.conf", "SwapUsedLimit=5%", "oomd.conf:1: expected a section"},
    {"systemd-oomd", "oomd.conf", "[OOM", "oomd.conf:1: a section's name is not closed"},
    {"systemd-oomd", "oomd.conf", "[OOM]\nSwapUsedLimit", "oomd.conf:2: expected KEY=VALUE"},
    {"systemd-oomd", "oomd.conf", "[OOM]\nX=1",
        "oomd.conf:2: X=: systemd-oomd has no such setting"},
    {"systemd-oomd", "oomd.conf", "[OOM]\nSwapUsedLimit=5", "SwapUsedLimit=: '5' is not between"},
    {"systemd-oomd", "oomd.conf", "[OOM]\nSwapUsedLimit=101%", "'101%' is not between"},
    {"systemd-oomd", "oomd.conf", "[OOM]\nDefaultMemoryPressureDurationSec=500ms", "neither 0 nor"},
    {"systemd-oomd", "oomd.conf", "[OOM]\nDefaultMemoryPressureDurationSec=5 moons", "not known"},
    {"systemd-oomd", "oomd.conf", "[OOM]\nDefaultMemoryPressureDurationSec=2h", "more than For="},
    {"systemd-oomd", "x.conf", "[Slice]\nManagedOOMSwap=kill", "x.conf:1: whose [Slice] is it?"},
    {"systemd-oomd", "a.slice", "[Slice]\nManagedOOMSwap=maybe", "neither auto nor kill"},
    {"systemd-oomd", "a.slice", "[Slice]\nManagedOOMPreference=yes", "none of none, avoid, omit"},
    {"systemd-oomd", "a.oomrule", "[Rule]\nAction=panic", "none of kill-all"},
    {"oomd", "o.json", "{", "o.json:1: "},
    {"oomd", "o.json", "{}", "o.json: it has no list \"rulesets\""},
    {"oomd", "o.json", "/* x\n*/ // y\n{\"rulesets\":\n[1,]}", "o.json:4: "},
    {"oomd", "o.json", "{\"rulesets\":\n[{\"name\": 3}]}", "lacks \"name\", \"detectors\""},
    {"oomd", "o.json",
        "{\"rulesets\":\n[{\"name\":\n\"a\", \"detectors\": [[\"g\", {\"args\": {}}]], "
        "\"actions\": []}]}",
        "o.json:3: a plugin after this line has no \"name\""},
    {"oomd", "o.json",
        "{\"rulesets\":[{\"name\":\"a\", \"detectors\": [[\"g\",\n{\"name\": \"swap_free\", "
        "\"args\": {\n\"threshold_pct\": \"low\"}}]], \"actions\": []}]}",
        "o.json:3: threshold_pct: 'low' is no number"},
    {"oomd", "o.json",
        "{\"rulesets\":[{\"name\":\"a\", \"detectors\": [[\"g\",{\"name\": \"pressure_above\", "
        "\"args\": {\"cgroup\":\n\"x[\", \"threshold\": 5}}]], \"actions\": [{\"name\": "
        "\"kill_by_pressure\", \"args\": {\"cgroup\": \"y\"}}]}]}",
        "o.json:1: cgroup: 'x[' cannot be written as a glob"},
    {"nohang", "n.conf", "just words\n", "n.conf:1: expected KEY = VALUE"},
    {"nohang", "n.conf", "max_sleep = 3\n", "n.conf: soft_threshold_min_mem is missing"},
    {"nohang", "n.conf", "\nmax_slep = 3\n", "n.conf:2: max_slep: nohang has no such setting"},
    {"nohang", "n.conf", "soft_threshold_min_mem = 5", "neither a number with M nor one"},
    {"nohang", "n.conf", "soft_threshold_min_mem = 101 %", "neither a number with M nor one"},
    {"nohang", "n.conf", "psi_checking_enabled = true", "'true' is neither True nor False"},
    {"nohang", "n.conf", "psi_metrics = full_avg20", "'full_avg20' is none of"},
    {"nohang", "n.conf", "@BADNESS_ADJ_RE_NAME x /// a", "expected a whole number in front"},
    {"nohang", "n.conf", "@BADNESS_ADJ_RE_NAME 3 a", "expected NUMBER ///"},
    {"nohang", "n.conf", "@BADNESS", "@BADNESS: nohang has no such setting"},
};

static void test_malformed(void **state)
{
    for (size_t i = 0; i < N(malformed); i++) {
        struct folder folder;
        char path[4096];
        const char *text;

        folder_new(&folder);
        folder_write(&folder, malformed[i].file, malformed[i].text);
        snprintf(path, sizeof(path), "%s/%s", folder.path, malformed[i].file);
        if (run(malformed[i].tool, NULL, SWAP, path, NULL, false, false, &text) != RL_EXIT_FAILURE)
            fail_msg("%s is accepted: %s", malformed[i].text, text);
        if (!strstr(text, malformed[i].said) || strstr(text, "[Match]") ||
            strstr(text, "is no policy"))
            fail_msg("%s: expected %s, not %s", malformed[i].text, malformed[i].said, text);
        folder_free(&folder);
    }
}

static void test_usage(void **state)
{
    struct folder folder;
    const char *text;
    char missing[] = "/nonexistent/file";

    assert_int_equal(run("lmkd", NULL, SWAP, NULL, NULL, false, false, &text), RL_EXIT_USAGE);
    assert_non_null(strstr(text, "expected systemd-oomd, earlyoom, oomd or nohang"));
    assert_int_equal(
        run("earlyoom", NULL, SWAP, missing, NULL, false, false, &text), RL_EXIT_FAILURE);
    assert_non_null(strstr(text, "/nonexistent/file: No such file"));
    folder_new(&folder);
    assert_int_equal(
        run("nohang", folder.path, SWAP, NULL, NULL, false, false, &text), RL_EXIT_FAILURE);
    assert_non_null(strstr(text, "no settings of nohang are there: looked at /etc/nohang"));
    folder_write(&folder, "etc/systemd/oomd.conf", "[OOM]\n");
    assert_int_equal(
        run("systemd-oomd", folder.path, SWAP, NULL, NULL, false, false, &text), RL_EXIT_OK);
    assert_non_null(strstr(text, "there is nothing to write"));
    folder_write_bytes(&folder, "nul", "EARLYOOM\0_ARGS=", 15);
    char nul[4096];
    snprintf(nul, sizeof(nul), "%s/nul", folder.path);
    assert_int_equal(run("earlyoom", NULL, SWAP, nul, NULL, false, false, &text), RL_EXIT_FAILURE);
    assert_non_null(strstr(text, "NUL"));
    folder_free(&folder);
}

/* Regular expressions, as globs with a blank between. NULL: they cannot be written so. */
static const struct {
    const char *regex, *star, *globs;
} regexes[] = {
    {"^a$", "*", "a"},
    {"a", "*", "*a*"},
    {"^a", "*", "a*"},
    {"a$", "*", "*a"},
    {"", "*", "*"},
    {"^$", "*", NULL},
    {"^(a|b)$", "*", "a b"},
    {"^a$|^b", "*", "a b*"},
    {"(^|/)(x|y)$", "*", "x y */x */y"},
    {"^(?:a|b)c?$", "*", "ac a bc b"},
    {"^a.*b.+c.d$", "*", "a*b?*c?d"},
    {"^.*a.*$", "*", "*a*"},
    {".*^a", "*", "a*"},
    {"b^a", "*", ""},
    {"a$b", "*", ""},
    {"^a\\.b\\*$", "*", "a.b\\*"},
    {"^a\\d$", "*", "a[0-9]"},
    {"^[abc][^x-z]$", "*", "[abc][!x-z]"},
    {"^/a", "**", "/a**"},
    {"/b$", "**", "**/b"},
    {"^a&b$", "*", "a\\&b"},
    {"^é$", "*", "é"},
    {"^é?$", "*", NULL},
    {"a+", "*", NULL},
    {"a*", "*", NULL},
    {"(ab)*", "*", NULL},
    {"a{2}", "*", NULL},
    {"a??", "*", NULL},
    {"*a", "*", NULL},
    {"\\bfoo", "*", NULL},
    {"\\", "*", NULL},
    {"(?i)a", "*", NULL},
    {"(a", "*", NULL},
    {"a)", "*", NULL},
    {"[a", "*", NULL},
    {"[[:alpha:]]", "*", NULL},
    {"[]", "*", NULL},
    {"^a ;b$", "*", NULL},
    {"^\xff$", "*", NULL},
    {"^a\tb$", "*", NULL},
    {"((((((((((a))))))))))", "*", NULL},
    {"^(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)$", "*", NULL},
};

static void test_globs(void **state)
{
    for (size_t i = 0; i < N(regexes); i++) {
        static struct rl_import_globs globs;
        char text[4096] = "";
        const char *why = NULL;
        bool taken = rl_import_globs(regexes[i].regex, regexes[i].star, &globs, &why);

        if (taken != (regexes[i].globs != NULL) || taken == (why != NULL))
            fail_msg("%s: %s", regexes[i].regex, taken ? "is taken" : why);
        for (size_t g = 0; g < globs.n && taken; g++)
            snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", g ? " " : "",
                globs.items[g]);
        if (taken && strcmp(text, regexes[i].globs) != 0)
            fail_msg("%s: %s, not %s", regexes[i].regex, text, regexes[i].globs);
    }
}

/* A text as a file of the tool. Return: whether there were errors or policies that are accepted,
 * nothing else. */
static bool survives(const struct fixture *fixture, const char *text, size_t n)
{
    struct rl_import import = {.tool = tool_of(fixture->tool), .root = "", .proc_root = SWAP};
    char *copy = malloc(n + 1), path[512];
    int r = copy ? rl_import_begin(&import) : -ENOMEM;

    if (r < 0)
        abort();
    memcpy(copy, text, n);
    copy[n] = '\0';
    snprintf(path, sizeof(path), "/%s", fixture->main_file);
    rl_import_text(&import, path, copy, n);
    free(copy);
    r = rl_import_end(&import);
    bool well = import.unfit == 0 && (r == 0 || r == -EINVAL || r == -ENOENT);
    rl_import_free(&import);
    return well;
}

static uint32_t next_random(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

/* A fixture cut at every byte, and with bytes changed. Return: whether all went well; otherwise
 * text is what did not. */
static bool break_fixture(const struct fixture *fixture, char *text, size_t *n, uint32_t *seed)
{
    static const char bytes[] = "\"'\\{}[],:=;#%@-*()|$^.?/ \n\t09aZ\x80\xff";
    char whole[1 << 14];
    size_t length = *n;

    memcpy(whole, text, length);
    for (*n = 0; *n <= length; *n += 1 + length / 1500)
        if (!survives(fixture, text, *n))
            return false;
    *n = length;
    for (int t = 0; t < 500; t++) {
        memcpy(text, whole, length);
        for (int c = 0; c < 3; c++)
            text[next_random(seed) % length] = bytes[next_random(seed) % (sizeof(bytes) - 1)];
        if (!survives(fixture, text, length))
            return false;
    }
    return true;
}

static void test_broken(void **state)
{
    uint32_t seed = 1;

    for (size_t i = 0; i < N(fixtures); i++) {
        struct capture capture;
        char path[4096], *text;
        size_t n;

        snprintf(path, sizeof(path), "%s/%s/%s", FIXTURES, fixtures[i].name, fixtures[i].main_file);
        text = read_file(path, &n);
        assert_true(n < (1 << 14));
        capture_begin(&capture);
        bool well = break_fixture(&fixtures[i], text, &n, &seed);
        const char *said = capture_end(&capture);
        size_t said_n = strlen(said);
        if (!well)
            fail_msg("%s: ...%s\n%.*s", fixtures[i].name, said + (said_n > 500 ? said_n - 500 : 0),
                (int)n, text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_expected),
        cmocka_unit_test(test_written),
        cmocka_unit_test(test_force),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_usage),
        cmocka_unit_test(test_globs),
        cmocka_unit_test(test_broken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
