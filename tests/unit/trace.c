/* Notes of a trace: what is written is read again, whatever is in it; what is broken is named; and
 * the ring loses nothing without saying so. */
#include "tests/unit/unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/trace/fields.h"
#include "daemon/trace/line.h"
#include "daemon/trace/ring.h"
#include "tests/unit/folder.h"

/* ---- making notes up ---- */

static uint64_t next_random(void)
{
    static uint64_t state = 88172645463325252u;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Among others what has to be escaped, what is no UTF-8, and a character that stands for a byte. */
static void fill_text(char *to, size_t size)
{
    static const char *const pieces[] = {"a", "\"", "\\", "\n", "\x7f", "\xff", "\xc3\xa4", "\xc3",
        "\xef\x9f\xbf", "\x01", "\xf0\x9f\x98\x80"};
    size_t n = 0;

    for (int i = 0; i < 6; i++) {
        const char *piece = pieces[next_random() % (sizeof(pieces) / sizeof(pieces[0]))];

        if (n + strlen(piece) < size)
            n += (size_t)snprintf(to + n, size - n, "%s", piece);
    }
}

static void fill(const struct rl_field *fields, char *to);

static void fill_field(const struct rl_field *f, char *at)
{
    uint64_t u = next_random() >> (1 + next_random() % 40);

    switch (f->kind) {
    case RL_FIELD_U64:
        u = next_random() % 8 == 0 ? UINT64_MAX : u;
        memcpy(at, &u, sizeof(u));
        break;
    case RL_FIELD_I64:
        u = next_random() % 2 ? u : -u;
        memcpy(at, &u, sizeof(u));
        break;
    case RL_FIELD_U32:
    case RL_FIELD_I32:
        *(uint32_t *)at = (uint32_t)u;
        break;
    case RL_FIELD_U16:
        *(uint16_t *)at = (uint16_t)u;
        break;
    case RL_FIELD_U8:
        *(uint8_t *)at = (uint8_t)u;
        break;
    case RL_FIELD_BOOL:
        *(bool *)at = u % 2;
        break;
    case RL_FIELD_TEXT:
        fill_text(at, f->size);
        break;
    case RL_FIELD_REASON:
        *(uint32_t *)at = (uint32_t)(u % RL_REASONS);
        break;
    case RL_FIELD_NAME:
        *(uint32_t *)at = (uint32_t)(u % f->size);
        break;
    case RL_FIELD_U64S:
        for (size_t i = 0; i < f->size; i++)
            ((uint64_t *)at)[i] = next_random() >> 1;
        break;
    default:
        fill(f->fields, at);
    }
}

static void fill(const struct rl_field *fields, char *to)
{
    for (const struct rl_field *f = fields; f->name; f++)
        fill_field(f, to + f->offset);
}

#define NOTE_MAX 65536

static char place[NOTE_MAX] __attribute__((aligned(8)));

/* A note with room behind it for what its kind has there. */
static struct rl_note *make(enum rl_note_kind kind, size_t rest)
{
    struct rl_note *note = (struct rl_note *)place;

    memset(place, 0, sizeof(place));
    note->kind = kind;
    note->size = (uint32_t)((rl_note_size(kind) + rest + 7) & ~(size_t)7);
    fill(rl_fields_of(kind), (char *)(note + 1));
    return note;
}

static struct rl_note *make_hot(void)
{
    static const char path[] = "/a/\xff\"b";
    struct rl_note *note = make(RL_NOTE_HOT, 3 * sizeof(struct rl_point) + sizeof(path) - 1);
    struct rl_note_hot *hot = (void *)(note + 1);
    struct rl_point *points = (void *)(hot + 1);

    hot->n = 3;
    hot->path_len = sizeof(path) - 1;
    for (size_t i = 0; i < 3; i++)
        fill(rl_fields_point, (char *)&points[i]);
    memcpy(points + 3, path, sizeof(path) - 1);
    return note;
}

static struct rl_note *make_sample(uint32_t have)
{
    struct rl_note *note = make(RL_NOTE_SAMPLE, 2 * sizeof(struct rl_level));
    struct rl_note_sample *sample = (void *)(note + 1);
    uint64_t at = sample->sample.at_us;

    /* What was not read is not written. */
    if (have == 0)
        sample->sample = (struct rl_sample){.at_us = at};
    sample->sample.have = have;
    sample->n = 2;
    fill(rl_fields_level, (char *)(sample + 1));
    fill(rl_fields_level, (char *)(sample + 1) + sizeof(struct rl_level));
    return note;
}

static struct rl_note *make_look(void)
{
    struct rl_note *note = make(RL_NOTE_LOOK, 0);
    struct rl_note_look *look = (void *)(note + 1);

    look->n = 3;
    look->why[0] = RL_READ_HOLDS;
    look->why[2] = RL_WAIT_GATE;
    return note;
}

static struct rl_note *make_table(void)
{
    static const char text[] = "/apolicy/a/b";
    struct rl_note *note = make(RL_NOTE_TABLE,
        2 * sizeof(struct rl_note_group) + 3 * sizeof(struct rl_note_process) + sizeof(text) - 1);
    struct rl_note_table *table = (void *)(note + 1);
    struct rl_note_group *groups = (void *)(table + 1);
    struct rl_note_process *processes = (void *)(groups + 2);

    table->n_groups = 2;
    table->n_processes = 3;
    for (int i = 0; i < 2; i++) {
        fill(rl_fields_group, (char *)&groups[i]);
        groups[i].group.parent = i - 1;
        groups[i].group.subject = 0;
        groups[i].group.tier = RL_TIER_AVOIDED;
    }
    groups[0].path_len = 2;
    groups[0].policy_len = 6;
    groups[1].path_len = 4;
    for (int i = 0; i < 3; i++) {
        fill(rl_fields_process, (char *)&processes[i]);
        processes[i].process.cgroup = (uint32_t)i % 2;
    }
    memcpy(processes + 3, text, sizeof(text) - 1);
    return note;
}

static struct rl_note *make_past(void)
{
    struct rl_note *note = make(RL_NOTE_PAST, 2 * sizeof(uint64_t) + 2);
    struct rl_note_past *past = (void *)(note + 1);
    uint64_t *kills = (void *)(past + 1);

    past->n = 2;
    past->path_len = 2;
    kills[0] = 5;
    kills[1] = 7;
    memcpy(kills + 2, "/x", 2);
    return note;
}

static struct rl_note *make_open(void)
{
    struct rl_note *note = make(RL_NOTE_OPEN, 0);
    struct rl_note_open *open = (void *)(note + 1);

    open->step.kind = RL_STEP_KILL;
    open->rungs = 2;
    return note;
}

static struct rl_note *make_any(enum rl_note_kind kind)
{
    switch (kind) {
    case RL_NOTE_HOT:
        return make_hot();
    case RL_NOTE_SAMPLE:
        return make_sample(next_random() % 4 == 0 ? 0 : 0xff);
    case RL_NOTE_LOOK:
        return make_look();
    case RL_NOTE_TABLE:
        return make_table();
    case RL_NOTE_PAST:
        return make_past();
    case RL_NOTE_OPEN:
        return make_open();
    default:
        return make(kind, 0);
    }
}

/* ---- writing and reading ---- */

static void no_flush(struct rl_out *out)
{
    fail_msg("a line is longer than %zu bytes", out->size);
}

static const char *no_path(void *userdata, uint64_t id)
{
    return "/named";
}

static char text[4 * NOTE_MAX];

static size_t write_note(const struct rl_note *note)
{
    struct rl_out out = {.buf = text, .size = sizeof(text), .flush = no_flush};

    rl_note_write(&out, note, no_path, NULL);
    assert_true(out.n > 0 && text[out.n - 1] == '\n');
    return out.n - 1;
}

static void test_round_trip(void **state)
{
    for (int kind = RL_NOTE_LOST; kind < RL_NOTES; kind++) {
        for (int i = 0; i < 50; i++) {
            struct rl_note *note = make_any(kind), *again = NULL;
            size_t len = write_note(note);
            const char *wrong = NULL;
            json_t *json;

            if (rl_note_read(text, len, &again, &json, &wrong) != RL_TRACE_NOTE)
                fail_msg("%s: %s: %.*s", rl_note_name(kind), wrong, (int)len, text);
            assert_int_equal(again->kind, kind);
            assert_int_equal(again->size, note->size);
            if (memcmp(again + 1, note + 1, note->size) != 0)
                fail_msg("%s is another one: %.*s", rl_note_name(kind), (int)len, text);
            free(again);
        }
    }
}

/* The quick way reads what the thorough one reads, and leaves to it what it does not know. */
static void test_quick(void **state)
{
    static const char odd[] = "{\"type\":\"sample\",\"odd\":[1],";
    static const char *const others[] = {"{\"type\":\"sample\"}",
        "{\"type\":\"sample\",\"id\":1.0,\"levels\":[]}",
        "{\"type\":\"sample\",\"id\":01,\"levels\":[]}",
        "{\"type\":\"sample\",\"id\":-1,\"levels\":[]}",
        "{\"type\":\"sample\",\"id\":12345678901234567890,\"levels\":[]}",
        "{\"type\":\"sample\",\"id\":1,\"levels\":[]},",
        "{\"type\":\"sample\",\"cgroup\":\"a\\n\",\"levels\":[]}",
        "{\"type\":\"sample\",\"id\":1,\"levels\":[{\"used\":[]}]}",
        "{\"type\":\"cold\",\"id\":1}"};

    for (int i = 0; i < 200; i++) {
        static char longer[4 * NOTE_MAX + 64];
        size_t len = write_note(make_sample(next_random() % 8 == 0 ? 0 : 0xff)), n;
        struct rl_note *quick = rl_note_read_sample(text, len), *thorough;
        const char *wrong;
        json_t *json;

        memcpy(longer, odd, sizeof(odd) - 1);
        memcpy(longer + sizeof(odd) - 1, text + strlen("{\"type\":\"sample\","),
            len - strlen("{\"type\":\"sample\","));
        n = len - strlen("{\"type\":\"sample\",") + sizeof(odd) - 1;
        assert_null(rl_note_read_sample(longer, n));
        assert_int_equal(rl_note_read(longer, n, &thorough, &json, &wrong), RL_TRACE_NOTE);
        if (quick) { /* not where a number is too large for it */
            assert_int_equal(quick->size, thorough->size);
            assert_memory_equal(quick, thorough, sizeof(*quick) + quick->size);
        }
        free(quick);
        free(thorough);
    }
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (rl_note_read_sample(others[i], strlen(others[i])))
            fail_msg("%s was read", others[i]);
}

/* Keys that others rely on. */
static void test_names(void **state)
{
    static const struct {
        enum rl_note_kind kind;
        const char *keys[12];
    } rows[] = {
        {RL_NOTE_SAMPLE,
            {"\"type\":\"sample\"", "\"cgroup\":\"/named\"", "\"id\":", "\"at_us\":",
                "\"some_us\":", "\"full_us\":", "\"current\":", "\"memory_high\":",
                "\"memory_max\":", "\"swap_max\":", "\"events\":{\"high\":", "\"refault_anon\":"}},
        {RL_NOTE_NODE, {"\"type\":\"node\"", "\"at_us\":", "\"mem_total\":", "\"swap_free\":"}},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct rl_note *note = rows[i].kind == RL_NOTE_SAMPLE ? make_sample(0xff)
                                                                    : make_any(rows[i].kind);
        size_t len = write_note(note);

        text[len] = '\0';
        for (size_t k = 0; k < 12 && rows[i].keys[k]; k++)
            if (!strstr(text, rows[i].keys[k]))
                fail_msg("no %s in %s", rows[i].keys[k], text);
    }
}

/* A number that was not read is no 0, and no limit is null. */
static void test_sample_have(void **state)
{
    struct rl_note *note = make_sample(0xff);
    struct rl_note_sample *sample = (void *)(note + 1);
    size_t len;

    sample->sample.have = RL_HAVE_PRESSURE | RL_HAVE_LIMITS;
    sample->sample.full_us = 0;
    sample->sample.memory_max = RL_NO_LIMIT;
    len = write_note(note);
    text[len] = '\0';
    assert_non_null(strstr(text, "\"full_us\":0"));
    assert_non_null(strstr(text, "\"memory_max\":null"));
    assert_null(strstr(text, "\"current\""));
    assert_null(strstr(text, "\"events\""));
}

static void test_broken(void **state)
{
    static const struct {
        const char *line, *wrong;
    } rows[] = {
        {"", ""},
        {"{", ""},
        {"{\"type\":\"sample\"", ""},
        {"[]", "it has no type"},
        {"{\"id\":1}", "it has no type"},
        {"{\"type\":7}", "it has no type"},
        {"{\"type\":\"cold\",\"id\":\"x\"}", "'id'"},
        {"{\"type\":\"cold\",\"id\":-1}", "'id'"},
        {"{\"type\":\"cold\",\"id\":1.5}", "'id'"},
        {"{\"type\":\"look\",\"trigger\":256}", "'trigger'"},
        {"{\"type\":\"look\",\"holds\":1}", "'holds'"},
        {"{\"type\":\"look\",\"origin\":\"nobody\"}", "'origin'"},
        {"{\"type\":\"look\",\"why\":[\"nothing\"]}", "'why'"},
        {"{\"type\":\"next\",\"order\":{\"what\":\"jump\"}}", "'what'"},
        {"{\"type\":\"next\",\"order\":[]}", "'order'"},
        {"{\"type\":\"hot\",\"id\":1,\"points\":[]}", "'cgroup'"},
        {"{\"type\":\"hot\",\"id\":1,\"cgroup\":\"/\",\"points\":[7]}", "not what it should be"},
        {"{\"type\":\"past\",\"kills_us\":[0]}", "'kills_us'"},
        {"{\"type\":\"open\",\"step\":{\"kind\":99}}", "'step'"},
        {"{\"type\":\"choice\",\"comm\":\"a name that is too long\"}", "'comm'"},
        {"{\"type\":\"table\",\"groups\":[{\"path\":\"/\",\"parent\":0}]}", "'groups'"},
        {"{\"type\":\"table\",\"groups\":[{\"path\":\"/\",\"parent\":-1,\"subject\":1}]}",
            "'groups'"},
        {"{\"type\":\"table\",\"groups\":[{\"path\":\"/\",\"parent\":-1,\"tier\":3}]}", "'groups'"},
        {"{\"type\":\"table\",\"groups\":[{\"path\":\"/\",\"parent\":-1},{\"path\":\"/\","
         "\"parent\":-1}]}",
            "'groups'"},
        {"{\"type\":\"table\",\"groups\":[{\"path\":\"/"
         "\",\"parent\":-1}],\"processes\":[{\"group\":"
         "1}]}",
            "'groups'"},
        {"{\"type\":\"table\",\"groups\":[{\"parent\":-1}]}", "'groups'"},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rl_note *note;
        json_t *json;
        const char *wrong = NULL;
        int r = rl_note_read(rows[i].line, strlen(rows[i].line), &note, &json, &wrong);

        if (r != -EBADMSG || !wrong || !strstr(wrong, rows[i].wrong))
            fail_msg("%s: %d, %s", rows[i].line, r, wrong ? wrong : "nothing said");
        assert_null(note);
        assert_null(json);
    }
}

/* Of a later version: types and keys that nobody knows. */
static void test_unknown(void **state)
{
    static const char line[] = "{\"type\":\"cold\",\"id\":3,\"colour\":{}}";
    static const char other[] = "{\"type\":\"weather\",\"rain\":true}";
    struct rl_note *note;
    json_t *json;
    const char *wrong;

    assert_int_equal(rl_note_read(line, strlen(line), &note, &json, &wrong), RL_TRACE_NOTE);
    assert_int_equal(((struct rl_note_cold *)(note + 1))->id, 3);
    free(note);
    assert_int_equal(rl_note_read(other, strlen(other), &note, &json, &wrong), RL_TRACE_OTHER);
    assert_null(note);
    json_decref(json);
}

/* ---- the ring ---- */

static void put_cold(struct rl_ring *ring, uint64_t id)
{
    struct rl_note_cold *note = rl_ring_take(ring, RL_NOTE_COLD, sizeof(*note));

    if (!note)
        return;
    note->id = id;
    rl_ring_put(ring);
}

/* Notes of all sizes, several times around the ring, in their order. */
static void test_ring_order(void **state)
{
    struct folder folder;
    struct rl_ring *ring;
    char path[64], line[256];
    uint64_t id = 0, lost = 0;
    FILE *file;
    int fd;

    folder_new(&folder);
    snprintf(path, sizeof(path), "%s/trace", folder.path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(rl_ring_new(fd, &ring), 0);
    for (uint64_t i = 1; i <= 300000; i++) {
        put_cold(ring, i);
        if (i % 1000 == 0) {
            struct rl_note_hot *hot = rl_ring_take(ring, RL_NOTE_HOT, sizeof(*hot) + 4000);

            if (hot) {
                hot->path_len = 4000;
                memset(hot + 1, 'x', 4000);
                rl_ring_put(ring);
            }
            rl_ring_kick(ring);
        }
    }
    ring = rl_ring_free(ring);
    assert_null(ring);
    file = fopen(path, "r");
    while (fgets(line, sizeof(line), file)) {
        unsigned long long n;

        if (sscanf(line, "{\"type\":\"cold\",\"id\":%llu}", &n) == 1) {
            assert_true(n > id);
            lost -= lost < n - id - 1 ? lost : n - id - 1;
            id = n;
        } else if (sscanf(line, "{\"type\":\"lost\",\"n\":%llu}", &n) == 1) {
            lost += n;
        }
    }
    fclose(file);
    assert_int_equal(lost, 0);
    folder_free(&folder);
}

/* Nobody reads: what does not fit is counted, and told once there is room. */
static void test_ring_full(void **state)
{
    struct rl_ring *ring;
    int fds[2];
    const char *found;
    size_t lines = 0, n = 0;
    ssize_t got;
    char *all = malloc(64 * 1024 * 1024);
    unsigned long long lost = 0;

    assert_non_null(all);
    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(rl_ring_new(fds[1], &ring), 0);
    for (uint64_t i = 0; i < RL_RING_SIZE / 8; i++)
        put_cold(ring, i);
    assert_null(rl_ring_take(ring, RL_NOTE_COLD, 8));
    rl_ring_kick(ring);
    while (lost == 0 && (got = read(fds[0], all + n, 1024 * 1024)) > 0) {
        n += (size_t)got;
        all[n] = '\0';
        put_cold(ring, 1);
        rl_ring_kick(ring);
        found = strstr(all, "\"lost\",\"n\":");
        if (found && strchr(found, '}'))
            lost = strtoull(found + strlen("\"lost\",\"n\":"), NULL, 10);
    }
    for (size_t i = 0; i < n && all + i < found; i++)
        lines += all[i] == '\n';
    assert_true(lines < RL_RING_SIZE / 8);
    assert_true(lost > 0 && lines + lost >= RL_RING_SIZE / 8);
    close(fds[0]);
    for (int i = 0; i < 1000 && rl_ring_failed(ring) == 0; i++) {
        put_cold(ring, 1);
        rl_ring_kick(ring);
        usleep(1000);
    }
    assert_int_equal(rl_ring_failed(ring), -EPIPE);
    rl_ring_free(ring);
    free(all);
}

/* A note that could never fit is lost, and the others go on. */
static void test_ring_large(void **state)
{
    struct rl_ring *ring;
    char line[128] = "";
    int fds[2];

    assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
    assert_int_equal(rl_ring_new(fds[1], &ring), 0);
    assert_null(rl_ring_take(ring, RL_NOTE_HOT, RL_RING_SIZE));
    put_cold(ring, 7);
    rl_ring_text(ring, "{\"type\":\"x\"}");
    rl_ring_free(ring);
    assert_true(read(fds[0], line, sizeof(line) - 1) > 0);
    assert_string_equal(
        line, "{\"type\":\"lost\",\"n\":1}\n{\"type\":\"cold\",\"id\":7}\n{\"type\":\"x\"}\n");
    close(fds[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trip),
        cmocka_unit_test(test_quick),
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_sample_have),
        cmocka_unit_test(test_broken),
        cmocka_unit_test(test_unknown),
        cmocka_unit_test(test_ring_order),
        cmocka_unit_test(test_ring_full),
        cmocka_unit_test(test_ring_large),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
