#include "daemon/trace/fields.h"

#include <errno.h>
#include <string.h>

#include "daemon/trace/line.h"

#define SIZE_OF(type, member) sizeof(((type *)0)->member)
#define FIELD(type, member, kind_)                                                                 \
    {                                                                                              \
        .name = #member, .offset = offsetof(type, member), .kind = RL_FIELD_##kind_                \
    }
#define ALWAYS(type, member, kind_)                                                                \
    {                                                                                              \
        .name = #member, .offset = offsetof(type, member), .kind = RL_FIELD_##kind_,               \
        .always = true                                                                             \
    }
#define READ(member, bit)                                                                          \
    {                                                                                              \
        .name = #member, .offset = offsetof(struct rl_sample, member), .kind = RL_FIELD_U64,       \
        .always = true, .have = RL_HAVE_##bit                                                      \
    }
#define TEXT(type, member)                                                                         \
    {                                                                                              \
        .name = #member, .offset = offsetof(type, member), .size = SIZE_OF(type, member),          \
        .kind = RL_FIELD_TEXT                                                                      \
    }
#define OBJECT(type, member, table)                                                                \
    {                                                                                              \
        .name = #member, .offset = offsetof(type, member), .kind = RL_FIELD_OBJECT,                \
        .fields = table                                                                            \
    }
#define INLINE(type, member, table)                                                                \
    {                                                                                              \
        .name = #member, .offset = offsetof(type, member), .kind = RL_FIELD_INLINE,                \
        .fields = table                                                                            \
    }
#define NAME(type, member, list)                                                                   \
    {                                                                                              \
        .name = #member, .offset = offsetof(type, member), .kind = RL_FIELD_NAME, .names = list,   \
        .size = sizeof(list) / sizeof(list[0]), .always = true                                     \
    }
#define NUMBERS(type, member)                                                                      \
    {                                                                                              \
        .name = #member, .offset = offsetof(type, member), .kind = RL_FIELD_U64S,                  \
        .size = SIZE_OF(type, member) / sizeof(uint64_t)                                           \
    }

static const char *const kills[] = {"process", "cgroup", "tree"};
static const char *const orders[] = {"wait", "step", "skip", "end"};

#define EVENT(member) ALWAYS(struct rl_events, member, U64)
static const struct rl_field events[] = {EVENT(high), EVENT(max), EVENT(oom), EVENT(oom_kill), {0}};

static const struct rl_field sample[] = {
    READ(some_us, PRESSURE),
    READ(full_us, PRESSURE),
    READ(current, CURRENT),
    READ(anon, STAT),
    READ(file, STAT),
    READ(shmem, STAT),
    READ(slab_reclaimable, STAT),
    READ(refault_anon, STAT),
    READ(restore_file, STAT),
    READ(memory_high, LIMITS),
    READ(memory_max, LIMITS),
    READ(swap_current, SWAP),
    READ(swap_max, SWAP),
    {.name = "events",
        .offset = offsetof(struct rl_sample, events),
        .kind = RL_FIELD_OBJECT,
        .have = RL_HAVE_EVENTS,
        .fields = events},
    {.name = "events_local",
        .offset = offsetof(struct rl_sample, events_local),
        .kind = RL_FIELD_OBJECT,
        .have = RL_HAVE_EVENTS_LOCAL,
        .fields = events},
    READ(throttled_us, CPU),
    READ(cpu_periods, CPU),
    READ(cpu_periods_throttled, CPU),
    {0},
};

#define NODE(member) ALWAYS(struct rl_node, member, U64)
static const struct rl_field node[] = {
    NODE(mem_total),
    NODE(mem_available),
    NODE(swap_total),
    NODE(swap_free),
    NODE(allocstall),
    NODE(kswapd_taken),
    NODE(refaults),
    ALWAYS(struct rl_node, swappiness, U32),
    ALWAYS(struct rl_node, page_size, U32),
    {0},
};

const struct rl_field rl_fields_point[] = {
    ALWAYS(struct rl_point, at_us, U64),
    ALWAYS(struct rl_point, have, U32),
    ALWAYS(struct rl_point, used, U64),
    NUMBERS(struct rl_point, count),
    {0},
};

#define LEVEL(member, kind) ALWAYS(struct rl_level, member, kind)
const struct rl_field rl_fields_level[] = {
    LEVEL(memory_high, U64),
    LEVEL(memory_max, U64),
    LEVEL(swap_max, U64),
    LEVEL(used, U64),
    FIELD(struct rl_level, used_known, BOOL),
    FIELD(struct rl_level, swap_used, U64),
    FIELD(struct rl_level, swap_known, BOOL),
    {0},
};

#define GROUP(member, kind) FIELD(struct rl_group, member, kind)
static const struct rl_field group[] = {
    GROUP(id, U64),
    ALWAYS(struct rl_group, parent, I32),
    ALWAYS(struct rl_group, subject, I32),
    GROUP(omit, BOOL),
    GROUP(avoid, BOOL),
    GROUP(oom_group, BOOL),
    GROUP(container, BOOL),
    GROUP(holds_self, BOOL),
    GROUP(anon, U64),
    GROUP(swap, U64),
    GROUP(kernel, U64),
    GROUP(shmem, U64),
    GROUP(processes, U32),
    GROUP(members, U32),
    GROUP(eligible, U32),
    GROUP(exiting, U32),
    GROUP(members_points, I64),
    GROUP(members_pages, U64),
    GROUP(has_preferred, BOOL),
    GROUP(has_avoided, BOOL),
    GROUP(adjust, I32),
    GROUP(tier, U32),
    GROUP(spared, REASON),
    {0},
};

const struct rl_field rl_fields_group[] = {
    INLINE(struct rl_note_group, group, group),
    {0},
};

#define PROCESS(member, kind) FIELD(struct rl_process, member, kind)
static const struct rl_field process[] = {
    PROCESS(pid, I32),
    PROCESS(ppid, I32),
    PROCESS(session, I32),
    PROCESS(uid, U32),
    PROCESS(euid, U32),
    PROCESS(start_ticks, U64),
    TEXT(struct rl_process, comm),
    TEXT(struct rl_process, exe),
    TEXT(struct rl_process, cmdline),
    PROCESS(flags, U32),
    PROCESS(oom_score_adj, I32),
    PROCESS(oom_adj, I32),
    PROCESS(nice, I32),
    PROCESS(rss_pages, U64),
    PROCESS(swap_pages, U64),
    PROCESS(anon_pages, U64),
    PROCESS(table_pages, U64),
    PROCESS(total_vm_pages, U64),
    PROCESS(cpu_ticks, U64),
    PROCESS(start_code, U64),
    PROCESS(mm, U32),
    PROCESS(children_pages, U64),
    PROCESS(children_half_pages, U64),
    PROCESS(threads, U32),
    {.name = "group", .offset = offsetof(struct rl_process, cgroup), .kind = RL_FIELD_U32},
    {0},
};

const struct rl_field rl_fields_process[] = {
    INLINE(struct rl_note_process, process, process),
    FIELD(struct rl_note_process, vetoed, BOOL),
    FIELD(struct rl_note_process, failed, BOOL),
    {0},
};

static const struct rl_field lost[] = {ALWAYS(struct rl_note_lost, n, U64), {0}};

static const struct rl_field memory[] = {
    NUMBERS(struct rl_memory, held_since_us),
    NUMBERS(struct rl_memory, held_seen_us),
    {0},
};

static const struct rl_field hot[] = {
    ALWAYS(struct rl_note_hot, id, U64),
    ALWAYS(struct rl_note_hot, at_us, U64),
    FIELD(struct rl_note_hot, restart_us, U64),
    FIELD(struct rl_note_hot, kernel_kill_us, U64),
    OBJECT(struct rl_note_hot, memory, memory),
    FIELD(struct rl_note_hot, held, BOOL),
    TEXT(struct rl_note_hot, policy),
    FIELD(struct rl_note_hot, subject, U64),
    FIELD(struct rl_note_hot, subject_up, U32),
    {0},
};

static const struct rl_field cold[] = {ALWAYS(struct rl_note_cold, id, U64), {0}};

static const struct rl_field node_note[] = {
    ALWAYS(struct rl_note_node, at_us, U64),
    INLINE(struct rl_note_node, node, node),
    {0},
};

static const struct rl_field sample_note[] = {
    ALWAYS(struct rl_note_sample, id, U64),
    ALWAYS(struct rl_note_sample, now_us, U64),
    {.name = "at_us",
        .offset = offsetof(struct rl_note_sample, sample.at_us),
        .kind = RL_FIELD_U64,
        .always = true},
    INLINE(struct rl_note_sample, sample, sample),
    {0},
};

static const struct rl_field look[] = {
    ALWAYS(struct rl_note_look, id, U64),
    ALWAYS(struct rl_note_look, now_us, U64),
    TEXT(struct rl_note_look, policy),
    FIELD(struct rl_note_look, subject, U64),
    FIELD(struct rl_note_look, subject_up, U32),
    ALWAYS(struct rl_note_look, have, U32),
    FIELD(struct rl_note_look, asked, BOOL),
    FIELD(struct rl_note_look, paused, BOOL),
    ALWAYS(struct rl_note_look, holds, BOOL),
    ALWAYS(struct rl_note_look, trigger, U8),
    FIELD(struct rl_note_look, origin, REASON),
    ALWAYS(struct rl_note_look, next_us, U64),
    {0},
};

static const struct rl_field restart[] = {
    ALWAYS(struct rl_note_restart, id, U64),
    ALWAYS(struct rl_note_restart, now_us, U64),
    {0},
};

#define STEP(member, kind) FIELD(struct rl_step, member, kind)
static const struct rl_field rung[] = {
    STEP(kind, U32),
    STEP(signal, I32),
    STEP(wait_us, U64),
    STEP(bytes, U64),
    STEP(share, U32),
    STEP(cpu_share, U32),
    STEP(stop, BOOL),
    STEP(desktop, BOOL),
    STEP(level, U8),
    STEP(lineno, U32),
    {0},
};

static const struct rl_field open[] = {
    ALWAYS(struct rl_note_open, id, U64),
    ALWAYS(struct rl_note_open, now_us, U64),
    ALWAYS(struct rl_note_open, incident, U64),
    TEXT(struct rl_note_open, name),
    TEXT(struct rl_note_open, policy),
    FIELD(struct rl_note_open, subject, U64),
    FIELD(struct rl_note_open, subject_up, U32),
    FIELD(struct rl_note_open, why, REASON),
    ALWAYS(struct rl_note_open, trigger, U8),
    FIELD(struct rl_note_open, dry, BOOL),
    FIELD(struct rl_note_open, by_hand, BOOL),
    FIELD(struct rl_note_open, no_room, BOOL),
    FIELD(struct rl_note_open, tried, BOOL),
    FIELD(struct rl_note_open, rungs, U8),
    OBJECT(struct rl_note_open, step, rung),
    {0},
};

#define NEWS(member, kind) FIELD(struct rl_news, member, kind)
static const struct rl_field news[] = {
    ALWAYS(struct rl_news, now_us, U64),
    NEWS(holds, BOOL),
    NEWS(used_known, BOOL),
    NEWS(used, U64),
    NEWS(gone, BOOL),
    NEWS(offender_gone, BOOL),
    NEWS(step_done, BOOL),
    NEWS(gained, U64),
    NEWS(vetoed, BOOL),
    NEWS(quiet_until_us, U64),
    NEWS(skipped, REASON),
    NEWS(failed, REASON),
    {0},
};

static const struct rl_field order[] = {
    NAME(struct rl_order, what, orders),
    FIELD(struct rl_order, step, U8),
    FIELD(struct rl_order, exclude, BOOL),
    FIELD(struct rl_order, assuming, BOOL),
    FIELD(struct rl_order, why, REASON),
    FIELD(struct rl_order, wake_us, U64),
    {0},
};

static const struct rl_field next[] = {
    ALWAYS(struct rl_note_next, incident, U64),
    OBJECT(struct rl_note_next, news, news),
    OBJECT(struct rl_note_next, order, order),
    {0},
};

static const struct rl_field memory_now[] = {
    FIELD(struct rl_sample, have, U32),
    FIELD(struct rl_sample, current, U64),
    FIELD(struct rl_sample, shmem, U64),
    FIELD(struct rl_sample, anon, U64),
    {0},
};

static const struct rl_field allow[] = {
    ALWAYS(struct rl_note_allow, incident, U64),
    ALWAYS(struct rl_note_allow, now_us, U64),
    OBJECT(struct rl_note_allow, now, memory_now),
    FIELD(struct rl_note_allow, why, REASON),
    FIELD(struct rl_note_allow, until_us, U64),
    {0},
};

#define SCALE(member, kind) FIELD(struct rl_scale, member, kind)
static const struct rl_field scale[] = {
    SCALE(available, U64),
    SCALE(page_size, U32),
    SCALE(clk_tck, U32),
    SCALE(hz, U32),
    SCALE(uptime_ticks, U64),
    SCALE(swappiness, U32),
    {0},
};

static const struct rl_field table[] = {
    ALWAYS(struct rl_note_table, incident, U64),
    ALWAYS(struct rl_note_table, id, U64),
    ALWAYS(struct rl_note_table, at_us, U64),
    TEXT(struct rl_note_table, policy),
    NAME(struct rl_note_table, kill, kills),
    FIELD(struct rl_note_table, waited_out, BOOL),
    OBJECT(struct rl_note_table, scale, scale),
    ALWAYS(struct rl_note_table, seen, U64),
    FIELD(struct rl_note_table, foreign, U64),
    FIELD(struct rl_note_table, homeless, U64),
    {0},
};

#define CHOICE(member, kind) FIELD(struct rl_note_choice, member, kind)
static const struct rl_field choice[] = {
    ALWAYS(struct rl_note_choice, incident, U64),
    ALWAYS(struct rl_note_choice, found, BOOL),
    CHOICE(why, REASON),
    NAME(struct rl_note_choice, scope, kills),
    CHOICE(points, I64),
    CHOICE(pid, I32),
    TEXT(struct rl_note_choice, comm),
    TEXT(struct rl_note_choice, cgroup),
    CHOICE(widened, BOOL),
    CHOICE(one_by_one, BOOL),
    CHOICE(fell_back, BOOL),
    CHOICE(instead_of, I32),
    CHOICE(mm, U32),
    {0},
};

static const struct rl_field step[] = {
    ALWAYS(struct rl_note_step, incident, U64),
    ALWAYS(struct rl_note_step, now_us, U64),
    ALWAYS(struct rl_note_step, rung, U8),
    FIELD(struct rl_note_step, why, REASON),
    FIELD(struct rl_note_step, signalled, BOOL),
    FIELD(struct rl_note_step, refused, BOOL),
    FIELD(struct rl_note_step, counted, BOOL),
    {0},
};

static const struct rl_field ease[] = {
    ALWAYS(struct rl_note_ease, incident, U64),
    FIELD(struct rl_note_ease, thawed, BOOL),
    FIELD(struct rl_note_ease, unthrottled, BOOL),
    {0},
};

#define EFFECT(member, kind) FIELD(struct rl_effect, member, kind)
static const struct rl_field effect[] = {
    EFFECT(at_us, U64),
    EFFECT(counted, U64),
    EFFECT(freed, U64),
    EFFECT(shmem_before, U64),
    EFFECT(anon_after, U64),
    EFFECT(relieved, BOOL),
    {0},
};

static const struct rl_field end[] = {
    ALWAYS(struct rl_note_end, incident, U64),
    ALWAYS(struct rl_note_end, id, U64),
    ALWAYS(struct rl_note_end, now_us, U64),
    FIELD(struct rl_note_end, outcome, REASON),
    FIELD(struct rl_note_end, until_us, U64),
    FIELD(struct rl_note_end, known, BOOL),
    OBJECT(struct rl_note_end, effect, effect),
    {0},
};

static const struct rl_field past[] = {
    ALWAYS(struct rl_note_past, id, U64),
    FIELD(struct rl_note_past, until_us, U64),
    FIELD(struct rl_note_past, stopped, BOOL),
    OBJECT(struct rl_note_past, effect, effect),
    {0},
};

static const struct rl_field follow[] = {
    ALWAYS(struct rl_note_follow, from, U64),
    ALWAYS(struct rl_note_follow, to, U64),
    {0},
};

static const struct {
    const char *name;
    const struct rl_field *fields;
    size_t size;
} kinds[RL_NOTES] = {
    [RL_NOTE_LOST] = {"lost", lost, sizeof(struct rl_note_lost)},
    [RL_NOTE_HOT] = {"hot", hot, sizeof(struct rl_note_hot)},
    [RL_NOTE_COLD] = {"cold", cold, sizeof(struct rl_note_cold)},
    [RL_NOTE_NODE] = {"node", node_note, sizeof(struct rl_note_node)},
    [RL_NOTE_SAMPLE] = {"sample", sample_note, sizeof(struct rl_note_sample)},
    [RL_NOTE_LOOK] = {"look", look, sizeof(struct rl_note_look)},
    [RL_NOTE_RESTART] = {"restart", restart, sizeof(struct rl_note_restart)},
    [RL_NOTE_OPEN] = {"open", open, sizeof(struct rl_note_open)},
    [RL_NOTE_NEXT] = {"next", next, sizeof(struct rl_note_next)},
    [RL_NOTE_ALLOW] = {"allow", allow, sizeof(struct rl_note_allow)},
    [RL_NOTE_TABLE] = {"table", table, sizeof(struct rl_note_table)},
    [RL_NOTE_CHOICE] = {"choice", choice, sizeof(struct rl_note_choice)},
    [RL_NOTE_STEP] = {"step", step, sizeof(struct rl_note_step)},
    [RL_NOTE_EASE] = {"ease", ease, sizeof(struct rl_note_ease)},
    [RL_NOTE_END] = {"end", end, sizeof(struct rl_note_end)},
    [RL_NOTE_PAST] = {"past", past, sizeof(struct rl_note_past)},
    [RL_NOTE_FOLLOW] = {"follow", follow, sizeof(struct rl_note_follow)},
};

const struct rl_field *rl_fields_of(enum rl_note_kind kind)
{
    return kinds[kind].fields;
}

const char *rl_note_name(enum rl_note_kind kind)
{
    return kinds[kind].name;
}

size_t rl_note_size(enum rl_note_kind kind)
{
    return kinds[kind].size;
}

/* ---- reading ---- */

static int read_unsigned(const json_t *value, uint64_t most, uint64_t *ret)
{
    if (json_is_null(value) && most == UINT64_MAX) {
        *ret = UINT64_MAX;
        return 0;
    }
    if (!json_is_integer(value) || json_integer_value(value) < 0 ||
        (uint64_t)json_integer_value(value) > most)
        return -EINVAL;
    *ret = (uint64_t)json_integer_value(value);
    return 0;
}

static int read_signed(const json_t *value, int64_t least, int64_t most, int64_t *ret)
{
    if (!json_is_integer(value) || json_integer_value(value) < least ||
        json_integer_value(value) > most)
        return -EINVAL;
    *ret = json_integer_value(value);
    return 0;
}

static int read_text(const json_t *value, char *to, size_t size)
{
    char *text;
    size_t len;

    if (!json_is_string(value) || json_string_length(value) > 4 * size)
        return -EINVAL;
    text = strdup(json_string_value(value));
    if (!text)
        return -ENOMEM;
    len = rl_note_unescape(text);
    if (len < size)
        memcpy(to, text, len + 1);
    free(text);
    return len < size ? 0 : -EINVAL;
}

static int read_reason(const json_t *value, uint32_t *ret)
{
    const char *id = json_string_value(value);

    *ret = RL_REASON_NONE;
    if (json_is_null(value))
        return 0;
    for (uint32_t i = 1; id && i < RL_REASONS; i++) {
        if (strcmp(rl_reason_id(i), id) == 0) {
            *ret = i;
            return 0;
        }
    }
    return -EINVAL;
}

static int read_name(const json_t *value, const struct rl_field *field, uint32_t *ret)
{
    const char *name = json_string_value(value);

    for (uint32_t i = 0; name && i < field->size; i++) {
        if (strcmp(field->names[i], name) == 0) {
            *ret = i;
            return 0;
        }
    }
    return -EINVAL;
}

static int read_numbers(const json_t *value, const struct rl_field *field, uint64_t *to)
{
    int r = json_is_array(value) && json_array_size(value) <= field->size ? 0 : -EINVAL;

    for (size_t i = 0; r >= 0 && i < json_array_size(value); i++)
        r = read_unsigned(json_array_get(value, i), UINT64_MAX, &to[i]);
    return r;
}

static int read_number(const json_t *value, const struct rl_field *field, char *to)
{
    uint64_t u = 0;
    int64_t i = 0;
    int r;

    switch (field->kind) {
    case RL_FIELD_U64:
        r = read_unsigned(value, UINT64_MAX, &u);
        memcpy(to, &u, sizeof(u));
        return r;
    case RL_FIELD_U32:
        r = read_unsigned(value, UINT32_MAX, &u);
        *(uint32_t *)to = (uint32_t)u;
        return r;
    case RL_FIELD_U16:
        r = read_unsigned(value, UINT16_MAX, &u);
        *(uint16_t *)to = (uint16_t)u;
        return r;
    case RL_FIELD_U8:
        r = read_unsigned(value, UINT8_MAX, &u);
        *(uint8_t *)to = (uint8_t)u;
        return r;
    case RL_FIELD_I64:
        r = read_signed(value, INT64_MIN, INT64_MAX, &i);
        memcpy(to, &i, sizeof(i));
        return r;
    default:
        r = read_signed(value, INT32_MIN, INT32_MAX, &i);
        *(int32_t *)to = (int32_t)i;
        return r;
    }
}

static int read_field(
    const json_t *value, const struct rl_field *field, char *to, const char **ret_wrong)
{
    switch (field->kind) {
    case RL_FIELD_BOOL:
        *(bool *)to = json_is_true(value);
        return json_is_boolean(value) ? 0 : -EINVAL;
    case RL_FIELD_TEXT:
        return read_text(value, to, field->size);
    case RL_FIELD_REASON:
        return read_reason(value, (uint32_t *)to);
    case RL_FIELD_NAME:
        return read_name(value, field, (uint32_t *)to);
    case RL_FIELD_U64S:
        return read_numbers(value, field, (uint64_t *)to);
    case RL_FIELD_INLINE:
    case RL_FIELD_OBJECT:
        return json_is_object(value) ? rl_fields_read(value, field->fields, to, ret_wrong)
                                     : -EINVAL;
    default:
        return read_number(value, field, to);
    }
}

int rl_fields_read(
    const json_t *object, const struct rl_field *fields, void *to, const char **ret_wrong)
{
    for (const struct rl_field *f = fields; f->name; f++) {
        const json_t *value = f->kind == RL_FIELD_INLINE ? object
                                                         : json_object_get(object, f->name);
        int r;

        if (!value)
            continue;
        *ret_wrong = NULL;
        r = read_field(value, f, (char *)to + f->offset, ret_wrong);
        if (r < 0) {
            if (!*ret_wrong)
                *ret_wrong = f->name;
            return r;
        }
    }
    return 0;
}

uint32_t rl_fields_have(const json_t *object, const struct rl_field *fields)
{
    uint32_t have = 0;

    for (const struct rl_field *f = fields; f->name; f++) {
        if (f->kind == RL_FIELD_INLINE)
            have |= rl_fields_have(object, f->fields);
        else if (f->have != 0 && json_object_get(object, f->name))
            have |= f->have;
    }
    return have;
}
