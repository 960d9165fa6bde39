#include "daemon/ctl/saved.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "daemon/report/cleanup.h"
#include "policy/score.h"

#define PAGE_SIZE_LEAST 1024
#define PAGE_SIZE_MOST  (1 << 24)
#define CLK_TCK_MOST    1000000

uint32_t rl_saved_kernel(const char *release)
{
    unsigned a, b, c = 0;
    int n = sscanf(release, "%3u.%3u.%3u", &a, &b, &c);

    if (n < 2 || a > 255 || b > 255)
        return 0;
    return RL_KERNEL(a, b, n == 3 ? (c > 255 ? 255 : c) : 0);
}

static int bad(const char *path, const char *what)
{
    fprintf(stderr, "reliefctl: %s: %s\n", path, what);
    return -EBADMSG;
}

/* A number of the file; *ret stays as it is where the key is missing. Return: false where something
 * else stands there. */
static bool read_number(const json_t *json, const char *key, json_int_t most, uint32_t *ret)
{
    const json_t *value = json_object_get(json, key);

    if (!value)
        return true;
    if (!json_is_integer(value) || json_integer_value(value) < 1 ||
        json_integer_value(value) > most)
        return false;
    *ret = (uint32_t)json_integer_value(value);
    return true;
}

static int take(const char *path, const json_t *json, struct rl_saved *ret)
{
    const json_t *kernel = json_object_get(json, "kernel");
    struct rl_saved saved = {0};

    if (!json_is_object(json))
        return bad(path, "it should hold one object, {\"page_size\": 4096, ...}");
    if (!read_number(json, "page_size", PAGE_SIZE_MOST, &saved.page_size) ||
        (saved.page_size & (saved.page_size - 1)) != 0 ||
        (saved.page_size > 0 && saved.page_size < PAGE_SIZE_LEAST))
        return bad(path, "page_size should be a power of two from 1024 to 16777216");
    if (!read_number(json, "clk_tck", CLK_TCK_MOST, &saved.clk_tck))
        return bad(path, "clk_tck should be a number from 1 to 1000000");
    if (kernel && !json_is_string(kernel))
        return bad(path, "kernel should be a text such as \"6.1.0\"");
    if (kernel)
        saved.kernel = rl_saved_kernel(json_string_value(kernel));
    *ret = saved;
    return 0;
}

int rl_saved_read(const char *root, struct rl_saved *ret)
{
    json_auto_t *json = NULL;
    char path[PATH_MAX];
    json_error_t error;

    *ret = (struct rl_saved){0};
    snprintf(path, sizeof(path), "%s/%s", root, RL_SAVED_FILE);
    rl_auto_fd int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return bad(path, strerror(errno));
    json = json_loadfd(fd, JSON_REJECT_DUPLICATES, &error);
    if (!json) {
        fprintf(stderr, "reliefctl: %s:%d:%d: %s\n", path, error.line, error.column, error.text);
        return -EBADMSG;
    }
    return take(path, json, ret);
}
