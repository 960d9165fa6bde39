/* A message bus of the test's own (dbus-daemon), and clients on it. */
#pragma once

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>
#include <unistd.h>

#include "tests/unit/folder.h"

/* Of a socket in a test's folder. */
#define BUS_ADDRESS_MAX 128

/* Long enough for a machine that is busy with other things. */
#define PATIENCE_US UINT64_C(20000000)

/* Anyone may do anything; services are looked for in FOLDER/services. */
#define OPEN_POLICY                                                                                \
    "<policy context='default'><allow user='*'/><allow own='*'/><allow send_type='method_call'/>"  \
    "<allow send_type='signal'/><allow send_type='method_return'/><allow send_type='error'/>"      \
    "<allow receive_type='method_call'/><allow receive_type='signal'/>"                            \
    "<allow receive_type='method_return'/><allow receive_type='error'/></policy>"

/* What a distribution's system.conf has before it includes what packages bring. */
#define SYSTEM_POLICY                                                                              \
    "<policy context='default'><allow user='*'/><deny own='*'/><deny send_type='method_call'/>"    \
    "<allow send_type='signal'/><allow send_requested_reply='true' send_type='method_return'/>"    \
    "<allow send_requested_reply='true' send_type='error'/>"                                       \
    "<allow receive_type='method_call'/><allow receive_type='method_return'/>"                     \
    "<allow receive_type='error'/><allow receive_type='signal'/>"                                  \
    "<allow send_destination='org.freedesktop.DBus' "                                              \
    "send_interface='org.freedesktop.DBus'/></policy>"

static inline bool message_bus_can(void)
{
    return access("/usr/bin/dbus-daemon", X_OK) == 0;
}

/* Start it at FOLDER/NAME as a user. Return: its pid, once it listens. */
static inline pid_t message_bus_start(
    const struct folder *folder, const char *name, uid_t user, const char *policy)
{
    char file[64], config[512], ready;
    char text[8192];
    int pipes[2];

    snprintf(file, sizeof(file), "%s.conf", name);
    snprintf(text, sizeof(text),
        "<busconfig><type>system</type><listen>unix:path=%s/%s</listen><auth>EXTERNAL</auth>"
        "<servicedir>%s/services</servicedir>%s</busconfig>",
        folder->path, name, folder->path, policy);
    folder_write_bytes(folder, file, text, strlen(text));
    snprintf(config, sizeof(config), "--config-file=%s/%s", folder->path, file);

    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        char fd[32];
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        close(pipes[0]);
        dup2(open("/dev/null", O_WRONLY), STDERR_FILENO); /* it says much of what tests provoke */
        if (user != geteuid() && (setgid(user) < 0 || setuid(user) < 0))
            _exit(1);
        snprintf(fd, sizeof(fd), "--print-pid=%d", pipes[1]);
        execl("/usr/bin/dbus-daemon", "dbus-daemon", config, "--nofork", "--nopidfile",
            "--nosyslog", fd, (char *)NULL);
        _exit(1);
    }
    close(pipes[1]);
    assert_int_equal(read(pipes[0], &ready, 1), 1);
    close(pipes[0]);
    return pid;
}

/* Kill it, as in a crash: its socket stays. */
static inline void message_bus_stop(pid_t *pid)
{
    if (*pid <= 0)
        return;
    kill(*pid, SIGKILL);
    assert_int_equal(waitpid(*pid, NULL, 0), *pid);
    *pid = 0;
}

/* A client in this process, in the event loop. */
static inline sd_bus *message_bus_client(sd_event *event, const char *address)
{
    sd_bus *bus = NULL;

    assert_true(sd_bus_new(&bus) >= 0);
    assert_true(sd_bus_set_address(bus, address) >= 0);
    assert_true(sd_bus_set_bus_client(bus, 1) >= 0);
    assert_true(sd_bus_start(bus) >= 0);
    assert_true(sd_bus_set_exit_on_disconnect(bus, 0) >= 0);
    assert_true(sd_bus_set_close_on_exit(bus, 0) >= 0);
    assert_true(sd_bus_attach_event(bus, event, 0) >= 0);
    return bus;
}

static inline sd_bus *message_bus_client_end(sd_bus *bus)
{
    if (bus)
        sd_bus_detach_event(bus);
    return sd_bus_close_unref(bus);
}

static inline uint64_t message_bus_now_us(void)
{
    struct timespec ts;

    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

/* Let the loop turn until the condition holds; it must before patience is at its end. */
#define WAIT_FOR(event, condition)                                                                 \
    do {                                                                                           \
        uint64_t began = message_bus_now_us();                                                     \
        while (!(condition)) {                                                                     \
            assert_true(sd_event_run((event), 20000) >= 0);                                        \
            if (message_bus_now_us() - began > PATIENCE_US)                                        \
                fail_msg("waited in vain for " #condition);                                        \
        }                                                                                          \
    } while (0)
