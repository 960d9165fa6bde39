#include "grade.h"

#include <stddef.h>

#include "wide.h"

/* The least share of each kind that the trigger's lines ask for. */
static void take_thresholds(struct rl_grading *grading, const struct rl_trigger *trigger)
{
    for (size_t i = 0; i < trigger->n; i++) {
        const struct rl_line *line = &trigger->lines[i];
        uint32_t *share = line->counter == RL_COUNT_FULL ? &grading->full_share
                                                         : &grading->some_share;

        if (line->kind == RL_LINE_PRESSURE && (*share == 0 || line->share < *share))
            *share = line->share;
    }
}

static void remember(struct rl_grading *grading, const struct rl_sight *sight)
{
    grading->looked_us = sight->now_us;
    grading->known = sight->known;
    grading->some_us = sight->some_us;
    grading->full_us = sight->full_us;
}

void rl_grade_begin(struct rl_grading *grading, const struct rl_trigger *trigger, uint64_t from_us,
    const struct rl_sight *first)
{
    *grading = (struct rl_grading){.from_us = from_us, .pressed = true};
    take_thresholds(grading, trigger);
    remember(grading, first);
}

static uint64_t decide(
    struct rl_grading *grading, enum rl_grade grade, enum rl_reason evidence, uint64_t now_us)
{
    grading->grade = grade;
    grading->evidence = evidence;
    grading->decided_us = now_us;
    return 0;
}

/* Hundredths of a percent of the time since the last look. */
static uint32_t share_since(const struct rl_grading *grading, const struct rl_sight *sight,
    uint64_t total_us, uint64_t before_us)
{
    uint64_t span = sight->now_us - grading->looked_us;

    if (total_us <= before_us)
        return 0;
    if (total_us - before_us >= span)
        return RL_WHOLE;
    return (uint32_t)rl_mul_div(total_us - before_us, RL_WHOLE, span);
}

/* Take the numbers of a look that is later than the one before. */
static void weigh(struct rl_grading *grading, const struct rl_sight *sight)
{
    uint32_t some = share_since(grading, sight, sight->some_us, grading->some_us);
    uint32_t full = share_since(grading, sight, sight->full_us, grading->full_us);
    bool asks = grading->some_share > 0 || grading->full_share > 0;
    bool over = asks && some >= grading->some_share && full >= grading->full_share;
    uint32_t least = grading->some_share;
    bool calm;

    if (grading->full_share > 0 && (least == 0 || grading->full_share < least))
        least = grading->full_share;
    calm = !sight->holds && some < (least > 0 ? least : RL_GRADE_SOME) / 2;
    if (!over)
        grading->over_us = 0;
    else if (grading->over_us == 0)
        grading->over_us = grading->looked_us;
    grading->pressed = over || sight->holds;
    if (grading->asked) {
        grading->eased &= !grading->pressed;
    } else if (sight->now_us >= grading->from_us + RL_GRADE_EASE_US) {
        grading->asked = true;
        grading->eased = calm;
    }
}

/* What ends it at once, whatever the numbers say; the first row that holds counts. */
static bool ends(const struct rl_grading *grading, const struct rl_sight *sight,
    enum rl_grade *ret_grade, enum rl_reason *ret_evidence)
{
    bool eased = grading->asked && grading->eased;
    const struct {
        bool holds;
        enum rl_grade grade;
        enum rl_reason evidence;
    } rows[] = {
        {sight->killed && grading->looked_us <= grading->from_us + RL_GRADE_FORESEEN_US,
            RL_GRADE_CONFIRMED, RL_GRADED_KERNEL_KILL},
        {sight->gone && sight->pod && (sight->node_short || grading->pressed), RL_GRADE_CONFIRMED,
            RL_GRADED_EVICTED},
        {sight->relieved, RL_GRADE_UNKNOWN, RL_GRADED_RELIEVED},
        /* It had ended by itself before it began anew. */
        {sight->again && eased, RL_GRADE_SELF_RESOLVED, RL_GRADED_EASED},
        {sight->gone, RL_GRADE_UNKNOWN, RL_GRADED_GONE},
        {sight->stopped, RL_GRADE_UNKNOWN, RL_GRADED_STOPPED},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!rows[i].holds)
            continue;
        *ret_grade = rows[i].grade;
        *ret_evidence = rows[i].evidence;
        return true;
    }
    return false;
}

uint64_t rl_grade_look(struct rl_grading *grading, const struct rl_sight *sight)
{
    uint64_t now = sight->now_us, end = grading->from_us + RL_GRADE_END_US;
    enum rl_reason evidence;
    enum rl_grade grade;

    if (grading->grade != RL_GRADE_PENDING)
        return 0;
    if (ends(grading, sight, &grade, &evidence))
        return decide(grading, grade, evidence, now);
    if (now > grading->looked_us) {
        if (sight->known && grading->known)
            weigh(grading, sight);
        else
            grading->over_us = 0; /* what nobody saw is no stall without a break */
        remember(grading, sight);
    }
    if (grading->over_us != 0 && now >= grading->over_us + RL_GRADE_STALL_US)
        return decide(grading, RL_GRADE_CONFIRMED, RL_GRADED_STALLED, now);
    if (grading->asked && grading->eased && now >= grading->from_us + RL_GRADE_FORESEEN_US)
        return decide(grading, RL_GRADE_SELF_RESOLVED, RL_GRADED_EASED, now);
    if (now >= end)
        return decide(grading, RL_GRADE_UNKNOWN, RL_GRADED_UNDECIDED, now);
    return now + RL_GRADE_LOOK_US < end ? now + RL_GRADE_LOOK_US : end;
}

const char *rl_grade_name(enum rl_grade grade)
{
    static const char *const names[RL_GRADES] = {
        [RL_GRADE_PENDING] = "pending",
        [RL_GRADE_CONFIRMED] = "confirmed",
        [RL_GRADE_SELF_RESOLVED] = "self-resolved",
        [RL_GRADE_UNKNOWN] = "unknown",
    };

    return (unsigned)grade < RL_GRADES ? names[grade] : "unknown";
}

void rl_grade_count(struct rl_grade_counts *counts, const struct rl_grading *grading)
{
    counts->confirmed += grading->grade == RL_GRADE_CONFIRMED;
    counts->confirmed_kernel += grading->grade == RL_GRADE_CONFIRMED &&
                                grading->evidence == RL_GRADED_KERNEL_KILL;
    counts->self_resolved += grading->grade == RL_GRADE_SELF_RESOLVED;
    counts->unknown += grading->grade == RL_GRADE_UNKNOWN;
}

static bool share_of(uint64_t part, uint64_t rest, uint32_t *ret)
{
    *ret = 0;
    if (part + rest == 0)
        return false;
    *ret = (uint32_t)rl_mul_div(part, RL_WHOLE, part + rest);
    return true;
}

bool rl_grade_precision(const struct rl_grade_counts *counts, uint32_t *ret)
{
    return share_of(counts->confirmed, counts->self_resolved, ret);
}

bool rl_grade_regret(const struct rl_grade_counts *counts, uint32_t *ret)
{
    return share_of(counts->self_resolved, counts->confirmed, ret);
}

bool rl_grade_recall(const struct rl_grade_counts *counts, uint32_t *ret)
{
    return share_of(counts->confirmed_kernel, counts->unforeseen, ret);
}

bool rl_grade_good(const struct rl_grade_counts *counts, uint32_t confirmed, uint32_t regret)
{
    uint64_t graded = counts->confirmed + counts->self_resolved;

    return counts->confirmed >= confirmed &&
           (rl_wide)counts->self_resolved * RL_WHOLE < (rl_wide)graded * regret;
}
