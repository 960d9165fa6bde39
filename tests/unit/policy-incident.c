#include "tests/unit/unit.h"

#include "policy/incident.h"
#include "tests/unit/policy.h"

/* Ladders. */
static const struct rl_relief gentle = {
    .n = 2,
    .steps = {{.kind = RL_STEP_TERMINATE, .wait_us = 3 * SEC}, {.kind = RL_STEP_KILL}},
};
static const struct rl_relief only_kill = {.n = 1, .steps = {{.kind = RL_STEP_KILL}}};
static const struct rl_relief patient_kill = {
    .n = 1, .steps = {{.kind = RL_STEP_KILL, .wait_us = 25 * SEC}}};
static const struct rl_relief no_kill = {
    .n = 2,
    .steps = {{.kind = RL_STEP_TERMINATE, .wait_us = 1 * SEC},
        {.kind = RL_STEP_TERMINATE, .wait_us = 2 * SEC}},
};
static const struct rl_relief at_once = {
    .n = 2, .steps = {{.kind = RL_STEP_TERMINATE}, {.kind = RL_STEP_KILL}}};

/* The mild ones. */
static const struct rl_relief mild = {
    .n = 3,
    .steps = {{.kind = RL_STEP_WARN, .wait_us = 2 * SEC},
        {.kind = RL_STEP_RECLAIM, .wait_us = 6 * SEC}, {.kind = RL_STEP_KILL}},
};
static const struct rl_relief no_more_than_reclaim = {
    .n = 1, .steps = {{.kind = RL_STEP_RECLAIM, .wait_us = 6 * SEC}}};
static const struct rl_relief only_warn = {.n = 1, .steps = {{.kind = RL_STEP_WARN}}};
static const struct rl_relief asking = {
    .n = 2, .steps = {{.kind = RL_STEP_HOOK, .wait_us = 5 * SEC}, {.kind = RL_STEP_KILL}}};
static const struct rl_relief asked_late = {
    .n = 3,
    .steps = {{.kind = RL_STEP_KILL}, {.kind = RL_STEP_HOOK, .wait_us = 5 * SEC},
        {.kind = RL_STEP_KILL}},
};
static const struct rl_relief throttled = {
    .n = 2,
    .steps = {{.kind = RL_STEP_THROTTLE, .share = 6000, .wait_us = 4 * SEC},
        {.kind = RL_STEP_KILL}},
};
static const struct rl_relief frozen = {
    .n = 3,
    .steps = {{.kind = RL_STEP_FREEZE, .wait_us = 4 * SEC},
        {.kind = RL_STEP_TERMINATE, .wait_us = 3 * SEC}, {.kind = RL_STEP_KILL}},
};
static const struct rl_relief only_freeze = {
    .n = 1, .steps = {{.kind = RL_STEP_FREEZE, .wait_us = 4 * SEC}}};
static const struct rl_relief frozen_and_killed = {
    .n = 2, .steps = {{.kind = RL_STEP_FREEZE, .wait_us = 4 * SEC}, {.kind = RL_STEP_KILL}}};
static const struct rl_relief warned_twice = {
    .n = 4,
    .steps = {{.kind = RL_STEP_WARN, .wait_us = 1 * SEC},
        {.kind = RL_STEP_WARN, .wait_us = 2 * SEC},
        {.kind = RL_STEP_THROTTLE, .share = 6000, .wait_us = 4 * SEC}, {.kind = RL_STEP_KILL}},
};
static const struct rl_relief reclaimed_twice = {
    .n = 2,
    .steps = {{.kind = RL_STEP_RECLAIM, .wait_us = 6 * SEC},
        {.kind = RL_STEP_RECLAIM, .wait_us = 6 * SEC}},
};
static const struct rl_relief to_the_end = {
    .n = 3,
    .steps = {{.kind = RL_STEP_KILL}, {.kind = RL_STEP_KILL}, {.kind = RL_STEP_PANIC}},
};
static const struct rl_relief two_kills = {
    .n = 2, .steps = {{.kind = RL_STEP_KILL}, {.kind = RL_STEP_KILL}}};

#define OPENED (1000 * SEC)

/* News, in seconds after the opening, and the order that answers them. */
#define NEWS_MAX 9

enum fact {
    CALM = 0, /* the trigger does not hold */
    HOLDS = 1 << 0,
    DEAD = 1 << 1, /* the victim */
    REMOVED = 1 << 2,
    FAILED = 1 << 3, /* nobody may be chosen */
    BROKEN = 1 << 4, /* the step could not be taken */
    CANNOT = 1 << 5, /* skipped */
    DONE = 1 << 6,   /* early, without having brought anything */
    GAINED = 1 << 7, /* early, with something */
    VETO = 1 << 8,
    QUIET = 1 << 9,   /* the machine has just resumed: until 8 s */
    UNREAD = 1 << 11, /* what is in use could not be read */
    FELL = 1 << 10,   /* the memory in use fell to a half */
};

struct turn {
    uint64_t at;
    unsigned facts;
    enum rl_do want;
    uint64_t arg; /* STEP: which rung; WAIT: until when, in seconds */
};

#define STEP(rung)  RL_DO_STEP, rung
#define SKIP(rung)  RL_DO_SKIP, rung
#define WAIT(until) RL_DO_WAIT, until
#define END         RL_DO_END, 0

struct course {
    const char *what;
    const struct rl_relief *relief;
    uint8_t from;
    bool dry;
    struct turn turns[NEWS_MAX]; /* up to the first END */
    enum rl_reason outcome;
    bool acted, gone;
};

static const struct course courses[] = {
    {"terminate, dies, relieved", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, HOLDS | DEAD, WAIT(2)}, {2, DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"terminate, dies, the pressure goes on", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, HOLDS | DEAD, WAIT(2)},
            {2, HOLDS | DEAD, END}},
        RL_OUTCOME_NOT_RELIEVED, true, true},
    {"early calls change nothing", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, CALM, WAIT(3)}, {2, HOLDS, WAIT(3)},
            {2, DEAD, WAIT(3)}, {2, HOLDS | DEAD, WAIT(3)}, {3, DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"terminate ignored, killed, relieved", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, HOLDS, STEP(1)}, {3, HOLDS, WAIT(13)},
            {4, DEAD, WAIT(5)}, {5, DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"terminate ignored, but the pressure is over", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, CALM, END}}, RL_OUTCOME_EASED, true, false},
    {"kill without effect", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, HOLDS, STEP(1)}, {4, HOLDS, WAIT(14)},
            {13, HOLDS, WAIT(14)}, {14, HOLDS, END}},
        RL_OUTCOME_STUCK, true, false},
    {"killed, calm, and still not dead: stuck, not eased", &only_kill, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(10)}, {10, CALM, END}}, RL_OUTCOME_STUCK, true,
        false},
    {"a kill may be given more time than the limit", &patient_kill, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(25)}, {25, HOLDS, END}}, RL_OUTCOME_STUCK, true,
        false},
    {"a trigger that enters higher up", &gentle, 1, false,
        {{0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(10)}, {0, DEAD, WAIT(1)}, {1, DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"a ladder without a kill", &no_kill, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(1)}, {1, HOLDS, STEP(1)}, {1, HOLDS, WAIT(3)},
            {3, HOLDS, END}},
        RL_OUTCOME_LADDER_END, true, false},
    {"no wait between two rungs", &at_once, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(0)}, {0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(10)},
            {2, DEAD, WAIT(3)}, {3, CALM | DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"dead when the step returns", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS | DEAD, WAIT(1)}, {1, DEAD, END}}, RL_OUTCOME_RELIEVED,
        true, true},
    {"nobody to choose", &gentle, 0, false, {{0, HOLDS, STEP(0)}, {0, HOLDS | FAILED, END}},
        RL_OUTCOME_NO_VICTIM, false, false},
    {"the second rung fails", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, HOLDS, STEP(1)}, {3, HOLDS | FAILED, END}},
        RL_OUTCOME_NO_VICTIM, true, false},
    {"the cgroup goes with its victim", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, REMOVED, END}}, RL_OUTCOME_RELIEVED, true,
        true},
    {"the cgroup is gone when the step returns", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, REMOVED, END}}, RL_OUTCOME_RELIEVED, true, true},
    {"the cgroup goes while it settles", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, HOLDS | DEAD, WAIT(2)},
            {1, HOLDS | DEAD | REMOVED, END}},
        RL_OUTCOME_RELIEVED, true, true},

    {"warned, reclaimed at once, killed after all", &mild, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(2)}, {2, HOLDS, STEP(1)}, {2, HOLDS, WAIT(8)},
            {3, HOLDS | DONE, STEP(2)}, {3, HOLDS, WAIT(13)}, {3, DEAD, WAIT(4)}, {4, DEAD, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"warned, and that was enough", &mild, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(2)}, {2, CALM, END}}, RL_OUTCOME_EASED, false, false},
    {"a warning alone", &only_warn, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(0)}, {0, HOLDS, END}}, RL_OUTCOME_LADDER_END, false,
        false},
    {"what reclaim has brought shows a second later", &mild, 1, false,
        {{0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(6)}, {2, HOLDS | GAINED, WAIT(3)},
            {2, HOLDS | DONE, WAIT(3)}, {3, CALM, END}},
        RL_OUTCOME_EASED, true, false},
    {"what reclaim has brought was not enough", &mild, 1, false,
        {{0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(6)}, {2, HOLDS | GAINED, WAIT(3)},
            {3, HOLDS, STEP(2)}, {3, HOLDS, WAIT(13)}, {13, HOLDS, END}},
        RL_OUTCOME_STUCK, true, false},
    {"reclaim brings nothing, but it is over", &mild, 1, false,
        {{0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(6)}, {2, DONE, END}}, RL_OUTCOME_EASED, true, false},
    {"reclaim is done when it returns", &mild, 1, false,
        {{0, HOLDS, STEP(1)}, {0, HOLDS | DONE, STEP(2)}, {0, HOLDS, WAIT(10)}, {1, DEAD, WAIT(2)},
            {2, CALM, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"the time for reclaim is up", &no_more_than_reclaim, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(6)}, {6, HOLDS, END}}, RL_OUTCOME_LADDER_END, true,
        false},
    {"the cgroup goes while it is reclaimed from", &mild, 1, false,
        {{0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(6)}, {1, REMOVED, END}}, RL_OUTCOME_GONE, true,
        false},
    {"what cannot be taken makes place at once", &mild, 0, false,
        {{0, HOLDS, STEP(0)}, {0, CANNOT, STEP(1)}, {0, CANNOT, STEP(2)}, {0, HOLDS, WAIT(10)},
            {1, DEAD, WAIT(2)}, {2, CALM, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"nothing can be taken", &no_more_than_reclaim, 0, false,
        {{0, HOLDS, STEP(0)}, {0, CANNOT, END}}, RL_OUTCOME_NOTHING_DONE, false, false},
    {"the last rung cannot be taken", &mild, 1, false,
        {{0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(6)}, {6, HOLDS, STEP(2)}, {6, CANNOT, END}},
        RL_OUTCOME_LADDER_END, true, false},
    {"a rung that fails is not the last word", &mild, 1, false,
        {{0, HOLDS, STEP(1)}, {0, BROKEN, STEP(2)}, {0, HOLDS, WAIT(10)}, {1, DEAD, WAIT(2)},
            {2, CALM, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"terminate fails, and so does kill", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, BROKEN, STEP(1)}, {0, BROKEN, END}}, RL_OUTCOME_FAILED, false,
        false},
    {"terminate fails and kill cannot be taken", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, BROKEN, STEP(1)}, {0, CANNOT, END}}, RL_OUTCOME_FAILED, false,
        false},
    {"nobody may be chosen: what needs nobody is left", &to_the_end, 0, false,
        {{0, HOLDS, STEP(0)}, {0, FAILED, STEP(2)}, {0, HOLDS, WAIT(0)}, {0, HOLDS, END}},
        RL_OUTCOME_LADDER_END, true, false},
    {"nobody may be chosen, and panic is not allowed", &to_the_end, 0, false,
        {{0, HOLDS, STEP(0)}, {0, FAILED, STEP(2)}, {0, CANNOT, END}}, RL_OUTCOME_NO_VICTIM, false,
        false},

    {"nobody is killed twice", &to_the_end, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(10)}, {10, HOLDS, SKIP(1)}, {10, CANNOT, STEP(2)},
            {10, HOLDS, WAIT(10)}, {10, HOLDS, END}},
        RL_OUTCOME_STUCK, true, false},
    {"nothing comes after a kill when it is calm", &to_the_end, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(10)}, {10, CALM, END}}, RL_OUTCOME_STUCK, true,
        false},
    {"a second kill is none", &two_kills, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(10)}, {10, HOLDS, SKIP(1)}, {10, CANNOT, END}},
        RL_OUTCOME_STUCK, true, false},

    {"the hook agrees", &asking, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(5)}, {1, HOLDS | DONE, STEP(1)}, {1, HOLDS, WAIT(11)},
            {2, DEAD, WAIT(3)}, {3, CALM, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"the hook takes too long", &asking, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(5)}, {5, HOLDS, STEP(1)}, {5, HOLDS, WAIT(15)},
            {15, HOLDS, END}},
        RL_OUTCOME_STUCK, true, false},
    {"the hook vetoes one", &asking, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(5)}, {1, HOLDS | VETO, STEP(0)}, {1, HOLDS, WAIT(6)},
            {2, HOLDS | DONE, STEP(1)}, {2, HOLDS, WAIT(12)}, {2, DEAD, WAIT(3)}, {3, CALM, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"the hook vetoes everybody", &asking, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(5)}, {1, HOLDS | VETO, STEP(0)}, {1, FAILED, END}},
        RL_OUTCOME_VETOED, true, false},
    {"another victim may be killed after a veto", &asked_late, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(10)}, {10, HOLDS, STEP(1)}, {10, HOLDS, WAIT(15)},
            {11, HOLDS | VETO, STEP(1)}, {11, HOLDS | DONE, STEP(2)}, {11, DEAD, WAIT(12)},
            {12, CALM, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"a veto of what cannot veto is nothing", &mild, 1, false,
        {{0, HOLDS, STEP(1)}, {0, HOLDS, WAIT(6)}, {1, HOLDS | VETO, WAIT(6)}, {6, CALM, END}},
        RL_OUTCOME_EASED, true, false},
    {"a veto that comes after the end of the hook is nothing", &asking, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(5)}, {1, HOLDS | GAINED, WAIT(2)},
            {1, HOLDS | VETO, WAIT(2)}, {2, CALM, END}},
        RL_OUTCOME_EASED, true, false},

    {"throttled: the pressure is our own, memory has to fall", &throttled, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(4)}, {4, CALM, STEP(1)}, {4, HOLDS, WAIT(14)},
            {5, DEAD | HOLDS, WAIT(6)}, {6, HOLDS, END}},
        RL_OUTCOME_NOT_RELIEVED, true, true},
    {"throttled, and memory fell", &throttled, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(4)}, {4, HOLDS | FELL, END}}, RL_OUTCOME_EASED, true,
        false},
    {"throttled, and what is in use cannot be read: the trigger's word", &throttled, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(4)}, {4, CALM | UNREAD, END}}, RL_OUTCOME_EASED, true,
        false},
    {"throttled without knowing from where", &throttled, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS | UNREAD, WAIT(4)}, {4, CALM, END}}, RL_OUTCOME_EASED, true,
        false},
    {"throttled, killed, and memory fell", &throttled, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(4)}, {4, CALM, STEP(1)}, {4, HOLDS, WAIT(14)},
            {5, DEAD | HOLDS, WAIT(6)}, {6, HOLDS | FELL, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"throttled on another rung than the first", &warned_twice, 2, false,
        {{0, HOLDS, STEP(2)}, {0, HOLDS, WAIT(4)}, {4, HOLDS | FELL, END}}, RL_OUTCOME_EASED, true,
        false},
    {"frozen and killed: those who are left run again", &frozen_and_killed, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(4)}, {4, CALM, STEP(1)}, {4, HOLDS, WAIT(14)},
            {5, DEAD | HOLDS, WAIT(6)}, {6, CALM, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"two steps that end early, one after the other", &reclaimed_twice, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(6)}, {1, HOLDS | GAINED, WAIT(2)},
            {2, HOLDS, STEP(1)}, {2, HOLDS, WAIT(8)}, {3, HOLDS | GAINED, WAIT(4)}, {4, CALM, END}},
        RL_OUTCOME_EASED, true, false},
    {"nobody may be chosen: a hook does without", &asked_late, 0, false,
        {{0, HOLDS, STEP(0)}, {0, FAILED, STEP(1)}, {0, HOLDS, WAIT(5)}, {1, HOLDS | DONE, END}},
        RL_OUTCOME_LADDER_END, true, false},
    {"after a resume any number of warnings", &warned_twice, 0, false,
        {{0, HOLDS | QUIET, STEP(0)}, {0, HOLDS | QUIET, WAIT(1)}, {1, HOLDS | QUIET, STEP(1)},
            {1, HOLDS | QUIET, WAIT(3)}, {3, HOLDS | QUIET, WAIT(8)}, {8, CALM, END}},
        RL_OUTCOME_EASED, false, false},
    {"frozen: it holds until the thaw", &frozen, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(4)}, {4, CALM, STEP(1)}, {4, HOLDS, WAIT(7)},
            {7, CALM, END}},
        RL_OUTCOME_EASED, true, false},
    {"frozen to the end", &only_freeze, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(4)}, {4, CALM, END}}, RL_OUTCOME_LADDER_END, true,
        false},

    {"after a resume a warning is all, for a while", &mild, 0, false,
        {{0, HOLDS | QUIET, STEP(0)}, {0, HOLDS | QUIET, WAIT(2)}, {2, HOLDS | QUIET, WAIT(8)},
            {5, CALM | QUIET, WAIT(8)}, {8, HOLDS, STEP(1)}, {8, HOLDS, WAIT(14)}, {14, CALM, END}},
        RL_OUTCOME_EASED, true, false},
    {"after a resume it is over by itself", &mild, 0, false,
        {{0, HOLDS | QUIET, STEP(0)}, {0, HOLDS | QUIET, WAIT(2)}, {2, HOLDS | QUIET, WAIT(8)},
            {8, CALM, END}},
        RL_OUTCOME_EASED, false, false},

    {"dry: frozen and throttled nobody", &frozen, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(4)}, {4, CALM, END}}, RL_OUTCOME_DRY_RUN, true,
        false},
    {"dry: throttled nobody", &throttled, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(4)}, {4, CALM, END}}, RL_OUTCOME_DRY_RUN, true,
        false},
    {"dry: nobody is killed twice", &two_kills, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(0)}, {0, HOLDS, SKIP(1)}, {0, CANNOT, END}},
        RL_OUTCOME_DRY_RUN, true, false},
    {"dry: all rungs, each with its own wait", &gentle, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, HOLDS, STEP(1)}, {3, HOLDS, WAIT(3)},
            {3, HOLDS, END}},
        RL_OUTCOME_DRY_RUN, true, false},
    {"dry: over by itself", &gentle, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {3, CALM, END}}, RL_OUTCOME_DRY_RUN, true,
        false},
    {"dry: a ladder without a kill", &no_kill, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(1)}, {1, HOLDS, STEP(1)}, {1, HOLDS, WAIT(3)},
            {3, HOLDS, END}},
        RL_OUTCOME_DRY_RUN, true, false},
    {"dry: nobody to choose", &gentle, 0, true, {{0, HOLDS, STEP(0)}, {0, HOLDS | FAILED, END}},
        RL_OUTCOME_NO_VICTIM, false, false},
    {"dry: the cgroup is removed", &gentle, 0, true,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, REMOVED, END}}, RL_OUTCOME_GONE, true,
        false},
};

static struct rl_news news_of(uint64_t at_us, unsigned facts)
{
    return (struct rl_news){
        .now_us = OPENED + at_us,
        .holds = facts & HOLDS,
        .gone = facts & DEAD,
        .offender_gone = facts & REMOVED,
        .failed = facts & FAILED   ? RL_OUTCOME_NO_VICTIM
                  : facts & BROKEN ? RL_OUTCOME_FAILED
                                   : RL_REASON_NONE,
        .skipped = facts & CANNOT ? RL_SKIP_FROZEN : RL_REASON_NONE,
        .step_done = facts & (DONE | GAINED),
        .gained = facts & GAINED ? 4096 : 0,
        .vetoed = facts & VETO,
        .quiet_until_us = facts & QUIET ? OPENED + 8 * SEC : 0,
        .used_known = !(facts & UNREAD),
        .used = facts & FELL ? 500 : 1000,
    };
}

/* Victims that live outside of the offender, which may be removed before they are dead. */
static const struct course elsewhere[] = {
    {"the victim dies later", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, REMOVED, WAIT(3)},
            {2, REMOVED | DEAD, WAIT(3)}, {3, REMOVED, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"he does not", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, REMOVED, WAIT(3)}, {3, REMOVED, END}},
        RL_OUTCOME_GONE, true, false},
    {"nor of SIGKILL", &two_kills, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(10)}, {0, REMOVED, WAIT(10)}, {9, REMOVED, WAIT(10)},
            {10, REMOVED, END}},
        RL_OUTCOME_STUCK, true, false},
    {"while it settles", &gentle, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {2, DEAD, WAIT(3)}, {2, REMOVED, END}},
        RL_OUTCOME_RELIEVED, true, true},
    {"nobody was signalled yet", &asking, 0, false,
        {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(5)}, {1, REMOVED, END}}, RL_OUTCOME_GONE, true,
        false},
    {"dry", &gentle, 0, true, {{0, HOLDS, STEP(0)}, {0, HOLDS, WAIT(3)}, {1, REMOVED, END}},
        RL_OUTCOME_GONE, true, false},
};

static void run_course(const struct course *c, bool beyond)
{
    const struct rl_trigger trigger = {.from = c->from};
    struct rl_incident incident;

    rl_incident_open(&incident, &trigger, c->dry, OPENED);
    incident.beyond = beyond;
    assert_int_equal(incident.phase, RL_PHASE_IDLE);
    assert_int_equal(incident.started_us, OPENED);
    for (size_t i = 0; i < NEWS_MAX; i++) {
        const struct turn *t = &c->turns[i];
        const struct rl_news news = news_of(t->at * SEC, t->facts);
        struct rl_order order = rl_incident_next(&incident, c->relief, &news);

        bool rung = order.what == RL_DO_STEP || order.what == RL_DO_SKIP;

        if (order.what != t->want || (rung && order.step != t->arg) ||
            (order.what == RL_DO_WAIT && order.wake_us != OPENED + t->arg * SEC))
            fail_msg("%s, turn %zu: do %d, step %u, wake %ld s", c->what, i, order.what, order.step,
                (long)(order.wake_us / SEC) - (long)(OPENED / SEC));
        assert_int_equal(
            order.exclude, order.what == RL_DO_STEP && (t->facts & VETO) ? true : false);
        assert_int_equal(order.why, order.what == RL_DO_SKIP ? RL_SKIP_STRUCK : RL_REASON_NONE);
        if (order.what != RL_DO_END)
            continue;
        if (incident.outcome != c->outcome)
            fail_msg("%s: %s", c->what, rl_reason_id(incident.outcome));
        assert_int_equal(incident.acted, c->acted);
        assert_int_equal(incident.gone, c->gone);
        assert_int_equal(incident.phase, RL_PHASE_ENDED);
        assert_int_equal(rl_incident_next(&incident, c->relief, &news).what, RL_DO_END);
        assert_int_equal(incident.outcome, c->outcome); /* the end is the end */
        return;
    }
    fail_msg("%s: no end", c->what);
}

static void every_course(void **state)
{
    for (size_t i = 0; i < LENGTH(courses); i++)
        run_course(&courses[i], false);
    for (size_t i = 0; i < LENGTH(elsewhere); i++)
        run_course(&elsewhere[i], true);
}

/* "Still holds" is about what came after the step, and relief about what came after the death. */
static void windows_count_from_the_step_and_from_the_death(void **state)
{
    const struct rl_trigger trigger = {0};
    struct rl_incident incident;
    struct rl_news news = news_of(0, HOLDS);

    rl_incident_open(&incident, &trigger, false, OPENED);
    assert_int_equal(incident.since_us, 0);
    rl_incident_next(&incident, &gentle, &news);
    assert_int_equal(incident.since_us, 0);
    news.now_us = OPENED + 100 * MS;
    rl_incident_next(&incident, &gentle, &news);
    assert_int_equal(incident.since_us, OPENED + 100 * MS);
    assert_int_equal(incident.step_us, OPENED + 100 * MS);
    news.now_us = OPENED + 700 * MS;
    news.gone = true;
    rl_incident_next(&incident, &gentle, &news);
    assert_int_equal(incident.since_us, OPENED + 700 * MS);
    assert_int_equal(incident.step_us, OPENED + 100 * MS);
}

/* What a step has brought is seen in what comes after its end. */
static void windows_count_from_the_end_of_what_has_brought_something(void **state)
{
    const struct rl_trigger trigger = {0};
    struct rl_incident incident;
    struct rl_news news = news_of(0, HOLDS);

    rl_incident_open(&incident, &trigger, false, OPENED);
    rl_incident_next(&incident, &no_more_than_reclaim, &news);
    rl_incident_next(&incident, &no_more_than_reclaim, &news);
    assert_int_equal(incident.since_us, 0);
    news = news_of(700 * MS, HOLDS | GAINED);
    rl_incident_next(&incident, &no_more_than_reclaim, &news);
    assert_int_equal(incident.since_us, OPENED + 700 * MS);
    assert_int_equal(incident.step_us, OPENED);
}

/* A window that began with a step that changes nothing would be nearly empty a moment later, and
 * say that all is well. */
static void windows_go_on_over_what_changes_nothing(void **state)
{
    static const enum rl_step_kind kinds[] = {RL_STEP_WARN, RL_STEP_HOOK, RL_STEP_RECLAIM};
    const struct rl_trigger trigger = {0};

    for (size_t i = 0; i < RL_STEP_KINDS; i++) {
        const struct rl_relief one = {
            .n = 1, .steps = {{.kind = (enum rl_step_kind)i, .wait_us = SEC}}};
        struct rl_incident incident;
        struct rl_news news = news_of(0, HOLDS);
        bool same = false;

        for (size_t k = 0; k < LENGTH(kinds); k++)
            same |= kinds[k] == (enum rl_step_kind)i;
        rl_incident_open(&incident, &trigger, false, OPENED);
        rl_incident_next(&incident, &one, &news);
        rl_incident_next(&incident, &one, &news);
        assert_int_equal(incident.since_us, same ? 0 : OPENED);
    }
}

/* What was throttled or frozen, and is not any more, leaves the answer to the trigger. */
static void the_trigger_counts_again_when_a_measure_has_ended(void **state)
{
    const struct rl_relief relief = {
        .n = 1, .steps = {{.kind = RL_STEP_THROTTLE, .share = 5000, .wait_us = SEC}}};
    struct rl_incident incident = {.throttle = 1, .used = 100};
    struct rl_news news = {.used_known = true, .used = 100};

    assert_true(rl_incident_holds(&incident, &relief, &news));
    rl_incident_unthrottled(&incident);
    assert_false(rl_incident_holds(&incident, &relief, &news));
    incident.frozen = true;
    assert_true(rl_incident_holds(&incident, &relief, &news));
    rl_incident_thawed(&incident);
    assert_false(rl_incident_holds(&incident, &relief, &news));
}

/* --- while somebody is on his way out --- */

static struct rl_order tell(
    struct rl_incident *incident, uint64_t at_us, unsigned facts, enum rl_reason failed)
{
    struct rl_news news = news_of(at_us, facts);

    news.failed = failed;
    return rl_incident_next(incident, &gentle, &news);
}

static struct rl_incident yielding(bool dry)
{
    const struct rl_trigger trigger = {0};
    struct rl_incident incident;
    struct rl_order order;

    rl_incident_open(&incident, &trigger, dry, OPENED);
    order = tell(&incident, 0, HOLDS, RL_REASON_NONE);
    assert_int_equal(order.what, RL_DO_STEP);
    order = tell(&incident, 2 * MS, HOLDS, RL_WAIT_EXITING);
    assert_int_equal(order.what, RL_DO_WAIT);
    assert_int_equal(order.wake_us, OPENED + 102 * MS);
    assert_int_equal(incident.phase, RL_PHASE_YIELD);
    assert_int_equal(incident.yield_us, OPENED + 2 * MS);
    assert_false(incident.acted);
    return incident;
}

static void a_choice_is_put_off_and_tried_again(void **state)
{
    for (int dry = 0; dry < 2; dry++) {
        struct rl_incident incident = yielding(dry);
        struct rl_order order;

        /* A look in between does not bring it forward. */
        order = tell(&incident, 50 * MS, CALM, RL_REASON_NONE);
        assert_int_equal(order.what, RL_DO_WAIT);
        assert_int_equal(order.wake_us, OPENED + 102 * MS);
        order = tell(&incident, 102 * MS, HOLDS, RL_REASON_NONE);
        assert_int_equal(order.what, RL_DO_STEP);
        assert_int_equal(order.step, 0);
        assert_false(incident.waited_out);
        order = tell(&incident, 110 * MS, HOLDS, RL_REASON_NONE);
        assert_int_equal(order.what, RL_DO_WAIT);
        assert_int_equal(order.wake_us, OPENED + 110 * MS + 3 * SEC);
        assert_true(incident.acted);
        assert_int_equal(incident.since_us, OPENED + 110 * MS);
    }
}

static void waiting_for_somebody_has_an_end(void **state)
{
    struct rl_incident incident = yielding(false);
    uint64_t now = 102 * MS;
    struct rl_order order;

    for (;;) {
        order = tell(&incident, now, HOLDS, RL_REASON_NONE);
        assert_int_equal(order.what, RL_DO_STEP);
        assert_int_equal(incident.waited_out, now >= 5002 * MS);
        if (incident.waited_out)
            break;
        order = tell(&incident, now, HOLDS, RL_WAIT_EXITING);
        assert_int_equal(order.what, RL_DO_WAIT);
        assert_int_equal(order.wake_us, OPENED + now + 100 * MS);
        now += 100 * MS;
    }
    assert_int_equal(now, 5002 * MS);
    assert_int_equal(incident.yield_us, OPENED + 2 * MS);
    for (int again = 0; again < 2;
         again++) { /* whatever is said then, it is not put off any more */
        enum rl_reason failed = again ? RL_WAIT_EXITING : RL_OUTCOME_NO_VICTIM;
        struct rl_incident copy = incident;

        order = tell(&copy, now, HOLDS, failed);
        assert_int_equal(order.what, RL_DO_END);
        assert_int_equal(copy.outcome, failed);
    }
}

static void nobody_has_to_die_when_going_was_enough(void **state)
{
    static const struct {
        unsigned facts;
        bool dry;
        enum rl_reason outcome;
    } rows[] = {
        {CALM, false, RL_OUTCOME_EASED},
        {CALM, true, RL_OUTCOME_DRY_RUN},
        {HOLDS | REMOVED, false, RL_OUTCOME_GONE},
        {HOLDS | REMOVED, true, RL_OUTCOME_GONE},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_incident incident = yielding(rows[i].dry);

        assert_int_equal(tell(&incident, 102 * MS, rows[i].facts, RL_REASON_NONE).what, RL_DO_END);
        assert_int_equal(incident.outcome, rows[i].outcome);
        assert_false(incident.acted || incident.gone);
    }
    /* It need not wait for the time to notice that the cgroup is gone. */
    struct rl_incident incident = yielding(false);

    assert_int_equal(tell(&incident, 3 * MS, REMOVED, RL_REASON_NONE).what, RL_DO_END);
    assert_int_equal(incident.outcome, RL_OUTCOME_GONE);
}

/* --- vetoes, and what a dry run assumes --- */

static void vetoes_have_an_end(void **state)
{
    const struct rl_trigger trigger = {0};
    struct rl_incident incident;
    struct rl_news news = news_of(0, HOLDS);
    struct rl_order order;
    int orders = 0;

    rl_incident_open(&incident, &trigger, false, OPENED);
    order = rl_incident_next(&incident, &asking, &news);
    for (; order.what == RL_DO_STEP; orders++) {
        assert_int_equal(order.exclude, orders > 0);
        assert_int_equal(order.step, 0);
        news = news_of(0, HOLDS);
        assert_int_equal(rl_incident_next(&incident, &asking, &news).what, RL_DO_WAIT);
        news = news_of(0, HOLDS | VETO);
        order = rl_incident_next(&incident, &asking, &news);
    }
    assert_int_equal(order.what, RL_DO_END);
    assert_int_equal(orders, RL_VETOES_MAX);
    assert_int_equal(incident.outcome, RL_OUTCOME_VETOED);
    assert_false(incident.killed);
}

/* Telling changes nothing; whatever comes after anything else is an assumption. */
static void what_a_step_does_without_a_victim(void **state)
{
    static const struct {
        enum rl_step_victim asks;
        bool exclude;
        enum rl_reason why, is;
    } rows[] = {
        {RL_VICTIM_NONE, false, RL_OUTCOME_NO_VICTIM, RL_REASON_NONE},
        {RL_VICTIM_ASKED, false, RL_OUTCOME_NO_VICTIM, RL_REASON_NONE},
        {RL_VICTIM_ASKED, false, RL_OUTCOME_GONE, RL_OUTCOME_GONE},
        {RL_VICTIM_ASKED, true, RL_OUTCOME_NO_VICTIM, RL_OUTCOME_NO_VICTIM},
        {RL_VICTIM_ASKED, true, RL_REASON_NONE, RL_REASON_NONE},
        {RL_VICTIM_NEEDED, false, RL_OUTCOME_NO_VICTIM, RL_OUTCOME_NO_VICTIM},
        {RL_VICTIM_NEEDED, false, RL_WAIT_EXITING, RL_WAIT_EXITING},
        {RL_VICTIM_NEEDED, false, RL_REASON_NONE, RL_REASON_NONE},
    };

    for (size_t i = 0; i < LENGTH(rows); i++)
        if (rl_without_victim(rows[i].asks, rows[i].exclude, rows[i].why) != rows[i].is)
            fail_msg("row %zu", i);
}

/* A person's incident goes on without its trigger, but does not call itself not relieved for that.
 */
static void when_the_trigger_is_asked(void **state)
{
    static const struct {
        enum rl_phase phase;
        bool asks, by_hand;
    } rows[] = {
        {RL_PHASE_IDLE, false, true},
        {RL_PHASE_STEP, false, true},
        {RL_PHASE_YIELD, true, true},
        {RL_PHASE_WAIT, true, true},
        {RL_PHASE_SETTLE, true, false},
        {RL_PHASE_ENDED, false, true},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct rl_incident incident = {.phase = rows[i].phase};

        assert_int_equal(rl_incident_asks(&incident), rows[i].asks);
        assert_true(rl_incident_goes_on(&incident, false, true));
        assert_false(rl_incident_goes_on(&incident, false, false));
        assert_int_equal(rl_incident_goes_on(&incident, true, false), rows[i].by_hand);
    }
}

static void a_dry_run_says_what_it_assumes(void **state)
{
    static const bool assumes[] = {false, false, true};

    for (int dry = 0; dry < 2; dry++) {
        const struct rl_trigger trigger = {0};
        struct rl_incident incident;
        uint64_t now = 0;
        struct rl_order order;
        size_t n = 0;

        rl_incident_open(&incident, &trigger, dry, OPENED);
        do {
            struct rl_news news = news_of(now, HOLDS);

            order = rl_incident_next(&incident, &mild, &news);
            if (order.what == RL_DO_STEP)
                assert_int_equal(order.assuming, dry && assumes[n++]);
            else if (order.what == RL_DO_WAIT)
                now = order.wake_us - OPENED;
        } while (order.what != RL_DO_END);
        assert_int_equal(n, dry ? 3 : 0);
    }
}

/* Limit= and the budget count what may end processes, and nothing else. */
static void only_what_can_kill_counts(void **state)
{
    for (int kind = 0; kind < RL_STEP_KINDS; kind++) {
        const struct rl_relief relief = {
            .n = 1, .steps = {{.kind = (enum rl_step_kind)kind, .wait_us = SEC}}};
        const struct rl_trigger trigger = {0};
        struct rl_incident incident;
        struct rl_news news = news_of(0, HOLDS);

        rl_incident_open(&incident, &trigger, false, OPENED);
        rl_incident_next(&incident, &relief, &news);
        rl_incident_next(&incident, &relief, &news);
        assert_int_equal(incident.killed, kind >= RL_STEP_TERMINATE);
        assert_int_equal(incident.acted, kind != RL_STEP_WARN);
        assert_true(incident.taken);
    }
}

static void some_failures_end_it(void **state)
{
    static const enum rl_reason rows[] = {RL_OUTCOME_GONE, RL_OUTCOME_ALARM, RL_OUTCOME_HELD};

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct rl_trigger trigger = {0};
        struct rl_incident incident;

        rl_incident_open(&incident, &trigger, false, OPENED);
        tell(&incident, 0, HOLDS, RL_REASON_NONE);
        assert_int_equal(tell(&incident, 0, HOLDS, rows[i]).what, RL_DO_END);
        assert_int_equal(incident.outcome, rows[i]);
        assert_false(incident.taken || incident.acted || incident.killed);
    }
}

/* --- properties over random ladders and news --- */

static struct rl_relief random_relief(struct dice *dice)
{
    struct rl_relief relief = {.n = (uint8_t)(1 + roll(dice, RL_STEPS_MAX))};

    for (size_t i = 0; i < relief.n; i++) {
        relief.steps[i].kind = (enum rl_step_kind)roll(dice, RL_STEP_KINDS);
        relief.steps[i].wait_us = roll(dice, 3) * roll(dice, 20 * SEC);
        relief.steps[i].share = (uint32_t)(100 + roll(dice, 9800));
    }
    return relief;
}

/* What one run may do, and has done. */
struct run {
    const struct rl_relief *relief;
    struct rl_incident incident;
    uint64_t now;
    unsigned lasting; /* facts that stay */
    int last;         /* rung ordered last */
    int orders;
    bool struck; /* the present victim */
};

/* No rung is taken twice but for a veto, none after the victim's death or the end, no signal goes
 * to whom SIGKILL was sent, and nothing happens that needs a victim once there is none. */
static void check_order(struct run *run, const struct rl_order *order, unsigned facts)
{
    const struct rl_step_traits *traits = rl_step_traits(run->relief->steps[order->step].kind);

    assert_true(++run->orders <= RL_STEPS_MAX + RL_VETOES_MAX);
    assert_true(order->step < run->relief->n);
    assert_false(run->lasting & (DEAD | REMOVED));
    if (order->exclude) {
        assert_true((facts & VETO) && order->step == run->last && traits->vetoes);
        run->struck = false;
    } else {
        assert_true(order->step > run->last);
    }
    if (order->what == RL_DO_SKIP)
        assert_true(run->struck && traits->signals);
    else
        assert_false(run->struck && traits->signals);
    assert_false(run->incident.no_victim && traits->victim == RL_VICTIM_NEEDED);
    run->last = order->step;
}

/* Random news of the step that was ordered, and of what came to pass while waiting. */
static unsigned answer(struct run *run, struct dice *dice, const struct rl_order *order)
{
    if (order->what == RL_DO_SKIP)
        return CANNOT;
    if (order->what == RL_DO_STEP && roll(dice, 12) == 0)
        return roll(dice, 3) == 0 ? FAILED : roll(dice, 2) ? BROKEN : CANNOT;
    if (order->what == RL_DO_STEP)
        run->struck = run->struck || rl_step_traits(run->relief->steps[order->step].kind)->strikes;
    if (roll(dice, 12) == 0)
        run->lasting |= roll(dice, 2) ? DEAD : REMOVED;
    return (roll(dice, 4) ? 0 : DONE) | (roll(dice, 8) ? 0 : GAINED) | (roll(dice, 3) ? 0 : VETO) |
           (roll(dice, 9) ? 0 : FELL) | (roll(dice, 30) ? 0 : QUIET);
}

static void run_randomly(struct run *run, struct dice *dice)
{
    unsigned facts = 0;

    for (int calls = 0;; calls++) {
        struct rl_news news = news_of(
            run->now, run->lasting | facts | (roll(dice, 5) ? HOLDS : CALM));
        struct rl_order order = rl_incident_next(&run->incident, run->relief, &news);

        assert_true(calls < 400);
        if (order.what == RL_DO_END)
            return;
        if (order.what == RL_DO_WAIT) {
            assert_true(order.wake_us >= OPENED + run->now);
            /* Sometimes somebody calls in between. */
            run->now = roll(dice, 3) ? order.wake_us - OPENED
                                     : run->now + (order.wake_us - OPENED - run->now) / 2;
        } else {
            check_order(run, &order, facts);
        }
        facts = answer(run, dice, &order);
    }
}

static void it_always_ends(void **state)
{
    struct dice dice = {29};
    size_t outcomes[RL_REASONS] = {0};

    for (int round = 0; round < 50000; round++) {
        const struct rl_relief relief = random_relief(&dice);
        const struct rl_trigger trigger = {.from = (uint8_t)roll(&dice, relief.n)};
        uint64_t most = 8 * SEC + 9 * RL_SETTLE_US;
        struct run run = {.relief = &relief, .last = -1};
        struct rl_news news;

        for (size_t i = 0; i < relief.n; i++)
            most += (RL_VETOES_MAX + 1) * (relief.steps[i].wait_us + RL_DEATH_LIMIT_US);
        rl_incident_open(&run.incident, &trigger, roll(&dice, 2), OPENED);
        run.incident.beyond = roll(&dice, 2);
        run_randomly(&run, &dice);
        assert_true(run.now <= most);
        assert_int_not_equal(run.incident.outcome, RL_REASON_NONE);
        outcomes[run.incident.outcome]++;
        news = news_of(run.now, HOLDS | DONE | VETO);
        assert_int_equal(rl_incident_next(&run.incident, &relief, &news).what, RL_DO_END);
    }
    assert_true(outcomes[RL_OUTCOME_RELIEVED] && outcomes[RL_OUTCOME_NOT_RELIEVED] &&
                outcomes[RL_OUTCOME_EASED] && outcomes[RL_OUTCOME_STUCK] &&
                outcomes[RL_OUTCOME_LADDER_END] && outcomes[RL_OUTCOME_DRY_RUN] &&
                outcomes[RL_OUTCOME_NO_VICTIM] && outcomes[RL_OUTCOME_GONE] &&
                outcomes[RL_OUTCOME_FAILED] && outcomes[RL_OUTCOME_VETOED] &&
                outcomes[RL_OUTCOME_NOTHING_DONE]);
}

/* A dry run decides as a live one does up to its first step, and then takes the rungs that a live
 * one takes whose steps have no effect. What cannot be taken is the same in both. */
static void dry_takes_the_rungs_of_live(void **state)
{
    struct dice dice = {31};

    for (int round = 0; round < 5000; round++) {
        const struct rl_relief relief = random_relief(&dice);
        const struct rl_trigger trigger = {.from = (uint8_t)roll(&dice, relief.n)};
        uint64_t cannot = roll(&dice, 1 << RL_STEPS_MAX) & roll(&dice, 1 << RL_STEPS_MAX);
        uint8_t rungs[2][2 * RL_STEPS_MAX];
        size_t n[2] = {0};

        for (int dry = 0; dry < 2; dry++) {
            struct rl_incident incident;
            struct rl_order order = {.what = RL_DO_WAIT};
            uint64_t now = 0;

            rl_incident_open(&incident, &trigger, dry, OPENED);
            do {
                bool skips = order.what == RL_DO_SKIP ||
                             (order.what == RL_DO_STEP && cannot >> order.step & 1);
                struct rl_news news = news_of(now, HOLDS | (skips ? CANNOT : 0));

                order = rl_incident_next(&incident, &relief, &news);
                if (order.what == RL_DO_STEP || order.what == RL_DO_SKIP)
                    rungs[dry][n[dry]++] = (uint8_t)(order.step +
                                                     (order.what == RL_DO_SKIP ? 100 : 0));
                if (order.what == RL_DO_WAIT)
                    now = order.wake_us - OPENED;
            } while (order.what != RL_DO_END);
        }
        assert_int_equal(n[0], n[1]);
        assert_memory_equal(rungs[0], rungs[1], n[0]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_course),
        cmocka_unit_test(windows_count_from_the_step_and_from_the_death),
        cmocka_unit_test(windows_count_from_the_end_of_what_has_brought_something),
        cmocka_unit_test(windows_go_on_over_what_changes_nothing),
        cmocka_unit_test(the_trigger_counts_again_when_a_measure_has_ended),
        cmocka_unit_test(a_choice_is_put_off_and_tried_again),
        cmocka_unit_test(waiting_for_somebody_has_an_end),
        cmocka_unit_test(nobody_has_to_die_when_going_was_enough),
        cmocka_unit_test(vetoes_have_an_end),
        cmocka_unit_test(what_a_step_does_without_a_victim),
        cmocka_unit_test(when_the_trigger_is_asked),
        cmocka_unit_test(a_dry_run_says_what_it_assumes),
        cmocka_unit_test(only_what_can_kill_counts),
        cmocka_unit_test(some_failures_end_it),
        cmocka_unit_test(it_always_ends),
        cmocka_unit_test(dry_takes_the_rungs_of_live),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
