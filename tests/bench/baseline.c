/* What reliefd's libraries take of themselves: linked with all of them, used as reliefd uses them
 * at its start, memory locked the way it locks its own, and nothing else.
 *
 * usage: baseline
 * Says its pid and sleeps until it is killed. Compare Locked: of /proc/PID/smaps_rollup with
 * reliefd's own. */
#include <err.h>
#include <ini.h>
#include <jansson.h>
#include <libcgroup.h>
#include <malloc.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <sys/mman.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>
#include <unistd.h>

static void check(int r, const char *what)
{
    if (r < 0)
        errx(1, "%s: %s", what, strerror(-r));
}

static int on_value(void *userdata, const char *section, const char *name, const char *value)
{
    return 1;
}

static void *nothing(void *userdata)
{
    return NULL;
}

static int on_time(sd_event_source *source, uint64_t usec, void *userdata)
{
    return 0;
}

static int on_answer(sd_bus_message *answer, void *userdata, sd_bus_error *error)
{
    bool *answered = userdata;

    *answered = true;
    return 1;
}

static int on_method(sd_bus_message *message, void *userdata, sd_bus_error *error)
{
    return sd_bus_reply_method_return(message, "");
}

static const sd_bus_vtable vtable[] = {
    SD_BUS_VTABLE_START(0),
    SD_BUS_METHOD("Method", "", "", on_method, SD_BUS_VTABLE_UNPRIVILEGED),
    SD_BUS_VTABLE_END,
};

/* On the system bus, where there is one, as somebody who answers there. */
static void use_system_bus(sd_event *event)
{
    bool answered = false;
    sd_bus *bus;

    if (access("/run/dbus/system_bus_socket", F_OK) < 0)
        return;
    check(sd_bus_new(&bus), "sd_bus_new");
    check(sd_bus_set_address(bus, "unix:path=/run/dbus/system_bus_socket"), "sd_bus_set_address");
    check(sd_bus_set_bus_client(bus, 1), "sd_bus_set_bus_client");
    check(sd_bus_add_object_vtable(bus, NULL, "/org/reliefd1", "org.reliefd1", vtable, NULL),
        "sd_bus_add_object_vtable");
    check(sd_bus_start(bus), "sd_bus_start");
    check(sd_bus_attach_event(bus, event, 0), "sd_bus_attach_event");
    check(sd_bus_call_method_async(bus, NULL, "org.freedesktop.DBus", "/org/freedesktop/DBus",
              "org.freedesktop.DBus", "ListNames", on_answer, &answered, ""),
        "sd_bus_call_method_async");
    for (int i = 0; i < 50 && !answered; i++)
        check(sd_event_run(event, 100000), "sd_event_run");
}

static void use_events(void)
{
    sd_event *event;
    sd_event_source *timer;
    sd_bus *bus;
    sd_id128_t id;

    check(sd_event_default(&event), "sd_event_default");
    check(sd_event_add_time_relative(
              event, &timer, CLOCK_MONOTONIC, UINT64_C(3600000000), 0, on_time, NULL),
        "sd_event_add_time_relative");
    check(sd_event_run(event, 0), "sd_event_run");
    check(sd_bus_new(&bus), "sd_bus_new");
    check(sd_id128_randomize(&id), "sd_id128_randomize");
    check(sd_bus_set_server(bus, 1, id), "sd_bus_set_server");
    use_system_bus(event);
}

/* The objects are left to the process: so they are there when somebody counts. */
static void use_others(void)
{
    pthread_t thread;
    json_t *json = json_pack("{s:s, s:i}", "name", "value", "number", 1);
    char *text = json ? json_dumps(json, JSON_INDENT(1)) : NULL;
    cap_t caps = cap_get_proc();

    if (!text || !caps)
        errx(1, "jansson or libcap: out of memory");
    cgroup_set_logger(NULL, CGROUP_LOG_ERROR, NULL);
    (void)cgroup_init(); /* no hierarchy here: reliefd calls it all the same */
    if (ini_parse_string("[Section]\nKey=value\n", on_value, NULL) != 0)
        errx(1, "ini_parse_string");
    if (pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0)
        errx(1, "pthread_create");
}

int main(void)
{
    if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) < 0)
        err(1, "mlockall");
    mallopt(M_ARENA_MAX, 1);
    use_events();
    use_others();
    printf("%d\n", (int)getpid());
    fflush(stdout);
    for (;;)
        pause();
}
