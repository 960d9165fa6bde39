/* top without ncurses. */
#include "daemon/ctl/top.h"

const bool rl_top_has_screen = false;

int rl_top_screen(struct rl_top *top)
{
    return RL_EXIT_FAILURE;
}
