/* Records a trace (trace.h) of one cgroup to standard output.
 *
 *   record CGROUP SECONDS    CGROUP with leading /, two levels below the root; a look every 100 ms
 */

#include <err.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "daemon/observe/levels.h"
#include "daemon/observe/sample.h"
#include "tests/vm/trace/trace.h"

#define EVERY_US (100 * RL_US_PER_MS)

static struct rl_files files;
static struct rl_node_files machine;

/* Return: false when something could not be read. */
static bool take(int root_fd, const char *path, struct look *ret)
{
    size_t n;

    if (rl_files_read(&files, LOOK_HAVE, rl_now_us()) < 0 || files.sample.have != LOOK_HAVE ||
        rl_levels_read(root_fd, path, ret->levels, &n) < 0 || n != TRACE_LEVELS ||
        rl_node_files_read(&machine) < 0)
        return false;
    ret->sample = files.sample;
    ret->node = machine.node;
    rl_level_of(&files.sample, &ret->levels[0]); /* of the same instant */
    return true;
}

static void wait_until(uint64_t at_us)
{
    struct timespec at = {
        .tv_sec = (time_t)(at_us / RL_US_PER_S),
        .tv_nsec = (long)(at_us % RL_US_PER_S * 1000),
    };

    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

int main(int argc, char **argv)
{
    int root_fd = open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    uint64_t next, end;
    int dir_fd;

    if (argc != 3 || argv[1][0] != '/')
        errx(2, "usage: record CGROUP SECONDS");
    dir_fd = openat(root_fd, argv[1] + 1, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (dir_fd < 0 || rl_node_files_open(&machine, proc_fd, 4096) < 0)
        err(1, "%s", argv[1]);
    rl_files_open(&files, dir_fd, proc_fd);
    next = rl_now_us();
    end = next + strtoull(argv[2], NULL, 10) * RL_US_PER_S;
    look_print_columns(stdout);
    for (; next < end; next += EVERY_US) {
        struct look look;

        wait_until(next);
        if (take(root_fd, argv[1], &look))
            look_print(stdout, &look);
    }
    return 0;
}
