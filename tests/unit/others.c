#include "tests/unit/unit.h"

#include "daemon/others.h"
#include "tests/unit/folder.h"
#include "tests/unit/victims.h"

/* A process of a /proc made of files; nothing is NULL but exe, which may be hidden. */
struct made {
    int pid;
    const char *comm, *exe;
    unsigned uid;
    const char *cmdline;
};

static void put(const struct folder *proc, const struct made *made)
{
    char name[32], text[512];

    snprintf(name, sizeof(name), "%d/stat", made->pid);
    snprintf(text, sizeof(text),
        "%d (%s) S 1 1 1 0 -1 4194560 1 1 0 0 1 1 1 1 20 0 1 0 5 1000000 200 "
        "18446744073709551615 1 1 1 1 1 1 0 0 0 0 0 0 17 0 0 0 0 0 0 1 1 1 1 1 1 1 0\n",
        made->pid, made->comm);
    folder_write(proc, name, text);
    snprintf(name, sizeof(name), "%d/status", made->pid);
    snprintf(text, sizeof(text),
        "Name:\tx\nUid:\t%u\t%u\t%u\t%u\nVmSize:\t100 kB\nVmRSS:\t50 kB\nRssAnon:\t50 kB\n"
        "VmPTE:\t4 kB\nVmSwap:\t0 kB\nSigPnd:\t0000000000000000\nShdPnd:\t0000000000000000\n"
        "CapEff:\t0000000000000000\n",
        made->uid, made->uid, made->uid, made->uid);
    folder_write(proc, name, text);
    snprintf(name, sizeof(name), "%d/oom_score_adj", made->pid);
    folder_write(proc, name, "0\n");
    snprintf(name, sizeof(name), "%d/cmdline", made->pid);
    folder_write_bytes(proc, name, made->cmdline, strlen(made->cmdline));
    snprintf(name, sizeof(name), "%d/exe", made->pid);
    if (made->exe)
        folder_link(proc, name, made->exe);
}

struct fixture {
    struct folder proc, bin;
    struct rl_cmdline *cmdline;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));

    assert_non_null(f);
    folder_new(&f->proc);
    folder_new(&f->bin);
    assert_int_equal(rl_cmdline_new(f->proc.fd, 0, &f->cmdline), 0);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    rl_cmdline_free(f->cmdline);
    folder_free(&f->proc);
    folder_free(&f->bin);
    free(f);
    return 0;
}

static void expect(const struct fixture *f, const char *text)
{
    struct rl_others others;
    char buf[256];

    assert_int_equal(rl_others_find(f->proc.fd, f->cmdline, &others), 0);
    assert_string_equal(rl_others_text(&others, buf, sizeof(buf)), text);
}

static void test_one_each(void **state)
{
    static const struct {
        struct made made;
        const char *text;
    } rows[] = {
        {{10, "systemd-oomd", "/nowhere/systemd-oomd", 900, ""}, "systemd-oomd (pid 10)"},
        {{10, "earlyoom", NULL, 61000, ""}, "earlyoom (pid 10)"},
        {{10, "main", "/nowhere/bin/earlyoom", 0, ""}, "earlyoom (pid 10)"},
        {{10, "oomd", "/nowhere/oomd (deleted)", 0, ""}, "oomd (pid 10)"},
        {{10, "a) S (b", "/nowhere/oomd", 0, ""}, "oomd (pid 10)"},
        {{10, "nohang", "/nowhere/python3.11", 0, ""}, "nohang (pid 10)"},
        {{10, "python3", "/nowhere/python3.11", 0, "python3 -u /usr/sbin/nohang --monitor"},
            "nohang (pid 10)"},
        /* any user may call a script so */
        {{10, "python3", "/nowhere/python3.11", 1000, "python3 /home/me/nohang"}, ""},
        {{10, "python3", "/nowhere/python3.11", 0, "python3 /usr/bin/other nohang"}, ""},
        {{10, "vi", "/nowhere/vi", 0, "vi /usr/sbin/nohang"}, ""},
        {{10, "earlyoomd", "/nowhere/x", 0, ""}, ""},
        {{10, "systemd-oom", "/nowhere/systemd-oomd2", 0, ""}, ""},
        {{10, "oomd ", "/nowhere/oomd/x", 0, ""}, ""},
        {{10, "reliefd", "/nowhere/reliefd", 0, ""}, ""},
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        setup(state);
        struct fixture *f = *state;
        put(&f->proc, &rows[i].made);
        expect(f, rows[i].text);
        teardown(state);
    }
}

static void test_several(void **state)
{
    struct fixture *f = *state;

    expect(f, "");
    put(&f->proc, &(struct made){30, "nohang", NULL, 0, ""});
    put(&f->proc, &(struct made){20, "earlyoom", NULL, 0, ""});
    expect(f, "earlyoom (pid 20) and nohang (pid 30)");
    put(&f->proc, &(struct made){10, "earlyoom", NULL, 0, ""});
    put(&f->proc, &(struct made){5, "systemd-oomd", NULL, 0, ""});
    folder_write(&f->proc, "7/stat", "broken");
    folder_write(&f->proc, "meminfo", "");
    expect(f, "systemd-oomd (pid 5), earlyoom (pid 10) and nohang (pid 30)");
}

/* A copy of the program that a user made is his own, and no reason to do nothing. */
static void test_foreign_executable(void **state)
{
    struct fixture *f = *state;
    char exe[128];

    if (geteuid() != 0)
        skip();
    folder_write(&f->bin, "earlyoom", "");
    snprintf(exe, sizeof(exe), "%s/earlyoom", f->bin.path);
    put(&f->proc, &(struct made){10, "earlyoom", exe, 1000, ""});
    expect(f, "earlyoom (pid 10)");
    assert_int_equal(fchownat(f->bin.fd, "earlyoom", 1000, 1000, 0), 0);
    expect(f, "");
}

/* Without a reader of command lines scripts are passed over, all else is as it was. */
static void test_no_cmdline(void **state)
{
    struct fixture *f = *state;
    struct rl_others others;

    put(&f->proc, &(struct made){10, "python3", "/nowhere/python3", 0, "python3 /bin/nohang"});
    put(&f->proc, &(struct made){11, "oomd", NULL, 0, ""});
    assert_int_equal(rl_others_find(f->proc.fd, NULL, &others), 0);
    assert_int_equal(others.n, 1);
    assert_int_equal(others.items[0].pid, 11);
}

static void test_text_cut(void **state)
{
    struct rl_others others = {
        .items = {{"systemd-oomd", 1}, {"earlyoom", 2}, {"oomd", 3}, {"nohang", 4}}, .n = 4};
    char buf[80], whole[80];

    rl_others_text(&others, whole, sizeof(whole));
    for (size_t size = 1; size <= sizeof(buf); size++) {
        memset(buf, 'x', sizeof(buf));
        rl_others_text(&others, buf, size);
        assert_true(strlen(buf) < size);
        assert_memory_equal(buf, whole, strlen(buf));
    }
}

static void test_no_proc(void **state)
{
    struct rl_others others;

    assert_int_equal(rl_others_find(-1, NULL, &others), -EBADF);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_each),
        cmocka_unit_test_setup_teardown(test_several, setup, teardown),
        cmocka_unit_test_setup_teardown(test_foreign_executable, setup, teardown),
        cmocka_unit_test_setup_teardown(test_no_cmdline, setup, teardown),
        cmocka_unit_test(test_text_cut),
        cmocka_unit_test(test_no_proc),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
