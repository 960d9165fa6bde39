#include "conf/managed.h"

#include <stdarg.h>
#include <string.h>

#include "conf/value.h"

#define LEAST_DURATION_US UINT64_C(1000000)
#define MOST_DURATION_US  UINT64_C(3600000000) /* For= takes no more */

const char *rl_managed_share(uint64_t hundredths, char *buf, size_t size)
{
    unsigned whole, rest;

    hundredths = hundredths == 0 ? 1 : hundredths;
    whole = (unsigned)(hundredths / 100);
    rest = (unsigned)(hundredths % 100);
    if (rest == 0)
        snprintf(buf, size, "%u%%", whole);
    else if (rest % 10 == 0)
        snprintf(buf, size, "%u.%u%%", whole, rest / 10);
    else
        snprintf(buf, size, "%u.%02u%%", whole, rest);
    return buf;
}

const char *rl_managed_time(uint64_t us, char *buf, size_t size)
{
    char *to = buf;

    rl_format_time(us, buf, size);
    for (const char *from = buf; *from; from++)
        if (*from != ' ' || (from[1] >= '0' && from[1] <= '9')) /* "1 min 30 s" */
            *to++ = *from;
    *to = '\0';
    return buf;
}

__attribute__((format(printf, 4, 5))) static void say(const struct rl_managed_out *out,
    enum rl_managed_of of, const char *why, const char *format, ...)
{
    char line[128];
    va_list ap;

    va_start(ap, format);
    vsnprintf(line, sizeof(line), format, ap);
    va_end(ap);
    out->line(out->userdata, of, why, line);
}

void rl_managed_origin(const struct rl_managed_out *out, bool root)
{
    if (!root)
        say(out, RL_MANAGED_ITSELF,
            "systemd-oomd does not ask whose shortage it is; reliefd does, and lets the machine's "
            "count too",
            "Origin=any");
}

void rl_managed_pressure(
    const struct rl_managed_out *out, uint64_t limit, uint64_t duration_us, bool root)
{
    char text[64];

    out->section(out->userdata, "Trigger pressure");
    say(out, RL_MANAGED_LIMIT, NULL, "Pressure=full %s over 10s",
        rl_managed_share(limit, text, sizeof(text)));
    say(out, RL_MANAGED_DURATION, NULL, "For=%s", rl_managed_time(duration_us, text, sizeof(text)));
    rl_managed_origin(out, root);
}

void rl_managed_swap(const struct rl_managed_out *out, uint64_t limit)
{
    char text[64];

    rl_managed_share(limit, text, sizeof(text));
    out->section(out->userdata, "Trigger swap");
    say(out, RL_MANAGED_SWAP_LIMIT, NULL, "Usage=%s", text);
    say(out, RL_MANAGED_SWAP_LIMIT, NULL, "Swap=%s", text);
}

void rl_managed_victim(const struct rl_managed_out *out, bool tree)
{
    out->section(out->userdata, "Victim");
    say(out, RL_MANAGED_MODE, NULL, tree ? "Kill=tree" : "Kill=cgroup");
    say(out, RL_MANAGED_ITSELF, "below the unit, wherever in it the shortage began",
        "Within=subject");
}

void rl_managed_relief(const struct rl_managed_out *out)
{
    out->section(out->userdata, "Relief");
    say(out, RL_MANAGED_ITSELF, "systemd-oomd sends SIGKILL", "Step=kill");
    say(out, RL_MANAGED_ITSELF, "systemd-oomd waits 15 s after a kill", "Cooldown=15s");
}

/* ---- a whole file ---- */

/* A limit, and where it came from. */
struct limit {
    uint64_t number;
    char from[512];
};

struct page {
    FILE *file;
    struct limit of[RL_MANAGED_MODE + 1];
    enum rl_managed_of said; /* above the line before */
};

static void print_section(void *userdata, const char *name)
{
    struct page *page = userdata;

    fprintf(page->file, "\n[%s]\n", name);
    page->said = RL_MANAGED_ITSELF;
}

static void print_line(void *userdata, enum rl_managed_of of, const char *why, const char *line)
{
    struct page *page = userdata;

    if (!why && page->of[of].from[0] && page->said != of)
        why = page->of[of].from;
    if (why)
        fprintf(page->file, "# %s\n", why);
    fprintf(page->file, "%s\n", line);
    page->said = of;
}

/* What counts where the unit says nothing. */
static struct limit default_of(
    const struct rl_managed_properties *unit, enum rl_oomd_key key, uint64_t otherwise)
{
    const struct rl_oomd_setting *setting = unit->defaults ? &unit->defaults->of[key] : NULL;
    struct limit limit = {.number = otherwise};

    if (setting && setting->from) {
        limit.number = setting->number;
        snprintf(limit.from, sizeof(limit.from), "%s= in %s", rl_oomd_key_name(key), setting->from);
    } else {
        snprintf(limit.from, sizeof(limit.from), "the default of %s= in oomd.conf",
            rl_oomd_key_name(key));
    }
    return limit;
}

static struct limit limit_of(const struct rl_managed_properties *unit)
{
    if (unit->limit == 0)
        return default_of(unit, RL_OOMD_LIMIT, RL_MANAGED_LIMIT_DEFAULT);
    return (struct limit){((uint64_t)unit->limit * 10000 + UINT32_MAX / 2) / UINT32_MAX,
        "ManagedOOMMemoryPressureLimit= of the unit"};
}

static struct limit duration_of(const struct rl_managed_properties *unit)
{
    struct limit limit = {unit->duration_us, "ManagedOOMMemoryPressureDurationSec= of the unit"};

    if (unit->duration_us == 0 || unit->duration_us == UINT64_MAX)
        limit = default_of(unit, RL_OOMD_DURATION, RL_MANAGED_DURATION_DEFAULT);
    if (limit.number < LEAST_DURATION_US)
        limit.number = LEAST_DURATION_US;
    if (limit.number > MOST_DURATION_US)
        limit.number = MOST_DURATION_US;
    return limit;
}

bool rl_managed_write(const struct rl_managed_properties *unit, FILE *file)
{
    struct page page = {.file = file,
        .of = {[RL_MANAGED_LIMIT] = limit_of(unit),
            [RL_MANAGED_DURATION] = duration_of(unit),
            [RL_MANAGED_SWAP_LIMIT] = default_of(
                unit, RL_OOMD_SWAP_LIMIT, RL_MANAGED_SWAP_DEFAULT)}};
    struct rl_managed_out out = {print_section, print_line, &page};
    bool root = strcmp(unit->unit, "-.slice") == 0;

    if (!unit->swap && !unit->pressure)
        return false;
    fprintf(file,
        "# From ManagedOOM properties of %s, by SystemdOomd=yes in reliefd.conf; written "
        "anew when they change.\n",
        unit->unit);
    if (root) {
        print_section(&page, "Match");
        print_line(&page, RL_MANAGED_ITSELF, "the root slice is the machine", "Cgroup=/");
    }
    if (unit->pressure)
        rl_managed_pressure(
            &out, page.of[RL_MANAGED_LIMIT].number, page.of[RL_MANAGED_DURATION].number, root);
    if (unit->swap)
        rl_managed_swap(&out, page.of[RL_MANAGED_SWAP_LIMIT].number);
    rl_managed_victim(&out, false);
    rl_managed_relief(&out);
    return true;
}
