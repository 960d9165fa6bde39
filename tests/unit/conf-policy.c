warn [low|medium|critical] [desktop] |#include "tests/unit/unit.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include "conf/builtin.h"
warn [low|medium|critical] [desktop] |#include "conf/compile.h"
warn [low|medium|critical] [desktop] |#include "policy/match.h"
warn [low|medium|critical] [desktop] |#include "tests/unit/conf-text.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define N(array) (sizeof(array) / sizeof((array)[0]))
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define MATCH   "[Match]\nCgroup=a\n"
warn [low|medium|critical] [desktop] |#define TRIGGER "[Trigger t]\nPressure=full 30% over 10s\n"
warn [low|medium|critical] [desktop] |#define RELIEF  "[Relief]\nStep=kill\n"
warn [low|medium|critical] [desktop] |#define LINES   "expected Pressure=, Usage=, Headroom=, Events=, Swap=, Growth= or Refaults="
warn [low|medium|critical] [desktop] |#define TIMED(place, name)                                                                         \
warn [low|medium|critical] [desktop] |    place ": warning [timed] [Trigger " name                                                       \
warn [low|medium|critical] [desktop] |          "] has neither Pressure= nor Events=: nothing in the "                                   \
warn [low|medium|critical] [desktop] |          "kernel announces this, so it is looked at every 1 to 30 s\n"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static struct rl_compiled *compile_sources(
warn [low|medium|critical] [desktop] |    const char *name, const char *const *texts, size_t n, struct rl_findings *findings)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char *const paths[] = {"f", "d1", "d2", "d3"};
warn [low|medium|critical] [desktop] |    struct rl_source sources[N(paths)];
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < n; i++)
warn [low|medium|critical] [desktop] |        sources[i] = (struct rl_source){
warn [low|medium|critical] [desktop] |            .path = paths[i], .text = texts[i], .len = strlen(texts[i])};
warn [low|medium|critical] [desktop] |    assert_int_equal(rl_compile(name, sources, n, findings, &compiled), 0);
warn [low|medium|critical] [desktop] |    return compiled;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static struct rl_compiled *compile(const char *name, const char *text, struct rl_findings *findings)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    return compile_sources(name, &text, 1, findings);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |struct row {
warn [low|medium|critical] [desktop] |    const char *name, *text, *findings;
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct row bad[] = {
warn [low|medium|critical] [desktop] |    {"x.service", "",
warn [low|medium|critical] [desktop] |        "0: error [no-step] nothing says what to do; expected Step= in [Relief]\n"
warn [low|medium|critical] [desktop] |        "0: error [no-trigger] nothing says when to act; expected a [Trigger NAME] section\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER,
warn [low|medium|critical] [desktop] |        "0: error [no-step] nothing says what to do; expected Step= in [Relief]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", RELIEF,
warn [low|medium|critical] [desktop] |        "0: error [no-trigger] nothing says when to act; expected a [Trigger NAME] section\n"},
warn [low|medium|critical] [desktop] |    {"10-web", TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "0: error [no-match] nothing says which cgroups this is for; expected [Match] with "
warn [low|medium|critical] [desktop] |        "Cgroup= or the like, or a file named after a unit\n"},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [no-match] nothing says which cgroups this is for; expected [Match] with "
warn [low|medium|critical] [desktop] |        "Cgroup= or the like, or a file named after a unit\n"},
warn [low|medium|critical] [desktop] |    {"10-web", MATCH "Cgroup=\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [no-match] nothing says which cgroups this is for; expected [Match] with "
warn [low|medium|critical] [desktop] |        "Cgroup= or the like, or a file named after a unit\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF MATCH,
warn [low|medium|critical] [desktop] |        "5: error [match-and-unit] [Match] contradicts the file's name, by which it is for "
warn [low|medium|critical] [desktop] |        "x.service\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger stall]\nPresure=full 30% over 10s\n" RELIEF,
warn [low|medium|critical] [desktop] |        "2: error [unknown-key] unknown key 'Presure' in [Trigger stall]; did you mean "
warn [low|medium|critical] [desktop] |        "'Pressure'?\n"
warn [low|medium|critical] [desktop] |        "1: error [empty-trigger] [Trigger stall] has no line that could hold; " LINES "\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger stall]\nMemoryHigh=1G\nUsage=90%\n" RELIEF,
warn [low|medium|critical] [desktop] |        "2: error [unknown-key] unknown key 'MemoryHigh' in [Trigger stall]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nUsage=90%\nCooldown=3s\n" RELIEF "Usage=1%\n",
warn [low|medium|critical] [desktop] |        "3: error [misplaced-key] key 'Cooldown' does not belong in [Trigger t], but in "
warn [low|medium|critical] [desktop] |        "[Relief]\n"
warn [low|medium|critical] [desktop] |        "6: error [misplaced-key] key 'Usage' does not belong in [Relief], but in [Trigger "
warn [low|medium|critical] [desktop] |        "NAME]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nUsage=90%\nDryRun=yes\n" RELIEF,
warn [low|medium|critical] [desktop] |        "3: error [misplaced-key] key 'DryRun' does not belong in [Trigger t], but in [Relief]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nUsage=90%\nLogLevel=err\n" RELIEF,
warn [low|medium|critical] [desktop] |        "3: error [unknown-key] unknown key 'LogLevel' in [Trigger t]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Triger t]\nUsage=90%\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [unknown-section] unknown section [Triger t]; did you mean [Trigger NAME]?\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Reliefs]\nStep=kill\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [unknown-section] unknown section [Reliefs]; did you mean [Relief]?\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Service]\nUsage=90%\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [unknown-section] unknown section [Service]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Daemon]\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [unknown-section] unknown section [Daemon]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[]\n" TRIGGER RELIEF, "1: error [unknown-section] unknown section []\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[trigger t]\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [unknown-section] unknown section [trigger t]; did you mean [Trigger NAME]?\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "Step=kill\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [no-section] key 'Step' stands before any [section]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger]\nUsage=90%\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [bad-section-name] [Trigger] needs a name of letters, digits, '-', '_' and '.', "
warn [low|medium|critical] [desktop] |        "as in [Trigger stall]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger a b]\nUsage=90%\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [bad-section-name] [Trigger a b] needs a name of letters, digits, '-', '_' and "
warn [low|medium|critical] [desktop] |        "'.', as in [Trigger stall]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER "[Relief x]\nStep=kill\n" RELIEF,
warn [low|medium|critical] [desktop] |        "3: error [bad-section-name] [Relief x]: this section has no name; expected [Relief]\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF TRIGGER "[Relief]\nStep=terminate\n",
warn [low|medium|critical] [desktop] |        "5: error [duplicate-section] [Trigger t] stands already in line 1\n"
warn [low|medium|critical] [desktop] |        "7: error [duplicate-section] [Relief] stands already in line 3\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF "Cooldown=1s\nCooldown=2s\n",
warn [low|medium|critical] [desktop] |        "6: error [duplicate-key] Cooldown= stands already in line 5\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER "[Victim]\nKill=\n" RELIEF,
warn [low|medium|critical] [desktop] |        "4: error [no-value] Kill=: no value; expected process|cgroup|tree\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\n" RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [empty-trigger] [Trigger t] has no line that could hold; " LINES "\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nFrom=kill\n" RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [empty-trigger] [Trigger t] has no line that could hold; " LINES "\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nUsage=1%\nUsage=\n" RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [empty-trigger] [Trigger t] has no line that could hold; " LINES "\n"},
warn [low|medium|critical] [desktop] |    /* a line that was refused is told once, not again as a trigger or a ladder that is empty */
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nUsage=1\n[Relief]\nStep=kil\n",
warn [low|medium|critical] [desktop] |        "2: error [bad-share] Usage=: '1' has no '%'; expected N% (0 < N <= 100, two decimals)\n"
warn [low|medium|critical] [desktop] |        "4: error [unknown-word] Step=: unknown step 'kil'; did you mean 'kill'?; expected "
warn [low|medium|critical] [desktop] |        "warn [desktop] | hook PATH [ARGUMENT ...] | reclaim SIZE|N% | throttle N% [cpu M%] | "
warn [low|medium|critical] [desktop] |        "freeze | terminate [SIGNAL] | kill | restart [stop] | panic; each: [wait T] "
warn [low|medium|critical] [desktop] |        "(0 < N <= 100, two decimals; throttle: N and M from 1; T up to 10min)\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\n[Relief]\nStep=warn\nStep=restart\n",
warn [low|medium|critical] [desktop] |        "2: error [events-alone] [Trigger t] has only Events=high or max, which page cache alone "
warn [low|medium|critical] [desktop] |        "moves, and leads to 'restart'; add Pressure= or Headroom=\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nEvents=max 5 over 1s\n[Relief]\nStep=freeze\nStep=panic\n",
warn [low|medium|critical] [desktop] |        "2: error [events-alone] [Trigger t] has only Events=high or max, which page cache alone "
warn [low|medium|critical] [desktop] |        "moves, and leads to 'panic'; add Pressure= or Headroom=\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\n" RELIEF,
warn [low|medium|critical] [desktop] |        "2: error [events-alone] [Trigger t] has only Events=high or max, which page cache alone "
warn [low|medium|critical] [desktop] |        "moves, and leads to 'kill'; add Pressure= or Headroom=\n"},
warn [low|medium|critical] [desktop] |    {"x.service",
warn [low|medium|critical] [desktop] |        "[Trigger t]\nEvents=high 5 over 1s\nEvents=max 5 over 1s\n[Relief]\nStep=terminate\n",
warn [low|medium|critical] [desktop] |        "2: error [events-alone] [Trigger t] has only Events=high or max, which page cache alone "
warn [low|medium|critical] [desktop] |        "moves, and leads to 'terminate'; add Pressure= or Headroom=\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER "From=warn\n" RELIEF,
warn [low|medium|critical] [desktop] |        "3: error [no-such-step] From=: no step is called 'warn'; the steps are: kill\n"},
warn [low|medium|critical] [desktop] |    {"x.service",
warn [low|medium|critical] [desktop] |        TRIGGER "From=terminat\n[Relief]\nStep=terminate INT\nStep=terminate\nStep=kill\n",
warn [low|medium|critical] [desktop] |        "3: error [no-such-step] From=: no step is called 'terminat'; did you mean 'terminate'?; "
warn [low|medium|critical] [desktop] |        "the steps are: terminate, terminate, kill\n"},
warn [low|medium|critical] [desktop] |    /* nothing is both */
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nCgroup=/\nLevel=pod\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "3: error [contradiction] Level=: nothing matches both this and Cgroup=/, which is the "
warn [low|medium|critical] [desktop] |        "root\n"},
warn [low|medium|critical] [desktop] |    {"10-web",
warn [low|medium|critical] [desktop] |        "[Match]\nUnit=a\nLimited=yes\nPod=!a/b\nQoS=burstable\nContainer=a\nCgroup=/\n" TRIGGER
warn [low|medium|critical] [desktop] |            RELIEF,
warn [low|medium|critical] [desktop] |        "2: error [contradiction] Unit=: nothing matches both this and Cgroup=/, which is the "
warn [low|medium|critical] [desktop] |        "root\n"
warn [low|medium|critical] [desktop] |        "3: error [contradiction] Limited=: nothing matches both this and Cgroup=/, which is the "
warn [low|medium|critical] [desktop] |        "root\n"
warn [low|medium|critical] [desktop] |        "4: error [contradiction] Pod=: nothing matches both this and Cgroup=/, which is the "
warn [low|medium|critical] [desktop] |        "root\n"
warn [low|medium|critical] [desktop] |        "5: error [contradiction] QoS=: nothing matches both this and Cgroup=/, which is the "
warn [low|medium|critical] [desktop] |        "root\n"
warn [low|medium|critical] [desktop] |        "6: error [contradiction] Container=: nothing matches both this and Cgroup=/, which is "
warn [low|medium|critical] [desktop] |        "the root\n"},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nLevel=qos\nPod=a/b\nContainer=a\nQoS=guaranteed\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "3: error [contradiction] Pod=: nothing matches both this and Level=qos, which is above "
warn [low|medium|critical] [desktop] |        "pods\n"
warn [low|medium|critical] [desktop] |        "4: error [contradiction] Container=: nothing matches both this and Level=qos, which is "
warn [low|medium|critical] [desktop] |        "above containers\n"
warn [low|medium|critical] [desktop] |        "5: error [contradiction] QoS=: nothing matches both this and Level=qos: guaranteed pods "
warn [low|medium|critical] [desktop] |        "have no such level\n"},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nLevel=pod\nContainer=!a\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "3: error [contradiction] Container=: nothing matches both this and Level=pod, which is "
warn [low|medium|critical] [desktop] |        "above containers\n"},
warn [low|medium|critical] [desktop] |    /* the tree of the root is the machine */
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nCgroup=a /\n" TRIGGER RELIEF "[Victim]\nKill=tree\n",
warn [low|medium|critical] [desktop] |        "8: error [tree-of-root] Kill=tree would kill everything on the machine, since [Match] "
warn [low|medium|critical] [desktop] |        "names the root, too; expected process or cgroup\n"},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nCgroup=/\n" TRIGGER RELIEF "[Victim]\nKill=tree\n",
warn [low|medium|critical] [desktop] |        "8: error [tree-of-root] Kill=tree would kill everything on the machine, since Cgroup=/ "
warn [low|medium|critical] [desktop] |        "is the root; expected process or cgroup\n"},
warn [low|medium|critical] [desktop] |    {"default", TRIGGER RELIEF "[Victim]\nKill=tree\n",
warn [low|medium|critical] [desktop] |        "6: error [tree-of-root] Kill=tree would kill everything on the machine, since [Match] "
warn [low|medium|critical] [desktop] |        "names the root, too; expected process or cgroup\n"},
warn [low|medium|critical] [desktop] |    {"default-x", MATCH TRIGGER RELIEF "[Guard]\nOomGroup=yes\n",
warn [low|medium|critical] [desktop] |        "7: error [guard-in-default] [Guard] gives orders to cgroups that somebody chose; a "
warn [low|medium|critical] [desktop] |        "default is for all others\n"},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nCgroup=/\n" TRIGGER RELIEF "[Guard]\nOomGroup=no\nHighBelowMax=1M\n",
warn [low|medium|critical] [desktop] |        "9: error [contradiction] HighBelowMax=: Cgroup=/, which is the root, has no memory.max\n"
warn [low|medium|critical] [desktop] |        "8: error [contradiction] OomGroup=: Cgroup=/, which is the root, has no "
warn [low|medium|critical] [desktop] |        "memory.oom.group\n"
warn [low|medium|critical] [desktop] |        "9: warning [throttles-cache] HighBelowMax= throttles page cache, too: who reads many "
warn [low|medium|critical] [desktop] |        "files is slowed down there\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nFor=5s\nOrigin=any\nGate=linux-2.4\n" RELIEF,
warn [low|medium|critical] [desktop] |        "1: error [empty-trigger] [Trigger t] has no line that could hold; " LINES "\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER "For=1s\nFor=2s\nOrigin=\n" RELIEF,
warn [low|medium|critical] [desktop] |        "4: error [duplicate-key] For= stands already in line 3\n"
warn [low|medium|critical] [desktop] |        "5: error [no-value] Origin=: no value; expected own|node|any\n"},
warn [low|medium|critical] [desktop] |    /* everything is told at once */
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nUsage=0%\nkey\n[Victim]\nKill=x\nkey: v\n[Relief]\nStep=\n",
warn [low|medium|critical] [desktop] |        "2: error [out-of-range] Usage=: '0%' is not over 0% and up to 100%; expected N% (0 < N <= "
warn [low|medium|critical] [desktop] |        "100, two decimals)\n"
warn [low|medium|critical] [desktop] |        "3: error [no-assignment] 'key' is neither a [section] nor key=value\n"
warn [low|medium|critical] [desktop] |        "5: error [unknown-word] Kill=: unknown scope 'x'; expected process|cgroup|tree\n"
warn [low|medium|critical] [desktop] |        "6: error [colon] 'key:' has ':' where '=' is expected\n"
warn [low|medium|critical] [desktop] |        "0: error [no-step] nothing says what to do; expected Step= in [Relief]\n"},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct row good[] = {
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"x.service",
warn [low|medium|critical] [desktop] |        "\xef\xbb\xbf[Relief]\r\n  Step=kill ; now\r\n[Trigger t]\r\n\tPressure=some 1% over "
warn [low|medium|critical] [desktop] |        "1s\r\n",
warn [low|medium|critical] [desktop] |        ""},
warn [low|medium|critical] [desktop] |    {"10-web", MATCH TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"default", TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"default-x", TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"default-x", MATCH TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\nHeadroom=below 3%\n" RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\nRefaults=1/s\n" RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"x.service",
warn [low|medium|critical] [desktop] |        "[Trigger a]\nUsage=90%\nSwap=1%\nFor=1s\n[Trigger b]\nGrowth=1M over "
warn [low|medium|critical] [desktop] |        "1s\nRefaults=1/s\n" RELIEF,
warn [low|medium|critical] [desktop] |        TIMED("1", "a") TIMED("5", "b")},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nEvents=oom 5 over 1s\n" RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nEvents=oom_kill 1 over 1s\n[Relief]\nStep=terminate\n", ""},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nEvents=oom_kill 1 over 1s\n" RELIEF,
warn [low|medium|critical] [desktop] |        "2: warning [kill-after-kill] Events=oom_kill with Step=kill: the kernel has killed "
warn [low|medium|critical] [desktop] |        "already "
warn [low|medium|critical] [desktop] |        "when this holds\n"},
warn [low|medium|critical] [desktop] |    {"x.service", "[Trigger t]\nEvents=high 5 over 1s\n[Relief]\nStep=warn\nStep=reclaim 5%\n", ""},
warn [low|medium|critical] [desktop] |    {"x.service",
warn [low|medium|critical] [desktop] |        "[Trigger t]\nEvents=max 5 over 1s\n[Relief]\nStep=hook /dev/null\nStep=throttle 5%\n"
warn [low|medium|critical] [desktop] |        "Step=freeze\n",
warn [low|medium|critical] [desktop] |        ""},
warn [low|medium|critical] [desktop] |    {"x.service",
warn [low|medium|critical] [desktop] |        "[Trigger a]\nEvents=max 5 over 1s\nFrom=reclaim\n" TRIGGER
warn [low|medium|critical] [desktop] |        "[Relief]\nStep=terminate\nStep=reclaim 5%\n",
warn [low|medium|critical] [desktop] |        ""},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF "Step=restart\nStep=reclaim 1M\n", ""},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF "Step=restart\nStep=terminate\n",
warn [low|medium|critical] [desktop] |        "6: warning [step-after-kill] Step=terminate stands behind Step=kill, which leaves it "
warn [low|medium|critical] [desktop] |        "nobody to act on\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER "[Relief]\nStep=panic\nStep=kill\n",
warn [low|medium|critical] [desktop] |        "5: warning [step-after-panic] Step=kill stands behind Step=panic, which leaves nothing to "
warn [low|medium|critical] [desktop] |        "act on\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF "Step=terminate\n",
warn [low|medium|critical] [desktop] |        "5: warning [step-after-kill] Step=terminate stands behind Step=kill, which leaves it "
warn [low|medium|critical] [desktop] |        "nobody to act on\n"},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nUnit=a\n" TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nLimited=no\n" TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nLevel=container\n" TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nPod=!a/b\n" TRIGGER RELIEF "[Victim]\nKill=tree\n", ""},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nQoS=burstable !guaranteed\nLevel=qos\n" TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nContainer=a\nCgroup=!b\n" TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nCgroup=/ !/\nLimited=no\n" TRIGGER RELIEF, ""},
warn [low|medium|critical] [desktop] |    {"-.slice", TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "0: warning [root-slice] no cgroup is called -.slice, so this never counts; the root is "
warn [low|medium|critical] [desktop] |        "Cgroup=/ in [Match] of a file of another name\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF "OnRepeat=hold\n[Victim]\nMaxProcesses=5\n",
warn [low|medium|critical] [desktop] |        "7: warning [no-effect] MaxProcesses= has no effect: Kill=process kills one at a time "
warn [low|medium|critical] [desktop] |        "anyway\n"
warn [low|medium|critical] [desktop] |        "5: warning [no-effect] OnRepeat= has no effect without Limit=\n"},
warn [low|medium|critical] [desktop] |    {"x.service",
warn [low|medium|critical] [desktop] |        TRIGGER RELIEF "OnRepeat=hold\nLimit=1 per 1h\n[Victim]\nKill=cgroup\nMaxProcesses=5\n",
warn [low|medium|critical] [desktop] |        ""},
warn [low|medium|critical] [desktop] |    {"x.service",
warn [low|medium|critical] [desktop] |        TRIGGER RELIEF "[Victim]\nProtect=comm:a comm:b\nAvoid=comm:b comm:c\nPrefer=comm:a "
warn [low|medium|critical] [desktop] |                       "comm:c comm:d\n",
warn [low|medium|critical] [desktop] |        "7: warning [named-twice] Avoid=: 'comm:b' is named by Protect=, too, which counts\n"
warn [low|medium|critical] [desktop] |        "8: warning [named-twice] Prefer=: 'comm:a' is named by Protect=, too, which counts\n"
warn [low|medium|critical] [desktop] |        "8: warning [named-twice] Prefer=: 'comm:c' is named by Avoid=, too, which counts\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF "[Guard]\nManaged=override\n",
warn [low|medium|critical] [desktop] |        "6: warning [no-effect] Managed= has no effect without an order beside it\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF "[Guard]\nManaged=override\nHighBelowMax=5%\n",
warn [low|medium|critical] [desktop] |        "7: warning [throttles-cache] HighBelowMax= throttles page cache, too: who reads many "
warn [low|medium|critical] [desktop] |        "files is slowed down there\n"},
warn [low|medium|critical] [desktop] |    {"x.service", TRIGGER RELIEF "[Guard]\nManaged=override\nOomScoreAdjust=main 5\n", ""},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nCgroup=!a\nUnit=!b\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: warning [only-exclusions] Cgroup= has exclusions only, so the policy is for every "
warn [low|medium|critical] [desktop] |        "other cgroup\n"},
warn [low|medium|critical] [desktop] |    {"10-web", "[Match]\nCgroup=!a\n" TRIGGER RELIEF,
warn [low|medium|critical] [desktop] |        "1: warning [only-exclusions] Cgroup= has exclusions only, so the policy is for every "
warn [low|medium|critical] [desktop] |        "other cgroup\n"},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void check(const struct row *row, bool compiles)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile(row->name, row->text, &findings);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    expect_findings(&findings, "f", row->findings);
warn [low|medium|critical] [desktop] |    assert_int_equal(compiled != NULL, compiles);
warn [low|medium|critical] [desktop] |    assert_int_equal(findings.errors > 0, !compiles);
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_bad_files(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(bad); i++)
warn [low|medium|critical] [desktop] |        check(&bad[i], false);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_good_files(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(good); i++)
warn [low|medium|critical] [desktop] |        check(&good[i], true);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static struct rl_compiled *compile_well(const char *name, const char *text)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile(name, text, &findings);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    expect_findings(&findings, "f", "");
warn [low|medium|critical] [desktop] |    assert_non_null(compiled);
warn [low|medium|critical] [desktop] |    return compiled;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_steps_come_out(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile_well("x.service",
warn [low|medium|critical] [desktop] |        TRIGGER "[Relief]\n"
warn [low|medium|critical] [desktop] |                "Step=warn desktop\n"
warn [low|medium|critical] [desktop] |                "Step=hook \"/a b\" -v \"c d\" wait 3s\n"
warn [low|medium|critical] [desktop] |                "Step=reclaim 64M\n"
warn [low|medium|critical] [desktop] |                "Step=reclaim 12.5% wait 1s\n"
warn [low|medium|critical] [desktop] |                "Step=throttle 50% cpu 20%\n"
warn [low|medium|critical] [desktop] |                "Step=freeze\n"
warn [low|medium|critical] [desktop] |                "Step=hook /e\n"
warn [low|medium|critical] [desktop] |                "Step=kill\n"
warn [low|medium|critical] [desktop] |                "Step=restart stop\n"
warn [low|medium|critical] [desktop] |                "Step=panic wait 2s\n");
warn [low|medium|critical] [desktop] |    const struct rl_step *s = compiled->policy.relief.steps;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(compiled->policy.relief.n, 10);
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < 10; i++)
warn [low|medium|critical] [desktop] |        assert_int_equal(s[i].signal, s[i].kind == RL_STEP_KILL ? SIGKILL : 0);
warn [low|medium|critical] [desktop] |    assert_true(s[0].desktop && s[0].wait_us == 0);
warn [low|medium|critical] [desktop] |    assert_string_equal(s[1].command, "/a b");
warn [low|medium|critical] [desktop] |    assert_string_equal(s[1].args[0], "-v");
warn [low|medium|critical] [desktop] |    assert_string_equal(s[1].args[1], "c d");
warn [low|medium|critical] [desktop] |    assert_null(s[1].args[2]);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[1].wait_us, 3 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[2].bytes, 64 << 20);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[2].share, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[2].wait_us, 10 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[3].bytes, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[3].share, 1250);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[4].share, 5000);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[4].cpu_share, 2000);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[5].kind, RL_STEP_FREEZE);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[5].wait_us, 10 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_string_equal(s[6].command, "/e");
warn [low|medium|critical] [desktop] |    assert_null(s[6].args[0]);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[6].wait_us, 5 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_true(s[8].stop && !s[0].stop && !s[8].desktop);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[9].wait_us, 2 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(s[9].lineno, 13);
warn [low|medium|critical] [desktop] |    assert_int_equal(compiled->steps[9].line, 13);
warn [low|medium|critical] [desktop] |    assert_string_equal(compiled->steps[9].path, "f");
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_what_comes_out(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile_well("10-web",
warn [low|medium|critical] [desktop] |        "[Match]\nCgroup=a/* !a/b\nCgroup=c\n"
warn [low|medium|critical] [desktop] |        "[Trigger stall]\nPressure=full 30% over 10s\nHeadroom=below 5%\n"
warn [low|medium|critical] [desktop] |        "[Trigger frozen]\nPressure=full 70% over 5s\nFrom=kill\n"
warn [low|medium|critical] [desktop] |        "[Victim]\nKill=cgroup\nProtect=main \"comm:a b\"\nProtect=exe:/x\\&y&uid:0\n"
warn [low|medium|critical] [desktop] |        "[Relief]\nStep=terminate INT wait 3s\nStep=terminate\nStep=kill wait 1s\nCooldown=45s\n");
warn [low|medium|critical] [desktop] |    const struct rl_policy *p = &compiled->policy;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_string_equal(p->name, "10-web");
warn [low|medium|critical] [desktop] |    assert_string_equal(p->source, "f");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.attach, RL_ATTACH_MATCH);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.cgroups.n, 3);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->match.cgroups.items[1].glob, "a/b");
warn [low|medium|critical] [desktop] |    assert_true(p->match.cgroups.items[1].exclude);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->match.cgroups.items[2].glob, "c");
warn [low|medium|critical] [desktop] |    assert_false(p->match.cgroups.items[2].exclude);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(p->n_triggers, 2);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->triggers[0].name, "stall");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].lineno, 4);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].n, 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].from, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[1].from, 2);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.kill, RL_KILL_CGROUP);
warn [low|medium|critical] [desktop] |    assert_ptr_equal(p->victim.model, rl_model_default());
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.n_protect, 3);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.protect[0].terms[0].fact, RL_FACT_MAIN);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->victim.protect[1].terms[0].glob, "a b");
warn [low|medium|critical] [desktop] |    assert_string_equal(p->victim.protect[2].text, "exe:/x\\&y&uid:0");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.protect[2].n, 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.protect[2].lineno, 13);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->victim.protect[2].terms[0].glob, "/x\\&y");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.protect[2].terms[1].fact, RL_FACT_UID);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.n, 3);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[0].kind, RL_STEP_TERMINATE);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[0].signal, SIGINT);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[0].wait_us, 3 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[1].signal, SIGTERM);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[1].wait_us, 5 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[2].kind, RL_STEP_KILL);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[2].signal, SIGKILL);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[2].lineno, 17);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.cooldown_us, 45 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* The keys that make one choice or one number each. */
warn [low|medium|critical] [desktop] |static void test_what_else_comes_out(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile("10-web",
warn [low|medium|critical] [desktop] |        "[Match]\nUnit=a* !ab\nPod=web/*\nQoS=!burstable\nContainer=3f*\nLimited=no\nLevel=pod\n"
warn [low|medium|critical] [desktop] |        "Level=container\n",
warn [low|medium|critical] [desktop] |        &findings);
warn [low|medium|critical] [desktop] |    const struct rl_policy *p;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_null(compiled);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    compiled = compile("10-web",
warn [low|medium|critical] [desktop] |        "[Match]\nUnit=a* !ab\nUnit=c\nPod=web/*\nQoS=!burstable\nContainer=3f*\nLimited=no\n"
warn [low|medium|critical] [desktop] |        "Level=container\n"
warn [low|medium|critical] [desktop] |        "[Trigger a]\nEvents=oom 1 over 20s\nPressure=full 30% over 10s\nRefaults=5/s\nFor=3s\n"
warn [low|medium|critical] [desktop] |        "Origin=any\nGate=linux-2.4\n[Trigger b]\nRefaults=5/s\nUsage=5%\nOrigin=node\n"
warn [low|medium|critical] [desktop] |        "[Victim]\nWithin=/w/**\nAvoid=comm:a uid:0\nPrefer=\"cmdline:b c\"\n"
warn [low|medium|critical] [desktop] |        "Adjust=comm:d main +300 comm:e -7\nAdjust=uid:9 +0\nMinSize=1M\nMaxProcesses=9\n"
warn [low|medium|critical] [desktop] |        "Kill=tree\n"
warn [low|medium|critical] [desktop] |        "[Relief]\nStep=kill\nLimit=3 per 10min\nOnRepeat=stop\nOnNoVictim=panic\nDryRun=auto\n"
warn [low|medium|critical] [desktop] |        "[Guard]\nHighBelowMax=5.5%\nOomGroup=no\nOomScoreAdjust=comm:f -1000 comm:g 12\n"
warn [low|medium|critical] [desktop] |        "Managed=override\n",
warn [low|medium|critical] [desktop] |        &findings);
warn [low|medium|critical] [desktop] |    assert_non_null(compiled);
warn [low|medium|critical] [desktop] |    assert_int_equal(findings.errors, 0);
warn [low|medium|critical] [desktop] |    p = &compiled->policy;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.cgroups.n, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.units.n, 3);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->match.units.items[1].glob, "ab");
warn [low|medium|critical] [desktop] |    assert_true(p->match.units.items[1].exclude);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->match.units.items[2].glob, "c");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.pods.n, 1);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->match.pods.items[0].glob, "web/*");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.qos.n, 1);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->match.qos.items[0].glob, "burstable");
warn [low|medium|critical] [desktop] |    assert_true(p->match.qos.items[0].exclude);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.containers.n, 1);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.limited, RL_NO);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.level, RL_LEVEL_CONTAINER);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].for_us, 3 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].origin, RL_WANT_ANY);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].gate, RL_GATE_LINUX_24);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].lines[2].window_us, 20 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[1].for_us, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[1].origin, RL_WANT_NODE);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[1].gate, RL_GATE_NONE);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[1].lines[0].window_us, 10 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->needs,
warn [low|medium|critical] [desktop] |        RL_HAVE_PRESSURE | RL_HAVE_EVENTS | RL_HAVE_STAT | RL_HAVE_CURRENT | RL_HAVE_LIMITS);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.within, RL_WITHIN_GLOB);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->victim.within_glob, "/w/**");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.n_avoid, 2);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->victim.avoid[1].text, "uid:0");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.n_prefer, 1);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.prefer[0].terms[0].fact, RL_FACT_CMDLINE);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->victim.prefer[0].terms[0].glob, "b c");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.n_adjust, 4);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.adjust[0].points, 300);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.adjust[1].points, 300);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.adjust[1].pattern.terms[0].fact, RL_FACT_MAIN);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.adjust[2].points, -7);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.adjust[3].points, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.min_bytes, 1 << 20);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.max_processes, 9);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.limit, 3);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.limit_us, 600 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.on_repeat, RL_REPEAT_STOP);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.on_no_victim, RL_NO_VICTIM_PANIC);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.dry_run, RL_DRY_AUTO);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_true(p->guard.high_relative);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.high_share, 550);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.high_bytes, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.oom_group, RL_NO);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.n_adj, 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.adj[0].oom_score_adj, -1000);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->guard.adj[1].pattern.text, "comm:g");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.adj[1].oom_score_adj, 12);
warn [low|medium|critical] [desktop] |    assert_true(p->guard.managed_override);
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* What a later file says of the keys that stand once, and of lists. */
warn [low|medium|critical] [desktop] |static void test_drop_ins_of_the_rest(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char *const texts[] = {
warn [low|medium|critical] [desktop] |        "[Match]\nUnit=a\nLimited=yes\n" TRIGGER "For=3s\nOrigin=any\nGate=linux-2.4\n" RELIEF
warn [low|medium|critical] [desktop] |        "[Victim]\nWithin=/a\nAvoid=uid:1\nAdjust=uid:1 +1\n"
warn [low|medium|critical] [desktop] |        "[Guard]\nHighBelowMax=5%\nOomScoreAdjust=uid:1 1\nManaged=override\n",
warn [low|medium|critical] [desktop] |        "[Match]\nUnit=\nUnit=b\nLimited=no\n[Trigger t]\nFor=0\nOrigin=own\nGate=none\n"
warn [low|medium|critical] [desktop] |        "[Victim]\nWithin=subject\nAvoid=uid:2\nAdjust=\nAdjust=uid:2 +2\n"
warn [low|medium|critical] [desktop] |        "[Guard]\nHighBelowMax=4K\nOomScoreAdjust=uid:2 2\nManaged=leave\n",
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile_sources("10-web", texts, N(texts), &findings);
warn [low|medium|critical] [desktop] |    const struct rl_policy *p;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    expect_findings(&findings, "d1",
warn [low|medium|critical] [desktop] |        "15: warning [throttles-cache] HighBelowMax= throttles page cache, too: who reads many "
warn [low|medium|critical] [desktop] |        "files is slowed down there\n");
warn [low|medium|critical] [desktop] |    p = &compiled->policy;
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.units.n, 1);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->match.units.items[0].glob, "b");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.limited, RL_NO);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].for_us, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].origin, RL_WANT_OWN);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].gate, RL_GATE_NONE);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.within, RL_WITHIN_SUBJECT);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.n_avoid, 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.n_adjust, 1);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.adjust[0].points, 2);
warn [low|medium|critical] [desktop] |    assert_false(p->guard.high_relative);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.high_bytes, 4096);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.high_share, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.n_adj, 2);
warn [low|medium|critical] [desktop] |    assert_false(p->guard.managed_override);
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Whose word Within= is: that of the file it stands in, else of the main file. */
warn [low|medium|critical] [desktop] |static void test_vendor(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        bool main_vendor, drop_in_vendor;
warn [low|medium|critical] [desktop] |        const char *main, *drop_in;
warn [low|medium|critical] [desktop] |        bool vendor;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {true, false, TRIGGER RELIEF, "", true},
warn [low|medium|critical] [desktop] |        {false, true, TRIGGER RELIEF, "", false},
warn [low|medium|critical] [desktop] |        {true, false, TRIGGER RELIEF "[Victim]\nWithin=/a\n", "[Relief]\nCooldown=1s\n", true},
warn [low|medium|critical] [desktop] |        {true, false, TRIGGER RELIEF "[Victim]\nWithin=/a\n", "[Victim]\nWithin=/a\n", false},
warn [low|medium|critical] [desktop] |        {false, true, TRIGGER RELIEF, "[Victim]\nWithin=/a\n", true},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        struct rl_source sources[] = {
warn [low|medium|critical] [desktop] |            {"f", rows[i].main, strlen(rows[i].main), rows[i].main_vendor},
warn [low|medium|critical] [desktop] |            {"d", rows[i].drop_in, strlen(rows[i].drop_in), rows[i].drop_in_vendor},
warn [low|medium|critical] [desktop] |        };
warn [low|medium|critical] [desktop] |        struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |        struct rl_compiled *compiled;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        assert_int_equal(rl_compile("x.service", sources, 2, &findings, &compiled), 0);
warn [low|medium|critical] [desktop] |        expect_findings(&findings, "f", "");
warn [low|medium|critical] [desktop] |        assert_int_equal(compiled->policy.vendor, rows[i].vendor);
warn [low|medium|critical] [desktop] |        rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_what_is_not_said(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile_well("x@.service", TRIGGER RELIEF);
warn [low|medium|critical] [desktop] |    const struct rl_policy *p = &compiled->policy;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.attach, RL_ATTACH_UNIT);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->match.unit, "x@.service");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.cgroups.n, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.kill, RL_KILL_PROCESS);
warn [low|medium|critical] [desktop] |    assert_ptr_equal(p->victim.model, rl_model_default());
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.n_protect, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.within, RL_WITHIN_OFFENDER);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.min_bytes, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.max_processes, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.limited, RL_EITHER);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.level, RL_LEVEL_ANY);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].for_us, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].origin, RL_WANT_OWN);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.limit, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.on_repeat, RL_REPEAT_ALARM);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.on_no_victim, RL_NO_VICTIM_LOG);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.dry_run, RL_DRY_NO);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.oom_group, RL_EITHER);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->guard.n_adj, 0);
warn [low|medium|critical] [desktop] |    assert_false(p->guard.managed_override);
warn [low|medium|critical] [desktop] |    assert_false(p->vendor);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.cooldown_us, 30 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[0].wait_us, 0);
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_lists_begin_anew(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile_well("10-web",
warn [low|medium|critical] [desktop] |        "[Match]\nCgroup=a\nCgroup=\nCgroup=b\n"
warn [low|medium|critical] [desktop] |        "[Trigger t]\nUsage=1%\nUsage=\nUsage=2%\nUsage=3%\nEvents=oom 1 over 1s\n"
warn [low|medium|critical] [desktop] |        "[Victim]\nProtect=@system main\nProtect= ; none of these\nProtect=uid:0\n"
warn [low|medium|critical] [desktop] |        "[Relief]\nStep=kill\nStep=\nStep=terminate\n");
warn [low|medium|critical] [desktop] |    const struct rl_policy *p = &compiled->policy;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.cgroups.n, 1);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->match.cgroups.items[0].glob, "b");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].n, 3);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].lines[0].share, 200);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.n_protect, 1);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->victim.protect[0].text, "uid:0");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.n, 1);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.steps[0].kind, RL_STEP_TERMINATE);
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Drop-ins: the last value counts, lists go on, a trigger's lines replace those of the same key. */
warn [low|medium|critical] [desktop] |static void test_drop_ins(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char *const texts[] = {
warn [low|medium|critical] [desktop] |        MATCH "[Trigger s]\nPressure=full 30% over 10s\nPressure=some 50% over 10s\n"
warn [low|medium|critical] [desktop] |              "Headroom=below 5%\nFrom=terminate\n[Trigger gone]\nUsage=1%\n"
warn [low|medium|critical] [desktop] |              "[Victim]\nKill=tree\nProtect=uid:1\n[Relief]\nStep=terminate\nCooldown=5s\n",
warn [low|medium|critical] [desktop] |        "[Match]\nCgroup=b\n[Trigger s]\nPressure=full 60% over 20s\nUsage=5%\nFrom=kill\n"
warn [low|medium|critical] [desktop] |        "[Trigger new]\nEvents=max 9 over 1s\nRefaults=9/s\n[Trigger "
warn [low|medium|critical] [desktop] |        "gone]\nUsage=\n[Victim]\nProtect=uid:2\n",
warn [low|medium|critical] [desktop] |        "[Victim]\nKill=process\n[Relief]\nStep=kill\nCooldown=7s\n",
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile_sources("10-web", texts, N(texts), &findings);
warn [low|medium|critical] [desktop] |    const struct rl_policy *p;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    expect_findings(&findings, "f", "");
warn [low|medium|critical] [desktop] |    p = &compiled->policy;
warn [low|medium|critical] [desktop] |    assert_int_equal(p->match.cgroups.n, 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->n_triggers, 2);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->triggers[0].name, "s");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].n, 3);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].lines[0].kind, RL_LINE_HEADROOM);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].lines[1].kind, RL_LINE_PRESSURE);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].lines[1].share, 6000);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].lines[2].kind, RL_LINE_USAGE);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->triggers[0].from, 1);
warn [low|medium|critical] [desktop] |    assert_string_equal(p->triggers[1].name, "new");
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.kill, RL_KILL_PROCESS);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->victim.n_protect, 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.n, 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(p->relief.cooldown_us, 7 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_drop_in_findings(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char *const texts[] = {
warn [low|medium|critical] [desktop] |        TRIGGER "From=terminate\n" RELIEF, "[Relief]\nCooldown=x\n", "[Match]\nCgroup=a\n"};
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_null(compile_sources("x.service", texts, N(texts), &findings));
warn [low|medium|critical] [desktop] |    expect_findings(&findings, "f",
warn [low|medium|critical] [desktop] |        "d1:2: error [bad-time] Cooldown=: 'x' is no number (a time has us, ms, s, min, h); "
warn [low|medium|critical] [desktop] |        "expected T (0 to 1h)\n"
warn [low|medium|critical] [desktop] |        "d2:1: error [match-and-unit] [Match] contradicts the file's name, by which it is for "
warn [low|medium|critical] [desktop] |        "x.service\n"
warn [low|medium|critical] [desktop] |        "3: error [no-such-step] From=: no step is called 'terminate'; the steps are: kill\n");
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* One more than fits of everything that is bounded. */
warn [low|medium|critical] [desktop] |static void test_limits(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *before, *item, *after;
warn [low|medium|critical] [desktop] |        int most;
warn [low|medium|critical] [desktop] |        const char *message;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"", "[Trigger t%d]\nEvents=oom 1 over 1s\n", RELIEF, RL_TRIGGERS_MAX,
warn [low|medium|critical] [desktop] |            "17: error [too-many-triggers] [Trigger t8] is one trigger too many; at most 8 are "
warn [low|medium|critical] [desktop] |            "possible\n"},
warn [low|medium|critical] [desktop] |        {"[Trigger t]\n", "Events=oom 1 over %d.5s\n", RELIEF, RL_LINES_MAX,
warn [low|medium|critical] [desktop] |            "10: error [too-many-lines] [Trigger t] has too many lines; at most 8 are possible\n"},
warn [low|medium|critical] [desktop] |        {TRIGGER "[Relief]\n", "Step=terminate wait %ds\n", "", RL_STEPS_MAX,
warn [low|medium|critical] [desktop] |            "16: error [too-many-steps] one step too many; at most 12 are possible\n"},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        for (int n = rows[i].most; n <= rows[i].most + 1; n++) {
warn [low|medium|critical] [desktop] |            struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |            struct rl_compiled *compiled;
warn [low|medium|critical] [desktop] |            char text[2000];
warn [low|medium|critical] [desktop] |            int used = snprintf(text, sizeof(text), "%s", rows[i].before);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |            for (int j = 0; j < n; j++)
warn [low|medium|critical] [desktop] |                used += snprintf(text + used, sizeof(text) - (size_t)used, rows[i].item, j);
warn [low|medium|critical] [desktop] |            snprintf(text + used, sizeof(text) - (size_t)used, "%s", rows[i].after);
warn [low|medium|critical] [desktop] |            compiled = compile("x.service", text, &findings);
warn [low|medium|critical] [desktop] |            expect_findings(&findings, "f", n > rows[i].most ? rows[i].message : "");
warn [low|medium|critical] [desktop] |            assert_int_equal(compiled != NULL, n == rows[i].most);
warn [low|medium|critical] [desktop] |            rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |            rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_rank(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *name;
warn [low|medium|critical] [desktop] |        enum rl_rank rank;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"a.service", RL_RANK_UNIT},
warn [low|medium|critical] [desktop] |        {"a@b.service", RL_RANK_UNIT},
warn [low|medium|critical] [desktop] |        {"a.scope", RL_RANK_UNIT},
warn [low|medium|critical] [desktop] |        {"a-b.slice", RL_RANK_UNIT},
warn [low|medium|critical] [desktop] |        {"a.socket", RL_RANK_UNIT},
warn [low|medium|critical] [desktop] |        {"a.mount", RL_RANK_UNIT},
warn [low|medium|critical] [desktop] |        {"a.swap", RL_RANK_UNIT},
warn [low|medium|critical] [desktop] |        {"a@.service", RL_RANK_TEMPLATE},
warn [low|medium|critical] [desktop] |        {"a", RL_RANK_MATCH},
warn [low|medium|critical] [desktop] |        {"50-pods", RL_RANK_MATCH},
warn [low|medium|critical] [desktop] |        {".service", RL_RANK_MATCH},
warn [low|medium|critical] [desktop] |        {"a.timer", RL_RANK_MATCH},
warn [low|medium|critical] [desktop] |        {"defaults", RL_RANK_MATCH},
warn [low|medium|critical] [desktop] |        {"default-x", RL_RANK_DEFAULT_ROW},
warn [low|medium|critical] [desktop] |        {"default-x.service", RL_RANK_UNIT},
warn [low|medium|critical] [desktop] |        {"default", RL_RANK_DEFAULT},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++)
warn [low|medium|critical] [desktop] |        assert_int_equal(rl_policy_rank(rows[i].name), rows[i].rank);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* The built-in defaults are well, and in their order each case meets the one that is meant for it.
warn [low|medium|critical] [desktop] | */
warn [low|medium|critical] [desktop] |static void test_defaults(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *path, *policy;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"/", "default-node"},
warn [low|medium|critical] [desktop] |        {"/system.slice/nginx.service", "default"},
warn [low|medium|critical] [desktop] |        {"/user.slice", "default"},
warn [low|medium|critical] [desktop] |        {"/system.slice/docker.service", "default"},
warn [low|medium|critical] [desktop] |        {"/system.slice/docker-0123.scope", "default-container"},
warn [low|medium|critical] [desktop] |        {"/docker/0123", "default-container"},
warn [low|medium|critical] [desktop] |        {"/docker", "default"},
warn [low|medium|critical] [desktop] |        {"/machine.slice/libpod-0123.scope", "default-container"},
warn [low|medium|critical] [desktop] |        {"/machine.slice/libpod-conmon-0123.scope", "default"},
warn [low|medium|critical] [desktop] |        {"/libpod_parent/libpod-0123", "default-container"},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice", "default"},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice/kubepods-pod1.slice", "default"},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-0123.scope", "default-container"},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/crio-0123.scope",
warn [low|medium|critical] [desktop] |            "default-container"},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice/kubepods-pod1.slice/crio-conmon-0123.scope", "default"},
warn [low|medium|critical] [desktop] |        {"/kubepods/pod1/0123", "default-container"},
warn [low|medium|critical] [desktop] |        {"/kubepods/burstable/pod1/0123", "default-container"},
warn [low|medium|critical] [desktop] |        {"/kubepods/burstable/pod1/crio-conmon-0123", "default"},
warn [low|medium|critical] [desktop] |        {"/kubepods/burstable/pod1", "default"},
warn [low|medium|critical] [desktop] |        {"/kubepods/pod1", "default"},
warn [low|medium|critical] [desktop] |        {"/docker/0123/kubepods/besteffort/pod1/4567", "default-container"},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled[8];
warn [low|medium|critical] [desktop] |    struct rl_policy policies[8];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(rl_builtins_n, 3);
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < rl_builtins_n; i++) {
warn [low|medium|critical] [desktop] |        compiled[i] = compile_well(rl_builtins[i].name, rl_builtins[i].text);
warn [low|medium|critical] [desktop] |        assert_int_equal(strlen(rl_builtins[i].text), rl_builtins[i].len);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    /* by rank, then by name */
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < rl_builtins_n; i++) {
warn [low|medium|critical] [desktop] |        size_t before = 0;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        for (size_t j = 0; j < rl_builtins_n; j++) {
warn [low|medium|critical] [desktop] |            int order = (int)rl_policy_rank(rl_builtins[j].name) -
warn [low|medium|critical] [desktop] |                        (int)rl_policy_rank(rl_builtins[i].name);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |            before += order < 0 ||
warn [low|medium|critical] [desktop] |                      (order == 0 && strcmp(rl_builtins[j].name, rl_builtins[i].name) < 0);
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |        policies[before] = compiled[i]->policy;
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        struct rl_place place = {.path = rows[i].path};
warn [low|medium|critical] [desktop] |        const struct rl_policy *p = rl_match_policy(policies, rl_builtins_n, &place, true);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        if (!p || strcmp(p->name, rows[i].policy) != 0)
warn [low|medium|critical] [desktop] |            fail_msg("%s: %s", rows[i].path, p ? p->name : "none");
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < rl_builtins_n; i++)
warn [low|medium|critical] [desktop] |        rl_compiled_release(compiled[i]);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Who is on the shipped protect list, and who only looks like it. */
warn [low|medium|critical] [desktop] |static void test_system_list(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *path, *exe;
warn [low|medium|critical] [desktop] |        uid_t uid;
warn [low|medium|critical] [desktop] |        bool known, protected;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"/init.scope", "/usr/lib/systemd/systemd", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/user@1000.service/init.scope", "/usr/lib/systemd/systemd",
warn [low|medium|critical] [desktop] |            1000, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/dbus.service", "/usr/bin/dbus-daemon", 100, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/dbus-broker.service", "/usr/bin/dbus-broker", 100, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/systemd-journald.service", "/x", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/system-systemd\\x2djournald.slice/systemd-journald@a.service", "/x", 0,
warn [low|medium|critical] [desktop] |            true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/ssh.service", "/usr/sbin/sshd", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/system-sshd.slice/sshd@1.service", "/usr/sbin/sshd", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope", "/usr/sbin/sshd", 1000, true, true},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope", "/usr/lib/openssh/sshd-session", 0, true,
warn [low|medium|critical] [desktop] |            true},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope", "/usr/bin/bash", 1000, true, true},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope", "", 1000, false, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/containerd.service", "/usr/bin/containerd-shim-runc-v2", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/containerd.service/x", "/x", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/runtime.slice/kubelet.service", "/usr/bin/kubelet", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/machine.slice/libpod-conmon-1.scope", "/usr/bin/conmon", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope", "/pause", 65535, true, true},
warn [low|medium|critical] [desktop] |        {"/kubepods/burstable/pod1/0123", "/pause", 65535, true, true},
warn [low|medium|critical] [desktop] |        {"/", "/usr/sbin/sshd", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/sshd", "/usr/sbin/sshd", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/systemd-logind.service", "/x", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/systemd-resolved.service", "/x", 101, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/system-ssh.slice/ssh@1.service", "/usr/sbin/sshd", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-0.slice/session-3.scope", "/bin/login", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-0.slice/session-c1.scope", "/usr/bin/zsh-5.9", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope", "/sbin/sshd", 1000, true, true},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope", "/usr/local/bin/fish", 1000, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/system-getty.slice/getty@tty1.service", "/sbin/agetty", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/elogind", "/usr/libexec/elogind/elogind", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/", "/usr/bin/dbus-daemon", 100, true, true},
warn [low|medium|critical] [desktop] |        {"/", "/usr/bin/dockerd", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/", "/usr/local/bin/kubelet", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/", "/usr/bin/containerd-shim-runc-v2", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/k0scontroller.service/kubelet", "/x", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/snap.microk8s.daemon-kubelite.service", "/x", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/system.slice/crio-conmon-1.scope", "/usr/bin/conmon", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice/kubepods-pod1.slice/crio-conmon-1.scope", "/x", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1.slice/crio-conmon-1",
warn [low|medium|critical] [desktop] |            "/x", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/kubepods/pod1/crio-conmon-1", "/x", 0, true, true},
warn [low|medium|critical] [desktop] |        {"/kubepods/besteffort/pod1/crio-conmon-1", "/x", 0, true, true},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope", "/usr/bin/python3", 1000, true, false},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/user@1000.service/app.slice/a.service", "/usr/sbin/sshd",
warn [low|medium|critical] [desktop] |            1000, true, false},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/user@1000.service/dbus.service", "/x", 1000, true, false},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/user@1000.service/app.slice/x/init.scope", "/usr/lib/systemd",
warn [low|medium|critical] [desktop] |            1000, true, false},
warn [low|medium|critical] [desktop] |        /* programs and cgroups that a user or a container can make for himself */
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope", "/home/u/bin/bash", 1000, true, false},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope", "/tmp/sshd", 1000, true, false},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/session-3.scope/x", "/usr/bin/bash", 1000, true, false},
warn [low|medium|critical] [desktop] |        {"/user.slice/user-1000.slice/user@1000.service/a.slice/libpod-conmon-1.scope", "/x", 1000,
warn [low|medium|critical] [desktop] |            true, false},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice/kubepods-pod1.slice/crio-1.scope/crio-conmon-1.scope", "/x", 0, true,
warn [low|medium|critical] [desktop] |            false},
warn [low|medium|critical] [desktop] |        {"/kubepods/pod1/0123/crio-conmon-1", "/x", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/docker/1/crio-conmon-1.scope", "/x", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/", "/home/u/dbus-daemon", 1000, true, false},
warn [low|medium|critical] [desktop] |        {"/docker/1", "/usr/bin/dbus-daemon", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/system.slice/nginx.service", "/usr/sbin/nginx", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/system.slice/nginx.service", "", 0, false, false},
warn [low|medium|critical] [desktop] |        {"/system.slice/docker-1.scope", "/usr/sbin/sshd", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/system.slice/docker-1.scope/system.slice/dbus.service", "/x", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/system.slice/docker-1.scope/init.scope", "/usr/lib/systemd/systemd", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/kubepods.slice/kubepods-pod1.slice/cri-containerd-1.scope", "/app", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/docker/1", "/pause", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/", "/usr/bin/leaker", 0, true, false},
warn [low|medium|critical] [desktop] |        {"/sshd", "/usr/sbin/sshd", 1000, true, false},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile_well(
warn [low|medium|critical] [desktop] |        "x.service", TRIGGER RELIEF "[Victim]\nProtect=@system\n");
warn [low|medium|critical] [desktop] |    const struct rl_victim *victim = &compiled->policy.victim;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_true(victim->n_protect > 20);
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        struct rl_process process = {
warn [low|medium|critical] [desktop] |            .pid = 100, .session = 100, .start_ticks = 1, .uid = rows[i].uid, .comm = "sshd"};
warn [low|medium|critical] [desktop] |        const struct rl_pattern *by;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        snprintf(process.exe, sizeof(process.exe), "%s", rows[i].exe);
warn [low|medium|critical] [desktop] |        process.flags = rows[i].known ? RL_PROCESS_EXE_KNOWN : 0;
warn [low|medium|critical] [desktop] |        by = rl_match_any(victim->protect, victim->n_protect, &process, rows[i].path, true);
warn [low|medium|critical] [desktop] |        if ((by != NULL) != rows[i].protected)
warn [low|medium|critical] [desktop] |            fail_msg("%s %s: %s", rows[i].path, rows[i].exe, by ? by->text : "nothing");
warn [low|medium|critical] [desktop] |        if (by)
warn [low|medium|critical] [desktop] |            assert_memory_equal(by->text, "@system: ", 9);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* A shell that was opened for somebody leads a session; one that runs a script, or is one of a fork
warn [low|medium|critical] [desktop] | * bomb's, does not. sshd's own processes in a session lead none. */
warn [low|medium|critical] [desktop] |static void test_system_list_leaders(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char session[] = "/user.slice/user-1000.slice/session-3.scope";
warn [low|medium|critical] [desktop] |    static const struct {
warn [low|medium|critical] [desktop] |        const char *exe;
warn [low|medium|critical] [desktop] |        pid_t session;
warn [low|medium|critical] [desktop] |        bool protected;
warn [low|medium|critical] [desktop] |    } rows[] = {
warn [low|medium|critical] [desktop] |        {"/usr/bin/bash", 100, true},
warn [low|medium|critical] [desktop] |        {"/usr/bin/bash", 99, false},
warn [low|medium|critical] [desktop] |        {"/usr/bin/bash", -1, false},
warn [low|medium|critical] [desktop] |        {"/bin/dash", 99, false},
warn [low|medium|critical] [desktop] |        {"/usr/sbin/sshd", 99, true},
warn [low|medium|critical] [desktop] |        {"/usr/bin/login", 99, true},
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled = compile_well(
warn [low|medium|critical] [desktop] |        "x.service", TRIGGER RELIEF "[Victim]\nProtect=@system\n");
warn [low|medium|critical] [desktop] |    const struct rl_victim *victim = &compiled->policy.victim;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++) {
warn [low|medium|critical] [desktop] |        struct rl_process process = {.pid = 100,
warn [low|medium|critical] [desktop] |            .session = rows[i].session,
warn [low|medium|critical] [desktop] |            .start_ticks = 1,
warn [low|medium|critical] [desktop] |            .uid = 1000,
warn [low|medium|critical] [desktop] |            .flags = RL_PROCESS_EXE_KNOWN};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        snprintf(process.exe, sizeof(process.exe), "%s", rows[i].exe);
warn [low|medium|critical] [desktop] |        assert_int_equal(
warn [low|medium|critical] [desktop] |            rl_match_any(victim->protect, victim->n_protect, &process, session, true) != NULL,
warn [low|medium|critical] [desktop] |            rows[i].protected);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static size_t mutate(char *text, size_t len, size_t size)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char *const pieces[] = {"[", "]", "=", "\n", "Pressure=", "[Trigger ", "\"", "!",
warn [low|medium|critical] [desktop] |        "Step=", "Protect=", "@system", "&", "min ", "99999999999999999999", "\\", "\xff", "%",
warn [low|medium|critical] [desktop] |        "From=", " over ", "Cgroup=", "[Match]\n", "Adjust=", "comm:a ", "+300 ", "[Guard]\n",
warn [low|medium|critical] [desktop] |        "OomScoreAdjust=", "HighBelowMax=", "Refaults=", "/s", "Growth=", "Within=", "/**",
warn [low|medium|critical] [desktop] |        "Pod=", "QoS=", "Limit=", " per "};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    for (int n = 1 + (int)(random() % 4); n > 0; n--) {
warn [low|medium|critical] [desktop] |        const char *piece = pieces[(size_t)random() % N(pieces)];
warn [low|medium|critical] [desktop] |        size_t at = (size_t)random() % (len + 1), piece_len = strlen(piece);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        if (random() % 2 && len + piece_len < size) {
warn [low|medium|critical] [desktop] |            memmove(text + at + piece_len, text + at, len - at);
warn [low|medium|critical] [desktop] |            memcpy(text + at, piece, piece_len);
warn [low|medium|critical] [desktop] |            len += piece_len;
warn [low|medium|critical] [desktop] |        } else if (at < len) {
warn [low|medium|critical] [desktop] |            text[at] = (char)random();
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    return len;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Whatever stands in a file: either it compiles within its bounds, or an error says why not. */
warn [low|medium|critical] [desktop] |static void test_any_bytes(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    static const char *const names[] = {"x.service", "10-web", "default"};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    srandom(4);
warn [low|medium|critical] [desktop] |    for (int round = 0; round < 20000; round++) {
warn [low|medium|critical] [desktop] |        const char *seed = round % 2 ? good[(size_t)random() % N(good)].text
warn [low|medium|critical] [desktop] |                                     : bad[(size_t)random() % N(bad)].text;
warn [low|medium|critical] [desktop] |        struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |        struct rl_compiled *compiled;
warn [low|medium|critical] [desktop] |        struct rl_source source = {.path = "f"};
warn [low|medium|critical] [desktop] |        char text[1000];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        source.len = (size_t)snprintf(text, sizeof(text), "%s", seed);
warn [low|medium|critical] [desktop] |        source.len = mutate(text, source.len, sizeof(text));
warn [low|medium|critical] [desktop] |        source.text = text;
warn [low|medium|critical] [desktop] |        assert_int_equal(
warn [low|medium|critical] [desktop] |            rl_compile(names[(size_t)random() % N(names)], &source, 1, &findings, &compiled), 0);
warn [low|medium|critical] [desktop] |        assert_int_equal(compiled == NULL, findings.errors > 0);
warn [low|medium|critical] [desktop] |        if (compiled) {
warn [low|medium|critical] [desktop] |            assert_in_range(compiled->policy.n_triggers, 1, RL_TRIGGERS_MAX);
warn [low|medium|critical] [desktop] |            assert_in_range(compiled->policy.relief.n, 1, RL_STEPS_MAX);
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |        rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |        rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |int main(void)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    const struct CMUnitTest tests[] = {
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_bad_files),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_good_files),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_steps_come_out),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_what_comes_out),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_what_else_comes_out),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_drop_ins_of_the_rest),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_vendor),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_what_is_not_said),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_lists_begin_anew),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_drop_ins),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_drop_in_findings),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_limits),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_rank),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_defaults),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_system_list),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_system_list_leaders),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_any_bytes),
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    return cmocka_run_group_tests(tests, NULL, NULL);
warn [low|medium|critical] [desktop] |}
