#include "eased.h"

#include "limits.h"
#include "wide.h"

#define CHARGE_BATCH_PAGES 64

uint64_t rl_ease_amount(uint64_t current, uint32_t share)
{
    return share < RL_WHOLE ? current - rl_mul_div(current, share, RL_WHOLE) : 0;
}

uint64_t rl_ease_slack(uint32_t page_size, uint32_t processors)
{
    return (uint64_t)page_size * processors * CHARGE_BATCH_PAGES;
}

bool rl_eased(const struct rl_ease *ease, uint64_t used_now)
{
    uint64_t left = ease->used_before > ease->amount ? ease->used_before - ease->amount : 0;
    uint64_t slack = ease->slack;

    if (ease->amount > 0 && slack > ease->amount / 2)
        slack = ease->amount / 2;
    return !ease->frozen && (used_now <= left || used_now - left <= slack);
}
