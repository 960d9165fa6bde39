#include "conf/standard.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "conf/folder.h"
#include "conf/open.h"

int rl_standard_read_file(
    const struct rl_standard *standard, const char *path, struct rl_findings *findings)
{
    char *text;
    size_t len;
    int result = rl_read_conf(path, standard->strict_owner, findings, &text, &len), error;

    if (result != RL_CONF_TEXT)
        return result;
    error = standard->take(standard->userdata, path, text, len);
    free(text);
    return error < 0 ? error : result;
}

/* The main file is the one of the most important folder that has it. */
static int read_main(const struct rl_standard *standard, struct rl_findings *findings)
{
    int result = RL_CONF_GONE;
    size_t n = 0;

    while (standard->dirs[n])
        n++;
    while (n-- > 0 && result == RL_CONF_GONE) {
        char *path;

        if (asprintf(&path, "%s/%s", standard->dirs[n], standard->name) < 0)
            return -ENOMEM;
        result = rl_standard_read_file(standard, path, findings);
        free(path);
    }
    return result < 0 ? result : 0;
}

static int list_drop_ins(
    const struct rl_standard *standard, struct rl_findings *findings, struct rl_entries *entries)
{
    for (unsigned i = 0; standard->dirs[i]; i++) {
        char *path;
        int result;

        if (asprintf(&path, "%s/%s.d", standard->dirs[i], standard->name) < 0)
            return -ENOMEM;
        result = rl_folder_list(path, i, standard->name, findings, entries);
        free(path);
        if (result < 0)
            return result;
    }
    rl_entries_settle(entries);
    return 0;
}

static int read_drop_ins(const struct rl_standard *standard, struct rl_findings *findings)
{
    struct rl_entries entries = {0};
    int result = list_drop_ins(standard, findings, &entries);

    for (size_t i = 0; i < entries.n && result >= 0; i++)
        result = rl_standard_read_file(standard, entries.items[i].path, findings);
    rl_entries_free(&entries);
    return result < 0 ? result : 0;
}

int rl_standard_read(const struct rl_standard *standard, struct rl_findings *findings)
{
    int error = read_main(standard, findings);

    return error < 0 ? error : read_drop_ins(standard, findings);
}
