/* org.reliefd1 over a system bus: what it tells of itself, who may read, and who may act. */
#include "tests/unit/unit.h"

#include <fcntl.h>

#include "daemon/report/bus.h"
#include "daemon/report/log.h"
#include "daemon/report/system-door.h"
#include "tests/unit/message-bus.h"

#define NOBODY 65534
#define OBJECT "/org/reliefd1"
#define NAME   "org.reliefd1"

/* The distribution's policy with our file, and a polkit that anyone may be. */
#define WITH_OURS                                                                                  \
    SYSTEM_POLICY "<include>" RL_SOURCE_ROOT "/contrib/dbus/org.reliefd1.conf</include>"           \
                  "<policy context='default'><allow own='org.freedesktop.PolicyKit1'/>"            \
                  "<allow send_destination='org.freedesktop.PolicyKit1'/></policy>"

struct world {
    struct folder folder;
    char address[BUS_ADDRESS_MAX], socket[64];
    sd_event *event;
    pid_t daemon;
    struct rl_bus *bus;
    sd_bus *client, *polkit;
    unsigned signals, acts, asked;
    uid_t user;
    uint32_t max;
    /* what polkit says */
    int authorized, challenge;
    bool silent;
    char action[64];
    uint32_t flags;
    char subject[64];
};

static char *api_text(void *userdata, const char **ret_error)
{
    return strdup("{\"ok\":true}");
}

static char *api_explain(void *userdata, const char *what, const char **ret_error)
{
    if (*what)
        return strdup(what);
    *ret_error = "what?";
    return NULL;
}

static char *api_incidents(void *userdata, unsigned max, const char **ret_error)
{
    ((struct world *)userdata)->max = max;
    return strdup("[]");
}

static int api_reload(void *userdata, const char **ret_error)
{
    ((struct world *)userdata)->acts++;
    return 0;
}

static char *acted(struct world *world, uid_t user)
{
    world->acts++;
    world->user = user;
    return strdup("{}");
}

static char *api_pause(void *userdata, uid_t user, const char *policy, const char *cgroup,
    uint64_t length_us, const char **ret_error)
{
    assert_string_equal(policy, "p");
    assert_string_equal(cgroup, "/c");
    assert_int_equal(length_us, 7);
    return acted(userdata, user);
}

static char *api_two(
    void *userdata, uid_t user, const char *policy, const char *cgroup, const char **ret_error)
{
    return acted(userdata, user);
}

static char *api_relieve(
    void *userdata, uid_t user, const struct rl_bus_relief *relief, const char **ret_error)
{
    assert_string_equal(relief->step, "kill");
    return acted(userdata, user);
}

static char *api_record(void *userdata, uid_t user, const char *fifo, const char **ret_error)
{
    return acted(userdata, user);
}

static const struct rl_bus_hand hand = {api_pause, api_two, api_relieve, api_two, api_record};

static bool has_name(struct world *world)
{
    return sd_bus_get_name_creds(world->client, NAME, 0, NULL) >= 0;
}

static void start_daemon(struct world *world)
{
    char socket[128];

    snprintf(socket, sizeof(socket), "%s/bus", world->folder.path);
    unlink(socket);
    world->daemon = message_bus_start(
        &world->folder, "bus", geteuid(), geteuid() == 0 ? WITH_OURS : OPEN_POLICY);
    world->client = message_bus_client(world->event, world->address);
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    const struct rl_bus_api api = {
        .status = api_text,
        .policies = api_text,
        .grades = api_text,
        .metrics = api_text,
        .explain = api_explain,
        .incidents = api_incidents,
        .reload = api_reload,
        .hand = &hand,
        .userdata = world,
    };

    folder_new(&world->folder);
    assert_int_equal(chmod(world->folder.path, 0755), 0);
    assert_int_equal(mkdirat(world->folder.fd, "services", 0755), 0);
    snprintf(world->address, sizeof(world->address), "unix:path=%s/bus", world->folder.path);
    snprintf(world->socket, sizeof(world->socket), "%s/private", world->folder.path);
    assert_true(sd_event_new(&world->event) >= 0);
    rl_log_open_to(LOG_ERR, "/nonexistent/journal", -1);
    *state = world;
    if (!message_bus_can())
        return 0;
    start_daemon(world);
    assert_int_equal(rl_bus_new(world->event, world->socket, &api, &world->bus), 0);
    const struct rl_system_bus_options options = {.address = world->address, .retry_us = 1};
    assert_int_equal(rl_bus_open_system(world->bus, &options), 0);
    WAIT_FOR(world->event, has_name(world));
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    rl_bus_free(world->bus);
    message_bus_client_end(world->polkit);
    message_bus_client_end(world->client);
    message_bus_stop(&world->daemon);
    sd_event_unref(world->event);
    rl_log_close();
    folder_free(&world->folder);
    free(world);
    return 0;
}

/* The answer to a call in words: the text, "" for none, or the error's last word. */
struct answer {
    bool came;
    char text[16384];
};

static int on_answer(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    const sd_bus_error *error = sd_bus_message_get_error(message);
    struct answer *answer = userdata;
    const char *text = "";

    if (error)
        text = strrchr(error->name, '.') + 1;
    else if (!sd_bus_message_is_empty(message))
        assert_true(sd_bus_message_read(message, "s", &text) > 0);
    snprintf(answer->text, sizeof(answer->text), "%s", text);
    answer->came = true;
    return 1;
}

static const struct row {
    const char *method, *types;
    const char *expected; /* for a reader */
    bool acts;
} methods[] = {
    {"Status", "", "{\"ok\":true}", false},
    {"Policies", "", "{\"ok\":true}", false},
    {"Grades", "", "{\"ok\":true}", false},
    {"Metrics", "", "{\"ok\":true}", false},
    {"Explain", "s", "p", false},
    {"Incidents", "u", "[]", false},
    {"Reload", "", "AccessDenied", true},
    {"Pause", "sst", "AccessDenied", true},
    {"Resume", "ss", "AccessDenied", true},
    {"Relieve", "sssb", "AccessDenied", true},
    {"Try", "ss", "AccessDenied", true},
    {"Record", "s", "NotSupported", false},
};

static sd_bus_message *new_call(sd_bus *bus, const struct row *row)
{
    static const char *const strings[] = {"p", "/c", "kill"};
    sd_bus_message *call = NULL;
    uint64_t length = 7;
    uint32_t max = 1000;
    int look = 0;

    assert_true(sd_bus_message_new_method_call(bus, &call, NAME, OBJECT, NAME, row->method) >= 0);
    for (size_t i = 0; row->types[i]; i++) {
        const char type = row->types[i];
        const void *value = type == 's'   ? strings[strcmp(row->method, "Relieve") == 0 ? 2 : i % 2]
                            : type == 't' ? (const void *)&length
                            : type == 'u' ? (const void *)&max
                                          : (const void *)&look;
        assert_true(sd_bus_message_append_basic(call, type, value) >= 0);
    }
    return call;
}

static void send_call(sd_bus *bus, const struct row *row, bool person, struct answer *answer)
{
    sd_bus_message *call = new_call(bus, row);

    answer->came = false;
    if (person)
        assert_true(sd_bus_message_set_allow_interactive_authorization(call, 1) >= 0);
    assert_true(sd_bus_call_async(bus, NULL, call, on_answer, answer, PATIENCE_US) >= 0);
    sd_bus_message_unref(call);
}

static const char *call_method(struct world *world, sd_bus *bus, const struct row *row)
{
    static struct answer answer;

    send_call(bus, row, false, &answer);
    WAIT_FOR(world->event, answer.came);
    return answer.text;
}

/* A client whose connection the bus takes for nobody's: who connects decides. */
static sd_bus *client_of_nobody(struct world *world)
{
    assert_int_equal(seteuid(NOBODY), 0);
    sd_bus *bus = message_bus_client(world->event, world->address);
    uint64_t began = message_bus_now_us();
    /* Until it has said who it is. */
    while (sd_bus_is_ready(bus) <= 0 && message_bus_now_us() - began < PATIENCE_US)
        assert_true(sd_bus_process(bus, NULL) >= 0);
    assert_int_equal(seteuid(0), 0);
    return bus;
}

static int on_check(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct world *world = userdata;
    const char *kind, *key, *sender, *action, *cancellation;

    if (!sd_bus_message_is_method_call(
            call, "org.freedesktop.PolicyKit1.Authority", "CheckAuthorization"))
        return 0;
    assert_true(sd_bus_message_read(call, "(sa{sv})s", &kind, 1, &key, "s", &sender, &action) > 0);
    assert_true(sd_bus_message_read(call, "a{ss}us", 0, &world->flags, &cancellation) > 0);
    assert_string_equal(kind, "system-bus-name");
    assert_string_equal(key, "name");
    assert_string_equal(cancellation, "");
    snprintf(world->action, sizeof(world->action), "%s", action);
    snprintf(world->subject, sizeof(world->subject), "%s", sender);
    world->asked++;
    if (world->silent)
        return 1;
    return sd_bus_reply_method_return(call, "(bba{ss})", world->authorized, world->challenge, 0);
}

static void start_polkit(struct world *world)
{
    world->polkit = message_bus_client(world->event, world->address);
    assert_true(sd_bus_add_filter(world->polkit, NULL, on_check, world) >= 0);
    assert_true(sd_bus_request_name(world->polkit, "org.freedesktop.PolicyKit1", 0) >= 0);
}

static void test_root(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        const struct row *row = &methods[i];
        const char *expected = !row->acts                           ? row->expected
                               : strcmp(row->method, "Reload") == 0 ? ""
                                                                    : "{}";
        world->user = 1;
        assert_string_equal(call_method(world, world->client, row), expected);
        if (row->acts && *expected)
            assert_int_equal(world->user, geteuid());
    }
    assert_int_equal(world->acts, 5);
    assert_int_equal(world->max, 32);
}

static void test_reader(void **state)
{
    struct world *world = *state;

    if (!message_bus_can() || geteuid() != 0)
        skip();
    sd_bus *bus = client_of_nobody(world);
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        assert_string_equal(call_method(world, bus, &methods[i]), methods[i].expected);
    assert_int_equal(world->acts, 0);
    assert_int_equal(world->max, 32);
    message_bus_client_end(bus);
}

static void test_polkit(void **state)
{
    static const struct {
        int authorized, challenge;
        bool person;
        const char *expected;
    } rows[] = {
        {1, 0, false, NULL},
        {1, 0, true, NULL},
        {0, 0, true, "AccessDenied"},
        {0, 1, false, "InteractiveAuthorizationRequired"},
    };
    static const char *const actions[] = {"reload", "pause", "pause", "relieve", "relieve"};
    struct world *world = *state;
    struct answer answer;
    const char *sender;

    if (!message_bus_can() || geteuid() != 0)
        skip();
    start_polkit(world);
    sd_bus *bus = client_of_nobody(world);
    assert_true(sd_bus_get_unique_name(bus, &sender) >= 0);
    for (size_t r = 0; r < sizeof(rows) / sizeof(rows[0]); r++) {
        for (size_t i = 0, a = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
            char action[64];
            if (!methods[i].acts)
                continue;
            world->acts = 0;
            world->authorized = rows[r].authorized;
            world->challenge = rows[r].challenge;
            send_call(bus, &methods[i], rows[r].person, &answer);
            WAIT_FOR(world->event, answer.came);
            snprintf(action, sizeof(action), "org.reliefd1.%s", actions[a++]);
            assert_string_equal(world->action, action);
            assert_string_equal(world->subject, sender);
            assert_int_equal(world->flags, rows[r].person);
            assert_int_equal(world->acts, rows[r].authorized);
            if (rows[r].expected)
                assert_string_equal(answer.text, rows[r].expected);
            else if (i != 6)
                assert_int_equal(world->user, NOBODY);
        }
    }
    assert_int_equal(world->asked, 20);
    /* Root is not asked about, whatever polkit would say. */
    assert_string_equal(call_method(world, world->client, &methods[6]), "");
    assert_int_equal(world->asked, 20);
    message_bus_client_end(bus);
}

/* A polkit that says nothing: the loop goes on, one question for each sender and so many in all. */
static void test_polkit_hangs(void **state)
{
    struct world *world = *state;
    sd_bus *clients[RL_DOOR_WAITING + 1];
    struct answer answers[RL_DOOR_WAITING + 1] = {0}, second;

    if (!message_bus_can() || geteuid() != 0)
        skip();
    start_polkit(world);
    world->silent = true;
    for (size_t i = 0; i <= RL_DOOR_WAITING; i++) {
        clients[i] = client_of_nobody(world);
        send_call(clients[i], &methods[6], true, &answers[i]);
        if (i < RL_DOOR_WAITING)
            WAIT_FOR(world->event, world->asked == i + 1);
        if (i == 0) {
            send_call(clients[0], &methods[7], true, &second);
            WAIT_FOR(world->event, second.came);
            assert_string_equal(second.text, "LimitsExceeded");
        }
    }
    WAIT_FOR(world->event, answers[RL_DOOR_WAITING].came);
    assert_string_equal(answers[RL_DOOR_WAITING].text, "LimitsExceeded");
    assert_string_equal(call_method(world, clients[0], &methods[0]), methods[0].expected);

    /* It ends: who waited hears of it, and the places are free. */
    world->polkit = message_bus_client_end(world->polkit);
    for (size_t i = 0; i < RL_DOOR_WAITING; i++) {
        WAIT_FOR(world->event, answers[i].came);
        assert_string_equal(answers[i].text, "AccessDenied");
    }
    assert_string_equal(call_method(world, clients[0], &methods[6]), "AccessDenied");
    assert_int_equal(world->acts, 0);
    for (size_t i = 0; i <= RL_DOOR_WAITING; i++)
        message_bus_client_end(clients[i]);
}

/* The bus dies while somebody waits for polkit, and returns. */
static void test_the_bus_dies(void **state)
{
    struct world *world = *state;
    sd_bus *clients[RL_DOOR_WAITING];
    struct answer answer = {0}, answers[RL_DOOR_WAITING] = {0};

    if (!message_bus_can() || geteuid() != 0)
        skip();
    start_polkit(world);
    world->silent = true;
    sd_bus *bus = client_of_nobody(world);
    send_call(bus, &methods[6], true, &answer);
    WAIT_FOR(world->event, world->asked == 1);
    message_bus_stop(&world->daemon);
    WAIT_FOR(world->event, answer.came);
    message_bus_client_end(bus);
    world->polkit = message_bus_client_end(world->polkit);
    message_bus_client_end(world->client);
    start_daemon(world);
    WAIT_FOR(world->event, has_name(world));
    assert_string_equal(call_method(world, world->client, &methods[0]), methods[0].expected);
    /* Nobody who is gone keeps a place. */
    start_polkit(world);
    world->asked = 0;
    for (size_t i = 0; i < RL_DOOR_WAITING; i++) {
        clients[i] = client_of_nobody(world);
        send_call(clients[i], &methods[6], true, &answers[i]);
    }
    WAIT_FOR(world->event, world->asked == RL_DOOR_WAITING);
    for (size_t i = 0; i < RL_DOOR_WAITING; i++)
        message_bus_client_end(clients[i]);
    assert_int_equal(world->acts, 0);
}

/* Who asks without end gets so many answers a second. */
static void test_too_many_calls(void **state)
{
    static struct answer answers[2 * RL_DOOR_CALLS_PER_SECOND];
    struct world *world = *state;
    const size_t n = sizeof(answers) / sizeof(answers[0]);
    size_t refused = 0;

    if (!message_bus_can())
        skip();
    for (size_t i = 0; i < n; i++)
        send_call(world->client, &methods[0], false, &answers[i]);
    for (size_t i = 0; i < n; i++) {
        WAIT_FOR(world->event, answers[i].came);
        refused += strcmp(answers[i].text, "LimitsExceeded") == 0;
    }
    /* On a slow machine it takes more than a second, and more get through. */
    assert_true(answers[0].came && strcmp(answers[0].text, "{\"ok\":true}") == 0);
    if (refused == 0)
        print_message("the calls took more than a second: nothing was seen\n");
    usleep(1000000);
    assert_true(sd_event_run(world->event, 1) >= 0);
    assert_string_equal(call_method(world, world->client, &methods[0]), "{\"ok\":true}");
}

static int on_signal(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    static const char *const members[] = {"IncidentStarted", "IncidentEnded", "Warning"};
    struct world *world = userdata;
    const char *id, *json;

    assert_true(world->signals < 3);
    assert_string_equal(sd_bus_message_get_member(message), members[world->signals]);
    assert_true(sd_bus_message_read(message, "ss", &id, &json) > 0);
    assert_string_equal(id, "i1");
    assert_string_equal(json, "{}");
    world->signals++;
    return 0;
}

static void test_signals(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    assert_true(
        sd_bus_match_signal(world->client, NULL, NAME, OBJECT, NAME, NULL, on_signal, world) >= 0);
    /* Once it answers by its name, it knows of the name. */
    call_method(world, world->client, &methods[0]);
    rl_bus_incident_started(world->bus, "i1", "{}");
    rl_bus_incident_ended(world->bus, "i1", "{}");
    rl_bus_warning(world->bus, "i1", "{}");
    WAIT_FOR(world->event, world->signals == 3);
}

/* The tags of our interface with what matters of them, comments left out. Return: their number. */
static size_t outline(const char *xml, char *buf, size_t size)
{
    static const char *const tags[] = {"method ", "signal ", "property ", "arg ", "annotation "};
    const char *at = strstr(xml, "<interface name=\"org.reliefd1\">"), *end;
    size_t n = 0, used = 0;

    assert_non_null(at);
    end = strstr(at, "</interface>");
    assert_non_null(end);
    while ((at = strchr(at, '<')) && at < end) {
        if (strncmp(at, "<!--", 4) == 0) {
            at = strstr(at, "-->");
            assert_non_null(at);
            continue;
        }
        at++;
        for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
            if (strncmp(at, tags[i], strlen(tags[i])) != 0)
                continue;
            size_t len = strcspn(at, "/>");
            assert_true(used + len + 2 < size);
            memcpy(buf + used, at, len);
            used += len;
            buf[used++] = '\n';
            n++;
        }
    }
    buf[used] = '\0';
    return n;
}

/* Introspection and the file that is installed say the same. */
static void test_interface_file(void **state)
{
    static char file[16384], told[8192], written[8192];
    const struct row introspect = {"Introspect", "", NULL, false};
    struct world *world = *state;
    struct answer answer = {0};

    if (!message_bus_can())
        skip();
    assert_true(
        sd_bus_call_method_async(world->client, NULL, NAME, OBJECT,
            "org.freedesktop.DBus.Introspectable", introspect.method, on_answer, &answer, "") >= 0);
    WAIT_FOR(world->event, answer.came);
    int fd = open(RL_SOURCE_ROOT "/contrib/dbus/org.reliefd1.xml", O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    ssize_t n = read(fd, file, sizeof(file));
    assert_true(n > 0 && (size_t)n < sizeof(file));
    close(fd);
    assert_true(outline(answer.text, told, sizeof(told)) > 30);
    outline(file, written, sizeof(written));
    assert_string_equal(told, written);

    /* Every method was called above, and every action is one that polkit knows. */
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
        char tag[64];
        snprintf(tag, sizeof(tag), "method name=\"%s\"", methods[i].method);
        assert_non_null(strstr(told, tag));
    }
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_interface_file),
        WORLD(test_root),
        WORLD(test_reader),
        WORLD(test_polkit),
        WORLD(test_polkit_hangs),
        WORLD(test_the_bus_dies),
        WORLD(test_too_many_calls),
        WORLD(test_signals),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
