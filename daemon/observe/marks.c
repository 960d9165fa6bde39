#include "daemon/observe/marks.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define VALUE_MAX 16

static bool says_yes(const char *value)
{
    static const char *const words[] = {"1", "yes", "y", "true", "t", "on"};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcasecmp(value, words[i]) == 0)
            return true;
    return false;
}

/* Return: 1, 0, or -errno when the cgroup itself is gone. */
static int is_marked(int dir_fd, const char *name)
{
    char value[VALUE_MAX];
    ssize_t n = fgetxattr(dir_fd, name, value, sizeof(value) - 1);

    if (n < 0)
        return errno == ENODEV || errno == ENOENT ? -errno : 0; /* a missing one is ENODATA */
    while (n > 0 && (value[n - 1] == '\n' || value[n - 1] == '\0'))
        n--;
    value[n] = '\0';
    return strlen(value) == (size_t)n && says_yes(value);
}

static int is_marked_by_any(int dir_fd, const char *user, const char *trusted)
{
    int r = is_marked(dir_fd, user);

    return r != 0 ? r : is_marked(dir_fd, trusted);
}

int rl_marks_read(int dir_fd, uid_t ancestor_owner, bool *ret_omit, bool *ret_avoid)
{
    struct stat st;
    int omit = 0, avoid = 0;

    if (fstat(dir_fd, &st) < 0)
        return -errno;
    if (st.st_uid == 0 || st.st_uid == ancestor_owner) {
        omit = is_marked_by_any(dir_fd, "user.oomd_omit", "trusted.oomd_omit");
        avoid = is_marked_by_any(dir_fd, "user.oomd_avoid", "trusted.oomd_avoid");
    }
    if (omit < 0 || avoid < 0)
        return omit < 0 ? omit : avoid;
    *ret_omit = omit;
    *ret_avoid = avoid;
    return 0;
}
