/* Holds memory and hangs in the kernel, where no signal reaches it.
 *
 *   stuck --mb N FILE
 *
 * After "ready" it writes a byte to FILE whenever it gets SIGUSR1: where that file system is frozen (fsfreeze), it
 * sleeps without being killable until the file system is thawed. */

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>

#include "load.h"

int main(int argc, char **argv) {
        static const struct option options[] = { { "mb", required_argument, NULL, 'm' }, { NULL, 0, NULL, 0 } };
        struct noise noise = noise_from_seed(seed_from_environment());
        size_t size = 0;
        sigset_t usr1;
        int option, fd, signal_number;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                switch (option) {
                case 'm': size = parse_number("--mb", optarg, 1) * MB; break;
                default: return 2;
                }
        if (size == 0 || optind + 1 != argc)
                errx(2, "usage: stuck --mb N FILE");
        fd = open(argv[optind], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
        if (fd < 0)
                err(1, "%s", argv[optind]);
        sigemptyset(&usr1);
        sigaddset(&usr1, SIGUSR1);
        sigprocmask(SIG_BLOCK, &usr1, NULL);
        fill_memory(map_memory(size, MAP_PRIVATE), size, &noise);
        say_ready();
        while (sigwait(&usr1, &signal_number) == 0)
                if (write(fd, "x", 1) != 1)
                        err(1, "write");
        return 1;
}
