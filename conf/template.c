/* Prints reliefd.conf with every setting commented out: what distributions put into /etc. It comes
 * from the table that is parsed by, so that it cannot tell of a setting that there is not. */
#include <stdio.h>
#include <string.h>

#include "conf/keys.h"

#define COLUMNS 79

/* One paragraph of comment, broken at blanks. */
static void print_comment(const char *text)
{
    size_t column = 0;

    while (*text) {
        size_t len = strcspn(text, " ");

        if (column > 0 && column + 1 + len > COLUMNS) {
            putchar('\n');
            column = 0;
        }
        column += (size_t)printf(column == 0 ? "# %.*s" : " %.*s", (int)len, text);
        text += len;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_key(const struct rl_key *key)
{
    char text[1024];

    snprintf(text, sizeof(text), "%s: %s%s%s%s%s", key->help, key->form, key->range ? ", " : "",
        key->range ? key->range : "",
        key->fallback || !key->absent ? "" : ". Where it is not set: ",
        key->fallback || !key->absent ? "" : key->absent);
    putchar('\n');
    print_comment(text);
    printf("#%s=%s\n", key->name, key->fallback ? key->fallback : key->example);
}

int main(void)
{
    print_comment("Settings of reliefd: see reliefd.conf(5). What it does about memory pressure "
                  "stands in policies: policy.d(5). Uncomment what is to differ from the default, "
                  "or better put it into a file in reliefd.conf.d, then run reliefctl check and "
                  "reliefctl reload.");
    for (size_t s = 0; s < rl_sections_n; s++) {
        if (rl_sections[s].file != RL_SETTINGS_FILE)
            continue;
        printf("\n[%s]\n", rl_sections[s].name);
        for (size_t k = 0; k < rl_keys_n; k++)
            if (rl_keys[k].file == RL_SETTINGS_FILE &&
                strcmp(rl_keys[k].section, rl_sections[s].name) == 0)
                print_key(&rl_keys[k]);
    }
    return 0;
}
