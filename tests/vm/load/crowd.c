/* Several processes of given sizes and oom_score_adj under one parent that the kernel never kills. Run it as root.
 *
 *   crowd KB:ADJ ...
 *
 * Each process holds so many KB of private memory and sleeps. One line "member PID KB:ADJ" for each, in that order,
 * then "ready". The parent (oom_score_adj -1000) ends when all of them have. */

#include <fcntl.h>
#include <sys/wait.h>

#include "load.h"

struct member {
        size_t kb;
        const char *adj;
        const char *text;
};

static struct member parse_member(const char *text) {
        const char *colon = strchr(text, ':');
        char kb[24];

        if (!colon || (size_t) (colon - text) >= sizeof(kb))
                errx(2, "usage: crowd KB:ADJ ...: '%s'", text);
        memcpy(kb, text, (size_t) (colon - text));
        kb[colon - text] = '\0';
        return (struct member) { parse_number("KB", kb, PAGE / 1024), colon + 1, text };
}

static void set_adj(const char *adj) {
        size_t length = strlen(adj);
        int fd = open("/proc/self/oom_score_adj", O_WRONLY);

        if (fd < 0 || write(fd, adj, length) != (ssize_t) length)
                err(1, "oom_score_adj %s", adj);
        close(fd);
}

static void be_member(const struct member *member, int ready) {
        struct noise noise = noise_from_seed(seed_from_environment() + (uint64_t) getpid());
        size_t size = member->kb * 1024 / PAGE * PAGE;
        char byte = 0;

        set_adj(member->adj);
        fill_memory(map_memory(size, MAP_PRIVATE), size, &noise);
        if (write(ready, &byte, 1) != 1)
                err(1, "pipe");
        for (;;)
                pause();
}

/* Comes back when the member holds its memory. */
static void start_member(const struct member *member) {
        int ready[2];
        pid_t child;
        char byte;

        if (pipe(ready) < 0)
                err(1, "pipe");
        child = fork();
        if (child < 0)
                err(1, "fork");
        if (child == 0) {
                close(ready[0]);
                be_member(member, ready[1]);
        }
        close(ready[1]);
        if (read(ready[0], &byte, 1) != 1)
                errx(1, "member %s did not live to hold its memory", member->text);
        close(ready[0]);
        printf("member %d %s\n", (int) child, member->text);
        fflush(stdout);
}

int main(int argc, char **argv) {
        if (argc < 2)
                errx(2, "usage: crowd KB:ADJ ...");
        set_adj("-1000");
        for (int i = 1; i < argc; i++) {
                struct member member = parse_member(argv[i]);

                start_member(&member);
        }
        say_ready();
        while (wait(NULL) > 0)
                ;
        return 0;
}
