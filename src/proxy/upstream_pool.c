#include "upstream_pool.h"

#include <stdlib.h>

#include "postern/base/memory.h"
#include "upstream_seek.h"

#define EXPIRY_PERIOD_MS 5000

static void on_expiry(void *context)
{
    struct upstream_pool *pool = context;
    size_t left = 0;
    for (size_t i = 0; i < pool->group_count; i++)
        left += upstream_group_expire(pool->groups[i], loop_now_ms(pool->loop));
    if (left > 0)
        timer_arm(&pool->expiry, EXPIRY_PERIOD_MS);
}

static bool wake_one(struct upstream_pool *pool)
{
    LIST_EACH(link, &pool->all) {
        struct upstream_group *group = LIST_ENTRY(link, struct upstream_group, link);
        if (list_is_empty(&group->waiting) || !upstream_group_has_room(group))
            continue;
        struct list *first = list_first(&group->waiting);
        list_remove(first);
        upstream_seek_wake(LIST_ENTRY(first, struct upstream_seek, link));
        return true;
    }
    return false;
}

/* Those who wait step from here, not from inside another session's step. Each either uses the room that there
 * is or ends; and any list may have changed after it. */
static void on_wake(void *context)
{
    while (wake_one(context))
        ;
}

void upstream_pool_init(struct upstream_pool *pool, struct loop *loop, struct resolver *resolver,
                        struct metrics *metrics, struct log *log)
{
    *pool = (struct upstream_pool){.loop = loop, .resolver = resolver, .metrics = metrics, .log = log};
    list_init(&pool->all);
    timer_init(&pool->expiry, loop, on_expiry, pool);
    timer_init(&pool->waker, loop, on_wake, pool);
}

static void drop_groups(struct upstream_group **groups, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        upstream_group_retire(groups[i]);
        upstream_group_unref(groups[i]);
    }
    free(groups);
}

void upstream_pool_clear(struct upstream_pool *pool)
{
    drop_groups(pool->groups, pool->group_count);
    timer_clear(&pool->expiry);
    timer_clear(&pool->waker);
    *pool = (struct upstream_pool){0};
}

/* The group of an unchanged backend, taken out of the old ones, or NULL. */
static struct upstream_group *keep_group(struct upstream_pool *pool, const struct config_backend *backend)
{
    for (size_t i = 0; i < pool->group_count; i++) {
        struct upstream_group *group = pool->groups[i];
        if (upstream_group_matches(group, backend)) {
            pool->groups[i] = pool->groups[--pool->group_count];
            return group;
        }
    }
    return NULL;
}

void upstream_pool_configure(struct upstream_pool *pool, const struct config *config)
{
    struct upstream_group **groups = xcalloc(config->backend_count, sizeof(struct upstream_group *));
    for (size_t i = 0; i < config->backend_count; i++) {
        const struct config_backend *backend = &config->backends[i];
        groups[backend->index] = keep_group(pool, backend);
        if (groups[backend->index] == NULL)
            groups[backend->index] = upstream_group_new(pool, backend);
    }
    drop_groups(pool->groups, pool->group_count);
    pool->groups = groups;
    pool->group_count = config->backend_count;
}

void upstream_pool_drain(struct upstream_pool *pool)
{
    pool->draining = true;
    for (size_t i = 0; i < pool->group_count; i++)
        while (upstream_group_drop_oldest(pool->groups[i]))
            ;
}

void upstream_pool_make_room(struct upstream_pool *pool)
{
    if (pool->open_max == 0 || pool->open < pool->open_max)
        return;
    LIST_EACH(link, &pool->all)
        if (upstream_group_drop_oldest(LIST_ENTRY(link, struct upstream_group, link)))
            return;
}

void upstream_pool_watch_idle(struct upstream_pool *pool)
{
    if (!timer_is_armed(&pool->expiry))
        timer_arm(&pool->expiry, EXPIRY_PERIOD_MS);
}

void upstream_pool_wake_later(struct upstream_pool *pool)
{
    if (!timer_is_armed(&pool->waker))
        timer_arm(&pool->waker, 0);
}
