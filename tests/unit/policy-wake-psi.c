#include "tests/unit/unit.h"

#include <stdlib.h>

#include "policy/wake.h"
#include "tests/unit/policy.h"
#include "tests/unit/psi-model.h"

#define SEED         1859
#define RANDOM_CASES 10000
#define CLIMBS       60
#define CLIMB_STEPS  150
#define US           UINT64_C(1000) /* nanoseconds, as the model counts */

static struct psi_scene scene; /* too large for a stack */
static struct psi_result result;

static uint64_t seed(void)
{
    const char *text = getenv("RELIEFD_TEST_SEED");
    uint64_t value = text ? strtoull(text, NULL, 0) : SEED;

    print_message("seed %llu\n", (unsigned long long)value);
    return value > 0 ? value : SEED;
}

/* --- patterns of stall --- */

enum others {
    OTHERS_NONE,
    OTHERS_ELSEWHERE, /* busy wherever the child never is */
    OTHERS_EVERYWHERE,
    OTHERS_SOMEWHERE,
    OTHERS,
};

/* Bursts of stall that moves over CPUs, with pauses. All in microseconds. */
struct pattern {
    unsigned cpus, hz;
    uint64_t gate_us, line_us;
    unsigned over, width; /* moves over so many CPUs, so many at a time */
    uint64_t dwell_us;    /* on one CPU */
    uint64_t on_us, off_us;
    bool runs;        /* in its pauses, rather than sleeps */
    bool stays;       /* a burst goes on where the last one ended */
    bool before;      /* it stalls like that before the window too */
    bool ragged;      /* no two bursts are alike */
    uint64_t calm_us; /* before the window */
    uint64_t read_us; /* how often somebody reads the child; 0: at the window's ends */
    uint64_t late_us, phase_us;
    enum others others;
    uint64_t seed; /* of what is ragged and somewhere */
};

static void add(uint64_t len_us, unsigned cpu, unsigned width, bool stall)
{
    if (len_us > 0 && scene.n_slices < PSI_SLICES_MAX)
        scene.slices[scene.n_slices++] = (struct psi_slice){
            len_us * US, (uint16_t)cpu, (uint16_t)width, stall};
}

static uint64_t ragged(const struct pattern *p, struct dice *dice, uint64_t us)
{
    return p->ragged ? us / 2 + roll(dice, us) + 1 : us;
}

/* Fill so much time with the pattern. */
static void add_pattern(const struct pattern *p, struct dice *dice, uint64_t len_us)
{
    unsigned cpu = 0;

    for (uint64_t t = 0; t < len_us;) {
        uint64_t on = ragged(p, dice, p->on_us), off = p->off_us ? ragged(p, dice, p->off_us) : 0;

        for (uint64_t done = 0; done < on && t < len_us;) {
            uint64_t dwell = ragged(p, dice, p->dwell_us);

            if (dwell > on - done)
                dwell = on - done;
            if (dwell > len_us - t)
                dwell = len_us - t;
            add(dwell, cpu, p->width, true);
            done += dwell;
            t += dwell;
            if (done < on || !p->stays)
                cpu = (cpu + p->width) % p->over;
        }
        if (off > len_us - t)
            off = len_us - t;
        add(off, cpu, p->runs ? p->width : 0, false);
        t += off;
    }
}

static void begin_scene(const struct pattern *p, struct dice *dice)
{
    scene.cpus = p->cpus;
    scene.hz = p->hz;
    scene.window = p->gate_us * US;
    scene.plain = p->gate_us % (2 * SEC) == 0;
    scene.read_every = p->read_us * US;
    scene.late = p->late_us * US;
    scene.phase = p->phase_us * US;
    scene.n_slices = 0;
    for (unsigned i = 0; i < p->cpus; i++)
        scene.busy[i] = p->others == OTHERS_EVERYWHERE ||
                        (p->others == OTHERS_ELSEWHERE && i >= p->over) ||
                        (p->others == OTHERS_SOMEWHERE && roll(dice, 2));
}

/* The window begins here, after all slices added so far. */
static void begin_window(uint64_t line_us)
{
    scene.from = PSI_BEGIN;
    for (size_t i = 0; i < scene.n_slices; i++)
        scene.from += scene.slices[i].len;
    scene.to = scene.from + line_us * US;
    scene.end = scene.to + 2 * scene.window;
}

/* The longest time between two samples of the root in the model. */
static uint64_t run_us(const struct pattern *p)
{
    uint64_t jiffy = SEC / p->hz,
             jiffies = (p->gate_us % (2 * SEC) ? p->gate_us / 10 : 2 * SEC) / jiffy;

    return (jiffies + 2 + (jiffies >= 512 ? 64 : jiffies >= 64 ? 8 : 0)) * jiffy + p->late_us;
}

static void play(const struct pattern *p)
{
    struct dice dice = {p->seed};

    begin_scene(p, &dice);
    if (p->before)
        add_pattern(p, &dice, 2 * p->gate_us);
    else
        add(3 * MS, 0, 1, true);
    add(p->calm_us, 0, 0, false);
    begin_window(p->line_us);
    add_pattern(p, &dice, p->line_us);
    psi_happen(&scene, &result);
}

/* The highest line that this crosses. */
static uint32_t share_crossed(const struct pattern *p)
{
    uint64_t share = result.child * RL_WHOLE / (p->line_us * US);

    return (uint32_t)(share < RL_WHOLE ? share : RL_WHOLE);
}

static struct psi_heard listen(const struct pattern *p, uint64_t threshold_us, bool quiet)
{
    return psi_listen(&scene, &result, threshold_us * US, quiet, scene.to + run_us(p) * US);
}

static uint64_t threshold_of(const struct pattern *p, uint32_t share)
{
    return rl_wake_threshold_us(share, p->line_us, p->gate_us, p->cpus);
}

/* What policy/wake.h promises is unseen at most. */
static uint64_t most_unseen_us(const struct pattern *p)
{
    uint64_t run = run_us(p), least = p->gate_us % (2 * SEC) ? p->gate_us / 10 : 2 * SEC;
    uint64_t starts = p->gate_us % (2 * SEC) ? (p->line_us + p->gate_us - 1) / p->gate_us : 0;

    return starts * run + 2 * SEC / p->hz * ((p->line_us + least - 1) / least + 1);
}

static void describe(const struct pattern *p)
{
    print_message("%u CPUs, HZ %u, W %llu, line over %llu us: over %u by %u, dwell %llu, on %llu, "
                  "off %llu%s%s%s%s, calm %llu, read %llu, late %llu, phase %llu, others %d, "
                  "seed %llu\n",
        p->cpus, p->hz, (unsigned long long)p->gate_us, (unsigned long long)p->line_us, p->over,
        p->width, (unsigned long long)p->dwell_us, (unsigned long long)p->on_us,
        (unsigned long long)p->off_us, p->runs ? " runs" : "", p->stays ? " stays" : "",
        p->before ? " before" : "", p->ragged ? " ragged" : "", (unsigned long long)p->calm_us,
        (unsigned long long)p->read_us, (unsigned long long)p->late_us,
        (unsigned long long)p->phase_us, (int)p->others, (unsigned long long)p->seed);
}

/* --- whatever crosses a line wakes --- */

static uint64_t spread(struct dice *dice, uint64_t least, uint64_t most)
{
    uint64_t value = least + roll(dice, least);

    while (value < most && roll(dice, 4) > 0)
        value += roll(dice, value) + 1;
    return value < most ? value : most;
}

static unsigned some_cpus(struct dice *dice)
{
    return (unsigned)spread(dice, 1, roll(dice, 4) ? 32 : PSI_CPUS_MAX);
}

static struct pattern a_pattern(struct dice *dice)
{
    static const unsigned hz[] = {100, 250, 300, 1000};
    struct pattern p = {
        .cpus = some_cpus(dice),
        .hz = hz[roll(dice, LENGTH(hz))],
        .gate_us = roll(dice, 4) ? SEC : 2 * SEC,
        .line_us = spread(dice, SEC / 2, 30 * SEC),
        .dwell_us = spread(dice, 1 * MS, 2 * SEC),
        .on_us = spread(dice, 2 * MS, 2 * SEC),
        .off_us = roll(dice, 3) ? spread(dice, 1 * MS, 3 * SEC) : 0,
        .runs = roll(dice, 2),
        .stays = roll(dice, 2),
        .before = roll(dice, 3) == 0,
        .ragged = roll(dice, 2),
        .calm_us = roll(dice, 5 * SEC / 2),
        .read_us = roll(dice, 3) ? spread(dice, 5 * MS, 2 * SEC) : 0,
        .late_us = roll(dice, 4) ? 0 : roll(dice, 1 * MS),
        .phase_us = roll(dice, 2 * SEC),
        .others = (enum others)roll(dice, OTHERS),
        .seed = 1 + roll(dice, UINT32_MAX),
    };

    p.over = (unsigned)(1 + roll(dice, p.cpus));
    p.width = (unsigned)(roll(dice, 3) ? 1 : 1 + roll(dice, p.over));
    return p;
}

enum outcome {
    NOTHING,    /* no line is crossed, or its growth is less than the kernel can tell */
    UNSEEN,     /* more than half is unseen, as policy/wake.h says may be */
    SEEN,       /* at most half */
    GUARANTEED, /* no pattern of such a line can have more than half unseen */
    OUTCOMES,
};

static enum outcome outcome_of(const struct pattern *p, uint32_t share)
{
    uint64_t stall_us = (uint64_t)share * p->line_us / RL_WHOLE;
    bool guaranteed = most_unseen_us(p) <= stall_us / 2;

    if (result.unseen > most_unseen_us(p) * US) {
        describe(p);
        fail_msg("%llu us unseen", (unsigned long long)result.unseen / US);
    }
    if (guaranteed)
        return GUARANTEED;
    return result.unseen <= stall_us * US / 2 ? SEEN : UNSEEN;
}

/* The highest line whose threshold must be reached: half of its stall was seen. What was crossed is
 * no higher unless more than half of it was unseen. */
static uint32_t share_owed(const struct pattern *p)
{
    uint64_t seen = result.child > result.unseen ? result.child - result.unseen : 0;
    uint64_t share = 2 * seen * RL_WHOLE / (p->line_us * US);

    return (uint32_t)(share < RL_WHOLE ? share : RL_WHOLE);
}

/* A threshold that was rounded up to 1 us promises nothing. */
static bool is_rounded_up(const struct pattern *p, uint32_t share)
{
    return threshold_of(p, share) <= 1;
}

static enum outcome check(const struct pattern *p)
{
    uint32_t share;
    uint64_t threshold;
    enum outcome outcome;

    play(p);
    share = share_crossed(p);
    if (share == 0 || is_rounded_up(p, share))
        return NOTHING;
    outcome = outcome_of(p, share);
    if (outcome != UNSEEN)
        assert_true(share_owed(p) >= share);
    threshold = threshold_of(p, share_owed(p));
    if (threshold <= 1)
        return outcome;
    for (int quiet = 0; quiet < 2; quiet++) {
        struct psi_heard heard = listen(p, threshold, quiet);

        if (heard.growth < threshold * US || heard.n_in + heard.n_before == 0 ||
            (!quiet && !scene.plain && heard.n_in == 0)) {
            describe(p);
            fail_msg("share %u, threshold %llu us: growth %llu ns, %zu events, %zu before",
                (unsigned)share, (unsigned long long)threshold, (unsigned long long)heard.growth,
                heard.n_in, heard.n_before);
        }
    }
    return outcome;
}

static void whatever_crosses_a_line_wakes(void **state)
{
    struct dice dice = {seed()};
    size_t n[OUTCOMES] = {0};

    for (size_t i = 0; i < RANDOM_CASES; i++) {
        const struct pattern p = a_pattern(&dice);

        n[check(&p)]++;
    }
    print_message("%zu crossed nothing, %zu unseen, %zu seen, %zu guaranteed\n", n[NOTHING],
        n[UNSEEN], n[SEEN], n[GUARANTEED]);
    assert_true(n[SEEN] > RANDOM_CASES / 8);
    assert_true(n[GUARANTEED] > RANDOM_CASES / 8);
}

/* --- a parent that grew little tells that nobody below stalled long --- */

/* Between the root's last sample before the window and its first one after it. Return: whether
 * there is any growth to be asked for. */
static bool check_growth(const struct pattern *p)
{
    const struct psi_run *from = NULL, *to = NULL;
    uint64_t least, stall = result.child / US, span;

    for (size_t i = 0; i < result.n_runs; i++) {
        const struct psi_run *run = &result.runs[i];

        if (run->at <= scene.from)
            from = run;
        if (run->at >= scene.to && !to)
            to = run;
    }
    if (!from || !to)
        return false;
    span = (to->at - from->at) / US;
    least = rl_wake_least_growth_us(
        stall, span, p->cpus, SEC / p->hz, p->gate_us % (2 * SEC) ? p->gate_us / 10 : 2 * SEC);
    if ((to->total - from->total) / US < least) {
        describe(p);
        fail_msg("%llu us of stall in %llu us: growth %llu, promised %llu",
            (unsigned long long)stall, (unsigned long long)span,
            (unsigned long long)(to->total - from->total) / US, (unsigned long long)least);
    }
    return least > 0;
}

static void a_parent_grows_where_a_child_stalls(void **state)
{
    struct dice dice = {seed()};
    size_t n = 0;

    for (size_t i = 0; i < RANDOM_CASES; i++) {
        const struct pattern p = a_pattern(&dice);

        play(&p);
        n += check_growth(&p);
    }
    print_message("%zu of %d told\n", n, RANDOM_CASES);
    assert_true(n > RANDOM_CASES / 8);
}

/* --- the worst that can be found --- */

/* Return: how much higher the threshold might be, in thousandths, for this pattern and the highest
 * line that is owed an event; UINT64_MAX where nothing is promised. */
static uint64_t slack_of(const struct pattern *p)
{
    play(p);
    if (is_rounded_up(p, share_owed(p)))
        return UINT64_MAX;
    return listen(p, 1, true).growth / threshold_of(p, share_owed(p));
}

static void move_number(struct dice *dice, uint64_t *number, uint64_t least, uint64_t most)
{
    static const uint64_t percent[] = {20, 50, 80, 95, 99, 101, 105, 125, 200, 500};

    *number = *number * percent[roll(dice, LENGTH(percent))] / 100 + roll(dice, 3);
    if (*number < least)
        *number = least;
    if (*number > most)
        *number = most;
}

static struct pattern moved(struct dice *dice, struct pattern p)
{
    uint64_t over = p.over;

    switch (roll(dice, 10)) {
    case 0:
        move_number(dice, &p.dwell_us, 1 * MS, 2 * SEC);
        break;
    case 1:
        move_number(dice, &p.on_us, 1 * MS, 4 * SEC);
        break;
    case 2:
        move_number(dice, &p.off_us, 0, 4 * SEC);
        break;
    case 3:
        move_number(dice, &over, p.width, p.cpus);
        p.over = (unsigned)over;
        break;
    case 4:
        p.runs = !p.runs;
        break;
    case 5:
        p.stays = !p.stays;
        break;
    case 6:
        p.calm_us = roll(dice, 5 * SEC / 2);
        break;
    case 7:
        p.read_us = roll(dice, 3) ? spread(dice, 5 * MS, SEC) : 0;
        break;
    case 8:
        p.others = (enum others)roll(dice, OTHERS);
        break;
    default:
        p.before = !p.before;
        p.phase_us = roll(dice, 2 * SEC);
    }
    return p;
}

static uint64_t climb(struct dice *dice)
{
    struct pattern best = a_pattern(dice);
    uint64_t least;

    best.width = 1;
    best.others = OTHERS_ELSEWHERE;
    best.line_us = spread(dice, SEC / 2, 4 * SEC);
    least = slack_of(&best);
    for (size_t i = 0; i < CLIMB_STEPS; i++) {
        struct pattern next = moved(dice, best);
        uint64_t slack = slack_of(&next);

        if (slack < 1000) {
            describe(&next);
            fail_msg("it sees only %llu thousandths of its threshold", (unsigned long long)slack);
        }
        if (slack <= least) {
            least = slack;
            best = next;
        }
    }
    return least;
}

static void the_worst_that_is_found_wakes(void **state)
{
    struct dice dice = {seed()};
    uint64_t worst = UINT64_MAX;

    for (size_t i = 0; i < CLIMBS; i++) {
        uint64_t least = climb(&dice);

        if (least < worst)
            worst = least;
    }
    print_message("at the worst %llu thousandths of the threshold\n", (unsigned long long)worst);
    assert_true(worst < 20000); /* else the climbers got nowhere */
}

/* --- patterns that attain a bound --- */

/* Share squared by the window by the CPUs: what a sound threshold is not. */
static uint64_t naive_us(const struct pattern *p, uint32_t share)
{
    return (uint64_t)share * share * p->gate_us / p->cpus / RL_WHOLE / RL_WHOLE;
}

static void what_a_naive_threshold_misses_wakes(void **state)
{
    static const struct {
        const char *why;
        uint32_t share; /* that is crossed, at the least */
        struct pattern pattern;
    } rows[] = {
        {"the line's window is shorter than the gate's", RL_WHOLE,
            {.line_us = SEC / 2, .cpus = 2, .over = 1, .dwell_us = SEC, .on_us = 10 * SEC}},
        {"the gate's window begins anew in the middle", RL_WHOLE,
            {.line_us = SEC,
                .cpus = 2,
                .over = 1,
                .dwell_us = SEC,
                .on_us = 10 * SEC,
                .calm_us = 600 * MS}},
        {"the child moves over half the CPUs", 9700,
            {.line_us = 10 * SEC,
                .cpus = 16,
                .over = 8,
                .dwell_us = 13 * MS,
                .on_us = 10 * SEC,
                .read_us = 13 * MS}},
        {"so does one that is calm most of the time", 1100,
            {.line_us = 10 * SEC,
                .cpus = 64,
                .over = 24,
                .dwell_us = 1 * MS,
                .on_us = 12 * MS,
                .off_us = 96 * MS,
                .read_us = 1 * MS}},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct pattern p = rows[i].pattern;
        struct psi_heard heard;
        uint32_t share;

        p.hz = 1000;
        p.gate_us = SEC;
        p.width = 1;
        p.seed = 1;
        p.others = OTHERS_ELSEWHERE;
        play(&p);
        share = share_crossed(&p);
        heard = listen(&p, naive_us(&p, share), true);
        print_message("%s: %u crossed, naive %llu us, growth %llu us, threshold %llu us\n",
            rows[i].why, (unsigned)share, (unsigned long long)naive_us(&p, share),
            (unsigned long long)heard.growth / US, (unsigned long long)threshold_of(&p, share));
        assert_in_range(share, rows[i].share, RL_WHOLE);
        assert_int_equal(heard.n_in + heard.n_before, 0);
        assert_int_not_equal(check(&p), NOTHING);
        assert_int_not_equal(check(&p), UNSEEN);
    }
}

/* --- what no threshold can see: policy/wake.h names them --- */

static void what_is_left(void **state)
{
    static const struct {
        const char *what;
        uint32_t share; /* that is crossed, at the least */
        struct pattern pattern;
    } rows[] = {
        {"thinner than a jiffy", 240,
            {.line_us = 10 * SEC,
                .cpus = 2,
                .hz = 250,
                .over = 1,
                .dwell_us = SEC,
                .on_us = 3 * MS,
                .off_us = 117 * MS}},
        {"in step with psimon", 1000,
            {.line_us = 10 * SEC,
                .cpus = 2,
                .hz = 250,
                .over = 1,
                .dwell_us = SEC,
                .on_us = 100 * MS,
                .off_us = 980 * MS,
                .calm_us = 979 * MS}},
        {"once in a while", 2000,
            {.line_us = SEC / 2,
                .cpus = 2,
                .hz = 250,
                .over = 1,
                .dwell_us = SEC,
                .on_us = 100 * MS,
                .off_us = SEC,
                .calm_us = 979 * MS}},
        {"less than a microsecond", 100,
            {.line_us = SEC / 2,
                .cpus = 256,
                .hz = 1000,
                .over = 1,
                .dwell_us = SEC,
                .on_us = 5 * MS,
                .off_us = SEC,
                .calm_us = 200 * MS}},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct pattern p = rows[i].pattern;
        struct psi_heard heard;

        p.gate_us = SEC;
        p.width = 1;
        p.seed = 1;
        p.others = OTHERS_ELSEWHERE;
        play(&p);
        heard = listen(&p, 1, false);
        print_message("%s: %u crossed\n", rows[i].what, (unsigned)share_crossed(&p));
        assert_in_range(share_crossed(&p), rows[i].share, rows[i].share + 100);
        assert_int_equal(heard.n_in + heard.n_before, 0);
        assert_true(threshold_of(&p, share_crossed(&p)) == 1 ||
                    outcome_of(&p, share_crossed(&p)) == UNSEEN);
    }
}

/* The percentages of policy/wake.h. */
static void so_much_is_unseen_at_most(void **state)
{
    static const struct {
        unsigned hz;
        uint64_t line_us, percent;
    } rows[] = {
        {100, SEC / 2, 48},
        {100, SEC, 34},
        {100, 10 * SEC, 33},
        {250, SEC / 2, 32},
        {250, SEC, 20},
        {250, 10 * SEC, 19},
        {1000, SEC / 2, 25},
        {1000, SEC, 14},
        {1000, 10 * SEC, 14},
    };

    for (size_t i = 0; i < LENGTH(rows); i++) {
        const struct pattern p = {.hz = rows[i].hz, .gate_us = SEC, .line_us = rows[i].line_us};

        assert_int_equal((most_unseen_us(&p) * 100 + p.line_us - 1) / p.line_us, rows[i].percent);
    }
}

/* Less than a window after an event nothing is told, and from 6.7 on never where calm follows. */
static void an_event_is_owed(void **state)
{
    struct pattern p = {.cpus = 1,
        .hz = 250,
        .gate_us = SEC,
        .line_us = SEC / 2,
        .over = 1,
        .width = 1,
        .dwell_us = SEC,
        .on_us = 200 * MS,
        .off_us = SEC,
        .seed = 1};
    struct dice dice = {p.seed};
    struct psi_heard heard;

    begin_scene(&p, &dice);
    add(200 * MS, 0, 1, true);
    add(150 * MS, 0, 0, false);
    begin_window(p.line_us);
    add_pattern(&p, &dice, p.line_us);
    psi_happen(&scene, &result);
    assert_int_equal(share_crossed(&p), 4000);
    heard = listen(&p, threshold_of(&p, 4000), false);
    assert_int_equal(heard.n_before, 1);
    assert_int_equal(heard.n_in, 1);
    heard = listen(&p, threshold_of(&p, 4000), true);
    assert_int_equal(heard.n_before, 1);
    assert_int_equal(heard.n_in, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_crosses_a_line_wakes),
        cmocka_unit_test(a_parent_grows_where_a_child_stalls),
        cmocka_unit_test(the_worst_that_is_found_wakes),
        cmocka_unit_test(what_a_naive_threshold_misses_wakes),
        cmocka_unit_test(what_is_left),
        cmocka_unit_test(so_much_is_unseen_at_most),
        cmocka_unit_test(an_event_is_owed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
