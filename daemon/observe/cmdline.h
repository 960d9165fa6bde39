/* Command lines of processes, read by helper threads: /proc/PID/cmdline takes the mmap_lock of the
 * process and pages its stack in, so that whoever reads that of a thrashing victim may hang for as
 * long as it thrashes.
 *
 * Guarantees: the one who asks waits RL_CMDLINE_WAIT_US at most, whatever the number of processes;
 * what has not come by then is not known. An answer that comes later stays in the cache, which is
 * keyed by pid and start time, for the next one who asks. Memory is taken and touched by
 * rl_cmdline_new() and rl_cmdline_grow() alone. A process that holds up its reader holds up that
 * thread alone, and is not asked a second time meanwhile.
 *
 * Never: a thread that hangs in the kernel does not hang rl_cmdline_free(); it cleans up alone when
 * the kernel lets go of it.
 *
 * A command line is what the process makes of it, and may be changed at any time (postgres names
 * its workers there). So answers older than RL_CMDLINE_FRESH_US are asked for again, and the old
 * one serves only where no new one comes in time. A process that has changed its comm since then
 * has most likely executed another program: its old answer is never used.
 *
 * All functions belong to one thread. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "policy/choose.h"

#define RL_CMDLINE_WAIT_US  UINT64_C(50000)
#define RL_CMDLINE_FRESH_US UINT64_C(1000000)
#define RL_CMDLINE_LEAST    256  /* processes in the cache */
#define RL_CMDLINE_MOST     4096 /* likewise */
#define RL_CMDLINE_THREADS  4    /* so many thrashing processes hold nobody else up */

struct rl_cmdline;

/* proc_fd: directory fd of /proc; duplicated. size: of the cache, brought within the bounds above.
 * Return: 0 or -errno. */
int rl_cmdline_new(int proc_fd, size_t size, struct rl_cmdline **ret);

/* Make the cache as large as that at least; it is empty afterwards. Return: 0; -ENOMEM, or -EBUSY
 * while some command line is being read: nothing was done then. */
int rl_cmdline_grow(struct rl_cmdline *cmdline, size_t size);

/* How many processes the cache has room for. */
size_t rl_cmdline_size(const struct rl_cmdline *cmdline);

/* Waits for nobody. NULL is allowed. Always returns NULL. */
struct rl_cmdline *rl_cmdline_free(struct rl_cmdline *cmdline);

/**
 * rl_cmdline_ask() - have the command line of a process read
 * @process: its pid, start_ticks and comm
 *
 * Does not wait. Nothing is asked for kernel threads, nor where a fresh answer is there already.
 */
void rl_cmdline_ask(struct rl_cmdline *cmdline, const struct rl_process *process);

/* Wait until all that was asked for since the last call is there, RL_CMDLINE_WAIT_US at most. */
void rl_cmdline_wait(struct rl_cmdline *cmdline);

/**
 * rl_cmdline_take() - fill in what is known, without waiting
 *
 * Sets process->cmdline and RL_PROCESS_CMDLINE_KNOWN, or clears both. NULs are blanks, those at the
 * end are cut off; a kernel thread has none, which is known. Return: whether it is known.
 */
bool rl_cmdline_take(struct rl_cmdline *cmdline, struct rl_process *process);

/* All three for many: ask for each, wait once, fill each in. */
void rl_cmdline_fill(struct rl_cmdline *cmdline, struct rl_candidate *candidates, size_t n);

/* One command line below a descriptor of /proc/PID, here and now: for who may block on the process.
 * NULs as above; what is longer is cut at its end. Return: 0 or -errno. */
int rl_cmdline_read_below(int dir, char text[RL_CMDLINE_MAX]);
