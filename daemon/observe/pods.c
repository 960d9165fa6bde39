#include "daemon/observe/pods.h"

#include <dirent.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#define NAMESPACE_MAX 63
#define NAME_MAX_POD  253
#define UID_MAX       64

/* A folder that changed so short a time before it was read may change once more without another
 * mtime: clocks of file systems tick coarsely. */
#define SETTLED_S 2

struct pod {
    char *text; /* "namespace/name", NUL, uid, NUL: one allocation */
    const char *uid;
};

struct rl_pods {
    char *dir;
    struct pod *items; /* sorted by uid */
    size_t n, size;
    bool settled; /* what was read is all there is while the folder looks as below */
    dev_t dev;
    ino_t ino;
    struct timespec mtime;
};

struct rl_pods *rl_pods_new(const char *dir)
{
    struct rl_pods *pods = calloc(1, sizeof(*pods));

    if (pods)
        pods->dir = strdup(dir);
    if (pods && !pods->dir)
        return rl_pods_free(pods);
    return pods;
}

static void clear(struct rl_pods *pods)
{
    for (size_t i = 0; i < pods->n; i++)
        free(pods->items[i].text);
    pods->n = 0;
}

struct rl_pods *rl_pods_free(struct rl_pods *pods)
{
    if (!pods)
        return NULL;
    clear(pods);
    free(pods->items);
    free(pods->dir);
    free(pods);
    return NULL;
}

static bool consists_of(const char *text, size_t len, const char *allowed)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == '\0' || !strchr(allowed, text[i]))
            return false;
    return true;
}

/* Take a folder's name apart. None of the three parts can hold an underscore. Return: false when it
 * is no pod's. */
static bool split(const char *entry, size_t *ret_namespace, size_t *ret_name)
{
    static const char label[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    static const char name[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
    static const char hex[] = "abcdefABCDEF0123456789-";
    const char *first = strchr(entry, '_'), *second = first ? strchr(first + 1, '_') : NULL;
    size_t uid_len;

    if (!second)
        return false;
    *ret_namespace = (size_t)(first - entry);
    *ret_name = (size_t)(second - first) - 1;
    uid_len = strlen(second + 1);
    return *ret_namespace > 0 && *ret_namespace <= NAMESPACE_MAX && *ret_name > 0 &&
           *ret_name <= NAME_MAX_POD && uid_len > 0 && uid_len <= UID_MAX &&
           consists_of(entry, *ret_namespace, label) && consists_of(first + 1, *ret_name, name) &&
           consists_of(second + 1, uid_len, hex);
}

/* Return: false when there is no room for more. */
static bool add(struct rl_pods *pods, const char *entry)
{
    size_t namespace, name;
    char *text;

    if (!split(entry, &namespace, &name))
        return true;
    if (pods->n == pods->size) {
        size_t size = pods->size ? 2 * pods->size : 64;
        struct pod *items = size > RL_PODS_MAX ? NULL
                                               : reallocarray(pods->items, size, sizeof(*items));
        if (!items)
            return false;
        pods->items = items;
        pods->size = size;
    }
    text = strdup(entry);
    if (!text)
        return false;
    text[namespace] = '/';
    text[namespace + 1 + name] = '\0';
    pods->items[pods->n++] = (struct pod){text, text + namespace + 1 + name + 1};
    return true;
}

static int compare(const void *left, const void *right)
{
    return strcmp(((const struct pod *)left)->uid, ((const struct pod *)right)->uid);
}

static void read_folder(struct rl_pods *pods, const struct stat *st)
{
    DIR *dir = opendir(pods->dir);
    const struct dirent *entry;
    struct timespec now;

    clear(pods);
    pods->settled = false;
    if (!dir)
        return;
    while ((entry = readdir(dir)))
        if (!add(pods, entry->d_name))
            break;
    closedir(dir);
    if (pods->n > 0)
        qsort(pods->items, pods->n, sizeof(*pods->items), compare);
    clock_gettime(CLOCK_REALTIME, &now);
    pods->dev = st->st_dev;
    pods->ino = st->st_ino;
    pods->mtime = st->st_mtim;
    pods->settled = now.tv_sec - st->st_mtim.tv_sec >= SETTLED_S;
}

/* Return: whether there may be something new. */
static bool refresh(struct rl_pods *pods)
{
    struct stat st; /* taken before the reading: a change meanwhile shows the next time */

    if (stat(pods->dir, &st) < 0) {
        clear(pods);
        pods->settled = false;
        return false;
    }
    if (pods->settled && st.st_dev == pods->dev && st.st_ino == pods->ino &&
        st.st_mtim.tv_sec == pods->mtime.tv_sec && st.st_mtim.tv_nsec == pods->mtime.tv_nsec)
        return false;
    read_folder(pods, &st);
    return true;
}

static const struct pod *find(const struct rl_pods *pods, const char *uid)
{
    struct pod key = {.uid = uid};

    return pods->n > 0 ? bsearch(&key, pods->items, pods->n, sizeof(key), compare) : NULL;
}

bool rl_pods_name(struct rl_pods *pods, const char *uid, char *buf, size_t size)
{
    const struct pod *pod = find(pods, uid);

    if (!pod && refresh(pods))
        pod = find(pods, uid);
    if (!pod || strlen(pod->text) >= size)
        return false;
    strcpy(buf, pod->text);
    return true;
}
