/* Notifications on session buses that are another user's: willing, slow, hostile and absent ones.
 */
#include "tests/unit/unit.h"

#include <fcntl.h>
#include <sys/capability.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/report/as-user.h"
#include "daemon/report/desktop.h"
#include "daemon/report/log.h"
#include "tests/unit/message-bus.h"

#define NOBODY 65534

/* As a session's bus has it: its own user and nobody else. */
#define SESSION_POLICY                                                                             \
    "<policy context='default'><allow own='*'/><allow send_destination='*' eavesdrop='true'/>"     \
    "<allow eavesdrop='true'/></policy>"

struct world {
    struct folder folder;
    uid_t user;
    char path[96];
    sd_event *event;
    pid_t daemon;
    struct rl_desktop *desktop;
    sd_bus *server;
    unsigned asked; /* how often for users */
    unsigned shown;
    uint32_t replaced;
    uint8_t urgency;
    char summary[256], body[2048], icon[64];
    int log[2];
};

static size_t users(uid_t *ret, size_t max, void *userdata)
{
    struct world *world = userdata;

    world->asked++;
    assert_true(max >= 1);
    ret[0] = world->user;
    return 1;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    char place[32];

    /* Only root can be somebody else. */
    world->user = geteuid() == 0 ? NOBODY : geteuid();
    folder_new(&world->folder);
    assert_int_equal(chmod(world->folder.path, 0755), 0);
    snprintf(place, sizeof(place), "%u", world->user);
    assert_int_equal(mkdirat(world->folder.fd, place, 0700), 0);
    assert_int_equal(fchownat(world->folder.fd, place, world->user, (gid_t)-1, 0), 0);
    snprintf(world->path, sizeof(world->path), "%s/%s/bus", world->folder.path, place);
    assert_true(sd_event_new(&world->event) >= 0);
    assert_int_equal(pipe2(world->log, O_CLOEXEC | O_NONBLOCK), 0);
    rl_log_open_to(LOG_INFO, "/nonexistent/journal", world->log[1]);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    rl_desktop_free(world->desktop);
    message_bus_client_end(world->server);
    message_bus_stop(&world->daemon);
    sd_event_unref(world->event);
    folder_free(&world->folder);
    rl_log_close();
    close(world->log[0]);
    close(world->log[1]);
    free(world);
    return 0;
}

static void new_desktop(struct world *world, uint64_t timeout_us)
{
    const struct rl_desktop_options options = {
        .run_dir = world->folder.path,
        .users = users,
        .userdata = world,
        .timeout_us = timeout_us,
    };

    assert_int_equal(rl_desktop_new(world->event, &options, &world->desktop), 0);
}

static const char *logged(struct world *world)
{
    static char text[8192];
    ssize_t n = read(world->log[0], text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    return text;
}

/* What shows notifications: numbers them from 41. */
static int on_notify(sd_bus_message *call, void *userdata, sd_bus_error *ret_error)
{
    struct world *world = userdata;
    const char *name, *icon, *summary, *body, *hint;
    int32_t time;

    assert_true(
        sd_bus_message_read(call, "susss", &name, &world->replaced, &icon, &summary, &body) > 0);
    assert_string_equal(name, "reliefd");
    snprintf(world->icon, sizeof(world->icon), "%s", icon);
    snprintf(world->summary, sizeof(world->summary), "%s", summary);
    snprintf(world->body, sizeof(world->body), "%s", body);
    assert_true(sd_bus_message_skip(call, "as") > 0);
    assert_true(sd_bus_message_read(call, "a{sv}", 1, &hint, "y", &world->urgency) > 0);
    assert_string_equal(hint, "urgency");
    assert_true(sd_bus_message_read(call, "i", &time) > 0);
    assert_int_equal(time, -1);
    return sd_bus_reply_method_return(call, "u", 41 + world->shown++);
}

static const sd_bus_vtable notifications[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Notify", "susssasa{sv}i", "u", on_notify, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

/* The session's bus, and on it a desktop of this process. */
static void start_session(struct world *world)
{
    char name[64];

    snprintf(name, sizeof(name), "%u/bus", world->user);
    world->daemon = message_bus_start(&world->folder, name, world->user, SESSION_POLICY);
    int fd = rl_connect_as(world->user, world->path);
    assert_true(fd >= 0);
    assert_true(sd_bus_new(&world->server) >= 0);
    assert_true(sd_bus_set_fd(world->server, fd, fd) >= 0);
    assert_true(sd_bus_set_bus_client(world->server, 1) >= 0);
    assert_true(sd_bus_start(world->server) >= 0);
    assert_true(sd_bus_request_name(world->server, "org.freedesktop.Notifications", 0) >= 0);
    assert_true(sd_bus_add_object_vtable(world->server, NULL, "/org/freedesktop/Notifications",
                    "org.freedesktop.Notifications", notifications, world) >= 0);
    assert_true(sd_bus_attach_event(world->server, world->event, 0) >= 0);
}

static void test_shown(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    start_session(world);
    new_desktop(world, 0);
    rl_desktop_notify(world->desktop, true, "Short", "a < b & c > d");
    assert_true(rl_desktop_busy(world->desktop));
    WAIT_FOR(world->event, !rl_desktop_busy(world->desktop));
    assert_int_equal(world->shown, 1);
    assert_int_equal(world->replaced, 0);
    assert_int_equal(world->urgency, 2);
    assert_string_equal(world->icon, "dialog-warning");
    assert_string_equal(world->summary, "Short");
    assert_string_equal(world->body, "a &lt; b &amp; c &gt; d");

    /* The next one takes the place of the first; who has not answered yet is not asked again. */
    rl_desktop_notify(world->desktop, false, "Short", "again");
    rl_desktop_notify(world->desktop, false, "Short", "and again");
    WAIT_FOR(world->event, !rl_desktop_busy(world->desktop));
    assert_int_equal(world->shown, 2);
    assert_int_equal(world->replaced, 41);
    assert_int_equal(world->urgency, 1);
    assert_string_equal(world->body, "again");
    assert_string_equal(logged(world), "");
}

/* Text that is too long ends before the character that does not fit. */
static void test_long_text(void **state)
{
    struct world *world = *state;
    char body[3000];

    if (!message_bus_can())
        skip();
    start_session(world);
    new_desktop(world, 0);
    for (size_t start = 0; start < 3; start++) {
        memset(body, 'x', start);
        for (size_t i = start; i + 3 < sizeof(body); i += 3)
            memcpy(body + i, "\xe2\x82\xac", 4);
        rl_desktop_notify(world->desktop, false, "Long", body);
        WAIT_FOR(world->event, !rl_desktop_busy(world->desktop));
        assert_int_equal(world->shown, start + 1);
        size_t n = strlen(world->body);
        assert_true(n > 1000 && n < 1024 && (n - start) % 3 == 0);
    }
}

/* Nobody shows notifications there: the bus says so, and that is all. */
static void test_no_server(void **state)
{
    struct world *world = *state;

    if (!message_bus_can())
        skip();
    start_session(world);
    world->server = message_bus_client_end(world->server);
    new_desktop(world, 0);
    rl_desktop_notify(world->desktop, false, "Short", "text");
    WAIT_FOR(world->event, !rl_desktop_busy(world->desktop));
}

static int listen_as(const struct world *world, uid_t owner)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, world->path);
    unlink(address.sun_path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(chown(address.sun_path, owner, (gid_t)-1), 0);
    assert_int_equal(listen(fd, 0), 0);
    return fd;
}

/* A bus that is none and says nothing: given up in time, others are not kept waiting. */
static void test_hangs(void **state)
{
    struct world *world = *state;
    int listening = listen_as(world, world->user);

    new_desktop(world, 100000);
    alarm(30);
    for (int i = 0; i < 20; i++)
        rl_desktop_notify(world->desktop, false, "Short", "text");
    assert_true(rl_desktop_busy(world->desktop));
    WAIT_FOR(world->event, !rl_desktop_busy(world->desktop));

    /* A backlog that is full is an answer as well: for each try one more waits to be accepted. */
    for (int i = 0; i < 5; i++) {
        rl_desktop_notify(world->desktop, false, "Short", "text");
        WAIT_FOR(world->event, !rl_desktop_busy(world->desktop));
    }
    assert_int_equal(world->asked, 25);

    /* In the midst of it, the end. */
    close(accept(listening, NULL, NULL));
    rl_desktop_notify(world->desktop, false, "Short", "text");
    assert_true(rl_desktop_busy(world->desktop));
    assert_true(sd_event_exit(world->event, 0) >= 0);
    assert_int_equal(sd_event_loop(world->event), 0);
    alarm(0);
    close(listening);
}

/* A bus that talks without end is not listened to for long. */
static void test_floods(void **state)
{
    static char text[65536];
    struct world *world = *state;
    int listening = listen_as(world, world->user);
    size_t sent = 0;

    new_desktop(world, 0);
    rl_desktop_notify(world->desktop, false, "Short", "text");
    int fd = accept4(listening, NULL, NULL, SOCK_NONBLOCK);
    assert_true(fd >= 0);
    /* A message with a body of 117 MB, behind what a bus begins with. */
    static const char start[] = "DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n"
                                "l\2\0\1\0\0\0\7\1\0\0\0\10\0\0\0\5\1u\0\1\0\0\0";
    assert_int_equal(write(fd, start, sizeof(start) - 1), sizeof(start) - 1);
    alarm(30);
    while (rl_desktop_busy(world->desktop)) {
        ssize_t n = write(fd, text, sizeof(text));
        if (n > 0)
            sent += (size_t)n;
        assert_true(sent < (16u << 20));
        assert_true(sd_event_run(world->event, 1000) >= 0);
    }
    alarm(0);
    close(fd);
    close(listening);
}

/* What stands at the bus's place and is none of the user's. */
static void test_not_a_bus_of_theirs(void **state)
{
    struct world *world = *state;

    assert_int_equal(rl_connect_as(world->user, world->path), -ENOENT);
    new_desktop(world, 0);
    rl_desktop_notify(world->desktop, false, "Short", "text");
    rl_desktop_notify(world->desktop, false, "Short", "text");
    assert_false(rl_desktop_busy(world->desktop));
    const char *text = logged(world);
    assert_non_null(strstr(text, "ProtectHome="));
    assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1); /* said once */

    char other[160];
    snprintf(other, sizeof(other), "%s/other", world->folder.path);
    int fd = listen_as(world, world->user);
    assert_int_equal(rename(world->path, other), 0);
    assert_int_equal(symlink(other, world->path), 0);
    assert_int_equal(rl_connect_as(world->user, world->path), -ELOOP);
    close(rl_connect_as(world->user, other));
    assert_int_equal(unlink(world->path), 0);
    folder_write(&world->folder, world->path + strlen(world->folder.path) + 1, "no socket");
    assert_int_equal(rl_connect_as(world->user, world->path), -EACCES);
    close(fd);
    if (geteuid() != 0)
        return;
    fd = listen_as(world, 0);
    assert_int_equal(chmod(world->path, 0666), 0);
    assert_int_equal(rl_connect_as(world->user, world->path), -EACCES);
    close(fd);
}

/* A file system whose server answers nothing, as a user may mount it where his bus should be. */
static void test_nobody_waits_for_a_file_system(void **state)
{
    struct world *world = *state;
    char place[128], options[64], path[160];
    int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

    snprintf(place, sizeof(place), "%s/mounted", world->folder.path);
    snprintf(path, sizeof(path), "%s/bus", place);
    snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
    assert_int_equal(mkdir(place, 0755), 0);
    if (fd < 0 || mount("test", place, "fuse", MS_NOSUID | MS_NODEV, options) < 0) {
        close(fd);
        assert_int_equal(rmdir(place), 0);
        skip();
    }
    alarm(30);
    int r = rl_connect_as(world->user, path);
    alarm(0);
    close(fd);
    umount2(place, MNT_DETACH);
    assert_int_equal(rmdir(place), 0);
    assert_int_equal(r, -ENOENT);
}

/* Who is at the other end of a connection, as the kernel tells it. */
static uid_t peer_of(int listening)
{
    struct ucred creds;
    socklen_t size = sizeof(creds);
    int fd = accept(listening, NULL, NULL);

    assert_true(fd >= 0);
    assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &creds, &size), 0);
    close(fd);
    return creds.uid;
}

/* It is that user who connects, and afterwards nothing is left of it. */
static void test_nothing_is_left(void **state)
{
    struct world *world = *state;
    int listening = listen_as(world, world->user);
    uid_t real, effective, saved;
    cap_t before = cap_get_proc(), after;

    assert_int_equal(prctl(PR_SET_DUMPABLE, 1), 0);
    int fd = rl_connect_as(world->user, world->path);
    assert_true(fd >= 0);
    assert_int_equal(peer_of(listening), world->user);
    assert_int_equal(getresuid(&real, &effective, &saved), 0);
    assert_true(real == getuid() && effective == real && saved == real);
    assert_true(effective != world->user || world->user != NOBODY);
    assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
    after = cap_get_proc();
    assert_int_equal(cap_compare(before, after), 0);
    assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
    cap_free(before);
    cap_free(after);
    close(fd);

    /* Also where connecting fails. */
    close(listening);
    assert_int_equal(rl_connect_as(world->user, world->path), -ECONNREFUSED);
    assert_int_equal(getresuid(&real, &effective, &saved), 0);
    assert_true(effective == real && saved == real);
    assert_int_equal(prctl(PR_GET_DUMPABLE), 1);
}

static int connect_without_capability(const struct world *world)
{
    const cap_value_t which = CAP_SETUID;
    cap_t caps = cap_get_proc();

    if (cap_set_flag(caps, CAP_EFFECTIVE, 1, &which, CAP_CLEAR) < 0 ||
        cap_set_flag(caps, CAP_PERMITTED, 1, &which, CAP_CLEAR) < 0 || cap_set_proc(caps) < 0)
        return 0;
    cap_free(caps);
    return rl_connect_as(world->user, world->path);
}

static void test_without_capability(void **state)
{
    struct world *world = *state;
    int status;

    if (geteuid() != 0)
        skip();
    int listening = listen_as(world, world->user);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(connect_without_capability(world) == -EPERM && geteuid() == 0 ? 0 : 1);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(listening);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WORLD(test_shown),
        WORLD(test_long_text),
        WORLD(test_no_server),
        WORLD(test_hangs),
        WORLD(test_floods),
        WORLD(test_not_a_bus_of_theirs),
        WORLD(test_nobody_waits_for_a_file_system),
        WORLD(test_nothing_is_left),
        WORLD(test_without_capability),
    };
    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
