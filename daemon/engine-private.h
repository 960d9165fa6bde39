/* What the files of the engine share. Nobody else includes this. */
#pragma once

#include <jansson.h>

#include "daemon/engine.h"
#include "daemon/kernel-oom.h"
#include "daemon/observe/cmdline.h"
#include "daemon/observe/container.h"
#include "daemon/observe/pods.h"
#include "daemon/observe/watch.h"
#include "daemon/compat.h"
#include "daemon/others.h"
#include "daemon/pause.h"
#include "daemon/relieve/guard.h"
#include "daemon/relieve/hook.h"
#include "daemon/relieve/kill.h"
#include "daemon/relieve/measure.h"
#include "daemon/relieve/self.h"
#include "daemon/relieve/unit.h"
#include "daemon/relieve/worker.h"
#include "daemon/report/metrics.h"
#include "daemon/report/record.h"
#include "daemon/report/warn.h"
#include "daemon/samples.h"
#include "daemon/scratch.h"
#include "daemon/suspend.h"
#include "daemon/trace/record.h"
#include "policy/ending.h"
#include "policy/kind.h"
#include "policy/reach.h"

#define RL_PASTS_MAX     256
#define RL_VICTIM_PATHS  (16 * 1024)
#define RL_FAILED_MAX    64
#define RL_RUNNING_READY 2 /* incidents that there is room for from the start */
#define RL_WORDS_SIZE    (RL_STEPS_MAX * 192)
#define RL_TRIES_MAX     4

/* What `reclaim` is about, see daemon/step/reclaim.c. */
struct rl_reclaiming {
    int fd; /* the offender's directory; -1: nothing goes on */
    uint64_t wanted, gained, piece;
    uint64_t asked, before; /* of the piece that is on its way */
};

/* An incident while it runs. It copies what it needs of its policy, which may be reloaded. */
struct rl_running {
    bool used;
    struct rl_engine *engine;
    uint64_t hold_until_us; /* a cooldown longer than the policy's: Limit= is used up */
    bool panic;             /* OnNoVictim=panic */
    bool managed_override;  /* [Guard] Managed=override */
    struct rl_incident incident;
    uint64_t number;    /* of this run of the daemon; part of its id */
    struct rl_hot *hot; /* the offender; NULL once it is gone */
    struct rl_reach reach;
    struct rl_trigger trigger;
    struct rl_relief relief;
    uint64_t policy_text; /* rl_policy.text */
    sd_event_source *timer;
    struct rl_victim_watch *watch;
    bool announced;
    bool chosen;       /* there is a victim */
    bool allowed;      /* to kill, by Limit= and [Budget] */
    bool counted;      /* a kill of it is, in [Budget] */
    bool refused;      /* the victim could not be signalled at all */
    bool gone;         /* the victim, as the watch said */
    bool done, vetoed; /* what the current step has said, until it is news */
    uint64_t gained;
    uint8_t going_on; /* 1 + the rung that was taken last, until its time is up; 0: none */
    struct rl_reclaiming reclaiming;
    struct rl_hook_run *hook;    /* NULL: none runs; so it is for the next ones */
    struct rl_unit_job *unit;    /* systemd is asked */
    struct rl_measure *throttle; /* stands until the end */
    struct rl_measure *freeze;
    bool warned;
    bool owner_told;                                 /* see owner.c */
    char words[RL_WORDS_SIZE];                       /* of hooks: a reload frees the policy's own */
    const char *args[RL_STEPS_MAX][RL_ARGS_MAX + 2]; /* path, arguments, NULL; into words */
    struct rl_vetoed vetoed_ones[RL_VETOES_MAX];
    size_t n_vetoed;
    uint64_t group_id; /* the victim's cgroup */
    int cgroup_fd;     /* of a victim that dies as a whole; -1 */
    uint64_t cgroup_id;
    bool whole;                /* through cgroup.kill */
    struct rl_target *targets; /* RL_TARGETS_MAX entries */
    size_t n_targets;
    char *paths; /* RL_VICTIM_PATHS bytes: what targets[].cgroup points to, each path once */
    size_t paths_used;
    struct rl_effect effect; /* of its kill, as far as it is known */
    /* Put off until nothing is urgent. to_update: only the file, after a further step. */
    bool to_announce, to_update, to_end;
    bool told;                 /* somebody has heard of it: its end is told in any case */
    bool stale;                /* it ended as those before it did: no news */
    struct rl_sampled sampled; /* rings of the flight recorder that it holds */
    struct rl_record record;
};

/* What is remembered of an offender after its incidents. */
struct rl_past {
    uint64_t id;       /* of the cgroup; 0: free */
    char *path;        /* of the cgroup, owned; NULL: not named yet */
    uint64_t until_us; /* end of its cooldown */
    struct rl_kills kills;
    struct rl_effect effect; /* of the last kill */
    struct rl_refusal refusal;
};

/* A victim that could not be killed: one process or a whole cgroup. */
struct rl_failed {
    pid_t pid; /* 0: a cgroup */
    uint64_t start_ticks;
    uint64_t cgroup_id; /* 0: a process */
    uint64_t until_us;  /* CLOCK_MONOTONIC; over, or 0: free */
};

/* A policy that is tried in a cgroup made for that (reliefctl try), as long as the cgroup lives. */
struct rl_tried {
    uint64_t id; /* of the cgroup; 0: free */
    char policy[RL_NAME_MAX];
};

/* What the room for choices was last held against. */
struct rl_growth {
    struct rl_census census;
    size_t threads;     /* of the machine; there are no more processes than these */
    uint64_t looked_us; /* CLOCK_MONOTONIC */
    bool pending;
    bool failed; /* and was said */
};

struct rl_engine {
    sd_event *event;
    struct rl_engine_options options;
    struct rl_policy_set *policies;
    struct rl_watch *watch;
    struct rl_killer *killer;
    /* Of the steps; NULL: no policy asks for it, or it could not be had. */
    struct rl_worker *reclaimer;
    struct rl_measures *measures;
    struct rl_units *units;
    struct rl_hooks *hooks;
    struct rl_warner *warner;
    struct rl_bus *bus; /* not owned */
    int hook_cgroup_fd; /* where hooks may have cgroups of their own; -1: nowhere */
    struct rl_self self;
    struct rl_procs procs;
    struct rl_scratch scratch;
    struct rl_flight *flight;
    struct rl_ooms *ooms;                       /* NULL: could not be had */
    struct rl_running *running[RL_RUNNING_MAX]; /* NULL from the first one not made yet */
    struct rl_past pasts[RL_PASTS_MAX];
    struct rl_failed failed[RL_FAILED_MAX];
    struct rl_kills budget; /* kills of all policies together */
    struct rl_cmdline *cmdline;
    struct rl_pods *pods;
    struct rl_containers *containers; /* NULL: could not be had */
    struct rl_worker *teller;         /* of owner.c; NULL: not needed yet */
    unsigned teller_said;             /* bits */
    struct rl_guardian *guardian;     /* NULL: could not be had */
    struct rl_others others;
    const struct rl_compat_left *left; /* to systemd-oomd; NULL: nothing. Not owned */
    struct rl_suspend suspend;
    bool uses_limited, uses_pods, uses_node_origin, uses_guard; /* of the policies in force */
    sd_event_source *later; /* what allocates: reports, timed policies */
    bool timed_pending, guard_pending;
    struct rl_growth growth;
    struct rl_pauses pauses;
    sd_event_source *pause_timer; /* when the next pause is over */
    struct rl_tried tries[RL_TRIES_MAX];
    uint64_t guarded_us;     /* when hot cgroups' [Guard] was applied last */
    struct rl_tracer *trace; /* NULL: no trace is written */
    uint64_t started_wall_us, incidents;
    struct rl_grader *grader;                     /* NULL: could not be had */
    struct rl_metrics *metrics;                   /* likewise */
    sd_event_source *metrics_post;                /* NULL: no MetricsFile= */
    uint64_t metrics_written, metrics_written_us; /* changes as of the file, and when; 0: never */
    bool metrics_failed;                          /* and was said */
    char boot_id[RL_RECORD_BOOT_MAX];
};

/* ---- engine.c ---- */
uint64_t rl_wall_us(void);
/* Hold a hot cgroup's policy against its newest sample. */
void rl_engine_judge(struct rl_engine *engine, const struct rl_hot *hot, struct rl_memory *memory,
    uint64_t now_us, struct rl_verdict *ret);
/* Run what must not run between a wake-up and a signal, when nothing else is to do. */
void rl_engine_later(struct rl_engine *engine);
/* Must it stay hot without an incident: are levels asked for that announce themselves to nobody? */
bool rl_engine_keeps(const struct rl_hot *hot);
/* Does a policy only pretend, by the command line, reliefd.conf, its own word or other daemons?
 * NULL: do all of them. */
bool rl_engine_dry(const struct rl_engine *engine, const struct rl_policy *policy);

/* ---- blame.c: whose shortage it is ---- */
/* Is the machine short? The root must be hot. Hot cgroups are read anew where it depends on them.
 * Return: how many pages came back to those at their own limits, as rl_origin_node() asks. */
uint64_t rl_blame_node(
    struct rl_engine *engine, uint64_t now_us, uint64_t window_us, struct rl_evidence *ret);

/* ---- attach.c: which policy is in force where ---- */
void rl_attach(struct rl_engine *engine, struct rl_cgroup *cgroup);
/* All of the tree anew, after the policies have changed. */
void rl_attach_all(struct rl_engine *engine);
/* Its [Guard] once more: processes may have come. Allocates and writes a file. */
void rl_attach_guard(struct rl_engine *engine, struct rl_cgroup *cgroup);
bool rl_policy_timed(const struct rl_policy *policy);

/* ---- pod.c: names of pods ---- */
/* Complete what a record says of a pod by the names that are known. Reads folders: not before
 * somebody is signalled. */
void rl_pod_look_up(struct rl_engine *engine, struct rl_pod *pod);

/* ---- owner.c: a word to the owner of a container ---- */
/* Once in each incident, when its victim was signalled and the record names the pod. Allocates. */
void rl_owner_tell(struct rl_running *running);
/* What is under way is waited for, a bounded time. */
void rl_owner_end(struct rl_engine *engine);

/* ---- past.c: what is remembered of offenders, also over a restart ---- */
/* Return: microseconds that are left of the cooldown of a cgroup, 0 when it is over. */
uint64_t rl_cooldown_left(const struct rl_engine *engine, uint64_t id, uint64_t now_us);
/* The entry of a cgroup, made where there is none. */
struct rl_past *rl_past_of(struct rl_engine *engine, uint64_t id);
/* Keep the path beside the entry of a cgroup, if it has one: whoever has that path later has its
 * past. Allocates; without memory the entry goes with the cgroup. */
void rl_past_name(struct rl_engine *engine, uint64_t id, const char *path);
/**
 * rl_past_follow() - a cgroup stands at this path now
 *
 * Service managers remove a unit's cgroup when it ends and make it anew at the next start. What is
 * remembered of those that had this path goes on in it; else a unit that is restarted at once would
 * have neither cooldown nor Limit=.
 */
void rl_past_follow(struct rl_engine *engine, uint64_t id, const char *path);
/* Read and write RUNTIME/past.json; what cannot be read or written is said and costs no more. */
void rl_past_load(struct rl_engine *engine);
void rl_past_save(const struct rl_engine *engine);
void rl_past_free(struct rl_engine *engine);

/* ---- grade.c: what became of dry runs ---- */
struct rl_gradebook;
/* After the watch. Return: 0 or -errno. */
int rl_grades_open(struct rl_engine *engine);
/* What is being followed is unknown now; all is written down. Before the watch is freed. */
void rl_grades_close(struct rl_engine *engine);
/* An incident has ended and was reported. */
void rl_grades_note(struct rl_engine *engine, const struct rl_running *running);
void rl_grades_gone(struct rl_engine *engine, const struct rl_cgroup *cgroup);
/* The kernel's OOM killer has struck somewhere. */
void rl_grades_kernel_kill(struct rl_engine *engine);
/* Nothing is urgent: write down what is known. Allocates. */
void rl_grades_catch_up(struct rl_engine *engine);
/* Is DryRun=until of this policy over? */
bool rl_grades_live(const struct rl_engine *engine, const struct rl_policy *policy);
/* New references, NULL when memory is out: all of it; one policy's, null where nothing is known. */
json_t *rl_grades_json(const struct rl_engine *engine);
json_t *rl_grades_policy_json(const struct rl_engine *engine, const struct rl_policy *policy);
const struct rl_gradebook *rl_grades_book(const struct rl_engine *engine); /* NULL: there is none */

/* ---- metrics.c ---- */
int rl_metrics_open(struct rl_engine *engine);
void rl_metrics_close(struct rl_engine *engine);
/* All metrics as Prometheus text, malloc'ed; NULL when memory is out. now: also what is true at
 * this moment only, and would be stale in a file. */
char *rl_engine_metrics(struct rl_engine *engine, bool now);

/* ---- failed.c: who could not be killed ---- */
#define RL_FAILED_US (60 * RL_US_PER_S) /* others are chosen for so long */
/* Of an incident that has ended, before its victim is dropped. */
void rl_failed_note(struct rl_running *running, const struct rl_ending *ending, uint64_t now_us);
bool rl_failed_process(
    const struct rl_engine *engine, const struct rl_process *process, uint64_t now_us);
bool rl_failed_cgroup(const struct rl_engine *engine, uint64_t id, uint64_t now_us);

/* ---- futile.c: kills that bring nothing back ---- */
/* A victim was chosen; its incident has ended. */
void rl_effect_begin(struct rl_running *running);
void rl_effect_end(struct rl_running *running, uint64_t now_us);

/* ---- reach.c: what stands in the way of an incident ---- */
void rl_reach_of_hot(const struct rl_hot *hot, struct rl_reach *ret);
/* Return: microseconds that are left of its cooldown, or of the one that it shares with others
 * (struct rl_reach); 0: none. */
uint64_t rl_reach_left(struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us);
enum rl_busy {
    RL_BUSY_NOT,
    RL_BUSY_RUNS,  /* an incident runs that may touch the same place */
    RL_BUSY_FIRST, /* another one is to be opened first; it is looked at as soon as can be */
};
enum rl_busy rl_reach_busy(struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us);
/* What stood in the way may be gone: those whose triggers hold are looked at at once. */
void rl_reach_stir(struct rl_engine *engine, uint64_t now_us);
/* Its incident is over: the cooldown of all who share it, who have also to show anew that they are
 * short; and whoever has waited for it is looked at. Before running->hot is dropped. */
void rl_reach_end(struct rl_running *running, const struct rl_ending *ending, uint64_t now_us);

/* ---- course.c: incidents from opening to end ---- */
int rl_course_init(struct rl_engine *engine);
/* Make room for one more incident where all there is is taken. Allocates. */
void rl_course_grow(struct rl_engine *engine);
/* Write down what still runs. Before the watch and the killer are freed. */
void rl_course_end(struct rl_engine *engine);
void rl_course_free(struct rl_engine *engine);
struct rl_running *rl_running_of(struct rl_engine *engine, const struct rl_cgroup *cgroup);
/* Open an incident for what a look found, unless something stands in the way: then this is when it
 * is to be looked at again. Return: RL_WAIT_*; RL_REASON_NONE when it was opened. */
enum rl_reason rl_course_open(
    struct rl_engine *engine, struct rl_hot *hot, uint64_t now_us, uint64_t *ret_next_us);
/**
 * rl_course_open_by_hand() - open an incident because a person says so
 * @uid:  whose order it is
 * @only: the one step to take, NULL for the whole ladder
 *
 * Cooldown, Limit=, the budget and pauses do not stand in the way; what it does counts for them.
 * Return: RL_REASON_NONE with *ret, which may have ended already; RL_WAIT_BUSY_DOMAIN.
 */
enum rl_reason rl_course_open_by_hand(struct rl_engine *engine, struct rl_hot *hot, uid_t uid,
    const struct rl_step *only, uint64_t now_us, struct rl_running **ret);
void rl_course_offender_gone(struct rl_running *running);
/* The victim is dead and its memory back (error 0), or cannot be killed (errno). */
void rl_course_victim_gone(struct rl_running *running, uint64_t gone_us, int error);
/* The current step has ended before its time, and has brought so many bytes; or it says that this
 * victim must live. From the event loop, never from within take(). */
void rl_course_step_done(struct rl_running *running, uint64_t gained);
void rl_course_vetoed(struct rl_running *running);
/* Is there still a reason to act? Samples the offender. */
bool rl_course_holds(struct rl_running *running);
/* Hand over to report/ what was put off. */
void rl_course_report(struct rl_engine *engine); /* course-report.c */

/* ---- by-hand.c: what people ask for ---- */
/* Read the pauses that stand, and tell their end. */
void rl_pauses_begin(struct rl_engine *engine);
/* Return: the pause that is for this cgroup and its policy; NULL for none. */
struct rl_pause *rl_pause_for(struct rl_engine *engine, const struct rl_cgroup *cgroup);
/* Does a pause keep its policy from acting now? Ask only when it would act: it is said once. hot
 * may be NULL. */
bool rl_paused(struct rl_engine *engine, const struct rl_hot *hot);
/* Is a policy tried in the cgroup of that id? */
bool rl_tried(struct rl_engine *engine, uint64_t id);
/* Return: the policy that is tried there, NULL for none. */
const struct rl_policy *rl_tried_policy(struct rl_engine *engine, const struct rl_cgroup *cgroup);
void rl_tried_forget(struct rl_engine *engine, uint64_t id);

/* ---- state.c: what reliefctl asks ---- */
/* The cgroup at a path, or of "pid:N", made hot. Return: NULL with the reason. */
struct rl_hot *rl_state_heat(
    struct rl_engine *engine, const char *what, bool *ret_was_hot, const char **ret_error);
/* Explain's answer. Return: a new reference, NULL when memory is out. */
json_t *rl_state_explain(struct rl_engine *engine, struct rl_hot *hot, bool was_hot);
/* The verdict as of now, without a change to what the looks remember. */
void rl_state_judge(struct rl_engine *engine, struct rl_hot *hot, struct rl_verdict *ret);

/* ---- decide.c: who it is to be ---- */
/* Read the processes below a cgroup, all or as many as scratch.listed asks for, and choose; the
 * scratch holds the outcome until the next call. waited_out: see struct rl_choosing. Allocates
 * nothing. */
void rl_decide(struct rl_engine *engine, const struct rl_hot *hot, const struct rl_policy *policy,
    bool waited_out);

/* ---- within.c: where victims are sought ---- */
/* At and below which cgroup. */
struct rl_cgroup *rl_within_top(
    struct rl_engine *engine, const struct rl_hot *hot, const struct rl_policy *policy);
/* And of these in which? subject: the cgroup that the policy is for. */
bool rl_within(const struct rl_engine *engine, const struct rl_policy *policy,
    const struct rl_cgroup *subject, const struct rl_cgroup *cgroup);
/* The next cgroup after one, in the order of rl_tree_next(), that has processes in it or below. */
struct rl_cgroup *rl_next_populated(
    const struct rl_engine *engine, const struct rl_cgroup *top, struct rl_cgroup *cgroup);

/* ---- whole.c: whether a whole cgroup is to die ---- */
/* The policy's [Victim] for this scratch. Not every cgroup has a group: the whole one to kill could
 * not be told from those that stand for it. Then one process has to do, as where a cgroup has too
 * many. */
struct rl_victim rl_whole_victim(const struct rl_scratch *s, const struct rl_policy *policy);

/* ---- grow.c: room for choices, made when nothing is urgent ---- */
/* Count the processes, for whoever needs to know before there is a watch. */
void rl_growth_begin(struct rl_engine *engine);
/* Make the room, for what there is now. After the watch. Return: 0 or -errno. */
int rl_growth_init(struct rl_engine *engine);
/* The daemon is awake: is it time to compare the room with the machine? Reads nothing and allocates
 * nothing; puts it off with rl_engine_later(). */
void rl_growth_consider(struct rl_engine *engine, uint64_t now_us);
/* Grow what is too small. Allocates. */
void rl_growth_catch_up(struct rl_engine *engine);

/* ---- step/victim.c ---- */
/* Keep what is needed of the choice to act on it. Return: 0, -ESTALE when it is gone. */
int rl_victim_take(struct rl_running *running);
void rl_victim_drop(struct rl_running *running);
/* He must live: he is not chosen again in this incident, and there is no victim now. */
void rl_victim_exclude(struct rl_running *running);

/* ---- step/step.c: the rungs ---- */
/* Take the rung that was ordered, or only write down what would be taken. Return: RL_REASON_NONE;
 * RL_SKIP_* or another reason, as in struct rl_news. */
enum rl_reason rl_step_take(
    struct rl_running *running, const struct rl_order *order, uint64_t now_us);
/* Write down that it is passed over. */
void rl_step_skip(struct rl_running *running, const struct rl_order *order, uint64_t now_us);
/* The time of the rung taken last is up. */
void rl_step_stop(struct rl_running *running);
/* The incident is over: what lasts of its steps ends. */
void rl_steps_undo(struct rl_running *running);
/* Copy what the incident's steps point to. */
void rl_steps_keep(struct rl_running *running);
/* Let run what a freeze of the incident holds. */
void rl_steps_thaw(struct rl_running *running);
/* Start what the steps of the policies in force need. Allocates. */
void rl_steps_prepare(struct rl_engine *engine);
/* Unless an incident runs: what broke is mended. */
void rl_steps_calm(struct rl_engine *engine);
/* End all of it; measures that stand are taken back. Before the guardian and the bus. */
void rl_steps_close(struct rl_engine *engine);

/* ---- step/panic.c ---- */
/* Return: -errno of trying. */
int rl_panic(struct rl_engine *engine, const char *why, const char *offender);

/* ---- tracing.c: the trace, if one is written; else nothing is done ---- */
/* Write to fd, which is taken over, from now on: first what is known now. Return: 0; -EBUSY: one is
 * written already; -EAGAIN: an incident runs, whose beginning would be missing; other -errno. */
int rl_tracing_begin(struct rl_engine *engine, int fd);
/* The same to the end of a file, which is made. */
int rl_tracing_open(struct rl_engine *engine, const char *path);
void rl_tracing_end(struct rl_engine *engine);
/* The policies were read again. */
void rl_tracing_reloaded(struct rl_engine *engine);
/* Nothing is urgent: let it be written; and notice when it cannot be. */
void rl_tracing_calm(struct rl_engine *engine);
void rl_tracing_record(struct rl_engine *engine, const struct rl_record *record);
/* Was an incident opened? running: NULL where it was not, for this reason. */
void rl_tracing_opened(struct rl_engine *engine, const struct rl_hot *hot,
    const struct rl_running *running, enum rl_reason why, uint64_t now_us);
void rl_tracing_next(
    const struct rl_running *running, const struct rl_news *news, const struct rl_order *order);
void rl_tracing_allowance(
    const struct rl_running *running, const struct rl_allowance *allowance, uint64_t now_us);
/* What an order to take a rung came to. counted: it was counted for the budget. */
void rl_tracing_step(const struct rl_running *running, uint8_t rung, enum rl_reason why,
    bool counted, uint64_t now_us);
void rl_tracing_eased(const struct rl_running *running, bool thawed, bool unthrottled);
/* past: of the offender, after all has been entered there. */
void rl_tracing_ended(
    const struct rl_running *running, const struct rl_past *past, uint64_t now_us);
/* ---- recorder.c: the samples of an incident ---- */
/* A look is over and what it led to is under way: note what it saw. Reads memory.pressure of those
 * above at most once in RL_FLIGHT_STEP_US. */
void rl_recorder_look(struct rl_engine *engine, const struct rl_hot *hot, uint64_t now_us);
/* Whose rows a record about a cgroup has: its own, those of some above it, the machine's. */
void rl_recorder_line(const struct rl_cgroup *cgroup, struct rl_sampled *ret);
/* An incident begins, has its last numbers, is told, and is forgotten: its rows are kept meanwhile.
 * To begin reads nothing. The text is the caller's, NULL
 * where there is nothing to tell. */
void rl_recorder_begin(struct rl_running *running, uint64_t now_us);
void rl_recorder_last(struct rl_running *running, uint64_t now_us);
char *rl_recorder_text(const struct rl_running *running);
void rl_recorder_end(struct rl_running *running);

/* ---- fill.c: the record ---- */
/* Empty it, with an id and what is known of a cgroup and the policy that is about it. hot may be
 * NULL. */
void rl_fill_begin(struct rl_engine *engine, struct rl_record *record,
    const struct rl_cgroup *cgroup, const struct rl_policy *policy, uint64_t now_us);
void rl_fill_open(struct rl_engine *engine, struct rl_record *record, const struct rl_hot *hot,
    const struct rl_policy *policy, const struct rl_trigger *trigger, uint64_t now_us);
void rl_fill_choice(
    struct rl_engine *engine, struct rl_record *record, const struct rl_policy *policy);
void rl_fill_state(struct rl_record_state *state, const struct rl_hot *hot,
    const struct rl_trigger *trigger, uint64_t now_us, uint64_t since_us);
