/* Names and signals on a system bus that answers, refuses, hangs, vanishes and comes back. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/report/log.h"
#include "daemon/report/system-bus.h"
#include "tests/unit/message-bus.h"

#define NOBODY 65534
#define HOUR   UINT64_C(3600000000)

enum { OWN, SHARED, NAMES };

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_SIGNAL_WITH_ARGS("Said", SD_BUS_ARGS("y", level), 0),
    SD_BUS_VTABLE_END,
};

static const struct rl_system_name names[NAMES] = {
    [OWN] = {"org.reliefd1", "/own", "org.reliefd1", vtable},
    [SHARED] = {"org.freedesktop.LowMemoryMonitor", "/shared", "org.freedesktop.LowMemoryMonitor",
        vtable, .yields = true},
};

struct world {
    struct folder folder;
    char address[BUS_ADDRESS_MAX];
    sd_event *event;
    pid_t daemon;
    struct rl_system_bus *bus;
    sd_bus *client;
    unsigned heard;
    uint8_t last;
    int log[2];
    char text[16384];
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    folder_new(&world->folder);
    assert_int_equal(chmod(world->folder.path, 0755), 0);
    assert_int_equal(mkdirat(world->folder.fd, "services", 0755), 0);
    snprintf(world->address, sizeof(world->address), "unix:path=%s/bus", world->folder.path);
    assert_true(sd_event_new(&world->event) >= 0);
    assert_int_equal(pipe2(world->log, O_CLOEXEC | O_NONBLOCK), 0);
    rl_log_open_to(LOG_INFO, "/nonexistent/journal", world->log[1]);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    rl_system_bus_free(world->bus);
    message_bus_client_end(world->client);
    message_bus_stop(&world->daemon);
    sd_event_unref(world->event);
    folder_free(&world->folder);
    rl_log_close();
    close(world->log[0]);
    close(world->log[1]);
    free(world);
    return 0;
}

static void start_daemon(struct world *world, const char *policy)
{
    char socket[128];

    snprintf(socket, sizeof(socket), "%s/bus", world->folder.path);
    unlink(socket);
    world->daemon = message_bus_start(&world->folder, "bus", geteuid(), policy);
}

static void new_bus(struct world *world, uint64_t retry_us)
{
    const struct rl_system_bus_options options = {.address = world->address, .retry_us = retry_us};

    assert_int_equal(rl_system_bus_new(world->event, &options, names, NAMES, &world->bus), 0);
}

static bool owns(const struct world *world, size_t name)
{
    return rl_system_bus_owns(world->bus, name);
}

/* Everything that was logged so far. */
static const char *logged(struct world *world)
{
    size_t used = strlen(world->text);
    ssize_t n = read(world->log[0], world->text + used, sizeof(world->text) - 1 - used);

    world->text[used + (n > 0 ? (size_t)n : 0)] = '\0';
    return world->text;
}

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    struct world *world = userdata;

    assert_true(sd_bus_message_read(message, "y", &world->last) > 0);
    world->heard++;
    return 0;
}

/* A client that listens to one of the names, as GLib does: by name, object and interface. */
static void listen_to(struct world *world, const struct rl_system_name *name)
{
    world->client = message_bus_client(world->event, world->address);
    assert_true(sd_bus_match_signal(world->client, NULL, name->name, name->object, name->interface,
                    "Said", on_signal, world) >= 0);
}

/* Somebody else on the bus, who asks for the shared name. */
static sd_bus *rival(struct world *world, uint64_t flags, int expected)
{
    sd_bus *bus = message_bus_client(world->event, world->address);

    assert_int_equal(sd_bus_request_name(bus, names[SHARED].name, flags), expected);
    return bus;
}

static void settle(struct world *world)
{
    while (sd_event_run(world->event, 100000) > 0)
        ;
}

static void test_signals_are_heard(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    start_daemon(world, OPEN_POLICY);
    new_bus(world, 0);
    assert_false(rl_system_bus_signal(world->bus, SHARED, "Said", "y", 1)); /* not there yet */
    WAIT_FOR(world->event, owns(world, OWN) && owns(world, SHARED));
    listen_to(world, &names[SHARED]);
    assert_true(rl_system_bus_signal(world->bus, SHARED, "Said", "y", 50));
    assert_true(rl_system_bus_signal(world->bus, OWN, "Said", "y", 51)); /* another interface */
    assert_true(rl_system_bus_signal(world->bus, SHARED, "Said", "y", 255));
    WAIT_FOR(world->event, world->heard == 2);
    assert_int_equal(world->last, 255);
    settle(world);
    assert_int_equal(world->heard, 2);
}

/* The original runs: its name is waited for, and comes when it ends. */
static void test_an_owner_is_left_alone(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    start_daemon(world, OPEN_POLICY);
    sd_bus *other = rival(world, SD_BUS_NAME_ALLOW_REPLACEMENT, 1);
    new_bus(world, 0);
    WAIT_FOR(world->event, owns(world, OWN));
    settle(world);
    assert_false(owns(world, SHARED));
    assert_false(rl_system_bus_signal(world->bus, SHARED, "Said", "y", 50));
    assert_true(rl_system_bus_signal(world->bus, OWN, "Said", "y", 50));

    message_bus_client_end(other);
    WAIT_FOR(world->event, owns(world, SHARED));
    assert_true(rl_system_bus_signal(world->bus, SHARED, "Said", "y", 50));
}

/* Somebody takes it who may: it comes back when he goes. Our own name is not for taking. */
static void test_a_name_that_is_taken_comes_back(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    start_daemon(world, OPEN_POLICY);
    new_bus(world, 0);
    WAIT_FOR(world->event, owns(world, SHARED) && owns(world, OWN));
    sd_bus *other = rival(world, SD_BUS_NAME_REPLACE_EXISTING, 1);
    assert_int_equal(
        sd_bus_request_name(other, names[OWN].name, SD_BUS_NAME_REPLACE_EXISTING), -EEXIST);
    WAIT_FOR(world->event, !owns(world, SHARED));
    assert_true(owns(world, OWN));
    assert_false(rl_system_bus_signal(world->bus, SHARED, "Said", "y", 50));
    message_bus_client_end(other);
    WAIT_FOR(world->event, owns(world, SHARED));
}

static void add_service(struct world *world)
{
    folder_write(&world->folder, "services/org.freedesktop.LowMemoryMonitor.service",
        "[D-BUS Service]\nName=org.freedesktop.LowMemoryMonitor\nExec=/bin/false\nUser=root\n");
}

/* The original is installed, though it does not run: the bus would start it for whoever asks. */
static void test_a_service_is_left_alone(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    add_service(world);
    start_daemon(world, OPEN_POLICY);
    new_bus(world, 1);
    WAIT_FOR(world->event, owns(world, OWN));
    settle(world);
    assert_false(owns(world, SHARED));
    message_bus_client_end(rival(world, 0, 1));
    settle(world);
    assert_false(owns(world, SHARED)); /* nor did it wait for him to go */

    assert_int_equal(
        unlinkat(world->folder.fd, "services/org.freedesktop.LowMemoryMonitor.service", 0), 0);
    message_bus_stop(&world->daemon);
    start_daemon(world, OPEN_POLICY);
    WAIT_FOR(world->event, !owns(world, OWN));
    WAIT_FOR(world->event, (rl_system_bus_calm(world->bus), owns(world, SHARED)));
}

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *ret_error)
{
    *(bool *)userdata = !sd_bus_message_is_method_error(answer, NULL);
    return 1;
}

/* It is installed while we run: seen when things are calm. */
static void test_a_service_that_comes_gets_its_name(void **state)
{
    struct world *world = *state;
    bool reloaded = false;

    if (!message_bus_can())
        skip();
    start_daemon(world, OPEN_POLICY);
    new_bus(world, 1);
    WAIT_FOR(world->event, owns(world, SHARED));
    add_service(world);
    world->client = message_bus_client(world->event, world->address);
    assert_true(sd_bus_call_method_async(world->client, NULL, "org.freedesktop.DBus", "/",
                    "org.freedesktop.DBus", "ReloadConfig", on_answer, &reloaded, "") >= 0);
    WAIT_FOR(world->event, reloaded);
    assert_true(owns(world, SHARED));
    rl_system_bus_calm(world->bus);
    WAIT_FOR(world->event, !owns(world, SHARED));
    assert_true(owns(world, OWN));
    assert_int_equal(sd_bus_request_name(world->client, names[SHARED].name, 0), 1);
    assert_non_null(strstr(logged(world), "is left to the service"));
}

static void test_the_bus_appears_later(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    new_bus(world, HOUR);
    settle(world);
    for (int i = 0; i < 3; i++)
        assert_false(rl_system_bus_signal(world->bus, OWN, "Said", "y", 50));
    const char *text = logged(world);
    assert_non_null(strstr(text, "cannot be reached"));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* said once */
    start_daemon(world, OPEN_POLICY);
    WAIT_FOR(world->event, owns(world, OWN) && owns(world, SHARED));
}

static void test_the_bus_restarts(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    start_daemon(world, OPEN_POLICY);
    new_bus(world, 1);
    WAIT_FOR(world->event, owns(world, SHARED));
    for (int i = 0; i < 3; i++) {
        message_bus_stop(&world->daemon);
        WAIT_FOR(world->event, !owns(world, SHARED) && !owns(world, OWN));
        assert_false(rl_system_bus_signal(world->bus, OWN, "Said", "y", 50));
        start_daemon(world, OPEN_POLICY);
        WAIT_FOR(world->event, owns(world, SHARED) && owns(world, OWN));
    }
    listen_to(world, &names[SHARED]);
    assert_true(rl_system_bus_signal(world->bus, SHARED, "Said", "y", 100));
    WAIT_FOR(world->event, world->heard == 1);
}

/* A bus that has thrown us out is not asked again at once, nor at the next calm moment. */
static void test_a_bus_that_fails_has_a_rest(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    start_daemon(world, OPEN_POLICY);
    new_bus(world, HOUR);
    WAIT_FOR(world->event, owns(world, OWN));
    message_bus_stop(&world->daemon);
    WAIT_FOR(world->event, !owns(world, OWN));
    start_daemon(world, OPEN_POLICY);
    rl_system_bus_calm(world->bus);
    settle(world);
    rl_system_bus_calm(world->bus);
    settle(world);
    assert_false(owns(world, OWN));
}

static int listen_at(const struct world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", world->folder.path);
    unlink(address.sun_path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 1), 0);
    return fd;
}

/* Something that listens and then does less and less of what a bus does. */
static void test_a_bus_that_hangs(void **state)
{
    static const char *const answers[] = {
        NULL,                                      /* does not even accept */
        "",                                        /* accepts */
        "OK 0123456789abcdef0123456789abcdef\r\n", /* lets us in, and says no more */
        "REJECTED EXTERNAL\r\n",                   /* and one that lets nobody in */
        "\1\2\3\4\n\r\n\r\n",                      /* and one that is none */
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
        int listening = listen_at(world), fd = -1;
        alarm(30); /* a loop that blocks would do so for ever */
        new_bus(world, 1);
        if (answers[i]) {
            fd = accept(listening, NULL, NULL);
            assert_true(fd >= 0);
            assert_int_equal(write(fd, answers[i], strlen(answers[i])), strlen(answers[i]));
        }
        for (int j = 0; j < 500; j++) {
            assert_false(rl_system_bus_signal(world->bus, OWN, "Said", "y", 50));
            rl_system_bus_calm(world->bus);
            assert_true(sd_event_run(world->event, 0) >= 0);
        }
        world->bus = rl_system_bus_free(world->bus);
        close(fd);
        close(listening);
        alarm(0);
    }
}

/* A bus that stops reading loses signals, and neither time nor memory of ours. */
static void test_a_bus_that_does_not_read(void **state)
{
    struct world *world = *state;
    unsigned sent = 0;

    if (!message_bus_can())
        skip();
    start_daemon(world, OPEN_POLICY);
    new_bus(world, 0);
    WAIT_FOR(world->event, owns(world, OWN));
    assert_int_equal(kill(world->daemon, SIGSTOP), 0);
    alarm(30);
    while (sent < 100000 && rl_system_bus_signal(world->bus, OWN, "Said", "y", 50))
        sent++;
    assert_true(sent > 0 && sent < 100000);
    /* Nor does the end wait for it. */
    assert_true(sd_event_exit(world->event, 0) >= 0);
    assert_int_equal(sd_event_loop(world->event), 0);
    alarm(0);
}

/* The policy of the bus without our file: said once for each name, and then left alone. */
static void test_names_that_are_refused(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    start_daemon(world, SYSTEM_POLICY);
    new_bus(world, HOUR);
    WAIT_FOR(world->event, strstr(logged(world), "does not let reliefd be org.reliefd1 (") &&
                               strstr(logged(world), "be org.freedesktop.LowMemoryMonitor ("));
    assert_non_null(strstr(logged(world), "dbus-1/system.d"));
    assert_false(owns(world, OWN) || owns(world, SHARED));

    /* No connection is left that strangers could write to. */
    WAIT_FOR(world->event, (rl_system_bus_signal(world->bus, OWN, "Said", "y", 50),
                               strstr(logged(world), "cannot be reached")));
}

/* What becomes of a stranger who wants one of our names, and then calls an object of ours. */
static int call_as_nobody(const struct world *world, size_t which)
{
    static const char introspect[] = "org.freedesktop.DBus.Introspectable";
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        sd_bus_error error = SD_BUS_ERROR_NULL;
        sd_bus *bus = NULL;
        alarm(20);
        if (setgid(NOBODY) < 0 || setuid(NOBODY) < 0 || sd_bus_new(&bus) < 0 ||
            sd_bus_set_address(bus, world->address) < 0 || sd_bus_set_bus_client(bus, 1) < 0 ||
            sd_bus_start(bus) < 0)
            _exit(1);
        if (sd_bus_request_name(bus, names[which].name, SD_BUS_NAME_REPLACE_EXISTING) >= 0)
            _exit(2);
        if (sd_bus_call_method(
                bus, names[which].name, "/own", introspect, "Introspect", &error, NULL, "") >= 0)
            _exit(0);
        _exit(strcmp(error.name, SD_BUS_ERROR_ACCESS_DENIED) == 0 ? 3 : 4);
    }
    while (waitpid(pid, &status, WNOHANG) == 0)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* With our file: the names are root's, strangers may listen, and ask of the one name. The bus goes
 * by the destination's every name. */
static void test_policy_file(void **state)
{
    struct world *world = *state;
    bool done = false;

    if (!message_bus_can() || geteuid() != 0)
        skip();
    start_daemon(world,
        SYSTEM_POLICY "<include>" RL_SOURCE_ROOT "/contrib/dbus/org.reliefd1.conf</include>");
    new_bus(world, 0);
    WAIT_FOR(world->event, owns(world, OWN) && owns(world, SHARED));
    assert_int_equal(call_as_nobody(world, OWN), 0);
    listen_to(world, &names[SHARED]);
    assert_true(rl_system_bus_signal(world->bus, SHARED, "Said", "y", 50));
    WAIT_FOR(world->event, world->heard == 1);
    assert_true(
        sd_bus_call_method_async(world->client, NULL, names[OWN].name, "/own",
            "org.freedesktop.DBus.Introspectable", "Introspect", on_answer, &done, "") >= 0);
    WAIT_FOR(world->event, done);
}

/* What is too large is left out, whoever sends it, and what comes behind it is not. */
static void test_large_messages_are_left_out(void **state)
{
    struct world *world = *state;
    sd_bus_message *message = NULL;
    static char text[2 * RL_SYSTEM_BUS_BYTES];
    bool done = false, large = false;

    if (!message_bus_can())
        skip();
    start_daemon(world, OPEN_POLICY);
    new_bus(world, 0);
    WAIT_FOR(world->event, owns(world, OWN));
    world->client = message_bus_client(world->event, world->address);
    memset(text, 'x', sizeof(text) - 1);
    for (size_t i = 0; i < 50; i++) {
        assert_true(sd_bus_message_new_method_call(world->client, &message, names[OWN].name, "/own",
                        "org.freedesktop.DBus.Peer", "Ping") >= 0);
        assert_true(sd_bus_message_append(message, "s", text) >= 0);
        assert_true(
            sd_bus_call_async(world->client, NULL, message, on_answer, &large, PATIENCE_US) >= 0);
        message = sd_bus_message_unref(message);
    }
    assert_true(sd_bus_call_method_async(world->client, NULL, names[OWN].name, "/own",
                    "org.freedesktop.DBus.Peer", "Ping", on_answer, &done, "") >= 0);
    WAIT_FOR(world->event, done);
    assert_false(large);
    assert_true(owns(world, OWN));
    rl_system_bus_calm(world->bus);
    assert_non_null(strstr(logged(world), "was left out"));
}

/* More at once than fits on the way to sd-bus, which takes one at a time: none breaks the way. */
static void test_many_messages(void **state)
{
    struct world *world = *state;
    sd_bus_message *message = NULL;
    bool done = false;

    if (!message_bus_can())
        skip();
    start_daemon(world, OPEN_POLICY);
    new_bus(world, HOUR);
    WAIT_FOR(world->event, owns(world, OWN));
    world->client = message_bus_client(world->event, world->address);
    for (size_t i = 0; i < 10000; i++) {
        assert_true(
            sd_bus_message_new_signal(world->client, &message, "/x", "org.x", "Nothing") >= 0);
        assert_true(sd_bus_message_set_destination(message, names[OWN].name) >= 0);
        assert_true(sd_bus_send(world->client, message, NULL) >= 0);
        message = sd_bus_message_unref(message);
    }
    assert_true(sd_bus_call_method_async(world->client, NULL, names[OWN].name, "/own",
                    "org.freedesktop.DBus.Peer", "Ping", on_answer, &done, "") >= 0);
    WAIT_FOR(world->event, done);
    assert_true(owns(world, OWN));
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_signals_are_heard),
        WORLD(test_an_owner_is_left_alone),
        WORLD(test_a_name_that_is_taken_comes_back),
        WORLD(test_a_service_is_left_alone),
        WORLD(test_a_service_that_comes_gets_its_name),
        WORLD(test_the_bus_appears_later),
        WORLD(test_the_bus_restarts),
        WORLD(test_a_bus_that_fails_has_a_rest),
        WORLD(test_a_bus_that_hangs),
        WORLD(test_a_bus_that_does_not_read),
        WORLD(test_names_that_are_refused),
        WORLD(test_policy_file),
        WORLD(test_large_messages_are_left_out),
        WORLD(test_many_messages),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
