/* What a trace is made of: notes, each about one thing that entered or left the pure core. The
 * daemon puts them into a ring (ring.h) as they are here; a line of a trace file is one of them as
 * JSON (line.h), and reading it gives the same bytes again, but for padding.
 *
 * A note is one of the structs below and what its comment says stands behind it, without gaps.
 * Times are CLOCK_MONOTONIC microseconds. */
#pragma once

#include <stddef.h>

#include "policy/choose.h"
#include "policy/futile.h"
#include "policy/incident.h"
#include "policy/judge.h"

#define RL_TRACE_VERSION 1
#define RL_NOTE_NAME_MAX 256 /* of policies and triggers; longer ones are cut */
#define RL_NOTE_PATH_MAX 4096

enum rl_note_kind {
    RL_NOTE_TEXT, /* a line that is JSON already: see line.h */
    RL_NOTE_LOST, /* there was no room for so many notes */
    RL_NOTE_HOT,
    RL_NOTE_COLD,
    RL_NOTE_NODE,
    RL_NOTE_SAMPLE,
    RL_NOTE_LOOK,
    RL_NOTE_RESTART,
    RL_NOTE_OPEN,
    RL_NOTE_NEXT,
    RL_NOTE_ALLOW,
    RL_NOTE_TABLE,
    RL_NOTE_CHOICE,
    RL_NOTE_STEP,
    RL_NOTE_EASE,
    RL_NOTE_END,
    RL_NOTE_PAST,
    RL_NOTE_FOLLOW,
    RL_NOTES,
};

/* Before each. */
struct rl_note {
    uint32_t size; /* of what follows; a multiple of 8 */
    uint32_t kind; /* enum rl_note_kind */
};

struct rl_note_lost {
    uint64_t n;
};

/* A cgroup is looked at closely from now on, with what is remembered of it. Behind it: n points,
 * then path_len bytes of its path. */
struct rl_note_hot {
    uint64_t id; /* of the cgroup */
    uint64_t at_us;
    uint64_t restart_us, kernel_kill_us; /* of struct rl_history */
    struct rl_memory memory;
    bool held; /* its verdict does, of */
    char policy[RL_NOTE_NAME_MAX];
    uint64_t subject; /* as of struct rl_reacher; 0 in older traces */
    uint32_t subject_up;
    uint32_t n, path_len;
};

struct rl_note_cold {
    uint64_t id;
};

/* The machine, whenever it was read anew and anything in it has changed. */
struct rl_note_node {
    uint64_t at_us;
    struct rl_node node;
};

/* Behind it: n levels, from the cgroup itself upwards, as rl_room_of() was given them. */
struct rl_note_sample {
    uint64_t id;
    uint64_t now_us;
    struct rl_sample sample;
    uint32_t n;
};

/* A policy was held against a cgroup: rl_judge(). */
struct rl_note_look {
    uint64_t id;
    uint64_t now_us;
    char policy[RL_NOTE_NAME_MAX];
    uint64_t subject; /* as of struct rl_reacher; 0 in older traces */
    uint32_t subject_up;
    uint32_t have;
    bool asked;  /* whether the machine is short */
    bool paused; /* it holds, and a person has paused its policy */
    /* the verdict */
    bool holds;
    uint8_t trigger;
    uint8_t n; /* triggers: */
    uint32_t why[RL_TRIGGERS_MAX];
    uint32_t origin; /* enum rl_reason */
    uint64_t next_us;
};

/* What was seen of it does not count: after a resume. */
struct rl_note_restart {
    uint64_t id;
    uint64_t now_us;
};

/* A trigger held, or a person wanted it: was an incident opened? */
struct rl_note_open {
    uint64_t id; /* of the offender */
    uint64_t now_us;
    uint64_t incident; /* number; 0: none was opened, */
    uint32_t why;      /* for this (RL_WAIT_*) */
    uint8_t trigger;
    bool dry, by_hand;
    bool no_room;        /* as many incidents run as there is room for */
    bool tried;          /* by reliefctl try: its kills are not counted */
    uint8_t rungs;       /* of its ladder; 1 with by_hand may be another step than the policy's: */
    struct rl_step step; /* without its pointers */
    char name[64];       /* the incident's id */
    char policy[RL_NOTE_NAME_MAX];
    uint64_t subject; /* as of struct rl_reacher; 0 in older traces */
    uint32_t subject_up;
};

/* rl_incident_next(): news in, an order out. */
struct rl_note_next {
    uint64_t incident;
    struct rl_news news;
    struct rl_order order;
};

/* May it kill: by Limit=, by what the last kill brought, by [Budget]? */
struct rl_note_allow {
    uint64_t incident;
    uint64_t now_us;
    struct rl_sample now; /* have, current, shmem and anon alone */
    uint32_t why;
    uint64_t until_us;
};

struct rl_note_group {
    struct rl_group group; /* before rl_choose(); path and own mean nothing */
    uint32_t path_len;     /* paths and names of policies stand behind all else of the table */
    uint32_t policy_len;
};

struct rl_note_process {
    struct rl_process process;
    bool vetoed, failed;
};

/* The processes of a cgroup and below, for a choice or without one. Behind it: n_groups groups,
 * then n_processes processes, then for each group its path and the name of its own policy. */
struct rl_note_table {
    uint64_t incident; /* 0: for none */
    uint64_t id;       /* of the offender, or of the cgroup that it is about */
    uint64_t at_us;
    struct rl_scale scale;
    char policy[RL_NOTE_NAME_MAX];
    uint32_t kill; /* enum rl_kill: as it was asked for */
    bool waited_out;
    uint64_t seen;     /* processes; more than n_processes where not all were read */
    uint64_t foreign;  /* of other pid namespaces */
    uint64_t homeless; /* without a group of their own; then only the daemon can choose */
    uint32_t n_groups, n_processes;
};

/* What rl_choose() made of the table before. */
struct rl_note_choice {
    uint64_t incident;
    bool found, widened, one_by_one, fell_back;
    uint32_t why;
    uint32_t scope;
    int64_t points;
    int32_t pid; /* 0: a cgroup */
    int32_t instead_of;
    uint32_t mm;
    char comm[RL_COMM_MAX];
    char cgroup[RL_NOTE_PATH_MAX];
};

/* What an order to take a step came to. */
struct rl_note_step {
    uint64_t incident;
    uint64_t now_us;
    uint8_t rung;
    uint32_t why; /* RL_REASON_NONE: it was taken */
    bool signalled, refused;
    bool counted; /* in [Budget], by this step */
};

/* A measure of ours has ended by itself. */
struct rl_note_ease {
    uint64_t incident;
    bool thawed, unthrottled;
};

struct rl_note_end {
    uint64_t incident;
    uint64_t id;
    uint64_t now_us;
    uint32_t outcome;
    uint64_t until_us; /* of the cooldown */
    bool known;        /* what the kill brought: */
    struct rl_effect effect;
};

/* What is remembered of an offender (id 0: the budget), at the start. Behind it: n times of kills,
 * then path_len bytes of its path. */
struct rl_note_past {
    uint64_t id;
    uint64_t until_us;
    bool stopped;
    struct rl_effect effect;
    uint32_t n, path_len;
};

/* A cgroup was made where another one was before it: what is remembered goes on there. */
struct rl_note_follow {
    uint64_t from, to;
};

/* Return: size of the fixed part of a kind, 0 for RL_NOTE_TEXT. */
size_t rl_note_size(enum rl_note_kind kind);
