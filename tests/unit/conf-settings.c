#include "tests/unit/unit.h"

#include <syslog.h>

#include "conf/settings.h"
#include "tests/unit/conf-folders.h"
#include "tests/unit/conf-text.h"

static struct rl_settings load(
    const struct sandbox *box, const char *path, bool strict, struct rl_findings *findings)
{
    char usr[PATH_MAX], run[PATH_MAX], etc[PATH_MAX];
    const char *const dirs[] = {usr, run, etc, NULL};
    struct rl_settings_options options = {.path = path, .dirs = dirs, .strict_owner = strict};
    struct rl_settings settings;

    snprintf(usr, sizeof(usr), "%s/usr", box->root);
    snprintf(run, sizeof(run), "%s/run", box->root);
    snprintf(etc, sizeof(etc), "%s/etc", box->root);
    assert_int_equal(rl_settings_load(&options, findings, &settings), 0);
    return settings;
}

static void expect_well(struct rl_findings *findings)
{
    expect_findings(findings, NULL, "");
}

static void test_nothing_there(void **state)
{
    struct rl_findings findings = {0};
    struct rl_settings s = load(*state, NULL, true, &findings);

    expect_well(&findings);
    assert_false(s.dry_run);
    assert_int_equal(s.log_level, LOG_INFO);
    assert_null(s.cgroup_root);
    assert_null(s.metrics_file);
    assert_int_equal(s.n_allow_within, 0);
    assert_false(s.allow_panic);
    assert_int_equal(s.budget_kills, 10);
    assert_int_equal(s.budget_us, 600 * RL_US_PER_S);
    assert_int_equal(s.keep, 200);
    assert_int_equal(s.keep_bytes, 64 << 20);
    assert_false(s.systemd_oomd);
    assert_true(s.tell_systemd);
    rl_settings_free(&s);
}

static void test_what_policies_may(void **state)
{
    struct rl_findings findings = {0};
    struct rl_settings s;

    put(*state, "usr/reliefd.conf",
        "[Daemon]\nDryRun=auto\nMetricsFile=/m/r.prom\nAllowWithin=/a/** \"b "
        "c/*\"\nAllowPanic=yes\n"
        "[Budget]\nKills=3 per 1min 30s\n[Compat]\nSystemdOomd=yes\nTellSystemd=no\n");
    put(*state, "etc/reliefd.conf.d/a.conf", "[Daemon]\nAllowWithin=/d\n");
    s = load(*state, NULL, true, &findings);
    expect_well(&findings);
    assert_int_equal(s.dry_run, RL_DRY_AUTO);
    assert_string_equal(s.metrics_file, "/m/r.prom");
    assert_int_equal(s.n_allow_within, 3);
    assert_string_equal(s.allow_within[0], "/a/**");
    assert_string_equal(s.allow_within[1], "b c/*");
    assert_string_equal(s.allow_within[2], "/d");
    assert_true(s.allow_panic);
    assert_true(s.systemd_oomd);
    assert_false(s.tell_systemd);
    assert_int_equal(s.budget_kills, 3);
    assert_int_equal(s.budget_us, 90 * RL_US_PER_S);
    rl_settings_free(&s);
    assert_null(s.allow_within);

    put(*state, "etc/reliefd.conf.d/b.conf", "[Daemon]\nAllowWithin=\nAllowWithin=/e/../f\n");
    s = load(*state, NULL, true, &findings);
    assert_int_equal(s.n_allow_within, 0);
    expect_findings(&findings, in(*state, "etc/reliefd.conf.d/b.conf"),
        "3: error [bad-glob] AllowWithin=: '/e/../f' has a level '.' or '..'; expected GLOB ... "
        "(paths below the cgroup2 mount)\n");
    rl_findings_free(&findings);
    rl_settings_free(&s);
}

static void test_everything(void **state)
{
    struct rl_findings findings = {0};
    struct rl_settings s;

    put(*state, "usr/reliefd.conf", "[Daemon]\nLogLevel=err\n[Records]\nKeep=1\n");
    put(*state, "etc/reliefd.conf",
        "[Daemon]\nDryRun=yes\nCgroupRoot=/host/cgroup\n[Records]\nKeep=10\nKeepSize=1G\n");
    put(*state, "usr/reliefd.conf.d/20-b.conf", "[Daemon]\nLogLevel=debug\n");
    put(*state, "etc/reliefd.conf.d/10-a.conf", "[Daemon]\nLogLevel=notice\nDryRun=no\n");
    put(*state, "run/reliefd.conf.d/30-c.conf", "[Records]\nKeep=30\n");
    put_link(*state, "etc/reliefd.conf.d/30-c.conf", "/dev/null");
    s = load(*state, NULL, true, &findings);
    expect_well(&findings);
    assert_false(s.dry_run);
    assert_int_equal(s.log_level, LOG_DEBUG);
    assert_string_equal(s.cgroup_root, "/host/cgroup");
    assert_int_equal(s.keep, 10);
    assert_int_equal(s.keep_bytes, 1 << 30);
    rl_settings_free(&s);
    assert_null(s.cgroup_root);
}

/* --config stands alone. */
static void test_named_file(void **state)
{
    struct rl_findings findings = {0};
    struct rl_settings s;
    char expected[PATH_MAX + 64];

    put(*state, "etc/reliefd.conf", "[Records]\nKeep=1\n");
    put(*state, "etc/reliefd.conf.d/a.conf", "[Records]\nKeep=2\n");
    put(*state, "my.conf", "[Daemon]\nDryRun=yes\n");
    s = load(*state, in(*state, "my.conf"), true, &findings);
    expect_well(&findings);
    assert_true(s.dry_run);
    assert_int_equal(s.keep, 200);
    rl_settings_free(&s);

    s = load(*state, in(*state, "none.conf"), true, &findings);
    snprintf(expected, sizeof(expected), "%s:0: error [no-such-file] there is no such file\n",
        in(*state, "none.conf"));
    expect_findings(&findings, NULL, expected);
    assert_int_equal(s.keep, 200);
    rl_findings_free(&findings);
    rl_settings_free(&s);
}

/* What is wrong keeps its default, the rest counts. */
static void test_mistakes(void **state)
{
    struct rl_findings findings = {0};
    struct rl_settings s;

    put(*state, "etc/reliefd.conf",
        "[Daemon]\nDryRun=perhaps\nLogLevel=verbose\nDryrun=yes\nPressure=1\n"
        "[Records]\nKeep=0\nKeepSize=1M\n[Match]\nCgroup=/\n");
    s = load(*state, NULL, true, &findings);
    expect_findings(&findings, in(*state, "etc/reliefd.conf"),
        "2: error [bad-value] DryRun=: 'perhaps' is none of them; expected yes|no|auto\n"
        "3: error [unknown-word] LogLevel=: unknown level 'verbose'; expected "
        "err|warning|notice|info|debug\n"
        "4: error [unknown-key] unknown key 'Dryrun' in [Daemon]; did you mean 'DryRun'?\n"
        "5: error [unknown-key] unknown key 'Pressure' in [Daemon]\n"
        "7: error [out-of-range] Keep=: '0' is not within 1 and 100000; expected N (1 to "
        "100000)\n"
        "9: error [unknown-section] unknown section [Match]\n");
    assert_false(s.dry_run);
    assert_int_equal(s.log_level, LOG_INFO);
    assert_int_equal(s.keep, 200);
    assert_int_equal(s.keep_bytes, 1 << 20);
    rl_findings_free(&findings);
    rl_settings_free(&s);
}

static void test_refusal(void **state)
{
    struct rl_findings findings = {0};
    struct rl_settings s;

    put(*state, "etc/reliefd.conf", "[Records]\nKeep=1\n");
    assert_int_equal(chmod(in(*state, "etc/reliefd.conf"), 0666), 0);
    s = load(*state, NULL, false, &findings);
    assert_int_equal(findings.errors, 0);
    assert_int_equal(findings.n, 1);
    assert_int_equal(s.keep, 1);
    rl_findings_free(&findings);
    rl_settings_free(&s);

    s = load(*state, NULL, true, &findings);
    assert_int_equal(findings.errors, 1);
    assert_string_equal(findings.items[0].code, "unsafe-owner");
    assert_int_equal(s.keep, 200);
    rl_findings_free(&findings);
    rl_settings_free(&s);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, sandbox_setup, sandbox_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_nothing_there),
        TEST(test_everything),
        TEST(test_what_policies_may),
        TEST(test_named_file),
        TEST(test_mistakes),
        TEST(test_refusal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
