/* Starts a daemon as a service manager does and says how long it takes.
 *
 *   starter PROGRAM [ARGUMENT ...]
 *
 * Prints one line of KEY=VALUE: the times from its exec, in milliseconds, until it said READY=1 (ready_ms), until its
 * first output (output_ms) and until a second began in which it was never busy (idle_ms), the processor time until
 * then (cpu_ms), and its memory after that in kB (rss_kb, peak_kb, locked_kb). Busy: it used more than half of a tenth
 * of a second; who polls never rests for good. What did not come within a minute is left out. Then ends it. Exit
 * status 0 when it was still alive. */

#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LIMIT_S 60.0
#define CALM_S 1.0
#define LOOK_S 0.1
#define BUSY 0.5 /* of a look */
#define WAIT_MS 10

static double now(clockid_t clock) {
        struct timespec t;

        return clock_gettime(clock, &t) < 0 ? -1 : (double) t.tv_sec + (double) t.tv_nsec / 1e9;
}

static int listen_for_notice(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

        snprintf(address.sun_path, sizeof(address.sun_path), "/run/starter-%d", (int) getpid());
        if (fd < 0 || bind(fd, (struct sockaddr *) &address, sizeof(address)) < 0)
                err(2, "%s", address.sun_path);
        if (setenv("NOTIFY_SOCKET", address.sun_path, 1) < 0)
                err(2, "setenv");
        return fd;
}

/* What reliefd's unit grants; it does the others no harm. */
static void raise_limits(void) {
        static const struct rlimit memlock = { RLIM_INFINITY, RLIM_INFINITY }, files = { 524288, 524288 };

        if (setrlimit(RLIMIT_MEMLOCK, &memlock) < 0 || setrlimit(RLIMIT_NOFILE, &files) < 0)
                err(2, "setrlimit");
}

/* The number behind KEY in a file of /proc/PID, or -1. */
static long value_of(pid_t pid, const char *file, const char *key) {
        char path[64], line[256];
        long value = -1;
        FILE *f;

        snprintf(path, sizeof(path), "/proc/%d/%s", (int) pid, file);
        f = fopen(path, "re");
        while (f && value < 0 && fgets(line, sizeof(line), f))
                if (strncmp(line, key, strlen(key)) == 0)
                        value = strtol(line + strlen(key), NULL, 10);
        if (f)
                fclose(f);
        return value;
}

struct times {
        double ready, output, idle, cpu;
};

/* Fills in what has come by now. */
static void take(struct times *t, struct pollfd *fds, double since) {
        char text[4096];
        ssize_t n;

        if ((fds[0].revents & POLLIN) && (n = recv(fds[0].fd, text, sizeof(text) - 1, 0)) > 0) {
                text[n] = 0;
                if (t->ready < 0 && strstr(text, "READY=1"))
                        t->ready = since;
        }
        if (fds[1].revents & POLLIN) {
                if (read(fds[1].fd, text, sizeof(text)) > 0 && t->output < 0)
                        t->output = since;
        } else if (fds[1].revents) {
                fds[1].fd = -1;
        }
}

static struct times watch(pid_t pid, int notices, int output, const double *started) {
        struct pollfd fds[2] = { { .fd = notices, .events = POLLIN }, { .fd = output, .events = POLLIN } };
        struct times t = { -1, -1, -1, 0 };
        clockid_t clock;
        double since = 0, looked = 0, used = 0, busy_until = 0;

        if (clock_getcpuclockid(pid, &clock) != 0)
                errx(2, "process %d has no clock", (int) pid);
        while (since < LIMIT_S && since - busy_until < CALM_S && waitpid(pid, NULL, WNOHANG) == 0) {
                poll(fds, 2, WAIT_MS);
                if (*started <= 0)
                        continue;
                since = now(CLOCK_MONOTONIC) - *started;
                take(&t, fds, since);
                if (since - looked < LOOK_S)
                        continue;
                if (now(clock) - used > (since - looked) * BUSY || (t.ready < 0 && t.output < 0))
                        busy_until = since;
                if (busy_until == since || t.cpu == 0)
                        t.cpu = now(clock);
                used = now(clock);
                looked = since;
        }
        if (since - busy_until >= CALM_S)
                t.idle = busy_until;
        return t;
}

static void print_ms(const char *key, double seconds) {
        if (seconds >= 0)
                printf("%s=%.1f ", key, seconds * 1000);
}

int main(int argc, char **argv) {
        double *started = mmap(NULL, sizeof(*started), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        int notices, output[2];
        struct times t;
        bool alive;
        pid_t pid;

        if (argc < 2)
                errx(2, "usage: starter PROGRAM [ARGUMENT ...]");
        notices = listen_for_notice();
        raise_limits();
        if (started == MAP_FAILED || pipe2(output, O_CLOEXEC | O_NONBLOCK) < 0 || (pid = fork()) < 0)
                err(2, "fork");
        if (pid == 0) {
                dup2(output[1], STDOUT_FILENO);
                dup2(output[1], STDERR_FILENO);
                *started = now(CLOCK_MONOTONIC);
                execvp(argv[1], argv + 1);
                err(127, "%s", argv[1]);
        }
        close(output[1]);
        t = watch(pid, notices, output[0], started);
        alive = waitpid(pid, NULL, WNOHANG) == 0;
        print_ms("ready_ms", t.ready);
        print_ms("output_ms", t.output);
        print_ms("idle_ms", t.idle);
        printf("cpu_ms=%.1f rss_kb=%ld peak_kb=%ld locked_kb=%ld\n", t.cpu * 1000, value_of(pid, "smaps_rollup", "Rss:"),
               value_of(pid, "status", "VmHWM:"), value_of(pid, "smaps_rollup", "Locked:"));
        unlink(getenv("NOTIFY_SOCKET"));
        if (alive)
                kill(pid, SIGKILL);
        return alive ? 0 : 1;
}
