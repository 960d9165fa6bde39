/* kill: SIGKILL to the victim, as a whole where it can be. */
#include "daemon/step/step.h"

const struct rl_step_ops rl_step_kill = {.take = rl_victim_signal};
