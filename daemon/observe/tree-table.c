#include "daemon/observe/tree-table.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#define SLOTS_MIN   64
#define BUCKETS_MIN 64
#define BUCKET_FILL 6 /* watches to a bucket, at most on average */

#define PRIME_BITS 31
#define PRIME      ((UINT64_C(1) << PRIME_BITS) - 1)

/* ---- names ---- */

/* x modulo PRIME, for x below PRIME squared: 2^31 is 1. */
static uint64_t reduce(uint64_t x)
{
    x = (x & PRIME) + (x >> PRIME_BITS);
    x = (x & PRIME) + (x >> PRIME_BITS);
    return x == PRIME ? 0 : x;
}

/* A number below PRIME. */
static uint64_t hash(
    const struct rl_tree_table *table, uint64_t parent, const char *name, size_t len)
{
    uint64_t h = 1;

    for (int shift = 0; shift < 64; shift += 16)
        h = reduce(h * table->secret + (parent >> shift & 0xffff));
    for (size_t i = 0; i < len; i++)
        h = reduce(h * table->secret + (unsigned char)name[i]);
    return reduce(h * table->secret);
}

static size_t home(const struct rl_tree_table *table, uint64_t parent, const char *name, size_t len)
{
    return (size_t)(hash(table, parent, name, len) * table->n_slots >> PRIME_BITS);
}

static size_t home_of(const struct rl_tree_table *table, const struct rl_cgroup *cgroup)
{
    return home(table, cgroup->parent->id, cgroup->name, strlen(cgroup->name));
}

static size_t after(const struct rl_tree_table *table, size_t i)
{
    return i + 1 == table->n_slots ? 0 : i + 1;
}

/* The slot of a cgroup that is in the table. */
static size_t slot_of(const struct rl_tree_table *table, const struct rl_cgroup *cgroup)
{
    size_t i = home_of(table, cgroup);

    while (*table->slots[i].link != cgroup)
        i = after(table, i);
    return i;
}

static void put(struct rl_tree_table *table, struct rl_cgroup **link)
{
    size_t i = home_of(table, *link);

    while (table->slots[i].link)
        i = after(table, i);
    table->slots[i].link = link;
}

/* Free a slot, and move those behind it that would not be found any more. */
static void clear_slot(struct rl_tree_table *table, size_t hole)
{
    for (size_t i = after(table, hole); table->slots[i].link; i = after(table, i)) {
        size_t first = home_of(table, *table->slots[i].link);
        bool stays = hole < i ? hole < first && first <= i : hole < first || first <= i;

        if (stays)
            continue;
        table->slots[hole] = table->slots[i];
        hole = i;
    }
    table->slots[hole].link = NULL;
}

/* Room for n names, and about half as much again. */
static int resize(struct rl_tree_table *table, size_t n)
{
    size_t old_n = table->n_slots, n_slots = n + n / 2 + n / 16;
    struct rl_slot *old = table->slots, *slots;

    if (n_slots < SLOTS_MIN)
        n_slots = SLOTS_MIN;
    slots = calloc(n_slots, sizeof(*slots));
    if (!slots)
        return -ENOMEM;
    table->slots = slots;
    table->n_slots = n_slots;
    for (size_t i = 0; i < old_n; i++)
        if (old[i].link)
            put(table, old[i].link);
    free(old);
    return 0;
}

struct rl_cgroup *rl_table_child(
    const struct rl_tree_table *table, const struct rl_cgroup *parent, const char *name, size_t len)
{
    char packed[RL_NAME_PACKED_MAX];
    size_t i = home(table, parent->id, packed, rl_name_pack(name, len, packed));

    for (; table->slots[i].link; i = after(table, i)) {
        struct rl_cgroup *c = *table->slots[i].link;

        if (c->parent == parent && strcmp(c->name, packed) == 0)
            return c;
    }
    return NULL;
}

int rl_table_link(struct rl_tree_table *table, struct rl_cgroup *parent, struct rl_cgroup *cgroup)
{
    struct rl_cgroup *second = parent->children;

    if ((table->n + 1) * 5 > table->n_slots * 4) {
        int r = resize(table, table->n + 1);

        if (r < 0)
            return r;
    }
    if (second)
        table->slots[slot_of(table, second)].link = &cgroup->next;
    cgroup->parent = parent;
    cgroup->next = second;
    parent->children = cgroup;
    put(table, &parent->children);
    table->n++;
    return 0;
}

void rl_table_unlink(struct rl_tree_table *table, struct rl_cgroup *cgroup)
{
    size_t slot = slot_of(table, cgroup);
    struct rl_cgroup **link = table->slots[slot].link, *next = cgroup->next;

    if (next)
        table->slots[slot_of(table, next)].link = link;
    table->slots[slot].link = NULL;
    *link = next;
    clear_slot(table, slot);
    table->n--;
    cgroup->next = NULL;
    /* Without memory for a smaller table the large one will do. */
    if (table->n_slots > SLOTS_MIN && table->n * 3 < table->n_slots)
        resize(table, table->n);
}

/* ---- watches ---- */

static struct rl_cgroup **bucket(const struct rl_tree_table *table, int wd)
{
    return &table->buckets[(unsigned)wd & (table->n_buckets - 1)];
}

/* Without memory for it chains get longer, no more. */
static void resize_buckets(struct rl_tree_table *table, size_t n_buckets)
{
    struct rl_cgroup **old = table->buckets, **buckets = calloc(n_buckets, sizeof(*buckets)), *next;
    size_t old_n = table->n_buckets;

    if (!buckets)
        return;
    table->buckets = buckets;
    table->n_buckets = n_buckets;
    for (size_t i = 0; i < old_n; i++)
        for (struct rl_cgroup *c = old[i]; c; c = next) {
            next = c->same_wd;
            c->same_wd = *bucket(table, c->wd);
            *bucket(table, c->wd) = c;
        }
    free(old);
}

struct rl_cgroup *rl_table_watched(const struct rl_tree_table *table, int wd)
{
    for (struct rl_cgroup *c = *bucket(table, wd); c; c = c->same_wd)
        if (c->wd == wd)
            return c;
    return NULL;
}

void rl_table_watch(struct rl_tree_table *table, struct rl_cgroup *cgroup, int wd)
{
    struct rl_cgroup *before = rl_table_watched(table, wd);

    if (before)
        rl_table_unwatch(table, before);
    if (table->n_watches == table->n_buckets * BUCKET_FILL)
        resize_buckets(table, table->n_buckets * 2);
    cgroup->wd = wd;
    cgroup->same_wd = *bucket(table, wd);
    *bucket(table, wd) = cgroup;
    table->n_watches++;
}

void rl_table_unwatch(struct rl_tree_table *table, struct rl_cgroup *cgroup)
{
    struct rl_cgroup **at;

    if (cgroup->wd < 0)
        return;
    for (at = bucket(table, cgroup->wd); *at != cgroup; at = &(*at)->same_wd)
        continue;
    *at = cgroup->same_wd;
    cgroup->wd = -1;
    table->n_watches--;
    if (table->n_buckets > BUCKETS_MIN && table->n_watches < table->n_buckets)
        resize_buckets(table, table->n_buckets / 2);
}

/* ---- both ---- */

int rl_table_open(struct rl_tree_table *table)
{
    *table = (struct rl_tree_table){0};
    /* In early boot there may be no randomness yet; an address is better than a constant. */
    if (getrandom(&table->secret, sizeof(table->secret), GRND_NONBLOCK) < 0)
        table->secret = (uint32_t)((uintptr_t)table >> 4);
    table->secret = (uint32_t)(table->secret % (PRIME - 1) + 1);
    resize_buckets(table, BUCKETS_MIN);
    if (resize(table, 0) < 0 || !table->buckets) {
        rl_table_close(table);
        return -ENOMEM;
    }
    return 0;
}

void rl_table_close(struct rl_tree_table *table)
{
    free(table->slots);
    free(table->buckets);
    *table = (struct rl_tree_table){0};
}
