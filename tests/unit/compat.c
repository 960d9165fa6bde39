/* Units written for systemd-oomd, told by a service manager that the test plays on a bus. */
#include "tests/unit/unit.h"

#include <limits.h>

#include "daemon/compat.h"
#include "daemon/report/log.h"
#include "tests/unit/capture.h"
#include "tests/unit/message-bus.h"

#define SYSTEMD "org.freedesktop.systemd1"
#define OBJECT  "/org/freedesktop/systemd1"
#define MANAGER SYSTEMD ".Manager"
#define OOMD    "org.freedesktop.oom1"

struct told_unit {
    const char *name, *load, *swap, *pressure;
    uint32_t limit;
    uint64_t duration_us; /* 0: a systemd that does not know it */
};

struct world {
    struct folder folder;
    sd_event *event;
    char address[BUS_ADDRESS_MAX], dir[PATH_MAX], control[PATH_MAX], conf[PATH_MAX];
    const char *controls[2], *confs[2];
    pid_t daemon, user_daemon;
    sd_bus *systemd, *oomd, *oomd_elsewhere;
    struct rl_compat *compat;
    struct told_unit units[8];
    unsigned many; /* more of them: many-0.service ..., with ManagedOOMSwap=kill */
    unsigned asked, lists, subscribed, told;
    bool busy, busy_when_asked;
};

#define MANY 100 /* the number of the first one */

static struct told_unit *unit_at(struct world *world, const char *path)
{
    static struct told_unit one_of_many = {"", "loaded", "kill", "auto", 0, 0};
    struct told_unit *found = NULL;
    char *name = NULL;
    unsigned i;

    if (sscanf(path, OBJECT "/unit/u%u", &i) == 1 && i >= MANY)
        return i < MANY + world->many ? &one_of_many : NULL;
    if (sscanf(path, OBJECT "/unit/u%u", &i) == 1)
        return world->units[i].name ? &world->units[i] : NULL;
    /* As systemd has them. */
    if (sd_bus_path_decode(path, OBJECT "/unit", &name) > 0)
        for (i = 0; i < sizeof(world->units) / sizeof(world->units[0]) && !found; i++)
            if (world->units[i].name && strcmp(world->units[i].name, name) == 0)
                found = &world->units[i];
    free(name);
    return found;
}

static void append_unit(sd_bus_message *reply, const char *name, const char *load, unsigned i)
{
    char path[64];

    snprintf(path, sizeof(path), OBJECT "/unit/u%u", i);
    assert_true(sd_bus_message_append(reply, "(ssssssouso)", name, "x", load, "active", "running",
                    "", path, 0, "", "/") >= 0);
}

static int reply_list(struct world *world, sd_bus_message *call)
{
    sd_bus_message *reply;

    world->lists++;
    assert_true(sd_bus_message_new_method_return(call, &reply) >= 0);
    assert_true(sd_bus_message_open_container(reply, 'a', "(ssssssouso)") >= 0);
    for (unsigned i = 0; i < 8; i++)
        if (world->units[i].name)
            append_unit(reply, world->units[i].name, world->units[i].load, i);
    for (unsigned i = world->many; i-- > 0;) {
        char name[64];

        snprintf(name, sizeof(name), "many-%u.service", i);
        append_unit(reply, name, "loaded", MANY + i);
    }
    assert_true(sd_bus_message_close_container(reply) >= 0);
    assert_true(sd_bus_send(NULL, reply, NULL) >= 0);
    sd_bus_message_unref(reply);
    return 1;
}

static int reply_property(struct world *world, sd_bus_message *call)
{
    const struct told_unit *unit = unit_at(world, sd_bus_message_get_path(call));
    const char *interface, *name;

    world->asked++;
    world->busy = world->busy || world->busy_when_asked;
    assert_true(sd_bus_message_read(call, "ss", &interface, &name) > 0);
    if (!unit)
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_OBJECT, "gone");
    if (strcmp(name, "ManagedOOMSwap") == 0)
        return sd_bus_reply_method_return(call, "v", "s", unit->swap);
    if (strcmp(name, "ManagedOOMMemoryPressure") == 0)
        return sd_bus_reply_method_return(call, "v", "s", unit->pressure);
    if (strcmp(name, "ManagedOOMMemoryPressureLimit") == 0)
        return sd_bus_reply_method_return(call, "v", "u", unit->limit);
    if (unit->duration_us == 0)
        return sd_bus_reply_method_errorf(call, SD_BUS_ERROR_UNKNOWN_PROPERTY, "no");
    return sd_bus_reply_method_return(call, "v", "t", unit->duration_us);
}

static int on_call(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    const char *member = sd_bus_message_get_member(call);
    struct world *world = userdata;
    uint8_t type;

    sd_bus_message_get_type(call, &type);
    if (type != SD_BUS_MESSAGE_METHOD_CALL || !member)
        return 0;
    if (strcmp(member, "ListUnitsByPatterns") == 0)
        return reply_list(world, call);
    if (strcmp(member, "Get") == 0)
        return reply_property(world, call);
    if (strcmp(member, "Subscribe") == 0 && ++world->subscribed)
        return sd_bus_reply_method_return(call, "");
    return 0;
}

static void on_told(void *userdata)
{
    ((struct world *)userdata)->told++;
}

static bool is_busy(void *userdata)
{
    return ((struct world *)userdata)->busy;
}

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    char control[PATH_MAX];

    folder_new(&world->folder);
    assert_true(sd_event_new(&world->event) >= 0);
    world->daemon = message_bus_start(&world->folder, "bus", geteuid(), OPEN_POLICY);
    snprintf(world->address, sizeof(world->address), "unix:path=%s/bus", world->folder.path);
    snprintf(world->dir, sizeof(world->dir), "%s/made", world->folder.path);
    snprintf(control, sizeof(control), "%s/etc", world->folder.path);
    assert_int_equal(mkdir(control, 0755), 0);
    snprintf(world->control, sizeof(world->control), "%s/etc/system.control", world->folder.path);
    world->controls[0] = world->control;
    snprintf(world->conf, sizeof(world->conf), "%s/systemd", world->folder.path);
    world->confs[0] = world->conf;
    world->systemd = message_bus_client(world->event, world->address);
    assert_true(sd_bus_request_name(world->systemd, SYSTEMD, 0) >= 0);
    assert_true(sd_bus_add_filter(world->systemd, NULL, on_call, world) >= 0);
    world->units[0] = (struct told_unit){
        "web.service", "loaded", "auto", "kill", 1417339207, 90000000};
    world->units[1] = (struct told_unit){"-.slice", "loaded", "kill", "auto", 0, 0};
    world->units[2] = (struct told_unit){"calm.scope", "loaded", "auto", "auto", 5, 0};
    world->units[3] = (struct told_unit){"absent.service", "not-found", "kill", "kill", 0, 0};
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;

    rl_compat_free(world->compat);
    message_bus_client_end(world->systemd);
    message_bus_client_end(world->oomd);
    message_bus_client_end(world->oomd_elsewhere);
    message_bus_stop(&world->daemon);
    message_bus_stop(&world->user_daemon);
    sd_event_unref(world->event);
    folder_free(&world->folder);
    free(world);
    return 0;
}

static void start(struct world *world, bool writes)
{
    struct rl_compat_options options = {.address = world->address,
        .folder = writes ? world->dir : NULL,
        .control = world->controls,
        .oomd_conf = world->confs,
        .busy = is_busy,
        .told = on_told,
        .userdata = world};

    assert_int_equal(rl_compat_new(world->event, &options, &world->compat), 0);
}

/* The file's text; "" for none. */
static const char *text_of(const struct world *world, const char *name)
{
    static char text[4096];
    char path[2 * PATH_MAX];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s.conf", world->dir, name);
    file = fopen(path, "re");
    text[file ? fread(text, 1, sizeof(text) - 1, file) : 0] = '\0';
    if (file)
        fclose(file);
    return text;
}

static bool has(const struct world *world, const char *name, const char *word)
{
    return strstr(text_of(world, name), word) != NULL;
}

static void test_policies(void **state)
{
    struct world *world = *state;

    start(world, true);
    WAIT_FOR(world->event, has(world, "web.service", "\nPressure=full 33% over 10s\n"));
    assert_true(has(world, "web.service", "\nFor=1min 30s\n"));
    WAIT_FOR(world->event, has(world, "50-systemd-units", "[Match]\n"));
    assert_true(has(world, "50-systemd-units", "Usage=90%\nSwap=90%\n"));
    assert_false(has(world, "50-systemd-units", "Pressure="));
    assert_string_equal(text_of(world, "calm.scope"), "");
    assert_string_equal(text_of(world, "absent.service"), "");
    assert_false(rl_compat_leaves(rl_compat_left(world->compat), "/a/web.service"));
}

/* What the units do not say themselves. */
static void test_oomd_conf(void **state)
{
    struct world *world = *state;
    struct capture capture;
    const char *said;

    world->units[4] = (struct told_unit){"plain.service", "loaded", "kill", "kill", 0, 0};
    folder_write(&world->folder, "systemd/oomd.conf.d/a.conf",
        "[OOM]\nSwapUsedLimit=70%\nDefaultMemoryPressureLimit=25%\n");
    folder_write(&world->folder, "systemd/oomd.conf",
        "[OOM]\nDefaultMemoryPressureLimit=1%\nDefaultMemoryPressureDurationSec=5s\n");
    start(world, true);
    WAIT_FOR(world->event, has(world, "plain.service", "a.conf:3\nPressure=full 25% over 10s\n") &&
                               has(world, "50-systemd-units", "Swap="));
    assert_true(has(world, "plain.service", "oomd.conf:3\nFor=5s\n"));
    assert_true(has(world, "plain.service", "a.conf:2\nUsage=70%\nSwap=70%\n"));
    assert_true(has(world, "web.service", "Pressure=full 33% over 10s\n"));
    assert_true(has(world, "web.service", "For=1min 30s\n"));
    assert_true(has(world, "50-systemd-units", "Usage=70%\nSwap=70%\n"));

    /* They change, and count when all is read again, at once. */
    folder_write(&world->folder, "systemd/oomd.conf.d/a.conf",
        "[OOM]\nSwapUsedLimit=lots\nDefaultMemoryPressureLimit=26%\n");
    assert_true(has(world, "plain.service", "full 25% "));
    capture_begin(&capture);
    rl_compat_reload(world->compat);
    rl_compat_reload(world->compat);
    said = strstr(capture_end(&capture), "a.conf:2: SwapUsedLimit=: 'lots' is no share");
    assert_non_null(said);
    assert_null(strstr(said + 1, "a.conf:2")); /* once */
    assert_true(has(world, "plain.service", "Pressure=full 26% over 10s\n"));
    assert_true(has(world, "plain.service", "Swap=90%\n"));
}

/* What the daemon before has left is in force until the units have been asked for. */
static void test_reload_before_answers(void **state)
{
    struct world *world = *state;

    start(world, true);
    folder_write(&world->folder, "made/web.service.conf", "# before\n");
    rl_compat_reload(world->compat);
    assert_true(has(world, "web.service", "# before\n"));
    WAIT_FOR(world->event, has(world, "web.service", "33%"));
    rl_compat_reload(NULL);
}

static void signal_unit(struct world *world, const char *member, const char *name, unsigned i)
{
    char path[64];

    snprintf(path, sizeof(path), OBJECT "/unit/u%u", i);
    assert_true(sd_bus_emit_signal(world->systemd, OBJECT, MANAGER, member, "so", name, path) >= 0);
}

static void test_changes(void **state)
{
    struct world *world = *state;
    unsigned lists;

    start(world, true);
    WAIT_FOR(world->event, has(world, "web.service", "33%"));

    /* A new one, asked for alone; the default's duration where systemd does not know it. */
    world->units[4] = (struct told_unit){"new.slice", "loaded", "kill", "kill", 0, 0};
    signal_unit(world, "UnitNew", "new.slice", 4);
    WAIT_FOR(world->event, has(world, "new.slice", "\nPressure=full 60% over 10s\n"));
    assert_true(has(world, "new.slice", "\nFor=30s\n"));
    assert_true(has(world, "new.slice", "[Trigger swap]"));
    assert_int_equal(world->lists, 1);

    /* It goes, and its file. */
    world->units[4].name = NULL;
    signal_unit(world, "UnitRemoved", "new.slice", 4);
    WAIT_FOR(world->event, text_of(world, "new.slice")[0] == '\0');
    assert_true(has(world, "web.service", "33%"));

    /* systemd has read its files again. */
    world->units[0].limit = UINT32_MAX / 2;
    assert_true(sd_bus_emit_signal(world->systemd, OBJECT, MANAGER, "Reloading", "b", 0) >= 0);
    WAIT_FOR(world->event, has(world, "web.service", "full 50% "));

    /* set-property, into a folder that was not there. */
    lists = world->lists;
    world->units[0].pressure = "auto";
    assert_int_equal(mkdir(world->control, 0755), 0);
    folder_write(&world->folder, "etc/system.control/web.service.d/50-x.conf", "[Service]\n");
    WAIT_FOR(world->event, text_of(world, "web.service")[0] == '\0');
    /* Into one that is there. */
    world->units[0].pressure = "kill";
    folder_write(&world->folder, "etc/system.control/web.service.d/50-x.conf", "[Service]\n#\n");
    WAIT_FOR(world->event, has(world, "web.service", "full 50% "));
    /* And taken back. */
    world->units[0].limit = UINT32_MAX / 4;
    assert_int_equal(
        unlinkat(world->folder.fd, "etc/system.control/web.service.d/50-x.conf", 0), 0);
    WAIT_FOR(world->event, has(world, "web.service", "full 25% "));
    /* Another unit's, beside it. */
    world->units[2].pressure = "kill";
    folder_write(&world->folder, "etc/system.control/calm.scope.d/50-x.conf", "[Service]\n");
    WAIT_FOR(world->event, has(world, "calm.scope", "[Trigger pressure]"));
    /* Once more into the folder that is new there. */
    world->units[2].limit = UINT32_MAX / 5;
    folder_write(&world->folder, "etc/system.control/calm.scope.d/50-x.conf", "[Service]\n#\n");
    WAIT_FOR(world->event, has(world, "calm.scope", "full 20% "));
    assert_int_equal(world->lists, lists); /* only these were asked for */
    assert_true(has(world, "50-systemd-units", "Swap="));
}

static void test_never_while_busy(void **state)
{
    struct world *world = *state;
    uint64_t until = message_bus_now_us() + 1500000;

    world->busy = true;
    start(world, true);
    while (message_bus_now_us() < until)
        sd_event_run(world->event, 20000);
    assert_int_equal(world->lists + world->asked, 0);
    world->busy = false;
    WAIT_FOR(world->event, has(world, "web.service", "33%"));
}

/* Nobody hears twice of a unit that is gone before it was asked for: asking would load it. */
static void test_gone_before(void **state)
{
    struct world *world = *state;
    unsigned asked;

    start(world, true);
    WAIT_FOR(world->event, has(world, "web.service", "33%"));
    asked = world->asked;
    signal_unit(world, "UnitNew", "short.service", 7);
    signal_unit(world, "UnitRemoved", "short.service", 7);
    world->units[2].swap = "kill";
    signal_unit(world, "UnitNew", "calm.scope", 2);
    WAIT_FOR(world->event, has(world, "calm.scope", "Swap="));
    assert_int_equal(world->asked, asked + 2);
}

static void test_held(void **state)
{
    struct world *world = *state;
    const struct rl_compat_left *left;

    start(world, true);
    left = rl_compat_left(world->compat);
    WAIT_FOR(world->event, has(world, "web.service", "33%"));
    world->oomd = message_bus_client(world->event, world->address);
    assert_true(sd_bus_request_name(world->oomd, OOMD, 0) >= 0);
    WAIT_FOR(world->event, left->held);
    assert_int_equal(world->told, 1);
    WAIT_FOR(world->event, text_of(world, "web.service")[0] == '\0');
    assert_string_equal(text_of(world, "50-systemd-units"), "");
    assert_true(rl_compat_leaves(left, "/system.slice/web.service"));
    assert_true(rl_compat_leaves(left, "/web.service/below"));
    assert_false(rl_compat_leaves(left, "/system.slice/web.service2"));
    assert_false(rl_compat_leaves(left, "/system.slice/aweb.service"));
    assert_false(rl_compat_leaves(left, "/a/-.slice"));
    assert_false(rl_compat_leaves(left, "/"));
    assert_false(rl_compat_leaves(NULL, "/web.service"));

    world->oomd = message_bus_client_end(world->oomd);
    WAIT_FOR(world->event, !left->held);
    assert_true(has(world, "web.service", "33%"));
    assert_false(rl_compat_leaves(left, "/system.slice/web.service"));
    assert_int_equal(world->told, 2);
}

/* It was there before; no policies are wanted, but what it manages is known. */
static void test_held_from_the_start(void **state)
{
    struct world *world = *state;
    const struct rl_compat_left *left;

    world->oomd = message_bus_client(world->event, world->address);
    assert_true(sd_bus_request_name(world->oomd, OOMD, 0) >= 0);
    start(world, false);
    left = rl_compat_left(world->compat);
    WAIT_FOR(world->event, rl_compat_leaves(left, "/web.service"));
    assert_string_equal(text_of(world, "web.service"), "");
}

/* Nobody wants to know: nobody is asked, and what comes wakes nobody. */
static void test_not_wanted(void **state)
{
    struct world *world = *state;
    uint64_t until = message_bus_now_us() + 1500000;

    start(world, false);
    while (message_bus_now_us() < until)
        sd_event_run(world->event, 20000);
    assert_int_equal(world->lists + world->asked + world->subscribed, 0);
}

/* Let the loop turn until so many questions have been asked; each has patience of its own. */
static bool are_asked(struct world *world, unsigned asked)
{
    uint64_t since = message_bus_now_us();
    unsigned last = world->asked;

    while (world->asked < asked && message_bus_now_us() - since < PATIENCE_US) {
        sd_event_run(world->event, 20000);
        if (world->asked == last)
            continue;
        last = world->asked;
        since = message_bus_now_us();
    }
    return world->asked >= asked;
}

/* However many there are, up to a bound, which is said once. */
static void test_many(void **state)
{
    struct world *world = *state;
    const struct rl_compat_left *left;
    struct capture capture;
    const char *said;
    unsigned lists;
    char name[64];
    bool asked;

    world->oomd = message_bus_client(world->event, world->address);
    world->many = RL_COMPAT_UNITS_MAX - 2; /* and two others */
    start(world, true);
    left = rl_compat_left(world->compat);
    capture_begin(&capture);
    asked = are_asked(world, 2 * world->many);
    assert_string_equal(capture_end(&capture), "");
    assert_true(asked);
    WAIT_FOR(world->event, has(world, "many-0.service", "Swap="));
    assert_int_equal(left->n, RL_COMPAT_UNITS_MAX);
    for (unsigned i = 0; i < world->many; i++) {
        snprintf(name, sizeof(name), "many-%u.service", i);
        if (!has(world, name, "Swap="))
            fail_msg("%s has no policy", name);
    }
    assert_true(has(world, "web.service", "33%"));

    /* Three too many. */
    world->many = RL_COMPAT_UNITS_MAX + 1;
    lists = world->lists;
    assert_true(sd_bus_emit_signal(world->systemd, OBJECT, MANAGER, "Reloading", "b", 0) >= 0);
    WAIT_FOR(world->event, world->lists > lists);
    capture_begin(&capture);
    asked = are_asked(world, world->asked + 2 * world->many);
    said = strstr(capture_end(&capture), "more than 1024 units have ManagedOOM properties: many-");
    assert_true(asked);
    assert_int_equal(left->n, RL_COMPAT_UNITS_MAX);
    assert_non_null(said);
    assert_null(strstr(said + 1, "more than 1024"));

    /* They are left to systemd-oomd when it comes, each of them. */
    assert_true(sd_bus_request_name(world->oomd, OOMD, 0) >= 0);
    WAIT_FOR(world->event, left->held);
    for (unsigned i = 0; i < RL_COMPAT_UNITS_MAX - 2; i++) {
        char path[128];

        snprintf(path, sizeof(path), "/a.slice/many-%u.service/b", i);
        if (!rl_compat_leaves(left, path))
            fail_msg("%s is not left to it", path);
    }
    assert_false(rl_compat_leaves(left, "/a.slice/many-.service"));
    assert_false(rl_compat_leaves(left, "/many-1"));

    /* Most go. */
    world->many = 1;
    assert_true(sd_bus_emit_signal(world->systemd, OBJECT, MANAGER, "Reloading", "b", 0) >= 0);
    WAIT_FOR(world->event, left->n == 3);
    assert_true(rl_compat_leaves(left, "/many-0.service"));
    assert_false(rl_compat_leaves(left, "/many-2.service"));
}

/* No room is made while an incident runs, not even for an answer that was waited for. */
static void test_no_room_while_busy(void **state)
{
    struct world *world = *state;
    uint64_t until;

    world->busy_when_asked = true;
    start(world, true);
    WAIT_FOR(world->event, world->busy);
    until = message_bus_now_us() + 1500000;
    while (message_bus_now_us() < until)
        sd_event_run(world->event, 20000);
    assert_int_equal(rl_compat_left(world->compat)->n, 0);
    world->busy = world->busy_when_asked = false;
    WAIT_FOR(world->event, has(world, "web.service", "33%"));
}

/* A user's own: his manager is on his bus, systemd-oomd on the system's. */
static void test_user(void **state)
{
    struct world *world = *state;
    const struct rl_compat_left *left;
    char own[BUS_ADDRESS_MAX], home[PATH_MAX], run[PATH_MAX];
    struct rl_compat_options options = {.address = own,
        .oomd_address = world->address,
        .folder = world->dir,
        .user = true,
        .oomd_conf = world->confs,
        .busy = is_busy,
        .told = on_told,
        .userdata = world};

    snprintf(home, sizeof(home), "%s/home", world->folder.path);
    snprintf(run, sizeof(run), "%s/user", world->folder.path);
    setenv("HOME", home, 1);
    setenv("XDG_RUNTIME_DIR", run, 1);
    unsetenv("XDG_CONFIG_HOME");
    world->user_daemon = message_bus_start(&world->folder, "own", geteuid(), OPEN_POLICY);
    snprintf(own, sizeof(own), "unix:path=%s/own", world->folder.path);
    message_bus_client_end(world->systemd);
    world->systemd = message_bus_client(world->event, own);
    assert_true(sd_bus_request_name(world->systemd, SYSTEMD, 0) >= 0);
    assert_true(sd_bus_add_filter(world->systemd, NULL, on_call, world) >= 0);
    assert_int_equal(rl_compat_new(world->event, &options, &world->compat), 0);
    left = rl_compat_left(world->compat);
    WAIT_FOR(world->event, has(world, "web.service", "33%"));

    /* set-property, where nothing was before. */
    world->units[0].limit = UINT32_MAX / 2;
    folder_write(
        &world->folder, "home/.config/systemd/user.control/web.service.d/50-x.conf", "[Service]\n");
    WAIT_FOR(world->event, has(world, "web.service", "full 50% "));
    world->units[0].limit = UINT32_MAX / 4;
    folder_write(
        &world->folder, "user/systemd/user.control/web.service.d/50-x.conf", "[Service]\n");
    WAIT_FOR(world->event, has(world, "web.service", "full 25% "));

    /* Whoever has the name on the user's bus is not systemd-oomd. */
    world->oomd_elsewhere = message_bus_client(world->event, own);
    assert_true(sd_bus_request_name(world->oomd_elsewhere, OOMD, 0) >= 0);
    world->oomd = message_bus_client(world->event, world->address);
    assert_true(sd_bus_request_name(world->oomd, OOMD, 0) >= 0);
    WAIT_FOR(world->event, left->held);
    assert_int_equal(world->told, 1);
    WAIT_FOR(world->event, text_of(world, "web.service")[0] == '\0');
    assert_true(rl_compat_leaves(left, "/app.slice/web.service"));
    world->oomd = message_bus_client_end(world->oomd);
    WAIT_FOR(world->event, !left->held);
    assert_true(has(world, "web.service", "full 25% "));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_policies, setup, teardown),
        cmocka_unit_test_setup_teardown(test_oomd_conf, setup, teardown),
        cmocka_unit_test_setup_teardown(test_reload_before_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(test_changes, setup, teardown),
        cmocka_unit_test_setup_teardown(test_never_while_busy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_gone_before, setup, teardown),
        cmocka_unit_test_setup_teardown(test_held, setup, teardown),
        cmocka_unit_test_setup_teardown(test_held_from_the_start, setup, teardown),
        cmocka_unit_test_setup_teardown(test_not_wanted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_many, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_room_while_busy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_user, setup, teardown),
    };

    if (!message_bus_can())
        return 77;
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
