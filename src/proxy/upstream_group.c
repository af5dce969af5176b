#include "upstream_group.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "postern/base/assert.h"
#include "postern/base/memory.h"
#include "upstream_pool.h"

static void server_init(struct upstream_server *server, const struct config_server *config)
{
    *server = (struct upstream_server){.text = xstrdup(config->text), .port = config->port};
    if (config->host != NULL)
        server->host = xstrdup(config->host);
    char text[CONFIG_LINE_MAX + 8];
    if (config->unix_path != NULL)
        (void)snprintf(text, sizeof(text), "unix:%s", config->unix_path);
    else if (config->is_numeric)
        (void)snprintf(text, sizeof(text), strchr(config->host, ':') != NULL ? "[%s]:%u" : "%s:%u",
                       config->host, (unsigned)config->port);
    else
        return;
    server->is_known = address_parse(slice_text(text), &server->address) == 0;
}

struct upstream_group *upstream_group_new(struct upstream_pool *pool, const struct config_backend *backend)
{
    struct upstream_group *group = xcalloc(1, sizeof(*group));
    *group = (struct upstream_group){.pool = pool,
                                     .references = 1,
                                     .name = xstrdup(backend->name),
                                     .server_count = backend->server_count,
                                     .open_max = backend->connections};
    group->servers = xcalloc(backend->server_count, sizeof(*group->servers));
    for (size_t i = 0; i < backend->server_count; i++)
        server_init(&group->servers[i], &backend->servers[i]);
    list_init(&group->idle);
    list_init(&group->waiting);
    list_init(&group->link);
    list_append(&pool->all, &group->link);
    return group;
}

struct upstream_group *upstream_group_ref(struct upstream_group *group)
{
    group->references++;
    return group;
}

void upstream_group_unref(struct upstream_group *group)
{
    ASSERT(group->references > 0);
    if (--group->references > 0)
        return;
    ASSERT(group->open == 0 && list_is_empty(&group->waiting));
    list_remove(&group->link);
    for (size_t i = 0; i < group->server_count; i++) {
        if (group->servers[i].failures > 0)
            metric_subtract(group->pool->metrics, METRIC_upstreams_down, 1);
        free(group->servers[i].text);
        free(group->servers[i].host);
    }
    free(group->servers);
    free(group->name);
    free(group);
}

bool upstream_group_matches(const struct upstream_group *group, const struct config_backend *backend)
{
    if (strcmp(group->name, backend->name) != 0 || group->server_count != backend->server_count ||
        group->open_max != backend->connections)
        return false;
    for (size_t i = 0; i < group->server_count; i++)
        if (strcmp(group->servers[i].text, backend->servers[i].text) != 0)
            return false;
    return true;
}

void upstream_group_retire(struct upstream_group *group)
{
    group->retired = true;
    while (upstream_group_drop_oldest(group))
        ;
}

bool upstream_group_drop_oldest(struct upstream_group *group)
{
    if (list_is_empty(&group->idle))
        return false;
    upstream_free(LIST_ENTRY(group->idle.previous, struct upstream, link));
    return true;
}

/* An idle connection has something to say: its end, or bytes that belong to no exchange. */
static void on_idle_ready(void *context)
{
    struct upstream *upstream = context;
    if (!upstream_is_silent(upstream))
        upstream_free(upstream);
}

struct upstream *upstream_group_take(struct upstream_group *group)
{
    struct list *link;
    while ((link = list_first(&group->idle)) != NULL) {
        struct upstream *upstream = LIST_ENTRY(link, struct upstream, link);
        list_remove(link);
        /* Its event may wait in this very turn of the loop, so the socket itself is asked (H20, H21). */
        if (upstream_is_silent(upstream)) {
            upstream->reused = true;
            return upstream;
        }
        upstream_free(upstream);
    }
    return NULL;
}

void upstream_group_give(struct upstream *upstream)
{
    struct upstream_group *group = upstream->group;
    if (group->retired || group->pool->draining) {
        upstream_free(upstream);
        return;
    }
    stream_set_owner(upstream->stream, on_idle_ready, upstream);
    stream_release(upstream->stream);
    upstream->idle_since_ms = loop_now_ms(group->pool->loop);
    list_prepend(&group->idle, &upstream->link);
    upstream_pool_watch_idle(group->pool);
    upstream_group_wake(group);
}

size_t upstream_group_expire(struct upstream_group *group, int64_t now_ms)
{
    size_t left = 0;
    LIST_EACH_SAFE(link, &group->idle) {
        struct upstream *upstream = LIST_ENTRY(link, struct upstream, link);
        if (now_ms - upstream->idle_since_ms >= UPSTREAM_IDLE_MS)
            upstream_free(upstream);
        else
            left++;
    }
    return left;
}

void upstream_group_wake(struct upstream_group *group)
{
    if (!list_is_empty(&group->waiting))
        upstream_pool_wake_later(group->pool);
}

bool upstream_group_is_full(const struct upstream_group *group)
{
    return group->open_max != 0 && group->open >= group->open_max;
}

bool upstream_group_has_room(const struct upstream_group *group)
{
    return !list_is_empty(&group->idle) || !upstream_group_is_full(group);
}

size_t upstream_group_next_server(struct upstream_group *group)
{
    int64_t now_ms = loop_now_ms(group->pool->loop);
    for (size_t i = 0; i < group->server_count; i++) {
        size_t server = (group->next_server + i) % group->server_count;
        if (group->servers[server].down_until_ms <= now_ms) {
            group->next_server = (server + 1) % group->server_count;
            return server;
        }
    }
    size_t server = group->next_server;
    group->next_server = (server + 1) % group->server_count;
    return server;
}

/* Who is woken at night reads the event log: the first failure is there, and its end. */
static void tell(struct upstream_group *group, struct upstream_server *server, const char *why)
{
    int64_t now_ms = loop_now_ms(group->pool->loop);
    bool is_down = why != NULL;
    if (server->is_told_down == is_down ||
        (is_down && server->told_ms != 0 && now_ms - server->told_ms < SERVER_TOLD_MS))
        return;
    server->is_told_down = is_down;
    server->told_ms = now_ms;
    if (is_down)
        log_line(group->pool->log, LEVEL_WARNING,
                 "backend %s: %s cannot be reached: %s; is it running, and is that its address?", group->name,
                 server->text, why);
    else
        log_line(group->pool->log, LEVEL_INFO, "backend %s: %s can be reached again", group->name,
                 server->text);
}

void upstream_group_server_failed(struct upstream_group *group, size_t index, const char *why)
{
    struct upstream_server *server = &group->servers[index];
    int64_t pause_ms = SERVER_DOWN_MIN_MS;
    for (unsigned i = 0; i < server->failures && pause_ms < SERVER_DOWN_MAX_MS; i++)
        pause_ms *= 2;
    if (server->failures++ == 0)
        metric_add(group->pool->metrics, METRIC_upstreams_down, 1);
    server->down_until_ms = loop_now_ms(group->pool->loop) +
                            (pause_ms < SERVER_DOWN_MAX_MS ? pause_ms : SERVER_DOWN_MAX_MS);
    tell(group, server, why);
}

void upstream_group_server_answered(struct upstream_group *group, size_t server)
{
    if (group->servers[server].failures > 0)
        metric_subtract(group->pool->metrics, METRIC_upstreams_down, 1);
    group->servers[server].failures = 0;
    group->servers[server].down_until_ms = 0;
    tell(group, &group->servers[server], NULL);
}
