#include "daemon/compat.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <systemd/sd-bus.h>
#include <systemd/sd-daemon.h>

#include "daemon/compat-private.h"
#include "daemon/report/log.h"

#define SYSTEMD  "org.freedesktop.systemd1"
#define OBJECT   "/org/freedesktop/systemd1"
#define MANAGER  "org.freedesktop.systemd1.Manager"
#define OOMD     "org.freedesktop.oom1"
#define BUS      "org.freedesktop.DBus"
#define QUIET_US UINT64_C(500000)
#define BUSY_US  UINT64_C(5000000)
#define RETRY_US UINT64_C(60000000)
#define REPLY_US UINT64_C(5000000)

enum property {
    SWAP,
    PRESSURE,
    LIMIT,
    DURATION,
    PROPERTIES,
};

static const struct {
    const char *name;
    char type;
} properties[PROPERTIES] = {
    [SWAP] = {"ManagedOOMSwap", 's'},
    [PRESSURE] = {"ManagedOOMMemoryPressure", 's'},
    [LIMIT] = {"ManagedOOMMemoryPressureLimit", 'u'},
    [DURATION] = {"ManagedOOMMemoryPressureDurationUSec", 't'},
};

static const struct {
    const char *suffix, *interface;
} types[] = {
    {".service", SYSTEMD ".Service"},
    {".slice", SYSTEMD ".Slice"},
    {".scope", SYSTEMD ".Scope"},
};

/* NULL for units of other kinds. */
static const char *interface_of(const char *unit)
{
    const char *dot = strrchr(unit, '.');

    for (size_t i = 0; dot && i < sizeof(types) / sizeof(types[0]); i++)
        if (strcmp(dot, types[i].suffix) == 0)
            return types[i].interface;
    return NULL;
}

static void ask_next(struct rl_compat *compat);

static void later(struct rl_compat *compat, uint64_t us)
{
    sd_event_source_set_time_relative(compat->timer, us);
    sd_event_source_set_enabled(compat->timer, SD_EVENT_ONESHOT);
}

static void drop_queue(struct rl_compat *compat)
{
    for (size_t i = 0; i < compat->n_queue; i++) {
        free(compat->queue[i].name);
        free(compat->queue[i].path);
    }
    compat->n_queue = compat->next = 0;
}

/* Return: 0; -ENOMEM: then all units are asked later. */
static int enqueue(struct rl_compat *compat, const char *name, const char *path)
{
    struct rl_compat_asked *queue;

    if (!interface_of(name) || strlen(name) >= RL_COMPAT_NAME_MAX)
        return 0;
    for (size_t i = compat->next; i < compat->n_queue && !compat->listing; i++)
        if (strcmp(compat->queue[i].name, name) == 0)
            return 0;
    queue = reallocarray(compat->queue, compat->n_queue + 1, sizeof(*queue));
    if (queue) {
        compat->queue = queue;
        queue[compat->n_queue] = (struct rl_compat_asked){
            .name = strdup(name), .path = strdup(path)};
        if (queue[compat->n_queue].name && queue[compat->n_queue].path) {
            compat->n_queue++;
            return 0;
        }
        free(queue[compat->n_queue].name);
        free(queue[compat->n_queue].path);
    }
    compat->all = true;
    return -ENOMEM;
}

/* ---- what is known ---- */

static struct rl_compat_unit *find(struct rl_compat *compat, const char *name)
{
    return rl_compat_find(&compat->left, name, strlen(name), NULL);
}

static void forget(struct rl_compat *compat, size_t at)
{
    struct rl_compat_left *left = &compat->left;

    free(left->units[at]);
    left->n--;
    memmove(&left->units[at], &left->units[at + 1], (left->n - at) * sizeof(*left->units));
}

static bool is_busy(const struct rl_compat *compat)
{
    return compat->options.busy && compat->options.busy(compat->options.userdata);
}

static void say_full(struct rl_compat *compat, const char *unit)
{
    if (!compat->said_full)
        rl_warning("more than %d units have ManagedOOM properties: %s and others are left out; "
                   "write one policy for many with Unit= in [Match], or set the properties of the "
                   "slice that they are in",
            RL_COMPAT_UNITS_MAX, unit);
    compat->said_full = true;
}

/* Return: a new one at that place; NULL without memory, or while an incident runs. */
static struct rl_compat_unit *insert(struct rl_compat *compat, size_t at)
{
    struct rl_compat_left *left = &compat->left;
    size_t size = left->size > 0 ? 2 * left->size : 16;
    struct rl_compat_unit *unit = is_busy(compat) ? NULL : malloc(sizeof(*unit));

    if (unit && left->n == left->size) {
        struct rl_compat_unit **units = reallocarray(
            left->units, size, sizeof(struct rl_compat_unit *));

        if (!units) {
            free(unit);
            return NULL;
        }
        left->units = units;
        left->size = size;
    }
    if (!unit)
        return NULL;
    memmove(&left->units[at + 1], &left->units[at], (left->n - at) * sizeof(*left->units));
    left->units[at] = unit;
    left->n++;
    return unit;
}

static void settle(struct rl_compat *compat, const struct rl_compat_unit *answer)
{
    size_t at;
    struct rl_compat_unit *unit = rl_compat_find(
        &compat->left, answer->name, strlen(answer->name), &at);

    if (!answer->swap && !answer->pressure) {
        if (unit)
            forget(compat, at);
        return;
    }
    if (!unit && compat->left.n == RL_COMPAT_UNITS_MAX) {
        say_full(compat, answer->name);
        return;
    }
    unit = unit ? unit : insert(compat, at);
    if (!unit) {
        compat->all = true; /* when there is room again */
        return;
    }
    *unit = *answer;
    unit->seen = true;
}

static void finish(struct rl_compat *compat)
{
    for (size_t i = compat->left.n; i-- > 0;)
        if (compat->left.units[i]->gone || (compat->whole && !compat->left.units[i]->seen))
            forget(compat, i);
    compat->whole = false;
    compat->known = true;
    drop_queue(compat);
    rl_compat_files(compat);
    if (compat->all || compat->more)
        later(compat, QUIET_US);
}

/* ---- asking ---- */

static void take(struct rl_compat_unit *unit, enum property property, sd_bus_message *reply)
{
    const char *text;
    int r;

    if (property == SWAP || property == PRESSURE) {
        r = sd_bus_message_read(reply, "v", "s", &text);
        if (r > 0)
            *(property == SWAP ? &unit->swap : &unit->pressure) = strcmp(text, "kill") == 0;
    } else if (property == LIMIT) {
        (void)sd_bus_message_read(reply, "v", "u", &unit->limit);
    } else {
        (void)sd_bus_message_read(reply, "v", "t", &unit->duration_us);
    }
}

static int on_property(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    struct rl_compat *compat = userdata;
    const sd_bus_error *error = sd_bus_message_get_error(reply);

    compat->call = sd_bus_slot_unref(compat->call);
    if (!error) {
        take(&compat->answer, compat->property, reply);
    } else if (sd_bus_error_has_name(error, SD_BUS_ERROR_NO_REPLY) ||
               sd_bus_error_has_name(error, SD_BUS_ERROR_TIMEOUT)) {
        /* What was known stays. */
        struct rl_compat_unit *unit = find(compat, compat->answer.name);

        if (unit)
            unit->seen = true;
        compat->property = PROPERTIES;
        compat->answer.name[0] = '\0';
    }
    /* Otherwise the unit has gone, or its systemd does not know the property: the default. */
    compat->property++;
    ask_next(compat);
    return 0;
}

static int ask(struct rl_compat *compat)
{
    const struct rl_compat_asked *asked = &compat->queue[compat->next];
    sd_bus_message *call = NULL;
    int r = sd_bus_message_new_method_call(
        compat->bus, &call, SYSTEMD, asked->path, "org.freedesktop.DBus.Properties", "Get");

    if (r >= 0)
        r = sd_bus_message_append(
            call, "ss", interface_of(asked->name), properties[compat->property].name);
    if (r >= 0)
        r = sd_bus_call_async(compat->bus, &compat->call, call, on_property, compat, REPLY_US);
    sd_bus_message_unref(call);
    return r;
}

/* Limit and duration are of interest where there is pressure to be limited. */
static bool is_answered(const struct rl_compat *compat)
{
    return compat->property >= PROPERTIES ||
           (compat->property > PRESSURE && !compat->answer.pressure);
}

static void ask_next(struct rl_compat *compat)
{
    if (is_answered(compat)) {
        if (compat->answer.name[0])
            settle(compat, &compat->answer);
        compat->next++;
        compat->property = SWAP;
        compat->answer = (struct rl_compat_unit){0};
        if (is_busy(compat)) {
            later(compat, BUSY_US);
            return;
        }
    }
    if (compat->next >= compat->n_queue) {
        finish(compat);
        return;
    }
    strcpy(compat->answer.name, compat->queue[compat->next].name);
    if (ask(compat) < 0)
        rl_compat_lost(compat);
}

static int on_list(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    struct rl_compat *compat = userdata;
    const char *name, *load, *path;
    int r = sd_bus_message_get_error(reply) ? -EIO : 0;

    compat->call = sd_bus_slot_unref(compat->call);
    if (r >= 0)
        r = sd_bus_message_enter_container(reply, 'a', "(ssssssouso)");
    compat->listing = true; /* each is there once */
    while (r >= 0 && (r = sd_bus_message_read(reply, "(ssssssouso)", &name, NULL, &load, NULL, NULL,
                          NULL, &path, NULL, NULL, NULL)) > 0)
        if (strcmp(load, "loaded") == 0)
            r = enqueue(compat, name, path);
    compat->listing = false;
    if (r < 0) {
        compat->all = true;
        drop_queue(compat);
        later(compat, RETRY_US);
        return 0;
    }
    compat->whole = true;
    for (size_t i = 0; i < compat->left.n; i++)
        compat->left.units[i]->seen = false;
    ask_next(compat);
    return 0;
}

static int ask_list(struct rl_compat *compat)
{
    sd_bus_message *call = NULL;
    int r = sd_bus_message_new_method_call(
        compat->bus, &call, SYSTEMD, OBJECT, MANAGER, "ListUnitsByPatterns");

    if (r >= 0)
        r = sd_bus_message_append(call, "asas", 0, 3, "*.service", "*.slice", "*.scope");
    if (r >= 0)
        r = sd_bus_call_async(compat->bus, &compat->call, call, on_list, compat, REPLY_US);
    sd_bus_message_unref(call);
    return r;
}

static int on_timer(sd_event_source *source, uint64_t usec, void *userdata)
{
    struct rl_compat *compat = userdata;

    if (!compat->bus) {
        rl_compat_connect(compat);
        return 0;
    }
    if (compat->call || !compat->listens)
        return 0; /* finish() looks whether there is more */
    if (is_busy(compat)) {
        later(compat, BUSY_US);
        return 0;
    }
    compat->more = false;
    if (compat->stale)
        rl_compat_watch(compat);
    if (compat->all) {
        compat->all = compat->whole = false;
        drop_queue(compat);
        if (ask_list(compat) < 0)
            rl_compat_lost(compat);
    } else {
        ask_next(compat);
    }
    return 0;
}

void rl_compat_all(struct rl_compat *compat)
{
    compat->all = compat->stale = true;
    later(compat, QUIET_US);
}

void rl_compat_changed(struct rl_compat *compat, const char *unit)
{
    char *path = NULL;

    if (unit && sd_bus_path_encode(OBJECT "/unit", unit, &path) >= 0)
        (void)enqueue(compat, unit, path);
    free(path);
    compat->more = true;
    if (!compat->call)
        later(compat, QUIET_US);
}

/* ---- what systemd tells ---- */

static int on_unit_new(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    struct rl_compat *compat = userdata;
    const char *name, *path;
    struct rl_compat_unit *unit;

    if (sd_bus_message_read(message, "so", &name, &path) <= 0 || !interface_of(name))
        return 0;
    unit = find(compat, name);
    if (unit)
        unit->gone = false;
    (void)enqueue(compat, name, path);
    rl_compat_changed(compat, NULL);
    return 0;
}

/* A question for a unit that has gone would have systemd load it, tell of that, and let go of it.
 */
static void dequeue(struct rl_compat *compat, const char *name)
{
    for (size_t i = compat->next + (compat->call != NULL); i < compat->n_queue; i++) {
        if (strcmp(compat->queue[i].name, name) != 0)
            continue;
        free(compat->queue[i].name);
        free(compat->queue[i].path);
        memmove(&compat->queue[i], &compat->queue[i + 1],
            (--compat->n_queue - i) * sizeof(*compat->queue));
        return;
    }
}

/* After a daemon-reload it comes again at once. */
static int on_unit_removed(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    struct rl_compat *compat = userdata;
    const char *name, *path;
    struct rl_compat_unit *unit;

    if (sd_bus_message_read(message, "so", &name, &path) <= 0)
        return 0;
    dequeue(compat, name);
    unit = find(compat, name);
    if (unit) {
        unit->gone = compat->more = true;
        if (!compat->call)
            later(compat, QUIET_US);
    }
    return 0;
}

static int on_reloading(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    int active;

    if (sd_bus_message_read(message, "b", &active) > 0 && !active)
        rl_compat_all(userdata);
    return 0;
}

static int ignore(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    return 0;
}

/* Begin to ask for units and to hear of them. */
static int listen_to_units(struct rl_compat *compat)
{
    static const struct {
        const char *member;
        sd_bus_message_handler_t handler;
    } signals[] = {
        {"UnitNew", on_unit_new},
        {"UnitRemoved", on_unit_removed},
        {"Reloading", on_reloading},
    };
    int r = 0;

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]) && r >= 0; i++)
        r = sd_bus_match_signal_async(compat->bus, NULL, SYSTEMD, OBJECT, MANAGER,
            signals[i].member, signals[i].handler, ignore, compat);
    if (r >= 0)
        r = sd_bus_call_method_async(
            compat->bus, NULL, SYSTEMD, OBJECT, MANAGER, "Subscribe", ignore, NULL, "");
    if (r < 0)
        return r;
    compat->listens = true;
    rl_compat_all(compat);
    return 0;
}

static void set_held(struct rl_compat *compat, bool held)
{
    if (held == compat->left.held)
        return;
    compat->left.held = held;
    if (held)
        rl_warning("systemd-oomd runs: what it manages is left to it%s",
            compat->folder ? ", and SystemdOomd=yes is held off" : "");
    else
        rl_notice("systemd-oomd has ended: nothing is left to it any more");
    rl_compat_files(compat);
    if (held && !compat->listens && listen_to_units(compat) < 0)
        rl_compat_lost(compat);
    if (compat->options.told)
        compat->options.told(compat->options.userdata);
}

static int on_owner(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    const char *name, *before, *after;

    if (sd_bus_message_read(message, "sss", &name, &before, &after) > 0 && strcmp(name, OOMD) == 0)
        set_held(userdata, *after != '\0');
    return 0;
}

static int on_has_owner(sd_bus_message *reply, void *userdata, sd_bus_error *ret_error)
{
    int has;

    if (sd_bus_message_read(reply, "b", &has) > 0)
        set_held(userdata, has);
    return 0;
}

/* ---- the connection ---- */

static int on_disconnected(sd_bus_message *message, void *userdata, sd_bus_error *ret_error)
{
    rl_compat_lost(userdata);
    return 0;
}

static int on_sweep(sd_event_source *source, void *userdata)
{
    struct rl_compat *compat = userdata;

    compat->call = sd_bus_slot_unref(compat->call);
    rl_compat_close(compat);
    drop_queue(compat);
    compat->whole = compat->listens = false;
    compat->all = true;
    later(compat, RETRY_US);
    return 0;
}

/* Closes the connection outside of its own callbacks. */
void rl_compat_lost(struct rl_compat *compat)
{
    sd_event_source_set_enabled(compat->sweep, SD_EVENT_ONESHOT);
}

static int hear_of_end(struct rl_compat *compat, sd_bus *bus)
{
    return sd_bus_match_signal_async(bus, NULL, NULL, "/org/freedesktop/DBus/Local",
        "org.freedesktop.DBus.Local", "Disconnected", on_disconnected, NULL, compat);
}

static int hear_of_oomd(struct rl_compat *compat)
{
    int r = sd_bus_add_match_async(compat->oomd, NULL,
        "type='signal',sender='" BUS "',member='NameOwnerChanged',arg0='" OOMD "'", on_owner,
        ignore, compat);

    if (r < 0)
        return r;
    return sd_bus_call_method_async(compat->oomd, NULL, BUS, "/org/freedesktop/DBus", BUS,
        "NameHasOwner", on_has_owner, compat, "s", OOMD);
}

static int subscribe(struct rl_compat *compat)
{
    int r = hear_of_end(compat, compat->bus);

    if (r >= 0 && compat->oomd && compat->oomd != compat->bus)
        r = hear_of_end(compat, compat->oomd);
    if (r >= 0 && compat->oomd)
        r = hear_of_oomd(compat);
    return r < 0 || !compat->folder ? r : listen_to_units(compat);
}

void rl_compat_connect(struct rl_compat *compat)
{
    int r;

    if (!compat->address && sd_booted() <= 0)
        return;
    r = rl_compat_open(compat);
    if (r >= 0)
        r = subscribe(compat);
    if (r >= 0)
        r = sd_bus_attach_event(compat->bus, compat->event, SD_EVENT_PRIORITY_IDLE);
    if (r >= 0 && compat->oomd && compat->oomd != compat->bus)
        r = sd_bus_attach_event(compat->oomd, compat->event, SD_EVENT_PRIORITY_IDLE);
    if (r < 0)
        rl_compat_lost(compat);
}

/* ---- life ---- */

static int add_sources(struct rl_compat *compat)
{
    int r = sd_event_add_time_relative(
        compat->event, &compat->timer, CLOCK_MONOTONIC, 0, 100000, on_timer, compat);

    if (r >= 0)
        r = sd_event_source_set_enabled(compat->timer, SD_EVENT_OFF);
    if (r >= 0)
        r = sd_event_add_defer(compat->event, &compat->sweep, on_sweep, compat);
    return r < 0 ? r : sd_event_source_set_enabled(compat->sweep, SD_EVENT_OFF);
}

int rl_compat_new(sd_event *event, const struct rl_compat_options *options, struct rl_compat **ret)
{
    struct rl_compat *compat = calloc(1, sizeof(*compat));
    int r = 0;

    if (!compat)
        return -ENOMEM;
    compat->event = sd_event_ref(event);
    compat->options = *options;
    if ((options->address && !(compat->address = strdup(options->address))) ||
        (options->oomd_address && !(compat->oomd_address = strdup(options->oomd_address))) ||
        (options->folder && !(compat->folder = strdup(options->folder))))
        r = -ENOMEM;
    if (r >= 0)
        r = rl_compat_find_control(compat);
    if (r >= 0 && compat->folder && mkdir(compat->folder, 0755) < 0 && errno != EEXIST)
        r = -errno;
    if (r >= 0)
        r = add_sources(compat);
    if (r < 0) {
        rl_compat_free(compat);
        return r;
    }
    if (compat->folder)
        rl_compat_read_conf(compat);
    rl_compat_connect(compat);
    *ret = compat;
    return 0;
}

struct rl_compat *rl_compat_free(struct rl_compat *compat)
{
    if (!compat)
        return NULL;
    compat->call = sd_bus_slot_unref(compat->call);
    rl_compat_close(compat);
    sd_event_source_disable_unref(compat->timer);
    sd_event_source_disable_unref(compat->sweep);
    rl_compat_unwatch(compat);
    free(compat->watches);
    for (size_t i = 0; i < RL_COMPAT_CONTROL_MAX; i++)
        free(compat->control[i]);
    while (compat->left.n > 0)
        forget(compat, compat->left.n - 1);
    free(compat->left.units);
    drop_queue(compat);
    free(compat->queue);
    free(compat->address);
    free(compat->oomd_address);
    free(compat->folder);
    rl_oomd_conf_free(&compat->conf);
    rl_findings_free(&compat->said);
    sd_event_unref(compat->event);
    free(compat);
    return NULL;
}

void rl_compat_reload(struct rl_compat *compat)
{
    if (!compat || !compat->folder)
        return;
    rl_compat_read_conf(compat);
    if (compat->known)
        rl_compat_files(compat);
}

const struct rl_compat_left *rl_compat_left(const struct rl_compat *compat)
{
    return &compat->left;
}
