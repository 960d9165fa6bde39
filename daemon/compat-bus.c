/* The buses that compat.c listens to. */
#include "daemon/compat-private.h"

static int open_address(const char *address, sd_bus **ret)
{
    int r = sd_bus_new(ret);

    if (r >= 0)
        r = sd_bus_set_address(*ret, address);
    if (r >= 0)
        r = sd_bus_set_bus_client(*ret, 1);
    return r < 0 ? r : sd_bus_start(*ret);
}

static int open_manager(struct rl_compat *compat)
{
    if (compat->address)
        return open_address(compat->address, &compat->bus);
    return compat->options.user ? sd_bus_open_user(&compat->bus) : sd_bus_open_system(&compat->bus);
}

static sd_bus *close_bus(sd_bus *bus)
{
    if (bus)
        sd_bus_detach_event(bus);
    return sd_bus_close_unref(bus);
}

int rl_compat_open(struct rl_compat *compat)
{
    int r = open_manager(compat);

    if (r < 0 || !compat->options.user) {
        compat->oomd = sd_bus_ref(compat->bus);
        return r;
    }
    r = compat->oomd_address ? open_address(compat->oomd_address, &compat->oomd)
                             : sd_bus_open_system(&compat->oomd);
    if (r < 0) /* no bus for it to be on, or none for this user to see it on */
        compat->oomd = close_bus(compat->oomd);
    return 0;
}

void rl_compat_close(struct rl_compat *compat)
{
    if (compat->oomd == compat->bus)
        compat->oomd = sd_bus_unref(compat->oomd);
    compat->oomd = close_bus(compat->oomd);
    compat->bus = close_bus(compat->bus);
}
