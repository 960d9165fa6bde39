/* A guardian whose cgroups, /proc and runtime folder are made of files: for the tests of what
 * writes to somebody's cgroup files and takes it back. */
#pragma once

#include <sys/wait.h>

#include "daemon/relieve/guard.h"
#include "policy/limits.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

#define PAGE 4096
#define MIB  (UINT64_C(1) << 20)
#define BOOT "sys/kernel/random/boot_id"

/* A cgroup root, a /proc and a runtime folder, all made of files. */
struct fixture {
    struct folder root, proc, top;
    char runtime[128];
    sd_event *event;
    struct rl_guardian *guardian;
    size_t fds;
};

static inline int try_open(struct fixture *f, struct rl_guardian **ret)
{
    struct rl_guard_options options = {
        .runtime_dir = f->runtime,
        .proc_fd = f->proc.fd,
        .cgroup_root_fd = f->root.fd,
        .page_size = PAGE,
    };

    return rl_guard_new(f->event, &options, ret);
}

static inline int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    f->fds = count_fds();
    folder_new(&f->root);
    folder_new(&f->proc);
    folder_new(&f->top);
    snprintf(f->runtime, sizeof(f->runtime), "%s/run", f->top.path);
    folder_write(&f->proc, BOOT, "1234-5678\n");
    assert_int_equal(sd_event_new(&f->event), 0);
    *state = f;
    return 0;
}

static inline int setup_open(void **state)
{
    struct fixture *f;

    setup(state);
    f = *state;
    assert_int_equal(try_open(f, &f->guardian), 0);
    return 0;
}

static inline int teardown(void **state)
{
    struct fixture *f = *state;

    f->guardian = rl_guard_free(f->guardian);
    sd_event_unref(f->event);
    folder_free(&f->root);
    folder_free(&f->proc);
    folder_free(&f->top);
    assert_int_equal(count_fds(), f->fds);
    free(f);
    return 0;
}

/* ---- cgroups ---- */

static inline void put(
    const struct folder *folder, const char *dir, const char *name, const char *text)
{
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    folder_write(folder, path, text);
}

static inline void make_cgroup(
    struct fixture *f, const char *name, const char *high, const char *max)
{
    put(&f->root, name, "memory.high", high);
    put(&f->root, name, "memory.max", max);
    put(&f->root, name, "memory.oom.group", "0\n");
    put(&f->root, name, "cgroup.procs", "");
}

static inline const char *value(const struct folder *folder, const char *dir, const char *name)
{
    static char text[64];
    char path[256];

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    assert_true(rl_read_at(folder->fd, path, text, sizeof(text)) >= 0);
    text[strcspn(text, "\n")] = '\0';
    return text;
}

#define expect_text(folder, dir, name, text) assert_string_equal(value(folder, dir, name), text)

static inline int apply_as(
    struct fixture *f, const char *name, bool inherited, const struct rl_guard *orders)
{
    int fd = openat(f->root.fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r;
    char path[256];
    struct stat st;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &st), 0);
    snprintf(path, sizeof(path), "/%s", name);
    r = rl_guard_apply(f->guardian,
        &(struct rl_guard_place){.fd = fd, .id = st.st_ino, .path = path, .inherited = inherited},
        orders);
    close(fd);
    return r;
}

static inline int apply(struct fixture *f, const char *name, const struct rl_guard *orders)
{
    return apply_as(f, name, false, orders);
}

static inline uint64_t id_of(const struct fixture *f, const char *name)
{
    struct stat st;

    assert_int_equal(fstatat(f->root.fd, name, &st, 0), 0);
    return st.st_ino;
}

/* Turn the loop until the file holds that. */
static inline void wait_for(struct fixture *f, const struct folder *folder, const char *dir,
    const char *name, const char *text)
{
    uint64_t deadline = now_us() + PATIENCE_S * UINT64_C(1000000);

    while (strcmp(value(folder, dir, name), text) != 0 && now_us() < deadline)
        assert_true(sd_event_run(f->event, 20000) >= 0);
    expect_text(folder, dir, name, text);
    run_idle(f->event);
    run_idle(f->event);
}

static inline bool has_state(const struct fixture *f)
{
    return faccessat(f->top.fd, "run/" RL_GUARD_STATE, F_OK, 0) == 0;
}
