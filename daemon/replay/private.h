/* What the files of the replay share. Nobody else includes this. */
#pragma once

#include "daemon/replay/replay.h"

struct rl_replay {
    struct rl_replay_options options;
    struct rl_replay_state state;
    struct rl_replay_counts counts;
    bool begun;    /* a first line was seen */
    bool partial;  /* it is about some cgroups only */
    bool recorded; /* the policies of the trace are in force */
    uint64_t now_us;
    struct rl_note *table;          /* the newest one that is about a choice */
    struct rl_choice choice;        /* what was chosen from it */
    struct rl_replay_table *tables; /* the newest of each cgroup, for what was not */
    size_t n_tables, size_tables;
    uint64_t numbers; /* of incidents that are not in the trace */
    char id[64];
};

/* A table of processes that is kept. */
struct rl_replay_table {
    uint64_t id; /* of the cgroup */
    struct rl_note *note;
};

void rl_replay_tell(struct rl_replay *replay, struct rl_told *told);
void rl_replay_tell_watched(struct rl_replay *replay, const struct rl_replay_cgroup *cgroup);
/* A difference from the trace. */
void rl_replay_differ(
    struct rl_replay *replay, uint64_t number, const char *what, const char *was, const char *is);

/* follow.c: decisions as they stand in the trace. Takes *note over where it keeps it (NULL then).
 * Return: 0, -ENOMEM. */
int rl_replay_follow_note(struct rl_replay *replay, struct rl_note **note);
/* what-if.c: those of other policies. */
int rl_replay_try_note(struct rl_replay *replay, struct rl_note **note);
