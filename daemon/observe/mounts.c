#include "daemon/observe/mounts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/observe/read.h"

static bool is_octal(char c)
{
    return c >= '0' && c <= '7';
}

/* Blanks, tabs, newlines and backslashes stand as \ooo. */
static int unescape(struct rl_span word, char *buf, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < word.len; i++) {
        char c = word.s[i];

        if (c == '\\' && i + 3 < word.len && is_octal(word.s[i + 1]) && is_octal(word.s[i + 2]) &&
            is_octal(word.s[i + 3])) {
            c = (char)((word.s[i + 1] - '0') << 6 | (word.s[i + 2] - '0') << 3 |
                       (word.s[i + 3] - '0'));
            i += 3;
        }
        if (n == size - 1 || c == '\0')
            return -EINVAL;
        buf[n++] = c;
    }
    buf[n] = '\0';
    return 0;
}

/* "36 35 98:0 /root /mount/point rw,noatime master:1 - cgroup2 source rw,nsdelegate" */
int rl_mount_parse(struct rl_span line, struct rl_mount *ret)
{
    struct rl_span word, source;

    for (unsigned field = 1; field <= 5; field++)
        if (!rl_text_word(&line, &word))
            return -EINVAL;
    if (unescape(word, ret->path, sizeof(ret->path)) < 0)
        return -EINVAL;
    do
        if (!rl_text_word(&line, &word))
            return -EINVAL;
    while (!rl_span_is(word, "-"));
    if (!rl_text_word(&line, &ret->type) || !rl_text_word(&line, &source) ||
        !rl_text_word(&line, &ret->options))
        return -EINVAL;
    return 0;
}

bool rl_mount_has_option(const struct rl_mount *mount, const char *option)
{
    struct rl_span rest = mount->options;

    while (rest.len > 0) {
        const char *comma = memchr(rest.s, ',', rest.len);
        struct rl_span word = {rest.s, comma ? (size_t)(comma - rest.s) : rest.len};
        size_t skip = word.len + (comma ? 1 : 0);

        if (rl_span_is(word, option))
            return true;
        rest = (struct rl_span){rest.s + skip, rest.len - skip};
    }
    return false;
}

int rl_mounts_each(
    int proc_fd, int (*fn)(const struct rl_mount *mount, void *userdata), void *userdata)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t n;
    FILE *file;
    int fd, r = 0;

    fd = rl_open_at(proc_fd, "self/mountinfo");
    if (fd < 0)
        return fd;
    file = fdopen(fd, "re");
    if (!file) {
        r = -errno;
        close(fd);
        return r;
    }
    errno = 0;
    while ((n = getline(&line, &size, file)) > 0) {
        struct rl_mount mount;
        bool whole = line[n - 1] == '\n';

        if (whole && rl_mount_parse((struct rl_span){line, (size_t)n - 1}, &mount) == 0 &&
            fn(&mount, userdata) != 0)
            break;
        errno = 0;
    }
    if (n < 0 && errno != 0)
        r = -errno;
    free(line);
    fclose(file);
    return r;
}
