/* Threads for what may block, beside the loop: small, and deaf to signals. */
#pragma once

#include <pthread.h>

/**
 * rl_thread_start() - start a thread with a stack of 128 KB and all signals blocked
 *
 * Signals are for the loop's signalfd alone; a thread begins with its creator's mask. Return: 0 or
 * -errno.
 */
int rl_thread_start(pthread_t *ret, void *(*main)(void *userdata), void *userdata);
