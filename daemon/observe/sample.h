/* Reading one cgroup, or the machine, through kept file descriptors.
 *
 * Opening needs kernel memory, reading through a kept descriptor does not: files stay open while
 * somebody looks at the cgroup. A file that cannot be read leaves its bit out of `have` and its
 * numbers as they were, so that a passing error never looks like a counter that went back. */
#pragma once

#include "policy/room.h"
#include "policy/sample.h"
#include "policy/seen.h"

#define RL_FILES_MAX 10

struct rl_files {
    int dir_fd;
    int fds[RL_FILES_MAX]; /* one per row of the table in sample.c; -1: missing */
    unsigned users;
    uint32_t tried;          /* private: what was read, or could not be, at the sample's instant */
    struct rl_sample sample; /* the newest one */
};

/**
 * rl_files_open() - open all files of a cgroup that exist
 * @dir_fd: directory of the cgroup; owned by the files afterwards
 * @proc_fd: directory fd of /proc, for the pressure of a root that has no such file; -1: none
 */
void rl_files_open(struct rl_files *files, int dir_fd, int proc_fd);
void rl_files_close(struct rl_files *files);

/**
 * rl_files_read() - read the files that `needs` names into files->sample
 * @needs: enum rl_have
 *
 * What was read at the same instant already is not read again: the limits of an ancestor are asked
 * for by each hot cgroup below it.
 *
 * Return: 0; -ENODEV when the cgroup is gone.
 */
int rl_files_read(struct rl_files *files, uint32_t needs, uint64_t now_us);

/* A glance through kept files: memory.pressure, and memory.events where `events` says so.
 * ret->now_us is the caller's. */
void rl_files_glance(const struct rl_files *files, bool events, struct rl_glance *ret);

/* The part of it that memory.events tell. */
void rl_files_events(const struct rl_files *files, struct rl_glance *ret);

/* Open memory.pressure of a cgroup: a child of dir_fd, or dir_fd itself for "". Return: an fd or
 * -errno. */
int rl_pressure_open(int dir_fd, const char *name);

/* A glance through that. Return: 0, or -errno when it cannot be read. */
int rl_pressure_glance(int fd, struct rl_glance *ret);

/* The part of a glance that memory.events tell. */
void rl_events_glance(int dir_fd, const char *name, struct rl_glance *ret);

/* Both, of a cgroup that nobody keeps open. */
void rl_glance_at(int dir_fd, const char *name, bool events, struct rl_glance *ret);

/* One number of one file, opened for it: for cgroups that nobody keeps open. "max" is RL_NO_LIMIT.
 * Return: the number, or `missing` where it cannot be read. */
uint64_t rl_number_at(int dir_fd, const char *name, uint64_t missing);

/* Has a cgroup a memory.high or memory.max of its own? */
bool rl_limited_at(int dir_fd);

/* The level that a sample describes, see policy/room.h. */
void rl_level_of(const struct rl_sample *sample, struct rl_level *ret);

/* The machine: /proc/meminfo, /proc/vmstat, /proc/sys/vm/swappiness. */
struct rl_node_files {
    int meminfo_fd, vmstat_fd, swappiness_fd;
    uint32_t page_size;
    struct rl_node node;
};

/* Return: 0, or -errno when /proc/meminfo cannot be opened; the others may be missing. */
int rl_node_files_open(struct rl_node_files *files, int proc_fd, uint32_t page_size);
void rl_node_files_close(struct rl_node_files *files);
/* Return: 0 or -errno; the numbers stay as they were on an error. */
int rl_node_files_read(struct rl_node_files *files);

/* CLOCK_MONOTONIC in microseconds. */
uint64_t rl_now_us(void);
