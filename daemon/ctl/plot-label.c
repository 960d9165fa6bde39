#include "daemon/ctl/plot-label.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/maths.h"
#include "daemon/report/say.h"

#define FIRST 0x20
#define LAST  0x7e

#define DOTS "\xe2\x80\xa6" /* U+2026 */

/* Thousandths of the font's size: advance widths of DejaVu Sans and DejaVu Sans Bold. */
static const unsigned short widths[2][LAST - FIRST + 1] = {
    {318, 401, 460, 838, 636, 950, 780, 275, 390, 390, 500, 838, 318, 361, 318, 337, 636, 636, 636,
        636, 636, 636, 636, 636, 636, 636, 337, 337, 838, 838, 838, 531, 1000, 684, 686, 698, 770,
        632, 575, 775, 752, 295, 295, 656, 557, 863, 748, 787, 603, 787, 695, 635, 611, 732, 684,
        989, 685, 611, 685, 390, 337, 390, 838, 500, 500, 613, 635, 550, 635, 615, 352, 635, 634,
        278, 278, 579, 278, 974, 634, 612, 635, 635, 411, 521, 392, 634, 592, 818, 592, 592, 525,
        636, 337, 636, 838},
    {348, 456, 521, 838, 696, 1002, 872, 306, 457, 457, 523, 838, 380, 415, 380, 365, 696, 696, 696,
        696, 696, 696, 696, 696, 696, 696, 400, 400, 838, 838, 838, 580, 1000, 774, 762, 734, 830,
        683, 683, 821, 837, 372, 372, 775, 637, 995, 837, 850, 733, 850, 770, 720, 682, 812, 774,
        1103, 771, 724, 725, 457, 365, 457, 838, 500, 500, 675, 716, 593, 716, 678, 435, 716, 712,
        343, 343, 665, 343, 1042, 712, 687, 716, 716, 493, 595, 478, 712, 652, 924, 645, 652, 582,
        712, 365, 712, 838},
};
#define WIDTH_OTHER                                                                                \
    1000 /* of what is not in the table; the widest of Latin, Greek and Cyrillic                   \
          */

/* Length of the first character in bytes, and its width. */
static size_t take(const char *text, double size, bool bold, double *ret_width)
{
    unsigned c;
    size_t length = rl_utf8_take(text, &c);
    bool known = length == 1 && c >= FIRST && c <= LAST;

    *ret_width = (known ? widths[bold][c - FIRST] : WIDTH_OTHER) * size / 1000;
    return length > 0 ? length : 1;
}

double rl_label_width(const char *text, double size, bool bold)
{
    double sum = 0, width;

    while (*text) {
        text += take(text, size, bold, &width);
        sum += width;
    }
    return sum;
}

/* The character before `end`, where there is one. */
static char *last_of(char *text, char *end)
{
    do
        end--;
    while (end > text && ((unsigned char)*end & 0xc0) == 0x80);
    return end;
}

void rl_label_cut(char *text, double width, double size, bool bold)
{
    double room = width - rl_label_width(DOTS, size, bold), sum = 0, one;
    char *at = text, *cut = text;

    while (*at) {
        at += take(at, size, bold, &one);
        sum += one;
        if (sum <= room)
            cut = at;
    }
    if (sum <= width)
        return;
    while (cut > text && at - cut < (ptrdiff_t)strlen(DOTS))
        cut = last_of(text, cut);
    snprintf(cut, (size_t)(at - cut) + 1, at - cut >= (ptrdiff_t)strlen(DOTS) ? DOTS : "");
}

size_t rl_label_break(const char **text, double width, double size, bool bold)
{
    const char *start = *text, *at = start, *end = NULL;
    double sum = 0, one;

    while (*at) {
        size_t length = take(at, size, bold, &one);
        if (*at == ' ' && (at == start || at[-1] != ' '))
            end = at;
        if ((sum += one) > width && at > start)
            break;
        at += length;
    }
    if (!*at || !end || end == start)
        end = at;
    *text = end + strspn(end, " ");
    return (size_t)(end - start);
}

unsigned rl_label_lanes(struct rl_label_flag *flags, size_t n)
{
    unsigned lanes = 0;

    /* From the right: the lines of those that were placed go down right of what comes next, or
     * through it, which is then put above them. */
    for (size_t i = n; i-- > 0;) {
        double end = flags[i].x + RL_LABEL_GAP + flags[i].width + RL_LABEL_GAP;

        flags[i].lane = 0;
        for (size_t j = i + 1; j < n && flags[j].x < end; j++) {
            if (flags[j].lane >= flags[i].lane)
                flags[i].lane = flags[j].lane + 1;
        }
        if (flags[i].lane >= lanes)
            lanes = flags[i].lane + 1;
    }
    return lanes;
}

void rl_label_spread(double *y, size_t n, double distance, double top, double bottom)
{
    for (size_t i = 0; i < n; i++)
        y[i] = rl_max(y[i], i > 0 ? y[i - 1] + distance : top);
    for (size_t i = n; i > 0; i--)
        y[i - 1] = rl_min(y[i - 1], i < n ? y[i] - distance : bottom);
}
