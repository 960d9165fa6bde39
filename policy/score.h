/* Scores: how a process is rated as a victim. One model is one pure function and one row in
 * score.c. */
#pragma once

#include "process.h"
#include "reason.h"
#include "room.h"

/* What all candidates of one choice are scored against. */
struct rl_scale {
    uint64_t available; /* bytes, never 0: rl_room.totals[model->total] of the offender */
    uint32_t page_size;
    /* Only models before 2.6.36 and total-vm look at what follows; 0 is allowed. */
    uint32_t clk_tck;      /* clock ticks a second of cpu_ticks and start_ticks; 0 means 100 */
    uint32_t hz;           /* HZ of the kernel that is imitated; 0 means the model's own */
    uint64_t uptime_ticks; /* now, in clock ticks since boot */
    uint32_t swappiness;   /* vm.swappiness */
};

#define RL_POINTS_INFINITE INT64_MAX /* PF_OOM_ORIGIN: before everybody, whatever is added */
#define RL_POINTS_MOST     (INT64_C(1) << 62) /* all other points are within -MOST and MOST */

struct rl_score {
    bool eligible;
    enum rl_reason reason; /* why not, RL_REASON_NONE when eligible */
    int64_t points;        /* see rl_model.points_in */
    /* The parts. They sum up to points, but for Adjust= (rl_candidate.adjust) and clamps. Models
     * before 2.6.36 have no parts: there memory_points is points. Where points are infinite the
     * parts are what such a kernel's badness alone says; before 2.6.36 that may be infinite too. */
    int64_t memory_points, root_points, adj_points;
};

enum rl_points_in {
    RL_IN_PERMILLE,
    RL_IN_PAGES,
};

/* Inputs beyond memory, oom_score_adj and capabilities. */
enum rl_score_needs {
    RL_SCORE_NEEDS_CHILDREN = 1u << 0, /* rl_process.children_pages, children_half_pages */
    RL_SCORE_NEEDS_UPTIME = 1u << 1,   /* rl_scale.uptime_ticks, rl_process.nice, cpu_ticks ... */
};

/* Who of two equals is taken. Kernels take the first or last of their scan, which goes by age:
 * start_ticks, then pid. */
enum rl_tie {
    RL_TIE_PID,    /* the lower pid: ours */
    RL_TIE_FIRST,  /* the older one */
    RL_TIE_LAST,   /* the younger one */
    RL_TIE_LEADER, /* the older one, unless its main thread has exited: then the younger one */
};

/* Who dies instead of the one with the most points. */
enum rl_sacrifice {
    RL_SACRIFICE_NONE,
    RL_SACRIFICE_FIRST_CHILD, /* its oldest child with an address space of its own */
    RL_SACRIFICE_WORST_CHILD, /* of these the one with the most points, if it has any */
};

/* How a model picks among those it has rated (kernel-independent rules, such as who is never a
 * victim, stand above all of this). */
struct rl_picking {
    enum rl_tie tie;
    enum rl_sacrifice sacrifice;
    bool waits;     /* nobody is chosen while somebody is on his way out already */
    bool from_zero; /* whoever has no points is never chosen */
    bool sharers;   /* processes that share the victim's address space die with it */
};

typedef void rl_rate(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret);
typedef uint64_t rl_proc_score(const struct rl_score *score, const struct rl_scale *scale);

struct rl_model {
    const char *id;      /* what Score= and --model take */
    const char *help;    /* one line */
    const char *kernels; /* "3.14 to 4.14"; NULL: no kernel ever did this */
    uint32_t since;      /* RL_KERNEL of the first such kernel; 0 where kernels is NULL */
    uint32_t hz;         /* of rl_scale.hz where that is 0 */
    enum rl_points_in points_in;
    enum rl_total total;
    uint32_t needs; /* enum rl_score_needs */
    /* Points fall with capabilities, rise with rss_pages, swap_pages and oom_score_adj, and with
     * nothing else: see rl_candidate_bound(). */
    bool bounded;
    /* adj_points is what a whole cgroup has asked for, of which each of its processes tells: it
     * counts for the cgroup as well, once. */
    bool by_request;
    struct rl_picking picking;
    /* Rate an eligible process; eligibility by adj and memory is the model's own matter. Any
     * numbers are allowed: what no machine has is clamped, never undefined. */
    rl_rate *rate;
    /* What such a kernel shows as /proc/PID/oom_score for a process of that score; the file's own
     * value where the scale is RAM + swap. It goes by the parts, so that Adjust= does not show. 0
     * for whoever is not eligible. NULL: there was no such file. */
    rl_proc_score *proc_score;
};

/* As KERNEL_VERSION() of Linux 5.4.255 on: there are stable releases beyond a.b.255. */
#define RL_KERNEL(a, b, c)                                                                         \
    (((uint32_t)(a) << 16) | ((uint32_t)(b) << 8) | ((c) > 255 ? 255u : (uint32_t)(c)))

/* Our own first, the default before all; then the kernels', oldest first. */
extern const struct rl_model rl_models[];
extern const size_t rl_models_n;

/* Other names of models: linux (the newest), linux-2.4, linux-2.6 (the last one of the classic
 * rules). */
struct rl_model_alias {
    const char *alias, *id;
};
extern const struct rl_model_alias rl_model_aliases[];
extern const size_t rl_model_aliases_n;

/* Return: the model of that id or alias; of the kernel of that version for linux-A.B and
 * linux-A.B.C, as rl_model_of_version(); NULL when there is none. Vendors' versions, such as
 * linux-3.10.0-514.el7, are none: their kernels are not those of that version. */
const struct rl_model *rl_model_find(const char *id);

/* Return: the newest model whose kernels are not newer than that RL_KERNEL, NULL for what is older
 * than 2.4.0. Vendors backport: it is a guess where nothing better is known. */
const struct rl_model *rl_model_of_version(uint32_t version);

/* The default model, percent-times-ten. */
const struct rl_model *rl_model_default(void);

/* Is a before b, both eligible and rated by this model? More points first, then the model's tie
 * rule. It is a total order: of two different processes exactly one is before the other. */
bool rl_score_before(const struct rl_model *model, const struct rl_process *a, int64_t a_points,
    const struct rl_process *b, int64_t b_points);

/* oom_score_adj (-1000..1000) as the legacy file oom_adj (-17..15) shows it, and back
 * (fs/proc/base.c, oom_adj_read and oom_adj_write of 3.18 to 6.18). What is out of range counts as
 * the nearest that is in it. */
int rl_oom_adj_of(int oom_score_adj);
int rl_oom_score_adj_of(int oom_adj);
