/* What the owner of a cgroup asks of memory pressure daemons by extended attributes of its
 * directory: systemd's ManagedOOMPreference= writes user.oomd_avoid and user.oomd_omit, oomd reads
 * trusted.oomd_avoid too.
 *
 * A user may write user.* attributes on the cgroups that are delegated to him, and so could keep
 * his own out of everybody's reach. Hence systemd's rule: a mark counts only on a cgroup that is
 * owned by root, or by the owner of the ancestor in question (then he only sorts what is his).
 *
 * trusted.* attributes show to CAP_SYS_ADMIN alone; without it they look as if they were not
 * there. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/**
 * rl_marks_read() - read the marks of one cgroup
 * @dir_fd:         its directory, not opened with O_PATH
 * @ancestor_owner: st_uid of the monitored ancestor's directory: of the offender
 * @ret_omit:       never a victim
 * @ret_avoid:      a victim only when nobody else can be; both are set on success only
 *
 * A mark is set by "1", "yes", "true", "on", "y" or "t"; no attributes, or a file system without
 * any, are no marks. Allocates nothing.
 *
 * Return: 0, or -errno of looking at the directory (-ENODEV, -ENOENT: it is gone).
 */
int rl_marks_read(int dir_fd, uid_t ancestor_owner, bool *ret_omit, bool *ret_avoid);
