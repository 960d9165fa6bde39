/* The day of a busy node of Kubernetes, in small: pods of many containers, one container removed
 * and one made a second, and all the time a few percent of memory stall on the machine, spread over
 * pods that change.
 *
 * usage: day CGROUP --pods N --containers N --seconds N [--target PERCENT] [--seed N]
 * CGROUP is the directory of a cgroup without processes that this program has to itself.
 *
 * Containers that are made get a process with a working set somewhat larger than its memory.max. It
 * sleeps until it is told to touch pages for some milliseconds, and then waits for swap: there must
 * be some. How long is set anew each second so that the root's share of some stall stays near
 * --target (3). After LIVES seconds its container is removed.
 *
 * Says "ready" when the tree is there and the first of them are. Then a line each second: second,
 * microseconds of the root's some stall in a second of time, kernel threads named psimon, and the
 * processor time in nanoseconds that all of them have used since the start, ended ones included as
 * far as it was seen. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "load.h"

#define LIVES       16 /* seconds that a container with a process is there; so many at once */
#define SLOTS       20 /* of a second: in each one of them is told to touch */
#define WORKING_SET (3 * MB)
#define LIMIT       "2M"
#define PSIMON_MAX  4096

struct container {
    unsigned pod;
    unsigned long serial;
    pid_t pid;
    int touch_fd; /* it reads milliseconds from there */
};

struct psimon {
    pid_t pid;
    uint64_t first_ns, last_ns;
};

struct day {
    const char *top;
    unsigned long pods, containers, seconds, target;
    struct noise noise;
    unsigned long serial;
    struct container *all, *live[LIVES]; /* live: those with a process */
    unsigned long n;
    double touch_ms, share; /* share: percent of some stall, of late */
    struct psimon psimon[PSIMON_MAX];
    size_t n_psimon;
};

static void write_to(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, text, strlen(text)) < 0)
        err(1, "writing %s to %s", text, path);
    close(fd);
}

/* ---- cgroups ---- */

#define BURSTABLE "kubepods.slice/kubepods-burstable.slice"

static void make_level(const char *path)
{
    char control[PATH_MAX];

    if (mkdir(path, 0755) < 0 && errno != EEXIST)
        err(1, "%s", path);
    snprintf(control, sizeof(control), "%s/cgroup.subtree_control", path);
    write_to(control, "+memory");
}

static void pod_path(const struct day *day, unsigned pod, char *ret, size_t size)
{
    snprintf(ret, size,
        "%s/" BURSTABLE "/kubepods-burstable-pod%08x_0000_4000_8000_000000000000.slice", day->top,
        pod);
}

static void container_path(
    const struct day *day, const struct container *container, char *ret, size_t size)
{
    size_t len;

    pod_path(day, container->pod, ret, size);
    len = strlen(ret);
    snprintf(ret + len, size - len, "/cri-containerd-%064lx.scope", container->serial);
}

static void make_container(struct day *day, unsigned pod, struct container *ret)
{
    char path[PATH_MAX];

    *ret = (struct container){.pod = pod, .serial = ++day->serial, .touch_fd = -1};
    container_path(day, ret, path, sizeof(path));
    if (mkdir(path, 0755) < 0)
        err(1, "%s", path);
}

static void remove_container(const struct day *day, struct container *container)
{
    char path[PATH_MAX];

    if (container->pid > 0) {
        close(container->touch_fd);
        kill(container->pid, SIGKILL);
        waitpid(container->pid, NULL, 0);
    }
    container_path(day, container, path, sizeof(path));
    /* The last task is counted a little longer than it can be waited for. */
    for (int tries = 0; rmdir(path) < 0; tries++) {
        if (errno != EBUSY || tries == 1000)
            err(1, "removing %s", path);
        sleep_seconds(0.001);
    }
}

static void make_tree(struct day *day)
{
    char path[PATH_MAX];

    make_level(day->top);
    snprintf(path, sizeof(path), "%s/kubepods.slice", day->top);
    make_level(path);
    snprintf(path, sizeof(path), "%s/" BURSTABLE, day->top);
    make_level(path);
    day->all = calloc(day->pods * day->containers, sizeof(*day->all));
    if (!day->all)
        err(1, "calloc");
    for (unsigned long pod = 0; pod < day->pods; pod++) {
        pod_path(day, (unsigned)pod, path, sizeof(path));
        make_level(path);
        for (unsigned long c = 0; c < day->containers; c++)
            make_container(day, (unsigned)pod, &day->all[day->n++]);
    }
}

/* ---- those that stall ---- */

/* Pages are filled when they are first used: all at once would be a burst of stall. */
static void use_page(char *page, struct noise *noise)
{
    if (*page == 0)
        noise_fill_page(noise, page);
    *page = 1;
}

static void stall_when_told(int fd, uint64_t seed)
{
    struct noise noise = noise_from_seed(seed);
    char *memory = map_memory(WORKING_SET, MAP_PRIVATE);
    uint32_t ms;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    while (read(fd, &ms, sizeof(ms)) == sizeof(ms)) {
        double until = seconds_now() + ms / 1e3;

        do
            use_page(memory + noise_next(&noise) % (WORKING_SET / PAGE) * PAGE, &noise);
        while (seconds_now() < until);
    }
    _exit(0);
}

static void start_in(struct day *day, struct container *container)
{
    char path[PATH_MAX], file[PATH_MAX + 32], text[16];
    int fds[2];

    container_path(day, container, path, sizeof(path));
    snprintf(file, sizeof(file), "%s/memory.max", path);
    write_to(file, LIMIT);
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) < 0)
        err(1, "pipe2");
    container->pid = fork();
    if (container->pid < 0)
        err(1, "fork");
    if (container->pid == 0) {
        snprintf(file, sizeof(file), "%s/cgroup.procs", path);
        snprintf(text, sizeof(text), "%d", (int)getpid());
        write_to(file, text);
        write_to("/proc/self/oom_score_adj", "0");
        close(fds[1]);
        fcntl(fds[0], F_SETFL, 0);
        stall_when_told(fds[0], container->serial);
    }
    close(fds[0]);
    container->touch_fd = fds[1];
}

/* One container goes and one comes: the oldest of those with a process (at the start any one), and
 * a new one, with a process, in some pod. */
static void turn_over(struct day *day, unsigned long turn)
{
    struct container **live = &day->live[turn % LIVES];

    while (!*live || (turn < LIVES && (*live)->pid > 0))
        *live = &day->all[noise_next(&day->noise) % day->n];
    remove_container(day, *live);
    make_container(day, (unsigned)(noise_next(&day->noise) % day->pods), *live);
    start_in(day, *live);
}

/* ---- what is read ---- */

static uint64_t root_some_us(void)
{
    char text[512];
    const char *total;
    int fd = open("/proc/pressure/memory", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

    if (n <= 0)
        err(1, "/proc/pressure/memory");
    close(fd);
    text[n] = '\0';
    total = strstr(text, "total=");
    return total ? strtoull(total + 6, NULL, 10) : 0;
}

static struct psimon *psimon_of(struct day *day, pid_t pid, uint64_t ns)
{
    for (size_t i = 0; i < day->n_psimon; i++)
        if (day->psimon[i].pid == pid)
            return &day->psimon[i];
    if (day->n_psimon == PSIMON_MAX)
        return NULL;
    day->psimon[day->n_psimon] = (struct psimon){pid, ns, ns};
    return &day->psimon[day->n_psimon++];
}

static bool read_small(const char *pid, const char *name, char *buf, size_t size)
{
    char path[PATH_MAX];
    ssize_t n;
    int fd;

    snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? -1 : read(fd, buf, size - 1);
    if (fd >= 0)
        close(fd);
    buf[n > 0 ? n : 0] = '\0';
    return n > 0;
}

/* begin: what they have used up to now does not count. Return: how many there are. */
static size_t look_at_psimon(struct day *day, bool begin)
{
    DIR *proc = opendir("/proc");
    const struct dirent *entry;
    size_t n = 0;

    if (!proc)
        err(1, "/proc");
    while ((entry = readdir(proc))) {
        struct psimon *psimon;
        char text[128];
        uint64_t ns;

        if (!isdigit((unsigned char)entry->d_name[0]) ||
            !read_small(entry->d_name, "comm", text, sizeof(text)) ||
            strcmp(text, "psimon\n") != 0 ||
            !read_small(entry->d_name, "schedstat", text, sizeof(text)))
            continue;
        n++;
        ns = strtoull(text, NULL, 10);
        psimon = psimon_of(day, (pid_t)atoi(entry->d_name), begin ? ns : 0);
        if (psimon)
            psimon->last_ns = ns;
    }
    closedir(proc);
    return n;
}

static uint64_t psimon_ns(const struct day *day)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < day->n_psimon; i++)
        sum += day->psimon[i].last_ns - day->psimon[i].first_ns;
    return sum;
}

/* ---- a day ---- */

/* Tell one after the other to touch, for a second. */
static void one_second(struct day *day, double end)
{
    for (unsigned slot = 0; slot < SLOTS; slot++) {
        const struct container *one = day->live[noise_next(&day->noise) % LIVES];
        uint32_t ms = (uint32_t)day->touch_ms;
        double left = end - (double)(SLOTS - 1 - slot) / SLOTS - seconds_now();

        /* the fraction of a millisecond, on the average */
        ms += (double)(noise_next(&day->noise) % 1000) / 1e3 < day->touch_ms - ms;
        if (ms > 0 && write(one->touch_fd, &ms, sizeof(ms)) < 0 && errno != EAGAIN)
            err(1, "telling a process to touch its pages");
        if (left > 0)
            sleep_seconds(left);
    }
}

/* Slowly towards the target, by the mean of the last seconds: stall comes in bursts. */
static void set_touch(struct day *day, uint64_t some_us)
{
    double factor;

    day->share += ((double)some_us / 1e4 - day->share) / 4;
    factor = day->share > 0 ? (double)day->target / day->share : 2;
    factor = factor > 1.25 ? 1.25 : factor < 0.8 ? 0.8 : factor;
    day->touch_ms *= factor;
    if (day->touch_ms > 1000.0 / SLOTS)
        day->touch_ms = 1000.0 / SLOTS;
    if (day->touch_ms < 0.01)
        day->touch_ms = 0.01;
}

static void run(struct day *day)
{
    double begin = seconds_now(), last_at = begin;
    uint64_t last = root_some_us();

    look_at_psimon(day, true);
    for (unsigned long second = 1; second <= day->seconds; second++) {
        uint64_t now, some_us;
        double at;
        size_t n;

        turn_over(day, LIVES + second);
        one_second(day, begin + (double)second);
        now = root_some_us();
        at = seconds_now(); /* a machine that is behind has longer seconds */
        some_us = (uint64_t)((double)(now - last) / (at - last_at));
        n = look_at_psimon(day, false);
        printf("%lu %llu %zu %llu\n", second, (unsigned long long)some_us, n,
            (unsigned long long)psimon_ns(day));
        fflush(stdout);
        set_touch(day, some_us);
        last = now;
        last_at = at;
    }
}

int main(int argc, char **argv)
{
    static const struct option options[] = {
        {"pods", required_argument, NULL, 'p'},
        {"containers", required_argument, NULL, 'c'},
        {"seconds", required_argument, NULL, 's'},
        {"target", required_argument, NULL, 't'},
        {"seed", required_argument, NULL, 'n'},
        {NULL, 0, NULL, 0},
    };
    static struct day day = {.target = 3, .touch_ms = 0.2};
    uint64_t seed = 1;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        switch (option) {
        case 'p':
            day.pods = parse_number("--pods", optarg, 1);
            break;
        case 'c':
            day.containers = parse_number("--containers", optarg, 1);
            break;
        case 's':
            day.seconds = parse_number("--seconds", optarg, 1);
            break;
        case 't':
            day.target = parse_number("--target", optarg, 1);
            break;
        case 'n':
            seed = parse_number("--seed", optarg, 0);
            break;
        default:
            return 2;
        }
    if (optind + 1 != argc || !day.pods || !day.containers || !day.seconds)
        errx(2,
            "usage: day CGROUP --pods N --containers N --seconds N [--target PERCENT] [--seed N]");
    if (day.pods * day.containers < 2 * LIVES)
        errx(2, "at least %d containers are needed", 2 * LIVES);
    signal(SIGPIPE, SIG_IGN);
    day.top = argv[optind];
    day.share = (double)day.target;
    day.noise = noise_from_seed(seed);
    make_tree(&day);
    for (unsigned long turn = 0; turn < LIVES; turn++)
        turn_over(&day, turn);
    say_ready();
    run(&day);
    return 0;
}
