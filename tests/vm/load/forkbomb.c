/* Chains of processes in which each one forks the next and ends: a tree that cannot be killed pid by pid.
 *
 *   forkbomb [--chains N] [--mb N] [--seconds N]
 *
 * --chains   how many chains (default 16): about so many processes live at a time, for moments twice as many;
 *            pids.max is the hard bound
 * --mb       what each of them touches before it forks (default: nothing)
 * --seconds  ends by itself after that time (default 60): a test guest must not be lost to it */

#include <getopt.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "load.h"

static void run_chain(size_t size, uint64_t seed, double until) {
        struct noise noise = noise_from_seed(seed);

        while (seconds_now() < until) {
                pid_t next;

                if (size > 0) {
                        void *memory = map_memory(size, MAP_PRIVATE);

                        fill_memory(memory, size, &noise);
                        munmap(memory, size); /* the next one touches its own */
                }
                next = fork();
                if (next > 0)
                        _exit(0);
                if (next < 0)
                        sleep_seconds(0.01); /* pids.max or no memory: try again */
        }
        _exit(0);
}

static void start_chains(unsigned long chains, size_t size, double until) {
        for (unsigned long i = 0; i < chains; i++) {
                pid_t child;

                while ((child = fork()) < 0 && seconds_now() < until)
                        sleep_seconds(0.01); /* pids.max: the chains that run are enough for a while */
                if (child == 0)
                        run_chain(size, seed_from_environment() + i, until);
        }
}

int main(int argc, char **argv) {
        static const struct option options[] = {
                { "chains", required_argument, NULL, 'c' },
                { "mb", required_argument, NULL, 'm' },
                { "seconds", required_argument, NULL, 't' },
                { NULL, 0, NULL, 0 },
        };
        unsigned long chains = 16, seconds = 60;
        size_t size = 0;
        double until;
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'c': chains = parse_number("--chains", optarg, 1); break;
                case 'm': size = parse_number("--mb", optarg, 1) * MB; break;
                case 't': seconds = parse_number("--seconds", optarg, 1); break;
                default: return 2;
                }
        if (optind != argc)
                errx(2, "usage: forkbomb [--chains N] [--mb N] [--seconds N]");
        /* The ended ones' parent is this process, not a distant PID 1, and wants no zombies: they would count. */
        if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 || signal(SIGCHLD, SIG_IGN) == SIG_ERR)
                err(1, "cannot become the reaper");
        until = seconds_now() + (double) seconds;
        start_chains(chains, size, until);
        say_ready();
        while (wait(NULL) > 0 || errno == EINTR)
                ;
        return 0;
}
