#include "daemon/oom-path.h"

#include <string.h>

bool rl_oom_path_matches(const char *kernel, const char *ours)
{
    size_t a = strlen(kernel), b = strlen(ours);

    if (strcmp(kernel, ours) == 0)
        return true;
    return b > 1 && a > b && *ours == '/' && strcmp(kernel + a - b, ours) == 0;
}

bool rl_oom_path_below(const char *kernel, const char *ours, const char **ret_rest)
{
    size_t length = strlen(ours);
    const char *at = kernel;

    if (strcmp(ours, "/") == 0) {
        *ret_rest = kernel;
        return *kernel == '/' && kernel[1] != '\0';
    }
    while ((at = strstr(at, ours))) {
        if (at[length] == '/') {
            *ret_rest = at + length;
            return true;
        }
        at++;
    }
    return false;
}
