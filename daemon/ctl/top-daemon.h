/* What reliefd says, for top: it is asked now and then, for a short time, and never complained
 * about on the screen. */
#pragma once

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/top-view.h"
#include "daemon/observe/tree.h"

struct rl_top_asker;

/* Return: NULL when memory is out. */
struct rl_top_asker *rl_top_asker_new(const struct rl_args *args);
struct rl_top_asker *rl_top_asker_free(struct rl_top_asker *asker);

/* Ask if it is time for it, fill in ret, and mark the rows of what it names. */
void rl_top_ask(struct rl_top_asker *asker, struct rl_tree *tree, struct rl_top_model *model,
    struct rl_top_daemon *ret);
