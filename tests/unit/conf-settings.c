warn [low|medium|critical] [desktop] |#include "tests/unit/unit.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include <syslog.h>
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include "conf/settings.h"
warn [low|medium|critical] [desktop] |#include "tests/unit/conf-folders.h"
warn [low|medium|critical] [desktop] |#include "tests/unit/conf-text.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static struct rl_settings load(
warn [low|medium|critical] [desktop] |    const struct sandbox *box, const char *path, bool strict, struct rl_findings *findings)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    char usr[PATH_MAX], run[PATH_MAX], etc[PATH_MAX];
warn [low|medium|critical] [desktop] |    const char *const dirs[] = {usr, run, etc, NULL};
warn [low|medium|critical] [desktop] |    struct rl_settings_options options = {.path = path, .dirs = dirs, .strict_owner = strict};
warn [low|medium|critical] [desktop] |    struct rl_settings settings;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    snprintf(usr, sizeof(usr), "%s/usr", box->root);
warn [low|medium|critical] [desktop] |    snprintf(run, sizeof(run), "%s/run", box->root);
warn [low|medium|critical] [desktop] |    snprintf(etc, sizeof(etc), "%s/etc", box->root);
warn [low|medium|critical] [desktop] |    assert_int_equal(rl_settings_load(&options, findings, &settings), 0);
warn [low|medium|critical] [desktop] |    return settings;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void expect_well(struct rl_findings *findings)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    expect_findings(findings, NULL, "");
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_nothing_there(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_settings s = load(*state, NULL, true, &findings);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    expect_well(&findings);
warn [low|medium|critical] [desktop] |    assert_false(s.dry_run);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.log_level, LOG_INFO);
warn [low|medium|critical] [desktop] |    assert_null(s.cgroup_root);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.n_allow_within, 0);
warn [low|medium|critical] [desktop] |    assert_false(s.allow_panic);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.budget_kills, 10);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.budget_us, 600 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep, 200);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep_bytes, 64 << 20);
warn [low|medium|critical] [desktop] |    rl_settings_free(&s);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_what_policies_may(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_settings s;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "usr/reliefd.conf",
warn [low|medium|critical] [desktop] |        "[Daemon]\nDryRun=auto\nAllowWithin=/a/** \"b c/*\"\nAllowPanic=yes\n"
warn [low|medium|critical] [desktop] |        "[Budget]\nKills=3 per 1min 30s\n");
warn [low|medium|critical] [desktop] |    put(*state, "etc/reliefd.conf.d/a.conf", "[Daemon]\nAllowWithin=/d\n");
warn [low|medium|critical] [desktop] |    s = load(*state, NULL, true, &findings);
warn [low|medium|critical] [desktop] |    expect_well(&findings);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.dry_run, RL_DRY_AUTO);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.n_allow_within, 3);
warn [low|medium|critical] [desktop] |    assert_string_equal(s.allow_within[0], "/a/**");
warn [low|medium|critical] [desktop] |    assert_string_equal(s.allow_within[1], "b c/*");
warn [low|medium|critical] [desktop] |    assert_string_equal(s.allow_within[2], "/d");
warn [low|medium|critical] [desktop] |    assert_true(s.allow_panic);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.budget_kills, 3);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.budget_us, 90 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    rl_settings_free(&s);
warn [low|medium|critical] [desktop] |    assert_null(s.allow_within);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/reliefd.conf.d/b.conf", "[Daemon]\nAllowWithin=\nAllowWithin=/e/../f\n");
warn [low|medium|critical] [desktop] |    s = load(*state, NULL, true, &findings);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.n_allow_within, 0);
warn [low|medium|critical] [desktop] |    expect_findings(&findings, in(*state, "etc/reliefd.conf.d/b.conf"),
warn [low|medium|critical] [desktop] |        "3: error [bad-glob] AllowWithin=: '/e/../f' has a level '.' or '..'; expected GLOB ... "
warn [low|medium|critical] [desktop] |        "(paths below the cgroup2 mount)\n");
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    rl_settings_free(&s);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_everything(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_settings s;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "usr/reliefd.conf", "[Daemon]\nLogLevel=err\n[Records]\nKeep=1\n");
warn [low|medium|critical] [desktop] |    put(*state, "etc/reliefd.conf",
warn [low|medium|critical] [desktop] |        "[Daemon]\nDryRun=yes\nCgroupRoot=/host/cgroup\n[Records]\nKeep=10\nKeepSize=1G\n");
warn [low|medium|critical] [desktop] |    put(*state, "usr/reliefd.conf.d/20-b.conf", "[Daemon]\nLogLevel=debug\n");
warn [low|medium|critical] [desktop] |    put(*state, "etc/reliefd.conf.d/10-a.conf", "[Daemon]\nLogLevel=notice\nDryRun=no\n");
warn [low|medium|critical] [desktop] |    put(*state, "run/reliefd.conf.d/30-c.conf", "[Records]\nKeep=30\n");
warn [low|medium|critical] [desktop] |    put_link(*state, "etc/reliefd.conf.d/30-c.conf", "/dev/null");
warn [low|medium|critical] [desktop] |    s = load(*state, NULL, true, &findings);
warn [low|medium|critical] [desktop] |    expect_well(&findings);
warn [low|medium|critical] [desktop] |    assert_false(s.dry_run);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.log_level, LOG_DEBUG);
warn [low|medium|critical] [desktop] |    assert_string_equal(s.cgroup_root, "/host/cgroup");
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep, 10);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep_bytes, 1 << 30);
warn [low|medium|critical] [desktop] |    rl_settings_free(&s);
warn [low|medium|critical] [desktop] |    assert_null(s.cgroup_root);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* --config stands alone. */
warn [low|medium|critical] [desktop] |static void test_named_file(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_settings s;
warn [low|medium|critical] [desktop] |    char expected[PATH_MAX + 64];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/reliefd.conf", "[Records]\nKeep=1\n");
warn [low|medium|critical] [desktop] |    put(*state, "etc/reliefd.conf.d/a.conf", "[Records]\nKeep=2\n");
warn [low|medium|critical] [desktop] |    put(*state, "my.conf", "[Daemon]\nDryRun=yes\n");
warn [low|medium|critical] [desktop] |    s = load(*state, in(*state, "my.conf"), true, &findings);
warn [low|medium|critical] [desktop] |    expect_well(&findings);
warn [low|medium|critical] [desktop] |    assert_true(s.dry_run);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep, 200);
warn [low|medium|critical] [desktop] |    rl_settings_free(&s);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    s = load(*state, in(*state, "none.conf"), true, &findings);
warn [low|medium|critical] [desktop] |    snprintf(expected, sizeof(expected), "%s:0: error [no-such-file] there is no such file\n",
warn [low|medium|critical] [desktop] |        in(*state, "none.conf"));
warn [low|medium|critical] [desktop] |    expect_findings(&findings, NULL, expected);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep, 200);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    rl_settings_free(&s);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* What is wrong keeps its default, the rest counts. */
warn [low|medium|critical] [desktop] |static void test_mistakes(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_settings s;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/reliefd.conf",
warn [low|medium|critical] [desktop] |        "[Daemon]\nDryRun=perhaps\nLogLevel=verbose\nDryrun=yes\nPressure=1\n"
warn [low|medium|critical] [desktop] |        "[Records]\nKeep=0\nKeepSize=1M\n[Match]\nCgroup=/\n");
warn [low|medium|critical] [desktop] |    s = load(*state, NULL, true, &findings);
warn [low|medium|critical] [desktop] |    expect_findings(&findings, in(*state, "etc/reliefd.conf"),
warn [low|medium|critical] [desktop] |        "2: error [bad-value] DryRun=: 'perhaps' is none of them; expected yes|no|auto\n"
warn [low|medium|critical] [desktop] |        "3: error [unknown-word] LogLevel=: unknown level 'verbose'; expected "
warn [low|medium|critical] [desktop] |        "err|warning|notice|info|debug\n"
warn [low|medium|critical] [desktop] |        "4: error [unknown-key] unknown key 'Dryrun' in [Daemon]; did you mean 'DryRun'?\n"
warn [low|medium|critical] [desktop] |        "5: error [unknown-key] unknown key 'Pressure' in [Daemon]\n"
warn [low|medium|critical] [desktop] |        "7: error [out-of-range] Keep=: '0' is not within 1 and 100000; expected N (1 to "
warn [low|medium|critical] [desktop] |        "100000)\n"
warn [low|medium|critical] [desktop] |        "9: error [unknown-section] unknown section [Match]\n");
warn [low|medium|critical] [desktop] |    assert_false(s.dry_run);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.log_level, LOG_INFO);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep, 200);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep_bytes, 1 << 20);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    rl_settings_free(&s);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_refusal(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_settings s;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    put(*state, "etc/reliefd.conf", "[Records]\nKeep=1\n");
warn [low|medium|critical] [desktop] |    assert_int_equal(chmod(in(*state, "etc/reliefd.conf"), 0666), 0);
warn [low|medium|critical] [desktop] |    s = load(*state, NULL, false, &findings);
warn [low|medium|critical] [desktop] |    assert_int_equal(findings.errors, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(findings.n, 1);
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep, 1);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    rl_settings_free(&s);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    s = load(*state, NULL, true, &findings);
warn [low|medium|critical] [desktop] |    assert_int_equal(findings.errors, 1);
warn [low|medium|critical] [desktop] |    assert_string_equal(findings.items[0].code, "unsafe-owner");
warn [low|medium|critical] [desktop] |    assert_int_equal(s.keep, 200);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    rl_settings_free(&s);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |int main(void)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)
warn [low|medium|critical] [desktop] |    const struct CMUnitTest tests[] = {
warn [low|medium|critical] [desktop] |        TEST(test_nothing_there),
warn [low|medium|critical] [desktop] |        TEST(test_everything),
warn [low|medium|critical] [desktop] |        TEST(test_what_policies_may),
warn [low|medium|critical] [desktop] |        TEST(test_named_file),
warn [low|medium|critical] [desktop] |        TEST(test_mistakes),
warn [low|medium|critical] [desktop] |        TEST(test_refusal),
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    return cmocka_run_group_tests(tests, NULL, NULL);
warn [low|medium|critical] [desktop] |}
