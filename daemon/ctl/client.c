#include "daemon/ctl/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/report/cleanup.h"
#include "daemon/report/say.h"

#define RUNTIME_DIR "/run/reliefd"
#define STATE_DIR   "/var/lib/reliefd"
#define OBJECT      "/org/reliefd1"
#define INTERFACE   "org.reliefd1"

/* Longer than any answer takes, on a machine that thrashes too. */
#define TIMEOUT_US (UINT64_C(30) * 1000000)

const char *rl_client_runtime_dir(const struct rl_args *args)
{
    const char *dir = args->common[RL_OPT_RUNTIME_DIR];

    return dir ? dir : RUNTIME_DIR;
}

static void socket_path(const struct rl_args *args, char *buf, size_t size)
{
    snprintf(buf, size, "%s/bus", rl_client_runtime_dir(args));
}

const char *rl_client_state_dir(const struct rl_args *args)
{
    const char *dir = args->common[RL_OPT_STATE_DIR];

    return dir ? dir : STATE_DIR;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof(address.sun_path))
        return -ENAMETOOLONG;
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0) {
        int error = errno == ECONNREFUSED ? -ENOENT : -errno;
        close(fd);
        return error;
    }
    return fd;
}

int rl_client_open(const struct rl_args *args, sd_bus **ret)
{
    char path[4096];
    sd_bus *bus = NULL;

    socket_path(args, path, sizeof(path));
    int fd = connect_to(path);
    if (fd < 0)
        return fd;
    int r = sd_bus_new(&bus);
    if (r < 0 || (r = sd_bus_set_fd(bus, fd, fd)) < 0) {
        close(fd);
    } else if ((r = sd_bus_set_method_call_timeout(bus, TIMEOUT_US)) >= 0 &&
               (r = sd_bus_start(bus)) >= 0) {
        *ret = bus;
        return 0;
    }
    sd_bus_unref(bus);
    return r;
}

int rl_client_say(const struct rl_args *args, int error)
{
    char path[4096];

    socket_path(args, path, sizeof(path));
    if (error == -ENOENT) {
        fprintf(stderr,
            "reliefd is not running (no socket at %s): start it with 'systemctl %sstart reliefd', "
            "or say where its socket is with --runtime-dir\n",
            path, args->common[RL_OPT_USER] ? "--user " : "");
        return RL_EXIT_DOWN;
    }
    fprintf(stderr, "reliefctl: %s: %s\n", path, strerror(-error));
    return RL_EXIT_FAILURE;
}

/* What the daemon answered instead of a result; its words are escaped as any other's. */
static int say_refusal(const sd_bus_error *error, int r)
{
    char text[1024];

    if (r == -ETIMEDOUT)
        snprintf(text, sizeof(text), "it does not answer");
    else if (r == -ECONNRESET || r == -ENOTCONN || r == -EPIPE)
        snprintf(text, sizeof(text), "it closed the connection (too many are open?)");
    else
        rl_escape(error->message ? error->message : strerror(-r), text, sizeof(text));
    fprintf(stderr, "reliefd: %s\n", text);
    return RL_EXIT_FAILURE;
}

static int call(
    sd_bus *bus, sd_bus_message **ret, const char *method, const char *types, va_list arguments)
{
    sd_bus_message *message = NULL;
    sd_bus_error error = SD_BUS_ERROR_NULL;
    int code = RL_EXIT_OK;

    int r = sd_bus_message_new_method_call(bus, &message, NULL, OBJECT, INTERFACE, method);
    if (r >= 0)
        r = sd_bus_message_appendv(message, types, arguments);
    if (r >= 0)
        r = sd_bus_call(bus, message, 0, &error, ret);
    if (r < 0)
        code = say_refusal(&error, r);
    sd_bus_error_free(&error);
    sd_bus_message_unref(message);
    return code;
}

static int parse_answer(sd_bus_message *answer, json_t **ret)
{
    const char *text = NULL;

    if (sd_bus_message_is_empty(answer) > 0) {
        *ret = json_null();
        return RL_EXIT_OK;
    }
    if (sd_bus_message_read(answer, "s", &text) < 0 ||
        !(*ret = json_loads(text, JSON_DECODE_ANY, NULL))) {
        fprintf(stderr, "reliefctl: reliefd's answer is not JSON\n");
        return RL_EXIT_FAILURE;
    }
    return RL_EXIT_OK;
}

int rl_client_ask(
    const struct rl_args *args, json_t **ret, const char *method, const char *types, ...)
{
    sd_bus_message *answer = NULL;
    sd_bus *bus = NULL;
    va_list arguments;

    int r = rl_client_open(args, &bus);
    if (r < 0)
        return rl_client_say(args, r);
    va_start(arguments, types);
    int code = call(bus, &answer, method, types, arguments);
    va_end(arguments);
    if (code == RL_EXIT_OK)
        code = parse_answer(answer, ret);
    sd_bus_message_unref(answer);
    sd_bus_close_unref(bus);
    return code;
}

/* call() for no arguments. */
static int call_plain(sd_bus *bus, sd_bus_message **ret, const char *method, ...)
{
    va_list none;

    va_start(none, method);
    int code = call(bus, ret, method, "", none);
    va_end(none);
    return code;
}

int rl_client_text(const struct rl_args *args, char **ret, const char *method)
{
    sd_bus_message *answer = NULL;
    const char *text = NULL;
    sd_bus *bus = NULL;

    int r = rl_client_open(args, &bus);
    if (r < 0)
        return rl_client_say(args, r);
    int code = call_plain(bus, &answer, method);
    if (code == RL_EXIT_OK &&
        (sd_bus_message_read(answer, "s", &text) < 0 || !(*ret = strdup(text)))) {
        fprintf(stderr, "reliefctl: reliefd's answer cannot be read\n");
        code = RL_EXIT_FAILURE;
    }
    sd_bus_message_unref(answer);
    sd_bus_close_unref(bus);
    return code;
}

int rl_client_call(sd_bus *bus, json_t **ret, const char *method, const char *types, ...)
{
    sd_bus_message *answer = NULL;
    va_list arguments;

    va_start(arguments, types);
    int code = call(bus, &answer, method, types, arguments);
    va_end(arguments);
    if (code == RL_EXIT_OK)
        code = parse_answer(answer, ret);
    sd_bus_message_unref(answer);
    return code;
}

/* Kept as long as the connection lives. */
struct listener {
    rl_client_record on_record;
    void *userdata;
};

static int on_incident(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    const struct listener *listener = userdata;
    const char *id, *text;

    if (!sd_bus_message_is_signal(message, INTERFACE, NULL) ||
        sd_bus_message_read(message, "ss", &id, &text) < 0)
        return 0;
    json_auto_t *record = json_loads(text, 0, NULL);
    if (record)
        listener->on_record(listener->userdata, record);
    return 0;
}

int rl_client_listen(sd_bus *bus, rl_client_record on_record, void *userdata)
{
    struct listener *listener = malloc(sizeof(*listener));
    sd_bus_slot *slot = NULL;
    int r;

    if (!listener)
        return -ENOMEM;
    *listener = (struct listener){.on_record = on_record, .userdata = userdata};
    r = sd_bus_add_filter(bus, &slot, on_incident, listener);
    if (r >= 0)
        r = sd_bus_slot_set_destroy_callback(slot, free);
    if (r < 0) {
        free(listener);
        return r;
    }
    sd_bus_slot_set_floating(slot, 1);
    sd_bus_slot_unref(slot);
    return 0;
}

int rl_client_wait(sd_bus *bus, uint64_t most_us)
{
    int r = sd_bus_process(bus, NULL);

    if (r == 0)
        r = sd_bus_wait(bus, most_us);
    if (r == -ECONNRESET || r == -EPIPE || r == -ESHUTDOWN)
        r = -ENOTCONN;
    return r < 0 ? r : 0;
}
