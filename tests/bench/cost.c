/* Runs a command and says what it cost.
 *
 * usage: cost COMMAND [ARGUMENT ...]
 * Its standard output stays its own; one line goes to file descriptor 3: seconds of processor time,
 * peak resident memory in kB. Ends as the command does. */
#include <err.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static double seconds(const struct rusage *usage)
{
    return (double)usage->ru_utime.tv_sec + (double)usage->ru_utime.tv_usec / 1e6 +
           (double)usage->ru_stime.tv_sec + (double)usage->ru_stime.tv_usec / 1e6;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    int status;

    if (argc < 2)
        errx(2, "usage: cost COMMAND [ARGUMENT ...]");
    pid_t pid = fork();
    if (pid < 0)
        err(2, "fork");
    if (pid == 0) {
        close(3);
        execvp(argv[1], argv + 1);
        err(127, "%s", argv[1]);
    }
    if (wait4(pid, &status, 0, &usage) < 0)
        err(2, "wait4");
    dprintf(3, "%.2f %ld\n", seconds(&usage), usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
