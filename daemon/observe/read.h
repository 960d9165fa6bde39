/* Reading kernel files into fixed buffers, and turning their text into numbers.
 *
 * The parsers are pure: text in, numbers out, by key, with unknown keys ignored and missing ones
 * reported. They are given hostile text in the tests (comm can hold anything but NUL). */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "policy/process.h"
#include "policy/sample.h"

/* pread() a whole file from offset 0 into buf, NUL-terminated. A file that fills the buffer is cut
 * at its last whole line. Return: bytes read, or -errno (ENODEV: the cgroup was removed). */
ssize_t rl_read_fd(int fd, char *buf, size_t size);

/* openat + rl_read_fd + close. */
ssize_t rl_read_at(int dirfd, const char *name, char *buf, size_t size);

/* Each: 0, or -EINVAL when the text is not of that kind, -ENODATA when a needed key is missing;
 * out-parameters are set only on success. */
int rl_parse_pressure(const char *text, uint64_t *ret_some_us, uint64_t *ret_full_us);
int rl_parse_events(const char *text, struct rl_events *ret);
int rl_parse_memory_stat(const char *text, struct rl_sample *sample); /* fills its fields */
int rl_parse_limit(const char *text, uint64_t *ret);                  /* "max" = RL_NO_LIMIT */
int rl_parse_cpu_stat(const char *text, uint64_t *ret_throttled_us);
int rl_parse_populated(const char *text, bool *ret);                  /* cgroup.events */
int rl_parse_meminfo(const char *text, struct rl_node *node);
int rl_parse_vmstat(const char *text, struct rl_node *node);          /* allocstall_* */

/* /proc/PID/stat: comm is between the first ( and the last ). exit_code (field 52) tells a queued
 * fatal signal. Sets pid, ppid, comm, flags, start_ticks, rss, total_vm, threads. */
int rl_parse_stat(const char *text, struct rl_process *process, char *ret_state);
/* /proc/PID/status: uid, VmSwap, RssAnon, VmPTE, CapEff. Missing Vm* lines mean no memory. */
int rl_parse_status(const char *text, uint32_t page_size, struct rl_process *process);
/* /proc/PID/cgroup: the path of the "0::" line, a " (deleted)" suffix cut; points into text. */
int rl_parse_proc_cgroup(char *text, const char **ret_path);
