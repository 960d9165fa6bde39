/* reliefd.conf from any text: it is read within its bounds, or an error says why it is not, and
 * what is wrong keeps its default. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/draft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rl_arena arena = {0};
    struct rl_findings findings = {0};
    struct rl_settings settings = {0};
    struct rl_draft draft = {
        .kind = RL_SETTINGS_FILE,
        .arena = &arena,
        .findings = &findings,
        .settings = &settings,
    };

    rl_draft_defaults(&draft);
    rl_draft_read(&draft, "fuzz", (const char *)data, size, false);
    if (draft.error || settings.dry_run > RL_DRY_AUTO)
        abort();
    if (settings.budget_kills == 0 || settings.budget_us < RL_US_PER_S)
        abort();
    if (settings.keep == 0 || settings.keep_bytes == 0)
        abort();
    for (size_t i = 0; i < settings.n_allow_within; i++)
        if (!*settings.allow_within[i])
            abort();
    rl_findings_free(&findings);
    rl_arena_free(&arena);
    return 0;
}
