/* A daemon's hooks and what they leave behind: for the tests of them. Hooks are small scripts, run
 * by a real helper. */
#pragma once

#include "daemon/relieve/hook.h"
#include "daemon/report/log.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

#define LONG_US (PATIENCE_S * UINT64_C(1000000))

struct world {
    struct folder folder;
    sd_event *event;
    struct rl_hooks *hooks;
    int log_fd;
    size_t fds;
};

/* What became of a hook. */
struct end {
    bool over;
    unsigned calls;
    struct rl_hook_result result;
    char why[600];
};

static inline void on_end(void *userdata, const struct rl_hook_result *result)
{
    struct end *end = userdata;

    end->over = true;
    end->calls++;
    end->result = *result;
    snprintf(end->why, sizeof(end->why), "%s", result->why);
    assert_true(result->took_us < LONG_US);
}

static inline int set_up_at(void **state, int cgroup_fd)
{
    const struct rl_hooks_options options = {.cgroup_fd = cgroup_fd};
    struct world *world = calloc(1, sizeof(*world));

    world->fds = count_fds();
    folder_new(&world->folder);
    world->log_fd = openat(world->folder.fd, "log", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    rl_log_open_to(LOG_INFO, "/nowhere", world->log_fd);
    assert_true(sd_event_new(&world->event) >= 0);
    assert_int_equal(rl_hooks_new(world->event, &options, &world->hooks), 0);
    *state = world;
    return 0;
}

static inline int set_up(void **state)
{
    return set_up_at(state, -1);
}

static inline int tear_down(void **state)
{
    struct world *world = *state;

    assert_null(rl_hooks_free(world->hooks));
    sd_event_unref(world->event);
    rl_log_close();
    close(world->log_fd);
    folder_free(&world->folder);
    assert_int_equal(count_fds(), world->fds);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child is left unburied */
    free(world);
    return 0;
}

/* Return: the path, in a static buffer. */
static inline const char *script(const struct world *world, const char *name, const char *text)
{
    static char path[128];
    char whole[4096];

    snprintf(whole, sizeof(whole), "#!/bin/sh\n%s\n", text);
    folder_write(&world->folder, name, whole);
    assert_int_equal(fchmodat(world->folder.fd, name, 0755, 0), 0);
    snprintf(path, sizeof(path), "%s/%s", world->folder.path, name);
    return path;
}

static inline struct rl_hook_order order_of(const char *path)
{
    return (struct rl_hook_order){.path = path, .limit_us = 10 * LONG_US};
}

static inline struct rl_hook_run *start(
    struct world *world, const struct rl_hook_order *order, struct end *end)
{
    struct rl_hook_run *run = NULL;

    *end = (struct end){0};
    assert_int_equal(rl_hook_run(world->hooks, order, on_end, end, &run), 0);
    assert_non_null(run);
    assert_false(end->over);
    return run;
}

static inline enum rl_hook_outcome run_order(
    struct world *world, const struct rl_hook_order *order, struct end *end)
{
    start(world, order, end);
    assert_true(run_until(world->event, &end->over));
    run_idle(world->event);
    assert_int_equal(end->calls, 1);
    return end->result.outcome;
}

static inline enum rl_hook_outcome run_script(
    struct world *world, const char *text, struct end *end)
{
    struct rl_hook_order order = order_of(script(world, "hook", text));

    return run_order(world, &order, end);
}

/* A file that the test or a hook has written; "" without. In a static buffer. */
static inline const char *text_of(const struct world *world, const char *name)
{
    static char text[1 << 16];
    int fd = openat(world->folder.fd, name, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

    assert_true(n >= 0);
    text[n] = '\0';
    if (fd >= 0)
        close(fd);
    return text;
}

static inline const char *log_of(const struct world *world)
{
    return text_of(world, "log");
}

static inline size_t count(const char *text, const char *word)
{
    size_t n = 0;

    for (; (text = strstr(text, word)); text += strlen(word))
        n++;
    return n;
}

static inline pid_t pid_in(const struct world *world, const char *name)
{
    uint64_t deadline = now_us() + LONG_US;

    while (!strchr(text_of(world, name), '\n') && now_us() < deadline)
        usleep(1000);
    return (pid_t)atoi(text_of(world, name));
}

/* Dead and buried, or still there when all patience is at its end? */
static inline bool vanishes(pid_t pid)
{
    uint64_t deadline = now_us() + LONG_US;

    assert_true(pid > 1);
    while (kill(pid, 0) == 0 && now_us() < deadline)
        usleep(1000);
    return kill(pid, 0) < 0;
}

/* A family that does all it can to survive: another session, another parent, signals ignored. */
static inline const char *family(const struct world *world, const char *last)
{
    static char text[1024];

    snprintf(text, sizeof(text),
        "cd %s; trap '' TERM HUP INT\n"
        "(setsid sh -c 'echo $$ >far; while :; do sleep 1; done' & echo >/dev/null) &\n"
        "sh -c 'echo $$ >near; while :; do sleep 1; done' &\n"
        "while ! [ -s far ] || ! [ -s near ]; do sleep 0.01; done\n"
        "echo $$ >self\n%s",
        world->folder.path, last);
    return text;
}

static inline void assert_family_dies(const struct world *world)
{
    assert_true(vanishes(pid_in(world, "self")));
    assert_true(vanishes(pid_in(world, "near")));
    assert_true(vanishes(pid_in(world, "far")));
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
