/* The private bus: a server in this process, clients in children, and peers that misbehave. */
#include "tests/unit/unit.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>

#include "daemon/report/bus.h"
#include "tests/unit/folder.h"

#define OBJECT    "/org/reliefd1"
#define INTERFACE "org.reliefd1"
#define NOBODY    65534

struct world {
    struct folder folder;
    char path[64];
    sd_event *event;
    struct rl_bus *bus;
    unsigned reloads;
    unsigned asked; /* incidents */
    unsigned acts;  /* by hand */
};

static char *api_status(void *userdata, const char **ret_error)
{
    return strdup("{\"pid\":1}");
}

static char *api_policies(void *userdata, const char **ret_error)
{
    *ret_error = "there are none";
    return NULL;
}

static char *api_explain(void *userdata, const char *what, const char **ret_error)
{
    char *text = NULL;

    if (strcmp(what, "big") == 0) {
        text = malloc(1 << 20);
        memset(text, 'x', (1 << 20) - 1);
        text[(1 << 20) - 1] = '\0';
    } else if (asprintf(&text, "<%s>", what) < 0) {
        text = NULL;
    }
    return text;
}

static char *api_incidents(void *userdata, unsigned max, const char **ret_error)
{
    struct world *world = userdata;
    char *text = NULL;

    world->asked = max;
    return asprintf(&text, "[%u]", max) < 0 ? NULL : text;
}

static int api_reload(void *userdata, const char **ret_error)
{
    struct world *world = userdata;

    if (world->reloads++ > 0) {
        *ret_error = "twice is enough";
        return -EBUSY;
    }
    return 0;
}

static char *api_grades(void *userdata, const char **ret_error)
{
    return strdup("{\"policies\":[]}");
}

static char *api_metrics(void *userdata, const char **ret_error)
{
    return strdup("# HELP x x\n");
}

static char *api_pause(void *userdata, uid_t uid, const char *policy, const char *cgroup,
    uint64_t length_us, const char **ret_error)
{
    struct world *world = userdata;
    char *text = NULL;

    world->acts++;
    return asprintf(&text, "%u|%s|%s|%llu", (unsigned)uid, policy, cgroup,
               (unsigned long long)length_us) < 0
               ? NULL
               : text;
}

static char *api_resume(
    void *userdata, uid_t uid, const char *policy, const char *cgroup, const char **ret_error)
{
    struct world *world = userdata;

    world->acts++;
    *ret_error = "it was not paused";
    return NULL;
}

static char *api_relieve(
    void *userdata, uid_t uid, const struct rl_bus_relief *relief, const char **ret_error)
{
    struct world *world = userdata;
    char *text = NULL;

    world->acts++;
    return asprintf(&text, "%u|%s|%s|%s|%d", (unsigned)uid, relief->cgroup, relief->step,
               relief->expected, relief->look_only) < 0
               ? NULL
               : text;
}

static char *api_try(
    void *userdata, uid_t uid, const char *policy, const char *cgroup, const char **ret_error)
{
    struct world *world = userdata;
    char *text = NULL;

    world->acts++;
    return asprintf(&text, "%u|%s|%s", (unsigned)uid, policy, cgroup) < 0 ? NULL : text;
}

static char *api_record(void *userdata, uid_t uid, const char *fifo, const char **ret_error)
{
    struct world *world = userdata;
    char *text = NULL;

    world->acts++;
    return asprintf(&text, "%u|%s", (unsigned)uid, fifo) < 0 ? NULL : text;
}

static const struct rl_bus_hand hand = {api_pause, api_resume, api_relieve, api_try, api_record};

static struct rl_bus *new_bus(struct world *world)
{
    const struct rl_bus_api api = {
        api_status,
        api_policies,
        api_explain,
        api_incidents,
        api_reload,
        world,
        &hand,
        api_grades,
        api_metrics,
    };
    struct rl_bus *bus = NULL;

    assert_int_equal(rl_bus_new(world->event, world->path, &api, &bus), 0);
    return bus;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    folder_new(&world->folder);
    assert_int_equal(chmod(world->folder.path, 0755), 0);
    snprintf(world->path, sizeof(world->path), "%s/run/deep/bus", world->folder.path);
    assert_true(sd_event_new(&world->event) >= 0);
    world->bus = new_bus(world);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    rl_bus_free(world->bus);
    sd_event_unref(world->event);
    folder_free(&world->folder);
    free(world);
    return 0;
}

static int connect_raw(const struct world *world)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, world->path);
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        close(fd);
        return -errno;
    }
    return fd;
}

/* For children: no assertions of cmocka there, an exit code says which check failed. */
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            _exit(__LINE__ % 250 + 1);                                                             \
    } while (0)

static sd_bus *connect_bus(const struct world *world)
{
    sd_bus *bus = NULL;
    int fd = connect_raw(world);

    CHECK(fd >= 0);
    CHECK(sd_bus_new(&bus) >= 0);
    CHECK(sd_bus_set_fd(bus, fd, fd) >= 0);
    CHECK(sd_bus_start(bus) >= 0);
    return bus;
}

/* Run fn in a child while this process serves. Return: its exit code. */
static int serve(struct world *world, void (*fn)(const struct world *world))
{
    int status = 0;
    pid_t pid = fork();

    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(20);
        fn(world);
        _exit(0);
    }
    while (waitpid(pid, &status, WNOHANG) == 0)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* Let the server catch up with what clients did. */
static void settle(struct world *world)
{
    while (sd_event_run(world->event, 50000) > 0)
        ;
}

static void check_text(
    sd_bus *bus, const char *method, const char *types, const char *argument, const char *expected)
{
    sd_bus_message *answer = NULL;
    const char *text = NULL;

    CHECK(sd_bus_call_method(
              bus, NULL, OBJECT, INTERFACE, method, NULL, &answer, types, argument) >= 0);
    CHECK(sd_bus_message_read(answer, "s", &text) >= 0);
    CHECK(strcmp(text, expected) == 0);
    sd_bus_message_unref(answer);
}

static void check_refused(sd_bus *bus, const char *method, const char *name, const char *message)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;

    CHECK(sd_bus_call_method(bus, NULL, OBJECT, INTERFACE, method, &error, NULL, "") < 0);
    CHECK(strcmp(error.name, name) == 0);
    CHECK(!message || strcmp(error.message, message) == 0);
    sd_bus_error_free(&error);
}

static void client_all(const struct world *world)
{
    sd_bus *bus = connect_bus(world);
    sd_bus_message *answer = NULL;
    const char *text;
    char *version = NULL;

    check_text(bus, "Status", "", NULL, "{\"pid\":1}");
    check_text(bus, "Explain", "s", "/a/b", "</a/b>");
    check_text(bus, "Explain", "s", "", "<>");
    check_text(bus, "Grades", "", NULL, "{\"policies\":[]}");
    check_text(bus, "Metrics", "", NULL, "# HELP x x\n");
    check_refused(bus, "Policies", "org.reliefd1.Error.Failed", "there are none");
    CHECK(sd_bus_call_method(bus, NULL, OBJECT, INTERFACE, "Incidents", NULL, &answer, "u", 500) >=
          0);
    CHECK(sd_bus_message_read(answer, "s", &text) >= 0 && strcmp(text, "[500]") == 0);
    sd_bus_message_unref(answer);
    CHECK(sd_bus_get_property_string(bus, NULL, OBJECT, INTERFACE, "Version", NULL, &version) >= 0);
    CHECK(*version >= '0' && *version <= '9');
    CHECK(sd_bus_call_method(bus, NULL, OBJECT, INTERFACE, "Reload", NULL, NULL, "") >= 0);
    check_refused(bus, "Reload", "org.reliefd1.Error.Failed", "twice is enough");
    check_refused(bus, "Nonsense", SD_BUS_ERROR_UNKNOWN_METHOD, NULL);

    /* What counts against floods begins anew with each call. */
    for (int i = 0; i < 1000; i++)
        check_text(bus, "Explain", "s", "/some/path/or/other", "</some/path/or/other>");

    /* What a client made for a message bus begins with. */
    CHECK(sd_bus_call_method(bus, NULL, "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello",
              NULL, NULL, "") >= 0);
    sd_bus_unref(bus);
}

static void client_stranger(const struct world *world)
{
    sd_bus_message *answer = NULL;
    const char *text;

    CHECK(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    sd_bus *bus = connect_bus(world);
    check_text(bus, "Status", "", NULL, "{\"pid\":1}");
    check_refused(bus, "Reload", "org.freedesktop.DBus.Error.AccessDenied",
        "only root may reload the policies");
    CHECK(sd_bus_call_method(bus, NULL, OBJECT, INTERFACE, "Incidents", NULL, &answer, "u", 500) >=
          0);
    CHECK(sd_bus_message_read(answer, "s", &text) >= 0 && strcmp(text, "[32]") == 0);
    sd_bus_message_unref(answer);
    sd_bus_unref(bus);
}

/* The five that act by hand, as a text each. Return: whether the answer is as expected; NULL: it
 * is refused. */
static bool acts(sd_bus *bus, size_t i, const char *expected)
{
    sd_bus_error error = SD_BUS_ERROR_NULL;
    sd_bus_message *answer = NULL;
    const char *text = NULL;
    int r = -EINVAL;

    if (i == 0)
        r = sd_bus_call_method(bus, NULL, OBJECT, INTERFACE, "Pause", &error, &answer, "sst", "app",
            "/a", UINT64_C(5000000000));
    else if (i == 1)
        r = sd_bus_call_method(
            bus, NULL, OBJECT, INTERFACE, "Resume", &error, &answer, "ss", "app", "");
    else if (i == 2)
        r = sd_bus_call_method(bus, NULL, OBJECT, INTERFACE, "Relieve", &error, &answer, "sssb",
            "/a", "kill", "pid:7", 1);
    else if (i == 4)
        r = sd_bus_call_method(
            bus, NULL, OBJECT, INTERFACE, "Record", &error, &answer, "s", "trace-1");
    else
        r = sd_bus_call_method(
            bus, NULL, OBJECT, INTERFACE, "Try", &error, &answer, "ss", "app", "/a");
    if (r >= 0)
        CHECK(sd_bus_message_read(answer, "s", &text) >= 0);
    bool same = strcmp(r < 0 ? error.message : text, expected) == 0;
    sd_bus_message_unref(answer);
    sd_bus_error_free(&error);
    return same;
}

static void client_acts(const struct world *world)
{
    static const char *const expected[] = {
        "0|app|/a|5000000000", "it was not paused", "0|/a|kill|pid:7|1", "0|app|/a", "0|trace-1"};
    sd_bus *bus = connect_bus(world);

    for (size_t i = 0; i < 5; i++)
        CHECK(acts(bus, i, expected[i]));
    sd_bus_unref(bus);
}

static void client_stranger_acts(const struct world *world)
{
    CHECK(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    sd_bus *bus = connect_bus(world);
    for (size_t i = 0; i < 5; i++)
        CHECK(acts(bus, i, "only root may do this by hand, or the user that reliefd runs as"));
    sd_bus_unref(bus);
}

static void test_acts_by_hand(void **state)
{
    struct world *world = *state;

    if (geteuid() != 0)
        return;
    assert_int_equal(serve(world, client_stranger_acts), 0);
    assert_int_equal(world->acts, 0);
    assert_int_equal(serve(world, client_acts), 0);
    assert_int_equal(world->acts, 5);
}

static void test_round_trip(void **state)
{
    struct world *world = *state;
    struct stat st;

    assert_int_equal(stat(world->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0666);
    assert_int_equal(serve(world, client_all), 0);
    assert_int_equal(world->reloads, 2);
}

static void test_stranger(void **state)
{
    struct world *world = *state;

    if (geteuid() != 0)
        return; /* only root can become somebody else */
    assert_int_equal(serve(world, client_stranger), 0);
    assert_int_equal(world->reloads, 0);
}

static void client_again(const struct world *world)
{
    sd_bus *bus = connect_bus(world);

    check_text(bus, "Status", "", NULL, "{\"pid\":1}");
    sd_bus_unref(bus);
}

/* Somebody who is not root asks without end. */
static void client_nags(const struct world *world)
{
    CHECK(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    sd_bus *bus = connect_bus(world);
    int served = 0;

    while (served < 100000 &&
           sd_bus_call_method(bus, NULL, OBJECT, INTERFACE, "Status", NULL, NULL, "") >= 0)
        served++;
    CHECK(served >= 20 && served < 100000);
    sd_bus_close_unref(bus);
}

/* The server serves as before, whatever happened. */
static void check_alive(struct world *world)
{
    settle(world);
    assert_int_equal(serve(world, client_again), 0);
}

static void test_garbage(void **state)
{
    static const char texts[][64] = {
        "",
        "\n",
        "GET / HTTP/1.1\r\n\r\n",
        "\0AUTH EXTERNAL 30\r\nBEGIN\r\nl\1\0\1\377\377\377\377",
        "\0AUTH "
        "ANONYMOUS\r\nBEGIN\r\n\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377\377",
    };
    struct world *world = *state;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int fd = connect_raw(world);
        assert_true(fd >= 0);
        if (write(fd, texts[i], sizeof(texts[i])) < 0)
            assert_int_equal(errno, EPIPE);
        settle(world);
        close(fd);
        settle(world);
    }
    check_alive(world);
}

/* Only so many at a time; who is over is turned away, and a place that is left is free again. */
static void test_cap(void **state)
{
    struct world *world = *state;
    int fds[3 * RL_BUS_PEERS];
    size_t n = sizeof(fds) / sizeof(fds[0]), held = 0;

    for (size_t i = 0; i < n; i++) {
        fds[i] = connect_raw(world);
        assert_true(fds[i] >= 0);
        settle(world);
    }
    for (size_t i = 0; i < n; i++) {
        struct pollfd turned_away = {.fd = fds[i], .events = POLLIN};
        assert_true(poll(&turned_away, 1, 0) >= 0);
        held += !(turned_away.revents & POLLHUP);
    }
    assert_int_equal(held, RL_BUS_PEERS);
    for (size_t i = 0; i < n; i++)
        close(fds[i]);
    check_alive(world);
}

/* Open more connections than there are. Return: how many of them are held. */
static int crowd(const struct world *world, uid_t uid)
{
    int fds[2 * RL_BUS_PEERS], held = 0;

    CHECK(setgid(NOBODY) == 0 && setuid(uid) == 0);
    for (int i = 0; i < 2 * RL_BUS_PEERS; i++) {
        fds[i] = connect_raw(world);
        CHECK(fds[i] >= 0);
        /* Who is let in gets an answer to his greeting, who is not gets the end. */
        char answer[64];
        CHECK(write(fds[i], "\0AUTH EXTERNAL\r\n", 16) == 16 || errno == EPIPE);
        held += recv(fds[i], answer, sizeof(answer), 0) > 0;
    }
    return held;
}

static void client_crowd(const struct world *world)
{
    _exit(crowd(world, NOBODY));
}

static void test_one_user_has_a_share(void **state)
{
    struct world *world = *state;

    if (geteuid() != 0)
        return;
    assert_int_equal(serve(world, client_crowd), 4);
    check_alive(world);
}

/* Several users' connections never shut root out. */
static void test_strangers_leave_room(void **state)
{
    struct world *world = *state;
    pid_t pids[6];
    int ready[2];
    char byte;

    if (geteuid() != 0)
        return;
    assert_int_equal(pipe2(ready, O_NONBLOCK), 0);
    for (size_t i = 0; i < 6; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            alarm(20);
            crowd(world, (uid_t)(60000 + i));
            CHECK(write(ready[1], "", 1) == 1);
            pause();
            _exit(0);
        }
    }
    for (size_t i = 0; i < 6; i += read(ready[0], &byte, 1) == 1)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    assert_int_equal(serve(world, client_again), 0);
    for (size_t i = 0; i < 6; i++) {
        kill(pids[i], SIGKILL);
        waitpid(pids[i], NULL, 0);
    }
    close(ready[0]);
    close(ready[1]);
}

/* A client that asks and never reads. */
static void client_sulks(const struct world *world)
{
    sd_bus *bus = connect_bus(world);
    sd_bus_message *message = NULL;

    check_text(bus, "Status", "", NULL, "{\"pid\":1}");
    for (int i = 0; i < 500; i++) {
        if (sd_bus_message_new_method_call(bus, &message, NULL, OBJECT, INTERFACE, "Explain") < 0 ||
            sd_bus_message_append(message, "s", "big") < 0)
            _exit(1);
        sd_bus_send(bus, message, NULL);
        message = sd_bus_message_unref(message);
        if (sd_bus_flush(bus) < 0)
            break;
    }
    /* Dropped: what is left to read ends. */
    int fd = sd_bus_get_fd(bus);
    char buf[65536];
    for (ssize_t n; (n = recv(fd, buf, sizeof(buf), 0)) > 0;)
        ;
}

static void test_who_does_not_read_is_dropped(void **state)
{
    struct world *world = *state;

    assert_int_equal(serve(world, client_sulks), 0);
    check_alive(world);
}

/* Somebody who is not root sends a message that has no end. */
static void client_floods(const struct world *world)
{
    static const char start[] = "\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n"
                                "l\1\0\1\0\0\0\7\1\0\0\0\10\0\0\0\1\1o\0\1\0\0\0/";
    static char text[65536];
    size_t sent = 0;

    CHECK(setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
    int fd = connect_raw(world);
    CHECK(fd >= 0 && write(fd, start, sizeof(start)) == sizeof(start));
    for (ssize_t n; sent < (100u << 20) && (n = write(fd, text, sizeof(text))) > 0;)
        sent += (size_t)n;
    CHECK(sent > 65536 && sent < (1u << 20));
}

static void test_floods_are_bounded(void **state)
{
    struct world *world = *state;

    if (geteuid() != 0)
        return;
    assert_int_equal(serve(world, client_floods), 0);
    check_alive(world);
}

static void test_who_asks_without_end_is_dropped(void **state)
{
    struct world *world = *state;

    if (geteuid() != 0)
        return;
    assert_int_equal(serve(world, client_nags), 0);
    check_alive(world);
}

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    const char *id, *json;

    CHECK(sd_bus_message_read(message, "ss", &id, &json) >= 0);
    if (strcmp(sd_bus_message_get_member(message), "IncidentEnded") == 0) {
        CHECK(strcmp(id, "i1") == 0 && strcmp(json, "{}") == 0);
        _exit(0);
    }
    return 0;
}

static void client_listens(const struct world *world)
{
    sd_bus *bus = connect_bus(world);

    CHECK(sd_bus_match_signal_async(
              bus, NULL, NULL, OBJECT, INTERFACE, NULL, on_signal, NULL, NULL) >= 0);
    check_text(bus, "Status", "", NULL, "{\"pid\":1}");
    check_text(bus, "Explain", "s", "ready", "<ready>");
    for (;;) {
        int r = sd_bus_process(bus, NULL);
        CHECK(r >= 0);
        if (r == 0)
            sd_bus_wait(bus, UINT64_MAX);
    }
}

static int emit_now(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct world *world = userdata;

    rl_bus_incident_started(world->bus, "i1", "{}");
    rl_bus_incident_ended(world->bus, "i1", "{}");
    assert_true(sd_event_source_set_time_relative(source, 50000) >= 0);
    return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static void test_signals(void **state)
{
    struct world *world = *state;
    sd_event_source *timer = NULL;

    rl_bus_incident_started(world->bus, "i0", "{}"); /* nobody there */
    assert_true(
        sd_event_add_time(world->event, &timer, CLOCK_MONOTONIC, 0, 1, emit_now, world) >= 0);
    assert_int_equal(serve(world, client_listens), 0);
    sd_event_source_unref(timer);
}

/* Waits until the server has sent a thousand signals, and only then reads. */
static void wait_and_read(const struct world *world, int ready, int sent)
{
    sd_bus *bus = connect_bus(world);
    char buf[65536];
    size_t bytes = 0;

    check_text(bus, "Status", "", NULL, "{\"pid\":1}");
    CHECK(write(ready, "", 1) == 1);
    CHECK(read(sent, buf, 1) == 1);
    for (ssize_t n; (n = recv(sd_bus_get_fd(bus), buf, sizeof(buf), 0)) != 0; bytes += (size_t)n) {
        struct pollfd more = {.fd = sd_bus_get_fd(bus), .events = POLLIN};
        if (n < 0 && errno == EAGAIN && (n = 0, poll(&more, 1, -1)) < 0)
            _exit(1);
        if (n < 0)
            break; /* reset: the same */
    }
    CHECK(bytes > 0 && bytes < 200 * 100000u);
}

/* Signals to somebody who never reads do not pile up: he is dropped. */
static void test_signals_to_a_sulker(void **state)
{
    static char json[100000];
    struct world *world = *state;
    int ready[2], sent[2], status;
    char byte;

    memset(json, 'x', sizeof(json) - 1);
    assert_int_equal(pipe2(ready, O_NONBLOCK), 0);
    assert_int_equal(pipe(sent), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        alarm(20);
        wait_and_read(world, ready[1], sent[0]);
        _exit(0);
    }
    while (read(ready[0], &byte, 1) != 1)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    for (int i = 0; i < 1000; i++) {
        rl_bus_incident_ended(world->bus, "i1", json);
        assert_true(sd_event_run(world->event, 0) >= 0);
    }
    assert_int_equal(write(sent[1], "", 1), 1);
    while (waitpid(pid, &status, WNOHANG) == 0)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    check_alive(world);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(sent[i]);
    }
}

/* At the end of the daemon what a peer has not read is lost, and not waited for. */
static void test_the_end_waits_for_nobody(void **state)
{
    static char json[1 << 20];
    struct world *world = *state;
    int ready[2], sent[2];
    char byte;

    memset(json, 'x', sizeof(json) - 1);
    assert_int_equal(pipe2(ready, O_NONBLOCK), 0);
    assert_int_equal(pipe(sent), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        close(sent[1]);
        alarm(20);
        wait_and_read(world, ready[1], sent[0]);
        _exit(0);
    }
    while (read(ready[0], &byte, 1) != 1)
        assert_true(sd_event_run(world->event, 20000) >= 0);
    for (int i = 0; i < 32; i++) /* more than any socket takes, and few enough not to be dropped */
        rl_bus_incident_ended(world->bus, "i1", json);
    assert_true(sd_event_exit(world->event, 0) >= 0);
    alarm(15);
    assert_int_equal(sd_event_loop(world->event), 0);
    alarm(0);
    kill(pid, SIGKILL);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    for (int i = 0; i < 2; i++) {
        close(ready[i]);
        close(sent[i]);
    }
}

static void test_old_socket(void **state)
{
    struct world *world = *state;
    const struct rl_bus_api api = {
        api_status,
        api_policies,
        api_explain,
        api_incidents,
        api_reload,
        world,
        &hand,
        api_grades,
        api_metrics,
    };
    struct rl_bus *second = NULL;
    struct stat st;

    /* Somebody listens there. */
    assert_int_equal(rl_bus_new(world->event, world->path, &api, &second), -EADDRINUSE);
    check_alive(world);

    /* What a daemon left that was killed. */
    world->bus = rl_bus_free(world->bus);
    assert_int_equal(stat(world->path, &st), -1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, world->path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    close(fd);
    world->bus = new_bus(world);
    check_alive(world);

    /* Somebody's file. */
    world->bus = rl_bus_free(world->bus);
    folder_write(&world->folder, "run/deep/bus", "mine");
    assert_int_equal(rl_bus_new(world->event, world->path, &api, &second), -EEXIST);
    assert_int_equal(stat(world->path, &st), 0);
    assert_int_equal(unlink(world->path), 0);

    char far[300];
    memset(far, 'x', sizeof(far));
    far[0] = '/';
    far[sizeof(far) - 1] = '\0';
    assert_int_equal(rl_bus_new(world->event, far, &api, &second), -ENAMETOOLONG);
    world->bus = new_bus(world);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_round_trip),
        WORLD(test_stranger),
        WORLD(test_acts_by_hand),
        WORLD(test_garbage),
        WORLD(test_cap),
        WORLD(test_one_user_has_a_share),
        WORLD(test_strangers_leave_room),
        WORLD(test_who_does_not_read_is_dropped),
        WORLD(test_who_asks_without_end_is_dropped),
        WORLD(test_floods_are_bounded),
        WORLD(test_signals),
        WORLD(test_signals_to_a_sulker),
        WORLD(test_the_end_waits_for_nobody),
        WORLD(test_old_socket),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
