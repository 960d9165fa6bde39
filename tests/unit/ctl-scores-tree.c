/* reliefctl scores on the saved tree node-numa: memory nodes, pages of 64 KiB, old models with
 * their ties and children, and what it prints of all this. */
#include "tests/unit/unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/saved.h"
#include "daemon/ctl/table.h"
#include "policy/score.h"
#include "tests/unit/capture.h"
#include "tests/unit/folder.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define M        (UINT64_C(1) << 20)
#define TREE     RL_SOURCE_ROOT "/tests/fixtures/node-numa"

static int run(const char *text, const char **ret_output)
{
    static char copy[4096];
    char *argv[32], *rest = copy;
    int argc = 0;
    const struct rl_command *command = NULL;
    struct rl_args args;
    struct capture capture;

    snprintf(copy, sizeof(copy), "reliefctl scores %s", text);
    for (char *word; argc < 31 && (word = strsep(&rest, " "));)
        argv[argc++] = word;
    argv[argc] = NULL;
    capture_begin(&capture);
    int code = rl_args_parse(argc, argv, &command, &args) < 0 ? RL_EXIT_USAGE : command->run(&args);
    *ret_output = capture_end(&capture);
    return code;
}

static json_t *run_json(const char *options)
{
    char line[512];
    const char *output;

    snprintf(line, sizeof(line), "--root %s --json%s%s", TREE, *options ? " " : "", options);
    assert_int_equal(run(line, &output), RL_EXIT_OK);
    json_t *json = json_loads(output, JSON_REJECT_DUPLICATES, NULL);
    if (!json)
        fail_msg("no JSON: %s", output);
    return json;
}

static const json_t *process_of(const json_t *json, int pid)
{
    const json_t *process;
    size_t i;

    json_array_foreach(json_object_get(json, "processes"), i, process)
    {
        if (json_integer_value(json_object_get(process, "pid")) == pid)
            return process;
    }
    fail_msg("%d is missing", pid);
    return NULL;
}

static void expect(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("'%s' is missing in:\n%s", part, text);
}

#define NONE INT64_MIN

/* Order and scores by each kind of model: worked out in tests/fixtures/README.md. */
static void test_order(void **state)
{
    static const struct {
        const char *options;
        struct {
            int pid;
            int64_t score; /* NONE: may not be chosen */
        } rows[12];
    } cases[] = {
        {"", {{42, 500}, {70, 106}, {40, 100}, {41, 100}, {50, 20}, {61, 20}, {62, 20}, {60, 5},
                 {71, 4}, {1, NONE}, {2, NONE}, {80, NONE}}},
        {"--system", {{70, 106}, {41, 80}, {40, 40}, {50, 20}, {61, 20}, {62, 20}, {42, 10},
                         {60, 5}, {71, 4}, {1, NONE}, {2, NONE}, {80, NONE}}},
        /* of equals the youngest: 62 before 50 */
        {"--model linux", {{70, 8481}, {41, 6401}, {61, 4001}, {40, 3201}, {62, 1601}, {50, 1601},
                              {42, 801}, {60, 401}, {71, 321}, {80, 161}, {1, NONE}, {2, NONE}}},
        /* of equals the oldest, unless its leader is dead; 3 % for root */
        {"--model linux-3.18 --system",
            {{70, 8481}, {41, 6401}, {61, 3881}, {40, 3201}, {62, 1601}, {50, 1601}, {42, 801},
                {60, 401}, {71, 321}, {80, 161}, {1, NONE}, {2, NONE}}},
        /* of equals the oldest; clamped at 1 */
        {"--model v2636 --system", {{70, 106}, {41, 80}, {40, 40}, {50, 20}, {61, 20}, {62, 20},
                                       {42, 10}, {60, 5}, {71, 4}, {80, 2}, {1, NONE}, {2, NONE}}},
        /* half of its child's pages and one more, doubled by nice, shifted by oom_adj 1; what is
         * not an hour old like it is divided by sqrt(sqrt(30000 >> 10)), 2; root and RAWIO by 4
         * each; a dead leader has no memory */
        {"--model v2616",
            {{70, 4 * (5120 + 5121)}, {41, 6400}, {71, 5120}, {40, 3200}, {62, 1600}, {42, 800},
                {60, 400}, {61, 250}, {80, 160}, {1, NONE}, {2, NONE}, {50, NONE}}},
        {"--model v2611",
            {{70, 4 * (5120 + 10240)}, {41, 6400}, {71, 5120}, {40, 3200}, {62, 1600}, {42, 800},
                {60, 400}, {61, 250}, {80, 160}, {1, NONE}, {2, NONE}, {50, NONE}}},
        {"--model total-vm --system",
            {{71, 10240 + 60 * 80}, {70, 5120 + 8000}, {41, 12800}, {61, 8000}, {40, 6400},
                {50, 3200}, {62, 3200}, {42, 1600}, {60, 800}, {1, NONE}, {2, NONE}, {80, NONE}}},
    };

    for (size_t c = 0; c < COUNT(cases); c++) {
        json_auto_t *json = run_json(cases[c].options);
        const json_t *processes = json_object_get(json, "processes");

        assert_int_equal(json_array_size(processes), 12);
        for (size_t i = 0; i < 12; i++) {
            const json_t *process = json_array_get(processes, i);
            const json_t *score = json_object_get(process, "score");
            int64_t wanted = cases[c].rows[i].score;

            if (json_integer_value(json_object_get(process, "pid")) != cases[c].rows[i].pid)
                fail_msg("'%s': place %zu is not %d's", cases[c].options, i, cases[c].rows[i].pid);
            assert_int_equal(json_is_null(score), wanted == NONE);
            assert_int_equal(json_is_true(json_object_get(process, "eligible")), wanted != NONE);
            if (wanted != NONE && json_integer_value(score) != wanted)
                fail_msg("'%s': %d has %lld, not %lld", cases[c].options, cases[c].rows[i].pid,
                    (long long)json_integer_value(score), (long long)wanted);
        }
    }
}

/* Whose memory counts. */
static void test_limits(void **state)
{
    static const struct {
        const char *options;
        int pid;
        uint64_t available; /* M */
        const char *limited_by;
    } rows[] = {
        {"", 40, 2000, "cpuset:0"},
        {"", 41, 4000, "mempolicy:1"},
        {"", 42, 100, "/system.slice/small.service"}, /* less than what its node has */
        {"", 50, 5000, "node"},
        {"--cgroup /system.slice", 40, 2000, "cpuset:0"},
        {"--cgroup /system.slice", 41, 4000, "mempolicy:1"},
        {"--cgroup /system.slice", 42, 2000, "cpuset:0"},
        {"--cgroup system.slice/small.service/", 42, 100, "/system.slice/small.service"},
        {"--system", 40, 5000, "node"},
        {"--system", 41, 5000, "node"},
        {"--system", 42, 5000, "node"},
        {"--model v318", 42, 1100, "/system.slice/small.service"}, /* its limit and all swap */
        {"--model v417", 42, 100, "/system.slice/small.service"},
        {"--model v318", 40, 2000, "cpuset:0"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        json_auto_t *json = run_json(rows[i].options);
        const json_t *process = process_of(json, rows[i].pid);

        assert_int_equal(
            json_integer_value(json_object_get(process, "available_bytes")), rows[i].available * M);
        assert_string_equal(
            json_string_value(json_object_get(process, "limited_by")), rows[i].limited_by);
    }
}

/* One total where all have the same, and pages are those of the tree. */
static void test_total(void **state)
{
    static const struct {
        const char *options;
        json_int_t pages; /* 0: null */
    } rows[] = {
        {"", 0},
        {"--system", 80000},
        {"--cgroup /user.slice", 80000},
        {"--cgroup /system.slice", 0}, /* nodes make a difference */
        {"--cgroup /system.slice/bound.service", 32000},
        {"40", 32000},
        {"--cgroup /system.slice/small.service", 1600},
        {"--model v318 --cgroup /system.slice/small.service", 17600},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        json_auto_t *json = run_json(rows[i].options);
        const json_t *pages = json_object_get(json, "total_pages");

        assert_non_null(pages);
        assert_int_equal(json_is_null(pages), rows[i].pages == 0);
        assert_int_equal(json_integer_value(pages), rows[i].pages);
    }
}

/* The keys that readers count on, all there for everybody. */
static void test_json(void **state)
{
    static const char *const keys[] = {"pid", "comm", "cgroup", "score", "oom_score",
        "kernel_oom_score", "available_bytes", "limited_by", "rss_bytes", "swap_bytes",
        "pagetables_bytes", "oom_score_adj", "eligible", "reason", "passed_over", "parts", "uid",
        "user", "oom_adj", "root", "agrees", "moving", "headroom_bytes"};
    static const struct {
        int pid;
        const char *values; /* a part of the object */
    } parts[] = {
        {71,
            "{\"comm\": \"child\", \"cgroup\": \"/user.slice\", \"score\": 321, \"oom_score\": 669,"
            " \"kernel_oom_score\": 669, \"available_bytes\": 5242880000, \"limited_by\": \"node\","
            " \"rss_bytes\": 15728640, \"swap_bytes\": 5242880, \"pagetables_bytes\": 65536,"
            " \"oom_score_adj\": 0, \"eligible\": true, \"reason\": null, \"agrees\": true,"
            " \"user\": null, \"uid\": 1000, \"moving\": false, \"root\": false,"
            " \"parts\": {\"memory\": 321, \"root\": 0, \"adj\": 0},"
            " \"headroom_bytes\": 1048576000}"},
        {70, "{\"oom_score_adj\": 100, \"oom_adj\": 1, \"oom_score\": 737, \"score\": 8481,"
             " \"parts\": {\"memory\": 481, \"root\": 0, \"adj\": 8000}}"},
        {41, "{\"oom_score\": 720, \"kernel_oom_score\": 727, \"agrees\": false}"},
        {1, "{\"score\": null, \"oom_score\": 0, \"kernel_oom_score\": 0, \"eligible\": false,"
            " \"reason\": \"init\", \"parts\": null}"},
        {2, "{\"eligible\": false, \"reason\": \"kernel-thread\", \"cgroup\": \"/\"}"},
        {50, "{\"comm\": \"java\", \"rss_bytes\": 104857600, \"uid\": 1000, \"score\": 1601}"},
        {60, "{\"comm\": \"\xef\xbf\xbd\xef\xbf\xbd odd\xef\xbf\xbd\", \"root\": false}"},
        {61, "{\"root\": true, \"score\": 4001}"},
        {62, "{\"eligible\": true, \"reason\": null, \"passed_over\": \"frees-little\"}"},
        {80, "{\"eligible\": true, \"reason\": null, \"passed_over\": \"dying\", \"score\": 161}"},
    };
    json_auto_t *json = run_json("--model linux --system");
    const json_t *process;
    size_t i;

    assert_string_equal(json_string_value(json_object_get(json, "model")), "v59");
    json_array_foreach(json_object_get(json, "processes"), i, process)
    {
        for (size_t k = 0; k < COUNT(keys); k++)
            if (!json_object_get(process, keys[k]))
                fail_msg("%s is missing", keys[k]);
        assert_int_equal(json_object_size(process), COUNT(keys));
    }
    for (i = 0; i < COUNT(parts); i++) {
        json_auto_t *wanted = json_loads(parts[i].values, 0, NULL);
        const char *key;
        json_t *value;

        assert_non_null(wanted);
        process = process_of(json, parts[i].pid);
        json_object_foreach(wanted, key, value)
        {
            if (!json_equal(value, json_object_get(process, key)))
                fail_msg("%s of %d: %s", key, parts[i].pid,
                    json_dumps(json_object_get(process, key), JSON_ENCODE_ANY));
        }
    }
}

/* Models without such a file, and those with another scale of it. */
static void test_oom_score(void **state)
{
    static const struct {
        const char *model;
        json_int_t of_41, of_1; /* -1: null */
    } rows[] = {
        {"percent-times-ten", -1, -1},
        {"private", -1, -1},
        {"total-vm", -1, -1},
        {"v24", -1, -1},
        {"v2616", 6400, 0},
        {"v2636", 80, 0},
        {"v318", 80, 0},
        {"v59", 720, 0},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        char options[64];

        snprintf(options, sizeof(options), "--system --model %s", rows[i].model);
        json_auto_t *json = run_json(options);
        const json_t *first = json_object_get(process_of(json, 41), "oom_score");
        const json_t *init = json_object_get(process_of(json, 1), "oom_score");

        assert_int_equal(json_is_null(first) ? -1 : json_integer_value(first), rows[i].of_41);
        assert_int_equal(json_is_null(init) ? -1 : json_integer_value(init), rows[i].of_1);
        assert_int_equal(
            json_integer_value(json_object_get(process_of(json, 41), "kernel_oom_score")), 727);
    }
}

/* Words whatever the line breaks. */
static const char *unfold(const char *text)
{
    static char flat[1 << 18];
    size_t n = 0;

    while (*text && n + 1 < sizeof(flat)) {
        flat[n++] = *text == '\n' ? ' ' : *text;
        text += *text == '\n' ? 1 + strspn(text + 1, " ") : 1;
    }
    flat[n] = '\0';
    return flat;
}

/* What is said below the table and of one process. */
static void test_words(void **state)
{
    static const struct {
        const char *options;
        const char *parts[4];
    } rows[] = {
        {"--model linux --system",
            {"11 of 12 processes agree with the kernel. 1 differs (marked !): policy[41] has 720 "
             "where the kernel says 727. ",
                " 727!", "OOM_SCORE  KERNEL ",
                "All against 4.88G, the machine's RAM + swap. 11 of 12"}},
        {"--model v318 --system",
            {"2 of 12 processes agree with the kernel. 10 differ (marked !): ", " ...",
                "Linux 5.10.0 should have the rules of --model v59."}},
        {"--model v318 --system",
            {"parent[70] has 106 where the kernel says 737, policy[41] has 80 "
             "where the kernel says 727, rooted[61] has 48 where"}},
        {"--model linux",
            {"KERNEL is /proc/PID/oom_score, which the kernel reckons against RAM + swap whatever "
             "the limits are: with --system both are compared."}},
        {"--model v2616", {"OOM_ADJ", "VM"}},
        {"--cgroup /system.slice/small.service",
            {"All against 100M, what /system.slice/small.service may use."}},
        {"", {"LIMITED BY", "cpuset:0", "kernel-thread", "\\xff\\xfe odd\\xc3"}},
        {"70", {"parent[70] of uid 1000 in /user.slice, by percent-times-ten: ",
                   "106 = 1000 x (rss 30.0M + swap 0) / 4.88G [6] + adj 100 ",
                   "Against: 4.88G, the machine's RAM + swap. ",
                   "OOM score: the kernel says 737, always against RAM + swap."}},
        {"61", {"20 = 1000 x (rss 250M + swap 0) / 4.88G [50] - 30 (CAP_SYS_ADMIN) + adj 0 "}},
        {"40", {"1.95G, the memory of the nodes that it may use and swap (cpuset:0)."}},
        {"42",
            {"100M, what /system.slice/small.service may use.", "Left under its limits: 50.0M."}},
        {"62", {"reliefd would pass it over: killing it would free less than a tenth"}},
        {"80", {"no score: it is dying already "}},
        {"80 --model v59", {"reliefd would pass it over: it is dying already."}},
        {"1", {"no score: PID 1 is never a victim "}},
        {"62 --model private", {"1 = 1000 x (anonymous 5.00M + swap 0) / 4.88G + adj 0 "}},
        {"71 --model v2639",
            {"4 = 1000 x (rss 15.0M + swap 5.00M + page tables 64.0K) / 4.88G + adj 0 "}},
        {"70 --model v2636", {"106 = 1000 x (rss 30.0M + swap 0) / 4.88G [6] + adj 100 "}},
        {"1 --model v2636", {"no score"}},
        {"70 --model v59",
            {"8481 pages = rss 480 + swap 0 + page tables 1 + adj 100 x 80 (a thousandth of ",
                "OOM score: 737 by this model; the kernel says 737, always against"}},
        {"70 --model v59 --system", {"the kernel says 737, which agrees."}},
        {"41 --model v59 --system", {"the kernel says 727, which differs."}},
        {"61 --model v318",
            {"3881 pages = rss 4000 + swap 0 + page tables 1 - 120 (CAP_SYS_ADMIN) + adj 0 "}},
        {"70 --model total-vm",
            {"13120 pages = address space 5120 + swappiness 60 x swap 0 + adj 100 x 80000 / "}},
        {"70 --model v2616", {"40964 from an address space of 5120 pages + 5121 for its children;",
                                 "an age of 1h", "nice 5, uid 1000, oom_adj 1 "}},
        {"70 --model v2611", {" + 10240 for its children;"}},
        {"61 --model v2625", {"uid 0, CAP_SYS_ADMIN, CAP_SYS_RAWIO, CAP_SYS_RESOURCE, oom_adj 0 "}},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *output;
        char line[512];

        snprintf(line, sizeof(line), "--root %s%s%s", TREE, *rows[i].options ? " " : "",
            rows[i].options);
        assert_int_equal(run(line, &output), RL_EXIT_OK);
        for (size_t p = 0; p < 4 && rows[i].parts[p]; p++)
            expect(unfold(output), rows[i].parts[p]);
        /* a hint is for other generations only */
        if (!strstr(rows[i].options, "v318 --system"))
            assert_null(strstr(output, "the rules of"));
    }
}

static void test_wrong(void **state)
{
    static const struct {
        const char *options, *said;
        int code;
    } rows[] = {
        {"--model lunix",
            "there is no model 'lunix'; did you mean 'linux'? --model help lists them",
            RL_EXIT_USAGE},
        {"--model percent-time-ten", "did you mean 'percent-times-ten'?", RL_EXIT_USAGE},
        {"--model zzzzzzzz", "there is no model 'zzzzzzzz'; --model help lists them",
            RL_EXIT_USAGE},
        {"--cgroup / --system", "exclude each other", RL_EXIT_USAGE},
        {"--cgroup / 40", "PID and --cgroup exclude each other", RL_EXIT_USAGE},
        {"--interval 2", "--interval is about --watch", RL_EXIT_USAGE},
        {"--watch --interval 0.05", "'0.05' is not a number of seconds from 0.1 to 3600",
            RL_EXIT_USAGE},
        {"--watch --interval 3601", "is not a number of seconds", RL_EXIT_USAGE},
        {"--watch --interval nan", "is not a number of seconds", RL_EXIT_USAGE},
        {"--watch --interval 1s", "is not a number of seconds", RL_EXIT_USAGE},
        {"--top x", "--top: 'x' is not a number", RL_EXIT_USAGE},
        {"0", "PID is a number from 1 on", RL_EXIT_USAGE},
        {"leaker", "PID: 'leaker' is not a number", RL_EXIT_USAGE},
        {"1 2", "too many arguments", RL_EXIT_USAGE},
        {"3", "there is no process 3", RL_EXIT_FAILURE},
        {"--json 3", "there is no process 3", RL_EXIT_FAILURE},
        {"--watch 3", "there is no process 3", RL_EXIT_FAILURE},
        {"--cgroup /none", "cgroup /none: No such file or directory", RL_EXIT_FAILURE},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *output;
        char line[512];

        snprintf(line, sizeof(line), "--root %s %s", TREE, rows[i].options);
        if (run(line, &output) != rows[i].code)
            fail_msg("'%s' gives another code", rows[i].options);
        expect(output, rows[i].said);
        assert_null(strchr(output, '{'));
    }
}

static void test_help(void **state)
{
    const char *output;

    assert_int_equal(run("--model help", &output), RL_EXIT_OK);
    for (size_t i = 0; i < rl_models_n; i++) {
        expect(output, rl_models[i].id);
        expect(output, rl_models[i].help);
        if (rl_models[i].kernels)
            expect(output, rl_models[i].kernels);
    }
    for (size_t i = 0; i < rl_model_aliases_n; i++)
        expect(output, rl_model_aliases[i].alias);
}

static void test_top(void **state)
{
    json_auto_t *json = run_json("--top 2");

    assert_int_equal(json_array_size(json_object_get(json, "processes")), 2);
    assert_non_null(process_of(json, 42));
    assert_non_null(process_of(json, 70));
}

/* reliefctl-snapshot.json: good, missing, broken. */
static void test_saved(void **state)
{
    static const struct {
        const char *text; /* NULL: no file */
        const char *said; /* NULL: it is good */
        struct rl_saved saved;
    } rows[] = {
        {NULL, NULL, {0}},
        {"{}", NULL, {0}},
        {"{\"other\": [1]}", NULL, {0}},
        {"{\"page_size\": 65536, \"clk_tck\": 1024, \"kernel\": \"5.10.0-8-arm64\"}", NULL,
            {65536, 1024, RL_KERNEL(5, 10, 0)}},
        {"{\"kernel\": \"6.1\"}", NULL, {0, 0, RL_KERNEL(6, 1, 0)}},
        {"{\"kernel\": \"4.9.337-x\"}", NULL, {0, 0, RL_KERNEL(4, 9, 255)}},
        {"{\"kernel\": \"odd\"}", NULL, {0}},
        {"{\"kernel\": \"999.1\"}", NULL, {0}},
        {"{\"page_size\": 1024}", NULL, {1024, 0, 0}},
        {"{\"page_size\": 512}", "page_size should be a power of two", {0}},
        {"{\"page_size\": 4095}", "page_size should be a power of two", {0}},
        {"{\"page_size\": 33554432}", "page_size should be a power of two", {0}},
        {"{\"page_size\": 0}", "page_size should be a power of two", {0}},
        {"{\"page_size\": \"4096\"}", "page_size should be", {0}},
        {"{\"clk_tck\": 0}", "clk_tck should be a number", {0}},
        {"{\"clk_tck\": 1.5}", "clk_tck should be a number", {0}},
        {"{\"kernel\": 6}", "kernel should be a text", {0}},
        {"[]", "it should hold one object", {0}},
        {"{\"page_size\": 4096\n\"clk_tck\": 1}", "/reliefctl-snapshot.json:2:9: ", {0}},
        {"", "/reliefctl-snapshot.json:1:0: ", {0}},
        {"{\"page_size\": 4096, \"page_size\": 4096}", "/reliefctl-snapshot.json:1:", {0}},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct rl_saved saved = {77, 77, 77};
        struct capture capture;
        struct folder folder;

        folder_new(&folder);
        if (rows[i].text)
            folder_write(&folder, RL_SAVED_FILE, rows[i].text);
        capture_begin(&capture);
        int r = rl_saved_read(folder.path, &saved);
        const char *said = capture_end(&capture);
        assert_int_equal(r, rows[i].said ? -EBADMSG : 0);
        if (rows[i].said)
            expect(said, rows[i].said);
        else
            assert_string_equal(said, "");
        assert_memory_equal(&saved, &rows[i].saved, sizeof(saved));
        folder_free(&folder);
    }
}

/* A broken file stops the command; without it pages have 4096 bytes. */
static void test_saved_tree(void **state)
{
    struct folder folder;
    char text[512];
    const char *output;

    folder_new(&folder);
    snprintf(text, sizeof(text), "cp -a '%s' '%s/root'", TREE, folder.path);
    assert_int_equal(system(text), 0);
    folder_write(&folder, "root/" RL_SAVED_FILE, "{");
    snprintf(text, sizeof(text), "--root %s/root --json", folder.path);
    assert_int_equal(run(text, &output), RL_EXIT_FAILURE);
    expect(output, RL_SAVED_FILE ":1:1: ");

    assert_int_equal(unlinkat(folder.fd, "root/" RL_SAVED_FILE, 0), 0);
    assert_int_equal(run(text, &output), RL_EXIT_OK);
    json_auto_t *json = json_loads(output, 0, NULL);
    assert_int_equal(
        json_integer_value(json_object_get(process_of(json, 50), "rss_bytes")), 1600 * 4096);
    folder_free(&folder);
}

/* Files that are broken are named, and limits above a cgroup that is gone still hold. */
static void test_damaged_tree(void **state)
{
    struct folder folder;
    char text[512];
    const char *output;

    folder_new(&folder);
    snprintf(text, sizeof(text), "cp -a '%s' '%s/root'", TREE, folder.path);
    assert_int_equal(system(text), 0);
    folder_write(&folder, "root/proc/50/cgroup", "0::/system.slice/small.service/a/b\n");
    snprintf(text, sizeof(text), "--root %s/root --json", folder.path);
    assert_int_equal(run(text, &output), RL_EXIT_OK);
    json_auto_t *json = json_loads(output, 0, NULL);
    const json_t *process = process_of(json, 50);
    assert_string_equal(
        json_string_value(json_object_get(process, "limited_by")), "/system.slice/small.service");
    assert_int_equal(json_integer_value(json_object_get(process, "available_bytes")), 100 * M);

    folder_write(&folder, "root/proc/60/oom_score_adj", "5000\n");
    snprintf(text, sizeof(text), "--root %s/root", folder.path);
    assert_int_equal(run(text, &output), RL_EXIT_OK);
    expect(output, "the files of 1 process could not be read: left out");
    folder_write(&folder, "root/proc/61/stat", "61 (broken");
    assert_int_equal(run(text, &output), RL_EXIT_OK);
    expect(output, "the files of 2 processes could not be read: left out");
    snprintf(text, sizeof(text), "--root %s/root 60", folder.path);
    assert_int_equal(run(text, &output), RL_EXIT_FAILURE);
    expect(output, "the files of 1 process could not be read");
    assert_null(strstr(output, "there is no process"));
    folder_free(&folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_total),
        cmocka_unit_test(test_json),
        cmocka_unit_test(test_oom_score),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_wrong),
        cmocka_unit_test(test_help),
        cmocka_unit_test(test_top),
        cmocka_unit_test(test_saved),
        cmocka_unit_test(test_saved_tree),
        cmocka_unit_test(test_damaged_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
