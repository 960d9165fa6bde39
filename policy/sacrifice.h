/* Kernels up to 5.2 killed a child of the process with the most points in its place. */
#pragma once

#include "choose.h"

/* Put a child in the place of the process that was chosen, where the model does so: see
 * rl_choose(). */
void rl_sacrifice(const struct rl_choosing *choosing, struct rl_choice *choice);
