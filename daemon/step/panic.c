/* panic: vm.panic_on_oom's way, for those who asked for it twice. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "daemon/report/log.h"
#include "daemon/step/step.h"

int rl_panic(struct rl_engine *engine, const char *why, const char *offender)
{
    int fd, r = 0;

    rl_log(LOG_EMERG, "%s in %s: the machine panics", why, offender);
    fd = openat(engine->options.probe->proc_fd, "sysrq-trigger", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write(fd, "c", 1) < 0)
        r = -errno;
    if (fd >= 0)
        close(fd);
    return r;
}

static enum rl_reason refuse(struct rl_running *running, const struct rl_step *step)
{
    return running->engine->options.settings->allow_panic ? RL_REASON_NONE : RL_SKIP_NOT_ALLOWED;
}

static enum rl_reason take(
    struct rl_running *running, const struct rl_step *step, struct rl_record_step *entry)
{
    int r = rl_panic(running->engine, "Step=panic is reached", running->record.offender);

    if (r == 0)
        return RL_REASON_NONE;
    entry->error = -r;
    return RL_OUTCOME_FAILED;
}

const struct rl_step_ops rl_step_panic = {.refuse = refuse, .take = take};
