/* A killer for one test, and a check that the test left nothing behind. */
#pragma once

#include "tests/unit/victims.h"

struct fixture {
    sd_event *event;
    struct rl_killer *killer;
    int proc_fd;
    size_t fds;
};

static inline struct rl_killer *new_killer(sd_event *event, int proc_fd)
{
    struct rl_killer_options options = {.proc_fd = proc_fd, .cgroup_root_fd = -1};
    struct rl_killer *killer = NULL;

    assert_int_equal(rl_killer_new(event, &options, &killer), 0);
    return killer;
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->fds = count_fds();
    f->proc_fd = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(f->proc_fd >= 0);
    assert_int_equal(sd_event_new(&f->event), 0);
    f->killer = new_killer(f->event, f->proc_fd);
    *state = f;
    return 0;
}

/* Every test: no descriptor is left, and no child. */
static inline int teardown(void **state)
{
    struct fixture *f = *state;

    f->killer = rl_killer_free(f->killer);
    sd_event_unref(f->event);
    close(f->proc_fd);
    assert_int_equal(count_fds(), f->fds);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    free(f);
    return 0;
}

static inline int send(struct fixture *f, const struct rl_target *targets, size_t n, int signal,
    struct wake *wake, struct rl_victim_watch **watch, struct rl_kill_result *result)
{
    return rl_kill_processes(f->killer, targets, n, signal, on_gone, wake, watch, result);
}

/* signalled, gone, refused, error as expected */
static inline void assert_result(const struct rl_kill_result *result, uint32_t signalled,
    uint32_t gone, uint32_t refused, int error)
{
    assert_int_equal(result->signalled, signalled);
    assert_int_equal(result->gone, gone);
    assert_int_equal(result->refused, refused);
    assert_int_equal(result->error, error);
}
