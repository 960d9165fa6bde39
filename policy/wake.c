#include "wake.h"

#include "wide.h"

#define PLAIN_STEP_US  (2 * RL_US_PER_S)   /* windows allowed without CAP_SYS_RESOURCE */
#define LATE_US        (20 * RL_US_PER_MS) /* two jiffies at HZ = 100 */
#define LEAST_JIFFY_US (1 * RL_US_PER_MS)  /* HZ = 1000: the least weight of a CPU that counts */
#define WALK_LEAST_US  (100 * RL_US_PER_MS)
#define WALK_MOST_US   (2 * RL_US_PER_S)
#define HEAT_PART      8

/* P: the longest sample of the root. The timer wheel is at most an eighth late. */
static uint64_t sample_us(uint64_t gate_window_us)
{
    uint64_t eighth = gate_window_us / 8;

    return (gate_window_us % PLAIN_STEP_US == 0 ? gate_window_us + eighth : eighth) + LATE_US;
}

/* The least growth of the root where a child shows so much stall within the samples of span_us:
 * 2. of the header, X / P at most a half. */
static uint64_t least_growth_us(
    uint64_t seen_us, uint64_t span_us, uint64_t sample_us, rl_wide cpus)
{
    rl_wide spread = 32 * (rl_wide)seen_us * seen_us / ((4 * cpus + 1) * (4 * cpus + 1) * span_us);
    rl_wide jiffies = (rl_wide)seen_us * LEAST_JIFFY_US / (cpus * sample_us);

    if (cpus == 1)
        return seen_us;
    return (uint64_t)(spread > jiffies ? spread : jiffies);
}

uint64_t rl_wake_threshold_us(
    uint32_t share, uint64_t line_window_us, uint64_t gate_window_us, unsigned cpus)
{
    uint64_t sample = sample_us(gate_window_us);
    uint64_t seen = rl_mul_div(share, line_window_us, RL_WHOLE) / 2;
    uint64_t windows = (line_window_us + gate_window_us - 1) / gate_window_us + 1;
    uint64_t threshold = least_growth_us(
                             seen, line_window_us + 2 * sample, sample, cpus > 0 ? cpus : 1) /
                         windows;

    return threshold > 0 ? threshold : 1;
}

/* The Pressure= line after the given one, the first one after NULL; NULL past the last one. */
static const struct rl_line *next_line(const struct rl_policy *policy, const struct rl_line *after)
{
    for (size_t t = 0; t < policy->n_triggers; t++) {
        const struct rl_trigger *trigger = &policy->triggers[t];

        for (const struct rl_line *l = trigger->lines; l < trigger->lines + trigger->n; l++)
            if (l->kind == RL_LINE_PRESSURE && (!after || l > after))
                return l;
    }
    return NULL;
}

uint64_t rl_wake_threshold_of(
    const struct rl_policy *policies, size_t n, uint64_t gate_window_us, unsigned cpus)
{
    uint64_t least = 0;

    for (size_t i = 0; i < n; i++)
        for (const struct rl_line *l = NULL; (l = next_line(&policies[i], l));) {
            uint64_t one = rl_wake_threshold_us(l->share, l->window_us, gate_window_us, cpus);

            if (least == 0 || one < least)
                least = one;
        }
    return least;
}

uint64_t rl_wake_half_us(const struct rl_policy *policies, size_t n)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < n; i++)
        for (const struct rl_line *l = NULL; (l = next_line(&policies[i], l));) {
            uint64_t half = rl_mul_div(l->share, l->window_us, RL_WHOLE) / 2;

            if (half < least)
                least = half;
        }
    return least;
}

uint64_t rl_wake_half_window_us(const struct rl_policy *policies, size_t n)
{
    uint64_t least = UINT64_MAX;

    for (size_t i = 0; i < n; i++)
        for (const struct rl_line *l = NULL; (l = next_line(&policies[i], l));)
            if (l->window_us / 2 < least)
                least = l->window_us / 2;
    return least;
}

uint64_t rl_wake_walk_us(const struct rl_policy *policies, size_t n)
{
    uint64_t half = rl_wake_half_us(policies, n);

    if (half > WALK_MOST_US)
        return WALK_MOST_US;
    return half > WALK_LEAST_US ? half : WALK_LEAST_US;
}

uint64_t rl_wake_least_growth_us(
    uint64_t stall_us, uint64_t span_us, unsigned cpus, uint64_t jiffy_us, uint64_t sample_us)
{
    uint64_t hidden = 2 * jiffy_us * (span_us / (sample_us > 0 ? sample_us : 1) + 1);
    uint64_t seen = stall_us > hidden ? stall_us - hidden : 0;
    rl_wide whole = 2 * (rl_wide)(cpus > 0 ? cpus : 1) * span_us + seen;

    if (cpus <= 1 || seen == 0)
        return seen;
    return (uint64_t)(8 * (rl_wide)seen * seen * span_us / (whole * whole));
}

uint32_t rl_wake_heat_share(const struct rl_policy *policy)
{
    uint32_t least = 0;

    for (const struct rl_line *l = NULL; (l = next_line(policy, l));)
        if (least == 0 || l->share < least)
            least = l->share > 1 ? l->share : 1;
    return least > HEAT_PART ? least / HEAT_PART : least > 0;
}
