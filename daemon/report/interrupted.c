#include "daemon/report/interrupted.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-id128.h>
#include <time.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/json.h"
#include "policy/limits.h"
#include "policy/reason.h"

enum fate {
    FATE_GONE,
    FATE_ALIVE,
    FATE_UNKNOWN,
};

static ssize_t read_below(int dir_fd, const char *name, char *buf, size_t size)
{
    rl_auto_fd int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

    if (n < 0)
        return -errno;
    buf[n] = '\0';
    return n;
}

/* Field 22 of /proc/PID/stat, and whether it is a zombie by field 3; comm is between the first (
 * and the last ). Return: false when it cannot be read so. */
static bool parse_stat(const char *text, uint64_t *ret_start, bool *ret_zombie)
{
    const char *at = strrchr(text, ')');
    char state;

    if (!at || sscanf(at, ") %c", &state) != 1)
        return false;
    for (int field = 2; field < 22; field++) {
        at = strchr(at, ' ');
        if (!at)
            return false;
        at++;
    }
    *ret_zombie = state == 'Z' || state == 'X';
    return sscanf(at, "%" SCNu64, ret_start) == 1;
}

static enum fate fate_of_process(int proc_fd, json_int_t pid, uint64_t start)
{
    char name[64], text[1024];
    uint64_t found;
    bool zombie;
    ssize_t n;

    if (proc_fd < 0)
        return FATE_UNKNOWN;
    snprintf(name, sizeof(name), "%" JSON_INTEGER_FORMAT "/stat", pid);
    n = read_below(proc_fd, name, text, sizeof(text));
    if (n == -ENOENT || n == -ESRCH)
        return FATE_GONE;
    if (n < 0 || start == 0 || !parse_stat(text, &found, &zombie))
        return FATE_UNKNOWN;
    return found == start && !zombie ? FATE_ALIVE : FATE_GONE;
}

static enum fate fate_of_cgroup(int cgroup_fd, const char *path, uint64_t id)
{
    char text[256];
    struct stat st;

    if (cgroup_fd < 0 || !path || *path != '/' || id == 0)
        return FATE_UNKNOWN;
    path += strspn(path, "/");
    rl_auto_fd int fd = openat(cgroup_fd, *path ? path : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? FATE_GONE : FATE_UNKNOWN;
    if (fstat(fd, &st) < 0)
        return FATE_UNKNOWN;
    if (st.st_ino != id)
        return FATE_GONE;
    if (read_below(fd, "cgroup.events", text, sizeof(text)) < 0)
        return FATE_UNKNOWN;
    return strstr(text, "populated 0") ? FATE_GONE : FATE_ALIVE;
}

static json_t *victim_fate(const json_t *victim, int proc_fd, int cgroup_fd)
{
    static const char *const names[] = {
        [FATE_GONE] = "gone", [FATE_ALIVE] = "alive", [FATE_UNKNOWN] = "unknown"};
    const json_t *pid = json_object_get(victim, "pid");
    enum fate fate;

    if (!json_is_object(victim))
        return json_null();
    if (json_is_integer(pid))
        fate = fate_of_process(proc_fd, json_integer_value(pid),
            (uint64_t)json_integer_value(json_object_get(victim, "start_ticks")));
    else
        fate = fate_of_cgroup(cgroup_fd, json_string_value(json_object_get(victim, "cgroup")),
            (uint64_t)json_integer_value(json_object_get(victim, "cgroup_id")));
    return json_string(names[fate]);
}

/* Nobody of the last run is left. Unknown counts as the same run. */
static bool has_rebooted(const json_t *record)
{
    const char *then = json_string_value(json_object_get(record, "boot_id"));
    char now[SD_ID128_STRING_MAX];
    sd_id128_t id;

    return then && sd_id128_get_boot(&id) >= 0 && strcmp(sd_id128_to_string(id, now), then) != 0;
}

int rl_interrupted_complete(json_t *record, int proc_fd, int cgroup_fd)
{
    const json_t *victim = json_object_get(record, "victim");
    bool rebooted = has_rebooted(record);
    struct timespec now;
    json_t *outcome, *found, *fate;

    if (!json_is_true(json_object_get(record, "open")))
        return -EINVAL;
    clock_gettime(CLOCK_REALTIME, &now);
    fate = rebooted && json_is_object(victim) ? json_string("gone")
                                              : victim_fate(victim, proc_fd, cgroup_fd);
    found = json_pack("{s:b, s:o}", "rebooted", rebooted, "victim", fate);
    outcome = json_pack("{s:s, s:s}", "id", rl_reason_id(RL_OUTCOME_INTERRUPTED), "text",
        rl_reason_text(RL_OUTCOME_INTERRUPTED));
    if (json_object_set_new(record, "open", json_false()) < 0 ||
        json_object_set_new(record, "ended",
            rl_json_time((uint64_t)now.tv_sec * RL_US_PER_S + (uint64_t)now.tv_nsec / 1000)) < 0 ||
        json_object_set_new(record, "outcome", outcome) < 0 ||
        json_object_set_new(record, "interrupted", found) < 0)
        return -ENOMEM;
    return 0;
}
