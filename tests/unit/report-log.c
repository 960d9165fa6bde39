/* The log against journals that answer, hang, vanish and come back, and against every kind of
 * stderr. */
#include "tests/unit/unit.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/report/entry.h"
#include "daemon/report/log.h"
#include "daemon/report/log-json.h"
#include "daemon/report/report.h"
#include "daemon/report/say.h"
#include "tests/unit/folder.h"
#include "tests/unit/report-sample.h"

/* A journald of the test's own, and a pipe for stderr. */
struct world {
    struct folder folder;
    char path[64];
    int journal;
    int pipe[2];
};

static int bind_journal(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    strcpy(address.sun_path, path);
    unlink(path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));

    folder_new(&world->folder);
    snprintf(world->path, sizeof(world->path), "%s/journal", world->folder.path);
    world->journal = bind_journal(world->path);
    assert_int_equal(pipe2(world->pipe, O_CLOEXEC), 0);
    assert_int_equal(fcntl(world->pipe[0], F_SETFL, O_NONBLOCK), 0);
    unsetenv("JOURNAL_STREAM");
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;

    rl_log_close();
    unsetenv("JOURNAL_STREAM");
    close(world->journal);
    close(world->pipe[0]);
    close(world->pipe[1]);
    folder_free(&world->folder);
    free(world);
    return 0;
}

/* The value of a field of a datagram in the native protocol; false when there is none. */
static bool field(const char *data, size_t size, const char *name, char *value, size_t value_size)
{
    const char *end = data + size;

    while (data < end) {
        const char *eol = memchr(data, '\n', (size_t)(end - data));
        assert_non_null(eol);
        const char *equals = memchr(data, '=', (size_t)(eol - data));
        const char *from = equals ? equals + 1 : eol + 1 + 8;
        const char *name_end = equals ? equals : eol;
        size_t length = (size_t)(eol - from);
        if (!equals) {
            uint64_t le;
            memcpy(&le, eol + 1, sizeof(le));
            length = le64toh(le);
            assert_int_equal(from[length], '\n');
        }
        if ((size_t)(name_end - data) == strlen(name) && memcmp(data, name, strlen(name)) == 0) {
            assert_true(length < value_size);
            memcpy(value, from, length);
            value[length] = '\0';
            return true;
        }
        data = from + length + 1;
    }
    return false;
}

/* The next entry that the journal got. */
static ssize_t receive(struct world *world, char *data, size_t size)
{
    ssize_t n = recv(world->journal, data, size, 0);
    return n < 0 ? -errno : n;
}

static void expect_message(struct world *world, const char *expected)
{
    char data[8192], message[4096];
    ssize_t n = receive(world, data, sizeof(data));

    assert_true(n > 0);
    assert_true(field(data, (size_t)n, "MESSAGE", message, sizeof(message)));
    assert_string_equal(message, expected);
}

static void expect_stderr(struct world *world, const char *expected)
{
    char text[8192];
    ssize_t n = read(world->pipe[0], text, sizeof(text) - 1);

    text[n > 0 ? n : 0] = '\0';
    assert_string_equal(text, expected);
}

static void test_levels(void **state)
{
    assert_int_equal(rl_log_level_from_name("err"), LOG_ERR);
    assert_int_equal(rl_log_level_from_name("warning"), LOG_WARNING);
    assert_int_equal(rl_log_level_from_name("notice"), LOG_NOTICE);
    assert_int_equal(rl_log_level_from_name("info"), LOG_INFO);
    assert_int_equal(rl_log_level_from_name("debug"), LOG_DEBUG);
    assert_int_equal(rl_log_level_from_name("DEBUG"), -EINVAL);
    assert_int_equal(rl_log_level_from_name(""), -EINVAL);
}

static void test_both_sinks(void **state)
{
    struct world *world = *state;
    char data[4096], value[256];

    rl_log_open_to(LOG_INFO, world->path, world->pipe[1]);
    rl_warning("disk %d%% full", 90);
    rl_debug("not this one");
    ssize_t n = receive(world, data, sizeof(data));
    assert_true(n > 0);
    assert_true(field(data, (size_t)n, "MESSAGE", value, sizeof(value)));
    assert_string_equal(value, "disk 90% full");
    assert_true(field(data, (size_t)n, "PRIORITY", value, sizeof(value)));
    assert_string_equal(value, "4");
    assert_true(field(data, (size_t)n, "SYSLOG_IDENTIFIER", value, sizeof(value)));
    assert_string_equal(value, "reliefd");
    assert_int_equal(receive(world, data, sizeof(data)), -EAGAIN);
    expect_stderr(world, "reliefd: disk 90% full\n");

    rl_log_set_level(LOG_DEBUG);
    rl_debug("now");
    expect_message(world, "now");
}

/* A line cannot become two, whatever is in it. */
static void test_escaped(void **state)
{
    struct world *world = *state;

    rl_log_open_to(LOG_INFO, world->path, world->pipe[1]);
    rl_error("killed %s", HOSTILE_COMM);
    expect_message(world, "killed a\\x0a\\x1b[31m)\\xc3 \"b\\x7f");
    expect_stderr(world, "reliefd: killed a\\x0a\\x1b[31m)\\xc3 \"b\\x7f\n");
}

static void test_long_line(void **state)
{
    struct world *world = *state;
    char text[10000], data[8192], message[4096];

    memset(text, 'x', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    rl_log_open_to(LOG_INFO, world->path, -1);
    rl_info("%s", text);
    ssize_t n = receive(world, data, sizeof(data));
    assert_true(n > 0);
    assert_true(field(data, (size_t)n, "MESSAGE", message, sizeof(message)));
    assert_string_equal(message + strlen(message) - 4, "x...");
}

/* The journal does not read: lines are lost and counted, the daemon goes on. */
static void test_journal_hangs(void **state)
{
    struct world *world = *state;
    char data[4096], message[256];
    unsigned sent = 5000, got = 0, lost = 0;

    rl_log_open_to(LOG_INFO, world->path, -1);
    for (unsigned i = 0; i < sent; i++)
        rl_info("line %u", i);
    while (receive(world, data, sizeof(data)) > 0)
        got++;
    assert_true(got > 0 && got < sent);

    rl_info("it reads again");
    ssize_t n = receive(world, data, sizeof(data));
    assert_true(n > 0);
    assert_true(field(data, (size_t)n, "MESSAGE", message, sizeof(message)));
    assert_int_equal(sscanf(message, "%u lines were lost:", &lost), 1);
    assert_int_equal(got + lost, sent);
    expect_message(world, "it reads again");
    rl_info("once");
    expect_message(world, "once");
}

/* Nobody reads stderr: the same. */
static void test_stderr_hangs(void **state)
{
    struct world *world = *state;
    static char text[1 << 20];
    unsigned sent = 5000, got = 0, lost = 0;
    size_t used = 0;

    rl_log_open_to(LOG_INFO, "/nonexistent/journal", world->pipe[1]);
    for (unsigned i = 0; i < sent; i++)
        rl_info("line %u with some more text to fill the pipe", i);
    for (ssize_t n; (n = read(world->pipe[0], text + used, sizeof(text) - 1 - used)) > 0;)
        used += (size_t)n;
    text[used] = '\0';
    for (const char *c = text; (c = strchr(c, '\n')); c++)
        got++;
    assert_true(got > 0 && got < sent);
    assert_int_equal(text[used - 1], '\n'); /* no half line */

    rl_info("again");
    ssize_t n = read(world->pipe[0], text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_int_equal(sscanf(text, "reliefd: %u lines were lost", &lost), 1);
    assert_int_equal(got + lost, sent);
    assert_non_null(strstr(text, "\nreliefd: again\n"));
}

/* The reader is gone: no SIGPIPE, no end. */
static void test_stderr_closed(void **state)
{
    struct world *world = *state;

    rl_log_open_to(LOG_INFO, "/nonexistent/journal", world->pipe[1]);
    close(world->pipe[0]);
    rl_info("into the void");
    rl_info("and again");
    world->pipe[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void test_journal_restarts(void **state)
{
    struct world *world = *state;
    char data[4096];

    rl_log_open_to(LOG_INFO, world->path, world->pipe[1]);
    rl_info("one");
    expect_message(world, "one");
    expect_stderr(world, "reliefd: one\n");

    close(world->journal);
    unlink(world->path);
    rl_info("two");
    expect_stderr(world, "reliefd: two\n");

    world->journal = bind_journal(world->path);
    rl_info("three");
    expect_message(world, "three");
    assert_int_equal(receive(world, data, sizeof(data)), -EAGAIN);
    expect_stderr(world, "reliefd: three\n");

    /* Gone and back between two lines: nothing is missing. */
    close(world->journal);
    world->journal = bind_journal(world->path);
    rl_info("four");
    expect_message(world, "four");
}

/* stderr is the stream that systemd made: level prefixes, and nothing said twice. */
static void test_journal_stream(void **state)
{
    struct world *world = *state;
    char stream[64], text[256];
    struct stat st;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    assert_int_equal(fstat(pair[1], &st), 0);
    snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
        (unsigned long long)st.st_ino);
    setenv("JOURNAL_STREAM", stream, 1);

    rl_log_open_to(LOG_INFO, world->path, pair[1]);
    rl_info("by socket");
    expect_message(world, "by socket");
    assert_int_equal(recv(pair[0], text, sizeof(text), MSG_DONTWAIT), -1);

    close(world->journal);
    unlink(world->path);
    rl_error("by stream");
    ssize_t n = recv(pair[0], text, sizeof(text) - 1, MSG_DONTWAIT);
    assert_true(n > 0);
    text[n] = '\0';
    assert_string_equal(text, "<3>by stream\n");

    /* Inherited from elsewhere: no prefix. */
    rl_log_open_to(LOG_INFO, world->path, world->pipe[1]);
    rl_error("plain");
    expect_stderr(world, "reliefd: plain\n");
    world->journal = bind_journal(world->path);
    close(pair[0]);
    close(pair[1]);
}

/* Values with line feeds go as length and data. */
static void test_protocol(void **state)
{
    static const struct rl_field fields[] = {
        {"ONE", "a=b"},
        {"TWO", "x\ny\n"},
        {"EMPTY", ""},
        {"THREE", "z"},
    };
    struct world *world = *state;
    struct rl_journal journal;
    char data[4096], value[64];

    rl_journal_open(&journal, world->path);
    assert_int_equal(rl_journal_send(&journal, fields, 4), RL_JOURNAL_SENT);
    ssize_t n = receive(world, data, sizeof(data));
    for (size_t i = 0; i < 4; i++) {
        assert_true(field(data, (size_t)n, fields[i].name, value, sizeof(value)));
        assert_string_equal(value, fields[i].value);
    }
    assert_memory_equal(data, "ONE=a=b\nTWO\n\4\0\0\0\0\0\0\0x\ny\n\nEMPTY=\nTHREE=z\n", (size_t)n);
    rl_journal_close(&journal);

    rl_journal_open(&journal, "/nonexistent");
    assert_int_equal(rl_journal_send(&journal, fields, 4), RL_JOURNAL_ABSENT);
    assert_int_equal(journal.lost, 0);
    char far[200];
    memset(far, 'x', sizeof(far));
    far[sizeof(far) - 1] = '\0';
    rl_journal_open(&journal, far);
    assert_int_equal(rl_journal_send(&journal, fields, 4), RL_JOURNAL_ABSENT);
}

static void test_incident_entry(void **state)
{
    static const struct {
        const char *name, *expected;
    } rows[] = {
        {"MESSAGE_ID", RL_MESSAGE_ENDED},
        {"RELIEFD_INCIDENT", "20240501T120000.123Z-7"},
        {"RELIEFD_KIND", "relief"},
        {"UNIT", "db.service"},
        {"OBJECT_SYSTEMD_UNIT", "db.service"},
        {"RELIEFD_POLICY", "db"},
        {"RELIEFD_TRIGGER", "stall"},
        {"RELIEFD_CGROUP", SAMPLE_OFFENDER},
        {"RELIEFD_VICTIM_CGROUP", SAMPLE_OFFENDER},
        {"RELIEFD_PID", "4711"},
        {"OBJECT_PID", "4711"},
        {"RELIEFD_COMM", "worker"},
        {"RELIEFD_SCORE", "812"},
        {"RELIEFD_FREED_BYTES", "503316480"},
        {"RELIEFD_OUTCOME", "relieved"},
        {"RELIEFD_DRY_RUN", "0"},
        {"PRIORITY", "5"},
    };
    static struct rl_record record;
    struct world *world = *state;
    char data[8192], value[4096];

    sample_record(&record);
    rl_log_open_to(LOG_ERR, world->path, -1); /* incidents are said at any level */
    rl_entry_log(&record);
    ssize_t n = receive(world, data, sizeof(data));
    assert_true(n > 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(field(data, (size_t)n, rows[i].name, value, sizeof(value)));
        assert_string_equal(value, rows[i].expected);
    }
    assert_true(field(data, (size_t)n, "MESSAGE", value, sizeof(value)));
    assert_memory_equal(value, "Killed worker[4711] in ", 23);
}

/* What is about a pod can be searched by it; what is not has no such fields. */
static void test_incident_of_pod(void **state)
{
    static const struct {
        const char *name, *expected;
    } rows[] = {
        {"RELIEFD_NAMESPACE", "shop"},
        {"RELIEFD_POD", "shop/web-1"},
        {"RELIEFD_POD_UID", "6d0b5c3e-1111-2222-3333-444455556666"},
        {"RELIEFD_CONTAINER", "web"},
        {"RELIEFD_CONTAINER_ID", "0123456789ab"},
        {"RELIEFD_QOS", "guaranteed"},
    };
    static struct rl_record record;
    struct world *world = *state;
    char data[8192], value[4096];
    ssize_t n;

    sample_record(&record);
    rl_log_open_to(LOG_ERR, world->path, -1);
    rl_entry_log(&record);
    n = receive(world, data, sizeof(data));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        assert_false(field(data, (size_t)n, rows[i].name, value, sizeof(value)));
    rl_pod_place("/kubepods/pod6d0b5c3e-1111-2222-3333-444455556666/0123456789ab", &record.pod);
    rl_entry_log(&record);
    n = receive(world, data, sizeof(data));
    assert_false(field(data, (size_t)n, "RELIEFD_POD", value, sizeof(value)));
    assert_true(field(data, (size_t)n, "RELIEFD_QOS", value, sizeof(value)));
    rl_pod_set_name(&record.pod, "shop/web-1");
    strcpy(record.pod.container, "web");
    rl_entry_log(&record);
    n = receive(world, data, sizeof(data));
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_true(field(data, (size_t)n, rows[i].name, value, sizeof(value)));
        assert_string_equal(value, rows[i].expected);
    }
    assert_true(field(data, (size_t)n, "RELIEFD_OUTCOME", value, sizeof(value)));
    assert_true(field(data, (size_t)n, "RELIEFD_DRY_RUN", value, sizeof(value)));
}

static void test_incident_kinds(void **state)
{
    static const struct {
        bool open;
        enum rl_reason outcome;
        const char *message_id, *priority;
    } rows[] = {
        {true, RL_REASON_NONE, RL_MESSAGE_STARTED, "4"},
        {false, RL_OUTCOME_RELIEVED, RL_MESSAGE_ENDED, "5"},
        {false, RL_OUTCOME_NOT_RELIEVED, RL_MESSAGE_ENDED, "4"},
        {false, RL_OUTCOME_NO_VICTIM, RL_MESSAGE_NO_VICTIM, "3"},
        {false, RL_OUTCOME_FAILED, RL_MESSAGE_NOT_ACTED, "3"},
        {false, RL_OUTCOME_STUCK, RL_MESSAGE_NOT_ACTED, "3"},
        {false, RL_OUTCOME_ALARM, RL_MESSAGE_REFUSED, "2"},
        {false, RL_OUTCOME_HELD, RL_MESSAGE_REFUSED, "4"},
        {false, RL_OUTCOME_FUTILE, RL_MESSAGE_REFUSED, "3"},
    };
    static struct rl_record record;
    struct world *world = *state;
    char data[8192], value[128];

    rl_log_open_to(LOG_INFO, world->path, -1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        sample_record(&record);
        record.open = rows[i].open;
        record.outcome = rows[i].outcome;
        record.choice.found = rows[i].outcome != RL_OUTCOME_NO_VICTIM;
        rl_entry_log(&record);
        ssize_t n = receive(world, data, sizeof(data));
        assert_true(n > 0);
        assert_true(field(data, (size_t)n, "MESSAGE_ID", value, sizeof(value)));
        assert_string_equal(value, rows[i].message_id);
        assert_true(field(data, (size_t)n, "PRIORITY", value, sizeof(value)));
        assert_string_equal(value, rows[i].priority);
        assert_int_equal(
            field(data, (size_t)n, "RELIEFD_PID", value, sizeof(value)), record.choice.found);
        assert_int_equal(
            field(data, (size_t)n, "RELIEFD_OUTCOME", value, sizeof(value)), !rows[i].open);
    }
}

static void expect_fields(struct world *world, const char *const (*rows)[2], size_t n_rows)
{
    char data[8192], value[4096];
    ssize_t n = receive(world, data, sizeof(data));

    assert_true(n > 0);
    for (size_t i = 0; i < n_rows; i++) {
        if (!field(data, (size_t)n, rows[i][0], value, sizeof(value)))
            fail_msg("no %s", rows[i][0]);
        assert_string_equal(value, rows[i][1]);
    }
}

/* What the kernel killed, and what nobody has ended. */
static void test_other_entries(void **state)
{
    static const char *const kernel[][2] = {
        {"MESSAGE_ID", RL_MESSAGE_KERNEL_OOM},
        {"PRIORITY", "4"},
        {"MESSAGE", "The kernel's OOM killer has killed 2 processes in " SAMPLE_OFFENDER
                    "; a trigger of the policy was near: Why."},
        {"RELIEFD_INCIDENT", "20240501T120000.123Z-7"},
        {"RELIEFD_KIND", "kernel-oom"},
        {"RELIEFD_POLICY", "db"},
        {"RELIEFD_CGROUP", SAMPLE_OFFENDER},
        {"RELIEFD_KILLS", "2"},
        {"RELIEFD_FORESEEN", "near"},
        {"OBJECT_SYSTEMD_UNIT", "db.service"},
    };
    static const char *const interrupted[][2] = {
        {"MESSAGE_ID", RL_MESSAGE_INTERRUPTED},
        {"PRIORITY", "4"},
        {"MESSAGE",
            "An earlier reliefd was ended while incident 20240501T120000.123Z-7 in " SAMPLE_OFFENDER
            " was not over; its victim worker[4711] was sent SIGKILL and is "
            "gone"},
        {"RELIEFD_INCIDENT", "20240501T120000.123Z-7"},
        {"RELIEFD_OUTCOME", "interrupted"},
        {"RELIEFD_CGROUP", SAMPLE_OFFENDER},
        {"UNIT", "db.service"},
    };
    static struct rl_record record;
    struct world *world = *state;
    json_t *json;

    sample_record(&record);
    record.kind = RL_KIND_KERNEL_OOM;
    record.outcome = RL_OUTCOME_KERNEL_KILLED;
    rl_log_open_to(LOG_INFO, world->path, -1);
    json = json_pack("{s:i, s:{s:s, s:s}, s:{s:s}}", "kills", 2, "foreseen", "id", "near", "text",
        rl_reason_text(RL_FORESEEN_NEAR), "report", "headline", "Why.");
    rl_entry_kernel_oom(&record, json);
    json_decref(json);
    expect_fields(world, kernel, sizeof(kernel) / sizeof(kernel[0]));

    sample_record(&record);
    json = rl_record_json(&record);
    json_object_set_new(
        json, "interrupted", json_pack("{s:b, s:s}", "rebooted", false, "victim", "gone"));
    rl_entry_interrupted(json);
    json_decref(json);
    expect_fields(world, interrupted, sizeof(interrupted) / sizeof(interrupted[0]));
}

/* Without a journal an incident is one line, however hostile its names. */
static void test_incident_without_journal(void **state)
{
    static struct rl_record record;
    struct world *world = *state;
    char text[8192];

    sample_hostile(&record);
    rl_log_open_to(LOG_INFO, "/nonexistent/journal", world->pipe[1]);
    rl_entry_log(&record);
    ssize_t n = read(world->pipe[0], text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_ptr_equal(strchr(text, '\n'), text + n - 1);
    text[n - 1] = '\0';
    for (const char *c = text; *c;) {
        unsigned point;
        size_t length = rl_utf8_take(c, &point);
        assert_true(length > 0 && point >= 0x20 && point != 0x7f && point != 0x202e);
        c += length;
    }
    assert_non_null(
        strstr(text, " incident=20240501T120000.123Z-7 kind=relief policy=db trigger=stall "));
    assert_non_null(strstr(text, " comm=\"a\\x0a\\x1b[31m)\\xc3 \\\"b\\x7f\" "));
    assert_non_null(strstr(text, " outcome=relieved dry_run=0"));
    assert_null(strstr(text, "MESSAGE_ID"));
}

/* One object a line for collectors, whatever names and lengths. */
static void test_json(void **state)
{
    static const struct rl_field fields[] = {
        {"MESSAGE_ID", "0123"},
        {"RELIEFD_POLICY", "a\"b\\c"},
        {"RELIEFD_CGROUP", "/x y"},
    };
    static struct rl_record record;
    struct world *world = *state;
    char text[8192], line[512];
    json_t *json;
    ssize_t n;

    sample_hostile(&record);
    rl_log_open_to(LOG_INFO, "/nonexistent/journal", world->pipe[1]);
    rl_log_set_json(true);
    rl_entry_log(&record);
    n = read(world->pipe[0], text, sizeof(text) - 1);
    assert_true(n > 0);
    text[n] = '\0';
    assert_ptr_equal(strchr(text, '\n'), text + n - 1);
    json = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(json);
    assert_string_equal(json_string_value(json_object_get(json, "level")), "notice");
    assert_string_equal(json_string_value(json_object_get(json, "message_id")), RL_MESSAGE_ENDED);
    assert_string_equal(json_string_value(json_object_get(json, "policy")), "db");
    assert_string_equal(
        json_string_value(json_object_get(json, "comm")), "a\\x0a\\x1b[31m)\\xc3 \"b\\x7f");
    assert_non_null(json_object_get(json, "time"));
    json_decref(json);

    rl_log_json(line, sizeof(line), LOG_ERR, "a \"b\" \\ \x01\xc3\xa4", fields, 3, SAMPLE_WALL_US);
    assert_string_equal(line,
        "{\"time\":\"2024-05-01T12:00:00.123Z\",\"level\":\"err\",\"message\":\"a \\\"b\\\" "
        "\\\\ \\u0001\xc3\xa4\",\"message_id\":\"0123\",\"policy\":\"a\\\"b\\\\c\","
        "\"cgroup\":\"/x y\"}");
    for (size_t size = 128; size < sizeof(line); size++) {
        memset(line, 'x', sizeof(line));
        size_t length = rl_log_json(line, size, LOG_ERR,
            "words \xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4 and \"quotes\" that want some room, more than "
            "there is in the shortest of the lines",
            fields, 3, SAMPLE_WALL_US);
        assert_true(length < size && line[length] == '\0');
        json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(json);
        json_decref(json);
        assert_int_equal(line[size], 'x');
    }
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_levels),
        WORLD(test_both_sinks),
        WORLD(test_escaped),
        WORLD(test_long_line),
        WORLD(test_journal_hangs),
        WORLD(test_stderr_hangs),
        WORLD(test_stderr_closed),
        WORLD(test_json),
        WORLD(test_other_entries),
        WORLD(test_journal_restarts),
        WORLD(test_journal_stream),
        WORLD(test_protocol),
        WORLD(test_incident_entry),
        WORLD(test_incident_of_pod),
        WORLD(test_incident_kinds),
        WORLD(test_incident_without_journal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
