/* restart: systemd stops or restarts the unit of the victim. */
#include "daemon/step/step.h"

static enum rl_reason refuse(struct rl_running *running, const struct rl_step *step)
{
    return RL_SKIP_NOT_AVAILABLE;
}

const struct rl_step_ops rl_step_restart = {.refuse = refuse};
