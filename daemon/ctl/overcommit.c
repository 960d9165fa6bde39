#include "daemon/ctl/overcommit.h"

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>

#include "daemon/observe/read.h"
#include "daemon/observe/text.h"
#include "daemon/report/json.h"
#include "daemon/report/text.h"

/* vm.overcommit_memory, see the kernel's Documentation/mm/overcommit-accounting.rst. */
static const char *const modes[] = {
    "only a request that is obviously too large is refused, so that more can be promised than "
    "there "
    "is",
    "every request is granted",
    "what goes beyond CommitLimit is refused, so that allocations fail before memory runs out",
};

int rl_overcommit_read(int proc_fd, struct rl_overcommit *ret)
{
    static const struct rl_text_key keys[] = {
        {"CommitLimit:", offsetof(struct rl_overcommit, commit_limit), RL_TEXT_KB, true},
        {"Committed_AS:", offsetof(struct rl_overcommit, promised), RL_TEXT_KB, true},
    };
    struct rl_overcommit overcommit = {0};
    const char *text;
    char buf[8192];
    struct rl_span line;
    uint64_t mode;

    ssize_t n = rl_read_at(proc_fd, "sys/vm/overcommit_memory", buf, sizeof(buf));
    if (n < 0)
        return (int)n;
    text = buf;
    if (!rl_text_line(&text, &line) || rl_text_u64(line, &mode) < 0 ||
        mode >= sizeof(modes) / sizeof(modes[0]))
        return -EINVAL;
    overcommit.mode = (unsigned)mode;
    n = rl_read_at(proc_fd, "meminfo", buf, sizeof(buf));
    if (n < 0)
        return (int)n;
    int r = rl_text_keys(buf, keys, sizeof(keys) / sizeof(keys[0]), &overcommit);
    if (r == 0)
        *ret = overcommit;
    return r;
}

void rl_overcommit_say(struct rl_say *say, const struct rl_overcommit *overcommit)
{
    char promised[RL_TEXT_MAX], limit[RL_TEXT_MAX];
    bool over = overcommit->promised > overcommit->commit_limit;

    rl_size_text(overcommit->promised, promised, sizeof(promised));
    rl_size_text(overcommit->commit_limit, limit, sizeof(limit));
    rl_say(say, "vm.overcommit_memory is %u: %s. Promised are %s (Committed_AS), CommitLimit is %s",
        overcommit->mode, modes[overcommit->mode], promised, limit);
    if (!over)
        rl_say(say, ": all that is promised is within it.");
    else if (overcommit->mode == 2)
        rl_say(say, ": the limit has fallen since, and nobody gets more.");
    else
        rl_say(say,
            ", which does not count in this mode: if all of it were used, only reclaim, swap "
            "and kills could settle it.");
}

json_t *rl_overcommit_json(const struct rl_overcommit *overcommit)
{
    return json_pack("{s:i, s:o, s:o}", "mode", (int)overcommit->mode, "commit_limit_bytes",
        rl_json_number(overcommit->commit_limit), "committed_bytes",
        rl_json_number(overcommit->promised));
}
