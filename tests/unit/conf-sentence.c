#include "tests/unit/unit.h"

#include "conf/builtin.h"
#include "conf/compile.h"
#include "conf/load.h"
#include "tests/unit/conf-text.h"

#define N(array) (sizeof(array) / sizeof((array)[0]))

#define TRIGGER "[Trigger t]\nPressure=full 30% over 10s\n"
#define RELIEF  "[Relief]\nStep=kill\n"

#define WHEN "when, for its own shortage, tasks were fully stalled for at least 30 % of 10 s. "
#define THEN                                                                                       \
    "Chooses the process with the highest score (percent-times-ten). Then: sends SIGKILL, and "    \
    "then leaves it alone for 30 s. "
#define NOBODY "Protects nobody but init, kernel threads and reliefd."

static const struct {
    const char *name, *text, *sentence;
} rows[] = {
    {"x.service", TRIGGER RELIEF, "Acts on x.service " WHEN THEN NOBODY},
    {"x@.service", TRIGGER RELIEF, "Acts on every instance of x@.service " WHEN THEN NOBODY},
    {"10-a", "[Match]\nCgroup=a/* b !c\nCgroup=/ !d !e\n" TRIGGER RELIEF,
        "Acts on cgroups that match a/*, b or the root (the machine itself), but not on c, d or "
        "e " WHEN THEN NOBODY},
    {"10-a", "[Match]\nCgroup=/\n" TRIGGER RELIEF, "Acts on the machine itself " WHEN THEN NOBODY},
    {"default", TRIGGER RELIEF,
        "Acts on every cgroup that no other policy names " WHEN THEN NOBODY},
    {"default-a", "[Match]\nCgroup=!a\n" TRIGGER RELIEF,
        "Acts on every cgroup that no other policy names, but not on a " WHEN THEN NOBODY},
    {"x.service",
        "[Trigger a]\nUsage=95.5%\nEvents=oom 1 over 10s\n"
        "[Trigger b]\nPressure=some 2.25% over 1min 30s\nHeadroom=below 500M\nFrom=kill\n"
        "[Trigger c]\nHeadroom=below 5% max 1G\nEvents=oom_kill 3 over 500ms\n"
        "[Victim]\nKill=tree\nProtect=main \"comm:a b\" @system uid:0\n"
        "[Relief]\nStep=terminate INT wait 3s\nStep=terminate wait 0\nStep=kill wait 1s\n"
        "Cooldown=1h\n",
        "Acts on x.service when, for its own shortage, at least 95.5 % of memory is used and the "
        "kernel counted oom at least 1 time within 10 s; or when, for its own shortage, some task "
        "was stalled for at "
        "least 2.25 % of 1 min 30 s and less than 500M of memory is left (then beginning with step "
        "3, kill); or when less than 5 % (at most 1G) of memory is left and the kernel counted "
        "oom_kill at least 3 times within 500 ms. "
        "Chooses all of it, with every cgroup below. "
        "Then: sends SIGINT and waits 3 s, if that was not enough sends SIGTERM, if that was not "
        "enough sends SIGKILL and waits 1 s, and then leaves it alone for 1 h. "
        "Never touches: main, comm:a b, the built-in list @system (72 patterns), uid:0."},
    {"x.service",
        TRIGGER "[Relief]\nStep=warn desktop wait 2s\nStep=hook /usr/bin/true \"a b\" c\n"
                "Step=reclaim 64M\nStep=reclaim 5%\nStep=throttle 50% cpu 20%\nStep=freeze\n"
                "Step=restart\nStep=restart stop wait 1min\nStep=panic\nCooldown=0\n",
        "Acts on x.service " WHEN
        "Chooses the process with the highest score (percent-times-ten). Then: warns those who can "
        "help themselves (on the desktop, too) and waits 2 s, if that "
        "was not enough runs /usr/bin/true \"a b\" c, which may spare the victim, and gives it 5 "
        "s, if that was not enough has the kernel reclaim 64M, in 10 s at most, if that was not "
        "enough has the kernel reclaim 5 % of what is in use, in 10 s at most, if that was not "
        "enough throttles it at 50 % of the memory in use and at 20 % of a processor and waits 10 "
        "s, if that was not enough freezes it for 10 s, if that was not enough has systemd restart "
        "the victim's unit and waits 30 s at most, if that was not enough has systemd stop the "
        "victim's unit and waits 1 min at most, if that was not enough panics the kernel, if "
        "reliefd.conf allows it, and then leaves it alone for 0 s. " NOBODY},
    {"10-a",
        "[Match]\nLevel=container\nPod=!kube-system/* !a/b\nQoS=besteffort\nLimited=yes\n" TRIGGER
            RELIEF,
        "Acts on containers that belong to pods and that belong to pods of class besteffort and "
        "that have a memory.high or memory.max of their own, but not on those of pods "
        "kube-system/* or a/b " WHEN THEN NOBODY},
    {"10-a", "[Match]\nCgroup=a/**\nUnit=*.service !b.service\nLimited=no\n" TRIGGER RELIEF,
        "Acts on cgroups that match a/** and that are called *.service and that have no "
        "memory.high or memory.max of their own, but not on those called b.service " WHEN THEN
            NOBODY},
    {"10-a", "[Match]\nLevel=pod\n" TRIGGER RELIEF, "Acts on pods " WHEN THEN NOBODY},
    {"10-a", "[Match]\nLevel=qos\nQoS=!besteffort\n" TRIGGER RELIEF,
        "Acts on quality-of-service classes of pods that belong to pods, but not on those of pods "
        "of class besteffort " WHEN THEN NOBODY},
    {"default-a", "[Match]\nContainer=a b\nCgroup=!c\n" TRIGGER RELIEF,
        "Acts on cgroups that no other policy names and that belong to containers a or b, but not "
        "on c " WHEN THEN NOBODY},
    {"x.service",
        "[Trigger a]\nSwap=90%\nGrowth=1G over 5s\nRefaults=100/s\nFor=3s\n"
        "[Trigger b]\nUsage=90%\nOrigin=node\nGate=linux-2.4\n"
        "[Trigger c]\nPressure=some 1% over 1s\nOrigin=any\n"
        "[Trigger d]\nUsage=99%\nOrigin=any\nFor=1s\n" RELIEF,
        "Acts on x.service when, for its own shortage, at least 90 % of the swap that may be used "
        "is used and the memory in use grew by at least 1G within 5 s and at least 100 pages in "
        "use had to be read back each second for 5 s, all of it for 3 s without a break; or when, "
        "for a shortage of the machine, at least 90 % of memory is used, and Linux 2.4 would have "
        "killed; or when, for a shortage of its own or of the machine, some task was stalled for "
        "at least 1 % of 1 s; or when at least 99 % of memory is used, and this for 1 s without a "
        "break. " THEN NOBODY},
    {"x.service",
        TRIGGER RELIEF "Limit=3 per 10min\nOnRepeat=hold\nOnNoVictim=panic\nDryRun=auto\n"
                       "[Victim]\nWithin=/a/**\nKill=cgroup\nPrefer=comm:a comm:b\n"
                       "Avoid=@system uid:0\nAdjust=comm:c +300 main -20\nMinSize=10M\n"
                       "MaxProcesses=50\nProtect=comm:d\n"
                       "[Guard]\nHighBelowMax=5%\nOomGroup=yes\nOomScoreAdjust=comm:e 300\n"
                       "OomScoreAdjust=comm:f -5\nManaged=override\n",
        "Acts on x.service " WHEN "Chooses, in or below cgroups that match /a/**, the cgroup, of "
        "those that hold processes, whose "
        "death frees most. Chooses before all others: comm:a, comm:b. Chooses only when nobody "
        "else is left: the built-in list @system (72 patterns), uid:0. Shifts the score of comm:c "
        "by +300, main by -20. Passes over what would free less than 10M. Where that would end "
        "more than 50 processes, chooses one of them instead. "
        "Then: sends SIGKILL, and then leaves it alone for 30 s. Kills there at most 3 times "
        "within 10 min, then leaves it alone until that time is over. Panics the kernel when "
        "nobody can be chosen, if reliefd.conf allows it. While another such daemon runs, does "
        "none of it, but says what it would do. Keeps memory.high 5 % below memory.max. Keeps "
        "memory.oom.group at 1. Keeps oom_score_adj of comm:e at 300, comm:f at -5. Does so where "
        "the kubelet manages it, too. Never touches: comm:d."},
    {"x.service",
        TRIGGER RELIEF "Limit=1 per 1h\nDryRun=yes\n[Victim]\nWithin=subject\n"
                       "[Guard]\nHighBelowMax=16M\nOomGroup=no\n",
        "Acts on x.service " WHEN
        "Chooses, anywhere in the cgroup that the policy is for, the process with the highest "
        "score (percent-times-ten). Then: sends SIGKILL, and then leaves it alone for 30 s. Kills "
        "there at most 1 time within 1 h, then raises an alarm instead. Does none of it, but says "
        "what it would do. Keeps memory.high 16M below memory.max. Keeps memory.oom.group at "
        "0. " NOBODY},
    {"x.service", TRIGGER RELIEF "DryRun=until 20 confirmed regret<2%\n",
        "Acts on x.service " WHEN THEN "Does none of it, but says what it would do, until 20 "
        "decisions to kill have been confirmed and fewer than 2 % of those graded were in vain; "
        "then does it. " NOBODY},
    {"x.service", TRIGGER RELIEF "DryRun=until 1 confirmed\n",
        "Acts on x.service " WHEN THEN "Does none of it, but says what it would do, until 1 "
        "decision to kill has been confirmed and fewer than 5 % of those graded were in vain; "
        "then does it. " NOBODY},
    {"x.service", TRIGGER RELIEF "Limit=2 per 1h\nOnRepeat=stop\n",
        "Acts on x.service " WHEN THEN "Kills there at most 2 times within 1 h, then leaves it "
        "alone until reliefd or the policy is restarted. " NOBODY},
    {"x.service", TRIGGER RELIEF "[Victim]\nScore=private\n",
        "Acts on x.service " WHEN
        "Chooses the process with the highest score (private). Then: sends SIGKILL, and then "
        "leaves it alone for 30 s. " NOBODY},
    {"x.service", TRIGGER RELIEF "[Victim]\nScore=linux-3.18\n",
        "Acts on x.service " WHEN
        "Chooses the process with the highest score (v318, that of Linux 3.14 to 4.14). Then: "
        "sends SIGKILL, and then leaves it alone for 30 s. " NOBODY},
    {"x.service", TRIGGER RELIEF "[Victim]\nScore=linux-3.18\nKill=tree\n",
        "Acts on x.service " WHEN
        "Chooses all of it, with every cgroup below. Then: sends SIGKILL, and then leaves it alone "
        "for 30 s. " NOBODY},
    {"x.service", TRIGGER RELIEF "[Victim]\nKill=cgroup\n",
        "Acts on x.service " WHEN
        "Chooses the cgroup, of those that hold processes, whose death frees most. Then: sends "
        "SIGKILL, and then leaves it alone for 30 s. " NOBODY},
};

static void check(const char *name, const char *text, size_t len, const char *sentence)
{
    struct rl_findings findings = {0};
    struct rl_source source = {.path = "f", .text = text, .len = len};
    struct rl_compiled *compiled;
    char *said;

    assert_int_equal(rl_compile(name, &source, 1, &findings, &compiled), 0);
    assert_non_null(compiled);
    said = rl_policy_sentence(&compiled->policy);
    assert_string_equal(said, sentence);
    free(said);
    rl_compiled_release(compiled);
    rl_findings_free(&findings);
}

static void test_sentences(void **state)
{
    for (size_t i = 0; i < N(rows); i++)
        check(rows[i].name, rows[i].text, strlen(rows[i].text), rows[i].sentence);
}

/* What the shipped defaults say: whoever changes a number there changes it here. */
static void test_defaults(void **state)
{
    static const struct {
        const char *name, *sentence;
    } defaults[] = {
        {"default",
            "Acts on every cgroup that no other policy names when, for its own shortage, tasks "
            "were fully stalled for at least 40 % of 20 s and less than 3 % of memory is left. "
            "Chooses the process with the highest score (percent-times-ten). Then: sends SIGTERM "
            "and waits 5 s, if that was not enough sends SIGKILL, and then leaves it alone for "
            "30 s. Never touches: the built-in list @system (72 patterns)."},
        {"default-container",
            "Acts on cgroups that no other policy names and that match **/cri-containerd-*.scope, "
            "**/crio-*.scope, **/docker-*.scope, **/libpod-*.scope, **/nerdctl-*.scope, "
            "**/kubepods/pod*/*, **/kubepods/*/pod*/*, docker/* or libpod_parent/libpod-*, but "
            "not on **/crio-conmon-* or **/libpod-conmon-* when, for its own shortage, tasks were "
            "fully stalled for at least 80 % of 30 s and less than 2 % (at least 4M) of memory is "
            "left. Chooses all of it, with every cgroup below. Then: sends SIGKILL, and then "
            "leaves it alone for 1 min. Never touches: the built-in list @system (72 patterns)."},
        {"default-node",
            "Acts on the machine itself when, for its own shortage, tasks were fully stalled for "
            "at least 30 % of 10 s and less than 3 % (at least 100M, at most 1G) of memory is "
            "left. Chooses the process with the highest score (percent-times-ten). Then: sends "
            "SIGTERM and waits 3 s, if that was not enough sends SIGKILL, and then leaves it alone "
            "for 20 s. Never touches: the built-in list @system (72 patterns)."},
    };

    assert_int_equal(rl_builtins_n, N(defaults));
    for (size_t i = 0; i < N(defaults); i++)
        for (size_t j = 0; j < rl_builtins_n; j++)
            if (strcmp(rl_builtins[j].name, defaults[i].name) == 0)
                check(defaults[i].name, rl_builtins[j].text, rl_builtins[j].len,
                    defaults[i].sentence);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sentences),
        cmocka_unit_test(test_defaults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
