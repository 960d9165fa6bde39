#include "daemon/observe/thread.h"

#include <limits.h>
#include <signal.h>

/* They run a few system calls deep; sanitizers and libc's own needs are in here too. */
#define STACK_SIZE (128 * 1024)

int rl_thread_start(pthread_t *ret, void *(*main)(void *userdata), void *userdata)
{
    pthread_attr_t attr;
    sigset_t all, old;
    int r = pthread_attr_init(&attr);

    if (r != 0)
        return -r;
    r = pthread_attr_setstacksize(
        &attr, STACK_SIZE > PTHREAD_STACK_MIN ? STACK_SIZE : PTHREAD_STACK_MIN);
    if (r == 0) {
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &old);
        r = pthread_create(ret, &attr, main, userdata);
        pthread_sigmask(SIG_SETMASK, &old, NULL);
    }
    pthread_attr_destroy(&attr);
    return -r;
}
