/* A record as the engine fills it: a machine short in one cgroup, a worker killed for it. */
#pragma once

#include <signal.h>
#include <string.h>

#include "daemon/report/record.h"

#define SAMPLE_STARTED_US UINT64_C(5000000) /* CLOCK_MONOTONIC */
#define SAMPLE_WALL_US    UINT64_C(1714564800123456)
#define SAMPLE_OFFENDER   "/system.slice/db.service"

/* Everything that hurts when it is printed as it is: escapes, line feeds, half a character. */
#define HOSTILE_COMM   "a\n\x1b[31m)\xc3 \"b\x7f"
#define HOSTILE_CGROUP "/x/\xe2\x80\xae\"evil\r\n\x1b]0;t\x07\xff=1 2"

static inline struct rl_record_candidate sample_candidate(
    pid_t pid, const char *comm, int64_t memory, int adj)
{
    struct rl_record_candidate one = {
        .process =
            {
                .pid = pid,
                .uid = 105,
                .oom_score_adj = adj,
                .rss_pages = 1000,
                .swap_pages = 10,
            },
        .score =
            {
                .eligible = true,
                .points = memory + adj,
                .memory_points = memory,
                .adj_points = adj,
            },
        .cgroup = SAMPLE_OFFENDER,
    };
    strncpy(one.process.comm, comm, sizeof(one.process.comm) - 1);
    return one;
}

static inline struct rl_record_state sample_state(uint64_t full, uint64_t current, uint64_t left)
{
    return (struct rl_record_state){
        .sample =
            {
                .at_us = SAMPLE_STARTED_US,
                .have = RL_HAVE_PRESSURE | RL_HAVE_CURRENT | RL_HAVE_EVENTS,
                .current = current,
                .events = {.high = 7, .max = 240, .oom = 1},
            },
        .room = {.available = 512u << 20, .known = true, .usage = 9800, .headroom = left},
        .some_share = full + 1000,
        .full_share = full,
        .window_us = 10 * RL_US_PER_S,
    };
}

static inline void sample_trigger(struct rl_record *record)
{
    strcpy(record->trigger, "stall");
    record->n_lines = 3;
    record->lines[0] = (struct rl_line){
        .kind = RL_LINE_PRESSURE,
        .lineno = 3,
        .counter = RL_COUNT_FULL,
        .share = 3000,
        .window_us = 10 * RL_US_PER_S,
    };
    record->readings[0] = (struct rl_reading){true, true, RL_READ_HOLDS, RL_UNIT_SHARE, 4217, 3000};
    record->lines[1] = (struct rl_line){
        .kind = RL_LINE_HEADROOM,
        .lineno = 4,
        .share = 500,
        .relative = true,
        .min_bytes = 100u << 20,
        .max_bytes = RL_NO_LIMIT,
    };
    record->readings[1] = (struct rl_reading){
        true, true, RL_READ_HOLDS, RL_UNIT_BYTES, 3u << 20, 100u << 20};
    record->lines[2] = (struct rl_line){
        .kind = RL_LINE_EVENTS,
        .lineno = 5,
        .counter = RL_COUNT_OOM_KILL,
        .count = 1,
        .window_us = 60 * RL_US_PER_S,
    };
    record->readings[2] = (struct rl_reading){.why = RL_READ_NO_EVENTS, .unit = RL_UNIT_COUNT};
}

static inline void sample_steps(struct rl_record *record)
{
    record->n_steps = 2;
    record->steps[0] = (struct rl_record_step){
        .kind = RL_STEP_TERMINATE,
        .signal = SIGTERM,
        .at_us = SAMPLE_STARTED_US + 12000,
        .took_us = 3 * RL_US_PER_S,
        .signalled = 1,
        .result = RL_DONE_TIME_UP,
    };
    record->steps[1] = (struct rl_record_step){
        .kind = RL_STEP_KILL,
        .signal = SIGKILL,
        .at_us = SAMPLE_STARTED_US + 3012000,
        .took_us = 420000,
        .signalled = 1,
        .result = RL_DONE_VICTIM_GONE,
    };
    record->first_signal_us = SAMPLE_STARTED_US + 12000;
    record->gone_us = SAMPLE_STARTED_US + 3432000;
}

/* A finished incident. */
static inline void sample_record(struct rl_record *record)
{
    memset(record, 0, sizeof(*record));
    strcpy(record->id, "20240501T120000.123Z-7");
    strcpy(record->boot_id, "0123456789abcdef0123456789abcdef");
    strcpy(record->unit, "db.service");
    record->started_wall_us = SAMPLE_WALL_US;
    record->ended_wall_us = SAMPLE_WALL_US + 4500000;
    record->started_us = SAMPLE_STARTED_US;
    record->ended_us = SAMPLE_STARTED_US + 4500000;
    strcpy(record->policy, "db");
    strcpy(record->source, "/etc/reliefd/policy.d/db.service.conf");
    strcpy(record->subject, SAMPLE_OFFENDER);
    strcpy(record->offender, SAMPLE_OFFENDER);
    strcpy(record->limited_by, "/system.slice");
    sample_trigger(record);
    record->origin = (struct rl_evidence){
        .verdict = RL_ORIGIN_OWN,
        .window_us = 10 * RL_US_PER_S,
        .local_events = 240,
        .refaults = 1200,
        .used = 498u << 20,
        .limit = 512u << 20,
    };
    strcpy(record->model, "percent-times-ten");
    record->page_size = 4096;
    record->n_seen = 35;
    record->n_candidates = 4;
    record->candidates[0] = sample_candidate(4711, "worker", 812, 0);
    record->candidates[1] = sample_candidate(4712, "helper", 201, 100);
    record->candidates[2] = sample_candidate(33, "sshd", 12, 0);
    record->candidates[2].spared = RL_SPARED_PROTECTED;
    strcpy(record->candidates[2].by, "exe:/usr/sbin/sshd&uid:0");
    record->candidates[3] = sample_candidate(34, "shy", 0, -1000);
    record->candidates[3].score = (struct rl_score){.reason = RL_SPARED_ADJ_MINUS_1000};
    record->n_groups = 1;
    record->groups[0] = (struct rl_record_group){.cgroup = SAMPLE_OFFENDER,
        .anon = 400u << 20,
        .kernel = 1u << 20,
        .shmem = 2u << 20,
        .points = 781,
        .processes = 4};
    record->choice = (struct rl_choice){.found = true, .scope = RL_KILL_PROCESS, .points = 812};
    record->victim_pid = 4711;
    record->victim_start_ticks = 1234;
    record->victim_cgroup_id = 77;
    strcpy(record->victim_comm, "worker");
    strcpy(record->victim_cgroup, SAMPLE_OFFENDER);
    sample_steps(record);
    record->before = sample_state(4217, 510u << 20, 3u << 20);
    record->after = sample_state(30, 30u << 20, 480u << 20);
    record->freed_bytes = 480u << 20;
    record->outcome = RL_OUTCOME_RELIEVED;
}

/* The victim is a child that died for its parent, with two that shared its memory, after a wait. */
static inline void sample_relatives(struct rl_record *record)
{
    record->n_sharers = 2;
    record->sharers[0] = (struct rl_record_person){.pid = 4713, .comm = "twin", .points = 812};
    record->sharers[1] = (struct rl_record_person){.pid = 4714, .comm = "twin", .points = 811};
    record->instead_of = (struct rl_record_person){.pid = 4700, .comm = "master", .points = 900};
    record->waited_us = 5100 * RL_US_PER_MS;
    record->waited_out = true;
}

/* The same with every foreign name made hostile. */
static inline void sample_hostile(struct rl_record *record)
{
    sample_record(record);
    sample_relatives(record);
    strcpy(record->sharers[0].comm, HOSTILE_COMM);
    strcpy(record->instead_of.comm, HOSTILE_COMM);
    strcpy(record->offender, HOSTILE_CGROUP);
    strcpy(record->subject, HOSTILE_CGROUP);
    strcpy(record->limited_by, HOSTILE_CGROUP);
    strcpy(record->victim_cgroup, HOSTILE_CGROUP);
    strcpy(record->victim_comm, HOSTILE_COMM);
    strcpy(record->source, HOSTILE_CGROUP);
    for (uint32_t i = 0; i < record->n_candidates; i++) {
        strcpy(record->candidates[i].process.comm, HOSTILE_COMM);
        strcpy(record->candidates[i].cgroup, HOSTILE_CGROUP);
    }
    strcpy(record->candidates[2].by, HOSTILE_COMM);
    strcpy(record->groups[0].cgroup, HOSTILE_CGROUP);
}
