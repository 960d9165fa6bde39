/* reliefd: put together and kept running. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>

#include "conf/load.h"
#include "conf/settings.h"
#include "daemon/compat.h"
#include "daemon/engine.h"
#include "daemon/options.h"
#include "daemon/reload.h"
#include "daemon/relieve/self.h"
#include "daemon/report/log.h"
#include "daemon/watchdog.h"

/* Everything that main() makes and ends. */
struct program {
    struct rl_options options;
    struct rl_settings settings;
    struct rl_findings findings; /* of reliefd.conf */
    struct rl_probe probe;
    sd_event *event;
    struct rl_report *report;
    struct rl_engine *engine;
    struct rl_bus *bus;
    struct rl_reload *reload;
    struct rl_compat *compat;
    char compat_dir[4096];        /* of policies that units ask for; "": none */
    const char *policy_dirs[128]; /* NULL-terminated */
    struct rl_watchdog *watchdog;
    bool dry_run;
};

static void say_probe(int level, const char *line, void *userdata)
{
    rl_log(level, "%s", line);
}

static void print_probe(int level, const char *line, void *userdata)
{
    puts(line);
}

static void load_settings(struct program *p)
{
    const char *const own[] = {p->options.config_dir, NULL};
    struct rl_settings_options options = {
        .dirs = p->options.user ? own : NULL, .path = p->options.config, .strict_owner = true};
    int r = rl_settings_load(&options, &p->findings, &p->settings);

    if (r < 0)
        rl_error("reliefd.conf: %s", strerror(-r));
    for (size_t i = 0; i < p->findings.n; i++)
        rl_log(p->findings.items[i].severity == RL_ERROR ? LOG_ERR : LOG_WARNING, "%s:%u: %s",
            p->findings.items[i].path, p->findings.items[i].line, p->findings.items[i].message);
    if (p->options.log_level < 0)
        rl_log_set_level(p->settings.log_level);
    if (p->options.log_format < 0)
        rl_log_set_json(p->settings.log_format == RL_LOG_JSON);
    p->dry_run = p->options.dry_run || p->settings.dry_run == RL_DRY_YES;
}

static int probe(struct program *p)
{
    struct rl_roots roots = {
        .proc = p->options.proc_root,
        .cgroup = p->options.cgroup_root ? p->options.cgroup_root : p->settings.cgroup_root,
    };

    return rl_probe_run(&roots, &p->probe);
}

/* Those of units come first: any other file of the same name has its way. */
static void list_dirs(struct program *p)
{
    static const char *const standard[] = {
        RL_POLICY_DIR, "/run/reliefd/policy.d", "/etc/reliefd/policy.d", NULL};
    const char *const *dirs = p->options.n_policy_dirs > 0 ? p->options.policy_dirs : standard;
    const size_t most = sizeof(p->policy_dirs) / sizeof(p->policy_dirs[0]) - 1;
    size_t n = 0;

    if (p->settings.systemd_oomd) {
        snprintf(
            p->compat_dir, sizeof(p->compat_dir), "%s/" RL_COMPAT_FOLDER, p->options.runtime_dir);
        p->policy_dirs[n++] = p->compat_dir;
    }
    for (size_t i = 0; dirs[i] && n < most; i++)
        p->policy_dirs[n++] = dirs[i];
}

static struct rl_load_options policy_options(const struct program *p)
{
    return (struct rl_load_options){
        .dirs = p->policy_dirs,
        .strict_owner = true,
        .settings = &p->settings,
    };
}

/* --check: what this machine lacks and what is wrong with the files. Return: the exit status. */
static int check(struct program *p)
{
    struct rl_load_options options = policy_options(p);
    struct rl_policy_set *set = NULL;
    int r = probe(p);
    bool bad = r < 0 || p->findings.errors > 0;

    rl_probe_report(&p->probe, print_probe, NULL);
    if (r >= 0)
        printf("cgroup2 is mounted on %s\n", p->probe.cgroup_root);
    r = rl_policy_set_load(&options, NULL, &set);
    if (r < 0) {
        fprintf(stderr, "reliefd: %s\n", strerror(-r));
        return EXIT_FAILURE;
    }
    for (size_t i = 0; i < set->findings.n; i++) {
        const struct rl_finding *f = &set->findings.items[i];

        printf("%s:%u: %s: %s\n", f->path, f->line, f->severity == RL_ERROR ? "error" : "warning",
            f->message);
    }
    printf("%zu policies in force\n", set->n);
    bad = bad || set->findings.errors > 0;
    rl_policy_set_free(set);
    return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

static void notify_ready(struct program *p)
{
    sd_notifyf(0, "READY=1\nSTATUS=%zu policies in force%s%s", rl_engine_policies(p->engine),
        p->dry_run ? ", dry run" : "",
        p->compat && rl_compat_left(p->compat)->held ? "; what systemd-oomd manages is left to it"
                                                     : "");
}

static void reload(void *userdata)
{
    struct program *p = userdata;
    int r;

    sd_notify(0, "RELOADING=1");
    r = rl_engine_reload(p->engine);
    if (r < 0)
        rl_error("reload failed, the policies before stay in force: %s", strerror(-r));
    notify_ready(p);
}

static int on_hangup(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    reload(userdata);
    return 0;
}

/* Files that change are read again by themselves; where they cannot be watched, SIGHUP does it. */
static void watch_files(struct program *p)
{
    int r = rl_reload_new(p->event, p->policy_dirs, reload, p, &p->reload);

    if (r < 0)
        rl_warning("policy folders are not watched (%s): reload by SIGHUP or reliefctl reload",
            strerror(-r));
}

static bool is_busy(void *userdata)
{
    const struct program *p = userdata;

    return rl_engine_busy(p->engine);
}

static void on_oomd(void *userdata)
{
    notify_ready(userdata);
}

static void on_reloading(void *userdata)
{
    const struct program *p = userdata;

    rl_compat_reload(p->compat);
}

/* Units of systemd and what is left to systemd-oomd. A user's instance asks that user's manager, if
 * it is to: all of his part of the tree may be a unit that systemd-oomd manages, and nothing would
 * be left to it. */
static void open_compat(struct program *p)
{
    struct rl_compat_options options = {
        .folder = p->compat_dir[0] ? p->compat_dir : NULL,
        .user = p->options.user,
        .busy = is_busy,
        .told = on_oomd,
        .userdata = p,
    };
    bool wanted = p->probe.live && (!p->options.user || options.folder);
    int r = wanted ? rl_compat_new(p->event, &options, &p->compat) : 0;

    if (r < 0)
        rl_warning("units' ManagedOOM properties are not known: %s", strerror(-r));
    if (p->compat)
        rl_engine_set_left(p->engine, rl_compat_left(p->compat));
}

static int on_end(sd_event_source *source, const struct signalfd_siginfo *info, void *userdata)
{
    sd_notify(0, "STOPPING=1");
    rl_info("ending on signal %u", info->ssi_signo);
    return sd_event_exit(sd_event_source_get_event(source), 0);
}

static int add_signals(struct program *p)
{
    int r = sd_event_add_signal(p->event, NULL, SIGHUP | SD_EVENT_SIGNAL_PROCMASK, on_hangup, p);

    if (r >= 0)
        r = sd_event_add_signal(p->event, NULL, SIGTERM | SD_EVENT_SIGNAL_PROCMASK, on_end, p);
    if (r >= 0)
        r = sd_event_add_signal(p->event, NULL, SIGINT | SD_EVENT_SIGNAL_PROCMASK, on_end, p);
    return r;
}

static void open_bus(struct program *p)
{
    struct rl_bus_api api = rl_engine_api;
    char path[4096];
    int r;

    api.hand = &rl_engine_hand;
    api.userdata = p->engine;
    snprintf(path, sizeof(path), "%s/bus", p->options.runtime_dir);
    r = rl_bus_new(p->event, path, &api, &p->bus);
    if (r < 0)
        rl_warning("no socket at %s (%s): reliefctl cannot ask this reliefd; another one may be "
                   "running, or the folder cannot be made",
            path, strerror(-r));
    /* Whoever looks at a copy of a machine, or at his own part of it, does not speak for it. */
    if (p->bus && p->probe.live && !p->options.user) {
        r = rl_bus_open_system(p->bus, &(struct rl_system_bus_options){0});
        if (r < 0)
            rl_warning("reliefd is not on the system bus: %s", strerror(-r));
    }
    rl_report_set_bus(p->report, p->bus);
    rl_engine_set_bus(p->engine, p->bus);
}

static void open_watchdog(struct program *p)
{
    int r = rl_watchdog_new(p->event, &p->watchdog);

    if (r < 0)
        rl_warning(
            "no pings to the service manager's watchdog (%s): it will end reliefd", strerror(-r));
}

static int open_all(struct program *p)
{
    struct rl_report_options reporting = {
        .state_dir = p->options.state_dir,
        .keep = (unsigned)p->settings.keep,
        .keep_bytes = p->settings.keep_bytes,
    };
    struct rl_engine_options engine = {
        .probe = &p->probe,
        .policies = policy_options(p),
        .settings = &p->settings,
        .state_dir = p->options.state_dir,
        .runtime_dir = p->options.runtime_dir,
        .host_root = p->options.root ? p->options.root : "",
        .dry_run = p->options.dry_run,
        .trace = p->options.trace,
        .reloading = on_reloading,
        .userdata = p,
    };
    int r = sd_event_default(&p->event);

    if (r >= 0)
        r = add_signals(p);
    if (r >= 0)
        r = rl_report_new(&reporting, &p->report);
    if (r < 0) {
        rl_error("cannot start: %s", strerror(-r));
        return r;
    }
    engine.report = p->report;
    r = rl_engine_new(p->event, &engine, &p->engine);
    if (r < 0)
        return r;
    open_bus(p);
    rl_report_complete(p->report, p->probe.proc_fd, p->probe.cgroup_fd);
    open_compat(p);
    watch_files(p);
    open_watchdog(p);
    return 0;
}

static void close_all(struct program *p)
{
    if (p->report)
        rl_report_set_bus(p->report, NULL);
    if (p->engine)
        rl_engine_set_bus(p->engine, NULL);
    if (p->engine)
        rl_engine_set_left(p->engine, NULL);
    rl_compat_free(p->compat);
    rl_bus_free(p->bus);
    rl_reload_free(p->reload);
    rl_watchdog_free(p->watchdog);
    rl_engine_free(p->engine);
    rl_report_free(p->report);
    sd_event_unref(p->event);
    rl_probe_close(&p->probe);
    rl_settings_free(&p->settings);
    rl_findings_free(&p->findings);
    rl_log_close();
}

static int run(struct program *p)
{
    int r = probe(p);

    rl_probe_report(&p->probe, say_probe, NULL);
    if (r < 0)
        return r;
    if (p->probe.live)
        rl_self_protect();
    r = open_all(p);
    if (r < 0)
        return r;
    rl_notice("reliefd " RL_VERSION " watches %s with %zu policies%s", p->probe.cgroup_root,
        rl_engine_policies(p->engine), p->dry_run ? " (dry run)" : "");
    notify_ready(p);
    r = sd_event_loop(p->event);
    if (r < 0)
        rl_error("the event loop failed: %s", strerror(-r));
    return r;
}

int main(int argc, char **argv)
{
    static struct program p = {.probe = {.cgroup_fd = -1, .proc_fd = -1}};
    int status;

    if (!rl_options_parse(argc, argv, &p.options, &status))
        return status;
    rl_log_open(p.options.log_level >= 0 ? p.options.log_level : LOG_INFO);
    rl_log_set_json(p.options.log_format == RL_LOG_JSON);
    load_settings(&p);
    list_dirs(&p);
    status = p.options.check ? check(&p) : run(&p) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    close_all(&p);
    return status;
}
