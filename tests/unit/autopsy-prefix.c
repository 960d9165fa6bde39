/* Where in a line a message of the kernel can begin, whatever stands before it. */
#include "tests/unit/unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/autopsy/prefix.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* What people's logs have before a message; and the time that is told from it. */
static const struct {
    const char *prefix, *stamp;
    bool marked;
} good[] = {
    {"", "", false},
    {"      ", "", false},
    {"[81399.968234] ", "81399.968234", true},
    {"     [41368.535735] ", "41368.535735", true},
    {"[  246.610518][ T1778] ", "246.610518", true},
    {"[  246.610518] [    C1] ", "246.610518", true},
    {"<4>[76541.325574] ", "76541.325574", true},
    {"<4>", "", true},
    {"6,30574067,3816544225424,-;", "3816544225424", true},
    {"4,19685372,241227987550,c,caller=T12845;", "241227987550", true},
    {"Apr 16 11:34:50 localhost kernel: ", "Apr 16 11:34:50", true},
    {"Dec 20 03:17:52 localhost kernel: [75669.581768] ", "Dec 20 03:17:52", true},
    {"Jan  5 15:19:27 kernel: [ 5864.708505] ", "Jan  5 15:19:27", true},
    {"Feb 18 17:34:47  kernel: ", "Feb 18 17:34:47", true},
    {"Feb 03 19:57:08 ** kernel: ", "Feb 03 19:57:08", true},
    {"Dec 17 13:31:07 boerne.fritz.box kernel: ", "Dec 17 13:31:07", true},
    {"Dec 17 13:31:07 host kernel[0]: ", "Dec 17 13:31:07", true},
    {"15:11:36 kernel: ", "15:11:36", true},
    {"166233 Apr 18 00:37:34   kernel: [14049899.298694] ", "Apr 18 00:37:34", true},
    {"[Fri Sep 25 15:29:47 2020] ", "Fri Sep 25 15:29:47 2020", true},
    {"[Di Aug 12 03:54:03 2025] ", "Di Aug 12 03:54:03 2025", true},
    {"[ven. nov. 28 07:26:44 2025] ", "ven. nov. 28 07:26:44 2025", true},
    {"[四 3月 18 18:47:12 2021] ", "四 3月 18 18:47:12 2021", true},
    {"[月 12日 24 16:02:24 2017] ", "月 12日 24 16:02:24 2017", true},
    {"2026-09-02T09:08:50.903135+00:00 Server1 kernel: ", "2026-09-02T09:08:50.903135+00:00", true},
    {"2020-09-25T15:29:47,123456+00:00 ", "2020-09-25T15:29:47,123456+00:00", false},
    {"2019-10-06 12:57:33.928398+0200 0x1f0f     Default     0x0  737  0  com.docker.hyperkit: "
     "[47517.500417] ",
        "2019-10-06 12:57:33.928398+0200", true},
    {"1500316300 dev37-devc [30533610.306529] ", "30533610.306529", true},
    {"> [  365.036127] ", "365.036127", true},
    {" > > > > [ 4607.765637] ", "4607.765637", true},
    {"> > | ", "", false},
    {": ", "", false},
    {": [  365.036127] ", "365.036127", true},
    {"Jun 20 12:47:48 new-db1 kernel: [15180329.new] ", "Jun 20 12:47:48", true},
    {"[ T1778] ", "", true},
    {"somebody writes much before he comes to the matter: 12:34:56 kernel: ", "12:34:56", true},
    {"[xxxxx.xxxxxx] ", "xxxxx.xxxxxx", true},
    {"[  +0.000003] ", "+0.000003", true},
    {"[ 1234.567890 <    0.000012>] ", "1234.567890 <    0.000012>", true},
    {"12:", "", false},
    {"12-", "", false},
    {"166233 ", "", false},
    {"Creating journal (262144 blocks): [   35.419377] ", "35.419377", true},
    {"kern  :warn  : ", "", true},
    {"> kern  :err   : ", "", true},
    {"<4>1 2026-09-02T09:08:50.903135+00:00 host kernel - - - ", "2026-09-02T09:08:50.903135+00:00",
        true},
    {"<4>Apr 16 11:34:50 localhost kernel: ", "Apr 16 11:34:50", true},
    {"    MESSAGE=", "", false},
    {"Thu Jan  1 00:00:12 2018 kern.warn kernel: [ 12.345678] ", "Thu Jan  1 00:00:12", true},
};

/* What other programs have before the same words, and what is a part of a row. */
static const char *const bad[] = {
    "Apr 16 11:34:50 host node-problem-detector[812]: ",
    "Apr 16 11:34:50 host systemd[1]: x.scope: ",
    "level=warning msg=\"",
    "msg=\"kernel: ",
    "vmkernel: ",
    "daemon:warn  : ",
    "kern: ",
    "kern  :warn 4: ",
    "host app - - - ",
    "host kernel - ",
    "host vmkernel - - - ",
    "    OLD_MESSAGE=",
    "h app[1]: MESSAGE=",
    "my-kernel: ",
    "Message:",
    "Warning OOMKilling kernel-monitor ",
    "[ 5173] ",
    "[ pid ] ",
    "[i915] ",
    "foo[12.5] ",
    "[1.2.3] ",
    "[T] ",
    "x 12 ",
    "<> ",
    "<a4>",
    "[",
    "]",
    "1,2;",
    "x6,1,2,-;",
};

static const char message[] = "Killed process 1 (x)";

static struct rl_span line_of(const char *prefix, char **ret_line)
{
    assert_true(asprintf(ret_line, "%s%s", prefix, message) > 0);
    return (struct rl_span){*ret_line, strlen(*ret_line)};
}

static void test_a_message_begins_behind_any_of_these(void **state)
{
    for (size_t i = 0; i < COUNT(good); i++) {
        char *text, *stamp;
        struct rl_span line = line_of(good[i].prefix, &text), time;
        size_t at = strlen(good[i].prefix);

        if (!rl_oom_starts_at(line, at))
            fail_msg("not behind '%s'", good[i].prefix);
        if (rl_oom_marked_at(line, at) != good[i].marked ||
            rl_oom_is_marked(line) != good[i].marked)
            fail_msg("marked or not: '%s'", good[i].prefix);
        if (rl_oom_starts_at(line, at + 3))
            fail_msg("in the middle of a word behind '%s'", good[i].prefix);
        time = rl_oom_stamp(line, at);
        stamp = strndup(time.s, time.len);
        assert_string_equal(stamp, good[i].stamp);
        free(stamp);
        free(text);
    }
}

static void test_and_behind_none_of_these(void **state)
{
    for (size_t i = 0; i < COUNT(bad); i++) {
        char *text;
        struct rl_span line = line_of(bad[i], &text);

        if (rl_oom_starts_at(line, strlen(bad[i])))
            fail_msg("behind '%s'", bad[i]);
        free(text);
    }
}

static void test_a_row_s_own_bracket_is_no_stamp(void **state)
{
    static const char text[] = "[  609.929101] [ 2693]     0  2693 x";
    struct rl_span line = {text, strlen(text)};

    assert_true(rl_oom_starts_at(line, strlen("[  609.929101] ")));
    assert_false(rl_oom_starts_at(line, strlen("[  609.929101] [ 2693]     ")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_message_begins_behind_any_of_these),
        cmocka_unit_test(test_and_behind_none_of_these),
        cmocka_unit_test(test_a_row_s_own_bracket_is_no_stamp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
