#include "postern/observe/visits.h"

#include <string.h>

_Static_assert(sizeof(struct visit) == 32, "two visits a cache line");

static const unsigned char nobody[VISIT_KEY_SIZE];

/* A fingerprint is spread evenly already. */
static uint32_t home_of(const unsigned char *fingerprint)
{
    uint32_t home;
    memcpy(&home, fingerprint, sizeof(home));
    return home;
}

static uint32_t get(const _Atomic uint32_t *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static void set(_Atomic uint32_t *value, int64_t to)
{
    atomic_store_explicit(value, (uint32_t)to, memory_order_relaxed);
}

/* Places are never vacated, only given to another: so a search ends at the first that is empty. */
static const struct visit *find(const struct visits *visits, const unsigned char *fingerprint)
{
    uint32_t home = home_of(fingerprint);
    for (uint32_t i = 0; i < VISITS_REACH; i++) {
        const struct visit *visit = &visits->table[(home + i) % VISITS_MAX];
        if (memcmp(visit->key, fingerprint, VISIT_KEY_SIZE) == 0)
            return visit;
        if (memcmp(visit->key, nobody, VISIT_KEY_SIZE) == 0)
            return NULL;
    }
    return NULL;
}

/* An empty place, or that of who is not there and was away longest; NULL if all are there. */
static struct visit *make_room(struct visits *visits, const unsigned char *fingerprint)
{
    uint32_t home = home_of(fingerprint);
    struct visit *oldest = NULL;
    for (uint32_t i = 0; i < VISITS_REACH; i++) {
        struct visit *visit = &visits->table[(home + i) % VISITS_MAX];
        if (memcmp(visit->key, nobody, VISIT_KEY_SIZE) == 0)
            return visit;
        if (get(&visit->open) == 0 && (oldest == NULL || get(&visit->last_s) < get(&oldest->last_s)))
            oldest = visit;
    }
    return oldest;
}

static struct visit *own(struct visits *visits, const struct visit *visit)
{
    return visit == NULL ? NULL : &visits->table[visit - visits->table];
}

struct visit *visits_arrive(struct visits *visits, const unsigned char *fingerprint, int64_t now_s)
{
    struct visit *visit = own(visits, find(visits, fingerprint));
    if (visit == NULL) {
        visit = make_room(visits, fingerprint);
        if (visit == NULL)
            return NULL;
        set(&visit->told_s, 0);
        memcpy(visit->key, fingerprint, VISIT_KEY_SIZE);
    }
    set(&visit->last_s, now_s);
    set(&visit->open, (int64_t)get(&visit->open) + 1);
    return visit;
}

void visits_leave(struct visits *visits, const unsigned char *fingerprint, int64_t now_s)
{
    struct visit *visit = own(visits, find(visits, fingerprint));
    if (visit == NULL)
        return;
    set(&visit->last_s, now_s);
    if (get(&visit->open) > 0)
        set(&visit->open, (int64_t)get(&visit->open) - 1);
}

bool visit_is_untold(const struct visit *visit, int64_t now_s)
{
    int64_t told_s = get(&visit->told_s);
    return told_s == 0 || now_s - told_s >= VISITS_TELL_S || now_s < told_s;
}

void visit_told(struct visit *visit, int64_t now_s)
{
    set(&visit->told_s, now_s);
}

bool visits_find(const struct visits *visits, const unsigned char *fingerprint, int64_t *last_s,
                 uint32_t *open)
{
    const struct visit *visit = find(visits, fingerprint);
    if (visit == NULL)
        return false;
    *last_s = get(&visit->last_s);
    *open = get(&visit->open);
    return true;
}
