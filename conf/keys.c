#include "conf/keys.h"

#include <string.h>

#include "conf/sections.h"

const struct rl_section rl_sections[] = {
    {RL_POLICY_FILE, "Match", false, "which cgroups the policy is for"},
    {RL_POLICY_FILE, "Trigger", true,
        "when to act; triggers are alternatives, the lines of one must all hold"},
    {RL_POLICY_FILE, "Victim", false, "whom to choose"},
    {RL_POLICY_FILE, "Relief", false, "what to do"},
    {RL_SETTINGS_FILE, "Daemon", false, "reliefd itself"},
    {RL_SETTINGS_FILE, "Records", false, "what is kept of incidents"},
};
const size_t rl_sections_n = sizeof(rl_sections) / sizeof(rl_sections[0]);
_Static_assert(sizeof(rl_sections) / sizeof(rl_sections[0]) <= RL_SECTIONS_MAX, "sections");

#define POLICY(field)   .file = RL_POLICY_FILE, .offset = offsetof(struct rl_policy, field)
#define SETTINGS(field) .file = RL_SETTINGS_FILE, .offset = offsetof(struct rl_settings, field)

#define WINDOW "T 0.5s to 10min"

/* clang-format off */
const struct rl_key rl_keys[] = {
    {
        .section = "Match", .name = "Cgroup", .file = RL_POLICY_FILE,
        .form = "[!]GLOB ...",
        .range = "paths below the cgroup2 mount",
        .example = "kubepods.slice/** !**/crio-conmon-*",
        .help = "cgroups the policy is for; * stays within one level, ** crosses levels, ! excludes",
        .parse = rl_key_parse_cgroup, .reset = rl_reset_cgroup,
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
        .parse = rl_key_parse_usage, .reset = rl_reset_line, .kind = RL_LINE_USAGE,
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
        .section = "Trigger", .name = "Events", .file = RL_POLICY_FILE,
        .form = "high|max|oom|oom_kill N over T", .unit = "number, time",
        .range = "N at least 1; " WINDOW,
        .example = "oom 1 over 10s",
        .help = "how often the kernel counted that event in memory.events within the last T",
        .parse = rl_key_parse_events, .reset = rl_reset_line, .kind = RL_LINE_EVENTS,
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
        .range = "the name of a score model",
        .fallback = "percent-times-ten",
        .example = "percent-times-ten",
        .help = "how candidates are rated",
        .parse = rl_key_parse_score,
    },
    {
        .section = "Victim", .name = "Protect", .file = RL_POLICY_FILE,
        .form = "KIND:GLOB[&KIND:GLOB...] | main | @system ...",
        .range = "KIND comm, exe, uid, unit or cgroup; at most 4 joined by &",
        .example = "main exe:/usr/sbin/sshd&uid:0 \"comm:a name\"",
        .help = "who is never a victim; main is the unit's main process, @system the machine's own",
        .parse = rl_key_parse_protect, .reset = rl_reset_protect,
    },
    {
        .section = "Relief", .name = "Step", .file = RL_POLICY_FILE,
        .form = "terminate [SIGNAL] [wait T] | kill [wait T]", .unit = "time",
        .range = "T up to 10min",
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
        .help = "how long an offender is left alone after its last kill",
        .parse = rl_key_parse_time, .max = 3600 * RL_US_PER_S,
    },
    {
        .section = "Daemon", .name = "DryRun", SETTINGS(dry_run),
        .form = "yes|no",
        .fallback = "no",
        .example = "yes",
        .help = "decide and record as if acting, but send no signal",
        .parse = rl_key_parse_yes_no,
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
        .section = "Daemon", .name = "CgroupRoot", SETTINGS(cgroup_root),
        .form = "PATH",
        .range = "absolute",
        .absent = "found in /proc/self/mountinfo",
        .example = "/sys/fs/cgroup",
        .help = "where cgroup2 is mounted",
        .parse = rl_key_parse_root,
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
