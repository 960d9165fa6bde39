/* Notes about what the daemon sees and chooses, put into the ring of a trace. Nothing here
 * allocates or makes a system call. */
#pragma once

#include "daemon/observe/watch.h"
#include "daemon/scratch.h"
#include "daemon/trace/ring.h"

struct rl_tracer {
    struct rl_ring *ring;
    struct rl_node node;     /* as it was noted last */
    uint64_t incident;       /* that a choice is made for; 0: none */
    sd_event_source *tables; /* when processes are to be written down again */
    uint64_t at_us;          /* what stands in the first line */
};

/* What a note says of its subject: see struct rl_reacher. */
void rl_trace_subject(const struct rl_cgroup *cgroup, uint64_t *ret, uint32_t *ret_up);
void rl_trace_hot(struct rl_tracer *tracer, const struct rl_hot *hot);
void rl_trace_cold(struct rl_tracer *tracer, const struct rl_hot *hot);
/* The machine, if anything has changed. */
void rl_trace_node(struct rl_tracer *tracer, const struct rl_node *node, uint64_t now_us);
void rl_trace_sample(struct rl_tracer *tracer, const struct rl_hot *hot,
    const struct rl_level *levels, size_t n, uint64_t now_us);
/* Its verdict is new. asked, paused: see struct rl_note_look. */
void rl_trace_look(
    struct rl_tracer *tracer, const struct rl_hot *hot, bool asked, bool paused, uint64_t now_us);
void rl_trace_restart(struct rl_tracer *tracer, const struct rl_hot *hot, uint64_t now_us);
/* Before rl_choose() and after all of a choice. id: of the cgroup that is short. */
void rl_trace_table(struct rl_tracer *tracer, const struct rl_policy *policy,
    const struct rl_choosing *choosing, const struct rl_scratch *scratch, uint64_t id);
void rl_trace_choice(struct rl_tracer *tracer, const struct rl_scratch *scratch);
void rl_trace_follow(struct rl_tracer *tracer, uint64_t from, uint64_t to);
