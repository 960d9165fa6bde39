#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/ctl/ctl.h"
#include "daemon/ctl/table.h"
#include "daemon/relieve/guard.h"

#define RUNTIME_DIR "/run/reliefd"

static void print(const struct rl_args *args, const struct rl_guard_restored *restored)
{
    if (args->common[RL_OPT_JSON]) {
        printf("{\"restored\": %u, \"untouched\": %u, \"gone\": %u, \"failed\": %u, "
               "\"other_boot\": %s}\n",
            restored->restored, restored->untouched, restored->gone, restored->failed,
            restored->other_boot ? "true" : "false");
        return;
    }
    if (restored->restored + restored->untouched + restored->gone + restored->failed == 0) {
        puts("Nothing to restore.");
        return;
    }
    printf("%u values restored, %u hold another value by now and are left as they are, %u are gone "
           "with their cgroup or process.\n",
        restored->restored, restored->untouched, restored->gone);
    if (restored->failed > 0)
        printf("%u could not be restored.\n", restored->failed);
}

int rl_ctl_restore(const struct rl_args *args)
{
    const char *dir = args->common[RL_OPT_RUNTIME_DIR];
    struct rl_guard_restored restored;
    struct rl_guard_roots roots = {.runtime_dir = dir ? dir : RUNTIME_DIR};
    struct rl_probe probe = {.cgroup_fd = -1, .proc_fd = -1};
    int r;

    /* Values of processes can be restored without any cgroups. */
    r = rl_table_probe(args, true, &probe);
    if (r != RL_EXIT_OK)
        return r;
    roots.cgroup_root_fd = probe.cgroup_fd;
    roots.proc_fd = probe.proc_fd;
    r = rl_guard_restore(&roots, &restored);
    rl_probe_close(&probe);
    if (r == -EBUSY)
        fprintf(stderr,
            "reliefctl: a reliefd is running with %s: it restores by itself when it ends\n",
            roots.runtime_dir);
    else if (r == -EBADMSG || r == -EFBIG)
        fprintf(stderr, "reliefctl: %s/%s was not written by reliefd\n", roots.runtime_dir,
            RL_GUARD_STATE);
    else if (r < 0)
        fprintf(stderr, "reliefctl: %s: %s\n", roots.runtime_dir, strerror(-r));
    if (r < 0)
        return RL_EXIT_FAILURE;
    print(args, &restored);
    return restored.failed > 0 ? RL_EXIT_FAILURE : RL_EXIT_OK;
}
