#include "tests/unit/unit.h"

#include <ctype.h>

#include "conf/compile.h"
#include "conf/draft.h"
#include "conf/pattern.h"
#include "tests/unit/conf-text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

/* One value of one key: either refused with this text (behind "KEY=: " and before "; expected
 * FORM"), or well. */
struct row {
    const char *section, *key, *value;
    const char *refused;
};

static const struct row rows[] = {
    {"Match", "Cgroup", "a.slice", NULL},
    {"Match", "Cgroup", "/", NULL},
    {"Match", "Cgroup", "/a/b/** !**/c-*", NULL},
    {"Match", "Cgroup", "\"a b\" [ab]/?", NULL},
    {"Match", "Cgroup", "a\\[b", NULL},
    {"Match", "Cgroup", "!", "'!' names nothing"},
    {"Match", "Cgroup", "/sys/fs/cgroup/a",
        "'/sys/fs/cgroup/a' begins with the mount point; paths are relative to it"},
    {"Match", "Cgroup", "a/", "'a/' ends in '/'"},
    {"Match", "Cgroup", "a//b", "'a//b' has an empty level"},
    {"Match", "Cgroup", "//", "'//' has an empty level"},
    {"Match", "Cgroup", "a/../b", "'a/../b' has a level '.' or '..'"},
    {"Match", "Cgroup", "./b", "'./b' has a level '.' or '..'"},
    {"Match", "Cgroup", "a[b", "'a[b' has a '[' without ']'"},
    {"Match", "Cgroup", "a[]b", "'a[]b' has a '[' without ']'"},
    {"Match", "Cgroup", "\"a",
        "'a' has no closing quote (a blank and ';' begin a comment even "
        "within quotes)"},
    {"Match", "Cgroup", "a\"b\"",
        "'a\"b\"' has a quote inside; quotes stand around a whole item, "
        "\\\" is the character itself"},
    {"Match", "Cgroup", "\"\"", "an item is empty"},

    {"Trigger", "Pressure", "full 30% over 10s", NULL},
    {"Trigger", "Pressure", "some 0.01% over 0.5s", NULL},
    {"Trigger", "Pressure", "full  100%   over  10 min", NULL},
    {"Trigger", "Pressure", "full 2.25% over 1min 30s", NULL},
    {"Trigger", "Pressure", "ful 30% over 10s",
        "unknown kind of stall 'ful'; did you mean 'full'?"},
    {"Trigger", "Pressure", "30% over 10s", "unknown kind of stall '30%'"},
    {"Trigger", "Pressure", "full", "nothing follows 'full'"},
    {"Trigger", "Pressure", "full 30 over 10s", "'30' has no '%'"},
    {"Trigger", "Pressure", "full 30%", "'over T' is missing"},
    {"Trigger", "Pressure", "full 30% for 10s", "'for' stands where 'over' is due"},
    {"Trigger", "Pressure", "full 30% over", "no time follows 'over'"},
    {"Trigger", "Pressure", "full 30% over 10", "'10' has no unit (a time has us, ms, s, min, h)"},
    {"Trigger", "Pressure", "full 30% over 10m",
        "'10m' has an unknown unit (a time has us, ms, s, min, h)"},
    {"Trigger", "Pressure", "full 0% over 10s", "'0%' is not over 0% and up to 100%"},
    {"Trigger", "Pressure", "full 100.01% over 10s", "'100.01%' is not over 0% and up to 100%"},
    {"Trigger", "Pressure", "full 1.234% over 10s", "'1.234%' has too many decimals"},
    {"Trigger", "Pressure", "full 30% over 499999us", "'499999us' is not within 500 ms and 10 min"},
    {"Trigger", "Pressure", "full 30% over 10min 1us",
        "'10min 1us' is not within 500 ms and 10 min"},

    {"Trigger", "Usage", "95%", NULL},
    {"Trigger", "Usage", "95", "'95' has no '%'"},
    {"Trigger", "Usage", "0%", "'0%' is not over 0% and up to 100%"},
    {"Trigger", "Usage", "above 95%", "'above 95%' is no number"},

    {"Trigger", "Headroom", "below 3%", NULL},
    {"Trigger", "Headroom", "below 500M", NULL},
    {"Trigger", "Headroom", "below 3% min 100M max 1G", NULL},
    {"Trigger", "Headroom", "below 3% max 1G", NULL},
    {"Trigger", "Headroom", "below 3% min 1G max 1G", NULL},
    {"Trigger", "Headroom", "3%", "'3%' stands where 'below' is due"},
    {"Trigger", "Headroom", "below", "nothing follows 'below'"},
    {"Trigger", "Headroom", "below 0%", "'0%' is not over 0% and up to 100%"},
    {"Trigger", "Headroom", "below 0", "'0': nothing is ever below that"},
    {"Trigger", "Headroom", "below 1Q",
        "'1Q' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
    {"Trigger", "Headroom", "below 3% min", "no size follows 'min'"},
    {"Trigger", "Headroom", "below 3% max 1G min 1M", "'min' is left over"},
    {"Trigger", "Headroom", "below 3% min 2G max 1G", "min is larger than max"},
    {"Trigger", "Headroom", "below 3% min 1%",
        "'1%' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
    {"Trigger", "Headroom", "below 500M min 1M", "'min' is left over"},
    {"Trigger", "Headroom", "below 20000000000000000000",
        "'20000000000000000000' is too large (a size has K, M, G, T (powers of 1024; none: "
        "bytes))"},

    {"Trigger", "Events", "oom 1 over 10s", NULL},
    {"Trigger", "Events", "oom_kill 3 over 10min", NULL},
    {"Trigger", "Events", "high 4294967295 over 1s", NULL},
    {"Trigger", "Events", "max 5 over 1s", NULL},
    {"Trigger", "Events", "oomkill 1 over 10s",
        "unknown event 'oomkill'; did you mean 'oom_kill'?"},
    {"Trigger", "Events", "low 1 over 10s", "unknown event 'low'"},
    {"Trigger", "Events", "oom", "nothing follows 'oom'"},
    {"Trigger", "Events", "oom 0 over 10s", "'0' is not within 1 and 4294967295"},
    {"Trigger", "Events", "oom 4294967296 over 10s", "'4294967296' is not within 1 and 4294967295"},
    {"Trigger", "Events", "oom 1.5 over 10s", "'1.5' has too many decimals"},
    {"Trigger", "Events", "oom over 10s", "'over' is no number"},
    {"Trigger", "Events", "oom 1", "'over T' is missing"},

    {"Trigger", "From", "kill", NULL},

    {"Victim", "Kill", "process", NULL},
    {"Victim", "Kill", "cgroup", NULL},
    {"Victim", "Kill", "tree", NULL},
    {"Victim", "Kill", "proces", "unknown scope 'proces'; did you mean 'process'?"},
    {"Victim", "Kill", "all", "unknown scope 'all'"},

    {"Victim", "Score", "percent-times-ten", NULL},
    {"Victim", "Score", "percent-times-tne",
        "unknown model 'percent-times-tne'; did you mean 'percent-times-ten'?"},

    {"Victim", "Protect", "main", NULL},
    {"Victim", "Protect", "@system", NULL},
    {"Victim", "Protect", "main&uid:0 comm:a* unit:b@*.service cgroup:c/**", NULL},
    {"Victim", "Protect", "\"comm:a b\" exe:*/d\\&e&uid:1???&comm:d&unit:x", NULL},
    {"Victim", "Protect", "comm:*abcdefghijklmno*", NULL},
    {"Victim", "Protect", "@sytem", "unknown list '@sytem'; did you mean '@system'?"},
    {"Victim", "Protect", "postgres", "unknown kind 'postgres'"},
    {"Victim", "Protect", "main:x", "'main' has no ':x'"},
    {"Victim", "Protect", "com:x", "unknown kind 'com'; did you mean 'comm'?"},
    {"Victim", "Protect", "comm:", "nothing follows 'comm:'"},
    {"Victim", "Protect", "comm", "nothing follows 'comm'"},
    {"Victim", "Protect", "comm:a&", "unknown kind ''"},
    {"Victim", "Protect", "&", "unknown kind ''"},
    {"Victim", "Protect", "comm:abcdefghijklmnop",
        "'comm:abcdefghijklmnop' is longer than the 15 bytes that /proc/PID/comm holds"},
    {"Victim", "Protect", "exe:sshd",
        "'exe:sshd' is no full path; expected as in exe:/usr/bin/NAME"},
    {"Victim", "Protect", "uid:root", "'uid:root' is no number; user names are not looked up"},
    {"Victim", "Protect", "cgroup:/sys/fs/cgroup/a",
        "'cgroup:/sys/fs/cgroup/a' begins with the mount point; paths are relative to it"},
    {"Victim", "Protect", "uid:1&uid:2&uid:3&uid:4&uid:5",
        "'uid:1&uid:2&uid:3&uid:4&uid:5' joins too many; at most 4"},
    {"Victim", "Protect", "comm:[a", "'[a' has a '[' without ']'"},
    {"Victim", "Protect", "comm:\"a b\"",
        "'comm:\"a b\"' has a quote inside; quotes stand around a "
        "whole item, \\\" is the character itself"},

    {"Relief", "Step", "kill", NULL},
    {"Relief", "Step", "kill wait 10s", NULL},
    {"Relief", "Step", "terminate", NULL},
    {"Relief", "Step", "terminate wait 5s", NULL},
    {"Relief", "Step", "terminate SIGINT wait 1min 30s", NULL},
    {"Relief", "Step", "terminate USR1", NULL},
    {"Relief", "Step", "terminate wait 0", NULL},
    {"Relief", "Step", "terminat", "unknown step 'terminat'; did you mean 'terminate'?"},
    {"Relief", "Step", "terminate KILL", "'terminate KILL' is what 'kill' does"},
    {"Relief", "Step", "terminate TREM", "unknown signal 'TREM'; did you mean 'TERM'?"},
    {"Relief", "Step", "terminate 15", "unknown signal '15'"},
    {"Relief", "Step", "terminate TERM 5s", "'5s' is left over"},
    {"Relief", "Step", "terminate wait", "no time follows 'wait'"},
    {"Relief", "Step", "terminate wait 11min", "'11min' is not within 0 s and 10 min"},
    {"Relief", "Step", "kill TERM", "'TERM' is left over"},
    {"Relief", "Step", "kill wait 5", "'5' has no unit (a time has us, ms, s, min, h)"},

    {"Relief", "Cooldown", "0", NULL},
    {"Relief", "Cooldown", "1h", NULL},
    {"Relief", "Cooldown", "61min", "'61min' is not within 0 s and 1 h"},
    {"Relief", "Cooldown", "30", "'30' has no unit (a time has us, ms, s, min, h)"},

    {"Daemon", "DryRun", "yes", NULL},
    {"Daemon", "DryRun", "no", NULL},
    {"Daemon", "DryRun", "maybe", "'maybe' is neither"},
    {"Daemon", "LogLevel", "debug", NULL},
    {"Daemon", "LogLevel", "warn", "unknown level 'warn'"},
    {"Daemon", "LogLevel", "errr", "unknown level 'errr'; did you mean 'err'?"},
    {"Daemon", "CgroupRoot", "/host/sys/fs/cgroup", NULL},
    {"Daemon", "CgroupRoot", "sys", "'sys' is not an absolute path"},
    {"Records", "Keep", "1", NULL},
    {"Records", "Keep", "100000", NULL},
    {"Records", "Keep", "0", "'0' is not within 1 and 100000"},
    {"Records", "Keep", "100001", "'100001' is not within 1 and 100000"},
    {"Records", "Keep", "many", "'many' is no number"},
    {"Records", "KeepSize", "64K", NULL},
    {"Records", "KeepSize", "1T", NULL},
    {"Records", "KeepSize", "65535", "'65535' is not within 64K and 1T"},
    {"Records", "KeepSize", "64MB",
        "'64MB' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
};

/* Reads one line of a section on its own. */
static void read_line(const struct rl_key *key, const char *value, struct rl_findings *findings)
{
    struct rl_arena arena = {0};
    struct rl_policy policy = {.source = "f"};
    struct rl_settings settings = {0};
    struct rl_draft draft = {
        .kind = key->file,
        .arena = &arena,
        .findings = findings,
        .policy = &policy,
        .settings = &settings,
    };
    char text[256];

    snprintf(text, sizeof(text), "[%s%s]\n%s=%s\n", key->section,
        rl_section_find(key->file, key->section)->named ? " t" : "", key->name, value);
    rl_draft_read(&draft, "f", text, strlen(text));
    assert_int_equal(draft.error, 0);
    rl_arena_free(&arena);
}

static void expect(const struct rl_key *key, const char *value, const char *refused)
{
    struct rl_findings findings = {0};
    char expected[600];

    read_line(key, value, &findings);
    if (!refused) {
        expect_findings(&findings, "f", "");
    } else {
        snprintf(expected, sizeof(expected), "%s=: %s; expected %s", key->name, refused, key->form);
        assert_int_equal(findings.n, 1);
        assert_int_equal(findings.items[0].line, 2);
        assert_memory_equal(findings.items[0].message, expected, strlen(expected));
    }
    rl_findings_free(&findings);
}

static const struct rl_key *find_key(const char *section, const char *name)
{
    for (size_t i = 0; i < rl_keys_n; i++)
        if (strcmp(rl_keys[i].section, section) == 0 && strcmp(rl_keys[i].name, name) == 0)
            return &rl_keys[i];
    fail_msg("no key %s in [%s]", name, section);
    return NULL;
}

static void test_values(void **state)
{
    for (size_t i = 0; i < N(rows); i++)
        expect(find_key(rows[i].section, rows[i].key), rows[i].value, rows[i].refused);
}

/* Every key has a value that is well and, unless any word will do, one that is not. */
static void test_every_key_is_tested(void **state)
{
    for (size_t i = 0; i < rl_keys_n; i++) {
        size_t good = 0, bad = 0;

        for (size_t j = 0; j < N(rows); j++) {
            if (find_key(rows[j].section, rows[j].key) != &rl_keys[i])
                continue;
            good += !rows[j].refused;
            bad += rows[j].refused != NULL;
        }
        if (!good || (!bad && strcmp(rl_keys[i].name, "From") != 0))
            fail_msg("[%s] %s= has no rows here", rl_keys[i].section, rl_keys[i].name);
    }
}

/* What the table says of a key is true of it. */
static void test_table(void **state)
{
    for (size_t i = 0; i < rl_keys_n; i++) {
        const struct rl_key *key = &rl_keys[i];
        const struct rl_section *section = rl_section_find(key->file, key->section);

        assert_non_null(section);
        assert_true(isupper((unsigned char)key->name[0]));
        assert_null(strpbrk(key->name, ":= "));
        assert_true(strlen(key->name) <= RL_INI_NAME_MAX);
        assert_non_null(key->help);
        assert_true(islower((unsigned char)key->help[0]) || key->help[0] == '/');
        assert_null(strchr(key->help, '\n'));
        assert_ptr_equal(rl_key_find(key->file, key->section, key->name), key);
        expect(key, key->example, NULL);
        if (key->fallback)
            expect(key, key->fallback, NULL);
        assert_false(key->fallback && key->absent);
        if (rl_key_repeats(key))
            expect(key, "", NULL);
        else
            expect(key, "", "no value");
    }
    for (size_t i = 0; i < rl_sections_n; i++)
        assert_ptr_equal(
            rl_section_find(rl_sections[i].file, rl_sections[i].name), &rl_sections[i]);
    assert_null(rl_section_find(RL_SETTINGS_FILE, "Match"));
    assert_null(rl_key_find(RL_POLICY_FILE, "Daemon", "DryRun"));
}

/* A line of a trigger as it comes out, from a policy that is otherwise well. */
static struct rl_line compile_line(const char *text)
{
    struct rl_findings findings = {0};
    struct rl_compiled *compiled;
    struct rl_source source = {"f", NULL, 0};
    struct rl_line line;
    char file[256];

    snprintf(file, sizeof(file), "[Trigger t]\n%s\n[Relief]\nStep=terminate\n", text);
    source.text = file;
    source.len = strlen(file);
    assert_int_equal(rl_compile("x.service", &source, 1, &findings, &compiled), 0);
    expect_findings(&findings, "f", "");
    assert_int_equal(compiled->policy.n_triggers, 1);
    assert_int_equal(compiled->policy.triggers[0].n, 1);
    assert_int_equal(compiled->policy.needs, rl_line_needs(&compiled->policy.triggers[0].lines[0]));
    line = compiled->policy.triggers[0].lines[0];
    rl_compiled_release(compiled);
    rl_findings_free(&findings);
    return line;
}

static void test_lines(void **state)
{
    struct rl_line line = compile_line("Pressure=full 30.25% over 1min 30s");

    assert_int_equal(line.kind, RL_LINE_PRESSURE);
    assert_int_equal(line.counter, RL_COUNT_FULL);
    assert_int_equal(line.share, 3025);
    assert_int_equal(line.window_us, 90 * RL_US_PER_S);
    assert_int_equal(line.lineno, 2);
    assert_int_equal(compile_line("Pressure=some 1% over 1s").counter, RL_COUNT_SOME);

    line = compile_line("Usage=95.5%");
    assert_int_equal(line.kind, RL_LINE_USAGE);
    assert_int_equal(line.share, 9550);

    line = compile_line("Headroom=below 3% min 100M max 1G");
    assert_int_equal(line.kind, RL_LINE_HEADROOM);
    assert_true(line.relative);
    assert_int_equal(line.share, 300);
    assert_int_equal(line.min_bytes, 100 << 20);
    assert_int_equal(line.max_bytes, 1 << 30);

    line = compile_line("Headroom=below 500M");
    assert_false(line.relative);
    assert_int_equal(line.bytes, 500 << 20);
    assert_int_equal(line.min_bytes, 0);
    assert_true(line.max_bytes == RL_NO_LIMIT);

    line = compile_line("Events=oom_kill 3 over 10s");
    assert_int_equal(line.kind, RL_LINE_EVENTS);
    assert_int_equal(line.counter, RL_COUNT_OOM_KILL);
    assert_int_equal(line.count, 3);
    assert_int_equal(line.window_us, 10 * RL_US_PER_S);
    assert_int_equal(compile_line("Events=oom 1 over 1s").counter, RL_COUNT_OOM);
}

/* The built-in lists compile, and none of their items matches by a bare name. */
static void test_named_lists(void **state)
{
    assert_ptr_equal(rl_named_list_find("@system"), &rl_named_lists[0]);
    assert_null(rl_named_list_find("@nothing"));
    for (size_t i = 0; i < rl_named_lists_n; i++) {
        const struct rl_key *key = find_key("Victim", "Protect");

        for (size_t j = 0; j < rl_named_lists[i].n; j++) {
            expect(key, rl_named_lists[i].items[j], NULL);
            assert_null(strstr(rl_named_lists[i].items[j], "comm:"));
            assert_non_null(strstr(rl_named_lists[i].items[j], "cgroup:"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_every_key_is_tested),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_named_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
