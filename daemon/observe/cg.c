#include "daemon/observe/cg.h"

#include <errno.h>
#include <libcgroup.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* cgroup_strerror() is off by one for some codes and reads past its table for others. */
static const struct {
    int code;
    const char *text;
} errors[] = {
    {ECGROUPNOTCOMPILED, "the kernel has no control groups"},
    {ECGROUPNOTMOUNTED, "no control group hierarchy is mounted"},
    {ECGROUPNOTEXIST, "no such control group"},
    {ECGROUPSUBSYSNOTMOUNTED, "the controller is not mounted"},
    {ECGINVAL, "invalid argument"},
    {ECGFAIL, "out of memory or internal error"},
    {ECGROUPNOTINITIALIZED, "libcgroup is not initialised"},
    {ECGOTHER, "a file that it needs cannot be read"},
    {ECGEOF, "the controller is not mounted"},
};

static const char *error_text(int code)
{
    for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++)
        if (errors[i].code == code)
            return errors[i].text;
    return "unknown error";
}

static bool is_absence(int code)
{
    return code == ECGROUPNOTMOUNTED || code == ECGROUPSUBSYSNOTMOUNTED ||
           code == ECGROUPNOTEXIST || code == ECGEOF;
}

int rl_cg_mounts(const char *controller, rl_cg_mount_fn fn, void *userdata, const char **ret_why)
{
    char path[FILENAME_MAX];
    void *handle = NULL;
    int r;

    cgroup_set_logger(NULL, CGROUP_LOG_ERROR, NULL);
    r = cgroup_init();
    if (r == 0) {
        r = cgroup_get_subsys_mount_point_begin(controller, &handle, path);
        if (r == 0) {
            while (r == 0 && fn(path, userdata) == 0)
                r = cgroup_get_subsys_mount_point_next(&handle, path);
            cgroup_get_subsys_mount_point_end(&handle);
            if (r == ECGEOF)
                r = 0;
        }
    }
    if (r == 0)
        return 0;
    *ret_why = error_text(r);
    return is_absence(r) ? -ENODATA : -EIO;
}
