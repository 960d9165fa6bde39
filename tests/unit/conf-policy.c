#include "tests/unit/unit.h"

#include "conf/builtin.h"
#include "conf/compile.h"
#include "policy/match.h"
#include "tests/unit/conf-text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define MATCH   "[Match]\nCgroup=a\n"
#define TRIGGER "[Trigger t]\nPressure=full 30% over 10s\n"
#define RELIEF  "[Relief]\nStep=kill\n"
#define LINES   "expected Pressure=, Usage=, Headroom=, Events=, Swap=, Growth= or Refaults="
#define TIMED(place, name)                                                                         \
    place ": warning [timed] [Trigger " name                                                       \
          "] has neither Pressure= nor Events=: nothing in the "                                   \
          "kernel announces this, so it is looked at every 1 to 30 s\n"

static struct rl_compiled *compile_sources(
    const char *name, const char *const *texts, size_t n, struct rl_findings *findings)
{
    static const char *const paths[] = {"f", "d1", "d2", "d3"};
    struct rl_source sources[N(paths)];
    struct rl_compiled *compiled;

    for (size_t i = 0; i < n; i++)
        sources[i] = (struct rl_source){
            .path = paths[i], .text = texts[i], .len = strlen(texts[i])};
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
        "Cgroup= or the like, or a file named after a unit\n"},
    {"10-web", "[Match]\n" TRIGGER RELIEF,
        "1: error [no-match] nothing says which cgroups this is for; expected [Match] with "
        "Cgroup= or the like, or a file named after a unit\n"},
    {"10-web", MATCH "Cgroup=\n" TRIGGER RELIEF,
        "1: error [no-match] nothing says which cgroups this is for; expected [Match] with "
        "Cgroup= or the like, or a file named after a unit\n"},
    {"x.service", TRIGGER RELIEF MATCH,
        "5: error [match-and-unit] [Match] contradicts the file's name, by which it is for "
        "x.service\n"},
    {"x.service", "[Trigger stall]\nPresure=full 30% over 10s\n" RELIEF,
        "2: error [unknown-key] unknown key 'Presure' in [Trigger stall]; did you mean "
        "'Pressure'?\n"
        "1: error [empty-trigger] [Trigger stall] has no line that could hold; " LINES "\n"},
    {"x.service", "[Trigger stall]\nMemoryHigh=1G\nUsage=90%\n" RELIEF,
        "2: error [unknown-key] unknown key 'MemoryHigh' in [Trigger stall]\n"},
    {"x.service", "[Trigger t]\nUsage=90%\nCooldown=3s\n" RELIEF "Usage=1%\n",
        "3: error [misplaced-key] key 'Cooldown' does not belong in [Trigger t], but in "
        "[Relief]\n"
        "6: error [misplaced-key] key 'Usage' does not belong in [Relief], but in [Trigger "
        "NAME]\n"},
    {"x.service", "[Trigger t]\nUsage=90%\nDryRun=yes\n" RELIEF,
        "3: error [misplaced-key] key 'DryRun' does not belong in [Trigger t], but in [Relief]\n"},
    {"x.service", "[Trigger t]\nUsage=90%\nLogLevel=err\n" RELIEF,
        "3: error [unknown-key] unknown key 'LogLevel' in [Trigger t]\n"},
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
        "1: error [empty-trigger] [Trigger t] has no line that could hold; " LINES "\n"},
    {"x.service", "[Trigger t]\nFrom=kill\n" RELIEF,
        "1: error [empty-trigger] [Trigger t] has no line that could hold; " LINES "\n"},
    {"x.service", "[Trigger t]\nUsage=1%\nUsage=\n" RELIEF,
        "1: error [empty-trigger] [Trigger t] has no line that could hold; " LINES "\n"},
    /* a line that was refused is told once, not again as a trigger or a ladder that is empty */
    {"x.service", "[Trigger t]\nUsage=1\n[Relief]\nStep=kil\n",
        "2: error [bad-share] Usage=: '1' has no '%'; expected N% (0 < N <= 100, two decimals)\n"
        "4: error [unknown-word] Step=: unknown step 'kil'; did you mean 'kill'?; expected "
        "warn [low|medium|critical] [desktop] | hook PATH [ARGUMENT ...] | reclaim SIZE|N% | "
        "throttle N% [cpu M%] | "
        "freeze | terminate [SIGNAL] | kill | restart [stop] | panic; each: [wait T] "
        "(0 < N <= 100, two decimals; throttle: N and M from 1; T up to 10min)\n"},
    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\n[Relief]\nStep=warn\nStep=restart\n",
        "2: error [events-alone] [Trigger t] has only Events=high or max, which page cache alone "
        "moves, and leads to 'restart'; add Pressure= or Headroom=\n"},
    {"x.service", "[Trigger t]\nEvents=max 5 over 1s\n[Relief]\nStep=freeze\nStep=panic\n",
        "2: error [events-alone] [Trigger t] has only Events=high or max, which page cache alone "
        "moves, and leads to 'panic'; add Pressure= or Headroom=\n"},
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
    /* nothing is both */
    {"10-web", "[Match]\nCgroup=/\nLevel=pod\n" TRIGGER RELIEF,
        "3: error [contradiction] Level=: nothing matches both this and Cgroup=/, which is the "
        "root\n"},
    {"10-web",
        "[Match]\nUnit=a\nLimited=yes\nPod=!a/b\nQoS=burstable\nContainer=a\nCgroup=/\n" TRIGGER
            RELIEF,
        "2: error [contradiction] Unit=: nothing matches both this and Cgroup=/, which is the "
        "root\n"
        "3: error [contradiction] Limited=: nothing matches both this and Cgroup=/, which is the "
        "root\n"
        "4: error [contradiction] Pod=: nothing matches both this and Cgroup=/, which is the "
        "root\n"
        "5: error [contradiction] QoS=: nothing matches both this and Cgroup=/, which is the "
        "root\n"
        "6: error [contradiction] Container=: nothing matches both this and Cgroup=/, which is "
        "the root\n"},
    {"10-web", "[Match]\nLevel=qos\nPod=a/b\nContainer=a\nQoS=guaranteed\n" TRIGGER RELIEF,
        "3: error [contradiction] Pod=: nothing matches both this and Level=qos, which is above "
        "pods\n"
        "4: error [contradiction] Container=: nothing matches both this and Level=qos, which is "
        "above containers\n"
        "5: error [contradiction] QoS=: nothing matches both this and Level=qos: guaranteed pods "
        "have no such level\n"},
    {"10-web", "[Match]\nLevel=pod\nContainer=!a\n" TRIGGER RELIEF,
        "3: error [contradiction] Container=: nothing matches both this and Level=pod, which is "
        "above containers\n"},
    /* the tree of the root is the machine */
    {"10-web", "[Match]\nCgroup=a /\n" TRIGGER RELIEF "[Victim]\nKill=tree\n",
        "8: error [tree-of-root] Kill=tree would kill everything on the machine, since [Match] "
        "names the root, too; expected process or cgroup\n"},
    {"10-web", "[Match]\nCgroup=/\n" TRIGGER RELIEF "[Victim]\nKill=tree\n",
        "8: error [tree-of-root] Kill=tree would kill everything on the machine, since Cgroup=/ "
        "is the root; expected process or cgroup\n"},
    {"default", TRIGGER RELIEF "[Victim]\nKill=tree\n",
        "6: error [tree-of-root] Kill=tree would kill everything on the machine, since [Match] "
        "names the root, too; expected process or cgroup\n"},
    {"default-x", MATCH TRIGGER RELIEF "[Guard]\nOomGroup=yes\n",
        "7: error [guard-in-default] [Guard] gives orders to cgroups that somebody chose; a "
        "default is for all others\n"},
    {"10-web", "[Match]\nCgroup=/\n" TRIGGER RELIEF "[Guard]\nOomGroup=no\nHighBelowMax=1M\n",
        "9: error [contradiction] HighBelowMax=: Cgroup=/, which is the root, has no memory.max\n"
        "8: error [contradiction] OomGroup=: Cgroup=/, which is the root, has no "
        "memory.oom.group\n"
        "9: warning [throttles-cache] HighBelowMax= throttles page cache, too: who reads many "
        "files is slowed down there\n"},
    {"x.service", "[Trigger t]\nFor=5s\nOrigin=any\nGate=linux-2.4\n" RELIEF,
        "1: error [empty-trigger] [Trigger t] has no line that could hold; " LINES "\n"},
    {"x.service", TRIGGER "For=1s\nFor=2s\nOrigin=\n" RELIEF,
        "4: error [duplicate-key] For= stands already in line 3\n"
        "5: error [no-value] Origin=: no value; expected own|node|any\n"},
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
    {"x.service",
        "\xef\xbb\xbf[Relief]\r\n  Step=kill ; now\r\n[Trigger t]\r\n\tPressure=some 1% over "
        "1s\r\n",
        ""},
    {"10-web", MATCH TRIGGER RELIEF, ""},
    {"default", TRIGGER RELIEF, ""},
    {"default-x", TRIGGER RELIEF, ""},
    {"default-x", MATCH TRIGGER RELIEF, ""},
    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\nHeadroom=below 3%\n" RELIEF, ""},
    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\nRefaults=1/s\n" RELIEF, ""},
    {"x.service",
        "[Trigger a]\nUsage=90%\nSwap=1%\nFor=1s\n[Trigger b]\nGrowth=1M over "
        "1s\nRefaults=1/s\n" RELIEF,
        TIMED("1", "a") TIMED("5", "b")},
    {"x.service", "[Trigger t]\nEvents=oom 5 over 1s\n" RELIEF, ""},
    {"x.service", "[Trigger t]\nEvents=oom_kill 1 over 1s\n[Relief]\nStep=terminate\n", ""},
    {"x.service", "[Trigger t]\nEvents=oom_kill 1 over 1s\n" RELIEF,
        "2: warning [kill-after-kill] Events=oom_kill with Step=kill: the kernel has killed "
        "already "
        "when this holds\n"},
    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\n[Relief]\nStep=warn\nStep=reclaim 5%\n", ""},
    {"x.service",
        "[Trigger t]\nEvents=max 5 over 1s\n[Relief]\nStep=hook /dev/null\nStep=throttle 5%\n"
        "Step=freeze\n",
        ""},
    {"x.service",
        "[Trigger a]\nEvents=max 5 over 1s\nFrom=reclaim\n" TRIGGER
        "[Relief]\nStep=terminate\nStep=reclaim 5%\n",
        ""},
    {"x.service", TRIGGER RELIEF "Step=restart\nStep=reclaim 1M\n", ""},
    {"x.service", TRIGGER RELIEF "Step=restart\nStep=terminate\n",
        "6: warning [step-after-kill] Step=terminate stands behind Step=kill, which leaves it "
        "nobody to act on\n"},
    {"x.service", TRIGGER "[Relief]\nStep=panic\nStep=kill\n",
        "5: warning [step-after-panic] Step=kill stands behind Step=panic, which leaves nothing to "
        "act on\n"},
    {"x.service", TRIGGER RELIEF "Step=terminate\n",
        "5: warning [step-after-kill] Step=terminate stands behind Step=kill, which leaves it "
        "nobody to act on\n"},
    {"10-web", "[Match]\nUnit=a\n" TRIGGER RELIEF, ""},
    {"10-web", "[Match]\nLimited=no\n" TRIGGER RELIEF, ""},
    {"10-web", "[Match]\nLevel=container\n" TRIGGER RELIEF, ""},
    {"10-web", "[Match]\nPod=!a/b\n" TRIGGER RELIEF "[Victim]\nKill=tree\n", ""},
    {"10-web", "[Match]\nQoS=burstable !guaranteed\nLevel=qos\n" TRIGGER RELIEF, ""},
    {"10-web", "[Match]\nContainer=a\nCgroup=!b\n" TRIGGER RELIEF, ""},
    {"10-web", "[Match]\nCgroup=/ !/\nLimited=no\n" TRIGGER RELIEF, ""},
    {"-.slice", TRIGGER RELIEF,
        "0: warning [root-slice] no cgroup is called -.slice, so this never counts; the root is "
        "Cgroup=/ in [Match] of a file of another name\n"},
    {"x.service", TRIGGER RELIEF "OnRepeat=hold\n[Victim]\nMaxProcesses=5\n",
        "7: warning [no-effect] MaxProcesses= has no effect: Kill=process kills one at a time "
        "anyway\n"
        "5: warning [no-effect] OnRepeat= has no effect without Limit=\n"},
    {"x.service",
        TRIGGER RELIEF "OnRepeat=hold\nLimit=1 per 1h\n[Victim]\nKill=cgroup\nMaxProcesses=5\n",
        ""},
    {"x.service",
        TRIGGER RELIEF "[Victim]\nProtect=comm:a comm:b\nAvoid=comm:b comm:c\nPrefer=comm:a "
                       "comm:c comm:d\n",
        "7: warning [named-twice] Avoid=: 'comm:b' is named by Protect=, too, which counts\n"
        "8: warning [named-twice] Prefer=: 'comm:a' is named by Protect=, too, which counts\n"
        "8: warning [named-twice] Prefer=: 'comm:c' is named by Avoid=, too, which counts\n"},
    {"x.service", TRIGGER RELIEF "[Victim]\nWithin=**/backup.service\n",
        "6: warning [within-everywhere] Within=**/backup.service: its first level has a wildcard "
        "and may mean any cgroup, so that while an incident of this policy runs no other one "
        "begins anywhere; write that level out, as in Within=system.slice/**\n"},
    {"x.service", TRIGGER RELIEF "[Victim]\nWithin=/**\n", ""},
    {"x.service", TRIGGER RELIEF "[Victim]\nWithin=system.slice/*/b*\n", ""},
    {"x.service", TRIGGER RELIEF "[Victim]\nWithin=subject\n", ""},
    {"10-node", "[Match]\nCgroup=/\n" TRIGGER RELIEF "[Victim]\nWithin=kubepods*/**\n", ""},
    {"10-all", "[Match]\nCgroup=/ a\n" TRIGGER RELIEF "[Victim]\nWithin=kubepods*/**\n",
        "8: warning [within-everywhere] Within=kubepods*/**: its first level has a wildcard and "
        "may mean any cgroup, so that while an incident of this policy runs no other one begins "
        "anywhere; write that level out, as in Within=system.slice/**\n"},
    {"x.service", TRIGGER RELIEF "[Guard]\nManaged=override\n",
        "6: warning [no-effect] Managed= has no effect without an order beside it, or "
        "Step=throttle\n"},
    {"x.service", TRIGGER RELIEF "[Guard]\nManaged=override\nHighBelowMax=5%\n",
        "7: warning [throttles-cache] HighBelowMax= throttles page cache, too: who reads many "
        "files is slowed down there\n"},
    {"x.service", TRIGGER RELIEF "[Guard]\nManaged=override\nOomScoreAdjust=main 5\n", ""},
    {"x.service", TRIGGER RELIEF "Step=throttle 5%\n[Guard]\nManaged=override\n", ""},
    {"10-web", "[Match]\nPod=a/*\n" TRIGGER "[Relief]\nStep=throttle 5%\n",
        "6: warning [managed] Step=throttle is passed over in cgroups of the kubelet, which writes "
        "its own limits back; [Guard] Managed=override takes it all the same\n"},
    {"10-web", "[Match]\nQoS=burstable\n" TRIGGER RELIEF "[Guard]\nOomGroup=no\n",
        "7: warning [managed] [Guard] is left out in cgroups of the kubelet, which writes its own "
        "values back; Managed=override keeps it all the same\n"},
    {"10-web",
        "[Match]\nLevel=pod\n" TRIGGER "[Relief]\nStep=throttle 5%\n[Guard]\nManaged=override\n"
        "OomGroup=no\n",
        ""},
    {"10-web", "[Match]\nLevel=container\n" TRIGGER "[Relief]\nStep=throttle 5%\n", ""},
    {"10-web", "[Match]\nCgroup=!a\nUnit=!b\n" TRIGGER RELIEF,
        "1: warning [only-exclusions] Cgroup= has exclusions only, so the policy is for every "
        "other cgroup\n"},
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

static void test_steps_come_out(void **state)
{
    struct rl_compiled *compiled = compile_well("x.service",
        TRIGGER "[Relief]\n"
                "Step=warn desktop\n"
                "Step=hook \"/a b\" -v \"c d\" wait 3s\n"
                "Step=reclaim 64M\n"
                "Step=reclaim 12.5% wait 1s\n"
                "Step=throttle 50% cpu 20%\n"
                "Step=freeze\n"
                "Step=hook /e\n"
                "Step=kill\n"
                "Step=restart stop\n"
                "Step=panic wait 2s\n");
    const struct rl_step *s = compiled->policy.relief.steps;

    assert_int_equal(compiled->policy.relief.n, 10);
    for (size_t i = 0; i < 10; i++)
        assert_int_equal(s[i].signal, s[i].kind == RL_STEP_KILL ? SIGKILL : 0);
    assert_true(s[0].desktop && s[0].wait_us == 0);
    assert_string_equal(s[1].command, "/a b");
    assert_string_equal(s[1].args[0], "-v");
    assert_string_equal(s[1].args[1], "c d");
    assert_null(s[1].args[2]);
    assert_int_equal(s[1].wait_us, 3 * RL_US_PER_S);
    assert_int_equal(s[2].bytes, 64 << 20);
    assert_int_equal(s[2].share, 0);
    assert_int_equal(s[2].wait_us, 10 * RL_US_PER_S);
    assert_int_equal(s[3].bytes, 0);
    assert_int_equal(s[3].share, 1250);
    assert_int_equal(s[4].share, 5000);
    assert_int_equal(s[4].cpu_share, 2000);
    assert_int_equal(s[5].kind, RL_STEP_FREEZE);
    assert_int_equal(s[5].wait_us, 10 * RL_US_PER_S);
    assert_string_equal(s[6].command, "/e");
    assert_null(s[6].args[0]);
    assert_int_equal(s[6].wait_us, 5 * RL_US_PER_S);
    assert_true(s[8].stop && !s[0].stop && !s[8].desktop);
    assert_int_equal(s[9].wait_us, 2 * RL_US_PER_S);
    assert_int_equal(s[9].lineno, 13);
    assert_int_equal(compiled->steps[9].line, 13);
    assert_string_equal(compiled->steps[9].path, "f");
    rl_compiled_release(compiled);
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
    assert_int_equal(p->match.cgroups.n, 3);
    assert_string_equal(p->match.cgroups.items[1].glob, "a/b");
    assert_true(p->match.cgroups.items[1].exclude);
    assert_string_equal(p->match.cgroups.items[2].glob, "c");
    assert_false(p->match.cgroups.items[2].exclude);

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

/* The keys that make one choice or one number each. */
static void test_what_else_comes_out(void **state)
{
    struct rl_findings findings = {0};
    struct rl_compiled *compiled = compile("10-web",
        "[Match]\nUnit=a* !ab\nPod=web/*\nQoS=!burstable\nContainer=3f*\nLimited=no\nLevel=pod\n"
        "Level=container\n",
        &findings);
    const struct rl_policy *p;

    assert_null(compiled);
    rl_findings_free(&findings);
    compiled = compile("10-web",
        "[Match]\nUnit=a* !ab\nUnit=c\nPod=web/*\nQoS=!burstable\nContainer=3f*\nLimited=no\n"
        "Level=container\n"
        "[Trigger a]\nEvents=oom 1 over 20s\nPressure=full 30% over 10s\nRefaults=5/s\nFor=3s\n"
        "Origin=any\nGate=linux-2.4\n[Trigger b]\nRefaults=5/s\nUsage=5%\nOrigin=node\n"
        "[Victim]\nWithin=/w/**\nAvoid=comm:a uid:0\nPrefer=\"cmdline:b c\"\n"
        "Adjust=comm:d main +300 comm:e -7\nAdjust=uid:9 +0\nMinSize=1M\nMaxProcesses=9\n"
        "Kill=tree\n"
        "[Relief]\nStep=kill\nLimit=3 per 10min\nOnRepeat=stop\nOnNoVictim=panic\nDryRun=auto\n"
        "[Guard]\nHighBelowMax=5.5%\nOomGroup=no\nOomScoreAdjust=comm:f -1000 comm:g 12\n"
        "Managed=override\n",
        &findings);
    assert_non_null(compiled);
    assert_int_equal(findings.errors, 0);
    p = &compiled->policy;

    assert_int_equal(p->match.cgroups.n, 0);
    assert_int_equal(p->match.units.n, 3);
    assert_string_equal(p->match.units.items[1].glob, "ab");
    assert_true(p->match.units.items[1].exclude);
    assert_string_equal(p->match.units.items[2].glob, "c");
    assert_int_equal(p->match.pods.n, 1);
    assert_string_equal(p->match.pods.items[0].glob, "web/*");
    assert_int_equal(p->match.qos.n, 1);
    assert_string_equal(p->match.qos.items[0].glob, "burstable");
    assert_true(p->match.qos.items[0].exclude);
    assert_int_equal(p->match.containers.n, 1);
    assert_int_equal(p->match.limited, RL_NO);
    assert_int_equal(p->match.level, RL_LEVEL_CONTAINER);

    assert_int_equal(p->triggers[0].for_us, 3 * RL_US_PER_S);
    assert_int_equal(p->triggers[0].origin, RL_WANT_ANY);
    assert_int_equal(p->triggers[0].gate, RL_GATE_LINUX_24);
    assert_int_equal(p->triggers[0].lines[2].window_us, 20 * RL_US_PER_S);
    assert_int_equal(p->triggers[1].for_us, 0);
    assert_int_equal(p->triggers[1].origin, RL_WANT_NODE);
    assert_int_equal(p->triggers[1].gate, RL_GATE_NONE);
    assert_int_equal(p->triggers[1].lines[0].window_us, 10 * RL_US_PER_S);
    assert_int_equal(p->needs,
        RL_HAVE_PRESSURE | RL_HAVE_EVENTS | RL_HAVE_STAT | RL_HAVE_CURRENT | RL_HAVE_LIMITS);

    assert_int_equal(p->victim.within, RL_WITHIN_GLOB);
    assert_string_equal(p->victim.within_glob, "/w/**");
    assert_int_equal(p->victim.n_avoid, 2);
    assert_string_equal(p->victim.avoid[1].text, "uid:0");
    assert_int_equal(p->victim.n_prefer, 1);
    assert_int_equal(p->victim.prefer[0].terms[0].fact, RL_FACT_CMDLINE);
    assert_string_equal(p->victim.prefer[0].terms[0].glob, "b c");
    assert_int_equal(p->victim.n_adjust, 4);
    assert_int_equal(p->victim.adjust[0].points, 300);
    assert_int_equal(p->victim.adjust[1].points, 300);
    assert_int_equal(p->victim.adjust[1].pattern.terms[0].fact, RL_FACT_MAIN);
    assert_int_equal(p->victim.adjust[2].points, -7);
    assert_int_equal(p->victim.adjust[3].points, 0);
    assert_int_equal(p->victim.min_bytes, 1 << 20);
    assert_int_equal(p->victim.max_processes, 9);

    assert_int_equal(p->relief.limit, 3);
    assert_int_equal(p->relief.limit_us, 600 * RL_US_PER_S);
    assert_int_equal(p->relief.on_repeat, RL_REPEAT_STOP);
    assert_int_equal(p->relief.on_no_victim, RL_NO_VICTIM_PANIC);
    assert_int_equal(p->relief.dry_run, RL_DRY_AUTO);

    assert_true(p->guard.high_relative);
    assert_int_equal(p->guard.high_share, 550);
    assert_int_equal(p->guard.high_bytes, 0);
    assert_int_equal(p->guard.oom_group, RL_NO);
    assert_int_equal(p->guard.n_adj, 2);
    assert_int_equal(p->guard.adj[0].oom_score_adj, -1000);
    assert_string_equal(p->guard.adj[1].pattern.text, "comm:g");
    assert_int_equal(p->guard.adj[1].oom_score_adj, 12);
    assert_true(p->guard.managed_override);
    rl_compiled_release(compiled);
    rl_findings_free(&findings);
}

/* What a later file says of the keys that stand once, and of lists. */
static void test_drop_ins_of_the_rest(void **state)
{
    static const char *const texts[] = {
        "[Match]\nUnit=a\nLimited=yes\n" TRIGGER "For=3s\nOrigin=any\nGate=linux-2.4\n" RELIEF
        "[Victim]\nWithin=/a\nAvoid=uid:1\nAdjust=uid:1 +1\n"
        "[Guard]\nHighBelowMax=5%\nOomScoreAdjust=uid:1 1\nManaged=override\n",
        "[Match]\nUnit=\nUnit=b\nLimited=no\n[Trigger t]\nFor=0\nOrigin=own\nGate=none\n"
        "[Victim]\nWithin=subject\nAvoid=uid:2\nAdjust=\nAdjust=uid:2 +2\n"
        "[Guard]\nHighBelowMax=4K\nOomScoreAdjust=uid:2 2\nManaged=leave\n",
    };
    struct rl_findings findings = {0};
    struct rl_compiled *compiled = compile_sources("10-web", texts, N(texts), &findings);
    const struct rl_policy *p;

    expect_findings(&findings, "d1",
        "15: warning [throttles-cache] HighBelowMax= throttles page cache, too: who reads many "
        "files is slowed down there\n");
    p = &compiled->policy;
    assert_int_equal(p->match.units.n, 1);
    assert_string_equal(p->match.units.items[0].glob, "b");
    assert_int_equal(p->match.limited, RL_NO);
    assert_int_equal(p->triggers[0].for_us, 0);
    assert_int_equal(p->triggers[0].origin, RL_WANT_OWN);
    assert_int_equal(p->triggers[0].gate, RL_GATE_NONE);
    assert_int_equal(p->victim.within, RL_WITHIN_SUBJECT);
    assert_int_equal(p->victim.n_avoid, 2);
    assert_int_equal(p->victim.n_adjust, 1);
    assert_int_equal(p->victim.adjust[0].points, 2);
    assert_false(p->guard.high_relative);
    assert_int_equal(p->guard.high_bytes, 4096);
    assert_int_equal(p->guard.high_share, 0);
    assert_int_equal(p->guard.n_adj, 2);
    assert_false(p->guard.managed_override);
    rl_compiled_release(compiled);
    rl_findings_free(&findings);
}

/* Whose word Within= is: that of the file it stands in, else of the main file. */
static void test_vendor(void **state)
{
    static const struct {
        bool main_vendor, drop_in_vendor;
        const char *main, *drop_in;
        bool vendor;
    } rows[] = {
        {true, false, TRIGGER RELIEF, "", true},
        {false, true, TRIGGER RELIEF, "", false},
        {true, false, TRIGGER RELIEF "[Victim]\nWithin=/a\n", "[Relief]\nCooldown=1s\n", true},
        {true, false, TRIGGER RELIEF "[Victim]\nWithin=/a\n", "[Victim]\nWithin=/a\n", false},
        {false, true, TRIGGER RELIEF, "[Victim]\nWithin=/a\n", true},
    };

    for (size_t i = 0; i < N(rows); i++) {
        struct rl_source sources[] = {
            {"f", rows[i].main, strlen(rows[i].main), rows[i].main_vendor},
            {"d", rows[i].drop_in, strlen(rows[i].drop_in), rows[i].drop_in_vendor},
        };
        struct rl_findings findings = {0};
        struct rl_compiled *compiled;

        assert_int_equal(rl_compile("x.service", sources, 2, &findings, &compiled), 0);
        expect_findings(&findings, "f", "");
        assert_int_equal(compiled->policy.vendor, rows[i].vendor);
        rl_compiled_release(compiled);
    }
}

static void test_what_is_not_said(void **state)
{
    struct rl_compiled *compiled = compile_well("x@.service", TRIGGER RELIEF);
    const struct rl_policy *p = &compiled->policy;

    assert_int_equal(p->match.attach, RL_ATTACH_UNIT);
    assert_string_equal(p->match.unit, "x@.service");
    assert_int_equal(p->match.cgroups.n, 0);
    assert_int_equal(p->victim.kill, RL_KILL_PROCESS);
    assert_ptr_equal(p->victim.model, rl_model_default());
    assert_int_equal(p->victim.n_protect, 0);
    assert_int_equal(p->victim.within, RL_WITHIN_OFFENDER);
    assert_int_equal(p->victim.min_bytes, 0);
    assert_int_equal(p->victim.max_processes, 0);
    assert_int_equal(p->match.limited, RL_EITHER);
    assert_int_equal(p->match.level, RL_LEVEL_ANY);
    assert_int_equal(p->triggers[0].for_us, 0);
    assert_int_equal(p->triggers[0].origin, RL_WANT_OWN);
    assert_int_equal(p->relief.limit, 0);
    assert_int_equal(p->relief.on_repeat, RL_REPEAT_ALARM);
    assert_int_equal(p->relief.on_no_victim, RL_NO_VICTIM_LOG);
    assert_int_equal(p->relief.dry_run, RL_DRY_NO);
    assert_int_equal(p->guard.oom_group, RL_EITHER);
    assert_int_equal(p->guard.n_adj, 0);
    assert_false(p->guard.managed_override);
    assert_false(p->vendor);
    assert_int_equal(p->relief.cooldown_us, 30 * RL_US_PER_S);
    assert_int_equal(p->relief.steps[0].wait_us, 0);
    rl_compiled_release(compiled);
}

static void test_lists_begin_anew(void **state)
{
    struct rl_compiled *compiled = compile_well("10-web",
        "[Match]\nCgroup=a\nCgroup=\nCgroup=b\n"
        "[Trigger t]\nUsage=1%\nUsage=\nUsage=2%\nUsage=3%\nEvents=oom 1 over 1s\n"
        "[Victim]\nProtect=@system main\nProtect= ; none of these\nProtect=uid:0\n"
        "[Relief]\nStep=kill\nStep=\nStep=terminate\n");
    const struct rl_policy *p = &compiled->policy;

    assert_int_equal(p->match.cgroups.n, 1);
    assert_string_equal(p->match.cgroups.items[0].glob, "b");
    assert_int_equal(p->triggers[0].n, 3);
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
        "[Trigger new]\nEvents=max 9 over 1s\nRefaults=9/s\n[Trigger "
        "gone]\nUsage=\n[Victim]\nProtect=uid:2\n",
        "[Victim]\nKill=process\n[Relief]\nStep=kill\nCooldown=7s\n",
    };
    struct rl_findings findings = {0};
    struct rl_compiled *compiled = compile_sources("10-web", texts, N(texts), &findings);
    const struct rl_policy *p;

    expect_findings(&findings, "f", "");
    p = &compiled->policy;
    assert_int_equal(p->match.cgroups.n, 2);
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
        {"", "[Trigger t%d]\nEvents=oom 1 over 1s\n", RELIEF, RL_TRIGGERS_MAX,
            "17: error [too-many-triggers] [Trigger t8] is one trigger too many; at most 8 are "
            "possible\n"},
        {"[Trigger t]\n", "Events=oom 1 over %d.5s\n", RELIEF, RL_LINES_MAX,
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
static uint64_t text_of(const char *main, const char *dropin)
{
    const char *texts[] = {main, dropin};
    struct rl_findings findings = {0};
    struct rl_compiled *compiled = compile_sources("x.service", texts, dropin ? 2 : 1, &findings);
    uint64_t text = compiled->policy.text;

    rl_compiled_release(compiled);
    rl_findings_free(&findings);
    return text;
}

/* Whatever is changed in a policy's files: it has another text. */
static void test_text(void **state)
{
    static const char *const others[][2] = {
        {TRIGGER RELIEF, ""},
        {TRIGGER RELIEF "\n", NULL},
        {TRIGGER "; a word\n" RELIEF, NULL},
        {TRIGGER, RELIEF},
        {TRIGGER "[Relief]\n", "[Relief]\nStep=kill\n"},
        {"[Trigger t]\nPressure=full 31% over 10s\n" RELIEF, NULL},
    };

    assert_true(text_of(TRIGGER RELIEF, NULL) == text_of(TRIGGER RELIEF, NULL));
    for (size_t i = 0; i < N(others); i++)
        for (size_t k = 0; k < i; k++)
            assert_true(text_of(others[i][0], others[i][1]) != text_of(others[k][0], others[k][1]));
    for (size_t i = 0; i < N(others); i++)
        assert_true(text_of(others[i][0], others[i][1]) != text_of(TRIGGER RELIEF, NULL));
}

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
        struct rl_place place = {.path = rows[i].path};
        const struct rl_policy *p = rl_match_policy(policies, rl_builtins_n, &place, true);

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
        {"/system.slice/systemd-logind.service", "/x", 0, true, true},
        {"/system.slice/systemd-resolved.service", "/x", 101, true, true},
        {"/system.slice/system-ssh.slice/ssh@1.service", "/usr/sbin/sshd", 0, true, true},
        {"/user.slice/user-0.slice/session-3.scope", "/bin/login", 0, true, true},
        {"/user.slice/user-0.slice/session-c1.scope", "/usr/bin/zsh-5.9", 0, true, true},
        {"/user.slice/user-1000.slice/session-3.scope", "/sbin/sshd", 1000, true, true},
        {"/user.slice/user-1000.slice/session-3.scope", "/usr/local/bin/fish", 1000, true, true},
        {"/system.slice/system-getty.slice/getty@tty1.service", "/sbin/agetty", 0, true, true},
        {"/elogind", "/usr/libexec/elogind/elogind", 0, true, true},
        {"/", "/usr/bin/dbus-daemon", 100, true, true},
        {"/", "/usr/bin/dockerd", 0, true, true},
        {"/", "/usr/local/bin/kubelet", 0, true, true},
        {"/", "/usr/bin/containerd-shim-runc-v2", 0, true, true},
        {"/system.slice/k0scontroller.service/kubelet", "/x", 0, true, true},
        {"/system.slice/snap.microk8s.daemon-kubelite.service", "/x", 0, true, true},
        {"/system.slice/crio-conmon-1.scope", "/usr/bin/conmon", 0, true, true},
        {"/kubepods.slice/kubepods-pod1.slice/crio-conmon-1.scope", "/x", 0, true, true},
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/crio-conmon-1",
            "/x", 0, true, true},
        {"/kubepods/pod1/crio-conmon-1", "/x", 0, true, true},
        {"/kubepods/besteffort/pod1/crio-conmon-1", "/x", 0, true, true},

        {"/user.slice/user-1000.slice/session-3.scope", "/usr/bin/python3", 1000, true, false},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/a.service", "/usr/sbin/sshd",
            1000, true, false},
        {"/user.slice/user-1000.slice/user@1000.service/dbus.service", "/x", 1000, true, false},
        {"/user.slice/user-1000.slice/user@1000.service/app.slice/x/init.scope", "/usr/lib/systemd",
            1000, true, false},
        /* programs and cgroups that a user or a container can make for himself */
        {"/user.slice/user-1000.slice/session-3.scope", "/home/u/bin/bash", 1000, true, false},
        {"/user.slice/user-1000.slice/session-3.scope", "/tmp/sshd", 1000, true, false},
        {"/user.slice/user-1000.slice/session-3.scope/x", "/usr/bin/bash", 1000, true, false},
        {"/user.slice/user-1000.slice/user@1000.service/a.slice/libpod-conmon-1.scope", "/x", 1000,
            true, false},
        {"/kubepods.slice/kubepods-pod1.slice/crio-1.scope/crio-conmon-1.scope", "/x", 0, true,
            false},
        {"/kubepods/pod1/0123/crio-conmon-1", "/x", 0, true, false},
        {"/docker/1/crio-conmon-1.scope", "/x", 0, true, false},
        {"/", "/home/u/dbus-daemon", 1000, true, false},
        {"/docker/1", "/usr/bin/dbus-daemon", 0, true, false},
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
        struct rl_process process = {
            .pid = 100, .session = 100, .start_ticks = 1, .uid = rows[i].uid, .comm = "sshd"};
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

/* A shell that was opened for somebody leads a session; one that runs a script, or is one of a fork
 * bomb's, does not. sshd's own processes in a session lead none. */
static void test_system_list_leaders(void **state)
{
    static const char session[] = "/user.slice/user-1000.slice/session-3.scope";
    static const struct {
        const char *exe;
        pid_t session;
        bool protected;
    } rows[] = {
        {"/usr/bin/bash", 100, true},
        {"/usr/bin/bash", 99, false},
        {"/usr/bin/bash", -1, false},
        {"/bin/dash", 99, false},
        {"/usr/sbin/sshd", 99, true},
        {"/usr/bin/login", 99, true},
    };
    struct rl_compiled *compiled = compile_well(
        "x.service", TRIGGER RELIEF "[Victim]\nProtect=@system\n");
    const struct rl_victim *victim = &compiled->policy.victim;

    for (size_t i = 0; i < N(rows); i++) {
        struct rl_process process = {.pid = 100,
            .session = rows[i].session,
            .start_ticks = 1,
            .uid = 1000,
            .flags = RL_PROCESS_EXE_KNOWN};

        snprintf(process.exe, sizeof(process.exe), "%s", rows[i].exe);
        assert_int_equal(
            rl_match_any(victim->protect, victim->n_protect, &process, session, true) != NULL,
            rows[i].protected);
    }
    rl_compiled_release(compiled);
}

static size_t mutate(char *text, size_t len, size_t size)
{
    static const char *const pieces[] = {"[", "]", "=", "\n", "Pressure=", "[Trigger ", "\"", "!",
        "Step=", "Protect=", "@system", "&", "min ", "99999999999999999999", "\\", "\xff", "%",
        "From=", " over ", "Cgroup=", "[Match]\n", "Adjust=", "comm:a ", "+300 ", "[Guard]\n",
        "OomScoreAdjust=", "HighBelowMax=", "Refaults=", "/s", "Growth=", "Within=", "/**",
        "Pod=", "QoS=", "Limit=", " per "};

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
        struct rl_source source = {.path = "f"};
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
        cmocka_unit_test(test_steps_come_out),
        cmocka_unit_test(test_what_comes_out),
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_what_else_comes_out),
        cmocka_unit_test(test_drop_ins_of_the_rest),
        cmocka_unit_test(test_vendor),
        cmocka_unit_test(test_what_is_not_said),
        cmocka_unit_test(test_lists_begin_anew),
        cmocka_unit_test(test_drop_ins),
        cmocka_unit_test(test_drop_in_findings),
        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_rank),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_system_list),
        cmocka_unit_test(test_system_list_leaders),
        cmocka_unit_test(test_any_bytes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
