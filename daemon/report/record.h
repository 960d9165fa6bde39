/* The record of one incident: everything that was known, decided and done, in one fixed-size
 * struct. The engine fills it while the incident runs; log, journal, incident file and bus are
 * made from it afterwards. It holds copies, never pointers into the tree: cgroups and processes
 * vanish at any moment.
 *
 * Guarantee: filling a record allocates nothing. Turning it into text may. */
#pragma once

#include "daemon/report/pod.h"
#include "policy/choose.h"
#include "policy/incident.h"
#include "policy/judge.h"
#include "policy/kind.h"

#define RL_PATH_MAX          512 /* longer cgroup paths are cut in front, marked by "..." */
#define RL_RECORD_ID_MAX     48
#define RL_RECORD_CANDIDATES 20
#define RL_RECORD_GROUPS     20
#define RL_RECORD_SHARERS    16
#define RL_RECORD_STEPS      (RL_STEPS_MAX + RL_VETOES_MAX)
#define RL_NAME_MAX          128
#define RL_RECORD_BOOT_MAX       33
#define RL_RECORD_UNIT_MAX   256

struct rl_record_candidate {
    struct rl_process process;
    struct rl_score score;
    enum rl_reason spared;
    char by[RL_NAME_MAX]; /* the Protect= pattern that spared it, as written; "" for none */
    char cgroup[RL_PATH_MAX];
};

/* Somebody who has to do with the victim. */
struct rl_record_person {
    pid_t pid; /* 0: nobody */
    char comm[RL_COMM_MAX];
    int64_t points;
};

/* A whole cgroup as candidate (Kill=cgroup). */
struct rl_record_group {
    char cgroup[RL_PATH_MAX];
    uint64_t anon, swap, kernel; /* what its death frees */
    uint64_t shmem;              /* what may stay */
    int64_t points;
    uint32_t processes;
    enum rl_reason spared;
};

struct rl_record_step {
    enum rl_step_kind kind;
    int signal;             /* TERMINATE, KILL */
    char args[RL_NAME_MAX]; /* its other arguments, as a policy has them; "" for none */
    uint64_t at_us;         /* CLOCK_MONOTONIC */
    uint64_t took_us;       /* until it was over: the victim gone, the step done, the time up */
    uint32_t signalled;     /* processes that got the signal; 0 with a whole-cgroup kill */
    bool whole_cgroup;      /* through cgroup.kill */
    bool skipped;           /* it was not taken, so that the next one came at once */
    bool assuming;          /* of a dry run: decided as if the steps before had no effect */
    uint64_t gained;        /* bytes that RECLAIM has brought */
    enum rl_reason result;  /* RL_DONE_*; RL_SKIP_* where it was skipped */
    int error;              /* errno where result is RL_DONE_ERROR, else of the first process that
                             * could not be signalled beside those that were; 0 */
};

/* Pressure and memory at one instant of the incident. */
struct rl_record_state {
    struct rl_sample sample;
    struct rl_room room;
    uint64_t some_share, full_share; /* hundredths of a percent, over window_us */
    uint64_t window_us;
};

struct rl_record {
    char id[RL_RECORD_ID_MAX];
    char boot_id[RL_RECORD_BOOT_MAX]; /* of the machine's run; "" unknown */
    enum rl_kind kind;            /* of one that is open: RL_KIND_RELIEF */
    bool dry_run;
    bool open;                               /* not ended yet */
    bool by_hand;                            /* a person asked for it, */
    uid_t by_uid;                            /* this one */
    uint64_t started_wall_us, ended_wall_us; /* CLOCK_REALTIME */
    uint64_t started_us, ended_us;           /* CLOCK_MONOTONIC */

    char policy[RL_NAME_MAX], source[RL_PATH_MAX];
    char subject[RL_PATH_MAX];     /* the cgroup that the policy is attached to */
    char offender[RL_PATH_MAX];    /* where the shortage is; "/" is the machine */
    char unit[RL_RECORD_UNIT_MAX]; /* of systemd, the victim's, else the offender's; "" none */
    struct rl_pod pod; /* the victim's, once there is one; else the offender's */
    char limited_by[RL_PATH_MAX];  /* the cgroup whose memory.max counts, or "node" */
    char tightest[RL_PATH_MAX];    /* the cgroup whose limit headroom is about, or "node" */
    uint64_t offender_id;

    char trigger[RL_NAME_MAX];
    uint8_t n_lines;
    struct rl_line lines[RL_LINES_MAX];
    struct rl_reading readings[RL_LINES_MAX];
    struct rl_evidence origin;

    enum rl_kill kill; /* as the policy says */
    char model[RL_NAME_MAX];
    uint32_t page_size;    /* of the pages in candidates; 0: this machine's */
    uint32_t n_seen;       /* processes looked at */
    uint32_t n_candidates; /* kept below, highest first, spared ones among them */
    struct rl_record_candidate candidates[RL_RECORD_CANDIDATES];
    uint32_t n_groups;
    struct rl_record_group groups[RL_RECORD_GROUPS];
    struct rl_choice choice; /* indices mean nothing here; the victim is spelt out below */

    pid_t victim_pid; /* 0 where a cgroup was chosen as such */
    char victim_comm[RL_COMM_MAX];
    uint64_t victim_start_ticks; /* of that process; 0 where a cgroup was chosen */
    char victim_cgroup[RL_PATH_MAX];
    uint64_t victim_cgroup_id;
    /* Those that share the victim's address space and die with it; n_sharers may be more than there
     * is room for. */
    uint32_t n_sharers;
    struct rl_record_person sharers[RL_RECORD_SHARERS];
    struct rl_record_person instead_of; /* the victim's parent, which had the most points */
    uint64_t waited_us; /* the choice was put off so long while somebody was on his way out; 0 */
    bool waited_out;    /* and was made in the end although he was */

    uint8_t n_steps;
    struct rl_record_step steps[RL_RECORD_STEPS];

    struct rl_record_state before, after;
    uint64_t freed_bytes;     /* fall of the offender's memory + swap, before to after */
    uint64_t first_signal_us; /* CLOCK_MONOTONIC; 0: none */
    uint64_t gone_us;         /* when the last of the victim was gone; 0: not */
    enum rl_reason outcome;   /* RL_OUTCOME_* */
};
