/* Reading kernel files into fixed buffers, and turning their text into numbers.
 *
 * The parsers are pure: text in, numbers out, by key, with unknown keys ignored and missing ones
 * reported. They are given hostile text in the tests (comm can hold anything but NUL). A line
 * without its newline was cut off and does not count, except in rl_parse_limit. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "policy/process.h"
#include "policy/sample.h"

/* pread() a whole file from offset 0 into buf, NUL-terminated. A file that fills the buffer is cut
 * at its last whole line. Return: bytes read, or -errno (ENODEV: the cgroup was removed; EFBIG:
 * not even one line fits). */
ssize_t rl_read_fd(int fd, char *buf, size_t size);

struct rl_memory_held {
    uint64_t anon, kernel_stack, pagetables, sec_pagetables, sock, shmem;
};

/* openat for reading, close-on-exec. Return: the fd, owned by the caller, or -errno. */
int rl_open_at(int dirfd, const char *name);

/* openat + rl_read_fd + close. */
ssize_t rl_read_at(int dirfd, const char *name, char *buf, size_t size);

/* Like rl_read_at, but the file may be of any length: lines longer than line_max bytes, and those
 * that buf has no room for, are left out. In /proc/PID/status the process chooses how long the
 * Groups line is, and what matters stands behind it. */
ssize_t rl_read_short_lines_at(
    int dirfd, const char *name, size_t line_max, char *buf, size_t size);

/* Each: 0, or -EINVAL when a value is not of its kind, -ENODATA when a needed key is missing;
 * out-parameters are set only on success. */
int rl_parse_pressure(const char *text, uint64_t *ret_some_us, uint64_t *ret_full_us);
int rl_parse_events(const char *text, struct rl_events *ret);
int rl_parse_memory_stat(const char *text, struct rl_sample *sample); /* its fields, not `have` */
/* memory.stat once more, for what the death of its processes would free, and shmem; all in bytes.
 * Lines that a kernel does not have are 0. */
int rl_parse_memory_held(const char *text, struct rl_memory_held *ret);
int rl_parse_limit(const char *text, uint64_t *ret); /* "max" = RL_NO_LIMIT */
int rl_parse_cpu_stat(const char *text, uint64_t *ret_throttled_us);
int rl_parse_cpu_periods(const char *text, uint64_t *ret_periods, uint64_t *ret_throttled);
int rl_parse_populated(const char *text, bool *ret); /* cgroup.events */
int rl_parse_frozen(const char *text, bool *ret);    /* likewise, from 5.2 on */
int rl_parse_meminfo(const char *text, struct rl_node *node);
/* allocstall_* is needed; kswapd_taken and refaults are 0 where the kernel does not count them. */
int rl_parse_vmstat(const char *text, struct rl_node *node);
int rl_parse_cpus(const char *text, unsigned *ret); /* how many CPUs in a list "0-3,8" */
/* How many CPUs the masks of /proc/PID/status have room for ("Cpus_allowed:\tff", whichever of them
 * are set): nr_cpu_ids of the kernel rounded up to 4, so at least all that are possible. */
int rl_parse_cpu_masks(const char *text, unsigned *ret);

/* /proc/PID/stat: comm is between the first ( and the last ). Sets pid, ppid, comm, start_ticks,
 * rss, threads, and all of flags:
 *   KERNEL_THREAD
 *   DYING        a fatal SIGKILL is queued (field 52), or the last thread is exiting
 *   DEAD_LEADER  this thread has exited, others live: rss and status are empty, look at theirs
 * *ret_state (field 3; NULL is allowed) is a letter, Z for a zombie. */
int rl_parse_stat(const char *text, struct rl_process *process, char *ret_state);
/* /proc/PID/statm: total_vm and rss, both 0 without memory. */
int rl_parse_statm(const char *text, struct rl_process *process);
/* /proc/PID/status: uid, VmSize (total_vm), VmSwap, RssAnon, VmPTE. Missing Vm* lines mean no
 * memory. To the flags that rl_parse_stat found it adds ROOT (CapEff has CAP_SYS_ADMIN, in whatever
 * user namespace) and DYING (SIGKILL in SigPnd or ShdPnd). */
int rl_parse_status(const char *text, uint32_t page_size, struct rl_process *process);
/* /proc/PID/status once more: whom a signal reaches. */
struct rl_reaction {
    bool container_init; /* PID 1 of a pid namespace below ours */
    uint64_t caught;     /* a bit for each signal that it has a handler for, SIGHUP the lowest */
};
int rl_parse_reaction(const char *text, struct rl_reaction *ret);
/* /proc/PID/oom_score_adj: -1000 .. 1000. */
int rl_parse_adj(const char *text, int *ret);
/* /proc/PID/cgroup: the path of the "0::" line, a " (deleted)" suffix cut; points into text. */
int rl_parse_proc_cgroup(char *text, const char **ret_path);
