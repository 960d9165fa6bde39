#include "tests/unit/unit.h"

#include "conf/builtin.h"
#include "conf/compile.h"
#include "policy/match.h"
#include "tests/unit/conf-text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define MATCH   "[Match]\nCgroup=a\n"
#define TRIGGER "[Trigger t]\nPressure=full 30% over 10s\n"
#define RELIEF  "[Relief]\nStep=kill\n"

static struct rl_compiled *compile_sources(
    const char *name, const char *const *texts, size_t n, struct rl_findings *findings)
{
    static const char *const paths[] = {"f", "d1", "d2", "d3"};
    struct rl_source sources[N(paths)];
    struct rl_compiled *compiled;

    for (size_t i = 0; i < n; i++)
        sources[i] = (struct rl_source){paths[i], texts[i], strlen(texts[i])};
    assert_int_equal(rl_compile(name, sources, n, findings, &compiled), 0);
    return compiled;
}

static struct rl_compiled *compile(const char *name, const char *text, struct rl_findings *findings)
{
    return compile_sources(name, &text, 1, findings);
}

struct row {
    const char *name, *text, *findings;
};

static const struct row bad[] = {
    {"x.service", "",
        "0: error [no-step] nothing says what to do; expected Step= in [Relief]\n"
        "0: error [no-trigger] nothing says when to act; expected a [Trigger NAME] section\n"},
    {"x.service", TRIGGER,
        "0: error [no-step] nothing says what to do; expected Step= in [Relief]\n"},
    {"x.service", RELIEF,
        "0: error [no-trigger] nothing says when to act; expected a [Trigger NAME] section\n"},
    {"10-web", TRIGGER RELIEF,
        "0: error [no-match] nothing says which cgroups this is for; expected [Match] with "
        "Cgroup=, or a file named after a unit\n"},
    {"10-web", "[Match]\n" TRIGGER RELIEF,
        "1: error [no-match] nothing says which cgroups this is for; expected [Match] with "
        "Cgroup=, or a file named after a unit\n"},
    {"10-web", MATCH "Cgroup=\n" TRIGGER RELIEF,
        "1: error [no-match] nothing says which cgroups this is for; expected [Match] with "
        "Cgroup=, or a file named after a unit\n"},
    {"x.service", TRIGGER RELIEF MATCH,
        "5: error [match-and-unit] [Match] contradicts the file's name, by which it is for "
        "x.service\n"},
    {"x.service", "[Trigger stall]\nPresure=full 30% over 10s\n" RELIEF,
        "2: error [unknown-key] unknown key 'Presure' in [Trigger stall]; did you mean "
        "'Pressure'?\n"
        "1: error [empty-trigger] [Trigger stall] has no line that could hold; expected "
        "Pressure=, Usage=, Headroom= or Events=\n"},
    {"x.service", "[Trigger stall]\nMemoryHigh=1G\nUsage=90%\n" RELIEF,
        "2: error [unknown-key] unknown key 'MemoryHigh' in [Trigger stall]\n"},
    {"x.service", "[Trigger t]\nUsage=90%\nCooldown=3s\n" RELIEF "Usage=1%\n",
        "3: error [misplaced-key] key 'Cooldown' does not belong in [Trigger t], but in "
        "[Relief]\n"
        "6: error [misplaced-key] key 'Usage' does not belong in [Relief], but in [Trigger "
        "NAME]\n"},
    {"x.service", "[Trigger t]\nUsage=90%\nDryRun=yes\n" RELIEF,
        "3: error [unknown-key] unknown key 'DryRun' in [Trigger t]\n"},
    {"x.service", "[Triger t]\nUsage=90%\n" TRIGGER RELIEF,
        "1: error [unknown-section] unknown section [Triger t]; did you mean [Trigger NAME]?\n"},
    {"x.service", "[Reliefs]\nStep=kill\n" TRIGGER RELIEF,
        "1: error [unknown-section] unknown section [Reliefs]; did you mean [Relief]?\n"},
    {"x.service", "[Service]\nUsage=90%\n" TRIGGER RELIEF,
        "1: error [unknown-section] unknown section [Service]\n"},
    {"x.service", "[Daemon]\n" TRIGGER RELIEF,
        "1: error [unknown-section] unknown section [Daemon]\n"},
    {"x.service", "[]\n" TRIGGER RELIEF, "1: error [unknown-section] unknown section []\n"},
    {"x.service", "[trigger t]\n" TRIGGER RELIEF,
        "1: error [unknown-section] unknown section [trigger t]; did you mean [Trigger NAME]?\n"},
    {"x.service", "Step=kill\n" TRIGGER RELIEF,
        "1: error [no-section] key 'Step' stands before any [section]\n"},
    {"x.service", "[Trigger]\nUsage=90%\n" TRIGGER RELIEF,
        "1: error [bad-section-name] [Trigger] needs a name of letters, digits, '-', '_' and '.', "
        "as in [Trigger stall]\n"},
    {"x.service", "[Trigger a b]\nUsage=90%\n" TRIGGER RELIEF,
        "1: error [bad-section-name] [Trigger a b] needs a name of letters, digits, '-', '_' and "
        "'.', as in [Trigger stall]\n"},
    {"x.service", TRIGGER "[Relief x]\nStep=kill\n" RELIEF,
        "3: error [bad-section-name] [Relief x]: this section has no name; expected [Relief]\n"},
    {"x.service", TRIGGER RELIEF TRIGGER "[Relief]\nStep=terminate\n",
        "5: error [duplicate-section] [Trigger t] stands already in line 1\n"
        "7: error [duplicate-section] [Relief] stands already in line 3\n"},
    {"x.service", TRIGGER RELIEF "Cooldown=1s\nCooldown=2s\n",
        "6: error [duplicate-key] Cooldown= stands already in line 5\n"},
    {"x.service", TRIGGER "[Victim]\nKill=\n" RELIEF,
        "4: error [no-value] Kill=: no value; expected process|cgroup|tree\n"},
    {"x.service", "[Trigger t]\n" RELIEF,
        "1: error [empty-trigger] [Trigger t] has no line that could hold; expected Pressure=, "
        "Usage=, Headroom= or Events=\n"},
    {"x.service", "[Trigger t]\nFrom=kill\n" RELIEF,
        "1: error [empty-trigger] [Trigger t] has no line that could hold; expected Pressure=, "
        "Usage=, Headroom= or Events=\n"},
    {"x.service", "[Trigger t]\nUsage=1%\nUsage=\n" RELIEF,
        "1: error [empty-trigger] [Trigger t] has no line that could hold; expected Pressure=, "
        "Usage=, Headroom= or Events=\n"},
    /* a line that was refused is told once, not again as a trigger or a ladder that is empty */
    {"x.service", "[Trigger t]\nUsage=1\n[Relief]\nStep=kil\n",
        "2: error [bad-share] Usage=: '1' has no '%'; expected N% (0 < N <= 100, two decimals)\n"
        "4: error [unknown-word] Step=: unknown step 'kil'; did you mean 'kill'?; expected "
        "terminate [SIGNAL] [wait T] | kill [wait T] (T up to 10min)\n"},
    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\n" RELIEF,
        "2: error [events-alone] [Trigger t] has only Events=high or max, which page cache alone "
        "moves, and leads to 'kill'; add Pressure= or Headroom=\n"},
    {"x.service",
        "[Trigger t]\nEvents=high 5 over 1s\nEvents=max 5 over 1s\n[Relief]\nStep=terminate\n",
        "2: error [events-alone] [Trigger t] has only Events=high or max, which page cache alone "
        "moves, and leads to 'terminate'; add Pressure= or Headroom=\n"},
    {"x.service", TRIGGER "From=warn\n" RELIEF,
        "3: error [no-such-step] From=: no step is called 'warn'; the steps are: kill\n"},
    {"x.service",
        TRIGGER "From=terminat\n[Relief]\nStep=terminate INT\nStep=terminate\nStep=kill\n",
        "3: error [no-such-step] From=: no step is called 'terminat'; did you mean 'terminate'?; "
        "the steps are: terminate, terminate, kill\n"},
    /* everything is told at once */
    {"x.service", "[Trigger t]\nUsage=0%\nkey\n[Victim]\nKill=x\nkey: v\n[Relief]\nStep=\n",
        "2: error [out-of-range] Usage=: '0%' is not over 0% and up to 100%; expected N% (0 < N <= "
        "100, two decimals)\n"
        "3: error [no-assignment] 'key' is neither a [section] nor key=value\n"
        "5: error [unknown-word] Kill=: unknown scope 'x'; expected process|cgroup|tree\n"
        "6: error [colon] 'key:' has ':' where '=' is expected\n"
        "0: error [no-step] nothing says what to do; expected Step= in [Relief]\n"},
};

static const struct row good[] = {
    {"x.service", TRIGGER RELIEF, ""},
    {"x.service", "\xef\xbb\xbf[Relief]\r\n  Step=kill ; now\r\n[Trigger t]\r\n\tUsage=1%\r\n", ""},
    {"10-web", MATCH TRIGGER RELIEF, ""},
    {"default", TRIGGER RELIEF, ""},
    {"default-x", TRIGGER RELIEF, ""},
    {"default-x", MATCH TRIGGER RELIEF, ""},
    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\nHeadroom=below 3%\n" RELIEF, ""},
    {"x.service", "[Trigger t]\nEvents=oom 5 over 1s\n" RELIEF, ""},
    {"x.service", "[Trigger t]\nEvents=oom_kill 1 over 1s\n[Relief]\nStep=terminate\n", ""},
    {"x.service", "[Trigger t]\nEvents=oom_kill 1 over 1s\n" RELIEF,
        "2: warning [kill-after-kill] Events=oom_kill with Step=kill: the kernel has killed "
        "already "
        "when this holds\n"},
    {"x.service", TRIGGER RELIEF "Step=terminate\n",
        "5: warning [step-after-kill] Step=terminate stands behind Step=kill, which leaves it "
        "nobody to act on\n"},
    {"10-web", "[Match]\nCgroup=!a\n" TRIGGER RELIEF,
        "1: warning [only-exclusions] Cgroup= has exclusions only, so the policy is for every "
        "other cgroup\n"},
};

static void check(const struct row *row, bool compiles)
{
    struct rl_findings findings = {0};
    struct rl_compiled *compiled = compile(row->name, row->text, &findings);

    expect_findings(&findings, "f", row->findings);
    assert_int_equal(compiled != NULL, compiles);
    assert_int_equal(findings.errors > 0, !compiles);
    rl_compiled_release(compiled);
    rl_findings_free(&findings);
}

static void test_bad_files(void **state)
{
    for (size_t i = 0; i < N(bad); i++)
        check(&bad[i], false);
}

static void test_good_files(void **state)
{
    for (size_t i = 0; i < N(good); i++)
        check(&good[i], true);
}

static struct rl_compiled *compile_well(const char *name, const char *text)
{
    struct rl_findings findings = {0};
    struct rl_compiled *compiled = compile(name, text, &findings);

    expect_findings(&findings, "f", "");
    assert_non_null(compiled);
    return compiled;
}

static void test_what_comes_out(void **state)
{
    struct rl_compiled *compiled = compile_well("10-web",
        "[Match]\nCgroup=a/* !a/b\nCgroup=c\n"
        "[Trigger stall]\nPressure=full 30% over 10s\nHeadroom=below 5%\n"
        "[Trigger frozen]\nPressure=full 70% over 5s\nFrom=kill\n"
        "[Victim]\nKill=cgroup\nProtect=main \"comm:a b\"\nProtect=exe:/x\\&y&uid:0\n"
        "[Relief]\nStep=terminate INT wait 3s\nStep=terminate\nStep=kill wait 1s\nCooldown=45s\n");
    const struct rl_policy *p = &compiled->policy;

    assert_string_equal(p->name, "10-web");
    assert_string_equal(p->source, "f");
    assert_int_equal(p->match.attach, RL_ATTACH_MATCH);
    assert_int_equal(p->match.n_cgroups, 3);
    assert_string_equal(p->match.cgroups[1].glob, "a/b");
    assert_true(p->match.cgroups[1].exclude);
    assert_string_equal(p->match.cgroups[2].glob, "c");
    assert_false(p->match.cgroups[2].exclude);

    assert_int_equal(p->n_triggers, 2);
    assert_string_equal(p->triggers[0].name, "stall");
    assert_int_equal(p->triggers[0].lineno, 4);
    assert_int_equal(p->triggers[0].n, 2);
    assert_int_equal(p->triggers[0].from, 0);
    assert_int_equal(p->triggers[1].from, 2);

    assert_int_equal(p->victim.kill, RL_KILL_CGROUP);
    assert_ptr_equal(p->victim.model, rl_model_default());
    assert_int_equal(p->victim.n_protect, 3);
    assert_int_equal(p->victim.protect[0].terms[0].fact, RL_FACT_MAIN);
    assert_string_equal(p->victim.protect[1].terms[0].glob, "a b");
    assert_string_equal(p->victim.protect[2].text, "exe:/x\\&y&uid:0");
    assert_int_equal(p->victim.protect[2].n, 2);
    assert_int_equal(p->victim.protect[2].lineno, 13);
    assert_string_equal(p->victim.protect[2].terms[0].glob, "/x\\&y");
    assert_int_equal(p->victim.protect[2].terms[1].fact, RL_FACT_UID);

    assert_int_equal(p->relief.n, 3);
    assert_int_equal(p->relief.steps[0].kind, RL_STEP_TERMINATE);
    assert_int_equal(p->relief.steps[0].signal, SIGINT);
    assert_int_equal(p->relief.steps[0].wait_us, 3 * RL_US_PER_S);
    assert_int_equal(p->relief.steps[1].signal, SIGTERM);
    assert_int_equal(p->relief.steps[1].wait_us, 5 * RL_US_PER_S);
    assert_int_equal(p->relief.steps[2].kind, RL_STEP_KILL);
    assert_int_equal(p->relief.steps[2].signal, SIGKILL);
    assert_int_equal(p->relief.steps[2].lineno, 17);
    assert_int_equal(p->relief.cooldown_us, 45 * RL_US_PER_S);
    rl_compiled_release(compiled);
}

static void test_what_is_not_said(void **state)
{
    struct rl_compiled *compiled = compile_well("x@.service", TRIGGER RELIEF);
    const struct rl_policy *p = &compiled->policy;

    assert_int_equal(p->match.attach, RL_ATTACH_UNIT);
    assert_string_equal(p->match.unit, "x@.service");
    assert_int_equal(p->match.n_cgroups, 0);
    assert_int_equal(p->victim.kill, RL_KILL_PROCESS);
    assert_ptr_equal(p->victim.model, rl_model_default());
    assert_int_equal(p->victim.n_protect, 0);
    assert_int_equal(p->relief.cooldown_us, 30 * RL_US_PER_S);
    assert_int_equal(p->relief.steps[0].wait_us, 0);
    rl_compiled_release(compiled);
}

static void test_lists_begin_anew(void **state)
{
    struct rl_compiled *compiled = compile_well("10-web",
        "[Match]\nCgroup=a\nCgroup=\nCgroup=b\n"
        "[Trigger t]\nUsage=1%\nUsage=\nUsage=2%\nUsage=3%\n"
        "[Victim]\nProtect=@system main\nProtect= ; none of these\nProtect=uid:0\n"
        "[Relief]\nStep=kill\nStep=\nStep=terminate\n");
    const struct rl_policy *p = &compiled->policy;

    assert_int_equal(p->match.n_cgroups, 1);
    assert_string_equal(p->match.cgroups[0].glob, "b");
    assert_int_equal(p->triggers[0].n, 2);
    assert_int_equal(p->triggers[0].lines[0].share, 200);
    assert_int_equal(p->victim.n_protect, 1);
    assert_string_equal(p->victim.protect[0].text, "uid:0");
    assert_int_equal(p->relief.n, 1);
    assert_int_equal(p->relief.steps[0].kind, RL_STEP_TERMINATE);
    rl_compiled_release(compiled);
}

/* Drop-ins: the last value counts, lists go on, a trigger's lines replace those of the same key. */
static void test_drop_ins(void **state)
{
    static const char *const texts[] = {
        MATCH "[Trigger s]\nPressure=full 30% over 10s\nPressure=some 50% over 10s\n"
              "Headroom=below 5%\nFrom=terminate\n[Trigger gone]\nUsage=1%\n"
              "[Victim]\nKill=tree\nProtect=uid:1\n[Relief]\nStep=terminate\nCooldown=5s\n",
        "[Match]\nCgroup=b\n[Trigger s]\nPressure=full 60% over 20s\nUsage=5%\nFrom=kill\n"
        "[Trigger new]\nUsage=9%\n[Trigger gone]\nUsage=\n[Victim]\nProtect=uid:2\n",
        "[Victim]\nKill=process\n[Relief]\nStep=kill\nCooldown=7s\n",
    };
    struct rl_findings findings = {0};
    struct rl_compiled *compiled = compile_sources("10-web", texts, N(texts), &findings);
    const struct rl_policy *p;

    expect_findings(&findings, "f", "");
    p = &compiled->policy;
    assert_int_equal(p->match.n_cgroups, 2);
    assert_int_equal(p->n_triggers, 2);
    assert_string_equal(p->triggers[0].name, "s");
    assert_int_equal(p->triggers[0].n, 3);
    assert_int_equal(p->triggers[0].lines[0].kind, RL_LINE_HEADROOM);
    assert_int_equal(p->triggers[0].lines[1].kind, RL_LINE_PRESSURE);
    assert_int_equal(p->triggers[0].lines[1].share, 6000);
    assert_int_equal(p->triggers[0].lines[2].kind, RL_LINE_USAGE);
    assert_int_equal(p->triggers[0].from, 1);
    assert_string_equal(p->triggers[1].name, "new");
    assert_int_equal(p->victim.kill, RL_KILL_PROCESS);
    assert_int_equal(p->victim.n_protect, 2);
    assert_int_equal(p->relief.n, 2);
    assert_int_equal(p->relief.cooldown_us, 7 * RL_US_PER_S);
    rl_compiled_release(compiled);
}

static void test_drop_in_findings(void **state)
{
    static const char *const texts[] = {
        TRIGGER "From=terminate\n" RELIEF, "[Relief]\nCooldown=x\n", "[Match]\nCgroup=a\n"};
    struct rl_findings findings = {0};

    assert_null(compile_sources("x.service", texts, N(texts), &findings));
    expect_findings(&findings, "f",
        "d1:2: error [bad-time] Cooldown=: 'x' is no number (a time has us, ms, s, min, h); "
        "expected T (0 to 1h)\n"
        "d2:1: error [match-and-unit] [Match] contradicts the file's name, by which it is for "
        "x.service\n"
        "3: error [no-such-step] From=: no step is called 'terminate'; the steps are: kill\n");
    rl_findings_free(&findings);
}

/* One more than fits of everything that is bounded. */
static void test_limits(void **state)
{
    static const struct {
        const char *before, *item, *after;
        int most;
        const char *message;
    } rows[] = {
        {"", "[Trigger t%d]\nUsage=1%%\n", RELIEF, RL_TRIGGERS_MAX,
            "17: error [too-many-triggers] [Trigger t8] is one trigger too many; at most 8 are "
            "possible\n"},
        {"[Trigger t]\n", "Usage=%d.5%%\n", RELIEF, RL_LINES_MAX,
            "10: error [too-many-lines] [Trigger t] has too many lines; at most 8 are possible\n"},
        {TRIGGER "[Relief]\n", "Step=terminate wait %ds\n", "", RL_STEPS_MAX,
            "16: error [too-many-steps] one step too many; at most 12 are possible\n"},
    };

    for (size_t i = 0; i < N(rows); i++) {
        for (int n = rows[i].most; n <= rows[i].most + 1; n++) {
            struct rl_findings findings = {0};
            struct rl_compiled *compiled;
            char text[2000];
            int used = snprintf(text, sizeof(text), "%s", rows[i].before);

            for (int j = 0; j < n; j++)
                used += snprintf(text + used, sizeof(text) - (size_t)used, rows[i].item, j);
            snprintf(text + used, sizeof(text) - (size_t)used, "%s", rows[i].after);
            compiled = compile("x.service", text, &findings);
            expect_findings(&findings, "f", n > rows[i].most ? rows[i].message : "");
            assert_int_equal(compiled != NULL, n == rows[i].most);
            rl_compiled_release(compiled);
            rl_findings_free(&findings);
        }
    }
}

static void test_rank(void **state)
{
    static const struct {
        const char *name;
        enum rl_rank rank;
    } rows[] = {
        {"a.service", RL_RANK_UNIT},
        {"a@b.service", RL_RANK_UNIT},
        {"a.scope", RL_RANK_UNIT},
        {"a-b.slice", RL_RANK_UNIT},
        {"a.socket", RL_RANK_UNIT},
        {"a.mount", RL_RANK_UNIT},
        {"a.swap", RL_RANK_UNIT},
        {"a@.service", RL_RANK_TEMPLATE},
        {"a", RL_RANK_MATCH},
        {"50-pods", RL_RANK_MATCH},
        {".service", RL_RANK_MATCH},
        {"a.timer", RL_RANK_MATCH},
        {"defaults", RL_RANK_MATCH},
        {"default-x", RL_RANK_DEFAULT_ROW},
        {"default-x.service", RL_RANK_UNIT},
        {"default", RL_RANK_DEFAULT},
    };

    for (size_t i = 0; i < N(rows); i++)
        assert_int_equal(rl_policy_rank(rows[i].name), rows[i].rank);
}

/* The built-in defaults are well, and in their order each case meets the one that is meant for it.
 */
static void test_defaults(void **state)
{
    static const struct {
        const char *path, *policy;
    } rows[] = {
        {"/", "default-node"},
        {"/system.slice/nginx.service", "default"},
        {"/user.slice", "default"},
        {"/system.slice/docker.service", "default"},
        {"/system.slice/docker-0123.scope", "default-container"},
        {"/docker/0123", "default-container"},
        {"/docker", "default"},
        {"/machine.slice/libpod-0123.scope", "default-container"},
        {"/machine.slice/libpod-conmon-0123.scope", "default"},
        {"/libpod_parent/libpod-0123", "default-container"},
        {"/kubepods.slice", "default"},
        {"/kubepods.slice/kubepods-pod1.slice", "default"},
        {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-0123.scope", "default-container"},
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/crio-0123.scope",
            "default-container"},
        {"/kubepods.slice/kubepods-pod1.slice/crio-conmon-0123.scope", "default"},
        {"/kubepods/pod1/0123", "default-container"},
        {"/kubepods/burstable/pod1/0123", "default-container"},
        {"/kubepods/burstable/pod1/crio-conmon-0123", "default"},
        {"/kubepods/burstable/pod1", "default"},
        {"/kubepods/pod1", "default"},
        {"/docker/0123/kubepods/besteffort/pod1/4567", "default-container"},
    };
    struct rl_compiled *compiled[8];
    struct rl_policy policies[8];

    assert_int_equal(rl_builtins_n, 3);
    for (size_t i = 0; i < rl_builtins_n; i++) {
        compiled[i] = compile_well(rl_builtins[i].name, rl_builtins[i].text);
        assert_int_equal(strlen(rl_builtins[i].text), rl_builtins[i].len);
    }
    /* by rank, then by name */
    for (size_t i = 0; i < rl_builtins_n; i++) {
        size_t before = 0;

        for (size_t j = 0; j < rl_builtins_n; j++) {
            int order = (int)rl_policy_rank(rl_builtins[j].name) -
                        (int)rl_policy_rank(rl_builtins[i].name);

            before += order < 0 ||
                      (order == 0 && strcmp(rl_builtins[j].name, rl_builtins[i].name) < 0);
        }
        policies[before] = compiled[i]->policy;
    }
    for (size_t i = 0; i < N(rows); i++) {
        const struct rl_policy *p = rl_match_policy(policies, rl_builtins_n, rows[i].path, true);

        if (!p || strcmp(p->name, rows[i].policy) != 0)
            fail_msg("%s: %s", rows[i].path, p ? p->name : "none");
    }
    for (size_t i = 0; i < rl_builtins_n; i++)
        rl_compiled_release(compiled[i]);
}

/* Who is on the shipped protect list, and who only looks like it. */
static void test_system_list(void **state)
{
    static const struct {
        const char *path, *exe;
        uid_t uid;
        bool known, protected;
    } rows[] = {
        {"/init.scope", "/usr/lib/systemd/systemd", 0, true, true},
        {"/user.slice/user-1000.slice/user@1000.service/init.scope", "/usr/lib/systemd/systemd",
            1000, true, true},
        {"/system.slice/dbus.service", "/usr/bin/dbus-daemon", 100, true, true},
        {"/system.slice/dbus-broker.service", "/usr/bin/dbus-broker", 100, true, true},
        {"/system.slice/systemd-journald.service", "/x", 0, true, true},
        {"/system.slice/system-systemd\\x2djournald.slice/systemd-journald@a.service", "/x", 0,
            true, true},
        {"/system.slice/ssh.service", "/usr/sbin/sshd", 0, true, true},
        {"/system.slice/system-sshd.slice/sshd@1.service", "/usr/sbin/sshd", 0, true, true},
        {"/user.slice/user-1000.slice/session-3.scope", "/usr/sbin/sshd", 1000, true, true},
        {"/user.slice/user-1000.slice/session-3.scope", "/usr/lib/openssh/sshd-session", 0, true,
            true},
        {"/user.slice/user-1000.slice/session-3.scope", "/usr/bin/bash", 1000, true, true},
        {"/user.slice/user-1000.slice/session-3.scope", "", 1000, false, true},
        {"/system.slice/containerd.service", "/usr/bin/containerd-shim-runc-v2", 0, true, true},
        {"/system.slice/containerd.service/x", "/x", 0, true, true},
        {"/runtime.slice/kubelet.service", "/usr/bin/kubelet", 0, true, true},
        {"/machine.slice/libpod-conmon-1.scope", "/usr/bin/conmon", 0, true, true},
        {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope", "/pause", 65535, true, true},
        {"/kubepods/burstable/pod1/0123", "/pause", 65535, true, true},
        {"/", "/usr/sbin/sshd", 0, true, true},
        {"/sshd", "/usr/sbin/sshd", 0, true, true},

        {"/user.slice/user-1000.slice/session-3.scope", "/usr/bin/python3", 1000, true, false},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/a.service", "/usr/sbin/sshd",
            1000, true, false},
        {"/user.slice/user-1000.slice/user@1000.service/dbus.service", "/x", 1000, true, false},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/x/init.scope", "/usr/lib/systemd",
            1000, true, false},
        {"/system.slice/nginx.service", "/usr/sbin/nginx", 0, true, false},
        {"/system.slice/nginx.service", "", 0, false, false},
        {"/system.slice/docker-1.scope", "/usr/sbin/sshd", 0, true, false},
        {"/system.slice/docker-1.scope/system.slice/dbus.service", "/x", 0, true, false},
        {"/system.slice/docker-1.scope/init.scope", "/usr/lib/systemd/systemd", 0, true, false},
        {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope", "/app", 0, true, false},
        {"/docker/1", "/pause", 0, true, false},
        {"/", "/usr/bin/leaker", 0, true, false},
        {"/sshd", "/usr/sbin/sshd", 1000, true, false},
    };
    struct rl_compiled *compiled = compile_well(
        "x.service", TRIGGER RELIEF "[Victim]\nProtect=@system\n");
    const struct rl_victim *victim = &compiled->policy.victim;

    assert_true(victim->n_protect > 20);
    for (size_t i = 0; i < N(rows); i++) {
        struct rl_process process = {.pid = 100, .uid = rows[i].uid, .comm = "sshd"};
        const struct rl_pattern *by;

        snprintf(process.exe, sizeof(process.exe), "%s", rows[i].exe);
        process.flags = rows[i].known ? RL_PROCESS_EXE_KNOWN : 0;
        by = rl_match_any(victim->protect, victim->n_protect, &process, rows[i].path, true);
        if ((by != NULL) != rows[i].protected)
            fail_msg("%s %s: %s", rows[i].path, rows[i].exe, by ? by->text : "nothing");
        if (by)
            assert_memory_equal(by->text, "@system: ", 9);
    }
    rl_compiled_release(compiled);
}

static size_t mutate(char *text, size_t len, size_t size)
{
    static const char *const pieces[] = {"[", "]", "=", "\n", "Pressure=", "[Trigger ", "\"", "!",
        "Step=", "Protect=", "@system", "&", "min ", "99999999999999999999", "\\", "\xff", "%",
        "From=", " over ", "Cgroup=", "[Match]\n"};

    for (int n = 1 + (int)(random() % 4); n > 0; n--) {
        const char *piece = pieces[(size_t)random() % N(pieces)];
        size_t at = (size_t)random() % (len + 1), piece_len = strlen(piece);

        if (random() % 2 && len + piece_len < size) {
            memmove(text + at + piece_len, text + at, len - at);
            memcpy(text + at, piece, piece_len);
            len += piece_len;
        } else if (at < len) {
            text[at] = (char)random();
        }
    }
    return len;
}

/* Whatever stands in a file: either it compiles within its bounds, or an error says why not. */
static void test_any_bytes(void **state)
{
    static const char *const names[] = {"x.service", "10-web", "default"};

    srandom(4);
    for (int round = 0; round < 20000; round++) {
        const char *seed = round % 2 ? good[(size_t)random() % N(good)].text
                                     : bad[(size_t)random() % N(bad)].text;
        struct rl_findings findings = {0};
        struct rl_compiled *compiled;
        struct rl_source source = {"f", NULL, 0};
        char text[1000];

        source.len = (size_t)snprintf(text, sizeof(text), "%s", seed);
        source.len = mutate(text, source.len, sizeof(text));
        source.text = text;
        assert_int_equal(
            rl_compile(names[(size_t)random() % N(names)], &source, 1, &findings, &compiled), 0);
        assert_int_equal(compiled == NULL, findings.errors > 0);
        if (compiled) {
            assert_in_range(compiled->policy.n_triggers, 1, RL_TRIGGERS_MAX);
            assert_in_range(compiled->policy.relief.n, 1, RL_STEPS_MAX);
        }
        rl_compiled_release(compiled);
        rl_findings_free(&findings);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_good_files),
        cmocka_unit_test(test_what_comes_out),
        cmocka_unit_test(test_what_is_not_said),
        cmocka_unit_test(test_lists_begin_anew),
        cmocka_unit_test(test_drop_ins),
        cmocka_unit_test(test_drop_in_findings),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_rank),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_system_list),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
