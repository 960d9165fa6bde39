/* Policies out of oomd's rulesets. */
#include "daemon/ctl/import-oomd.h"

#include <string.h>

#include "conf/managed.h"

/* Is a cgroup list a cgroup's ancestor, as far as the words of the globs tell? */
static bool is_below(const char *target, const char *cgroups)
{
    char copy[4096], *rest = copy, *item;

    if (!cgroups)
        return true;
    snprintf(copy, sizeof(copy), "%s", cgroups);
    while ((item = strsep(&rest, ","))) {
        size_t n;

        item += *item == '/';
        n = strlen(item);
        if (n > 0 && item[n - 1] == '/')
            n--;
        if (strncmp(target, item, n) == 0 && (target[n] == '/' || !target[n]))
            return true;
    }
    return false;
}

/* The levels that all targets begin with, as a glob for what is below them. */
static void common_glob(const char *const *targets, size_t n, char *buf, size_t size)
{
    size_t length = n > 0 ? strlen(targets[0]) : 0, level = 0;

    for (size_t i = 1; i < n; i++) {
        size_t same = 0;

        while (same < length && targets[i][same] == targets[0][same])
            same++;
        length = same;
    }
    for (size_t i = 0; i <= length; i++)
        if (n > 0 && targets[0][i] == '/')
            level = i;
    snprintf(buf, size, "/%.*s%s", (int)level, n > 0 ? targets[0] : "", level ? "/**" : "**");
}

/* The targets below the subject; all of them where none is. What is elsewhere is left alone when
 * there is something nearer: its memory is not what the subject lacks. Return: how many. */
static size_t choose_targets(
    struct rl_import *import, const struct rl_oomd_subject *subject, const char **ret)
{
    const struct rl_oomd_actions *actions = subject->actions;
    bool below[RL_OOMD_TARGETS_MAX] = {false}, any = false;
    size_t n = 0;

    for (size_t i = 0; i < actions->n_targets; i++) {
        below[i] = is_below(actions->targets[i], subject->cgroups);
        any = any || below[i];
    }
    for (size_t i = 0; i < actions->n_targets; i++) {
        if (below[i] || !any)
            ret[n++] = actions->targets[i];
        else
            rl_import_tell(import, &actions->targets_at, RL_IMPORT_DIFFERS,
                "'%s' is not killed for a shortage of '%s', where it does not lie",
                actions->targets[i], subject->cgroups);
    }
    return n;
}

static void write_within(
    struct rl_import *import, struct rl_import_file *file, const struct rl_oomd_subject *subject)
{
    const struct rl_import_at *at = &subject->actions->targets_at;
    const char *targets[RL_OOMD_TARGETS_MAX] = {NULL};
    size_t n = choose_targets(import, subject, targets);
    char glob[RL_IMPORT_ITEM_MAX + 8];

    if (n == 1)
        snprintf(glob, sizeof(glob), "/%s", targets[0]);
    else
        common_glob(targets, n, glob, sizeof(glob));
    rl_import_line(import, file, at, NULL, strchr(glob, ' ') ? "Within=\"%s\"" : "Within=%s", glob);
    for (size_t i = 0; i < n && n > 1; i++)
        rl_import_line(import, file, at,
            "Within= takes one glob, which is wider than the list; these come first",
            strchr(targets[i], ' ') ? "Prefer=\"cgroup:/%s\"" : "Prefer=cgroup:/%s", targets[i]);
    if (n > 1)
        rl_import_line(import, file, NULL, "what keeps the machine reachable", "Protect=@system");
}

static void write_trigger(struct rl_import *import, struct rl_import_file *file,
    const struct rl_oomd_subject *subject, size_t i)
{
    const struct rl_oomd_trigger *trigger = &subject->triggers[i];
    char section[64], time[64];

    snprintf(section, sizeof(section), "Trigger group-%zu", i + 1);
    rl_import_section(file, section);
    if (trigger->pressure)
        rl_import_line(import, file, &trigger->pressure_at, NULL, "%s", trigger->pressure);
    if (trigger->usage)
        rl_import_line(import, file, &trigger->usage_at, NULL, "%s", trigger->usage);
    if (trigger->swap)
        rl_import_line(import, file, &trigger->swap_at, NULL, "%s", trigger->swap);
    if (trigger->for_us > 0)
        rl_import_line(import, file, &trigger->for_at, NULL, "For=%s",
            rl_managed_time(trigger->for_us, time, sizeof(time)));
    if (trigger->pressure && subject->cgroups)
        rl_import_line(import, file, NULL,
            "oomd does not ask whose shortage it is; reliefd does, and lets the machine's count "
            "too",
            "Origin=any");
}

static void write_match(
    struct rl_import *import, struct rl_import_file *file, const struct rl_oomd_subject *subject)
{
    char *rest, *item, why[512];
    size_t n = 0;

    rl_import_section(file, "Match");
    if (!subject->cgroups) {
        rl_import_line(import, file, subject->at.setting ? &subject->at : NULL,
            subject->at.setting ? NULL : "oomd looks at the swap of the machine", "Cgroup=/");
        return;
    }
    rest = rl_import_copy(import, subject->cgroups);
    while ((item = strsep(&rest, ","))) {
        if (strlen(item) > 1 && item[strlen(item) - 1] == '/')
            item[strlen(item) - 1] = '\0';
        if (!rl_import_writable(item) || *item == '!' ||
            !rl_import_accepts(import, "Match", why, sizeof(why), "Cgroup=\"%s\"", item)) {
            rl_import_refuse(import, &subject->at, "'%s' cannot be written as a glob", item);
            continue;
        }
        rl_import_line(import, file, &subject->at, NULL,
            strchr(item, ' ') ? "Cgroup=\"%s\"" : "Cgroup=%s", item);
        n++;
    }
    if (n == 0)
        rl_import_refuse(import, &subject->at, "it names no cgroup");
}

static void write_actions(
    struct rl_import *import, struct rl_import_file *file, const struct rl_oomd_subject *subject)
{
    const struct rl_oomd_actions *actions = subject->actions;
    char time[64];

    rl_import_section(file, "Victim");
    rl_import_line(import, file, &actions->kill_at, NULL, "Kill=cgroup");
    if (actions->service)
        rl_import_line(import, file, &actions->service_at, NULL, "Within=/**/%s", actions->service);
    else
        write_within(import, file, subject);
    rl_import_section(file, "Relief");
    rl_import_line(
        import, file, &actions->kill_at, NULL, actions->service ? "Step=restart" : "Step=kill");
    rl_import_line(import, file, actions->delay_at.setting ? &actions->delay_at : NULL,
        actions->delay_at.setting ? NULL : "post_action_delay of oomd is 15 s", "Cooldown=%s",
        rl_managed_time(actions->delay_us, time, sizeof(time)));
    if (actions->dry)
        rl_import_line(import, file, &actions->dry_at, NULL, "DryRun=yes");
}

void rl_oomd_write(struct rl_import *import)
{
    struct rl_oomd_rules *o = import->state;

    for (size_t i = 0; i < o->n_subjects; i++) {
        const struct rl_oomd_subject *subject = &o->subjects[i];
        struct rl_import_file *file;
        char name[96];

        snprintf(name, sizeof(name), "50-oomd-%s", subject->cgroups ? subject->cgroups : "machine");
        for (char *c = name; *c; c++)
            if (strchr("./@\\:*", *c))
                *c = '-';
        import->group = subject->group;
        file = rl_import_policy(import, name);
        write_match(import, file, subject);
        for (size_t t = 0; t < subject->n_triggers; t++)
            write_trigger(import, file, subject, t);
        write_actions(import, file, subject);
    }
}
