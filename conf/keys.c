#include "conf/keys.h"

#include <string.h>

#include "conf/sections.h"

const struct rl_section rl_sections[] = {
    {RL_POLICY_FILE, "Match", false, "which cgroups the policy is for"},
    {RL_POLICY_FILE, "Trigger", true,
        "when to act; triggers are alternatives, the lines of one must all hold"},
    {RL_POLICY_FILE, "Victim", false, "whom to choose"},
    {RL_POLICY_FILE, "Relief", false, "what to do"},
    {RL_POLICY_FILE, "Guard", false,
        "standing orders for the cgroups that match, undone when reliefd stops"},
    {RL_SETTINGS_FILE, "Daemon", false, "reliefd itself"},
    {RL_SETTINGS_FILE, "Budget", false, "what all policies may do together"},
    {RL_SETTINGS_FILE, "Records", false, "what is kept of incidents"},
    {RL_SETTINGS_FILE, "Compat", false, "getting on with systemd"},
};
const size_t rl_sections_n = sizeof(rl_sections) / sizeof(rl_sections[0]);
_Static_assert(sizeof(rl_sections) / sizeof(rl_sections[0]) <= RL_SECTIONS_MAX, "sections");

#define POLICY(field)   .file = RL_POLICY_FILE, .offset = offsetof(struct rl_policy, field)
#define SETTINGS(field) .file = RL_SETTINGS_FILE, .offset = offsetof(struct rl_settings, field)

#define WINDOW      "T 0.5s to 10min"
#define RATE        "N 1 to 1000; T 1s to 24h"
#define KINDS       "KIND comm, exe, cmdline, uid, unit or cgroup; at most 4 joined by &"
#define WHO         "KIND:GLOB[&KIND:GLOB...] | main | @system ..."
#define LIST(field) POLICY(match.field), .reset = rl_reset_globs

static const struct rl_key_word levels[] = {
    {"container", RL_LEVEL_CONTAINER},
    {"pod", RL_LEVEL_POD},
    {"qos", RL_LEVEL_QOS},
    {NULL, 0},
};

static const struct rl_key_word origins[] = {
    {"own", RL_WANT_OWN},
    {"node", RL_WANT_NODE},
    {"any", RL_WANT_ANY},
    {NULL, 0},
};

static const struct rl_key_word gates[] = {
    {"none", RL_GATE_NONE},
    {"linux-2.4", RL_GATE_LINUX_24},
    {NULL, 0},
};

static const struct rl_key_word log_formats[] = {
    {"text", RL_LOG_TEXT},
    {"json", RL_LOG_JSON},
    {NULL, 0},
};

static const struct rl_key_word on_repeat[] = {
    {"stop", RL_REPEAT_STOP},
    {"hold", RL_REPEAT_HOLD},
    {"alarm", RL_REPEAT_ALARM},
    {NULL, 0},
};

static const struct rl_key_word on_no_victim[] = {
    {"log", RL_NO_VICTIM_LOG},
    {"panic", RL_NO_VICTIM_PANIC},
    {NULL, 0},
};

static const struct rl_key_word managed[] = {
    {"leave", false},
    {"override", true},
    {NULL, 0},
};

/* clang-format off */
const struct rl_key rl_keys[] = {
    {
        .section = "Match", .name = "Cgroup", LIST(cgroups),
        .form = "[!]GLOB ...",
        .range = "paths below the cgroup2 mount",
        .example = "kubepods.slice/** !**/crio-conmon-*",
        .help = "the policy's cgroups; * stays within one level, ** crosses levels, ! excludes",
        .parse = rl_key_parse_cgroup,
    },
    {
        .section = "Match", .name = "Unit", LIST(units),
        .form = "[!]GLOB ...",
        .range = "names without '/'",
        .example = "nginx*.service !nginx-test.service",
        .help = "cgroups whose last path element is such a name",
        .parse = rl_key_parse_names,
    },
    {
        .section = "Match", .name = "Limited", POLICY(match.limited),
        .form = "yes|no",
        .absent = "either",
        .example = "yes",
        .help = "cgroups that have, or have not, a memory.high or memory.max of their own",
        .parse = rl_key_parse_tristate,
    },
    {
        .section = "Match", .name = "Level", POLICY(match.level),
        .form = "container|pod|qos",
        .absent = "any cgroup",
        .example = "container",
        .help = "cgroups that are that level of a Kubernetes pod, whatever is nested below",
        .parse = rl_key_parse_choice, .choices = levels,
    },
    {
        .section = "Match", .name = "Pod", LIST(pods),
        .form = "[!]NAMESPACE/NAME|UID ...",
        .range = "globs",
        .example = "web/* !kube-system/*",
        .help = "cgroups of such pods; one whose name is not known yet matches none",
        .parse = rl_key_parse_pod,
    },
    {
        .section = "Match", .name = "QoS", LIST(qos),
        .form = "[!]guaranteed|burstable|besteffort ...",
        .example = "besteffort burstable",
        .help = "cgroups of pods of these classes",
        .parse = rl_key_parse_qos,
    },
    {
        .section = "Match", .name = "Container", LIST(containers),
        .form = "[!]GLOB ...",
        .range = "ids without the runtime's prefix",
        .example = "3f2a*",
        .help = "cgroups of containers with such ids",
        .parse = rl_key_parse_names,
    },
    {
        .section = "Trigger", .name = "Pressure", .file = RL_POLICY_FILE,
        .form = "some|full N% over T", .unit = "percent of time, time",
        .range = "0 < N <= 100, two decimals; " WINDOW,
        .example = "full 30% over 10s",
        .help = "share of the last T in which some or all tasks were stalled for memory",
        .parse = rl_key_parse_pressure, .reset = rl_reset_line, .kind = RL_LINE_PRESSURE,
    },
    {
        .section = "Trigger", .name = "Usage", .file = RL_POLICY_FILE,
        .form = "N%", .unit = "percent of the limit",
        .range = "0 < N <= 100, two decimals",
        .example = "95%",
        .help = "memory that reclaim cannot cheaply drop, against the tightest limit",
        .parse = rl_key_parse_level, .reset = rl_reset_line, .kind = RL_LINE_USAGE,
    },
    {
        .section = "Trigger", .name = "Headroom", .file = RL_POLICY_FILE,
        .form = "below SIZE | below N% [min SIZE] [max SIZE]",
        .unit = "bytes or percent of the limit",
        .range = "0 < N <= 100, two decimals",
        .example = "below 3% min 100M max 1G",
        .help = "memory left below the tightest limit; min and max bound what N% comes to",
        .parse = rl_key_parse_headroom, .reset = rl_reset_line, .kind = RL_LINE_HEADROOM,
    },
    {
        .section = "Trigger", .name = "Swap", .file = RL_POLICY_FILE,
        .form = "N%", .unit = "percent of the swap that may be used",
        .range = "0 < N <= 100, two decimals",
        .example = "90%",
        .help = "swap in use, against what the cgroup may use of it; cannot hold without swap",
        .parse = rl_key_parse_level, .reset = rl_reset_line, .kind = RL_LINE_SWAP,
    },
    {
        .section = "Trigger", .name = "Events", .file = RL_POLICY_FILE,
        .form = "high|max|oom|oom_kill N over T", .unit = "number, time",
        .range = "N at least 1; " WINDOW,
        .example = "oom 1 over 10s",
        .help = "how often the kernel counted that event in memory.events within the last T",
        .parse = rl_key_parse_events, .reset = rl_reset_line, .kind = RL_LINE_EVENTS,
    },
    {
        .section = "Trigger", .name = "Growth", .file = RL_POLICY_FILE,
        .form = "SIZE over T", .unit = "bytes, time",
        .range = WINDOW,
        .example = "500M over 10s",
        .help = "how much the memory that reclaim cannot cheaply drop grew within the last T",
        .parse = rl_key_parse_growth, .reset = rl_reset_line, .kind = RL_LINE_GROWTH,
    },
    {
        .section = "Trigger", .name = "Refaults", .file = RL_POLICY_FILE,
        .form = "N/s", .unit = "pages a second",
        .range = "N at least 1",
        .example = "100/s",
        .help = "pages in use that had to be read back, over the longest window beside it or 10 s",
        .parse = rl_key_parse_refaults, .reset = rl_reset_line, .kind = RL_LINE_REFAULTS,
    },
    {
        .section = "Trigger", .name = "For", .file = RL_POLICY_FILE,
        .form = "T", .unit = "time",
        .range = "0 to 1h",
        .absent = "0",
        .example = "5s",
        .help = "how long all lines must have held without a break",
        .parse = rl_key_parse_for,
    },
    {
        .section = "Trigger", .name = "Origin", .file = RL_POLICY_FILE,
        .form = "own|node|any",
        .absent = "own",
        .example = "any",
        .help = "whose shortage it must be: the cgroup's or one below, the machine's, or either",
        .parse = rl_key_parse_origin, .choices = origins,
    },
    {
        .section = "Trigger", .name = "Gate", .file = RL_POLICY_FILE,
        .form = "none|linux-2.4",
        .absent = "none",
        .example = "linux-2.4",
        .help = "a further condition: what Linux 2.4 asked before it killed",
        .parse = rl_key_parse_gate, .choices = gates,
    },
    {
        .section = "Trigger", .name = "From", .file = RL_POLICY_FILE,
        .form = "STEP",
        .range = "a step of this policy's ladder",
        .absent = "the first step",
        .example = "kill",
        .help = "the step at which this trigger enters the ladder",
        .parse = rl_key_parse_from,
    },
    {
        .section = "Victim", .name = "Within", .file = RL_POLICY_FILE,
        .form = "offender|subject|GLOB",
        .range = "a glob over cgroup paths, with '/' or '*'",
        .fallback = "offender",
        .example = "app.slice/**",
        .help = "where victims are sought: where the shortage is, in all of the subject, or there",
        .parse = rl_key_parse_within,
    },
    {
        .section = "Victim", .name = "Kill", .file = RL_POLICY_FILE,
        .form = "process|cgroup|tree",
        .fallback = "process",
        .example = "process",
        .help = "what dies: one process, one cgroup with all below it, or all of the offender",
        .parse = rl_key_parse_kill,
    },
    {
        .section = "Victim", .name = "Score", .file = RL_POLICY_FILE,
        .form = "MODEL",
        .range = "a model of reliefd-scores(7), such as private or v59; linux-A.B: of that kernel",
        .fallback = "percent-times-ten",
        .example = "linux-6.12",
        .help = "how candidates are rated: by shares of what may be used, or as a Linux kernel did",
        .parse = rl_key_parse_score,
    },
    {
        .section = "Victim", .name = "Protect", .file = RL_POLICY_FILE,
        .form = WHO,
        .range = KINDS,
        .example = "main exe:/usr/sbin/sshd&uid:0 \"comm:a name\"",
        .help = "who is never a victim; main is the unit's main process, @system the machine's own",
        .parse = rl_key_parse_patterns, .reset = rl_reset_patterns, .kind = RL_LIST_PROTECT,
    },
    {
        .section = "Victim", .name = "Avoid", .file = RL_POLICY_FILE,
        .form = WHO,
        .range = KINDS,
        .example = "unit:*-db.service",
        .help = "who is chosen only when nobody else can be",
        .parse = rl_key_parse_patterns, .reset = rl_reset_patterns, .kind = RL_LIST_AVOID,
    },
    {
        .section = "Victim", .name = "Prefer", .file = RL_POLICY_FILE,
        .form = WHO,
        .range = KINDS,
        .example = "comm:pg_dump \"cmdline:*make -j*\"",
        .help = "who is chosen before all others",
        .parse = rl_key_parse_patterns, .reset = rl_reset_patterns, .kind = RL_LIST_PREFER,
    },
    {
        .section = "Victim", .name = "Adjust", .file = RL_POLICY_FILE,
        .form = "KIND:GLOB[&KIND:GLOB...] ... +N|-N ...", .unit = "points of the score",
        .range = "N up to 1000; " KINDS,
        .example = "comm:chrome +300 \"cmdline:postgres: *\" -200",
        .help = "points added to the score of those who match a pattern in front of the number",
        .parse = rl_key_parse_numbered, .reset = rl_reset_numbered, .kind = RL_NUMBERS_ADJUST,
        .min = 1, .max = 1000,
    },
    {
        .section = "Victim", .name = "MinSize", POLICY(victim.min_bytes),
        .form = "SIZE", .unit = "bytes",
        .range = "0 to 1T",
        .fallback = "0",
        .example = "10M",
        .help = "whose death would free less is passed over",
        .parse = rl_key_parse_size, .max = UINT64_C(1) << 40,
    },
    {
        .section = "Victim", .name = "MaxProcesses", POLICY(victim.max_processes),
        .form = "N", .unit = "number",
        .range = "0 to 1000000; 0: no such rule",
        .fallback = "0",
        .example = "50",
        .help = "where Kill=cgroup or tree would end more processes, one is killed instead",
        .parse = rl_key_parse_count32, .max = 1000000,
    },
    {
        .section = "Relief", .name = "Step", .file = RL_POLICY_FILE,
        .form = "warn [low|medium|critical] [desktop] | hook PATH [ARGUMENT ...] | reclaim SIZE|N% | "
                "throttle N% [cpu M%] | freeze | terminate [SIGNAL] | kill | restart [stop] | "
                "panic; each: [wait T]",
        .unit = "bytes, percent, time",
        .range = "0 < N <= 100, two decimals; throttle: N and M from 1; T up to 10min",
        .example = "terminate TERM wait 5s",
        .help = "the ladder, a rung a line; the next is taken after T if the trigger still holds",
        .parse = rl_key_parse_step, .reset = rl_reset_step,
    },
    {
        .section = "Relief", .name = "Cooldown", POLICY(relief.cooldown_us),
        .form = "T", .unit = "time",
        .range = "0 to 1h",
        .fallback = "30s",
        .example = "30s",
        .help = "how long an offender, or the place of Within=, is left alone after a kill",
        .parse = rl_key_parse_time, .max = 3600 * RL_US_PER_S,
    },
    {
        .section = "Relief", .name = "Limit", .file = RL_POLICY_FILE,
        .form = "N per T", .unit = "number, time",
        .range = RATE,
        .absent = "no limit",
        .example = "3 per 10min",
        .help = "how many kills of one offender are enough within T",
        .parse = rl_key_parse_limit,
    },
    {
        .section = "Relief", .name = "OnRepeat", POLICY(relief.on_repeat),
        .form = "stop|hold|alarm",
        .fallback = "alarm",
        .example = "hold",
        .help = "when Limit= is used up: never act there again, wait for T to end, or warn loudly",
        .parse = rl_key_parse_choice, .choices = on_repeat,
    },
    {
        .section = "Relief", .name = "OnNoVictim", POLICY(relief.on_no_victim),
        .form = "log|panic",
        .fallback = "log",
        .example = "log",
        .help = "when nobody can be chosen; panic, of the kernel, needs AllowPanic=yes",
        .parse = rl_key_parse_choice, .choices = on_no_victim,
    },
    {
        .section = "Relief", .name = "DryRun", POLICY(relief.dry_run),
        .form = "yes|no|auto|until N confirmed [regret<M%]", .unit = "number, percent",
        .range = "N 1 to 10000; 0 < M <= 100, two decimals; regret<5% where not said",
        .fallback = "no",
        .example = "until 20 confirmed regret<2%",
        .help = "decide and record, but send no signal; auto: while another such daemon runs; "
                "until: until so many decisions have proven right (reliefctl report)",
        .parse = rl_key_parse_policy_dry,
    },
    {
        .section = "Guard", .name = "HighBelowMax", .file = RL_POLICY_FILE,
        .form = "SIZE | N%", .unit = "bytes or percent of memory.max",
        .range = "0 < N < 100, two decimals",
        .absent = "memory.high is left alone",
        .example = "5%",
        .help = "keep memory.high that far under memory.max, so that the policy acts first",
        .parse = rl_key_parse_high_below_max,
    },
    {
        .section = "Guard", .name = "OomGroup", POLICY(guard.oom_group),
        .form = "yes|no",
        .absent = "memory.oom.group is left alone",
        .example = "yes",
        .help = "set memory.oom.group: whether the cgroup dies as a whole",
        .parse = rl_key_parse_tristate,
    },
    {
        .section = "Guard", .name = "OomScoreAdjust", .file = RL_POLICY_FILE,
        .form = "KIND:GLOB[&KIND:GLOB...] ... N ...", .unit = "as oom_score_adj",
        .range = "N -1000 to 1000; " KINDS,
        .example = "comm:worker* 300",
        .help = "set oom_score_adj of those who match a pattern in front of the number",
        .parse = rl_key_parse_numbered, .reset = rl_reset_numbered,
        .kind = RL_NUMBERS_OOM_SCORE_ADJ, .max = 1000,
    },
    {
        .section = "Guard", .name = "Managed", .file = RL_POLICY_FILE,
        .form = "leave|override",
        .fallback = "leave",
        .example = "override",
        .help = "whether the orders, and Step=throttle, count in cgroups that the kubelet manages",
        .parse = rl_key_parse_managed, .choices = managed,
    },
    {
        .section = "Daemon", .name = "DryRun", SETTINGS(dry_run),
        .form = "yes|no|auto",
        .fallback = "no",
        .example = "auto",
        .help = "decide and record, but send no signal; auto: while another such daemon runs",
        .parse = rl_key_parse_dry,
    },
    {
        .section = "Daemon", .name = "LogLevel", SETTINGS(log_level),
        .form = "err|warning|notice|info|debug",
        .fallback = "info",
        .example = "debug",
        .help = "the least important lines that are still logged",
        .parse = rl_key_parse_log_level,
    },
    {
        .section = "Daemon", .name = "LogFormat", SETTINGS(log_format),
        .form = "text|json",
        .fallback = "text",
        .example = "json",
        .help = "how lines on standard error look; json: one object a line",
        .parse = rl_key_parse_choice, .choices = log_formats,
    },
    {
        .section = "Daemon", .name = "CgroupRoot", SETTINGS(cgroup_root),
        .form = "PATH",
        .range = "absolute",
        .absent = "found in /proc/self/mountinfo",
        .example = "/sys/fs/cgroup",
        .help = "where cgroup2 is mounted",
        .parse = rl_key_parse_root,
    },
    {
        .section = "Daemon", .name = "MetricsFile", SETTINGS(metrics_file),
        .form = "PATH",
        .range = "absolute, ending in .prom",
        .absent = "none is written",
        .example = "/var/lib/prometheus/node-exporter/reliefd.prom",
        .help = "metrics for node_exporter's textfile collector; written at most every 15s",
        .parse = rl_key_parse_metrics_file,
    },
    {
        .section = "Daemon", .name = "AllowWithin", .file = RL_SETTINGS_FILE,
        .form = "GLOB ...",
        .range = "paths below the cgroup2 mount",
        .absent = "nowhere",
        .example = "/app.slice/**",
        .help = "where Within= of files in /usr/lib may reach outside their subject",
        .parse = rl_key_parse_allow_within, .reset = rl_reset_allow_within,
    },
    {
        .section = "Daemon", .name = "AllowPanic", SETTINGS(allow_panic),
        .form = "yes|no",
        .fallback = "no",
        .example = "no",
        .help = "whether OnNoVictim=panic and Step=panic of a policy count",
        .parse = rl_key_parse_yes_no,
    },
    {
        .section = "Budget", .name = "Kills", .file = RL_SETTINGS_FILE,
        .form = "N per T", .unit = "number, time",
        .range = RATE,
        .fallback = "10 per 10min",
        .example = "5 per 1min",
        .help = "how many kills all policies together may come to within T",
        .parse = rl_key_parse_kills,
    },
    {
        .section = "Records", .name = "Keep", SETTINGS(keep),
        .form = "N", .unit = "number",
        .range = "1 to 100000",
        .fallback = "200",
        .example = "500",
        .help = "how many incident files are kept, the newest",
        .parse = rl_key_parse_count, .min = 1, .max = 100000,
    },
    {
        .section = "Records", .name = "KeepSize", SETTINGS(keep_bytes),
        .form = "SIZE", .unit = "bytes",
        .range = "64K to 1T",
        .fallback = "64M",
        .example = "128M",
        .help = "how much space all incident files may take",
        .parse = rl_key_parse_size, .min = UINT64_C(64) << 10, .max = UINT64_C(1) << 40,
    },
    {
        .section = "Compat", .name = "SystemdOomd", SETTINGS(systemd_oomd),
        .form = "yes|no",
        .fallback = "no",
        .example = "yes",
        .help = "whether ManagedOOM properties of systemd's units count as policies",
        .parse = rl_key_parse_yes_no,
    },
    {
        .section = "Compat", .name = "TellSystemd", SETTINGS(tell_systemd),
        .form = "yes|no",
        .fallback = "yes",
        .example = "no",
        .help = "whether a unit that is killed whole ends with Result=oom-kill",
        .parse = rl_key_parse_yes_no,
    },
};
/* clang-format on */
const size_t rl_keys_n = sizeof(rl_keys) / sizeof(rl_keys[0]);
_Static_assert(sizeof(rl_keys) / sizeof(rl_keys[0]) <= RL_KEYS_MAX, "keys");

const struct rl_section *rl_section_find(enum rl_file_kind file, const char *name)
{
    for (size_t i = 0; i < rl_sections_n; i++)
        if (rl_sections[i].file == file && strcmp(rl_sections[i].name, name) == 0)
            return &rl_sections[i];
    return NULL;
}

const struct rl_key *rl_key_find(enum rl_file_kind file, const char *section, const char *name)
{
    for (size_t i = 0; i < rl_keys_n; i++)
        if (rl_keys[i].file == file && strcmp(rl_keys[i].section, section) == 0 &&
            strcmp(rl_keys[i].name, name) == 0)
            return &rl_keys[i];
    return NULL;
}
