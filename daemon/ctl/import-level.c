/* "So little memory and so little swap is left": what earlyoom and nohang act on. */
#include "daemon/ctl/import.h"

#include <inttypes.h>

#include "conf/managed.h"
#include "conf/value.h"

#define WHOLE 10000u /* hundredths of a percent */

void rl_import_headroom(struct rl_import *import, struct rl_import_file *file,
    const struct rl_import_at *at, const struct rl_import_level *level)
{
    char share[32];

    rl_managed_share(level->share, share, sizeof(share));
    if (level->share == RL_IMPORT_NO_LEVEL)
        rl_import_line(import, file, at, NULL, "Headroom=below %" PRIu64 "K", level->kib);
    else if (level->kib == RL_IMPORT_NO_LEVEL)
        rl_import_line(import, file, at, NULL, "Headroom=below %s", share);
    else
        rl_import_line(
            import, file, at, NULL, "Headroom=below %s max %" PRIu64 "K", share, level->kib);
}

/* The share of swap that may be free, a size being turned into one. Return: false where the total
 * is not known. */
static bool free_share(
    const struct rl_import_level *level, bool known, uint64_t total_kib, uint64_t *ret)
{
    uint64_t share = level->share;

    if (level->kib != RL_IMPORT_NO_LEVEL) {
        uint64_t of_size;

        if (!known || total_kib == 0)
            return false;
        of_size = level->kib >= total_kib
                      ? WHOLE
                      : (uint64_t)((double)level->kib * WHOLE / (double)total_kib);
        if (share == RL_IMPORT_NO_LEVEL || of_size < share)
            share = of_size;
    }
    *ret = share;
    return true;
}

/* Return: false where the line had to be left out although swap is asked about. */
static void write_swap(struct rl_import *import, struct rl_import_file *file,
    const struct rl_import_at *at, const struct rl_import_level *level)
{
    uint64_t total = 0, share = 0;
    bool known = rl_import_meminfo(import, "SwapTotal", &total);
    char used[32];

    if (known && total == 0) {
        rl_import_tell(import, at, RL_IMPORT_NEEDLESS,
            "Swap= is left out, since this machine has no swap and it could never hold; import "
            "again when there is some");
        return;
    }
    if (!free_share(level, known, total, &share)) {
        rl_import_tell(import, at, RL_IMPORT_NONE,
            "Swap= is a share, and how much swap the machine has is not known here; it is left "
            "out, so that memory alone decides");
        return;
    }
    if (share >= WHOLE) /* all of it may be free */
        return;
    rl_import_line(
        import, file, at, NULL, "Swap=%s", rl_managed_share((WHOLE - share), used, sizeof(used)));
}

bool rl_import_levels(struct rl_import *import, struct rl_import_file *file, const char *trigger,
    const struct rl_import_at *memory_at, const struct rl_import_level *memory,
    const struct rl_import_at *swap_at, const struct rl_import_level *swap)
{
    if (memory->share == 0 || memory->kib == 0) {
        rl_import_tell(import, memory_at, RL_IMPORT_NEEDLESS,
            "[%s] is left out: memory is never that short", trigger);
        return false;
    }
    rl_import_section(file, trigger);
    rl_import_headroom(import, file, memory_at, memory);
    write_swap(import, file, swap_at, swap);
    return true;
}
