/* systemd-oomd's conditions in the words of policies, line by line. The importer writes them with
 * where each came from, the daemon as they are.
 *
 * The meaning is that of systemd-oomd.service(8) and systemd.resource-control(5): pressure is full
 * and over 10 s, as avg10 is; swap counts only while memory is used up as well; one cgroup below
 * the unit dies whole, by SIGKILL. The victim is the one with the highest score, where systemd-oomd
 * goes by who reclaims most. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "conf/oomd-conf.h"

/* What a line stands for. */
enum rl_managed_of {
    RL_MANAGED_ITSELF, /* what systemd-oomd does without being told */
    RL_MANAGED_LIMIT,
    RL_MANAGED_DURATION,
    RL_MANAGED_SWAP_LIMIT,
    RL_MANAGED_MODE, /* that it acts at all */
};

struct rl_managed_out {
    void (*section)(void *userdata, const char *name);
    /* why: NULL where it needs no word. line: "Key=value". Valid during the call. */
    void (*line)(void *userdata, enum rl_managed_of of, const char *why, const char *line);
    void *userdata;
};

/* What counts where oomd.conf(5) does not say it. */
#define RL_MANAGED_LIMIT_DEFAULT    6000 /* hundredths of a percent */
#define RL_MANAGED_DURATION_DEFAULT UINT64_C(30000000)
#define RL_MANAGED_SWAP_DEFAULT     9000

/* A trigger for ManagedOOMMemoryPressure=kill. limit: hundredths of a percent, at most 10000;
 * root: it is the root slice. */
void rl_managed_pressure(
    const struct rl_managed_out *out, uint64_t limit, uint64_t duration_us, bool root);
/* One for ManagedOOMSwap=kill. */
void rl_managed_swap(const struct rl_managed_out *out, uint64_t limit);
/* Shares and times as policies have them: "2.5%", "1min 30s". At least 0.01 %, since a share of
 * nothing is none. Return: buf. */
const char *rl_managed_share(uint64_t hundredths, char *buf, size_t size);
const char *rl_managed_time(uint64_t us, char *buf, size_t size);
/* "Origin=any", but for the root slice. */
void rl_managed_origin(const struct rl_managed_out *out, bool root);
/* tree: all below the unit dies. */
void rl_managed_victim(const struct rl_managed_out *out, bool tree);
void rl_managed_relief(const struct rl_managed_out *out);

/* The properties of one unit, as systemd tells them. */
struct rl_managed_properties {
    const char *unit;
    bool swap, pressure;                 /* "kill" */
    uint32_t limit;                      /* parts of UINT32_MAX; 0: the default */
    uint64_t duration_us;                /* 0 and UINT64_MAX: the default */
    const struct rl_oomd_conf *defaults; /* NULL: systemd-oomd's own */
};

/**
 * rl_managed_write() - a whole policy file for a unit
 *
 * Its name is to be that of the unit; of the root slice, which is the machine and no unit to be
 * named after, anything else. Above each limit stands where it came from. Return: false, with
 * nothing written, where the unit asks for nothing.
 */
bool rl_managed_write(const struct rl_managed_properties *unit, FILE *file);
