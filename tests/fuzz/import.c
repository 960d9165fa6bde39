/* Settings of another tool from any text: errors, or policies that reliefd accepts. The first byte
 * chooses the tool, and what the file is called. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl/import.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct {
        const struct rl_import_tool *tool;
        const char *path;
    } kinds[] = {
        {&rl_import_earlyoom, "/etc/default/earlyoom"},
        {&rl_import_systemd_oomd, "/etc/systemd/oomd.conf"},
        {&rl_import_systemd_oomd, "/etc/systemd/system/a-.slice.d/50-a.conf"},
        {&rl_import_systemd_oomd, "/etc/systemd/oomd/rules.d/a.oomrule"},
        {&rl_import_oomd, "/etc/oomd/oomd.json"},
        {&rl_import_nohang, "/etc/nohang/nohang.conf"},
    };
    struct rl_import import = {.root = "", .proc_root = "/nonexistent"};
    static FILE *quiet;
    FILE *told = stderr;
    const char *path;
    char *text;
    int r;

    if (size == 0)
        return 0;
    import.tool = kinds[data[0] % 6].tool;
    path = kinds[data[0] % 6].path;
    text = malloc(size);
    if (!quiet)
        quiet = fopen("/dev/null", "we");
    if (!text || !quiet || rl_import_begin(&import) < 0)
        abort();
    stderr = quiet; /* the fuzzer's own words go on */
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    rl_import_text(&import, path, text, size - 1);
    free(text);
    r = rl_import_end(&import);
    if (import.unfit > 0 || (r != 0 && r != -EINVAL && r != -ENOENT))
        abort();
    rl_import_free(&import);
    stderr = told;
    return 0;
}
