/* [Guard] */
#include "conf/sections.h"

#include <string.h>

void rl_key_parse_high_below_max(
    struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    struct rl_guard *guard = &draft->policy->guard;
    bool relative = strchr(value, '%') != NULL;
    uint32_t share = 0;
    uint64_t bytes = 0;

    if (relative ? !rl_take_share(draft, key, value, &share)
                 : !rl_take_size(draft, key, value, &bytes))
        return;
    if (relative && share == RL_WHOLE) {
        rl_draft_refuse(draft, key, "out-of-range", "'%s' leaves nothing below it", value);
    } else if (!relative && bytes == 0) {
        rl_draft_refuse(draft, key, "out-of-range", "'%s' is memory.max itself", value);
    } else {
        guard->high_relative = relative;
        guard->high_share = share;
        guard->high_bytes = bytes;
    }
}

void rl_key_parse_managed(struct rl_draft *draft, const struct rl_key *key, const char *value)
{
    int override;

    if (rl_take_choice(draft, key, value, &override))
        draft->policy->guard.managed_override = override;
}
