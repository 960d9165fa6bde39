/* oomd.conf: values, texts, which files count, and what becomes of a unit's properties by it. */
#include "tests/unit/unit.h"

#include <inttypes.h>

#include "conf/managed.h"
#include "conf/oomd-conf.h"
#include "tests/unit/conf-folders.h"
#include "tests/unit/conf-text.h"

#define S UINT64_C(1000000)

/* ---- values ---- */

static void test_shares(void **state)
{
    static const struct {
        const char *text;
        uint64_t share;
        const char *wrong; /* NULL: none */
    } rows[] = {
        {"60%", 6000, NULL},
        {"60.5%", 6050, NULL},
        {"0.07%", 7, NULL},
        {"60.50%", 6050, NULL},
        {"605‰", 6050, NULL},
        {"60.5‰", 605, NULL},
        {"6050‱", 6050, NULL},
        {"0%", 0, NULL},
        {"100%", 10000, NULL},
        {"1000‰", 10000, NULL},
        {"10000‱", 10000, NULL},
        {"100.01%", 0, "is not between 0% and 100%"},
        {"101%", 0, "is not between 0% and 100%"},
        {"1001‰", 0, "is not between 0% and 100%"},
        {"10001‱", 0, "is not between 0% and 100%"},
        {"18446744073709551615%", 0, "is not between 0% and 100%"},
        {"18446744073709551616%", 0, "is no share"},
        {"60", 0, "is not between 0% and 100%"},
        {"60 %", 0, "is not between 0% and 100%"},
        {"60%%", 0, "is not between 0% and 100%"},
        {"60.555%", 0, "is finer than 0.01%"},
        {"60.55‰", 0, "is finer than 0.01%"},
        {"1.5‱", 0, "is finer than 0.01%"},
        {"", 0, "is no share"},
        {"%", 0, "is no share"},
        {"-1%", 0, "is no share"},
        {"+1%", 0, "is no share"},
        {".5%", 0, "is no share"},
        {"5.%", 0, "is no share"},
        {"much", 0, "is no share"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t share = 0;
        const char *wrong = rl_oomd_share(rows[i].text, &share);

        if (wrong != rows[i].wrong && (!wrong || !rows[i].wrong || strcmp(wrong, rows[i].wrong)))
            fail_msg("%s: %s", rows[i].text, wrong ? wrong : "taken");
        if (share != rows[i].share)
            fail_msg("%s: %" PRIu64, rows[i].text, share);
    }
}

static void test_times(void **state)
{
    static const struct {
        const char *text;
        uint64_t us;
        const char *wrong;
    } rows[] = {
        {"30", 30 * S, NULL},
        {"30s", 30 * S, NULL},
        {"30 s", 30 * S, NULL},
        {" 30sec ", 30 * S, NULL},
        {"1min 30s", 90 * S, NULL},
        {"1m30s", 90 * S, NULL},
        {"1.5h", 5400 * S, NULL},
        {"2hours 1minute 1second", 7261 * S, NULL},
        {"1d 1w", 8 * 86400 * S, NULL},
        {"500ms", S / 2, NULL},
        {"7us", 7, NULL},
        {"7µs", 7, NULL},
        {"0", 0, NULL},
        {"0.0000019s", 1, NULL},
        {"infinity", UINT64_MAX, NULL},
        {" infinity ", UINT64_MAX, NULL},
        {"infinitys", 0, "is no time"},
        {"", 0, "is no time"},
        {" ", 0, "is no time"},
        {"soon", 0, "is no time"},
        {"-1s", 0, "is no time"},
        {"1s soon", 0, "is no time"},
        {"1.s", 0, "is no time"},
        {"30x", 0, "has a unit that is not known"},
        {"30S", 0, "has a unit that is not known"},
        {"30s,", 0, "has a unit that is not known"},
        {"18446744073709551615us", 0, "is too long"},
        {"18446744073710s", 0, "is too long"},
        {"18446744073709s 1s", 0, "is too long"},
        {"99999999999999999999", 0, "is no time"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint64_t us = 0;
        const char *wrong = rl_oomd_time(rows[i].text, &us);

        if (wrong != rows[i].wrong && (!wrong || !rows[i].wrong || strcmp(wrong, rows[i].wrong)))
            fail_msg("%s: %s", rows[i].text, wrong ? wrong : "taken");
        if (us != rows[i].us)
            fail_msg("%s: %" PRIu64, rows[i].text, us);
    }
}

/* ---- files ---- */

static struct rl_oomd_conf load(const struct sandbox *box, struct rl_findings *findings)
{
    char usr[PATH_MAX], run[PATH_MAX], etc[PATH_MAX];
    const char *const dirs[] = {usr, run, etc, NULL};
    struct rl_oomd_conf conf;

    snprintf(usr, sizeof(usr), "%s/usr", box->root);
    snprintf(run, sizeof(run), "%s/run", box->root);
    snprintf(etc, sizeof(etc), "%s/etc", box->root);
    assert_int_equal(rl_oomd_conf_load(dirs, findings, &conf), 0);
    return conf;
}

/* from: "FILE:LINE" in the sandbox; NULL: the default counts. */
static void expect_setting(const struct sandbox *box, const struct rl_oomd_conf *conf,
    enum rl_oomd_key key, const char *from, uint64_t number)
{
    const struct rl_oomd_setting *setting = &conf->of[key];

    if (!from) {
        assert_null(setting->from);
        return;
    }
    assert_non_null(setting->from);
    assert_string_equal(setting->from, in(box, from));
    assert_int_equal(setting->number, number);
}

static void test_nothing_there(void **state)
{
    struct rl_findings findings = {0};
    struct rl_oomd_conf conf = load(*state, &findings);

    expect_findings(&findings, NULL, "");
    for (enum rl_oomd_key key = 0; key < RL_OOMD_KEYS; key++)
        expect_setting(*state, &conf, key, NULL, 0);
    rl_oomd_conf_free(&conf);
}

static void test_precedence(void **state)
{
    struct rl_findings findings = {0};
    struct rl_oomd_conf conf;

    put(*state, "usr/oomd.conf",
        "[OOM]\nSwapUsedLimit=1%\nDefaultMemoryPressureLimit=1%\n"
        "DefaultMemoryPressureDurationSec=1s\n");
    put(*state, "etc/oomd.conf",
        "# as shipped\n[OOM]\n#SwapUsedLimit=2%\nDefaultMemoryPressureDurationSec=2s\n");
    conf = load(*state, &findings);
    /* The main file of /usr does not count at all beside that of /etc. */
    expect_setting(*state, &conf, RL_OOMD_SWAP_LIMIT, NULL, 0);
    expect_setting(*state, &conf, RL_OOMD_LIMIT, NULL, 0);
    expect_setting(*state, &conf, RL_OOMD_DURATION, "etc/oomd.conf:4", 2 * S);
    rl_oomd_conf_free(&conf);

    /* Later names win, from whatever folder; of the same name the more important folder's counts,
     * as a whole; masks and files that are no *.conf say nothing. */
    put(*state, "usr/oomd.conf.d/50-b.conf", "[OOM]\nSwapUsedLimit=50%\n");
    put(*state, "etc/oomd.conf.d/10-a.conf",
        "[OOM]\nSwapUsedLimit=10%\nDefaultMemoryPressureLimit=10%\n");
    put(*state, "run/oomd.conf.d/70-c.conf",
        "[OOM]\nDefaultMemoryPressureLimit=70%\nDefaultMemoryPressureDurationSec=70s\n");
    put(*state, "etc/oomd.conf.d/70-c.conf", "[OOM]\nDefaultMemoryPressureLimit=71%\n");
    put(*state, "usr/oomd.conf.d/90-masked.conf", "[OOM]\nSwapUsedLimit=90%\n");
    put_link(*state, "run/oomd.conf.d/90-masked.conf", "/dev/null");
    put(*state, "usr/oomd.conf.d/91-empty.conf", "[OOM]\nSwapUsedLimit=91%\n");
    put(*state, "etc/oomd.conf.d/91-empty.conf", "");
    put(*state, "etc/oomd.conf.d/99-z.conf~", "[OOM]\nSwapUsedLimit=99%\n");
    conf = load(*state, &findings);
    expect_findings(&findings, NULL, "");
    expect_setting(*state, &conf, RL_OOMD_SWAP_LIMIT, "usr/oomd.conf.d/50-b.conf:2", 5000);
    expect_setting(*state, &conf, RL_OOMD_LIMIT, "etc/oomd.conf.d/70-c.conf:2", 7100);
    expect_setting(*state, &conf, RL_OOMD_DURATION, "etc/oomd.conf:4", 2 * S);
    rl_oomd_conf_free(&conf);

    /* Empty is the default again, and so is a duration of 0. */
    put(*state, "etc/oomd.conf.d/99-z.conf",
        "[OOM]\nSwapUsedLimit=\nDefaultMemoryPressureLimit=\nDefaultMemoryPressureDurationSec=0\n");
    conf = load(*state, &findings);
    expect_findings(&findings, NULL, "");
    for (enum rl_oomd_key key = 0; key < RL_OOMD_KEYS; key++)
        expect_setting(*state, &conf, key, NULL, 0);
    rl_oomd_conf_free(&conf);

    /* A main file that is masked, and with it those that count less. */
    unlink(in(*state, "etc/oomd.conf.d/99-z.conf"));
    put_link(*state, "etc/oomd.conf", "/dev/null");
    conf = load(*state, &findings);
    expect_setting(*state, &conf, RL_OOMD_DURATION, NULL, 0);
    rl_oomd_conf_free(&conf);
    assert_int_equal(findings.n, 0);
}

static void test_what_is_wrong(void **state)
{
    struct rl_findings findings = {0};
    struct rl_oomd_conf conf;

    put(*state, "etc/oomd.conf.d/a.conf",
        "[OOM]\nSwapUsedLimit=80%\nDefaultMemoryPressureDurationSec=5s\n");
    put(*state, "etc/oomd.conf.d/b.conf",
        "SwapUsedLimit=1%\n" /* 1 */
        "[OOM]\n"
        "SwapUsedLimit=lots\n"
        "DefaultMemoryPressureLimit=101%\n"
        "DefaultMemoryPressureDurationSec=500ms\n" /* 5 */
        "DefaultMemoryPressureDurationSec=infinity\n"
        "SwapUsedLimits=3%\n"
        "PrekillHookTimeoutSec=3s\n"
        "X-Mine=3%\n"
        "no assignment\n" /* 10 */
        "[Oom]\n"
        "SwapUsedLimit=4%\n"
        "[X-Mine]\n"
        "SwapUsedLimit=5%\n"
        "[OOM\n" /* 15 */
        "SwapUsedLimit=6%\n");
    conf = load(*state, &findings);
    expect_findings(&findings, in(*state, "etc/oomd.conf.d/b.conf"),
        "1: warning [no-section] 'SwapUsedLimit=' stands before any section, and is passed over; "
        "it belongs below [OOM]\n"
        "3: warning [bad-value] SwapUsedLimit=: 'lots' is no share, and is passed over; expected "
        "a share such as 90%\n"
        "4: warning [bad-value] DefaultMemoryPressureLimit=: '101%' is not between 0% and 100%, "
        "and is passed over; expected a share such as 60%\n"
        "5: warning [bad-value] DefaultMemoryPressureDurationSec=: '500ms' is neither 0 nor at "
        "least 1s and less than infinity, and is passed over; expected a time such as 30s\n"
        "6: warning [bad-value] DefaultMemoryPressureDurationSec=: 'infinity' is neither 0 nor at "
        "least 1s and less than infinity, and is passed over; expected a time such as 30s\n"
        "7: warning [unknown-key] unknown key 'SwapUsedLimits' in [OOM] is passed over; did you "
        "mean 'SwapUsedLimit'?\n"
        "10: warning [no-assignment] 'no assignment' is neither a [section] nor key=value\n"
        "11: warning [unknown-section] [Oom] is passed over; all settings of oomd.conf stand in "
        "[OOM]\n"
        "15: warning [bad-section] '[OOM' has no closing ']'\n");
    assert_int_equal(findings.errors, 0);
    /* What was before stays, or the default. */
    expect_setting(*state, &conf, RL_OOMD_SWAP_LIMIT, "etc/oomd.conf.d/a.conf:2", 8000);
    expect_setting(*state, &conf, RL_OOMD_LIMIT, NULL, 0);
    expect_setting(*state, &conf, RL_OOMD_DURATION, "etc/oomd.conf.d/a.conf:3", 5 * S);
    rl_oomd_conf_free(&conf);
    rl_findings_free(&findings);
}

/* Whoever may write the file could have anything killed. */
static void test_not_trusted(void **state)
{
    struct rl_findings findings = {0};
    struct rl_oomd_conf conf;

    put(*state, "etc/oomd.conf", "[OOM]\nSwapUsedLimit=1%\n");
    assert_int_equal(chmod(in(*state, "etc/oomd.conf"), 0666), 0);
    conf = load(*state, &findings);
    assert_int_equal(findings.n, 1);
    assert_int_equal(findings.errors, 0);
    assert_string_equal(findings.items[0].code, "unsafe-owner");
    expect_setting(*state, &conf, RL_OOMD_SWAP_LIMIT, NULL, 0);
    rl_oomd_conf_free(&conf);
    rl_findings_free(&findings);
}

/* ---- what a unit's policy has of it ---- */

#define HEAD(unit)                                                                                 \
    "# From ManagedOOM properties of " unit ", by SystemdOomd=yes in reliefd.conf; written anew "  \
    "when they change.\n"
#define ANY                                                                                        \
    "# systemd-oomd does not ask whose shortage it is; reliefd does, and lets the machine's "      \
    "count "                                                                                       \
    "too\nOrigin=any\n"
#define TAIL                                                                                       \
    "\n[Victim]\nKill=cgroup\n# below the unit, wherever in it the shortage began\n"               \
    "Within=subject\n\n[Relief]\n# systemd-oomd sends SIGKILL\nStep=kill\n"                        \
    "# systemd-oomd waits 15 s after a kill\nCooldown=15s\n"

static void expect_policy(const struct rl_managed_properties *unit, const char *expected)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);

    assert_true(rl_managed_write(unit, file));
    fclose(file);
    assert_string_equal(text, expected);
    free(text);
}

static void test_policies(void **state)
{
    char swap[] = "/x/a.conf:2", limit[] = "/x/a.conf:3", duration[] = "/x/b.conf:4";
    struct rl_oomd_conf conf = {.of = {[RL_OOMD_SWAP_LIMIT] = {swap, 7050},
                                    [RL_OOMD_LIMIT] = {limit, 1500},
                                    [RL_OOMD_DURATION] = {duration, 90 * S}}};
    const struct rl_oomd_conf none = {0};
    struct rl_managed_properties unit = {.unit = "a.service", .swap = true, .pressure = true};

    static const char built_in[] = HEAD(
        "a.service") "\n[Trigger pressure]\n"
                     "# the default of DefaultMemoryPressureLimit= in oomd.conf\n"
                     "Pressure=full 60% over 10s\n"
                     "# the default of DefaultMemoryPressureDurationSec= in oomd.conf\n"
                     "For=30s\n" ANY "\n[Trigger swap]\n"
                     "# the default of SwapUsedLimit= in oomd.conf\n"
                     "Usage=90%\nSwap=90%\n" TAIL;

    expect_policy(&unit, built_in);
    unit.defaults = &none;
    expect_policy(&unit, built_in);
    unit.defaults = &conf;
    expect_policy(&unit, HEAD("a.service") "\n[Trigger pressure]\n"
                                           "# DefaultMemoryPressureLimit= in /x/a.conf:3\n"
                                           "Pressure=full 15% over 10s\n"
                                           "# DefaultMemoryPressureDurationSec= in /x/b.conf:4\n"
                                           "For=1min 30s\n" ANY "\n[Trigger swap]\n"
                                           "# SwapUsedLimit= in /x/a.conf:2\n"
                                           "Usage=70.5%\nSwap=70.5%\n" TAIL);
    /* The unit's own limits count more. */
    unit.swap = false;
    unit.limit = 1417339207;
    unit.duration_us = 5 * S;
    expect_policy(&unit, HEAD("a.service") "\n[Trigger pressure]\n"
                                           "# ManagedOOMMemoryPressureLimit= of the unit\n"
                                           "Pressure=full 33% over 10s\n"
                                           "# ManagedOOMMemoryPressureDurationSec= of the unit\n"
                                           "For=5s\n" ANY TAIL);
    /* What For= does not take. */
    unit.duration_us = UINT64_MAX; /* infinity: the default */
    conf.of[RL_OOMD_DURATION].number = 7200 * S;
    conf.of[RL_OOMD_LIMIT].number = 0;
    unit.limit = 0;
    expect_policy(&unit, HEAD("a.service") "\n[Trigger pressure]\n"
                                           "# DefaultMemoryPressureLimit= in /x/a.conf:3\n"
                                           "Pressure=full 0.01% over 10s\n"
                                           "# DefaultMemoryPressureDurationSec= in /x/b.conf:4\n"
                                           "For=1h\n" ANY TAIL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_shares),
        cmocka_unit_test(test_times),
        cmocka_unit_test_setup_teardown(test_nothing_there, sandbox_setup, sandbox_teardown),
        cmocka_unit_test_setup_teardown(test_precedence, sandbox_setup, sandbox_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_wrong, sandbox_setup, sandbox_teardown),
        cmocka_unit_test_setup_teardown(test_not_trusted, sandbox_setup, sandbox_teardown),
        cmocka_unit_test(test_policies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
