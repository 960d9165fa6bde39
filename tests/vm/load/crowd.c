/* Several processes of given sizes and oom_score_adj under one parent that the kernel never kills. Run it as root.
 *
 *   crowd [--drive KB] KB:ADJ ...
 *
 * Each process holds so many KB of private memory and sleeps. One line "member PID KB:ADJ" for each, in that order,
 * then "ready". The parent (oom_score_adj -1000) ends when all of them have.
 *
 * --drive  at SIGUSR1, one process more (oom_score_adj -999) takes so many KB: to drive a limited cgroup out of memory.
 *          It has its line, too */

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <sys/wait.h>

#include "load.h"

struct member {
        size_t kb;
        const char *adj;
};

static struct member parse_member(const char *text) {
        const char *colon = strchr(text, ':');
        char kb[24];

        if (!colon || (size_t) (colon - text) >= sizeof(kb))
                errx(2, "usage: crowd [--drive KB] KB:ADJ ...: '%s'", text);
        memcpy(kb, text, (size_t) (colon - text));
        kb[colon - text] = '\0';
        return (struct member) { parse_number("KB", kb, PAGE / 1024), colon + 1 };
}

static void set_adj(const char *adj) {
        size_t length = strlen(adj);
        int fd = open("/proc/self/oom_score_adj", O_WRONLY);

        if (fd < 0 || write(fd, adj, length) != (ssize_t) length)
                err(1, "oom_score_adj %s", adj);
        close(fd);
}

static void hold(const struct member *member) {
        struct noise noise = noise_from_seed(seed_from_environment() + (uint64_t) getpid());
        size_t size = member->kb * 1024 / PAGE * PAGE;

        set_adj(member->adj);
        fill_memory(map_memory(size, MAP_PRIVATE), size, &noise);
}

static pid_t start(const struct member *member, int ready) {
        pid_t child = fork();
        char byte = 0;

        if (child < 0)
                err(1, "fork");
        if (child > 0)
                return child;
        hold(member);
        if (ready >= 0 && write(ready, &byte, 1) != 1)
                err(1, "pipe");
        for (;;)
                pause();
}

static void say_member(pid_t pid, const struct member *member) {
        printf("member %d %zu:%s\n", (int) pid, member->kb, member->adj);
        fflush(stdout);
}

/* Comes back when the member holds its memory. */
static void start_member(const struct member *member) {
        int ready[2];
        pid_t child;
        char byte;

        if (pipe(ready) < 0)
                err(1, "pipe");
        child = start(member, ready[1]);
        close(ready[1]);
        if (read(ready[0], &byte, 1) != 1)
                errx(1, "a member of %zu KB did not live to hold them", member->kb);
        close(ready[0]);
        say_member(child, member);
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "drive", required_argument, NULL, 'd' },
                { NULL, 0, NULL, 0 },
        };
        struct member driver = { .adj = "-999" };
        sigset_t told;
        int option, signal_number;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (option != 'd')
                        exit(2);
                driver.kb = parse_number("--drive", optarg, PAGE / 1024);
        }
        if (optind == argc)
                errx(2, "usage: crowd [--drive KB] KB:ADJ ...");
        sigemptyset(&told);
        sigaddset(&told, SIGUSR1);
        sigprocmask(SIG_BLOCK, &told, NULL);
        set_adj("-1000");
        for (int i = optind; i < argc; i++) {
                struct member member = parse_member(argv[i]);

                start_member(&member);
        }
        say_ready();
        if (driver.kb > 0) {
                sigwait(&told, &signal_number);
                say_member(start(&driver, -1), &driver);
        }
        while (wait(NULL) > 0)
                ;
        return 0;
}
