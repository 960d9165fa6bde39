/* top on a terminal. */
#include <errno.h>
#include <ncurses.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/ctl/top.h"
#include "daemon/observe/sample.h"

#define KEY_WAIT_MS  1000
#define BUDGET_PART  10 /* of the interval: what may be spent on who would die */
#define ESCAPE       27
#define ESCAPE_DELAY 25 /* ms until a lone ESC is one */

const bool rl_top_has_screen = true;

struct screen {
    struct rl_top *top;
    SCREEN *curses;
    size_t place; /* of the selected row in the order */
    size_t first; /* place of the topmost row that is shown */
    size_t rows;  /* that there is room for */
    bool colours, help, typing;
    char typed[sizeof(((struct rl_top_model *)0)->filter)]; /* the filter before it is typed anew */
    bool quit;
    int y;             /* the line that is being drawn */
    attr_t attributes; /* of all of it */
};

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
    caught = signal;
}

/* ---- drawing ---- */

enum {
    PAIR_GOOD = 1,
    PAIR_WARN,
    PAIR_BAD,
};

static attr_t attributes_of(const struct screen *s, enum rl_style style)
{
    switch (style) {
    case RL_STYLE_BOLD:
        return A_BOLD;
    case RL_STYLE_DIM:
        return s->colours ? A_DIM : A_NORMAL;
    case RL_STYLE_GOOD:
        return s->colours ? COLOR_PAIR(PAIR_GOOD) : A_NORMAL;
    case RL_STYLE_WARN:
        return s->colours ? COLOR_PAIR(PAIR_WARN) : A_NORMAL;
    case RL_STYLE_BAD:
        return s->colours ? COLOR_PAIR(PAIR_BAD) | A_BOLD : A_BOLD;
    case RL_STYLE_PLAIN:
        break;
    }
    return A_NORMAL;
}

static void put(void *userdata, enum rl_style style, const char *text)
{
    const struct screen *s = userdata;

    attr_t attributes = s->attributes ? s->attributes : attributes_of(s, style);

    attrset((int)attributes);
    addstr(text);
}

static void begin(struct screen *s, size_t y)
{
    s->y = (int)y;
    move(s->y, 0);
}

/* After a full line the cursor stands on the next one already. */
static void end(void *userdata)
{
    struct screen *s = userdata;
    int y, x;

    getyx(stdscr, y, x);
    if (s->attributes && y == s->y)
        mvchgat(y, x, -1, s->attributes, 0, NULL);
    begin(s, (size_t)s->y + 1);
}

static void draw_rows(struct screen *s, const struct rl_top_frame *frame, size_t y)
{
    const struct rl_top_out out = {.put = put, .end = end, .userdata = s};
    struct rl_top *top = s->top;

    top->n_shown = 0;
    for (size_t i = 0; i < s->rows && s->first + i < top->model.n_order; i++) {
        size_t place = s->first + i;

        begin(s, y + i);
        s->attributes = place == s->place ? A_REVERSE : 0;
        rl_top_draw_row(frame, place, &out);
        s->attributes = 0;
        if (top->n_shown < RL_TOP_SHOWN)
            top->shown[top->n_shown++] = top->model.rows[top->model.order[place]].id;
    }
}

static const char *const help_lines[] = {
    "up down PgUp PgDn Home End   move (also j k g G)",
    "Enter or f   fold or unfold what is below   t   tree or flat list",
    "s S   sort by the next key, the one before: pressure headroom used swap name",
    "/   filter by a part of the path; Enter keeps it, Esc drops it",
    "i   show or hide cgroups where nothing happens",
    "m M   who would die by another score, each policy's own first",
    "space   freeze the picture   r   look now",
    "q or ctrl-c   quit   ? or h   this help; any key leaves it",
    "",
    "IN USE  of its own limit, or of the machine's memory where it has none",
    "LEFT  what the tightest limit from here up to the machine leaves",
    "SOME FULL  part of the last 10 s in which some, all, tasks waited for memory",
    "LAST MINUTE  SOME, worst second of each column; a step is about twice the last",
    "WOULD DIE  whom the policy would choose if that cgroup were short now",
    "Mark x: holds the victim of the selected row; * reliefd watches; ! incident",
};

static void draw_help(const struct screen *s, int y)
{
    for (size_t i = 0; i < sizeof(help_lines) / sizeof(help_lines[0]) && y < LINES; i++, y++) {
        attrset(A_NORMAL);
        mvaddnstr(y, 0, help_lines[i], COLS);
    }
}

/* A look may come before the next picture: it is the row that stays selected, not the place. */
static void take_place(struct screen *s)
{
    const struct rl_top_model *model = &s->top->model;

    if (s->place < model->n_order)
        s->top->selected = model->rows[model->order[s->place]].id;
}

/* The selected row stays on the screen. */
static void scroll_to_place(struct screen *s)
{
    size_t n = s->top->model.n_order;

    if (s->place >= n)
        s->place = n > 0 ? n - 1 : 0;
    if (s->place < s->first)
        s->first = s->place;
    if (s->rows > 0 && s->place >= s->first + s->rows)
        s->first = s->place - s->rows + 1;
    if (s->first + s->rows > n)
        s->first = n > s->rows ? n - s->rows : 0;
    take_place(s);
}

static void draw_foot(struct screen *s, const struct rl_top_frame *frame, bool selected)
{
    const struct rl_top_out out = {.put = put, .end = end, .userdata = s};

    if (selected) {
        begin(s, (size_t)LINES - 2);
        rl_top_draw_selected(frame, &out);
    }
    begin(s, (size_t)LINES - 1);
    if (!s->typing) {
        rl_top_draw_foot(frame, &out);
        return;
    }
    attrset(A_BOLD);
    addnstr("filter: ", COLS - 1);
    attrset(A_NORMAL);
    addnstr(s->top->model.filter, COLS > 10 ? COLS - 10 : 0);
}

static void draw(struct screen *s)
{
    const struct rl_top_out out = {.put = put, .end = end, .userdata = s};
    size_t lines = LINES > 0 ? (size_t)LINES : 1, most = lines / 5, used = 0;
    bool selected = lines >= 8;
    struct rl_top_frame frame;

    erase();
    rl_top_frame(s->top, (size_t)COLS, &frame);
    s->attributes = 0;
    most = most < 1 ? 1 : most > 8 ? 8 : most;
    begin(s, 0);
    used = rl_top_draw_head(&frame, most, &out);
    s->rows = lines > used + 2 + selected ? lines - used - 2 - selected : 0;
    scroll_to_place(s);
    frame.selected = s->top->selected;
    if (s->help) {
        draw_help(s, (int)used);
    } else {
        if (s->rows > 0) {
            begin(s, used);
            rl_top_draw_titles(&frame, &out);
            draw_rows(s, &frame, used + 1);
        }
        draw_foot(s, &frame, selected);
    }
    refresh();
}

/* ---- keys ---- */

static void arrange(struct screen *s)
{
    size_t place;

    if (rl_top_arrange(&s->top->model) < 0)
        return; /* an empty list until there is memory again */
    place = rl_top_place_of(&s->top->model, s->top->selected);
    if (place != RL_TOP_NOBODY)
        s->place = place;
}

static void move_by(struct screen *s, long rows)
{
    long to = (long)s->place + rows, last = (long)s->top->model.n_order - 1;

    s->place = (size_t)(to < 0 ? 0 : to > last ? (last < 0 ? 0 : last) : to);
}

static void key_up(struct screen *s)
{
    move_by(s, -1);
}

static void key_down(struct screen *s)
{
    move_by(s, 1);
}

static void key_page_up(struct screen *s)
{
    move_by(s, -(long)s->rows);
}

static void key_page_down(struct screen *s)
{
    move_by(s, (long)s->rows);
}

static void key_home(struct screen *s)
{
    s->place = 0;
}

static void key_end(struct screen *s)
{
    move_by(s, (long)s->top->model.n_order);
}

static void key_fold(struct screen *s)
{
    struct rl_top_model *model = &s->top->model;
    size_t row = rl_top_row_of(model, s->top->selected);

    if (row != RL_TOP_NOBODY && rl_top_has_children(model, row) && !model->flat)
        rl_top_toggle_fold(model, s->top->selected);
    arrange(s);
}

static void key_flat(struct screen *s)
{
    s->top->model.flat = !s->top->model.flat;
    arrange(s);
}

static void sort_by(struct screen *s, int step)
{
    s->top->model.sort = (enum rl_top_sort)(
        ((int)s->top->model.sort + step + RL_TOP_SORTS) % RL_TOP_SORTS);
    arrange(s);
}

static void key_sort(struct screen *s)
{
    sort_by(s, 1);
}

static void key_sort_back(struct screen *s)
{
    sort_by(s, -1);
}

static void key_filter(struct screen *s)
{
    strcpy(s->typed, s->top->model.filter);
    s->typing = true;
}

static void key_idle(struct screen *s)
{
    s->top->model.show_idle = !s->top->model.show_idle;
    arrange(s);
}

/* Through all models, with "each policy's own" before the first one. */
static void next_model(struct screen *s, int step)
{
    struct rl_top *top = s->top;
    long n = (long)rl_models_n + 1, at = top->score ? top->score - rl_models + 1 : 0;

    at = (at + step + n) % n;
    top->score = at > 0 ? &rl_models[at - 1] : NULL;
    rl_top_reader_forget_victims(top->reader, &top->model);
    size_t row = rl_top_row_of(&top->model, top->selected);
    if (row != RL_TOP_NOBODY)
        rl_top_reader_choose(top->reader, &top->model, row, top->score, true);
}

static void key_model(struct screen *s)
{
    next_model(s, 1);
}

static void key_model_back(struct screen *s)
{
    next_model(s, -1);
}

static void key_freeze(struct screen *s)
{
    s->top->frozen = !s->top->frozen;
}

static void key_look(struct screen *s)
{
    s->top->frozen = false; /* and the next look is due at once, see run() */
}

static void key_help(struct screen *s)
{
    s->help = true;
}

static void key_quit(struct screen *s)
{
    s->quit = true;
}

static const struct {
    int key;
    void (*act)(struct screen *s);
} keys[] = {
    {KEY_UP, key_up},
    {'k', key_up},
    {KEY_DOWN, key_down},
    {'j', key_down},
    {KEY_PPAGE, key_page_up},
    {KEY_NPAGE, key_page_down},
    {KEY_HOME, key_home},
    {'g', key_home},
    {KEY_END, key_end},
    {'G', key_end},
    {'f', key_fold},
    {'\n', key_fold},
    {KEY_ENTER, key_fold},
    {'t', key_flat},
    {'s', key_sort},
    {'S', key_sort_back},
    {'/', key_filter},
    {'i', key_idle},
    {'m', key_model},
    {'M', key_model_back},
    {' ', key_freeze},
    {'r', key_look},
    {'?', key_help},
    {'h', key_help},
    {'q', key_quit},
};

static void type(struct screen *s, int key)
{
    char *filter = s->top->model.filter;
    size_t length = strlen(filter);

    if (key == '\n' || key == KEY_ENTER) {
        s->typing = false;
    } else if (key == ESCAPE) {
        s->typing = false;
        *filter = '\0';
    } else if ((key == KEY_BACKSPACE || key == 127 || key == 8) && length > 0) {
        do
            filter[--length] = '\0';
        while (length > 0 && ((unsigned char)filter[length - 1] & 0xc0) == 0x80);
    } else if (key >= ' ' && key < 256 && key != 127 && length + 1 < sizeof(s->typed)) {
        filter[length] = (char)key;
        filter[length + 1] = '\0';
    }
    arrange(s);
}

static void press(struct screen *s, int key)
{
    if (s->help && key != KEY_RESIZE) {
        s->help = false;
        return;
    }
    if (s->typing) {
        type(s, key);
        return;
    }
    if (key == ESCAPE && *s->top->model.filter) {
        *s->top->model.filter = '\0';
        arrange(s);
    }
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (keys[i].key == key)
            keys[i].act(s);
    take_place(s);
}

/* ---- life ---- */

static int look(struct screen *s)
{
    int r = rl_top_look(s->top, s->top->interval_us / BUDGET_PART);

    if (r >= 0)
        arrange(s);
    return r;
}

/* Return: 0; -errno when there is nothing to be read any more. */
static int run(struct screen *s)
{
    uint64_t next = 0;
    int r = 0;

    while (r >= 0 && !s->quit && !caught) {
        uint64_t now = rl_now_us(), left;

        if (now >= next && !s->top->frozen) {
            r = look(s);
            next = now + s->top->interval_us;
        }
        draw(s);
        now = rl_now_us();
        left = next > now ? (next - now) / RL_US_PER_MS : 0;
        timeout(s->top->frozen || left > KEY_WAIT_MS ? KEY_WAIT_MS : (int)left + 1);
        int key = getch();
        if (key == 'r' && !s->typing)
            next = 0;
        if (key != ERR)
            press(s, key);
    }
    return r;
}

static bool wants_colours(void)
{
    const char *no = getenv("NO_COLOR");

    return !(no && *no) && has_colors() && start_color() == OK;
}

static int open_screen(struct screen *s)
{
    set_escdelay(ESCAPE_DELAY);
    s->curses = newterm(NULL, stdout, stdin);
    if (!s->curses) {
        const char *term = getenv("TERM");

        fprintf(stderr,
            "reliefctl top: TERM=%s is not known here, or not enough: --batch prints plain text\n",
            term ? term : "");
        return -EINVAL;
    }
    set_term(s->curses);
    cbreak();
    noecho();
    keypad(stdscr, TRUE);
    curs_set(0);
    s->colours = wants_colours();
    if (s->colours) {
        short background = use_default_colors() == OK ? -1 : COLOR_BLACK;

        init_pair(PAIR_GOOD, COLOR_GREEN, background);
        init_pair(PAIR_WARN, COLOR_YELLOW, background);
        init_pair(PAIR_BAD, COLOR_RED, background);
    }
    return 0;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};

    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        struct sigaction action = {.sa_handler = on_signal}; /* no SA_RESTART: getch() returns */

        sigemptyset(&action.sa_mask);
        sigaction(signals[i], &action, NULL);
    }
}

int rl_top_screen(struct rl_top *top)
{
    struct screen screen = {.top = top};

    if (open_screen(&screen) < 0)
        return RL_EXIT_FAILURE;
    catch_signals();
    int r = run(&screen);
    endwin();
    delscreen(screen.curses);
    if (caught && caught != SIGINT) {
        signal(caught, SIG_DFL); /* whoever waits for us is to see what ended us */
        raise(caught);
    }
    if (r < 0)
        fprintf(stderr, "reliefctl top: %s\n", strerror(-r));
    return r < 0 ? RL_EXIT_FAILURE : RL_EXIT_OK;
}
