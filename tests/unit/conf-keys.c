warn [low|medium|critical] [desktop] |#include "tests/unit/unit.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include <ctype.h>
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#include "conf/compile.h"
warn [low|medium|critical] [desktop] |#include "conf/draft.h"
warn [low|medium|critical] [desktop] |#include "conf/pattern.h"
warn [low|medium|critical] [desktop] |#include "tests/unit/conf-text.h"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define N(array) (sizeof(array) / sizeof((array)[0]))
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* One value of one key: either refused with this text (behind "KEY=: " and before "; expected
warn [low|medium|critical] [desktop] | * FORM"), or well. */
warn [low|medium|critical] [desktop] |struct row {
warn [low|medium|critical] [desktop] |    const char *section, *key, *value;
warn [low|medium|critical] [desktop] |    const char *refused;
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |#define TEN       "abcdefghi/"
warn [low|medium|critical] [desktop] |#define LONG_PATH TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "abcdefg"
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct row rows[] = {
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "a.slice", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "/", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "/a/b/** !**/c-*", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "\"a b\" [ab]/?", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "a\\[b", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "!", "'!' names nothing"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "/sys/fs/cgroup/a",
warn [low|medium|critical] [desktop] |        "'/sys/fs/cgroup/a' begins with the mount point; paths are relative to it"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "a/", "'a/' ends in '/'"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "a//b", "'a//b' has an empty level"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "//", "'//' has an empty level"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "a/../b", "'a/../b' has a level '.' or '..'"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "./b", "'./b' has a level '.' or '..'"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "a[b", "'a[b' has a '[' without ']'"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "a[]b", "'a[]b' has a '[' without ']'"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "\"a",
warn [low|medium|critical] [desktop] |        "'a' has no closing quote (a blank and ';' begin a comment even "
warn [low|medium|critical] [desktop] |        "within quotes)"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "a\"b\"",
warn [low|medium|critical] [desktop] |        "'a\"b\"' has a quote inside; quotes stand around a whole item, "
warn [low|medium|critical] [desktop] |        "\\\" is the character itself"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "\"\"", "an item is empty"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Match", "Unit", "nginx*.service !nginx-a.service", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Unit", "system-a\\\\x2db.slice", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Unit", "!", "'!' names nothing"},
warn [low|medium|critical] [desktop] |    {"Match", "Unit", "a.slice/b.service", "'a.slice/b.service' has a '/', which no name has"},
warn [low|medium|critical] [desktop] |    {"Match", "Unit", "a[b", "'a[b' has a '[' without ']'"},
warn [low|medium|critical] [desktop] |    {"Match", "Limited", "yes", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Limited", "Off", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Limited", "maybe", "'maybe' is neither"},
warn [low|medium|critical] [desktop] |    {"Match", "Level", "container", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Level", "pod", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Level", "qos", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Level", "containers", "unknown word 'containers'; did you mean 'container'?"},
warn [low|medium|critical] [desktop] |    {"Match", "Level", "node", "unknown word 'node'"},
warn [low|medium|critical] [desktop] |    {"Match", "Pod", "web/* !kube-system/*", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Pod", "5f2d8c1a-0000-4000-8000-0123456789ab *", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Pod", "5f2d*", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Pod", "!", "'!' names nothing"},
warn [low|medium|critical] [desktop] |    {"Match", "Pod", "web", "'web' is neither NAMESPACE/NAME nor the UID of a pod"},
warn [low|medium|critical] [desktop] |    {"Match", "Pod", "!/web", "'!/web' is neither NAMESPACE/NAME nor the UID of a pod"},
warn [low|medium|critical] [desktop] |    {"Match", "Pod", "web/", "'web/' is neither NAMESPACE/NAME nor the UID of a pod"},
warn [low|medium|critical] [desktop] |    {"Match", "Pod", "a/b/c", "'a/b/c' is neither NAMESPACE/NAME nor the UID of a pod"},
warn [low|medium|critical] [desktop] |    {"Match", "QoS", "guaranteed !burstable besteffort", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "QoS", "bestefort", "unknown class 'bestefort'; did you mean 'besteffort'?"},
warn [low|medium|critical] [desktop] |    {"Match", "QoS", "!gold", "unknown class 'gold'"},
warn [low|medium|critical] [desktop] |    {"Match", "Container", "3f2a* !3f2ab*", NULL},
warn [low|medium|critical] [desktop] |    {"Match", "Container", "a/b", "'a/b' has a '/', which no name has"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 30% over 10s", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "some 0.01% over 0.5s", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full  100%   over  10 min", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 2.25% over 1min 30s", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "ful 30% over 10s",
warn [low|medium|critical] [desktop] |        "unknown kind of stall 'ful'; did you mean 'full'?"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "30% over 10s", "unknown kind of stall '30%'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full", "nothing follows 'full'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 30 over 10s", "'30' has no '%'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 30%", "'over T' is missing"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 30% for 10s", "'for' stands where 'over' is due"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 30% over", "no time follows 'over'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 30% over 10", "'10' has no unit (a time has us, ms, s, min, h)"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 30% over 10m",
warn [low|medium|critical] [desktop] |        "'10m' has an unknown unit (a time has us, ms, s, min, h)"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 0% over 10s", "'0%' is not over 0% and up to 100%"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 100.01% over 10s", "'100.01%' is not over 0% and up to 100%"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 1.234% over 10s", "'1.234%' has too many decimals"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 30% over 499999us", "'499999us' is not within 500 ms and 10 min"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Pressure", "full 30% over 10min 1us",
warn [low|medium|critical] [desktop] |        "'10min 1us' is not within 500 ms and 10 min"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "Usage", "95%", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Usage", "95", "'95' has no '%'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Usage", "0%", "'0%' is not over 0% and up to 100%"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Usage", "above 95%", "'above 95%' is no number"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 3%", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 500M", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 3% min 100M max 1G", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 3% max 1G", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 3% min 1G max 1G", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "3%", "'3%' stands where 'below' is due"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below", "nothing follows 'below'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 0%", "'0%' is not over 0% and up to 100%"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 0", "'0': nothing is ever below that"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 1Q",
warn [low|medium|critical] [desktop] |        "'1Q' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 3% min", "no size follows 'min'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 3% max 1G min 1M", "'min' is left over"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 3% min 2G max 1G", "min is larger than max"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 3% min 1%",
warn [low|medium|critical] [desktop] |        "'1%' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 500M min 1M", "'min' is left over"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Headroom", "below 20000000000000000000",
warn [low|medium|critical] [desktop] |        "'20000000000000000000' is too large (a size has K, M, G, T (powers of 1024; none: "
warn [low|medium|critical] [desktop] |        "bytes))"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "oom 1 over 10s", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "oom_kill 3 over 10min", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "high 4294967295 over 1s", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "max 5 over 1s", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "oomkill 1 over 10s",
warn [low|medium|critical] [desktop] |        "unknown event 'oomkill'; did you mean 'oom_kill'?"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "low 1 over 10s", "unknown event 'low'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "oom", "nothing follows 'oom'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "oom 0 over 10s", "'0' is not within 1 and 4294967295"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "oom 4294967296 over 10s", "'4294967296' is not within 1 and 4294967295"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "oom 1.5 over 10s", "'1.5' has too many decimals"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "oom over 10s", "'over' is no number"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Events", "oom 1", "'over T' is missing"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "Swap", "90%", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Swap", "100%", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Swap", "90", "'90' has no '%'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Swap", "0%", "'0%' is not over 0% and up to 100%"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "Growth", "500M over 10s", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Growth", "1 over 10min", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Growth", "0 over 10s", "'0' is always reached"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Growth", "5% over 10s",
warn [low|medium|critical] [desktop] |        "'5%' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Growth", "500M", "'over T' is missing"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Growth", "500M within 10s", "'within' stands where 'over' is due"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Growth", "500M over 11min", "'11min' is not within 500 ms and 10 min"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "Refaults", "100/s", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Refaults", "4294967295/s", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Refaults", "100", "'100' does not end in '/s'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Refaults", "100/min", "'100/min' does not end in '/s'"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Refaults", "0/s", "'0' is not within 1 and 4294967295"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Refaults", "/s", "'' is empty"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Refaults", "many/s", "'many' is no number"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "For", "0", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "For", "1h", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "For", "5", "'5' has no unit (a time has us, ms, s, min, h)"},
warn [low|medium|critical] [desktop] |    {"Trigger", "For", "1h 1us", "'1h 1us' is not within 0 s and 1 h"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "Origin", "own", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Origin", "node", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Origin", "any", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Origin", "nod", "unknown word 'nod'; did you mean 'node'?"},
warn [low|medium|critical] [desktop] |    {"Trigger", "Origin", "all", "unknown word 'all'"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "Gate", "none", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Gate", "linux-2.4", NULL},
warn [low|medium|critical] [desktop] |    {"Trigger", "Gate", "linux-2.2", "unknown word 'linux-2.2'; did you mean 'linux-2.4'?"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Trigger", "From", "kill", NULL},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Victim", "Within", "offender", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Within", "subject", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Within", "/**", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Within", "\"a b/*\"", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Within", "subjct", "unknown reach 'subjct'; did you mean 'subject'?"},
warn [low|medium|critical] [desktop] |    {"Victim", "Within", "app.slice", "unknown reach 'app.slice'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Within", "/a /b", "'/b' is left over"},
warn [low|medium|critical] [desktop] |    {"Victim", "Within", "/a/", "'/a/' ends in '/'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Within", "/sys/fs/cgroup/a",
warn [low|medium|critical] [desktop] |        "'/sys/fs/cgroup/a' begins with the mount point; paths are relative to it"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Victim", "Kill", "process", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Kill", "cgroup", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Kill", "tree", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Kill", "proces", "unknown scope 'proces'; did you mean 'process'?"},
warn [low|medium|critical] [desktop] |    {"Victim", "Kill", "all", "unknown scope 'all'"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "percent-times-ten", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "percent-times-tne",
warn [low|medium|critical] [desktop] |        "unknown model 'percent-times-tne'; did you mean 'percent-times-ten'?"},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "private", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "v59", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "linux", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "linux-2.6", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "linux-6.12", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "linux-4.19.325", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "linx", "unknown model 'linx'; did you mean 'linux'?"},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "linux-3.10.0-514.el7", "unknown model 'linux-3.10.0-514.el7'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Score", "v59 private", "unknown model 'v59 private'"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "main", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "leader", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "@system", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "main&uid:0 comm:a* unit:b@*.service cgroup:c/**", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "\"comm:a b\" exe:*/d\\&e&uid:1???&comm:d&unit:x", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "comm:*abcdefghijklmno*", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "@sytem", "unknown list '@sytem'; did you mean '@system'?"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "postgres", "unknown kind 'postgres'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "main:x", "'main' has no ':x'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "com:x", "unknown kind 'com'; did you mean 'comm'?"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "comm:", "nothing follows 'comm:'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "comm", "nothing follows 'comm'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "comm:a&", "unknown kind ''"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "&", "unknown kind ''"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "exe:sshd",
warn [low|medium|critical] [desktop] |        "'exe:sshd' is no full path; expected as in exe:/usr/bin/NAME"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "uid:root", "'uid:root' is no number; user names are not looked up"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "cgroup:/sys/fs/cgroup/a",
warn [low|medium|critical] [desktop] |        "'cgroup:/sys/fs/cgroup/a' begins with the mount point; paths are relative to it"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "uid:1&uid:2&uid:3&uid:4&uid:5",
warn [low|medium|critical] [desktop] |        "'uid:1&uid:2&uid:3&uid:4&uid:5' joins too many; at most 4"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "comm:[a", "'[a' has a '[' without ']'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "comm:\"a b\"",
warn [low|medium|critical] [desktop] |        "'comm:\"a b\"' has a quote inside; quotes stand around a "
warn [low|medium|critical] [desktop] |        "whole item, \\\" is the character itself"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "\"cmdline:postgres: *checkpointer*\"", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "cmdlin:x", "unknown kind 'cmdlin'; did you mean 'cmdline'?"},
warn [low|medium|critical] [desktop] |    {"Victim", "Avoid", "@system comm:a", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Avoid", "exe:sshd", "'exe:sshd' is no full path; expected as in exe:/usr/bin/NAME"},
warn [low|medium|critical] [desktop] |    {"Victim", "Prefer", "comm:pg_dump main", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Prefer", "comm", "nothing follows 'comm'"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a +300", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a \"cmdline:b c\" -1000 uid:0 +1000", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "main&uid:0 +0", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a", "no number follows 'comm:a'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a +1 comm:b", "no number follows 'comm:b'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "+300", "no pattern stands before '+300'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a +1 +2", "no pattern stands before '+2'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a 300", "'300' has no sign"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a +1001", "'+1001' is not within -1000 and 1000"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a -1001", "'-1001' is not within -1000 and 1000"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a +99999999999999999999", "'+99999999999999999999' is too large"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a +", "'+' is empty"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a +-3", "'+-3' is no number"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:a +1.5", "'+1.5' has too many decimals"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "@system +1", "unknown kind '@system'"},
warn [low|medium|critical] [desktop] |    {"Victim", "Adjust", "comm:[a +1", "'[a' has a '[' without ']'"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Victim", "MinSize", "0", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "MinSize", "10M", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "MinSize", "2T", "'2T' is not within 0 and 1T"},
warn [low|medium|critical] [desktop] |    {"Victim", "MinSize", "10%",
warn [low|medium|critical] [desktop] |        "'10%' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
warn [low|medium|critical] [desktop] |    {"Victim", "MaxProcesses", "0", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "MaxProcesses", "1000000", NULL},
warn [low|medium|critical] [desktop] |    {"Victim", "MaxProcesses", "1000001", "'1000001' is not within 0 and 1000000"},
warn [low|medium|critical] [desktop] |    {"Victim", "MaxProcesses", "few", "'few' is no number"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "kill", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "kill wait 10s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate wait 5s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate SIGINT wait 1min 30s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate USR1", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate wait 0", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminat", "unknown step 'terminat'; did you mean 'terminate'?"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate KILL", "'terminate KILL' is what 'kill' does"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate TREM", "unknown signal 'TREM'; did you mean 'TERM'?"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate 15", "unknown signal '15'"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate TERM 5s", "'5s' is left over"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate wait", "no time follows 'wait'"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "terminate wait 11min", "'11min' is not within 0 s and 10 min"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "kill TERM", "'TERM' is left over"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "kill wiat 5s", "'wiat' is left over; did you mean 'wait'?"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "warn", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "warn desktop wait 2s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "warn wait 0", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "warn desktpo", "'desktpo' is left over; did you mean 'desktop'?"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "warn wait 2s desktop",
warn [low|medium|critical] [desktop] |        "'2s desktop' is no number (a time has us, ms, s, min, h)"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook /usr/bin/true", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook /usr/bin/true wait 3s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook /usr/bin/true -v \"two words\" \"\\\"\" wait 3s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook \"/opt/a program\" \"wait\" wait 3s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook", "'hook' has no path"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook wait 3s", "'hook' has no path"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook true", "'true' does not begin with '/'"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook /usr/bin/", "'/usr/bin/' is no file"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook / ", "'/' is no file"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook /usr/bin/true wait", "no time follows 'wait'"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook /usr/bin/true wait 0", "'hook' is given no time at all"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook /usr/bin/true \"a",
warn [low|medium|critical] [desktop] |        "'a' has no closing quote (a blank and ';' begin a comment even within quotes)"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook /h 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "hook /h 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
warn [low|medium|critical] [desktop] |        "'17' is one argument too much; at most 16 are possible"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim 64M", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim 12.5% wait 20s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim", "'reclaim' has no amount"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim wait 5s", "'reclaim' has no amount"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim 0", "'0' reclaims nothing"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim 0%", "'0%' is not over 0% and up to 100%"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim 101%", "'101%' is not over 0% and up to 100%"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim 64X",
warn [low|medium|critical] [desktop] |        "'64X' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim 64M 5s", "'5s' is left over"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "reclaim 64M wait 0", "'reclaim' is given no time at all"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 50%", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 100% wait 5s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 1% cpu 100% wait 5s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle", "'throttle' has no N%"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 50", "'50' has no '%'"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 0.99%", "'0.99%' is less than 1%"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 50% cpu", "'throttle' has no M% behind 'cpu'"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 50% cpu wait 5s", "'throttle' has no M% behind 'cpu'"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 50% cpu 0.5%", "'0.5%' is less than 1%"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 50% cup 20%", "'cup' is left over; did you mean 'cpu'?"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "throttle 50% wait 0", "'throttle' is given no time at all"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "freeze", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "freeze wait 10min", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "freeze wait 0", "'freeze' is given no time at all"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "freeze 5s", "'5s' is left over"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "restart", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "restart stop wait 1min", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "restart sotp", "'sotp' is left over; did you mean 'stop'?"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "panic", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "panic now", "'now' is left over"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "thorttle 5%", "unknown step 'thorttle'; did you mean 'throttle'?"},
warn [low|medium|critical] [desktop] |    {"Relief", "Step", "kill wait 5", "'5' has no unit (a time has us, ms, s, min, h)"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Relief", "Cooldown", "0", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Cooldown", "1h", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Cooldown", "61min", "'61min' is not within 0 s and 1 h"},
warn [low|medium|critical] [desktop] |    {"Relief", "Cooldown", "30", "'30' has no unit (a time has us, ms, s, min, h)"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "3 per 10min", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "1000 per 24h", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "1 per 1s", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "3", "'per T' is missing"},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "3 in 10min", "'in' stands where 'per' is due"},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "3 per", "no time follows 'per'"},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "0 per 10min", "'0' is not within 1 and 1000"},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "1001 per 10min", "'1001' is not within 1 and 1000"},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "3 per 999ms", "'999ms' is not within 1 s and 24 h"},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "3 per 25h", "'25h' is not within 1 s and 24 h"},
warn [low|medium|critical] [desktop] |    {"Relief", "Limit", "3 per 10", "'10' has no unit (a time has us, ms, s, min, h)"},
warn [low|medium|critical] [desktop] |    {"Relief", "OnRepeat", "stop", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "OnRepeat", "hold", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "OnRepeat", "alarm", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "OnRepeat", "halt", "unknown word 'halt'; did you mean 'hold'?"},
warn [low|medium|critical] [desktop] |    {"Relief", "OnRepeat", "reboot", "unknown word 'reboot'"},
warn [low|medium|critical] [desktop] |    {"Relief", "OnNoVictim", "log", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "OnNoVictim", "panic", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "OnNoVictim", "Panic", "unknown word 'Panic'; did you mean 'panic'?"},
warn [low|medium|critical] [desktop] |    {"Relief", "DryRun", "yes", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "DryRun", "auto", NULL},
warn [low|medium|critical] [desktop] |    {"Relief", "DryRun", "sometimes", "'sometimes' is none of them"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Guard", "HighBelowMax", "5%", NULL},
warn [low|medium|critical] [desktop] |    {"Guard", "HighBelowMax", "99.99%", NULL},
warn [low|medium|critical] [desktop] |    {"Guard", "HighBelowMax", "0%", "'0%' is not over 0% and up to 100%"},
warn [low|medium|critical] [desktop] |    {"Guard", "HighBelowMax", "100%", "'100%' leaves nothing below it"},
warn [low|medium|critical] [desktop] |    {"Guard", "HighBelowMax", "0", "'0' is memory.max itself"},
warn [low|medium|critical] [desktop] |    {"Guard", "HighBelowMax", "5", NULL},
warn [low|medium|critical] [desktop] |    {"Guard", "HighBelowMax", "5Q",
warn [low|medium|critical] [desktop] |        "'5Q' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
warn [low|medium|critical] [desktop] |    {"Guard", "OomGroup", "yes", NULL},
warn [low|medium|critical] [desktop] |    {"Guard", "OomGroup", "2", "'2' is neither"},
warn [low|medium|critical] [desktop] |    {"Guard", "OomScoreAdjust", "comm:a 300", NULL},
warn [low|medium|critical] [desktop] |    {"Guard", "OomScoreAdjust", "comm:a uid:0 -1000 main +1000", NULL},
warn [low|medium|critical] [desktop] |    {"Guard", "OomScoreAdjust", "comm:a", "no number follows 'comm:a'"},
warn [low|medium|critical] [desktop] |    {"Guard", "OomScoreAdjust", "300", "no pattern stands before '300'"},
warn [low|medium|critical] [desktop] |    {"Guard", "OomScoreAdjust", "comm:a -1001", "'-1001' is not within -1000 and 1000"},
warn [low|medium|critical] [desktop] |    {"Guard", "Managed", "override", NULL},
warn [low|medium|critical] [desktop] |    {"Guard", "Managed", "leave", NULL},
warn [low|medium|critical] [desktop] |    {"Guard", "Managed", "overide", "unknown word 'overide'; did you mean 'override'?"},
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    {"Daemon", "DryRun", "yes", NULL},
warn [low|medium|critical] [desktop] |    {"Daemon", "DryRun", "no", NULL},
warn [low|medium|critical] [desktop] |    {"Daemon", "DryRun", "auto", NULL},
warn [low|medium|critical] [desktop] |    {"Daemon", "DryRun", "maybe", "'maybe' is none of them"},
warn [low|medium|critical] [desktop] |    {"Daemon", "AllowWithin", "/** a/b \"c d/*\"", NULL},
warn [low|medium|critical] [desktop] |    {"Daemon", "AllowWithin", "a//b", "'a//b' has an empty level"},
warn [low|medium|critical] [desktop] |    {"Daemon", "AllowWithin", "/sys/fs/cgroup/a",
warn [low|medium|critical] [desktop] |        "'/sys/fs/cgroup/a' begins with the mount point; paths are relative to it"},
warn [low|medium|critical] [desktop] |    {"Daemon", "AllowPanic", "yes", NULL},
warn [low|medium|critical] [desktop] |    {"Daemon", "AllowPanic", "never", "'never' is neither"},
warn [low|medium|critical] [desktop] |    {"Budget", "Kills", "10 per 10min", NULL},
warn [low|medium|critical] [desktop] |    {"Budget", "Kills", "1 per 1s", NULL},
warn [low|medium|critical] [desktop] |    {"Budget", "Kills", "0 per 10min", "'0' is not within 1 and 1000"},
warn [low|medium|critical] [desktop] |    {"Budget", "Kills", "ten", "'ten' is no number"},
warn [low|medium|critical] [desktop] |    {"Daemon", "LogLevel", "debug", NULL},
warn [low|medium|critical] [desktop] |    {"Daemon", "LogLevel", "warn", "unknown level 'warn'"},
warn [low|medium|critical] [desktop] |    {"Daemon", "LogLevel", "errr", "unknown level 'errr'; did you mean 'err'?"},
warn [low|medium|critical] [desktop] |    {"Daemon", "CgroupRoot", "/host/sys/fs/cgroup", NULL},
warn [low|medium|critical] [desktop] |    {"Daemon", "CgroupRoot", "sys", "'sys' is not an absolute path"},
warn [low|medium|critical] [desktop] |    {"Records", "Keep", "1", NULL},
warn [low|medium|critical] [desktop] |    {"Records", "Keep", "100000", NULL},
warn [low|medium|critical] [desktop] |    {"Records", "Keep", "0", "'0' is not within 1 and 100000"},
warn [low|medium|critical] [desktop] |    {"Records", "Keep", "100001", "'100001' is not within 1 and 100000"},
warn [low|medium|critical] [desktop] |    {"Records", "Keep", "many", "'many' is no number"},
warn [low|medium|critical] [desktop] |    {"Records", "KeepSize", "64K", NULL},
warn [low|medium|critical] [desktop] |    {"Records", "KeepSize", "1T", NULL},
warn [low|medium|critical] [desktop] |    {"Records", "KeepSize", "65535", "'65535' is not within 64K and 1T"},
warn [low|medium|critical] [desktop] |    {"Records", "KeepSize", "64MB",
warn [low|medium|critical] [desktop] |        "'64MB' has an unknown unit (a size has K, M, G, T (powers of 1024; none: bytes))"},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Values that are taken, with a warning. */
warn [low|medium|critical] [desktop] |static const struct {
warn [low|medium|critical] [desktop] |    const char *section, *key, *value;
warn [low|medium|critical] [desktop] |    const char *warning;
warn [low|medium|critical] [desktop] |} warned[] = {
warn [low|medium|critical] [desktop] |    {"Victim", "Protect", "comm:abcdefghijklmnop",
warn [low|medium|critical] [desktop] |        "2: warning [never-matches] Protect=: 'comm:abcdefghijklmnop' never matches: it is longer "
warn [low|medium|critical] [desktop] |        "than the 15 bytes that /proc/PID/comm holds\n"},
warn [low|medium|critical] [desktop] |    {"Victim", "Prefer", "uid:0&comm:?bcdefghijklmno?",
warn [low|medium|critical] [desktop] |        "2: warning [never-matches] Prefer=: 'comm:?bcdefghijklmno?' never matches: it is longer "
warn [low|medium|critical] [desktop] |        "than the 15 bytes that /proc/PID/comm holds\n"},
warn [low|medium|critical] [desktop] |    {"Victim", "Avoid", "exe:/" LONG_PATH,
warn [low|medium|critical] [desktop] |        "2: warning [never-matches] Avoid=: 'exe:/" LONG_PATH "' never matches: of a path of more "
warn [low|medium|critical] [desktop] |        "than 127 bytes only the end is known, so begin with '*'\n"},
warn [low|medium|critical] [desktop] |    {"Victim", "Avoid", "exe:*" LONG_PATH, ""},
warn [low|medium|critical] [desktop] |    {"Victim", "Avoid", "comm:abcdefghijklmno comm:abcdefg*hijklmno", ""},
warn [low|medium|critical] [desktop] |    {"Match", "Unit", "system-a\\x2db.slice",
warn [low|medium|critical] [desktop] |        "2: warning [unit-escape] Unit=: '\\x2d' in 'system-a\\x2db.slice' matches 'x2d'; a unit's "
warn [low|medium|critical] [desktop] |        "own '\\' is written '\\\\'\n"},
warn [low|medium|critical] [desktop] |    {"Match", "Cgroup", "a/b\\xyz a/\\xgf a/\\xfg a/\\x", ""},
warn [low|medium|critical] [desktop] |};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Reads one line of a section on its own. */
warn [low|medium|critical] [desktop] |static void read_line(const struct rl_key *key, const char *value, struct rl_findings *findings)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_arena arena = {0};
warn [low|medium|critical] [desktop] |    struct rl_policy policy = {.source = "f"};
warn [low|medium|critical] [desktop] |    struct rl_settings settings = {0};
warn [low|medium|critical] [desktop] |    struct rl_draft draft = {
warn [low|medium|critical] [desktop] |        .kind = key->file,
warn [low|medium|critical] [desktop] |        .arena = &arena,
warn [low|medium|critical] [desktop] |        .findings = findings,
warn [low|medium|critical] [desktop] |        .policy = &policy,
warn [low|medium|critical] [desktop] |        .settings = &settings,
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |    char text[256];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    snprintf(text, sizeof(text), "[%s%s]\n%s=%s\n", key->section,
warn [low|medium|critical] [desktop] |        rl_section_find(key->file, key->section)->named ? " t" : "", key->name, value);
warn [low|medium|critical] [desktop] |    rl_draft_read(&draft, "f", text, strlen(text), false);
warn [low|medium|critical] [desktop] |    assert_int_equal(draft.error, 0);
warn [low|medium|critical] [desktop] |    rl_arena_free(&arena);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void expect(const struct rl_key *key, const char *value, const char *refused)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    char expected[600];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    read_line(key, value, &findings);
warn [low|medium|critical] [desktop] |    if (!refused) {
warn [low|medium|critical] [desktop] |        expect_findings(&findings, "f", "");
warn [low|medium|critical] [desktop] |    } else {
warn [low|medium|critical] [desktop] |        snprintf(expected, sizeof(expected), "%s=: %s; expected %s", key->name, refused, key->form);
warn [low|medium|critical] [desktop] |        assert_int_equal(findings.n, 1);
warn [low|medium|critical] [desktop] |        assert_int_equal(findings.items[0].line, 2);
warn [low|medium|critical] [desktop] |        assert_memory_equal(findings.items[0].message, expected, strlen(expected));
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static const struct rl_key *find_key(const char *section, const char *name)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < rl_keys_n; i++)
warn [low|medium|critical] [desktop] |        if (strcmp(rl_keys[i].section, section) == 0 && strcmp(rl_keys[i].name, name) == 0)
warn [low|medium|critical] [desktop] |            return &rl_keys[i];
warn [low|medium|critical] [desktop] |    fail_msg("no key %s in [%s]", name, section);
warn [low|medium|critical] [desktop] |    return NULL;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_values(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(rows); i++)
warn [low|medium|critical] [desktop] |        expect(find_key(rows[i].section, rows[i].key), rows[i].value, rows[i].refused);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_warnings(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < N(warned); i++) {
warn [low|medium|critical] [desktop] |        struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        read_line(find_key(warned[i].section, warned[i].key), warned[i].value, &findings);
warn [low|medium|critical] [desktop] |        expect_findings(&findings, "f", warned[i].warning);
warn [low|medium|critical] [desktop] |        rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* Every key has a value that is well and, unless any word will do, one that is not. */
warn [low|medium|critical] [desktop] |static void test_every_key_is_tested(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < rl_keys_n; i++) {
warn [low|medium|critical] [desktop] |        size_t good = 0, bad = 0;
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        for (size_t j = 0; j < N(rows); j++) {
warn [low|medium|critical] [desktop] |            if (find_key(rows[j].section, rows[j].key) != &rl_keys[i])
warn [low|medium|critical] [desktop] |                continue;
warn [low|medium|critical] [desktop] |            good += !rows[j].refused;
warn [low|medium|critical] [desktop] |            bad += rows[j].refused != NULL;
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |        if (!good || (!bad && strcmp(rl_keys[i].name, "From") != 0))
warn [low|medium|critical] [desktop] |            fail_msg("[%s] %s= has no rows here", rl_keys[i].section, rl_keys[i].name);
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* What the table says of a key is true of it. */
warn [low|medium|critical] [desktop] |static void test_table(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < rl_keys_n; i++) {
warn [low|medium|critical] [desktop] |        const struct rl_key *key = &rl_keys[i];
warn [low|medium|critical] [desktop] |        const struct rl_section *section = rl_section_find(key->file, key->section);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        assert_non_null(section);
warn [low|medium|critical] [desktop] |        assert_true(isupper((unsigned char)key->name[0]));
warn [low|medium|critical] [desktop] |        assert_null(strpbrk(key->name, ":= "));
warn [low|medium|critical] [desktop] |        assert_true(strlen(key->name) <= RL_INI_NAME_MAX);
warn [low|medium|critical] [desktop] |        assert_non_null(key->help);
warn [low|medium|critical] [desktop] |        assert_true(islower((unsigned char)key->help[0]) || key->help[0] == '/');
warn [low|medium|critical] [desktop] |        assert_null(strchr(key->help, '\n'));
warn [low|medium|critical] [desktop] |        assert_ptr_equal(rl_key_find(key->file, key->section, key->name), key);
warn [low|medium|critical] [desktop] |        expect(key, key->example, NULL);
warn [low|medium|critical] [desktop] |        if (key->fallback)
warn [low|medium|critical] [desktop] |            expect(key, key->fallback, NULL);
warn [low|medium|critical] [desktop] |        assert_false(key->fallback && key->absent);
warn [low|medium|critical] [desktop] |        if (rl_key_repeats(key))
warn [low|medium|critical] [desktop] |            expect(key, "", NULL);
warn [low|medium|critical] [desktop] |        else
warn [low|medium|critical] [desktop] |            expect(key, "", "no value");
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < rl_sections_n; i++)
warn [low|medium|critical] [desktop] |        assert_ptr_equal(
warn [low|medium|critical] [desktop] |            rl_section_find(rl_sections[i].file, rl_sections[i].name), &rl_sections[i]);
warn [low|medium|critical] [desktop] |    assert_null(rl_section_find(RL_SETTINGS_FILE, "Match"));
warn [low|medium|critical] [desktop] |    assert_null(rl_key_find(RL_POLICY_FILE, "Daemon", "DryRun"));
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* A line of a trigger as it comes out, from a policy that is otherwise well. */
warn [low|medium|critical] [desktop] |static struct rl_line compile_line(const char *text)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_findings findings = {0};
warn [low|medium|critical] [desktop] |    struct rl_compiled *compiled;
warn [low|medium|critical] [desktop] |    struct rl_source source = {.path = "f"};
warn [low|medium|critical] [desktop] |    struct rl_line line;
warn [low|medium|critical] [desktop] |    char file[256];
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    snprintf(file, sizeof(file), "[Trigger t]\n%s\n[Relief]\nStep=terminate\n", text);
warn [low|medium|critical] [desktop] |    source.text = file;
warn [low|medium|critical] [desktop] |    source.len = strlen(file);
warn [low|medium|critical] [desktop] |    assert_int_equal(rl_compile("x.service", &source, 1, &findings, &compiled), 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(findings.errors, 0);
warn [low|medium|critical] [desktop] |    assert_int_equal(compiled->policy.n_triggers, 1);
warn [low|medium|critical] [desktop] |    assert_int_equal(compiled->policy.triggers[0].n, 1);
warn [low|medium|critical] [desktop] |    assert_int_equal(compiled->policy.needs, rl_line_needs(&compiled->policy.triggers[0].lines[0]));
warn [low|medium|critical] [desktop] |    line = compiled->policy.triggers[0].lines[0];
warn [low|medium|critical] [desktop] |    rl_compiled_release(compiled);
warn [low|medium|critical] [desktop] |    rl_findings_free(&findings);
warn [low|medium|critical] [desktop] |    return line;
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |static void test_lines(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    struct rl_line line = compile_line("Pressure=full 30.25% over 1min 30s");
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    assert_int_equal(line.kind, RL_LINE_PRESSURE);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.counter, RL_COUNT_FULL);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.share, 3025);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.window_us, 90 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.lineno, 2);
warn [low|medium|critical] [desktop] |    assert_int_equal(compile_line("Pressure=some 1% over 1s").counter, RL_COUNT_SOME);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    line = compile_line("Usage=95.5%");
warn [low|medium|critical] [desktop] |    assert_int_equal(line.kind, RL_LINE_USAGE);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.share, 9550);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    line = compile_line("Headroom=below 3% min 100M max 1G");
warn [low|medium|critical] [desktop] |    assert_int_equal(line.kind, RL_LINE_HEADROOM);
warn [low|medium|critical] [desktop] |    assert_true(line.relative);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.share, 300);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.min_bytes, 100 << 20);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.max_bytes, 1 << 30);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    line = compile_line("Headroom=below 500M");
warn [low|medium|critical] [desktop] |    assert_false(line.relative);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.bytes, 500 << 20);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.min_bytes, 0);
warn [low|medium|critical] [desktop] |    assert_true(line.max_bytes == RL_NO_LIMIT);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    line = compile_line("Events=oom_kill 3 over 10s");
warn [low|medium|critical] [desktop] |    assert_int_equal(line.kind, RL_LINE_EVENTS);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.counter, RL_COUNT_OOM_KILL);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.count, 3);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.window_us, 10 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |    assert_int_equal(compile_line("Events=oom 1 over 1s").counter, RL_COUNT_OOM);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    line = compile_line("Swap=90.01%");
warn [low|medium|critical] [desktop] |    assert_int_equal(line.kind, RL_LINE_SWAP);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.share, 9001);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    line = compile_line("Growth=500M over 3s");
warn [low|medium|critical] [desktop] |    assert_int_equal(line.kind, RL_LINE_GROWTH);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.bytes, 500 << 20);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.window_us, 3 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    line = compile_line("Refaults=100/s");
warn [low|medium|critical] [desktop] |    assert_int_equal(line.kind, RL_LINE_REFAULTS);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.count, 100);
warn [low|medium|critical] [desktop] |    assert_int_equal(line.window_us, 10 * RL_US_PER_S);
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |/* The built-in lists compile, and none of their items matches by a bare name. */
warn [low|medium|critical] [desktop] |static void test_named_lists(void **state)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    assert_ptr_equal(rl_named_list_find("@system"), &rl_named_lists[0]);
warn [low|medium|critical] [desktop] |    assert_null(rl_named_list_find("@nothing"));
warn [low|medium|critical] [desktop] |    for (size_t i = 0; i < rl_named_lists_n; i++) {
warn [low|medium|critical] [desktop] |        const struct rl_key *key = find_key("Victim", "Protect");
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |        for (size_t j = 0; j < rl_named_lists[i].n; j++) {
warn [low|medium|critical] [desktop] |            expect(key, rl_named_lists[i].items[j], NULL);
warn [low|medium|critical] [desktop] |            assert_null(strstr(rl_named_lists[i].items[j], "comm:"));
warn [low|medium|critical] [desktop] |            assert_non_null(strstr(rl_named_lists[i].items[j], "cgroup:"));
warn [low|medium|critical] [desktop] |        }
warn [low|medium|critical] [desktop] |    }
warn [low|medium|critical] [desktop] |}
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |int main(void)
warn [low|medium|critical] [desktop] |{
warn [low|medium|critical] [desktop] |    const struct CMUnitTest tests[] = {
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_values),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_warnings),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_every_key_is_tested),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_table),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_lines),
warn [low|medium|critical] [desktop] |        cmocka_unit_test(test_named_lists),
warn [low|medium|critical] [desktop] |    };
warn [low|medium|critical] [desktop] |
warn [low|medium|critical] [desktop] |    return cmocka_run_group_tests(tests, NULL, NULL);
warn [low|medium|critical] [desktop] |}
