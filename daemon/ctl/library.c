#include "daemon/ctl/library.h"

#include <dlfcn.h>
#include <string.h>

const char *rl_library_load(
    const char *library, const struct rl_symbol *symbols, size_t n, void *calls)
{
    void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);

    if (!handle)
        return dlerror();
    for (size_t i = 0; i < n; i++) {
        void *function = dlsym(handle, symbols[i].name);

        if (!function)
            return dlerror();
        memcpy((char *)calls + symbols[i].offset, &function, sizeof(function));
    }
    return NULL;
}
