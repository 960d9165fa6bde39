#include "kube.h"

#include <string.h>

#define UID_HEX       32 /* digits of a pod's UID, dashes aside */
#define BARE_ID_LEAST 12 /* the short form of a container's id */

/* One element of a path, not terminated. */
struct element {
    const char *text;
    size_t len;
};

static bool is(struct element e, const char *text)
{
    return e.len == strlen(text) && memcmp(e.text, text, e.len) == 0;
}

static bool take_suffix(struct element *e, const char *suffix)
{
    size_t n = strlen(suffix);

    if (e->len < n || memcmp(e->text + e->len - n, suffix, n) != 0)
        return false;
    e->len -= n;
    return true;
}

static bool take_prefix(struct element *e, const char *prefix)
{
    size_t n = strlen(prefix);

    if (e->len < n || memcmp(e->text, prefix, n) != 0)
        return false;
    e->text += n;
    e->len -= n;
    return true;
}

/* The next element of *path, which is left behind it. Return: false at the end. */
static bool next_element(const char **path, struct element *ret)
{
    while (**path == '/')
        (*path)++;
    ret->text = *path;
    while (**path != '\0' && **path != '/')
        (*path)++;
    ret->len = (size_t)(*path - ret->text);
    return ret->len > 0;
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool all_hex(struct element e)
{
    for (size_t i = 0; i < e.len; i++)
        if (!is_hex(e.text[i]))
            return false;
    return true;
}

static bool all_alphanumeric(struct element e)
{
    for (size_t i = 0; i < e.len; i++) {
        char c = e.text[i];

        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')))
            return false;
    }
    return true;
}

/* A slice's name holds those of all its parents, joined by dashes: does it hold this one? */
static bool has_part(struct element e, const char *part)
{
    struct element slice = e;

    take_suffix(&slice, ".slice");
    for (size_t from = 0; from <= slice.len;) {
        struct element one = {slice.text + from, 0};

        while (from + one.len < slice.len && one.text[one.len] != '-')
            one.len++;
        if (is(one, part))
            return true;
        from += one.len + 1;
    }
    return false;
}

/* A UID of either spelling, to ret with dashes; to "" when it is none. */
static bool parse_uid(struct element e, char *ret)
{
    static const char form[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (e.len != UID_HEX && e.len != sizeof(form) - 1)
        return false;
    for (size_t i = 0; i < e.len; i++) {
        bool dash = e.len != UID_HEX && form[i] == '-';
        char c = e.text[i];

        ret[i] = dash ? '-' : c;
        if (dash ? c != '-' && c != '_' : !is_hex(c)) {
            ret[0] = '\0';
            return false;
        }
    }
    ret[e.len] = '\0';
    return true;
}

/* "[...-]pod<UID>[.slice]"; *ret_before is what stands in front of "pod". */
static bool parse_pod(struct element e, char *ret_uid, struct element *ret_before)
{
    struct element slice = e;

    take_suffix(&slice, ".slice");
    for (size_t i = slice.len; i > 0; i--) {
        struct element rest = {slice.text + i - 1, slice.len - i + 1};

        if ((i == 1 || rest.text[-1] == '-') && take_prefix(&rest, "pod") &&
            parse_uid(rest, ret_uid)) {
            *ret_before = (struct element){slice.text, i - 1};
            return true;
        }
    }
    return false;
}

static const char *const classes[] = {"burstable", "besteffort"};

/* The class that an element names as its last part; NULL: none. */
static const char *class_of(struct element e)
{
    struct element slice = e;

    take_suffix(&slice, ".slice");
    for (size_t i = 0; i < sizeof(classes) / sizeof(classes[0]); i++) {
        struct element head = slice;

        if (take_suffix(&head, classes[i]) && (head.len == 0 || head.text[head.len - 1] == '-'))
            return classes[i];
    }
    return NULL;
}

/* A container's cgroup: "<runtime>-<id>.scope", below a pod also without .scope, or the id alone.
 * crio-conmon-<id> is a monitor of one. */
static bool parse_container(struct element e, bool in_pod, char *ret)
{
    static const char *const runtimes[] = {"cri-containerd-", "crio-", "docker-", "libpod-"};
    struct element id = e;
    bool scope = take_suffix(&id, ".scope"), runtime = false;

    for (size_t i = 0; !runtime && i < sizeof(runtimes) / sizeof(runtimes[0]); i++)
        runtime = take_prefix(&id, runtimes[i]);
    if (id.len == 0 || id.len >= RL_KUBE_ID_MAX || !all_alphanumeric(id))
        return false;
    if (!in_pod && !(scope && runtime))
        return false;
    if ((!in_pod || !runtime) && (id.len < BARE_ID_LEAST || !all_hex(id)))
        return false;
    memcpy(ret, id.text, id.len);
    ret[id.len] = '\0';
    return true;
}

/* What the walk down the path has seen. */
struct walk {
    bool kubepods;        /* the level that holds all pods, or a slice below it */
    const char *class;    /* the element before names this one; NULL: none */
    bool below_pod;       /* the element before is a pod */
    struct rl_kube *kube; /* the result */
};

static void take_pod(struct walk *w, struct element before)
{
    if (before.len > 0 && before.text[before.len - 1] == '-')
        before.len--;
    if (class_of(before))
        w->class = class_of(before);
    w->kube->qos = w->class ? w->class : "guaranteed";
    w->kube->level = RL_LEVEL_POD;
    w->kube->container[0] = '\0'; /* that of a container which holds a whole node */
    w->kube->inner = false;
}

static void take_element(struct walk *w, struct element e)
{
    struct rl_kube *kube = w->kube;
    bool was_below_pod = w->below_pod;
    struct element before;

    w->below_pod = false;
    w->kubepods = w->kubepods || has_part(e, "kubepods");
    if (kube->pod[0] != '\0') {
        if (was_below_pod && parse_container(e, true, kube->container))
            kube->level = RL_LEVEL_CONTAINER;
        else if (kube->container[0] != '\0')
            kube->inner = true;
        else
            kube->level = RL_LEVEL_ANY;
        return;
    }
    if (w->kubepods && parse_pod(e, kube->pod, &before)) {
        take_pod(w, before);
        w->below_pod = true;
        return;
    }
    w->class = w->kubepods ? class_of(e) : NULL;
    if (kube->container[0] != '\0')
        kube->inner = true;
    else if (parse_container(e, false, kube->container))
        kube->level = RL_LEVEL_CONTAINER;
}

void rl_kube_parse(const char *path, struct rl_kube *ret)
{
    struct walk walk = {.kube = ret};
    struct element e;

    *ret = (struct rl_kube){.level = RL_LEVEL_ANY};
    while (next_element(&path, &e))
        take_element(&walk, e);
    /* No pod, but the level above those of one class. */
    if (ret->pod[0] == '\0' && walk.class)
        *ret = (struct rl_kube){.level = RL_LEVEL_QOS, .qos = walk.class};
}
