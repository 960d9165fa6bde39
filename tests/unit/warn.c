/* A warning on each of its channels, and what levels mean. */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <jansson.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/report/log.h"
#include "daemon/report/report.h"
#include "daemon/report/warn.h"
#include "tests/unit/message-bus.h"
#include "tests/unit/report-sample.h"

struct world {
    struct folder folder;
    char address[BUS_ADDRESS_MAX], private_path[64];
    sd_event *event;
    pid_t daemon;
    struct rl_bus *bus;
    struct rl_warner *warner;
    sd_bus *client, *peer;
    unsigned warnings, levels, notified;
    char id[64], json[4096];
    uint8_t level;
    int journal;
};

static const struct rl_warning plain = {
    .incident = "i1",
    .policy = "db",
    .cgroup = SAMPLE_OFFENDER,
    .sentence = "It is short of memory",
    .level = RL_WARN_MEDIUM,
};

static size_t count_users(uid_t *ret, size_t max, void *userdata)
{
    ((struct world *)userdata)->notified++;
    return 0;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    struct sockaddr_un journal = {.sun_family = AF_UNIX};

    folder_new(&world->folder);
    snprintf(world->address, sizeof(world->address), "unix:path=%s/bus", world->folder.path);
    snprintf(world->private_path, sizeof(world->private_path), "%s/private", world->folder.path);
    snprintf(journal.sun_path, sizeof(journal.sun_path), "%s/journal", world->folder.path);
    world->journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(world->journal, (const struct sockaddr *)&journal, sizeof(journal)), 0);
    rl_log_open_to(LOG_ERR, journal.sun_path, -1);
    assert_true(sd_event_new(&world->event) >= 0);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    rl_warner_free(world->warner);
    message_bus_client_end(world->client);
    message_bus_client_end(world->peer);
    rl_bus_free(world->bus);
    message_bus_stop(&world->daemon);
    sd_event_unref(world->event);
    rl_log_close();
    close(world->journal);
    folder_free(&world->folder);
    free(world);
    return 0;
}

static char *no_json(void *userdata, const char **ret_error)
{
    return strdup("{}");
}

static void new_warner(struct world *world, bool system_bus)
{
    const struct rl_bus_api api = {.status = no_json};
    const struct rl_system_bus_options system = {.address = world->address};
    const struct rl_warner_options options = {
        .programs = system_bus,
        .desktop.users = count_users,
        .desktop.userdata = world,
    };

    assert_int_equal(rl_warner_new(world->event, &options, &world->warner), 0);
    if (!system_bus)
        return;
    assert_int_equal(rl_bus_new(world->event, world->private_path, &api, &world->bus), 0);
    assert_int_equal(rl_bus_open_system(world->bus, &system), 0);
    rl_warner_set_bus(world->warner, world->bus);
}

static int on_warning(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    struct world *world = userdata;
    const char *id, *json;

    assert_true(sd_bus_message_read(message, "ss", &id, &json) > 0);
    snprintf(world->id, sizeof(world->id), "%s", id);
    snprintf(world->json, sizeof(world->json), "%s", json);
    world->warnings++;
    return 0;
}

static int on_level(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    struct world *world = userdata;

    assert_true(sd_bus_message_read(message, "y", &world->level) > 0);
    world->levels++;
    return 0;
}

/* A client of the system bus for both signals. */
static void listen_to_system(struct world *world)
{
    world->daemon = message_bus_start(&world->folder, "bus", geteuid(), OPEN_POLICY);
    world->client = message_bus_client(world->event, world->address);
    assert_true(sd_bus_match_signal(world->client, NULL, "org.reliefd1", "/org/reliefd1",
                    "org.reliefd1", "Warning", on_warning, world) >= 0);
    /* As GLib's GMemoryMonitor does it. */
    assert_true(sd_bus_match_signal(world->client, NULL, "org.freedesktop.LowMemoryMonitor",
                    "/org/freedesktop/LowMemoryMonitor", "org.freedesktop.LowMemoryMonitor",
                    "LowMemoryWarning", on_level, world) >= 0);
}

/* Both names stand when the last of them can be heard. */
static void wait_for_names(struct world *world)
{
    static const char *const names[] = {"org.reliefd1", "org.freedesktop.LowMemoryMonitor"};

    for (size_t i = 0; i < 2; i++)
        WAIT_FOR(world->event, sd_bus_get_name_creds(world->client, names[i], 0, NULL) >= 0);
    while (sd_event_run(world->event, 200000) > 0)
        ;
}

static void settle(struct world *world)
{
    while (sd_event_run(world->event, 100000) > 0)
        ;
}

static void check_json(const struct world *world)
{
    json_t *json = json_loads(world->json, 0, NULL);

    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "id")), "i1");
    assert_string_equal(json_string_value(json_object_get(json, "policy")), "db");
    assert_string_equal(json_string_value(json_object_get(json, "cgroup")), SAMPLE_OFFENDER);
    assert_int_equal(json_integer_value(json_object_get(json, "level")), 100);
    assert_string_equal(json_string_value(json_object_get(json, "level_name")), "medium");
    assert_string_equal(
        json_string_value(json_object_get(json, "message")), "It is short of memory");
    json_decref(json);
}

static void test_system_bus(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    listen_to_system(world);
    new_warner(world, true);
    wait_for_names(world);
    rl_warner_warn(world->warner, &plain);
    WAIT_FOR(world->event, world->warnings == 1 && world->levels == 1);
    assert_string_equal(world->id, "i1");
    assert_int_equal(world->level, 100);
    check_json(world);
    assert_int_equal(world->notified, 0);

    /* No policy warns any more; then one does again. The bus itself goes on. */
    rl_warner_warn_programs(world->warner, false);
    WAIT_FOR(world->event, sd_bus_get_name_creds(world->client, "org.freedesktop.LowMemoryMonitor",
                               0, NULL) == -ENXIO);
    rl_warner_warn(world->warner, &plain);
    WAIT_FOR(world->event, world->warnings == 2);
    rl_warner_calm(world->warner);
    assert_int_equal(world->levels, 1);
    rl_warner_warn_programs(world->warner, true);
    rl_warner_warn_programs(world->warner, true);
    wait_for_names(world);
    usleep(RL_WARN_US);
    assert_true(sd_event_run(world->event, 1) >= 0);
    rl_warner_warn(world->warner, &plain);
    WAIT_FOR(world->event, world->warnings == 3 && world->levels == 2);
}

/* Within a second programs are told again only of something worse; the rest goes out each time. */
static void test_not_too_often(void **state)
{
    static const struct {
        uint8_t level;
        unsigned levels; /* heard so far */
    } rows[] = {
        {RL_WARN_LOW, 1},
        {RL_WARN_LOW, 1},
        {RL_WARN_MEDIUM, 2},
        {RL_WARN_LOW, 2},
        {RL_WARN_NONE, 2},
        {RL_WARN_CRITICAL, 3},
        {RL_WARN_CRITICAL, 3},
    };
    struct world *world = *state;
    struct rl_warning warning = plain;

    if (!message_bus_can())
        skip();
    listen_to_system(world);
    new_warner(world, true);
    wait_for_names(world);
    warning.desktop = true;
    /* All in one turn of the loop, which is one moment to it. */
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        warning.level = rows[i].level;
        rl_warner_warn(world->warner, &warning);
        assert_int_equal(world->notified, rows[i].levels);
    }
    WAIT_FOR(world->event, world->warnings == 7 && world->levels == 3);
    assert_int_equal(world->level, 255);

    /* A second later it is another matter. */
    usleep(RL_WARN_US);
    assert_true(sd_event_run(world->event, 1) >= 0);
    warning.level = RL_WARN_LOW;
    rl_warner_warn(world->warner, &warning);
    WAIT_FOR(world->event, world->levels == 4);
    assert_int_equal(world->level, 50);
}

/* A cgroup short within its own limit: programs elsewhere are left in peace. */
static void test_no_level(void **state)
{
    struct world *world = *state;
    struct rl_warning warning = plain;

    if (!message_bus_can())
        skip();
    listen_to_system(world);
    new_warner(world, true);
    wait_for_names(world);
    warning.level = RL_WARN_NONE;
    warning.desktop = true;
    rl_warner_warn(world->warner, &warning);
    WAIT_FOR(world->event, world->warnings == 1);
    settle(world);
    assert_int_equal(world->levels, 0);
    assert_int_equal(world->notified, 1);
}

static void test_private_bus(void **state)
{
    const struct rl_bus_api api = {.status = no_json};
    struct world *world = *state;
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    bool up = false;

    assert_int_equal(rl_bus_new(world->event, world->private_path, &api, &world->bus), 0);
    new_warner(world, false);
    rl_warner_warn(world->warner, &plain); /* nowhere to go */
    rl_warner_set_bus(world->warner, world->bus);
    strcpy(address.sun_path, world->private_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_true(sd_bus_new(&world->peer) >= 0);
    assert_true(sd_bus_set_fd(world->peer, fd, fd) >= 0);
    assert_true(sd_bus_start(world->peer) >= 0);
    assert_true(sd_bus_attach_event(world->peer, world->event, 0) >= 0);
    assert_true(sd_bus_match_signal_async(world->peer, NULL, NULL, "/org/reliefd1", "org.reliefd1",
                    "Warning", on_warning, NULL, world) >= 0);
    while (!up) {
        assert_true(sd_event_run(world->event, 20000) >= 0);
        up = sd_bus_is_ready(world->peer) > 0;
    }
    settle(world);
    rl_warner_warn(world->warner, &plain);
    WAIT_FOR(world->event, world->warnings == 1);
    assert_string_equal(world->id, "i1");
    check_json(world);
    rl_warner_set_bus(world->warner, NULL);
    rl_warner_warn(world->warner, &plain);
    settle(world);
    assert_int_equal(world->warnings, 1);
    rl_warner_calm(world->warner);
}

static void test_journal(void **state)
{
    static const char *const expected[] = {
        "\nMESSAGE_ID=" RL_MESSAGE_WARNING "\n",
        "\nRELIEFD_INCIDENT=i1\n",
        "\nRELIEFD_POLICY=a\\x0a\\x1b[31m)\\xc3 \"b\\x7f\n",
        "\nRELIEFD_CGROUP=/x/\\xe2\\x80\\xae\"evil",
        "\nRELIEFD_LEVEL=255\n",
        "\nMESSAGE=It is short of memory\n",
        "\nPRIORITY=4\n",
    };
    struct world *world = *state;
    struct rl_warning warning = plain;
    char entry[8192] = "\n";

    new_warner(world, false);
    warning.policy = HOSTILE_COMM;
    warning.cgroup = HOSTILE_CGROUP;
    warning.level = 255;
    rl_warner_warn(world->warner, &warning);
    ssize_t n = recv(world->journal, entry + 1, sizeof(entry) - 2, 0);
    assert_true(n > 0);
    entry[n + 1] = '\0';
    for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
        if (!strstr(entry, expected[i]))
            fail_msg("the entry lacks %s: %s", expected[i], entry);
    }
    assert_int_equal(recv(world->journal, entry, sizeof(entry), 0), -1);
}

/* Names that are no UTF-8 and desktops that are there: nothing of it may break the bus. */
static void test_hostile_names(void **state)
{
    struct world *world = *state;
    struct rl_warning warning = plain;

    if (!message_bus_can())
        skip();
    listen_to_system(world);
    new_warner(world, true);
    wait_for_names(world);
    warning.policy = HOSTILE_COMM;
    warning.cgroup = HOSTILE_CGROUP;
    warning.desktop = true;
    rl_warner_warn(world->warner, &warning);
    WAIT_FOR(world->event, world->warnings == 1 && world->levels == 1);
    json_t *json = json_loads(world->json, 0, NULL);
    assert_non_null(json);
    json_decref(json);
}

static void test_level_by_place(void **state)
{
    static const struct {
        enum rl_warn_level asked;
        struct rl_warn_place place;
        enum rl_warn_level expected;
    } rows[] = {
        {RL_WARN_NONE, {0, false, true}, RL_WARN_LOW},
        {RL_WARN_NONE, {1, false, true}, RL_WARN_MEDIUM},
        {RL_WARN_NONE, {7, false, true}, RL_WARN_MEDIUM},
        {RL_WARN_NONE, {0, true, true}, RL_WARN_CRITICAL},
        {RL_WARN_NONE, {2, true, true}, RL_WARN_CRITICAL},
        {RL_WARN_NONE, {0, false, false}, RL_WARN_NONE},
        {RL_WARN_NONE, {0, true, false}, RL_WARN_NONE},
        {RL_WARN_LOW, {0, true, true}, RL_WARN_LOW},
        {RL_WARN_MEDIUM, {0, false, false}, RL_WARN_MEDIUM},
        {RL_WARN_CRITICAL, {3, false, false}, RL_WARN_CRITICAL},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_int_equal(rl_warn_level(rows[i].asked, &rows[i].place), rows[i].expected);
}

static void test_level_names(void **state)
{
    static const struct {
        unsigned level;
        const char *name;
    } rows[] = {
        {0, "none"},
        {49, "none"},
        {50, "low"},
        {99, "low"},
        {100, "medium"},
        {254, "medium"},
        {255, "critical"},
    };
    static const char *const wrong[] = {"", "none", "Low", "lo", "lowest", "50"};

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_string_equal(rl_warn_level_name(rows[i].level), rows[i].name);
    assert_int_equal(rl_warn_level_from_name("low"), 50);
    assert_int_equal(rl_warn_level_from_name("medium"), 100);
    assert_int_equal(rl_warn_level_from_name("critical"), 255);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
        assert_int_equal(rl_warn_level_from_name(wrong[i]), -EINVAL);
}

static void test_sentence(void **state)
{
    static struct rl_record record;
    char text[RL_SENTENCE_MAX], tiny[16];

    sample_record(&record);
    assert_string_equal(rl_warning_sentence(&record, text, sizeof(text)),
        SAMPLE_OFFENDER " is short of memory: pressure 42.17% (full 30% over 10s), "
                        "headroom 3M (below 5% min 100M)");
    strcpy(record.offender, "/");
    record.readings[0].known = false;
    assert_string_equal(rl_warning_sentence(&record, text, sizeof(text)),
        "The machine is short of memory: headroom 3M (below 5% min 100M)");
    record.n_lines = 0;
    strcpy(record.offender, "/a\nb");
    assert_string_equal(
        rl_warning_sentence(&record, text, sizeof(text)), "/a\\x0ab is short of memory");
    assert_string_equal(rl_warning_sentence(&record, tiny, sizeof(tiny)), "/a\\x0ab is s...");
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_level_by_place),
        cmocka_unit_test(test_level_names),
        cmocka_unit_test(test_sentence),
        WORLD(test_journal),
        WORLD(test_private_bus),
        WORLD(test_system_bus),
        WORLD(test_not_too_often),
        WORLD(test_no_level),
        WORLD(test_hostile_names),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
