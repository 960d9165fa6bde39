#include "tests/unit/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/watchdog.h"

/* A service manager that reads nothing unless told. */
struct manager {
    int fd;
    char name[64];
};

static void manager_open(struct manager *manager, const char *patience_us)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = (size_t)snprintf(
        manager->name, sizeof(manager->name), "@reliefd-test-%ld", (long)getpid());

    memcpy(address.sun_path, manager->name, len);
    address.sun_path[0] = '\0';
    manager->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    assert_true(manager->fd >= 0);
    assert_int_equal(bind(manager->fd, (struct sockaddr *)&address,
                         (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
        0);
    setenv("NOTIFY_SOCKET", manager->name, 1);
    setenv("WATCHDOG_USEC", patience_us, 1);
    unsetenv("WATCHDOG_PID");
}

static void manager_close(struct manager *manager)
{
    close(manager->fd);
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
}

/* Return: what it was told, "" for nothing. */
static const char *heard(struct manager *manager)
{
    static char text[64];
    ssize_t n = recv(manager->fd, text, sizeof(text) - 1, MSG_DONTWAIT);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* Run the loop until the manager has been told something, 5 s at most. */
static const char *hear(sd_event *event, struct manager *manager)
{
    for (int i = 0; i < 100; i++) {
        const char *text;

        assert_true(sd_event_run(event, 50 * 1000) >= 0);
        text = heard(manager);
        if (*text)
            return text;
    }
    return "";
}

static void pings_go_on(void **state)
{
    struct rl_watchdog *watchdog;
    struct manager manager;
    sd_event *event;

    manager_open(&manager, "100000");
    assert_int_equal(sd_event_new(&event), 0);
    assert_int_equal(rl_watchdog_new(event, &watchdog), 0);
    assert_non_null(watchdog);
    for (int i = 0; i < 3; i++)
        assert_string_equal(hear(event, &manager), "WATCHDOG=1");
    rl_watchdog_free(watchdog);
    sd_event_unref(event);
    manager_close(&manager);
}

static void a_full_socket_holds_nobody_up(void **state)
{
    struct rl_watchdog *watchdog;
    struct manager manager;
    sd_event *event;
    int full;

    manager_open(&manager, "100000");
    assert_int_equal(sd_event_new(&event), 0);
    assert_int_equal(rl_watchdog_new(event, &watchdog), 0);
    full = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        size_t len = strlen(manager.name);

        memcpy(address.sun_path, manager.name, len);
        address.sun_path[0] = '\0';
        assert_int_equal(connect(full, (struct sockaddr *)&address,
                             (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)),
            0);
    }
    while (send(full, "other", 5, 0) == 5)
        ;
    assert_int_equal(errno, EAGAIN);
    /* It would hang here for ever. */
    alarm(20);
    for (int i = 0; i < 5; i++)
        assert_true(sd_event_run(event, 20 * 1000) >= 0);
    alarm(0);
    while (strcmp(heard(&manager), "other") == 0)
        ;
    assert_string_equal(hear(event, &manager), "WATCHDOG=1");
    close(full);
    rl_watchdog_free(watchdog);
    sd_event_unref(event);
    manager_close(&manager);
}

static void nobody_waits(void **state)
{
    struct rl_watchdog *watchdog = (struct rl_watchdog *)state;
    sd_event *event;

    unsetenv("WATCHDOG_USEC");
    assert_int_equal(sd_event_new(&event), 0);
    assert_int_equal(rl_watchdog_new(event, &watchdog), 0);
    assert_null(watchdog);
    sd_event_unref(event);
}

static void an_address_that_cannot_be_used(void **state)
{
    static const char *const bad[] = {"", "@", "vsock:2:1234", "relative/path"};
    struct rl_watchdog *watchdog;
    sd_event *event;

    assert_int_equal(sd_event_new(&event), 0);
    setenv("WATCHDOG_USEC", "100000", 1);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        setenv("NOTIFY_SOCKET", bad[i], 1);
        assert_int_equal(rl_watchdog_new(event, &watchdog), -EAFNOSUPPORT);
        assert_null(watchdog);
    }
    unsetenv("NOTIFY_SOCKET");
    unsetenv("WATCHDOG_USEC");
    sd_event_unref(event);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pings_go_on),
        cmocka_unit_test(a_full_socket_holds_nobody_up),
        cmocka_unit_test(nobody_waits),
        cmocka_unit_test(an_address_that_cannot_be_used),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
