/* In place of bundle.c where libarchive's headers are missing: no bundle can be begun, so that the
 * rest is never called. */
#include "daemon/ctl/bundle.h"

#include <errno.h>
#include <stdio.h>

int rl_bundle_new(int fd, time_t when, struct rl_bundle **ret)
{
    fprintf(stderr, "reliefctl: this one was built without libarchive and cannot write tar files: "
                    "install libarchive-dev and build it again\n");
    return -EOPNOTSUPP;
}

int rl_bundle_folder(struct rl_bundle *bundle, const char *path)
{
    return -EOPNOTSUPP;
}

int rl_bundle_file(struct rl_bundle *bundle, const char *path, const void *data, size_t size)
{
    return -EOPNOTSUPP;
}

int rl_bundle_link(struct rl_bundle *bundle, const char *path, const char *target)
{
    return -EOPNOTSUPP;
}

int rl_bundle_finish(struct rl_bundle *bundle)
{
    return -EOPNOTSUPP;
}

void rl_bundle_free(struct rl_bundle *bundle)
{
}
