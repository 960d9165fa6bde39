/* Linux 2.4: the size of the address space, less for those that ran long. */
#include "score-rows.h"

static uint32_t as_int(uint64_t n)
{
    return n > INT32_MAX ? INT32_MAX : (uint32_t)n;
}

/* mm/oom_kill.c of 2.4.22, badness: in int. What does not fit (8 TiB of pages, 68 years) would wrap
 * there and is INT_MAX here, so that a giant is no small victim. A start in the future, which
 * wraps there too, is now. */
void rl_score_v24(
    const struct rl_process *process, const struct rl_scale *scale, struct rl_score *ret)
{
    uint32_t hz = rl_hz(scale, RL_HZ_V24);
    uint64_t now = rl_jiffies(scale->uptime_ticks, scale, hz);
    uint64_t start = rl_jiffies(process->start_ticks, scale, hz);
    uint32_t cpu_time = as_int(rl_jiffies(process->cpu_ticks, scale, hz) >> (rl_shift_hz(hz) + 3));
    uint32_t run_time = as_int((now > start ? now - start : 0) >> (rl_shift_hz(hz) + 10));
    uint32_t points = as_int(process->total_vm_pages);

    /* p->mm of an exited main thread is NULL. Its other threads are tasks of their own there, with
     * times of their own that are not known here: they are left out. */
    if (rl_has_no_mm(process) || process->flags & RL_PROCESS_DEAD_LEADER) {
        *ret = (struct rl_score){.reason = RL_SPARED_NO_MEMORY};
        return;
    }
    points /= rl_root_v24(cpu_time);
    points /= rl_root_v24(rl_root_v24(run_time));
    if (process->nice > 0)
        points = as_int((uint64_t)points * 2);
    if (process->flags & RL_PROCESS_ROOT || process->uid == 0 || process->euid == 0)
        points /= 4;
    if (process->flags & RL_PROCESS_RAWIO)
        points /= 4;
    *ret = (struct rl_score){.eligible = true, .points = points, .memory_points = points};
}
