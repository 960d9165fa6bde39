/* What a saved tree (--root DIR) says of the machine that it was taken from, in
 * DIR/reliefctl-snapshot.json: {"page_size", "clk_tck", "kernel"}; other keys are ignored. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define RL_SAVED_FILE "reliefctl-snapshot.json"

struct rl_saved {
    uint32_t page_size; /* bytes, a power of two; 0: not said */
    uint32_t clk_tck;   /* clock ticks a second; 0: not said */
    uint32_t kernel;    /* RL_KERNEL of the version; 0: not said, or not to be told */
};

/**
 * rl_saved_read() - read the file of a saved tree
 * @root: DIR
 * @ret:  all 0 where there is no such file
 *
 * A file that is broken is said on stderr, with its line and column or the key. Return: 0, or
 * -EBADMSG.
 */
int rl_saved_read(const char *root, struct rl_saved *ret);

/* RL_KERNEL of the numbers at the beginning of a release such as 5.10.0-8-amd64; 0: there are
 * none. */
uint32_t rl_saved_kernel(const char *release);
