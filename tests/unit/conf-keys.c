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

#define TEN       "abcdefghi/"
#define LONG_PATH TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "abcdefg"

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

    {"Match", "Unit", "nginx*.service !nginx-a.service", NULL},
    {"Match", "Unit", "system-a\\\\x2db.slice", NULL},
    {"Match", "Unit", "!", "'!' names nothing"},
    {"Match", "Unit", "a.slice/b.service", "'a.slice/b.service' has a '/', which no name has"},
    {"Match", "Unit", "a[b", "'a[b' has a '[' without ']'"},
    {"Match", "Limited", "yes", NULL},
    {"Match", "Limited", "Off", NULL},
    {"Match", "Limited", "maybe", "'maybe' is neither"},
    {"Match", "Level", "container", NULL},
    {"Match", "Level", "pod", NULL},
    {"Match", "Level", "qos", NULL},
    {"Match", "Level", "containers", "unknown word 'containers'; did you mean 'container'?"},
    {"Match", "Level", "node", "unknown word 'node'"},
    {"Match", "Pod", "web/* !kube-system/*", NULL},
    {"Match", "Pod", "5f2d8c1a-0000-4000-8000-0123456789ab *", NULL},
    {"Match", "Pod", "5f2d*", NULL},
    {"Match", "Pod", "!", "'!' names nothing"},
    {"Match", "Pod", "web", "'web' is neither NAMESPACE/NAME nor the UID of a pod"},
    {"Match", "Pod", "!/web", "'!/web' is neither NAMESPACE/NAME nor the UID of a pod"},
    {"Match", "Pod", "web/", "'web/' is neither NAMESPACE/NAME nor the UID of a pod"},
    {"Match", "Pod", "a/b/c", "'a/b/c' is neither NAMESPACE/NAME nor the UID of a pod"},
    {"Match", "QoS", "guaranteed !burstable besteffort", NULL},
    {"Match", "QoS", "bestefort", "unknown class 'bestefort'; did you mean 'besteffort'?"},
    {"Match", "QoS", "!gold", "unknown class 'gold'"},
    {"Match", "Container", "3f2a* !3f2ab*", NULL},
    {"Match", "Container", "a/b", "'a/b' has a '/', which no name has"},

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

    {"Trigger", "Swap", "90%", NULL},
    {"Trigger", "Swap", "100%", NULL},
    {"Trigger", "Swap", "90", "'90' has no '%'"},
    {"Trigger", "Swap", "0%", "'0%' is not over 0% and up to 100%"},

    {"Trigger", "Growth", "500M over 10s", NULL},
    {"Trigger", "Growth", "1 over 10min", NULL},
    {"Trigger", "Growth", "0 over 10s", "'0' is always reached"},
    {"Trigger", "Growth", "5% over 10s",
        "'5%' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
    {"Trigger", "Growth", "500M", "'over T' is missing"},
    {"Trigger", "Growth", "500M within 10s", "'within' stands where 'over' is due"},
    {"Trigger", "Growth", "500M over 11min", "'11min' is not within 500 ms and 10 min"},

    {"Trigger", "Refaults", "100/s", NULL},
    {"Trigger", "Refaults", "4294967295/s", NULL},
    {"Trigger", "Refaults", "100", "'100' does not end in '/s'"},
    {"Trigger", "Refaults", "100/min", "'100/min' does not end in '/s'"},
    {"Trigger", "Refaults", "0/s", "'0' is not within 1 and 4294967295"},
    {"Trigger", "Refaults", "/s", "'' is empty"},
    {"Trigger", "Refaults", "many/s", "'many' is no number"},

    {"Trigger", "For", "0", NULL},
    {"Trigger", "For", "1h", NULL},
    {"Trigger", "For", "5", "'5' has no unit (a time has us, ms, s, min, h)"},
    {"Trigger", "For", "1h 1us", "'1h 1us' is not within 0 s and 1 h"},

    {"Trigger", "Origin", "own", NULL},
    {"Trigger", "Origin", "node", NULL},
    {"Trigger", "Origin", "any", NULL},
    {"Trigger", "Origin", "nod", "unknown word 'nod'; did you mean 'node'?"},
    {"Trigger", "Origin", "all", "unknown word 'all'"},

    {"Trigger", "Gate", "none", NULL},
    {"Trigger", "Gate", "linux-2.4", NULL},
    {"Trigger", "Gate", "linux-2.2", "unknown word 'linux-2.2'; did you mean 'linux-2.4'?"},

    {"Trigger", "From", "kill", NULL},

    {"Victim", "Within", "offender", NULL},
    {"Victim", "Within", "subject", NULL},
    {"Victim", "Within", "/**", NULL},
    {"Victim", "Within", "\"a b/*\"", NULL},
    {"Victim", "Within", "subjct", "unknown reach 'subjct'; did you mean 'subject'?"},
    {"Victim", "Within", "app.slice", "unknown reach 'app.slice'"},
    {"Victim", "Within", "/a /b", "'/b' is left over"},
    {"Victim", "Within", "/a/", "'/a/' ends in '/'"},
    {"Victim", "Within", "/sys/fs/cgroup/a",
        "'/sys/fs/cgroup/a' begins with the mount point; paths are relative to it"},

    {"Victim", "Kill", "process", NULL},
    {"Victim", "Kill", "cgroup", NULL},
    {"Victim", "Kill", "tree", NULL},
    {"Victim", "Kill", "proces", "unknown scope 'proces'; did you mean 'process'?"},
    {"Victim", "Kill", "all", "unknown scope 'all'"},

    {"Victim", "Score", "percent-times-ten", NULL},
    {"Victim", "Score", "percent-times-tne",
        "unknown model 'percent-times-tne'; did you mean 'percent-times-ten'?"},
    {"Victim", "Score", "private", NULL},
    {"Victim", "Score", "v59", NULL},
    {"Victim", "Score", "linux", NULL},
    {"Victim", "Score", "linux-2.6", NULL},
    {"Victim", "Score", "linux-6.12", NULL},
    {"Victim", "Score", "linux-4.19.325", NULL},
    {"Victim", "Score", "linx", "unknown model 'linx'; did you mean 'linux'?"},
    {"Victim", "Score", "linux-3.10.0-514.el7", "unknown model 'linux-3.10.0-514.el7'"},
    {"Victim", "Score", "v59 private", "unknown model 'v59 private'"},

    {"Victim", "Protect", "main", NULL},
    {"Victim", "Protect", "leader", NULL},
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

    {"Victim", "Protect", "\"cmdline:postgres: *checkpointer*\"", NULL},
    {"Victim", "Protect", "cmdlin:x", "unknown kind 'cmdlin'; did you mean 'cmdline'?"},
    {"Victim", "Avoid", "@system comm:a", NULL},
    {"Victim", "Avoid", "exe:sshd", "'exe:sshd' is no full path; expected as in exe:/usr/bin/NAME"},
    {"Victim", "Prefer", "comm:pg_dump main", NULL},
    {"Victim", "Prefer", "comm", "nothing follows 'comm'"},

    {"Victim", "Adjust", "comm:a +300", NULL},
    {"Victim", "Adjust", "comm:a \"cmdline:b c\" -1000 uid:0 +1000", NULL},
    {"Victim", "Adjust", "main&uid:0 +0", NULL},
    {"Victim", "Adjust", "comm:a", "no number follows 'comm:a'"},
    {"Victim", "Adjust", "comm:a +1 comm:b", "no number follows 'comm:b'"},
    {"Victim", "Adjust", "+300", "no pattern stands before '+300'"},
    {"Victim", "Adjust", "comm:a +1 +2", "no pattern stands before '+2'"},
    {"Victim", "Adjust", "comm:a 300", "'300' has no sign"},
    {"Victim", "Adjust", "comm:a +1001", "'+1001' is not within -1000 and 1000"},
    {"Victim", "Adjust", "comm:a -1001", "'-1001' is not within -1000 and 1000"},
    {"Victim", "Adjust", "comm:a +99999999999999999999", "'+99999999999999999999' is too large"},
    {"Victim", "Adjust", "comm:a +", "'+' is empty"},
    {"Victim", "Adjust", "comm:a +-3", "'+-3' is no number"},
    {"Victim", "Adjust", "comm:a +1.5", "'+1.5' has too many decimals"},
    {"Victim", "Adjust", "@system +1", "unknown kind '@system'"},
    {"Victim", "Adjust", "comm:[a +1", "'[a' has a '[' without ']'"},

    {"Victim", "MinSize", "0", NULL},
    {"Victim", "MinSize", "10M", NULL},
    {"Victim", "MinSize", "2T", "'2T' is not within 0 and 1T"},
    {"Victim", "MinSize", "10%",
        "'10%' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
    {"Victim", "MaxProcesses", "0", NULL},
    {"Victim", "MaxProcesses", "1000000", NULL},
    {"Victim", "MaxProcesses", "1000001", "'1000001' is not within 0 and 1000000"},
    {"Victim", "MaxProcesses", "few", "'few' is no number"},

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
    {"Relief", "Step", "kill wiat 5s", "'wiat' is left over; did you mean 'wait'?"},
    {"Relief", "Step", "warn", NULL},
    {"Relief", "Step", "warn desktop wait 2s", NULL},
    {"Relief", "Step", "warn wait 0", NULL},
    {"Relief", "Step", "warn desktpo", "'desktpo' is left over; did you mean 'desktop'?"},
    {"Relief", "Step", "warn wait 2s desktop",
        "'2s desktop' is no number (a time has us, ms, s, min, h)"},
    {"Relief", "Step", "hook /usr/bin/true", NULL},
    {"Relief", "Step", "hook /usr/bin/true wait 3s", NULL},
    {"Relief", "Step", "hook /usr/bin/true -v \"two words\" \"\\\"\" wait 3s", NULL},
    {"Relief", "Step", "hook \"/opt/a program\" \"wait\" wait 3s", NULL},
    {"Relief", "Step", "hook", "'hook' has no path"},
    {"Relief", "Step", "hook wait 3s", "'hook' has no path"},
    {"Relief", "Step", "hook true", "'true' does not begin with '/'"},
    {"Relief", "Step", "hook /usr/bin/", "'/usr/bin/' is no file"},
    {"Relief", "Step", "hook / ", "'/' is no file"},
    {"Relief", "Step", "hook /usr/bin/true wait", "no time follows 'wait'"},
    {"Relief", "Step", "hook /usr/bin/true wait 0", "'hook' is given no time at all"},
    {"Relief", "Step", "hook /usr/bin/true \"a",
        "'a' has no closing quote (a blank and ';' begin a comment even within quotes)"},
    {"Relief", "Step", "hook /h 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", NULL},
    {"Relief", "Step", "hook /h 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
        "'17' is one argument too much; at most 16 are possible"},
    {"Relief", "Step", "reclaim 64M", NULL},
    {"Relief", "Step", "reclaim 12.5% wait 20s", NULL},
    {"Relief", "Step", "reclaim", "'reclaim' has no amount"},
    {"Relief", "Step", "reclaim wait 5s", "'reclaim' has no amount"},
    {"Relief", "Step", "reclaim 0", "'0' reclaims nothing"},
    {"Relief", "Step", "reclaim 0%", "'0%' is not over 0% and up to 100%"},
    {"Relief", "Step", "reclaim 101%", "'101%' is not over 0% and up to 100%"},
    {"Relief", "Step", "reclaim 64X",
        "'64X' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
    {"Relief", "Step", "reclaim 64M 5s", "'5s' is left over"},
    {"Relief", "Step", "reclaim 64M wait 0", "'reclaim' is given no time at all"},
    {"Relief", "Step", "throttle 50%", NULL},
    {"Relief", "Step", "throttle 100% wait 5s", NULL},
    {"Relief", "Step", "throttle 1% cpu 100% wait 5s", NULL},
    {"Relief", "Step", "throttle", "'throttle' has no N%"},
    {"Relief", "Step", "throttle 50", "'50' has no '%'"},
    {"Relief", "Step", "throttle 0.99%", "'0.99%' is less than 1%"},
    {"Relief", "Step", "throttle 50% cpu", "'throttle' has no M% behind 'cpu'"},
    {"Relief", "Step", "throttle 50% cpu wait 5s", "'throttle' has no M% behind 'cpu'"},
    {"Relief", "Step", "throttle 50% cpu 0.5%", "'0.5%' is less than 1%"},
    {"Relief", "Step", "throttle 50% cup 20%", "'cup' is left over; did you mean 'cpu'?"},
    {"Relief", "Step", "throttle 50% wait 0", "'throttle' is given no time at all"},
    {"Relief", "Step", "freeze", NULL},
    {"Relief", "Step", "freeze wait 10min", NULL},
    {"Relief", "Step", "freeze wait 0", "'freeze' is given no time at all"},
    {"Relief", "Step", "freeze 5s", "'5s' is left over"},
    {"Relief", "Step", "restart", NULL},
    {"Relief", "Step", "restart stop wait 1min", NULL},
    {"Relief", "Step", "restart sotp", "'sotp' is left over; did you mean 'stop'?"},
    {"Relief", "Step", "panic", NULL},
    {"Relief", "Step", "panic now", "'now' is left over"},
    {"Relief", "Step", "thorttle 5%", "unknown step 'thorttle'; did you mean 'throttle'?"},
    {"Relief", "Step", "kill wait 5", "'5' has no unit (a time has us, ms, s, min, h)"},

    {"Relief", "DryRun", "yes", NULL},
    {"Relief", "DryRun", "auto", NULL},
    {"Relief", "DryRun", "until 1 confirmed", NULL},
    {"Relief", "DryRun", "until 20 confirmed regret<2%", NULL},
    {"Relief", "DryRun", "until  10000  confirmed  regret<0.01%", NULL},
    {"Relief", "DryRun", "maybe", "'maybe' is none of them"},
    {"Relief", "DryRun", "untill 3 confirmed", "'untill 3 confirmed' is none of them"},
    {"Relief", "DryRun", "until", "no number follows 'until'"},
    {"Relief", "DryRun", "until confirmed", "'confirmed' is no number"},
    {"Relief", "DryRun", "until 0 confirmed", "'0' is not within 1 and 10000"},
    {"Relief", "DryRun", "until 10001 confirmed", "'10001' is not within 1 and 10000"},
    {"Relief", "DryRun", "until 3", "no 'confirmed' follows '3'"},
    {"Relief", "DryRun", "until 3 regret<2%", "'regret<2%' stands where 'confirmed' should"},
    {"Relief", "DryRun", "until 3 confirmed regret", "'regret' has no '<N%' (without blanks)"},
    {"Relief", "DryRun", "until 3 confirmed regret<", "'regret<' has no '<N%' (without blanks)"},
    {"Relief", "DryRun", "until 3 confirmed regret < 2%", "'regret' has no '<N%' (without blanks)"},
    {"Relief", "DryRun", "until 3 confirmed regret<2", "'2' has no '%'"},
    {"Relief", "DryRun", "until 3 confirmed regret<0%", "'0%' is not over 0% and up to 100%"},
    {"Relief", "DryRun", "until 3 confirmed regret<101%", "'101%' is not over 0% and up to 100%"},
    {"Relief", "DryRun", "until 3 confirmed regret>2%",
        "'regret>2%' stands where only regret<N% can follow"},
    {"Relief", "DryRun", "until 3 confirmed 2%", "'2%' stands where only regret<N% can follow"},
    {"Relief", "DryRun", "until 3 confirmed regret<2% more", "'more' is left over"},
    {"Daemon", "DryRun", "until 3 confirmed", "'until 3 confirmed' is none of them"},
    {"Daemon", "MetricsFile", "/var/lib/x/reliefd.prom", NULL},
    {"Daemon", "MetricsFile", "reliefd.prom", "'reliefd.prom' is not an absolute path"},
    {"Daemon", "MetricsFile", "/x/reliefd.txt",
        "'/x/reliefd.txt' does not end in NAME.prom, the only files read"},
    {"Daemon", "MetricsFile", "/x/.prom",
        "'/x/.prom' does not end in NAME.prom, the only files read"},

    {"Relief", "Cooldown", "0", NULL},
    {"Relief", "Cooldown", "1h", NULL},
    {"Relief", "Cooldown", "61min", "'61min' is not within 0 s and 1 h"},
    {"Relief", "Cooldown", "30", "'30' has no unit (a time has us, ms, s, min, h)"},

    {"Relief", "Limit", "3 per 10min", NULL},
    {"Relief", "Limit", "1000 per 24h", NULL},
    {"Relief", "Limit", "1 per 1s", NULL},
    {"Relief", "Limit", "3", "'per T' is missing"},
    {"Relief", "Limit", "3 in 10min", "'in' stands where 'per' is due"},
    {"Relief", "Limit", "3 per", "no time follows 'per'"},
    {"Relief", "Limit", "0 per 10min", "'0' is not within 1 and 1000"},
    {"Relief", "Limit", "1001 per 10min", "'1001' is not within 1 and 1000"},
    {"Relief", "Limit", "3 per 999ms", "'999ms' is not within 1 s and 24 h"},
    {"Relief", "Limit", "3 per 25h", "'25h' is not within 1 s and 24 h"},
    {"Relief", "Limit", "3 per 10", "'10' has no unit (a time has us, ms, s, min, h)"},
    {"Relief", "OnRepeat", "stop", NULL},
    {"Relief", "OnRepeat", "hold", NULL},
    {"Relief", "OnRepeat", "alarm", NULL},
    {"Relief", "OnRepeat", "halt", "unknown word 'halt'; did you mean 'hold'?"},
    {"Relief", "OnRepeat", "reboot", "unknown word 'reboot'"},
    {"Relief", "OnNoVictim", "log", NULL},
    {"Relief", "OnNoVictim", "panic", NULL},
    {"Relief", "OnNoVictim", "Panic", "unknown word 'Panic'; did you mean 'panic'?"},
    {"Relief", "DryRun", "yes", NULL},
    {"Relief", "DryRun", "auto", NULL},
    {"Relief", "DryRun", "sometimes", "'sometimes' is none of them"},

    {"Guard", "HighBelowMax", "5%", NULL},
    {"Guard", "HighBelowMax", "99.99%", NULL},
    {"Guard", "HighBelowMax", "0%", "'0%' is not over 0% and up to 100%"},
    {"Guard", "HighBelowMax", "100%", "'100%' leaves nothing below it"},
    {"Guard", "HighBelowMax", "0", "'0' is memory.max itself"},
    {"Guard", "HighBelowMax", "5", NULL},
    {"Guard", "HighBelowMax", "5Q",
        "'5Q' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
    {"Guard", "OomGroup", "yes", NULL},
    {"Guard", "OomGroup", "2", "'2' is neither"},
    {"Guard", "OomScoreAdjust", "comm:a 300", NULL},
    {"Guard", "OomScoreAdjust", "comm:a uid:0 -1000 main +1000", NULL},
    {"Guard", "OomScoreAdjust", "comm:a", "no number follows 'comm:a'"},
    {"Guard", "OomScoreAdjust", "300", "no pattern stands before '300'"},
    {"Guard", "OomScoreAdjust", "comm:a -1001", "'-1001' is not within -1000 and 1000"},
    {"Guard", "Managed", "override", NULL},
    {"Guard", "Managed", "leave", NULL},
    {"Guard", "Managed", "overide", "unknown word 'overide'; did you mean 'override'?"},

    {"Daemon", "DryRun", "yes", NULL},
    {"Daemon", "DryRun", "no", NULL},
    {"Daemon", "DryRun", "auto", NULL},
    {"Daemon", "DryRun", "maybe", "'maybe' is none of them"},
    {"Daemon", "AllowWithin", "/** a/b \"c d/*\"", NULL},
    {"Daemon", "AllowWithin", "a//b", "'a//b' has an empty level"},
    {"Daemon", "AllowWithin", "/sys/fs/cgroup/a",
        "'/sys/fs/cgroup/a' begins with the mount point; paths are relative to it"},
    {"Daemon", "AllowPanic", "yes", NULL},
    {"Daemon", "AllowPanic", "never", "'never' is neither"},
    {"Budget", "Kills", "10 per 10min", NULL},
    {"Budget", "Kills", "1 per 1s", NULL},
    {"Budget", "Kills", "0 per 10min", "'0' is not within 1 and 1000"},
    {"Budget", "Kills", "ten", "'ten' is no number"},
    {"Compat", "SystemdOomd", "yes", NULL},
    {"Compat", "SystemdOomd", "auto", "'auto' is neither"},
    {"Compat", "TellSystemd", "no", NULL},
    {"Compat", "TellSystemd", "1s", "'1s' is neither"},
    {"Daemon", "LogLevel", "debug", NULL},
    {"Daemon", "LogLevel", "warn", "unknown level 'warn'"},
    {"Daemon", "LogLevel", "errr", "unknown level 'errr'; did you mean 'err'?"},
    {"Daemon", "LogFormat", "text", NULL},
    {"Daemon", "LogFormat", "json", NULL},
    {"Daemon", "LogFormat", "xml", "unknown word 'xml'"},
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

/* Values that are taken, with a warning. */
static const struct {
    const char *section, *key, *value;
    const char *warning;
} warned[] = {
    {"Victim", "Protect", "comm:abcdefghijklmnop",
        "2: warning [never-matches] Protect=: 'comm:abcdefghijklmnop' never matches: it is longer "
        "than the 15 bytes that /proc/PID/comm holds\n"},
    {"Victim", "Prefer", "uid:0&comm:?bcdefghijklmno?",
        "2: warning [never-matches] Prefer=: 'comm:?bcdefghijklmno?' never matches: it is longer "
        "than the 15 bytes that /proc/PID/comm holds\n"},
    {"Victim", "Avoid", "exe:/" LONG_PATH,
        "2: warning [never-matches] Avoid=: 'exe:/" LONG_PATH "' never matches: of a path of more "
        "than 127 bytes only the end is known, so begin with '*'\n"},
    {"Victim", "Avoid", "exe:*" LONG_PATH, ""},
    {"Victim", "Avoid", "comm:abcdefghijklmno comm:abcdefg*hijklmno", ""},
    {"Match", "Unit", "system-a\\x2db.slice",
        "2: warning [unit-escape] Unit=: '\\x2d' in 'system-a\\x2db.slice' matches 'x2d'; a unit's "
        "own '\\' is written '\\\\'\n"},
    {"Match", "Cgroup", "a/b\\xyz a/\\xgf a/\\xfg a/\\x", ""},
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
    rl_draft_read(&draft, "f", text, strlen(text), false);
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

static void test_warnings(void **state)
{
    for (size_t i = 0; i < N(warned); i++) {
        struct rl_findings findings = {0};

        read_line(find_key(warned[i].section, warned[i].key), warned[i].value, &findings);
        expect_findings(&findings, "f", warned[i].warning);
        rl_findings_free(&findings);
    }
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
    struct rl_source source = {.path = "f"};
    struct rl_line line;
    char file[256];

    snprintf(file, sizeof(file), "[Trigger t]\n%s\n[Relief]\nStep=terminate\n", text);
    source.text = file;
    source.len = strlen(file);
    assert_int_equal(rl_compile("x.service", &source, 1, &findings, &compiled), 0);
    assert_int_equal(findings.errors, 0);
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

    line = compile_line("Swap=90.01%");
    assert_int_equal(line.kind, RL_LINE_SWAP);
    assert_int_equal(line.share, 9001);

    line = compile_line("Growth=500M over 3s");
    assert_int_equal(line.kind, RL_LINE_GROWTH);
    assert_int_equal(line.bytes, 500 << 20);
    assert_int_equal(line.window_us, 3 * RL_US_PER_S);

    line = compile_line("Refaults=100/s");
    assert_int_equal(line.kind, RL_LINE_REFAULTS);
    assert_int_equal(line.count, 100);
    assert_int_equal(line.window_us, 10 * RL_US_PER_S);
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
        cmocka_unit_test(test_warnings),
        cmocka_unit_test(test_every_key_is_tested),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_lines),
        cmocka_unit_test(test_named_lists),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
