/* When the kernel must wake the daemon so that no Pressure= line of any cgroup is crossed unseen:
 * the threshold of the one trigger "some T W" on the root, and how to look on after it fired.
 *
 * How the kernel counts (6.1 to 6.12, kernel/sched/psi.c; windows are said in their order):
 * - A group's total grows by one mean per sample: the stall of each CPU weighted by its non-idle
 *   time in whole jiffies (collect_percpu_times). "full" of a CPU is never above "some".
 * - A cgroup is sampled whenever somebody reads its file, and every 2 s while it runs. The root
 *   is sampled for triggers by psimon alone, a tenth of the shortest window after the last time
 *   and up to 2 jiffies late, at HZ = 1000 9; without CAP_SYS_RESOURCE every 2 s, and whenever
 *   somebody reads it.
 * - psimon rests when nothing stalled for a window. When it starts again, or would have rested but
 *   for the very last sample, the growth of that sample is dropped (psi_rtpoll_work,
 *   init_rtpoll_triggers).
 * - A trigger's window does not slide: it begins anew after more than W, and what grew since is
 *   held against T whole, with a falling part of what the window before it saw (window_update).
 * - It fires once per W. From 6.7 on what grew in the meantime is told only with the next stall.
 *
 * What follows for a line SHARE over w that is crossed by S = SHARE * w of stall, C CPUs, samples
 * of the root at most P long, T as rl_wake_threshold_us() says:
 *
 * 1. A child's sample of stall s has a CPU that stalled for s or more and was non-idle for a jiffy
 *    or more, for s is a weighted mean. The root counts that CPU as non-idle for at least as long.
 * 2. Let X of such stall fall in one sample of the root, on j CPUs, with at least one jiffy J of
 *    weight each. Whole jiffies cost a weight at most half; all other CPUs may be busy throughout.
 *    So the root grows by at least X^2 / (j * (X + 2 * (C - j) * P)), which is least near
 *    j = C / 2, where it is 8 * X^2 / (P * (2 * C + X / P)^2): a child that moves over half the
 *    CPUs within one sample. And by at least X * J / (C * P), as every weight is a jiffy or more;
 *    on one CPU by X. All are convex in X / P, so they hold for the sum over the samples that
 *    touch the line's window, with X the sum and w + 2 * P in place of P.
 * 3. Those samples fall into at most ceil(w / W) + 1 windows of the trigger. One of them sees its
 *    share of the growth, or more.
 *
 * What no T of 1 us or more can see:
 * - stall in a sample that psimon drops when it starts. Starts are more than W apart, so it is at
 *   most ceil(w / W) * P. A tenth of a second every W, in step with psimon, never fires;
 * - stall on a CPU that was non-idle for less than a jiffy between two samples of the root: less
 *   than 2 jiffies per sample. Stall that is always thinner than that never fires;
 * - growth of less than 1 us: where a line's share times its window is a few milliseconds and
 *   there are hundreds of CPUs.
 * T allows for half of S being unseen in the first two ways. With W = 1 s these take at most 48 %
 * of a window of half a second, 34 % of 1 s and 33 % of 10 s at HZ = 100; 32, 20 and 19 % at
 * HZ = 250; 25, 14 and 14 % at HZ = 1000. (Without CAP_SYS_RESOURCE there is no psimon, and so no
 * first way.) Lines of twice that share or more are seen whatever the pattern, the others unless
 * more than half of their stall is in it. What is left is covered by memory.events where a limit
 * causes the stall, and by the walks that follow every event; where there is neither it is missed.
 *
 * Who else has a trigger on the root's file with a shorter window makes psimon run, and start,
 * more often; who else reads that file without end starves a trigger that was set without
 * CAP_SYS_RESOURCE. Neither can be allowed for. */
#pragma once

#include "policy.h"

/**
 * rl_wake_threshold_us() - T for one line
 * @share:          of the line, hundredths of a percent, 0 to RL_WHOLE
 * @line_window_us: of the line, at most an hour
 * @gate_window_us: W, 1 s to 10 s. A multiple of 2 s is taken as set without CAP_SYS_RESOURCE
 *                  (P is W then, else W / 10; both with what the timer wheel may add)
 * @cpus:           C: all that may ever run, not only those online now
 *
 * An event comes within the line's window or at most P after it; or it came at most W before it,
 * and the kernel owes the second one. So after an event walk on for W at the least.
 *
 * Return: microseconds, rounded down; 1 to half of gate_window_us.
 */
uint64_t rl_wake_threshold_us(
    uint32_t share, uint64_t line_window_us, uint64_t gate_window_us, unsigned cpus);

/* The smallest threshold of all Pressure= lines, microseconds; 0 when there is no such line. */
uint64_t rl_wake_threshold_of(
    const struct rl_policy *policies, size_t n, uint64_t gate_window_us, unsigned cpus);

/**
 * rl_wake_walk_us() - how far apart walks may be while stall goes on
 *
 * Half of the smallest share * window of all Pressure= lines: stall grows at most one second per
 * second, so at the last walk before a line is crossed half of its stall is there to be seen.
 *
 * Return: microseconds, 100 ms to 2 s; 2 s when there is no such line. A line of less than
 * 200 ms of stall may be crossed between two walks and is noticed up to 100 ms late.
 */
uint64_t rl_wake_walk_us(const struct rl_policy *policies, size_t n);

/* Half of the smallest share * window of all Pressure= lines, and half of the shortest window of
 * them. Microseconds; UINT64_MAX when there is no such line. */
uint64_t rl_wake_half_us(const struct rl_policy *policies, size_t n);
uint64_t rl_wake_half_window_us(const struct rl_policy *policies, size_t n);

/**
 * rl_wake_least_growth_us() - how much a parent's total grows at the least where a child stalls
 * @stall_us: of the child, at most span_us
 * @span_us:  in which both grew, both totals read at its ends
 * @jiffy_us: 1 / HZ
 * @sample_us: how far apart the parent's samples are at the least
 *
 * 2. above with J left out: 8 * X^2 * T / (2 * C * T + X)^2, where X is the stall without what a
 * CPU that was non-idle for less than a jiffy can hide: 2 jiffies a sample. Nothing is dropped
 * here, since whoever reads the file makes the kernel sample it.
 *
 * Return: microseconds; 0 where all of it may be hidden.
 */
uint64_t rl_wake_least_growth_us(
    uint64_t stall_us, uint64_t span_us, unsigned cpus, uint64_t jiffy_us, uint64_t sample_us);

/**
 * rl_wake_heat_share() - the share of stall between two walks from which on to watch closely
 *
 * An eighth of the policy's smallest Pressure= share. Of the times between walks that are
 * rl_wake_walk_us() apart and touch a crossed window one has half of the line's share or more,
 * since together they are at most twice as long; the rest is for walks that come late.
 *
 * Return: hundredths of a percent, at least 1; 0 when it has no Pressure= line, then anything that
 * moves counts.
 */
uint32_t rl_wake_heat_share(const struct rl_policy *policy);
