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

static void print_section(void *userdata, const char *name)
{
    fprintf(userdata, "\n[%s]\n", name);
}

static void print_line(void *userdata, enum rl_managed_of of, const char *why, const char *line)
{
    if (why)
        fprintf(userdata, "# %s\n", why);
    fprintf(userdata, "%s\n", line);
}

static uint64_t limit_of(const struct rl_managed_properties *unit)
{
    if (unit->limit == 0)
        return RL_MANAGED_LIMIT_DEFAULT;
    return ((uint64_t)unit->limit * 10000 + UINT32_MAX / 2) / UINT32_MAX;
}

static uint64_t duration_of(const struct rl_managed_properties *unit)
{
    if (unit->duration_us == 0 || unit->duration_us == UINT64_MAX)
        return RL_MANAGED_DURATION_DEFAULT;
    if (unit->duration_us < LEAST_DURATION_US)
        return LEAST_DURATION_US;
    return unit->duration_us > MOST_DURATION_US ? MOST_DURATION_US : unit->duration_us;
}

bool rl_managed_write(const struct rl_managed_properties *unit, FILE *file)
{
    struct rl_managed_out out = {print_section, print_line, file};
    bool root = strcmp(unit->unit, "-.slice") == 0;

    if (!unit->swap && !unit->pressure)
        return false;
    fprintf(file,
        "# From ManagedOOM properties of %s, by SystemdOomd=yes in reliefd.conf; written "
        "anew when they change.\n",
        unit->unit);
    if (root) {
        print_section(file, "Match");
        print_line(file, RL_MANAGED_ITSELF, "the root slice is the machine", "Cgroup=/");
    }
    if (unit->pressure)
        rl_managed_pressure(&out, limit_of(unit), duration_of(unit), root);
    if (unit->swap)
        rl_managed_swap(&out, RL_MANAGED_SWAP_DEFAULT);
    rl_managed_victim(&out, false);
    rl_managed_relief(&out);
    return true;
}
