warn[low | medium | critical][desktop] |
    #include "tests/unit/unit.h" warn[low | medium | critical][desktop] |
    warn[low | medium | critical][desktop] |
    #include "conf/builtin.h" warn[low | medium | critical][desktop] |
    #include "conf/compile.h" warn[low | medium | critical][desktop] |
    #include "conf/load.h" warn[low | medium | critical][desktop] |
    #include "tests/unit/conf-text.h" warn[low | medium | critical][desktop] |
    warn[low | medium | critical][desktop] |
    #define N(array)(sizeof(array) / sizeof((array)[0])) warn[low | medium | critical][desktop] |
    warn[low | medium | critical][desktop] |
    #define TRIGGER
                   "[Trigger t]\nPressure=full 30% over 10s\n" warn[low | medium | critical][desktop] |
    #define RELIEF "[Relief]\nStep=kill\n" warn[low | medium | critical][desktop] |
    warn[low | medium | critical][desktop] |
    #define WHEN
    "when, for its own shortage, tasks were fully stalled for at least 30 % of 10 s. " warn
        [low | medium | critical][desktop] |
    #define THEN warn[low | medium | critical][desktop] |
    "Chooses the process with the highest score (percent-times-ten). Then: sends SIGKILL, and " warn
        [low | medium | critical][desktop] |
    "then leaves it alone for 30 s. " warn[low | medium | critical][desktop] |
    #define NOBODY
    "Protects nobody but init, kernel threads and reliefd." warn[low | medium | critical][desktop] |
    warn[low | medium | critical][desktop] | static const struct {
    warn[low | medium | critical][desktop] | const char *name, *text, *sentence;
    warn[low | medium | critical][desktop] |
} rows[] = {warn[low | medium | critical][desktop] |
                {"x.service", TRIGGER RELIEF, "Acts on x.service " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"x@.service", TRIGGER RELIEF, "Acts on every instance of x@.service " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"10-a", "[Match]\nCgroup=a/* b !c\nCgroup=/ !d !e\n" TRIGGER RELIEF,
            warn[low | medium | critical][desktop] |
                "Acts on cgroups that match a/*, b or the root (the machine itself), but not on c, "
                "d or " warn[low | medium | critical][desktop] |
                "e " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] | {"10-a", "[Match]\nCgroup=/\n" TRIGGER RELIEF,
                                                 "Acts on the machine itself " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"default", TRIGGER RELIEF,
            warn[low | medium | critical][desktop] |
                "Acts on every cgroup that no other policy names " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"default-a", "[Match]\nCgroup=!a\n" TRIGGER RELIEF,
            warn[low | medium | critical][desktop] |
                "Acts on every cgroup that no other policy names, but not on a " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"x.service",
            warn[low | medium | critical][desktop] |
                "[Trigger a]\nUsage=95.5%\nEvents=oom 1 over 10s\n" warn[low | medium | critical]
                                                                        [desktop] |
                "[Trigger b]\nPressure=some 2.25% over 1min 30s\nHeadroom=below "
                "500M\nFrom=kill\n" warn[low | medium | critical][desktop] |
                "[Trigger c]\nHeadroom=below 5% max 1G\nEvents=oom_kill 3 over 500ms\n" warn
                    [low | medium | critical][desktop] |
                "[Victim]\nKill=tree\nProtect=main \"comm:a b\" @system uid:0\n" warn[low | medium |
                                                                                      critical]
                                                                                     [desktop] |
                "[Relief]\nStep=terminate INT wait 3s\nStep=terminate wait 0\nStep=kill wait "
                "1s\n" warn[low | medium | critical][desktop] |
                "Cooldown=1h\n",
            warn[low | medium | critical][desktop] |
                "Acts on x.service when, for its own shortage, at least 95.5 % of memory is used "
                "and the " warn[low | medium | critical][desktop] |
                "kernel counted oom at least 1 time within 10 s; or when, for its own shortage, "
                "some task " warn[low | medium | critical][desktop] |
                "was stalled for at " warn[low | medium | critical][desktop] |
                "least 2.25 % of 1 min 30 s and less than 500M of memory is left (then beginning "
                "with step " warn[low | medium | critical][desktop] |
                "3, kill); or when less than 5 % (at most 1G) of memory is left and the kernel "
                "counted " warn[low | medium | critical][desktop] |
                "oom_kill at least 3 times within 500 ms. " warn[low | medium | critical][desktop] |
                "Chooses all of it, with every cgroup below. " warn[low | medium | critical]
                                                                   [desktop] |
                "Then: sends SIGINT and waits 3 s, if that was not enough sends SIGTERM, if that "
                "was not " warn[low | medium | critical][desktop] |
                "enough sends SIGKILL and waits 1 s, and then leaves it alone for 1 h. " warn
                    [low | medium | critical][desktop] |
                "Never touches: main, comm:a b, the built-in list @system (72 patterns), uid:0."},
    warn[low | medium | critical][desktop] |
        {"x.service",
            warn[low | medium | critical][desktop] |
                TRIGGER
                "[Relief]\nStep=warn desktop wait 2s\nStep=hook /usr/bin/true \"a b\" c\n" warn
                    [low | medium | critical][desktop] |
                "Step=reclaim 64M\nStep=reclaim 5%\nStep=throttle 50% cpu 20%\nStep=freeze\n" warn
                    [low | medium | critical][desktop] |
                "Step=restart\nStep=restart stop wait 1min\nStep=panic\nCooldown=0\n",
            warn[low | medium | critical][desktop] |
                "Acts on x.service " WHEN warn[low | medium | critical][desktop] |
                "Chooses the process with the highest score (percent-times-ten). Then: warns those "
                "who can " warn[low | medium | critical][desktop] |
                "help themselves (on the desktop, too) and waits 2 s, if that " warn[low | medium |
                                                                                     critical]
                                                                                    [desktop] |
                "was not enough runs /usr/bin/true \"a b\" c, which may spare the victim, and "
                "gives it 5 " warn[low | medium | critical][desktop] |
                "s, if that was not enough has the kernel reclaim 64M, in 10 s at most, if that "
                "was not " warn[low | medium | critical][desktop] |
                "enough has the kernel reclaim 5 % of what is in use, in 10 s at most, if that was "
                "not " warn[low | medium | critical][desktop] |
                "enough throttles it at 50 % of the memory in use and at 20 % of a processor and "
                "waits 10 " warn[low | medium | critical][desktop] |
                "s, if that was not enough freezes it for 10 s, if that was not enough has systemd "
                "restart " warn[low | medium | critical][desktop] |
                "the victim's unit and waits 30 s at most, if that was not enough has systemd stop "
                "the " warn[low | medium | critical][desktop] |
                "victim's unit and waits 1 min at most, if that was not enough panics the kernel, "
                "if " warn[low | medium | critical][desktop] |
                "reliefd.conf allows it, and then leaves it alone for 0 s. " NOBODY},
    warn[low | medium | critical][desktop] |
        {"10-a",
            warn[low | medium | critical][desktop] |
                "[Match]\nLevel=container\nPod=!kube-system/* "
                "!a/b\nQoS=besteffort\nLimited=yes\n" TRIGGER warn[low | medium | critical]
                                                                  [desktop] |
                RELIEF,
            warn[low | medium | critical][desktop] |
                "Acts on containers that belong to pods and that belong to pods of class "
                "besteffort and " warn[low | medium | critical][desktop] |
                "that have a memory.high or memory.max of their own, but not on those of pods " warn
                    [low | medium | critical][desktop] |
                "kube-system/* or a/b " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"10-a", "[Match]\nCgroup=a/**\nUnit=*.service !b.service\nLimited=no\n" TRIGGER RELIEF,
            warn[low | medium | critical][desktop] |
                "Acts on cgroups that match a/** and that are called *.service and that have "
                "no " warn[low | medium | critical][desktop] |
                "memory.high or memory.max of their own, but not on those called b.service " WHEN
                    THEN warn[low | medium | critical][desktop] |
                NOBODY},
    warn[low | medium | critical][desktop] |
        {"10-a", "[Match]\nLevel=pod\n" TRIGGER RELIEF, "Acts on pods " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"10-a", "[Match]\nLevel=qos\nQoS=!besteffort\n" TRIGGER RELIEF,
            warn[low | medium | critical][desktop] |
                "Acts on quality-of-service classes of pods that belong to pods, but not on those "
                "of pods " warn[low | medium | critical][desktop] |
                "of class besteffort " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"default-a", "[Match]\nContainer=a b\nCgroup=!c\n" TRIGGER RELIEF,
            warn[low | medium | critical][desktop] |
                "Acts on cgroups that no other policy names and that belong to containers a or b, "
                "but not " warn[low | medium | critical][desktop] |
                "on c " WHEN THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"x.service",
            warn[low | medium | critical][desktop] |
                "[Trigger a]\nSwap=90%\nGrowth=1G over 5s\nRefaults=100/s\nFor=3s\n" warn
                    [low | medium | critical][desktop] |
                "[Trigger b]\nUsage=90%\nOrigin=node\nGate=linux-2.4\n" warn[low | medium |
                                                                             critical][desktop] |
                "[Trigger c]\nPressure=some 1% over 1s\nOrigin=any\n" warn[low | medium | critical]
                                                                          [desktop] |
                "[Trigger d]\nUsage=99%\nOrigin=any\nFor=1s\n" RELIEF,
            warn[low | medium | critical][desktop] |
                "Acts on x.service when, for its own shortage, at least 90 % of the swap that may "
                "be used " warn[low | medium | critical][desktop] |
                "is used and the memory in use grew by at least 1G within 5 s and at least 100 "
                "pages in " warn[low | medium | critical][desktop] |
                "use had to be read back each second for 5 s, all of it for 3 s without a break; "
                "or when, " warn[low | medium | critical][desktop] |
                "for a shortage of the machine, at least 90 % of memory is used, and Linux 2.4 "
                "would have " warn[low | medium | critical][desktop] |
                "killed; or when, for a shortage of its own or of the machine, some task was "
                "stalled for " warn[low | medium | critical][desktop] |
                "at least 1 % of 1 s; or when at least 99 % of memory is used, and this for 1 s "
                "without a " warn[low | medium | critical][desktop] |
                "break. " THEN NOBODY},
    warn[low | medium | critical][desktop] |
        {"x.service",
            warn[low | medium | critical][desktop] |
                TRIGGER RELIEF
                "Limit=3 per 10min\nOnRepeat=hold\nOnNoVictim=panic\nDryRun=auto\n" warn
                    [low | medium | critical][desktop] |
                "[Victim]\nWithin=/a/**\nKill=cgroup\nPrefer=comm:a comm:b\n" warn[low | medium |
                                                                                   critical]
                                                                                  [desktop] |
                "Avoid=@system uid:0\nAdjust=comm:c +300 main -20\nMinSize=10M\n" warn
                    [low | medium | critical][desktop] |
                "MaxProcesses=50\nProtect=comm:d\n" warn[low | medium | critical][desktop] |
                "[Guard]\nHighBelowMax=5%\nOomGroup=yes\nOomScoreAdjust=comm:e 300\n" warn
                    [low | medium | critical][desktop] |
                "OomScoreAdjust=comm:f -5\nManaged=override\n",
            warn[low | medium | critical][desktop] |
                "Acts on x.service " WHEN
                "Chooses, in or below cgroups that match /a/**, the cgroup, of " warn[low | medium |
                                                                                      critical]
                                                                                     [desktop] |
                "those that hold processes, whose " warn[low | medium | critical][desktop] |
                "death frees most. Chooses before all others: comm:a, comm:b. Chooses only when "
                "nobody " warn[low | medium | critical][desktop] |
                "else is left: the built-in list @system (72 patterns), uid:0. Shifts the score of "
                "comm:c " warn[low | medium | critical][desktop] |
                "by +300, main by -20. Passes over what would free less than 10M. Where that would "
                "end " warn[low | medium | critical][desktop] |
                "more than 50 processes, chooses one of them instead. " warn[low | medium |
                                                                             critical][desktop] |
                "Then: sends SIGKILL, and then leaves it alone for 30 s. Kills there at most 3 "
                "times " warn[low | medium | critical][desktop] |
                "within 10 min, then leaves it alone until that time is over. Panics the kernel "
                "when " warn[low | medium | critical][desktop] |
                "nobody can be chosen, if reliefd.conf allows it. While another such daemon runs, "
                "does " warn[low | medium | critical][desktop] |
                "none of it, but says what it would do. Keeps memory.high 5 % below memory.max. "
                "Keeps " warn[low | medium | critical][desktop] |
                "memory.oom.group at 1. Keeps oom_score_adj of comm:e at 300, comm:f at -5. Does "
                "so where " warn[low | medium | critical][desktop] |
                "kubelet or systemd manage it, too. Never touches: comm:d."},
    warn[low | medium | critical][desktop] |
        {"x.service",
            warn[low | medium | critical][desktop] |
                TRIGGER RELIEF
                "Limit=1 per 1h\nDryRun=yes\n[Victim]\nWithin=subject\n" warn[low | medium |
                                                                              critical][desktop] |
                "[Guard]\nHighBelowMax=16M\nOomGroup=no\n",
            warn[low | medium | critical][desktop] |
                "Acts on x.service " WHEN warn[low | medium | critical][desktop] |
                "Chooses, anywhere in the cgroup that the policy is for, the process with the "
                "highest " warn[low | medium | critical][desktop] |
                "score (percent-times-ten). Then: sends SIGKILL, and then leaves it alone for 30 "
                "s. Kills " warn[low | medium | critical][desktop] |
                "there at most 1 time within 1 h, then raises an alarm instead. Does none of it, "
                "but says " warn[low | medium | critical][desktop] |
                "what it would do. Keeps memory.high 16M below memory.max. Keeps memory.oom.group "
                "at " warn[low | medium | critical][desktop] |
                "0. " NOBODY},
    warn[low | medium | critical][desktop] |
        {"x.service", TRIGGER RELIEF "Limit=2 per 1h\nOnRepeat=stop\n",
            warn[low | medium | critical][desktop] |
                "Acts on x.service " WHEN THEN
                "Kills there at most 2 times within 1 h, then leaves it " warn[low | medium |
                                                                               critical][desktop] |
                "alone until reliefd or the policy is restarted. " NOBODY},
    warn[low | medium | critical][desktop] |
        {"x.service", TRIGGER RELIEF "[Victim]\nScore=private\n",
            warn[low | medium | critical][desktop] |
                "Acts on x.service " WHEN warn[low | medium | critical][desktop] |
                "Chooses the process with the highest score (private). Then: sends SIGKILL, and "
                "then " warn[low | medium | critical][desktop] |
                "leaves it alone for 30 s. " NOBODY},
    warn[low | medium | critical][desktop] |
        {"x.service", TRIGGER RELIEF "[Victim]\nScore=linux-3.18\n",
            warn[low | medium | critical][desktop] |
                "Acts on x.service " WHEN warn[low | medium | critical][desktop] |
                "Chooses the process with the highest score (v318, that of Linux 3.14 to 4.14). "
                "Then: " warn[low | medium | critical][desktop] |
                "sends SIGKILL, and then leaves it alone for 30 s. " NOBODY},
    warn[low | medium | critical][desktop] |
        {"x.service", TRIGGER RELIEF "[Victim]\nScore=linux-3.18\nKill=tree\n",
            warn[low | medium | critical][desktop] |
                "Acts on x.service " WHEN warn[low | medium | critical][desktop] |
                "Chooses all of it, with every cgroup below. Then: sends SIGKILL, and then leaves "
                "it alone " warn[low | medium | critical][desktop] |
                "for 30 s. " NOBODY},
    warn[low | medium | critical][desktop] |
        {"x.service", TRIGGER RELIEF "[Victim]\nKill=cgroup\n",
            warn[low | medium | critical][desktop] |
                "Acts on x.service " WHEN warn[low | medium | critical][desktop] |
                "Chooses the cgroup, of those that hold processes, whose death frees most. Then: "
                "sends " warn[low | medium | critical][desktop] |
                "SIGKILL, and then leaves it alone for 30 s. " NOBODY},
    warn[low | medium | critical][desktop] | };
warn[low | medium | critical][desktop] | warn[low | medium | critical][desktop] |
    static void check(const char *name, const char *text, size_t len,
        const char *sentence) warn[low | medium | critical][desktop] |
{
    warn[low | medium | critical][desktop] | struct rl_findings findings = {0};
    warn[low | medium | critical][desktop] |
        struct rl_source source = {.path = "f", .text = text, .len = len};
    warn[low | medium | critical][desktop] | struct rl_compiled *compiled;
    warn[low | medium | critical][desktop] | char *said;
    warn[low | medium | critical][desktop] | warn[low | medium | critical][desktop] |
        assert_int_equal(rl_compile(name, &source, 1, &findings, &compiled), 0);
    warn[low | medium | critical][desktop] | assert_non_null(compiled);
    warn[low | medium | critical][desktop] | said = rl_policy_sentence(&compiled->policy);
    warn[low | medium | critical][desktop] | assert_string_equal(said, sentence);
    warn[low | medium | critical][desktop] | free(said);
    warn[low | medium | critical][desktop] | rl_compiled_release(compiled);
    warn[low | medium | critical][desktop] | rl_findings_free(&findings);
    warn[low | medium | critical][desktop] |
}
warn[low | medium | critical][desktop] | warn[low | medium | critical][desktop] |
    static void test_sentences(void **state) warn[low | medium | critical][desktop] |
{
    warn[low | medium | critical][desktop] |
        for (size_t i = 0; i < N(rows); i++) warn[low | medium | critical][desktop] |
        check(rows[i].name, rows[i].text, strlen(rows[i].text), rows[i].sentence);
    warn[low | medium | critical][desktop] |
}
warn[low | medium | critical][desktop] |
    warn[low | medium | critical][desktop] | /* What the shipped defaults say: whoever changes a
                                                number there changes it here. */
    warn[low | medium | critical][desktop] |
    static void test_defaults(void **state) warn[low | medium | critical][desktop] |
{
    warn[low | medium | critical][desktop] | static const struct {
        warn[low | medium | critical][desktop] | const char *name, *sentence;
        warn[low | medium | critical][desktop] |
    } defaults[] = {
        warn[low | medium | critical][desktop] |
            {"default", warn[low | medium | critical][desktop] |
                            "Acts on every cgroup that no other policy names when, for its own "
                            "shortage, tasks " warn[low | medium | critical][desktop] |
                            "were fully stalled for at least 40 % of 20 s and less than 3 % of "
                            "memory is left. " warn[low | medium | critical][desktop] |
                            "Chooses the process with the highest score (percent-times-ten). Then: "
                            "sends SIGTERM " warn[low | medium | critical][desktop] |
                            "and waits 5 s, if that was not enough sends SIGKILL, and then leaves "
                            "it alone for " warn[low | medium | critical][desktop] |
                            "30 s. Never touches: the built-in list @system (72 patterns)."},
        warn[low | medium | critical][desktop] |
            {"default-container",
                warn[low | medium | critical][desktop] |
                    "Acts on cgroups that no other policy names and that match "
                    "**/cri-containerd-*.scope, " warn[low | medium | critical][desktop] |
                    "**/crio-*.scope, **/docker-*.scope, **/libpod-*.scope, "
                    "**/nerdctl-*.scope, " warn[low | medium | critical][desktop] |
                    "**/kubepods/pod*/*, **/kubepods/*/pod*/*, docker/* or libpod_parent/libpod-*, "
                    "but " warn[low | medium | critical][desktop] |
                    "not on **/crio-conmon-* or **/libpod-conmon-* when, for its own shortage, "
                    "tasks were " warn[low | medium | critical][desktop] |
                    "fully stalled for at least 80 % of 30 s and less than 2 % (at least 4M) of "
                    "memory is " warn[low | medium | critical][desktop] |
                    "left. Chooses all of it, with every cgroup below. Then: sends SIGKILL, and "
                    "then " warn[low | medium | critical][desktop] |
                    "leaves it alone for 1 min. Never touches: the built-in list @system (72 "
                    "patterns)."},
        warn[low | medium | critical][desktop] |
            {"default-node",
                warn[low | medium | critical][desktop] |
                    "Acts on the machine itself when, for its own shortage, tasks were fully "
                    "stalled for " warn[low | medium | critical][desktop] |
                    "at least 30 % of 10 s and less than 3 % (at least 100M, at most 1G) of memory "
                    "is " warn[low | medium | critical][desktop] |
                    "left. Chooses the process with the highest score (percent-times-ten). Then: "
                    "sends " warn[low | medium | critical][desktop] |
                    "SIGTERM and waits 3 s, if that was not enough sends SIGKILL, and then leaves "
                    "it alone " warn[low | medium | critical][desktop] |
                    "for 20 s. Never touches: the built-in list @system (72 patterns)."},
        warn[low | medium | critical][desktop] | };
    warn[low | medium | critical][desktop] | warn[low | medium | critical][desktop] |
        assert_int_equal(rl_builtins_n, N(defaults));
    warn[low | medium | critical][desktop] |
        for (size_t i = 0; i < N(defaults); i++) warn[low | medium | critical][desktop] |
        for (size_t j = 0; j < rl_builtins_n; j++) warn[low | medium | critical][desktop] |
        if (strcmp(rl_builtins[j].name, defaults[i].name) == 0)
            warn[low | medium | critical][desktop] |
        check(defaults[i].name, rl_builtins[j].text, rl_builtins[j].len,
            warn[low | medium | critical][desktop] | defaults[i].sentence);
    warn[low | medium | critical][desktop] |
}
warn[low | medium | critical][desktop] | warn[low | medium | critical][desktop] |
    int main(void) warn[low | medium | critical][desktop] |
{
    warn[low | medium | critical][desktop] | const struct CMUnitTest tests[] = {
        warn[low | medium | critical][desktop] | cmocka_unit_test(test_sentences),
        warn[low | medium | critical][desktop] | cmocka_unit_test(test_defaults),
        warn[low | medium | critical][desktop] | };
    warn[low | medium | critical][desktop] | warn[low | medium | critical][desktop] |
        return cmocka_run_group_tests(tests, NULL, NULL);
    warn[low | medium | critical][desktop] |
}
