#include "daemon/relieve/told.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define NUMBER_MAX 24

static uint64_t read_number(int dir_fd, const char *name)
{
    char text[NUMBER_MAX], *end;
    ssize_t n = fgetxattr(dir_fd, name, text, sizeof(text) - 1);
    unsigned long long value;

    if (n <= 0 || text[0] < '0' || text[0] > '9')
        return 0;
    text[n] = '\0';
    errno = 0;
    value = strtoull(text, &end, 10);
    return errno == 0 && (*end == '\0' || *end == '\n') ? value : 0;
}

static int add(int dir_fd, const char *name, uint64_t more)
{
    uint64_t value = read_number(dir_fd, name);
    char text[NUMBER_MAX];

    if (__builtin_add_overflow(value, more, &value))
        value = UINT64_MAX;
    snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
    return fsetxattr(dir_fd, name, text, strlen(text), 0) < 0 ? -errno : 0;
}

int rl_told_kill(int dir_fd, uint64_t processes)
{
    /* The number of kills last: it is what systemd asks first. */
    int r = add(dir_fd, RL_TOLD_KILL, processes > 0 ? processes : 1);
    int s = add(dir_fd, RL_TOLD_OOMS, 1);

    return r < 0 ? r : s;
}
